"""What Kubernetes refuses, what it waits for in vain, and what it makes up."""

from __future__ import annotations

import re
from typing import Any

import pytest

from ops.offline.account import Account
from ops.offline.account.facts import of as facts_of
from ops.offline.account.identities import identity
from ops.offline.account.in_cluster import unknown_kind
from ops.offline.account.refusals import Unready, refusal
from ops.offline.values import Dynamic

CONTROLLER = "aws-load-balancer-controller"


def add(account: Account, type_name: str, id: str, **values: Any) -> None:
    account.created(type_name, {"id": id, **values}, id)


def cluster(*charts: str) -> Account:
    account = Account(clusters_assumed=False)
    add(account, "aws_eks_cluster", "demo", name="demo")
    add(account, "kubernetes_namespace_v1", "training")
    for chart in charts:
        add(account, "helm_release", chart, name=chart, namespace="kube-system", chart=chart)
    return account


def named(name: str = "a", namespace: str = "training", **values: Any) -> dict[str, Any]:
    return {"id": f"{namespace}/{name}", "metadata": [{"name": name, "namespace": namespace}], **values}


def manifest(kind: str = "TrainJob", group: str = "trainer.kubeflow.org/v1alpha1", **spec: Any) -> Dynamic:
    value = {
        "apiVersion": group,
        "kind": kind,
        "metadata": {"name": "a", "namespace": "training"},
        "spec": spec,
    }
    return Dynamic("dynamic", value)


IN_A_NAMESPACE = (
    "kubernetes_config_map_v1",
    "kubernetes_deployment_v1",
    "kubernetes_horizontal_pod_autoscaler_v2",
    "kubernetes_ingress_v1",
    "kubernetes_job_v1",
    "kubernetes_persistent_volume_claim_v1",
    "kubernetes_pod_disruption_budget_v1",
    "kubernetes_role_binding_v1",
    "kubernetes_role_v1",
    "kubernetes_secret_v1",
    "kubernetes_service_account_v1",
    "kubernetes_service_v1",
    "kubernetes_stateful_set_v1",
)


@pytest.mark.parametrize("type_name", IN_A_NAMESPACE)
def test_an_object_needs_its_namespace_and_a_name_of_its_own(type_name: str) -> None:
    account = cluster()
    assert refusal(type_name, "create", named(), None, account) is None
    elsewhere = refusal(type_name, "create", named(namespace="nowhere"), None, account)
    assert elsewhere == 'namespaces "nowhere" not found'
    add(account, type_name, "training/a", **{key: value for key, value in named().items() if key != "id"})
    assert str(refusal(type_name, "create", named(), None, account)).endswith('"a" already exists')


def test_what_is_in_a_cluster_of_somebody_else_is_not_known() -> None:
    account = Account()
    account.assume_cluster("theirs")
    assert refusal("kubernetes_job_v1", "create", named(namespace="nowhere"), None, account) is None
    assert unknown_kind(manifest().value, account) is None


def test_without_a_cluster_nothing_is_made() -> None:
    told = refusal("kubernetes_job_v1", "create", named(), None, Account(clusters_assumed=False))
    assert "cluster unreachable" in str(told)


def test_a_manifest_needs_its_namespace() -> None:
    account = cluster()
    value = manifest()
    assert refusal("kubernetes_manifest", "create", {"manifest": value}, None, account) is None
    value.value["metadata"]["namespace"] = "nowhere"
    told = refusal("kubernetes_manifest", "create", {"manifest": value}, None, account)
    assert told == 'namespaces "nowhere" not found'


def test_what_a_training_job_runs_cannot_be_changed() -> None:
    before = {"manifest": manifest(trainer={"numNodes": 1})}
    after = {"manifest": manifest(trainer={"numNodes": 2})}
    told = refusal("kubernetes_manifest", "update", after, before, cluster())
    assert "spec.trainer: Invalid value: field is immutable" in str(told)
    assert refusal("kubernetes_manifest", "update", before, before, cluster()) is None
    suspended = {"manifest": manifest(trainer={"numNodes": 1}, suspend=True)}
    assert refusal("kubernetes_manifest", "update", suspended, before, cluster()) is None


def test_how_often_a_training_runtime_starts_again_cannot_be_changed() -> None:
    before, after = (
        {
            "manifest": manifest(
                "ClusterTrainingRuntime", template={"spec": {"failurePolicy": {"maxRestarts": n}}}
            )
        }
        for n in (1, 2)
    )
    told = refusal("kubernetes_manifest", "update", after, before, cluster())
    assert "spec.template.spec.failurePolicy: Invalid value" in str(told)


