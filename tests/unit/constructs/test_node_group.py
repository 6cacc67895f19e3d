"""Managed node groups: capacity, size, labels and taints, placement, role, and who owns the size."""

from __future__ import annotations

import json

import pytest

from tests.terraform_json import Body, Stack, Synth

ODCR = "{type: odcr, reservation_id: cr-0123456789abcdef0}"
ODCR_GROUP = "{type: odcr, reservation_group_arn: 'arn:aws:resource-groups:us-west-2:123456789012:group/p5'}"
BLOCK = "{type: capacity_block, reservation_id: cr-0123456789abcdef0}"
START = "2026-12-01T11:30:00Z"
BLOCK_LATER = f"{{type: capacity_block, reservation_id: cr-0123456789abcdef0, start: '{START}'}}"
BLOCK_LATER_VARIABLE = (
    "{type: capacity_block, reservation_id: var.capacity_reservation_id, start: var.capacity_block_start}"
)

GROUP = "aws_eks_node_group.nodes_gpu"
TEMPLATE = "aws_launch_template.nodes_gpu_launch_template"


def gpu(
    capacity: str = "{type: on_demand}",
    instance_type: str = "p5.48xlarge",
    size: str = "0, 2, 4",
    **more: str,
) -> str:
    """A layout whose group `gpu` has these settings."""
    least, desired, most = size.split(", ")
    lines = [
        "node_groups:",
        "  gpu:",
        f"    instance_type: {instance_type}",
        f"    size: {{min: {least}, desired: {desired}, max: {most}}}",
        f"    capacity: {capacity}",
        "    availability_zone: us-west-2b",
        *(f"    {key}: {value}" for key, value in more.items()),
    ]
    return "\n".join(lines)


def _group(stack: Stack) -> Body:
    return stack[GROUP]


def _template(stack: Stack) -> Body:
    return stack[TEMPLATE]


def test_a_group_is_of_its_cluster_and_version_and_uses_its_launch_template(synth: Synth) -> None:
    group = _group(synth('kubernetes_version: "1.34"\n' + gpu(instance_type="g5.8xlarge")).cluster)
    assert group["node_group_name"] == "gpu"
    assert group["cluster_name"] == "${aws_eks_cluster.cluster.id}"
    assert group["version"] == "1.34"
    assert group["launch_template"] == {
        "id": "${aws_launch_template.nodes_gpu_launch_template.id}",
        "version": "${aws_launch_template.nodes_gpu_launch_template.latest_version}",
    }
    assert "release_version" not in group


def test_an_ami_release_can_be_pinned(synth: Synth) -> None:
    group = _group(synth(gpu(instance_type="g5.8xlarge", release_version='"1.35.0-20260120"')).cluster)
    assert group["release_version"] == "1.35.0-20260120"


def test_on_demand_instances_come_from_no_reservation(synth: Synth) -> None:
    stack = synth(gpu()).cluster
    assert _group(stack)["capacity_type"] == "ON_DEMAND"
    assert _group(stack)["instance_types"] == ["p5.48xlarge"]
    assert not {"capacity_reservation_specification", "instance_market_options", "instance_type"} & set(
        _template(stack)
    )


def test_spot_is_asked_of_eks_and_not_of_the_launch_template(synth: Synth) -> None:
    stack = synth(gpu("{type: spot}", "g5.48xlarge")).cluster
    assert _group(stack)["capacity_type"] == "SPOT"
    assert _group(stack)["instance_types"] == ["g5.48xlarge"]
    assert not {"capacity_reservation_specification", "instance_market_options", "instance_type"} & set(
        _template(stack)
    )


