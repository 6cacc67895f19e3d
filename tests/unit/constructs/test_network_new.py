"""A new VPC: what is in it, where its subnets lie, and how its nodes reach the world."""

from __future__ import annotations

import re
from ipaddress import IPv4Network

import pytest

from modules.layout.subnets import LETTERS
from tests.terraform_json import Body, Stack, Synth, strings

DEFAULT = "tags: {}"
FULLY_PRIVATE = "network: {fully_private: true}"
GIVEN = "network: {availability_zones: [us-west-2c, us-west-2a]}"
GPU_IN = """
node_groups:
  gpu:
    instance_type: g5.8xlarge
    size: {min: 0, desired: 2, max: 4}
    availability_zone: %s
"""
GPU_IN_VARIABLE_ZONE = GPU_IN % "var.availability_zone"
TWO_GROUPS = """
node_groups:
  first: {instance_type: g5.8xlarge, size: {desired: 1}, availability_zone: us-west-2b}
  second: {instance_type: g5.8xlarge, size: {desired: 1}, availability_zone: var.availability_zone}
  third: {instance_type: g5.8xlarge, size: {desired: 1}, availability_zone: us-west-2b}
"""

PRIVATE, PUBLIC = "aws_subnet.network_private", "aws_subnet.network_public"
OF_THE_REGION = "local.network_cluster_zones"
OF_THE_LAYOUT = '["us-west-2c", "us-west-2a"]'
# What there is one of in each zone where the subnets are, of a VPC with NAT.
IN_EACH_ZONE = (
    PRIVATE,
    PUBLIC,
    "aws_route_table.network_private_routes",
    "aws_route_table_association.network_private_association",
    "aws_route_table_association.network_public_association",
    "aws_route.network_private_route",
)


def _cidr(subnet: Body, zone: str) -> IPv4Network:
    """What Terraform makes of the subnet's `cidrsubnet(...)` in a zone."""
    match = re.fullmatch(
        r'\$\{cidrsubnet\("([0-9./]+)", (\d+), (?:(\d+) \+ )?'
        r'index\(split\("", "([a-z]+)"\), substr\(each\.key, -1, 1\)\)\)\}',
        subnet["cidr_block"],
    )
    assert match is not None, subnet["cidr_block"]
    vpc, bits, first, letters = IPv4Network(match[1]), int(match[2]), int(match[3] or 0), match[4]
    return list(vpc.subnets(prefixlen_diff=bits))[first + letters.index(zone[-1])]


def _control_plane(zones: str) -> str:
    return f"${{[for zone in {zones} : aws_subnet.network_private[zone].id]}}"


def test_the_vpc_has_the_layouts_cidr_and_dns(synth: Synth) -> None:
    vpc = synth("network: {cidr: 10.20.0.0/20}").cluster.only("aws_vpc")
    assert vpc["cidr_block"] == "10.20.0.0/20"
    assert vpc["enable_dns_support"] is True
    assert vpc["enable_dns_hostnames"] is True
    assert vpc["tags"] == {"Name": "demo"}


@pytest.mark.parametrize("vpc", ["10.0.0.0/16", "172.31.0.0/20"])
def test_subnets_of_all_zones_lie_in_the_vpc_and_do_not_overlap(synth: Synth, vpc: str) -> None:
    stack = synth(f"network: {{cidr: {vpc}}}").cluster
    zones = [f"us-west-2{letter}" for letter in LETTERS]
    networks = [_cidr(stack[kind], zone) for kind in (PRIVATE, PUBLIC) for zone in zones]
    assert len(networks) == 14
    assert all(network.subnet_of(IPv4Network(vpc)) for network in networks)
    assert not any(one.overlaps(other) for one in networks for other in networks if one is not other)


def test_a_subnets_place_follows_from_its_zone_alone(synth: Synth) -> None:
    """Nothing is renumbered, and no node group replaced, by a zone that comes or goes."""
    blocks = {
        synth(text).cluster[PRIVATE]["cidr_block"]
        for text in (DEFAULT, GIVEN, "network: {zone_count: 3}", GPU_IN_VARIABLE_ZONE, TWO_GROUPS)
    }
    assert len(blocks) == 1
    assert str(_cidr(synth(DEFAULT).cluster[PRIVATE], "us-west-2b")) == "10.0.32.0/19"


