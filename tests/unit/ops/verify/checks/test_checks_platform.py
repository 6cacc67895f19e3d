"""StorageClasses, releases, pod identity, add-ons, reservations and placement groups: one thing is broken a test."""

from __future__ import annotations

import base64
from collections.abc import Callable

import pytest

from ops.checking.check import UnaskedError
from tests.kubernetes_api.objects import helm_secret, storage_class
from tests.kubernetes_api.world import Object
from tests.unit.ops.verify.checks.aws import CLUSTER_GROUP, EFA_GROUP, Aws
from tests.unit.ops.verify.checks.looking import P5, Case

MakeCase = Callable[..., Case]
MakeAws = Callable[[Case], Aws]
TRAINER = """\
    extends: eks-p5-odcr
    name: llama
    cluster:
      endpoint: {public_access_cidrs: [192.0.2.0/24]}
      pod_identity_associations:
        trainer: {namespace: team-a, service_account: trainer, policy_arns: ["arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"], create_service_account: MADE}
    storage: {volumes: {checkpoints: {size_gib: 100}}}
    """
MADE, FOUND = TRAINER.replace("MADE", "true"), TRAINER.replace("MADE", "false")
DEFAULT = "storageclass.kubernetes.io/is-default-class"


def name_of(thing: Object) -> str:
    return str(thing["metadata"]["name"])


# storage-classes


def of_name(case: Case, name: str) -> Object:
    return next(one for one in case.world.storage_classes if name_of(one) == name)


def test_a_storage_class_that_is_missing_is_told(case: MakeCase) -> None:
    broken = case(MADE)
    broken.world.storage_classes.remove(of_name(broken, "gp3-retain"))
    found = broken.one("storage-classes")
    assert (found.where, found.problem) == (
        "gp3-retain",
        "the StorageClass is not in the cluster: claims that ask for it stay pending",
    )


@pytest.mark.parametrize(
    ("name", "change", "told"),
    [
        ("gp3-retain", {"reclaimPolicy": "Delete"}, "reclaimPolicy is Delete, not Retain"),
        (
            "gp3",
            {"volumeBindingMode": "Immediate"},
            "volumeBindingMode is Immediate, not WaitForFirstConsumer",
        ),
        (
            "gp3",
            {"provisioner": "kubernetes.io/aws-ebs"},
            "provisioner is kubernetes.io/aws-ebs, not ebs.csi.aws.com",
        ),
        ("gp3", {"parameters": {"type": "gp3"}}, "parameters.encrypted is None, not true"),
    ],
)
def test_a_storage_class_with_other_settings_is_told(
    case: MakeCase, name: str, change: Object, told: str
) -> None:
    broken = case(MADE)
    of_name(broken, name).update(change)
    found = broken.one("storage-classes")
    assert (found.where, found.problem) == (
        name,
        f"the StorageClass is another one than the layout's: {told}",
    )
    assert str(found.remedy).startswith(f"kubectl delete storageclass {name}")


def test_the_default_storage_class_is_marked_as_it(case: MakeCase) -> None:
    broken = case()
    of_name(broken, "gp3")["metadata"]["annotations"] = {}
    found = broken.one("storage-classes")
    assert found.remedy == f"kubectl annotate storageclass --overwrite gp3 {DEFAULT}=true"


def test_another_default_beside_it_is_a_warning(case: MakeCase) -> None:
    broken = case()
    broken.world.storage_classes.append(storage_class("gp2", default=True))
    found = broken.one("storage-classes", "warning")
    assert (found.where, found.remedy) == (
        "gp2",
        f"kubectl annotate storageclass --overwrite gp2 {DEFAULT}=false",
    )


def test_a_layout_without_a_default_does_not_mind_one(case: MakeCase) -> None:
    fine = case(MADE.replace("storage: {", "storage: {default_storage_class: none, "))
    fine.world.storage_classes.append(storage_class("gp2", default=True))
    assert fine.found() == {}


# helm-releases


def secret_of(case: Case, name: str) -> Object:
    return next(one for one in case.world.secrets if one["metadata"]["labels"]["name"] == name)


def put(case: Case, name: str, secret: Object) -> None:
    """Another secret in the place of a release's."""
    case.world.secrets.remove(secret_of(case, name))
    case.world.secrets.append(secret)


