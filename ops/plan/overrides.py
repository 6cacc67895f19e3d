"""What the offline plan says of a layout's overrides: by the provider's schema, before Terraform is asked."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from modules.bindings.flavor import FLAVORS, Flavor
from modules.layout import Fault, Loaded, dotted
from modules.layout.faults import Step
from modules.layout.overrides import TAKEN_OUT, Address, steps_of
from modules.layout.words import nearest
from modules.overriding import arguments_of

from ..offline.schema import Attribute, BindingPackage, Body, CtyType, Nested, SchemaError

BodyOf = Callable[[str, str], "Body | None"]
_Found = tuple[str, str]
"""A problem and its remedy."""

# Terraform's own, of no schema: https://developer.hashicorp.com/terraform/language/meta-arguments
_META = frozenset({"lifecycle", "depends_on", "provisioner", "connection", "dynamic"})
# Schemas have it as optional, and providers refuse it as no key of theirs:
# core_schema.go and schema.go of https://github.com/hashicorp/terraform-plugin-sdk/tree/main/helper/schema
_OF_THE_SDK: tuple[Step, ...] = ("id",)
_MOST = 25
_KINDS: Mapping[str, tuple[str, tuple[type, ...]]] = {
    "string": ("a text", (str, int, float, bool)),
    "number": ("a number", (int, float)),
    "bool": ("true or false", (bool,)),
}


def override_faults(
    loaded: Loaded, stack: str, document: Mapping[str, Any], body_of: BodyOf, flavor: Flavor
) -> list[Fault]:
    """The overrides of one stack that its providers do not take, each with its line in the layout.

    Args:
        document: the stack as it is synthesized.
        body_of: the schema of a kind (`resource`, `data`, `provider`) and a type; None where there is none.
        flavor: whose providers these are.
    """
    faults = []
    for text, values in loaded.layout.overrides.items():
        address = Address.of(text)
        body = body_of(address.block, address.type) if is_in(loaded, text, stack, document) else None
        if body is None:
            continue
        for path, value in values.items():
            steps = steps_of(path)
            for problem, remedy in _Check(address, document, flavor).member(body, steps, value):
                where = ("overrides", text, path)
                faults.append(Fault(loaded.tree.locate(where), where, problem, remedy, "override"))
    return faults


def is_in(loaded: Loaded, text: str, stack: str, document: Mapping[str, Any]) -> bool:
    """Whether the address of an override is one of a stack."""
    return arguments_of(document, Address.of(text), loaded.layout.kind_of(stack)) is not None


def blamed(loaded: Loaded, stack: str, document: Mapping[str, Any], told: str) -> str:
    """The overrides of resources that Terraform's errors name, for whoever looks for the line of a layout; empty for none."""
    lines = [
        f"  {loaded.tree.locate(('overrides', text, path))}: {dotted(('overrides', text, path))}"
        for text, values in loaded.layout.overrides.items()
        if str(Address.of(text)) in told and is_in(loaded, text, stack, document)
        for path in values
    ]
    if not lines:
        return ""
    return "\n".join(["", "The layout overrides arguments of what Terraform refuses:", *lines, ""])