def test_load_balancer_controllers_find_the_subnets_by_their_tags(synth: Synth) -> None:
    stack = synth(DEFAULT).cluster
    assert stack[PRIVATE]["tags"] == {
        "Name": "demo-private-${each.key}",
        "kubernetes.io/role/internal-elb": "1",
    }
    assert stack[PUBLIC]["tags"] == {"Name": "demo-public-${each.key}", "kubernetes.io/role/elb": "1"}


def test_no_subnet_gives_its_instances_public_addresses(synth: Synth) -> None:
    subnets = synth(DEFAULT).cluster.resources("aws_subnet").values()
    assert len(subnets) == 2
    assert all(subnet["map_public_ip_on_launch"] is False for subnet in subnets)


@pytest.mark.parametrize(
    ("text", "zones"),
    [
        (DEFAULT, OF_THE_REGION),
        (GIVEN, OF_THE_LAYOUT),
        (GIVEN + GPU_IN_VARIABLE_ZONE, OF_THE_LAYOUT),
        (GPU_IN % "us-west-2c", f'distinct(concat({OF_THE_REGION}, ["us-west-2c"]))'),
        (GPU_IN_VARIABLE_ZONE, f"distinct(concat({OF_THE_REGION}, [var.availability_zone]))"),
        (TWO_GROUPS, f'distinct(concat({OF_THE_REGION}, ["us-west-2b", var.availability_zone]))'),
    ],
)
def test_subnets_are_in_the_clusters_zones_and_in_those_that_groups_name(
    synth: Synth, text: str, zones: str
) -> None:
    stack = synth(text).cluster
    for address in IN_EACH_ZONE:
        assert stack[address]["for_each"] == f"${{toset({zones})}}"
    assert stack[PRIVATE]["availability_zone"] == stack[PUBLIC]["availability_zone"] == "${each.key}"


@pytest.mark.parametrize(
    ("text", "zones"),
    [
        (DEFAULT, OF_THE_REGION),
        (GIVEN, OF_THE_LAYOUT),
        (GPU_IN % "us-west-2c", OF_THE_REGION),
        (TWO_GROUPS, OF_THE_REGION),
    ],
)
def test_a_groups_zone_never_moves_the_control_plane(synth: Synth, text: str, zones: str) -> None:
    """EKS keeps a control plane to the zones that it was made in."""
    stack = synth(text).cluster
    assert stack.only("aws_eks_cluster")["vpc_config"]["subnet_ids"] == _control_plane(zones)
    assert stack.outputs["private_subnet_ids"]["value"] == _control_plane(zones)


@pytest.mark.parametrize("count", [2, 3, 6])
def test_the_clusters_zones_are_the_first_of_the_region_where_eks_has_a_control_plane(
    synth: Synth, count: int
) -> None:
    stack = synth(f"network: {{zone_count: {count}}}").cluster
    zones = stack["data.aws_availability_zones.network_zones"]
    # Local zones are left out; the state is not asked for, or an outage would replace subnets.
    assert zones["filter"] == [{"name": "opt-in-status", "values": ["opt-in-not-required"]}]
    assert "state" not in zones
    expression = stack.locals["network_cluster_zones"]
    assert expression.startswith("${slice(sort([for ")
    assert expression.endswith(f", 0, {count})}}")
    for zone_id in ("use1-az3", "usw1-az2", "cac1-az3"):
        assert f'"{zone_id}"' in expression
    [check] = zones["lifecycle"]["postcondition"]
    assert check["condition"].endswith(f">= {count}}}")
    assert check["error_message"].startswith("network.zone_count: ")


def test_nothing_is_asked_of_aws_where_the_layout_names_the_zones(synth: Synth) -> None:
    stack = synth(GIVEN).cluster
    assert not stack.data("aws_availability_zones")
    assert not stack.locals


