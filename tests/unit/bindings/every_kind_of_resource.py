"""A program with every shape of resource: nested structs, lists, maps, tokens, data sources, three providers.

Writes Terraform JSON below $OUTDIR and prints how many submodules of provider packages it has loaded. After that it writes a
whole preset, as main.py does, below $CDKTF_OUTDIR: what stock imports takes long, so once for both.
"""

import os
import sys

from modules.bindings import install

install()

from cdktf import App, Fn, TerraformOutput, TerraformStack, Token
from cdktf_cdktf_provider_aws import data_aws_caller_identity, vpc
from cdktf_cdktf_provider_aws.data_aws_availability_zones import (
    DataAwsAvailabilityZones,
    DataAwsAvailabilityZonesFilter,
)
from cdktf_cdktf_provider_aws.data_aws_iam_policy_document import (
    DataAwsIamPolicyDocument,
    DataAwsIamPolicyDocumentStatement,
    DataAwsIamPolicyDocumentStatementPrincipals,
)
from cdktf_cdktf_provider_aws.data_aws_ssm_parameter import DataAwsSsmParameter
from cdktf_cdktf_provider_aws.eip import Eip
from cdktf_cdktf_provider_aws.eks_addon import EksAddon
from cdktf_cdktf_provider_aws.eks_cluster import (
    EksCluster,
    EksClusterAccessConfig,
    EksClusterEncryptionConfig,
    EksClusterEncryptionConfigProvider,
    EksClusterVpcConfig,
)
from cdktf_cdktf_provider_aws.eks_node_group import (
    EksNodeGroup,
    EksNodeGroupLaunchTemplate,
    EksNodeGroupScalingConfig,
    EksNodeGroupTaint,
)
from cdktf_cdktf_provider_aws.iam_role import IamRole
from cdktf_cdktf_provider_aws.iam_role_policy_attachment import IamRolePolicyAttachment
from cdktf_cdktf_provider_aws.internet_gateway import InternetGateway
from cdktf_cdktf_provider_aws.kms_key import KmsKey
from cdktf_cdktf_provider_aws.launch_template import (
    LaunchTemplate,
    LaunchTemplateBlockDeviceMappings,
    LaunchTemplateBlockDeviceMappingsEbs,
    LaunchTemplateCapacityReservationSpecification,
    LaunchTemplateCapacityReservationSpecificationCapacityReservationTarget,
    LaunchTemplateNetworkInterfaces,
    LaunchTemplatePlacement,
)
from cdktf_cdktf_provider_aws.nat_gateway import NatGateway
from cdktf_cdktf_provider_aws.placement_group import PlacementGroup
from cdktf_cdktf_provider_aws.provider import AwsProvider, AwsProviderDefaultTags
from cdktf_cdktf_provider_aws.route_table import RouteTable, RouteTableRoute
from cdktf_cdktf_provider_aws.security_group import SecurityGroup, SecurityGroupIngress
from cdktf_cdktf_provider_aws.subnet import Subnet
from cdktf_cdktf_provider_helm.provider import HelmProvider, HelmProviderKubernetes
from cdktf_cdktf_provider_helm.release import Release, ReleaseSet
from cdktf_cdktf_provider_kubernetes.namespace_v1 import NamespaceV1
from cdktf_cdktf_provider_kubernetes.provider import KubernetesProvider, KubernetesProviderExec
from cdktf_cdktf_provider_kubernetes.storage_class_v1 import StorageClassV1, StorageClassV1Metadata

from modules.provider_versions import namespace_metadata

app = App(outdir=os.environ["OUTDIR"])
stack = TerraformStack(app, "training")

