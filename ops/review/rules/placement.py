"""Where the nodes are: zones, subnets, placement groups."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ..nodes import NodeGroup, Nodes
from ..plan import Change
from ..rule import Finding, Level
from ..subject import Subject
from ..told import empty, jobs_there
from ..values import known


class ZoneChanged:
    """A node group moves to another zone or subnet: a reservation and a file system are of one zone, and EFA does not leave it."""

    id = "zone-changed"
    level: Level = "warn"

    def look(self, subject: Subject) -> Iterator[Finding]:
        """Yields what it finds."""
        for group in subject.node_groups:
            before, after = group.before, group.after
            if before is None or after is None or not group.change.differs("subnet_ids"):
                continue
            was, becomes = before.zones, after.zones
            if was and becomes and set(was) == set(becomes):
                if not before.is_accelerated or "cluster_name" in group.change.because:
                    continue  # a cluster that is replaced takes all subnets with it
                effect = f"The nodes get addresses of another subnet of {', '.join(was)}; for that the group is made anew."
                remedy = "Check that the new subnet has addresses free and a way out, and that security groups and routes are the same."
                yield self._finding(group, effect, remedy, "note")
                continue
            if not becomes and "cluster_name" in group.change.because:
                continue
            wider = bool(was) and set(was) < set(becomes)
            effect = f"The nodes move from {_listed(was)} to {_listed(becomes)}."
            if wider:
                effect = f"New nodes may be in any of {_listed(becomes)}; all were in {_listed(was)}."
            level: Level | None = "note" if empty(before) and not after.is_reserved else None
            if not becomes:
                effect = f"The nodes move from {_listed(was)} to subnets whose zone this plan does not tell."
            if after.is_reserved and was and not set(was) <= set(becomes):
                # https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ec2-capacity-reservations.html
                what = f" The reservation {after.reservation}" if after.reservation else " The capacity block"
                if after.reservation == before.reservation:
                    effect += f"{what} stays in its zone: no node starts elsewhere."
                    level = "stop" if becomes else "warn"
                else:
                    effect += f"{what} has to be of that zone."
            elif after.is_reserved and wider:
                effect += " Reserved capacity is of one zone: Auto Scaling asks for nodes in the others too, and gets none there."
            if after.efa and len(becomes) > 1:
                # https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/efa.html#efa-limits
                effect += " EFA traffic does not pass from one zone to another: ranks in different zones do not reach each other."
                level = "stop"
            remedy = "Keep the group in the zone of its reservation and of its file system, or make another group there."
            yield self._finding(group, effect + jobs_there(subject.jobs_on(group)), remedy, level)

    def _finding(self, group: NodeGroup, effect: str, remedy: str, level: Level | None) -> Finding:
        before, after = _where(group.before), _where(group.after)
        return Finding(group.change, effect, remedy, before, after, level)


class PlacementGroupChanged:
    """A node group enters, leaves or changes a placement group, which keeps nodes near each other and can starve a reservation."""

    id = "placement-group-changed"
    level: Level = "warn"

    def look(self, subject: Subject) -> Iterator[Finding]:
        """Yields what it finds."""
        for group in subject.node_groups:
            before, after = group.before, group.after
            if after is None or after.efa is None or (before is not None and before.efa is None):
                continue
            was, becomes = _placed(group, before), _placed(group, after)
            if was == becomes or _as_it_was(group):
                continue
            if becomes is None:
                effect = "New nodes may be anywhere in the zone: collective operations over EFA take longer."
                remedy = "Keep the placement group for training over several nodes, unless the nodes come out of a reservation."
                level: Level | None = None if before is not None and before.efa else "note"
                if after.is_reserved:
                    level = "note"
                    effect = (
                        "New nodes are where the reservation has them, which is what a reservation needs."
                    )
                    remedy = "Nothing: right for reserved capacity."
                yield Finding(group.change, effect, remedy, was or "", "none", level)
            elif after.is_reserved:
                yield self._starved(group, subject, was, becomes)
            elif before is not None:
                effect = "New nodes start near each other, or not at all where there is no room; old ones stay where they are until they roll."
                remedy = "Deploy when the jobs have checkpointed; all nodes have to be in it before it helps."
                yield Finding(group.change, effect, remedy, was or "none", becomes, "note")

    def _starved(self, group: NodeGroup, subject: Subject, was: str | None, becomes: str) -> Finding:
        # 11 of 16 reserved nodes came up: https://github.com/eksctl-io/eksctl/issues/7949,
        # https://github.com/terraform-aws-modules/terraform-aws-eks/issues/3730
        effect = (
            "Reserved instances are where they are: those outside the placement group never start, and the group stays "
            "smaller than its reservation, which is paid for in full."
        )
        remedy = "Use no placement group of your own with reserved capacity, or the very one that the reservation was made in."
        made = becomes in subject.made_placement_groups or becomes == "(new)"
        return Finding(group.change, effect, remedy, was or "none", becomes, "stop" if made else "warn")


class PlacementGroupReplaced:
    """A placement group that nodes are in is destroyed or replaced: EC2 does not delete one with instances, so the apply stops in the middle."""

    id = "placement-group-replaced"
    level: Level = "warn"

    def look(self, subject: Subject) -> Iterator[Finding]:
        """Yields what it finds."""
        used: dict[str, list[NodeGroup]] = {}
        for group in subject.node_groups:
            nodes = group.before
            if (
                nodes is not None
                and nodes.placement_group
                and group.fate in ("stays", "rolls")
                and not empty(nodes)
            ):
                used.setdefault(nodes.placement_group, []).append(group)
        for change in subject.of("aws_placement_group"):
            name = change.was("name")
            staying = [one for one in used.get(str(name), ()) if _stays_in(one, name)] if known(name) else []
            if change.goes and staying:
                names = ", ".join(one.name for one in staying)
                # https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DeletePlacementGroup.html
                effect = f"Nodes of {names} are in it: EC2 refuses to delete it, and the apply stops there."
                remedy = "Take the groups out of it and let their nodes roll first, or scale them to 0."
                after = _strategy(change, change.after) if change.verb == "replace" else "destroyed"
                yield Finding(change, effect, remedy, _strategy(change, change.before), after)


def _stays_in(group: NodeGroup, name: object) -> bool:
    return group.after is not None and (group.after.efa is None or group.after.placement_group == name)


def _strategy(change: Change, side: dict[str, object]) -> str:
    strategy = side.get("strategy")
    return f"{change.label}, {strategy}" if isinstance(strategy, str) else change.label


def _as_it_was(group: NodeGroup) -> bool:
    """Whether the template says the same as before, though it may not be shown."""
    template = group.template
    return (
        template is not None and bool(template.before) and not template.differs("placement", 0, "group_name")
    )


def _placed(group: NodeGroup, nodes: Nodes | None) -> str | None:
    """The placement group's name; `(new)` where only the apply tells it."""
    if nodes is None or nodes.placement_group:
        return None if nodes is None else nodes.placement_group
    if group.template is not None and nodes is group.after:
        name = group.template.becomes("placement", 0, "group_name")
        if name is not None and not known(name):
            return "(new)"
    return None


def _where(nodes: Nodes | None) -> str:
    if nodes is None:
        return ""
    return f"{_listed(nodes.zones)} ({_listed(nodes.subnets, 'new subnets')})"


def _listed(names: Sequence[str], none: str = "unknown zones") -> str:
    return ", ".join(names) or none
