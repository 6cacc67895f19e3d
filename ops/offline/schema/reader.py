"""Reads the schema of a resource, data source or provider from the TypeScript that was generated for it.

The generator (https://github.com/hashicorp/terraform-cdk, packages/@cdktf/provider-generator) writes for each member whether
it is computed, optional or required, what type it has and whether it is a block. What it does not write is lost:

- limits of a list or set block, but for "at least one" and "at most one"; a set of at most one cannot be told from a list;
- sensitive and write-only attributes, replacement (ForceNew), defaults, and that a block is computed too;
- the type of the few members that it leaves out as too large: these are dynamic here.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TypeVar, cast

from .body import Attribute, Body, CtyType, Nested, NestedBlock, Nesting
from .sources import SchemaError


def read_body(typescript: str, *, nested_attributes: bool = False) -> Body:
    """The schema that a generated module states.

    Args:
        typescript: source of the module.
        nested_attributes: whether an object that is no block is a nested attribute, as in protocol 6.

    Raises:
        SchemaError: the module is not as the generator writes it, or contradicts itself.
    """
    return _Reader(typescript, nested_attributes=nested_attributes).main()


_CLASS = re.compile(r"^export class (\w+) extends [\w.]+ \{\n.*?^}\n?", re.M | re.S)
_INTERFACE = re.compile(r"^export interface (\w+)[^{]*\{\n.*?^}\n", re.M | re.S)
_FUNCTION = re.compile(r"^export function (\w+)ToHclTerraform\(.*?^}\n", re.M | re.S)
_MAIN = re.compile(r"export class \w+ extends cdkt[fn]\.Terraform(Resource|DataSource|Provider) ")
_CONFIG = re.compile(r"^  public constructor\(.*\bconfig: (\w+)", re.M)
# A member of a class: flags in a comment, then its code.
_FIELD = re.compile(
    r"^  // (?P<name>\w+) - computed: (?P<computed>true|false), optional: (?P<optional>true|false), "
    r"required: (?P<required>true|false)\n(?P<code>.*?)(?=^  // |^}\n|\Z)",
    re.M | re.S,
)
# A member of an interface: its documentation, which ends in a link to it, and whether it may be left out.
_DECLARED = re.compile(r"/\*\*(?P<doc>.*?)\*/\n\s+readonly \w+(?P<optional>\??):", re.S)
_LINK = re.compile(r"\{@link \S+#(\w+) \w+#\w+}")
_BLOCK = re.compile(r"^  \* (\w+) block$", re.M)
# How a member that can be set is written. `isBlock` is no help: it is true for every class.
_HCL = re.compile(
    r"^    (?:  )?(?P<name>\w+): \{\n\s+value: (?P<value>.*?),\n\s+isBlock: \w+,\n\s+type: \"(?P<type>\w+)\",\n"
    r"\s+storageClassType: \"(?P<cls>\w+)\",",
    re.M,
)
_OBJECTS = re.compile(r"(?:list|hash)MapperHcl\(\w+ToHclTerraform(?:, (?P<block>true|false))?\)")
_GETTER = re.compile(r"get(?P<type>\w*)Attribute\(")
_MADE = re.compile(r"= new (?P<cdktf>cdkt[fn]\.)?(?P<cls>\w+)\(this, \"\w+\"(?:, (?P<set>true|false))?\)")

_NESTINGS: Mapping[str, Nesting] = {
    "simple": "single", "struct": "single", "list": "list", "set": "set", "map": "map",
}  # fmt: skip
_PRIMITIVES: Mapping[str, CtyType] = {
    "string": "string",
    "number": "number",
    "boolean": "bool",
    "any": "dynamic",
}
_WRAPPERS: Mapping[str, Nesting] = {"List": "list", "Map": "map"}

_Value = TypeVar("_Value")


@dataclass(frozen=True, slots=True)
class _Flags:
    computed: bool
    optional: bool
    required: bool


@dataclass(frozen=True, slots=True)
class _Settable:
    """A member that can be set, as the HCL writer states it."""

    name: str
    nesting: Nesting
    cls: str
    many: bool
    block: bool | None
    """Whether the writer takes an object for a block; None where it does not say."""


class _Reader:
    """Reads one module."""

    def __init__(self, text: str, *, nested_attributes: bool) -> None:
        self._nested_attributes = nested_attributes
        self._classes = {found[1]: found[0] for found in _CLASS.finditer(text)}
        self._interfaces = {found[1]: found[0] for found in _INTERFACE.finditer(text)}
        self._writers = {found[1]: found[0] for found in _FUNCTION.finditer(text)}
        self._open: list[str] = []

    def main(self) -> Body:
        for name, code in self._classes.items():
            if found := _MAIN.match(code):
                config = _CONFIG.search(code)
                interface = _get(self._interfaces, config[1] if config else f"{name}Config", "interface")
                body = self._body(code, interface, code)
                # The generator adds it; to Terraform it is an argument of the language, not of the provider.
                if found[1] == "Provider":
                    body.attributes.pop("alias", None)
                return body
        raise SchemaError("there is no class of a resource, data source or provider.")

    def _struct(self, name: str) -> Body:
        """Members of a nested type."""
        if name in self._open:
            raise SchemaError(f"{' > '.join([*self._open, name])} contains itself, which no schema can.")
        self._open.append(name)
        interface = _get(self._interfaces, name, "interface")
        writer = _get(self._writers, f"{name[0].lower()}{name[1:]}", "HCL writer")
        code = self._classes.get(f"{name}OutputReference")
        body = self._declared(interface, writer) if code is None else self._body(code, interface, writer)
        self._open.pop()
        return body

    def _body(self, code: str, interface: str, writer: str) -> Body:
        """Members of something that can be referred to, which a class describes."""
        blocks = set(_BLOCK.findall(interface))
        settable = _settable(writer)
        body = Body()
        for found in _FIELD.finditer(code):
            name = found["name"]
            flags = _Flags(*(found[flag] == "true" for flag in ("computed", "optional", "required")))
            if name in settable:
                self._add(body, settable.pop(name), name in blocks, flags)
            elif flags.required or (flags.optional and not flags.computed):
                raise SchemaError(f"{name} is an argument, but is never written.")
            else:
                body.attributes[name] = self._computed(name, found["code"], flags)
        if settable:
            raise SchemaError(f"{', '.join(settable)}: written, but of no class.")
        return body

    def _declared(self, interface: str, writer: str) -> Body:
        """Members of something that nothing refers to (blocks of a provider): there is an interface only."""
        settable = _settable(writer)
        body = Body()
        for found in _DECLARED.finditer(interface):
            link = _LINK.search(found["doc"])
            if not link or link[1] not in settable:
                raise SchemaError(f"no argument is known for the documentation {found['doc'].strip()!r}.")
            flags = _Flags(computed=False, optional=bool(found["optional"]), required=not found["optional"])
            self._add(body, settable.pop(link[1]), link[1] in _BLOCK.findall(found["doc"]), flags)
        if settable:
            raise SchemaError(f"{', '.join(settable)}: written, but not declared.")
        return body

    def _add(self, body: Body, member: _Settable, block: bool, flags: _Flags) -> None:
        """Adds what can be set: a block, a nested attribute or an attribute."""
        name = member.name
        if flags.optional == flags.required:
            raise SchemaError(f"{name} is written, but not either optional or required.")
        if flags.required and flags.computed:
            raise SchemaError(f"{name} is both computed and required.")
        simple = _simple(member)
        if simple is not None:
            body.attributes[name] = _attribute(name, flags, simple)
            return
        if member.block not in (None, block):
            raise SchemaError(f"{name} is a block in one place and an attribute in another.")
        members = self._struct(self._struct_name(member.cls))
        nesting = member.nesting
        if block:
            body.blocks[name] = NestedBlock(
                name,
                nesting,
                _without_dynamic(members) if nesting == "set" else members,
                min_items=1 if flags.required and nesting in ("list", "set") else 0,
                max_items=1 if nesting in ("list", "set") and not member.many else 0,
            )
        else:
            body.attributes[name] = self._object(name, flags, nesting, members)

    def _computed(self, name: str, code: str, flags: _Flags) -> Attribute:
        """An attribute that cannot be set; its getter tells the type."""
        made = _MADE.search(code)
        if not made:
            return _attribute(name, flags, _getter_type(name, code))
        is_set = made["set"] == "true"
        if made["cdktf"]:
            return _attribute(name, flags, _cdktf_type(name, made["cls"], is_set))
        found = re.fullmatch(r"(\w+?)(OutputReference|List|Map)", made["cls"])
        if not found:
            raise SchemaError(f"{name} is of the class {made['cls']}, which is of no known form.")
        nesting: Nesting = "set" if is_set else _WRAPPERS.get(found[2], "single")
        return self._object(name, flags, nesting, self._struct(found[1]))

    def _object(self, name: str, flags: _Flags, nesting: Nesting, members: Body) -> Attribute:
        if nesting == "set":
            members = _without_dynamic(members)
        if self._nested_attributes:
            return _attribute(name, flags, Nested(nesting, members.attributes))
        return _attribute(name, flags, _wrapped(nesting, _object_type(members)))

    def _struct_name(self, cls: str) -> str:
        for suffix in ("", "List", "Map", "Set"):
            if cls.endswith(suffix) and cls.removesuffix(suffix) in self._interfaces:
                return cls.removesuffix(suffix)
        raise SchemaError(f"there is no interface {cls}.")


def _get(found: Mapping[str, _Value], name: str, what: str) -> _Value:
    if name not in found:
        raise SchemaError(f"there is no {what} {name}.")
    return found[name]


def _attribute(name: str, flags: _Flags, type_: CtyType | Nested) -> Attribute:
    nested = type_ if isinstance(type_, Nested) else None
    return Attribute(
        name,
        None if isinstance(type_, Nested) else type_,
        nested,
        required=flags.required,
        optional=flags.optional,
        computed=flags.computed,
    )


def _settable(writer: str) -> dict[str, _Settable]:
    result = {}
    for found in _HCL.finditer(writer):
        if found["type"] not in _NESTINGS:
            raise SchemaError(f"{found['name']} is of the unknown kind {found['type']}.")
        mapper = _OBJECTS.search(found["value"])
        # Only a block of at most one is written without a mapper.
        block = not mapper or mapper["block"] == "true"
        nesting = _NESTINGS[found["type"]]
        result[found["name"]] = _Settable(
            found["name"],
            nesting,
            found["cls"],
            many=mapper is not None,
            block=block if nesting in ("list", "set") else None,
        )
    return result


def _simple(member: _Settable) -> CtyType | None:
    """Type of a value made of primitives; None for a class."""
    found = re.fullmatch(r"(string|number|boolean|any)((?:List|Map)*)", member.cls)
    if not found:
        return None
    if found[1] == "any":
        # The generator writes a dynamic attribute as a map of anything.
        return "dynamic"
    # `stringMapList` is a list of maps: the outermost comes last. A set is written as a list.
    wrappers = [_WRAPPERS[one] for one in re.findall("List|Map", found[2])]
    if wrappers and member.nesting == "set":
        wrappers[-1] = "set"
    return _nested_type(_PRIMITIVES[found[1]], wrappers)


def _nested_type(inner: CtyType, wrappers: list[Nesting]) -> CtyType:
    for wrapper in wrappers:
        inner = [wrapper, inner]
    return inner


def _cdktf_type(name: str, cls: str, is_set: bool) -> CtyType:
    """Type of one of cdktf's own classes: `StringMap`, `StringMapList`."""
    member = _Settable(name, "set" if is_set else "list", f"{cls[0].lower()}{cls[1:]}", False, None)
    simple = _simple(member)
    if simple is None:
        raise SchemaError(f"{name} is of the unknown class cdktf.{cls}.")
    return simple


