"""Rules about the VPC: new or existing, its zones, its way out and its endpoints."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from ..endpoints import NEEDED_ENDPOINTS
from ..faults import KeyPath, Level
from ..models import Network
from ..values import is_known
from ..words import nearest
from .base import Context, Finding, shown

# Services that nodes and controllers of a training cluster call, by the end of their endpoint's name.
# https://docs.aws.amazon.com/vpc/latest/privatelink/aws-services-privatelink-support.html
_ENDPOINT_NAMES = """
    acm acm-pca appmesh-envoy-management application-autoscaling aps aps-workspaces autoscaling autoscaling-
    plans bedrock bedrock-runtime cloudformation cloudtrail codeartifact.api codeartifact.repositories
    dynamodb ebs ec2 ec2messages ecr.api ecr.dkr ecs eks eks-auth elasticfilesystem elasticloadbalancing
    events evidently execute-api fsx git-codecommit glue grafana grafana-workspace guardduty-data
    imagebuilder inspector2 kinesis-firehose kinesis-streams kms lambda license-manager logs monitoring
    pricing.api rds rds-data resource-groups rolesanywhere s3 s3-global.accesspoint s3express sagemaker.api
    sagemaker.runtime secretsmanager securityhub servicediscovery servicequotas sns sqs ssm ssmmessages
    states sts synthetics tagging trustedadvisor wafv2 xray
