"""Rules about what workloads mount: that it is there, that their pods reach it, and that they may."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ... import catalog
from ..claims import workloads
from ..faults import KeyPath, Level
from ..models import FileSystem, ServingDeployment, TrainingJob, Workload
from ..models.workloads import Mount
from ..serving import groups_of, rollout
from ..values import is_known
from ..words import nearest
from .base import Context, Finding
from .training_nodes import workers

_SOURCES = ("file_system", "bucket", "volume", "claim", "ephemeral_gib", "host_path")
# Where the layout declares what a mount, or a workload's `buckets`, names.
_DECLARED = {"file_system": "file_systems", "bucket": "buckets", "volume": "volumes"}


@dataclass(frozen=True, slots=True)
class Mounted:
    """One mount of a workload, where it stands, and the path of the workload."""

    path: KeyPath
    above: KeyPath
    workload: Workload
    mount: Mount


def mounts(context: Context) -> Iterator[Mounted]:
    """Every mount of every workload."""
    for above, workload in workloads(context.layout):
        for where, mount in workload.volumes.items():
            yield Mounted((*above, "volumes", where), above, workload, mount)


class MountSource:
    """What is mounted is one thing: of none or of two, nobody could say which."""

    id = "mount-source"
    level: Level = "error"

    def check(self, context: Context) -> Iterator[Finding]:
        """A mount has exactly one of the keys that name what is mounted."""
        for one in mounts(context):
            given = [key for key in _SOURCES if getattr(one.mount, key) is not None]
            if len(given) != 1:
                problem = f"names {' and '.join(given)}" if given else "names nothing to mount"
                remedy = f"Write one of {', '.join(_SOURCES)}."
                because = tuple((*one.path, key) for key in _SOURCES)
                yield Finding(one.path, problem, remedy, because)


class StorageUnknown:
    """Nobody makes what `storage` does not declare: pods would wait for its claim for ever."""

    id = "storage-unknown"
    level: Level = "error"

    def check(self, context: Context) -> Iterator[Finding]:
        """File systems, buckets and volumes that workloads name are declared."""
        named: list[tuple[KeyPath, str, str]] = [
            ((*one.path, key), key, name)
            for one in mounts(context)
            for key in _DECLARED
            if (name := getattr(one.mount, key)) is not None
        ]
        for above, workload in workloads(context.layout):
            named += [((*above, "buckets", name), "bucket", name) for name in workload.buckets]
        for path, key, name in named:
            section = _DECLARED[key]
            declared = getattr(context.layout.storage, section)
            if name not in declared:
                near = nearest(name, declared)
                other = f"Add it under storage.{section}"
                if key == "volume":
                    other += ", or write claim: for a PersistentVolumeClaim of yours"
                problem = f"there is no {key.replace('_', ' ')} {name!r} under storage.{section}"
                remedy = f"Did you mean {near}?" if near else f"{other}."
                yield Finding(path, problem, remedy, (("storage", section),))


def _has_other_rights(context: Context, path: KeyPath, workload: Workload) -> bool:
    """Whether the pods may have rights that `buckets` does not speak of."""
    accounts = {
        (one.namespace, one.service_account)
        for one in context.layout.cluster.pod_identity_associations.values()
    }
    return bool(
        workload.service_account or workload.policy_arns or (workload.namespace, path[-1]) in accounts
    )


class BucketMountWithoutAccess:
    """Pods mount a bucket by rights of their own: without them, they never start.

    Mountpoint lists a bucket even before it writes: https://github.com/awslabs/mountpoint-s3/issues/602
    """

    id = "bucket-mount-without-access"
    level: Level = "error"

    def check(self, context: Context) -> Iterator[Finding]:
        """A workload's `buckets` has the buckets that it mounts, and more than `write`."""
        for one in mounts(context):
            name = one.mount.bucket
            # Of a bucket that there is not, another rule speaks.
            if name not in context.layout.storage.buckets or _has_other_rights(
                context, one.above, one.workload
            ):
                continue
            access = one.workload.buckets.get(name)
            if access in (None, "write"):
                problem = (
                    f"buckets does not say that the pods may read {name}"
                    if access is None
                    else f"the pods may not read {name}, and a mount lists it before it writes"
                )
                right = "read" if access is None and one.mount.read_only else "read_write"
                remedy = f"Write buckets: {{{name}: {right}}} in the workload."
                yield Finding((*one.path, "bucket"), problem, remedy, ((*one.above, "buckets"),))


class BucketMountWrites:
    """A file in a bucket is refused when it is closed, after the work that is in it: S3 knows of no write before."""

    id = "bucket-mount-writes"
    level: Level = "warning"

    def check(self, context: Context) -> Iterator[Finding]:
        """A bucket that the pods may only read is mounted `read_only`."""
        for one in mounts(context):
            name = one.mount.bucket
            if name is None or one.mount.read_only or _has_other_rights(context, one.above, one.workload):
                continue
            if one.workload.buckets.get(name) == "read":
                problem = f"the pods may only read {name}, and the mount takes files that S3 refuses"
                remedy = f"Write read_only: true, or buckets: {{{name}: read_write}} in the workload."
                yield Finding(one.path, problem, remedy, ((*one.above, "buckets", name),))