@pytest.mark.parametrize(
    ("capacity", "target"),
    [
        (ODCR, {"capacity_reservation_id": "cr-0123456789abcdef0"}),
        (
            ODCR.replace("cr-0123456789abcdef0", "var.capacity_reservation_id"),
            {"capacity_reservation_id": "${var.capacity_reservation_id}"},
        ),
        (
            ODCR_GROUP,
            {
                "capacity_reservation_resource_group_arn": (
                    "arn:aws:resource-groups:us-west-2:123456789012:group/p5"
                )
            },
        ),
    ],
)
def test_an_on_demand_reservation_is_targeted_with_no_market_option(
    synth: Synth, capacity: str, target: dict[str, str]
) -> None:
    stack = synth(gpu(capacity)).cluster
    assert _group(stack)["capacity_type"] == "ON_DEMAND"
    assert _group(stack)["instance_types"] == ["p5.48xlarge"]
    specification = _template(stack)["capacity_reservation_specification"]
    assert specification == {"capacity_reservation_target": target}
    assert not {"instance_market_options", "instance_type"} & set(_template(stack))


@pytest.mark.parametrize("capacity", [BLOCK, BLOCK_LATER])
def test_a_capacity_block_has_type_and_market_in_the_launch_template_only(
    synth: Synth, capacity: str
) -> None:
    """https://docs.aws.amazon.com/eks/latest/userguide/capacity-blocks-mng.html"""
    stack = synth(gpu(capacity)).cluster
    assert _group(stack)["capacity_type"] == "CAPACITY_BLOCK"
    assert "instance_types" not in _group(stack)
    template = _template(stack)
    assert template["instance_type"] == "p5.48xlarge"
    assert template["instance_market_options"] == {"market_type": "capacity-block"}
    assert template["capacity_reservation_specification"] == {
        "capacity_reservation_target": {"capacity_reservation_id": "cr-0123456789abcdef0"}
    }


@pytest.mark.parametrize(
    ("capacity", "start", "expression"),
    [
        (BLOCK_LATER, START, f'"{START}"'),
        (BLOCK_LATER_VARIABLE, "${var.capacity_block_start}", "var.capacity_block_start"),
    ],
)
def test_a_capacity_block_that_starts_later_scales_up_by_a_scheduled_action(
    synth: Synth, capacity: str, start: str, expression: str
) -> None:
    stack = synth(gpu(capacity)).cluster
    action = stack.only("aws_autoscaling_schedule")
    assert action["autoscaling_group_name"] == (
        "${aws_eks_node_group.nodes_gpu.resources[0].autoscaling_groups[0].name}"
    )
    assert action["start_time"] == start
    assert (action["min_size"], action["desired_capacity"], action["max_size"]) == (0, 2, 4)
    # Auto Scaling refuses an action in the past, so a plan after the start has none.
    assert action["count"] == f"${{timecmp({expression}, plantimestamp()) > 0 ? 1 : 0}}"


def test_a_group_is_empty_until_its_capacity_block_starts(synth: Synth) -> None:
    group = _group(synth(gpu(BLOCK_LATER)).cluster)
    assert group["scaling_config"]["desired_size"] == f'${{timecmp("{START}", plantimestamp()) > 0 ? 0 : 2}}'
    assert group["lifecycle"]["ignore_changes"] == ["scaling_config[0].desired_size"]


def test_a_block_that_has_started_without_its_nodes_is_reported(synth: Synth) -> None:
    """Where the start passes in the middle of an apply there is no action, and the ignored size is no change."""
    check = synth(gpu(BLOCK_LATER)).cluster.json["check"]["nodes_gpu_started"]["assert"][0]
    assert check["condition"] == (
        f'${{timecmp("{START}", plantimestamp()) > 0 || '
        "aws_eks_node_group.nodes_gpu.scaling_config[0].desired_size > 0}"
    )
    assert (
        "aws eks update-nodegroup-config --cluster-name demo --nodegroup-name gpu" in check["error_message"]
    )
    assert "check" not in synth(gpu(BLOCK)).cluster.json


def test_a_minimum_does_not_hold_before_the_capacity_block_starts(synth: Synth) -> None:
    """Instances cannot be launched yet: a minimum of one makes the group's creation fail."""
    scaling = _group(synth(gpu(BLOCK_LATER, size="1, 2, 4")).cluster)["scaling_config"]
    before = f'${{timecmp("{START}", plantimestamp()) > 0 ? 0 : '
    assert scaling["min_size"] == f"{before}1}}"
    assert scaling["desired_size"] == f"{before}2}}"


