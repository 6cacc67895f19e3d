"""Cases of the rules about node groups: instance types, capacity, placement, settings."""

from __future__ import annotations

from . import EXISTING, NEW, Case, existing, new

SUBNETS = "[subnet-0123456789abcdef0, subnet-0123456789abcdef1]"


def p5(
    more: str = "",
    capacity: str = "type: odcr, reservation_id: cr-0123456789abcdef0",
    zone: str = "us-west-2a",
) -> str:
    lines = [
        "gpu:",
        "  instance_type: p5.48xlarge",
        "  size: {min: 0, desired: 2, max: 4}",
        f"  availability_zone: {zone}" if zone else "",
        f"  capacity: {{{capacity}}}",
        f"  {more}",
    ]
    return "\n".join(line for line in lines if line.strip()) + "\n"


def plain(more: str, type: str = "m5.large") -> str:
    return f"more:\n  instance_type: {type}\n  size: {{min: 0, desired: 1, max: 2}}\n  {more}\n"


CASES = (
    Case(
        "unknown-instance-type",
        NEW.replace("c5.2xlarge", "c5.2xlrge # here"),
        "node_groups.sys.instance_type",
        "no instance type 'c5.2xlrge'",
        "Did you mean c5.2xlarge",
        NEW,
    ),
    Case(
        "accelerator-without-ami",
        new("amd:\n  instance_type: g4ad.16xlarge # here\n  size: {desired: 1}\n"),
        "node_groups.amd.instance_type",
        "no AMI for g4ad.16xlarge",
        "NVIDIA GPUs or Trainium",
        new("t4:\n  instance_type: g4dn.16xlarge\n  size: {desired: 1}\n"),
    ),
    Case(
        "ami-type-does-not-fit",
        new(p5("ami_type: AL2023_x86_64_STANDARD # here")),
        "node_groups.gpu.ami_type",
        "does not fit p5.48xlarge",
        "AL2023_x86_64_NVIDIA or BOTTLEROCKET_x86_64_NVIDIA",
        new(p5("ami_type: BOTTLEROCKET_x86_64_NVIDIA")),
    ),
    Case(
        "ami-type-does-not-fit",
        new(plain("ami_type: AL2023_ARM_64_STANDARD # here")),
        "node_groups.more.ami_type",
        "needs an x86_64 AMI",
        "AL2023_x86_64_STANDARD",
        new(plain("ami_type: AL2023_ARM_64_STANDARD", type="m7g.large")),
    ),
    Case(
        "efa-not-supported",
        new(plain("efa: true # here")),
        "node_groups.more.efa",
        "m5.large has no EFA",
        "Leave out efa",
        new(plain("efa: true", type="c5n.18xlarge")),
    ),
    Case(
        "efa-off",
        new(p5("efa: false # here")),
        "node_groups.gpu.efa",
        "32 EFA interface(s)",
        "Leave out efa",
        new(p5("efa: false").replace("desired: 2, max: 4", "desired: 1, max: 1")),
    ),
    Case(
        "raid0-without-nvme",
        new(plain("local_storage: raid0 # here")),
        "node_groups.more.local_storage",
        "m5.large has no NVMe",
        "root_volume.size_gib",
        new(plain("local_storage: raid0", type="m5d.large")),
    ),
    Case(
        "reservation-missing",
        new(p5(capacity="type: odcr").replace("odcr}", "odcr} # here")),
        "node_groups.gpu.capacity.reservation_id",
        "odcr names no reservation",
        "var.capacity_reservation_id",
        new(p5(capacity="type: odcr, reservation_id: var.cr")),
    ),
    Case(
        "two-reservations",
        new(
            p5(capacity="type: odcr, reservation_id: var.cr, reservation_group_arn: var.group").replace(
                "group}", "group} # here"
            )
        ),
        "node_groups.gpu.capacity.reservation_group_arn",
        "a reservation and a resource group",
        "Keep reservation_id",
        new(p5(capacity="type: odcr, reservation_group_arn: var.group")),
    ),
    Case(
        "block-from-group",
        new(
            p5(capacity="type: capacity_block, reservation_group_arn: var.group").replace(
                "group}", "group} # here"
            )
        ),
        "node_groups.gpu.capacity.reservation_group_arn",
        "by its id",
        "reservation_id: cr-",
        new(p5(capacity="type: capacity_block, reservation_id: var.cr")),
    ),
    Case(
        "reservation-unused",
        new(p5(capacity="type: spot, reservation_id: var.cr").replace("cr}", "cr} # here")),
        "node_groups.gpu.capacity.reservation_id",
        "is spot, which uses no reservation",
        "type: odcr",
        new(p5(capacity="type: odcr, reservation_id: var.cr")),
    ),
    Case(
        "reservation-unused",
        new(p5(capacity="reservation_id: var.cr").replace("cr}", "cr} # here")),
        "node_groups.gpu.capacity.reservation_id",
        "on_demand (the default)",
        "type: capacity_block",
        new(p5(capacity="type: on_demand")),
    ),
    Case(
        "times-without-block",
        new(
            p5(capacity='type: odcr, reservation_id: var.cr, start: "2026-12-01T11:30:00Z"').replace(
                'Z"}', 'Z"} # here'
            )
        ),
        "node_groups.gpu.capacity.start",
        "start belong to a capacity block",
        "type: capacity_block",
        new(p5(capacity='type: capacity_block, reservation_id: var.cr, start: "2026-12-01T11:30:00Z"')),
    ),
    Case(
        "block-ends-before-start",
        new(
            p5(
                capacity='type: capacity_block, reservation_id: var.cr, start: "2026-12-02T11:30:00Z", '
                'end: "2026-12-02T12:30:00+02:00"'
            ).replace('00"}', '00"} # here')
        ),
        "node_groups.gpu.capacity.end",
        "is not after the start",
        "describe-capacity-reservations",
        new(
            p5(
                capacity='type: capacity_block, reservation_id: var.cr, start: "2026-12-02T11:30:00Z", '
                'end: "2026-12-02T11:30:00-02:00"'
            )
        ),
    ),
    Case(
        "block-is-over",
        new(
            p5(capacity='type: capacity_block, reservation_id: var.cr, end: "2026-11-21T11:30:00Z"').replace(
                'Z"}', 'Z"} # here'
            )
        ),
        "node_groups.gpu.capacity.end",
        "ended on 2026-11-21",
        "new block",
        new(p5(capacity='type: capacity_block, reservation_id: var.cr, end: "2026-11-22T11:30:00Z"')),
    ),
    Case(
        "capacity-not-offered",
        new(
            p5(capacity="type: capacity_block, reservation_id: var.cr")
            .replace("p5.48xlarge", "g5.48xlarge")
            .replace("cr}", "cr} # here")
        ),
        "node_groups.gpu.capacity.type",
        "g5.48xlarge is not offered as capacity_block",
        "on_demand",
        new(p5(capacity="type: capacity_block, reservation_id: var.cr").replace("p5.48xlarge", "p5.4xlarge")),
    ),
    Case(
        "placement-group-with-block",
        new(
            p5(
                "placement_group: {name: mine} # here",
                capacity="type: capacity_block, reservation_id: var.cr",
            )
        ),
        "node_groups.gpu.placement_group",
        "takes no placement group",
        "Remove placement_group",
        new(p5("placement_group: none", capacity="type: capacity_block, reservation_id: var.cr")),
    ),
    Case(
        "placement-group-starves-reservation",
        new(p5("placement_group: create # here")),
        "node_groups.gpu.placement_group",
        "starves",
        "{name: ...}",
        new(p5("placement_group: {name: mine}")),
    ),
    Case(
        "placement-group-not-supported",
        new(plain("placement_group: create # here\n  availability_zone: us-west-2a", type="t3.large")),
        "node_groups.more.placement_group",
        "t3.large cannot be in a cluster placement group",
        "Remove it",
        new(plain("placement_group: create\n  availability_zone: us-west-2a", type="m5.large")),
    ),
    Case(
        "placement-group-over-zones",
        new(plain("placement_group: create # here")),
        "node_groups.more.placement_group",
        "spread over several",
        "availability_zone",
        new(plain("placement_group: create\n  availability_zone: us-west-2a")),
    ),
    Case(
        "reserved-without-zone",
        new(p5(zone="").replace("gpu:", "gpu: # here")),
        "node_groups.gpu.availability_zone",
        "the reservation's zone, and none is named",
        "var.availability_zone",
        new(p5(zone="var.availability_zone")),
    ),
    Case(
        "reserved-without-zone",
        existing(p5().replace("gpu:", "gpu: # here")),
        "node_groups.gpu.subnet_ids",
        "in one subnet",
        "subnet_ids: [subnet-...]",
        existing(p5("subnet_ids: [var.subnet]")),
    ),
    Case(
        "reserved-zone-unchecked",
        existing(p5("subnet_ids: [var.subnet]", zone="").replace("gpu:", "gpu: # here")),
        "node_groups.gpu.availability_zone",
        "cannot check",
        "var.availability_zone",
        existing(p5("subnet_ids: [var.subnet]", zone="var.availability_zone")),
    ),
    Case(
        "several-subnets",
        existing(p5(f"subnet_ids: {SUBNETS} # here")),
        "node_groups.gpu.subnet_ids",
        "2 subnets for nodes with EFA",
        "Keep one",
        existing(plain(f"subnet_ids: {SUBNETS}")),
    ),
    Case(
        "efa-without-subnet",
        existing("gpu: # here\n  instance_type: p5.48xlarge\n  size: {desired: 2}\n"),
        "node_groups.gpu.subnet_ids",
        "share one subnet",
        "network.private_subnet_ids",
        existing("gpu:\n  instance_type: g5.8xlarge\n  size: {desired: 1}\n"),
    ),
    Case(
        "subnets-in-new-vpc",
        new(plain("subnet_ids: [subnet-0123456789abcdef0] # here")),
        "node_groups.more.subnet_ids",
        "no subnet exists yet",
        "network.vpc_id",
        existing(plain("subnet_ids: [subnet-0123456789abcdef0]")),
    ),
    Case(
        "zone-without-subnet",
        existing(plain("availability_zone: us-west-2a").replace("more:", "more: # here")),
        "node_groups.more.subnet_ids",
        "does not choose a subnet",
        "us-west-2a",
        existing(plain("availability_zone: us-west-2a\n  subnet_ids: [var.subnet]")),
    ),
    Case(
        "zone-outside-region",
        new(plain("availability_zone: us-east-1a # here")),
        "node_groups.more.availability_zone",
        "us-east-1a is no zone of us-west-2",
        "us-west-2a",
        new(plain("availability_zone: us-west-2d")),
    ),
    Case(
        "zone-not-in-network",
        new(
            plain("availability_zone: us-west-2a # here"),
            "network: {availability_zones: [us-west-2b, us-west-2c]}\n",
        ),
        "node_groups.more.availability_zone",
        "us-west-2b, us-west-2c",
        "network.availability_zones",
        new(
            plain("availability_zone: us-west-2c"),
            "network: {availability_zones: [us-west-2b, us-west-2c]}\n",
        ),
    ),
    Case(
        "no-node-group",
        "name: demo\nregion: us-west-2\nnode_groups: {} # here\n",
        "node_groups",
        "no node group",
        "c5.2xlarge",
        NEW,
    ),
    Case(
        "no-untainted-group",
        "name: demo\nregion: us-west-2\nnode_groups: # here\n  gpu: {instance_type: g5.xlarge, size: {desired: 1}}\n",
        "node_groups",
        "every node group is tainted",
        "without taints",
        "name: demo\nregion: us-west-2\nnode_groups:\n  gpu: {instance_type: g5.xlarge, size: {desired: 1}, "
        "taints: [{key: gpu, effect: PreferNoSchedule}]}\n",
    ),
    Case(
        "untainted-groups-empty",
        NEW.replace("min: 1, desired: 1, max: 3}", "min: 0, desired: 0, max: 3} # here"),
        "node_groups.sys.size.desired",
        "(sys) has a node",
        "size.desired: 1",
        new("b: {instance_type: m5.large, size: {desired: 0, max: 1}}\n"),
    ),
    Case(
        "duplicate-subnet",
        existing(plain("subnet_ids: [var.a, var.a] # here")),
        "node_groups.more.subnet_ids[0]",
        "var.a stands there 2 times",
        "once",
        existing(plain("subnet_ids: [var.a, var.b]")),
    ),
    Case(
        "duplicate-subnet",
        EXISTING.replace("  private", "  public_subnet_ids: [subnet-0123456789abcdef1] # here\n  private"),
        "network.public_subnet_ids[0]",
        "among the private subnets too",
        "private or public",
        EXISTING.replace("  private", "  public_subnet_ids: [subnet-0123456789abcdef2]\n  private"),
    ),
    Case(
        "size-order",
        NEW.replace("min: 1, desired: 1, max: 3}", "min: 5, desired: 2, max: 3} # here"),
        "node_groups.sys.size.min",
        "min 5 is more than max 3",
        "{min: 2, desired: 3, max: 5}",
        NEW.replace("min: 1, desired: 1, max: 3}", "min: 2, desired: 2, max: 2}"),
    ),
    Case(
        "size-order",
        NEW.replace("desired: 1, max: 3}", "desired: 4, max: 3} # here"),
        "node_groups.sys.size.desired",
        "desired 4 is more than max 3",
        "max: 4",
        NEW.replace("desired: 1, max: 3}", "desired: 4, max: 4}"),
    ),
    Case(
        "size-order",
        NEW.replace("min: 1, desired: 1, max: 3}", "min: 2, desired: 1, max: 3} # here"),
        "node_groups.sys.size.min",
        "min 2 is more than desired 1",
        "desired: 2",
        NEW.replace("min: 1, desired: 1, max: 3}", "desired: 1}"),
    ),
    Case(
        "root-volume-iops",
        new(plain("root_volume: {iops: 60000} # here")),
        "node_groups.more.root_volume.iops",
        "more than 100 GiB of gp3 can have: 50,000",
        "size_gib: 120",
        new(plain("root_volume: {iops: 60000, size_gib: 120}")),
    ),
    Case(
        "root-volume-iops",
        new(plain("root_volume: {type: io2} # here")),
        "node_groups.more.root_volume.iops",
        "needs its number of IOPS",
        "type: gp3",
        new(plain("root_volume: {type: io2, iops: 100000}")),
    ),
    Case(
        "root-volume-iops",
        new(plain("root_volume: {iops: 2999} # here")),
        "node_groups.more.root_volume.iops",
        "between 3,000 and 80,000",
        "3,000 are included",
        new(plain("root_volume: {iops: 3000}")),
    ),
    Case(
        "root-volume-throughput",
        new(plain("root_volume: {throughput: 751} # here")),
        "node_groups.more.root_volume.throughput",
        "3,000 IOPS can carry: 750",
        "iops: 3004",
        new(plain("root_volume: {throughput: 750}")),
    ),
    Case(
        "root-volume-throughput",
        new(plain("root_volume: {type: io2, iops: 5000, throughput: 200} # here")),
        "node_groups.more.root_volume.throughput",
        "takes no throughput",
        "type: gp3",
        new(plain("root_volume: {type: gp3, iops: 5000, throughput: 200}")),
    ),
    Case(
        "update-twice",
        new(plain("update: {max_unavailable: 1, max_unavailable_percentage: 10} # here")),
        "node_groups.more.update.max_unavailable_percentage",
        "one of the two",
        "Keep one",
        new(plain("update: {max_unavailable_percentage: 10}")),
    ),
    Case(
        "update-larger-than-group",
        new(plain("update: {max_unavailable: 3} # here")),
        "node_groups.more.update.max_unavailable",
        "3 nodes are more than the group can have (2)",
        "2 or less",
        new(plain("update: {max_unavailable: 2}")),
    ),
    Case(
        "policies-of-own-role",
        new(plain("policy_arns: [var.policy] # here\n  role_arn: var.role")),
        "node_groups.more.policy_arns",
        "a role that exists",
        "remove role_arn",
        new(plain("policy_arns: [var.policy]")),
    ),
    Case(
        "repair-without-agent",
        new(plain("node_repair: true # here")),
        "node_groups.more.node_repair",
        "no GPU, network or kernel fault",
        "eks-node-monitoring-agent: {}",
        new(plain("node_repair: true"), "addons: {eks-node-monitoring-agent: {}}\n"),
    ),
)
