"""The stack of workloads: what is made where, in which order, and what replaces a job."""

from __future__ import annotations

import json

import cdktf
import pytest
from cdktf import App

from modules.stacks import add_stacks
from tests.engine.variants import CLAIMED, WORKLOADS
from tests.kubernetes_objects import check_stack
from tests.terraform_json import Body, Load, Stack, Synth

CPU = "node_groups: {cpu: {instance_type: m5.large, size: {desired: 2, max: 4}}}\n"
GPU = "node_groups: {cpu: {instance_type: m5.large, size: {desired: 1}}, gpu: {instance_type: g5.8xlarge, size: {desired: 2}}}\n"
JOB = "{kind: indexed_job, image: 'example.com/train:1', node_group: cpu}"


def job(kind: str = "indexed_job", on: str = "cpu", **more: object) -> str:
    return json.dumps({"kind": kind, "image": "example.com/train:1", "node_group": on, **more})


def training(text: str = "", groups: str = CPU, **jobs: str) -> str:
    entries = "".join(f"    {name.replace('_', '-')}: {body}\n" for name, body in jobs.items())
    return f"{groups}{text}\nworkloads:\n  training:\n{entries}"


def digest(stack: Stack, name: str) -> Body:
    found: Body = stack[f"terraform_data.training_{name}__spec"]["input"]
    return found


def test_kubernetes_takes_every_object(synth: Synth) -> None:
    """As the provider sends them, by the schemas of the layout's version of Kubernetes and of the custom resources."""
    stacks = synth(WORKLOADS)
    assert check_stack(stacks.workloads, stacks.loaded.layout.kubernetes_version) > 40


def test_jobs_that_claim_efa_are_manifests_and_replaced_with_their_claims(synth: Synth) -> None:
    """The provider's own types have no place for claims."""
    stacks = synth(CLAIMED)
    stack = stacks.workloads
    assert check_stack(stack, stacks.loaded.layout.kubernetes_version) > 20
    assert "kubernetes_job_v1.training_notebook" in stack, "it claims nothing"
    for name in ("indexed", "torch", "mpi"):
        claims, made = (
            stack[f"kubernetes_manifest.training_{name}{end}"] for end in ("__resourceclaimtemplate", "")
        )
        assert made["lifecycle"]["ignore_changes"] == claims["lifecycle"]["ignore_changes"] == ["manifest"]
        assert f"kubernetes_manifest.training_{name}__resourceclaimtemplate" in made["depends_on"]
        assert digest(stack, name) == digest(stack, f"{name}__resourceclaimtemplate")
        assert made["timeouts"] == {"delete": "15m"}
    for name in ("workers", "crowd"):
        made = stack[f"kubernetes_manifest.training_{name}"]
        assert "ignore_changes" not in made.get("lifecycle", {}), "it is changed in place"
        assert made["computed_fields"] == ["metadata.labels", "metadata.annotations", "spec"]
    assert "vpc.amazonaws.com/efa" not in json.dumps(stack.json)


def test_the_workloads_come_last_and_go_first(layout: Load) -> None:
    text = training(a=job(), text="storage: {buckets: {data: {}}}")
    stacks = add_stacks(App(), layout(text).layout)
    assert [one.node.id for one in stacks] == ["demo-data", "demo", "demo-platform", "demo-workloads"]
    for index, one in enumerate(stacks):
        for earlier in stacks[:index]:
            assert one.depends_on(earlier)
            assert not earlier.depends_on(one)


@pytest.mark.parametrize("text", ["tags: {}", "workloads: {training: {}}", "storage: {file_systems: {}}"])
def test_a_layout_without_workloads_has_no_stack_of_them(layout: Load, text: str) -> None:
    loaded = layout(text)
    assert not loaded.layout.has_workloads
    assert [one.node.id for one in add_stacks(App(), loaded.layout)] == ["demo", "demo-platform"]


