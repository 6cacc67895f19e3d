"""Elastic Fabric Adapter: the security group that lets the traffic through."""

from __future__ import annotations

from cdktf import ITerraformDependable, TerraformResourceLifecycle
from cdktf_cdktf_provider_aws.security_group import SecurityGroup
from cdktf_cdktf_provider_aws.vpc_security_group_egress_rule import VpcSecurityGroupEgressRule
from cdktf_cdktf_provider_aws.vpc_security_group_ingress_rule import VpcSecurityGroupIngressRule
from constructs import Construct

from .expressions import RESOURCE


class EfaSecurityGroup(Construct):
    """Lets EFA nodes talk to each other: all traffic to and from the group itself, which EFA insists on.

    `resource` is the group, `group_id` a reference to its id, `rules` are what EFA nodes have to wait for.

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
