"""What an offline plan assumes: values for variables, and the network that a layout says exists."""

from __future__ import annotations

import re
from ipaddress import IPv4Network
from typing import Any

import pytest

from modules.layout import Loaded, load, preset_names
from modules.layout.values import (
    AMI_ID,
    KMS_KEY_ARN,
    PRINCIPAL_ARN,
    RESERVATION_ID,
    RESOURCE_GROUP_ARN,
    ROLE_ARN,
    SECURITY_GROUP_ID,
    SUBNET_ID,
    VPC_ID,
    ZONE,
)
from ops.offline.account import Account
from ops.offline.account.zones import zones
from ops.offline.assumptions import VariableValueError, assumed_account, example_values, parsed
from tests.conftest import TODAY
from tests.terraform_json import Load

REGIONS = [
    "us-west-1",
    "us-west-2",
    "us-east-1",
    "eu-central-1",
    "ap-northeast-1",
    "us-gov-west-1",
    "cn-north-1",
]

# A variable wherever one of its kind may stand, and two of some.
ALL_KINDS = """
region: {region}
network: {{vpc_id: var.vpc, private_subnet_ids: var.private, public_subnet_ids: [var.public_a, var.public_b]}}
cluster:
  role_arn: var.cluster_role
  security_group_ids: var.control_plane
  secrets_encryption: {{kms_key_arn: var.key}}
  access_entries:
    alice: {{principal_arn: var.alice}}
    bob: {{principal_arn: var.bob}}
node_groups:
  one:
    instance_type: p5.48xlarge
    size: {{min: 0, desired: 1, max: 1}}
    availability_zone: var.zone
    subnet_ids: [var.subnet]
    capacity: {{type: odcr, reservation_id: var.reservation}}
  two:
    instance_type: p5.48xlarge
    size: {{min: 0, desired: 1, max: 1}}
    availability_zone: var.other_zone
    subnet_ids: [var.other_subnet]
    capacity: {{type: odcr, reservation_group_arn: var.group}}
    ami_id: var.ami
    security_group_ids: [var.nodes, var.storage]
"""
FORMS = {
    "vpc": VPC_ID,
    "private": SUBNET_ID,
    "public_a": SUBNET_ID,
    "public_b": SUBNET_ID,
    "subnet": SUBNET_ID,
    "other_subnet": SUBNET_ID,
    "cluster_role": ROLE_ARN,
    "control_plane": SECURITY_GROUP_ID,
    "key": KMS_KEY_ARN,
    "alice": PRINCIPAL_ARN,
    "bob": PRINCIPAL_ARN,
    "zone": ZONE,
    "other_zone": ZONE,
    "reservation": RESERVATION_ID,
    "ami": AMI_ID,
    "nodes": SECURITY_GROUP_ID,
    "storage": SECURITY_GROUP_ID,
    "group": RESOURCE_GROUP_ARN,
}


def examples(loaded: Loaded) -> dict[str, Any]:
    return example_values(loaded.layout, loaded.variables)


def everything(values: dict[str, Any]) -> list[str]:
    """All values, those of lists one by one."""
    return [one for value in values.values() for one in (value if isinstance(value, list) else [value])]


# Values of variables


@pytest.mark.parametrize("region", REGIONS)
def test_every_kind_of_variable_has_a_value_of_its_form_in_the_region(layout: Load, region: str) -> None:
    loaded = layout(ALL_KINDS.format(region=region))
    values = examples(loaded)
    assert values.keys() == FORMS.keys()
    for name, form in FORMS.items():
        for one in everything({name: values[name]}):
            assert re.fullmatch(form, one), f"{name}: {one}"
    assert values["zone"] in zones(region)
    partition = Account(region=region).partition
    for name in ("cluster_role", "key", "alice", "bob", "group"):
        assert values[name].startswith(f"arn:{partition}:"), values[name]
    for name in ("key", "group"):
        assert values[name].split(":")[3] == region


def test_no_id_and_no_name_is_given_twice(layout: Load) -> None:
    values = examples(layout(ALL_KINDS.format(region="us-west-2")))
    # Two groups may well be in one zone.
    assert values.pop("zone") == values.pop("other_zone")
    found = everything(values)
    assert len(found) == len(set(found))
    assert len(values["private"]) == 2


def test_the_values_are_the_same_each_time(layout: Load) -> None:
    loaded = layout(ALL_KINDS.format(region="us-west-2"))
    assert examples(loaded) == examples(loaded)
    assert example_values(loaded.layout, tuple(reversed(loaded.variables))) == examples(loaded)


@pytest.mark.parametrize("preset", preset_names())
def test_every_variable_of_a_preset_has_a_value(preset: str) -> None:
    loaded = load(preset, today=TODAY)
    values = examples(loaded)
    assert values.keys() == {variable.name for variable in loaded.variables}
    for variable in loaded.variables:
        assert isinstance(values[variable.name], list) == variable.kind.many


