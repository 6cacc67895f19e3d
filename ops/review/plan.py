"""A plan as Terraform tells it: https://developer.hashicorp.com/terraform/internals/json-format."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from ..errors import UsageError
from ..offline.changes import VERBS
from .members import kept
from .values import UNKNOWN, Sensitive, at, either, masked

_NOTHING = (("no-op",), ("read",))
_INDEX = re.compile(r"\[(?:\d+|\"(?:[^\"\\]|\\.)*\")\]")


class Change:
    """What a plan does to one resource, or what has become of it outside Terraform.

    `verb` is create, update, replace, delete, forget or no-op. `before` and `after` are trees in which what is
    sensitive or unknown is masked (`values.py`); empty where there is nothing. `address` has the index of a `for_each`.
    """

    def __init__(self, stack: str, data: Mapping[str, Any]) -> None:
        self.stack = stack
        self._data = data
        self._change: Mapping[str, Any] = data["change"]
        self.address = str(data["address"])
        self.type = str(data.get("type", ""))
        self.name = str(data.get("name", ""))
        self.is_managed = data.get("mode", "managed") == "managed"
        actions = tuple(self._change["actions"])
        # What is not known is no plan that can be judged: taken for nothing, it would be let pass.
        self.verb = "no-op" if actions in _NOTHING else VERBS[actions]

    def __repr__(self) -> str:
        return f"{self.verb} {self.address}"

    @property
    def happens(self) -> bool:
        """Whether anything is done to it."""
        return self.verb != "no-op"

    @property
    def goes(self) -> bool:
        """Whether what is there now is destroyed."""
        return self.verb in ("delete", "replace")

    @property
    def previous_address(self) -> str | None:
        """Where it was before a `moved` block, or a `terraform state mv` in the configuration."""
        previous = self._data.get("previous_address")
        return str(previous) if previous and previous != self.address else None

    @property
    def imported_id(self) -> str | None:
        """The id by which it is imported, if it is; `(known after apply)` where the apply tells it."""
        importing = self._change.get("importing")
        if not importing:
            return None
        return str(importing.get("id") or UNKNOWN)

    @property
    def is_deposed(self) -> bool:
        """Whether it is what an interrupted replacement has left behind, to be deleted now."""
        return bool(self._data.get("deposed"))

    @property
    def reason(self) -> str:
        """Why it is replaced or deleted, in Terraform's word, like `delete_because_no_resource_config`."""
        return str(self._data.get("action_reason") or "")

    @property
    def makes_first(self) -> bool:
        """Whether a replacement makes the new one before it destroys the old one."""
        return list(self._change["actions"]) == ["create", "delete"]

    @property
    def because(self) -> tuple[str, ...]:
        """The arguments that force a replacement, as paths like `vpc_config.0.subnet_ids`."""
        return tuple(".".join(map(str, path)) for path in self._change.get("replace_paths") or ())

    @cached_property
    def before(self) -> dict[str, Any]:
        """What there is."""
        return _tree(masked(self._change.get("before"), False, self._sensitive))

    @cached_property
    def after(self) -> dict[str, Any]:
        """What there will be."""
        return _tree(masked(self._change.get("after"), self._change.get("after_unknown"), self._sensitive))

    @property
    def _sensitive(self) -> Any:
        """What is on either side: an argument that is so on one side may have the same value on the other."""
        return either(self._change.get("before_sensitive"), self._change.get("after_sensitive"))

    @cached_property
    def arguments(self) -> tuple[str, ...]:
        """The top-level arguments that differ, or may: what only the apply tells is among them."""
        before, after = self.before, self.after
        return tuple(name for name in sorted({*before, *after}) if before.get(name) != after.get(name))

    def was(self, *path: str | int) -> Any:
        """A value before."""
        return at(self.before, *path)

    def becomes(self, *path: str | int) -> Any:
        """A value after."""
        return at(self.after, *path)

    def differs(self, *path: str | int) -> bool:
        """Whether a value is another one afterwards; it is not where both are missing."""
        was, becomes = self.was(*path), self.becomes(*path)
        return bool(was != becomes)

    @property
    def label(self) -> str:
        """What a person calls it: a name among its arguments, else its address."""
        for one in (self.after, self.before):
            for key in ("name", "node_group_name", "addon_name", "bucket", "id"):
                value = one.get(key)
                if isinstance(value, str) and value:
                    return value
        return self.address


@dataclass(frozen=True)
class Plan:
    """One plan of one stack.

    `stack` is what the plan's file is called after: its JSON does not say. `drift` is what has changed outside Terraform
    since the last apply. `deferred` are changes that Terraform leaves to another run, so that this plan is not all.
    """

    stack: str
    changes: tuple[Change, ...]
    drift: tuple[Change, ...] = ()
    deferred: tuple[Change, ...] = ()
    errored: bool = False
    failed_checks: tuple[str, ...] = ()
    _data: Mapping[str, Any] = field(default_factory=dict, repr=False)

    @property
    def made_at(self) -> str:
        """When it was made, like `2026-11-22T16:27:04Z`; nothing where the plan does not say."""
        return str(self._data.get("timestamp") or "")

    @property
    def actions(self) -> tuple[str, ...]:
        """The addresses of actions that the apply invokes beside its changes (Terraform from 1.14 on)."""
        invoked = self._data.get("action_invocations")
        found = (at(one, "address") for one in (invoked if isinstance(invoked, list) else ()))
        return tuple(one if isinstance(one, str) else "?" for one in found)

    def references(self, change: Change, *path: str, indexed: bool = False) -> tuple[str, ...]:
        """Addresses of the resources that an argument refers to in the configuration.

        Args:
            indexed: with their index, where the configuration says one; else all are without.
        """
        module, _, _ = _INDEX.sub("", change.address).rpartition(f"{change.type}.")
        expression: Any = self._expressions.get(_INDEX.sub("", change.address), {})
        for step in path:
            expression = _inside(expression, step)
        found = dict.fromkeys(_resource(text, indexed) for text in _references(expression))
        # Terraform tells `a.b["c"].id` as that, as `a.b["c"]` and as `a.b`.
        said = {name.partition("[")[0] for name in found if "[" in name}
        return tuple(f"{module}{name}" for name in found if name and name not in said)

    def data_sources(self, kind: str) -> Iterator[Mapping[str, Any]]:
        """The values of the data sources of a type that were read while planning."""
        root = at(self._data.get("prior_state"), "values", "root_module")
        for resource in _resources(root or {}):
            if resource.get("mode") == "data" and resource.get("type") == kind:
                yield resource.get("values") or {}

    @cached_property
    def _expressions(self) -> Mapping[str, Any]:
        return dict(_configured(at(self._data.get("configuration"), "root_module") or {}, ""))


