"""Single things that are wrong in an account: each is one change of what is right, and has one finding."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Any

from modules.layout.endpoints import private_services
from ops.checking.check import Level
from ops.states import Deployed
from tests.account.right import Right
from tests.account.wire import Answer, Call


@dataclass(frozen=True)
class Fault:
    """One thing wrong.

    Args:
        layout: the preset, or a layout of own.py.
        check: the id of the check that finds it.
        where: what the finding is about.
        problem: part of what it says.
        break_it: changes the account.
    """

    layout: str
    check: str
    level: Level
    where: str
    problem: str
    break_it: Callable[[Right], object]

    @property
    def name(self) -> str:
        """For pytest."""
        return f"{self.check}: {self.problem}"


P5 = "node_groups.p5"
ID = f"{P5}.capacity.reservation_id"


def reservation(**changes: Any) -> Callable[[Right], object]:
    """Another value of the reservation; None removes it."""

    def change(right: Right) -> None:
        for key, value in changes.items():
            if value is None:
                right.reservation.pop(key)
            else:
                right.reservation[key] = value

    return change


def quota(service: str, code: str, value: float) -> Callable[[Right], object]:
    return lambda right: right.extras.quotas.update({(service, code): value})


def in_days(days: float) -> datetime:
    return datetime.now(tz=timezone.utc) + timedelta(days=days)


def _no_reservation(right: Right) -> None:
    right.extras.reservations.clear()


def _empty_group(right: Right) -> None:
    right.extras.reservation_groups.clear()


def _earlier_block(right: Right) -> None:
    right.reservation["StartDate"] -= timedelta(days=1)


def _draining_block(right: Right) -> None:
    right.reservation.update(
        State="active", AvailableInstanceCount=10, StartDate=in_days(-7), EndDate=in_days(0.01)
    )
    right.values["capacity_block_start"] = in_days(-7).strftime("%Y-%m-%dT%H:%M:%SZ")


def _offered(instance_type: str, *letters: str) -> Callable[[Right], object]:
    def change(right: Right) -> None:
        right.extras.offerings[instance_type] = [f"{right.region}{letter}" for letter in letters]

    return change


def _fewer_efa(right: Right) -> None:
    described = right.client("ec2").describe_instance_types(InstanceTypes=["c5.2xlarge", "p5.48xlarge"])
    described.pop("ResponseMetadata")
    for one in described["InstanceTypes"]:
        if one["InstanceType"] == "p5.48xlarge":
            one["NetworkInfo"]["EfaInfo"]["MaximumEfaInterfaces"] = 16
    right.server.answer("ec2:DescribeInstanceTypes", lambda call: described)


def _other_vpc(right: Right) -> str:
    return str(right.client("ec2").create_vpc(CidrBlock="10.1.0.0/16")["Vpc"]["VpcId"])


def _subnet_elsewhere(right: Right) -> None:
    made = right.client("ec2").create_subnet(
        VpcId=_other_vpc(right), CidrBlock="10.1.0.0/19", AvailabilityZone=right.zone
    )
    right.values["gpu_subnet_id"] = made["Subnet"]["SubnetId"]


def _one_zone(right: Right) -> None:
    ec2, ids = right.client("ec2"), []
    for third in (192, 224):
        made = ec2.create_subnet(
            VpcId=right.vpc_id, CidrBlock=f"10.0.{third}.0/20", AvailabilityZone=right.zone
        )
        ids.append(made["Subnet"]["SubnetId"])
        ec2.associate_route_table(RouteTableId=right.private_route_table_id, SubnetId=ids[-1])
    right.values["private_subnet_ids"] = ids


def _small_subnet(right: Right) -> None:
    ec2 = right.client("ec2")
    made = ec2.create_subnet(VpcId=right.vpc_id, CidrBlock="10.0.255.0/28", AvailabilityZone=right.zone)
    id = made["Subnet"]["SubnetId"]
    ec2.associate_route_table(RouteTableId=right.private_route_table_id, SubnetId=id)
    right.values["gpu_subnet_id"] = id


def _other_zone_of_group(right: Right) -> None:
    """The reservation goes with the zone that the layout says, and the subnet does not."""
    right.values["gpu_subnet_id"] = right.subnets[right.other_zone]


def _no_dns(right: Right) -> None:
    right.client("ec2").modify_vpc_attribute(VpcId=right.vpc_id, EnableDnsHostnames={"Value": False})


def _own_dns(right: Right) -> None:
    ec2 = right.client("ec2")
    made = ec2.create_dhcp_options(
        DhcpConfigurations=[{"Key": "domain-name-servers", "Values": ["192.168.3.3"]}]
    )
    ec2.associate_dhcp_options(DhcpOptionsId=made["DhcpOptions"]["DhcpOptionsId"], VpcId=right.vpc_id)


def _no_nat(right: Right) -> None:
    right.client("ec2").delete_route(
        RouteTableId=right.private_route_table_id, DestinationCidrBlock="0.0.0.0/0"
    )


def _deleted_nat(right: Right) -> None:
    right.client("ec2").delete_nat_gateway(NatGatewayId=right.nat_gateway_id)


def _shut_acl(right: Right) -> None:
    ec2 = right.client("ec2")
    (acl,) = ec2.describe_network_acls(Filters=[{"Name": "vpc-id", "Values": [right.vpc_id]}])["NetworkAcls"]
    ec2.replace_network_acl_entry(
        NetworkAclId=acl["NetworkAclId"],
        RuleNumber=100,
        Protocol="-1",
        RuleAction="deny",
        Egress=True,
        CidrBlock="0.0.0.0/0",
    )


def _endpoint_without_way_in(right: Right) -> None:
    right.client("ec2").create_vpc_endpoint(
        VpcId=right.vpc_id,
        ServiceName=f"com.amazonaws.{right.region}.ec2",
        VpcEndpointType="Interface",
        PrivateDnsEnabled=True,
        SubnetIds=list(right.subnets.values()),
        SecurityGroupIds=[right.security_group_id],
    )


def _only_endpoints(right: Right) -> None:
    """A private network that has all that AWS asks for, and nodes with images from elsewhere."""
    _no_nat(right)
    ec2 = right.client("ec2")
    ec2.authorize_security_group_ingress(
        GroupId=right.security_group_id,
        IpPermissions=[
            {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "IpRanges": [{"CidrIp": "10.0.0.0/16"}]}
        ],
    )
    for service in private_services(right.layout):
        ec2.create_vpc_endpoint(
            VpcId=right.vpc_id,
            ServiceName=f"com.amazonaws.{right.region}.{service}",
            VpcEndpointType="Interface",
            PrivateDnsEnabled=True,
            SubnetIds=list(right.subnets.values()),
            SecurityGroupIds=[right.security_group_id],
        )
    ec2.create_vpc_endpoint(
        VpcId=right.vpc_id,
        ServiceName=f"com.amazonaws.{right.region}.s3",
        VpcEndpointType="Gateway",
        RouteTableIds=[right.private_route_table_id],
    )


def _no_balancer_subnets(right: Right) -> None:
    ids = list(right.subnets.values())
    tags = [{"Key": "kubernetes.io/cluster/another", "Value": "owned"}]
    right.client("ec2").create_tags(Resources=ids, Tags=tags)


def _no_karpenter_subnets(right: Right) -> None:
    ids = [*right.subnets.values(), *right.public_subnets.values()]
    right.client("ec2").delete_tags(Resources=ids, Tags=[{"Key": "karpenter.sh/discovery"}])


def _overlap(right: Right) -> None:
    right.client("ec2").create_vpc(CidrBlock="10.0.128.0/17")


def _peered(right: Right) -> None:
    """A route to a network whose range EKS takes for services."""
    ec2 = right.client("ec2")
    made = ec2.create_vpc_peering_connection(VpcId=right.vpc_id, PeerVpcId=_other_vpc(right))
    for third in ("10.100.0.0/16", "172.20.0.0/16"):
        ec2.create_route(
            RouteTableId=right.private_route_table_id,
            DestinationCidrBlock=third,
            VpcPeeringConnectionId=made["VpcPeeringConnection"]["VpcPeeringConnectionId"],
        )


def _version(**changes: Any) -> Callable[[Right], object]:
    """What EKS says of the layout's version."""

    def change(right: Right) -> None:
        (found,) = (
            one
            for one in right.extras.cluster_versions
            if one["clusterVersion"] == right.layout.kubernetes_version
        )
        found.update(changes)

    return change


