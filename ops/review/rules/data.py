"""Data: file systems, buckets, image repositories, volumes and databases."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ..plan import Change
from ..rule import Finding, Level
from ..subject import Subject
from ..values import known, shown
from .parts import ends_or_anew, gone, is_number, listed, name_of, shrinks, texts, why

FSX = "aws_fsx_lustre_file_system"
LINK = "aws_fsx_data_repository_association"
_CLAIMS = ("kubernetes_persistent_volume_claim_v1", "kubernetes_persistent_volume_claim")
_VOLUMES = ("kubernetes_persistent_volume_v1", "kubernetes_persistent_volume")


@dataclass(frozen=True, slots=True)
class _Store:
    """What a type of resource keeps."""

    name: str
    kept: str
    level: Level = "stop"


STORES: dict[str, _Store] = {
    FSX: _Store("FSx file system", "files in it that were not exported to S3, checkpoints among them, are lost"),
    "aws_fsx_ontap_file_system": _Store("FSx file system", "all its files are lost"),
    "aws_fsx_openzfs_file_system": _Store("FSx file system", "all its files are lost"),
    "aws_fsx_windows_file_system": _Store("FSx file system", "all its files are lost"),
    "aws_fsx_file_cache": _Store("FSx file cache", "files that were not exported are lost"),
    "aws_efs_file_system": _Store("EFS file system", "all its files are lost"),
    "aws_s3_bucket": _Store("S3 bucket", "data and checkpoints in it are lost"),
    "aws_s3_directory_bucket": _Store("S3 bucket", "data and checkpoints in it are lost"),
    "aws_ecr_repository": _Store("ECR repository", "all its images are lost, and pods that start on a new node find none"),
    "aws_ebs_volume": _Store("EBS volume", "all that is on it is lost"),
    "aws_ebs_snapshot": _Store("EBS snapshot", "what it keeps is lost", "warn"),
    "aws_db_instance": _Store("database", "all that is in it is lost"),
    "aws_rds_cluster": _Store("database", "all that is in it is lost"),
    "aws_dynamodb_table": _Store("DynamoDB table", "all that is in it is lost"),
    "aws_secretsmanager_secret": _Store("secret", "what needs it fails", "warn"),
    "aws_backup_vault": _Store("backup vault", "its backups are lost"),
    "aws_fsx_backup": _Store("FSx backup", "what it keeps is lost", "warn"),
}  # fmt: skip


class StoreLost:
    """Data that is destroyed, or replaced by something empty: nothing brings it back."""

    id = "store-lost"
    level: Level = "stop"

    def look(self, subject: Subject) -> Iterator[Finding]:
        """Stores that go."""
        linked = {one.was("file_system_id") for one in subject.of(LINK) if one.before}
        for kind, store in STORES.items():
            for one in gone(subject.of(kind)):
                forced = f", {why(one)}" if why(one) else ""
                empty = " An empty one takes its place." if one.verb == "replace" else ""
                yield Finding(
                    one,
                    f"The {store.name} is {ends_or_anew(one)}{forced}: {store.kept}.{empty}{_how(one, linked)}",
                    _rescue(one),
                    _size(one),
                    "an empty one" if one.verb == "replace" else "gone",
                    level=store.level,
                )


def _how(change: Change, linked: set[Any]) -> str:
    """What becomes of the content, in this very case."""
    if change.type == FSX:
        pods = " Pods that have it mounted hang."
        if change.was("id") in linked:
            return (
                pods
                + " It is linked to S3: what the link exports is there, what it does not, or not yet, is not."
            )
        return pods + " It is linked to no bucket."
    forced = {"aws_s3_bucket": "force_destroy", "aws_ecr_repository": "force_delete"}.get(change.type)
    if forced is None:
        return ""
    if change.was(forced) is True:
        return f" {forced} is on: Terraform empties it first."
    return f" {forced} is off: AWS refuses while anything is in it, and the apply fails half way."


def _rescue(change: Change) -> str:
    if change.type == FSX:
        return "Export to S3 first (an export task, and wait for it), or make the new file system beside this one and copy."
    if change.verb == "replace":
        return "Take back what forces it, or make the new one beside it under another name, and copy."
    return "Keep it: `removed` with `destroy = false` takes it out of Terraform's hands without harm. Else copy first what is needed."


def _size(change: Change) -> str:
    for key in ("storage_capacity", "size", "allocated_storage"):
        if is_number(change.was(key)):
            return f"{change.label}, {change.was(key)} GiB"
    return change.label


class VolumeLost:
    """A claim or volume of pods that goes: its data is deleted with it where its reclaim policy says so."""

    # https://kubernetes.io/docs/concepts/storage/persistent-volumes/#reclaiming
    id = "volume-lost"
    level: Level = "warn"

    def look(self, subject: Subject) -> Iterator[Finding]:
        """Claims: stop, unless their volume is kept. Volumes: only what binds them goes."""
        kept = {
            one.was("metadata", 0, "name")
            for one in subject.of(*_VOLUMES)
            if one.was("spec", 0, "persistent_volume_reclaim_policy") == "Retain"
        }
        for one in gone(subject.of(*_CLAIMS)):
            volume = one.was("spec", 0, "volume_name")
            is_kept = volume in kept and known(volume)
            yield Finding(
                one,
                f"The claim {name_of(one)} is {ends_or_anew(one)}"
                + (
                    ", and its volume with all data is kept."
                    if is_kept
                    else ": unless the reclaim policy of its volume is Retain, the volume is deleted with all that is on it."
                )
                + " It goes only once no pod uses it: until then the apply waits.",
                "Be sure that jobs that use it have ended."
                if is_kept
                else "Look at `kubectl get pv` for the reclaim policy, and set it to Retain first.",
                shown(volume),
                "another claim" if one.verb == "replace" else "gone",
                level=None if is_kept else "stop",
            )
        for one in subject.of(*_VOLUMES):
            was, becomes = (
                side("spec", 0, "persistent_volume_reclaim_policy") for side in (one.was, one.becomes)
            )
            if one.verb == "update" and was == "Retain" and becomes == "Delete":
                yield Finding(
                    one,
                    f"Nothing happens now; when the claim of {name_of(one)} goes, its volume is deleted from then on with all that is on it.",
                    "Keep Retain.",
                    "reclaim policy Retain",
                    "Delete",
                )
        for one in gone(subject.of(*_VOLUMES)):
            policy = shown(one.was("spec", 0, "persistent_volume_reclaim_policy"))
            yield Finding(
                one,
                f"The volume {name_of(one)} is {ends_or_anew(one)} in Kubernetes; its claim is lost to pods. What is stored stays in AWS.",
                "End the jobs that use it first.",
                f"reclaim policy {policy}",
                "another one" if one.verb == "replace" else "gone",
            )


class LinkLost:
    """A link between a file system and S3 that goes or exports less: what is not exported yet never is."""

    # https://docs.aws.amazon.com/fsx/latest/LustreGuide/create-dra-linked-data-repo.html
    id = "data-link-lost"
    level: Level = "warn"

    def look(self, subject: Subject) -> Iterator[Finding]:
        """Data repository associations that go from a file system that stays, or export less."""
        for one in subject.of(LINK):
            events = one.becomes("s3", 0, "auto_export_policy", 0, "events")
            less = texts(one.was("s3", 0, "auto_export_policy", 0, "events")) - texts(events)
            if (
                one.verb == "update"
                and less
                and (events is None or (isinstance(events, list) and all(map(known, events))))
            ):
                yield Finding(
                    one,
                    f"Files that are {listed(map(str.lower, less))} are no longer exported to S3: checkpoints of a run among them perhaps.",
                    "Keep the export, above all of new and changed files.",
                    listed(texts(one.was("s3", 0, "auto_export_policy", 0, "events"))),
                    listed(texts(events)) or "no export",
                )  # fmt: skip
        lost = {one.was("id") for one in gone(subject.of(FSX))}
        for one in gone(subject.of(LINK)):
            if one.was("file_system_id") in lost:
                continue
            deletes = one.was("delete_data_in_filesystem") is True
            yield Finding(
                one,
                "The file system and the bucket are no longer linked: changes are neither exported nor imported."
                + (
                    " delete_data_in_filesystem is on: all files below the path are deleted."
                    if deletes
                    else " Files that are there stay; those that exist in S3 only cannot be read any more."
                ),
                "Wait until the exports are done (`aws fsx describe-data-repository-tasks`), and do it between runs.",
                f"{shown(one.was('file_system_path'))} ↔ {shown(one.was('data_repository_path'))}",
                "another link" if one.verb == "replace" else "gone",
                level="stop" if deletes else None,
            )


class FileSystemChanged:
    """A file system that is changed in place: it stops for minutes meanwhile, and some changes AWS refuses."""

    # https://docs.aws.amazon.com/fsx/latest/LustreGuide/managing-storage-capacity.html
    # https://docs.aws.amazon.com/fsx/latest/LustreGuide/managing-throughput-capacity.html
    id = "file-system-changed"
    level: Level = "warn"

    def look(self, subject: Subject) -> Iterator[Finding]:
        """Capacity, throughput and metadata of Lustre file systems."""
        for one in subject.of(FSX):
            if one.verb != "update":
                continue
            was, becomes = one.was("storage_capacity"), one.becomes("storage_capacity")
            if shrinks(one, "storage_capacity"):
                yield Finding(
                    one, "FSx for Lustre cannot be made smaller: AWS refuses, and the apply fails.", "Keep the capacity, or make a smaller one beside it and copy.",
                    f"{was} GiB", f"{becomes} GiB", level="stop",
                )  # fmt: skip
            elif is_number(was) and is_number(becomes) and was != becomes:
                yield Finding(
                    one,
                    "Reads and writes stand still for some minutes and then go on; afterwards FSx spreads the files anew for hours or days, and is slower. It cannot be made "
                    "smaller again.",
                    "Do it between runs: watchdogs of a job (NCCL's timeout) may end it while its files stand still.",
                    f"{was} GiB",
                    f"{becomes} GiB",
                )
            for path in (
                ("per_unit_storage_throughput",),
                ("throughput_capacity",),
                ("metadata_configuration", 0, "iops"),
            ):
                old, new = one.was(*path), one.becomes(*path)
                if is_number(old) and is_number(new) and old != new:
                    yield Finding(
                        one,
                        "FSx exchanges the file servers: the file system cannot be used meanwhile, for minutes up to an hour. Reads and writes stand still and then go on.",
                        "Do it between runs: watchdogs of a job (NCCL's timeout) may end it while its files stand still.",
                        f"{path[0]} {old}",
                        str(new),
                    )


RULES = (
    StoreLost(),
    VolumeLost(),
    FileSystemChanged(),
    LinkLost(),
)
