"""How many nodes there are, and who says so."""

from __future__ import annotations

from collections.abc import Iterator

from ..nodes import NodeGroup, Nodes, counted
from ..plan import Change
from ..rule import Finding, Level
from ..subject import Subject
from ..told import jobs_there, training
from ..values import known, shown

_OWNER = "k8s.io/cluster-autoscaler/"


_ASK_FIRST = "Ask the account first for room in the reservation or the quota: `make preflight LAYOUT=...`."


class NodesTaken:
    """A group gets a smaller desired size: Auto Scaling chooses the nodes that go, whatever runs on them."""

    id = "nodes-taken"
    level: Level = "warn"

    def look(self, subject: Subject) -> Iterator[Finding]:
        """Yields what it finds."""
        yield from self._scheduled(subject)
        for group in subject.node_groups:
            was, becomes = _sizes(group)
            if _hidden(group):
                yield Finding(
                    group.change, "How many nodes it has afterwards, this plan does not tell: some may go, whatever runs on them.",
                    "Write the desired size as a number, so that it can be reviewed.",
                    str(group.before), "a size that is not told", None if group.nodes.is_accelerated else "note",
                )  # fmt: skip
            if was is None or becomes is None or becomes >= was or _owner(group, subject):
                continue
            yield Finding(
                group.change, _taken(group, subject, was, becomes),
                "Stop the jobs when they have checkpointed, or wait until they are done, and then deploy.",
                str(group.before), str(group.after), _taken_level(group, subject),
            )  # fmt: skip

    def _scheduled(self, subject: Subject) -> Iterator[Finding]:
        for one in subject.of("aws_autoscaling_schedule"):
            size, name = one.becomes("desired_capacity"), one.becomes("autoscaling_group_name")
            group = subject.group_of_autoscaling(name) if isinstance(name, str) else None
            # -1 leaves the size as it is.
            if not isinstance(size, int) or size < 0 or group is None or group.before is None:
                continue
            running = group.before.desired
            if one.verb not in ("create", "update", "replace") or running is None or size >= running:
                continue
            if one.before and one.was("desired_capacity") == size and not one.differs("recurrence"):
                continue
            when = one.becomes("recurrence") or one.becomes("start_time")
            yield Finding(
                one, f"At {shown(when)}: {_taken(group, subject, running, size)}",
                "Be sure that the jobs have ended or checkpointed by then.",
                str(group.before), f"{counted(size, 'node')} at {shown(when)}", None if group.nodes.is_accelerated else "note",
            )  # fmt: skip


class NodesAdded:
    """A group of nodes with GPUs or Neuron devices gets a larger desired size: they start only where there is capacity for them."""

    id = "nodes-added"
    level: Level = "note"

    def look(self, subject: Subject) -> Iterator[Finding]:
        """Yields what it finds."""
        new = _new(subject)
        for group in subject.node_groups:
            was, becomes = _sizes(group)
            after = group.after
            if after is not None and after.is_accelerated and group.change in new:
                yield Finding(group.change, _made(after), _ASK_FIRST, "", str(after))
                continue
            if was is None or becomes is None or after is None or becomes <= was or not after.is_accelerated:
                continue
            if _owner(group, subject):
                continue
            more = counted(becomes - was, "node")
            if after.accelerators_each:
                more += f", {counted((becomes - was) * after.accelerators_each, after.accelerator)}"
            effect = f"{more} more. Jobs that run are not touched, and do not grow by themselves."
            if after.reservation:
                effect += f" {after.reservation} has to have room for {becomes}: else the apply waits for nodes that do not come."
            yield Finding(group.change, effect, _ASK_FIRST, str(group.before), str(after))


