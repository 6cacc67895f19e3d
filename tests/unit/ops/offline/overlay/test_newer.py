"""Where the newer providers plan otherwise: aws 6.69.1 and kubernetes 3.4.0."""

from __future__ import annotations

from functools import cache
from typing import Any

import pytest

from modules.bindings.flavor import CDKTF, CDKTN, Flavor
from ops.offline import overlay
from ops.offline.account import Account
from ops.offline.overlay.newer import NEWER
from ops.offline.planning import planned
from ops.offline.protocol import WARNING, message
from ops.offline.provider import Provider
from ops.offline.schema import BindingPackage, Body
from ops.offline.values import UNKNOWN, conform, encode


@cache
def _package(name: str, flavor: Flavor) -> BindingPackage:
    return BindingPackage(name, flavor)


def _body(type_name: str, flavor: Flavor = CDKTN) -> Body:
    return _package(type_name.partition("_")[0], flavor).body("resource", type_name)


def _paths(type_name: str) -> set[str]:
    told = NEWER[type_name]
    groups = (*told.at_most_one, *told.exactly_one, *told.required_with.values())
    named = {
        *told.force_new,
        *told.one_block,
        *told.deprecated,
        *told.required_with,
        *told.validations,
        *told.defaults,
    }
    return named | {path for group in groups for path in group}


@pytest.mark.parametrize("type_name", NEWER)
def test_what_it_speaks_of_is_in_the_newer_schema(type_name: str) -> None:
    for path in _paths(type_name):
        body: Body | None = _body(type_name)
        for step in [step for step in path.split(".") if step != "0"]:
            assert body is not None, path
            assert step in body.attributes or step in body.blocks, path
            body = body.blocks[step].body if step in body.blocks else None


@pytest.mark.parametrize(
    "type_name, prior, changes, because",
    [
        (
            "aws_subnet",
            {"ipv6_cidr_block": "2600::/64", "assign_ipv6_address_on_creation": True},
            {"ipv6_cidr_block": "2600:1::/64"},
            ["ipv6_cidr_block"],
        ),
        ("aws_subnet", {"ipv6_cidr_block": "2600::/64"}, {"ipv6_cidr_block": "2600:1::/64"}, []),
        ("aws_subnet", {}, {"ipv4_ipam_pool_id": "ipam-pool-1"}, ["ipv4_ipam_pool_id"]),
        (
            "aws_vpc_endpoint",
            {"vpc_endpoint_type": "Gateway", "private_dns_enabled": False},
            {"private_dns_enabled": True},
            ["private_dns_enabled"],
        ),
        (
            "aws_vpc_endpoint",
            {"vpc_endpoint_type": "Interface", "private_dns_enabled": False},
            {"private_dns_enabled": True},
            [],
        ),
    ],
)
def test_only_the_newer_provider_replaces_for_it(
    type_name: str, prior: dict[str, Any], changes: dict[str, Any], because: list[str]
) -> None:
    assert overlay.replaced_by(type_name, prior, {**prior, **changes}, CDKTN) == because
    assert overlay.replaced_by(type_name, prior, {**prior, **changes}, CDKTF) == []


def test_a_namespace_is_planned_as_the_framework_does() -> None:
    """An unset prefix is another value than an empty one, which does not replace, and what the cluster tells is made anew."""
    kind = "kubernetes_namespace_v1"
    metadata = {"name": "a", "generate_name": "", "generation": 1, "resource_version": "7", "uid": "u"}
    prior = conform(
        _body(kind), {"id": "a", "metadata": [metadata], "wait_for_default_service_account": False}
    )
    config = conform(_body(kind), {"metadata": [{"name": "a"}]})
    proposed = {**prior, "metadata": [{**prior["metadata"][0], "generate_name": None}]}
    kept = planned(_body(kind, CDKTF), config, prior, proposed)
    assert kept["metadata"][0]["generate_name"] == "", "to the SDK, they are the same"
    made = planned(_body(kind), config, prior, proposed, legacy=False)
    assert made["metadata"][0]["generate_name"] is None
    assert overlay.replaced_by(kind, prior, made, CDKTN) == []
    labelled = {**prior, "metadata": [{**prior["metadata"][0], "labels": {"team": "a"}}]}
    [block] = overlay.recomputed(kind, prior, labelled, CDKTN)["metadata"]
    assert (block["generation"], block["resource_version"], block["uid"]) == (UNKNOWN, UNKNOWN, "u")
    assert overlay.recomputed(kind, prior, prior, CDKTN) == prior


@pytest.mark.parametrize("count", [0, 2])
def test_a_namespace_has_one_metadata_block(count: int) -> None:
    ((path, told),) = overlay.conflicts(
        "kubernetes_namespace_v1", {"metadata": [{"name": "a"}] * count}, CDKTN
    )
    assert path == ("metadata",)
    assert told == f"There has to be one metadata block, and there are {count}."


def test_the_newer_provider_warns_of_an_argument_that_will_go() -> None:
    given = {"expected_bucket_owner": "123456789012"}
    ((path, told),) = overlay.deprecations("aws_s3_bucket_versioning", given, CDKTN)
    assert (path, "deprecated" in told) == (("expected_bucket_owner",), True)
    assert overlay.deprecations("aws_s3_bucket_versioning", {}, CDKTN) == []
    assert overlay.deprecations("aws_s3_bucket_versioning", given, CDKTF) == []
    provider = Provider("aws", Account(), flavor=CDKTN)
    provider.serve_types(["aws_s3_bucket_versioning"], [])
    config = {**given, "bucket": "a-bucket", "versioning_configuration": [{"status": "Enabled"}]}
    made = encode(conform(_body("aws_s3_bucket_versioning"), config))
    asked = message(
        "ValidateResourceConfigRequest",
        type_name="aws_s3_bucket_versioning",
        config=message("DynamicValue", msgpack=made),
    )
    [shown] = provider.validate_resource_config(asked).diagnostics
    assert (shown.severity, shown.detail) == (WARNING, told)


def test_core_holds_types_of_the_framework_to_the_letter() -> None:
    held = {
        (kind, flavor.name)
        for kind in ("kubernetes_namespace_v1", "kubernetes_manifest", "helm_release", "aws_vpc")
        for flavor in (CDKTF, CDKTN)
        if overlay.on_the_framework(kind, flavor)
    }
    assert ("kubernetes_namespace_v1", "cdktn") in held
    assert held == {
        *(
            (kind, flavor)
            for kind in ("kubernetes_manifest", "helm_release")
            for flavor in ("cdktf", "cdktn")
        ),
        ("kubernetes_namespace_v1", "cdktn"),
    }


def test_a_state_of_either_flavour_is_read_by_the_other() -> None:
    """Members that the other schema has not, and those that it lacks, in objects too."""
    routes = {"cidr_block": "0.0.0.0/0", "gateway_id": "igw-1"}
    newer = conform(_body("aws_route_table"), {"id": "rtb-1", "route": [routes]})
    assert newer["route"][0]["odb_network_arn"] is None
    older = conform(_body("aws_route_table", CDKTF), newer)
    assert "odb_network_arn" not in older["route"][0]
    assert older["route"][0]["gateway_id"] == "igw-1"
