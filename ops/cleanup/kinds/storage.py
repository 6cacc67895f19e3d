"""Volumes, snapshots and file systems: data, so that what is `retain: true` is kept."""

from __future__ import annotations

from ...aws.account import Answer
from ...aws.actions import action
from ...aws.tags import tags_of
from ..change import change
from ..leaving import Around, Leaving
from .ec2 import Ec2Kind

# The EBS CSI driver's, and those of the volume plugin before it:
# https://github.com/kubernetes-sigs/aws-ebs-csi-driver/blob/master/pkg/driver/constants.go
PVC_NAME = "kubernetes.io/created-for/pvc/name"
PVC_NAMESPACE = "kubernetes.io/created-for/pvc/namespace"


class Volumes(Ec2Kind):
    """Volumes of claims that were not deleted before the cluster was, and of instances that kept theirs."""

    id = "ebs-volume"
    describe, key, id_key, ids = "describe_volumes", "Volumes", "VolumeId", "VolumeIds"
    missing = ("InvalidVolume.NotFound", "InvalidVolumeID.Malformed")
    destroy = "delete_volume"

    def leaving(self, around: Around, one: Answer) -> Leaving:
        """What there is to say of one."""
        tags = tags_of(one.get("Tags"))
        id = str(one["VolumeId"])
        return Leaving(
            self.id,
            id,
            tags,
            f"{one['Size']} GiB of {one['VolumeType']}{_claim(tags)}: is charged for by the GiB and month",
            name=tags.get("CSIVolumeName") or tags.get("Name", ""),
            created=one.get("CreateTime"),
            used_by=tuple(str(attached["InstanceId"]) for attached in one.get("Attachments") or ()),
            command=f"aws ec2 delete-volume --region {around.account.region} --volume-id {id}",
        )


class Snapshots(Ec2Kind):
    """Snapshots of VolumeSnapshots."""

    id = "ebs-snapshot"
    describe, key, id_key, ids = "describe_snapshots", "Snapshots", "SnapshotId", "SnapshotIds"
    missing = ("InvalidSnapshot.NotFound", "InvalidSnapshotID.Malformed")
    destroy = "delete_snapshot"
    by_hand = "a snapshot is a copy that somebody wanted to keep"

    def leaving(self, around: Around, one: Answer) -> Leaving:
        """What there is to say of one."""
        id = str(one["SnapshotId"])
        return Leaving(
            self.id,
            id,
            tags_of(one.get("Tags")),
            f"of {one['VolumeId']}, {one['VolumeSize']} GiB: is charged for by the GiB and month",
            created=one.get("StartTime"),
            command=f"aws ec2 delete-snapshot --region {around.account.region} --snapshot-id {id}",
        )


class FileSystems:
    """File systems of FSx: of a layout whose state was lost, or of the FSx CSI driver."""

    id = "fsx-file-system"
    actions = (action("fsx", "describe_file_systems"),)
    deleting = (action("fsx", "delete_file_system"),)
    by_hand = ""
    while_cluster = False

    def find(self, around: Around) -> list[Leaving]:
        """All of the region: they cannot be asked for by tag."""
        found = around.account.pages("fsx", "describe_file_systems", "FileSystems")
        return [self._leaving(one) for one in found]

    def again(self, around: Around, leaving: Leaving) -> Leaving | None:
        """The same by its id."""
        found = around.account.pages(
            "fsx", "describe_file_systems", "FileSystems", ("FileSystemNotFound",), FileSystemIds=[leaving.id]
        )
        return self._leaving(found[0]) if found else None

    def delete(self, around: Around, leaving: Leaving) -> None:
        """Deletes it; FSx goes on for some minutes."""
        change(around.account, "fsx", "delete_file_system", FileSystemId=leaving.id)

    def _leaving(self, one: Answer) -> Leaving:
        tags = tags_of(one.get("Tags"))
        size = f"{one.get('StorageCapacity', '?')} GiB of {str(one['FileSystemType']).capitalize()}"
        # https://docs.aws.amazon.com/fsx/latest/LustreGuide/delete-file-system.html
        lost = ". What it has not exported to a bucket is lost" if one["FileSystemType"] == "LUSTRE" else ""
        return Leaving(
            self.id,
            str(one["FileSystemId"]),
            tags,
            f"{size}: is charged for by the GiB and month; its interfaces hold {', '.join(one.get('SubnetIds') or ())}{lost}",
            arn=str(one.get("ResourceARN", "")),
            name=tags.get("Name") or tags.get("CSIVolumeName", ""),
            created=one.get("CreationTime"),
            going=one.get("Lifecycle") == "DELETING",
        )


class ElasticFileSystems:
    """File systems of EFS, which no layout makes: somebody tagged one for the cluster."""

    id = "efs-file-system"
    actions = (action("efs", "describe_file_systems"),)
    deleting = ()
    by_hand = "no layout makes one, and its mount targets go first"
    while_cluster = False

    def find(self, around: Around) -> list[Leaving]:
        """All of the region."""
        found = around.account.pages("efs", "describe_file_systems", "FileSystems")
        return [self._leaving(around, one) for one in found]

    def again(self, around: Around, leaving: Leaving) -> Leaving | None:
        """The same by its id."""
        found = around.account.pages(
            "efs", "describe_file_systems", "FileSystems", ("FileSystemNotFound",), FileSystemId=leaving.id
        )
        return self._leaving(around, found[0]) if found else None

    def delete(self, around: Around, leaving: Leaving) -> None:
        """Is left to people."""
        raise NotImplementedError(self.by_hand)

    def _leaving(self, around: Around, one: Answer) -> Leaving:
        id = str(one["FileSystemId"])
        return Leaving(
            self.id,
            id,
            tags_of(one.get("Tags")),
            "is charged for by the GiB and month; its mount targets hold subnets",
            arn=str(one.get("FileSystemArn", "")),
            name=str(one.get("Name") or ""),
            created=one.get("CreationTime"),
            command=f"aws efs delete-file-system --region {around.account.region} --file-system-id {id}",
        )


def _claim(tags: dict[str, str]) -> str:
    claim = tags.get(PVC_NAME)
    return f" of claim {tags.get(PVC_NAMESPACE, '?')}/{claim}" if claim else ""