class VolumeShared:
    """An EBS volume is on one node at a time: a second pod that mounts it waits on another node for ever.

    https://docs.aws.amazon.com/eks/latest/userguide/ebs-csi.html
    """

    id = "volume-shared"
    level: Level = "error"

    def check(self, context: Context) -> Iterator[Finding]:
        """A volume is for one workload, of one pod at a time."""
        users: dict[str, KeyPath] = {}
        for one in mounts(context):
            name = one.mount.volume
            if name not in context.layout.storage.volumes:
                continue
            first = users.setdefault(name, one.above)
            path = (*one.path, "volume")
            share = "Use a file_system, which all pods reach, or ephemeral_gib, a volume for each"
            if first != one.above:
                problem = f"{'.'.join(map(str, first))} mounts the volume {name} already, and it is on one node at a time"
                yield Finding(path, problem, f"{share}.", (("storage", "volumes", name),))
                continue
            found = self._pods(context, one.workload)
            if found is not None:
                key, problem, remedy = found
                yield Finding(path, problem, remedy or f"{share}.", ((*one.above, *key),))

    def _pods(self, context: Context, workload: Workload) -> tuple[KeyPath, str, str] | None:
        """Where a workload has more than one pod at a time: the key that says so, the problem, maybe a remedy."""
        if isinstance(workload, TrainingJob):
            if workload.nodes > 1:
                return ("nodes",), f"{workload.nodes} pods mount it, and it is on one node at a time", ""
            if workload.parameter_servers is not None:
                return ("parameter_servers",), "the parameter servers mount it too, on nodes of theirs", ""
        if isinstance(workload, ServingDeployment):
            if workload.most > 1:
                key: KeyPath = ("replicas",) if workload.autoscaling is None else ("autoscaling",)
                return key, f"{workload.most} pods mount it, and it is on one node at a time", ""
            groups = groups_of(workload, context.layout.node_groups).values()
            known = all(catalog.find(group.instance_type) for group in groups)
            if known and rollout(workload, groups) == "surge":
                problem = "a new version's pod mounts it while the old one still does"
                return ("rollout",), problem, "Write rollout: replace in the workload."
        return None


class VolumeOfOtherNamespace:
    """A claim is for pods of its own namespace."""

    id = "volume-of-other-namespace"
    level: Level = "error"

    def check(self, context: Context) -> Iterator[Finding]:
        """A volume and the workload that mounts it are in one namespace."""
        for one in mounts(context):
            volume = context.layout.storage.volumes.get(one.mount.volume or "")
            if volume is not None and volume.namespace != one.workload.namespace:
                name, its = one.mount.volume, one.workload.namespace
                problem = f"the volume {name} is claimed in the namespace {volume.namespace}, and the pods are in {its}"
                because = (("storage", "volumes", str(name), "namespace"), (*one.above, "namespace"))
                yield Finding(
                    (*one.path, "volume"), problem, f"Write storage.volumes.{name}.namespace: {its}.", because
                )


class MountAcrossZones:
    """Accelerators that read over zones wait for their data, and every byte of it is paid for twice.

    https://aws.amazon.com/fsx/lustre/pricing/ (data transfer)
    """

    id = "mount-across-zones"
    level: Level = "error"

    def check(self, context: Context) -> Iterator[Finding]:
        """Jobs with accelerators mount file systems of their nodes' zone."""
        systems = context.layout.storage.file_systems
        for pods in workers(context):
            if not (pods.share.gpus or pods.share.neuron_devices):
                continue
            its = pods.group.availability_zone
            for where, mount in pods.job.volumes.items():
                name = mount.file_system
                system = systems.get(name or "")
                zone = _zone(context, system) if system is not None else None
                if zone and its and is_known(zone) and is_known(its) and zone != its:
                    problem = (
                        f"the file system {name} is in {zone}, and the nodes of {pods.group_name} in {its}"
                    )
                    remedy = (
                        f"Write storage.file_systems.{name}.node_group: {pods.group_name}, or node_groups.{pods.group_name}."
                        f"availability_zone: {zone}."
                    )
                    because = (("storage", "file_systems", str(name)), *pods.because)
                    yield Finding((*pods.path, "volumes", where, "file_system"), problem, remedy, because)


def _zone(context: Context, system: FileSystem) -> str | None:
    """The zone of a file system, where the layout says it."""
    if system.availability_zone is not None or system.node_group is None:
        return system.availability_zone
    group = context.layout.node_groups.get(system.node_group)
    return group.availability_zone if group is not None and system.subnet_id is None else None


class MountWithoutDriver:
    """Without its driver a volume is never mounted, and the pods wait for it.

    Of file systems and volumes another rule says so.
    """

    id = "mount-without-driver"
    level: Level = "error"

    def check(self, context: Context) -> Iterator[Finding]:
        """Mounted buckets and ephemeral volumes go with the add-ons that mount them."""
        for one in mounts(context):
            for key, addon in (
                ("bucket", "aws-mountpoint-s3-csi-driver"),
                ("ephemeral_gib", "aws-ebs-csi-driver"),
            ):
                if getattr(one.mount, key) is not None and not context.layout.has_addon(addon):
                    problem = f"the add-on {addon}, which mounts it, is off"
                    remedy = f"Remove what turns addons.{addon} off, or this mount."
                    yield Finding((*one.path, key), problem, remedy, (("addons", addon),))