"""
KNOWN_ENDPOINTS = frozenset(re.findall(r"\S+", _ENDPOINT_NAMES))
# ecr-api, as one may mistake ecr.api for.
_DOTTED = {
    name.replace(".", "-"): name for name in KNOWN_ENDPOINTS if name.replace(".", "-") not in KNOWN_ENDPOINTS
}


class VpcWithoutSubnets:
    """The layout makes nothing in a VPC that exists, so the control plane and the nodes need its private subnets."""

    id = "vpc-without-subnets"
    level: Level = "error"

    def check(self, context: Context) -> Iterator[Finding]:
        """`vpc_id` goes with `private_subnet_ids`."""
        network = context.layout.network
        if network.vpc_id and network.private_subnet_ids is None:
            problem = "the VPC exists, and its private subnets are not named"
            remedy = "Write private_subnet_ids with subnets in two or more zones, or var.private_subnet_ids."
            yield Finding(("network", "private_subnet_ids"), problem, remedy)


class TooFewSubnets:
    """EKS wants the control plane in subnets of two or more zones.

    https://docs.aws.amazon.com/eks/latest/userguide/network-reqs.html
    """

    id = "too-few-subnets"
    level: Level = "error"

    def check(self, context: Context) -> Iterator[Finding]:
        """Two private subnets at least. That they lie in two zones is checked by the plan."""
        ids = context.layout.network.private_subnet_ids
        if context.layout.network.vpc_id and ids is not None and is_known(ids) and len(ids) < 2:
            problem = (
                f"{len(ids)} private subnet(s), and the control plane needs two or more in different zones"
            )
            yield Finding(("network", "private_subnet_ids"), problem, "Add a subnet of another zone.")


class SubnetsWithoutVpc:
    """Subnet ids say which VPC is meant, but the security groups and endpoints need its id."""

    id = "subnets-without-vpc"
    level: Level = "error"

    def check(self, context: Context) -> Iterator[Finding]:
        """`private_subnet_ids` and `public_subnet_ids` go with `vpc_id`."""
        for key in ("private_subnet_ids", "public_subnet_ids"):
            if context.layout.network.is_new and getattr(context.layout.network, key) is not None:
                problem = "names existing subnets, but no VPC"
                remedy = "Write vpc_id: vpc-... beside it, or remove it to have a new VPC made."
                yield Finding(("network", key), problem, remedy, (("network", "vpc_id"),))
                return


class NewVpcKeyInExisting:
    """What a new VPC would be made like does nothing in one that exists, where somebody may count on it."""

    id = "new-vpc-key"
    level: Level = "error"
    keys = (
        "cidr",
        "availability_zones",
        "zone_count",
        "nat_gateway",
        "fully_private",
        "s3_gateway_endpoint",
        "interface_endpoints",
        "flow_logs",
    )

    def check(self, context: Context) -> Iterator[Finding]:
        """Keys of a new VPC, where a file says them, exclude `vpc_id`."""
        if context.layout.network.is_new:
            return
        for key in self.keys:
            if context.wrote("network", key):
                problem = "describes a new VPC, and vpc_id names one that exists: it would do nothing"
                remedy = f"Remove it; where an extended layout says it, write `{key}: null`."
                yield Finding(("network", key), problem, remedy)


class ZonesAndCount:
    """A list of zones has a length of its own, and a count beside it can only contradict it."""

    id = "zones-and-count"
    level: Level = "error"

    def check(self, context: Context) -> Iterator[Finding]:
        """`availability_zones` and `zone_count` exclude each other."""
        network = context.layout.network
        if network.is_new and network.availability_zones is not None and network.zone_count is not None:
            problem = f"availability_zones names {len(network.availability_zones)} zone(s) already"
            yield Finding(("network", "zone_count"), problem, "Keep availability_zones or zone_count.")


class ZoneCount:
    """EKS wants the control plane in two or more zones.

    https://docs.aws.amazon.com/eks/latest/userguide/network-reqs.html
    """

    id = "zone-count"
    level: Level = "error"

    def check(self, context: Context) -> Iterator[Finding]:
        """Two different zones at least."""
        zones = context.layout.network.availability_zones
        path: KeyPath = ("network", "availability_zones")
        if not context.layout.network.is_new or zones is None:
            return
        for zone, count in Counter(zones).items():
            if count > 1:
                problem = f"{shown(zone)} stands there {count} times"
                yield Finding((*path, zones.index(zone)), problem, "Write each zone once.")
        if len(zones) < 2:
            problem = f"{len(zones)} zone(s), and the control plane needs subnets in two or more"
            yield Finding(path, problem, "Add a second zone; it costs nothing but the subnet.")


class LocalZone:
    """EKS puts no control plane into a Local Zone, and a new VPC has no subnet there.

    https://docs.aws.amazon.com/eks/latest/userguide/local-zones.html
    """

    id = "local-zone"
    level: Level = "error"

    def check(self, context: Context) -> Iterator[Finding]:
        """The zones of a new VPC, and of its node groups, are zones of the region itself."""
        if not context.layout.network.is_new:
            return
        zones: list[tuple[KeyPath, str | None]] = [
            (("network", "availability_zones", index), zone)
            for index, zone in enumerate(context.layout.network.availability_zones or ())
        ]
        zones += [((*path, "availability_zone"), group.availability_zone) for path, group in context.groups()]
        for path, zone in zones:
            # us-west-2-lax-1a: the region's name and more
            if zone and is_known(zone) and zone.startswith(f"{context.layout.region}-"):
                problem = (
                    f"{zone} is a Local Zone, where EKS puts no control plane and a new VPC has no subnet"
                )
                remedy = f"Write a zone of the region, like {context.layout.region}a."
                yield Finding(path, problem, remedy, (("region",), ("network", "vpc_id")))


class PrivateWithNat:
    """A fully private network has no internet gateway, so that a NAT gateway leads nowhere."""

    id = "private-with-nat"
    level: Level = "error"

    def check(self, context: Context) -> Iterator[Finding]:
        """`fully_private` excludes a NAT gateway."""
        network = context.layout.network
        if network.is_new and network.fully_private and network.nat_gateway in ("single", "per_zone"):
            problem = f"a fully private network has no NAT gateway, and this says {network.nat_gateway}"
            remedy = "Remove nat_gateway (or write none), or remove fully_private."
            yield Finding(("network", "nat_gateway"), problem, remedy, (("network", "fully_private"),))


class NoWayOut:
    """Nodes without NAT reach EC2, ECR and EKS through endpoints alone; without them they never join the cluster.

    https://docs.aws.amazon.com/eks/latest/userguide/private-clusters.html
    """

    id = "no-way-out"
    level: Level = "error"

    def check(self, context: Context) -> Iterator[Finding]:
        """`nat_gateway: none` needs the endpoints that nodes call, and S3."""
        network = context.layout.network
        if not network.is_new or not (network.fully_private or network.nat_gateway == "none"):
            return
        given = network.interface_endpoints or ()
        if not network.fully_private:  # which brings them by itself
            lacking = [service for service in NEEDED_ENDPOINTS if service not in given]
            if lacking:
                problem = f"without NAT, nodes reach no {', '.join(lacking)}: they cannot join or pull images"
                remedy = "Write fully_private: true, or add them to interface_endpoints."
                because: tuple[KeyPath, ...] = (
                    ("network", "interface_endpoints"),
                    ("network", "fully_private"),
                )
                yield Finding(("network", "nat_gateway"), problem, remedy, because)
        if not network.s3_gateway_endpoint and "s3" not in given:
            problem = (
                "without NAT, nodes reach S3, where the layers of images are, through this endpoint alone"
            )
            remedy = "Remove s3_gateway_endpoint: it costs nothing."
            yield Finding(
                ("network", "s3_gateway_endpoint"), problem, remedy, (("network", "interface_endpoints"),)
            )


class DuplicateEndpoint:
    """A second endpoint of the same service is refused, since both would answer to the same private DNS name."""

    id = "duplicate-endpoint"
    level: Level = "error"

    def check(self, context: Context) -> Iterator[Finding]:
        """Each service stands once."""
        services = _endpoints(context.layout.network)
        named = set(services)
        counts = Counter(services)
        for index, service in enumerate(services):
            where = ("network", "interface_endpoints", index)
            count = counts.pop(service, 1)
            if count > 1:
                yield Finding(where, f"{service} stands there {count} times", "Write each service once.")
            # Beside ecr.api, ecr-api would be a second resource of the same address.
            meant = _DOTTED.get(service)
            if meant in named or (meant is not None and context.layout.network.fully_private):
                yield Finding(where, f"there is no service {service!r}", f"Write {meant}.")


class UnknownEndpoint:
    """An endpoint of a service that does not exist fails in the middle of an apply."""

    id = "unknown-endpoint"
    level: Level = "warning"

    def check(self, context: Context) -> Iterator[Finding]:
        """The services are among those that are known to have an endpoint."""
        for index, service in enumerate(_endpoints(context.layout.network)):
            if service not in KNOWN_ENDPOINTS:
                near = nearest(service.removeprefix("com.amazonaws."), KNOWN_ENDPOINTS)
                remedy = (
                    f"Did you mean {near}?"
                    if near
                    else "Check it with `aws ec2 describe-vpc-endpoint-services`."
                )
                where = ("network", "interface_endpoints", index)
                yield Finding(where, f"no endpoint of a service {service!r} is known here", remedy)


def _endpoints(network: Network) -> tuple[str, ...]:
    return (network.interface_endpoints or ()) if network.is_new else ()
