"""A stand-in for one Terraform provider: it accepts what the provider accepts, plans as it plans, and makes things up."""

from __future__ import annotations

import json
import traceback
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import wraps
from typing import Any, Literal

from modules.bindings.flavor import CDKTF, Flavor

from . import checks, overlay
from .account import Account, NotFoundError, fakes
from .account.in_cluster import unknown_kind
from .checks.problem import Path
from .manifests import planned_object
from .planning import planned
from .protocol import NESTING, Message, attribute_path, error, message, warning
from .schema import Attribute, BindingPackage, Body
from .values import UNKNOWN, Dynamic, conform, decode, empty, encode, has_unknown

Action = Literal["create", "update", "delete"]
# As manifest/provider/plan.go of the provider words it.
_NO_KIND = "API did not recognize GroupVersionKind from manifest (CRD may not be installed)"


@dataclass(frozen=True, slots=True)
class Operation:
    """What Terraform asks a provider to do with one resource; `id` is what the resource has or will have."""

    action: Action
    type_name: str
    id: str
    values: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Fault:
    """A failure to inject: what the service answers, and whether the thing was made all the same (then it is tainted)."""

    message: str
    made: bool = False


Faults = Callable[[Operation], "Fault | None"]


def no_faults(_operation: Operation) -> Fault | None:
    """Everything succeeds."""
    return None


def _guarded(response: str) -> Callable[[Callable[..., Message]], Callable[..., Message]]:
    """A method whose own defects become a diagnostic, and not a broken connection that says nothing."""

    def decorate(method: Callable[..., Message]) -> Callable[..., Message]:
        @wraps(method)
        def guarded(self: Provider, request: Message) -> Message:
            try:
                return method(self, request)
            except Exception:  # noqa: BLE001  # whatever it is, Terraform has to hear of it
                told = traceback.format_exc()
                self.defects.append(told)
                return message(response, diagnostics=[error("The stand-in provider has a defect", told)])

        return guarded

    return decorate