def test_a_capacity_block_without_a_start_is_filled_at_once(synth: Synth) -> None:
    stack = synth(gpu(BLOCK)).cluster
    assert not stack.resources("aws_autoscaling_schedule")
    assert _group(stack)["scaling_config"] == {"min_size": 0, "desired_size": 2, "max_size": 4}
    assert "ignore_changes" not in _group(stack).get("lifecycle", {})


def test_the_scheduled_action_is_in_utc_whatever_zone_the_layout_writes(synth: Synth) -> None:
    """The AWS provider takes YYYY-MM-DDThh:mm:ssZ alone (aws_autoscaling_schedule, start_time)."""
    stack = synth(gpu(BLOCK_LATER.replace(START, "2026-12-01T12:30:00+01:00"))).cluster
    assert stack.only("aws_autoscaling_schedule")["start_time"] == START


@pytest.mark.parametrize("capacity", ["{type: on_demand}", "{type: spot}", ODCR])
def test_other_capacity_has_no_scheduled_action(synth: Synth, capacity: str) -> None:
    assert not synth(gpu(capacity, "p4d.24xlarge")).cluster.resources("aws_autoscaling_schedule")


def test_terraform_owns_the_size_by_default(synth: Synth) -> None:
    stack = synth(gpu()).cluster
    assert _group(stack)["scaling_config"] == {"min_size": 0, "desired_size": 2, "max_size": 4}
    assert "ignore_changes" not in _group(stack).get("lifecycle", {})
    assert not stack.resources("aws_autoscaling_group_tag")


def test_the_autoscaler_keeps_the_size_that_it_has_chosen(synth: Synth) -> None:
    group = _group(synth(gpu(scaling_owner="autoscaler")).cluster)
    assert group["scaling_config"] == {"min_size": 0, "desired_size": 2, "max_size": 4}
    assert group["lifecycle"] == {"ignore_changes": ["scaling_config[0].desired_size"]}


def _offers(stack: Stack) -> dict[str, str]:
    tags = [tag["tag"] for tag in stack.resources("aws_autoscaling_group_tag").values()]
    prefix = "k8s.io/cluster-autoscaler/node-template/resources/"
    assert all(tag["key"].startswith(prefix) and tag["propagate_at_launch"] is False for tag in tags)
    return {tag["key"].removeprefix(prefix): tag["value"] for tag in tags}


@pytest.mark.parametrize(
    ("instance_type", "offers"),
    [
        ("p5.48xlarge", {"vpc.amazonaws.com/efa": "32"}),
        ("trn2.48xlarge", {"vpc.amazonaws.com/efa": "16", "aws.amazon.com/neuron": "16"}),
        ("g5.2xlarge", {}),
    ],
)
def test_the_autoscaler_learns_what_an_empty_group_would_offer(
    synth: Synth, instance_type: str, offers: dict[str, str]
) -> None:
    found = _offers(synth(gpu(instance_type=instance_type, scaling_owner="autoscaler")).cluster)
    assert {key: value for key, value in found.items() if not key.startswith("hugepages")} == offers
    # Pods with EFA ask for huge pages: a template without them makes the autoscaler refuse to scale up from zero.
    assert ("hugepages-2Mi" in found) == ("vpc.amazonaws.com/efa" in offers)


def test_the_tags_for_the_autoscaler_are_on_the_groups_auto_scaling_group(synth: Synth) -> None:
    for tag in synth(gpu(scaling_owner="autoscaler")).cluster.resources("aws_autoscaling_group_tag").values():
        assert tag["autoscaling_group_name"] == (
            "${aws_eks_node_group.nodes_gpu.resources[0].autoscaling_groups[0].name}"
        )


@pytest.mark.parametrize("capacity", ["{type: on_demand}", "{type: spot}"])
def test_efa_nodes_share_a_cluster_placement_group_of_their_own(synth: Synth, capacity: str) -> None:
    stack = synth(gpu(capacity, "g6e.48xlarge")).cluster
    placement = stack.only("aws_placement_group")
    assert (placement["name"], placement["strategy"]) == ("demo-gpu", "cluster")
    # Where it is no longer wanted it can only go when the nodes have left it.
    assert placement["lifecycle"] == {"create_before_destroy": True}
    assert _template(stack)["placement"] == {
        "group_name": "${aws_placement_group.nodes_gpu_placement_group.name}"
    }


