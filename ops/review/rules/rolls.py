"""Node groups whose nodes are exchanged one after the other."""

from __future__ import annotations

from collections.abc import Iterator

from ..nodes import NodeGroup, Nodes
from ..plan import Change
from ..rule import Finding, Level
from ..subject import Subject
from ..told import empty, from_to, jobs_there, minimal, size_command, training
from ..values import at, known

# https://docs.aws.amazon.com/eks/latest/userguide/managed-node-update-behavior.html
_MOST_AT_ONCE = 100
# What a version of a launch template is not: the nodes are the same without.
_BESIDE = {
    "arn", "default_version", "description", "id", "latest_version", "name", "name_prefix", "tags", "tags_all",
    "update_default_version",
}  # fmt: skip
_CALLED = {
    "block_device_mappings": "root volume",
    "capacity_reservation_specification": "reservation",
    "iam_instance_profile": "instance profile",
    "instance_market_options": "market option",
    "network_interfaces": "network interfaces",
    "placement": "placement group",
    "tag_specifications": "tags of the instances",
    "user_data": "user data",
    "vpc_security_group_ids": "security groups",
}
_PATHS = {
    "image_id": ("AMI", ("image_id",)),
    "instance_type": ("instance type", ("instance_type",)),
    "metadata_options": (
        "hop limit of the metadata service",
        ("metadata_options", 0, "http_put_response_hop_limit"),
    ),
    "block_device_mappings": ("root volume, GiB", ("block_device_mappings", 0, "ebs", 0, "volume_size")),
}


class NodesRoll:
    """A change in place makes EKS exchange the nodes of a group one after the other, and a job over several nodes ends each time."""

    id = "nodes-roll"
    level: Level = "warn"

    def look(self, subject: Subject) -> Iterator[Finding]:
        """Yields what it finds."""
        for group in subject.node_groups:
            before, after = group.before, group.after
            if group.fate != "rolls" or before is None or after is None:
                continue
            why = reasons(group)
            told = f"rolled, {group.at_once} at a time: {', '.join(why)}"
            if empty(before):
                effect = "No node runs in it now: the next ones start with the new version."
                remedy = "Deploy, unless somebody has scaled the group up since the plan was made."
                yield Finding(group.change, effect, remedy, str(before), told, level="note")
                continue
            jobs = subject.jobs_on(group)
            effect = _effect(group, before, after) + jobs_there(jobs)
            remedy = _remedy(group, before, after)
            if [*why] == ["tags of the instances"]:
                remedy = (
                    f"Only tags differ: leave them until the nodes roll for another reason. Else: {remedy}"
                )
            yield Finding(
                group.change,
                effect,
                remedy,
                str(before),
                told,
                _level(group, before, after, bool(training(jobs))),
            )


def reasons(group: NodeGroup) -> list[str]:
    """Why the nodes roll, each like `user data` or `Kubernetes 1.35 → 1.36`."""
    change, found = group.change, []
    for part in group.rolled_by:
        if part == "version":
            found.append(f"Kubernetes {from_to(change.was(part), change.becomes(part))}")
        elif part == "release_version":
            found.append(f"AMI release {from_to(change.was(part), change.becomes(part))}")
        else:
            found += _in_template(group.template) or ["another version of the launch template"]
    return found


def _in_template(template: Change | None) -> list[str]:
    if template is None or not template.happens:
        return []
    found = []
    for argument in template.arguments:
        if argument in _BESIDE:
            continue
        called, path = _PATHS.get(argument, ("", ()))
        was, becomes = template.was(*path), template.becomes(*path)
        if path and was != becomes and known(was) and known(becomes):
            found.append(f"{called} {from_to(was, becomes)}")
        else:
            found.append(_CALLED.get(argument, called or argument))
    return found


def _needs_room(group: NodeGroup, before: Nodes, after: Nodes) -> bool:
    """Whether new nodes come out of the reservation that the old ones still fill."""
    return after.is_reserved and after.reservation == before.reservation and not group.drains_first


def _level(group: NodeGroup, before: Nodes, after: Nodes, trained: bool) -> Level:
    """A stop where a run is known to end, or where the roll cannot work; no more than a note where no device is."""
    if not before.is_accelerated:
        return "stop" if trained else "note"
    cannot = before.is_block or after.is_block or _needs_room(group, before, after)
    return "stop" if trained or cannot else "warn"


def _in_force(group: NodeGroup, before: Nodes) -> int:
    """How many nodes this update takes away at once; one where nothing is said or known."""
    return _share(group.update_in_force, before) or 1


def _all_at_once(group: NodeGroup, before: Nodes) -> bool:
    return before.desired is not None and 1 < before.desired <= _in_force(group, before)


