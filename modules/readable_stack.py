"""A stack with readable addresses and a backend, whatever it is for."""

from __future__ import annotations

import re
from dataclasses import dataclass

from cdktf import (
    LocalBackend,
    S3Backend,
    TerraformDataSource,
    TerraformElement,
    TerraformResource,
    TerraformStack,
)
from constructs import Construct, Node

from .expressions import RESOURCE


@dataclass(frozen=True, slots=True)
class StateBucket:
    """Where states lie in S3: each stack has a file of its own below the prefix."""

    bucket: str
    prefix: str
    region: str
    kms_key_arn: str | None = None

    def key(self, stack: str) -> str:
        """The object of a stack's state."""
        return f"{self.prefix}/{stack}.tfstate"


class ReadableStack(TerraformStack):
    """A stack whose resource addresses are its construct paths: `aws_subnet.network_private`.

    CDKTF appends a hash of the path, which says nothing to a reader of a plan. Addresses are an interface: a changed
    one replaces the resource. tests/unit/goldens pins those of every preset.
    """

    def __init__(
        self, scope: Construct, id: str, *, state: StateBucket | None, state_name: str | None = None
    ) -> None:
        """Make it.

        Args:
            state: without it, Terraform keeps the state in a file beside the output folder.
            state_name: how the state is named, if not as the stack.
        """
        super().__init__(scope, id)
        self._known: dict[TerraformElement | Node, str] = {}  # CDKTF asks for each several times
        self._taken: dict[tuple[str, str], str] = {}
        # For S3 locks without a table, `check` blocks and what the time of a plan is compared with.
        self.add_override("terraform.required_version", ">= 1.10")
        _keep_state(self, state_name or id, state)

    def _allocate_logical_id(self, tf_element: TerraformElement | Node) -> str:
        known = self._known.get(tf_element)
        if known is not None:
            return known
        path = _path(tf_element)
        steps = [step for step in path.split("/")[1:] if step != RESOURCE]
        address = re.sub(r"\W|-", "_", "_".join(steps), flags=re.ASCII)
        # Two paths may give one address ("a-b/c" and "a/b-c"): of the same type, the second would silently replace the
        # first.
        taken = self._taken.setdefault((type(tf_element).__name__, address), path)
        if taken != path:
            raise ValueError(f"{path} and {taken} have the same resource address {address}")
        self._known[tf_element] = address
        return address


def _path(element: TerraformElement | Node) -> str:
    """The path of a construct: by one call of Node where it is the construct's text, which for most it is."""
    if isinstance(element, TerraformResource | TerraformDataSource):
        return element.to_string()
    return element.node.path if isinstance(element, TerraformElement) else element.path


def _keep_state(stack: TerraformStack, name: str, state: StateBucket | None) -> None:
    if state is None:
        # Beside the output folder, from OUT/stacks/NAME; CDKTF's own default is an absolute path of this machine.
        LocalBackend(stack, path=f"../../../terraform.{name}.tfstate")
        return
    S3Backend(
        stack,
        bucket=state.bucket,
        key=state.key(name),
        region=state.region,
        encrypt=True,
        kms_key_id=state.kms_key_arn,
    )
    # Locks by a file beside the state (Terraform 1.10 and newer); CDKTF knows DynamoDB tables only.
    stack.add_override("terraform.backend.s3.use_lockfile", True)
