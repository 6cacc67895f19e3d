"""What the stand-ins make up when a resource is made."""

from __future__ import annotations

import re
import ssl
from base64 import b64decode
from functools import cache
from ipaddress import ip_address, ip_network
from typing import Any

import pytest

from ops.offline.account import Account
from ops.offline.account.fakes import RefusedError, filled, identity
from ops.offline.schema import BindingPackage, Body
from ops.offline.values import UNKNOWN, empty, has_unknown

ROLE = "arn:aws:iam::123456789012:role/given"


@cache
def body_of(type_name: str) -> Body:
    return BindingPackage(type_name.partition("_")[0]).body("resource", type_name)


def plan(type_name: str, **values: Any) -> dict[str, Any]:
    """A planned creation: what is computed is unknown where it has no value."""
    body = body_of(type_name)
    unknown = {name: UNKNOWN for name, one in body.attributes.items() if one.computed}
    return {**empty(body), **unknown, **values}


def make(account: Account, type_name: str, **values: Any) -> dict[str, Any]:
    state = filled(type_name, body_of(type_name), plan(type_name, **values), None, account)
    account.created(type_name, state)
    return state


def network(account: Account) -> tuple[str, list[str]]:
    """A VPC with two subnets in two zones."""
    vpc = make(account, "aws_vpc", cidr_block="10.0.0.0/16")
    subnets = [
        make(account, "aws_subnet", vpc_id=vpc["id"], cidr_block=f"10.0.{n}.0/24", availability_zone=zone)
        for n, zone in enumerate(("us-west-2a", "us-west-2b"))
    ]
    return vpc["id"], [subnet["id"] for subnet in subnets]


def cluster(account: Account, name: str = "demo", **values: Any) -> dict[str, Any]:
    _, subnets = network(account)
    vpc_config = {
        **empty(body_of("aws_eks_cluster").blocks["vpc_config"].body),
        "subnet_ids": subnets,
        "cluster_security_group_id": UNKNOWN,
        "public_access_cidrs": UNKNOWN,
        "vpc_id": UNKNOWN,
    }
    given = {"name": name, "role_arn": ROLE, "version": "1.34", "vpc_config": [vpc_config]}
    return make(account, "aws_eks_cluster", **{**given, **values})


def node_group(account: Account, **values: Any) -> dict[str, Any]:
    given = {"cluster_name": "demo", "node_group_name": "gpu", "node_role_arn": ROLE, "subnet_ids": []}
    return make(account, "aws_eks_node_group", **{**given, **values})


# Ids


