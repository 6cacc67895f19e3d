"""An account in which everything that a layout needs is there and as it has to be.

A fault is one thing that a test changes afterwards: in `Right.extras`, by a client of `Right.client`, or by the server's `answer`.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta, timezone
from functools import cache
from typing import Any

from moto.moto_api._internal import mock_random

from modules import catalog
from modules.catalog.quotas import on_demand, spot
from modules.layout import Layout, Loaded
from modules.layout.models import NodeGroup
from modules.layout.releases import ADDONS_KNOWN
from ops.offline.assumptions import example_values
from ops.states import Deployed

from .extra import ACCOUNT_ID, Addon, Extras
from .named import make_certificate, make_image, make_key, make_named, make_role
from .server import AccountServer
from .wire import Answer

# What a capacity block that starts later is asked for: EKS brings the group up then.
BLOCK_STARTS_IN, BLOCK_LASTS = timedelta(days=3), timedelta(days=7)
ROOM = 10_000_000.0  # of every quota, far above what any layout needs
# The roles that AWS makes for its services: the pages that ops/preflight/checks/service_roles.py names.
SERVICE_ROLES = {
    "eks": "AWSServiceRoleForAmazonEKS",
    "eks-nodegroup": "AWSServiceRoleForAmazonEKSNodegroup",
    "autoscaling": "AWSServiceRoleForAutoScaling",
    "elasticloadbalancing": "AWSServiceRoleForElasticLoadBalancing",
    "fsx": "AWSServiceRoleForAmazonFSx",
    "s3.data-source.lustre.fsx": "AWSServiceRoleForFSxS3Access",
    "spot": "AWSServiceRoleForEC2Spot",
}
# Service Quotas' codes of a service and its quota, beside those of vCPUs:
# https://docs.aws.amazon.com/vpc/latest/userguide/amazon-vpc-limits.html,
# https://docs.aws.amazon.com/eks/latest/userguide/service-quotas.html, https://docs.aws.amazon.com/general/latest/gr/fsx.html
QUOTAS = (
    ("ec2", "L-0263D0A3"),
    ("vpc", "L-F678F1CE"),
    ("vpc", "L-A4707A72"),
    ("vpc", "L-FE5A380F"),
    ("vpc", "L-2AFB9258"),
    ("eks", "L-1194D53C"),
    ("eks", "L-6D54EA21"),
    ("eks", "L-BD136A63"),
    ("fsx", "L-FD6F2F22"),
    ("fsx", "L-8F1B9C74"),
    ("fsx", "L-C48231E5"),
    ("fsx", "L-AD2FC696"),
)

RESERVATION_GROUP = f"arn:aws:resource-groups:{{}}:{ACCOUNT_ID}:group/gpus"


@cache
def client(url: str, service: str, region: str) -> Any:
    """A client of boto3 for the account at a URL: one for all tests of a process, since to make one takes a while."""
    import boto3

    made = boto3.client(
        service,
        region_name=region,
        endpoint_url=url,
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )
    made.meta.events.register("before-send", AccountServer.running[url].answered)
    # botocore builds this twice for each call, which takes a tenth of its time, and nobody here reads it.
    made._user_agent_creator.to_string = lambda: "tests"
    return made


@dataclass
class Right:
    """The account and what is in it.

    Args:
        values: of the layout's variables.
        vpc_id: of an existing network.
        subnets: private ones of an existing network, by zone.
        public_subnets: public ones.
        reservation: of the layout's reserved group.
        states: what Terraform's states have by stack: nothing, but for a test that puts it there.
    """

    server: AccountServer
    layout: Layout
    values: dict[str, Any] = field(default_factory=dict)
    vpc_id: str = ""
    subnets: dict[str, str] = field(default_factory=dict)
    public_subnets: dict[str, str] = field(default_factory=dict)
    nat_gateway_id: str = ""
    nat_address: str = ""
    private_route_table_id: str = ""
    security_group_id: str = ""
    key_arn: str = ""
    image_id: str = ""
    reservation: Answer = field(default_factory=dict)
    states: dict[str, list[Deployed]] = field(default_factory=dict)

    @property
    def region(self) -> str:
        """The layout's."""
        return self.layout.region

    @property
    def extras(self) -> Extras:
        """What moto has no place for."""
        return self.server.extras

    def client(self, service: str) -> Any:
        """A client of boto3 in the layout's region."""
        return client(self.server.url, service, self.region)

    @property
    def zone(self) -> str:
        """Where reserved capacity is: not in the region's first zone, so that taking that one shows."""
        return f"{self.region}b"

    @property
    def other_zone(self) -> str:
        """Another one of the network's zones."""
        return f"{self.region}a"

    @property
    def exported(self) -> dict[str, str]:
        """The values as variables of the environment."""
        return {
            f"TF_VAR_{name}": value if isinstance(value, str) else json.dumps(value)
            for name, value in self.values.items()
        }