def test_a_layout_that_lost_its_workloads_has_an_empty_stack_of_them_for_who_names_it(layout: Load) -> None:
    """cdktf destroys no other, and the state may still have all of them."""
    *_, platform, emptied = add_stacks(App(), layout("tags: {}").layout, named=["demo-workloads"])
    assert (emptied.node.id, emptied.depends_on(platform)) == ("demo-workloads", True)
    document = json.loads(cdktf.Testing.synth(emptied))
    assert "resource" not in document
    assert {"aws", "kubernetes"} <= {*document["provider"]}
    assert document["terraform"]["backend"]["local"]["path"] == "../../../terraform.demo-workloads.tfstate"
    others = add_stacks(App(), layout("tags: {}").layout, named=["other-workloads", "demo-data"])
    assert [one.node.id for one in others] == ["demo", "demo-platform"]


def test_a_job_is_replaced_when_the_layout_says_something_else_and_by_nothing_else(synth: Synth) -> None:
    """kueue and webhooks write into a job that runs: Terraform would replace it for that."""
    stack = synth(training(a=job(), b=job("train_job", "gpu"), groups=GPU)).workloads
    for address, ignored in (
        ("kubernetes_job_v1.training_a", ["spec", "metadata[0].labels", "metadata[0].annotations"]),
        ("kubernetes_manifest.training_b", ["manifest"]),
    ):
        lifecycle = stack[address]["lifecycle"]
        assert lifecycle["ignore_changes"] == ignored
        [trigger] = lifecycle["replace_triggered_by"]
        assert trigger in stack
    assert digest(stack, "a") != digest(stack, "b")


@pytest.mark.parametrize(
    "changed",
    [{"image": "example.com/train:2"}, {"nodes": 2}, {"resources": {"cpu": 1}}, {"environment": {"A": "1"}}],
)
def test_every_change_of_a_job_replaces_it(synth: Synth, changed: Body) -> None:
    before = synth(training(a=job())).workloads
    assert digest(synth(training(a=job())).workloads, "a") == digest(before, "a")
    assert digest(synth(training(a=job(**changed))).workloads, "a") != digest(before, "a")


@pytest.mark.parametrize(
    "changed",
    [
        GPU.replace("desired: 2}", "desired: 2}, taints: [{key: team, value: b}]"),
        GPU.replace("desired: 2}", "desired: 2, max: 9}, labels: {team: b}"),
        "helm_releases: {kueue: {}}\n" + GPU,
    ],
)
def test_what_only_places_a_job_does_not_end_it(synth: Synth, changed: str) -> None:
    jobs = {"a": job(on="gpu"), "b": job("train_job", "gpu")}
    before, after = (synth(training(groups=groups, **jobs)).workloads for groups in (GPU, changed))
    for name in ("a", "b"):
        assert digest(before, name) == digest(after, name)
    # The runtime that a running job refers to keeps its name.
    assert set(before.resources("kubernetes_manifest")) <= set(after.resources("kubernetes_manifest"))
    named = [
        one["manifest"]["metadata"]["name"]
        for stack in (before, after)
        for one in stack.resources("kubernetes_manifest").values()
        if one["manifest"]["kind"] == "ClusterTrainingRuntime"
    ]
    assert len(set(named)) == 1


def test_other_nodes_are_another_job(synth: Synth) -> None:
    first, second = (
        synth(training(groups=groups, a=job(on="gpu"))).workloads
        for groups in (GPU, GPU.replace("g5.8xlarge", "g5.16xlarge"))
    )
    assert digest(first, "a") != digest(second, "a")


def test_the_value_of_a_variable_is_part_of_what_a_job_is(synth: Synth) -> None:
    stack = synth(training(a=job("train_job", "gpu", image="var.image"), groups=GPU)).workloads
    for name in ("a", "a__clustertrainingruntime"):
        assert digest(stack, name)["references"] == ["${var.image}"]


@pytest.mark.parametrize("kind", ["indexed_job", "train_job"])
def test_another_script_runs_the_job_anew(synth: Synth, kind: str) -> None:
    first, second = (
        synth(training(a=job(kind, "gpu", script={"name": "t.py", "text": text}), groups=GPU)).workloads
        for text in ("print(1)", "print(2)")
    )
    assert digest(first, "a") != digest(second, "a")


