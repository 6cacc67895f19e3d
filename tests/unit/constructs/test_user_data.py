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
from modules.user_data import user_data
from tests.terraform_json import Load, Synth

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib  # pytest brings it to these versions

AL2023 = "node_groups: {gpu: {instance_type: p5.48xlarge, size: {desired: 1}}}"
BOTTLEROCKET = """
node_groups:
  gpu: {instance_type: g5.8xlarge, ami_type: BOTTLEROCKET_x86_64_NVIDIA, size: {desired: 1}}
"""


def _decoded(group: NodeGroup) -> str:
    data = user_data(group)
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
    assert template["user_data"] == user_data(stacks.loaded.layout.node_groups["gpu"])


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
