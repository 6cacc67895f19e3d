"""`ops verify` as a whole: what it asks, how long it waits, what it says, and its exit status."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console
from typer.testing import CliRunner

from modules.layout import Layout, load
from ops.cli import app
from ops.errors import UsageError
from ops.nccl_test.command import Request as NcclRequest
from ops.nccl_test.kubectl import KubectlError, UnfinishedError
from ops.verify import command
from ops.verify.command import CHECKS, Request, verify
from ops.verify.subject import Subject
from ops.verify.table import node_rows, print_nodes
from tests.account.server import AccountServer
from tests.kubernetes_api.right import right
from tests.kubernetes_api.server import Api, cluster_of, serving, token_is_signed
from tests.kubernetes_api.world import Object, World
from tests.unit.ops.verify.deployed import deployed

LAYOUT = """\
extends: eks-p5-odcr
name: llama
cluster: {endpoint: {public_access_cidrs: [192.0.2.0/24]}}
node_groups:
  p5:
    availability_zone: us-west-2b
    capacity:
      type: capacity_block
      reservation_id: cr-0123456789abcdef0
      start: START
      end: "2039-01-08T11:30:00Z"
"""
EFA = "vpc.amazonaws.com/efa"

pytestmark = pytest.mark.usefixtures("fast_clients")


@dataclass
class Verified:
    """A cluster that is right for its layout until a test breaks something, and `ops verify` of it."""

    file: Path
    layout: Layout
    world: World
    api: Api
    aws: AccountServer
    capture: pytest.CaptureFixture[str]
    status: int = -1
    out: str = ""
    err: str = ""

    def run(self, pause: Callable[[float], object] | None = None, **asked: Any) -> int:
        """With a table of 160 columns; a test that does not say so waits for nothing."""
        console = Console(width=160, color_system=None)
        request = Request(str(self.file), **asked)
        self.status = verify(request, console, pause or _never)
        self.out, self.err = self.capture.readouterr()
        return self.status

    def json(self, **asked: Any) -> dict[str, Any]:
        """What a program gets."""
        self.run(as_json=True, **asked)
        found: dict[str, Any] = json.loads(self.out)
        return found

    def found(self, **asked: Any) -> dict[str, list[str]]:
        """Where the findings are, by check."""
        checks = self.json(**asked)["checks"]
        return {one["id"]: [it["where"] for it in one["findings"]] for one in checks if one["findings"]}


def _never(seconds: float) -> None:
    raise AssertionError(f"it waits for {seconds} s")


@pytest.fixture
def make(
    tmp_path: Path, aws: AccountServer, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Callable[..., Verified]]:
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "none"))
    with serving(Api(takes=token_is_signed)) as api:

        def made(start: str = "2026-01-01T11:30:00Z", **sizes: int) -> Verified:
            file = tmp_path / "llama.yaml"
            file.write_text(LAYOUT.replace("START", f'"{start}"'), encoding="utf-8")
            layout = load(str(file)).layout
            api.world = right(layout, sizes)
            deployed(aws, layout, api)
            return Verified(file, layout, api.world, api, aws, capsys)

        yield made


@pytest.fixture
def llama(make: Callable[..., Verified]) -> Verified:
    return make()


def _lose_efa(world: World, number: int = 1) -> Object:
    node = world.node("p5", number)
    for place in ("capacity", "allocatable"):
        del node["status"][place][EFA]
    return node


def test_right_cluster_passes(llama: Verified) -> None:
    assert llama.run() == 0
    assert llama.err == "asking the cluster llama in us-west-2 by a token of your AWS credentials ...\n"
    lines = [line.split() for line in llama.out.splitlines() if line.startswith(" ip-")]
    assert lines == [
        ["ip-10-0-0-4", "sys", "c5.2xlarge", "us-west-2a", "yes"],
        ["ip-10-0-0-5", "p5", "p5.48xlarge", "us-west-2b", "8", "32", "10256Mi", "yes"],
        ["ip-10-0-0-6", "p5", "p5.48xlarge", "us-west-2b", "8", "32", "10256Mi", "yes"],
    ]
    asked = [check for check in CHECKS if check.applies(Subject(llama.layout, cluster_of(llama.api)))]
    assert len(asked) > 10
    assert " checks passed" in llama.out.splitlines()[-1]


def test_node_without_efa_is_named_in_the_table_and_below(llama: Verified) -> None:
    name = _lose_efa(llama.world)["metadata"]["name"]
    assert llama.run() == 1
    row = next(line for line in llama.out.splitlines() if line.startswith(" ip-10-0-0-6"))
    assert row.split()[4:] == ["8", "0", "of", "32", "10256Mi", "yes", "efa"]
    told = "".join(llama.out.split())
    assert f"{name}(p5)" in told
    assert "1 error; " in llama.out


def test_narrow_terminal_has_less_columns_and_no_fold(
    llama: Verified, capsys: pytest.CaptureFixture[str]
) -> None:
    _lose_efa(llama.world)
    assert verify(Request(str(llama.file)), Console(width=80, color_system=None)) == 1
    rows = [line.split() for line in capsys.readouterr().out.splitlines() if line.startswith(" ip-10-0-0-")]
    assert rows[-1] == ["ip-10-0-0-6", "p5", "8", "0", "of", "32", "10256Mi", "yes", "efa"]


def test_same_for_programs(llama: Verified) -> None:
    name = _lose_efa(llama.world)["metadata"]["name"]
    told = llama.json()
    assert llama.status == 1
    assert (told["layout"], told["cluster"], told["region"]) == (str(llama.file), "llama", "us-west-2")
    assert told["nccl"] == {}
    assert told["summary"]["errors"] == 1
    assert [(one["name"], one["efa"], one["wanted_efa"]) for one in told["nodes"] if one["fails"]] == [
        (name, 0, 32)
    ]


def test_check_can_be_left_out(llama: Verified) -> None:
    _lose_efa(llama.world)
    assert llama.run(skip=["efa"]) == 0
    with pytest.raises(UsageError, match=r"--skip efas: there is no such check; did you mean efa\?"):
        llama.run(skip=["efas"])


def test_deploy_is_that_of_the_layout(llama: Verified) -> None:
    llama.world.storage_classes.clear()
    told = llama.json()
    (check,) = (one for one in told["checks"] if one["id"] == "storage-classes")
    assert check["findings"][0]["remedy"] == f"Apply the platform stack: make deploy LAYOUT={llama.file}"


def test_warning_counts_with_strict(llama: Verified) -> None:
    llama.world.node("p5")["spec"]["unschedulable"] = True
    assert llama.run() == 0
    assert llama.run(strict=True) == 1
    assert "1 warning; " in llama.out


def test_value_of_a_variable_is_compared_where_it_is_given(make: Callable[..., Verified]) -> None:
    llama = make()
    text = llama.file.read_text(encoding="utf-8").replace("us-west-2b", "var.availability_zone")
    llama.file.write_text(text, encoding="utf-8")
    assert llama.found() == {}
    assert llama.err.splitlines()[0] == "Not compared: availability_zone. --var NAME=VALUE gives a value"
    assert llama.found(variables=["availability_zone=us-west-2b"]) == {}
    assert "Not compared" not in llama.err
    assert [*llama.found(variables=["availability_zone=us-west-2c"])] == ["zones"]
    assert llama.status == 1


# What cannot be asked.


def test_nothing_more_is_asked_of_a_cluster_that_knows_nobody(llama: Verified) -> None:
    llama.api.takes = lambda _: False
    told = llama.json(wait=10)
    assert llama.status == 3
    assert told["nodes"] == []
    (only,) = told["checks"]
    assert (only["id"], only["status"]) == ("api-server", "unasked")
    assert "does not know arn:aws:" in only["unasked"]["reason"]
    assert llama.api.asked == ["/version"]


def test_denial_of_one_kind_leaves_the_other_checks(llama: Verified) -> None:
    llama.api.refused["secrets"] = 403
    told = llama.json()
    assert llama.status == 3
    assert {one["id"] for one in told["checks"] if one["status"] != "passed"} == {"helm-releases"}
    assert told["summary"]["passed"] > 10


def test_error_counts_more_than_what_cannot_be_asked(llama: Verified) -> None:
    llama.api.refused["secrets"] = 403
    _lose_efa(llama.world)
    assert llama.run() == 1


# Waiting.


def test_wait_looks_again_until_nothing_is_wrong(llama: Verified) -> None:
    late = llama.world.nodes.pop()
    name = late["metadata"]["name"]
    pods = [pod for pod in llama.world.pods if pod["spec"]["nodeName"] == name]
    whole = list(llama.world.pods)
    llama.world.pods[:] = [pod for pod in whole if pod not in pods]
    paused: list[float] = []

    def pause(seconds: float) -> None:
        paused.append(seconds)
        if len(paused) == 2:
            llama.world.nodes.append(late)
            llama.world.pods[:] = whole

    assert llama.run(pause, wait=30) == 0
    assert paused == [command.EVERY] * 2
    said = llama.err.splitlines()[1:]
    assert len(said) == 1, "what has not changed is said once"
    assert said[0].startswith("sys: 1 of 1 nodes ready; p5: 1 of 2 nodes ready; ")
    assert said[0].endswith(" checks passed")


def test_wait_ends_with_what_is_still_wrong(llama: Verified, monkeypatch: pytest.MonkeyPatch) -> None:
    _lose_efa(llama.world)
    now = [0.0]
    monkeypatch.setattr(command, "monotonic", lambda: now[0])
    paused: list[float] = []

    def pause(seconds: float) -> None:
        paused.append(seconds)
        now[0] += seconds

    assert llama.run(pause, wait=0.5) == 1
    assert paused == [12.0, 12.0, 6.0], "never longer than there is time"
    assert llama.err.splitlines()[-1] == "It is not as it has to be after 0.5 minutes"
    assert "1 error; " in llama.out


def test_wait_waits_for_a_control_plane_that_is_being_made(llama: Verified) -> None:
    llama.aws.answer("eks:DescribeCluster", lambda _: {"cluster": {"name": "llama", "status": "CREATING"}})

    def pause(_: float) -> None:
        deployed(llama.aws, llama.layout, llama.api)

    assert llama.run(pause, wait=30) == 0
    assert "the cluster llama has no endpoint yet: EKS says that it is CREATING" in llama.err


def test_without_wait_it_looks_once(llama: Verified) -> None:
    _lose_efa(llama.world)
    assert llama.run() == 1
    assert "nodes ready" not in llama.err


def test_group_that_waits_for_its_capacity_block_is_no_error(make: Callable[..., Verified]) -> None:
    llama = make(start="2039-01-01T11:30:00Z", p5=0)
    assert llama.run(wait=10) == 0
    assert [one["group"] for one in llama.json()["nodes"]] == ["sys"]


# The network.


@pytest.fixture
def measured(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> dict[str, Any]:
    """What the NCCL test is asked for, and what it says."""
    found: dict[str, Any] = {"asked": [], "result": True}

    def run(request: NcclRequest, _: Console) -> bool:
        found["asked"].append(request)
        if isinstance(found["result"], Exception):
            raise found["result"]
        return bool(found["result"])

    monkeypatch.setattr(command, "run_nccl_test", run)
    (tmp_path / "kubectl").touch(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    return found


@pytest.fixture
def by_context(llama: Verified, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A context that leads to the cluster."""
    llama.api.takes = lambda token: token == "its-own"
    arn = "arn:aws:eks:us-west-2:123456789012:cluster/llama"
    config = {
        "clusters": [{"name": arn, "cluster": {"server": llama.api.url}}],
        "users": [{"name": arn, "user": {"token": "its-own"}}],
        "contexts": [{"name": "mine", "context": {"cluster": arn, "user": arn}}],
        "current-context": "mine",
    }
    (tmp_path / "config").write_text(json.dumps(config), encoding="utf-8")
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "config"))
    return "mine"


