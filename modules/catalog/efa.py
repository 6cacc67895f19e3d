"""Elastic Fabric Adapter: which interfaces give an instance type all of its EFA bandwidth."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from .instance_types import InstanceType

# Types for which aws-ofi-nccl demands GPUDirect RDMA (`gdr_required` in its platform table), or the same with the
# memory of a Neuron device: https://github.com/aws/aws-ofi-nccl/blob/master/src/platform-aws.cpp
_RDMA = re.compile(r"(?:p4de?|p5(?:en?)?|p(?:[6-9]|\d\d)[^.]*|g7e|trn\d[^.]*)\.")
# The two of these families that have not: https://github.com/aws/aws-ofi-nccl/pull/963 and .../pull/1057
_NO_RDMA = ("p5.4xlarge", "g7e.8xlarge")


@dataclass(frozen=True, slots=True)
class Interface:
    """A network interface of an EFA node: its network card, its device index, and what it carries."""

    card: int
    device: int
    type: Literal["interface", "efa", "efa-only"]


def efa_interfaces(instance_type: InstanceType) -> tuple[Interface, ...]:
    """The interfaces of an instance type that give it all of its EFA bandwidth.

    One card: one `efa` interface, which carries both IP and EFA. More cards: an ENA interface on card 0 with the
    node's address, and `efa-only` on each card that has EFA. `efa-only` takes no IP address, where `efa` on all 32
    cards of a p5 takes 32 and more. Where card 0 holds one interface (hpc6id), that is `efa`, for both.

    Source: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/efa-acc-inst-types.html and
    https://docs.aws.amazon.com/eks/latest/userguide/device-management-efa.html

    Raises:
        ValueError: the type has no EFA.
    """
    cards = instance_type.efa_cards
    if not cards:
        raise ValueError(f"{instance_type.name} has no EFA")
    if len(instance_type.network_cards) == 1:
        return (Interface(0, 0, "efa"),)
    if 0 in cards and instance_type.network_cards[0] == 1:
        return (Interface(0, 0, "efa"), *(Interface(card, 0, "efa-only") for card in cards if card))
    return (
        Interface(0, 0, "interface"),
        *(Interface(card, 1 if card == 0 else 0, "efa-only") for card in cards),
    )


def efa_rdma(instance_type: InstanceType) -> bool:
    """Whether the type's EFA reads and writes the memory of its accelerators by itself (GPUDirect RDMA).

    Where it does, FI_EFA_USE_DEVICE_RDMA=1 is right: libfabric before 1.18 uses RDMA only with it, later ones by
    themselves. Where it does not (g4dn, g5, g6, g6e), libfabric aborts the program that sets it.

    Source: https://ofiwg.github.io/libfabric/main/man/fi_efa.7.html,
    https://github.com/aws/aws-ofi-nccl/blob/master/doc/efa-env-var.md, for Trainium
    https://awsdocs-neuron.readthedocs-hosted.com/en/latest/frameworks/torch/torch-neuronx/setup-trn1-multi-node-execution.html
    and for what has no RDMA https://github.com/aws/aws-ofi-nccl/issues/547
    """
    name = instance_type.name
    return instance_type.supports_efa and name not in _NO_RDMA and bool(_RDMA.match(name))


def huge_pages_mib(instance_type: InstanceType) -> int:
    """MiB in huge pages that an EFA node surely has, whichever EFA installer its AMI was made with.

    Older ones set aside 5,128 pages of 2 MiB, newer ones 110 for each core (bottlerocket-core-kit #141,
    libfabric-ci-scripts #122).
    """
    return 2 * min(5128, 110 * instance_type.vcpus // 2)