@pytest.mark.parametrize(
    ("text", "condition"),
    [
        (GPU_IN % "us-west-2c", 'contains(data.aws_availability_zones.network_zones.names, "us-west-2c")'),
        (
            GPU_IN_VARIABLE_ZONE,
            "contains(data.aws_availability_zones.network_zones.names, var.availability_zone)",
        ),
        (GIVEN + GPU_IN_VARIABLE_ZONE, f"contains({OF_THE_LAYOUT}, var.availability_zone)"),
    ],
)
def test_the_plan_refuses_a_groups_zone_that_the_vpc_cannot_have(
    synth: Synth, text: str, condition: str
) -> None:
    [check] = synth(text).cluster.only("aws_vpc")["lifecycle"]["precondition"]
    assert check["condition"] == f"${{{condition}}}"
    assert "availability zone" in check["error_message"]


@pytest.mark.parametrize("text", [DEFAULT, GIVEN, GIVEN + GPU_IN % "us-west-2a"])
def test_there_is_nothing_to_check_where_every_zone_is_known(synth: Synth, text: str) -> None:
    assert "lifecycle" not in synth(text).cluster.only("aws_vpc")


def test_nodes_of_a_group_with_a_zone_are_in_its_one_subnet(synth: Synth) -> None:
    stack = synth(TWO_GROUPS).cluster
    subnets = {name: group["subnet_ids"] for name, group in stack.resources("aws_eks_node_group").items()}
    assert (
        subnets["nodes_first"] == subnets["nodes_third"] == ['${aws_subnet.network_private["us-west-2b"].id}']
    )
    assert subnets["nodes_second"] == ["${aws_subnet.network_private[var.availability_zone].id}"]


@pytest.mark.parametrize(("text", "zones"), [("", OF_THE_REGION), (GIVEN, OF_THE_LAYOUT)])
def test_an_efa_group_without_a_zone_is_in_one_subnet_and_others_are_in_all(
    synth: Synth, text: str, zones: str
) -> None:
    """EFA traffic does not leave a subnet's zone."""
    stack = synth(
        f"{text}\nnode_groups: {{gpu: {{instance_type: g5.8xlarge, size: {{desired: 2}}}}}}"
    ).cluster
    assert stack["aws_eks_node_group.nodes_gpu"]["subnet_ids"] == [
        f"${{aws_subnet.network_private[{zones}[0]].id}}"
    ]
    assert stack["aws_eks_node_group.nodes_sys"]["subnet_ids"] == _control_plane(zones)


def test_the_control_plane_and_the_nodes_are_in_private_subnets_only(synth: Synth) -> None:
    stack = synth(TWO_GROUPS).cluster
    users = [stack.only("aws_eks_cluster")["vpc_config"], *stack.resources("aws_eks_node_group").values()]
    assert not any("network_public" in text for user in users for text in strings(user["subnet_ids"]))


def test_another_vpc_means_another_cluster(synth: Synth) -> None:
    """EKS cannot move one: an update would fail half-way."""
    lifecycle = synth(DEFAULT).cluster.only("aws_eks_cluster")["lifecycle"]
    assert lifecycle["replace_triggered_by"] == ["aws_vpc.network_vpc.id"]


@pytest.mark.parametrize(("text", "zones"), [(DEFAULT, OF_THE_REGION), (GIVEN, OF_THE_LAYOUT)])
def test_a_single_nat_gateway_serves_every_private_subnet(synth: Synth, text: str, zones: str) -> None:
    stack = synth(text).cluster
    for address in ("aws_nat_gateway.network_nat", "aws_eip.network_nat_address"):
        assert stack[address]["for_each"] == f"${{toset([{zones}[0]])}}"
    route = stack["aws_route.network_private_route"]
    assert route["nat_gateway_id"] == f"${{aws_nat_gateway.network_nat[{zones}[0]].id}}"
    assert route["for_each"] == f"${{toset({zones})}}"


