"""Interface endpoints: how they are made."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from cdktf_cdktf_provider_aws.security_group import SecurityGroup
from cdktf_cdktf_provider_aws.vpc import Vpc
from cdktf_cdktf_provider_aws.vpc_endpoint import VpcEndpoint, VpcEndpointDnsOptions
from cdktf_cdktf_provider_aws.vpc_security_group_ingress_rule import VpcSecurityGroupIngressRule
from constructs import Construct


@dataclass(frozen=True, slots=True)
class InterfaceEndpoints:
    """Interface endpoints by service, with their security group and its rule."""

    security_group: SecurityGroup
    rule: VpcSecurityGroupIngressRule
    endpoints: dict[str, VpcEndpoint]


def interface_endpoints(
    scope: Construct,
    *,
    name: str,
    region: str,
    vpc: Vpc,
    subnet_ids: Sequence[str],
    services: Sequence[str],
    s3_gateway: VpcEndpoint | None,
) -> InterfaceEndpoints | None:
    """Makes the endpoints, with a security group that lets HTTPS in from the VPC; None where no service is named.

    Args:
        s3_gateway: the gateway endpoint of S3, which is free and stays the VPC's way to S3 beside an interface endpoint.
    """
    if not services:
        return None
    group = SecurityGroup(
        scope,
        "endpoints-security-group",
        name_prefix=f"{name}-endpoints-",
        description="HTTPS from the VPC to its interface endpoints",
        vpc_id=vpc.id,
        tags={"Name": f"{name}-endpoints"},
    )
    rule = VpcSecurityGroupIngressRule(
        scope,
        "endpoints-https",
        security_group_id=group.id,
        description="HTTPS from the VPC",
        cidr_ipv4=vpc.cidr_block,
        ip_protocol="tcp",
        from_port=443,
        to_port=443,
    )
    endpoints = {
        service: VpcEndpoint(
            scope,
            "s3-endpoint-interface"
            if service == "s3" and s3_gateway
            else f"{service.replace('.', '-')}-endpoint",
            vpc_id=vpc.id,
            service_name=f"com.amazonaws.{region}.{service}",
            vpc_endpoint_type="Interface",
            subnet_ids=list(subnet_ids),
            security_group_ids=[group.id],
            private_dns_enabled=True,
            dns_options=_s3_dns(s3_gateway) if service == "s3" else None,
            tags={"Name": f"{name}-{service}"},
            depends_on=[s3_gateway] if service == "s3" and s3_gateway else None,
        )
        for service in services
    }
    return InterfaceEndpoints(group, rule, endpoints)


def _s3_dns(gateway: VpcEndpoint | None) -> VpcEndpointDnsOptions:
    """Who finds S3's interface endpoint by S3's own name.

    Beside a gateway endpoint only those who ask from outside the VPC: inside, the gateway costs nothing. Without one that
    choice is refused, and it is what EC2 takes where nothing is said.
    https://aws.amazon.com/blogs/storage/introducing-private-dns-support-for-amazon-s3-with-aws-privatelink/
    https://github.com/hashicorp/terraform-provider-aws/issues/31117
    """
    return VpcEndpointDnsOptions(private_dns_only_for_inbound_resolver_endpoint=gateway is not None)