def test_the_zones_of_a_network_differ_and_a_group_is_in_one_of_them(layout: Load) -> None:
    loaded = layout(
        """
        region: us-west-1
        network: {availability_zones: [us-west-1b, var.second]}
        node_groups:
          gpu:
            instance_type: g5.8xlarge
            size: {min: 0, desired: 1, max: 1}
            availability_zone: var.of_group
        """
    )
    assert examples(loaded) == {"second": "us-west-1a", "of_group": "us-west-1b"}


def test_a_variable_that_stands_for_a_zone_of_the_network_and_of_a_group_is_one_zone(layout: Load) -> None:
    loaded = layout(
        """
        region: us-west-2
        network: {availability_zones: [var.first, us-west-2a, var.second]}
        node_groups:
          gpu:
            instance_type: g5.8xlarge
            size: {min: 0, desired: 1, max: 1}
            availability_zone: var.second
        """
    )
    assert examples(loaded) == {"first": "us-west-2b", "second": "us-west-2c"}


# Values that somebody gives


def test_a_text_is_taken_as_it_is_and_a_list_is_read_as_json(layout: Load) -> None:
    loaded = layout(ALL_KINDS.format(region="us-west-2"))
    named = {variable.name: variable for variable in loaded.variables}
    assert parsed(named["vpc"], "vpc-1") == "vpc-1"
    assert parsed(named["vpc"], "[1]") == "[1]"
    assert parsed(named["private"], '["subnet-1", "subnet-2"]') == ["subnet-1", "subnet-2"]
    assert parsed(named["private"], "[]") == []


@pytest.mark.parametrize(
    "text", ["subnet-1", "subnet-1,subnet-2", '"subnet-1"', "[1]", '{"a": "b"}', "", "[a]"]
)
def test_what_is_no_list_of_texts_is_refused_with_an_example(layout: Load, text: str) -> None:
    loaded = layout(ALL_KINDS.format(region="us-west-2"))
    (private,) = [variable for variable in loaded.variables if variable.name == "private"]
    with pytest.raises(VariableValueError, match=r'^private: .*\["subnet-0123456789abcdef0", "subnet-'):
        parsed(private, text)


# The account


def account_of(loaded: Loaded, **given: Any) -> Account:
    return assumed_account(loaded.layout, {**examples(loaded), **given})


def test_a_layout_with_a_vpc_of_its_own_starts_in_an_empty_account(layout: Load) -> None:
    account = account_of(layout('region: eu-west-1\nkubernetes_version: "1.35"\n'))
    assert (account.region, account.vpcs, account.subnets) == ("eu-west-1", {}, {})
    assert account.assumed_version == "1.35"


def test_what_the_layout_names_exists(layout: Load) -> None:
    loaded = layout(ALL_KINDS.format(region="us-west-2") + 'kubernetes_version: "1.35"\n')
    values = examples(loaded)
    account = account_of(loaded)
    assert list(account.vpcs) == [values["vpc"]]
    named = [*values["private"], *(values[n] for n in ("public_a", "public_b", "subnet", "other_subnet"))]
    assert sorted(account.subnets) == sorted(named)
    assert {subnet.vpc_id for subnet in account.subnets.values()} == {values["vpc"]}
    groups = (values["nodes"], values["storage"], *values["control_plane"])
    assert account.security_groups == dict.fromkeys(groups, values["vpc"])
    assert account.assumed_version == "1.35"
    assert account.resources == {}


def test_subnets_lie_beside_each_other_in_the_vpc(layout: Load) -> None:
    account = account_of(layout(ALL_KINDS.format(region="us-west-2")))
    (vpc,) = account.vpcs.values()
    ranges = [IPv4Network(subnet.cidr) for subnet in account.subnets.values()]
    assert all(one.subnet_of(IPv4Network(vpc.cidr)) for one in ranges)
    assert not any(a.overlaps(b) for index, a in enumerate(ranges) for b in ranges[index + 1 :])


def test_a_groups_subnet_lies_in_the_groups_zone_and_the_others_are_spread(layout: Load) -> None:
    loaded = layout(ALL_KINDS.format(region="us-west-2"))
    values = examples(loaded)
    account = account_of(loaded, zone="us-west-2c", other_zone="us-west-2b")
    zone = {name: subnet.zone for name, subnet in account.subnets.items()}
    assert zone[values["subnet"]] == "us-west-2c"
    assert zone[values["other_subnet"]] == "us-west-2b"
    assert {zone[subnet] for subnet in values["private"]} == {"us-west-2a", "us-west-2d"}
    assert zone[values["public_a"]] != zone[values["public_b"]]