class Provider:
    """Serves the types of one binding package that it has been told of, for one account.

    `defects` collects the tracebacks of the stand-in itself: a test looks that there are none.
    """

    def __init__(
        self, name: str, account: Account, faults: Faults = no_faults, flavor: Flavor = CDKTF
    ) -> None:
        self.name = name
        self.account = account
        self.faults = faults
        self.flavor = flavor
        self.defects: list[str] = []
        self._package = BindingPackage(name, flavor)
        self._resources: dict[str, Body] = {}
        self._data: dict[str, Body] = {}
        self._default_tags: dict[str, str] = {}
        self._aliases: list[Mapping[str, Any]] = []
        self._mains: list[Mapping[str, Any]] = []
        self._schema: Message | None = None
        # By type and configuration as they come: Terraform has both validated anew by each command, twice by a plan.
        self._refused_arguments: dict[tuple[str, bytes], list[tuple[Path, str]]] = {}

    def serve_types(self, resources: Iterable[str], data: Iterable[str]) -> None:
        """Adds types to what it serves.

        Raises:
            SchemaError: the binding package has no such type.
        """
        for name in sorted(set(resources) - self._resources.keys()):
            self._resources[name] = self._package.body("resource", name)
            self._schema = None
        for name in sorted(set(data) - self._data.keys()):
            self._data[name] = self._package.body("data", name)
            self._schema = None

    def serve_configurations(self, configurations: Iterable[Mapping[str, Any]]) -> None:
        """Tells of the provider's configurations in a stack: the protocol does not say which one Terraform speaks of."""
        for one in configurations:
            known = self._aliases if "alias" in one else self._mains
            known.append({"region": one.get("region"), "tags": _tags_of(one)})

    def _is_alias(self, config: Mapping[str, Any]) -> bool:
        given = {"region": config.get("region"), "tags": _tags_of(config)}
        return given in self._aliases and given not in self._mains

    def body(self, kind: str, type_name: str) -> Body | None:
        """The schema of a type that is served, or of the provider itself."""
        if kind == "provider":
            return self._package.body("provider")
        return (self._resources if kind == "resource" else self._data).get(type_name)

    @property
    def methods(self) -> Mapping[str, Callable[[Message], Message]]:
        """The methods of the protocol, by name."""
        return {
            "GetProviderSchema": self.get_provider_schema,
            "ValidateProviderConfig": self.validate_provider_config,
            "ConfigureProvider": self.configure_provider,
            "ValidateResourceConfig": self.validate_resource_config,
            "ValidateDataResourceConfig": self.validate_data_resource_config,
            "UpgradeResourceState": self.upgrade_resource_state,
            "ReadResource": self.read_resource,
            "PlanResourceChange": self.plan_resource_change,
            "ApplyResourceChange": self.apply_resource_change,
            "ImportResourceState": self.import_resource_state,
            "ReadDataSource": self.read_data_source,
            "StopProvider": lambda _request: message("StopProviderResponse"),
        }

    # Schema and configuration

    @_guarded("GetProviderSchemaResponse")
    def get_provider_schema(self, _request: Message) -> Message:
        """The schema of the provider and of the types told of."""
        if self._schema is None:
            self._schema = message(
                "GetProviderSchemaResponse",
                provider=_schema(self._package.body("provider"), frozenset()),
                resource_schemas=[
                    message(
                        "SchemaEntry", key=name, value=_schema(body, overlay.of(name, self.flavor).sensitive)
                    )
                    for name, body in self._resources.items()
                ],
                data_source_schemas=[
                    message(
                        "SchemaEntry",
                        key=name,
                        value=_schema(body, overlay.SENSITIVE_DATA.get(name, frozenset())),
                    )
                    for name, body in self._data.items()
                ],
                server_capabilities=message("ServerCapabilities"),
            )
        return self._schema

    @_guarded("ValidateProviderConfigResponse")
    def validate_provider_config(self, request: Message) -> Message:
        """Refuses a region that there is not."""
        region = (decode(request.config.msgpack) or {}).get("region")
        told = checks.region_problem(region) if self.name == "aws" and isinstance(region, str) else None
        return message(
            "ValidateProviderConfigResponse",
            diagnostics=[] if told is None else [error("Invalid argument", told, ("region",))],
        )

    @_guarded("ConfigureProviderResponse")
    def configure_provider(self, request: Message) -> Message:
        """Takes default tags and refuses a region that the account is not looked at in."""
        config = decode(request.config.msgpack)
        diagnostics = []
        # What an alias makes is planned as if the main provider made it.
        if self.name == "aws" and not self._is_alias(config):
            region = config.get("region")
            if isinstance(region, str) and region != self.account.region:
                diagnostics.append(
                    error(
                        "Another region",
                        f"The stand-in account is in {self.account.region}, not in {region}.",
                    )
                )
            self._default_tags = _tags_of(config)
        return message("ConfigureProviderResponse", diagnostics=diagnostics)

    # Resources

    @_guarded("ValidateResourceConfigResponse")
    def validate_resource_config(self, request: Message) -> Message:
        """Refuses what the real provider, or the service behind it, refuses about the arguments alone."""
        asked = request.type_name, request.config.msgpack
        if asked not in self._refused_arguments:
            self._refused_arguments[asked] = self._problems(asked[0], decode(asked[1]))
        diagnostics = [error("Invalid argument", told, path) for path, told in self._refused_arguments[asked]]
        if overlay.of(asked[0], self.flavor).deprecated:
            old = overlay.deprecations(asked[0], decode(asked[1]), self.flavor)
            diagnostics += [warning("Argument is deprecated", told, path) for path, told in old]
        return message("ValidateResourceConfigResponse", diagnostics=diagnostics)

    def _problems(self, kind: str, config: dict[str, Any]) -> list[tuple[Path, str]]:
        """What is wrong with a resource's arguments, and where."""
        found = [
            (problem.path, problem.message)
            for problem in checks.problems(kind, self._resources[kind], config)
        ]
        # The provider and the service behind it refuse much alike: once is enough, and a check says more. It may speak
        # of one value in a list, where the overlay speaks of the list.
        said = {path[:length] for path, _ in found for length in range(min(1, len(path)), len(path) + 1)}
        of_provider = [
            *overlay.conflicts(kind, config, self.flavor),
            *overlay.violations(kind, config, self.flavor),
        ]
        return found + [(path, told) for path, told in of_provider if path not in said]

    @_guarded("ValidateDataResourceConfigResponse")
    def validate_data_resource_config(self, request: Message) -> Message:
        """Refuses attributes that only the provider sets."""
        kind = request.type_name
        found = checks.read_only(kind, self._data[kind], decode(request.config.msgpack))
        diagnostics = [error("Invalid argument", problem.message, problem.path) for problem in found]
        return message("ValidateDataResourceConfigResponse", diagnostics=diagnostics)

    @_guarded("UpgradeResourceStateResponse")
    def upgrade_resource_state(self, request: Message) -> Message:
        """State as it was written, with what today's schema has."""
        state = conform(self._resources[request.type_name], json.loads(request.raw_state.json))
        return message("UpgradeResourceStateResponse", upgraded_state=_dynamic(state))

    @_guarded("ReadResourceResponse")
    def read_resource(self, request: Message) -> Message:
        """What the account has now; nothing where it is gone."""
        known = decode(request.current_state.msgpack)
        kind = request.type_name
        found = self.account.get(kind, _id(known, request.private))
        # Another flavour's provider may have made it, and knows more of it, or less.
        state = None if found is None else conform(self._resources[kind], found)
        return message("ReadResourceResponse", new_state=_dynamic(state), private=request.private)

    @_guarded("PlanResourceChangeResponse")
    def plan_resource_change(self, request: Message) -> Message:
        """The planned state, and the arguments that force a replacement."""
        kind = request.type_name
        body = self._resources[kind]
        prior = decode(request.prior_state.msgpack)
        proposed = decode(request.proposed_new_state.msgpack)
        config = decode(request.config.msgpack)
        if proposed is None:
            return message(
                "PlanResourceChangeResponse",
                planned_state=request.proposed_new_state,
                planned_private=request.prior_private,
            )
        made = planned(body, config, prior, proposed, legacy=self._legacy(kind))
        result = overlay.with_defaults(kind, body, config, made, prior, self.flavor)
        self._tags_and_region(body, config, result, prior)
        replaced = []
        if prior is not None:
            result = overlay.recomputed(kind, prior, result, self.flavor)
            replaced = overlay.replaced_by(kind, prior, result, self.flavor)
        diagnostics = []
        if kind == "kubernetes_manifest":
            manifest = result["manifest"]
            unknown = unknown_kind(manifest.value if isinstance(manifest, Dynamic) else None, self.account)
            if unknown is not None:
                diagnostics.append(error(_NO_KIND, unknown, ("manifest",)))
            result["object"] = planned_object(result, prior)
        return message(
            "PlanResourceChangeResponse",
            planned_state=_dynamic(result),
            requires_replace=[attribute_path(overlay.steps(path)) for path in replaced],
            planned_private=request.prior_private,
            diagnostics=diagnostics,
            legacy_type_system=self._legacy(kind),
        )

    @_guarded("ApplyResourceChangeResponse")
    def apply_resource_change(self, request: Message) -> Message:
        """Makes, changes or removes it in the account, unless a fault is injected or AWS would refuse."""
        prior = decode(request.prior_state.msgpack)
        wanted = decode(request.planned_state.msgpack)
        # One at a time: what AWS refuses depends on what is there, and no id is given twice.
        with self.account.lock:
            if wanted is None:
                return self._delete(request, prior)
            return self._make(request, prior, wanted)

    def _delete(self, request: Message, prior: dict[str, Any]) -> Message:
        kind, id = request.type_name, _id(prior, request.planned_private)
        refused = self._refused("delete", kind, id, prior, prior)
        if refused is not None:
            return self._failed(request.prior_state, f"{kind} {id}", refused, id)
        self.account.deleted(kind, id)
        return message("ApplyResourceChangeResponse", new_state=request.planned_state)

    def _make(self, request: Message, prior: dict[str, Any] | None, wanted: dict[str, Any]) -> Message:
        kind = request.type_name
        action: Action = "create" if prior is None else "update"
        try:
            new = fakes.filled(kind, self._resources[kind], wanted, prior, self.account)
        except fakes.RefusedError as refusal:
            return self._failed(request.prior_state, kind, Fault(str(refusal)))
        if prior is None:
            id = str(new.get("id") or fakes.identity(kind, wanted, self.account))
        else:
            id = _id(new, request.planned_private)
        new = fakes.served(kind, new, prior)
        refused = self._refused(action, kind, id, wanted, prior)
        if refused is not None and not refused.made:
            return self._failed(request.prior_state, kind, refused, id)
        record = self.account.created if prior is None else self.account.changed
        record(kind, new, id)
        if refused is not None:
            return self._failed(_dynamic(new), kind, refused, id)
        return message(
            "ApplyResourceChangeResponse",
            new_state=_dynamic(new),
            private=id.encode(),
            legacy_type_system=self._legacy(kind),
        )

    def _refused(
        self, action: Action, kind: str, identity: str, values: dict[str, Any], prior: dict[str, Any] | None
    ) -> Fault | None:
        injected = self.faults(Operation(action, kind, identity, values))
        if injected is not None:
            return injected
        refusal = fakes.refusal(kind, action, values, prior, self.account)
        return None if refusal is None else Fault(refusal, made=isinstance(refusal, fakes.Unready))

    def _failed(self, state: Message, what: str, fault: Fault, id: str = "") -> Message:
        return message(
            "ApplyResourceChangeResponse",
            new_state=state,
            private=id.encode(),
            diagnostics=[error(f"operation on {what} failed", fault.message)],
            # Whatever is left behind is taken as it is.
            legacy_type_system=self.name != "helm",
        )

    @_guarded("ImportResourceStateResponse")
    def import_resource_state(self, request: Message) -> Message:
        """What the account has under an id; core reads it afterwards."""
        kind = request.type_name
        if (kind, request.id) not in self.account.resources:
            told = f"The stand-in account has no {kind} of id {request.id}."
            return message(
                "ImportResourceStateResponse",
                diagnostics=[error("Cannot import non-existent remote object", told)],
            )
        state = empty(self._resources[kind])
        if "id" in state:
            state["id"] = request.id
        imported = message(
            "ImportedResource", type_name=kind, state=_dynamic(state), private=request.id.encode()
        )
        return message("ImportResourceStateResponse", imported_resources=[imported])

    # Data

    @_guarded("ReadDataSourceResponse")
    def read_data_source(self, request: Message) -> Message:
        """What the account answers."""
        kind = request.type_name
        body = self._data[kind]
        config = decode(request.config.msgpack)
        if has_unknown(config):
            raise ValueError(f"core has asked for {kind} with {config}")
        try:
            found = self.account.read(kind, config)
        except NotFoundError as missing:
            return message("ReadDataSourceResponse", diagnostics=[error(f"reading {kind}", str(missing))])
        state = dict(config)
        for name, attribute in body.attributes.items():
            if state.get(name) is None and attribute.computed:
                state[name] = found.get(name, UNKNOWN)
        for name in body.blocks:
            if name in found:
                state[name] = found[name]
        return message("ReadDataSourceResponse", state=_dynamic(fakes.completed(body, state)))

    def _tags_and_region(
        self, body: Body, config: dict[str, Any], result: dict[str, Any], prior: dict[str, Any] | None
    ) -> None:
        """What the AWS provider plans for every resource: its default tags below the resource's own, and its region."""
        if self.name != "aws":
            return
        if "tags_all" in body.attributes and config.get("tags_all") is None:
            tags = result.get("tags")
            known = UNKNOWN if tags is UNKNOWN else {**self._default_tags, **(tags or {})}
            # The provider calls an empty map of a new resource unknown: internal/provider/sdkv2/tags_interceptor.go.
            result["tags_all"] = UNKNOWN if known == {} and prior is None else known
        if "region" in body.attributes and config.get("region") is None:
            result["region"] = self.account.region

    def _legacy(self, type_name: str) -> bool:
        """Whether the type is of the SDK whose values may differ a little from the configuration."""
        return not overlay.on_the_framework(type_name, self.flavor)


