"""User data, as nodeadm and Bottlerocket read it."""

from __future__ import annotations

import base64
import email
import json
import sys
from email.message import Message
from typing import Any

import pytest

from modules.layout.models import NodeGroup
from modules.layout.node_spec import node_spec
from modules.user_data import ClusterAddress, user_data
from tests.terraform_json import Load, Synth

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib  # pytest brings it to these versions

CLUSTER = ClusterAddress("aws_eks_cluster.cluster")
AL2023 = "node_groups: {gpu: {instance_type: p5.48xlarge, size: {desired: 1}}}"
BOTTLEROCKET = """
node_groups:
  gpu: {instance_type: g5.8xlarge, ami_type: BOTTLEROCKET_x86_64_NVIDIA, size: {desired: 1}}
"""


def _decoded(group: NodeGroup) -> str:
    data = user_data(group, CLUSTER)
    assert data is not None
    return base64.b64decode(data, validate=True).decode()


def _parts(text: str) -> list[Message]:
    message = email.message_from_string(text)
    assert message.is_multipart()
    assert message["MIME-Version"] == "1.0"
    assert not message.defects
    parts = message.get_payload()
    assert isinstance(parts, list)
    return [part for part in parts if isinstance(part, Message)]


def test_amazon_linux_gets_one_node_config_that_joins_the_nvme_drives(layout: Load) -> None:
    [part] = _parts(_decoded(layout(AL2023).layout.node_groups["gpu"]))
    assert part.get_content_type() == "application/node.eks.aws"
    body = part.get_payload()
    assert isinstance(body, str)
    config: Any = json.loads(body)
    assert (config["apiVersion"], config["kind"]) == ("node.eks.aws/v1alpha1", "NodeConfig")
    assert config["spec"] == {"instance": {"localStorage": {"strategy": "RAID0"}}}


def test_the_node_config_leaves_the_cluster_to_eks(layout: Load) -> None:
    """EKS adds that part by itself; two of them make nodeadm fail where they differ."""
    assert "cluster" not in _decoded(layout(AL2023).layout.node_groups["gpu"])


def test_the_launch_template_carries_the_user_data(synth: Synth) -> None:
    stacks = synth(AL2023)
    template = stacks.cluster["aws_launch_template.nodes_gpu_launch_template"]
    assert template["user_data"] == user_data(stacks.loaded.layout.node_groups["gpu"], CLUSTER)


def test_bottlerocket_is_told_in_toml_to_format_the_drives_and_bind_its_folders(layout: Load) -> None:
    text = _decoded(layout(BOTTLEROCKET).layout.node_groups["gpu"])
    assert "MIME" not in text
    lines = text.splitlines()
    assert lines[0].startswith("[settings.bootstrap-commands.")
    commands = json.loads(next(line for line in lines if line.startswith("commands = ")).partition(" = ")[2])
    assert commands[0] == ["apiclient", "ephemeral-storage", "init"]
    assert commands[1][:4] == ["apiclient", "ephemeral-storage", "bind", "--dirs"]
    assert {"/var/lib/containerd", "/var/lib/kubelet"} <= set(commands[1][4:])
    assert "essential = true" in lines
    assert 'mode = "always"' in lines


def test_bottlerockets_user_data_is_toml(layout: Load) -> None:
    settings = tomllib.loads(_decoded(layout(BOTTLEROCKET).layout.node_groups["gpu"]))
    [command] = settings["settings"]["bootstrap-commands"].values()
    assert set(command) == {"commands", "essential", "mode"}


@pytest.mark.parametrize(
    "text",
    [
        "node_groups: {gpu: {instance_type: p5.48xlarge, local_storage: none, size: {desired: 1}}}",
        "node_groups: {gpu: {instance_type: c5.2xlarge, size: {desired: 1}}}",
    ],
)
def test_nodes_that_use_no_local_drives_need_no_user_data(synth: Synth, text: str) -> None:
    stack = synth(text).cluster
    assert "user_data" not in stack["aws_launch_template.nodes_gpu_launch_template"]


