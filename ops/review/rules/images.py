"""What the nodes are: instance type, AMI, version of Kubernetes."""

from __future__ import annotations

import re
from collections.abc import Iterator

from modules.catalog import InstanceType

from ..nodes import NodeGroup, Nodes
from ..rule import Finding, Level
from ..subject import Subject
from ..told import empty
from ..values import known

# How many minor versions a node may be behind the control plane, which may never be behind a node.
# https://kubernetes.io/releases/version-skew-policy/#kubelet
_BEHIND = 3
_RELEASE = re.compile(r"\d+")
# Where EKS says it in the name of an AMI type: https://docs.aws.amazon.com/eks/latest/APIReference/API_Nodegroup.html
_DRIVERS = ("NVIDIA", "GPU", "NEURON")


class InstanceTypeChanged:
    """A node group gets another instance type: other GPUs, GPU memory and network, for which jobs and a reservation may not be made."""

    id = "instance-type-changed"
    level: Level = "warn"

    def look(self, subject: Subject) -> Iterator[Finding]:
        """Yields what it finds."""
        for group in subject.node_groups:
            before, after = group.before, group.after
            if before is None or after is None or before.instance_types == after.instance_types:
                continue
            if not before.instance_types or not after.instance_types:
                continue
            was, becomes = before.instance_type, after.instance_type
            effect = _compared(was, becomes)
            level: Level | None = None if before.is_accelerated or after.is_accelerated else "note"
            remedy = "Set what jobs ask for (GPUs, EFA, batch size by GPU memory) to what the new type has, in the same change."
            if (
                before.reservation
                and before.reservation == after.reservation
                and before.instance_types[0] != after.instance_types[0]
            ):
                # https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ec2-capacity-reservations.html
                effect += f" The reservation {before.reservation} is of one type: nodes of another do not start in it."
                remedy = "Name a reservation of the new type in the same change, or keep the type."
                level = "stop"
            short = [
                str(job)
                for job in subject.jobs_on(group)
                if becomes and job.pods and job.devices > job.pods * after.accelerators_each
            ]
            if short:
                effect += f" {', '.join(short[:3])} asks for more devices a pod than a node has: it never starts again."
                level = "stop"
            yield Finding(group.change, effect, remedy, _listed(before), _listed(after), level)


class AmiTypeChanged:
    """A node group gets another kind of AMI: another operating system, with other drivers, disks and user data."""

    id = "ami-type-changed"
    level: Level = "warn"

    def look(self, subject: Subject) -> Iterator[Finding]:
        """Yields what it finds."""
        for group in subject.node_groups:
            before, after = group.before, group.after
            if before is None or after is None or not before.ami_type or not after.ami_type:
                continue
            if before.ami_type == after.ami_type:
                continue
            kind = after.instance_type
            level: Level | None = None if before.is_accelerated else "note"
            effect = "New nodes run another image: drivers, container runtime, disks and the form of user data are others."
            remedy = "Try it on a small group first: start one pod with GPUs and EFA, and run a collective over two nodes."
            if "CUSTOM" in after.ami_type:
                effect = "New nodes run an AMI of your own: EKS no longer says which one, nor keeps its drivers current."
            elif kind is not None and kind.ami_types and after.ami_type not in kind.ami_types:
                lost = not any(word in after.ami_type for word in _DRIVERS) and kind.accelerator is not None
                effect = f"{after.ami_type} does not fit {kind.name}" + (
                    ": it has no driver for its devices, so nodes join and no pod ever sees one."
                    if lost
                    else "."
                )
                remedy = f"Use one of {', '.join(kind.ami_types)}."
                level = "stop" if after.is_accelerated else "warn"
            yield Finding(group.change, effect, remedy, before.ami_type, after.ami_type, level)


class AmiChanged:
    """A node group gets another AMI, or another release of it, maybe an older one: drivers and kernel change with it."""

    id = "ami-changed"
    level: Level = "note"

    def look(self, subject: Subject) -> Iterator[Finding]:
        """Yields what it finds."""
        for group in subject.node_groups:
            before, after = group.before, group.after
            if before is None or after is None or group.fate not in ("rolls", "replaced", "stays"):
                continue
            if before.image and after.image and before.image != after.image:
                effect = "New nodes start from another image of your own: what is in it, drivers, EFA installer and kernel, nobody here can tell."
                remedy = "Try it on one node first: `nvidia-smi`, `fi_info -p efa`, and a collective over two nodes."
                level: Level | None = "warn" if before.is_accelerated else None
                yield Finding(group.change, effect, remedy, before.image, after.image, level)
            if before.release and after.release and before.release != after.release:
                older = _release(after.release) < _release(before.release)
                effect = "New nodes have the drivers and the kernel of another release; nodes of both are there while the group rolls."
                remedy = "Read what the release changes: https://github.com/awslabs/amazon-eks-ami/releases."
                if older:
                    effect = "New nodes have an older release than those that run: older drivers and kernel, and security fixes taken back."
                    remedy = "Go back only for a fault of the newer release, and say which; else keep it."
                yield Finding(
                    group.change, effect, remedy, before.release, after.release, "warn" if older else None
                )


