"""What every stack of a layout has: readable addresses, a backend, variables and the AWS provider."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from cdktf import App, TerraformStack, TerraformVariable, TerraformVariableValidationConfig
from cdktf_cdktf_provider_aws.provider import AwsProvider, AwsProviderDefaultTags
from constructs import Construct

from .layout import Fault, Layout, LayoutError, Origin, Variable
from .layout.stores import CLUSTER_TAG
from .overriding import Overridden, OverrideError, not_taken, override
from .readable_stack import ReadableStack, StateBucket


class AddressedStack(ReadableStack):
    """A stack of a layout, whose state is where the layout says, and with what the layout overrides.

    Attributes:
        kind: which of the layout's stacks it is.
        aws: the AWS provider.
        override_error: the overrides that could not be applied, once the stacks of the layout are written.
    """

    def __init__(
        self, scope: Construct, id: str, *, layout: Layout, variables: Sequence[Variable] = ()
    ) -> None:
        super().__init__(scope, id, state=_state_bucket(layout))
        self.kind = layout.kind_of(id)
        self.override_error: OverrideError | None = None
        self._overrides = layout.overrides
        if self._overrides:
            _refuse_hcl(self)
        self._overridden: Overridden | None = None
        self._beside: tuple[AddressedStack, ...] = (self,)
        for variable in variables:
            declare(self, variable)
        self.aws = aws_provider(self, layout)

    def share_overrides(self, stacks: Iterable[AddressedStack]) -> None:
        """Tells the stack of the others of its layout: an override has to be for one of all of them."""
        self._beside = tuple(stacks)

    def to_terraform(self) -> Any:
        """The stack as JSON. CDKTF asks for it last, after aspects and the constructs' own overrides.

        Raises:
            OverrideError: overrides of the layout cannot be applied; the last of its stacks tells of all.
        """
        document = super().to_terraform()
        if not self._overrides:
            return document
        self._overridden = override(document, self._overrides, self.kind)
        done = [(one.kind, one._overridden) for one in self._beside if one._overridden is not None]
        if len(done) == len(self._beside):
            problems = [problem for _, one in done for problem in one.problems]
            problems += not_taken(self._overrides, done)
            if problems:
                self.override_error = OverrideError(problems)
                raise self.override_error
        return document


def _refuse_hcl(stack: TerraformStack) -> None:
    """CDKTF asks no stack for its HCL in a way that could be changed here: overrides would be left out without a word."""
    app = stack.node.root
    if isinstance(app, App) and app.hcl_output:
        problem = "CDKTF writes HCL without them"
        remedy = "Synthesize JSON, without --hcl; or say what you override by the layout's own keys."
        raise LayoutError([Fault(Origin("--hcl"), ("overrides",), problem, remedy, "override")])


def aws_provider(stack: TerraformStack, layout: Layout) -> AwsProvider:
    """The AWS provider of a stack, in the region and with the tags of its layout, and one that says whose all is."""
    tags = AwsProviderDefaultTags(tags={**layout.tags, CLUSTER_TAG: layout.name})
    return AwsProvider(stack, "aws", region=layout.region, default_tags=[tags])


def _state_bucket(layout: Layout) -> StateBucket | None:
    backend = layout.backend
    if backend.type != "s3":
        return None
    return StateBucket(
        backend.bucket or "", backend.key_prefix, backend.region or layout.region, backend.kms_key_arn
    )


def declare(stack: TerraformStack, variable: Variable) -> None:
    """Declares a Terraform variable that a layout uses, with its type, its description and a check of its value."""
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
