"""Jobs whose pods claim EFA devices: what they say in place of a number of vpc.amazonaws.com/efa."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from modules.layout.efa_drivers import QUOTA
from modules.layout.pods import EFA
from modules.workloads.kinds import Job, manifests
from modules.workloads.queues import cluster_queue
from tests.kubernetes_objects import check_object
from tests.unit.workloads.test_kinds import KINDS, Manifest, group, job

P5 = group("p5.48xlarge")


def claimed(kind: str, **more: Any) -> Job:
    return replace(job(kind, P5, **{"nodes": 2, "command": ["a"], **more}), dra=True)


def pods_of(value: Any) -> Iterator[Manifest]:
    """The specs of all pods in a manifest."""
    if isinstance(value, dict):
        if isinstance(value.get("containers"), list):
            yield value
        for child in value.values():
            yield from pods_of(child)
    elif isinstance(value, list):
        for child in value:
            yield from pods_of(child)


@pytest.mark.parametrize("kind", KINDS)
def test_every_pod_claims_the_devices_of_its_share_and_asks_for_none_by_number(kind: str) -> None:
    made = manifests(claimed(kind))
    for manifest in made:
        check_object(manifest, "1.34")
        assert EFA not in str(manifest), "no node offers it: the pod would stay pending"
    [template] = [one for one in made if one["kind"] == "ResourceClaimTemplate"]
    [request] = template["spec"]["spec"]["devices"]["requests"]
    assert request["exactly"] == {
        "deviceClassName": "efa.networking.k8s.aws",
        "allocationMode": "ExactCount",
        "count": 32,
    }
    assert template["metadata"]["namespace"] == "training"
    pods = [pod for one in made for pod in pods_of(one)]
    assert pods
    for pod in pods:
        [claim] = pod["resourceClaims"]
        assert claim["resourceClaimTemplateName"] == template["metadata"]["name"]
        [main] = pod["containers"]
        assert main["resources"]["claims"] == [{"name": claim["name"]}]
        assert main["resources"]["limits"] == {"nvidia.com/gpu": "8", "hugepages-2Mi": "5Gi"}
        assert main["securityContext"]["capabilities"]["add"] == ["IPC_LOCK"]
        assert {"name": "FI_PROVIDER", "value": "efa"} in main["env"]


def test_part_of_a_node_claims_its_part_of_the_devices() -> None:
    made = manifests(claimed("indexed_job", resources={"gpus": 2}))
    [template] = [one for one in made if one["kind"] == "ResourceClaimTemplate"]
    assert template["spec"]["spec"]["devices"]["requests"][0]["exactly"]["count"] == 8
    assert template["metadata"]["name"] == "llama-efa-8", (
        "a template cannot be changed, so that another has another name"
    )


def test_parameter_servers_claim_nothing() -> None:
    made = manifests(claimed("worker_set", parameter_servers={"count": 1, "cpu": 1, "memory_gib": 1}))
    sets = {one["metadata"]["name"]: [*pods_of(one)] for one in made if one["kind"] == "StatefulSet"}
    assert ["resourceClaims" in pod for pod in sets["llama"]] == [True]
    assert ["resourceClaims" in pod for pod in sets["llama-ps"]] == [False]


@pytest.mark.parametrize(("on", "more"), [("m5.large", {}), ("p5.48xlarge", {"resources": {"efa": 0}})])
def test_a_job_without_efa_is_the_same_with_either_driver(on: str, more: dict[str, Any]) -> None:
    plain = job("indexed_job", group(on), command=["a"], **more)
    assert manifests(replace(plain, dra=True)) == manifests(plain)
    assert replace(plain, dra=True).identity == plain.identity


@pytest.mark.parametrize("kind", KINDS)
def test_another_driver_makes_another_job_of_it(kind: str) -> None:
    """Its pods would wait for devices that no node offers any more."""
    assert claimed(kind).identity != replace(claimed(kind), dra=False).identity


def test_the_trainer_is_told_no_resources_that_would_take_the_claims_away() -> None:
    [trained] = [one for one in manifests(claimed("train_job")) if one["kind"] == "TrainJob"]
    assert trained["spec"]["trainer"] == {"numNodes": 2, "numProcPerNode": 8}


def test_the_pods_of_a_job_go_with_it() -> None:
    """As a manifest it is deleted without a policy, and Kubernetes would leave its pods on the nodes."""
    [made] = [one for one in manifests(claimed("indexed_job")) if one["kind"] == "Job"]
    assert made["metadata"]["finalizers"] == ["foregroundDeletion"]


def test_kueue_counts_claimed_devices_under_a_name_of_their_own() -> None:
    _, plain = cluster_queue("gpu", P5)
    _, queue = cluster_queue("gpu", P5, claimed=True)
    check_object(queue, "1.34")
    [resources] = queue["spec"]["resourceGroups"]
    assert QUOTA in resources["coveredResources"]
    assert EFA not in resources["coveredResources"]
    quotas = {one["name"]: one["nominalQuota"] for one in resources["flavors"][0]["resources"]}
    assert quotas[QUOTA] == "64"
    [before] = plain["spec"]["resourceGroups"]
    assert [*map({QUOTA: EFA}.get, resources["coveredResources"], resources["coveredResources"])] == before[
        "coveredResources"
    ]
