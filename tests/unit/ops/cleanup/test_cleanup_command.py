from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from rich.console import Console

from modules.layout.stores import CLUSTER_TAG, RETAIN_TAG
from ops.aws.actions import action
from ops.cleanup.command import Request, cleanup
from ops.cleanup.finding import CLUSTER_ACTION
from ops.cleanup.kinds import KINDS
from ops.errors import UsageError
from tests.account.cluster_leavings import Leavings, Place, everything
from tests.account.server import AccountServer
from tests.account.wire import AwsError, Call
from tests.unit.ops.cleanup.conftest import Run

OWNED = {"kubernetes.io/cluster/train": "owned"}
OURS = {CLUSTER_TAG: "train"}
KEPT = {
    "kubernetes.io/created-for/pvc/namespace": "training",
    "kubernetes.io/created-for/pvc/name": "ebs-kept",
}


def fates(text: str) -> dict[str, str]:
    return {one["id"]: one["fate"] for one in json.loads(text)["found"]}


def outcomes(text: str) -> dict[str, str]:
    return {one["id"]: one["outcome"] for one in json.loads(text)["found"]}


def why(text: str, id: str) -> str:
    [one] = [one for one in json.loads(text)["found"] if one["id"] == id]
    return str(one["failure"] or one["why"])


def confirmed(answer: Callable[[str], str], layout: str = "train.yaml") -> int:
    console = Console(file=io.StringIO(), width=140)
    return cleanup(Request(layout, delete=True), console, answer)


def deletions(server: AccountServer) -> list[str]:
    verbs = ("Delete", "Release", "Revoke", "Terminate", "Remove")
    return [str(call) for call in server.calls if call.operation.startswith(verbs)]


def test_only_the_clusters_own_are_found_and_deleted(place: Place, run: Run) -> None:
    other = Leavings(place, "train-2").make()
    place.interface({}, [])
    place.volume({})
    place.volume({"kubernetes.io/cluster/train": "shared"})
    place.volume({"Name": "train", "team": "train"})
    place.instance({})
    before = everything(place)
    mine = Leavings(place, "train").make()

    status, out, _ = run("--json")
    assert status == 1
    assert fates(out) == dict.fromkeys(mine.ids, "deletable")
    assert len(fates(out)) == len(mine.ids)

    status, out, _ = run("--delete", "--yes", "train", "--json")
    assert (status, outcomes(out)) == (0, dict.fromkeys(mine.ids, "deleted"))
    assert before <= everything(place)

    status, out, _ = run("--delete", "--yes", "train")
    assert (status, out) == (0, "train in us-west-2: nothing that it has left was found\n")
    assert len(other.ids) == len(mine.ids)


def test_what_holds_others_goes_first(place: Place, run: Run) -> None:
    Leavings(place, "train").make()
    place.server.calls.clear()
    assert run("--delete", "--yes", "train")[0] == 0
    order = deletions(place.server)
    expected = (
        "ec2:TerminateInstances",
        "elbv2:DeleteLoadBalancer",
        "elb:DeleteLoadBalancer",
        "elbv2:DeleteTargetGroup",
        "fsx:DeleteFileSystem",
        "ec2:DeleteNatGateway",
        "ec2:DeleteVpcEndpoints",
        "ec2:ReleaseAddress",
        "ec2:DeleteNetworkInterface",
        # Each of the two groups has a rule that names the other.
        "ec2:RevokeSecurityGroupIngress",
        "ec2:RevokeSecurityGroupEgress",
        "ec2:DeleteSecurityGroup",
        "ec2:DeleteSecurityGroup",
        "ec2:DeleteVolume",
        "ec2:DeleteLaunchTemplate",
        "iam:RemoveRoleFromInstanceProfile",
        "iam:DeleteInstanceProfile",
        "logs:DeleteLogGroup",
    )
    assert sorted(order) == sorted(expected)
    positions = [order.index(call) for call in dict.fromkeys(expected)]
    revoked = slice(9, 11)  # which of the groups is first is not said
    positions[revoked] = sorted(positions[revoked])
    assert positions == sorted(positions)


def test_only_the_actions_that_are_named_are_asked_for(place: Place, run: Run) -> None:
    Leavings(place, "train").make()
    place.server.calls.clear()
    run("--delete", "--yes", "train")
    named = {CLUSTER_ACTION, *(one for kind in KINDS for one in (*kind.actions, *kind.deleting))}
    spelled = {one.lower() for one in named}
    for call in place.server.calls:
        prefix = action(call.service, "x").partition(":")[0]
        assert f"{prefix}:{call.operation}".lower() in spelled, call


@pytest.mark.parametrize(
    "tags",
    [
        {**OWNED, "kubernetes.io/cluster/other": "owned"},
        {**OWNED, "kubernetes.io/cluster/other": "shared"},
        {**OURS, "elbv2.k8s.aws/cluster": "train-2"},
    ],
)
def test_what_another_cluster_has_too_is_left(place: Place, run: Run, tags: dict[str, str]) -> None:
    volume = place.volume(tags)
    status, out, _ = run("--delete", "--yes", "train", "--json")
    assert (status, fates(out)) == (1, {volume: "shared"})
    assert deletions(place.server) == []