def right_account(server: AccountServer, loaded: Loaded) -> Right:
    """Makes everything that a layout needs, in an account that has just been reset."""
    layout = loaded.layout
    right = Right(server, layout, example_values(layout, loaded.variables))
    # What moto makes by itself comes first, so that the ids of what is made here are always the same; and no two are: where
    # both were drawn from one seed, they would be now and then.
    mock_random.seed(1)
    for service, operation in (("ec2", "describe_vpcs"), ("acm", "list_certificates"), ("kms", "list_keys")):
        getattr(right.client(service), operation)()
    mock_random.seed(0)
    _offers(right)
    if not layout.network.is_new:
        _network(right)
    for group in layout.node_groups.values():
        if group.capacity.is_reserved:
            _reservation(right, group)
    for service, name in SERVICE_ROLES.items():
        make_role(right, name, service, f"/aws-service-role/{service}.amazonaws.com/")
    make_named(right)
    for variable in loaded.variables:
        made = _value(right, variable.kind.name)
        if made is not None:
            right.values[variable.name] = made
    return right


def _value(right: Right, kind: str) -> str | list[str] | None:
    """What a variable of a kind stands for in this account; None keeps the example."""
    if kind == "public_access_cidrs":
        return [f"{right.nat_address}/32"] if right.nat_address else None
    if kind == "capacity_block_start":
        return str(right.reservation["StartDate"].strftime("%Y-%m-%dT%H:%M:%SZ"))
    if kind == "kms_key_arn":
        return make_key(right)
    if kind == "ami_id":
        return make_image(right)
    if kind == "certificate_arn":
        return make_certificate(right)
    if kind == "placement_group_name":
        return str(right.extras.add_placement_group(right.region, "gpus")["GroupName"])
    known: dict[str, str | list[str]] = {
        "availability_zone": right.zone,
        "capacity_reservation_id": str(right.reservation.get("CapacityReservationId")),
        "capacity_reservation_group_arn": RESERVATION_GROUP.format(right.region),
        "security_group_id": right.security_group_id,
        "security_group_ids": [right.security_group_id],
        "subnet_id": right.subnets.get(right.zone, ""),
        "subnet_ids": list(right.subnets.values()),
        "vpc_id": right.vpc_id,
    }
    return known.get(kind)


