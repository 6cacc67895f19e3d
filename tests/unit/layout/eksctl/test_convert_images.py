"""What nodes start from and how: images, NodeConfig, commands, the kubelet's settings."""

from __future__ import annotations

import textwrap
from typing import Any

import pytest

from tests.unit.layout.eksctl.imports import Importer, group_of

GROUP = "managedNodeGroups[0]"
NODE_CONFIG = """
overrideBootstrapCommand: |
  apiVersion: node.eks.aws/v1alpha1
  kind: NodeConfig
  spec:
"""


@pytest.mark.parametrize(
    ("fields", "image"),
    [
        ("amiFamily: AmazonLinux2023", "AL2023_x86_64_STANDARD"),
        ("amiFamily: Bottlerocket", "BOTTLEROCKET_x86_64"),
        ("amiFamily: bottlerocket", "BOTTLEROCKET_x86_64"),
        ("amiFamily: BottlerocketFips", "BOTTLEROCKET_x86_64_FIPS"),
        ("", "AL2023_x86_64_STANDARD"),
    ],
)
def test_the_image_family_is_kept(imported: Importer, fields: str, image: str) -> None:
    assert group_of(imported, fields).group.ami_type == image


def test_bottlerocket_on_gpus_has_nvidia_s_drivers(imported: Importer) -> None:
    made = group_of(imported, "amiFamily: Bottlerocket", "instanceType: g5.xlarge")
    assert made.group.ami_type == "BOTTLEROCKET_x86_64_NVIDIA"


def test_fips_on_gpus_is_taken_out_and_named_where_the_provider_refuses_it(imported: Importer) -> None:
    made = group_of(imported, "amiFamily: BottlerocketFips", "instanceType: g5.xlarge")
    assert made.group.ami_type == "AL2023_x86_64_NVIDIA"
    (row,) = [row for row in made.converted.rows if "6.29.0" in str(row)]
    assert row.fate == "dropped"
    assert row.matters


@pytest.mark.parametrize(
    ("family", "fate"),
    [("AmazonLinux2", "changed"), ("Ubuntu2404", "DROPPED")],
)
def test_a_family_without_counterpart_is_named(imported: Importer, family: str, fate: str) -> None:
    assert group_of(imported, f"amiFamily: {family}").fate(f"{GROUP}.amiFamily") == fate


def test_an_image_of_one_s_own_is_kept(imported: Importer) -> None:
    made = group_of(imported, "ami: ami-0123456789abcdef0\namiFamily: AmazonLinux2023")
    assert made.group.ami_id == "ami-0123456789abcdef0"


def test_eksctl_s_own_choice_of_an_image_is_eks_s(imported: Importer) -> None:
    made = group_of(imported, "ami: auto-ssm")
    assert made.group.ami_id is None
    assert made.fate(f"{GROUP}.ami") == "changed"


def test_windows_and_what_stands_in_a_launch_template_are_left_out(imported: Importer) -> None:
    made = imported("""
        managedNodeGroups:
          - {name: windows, amiFamily: WindowsServer2022CoreContainer, instanceType: m6i.xlarge}
          - {name: template, launchTemplate: {id: lt-0123456789abcdef0}}
          - {name: linux, instanceType: m6i.large}
        """)
    assert list(made.layout.node_groups) == ["linux"]
    assert made.fate(GROUP) == made.fate("managedNodeGroups[1]") == "DROPPED"


@pytest.mark.parametrize(
    "user_data",
    [
        "apiVersion: node.eks.aws/v1alpha1\nkind: NodeConfig\nspec: {kubelet: {config: {maxPods: 58}}}\n",
        'MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary="B"\n\n--B\nContent-Type: application/node.eks.aws\n\n'
        "apiVersion: node.eks.aws/v1alpha1\nkind: NodeConfig\nspec: {kubelet: {config: {maxPods: 58}}}\n--B--\n",
    ],
)
def test_a_node_config_is_kept_plain_or_in_mime(imported: Importer, user_data: str) -> None:
    made = group_of(imported, "overrideBootstrapCommand: |\n" + textwrap.indent(user_data, "  "))
    config: Any = made.group.node_config
    assert config.kubelet.config["maxPods"] == 58
    assert made.fate(f"{GROUP}.overrideBootstrapCommand") == "kept"


def test_raid0_of_the_local_drives_is_local_storage(imported: Importer) -> None:
    made = group_of(
        imported, NODE_CONFIG + "    instance: {localStorage: {strategy: RAID0}}", "instanceType: g5.8xlarge"
    )
    assert made.group.local_storage == "raid0"
    assert made.group.node_config is None


def test_a_shell_script_in_place_of_a_node_config_is_dropped(imported: Importer) -> None:
    made = group_of(imported, "overrideBootstrapCommand: |\n  #!/bin/bash\n  /etc/eks/bootstrap.sh demo")
    assert made.fate(f"{GROUP}.overrideBootstrapCommand") == "DROPPED"


def test_commands_before_the_node_joins_are_dropped(imported: Importer) -> None:
    made = group_of(imported, 'preBootstrapCommands: ["yum install -y htop"]')
    assert made.fate(f"{GROUP}.preBootstrapCommands") == "DROPPED"


def test_the_kubelet_s_settings_of_a_self_managed_group_are_its_node_config(imported: Importer) -> None:
    made = group_of(imported, "kubeletExtraConfig: {cpuManagerPolicy: static}", kind="nodeGroups")
    config: Any = made.group.node_config
    assert config.kubelet.config == {"cpuManagerPolicy": "static"}


def test_a_number_of_pods_is_kept_where_eks_takes_it_and_else_named(imported: Importer) -> None:
    made = group_of(imported, "maxPodsPerNode: 40\nami: ami-0123456789abcdef0\namiFamily: AmazonLinux2023")
    config: Any = made.group.node_config
    assert config.kubelet.config == {"maxPods": 40}
    made = group_of(imported, "maxPodsPerNode: 40")
    assert made.group.node_config is None
    assert made.fate("managedNodeGroups[0].maxPodsPerNode") == "DROPPED"