@pytest.mark.parametrize("taken", [("eu-west-1a", "eu-west-1b"), ("eu-west-1c", "eu-west-1c")])
def test_the_control_plane_always_gets_two_zones(layout: Load, taken: tuple[str, str]) -> None:
    loaded = layout(ALL_KINDS.format(region="eu-west-1"))
    account = account_of(loaded, zone=taken[0], other_zone=taken[1])
    private = {account.subnets[subnet].zone for subnet in examples(loaded)["private"]}
    assert len(private) == 2


def test_a_subnet_that_is_the_clusters_and_a_groups_lies_in_the_groups_zone(layout: Load) -> None:
    loaded = layout(ALL_KINDS.format(region="us-west-2"))
    shared = "subnet-0aaaaaaaaaaaaaaa0"
    account = account_of(
        loaded, private=[shared, "subnet-0aaaaaaaaaaaaaaa1"], subnet=shared, zone="us-west-2d"
    )
    assert account.subnets[shared].zone == "us-west-2d"
    assert account.subnets["subnet-0aaaaaaaaaaaaaaa1"].zone != "us-west-2d"


def test_ids_that_are_written_out_count_as_variables_do(layout: Load) -> None:
    ids = [f"subnet-0123456789abcdef{number}" for number in range(3)]
    loaded = layout(
        f"""
        network: {{vpc_id: vpc-0123456789abcdef0, private_subnet_ids: [{ids[0]}, {ids[1]}]}}
        node_groups:
          gpu:
            instance_type: g5.8xlarge
            size: {{min: 0, desired: 1, max: 1}}
            availability_zone: us-west-2b
            subnet_ids: [{ids[2]}]
        """
    )
    account = account_of(loaded)
    assert list(account.vpcs) == ["vpc-0123456789abcdef0"]
    assert account.subnets[ids[2]].zone == "us-west-2b"
    assert {account.subnets[one].zone for one in ids[:2]} == {"us-west-2a", "us-west-2c"}


# Zones


GROUP = """
node_groups:
  gpu:
    instance_type: g5.8xlarge
    size: {{min: 0, desired: 1, max: 1}}
    availability_zone: {zone}
"""
EXISTING = """
    subnet_ids: [subnet-0123456789abcdef2]
network:
  vpc_id: vpc-0123456789abcdef0
  private_subnet_ids: [subnet-0123456789abcdef0, subnet-0123456789abcdef1, subnet-0123456789abcdef3]
"""


@pytest.mark.parametrize("network", ["", EXISTING])
def test_the_zone_of_a_group_is_one_of_the_accounts(layout: Load, network: str) -> None:
    account = account_of(layout("region: us-west-1\n" + GROUP.format(zone="us-west-1b") + network))
    assert account.zones["us-west-1b"] == "usw1-az3"


def test_a_zone_by_a_variable_counts_too(layout: Load) -> None:
    loaded = layout("region: ap-northeast-1\nnetwork: {availability_zones: [ap-northeast-1a, var.second]}\n")
    assert "ap-northeast-1b" in account_of(loaded, second="ap-northeast-1b").zones
    assert "ap-northeast-1b" not in account_of(loaded, second="ap-northeast-1c").zones


def test_a_local_zone_that_a_group_names_is_one_that_the_account_opted_into(layout: Load) -> None:
    account = account_of(layout("region: us-west-2\n" + GROUP.format(zone="us-west-2-lax-1a") + EXISTING))
    assert account.local_zones == {"us-west-2-lax-1a": "usw2-lax1-az1"}
    assert account.subnets["subnet-0123456789abcdef2"].zone == "us-west-2-lax-1a"
    offered = account.read("aws_ec2_instance_type_offerings", {"location_type": "availability-zone"})
    assert "us-west-2-lax-1a" in offered["locations"]


def test_subnets_are_not_spread_over_a_zone_without_control_planes(layout: Load) -> None:
    account = account_of(layout("region: us-east-1\n" + GROUP.format(zone="us-east-1b") + EXISTING))
    zones_of_cluster = {account.subnets[f"subnet-0123456789abcdef{number}"].zone for number in (0, 1, 3)}
    assert len(zones_of_cluster) == 3
    assert "use1-az3" not in {account.zones[zone] for zone in zones_of_cluster}


def test_the_subnet_of_a_file_system_lies_with_its_node_group(layout: Load) -> None:
    text = """
extends: eks-p5-odcr-vpc
node_groups: {p5: {availability_zone: us-west-2c, subnet_ids: [subnet-0aaaaaaaaaaaaaaaa]}}
storage: {file_systems: {fs: {capacity_gib: 1200, node_group: p5, subnet_id: subnet-0bbbbbbbbbbbbbbbb}}}
"""
    loaded = layout(text)
    account = assumed_account(loaded.layout, example_values(loaded.layout, loaded.variables))
    assert account.subnets["subnet-0bbbbbbbbbbbbbbbb"].zone == "us-west-2c"