def test_a_release_that_is_not_there_is_told(case: MakeCase) -> None:
    broken = case()
    broken.world.secrets.remove(secret_of(broken, "training-operator"))
    found = broken.one("helm-releases")
    assert found.where == "helm_releases.training-operator"
    assert (
        found.problem
        == "is not in the cluster: the stack llama-platform has not been applied, or somebody removed it"
    )


def test_a_release_that_was_uninstalled_and_kept_its_history_is_not_there(case: MakeCase) -> None:
    broken = case()
    put(
        broken,
        "training-operator",
        helm_secret(
            "training-operator", "kubeflow-system", "kubeflow-trainer", "2.3.0", status="uninstalled"
        ),
    )
    assert broken.one("helm-releases").problem.startswith("is not in the cluster")


def test_a_release_of_another_version_is_told(case: MakeCase) -> None:
    broken = case()
    put(
        broken,
        "training-operator",
        helm_secret("training-operator", "kubeflow-system", "kubeflow-trainer", "2.2.1"),
    )
    assert (
        broken.one("helm-releases").problem
        == "is deployed at kubeflow-trainer 2.2.1, and the layout says 2.3.0"
    )


def test_a_version_with_and_without_v_is_the_same(case: MakeCase) -> None:
    fine = case()
    put(fine, "gpu-operator", helm_secret("gpu-operator", "gpu-operator", "gpu-operator", "26.7.0"))
    assert fine.found() == {}


def test_a_release_of_another_chart_is_told(case: MakeCase) -> None:
    broken = case()
    put(
        broken,
        "training-operator",
        helm_secret("training-operator", "kubeflow-system", "training-operator", "2.3.0"),
    )
    assert (
        broken.one("helm-releases").problem
        == "is the chart training-operator, and the layout says kubeflow-trainer"
    )


def test_a_release_in_another_namespace_is_told(case: MakeCase) -> None:
    broken = case()
    put(broken, "training-operator", helm_secret("training-operator", "default", "kubeflow-trainer", "2.3.0"))
    assert (
        broken.one("helm-releases").problem
        == "is in the namespace default, and the layout says kubeflow-system"
    )


@pytest.mark.parametrize(
    ("status", "revision", "told", "remedy"),
    [
        (
            "failed",
            2,
            "did not come to its end: Upgrade complete",
            "helm -n kubeflow-system rollback training-operator",
        ),
        (
            "pending-install",
            1,
            "was cut off, or is under way",
            "helm -n kubeflow-system uninstall training-operator",
        ),
    ],
)
def test_a_release_whose_last_run_did_not_end_well_is_told(
    case: MakeCase, status: str, revision: int, told: str, remedy: str
) -> None:
    broken = case()
    for number in range(1, revision):
        secret = helm_secret(
            "training-operator", "kubeflow-system", "kubeflow-trainer", "2.3.0", revision=number
        )
        put(broken, "training-operator", secret)
    last = helm_secret(
        "training-operator", "kubeflow-system", "kubeflow-trainer", "2.3.0", status=status, revision=revision
    )
    if revision == 1:
        put(broken, "training-operator", last)
    else:
        broken.world.secrets.insert(0, last)
    found = broken.one("helm-releases")
    assert found.problem.startswith(f"is {status} (revision {revision}): the last run of Helm {told}")
    assert remedy in str(found.remedy)


@pytest.mark.parametrize(
    "data", ["", "bm90IGJhc2U2NA==", base64.b64encode(base64.b64encode(b"\x1f\x8bx")).decode()]
)
def test_a_release_that_cannot_be_read_is_a_warning(case: MakeCase, data: str) -> None:
    broken = case()
    secret_of(broken, "training-operator")["data"] = {"release": data}
    found = broken.one("helm-releases", "warning")
    assert (
        found.problem
        == "what Helm keeps of it cannot be read: secret kubeflow-system/sh.helm.release.v1.training-operator.v1"
    )


def test_releases_that_may_not_be_read_are_left_unasked(case: MakeCase) -> None:
    broken = case()
    broken.api.refused = {"secrets": 403}
    try:
        with pytest.raises(UnaskedError, match="helm-releases"):
            broken.found()
    finally:
        broken.api.refused = {}


# pod-identity


