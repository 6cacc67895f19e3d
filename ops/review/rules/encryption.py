"""Keys, encryption, public access and logs: what protects data, and what tells who has touched it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ..plan import Change
from ..rule import Finding, Level
from ..subject import Subject
from ..values import leaves, shown
from .cluster import CLUSTER
from .parts import ends_or_anew, gone, is_number, shrinks, turned_off

KEY = "aws_kms_key"
_KEYS = (KEY, "aws_kms_replica_key", "aws_kms_external_key")
_S3_ENCRYPTION = "aws_s3_bucket_server_side_encryption_configuration"
_PUBLIC_ACCESS = "aws_s3_bucket_public_access_block"
LOG_GROUP = "aws_cloudwatch_log_group"
_SWITCHES = frozenset(
    ("encrypted", "storage_encrypted", "at_rest_encryption_enabled", "transit_encryption_enabled", "enable_default_standard")
)  # fmt: skip
_KEY_ARGUMENTS = frozenset(
    ("kms_key_id", "kms_key_arn", "kms_key", "kms_master_key_id", "kms_encryption_key")
)


class KeyLost:
    """A KMS key that is to be deleted or disabled: what it has encrypted can no longer be read, by nobody."""

    # https://docs.aws.amazon.com/kms/latest/developerguide/deleting-keys.html
    id = "kms-key-lost"
    level: Level = "stop"

    def look(self, subject: Subject) -> Iterator[Finding]:
        """Keys that go, and keys that are switched off."""
        for one in subject.of(*_KEYS):
            if one.goes and not one.is_deposed:
                days = one.was("deletion_window_in_days")
                wait = f"{days} days" if is_number(days) else "30 days, if nothing else was set"
                with_cluster = one.stack in subject.losing(CLUSTER)
                what = (
                    ""
                    if with_cluster
                    else " Secrets of the cluster, volumes, buckets and logs that it has encrypted are lost with it."
                )
                yield Finding(
                    one,
                    f"The key is {ends_or_anew(one)}: at once it can no longer be used, and after {wait} it is gone for good.{what}",
                    "Keep it as long as anything encrypted with it is kept. Until it is gone, `aws kms cancel-key-deletion` brings it back.",
                    shown(one.was("arn")),
                    "another key" if one.verb == "replace" else "scheduled for deletion",
                )  # fmt: skip
            elif one.verb == "update" and turned_off(one, "is_enabled"):
                yield Finding(
                    one,
                    "The key is disabled: secrets, volumes and buckets that it has encrypted can no longer be read. Nodes with such volumes do not "
                    "start, and the control plane becomes unhealthy.",
                    "Leave it enabled.",
                    "enabled",
                    "disabled",
                )


class KeyWeakened:
    """A KMS key whose rotation is switched off, or that is gone sooner after it was deleted by mistake."""

    id = "kms-key-weakened"
    level: Level = "warn"

    def look(self, subject: Subject) -> Iterator[Finding]:
        """Keys that stay."""
        for one in subject.of(*_KEYS):
            if one.verb != "update":
                continue
            if turned_off(one, "enable_key_rotation"):
                yield Finding(
                    one, "Nothing changes for what runs; the key is not rotated any more.", "Keep the rotation on: it costs no downtime.", "rotated", "not rotated",
                )  # fmt: skip
            if shrinks(one, "deletion_window_in_days"):
                yield Finding(
                    one, "Who deletes the key by mistake has less time to see it.", "Keep 30 days.",
                    f"{one.was('deletion_window_in_days')} days", f"{one.becomes('deletion_window_in_days')} days", level="note",
                )  # fmt: skip


class EncryptionOff:
    """Encryption that is switched off, or no longer done with an own key: from then on data is kept more openly."""

    id = "encryption-off"
    level: Level = "warn"

    def look(self, subject: Subject) -> Iterator[Finding]:
        """Any argument that encrypts or names a key, of resources that stay or are made anew."""
        for one in subject.happening:
            if one.verb not in ("update", "replace") or one.type == CLUSTER:
                continue
            for path, was, becomes in _weaker(one):
                yield Finding(
                    one,
                    "Training goes on. What is written from then on is not encrypted, or with AWS's own key, which no key policy of yours protects.",
                    "Keep it as it is.",
                    f"{path} = {shown(was)}",
                    shown(becomes),
                )
        buckets = {one.was("bucket") for one in gone(subject.of("aws_s3_bucket"))}
        for one in gone(subject.of(_S3_ENCRYPTION)):
            if one.verb == "delete" and one.was("bucket") not in buckets and _uses_kms(one.before):
                yield Finding(
                    one,
                    "What is written to the bucket from then on is encrypted with S3's own key.",
                    "Keep it as it is.",
                    "aws:kms",
                    "AES256, S3's default",
                )


def _weaker(change: Change) -> Iterator[tuple[str, Any, Any]]:
    # Only the arguments that differ: trees of node groups and pods are large.
    for name in change.arguments:
        for path, was in leaves(change.before.get(name), (name,)):
            last = next((step for step in reversed(path) if isinstance(step, str)), "")
            if last in _SWITCHES:
                becomes = change.becomes(*path)
                if was in (True, "true") and becomes in (False, "false"):
                    yield ".".join(map(str, path)), was, becomes
            elif last in _KEY_ARGUMENTS and isinstance(was, str) and was:
                becomes = change.becomes(*path)
                if becomes is None or becomes == "":
                    yield ".".join(map(str, path)), was, becomes
            elif last == "sse_algorithm" and str(was).startswith("aws:kms"):
                becomes = change.becomes(*path)
                if becomes == "AES256":
                    yield ".".join(map(str, path)), was, becomes


def _uses_kms(side: dict[str, Any]) -> bool:
    return any(
        path[-1] == "sse_algorithm" and str(value).startswith("aws:kms")
        for path, value in leaves(side)
        if path
    )


class BucketOpened:
    """A bucket whose protection against public access is taken away: one wrong policy, and weights and data are everybody's."""

    # https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html
    id = "bucket-opened"
    level: Level = "stop"

    def look(self, subject: Subject) -> Iterator[Finding]:
        """Blocks of public access that go or get weaker, and lists that let everybody in."""
        buckets = {one.was("bucket") for one in gone(subject.of("aws_s3_bucket"))}
        parts = ("block_public_acls", "block_public_policy", "ignore_public_acls", "restrict_public_buckets")
        for one in subject.of(_PUBLIC_ACCESS):
            if one.verb == "delete" and one.was("bucket") not in buckets and not one.is_deposed:
                off = [part for part in parts if one.was(part) is True]
            else:
                off = [part for part in parts if one.verb in ("update", "replace") and turned_off(one, part)]
            if off:
                yield Finding(
                    one,
                    "Training goes on. Policies and lists of the bucket may let the public in from then on.",
                    "Keep all four switches on.",
                    f"{', '.join(off)} on",
                    "off",
                )
        for one in subject.of("aws_s3_bucket_acl", "aws_s3_bucket"):
            acl = one.becomes("acl")
            if (
                one.verb in ("create", "update", "replace")
                and str(acl).startswith("public-")
                and one.was("acl") != acl
            ):
                yield Finding(
                    one, "Everybody on the internet may read what is in the bucket.", "Keep it private.", shown(one.was("acl")) if one.before else "", str(acl),
                )  # fmt: skip


