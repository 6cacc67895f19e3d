"""The network: VPC, subnets, routes, gateways, endpoints, security groups and flow logs.

The files named here are those of hashicorp/terraform-provider-aws, all under internal/service/ec2/.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from .compare import at, changed_while, same
from .model import Network, OnlyWith, Overlay, Recomputed, Validation, Values
from .validations import ARN, IPV4_NETWORK, IPV6_NETWORK, PORT, name

ROUTE_DESTINATIONS = ("destination_cidr_block", "destination_ipv6_cidr_block", "destination_prefix_list_id")
ROUTE_TARGETS = (
    "carrier_gateway_id",
    "core_network_arn",
    "egress_only_gateway_id",
    "gateway_id",
    "local_gateway_id",
    "nat_gateway_id",
    "network_interface_id",
    "transit_gateway_id",
    "vpc_endpoint_id",
    "vpc_peering_connection_id",
)
_WATCHED = (
    "eni_id",
    "regional_nat_gateway_id",
    "subnet_id",
    "transit_gateway_attachment_id",
    "transit_gateway_id",
    "vpc_id",
)
RULE_PEERS = ("cidr_ipv4", "cidr_ipv6", "prefix_list_id", "referenced_security_group_id")


def _vpc_cidr(prior: Values, planned: Values) -> tuple[str, ...]:
    """A VPC's range cannot change, unless IPAM gives it: then a difference is none."""
    changed = not same(prior.get("cidr_block"), planned.get("cidr_block"))
    return ("cidr_block",) if changed and not planned.get("ipv4_netmask_length") else ()


def _vpc_tenancy(prior: Values, planned: Values) -> tuple[str, ...]:
    """A VPC can go from dedicated tenancy to default, and not back."""
    before, after = prior.get("instance_tenancy"), planned.get("instance_tenancy")
    in_place = same(before, after) or (before == "dedicated" and after == "default")
    return () if in_place else ("instance_tenancy",)


def _regional_nat_mode(prior: Values, planned: Values) -> tuple[str, ...]:
    """A regional NAT gateway with addresses of its own cannot become one without, nor the other way round."""
    path = "availability_zone_address"
    switched = bool(prior.get(path)) != bool(planned.get(path))
    return (path,) if switched and planned.get("availability_mode") == "regional" else ()


def _peer_kind(prior: Values, planned: Values) -> tuple[str, ...]:
    """A rule's CIDR block, group or prefix list is exchanged in place, but not for one of another kind."""
    before = [one for one in RULE_PEERS if at(prior, one) is not None]
    after = [one for one in RULE_PEERS if at(planned, one) is not None]
    return () if before == after else tuple(sorted({*before, *after}))


# vpc_security_group_ingress_rule.go, which egress rules share
_RULE = Overlay(
    force_new=("security_group_id",),
    force_new_if=(_peer_kind,),
    exactly_one=(RULE_PEERS,),
    validations={
        "cidr_ipv4": IPV4_NETWORK,
        "cidr_ipv6": IPV6_NETWORK,
        "from_port": PORT,
        "to_port": PORT,
    },
)