@pytest.mark.parametrize("capacity", [ODCR, ODCR_GROUP, BLOCK, BLOCK_LATER])
def test_reserved_capacity_gets_no_placement_group_of_ours(synth: Synth, capacity: str) -> None:
    """It starves the reservation (eksctl #7949, #8220)."""
    stack = synth(gpu(capacity)).cluster
    assert not stack.resources("aws_placement_group")
    assert "placement" not in _template(stack)


def test_a_reservations_own_placement_group_is_used(synth: Synth) -> None:
    stack = synth(gpu(ODCR, placement_group="{name: var.placement_group_name}")).cluster
    assert not stack.resources("aws_placement_group")
    assert _template(stack)["placement"] == {"group_name": "${var.placement_group_name}"}


def test_the_name_of_a_placement_group_is_text_and_never_a_template(synth: Synth) -> None:
    stack = synth(gpu(ODCR, placement_group="{name: 'of ${path.cwd}'}")).cluster
    assert _template(stack)["placement"] == {"group_name": "of $${path.cwd}"}


def test_groups_without_efa_get_no_placement_group(synth: Synth) -> None:
    stack = synth(gpu(instance_type="g5.2xlarge")).cluster
    assert not stack.resources("aws_placement_group")


def test_a_placement_group_can_be_declined(synth: Synth) -> None:
    stack = synth(gpu(placement_group="none")).cluster
    assert not stack.resources("aws_placement_group")
    assert "placement" not in _template(stack)


def test_labels_and_taints_come_from_the_catalogue(synth: Synth) -> None:
    stack = synth(gpu()).cluster
    labels = _group(stack)["labels"]
    assert labels["nvidia.com/gpu.present"] == "true"
    assert labels["vpc.amazonaws.com/efa.present"] == "true"
    assert _group(stack)["taint"] == [{"key": "nvidia.com/gpu", "value": "true", "effect": "NO_SCHEDULE"}]
    system = stack["aws_eks_node_group.nodes_sys"]
    assert not {"labels", "taint"} & set(system)


def test_neuron_groups_have_their_own_label_and_taint(synth: Synth) -> None:
    group = _group(synth(gpu(instance_type="trn1.32xlarge")).cluster)
    assert group["labels"]["aws.amazon.com/neuron.present"] == "true"
    assert "nvidia.com/gpu.present" not in group["labels"]
    assert group["taint"] == [{"key": "aws.amazon.com/neuron", "value": "true", "effect": "NO_SCHEDULE"}]


def test_labels_are_added_and_taints_replaced(synth: Synth) -> None:
    taints = "[{key: a, effect: NoExecute}, {key: b, value: c, effect: PreferNoSchedule}, {key: d}]"
    group = _group(synth(gpu(labels="{team: research}", taints=taints)).cluster)
    assert group["labels"]["team"] == "research"
    assert group["labels"]["nvidia.com/gpu.present"] == "true"
    assert group["taint"] == [
        {"key": "a", "effect": "NO_EXECUTE"},
        {"key": "b", "value": "c", "effect": "PREFER_NO_SCHEDULE"},
        {"key": "d", "effect": "NO_SCHEDULE"},
    ]


def test_the_ami_has_the_drivers_of_the_instance_type(synth: Synth) -> None:
    types = {
        "x86": ("c5.2xlarge", "AL2023_x86_64_STANDARD"),
        "arm": ("c7g.2xlarge", "AL2023_ARM_64_STANDARD"),
        "gpu": ("p6-b300.48xlarge", "AL2023_x86_64_NVIDIA"),
        "arm-gpu": ("g5g.16xlarge", "AL2023_ARM_64_NVIDIA"),
        "trn": ("trn1.32xlarge", "AL2023_x86_64_NEURON"),
    }
    groups = [
        f"  {name}: {{instance_type: {kind}, size: {{desired: 1}}}}" for name, (kind, _) in types.items()
    ]
    stack = synth("\n".join(["node_groups:", *groups])).cluster
    for name, (_, ami_type) in types.items():
        assert stack[f"aws_eks_node_group.nodes_{name.replace('-', '_')}"]["ami_type"] == ami_type