class LogsLost:
    """A log group that is deleted or kept for a shorter time: what is older is gone at once, that of past runs too."""

    id = "logs-lost"
    level: Level = "warn"

    def look(self, subject: Subject) -> Iterator[Finding]:
        """Groups that go, and retentions that get shorter."""
        for one in subject.of(LOG_GROUP):
            was, becomes = one.was("retention_in_days"), one.becomes("retention_in_days")
            if one.goes and not one.is_deposed:
                if one.was("skip_destroy") is True:
                    continue
                yield Finding(
                    one,
                    f"The log group is {ends_or_anew(one)}, with everything that was ever written to it.",
                    "Export what is needed, or keep it: old logs cost little.",
                    one.label,
                    "an empty one" if one.verb == "replace" else "gone",
                )
            elif one.verb == "update" and _shorter(was, becomes):
                yield Finding(
                    one,
                    f"CloudWatch deletes what is older than {becomes} days.",
                    "Export what is needed first.",
                    f"{was} days" if was else "for ever",
                    f"{becomes} days",
                )


def _shorter(was: Any, becomes: Any) -> bool:
    """Whether a retention gets shorter; 0 is for ever."""
    return is_number(was) and is_number(becomes) and bool((becomes and not was) or 0 < becomes < was)


RULES = (KeyLost(), BucketOpened(), EncryptionOff(), KeyWeakened(), LogsLost())
