"""Buckets of others that file systems show."""

from __future__ import annotations

from collections.abc import Iterator

from modules.layout.models.storage import DataRepository

from ...checking.check import Finding, Level, UnaskedError
from ..subject import Subject
from .buckets import bucket_region


class DataRepositories:
    """FSx links buckets of its own region only, and a wrong folder shows up as an empty one after the file system is paid for."""

    id = "data-repositories"
    level: Level = "error"
    remedy = "Correct the name of the bucket."
    actions: tuple[str, ...] = ("s3:ListBucket",)

    def applies(self, subject: Subject) -> bool:
        """A file system shows a bucket that is not made here."""
        return any(True for _ in _others(subject))

    def look(self, subject: Subject) -> Iterator[Finding]:
        """Each bucket is there, in the region, with something in the folder that is read."""
        region = subject.layout.region
        unasked: UnaskedError | None = None
        for where, one in _others(subject):
            bucket = one.bucket.removeprefix("s3://")
            try:
                found = bucket_region(subject.account, bucket)
                if found is None:
                    yield Finding(f"{where}.bucket", f"there is no bucket {bucket}")
                elif found != region:
                    # https://docs.aws.amazon.com/fsx/latest/LustreGuide/create-dra-linked-data-repo.html
                    yield Finding(
                        f"{where}.bucket",
                        f"the bucket {bucket} is in {found}, and the file system in {region}: FSx links buckets of its own "
                        "region",
                        f"Copy it: aws s3 sync s3://{bucket} s3://A-BUCKET-IN-{region}, or have the layout in {found}.",
                    )
                elif not one.auto_export and self._is_empty(subject, bucket, one):
                    folder = f"s3://{bucket}/{one.prefix or ''}"
                    yield Finding(
                        f"{where}.prefix" if one.prefix else f"{where}.bucket",
                        f"there is nothing in {folder}, and {one.path} of the file system will be empty",
                        f"See `aws s3 ls s3://{bucket}/` for the folders that there are.",
                        "warning",
                    )
            except UnaskedError as error:
                unasked = unasked or error
        if unasked is not None:
            raise unasked

    def _is_empty(self, subject: Subject, bucket: str, one: DataRepository) -> bool:
        prefix = f"{one.prefix.rstrip('/')}/" if one.prefix else ""
        found = subject.account.ask("s3", "list_objects_v2", Bucket=bucket, Prefix=prefix, MaxKeys=1)
        return not found.get("Contents")


def _others(subject: Subject) -> Iterator[tuple[str, DataRepository]]:
    for name, file_system in subject.layout.storage.file_systems.items():
        for index, one in enumerate(file_system.data_repositories):
            if one.of_layout is None:
                yield f"storage.file_systems.{name}.data_repositories[{index}]", one
