"""`python -m ops nccl-test`: what it refuses, what it writes, and what it does with kubectl."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML
from typer.testing import CliRunner, Result

from ops.cli import app
from ops.nccl_test import kubectl

LOGS = Path(__file__).parent / "logs"
TWO_GROUPS = """
extends: eks-p5-odcr
node_groups:
  second: {instance_type: p5en.48xlarge, availability_zone: us-west-2a, size: {desired: 0, max: 4}}
"""
ARN = "arn:aws:eks:us-west-2:111122223333:cluster/eks-p5-odcr"
KUBECTL = """#!/bin/sh
echo "$@" >> "$0.calls"
case "$1" in
  config) cat "$0.config" ;;
  apply | delete) cat > "$0.$1" ;;
  get) cat "$(ls "$0".state-* | head -n 1)"; [ "$(ls "$0".state-* | wc -l)" -eq 1 ] || rm "$(ls "$0".state-* | head -n 1)" ;;
  logs) cat "$0.log" ;;
esac
if [ -f "$0.fail-$1" ]; then cat "$0.fail-$1" >&2; exit 1; fi
"""


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(app, ["nccl-test", *map(str, arguments)], env={"COLUMNS": "120"})


def documents(text: str) -> list[dict[str, Any]]:
    return list(YAML(typ="safe", pure=True).load_all(text))


@pytest.fixture
def layout(tmp_path: Path) -> Any:
    def write(text: str) -> Path:
        file = tmp_path / "layout.yaml"
        file.write_text(text, encoding="utf-8")
        return file

    return write


class Kubectl:
    """A kubectl that writes down what it is told, and answers from files."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        self.file = folder / "kubectl"
        self.file.write_text(KUBECTL, encoding="utf-8")
        self.file.chmod(self.file.stat().st_mode | stat.S_IXUSR)
        self.leads_to(ARN)

    def leads_to(self, cluster: str, arguments: list[str] | None = None, context: str = "current") -> None:
        """The context, as `kubectl config view --minify` has it; `arguments` those of the command that gives a token."""
        user = {"exec": {"command": "aws", "args": arguments, "env": None}} if arguments else {}
        config = {
            "current-context": context,
            "clusters": [{"name": cluster, "cluster": {"server": "https://example.com"}}],
            "users": [{"name": "user", "user": user}],
        }
        self._beside("config").write_text(json.dumps(config), encoding="utf-8")

    def _beside(self, name: str) -> Path:
        return self.file.with_name(f"kubectl.{name}")

    def answers(self, *states: str | None, log: str = "") -> None:
        """The condition that the job has, each time it is looked at; the last one stays."""
        for number, state in enumerate(states):
            conditions = [{"type": "Created", "status": "True", "message": "pods are made"}] if state else []
            if state in ("Complete", "Succeeded", "Failed"):
                conditions.append({"type": state, "status": "True"})
            document = {"status": {"conditions": conditions}} if conditions else {}
            self._beside(f"state-{number}").write_text(json.dumps(document), encoding="utf-8")
        self._beside("log").write_text(log, encoding="utf-8")

    def fails(self, verb: str, said: str) -> None:
        self._beside(f"fail-{verb}").write_text(said, encoding="utf-8")

    @property
    def calls(self) -> list[str]:
        return self._beside("calls").read_text(encoding="utf-8").splitlines()

    def given(self, verb: str) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self._beside(verb).read_text(encoding="utf-8"))
        return found


