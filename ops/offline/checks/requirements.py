"""What one argument of a resource asks of another one."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from ..values import UNKNOWN
from .problem import Problem, quoted
from .walk import each

Config = Mapping[str, Any]
_LOGS: Final = "cloud-watch-logs"


def problems(type_name: str, config: Config) -> Iterator[Problem]:
    """The arguments that lack what they need beside them."""
    check = _CHECKS.get(type_name)
    if check is not None:
        yield from check(config)


def _endpoints(config: Config) -> Iterator[Problem]:
    """One of the two, or both.

    https://docs.aws.amazon.com/eks/latest/userguide/cluster-endpoint.html
    """
    for path, vpc in each(config.get("vpc_config"), ("vpc_config",)):
        if vpc.get("endpoint_public_access") is False and vpc.get("endpoint_private_access") in (False, None):
            yield Problem(
                (*path, "endpoint_public_access"),
                "Neither a public nor a private endpoint: nobody reaches the Kubernetes API, and EKS refuses that.",
            )


def _dns(config: Config) -> Iterator[Problem]:
    """Names need the resolver.

    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ModifyVpcAttribute.html
    """
    if config.get("enable_dns_hostnames") is True and config.get("enable_dns_support") is False:
        yield Problem(
            ("enable_dns_hostnames",),
            "EC2 gives DNS host names only in a VPC with enable_dns_support = true.",
        )


def _writer(config: Config) -> Iterator[Problem]:
    """CloudWatch, which is the provider's default, takes logs from a role only.

    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateFlowLogs.html
    """
    if config.get("log_destination_type") in (None, "", _LOGS) and not config.get("iam_role_arn"):
        yield Problem(("iam_role_arn",), f"Flow logs for {_LOGS} need a role that may write them.")


def _taints(config: Config) -> Iterator[Problem]:
    """The API server refuses a node with two taints of one key and effect.

    https://github.com/kubernetes/kubernetes/blob/master/pkg/apis/core/validation/validation.go (validateNodeTaints)
    """
    seen: set[tuple[Any, Any]] = set()
    for path, taint in each(config.get("taint"), ("taint",)):
        pair = taint.get("key"), taint.get("effect")
        if UNKNOWN in pair:
            continue
        if pair in seen:
            yield Problem(
                path, f"Two taints have the key {quoted(pair[0])} and the effect {pair[1]}: keep one."
            )
        seen.add(pair)


_CHECKS: Final[Mapping[str, Callable[[Config], Iterator[Problem]]]] = {
    "aws_eks_cluster": _endpoints,
    "aws_eks_node_group": _taints,
    "aws_flow_log": _writer,
    "aws_vpc": _dns,
}