def _spec(layout: Load, instance_type: str = "c5.2xlarge", **settings: str) -> Any:
    """The spec of a group's NodeConfig."""
    lines = "".join(f"    {key}: {value}\n" for key, value in settings.items())
    text = f"node_groups:\n  gpu:\n    instance_type: {instance_type}\n    size: {{desired: 1}}\n{lines}"
    [part] = _parts(_decoded(layout(text).layout.node_groups["gpu"]))
    body = part.get_payload()
    assert isinstance(body, str)
    return json.loads(body)["spec"]


def test_what_the_layout_says_of_nodeadm_is_passed_on_and_nothing_else(layout: Load) -> None:
    given = "{kubelet: {config: {maxPods: 20, memoryThrottlingFactor: 0.9}, flags: [--v=2]}, featureGates: {FastImagePull: true}}"
    assert _spec(layout, node_config=given) == {
        "kubelet": {"config": {"maxPods": 20, "memoryThrottlingFactor": 0.9}, "flags": ["--v=2"]},
        "featureGates": {"FastImagePull": True},
    }


def test_the_layouts_node_config_lies_over_what_the_drives_need(layout: Load) -> None:
    instance = "{instance: {localStorage: {disabledMounts: [PodLogs]}, environment: {default: {A: b}}}}"
    assert _spec(layout, instance_type="m5d.large", node_config=instance) == {
        "instance": {
            "localStorage": {"strategy": "RAID0", "disabledMounts": ["PodLogs"]},
            "environment": {"default": {"A": "b"}},
        }
    }
    mount = "{instance: {localStorage: {strategy: Mount, mountPath: /data/}}}"
    assert _spec(layout, instance_type="m5d.large", node_config=mount) == {
        "instance": {"localStorage": {"strategy": "Mount", "mountPath": "/data/"}}
    }


@pytest.mark.parametrize("ami_type", ["AL2023_x86_64_STANDARD", "BOTTLEROCKET_x86_64"])
def test_a_node_of_ones_own_ami_learns_its_cluster_from_terraform(synth: Synth, ami_type: str) -> None:
    """tests/engine/test_node_user_data.py looks at what becomes of it."""
    text = f"node_groups: {{gpu: {{instance_type: c5.2xlarge, ami_id: var.ami_id, ami_type: {ami_type}, size: {{desired: 1}}}}}}"
    stack = synth(text).cluster
    data = stack["aws_launch_template.nodes_gpu_launch_template"]["user_data"]
    assert data.startswith("${base64encode(")
    for attribute in ("endpoint", "certificate_authority[0].data", "id"):
        assert f"${{aws_eks_cluster.cluster.{attribute}}}" in data
    assert "aws_eks_cluster.cluster.kubernetes_network_config[0].service_ipv4_cidr" in data


def test_labels_and_taints_are_the_kubelets_from_the_start_with_ones_own_ami_only(layout: Load) -> None:
    """EKS applies taints later there: .../userguide/launch-templates.html#mng-ami-id-conditions"""
    text = """
    node_groups:
      gpu:
        instance_type: g5.2xlarge
        size: {desired: 1}
        labels: {team: a, k8s.amazonaws.com/accelerator: null, nvidia.com/gpu.present: null}
        taints: [{key: a, value: b}, {key: c, effect: NoExecute}]
        node_config: {kubelet: {flags: [--v=2]}}
    """
    ours = node_spec(layout(text).layout.node_groups["gpu"])
    assert ours["kubelet"] == {"flags": ["--v=2"]}
    group = layout(text + "    ami_id: var.ami_id\n").layout.node_groups["gpu"]
    assert node_spec(group)["kubelet"]["flags"] == [
        "--node-labels=team=a",
        "--register-with-taints=a=b:NoSchedule,c=:NoExecute",
        "--v=2",
    ]
    assert node_spec(group.model_copy(update={"labels": {}, "taints": ()}))["kubelet"]["flags"] == ["--v=2"]
