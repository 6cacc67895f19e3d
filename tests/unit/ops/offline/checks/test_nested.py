"""Keys that Terraform's core would drop without a word."""

from __future__ import annotations

from typing import Any

from ops.offline.checks import unknown_keys
from ops.offline.checks.walk import given
from ops.offline.schema import Attribute, BindingPackage, Body, Kind, Nested, NestedBlock

PACKAGES = {name: BindingPackage(name) for name in ("aws", "helm", "kubernetes")}


def body_of(kind: str, type_name: str) -> Body | None:
    package = PACKAGES.get(type_name.partition("_")[0])
    kinds: dict[str, Kind] = {"resource": "resource", "data": "data", "provider": "provider"}
    return package.body(kinds[kind], "" if kind == "provider" else type_name) if package else None


def found(document: dict[str, Any]) -> list[tuple[str, tuple[str | int, ...]]]:
    return [(address, problem.path) for address, problem in unknown_keys(document, body_of)]


def release(**config: Any) -> dict[str, Any]:
    return {"resource": {"helm_release": {"a": config}}}


def test_a_key_that_set_does_not_have_is_named_with_the_nearest() -> None:
    document = release(set=[{"name": "a", "value": "b"}, {"name": "a", "valeu": "b"}])
    ((address, problem),) = unknown_keys(document, body_of)
    assert (address, problem.path) == ("helm_release.a", ("set", 1, "valeu"))
    assert 'Did you mean "value"?' in problem.message
    assert problem.message.endswith("Terraform would drop it without a word.")


def test_a_single_nested_attribute_is_checked() -> None:
    assert found(release(postrender={"binary": "x"})) == [("helm_release.a", ("postrender", "binary"))]
    assert found(release(postrender={"binary_path": "x"})) == []


def test_the_cluster_of_the_helm_provider_is_checked_to_its_depth() -> None:
    exec_ = {"api_version": "v1", "command": "aws", "arguments": []}
    document = {"provider": {"helm": [{"kubernetes": {"hots": "x", "exec": exec_}}]}}
    assert found(document) == [
        ("provider.helm", ("kubernetes", "hots")),
        ("provider.helm", ("kubernetes", "exec", "arguments")),
    ]


def test_an_attribute_of_an_object_type_is_checked() -> None:
    document = {"resource": {"aws_route_table": {"a": {"route": [{"cidr_blok": "0.0.0.0/0"}]}}}}
    assert found(document) == [("aws_route_table.a", ("route", 0, "cidr_blok"))]


def test_what_core_reports_itself_is_left_to_it() -> None:
    document = {
        "resource": {
            "aws_eks_cluster": {"a": {"nmae": "x", "vpc_config": {"subnets": []}, "tags": {"any": "x"}}}
        },
        "provider": {"kubernetes": [{"exec": [{"arguments": []}]}]},
    }
    assert found(document) == []


def test_an_expression_in_place_of_an_object_and_an_unknown_provider_are_left_alone() -> None:
    assert found(release(set="${var.values}")) == []
    assert found({"resource": {"random_pet": {"a": {"b": {"c": 1}}}}, "provider": {"random": [{}]}}) == []


def test_an_expression_in_place_of_a_block_is_left_alone() -> None:
    assert found({"resource": {"aws_eks_cluster": {"a": {"vpc_config": "${var.vpc}"}}}}) == []


def test_the_objects_of_a_map_keep_their_keys_in_the_path() -> None:
    objects = Attribute("a", ["map", ["object", {"known": "string"}]], optional=True)
    nested = Attribute(
        "b", None, Nested("map", {"known": Attribute("known", "string", optional=True)}), optional=True
    )
    body = Body({"a": objects, "b": nested})
    document = {"resource": {"x_y": {"z": {name: {"k": {"knwon": "v"}} for name in "ab"}}}}
    paths = [problem.path for _, problem in unknown_keys(document, lambda kind, type_name: body)]
    assert paths == [("a", "k", "knwon"), ("b", "k", "knwon")]

    config = {name: {"k": {"known": "v"}} for name in "ab"}
    assert [one.path for one in given(body, config) if one.name == "known"] == [
        ("a", "k", "known"),
        ("b", "k", "known"),
    ]


def test_a_dynamic_block_is_looked_into() -> None:
    inner = Body({"rule": Attribute("rule", ["object", {"port": "number"}], optional=True)})
    body = Body(blocks={"rules": NestedBlock("rules", "list", inner)})
    dynamic = {"rules": {"for_each": "${var.rules}", "content": {"rule": {"prot": 1}}}}
    document = {"resource": {"x_y": {"z": {"dynamic": dynamic}}}}
    (problem,) = [problem for _, problem in unknown_keys(document, lambda kind, type_name: body)]
    assert problem.path == ("dynamic", "rules", "content", "rule", "prot")
