"""Elastic Fabric Adapter: the interfaces of a node, its huge pages, and the security group that lets the traffic through."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from cdktf import ITerraformDependable, TerraformResourceLifecycle
from cdktf_cdktf_provider_aws.security_group import SecurityGroup
from cdktf_cdktf_provider_aws.vpc_security_group_egress_rule import VpcSecurityGroupEgressRule
from cdktf_cdktf_provider_aws.vpc_security_group_ingress_rule import VpcSecurityGroupIngressRule
from constructs import Construct

from .catalog import InstanceType
from .expressions import RESOURCE


@dataclass(frozen=True, slots=True)
class Interface:
    """A network interface of an EFA node: its network card, its device index, and what it carries."""

    card: int
    device: int
    type: Literal["interface", "efa", "efa-only"]


def efa_interfaces(instance_type: InstanceType) -> tuple[Interface, ...]:
    """The interfaces of an instance type that give it all of its EFA bandwidth.

    One card: one `efa` interface, which carries both IP and EFA. More cards: an ENA interface on card 0 with the
    node's address, and `efa-only` on each card that has EFA. `efa-only` takes no IP address, where `efa` on all 32
    cards of a p5 takes 32 and more. Where card 0 holds one interface (hpc6id), that is `efa`, for both.

    Source: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/efa-acc-inst-types.html and
    https://docs.aws.amazon.com/eks/latest/userguide/device-management-efa.html

    Raises:
        ValueError: the type has no EFA.
    """
    cards = instance_type.efa_cards
    if not cards:
        raise ValueError(f"{instance_type.name} has no EFA")
    if len(instance_type.network_cards) == 1:
        return (Interface(0, 0, "efa"),)
    if 0 in cards and instance_type.network_cards[0] == 1:
        return (Interface(0, 0, "efa"), *(Interface(card, 0, "efa-only") for card in cards if card))
    return (
        Interface(0, 0, "interface"),
        *(Interface(card, 1 if card == 0 else 0, "efa-only") for card in cards),
    )


def huge_pages(instance_type: InstanceType) -> int:
    """Pages of 2 MiB that an EFA node surely has, whichever EFA installer its AMI was made with.

    Older ones set aside 5,128, newer ones 110 for each core (bottlerocket-core-kit #141, libfabric-ci-scripts #122).
    """
    return min(5128, 110 * instance_type.vcpus // 2)


class EfaSecurityGroup(Construct):
    """Lets EFA nodes talk to each other: all traffic to and from the group itself, which EFA insists on.

    `group_id` is a reference to its id, `rules` are what EFA nodes have to wait for.

    https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/efa-start.html#efa-start-security
    """

    def __init__(self, scope: Construct, id: str, *, name: str, vpc_id: str) -> None:
        super().__init__(scope, id)
        self.resource = SecurityGroup(
            self,
            RESOURCE,
            name_prefix=f"{name}-efa-",
            description="EFA traffic between nodes",
            vpc_id=vpc_id,
            tags={"Name": f"{name}-efa"},
            # The old one goes when the nodes have left it.
            lifecycle=TerraformResourceLifecycle(create_before_destroy=True),
        )
        self.group_id = self.resource.id
        come = VpcSecurityGroupIngressRule(
            self,
            "from-itself",
            description="EFA from the group itself",
            security_group_id=self.group_id,
            referenced_security_group_id=self.group_id,
            ip_protocol="-1",
        )
        go = VpcSecurityGroupEgressRule(
            self,
            "to-itself",
            description="EFA to the group itself",
            security_group_id=self.group_id,
            referenced_security_group_id=self.group_id,
            ip_protocol="-1",
        )
        self.rules: list[ITerraformDependable] = [come, go]
