"""What EC2 says of what it made."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from ipaddress import IPv4Address, IPv4Network
from typing import Any

from ..invented import digest, hex17, public_ip
from .common import Facts, Made


def _vpc(made: Made) -> Facts:
    id = made.state["id"]
    table = f"rtb-{hex17('main', id)}"
    return {
        "default_security_group_id": f"sg-{hex17('default', id)}",
        "default_network_acl_id": f"acl-{hex17('default', id)}",
        "default_route_table_id": table,
        "main_route_table_id": table,
        "dhcp_options_id": f"dopt-{hex17('default', made.account.id, made.account.region)}",
        "enable_dns_support": True,
    }


def _subnet(made: Made) -> Facts:
    zone, zone_id = made.state.get("availability_zone"), made.state.get("availability_zone_id")
    if isinstance(zone, str):
        zone_id = made.account.zones.get(zone, "")
    elif isinstance(zone_id, str):
        zone = next((name for name, id in made.account.zones.items() if id == zone_id), "")
    else:
        zone, zone_id = next(iter(made.account.zones.items()))
    return {
        "availability_zone": zone,
        "availability_zone_id": zone_id,
        "private_dns_hostname_type_on_launch": "ip-name",
    }


def _eip(made: Made) -> Facts:
    address = public_ip(made.state["id"])
    zone = "compute-1" if made.account.region == "us-east-1" else f"{made.account.region}.compute"
    return {
        "allocation_id": made.state["id"],
        "public_ip": address,
        "public_dns": f"ec2-{address.replace('.', '-')}.{zone}.{made.account.dns_suffix}",
        "public_ipv4_pool": "amazon",
        "network_border_group": made.account.region,
        "domain": "vpc",
    }


def private_ip(subnet_cidr: str, *seed: Any) -> str:
    """An address of a subnet; the first four and the last are AWS's own.

    https://docs.aws.amazon.com/vpc/latest/userguide/subnet-sizing.html
    """
    network = IPv4Network(subnet_cidr)
    number = 4 + int(digest(*seed), 16) % (network.num_addresses - 5)
    return str(IPv4Address(int(network.network_address) + number))


def _nat_gateway(made: Made) -> Facts:
    id = made.state["id"]
    subnet = made.account.subnet(str(made.state.get("subnet_id")))
    address = made.account.get("aws_eip", str(made.state.get("allocation_id")))
    return {
        "network_interface_id": f"eni-{hex17('nat', id)}",
        "association_id": f"eipassoc-{hex17('nat', id)}" if address else "",
        "public_ip": address["public_ip"] if address else "",
        "private_ip": private_ip(subnet.cidr, "nat", id) if subnet else "",
        "vpc_id": subnet.vpc_id if subnet else "",
        "availability_mode": "zonal",
    }


def _vpc_endpoint(made: Made) -> Facts:
    id, service = str(made.state["id"]), str(made.state.get("service_name"))
    facts: Facts = {
        "state": "available",
        "service_region": made.account.region,
        "requester_managed": False,
        "policy": '{"Statement":[{"Action":"*","Effect":"Allow","Principal":"*","Resource":"*"}],'
        '"Version":"2008-10-17"}',
    }
    if made.state.get("vpc_endpoint_type") != "Interface":
        return {**facts, "prefix_list_id": f"pl-{digest(service)[:8]}", "private_dns_enabled": False}
    # com.amazonaws.us-west-2.ecr.api is api.ecr in names.
    short = ".".join(reversed(service.partition(f".{made.account.region}.")[2].split(".")))
    name = f"{id}-{digest(id)[:8]}.{short}.{made.account.region}.vpce.{made.account.dns_suffix}"
    subnets = made.state.get("subnet_ids")
    return {
        **facts,
        "ip_address_type": "ipv4",
        "dns_entry": [{"dns_name": name, "hosted_zone_id": f"Z{digest('zone', service)[:13].upper()}"}],
        "dns_options": [{"dns_record_ip_type": "ipv4"}],
        "network_interface_ids": [f"eni-{hex17(id, subnet)}" for subnet in subnets]
        # Without subnets there are none.
        if isinstance(subnets, list)
        else [],
    }


def _launch_template(made: Made) -> Facts:
    latest = 1 if made.prior is None else int(made.prior["latest_version"]) + 1
    follows = made.prior is None or bool(made.state.get("update_default_version"))
    return {
        "latest_version": latest,
        "default_version": latest if follows or made.prior is None else made.prior["default_version"],
        "metadata_options": [
            {
                "http_endpoint": "enabled",
                "http_protocol_ipv6": "",
                "http_put_response_hop_limit": 1,
                "http_tokens": "optional",
                "instance_metadata_tags": "",
            }
        ],
    }


def _placement_group(made: Made) -> Facts:
    return {"placement_group_id": f"pg-{hex17(made.state['id'])}"}


def _security_rule(made: Made) -> Facts:
    return {"security_group_rule_id": made.state["id"]}


BY_TYPE: Mapping[str, Callable[[Made], Facts]] = {
    "aws_eip": _eip,
    "aws_launch_template": _launch_template,
    "aws_nat_gateway": _nat_gateway,
    "aws_placement_group": _placement_group,
    "aws_subnet": _subnet,
    "aws_vpc": _vpc,
    "aws_vpc_endpoint": _vpc_endpoint,
    "aws_vpc_security_group_egress_rule": _security_rule,
    "aws_vpc_security_group_ingress_rule": _security_rule,
}