class NodeVersion:
    """Nodes get ahead of their control plane, too far behind it, or go back a version: EKS refuses that, or nodes no longer fit."""

    id = "node-version"
    level: Level = "stop"

    def look(self, subject: Subject) -> Iterator[Finding]:
        """Yields what it finds."""
        for group in subject.node_groups:
            after = group.after
            if after is None or group.fate == "forgotten":
                continue
            found = self._back(group) or self._apart(group, subject)
            if found is not None:
                yield found

    def _back(self, group: NodeGroup) -> Finding | None:
        before, after = group.before, group.after
        was, becomes = _minor(before.version if before else None), _minor(after.version if after else None)
        if was is None or becomes is None or becomes >= was or group.fate != "rolls":
            return None
        effect = "EKS does not take a node group back to an older version of Kubernetes: the apply fails."
        remedy = "Keep the version; to go back, make another group while the control plane allows it."
        return Finding(group.change, effect, remedy, f"1.{was}", f"1.{becomes}")

    def _apart(self, group: NodeGroup, subject: Subject) -> Finding | None:
        cluster = subject.cluster_of(group)
        if cluster is None or group.after is None:
            return None
        control, nodes = _minor(cluster.becomes("version")), _minor(group.after.version)
        if control is None or nodes is None:
            return None
        if not cluster.differs("version") and (
            group.before is not None and group.before.version == group.after.version
        ):
            return None  # as it was: no matter of this change
        told = f"nodes 1.{nodes}, control plane 1.{control}"
        before = f"nodes {group.before.version if group.before else 'none'}, control plane {cluster.was('version') or 'none'}"
        if nodes > control:
            effect = "Nodes may not be newer than their control plane: EKS refuses it, and the apply fails."
            return Finding(
                group.change,
                effect,
                "Upgrade the control plane first, by one version at a time.",
                before,
                told,
            )
        if control - nodes > _BEHIND:
            effect = f"A kubelet more than {_BEHIND} versions behind is not supported: EKS refuses the upgrade, or nodes drop out."
            return Finding(group.change, effect, "Upgrade the nodes first.", before, told)
        if control - nodes == _BEHIND and not empty(group.after):
            effect = "The next upgrade of the control plane waits for these nodes, which then have to roll."
            remedy = "Plan to roll them when their jobs have checkpointed."
            return Finding(group.change, effect, remedy, before, told, "note")
        return None


def _compared(was: InstanceType | None, becomes: InstanceType | None) -> str:
    """What a job notices of another type, with both numbers where they differ."""
    if was is None or becomes is None:
        return "The catalogue does not know both types: compare GPUs, memory and network by hand."
    pairs = [
        ("vCPUs", was.vcpus, becomes.vcpus),
        ("memory GiB", was.memory_mib // 1024, becomes.memory_mib // 1024),
        ("EFA interfaces", was.efa_interfaces, becomes.efa_interfaces),
        ("local NVMe GB", was.nvme_gb, becomes.nvme_gb),
    ]
    told = [f"{name} {old:,} → {new:,}" for name, old, new in pairs if old != new]
    if was.accelerator != becomes.accelerator:
        told.insert(0, f"{_devices(was)} → {_devices(becomes)}")
    return (
        f"A node has other hardware: {'; '.join(told)}."
        if told
        else "A node has the same devices, memory and network."
    )


def _devices(kind: InstanceType) -> str:
    device = kind.accelerator
    return (
        "no accelerator"
        if device is None
        else f"{device.count} × {device.name} of {device.memory_mib // 1024} GiB"
    )


def _listed(nodes: Nodes) -> str:
    return ", ".join(nodes.instance_types[:4]) + (" ..." if len(nodes.instance_types) > 4 else "")


def _release(text: str) -> tuple[int, ...]:
    """`1.35.1-20260901` as numbers, so that releases can be compared."""
    return tuple(int(number) for number in _RELEASE.findall(text))


def _minor(version: object) -> int | None:
    """35 of `1.35`."""
    if not known(version):
        return None
    match = re.match(r"1\.(\d+)", str(version))
    return int(match[1]) if match else None
