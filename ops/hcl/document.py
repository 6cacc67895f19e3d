"""A stack's Terraform JSON in Terraform's language.

JSON does not say what is a block and what an argument; the provider's schema does. `cdktf synth --hcl` guesses, and guesses
wrong where an argument was written past the construct: docs/leaving-cdktf.md.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from ..offline.schema import Body
from .expressions import expression, indented, name, raw

BodyOf = Callable[[str, str], Body]
"""The schema of a resource, data source or provider, by kind and type."""

# Arguments of the language itself: https://developer.hashicorp.com/terraform/language/meta-arguments
_RAW = frozenset({"depends_on", "provider"})
_RAW_IN_LIFECYCLE = frozenset({"ignore_changes", "replace_triggered_by"})
# Of `import`, `moved` and `removed`.
_RAW_ADDRESSES = frozenset({"from", "provider", "to"})
_LIFECYCLE_BLOCKS = frozenset({"precondition", "postcondition"})
_SETTINGS = frozenset(
    {"count", "for_each", "depends_on", "lifecycle", "provider", "connection", "provisioner"}
)
_TERRAFORM = frozenset({"required_version", "required_providers", "backend", "experiments"})
# https://developer.hashicorp.com/terraform/language/provisioners: these two hold keywords
_RAW_IN_PROVISIONER = frozenset({"when", "on_failure"})
# The type that Terraform has by itself: https://developer.hashicorp.com/terraform/language/resources/terraform-data
_BUILT_IN = "terraform_data"


class UnknownBlockError(ValueError):
    """A stack has something of the language that is not written here."""


def hcl(document: Mapping[str, Any], body_of: BodyOf) -> str:
    """The stack as the text of a `.tf` file.

    Args:
        document: `cdk.tf.json` as data.
        body_of: the schemas of its providers.

    Raises:
        UnknownBlockError: it has a kind of top-level block that no stack of ours has.
        SchemaError: a provider has no such type.
    """
    unknown = document.keys() - _WRITERS.keys() - {"//"}
    if unknown:
        raise UnknownBlockError(f"no way to write {', '.join(sorted(unknown))} in Terraform's language")
    written = [
        "\n".join(lines)
        for kind, write in _WRITERS.items()
        if kind in document
        for lines in write(document[kind], body_of)
    ]
    return indented("\n\n".join(written)) + "\n"


_Lines = list[str]


def _block(header: str, lines: _Lines) -> _Lines:
    return [f"{header} {{", *lines, "}"]


def _arguments(given: Mapping[str, Any], *, without: frozenset[str] = frozenset()) -> _Lines:
    return [f"{key} = {expression(value)}" for key, value in _said(given) if key not in without]


def _said(given: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    yield from ((key, value) for key, value in given.items() if key != "//" and value is not None)


def _many(given: Any) -> list[Any]:
    return given if isinstance(given, list) else [given]


def _terraform(given: Mapping[str, Any], _body_of: BodyOf) -> Iterator[_Lines]:
    unknown = given.keys() - _TERRAFORM - {"//"}
    if unknown:
        raise UnknownBlockError(f"no way to write {', '.join(sorted(unknown))} of terraform in its language")
    lines = _arguments(given, without=frozenset({"required_providers", "backend"}))
    if "required_providers" in given:
        lines += _block("required_providers", _arguments(given["required_providers"]))
    for kind, settings in given.get("backend", {}).items():
        lines += _block(f"backend {name(kind)}", _arguments(settings))
    yield _block("terraform", lines)


def _variables(given: Mapping[str, Any], _body_of: BodyOf) -> Iterator[_Lines]:
    for label, variable in given.items():
        lines = [
            f"{key} = {raw(value) if key == 'type' else expression(value)}"
            for key, value in _said(variable)
            if key != "validation"
        ]
        for validation in _many(variable.get("validation", [])):
            lines += _block("validation", _arguments(validation))
        yield _block(f"variable {name(label)}", lines)


def _locals(given: Mapping[str, Any], _body_of: BodyOf) -> Iterator[_Lines]:
    yield _block("locals", _arguments(given))


def _providers(given: Mapping[str, Any], body_of: BodyOf) -> Iterator[_Lines]:
    for label, configurations in given.items():
        for one in _many(configurations):
            alias = _arguments({"alias": one.get("alias")})
            yield _block(
                f"provider {name(label)}", alias + _members(one, body_of("provider", label), {"alias"})
            )


def _data(given: Mapping[str, Any], body_of: BodyOf) -> Iterator[_Lines]:
    yield from _instances("data", given, body_of)


def _resources(given: Mapping[str, Any], body_of: BodyOf) -> Iterator[_Lines]:
    yield from _instances("resource", given, body_of)


def _instances(kind: str, given: Mapping[str, Any], body_of: BodyOf) -> Iterator[_Lines]:
    for type_name, named in given.items():
        body = Body() if type_name == _BUILT_IN else body_of(kind, type_name)
        for label, one in named.items():
            lines = [
                f"{key} = {raw(one[key]) if key in _RAW else expression(one[key])}"
                for key in ("count", "for_each", "provider")
                if key in one
            ]
            lines += _members(one, body, _SETTINGS)
            lines += _connection(one)
            lines += [line for given in _many(one.get("provisioner", [])) for line in _provisioners(given)]
            lines += [f"depends_on = {raw(one['depends_on'])}"] if one.get("depends_on") else []
            lines += _lifecycle(one.get("lifecycle", {}))
            yield _block(f"{kind} {name(type_name)} {name(label)}", lines)


def _members(given: Mapping[str, Any], body: Body, without: frozenset[str] | set[str]) -> _Lines:
    """Arguments first, then blocks; what the schema does not have is an argument, which Terraform then names."""
    blocks = {key for key, _ in _said(given) if key in body.blocks} - without
    dynamic = {} if "dynamic" in body.attributes else given.get("dynamic", {})
    lines = _arguments(given, without=frozenset(blocks | without | ({"dynamic"} if dynamic else set())))
    for key in [key for key, _ in _said(given) if key in blocks]:
        nested = body.blocks[key]
        if nested.nesting == "map":
            for label, one in given[key].items():
                lines += _block(f"{key} {name(label)}", _members(one, nested.body, set()))
            continue
        for one in _many(given[key]):
            lines += _block(key, _members(one, nested.body, set()))
    for key, given_ones in dynamic.items():
        if key not in body.blocks:
            raise UnknownBlockError(f"no way to write a dynamic {key}, which is no block of the provider's")
        for one in _many(given_ones):
            lines += _block(f"dynamic {name(key)}", _dynamic(one, body.blocks[key].body))
    return lines


def _dynamic(given: Mapping[str, Any], content: Body) -> _Lines:
    """Blocks by a `for_each`: https://developer.hashicorp.com/terraform/language/expressions/dynamic-blocks."""
    lines = [
        f"{key} = {raw(value) if key == 'iterator' else expression(value)}"
        for key, value in _said(given)
        if key != "content"
    ]
    return lines + _block("content", _members(given.get("content", {}), content, set()))


