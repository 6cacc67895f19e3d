"""Quotas of what a layout makes anew, beside vCPUs: what is deployed already counts among what is in use."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from modules.layout.models import FileSystem
from modules.layout.stores import CLUSTER_TAG

from ...aws.tags import tags_of
from ...checking.check import Finding, Level
from ..quota import QUOTA_ACTIONS, Quota, exceeded
from ..subject import Subject

# https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/elastic-ip-addresses-eip.html#using-instance-addressing-limit
ELASTIC_IPS = Quota("ec2", "L-0263D0A3", "addresses")  # EC2-VPC Elastic IPs
# https://docs.aws.amazon.com/vpc/latest/userguide/amazon-vpc-limits.html
VPCS = Quota("vpc", "L-F678F1CE", "VPCs")  # VPCs per Region
INTERNET_GATEWAYS = Quota("vpc", "L-A4707A72", "gateways")  # Internet gateways per Region
# Security groups per network interface: five unless the quota was raised, 16 at most
SECURITY_GROUPS = Quota("vpc", "L-2AFB9258", "security groups")
NAT_GATEWAYS = Quota("vpc", "L-FE5A380F", "gateways")  # NAT gateways per Availability Zone
# https://docs.aws.amazon.com/eks/latest/userguide/service-quotas.html
CLUSTERS = Quota("eks", "L-1194D53C", "clusters")  # Clusters
NODE_GROUPS = Quota("eks", "L-6D54EA21", "node groups")  # Managed node groups per cluster
NODES = Quota("eks", "L-BD136A63", "nodes")  # Nodes per managed node group
# https://docs.aws.amazon.com/fsx/latest/LustreGuide/limits.html, with the codes of
# https://docs.aws.amazon.com/general/latest/gr/fsx.html: file systems, and GiB of storage
_LUSTRE = {
    "persistent_2": (Quota("fsx", "L-FD6F2F22", "file systems"), Quota("fsx", "L-8F1B9C74", "GiB")),
    "scratch_2": (Quota("fsx", "L-C48231E5", "file systems"), Quota("fsx", "L-AD2FC696", "GiB")),
}
# Both generations of scratch count against one quota.
_SAME = {"persistent_2": ("PERSISTENT_2",), "scratch_2": ("SCRATCH_1", "SCRATCH_2")}
# NAT gateways count in these states: https://docs.aws.amazon.com/vpc/latest/userguide/amazon-vpc-limits.html#vpc-limits-gateways
_NAT_STATES = ("pending", "available", "deleting")


class _Counted:
    """What the checks of quotas have in common."""

    level: Level = "error"
    remedy = "Ask for a higher quota, or delete what nobody needs."
    actions: tuple[str, ...] = QUOTA_ACTIONS


class VpcQuota(_Counted):
    """Counts the region's VPCs and internet gateways, five of each unless the quota was raised, before one more is made."""

    id = "vpc-quota"
    actions: tuple[str, ...] = (
        *QUOTA_ACTIONS,
        "ec2:DescribeVpcs",
        "ec2:DescribeInternetGateways",
        "sts:GetCallerIdentity",
    )

    def applies(self, subject: Subject) -> bool:
        """Where a VPC is to be made."""
        return subject.layout.network.is_new and not subject.deployed("aws_vpc")

    def look(self, subject: Subject) -> Iterator[Finding]:
        """The VPCs, else the gateways: whoever raises the first quota raises the second with it."""
        account = subject.account
        vpcs = [
            one
            for one in account.pages("ec2", "describe_vpcs", "Vpcs")
            if one.get("OwnerId", account.id) == account.id  # and is not shared by another account
        ]
        if any(_is_ours(one, subject) for one in vpcs):
            return
        found = exceeded(subject, VPCS, "network", used=len(vpcs), needed=1)
        if found is None and not subject.layout.network.fully_private:
            gateways = account.pages("ec2", "describe_internet_gateways", "InternetGateways")
            found = exceeded(subject, INTERNET_GATEWAYS, "network", used=len(gateways), needed=1)
        if found is not None:
            yield found


