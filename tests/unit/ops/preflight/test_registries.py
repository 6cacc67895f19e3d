"""Registries of charts and images: one broken thing, one finding."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ops.preflight.checks.registries import Image, parsed
from tests.account.server import AccountServer
from tests.terraform_json import Load
from tests.unit.ops.preflight.network_account import EXISTING, REGION, Network, network

ECR = f"123456789012.dkr.ecr.{REGION}.amazonaws.com"
IMAGE = "workloads.training.train.image"
DIGEST = "sha256:" + "0" * 64
MANIFEST = json.dumps(
    {
        "schemaVersion": 2,
        "mediaType": "application/vnd.docker.distribution.manifest.v2+json",
        "config": {
            "mediaType": "application/vnd.docker.container.image.v1+json",
            "size": 1,
            "digest": DIGEST,
        },
        "layers": [],
    }
)


def ready(aws: AccountServer, layout: Load, text: str) -> Network:
    """The account as it is without the layout's images."""
    net = network(aws, layout(EXISTING))
    net.loaded = layout(text)
    return net


def training(image: str, more: str = "") -> str:
    return f"""
{more}
workloads:
  training:
    train: {{kind: indexed_job, image: "{image}", node_group: sys, nodes: 1}}
"""


@pytest.mark.parametrize(
    "name, image",
    [
        ("nginx", Image("docker.io", "library/nginx")),
        ("pytorch/pytorch:2.9.1", Image("docker.io", "pytorch/pytorch", "2.9.1")),
        ("nvcr.io/nvidia/pytorch:26.01-py3", Image("nvcr.io", "nvidia/pytorch", "26.01-py3")),
        (f"{ECR}/a/b:1@{DIGEST}", Image(ECR, "a/b", "1", DIGEST)),
        (f"{ECR}/a@{DIGEST}", Image(ECR, "a", "", DIGEST)),
        ("localhost:5000/a:1", Image("localhost:5000", "a", "1")),
    ],
)
def test_names_of_images(name: str, image: Image) -> None:
    assert parsed(name) == image


def test_registries_are_told(aws: AccountServer, layout: Load) -> None:
    net = ready(aws, layout, training("nvcr.io/nvidia/pytorch:26.01-py3", "helm_releases: {kueue: {}}"))
    told = [one.problem for one in net.found("info") if one.id == "registries"]
    assert told == [
        "whoever runs Terraform pulls charts from registry.k8s.io",
        "nodes pull images from nvcr.io, registry.k8s.io",
    ]
    assert net.findings() == []


def cut(net: Network) -> Network:
    """The same, without a way to the internet, and with an endpoint: it is meant to be private."""
    net.route(net.right.private_route_table_id)
    endpoint = {
        "VpcEndpointId": "vpce-0123456789abcdef0",
        "VpcEndpointType": "Interface",
        "ServiceName": f"com.amazonaws.{REGION}.sts",
        "State": "available",
    }
    net.server.answer("ec2:DescribeVpcEndpoints", lambda _: {"VpcEndpoints": [endpoint]})
    return net


def out_of_reach(net: Network) -> list[tuple[str, str]]:
    return [(one.where, one.level) for one in net.found() if one.id == "images-within-reach"]


@pytest.mark.parametrize(
    "image, expected",
    [
        ("nvcr.io/nvidia/pytorch:26.01-py3", [(IMAGE, "error")]),
        ("pytorch/pytorch:2.9.1", [(IMAGE, "error")]),
        ("public.ecr.aws/docker/library/python:3.13.9-slim", [(IMAGE, "error")]),
        ("999999999999.dkr.ecr.us-west-2.amazonaws.com/a:1", []),
        ("999999999999.dkr.ecr.us-east-1.amazonaws.com/a:1", [(IMAGE, "error")]),
    ],
)
def test_images_of_workloads_without_a_way_out(
    aws: AccountServer, layout: Load, image: str, expected: list[tuple[str, str]]
) -> None:
    net = ready(aws, layout, training(image, EXISTING))
    assert out_of_reach(net) == []
    assert out_of_reach(cut(net)) == expected


def test_images_of_workloads_in_a_fully_private_vpc(aws: AccountServer, layout: Load) -> None:
    net = ready(aws, layout, training("pytorch/pytorch:2.9.1", "network: {fully_private: true}"))
    assert net.findings() == [("images-within-reach", "error", IMAGE)]
    assert "docker.io" in net.only().problem