def _id(state: Mapping[str, Any], private: bytes) -> str:
    """What the account knows a resource by: what we had Terraform keep with the state, since not every type has an id."""
    return private.decode() or str(state["id"])


def _tags_of(config: Mapping[str, Any]) -> dict[str, str]:
    """The default tags of a configuration: of its JSON too, where one block may be no list."""
    blocks = config.get("default_tags") or [None]
    first = blocks[0] if isinstance(blocks, list) else blocks
    tags = first.get("tags") if isinstance(first, Mapping) else None
    return tags if isinstance(tags, dict) else {}


def _dynamic(value: Any) -> Message:
    return message("DynamicValue", msgpack=encode(value))


def _schema(body: Body, sensitive: frozenset[str]) -> Message:
    return message("Schema", version=0, block=_block(body, sensitive, ""))


def _block(body: Body, sensitive: frozenset[str], path: str) -> Message:
    return message(
        "Block",
        attributes=[_attribute(one, sensitive, path) for one in body.attributes.values()],
        block_types=[
            message(
                "NestedBlock",
                type_name=block.name,
                block=_block(block.body, sensitive, f"{path}{block.name}.0."),
                nesting=NESTING[block.nesting],
                min_items=block.min_items,
                max_items=block.max_items,
            )
            for block in body.blocks.values()
        ],
    )


def _attribute(attribute: Attribute, sensitive: frozenset[str], path: str) -> Message:
    nested = attribute.nested
    inner = f"{path}{attribute.name}.0."
    return message(
        "Attribute",
        name=attribute.name,
        required=attribute.required,
        optional=attribute.optional,
        computed=attribute.computed,
        sensitive=f"{path}{attribute.name}" in sensitive,
        type=None if nested else json.dumps(attribute.type).encode(),
        nested_type=None
        if nested is None
        else message(
            "Object",
            nesting=NESTING[nested.nesting],
            attributes=[_attribute(one, sensitive, inner) for one in nested.attributes.values()],
        ),
    )
