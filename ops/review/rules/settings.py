"""What a node group says of its nodes: labels, taints, repair, access, role."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ..jobs import Job
from ..nodes import NodeGroup
from ..rule import Finding, Level
from ..subject import Subject
from ..told import empty, jobs_there
from ..values import at, known, shown

# Labels that follow from the type and its devices: rules of their own tell of those.
_DERIVED = {"k8s.amazonaws.com/accelerator", "nvidia.com/gpu.present", "vpc.amazonaws.com/efa.present"}
# What a node cannot do without, by the end of the policy's ARN:
# https://docs.aws.amazon.com/eks/latest/userguide/create-node-role.html
_NEEDED = {
    "AmazonEKSWorkerNodePolicy": "join the cluster",
    "AmazonEC2ContainerRegistryPullOnly": "pull images",
    "AmazonEC2ContainerRegistryReadOnly": "pull images",
    "AmazonEKS_CNI_Policy": "give pods addresses, unless the VPC CNI has a role of its own",
}


class LabelsRemoved:
    """Nodes lose a label, or its value: a pod that selects it no longer finds a node, when its job starts again."""

    id = "node-labels-removed"
    level: Level = "warn"

    def look(self, subject: Subject) -> Iterator[Finding]:
        """Yields what it finds."""
        for group in subject.node_groups:
            was, becomes = group.change.was("labels"), group.change.becomes("labels")
            if not isinstance(was, dict) or group.fate not in ("stays", "rolls", "replaced"):
                continue
            if becomes is not None and not isinstance(becomes, dict):
                continue  # not told
            after: Mapping[str, Any] = becomes or {}
            lost = {
                key: value for key, value in was.items() if after.get(key) != value and _told(after.get(key))
            }
            if not lost:
                continue
            waiting = [job for job in subject.jobs_on(group) if set(lost) & set(job.wanted)]
            effect = "Pods that select it start on these nodes no more; those that run go on."
            if not waiting and (group.fate == "replaced" or set(lost) <= _DERIVED):
                continue
            level: Level | None = None if group.nodes.is_accelerated else "note"
            if waiting:
                effect = "Pods that select it go on until they end, and then never find a node." + jobs_there(
                    waiting
                )
                level = "stop"
            remedy = "Change the nodeSelector of the jobs in the same deploy, or keep the label until they are done."
            sides = ", ".join(f"{key}={shown(value, 40)}" for key, value in sorted(lost.items()))
            rest = ", ".join(f"{key}={shown(after.get(key), 40)}" for key in sorted(lost) if key in after)
            yield Finding(group.change, effect, remedy, sides, rest or "removed", level)


class TaintsChanged:
    """Nodes get a taint, which keeps pods away or throws them out, or lose one, and take pods that they are not meant for."""

    id = "node-taints-changed"
    level: Level = "warn"

    def look(self, subject: Subject) -> Iterator[Finding]:
        """Yields what it finds."""
        for group in subject.node_groups:
            if (
                group.before is None
                or group.fate not in ("stays", "rolls")
                or not group.change.differs("taint")
            ):
                continue
            was, becomes = _taints(group.change.was("taint")), _taints(group.change.becomes("taint"))
            if becomes is None or was is None:
                told = "Which taints its nodes have afterwards, this plan does not tell: NO_EXECUTE among them throws pods out at once."
                remedy = "Write the taints out, so that they can be reviewed."
                yield Finding(group.change, told, remedy, ", ".join(map(_taint, was or ())), "(not told)", None if group.nodes.is_accelerated else "note")  # fmt: skip
                continue
            jobs = subject.jobs_on(group)
            for taint in becomes:
                if taint not in was:
                    yield self._added(group, taint, jobs)
            lost = [one for one in was if one not in becomes and one.get("effect") != "PREFER_NO_SCHEDULE"]
            if lost and all(one.get("effect") == "PREFER_NO_SCHEDULE" for one in becomes):
                effect = "Any pod may start on these nodes now, and take memory, CPUs or the place of a job."
                remedy = "Keep a taint on nodes with GPUs, and let those pods tolerate it that need them."
                level: Level | None = None if group.before.is_accelerated else "note"
                yield Finding(group.change, effect, remedy, ", ".join(map(_taint, lost)), "removed", level)

    def _added(self, group: NodeGroup, taint: Mapping[str, Any], jobs: list[Job]) -> Finding:
        # https://kubernetes.io/docs/concepts/scheduling-eviction/taint-and-toleration/
        left = [job for job in jobs if not job.tolerates(taint)]
        remedy = "Give the jobs, and the DaemonSets of GPUs, EFA and network, a toleration of it first."
        level: Level | None = None
        if taint.get("effect") == "NO_EXECUTE":
            effect = "Kubernetes throws out every pod that does not tolerate it, at once: jobs end."
            level = "stop"
        elif taint.get("effect") == "PREFER_NO_SCHEDULE":
            effect, level = "New pods go elsewhere, where there is room.", "note"
        else:
            effect = "Pods that do not tolerate it start there no more; a job that runs goes on, and once it fails never starts again."
        if jobs and not left and taint.get("effect") != "PREFER_NO_SCHEDULE":
            effect, level = "The jobs that the plans tell of tolerate it; other pods stay away.", "note"
            remedy = "Look for jobs that are not in these plans."
        elif empty(group.before):
            level = "note"
        return Finding(group.change, effect + jobs_there(left), remedy, "no such taint", _taint(taint), level)


class NodeRepairSwitched:
    """EKS starts, or stops, to replace and reboot nodes that look sick by itself: under a job that may still run."""

    id = "node-repair-switched"
    level: Level = "warn"

    def look(self, subject: Subject) -> Iterator[Finding]:
        """Yields what it finds."""
        for group in subject.node_groups:
            was = group.change.was("node_repair_config", 0, "enabled")
            becomes = group.change.becomes("node_repair_config", 0, "enabled")
            if group.before is None or group.fate not in ("stays", "rolls") or bool(was) == bool(becomes):
                continue
            if becomes is not None and not isinstance(becomes, bool):
                continue
            level: Level | None = None if group.before.is_accelerated else "note"
            if becomes:
                # Ten minutes for devices, thirty for the rest: https://docs.aws.amazon.com/eks/latest/userguide/node-repair.html
                effect = (
                    "A node whose GPUs report a fault is rebooted or replaced after ten minutes, one with another fault after "
                    "thirty: the job on it starts again from its last checkpoint"
                )
                effect += (
                    ", and a replacement needs an instance free in the reservation."
                    if group.before.is_reserved
                    else "."
                )
                remedy = (
                    "Good for jobs that restart by themselves from checkpoints; not for those that do not."
                )
            else:
                effect = "A node with a broken GPU stays: its job hangs or fails there again and again, until somebody replaces it."
                remedy = "Watch the nodes' conditions, and replace by hand."
            yield Finding(
                group.change, effect, remedy, "on" if was else "off", "on" if becomes else "off", level
            )


class RemoteAccessChanged:
    """SSH to the nodes is opened, closed or changed, for which EKS makes the group anew; without a source group it is open to the world."""

    id = "remote-access-changed"
    level: Level = "note"

    def look(self, subject: Subject) -> Iterator[Finding]:
        """Yields what it finds."""
        for group in subject.node_groups:
            was, becomes = group.change.was("remote_access", 0), group.change.becomes("remote_access", 0)
            if group.before is None or group.after is None or was == becomes or becomes is None:
                continue
            sources = at(becomes, "source_security_group_ids")
            effect, level = (
                "Who holds the key, and is in the security groups named, can log in to the nodes.",
                None,
            )
            if known(at(becomes, "ec2_ssh_key")) and not sources:
                # https://docs.aws.amazon.com/eks/latest/APIReference/API_RemoteAccessConfig.html
                effect = "Port 22 of the nodes is open to 0.0.0.0/0: a key without source security groups means everybody."
                level = "stop"
            remedy = (
                "Leave remote_access out and use Session Manager: `aws ssm start-session --target INSTANCE`."
            )
            found: Level | None = "stop" if level else None
            yield Finding(group.change, effect, remedy, "SSH" if was else "no SSH", "SSH", found)


class NodeRole:
    """The IAM role of nodes that stay is destroyed or replaced, or loses a policy: they drop out, or pull no image any more."""

    id = "node-role-lost"
    level: Level = "stop"

    def look(self, subject: Subject) -> Iterator[Finding]:
        """Yields what it finds."""
        by_arn: dict[str, list[NodeGroup]] = {}
        for group in subject.node_groups:
            arn = group.change.was("node_role_arn")
            if group.fate in ("stays", "rolls") and isinstance(arn, str) and not empty(group.before):
                by_arn.setdefault(arn, []).append(group)
        if not by_arn:
            return
        for role in subject.of("aws_iam_role"):
            users = by_arn.get(str(role.was("arn")), [])
            if users and role.goes:
                effect = f"Nodes of {_names(users)} lose their credentials: they drop out of the cluster, and no job goes on."
                remedy = "Keep the role as long as a group uses it; another role makes the group anew."
                yield Finding(
                    role, effect, remedy, role.label, "replaced" if role.verb == "replace" else "destroyed"
                )
        by_name = {arn.rpartition("/")[2]: groups for arn, groups in by_arn.items()}
        attachments = subject.of("aws_iam_role_policy_attachment")
        made = {
            (str(one.becomes("role")), _use(one.becomes("policy_arn")))
            for one in attachments
            if one.verb in ("create", "no-op")
        }
        for one in attachments:
            users, use = by_name.get(str(one.was("role")), []), _use(one.was("policy_arn"))
            if users and use and one.verb == "delete" and (str(one.was("role")), use) not in made:
                effect = f"Nodes of {_names(users)} can no longer {use}: new ones do not become ready, and pods that start again wait."
                remedy = "Attach what takes its place in the same deploy."
                level: Level | None = "warn" if "CNI" in str(one.was("policy_arn")) else None
                yield Finding(one, effect, remedy, str(one.was("policy_arn")), "detached", level)


def _use(policy: object) -> str:
    return _NEEDED.get(policy.rpartition("/")[2], "") if isinstance(policy, str) else ""


def _told(value: object) -> bool:
    return value is None or known(value)


def _taints(value: object) -> list[Mapping[str, Any]] | None:
    """The taints; None where they are not all told."""
    if value is None:
        return []
    if not isinstance(value, list) or not all(isinstance(one, dict) for one in value):
        return None
    return value


def _taint(taint: Mapping[str, Any]) -> str:
    value = taint.get("value")
    return f"{taint.get('key')}{f'={value}' if value else ''}:{taint.get('effect')}"


def _names(groups: list[NodeGroup]) -> str:
    return ", ".join(one.name for one in groups[:5]) + (" ..." if len(groups) > 5 else "")
