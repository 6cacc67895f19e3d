"""FSx for Lustre: beside its nodes, reached by them, and kept."""

from __future__ import annotations

from typing import Any

import pytest

from tests.terraform_json import Stack, Synth

GROUPS = """
name: demo
region: us-west-2
node_groups:
  sys: {instance_type: m5.large, size: {desired: 2}}
  gpu: {instance_type: g6.16xlarge, availability_zone: us-west-2b, size: {desired: 1}, ami_id: ami-0123456789abcdef0}
"""


def cluster(synth: Synth, keys: str, more: str = "") -> Stack:
    """The cluster's stack with a file system `fs` of these keys."""
    return synth(f"{GROUPS}storage:\n  file_systems: {{fs: {{{keys}}}}}\n{more}").cluster


def the(block: Any) -> Any:
    """The one block of its kind."""
    return block[0] if isinstance(block, list) else block


def ports(stack: Stack, direction: str, group: str, other: str) -> set[tuple[int, int]]:
    """Port ranges that a security group lets through from or to another."""
    return {
        (rule["from_port"], rule["to_port"])
        for rule in stack.resources(f"aws_vpc_security_group_{direction}_rule").values()
        if rule["security_group_id"] == group and rule.get("referenced_security_group_id") == other
        if "from_port" in rule
    }


def test_it_is_in_the_subnet_of_its_node_group(synth: Synth) -> None:
    stack = cluster(synth, "capacity_gib: 1200, node_group: gpu")
    made = stack.only("aws_fsx_lustre_file_system")
    assert made["subnet_ids"] == stack["aws_eks_node_group.nodes_gpu"]["subnet_ids"]
    stack = cluster(synth, "capacity_gib: 1200, availability_zone: us-west-2c")
    made = stack.only("aws_fsx_lustre_file_system")
    assert made["subnet_ids"] == ['${aws_subnet.network_private["us-west-2c"].id}']
    # The VPC has a subnet there because of the file system alone.
    assert '"us-west-2c"' in str(stack["aws_subnet.network_private"]["for_each"])


def test_in_an_existing_vpc_it_is_in_the_subnet_of_its_node_group(synth: Synth) -> None:
    text = "extends: eks-p5-odcr-vpc\nstorage: {file_systems: {fs: {capacity_gib: 1200, node_group: p5}}}"
    stack = synth(text).cluster
    assert (
        stack.only("aws_fsx_lustre_file_system")["subnet_ids"]
        == stack["aws_eks_node_group.nodes_p5"]["subnet_ids"]
    )


def test_lustre_gets_through_between_nodes_and_servers_both_ways_before_it_is_made(synth: Synth) -> None:
    stack = cluster(synth, "capacity_gib: 1200, node_group: gpu")
    (group,) = stack.only("aws_fsx_lustre_file_system")["security_group_ids"]
    nodes = "${aws_eks_cluster.cluster.vpc_config[0].cluster_security_group_id}"
    lustre = {(988, 988), (1018, 1023)}
    for one, other in ((group, group), (group, nodes), (nodes, group)):
        assert ports(stack, "ingress", one, other) == lustre
    for other in (group, nodes):
        assert ports(stack, "egress", group, other) == lustre
    needs = stack.needs("aws_fsx_lustre_file_system.file_systems_fs")
    rules = {
        address for address in stack.addresses if "lustre" in address or "file_systems_security" in address
    }
    assert {one for one in rules if one.startswith("aws_vpc_security_group_")} <= needs


def test_with_efa_it_is_in_the_security_group_of_the_efa_nodes_too(synth: Synth) -> None:
    stack = cluster(synth, "capacity_gib: 38400, efa: true, node_group: gpu")
    made = stack.only("aws_fsx_lustre_file_system")
    assert made["efa_enabled"] is True
    assert "${aws_security_group.efa.id}" in made["security_group_ids"]
    # FSx asks for metadata configuration with EFA, and for the rules to be there.
    assert the(made["metadata_configuration"]) == {"mode": "AUTOMATIC"}
    needs = stack.needs("aws_fsx_lustre_file_system.file_systems_fs")
    assert "aws_vpc_security_group_ingress_rule.efa_from_itself" in needs
    plain = cluster(synth, "capacity_gib: 38400, node_group: gpu").only("aws_fsx_lustre_file_system")
    assert "efa_enabled" not in plain
    assert len(plain["security_group_ids"]) == 1


