"""What a cluster has before and after: nodes, devices, EFA interfaces, and vCPUs as the quotas of EC2 count them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from modules.catalog import find
from modules.catalog.quotas import quota_name

from .nodes import NodeGroup, Nodes

Market = Literal["on demand", "reservation", "capacity block", "spot"]


@dataclass(frozen=True, slots=True)
class Amount:
    """A number of something on both sides of a change."""

    before: int = 0
    after: int = 0

    def __add__(self, other: Amount) -> Amount:
        return Amount(self.before + other.before, self.after + other.after)

    def __str__(self) -> str:
        """Like `16 -> 32`, and `16` where nothing changes."""
        if not self.changes:
            return f"{self.after:,}"
        return f"{self.before:,} → {self.after:,}"

    @property
    def changes(self) -> bool:
        """Whether the two sides differ."""
        return self.before != self.after

    @property
    def is_nothing(self) -> bool:
        """Whether there is none of it on either side."""
        return not self.before and not self.after


@dataclass(frozen=True, slots=True)
class Row:
    """What there is of an instance type in a market, or of all of them together.

    `devices` are GPUs or Neuron devices as `device` says. All but `maximum` are for the nodes that are desired.
    """

    instance_type: str
    market: Market | Literal[""] = ""
    device: str = ""
    nodes: Amount = Amount()
    maximum: Amount = Amount()
    devices: Amount = Amount()
    efa: Amount = Amount()

    @property
    def changes(self) -> bool:
        """Whether anything differs."""
        return any(one.changes for one in (self.nodes, self.maximum, self.devices, self.efa))


@dataclass(frozen=True, slots=True)
class Family:
    """vCPUs that count against one quota, for the nodes that are desired and for as many as there may be.

    `code` is that of Service Quotas; empty where nothing counts them, as those of capacity blocks.
    """

    name: str
    market: Market
    code: str = ""
    desired: Amount = Amount()
    maximum: Amount = Amount()

    @property
    def counts(self) -> str:
        """How the quota counts them."""
        # https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ec2-capacity-blocks.html, "Considerations"
        if self.market == "capacity block":
            return "count against no quota"
        # https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ec2-capacity-reservations.html, "Quotas"; a shared one with its owner:
        # https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/capacity-reservation-sharing.html, "Instance limits".
        if self.market == "reservation":
            return f"{self.code}: the reservation counts whole, used or not, in its owner's account"
        return self.code or "of no quota that is known here"

    @property
    def changes(self) -> bool:
        """Whether they differ."""
        return self.desired.changes or self.maximum.changes


@dataclass(frozen=True)
class Capacity:
    """All node groups together.

    `unknown` are sentences about what could not be counted.
    """

    rows: tuple[Row, ...] = ()
    families: tuple[Family, ...] = ()
    unknown: tuple[str, ...] = ()
    totals: tuple[Row, ...] = ()

    @property
    def changes(self) -> bool:
        """Whether anything differs."""
        return any(row.changes for row in self.rows) or any(one.changes for one in self.families)

    @property
    def sentence(self) -> str:
        """Everything in one line, as it is afterwards."""
        if not self.totals:
            return "no managed node groups in these plans"
        parts = []
        for total in self.totals:
            nodes = f"{total.nodes} node{'' if str(total.nodes) == '1' else 's'}"
            if not total.device:
                parts.append(f"{nodes} without accelerators")
                continue
            efa = "" if total.efa.is_nothing else f" and {total.efa} EFA interfaces"
            parts.append(f"{nodes} with {total.devices} {total.device}{efa}")
        return ", ".join(parts)


def capacity_of(groups: Iterable[NodeGroup]) -> Capacity:
    """Adds up what node groups have before and after."""
    rows: dict[tuple[str, str], Row] = {}
    families: dict[tuple[str, str], Family] = {}
    unknown: list[str] = []
    for group in groups:
        unknown += _unknown(group)
        for before, nodes in _sides(group):
            row, family = _row(nodes, before=before), _family(nodes, before=before)
            key = (row.instance_type, row.market)
            rows[key] = _added(rows.get(key), row)
            if family is not None:
                other = families.get((family.name, family.market))
                families[family.name, family.market] = family if other is None else _with(other, family)
    # The dearest first: by devices, then by name.
    ordered = sorted(rows.values(), key=lambda row: (not row.device, row.instance_type, row.market))
    totals: dict[str, Row] = {}
    for row in ordered:
        plain = Row("", "", row.device, row.nodes, row.maximum, row.devices, row.efa)
        totals[row.device] = _added(totals.get(row.device), plain)
    return Capacity(
        tuple(ordered),
        tuple(families[key] for key in sorted(families)),
        tuple(unknown),
        tuple(totals.values()),
    )


def _sides(group: NodeGroup) -> Iterator[tuple[bool, Nodes]]:
    """What there is, and what there will be; what Terraform only forgets goes on running."""
    after = group.before if group.fate == "forgotten" else group.after
    for before, nodes in ((True, group.before), (False, after)):
        if nodes is not None:
            yield before, nodes


def _unknown(group: NodeGroup) -> Iterator[str]:
    name = f"node group {group.name} of {group.change.stack}"
    after = None if group.fate == "forgotten" else group.after
    for when, nodes in (("before", group.before), ("after", after)):
        if nodes is None:
            continue
        if nodes.desired is None:
            yield f"{name}: its desired size {when} is not known, and counts as 0"
        if nodes.maximum is None:
            yield f"{name}: its largest size {when} is not known, and counts as what is desired"
        if nodes.instance_type is None:
            yield f"{name}: its instance type {when} is not known here: devices and vCPUs are not counted"
        elif nodes.efa is None and nodes.instance_type.supports_efa:
            yield f"{name}: no plan has its launch template: EFA interfaces {when} are not counted"
        if len(nodes.instance_types) > 1:
            yield f"{name} takes several instance types {when}; counted as {nodes.instance_types[0]}"
    if group.fate == "forgotten":
        yield f"{name} is forgotten by Terraform and goes on running: counted as before"


def _market(nodes: Nodes) -> Market:
    if nodes.is_block:
        return "capacity block"
    if nodes.is_reserved:
        return "reservation"
    return "spot" if "SPOT" in (nodes.capacity_type, (nodes.market or "").upper()) else "on demand"


def _row(nodes: Nodes, *, before: bool) -> Row:
    desired = nodes.desired or 0
    return Row(
        nodes.instance_types[0] if nodes.instance_types else "unknown type",
        _market(nodes),
        {"GPU": "GPUs"}.get(nodes.accelerator, "Neuron devices") if nodes.accelerators_each else "",
        _amount(desired, before=before),
        _amount(_most(nodes), before=before),
        _amount(nodes.accelerators, before=before),
        _amount((nodes.efa or 0) * desired, before=before),
    )


def _family(nodes: Nodes, *, before: bool) -> Family | None:
    kind = find(nodes.instance_types[0]) if nodes.instance_types else None
    if kind is None:
        return None
    market = _market(nodes)
    code = kind.spot_quota_code if market == "spot" else kind.on_demand_quota_code
    name = f"quota of {kind.name}" if code is None else quota_name(code)
    return Family(
        name,
        market,
        "" if market == "capacity block" else code or "",
        _amount(kind.vcpus * (nodes.desired or 0), before=before),
        _amount(kind.vcpus * _most(nodes), before=before),
    )


def _most(nodes: Nodes) -> int:
    return (nodes.desired or 0) if nodes.maximum is None else nodes.maximum


def _amount(number: int, *, before: bool) -> Amount:
    return Amount(number, 0) if before else Amount(0, number)


def _added(one: Row | None, other: Row) -> Row:
    if one is None:
        return other
    return Row(
        one.instance_type,
        one.market,
        one.device,
        one.nodes + other.nodes,
        one.maximum + other.maximum,
        one.devices + other.devices,
        one.efa + other.efa,
    )


def _with(one: Family, other: Family) -> Family:
    return Family(one.name, one.market, one.code, one.desired + other.desired, one.maximum + other.maximum)
