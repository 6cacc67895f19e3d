"""What a training pod gets of its node."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modules import catalog
from modules.layout.defaults import group_defaults
from modules.layout.models import NodeGroup
from modules.layout.models.training import PodResources
from modules.layout.pods import (
    EFA,
    GPU,
    HUGE_PAGES,
    HUGE_PAGES_MIB,
    NCCL_ENVIRONMENT,
    NEURON,
    NEURON_ENVIRONMENT,
    Share,
    cpu_quantity,
    lacks,
    memory_quantity,
    network_environment,
    node_efa,
    node_huge_pages_mib,
    plain_share,
    pods_per_node,
    processes,
    share,
    tolerations,
)
from ops.offline.checks.quantities import canonical

# Those whose accelerators EKS has an AMI for; the others are no node group.
TYPES = tuple(name for name in catalog.names() if (found := catalog.find(name)) and found.default_ami_type)
ACCELERATED = tuple(name for name in TYPES if (found := catalog.find(name)) and found.accelerator)


def group(instance_type: str, **given: Any) -> NodeGroup:
    """A node group as the loader completes it."""
    found = catalog.find(instance_type)
    assert found is not None
    filled = {"ami_type": found.default_ami_type, **group_defaults(found, given), **given}
    return NodeGroup.model_validate({**filled, "instance_type": instance_type, "size": {"desired": 2}})


def asked(**resources: Any) -> PodResources:
    return PodResources.model_validate(resources)


@pytest.mark.parametrize(
    "instance_type, gpus, neuron, efa, pages, cpu, started, rdma",
    [
        ("g4dn.metal", 8, 0, 1, 5120, 72.0, 8, False),
        ("g5.8xlarge", 1, 0, 1, 3520, 24.0, 1, False),
        ("p4de.24xlarge", 8, 0, 4, 5120, 72.0, 8, True),
        ("p5.48xlarge", 8, 0, 32, 5120, 144.0, 8, True),
        ("p5.4xlarge", 1, 0, 1, 1760, 12.0, 1, False),
        ("p6-b300.48xlarge", 8, 0, 16, 5120, 144.0, 8, True),
        ("trn1.32xlarge", 0, 16, 8, 5120, 96.0, 32, True),
        ("trn2.48xlarge", 0, 16, 16, 5120, 144.0, 64, True),
        ("c5.2xlarge", 0, 0, 0, 0, 6.0, 1, False),
        ("m5.large", 0, 0, 0, 0, 1.5, 1, False),
    ],
)
def test_a_pod_that_asks_for_nothing_gets_a_node_for_itself(
    instance_type: str, gpus: int, neuron: int, efa: int, pages: int, cpu: float, started: int, rdma: bool
) -> None:
    nodes = group(instance_type)
    taken = share(nodes)
    assert (taken.gpus, taken.neuron_devices, taken.efa) == (gpus, neuron, efa)
    assert (taken.huge_pages_mib, taken.cpu) == (pages, cpu)
    assert taken.shared_memory_mib == taken.memory_mib // 2
    assert pods_per_node(nodes, taken) == 1
    assert processes(nodes, taken) == started
    found = network_environment(nodes, taken, pods=2)
    assert found.get("FI_PROVIDER") == ("efa" if efa else None)
    assert ("FI_EFA_USE_DEVICE_RDMA" in found) is rdma
    assert (NCCL_ENVIRONMENT.items() <= found.items()) is bool(gpus)
    assert (NEURON_ENVIRONMENT.items() <= found.items()) is bool(neuron)


def test_what_a_pod_gets_by_default_fits_every_type() -> None:
    for instance_type in TYPES:
        found = catalog.find(instance_type)
        assert found is not None
        for efa in {False, found.supports_efa}:
            nodes = group(instance_type, efa=efa)
            taken = share(nodes)
            assert lacks(nodes, taken) == (), instance_type
            assert pods_per_node(nodes, taken) == 1, instance_type
            assert processes(nodes, taken) >= 1, instance_type
            assert taken.huge_pages_mib % 2 == 0, instance_type


@given(st.sampled_from(ACCELERATED), st.integers(1, 16))
def test_as_many_pods_fit_as_their_accelerators_do(instance_type: str, wanted: int) -> None:
    nodes = group(instance_type)
    there = nodes.type.gpus or nodes.type.neuron_devices
    wanted = min(wanted, there)
    taken = share(nodes, asked(**{"gpus" if nodes.type.gpus else "neuron_devices": wanted}))
    pods = pods_per_node(nodes, taken)
    assert pods == there // wanted
    # And what they take together is there.
    assert pods * taken.efa <= node_efa(nodes)
    assert pods * taken.huge_pages_mib <= node_huge_pages_mib(nodes)
    assert pods * taken.cpu <= nodes.type.vcpus
    assert pods * taken.memory_mib + node_huge_pages_mib(nodes) <= nodes.type.memory_mib


@given(st.sampled_from(TYPES), st.floats(0.01, 1000), st.floats(0.01, 32768))
def test_a_pod_fits_as_long_as_a_node_lacks_nothing(instance_type: str, cpu: float, memory: float) -> None:
    nodes = group(instance_type)
    taken = share(nodes, asked(cpu=cpu, memory_gib=memory))
    assert (pods_per_node(nodes, taken) == 0) == bool(lacks(nodes, taken))


def test_half_of_the_gpus_come_with_half_of_all_else() -> None:
    nodes = group("p5.48xlarge")
    whole, half = share(nodes), share(nodes, asked(gpus=4))
    assert (half.gpus, half.efa, half.huge_pages_mib) == (4, 16, HUGE_PAGES_MIB // 2)
    assert (half.cpu, half.memory_mib) == (whole.cpu / 2, whole.memory_mib // 2)


def test_a_pod_without_accelerators_leaves_the_node_to_others() -> None:
    nodes = group("p5.48xlarge")
    taken = share(nodes, asked(gpus=0))
    assert (taken.gpus, taken.efa, taken.huge_pages_mib) == (0, 0, 0)
    assert taken.memory_mib < share(nodes).memory_mib / 5
    assert network_environment(nodes, taken, pods=2) == {}


def test_what_is_asked_for_is_what_a_pod_gets() -> None:
    resources = asked(
        gpus=2, efa=3, cpu=1.5, memory_gib=0.5, hugepages_mib=64, shared_memory_gib=2, neuron_devices=0
    )
    assert share(group("p5.48xlarge"), resources) == Share(
        gpus=2, neuron_devices=0, efa=3, cpu=1.5, memory_mib=512, huge_pages_mib=64, shared_memory_mib=2048
    )


@pytest.mark.parametrize(
    "resources, resource, wanted, there",
    [
        ({"gpus": 9}, GPU, 9, 8),
        ({"neuron_devices": 1}, NEURON, 1, 0),
        ({"efa": 33}, EFA, 33, 32),
        ({"cpu": 192}, "cpu", 192, 192 - 0.06),
        ({"hugepages_mib": 10_300}, "hugepages_mib", 10_300, 10_256),
        # Two TiB, less huge pages and what the kubelet keeps.
        ({"memory_gib": 2040}, "memory_mib", 2040 * 1024, 2048 * 1024 - 10_256 - 355),
    ],
)
def test_more_than_a_node_has_is_told(
    resources: dict[str, Any], resource: str, wanted: float, there: float
) -> None:
    nodes = group("p5.48xlarge")
    taken = share(nodes, asked(**resources))
    assert lacks(nodes, taken) == ((resource, wanted, there),)
    assert pods_per_node(nodes, taken) == 0


def test_without_efa_a_node_has_no_interfaces_and_no_huge_pages() -> None:
    nodes = group("p5.48xlarge", efa=False)
    assert (node_efa(nodes), node_huge_pages_mib(nodes)) == (0, 0)
    assert {name for name, _, _ in lacks(nodes, share(nodes, asked(efa=1, hugepages_mib=2)))} == {
        EFA,
        "hugepages_mib",
    }
    assert "FI_PROVIDER" not in network_environment(nodes, share(nodes), pods=2)


def test_a_single_pod_has_no_network_to_look_for() -> None:
    nodes = group("g5.8xlarge")
    assert network_environment(nodes, share(nodes), pods=1) == {"FI_PROVIDER": "efa"}


def test_requests_hold_all_and_limits_the_devices() -> None:
    nodes = group("trn1.32xlarge")
    taken = share(nodes, asked(memory_gib=256, cpu=96))
    devices = {NEURON: "16", EFA: "8", HUGE_PAGES: "5Gi"}
    assert taken.devices == devices
    assert taken.requests == {"cpu": "96", "memory": "256Gi", **devices}
    assert plain_share(0.5, 1.5).requests == {"cpu": "500m", "memory": "1536Mi"}
    assert plain_share(0.5, 1.5).devices == {}


@given(st.floats(0.01, 100_000))
def test_cpus_are_written_as_kubernetes_writes_them(cpus: float) -> None:
    written = cpu_quantity(cpus)
    assert canonical(written) == written


@given(st.integers(1, 2**35))  # a thousand of the largest nodes
def test_memory_is_written_as_kubernetes_writes_it(mib: int) -> None:
    written = memory_quantity(mib)
    assert canonical(written) == written


def test_a_pod_tolerates_each_taint_of_its_nodes_once() -> None:
    taints = [
        {"key": "nvidia.com/gpu", "value": "true", "effect": "NoSchedule"},
        {"key": "nvidia.com/gpu", "value": "other", "effect": "NoSchedule"},
        {"key": "example.com/only", "value": "", "effect": "NoExecute"},
    ]
    assert tolerations(group("g5.8xlarge", taints=taints).taints) == [
        {"key": "nvidia.com/gpu", "operator": "Exists", "effect": "NoSchedule"},
        {"key": "example.com/only", "operator": "Exists", "effect": "NoExecute"},
    ]
