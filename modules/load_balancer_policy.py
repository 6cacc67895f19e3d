"""What the AWS load balancer controller may do: the least that it needs, for one cluster in one region.

The permissions are those of the controller's own policy, as of version 3.5, and the conditions are narrower: where that
one asks for the controller's tag, this one asks for the tag with the cluster's name.
https://github.com/kubernetes-sigs/aws-load-balancer-controller/blob/v3.5.0/docs/install/iam_policy.json
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from .expressions import allow

# The controller sets it on all that it makes, with the cluster's name as value.
_TAG = "elbv2.k8s.aws/cluster"
_LOAD_BALANCERS = ("loadbalancer/app/*/*", "loadbalancer/net/*/*", "targetgroup/*/*")
_LISTENERS = (
    "listener/app/*/*/*",
    "listener/net/*/*/*",
    "listener-rule/app/*/*/*",
    "listener-rule/net/*/*/*",
)
_EC2_READ = (
    "DescribeAccountAttributes",
    "DescribeAddresses",
    "DescribeAvailabilityZones",
    "DescribeCoipPools",
    "DescribeInstances",
    "DescribeInternetGateways",
    "DescribeIpamPools",
    "DescribeNetworkInterfaces",
    "DescribeRouteTables",
    "DescribeSecurityGroups",
    "DescribeSubnets",
    "DescribeTags",
    "DescribeVpcPeeringConnections",
    "DescribeVpcs",
    "GetCoipPoolUsage",
    "GetSecurityGroupsForVpc",
)
_ELB_READ = (
    "CapacityReservation",
    "ListenerAttributes",
    "ListenerCertificates",
    "Listeners",
    "LoadBalancerAttributes",
    "LoadBalancers",
    "Rules",
    "SSLPolicies",
    "Tags",
    "TargetGroupAttributes",
    "TargetGroups",
    "TargetHealth",
    "TrustStores",
)
_CHANGES = (
    "DeleteLoadBalancer",
    "DeleteTargetGroup",
    "ModifyCapacityReservation",
    "ModifyIpPools",
    "ModifyListenerAttributes",
    "ModifyLoadBalancerAttributes",
    "ModifyTargetGroup",
    "ModifyTargetGroupAttributes",
    "SetIpAddressType",
    "SetSecurityGroups",
    "SetSubnets",
)
# Not by tag in the controller's own policy either: listeners' default rules have none.
_LISTENER_CHANGES = (
    "AddListenerCertificates",
    "CreateListener",
    "CreateRule",
    "DeleteListener",
    "DeleteRule",
    "ModifyListener",
    "ModifyRule",
    "RemoveListenerCertificates",
    "SetRulePriorities",
    "SetWebAcl",
)


@dataclass(frozen=True, slots=True)
class Scope:
    """What the controller is kept to: one cluster, in one region and VPC."""

    cluster: str
    region: str
    partition: str
    vpc_id: str

    def arns(self, service: str, *kinds: str) -> list[str]:
        """ARNs of a service's resources of some kinds, in the region."""
        return [f"arn:{self.partition}:{service}:{self.region}:*:{kind}" for kind in kinds]

    def everywhere(self, service: str, kind: str) -> str:
        """ARN of the resources of a service that has no regions."""
        return f"arn:{self.partition}:{service}::*:{kind}"

    def tagged(self, where: Literal["Request", "Resource"]) -> dict[str, str]:
        """The condition key that a request, or a resource, has the cluster's tag."""
        return {f"aws:{where}Tag/{_TAG}": self.cluster}

    @property
    def kept(self) -> dict[str, dict[str, str]]:
        """Conditions that a resource has the cluster's tag, and that a request leaves this tag alone."""
        return {"StringEquals": self.tagged("Resource"), "Null": {f"aws:RequestTag/{_TAG}": "true"}}

    @property
    def here(self) -> dict[str, dict[str, str]]:
        """Conditions of what has no ARN."""
        return {"StringEquals": {"aws:RequestedRegion": self.region}}


