"""What the data sources find in the pretended account."""

from __future__ import annotations

import json
import re
import ssl
from base64 import b64decode
from concurrent.futures import ThreadPoolExecutor
from ipaddress import IPv4Network
from typing import Any

import pytest

from ops.offline.account import Account, Cluster, Image, NotFoundError, Subnet, Vpc
from ops.offline.account.lookups import LOOKUPS
from ops.offline.schema import BindingPackage
from ops.offline.values import empty


def _filter(**wanted: str) -> list[dict[str, Any]]:
    return [{"name": name.replace("_", "-"), "values": [value]} for name, value in wanted.items()]


# Zones


def test_zones_are_sorted_with_their_ids() -> None:
    found = Account("eu-west-1").read("aws_availability_zones", {})
    assert found["names"] == ["eu-west-1a", "eu-west-1b", "eu-west-1c"]
    assert found["zone_ids"] == ["euw1-az1", "euw1-az2", "euw1-az3"]
    assert found["id"] == "eu-west-1"


@pytest.mark.parametrize(
    ("config", "letters"),
    [
        ({"exclude_zone_ids": ["usw2-az2"]}, "acd"),
        ({"exclude_names": ["us-west-2a", "us-west-2d"]}, "bc"),
        ({"state": "available"}, "abcd"),
        ({"state": "impaired"}, ""),
        ({"filter": _filter(zone_name="us-west-2b")}, "b"),
        ({"filter": _filter(zone_id="usw2-az4")}, "d"),
        ({"filter": _filter(opt_in_status="opt-in-not-required")}, "abcd"),
        ({"filter": _filter(opt_in_status="opted-in")}, ""),
    ],
)
def test_zones_are_chosen(config: dict[str, Any], letters: str) -> None:
    names = Account().read("aws_availability_zones", config)["names"]
    assert names == [f"us-west-2{letter}" for letter in letters]


def test_a_local_zone_that_the_account_opted_into_shows_unless_the_filter_leaves_it_out() -> None:
    account = Account(local_zones={"us-west-2-lax-1a": "usw2-lax1-az1"})
    opted_out = _filter(opt_in_status="opt-in-not-required")
    assert "us-west-2-lax-1a" in account.read("aws_availability_zones", {})["names"]
    assert "us-west-2-lax-1a" not in account.read("aws_availability_zones", {"filter": opted_out})["names"]


# Account and partition


@pytest.mark.parametrize(
    ("region", "partition", "suffix", "reverse"),
    [
        ("us-west-2", "aws", "amazonaws.com", "com.amazonaws"),
        ("cn-north-1", "aws-cn", "amazonaws.com.cn", "cn.com.amazonaws"),
        ("us-gov-west-1", "aws-us-gov", "amazonaws.com", "com.amazonaws"),
    ],
)
def test_the_partition_follows_from_the_region(
    region: str, partition: str, suffix: str, reverse: str
) -> None:
    found = Account(region).read("aws_partition", {})
    assert found == {
        "id": partition,
        "partition": partition,
        "dns_suffix": suffix,
        "reverse_dns_prefix": reverse,
    }


def test_the_caller_is_a_user_of_the_account() -> None:
    found = Account(id="111122223333").read("aws_caller_identity", {})
    assert found["account_id"] == "111122223333"
    assert found["arn"] == "arn:aws:iam::111122223333:user/offline"


def test_an_unknown_data_source_is_said_to_have_no_answer() -> None:
    with pytest.raises(NotFoundError, match="no answer for the data source aws_ebs_volume"):
        Account().read("aws_ebs_volume", {})


