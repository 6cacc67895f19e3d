"""Nodes that are no managed node group: Karpenter's, Auto Scaling groups, single instances."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from modules.catalog import find

from ..nodes import Nodes, counted
from ..plan import Change
from ..rule import Finding, Level
from ..subject import Subject
from ..values import Sensitive, at, known

_KARPENTER = ("NodePool", "EC2NodeClass", "NodeClass", "NodeClaim")
_KIND = re.compile(r"^kind:\s*[\"']?(\w+)", re.MULTILINE)
# What a NodePool may change without its nodes being other than it says: https://karpenter.sh/docs/concepts/disruption/#drift
_NO_DRIFT = ("limits", "weight", "disruption", "replicas")


class KarpenterNodes:
    """A node pool or node class of Karpenter changes or goes: Karpenter then replaces or removes the nodes that it made from it."""

    id = "karpenter-nodes"
    level: Level = "warn"

    def look(self, subject: Subject) -> Iterator[Finding]:
        """Yields what it finds."""
        for change in subject.of("kubernetes_manifest", "kubectl_manifest"):
            kind = _kind(change.before)
            if kind not in _KARPENTER or not change.happens or change.verb == "forget":
                continue
            name = at(_manifest(change.before), "metadata", "name")
            before = f"{kind} {name}" if isinstance(name, str) else kind
            if change.goes:
                effect = (
                    "Karpenter drains and terminates all nodes that come from it, and the jobs on them end."
                )
                remedy = "Make what takes its place first, stop the jobs when they have checkpointed, and then remove it."
                level: Level = "stop" if kind in ("NodePool", "NodeClaim") else "warn"
                after = "replaced" if change.verb == "replace" else "destroyed"
                yield Finding(change, effect, remedy, before, after, level)
                continue
            parts = _parts(change)
            if parts and parts <= set(_NO_DRIFT):
                effect = "Nodes stay as they are; how many there may be, or when Karpenter may take them away, is another."
                remedy = "Compare limits and disruption budgets with what the jobs need."
                yield Finding(change, effect, remedy, before, f"changed: {', '.join(sorted(parts))}", "note")
            elif parts is None or parts:
                effect = (
                    "Karpenter counts nodes that differ from it as drifted, and replaces them one after the other as disruption "
                    "budgets allow: a job without one, or without karpenter.sh/do-not-disrupt, ends in the middle."
                )
                remedy = "Annotate the pods of running jobs with karpenter.sh/do-not-disrupt, or set a budget of 0 nodes for Drifted, and deploy then."
                told = f"changed: {', '.join(sorted(parts))}" if parts else "changed"
                yield Finding(change, effect, remedy, before, told)


class GpuInstanceLost:
    """An instance, or an Auto Scaling group, of a type with GPUs or Neuron devices is destroyed, replaced, rolled, stopped or made smaller."""

    id = "gpu-instance-lost"
    level: Level = "stop"

    def look(self, subject: Subject) -> Iterator[Finding]:
        """Yields what it finds."""
        for change in subject.of("aws_instance", "aws_spot_instance_request"):
            kind = change.was("instance_type")
            if not _accelerated(kind):
                continue
            if change.goes:
                effect = f"The instance ({_devices(str(kind), 1)}) is terminated, and what runs on it ends."
                remedy = (
                    "Take back what replaces it, or save what is on its local disks and stop the job first."
                )
                yield Finding(change, effect, remedy, str(kind), _fate(change))
            elif change.verb == "update" and change.differs("instance_type"):
                effect = "EC2 stops the instance to change its type: the job ends, and its local NVMe disks are empty afterwards."
                remedy = "Stop the job when it has checkpointed elsewhere than on local disks."
                yield Finding(change, effect, remedy, str(kind), str(change.becomes("instance_type")))
        for change in subject.of("aws_autoscaling_group"):
            kind = _type_of(change, subject)
            if kind is None or not _accelerated(kind) or not change.before:
                continue
            size, becomes = change.was("desired_capacity"), change.becomes("desired_capacity")
            count = size if isinstance(size, int) else None
            if change.goes:
                if count == 0:
                    continue
                effect = f"All of its instances ({_devices(kind, count)}) are terminated, and the jobs on them end."
                remedy = "Take back what replaces it, or make another group first and move the jobs."
                yield Finding(
                    change, effect, remedy, f"{'?' if count is None else count} × {kind}", _fate(change)
                )
                continue
            most = change.becomes("max_size")
            if (
                count is not None
                and isinstance(most, int)
                and most < count
                and not isinstance(becomes, Sensitive)
            ):
                # https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_UpdateAutoScalingGroup.html
                becomes = min(most, becomes) if isinstance(becomes, int) else most
            if _refreshed(change):
                effect = f"Auto Scaling exchanges its instances ({_devices(kind, count)}) one share after the other: a job over several nodes ends each time."
                remedy = "Stop the jobs when they have checkpointed, and then deploy; without instance_refresh only new instances are other ones."
                yield Finding(change, effect, remedy, f"{'?' if count is None else count} × {kind}", "rolled by an instance refresh", None if count != 0 else "note")  # fmt: skip
            if count is not None and isinstance(becomes, int) and becomes < count:
                effect = f"{counted(count - becomes, 'node')} ({_devices(kind, count - becomes)}) less; Auto Scaling chooses which, whatever runs there."
                remedy = "Stop the jobs when they have checkpointed, and then deploy."
                yield Finding(change, effect, remedy, f"{count} × {kind}", f"{becomes} × {kind}", "warn")


def _refreshed(group: Change) -> bool:
    """Whether Auto Scaling is told to exchange instances, and the plan gives it a reason to.

    https://registry.terraform.io/providers/hashicorp/aws/latest/docs/resources/autoscaling_group#automatically-refresh-all-instances-after-the-group-is-updated
    """
    return (
        group.verb == "update"
        and bool(group.becomes("instance_refresh"))
        and any(
            group.differs(part)
            for part in ("launch_template", "launch_configuration", "mixed_instances_policy")
        )
    )


def _manifest(side: dict[str, Any]) -> Any:
    return side.get("manifest")


def _kind(side: dict[str, Any]) -> str:
    kind = at(_manifest(side), "kind") or side.get("kind")
    version = at(_manifest(side), "apiVersion") or side.get("api_version")
    if isinstance(kind, str):
        group = str(version).partition("/")[0]
        # `eks.amazonaws.com` is that of EKS Auto Mode, which is Karpenter run by AWS.
        return kind if group in ("karpenter.sh", "karpenter.k8s.aws", "eks.amazonaws.com") else ""
    text = side.get("yaml_body_parsed") or side.get("yaml_body")
    if isinstance(text, str) and "karpenter" in text[:2000]:
        found = _KIND.search(text)
        return found[1] if found else ""
    return ""


def _parts(change: Change) -> set[str] | None:
    """What differs below `spec`; None where it cannot be told apart."""
    was, becomes = at(_manifest(change.before), "spec"), at(_manifest(change.after), "spec")
    if isinstance(was, dict) and isinstance(becomes, dict):
        return {key for key in {*was, *becomes} if was.get(key) != becomes.get(key)}
    return None


def _type_of(group: Change, subject: Subject) -> str | None:
    """The instance type of an Auto Scaling group: of its launch template, or the first of its overrides."""
    override = at(
        group.before, "mixed_instances_policy", 0, "launch_template", 0, "override", 0, "instance_type"
    )
    if known(override):
        return str(override)
    for path in (
        ("launch_template", 0, "id"),
        (
            "mixed_instances_policy",
            0,
            "launch_template",
            0,
            "launch_template_specification",
            0,
            "launch_template_id",
        ),
    ):
        template = subject.template(group.stack, at(group.before, *path))
        if template is not None and isinstance(kind := template.was("instance_type"), str):
            return kind
    return None


def _accelerated(kind: object) -> bool:
    return isinstance(kind, str) and Nodes(instance_types=(kind,)).is_accelerated


def _devices(kind: str, count: int | None) -> str:
    known_type = find(kind)
    if known_type is None or count is None:
        return kind
    nodes = Nodes(instance_types=(kind,), desired=count)
    return f"{kind}, {counted(nodes.accelerators, nodes.accelerator)}" if nodes.accelerators else kind


def _fate(change: Change) -> str:
    because = f" because of {', '.join(change.because)}" if change.because else ""
    return f"replaced{because}" if change.verb == "replace" else "destroyed"