class _Check:
    """One override against the schema of what it is about."""

    def __init__(self, address: Address, document: Mapping[str, Any], flavor: Flavor) -> None:
        self._address = address
        self._document = document
        self._flavor = flavor
        self._way: tuple[Step, ...] = ()

    def member(self, body: Body, steps: tuple[Step, ...], value: Any) -> Iterator[_Found]:
        """What is wrong with a value at some steps from a body."""
        name, rest = str(steps[0]), steps[1:]
        if not self._way and name in _META and self._address.block != "provider":
            return
        if name in body.blocks:
            block = body.blocks[name]
            self._way = (*self._way, name)
            yield from self._block(block.body, rest, value, mapped=block.nesting == "map")
        elif name in body.attributes:
            yield from self._attribute(body.attributes[name], rest, value)
        else:
            yield self._unknown(name, [*body.attributes.values(), *body.blocks])

    def _block(self, body: Body, rest: tuple[Step, ...], value: Any, *, mapped: bool) -> Iterator[_Found]:
        if rest and (isinstance(rest[0], int) or mapped):
            rest = rest[1:]
        if rest:
            yield from self.member(body, rest, value)
            return
        way = self._way
        for one in value if isinstance(value, list) else [value]:
            if isinstance(one, Mapping):
                for key, child in one.items():
                    self._way = way
                    yield from self.member(body, (key,), child)
            elif one != TAKEN_OUT:
                known = ", ".join([*body.attributes, *body.blocks][:_MOST])
                yield f"{self._at(way)} is a block", f"Write a mapping, or a list of them, with {known}."

    def _attribute(self, attribute: Attribute, rest: tuple[Step, ...], value: Any) -> Iterator[_Found]:
        self._way = (*self._way, attribute.name)
        if not (attribute.required or attribute.optional) or (
            self._address.block == "resource" and self._way == _OF_THE_SDK
        ):
            yield (
                f"{self._at(self._way)} is read-only: the provider tells it, nobody sets it",
                "Remove it.",
            )
        elif attribute.nested is not None:
            yield from self._nested(attribute.nested, rest, value)
        elif attribute.type is not None:
            yield from self._type(attribute.type, rest, value)

    def _nested(self, nested: Nested, rest: tuple[Step, ...], value: Any) -> Iterator[_Found]:
        yield from self._block(
            Body(attributes=nested.attributes), rest, value, mapped=nested.nesting == "map"
        )

    def _type(self, kind: CtyType, rest: tuple[Step, ...], value: Any) -> Iterator[_Found]:
        if kind == "dynamic":
            return
        if isinstance(kind, list) and kind[0] == "object":
            members = {name: Attribute(name, type=one, optional=True) for name, one in kind[1].items()}
            yield from self._block(Body(attributes=members), rest, value, mapped=False)
        elif isinstance(kind, list):
            yield from self._many(kind, rest, value)
        elif rest:
            yield (
                f"{self._at(self._way)} is {_KINDS[kind][0]}, and has nothing inside",
                "Override it as a whole.",
            )
        elif not _fits(kind, value):
            yield f"{self._at(self._way)} takes {_KINDS[kind][0]}", "Write that, or an expression in ${}."

    def _many(self, kind: list[Any], rest: tuple[Step, ...], value: Any) -> Iterator[_Found]:
        is_map = kind[0] == "map"
        wanted = "a mapping" if is_map else "a list"
        if rest and isinstance(rest[0], str) != is_map:
            example = f'{self._way[-1]}["key"]' if is_map else f"{self._way[-1]}[0]"
            yield f"{self._at(self._way)} is {wanted}", f"Write {example}, or override it as a whole."
        elif rest:
            yield from self._type(kind[1], rest[1:], value)
        elif _is_expression(value):
            return
        elif is_map and isinstance(value, dict):
            for one in value.values():
                yield from self._type(kind[1], (), one)
        elif not is_map and isinstance(value, list):
            for one in value:
                yield from self._type(kind[1], (), one)
        else:
            yield f"{self._at(self._way)} takes {wanted}", "Write that, or an expression in ${}."

    def _unknown(self, name: str, members: list[Any]) -> _Found:
        known = sorted(
            one if isinstance(one, str) else one.name
            for one in members
            if isinstance(one, str) or one.required or one.optional
        )
        near = nearest(name, known)
        shown = ", ".join(known[:_MOST]) + (f" and {len(known) - _MOST} more" if len(known) > _MOST else "")
        remedy = f"Did you mean {near}? It has {shown}." if near else f"It has {shown or 'none'}."
        elsewhere = self._elsewhere(name)
        problem = f"{self._at(self._way)} has no argument {name!r} in {self._provider()}"
        return problem, f"{elsewhere}{remedy}"

    def _at(self, way: tuple[Step, ...]) -> str:
        before = {"resource": "", "data": "data.", "provider": "provider."}[self._address.block]
        return f"{before}{self._address.type}" + (f".{dotted(way)}" if way else "")

    def _provider(self) -> str:
        name = self._address.type.partition("_")[0]
        required = self._document.get("terraform", {}).get("required_providers", {}).get(name, {})
        return f"{required.get('source', name)} {required.get('version', '')}".strip()

    def _elsewhere(self, name: str) -> str:
        """Another flavour whose provider has the argument, where it is installed."""
        provider = self._address.type.partition("_")[0]
        for other in FLAVORS.values():
            if other is self._flavor:
                continue
            try:
                kind = self._address.block
                body = BindingPackage(provider, other).body(
                    kind, "" if kind == "provider" else self._address.type
                )
            except SchemaError:
                continue
            for step in self._way:
                if isinstance(step, str) and step in body.blocks:
                    body = body.blocks[step].body
            if name in body.attributes or name in body.blocks:
                return f"The newer provider of {other.title} has it: CDK_FLAVOR={other}. "
        return ""


def _fits(kind: str, value: Any) -> bool:
    if value is None or _is_expression(value):
        return True
    if isinstance(value, bool):
        return kind in ("bool", "string")
    if isinstance(value, str) and kind == "number":
        return value.replace(".", "", 1).lstrip("-").isdigit()
    if isinstance(value, str) and kind == "bool":
        return value in ("true", "false")
    return isinstance(value, _KINDS[kind][1])


def _is_expression(value: Any) -> bool:
    return isinstance(value, str) and "${" in value