@pytest.mark.parametrize(
    ("type_name", "pattern"),
    [
        ("aws_vpc", r"vpc-[0-9a-f]{17}"),
        ("aws_security_group", r"sg-[0-9a-f]{17}"),
        ("aws_internet_gateway", r"igw-[0-9a-f]{17}"),
        ("aws_nat_gateway", r"nat-[0-9a-f]{17}"),
        ("aws_route_table", r"rtb-[0-9a-f]{17}"),
        ("aws_route_table_association", r"rtbassoc-[0-9a-f]{17}"),
        ("aws_eip", r"eipalloc-[0-9a-f]{17}"),
        ("aws_launch_template", r"lt-[0-9a-f]{17}"),
        ("aws_vpc_endpoint", r"vpce-[0-9a-f]{17}"),
        ("aws_flow_log", r"fl-[0-9a-f]{17}"),
        ("aws_vpc_security_group_ingress_rule", r"sgr-[0-9a-f]{17}"),
        ("aws_kms_key", r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"),
        ("aws_eks_pod_identity_association", r"a-[0-9a-z]{17}"),
    ],
)
def test_ids_look_like_those_of_the_service(type_name: str, pattern: str) -> None:
    assert re.fullmatch(pattern, identity(type_name, {}, Account()))


@pytest.mark.parametrize(
    ("type_name", "values", "id"),
    [
        ("aws_eks_cluster", {"name": "demo"}, "demo"),
        ("aws_eks_node_group", {"cluster_name": "demo", "node_group_name": "gpu"}, "demo:gpu"),
        ("aws_eks_addon", {"cluster_name": "demo", "addon_name": "coredns"}, "demo:coredns"),
        ("aws_eks_access_entry", {"cluster_name": "demo", "principal_arn": ROLE}, f"demo:{ROLE}"),
        ("aws_iam_role_policy", {"role": "r", "name": "p"}, "r:p"),
        ("aws_kms_alias", {"name": "alias/a"}, "alias/a"),
        (
            "aws_iam_openid_connect_provider",
            {"url": "https://oidc.eks.us-west-2.amazonaws.com/id/AB"},
            "arn:aws:iam::123456789012:oidc-provider/oidc.eks.us-west-2.amazonaws.com/id/AB",
        ),
        ("aws_autoscaling_group_tag", {"autoscaling_group_name": "g", "tag": [{"key": "k"}]}, "g,k"),
        (
            "aws_route",
            {"route_table_id": "rtb-1", "destination_cidr_block": "0.0.0.0/0"},
            "r-rtb-11080289494",
        ),
        ("aws_ec2_tag", {"resource_id": "sg-1", "key": "a/b"}, "sg-1,a/b"),
        ("aws_sqs_queue", {"name": "q"}, "https://sqs.us-west-2.amazonaws.com/123456789012/q"),
        ("aws_sqs_queue_policy", {"queue_url": "https://q"}, "https://q"),
        ("aws_cloudwatch_event_rule", {"name": "r"}, "r"),
        ("aws_cloudwatch_event_target", {"rule": "r", "target_id": "t"}, "r-t"),
        (
            "aws_cloudwatch_event_target",
            {"event_bus_name": "bus", "rule": "r", "target_id": "t"},
            "bus-r-t",
        ),
        ("helm_release", {"name": "kueue"}, "kueue"),
        ("kubernetes_storage_class_v1", {"metadata": [{"name": "gp3"}]}, "gp3"),
        ("kubernetes_config_map_v1", {"metadata": [{"name": "a", "namespace": "b"}]}, "b/a"),
    ],
)
def test_ids_that_are_made_of_arguments(type_name: str, values: dict[str, Any], id: str) -> None:
    assert identity(type_name, values, Account()) == id


def test_the_same_plan_gives_the_same_id_in_every_run_and_another_one_another() -> None:
    tagged = {"tags": {"Name": "a"}, "arn": UNKNOWN}
    assert identity("aws_eip", tagged, Account()) == identity("aws_eip", tagged, Account())
    assert identity("aws_eip", tagged, Account()) != identity("aws_eip", {"tags": {"Name": "b"}}, Account())


def test_two_alike_get_two_ids() -> None:
    account = Account()
    assert make(account, "aws_eip")["id"] != make(account, "aws_eip")["id"]


def test_an_id_does_not_come_back_after_a_deletion() -> None:
    account = Account()
    first = make(account, "aws_eip")["id"]
    account.deleted("aws_eip", first)
    assert make(account, "aws_eip")["id"] != first


def test_the_default_security_group_is_the_one_of_its_vpc() -> None:
    account = Account()
    vpc = make(account, "aws_vpc", cidr_block="10.0.0.0/16")
    group = make(account, "aws_default_security_group", vpc_id=vpc["id"])
    assert group["id"] == vpc["default_security_group_id"]
    assert group["name"] == "default"


def test_a_name_is_made_of_its_prefix_and_26_digits() -> None:
    role = make(Account(), "aws_iam_role", name_prefix="demo-nodes-", assume_role_policy="{}")
    assert re.fullmatch(r"demo-nodes-\d{26}", role["name"])
    assert role["id"] == role["name"]
    again = make(Account(), "aws_iam_role", name_prefix="demo-nodes-", assume_role_policy="{}")
    assert again["name"] == role["name"]


def test_a_given_name_stays_and_has_no_prefix() -> None:
    role = make(Account(), "aws_iam_role", name="nodes", assume_role_policy="{}")
    assert (role["name"], role["name_prefix"]) == ("nodes", "")


# ARNs


@pytest.mark.parametrize(
    ("type_name", "values", "arn"),
    [
        ("aws_vpc", {"cidr_block": "10.0.0.0/16"}, "arn:aws:ec2:us-west-2:123456789012:vpc/{id}"),
        ("aws_security_group", {"name": "g"}, "arn:aws:ec2:us-west-2:123456789012:security-group/{id}"),
        ("aws_launch_template", {"name": "t"}, "arn:aws:ec2:us-west-2:123456789012:launch-template/{id}"),
        ("aws_placement_group", {"name": "p"}, "arn:aws:ec2:us-west-2:123456789012:placement-group/p"),
        ("aws_iam_role", {"name": "r"}, "arn:aws:iam::123456789012:role/r"),
        ("aws_iam_role", {"name": "r", "path": "/a/"}, "arn:aws:iam::123456789012:role/a/r"),
        ("aws_kms_key", {}, "arn:aws:kms:us-west-2:123456789012:key/{id}"),
        ("aws_kms_alias", {"name": "alias/a"}, "arn:aws:kms:us-west-2:123456789012:alias/a"),
        ("aws_cloudwatch_log_group", {"name": "/a/b"}, "arn:aws:logs:us-west-2:123456789012:log-group:/a/b"),
        ("aws_flow_log", {}, "arn:aws:ec2:us-west-2:123456789012:vpc-flow-log/{id}"),
        (
            "aws_vpc_security_group_ingress_rule",
            {"security_group_id": "sg-1"},
            "arn:aws:ec2:us-west-2:123456789012:security-group-rule/{id}",
        ),
        ("aws_sqs_queue", {"name": "q"}, "arn:aws:sqs:us-west-2:123456789012:q"),
        ("aws_cloudwatch_event_rule", {"name": "r"}, "arn:aws:events:us-west-2:123456789012:rule/r"),
        ("aws_iam_instance_profile", {"name": "p"}, "arn:aws:iam::123456789012:instance-profile/p"),
        ("aws_sns_topic", {}, "arn:aws:sns:us-west-2:123456789012:topic/{id}"),
    ],
)
def test_arns_name_service_region_account_and_resource(
    type_name: str, values: dict[str, Any], arn: str
) -> None:
    state = make(Account(), type_name, **values)
    assert state["arn"] == arn.format(id=state["id"])


def test_arns_follow_the_partition() -> None:
    account = Account("cn-north-1", id="111122223333")
    assert make(account, "aws_iam_role", name="r")["arn"] == "arn:aws-cn:iam::111122223333:role/r"


# EC2


def test_a_subnet_knows_the_id_of_its_zone() -> None:
    account = Account()
    vpc = make(account, "aws_vpc", cidr_block="10.0.0.0/16")
    by_name = make(
        account, "aws_subnet", vpc_id=vpc["id"], cidr_block="10.0.0.0/24", availability_zone="us-west-2b"
    )
    by_id = make(
        account, "aws_subnet", vpc_id=vpc["id"], cidr_block="10.0.1.0/24", availability_zone_id="usw2-az3"
    )
    assert by_name["availability_zone_id"] == "usw2-az2"
    assert by_id["availability_zone"] == "us-west-2c"


@pytest.mark.parametrize(
    ("cidr", "message"),
    [
        ("10.1.0.0/24", "InvalidSubnet.Range: The CIDR '10.1.0.0/24' is invalid."),
        (
            "10.0.0.128/25",
            "InvalidSubnet.Conflict: The CIDR '10.0.0.128/25' conflicts with another subnet",
        ),
    ],
)
def test_a_subnet_without_a_place_in_its_vpc_is_refused(cidr: str, message: str) -> None:
    account = Account()
    vpc_id, _ = network(account)
    with pytest.raises(RefusedError, match=re.escape(message)):
        make(account, "aws_subnet", vpc_id=vpc_id, cidr_block=cidr)


def test_a_nat_gateway_has_the_address_of_its_elastic_ip_and_one_of_its_subnet() -> None:
    account = Account()
    vpc_id, (first, _) = network(account)
    address = make(account, "aws_eip", domain="vpc")
    nat = make(account, "aws_nat_gateway", allocation_id=address["id"], subnet_id=first)
    assert nat["public_ip"] == address["public_ip"]
    assert ip_address(nat["private_ip"]) in ip_network("10.0.0.0/24")
    assert nat["vpc_id"] == vpc_id


def test_an_elastic_ip_has_the_name_of_its_address() -> None:
    address = make(Account(), "aws_eip", domain="vpc")
    dashed = address["public_ip"].replace(".", "-")
    assert address["public_dns"] == f"ec2-{dashed}.us-west-2.compute.amazonaws.com"


def test_an_interface_endpoint_has_an_interface_for_each_subnet_and_a_gateway_a_prefix_list() -> None:
    account = Account()
    vpc_id, subnets = network(account)
    interface = make(
        account,
        "aws_vpc_endpoint",
        vpc_id=vpc_id,
        service_name="com.amazonaws.us-west-2.ecr.api",
        vpc_endpoint_type="Interface",
        subnet_ids=subnets,
    )
    gateway = make(
        account,
        "aws_vpc_endpoint",
        vpc_id=vpc_id,
        service_name="com.amazonaws.us-west-2.s3",
        vpc_endpoint_type="Gateway",
    )
    assert len(set(interface["network_interface_ids"])) == 2
    assert interface["dns_entry"][0]["dns_name"].endswith(".api.ecr.us-west-2.vpce.amazonaws.com")
    assert interface["prefix_list_id"] == ""
    assert gateway["prefix_list_id"].startswith("pl-")
    assert gateway["network_interface_ids"] == []


def _changed_template(account: Account, **values: Any) -> dict[str, Any]:
    prior = make(account, "aws_launch_template", name="t")
    planned = {**prior, "latest_version": UNKNOWN, "default_version": UNKNOWN, **values}
    return filled("aws_launch_template", body_of("aws_launch_template"), planned, prior, account)


def test_a_launch_template_begins_with_version_1() -> None:
    state = make(Account(), "aws_launch_template", name="t")
    assert (state["latest_version"], state["default_version"]) == (1, 1)


@pytest.mark.parametrize(("follows", "default"), [(True, 2), (None, 1)])
def test_a_changed_launch_template_has_another_version(follows: bool | None, default: int) -> None:
    state = _changed_template(Account(), update_default_version=follows)
    assert (state["latest_version"], state["default_version"]) == (2, default)


# EKS


def test_a_cluster_and_its_data_source_agree() -> None:
    account = Account()
    state = cluster(account)
    found = account.read("aws_eks_cluster", {"name": "demo"})
    for member in ("arn", "endpoint", "certificate_authority", "identity", "vpc_config", "version", "status"):
        assert found[member] == state[member], member


def test_a_cluster_has_an_endpoint_an_issuer_and_a_certificate() -> None:
    state = cluster(Account())
    assert re.fullmatch(r"https://[0-9A-F]{32}\.gr7\.us-west-2\.eks\.amazonaws\.com", state["endpoint"])
    issuer = state["identity"][0]["oidc"][0]["issuer"]
    assert re.fullmatch(r"https://oidc\.eks\.us-west-2\.amazonaws\.com/id/[0-9A-F]{32}", issuer)
    assert ssl.PEM_cert_to_DER_cert(b64decode(state["certificate_authority"][0]["data"]).decode())


def test_a_cluster_fills_its_network_and_leaves_what_was_given() -> None:
    account = Account()
    state = cluster(
        account, access_config=[{"authentication_mode": "API"}], kubernetes_network_config=UNKNOWN
    )
    (vpc_config,) = state["vpc_config"]
    assert re.fullmatch(r"sg-[0-9a-f]{17}", vpc_config["cluster_security_group_id"])
    assert vpc_config["vpc_id"] == account.all("aws_vpc")[0]["id"]
    assert len(vpc_config["subnet_ids"]) == 2
    assert state["access_config"][0]["authentication_mode"] == "API"
    assert state["kubernetes_network_config"][0]["service_ipv4_cidr"] == "10.100.0.0/16"


def test_services_get_the_other_range_where_the_vpc_has_the_usual_one() -> None:
    account = Account()
    vpc = make(account, "aws_vpc", cidr_block="10.100.0.0/16")
    subnet = make(account, "aws_subnet", vpc_id=vpc["id"], cidr_block="10.100.0.0/24")
    config = [{"subnet_ids": [subnet["id"]]}]
    state = make(
        account,
        "aws_eks_cluster",
        name="demo",
        role_arn=ROLE,
        vpc_config=config,
        kubernetes_network_config=UNKNOWN,
    )
    assert state["kubernetes_network_config"][0]["service_ipv4_cidr"] == "172.20.0.0/16"


def test_a_cluster_that_is_made_again_has_another_endpoint() -> None:
    account = Account()
    first = cluster(account)
    account.deleted("aws_eks_cluster", "demo")
    body = body_of("aws_eks_cluster")
    planned = {**first, "endpoint": UNKNOWN}
    assert filled("aws_eks_cluster", body, planned, None, account)["endpoint"] != first["endpoint"]


def test_a_node_group_has_the_version_of_its_cluster_and_an_auto_scaling_group() -> None:
    account = Account()
    cluster(account, version="1.33")
    group = node_group(account)
    (resources,) = group["resources"]
    name = resources["autoscaling_groups"][0]["name"]
    assert re.fullmatch(r"eks-gpu-[0-9a-f-]{36}", name)
    assert group["arn"] == f"arn:aws:eks:us-west-2:123456789012:nodegroup/demo/gpu/{name[8:]}"
    assert (group["version"], group["release_version"]) == ("1.33", "1.33.1-20260101")


def test_a_change_keeps_the_auto_scaling_group_and_a_replacement_does_not() -> None:
    account = Account()
    cluster(account)
    body = body_of("aws_eks_node_group")
    first = node_group(account)
    changed = filled("aws_eks_node_group", body, {**first, "resources": UNKNOWN}, first, account)
    account.deleted("aws_eks_node_group", first["id"])
    assert changed["resources"] == first["resources"]
    assert node_group(account)["resources"] != first["resources"]


def test_a_node_group_knows_the_name_of_its_launch_template() -> None:
    account = Account()
    cluster(account)
    template = make(account, "aws_launch_template", name="demo-gpu")
    block = {"id": template["id"], "name": UNKNOWN, "version": "1"}
    group = node_group(account, launch_template=[block], instance_types=UNKNOWN)
    assert group["launch_template"] == [{"id": template["id"], "name": "demo-gpu", "version": "1"}]
    assert group["instance_types"] == []


def test_an_addon_gets_the_default_version_of_its_clusters_kubernetes() -> None:
    account = Account()
    cluster(account, version="1.33")
    addon = make(account, "aws_eks_addon", cluster_name="demo", addon_name="kube-proxy")
    config = {"addon_name": "kube-proxy", "kubernetes_version": "1.33"}
    assert addon["addon_version"] == account.read("aws_eks_addon_version", config)["version"]


def test_an_access_entry_has_the_user_name_that_eks_gives_a_role() -> None:
    account = Account()
    cluster(account)
    principal = "arn:aws:iam::123456789012:role/team/admin"
    entry = make(account, "aws_eks_access_entry", cluster_name="demo", principal_arn=principal)
    assert entry["user_name"] == "arn:aws:sts::123456789012:assumed-role/admin/{{SessionName}}"
    assert entry["access_entry_arn"].startswith(
        "arn:aws:eks:us-west-2:123456789012:access-entry/demo/role/123456789012/team/admin/"
    )


# Kubernetes and Helm


def test_an_access_entry_of_nodes_has_the_user_name_of_nodes() -> None:
    entry = make(Account(), "aws_eks_access_entry", cluster_name="demo", principal_arn=ROLE, type="EC2_LINUX")
    assert entry["user_name"] == "system:node:{{EC2PrivateDNSName}}"


def test_a_release_counts_its_revisions() -> None:
    account = Account()
    body = body_of("helm_release")
    first = make(account, "helm_release", name="kueue", chart="oci://registry/kueue", version="0.19.2")
    again = filled("helm_release", body, {**first, "metadata": UNKNOWN}, first, account)
    assert (first["metadata"]["revision"], again["metadata"]["revision"]) == (1, 2)
    assert first["metadata"]["chart"] == "kueue"
    assert first["status"] == "deployed"


def test_an_object_of_kubernetes_gets_its_metadata() -> None:
    metadata = {"name": "gp3", "uid": UNKNOWN, "generation": UNKNOWN, "resource_version": UNKNOWN}
    state = make(Account(), "kubernetes_storage_class_v1", metadata=[metadata], storage_provisioner="x")
    found = state["metadata"][0]
    assert found["name"] == "gp3"
    assert re.fullmatch(r"[0-9a-f-]{36}", found["uid"])
    assert found["resource_version"].isdigit()


# Nothing unknown is left


@pytest.mark.parametrize(
    ("type_name", "values"),
    [
        ("aws_security_group", {}),
        ("aws_route_table", {}),
        ("aws_s3_bucket", {"bucket": "b"}),
        ("aws_autoscaling_schedule", {"autoscaling_group_name": "g", "scheduled_action_name": "a"}),
        ("aws_fsx_lustre_file_system", {}),
        ("aws_sqs_queue", {"name_prefix": "q-"}),
        ("aws_cloudwatch_event_rule", {}),
        ("aws_cloudwatch_event_target", {"rule": "r", "arn": "a"}),
        ("aws_iam_instance_profile", {}),
        ("kubernetes_service_account_v1", {"metadata": [{"name": "a", "namespace": "b"}]}),
        ("helm_release", {"name": "r", "chart": "c"}),
    ],
)
def test_nothing_is_unknown_after_an_apply(type_name: str, values: dict[str, Any]) -> None:
    state = make(Account(), type_name, **values)
    assert not has_unknown(state)
    assert state.keys() == empty(body_of(type_name)).keys()


def test_unknown_members_of_blocks_are_filled_too() -> None:
    ebs = {**empty(body_of("aws_launch_template").blocks["block_device_mappings"].body.blocks["ebs"].body)}
    mapping = {"device_name": "/dev/xvda", "ebs": [{**ebs, "volume_size": UNKNOWN, "iops": UNKNOWN}]}
    state = make(Account(), "aws_launch_template", name="t", block_device_mappings=[mapping])
    assert not has_unknown(state)
    assert state["block_device_mappings"][0]["device_name"] == "/dev/xvda"


def test_two_runs_make_the_same() -> None:
    def run() -> list[dict[str, Any]]:
        account = Account()
        state = cluster(account)
        return [state, node_group(account), *account.all("aws_subnet"), make(account, "aws_eip")]

    assert run() == run()
