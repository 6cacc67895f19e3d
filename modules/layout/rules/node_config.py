"""Rules about what the nodes of a group are told: an AMI of one's own, nodeadm's configuration, security groups."""

from __future__ import annotations

import json
from collections.abc import Iterator

from ..faults import KeyPath, Level
from ..node_spec import DRIVE_STRATEGY, node_spec
from ..values import is_known
from .base import Context, Finding, repeated, shown

# https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/user-data.html: 16 KB before encoding. Some of it is for the cluster's
# certificate and its address, which EKS adds where it brings the AMI, and for what is around the NodeConfig.
USER_DATA_BYTES = 16 * 1024
_RESERVED_BYTES = 4 * 1024
# https://docs.aws.amazon.com/vpc/latest/userguide/amazon-vpc-limits.html#vpc-limits-security-groups
_GROUPS_BY_DEFAULT, _MOST_GROUPS = 5, 16
# https://github.com/awslabs/amazon-eks-ami/blob/main/nodeadm/api/v1alpha1/nodeconfig_types.go
_RAID10_DRIVES = 4


class ReleaseOfOwnAmi:
    """EKS has no releases of an AMI that is not its own, and refuses a node group that names one.

    https://docs.aws.amazon.com/eks/latest/userguide/launch-templates.html#mng-ami-id-conditions
    """

    id = "release-of-own-ami"
    level: Level = "error"

    def check(self, context: Context) -> Iterator[Finding]:
        """`release_version` is for EKS' own AMIs."""
        for path, group in context.groups():
            if group.ami_id is not None and group.release_version is not None:
                problem = f"{shown(group.ami_id)} is no AMI of EKS, which has releases of its own only"
                remedy = "Remove it: another release is another ami_id."
                yield Finding((*path, "release_version"), problem, remedy, ((*path, "ami_id"),))


class NodeConfigOnBottlerocket:
    """Bottlerocket has no nodeadm: a NodeConfig in its user data is no TOML, and the node does not start.

    https://docs.aws.amazon.com/eks/latest/userguide/launch-templates.html#launch-template-user-data
    """

    id = "node-config-on-bottlerocket"
    level: Level = "error"

    def check(self, context: Context) -> Iterator[Finding]:
        """`node_config` goes with Amazon Linux 2023."""
        for path, group in context.groups():
            if group.node_config is not None and group.is_bottlerocket:
                problem = f"{group.ami_type} has no nodeadm, which would read it"
                remedy = "Remove it, or write an ami_type that begins with AL2023."
                yield Finding((*path, "node_config"), problem, remedy, ((*path, "ami_type"),))


class InstanceIdNodeName:
    """A node that is called by its instance id never joins: EKS' access entry of the nodes knows their private DNS names.

    https://awslabs.github.io/amazon-eks-ami/nodeadm/doc/examples/#using-instance-id-as-node-name;
    awslabs/amazon-eks-ami #2128
    """

    id = "instance-id-node-name"
    level: Level = "error"

    def check(self, context: Context) -> Iterator[Finding]:
        """The feature gate `InstanceIdNodeName` is off."""
        for path, group in context.groups():
            if group.node_config is not None and group.node_config.featureGates.get("InstanceIdNodeName"):
                problem = "EKS lets nodes of a managed node group in by their private DNS names only: none would join"
                yield Finding(
                    (*path, "node_config", "featureGates", "InstanceIdNodeName"), problem, "Remove it."
                )


_LABELS = "--node-labels"
_TAINTS = "--register-with-taints"
# The key of the group that says the same.
_OF_GROUP = {_LABELS: "labels", _TAINTS: "taints"}


class KubeletLabelsOrTaints:
    """What the kubelet is told last replaces what it was told before: the taint that keeps a GPU free would be gone.

    A kubelet does not start with two such flags that differ, nor with a label of Kubernetes' own domains.
    https://kubernetes.io/docs/reference/command-line-tools-reference/kubelet/
    """

    id = "kubelet-labels-or-taints"
    level: Level = "error"

    def check(self, context: Context) -> Iterator[Finding]:
        """Labels and taints are the group's `labels` and `taints`, and not the kubelet's."""
        for path, group in context.groups():
            if group.node_config is None:
                continue
            kubelet = (*path, "node_config", "kubelet")
            for index, flag in enumerate(group.node_config.kubelet.flags):
                key = _OF_GROUP.get(flag.partition("=")[0])
                if key is not None:
                    yield _of_group((*kubelet, "flags", index), flag.partition("=")[0], key)
            if "registerWithTaints" in group.node_config.kubelet.config:
                yield _of_group((*kubelet, "config", "registerWithTaints"), "registerWithTaints", "taints")


def _of_group(where: KeyPath, word: str, key: str) -> Finding:
    problem = f"{word} takes the place of the group's own {key}"
    return Finding(where, problem, f"Remove it, and write {key}: of the group.")


