"""Every Kubernetes object that a preset makes, as Kubernetes would take it; and that the checks would find a fault."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from typing import Any

import kubernetes_validate.utils
import pytest

from modules.catalog import kubernetes_versions
from modules.layout import load, preset_names
from tests.kubernetes_objects import check_object, check_stack, faults, objects_of
from tests.terraform_json import Stack, Synth

VERSION = "1.35"
WITH_WORKLOADS = [one for one in preset_names() if f"{one}-workloads" in load(one).layout.stacks]

POD: dict[str, Any] = {
    "containers": [{"name": "main", "image": "a:1", "resources": {"limits": {"cpu": "1"}}}],
    "restartPolicy": "Never",
}
JOB: dict[str, Any] = {
    "apiVersion": "batch/v1",
    "kind": "Job",
    "metadata": {"name": "a", "namespace": "training"},
    "spec": {"completions": 2, "completionMode": "Indexed", "template": {"spec": POD}},
}
TRAIN_JOB: dict[str, Any] = {
    "apiVersion": "trainer.kubeflow.org/v1alpha1",
    "kind": "TrainJob",
    "metadata": {"name": "a", "namespace": "training", "labels": {"kueue.x-k8s.io/queue-name": "p5"}},
    "spec": {
        "runtimeRef": {"name": "torch"},
        "trainer": {
            "numNodes": 2,
            "resourcesPerNode": {"limits": {"nvidia.com/gpu": 8, "memory": "1Gi"}},
        },
    },
}
JOB_SET: dict[str, Any] = {
    "apiVersion": "jobset.x-k8s.io/v1alpha2",
    "kind": "JobSet",
    "metadata": {"name": "a"},
    "spec": {"replicatedJobs": [{"name": "node", "template": {"spec": {"template": {"spec": POD}}}}]},
}
MPI_JOB: dict[str, Any] = {
    "apiVersion": "kubeflow.org/v2beta1",
    "kind": "MPIJob",
    "metadata": {"name": "a"},
    "spec": {"mpiReplicaSpecs": {"Launcher": {"replicas": 1, "template": {"spec": POD}}}},
}
QUEUE: dict[str, Any] = {
    "apiVersion": "kueue.x-k8s.io/v1beta2",
    "kind": "ClusterQueue",
    "metadata": {"name": "p5"},
    "spec": {
        "namespaceSelector": {},
        "resourceGroups": [
            {
                "coveredResources": ["nvidia.com/gpu"],
                "flavors": [{"name": "p5", "resources": [{"name": "nvidia.com/gpu", "nominalQuota": "16"}]}],
            }
        ],
    },
}
GOOD = {"Job": JOB, "TrainJob": TRAIN_JOB, "JobSet": JOB_SET, "MPIJob": MPI_JOB, "ClusterQueue": QUEUE}


@pytest.mark.parametrize("preset", WITH_WORKLOADS)
def test_kubernetes_takes_every_object_of_a_preset(synth: Synth, preset: str) -> None:
    stacks = synth(f"extends: {preset}\nname: {preset}\n")
    version = stacks.loaded.layout.kubernetes_version
    assert check_stack(stacks.workloads, version) > 1
    check_stack(stacks.platform, version)


def test_there_is_a_schema_for_every_version_that_a_layout_can_have() -> None:
    assert {one.version for one in kubernetes_versions()} <= {
        ".".join(one.split(".")[:2]) for one in kubernetes_validate.utils.all_versions()
    }


@pytest.mark.parametrize("name", GOOD)
def test_a_good_object_passes(name: str) -> None:
    check_object(GOOD[name], VERSION)


def _put(*path: str | int, value: Any) -> Callable[[Any], None]:
    def edit(manifest: Any) -> None:
        for step in path[:-1]:
            manifest = manifest[step]
        manifest[path[-1]] = value

    return edit


@pytest.mark.parametrize(
    ("name", "edit", "says"),
    [
        ("Job", _put("spec", "colour", value="blue"), "colour"),
        ("Job", _put("spec", "completions", value="2"), "completions"),
        ("Job", _put("apiVersion", value="batch/v2"), "batch/v2"),
        ("Job", _put("spec", "template", "spec", "containers", 0, "envs", value=[]), "envs"),
        ("Job", _put("spec", "template", "spec", "restartPolicy", value="Always"), "Never or OnFailure"),
        ("TrainJob", _put("spec", "trainer", "nodes", value=2), "nodes"),
        ("TrainJob", _put("spec", "trainer", "numNodes", value="2"), "numNodes"),
        ("TrainJob", _put("spec", "runtimeRef", value={}), "name"),
        ("TrainJob", _put("metadata", "label", value={}), "label"),
        ("JobSet", _put("spec", "replicatedJobs", 0, "template", "spec", "parallel", value=1), "parallel"),
        (
            "JobSet",
            _put(
                "spec", "replicatedJobs", 0, "template", "spec", "template", "spec", "containers", 0,
                "volumeMounts", value=[{"name": "no", "mountPath": "/x"}],
            ),
            "no volume of the pod",
        ),
        ("MPIJob", _put("spec", "mpiReplicaSpecs", "Launcher", "count", value=1), "count"),
        ("ClusterQueue", _put("spec", "cohort", value="all"), "cohort"),
        ("ClusterQueue", _put("spec", "queueingStrategy", value="LIFO"), "LIFO"),
    ],
)  # fmt: skip
def test_a_fault_is_found(name: str, edit: Callable[[Any], None], says: str) -> None:
    manifest = deepcopy(GOOD[name])
    edit(manifest)
    told = faults(manifest, VERSION)
    assert told
    assert says in "; ".join(told)


def test_typed_resources_and_manifests_of_a_stack_are_both_objects() -> None:
    typed = {
        "metadata": {"name": "a", "labels": {"b": "c"}},
        "wait_for_completion": False,
        "lifecycle": {"ignore_changes": ["spec"]},
        "spec": {
            "completion_mode": "Indexed",
            "completions": 2,
            "ttl_seconds_after_finished": "60",
            "template": {"metadata": {}, "spec": {"container": [{"name": "main", "image": "a:1"}]}},
        },
    }
    stack = Stack(
        "x",
        {
            "resource": {
                "kubernetes_job_v1": {"j": typed},
                "kubernetes_manifest": {"t": {"manifest": TRAIN_JOB}},
                "terraform_data": {"d": {}},
            }
        },
    )
    found = dict(objects_of(stack))
    assert found["kubernetes_manifest.t"] is TRAIN_JOB
    assert found["kubernetes_job_v1.j"] == {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": "a", "labels": {"b": "c"}},
        "spec": {
            "completionMode": "Indexed",
            "completions": 2,
            "ttlSecondsAfterFinished": 60,
            "template": {"metadata": {}, "spec": {"containers": [{"name": "main", "image": "a:1"}]}},
        },
    }
    assert check_stack(stack, VERSION) == 2


def test_without_the_definitions_it_is_said_aloud(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    from tests.kubernetes_objects import _definition

    monkeypatch.setenv("CHARTS_DATA", str(tmp_path))
    monkeypatch.delenv("CI", raising=False)
    _definition.cache_clear()
    with pytest.raises(pytest.skip.Exception, match="NOT checked"):
        faults(TRAIN_JOB, VERSION)
    monkeypatch.setenv("CI", "true")
    monkeypatch.setenv("TESTS_WITHOUT", "kubectl")
    with pytest.raises(pytest.fail.Exception, match="NOT checked"):
        faults(TRAIN_JOB, VERSION)
    monkeypatch.setenv("TESTS_WITHOUT", "kubectl charts")
    with pytest.raises(pytest.skip.Exception, match="NOT checked"):
        faults(TRAIN_JOB, VERSION)
    _definition.cache_clear()