def test_an_apply_does_not_wait_for_the_training(synth: Synth) -> None:
    stack = synth(training(a=job(), b=job("worker_set"))).workloads
    assert stack["kubernetes_job_v1.training_a"]["wait_for_completion"] is False
    assert stack["kubernetes_stateful_set_v1.training_b"]["wait_for_rollout"] is False
    # Deleting waits until the pods are gone, longer than the provider's one minute.
    assert stack["kubernetes_job_v1.training_a"]["timeouts"]["delete"] == "15m"


def test_custom_resources_are_accepted_as_their_controllers_complete_them(synth: Synth) -> None:
    stack = synth(training(a=job("train_job", "gpu"), groups=GPU)).workloads
    for body in stack.resources("kubernetes_manifest").values():
        assert body["computed_fields"] == ["metadata.labels", "metadata.annotations", "spec"]


def test_the_runtime_is_there_before_its_job(synth: Synth) -> None:
    stack = synth(
        training(a=job("train_job", "gpu", script={"name": "t.py", "text": "1"}), groups=GPU)
    ).workloads
    needs = stack.needs("kubernetes_manifest.training_a")
    assert "kubernetes_manifest.training_a__clustertrainingruntime" in needs
    assert "kubernetes_config_map_v1.training_a__configmap" in needs
    assert "kubernetes_namespace_v1.namespace_training" in needs
    assert "kubernetes_service_account_v1.service_accounts_a" in needs


def test_a_variable_is_declared_where_it_is_used(synth: Synth) -> None:
    text = training(a=job(image="var.image"))
    stacks = synth(f"tags: {{}}\n{text}")
    assert set(stacks.workloads.variables) == {"image"}
    assert "image" not in stacks.cluster.variables
    assert stacks.workloads.variables_used() == {"image"}


def test_text_of_the_user_is_no_template_of_terraform(synth: Synth) -> None:
    body = synth(training(a=job(environment={"A": "${HOME} %{if}"}, args=["${B}"]))).workloads
    [main] = body["kubernetes_job_v1.training_a"]["spec"]["template"]["spec"]["container"]
    assert main["args"] == ["$${B}"]
    assert {"name": "A", "value": "$${HOME} %%{if}"} in main["env"]


# Namespaces


def test_each_namespace_is_made_once(synth: Synth) -> None:
    stack = synth(training(a=job(), b=job(), c=job(namespace="research"))).workloads
    names = [body["metadata"]["name"] for body in stack.resources("kubernetes_namespace_v1").values()]
    assert sorted(names) == ["research", "training"]


@pytest.mark.parametrize("namespace", ["default", "amazon-cloudwatch", "lws-system", "team-a"])
def test_a_namespace_that_is_there_without_the_workloads_is_not_made_again(
    synth: Synth, namespace: str
) -> None:
    text = (
        "helm_releases: {lws: {}}\naddons: {amazon-cloudwatch-observability: {}}\n"
        "cluster: {pod_identity_associations: {x: {namespace: team-a, service_account: other, create_service_account: true, "
        "role_arn: 'arn:aws:iam::123456789012:role/r'}}}\n"
    )
    stack = synth(training(text, a=job(namespace=namespace))).workloads
    assert not stack.resources("kubernetes_namespace_v1")


# Permissions


def test_pods_may_do_what_the_layout_says_in_the_buckets_that_it_names(synth: Synth) -> None:
    text = "storage: {buckets: {data: {}, logs: {}, other: {}}}"
    stack = synth(training(text, a=job(buckets={"data": "read", "logs": "write"}), b=job())).cluster
    policy = json.loads(stack["aws_iam_role_policy.workloads_a_role_policy_buckets"]["policy"])
    resources = {resource for one in policy["Statement"] for resource in one["Resource"]}
    assert not [one for one in resources if "demo-other" in one or one == "*"]
    actions = {
        name: {
            action
            for one in policy["Statement"]
            if f"demo-{name}" in one["Resource"][0]
            for action in one["Action"]
        }
        for name in ("data", "logs")
    }
    assert "s3:GetObject" in actions["data"]
    assert not [action for action in actions["data"] if "Put" in action or "Delete" in action]
    assert "s3:PutObject" in actions["logs"]
    assert "s3:GetObject" not in actions["logs"]
    association = stack["aws_eks_pod_identity_association.workloads_a"]
    assert (association["namespace"], association["service_account"]) == ("training", "a")
    assert not [name for name in stack.resources("aws_eks_pod_identity_association") if "workloads_b" in name]


