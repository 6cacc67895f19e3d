"""EC2 instance types that an EKS node group for training, or for the pods around it, can use.

The data was first made from the answer of EC2 DescribeInstanceTypes that ships inside the PyPI package moto
5.2.5 (`moto/ec2/resources/instance_types.json.gz`); g4ad, which that release lacks, comes from moto 5.2.1.
"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Literal

from . import amis, cni, quotas
from .datafile import INSTANCE_TYPES, Record, read_lines

AcceleratorKind = Literal["nvidia", "neuron", "amd"]
Architecture = Literal["x86_64", "arm64"]

# Below this likeness (difflib's ratio) a suggestion for a mistyped name is noise.
LIKENESS = 0.6


@dataclass(frozen=True)
class Accelerator:
    """The accelerators of one instance: all of one kind, as on every type that EC2 offers.

    `count` is what Kubernetes can schedule: whole devices, or the one slice of a fractional GPU (g6f, gr6f).
    `memory_mib` is the memory of each device, or of the slice, in MiB.

    Raises ValueError for an impossible entry.
    """

    kind: AcceleratorKind
    name: str
    count: int
    memory_mib: int

    def __post_init__(self) -> None:
        if self.kind not in ("nvidia", "neuron", "amd"):
            raise ValueError(f"accelerator {self.name!r}: unknown kind {self.kind!r}")
        if not self.name:
            raise ValueError("accelerator: the name is empty")
        for field in ("count", "memory_mib"):
            if getattr(self, field) < 1:
                raise ValueError(f"accelerator {self.name!r}: {field} is {getattr(self, field)}, less than 1")


@dataclass(frozen=True)
class InstanceType:
    """One instance type, as EC2 DescribeInstanceTypes describes it.

    Every type in the catalogue is Nitro or bare metal, so prefix delegation always works on it.
    Raises ValueError for an impossible entry.
    """

    name: str
    vcpus: int
    memory_mib: int
    architecture: Architecture
    bare_metal: bool
    accelerator: Accelerator | None
    efa_interfaces: int
    """How many EFA interfaces the instance may have; not the number of its network cards."""
    efa_capable_cards: tuple[int, ...]
    """Indices of the network cards that accept an EFA interface (InterfaceTypes of each card)."""
    network_cards: tuple[int, ...]
    """How many network interfaces each card holds, in the order of the card index."""
    max_network_interfaces: int
    ipv4_per_interface: int
    nvme_gb: int
    """NVMe instance store in total, in GB (10^9 bytes); 0 if there is none."""
    nvme_disks: int
    usage_classes: frozenset[str]
    """Among `on-demand`, `spot` and `capacity-block`."""
    placement_strategies: tuple[str, ...]

    def __post_init__(self) -> None:
        for fault in self._faults():
            raise ValueError(f"instance type {self.name!r}: {fault}")

    def _faults(self) -> list[str]:
        faults = []
        family, dot, size = self.name.partition(".")
        if not (family and dot and size):
            faults.append("the name is not of the form family.size")
        if self.architecture not in ("x86_64", "arm64"):
            faults.append(f"unknown architecture {self.architecture!r}")
        # Fewer than two addresses would leave no address for a pod beside the interface's own.
        for field, least in {
            "vcpus": 1,
            "memory_mib": 1,
            "max_network_interfaces": 1,
            "ipv4_per_interface": 2,
            "efa_interfaces": 0,
            "nvme_gb": 0,
            "nvme_disks": 0,
        }.items():
            if getattr(self, field) < least:
                faults.append(f"{field} is {getattr(self, field)}, less than {least}")
        cards = self.network_cards
        if not cards or min(cards) < 1:
            faults.append(f"network_cards is {cards}: every card holds one interface or more")
        elif not max(cards) <= self.max_network_interfaces <= sum(cards):
            faults.append(f"max_network_interfaces is {self.max_network_interfaces}, the cards hold {cards}")
        capable = self.efa_capable_cards
        if list(capable) != sorted(set(capable) & set(range(len(cards)))):
            faults.append(f"efa_capable_cards is {capable}, the type has cards 0 to {len(cards) - 1}")
        if self.efa_interfaces > len(capable):
            faults.append(f"efa_interfaces is {self.efa_interfaces}, but {len(capable)} cards can carry one")
        if capable and not self.efa_interfaces:
            faults.append("network cards can carry an EFA interface, but efa_interfaces is 0")
        if bool(self.nvme_gb) != bool(self.nvme_disks):
            faults.append(
                f"nvme_gb is {self.nvme_gb}, nvme_disks {self.nvme_disks}: both are 0 or neither is"
            )
        if not self.usage_classes:
            faults.append("usage_classes is empty")
        return faults

    @property
    def gpus(self) -> int:
        """NVIDIA GPUs that the node offers as `nvidia.com/gpu`; 0 for any other type."""
        return self.accelerator.count if self.accelerator and self.accelerator.kind == "nvidia" else 0

    @property
    def neuron_devices(self) -> int:
        """Trainium or Inferentia devices that the node offers as `aws.amazon.com/neuron`; otherwise 0."""
        return self.accelerator.count if self.accelerator and self.accelerator.kind == "neuron" else 0

    @property
    def supports_efa(self) -> bool:
        """Whether the type takes an EFA interface at all."""
        return self.efa_interfaces > 0

    @property
    def efa_cards(self) -> tuple[int, ...]:
        """Indices of the network cards to put one EFA interface on each, as many as the type allows.

        Where more cards could carry one than the type allows (i7ie.48xlarge: one EFA, two cards), the lowest
        are taken. On p6-b300.48xlarge card 0 is missing: it is ENA only.
        """
        return self.efa_capable_cards[: self.efa_interfaces]

    @property
    def supports_capacity_block(self) -> bool:
        """Whether EC2 Capacity Blocks for ML offer the type."""
        return "capacity-block" in self.usage_classes

    @property
    def on_demand_quota_code(self) -> str | None:
        """Service Quotas code (service `ec2`) of the running on-demand vCPUs that the type counts against."""
        return quotas.on_demand(self.name)

    @property
    def spot_quota_code(self) -> str | None:
        """Service Quotas code (service `ec2`) of the spot vCPUs that the type counts against."""
        return quotas.spot(self.name) if "spot" in self.usage_classes else None

    @property
    def ami_types(self) -> tuple[str, ...]:
        """EKS AMI types that drive the type's hardware, the default first; `CUSTOM`, unlisted, fits any."""
        kind = self.accelerator.kind if self.accelerator else None
        return amis.fitting(self.name, self.architecture, kind)

    @property
    def default_ami_type(self) -> str | None:
        """The Amazon Linux 2023 AMI type that fits; None where EKS has no AMI for the accelerator (g4ad)."""
        return next(iter(self.ami_types), None)

    # The rules stand in a module of their own; here they become `instance_type.cni_addresses(...)`.
    cni_addresses = cni.cni_addresses


