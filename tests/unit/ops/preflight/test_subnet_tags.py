"""Tags of existing subnets: one broken thing, one finding."""

from __future__ import annotations

import pytest

from tests.account.server import AccountServer
from tests.terraform_json import Load
from tests.unit.ops.preflight.network_account import EXISTING, OTHER_ZONE, THIRD_ZONE, ZONE, Network, network

PRIVATE, PUBLIC = "network.private_subnet_ids", "network.public_subnet_ids"


def serving(kind: str, scheme: str) -> str:
    cidrs = "cidrs: [203.0.113.0/24], " if scheme == "internet-facing" else ""
    return f"""{EXISTING}
workloads:
  serving:
    api:
      image: public.ecr.aws/nginx/nginx:1.27.3
      port: 8080
      load_balancer: {{type: {kind}, scheme: {scheme}, {cidrs}certificate_arn: var.certificate_arn}}
      health: {{path: /}}
"""


def balanced(aws: AccountServer, layout: Load, kind: str = "alb", scheme: str = "internal") -> Network:
    return network(aws, layout(serving(kind, scheme)))


def role(net: Network, scheme: str) -> tuple[str, dict[str, str], str]:
    """The tag of a scheme, the subnets by zone, and the path that names them."""
    if scheme == "internal":
        return "kubernetes.io/role/internal-elb", net.right.subnets, PRIVATE
    return "kubernetes.io/role/elb", net.right.public_subnets, PUBLIC


def untag(net: Network, key: str, *ids: str) -> None:
    net.ec2.delete_tags(Resources=list(ids), Tags=[{"Key": key}])


@pytest.mark.parametrize("scheme", ["internal", "internet-facing"])
def test_tagged_subnets(aws: AccountServer, layout: Load, scheme: str) -> None:
    assert balanced(aws, layout, scheme=scheme).findings() == []


@pytest.mark.parametrize("scheme", ["internal", "internet-facing"])
def test_no_tags_leave_it_to_the_routes(aws: AccountServer, layout: Load, scheme: str) -> None:
    net = balanced(aws, layout, scheme=scheme)
    key, subnets, where = role(net, scheme)
    untag(net, key, *subnets.values())
    found = net.only()
    assert (found.id, found.level, found.where) == ("balancer-subnets", "warning", where)
    assert all(subnet in found.problem for subnet in subnets.values())
    other = net.right.public_subnets if scheme == "internal" else net.right.subnets
    assert not any(subnet in found.problem for subnet in other.values())
    assert f"Key={key},Value=1" in found.remedy


@pytest.mark.parametrize("kind, expected", [("alb", 1), ("nlb", 0)])
def test_one_tagged_zone_is_enough_for_an_nlb_alone(
    aws: AccountServer, layout: Load, kind: str, expected: int
) -> None:
    net = balanced(aws, layout, kind)
    key, subnets, where = role(net, "internal")
    untag(net, key, subnets[OTHER_ZONE], subnets[THIRD_ZONE])
    assert net.findings() == [("balancer-subnets", "error", where)] * expected


def test_tags_of_other_clusters(aws: AccountServer, layout: Load) -> None:
    net = balanced(aws, layout)
    for zone in (ZONE, OTHER_ZONE):
        net.tag(net.subnet(zone), **{"kubernetes.io/cluster/other": "shared"})
    found = net.only()
    assert (found.id, found.level, found.where) == ("balancer-subnets", "error", PRIVATE)
    assert f"{net.subnet(ZONE)} is tagged for other clusters" in found.problem
    assert "Key=kubernetes.io/cluster/demo,Value=shared" in found.remedy
    net.tag(net.subnet(ZONE), **{"kubernetes.io/cluster/demo": "shared"})
    assert net.findings() == []  # with the third zone's, two


def test_tags_of_other_clusters_are_nothing_to_nodes(aws: AccountServer, layout: Load) -> None:
    net = network(aws, layout(EXISTING))
    for subnet in net.right.subnets.values():
        net.tag(subnet, **{"kubernetes.io/cluster/other": "owned"})
    assert net.findings() == []


@pytest.mark.parametrize("free, expected", [(7, 1), (8, 0)])
def test_subnets_without_room_for_a_load_balancer(
    aws: AccountServer, layout: Load, free: int, expected: int
) -> None:
    net = balanced(aws, layout, scheme="internet-facing")
    key, subnets, where = role(net, "internet-facing")
    untag(net, key, subnets[THIRD_ZONE])
    net.say(subnets[ZONE], AvailableIpAddressCount=free)
    assert net.findings() == [("balancer-subnets", "error", where)] * expected


@pytest.mark.parametrize("value, expected", [("demo", 0), ("other", 1)])
def test_karpenters_tag(aws: AccountServer, layout: Load, value: str, expected: int) -> None:
    net = network(aws, layout(f"{EXISTING}helm_releases: {{karpenter: {{}}}}"))
    subnets = [*net.right.subnets.values(), *net.right.public_subnets.values()]
    untag(net, "karpenter.sh/discovery", *subnets)
    net.tag(net.subnet(), **{"karpenter.sh/discovery": value})
    assert net.findings() == [("karpenter-subnets", "warning", PRIVATE)] * expected