def test_a_pod_that_is_older_than_its_association_has_no_credentials(case: MakeCase) -> None:
    broken = case()
    pods = [one for one in broken.world.pods if one["spec"]["serviceAccountName"] == "ebs-csi-controller-sa"]
    pods[0]["spec"]["containers"][0]["env"] = []
    found = broken.one("pod-identity")
    assert found.where == "addons.aws-ebs-csi-driver"
    assert found.problem == (
        f"{name_of(pods[0])} was started before the association of kube-system/ebs-csi-controller-sa, and has no AWS credentials"
    )
    assert found.remedy == "kubectl -n kube-system rollout restart deployment/ebs-csi-controller"


def test_pods_of_a_daemon_set_are_restarted_as_one(case: MakeCase) -> None:
    broken = case()
    for pod in broken.world.pods:
        if pod["spec"]["serviceAccountName"] == "aws-node":
            pod["spec"]["containers"][0]["env"] = []
    found = broken.one("pod-identity")
    assert "were started before the association of kube-system/aws-node, and have no AWS" in found.problem
    assert found.remedy == "kubectl -n kube-system rollout restart daemonset/aws-node"


def test_a_pod_that_has_its_role_another_way_is_fine(case: MakeCase) -> None:
    fine = case()
    for pod in fine.world.pods:
        if pod["spec"]["serviceAccountName"] == "aws-node":
            pod["spec"]["containers"][0]["env"] = [{"name": "AWS_WEB_IDENTITY_TOKEN_FILE", "value": "/token"}]
    assert fine.found() == {}


def test_a_pod_that_nobody_owns_is_deleted(case: MakeCase) -> None:
    broken = case(MADE)
    node = broken.world.node("p5")
    template: Object = {
        "spec": {"containers": [{"name": "main", "image": "a"}], "serviceAccountName": "trainer"}
    }
    from tests.kubernetes_api.objects import pod

    made = pod("notebook", "team-a", node, template, {}, {}, {})
    del made["metadata"]["ownerReferences"]
    broken.world.pods.append(made)
    found = broken.one("pod-identity")
    assert found.where == "cluster.pod_identity_associations.trainer"
    assert found.remedy == "kubectl -n team-a delete pod notebook"


@pytest.mark.parametrize(("text", "level"), [(MADE, "error"), (FOUND, "warning")])
def test_a_service_account_that_is_missing_is_told(case: MakeCase, text: str, level: str) -> None:
    broken = case(text)
    broken.world.service_accounts[:] = [
        one for one in broken.world.service_accounts if name_of(one) != "trainer"
    ]
    found = broken.one("pod-identity", level)
    assert found.where == "cluster.pod_identity_associations.trainer"
    assert "its service account team-a/trainer" in found.problem


def test_an_association_that_eks_does_not_have_is_told(case: MakeCase, aws: MakeAws) -> None:
    broken = case()
    account = aws(broken)
    account.associations = [
        one for one in account.associations if one["serviceAccount"] != "fsx-csi-controller-sa"
    ]
    for pod in broken.world.pods:
        if pod["spec"]["serviceAccountName"] == "fsx-csi-controller-sa":
            pod["spec"]["containers"][0]["env"] = []
    found = broken.one("pod-identity")
    assert found.where == "addons.aws-fsx-csi-driver"
    assert (
        found.problem
        == "EKS has no pod identity association for the service account kube-system/fsx-csi-controller-sa"
    )


def test_an_account_that_does_not_say_which_associations_there_are_is_told(
    case: MakeCase, aws: MakeAws
) -> None:
    broken = case()
    aws(broken).server.deny("eks:ListPodIdentityAssociations")
    with pytest.raises(UnaskedError, match="eks:ListPodIdentityAssociations"):
        broken.found()


# addons


def test_an_add_on_that_eks_is_at_is_a_warning(case: MakeCase, aws: MakeAws) -> None:
    broken = case()
    aws(broken).addons["coredns"]["status"] = "UPDATING"
    assert broken.one("addons", "warning").problem == "EKS is at it: UPDATING"


def test_an_add_on_that_is_degraded_says_why(case: MakeCase, aws: MakeAws) -> None:
    broken = case()
    issues = [{"code": "ConfigurationConflict", "message": "Apply failed with 1 conflict: .data.Corefile"}]
    aws(broken).addons["coredns"] |= {"status": "UPDATE_FAILED", "health": {"issues": issues}}
    assert broken.one("addons").problem == (
        "EKS says UPDATE_FAILED: ConfigurationConflict: Apply failed with 1 conflict: .data.Corefile"
    )


