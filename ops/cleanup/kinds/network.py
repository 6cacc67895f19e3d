"""What lies in subnets and keeps them, and the VPC, from being deleted."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timezone

from ...aws.account import Answer
from ...aws.actions import action
from ...aws.tags import tags_of
from ..change import RefusedError, change
from ..leaving import Around, Leaving
from ..ownership import tag_keys
from .ec2 import Ec2Kind

# The VPC CNI says when it made an interface; EC2 does not.
# https://github.com/aws/amazon-vpc-cni-k8s/blob/master/pkg/awsutils/awsutils.go
_CREATED = "node.k8s.amazonaws.com/createdAt"
_NO_GROUP = ("InvalidGroup.NotFound", "InvalidGroupId.Malformed", "InvalidGroupId.NotFound")


class Interfaces(Ec2Kind):
    """The VPC CNI leaves one behind where its node goes between detaching and deleting it.

    https://github.com/aws/amazon-vpc-cni-k8s/issues/1223
    """

    id = "network-interface"
    describe, key, id_key = "describe_network_interfaces", "NetworkInterfaces", "NetworkInterfaceId"
    ids = "NetworkInterfaceIds"
    missing = ("InvalidNetworkInterfaceID.NotFound", "InvalidNetworkInterfaceId.Malformed")
    destroy = "delete_network_interface"
    while_cluster = True

    @property
    def actions(self) -> tuple[str, ...]:
        """Beside its own, the cluster's security groups are asked for, since an untagged interface may have one."""
        return (action("ec2", self.describe), "ec2:DescribeSecurityGroups")

    def find(self, around: Around) -> list[Leaving]:
        """Those with a tag, and those without that have one of the groups with a tag."""
        groups = [str(one["GroupId"]) for one in SecurityGroups().tagged(around)]
        found = {str(one[self.id_key]): one for one in [*self.tagged(around), *holding(around, groups)]}
        return [self.leaving(around, one) for one in found.values()]

    def leaving(self, around: Around, one: Answer) -> Leaving:
        """What there is to say of one."""
        tags = tags_of(one.get("TagSet"))
        id = str(one["NetworkInterfaceId"])
        used = holder(one)
        groups = ", ".join(str(group["GroupId"]) for group in one.get("Groups", ()))
        what = str(one.get("Description") or "without a description")
        command = (
            f"aws ec2 delete-network-interface --region {around.account.region} --network-interface-id {id}"
        )
        return Leaving(
            self.id,
            id,
            tags,
            f"{what}: holds {one['SubnetId']}{f' and {groups}' if groups else ''}, which cannot be deleted",
            created=_time(tags.get(_CREATED)),
            used_by=() if used == id else (used,),
            by_name=not any(key in tags for key in tag_keys(around.cluster)),
            command=command if used == id else "",
        )


class SecurityGroups(Ec2Kind):
    """EKS leaves the cluster's where an interface still has it; the load balancer controller makes others.

    https://github.com/aws/aws-k8s-tester/pull/416
    """

    id = "security-group"
    describe, key, id_key, ids = "describe_security_groups", "SecurityGroups", "GroupId", "GroupIds"
    missing = _NO_GROUP
    destroy = "delete_security_group"

    @property
    def actions(self) -> tuple[str, ...]:
        """Beside its own, who has it."""
        return (action("ec2", self.describe), "ec2:DescribeNetworkInterfaces")

    @property
    def deleting(self) -> tuple[str, ...]:
        """A group that another's rule names cannot be deleted, so rules go first."""
        return (
            "ec2:DeleteSecurityGroup",
            "ec2:RevokeSecurityGroupEgress",
            "ec2:RevokeSecurityGroupIngress",
        )

    def leaving(self, around: Around, one: Answer) -> Leaving:
        """What there is to say of one."""
        id = str(one["GroupId"])
        holders = sorted({holder(interface) for interface in holding(around, [id])})
        referrers = sorted({str(other["GroupId"]) for other in self.referring(around, id)} - {id})
        vpc = f"holds {one['VpcId']}, which cannot be deleted" if one.get("VpcId") else "costs nothing"
        return Leaving(
            self.id,
            id,
            tags_of(one.get("Tags")),
            vpc,
            name=str(one["GroupName"]),
            used_by=(*holders, *referrers),
        )

    def referring(self, around: Around, id: str) -> Iterator[Answer]:
        """The groups whose rules name it."""
        for name in ("ip-permission.group-id", "egress.ip-permission.group-id"):
            filters = [{"Name": name, "Values": [id]}]
            yield from around.account.pages("ec2", self.describe, self.key, Filters=filters)

    def forget(self, around: Around, leaving: Leaving, others: frozenset[str]) -> None:
        """Revokes its rules that name one of `others`.

        Raises:
            RefusedError: AWS did not.
        """
        found = around.account.pages("ec2", self.describe, self.key, _NO_GROUP, GroupIds=[leaving.id])
        for one in found:
            for key, operation in (
                ("IpPermissions", "revoke_security_group_ingress"),
                ("IpPermissionsEgress", "revoke_security_group_egress"),
            ):
                rules = _naming(one.get(key) or [], others)
                if rules:
                    change(around.account, "ec2", operation, GroupId=leaving.id, IpPermissions=rules)


class Addresses(Ec2Kind):
    """Elastic IPs: of NAT gateways and of load balancers that name them."""

    id = "elastic-ip"
    describe, key, id_key, ids = "describe_addresses", "Addresses", "AllocationId", "AllocationIds"
    missing = ("InvalidAllocationID.NotFound",)
    destroy = "release_address"
    while_cluster = True

    @property
    def actions(self) -> tuple[str, ...]:
        """Beside its own, who has it."""
        return (action("ec2", self.describe), "ec2:DescribeNatGateways", "ec2:DescribeNetworkInterfaces")

    def leaving(self, around: Around, one: Answer) -> Leaving:
        """What there is to say of one."""
        return Leaving(
            self.id,
            str(one["AllocationId"]),
            tags_of(one.get("Tags")),
            "is charged for by the hour; counts against the quota of Elastic IPs",
            name=str(one.get("PublicIp", "")),
            used_by=_users(around, one),
        )