def parse_plan(raw: bytes, file: Path, stack: str | None = None) -> Plan:
    """A plan from what a file has; its stack is the file's name without `plan.` and `.json` if none is given.

    Raises:
        UsageError: this is no plan in Terraform's JSON form.
    """
    hint = "write it by `terraform show -json FILE`, or `ops plan --json FILE`"
    try:
        data = kept(raw)
    except (ValueError, RecursionError):
        what = "a saved plan of Terraform itself" if raw[:2] == b"PK" else "no JSON"
        if raw.lstrip()[:1] == b"{" and b'"@level"' in raw[:4096]:
            what = "what `terraform plan -json` tells while it works"
        raise UsageError(f"{file}: this is {what}; {hint}") from None
    if not isinstance(data, dict) or "format_version" not in data:
        raise UsageError(f"{file}: this is no plan; {hint}")
    if "planned_values" not in data and "resource_changes" not in data:
        what = "a state" if "values" in data else "no plan"
        raise UsageError(f"{file}: this is {what}; {hint}")
    if not str(data["format_version"]).startswith("1."):
        raise UsageError(f"{file}: format version {data['format_version']} of plans is not known; 1.x is")
    name = stack or stack_of(file)
    try:
        return Plan(
            name,
            _changes(name, data.get("resource_changes") or ()),
            # Only what differs: without -refresh-only, Terraform tells there what the plan has to do with.
            tuple(one for one in _changes(name, data.get("resource_drift") or ()) if one.happens),
            _changes(name, (one["resource_change"] for one in data.get("deferred_changes") or ())),
            bool(data.get("errored")),
            tuple(_failed(data.get("checks") or ())),
            data,
        )
    except (AttributeError, KeyError, TypeError) as error:
        raise UsageError(
            f"{file}: this plan is not whole ({type(error).__name__}: {error}); {hint}"
        ) from None


def stack_of(file: Path) -> str:
    """The stack that a plan's file is called after: NAME of `plan.NAME.json` or `NAME.json`."""
    stem = file.name.removesuffix(".json")
    return stem.removeprefix("plan.") or stem


def _changes(stack: str, raw: Iterable[Mapping[str, Any]]) -> tuple[Change, ...]:
    return tuple(Change(stack, one) for one in raw)


def _tree(value: Any) -> dict[str, Any]:
    # A whole object that is sensitive: its arguments cannot be told apart.
    if isinstance(value, Sensitive):
        return {"(all)": value}
    return value if isinstance(value, dict) else {}


def _failed(checks: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    for check in checks:
        for instance in check.get("instances") or ():
            if instance.get("status") in ("fail", "error"):
                address = at(instance, "address", "to_display") or at(check, "address", "to_display") or "?"
                told = [str(problem.get("message", "")) for problem in instance.get("problems") or ()]
                yield f"{address}: {'; '.join(told) or instance['status']}"


def _configured(module: Mapping[str, Any], prefix: str) -> Iterator[tuple[str, Any]]:
    for resource in module.get("resources") or ():
        yield f"{prefix}{resource['address']}", resource.get("expressions") or {}
    for name, call in (module.get("module_calls") or {}).items():
        yield from _configured(call.get("module") or {}, f"{prefix}module.{name}.")


def _inside(expression: Any, step: str) -> Any:
    """What is configured at a step: of each block, where there are several."""
    if isinstance(expression, list):
        return [_inside(one, step) for one in expression]
    return expression.get(step) if isinstance(expression, dict) else None


def _references(expression: Any) -> Iterator[str]:
    if isinstance(expression, list):
        for one in expression:
            yield from _references(one)
    elif isinstance(expression, dict):
        for name, value in expression.items():
            if name == "references" and isinstance(value, list):
                yield from value
            else:
                yield from _references(value)


def _resource(reference: str, indexed: bool) -> str:
    """`aws_subnet.private` of `aws_subnet.private["a"].id`; nothing of a variable or of what is no resource."""
    words = _INDEX.sub("", reference).split(".")
    if len(words) < 2 or words[0] in ("data", "var", "local", "each", "count", "path", "terraform", "module"):
        return ""
    plain = ".".join(words[:2])
    index = _INDEX.match(reference, len(plain)) if indexed and reference.startswith(plain) else None
    return plain + (index[0] if index else "")


def _resources(module: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield from module.get("resources") or ()
    for child in module.get("child_modules") or ():
        yield from _resources(child)