def test_network_of_each_group_is_measured_at_last(
    llama: Verified, measured: dict[str, Any], by_context: str
) -> None:
    assert llama.run(nccl=True) == 0
    assert measured["asked"] == [
        NcclRequest(str(llama.file), group="p5", nodes=2, apply=True, context=by_context, wait=True)
    ]
    assert llama.err == "asking the cluster llama in us-west-2 by the context mine ...\n"
    assert llama.json(nccl=True)["nccl"] == {"p5": True}


@pytest.mark.usefixtures("by_context")
@pytest.mark.parametrize("result", [False, UnfinishedError("the job is not over"), KubectlError("refused")])
def test_slow_network_is_an_error(llama: Verified, measured: dict[str, Any], result: Any) -> None:
    measured["result"] = result
    assert llama.json(nccl=True)["nccl"] == {"p5": False}
    assert llama.status == 1
    assert (f"node_groups.p5: {result}" in llama.err) is bool(result)


@pytest.mark.usefixtures("by_context")
def test_network_of_a_broken_cluster_is_not_measured(llama: Verified, measured: dict[str, Any]) -> None:
    _lose_efa(llama.world)
    assert llama.run(nccl=True) == 1
    assert measured["asked"] == []
    assert "The network was not measured" in llama.err


@pytest.mark.usefixtures("by_context")
def test_network_of_one_node_is_not_measured(make: Callable[..., Verified], measured: dict[str, Any]) -> None:
    text = "extends: eks-g4dn\nname: llama\nnode_groups: {gpu: {size: {desired: 1}}}\n"
    llama = make()
    llama.file.write_text(text, encoding="utf-8")
    layout = load(str(llama.file)).layout
    llama.api.world = right(layout)
    llama.api.takes = lambda _: True
    deployed(llama.aws, layout, llama.api)
    assert llama.run(nccl=True) == 0
    assert measured["asked"] == []
    assert "node_groups.gpu has fewer than two nodes" in llama.err


