"""The control plane: its role, key, logs, endpoint, and who may use it."""

from __future__ import annotations

import json

import pytest

from tests.terraform_json import Synth

DEFAULT = "tags: {}"
ROLE = "arn:aws:iam::123456789012:role/ours"
KEY = "arn:aws:kms:us-west-2:123456789012:key/11111111-2222-3333-4444-555555555555"


def test_the_cluster_has_the_layouts_name_and_version(synth: Synth) -> None:
    cluster = synth('kubernetes_version: "1.34"').cluster.only("aws_eks_cluster")
    assert cluster["name"] == "demo"
    assert cluster["version"] == "1.34"


def test_a_cluster_role_is_made_that_eks_can_assume(synth: Synth) -> None:
    stack = synth(DEFAULT).cluster
    assert stack.only("aws_eks_cluster")["role_arn"] == "${aws_iam_role.cluster_role.arn}"
    role = stack["aws_iam_role.cluster_role"]
    assert role["name_prefix"] == "demo-cluster-"
    [statement] = json.loads(role["assume_role_policy"])["Statement"]
    assert statement["Principal"] == {"Service": "eks.amazonaws.com"}
    policy = stack["aws_iam_role_policy_attachment.cluster_role_policy_cluster"]
    assert policy["policy_arn"] == (
        "arn:${data.aws_partition.partition.partition}:iam::aws:policy/AmazonEKSClusterPolicy"
    )


def test_the_roles_policies_are_there_before_the_cluster_and_after_it(synth: Synth) -> None:
    needs = synth(DEFAULT).cluster.needs("aws_eks_cluster.cluster")
    assert "aws_iam_role_policy_attachment.cluster_role_policy_cluster" in needs


@pytest.mark.parametrize(("given", "used"), [(ROLE, ROLE), ("var.role_arn", "${var.role_arn}")])
def test_a_role_of_the_users_is_taken_as_it_is(synth: Synth, given: str, used: str) -> None:
    stack = synth(f"cluster: {{role_arn: '{given}'}}").cluster
    assert stack.only("aws_eks_cluster")["role_arn"] == used
    assert "aws_iam_role.cluster_role" not in stack
    assert not [
        name for name in stack.resources("aws_iam_role_policy_attachment") if name.startswith("cluster_")
    ]


def test_secrets_are_encrypted_with_a_key_that_rotates(synth: Synth) -> None:
    stack = synth(DEFAULT).cluster
    encryption = stack.only("aws_eks_cluster")["encryption_config"]
    assert encryption == {"provider": {"key_arn": "${aws_kms_key.cluster_key.arn}"}, "resources": ["secrets"]}
    assert stack.only("aws_kms_key")["enable_key_rotation"] is True
    assert stack.only("aws_kms_alias")["name"] == "alias/eks/demo"


def test_secrets_may_be_encrypted_with_the_users_key(synth: Synth) -> None:
    stack = synth(f"cluster: {{secrets_encryption: {{kms_key_arn: '{KEY}'}}}}").cluster
    assert stack.only("aws_eks_cluster")["encryption_config"]["provider"]["key_arn"] == KEY
    assert not stack.resources("aws_kms_key")
    assert not stack.resources("aws_kms_alias")


def test_encryption_of_secrets_can_be_left_out(synth: Synth) -> None:
    stack = synth("cluster: {secrets_encryption: {enabled: false}}").cluster
    assert "encryption_config" not in stack.only("aws_eks_cluster")
    assert not stack.resources("aws_kms_key")


def test_control_plane_logs_have_a_retention_and_their_group_comes_first(synth: Synth) -> None:
    """EKS makes the group by itself otherwise, without an end to its retention."""
    stack = synth("cluster: {logs: {types: [audit], retention_days: 365}}").cluster
    assert stack.only("aws_eks_cluster")["enabled_cluster_log_types"] == ["audit"]
    assert stack["aws_cloudwatch_log_group.cluster_logs"] == {
        "name": "/aws/eks/demo/cluster",
        "retention_in_days": 365,
    }
    assert "aws_cloudwatch_log_group.cluster_logs" in stack.needs("aws_eks_cluster.cluster")


def test_all_five_logs_are_kept_by_default(synth: Synth) -> None:
    types = synth(DEFAULT).cluster.only("aws_eks_cluster")["enabled_cluster_log_types"]
    assert set(types) == {"api", "audit", "authenticator", "controllerManager", "scheduler"}


def test_the_api_is_reachable_from_the_vpc_only_by_default(synth: Synth) -> None:
    config = synth(DEFAULT).cluster.only("aws_eks_cluster")["vpc_config"]
    assert config["endpoint_private_access"] is True
    assert config["endpoint_public_access"] is False
    assert "public_access_cidrs" not in config


