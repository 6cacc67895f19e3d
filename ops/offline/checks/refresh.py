"""Write `arguments.json` anew from botocore's service models: `python -m ops.offline.checks.refresh`.

Loading EC2's model takes longer than a whole plan may, so what the checks need of it lies in the file. To be run, and
the difference read, after a new version of boto3 or of the AWS bindings.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from botocore.loaders import Loader

from ..overlay.validations import SUFFIX
from ..schema import BindingPackage, Body, CtyType
from .aws_models import ARGUMENTS, Record
from .sources import EVERYWHERE, SOURCES, Reason, Source

# Instance types are checked against the catalogue, which suggests better and has only what EKS can use.
OMITTED_ENUMS = frozenset({"InstanceType"})
NAMES = {
    "ec2": "EC2",
    "ecr": "ECR",
    "eks": "EKS",
    "events": "EventBridge",
    "fsx": "FSx",
    "iam": "IAM",
    "kms": "KMS",
    "logs": "CloudWatch Logs",
    "s3": "S3",
    "sqs": "SQS",
    "ssm": "Systems Manager",
    "autoscaling": "EC2 Auto Scaling",
}
# How Java writes all characters beyond the first 65,536, and Python.
_BEYOND = (r"\uD800\uDC00-\uDBFF\uDFFF", r"\U00010000-\U0010FFFF")

Shape = dict[str, Any]


@dataclass(slots=True)
class Mapped:
    """What the models say: a record for each constrained argument, and the names of the others."""

    records: dict[str, Record] = field(default_factory=dict)
    free: set[str] = field(default_factory=set)
    unexplained: set[str] = field(default_factory=set)
    needless: set[str] = field(default_factory=set)
    unreadable: set[str] = field(default_factory=set)


def main() -> None:
    """Write the file."""
    ARGUMENTS.write_text(render(mapped().records), encoding="utf-8")


def render(records: dict[str, Record]) -> str:
    """The text of the file: one argument a line, sorted."""
    lines = (f"{json.dumps(key)}: {json.dumps(records[key])}" for key in sorted(records))
    return "{\n" + ",\n".join(lines) + "\n}\n"


def mapped() -> Mapped:
    """All arguments of all types in SOURCES."""
    result = Mapped()
    package = BindingPackage("aws")
    for type_name, source in SOURCES.items():
        _map(type_name, source, dict(settable(package.body("resource", type_name))), result)
    return result


def settable(body: Body, inside: str = "") -> Iterator[tuple[str, CtyType | None]]:
    """The arguments of a type with their types, those of blocks and of object types included."""
    for name, attribute in body.attributes.items():
        if attribute.required or attribute.optional:
            yield from _of_type(f"{inside}{name}", attribute.type)
    for name, block in body.blocks.items():
        yield from settable(block.body, f"{inside}{name}.")


def _of_type(argument: str, kind: CtyType | None) -> Iterator[tuple[str, CtyType | None]]:
    inner = kind
    while isinstance(inner, list) and inner[0] != "object":
        inner = inner[1]
    if isinstance(inner, list):
        for name, member in inner[1].items():
            yield from _of_type(f"{argument}.{name}", member)
    else:
        yield argument, kind


def _map(type_name: str, source: Source, arguments: dict[str, CtyType | None], result: Mapped) -> None:
    for argument, kind in arguments.items():
        key = f"{type_name} {argument}"
        twin = source.prefixes.get(argument, argument)
        found = _find(source, twin)
        reason = _reason(source, argument)
        if reason is not None or argument in EVERYWHERE:
            if found and reason == "no member":
                result.needless.add(key)
            continue
        if found is None:
            result.unexplained.add(key)
            continue
        record = found.record(kind, result.unreadable)
        if twin != argument and "max" in record:
            record["max"] -= SUFFIX
        if twin != argument:
            record.pop("min", None)
        if len(record) > 2 or record["kind"] in ("integer", "boolean"):
            result.records[key] = record
        else:
            result.free.add(key)
    known = {
        ".".join(steps[:depth]) for steps in map(_steps, arguments) for depth in range(1, len(steps) + 1)
    }
    for argument in (*source.aliases, *source.prefixes, *source.without, *source.inside):
        if argument not in known:
            result.needless.add(f"{type_name} {argument}")


def _reason(source: Source, argument: str) -> Reason | None:
    """Why an argument, or the block that it is in, stands in no model."""
    steps = _steps(argument)
    above = (".".join(steps[:depth]) for depth in range(len(steps), 0, -1))
    return next((source.without[path] for path in above if path in source.without), None)


def _steps(argument: str) -> list[str]:
    return argument.split(".")


@dataclass(frozen=True, slots=True)
class Member:
    """A member of an operation's input."""

    service: str
    operation: str
    path: tuple[str, ...]
    shape: str

    def record(self, kind: CtyType | None, unreadable: set[str]) -> Record:
        """Its constraints, as far as they fit an argument of a Terraform type."""
        whose = f"{NAMES[self.service]} {self.operation} {'.'.join(self.path)}"
        return {"whose": whose, **_constraints(self.service, self.shape, kind, unreadable)}


