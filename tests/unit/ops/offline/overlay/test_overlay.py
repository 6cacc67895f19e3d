"""What the overlay says of resource types: that it fits the bindings, and what a plan makes of it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from copy import deepcopy
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from ops.offline import overlay
from ops.offline.overlay import RESOURCES, Overlay
from ops.offline.schema import Attribute, BindingPackage, Body, NestedBlock
from ops.offline.values import UNKNOWN, empty

ROOT = Path(__file__).parents[5]
Values = dict[str, Any]


@cache
def package(name: str) -> BindingPackage:
    return BindingPackage(name)


@cache
def body(type_name: str) -> Body:
    return package(type_name.partition("_")[0]).body("resource", type_name)


def values(type_name: str, given: Mapping[str, Any]) -> Values:
    """As Terraform sends them: every argument there, of every block too."""
    return _complete(body(type_name), given)


def _complete(schema: Body, given: Mapping[str, Any]) -> Values:
    result = {**empty(schema), **deepcopy(dict(given))}
    for name, block in schema.blocks.items():
        if isinstance(result[name], list):
            result[name] = [_complete(block.body, item) for item in result[name]]
    return result


def replaced(type_name: str, prior: Mapping[str, Any], **changes: Any) -> list[str]:
    return overlay.replaced_by(type_name, values(type_name, prior), values(type_name, {**prior, **changes}))


# The overlay and the bindings


def found(type_name: str, path: str) -> Attribute | NestedBlock | str | None:
    """What a path leads to in a schema; a type where it goes on inside a value."""
    at: Body | Attribute | NestedBlock | str | None = body(type_name)
    for step in path.split("."):
        if isinstance(at, NestedBlock):
            at = at.body if step == "0" else None
        elif isinstance(at, Body):
            at = at.attributes.get(step) or at.blocks.get(step)
        elif isinstance(at, Attribute) and at.nested is not None:
            at = Body(attributes=at.nested.attributes) if step == "0" else None
        elif isinstance(at, Attribute):
            at = "dynamic" if "dynamic" in str(at.type) else None
        elif at != "dynamic":
            return None
    assert not isinstance(at, Body), path
    return at


def attribute_paths(one: Overlay) -> Iterator[str]:
    yield from (*one.sensitive, *one.write_only, *one.defaults, *one.validations)
    for rule in one.recomputed:
        yield from rule.names


def all_paths(one: Overlay) -> Iterator[str]:
    yield from attribute_paths(one)
    yield from (*one.force_new, *one.computed_blocks, *one.ordered, *one.required_with)
    for group in (*one.at_most_one, *one.exactly_one, *one.required_with.values()):
        yield from group
    for only in one.only_with:
        yield from (only.path, only.other)
    for rule in one.recomputed:
        yield from (*rule.because, *rule.ignoring)
        if rule.only_if:
            yield rule.only_if


@pytest.mark.parametrize("type_name", RESOURCES)
def test_every_path_leads_to_something_in_the_bindings(type_name: str) -> None:
    missing = {path for path in all_paths(RESOURCES[type_name]) if found(type_name, path) is None}
    assert missing == set()


@pytest.mark.parametrize("type_name", RESOURCES)
def test_values_are_attributes_and_filled_in_blocks_are_blocks(type_name: str) -> None:
    one = RESOURCES[type_name]
    assert [path for path in attribute_paths(one) if not isinstance(found(type_name, path), Attribute)] == []
    assert [path for path in one.computed_blocks if not isinstance(found(type_name, path), NestedBlock)] == []


@pytest.mark.parametrize(
    "type_name, path", [(name, path) for name, one in RESOURCES.items() for path in one.defaults]
)
def test_a_default_has_the_type_of_its_attribute_and_can_be_left_out(type_name: str, path: str) -> None:
    attribute = found(type_name, path)
    assert isinstance(attribute, Attribute)
    default = RESOURCES[type_name].defaults[path]
    wanted = {"bool": bool, "number": int, "string": str}
    assert default is None or type(default) is wanted[str(attribute.type)]
    assert not attribute.required


@pytest.mark.parametrize("type_name", RESOURCES)
def test_only_a_computed_value_is_computed_anew(type_name: str) -> None:
    for rule in RESOURCES[type_name].recomputed:
        for name in rule.names:
            attribute = body(type_name).attributes[name]
            assert attribute.computed, name


@pytest.mark.parametrize("type_name", RESOURCES)
def test_an_argument_that_forces_replacement_can_be_configured(type_name: str) -> None:
    read_only = [
        path
        for path in RESOURCES[type_name].force_new
        if isinstance(one := found(type_name, path), Attribute) and not (one.optional or one.required)
    ]
    assert read_only == []


def test_every_type_that_a_construct_makes_has_an_entry() -> None:
    imported = re.compile(r"cdktf_cdktf_provider_(aws|helm|kubernetes)\.(?!data_|provider\b)(\w+)")
    made = {
        f"{provider}_{module}"
        for path in (ROOT / "modules").rglob("*.py")
        for provider, module in imported.findall(path.read_text())
    }
    assert {"aws_eks_node_group", "helm_release"} <= made
    assert made - RESOURCES.keys() == set()


# Replacement

GROUP: Values = {
    "ami_type": "AL2023_x86_64_NVIDIA",
    "capacity_type": "ON_DEMAND",
    "cluster_name": "c",
    "disk_size": 0,
    "instance_types": ["p5.48xlarge"],
    "labels": {"a": "b"},
    "launch_template": [{"id": "lt-1", "name": "t", "version": "1"}],
    "node_group_name": "g",
    "node_group_name_prefix": "",
    "node_repair_config": [{"enabled": False}],
    "node_role_arn": "arn:aws:iam::123456789012:role/r",
    "release_version": "1.33.0-20260101",
    "scaling_config": [{"desired_size": 2, "max_size": 4, "min_size": 0}],
    "subnet_ids": ["subnet-a", "subnet-b"],
    "tags": {"a": "b"},
    "update_config": [{"max_unavailable": 1}],
    "version": "1.33",
}


@pytest.mark.parametrize(
    "name, value",
    [
        ("force_update_version", True),
        ("labels", {"a": "c"}),
        ("launch_template", [{"id": "lt-1", "name": "t", "version": "2"}]),
        ("launch_template", [{"id": "lt-1", "name": "t", "version": UNKNOWN}]),
        ("launch_template", []),
        ("node_repair_config", [{"enabled": True}]),
        ("release_version", "1.33.0-20260201"),
        ("scaling_config", [{"desired_size": 9, "max_size": 9, "min_size": 0}]),
        ("subnet_ids", ["subnet-b", "subnet-a"]),
        ("tags", {}),
        ("taint", [{"key": "k", "effect": "NO_SCHEDULE"}]),
        ("update_config", [{"max_unavailable_percentage": 33}]),
        ("version", "1.34"),
    ],
)
def test_a_node_group_is_not_replaced_by(name: str, value: Any) -> None:
    assert replaced("aws_eks_node_group", GROUP, **{name: value}) == []


@pytest.mark.parametrize(
    "name, value, path",
    [
        ("ami_type", "AL2023_x86_64_STANDARD", "ami_type"),
        ("capacity_type", "CAPACITY_BLOCK", "capacity_type"),
        ("cluster_name", "d", "cluster_name"),
        ("disk_size", 100, "disk_size"),
        ("instance_types", ["p5en.48xlarge"], "instance_types"),
        (
            "launch_template",
            [{"id": "lt-2", "name": "t", "version": "1"}],
            "launch_template.0.id",
        ),
        ("launch_template", [{"id": UNKNOWN, "name": "t", "version": "1"}], "launch_template.0.id"),
        ("launch_template", [{"id": "lt-1", "name": "u", "version": "1"}], "launch_template.0.name"),
        ("node_group_name", "h", "node_group_name"),
        ("node_group_name_prefix", "h-", "node_group_name_prefix"),
        ("node_role_arn", UNKNOWN, "node_role_arn"),
        ("remote_access", [{"ec2_ssh_key": "k"}], "remote_access"),
        ("subnet_ids", ["subnet-a", "subnet-c"], "subnet_ids"),
        ("subnet_ids", ["subnet-a", UNKNOWN], "subnet_ids"),
    ],
)
def test_a_node_group_is_replaced_by(name: str, value: Any, path: str) -> None:
    assert replaced("aws_eks_node_group", GROUP, **{name: value}) == [path]


def test_a_node_group_cannot_get_a_launch_template_later() -> None:
    without = {**GROUP, "launch_template": []}
    given = [{"id": "lt-1", "name": None, "version": "1"}]
    assert replaced("aws_eks_node_group", without, launch_template=given) == ["launch_template.0.id"]


def test_the_order_of_instance_types_counts_and_that_of_subnets_does_not() -> None:
    two = {**GROUP, "instance_types": ["g5.xlarge", "g5.2xlarge"]}
    assert replaced("aws_eks_node_group", two, instance_types=["g5.2xlarge", "g5.xlarge"]) == [
        "instance_types"
    ]


CLUSTER: Values = {
    "access_config": [
        {"authentication_mode": "API", "bootstrap_cluster_creator_admin_permissions": False},
    ],
    "bootstrap_self_managed_addons": True,
    "encryption_config": [
        {"provider": [{"key_arn": "arn:aws:kms:us-west-2:123456789012:key/k"}], "resources": ["secrets"]}
    ],
    "kubernetes_network_config": [{"ip_family": "ipv4", "service_ipv4_cidr": "10.100.0.0/16"}],
    "name": "c",
    "region": "us-west-2",
    "role_arn": "arn:aws:iam::123456789012:role/r",
    "version": "1.33",
    "vpc_config": [{"endpoint_public_access": True, "subnet_ids": ["subnet-a"]}],
}
ACCESS: Values = {"authentication_mode": "API", "bootstrap_cluster_creator_admin_permissions": False}


@pytest.mark.parametrize(
    "name, value",
    [
        ("access_config", [{**ACCESS, "authentication_mode": "API_AND_CONFIG_MAP"}]),
        ("deletion_protection", True),
        ("enabled_cluster_log_types", ["api"]),
        ("encryption_config", [{"provider": [{"key_arn": "other"}], "resources": ["secrets"]}]),
        ("remote_network_config", [{"remote_node_networks": [{"cidrs": ["10.1.0.0/16"]}]}]),
        ("upgrade_policy", [{"support_type": "STANDARD"}]),
        ("version", "1.34"),
        ("vpc_config", [{"endpoint_public_access": False, "subnet_ids": ["subnet-b", "subnet-c"]}]),
        ("zonal_shift_config", [{"enabled": True}]),
    ],
)
def test_a_cluster_is_not_replaced_by(name: str, value: Any) -> None:
    assert replaced("aws_eks_cluster", CLUSTER, **{name: value}) == []


@pytest.mark.parametrize(
    "name, value, path",
    [
        (
            "access_config",
            [{**ACCESS, "bootstrap_cluster_creator_admin_permissions": True}],
            "access_config.0.bootstrap_cluster_creator_admin_permissions",
        ),
        ("bootstrap_self_managed_addons", False, "bootstrap_self_managed_addons"),
        ("encryption_config", [], "encryption_config"),
        (
            "kubernetes_network_config",
            [{"ip_family": "ipv6", "service_ipv4_cidr": "10.100.0.0/16"}],
            "kubernetes_network_config.0.ip_family",
        ),
        (
            "kubernetes_network_config",
            [{"ip_family": "ipv4", "service_ipv4_cidr": "172.20.0.0/16"}],
            "kubernetes_network_config.0.service_ipv4_cidr",
        ),
        ("name", "d", "name"),
        ("region", "us-east-1", "region"),
        ("role_arn", "arn:aws:iam::123456789012:role/s", "role_arn"),
    ],
)
def test_a_cluster_is_replaced_by(name: str, value: Any, path: str) -> None:
    assert replaced("aws_eks_cluster", CLUSTER, **{name: value}) == [path]


@pytest.mark.parametrize(
    "before, after, paths",
    [
        ([], [{"enabled": True, "node_pools": ["system"], "node_role_arn": "a"}], []),
        ([{"enabled": True}], [{"enabled": True, "node_pools": ["system"], "node_role_arn": "a"}], []),
        (
            [{"enabled": True, "node_pools": ["system"], "node_role_arn": "a"}],
            [{"enabled": True, "node_pools": ["system"], "node_role_arn": "b"}],
            ["compute_config.0.node_role_arn"],
        ),
        ([{"enabled": True, "node_pools": ["system"], "node_role_arn": "a"}], [{"enabled": False}], []),
        ([{"enabled": True, "node_pools": ["system"], "node_role_arn": "a"}], [{"enabled": True}], []),
    ],
)
def test_the_role_of_auto_mode_is_exchanged_by_replacement_alone(
    before: list[Values], after: list[Values], paths: list[str]
) -> None:
    assert replaced("aws_eks_cluster", {"compute_config": before}, compute_config=after) == paths


RULE: Values = {"cidr_ipv4": "10.0.0.0/8", "ip_protocol": "tcp", "security_group_id": "sg-1"}


@pytest.mark.parametrize(
    "type_name, prior, changes, paths",
    [
        (
            "aws_autoscaling_group_tag",
            {"tag": [{"key": "a", "value": "1"}]},
            {"tag": [{"key": "a", "value": "2"}]},
            [],
        ),
        (
            "aws_autoscaling_group_tag",
            {"tag": [{"key": "a"}]},
            {"tag": [{"key": "b"}]},
            ["tag.0.key"],
        ),
        ("aws_autoscaling_schedule", {"desired_capacity": 1}, {"desired_capacity": 2}, []),
        ("aws_cloudwatch_log_group", {"retention_in_days": 30}, {"retention_in_days": 90}, []),
        ("aws_eip", {"instance": "i-1"}, {"instance": "i-2"}, []),
        ("aws_eks_access_entry", {"kubernetes_groups": ["a"]}, {"kubernetes_groups": ["b"]}, []),
        (
            "aws_eks_access_policy_association",
            {"access_scope": [{"type": "namespace", "namespaces": ["a", "b"]}]},
            {"access_scope": [{"type": "namespace", "namespaces": ["b", "a"]}]},
            [],
        ),
        (
            "aws_eks_access_policy_association",
            {"access_scope": [{"type": "cluster"}]},
            {"access_scope": [{"type": "namespace", "namespaces": ["a"]}]},
            ["access_scope"],
        ),
        (
            "aws_eks_addon",
            {"addon_version": "v1.0.0", "configuration_values": "{}"},
            {
                "addon_version": "v1.1.0",
                "configuration_values": '{"a":1}',
                "resolve_conflicts_on_create": "OVERWRITE",
                "service_account_role_arn": "arn",
            },
            [],
        ),
        ("aws_eks_pod_identity_association", {"role_arn": "a"}, {"role_arn": "b"}, []),
        (
            "aws_eks_pod_identity_association",
            {"service_account": "a"},
            {"service_account": "b"},
            ["service_account"],
        ),
        ("aws_flow_log", {"tags": {"a": "b"}, "traffic_type": "ALL"}, {"tags": {}}, []),
        ("aws_flow_log", {"traffic_type": "ALL"}, {"traffic_type": "REJECT"}, ["traffic_type"]),
        ("aws_fsx_lustre_file_system", {"storage_capacity": 1200}, {"storage_capacity": 2400}, []),
        (
            "aws_fsx_lustre_file_system",
            {"storage_capacity": 2400},
            {"storage_capacity": 1200},
            ["storage_capacity"],
        ),
        (
            "aws_fsx_lustre_file_system",
            {"deployment_type": "SCRATCH_1", "storage_capacity": 1200},
            {"storage_capacity": 2400},
            ["storage_capacity"],
        ),
        (
            "aws_fsx_lustre_file_system",
            {"metadata_configuration": [{"mode": "USER_PROVISIONED", "iops": 6000}]},
            {"metadata_configuration": [{"mode": "USER_PROVISIONED", "iops": 3000}]},
            ["metadata_configuration.0.iops"],
        ),
        (
            "aws_fsx_lustre_file_system",
            {"metadata_configuration": [{"mode": "USER_PROVISIONED", "iops": 3000}]},
            {"metadata_configuration": [{"mode": "USER_PROVISIONED", "iops": 6000}]},
            [],
        ),
        ("aws_iam_role", {"assume_role_policy": "{}"}, {"assume_role_policy": "{ }", "description": "d"}, []),
        ("aws_iam_role", {"path": "/"}, {"path": "/a/"}, ["path"]),
        ("aws_internet_gateway", {"vpc_id": "vpc-1"}, {"vpc_id": "vpc-2"}, []),
        ("aws_kms_alias", {"target_key_id": "a"}, {"target_key_id": "b"}, []),
        ("aws_launch_template", {"image_id": "ami-1"}, {"image_id": "ami-2"}, []),
        ("aws_launch_template", {"name": "a"}, {"name": "b"}, ["name"]),
        ("aws_launch_template", {"name_prefix": "a"}, {"name_prefix": "b"}, ["name_prefix"]),
        ("aws_nat_gateway", {"allocation_id": "a"}, {"allocation_id": UNKNOWN}, ["allocation_id"]),
        ("aws_placement_group", {"strategy": "cluster"}, {"strategy": "spread"}, ["strategy"]),
        ("aws_placement_group", {"strategy": "cluster"}, {"tags": {"a": "b"}}, []),
        ("aws_route", {"gateway_id": "igw-1"}, {"gateway_id": None, "nat_gateway_id": "nat-1"}, []),
        (
            "aws_route_table_association",
            {"route_table_id": "a", "subnet_id": "s"},
            {"route_table_id": "b"},
            [],
        ),
        ("aws_security_group", {"description": "a"}, {"description": "b"}, ["description"]),
        ("aws_subnet", {"map_public_ip_on_launch": False}, {"map_public_ip_on_launch": True}, []),
        ("aws_subnet", {"ipv6_cidr_block": "a"}, {"ipv6_cidr_block": "b"}, []),
        (
            "aws_subnet",
            {"assign_ipv6_address_on_creation": True, "ipv6_cidr_block": "a"},
            {"ipv6_cidr_block": "b"},
            [],
        ),
        ("aws_vpc", {"cidr_block": "10.0.0.0/16"}, {"cidr_block": "10.1.0.0/16"}, ["cidr_block"]),
        ("aws_vpc", {"instance_tenancy": "dedicated"}, {"instance_tenancy": "default"}, []),
        (
            "aws_vpc",
            {"instance_tenancy": "default"},
            {"instance_tenancy": "dedicated"},
            ["instance_tenancy"],
        ),
        (
            "aws_vpc_endpoint",
            {"subnet_ids": ["a"], "vpc_endpoint_type": "Interface"},
            {"subnet_ids": ["a", "b"], "private_dns_enabled": True, "security_group_ids": ["sg"]},
            [],
        ),
        (
            "aws_vpc_endpoint",
            {"vpc_endpoint_type": "Gateway"},
            {"private_dns_enabled": True},
            [],
        ),
        ("aws_vpc_security_group_ingress_rule", RULE, {"cidr_ipv4": "10.0.0.0/16", "from_port": 1}, []),
        (
            "aws_vpc_security_group_ingress_rule",
            RULE,
            {"cidr_ipv4": None, "referenced_security_group_id": "sg-2"},
            ["cidr_ipv4", "referenced_security_group_id"],
        ),
        (
            "aws_vpc_security_group_egress_rule",
            RULE,
            {"security_group_id": "sg-2"},
            ["security_group_id"],
        ),
        ("aws_cloudwatch_event_rule", {"event_pattern": "{}"}, {"event_pattern": '{"a": ["b"]}'}, []),
        ("aws_cloudwatch_event_rule", {"name_prefix": "a-"}, {"name_prefix": "b-"}, ["name_prefix"]),
        ("aws_cloudwatch_event_target", {"arn": "a", "rule": "r"}, {"arn": "b"}, []),
        ("aws_cloudwatch_event_target", {"rule": "r"}, {"rule": UNKNOWN}, ["rule"]),
        ("aws_ec2_tag", {"key": "a", "value": "b"}, {"value": "c"}, []),
        ("aws_ec2_tag", {"key": "a", "resource_id": "sg-1"}, {"resource_id": "sg-2"}, ["resource_id"]),
        ("aws_iam_instance_profile", {"role": "a"}, {"role": "b"}, []),
        ("aws_sqs_queue", {"message_retention_seconds": 300}, {"message_retention_seconds": 600}, []),
        ("aws_sqs_queue", {"name": "a"}, {"name": "b"}, ["name"]),
        ("aws_sqs_queue_policy", {"policy": "{}"}, {"policy": '{"Id": "a"}'}, []),
        ("aws_sqs_queue_policy", {"queue_url": "a"}, {"queue_url": "b"}, ["queue_url"]),
        ("helm_release", {"version": "1", "values": ["a"]}, {"version": "2", "values": ["b"]}, []),
        ("helm_release", {"name": "a"}, {"name": "b"}, ["name"]),
        ("helm_release", {"namespace": "a"}, {"namespace": "b"}, ["namespace"]),
        (
            "kubernetes_config_map_v1",
            {"data": {"a": "b"}, "immutable": True},
            {"data": {"a": "c"}},
            ["data"],
        ),
        ("kubernetes_config_map_v1", {"data": {"a": "b"}}, {"data": {"a": "c"}, "immutable": True}, []),
        (
            "kubernetes_manifest",
            {"manifest": {"apiVersion": "v1", "kind": "A", "metadata": {"name": "n"}, "spec": {"a": 1}}},
            {"manifest": {"apiVersion": "v1", "kind": "A", "metadata": {"name": "n"}, "spec": {"a": 2}}},
            [],
        ),
        (
            "kubernetes_manifest",
            {"manifest": {"apiVersion": "v1", "kind": "A", "metadata": {"name": "n"}}},
            {"manifest": {"apiVersion": "v1", "kind": "A", "metadata": {"name": "m"}}},
            ["manifest.metadata.name"],
        ),
        (
            "kubernetes_storage_class_v1",
            {"metadata": [{"name": "gp3", "labels": {}}], "reclaim_policy": "Delete"},
            {
                "metadata": [{"name": "gp3", "labels": {"a": "b"}}],
                "reclaim_policy": "Retain",
                "allow_volume_expansion": False,
            },
            [],
        ),
        (
            "kubernetes_storage_class_v1",
            {"parameters": {"type": "gp3"}},
            {"parameters": {"type": "io2"}},
            ["parameters"],
        ),
    ],
)
def test_a_change_replaces_what_the_provider_replaces(
    type_name: str, prior: Values, changes: Values, paths: list[str]
) -> None:
    assert replaced(type_name, prior, **changes) == paths


@pytest.mark.parametrize("nothing, zero", [(None, ""), ("", None), (None, False), (None, 0)])
def test_nothing_and_the_zero_of_a_type_are_the_same(nothing: Any, zero: Any) -> None:
    assert replaced("aws_eks_node_group", {"disk_size": nothing}, disk_size=zero) == []


def test_a_type_without_an_entry_changes_in_place() -> None:
    assert overlay.replaced_by("aws_sns_topic", {"name": "a"}, {"name": "b"}) == []


# What a change makes unknown


@pytest.mark.parametrize(
    "changes, unknown",
    [
        ({}, set()),
        ({"description": "d"}, set()),
        ({"image_id": "ami-2"}, {"latest_version"}),
        ({"tags": {"a": "b"}}, {"latest_version"}),
        ({"image_id": UNKNOWN, "update_default_version": True}, {"latest_version", "default_version"}),
    ],
)
def test_a_change_of_a_launch_template_makes_a_version(changes: Values, unknown: set[str]) -> None:
    prior = values("aws_launch_template", {"default_version": 1, "image_id": "ami-1", "latest_version": 1})
    planned = overlay.recomputed("aws_launch_template", prior, {**prior, **changes})
    assert {name for name in ("default_version", "latest_version") if planned[name] is UNKNOWN} == unknown


def test_a_release_that_changes_has_other_metadata_and_one_that_does_not_keeps_it() -> None:
    prior = values("helm_release", {"id": "r", "metadata": {"revision": 1}, "version": "1"})
    changed = overlay.recomputed("helm_release", prior, {**prior, "version": "2"})
    assert (changed["id"], changed["metadata"], changed["version"]) == (UNKNOWN, UNKNOWN, "2")
    assert overlay.recomputed("helm_release", prior, dict(prior)) == prior


# What a provider puts where the configuration says nothing


def planned(type_name: str, config: Values, prior: Values | None = None) -> Values:
    given = values(type_name, config)
    before = None if prior is None else values(type_name, prior)
    return overlay.with_defaults(type_name, body(type_name), given, given, before)


def test_defaults_are_put_at_the_top_and_in_blocks() -> None:
    result = planned("aws_eks_cluster", {"vpc_config": [{"endpoint_private_access": True}]})
    assert result["bootstrap_self_managed_addons"] is True
    assert result["vpc_config"][0]["endpoint_private_access"] is True
    assert result["vpc_config"][0]["endpoint_public_access"] is True


def test_a_configured_false_is_not_overwritten_by_a_default() -> None:
    assert (
        planned("aws_eks_cluster", {"bootstrap_self_managed_addons": False})["bootstrap_self_managed_addons"]
        is False
    )


def test_defaults_are_put_in_nested_attributes() -> None:
    config = {
        "set": [{"name": "a", "type": None, "value": "1"}, {"name": "b", "type": "string", "value": "2"}]
    }
    assert [one["type"] for one in planned("helm_release", config)["set"]] == ["", "string"]


def test_a_block_that_the_provider_fills_in_is_unknown_on_creation_and_kept_after() -> None:
    there = [{"authentication_mode": "API", "bootstrap_cluster_creator_admin_permissions": True}]
    assert planned("aws_eks_cluster", {})["access_config"] is UNKNOWN
    assert planned("aws_eks_cluster", {}, {"access_config": there})["access_config"] == there
    mine = [{"authentication_mode": "CONFIG_MAP", "bootstrap_cluster_creator_admin_permissions": None}]
    assert (
        planned("aws_eks_cluster", {"access_config": mine}, {"access_config": there})["access_config"] == mine
    )


def test_a_filled_in_block_inside_a_block_is_kept_too() -> None:
    balancing = [{"enabled": False}]
    prior = {"kubernetes_network_config": [{"elastic_load_balancing": balancing, "ip_family": "ipv4"}]}
    config = {"kubernetes_network_config": [{"ip_family": "ipv4"}]}
    result = planned("aws_eks_cluster", config, prior)
    assert result["kubernetes_network_config"][0]["elastic_load_balancing"] == balancing
    created = planned("aws_eks_cluster", config)
    assert created["kubernetes_network_config"][0]["elastic_load_balancing"] is UNKNOWN


# Arguments that do not go together


def conflicts(type_name: str, given: Values) -> list[tuple[tuple[str | int, ...], str]]:
    return overlay.conflicts(type_name, values(type_name, given))


@pytest.mark.parametrize(
    "type_name, given, path, told",
    [
        (
            "aws_eks_node_group",
            {"node_group_name": "a", "node_group_name_prefix": "b"},
            ("node_group_name",),
            "Only one of node_group_name, node_group_name_prefix can be set; leave out the others.",
        ),
        (
            "aws_eks_node_group",
            {"launch_template": [{"id": UNKNOWN, "name": UNKNOWN}]},
            ("launch_template", 0, "id"),
            "Only one of launch_template.0.id, launch_template.0.name can be set; leave out the others.",
        ),
        (
            "aws_eks_node_group",
            {"update_config": [{}]},
            ("update_config", 0),
            "One of update_config.0.max_unavailable, update_config.0.max_unavailable_percentage has to be set.",
        ),
        (
            "aws_kms_key",
            {"rotation_period_in_days": 90},
            ("rotation_period_in_days",),
            "rotation_period_in_days needs enable_key_rotation as well.",
        ),
        (
            "aws_placement_group",
            {"partition_count": 2, "strategy": "cluster"},
            ("partition_count",),
            "partition_count is only for strategy = partition, and it is cluster.",
        ),
        (
            "aws_route_table_association",
            {"route_table_id": "rtb-1"},
            (),
            "One of gateway_id, subnet_id has to be set.",
        ),
        (
            "aws_sqs_queue",
            {"kms_master_key_id": "alias/a", "sqs_managed_sse_enabled": True},
            ("kms_master_key_id",),
            "Only one of kms_master_key_id, sqs_managed_sse_enabled can be set; leave out the others.",
        ),
    ],
)
def test_arguments_that_do_not_go_together_are_told(
    type_name: str, given: Values, path: tuple[str | int, ...], told: str
) -> None:
    assert conflicts(type_name, given) == [(path, told)]


@pytest.mark.parametrize(
    "type_name, given",
    [
        ("aws_eks_node_group", {"node_group_name": "a"}),
        ("aws_eks_node_group", {"update_config": [{"max_unavailable": UNKNOWN}]}),
        ("aws_launch_template", {"instance_type": "p5.48xlarge", "vpc_security_group_ids": [UNKNOWN]}),
        ("aws_nat_gateway", {"allocation_id": UNKNOWN}),
        ("aws_nat_gateway", {"allocation_id": "eipalloc-1", "connectivity_type": UNKNOWN}),
        ("aws_route", {"destination_cidr_block": "0.0.0.0/0", "gateway_id": UNKNOWN}),
        ("aws_vpc_security_group_egress_rule", RULE),
    ],
)
def test_arguments_that_go_together_pass(type_name: str, given: Values) -> None:
    assert conflicts(type_name, given) == []


# What providers refuse themselves


@pytest.mark.parametrize(
    "type_name, given, path, told",
    [
        (
            "aws_eks_node_group",
            {"node_group_name": "n" * 64},
            ("node_group_name",),
            "node_group_name has 64 characters, has to have at most 63.",
        ),
        (
            "aws_eks_node_group",
            {"node_group_name_prefix": "n" * 38},
            ("node_group_name_prefix",),
            "node_group_name_prefix has 38 characters, has to have at most 37.",
        ),
        (
            "aws_eks_cluster",
            {"kubernetes_network_config": [{"service_ipv4_cidr": "100.64.0.0/16"}]},
            ("kubernetes_network_config", 0, "service_ipv4_cidr"),
            "kubernetes_network_config.0.service_ipv4_cidr is '100.64.0.0/16', "
            "has to lie in 10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16.",
        ),
        (
            "aws_eks_addon",
            {"addon_version": "latest"},
            ("addon_version",),
            "addon_version is 'latest', has to be a version like v1.19.2-eksbuild.1.",
        ),
        (
            "aws_iam_role",
            {"name": "r" * 65},
            ("name",),
            "name has 65 characters, has to have at most 64.",
        ),
        (
            "aws_iam_role",
            {"name_prefix": "r" * 39},
            ("name_prefix",),
            "name_prefix has 39 characters, has to have at most 38.",
        ),
        (
            "aws_iam_role_policy",
            {"role": "arn:aws:iam::123456789012:role/r"},
            ("role",),
            "role is 'arn:aws:iam::123456789012:role/r', has to be the name of the role, not its ARN.",
        ),
        (
            "aws_kms_key",
            {"deletion_window_in_days": 3},
            ("deletion_window_in_days",),
            "deletion_window_in_days is 3, has to be at least 7.",
        ),
        (
            "aws_launch_template",
            {"network_interfaces": [{"interface_type": "efa"}, {"interface_type": "ena"}]},
            ("network_interfaces", 1, "interface_type"),
            "network_interfaces.1.interface_type is 'ena', has to be one of efa, efa-only, interface.",
        ),
        (
            "aws_iam_role",
            {"name": "r\u00f6le"},
            ("name",),
            "name is 'r\u00f6le', has to match [\\w+=,.@-]*.",
        ),
        (
            "aws_security_group",
            {"name": "sg-1"},
            ("name",),
            "name is 'sg-1', must not begin with sg-.",
        ),
        (
            "aws_subnet",
            {"cidr_block": "10.0.0.1/24"},
            ("cidr_block",),
            "cidr_block is '10.0.0.1/24', has to be a CIDR block: 10.0.0.1/24 has host bits set.",
        ),
        (
            "aws_vpc",
            {"cidr_block": "10.0.0.0/8"},
            ("cidr_block",),
            "cidr_block is '10.0.0.0/8', has to have a prefix length of 16 to 28.",
        ),
        (
            "aws_vpc_security_group_ingress_rule",
            {"cidr_ipv4": "::/0"},
            ("cidr_ipv4",),
            "cidr_ipv4 is '::/0', has to be an IPv4 CIDR block.",
        ),
        (
            "helm_release",
            {"set": [{"name": "a", "type": "bool", "value": "1"}]},
            ("set", 0, "type"),
            "set.0.type is 'bool', has to be one of auto, literal, string.",
        ),
        (
            "helm_release",
            {"name": "r" * 54},
            ("name",),
            "name has 54 characters, has to have at most 53.",
        ),
    ],
)
def test_a_value_that_the_provider_refuses_is_told(
    type_name: str, given: Values, path: tuple[str | int, ...], told: str
) -> None:
    assert overlay.violations(type_name, values(type_name, given)) == [(path, told)]


@pytest.mark.parametrize(
    "type_name, given",
    [
        ("aws_eks_addon", {"addon_version": "v1.19.2-eksbuild.1", "cluster_name": UNKNOWN}),
        ("aws_eks_addon", {"service_account_role_arn": "arn:aws-cn:iam::123456789012:role/r"}),
        ("aws_eks_cluster", {"name": "train-1", "role_arn": "arn:aws:iam::123456789012:role/r"}),
        ("aws_eks_cluster", {"vpc_config": [{"public_access_cidrs": ["203.0.113.0/24", "2001:db8::/32"]}]}),
        (
            "aws_eks_access_policy_association",
            {"policy_arn": "arn:aws:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy"},
        ),
        ("aws_flow_log", {"log_destination": "arn:aws:logs:us-west-2:123456789012:log-group:/aws/vpc/a"}),
        ("aws_iam_role_policy_attachment", {"policy_arn": "arn:aws:iam::aws:policy/AmazonEKSClusterPolicy"}),
        ("aws_launch_template", {"block_device_mappings": [{"ebs": [{"encrypted": "true"}]}]}),
        ("aws_route", {"destination_cidr_block": "0.0.0.0/0"}),
        ("aws_security_group", {"name_prefix": "efa-"}),
        ("helm_release", {"name": UNKNOWN, "set": None}),
    ],
)
def test_a_value_that_the_provider_takes_passes(type_name: str, given: Values) -> None:
    assert overlay.violations(type_name, values(type_name, given)) == []
