"""What the binding packages do not say of resource types, and what follows from it for a plan.

Written by hand from the providers' sources: hashicorp/terraform-provider-aws, -helm and -kubernetes on GitHub. The packages
of CDKTF are generated for aws 6.25.0, helm 3.1.1 and kubernetes 2.38.0; `newer` has what is otherwise in those of CDK Terrain.
Each entry names its file, and where it rests on something else than the source, that. A type without an entry is planned as
if every change were made in place.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from modules.bindings.flavor import CDKTF, CDKTN, Flavor

from ..schema import Attribute, Body
from ..values import UNKNOWN
from .aws_cluster import COMPUTE, EKS, IDENTITY
from .aws_events import EVENTS
from .aws_network import NETWORK
from .aws_storage import STORAGE
from .compare import Steps, at, each, is_set, same, steps
from .kubernetes import HELM, KUBERNETES
from .kubernetes_objects import OBJECTS
from .kubernetes_pods import PODS
from .model import OnlyWith, Overlay, Recomputed, Validation, Values
from .newer import NEWER, ON_THE_FRAMEWORK

__all__ = [
    "RESOURCES",
    "SENSITIVE_DATA",
    "Overlay",
    "Validation",
    "conflicts",
    "deprecations",
    "of",
    "on_the_framework",
    "recomputed",
    "replaced_by",
    "steps",
    "violations",
    "with_defaults",
]

RESOURCES: Final[Mapping[str, Overlay]] = {
    **COMPUTE,
    **EKS,
    **EVENTS,
    **HELM,
    **IDENTITY,
    **KUBERNETES,
    **NETWORK,
    **OBJECTS,
    **PODS,
    **STORAGE,
}
# Of data sources, what Terraform does not show: internal/service/ssm/parameter_data_source.go and
# internal/service/eks/cluster_auth_data_source.go of the AWS provider. An output of it has to be sensitive too.
SENSITIVE_DATA: Final[Mapping[str, frozenset[str]]] = {
    "aws_eks_cluster_auth": frozenset({"token"}),
    "aws_ssm_parameter": frozenset({"value"}),
}
_NOTHING: Final = Overlay()


def of(type_name: str, flavor: Flavor = CDKTF) -> Overlay:
    """The overlay of a resource type, as a flavour's provider has it; an empty one where there is none."""
    newer = NEWER.get(type_name) if flavor is CDKTN else None
    return newer or RESOURCES.get(type_name, _NOTHING)


def on_the_framework(type_name: str, flavor: Flavor = CDKTF) -> bool:
    """Whether core holds what the provider plans and makes of a type to the letter, as it does not for types of the SDK."""
    if type_name == "kubernetes_manifest" or type_name.startswith("helm_"):
        return True
    return flavor is CDKTN and type_name in ON_THE_FRAMEWORK


def replaced_by(type_name: str, prior: Values, planned: Values, flavor: Flavor = CDKTF) -> list[str]:
    """Paths of the arguments whose change makes Terraform replace the resource, in a stable order."""
    overlay = of(type_name, flavor)
    # What the AWS provider adds to every regional resource: internal/provider/sdkv2/region.go.
    always = ("region",) if prior.get("region") else ()
    paths = [
        path
        for path in (*overlay.force_new, *always)
        if not same(at(prior, path), at(planned, path), ordered=path in overlay.ordered)
    ]
    for rule in overlay.force_new_if:
        paths += rule(prior, planned)
    return list(dict.fromkeys(paths))


def recomputed(type_name: str, prior: Values, planned: Values, flavor: Flavor = CDKTF) -> dict[str, Any]:
    """The planned values, with those unknown that the planned change makes anew."""
    result = dict(planned)
    for rule in of(type_name, flavor).recomputed:
        if _applies(rule, prior, planned):
            for name in rule.names:
                result = _made_unknown(result, name.split("."))
    return result


def _made_unknown(values: Any, path: list[str]) -> Any:
    """Values, with the one at a path unknown, `0` standing for every block."""
    if not path:
        return UNKNOWN
    step, *rest = path
    if step == "0" and isinstance(values, list):
        return [_made_unknown(one, rest) for one in values]
    return {**values, step: _made_unknown(values.get(step), rest)} if isinstance(values, dict) else values


def _applies(rule: Recomputed, prior: Values, planned: Values) -> bool:
    if rule.only_if is not None and not planned.get(rule.only_if):
        return False
    watched = (rule.because or planned.keys()) - rule.ignoring - set(rule.names)
    return any(not same(prior.get(one), planned.get(one)) for one in watched)


def with_defaults(
    type_name: str,
    body: Body,
    config: Values,
    planned: Values,
    prior: Values | None,
    flavor: Flavor = CDKTF,
) -> dict[str, Any]:
    """The planned values, with what the provider puts where the configuration says nothing.

    That is a default, and for a block that the provider fills in what there is, or the unknown on creation.
    """
    return _filled(of(type_name, flavor), body, config, planned, prior, "")