def test_a_service_account_of_ones_own_is_not_made(synth: Synth) -> None:
    stack = synth(
        training("storage: {buckets: {data: {}}}", a=job(service_account="mine", buckets={"data": "read"}))
    )
    assert not stack.workloads.resources("kubernetes_service_account_v1")
    association = stack.cluster["aws_eks_pod_identity_association.workloads_a"]
    assert association["service_account"] == "mine"


# Claims


FSX = "storage: {file_systems: {scratch: {type: scratch_2, capacity_gib: 1200, node_group: gpu}}, volumes: {notes: {size_gib: 5}}, buckets: {data: {}}}\n"
MOUNTS = {"/fsx": {"file_system": "scratch"}, "/data": {"bucket": "data"}, "/n": {"volume": "notes"}}


def test_a_static_claim_binds_the_volume_that_is_meant_and_no_other(synth: Synth) -> None:
    stack = synth(training(FSX, GPU, a=job(on="gpu", volumes=MOUNTS, buckets={"data": "read"}))).workloads
    for name, driver in (("fsx_scratch", "fsx.csi.aws.com"), ("s3_data", "s3.csi.aws.com")):
        address = f"kubernetes_persistent_volume_claim_v1.claims_training__{name}"
        volume = stack[f"kubernetes_persistent_volume_v1.claims_training__{name}__volume"]
        claim = stack[address]
        assert claim["spec"]["volume_name"] == volume["metadata"]["name"]
        # Without a class of its own, the default class makes a new volume.
        assert claim["spec"]["storage_class_name"] == volume["spec"]["storage_class_name"] != "gp3"
        assert volume["spec"]["claim_ref"] == {"namespace": "training", "name": claim["metadata"]["name"]}
        assert volume["spec"]["persistent_volume_reclaim_policy"] == "Retain"
        assert volume["spec"]["persistent_volume_source"]["csi"]["driver"] == driver
        assert address in stack.needs("kubernetes_job_v1.training_a")
    found = stack["kubernetes_persistent_volume_claim_v1.claims_training__ebs_notes"]
    assert found["wait_until_bound"] is False  # its zone is that of the first pod, which waits for this
    assert found["spec"]["storage_class_name"] == "gp3-retain"


def test_a_file_system_is_found_by_the_parameter_that_the_cluster_stack_writes(synth: Synth) -> None:
    stacks = synth(training(FSX, GPU, a=job(on="gpu", volumes={"/fsx": {"file_system": "scratch"}})))
    parameter = stacks.workloads.data("aws_ssm_parameter")["claims_file_system_scratch"]["name"]
    written = stacks.cluster.only("aws_ssm_parameter")
    assert written["name"] == parameter
    for key in ("id", "dns_name", "mount_name"):
        assert f"{key} = " in written["insecure_value"]
    csi = stacks.workloads.only("kubernetes_persistent_volume_v1")["spec"]["persistent_volume_source"]["csi"]
    found = "jsondecode(data.aws_ssm_parameter.claims_file_system_scratch.insecure_value)"
    assert csi["volume_handle"] == f"${{{found}.id}}"
    assert csi["volume_attributes"] == {
        "dnsname": f"${{{found}.dns_name}}",
        "mountname": f"${{{found}.mount_name}}",
    }


def test_a_bucket_is_mounted_with_the_rights_of_the_pod(synth: Synth) -> None:
    reads, writes = (
        synth(
            training(FSX, GPU, a=job(volumes={"/data": {"bucket": "data"}}, buckets={"data": access}))
        ).workloads.only("kubernetes_persistent_volume_v1")["spec"]
        for access in ("read", "read_write")
    )
    csi = reads["persistent_volume_source"]["csi"]
    assert csi["volume_attributes"]["authenticationSource"] == "pod"
    assert "allow-overwrite" in writes["mount_options"]
    assert "allow-overwrite" not in reads["mount_options"]
    assert "region us-west-2" in reads["mount_options"]