def test_updates_take_away_as_many_nodes_as_the_layout_allows(synth: Synth) -> None:
    stack = synth("""
        node_groups:
          number: {instance_type: c5.2xlarge, size: {desired: 4}, update: {max_unavailable: 3}}
          percent: {instance_type: c5.2xlarge, size: {desired: 4}, update: {max_unavailable_percentage: 25}}
          default: {instance_type: c5.2xlarge, size: {desired: 4}}
    """).cluster
    updates = {
        name.removeprefix("nodes_"): group["update_config"]
        for name, group in stack.resources("aws_eks_node_group").items()
    }
    assert updates == {
        "number": {"max_unavailable": 3},
        "percent": {"max_unavailable_percentage": 25},
        "default": {"max_unavailable": 1},
        "sys": {"max_unavailable": 1},
    }


def test_node_repair_is_off_unless_the_layout_asks_for_it(synth: Synth) -> None:
    text = "addons: {eks-node-monitoring-agent: {}}\n"
    repaired = synth(text + gpu(instance_type="g5.8xlarge", node_repair="true")).cluster
    assert _group(repaired)["node_repair_config"] == {"enabled": True}
    assert repaired["aws_eks_node_group.nodes_sys"]["node_repair_config"] == {"enabled": False}


def test_every_group_has_a_role_of_its_own_with_what_a_node_needs(synth: Synth) -> None:
    stack = synth(gpu()).cluster
    assert _group(stack)["node_role_arn"] == "${aws_iam_role.nodes_gpu_role.arn}"
    assert stack["aws_eks_node_group.nodes_sys"]["node_role_arn"] == "${aws_iam_role.nodes_sys_role.arn}"
    role = stack["aws_iam_role.nodes_gpu_role"]
    assert role["name_prefix"] == "demo-gpu-"
    [trust] = json.loads(role["assume_role_policy"])["Statement"]
    assert trust["Principal"] == {"Service": "ec2.amazonaws.com"}
    attached = {
        name: one["policy_arn"].rpartition("/")[2]
        for name, one in stack.resources("aws_iam_role_policy_attachment").items()
        if name.startswith("nodes_gpu_")
    }
    assert set(attached.values()) == {
        "AmazonEKSWorkerNodePolicy",
        "AmazonEC2ContainerRegistryPullOnly",
        "AmazonSSMManagedInstanceCore",
    }
    assert {f"aws_iam_role_policy_attachment.{name}" for name in attached} <= stack.needs(GROUP)


def test_nodes_have_no_permissions_of_the_cni(synth: Synth) -> None:
    """The CNI has its own by pod identity: every pod on the node could use those of the node."""
    attachments = synth(gpu()).cluster.resources("aws_iam_role_policy_attachment")
    assert not [
        name for name, one in attachments.items() if name.startswith("nodes_") and "CNI" in one["policy_arn"]
    ]


@pytest.mark.parametrize(
    ("given", "used"),
    [
        ("arn:aws:iam::123456789012:role/nodes", "arn:aws:iam::123456789012:role/nodes"),
        ("var.role_arn", "${var.role_arn}"),
    ],
)
def test_a_node_role_of_the_users_is_taken_as_it_is(synth: Synth, given: str, used: str) -> None:
    stack = synth(gpu(instance_type="g5.8xlarge", role_arn=given)).cluster
    assert _group(stack)["node_role_arn"] == used
    assert not [address for address in stack.addresses if "nodes_gpu_role" in address]


def test_more_policies_can_be_attached_to_the_node_role(synth: Synth) -> None:
    arns = "['arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess', var.policy_arn]"
    stack = synth(gpu(instance_type="g5.8xlarge", policy_arns=arns)).cluster
    extra = [
        stack[f"aws_iam_role_policy_attachment.nodes_gpu_role_policy_extra_{name}"]["policy_arn"]
        for name in ("AmazonS3ReadOnlyAccess", "policy_arn")
    ]
    assert extra == ["arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess", "${var.policy_arn}"]