def test_a_nat_gateway_in_each_zone_serves_the_subnet_of_its_zone(synth: Synth) -> None:
    stack = synth("network: {nat_gateway: per_zone}" + GPU_IN_VARIABLE_ZONE).cluster
    zones = f"${{toset(distinct(concat({OF_THE_REGION}, [var.availability_zone])))}}"
    for address in (
        "aws_nat_gateway.network_nat",
        "aws_eip.network_nat_address",
        "aws_route.network_private_route",
    ):
        assert stack[address]["for_each"] == zones
    route = stack["aws_route.network_private_route"]
    assert route["route_table_id"] == "${aws_route_table.network_private_routes[each.key].id}"
    assert route["nat_gateway_id"] == "${aws_nat_gateway.network_nat[each.key].id}"


def test_a_nat_gateway_is_in_the_public_subnet_of_its_zone(synth: Synth) -> None:
    stack = synth(DEFAULT).cluster
    gateway = stack.only("aws_nat_gateway")
    assert gateway["subnet_id"] == "${aws_subnet.network_public[each.key].id}"
    assert gateway["allocation_id"] == "${aws_eip.network_nat_address[each.key].id}"
    assert stack.only("aws_eip")["domain"] == "vpc"


def test_without_nat_private_subnets_have_no_way_out_and_public_ones_do(synth: Synth) -> None:
    endpoints = "ec2, ecr.api, ecr.dkr, eks, eks-auth, sts"
    stack = synth(f"network: {{nat_gateway: none, interface_endpoints: [{endpoints}]}}").cluster
    assert not stack.resources("aws_nat_gateway")
    assert not stack.resources("aws_eip")
    assert set(stack.resources("aws_route")) == {"network_public_route"}
    assert PUBLIC in stack


def test_every_subnet_has_the_route_table_of_its_kind(synth: Synth) -> None:
    stack = synth(DEFAULT).cluster
    tables = {
        association["subnet_id"]: association["route_table_id"]
        for association in stack.resources("aws_route_table_association").values()
    }
    assert tables == {
        "${aws_subnet.network_private[each.key].id}": "${aws_route_table.network_private_routes[each.key].id}",
        "${aws_subnet.network_public[each.key].id}": "${aws_route_table.network_public_routes.id}",
    }
    out = stack["aws_route.network_public_route"]
    assert out["gateway_id"] == "${aws_internet_gateway.network_internet_gateway.id}"
    assert out["route_table_id"] == "${aws_route_table.network_public_routes.id}"
    assert out["destination_cidr_block"] == "0.0.0.0/0"
    assert stack["aws_route.network_private_route"]["destination_cidr_block"] == "0.0.0.0/0"


def test_a_nat_gateway_waits_for_the_way_to_the_internet(synth: Synth) -> None:
    stack = synth(DEFAULT).cluster
    assert {"aws_route.network_public_route", "aws_internet_gateway.network_internet_gateway"} <= stack.needs(
        "aws_nat_gateway.network_nat"
    )
    assert "aws_internet_gateway.network_internet_gateway" in stack.needs("aws_eip.network_nat_address")


def _ready(stack: Stack) -> set[str]:
    """What has to be there before the first node and after the last one."""
    kinds = ("aws_route", "aws_route_table_association", "aws_nat_gateway", "aws_vpc_endpoint")
    return {f"{kind}.{name}" for kind in kinds for name in stack.resources(kind)}


@pytest.mark.parametrize("text", [GPU_IN_VARIABLE_ZONE, "network: {nat_gateway: per_zone, zone_count: 3}"])
def test_nodes_start_with_a_way_out_and_keep_it_until_they_are_gone(synth: Synth, text: str) -> None:
    """A node that cannot reach ECR does not join, and on destroy one that cannot reach EC2 leaves interfaces behind.

    Nothing of a node refers to a route, so only depends_on says it (ai-on-eks #323).
    """
    stack = synth(text).cluster
    for group in stack.resources("aws_eks_node_group"):
        assert _ready(stack) <= stack.needs(f"aws_eks_node_group.{group}")


