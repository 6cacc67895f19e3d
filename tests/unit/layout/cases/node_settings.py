"""Cases of the rules about fallback instance types, AMIs of one's own, nodeadm's configuration and security groups."""

from __future__ import annotations

from . import Case, existing, here, new

_FALLBACKS = "fallback_instance_types: [{}]"
_STRATEGY = """\
node_config:
  instance:
    localStorage:
      strategy: {}
"""
_SG = "security_group_ids: [{}]"


def group(
    *lines: str, type: str = "g5.8xlarge", capacity: str = "on_demand", zone: str = "us-west-2a"
) -> str:
    """A node group `gpu` with these lines."""
    text = f"gpu:\n  instance_type: {type}\n  size: {{min: 0, desired: 1, max: 2}}\n"
    text += f"  capacity: {{type: {capacity}}}\n"
    text += f"  availability_zone: {zone}\n" if zone else ""
    return text + "".join(f"  {line}\n" for block in lines for line in block.splitlines())


def fallback(*names: str, first: str, more: str = "efa: false", capacity: str = "on_demand") -> str:
    """A layout whose group may have nodes of other types."""
    return new(group(_FALLBACKS.format(", ".join(names)) + " # here", more, type=first, capacity=capacity))


def sgs(count: int) -> str:
    """A list of security groups."""
    return ", ".join(f"sg-0123456789abcdef{index}" for index in range(count))


def in_vpc(*lines: str) -> str:
    """A group in an existing VPC."""
    return existing(group("subnet_ids: [subnet-0123456789abcdef0]", *lines, zone=""))