def _constraints(service: str, name: str, kind: CtyType | None, unreadable: set[str]) -> Record:
    shape: Shape = shapes(service)[name]
    collection = kind[0] if isinstance(kind, list) else None
    if collection and shape["type"] not in ("list", "map"):
        return _collection(collection, _constraints(service, name, "string", unreadable))
    if collection:
        inner = shape["member"] if shape["type"] == "list" else shape["value"]
        record = _collection(collection, _constraints(service, inner["shape"], "string", unreadable))
        if shape["type"] == "map":
            record["keys"] = _constraints(service, shape["key"]["shape"], "string", unreadable)
        return {**record, **_bounds(shape)}
    while shape["type"] == "list":
        name = shape["member"]["shape"]
        shape = shapes(service)[name]
    record = {"kind": _kind(shape["type"], kind)}
    if shape["type"] == "structure":
        return record
    if "enum" in shape and name not in OMITTED_ENUMS:
        record["enum"] = shape["enum"]
    if "pattern" in shape:
        pattern = python_pattern(shape["pattern"])
        if pattern is None:
            unreadable.add(shape["pattern"])
        else:
            record["pattern"] = pattern
    return {**record, **_bounds(shape)}


def _collection(kind: str, items: Record) -> Record:
    record: Record = {"kind": "map" if kind == "map" else "list"}
    if len(items) > 1:
        record["items"] = items
    return record


def _kind(model: str, kind: CtyType | None) -> str:
    if kind == "number":
        return "integer" if model in ("integer", "long") else "number"
    if kind == "string" and model == "boolean":
        return "boolean"
    return "string"


def _bounds(shape: Shape) -> Record:
    return {bound: shape[bound] for bound in ("min", "max") if bound in shape}


def python_pattern(pattern: str) -> str | None:
    """A pattern of a model for `re.fullmatch`, or None where Python cannot read it.

    The models have patterns with both anchors, one or none, and mean the whole value with all of them.
    """
    pattern = pattern.replace(*_BEYOND)
    # Python's \w and \d take letters and digits of every script, Java's those of ASCII.
    for term, characters in {r"\w": "A-Za-z0-9_", r"\d": "0-9"}.items():
        within = re.escape(term) + r"(?=[^\[]*\])"
        pattern = re.sub(within, characters, pattern).replace(term, f"[{characters}]")
    pattern = re.sub(r"(?<!\\)\$$", "", pattern.removeprefix("^"))
    try:
        re.compile(pattern)
    except re.error:
        return None
    return pattern


def _find(source: Source, argument: str) -> Member | None:
    """The member that an argument becomes."""
    block, _, rest = argument.partition(".")
    models, before, names = source.models, "", argument.split(".")
    if rest and block in source.inside:
        models, before, names = (source.inside[block],), f"{block}.", rest.split(".")
    # `vpc_config.subnet_ids` is two steps, each under its own name or the alias of what leads there.
    steps = [before + ".".join(names[: depth + 1]) for depth in range(len(names))]
    parts = [
        part
        for step, name in zip(steps, names, strict=True)
        for part in source.aliases.get(step, name).split(".")
    ]
    for model in models:
        found = _descendant(_root(model), parts)
        if found is not None:
            return found
    return None


def _descendant(member: Member, names: list[str]) -> Member | None:
    found: Member | None = member
    for name in names:
        if found is not None:
            found = _child(found, name)
    return found


def _root(model: str) -> Member:
    call, _, inside = model.partition("/")
    service, _, operation = call.partition(".")
    shape = load(service)["operations"][operation]["input"]["shape"]
    found = _descendant(Member(service, operation, (), shape), list(filter(None, inside.split("."))))
    if found is None:
        raise ValueError(f"{model}: {shape} has no member {inside}")
    return found


def _child(member: Member, name: str) -> Member | None:
    shape: Shape = shapes(member.service)[member.shape]
    while shape["type"] == "list":
        shape = shapes(member.service)[shape["member"]["shape"]]
    for known, reference in shape.get("members", {}).items():
        if _plain(known) == _plain(name):
            return Member(member.service, member.operation, (*member.path, known), reference["shape"])
    return None


def _plain(name: str) -> str:
    return name.replace("_", "").lower()


@cache
def load(service: str) -> dict[str, Any]:
    """A service's model."""
    model: dict[str, Any] = Loader().load_service_model(service, "service-2")
    return model


def shapes(service: str) -> dict[str, Shape]:
    """A service's shapes."""
    found: dict[str, Shape] = load(service)["shapes"]
    return found


if __name__ == "__main__":
    main()