class SizeRefused:
    """The sizes of a group do not fit each other, or the nodes that run: EKS refuses them, and the apply stops there."""

    id = "size-refused"
    level: Level = "warn"

    def look(self, subject: Subject) -> Iterator[Finding]:
        """Yields what it finds."""
        for group in subject.node_groups:
            after = group.after
            if after is None or not (group.change.differs("scaling_config") and group.change.happens):
                continue
            least, desired, most = after.minimum, after.desired, after.maximum
            told = None
            if desired is not None and most is not None and desired > most:
                told = f"max {most} is less than the {desired} nodes that are desired"
            elif desired is not None and least is not None and desired < least:
                told = f"min {least} is more than the {desired} nodes that are desired"
            if told is None:
                continue
            effect = (
                f"{told[0].upper()}{told[1:]}: EKS refuses it, and what comes later in this plan is not done."
            )
            if group.before is not None and group.before.desired == desired:
                effect += " The desired size is not this plan's to change, if an autoscaler owns it."
            remedy = "Bring the number of nodes into the range first, or choose the range around it."
            before = group.before
            sizes = f"{before.minimum} to {before.maximum}" if before else ""
            yield Finding(group.change, effect, remedy, sizes, f"{least} to {most}, desired {desired}")


class SizeAgainstOwner:
    """Terraform sets the desired size of a group that the cluster autoscaler scales: each takes back what the other has done."""

    id = "size-against-owner"
    level: Level = "warn"

    def look(self, subject: Subject) -> Iterator[Finding]:
        """Yields what it finds."""
        for group in subject.node_groups:
            was, becomes = _sizes(group)
            if was is None or becomes is None or was == becomes:
                continue
            sign = _owner(group, subject)
            if not sign:
                continue
            effect = f"{sign}: it has {was} nodes running for the pods that there are, and this plan makes that {becomes}."
            level: Level | None = None
            if becomes < was:
                effect += " " + _taken(group, subject, was, becomes)
                level = _taken_level(group, subject)
                level = None if level == "note" else level
            remedy = (
                "Let one own the size: `scaling_owner: autoscaler` (lifecycle ignore_changes on desired_size) if the autoscaler "
                "does, and change min and max only."
            )
            yield Finding(group.change, effect, remedy, f"{was} desired", f"{becomes} desired", level)


class SizeOwnerSwitched:
    """Somebody else owns the size of a group from now on: the cluster autoscaler instead of Terraform, or the other way round."""

    id = "size-owner-switched"
    level: Level = "note"

    def look(self, subject: Subject) -> Iterator[Finding]:
        """Yields what it finds."""
        told = set()
        for tag in subject.of("aws_autoscaling_group_tag"):
            if not _is_owners(tag) or tag.verb not in ("create", "delete"):
                continue
            name = (
                tag.becomes("autoscaling_group_name")
                if tag.verb == "create"
                else tag.was("autoscaling_group_name")
            )
            group = subject.group_of_autoscaling(name) if isinstance(name, str) else None
            if group is None or group.fate not in ("stays", "rolls") or group.name in told:
                continue
            told.add(group.name)
            yield self._switched(group, to_autoscaler=tag.verb == "create")
        for release in subject.of("helm_release"):
            if _is_autoscaler(release) and release.verb in ("create", "delete") and not told:
                open_ended = [
                    one for one in subject.node_groups if one.fate in ("stays", "rolls") and _has_room(one)
                ]
                if open_ended:
                    yield self._release(release, open_ended)

    def _switched(self, group: NodeGroup, *, to_autoscaler: bool) -> Finding:
        nodes = group.after or group.nodes
        if to_autoscaler:
            # https://github.com/kubernetes/autoscaler/blob/master/cluster-autoscaler/FAQ.md#how-does-scale-down-work
            effect = (
                f"From now on the cluster autoscaler starts nodes of {group.name} for pods that wait, and terminates those that "
                f"are idle for ten minutes, down to min {nodes.minimum}; the desired size of the layout no longer counts."
            )
            remedy = "Set size.min to what must stay between jobs: GPU nodes on demand, once given back, may not be had again."
            level: Level | None = "warn" if nodes.is_accelerated and nodes.is_reserved else None
            return Finding(group.change, effect, remedy, "Terraform", "the cluster autoscaler", level)
        effect = f"From now on every deploy sets {group.name} to the layout's desired size, {nodes.desired}, whatever runs."
        remedy = "Write the number of nodes that run now as size.desired before you deploy."
        return Finding(group.change, effect, remedy, "the cluster autoscaler", "Terraform", "warn")

    def _release(self, release: Change, groups: list[NodeGroup]) -> Finding:
        names = ", ".join(one.name for one in groups[:5]) + (" ..." if len(groups) > 5 else "")
        if release.verb == "create":
            effect = f"The cluster autoscaler finds every managed node group by EKS's tags: it may scale {names} between min and max."
            remedy = "Set min to what must stay where Terraform owns the size."
            return Finding(release, effect, remedy, "Terraform", "the cluster autoscaler")
        effect = f"Nobody scales {names} any more: pods that wait get no node, and idle nodes stay and cost."
        remedy = "Set size.desired to what is needed."
        return Finding(release, effect, remedy, "the cluster autoscaler", "Terraform", "warn")