@pytest.mark.parametrize(
    ("kind", "group", "chart"),
    [
        ("TrainJob", "trainer.kubeflow.org/v1alpha1", "kubeflow-trainer"),
        ("JobSet", "jobset.x-k8s.io/v1alpha2", "jobset"),
        ("JobSet", "jobset.x-k8s.io/v1alpha2", "kubeflow-trainer"),
        ("ClusterQueue", "kueue.x-k8s.io/v1beta2", "kueue"),
        ("MPIJob", "kubeflow.org/v2beta1", "mpi-operator"),
    ],
)
def test_a_custom_resource_needs_the_chart_that_brings_its_kind(kind: str, group: str, chart: str) -> None:
    value = manifest(kind, group).value
    assert f'no matches for kind "{kind}"' in str(unknown_kind(value, cluster()))
    assert unknown_kind(value, cluster(chart)) is None
    assert unknown_kind(value, cluster(f"oci://example.com/charts/{chart}")) is None


def test_kinds_of_kubernetes_itself_and_of_others_are_there() -> None:
    assert unknown_kind(manifest("Job", "batch/v1").value, cluster()) is None
    assert unknown_kind(manifest("Pod", "v1").value, cluster()) is None
    assert unknown_kind(manifest("Other", "example.com/v1").value, cluster()) is None


def test_a_training_job_is_not_over_in_the_minute_that_the_provider_waits() -> None:
    told = refusal("kubernetes_job_v1", "create", named(wait_for_completion=True), None, cluster())
    assert isinstance(told, Unready)
    assert told == "job: training/a is not in complete state"
    waits = named(wait_for_completion=False)
    assert refusal("kubernetes_job_v1", "create", waits, None, cluster()) is None


def load_balancer(**values: Any) -> dict[str, Any]:
    spec = [{"type": "LoadBalancer", "load_balancer_class": "service.k8s.aws/nlb", "port": [{"port": 80}]}]
    return named(wait_for_load_balancer=True, **{"spec": spec, **values})


def test_a_load_balancer_needs_its_controller() -> None:
    told = refusal("kubernetes_service_v1", "create", load_balancer(), None, cluster())
    assert isinstance(told, Unready)
    assert "to assign IP/hostname" in told
    assert refusal("kubernetes_service_v1", "create", load_balancer(), None, cluster(CONTROLLER)) is None
    ingress = named(wait_for_load_balancer=True, spec=[{}])
    assert (
        refusal("kubernetes_ingress_v1", "create", ingress, None, cluster())
        == "Load Balancer is not ready yet"
    )
    assert refusal("kubernetes_ingress_v1", "create", ingress, None, cluster(CONTROLLER)) is None


def test_a_load_balancer_of_no_class_is_made_by_eks_itself() -> None:
    classic = load_balancer(spec=[{"type": "LoadBalancer"}])
    assert refusal("kubernetes_service_v1", "create", classic, None, cluster()) is None


def test_a_load_balancer_has_a_host_name_where_it_has_a_controller() -> None:
    def hosts(type_name: str, values: dict[str, Any], account: Account) -> list[dict[str, str]]:
        found: list[dict[str, str]] = facts_of(type_name, values, None, account)["status"][0][
            "load_balancer"
        ][0]["ingress"]
        return found

    (nlb,) = hosts("kubernetes_service_v1", load_balancer(), cluster(CONTROLLER))
    assert re.fullmatch(r"k8s-training-a-\w{10}-\w{16}\.elb\.us-west-2\.amazonaws\.com", nlb["hostname"])
    (alb,) = hosts("kubernetes_ingress_v1", named(spec=[{}]), cluster(CONTROLLER))
    assert re.fullmatch(r"k8s-training-a-\w{10}-\d+\.us-west-2\.elb\.amazonaws\.com", alb["hostname"])
    assert hosts("kubernetes_ingress_v1", named(spec=[{}]), cluster()) == []
    assert hosts("kubernetes_service_v1", named(spec=[{"type": "ClusterIP"}]), cluster(CONTROLLER)) == []


def test_a_service_has_an_address_in_the_cluster_and_ports_on_nodes_only_where_asked() -> None:
    def spec(**values: Any) -> dict[str, Any]:
        given = {"port": [{"port": 80}], "type": "ClusterIP", **values}
        found: dict[str, Any] = facts_of("kubernetes_service_v1", named(spec=[given]), None, cluster())[
            "spec"
        ][0]
        return found

    assert spec()["cluster_ip"].startswith("10.100.")
    assert spec(cluster_ip="None")["cluster_ips"] == ["None"]
    assert spec()["port"][0] == {"node_port": 0, "target_port": "80"}
    assert 30000 <= spec(type="NodePort")["port"][0]["node_port"] < 32768
    without = spec(type="LoadBalancer", allocate_load_balancer_node_ports=False)
    assert without["port"][0]["node_port"] == 0


