"""Keys that Terraform's core drops without a word: those inside nested attributes and attributes of an object type.

In a block, core reports an argument that it does not know; in an attribute it converts the value to the attribute's
type, and what the type does not have is gone. `helm_release` writes `set` that way, the helm provider `kubernetes`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from ..schema import Body, CtyType, Nested
from .problem import Path, Problem, one_of
from .walk import each, objects

BodyOf = Callable[[str, str], "Body | None"]


def unknown_keys(document: Mapping[str, Any], body_of: BodyOf) -> list[tuple[str, Problem]]:
    """The keys of a `cdk.tf.json` that would be dropped, each with the address of its resource or provider.

    `body_of` gives the schema of a kind (`resource`, `data`, `provider`) and a type, or None where there is none.
    """
    return [
        (address, problem)
        for address, body, config in _configurations(document, body_of)
        for problem in _of_body(body, config, ())
    ]


def _configurations(
    document: Mapping[str, Any], body_of: BodyOf
) -> Iterator[tuple[str, Body, Mapping[str, Any]]]:
    for type_name, configs in document.get("provider", {}).items():
        body = body_of("provider", type_name)
        for _, config in each(configs, ()):
            if body:
                yield f"provider.{type_name}", body, config
    for kind, before in (("resource", ""), ("data", "data.")):
        for type_name, named in document.get(kind, {}).items():
            body = body_of(kind, type_name)
            for name, configs in named.items():
                for _, config in each(configs, ()):
                    if body:
                        yield f"{before}{type_name}.{name}", body, config


def _of_body(body: Body, config: Any, path: Path) -> Iterator[Problem]:
    if not isinstance(config, Mapping):
        return
    for name, value in config.items():
        where = (*path, name)
        if name == "dynamic" and isinstance(value, Mapping):
            yield from _dynamic(body, value, where)
        elif name in body.blocks:
            for inner, one in each(value, where):
                yield from _of_body(body.blocks[name].body, one, inner)
        elif name in body.attributes:
            attribute = body.attributes[name]
            if attribute.nested:
                yield from _of_nested(attribute.nested, value, where)
            else:
                yield from _of_type(attribute.type, value, where)


def _dynamic(body: Body, blocks: Mapping[str, Any], path: Path) -> Iterator[Problem]:
    for name, written in blocks.items():
        if name in body.blocks:
            for where, one in each(written, (*path, name)):
                if isinstance(one, Mapping):
                    yield from _of_body(body.blocks[name].body, one.get("content"), (*where, "content"))


def _of_nested(nested: Nested, value: Any, path: Path) -> Iterator[Problem]:
    for where, one in objects(value, path, is_map=nested.nesting == "map"):
        yield from _unknown(one, list(nested.attributes), where)
        yield from _of_body(Body(attributes=nested.attributes), one, where)


def _of_type(kind: CtyType | None, value: Any, path: Path) -> Iterator[Problem]:
    if not isinstance(kind, list):
        return
    if kind[0] == "object":
        for where, one in objects(value, path, is_map=False):
            yield from _unknown(one, list(kind[1]), where)
            for name, child in one.items():
                yield from _of_type(kind[1].get(name), child, (*where, name))
    elif kind[0] == "map" and isinstance(value, Mapping):
        for key, child in value.items():
            yield from _of_type(kind[1], child, (*path, key))
    else:
        for where, one in each(value, path):
            yield from _of_type(kind[1], one, where)


def _unknown(config: Mapping[str, Any], known: list[str], path: Path) -> Iterator[Problem]:
    for name in config:
        if name not in known:
            message = one_of(
                name, sorted(known), ".".join(str(part) for part in path if isinstance(part, str))
            )
            yield Problem((*path, name), f"{message} Terraform would drop it without a word.")