@pytest.mark.parametrize("type_name", sorted(LOOKUPS))
def test_answers_have_no_attribute_that_the_data_source_lacks(type_name: str) -> None:
    account = Account.with_network("us-west-2", "vpc-1", {"subnet-1": "us-west-2a"})
    account.created(
        "aws_security_group", {**dict.fromkeys(("arn", "description", "name", "vpc_id"), "x"), "id": "sg-1"}
    )
    account.images["ami-1"] = Image()
    account.created(
        "aws_iam_openid_connect_provider", {**dict.fromkeys(("arn", "id"), "x"), "url": "https://example.com"}
    )
    body = BindingPackage("aws").body("data", type_name)
    asked = {
        "aws_eks": {"name": "demo", "addon_name": "coredns", "kubernetes_version": "1.34"},
        "aws_iam": {"url": "https://example.com"},
    }
    answer = account.read(type_name, {**empty(body), **asked.get(type_name[: len("aws_eks")], {})})
    computed = {name for name, one in body.attributes.items() if one.computed}
    assert answer.keys() <= computed
    assert computed - answer.keys() <= {"region"}


# Network


def test_subnets_of_a_network_do_not_overlap_and_lie_in_the_vpc() -> None:
    wanted = {f"subnet-{number}": "us-west-2a" for number in range(20)}
    account = Account.with_network("us-west-2", "vpc-1", wanted)
    ranges = [IPv4Network(subnet.cidr) for subnet in account.subnets.values()]
    assert len(ranges) == 20
    assert all(one.subnet_of(IPv4Network(account.vpcs["vpc-1"].cidr)) for one in ranges)
    assert not any(a.overlaps(b) for n, a in enumerate(ranges) for b in ranges[n + 1 :])


def test_a_subnet_is_found_by_id_with_its_zone() -> None:
    account = Account.with_network("us-west-2", "vpc-1", {"subnet-1": "us-west-2b", "subnet-2": "us-west-2c"})
    found = account.read("aws_subnet", {"id": "subnet-2"})
    assert (found["vpc_id"], found["availability_zone"]) == ("vpc-1", "us-west-2c")
    assert found["availability_zone_id"] == "usw2-az3"
    assert found["cidr_block"] == "10.0.16.0/20"
    assert found["available_ip_address_count"] == 4091


def test_subnets_are_listed_by_vpc_and_zone() -> None:
    account = Account.with_network("us-west-2", "vpc-1", {"subnet-1": "us-west-2b", "subnet-2": "us-west-2c"})
    account.subnets["subnet-3"] = Subnet("vpc-2", "us-west-2b", "10.9.0.0/24")
    assert account.read("aws_subnets", {"filter": _filter(vpc_id="vpc-1")})["ids"] == ["subnet-1", "subnet-2"]
    by_zone = {"filter": _filter(vpc_id="vpc-1", availability_zone="us-west-2b")}
    assert account.read("aws_subnets", by_zone)["ids"] == ["subnet-1"]


@pytest.mark.parametrize(
    ("type_name", "config", "message"),
    [
        ("aws_subnet", {"id": "subnet-9"}, "no matching EC2 Subnet found"),
        ("aws_subnet", {"vpc_id": "vpc-1"}, "multiple EC2 Subnets matched"),
        ("aws_vpc", {"id": "vpc-9"}, "no matching EC2 VPC found"),
    ],
)
def test_what_is_not_there_is_not_found(type_name: str, config: dict[str, Any], message: str) -> None:
    account = Account.with_network("us-west-2", "vpc-1", {"subnet-1": "us-west-2b", "subnet-2": "us-west-2c"})
    with pytest.raises(NotFoundError, match=message):
        account.read(type_name, config)


def test_a_vpc_tells_its_dns_settings() -> None:
    account = Account(vpcs={"vpc-1": Vpc("10.7.0.0/16", dns_hostnames=False)})
    found = account.read("aws_vpc", {"id": "vpc-1"})
    assert found["cidr_block"] == "10.7.0.0/16"
    assert (found["enable_dns_support"], found["enable_dns_hostnames"]) == (True, False)