def claim(name: str | None = "gp3", *, wait: bool = False) -> dict[str, Any]:
    spec = [{"storage_class_name": name, "volume_name": "v"}]
    return named(wait_until_bound=wait, spec=spec)


def test_a_claim_needs_its_class_or_a_volume_of_that_class() -> None:
    account = cluster()
    told = refusal("kubernetes_persistent_volume_claim_v1", "create", claim(), None, account)
    assert isinstance(told, Unready)
    assert told == 'storageclass.storage.k8s.io "gp3" not found'
    add(account, "kubernetes_storage_class_v1", "gp3", volume_binding_mode="WaitForFirstConsumer")
    assert refusal("kubernetes_persistent_volume_claim_v1", "create", claim(), None, account) is None
    add(account, "kubernetes_persistent_volume_v1", "v", spec=[{"storage_class_name": "fsx"}])
    assert (
        refusal("kubernetes_persistent_volume_claim_v1", "create", claim("fsx", wait=True), None, account)
        is None
    )


def test_a_claim_of_a_class_that_binds_late_is_waited_for_in_vain() -> None:
    account = cluster()
    add(account, "kubernetes_storage_class_v1", "gp3", volume_binding_mode="WaitForFirstConsumer")
    add(account, "kubernetes_storage_class_v1", "now", volume_binding_mode="Immediate")
    told = refusal("kubernetes_persistent_volume_claim_v1", "create", claim(wait=True), None, account)
    assert isinstance(told, Unready)
    assert "waiting for first consumer" in told
    bound = claim("now", wait=True)
    assert refusal("kubernetes_persistent_volume_claim_v1", "create", bound, None, account) is None


def test_a_claim_of_no_class_gets_the_default_one() -> None:
    account = cluster()
    default = {"storageclass.kubernetes.io/is-default-class": "true"}
    add(account, "kubernetes_storage_class_v1", "gp3", metadata=[{"name": "gp3", "annotations": default}])
    facts = facts_of("kubernetes_persistent_volume_claim_v1", claim(None), None, account)
    assert facts["spec"][0]["storage_class_name"] == "gp3"


def test_a_claim_stays_while_something_uses_it() -> None:
    account = cluster()
    volume = {"persistent_volume_claim": [{"claim_name": "a"}]}
    pod = [{"template": [{"spec": [{"volume": [volume]}]}]}]
    state = named("job", spec=pod)
    del state["id"]
    add(account, "kubernetes_job_v1", "training/job", **state)
    told = refusal("kubernetes_persistent_volume_claim_v1", "delete", claim(), None, account)
    assert "pvc-protection" in str(told)
    account.deleted("kubernetes_job_v1", "training/job")
    assert refusal("kubernetes_persistent_volume_claim_v1", "delete", claim(), None, account) is None
    used = manifest(template={"spec": {"volumes": [{"persistentVolumeClaim": {"claimName": "a"}}]}})
    add(account, "kubernetes_manifest", "x", manifest=used)
    told = refusal("kubernetes_persistent_volume_claim_v1", "delete", claim(), None, account)
    assert "pvc-protection" in str(told)


def test_a_volume_stays_while_it_is_claimed() -> None:
    account = cluster()
    volume = {"metadata": [{"name": "v"}]}
    state = claim()
    del state["id"]
    add(account, "kubernetes_persistent_volume_claim_v1", "training/a", **state)
    told = refusal("kubernetes_persistent_volume_v1", "delete", volume, None, account)
    assert told == "Persistent volume v still exists (Bound)"
    account.deleted("kubernetes_persistent_volume_claim_v1", "training/a")
    assert refusal("kubernetes_persistent_volume_v1", "delete", volume, None, account) is None


def test_a_namespace_takes_all_in_it_with_it() -> None:
    account = cluster()
    add(account, "kubernetes_job_v1", "training/a")
    add(account, "kubernetes_job_v1", "training-2/a")
    add(account, "kubernetes_manifest", "trainer.kubeflow.org/v1alpha1/TrainJob/training/a")
    add(account, "kubernetes_manifest", "kueue.x-k8s.io/v1beta2/ClusterQueue/training")
    account.deleted("kubernetes_namespace_v1", "training")
    left = {id for type_name, id in account.resources if type_name.startswith("kubernetes_")}
    assert left == {"training-2/a", "kueue.x-k8s.io/v1beta2/ClusterQueue/training"}


def test_a_manifest_is_known_by_what_it_is() -> None:
    found = identity("kubernetes_manifest", {"manifest": manifest()}, cluster())
    assert found == "trainer.kubeflow.org/v1alpha1/TrainJob/training/a"