@pytest.mark.parametrize(
    ("given", "used"),
    [
        ("[203.0.113.0/24, 198.51.100.7/32]", ["203.0.113.0/24", "198.51.100.7/32"]),
        ("var.public_access_cidrs", "${var.public_access_cidrs}"),
    ],
)
def test_the_public_endpoint_is_open_to_the_named_cidrs(synth: Synth, given: str, used: object) -> None:
    config = synth(f"cluster: {{endpoint: {{public: true, public_access_cidrs: {given}}}}}").cluster.only(
        "aws_eks_cluster"
    )["vpc_config"]
    assert config["endpoint_public_access"] is True
    assert config["endpoint_private_access"] is True
    assert config["public_access_cidrs"] == used


def test_access_goes_by_entries_and_never_by_the_config_map(synth: Synth) -> None:
    access = synth(DEFAULT).cluster.only("aws_eks_cluster")["access_config"]
    assert access["authentication_mode"] == "API"


@pytest.mark.parametrize(("given", "used"), [("true", True), ("false", False)])
def test_the_creator_is_administrator_by_setting_and_a_later_change_replaces_no_cluster(
    synth: Synth, given: str, used: bool
) -> None:
    cluster = synth(f"cluster: {{creator_admin: {given}}}").cluster.only("aws_eks_cluster")
    assert cluster["access_config"]["bootstrap_cluster_creator_admin_permissions"] is used
    assert (
        "access_config[0].bootstrap_cluster_creator_admin_permissions"
        in cluster["lifecycle"]["ignore_changes"]
    )


ENTRIES = f"""
cluster:
  access_entries:
    admins:
      principal_arn: {ROLE}
      policies: [AmazonEKSClusterAdminPolicy, AmazonEKSAdminViewPolicy]
    researchers:
      principal_arn: var.principal_arn
      policies: [AmazonEKSEditPolicy]
      namespaces: [training, notebooks]
    auditors:
      principal_arn: arn:aws:iam::123456789012:user/audit
      kubernetes_groups: [readers]
"""


def test_access_entries_name_their_principals(synth: Synth) -> None:
    entries = synth(ENTRIES).cluster.resources("aws_eks_access_entry")
    assert {name: entry["principal_arn"] for name, entry in entries.items()} == {
        "cluster_access_admins": ROLE,
        "cluster_access_researchers": "${var.principal_arn}",
        "cluster_access_auditors": "arn:aws:iam::123456789012:user/audit",
    }
    assert entries["cluster_access_auditors"]["kubernetes_groups"] == ["readers"]
    assert "kubernetes_groups" not in entries["cluster_access_admins"]
    assert {entry["cluster_name"] for entry in entries.values()} == {"${aws_eks_cluster.cluster.id}"}


def test_access_policies_reach_the_whole_cluster_or_the_named_namespaces(synth: Synth) -> None:
    associations = synth(ENTRIES).cluster.resources("aws_eks_access_policy_association")
    assert {name: one["access_scope"] for name, one in associations.items()} == {
        "cluster_access_admins_AmazonEKSClusterAdminPolicy": {"type": "cluster"},
        "cluster_access_admins_AmazonEKSAdminViewPolicy": {"type": "cluster"},
        "cluster_access_researchers_AmazonEKSEditPolicy": {
            "type": "namespace",
            "namespaces": ["training", "notebooks"],
        },
    }
    for name, one in associations.items():
        entry = name.rpartition("_")[0]
        assert one["principal_arn"] == f"${{aws_eks_access_entry.{entry}.principal_arn}}"
        policy = name.rpartition("_")[2]
        assert one["policy_arn"] == (
            f"arn:${{data.aws_partition.partition.partition}}:eks::aws:cluster-access-policy/{policy}"
        )


def test_a_policy_may_have_namespaces_of_its_own(synth: Synth) -> None:
    stack = synth(f"""
        cluster:
          access_entries:
            dev:
              principal_arn: '{ROLE}'
              namespaces: [team-a]
              policies:
                - AmazonEKSViewPolicy
                - {{name: AmazonEKSEditPolicy, namespaces: [team-b, dev-*]}}
                - {{name: AmazonEKSSecretReaderPolicy}}
    """).cluster
    scopes = {
        body["policy_arn"].rpartition("/")[2]: body["access_scope"]
        for body in stack.resources("aws_eks_access_policy_association").values()
    }
    assert scopes == {
        "AmazonEKSViewPolicy": {"type": "namespace", "namespaces": ["team-a"]},
        "AmazonEKSEditPolicy": {"type": "namespace", "namespaces": ["team-b", "dev-*"]},
        "AmazonEKSSecretReaderPolicy": {"type": "cluster"},
    }


def test_a_principal_may_have_a_name_of_the_users_which_is_text_and_never_a_template(synth: Synth) -> None:
    stack = synth(f"""
        cluster:
          access_entries:
            dev: {{principal_arn: '{ROLE}', user_name: 'dev-${{a}}:{{{{SessionName}}}}', policies: [AmazonEKSViewPolicy]}}
    """).cluster
    assert stack.only("aws_eks_access_entry")["user_name"] == "dev-$${a}:{{SessionName}}"