def _connection(given: Mapping[str, Any]) -> _Lines:
    return [
        line for one in _many(given.get("connection", [])) for line in _block("connection", _arguments(one))
    ]


def _provisioners(given: Mapping[str, Any]) -> Iterator[str]:
    for kind, settings in given.items():
        for one in _many(settings):
            lines = [
                f"{key} = {raw(value) if key in _RAW_IN_PROVISIONER else expression(value)}"
                for key, value in _said(one)
                if key != "connection"
            ]
            yield from _block(f"provisioner {name(kind)}", lines + _connection(one))


def _addressed(kind: str) -> Callable[[Any, BodyOf], Iterator[_Lines]]:
    """The writer of blocks that say what becomes of addresses."""

    def write(given: Any, _body_of: BodyOf) -> Iterator[_Lines]:
        for one in _many(given):
            lines = [
                f"{key} = {raw(value) if key in _RAW_ADDRESSES else expression(value)}"
                for key, value in _said(one)
                if key != "lifecycle"
            ]
            yield _block(kind, lines + _lifecycle(one.get("lifecycle", {})))

    return write


def _lifecycle(given: Mapping[str, Any]) -> _Lines:
    if not given:
        return []
    lines = [
        f"{key} = {raw(value) if key in _RAW_IN_LIFECYCLE else expression(value)}"
        for key, value in _said(given)
        if key not in _LIFECYCLE_BLOCKS
    ]
    for key in sorted(_LIFECYCLE_BLOCKS & given.keys()):
        for one in _many(given[key]):
            lines += _block(key, _arguments(one))
    return _block("lifecycle", lines)


def _checks(given: Mapping[str, Any], body_of: BodyOf) -> Iterator[_Lines]:
    for label, one in given.items():
        lines = [line for block in _data(one.get("data", {}), body_of) for line in block]
        for asserted in _many(one.get("assert", [])):
            lines += _block("assert", _arguments(asserted))
        yield _block(f"check {name(label)}", lines)


def _outputs(given: Mapping[str, Any], _body_of: BodyOf) -> Iterator[_Lines]:
    for label, output in given.items():
        lines = [
            f"{key} = {raw(value) if key in _RAW else expression(value)}" for key, value in _said(output)
        ]
        yield _block(f"output {name(label)}", lines)


_WRITERS: Mapping[str, Callable[[Any, BodyOf], Iterator[_Lines]]] = {
    "terraform": _terraform,
    "variable": _variables,
    "locals": _locals,
    "provider": _providers,
    "data": _data,
    "resource": _resources,
    "check": _checks,
    "import": _addressed("import"),
    "moved": _addressed("moved"),
    "removed": _addressed("removed"),
    "output": _outputs,
}
