"""Rules about buckets, image repositories, volumes, and the buckets that file systems show."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

from ..faults import KeyPath, Level
from ..models.storage import DataRepository
from ..stores import bucket_name, repository_name
from ..words import nearest
from .base import Context, Finding
from .file_systems import file_systems

# https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
LONGEST_BUCKET_NAME = 63
ACCOUNT = "123456789012"
# https://docs.aws.amazon.com/fsx/latest/APIReference/API_CreateDataRepositoryAssociation.html
MOST_DATA_REPOSITORIES = 8
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/lifecycle-transition-general-considerations.html
DAYS_BEFORE_STANDARD_IA = 30


def _data_repositories(context: Context) -> Iterator[tuple[KeyPath, DataRepository]]:
    for path, one in file_systems(context):
        for index, repository in enumerate(one.data_repositories):
            yield (*path, "data_repositories", index), repository


class UnknownBucket:
    """A file system cannot show a bucket that nobody makes."""

    id = "unknown-bucket"
    level: Level = "error"

    def check(self, context: Context) -> Iterator[Finding]:
        """Each data repository names a bucket of the layout, or one from elsewhere by its address."""
        buckets = context.layout.storage.buckets
        for path, repository in _data_repositories(context):
            name = repository.of_layout
            if name is not None and name not in buckets:
                near = nearest(name, buckets)
                remedy = (
                    f"Did you mean {near}?"
                    if near
                    else f"Add it under storage.buckets, or write s3://{name} for one that exists."
                )
                yield Finding(
                    (*path, "bucket"),
                    f"there is no bucket {name!r} under storage.buckets",
                    remedy,
                    (("storage", "buckets"),),
                )


class DataRepositoriesOverlap:
    """A folder belongs to one bucket, and a folder of a bucket to one folder: FSx refuses the second link.

    https://docs.aws.amazon.com/fsx/latest/APIReference/API_CreateDataRepositoryAssociation.html
    """

    id = "data-repositories-overlap"
    level: Level = "error"

    def check(self, context: Context) -> Iterator[Finding]:
        """No data repository of a file system lies in the folder, or in the bucket's folder, of another."""
        for path, one in file_systems(context):
            pairs = combinations(enumerate(one.data_repositories), 2)
            for (_, first), (index, second) in pairs:
                here = (*path, "data_repositories", index)
                if _within(first.path, second.path):
                    problem = f"{second.path} and {first.path} overlap, and each folder shows one bucket"
                    yield Finding((*here, "path"), problem, "Write folders of which none lies in another.")
                elif first.bucket == second.bucket and _within(first.prefix or "", second.prefix or ""):
                    problem = f"it shows a folder of {second.bucket} that {first.path} shows already"
                    yield Finding(
                        (*here, "bucket"), problem, "Write a prefix for each, of which none lies in another."
                    )


class TooManyDataRepositories:
    """FSx links a file system to so many buckets, and refuses the next after the others are made."""

    id = "too-many-data-repositories"
    level: Level = "error"

    def check(self, context: Context) -> Iterator[Finding]:
        """A file system has at most 8 data repositories."""
        for path, one in file_systems(context):
            count = len(one.data_repositories)
            if count > MOST_DATA_REPOSITORIES:
                problem = (
                    f"{count} data repositories, and FSx takes {MOST_DATA_REPOSITORIES} for each file system"
                )
                remedy = "Show a common folder of several in one, or make a second file system."
                yield Finding((*path, "data_repositories"), problem, remedy)


class DataRepositoryKey:
    """FSx reads the bucket as a role of its own, which a key's policy has to name; else the link is misconfigured.

    https://docs.aws.amazon.com/fsx/latest/LustreGuide/s3-server-side-encryption-support.html
    """

    id = "data-repository-key"
    level: Level = "warning"

    def check(self, context: Context) -> Iterator[Finding]:
        """A bucket that a file system shows is encrypted by S3's own keys."""
        for path, repository in _data_repositories(context):
            bucket = context.layout.storage.buckets.get(repository.of_layout or "")
            if bucket is not None and bucket.kms_key_arn is not None:
                problem = f"the bucket {repository.bucket} has a KMS key of yours, whose policy has to let FSx' role in"
                remedy = (
                    "Allow kms:Decrypt, Encrypt, ReEncrypt*, GenerateDataKey* and DescribeKey in the key's policy to "
                    "the roles AWSServiceRoleForFSxS3Access_*, or remove the bucket's kms_key_arn."
                )
                because = (("storage", "buckets", repository.bucket, "kms_key_arn"),)
                yield Finding((*path, "bucket"), problem, remedy, because)


