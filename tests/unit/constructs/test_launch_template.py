"""The launch template of a managed node group: interfaces, volumes, metadata service, and what EKS forbids."""

from __future__ import annotations

import pytest

from modules import catalog
from modules.catalog import Interface, efa_interfaces
from tests.terraform_json import Body, Synth

TEMPLATE = "aws_launch_template.nodes_gpu_launch_template"
CAPACITIES = (
    "{type: on_demand}",
    "{type: spot}",
    "{type: odcr, reservation_id: cr-0123456789abcdef0}",
    "{type: capacity_block, reservation_id: cr-0123456789abcdef0}",
)
KEY = "arn:aws:kms:us-west-2:123456789012:key/11111111-2222-3333-4444-555555555555"


def gpu(instance_type: str = "g5.8xlarge", **more: str) -> str:
    """A layout whose group `gpu` has these settings."""
    return "\n".join(
        [
            "node_groups:",
            "  gpu:",
            f"    instance_type: {instance_type}",
            "    size: {min: 0, desired: 2, max: 4}",
            "    availability_zone: us-west-2b",
            *(f"    {key}: {value}" for key, value in more.items()),
        ]
    )


def test_a_name_that_is_too_long_ends_in_its_hash_and_others_stay(synth: Synth) -> None:
    long, group = "c" * 63, "g" * 62

    def name(group: str) -> str:
        stack = synth(
            f"name: {long}\nregion: us-west-2\n"
            f"node_groups: {{{group}: {{instance_type: c5.2xlarge, size: {{desired: 1}}}}}}\n"
        ).cluster
        return str(stack.only("aws_launch_template")["name"])

    assert name(group[:61]) == f"{long}-{group[:61]}"
    shortened = {name(group), name(f"{group[:61]}h"), name(f"{group}g")}
    assert len(shortened) == 3
    assert {len(one) for one in shortened} <= {125}
    assert all(one.startswith(f"{long}-{'g' * 52}-") for one in shortened)


def _ebs(template: Body) -> Body:
    [mapping] = template["block_device_mappings"]
    ebs: Body = mapping["ebs"]
    return ebs


@pytest.mark.parametrize("name", [name for name in catalog.names() if catalog.find(name).supports_efa])  # type: ignore[union-attr]
def test_every_type_gets_all_of_its_efa_interfaces_each_in_a_place_of_its_own(name: str) -> None:
    found = catalog.find(name)
    assert found is not None
    interfaces = efa_interfaces(found)
    assert sum(one.type in ("efa", "efa-only") for one in interfaces) == found.efa_interfaces
    assert len({(one.card, one.device) for one in interfaces}) == len(interfaces)
    assert {one.card for one in interfaces} <= set(range(len(found.network_cards)))
    # EC2 wants a primary interface that carries IP: card 0, device 0.
    assert [one.type for one in interfaces if (one.card, one.device) == (0, 0)] in (["interface"], ["efa"])
    assert sum(one.type != "efa-only" for one in interfaces) == 1


def test_efa_only_stands_on_no_card_that_cannot_carry_it() -> None:
    found = catalog.find("p6-b300.48xlarge")
    assert found is not None
    assert [one for one in efa_interfaces(found) if one.card == 0] == [Interface(0, 0, "interface")]


def test_a_type_without_efa_has_no_efa_interfaces() -> None:
    found = catalog.find("c5.2xlarge")
    assert found is not None
    with pytest.raises(ValueError, match=r"c5\.2xlarge has no EFA"):
        efa_interfaces(found)


def test_every_interface_of_an_efa_node_is_in_the_clusters_group_and_that_of_efa(synth: Synth) -> None:
    """A group of our own drops the one that EKS adds, and nodes without it reach no control plane."""
    interfaces = synth(gpu("p4d.24xlarge")).cluster[TEMPLATE]["network_interfaces"]
    assert len(interfaces) == 5
    for interface in interfaces:
        assert interface["security_groups"] == [
            "${aws_eks_cluster.cluster.vpc_config[0].cluster_security_group_id}",
            "${aws_security_group.efa.id}",
        ]
        assert interface["associate_public_ip_address"] == "false"
        assert interface["delete_on_termination"] == "true"


@pytest.mark.parametrize("text", [gpu("g5.2xlarge"), gpu("p4d.24xlarge", efa="false")])
def test_nodes_without_efa_have_the_interface_and_group_that_eks_gives_them(synth: Synth, text: str) -> None:
    template = synth(text).cluster[TEMPLATE]
    assert not {"network_interfaces", "vpc_security_group_ids", "security_group_names"} & set(template)


@pytest.mark.parametrize("capacity", CAPACITIES)
def test_nothing_is_set_that_eks_forbids_in_a_managed_node_group(synth: Synth, capacity: str) -> None:
    """https://docs.aws.amazon.com/eks/latest/userguide/launch-templates.html#launch-template-basics"""
    stack = synth(gpu("p4d.24xlarge", capacity=capacity)).cluster
    for template in stack.resources("aws_launch_template").values():
        assert not {
            "iam_instance_profile",
            "instance_initiated_shutdown_behavior",
            "hibernation_options",
            "instance_requirements",
            "vpc_security_group_ids",  # forbidden beside those of the interfaces
            "image_id",  # an AMI of one's own wants a bootstrap of one's own
        } & set(template)
        for interface in template.get("network_interfaces", []):
            assert "subnet_id" not in interface


