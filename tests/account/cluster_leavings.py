"""What clusters leave behind, made through moto: one of every kind, with the tags that its maker gives it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from .right import client
from .server import ACCOUNT_ID, AccountServer

_AMI = "ami-0123456789abcdef0"


@dataclass
class Place:
    """A VPC in an account, where leavings are made."""

    server: AccountServer
    region: str
    vpc: str = ""
    subnets: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        ec2 = self.client("ec2")
        self.vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
        for number, zone in enumerate("ab"):
            block, where = f"10.0.{number}.0/24", f"{self.region}{zone}"
            made = ec2.create_subnet(VpcId=self.vpc, CidrBlock=block, AvailabilityZone=where)
            self.subnets.append(made["Subnet"]["SubnetId"])

    def client(self, service: str) -> Any:
        """A client of boto3 in this region."""
        return client(self.server.url, service, self.region)

    def security_group(self, name: str, tags: Mapping[str, str]) -> str:
        """An empty group."""
        made = self.client("ec2").create_security_group(
            GroupName=name, Description=name, VpcId=self.vpc, TagSpecifications=_spec("security-group", tags)
        )
        return str(made["GroupId"])

    def allow(self, group: str, other: str, *, egress: bool = False) -> None:
        """Lets a group hear, or speak to, another."""
        ec2 = self.client("ec2")
        do = ec2.authorize_security_group_egress if egress else ec2.authorize_security_group_ingress
        rule = {
            "IpProtocol": "tcp",
            "FromPort": 443,
            "ToPort": 443,
            "UserIdGroupPairs": [{"GroupId": other}],
        }
        do(GroupId=group, IpPermissions=[rule])

    def interface(
        self, tags: Mapping[str, str], groups: list[str], description: str = "aws-K8S-i-0abc"
    ) -> str:
        """An interface that hangs on nothing."""
        made = self.client("ec2").create_network_interface(
            SubnetId=self.subnets[0],
            Groups=groups,
            Description=description,
            **({"TagSpecifications": _spec("network-interface", tags)} if tags else {}),
        )
        return str(made["NetworkInterface"]["NetworkInterfaceId"])

    def volume(self, tags: Mapping[str, str]) -> str:
        """A volume that is attached to nothing."""
        spec = {"TagSpecifications": _spec("volume", tags)} if tags else {}
        zone = f"{self.region}a"
        made = self.client("ec2").create_volume(AvailabilityZone=zone, Size=100, VolumeType="gp3", **spec)
        return str(made["VolumeId"])

    def instance(self, tags: Mapping[str, str], groups: list[str] | None = None) -> str:
        """A running instance."""
        made = self.client("ec2").run_instances(
            ImageId=_AMI,
            MinCount=1,
            MaxCount=1,
            InstanceType="m5.xlarge",
            SubnetId=self.subnets[0],
            **({"SecurityGroupIds": groups} if groups else {}),
            **({"TagSpecifications": _spec("instance", tags)} if tags else {}),
        )
        return str(made["Instances"][0]["InstanceId"])

    def load_balancer(self, name: str, tags: Mapping[str, str], groups: list[str]) -> str:
        """An ALB; its ARN."""
        made = self.client("elbv2").create_load_balancer(
            Name=name, Subnets=self.subnets, SecurityGroups=groups, Type="application", Tags=_pairs(tags)
        )
        return str(made["LoadBalancers"][0]["LoadBalancerArn"])

    def target_group(self, name: str, tags: Mapping[str, str], balancer: str | None = None) -> str:
        """A target group, of a load balancer where one is given; its ARN."""
        elbv2 = self.client("elbv2")
        made = elbv2.create_target_group(
            Name=name, Protocol="HTTP", Port=80, VpcId=self.vpc, Tags=_pairs(tags)
        )
        arn = str(made["TargetGroups"][0]["TargetGroupArn"])
        if balancer is not None:
            elbv2.create_listener(
                LoadBalancerArn=balancer,
                Protocol="HTTP",
                Port=80,
                DefaultActions=[{"Type": "forward", "TargetGroupArn": arn}],
            )
        return arn

    def cluster(self, name: str) -> None:
        """A cluster that EKS has."""
        iam = self.client("iam")
        iam.create_role(RoleName=name, AssumeRolePolicyDocument="{}")
        self.client("eks").create_cluster(
            name=name,
            roleArn=f"arn:aws:iam::{ACCOUNT_ID}:role/{name}",
            resourcesVpcConfig={"subnetIds": self.subnets},
        )


@dataclass
class Leavings:
    """One of every kind, of one cluster; `ids` are what `ops cleanup` calls them, in the order in which they are made."""

    place: Place
    cluster: str
    ids: list[str] = field(default_factory=list)

    def make(self) -> Leavings:
        """Makes them."""
        place, name = self.place, self.cluster
        owned = {f"kubernetes.io/cluster/{name}": "owned"}
        controller = {"elbv2.k8s.aws/cluster": name, "service.k8s.aws/stack": "serving/web"}
        ours = {"cdktf-eks-training/cluster": name}
        ec2 = place.client("ec2")

        # EKS's group and the controller's: each has a rule that names the other.
        nodes = place.security_group(f"eks-cluster-sg-{name}", {"aws:eks:cluster-name": name, **owned})
        web = place.security_group(f"k8s-serving-web-{name}", controller)
        place.allow(nodes, web)
        place.allow(web, nodes, egress=True)
        self.ids += [nodes, web]
        self.ids.append(
            place.instance({"karpenter.sh/nodepool": "gpu", "eks:eks-cluster-name": name, **owned})
        )
        cni = {
            "cluster.k8s.amazonaws.com/name": name,
            "node.k8s.amazonaws.com/createdAt": "2026-11-01T08:00:00Z",
        }
        self.ids.append(place.interface(cni, [nodes]))

        balancer = place.load_balancer(f"k8s-web-{name}", controller, [web])
        group = place.target_group(f"k8s-web-{name}", controller, balancer)
        self.ids += [balancer.partition(":loadbalancer/")[2], group.partition(":targetgroup/")[2]]
        place.client("elb").create_load_balancer(
            LoadBalancerName=f"classic-{name}",
            Listeners=[{"Protocol": "TCP", "LoadBalancerPort": 80, "InstancePort": 80}],
            Subnets=place.subnets[:1],
            Tags=_pairs({"kubernetes.io/service-name": "serving/old", **owned}),
        )
        self.ids.append(f"classic-{name}")

        claim = {
            "kubernetes.io/created-for/pvc/namespace": "research",
            "kubernetes.io/created-for/pvc/name": "notebook",
        }
        self.ids.append(place.volume({"KubernetesCluster": name, "CSIVolumeName": f"pvc-{name}", **claim}))
        template = ec2.create_launch_template(
            LaunchTemplateName=f"karpenter.k8s.aws/{name}",
            LaunchTemplateData={"ImageId": _AMI},
            TagSpecifications=_spec("launch-template", {"karpenter.k8s.aws/cluster": name}),
        )
        self.ids.append(template["LaunchTemplate"]["LaunchTemplateId"])

        address = ec2.allocate_address(Domain="vpc", TagSpecifications=_spec("elastic-ip", ours))
        gateway = ec2.create_nat_gateway(
            SubnetId=place.subnets[0],
            ConnectivityType="private",  # moto never takes the address of a deleted gateway away
            TagSpecifications=_spec("natgateway", ours),
        )
        self.ids += [gateway["NatGateway"]["NatGatewayId"], address["AllocationId"]]
        endpoint = ec2.create_vpc_endpoint(
            VpcId=place.vpc,
            VpcEndpointType="Gateway",
            ServiceName=f"com.amazonaws.{place.region}.s3",
            TagSpecifications=_spec("vpc-endpoint", ours),
        )
        self.ids.append(endpoint["VpcEndpoint"]["VpcEndpointId"])
        lustre = place.client("fsx").create_file_system(
            FileSystemType="LUSTRE", StorageCapacity=1200, SubnetIds=place.subnets[:1], Tags=_pairs(ours)
        )
        self.ids.append(lustre["FileSystem"]["FileSystemId"])

        iam = place.client("iam")
        role, profile = f"{name}-karpenter-node", f"{name}_1234567890"
        trust = json.dumps({"Version": "2012-10-17", "Statement": []})
        iam.create_role(RoleName=role, AssumeRolePolicyDocument=trust)
        region = {"topology.kubernetes.io/region": place.region}
        iam.create_instance_profile(InstanceProfileName=profile, Tags=_pairs({**owned, **region}))
        iam.add_role_to_instance_profile(InstanceProfileName=profile, RoleName=role)
        self.ids.append(profile)
        place.client("logs").create_log_group(logGroupName=f"/aws/eks/{name}/cluster", tags=ours)
        self.ids.append(f"/aws/eks/{name}/cluster")
        return self


def everything(place: Place) -> set[str]:
    """All that there is in the account of what `Leavings` makes, each as AWS describes it."""
    return {f"{service} {json.dumps(one, default=str, sort_keys=True)}" for service, one in _described(place)}


def _described(place: Place) -> Iterator[tuple[str, Any]]:
    for service, operation in (
        ("ec2", "describe_instances"),
        ("ec2", "describe_network_interfaces"),
        ("ec2", "describe_security_groups"),
        ("ec2", "describe_volumes"),
        ("ec2", "describe_launch_templates"),
        ("ec2", "describe_addresses"),
        ("ec2", "describe_nat_gateways"),
        ("ec2", "describe_vpc_endpoints"),
        ("ec2", "describe_tags"),
        ("elbv2", "describe_load_balancers"),
        ("elbv2", "describe_target_groups"),
        ("elb", "describe_load_balancers"),
        ("fsx", "describe_file_systems"),
        ("iam", "list_instance_profiles"),
        ("logs", "describe_log_groups"),
    ):
        answer = getattr(place.client(service), operation)()
        for found in answer.values():
            if isinstance(found, list):
                yield from ((service, one) for one in found)


def _pairs(tags: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"Key": key, "Value": value} for key, value in tags.items()]


def _spec(type: str, tags: Mapping[str, str]) -> list[dict[str, Any]]:
    return [{"ResourceType": type, "Tags": _pairs(tags)}]