@pytest.mark.usefixtures("by_context")
def test_network_is_not_measured_on_a_node_that_is_cordoned(
    llama: Verified, measured: dict[str, Any]
) -> None:
    llama.world.node("p5")["spec"]["unschedulable"] = True
    assert llama.run(nccl=True) == 0
    assert measured["asked"] == []
    assert "node_groups.p5 has fewer than two nodes that take pods" in llama.err


@pytest.mark.usefixtures("measured")
def test_network_is_measured_by_a_context_only(llama: Verified) -> None:
    with pytest.raises(UsageError, match="aws eks update-kubeconfig --region us-west-2 --name llama"):
        llama.run(nccl=True)
    assert llama.api.asked == [], "said before anything is asked"


@pytest.mark.usefixtures("by_context")
def test_network_is_measured_by_kubectl(llama: Verified, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(UsageError, match="kubectl, which is not on the PATH"):
        llama.run(nccl=True)


# The command line, and the table.


def test_command_line_hands_on_what_was_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Request] = []

    def run(request: Request, _: Console) -> int:
        asked.append(request)
        return 3

    monkeypatch.setattr("ops.cli.clusters.run_verify", run)
    line = "verify a.yaml --context c --profile p --wait 20 --nccl --skip efa --skip gpus --var a=b --strict --checks --json"
    assert CliRunner().invoke(app, line.split()).exit_code == 3
    assert asked == [Request("a.yaml", ["efa", "gpus"], ["a=b"], "c", "p", 20.0, True, True, True, True)]


def test_checks_are_listed_without_asking(llama: Verified) -> None:
    assert llama.run(checks=True) == 0
    assert all(check.id in llama.out for check in CHECKS)
    assert llama.api.asked == []
    assert llama.aws.calls == []


def test_of_many_nodes_only_those_with_something_to_tell_are_shown(
    make: Callable[..., Verified], capsys: pytest.CaptureFixture[str]
) -> None:
    llama = make(p5=60)
    llama.world.node("p5", 30)["status"]["conditions"][0]["status"] = "Unknown"
    llama.api.takes = lambda _: True
    rows = node_rows(Subject(llama.layout, cluster_of(llama.api)), [])
    assert [row.group for row in rows] == ["sys", *["p5"] * 60]
    print_nodes(rows, Console(width=160, color_system=None))
    told = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in told if line.startswith(" ip-")] == ["ip-10-0-0-35"]
    assert told[-1] == "60 more nodes fail nothing"
