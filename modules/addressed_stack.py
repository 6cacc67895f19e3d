"""What every stack has: readable addresses, a backend, variables and the AWS provider."""

from __future__ import annotations

import re
from collections.abc import Sequence

from cdktf import (
    LocalBackend,
    S3Backend,
    TerraformDataSource,
    TerraformElement,
    TerraformResource,
    TerraformStack,
    TerraformVariable,
    TerraformVariableValidationConfig,
)
from cdktf_cdktf_provider_aws.provider import AwsProvider, AwsProviderDefaultTags
from constructs import Construct, Node

from .expressions import RESOURCE
from .layout import Layout, Variable
from .layout.stores import CLUSTER_TAG


class AddressedStack(TerraformStack):
    """A stack whose resource addresses are its construct paths: `aws_subnet.network_private`.

    CDKTF appends a hash of the path, which says nothing to a reader of a plan. Addresses are an interface: a changed
    one replaces the resource. tests/unit/goldens pins those of every preset.
    """

    def __init__(
        self, scope: Construct, id: str, *, layout: Layout, variables: Sequence[Variable] = ()
    ) -> None:
        super().__init__(scope, id)
        self._known: dict[TerraformElement | Node, str] = {}  # CDKTF asks for each several times
        self._taken: dict[tuple[str, str], str] = {}
        # For S3 locks without a table, `check` blocks and what the time of a plan is compared with.
        self.add_override("terraform.required_version", ">= 1.10")
        _backend(self, id, layout)
        for variable in variables:
            _declare(self, variable)

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


def aws_provider(stack: TerraformStack, layout: Layout) -> None:
    """The AWS provider of a stack, in the region and with the tags of its layout, and one that says whose all is."""
    tags = AwsProviderDefaultTags(tags={**layout.tags, CLUSTER_TAG: layout.name})
    AwsProvider(stack, "aws", region=layout.region, default_tags=[tags])


def _backend(stack: TerraformStack, name: str, layout: Layout) -> None:
    backend = layout.backend
    if backend.type == "s3":
        S3Backend(
            stack,
            bucket=backend.bucket or "",
            key=f"{backend.key_prefix}/{name}.tfstate",
            region=backend.region or layout.region,
            encrypt=True,
            kms_key_id=backend.kms_key_arn,
        )
        # Locks by a file beside the state (Terraform 1.10 and newer); CDKTF knows DynamoDB tables only.
        stack.add_override("terraform.backend.s3.use_lockfile", True)
    else:
        # Beside the output folder, from OUT/stacks/NAME; CDKTF's own default is an absolute path of this machine.
        LocalBackend(stack, path=f"../../../terraform.{name}.tfstate")


def _declare(stack: TerraformStack, variable: Variable) -> None:
    made = TerraformVariable(
        stack,
        f"variable-{variable.name}",
        type=variable.kind.terraform_type,
        description=variable.description,
        nullable=False,
        validation=[
            TerraformVariableValidationConfig(
                condition=f"${{{variable.condition}}}",
                error_message=f"{variable.name}: {variable.kind.remedy}",
            )
        ],
    )
    made.override_logical_id(variable.name)
