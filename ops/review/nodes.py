"""Node groups in a plan: what each is before and after, and what becomes of the nodes."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

from modules.catalog import InstanceType, find

from .plan import Change
from .values import UNKNOWN, Sensitive, at, known

# Families with accelerators, for a type that the catalogue does not know yet:
# https://docs.aws.amazon.com/ec2/latest/instancetypes/ac.html
_ACCELERATED = re.compile(r"(?:p|g|gr)\d|trn|inf|dl")
Fate = Literal["made", "stays", "rolls", "replaced", "deleted", "forgotten"]


@dataclass(frozen=True, slots=True)
class Nodes:
    """The nodes of a group, before or after: as its node group and its launch template say.

    Numbers and texts are None where they are not there or not known. `reservation` is the id of a capacity reservation
    or the ARN of a resource group of them. `efa` are the EFA interfaces of a node; None where the launch template is not
    among the plans. `market` is `capacity-block` or `spot`, as the launch template says.
    """

    instance_types: tuple[str, ...] = ()
    minimum: int | None = None
    desired: int | None = None
    maximum: int | None = None
    ami_type: str | None = None
    image: str | None = None
    version: str | None = None
    release: str | None = None
    capacity_type: str | None = None
    reservation: str | None = None
    market: str | None = None
    preference: str | None = None
    subnets: tuple[str, ...] = ()
    zones: tuple[str, ...] = ()
    placement_group: str | None = None
    efa: int | None = None

    @property
    def instance_type(self) -> InstanceType | None:
        """The first type, as the catalogue knows it."""
        return find(self.instance_types[0]) if self.instance_types else None

    @property
    def accelerators_each(self) -> int:
        """GPUs or Neuron devices of a node; 0 where the type is not known."""
        kind = self.instance_type
        return 0 if kind is None else kind.gpus or kind.neuron_devices

    @property
    def accelerators(self) -> int:
        """GPUs or Neuron devices of all desired nodes."""
        return self.accelerators_each * (self.desired or 0)

    @property
    def is_accelerated(self) -> bool:
        """Whether they are there for their devices; a type that the catalogue does not know is told by its family."""
        if self.instance_type is not None or not self.instance_types:
            return self.accelerators_each > 0
        return _ACCELERATED.match(self.instance_types[0]) is not None

    @property
    def how_many(self) -> str:
        """Like `2 nodes (16 GPUs)`; `its nodes` where the number is not known."""
        if self.desired is None:
            return "its nodes"
        devices = f" ({counted(self.accelerators, self.accelerator)})" if self.accelerators else ""
        return counted(self.desired, "node") + devices

    @property
    def accelerator(self) -> str:
        """What its devices are called: GPU, or Neuron device."""
        kind = self.instance_type
        return "Neuron device" if kind is not None and kind.neuron_devices else "GPU"

    @property
    def is_reserved(self) -> bool:
        """Whether the nodes come out of a reservation or a capacity block, which costs whether they run or not."""
        return self.reservation is not None or self.market == "capacity-block" or self.is_block

    @property
    def is_block(self) -> bool:
        """Whether they come out of a capacity block."""
        return self.capacity_type == "CAPACITY_BLOCK" or self.market == "capacity-block"

    def __str__(self) -> str:
        """Like `2 × p5.48xlarge (16 GPUs), reservation cr-0123`."""
        count = "?" if self.desired is None else str(self.desired)
        parts = [f"{count} × {self.instance_types[0] if self.instance_types else 'unknown type'}"]
        if self.accelerators_each and self.desired is not None:
            parts[0] += f" ({counted(self.accelerators, self.accelerator)})"
        if self.reservation:
            parts.append(f"reservation {self.reservation}")
        elif self.is_block:
            parts.append("capacity block")
        elif self.capacity_type == "SPOT":
            parts.append("spot")
        return ", ".join(parts)


@dataclass(frozen=True)
class NodeGroup:
    """A managed node group with its launch template.

    `before` and `after` are None where there is none. `template` is None where the plans do not have it.
    """

    change: Change
    template: Change | None
    before: Nodes | None
    after: Nodes | None

    @cached_property
    def name(self) -> str:
        """As EKS calls it."""
        name = self.change.was("node_group_name") or self.change.becomes("node_group_name")
        return str(name) if known(name) else self.change.name

    @property
    def nodes(self) -> Nodes:
        """What there is, or what is made where there is nothing yet."""
        return self.before or self.after or Nodes()

    @cached_property
    def fate(self) -> Fate:
        """What becomes of the nodes that there are.

        They roll, a few at a time, where the group gets another version of Kubernetes, of the AMI or of its launch
        template: https://docs.aws.amazon.com/eks/latest/userguide/managed-node-update-behavior.html
        """
        verb = self.change.verb
        if verb == "update":
            return "rolls" if self.rolled_by else "stays"
        fates: dict[str, Fate] = {
            "create": "made", "replace": "replaced", "delete": "deleted", "forget": "forgotten",
        }  # fmt: skip
        return fates.get(verb, "stays")

    @property
    def rolled_by(self) -> tuple[str, ...]:
        """The arguments of an update in place that make the nodes roll."""
        change = self.change
        if change.verb != "update":
            return ()
        template = any(change.differs("launch_template", 0, part) for part in ("id", "name", "version"))
        of_its_own = [part for part in ("version", "release_version") if change.differs(part)]
        # A release that only the apply tells follows from another version; by itself it does not change.
        if of_its_own == ["release_version"] and change.becomes("release_version") is UNKNOWN:
            of_its_own = []
        return (*(["launch_template"] if template else []), *of_its_own)

    @property
    def hurt(self) -> bool:
        """Whether nodes that there are go away: at once, or a few at a time."""
        return self.fate in ("rolls", "replaced", "deleted")

    @property
    def at_once(self) -> str:
        """How many nodes this update takes away at the same time, like `1 node` or `33 %`: EKS's own 1 where nothing is said."""
        block = self.update_in_force
        percentage, number = at(block, "max_unavailable_percentage"), at(block, "max_unavailable")
        if known(percentage) and percentage:
            return f"{percentage} %"
        return counted(number if isinstance(number, int) and number else 1, "node")

    @property
    def drains_first(self) -> bool:
        """Whether EKS takes nodes away before it starts new ones, in this update."""
        return bool(at(self.update_in_force, "update_strategy") == "MINIMAL")

    @property
    def has_strategy(self) -> bool:
        """Whether the provider of the plan knows strategies of updates: hashicorp/aws does since 6.26.0."""
        return isinstance(self.update_in_force, dict) and "update_strategy" in self.update_in_force

    @property
    def update_in_force(self) -> Any:
        """The `update_config` that an update goes by: the one before, since the provider changes it last.

        https://github.com/hashicorp/terraform-provider-aws/blob/main/internal/service/eks/node_group.go
        """
        return self.change.was("update_config", 0)


