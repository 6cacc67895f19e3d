"""What the rules look at: all plans together, with the node groups put together."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date, datetime, timezone
from functools import cached_property
from typing import Any

from .jobs import Job, Placed, jobs_of
from .nodes import NodeGroup, nodes_of
from .plan import Change, Plan
from .values import UNKNOWN, at, known

# So many resources can be told one by one, even where all of a stack goes.
_SEVERAL = 5


class Subject:
    """Several plans of one review."""

    def __init__(self, plans: Sequence[Plan], today: date | None = None) -> None:
        self.plans = tuple(plans)
        self.today = today or datetime.now(timezone.utc).date()

    @cached_property
    def changes(self) -> tuple[Change, ...]:
        """Every managed resource of all plans, those that nothing happens to among them."""
        return tuple(one for plan in self.plans for one in plan.changes if one.is_managed)

    @property
    def happening(self) -> Iterator[Change]:
        """The resources that something is done to."""
        return (one for one in self.changes if one.happens)

    @cached_property
    def ended(self) -> frozenset[str]:
        """The stacks all of whose resources are destroyed, several at least: one finding says it all."""
        verbs: dict[str, list[str]] = {}
        for one in self.changes:
            verbs.setdefault(one.stack, []).append(one.verb)
        return frozenset(
            stack for stack, done in verbs.items() if len(done) > _SEVERAL and {*done} == {"delete"}
        )

    def losing(self, *types: str) -> frozenset[str]:
        """The stacks in which a resource of one of these types is destroyed or replaced."""
        return frozenset(one.stack for one in self.of(*types) if one.goes and not one.is_deposed)

    @property
    def drift(self) -> Iterator[Change]:
        """The resources that have changed outside Terraform."""
        return (one for plan in self.plans for one in plan.drift if one.is_managed)

    def of(self, *types: str) -> list[Change]:
        """The resources of some types, those that nothing happens to among them."""
        return [one for kind in types for one in self._by_type.get(kind, ())]

    def plan_of(self, change: Change) -> Plan:
        """The plan that a change is part of."""
        return next(plan for plan in self.plans if plan.stack == change.stack)

    @cached_property
    def autoscaler_stays(self) -> bool:
        """Whether the cluster autoscaler is among the releases, before and after."""
        return any(
            "cluster-autoscaler" in (one.was("chart"), one.becomes("chart")) and one.before and one.after
            for one in self.of("helm_release")
        )

    @cached_property
    def node_groups(self) -> tuple[NodeGroup, ...]:
        """The managed node groups, those that nothing happens to among them."""
        return tuple(self._node_group(one) for one in self.of("aws_eks_node_group"))

    def made_instead(self, group: NodeGroup) -> NodeGroup | None:
        """A group that is made where one goes: on the same reservation, or else of the same instance types."""
        if group.before is None:
            return None
        keys = (group.before.reservation, group.before.instance_types)
        found = (self._made.get((group.change.stack, key)) for key in keys if key)
        return next((one for one in found if one is not None), None)

    @cached_property
    def _made(self) -> dict[tuple[str, str | tuple[str, ...]], NodeGroup]:
        found: dict[tuple[str, str | tuple[str, ...]], NodeGroup] = {}
        for one in self.node_groups:
            if one.fate == "made" and one.after is not None:
                for key in (one.after.reservation, one.after.instance_types):
                    if key:
                        found.setdefault((one.change.stack, key), one)
        return found

    @cached_property
    def open_groups(self) -> tuple[NodeGroup, ...]:
        """The node groups with nodes that stay, or roll, and take any pod: they have no taint."""
        return tuple(
            one
            for one in self.node_groups
            if one.fate in ("stays", "rolls")
            and one.after is not None
            and one.after.desired != 0
            and not one.change.becomes("taint")
        )

    @cached_property
    def made_placement_groups(self) -> frozenset[str]:
        """The names of placement groups that the plans make."""
        made = (
            one.becomes("name") for one in self.of("aws_placement_group") if one.verb in ("create", "replace")
        )
        return frozenset(name for name in made if isinstance(name, str))

    def template(self, stack: str, id: object) -> Change | None:
        """The launch template of a stack that has this id."""
        return self._templates_by_id.get((stack, id)) if isinstance(id, str) else None

    def cluster_of(self, group: NodeGroup) -> Change | None:
        """The control plane of a node group: of the same name, or the only one of the same stack."""
        name = group.change.becomes("cluster_name")
        found = self._clusters.get(name) if isinstance(name, str) else None
        alone = self._clusters_by_stack.get(group.change.stack, [])
        return found or (alone[0] if len(alone) == 1 and not known(name) else None)

    @cached_property
    def _clusters(self) -> dict[str, Change]:
        return {
            name: one for one in self.of("aws_eks_cluster") if isinstance(name := one.becomes("name"), str)
        }

    @cached_property
    def _clusters_by_stack(self) -> dict[str, list[Change]]:
        found: dict[str, list[Change]] = {}
        for one in self.of("aws_eks_cluster"):
            found.setdefault(one.stack, []).append(one)
        return found

    def group_of_autoscaling(self, name: str) -> NodeGroup | None:
        """The node group that an Auto Scaling group belongs to, by that group's name."""
        return self._autoscaling.get(name)

    @cached_property
    def _autoscaling(self) -> dict[str, NodeGroup]:
        found: dict[str, NodeGroup] = {}
        for group in self.node_groups:
            for side in (group.change.before, group.change.after):
                name = at(side, "resources", 0, "autoscaling_groups", 0, "name")
                if isinstance(name, str):
                    found[name] = group
        return found

    def tags_of(self, group: NodeGroup) -> list[Change]:
        """The tags that the plans put on the Auto Scaling group of a node group."""
        return self.autoscaling_tags.get(group.change.address, [])

    @cached_property
    def autoscaling_tags(self) -> dict[str, list[Change]]:
        """Tags of Auto Scaling groups, by the address of the node group."""
        found: dict[str, list[Change]] = {}
        for tag in self.of("aws_autoscaling_group_tag"):
            name = tag.was("autoscaling_group_name") or tag.becomes("autoscaling_group_name")
            group = self.group_of_autoscaling(name) if isinstance(name, str) else None
            if group is not None:
                found.setdefault(group.change.address, []).append(tag)
        return found

    def jobs_on(self, group: NodeGroup) -> list[Job]:
        """The jobs and servers that are deployed on a node group."""
        address = (group.change.stack, group.change.address)
        if address not in self._jobs:
            self._jobs[address] = self._placed.on(group)
        return self._jobs[address]

    @cached_property
    def _jobs(self) -> dict[tuple[str, str], list[Job]]:
        return {}

    @cached_property
    def _placed(self) -> Placed:
        return Placed(jobs_of(self.changes), self.node_groups)

    @cached_property
    def zones(self) -> dict[str, str]:
        """The zone of each subnet that is known, by its id."""
        found: dict[str, str] = {}
        for subnet in self.of("aws_subnet"):
            for side in (subnet.before, subnet.after):
                _note(found, side.get("id"), side.get("availability_zone"))
        for plan in self.plans:
            for values in plan.data_sources("aws_subnet"):
                _note(found, values.get("id"), values.get("availability_zone"))
        return found

    @cached_property
    def _by_type(self) -> dict[str, list[Change]]:
        found: dict[str, list[Change]] = {}
        for one in self.changes:
            found.setdefault(one.type, []).append(one)
        return found

    def _node_group(self, change: Change) -> NodeGroup:
        # Another template than before is another change: what was is in the one, what becomes in the other.
        was, becomes = self._template(change, change.before), self._template(change, change.after)
        before = nodes_of(change.before, None if was is None else was.before or None, self.zones)
        after = nodes_of(change.after, None if becomes is None else becomes.after or None, self.zones)
        if after is not None and not after.zones:
            after = replace(after, zones=self._new_zones(change))
        return NodeGroup(change, becomes or was, before, after)

    def _template(self, group: Change, side: dict[str, Any]) -> Change | None:
        """The launch template of a group on one side: by its id, or by what the configuration refers to."""
        id = at(side, "launch_template", 0, "id")
        if id is None:
            return None
        if known(id):
            return self.template(group.stack, id)
        module = group.address.rpartition(f"{group.type}.")[0]
        index = "".join(group.address.removeprefix(module).partition("[")[1:])
        for plain in self.plan_of(group).references(group, "launch_template"):
            name = ".".join(plain.rsplit(".", 2)[-2:])
            for suffix in (index, "", "[0]"):
                found = self._templates_by_address.get((group.stack, f"{module}{name}{suffix}"))
                if found is not None:
                    return found
        # A module like terraform-aws-eks names it by a local value; there is one beside the group.
        beside = self._templates_by_module.get((group.stack, module), []) if module else []
        return beside[0] if len(beside) == 1 else None

    @cached_property
    def _templates_by_id(self) -> dict[tuple[str, str], Change]:
        return {
            (one.stack, str(id)): one
            for one in self.of("aws_launch_template")
            for id in (one.was("id"), one.becomes("id"))
            if known(id)
        }

    @cached_property
    def _templates_by_address(self) -> dict[tuple[str, str], Change]:
        return {(one.stack, one.address): one for one in self.of("aws_launch_template")}

    @cached_property
    def _templates_by_module(self) -> dict[tuple[str, str], list[Change]]:
        found: dict[tuple[str, str], list[Change]] = {}
        for one in self.of("aws_launch_template"):
            found.setdefault((one.stack, one.address.rpartition(f"{one.type}.")[0]), []).append(one)
        return found

    def _new_zones(self, group: Change) -> tuple[str, ...]:
        """The zones of subnets whose ids only the apply tells: by what the configuration refers to."""
        ids = group.becomes("subnet_ids")
        if ids is not UNKNOWN and not (isinstance(ids, list) and UNKNOWN in ids):
            return ()
        module = group.address.rpartition(f"{group.type}.")[0]
        found: list[str] = []
        for reference in self.plan_of(group).references(group, "subnet_ids", indexed=True):
            name = ".".join(reference.partition("[")[0].rsplit(".", 2)[-2:]) + "".join(
                reference.partition("[")[1:]
            )
            for subnet in self._subnets_by_address.get((group.stack, f"{module}{name}"), ()):
                zone = subnet.becomes("availability_zone")
                if isinstance(zone, str):
                    found.append(zone)
        # An expression may choose among the subnets that it names: then nothing is known.
        return tuple(sorted(set(found))) if isinstance(ids, list) and len(found) == len(ids) else ()

    @cached_property
    def _subnets_by_address(self) -> dict[tuple[str, str], list[Change]]:
        """Each by its own address; all of one resource by the address without an index as well."""
        found: dict[tuple[str, str], list[Change]] = {}
        for one in self.of("aws_subnet"):
            module, kind, rest = one.address.rpartition(f"{one.type}.")
            for address in {one.address, f"{module}{kind}{rest.partition('[')[0]}"}:
                found.setdefault((one.stack, address), []).append(one)
        return found


def _note(found: dict[str, str], id: object, zone: object) -> None:
    if isinstance(id, str) and isinstance(zone, str):
        found[id] = zone
