"""Rules about FSx for Lustre: sizes that AWS sells, and a place from which nodes reach it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ..faults import KeyPath, Level
from ..models import FileSystem, NodeGroup
from ..values import is_known
from ..words import nearest
from .base import Context, Finding, listed

# https://docs.aws.amazon.com/fsx/latest/APIReference/API_CreateFileSystem.html#FSx-CreateFileSystem-request-StorageCapacity
SMALLEST_GIB = 1200
STEP_GIB = 2400
# With EFA, by MB/s for each TiB: https://docs.aws.amazon.com/fsx/latest/LustreGuide/increase-storage-capacity.html
EFA_STEPS_GIB: Mapping[int, int] = {125: 38400, 250: 19200, 500: 9600, 1000: 4800}
# A file system over EFA takes clients on Nitro v4 and newer, without the trn2 family. These have EFA and are older:
# https://docs.aws.amazon.com/fsx/latest/LustreGuide/configure-efa-clients.html
# https://docs.aws.amazon.com/ec2/latest/instancetypes/ec2-nitro-instances.html
FAMILIES_WITHOUT_LUSTRE_EFA = frozenset(
    {"c5n", "g4dn", "g5", "i3en", "inf1", "m5dn", "m5n", "m5zn", "p3dn", "p4d", "p4de", "r5dn", "r5n", "trn2"}
)
# https://github.com/awslabs/amazon-eks-ami/pull/2696: nodeadm sets up the client where an AMI has this feature gate.
CLIENT_GATE = "FSxLustreEFAClient"


def file_systems(context: Context) -> Iterator[tuple[KeyPath, FileSystem]]:
    """Every file system with its path."""
    for name, one in context.layout.storage.file_systems.items():
        yield ("storage", "file_systems", name), one


def _group(context: Context, one: FileSystem) -> NodeGroup | None:
    return context.layout.node_groups.get(one.node_group) if one.node_group is not None else None


def _without_lustre_efa(group: NodeGroup) -> list[str]:
    """The instance types of a group whose EFA Lustre does not use."""
    return [kind for kind in group.instance_types if kind.partition(".")[0] in FAMILIES_WITHOUT_LUSTRE_EFA]


class FileSystemCapacity:
    """FSx sells Lustre in steps, and refuses the rest after the cluster is up."""

    id = "file-system-capacity"
    level: Level = "error"

    def check(self, context: Context) -> Iterator[Finding]:
        """1200, 2400 or a multiple of 2400 GiB; with EFA, a multiple of what goes with the throughput."""
        for path, one in file_systems(context):
            step = EFA_STEPS_GIB[one.throughput] if one.efa and one.throughput else STEP_GIB
            size = one.capacity_gib
            if size % step == 0 or (size == SMALLEST_GIB and step == STEP_GIB):
                continue
            more = step * (size // step + 1)
            if one.efa and one.throughput:
                steps = f"a multiple of {step} with efa and {one.throughput} MB/s for each TiB"
                faster = [f"{gib} with {mbs}" for mbs, gib in EFA_STEPS_GIB.items() if mbs > one.throughput]
                remedy = f"Write {more}" + (
                    f", or a higher throughput_mbs_per_tib: the steps are {', '.join(faster)}."
                    if faster
                    else "."
                )
            else:
                steps = f"{SMALLEST_GIB}, or a multiple of {STEP_GIB}"
                less = size // step * step
                remedy = f"Write {less} or {more}." if less else f"Write {more}."
            because = tuple((*path, key) for key in ("efa", "throughput_mbs_per_tib", "type"))
            yield Finding((*path, "capacity_gib"), f"{size} GiB are not {steps}", remedy, because)


class ScratchFileSystem:
    """A scratch file system has one throughput, no backups, no key of yours and no EFA: FSx refuses the request.

    https://docs.aws.amazon.com/fsx/latest/APIReference/API_CreateFileSystemLustreConfiguration.html
    """

    id = "scratch-file-system"
    level: Level = "error"

    def check(self, context: Context) -> Iterator[Finding]:
        """What only persistent_2 has is not asked of scratch_2."""
        for path, one in file_systems(context):
            if one.is_persistent:
                continue
            given: dict[str, Any] = {
                "throughput_mbs_per_tib": one.throughput_mbs_per_tib,
                "metadata_iops": one.metadata_iops,
                "efa": one.efa,
                "kms_key_arn": one.kms_key_arn,
                "backup_retention_days": one.backup_retention_days,
            }
            for key, value in given.items():
                if value:
                    problem = f"{key} is for type: persistent_2, and this file system is {one.type}"
                    yield Finding(
                        (*path, key),
                        problem,
                        f"Remove {key}, or write type: persistent_2.",
                        ((*path, "type"),),
                    )


class FileSystemWithoutPlace:
    """A file system is in one subnet: that of the nodes that use it, or one that is named."""

    id = "file-system-without-place"
    level: Level = "error"

    def check(self, context: Context) -> Iterator[Finding]:
        """There is a node group, or a zone in a new VPC, or a subnet in an existing one."""
        new = context.layout.network.is_new
        right, wrong = ("availability_zone", "subnet_id") if new else ("subnet_id", "availability_zone")
        for path, one in file_systems(context):
            if getattr(one, wrong) is not None:
                kind = "a new VPC, whose subnets are not there yet" if new else "an existing VPC"
                problem = f"{wrong} says nothing in {kind}"
                remedy = f"Write {right}, or node_group alone."
                yield Finding((*path, wrong), problem, remedy, (("network", "vpc_id"),))
            elif one.node_group is None and getattr(one, right) is None:
                gpus = [name for name, group in context.layout.node_groups.items() if group.taints]
                name = next(iter([*gpus, *context.layout.node_groups]), "NAME")
                problem = "nothing says where it is: a file system is in one zone, that of its nodes"
                yield Finding(path, problem, f"Write node_group: {name}, or {right}.", (("node_groups",),))


class FileSystemNodeGroup:
    """The zone of a node group that is not there cannot be found."""

    id = "file-system-node-group"
    level: Level = "error"

    def check(self, context: Context) -> Iterator[Finding]:
        """The node group is one of the layout's."""
        groups = context.layout.node_groups
        for path, one in file_systems(context):
            if one.node_group is not None and one.node_group not in groups:
                near = nearest(one.node_group, groups)
                remedy = f"Did you mean {near}?" if near else f"Write one of {listed(groups)}."
                yield Finding(
                    (*path, "node_group"),
                    f"there is no node group {one.node_group!r}",
                    remedy,
                    (("node_groups",),),
                )