def _filled(
    overlay: Overlay, body: Body, config: Values, planned: Values, prior: Values | None, above: str
) -> dict[str, Any]:
    result = dict(planned)
    for name, attribute in body.attributes.items():
        path = f"{above}{name}"
        if path in overlay.defaults and config.get(name) is None:
            result[name] = overlay.defaults[path]
        elif attribute.nested is not None:
            result[name] = _filled_attribute(overlay, attribute, config.get(name), planned.get(name), path)
    for name, block in body.blocks.items():
        path = f"{above}{name}"
        given, before = config.get(name), None if prior is None else prior.get(name)
        if path in overlay.computed_blocks and not given:
            result[name] = UNKNOWN if prior is None else before
        elif isinstance(given, list) and isinstance(planned.get(name), list):
            # The members of a set are not in the order of the configuration, and have all that it says.
            as_given = planned[name] if block.nesting == "set" else given
            known = before if isinstance(before, list) and block.nesting == "list" else []
            result[name] = [
                _filled(
                    overlay, block.body, one, item, known[index] if index < len(known) else None, f"{path}.0."
                )
                if isinstance(one, dict) and isinstance(item, dict)
                else item
                for index, (one, item) in enumerate(zip(as_given, planned[name], strict=True))
            ]
    return result


def _filled_attribute(overlay: Overlay, attribute: Attribute, config: Any, planned: Any, path: str) -> Any:
    nested = attribute.nested
    if nested is None or not isinstance(config, list) or not isinstance(planned, list):
        return planned
    return [
        {
            name: overlay.defaults[f"{path}.0.{name}"]
            if f"{path}.0.{name}" in overlay.defaults and one.get(name) is None
            else value
            for name, value in item.items()
        }
        if isinstance(one, dict) and isinstance(item, dict)
        else item
        for one, item in zip(config, planned, strict=True)
    ]


def conflicts(type_name: str, config: Values, flavor: Flavor = CDKTF) -> list[tuple[Steps, str]]:
    """Arguments that do not go together, with why.

    An argument that is not known yet counts as set: it is a reference to something that will be there.
    """
    overlay = of(type_name, flavor)
    found: list[tuple[Steps, str]] = [
        ((block,), f"There has to be one {block} block, and there are {len(config.get(block) or ())}.")
        for block in overlay.one_block
        if len(config.get(block) or ()) != 1
    ]
    for group in overlay.at_most_one:
        found += _too_many(config, group)
    for group in overlay.exactly_one:
        if _block_is_there(config, group[0]):
            found += _too_many(config, group) or _none_of(config, group)
    for path, others in overlay.required_with.items():
        missing = [other for other in others if not is_set(at(config, other))]
        if is_set(at(config, path)) and missing:
            found.append((steps(path), f"{path} needs {' and '.join(missing)} as well."))
    for rule in overlay.only_with:
        found += _without_its_value(config, rule)
    return found


def deprecations(type_name: str, config: Values, flavor: Flavor = CDKTF) -> list[tuple[Steps, str]]:
    """Arguments that the provider warns of, with what it says."""
    found = of(type_name, flavor).deprecated.items()
    return [(steps(path), told) for path, told in found if is_set(at(config, path))]


def violations(type_name: str, config: Values, flavor: Flavor = CDKTF) -> list[tuple[Steps, str]]:
    """Values that the provider itself refuses, with why; those not known yet pass."""
    return list(_violations(of(type_name, flavor).validations, config))


def _violations(validations: Mapping[str, Validation], config: Values) -> Iterator[tuple[Steps, str]]:
    for path, validation in validations.items():
        for where, value in each(config, path):
            for one in value if isinstance(value, list) else [value]:
                problem = None if one is None or one is UNKNOWN else validation.problem(one)
                if problem is not None:
                    yield where, f"{'.'.join(map(str, where))} {problem}."


def _too_many(config: Values, group: tuple[str, ...]) -> list[tuple[Steps, str]]:
    given = [path for path in group if is_set(at(config, path))]
    if len(given) < 2:
        return []
    return [(steps(given[0]), f"Only one of {', '.join(given)} can be set; leave out the others.")]


def _none_of(config: Values, group: tuple[str, ...]) -> list[tuple[Steps, str]]:
    if any(is_set(at(config, path)) for path in group):
        return []
    return [(steps(group[0])[:-1], f"One of {', '.join(group)} has to be set.")]


def _block_is_there(config: Values, path: str) -> bool:
    block = path.rpartition(".")[0]
    return not block or isinstance(at(config, block), dict)


def _without_its_value(config: Values, rule: OnlyWith) -> list[tuple[Steps, str]]:
    other = at(config, rule.other)
    if not is_set(at(config, rule.path)) or other is UNKNOWN or other in rule.values:
        return []
    wanted = " or ".join(value for value in rule.values if value is not None)
    told = f"{rule.path} is only for {rule.other} = {wanted}, and it is {other or 'not set'}."
    return [(steps(rule.path), told)]