def test_what_is_retained_is_kept_and_counts_for_nothing(place: Place, run: Run) -> None:
    volumes = [place.volume({**OWNED, **KEPT}), place.volume({**OURS, RETAIN_TAG: "true"})]
    gone = place.volume({**OWNED, **KEPT, "kubernetes.io/created-for/pvc/name": "ebs-scratch"})
    status, out, _ = run("--json")
    assert (status, fates(out)) == (1, {**dict.fromkeys(volumes, "kept"), gone: "deletable"})
    assert run("--delete", "--yes", "train")[0] == 0
    status, out, _ = run("--json")
    assert (status, fates(out)) == (0, dict.fromkeys(volumes, "kept"))


def test_what_terraform_has_is_left_to_it(place: Place, run: Run) -> None:
    group = place.security_group("nodes", OURS)
    stray = place.security_group("k8s-web", {"elbv2.k8s.aws/cluster": "train"})
    resource = {
        "mode": "managed",
        "type": "aws_security_group",
        "name": "n",
        "instances": [{"attributes": {"id": group}}],
    }
    state = Path("terraform.train.tfstate")
    state.write_text(json.dumps({"version": 4, "resources": [resource]}), encoding="utf-8")
    status, out, _ = run("--json")
    assert (status, fates(out)) == (1, {group: "destroy", stray: "deletable"})

    state.write_text("no state", encoding="utf-8")
    status, out, err = run("--json")
    assert fates(out) == {group: "destroy", stray: "deletable"}
    assert "What is deployed of train is not known" in err


def test_nothing_is_deleted_under_a_cluster_that_is_there(place: Place, run: Run) -> None:
    place.cluster("train")
    mine = Leavings(place, "train").make()
    status, out, err = run("--delete", "--yes", "train", "--json")
    assert (status, fates(out)) == (1, dict.fromkeys(mine.ids, "waits"))
    assert "nothing was deleted" in err
    assert deletions(place.server) == []
    assert "make destroy LAYOUT=train.yaml" in run()[1]


def test_under_a_cluster_only_what_nothing_uses_is_deleted_and_only_when_told(place: Place, run: Run) -> None:
    place.cluster("train")
    Leavings(place, "train").make()
    run("--delete", "--yes", "train", "--although-cluster-exists")
    assert deletions(place.server) == ["ec2:ReleaseAddress", "ec2:DeleteNetworkInterface"]


def test_the_interfaces_of_a_control_plane_that_is_there_are_no_leavings(place: Place, run: Run) -> None:
    group = place.security_group("eks-cluster-sg-train", {"aws:eks:cluster-name": "train"})
    instance = place.instance({})
    interface = place.interface({}, [group], "Amazon EKS train")
    place.client("ec2").attach_network_interface(
        DeviceIndex=1, InstanceId=instance, NetworkInterfaceId=interface
    )
    assert fates(run("--json")[1]) == {group: "waits", interface: "by-hand"}


def test_an_answer_of_another_name_deletes_nothing(place: Place, run: Run) -> None:
    place.volume(OWNED)
    for typed in ("train-2", "", "y"):
        with pytest.raises(UsageError, match="nothing was deleted"):
            confirmed(lambda _, typed=typed: typed)  # type: ignore[misc]  # mypy knows no default here
    assert deletions(place.server) == []


def test_the_name_that_is_typed_deletes(place: Place, run: Run) -> None:
    place.volume(OWNED)
    asked: list[str] = []

    def types(prompt: str) -> str:
        asked.append(prompt)
        return "train"

    assert confirmed(types) == 0
    assert asked == ["To delete 1 thing for good, type the cluster's name: "]
    assert deletions(place.server) == ["ec2:DeleteVolume"]


@pytest.mark.parametrize(
    "arguments, said",
    [
        (("--delete", "--yes", "train-2"), "--yes train-2 is not the cluster's name"),
        (("--delete", "--yes", ""), "is not the cluster's name"),
        (("--delete",), "give --yes train"),
        (("--yes", "train"), "--yes goes with --delete"),
        (("--although-cluster-exists",), "--although-cluster-exists goes with --delete"),
    ],
)
def test_a_request_that_is_not_clear_asks_for_nothing(
    place: Place, run: Run, arguments: tuple[str, ...], said: str
) -> None:
    place.volume(OWNED)
    place.server.calls.clear()
    status, _, err = run(*arguments)
    assert status == 2
    assert said in err
    assert place.server.calls == []


def test_a_denied_deletion_is_told_and_the_rest_goes_on(place: Place, run: Run) -> None:
    mine = Leavings(place, "train").make()
    place.server.deny("ec2:DeleteVolume")
    status, out, err = run("--delete", "--yes", "train", "--json")
    failed = {id: outcome for id, outcome in outcomes(out).items() if outcome != "deleted"}
    assert status == 1
    [(volume, outcome)] = failed.items()
    assert (volume.startswith("vol-"), outcome) == (True, "failed")
    assert why(out, volume).startswith("ec2:DeleteVolume: UnauthorizedOperation")
    assert f"NOT deleted: ebs-volume {volume}" in err
    assert len(outcomes(out)) == len(mine.ids)
    assert fates(run("--json")[1]) == {volume: "deletable"}