def _no_version(right: Right) -> None:
    right.extras.cluster_versions[:] = [
        one
        for one in right.extras.cluster_versions
        if one["clusterVersion"] != right.layout.kubernetes_version
    ]


def _cluster(right: Right) -> None:
    """A cluster of the layout's name in the VPC that every account has."""
    made = right.client("ec2").describe_subnets()["Subnets"]
    right.client("eks").create_cluster(
        name=right.layout.name,
        roleArn="arn:aws:iam::123456789012:role/cluster",
        resourcesVpcConfig={"subnetIds": [one["SubnetId"] for one in made[:2]]},
        version="1.30",
    )


def _deployed_cluster(right: Right) -> None:
    """The layout's own, and three versions behind."""
    _cluster(right)
    name = right.layout.name
    right.states[name] = [Deployed("aws_eks_cluster", "cluster", {"name": name})]


def _log_group(right: Right) -> None:
    right.client("logs").create_log_group(logGroupName=f"/aws/eks/{right.layout.name}/cluster")


def _alias(right: Right) -> None:
    key = right.client("kms").create_key()["KeyMetadata"]["KeyId"]
    right.client("kms").create_alias(AliasName=f"alias/eks/{right.layout.name}", TargetKeyId=key)


def _trust(role: str, service: str) -> Callable[[Right], object]:
    def change(right: Right) -> None:
        statement = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
        document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        right.client("iam").update_assume_role_policy(RoleName=role, PolicyDocument=document)

    return change