def test_an_add_on_whose_pods_do_not_run_is_told_by_its_pods(case: MakeCase, aws: MakeAws) -> None:
    fine = case()
    issues = [{"code": "InsufficientNumberOfReplicas", "message": "The add-on is unhealthy"}]
    aws(fine).addons["coredns"] |= {"status": "DEGRADED", "health": {"issues": issues}}
    assert fine.found() == {}


def test_an_add_on_of_another_version_than_the_layouts_is_told(case: MakeCase, aws: MakeAws) -> None:
    broken = case("{extends: eks-g4dn, addons: {coredns: {version: v1.12.4-eksbuild.1}}}")
    account = aws(broken)
    account.addons["coredns"]["addonVersion"] = "v1.12.4-eksbuild.1"
    assert broken.found() == {}
    account.addons["coredns"]["addonVersion"] = "v1.11.4-eksbuild.2"
    assert broken.one("addons").problem == "is at v1.11.4-eksbuild.2, and the layout says v1.12.4-eksbuild.1"


def test_what_the_layout_has_turned_off_is_not_missed(case: MakeCase, aws: MakeAws) -> None:
    fine = case(
        "{extends: eks-g4dn, addons: {aws-fsx-csi-driver: {enabled: false}}, "
        "helm_releases: {training-operator: {enabled: false}}}"
    )
    del aws(fine).addons["aws-fsx-csi-driver"]
    assert fine.found() == {}


# reservation-use, placement-groups


def test_a_node_that_runs_beside_its_reservation_is_told(case: MakeCase, aws: MakeAws) -> None:
    broken = case()
    node = broken.world.node("p5")
    del aws(broken).instance_of(node)["CapacityReservationId"]
    found = broken.one("reservation-use")
    assert found.where == f"{name_of(node)} (p5)"
    assert (
        found.problem
        == "runs in no reservation: it is paid for on demand, beside the layout's reservation cr-0123456789abcdef0"
    )


def test_any_reservation_is_right_where_nobody_says_which(case: MakeCase, aws: MakeAws) -> None:
    for line in ("reservation_id: null, reservation_group_arn: var.group", "reservation_id: var.reservation"):
        unknown = case(P5.replace("reservation_id: cr-0123456789abcdef0", line))
        account = aws(unknown)
        assert unknown.found() == {}
        del account.instance_of(unknown.world.node("p5"))["CapacityReservationId"]
        assert unknown.one("reservation-use").problem.endswith("beside the layout's reservation")


def test_a_node_in_another_reservation_is_told(case: MakeCase, aws: MakeAws) -> None:
    broken = case()
    aws(broken).instance_of(broken.world.node("p5"))["CapacityReservationId"] = "cr-0aaaaaaaaaaaaaaaa"
    assert (
        broken.one("reservation-use").problem
        == "runs in the reservation cr-0aaaaaaaaaaaaaaaa, and the layout's is cr-0123456789abcdef0"
    )


def test_a_node_in_a_reservation_of_its_group_of_them_is_right(case: MakeCase, aws: MakeAws) -> None:
    arn = "arn:aws:resource-groups:us-west-2:123456789012:group/gpus"
    grouped = case(
        P5.replace(
            "reservation_id: cr-0123456789abcdef0", f"reservation_id: null, reservation_group_arn: {arn}"
        )
    )
    account = aws(grouped)
    member = "arn:aws:ec2:us-west-2:123456789012:capacity-reservation/cr-0fedcba9876543210"
    answer = {
        "Resources": [
            {"Identifier": {"ResourceArn": member, "ResourceType": "AWS::EC2::CapacityReservation"}}
        ]
    }
    account.server.answer("resource-groups:ListGroupResources", lambda _: answer)
    assert grouped.found() == {}
    account.instance_of(grouped.world.node("p5"))["CapacityReservationId"] = "cr-0aaaaaaaaaaaaaaaa"
    assert grouped.one("reservation-use").problem.endswith("and the layout's is cr-0fedcba9876543210")