def discovery(scope: Scope) -> list[dict[str, Any]]:
    """What is there, and the certificates and user pools that a listener may name: reading only.

    The linked role is the one by which Elastic Load Balancing works; an account has it from its first load balancer on.
    """
    reading = [f"ec2:{action}" for action in _EC2_READ]
    reading += [f"elasticloadbalancing:Describe{what}" for what in _ELB_READ]
    service = "elasticloadbalancing.amazonaws.com"
    return [
        allow([*reading, "acm:ListCertificates"], Condition=scope.here),
        allow(["acm:DescribeCertificate"], scope.arns("acm", "certificate/*")),
        allow(["cognito-idp:DescribeUserPoolClient"], scope.arns("cognito-idp", "userpool/*")),
        allow(["iam:ListServerCertificates"]),
        allow(["iam:GetServerCertificate"], [scope.everywhere("iam", "server-certificate/*")]),
        allow(
            ["iam:CreateServiceLinkedRole"],
            [scope.everywhere("iam", f"role/aws-service-role/{service}/*")],
            Condition={"StringEquals": {"iam:AWSServiceName": service}},
        ),
    ]


def security_groups(scope: Scope) -> list[dict[str, Any]]:
    """Security groups of load balancers, and rules for them in the groups of this cluster's nodes.

    The nodes' groups are known by the tag that EKS sets on the cluster's own; the controller, too, wants it on one group of
    a node.
    """
    groups = scope.arns("ec2", "security-group/*")
    rules = ["ec2:AuthorizeSecurityGroupIngress", "ec2:RevokeSecurityGroupIngress"]
    requested = {"StringEquals": scope.tagged("Request")}
    created = {"StringEquals": {**scope.tagged("Request"), "ec2:CreateAction": "CreateSecurityGroup"}}
    nodes = {"Null": {f"aws:ResourceTag/kubernetes.io/cluster/{scope.cluster}": "false"}}
    return [
        allow(["ec2:CreateSecurityGroup"], scope.arns("ec2", f"vpc/{scope.vpc_id}")),
        allow(["ec2:CreateSecurityGroup"], groups, Condition=requested),
        allow(["ec2:CreateTags"], groups, Condition=created),
        allow(["ec2:CreateTags", "ec2:DeleteTags"], groups, Condition=scope.kept),
        allow(
            [*rules, "ec2:DeleteSecurityGroup"],
            groups,
            Condition={"StringEquals": scope.tagged("Resource")},
        ),
        allow(rules, groups, Condition=nodes),
    ]


def load_balancers(scope: Scope) -> list[dict[str, Any]]:
    """Load balancers and target groups with the cluster's tag, and what is in them."""
    service = "elasticloadbalancing"
    whole = scope.arns(service, *_LOAD_BALANCERS)
    tags = [f"{service}:AddTags", f"{service}:RemoveTags"]
    create = ["CreateLoadBalancer", "CreateTargetGroup"]
    created = {"StringEquals": {**scope.tagged("Request"), f"{service}:CreateAction": create}}
    return [
        allow(
            [f"{service}:{action}" for action in create],
            scope.arns(service, "*"),
            Condition={"StringEquals": scope.tagged("Request")},
        ),
        allow(tags[:1], whole, Condition=created),
        allow(tags, whole, Condition=scope.kept),
        allow(tags, scope.arns(service, *_LISTENERS)),
        allow(
            [f"{service}:{action}" for action in _CHANGES],
            scope.arns(service, "*"),
            Condition={"StringEquals": scope.tagged("Resource")},
        ),
        allow([f"{service}:{action}" for action in _LISTENER_CHANGES], scope.arns(service, "*")),
        # Without a tag, for target groups that somebody else made and a TargetGroupBinding names.
        allow(
            [f"{service}:DeregisterTargets", f"{service}:RegisterTargets"],
            scope.arns(service, "targetgroup/*/*"),
        ),
    ]


def protection(scope: Scope) -> list[dict[str, Any]]:
    """AWS WAF and Shield Advanced in front of application load balancers; not WAF Classic, whose support has ended."""
    web_acls = ("AssociateWebACL", "DisassociateWebACL", "GetWebACL", "GetWebACLForResource")
    shield = ("CreateProtection", "DeleteProtection", "DescribeProtection")
    balancers = scope.arns("elasticloadbalancing", "loadbalancer/app/*/*")
    return [
        allow(
            [f"wafv2:{action}" for action in web_acls],
            [*scope.arns("wafv2", "regional/webacl/*/*"), *balancers],
        ),
        allow([f"shield:{action}" for action in shield], [scope.everywhere("shield", "protection/*")]),
        allow(["shield:GetSubscriptionState"]),
    ]