def test_a_vpc_and_a_subnet_that_were_made_are_found_until_they_are_deleted() -> None:
    account = Account()
    vpc = {
        "id": "vpc-5",
        "cidr_block": "10.5.0.0/16",
        "enable_dns_support": True,
        "tags_all": {"Name": "five"},
    }
    subnet = {
        "id": "subnet-5",
        "vpc_id": "vpc-5",
        "availability_zone": "us-west-2a",
        "cidr_block": "10.5.0.0/24",
        "tags_all": {"role": "private"},
    }
    account.created("aws_vpc", vpc)
    account.created("aws_subnet", subnet)
    assert account.read("aws_vpc", {"tags": {"Name": "five"}})["id"] == "vpc-5"
    by_tag = {"filter": [{"name": "tag:role", "values": ["priv*"]}]}
    assert account.read("aws_subnets", by_tag)["ids"] == ["subnet-5"]
    account.deleted("aws_subnet", "subnet-5")
    assert account.read("aws_subnets", {})["ids"] == []


# AMIs and instance types


def test_an_ami_is_found_by_its_id() -> None:
    account = Account(images={"ami-1": Image("arm64", "/dev/sda1"), "ami-2": Image()})
    found = account.read("aws_ami", {"filter": _filter(image_id="ami-1")})
    assert (found["id"], found["architecture"], found["root_device_name"]) == ("ami-1", "arm64", "/dev/sda1")
    with pytest.raises(NotFoundError, match="returned no results"):
        account.read("aws_ami", {"filter": _filter(image_id="ami-3")})


def _offered(account: Account, kind: str, zone: str) -> dict[str, Any]:
    config = {
        "location_type": "availability-zone",
        "filter": _filter(instance_type=kind, location=zone),
    }
    return account.read("aws_ec2_instance_type_offerings", config)


def test_every_type_of_the_catalogue_is_offered_in_every_zone() -> None:
    found = _offered(Account(), "p5.48xlarge", "us-west-2c")
    assert found["instance_types"] == ["p5.48xlarge"]
    assert found["locations"] == ["us-west-2c"]
    assert found["location_types"] == ["availability-zone"]


def test_nothing_is_offered_in_a_zone_of_another_region() -> None:
    assert _offered(Account(), "p5.48xlarge", "us-east-1a")["instance_types"] == []


def test_a_type_that_ec2_does_not_have_is_offered_nowhere() -> None:
    assert _offered(Account(), "p99.48xlarge", "us-west-2a")["instance_types"] == []


def test_offerings_of_an_account_say_which_zones_have_a_type() -> None:
    account = Account(offerings={"p5.48xlarge": ["us-west-2b"]})
    assert _offered(account, "p5.48xlarge", "us-west-2b")["instance_types"] == ["p5.48xlarge"]
    assert _offered(account, "p5.48xlarge", "us-west-2a")["instance_types"] == []
    assert _offered(account, "c5.2xlarge", "us-west-2b")["instance_types"] == []


def test_offerings_go_by_region_unless_zones_are_asked_for() -> None:
    found = Account().read("aws_ec2_instance_type_offerings", {"filter": _filter(instance_type="p5.4*")})
    assert found["instance_types"] == ["p5.48xlarge", "p5.4xlarge"]
    assert found["locations"] == ["us-west-2", "us-west-2"]


# Clusters and add-ons


def test_a_cluster_that_nobody_made_is_assumed_with_the_same_answers_each_time() -> None:
    first = Account().read("aws_eks_cluster", {"name": "demo"})
    assert first == Account().read("aws_eks_cluster", {"name": "demo"})
    assert re.fullmatch(r"https://[0-9A-F]{32}\.gr7\.us-west-2\.eks\.amazonaws\.com", first["endpoint"])
    assert first["version"] == "1.34"
    assert first != Account().read("aws_eks_cluster", {"name": "other"})


def test_a_cluster_has_a_certificate_that_can_be_taken_apart() -> None:
    found = Account().read("aws_eks_cluster", {"name": "demo"})
    text = b64decode(found["certificate_authority"][0]["data"]).decode()
    assert len(ssl.PEM_cert_to_DER_cert(text)) > 500


def test_a_cluster_is_not_assumed_where_only_made_ones_count() -> None:
    with pytest.raises(NotFoundError, match="No cluster found for name: demo"):
        Account(clusters_assumed=False).read("aws_eks_cluster", {"name": "demo"})