def test_nodes_of_a_fully_private_vpc_start_when_the_endpoints_are_there(synth: Synth) -> None:
    stack = synth(FULLY_PRIVATE).cluster
    rule = {"aws_vpc_security_group_ingress_rule.network_endpoints_https"}
    assert len(_ready(stack)) > 10
    assert _ready(stack) | rule <= stack.needs("aws_eks_node_group.nodes_sys")


def test_s3_has_a_gateway_endpoint_in_every_private_route_table(synth: Synth) -> None:
    endpoint = synth("network: {zone_count: 3}").cluster.only("aws_vpc_endpoint")
    assert endpoint["vpc_endpoint_type"] == "Gateway"
    assert endpoint["service_name"] == "com.amazonaws.us-west-2.s3"
    assert endpoint["route_table_ids"] == "${values(aws_route_table.network_private_routes)[*].id}"


def test_the_s3_endpoint_can_be_left_out(synth: Synth) -> None:
    assert not synth("network: {s3_gateway_endpoint: false}").cluster.resources("aws_vpc_endpoint")


def test_an_interface_endpoint_is_in_every_private_subnet_and_open_to_the_vpc_for_https(synth: Synth) -> None:
    stack = synth("network: {interface_endpoints: [ecr.api, sts]}").cluster
    assert set(stack.resources("aws_vpc_endpoint")) == {
        "network_s3_endpoint",
        "network_ecr_api_endpoint",
        "network_sts_endpoint",
    }
    endpoint = stack["aws_vpc_endpoint.network_ecr_api_endpoint"]
    assert endpoint["service_name"] == "com.amazonaws.us-west-2.ecr.api"
    assert endpoint["vpc_endpoint_type"] == "Interface"
    assert endpoint["private_dns_enabled"] is True
    # One interface in each of the cluster's zones; nodes in any other zone reach them, too.
    assert endpoint["subnet_ids"] == _control_plane(OF_THE_REGION)
    assert endpoint["security_group_ids"] == ["${aws_security_group.network_endpoints_security_group.id}"]
    rule = stack.only("aws_vpc_security_group_ingress_rule")
    assert rule["cidr_ipv4"] == "${aws_vpc.network_vpc.cidr_block}"
    assert (rule["ip_protocol"], rule["from_port"], rule["to_port"]) == ("tcp", 443, 443)


def test_an_interface_endpoint_of_s3_stands_beside_the_gateway_and_answers_only_outside_the_vpc(
    synth: Synth,
) -> None:
    stack = synth("network: {interface_endpoints: [s3]}").cluster
    gateway, interface = (stack[f"aws_vpc_endpoint.network_s3_endpoint{kind}"] for kind in ("", "_interface"))
    assert (gateway["vpc_endpoint_type"], interface["vpc_endpoint_type"]) == ("Gateway", "Interface")
    assert interface["dns_options"] == {"private_dns_only_for_inbound_resolver_endpoint": True}
    # EC2 refuses it before there is a gateway.
    assert "aws_vpc_endpoint.network_s3_endpoint" in stack.needs(
        "aws_vpc_endpoint.network_s3_endpoint_interface"
    )


def test_an_interface_endpoint_of_s3_alone_answers_in_the_vpc(synth: Synth) -> None:
    stack = synth("network: {s3_gateway_endpoint: false, interface_endpoints: [s3]}").cluster
    interface = stack.only("aws_vpc_endpoint")
    assert interface["private_dns_enabled"] is True
    assert interface["dns_options"] == {"private_dns_only_for_inbound_resolver_endpoint": False}


def test_without_interface_endpoints_there_is_no_security_group_for_them(synth: Synth) -> None:
    stack = synth(DEFAULT).cluster
    assert not stack.resources("aws_security_group")
    assert not stack.resources("aws_vpc_security_group_ingress_rule")


def test_a_fully_private_vpc_has_no_way_to_the_internet(synth: Synth) -> None:
    stack = synth(FULLY_PRIVATE).cluster
    for of_type in ("aws_internet_gateway", "aws_nat_gateway", "aws_eip", "aws_route"):
        assert not stack.resources(of_type)
    assert set(stack.resources("aws_subnet")) == {"network_private"}
    assert set(stack.resources("aws_route_table")) == {"network_private_routes"}
    assert stack.outputs["public_subnet_ids"]["value"] == []