class FileSystemOverZones:
    """Nodes in other zones than the file system's pay for each byte twice, and reach it more slowly.

    https://aws.amazon.com/fsx/lustre/pricing/ (data transfer)
    """

    id = "file-system-over-zones"
    level: Level = "error"

    def check(self, context: Context) -> Iterator[Finding]:
        """A node group that gives a file system its place is itself in one zone."""
        new = context.layout.network.is_new
        for path, one in file_systems(context):
            group = _group(context, one)
            if group is None or one.availability_zone is not None or one.subnet_id is not None:
                continue
            if new and group.availability_zone is None and not group.efa:
                yield self._finding(path, one, "availability_zone")
            if not new and len(group.subnet_ids or ()) != 1:
                yield self._finding(path, one, "subnet_ids")

    def _finding(self, path: KeyPath, one: FileSystem, key: str) -> Finding:
        name = str(one.node_group)
        value = "us-west-2a" if key == "availability_zone" else "[subnet-...]"
        own = "availability_zone" if key == "availability_zone" else "subnet_id"
        return Finding(
            (*path, "node_group"),
            f"the nodes of {name} are in several zones, and the file system is in one",
            f"Write node_groups.{name}.{key}: {value}, or the file system's {own}, which the other nodes reach across zones.",
            (("node_groups", name), ("network", "vpc_id")),
        )


