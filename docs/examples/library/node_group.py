"""EFA nodes for a cluster that Terraform manages already, made without eks_training."""

from eks_training import ExistingCluster, install

install()

from cdktf import App, TerraformStack
from cdktf_cdktf_provider_aws.eks_cluster import EksCluster, EksClusterVpcConfig
from cdktf_cdktf_provider_aws.provider import AwsProvider
from cdktf_cdktf_provider_aws.subnet import Subnet
from cdktf_cdktf_provider_aws.vpc import Vpc

app = App()
stack = TerraformStack(app, "research")
AwsProvider(stack, "aws", region="us-west-2")

# What is there already, and stays as it is.
vpc = Vpc(stack, "vpc", cidr_block="10.8.0.0/16", enable_dns_hostnames=True)
subnets = {
    zone: Subnet(
        stack, zone, vpc_id=vpc.id, availability_zone=f"us-west-2{zone}", cidr_block=f"10.8.{index}.0/20"
    )
    for index, zone in ((0, "a"), (16, "b"), (32, "c"))
}
eks = EksCluster(
    stack,
    "eks",
    name="research",
    version="1.35",
    role_arn="arn:aws:iam::123456789012:role/research-cluster",
    vpc_config=EksClusterVpcConfig(subnet_ids=[subnet.id for subnet in subnets.values()]),
)

# What comes to it: two nodes of 8 H100 with 32 EFA interfaces each, from a reservation in zone c.
cluster = ExistingCluster(
    stack,
    "training",
    name="research",
    region="us-west-2",
    kubernetes_version="1.35",
    resource=eks,
)
cluster.add_node_group(
    "p5",
    {
        "instance_type": "p5.48xlarge",
        "size": {"desired": 2},
        "capacity": {"type": "odcr", "reservation_id": "var.capacity_reservation_id"},
        "availability_zone": "us-west-2c",
    },
    subnet_ids=[subnets["c"].id],
)
app.synth()