def test_a_cluster_of_the_account_has_its_own_version_and_network() -> None:
    cluster = Cluster("1.33", "vpc-7", ("subnet-7",), "arn:aws:iam::123456789012:role/eks")
    account = Account(clusters={"demo": cluster}, clusters_assumed=False)
    found = account.read("aws_eks_cluster", {"name": "demo"})
    assert (found["version"], found["role_arn"]) == ("1.33", "arn:aws:iam::123456789012:role/eks")
    assert (found["vpc_config"][0]["vpc_id"], found["vpc_config"][0]["subnet_ids"]) == ("vpc-7", ["subnet-7"])


@pytest.mark.parametrize(
    ("addon", "most_recent", "version"),
    [
        ("vpc-cni", False, "v1.20.4-eksbuild.331"),
        ("vpc-cni", True, "v1.20.4-eksbuild.332"),
        ("kube-proxy", False, "v1.33.0-eksbuild.1"),
        ("kube-proxy", True, "v1.33.1-eksbuild.2"),
        ("vendor_product", None, "v1.0.0-eksbuild.331"),
        ("amazon-sagemaker-hyperpod-observability", True, "v1.0.4-eksbuild.332"),
        ("aws-new-csi-driver", True, "v1.0.0-eksbuild.332"),
    ],
)
def test_addons_have_a_default_and_a_newest_version(
    addon: str, most_recent: bool | None, version: str
) -> None:
    config = {"addon_name": addon, "kubernetes_version": "1.33", "most_recent": most_recent}
    assert Account().read("aws_eks_addon_version", config) == {"id": addon, "version": version}


@pytest.mark.parametrize(
    ("addon", "kubernetes"),
    [("cored-ns", "1.34"), ("CoreDNS", "1.34"), ("kubeproxy", "1.34"), ("coredns", "1.99")],
)
def test_an_addon_or_kubernetes_version_that_eks_lacks_is_not_found(addon: str, kubernetes: str) -> None:
    config = {"addon_name": addon, "kubernetes_version": kubernetes}
    with pytest.raises(NotFoundError, match=rf"\({addon}, {kubernetes}\): empty result"):
        Account().read("aws_eks_addon_version", config)


def test_a_policy_document_is_rendered() -> None:
    config = {"statement": [{"actions": ["s3:GetObject"], "resources": ["*"]}]}
    document = json.loads(Account().read("aws_iam_policy_document", config)["json"])
    assert document["Statement"] == [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}]


def test_a_policy_document_that_the_provider_refuses_is_an_error_of_the_data_source() -> None:
    with pytest.raises(NotFoundError, match="duplicate Sid"):
        Account().read("aws_iam_policy_document", {"statement": [{"sid": "a"}, {"sid": "a"}]})


# The record


def test_the_record_is_a_copy() -> None:
    account = Account()
    state = {"id": "x", "tags": {"a": "b"}}
    account.created("aws_eip", state)
    state["tags"]["a"] = "c"  # type: ignore[index]  # a dict, which the union of the values hides
    assert account.get("aws_eip", "x") == {"id": "x", "tags": {"a": "b"}}
    account.changed("aws_eip", state)
    assert account.get("aws_eip", "x") == {"id": "x", "tags": {"a": "c"}}
    assert account.made["aws_eip", "x"] == 1


def test_threads_lose_nothing() -> None:
    account = Account()
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: account.created("aws_eip", {"id": str(number)}), range(400)))
        list(pool.map(lambda number: account.deleted("aws_eip", str(number)), range(0, 400, 2)))
    assert len(account.all("aws_eip")) == 200


def test_security_groups_that_nobody_made_here_lie_in_their_vpc() -> None:
    account = Account(security_groups={"sg-1": "vpc-1", "sg-2": "vpc-2"})
    found = account.read("aws_security_group", {"id": "sg-2"})
    assert (found["id"], found["vpc_id"]) == ("sg-2", "vpc-2")
    with pytest.raises(NotFoundError):
        account.read("aws_security_group", {"id": "sg-3"})