def test_what_cannot_be_asked_is_told_with_its_action(place: Place, run: Run) -> None:
    place.server.deny("fsx:DescribeFileSystems")
    status, out, _ = run()
    assert status == 3
    assert "not known [fsx-file-system]: the permission fsx:DescribeFileSystems is missing" in out
    volume = place.volume(OWNED)
    assert (run("--json")[0], fates(run("--json")[1])) == (1, {volume: "deletable"})


def test_nothing_is_deleted_where_the_cluster_may_be_there(place: Place, run: Run) -> None:
    volume = place.volume(OWNED)
    place.server.deny("eks:DescribeCluster")
    status, out, _ = run("--delete", "--yes", "train", "--json")
    assert (status, fates(out)) == (1, {volume: "waits"})
    assert deletions(place.server) == []


def test_tags_are_read_again_before_a_deletion(place: Place, run: Run) -> None:
    changed, volume = place.volume(OWNED), place.volume(OWNED)

    def somebody_takes_it(_: str) -> str:
        place.client("ec2").create_tags(
            Resources=[changed], Tags=[{"Key": next(iter(OWNED)), "Value": "shared"}]
        )
        return "train"

    assert confirmed(somebody_takes_it) == 1
    left = [one["VolumeId"] for one in place.client("ec2").describe_volumes()["Volumes"]]
    assert left == [changed]
    assert volume not in left


def test_a_cluster_that_comes_back_meanwhile_is_noticed(place: Place, run: Run) -> None:
    place.volume(OWNED)

    def somebody_deploys(_: str) -> str:
        place.cluster("train")
        return "train"

    assert confirmed(somebody_deploys) == 1
    assert deletions(place.server) == []


def test_a_rule_of_somebody_else_is_not_touched(place: Place, run: Run) -> None:
    group = place.security_group("k8s-web", {"elbv2.k8s.aws/cluster": "train"})
    database = place.security_group("database", {"team": "data"})
    place.allow(database, group)
    before = everything(place)
    status, out, _ = run("--delete", "--yes", "train", "--json")
    assert (status, fates(out)) == (1, {group: "waits"})
    assert why(out, group) == f"is used by {database}"
    assert everything(place) == before


def test_what_has_no_tag_is_told_and_left(place: Place, run: Run) -> None:
    logs = place.client("logs")
    for name in ("/aws/eks/train/cluster", "/aws/containerinsights/train/application"):
        logs.create_log_group(logGroupName=name)
    for name in ("/aws/eks/train-2/cluster", "/aws/containerinsights/train-2/application"):
        logs.create_log_group(logGroupName=name)
    group = place.security_group("eks-cluster-sg-train", {"aws:eks:cluster-name": "train"})
    interface = place.interface({}, [group])
    status, out, _ = run("--delete", "--yes", "train", "--json")
    by_hand = {"/aws/eks/train/cluster", "/aws/containerinsights/train/application", interface}
    assert (status, fates(out)) == (1, {**dict.fromkeys(by_hand, "by-hand"), group: "waits"})
    commands = {one["id"]: one["command"] for one in json.loads(out)["found"]}
    assert commands["/aws/eks/train/cluster"] == (
        "aws logs delete-log-group --region us-west-2 --log-group-name /aws/eks/train/cluster"
    )
    assert deletions(place.server) == []


def test_what_is_still_used_for_a_while_is_waited_for(place: Place, run: Run) -> None:
    group = place.security_group("k8s-web", {"elbv2.k8s.aws/cluster": "train"})
    tries: list[Call] = []

    def busy(call: Call) -> None:
        tries.append(call)
        if len(tries) < 3:
            raise AwsError("DependencyViolation", f"resource {group} has a dependent object")

    place.server.answer("ec2:DeleteSecurityGroup", busy)  # with nothing, moto answers
    status, _, err = run("--delete", "--yes", "train")
    assert (status, len(tries)) == (0, 3)
    assert f"waiting for security-group {group}" in err


def test_an_interface_goes_with_the_instance_that_it_hangs_on(place: Place, run: Run) -> None:
    instance = place.instance(OWNED)
    interface = place.interface({"cluster.k8s.amazonaws.com/name": "train"}, [])
    place.client("ec2").attach_network_interface(
        DeviceIndex=1, InstanceId=instance, NetworkInterfaceId=interface
    )
    assert fates(run("--json")[1]) == {instance: "deletable"}


def test_a_volume_of_a_strange_instance_is_left(place: Place, run: Run) -> None:
    instance, volume = place.instance({}), place.volume(OWNED)
    place.client("ec2").attach_volume(Device="/dev/sdf", InstanceId=instance, VolumeId=volume)
    status, out, _ = run("--delete", "--yes", "train", "--json")
    assert (status, fates(out), why(out, volume)) == (1, {volume: "waits"}, f"is used by {instance}")
    assert deletions(place.server) == []
