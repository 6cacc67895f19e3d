"""How long data is kept, and what protects it from a destroy."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ..plan import Change
from ..rule import Finding, Level
from ..subject import Subject
from .data import FSX, STORES
from .parts import blocks, is_number, parsed, shrinks, turned_off


class RetentionShortened:
    """Data that is kept for a shorter time, or not in older versions any more: a mistake can no longer be taken back."""

    id = "retention-shortened"
    level: Level = "warn"

    def look(self, subject: Subject) -> Iterator[Finding]:
        """Versions, expiry and backups of stores that stay."""
        for one in subject.of("aws_s3_bucket_versioning"):
            status = ("versioning_configuration", 0, "status")
            if one.verb == "update" and one.was(*status) == "Enabled" and one.becomes(*status) == "Suspended":
                yield _kept_less(
                    one, "What is overwritten or deleted from then on is lost.", "versions kept", "suspended"
                )
        made = {str(one.becomes("bucket")) for one in subject.of("aws_s3_bucket") if one.verb in ("create", "replace")}  # fmt: skip
        for one in subject.of("aws_s3_bucket_lifecycle_configuration"):
            bucket = one.becomes("bucket")
            there = bool(one.before) or (isinstance(bucket, str) and bucket not in made)
            if one.verb in ("create", "update", "replace") and (before := _expiries(one.before)) != (
                after := _expiries(one.after)
            ):
                shorter = sorted(
                    key for key, days in after.items() if there and days < before.get(key, days + 1)
                )
                if shorter:
                    yield _kept_less(
                        one, f"S3 deletes older objects within a day or two ({', '.join(shorter)}), checkpoints of a run that is going on perhaps.",
                        ", ".join(f"{before[key]} days" if key in before else "for ever" for key in shorter),
                        ", ".join(f"{after[key]} days" for key in shorter),
                    )  # fmt: skip
        repositories = {str(one.becomes("name")) for one in subject.of("aws_ecr_repository") if one.verb in ("create", "replace")}  # fmt: skip
        for one in subject.of("aws_ecr_lifecycle_policy"):
            old, new = (_images(side.get("policy")) for side in (one.before, one.after))
            repository = one.becomes("repository")
            there = one.verb == "create" and isinstance(repository, str) and repository not in repositories
            # The provider replaces the policy for every change of it.
            if (there and new) or (
                one.verb in ("update", "replace")
                and any(new.get(key, count) < count for key, count in old.items())
            ):
                yield _kept_less(
                    one, "ECR deletes older images within a day, that of a job that is to go on among them perhaps.",
                    ", ".join(map(str, old.values())) or "all", ", ".join(map(str, new.values())),
                )  # fmt: skip
        for one in subject.of(FSX, "aws_db_instance", "aws_rds_cluster"):
            for key in ("automatic_backup_retention_days", "backup_retention_period"):
                if one.verb == "update" and shrinks(one, key):
                    yield _kept_less(
                        one, "Older backups are deleted." if one.becomes(key) else "There are no backups any more, and those that there are are deleted.",
                        f"{one.was(key)} days", f"{one.becomes(key)} days",
                    )  # fmt: skip


def _kept_less(change: Change, effect: str, before: str, after: str) -> Finding:
    return Finding(change, effect, "Be sure that nothing of it is needed any more.", before, after)


def _expiries(side: dict[str, Any]) -> dict[str, float]:
    """Days after which a lifecycle deletes, by rule; those of rules that are off do not count."""
    found: dict[str, float] = {}
    for number, rule in enumerate(blocks(side.get("rule"))):
        if rule.get("status") != "Enabled":
            continue
        name = rule.get("id") if isinstance(rule.get("id"), str) else f"rule {number + 1}"
        for kind, key in (("expiration", "days"), ("noncurrent_version_expiration", "noncurrent_days")):
            for block in blocks(rule.get(kind)):
                if is_number(block.get(key)) and block[key] > 0:
                    found[f"{name}: {kind}"] = block[key]
    return found


def _images(text: Any) -> dict[str, float]:
    policy = parsed(text)
    rules = policy.get("rules") if isinstance(policy, dict) else None
    found: dict[str, float] = {}
    for rule in blocks(rules):
        selection = rule.get("selection")
        if isinstance(selection, dict) and is_number(selection.get("countNumber")):
            found[str(rule.get("rulePriority"))] = selection["countNumber"]
    return found


class StoreUnprotected:
    """Data that a later destroy or replacement would delete without asking: one mistake more, and it is gone."""

    id = "store-unprotected"
    level: Level = "warn"

    def look(self, subject: Subject) -> Iterator[Finding]:
        """Switches that let a store be deleted with its content."""
        for kind in STORES:
            for one in subject.of(kind):
                if one.verb != "update":
                    continue
                on = [key for key in ("force_destroy", "force_delete", "skip_final_snapshot", "skip_final_backup") if one.was(key) is False and one.becomes(key) is True]  # fmt: skip
                off = [key for key in ("deletion_protection", "deletion_protection_enabled") if turned_off(one, key)]  # fmt: skip
                for key in (*on, *off):
                    yield Finding(
                        one,
                        "Nothing happens now; a destroy or a replacement deletes it with all its content from then on.",
                        "Change it back, unless it is to go with the next apply.",
                        f"{key} {'off' if key in on else 'on'}",
                        "on" if key in on else "off",
                    )


RULES = (RetentionShortened(), StoreUnprotected())