class ElasticIpQuota(_Counted):
    """Counts the region's Elastic IP addresses, of which each NAT gateway takes one."""

    id = "elastic-ip-quota"
    actions: tuple[str, ...] = (*QUOTA_ACTIONS, "ec2:DescribeAddresses", "ec2:DescribeAvailabilityZones")

    def applies(self, subject: Subject) -> bool:
        """Where there are NAT gateways of our own."""
        return subject.layout.network.has_nat

    def look(self, subject: Subject) -> Iterator[Finding]:
        """One address for each NAT gateway that there is not yet."""
        addresses = subject.account.pages("ec2", "describe_addresses", "Addresses")
        ours = max(len(subject.deployed("aws_eip")), sum(_is_ours(one, subject) for one in addresses))
        needed = len(_nat_zones(subject)) - ours
        if needed > 0:
            where = "network.nat_gateway"
            found = exceeded(subject, ELASTIC_IPS, where, used=len(addresses), needed=needed)
            if found is not None:
                yield found


class NatGatewayQuota(_Counted):
    """Counts the NAT gateways of each zone, of which there are five unless the quota was raised."""

    id = "nat-gateway-quota"
    actions: tuple[str, ...] = (
        *QUOTA_ACTIONS,
        "ec2:DescribeAvailabilityZones",
        "ec2:DescribeNatGateways",
        "ec2:DescribeSubnets",
    )

    def applies(self, subject: Subject) -> bool:
        """Where there are NAT gateways of our own."""
        return subject.layout.network.has_nat

    def look(self, subject: Subject) -> Iterator[Finding]:
        """One more in each zone that is to have one and has none of ours."""
        account = subject.account
        there = account.pages(
            "ec2",
            "describe_nat_gateways",
            "NatGateways",
            Filters=[{"Name": "state", "Values": list(_NAT_STATES)}],
        )
        if not there:
            return
        subnets = account.pages("ec2", "describe_subnets", "Subnets")
        zone_of = {one["SubnetId"]: str(one["AvailabilityZone"]) for one in subnets}
        deployed = {one.attributes.get("id") for one in subject.deployed("aws_nat_gateway")}
        for zone in _nat_zones(subject):
            in_zone = [one for one in there if zone_of.get(one.get("SubnetId")) == zone]
            if any(one["NatGatewayId"] in deployed or _is_ours(one, subject) for one in in_zone):
                continue
            purpose = f" in {zone}"
            found = exceeded(
                subject, NAT_GATEWAYS, "network.nat_gateway", used=len(in_zone), needed=1, purpose=purpose
            )
            if found is not None:
                yield found


class ClusterQuota(_Counted):
    """Counts the region's EKS clusters before one more is made."""

    id = "cluster-quota"
    actions: tuple[str, ...] = (*QUOTA_ACTIONS, "eks:ListClusters")

    def applies(self, subject: Subject) -> bool:
        """Where the cluster is to be made."""
        return not subject.is_deployed

    def look(self, subject: Subject) -> Iterator[Finding]:
        """One more; a cluster of its name is counted, and whose it is another question."""
        clusters = [str(one) for one in subject.account.pages("eks", "list_clusters", "clusters")]
        if subject.layout.name not in clusters:
            found = exceeded(subject, CLUSTERS, "name", used=len(clusters), needed=1)
            if found is not None:
                yield found


class NodeGroupQuota(_Counted):
    """Counts the cluster's node groups, and the nodes of each: EKS makes no group beyond its quotas."""

    id = "node-group-quota"
    actions: tuple[str, ...] = (*QUOTA_ACTIONS, "eks:ListNodegroups")

    def applies(self, subject: Subject) -> bool:
        """Always: a cluster has node groups."""
        return bool(subject.layout.node_groups)

    def look(self, subject: Subject) -> Iterator[Finding]:
        """Those of the layout and, in a cluster that exists, those that somebody else made."""
        name = subject.layout.name
        missing = ("ResourceNotFoundException",)
        there = subject.account.pages("eks", "list_nodegroups", "nodegroups", missing, clusterName=name)
        of_terraform = {
            str(one.attributes.get("node_group_name")) for one in subject.deployed("aws_eks_node_group")
        }
        others = {str(one) for one in there} - of_terraform - set(subject.layout.node_groups)
        needed = len(subject.layout.node_groups)
        found = exceeded(subject, NODE_GROUPS, "node_groups", used=len(others), needed=needed)
        if found is not None:
            yield found
        for path, group in subject.groups():
            levels: dict[str, Level] = {"desired": "error", "max": "warning"}
            for key, level in levels.items():
                found = exceeded(
                    subject,
                    NODES,
                    f"{path}.size.{key}",
                    used=0,
                    needed=int(getattr(group.size, key)),
                    purpose=" in one group",
                    level=level,
                )
                if found is not None:
                    yield found
                    break