CASES = (
    Case(
        "unknown-instance-type",
        fallback("g5.16xlage", first="g5.8xlarge"),
        "node_groups.gpu.fallback_instance_types[0]",
        "no instance type 'g5.16xlage'",
        "Did you mean g5.16xlarge",
        fallback("g5.16xlarge", first="g5.8xlarge"),
    ),
    Case(
        "unknown-instance-type",
        fallback("var.type", first="g5.8xlarge"),
        "node_groups.gpu.fallback_instance_types[0]",
        "no instance type 'var.type'",
        "No variable can stand here",
        fallback("g5.16xlarge", first="g5.8xlarge"),
    ),
    Case(
        "fallback-does-not-fit",
        fallback("m7g.large", first="m5.large"),
        "node_groups.gpu.fallback_instance_types[0]",
        "m7g.large is arm64, and m5.large x86_64",
        "Write a type like",
        fallback("m6i.large", "c5.xlarge", first="m5.large"),
    ),
    Case(
        "fallback-does-not-fit",
        fallback("g5.16xlarge", "g6.8xlarge", first="g5.8xlarge", more="efa: true"),
        "node_groups.gpu.fallback_instance_types[1]",
        "g6.8xlarge has 1 L4, and g5.8xlarge 1 A10G",
        "Give it a node group of its own",
        fallback("g5.16xlarge", "g6.8xlarge", first="g5.8xlarge"),
    ),
    Case(
        "fallback-does-not-fit",
        fallback("inf2.xlarge", first="g5.xlarge"),
        "node_groups.gpu.fallback_instance_types[0]",
        "inf2.xlarge has 1 Inferentia2, and g5.xlarge 1 A10G",
        "Write a type like g5.2xlarge",
        fallback("g6.xlarge", first="g5.xlarge", capacity="spot"),
    ),
    Case(
        "fallback-of-other-accelerator",
        fallback("g5.2xlarge", "g6.xlarge", first="g5.xlarge", capacity="spot"),
        "node_groups.gpu.fallback_instance_types[1]",
        "g6.xlarge has 1 L4 of 22 GiB, and g5.xlarge 1 A10G of 22 GiB",
        "node.kubernetes.io/instance-type: g5.xlarge",
        fallback("g5.2xlarge", first="g5.xlarge", capacity="spot"),
    ),
    Case(
        "fallback-does-not-fit",
        fallback("g5.12xlarge", first="g5.8xlarge"),
        "node_groups.gpu.fallback_instance_types[0]",
        "g5.12xlarge has 4 A10G, and g5.8xlarge 1 A10G",
        "a node group of its own",
        fallback("g5.4xlarge", first="g5.8xlarge"),
    ),
    Case(
        "fallback-does-not-fit",
        fallback("g5.4xlarge", first="g5.8xlarge", more="efa: true"),
        "node_groups.gpu.fallback_instance_types[0]",
        "g5.4xlarge has no EFA interface, and efa is on",
        "Write a type like g5.16xlarge",
        fallback("g5.16xlarge", first="g5.8xlarge", more="efa: true"),
    ),
    Case(
        "fallback-does-not-fit",
        fallback("c6in.32xlarge", first="c5n.18xlarge", more="efa: true"),
        "node_groups.gpu.fallback_instance_types[0]",
        "on other network cards than c5n.18xlarge",
        "Write a type like",
        fallback("c6i.32xlarge", first="c5n.18xlarge", more="efa: true"),
    ),
    Case(
        "fallback-does-not-fit",
        fallback("m5.large", first="m5d.large", more="local_storage: raid0"),
        "node_groups.gpu.fallback_instance_types[0]",
        "m5.large has no NVMe drives, and the nodes of the group use them",
        "or write local_storage: none, or give it",
        fallback("m5.large", first="m5d.large"),
    ),
    Case(
        "fallback-does-not-fit",
        fallback("m5d.12xlarge", first="m5d.24xlarge", more=_STRATEGY.format("RAID10")),
        "node_groups.gpu.fallback_instance_types[0]",
        "m5d.12xlarge has 2 NVMe drives, and the nodes of the group use 4 of them or more",
        "or remove node_config.instance.localStorage.strategy, or give it",
        fallback("m5d.12xlarge", first="m5d.24xlarge", more=_STRATEGY.format("Mount")),
    ),
    Case(
        "fallback-does-not-fit",
        fallback("u7i-6tb.112xlarge", first="m5.24xlarge", capacity="spot"),
        "node_groups.gpu.fallback_instance_types[0]",
        "u7i-6tb.112xlarge is not offered as spot",
        "Write a type like",
        fallback("u7i-6tb.112xlarge", first="m5.24xlarge"),
    ),
    Case(
        "fallback-does-not-fit",
        fallback("c7i-flex.8xlarge", first="c7i.8xlarge", more="placement_group: create"),
        "node_groups.gpu.fallback_instance_types[0]",
        "c7i-flex.8xlarge cannot be in a cluster placement group",
        "Write a type like c5a.8xlarge",
        fallback("c7i-flex.8xlarge", first="c7i.8xlarge"),
    ),
    Case(
        "fallback-of-reserved",
        new(
            group(
                "fallback_instance_types: [g5.16xlarge] # here",
                capacity="odcr, reservation_id: cr-0123456789abcdef0",
            )
        ),
        "node_groups.gpu.fallback_instance_types",
        "the capacity is odcr",
        "on_demand or spot",
        new(group("fallback_instance_types: [g5.16xlarge]", capacity="spot")),
    ),
    Case(
        "duplicate-instance-type",
        fallback("g5.16xlarge", "g5.8xlarge", first="g5.8xlarge"),
        "node_groups.gpu.fallback_instance_types[1]",
        "g5.8xlarge stands there already",
        "each type once",
        fallback("g5.16xlarge", "g5.4xlarge", first="g5.8xlarge"),
    ),
    Case(
        "fallback-of-other-size",
        fallback("g5.4xlarge", first="g5.8xlarge", more="efa: false\nscaling_owner: autoscaler"),
        "node_groups.gpu.fallback_instance_types[0]",
        "g5.4xlarge (16 vCPU, 64 GiB) is smaller than g5.8xlarge (32 vCPU, 128 GiB)",
        "the smallest type as instance_type",
        fallback("g5.16xlarge", first="g5.8xlarge", more="efa: false\nscaling_owner: autoscaler"),
    ),
    Case(
        "preference-unused",
        new(group(capacity="spot, reservation_preference: none").replace("none}", "none} # here")),
        "node_groups.gpu.capacity.reservation_preference",
        "the capacity is spot, which uses no reservation",
        "type: on_demand",
        new(group(capacity="on_demand, reservation_preference: none")),
    ),
    Case(
        "preference-unused",
        new(
            group(
                capacity="odcr, reservation_id: cr-0123456789abcdef0, reservation_preference: open"
            ).replace("open}", "open} # here")
        ),
        "node_groups.gpu.capacity.reservation_preference",
        "the capacity is odcr, which names its reservation",
        "Remove it",
        new(group(capacity="on_demand, reservation_preference: open")),
    ),
    Case(
        "release-of-own-ami",
        new(group("ami_id: var.ami_id", 'release_version: "1.35.0-20260120" # here')),
        "node_groups.gpu.release_version",
        "var.ami_id is no AMI of EKS",
        "another ami_id",
        new(group("ami_id: var.ami_id")),
    ),
    Case(
        "node-config-on-bottlerocket",
        new(
            group(
                "ami_type: BOTTLEROCKET_x86_64_NVIDIA",
                "node_config: {featureGates: {FastImagePull: true}} # here",
            )
        ),
        "node_groups.gpu.node_config",
        "BOTTLEROCKET_x86_64_NVIDIA has no nodeadm",
        "begins with AL2023",
        new(group("node_config: {featureGates: {FastImagePull: true}}")),
    ),
    Case(
        "instance-id-node-name",
        new(group("node_config: {featureGates: {InstanceIdNodeName: true}} # here")),
        "node_groups.gpu.node_config.featureGates.InstanceIdNodeName",
        "by their private DNS names only",
        "Remove it",
        new(group("node_config: {featureGates: {InstanceIdNodeName: false}}")),
    ),
    Case(
        "kubelet-labels-or-taints",
        new(group("node_config: {kubelet: {flags: [--v=2, --register-with-taints=a=b:NoSchedule]}} # here")),
        "node_groups.gpu.node_config.kubelet.flags[1]",
        "--register-with-taints takes the place of the group's own taints",
        "write taints: of the group",
        new(group("taints: [{key: a, value: b}]", "node_config: {kubelet: {flags: [--v=2]}}")),
    ),
    Case(
        "kubelet-labels-or-taints",
        new(group("node_config: {kubelet: {flags: ['--node-labels=a=b']}} # here")),
        "node_groups.gpu.node_config.kubelet.flags[0]",
        "--node-labels takes the place of the group's own labels",
        "write labels: of the group",
        new(group("labels: {a: b}")),
    ),
    Case(
        "kubelet-labels-or-taints",
        new(
            group(
                "node_config: {kubelet: {config: {registerWithTaints: [{key: a, effect: NoSchedule}]}}} # here"
            )
        ),
        "node_groups.gpu.node_config.kubelet.config.registerWithTaints",
        "registerWithTaints takes the place of the group's own taints",
        "write taints: of the group",
        new(group("node_config: {kubelet: {config: {registerNode: true}}}")),
    ),
    Case(
        "storage-twice",
        new(group("local_storage: raid0", here(_STRATEGY.format("Mount")))),
        "node_groups.gpu.node_config.instance.localStorage.strategy",
        "Mount contradicts local_storage: raid0",
        "Remove local_storage",
        new(group(_STRATEGY.format("Mount"))),
    ),
    Case(
        "storage-twice",
        new(group("local_storage: none", here(_STRATEGY.format("RAID0")))),
        "node_groups.gpu.node_config.instance.localStorage.strategy",
        "RAID0 contradicts local_storage: none",
        "Remove local_storage",
        new(group("local_storage: raid0", _STRATEGY.format("RAID0"))),
    ),
    Case(
        "storage-without-drives",
        new(group(here(_STRATEGY.format("RAID0")), type="m5.large")),
        "node_groups.gpu.node_config.instance.localStorage.strategy",
        "m5.large has no NVMe drives, and RAID0 needs 1 or more",
        "Remove it",
        new(group(_STRATEGY.format("RAID0"), type="m5d.large")),
    ),
    Case(
        "storage-without-drives",
        new(group(here(_STRATEGY.format("RAID10")), type="g5.48xlarge")),
        "node_groups.gpu.node_config.instance.localStorage.strategy",
        "g5.48xlarge has 2 NVMe drives, and RAID10 needs 4 or more",
        "Remove it",
        new(group(_STRATEGY.format("RAID10"), type="p4d.24xlarge")),
    ),
    Case(
        "user-data-too-large",
        new(group(f"node_config: {{containerd: {{config: '{'#' * 12_500}'}}}} # here")),
        "node_groups.gpu.node_config",
        "bytes of user data, and there is room for 12,288",
        "Shorten it",
        new(group(f"node_config: {{containerd: {{config: '{'#' * 12_000}'}}}}")),
    ),
    Case(
        "node-security-group-in-new-vpc",
        new(group(_SG.format(sgs(1)) + " # here")),
        "node_groups.gpu.security_group_ids",
        "no security group before the first apply",
        "network.vpc_id",
        in_vpc(_SG.format(sgs(1))),
    ),
    Case(
        "duplicate-security-group",
        existing(top=f"cluster:\n  {_SG.format(f'{sgs(2)}, {sgs(1)}')} # here\n"),
        "cluster.security_group_ids[2]",
        "sg-0123456789abcdef0 stands there already",
        "each group once",
        existing(top="cluster: {security_group_ids: var.groups}\n"),
    ),
    Case(
        "duplicate-security-group",
        in_vpc(_SG.format(f"{sgs(2)}, {sgs(1)}") + " # here"),
        "node_groups.gpu.security_group_ids[2]",
        "sg-0123456789abcdef0 stands there already",
        "each group once",
        in_vpc(_SG.format(sgs(3))),
    ),
    Case(
        "too-many-node-security-groups",
        in_vpc(_SG.format(sgs(4)) + " # here"),
        "node_groups.gpu.security_group_ids",
        "6 security groups with those of the cluster and of EFA, and EC2 takes 5",
        "L-2AFB9258",
        in_vpc(_SG.format(sgs(4)), "efa: false"),
    ),
)
