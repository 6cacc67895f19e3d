"""KMS keys that the layout names: usable, and for root volumes usable by Auto Scaling."""

from __future__ import annotations

import shlex
from collections.abc import Iterator

from modules.catalog.regions import partition

from ...aws.account import Answer
from ...checking.check import Finding, Level, UnaskedError
from ..subject import Subject
from .policies import covers, names, statements

# What KMS says of a key that cannot be found, or is not written as one.
_NO_KEY = ("NotFoundException",)
_ROLE = "role/aws-service-role/autoscaling.amazonaws.com/AWSServiceRoleForAutoScaling"
# What Auto Scaling does to start an instance with an encrypted volume:
# https://docs.aws.amazon.com/autoscaling/ec2/userguide/key-policy-requirements-EBS-encryption.html,
# https://docs.aws.amazon.com/ebs/latest/userguide/ebs-encryption-requirements.html
_NEEDED = ("CreateGrant", "Decrypt", "GenerateDataKeyWithoutPlaintext")
# Those that the first of these pages grants.
_GRANTED = ("Encrypt", "Decrypt", "ReEncryptFrom", "ReEncryptTo", "GenerateDataKey",
            "GenerateDataKeyWithoutPlaintext", "DescribeKey", "CreateGrant")  # fmt: skip


class KmsKeys:
    """With a key that is gone, disabled or of another kind, what it encrypts is not made, or cannot be read any more."""

    id = "kms-keys"
    level: Level = "error"
    remedy = "Write the ARN of another key, or leave it out."
    actions: tuple[str, ...] = ("kms:DescribeKey",)

    def applies(self, subject: Subject) -> bool:
        """The layout names a key."""
        return bool(_keys(subject))

    def look(self, subject: Subject) -> Iterator[Finding]:
        """Each key is there, enabled and symmetric."""
        unasked: UnaskedError | None = None
        for arn, paths in _keys(subject).items():
            try:
                key = _described(subject, arn)
            except UnaskedError as error:  # Another account's key may be closed, and the next one open.
                unasked = unasked or error
                continue
            finding = _unusable(", ".join(paths), arn, key)
            if finding is not None:
                yield finding
        if unasked is not None:
            raise unasked


def _unusable(where: str, arn: str, key: Answer | None) -> Finding | None:
    """Why a key encrypts nothing, if it does not."""
    if key is None:
        return Finding(where, f"there is no KMS key {arn}")
    of_key = f"--region {_region(arn)} --key-id {arn}"
    state, spec, usage = key["KeyState"], key.get("KeySpec"), key.get("KeyUsage")
    if state == "PendingDeletion":
        return Finding(
            where,
            f"the KMS key {arn} is to be deleted{_on(key)}: what it encrypts is lost then",
            f"aws kms cancel-key-deletion {of_key} && aws kms enable-key {of_key}",
        )
    if state == "Disabled":
        return Finding(where, f"the KMS key {arn} is disabled", f"aws kms enable-key {of_key}")
    if state not in ("Enabled", "Creating", "Updating"):
        return Finding(where, f"the KMS key {arn} is in the state {state}, and not Enabled")
    if spec not in (None, "SYMMETRIC_DEFAULT") or usage not in (None, "ENCRYPT_DECRYPT"):
        return Finding(
            where,
            f"the KMS key {arn} is of the kind {spec} for {usage}: AWS services take symmetric keys for encryption only",
        )
    return None


