"""What EKS refuses of a node group for its launch template, its role, its subnets and its cluster."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from modules import catalog
from modules.catalog import efa_interfaces
from ops.offline.account import Account, Cluster
from ops.offline.account.refusals import refusal
from ops.offline.values import UNKNOWN

MIME = 'MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary="b"\n\n--b\nContent-Type: text/plain\n\nx\n--b--\n'
TOML = "# more room\n[settings.kubernetes]\nmax-pods = 50\n"
SCRIPT = "#!/bin/bash\nA=1\n"
RESERVED = [{"capacity_reservation_target": [{"capacity_reservation_id": "cr-0123456789abcdef0"}]}]
BLOCK_TEMPLATE: dict[str, Any] = {
    "instance_type": "p5.48xlarge",
    "instance_market_options": [{"market_type": "capacity-block"}],
    "capacity_reservation_specification": RESERVED,
}


def _role(account: Account, name: str, *statements: dict[str, Any]) -> str:
    document = json.dumps({"Version": "2012-10-17", "Statement": list(statements)})
    account.created("aws_iam_role", {"id": name, "name": name, "assume_role_policy": document})
    return f"arn:aws:iam::{account.id}:role/{name}"


def _allow(service: Any, action: Any = "sts:AssumeRole") -> dict[str, Any]:
    return {"Effect": "Allow", "Principal": {"Service": service}, "Action": action}


def _account(**template: Any) -> Account:
    """A cluster in a VPC, another VPC, and a launch template in its third version."""
    account = Account(clusters_assumed=False)
    for vpc, subnet, zone, cidr in (
        ("vpc-1", "subnet-a", "us-west-2a", "10.0.0.0/24"),
        ("vpc-1", "subnet-b", "us-west-2b", "10.0.1.0/24"),
        ("vpc-2", "subnet-c", "us-west-2a", "10.1.0.0/24"),
    ):
        account.created("aws_vpc", {"id": vpc, "cidr_block": cidr[:4] + ".0.0/16"})
        placed = {"id": subnet, "vpc_id": vpc, "availability_zone": zone, "cidr_block": cidr}
        account.created("aws_subnet", placed)
    cluster = {"id": "demo", "name": "demo", "version": "1.35"}
    account.created("aws_eks_cluster", {**cluster, "vpc_config": [{"subnet_ids": ["subnet-a", "subnet-b"]}]})
    state = {"id": "lt-1", "name": "gpu", "latest_version": 3, "default_version": 2}
    account.created("aws_launch_template", {**state, **template})
    return account


def _group(account: Account, **values: Any) -> str:
    """What EKS answers to a node group with the newest version of the template."""
    group = {
        "cluster_name": "demo",
        "node_group_name": "gpu",
        "subnet_ids": ["subnet-b"],
        "launch_template": [{"id": "lt-1", "name": UNKNOWN, "version": "3"}],
        "ami_type": UNKNOWN,
        "capacity_type": UNKNOWN,
        "disk_size": UNKNOWN,
        "instance_types": UNKNOWN,
        "version": UNKNOWN,
    }
    return refusal("aws_eks_node_group", "create", {**group, **values}, None, account) or ""


def _encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def _interface(card: int = 0, device: int = 0, kind: str | None = None) -> dict[str, Any]:
    return {"network_card_index": card, "device_index": device, "interface_type": kind}


_BOTTLEROCKET = {"ami_type": "BOTTLEROCKET_x86_64"}
_REFUSED: list[tuple[str, dict[str, Any], dict[str, Any], str]] = [
    (
        "an instance type in both",
        {"instance_type": "c5.large"},
        {"instance_types": ["c5.large"]},
        "InvalidRequestException: Cannot specify instance types in launch template and API Request",
    ),
    ("a disk size", {}, {"disk_size": 100}, "Disk size must be specified within the launch template."),
    (
        "remote access",
        {},
        {"remote_access": [{"ec2_ssh_key": "mine"}]},
        "Remote access configuration cannot be specified with a launch template.",
    ),
    (
        "a profile",
        {"iam_instance_profile": [{"name": "nodes"}]},
        {},
        "Launch template gpu should not specify an instance profile. The noderole in your request",
    ),
    (
        "a subnet",
        {"network_interfaces": [{"subnet_id": "subnet-a"}]},
        {},
        "You must not specify a subnet in your launch template.",
    ),
    (
        "what a shutdown does",
        {"instance_initiated_shutdown_behavior": "terminate"},
        {},
        "should not specify instance_initiated_shutdown_behavior",
    ),
    (
        "hibernation",
        {"hibernation_options": [{"configured": False}]},
        {},
        "should not specify hibernation_options",
    ),
    (
        "spot instances",
        {"instance_market_options": [{"market_type": "spot"}]},
        {"capacity_type": "SPOT"},
        "Instance market options are not supported with the launch template.",
    ),
    (
        "a version of Kubernetes beside an AMI",
        {"image_id": "ami-1"},
        {"version": "1.35"},
        "You cannot specify a kubernetes version to use when specifying an image id",
    ),
    (
        "a release of EKS beside an AMI",
        {"image_id": "ami-1"},
        {"release_version": "1.35.0-20260120"},
        "You cannot specify a release version to use when specifying an image id",
    ),
    (
        "an AMI type of EKS beside an AMI",
        {"image_id": "ami-1"},
        {"ami_type": "AL2023_x86_64_STANDARD"},
        "You cannot specify an AMI Type other than CUSTOM",
    ),
    (
        "an AMI of one's own that is not there",
        {},
        {"ami_type": "CUSTOM"},
        "needs an image id for the AMI type CUSTOM",
    ),
    (
        "a NodeConfig without its cluster",
        {"image_id": "ami-1", "user_data": _encoded(f"{MIME}node.eks.aws/v1alpha1 cidr")},
        {"ami_type": "CUSTOM"},
        "does not say apiServerEndpoint, certificateAuthority, and EKS adds nothing",
    ),
    (
        "settings of Bottlerocket without their cluster",
        {"image_id": "ami-1", "user_data": _encoded(TOML)},
        {"ami_type": "CUSTOM"},
        "does not say api-server, cluster-certificate, cluster-name",
    ),
    (
        "a capacity block that the group does not know of",
        BLOCK_TEMPLATE,
        {"capacity_type": "ON_DEMAND"},
        "The capacity type has to be CAPACITY_BLOCK",
    ),
    (
        "a capacity block without a template",
        {},
        {"capacity_type": "CAPACITY_BLOCK", "launch_template": []},
        "Capacity Blocks can only be used with a custom launch template",
    ),
    (
        "a capacity block without its market",
        {**BLOCK_TEMPLATE, "instance_market_options": []},
        {"capacity_type": "CAPACITY_BLOCK"},
        "gpu needs instance_market_options.market_type capacity-block",
    ),
    (
        "a capacity block without a reservation",
        {**BLOCK_TEMPLATE, "capacity_reservation_specification": []},
        {"capacity_type": "CAPACITY_BLOCK"},
        "gpu needs capacity_reservation_target.capacity_reservation_id",
    ),
    (
        "a capacity block with the type in the group",
        {**BLOCK_TEMPLATE, "instance_type": None},
        {"capacity_type": "CAPACITY_BLOCK", "instance_types": ["p5.48xlarge"]},
        "gpu needs instance_type",
    ),
    (
        "a capacity block of a type without them",
        {**BLOCK_TEMPLATE, "instance_type": "c5.large"},
        {"capacity_type": "CAPACITY_BLOCK"},
        "The instance type c5.large does not support Capacity Blocks",
    ),
    (
        "the wrong architecture",
        {"instance_type": "c7g.large"},
        {"ami_type": "AL2023_x86_64_STANDARD"},
        "[c7g.large] is not a valid instance type for requested amiType AL2023_x86_64_STANDARD",
    ),
    (
        "no type where the AMI is for Arm",
        {},
        {"ami_type": "AL2023_ARM_64_STANDARD"},
        "[t3.medium] is not a valid instance type for requested amiType AL2023_ARM_64_STANDARD",
    ),
    ("a script", {"user_data": _encoded(SCRIPT)}, {}, "User data was not in the MIME multipart format"),
    (
        "TOML for Amazon Linux",
        {"user_data": _encoded(TOML)},
        {"ami_type": "AL2023_x86_64_NVIDIA"},
        "User data was not in the MIME multipart format",
    ),
    ("a script for Bottlerocket", {"user_data": _encoded(SCRIPT)}, _BOTTLEROCKET, "not in the TOML format"),
    ("MIME for Bottlerocket", {"user_data": _encoded(MIME)}, _BOTTLEROCKET, "not in the TOML format"),
    (
        "a network card too many",
        {"network_interfaces": [_interface(), _interface(card=1)]},
        {"instance_types": ["c5.large"]},
        "The network card index 1 exceeds the maximum for c5.large, which has 1 network card.",
    ),
    (
        "a third interface on a card of two",
        {"network_interfaces": [_interface(), _interface(card=2, device=2)]},
        {"instance_types": ["p5.48xlarge"]},
        "The specified number '2' for the device index exceeds the maximum number of network interfaces supported by the "
        "network card at network card index 2. The maximum devices for this network card is 2.",
    ),
    (
        "EFA where there is none",
        {"network_interfaces": [_interface(kind="efa")]},
        {"instance_types": ["c5.large"]},
        "Ec2LaunchTemplateInvalidConfiguration: EFA interfaces are not supported on c5.large",
    ),
    (
        "EFA in the template's own type",
        {"instance_type": "c5.large", "network_interfaces": [_interface(kind="efa")]},
        {},
        "EFA interfaces are not supported on c5.large",
    ),
    (
        "two EFA on a card",
        {"network_interfaces": [_interface(kind="efa"), _interface(device=1, kind="efa-only")]},
        {"instance_types": ["p4d.24xlarge"]},
        "EFA interface count 2 exceeds the limit of 1 for the network card 0 of p4d.24xlarge",
    ),
    (
        "EFA on a card that is ENA only",
        {"network_interfaces": [_interface(kind="efa")]},
        {"instance_types": ["p6-b300.48xlarge"]},
        "EFA interface count 1 exceeds the limit of 0 for the network card 0 of p6-b300.48xlarge",
    ),
    (
        "more EFA than the type has, though its cards would do",
        {"network_interfaces": [_interface(kind="efa"), _interface(card=1, kind="efa-only")]},
        {"instance_types": ["i7ie.48xlarge"]},
        "EFA interface count 2 exceeds the limit of 1 for i7ie.48xlarge",
    ),
    (
        "one type of several that does not go",
        {"network_interfaces": [_interface(kind="efa")]},
        {"instance_types": ["g5.8xlarge", "g5.xlarge"]},
        "EFA interfaces are not supported on g5.xlarge",
    ),
]


@pytest.mark.parametrize(
    ("template", "group", "says"), [row[1:] for row in _REFUSED], ids=[row[0] for row in _REFUSED]
)
def test_what_does_not_belong_in_a_template_or_beside_it_is_refused(
    template: dict[str, Any], group: dict[str, Any], says: str
) -> None:
    assert says in _group(_account(**template), **group)


_TAKEN: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    ("nothing but the template", {}, {}),
    ("no template, with a disk", {}, {"launch_template": [], "disk_size": 100}),
    ("no template, with remote access", {}, {"launch_template": [], "remote_access": [{"ec2_ssh_key": "k"}]}),
    ("a type in the group", {}, {"instance_types": ["c5.large"]}),
    ("a type in the template", {"instance_type": "c5.large"}, {}),
    ("a type that nobody knows", {"instance_type": "z9.large"}, {}),
    ("a capacity block", BLOCK_TEMPLATE, {"capacity_type": "CAPACITY_BLOCK"}),
    ("spot instances as EKS buys them", {}, {"capacity_type": "SPOT"}),
    ("a reservation on demand", {"capacity_reservation_specification": RESERVED}, {}),
    ("Arm", {"instance_type": "c7g.large"}, {"ami_type": "AL2023_ARM_64_STANDARD"}),
    (
        "an AMI of one's own, with its user data",
        {"image_id": "ami-1", "instance_type": "c7g.large", "user_data": _encoded(SCRIPT)},
        {},
    ),
    (
        "an AMI of one's own, and its cluster",
        {
            "image_id": "ami-1",
            "user_data": _encoded("node.eks.aws/v1alpha1 apiServerEndpoint certificateAuthority cidr"),
        },
        {"ami_type": "CUSTOM"},
    ),
    ("MIME", {"user_data": _encoded(MIME)}, {}),
    ("TOML for Bottlerocket", {"user_data": _encoded(TOML)}, _BOTTLEROCKET),
    ("a key for Bottlerocket", {"user_data": _encoded('settings.motd = "hello"\n')}, _BOTTLEROCKET),
    ("nothing said to Bottlerocket", {"user_data": _encoded("# later\n")}, _BOTTLEROCKET),
    ("what is not base64", {"user_data": "%"}, {}),
    (
        "a template from elsewhere, which nobody can look into",
        {"instance_initiated_shutdown_behavior": "stop"},
        {"launch_template": [{"name": "other", "version": "1"}]},
    ),
]


@pytest.mark.parametrize(("template", "group"), [row[1:] for row in _TAKEN], ids=[row[0] for row in _TAKEN])
def test_what_belongs_there_is_taken(template: dict[str, Any], group: dict[str, Any]) -> None:
    assert _group(_account(**template), **group) == ""


@pytest.mark.parametrize(
    "name",
    [name for name in catalog.names() if (found := catalog.find(name)) and found.supports_efa],
)
def test_the_interfaces_that_we_give_an_efa_type_are_taken(name: str) -> None:
    kind = catalog.find(name)
    assert kind is not None
    interfaces = [_interface(one.card, one.device, one.type) for one in efa_interfaces(kind)]
    account = _account(network_interfaces=interfaces, instance_type=name, image_id="ami-1")
    assert _group(account, ami_type="CUSTOM") == ""


@pytest.mark.parametrize(
    ("named", "seen"),
    [
        ({"id": "lt-1", "version": "3"}, True),
        ({"id": "lt-1", "version": "$Latest"}, True),
        ({"name": "gpu", "version": "3"}, True),
        ({"id": "lt-1", "version": "2"}, False),
        ({"id": "lt-1", "version": "$Default"}, False),
    ],
)
def test_only_the_newest_version_of_a_template_is_known(named: dict[str, str], seen: bool) -> None:
    account = _account(instance_initiated_shutdown_behavior="stop")
    assert bool(_group(account, launch_template=[named])) == seen


def test_the_default_version_is_known_where_it_is_the_newest() -> None:
    account = _account(instance_initiated_shutdown_behavior="stop", default_version=3)
    assert "shutdown_behavior" in _group(account, launch_template=[{"id": "lt-1", "version": "$Default"}])


def test_another_version_of_the_template_is_looked_at_and_another_size_is_not() -> None:
    account = _account(user_data=_encoded(SCRIPT))
    prior = {
        "id": "demo:gpu",
        "cluster_name": "demo",
        "version": "1.35",
        "instance_types": [],
        "disk_size": 0,
        "launch_template": [{"id": "lt-1", "name": "gpu", "version": "2"}],
    }
    bigger = {**prior, "scaling_config": [{"max_size": 9}]}
    newer = {**prior, "launch_template": [{"id": "lt-1", "name": "gpu", "version": "3"}]}
    assert refusal("aws_eks_node_group", "update", bigger, prior, account) is None
    assert "MIME multipart" in (refusal("aws_eks_node_group", "update", newer, prior, account) or "")
    # The version of Kubernetes is in the state, whoever has chosen it.
    account.changed(
        "aws_launch_template", {"id": "lt-1", "name": "gpu", "latest_version": 3, "image_id": "ami-1"}
    )
    assert refusal("aws_eks_node_group", "update", newer, prior, account) is None
    # But not from an AMI of EKS to one's own: that takes another group.
    of_eks = {**newer, "ami_type": "AL2023_x86_64_STANDARD"}
    told = refusal("aws_eks_node_group", "update", of_eks, prior, account) or ""
    assert "AMI Type other than CUSTOM" in told


# Roles


@pytest.mark.parametrize(
    "statements",
    [
        [_allow("ec2.amazonaws.com")],
        [_allow(["eks.amazonaws.com", "ec2.amazonaws.com"], ["sts:TagSession", "sts:AssumeRole"])],
        [_allow("ssm.amazonaws.com"), _allow("ec2.amazonaws.com", "sts:*")],
        [{"Effect": "Allow", "Principal": "*", "Action": "STS:assumerole"}],
    ],
)
def test_nodes_take_a_role_that_trusts_ec2(statements: list[dict[str, Any]]) -> None:
    account = _account()
    assert _group(account, node_role_arn=_role(account, "nodes", *statements)) == ""


@pytest.mark.parametrize(
    "statements",
    [
        [],
        [_allow("eks.amazonaws.com")],
        [_allow("ec2.amazonaws.com", "sts:TagSession")],
        [{**_allow("ec2.amazonaws.com"), "Effect": "Deny"}],
        [
            {
                "Effect": "Allow",
                "Principal": {"AWS": "arn:aws:iam::123456789012:root"},
                "Action": "sts:AssumeRole",
            }
        ],
    ],
)
def test_nodes_take_no_other_role(statements: list[dict[str, Any]]) -> None:
    account = _account()
    role = _role(account, "nodes", *statements)
    assert _group(account, node_role_arn=role) == (
        "InvalidParameterException: Following required service principals [ec2.amazonaws.com] were not found in the trust "
        f"relationships of nodeRole {role}"
    )


@pytest.mark.parametrize("service", ["ec2.amazonaws.com", "ec2.amazonaws.com.cn"])
def test_in_china_ec2_has_two_names(service: str) -> None:
    account = Account(region="cn-north-1", clusters={"demo": Cluster(vpc_id="vpc-1")})
    role = _role(account, "nodes", _allow(service)).replace("arn:aws:", "arn:aws-cn:")
    assert _group(account, node_role_arn=role, subnet_ids=[], launch_template=[]) == ""


def test_a_cluster_takes_a_role_that_trusts_eks() -> None:
    account = _account()
    cluster = {"name": "new", "vpc_config": [{"subnet_ids": ["subnet-a", "subnet-b"]}]}
    fit, unfit = (
        refusal(
            "aws_eks_cluster",
            "create",
            {**cluster, "role_arn": _role(account, service, _allow(f"{service}.amazonaws.com"))},
            None,
            account,
        )
        for service in ("eks", "ec2")
    )
    assert fit is None
    assert "role/ec2, could not be assumed because it does not exist or the trusted entity" in (unfit or "")


# Networks and add-ons


def test_nodes_lie_in_the_vpc_of_their_cluster() -> None:
    account = _account()
    says = "The subnet 'subnet-c' is not in the VPC 'vpc-1' of the cluster"
    assert says in _group(account, subnet_ids=["subnet-b", "subnet-c"])
    account.deleted("aws_eks_cluster", "demo")
    account.clusters["demo"] = Cluster(vpc_id="vpc-2")
    assert "'subnet-b' is not in the VPC 'vpc-2'" in _group(account)
    assert _group(account, subnet_ids=["subnet-c"]) == ""
    del account.clusters["demo"]
    account.assume_cluster("demo")
    assert _group(account, subnet_ids=["subnet-b", "subnet-c"]) == ""


@pytest.mark.parametrize(
    ("name", "known"),
    [("coredns", True), ("kube-proxy", True), ("kubecost_kubecost", True), ("core-dns", False)],
)
def test_an_addon_that_eks_does_not_have_is_refused(name: str, known: bool) -> None:
    values = {"cluster_name": "demo", "addon_name": name, "addon_version": "v1.11.4-eksbuild.2"}
    told = f"InvalidParameterException: Addon {name} specified is not supported in 1.35 kubernetes version"
    assert refusal("aws_eks_addon", "create", values, None, _account()) == (None if known else told)


_MISSING = "InvalidServiceName: The Vpc Endpoint Service '{}' does not exist"


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({"service_name": "com.amazonaws.us-west-2.ecr.api"}, ""),
        ({"service_name": "com.amazonaws.vpce.us-west-2.vpce-svc-0123456789abcdef0"}, ""),
        ({"service_name": "aws.sagemaker.us-west-2.notebook"}, ""),
        ({"service_name": "com.amazonaws.s3-global.accesspoint"}, ""),
        ({"service_name": "com.amazonaws.eu-west-1.s3", "service_region": "eu-west-1"}, ""),
        ({"service_name": UNKNOWN}, ""),
        ({"service_name": "com.amazonaws.us-west-2.s3", "vpc_endpoint_type": "Gateway"}, ""),
        ({"service_name": "com.amazonaws.us-east-1.ecr.api"}, _MISSING),
        ({"service_name": "com.amazonaws.us-west-2"}, _MISSING),
        ({"service_name": "com.amazon.us-west-2.s3"}, _MISSING),
        ({"service_name": "s3"}, _MISSING),
        (
            {"service_name": "com.amazonaws.us-west-2.ecr.api", "vpc_endpoint_type": "Gateway"},
            "Endpoint type (Gateway) does not match available service types ([Interface]).",
        ),
    ],
)
def test_an_endpoint_is_for_a_service_of_the_region(values: dict[str, Any], says: str) -> None:
    given = {"vpc_id": "vpc-1", "vpc_endpoint_type": "Interface", "subnet_ids": UNKNOWN, **values}
    told = refusal("aws_vpc_endpoint", "create", given, None, _account()) or ""
    assert says.format(values["service_name"]) in told
    assert bool(says) == bool(told)