def _offers(right: Right) -> None:
    """What AWS offers to everybody: versions, add-ons and quotas."""
    today = datetime.now(tz=timezone.utc).date()
    for one in catalog.kubernetes_versions():
        support = one.support(today)
        if support not in ("standard", "extended"):
            continue
        right.extras.cluster_versions.append(
            {
                "clusterVersion": one.version,
                "clusterType": "eks",
                "defaultPlatformVersion": "eks.1",
                "defaultVersion": False,
                "releaseDate": _midnight(one.released),
                "endOfStandardSupportDate": _midnight(one.end_of_standard_support),
                "endOfExtendedSupportDate": _midnight(one.end_of_extended_support),
                "status": f"{support}-support",
                "versionStatus": f"{support.upper()}_SUPPORT",
            }
        )
    numbers = [str(one["clusterVersion"]) for one in right.extras.cluster_versions]
    for name in ADDONS_KNOWN:
        right.extras.addons[name] = Addon(
            {"v1.2.1-eksbuild.1": numbers, "v1.2.0-eksbuild.3": numbers},
            dict.fromkeys(numbers, "v1.2.0-eksbuild.3"),
        )
    codes = {code for name in catalog.names() for code in (on_demand(name), spot(name)) if code}
    right.extras.quotas.update({("ec2", code): ROOM for code in codes})
    right.extras.quotas.update(dict.fromkeys(QUOTAS, ROOM))

    # Which zones have a type is another thing in each account: here all have it.
    kinds = {kind for group in right.layout.node_groups.values() for kind in group.instance_types}
    right.extras.offerings = {kind: [f"{right.region}{letter}" for letter in "abcd"] for kind in kinds}


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), timezone.utc)


def _network(right: Right) -> None:
    """A VPC with private and public subnets in three zones, which a NAT gateway leads out of."""
    ec2 = right.client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    ec2.modify_vpc_attribute(VpcId=vpc, EnableDnsHostnames={"Value": True})
    gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
    right.vpc_id = vpc
    tables = {}
    for kind in ("public", "private"):
        tables[kind] = ec2.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"]
    for number, letter in enumerate("abc"):
        zone = f"{right.region}{letter}"
        for kind, made, third, bits in (
            ("private", right.subnets, number * 32, 19),
            ("public", right.public_subnets, 128 + number, 24),
        ):
            role = "elb" if kind == "public" else "internal-elb"
            tags = [{"Key": f"kubernetes.io/role/{role}", "Value": "1"}]
            if right.layout.has_release("karpenter"):
                tags.append({"Key": "karpenter.sh/discovery", "Value": right.layout.name})
            made[zone] = ec2.create_subnet(
                VpcId=vpc,
                CidrBlock=f"10.0.{third}.0/{bits}",
                AvailabilityZone=zone,
                TagSpecifications=[{"ResourceType": "subnet", "Tags": tags}],
            )["Subnet"]["SubnetId"]
            ec2.associate_route_table(RouteTableId=tables[kind], SubnetId=made[zone])
    address = ec2.allocate_address(Domain="vpc")
    right.nat_address = address["PublicIp"]
    right.nat_gateway_id = ec2.create_nat_gateway(
        SubnetId=right.public_subnets[right.other_zone], AllocationId=address["AllocationId"]
    )["NatGateway"]["NatGatewayId"]
    right.private_route_table_id = tables["private"]
    anywhere = "0.0.0.0/0"
    ec2.create_route(RouteTableId=tables["public"], DestinationCidrBlock=anywhere, GatewayId=gateway)
    ec2.create_route(
        RouteTableId=tables["private"], DestinationCidrBlock=anywhere, NatGatewayId=right.nat_gateway_id
    )
    right.security_group_id = ec2.create_security_group(
        GroupName="more", Description="more of the layout", VpcId=vpc
    )["GroupId"]


def _reservation(right: Right, group: NodeGroup) -> None:
    """A reservation with room for the most nodes that the group may have."""
    more: dict[str, Any] = {}
    if group.capacity.type == "capacity_block":
        start = _midnight(datetime.now(tz=timezone.utc).date()) + BLOCK_STARTS_IN
        more = {
            "ReservationType": "capacity-block",
            "State": "scheduled",
            "StartDate": start,
            "EndDate": start + BLOCK_LASTS,
            "EndDateType": "limited",
            "AvailableInstanceCount": 0,
        }
    right.reservation = right.extras.add_reservation(right.zone, group.instance_type, group.size.max, **more)
    if group.capacity.reservation_group_arn is not None:
        ids = [str(right.reservation["CapacityReservationId"])]
        right.extras.reservation_groups[RESERVATION_GROUP.format(right.region)] = ids