class BucketNameTooLong:
    """S3 refuses a longer name, and the default one is made of four parts."""

    id = "bucket-name-too-long"
    level: Level = "error"

    def check(self, context: Context) -> Iterator[Finding]:
        """CLUSTER-NAME-ACCOUNT-REGION has at most 63 characters."""
        layout = context.layout
        for name, bucket in layout.storage.buckets.items():
            full = bucket_name(layout.name, layout.region, name, bucket, ACCOUNT)
            if len(full) > LONGEST_BUCKET_NAME:
                problem = f"its name in S3 would be {layout.name}-{name}-ACCOUNT-{layout.region}, of {len(full)} characters; S3 takes {LONGEST_BUCKET_NAME}"
                remedy = f"Write a name of its own: storage.buckets.{name}.name, or a shorter one here."
                yield Finding(("storage", "buckets", name), problem, remedy, (("name",), ("region",)))


class StoreNameTwice:
    """Two entries of one name are one bucket to AWS: the second fails, or takes over the first."""

    id = "store-name-twice"
    level: Level = "error"

    def check(self, context: Context) -> Iterator[Finding]:
        """Buckets, the bucket of the state among them, and repositories have names of their own."""
        layout = context.layout
        taken: dict[str, str] = {}
        if layout.backend.bucket is not None:
            taken[layout.backend.bucket] = "backend.bucket"
        for name, bucket in layout.storage.buckets.items():
            full = bucket_name(layout.name, layout.region, name, bucket, ACCOUNT)
            yield from self._taken(("storage", "buckets", name), full, taken)
        taken = {}
        for name, repository in layout.storage.repositories.items():
            full = repository_name(layout.name, name, repository)
            yield from self._taken(("storage", "repositories", name), full, taken)

    def _taken(self, path: KeyPath, name: str, taken: dict[str, str]) -> Iterator[Finding]:
        other = taken.setdefault(name, ".".join(map(str, path)))
        if other != ".".join(map(str, path)):
            problem = f"{name} is the name of {other} already"
            yield Finding((*path, "name"), problem, "Write another name, or leave it out for the default.")


class LifecycleRuleDoesNothing:
    """S3 refuses a rule without an action, and one whose actions contradict each other."""

    id = "lifecycle-rule"
    level: Level = "error"

    def check(self, context: Context) -> Iterator[Finding]:
        """Each rule deletes objects, or moves them before that, and not sooner than the storage class allows."""
        for name, bucket in context.layout.storage.buckets.items():
            for index, rule in enumerate(bucket.lifecycle.rules):
                path = ("storage", "buckets", name, "lifecycle", "rules", index)
                days, storage_class = rule.transition_days, rule.storage_class
                if (days is None) != (storage_class is None):
                    given, missing = (
                        ("storage_class", "transition_days")
                        if days is None
                        else ("transition_days", "storage_class")
                    )
                    yield Finding(
                        (*path, given),
                        f"{given} needs {missing} beside it",
                        f"Write {missing}.",
                        ((*path, missing),),
                    )
                elif days is None and rule.expire_days is None:
                    remedy = "Write expire_days, or transition_days and storage_class, or remove it."
                    yield Finding(path, "the rule does nothing", remedy)
                elif days is not None and rule.expire_days is not None and days >= rule.expire_days:
                    problem = (
                        f"objects are deleted after {rule.expire_days} days, before they move after {days}"
                    )
                    yield Finding(
                        (*path, "transition_days"),
                        problem,
                        "Write fewer than expire_days.",
                        ((*path, "expire_days"),),
                    )
                elif days is not None and storage_class == "standard_ia" and days < DAYS_BEFORE_STANDARD_IA:
                    problem = f"S3 moves objects to standard_ia after {DAYS_BEFORE_STANDARD_IA} days at the earliest"
                    remedy = (
                        f"Write {DAYS_BEFORE_STANDARD_IA} or more, or storage_class: intelligent_tiering."
                    )
                    yield Finding((*path, "transition_days"), problem, remedy, ((*path, "storage_class"),))


class StoreWithoutDriver:
    """Without the driver a claim stays pending, and the pods that mount it with it."""

    id = "store-without-driver"
    level: Level = "error"

    def check(self, context: Context) -> Iterator[Finding]:
        """File systems and volumes go with the add-on that mounts them."""
        storage = context.layout.storage
        for key, names, addon in (
            ("file_systems", storage.file_systems, "aws-fsx-csi-driver"),
            ("volumes", storage.volumes, "aws-ebs-csi-driver"),
        ):
            if names and not context.layout.has_addon(addon):
                problem = f"the add-on {addon}, which mounts them, is off"
                yield Finding(
                    ("storage", key),
                    problem,
                    f"Leave addons.{addon} on, or remove storage.{key}.",
                    (("addons", addon),),
                )


def _within(first: str, second: str) -> bool:
    """Whether one of two folders lies in the other, or is it."""
    one, other = (f"{text.rstrip('/')}/".lstrip("/") for text in (first, second))
    return one.startswith(other) or other.startswith(one)
