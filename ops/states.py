"""Terraform's states of stacks, read where the layout keeps them: https://developer.hashicorp.com/terraform/language/state ."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from modules.app import DEFAULT_OUTPUT
from modules.layout import Layout

# The only one since Terraform 0.12; OpenTofu writes it too.
_VERSION = 4
# Not minutes, as botocore has them: who has no network should not wait for that.
_CONNECT_SECONDS, _READ_SECONDS, _ATTEMPTS = 5, 30, 2


class StateError(ValueError):
    """What is there is no state of Terraform."""


class UnreadableStateError(RuntimeError):
    """There may be a state, which cannot be read from here."""


@dataclass(frozen=True, slots=True)
class Deployed:
    """A resource that is in a state, as it was after the last apply."""

    type: str
    name: str
    attributes: Mapping[str, Any]

    @property
    def address(self) -> str:
        """Its address, without an index."""
        return f"{self.type}.{self.name}"


def state_of(
    layout: Layout, stack: str, folder: Path | None = None, profile: str | None = None
) -> list[Deployed]:
    """What a stack has deployed; nothing, where it has no state.

    Args:
        layout: its backend says where the state is.
        stack: the name of the stack.
        folder: where states are files, the folder that they are in; beside the output folder without it.
        profile: of the AWS configuration; the user's default without it.

    Raises:
        StateError: the file or object is no state.
        UnreadableStateError: it cannot be read.
    """
    if layout.backend.type == "s3":
        where, text = _object(layout, _key(layout, stack), profile)
        return [] if text is None else deployed(text, where)
    return state_in(_file(stack, folder))


def has_state(layout: Layout, stack: str, profile: str | None = None) -> bool:
    """Whether a stack has a state: it does after a destroy too, then with nothing in it.

    Raises:
        UnreadableStateError: it cannot be read.
    """
    if layout.backend.type == "s3":
        return bool((_object(layout, _key(layout, stack), profile)[1] or b"").strip())
    file = _file(stack, None)
    try:
        return bool(file.read_bytes().strip())
    except FileNotFoundError:
        return False
    except OSError as error:
        raise UnreadableStateError(f"{file}: {error.strerror}") from None


def is_locked(layout: Layout, stack: str, profile: str | None = None) -> bool:
    """Whether Terraform is at work on a stack, or was stopped while it was: the state does not have all then.

    Raises:
        UnreadableStateError: it cannot be asked.
    """
    # https://developer.hashicorp.com/terraform/language/backend/s3#state-locking
    if layout.backend.type == "s3":
        return _object(layout, f"{_key(layout, stack)}.tflock", profile)[1] is not None
    # https://github.com/hashicorp/terraform/blob/main/internal/states/statemgr/filesystem.go
    file = _file(stack, None)
    return file.with_name(f".{file.name}.lock.info").exists()


def _key(layout: Layout, stack: str) -> str:
    return f"{layout.backend.key_prefix}/{stack}.tfstate"


def _file(stack: str, folder: Path | None) -> Path:
    if folder is None:
        # modules/addressed_stack.py: Terraform runs in OUT/stacks/NAME.
        folder = Path(os.environ.get("CDKTF_OUTDIR") or DEFAULT_OUTPUT).parent
    return folder / f"terraform.{stack}.tfstate"


def state_in(file: Path) -> list[Deployed]:
    """What the state in a file has; nothing, where there is no file.

    Raises:
        StateError: the file is no state.
        UnreadableStateError: it cannot be read.
    """
    try:
        text = file.read_bytes()
    except FileNotFoundError:
        return []
    except OSError as error:
        raise UnreadableStateError(f"{file}: {error.strerror}") from None
    return deployed(text, str(file))


def deployed(text: bytes, where: str) -> list[Deployed]:
    """The managed resources of a state.

    Raises:
        StateError: the text is no state.
        UnreadableStateError: it is one that only OpenTofu can read.
    """
    if not text.strip():  # Terraform takes an empty file for no state.
        return []
    try:
        state = json.loads(text)
        if "encrypted_data" in state:
            raise UnreadableStateError(f"{where}: the state is encrypted")
        if state["version"] != _VERSION:
            raise StateError(f"{where}: a state of version {state['version']}, and not {_VERSION}")
        return [
            Deployed(one["type"], one["name"], instance.get("attributes") or {})
            for one in state["resources"]
            if one["mode"] == "managed"
            for instance in one["instances"]
        ]
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        if isinstance(error, StateError):
            raise
        raise StateError(
            f"{where}: this is no state of Terraform. See what `terraform state list` says of it; a backup may be "
            "beside it, or an older version in the bucket"
        ) from None


def _object(layout: Layout, key: str, profile: str | None) -> tuple[str, bytes | None]:
    """A state in S3: where it is, and its text if it is there."""
    import boto3
    from botocore.config import Config
    from botocore.exceptions import BotoCoreError, ClientError

    backend = layout.backend
    where = f"s3://{backend.bucket}/{key}"
    patience = Config(
        connect_timeout=_CONNECT_SECONDS,
        read_timeout=_READ_SECONDS,
        retries={"total_max_attempts": _ATTEMPTS},
    )
    try:
        session = boto3.Session(region_name=backend.region or layout.region, profile_name=profile)
        client = session.client("s3", config=patience)
        return where, client.get_object(Bucket=backend.bucket or "", Key=key)["Body"].read()
    except ClientError as error:
        if error.response.get("Error", {}).get("Code") == "NoSuchKey":
            return where, None
        raise UnreadableStateError(f"{where}: {error}") from None
    except BotoCoreError as error:
        raise UnreadableStateError(f"{where}: {error}") from None