def test_persistent_and_scratch_ask_for_what_each_has(synth: Synth) -> None:
    made = cluster(synth, "capacity_gib: 1200, node_group: gpu").only("aws_fsx_lustre_file_system")
    assert (made["deployment_type"], made["per_unit_storage_throughput"]) == ("PERSISTENT_2", 125)
    assert the(made["metadata_configuration"]) == {"mode": "AUTOMATIC"}
    made = cluster(
        synth, "capacity_gib: 1200, node_group: gpu, metadata_iops: 6000, throughput_mbs_per_tib: 500"
    ).only("aws_fsx_lustre_file_system")
    assert made["per_unit_storage_throughput"] == 500
    assert the(made["metadata_configuration"]) == {"mode": "USER_PROVISIONED", "iops": 6000}
    made = cluster(synth, "type: scratch_2, capacity_gib: 1200, node_group: gpu").only(
        "aws_fsx_lustre_file_system"
    )
    assert made["deployment_type"] == "SCRATCH_2"
    only_persistent = {
        "per_unit_storage_throughput",
        "metadata_configuration",
        "automatic_backup_retention_days",
    }
    assert not only_persistent & set(made)


@pytest.mark.parametrize(
    ("keys", "protected", "last_backup"),
    [
        ("", True, True),
        ("retain: false", False, False),
        # FSx makes backups of neither.
        ("type: scratch_2", True, False),
        ("data_repositories: [{bucket: 's3://other', path: /data}]", True, False),
    ],
)
def test_what_is_retained_cannot_be_destroyed_and_leaves_a_backup_if_it_can(
    synth: Synth, keys: str, protected: bool, last_backup: bool
) -> None:
    stack = cluster(synth, f"capacity_gib: 1200, node_group: gpu, {keys}")
    made = stack.only("aws_fsx_lustre_file_system")
    assert made.get("lifecycle") == ({"prevent_destroy": True} if protected else None)
    assert made["skip_final_backup"] is not last_backup
    assert ("cdktf-eks-training/retain" in made["tags"]) is protected
    told = stack.outputs.get("retained_data")
    assert (told is not None and told["value"] == ["FSx file system fs"]) is protected


def test_the_other_stacks_find_it_by_a_parameter(synth: Synth) -> None:
    stack = cluster(synth, "capacity_gib: 1200, node_group: gpu")
    parameter = stack["aws_ssm_parameter.file_systems_fs_address"]
    assert parameter["name"] == "/eks/demo/file-systems/fs"
    at = "aws_fsx_lustre_file_system.file_systems_fs"
    assert (
        parameter["insecure_value"]
        == f"${{jsonencode({{id = {at}.id, dns_name = {at}.dns_name, mount_name = {at}.mount_name}})}}"
    )
    assert stack.outputs["file_systems"]["value"] == {
        "fs": {key: f"${{{at}.{key}}}" for key in ("id", "dns_name", "mount_name")}
    }


def test_data_repositories_show_buckets_of_the_layout_and_others(synth: Synth) -> None:
    repositories = (
        "{bucket: data, prefix: train, path: /data}, {bucket: named, path: /a-b, auto_import: [], auto_export: [new]}, "
        "{bucket: 's3://other', path: /a/b, auto_import: []}"
    )
    stack = cluster(
        synth,
        f"capacity_gib: 1200, node_group: gpu, data_repositories: [{repositories}]",
        "  buckets: {data: {}, named: {name: acme-named}}\n",
    )
    links = {
        one["file_system_path"]: one
        for one in stack.resources("aws_fsx_data_repository_association").values()
    }
    account = "${data.aws_caller_identity.file_systems_account_id.account_id}"
    assert {path: link["data_repository_path"] for path, link in links.items()} == {
        "/data": f"s3://demo-data-{account}-us-west-2/train/",
        "/a-b": "s3://acme-named",
        "/a/b": "s3://other",
    }
    imports = the(the(links["/data"]["s3"])["auto_import_policy"])["events"]
    assert imports == ["NEW", "CHANGED", "DELETED"]
    assert "auto_export_policy" not in the(links["/data"]["s3"])
    assert the(the(links["/a-b"]["s3"])["auto_export_policy"])["events"] == ["NEW"]
    assert "s3" not in links["/a/b"]
    # What is in the bucket is there from the start, and what is in the file system never goes because of a link.
    assert all(link["batch_import_meta_data_on_create"] for link in links.values())
    assert not any(link.get("delete_data_in_filesystem") for link in links.values())


def test_another_order_of_data_repositories_replaces_none(synth: Synth) -> None:
    def addresses(*paths: str) -> dict[str, str]:
        links = ", ".join(f"{{bucket: 's3://b{path[1:3]}x', path: {path}}}" for path in paths)
        stack = cluster(synth, f"capacity_gib: 1200, node_group: gpu, data_repositories: [{links}]")
        return {
            one["file_system_path"]: name
            for name, one in stack.resources("aws_fsx_data_repository_association").items()
        }

    assert addresses("/one", "/two") == addresses("/two", "/one")


def test_the_add_on_that_mounts_file_systems_comes_with_them(synth: Synth) -> None:
    stack = cluster(synth, "capacity_gib: 1200, node_group: gpu")
    assert "aws_eks_addon.addons_aws_fsx_csi_driver" in stack
    assert "aws_eks_addon.addons_aws_fsx_csi_driver" not in synth(GROUPS).cluster
