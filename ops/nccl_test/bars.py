"""The bus bandwidth that all_reduce_perf has to show on an instance type: what bars.yaml knows, made into a bar.

The data lies here and not in the catalogue, whose files hold only what the EC2 and EKS APIs say: what others have measured
is no fact of EC2, and of a network's bandwidth EC2 says two things (https://github.com/getmoto/moto has its answers).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from modules import catalog
from modules.catalog import InstanceType

# The part of what is measured, or of the network, that passes. NVIDIA's own floor for H100 and H200 on EKS is three
# quarters of their 400 GB/s
# (https://github.com/NVIDIA/aicr/blob/main/validators/performance/nccl_all_reduce_bw_constraint.go), and most faults that have
# a name here cost more than a quarter.
FRACTION = 0.75
# Without GPUDirect RDMA every byte goes through the host's memory first, both ways.
FRACTION_THROUGH_HOST = 0.5
# Between GPUs on PCIe the data goes twice through the host's memory, in both directions at once.
FRACTION_OF_PCIE = 0.25
# From here on the network is what is measured, not its latency: bandwidths rise little beyond it.
LARGE = 2**30  # bytes

_MEASURED_BY_EC2 = "https://docs.aws.amazon.com/ec2/latest/instancetypes/ac.html#ac_network"


@dataclass(frozen=True, slots=True)
class Bar:
    """What has to be reached at 1 GiB and more, in GB/s.

    `reference` is what it is a part of: what was measured, or what the network carries. `source` is where it says so,
    `how` says in words how the bar came about.
    """

    busbw: float
    reference: float
    measured: bool
    how: str
    source: str


@cache
def _data() -> dict[str, Any]:
    text = Path(__file__).with_name("bars.yaml").read_text(encoding="utf-8")
    data: dict[str, Any] = YAML(typ="safe", pure=True).load(text)
    return data


def network_gbps(name: str) -> float | None:
    """Network bandwidth of an instance type in Gbps, of all its cards; None where it is not known."""
    gbps = _data()["network_gbps"].get(name)
    return None if gbps is None else float(gbps)


def known_types() -> tuple[str, ...]:
    """Instance types that have a bar."""
    return tuple(_data()["network_gbps"])


def bar(instance_type: InstanceType, nodes: int) -> Bar | None:
    """The bar of all_reduce_perf over so many whole nodes; None where nothing is known of the type's network.

    Between two nodes NCCL's trees show more than the network carries, with more nodes they do not
    (https://github.com/NVIDIA/nccl-tests/issues/22): what was measured between two is the reference for two alone.
    """
    gbps = network_gbps(instance_type.name)
    if gbps is None:
        return None
    carried = gbps / 8
    found = _data()["measured"].get(instance_type.name)
    if found is not None and (nodes <= 2 or found["busbw"] < carried):
        busbw = float(found["busbw"])
        how = f"{FRACTION:.0%} of {busbw:g} GB/s, measured between 2 nodes at {found['at']}"
        return Bar(round(FRACTION * busbw, 1), busbw, True, how, found["source"])
    return _derived(instance_type, carried, gbps)


def _derived(instance_type: InstanceType, carried: float, gbps: float) -> Bar:
    rdma = catalog.efa_rdma(instance_type)
    fraction = FRACTION if rdma else FRACTION_THROUGH_HOST
    through = "" if rdma else ", through the host's memory"
    how = f"{fraction:.0%} of the network's {gbps:g} Gbps{through}"
    busbw = fraction * carried
    accelerator = instance_type.accelerator
    slot = _data()["pcie_gbytes"].get(accelerator.name) if accelerator else None
    if slot is not None and instance_type.gpus > 1 and FRACTION_OF_PCIE * slot < busbw:
        busbw = FRACTION_OF_PCIE * slot
        how = f"{FRACTION_OF_PCIE:.0%} of the {slot:g} GB/s of a GPU's PCIe slot, which is less than the network"
    return Bar(round(busbw, 1), carried, False, how, _MEASURED_BY_EC2)
