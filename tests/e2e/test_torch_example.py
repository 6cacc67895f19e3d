"""examples/torch_train.py under torchrun: two pods as two processes on the CPU, with what the job gives its pods."""

from __future__ import annotations

import os
import re
import socket
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from modules.layout import load
from tests.checkout import ROOT
from tests.conftest import TODAY, synthesized
from tests.terraform_json import Stack

pytestmark = pytest.mark.e2e

EXAMPLE = ROOT / "examples" / "torch_train.py"
TORCH = ROOT / ".torch" / "bin"
SCRIPTS = "/etc/job/"
INDEX = "metadata.annotations['batch.kubernetes.io/job-completion-index']"
SMALL = "--width, '32', --layers, '1', --length, '16', --batch-size, '16', --log-every, '10', --checkpoint-every, '20'"

LAYOUT = """
name: demo
region: us-west-2
node_groups:
  cpu: {{instance_type: m7i.2xlarge, size: {{min: 0, desired: 2, max: 3}}}}
workloads:
  training:
    indexed:
      kind: indexed_job
      node_group: cpu
      nodes: 2
      image: registry.example.com/trainer:1.0.0
      script: {script}
      args: [--steps, '30', {small}]
      port: {port}
      environment: {{CHECKPOINT_DIR: {checkpoints}}}
    trained:
      kind: train_job
      node_group: cpu
      nodes: 2
      image: registry.example.com/trainer:1.0.0
      script: {script}
      args: [--steps, '50', {small}]
      environment: {{CHECKPOINT_DIR: {checkpoints}}}
"""


@dataclass(frozen=True)
class Pod:
    """What runs in a pod of a job, and in which environment."""

    command: list[str]
    environment: dict[str, str]


@dataclass(frozen=True)
class Ended:
    """How a process ended, and what it said."""

    status: int
    out: str
    err: str


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if not (TORCH / "torchrun").exists():
        pytest.fail(".torch is missing: run `make setup` first, or `make test`, which does")
    return tmp_path_factory.mktemp("torch")


@pytest.fixture(scope="module")
def port() -> int:
    with socket.socket() as listening:
        listening.bind(("localhost", 0))
        found: int = listening.getsockname()[1]
        return found


@pytest.fixture(scope="module")
def workloads(folder: Path, port: int) -> Stack:
    """The stack of a layout with the example as two jobs that share their checkpoints."""
    layout = folder / "layout.yaml"
    text = LAYOUT.format(script=EXAMPLE, port=port, checkpoints=folder / "checkpoints", small=SMALL)
    layout.write_text(text, encoding="utf-8")
    return synthesized(load(str(layout), today=TODAY), folder / "cdktf.out").workloads


@pytest.fixture(scope="module")
def indexed(workloads: Stack, folder: Path) -> list[Ended]:
    """The pods of the indexed job, when they are through."""
    (job,) = workloads.resources("kubernetes_job_v1").values()
    spec = job["spec"]
    assert (spec["completions"], spec["completion_mode"]) == (2, "Indexed")
    pods = spec["template"]["spec"]
    (container,) = pods["container"]
    files = _mounted(workloads, pods["volume"], "config_map", folder / "indexed")
    return run([_pod(container, rank, files, f"indexed-0.{pods['subdomain']}", {}) for rank in range(2)])


@pytest.fixture(scope="module")
def trained(workloads: Stack, folder: Path, port: int, indexed: list[Ended]) -> list[Ended]:
    """The pods of the TrainJob, when they are through; it starts after the indexed job."""
    manifests = {body["manifest"]["kind"]: body["manifest"] for body in _manifests(workloads)}
    trainer = manifests["TrainJob"]["spec"]["trainer"]
    (job,) = manifests["ClusterTrainingRuntime"]["spec"]["template"]["spec"]["replicatedJobs"]
    pods = job["template"]["spec"]["template"]["spec"]
    (container,) = pods["containers"]
    # What the torch plugin adds to the container `node`, but for the port, which is 29400:
    # https://github.com/kubeflow/trainer/blob/master/pkg/runtime/framework/plugins/torch/torch.go
    first = f"trained-{job['name']}-0-0.trained"
    added = {
        "PET_NNODES": str(trainer["numNodes"]),
        "PET_NPROC_PER_NODE": str(trainer["numProcPerNode"]),
        "PET_MASTER_ADDR": first,
        "PET_MASTER_PORT": str(port),
    }
    assert container["name"] == "node"
    files = _mounted(workloads, pods["volumes"], "configMap", folder / "trained")
    return run(
        [_pod(container, rank, files, first, {**added, "PET_NODE_RANK": str(rank)}) for rank in range(2)]
    )