def _new(subject: Subject) -> frozenset[Change]:
    """The groups that are made in a cluster that is there, and in the place of no other."""
    made = [one for one in subject.node_groups if one.fate == "made"]
    if len(made) == len(subject.node_groups):
        return frozenset()  # all is new
    gone = [one for one in subject.node_groups if one.fate in ("deleted", "replaced")]
    instead = {one.change for one in map(subject.made_instead, gone) if one is not None}
    return frozenset(one.change for one in made if one.change not in instead)


def _made(after: Nodes) -> str:
    effect = f"A new group of {after.how_many}. Nodes and jobs of other groups are not touched."
    if after.reservation and after.desired:
        effect += f" {after.reservation} has to be active, of this type and zone, and have room for {after.desired}: else "
        effect += "the apply waits for nodes that do not come, and then fails."
    return effect


def _sizes(group: NodeGroup) -> tuple[int | None, int | None]:
    if group.fate not in ("stays", "rolls") or group.before is None or group.after is None:
        return None, None
    return group.before.desired, group.after.desired


def _hidden(group: NodeGroup) -> bool:
    """Whether the desired size may be another one, which only the apply tells, or nobody."""
    size = group.change.becomes("scaling_config", 0, "desired_size")
    return (
        group.change.verb == "update"
        and size is not None
        and not known(size)
        and group.change.differs("scaling_config", 0, "desired_size")
    )


def _taken(group: NodeGroup, subject: Subject, was: int, becomes: int) -> str:
    # Which nodes go, and that disruption budgets do not hold them:
    # https://docs.aws.amazon.com/eks/latest/userguide/managed-node-groups.html
    before = group.before
    lost = counted(was - becomes, "node")
    if before is not None and before.accelerators_each:
        lost += f" ({counted((was - becomes) * before.accelerators_each, before.accelerator)})"
    which = f"Auto Scaling chooses which of the {was}, whatever runs on them" if becomes else "All go"
    told = f"{lost} less. {which}; disruption budgets do not hold them, and a job over several nodes ends with any of them."
    if before is not None and before.reservation:
        told += f" {before.reservation} is paid for all the same."
    return told + jobs_there(subject.jobs_on(group))


def _taken_level(group: NodeGroup, subject: Subject) -> Level | None:
    if training(subject.jobs_on(group)):
        return "stop"
    return None if group.before is not None and group.before.is_accelerated else "note"


def _owner(group: NodeGroup, subject: Subject) -> str:
    """How the plans show that the cluster autoscaler owns a group's size; nothing where they do not.

    `ignore_changes` is no part of a plan; where it is said, no plan changes the desired size.
    """
    if any(_is_owners(tag) and tag.before and tag.after for tag in subject.tags_of(group)):
        return "The group's tags for the cluster autoscaler show that it owns the size"
    if subject.autoscaling_tags or not _has_room(group):
        return ""  # the tags say whose the other groups are
    if subject.autoscaler_stays:
        return "The cluster autoscaler runs here and finds every managed node group"
    return ""


def _has_room(group: NodeGroup) -> bool:
    nodes = group.after
    return (
        nodes is not None
        and nodes.minimum is not None
        and nodes.maximum is not None
        and nodes.minimum < nodes.maximum
    )


def _is_owners(tag: Change) -> bool:
    key = tag.becomes("tag", 0, "key") or tag.was("tag", 0, "key")
    return isinstance(key, str) and key.startswith(_OWNER)


def _is_autoscaler(release: Change) -> bool:
    return "cluster-autoscaler" in (release.was("chart"), release.becomes("chart"))