class NodeVolumeKey:
    """Auto Scaling starts no node whose volume's key it may not use: instances end with Client.InternalError at once."""

    id = "node-volume-key"
    level: Level = "warning"
    remedy = "Let the key's policy allow it, or grant it."
    actions: tuple[str, ...] = (
        "kms:DescribeKey",
        "kms:GetKeyPolicy",
        "kms:ListGrants",
        "sts:GetCallerIdentity",
    )

    def applies(self, subject: Subject) -> bool:
        """A node group has a key of its own."""
        return bool(_root_keys(subject))

    def look(self, subject: Subject) -> Iterator[Finding]:
        """Policy or grants of each customer key let Auto Scaling's role use it."""
        role = f"arn:{partition(subject.layout.region)}:iam::{subject.account.id}:{_ROLE}"
        for arn, paths in _root_keys(subject).items():
            key = _described(subject, arn)
            if key is None or key.get("KeyManager") == "AWS":
                continue
            missing = set(_NEEDED)
            if arn.split(":")[4] == subject.account.id:
                missing = _without_policy(subject, arn, role)
            if missing:
                missing -= _granted(subject, arn, role)
            if not missing:
                continue
            region = _region(arn)
            command = (
                f"aws kms create-grant --region {region} --key-id {arn} --grantee-principal {shlex.quote(role)} "
                f"--operations {' '.join(_GRANTED)}"
            )
            yield Finding(
                ", ".join(paths),
                f"neither the policy nor a grant of the KMS key {arn} lets Auto Scaling's role do "
                f"{', '.join(f'kms:{one}' for one in sorted(missing))}: nodes end with Client.InternalError",
                f"{command} ; see "
                "https://docs.aws.amazon.com/autoscaling/ec2/userguide/key-policy-requirements-EBS-encryption.html",
            )


def _without_policy(subject: Subject, arn: str, role: str) -> set[str]:
    """What the key's policy does not allow the role.

    A statement for the whole account leaves it to IAM policies, and the role's own has nothing of KMS.
    """
    found = subject.account.ask("kms", "get_key_policy", region=_region(arn), KeyId=arn, PolicyName="default")
    allowing = [one for one in statements(found["Policy"], "Allow") if names(one, "AWS", {role})]
    return {action for action in _NEEDED if not any(covers(one, f"kms:{action}") for one in allowing)}


def _granted(subject: Subject, arn: str, role: str) -> set[str]:
    grants = subject.account.pages("kms", "list_grants", "Grants", region=_region(arn), KeyId=arn)
    return {
        operation
        for grant in grants
        if grant.get("GranteePrincipal") == role
        for operation in grant.get("Operations", ())
    }


def _described(subject: Subject, arn: str) -> Answer | None:
    found = subject.account.find("kms", "describe_key", _NO_KEY, region=_region(arn), KeyId=arn)
    return None if found is None else dict(found["KeyMetadata"])


def _on(key: Answer) -> str:
    day = key.get("DeletionDate")
    return f" on {day.date()}" if day else ""


def _region(arn: str) -> str:
    return arn.split(":")[3]


def _root_keys(subject: Subject) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for path, group in subject.groups():
        if group.root_volume.kms_key_arn is not None:
            found.setdefault(str(group.root_volume.kms_key_arn), []).append(f"{path}.root_volume.kms_key_arn")
    return found


def _keys(subject: Subject) -> dict[str, list[str]]:
    """The paths that name each key."""
    layout, storage = subject.layout, subject.layout.storage
    found = _root_keys(subject)
    given: list[tuple[str, str | None]] = [("backend.kms_key_arn", layout.backend.kms_key_arn)]
    if layout.cluster.secrets_encryption.enabled:
        given.append(
            ("cluster.secrets_encryption.kms_key_arn", layout.cluster.secrets_encryption.kms_key_arn)
        )
    for name, file_system in storage.file_systems.items():
        given.append((f"storage.file_systems.{name}.kms_key_arn", file_system.kms_key_arn))
    for name, bucket in storage.buckets.items():
        given.append((f"storage.buckets.{name}.kms_key_arn", bucket.kms_key_arn))
    for name, repository in storage.repositories.items():
        given.append((f"storage.repositories.{name}.kms_key_arn", repository.kms_key_arn))
    for path, arn in given:
        if arn is not None:
            found.setdefault(str(arn), []).append(path)
    return found