def _manifests(workloads: Stack) -> list[dict[str, Any]]:
    return list(workloads.resources("kubernetes_manifest").values())


def _mounted(workloads: Stack, volumes: list[dict[str, Any]], key: str, folder: Path) -> Path:
    """A folder with what the pod finds in /etc/job."""
    (name,) = (volume[key]["name"] for volume in volumes if key in volume)
    (data,) = (
        body["data"]
        for body in workloads.resources("kubernetes_config_map_v1").values()
        if body["metadata"]["name"] == name
    )
    folder.mkdir()
    for file, text in data.items():
        (folder / file).write_text(text.replace("$${", "${").replace("%%{", "%{"), encoding="utf-8")
    return folder


def _pod(container: dict[str, Any], rank: int, files: Path, first: str, added: dict[str, str]) -> Pod:
    """A pod of a job with its index as Kubernetes sets it; the name of the first pod is this machine's."""
    environment = {}
    for variable in container["env"]:
        value = variable.get("value")
        if value is None:
            assert variable["value_from"] == {"field_ref": {"field_path": INDEX}}
            value = str(rank)
        environment[variable["name"]] = value
    environment |= added
    here = {name: "localhost" if value == first else value for name, value in environment.items()}
    assert here["PET_MASTER_ADDR"] == "localhost", "the first pod has another name"
    command = [
        str(files / part.removeprefix(SCRIPTS)) if part.startswith(SCRIPTS) else part
        for part in (*container["command"], *container["args"])
    ]
    return Pod(command, here)


def run(pods: list[Pod]) -> list[Ended]:
    """Starts all pods at once and waits for them."""
    path = os.pathsep.join([str(TORCH), os.environ["PATH"]])
    started = [
        subprocess.Popen(
            pod.command,
            # Not this process's environment: a pod has what the job gives it.
            env={"PATH": path, "HOME": os.environ["HOME"], "OMP_NUM_THREADS": "1", **pod.environment},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for pod in pods
    ]
    try:
        said = [process.communicate(timeout=300) for process in started]
    finally:
        for process in started:
            process.kill()
            process.wait()
    return [Ended(process.returncode, out, err) for process, (out, err) in zip(started, said, strict=True)]


def _losses(out: str) -> dict[int, float]:
    return {int(step): float(loss) for step, loss in re.findall(r"^step (\d+) loss (\S+) ", out, re.M)}


def test_the_pods_of_an_indexed_job_train_together(indexed: list[Ended], folder: Path) -> None:
    first, second = indexed
    assert [ended.status for ended in indexed] == [0, 0], first.err + second.err
    assert re.search(r"^rank 0 of 2 on .* \(cpu, gloo\)$", first.out, re.M)
    assert re.search(r"^rank 1 of 2 on .* \(cpu, gloo\)$", second.out, re.M)
    assert "step" not in second.out, "one rank speaks for all"
    losses = _losses(first.out)
    assert list(losses) == [1, 10, 20, 30]
    assert losses[30] < losses[1] / 2
    assert "trained on 2 ranks" in first.out
    assert [file.name for file in (folder / "checkpoints").iterdir()] == ["checkpoint.pt"]


def test_the_pods_of_a_trainjob_go_on_from_the_checkpoint(trained: list[Ended]) -> None:
    first, second = trained
    assert [ended.status for ended in trained] == [0, 0], first.err + second.err
    assert "rank 0 of 2" in first.out
    assert "rank 1 of 2" in second.out
    assert "after step 30" in first.out
    assert list(_losses(first.out)) == [40, 50]
    assert "trained on 2 ranks" in first.out


def test_a_job_that_does_not_train_fails(folder: Path, port: int) -> None:
    alone = {"RANK": "0", "WORLD_SIZE": "1", "MASTER_ADDR": "localhost", "MASTER_PORT": str(port)}
    (ended,) = run([Pod(["python", str(EXAMPLE), "--steps", "3", "--learning-rate", "0"], alone)])
    assert ended.status == 1
    assert "it did not train" in ended.err