def test_a_file_system_has_a_claim_in_every_namespace_that_it_names(synth: Synth) -> None:
    text = FSX.replace("node_group: gpu", "node_group: gpu, namespaces: [team-a, training]")
    stack = synth(
        training(text, GPU, a=job(on="gpu", volumes={"/fsx": {"file_system": "scratch"}}))
    ).workloads
    claims = stack.resources("kubernetes_persistent_volume_claim_v1").values()
    of_fsx = sorted(
        one["metadata"]["namespace"] for one in claims if one["metadata"]["name"] == "fsx-scratch"
    )
    assert of_fsx == ["team-a", "training"]
    volumes = [one["metadata"]["name"] for one in stack.resources("kubernetes_persistent_volume_v1").values()]
    assert len(volumes) == len(set(volumes)) == 2


# kueue


@pytest.mark.parametrize(("owner", "nodes"), [("terraform", "2"), ("autoscaler", "5")])
def test_a_queue_is_as_long_as_there_are_nodes(synth: Synth, owner: str, nodes: str) -> None:
    groups = f"node_groups: {{gpu: {{instance_type: g5.8xlarge, size: {{desired: 2, max: 5}}, scaling_owner: {owner}}}}}\n"
    stack = synth(training("helm_releases: {kueue: {}}", groups, a=job(on="gpu"))).workloads
    queue = stack["kubernetes_manifest.training_queue_gpu"]["manifest"]
    resources = queue["spec"]["resourceGroups"][0]["flavors"][0]["resources"]
    assert {"name": "nvidia.com/gpu", "nominalQuota": nodes} in resources


def test_a_queue_leaves_out_what_always_runs(synth: Synth) -> None:
    text = "helm_releases: {kueue: {}}"
    jobs = {"a": job(on="gpu"), "b": job("worker_set", "gpu")}
    stack = synth(training(text, GPU, **jobs)).workloads
    queue = stack["kubernetes_manifest.training_queue_gpu"]["manifest"]
    resources = queue["spec"]["resourceGroups"][0]["flavors"][0]["resources"]
    quotas = {one["name"]: one["nominalQuota"] for one in resources}
    assert (quotas["nvidia.com/gpu"], quotas["vpc.amazonaws.com/efa"]) == ("1", "1")


def test_a_queue_covers_all_that_pods_ask_for(synth: Synth) -> None:
    text = "helm_releases: {kueue: {}}"
    stack = synth(training(text, GPU, a=job(on="gpu"), b=job("worker_set", "cpu"))).workloads
    manifests = {
        (body["manifest"]["kind"], body["manifest"]["metadata"]["name"]): body["manifest"]
        for body in stack.resources("kubernetes_manifest").values()
    }
    assert set(manifests) == {("ResourceFlavor", "gpu"), ("ClusterQueue", "gpu"), ("LocalQueue", "gpu")}
    [resources] = manifests["ClusterQueue", "gpu"]["spec"]["resourceGroups"]
    [flavor] = resources["flavors"]
    quotas = {one["name"]: one["nominalQuota"] for one in flavor["resources"]}
    assert quotas["nvidia.com/gpu"] == "2"
    assert quotas["vpc.amazonaws.com/efa"] == "2"
    assert resources["coveredResources"] == [one["name"] for one in flavor["resources"]]
    pod = stack["kubernetes_job_v1.training_a"]["spec"]["template"]["spec"]
    # kueue admits no pod that asks for what no queue covers, and writes the flavor's labels into the job.
    assert set(pod["container"][0]["resources"]["requests"]) <= set(quotas)
    labels = manifests["ResourceFlavor", "gpu"]["spec"]["nodeLabels"]
    assert labels.items() <= pod["node_selector"].items()
    assert stack["kubernetes_job_v1.training_a"]["metadata"]["labels"]["kueue.x-k8s.io/queue-name"] == "gpu"
    assert "kubernetes_manifest.training_queue_gpu__training" in stack.needs("kubernetes_job_v1.training_a")


def test_the_outputs_name_namespaces_and_services(synth: Synth) -> None:
    stack = synth(
        training(a=job("worker_set", namespace="research"), b=job("train_job", "gpu"), groups=GPU)
    ).workloads
    assert stack.outputs["namespaces"]["value"] == ["research", "training"]
    assert stack.outputs["services"]["value"] == {"a": "a.research.svc"}