@pytest.mark.parametrize(("has", "told"), [({}, "in none"), ({"GroupName": "other"}, "in other")])
def test_a_node_beside_its_placement_group_is_a_warning(
    case: MakeCase, aws: MakeAws, has: Object, told: str
) -> None:
    broken = case("{extends: eks-g4dn}")
    aws(broken).instance_of(broken.world.node("gpu"))["Placement"] = has
    problem = broken.one("placement-groups", "warning").problem
    assert problem == f"does not run in the placement group eks-g4dn-gpu, but {told}"


def test_a_placement_group_that_exists_is_the_groups(case: MakeCase, aws: MakeAws) -> None:
    broken = case(P5.replace("capacity:", "placement_group: {name: gpus}\n        capacity:"))
    account = aws(broken)
    for number in (0, 1):
        account.instance_of(broken.world.node("p5", number))["Placement"] = {"GroupName": "gpus"}
    assert broken.found() == {}
    account.instance_of(broken.world.node("p5"))["Placement"] = {}
    assert broken.one("placement-groups", "warning").problem.endswith("the placement group gpus, but in none")


ITSELF = [{"IpProtocol": "-1", "UserIdGroupPairs": [{"GroupId": EFA_GROUP}]}]
ANYBODY = [{"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}]
TCP = [{"IpProtocol": "tcp", "FromPort": 0, "ToPort": 65535, "UserIdGroupPairs": [{"GroupId": EFA_GROUP}]}]


@pytest.mark.parametrize(
    "rules",
    [
        {"IpPermissions": TCP, "IpPermissionsEgress": ITSELF},
        {"IpPermissions": ITSELF, "IpPermissionsEgress": ANYBODY},
        {"IpPermissions": ITSELF, "IpPermissionsEgress": []},
    ],
)
def test_a_security_group_that_keeps_efa_in_is_one_finding(
    case: MakeCase, aws: MakeAws, rules: Object
) -> None:
    broken = case()
    account = aws(broken)
    assert broken.found() == {}
    account.security_groups[EFA_GROUP] |= rules
    assert broken.one("efa-security-groups").problem == (
        f"none of the security groups of 32 of its 32 EFA interfaces ({CLUSTER_GROUP}, {EFA_GROUP}) lets all traffic to and "
        "from itself"
    )


def test_one_interface_outside_the_group_is_found(case: MakeCase, aws: MakeAws) -> None:
    broken = case()
    node = broken.world.node("p5", 1)
    aws(broken).instance_of(node)["NetworkInterfaces"][7]["Groups"] = [{"GroupId": CLUSTER_GROUP}]
    found = broken.one("efa-security-groups")
    assert found.where == f"{node['metadata']['name']} (p5)"
    assert "of 1 of its 32 EFA interfaces" in found.problem


def test_an_account_that_may_not_be_asked_for_instances_leaves_them_unasked(
    case: MakeCase, aws: MakeAws
) -> None:
    broken = case()
    aws(broken).server.deny("ec2:DescribeInstances")
    with pytest.raises(UnaskedError, match="ec2:DescribeInstances"):
        broken.found()


def test_a_default_by_the_former_annotation_is_one_too(case: MakeCase) -> None:
    broken = case()
    other = storage_class("gp2", default=False)
    other["metadata"]["annotations"] = {"storageclass.beta.kubernetes.io/is-default-class": "true"}
    broken.world.storage_classes.append(other)
    found = broken.one("storage-classes", "warning")
    assert (found.where, found.remedy) == (
        "gp2",
        "kubectl annotate storageclass --overwrite gp2 storageclass.beta.kubernetes.io/is-default-class=false",
    )


def test_an_account_without_the_cluster_accuses_nothing(case: MakeCase, aws: MakeAws) -> None:
    """The kubeconfig leads to the cluster as another role than that of the AWS credentials."""
    other = case(MADE)
    account = aws(other)
    for there in (account.clusters, account.addons, account.instances, account.node_groups):
        there.clear()
    account.associations.clear()
    asked = ("addons", "pod-identity", "reservation-use", "efa-security-groups")
    assert other.found(*asked) == {}
    told = {one.check.id: one.unasked.reason for one in other.outcomes if one.unasked is not None}
    assert "has no cluster llama in the account of your AWS credentials" in told["addons"]
    assert "EC2 does not know the instances of 2 nodes" in told["reservation-use"]
    assert all("--profile" in reason for reason in told.values())