def _no_role(role: str) -> Callable[[Right], object]:
    def change(right: Right) -> None:
        iam = right.client("iam")
        for one in iam.list_attached_role_policies(RoleName=role)["AttachedPolicies"]:
            iam.detach_role_policy(RoleName=role, PolicyArn=one["PolicyArn"])
        iam.delete_role(RoleName=role)

    return change


def _detach(role: str, policy: str) -> Callable[[Right], object]:
    return lambda right: right.client("iam").detach_role_policy(
        RoleName=role, PolicyArn=f"arn:aws:iam::aws:policy/{policy}"
    )


def _no_policy(right: Right) -> None:
    right.client("iam").delete_policy(PolicyArn="arn:aws:iam::123456789012:policy/own-data")


def _key_without_auto_scaling(right: Right) -> None:
    statement = {
        "Effect": "Allow",
        "Principal": {"AWS": "arn:aws:iam::123456789012:root"},
        "Action": "kms:*",
        "Resource": "*",
    }
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    right.client("kms").put_key_policy(KeyId=right.key_arn, PolicyName="default", Policy=document)


def _bucket(operation: str, **parameters: Any) -> Callable[[Right], object]:
    return lambda right: getattr(right.client("s3"), operation)(Bucket="acme-terraform-state", **parameters)


def _lock(right: Right) -> None:
    right.client("s3").put_object(
        Bucket="acme-terraform-state",
        Key="cdktf-eks-training/own.tfstate.tflock",
        Body=json.dumps({"ID": "5", "Who": "ada@laptop", "Operation": "OperationTypeApply"}).encode(),
    )


def _no_data(right: Right) -> None:
    right.client("s3").delete_object(Bucket="acme-datasets", Key="imagenet/part-0")


def _no_image(right: Right) -> None:
    right.client("ecr").batch_delete_image(repositoryName="research/trainer", imageIds=[{"imageTag": "1"}])


def _no_certificate(right: Right) -> None:
    right.client("acm").delete_certificate(CertificateArn=right.values["certificate_arn"])


def _stopped_image(right: Right) -> None:
    right.values["ami_id"] = "ami-0123456789abcdef0"


def _security_group_elsewhere(right: Right) -> None:
    made = right.client("ec2").create_security_group(
        GroupName="other", Description="of another VPC", VpcId=_other_vpc(right)
    )
    right.values["security_group_ids"] = [made["GroupId"]]


def _other_address(right: Right) -> None:
    right.values["public_access_cidrs"] = ["203.0.113.0/24"]


def _nat_gateways(right: Right) -> None:
    """One in the zone where the layout's is to be, and a quota of one."""
    ec2 = right.client("ec2")
    (subnet,) = (
        one["SubnetId"]
        for one in ec2.describe_subnets()["Subnets"]
        if one["AvailabilityZone"] == right.other_zone
    )
    address = ec2.allocate_address(Domain="vpc")["AllocationId"]
    ec2.create_nat_gateway(SubnetId=subnet, AllocationId=address)
    right.extras.quotas["vpc", "L-FE5A380F"] = 1.0


def _lustre(right: Right) -> None:
    right.extras.quotas["fsx", "L-AD2FC696"] = 2400.0


def _zones_of_another_account(right: Right) -> None:
    def zones(call: Call) -> Answer:
        there = [("us-west-2a", "usw2-az1"), ("us-west-2c", "usw2-az3")]
        return {
            "AvailabilityZones": [
                {"ZoneName": name, "ZoneId": id, "RegionName": call.region, "State": "available",
                 "OptInStatus": "opt-in-not-required", "ZoneType": "availability-zone"}
                for name, id in there
            ]
        }  # fmt: skip

    right.server.answer("ec2:DescribeAvailabilityZones", zones)