def _effect(group: NodeGroup, before: Nodes, after: Nodes) -> str:
    # https://docs.aws.amazon.com/eks/latest/userguide/managed-node-update-behavior.html
    pace = "" if before.desired == 1 else f", {group.at_once} at a time"
    told = f"EKS drains and terminates {before.how_many}{pace}."
    if before.is_accelerated and _all_at_once(group, before):
        told += " Every job on them ends, once, and starts again from its last checkpoint."
    elif before.is_accelerated and (before.desired is None or before.desired > 1):
        told += (
            " A job over several nodes loses a rank each time, and goes back to its last checkpoint as often."
        )
    elif before.is_accelerated:
        told += " A job on it ends, and starts again from its last checkpoint."
    if group.drains_first:
        return told
    # The larger of the two: https://docs.aws.amazon.com/eks/latest/userguide/managed-node-update-behavior.html
    more = max(2 * (len(after.zones) or 1), _in_force(group, before))
    told += f" It first starts new nodes, up to {more} more than there are"
    if after.is_block:
        told += ": a capacity block has none, and AWS asks for size 0 before such an update"
    elif after.reservation and after.reservation != before.reservation:
        told += f": {after.reservation} has to have room for all"
    elif after.is_reserved:
        told += ": a full reservation has none, and the update fails, with no node exchanged"
    if group.change.becomes("update_config", 0, "update_strategy") == "MINIMAL":
        told += ". The strategy minimal of this deploy counts from the next one"
    return told + "."


def _remedy(group: NodeGroup, before: Nodes, after: Nodes) -> str:
    if before.is_block or after.is_block:
        # https://docs.aws.amazon.com/eks/latest/userguide/capacity-blocks-mng.html. The provider changes the version
        # before the size: https://github.com/hashicorp/terraform-provider-aws/blob/main/internal/service/eks/node_group.go
        return (
            "When the jobs have checkpointed, stop them and scale the group to 0 before this deploy, not by it "
            f"({size_command(group, 0)}), then deploy, then scale up again."
        )
    if _needs_room(group, before, after):
        return (
            "When the jobs have checkpointed, stop them, and tell EKS to drain first "
            f"({minimal(group)}) or leave an instance of the reservation free; then deploy."
        )
    if before.is_accelerated and _all_at_once(group, before):
        return "Deploy when the jobs have checkpointed, so that no work is lost."
    if before.is_accelerated:
        return "Deploy when the jobs have checkpointed and are stopped, so that they start again once and not once per node."
    return "Deploy; pods move to other nodes as their disruption budgets allow."


class StrategyLost:
    """The strategy of later updates is taken away: they start new nodes first again, which a full reservation has no room for."""

    id = "update-strategy-lost"
    level: Level = "warn"

    def look(self, subject: Subject) -> Iterator[Finding]:
        """Yields what it finds."""
        for group in subject.node_groups:
            after = group.after
            was = group.change.was("update_config", 0, "update_strategy")
            becomes = group.change.becomes("update_config", 0, "update_strategy")
            if (
                group.fate not in ("stays", "rolls")
                or after is None
                or not isinstance(was, str)
                or was == becomes
            ):
                continue
            needed = was == "MINIMAL" and after.is_reserved
            effect = []
            if needed:
                effect.append(
                    "EKS starts new nodes first in the next updates, and a full reservation has no room for them."
                )
            if not becomes and was:
                # https://github.com/terraform-aws-modules/terraform-aws-eks/issues/3625
                effect.append(
                    "EKS goes on to answer with a strategy, so that each plan shows this change again."
                )
            if effect:
                remedy = (
                    f"Write update: {{strategy: {was.lower()}}} in the layout, also where somebody has set it beside Terraform"
                    f"{'' if needed else ', or the other one'}."
                )
                told = becomes if isinstance(becomes, str) and becomes else "nothing"
                level: Level = "warn" if needed else "note"
                yield Finding(
                    group.change, " ".join(effect), remedy, f"strategy {was}", f"strategy {told}", level
                )


class ForcedUpdate:
    """An update of nodes no longer waits for pods that do not leave: a disruption budget that guards a job is passed over."""

    id = "forced-update"
    level: Level = "warn"

    def look(self, subject: Subject) -> Iterator[Finding]:
        """Yields what it finds."""
        for group in subject.node_groups:
            change = group.change
            if (
                group.before
                and change.becomes("force_update_version") is True
                and change.was("force_update_version") is not True
            ):
                # https://docs.aws.amazon.com/eks/latest/APIReference/API_UpdateNodegroupVersion.html
                effect = "From now on EKS deletes pods that do not drain, disruption budget or not, when it updates the nodes."
                remedy = "Leave force_update_version off, and stop the jobs before an update instead."
                yield Finding(change, effect, remedy, "waits for disruption budgets", "forced")


class MoreAtOnce:
    """More nodes of a group may be away at the same time in later updates."""

    id = "more-nodes-at-once"
    level: Level = "note"

    def look(self, subject: Subject) -> Iterator[Finding]:
        """Yields what it finds."""
        for group in subject.node_groups:
            before = group.before
            if (
                before is None
                or group.fate not in ("stays", "rolls")
                or not group.change.differs("update_config", 0)
            ):
                continue
            was = _share(group.update_in_force, before)
            becomes = _share(group.change.becomes("update_config", 0), before)
            if was is not None and becomes is not None and becomes > was:
                effect = (
                    f"When nodes roll, {becomes} of {before.how_many} go at the same time, where {was} went."
                )
                remedy = "Fine for a job that needs all nodes anyway; keep it low where servers have to go on answering."
                yield Finding(group.change, effect, remedy, str(was), str(becomes))


def _share(block: object, nodes: Nodes) -> int | None:
    """How many nodes may be away; EKS rounds no share to less than one."""
    number, share = at(block, "max_unavailable"), at(block, "max_unavailable_percentage")
    if isinstance(number, int) and number:
        return number
    if isinstance(share, int) and share and nodes.desired is not None:
        return min(_MOST_AT_ONCE, max(1, nodes.desired * share // 100))
    return None