def test_policies_whose_names_look_alike_are_all_attached(synth: Synth) -> None:
    arns = ["arn:aws:iam::123456789012:policy/team/data", "arn:aws:iam::123456789012:policy/team-data"]
    stack = synth(gpu(instance_type="g5.8xlarge", policy_arns=str(arns))).cluster
    attached = [stack[one]["policy_arn"] for one in stack.addresses if "role_policy_extra" in one]
    assert sorted(attached) == sorted(arns)


def test_tags_of_a_group_are_on_the_group_and_on_its_instances(synth: Synth) -> None:
    stack = synth("tags: {team: a}\n" + gpu(instance_type="g5.8xlarge", tags="{project: b}")).cluster
    assert _group(stack)["tags"] == {"project": "b"}
    for specification in _template(stack)["tag_specifications"]:
        assert specification["tags"] == {"Name": "demo-gpu", "team": "a", "project": "b"}


def test_efa_traffic_is_allowed_within_one_security_group(synth: Synth) -> None:
    """https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/efa-start.html#efa-start-security"""
    stack = synth(gpu()).cluster
    group = "${aws_security_group.efa.id}"
    for of_type in ("aws_vpc_security_group_ingress_rule", "aws_vpc_security_group_egress_rule"):
        rule = stack.only(of_type)
        assert rule["security_group_id"] == rule["referenced_security_group_id"] == group
        assert rule["ip_protocol"] == "-1"
        assert not {"from_port", "to_port", "cidr_ipv4", "cidr_ipv6"} & set(rule)
    security_group = stack.only("aws_security_group")
    assert security_group["name_prefix"] == "demo-efa-"
    assert security_group["lifecycle"] == {"create_before_destroy": True}
    assert security_group["vpc_id"] == "${aws_vpc.network_vpc.id}"


def test_the_efa_security_group_does_not_pass_for_the_clusters(synth: Synth) -> None:
    """The load balancer controller wants exactly one group with the cluster's tag on a node."""
    tags = synth(gpu()).cluster.only("aws_security_group")["tags"]
    assert not [key for key in tags if key.startswith("kubernetes.io/cluster/")]


def test_all_efa_groups_share_the_security_group(synth: Synth) -> None:
    stack = synth(gpu() + "\n  other: {instance_type: g5.8xlarge, size: {desired: 1}}").cluster
    assert len(stack.resources("aws_security_group")) == 1


def test_a_layout_without_efa_has_no_efa_security_group(synth: Synth) -> None:
    stack = synth(gpu(instance_type="g5.2xlarge")).cluster
    assert not stack.resources("aws_security_group")
    assert not stack.resources("aws_vpc_security_group_egress_rule")


def test_names_of_groups_may_be_anything_that_the_layout_takes(synth: Synth) -> None:
    """`gpu-role` beside `gpu`: the resource addresses of the two must not meet."""
    stack = synth(
        gpu(instance_type="g5.8xlarge")
        + "\n  gpu-role: {instance_type: c5.2xlarge, size: {desired: 1}}"
        + "\n  gpu-launch-template: {instance_type: c5.2xlarge, size: {desired: 1}}"
    ).cluster
    assert len(stack.resources("aws_eks_node_group")) == 4


def test_policies_of_the_same_name_in_two_accounts_are_both_attached(synth: Synth) -> None:
    arns = [f"arn:aws:iam::{account}:policy/team/read+write" for account in ("111111111111", "222222222222")]
    stack = synth(gpu(instance_type="g5.8xlarge", policy_arns=str(arns))).cluster
    attached = stack.resources("aws_iam_role_policy_attachment")
    assert {attached[name]["policy_arn"] for name in attached if "extra" in name} == set(arns)
    assert all(name.isidentifier() for name in attached)


EFA_WITHOUT_ZONE = """
node_groups:
  gpu: {instance_type: g4dn.metal, size: {desired: 2}}
"""