class SecurityGroupQuota(_Counted):
    """Counts the security groups of each node's interfaces: EC2 starts no instance with more than the quota, five as a rule."""

    id = "security-group-quota"
    remedy = "Ask for a higher quota, or put the rules of several groups into one."

    def applies(self, subject: Subject) -> bool:
        """Where a node group has some of its own."""
        return any(group.security_group_ids for _, group in subject.groups())

    def look(self, subject: Subject) -> Iterator[Finding]:
        """The group's own beside the cluster's, and that of EFA: modules/stacks.py."""
        for path, group in subject.groups():
            if group.security_group_ids:
                number = len(set(group.security_group_ids)) + 1 + group.efa
                where = f"{path}.security_group_ids"
                purpose = " on each interface: these, the cluster's" + (" and EFA's" if group.efa else "")
                found = exceeded(subject, SECURITY_GROUPS, where, used=0, needed=number, purpose=purpose)
                if found is not None:
                    yield found


class LustreQuota(_Counted):
    """Counts the file systems of FSx for Lustre and their storage, which FSx refuses beyond the quotas in the middle of an apply."""

    id = "lustre-quota"
    actions: tuple[str, ...] = (*QUOTA_ACTIONS, "fsx:DescribeFileSystems")

    def applies(self, subject: Subject) -> bool:
        """Where there are file systems."""
        return bool(subject.layout.storage.file_systems)

    def look(self, subject: Subject) -> Iterator[Finding]:
        """File systems, and GiB, by the kind: a deployed one counts with the size that it is to have."""
        there = subject.account.pages("fsx", "describe_file_systems", "FileSystems")
        deployed = {one.attributes.get("id") for one in subject.deployed("aws_fsx_lustre_file_system")}
        others = [one for one in there if one["FileSystemId"] not in deployed and not _is_ours(one, subject)]
        for kind, (number, storage) in _LUSTRE.items():
            wanted = {
                name: one for name, one in subject.layout.storage.file_systems.items() if one.type == kind
            }
            if wanted:
                yield from self._of(subject, kind, wanted, others, number, storage)

    def _of(
        self,
        subject: Subject,
        kind: str,
        wanted: Mapping[str, FileSystem],
        others: Sequence[Mapping[str, Any]],
        number: Quota,
        storage: Quota,
    ) -> Iterator[Finding]:
        same = [
            one for one in others if one.get("LustreConfiguration", {}).get("DeploymentType") in _SAME[kind]
        ]
        where = ", ".join(f"storage.file_systems.{name}" for name in wanted)
        used = sum(int(one.get("StorageCapacity", 0)) for one in same)
        needed = sum(one.capacity_gib for one in wanted.values())
        for found in (
            exceeded(subject, number, where, used=len(same), needed=len(wanted)),
            exceeded(subject, storage, where, used=used, needed=needed),
        ):
            if found is not None:
                yield found


def _nat_zones(subject: Subject) -> list[str]:
    """The zones that have a NAT gateway: modules/vpc.py."""
    own = subject.network_zones()
    if subject.layout.network.nat_gateway == "single":
        return own[:1]
    return list(dict.fromkeys([*own, *subject.layout.zones]))


def _is_ours(answer: Mapping[str, Any], subject: Subject) -> bool:
    """Whether it carries the cluster's tag, which tells where the state does not."""
    return tags_of(answer.get("Tags")).get(CLUSTER_TAG) == subject.layout.name
