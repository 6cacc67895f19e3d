"""Checks of arguments that the real providers or AWS make, and that Terraform's core and a schema cannot.

What is unknown until the apply is left alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ..kubernetes_form import KINDS, object_of
from ..schema import Body
from ..values import Dynamic
from . import (
    aws_models,
    choices,
    helm,
    iam_policy,
    kubernetes,
    launch_template,
    requirements,
    scaling,
    syntax,
    workloads,
)
from .nested import unknown_keys
from .problem import Problem
from .regions import region_problem
from .walk import Given, given

__all__ = ["Problem", "problems", "read_only", "region_problem", "unknown_keys"]


def problems(type_name: str, body: Body, config: Mapping[str, Any]) -> list[Problem]:
    """Everything that is wrong with a resource's configuration, what is read-only, then argument by argument, then what they do together."""
    return list(dict.fromkeys(_problems(type_name, body, config)))


def read_only(type_name: str, body: Body, config: Mapping[str, Any]) -> Iterator[Problem]:
    """What a resource or data source is given and only its provider sets; core leaves this check to it."""
    for argument in given(body, config):
        if not argument.settable:
            yield Problem(
                argument.path, f"{argument.name} is read-only: {type_name} tells it, nobody sets it."
            )


def _problems(type_name: str, body: Body, config: Mapping[str, Any]) -> Iterator[Problem]:
    yield from read_only(type_name, body, config)
    for argument in given(body, config):
        if argument.settable:
            yield from _of_argument(type_name, argument)
    yield from choices.problems(type_name, config)
    yield from scaling.problems(type_name, config)
    yield from requirements.problems(type_name, config)
    if type_name == "aws_launch_template":
        yield from launch_template.problems(config)
    yield from _of_object(type_name, body, config)


def _of_object(type_name: str, body: Body, config: Mapping[str, Any]) -> Iterator[Problem]:
    """What Kubernetes refuses of a whole object, typed or a manifest."""
    if type_name in KINDS:
        where, manifest = "spec", object_of(type_name, body, config)
    elif type_name == "kubernetes_manifest" and isinstance(config.get("manifest"), Dynamic):
        where, manifest = "manifest", config["manifest"].value
    else:
        return
    if isinstance(manifest, Mapping):
        for path, told in workloads.faults(manifest):
            yield Problem((where,), f"{manifest.get('kind')}: {path}: {told}")


def _of_argument(type_name: str, argument: Given) -> Iterator[Problem]:
    if type_name.startswith("aws_"):
        yield from aws_models.problems(type_name, argument)
        yield from syntax.problems(type_name, argument)
        yield from iam_policy.problems(type_name, argument)
    if type_name == "helm_release":
        yield from helm.problems(argument)
    yield from kubernetes.problems(type_name, argument)
