"""What providers ask of arguments of many types."""

from __future__ import annotations

from .model import Network, Validation

# What the SDK appends to a name prefix: UniqueIDSuffixLength in helper/id/id.go of hashicorp/terraform-plugin-sdk.
SUFFIX = 26

# internal/verify/validate.go of the AWS provider
ARN = Validation(
    pattern=r"(arn:aws(-[a-z]+)*:[^:]+:([a-z]{2}(-[a-z]+)+-\d{1,2})?:"
    r"(aws|aws-managed|third-party|aws-marketplace|\d{12}|cw.{10})?:.+)?",
    hint="has to be an ARN (arn:partition:service:region:account:resource)",
)
# A launch template takes these as text, so that "not set" is a third value: internal/types/nullable/bool.go.
NULLABLE_BOOL = Validation(
    pattern="(1|t|T|TRUE|true|True|0|f|F|FALSE|false|False)?", hint='has to be "true", "false" or ""'
)
IPV4_NETWORK = Validation(network=Network(4))
IPV6_NETWORK = Validation(network=Network(6))
ANY_NETWORK = Validation(network=Network(None))
PORT = Validation(at_least=-1, at_most=65535)


def name(longest: int, *, prefix: bool = False, shortest: int = 0, pattern: str | None = None) -> Validation:
    """A name of so many characters, or a prefix that the SDK makes a name of."""
    return Validation(
        pattern=pattern, min_length=shortest or None, max_length=longest - SUFFIX if prefix else longest
    )