@pytest.mark.parametrize(
    ("layout", "zone"),
    [
        (gpu(ODCR), "us-west-2b"),
        (gpu(ODCR).replace("us-west-2b", "var.zone"), "${var.zone}"),
        (EFA_WITHOUT_ZONE, "${local.network_cluster_zones[0]}"),
    ],
)
def test_the_plan_asks_ec2_whether_the_zone_has_the_type(synth: Synth, layout: str, zone: str) -> None:
    stack = synth(layout).cluster
    asked = stack["data.aws_ec2_instance_type_offerings.nodes_gpu_offered"]
    (kind,) = _group(stack)["instance_types"]
    assert asked["location_type"] == "availability-zone"
    wanted = {one["name"]: one["values"] for one in asked["filter"]}
    assert wanted == {"instance-type": [kind], "location": [zone]}
    (check,) = asked["lifecycle"]["postcondition"]
    assert check["condition"] == "${length(self.instance_types) > 0}"
    assert f"EC2 has no {kind} in {zone}" in check["error_message"]


def test_a_group_that_is_spread_over_zones_is_not_asked_for(synth: Synth) -> None:
    assert "data.aws_ec2_instance_type_offerings.nodes_sys_offered" not in synth(gpu()).cluster


def test_fallback_types_follow_the_first(synth: Synth) -> None:
    text = gpu(
        instance_type="g5.8xlarge", fallback_instance_types="[g5.16xlarge]", scaling_owner="autoscaler"
    )
    stack = synth(text).cluster
    assert _group(stack)["instance_types"] == ["g5.8xlarge", "g5.16xlarge"]
    # The autoscaler is told of the first type.
    assert _offers(stack)["vpc.amazonaws.com/efa"] == "1"


def test_the_plan_asks_for_one_of_the_types_in_the_zone(synth: Synth) -> None:
    text = gpu(instance_type="g5.8xlarge", fallback_instance_types="[g5.16xlarge]")
    offered = synth(text).cluster["data.aws_ec2_instance_type_offerings.nodes_gpu_offered"]
    assert offered["filter"][0] == {"name": "instance-type", "values": ["g5.8xlarge", "g5.16xlarge"]}
    [check] = offered["lifecycle"]["postcondition"]
    assert check["condition"] == "${length(self.instance_types) > 0}"
    assert "EC2 has no g5.8xlarge or g5.16xlarge in us-west-2b" in check["error_message"]
    assert "Values=g5.8xlarge,g5.16xlarge" in check["error_message"]


@pytest.mark.parametrize("capacity", ["{type: spot}", ODCR, BLOCK])
def test_eks_is_told_nothing_of_an_ami_that_is_not_its_own(synth: Synth, capacity: str) -> None:
    """https://docs.aws.amazon.com/eks/latest/userguide/launch-templates.html#mng-ami-id-conditions"""
    stack = synth(gpu(capacity, "p4d.24xlarge", ami_id="ami-0123456789abcdef0")).cluster
    assert _group(stack)["ami_type"] == "CUSTOM"
    assert not {"version", "release_version"} & set(_group(stack))
    # Labels and taints stay those of the group: EKS shows them, and keeps them.
    assert _group(stack)["taint"]
    system = stack["aws_eks_node_group.nodes_sys"]
    assert (system["ami_type"], system["version"]) == ("AL2023_x86_64_STANDARD", "1.35")


@pytest.mark.parametrize(
    ("ami_type", "checked"),
    [
        ("AL2023_ARM_64_STANDARD", ["architecture", "root_device_name"]),
        ("BOTTLEROCKET_ARM_64", ["architecture"]),
    ],
)
def test_the_plan_asks_ec2_whether_the_ami_fits(synth: Synth, ami_type: str, checked: list[str]) -> None:
    fields = f"instance_type: m7g.large, ami_type: {ami_type}, ami_id: var.ami_id, size: {{desired: 1}}"
    stack = synth(f"node_groups: {{gpu: {{{fields}}}}}").cluster
    asked = stack["data.aws_ami.nodes_gpu_ami"]
    assert asked["filter"] == [{"name": "image-id", "values": ["${var.ami_id}"]}]
    checks = asked["lifecycle"]["postcondition"]
    assert [check["condition"].split()[0] for check in checks] == [f"${{self.{name}" for name in checked]
    assert '== "arm64"' in checks[0]["condition"]
    assert "m7g.large is arm64" in checks[0]["error_message"]
    assert "data.aws_ami.nodes_sys_ami" not in stack
