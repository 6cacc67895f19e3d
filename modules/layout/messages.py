"""What pydantic found, in the words of the person who wrote the layout."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from .faults import Fault, KeyPath
from .language import choices, describe, keys_by_name, model_at
from .releases import CHARTS
from .tree import Node, RawFloat, fits
from .words import nearest

_KINDS = {
    dict: "a mapping",
    list: "a list",
    str: "text",
    bool: "true or false",
    int: "a number",
    float: "a number",
}
_BELOW = "Write keys and values below it"
_WANTED = {
    "string_type": ("text", 'Write it in quotes: "{value}".'),
    "int_type": ("a whole number", "Write a whole number, without quotes."),
    "float_type": ("a number", "Write a number, without quotes."),
    "bool_type": (
        "true or false",
        "Write true or false; yes, no, on, off and what stands in quotes are text.",
    ),
    "tuple_type": ("a list", "Write a list: [{value}]."),
    "dict_type": ("a mapping", f"{_BELOW}."),
    "model_type": ("a mapping", f"{_BELOW}."),
    "model_attributes_type": ("a mapping", f"{_BELOW}."),
}
_BOUNDS = {
    "greater_than_equal": ("{value} is less than {ge}", "Write {ge} or more."),
    "less_than_equal": ("{value} is more than {le}", "Write {le} or less."),
    "multiple_of": ("{value} is no multiple of {multiple_of}", "Write a multiple of {multiple_of}."),
    "too_short": ("is empty", "Write at least {min_length}."),
    "too_long": ("has {actual_length} entries, more than {max_length}", "Keep {max_length} or fewer."),
}
# What eksctl, the Terraform modules and Kubernetes call it.
_FOREIGN = {
    "managednodegroups": "node_groups",
    "nodegroups": "node_groups",
    "desiredcapacity": "size.desired",
    "desired_size": "size.desired",
    "min_size": "size.min",
    "minsize": "size.min",
    "max_size": "size.max",
    "maxsize": "size.max",
    "volumesize": "root_volume.size_gib",
    "disk_size": "root_volume.size_gib",
    "instance_types": "instance_type",
    "capacity_type": "capacity.type",
    "capacityreservation": "capacity.reservation_id",
    "efaenabled": "efa",
    "version": "kubernetes_version",
    "vpc": "network",
    "subnets": "subnet_ids",
    "replicas": "nodes",
    "num_nodes": "nodes",
    "nproc_per_node": "processes_per_node",
    "gpu": "resources.gpus",
    "gpus": "resources.gpus",
    "env": "environment",
}

# Keys of what is copied into a layout that do not belong there, and why.
_REFUSED: dict[KeyPath, tuple[str, str]] = {
    ("node_groups", "*", "node_config", "cluster"): (
        "the nodes are told their cluster already, by EKS or with their own AMI",
        "Remove it.",
    ),
}


def explain(details: Sequence[Mapping[str, Any]], tree: Node, written: Node) -> list[Fault]:
    """Faults from `ValidationError.errors()`: one for each thing that is wrong, where pydantic may say it thrice.

    Args:
        details: pydantic's errors.
        tree: what was validated.
        written: what the files say, which may hold nulls that the tree has no more.
    """
    located = [(_path(detail, tree), detail) for detail in details]
    above = {path[:length] for path, _ in located for length in range(len(path))}
    # Of the alternatives of a union, a mapping was meant as the one whose keys were looked at.
    deepest = [(path, detail) for path, detail in located if path not in above]
    faults: dict[KeyPath, Fault] = {}
    for path, detail in deepest:
        if path not in faults:
            faults[path] = _fault(path, detail, tree, written)
    return list(faults.values())


def joined(faults: Sequence[Fault]) -> list[Fault]:
    """One fault for all that a Helm release lacks: most likely its name was meant as another."""
    lacking: dict[str, list[Fault]] = {}
    result: list[Fault] = []
    for fault in faults:
        if fault.rule == "missing-key" and fault.path[0] == "helm_releases":
            lacking.setdefault(str(fault.path[1]), []).append(fault)
        else:
            result.append(fault)
    for name, group in lacking.items():
        keys = ", ".join(str(fault.path[-1]) for fault in group)
        near = nearest(name, CHARTS)
        problem = f"lacks {keys}: {name!r} is none of the releases that need nothing more"
        remedy = f"Did you mean {near}?" if near else f"Write them. Known releases: {', '.join(CHARTS)}."
        result.append(replace(group[0], path=group[0].path[:2], problem=problem, remedy=remedy))
    return result


def meant(fault: Fault) -> KeyPath:
    """The path that an unknown key was most likely meant as; its own, where nothing is near."""
    model = model_at(fault.path[:-1])
    foreign = _foreign(fault.path)
    match = nearest(str(fault.path[-1]), model.model_fields) if model else None
    return (*fault.path[:-1], *foreign.split(".")) if foreign else (*fault.path[:-1], match or fault.path[-1])


def _foreign(path: KeyPath) -> str | None:
    """What another tool's key is here, if there is such a key beside it."""
    model = model_at(path[:-1])
    known = _FOREIGN.get(str(path[-1]).lower().replace("-", "_"))
    if model is None or known is None or known.partition(".")[0] not in model.model_fields:
        return None
    return known