AwsProvider(stack, "aws", region="us-west-2", default_tags=[AwsProviderDefaultTags(tags={"team": "ml"})])
account = data_aws_caller_identity.DataAwsCallerIdentity(stack, "account")
zones = DataAwsAvailabilityZones(
    stack,
    "zones",
    filter=[DataAwsAvailabilityZonesFilter(name="opt-in-status", values=["opt-in-not-required"])],
)
network = vpc.Vpc(
    stack, "vpc", cidr_block="10.0.0.0/16", enable_dns_hostnames=True, tags={"Name": "training"}
)
gateway = InternetGateway(stack, "gateway", vpc_id=network.id)
subnets = [
    Subnet(
        stack,
        f"subnet-{number}",
        vpc_id=network.id,
        cidr_block=Fn.cidrsubnet(network.cidr_block, 8, number),
        availability_zone=Token.as_string(Fn.element(zones.names, number)),
        depends_on=[gateway],
    )
    for number in range(3)
]
NatGateway(stack, "nat", subnet_id=subnets[0].id, allocation_id=Eip(stack, "ip", domain="vpc").id)
RouteTable(
    stack,
    "routes",
    vpc_id=network.id,
    route=[RouteTableRoute(cidr_block="0.0.0.0/0", gateway_id=gateway.id)],
)
SecurityGroup(
    stack,
    "efa",
    vpc_id=network.id,
    ingress=[SecurityGroupIngress(from_port=0, to_port=0, protocol="-1", self_attribute=True)],
)
trust = DataAwsIamPolicyDocument(
    stack,
    "trust",
    statement=[
        DataAwsIamPolicyDocumentStatement(
            actions=["sts:AssumeRole"],
            principals=[
                DataAwsIamPolicyDocumentStatementPrincipals(type="Service", identifiers=["eks.amazonaws.com"])
            ],
        )
    ],
)
role = IamRole(stack, "role", name="training", assume_role_policy=trust.json)
IamRolePolicyAttachment(
    stack, "policy", role=role.name, policy_arn="arn:aws:iam::aws:policy/AmazonEKSClusterPolicy"
)
cluster = EksCluster(
    stack,
    "cluster",
    name="training",
    role_arn=role.arn,
    vpc_config=EksClusterVpcConfig(
        subnet_ids=[subnet.id for subnet in subnets], endpoint_private_access=True
    ),
    access_config=EksClusterAccessConfig(authentication_mode="API"),
    encryption_config=EksClusterEncryptionConfig(
        resources=["secrets"],
        provider=EksClusterEncryptionConfigProvider(
            key_arn=KmsKey(stack, "key", enable_key_rotation=True).arn
        ),
    ),
)
EksAddon(stack, "cni", cluster_name=cluster.name, addon_name="vpc-cni")
DataAwsSsmParameter(
    stack, "ami", name="/aws/service/eks/optimized-ami/1.33/amazon-linux-2023/recommended/image_id"
)
template = LaunchTemplate(
    stack,
    "template",
    instance_type="p5.48xlarge",
    block_device_mappings=[
        LaunchTemplateBlockDeviceMappings(
            device_name="/dev/xvda",
            ebs=LaunchTemplateBlockDeviceMappingsEbs(volume_size=500, encrypted="true"),
        )
    ],
    network_interfaces=[
        LaunchTemplateNetworkInterfaces(
            device_index=0 if card == 0 else 1, network_card_index=card, interface_type="efa"
        )
        for card in range(4)
    ],
    placement=LaunchTemplatePlacement(
        group_name=PlacementGroup(stack, "group", name="training", strategy="cluster").name
    ),
    capacity_reservation_specification=LaunchTemplateCapacityReservationSpecification(
        capacity_reservation_target=LaunchTemplateCapacityReservationSpecificationCapacityReservationTarget(
            capacity_reservation_id="cr-0123456789abcdef0"
        )
    ),
)
EksNodeGroup(
    stack,
    "nodes",
    cluster_name=cluster.name,
    node_role_arn=role.arn,
    subnet_ids=[subnets[0].id],
    scaling_config=EksNodeGroupScalingConfig(min_size=0, desired_size=2, max_size=4),
    launch_template=EksNodeGroupLaunchTemplate(
        id=template.id, version=Token.as_string(template.latest_version)
    ),
    taint=[EksNodeGroupTaint(key="nvidia.com/gpu", value="true", effect="NO_SCHEDULE")],
    labels={"accelerator": "h100"},
)
login = ["eks", "get-token", "--cluster-name", "training"]
KubernetesProvider(
    stack,
    "kubernetes",
    host=cluster.endpoint,
    exec=[
        KubernetesProviderExec(api_version="client.authentication.k8s.io/v1beta1", command="aws", args=login)
    ],
)
HelmProvider(stack, "helm", kubernetes=HelmProviderKubernetes(host=cluster.endpoint))
space = NamespaceV1(stack, "space", metadata=namespace_metadata("training", {"team": "ml"}))
StorageClassV1(
    stack,
    "gp3",
    metadata=StorageClassV1Metadata(name="gp3"),
    storage_provisioner="ebs.csi.aws.com",
    parameters={},
)
Release(
    stack,
    "operator",
    name="gpu-operator",
    chart="gpu-operator",
    namespace=space.id,
    set=[ReleaseSet(name="driver.enabled", value="false")],
)
TerraformOutput(stack, "account-id", value=account.account_id)
app.synth()

print(
    sum(
        name.startswith(("cdktf_cdktf_provider_", "cdktn_provider_"))
        and name.count(".") == 1
        and "._" not in name
        for name in sys.modules
    )
)

from modules.app import synthesize
from modules.layout import load

synthesize([load("eks-p5-odcr")])