def counted(number: int, word: str) -> str:
    """`1 node`, `2 nodes`."""
    return f"{number:,} {word}{'' if number == 1 else 's'}"


def nodes_of(group: dict[str, Any], template: dict[str, Any] | None, zones: dict[str, str]) -> Nodes | None:
    """One side of a node group; None where there is nothing.

    Args:
        zones: the zone of each subnet, by its id.
    """
    if not group:
        return None
    launch = template or {}
    own_type = _text(launch.get("instance_type"))
    subnets = _texts(group.get("subnet_ids"))
    target = at(launch, "capacity_reservation_specification", 0, "capacity_reservation_target", 0)
    sizes = [_number(at(group, "scaling_config", 0, key)) for key in ("min_size", "desired_size", "max_size")]
    return Nodes(
        instance_types=_texts(group.get("instance_types")) or ((own_type,) if own_type else ()),
        minimum=sizes[0],
        desired=sizes[1],
        maximum=sizes[2],
        ami_type=_text(group.get("ami_type")),
        image=_text(launch.get("image_id")),
        version=_text(group.get("version")),
        release=_text(group.get("release_version")),
        capacity_type=_text(group.get("capacity_type")),
        reservation=_reservation(target),
        market=_text(at(launch, "instance_market_options", 0, "market_type")),
        preference=_text(
            at(launch, "capacity_reservation_specification", 0, "capacity_reservation_preference")
        ),
        subnets=subnets,
        zones=tuple(sorted({zones[subnet] for subnet in subnets if subnet in zones})),
        placement_group=_text(at(launch, "placement", 0, "group_name")),
        # Without one of one's own, EKS makes one with default values, and those have no EFA interface:
        # https://docs.aws.amazon.com/eks/latest/userguide/launch-templates.html
        efa=_efa(launch) if template is not None or group.get("launch_template") == [] else None,
    )


def _efa(launch: dict[str, Any]) -> int:
    interfaces = launch.get("network_interfaces")
    if not isinstance(interfaces, list):
        return 0
    return sum(at(one, "interface_type") in ("efa", "efa-only") for one in interfaces)


def _reservation(target: Any) -> str | None:
    for key in ("capacity_reservation_id", "capacity_reservation_resource_group_arn"):
        value = at(target, key)
        if isinstance(value, str) and value:
            return value
        if value is UNKNOWN or isinstance(value, Sensitive):
            return repr(value)
    return None


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None


def _texts(value: Any) -> tuple[str, ...]:
    return tuple(one for one in value if isinstance(one, str)) if isinstance(value, list) else ()


def _number(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None