class NatGateways(Ec2Kind):
    """NAT gateways, which make their own interface."""

    id = "nat-gateway"
    describe, key, id_key, ids = "describe_nat_gateways", "NatGateways", "NatGatewayId", "NatGatewayIds"
    missing = ("NatGatewayNotFound", "NatGatewayMalformed")
    destroy = "delete_nat_gateway"
    filters = "Filter"
    gone_states = ("deleted", "failed")

    def leaving(self, _around: Around, one: Answer) -> Leaving:
        """What there is to say of one."""
        return Leaving(
            self.id,
            str(one["NatGatewayId"]),
            tags_of(one.get("Tags")),
            f"is charged for by the hour and GB; holds {one.get('SubnetId') or one.get('VpcId')} and its Elastic IP",
            created=one.get("CreateTime"),
            going=self.state(one) == "deleting",
        )


class Endpoints(Ec2Kind):
    """VPC endpoints: those of interfaces cost."""

    id = "vpc-endpoint"
    describe, key, id_key, ids = "describe_vpc_endpoints", "VpcEndpoints", "VpcEndpointId", "VpcEndpointIds"
    missing = ("InvalidVpcEndpointId.NotFound",)
    destroy = "delete_vpc_endpoints"
    gone_states = ("deleted", "Deleted")

    def leaving(self, _around: Around, one: Answer) -> Leaving:
        """What there is to say of one."""
        costs = "is charged for by the hour; " if one.get("VpcEndpointType") == "Interface" else ""
        return Leaving(
            self.id,
            str(one["VpcEndpointId"]),
            tags_of(one.get("Tags")),
            f"{costs}holds {one['VpcId']}, which cannot be deleted",
            name=str(one.get("ServiceName") or ""),
            created=one.get("CreationTimestamp"),
            going=self.state(one).lower() == "deleting",
        )

    def delete(self, around: Around, leaving: Leaving) -> None:
        """Deletes it; its interfaces follow."""
        answer = change(around.account, "ec2", self.destroy, VpcEndpointIds=[leaving.id])
        # What was not deleted is no error of the call:
        # https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DeleteVpcEndpoints.html
        for one in answer.get("Unsuccessful") or ():
            said = one.get("Error") or {}
            code = str(said.get("Code", ""))
            raise RefusedError(f"{action('ec2', self.destroy)}: {code}: {said.get('Message', '')}", code)


def holding(around: Around, groups: list[str]) -> list[Answer]:
    """The interfaces that have one of these security groups."""
    if not groups:
        return []
    filters = [{"Name": "group-id", "Values": groups}]
    return around.account.pages("ec2", "describe_network_interfaces", "NetworkInterfaces", Filters=filters)


def holder(interface: Answer) -> str:
    """The id of what an interface hangs on: an instance, a load balancer, an endpoint; its own where nothing is known."""
    attachment = interface.get("Attachment") or {}
    if attachment.get("InstanceId"):
        return str(attachment["InstanceId"])
    # https://docs.aws.amazon.com/elasticloadbalancing/latest/application/application-load-balancers.html
    # "ELB app/NAME/HASH"; of a classic one, "ELB NAME". "Interface for NAT Gateway nat-...", "VPC Endpoint Interface vpce-...".
    description = str(interface.get("Description") or "")
    words = description.split()
    known = (
        "ELB ",
        "Interface for NAT Gateway ",
        "VPC Endpoint Interface ",
        "AWS created network interface for fs-",
    )
    if description.startswith(known):
        return words[-1]
    if interface.get("Status") == "available":
        return str(interface["NetworkInterfaceId"])
    # Of another service, as EKS or FSx: the description says which.
    return description or str(attachment.get("InstanceOwnerId") or "what it is attached to")


def _users(around: Around, address: Answer) -> tuple[str, ...]:
    """What has an address: a NAT gateway of the cluster, or what the address's interface hangs on."""
    interface = str(address.get("NetworkInterfaceId") or "")
    if not interface:
        return ()
    for gateway in NatGateways().tagged(around):
        if any(
            one.get("AllocationId") == address["AllocationId"]
            for one in gateway.get("NatGatewayAddresses") or ()
        ):
            return (str(gateway["NatGatewayId"]),)
    found = around.account.pages(
        "ec2",
        "describe_network_interfaces",
        "NetworkInterfaces",
        ("InvalidNetworkInterfaceID.NotFound",),
        NetworkInterfaceIds=[interface],
    )
    return (holder(found[0]) if found else interface,)


def _naming(rules: list[Answer], others: frozenset[str]) -> list[Answer]:
    """The part of rules that names one of the groups, in the form in which it is revoked."""
    found = []
    for rule in rules:
        pairs = [pair for pair in rule.get("UserIdGroupPairs") or () if pair.get("GroupId") in others]
        if pairs:
            ports: Answer = {key: rule[key] for key in ("IpProtocol", "FromPort", "ToPort") if key in rule}
            found.append({**ports, "UserIdGroupPairs": [{"GroupId": pair["GroupId"]} for pair in pairs]})
    return found


def _time(text: str | None) -> datetime | None:
    """A time as the VPC CNI writes it: 2026-03-05T13:47:02Z."""
    try:
        return datetime.strptime(text or "", "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=timezone.utc)
    except ValueError:
        return None