FAULTS = (
    # Reserved capacity
    Fault("eks-p5-odcr-vpc", "reservation-exists", "error", ID, "there is no capacity reservation", _no_reservation),
    Fault("pooled", "reservation-exists", "error", f"{P5}.capacity.reservation_group_arn", "no capacity reservation in it", _empty_group),
    Fault("eks-p5-odcr-vpc", "reservation-state", "error", ID, "is cancelled, and not active", reservation(State="cancelled", AvailableInstanceCount=0)),
    Fault("eks-p5-odcr", "reservation-state", "error", ID, "is pending, and not active", reservation(State="pending")),
    Fault("eks-p5-odcr-vpc", "reservation-kind", "error", f"{P5}.capacity.type", "is a capacity block", reservation(ReservationType="capacity-block")),
    Fault("eks-p5-odcr-vpc", "reservation-type", "error", f"{P5}.instance_type", "reserves p5en.48xlarge", reservation(InstanceType="p5en.48xlarge")),
    Fault("eks-p5-odcr-vpc", "reservation-platform", "error", ID, "platform Windows", reservation(InstancePlatform="Windows")),
    Fault("eks-p5-odcr-vpc", "reservation-tenancy", "error", ID, "of tenancy dedicated", reservation(Tenancy="dedicated")),
    Fault("eks-p5-odcr-vpc", "reservation-zone", "error", f"{P5}.subnet_ids", "is in us-west-2c, and the nodes come up in us-west-2b", reservation(AvailabilityZone="us-west-2c")),
    Fault("eks-p5-odcr", "reservation-zone", "error", f"{P5}.availability_zone", "is in us-west-2a, and the nodes come up in us-west-2b", reservation(AvailabilityZone="us-west-2a")),
    Fault("eks-p5-odcr-vpc", "reservation-room", "error", ID, "has 1 of 10 instances for it, and size.desired is 2", reservation(AvailableInstanceCount=1)),
    Fault("eks-p5-odcr-vpc", "reservation-room", "warning", ID, "has 4 of 4 instances for it, and size.max is 10", reservation(TotalInstanceCount=4, AvailableInstanceCount=4)),
    Fault("eks-p5-odcr-vpc", "reservation-placement-group", "error", f"{P5}.placement_group", "in the placement group gpus", reservation(PlacementGroupArn="arn:aws:ec2:us-west-2:123456789012:placement-group/gpus")),
    Fault("eks-p5-odcr-vpc", "reservation-end", "warning", ID, "ends ", reservation(EndDateType="limited", EndDate=in_days(3))),
    Fault("eks-p5-odcr-vpc", "reservation-matching", "warning", ID, "is open", reservation(InstanceMatchCriteria="open")),
    Fault("eks-p5-capacity-block", "reservation-exists", "error", ID, "there is no capacity reservation", _no_reservation),
    Fault("eks-p5-capacity-block", "reservation-state", "error", ID, "is expired, and not active", reservation(State="expired")),
    Fault("eks-p5-capacity-block", "reservation-kind", "error", f"{P5}.capacity.type", "is an on-demand capacity reservation", reservation(ReservationType="default", State="active", AvailableInstanceCount=10)),
    Fault("eks-p5-capacity-block", "reservation-room", "error", ID, "has 1 of 1 instances for it, and size.desired is 2", reservation(TotalInstanceCount=1)),
    Fault("eks-p5-capacity-block", "capacity-block-times", "error", f"{P5}.capacity.start", "and the layout says", _earlier_block),
    Fault("eks-p5-capacity-block", "capacity-block-schedule", "error", ID, "EKS drains the group since", _draining_block),
    # Instance types
    Fault("eks-p5-odcr", "instance-type-offered", "error", f"{P5}.instance_type", "EC2 has no p5.48xlarge in us-west-2b", _offered("p5.48xlarge", "c")),
    Fault("ml-cluster", "instance-type-offered", "warning", "node_groups.sys.instance_type", "EC2 has no m5.large in us-west-2a", _offered("m5.large", "b")),
    Fault("eks-p5-odcr-vpc", "instance-type-facts", "error", f"{P5}.instance_type", "efa_interfaces is 16 and not 32", _fewer_efa),
    Fault("own", "placement-group", "error", "node_groups.gpu.placement_group", "there is no placement group gpus", lambda right: right.extras.placement_groups.clear()),
    # Quotas
    Fault("eks-g4dn", "on-demand-quota", "error", "node_groups.gpu", "96", quota("ec2", "L-DB2E81BA", 96)),
    Fault("eks-trn1", "on-demand-quota", "warning", "node_groups.trn1", "256", quota("ec2", "L-2C3B7624", 256)),
    Fault("ml-load-balanced", "spot-quota", "error", "node_groups.spot", "4", quota("ec2", "L-34B43A08", 4)),
    Fault("eks-g4dn", "vpc-quota", "error", "network", "VPCs", quota("vpc", "L-F678F1CE", 1)),
    Fault("eks-g4dn", "vpc-quota", "error", "network", "gateways", quota("vpc", "L-A4707A72", 0)),
    Fault("eks-g4dn", "elastic-ip-quota", "error", "network.nat_gateway", "addresses", quota("ec2", "L-0263D0A3", 0)),
    Fault("eks-g4dn", "nat-gateway-quota", "error", "network.nat_gateway", "the layout needs 1 in us-west-2a", _nat_gateways),
    Fault("eks-g4dn", "cluster-quota", "error", "name", "clusters", quota("eks", "L-1194D53C", 0)),
    Fault("eks-g4dn", "node-group-quota", "error", "node_groups", "node groups", quota("eks", "L-6D54EA21", 1)),
    Fault("eks-g4dn", "node-group-quota", "warning", "node_groups.gpu.size.max", "nodes", quota("eks", "L-BD136A63", 5)),
    Fault("own", "security-group-quota", "error", "node_groups.gpu.security_group_ids", "and EFA's", quota("vpc", "L-2AFB9258", 2)),
    Fault("eks-p5-training", "lustre-quota", "error", "storage.file_systems.scratch", "GiB", _lustre),
    # Network
    Fault("eks-p5-odcr-vpc", "vpc", "error", "network.vpc_id", "there is no VPC vpc-00000000000000000", lambda right: right.values.update(vpc_id="vpc-00000000000000000")),
    Fault("eks-g4dn-vpc", "subnets", "error", "node_groups.gpu.subnet_ids", "there is no subnet subnet-00000000000000000", lambda right: right.values.update(gpu_subnet_id="subnet-00000000000000000")),
    Fault("eks-p5-odcr-vpc", "subnets", "error", f"{P5}.subnet_ids", "and network.vpc_id is", _subnet_elsewhere),
    Fault("eks-g4dn-vpc", "control-plane-zones", "error", "network.private_subnet_ids", "all 2 private subnets are in us-west-2b", _one_zone),
    Fault("zones", "control-plane-zones", "error", "network.availability_zones", "your account has no zone us-west-2b", _zones_of_another_account),
    Fault("eks-p5-odcr-vpc", "group-zone", "error", f"{P5}.subnet_ids", "availability_zone is us-west-2b", _other_zone_of_group),
    Fault("eks-g4dn-vpc", "vpc-dns", "error", "network.vpc_id", "DNS host names of", _no_dns),
    Fault("eks-g4dn-vpc", "vpc-dns", "warning", "network.vpc_id", "nodes ask 192.168.3.3", _own_dns),
    Fault("eks-p5-odcr-vpc", "free-addresses", "error", f"{P5}.subnet_ids", "has 11 free addresses", _small_subnet),
    Fault("eks-g4dn-vpc", "endpoints", "error", "network.private_subnet_ids, node_groups.gpu.subnet_ids", "has no route to the internet", _no_nat),
    Fault("eks-g4dn-vpc", "node-routes", "error", "network.private_subnet_ids, node_groups.gpu.subnet_ids", "which is deleted", _deleted_nat),
    Fault("eks-g4dn-vpc", "network-acls", "error", "network.private_subnet_ids, node_groups.gpu.subnet_ids", "lets no HTTPS out", _shut_acl),
    Fault("own", "endpoint-access", "error", "network.private_subnet_ids, node_groups.gpu.subnet_ids", "lets no HTTPS in from", _endpoint_without_way_in),
    Fault("own", "balancer-subnets", "error", "network.private_subnet_ids", "tagged for other clusters", _no_balancer_subnets),
    Fault("own", "karpenter-subnets", "warning", "network.private_subnet_ids", "no subnet has the tag", _no_karpenter_subnets),
    Fault("own", "security-groups", "error", "cluster.security_group_ids", "and the cluster in vpc-", _security_group_elsewhere),
    Fault("own", "api-within-reach", "error", "cluster.endpoint.public_access_cidrs", "which is not among them", _other_address),
    Fault("eks-g4dn", "vpc-range", "info", "network.cidr", "10.0.0.0/16 overlaps with vpc-", _overlap),
    Fault("eks-g4dn-vpc", "service-range", "warning", "cluster.service_ipv4_cidr", "where the nodes' routes lead", _peered),
    Fault("workers", "images-within-reach", "error", "workloads.training.worker.image", "it comes from public.ecr.aws", _only_endpoints),
    # EKS
    Fault("eks-g4dn", "kubernetes-version", "error", "kubernetes_version", "does not offer", _no_version),
    Fault("eks-g4dn", "kubernetes-version", "warning", "kubernetes_version", "is in extended support", _version(versionStatus="EXTENDED_SUPPORT", status="extended-support", endOfStandardSupportDate=in_days(-2))),
    Fault("eks-g4dn", "addon-versions", "error", "addons.aws-fsx-csi-driver", "EKS has no add-on", lambda right: right.extras.addons.pop("aws-fsx-csi-driver")),
    Fault("eks-g4dn", "cluster-name", "error", "name", "there is a cluster eks-g4dn in us-west-2 that is none of this layout's", _cluster),
    Fault("eks-g4dn", "running-cluster", "error", "kubernetes_version", "by single minor versions", _deployed_cluster),
    Fault("eks-g4dn", "names-taken", "error", "aws_cloudwatch_log_group", "there is a log group /aws/eks/eks-g4dn/cluster already", _log_group),
    Fault("eks-g4dn", "names-taken", "error", "aws_kms_alias", "there is a KMS alias", _alias),
    Fault("own", "role-arns", "error", "cluster.role_arn", "there is no role own-cluster", _no_role("own-cluster")),
    Fault("own", "role-arns", "error", "node_groups.sys.role_arn", "does not let ec2.amazonaws.com", _trust("own-nodes", "eks.amazonaws.com")),
    Fault("own", "role-policies", "warning", "node_groups.sys.role_arn", "has not AmazonEKSWorkerNodePolicy", _detach("own-nodes", "AmazonEKSWorkerNodePolicy")),
    Fault("own", "access-principals", "error", "cluster.access_entries.researchers.principal_arn", "there is no role researcher", _no_role("researcher")),
    Fault("own", "policy-arns", "error", "cluster.pod_identity_associations.trainer.policy_arns", "there is no policy", _no_policy),
    Fault("eks-g4dn", "service-linked-roles", "info", "AWSServiceRoleForAmazonEKS", "has no service-linked role", _no_role("AWSServiceRoleForAmazonEKS")),
    Fault("own", "karpenter-spot-role", "warning", "helm_releases.karpenter", "no service-linked role", _no_role("AWSServiceRoleForEC2Spot")),
    Fault("own", "kms-keys", "error", "node_groups.gpu.root_volume.kms_key_arn", "is disabled", lambda right: right.client("kms").disable_key(KeyId=right.key_arn.rpartition("/")[2])),
    Fault("own", "node-volume-key", "warning", "node_groups.gpu.root_volume.kms_key_arn", "lets Auto Scaling's role do", _key_without_auto_scaling),
    Fault("own-ami", "own-amis", "error", "node_groups.sys.ami_id", "there is no AMI ami-0123456789abcdef0", _stopped_image),
    Fault("ml-load-balanced", "certificates", "error", "workloads.serving.server.load_balancer.certificate_arn", "there is no certificate", _no_certificate),
    # Data, images and state
    Fault("own", "data-repositories", "warning", "storage.file_systems.data.data_repositories[0].prefix", "there is nothing in s3://acme-datasets/imagenet", _no_data),
    Fault("own", "images", "error", "workloads.training.torch.image", "has no image with the tag 1", _no_image),
    Fault("own", "state-bucket", "error", "backend.bucket", "there is no bucket acme-terraform-state", _bucket("delete_bucket")),
    Fault("own", "state-bucket", "warning", "backend.bucket", "keeps no older versions", _bucket("put_bucket_versioning", VersioningConfiguration={"Status": "Suspended"})),
    Fault("own", "state-bucket", "warning", "backend.bucket", "does not refuse public access", _bucket("delete_public_access_block")),
    Fault("own", "state-lock", "warning", "s3://acme-terraform-state/cdktf-eks-training/own.tfstate.tflock", "is locked by ada@laptop", _lock),
)  # fmt: skip
