"""Arguments of helm_release."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from ops.offline.checks import Problem
from ops.offline.values import UNKNOWN

Check = Callable[[str, "dict[str, Any]"], "list[Problem]"]
RELEASE = {
    "name": "gpu-operator",
    "chart": "gpu-operator",
    "repository": "https://example.com/charts",
    "version": "v26.7.0",
}


@pytest.mark.parametrize(
    "config, path, message",
    [
        ({"name": "gpu_operator"}, ("name",), "Helm takes at most 53"),
        ({"name": "a" * 54}, ("name",), "Helm takes at most 53"),
        ({"namespace": "GPU"}, ("namespace",), "no name for Kubernetes"),
        ({"version": "latest"}, ("version",), "no exact chart version"),
        ({"version": "1.2"}, ("version",), "one reads like 1.2.3"),
        ({"version": "^1.2.3"}, ("version",), "no exact chart version"),
        ({"repository": "example.com/charts"}, ("repository",), "begins with https:// or oci://"),
        ({"chart": ""}, ("chart",), "no name of a chart"),
        ({"timeout": 0}, ("timeout",), "timeout is 1 or more"),
        ({"max_history": -1}, ("max_history",), "max_history is 0 or more"),
        ({"values": ["a: 1", "a: [1"]}, ("values", 1), "not YAML: line 1"),
        ({"values": ["- a"]}, ("values", 0), "no YAML map"),
        ({"values": ["a: 1\na: 2"]}, ("values", 0), "not YAML"),
        (
            {"set": [{"name": "a", "value": "b", "type": "int"}]},
            ("set", 0, "type"),
            "takes auto, string or literal",
        ),
        ({"set": [{"name": " ", "value": "b"}]}, ("set", 0, "name"), "like image.tag"),
    ],
)
def test_what_helm_refuses_is_named(
    check: Check, config: dict[str, Any], path: tuple[str | int, ...], message: str
) -> None:
    (problem,) = check("helm_release", {**RELEASE, **config})
    assert problem.path == path
    assert message in problem.message


@pytest.mark.parametrize(
    "config",
    [
        {"repository": "oci://example.com/charts", "version": "1.2.3-rc.1+build"},
        {"values": ["", '{"a": 1}', "a:\n  b: c\n", UNKNOWN]},
        {"set": [{"name": "image.tag", "value": "1", "type": "string"}, {"name": "b", "value": UNKNOWN}]},
        {"timeout": 900, "namespace": "gpu-operator"},
    ],
)
def test_what_helm_takes_is_no_problem(check: Check, config: dict[str, Any]) -> None:
    assert check("helm_release", {**RELEASE, **config}) == []