@cache
def find(name: str) -> InstanceType | None:
    """The type of exactly that name, or None if the catalogue does not know it."""
    line = _lines().get(name)
    return None if line is None else from_record(name, json.loads(line))


@cache
def names() -> tuple[str, ...]:
    """Every type's name, sorted."""
    return tuple(_lines())


def near(name: str, limit: int = 3) -> tuple[str, ...]:
    """At most `limit` names that a mistyped `name` may have meant, the likeliest first; maybe none.

    A family that exists was most likely meant, so its sizes come before any other family's.
    """
    return _near(name.strip().lower(), max(limit, 0))


@lru_cache(maxsize=1024)  # the same mistake is often made in many node groups
def _near(wanted: str, limit: int) -> tuple[str, ...]:
    family, _, size = wanted.partition(".")
    of_family = {known: known.partition(".")[2] for known in names() if known.partition(".")[0] == family}
    found = sorted((-_likeness(size, known_size), known) for known, known_size in of_family.items())[:limit]
    letters = Counter(wanted)
    others: list[tuple[float, str]] = []
    for bound, known in sorted((-_bound(letters, known), known) for known in names()):
        missing = limit - len(found)
        worst = -LIKENESS if len(others) < missing else others[missing - 1][0] if missing else -2.0
        if bound > worst:
            break  # from here on, nothing can be nearer
        likeness = _likeness(wanted, known)
        if known not in of_family and likeness >= LIKENESS:
            others = sorted([*others, (-likeness, known)])
    return tuple(known for _, known in [*found, *others][:limit])


def _likeness(wanted: str, known: str) -> float:
    # Imported here: only somebody who made a mistake waits for it.
    from difflib import SequenceMatcher

    return SequenceMatcher(None, wanted, known, autojunk=False).ratio()


def _bound(letters: Counter[str], known: str) -> float:
    """What the likeness to a name is at most: by the letters that both have, whatever their order."""
    shared = sum(min(count, known.count(letter)) for letter, count in letters.items())
    return 2 * shared / (letters.total() + len(known))


def from_record(name: str, record: Record) -> InstanceType:
    """The type that a record of the data file describes; raises ValueError if it is impossible."""
    accelerator = record["accelerator"]
    return InstanceType(
        **{
            **record,
            "name": name,
            "accelerator": None if accelerator is None else Accelerator(**accelerator),
            "efa_capable_cards": tuple(record["efa_capable_cards"]),
            "network_cards": tuple(record["network_cards"]),
            "usage_classes": frozenset(record["usage_classes"]),
            "placement_strategies": tuple(record["placement_strategies"]),
        }
    )


@cache
def _lines() -> dict[str, str]:
    return read_lines(INSTANCE_TYPES)