class FileSystemInOtherZone:
    """From another zone every byte is paid for twice, and EFA does not reach at all.

    https://aws.amazon.com/fsx/lustre/pricing/ and https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/efa.html#efa-limits
    """

    id = "file-system-in-other-zone"
    level: Level = "error"

    def check(self, context: Context) -> Iterator[Finding]:
        """Where a file system names a zone and a node group, the nodes are in that zone."""
        for path, one in file_systems(context):
            group = _group(context, one)
            mine = one.availability_zone
            its = group.availability_zone if group is not None else None
            if mine and its and is_known(mine) and is_known(its) and mine != its:
                problem = f"the file system is in {mine}, and the nodes of {one.node_group} in {its}"
                remedy = f"Write availability_zone: {its}, or leave it out: node_group says it."
                because = (("node_groups", str(one.node_group), "availability_zone"),)
                yield Finding((*path, "availability_zone"), problem, remedy, because)


class FileSystemEfa:
    """A file system over EFA costs more, and only newer instance types with EFA gain from it: the others use TCP."""

    id = "file-system-efa"
    level: Level = "error"

    def check(self, context: Context) -> Iterator[Finding]:
        """The file system's node group has EFA, of a kind that Lustre's client takes."""
        for path, one in file_systems(context):
            if not one.efa or not one.is_persistent:
                continue
            group = _group(context, one)
            if group is None:
                if one.node_group is None:
                    problem = "efa is for the nodes of one group, and none is named"
                    yield Finding(
                        (*path, "efa"),
                        problem,
                        "Write node_group: the group with EFA.",
                        ((*path, "node_group"),),
                    )
                continue
            because = (("node_groups", str(one.node_group)),)
            if not group.efa:
                problem = f"the nodes of {one.node_group} have no EFA"
                yield Finding((*path, "efa"), problem, "Remove efa, or write a node_group with EFA.", because)
                continue
            old = _without_lustre_efa(group)
            if old:
                problem = f"Lustre does not use the EFA of {', '.join(old)}: it takes Nitro v4 and newer, without trn2"
                yield Finding(
                    (*path, "efa"), problem, "Remove efa: these nodes reach the file system by TCP.", because
                )


class FileSystemEfaClient:
    """EKS' AMIs have EFA for the network of a job and not for Lustre, which falls back to TCP and says nothing.

    https://docs.aws.amazon.com/fsx/latest/LustreGuide/configure-efa-clients.html
    """

    id = "file-system-efa-client"
    level: Level = "warning"

    def check(self, context: Context) -> Iterator[Finding]:
        """Nodes of a file system over EFA have an AMI of one's own, or a feature gate that sets the client up."""
        for path, one in file_systems(context):
            group = _group(context, one)
            if not one.efa or group is None or not group.efa or group.ami_id is not None:
                continue
            if _without_lustre_efa(group):
                continue
            gates = group.node_config.featureGates if group.node_config is not None else {}
            if not gates.get(CLIENT_GATE):
                name = one.node_group
                problem = f"the nodes of {name} reach it by TCP until their Lustre client is set up for EFA, which the AMI of EKS is not"
                remedy = (
                    f"Write node_groups.{name}.ami_id, an AMI that runs AWS' configure-efa-fsx-lustre-client at boot; or "
                    f"node_config: {{featureGates: {{{CLIENT_GATE}: true}}}}, once the AMI's nodeadm knows it."
                )
                yield Finding((*path, "efa"), problem, remedy, (("node_groups", str(name)),))


class FileSystemBackups:
    """FSx makes no backup of a file system that is linked to a bucket, and refuses to be asked.

    https://docs.aws.amazon.com/fsx/latest/APIReference/API_CreateBackup.html
    """

    id = "file-system-backups"
    level: Level = "error"

    def check(self, context: Context) -> Iterator[Finding]:
        """Backups are asked of a file system without data repositories."""
        for path, one in file_systems(context):
            if one.backup_retention_days and one.data_repositories and one.is_persistent:
                problem = "FSx backs up no file system that has data repositories"
                remedy = "Remove backup_retention_days, and write auto_export: [new, changed, deleted] in a data repository: the bucket is the backup."
                yield Finding(
                    (*path, "backup_retention_days"), problem, remedy, ((*path, "data_repositories"),)
                )