@pytest.mark.parametrize(
    ("given", "used"),
    [
        ("[sg-0123456789abcdef0, var.group]", '["sg-0123456789abcdef0", var.group]'),
        ("var.groups", "var.groups"),
    ],
)
def test_the_control_plane_may_have_more_security_groups_of_its_vpc(
    synth: Synth, given: str, used: str
) -> None:
    stack = synth(f"""
        network:
          vpc_id: vpc-0123456789abcdef0
          private_subnet_ids: [subnet-0123456789abcdef0, subnet-0123456789abcdef1]
        cluster: {{security_group_ids: {given}}}
    """).cluster
    found = "data.aws_security_group.network_cluster_security_groups"
    assert stack.only("aws_eks_cluster")["vpc_config"]["security_group_ids"] == f"${{values({found})[*].id}}"
    assert stack[found]["for_each"] == f"${{toset({used})}}"
    [check] = stack[found]["lifecycle"]["postcondition"]
    assert check["condition"] == "${self.vpc_id == data.aws_vpc.network_vpc.id}"
    assert check["error_message"].startswith(
        "cluster.security_group_ids: the security group ${self.id} is not in"
    )
    assert "security_group_ids" not in synth(DEFAULT).cluster.only("aws_eks_cluster")["vpc_config"]


def test_a_kubernetes_group_is_text_and_never_a_template(synth: Synth) -> None:
    stack = synth(
        f"cluster: {{access_entries: {{ops: {{principal_arn: '{ROLE}', kubernetes_groups: ['a${{path.cwd}}']}}}}}}"
    ).cluster
    assert stack["aws_eks_access_entry.cluster_access_ops"]["kubernetes_groups"] == ["a$${path.cwd}"]


def test_pods_may_use_iam_roles_by_oidc_unless_the_layout_says_no(synth: Synth) -> None:
    provider = synth(DEFAULT).cluster.only("aws_iam_openid_connect_provider")
    assert provider["url"] == "${aws_eks_cluster.cluster.identity[0].oidc[0].issuer}"
    assert provider["client_id_list"] == ["sts.amazonaws.com"]
    without = synth("cluster: {oidc_provider: false}").cluster
    assert not without.resources("aws_iam_openid_connect_provider")


def test_eks_installs_no_addons_of_its_own(synth: Synth) -> None:
    assert synth(DEFAULT).cluster.only("aws_eks_cluster")["bootstrap_self_managed_addons"] is False


def test_settings_of_the_clusters_life_follow_the_layout(synth: Synth) -> None:
    by_default = synth(DEFAULT).cluster.only("aws_eks_cluster")
    assert by_default["upgrade_policy"] == {"support_type": "EXTENDED"}
    assert by_default["deletion_protection"] is False
    assert by_default["zonal_shift_config"] == {"enabled": False}
    changed = synth(
        "cluster: {support_type: STANDARD, deletion_protection: true, zonal_shift: true}"
    ).cluster.only("aws_eks_cluster")
    assert changed["upgrade_policy"] == {"support_type": "STANDARD"}
    assert changed["deletion_protection"] is True
    assert changed["zonal_shift_config"] == {"enabled": True}


def test_eks_chooses_the_service_range_unless_the_layout_does(synth: Synth) -> None:
    assert "kubernetes_network_config" not in synth(DEFAULT).cluster.only("aws_eks_cluster")
    cluster = synth("cluster: {service_ipv4_cidr: 172.20.0.0/16}").cluster.only("aws_eks_cluster")
    assert cluster["kubernetes_network_config"]["service_ipv4_cidr"] == "172.20.0.0/16"


def test_other_subnets_never_change_the_control_plane_and_another_vpc_replaces_it(synth: Synth) -> None:
    """EKS keeps a control plane to the zones of its creation, and cannot move it to another VPC."""
    lifecycle = synth("tags: {}").cluster.only("aws_eks_cluster")["lifecycle"]
    assert "vpc_config[0].subnet_ids" in lifecycle["ignore_changes"]
    assert lifecycle["replace_triggered_by"] == ["aws_vpc.network_vpc.id"]


def test_a_scheduler_is_refused_where_no_rule_was_asked_and_the_provider_does_not_have_it() -> None:
    from cdktf import TerraformStack, Testing

    from modules.cluster import Cluster
    from modules.layout.models import Cluster as Section

    section = Section.model_validate({"scheduler": {"scoring_strategy": "MostAllocated"}})
    stack = TerraformStack(Testing.app(), "own")
    with pytest.raises(
        ValueError, match="kube_scheduler_config of aws_eks_cluster: the AWS provider of CDKTF does not"
    ):
        Cluster(
            stack, "cluster", name="own", kubernetes_version="1.35", subnet_ids=["subnet-1"], cluster=section
        )
