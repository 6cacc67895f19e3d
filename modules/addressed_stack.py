"""What every stack of a layout has: readable addresses, a backend, variables and the AWS provider."""

from __future__ import annotations

from collections.abc import Sequence

from cdktf import TerraformStack, TerraformVariable, TerraformVariableValidationConfig
from cdktf_cdktf_provider_aws.provider import AwsProvider, AwsProviderDefaultTags
from constructs import Construct

from .layout import Layout, Variable
from .layout.stores import CLUSTER_TAG
from .readable_stack import ReadableStack, StateBucket


class AddressedStack(ReadableStack):
    """A stack of a layout, whose state is where the layout says."""

    def __init__(
        self, scope: Construct, id: str, *, layout: Layout, variables: Sequence[Variable] = ()
    ) -> None:
        super().__init__(scope, id, state=_state_bucket(layout))
        for variable in variables:
            _declare(self, variable)


def aws_provider(stack: TerraformStack, layout: Layout) -> None:
    """The AWS provider of a stack, in the region and with the tags of its layout, and one that says whose all is."""
    tags = AwsProviderDefaultTags(tags={**layout.tags, CLUSTER_TAG: layout.name})
    AwsProvider(stack, "aws", region=layout.region, default_tags=[tags])


def _state_bucket(layout: Layout) -> StateBucket | None:
    backend = layout.backend
    if backend.type != "s3":
        return None
    return StateBucket(
        backend.bucket or "", backend.key_prefix, backend.region or layout.region, backend.kms_key_arn
    )


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