@pytest.mark.parametrize("capacity", CAPACITIES)
def test_market_options_and_type_are_those_of_a_capacity_block_alone(synth: Synth, capacity: str) -> None:
    stack = synth(gpu("p4d.24xlarge", capacity=capacity)).cluster
    block = "capacity_block" in capacity
    for name in ("instance_market_options", "instance_type"):
        assert (name in stack[TEMPLATE]) is block
        assert name not in stack["aws_launch_template.nodes_sys_launch_template"]


def test_the_metadata_service_wants_a_token_from_the_node_itself(synth: Synth) -> None:
    assert synth(gpu()).cluster[TEMPLATE]["metadata_options"] == {
        "http_endpoint": "enabled",
        "http_tokens": "required",
        "http_put_response_hop_limit": 1,
    }
    hops = synth(gpu(imds_hop_limit="2")).cluster[TEMPLATE]["metadata_options"]
    assert hops["http_put_response_hop_limit"] == 2
    assert hops["http_tokens"] == "required"


def test_the_root_volume_is_encrypted_gp3(synth: Synth) -> None:
    stack = synth(gpu()).cluster
    for template in stack.resources("aws_launch_template").values():
        assert template["block_device_mappings"][0]["device_name"] == "/dev/xvda"
        assert _ebs(template) == {
            "encrypted": "true",
            "volume_size": 100,
            "volume_type": "gp3",
            "delete_on_termination": "true",
        }


def test_the_root_volume_follows_the_layout(synth: Synth) -> None:
    volume = f"{{size_gib: 500, iops: 6000, throughput: 500, kms_key_arn: '{KEY}'}}"
    ebs = _ebs(synth(gpu(root_volume=volume)).cluster[TEMPLATE])
    assert (ebs["volume_size"], ebs["iops"], ebs["throughput"]) == (500, 6000, 500)
    assert ebs["kms_key_id"] == KEY
    assert ebs["encrypted"] == "true"
    io2 = _ebs(synth(gpu(root_volume="{type: io2, iops: 10000}")).cluster[TEMPLATE])
    assert (io2["volume_type"], io2["iops"]) == ("io2", 10000)


@pytest.mark.parametrize("ami_type", ["BOTTLEROCKET_x86_64_NVIDIA"])
def test_bottlerocket_keeps_containers_on_its_second_volume(synth: Synth, ami_type: str) -> None:
    [mapping] = synth(gpu(ami_type=ami_type)).cluster[TEMPLATE]["block_device_mappings"]
    assert mapping["device_name"] == "/dev/xvdb"
    assert mapping["ebs"]["encrypted"] == "true"


def test_instances_volumes_and_interfaces_are_tagged(synth: Synth) -> None:
    specifications = synth("tags: {team: a}\n" + gpu()).cluster[TEMPLATE]["tag_specifications"]
    assert {one["resource_type"] for one in specifications} == {"instance", "volume", "network-interface"}
    assert all(one["tags"] == {"Name": "demo-gpu", "team": "a"} for one in specifications)


def test_a_new_version_becomes_the_default_one(synth: Synth) -> None:
    assert synth(gpu()).cluster[TEMPLATE]["update_default_version"] is True


def test_a_first_card_of_one_interface_carries_both_ip_and_efa() -> None:
    found = catalog.find("hpc6id.32xlarge")
    assert found is not None
    assert efa_interfaces(found) == (Interface(0, 0, "efa"), Interface(1, 0, "efa-only"))


SGS = "[sg-0123456789abcdef0, var.security_group_id]"
CLUSTERS_OWN = "${aws_eks_cluster.cluster.vpc_config[0].cluster_security_group_id}"
GIVEN = ["sg-0123456789abcdef0", "${var.security_group_id}"]


def test_security_groups_of_the_layout_stand_beside_the_clusters_own_on_the_template(synth: Synth) -> None:
    template = synth(gpu("g5.2xlarge", security_group_ids=SGS)).cluster[TEMPLATE]
    assert template["vpc_security_group_ids"] == [CLUSTERS_OWN, *GIVEN]
    assert "network_interfaces" not in template


def test_security_groups_of_efa_nodes_stand_on_each_interface_and_never_on_the_template(synth: Synth) -> None:
    """https://docs.aws.amazon.com/eks/latest/userguide/launch-templates.html#launch-template-security-groups"""
    stack = synth(gpu("p4d.24xlarge", security_group_ids=SGS)).cluster
    assert "vpc_security_group_ids" not in stack[TEMPLATE]
    for interface in stack[TEMPLATE]["network_interfaces"]:
        assert interface["security_groups"] == [CLUSTERS_OWN, "${aws_security_group.efa.id}", *GIVEN]
    system = stack["aws_launch_template.nodes_sys_launch_template"]
    assert not {"network_interfaces", "vpc_security_group_ids"} & set(system)


def test_an_ami_of_ones_own_is_the_templates(synth: Synth) -> None:
    stack = synth(gpu(ami_id="var.ami_id")).cluster
    assert stack[TEMPLATE]["image_id"] == "${var.ami_id}"
    assert stack.variables["ami_id"]["validation"][0]["condition"] == (
        '${can(regex("^ami-([0-9a-f]{8}|[0-9a-f]{17})$", var.ami_id))}'
    )
    assert "image_id" not in stack["aws_launch_template.nodes_sys_launch_template"]


@pytest.mark.parametrize("preference", ["open", "none"])
def test_open_reservations_are_used_or_left_as_the_layout_says(synth: Synth, preference: str) -> None:
    capacity = f"{{reservation_preference: {preference}}}"
    template = synth(gpu(capacity=capacity)).cluster[TEMPLATE]
    assert template["capacity_reservation_specification"] == {"capacity_reservation_preference": preference}
