from __future__ import annotations

import io
import json
from collections.abc import Callable
from datetime import datetime, timezone
from pathlib import Path
from types import SimpleNamespace

import pytest
from rich.console import Console

from modules.layout.stores import CLUSTER_TAG, RETAIN_TAG
from ops.aws.actions import action
from ops.cleanup.command import Request, cleanup, terminal
from ops.cleanup.finding import CLUSTER_ACTION
from ops.cleanup.kinds import KINDS
from ops.cleanup.kinds.balancing import TargetGroups
from ops.cleanup.kinds.compute import InstanceProfiles
from ops.cleanup.kinds.network import Endpoints, SecurityGroups
from ops.cleanup.kinds.storage import Volumes
from ops.cleanup.leaving import Around, Leaving
from ops.errors import UsageError
from tests.account.cluster_leavings import Leavings, Place, everything
from tests.account.server import ACCOUNT_ID, AccountServer
from tests.account.wire import AwsError, Call
from tests.unit.ops.cleanup.conftest import NO_STATE, Only, Run

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


ORDER = (
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


def test_only_the_clusters_own_are_found_and_deleted_and_what_holds_others_first(
    place: Place, run: Run
) -> None:
    other = Leavings(place, "train-2").make()
    place.interface({}, [])
    place.volume({})
    place.volume({"kubernetes.io/cluster/train": "shared"})
    place.volume({"kubernetes.io/cluster/train": ""})
    place.volume({"kubernetes.io/cluster/train": "Owned", "KubernetesCluster": "Train"})
    place.volume({"kubernetes.io/cluster/train*": "owned", "KubernetesCluster": "t*n"})
    place.volume({"Name": "train", "team": "train"})
    place.instance({})
    before = everything(place)
    mine = Leavings(place, "train").make()
    place.server.calls.clear()

    status, out, _ = run("--delete", "--yes", "train", "--json")
    assert (status, outcomes(out)) == (0, dict.fromkeys(mine.ids, "deleted"))
    assert fates(out) == dict.fromkeys(mine.ids, "deletable")
    assert len(other.ids) == len(mine.ids) == len(fates(out))
    assert before <= everything(place)

    order = deletions(place.server)
    assert sorted(order) == sorted(ORDER)
    positions = [order.index(call) for call in dict.fromkeys(ORDER)]
    revoked = slice(9, 11)  # which of the groups is first is not said
    positions[revoked] = sorted(positions[revoked])
    assert positions == sorted(positions)

    asked = {"sts:GetCallerIdentity", CLUSTER_ACTION}
    spelled = {one.lower() for kind in KINDS for one in (*kind.actions, *kind.deleting)} | {
        one.lower() for one in asked
    }
    looked = [one for one in place.server.calls if not _by_everything(one)]
    for call in looked:
        prefix = action(call.service, "x").partition(":")[0]
        assert f"{prefix}:{call.operation}".lower() in spelled, call

    status, out, _ = run("--delete", "--yes", "train")
    assert (status, out) == (
        0,
        f"train in us-west-2 of account {ACCOUNT_ID}: nothing that it has left was found\n",
    )


def _by_everything(call: Call) -> bool:
    return str(call) == "ec2:DescribeTags"


@pytest.mark.usefixtures("only_volumes")
def test_what_another_cluster_has_too_is_left(place: Place, run: Run) -> None:
    volumes = [
        place.volume(tags)
        for tags in (
            {**OWNED, "kubernetes.io/cluster/other": "owned"},
            {**OWNED, "kubernetes.io/cluster/other": "shared"},
            {**OURS, "elbv2.k8s.aws/cluster": "train-2"},
            {**OURS, "KubernetesCluster": "Train"},
            {**OURS, "kubernetes.io/cluster/train": "shared"},
            {**OWNED, "karpenter.sh/discovery": "other"},
        )
    ]
    status, out, _ = run("--delete", "--yes", "train", "--json")
    assert (status, fates(out)) == (1, dict.fromkeys(volumes, "shared"))
    assert deletions(place.server) == []


@pytest.mark.usefixtures("only_volumes")
def test_what_is_retained_or_may_be_is_kept(place: Place, run: Run) -> None:
    name = "kubernetes.io/created-for/pvc/name"
    file = Path("train.yaml")
    file.write_text(
        file.read_text(encoding="utf-8").replace("  volumes:\n", "  volumes:\n    kept: {size_gib: 10}\n"),
        encoding="utf-8",
    )
    volumes = [
        place.volume({**OWNED, **KEPT}),
        place.volume({**OURS, RETAIN_TAG: "true"}),
        place.volume({**OURS, RETAIN_TAG: "True"}),
    ]
    gone = place.volume({**OWNED, **KEPT, name: "ebs-scratch"})
    # The class has a tag for its volumes, but older ones do not have it.
    claim = place.volume({**OWNED, **KEPT, name: "data-0"})
    wanted = {**dict.fromkeys(volumes, "kept"), claim: "by-hand"}
    status, out, _ = run("--delete", "--yes", "train", "--json")
    assert (status, fates(out)) == (1, {**wanted, gone: "deletable"})
    assert f"aws ec2 delete-volume --region us-west-2 --volume-id {claim}" in out
    assert deletions(place.server) == ["ec2:DeleteVolume"]

    # Of an entry that is no more in the layout; and without such a class, what claims is not retained.
    file.write_text("extends: eks-g4dn\nname: train\nregion: us-west-2\n", encoding="utf-8")
    status, out, _ = run("--json")
    assert fates(out) == {**wanted, volumes[0]: "by-hand", claim: "deletable"}


def test_what_is_retained_does_not_count(place: Place, run: Run, only_volumes: None) -> None:
    volume = place.volume({**OWNED, RETAIN_TAG: "true"})
    status, out, _ = run("--json")
    assert (status, fates(out)) == (0, {volume: "kept"})


def state_with(*attributes: dict[str, str]) -> str:
    resource = {
        "mode": "managed",
        "type": "aws_security_group",
        "name": "n",
        "instances": [{"attributes": one} for one in attributes],
    }
    return json.dumps({"version": 4, "resources": [resource]})


def test_what_terraform_has_or_may_have_is_left_to_it(place: Place, run: Run, only_volumes: None) -> None:
    known, ours, stray = place.volume(OURS), place.volume(OURS), place.volume(OWNED)
    state, lock = Path("terraform.train.tfstate"), Path(".terraform.train.tfstate.lock.info")
    state.write_text(state_with({"id": known}), encoding="utf-8")
    assert fates(run("--json")[1]) == {known: "destroy", ours: "deletable", stray: "deletable"}

    left = {known: "destroy", ours: "destroy", stray: "deletable"}
    lock.write_text("{}", encoding="utf-8")
    locked = run("--json")[1]
    lock.unlink()
    state.write_text(state_with({"arn": "arn:aws:ec2:us-west-2:999999999999:security-group/sg-1"}), "utf-8")
    strange = run("--json")[1]
    state.write_text("no state", encoding="utf-8")
    unreadable = run("--json")[1]
    state.unlink()
    missing = run("--json")[1]
    for out, said in (
        (locked, "Terraform is at work on train"),
        (strange, f"is of account 999999999999, and account {ACCOUNT_ID} was asked"),
        (unreadable, "What is deployed of train is not known"),
        (missing, "There is no state of train here"),
    ):
        assert fates(out) == left
        assert said in " ".join(json.loads(out)["notes"])

    # It is somebody's who deployed it elsewhere, unless who deletes it knows that it is not.
    assert run("--delete", "--yes", "train")[0] == 1
    assert deletions(place.server) == ["ec2:DeleteVolume"]
    assert run("--delete", "--yes", "train", "--state-lost")[0] == 0
    assert deletions(place.server) == ["ec2:DeleteVolume"] * 3


@pytest.mark.usefixtures("only_volumes")
def test_a_state_in_s3_may_be_missing_or_locked_too(
    place: Place, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    # One client for all: making one takes a second.
    session = SimpleNamespace(client=lambda service, config: place.client(service))
    monkeypatch.setattr("boto3.Session", lambda **_: session)
    volume = place.volume(OURS)
    with Path("train.yaml").open("a", encoding="utf-8") as file:
        file.write("backend: {type: s3, bucket: states-of-train}\n")
    s3 = place.client("s3")
    s3.create_bucket(Bucket="states-of-train", CreateBucketConfiguration={"LocationConstraint": "us-west-2"})
    key = "cdktf-eks-training/train.tfstate"
    for name, body, fate in (
        (key, None, "destroy"),
        (key, NO_STATE, "deletable"),
        (f"{key}.tflock", "{}", "destroy"),
    ):
        if body is not None:
            s3.put_object(Bucket="states-of-train", Key=name, Body=body)
        assert fates(run("--json")[1]) == {volume: fate}
    place.server.deny("s3:GetObject")
    assert "is not known" in json.loads(run("--json")[1])["notes"][0]


def test_under_a_cluster_only_what_nothing_uses_is_deleted_and_only_when_told(place: Place, run: Run) -> None:
    place.cluster("train")
    mine = Leavings(place, "train").make()
    now = datetime.now(tz=timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    cni = {"cluster.k8s.amazonaws.com/name": "train"}
    fresh = [place.interface(cni, []), place.interface({**cni, "node.k8s.amazonaws.com/createdAt": now}, [])]
    status, out, err = run("--delete", "--yes", "train")
    assert status == 1
    assert f"{len(mine.ids) + 2} found: {len(mine.ids) + 2} not now" in out
    assert "make destroy LAYOUT=train.yaml" in out
    assert "nothing was deleted" in err
    assert deletions(place.server) == []

    # An interface that has just been made is on its way to a node.
    _, out, _ = run("--delete", "--yes", "train", "--although-cluster-exists", "--json")
    assert deletions(place.server) == ["ec2:ReleaseAddress", "ec2:DeleteNetworkInterface"]
    assert {fates(out)[id] for id in fresh} == {"waits"}


@pytest.mark.usefixtures("only_volumes")
def test_only_the_name_that_is_typed_deletes(
    place: Place, run: Run, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    place.volume(OWNED)
    for typed in ("train-2\n", "\n", "y\n", "Train\n", "train train\n", ""):
        monkeypatch.setattr("sys.stdin", io.StringIO(typed))
        with pytest.raises(UsageError, match="nothing was deleted"):
            confirmed(terminal)
    assert deletions(place.server) == []

    capsys.readouterr()
    monkeypatch.setattr("sys.stdin", io.StringIO("  train \n"))
    assert (
        cleanup(Request("train.yaml", delete=True, as_json=True), Console(file=io.StringIO()), terminal) == 0
    )
    printed = capsys.readouterr()
    assert set(outcomes(printed.out).values()) == {"deleted"}
    asked = f"To delete 1 thing of account {ACCOUNT_ID}, us-west-2 for good, type the cluster's name: "
    assert asked in printed.err
    assert deletions(place.server) == ["ec2:DeleteVolume"]


@pytest.mark.usefixtures("only_volumes")
def test_ctrl_c_at_the_prompt_and_in_the_middle_says_what_was_done(
    place: Place, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = place.volume(OWNED), place.volume(OWNED)

    def interrupted(*_: object) -> str:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("sys.stdin", io.StringIO())
        patch.setattr("sys.stdin.readline", interrupted, raising=False)
        with pytest.raises(UsageError, match="stopped; nothing was deleted"):
            confirmed(terminal)
    delete = Volumes.delete

    def once(self: Volumes, around: Around, leaving: Leaving) -> None:
        if deletions(place.server):
            raise KeyboardInterrupt
        delete(self, around, leaving)

    monkeypatch.setattr(Volumes, "delete", once)
    status, out, err = run("--delete", "--yes", "train", "--json")
    assert status == 1
    assert sorted(outcomes(out).values(), key=str) == ["deleted", "failed"]
    assert "stopped: see below" in err
    assert set(outcomes(out)) == {first, second}


@pytest.mark.usefixtures("only_volumes")
def test_a_denied_deletion_is_told_and_the_rest_goes_on(place: Place, run: Run) -> None:
    volumes = {place.volume(OWNED) for _ in range(3)}
    denied: list[Call] = []

    def deny_one(call: Call) -> None:
        denied.append(call)
        if len(denied) == 2:
            raise AwsError("UnauthorizedOperation", "You are not authorized to perform this operation.")

    place.server.answer("ec2:DeleteVolume", deny_one)
    status, out, err = run("--delete", "--yes", "train", "--json")
    [volume] = [id for id, outcome in outcomes(out).items() if outcome != "deleted"]
    assert (status, set(outcomes(out))) == (1, volumes)
    assert outcomes(out)[volume] == "failed"
    assert why(out, volume).startswith("ec2:DeleteVolume: UnauthorizedOperation")
    assert f"NOT deleted: ebs-volume {volume}" in err
    assert fates(run("--json")[1]) == {volume: "deletable"}


@pytest.mark.usefixtures("only_volumes")
def test_nothing_is_deleted_where_account_or_cluster_are_not_known(place: Place, run: Run) -> None:
    volume = place.volume(OWNED)
    for call in ("eks:DescribeCluster", "sts:GetCallerIdentity"):
        place.server.deny(call)
        status, out, _ = run("--delete", "--yes", "train", "--json")
        assert (status, fates(out)) == (1, {volume: "waits"})
    assert deletions(place.server) == []


@pytest.mark.usefixtures("only_volumes")
def test_tags_and_users_are_read_again_before_a_deletion(place: Place, run: Run) -> None:
    tagged, attached, free = (place.volume(OWNED) for _ in range(3))
    instance = place.instance({})

    def somebody_takes_two(_: str) -> str:
        ec2 = place.client("ec2")
        ec2.create_tags(Resources=[tagged], Tags=[{"Key": next(iter(OWNED)), "Value": "shared"}])
        ec2.attach_volume(Device="/dev/sdf", InstanceId=instance, VolumeId=attached)
        return "train"

    assert confirmed(somebody_takes_two) == 1
    left = {one["VolumeId"] for one in place.client("ec2").describe_volumes()["Volumes"]}
    assert {tagged, attached} <= left
    assert free not in left
    status, out, _ = run("--delete", "--yes", "train", "--json")
    assert (status, fates(out), why(out, attached)) == (1, {attached: "waits"}, f"is used by {instance}")


@pytest.mark.usefixtures("only_volumes")
def test_a_cluster_that_comes_back_meanwhile_is_noticed(
    place: Place, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(2):
        place.volume(OWNED)
    delete = Volumes.delete

    def and_deploy(self: Volumes, around: Around, leaving: Leaving) -> None:
        delete(self, around, leaving)
        place.cluster("train")

    monkeypatch.setattr(Volumes, "delete", and_deploy)
    status, out, _ = run("--delete", "--yes", "train", "--json")
    assert (status, sorted(outcomes(out).values())) == (1, ["deleted", "failed"])
    assert "the cluster is there again" in out

    place.client("eks").delete_cluster(name="train")

    def somebody_deploys(_: str) -> str:
        place.client("iam").delete_role(RoleName="train")
        place.cluster("train")
        return "train"

    assert confirmed(somebody_deploys) == 1
    assert deletions(place.server).count("ec2:DeleteVolume") == 1


def test_an_instance_profile_says_in_which_region_its_cluster_is(place: Place, run: Run, only: Only) -> None:
    only(InstanceProfiles())
    iam = place.client("iam")
    region = "topology.kubernetes.io/region"
    for name, tags in (
        ("train_1", {**OWNED, region: "us-west-2"}),
        ("train_2", {**OWNED, region: "eu-west-1"}),
        ("train_3", OWNED),
        ("train_4", {"kubernetes.io/cluster/train_4": "owned", region: "us-west-2"}),
    ):
        pairs = [{"Key": key, "Value": value} for key, value in tags.items()]
        iam.create_instance_profile(InstanceProfileName=name, Tags=pairs)
    _, out, _ = run("--delete", "--yes", "train", "--json")
    assert fates(out) == {"train_1": "deletable", "train_3": "by-hand"}
    assert deletions(place.server) == ["iam:DeleteInstanceProfile"]


def test_an_endpoint_that_is_not_deleted_is_told(place: Place, run: Run, only: Only) -> None:
    only(Endpoints())
    spec = [{"ResourceType": "vpc-endpoint", "Tags": [{"Key": CLUSTER_TAG, "Value": "train"}]}]
    made = place.client("ec2").create_vpc_endpoint(
        VpcId=place.vpc, ServiceName="com.amazonaws.us-west-2.s3", TagSpecifications=spec
    )
    id = made["VpcEndpoint"]["VpcEndpointId"]
    said = {"Code": "InvalidParameter", "Message": "it is managed by a service"}
    refusal = {"Unsuccessful": [{"ResourceId": id, "Error": said}]}
    place.server.answer("ec2:DeleteVpcEndpoints", lambda _: refusal)
    status, out, _ = run("--delete", "--yes", "train", "--json")
    assert (status, outcomes(out)) == (1, {id: "failed"})
    assert why(out, id) == "ec2:DeleteVpcEndpoints: InvalidParameter: it is managed by a service"


def test_rules_of_a_group_that_somebody_uses_again_stay(place: Place, run: Run, only: Only) -> None:
    only(SecurityGroups())
    tags = {"elbv2.k8s.aws/cluster": "train"}
    one, two = place.security_group("k8s-1", tags), place.security_group("k8s-2", tags)
    place.allow(one, two)
    place.allow(two, one)

    def somebody_uses_it(_: str) -> str:
        place.instance({}, [one])
        place.instance({}, [two])
        return "train"

    assert confirmed(somebody_uses_it) == 1
    assert deletions(place.server) == []


def test_more_target_groups_than_tags_are_asked_for_at_once(place: Place, run: Run, only: Only) -> None:
    only(TargetGroups())
    for number in range(21):
        tags = {"elbv2.k8s.aws/cluster": "train" if number == 20 else "train-2"}
        place.target_group(f"t-{number}", tags)
    [(id, fate)] = fates(run("--json")[1]).items()
    assert id.startswith("t-20/")
    assert fate == "deletable"


@pytest.mark.usefixtures("only_volumes")
def test_a_narrow_terminal_has_no_table_and_whole_ids(place: Place, run: Run) -> None:
    volume = place.volume(OWNED)
    console = Console(file=io.StringIO(), width=60)
    assert cleanup(Request("train.yaml"), console, None) == 1
    assert isinstance(console.file, io.StringIO)
    lines = console.file.getvalue().splitlines()
    assert lines[0].startswith(f"ebs-volume {volume} (0 min): 100 GiB of gp3")
    assert lines[1].startswith("  can be deleted")
    assert lines[-1] == "To delete them: .venv/bin/python -m ops cleanup train.yaml --delete"


def test_the_interfaces_of_a_control_plane_that_is_there_are_no_leavings(place: Place, run: Run) -> None:
    group = place.security_group("eks-cluster-sg-train", {"aws:eks:cluster-name": "train"})
    instance = place.instance({})
    interface = place.interface({}, [group], "Amazon EKS train")
    place.client("ec2").attach_network_interface(
        DeviceIndex=1, InstanceId=instance, NetworkInterfaceId=interface
    )
    assert fates(run("--json")[1]) == {group: "waits", interface: "by-hand"}


@pytest.mark.parametrize(
    "arguments, said",
    [
        (("--delete", "--yes", "train-2"), "--yes train-2 is not the cluster's name"),
        (("--delete", "--yes", ""), "is not the cluster's name"),
        (("--delete",), "give --yes train"),
        (("--yes", "train"), "--yes goes with --delete"),
        (("--although-cluster-exists",), "--although-cluster-exists goes with --delete"),
        (("--state-lost",), "--state-lost goes with --delete"),
        (("--delete", "--yes", " train"), "is not the cluster's name"),
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


def test_what_cannot_be_asked_is_told_with_its_action(place: Place, run: Run) -> None:
    place.server.deny("fsx:DescribeFileSystems")
    status, out, _ = run()
    assert status == 3
    assert "not known [fsx-file-system]: the permission fsx:DescribeFileSystems is missing" in out
    volume = place.volume(OWNED)
    assert (run("--json")[0], fates(run("--json")[1])) == (1, {volume: "deletable"})


def test_a_rule_of_somebody_else_is_not_touched(place: Place, run: Run, only: Only) -> None:
    only(SecurityGroups())
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


def test_what_is_still_used_for_a_while_is_waited_for(place: Place, run: Run, only: Only) -> None:
    only(SecurityGroups())
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
