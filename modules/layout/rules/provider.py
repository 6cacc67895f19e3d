"""What only the newer of the two AWS providers can write: `NEWER` has all of it, and docs/flavours.md tells it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from ...bindings.flavor import CDKTF, CDKTN, Flavor
from ..faults import KeyPath, Level
from .base import Context, Finding

# The version of hashicorp/aws that each flavour's bindings are made from; a test compares it with them.
AWS_PROVIDERS = {CDKTF.name: "6.25.0", CDKTN.name: "6.69.1"}
# AMI types that a provider refuses by its own list, which is that of the SDK it was built with. The SDKs have these since
# 2026-01-14 (https://github.com/aws/aws-sdk-net, changelog of 3.7.1202.0), six weeks after 6.25.0.
_NEWER_AMI_TYPES = frozenset({"BOTTLEROCKET_x86_64_NVIDIA_FIPS", "BOTTLEROCKET_ARM_64_NVIDIA_FIPS"})


@dataclass(frozen=True, slots=True)
class Newer:
    """A setting of the layout that older versions of hashicorp/aws know nothing of.

    Attributes:
        key: of the language, as a dotted path.
        what: what of the provider it needs.
        since: the first version of hashicorp/aws that has it.
        source: where that version is said.
        instead: what does the same without it, as the rest of the remedy's first sentence; or nothing.
        used: where a layout says it.
    """

    key: str
    what: str
    since: str
    source: str
    instead: str
    used: Callable[[Context], Iterator[KeyPath]]


def _strategies(context: Context) -> Iterator[KeyPath]:
    for path, group in context.groups():
        if group.update.strategy is not None:
            yield (*path, "update", "strategy")


def _ami_types(context: Context) -> Iterator[KeyPath]:
    for path, group in context.groups():
        # An AMI of one's own goes to EKS as CUSTOM.
        if group.ami_id is None and group.ami_type in _NEWER_AMI_TYPES:
            yield (*path, "ami_type")


def _scheduler(context: Context) -> Iterator[KeyPath]:
    if context.layout.cluster.scheduler is not None:
        yield ("cluster", "scheduler")


NEWER: tuple[Newer, ...] = (
    Newer(
        "node_groups.NAME.update.strategy",
        "update_config.update_strategy of aws_eks_node_group",
        since="6.26.0",
        source="https://github.com/hashicorp/terraform-provider-aws/pull/41487",
        instead=" and have EKS told by `aws eks update-nodegroup-config --cluster-name CLUSTER --nodegroup-name GROUP "
        "--update-config maxUnavailable=1,updateStrategy=MINIMAL`, which the older provider does not see",
        used=_strategies,
    ),
    Newer(
        "node_groups.NAME.ami_type",
        "the AMI types BOTTLEROCKET_x86_64_NVIDIA_FIPS and BOTTLEROCKET_ARM_64_NVIDIA_FIPS",
        # The first release after the SDK of 2026-01-14.
        since="6.29.0",
        source="https://github.com/hashicorp/terraform-provider-aws/blob/main/CHANGELOG.md",
        instead=" for an AMI without FIPS",
        used=_ami_types,
    ),
    Newer(
        "cluster.scheduler",
        "kube_scheduler_config of aws_eks_cluster",
        since="6.59.0",
        source="https://github.com/terraform-aws-modules/terraform-aws-eks/pull/3741",
        instead=" and set it by `aws eks update-cluster-config --kube-scheduler-config`, which the older provider does "
        "not see",
        used=_scheduler,
    ),
)


def writes(flavor: Flavor, ami_type: str) -> bool:
    """Whether the AWS provider of a flavour takes an AMI type."""
    return flavor is not CDKTF or ami_type not in _NEWER_AMI_TYPES


def _number(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))


class NewerProvider:
    """CDKTF's bindings stay at the AWS provider of December 2025, which refuses arguments and values that came later.

    Terraform would say so at the plan, as an unsupported argument.
    """

    id = "newer-provider"
    level: Level = "error"

    def check(self, context: Context) -> Iterator[Finding]:
        """What the layout says has to be in the provider of the flavour that writes it."""
        has = AWS_PROVIDERS[context.flavor.name]
        for newer in NEWER:
            if _number(has) >= _number(newer.since):
                continue
            for path in newer.used(context):
                problem = f"{newer.what} came with hashicorp/aws {newer.since}, and {context.flavor.title} has {has}"
                remedy = (
                    f"Leave it out{newer.instead}. Or write the stacks with CDK Terrain: make setup-cdktn, then "
                    "CDK_FLAVOR=cdktn (docs/leaving-cdktf.md)."
                )
                yield Finding(path, problem, remedy)
