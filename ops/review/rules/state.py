"""What Terraform knows and does not: errors, drift, moves, imports, and what is let go."""

from __future__ import annotations

from collections.abc import Iterator

from ..nodes import counted
from ..rule import Finding, Level
from ..subject import Subject
from ..values import shown
from .cluster import CLUSTER
from .data import STORES
from .parts import listed

# So many updates of tags are told one by one.
_FEW = 3


class PlanErrored:
    """A plan that Terraform could not finish: what it does not show may be the worst of it."""

    id = "plan-errored"
    level: Level = "stop"

    def look(self, subject: Subject) -> Iterator[Finding]:
        """Plans with `errored`."""
        for plan in subject.plans:
            if plan.errored:
                yield Finding(
                    None,
                    "Terraform stopped with errors while it planned: this is not all that would be done, and it cannot be applied.",
                    "Put the errors right, and plan again.",
                    plan=plan.stack,
                )


class PlanDeferred:
    """Changes that Terraform leaves to a later run, since it cannot plan them yet: nobody can review them here."""

    id = "plan-deferred"
    level: Level = "warn"

    def look(self, subject: Subject) -> Iterator[Finding]:
        """Plans with deferred changes."""
        for plan in subject.plans:
            if plan.deferred:
                yield Finding(
                    None,
                    f"{counted(len(plan.deferred), 'change')} cannot be planned yet: {listed(one.address for one in plan.deferred)}.",
                    "Plan again after the apply, and review that plan too.",
                    plan=plan.stack,
                )


class ActionsInvoked:
    """Actions that the apply invokes beside its changes: they may stop instances or run commands, and no plan shows what they do."""

    # https://developer.hashicorp.com/terraform/language/invoke-actions
    id = "actions-invoked"
    level: Level = "warn"

    def look(self, subject: Subject) -> Iterator[Finding]:
        """Plans with invoked actions."""
        for plan in subject.plans:
            if plan.actions:
                yield Finding(
                    None,
                    f"{counted(len(plan.actions), 'action')} will be invoked: {listed(plan.actions)}. What they do to what runs, this plan does not show.",
                    "Read what each does, and what triggers it.",
                    plan=plan.stack,
                )


class CheckFailed:
    """A check of the configuration that fails: somebody has written down that this must not be."""

    id = "check-failed"
    level: Level = "warn"

    def look(self, subject: Subject) -> Iterator[Finding]:
        """`check` blocks and conditions that fail or cannot be told."""
        for plan in subject.plans:
            for failed in plan.failed_checks:
                yield Finding(
                    None,
                    f"A check of the configuration fails: {shown(failed, 300)}",
                    "Read what it says before the apply.",
                    plan=plan.stack,
                )


class StackDestroyed:
    """A stack of which everything is destroyed: one line, since all that is in it goes."""

    id = "stack-destroyed"
    level: Level = "stop"

    def look(self, subject: Subject) -> Iterator[Finding]:
        """Stacks whose every resource is deleted."""
        for stack in sorted(subject.ended):
            mine = [one for one in subject.changes if one.stack == stack]
            clusters = [one.label for one in mine if one.type == CLUSTER]
            groups = [
                group
                for group in subject.node_groups
                if group.change.stack == stack and group.before is not None
            ]
            devices: dict[str, int] = {}
            for group in groups:
                if group.nodes.accelerators:
                    devices[group.nodes.accelerator] = (
                        devices.get(group.nodes.accelerator, 0) + group.nodes.accelerators
                    )
            stores = [f"{STORES[one.type].name} {one.label}" for one in mine if one.type in STORES]
            releases = sum(one.type == "helm_release" for one in mine)
            parts = [
                *(f"the cluster {name}" for name in clusters),
                *([counted(len(groups), "node group")] if groups else ()),
                *(counted(number, word) for word, number in sorted(devices.items())),
                *([f"data: {listed(stores)}"] if stores else ()),
                *([counted(releases, "Helm release")] if releases else ()),
            ]
            among = f" Among it: {', '.join(parts)}." if parts else ""
            yield Finding(
                None,
                f"All {counted(len(mine), 'resource')} of the stack are destroyed, and whatever runs on them ends.{among}",
                "If that is meant, see that jobs have ended and data is kept elsewhere. If not, look at what was planned: `-destroy`, an empty "
                "configuration, or another workspace or state.",
                counted(len(mine), "resource"),
                "nothing",
                plan=stack,
            )