def test_a_fully_private_vpc_has_the_endpoints_that_eks_nodes_need(synth: Synth) -> None:
    """https://docs.aws.amazon.com/eks/latest/userguide/private-clusters.html"""
    stack = synth(FULLY_PRIVATE).cluster
    services = {
        endpoint["service_name"].removeprefix("com.amazonaws.us-west-2.")
        for endpoint in stack.resources("aws_vpc_endpoint").values()
    }
    assert {
        "ec2",
        "ecr.api",
        "ecr.dkr",
        "s3",
        "sts",
        "logs",
        "eks",
        "eks-auth",
        "ssm",
        "ssmmessages",
    } <= services
    assert not {"fsx", "elasticfilesystem", "monitoring", "xray", "autoscaling"} & services


@pytest.mark.parametrize(
    ("text", "services"),
    [
        ("addons: {aws-fsx-csi-driver: {}}", {"fsx"}),
        ("addons: {aws-efs-csi-driver: {}}", {"elasticfilesystem"}),
        ("addons: {amazon-cloudwatch-observability: {}}", {"monitoring", "xray"}),
        (
            "node_groups: {sys: {scaling_owner: autoscaler}}",
            {"autoscaling"},
        ),
    ],
)
def test_a_fully_private_vpc_has_the_endpoints_of_what_runs_in_it(
    synth: Synth, text: str, services: set[str]
) -> None:
    endpoints = synth(f"{FULLY_PRIVATE}\n{text}").cluster.resources("aws_vpc_endpoint").values()
    assert services <= {endpoint["service_name"].rpartition(".")[2] for endpoint in endpoints}


def test_an_addon_that_is_switched_off_brings_no_endpoint(synth: Synth) -> None:
    stack = synth(f"{FULLY_PRIVATE}\naddons: {{aws-fsx-csi-driver: {{enabled: false}}}}").cluster
    assert "aws_vpc_endpoint.network_fsx_endpoint" not in stack


def test_the_default_security_group_is_closed(synth: Synth) -> None:
    group = synth(DEFAULT).cluster.only("aws_default_security_group")
    assert group["vpc_id"] == "${aws_vpc.network_vpc.id}"
    assert not group.get("ingress")
    assert not group.get("egress")


def test_flow_logs_go_to_a_log_group_that_forgets(synth: Synth) -> None:
    stack = synth("network: {flow_logs: {traffic_type: ALL, retention_days: 7}}").cluster
    log = stack.only("aws_flow_log")
    assert log["traffic_type"] == "ALL"
    assert log["vpc_id"] == "${aws_vpc.network_vpc.id}"
    assert log["log_destination"] == "${aws_cloudwatch_log_group.network_flow_logs_group.arn}"
    assert log["iam_role_arn"] == "${aws_iam_role.network_flow_logs_role.arn}"
    group = stack["aws_cloudwatch_log_group.network_flow_logs_group"]
    assert group == {"name": "/aws/vpc/demo/flow-logs", "retention_in_days": 7}
    assert "vpc-flow-logs.amazonaws.com" in stack["aws_iam_role.network_flow_logs_role"]["assume_role_policy"]


def test_the_flow_log_role_can_write_to_its_own_log_group_only(synth: Synth) -> None:
    policy = synth(DEFAULT).cluster["aws_iam_role_policy.network_flow_logs_role_policy_write"]["policy"]
    assert '"Resource": ["${aws_cloudwatch_log_group.network_flow_logs_group.arn}"' in policy
    assert '"Resource": ["*"]' not in policy


def test_flow_logs_can_be_switched_off(synth: Synth) -> None:
    stack = synth("network: {flow_logs: {enabled: false}}").cluster
    assert not stack.resources("aws_flow_log")
    assert not any("flow_logs" in address for address in stack.addresses)