NETWORK: Final[Mapping[str, Overlay]] = {
    # vpc_default_security_group.go
    "aws_default_security_group": Overlay(force_new=("vpc_id",), defaults={"revoke_rules_on_delete": False}),
    # ec2_eip.go: the instance and interface that it is for change in place
    "aws_eip": Overlay(
        force_new=("address", "domain", "ipam_pool_id", "network_border_group", "public_ipv4_pool")
    ),
    # vpc_flow_log.go: only tags change in place
    "aws_flow_log": Overlay(
        force_new=(
            "deliver_cross_account_role",
            "destination_options",
            "eni_id",
            "iam_role_arn",
            "log_destination",
            "log_destination_type",
            "log_format",
            "max_aggregation_interval",
            "regional_nat_gateway_id",
            "subnet_id",
            "traffic_type",
            "transit_gateway_attachment_id",
            "transit_gateway_id",
            "vpc_id",
        ),
        defaults={
            "destination_options.0.file_format": "plain-text",
            "destination_options.0.hive_compatible_partitions": False,
            "destination_options.0.per_hour_partition": False,
            "log_destination_type": "cloud-watch-logs",
            "max_aggregation_interval": 600,
        },
        exactly_one=(_WATCHED,),
        validations={
            "deliver_cross_account_role": ARN,
            "iam_role_arn": ARN,
            "log_destination": ARN,
            "max_aggregation_interval": Validation(one_of=(60, 600)),
        },
    ),
    # vpc_internet_gateway.go: it can be attached to another VPC
    "aws_internet_gateway": Overlay(),
    # vpc_nat_gateway.go
    "aws_nat_gateway": Overlay(
        force_new=(
            "allocation_id",
            "availability_mode",
            "connectivity_type",
            "private_ip",
            "subnet_id",
            "vpc_id",
        ),
        force_new_if=(
            changed_while("secondary_private_ip_address_count", "connectivity_type", "private"),
            _regional_nat_mode,
        ),
        defaults={"connectivity_type": "public"},
        at_most_one=(("secondary_private_ip_address_count", "secondary_private_ip_addresses"),),
        only_with=(
            OnlyWith("allocation_id", "connectivity_type", ("public", None)),
            OnlyWith("secondary_allocation_ids", "connectivity_type", ("public", None)),
            OnlyWith("secondary_private_ip_address_count", "connectivity_type", ("private",)),
        ),
    ),
    # vpc_route.go: the target changes in place
    "aws_route": Overlay(
        force_new=("route_table_id", *ROUTE_DESTINATIONS),
        at_most_one=(
            ("carrier_gateway_id", "destination_ipv6_cidr_block"),
            ("egress_only_gateway_id", "destination_cidr_block"),
            ("vpc_endpoint_id", "destination_prefix_list_id"),
        ),
        exactly_one=(ROUTE_DESTINATIONS, ROUTE_TARGETS),
        validations={"destination_cidr_block": IPV4_NETWORK, "destination_ipv6_cidr_block": IPV6_NETWORK},
    ),
    # vpc_route_table.go
    "aws_route_table": Overlay(force_new=("vpc_id",)),
    # vpc_route_table_association.go: the table is exchanged in place
    "aws_route_table_association": Overlay(
        force_new=("gateway_id", "subnet_id"), exactly_one=(("gateway_id", "subnet_id"),)
    ),
    # vpc_security_group.go
    "aws_security_group": Overlay(
        force_new=("description", "name", "name_prefix", "vpc_id"),
        defaults={"description": "Managed by Terraform", "revoke_rules_on_delete": False},
        at_most_one=(("name", "name_prefix"),),
        validations={
            "description": name(255),
            "name": Validation(max_length=255, refused="sg-", hint="must not begin with sg-"),
            "name_prefix": Validation(max_length=229, refused="sg-", hint="must not begin with sg-"),
        },
    ),
    # vpc_subnet.go: from 6.29.0 on (pull request 46043), another IPv6 range replaces a subnet that gives addresses of it
    "aws_subnet": Overlay(
        force_new=(
            "availability_zone",
            "availability_zone_id",
            "cidr_block",
            "ipv6_native",
            "outpost_arn",
            "vpc_id",
        ),
        defaults=dict.fromkeys(
            (
                "assign_ipv6_address_on_creation",
                "enable_dns64",
                "enable_resource_name_dns_a_record_on_launch",
                "enable_resource_name_dns_aaaa_record_on_launch",
                "ipv6_native",
                "map_public_ip_on_launch",
            ),
            False,
        ),
        at_most_one=(("availability_zone", "availability_zone_id"),),
        required_with={
            "customer_owned_ipv4_pool": ("map_customer_owned_ip_on_launch", "outpost_arn"),
            "map_customer_owned_ip_on_launch": ("customer_owned_ipv4_pool", "outpost_arn"),
        },
        validations={
            "cidr_block": IPV4_NETWORK,
            "ipv6_cidr_block": IPV6_NETWORK,
            "outpost_arn": ARN,
        },
    ),
    # vpc_.go
    "aws_vpc": Overlay(
        force_new=("ipv4_ipam_pool_id", "ipv4_netmask_length"),
        force_new_if=(_vpc_cidr, _vpc_tenancy),
        defaults={"enable_dns_support": True, "instance_tenancy": "default"},
        recomputed=(
            Recomputed(
                ("ipv6_association_id", "ipv6_cidr_block"),
                because=frozenset({"assign_generated_ipv6_cidr_block"}),
            ),
        ),
        at_most_one=(
            ("assign_generated_ipv6_cidr_block", "ipv6_cidr_block"),
            ("assign_generated_ipv6_cidr_block", "ipv6_ipam_pool_id"),
            ("cidr_block", "ipv4_netmask_length"),
            ("ipv6_cidr_block", "ipv6_netmask_length"),
        ),
        required_with={
            "ipv4_netmask_length": ("ipv4_ipam_pool_id",),
            "ipv6_cidr_block": ("ipv6_ipam_pool_id",),
            "ipv6_cidr_block_network_border_group": ("assign_generated_ipv6_cidr_block",),
            "ipv6_netmask_length": ("ipv6_ipam_pool_id",),
        },
        validations={
            "cidr_block": Validation(network=Network(4, shortest=16, longest=28)),
            "instance_tenancy": Validation(one_of=("default", "dedicated")),
            "ipv4_netmask_length": Validation(at_least=16, at_most=28),
        },
    ),
    # vpc_endpoint.go: subnets, security groups, route tables, policy and DNS options change in place; so does private
    # DNS, until 6.28.0 (pull request 45679) replaces for it where the endpoint is no interface
    "aws_vpc_endpoint": Overlay(
        force_new=(
            "resource_configuration_arn",
            "service_name",
            "service_network_arn",
            "service_region",
            "vpc_endpoint_type",
            "vpc_id",
        ),
        computed_blocks=frozenset({"dns_options", "subnet_configuration"}),
        defaults={"vpc_endpoint_type": "Gateway"},
        recomputed=(
            Recomputed(("network_interface_ids",), because=frozenset({"subnet_configuration", "subnet_ids"})),
        ),
        at_most_one=(("resource_configuration_arn", "service_name", "service_network_arn"),),
        validations={"resource_configuration_arn": ARN, "service_network_arn": ARN},
    ),
    # vpc_security_group_egress_rule.go
    "aws_vpc_security_group_egress_rule": _RULE,
    # vpc_security_group_ingress_rule.go
    "aws_vpc_security_group_ingress_rule": _RULE,
}