class Moved:
    """A resource with another address in the configuration: nothing happens to it by that alone."""

    id = "moved"
    level: Level = "note"

    def look(self, subject: Subject) -> Iterator[Finding]:
        """Resources with a previous address."""
        for one in subject.changes:
            if one.previous_address:
                yield Finding(
                    one,
                    "It is only called another name in the state."
                    if not one.happens
                    else "It is called another name in the state; what else is done to it is not because of that.",
                    "Nothing.",
                    one.previous_address,
                    one.address,
                )


class Imported:
    """A resource that Terraform takes in its hands: what differs from the configuration is changed with the same apply."""

    id = "imported"
    level: Level = "note"

    def look(self, subject: Subject) -> Iterator[Finding]:
        """Imports: a warning where the resource is changed as well."""
        for one in subject.changes:
            if one.imported_id is None:
                continue
            what = {"update": "is changed", "replace": "is REPLACED"}.get(one.verb, "is changed")
            yield Finding(
                one,
                f"It exists already, is imported, and {what} at once: {listed(one.arguments)}."
                if one.happens
                else "It exists already and is imported as it is.",
                "Make the configuration say what there is, and change it in a later step."
                if one.happens
                else "Nothing.",
                shown(one.imported_id),
                one.address,
                level="stop" if one.goes else "warn" if one.happens else None,
            )


class Forgotten:
    """A resource that Terraform lets go: it stays and costs, and nobody manages it any more."""

    id = "forgotten"
    level: Level = "warn"

    def look(self, subject: Subject) -> Iterator[Finding]:
        """Resources that are only taken from the state."""
        for one in subject.changes:
            # Of node groups, another rule tells more.
            if one.verb == "forget" and one.type != "aws_eks_node_group":
                yield Finding(
                    one,
                    "It is not destroyed: it goes on and costs, and this configuration does not know it any more.",
                    "Note who manages it from now on, or delete it by hand later.",
                    one.label,
                    "unmanaged",
                )


class Deposed:
    """What an interrupted replacement has left behind, and is cleaned up now."""

    id = "deposed"
    level: Level = "note"

    def look(self, subject: Subject) -> Iterator[Finding]:
        """Deposed objects."""
        for one in subject.changes:
            if one.is_deposed and one.happens:
                yield Finding(
                    one,
                    "An earlier apply was interrupted while it replaced this; the old one is deleted now.",
                    "Be sure that nothing uses the old one.",
                    one.label,
                    "gone",
                )


class Tagged:
    """Tags on many resources at once: nothing happens to what runs by the tags of these alone."""

    id = "tags-changed"
    level: Level = "note"

    def look(self, subject: Subject) -> Iterator[Finding]:
        """Updates that differ in tags only, as one finding of each stack."""
        for plan in subject.plans:
            only_tags = [
                one
                for one in plan.changes
                if one.is_managed and one.verb == "update" and {*one.arguments} <= {"tags", "tags_all"} and one.arguments
            ]  # fmt: skip
            if len(only_tags) <= _FEW:
                continue
            first = only_tags[0]
            old, new = (side.get("tags_all") or {} for side in (first.before, first.after))
            different: list[str] = []
            if isinstance(old, dict) and isinstance(new, dict):
                different = [name for name in {*old, *new} if old.get(name) != new.get(name)]
            yield Finding(
                None,
                f"{counted(len(only_tags), 'resource')} get other tags ({listed(different) or 'tags'}) and nothing else: that is done in place.",
                "Look for what else the same tag changes: a launch template gets a new version by it.",
                plan=plan.stack,
            )


RULES = (
    PlanErrored(),
    StackDestroyed(),
    PlanDeferred(),
    ActionsInvoked(),
    CheckFailed(),
    Forgotten(),
    Imported(),
    Moved(),
    Deposed(),
    Tagged(),
)
