"""Layouts that never become JSON."""

from __future__ import annotations

from . import EXISTING, NEW, BrokenLayout

ZONE = "    availability_zone: us-west-2b\n"
RESERVED = "    capacity: {{type: {}, reservation_id: cr-0123456789abcdef0}}\n"


def new(old: str, now: str) -> str:
    """The layout with a new VPC, with one piece replaced."""
    return _instead(NEW, old, now)


def existing(old: str, now: str) -> str:
    """The layout in an existing VPC, with one piece replaced."""
    return _instead(EXISTING, old, now)


def _instead(text: str, old: str, now: str) -> str:
    assert text.count(old) == 1, f"{old!r} is there {text.count(old)} times"
    return text.replace(old, now)


LAYOUTS = (
    BrokenLayout(
        "a key that is misspelt",
        new("kubernetes_version:", "kubernetes_versoin:"),
        "kubernetes_versoin",
        "unknown-key",
        "Did you mean 'kubernetes_version'?",
    ),
    BrokenLayout("a tab in the YAML", new("  sys:", "\tsys:"), "", "yaml", "tab"),
    BrokenLayout(
        "an instance type that nobody makes",
        new("c5.2xlarge", "c5.2xlrge"),
        "node_groups.sys.instance_type",
        "unknown-instance-type",
        "Did you mean c5.2xlarge or",
    ),
    BrokenLayout(
        "EFA nodes in two zones",
        existing("[var.gpu_subnet_id]", "[subnet-0123456789abcdef0, subnet-0123456789abcdef1]"),
        "node_groups.p5.subnet_ids",
        "several-subnets",
        "2 subnets for nodes with EFA",
    ),
    BrokenLayout(
        "a reservation of spot instances",
        NEW + RESERVED.format("spot"),
        "node_groups.gpu.capacity.reservation_id",
        "reservation-unused",
        "is spot, which uses no reservation",
    ),
    BrokenLayout(
        "a capacity block in a placement group",
        new("g4dn.8xlarge", "p5.48xlarge")
        + RESERVED.format("capacity_block")
        + "    placement_group: {name: mine}\n",
        "node_groups.gpu.placement_group",
        "placement-group-with-block",
        "takes no placement group",
    ),
    BrokenLayout(
        "a reservation, and no zone to reach it in",
        new(ZONE, RESERVED.format("odcr")),
        "node_groups.gpu.availability_zone",
        "reserved-without-zone",
        "the reservation's zone, and none is named",
    ),
    BrokenLayout(
        "a zone of another region",
        new("us-west-2b", "us-east-1b"),
        "node_groups.gpu.availability_zone",
        "zone-outside-region",
        "us-east-1b is no zone of us-west-2",
    ),
    BrokenLayout(
        "an image without drivers for the GPUs",
        NEW + "    ami_type: AL2023_x86_64_STANDARD\n",
        "node_groups.gpu.ami_type",
        "ami-type-does-not-fit",
        "does not fit g4dn.8xlarge",
    ),
    BrokenLayout(
        "more nodes wanted than allowed",
        new("desired: 2, max: 4", "desired: 5, max: 4"),
        "node_groups.gpu.size.desired",
        "size-order",
        "desired 5 is more than max 4",
    ),
    BrokenLayout(
        "an API that is open to whom nobody says",
        existing(", public_access_cidrs: var.public_access_cidrs", ""),
        "cluster.endpoint.public_access_cidrs",
        "public-without-cidrs",
        "the whole internet",
    ),
    BrokenLayout(
        "services where the VPC is",
        NEW + "cluster: {service_ipv4_cidr: 10.0.128.0/20}\n",
        "cluster.service_ipv4_cidr",
        "service-cidr",
        "overlaps with the VPC's 10.0.0.0/16",
    ),
    BrokenLayout(
        "one variable for two things",
        existing("[var.gpu_subnet_id]", "[var.vpc_id]"),
        "node_groups.p5.subnet_ids[0]",
        "variable-of-two-kinds",
        "another kind of value",
    ),
    BrokenLayout(
        "a Kubernetes version that EKS has given up",
        new('"1.35"', '"1.30"'),
        "kubernetes_version",
        "kubernetes-version-ended",
        "no longer takes Kubernetes 1.30",
    ),
    BrokenLayout(
        "a file system of a size that FSx does not sell",
        f"{NEW}storage: {{file_systems: {{fs: {{capacity_gib: 3600, availability_zone: us-west-2a}}}}}}\n",
        "storage.file_systems.fs.capacity_gib",
        "file-system-capacity",
        "Write 2400 or 4800.",
    ),
    BrokenLayout(
        "a file system that no node reaches without crossing zones",
        f"{NEW}storage: {{file_systems: {{fs: {{capacity_gib: 1200, node_group: gpu, availability_zone: us-west-2c}}}}}}\n",
        "storage.file_systems.fs.availability_zone",
        "file-system-in-other-zone",
        "the nodes of gpu in us-west-2b",
    ),
)