def _getter_type(name: str, code: str) -> CtyType:
    """Type of `getStringAttribute` and the like; `getListAttribute` is a list of strings."""
    if "interpolationForAttribute(" in code:
        return "dynamic"
    found = _GETTER.search(code)
    cls = {"List": "stringList"}.get(found["type"], found["type"]) if found else ""
    member = _Settable(
        name, "set" if "Fn.tolist(" in code else "list", f"{cls[:1].lower()}{cls[1:]}", False, None
    )
    simple = _simple(member)
    if simple is None:
        raise SchemaError(f"{name} has no getter that is known.")
    return simple


def _wrapped(nesting: Nesting, inner: CtyType) -> CtyType:
    return inner if nesting == "single" else [nesting, inner]


def _object_type(body: Body) -> CtyType:
    members = {one.name: cast(CtyType, one.type) for one in body.attributes.values()}
    blocks = {one.name: _wrapped(one.nesting, _object_type(one.body)) for one in body.blocks.values()}
    return ["object", {**members, **blocks}]


def _without_dynamic(body: Body) -> Body:
    """A body without its dynamic attributes, which core refuses in a set (`rule.statement` of aws_wafv2_web_acl).

    Source: https://github.com/hashicorp/terraform/blob/v1.11.4/internal/configs/configschema/internal_validate.go
    """
    return Body(
        {name: one for name, one in body.attributes.items() if not _is_dynamic(one)},
        {name: replace(one, body=_without_dynamic(one.body)) for name, one in body.blocks.items()},
    )


def _is_dynamic(attribute: Attribute) -> bool:
    if attribute.nested:
        return any(_is_dynamic(one) for one in attribute.nested.attributes.values())
    return _has_dynamic_type(attribute.type)


def _has_dynamic_type(type_: object) -> bool:
    if isinstance(type_, list):
        return any(_has_dynamic_type(one) for one in type_)
    if isinstance(type_, dict):
        return any(_has_dynamic_type(one) for one in type_.values())
    return type_ == "dynamic"