@pytest.mark.parametrize("values, expected", [("", 1), (f"image: {{repository: {ECR}/kueue}}", 0)])
def test_images_of_releases_without_a_way_out(
    aws: AccountServer, layout: Load, values: str, expected: int
) -> None:
    net = ready(aws, layout, f"{EXISTING}helm_releases: {{kueue: {{values: {{{values}}}}}}}")
    assert out_of_reach(cut(net)) == [("helm_releases.kueue", "error")] * expected


def test_images_of_other_charts_by_their_values(aws: AccountServer, layout: Load) -> None:
    text = f"""{EXISTING}
helm_releases:
  vllm:
    repository: https://charts.example.com/
    chart: vllm
    version: 1.0.0
    namespace: vllm
    values:
      image: {{registry: quay.io, repository: vllm/vllm}}
      sidecar: {{image: "{ECR}/sidecar:1"}}
"""
    net = ready(aws, layout, text)
    assert out_of_reach(cut(net)) == [("helm_releases.vllm", "error")]


def test_a_mirror_may_be_in_another_network(aws: AccountServer, layout: Load) -> None:
    net = ready(aws, layout, training("pytorch/pytorch:2.9.1", EXISTING))
    gateway = net.ec2.create_transit_gateway()["TransitGateway"]["TransitGatewayId"]
    net.route(net.right.private_route_table_id, "192.168.0.0/16", TransitGatewayId=gateway)
    assert out_of_reach(cut(net)) == [(IMAGE, "warning")]


def pushed(net: Network, tag: str) -> str:
    """An image in the repository `trainer`; returns its digest."""
    ecr: Any = net.right.client("ecr")
    ecr.create_repository(repositoryName="trainer")
    image = ecr.put_image(repositoryName="trainer", imageManifest=MANIFEST, imageTag=tag)["image"]
    return str(image["imageId"]["imageDigest"])


def test_an_image_that_is_there(aws: AccountServer, layout: Load) -> None:
    net = ready(aws, layout, training(f"{ECR}/trainer:1.4.0"))
    digest = pushed(net, "1.4.0")
    assert net.findings() == []
    net.loaded = layout(training(f"{ECR}/trainer@{digest}"))
    assert net.findings() == []


@pytest.mark.parametrize("name", [":1.4.1", f"@{DIGEST}"])
def test_an_image_that_is_not_there(aws: AccountServer, layout: Load, name: str) -> None:
    net = ready(aws, layout, training(f"{ECR}/trainer{name}"))
    pushed(net, "1.4.0")
    found = net.only()
    assert (found.id, found.level, found.where) == ("images", "error", IMAGE)
    assert f"no image with the {'tag 1.4.1' if name[0] == ':' else DIGEST}" in found.problem


def test_a_repository_that_is_not_there(aws: AccountServer, layout: Load) -> None:
    net = ready(aws, layout, training(f"{ECR}/trainer:1.4.0"))
    found = net.only()
    assert (found.id, found.level, found.where) == ("images", "error", IMAGE)
    assert "aws ecr create-repository --region us-west-2 --repository-name trainer" in found.remedy


@pytest.mark.parametrize("prefix, expected", [("docker-hub", 0), ("ROOT", 0), ("docker", 1), ("quay", 1)])
def test_a_pull_through_cache(aws: AccountServer, layout: Load, prefix: str, expected: int) -> None:
    net = ready(aws, layout, training(f"{ECR}/docker-hub/pytorch/pytorch:2.9.1"))
    aws.extras.pull_through_cache_rules.append({"ecrRepositoryPrefix": prefix})
    assert net.findings() == [("images", "error", IMAGE)] * expected


def test_images_of_other_accounts_are_not_asked_for(aws: AccountServer, layout: Load) -> None:
    net = network(
        aws, layout(training(ECR.replace("123456789012", "763104351884") + "/pytorch-training:2.9"))
    )
    assert net.findings() == []
    assert not any(call.service == "ecr" for call in aws.calls)


def test_repositories_of_the_layout_are_yet_to_be_made(aws: AccountServer, layout: Load) -> None:
    own = "storage: {repositories: {trainer: {name: research/trainer}}}"
    net = ready(aws, layout, training(f"{ECR}/research/trainer:1.4.0", own))
    assert net.findings() == []


def test_a_server_that_nobody_waits_for_may_come_before_its_image(aws: AccountServer, layout: Load) -> None:
    text = f"""
workloads:
  serving:
    api: {{image: "{ECR}/api:1.0.0", port: 8080, wait: false, health: {{path: /}}}}
"""
    net = ready(aws, layout, text)
    assert net.findings() == [("images", "warning", "workloads.serving.api.image")]