@pytest.fixture
def fake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Kubectl:
    made = Kubectl(tmp_path / "bin")
    monkeypatch.setenv("PATH", f"{made.file.parent}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setattr(kubectl, "EVERY", 0.0)
    return made


def log(name: str) -> str:
    return (LOGS / f"{name}.log").read_text(encoding="utf-8")


# The job.


def test_the_manifests_are_printed_as_yaml_with_what_to_do_next() -> None:
    result = run("eks-p5-odcr")
    assert result.exit_code == 0
    assert [document["kind"] for document in documents(result.stdout)] == ["TrainingRuntime", "TrainJob"]
    assert (
        "# the log: kubectl logs job/nccl-test-p5-launcher-0 -n default > nccl-test-p5.log\n" in result.stdout
    )
    assert "# what it means: python -m ops nccl-test --parse nccl-test-p5.log\n" in result.stdout


def test_a_program_gets_one_list() -> None:
    document = json.loads(run("eks-p5-odcr", "--json").stdout)
    assert (document["kind"], document["items"]) == ("List", documents(run("eks-p5-odcr").stdout))


def test_a_file_gets_what_is_printed_otherwise(tmp_path: Path) -> None:
    file = tmp_path / "job.yaml"
    result = run("eks-p5-odcr", "-o", file)
    assert (result.exit_code, result.stdout) == (0, "")
    assert file.read_text(encoding="utf-8") == run("eks-p5-odcr").stdout
    assert f"kubectl apply -f {file}" in result.stderr


@pytest.mark.parametrize("nodes, expected", [((), 2), (("--nodes", "10"), 10), (("--nodes", "1"), 1)])
def test_the_number_of_nodes(nodes: tuple[str, ...], expected: int) -> None:
    [_, train_job] = documents(run("eks-p5-odcr", *nodes).stdout)
    assert train_job["spec"]["trainer"]["numNodes"] == expected


def test_a_group_with_one_node_now_and_more_to_come_is_tested_on_two(layout: Any) -> None:
    file = layout("extends: eks-p5-odcr\nnode_groups: {p5: {size: {desired: 1, max: 4}}}\n")
    result = run(file)
    assert documents(result.stdout)[1]["spec"]["trainer"]["numNodes"] == 2
    assert "2 nodes, and node_groups.p5.size.desired is 1: the pods wait for them" in result.stderr


def test_namespace_and_image_are_those_that_were_given() -> None:
    found = documents(run("eks-p5-odcr", "--namespace", "research", "--image", "example.com/nccl:1.2").stdout)
    assert {document["metadata"]["namespace"] for document in found} == {"research"}
    text = json.dumps(found)
    assert '"image": "example.com/nccl:1.2"' in text
    assert "hpc-cloud" not in text


def test_the_group_that_was_named(layout: Any) -> None:
    found = documents(run(layout(TWO_GROUPS), "--group", "second", "--nodes", "2").stdout)
    assert {document["metadata"]["name"] for document in found} == {"nccl-test-second"}
    assert '"vpc.amazonaws.com/efa": "16"' in json.dumps(found)


def test_the_mpi_operator_where_the_trainer_is_off(layout: Any) -> None:
    release = "{repository: 'oci://example.com/charts', chart: mpi-operator, version: 0.6.0, namespace: mpi}"
    file = layout(
        "extends: eks-p5-odcr\nhelm_releases:\n  training-operator: {enabled: false}\n"
        f"  mpi-operator: {release}\n"
    )
    result = run(file)
    assert [document["kind"] for document in documents(result.stdout)] == ["MPIJob"], result.stderr
    assert "kubectl logs job/nccl-test-p5-launcher -n default" in result.stdout


QUEUED = """
extends: eks-p5-odcr
helm_releases: {kueue: {}}
workloads:
  training:
    llama: {kind: indexed_job, image: 'example.com/llama:1.0', command: [train], nodes: 2, node_group: p5, namespace: research}
"""


def test_kueue_gets_the_job_where_it_has_a_queue_for_it(layout: Any) -> None:
    result = run(layout(QUEUED), "--namespace", "research")
    [_, train_job] = documents(result.stdout)
    assert train_job["metadata"]["labels"]["kueue.x-k8s.io/queue-name"] == "p5"


def test_where_kueue_has_no_queue_it_is_said(layout: Any) -> None:
    result = run(layout(QUEUED))
    assert "kueue does not see this job" in result.stderr
    assert "queue-name" not in result.stdout


def test_a_group_without_efa_is_tested_and_it_is_said(layout: Any) -> None:
    result = run(layout("extends: eks-p5-odcr\nnode_groups: {p5: {efa: false}}\n"))
    assert result.exit_code == 0
    assert "node_groups.p5 has no EFA although the type has EFA: what is measured is TCP" in result.stderr


@pytest.mark.parametrize(
    "arguments, said",
    [
        (("eks-p5-odcr", "--nodes", "11"), "--nodes 11: node_groups.p5.size.max is 10"),
        (("eks-p5-odcr", "--nodes", "0"), "--nodes 0: it takes one node at least"),
        (("eks-p5-odcr", "--group", "p6"), "there is no node group 'p6' in the layout: it has sys, p5"),
        (("eks-p5-odcr", "--group", "sys"), "node_groups.sys: c5.2xlarge has no GPUs; these have: p5"),
        (("eks-g4dn",), "the default image has no code for the T4 of g4dn"),
        (("eks-p5-odcr", "--wait"), "--wait goes with --apply"),
        (("eks-p5-odcr", "--apply", "-o", "x.yaml"), "give one of the two"),
        (("eks-p5-odcr", "--apply", "--json"), "--json goes with a result"),
        (("eks-p5-odcr", "--timeout", "5"), "--timeout goes with --apply --wait"),
        (("eks-p5-odcr", "--apply", "--timeout", "5"), "--timeout goes with --apply --wait"),
        (("eks-p5-odcr", "--context", "x"), "--context goes with --apply"),
        (("eks-p5-odcr", "--namespace", "Bad_NS"), "--namespace 'Bad_NS' is no Kubernetes namespace"),
        (("eks-p5-odcr", "--namespace", ""), "--namespace '' is no Kubernetes namespace"),
        (("eks-p5-odcr", "--image", "a b"), "--image 'a b' is no container image"),
        (("eks-p5-odcr", "--image", ""), "--image '' is no container image"),
        (("--parse", "x.log", "--timeout", "5"), "--timeout goes with a job"),
        (("--parse", "x.log", "--namespace", "research"), "--namespace goes with a job"),
        (("eks-p5-odcr", "--save-log", "x.log"), "--save-log goes with --apply --wait"),
        (("eks-p5-odcr", "--instance-type", "p5.48xlarge"), "--instance-type goes with --parse"),
        (("--parse", "x.log", "--apply"), "--apply goes with a job"),
        (("--parse", "x.log", "eks-p5-odcr", "--instance-type", "p5.48xlarge"), "give one of the two"),
        (("no-such-preset",), "no-such-preset"),
    ],
)
def test_what_cannot_be_done_is_refused_with_status_2(arguments: tuple[str, ...], said: str) -> None:
    result = run(*arguments)
    assert result.exit_code == 2
    assert said in result.stderr
    assert result.stdout == ""


@pytest.mark.parametrize(
    "image, warned",
    [
        ("example.com:5000/nccl", True),
        ("example.com/nccl:latest", True),
        ("example.com/nccl:1.2", False),
        (f"example.com/nccl@sha256:{'0' * 64}", False),
    ],
)
def test_an_image_that_may_be_another_tomorrow_is_warned_of(image: str, warned: bool) -> None:
    result = run("eks-p5-odcr", "--image", image)
    assert result.exit_code == 0
    assert (f"--image {image} has no tag but latest" in result.stderr) is warned


@pytest.mark.parametrize(
    "text, said",
    [
        (TWO_GROUPS, "there are several node groups with GPUs: name one by --group: p5, second"),
        (
            "name: cpu\nregion: us-west-2\nnode_groups: {sys: {instance_type: c5.2xlarge, size: {desired: 1}}}\n",
            "no node group of the layout has GPUs",
        ),
        (
            "name: trn\nregion: us-west-2\nnode_groups:\n  sys: {instance_type: c5.2xlarge, size: {desired: 1}}\n  trn1: {instance_type: trn1.32xlarge, size: {desired: 2}, "
            "availability_zone: us-west-2a}\n",
            "node_groups.trn1: trn1.32xlarge has Neuron devices, which NCCL does not know. Their own test is nccom-test",
        ),
        (
            "extends: eks-p5-odcr\nnode_groups: {p5: {size: {desired: 1, max: 1}}}\n",
            "node_groups.p5.size.max is 1",
        ),
        (
            "extends: eks-p5-odcr\nhelm_releases: {training-operator: {enabled: false}}\n",
            "neither of the releases that run MPI jobs",
        ),
    ],
)
def test_a_layout_that_has_nothing_to_test_is_refused(text: str, said: str, layout: Any) -> None:
    result = run(layout(text))
    assert (result.exit_code, result.stdout) == (2, "")
    assert said in result.stderr


# With a cluster.


def test_apply_replaces_an_earlier_job_and_says_what_comes_next(fake: Kubectl) -> None:
    result = run("eks-p5-odcr", "--apply")
    assert result.exit_code == 0
    assert fake.calls == [
        "config view --minify -o json",
        "delete -f - --ignore-not-found --wait -n default --context current",
        "apply -f - -n default --context current",
    ]
    assert fake.given("apply") == fake.given("delete")
    assert [item["kind"] for item in fake.given("apply")["items"]] == ["TrainingRuntime", "TrainJob"]
    assert "applied trainjob/nccl-test-p5 in the namespace default" in result.stdout
    assert "kubectl logs job/nccl-test-p5-launcher-0 -n default --context current > " in result.stdout


EKS = ["--region", "us-west-2", "eks", "get-token", "--cluster-name", "eks-p5-odcr", "--output", "json"]


@pytest.mark.parametrize(
    "cluster, arguments",
    [(ARN, None), ("eks-p5-odcr.us-west-2.eksctl.io", EKS), ("eks-p5-odcr", EKS)],
    ids=["aws", "eksctl", "the stack's output"],
)
def test_the_clusters_own_context_is_known(cluster: str, arguments: list[str] | None, fake: Kubectl) -> None:
    fake.leads_to(cluster, arguments)
    result = run("eks-p5-odcr", "--apply")
    assert result.exit_code == 0, result.stderr
    assert "context" not in result.stderr


@pytest.mark.parametrize(
    "cluster, arguments, said",
    [
        (ARN.replace("p5-odcr", "g4dn"), None, "leads to the cluster eks-g4dn in us-west-2"),
        (ARN.replace("us-west-2", "us-east-1"), None, "leads to the cluster eks-p5-odcr in us-east-1"),
        ("prod", [*EKS[:5], "prod"], "leads to the cluster prod in us-west-2"),
        ("kind-local", None, "does not say to which EKS cluster it leads"),
    ],
)
def test_another_cluster_gets_nothing_unless_its_context_is_named(
    cluster: str, arguments: list[str] | None, said: str, fake: Kubectl
) -> None:
    fake.leads_to(cluster, arguments, context="other")
    result = run("eks-p5-odcr", "--apply")
    assert (result.exit_code, result.stdout) == (2, "")
    assert f"kubectl's context other {said}, and the layout's is eks-p5-odcr in us-west-2" in result.stderr
    assert "aws eks update-kubeconfig --region us-west-2 --name eks-p5-odcr" in result.stderr
    assert fake.calls == ["config view --minify -o json"]

    result = run("eks-p5-odcr", "--apply", "--context", "other")
    assert result.exit_code == 0, result.stderr
    assert fake.calls[1:] == [
        "config view --minify -o json --context other",
        "delete -f - --ignore-not-found --wait -n default --context other",
        "apply -f - -n default --context other",
    ]
    assert said in result.stderr


def test_without_any_context_it_is_said_how_to_get_one(fake: Kubectl) -> None:
    fake.fails("config", "error: current-context must exist in order to minify")
    result = run("eks-p5-odcr", "--apply")
    assert (result.exit_code, result.stdout) == (2, "")
    assert "`aws eks update-kubeconfig` gives kubectl a way to the cluster" in result.stderr


def test_wait_judges_the_log_when_the_job_is_over(fake: Kubectl, tmp_path: Path) -> None:
    fake.answers(None, "Created", "Created", "Complete", log=log("p5"))
    kept = tmp_path / "kept.log"
    result = run("eks-p5-odcr", "--apply", "--wait", "--save-log", kept)
    assert result.exit_code == 0, result.output
    assert "PASSED: 481.8 GB/s" in result.stdout
    assert kept.read_text(encoding="utf-8") == log("p5")
    assert fake.calls.count("get trainjob/nccl-test-p5 -o json -n default --context current") == 4
    assert fake.calls[-1] == "logs job/nccl-test-p5-launcher-0 -n default --context current"
    assert result.stderr.splitlines() == [
        "trainjob/nccl-test-p5: not over yet",
        "trainjob/nccl-test-p5: Created (pods are made)",
    ], "each state is told once"


def test_wait_ends_with_status_1_under_the_bar(fake: Kubectl) -> None:
    fake.answers("Complete", log=log("p5-tcp"))
    result = run("eks-p5-odcr", "--apply", "--wait", "--json")
    assert result.exit_code == 1
    assert json.loads(result.stdout)["status"] == "under"


def test_a_job_that_failed_is_explained_by_its_log(fake: Kubectl) -> None:
    fake.answers("Created", "Failed", log=log("p5-security-group"))
    result = run("eks-p5-odcr", "--apply", "--wait")
    assert result.exit_code == 1
    assert "security-group: the security group stops EFA" in result.stdout


def test_a_job_that_failed_is_no_good_one_whatever_its_log_says(fake: Kubectl) -> None:
    fake.answers("Failed", log=log("p5"))
    assert run("eks-p5-odcr", "--apply", "--wait").exit_code == 1


def test_a_job_that_does_not_end_is_left_with_what_to_look_at(fake: Kubectl) -> None:
    fake.answers("Created")
    result = run("eks-p5-odcr", "--apply", "--wait", "--timeout", "0")
    assert (result.exit_code, result.stdout) == (1, "")
    assert "trainjob/nccl-test-p5 is not over after 0 minutes" in result.stderr
    where = "-n default --context current"
    assert f"kubectl describe pods {where} -l app.kubernetes.io/instance=nccl-test-p5" in result.stderr
    assert f"kubectl delete trainjob/nccl-test-p5 {where}" in result.stderr


@pytest.mark.parametrize(
    "said, hint",
    [
        (
            'error: no matches for kind "TrainJob" in version "trainer.kubeflow.org/v1alpha1"',
            "deploy the platform stack",
        ),
        (
            'Error from server (NotFound): namespaces "research" not found',
            "Give with --namespace one that is there",
        ),
        ("The connection to the server localhost:8080 was refused", "localhost:8080 was refused"),
    ],
)
def test_what_the_cluster_refuses_is_passed_on_with_status_2(said: str, hint: str, fake: Kubectl) -> None:
    fake.fails("apply", said)
    result = run("eks-p5-odcr", "--apply")
    assert (result.exit_code, result.stdout) == (2, "")
    assert f"kubectl apply has failed: {said}" in result.stderr
    assert hint in result.stderr


def test_a_missing_kubectl_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    result = run("eks-p5-odcr", "--apply")
    assert result.exit_code == 2
    assert "kubectl is not on the PATH" in result.stderr


# The result.


@pytest.mark.parametrize(
    "name, status, said",
    [
        ("p5", 0, "PASSED: 481.8 GB/s at 16 GiB, the bar of 2 x p5.48xlarge is 365.3 GB/s"),
        ("p5-tcp", 1, "UNDER THE BAR: 9.3 GB/s"),
        ("p4d-one-card", 1, "few-cards: one network card only"),
        ("p4de-wrong", 1, "WRONG: 30 values came out wrong"),
        ("p4d-old-format", 0, "PASSED: 53.7 GB/s at 2 GiB, the bar of 2 x p4d.24xlarge"),
        ("p5-security-group", 1, "FAILED: the test broke off"),
    ],
)
def test_a_log_alone_is_enough(name: str, status: int, said: str) -> None:
    result = run("--parse", LOGS / f"{name}.log")
    assert result.exit_code == status, result.output
    assert said in result.stdout


def test_a_log_that_says_nothing_of_its_instances_needs_to_be_told(tmp_path: Path, layout: Any) -> None:
    file = tmp_path / "x.log"
    file.write_text(log("p5").replace("# nccl-test ", "# "), encoding="utf-8")
    result = run("--parse", file)
    assert result.exit_code == 2
    assert f"{file} does not say on which instance type it was" in result.stderr
    assert run("--parse", file, "--instance-type", "p5.48xlarge").exit_code == 0
    assert run("--parse", file, "eks-p5-odcr").exit_code == 0
    # The bar of four is another one.
    assert "NOT MEASURED" in run("--parse", file, "eks-p5-odcr", "--nodes", "4").stdout


def test_the_layout_says_what_the_group_has(layout: Any) -> None:
    off = layout("extends: eks-p5-odcr\nnode_groups: {p5: {efa: false}}\n")
    assert "efa-off: the node group has no EFA" in run("--parse", LOGS / "p5-tcp.log", off).stdout


@pytest.mark.parametrize(
    "name, said", [("p5.48xlarg", "did you mean p5.48xlarge"), ("c5.2xlarge", "c5.2xlarge has no GPUs")]
)
def test_an_instance_type_that_cannot_be_is_refused(name: str, said: str, tmp_path: Path) -> None:
    result = run("--parse", LOGS / "p5.log", "--instance-type", name)
    assert result.exit_code == 2
    assert said in result.stderr


@pytest.mark.parametrize("content", [b"", b"\xff\xfe\x00garbage", b"hello\n"])
def test_a_log_of_something_else_is_refused(content: bytes, tmp_path: Path) -> None:
    file = tmp_path / "x.log"
    file.write_bytes(content)
    result = run("--parse", file, "--instance-type", "p5.48xlarge")
    assert (result.exit_code, result.stdout) == (2, "")
    assert str(file) in result.stderr


def test_a_log_that_is_not_there_is_refused() -> None:
    result = run("--parse", "no-such.log")
    assert result.exit_code == 2
    assert "no-such.log: cannot be used" in result.stderr


def test_a_program_gets_the_verdict_as_json() -> None:
    document = json.loads(run("--parse", LOGS / "p5-tcp.log", "--json").stdout)
    assert (document["passed"], document["causes"][0]["id"]) == (False, "no-plugin")


@pytest.mark.parametrize(
    "width, row", [("60", "16 GiB 3.46 s 9.32 0"), ("80", "16 GiB 3.46 s 4.97 9.32 3.47 s 4.95 9.29 0")]
)
def test_the_report_is_whole_in_any_width(width: str, row: str) -> None:
    result = CliRunner().invoke(
        app, ["nccl-test", "--parse", str(LOGS / "p5-tcp.log")], env={"COLUMNS": width}
    )
    words = " ".join(result.stdout.split())
    assert "Use an image with aws-ofi-nccl in LD_LIBRARY_PATH" in words
    assert row in words
    assert all(len(line.rstrip()) <= int(width) for line in result.stdout.splitlines() if "GiB " in line)
