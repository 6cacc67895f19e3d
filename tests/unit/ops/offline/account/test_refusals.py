"""What AWS refuses for what is in the account."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from ops.offline.account import Account, Cluster
from ops.offline.account.refusals import Action, refusal

ROLE = "arn:aws:iam::123456789012:role/nodes"
FUTURE, PAST = "2999-01-01T00:00:00Z", "2020-01-01T00:00:00Z"


def _add(account: Account, type_name: str, id: str, **values: Any) -> dict[str, Any]:
    state = {"id": id, **values}
    account.created(type_name, state)
    return state


def _account() -> Account:
    """A VPC with two subnets, a cluster, and a node group with all that it needs."""
    account = Account(clusters_assumed=False)
    _add(account, "aws_vpc", "vpc-1", cidr_block="10.0.0.0/16")
    for n, zone in enumerate(("us-west-2a", "us-west-2b")):
        cidr = f"10.0.{n}.0/24"
        _add(account, "aws_subnet", f"subnet-{n}", vpc_id="vpc-1", availability_zone=zone, cidr_block=cidr)
    _add(account, "aws_security_group", "sg-1", name="efa", vpc_id="vpc-1")
    _add(account, "aws_internet_gateway", "igw-1", vpc_id="vpc-1")
    _add(account, "aws_route_table", "rtb-1", vpc_id="vpc-1")
    _add(account, "aws_route_table_association", "a-1", route_table_id="rtb-1", subnet_id="subnet-0")
    _add(account, "aws_eip", "eipalloc-1", public_ip="203.0.113.7")
    _add(account, "aws_nat_gateway", "nat-1", subnet_id="subnet-0", allocation_id="eipalloc-1")
    _add(account, "aws_iam_role", "nodes", name="nodes")
    _add(account, "aws_iam_role_policy_attachment", "nodes/x", role="nodes")
    _add(account, "aws_placement_group", "pg", name="pg")
    interfaces = [{"security_groups": ["sg-1"]}]
    _add(
        account,
        "aws_launch_template",
        "lt-1",
        name="gpu",
        network_interfaces=interfaces,
        placement=[{"group_name": "pg"}],
    )
    vpc_config = [{"subnet_ids": ["subnet-0", "subnet-1"], "security_group_ids": []}]
    _add(account, "aws_eks_cluster", "demo", name="demo", version="1.33", vpc_config=vpc_config)
    _add(
        account,
        "aws_eks_node_group",
        "demo:gpu",
        cluster_name="demo",
        node_group_name="gpu",
        subnet_ids=["subnet-1"],
        launch_template=[{"id": "lt-1"}],
        resources=[{"autoscaling_groups": [{"name": "eks-gpu"}]}],
    )
    return account


def _refused(account: Account, action: Action, type_name: str, **values: Any) -> str:
    prior = None if action == "create" else {**values}
    return refusal(type_name, action, values, prior, account) or ""


_CREATIONS: list[tuple[str, dict[str, Any], str]] = [
    ("aws_subnet", {"vpc_id": "vpc-9"}, "InvalidVpcID.NotFound: The vpc ID 'vpc-9' does not exist"),
    (
        "aws_subnet",
        {"vpc_id": "vpc-1", "cidr_block": "10.1.0.0/24"},
        "InvalidSubnet.Range: The CIDR '10.1.0.0/24' is invalid.",
    ),
    ("aws_subnet", {"vpc_id": "vpc-1", "cidr_block": "10.0.1.128/25"}, "InvalidSubnet.Conflict"),
    (
        "aws_subnet",
        {"vpc_id": "vpc-1", "availability_zone": "us-east-1a"},
        "Value (us-east-1a) for parameter availabilityZone is invalid",
    ),
    ("aws_security_group", {"vpc_id": "vpc-1", "name": "efa"}, "InvalidGroup.Duplicate"),
    ("aws_internet_gateway", {"vpc_id": "vpc-1"}, "Resource.AlreadyAssociated"),
    ("aws_route_table", {"vpc_id": "vpc-9"}, "InvalidVpcID.NotFound"),
    ("aws_route_table_association", {"subnet_id": "subnet-0"}, "Resource.AlreadyAssociated"),
    ("aws_nat_gateway", {"subnet_id": "subnet-9"}, "The subnet ID 'subnet-9' does not exist"),
    ("aws_nat_gateway", {"allocation_id": "eipalloc-1"}, "eipalloc-1] is already associated"),
    ("aws_launch_template", {"name": "gpu"}, "Launch template name already in use."),
    ("aws_placement_group", {"name": "pg"}, "The placement group 'pg' already exists."),
    ("aws_iam_role", {"name": "nodes"}, "EntityAlreadyExists: Role with name nodes already exists."),
    (
        "aws_eks_cluster",
        {"name": "demo"},
        "ResourceInUseException: Cluster already exists with name: demo",
    ),
    (
        "aws_eks_cluster",
        {"name": "other", "vpc_config": [{"subnet_ids": ["subnet-0"]}]},
        "Subnets specified must be in at least two different AZs",
    ),
    (
        "aws_eks_node_group",
        {"cluster_name": "other"},
        "ResourceNotFoundException: No cluster found for name: other.",
    ),
    (
        "aws_eks_node_group",
        {"cluster_name": "demo", "node_group_name": "gpu"},
        "NodeGroup already exists with name gpu and cluster name demo",
    ),
    (
        "aws_eks_node_group",
        {"cluster_name": "demo", "subnet_ids": ["subnet-9"]},
        "The subnet ID 'subnet-9' does not exist",
    ),
    (
        "aws_eks_node_group",
        {"cluster_name": "demo", "launch_template": [{"id": "lt-9"}]},
        "Launch template lt-9 not found",
    ),
    ("aws_eks_addon", {"cluster_name": "other"}, "No cluster found for name: other."),
    (
        "aws_eks_access_policy_association",
        {"cluster_name": "demo", "principal_arn": ROLE},
        "The specified principalArn could not be found",
    ),
    (
        "aws_cloudwatch_event_target",
        {"rule": "none", "event_bus_name": "default"},
        "ResourceNotFoundException: Rule none does not exist on EventBus default.",
    ),
    (
        "kubernetes_service_account_v1",
        {"metadata": [{"name": "a", "namespace": "team"}]},
        'namespaces "team" not found',
    ),
    (
        "helm_release",
        {"name": "a", "namespace": "team", "create_namespace": False},
        'create: failed to create: namespaces "team" not found',
    ),
    ("kubernetes_namespace_v1", {"metadata": [{"name": "default"}]}, 'namespaces "default" already exists'),
    ("aws_kms_alias", {"name": "alias/a", "target_key_id": "no-key"}, "NotFoundException: Key"),
    ("aws_autoscaling_group_tag", {"autoscaling_group_name": "none"}, "AutoScalingGroup none not found"),
    ("aws_autoscaling_schedule", {"autoscaling_group_name": "none"}, "AutoScalingGroup name not found"),
    (
        "aws_autoscaling_schedule",
        {"autoscaling_group_name": "eks-gpu", "start_time": PAST},
        "ValidationError: Given start time is in the past",
    ),
    (
        "aws_vpc_endpoint",
        {"vpc_id": "vpc-1", "vpc_endpoint_type": "Interface", "subnet_ids": ["subnet-0", "subnet-0"]},
        "DuplicateSubnetsInSameZone",
    ),
]


@pytest.mark.parametrize(("type_name", "values", "message"), _CREATIONS)
def test_a_creation_is_refused(type_name: str, values: dict[str, Any], message: str) -> None:
    assert message in _refused(_account(), "create", type_name, **values)


@pytest.mark.parametrize(
    ("type_name", "values"),
    [
        ("aws_subnet", {"vpc_id": "vpc-1", "cidr_block": "10.0.2.0/24", "availability_zone": "us-west-2c"}),
        ("aws_security_group", {"vpc_id": "vpc-1", "name": "other"}),
        ("aws_route_table", {"vpc_id": "vpc-1"}),
        ("aws_nat_gateway", {"subnet_id": "subnet-1", "allocation_id": "eipalloc-2"}),
        ("aws_iam_role", {"name": "other"}),
        ("aws_eks_cluster", {"name": "other", "vpc_config": [{"subnet_ids": ["subnet-0", "subnet-1"]}]}),
        (
            "aws_eks_node_group",
            {
                "cluster_name": "demo",
                "node_group_name": "new",
                "subnet_ids": ["subnet-0"],
                "launch_template": [{"id": "lt-1"}],
                "node_role_arn": ROLE,
            },
        ),
        ("aws_eks_addon", {"cluster_name": "demo", "addon_name": "coredns"}),
        ("aws_autoscaling_schedule", {"autoscaling_group_name": "eks-gpu", "start_time": FUTURE}),
        ("helm_release", {"name": "kueue", "namespace": "kueue-system", "create_namespace": True}),
        ("aws_sqs_queue", {"name": "anything"}),
        ("aws_sns_topic", {"name": "anything"}),
        ("kubernetes_namespace_v1", {"metadata": [{"name": "team"}]}),
        ("kubernetes_service_account_v1", {"metadata": [{"name": "a", "namespace": "default"}]}),
    ],
)
def test_a_creation_that_has_all_it_needs_is_not_refused(type_name: str, values: dict[str, Any]) -> None:
    assert _refused(_account(), "create", type_name, **values) == ""


@pytest.mark.parametrize(
    ("type_name", "values"),
    [
        ("aws_cloudwatch_log_group", {"name": "/aws/eks/demo/cluster"}),
        ("aws_eks_addon", {"cluster_name": "demo", "addon_name": "coredns"}),
        ("aws_eks_access_entry", {"cluster_name": "demo", "principal_arn": ROLE}),
        ("aws_iam_openid_connect_provider", {"url": "https://oidc"}),
        ("aws_kms_alias", {"name": "alias/a"}),
        ("aws_sqs_queue", {"name": "demo"}),
        ("aws_route", {"route_table_id": "rtb-1", "destination_cidr_block": "0.0.0.0/0"}),
        ("helm_release", {"name": "kueue", "namespace": "kueue-system", "create_namespace": True}),
        (
            "aws_eks_pod_identity_association",
            {"cluster_name": "demo", "namespace": "a", "service_account": "b", "association_id": "a-1"},
        ),
        (
            "aws_vpc_security_group_ingress_rule",
            {"security_group_id": "sg-1", "ip_protocol": "-1", "referenced_security_group_id": "sg-1"},
        ),
        (
            "aws_vpc_endpoint",
            {
                "vpc_id": "vpc-1",
                "vpc_endpoint_type": "Interface",
                "service_name": "com.amazonaws.us-west-2.ecr.api",
                "private_dns_enabled": True,
            },
        ),
    ],
)
def test_the_same_thing_is_not_made_twice(type_name: str, values: dict[str, Any]) -> None:
    account = _account()
    joined = ":".join(str(values.get(key)) for key in ("cluster_name", "addon_name"))
    entry = ":".join(str(values.get(key)) for key in ("cluster_name", "principal_arn"))
    id = {"aws_eks_addon": joined, "aws_eks_access_entry": entry, "aws_kms_alias": "alias/a"}
    if type_name != "aws_kms_alias":
        assert _refused(account, "create", type_name, **values) == ""
    _add(account, type_name, id.get(type_name, "id-1"), **values)
    assert _refused(account, "create", type_name, **values) != ""


def test_a_nat_gateway_needs_the_way_out_first() -> None:
    account = _account()
    account.deleted("aws_internet_gateway", "igw-1")
    refused = _refused(account, "create", "aws_nat_gateway", subnet_id="subnet-1")
    assert refused == "Gateway.NotAttached: Network vpc-1 has no Internet gateway attached"


def test_a_control_plane_is_refused_in_a_zone_that_takes_none() -> None:
    account = Account("us-east-1")
    _add(account, "aws_vpc", "vpc-1", cidr_block="10.0.0.0/16")
    for letter, part in (("a", 0), ("c", 1)):
        cidr, zone = f"10.0.{part}.0/24", f"us-east-1{letter}"
        _add(
            account, "aws_subnet", f"subnet-{letter}", vpc_id="vpc-1", availability_zone=zone, cidr_block=cidr
        )
    config = [{"subnet_ids": ["subnet-a", "subnet-c"]}]
    refused = _refused(account, "create", "aws_eks_cluster", name="demo", vpc_config=config)
    assert refused.startswith(
        "UnsupportedAvailabilityZoneException: Cannot create cluster 'demo' because us-east-1c"
    )


def test_a_role_that_is_gone_is_not_taken_and_one_from_elsewhere_is() -> None:
    account = _account()
    account.deleted("aws_iam_role", "nodes")
    values = {"cluster_name": "demo", "node_group_name": "new", "subnet_ids": []}
    gone = _refused(account, "create", "aws_eks_node_group", **values, node_role_arn=ROLE)
    elsewhere = "arn:aws:iam::123456789012:role/elsewhere"
    assert "it does not exist" in gone
    assert _refused(account, "create", "aws_eks_node_group", **values, node_role_arn=elsewhere) == ""


def test_an_assumed_cluster_takes_node_groups_and_addons() -> None:
    account = Account()
    assert _refused(account, "create", "aws_eks_addon", cluster_name="demo") != ""
    account.read("aws_eks_cluster", {"name": "demo"})
    assert _refused(account, "create", "aws_eks_addon", cluster_name="demo") == ""


def test_a_cluster_that_is_there_from_the_start_is_not_made_again() -> None:
    account = Account(clusters={"demo": Cluster()})
    assert "already exists" in _refused(account, "create", "aws_eks_cluster", name="demo")


@pytest.mark.parametrize("action", ["create", "update", "delete"])
@pytest.mark.parametrize("type_name", ["helm_release", "kubernetes_storage_class_v1"])
def test_nothing_in_kubernetes_is_reached_without_a_cluster(type_name: str, action: Action) -> None:
    assert "cluster unreachable" in _refused(Account(), action, type_name, name="x", namespace="y")


# Changes


@pytest.mark.parametrize(
    ("wanted", "refused"), [("1.33", False), ("1.34", False), ("1.35", True), ("1.32", True)]
)
def test_a_cluster_goes_up_one_minor_version_at_a_time(wanted: str, refused: bool) -> None:
    prior = {"id": "demo", "name": "demo", "version": "1.33"}
    answer = refusal("aws_eks_cluster", "update", {**prior, "version": wanted}, prior, _account())
    told = f"InvalidParameterException: Unsupported Kubernetes minor version update from 1.33 to {wanted}"
    assert answer == (told if refused else None)


def test_nodes_are_not_newer_than_their_control_plane() -> None:
    account = _account()
    prior = {"id": "demo:gpu", "cluster_name": "demo", "version": "1.33"}
    newer = {**prior, "version": "1.34"}
    assert "1.34 is newer" in (refusal("aws_eks_node_group", "update", newer, prior, account) or "")
    account.changed("aws_eks_cluster", {**(account.get("aws_eks_cluster", "demo") or {}), "version": "1.34"})
    assert refusal("aws_eks_node_group", "update", newer, prior, account) is None


def test_a_scheduled_action_is_not_moved_into_the_past() -> None:
    account = _account()
    prior = _add(account, "aws_autoscaling_schedule", "a", start_time=FUTURE)
    kind = "aws_autoscaling_schedule"
    assert "in the past" in (refusal(kind, "update", {**prior, "start_time": PAST}, prior, account) or "")
    assert refusal(kind, "update", {**prior, "max_size": 2}, prior, account) is None


@pytest.mark.parametrize(
    ("type_name", "id", "values"),
    [
        ("kubernetes_namespace_v1", "team", {}),
        ("helm_release", "kueue", {"name": "kueue", "namespace": "team", "create_namespace": True}),
    ],
)
def test_a_service_account_finds_the_namespace_that_something_has_made(
    type_name: str, id: str, values: dict[str, Any]
) -> None:
    account = _account()
    of_team = {"metadata": [{"name": "a", "namespace": "team"}]}
    assert "not found" in _refused(account, "create", "kubernetes_service_account_v1", **of_team)
    _add(account, type_name, id, **values)
    assert _refused(account, "create", "kubernetes_service_account_v1", **of_team) == ""
    assert _refused(account, "create", "helm_release", name="b", namespace="team") == ""
    assert "already exists" in _refused(
        account, "create", "kubernetes_namespace_v1", metadata=[{"name": "team"}]
    )


@pytest.mark.parametrize(
    ("addon", "namespace"),
    [("amazon-cloudwatch-observability", "amazon-cloudwatch"), ("external-dns", "external-dns")],
)
def test_the_namespace_of_an_addon_is_there_with_it(addon: str, namespace: str) -> None:
    account = _account()
    metadata = [{"name": "a", "namespace": namespace}]
    assert "not found" in _refused(account, "create", "kubernetes_service_account_v1", metadata=metadata)
    _add(account, "aws_eks_addon", "demo:a", addon_name=addon)
    assert _refused(account, "create", "kubernetes_service_account_v1", metadata=metadata) == ""


def test_nothing_is_said_of_the_namespaces_of_a_cluster_that_was_not_made_here() -> None:
    account = Account(clusters={"demo": Cluster()})
    metadata = [{"name": "a", "namespace": "team"}]
    assert _refused(account, "create", "kubernetes_service_account_v1", metadata=metadata) == ""


def test_a_queue_policy_and_a_target_need_what_they_are_of() -> None:
    account = _account()
    _add(account, "aws_sqs_queue", "https://q", name="q")
    assert _refused(account, "create", "aws_sqs_queue_policy", queue_url="https://q") == ""
    account.deleted("aws_sqs_queue", "https://q")
    assert "NonExistentQueue" in _refused(account, "create", "aws_sqs_queue_policy", queue_url="https://q")
    _add(account, "aws_cloudwatch_event_rule", "r", name="r")
    assert _refused(account, "create", "aws_cloudwatch_event_target", rule="r") == ""


def test_a_rule_stays_while_it_has_targets() -> None:
    account = _account()
    rule = _add(account, "aws_cloudwatch_event_rule", "r", name="r")
    _add(account, "aws_cloudwatch_event_target", "r-q", rule="r")
    assert "since it has targets" in (
        refusal("aws_cloudwatch_event_rule", "delete", rule, rule, account) or ""
    )
    account.deleted("aws_cloudwatch_event_target", "r-q")
    assert refusal("aws_cloudwatch_event_rule", "delete", rule, rule, account) is None


# Deletions, and what has to go first


def _drop(*gone: tuple[str, str]) -> Callable[[Account], None]:
    def drop(account: Account) -> None:
        for type_name, id in gone:
            account.deleted(type_name, id)

    return drop


_GROUP = ("aws_eks_node_group", "demo:gpu")
_DELETIONS: list[tuple[str, str, str, Callable[[Account], None]]] = [
    ("aws_eks_cluster", "demo", "Cluster has nodegroups attached", _drop(_GROUP)),
    (
        "aws_placement_group",
        "pg",
        "InvalidPlacementGroup.InUse: The placement group 'pg' is in use and may not be deleted.",
        _drop(_GROUP),
    ),
    (
        "aws_security_group",
        "sg-1",
        "DependencyViolation: resource sg-1 has a dependent object",
        _drop(_GROUP),
    ),
    (
        "aws_subnet",
        "subnet-1",
        "DependencyViolation: The subnet 'subnet-1' has dependencies and cannot be deleted.",
        _drop(_GROUP, ("aws_eks_cluster", "demo")),
    ),
    (
        "aws_subnet",
        "subnet-0",
        "DependencyViolation",
        _drop(("aws_eks_cluster", "demo"), ("aws_nat_gateway", "nat-1")),
    ),
    (
        "aws_vpc",
        "vpc-1",
        "DependencyViolation: The vpc 'vpc-1' has dependencies and cannot be deleted.",
        _drop(
            ("aws_subnet", "subnet-0"),
            ("aws_subnet", "subnet-1"),
            ("aws_security_group", "sg-1"),
            ("aws_internet_gateway", "igw-1"),
            ("aws_route_table", "rtb-1"),
        ),
    ),
    (
        "aws_internet_gateway",
        "igw-1",
        "DependencyViolation: Network vpc-1 has some mapped public address(es).",
        _drop(("aws_nat_gateway", "nat-1")),
    ),
    (
        "aws_route_table",
        "rtb-1",
        "The routeTable 'rtb-1' has dependencies",
        _drop(("aws_route_table_association", "a-1")),
    ),
    ("aws_eip", "eipalloc-1", "Address 203.0.113.7 is in use", _drop(("aws_nat_gateway", "nat-1"))),
    (
        "aws_iam_role",
        "nodes",
        "DeleteConflict: Cannot delete entity, must detach all policies first.",
        _drop(("aws_iam_role_policy_attachment", "nodes/x")),
    ),
]


@pytest.mark.parametrize(("type_name", "id", "message", "first"), _DELETIONS)
def test_a_deletion_is_refused_until_what_depends_on_it_is_gone(
    type_name: str, id: str, message: str, first: Callable[[Account], None]
) -> None:
    account = _account()
    state = account.get(type_name, id) or {}
    assert message in (refusal(type_name, "delete", state, state, account) or "")
    first(account)
    assert refusal(type_name, "delete", state, state, account) is None


@pytest.mark.parametrize(
    ("type_name", "id"),
    [("aws_launch_template", "lt-1"), ("aws_nat_gateway", "nat-1"), ("aws_eks_node_group", "demo:gpu")],
)
def test_what_nothing_depends_on_can_go(type_name: str, id: str) -> None:
    account = _account()
    state = account.get(type_name, id) or {}
    assert refusal(type_name, "delete", state, state, account) is None


def test_a_group_that_another_groups_rule_names_stays_and_its_own_rules_do_not_hold_it() -> None:
    account = _account()
    account.deleted(*_GROUP)
    state = account.get("aws_security_group", "sg-1") or {}
    kind = "aws_vpc_security_group_ingress_rule"
    _add(account, kind, "sgr-1", security_group_id="sg-1", referenced_security_group_id="sg-1")
    assert refusal("aws_security_group", "delete", state, state, account) is None
    _add(account, kind, "sgr-2", security_group_id="sg-2", referenced_security_group_id="sg-1")
    assert "dependent object" in (refusal("aws_security_group", "delete", state, state, account) or "")


def test_a_role_with_an_inline_policy_stays_unless_policies_are_detached_by_force() -> None:
    account = _account()
    account.deleted("aws_iam_role_policy_attachment", "nodes/x")
    _add(account, "aws_iam_role_policy", "nodes:write", role="nodes", name="write")
    state = account.get("aws_iam_role", "nodes") or {}
    assert "must delete policies first" in (refusal("aws_iam_role", "delete", state, state, account) or "")
    assert refusal("aws_iam_role", "delete", {**state, "force_detach_policies": True}, state, account) is None


def test_a_protected_cluster_stays() -> None:
    account = _account()
    account.deleted(*_GROUP)
    state = {**(account.get("aws_eks_cluster", "demo") or {}), "deletion_protection": True}
    assert "deletion protection" in (refusal("aws_eks_cluster", "delete", state, state, account) or "")