def _fault(path: KeyPath, detail: Mapping[str, Any], tree: Node, written: Node) -> Fault:
    kind = str(detail["type"])
    context: dict[str, Any] = dict(detail.get("ctx") or {})
    value = detail.get("input")
    variable = isinstance(value, str) and re.fullmatch(r"var\.[a-z][a-z0-9_]*", value)
    if kind == "missing":
        problem, remedy, rule = *_missing(path, written), "missing-key"
    elif kind == "extra_forbidden":
        problem, remedy, rule = *_unknown(path), "unknown-key"
    elif kind == "layout_value":
        problem, remedy, rule = context["problem"], context["remedy"], "value"
        if variable and " is no Terraform variable" not in problem:
            problem = f"no Terraform variable can stand here: {problem}"
    elif kind == "literal_error":
        problem, remedy, rule = *_literal(path, value), "value"
    elif kind in _WANTED:
        wanted, remedy = _WANTED[kind]
        found = "nothing" if value is None else _KINDS.get(_base(value), "a value of another kind")
        model = model_at(path)
        if model is not None and remedy.startswith(_BELOW):
            remedy = f"{_BELOW}: {', '.join(model.model_fields)}."
        problem, remedy, rule = f"is {found}, not {wanted}", remedy.format(value=_short(value)), "type"
    elif kind in _BOUNDS:
        what, remedy = _BOUNDS[kind]
        problem = what.format(value=_short(value), **context)
        remedy, rule = f"{remedy.format(**context)} {describe(path)}".strip(), "value"
    else:
        problem, remedy, rule = str(detail["msg"]), describe(path), "value"
    origin = tree.locate(path)
    if kind == "missing" and (null := written.get(path)) is not None:
        origin = null.origin
    return Fault(origin, path, problem, remedy, rule)


def _base(value: Any) -> type:
    return next(
        (kind for kind in (bool, int, float, str, list, dict) if isinstance(value, kind)), type(value)
    )


def _short(value: Any) -> str:
    """A value as YAML would have it, cut to what a line can hold."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict | list):
        return "..."
    text = value.text if isinstance(value, RawFloat) else str(value)
    text = text if text.isprintable() else repr(text)[1:-1]
    return text if len(text) <= 60 else text[:57] + "..."


def _path(detail: Mapping[str, Any], tree: Node) -> KeyPath:
    """Pydantic's location without the steps that are names of types and not of keys."""
    path: list[str | int] = []
    node = tree
    for index, step in enumerate(detail["loc"]):
        below = node.child(step)
        if below is not None:
            node = below
            path.append(step)
        elif index == len(detail["loc"]) - 1 and detail["type"] == "missing":
            path.append(step)
    return tuple(path)


def _missing(path: KeyPath, written: Node) -> tuple[str, str]:
    empty = written.get(path) is not None
    return (
        "has no value" if empty else "is missing",
        f"Write `{path[-1]}:` with a value. {describe(path)}".strip(),
    )


def _unknown(path: KeyPath) -> tuple[str, str]:
    word = str(path[-1])
    model = model_at(path[:-1])
    known = list(model.model_fields) if model else []
    match = nearest(word, known)
    refused = next((why for pattern, why in _REFUSED.items() if fits(path, pattern)), None)
    if refused is not None:
        return refused
    problem = "there is no such key"
    foreign = _foreign(path)
    if foreign:
        return problem, f"Here it is {foreign}."
    if match:
        return problem, f"Did you mean {match!r}?"
    elsewhere = keys_by_name().get(word, ())
    belongs = f"It belongs to {' or '.join(elsewhere[:3])}. " if elsewhere else ""
    return problem, f"{belongs}Known here: {', '.join(sorted(known))}."


def _literal(path: KeyPath, value: Any) -> tuple[str, str]:
    known = [str(choice) for choice in choices(path)]
    match = nearest(value, known) if isinstance(value, str) else None
    rest = [choice for choice in known if choice != match]
    first = f"Did you mean {match}? Also known: " if match else "Write one of "
    return f"{_short(value)!r} is not known here", f"{first}{', '.join(rest)}."