class StorageTwice:
    """The drives are used in one way: nodeadm would take what `node_config` says, and `local_storage` would be untrue."""

    id = "storage-twice"
    level: Level = "error"

    def check(self, context: Context) -> Iterator[Finding]:
        """`local_storage` and the strategy of `node_config` say the same, or one of them nothing."""
        for path, group, found in context.typed_groups():
            strategy, written = group.drive_strategy, context.wrote(*path, "local_storage")
            if strategy is None or not written or not found.nvme_gb:
                continue
            if (strategy == "RAID0") != (group.local_storage == "raid0"):
                problem = f"{strategy} contradicts local_storage: {group.local_storage}"
                remedy = "Remove local_storage, or this."
                yield Finding((*path, *DRIVE_STRATEGY), problem, remedy, ((*path, "local_storage"),))


def least_drives(strategy: str | None) -> int:
    """How many NVMe drives a node has to have for a strategy."""
    return _RAID10_DRIVES if strategy == "RAID10" else 1


class StorageWithoutDrives:
    """nodeadm fails, or has nothing to do, where a type lacks the NVMe drives of the strategy.

    https://awslabs.github.io/amazon-eks-ami/nodeadm/doc/api/#localstoragestrategy
    """

    id = "storage-without-drives"
    level: Level = "error"

    def check(self, context: Context) -> Iterator[Finding]:
        """A strategy needs drives, RAID10 four of them."""
        for path, group, found in context.typed_groups():
            strategy = group.drive_strategy
            if strategy is None:
                continue
            least = least_drives(strategy)
            if found.nvme_disks < least:
                drives = f"{found.nvme_disks or 'no'} NVMe drive{'' if found.nvme_disks == 1 else 's'}"
                problem = f"{group.instance_type} has {drives}, and {strategy} needs {least} or more"
                yield Finding((*path, *DRIVE_STRATEGY), problem, "Remove it.", ((*path, "instance_type"),))


class UserDataTooLarge:
    """EC2 takes 16 KB of user data, and says so only when the launch template is made.

    https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/user-data.html
    """

    id = "user-data-too-large"
    level: Level = "error"

    def check(self, context: Context) -> Iterator[Finding]:
        """What the layout says leaves 4 KB for the rest; with an AMI of one's own, labels and taints count too."""
        for path, group in context.groups():
            if group.node_config is None and group.ami_id is None:
                continue
            size, room = len(json.dumps(node_spec(group), indent=2)), USER_DATA_BYTES - _RESERVED_BYTES
            if size > room:
                problem = f"makes {size:,} bytes of user data, and there is room for {room:,}"
                remedy = "Shorten it: longer files belong into an AMI, or come by a DaemonSet."
                where = "node_config" if group.node_config is not None else "labels"
                yield Finding((*path, where), problem, remedy)


class NodeSecurityGroupInNewVpc:
    """A security group belongs to one VPC; the first apply makes this one, and no node can be in a group of another."""

    id = "node-security-group-in-new-vpc"
    level: Level = "warning"

    def check(self, context: Context) -> Iterator[Finding]:
        """`security_group_ids` go with `network.vpc_id`, or come after the first apply."""
        for path, group in context.groups():
            if group.security_group_ids and context.layout.network.is_new:
                problem = (
                    "the layout makes a new VPC, in which there is no security group before the first apply"
                )
                remedy = "Add them after it, or write network.vpc_id with the VPC of the groups."
                because = (("network", "vpc_id"),)
                yield Finding((*path, "security_group_ids"), problem, remedy, because)


class DuplicateSecurityGroup:
    """A security group that stands twice was meant to be another one."""

    id = "duplicate-security-group"
    level: Level = "error"

    def check(self, context: Context) -> Iterator[Finding]:
        """Each group stands once, in the list of the control plane and in those of the nodes."""
        lists: list[tuple[KeyPath, tuple[str, ...]]] = []
        if is_known(context.layout.cluster.security_group_ids):
            lists.append((("cluster",), context.layout.cluster.security_group_ids))
        lists += [(path, group.security_group_ids) for path, group in context.groups()]
        for path, ids in lists:
            for index, one in repeated(ids):
                where = (*path, "security_group_ids", index)
                yield Finding(where, f"{shown(one)} stands there already", "Write each group once.")


class TooManyNodeSecurityGroups:
    """EC2 takes five security groups an interface, more by a quota that has to be raised: no node starts without it.

    https://docs.aws.amazon.com/vpc/latest/userguide/amazon-vpc-limits.html#vpc-limits-security-groups
    """

    id = "too-many-node-security-groups"
    level: Level = "warning"

    def check(self, context: Context) -> Iterator[Finding]:
        """The cluster's, that of EFA and the group's own are five together."""
        for path, group in context.groups():
            count = len(group.security_group_ids) + 1 + group.efa
            if group.security_group_ids and count > _GROUPS_BY_DEFAULT:
                problem = (
                    f"{count} security groups with those of the cluster{' and of EFA' if group.efa else ''}, and EC2 "
                    f"takes {_GROUPS_BY_DEFAULT} an interface"
                )
                remedy = (
                    "Write fewer, or raise the quota L-2AFB9258 (Security groups per network interface, at most "
                    f"{_MOST_GROUPS})."
                )
                yield Finding((*path, "security_group_ids"), problem, remedy)
