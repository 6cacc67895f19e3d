"""Outputs: what a person or a script needs to use the cluster, and nothing secret."""

from __future__ import annotations

import json
from typing import Any

from ruamel.yaml import YAML

from modules.outputs import kubeconfig, token_command
from tests.terraform_json import Synth, strings

TEXT = """
node_groups:
  gpu: {instance_type: g5.8xlarge, size: {desired: 2}}
"""


def _kubeconfig() -> Any:
    text = kubeconfig("demo", "us-west-2", "https://example.eks.amazonaws.com", "Y2VydGlmaWNhdGU=")
    return YAML(typ="safe").load(text)


def test_the_kubeconfig_names_one_cluster_one_user_and_uses_them() -> None:
    config = _kubeconfig()
    assert (config["apiVersion"], config["kind"]) == ("v1", "Config")
    [cluster], [user], [context] = config["clusters"], config["users"], config["contexts"]
    assert config["current-context"] == context["name"]
    assert context["context"] == {"cluster": cluster["name"], "user": user["name"]}
    assert cluster["cluster"] == {
        "server": "https://example.eks.amazonaws.com",
        "certificate-authority-data": "Y2VydGlmaWNhdGU=",
    }


def test_the_kubeconfig_asks_the_aws_cli_for_a_token() -> None:
    [user] = _kubeconfig()["users"]
    assert set(user["user"]) == {"exec"}
    call = user["user"]["exec"]
    assert call["apiVersion"] == "client.authentication.k8s.io/v1"
    assert call["command"] == "aws"
    assert call["args"][:4] == ["eks", "get-token", "--cluster-name", "demo"]
    assert call["args"][4:6] == ["--region", "us-west-2"]
    # kubectl refuses an exec section of v1 without it.
    assert call["interactiveMode"] in ("Never", "IfAvailable", "Always")


def test_the_output_is_the_same_kubeconfig_with_the_clusters_endpoint(synth: Synth) -> None:
    value = synth(TEXT).cluster.outputs["kubeconfig"]["value"]
    assert value == kubeconfig(
        "demo",
        "us-west-2",
        "${aws_eks_cluster.cluster.endpoint}",
        "${aws_eks_cluster.cluster.certificate_authority[0].data}",
    )
    json.loads(value)


def test_the_outputs_say_what_was_made(synth: Synth) -> None:
    outputs = synth(TEXT).cluster.outputs
    assert {name: output["value"] for name, output in outputs.items() if name != "kubeconfig"} == {
        "cluster_name": "${aws_eks_cluster.cluster.id}",
        "cluster_endpoint": "${aws_eks_cluster.cluster.endpoint}",
        "cluster_certificate_authority": "${aws_eks_cluster.cluster.certificate_authority[0].data}",
        "region": "us-west-2",
        "configure_kubectl": "aws eks update-kubeconfig --region us-west-2 --name demo",
        "vpc_id": "${aws_vpc.network_vpc.id}",
        "private_subnet_ids": (
            "${[for zone in local.network_cluster_zones : aws_subnet.network_private[zone].id]}"
        ),
        "public_subnet_ids": "${values(aws_subnet.network_public)[*].id}",
        "node_groups": {
            name: f"${{aws_eks_node_group.nodes_{name}.node_group_name}}" for name in ("sys", "gpu")
        },
        "autoscaling_groups": {
            name: f"${{aws_eks_node_group.nodes_{name}.resources[0].autoscaling_groups[0].name}}"
            for name in ("sys", "gpu")
        },
    }


def test_every_output_says_what_it_is(synth: Synth) -> None:
    for output in synth(TEXT).cluster.outputs.values():
        assert output["description"]


def test_no_output_is_secret(synth: Synth) -> None:
    outputs = synth(TEXT).cluster.outputs
    for output in outputs.values():
        assert not output.get("sensitive")
        for text in strings(output["value"]):
            assert not any(word in text.lower() for word in ("password", "secret", '"token"', "private_key"))


def test_the_token_command_names_its_cluster_and_region() -> None:
    command, arguments = token_command("demo", "us-west-2")
    assert [command, *arguments] == [
        "aws", "eks", "get-token", "--cluster-name", "demo", "--region", "us-west-2", "--output", "json",
    ]  # fmt: skip
