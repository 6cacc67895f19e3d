"""Cases of the rules about what an AWS provider can write."""

from __future__ import annotations

from modules.bindings.flavor import CDKTN
from tests.unit.layout.cases import Case, existing, new

SCHEDULER = (
    "cluster: {scheduler: {scoring_strategy: MostAllocated, resources: {nvidia.com/gpu: 10}}} # here\n"
)
GPU = (
    "gpu: {instance_type: g5.xlarge, size: {desired: 1}, ami_type: BOTTLEROCKET_x86_64_NVIDIA_FIPS} # here\n"
)
STRATEGY = "more: {instance_type: c5.2xlarge, size: {desired: 1}, update: {strategy: minimal}} # here\n"
FIPS = "more: {instance_type: c5.2xlarge, size: {desired: 1}, ami_type: BOTTLEROCKET_x86_64_FIPS} # here\n"
PLAIN = FIPS.replace("_FIPS", "")


def elsewhere(text: str) -> str:
    """The same in a region outside of the United States."""
    return text.replace("us-west-2", "eu-west-1")


CASES = (
    Case(
        "newer-provider",
        new(STRATEGY),
        "node_groups.more.update.strategy",
        "came with hashicorp/aws 6.26.0, and CDKTF has 6.25.0",
        "--update-config maxUnavailable=1,updateStrategy=MINIMAL`, which the older provider does not see. Or write the stacks "
        "with CDK Terrain: make setup-cdktn, then CDK_FLAVOR=cdktn (docs/leaving-cdktf.md)",
        new(STRATEGY),
        flavor=CDKTN,
    ),
    Case(
        "newer-provider",
        new(STRATEGY.replace("minimal", "default")),
        "node_groups.more.update.strategy",
        "6.26.0",
        "Leave it out",
        new(STRATEGY.replace(", update: {strategy: minimal}", "")),
    ),
    Case(
        "newer-provider",
        new(top=SCHEDULER),
        "cluster.scheduler",
        "came with hashicorp/aws 6.59.0, and CDKTF has 6.25.0",
        "aws eks update-cluster-config",
        new(top=SCHEDULER),
        flavor=CDKTN,
    ),
    Case(
        "newer-provider",
        new(GPU),
        "node_groups.gpu.ami_type",
        "came with hashicorp/aws 6.29.0, and CDKTF has 6.25.0",
        "AMI without FIPS",
        new(GPU),
        flavor=CDKTN,
    ),
    # EKS is told CUSTOM of an AMI of one's own, which any provider writes.
    Case(
        "newer-provider",
        new(GPU),
        "node_groups.gpu.ami_type",
        "BOTTLEROCKET_x86_64_NVIDIA_FIPS",
        "CDK Terrain",
        new(GPU.replace("ami_type", "ami_id: ami-0123456789abcdef0, ami_type")),
    ),
    Case(
        "fips-ami-out-of-reach",
        elsewhere(new(FIPS)),
        "node_groups.more.ami_type",
        "starts by ECR's FIPS endpoint, and eu-west-1 has none",
        "Write BOTTLEROCKET_x86_64, or a region of the US",
        elsewhere(new(PLAIN)),
    ),
    Case(
        "fips-ami-out-of-reach",
        new(FIPS, "network: {fully_private: true}\n"),
        "node_groups.more.ami_type",
        "nodes without NAT do not reach",
        "interface_endpoints",
        new(FIPS, "network: {fully_private: true, interface_endpoints: [ecr-fips.api, ecr-fips.dkr]}\n"),
    ),
    # One of the two endpoints gives tokens, and no images.
    Case(
        "fips-ami-out-of-reach",
        new(FIPS, "network: {fully_private: true, interface_endpoints: [ecr-fips.api]}\n"),
        "node_groups.more.ami_type",
        "nodes without NAT do not reach",
        "ecr-fips.dkr",
        new(FIPS, "network: {fully_private: true, interface_endpoints: [ecr-fips.api, ecr-fips.dkr]}\n"),
    ),
    # Nobody knows here what the subnets of an existing VPC reach.
    Case(
        "fips-ami-out-of-reach",
        new(FIPS, "network: {fully_private: true}\n"),
        "node_groups.more.ami_type",
        "without NAT",
        "NAT gateway",
        existing(FIPS),
    ),
)
