"""What an offline plan assumes: values for variables that nobody has set, and an account where what the layout names exists."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import cycle
from typing import Any

from modules.layout import Layout, Variable
from modules.layout.values import Var, is_known

from .account import Account, Image
from .account.zones import IDS_WITHOUT_EKS, local_zones, zones

# In the examples of ARNs and of a zone: every region has a zone of the letter a.
_EXAMPLE_REGION = "us-west-2"
_EXAMPLE_ID = re.compile(r"-[0-9a-f]{17}$")
# What a variable in the place of a zone is called.
_ZONE_KIND = "availability_zone"
# Of a role or a resource group: each gets a name of its own.
_EXAMPLE_NAME = "/example"


class VariableValueError(ValueError):
    """A value that a variable cannot have."""


def example_values(layout: Layout, variables: tuple[Variable, ...]) -> dict[str, Any]:
    """A valid value for each variable of a layout: in its region, and no id twice."""
    numbers = iter(range(16**8))
    zone_of = _example_zones(layout)
    found: dict[str, Any] = {}
    for variable in sorted(variables, key=lambda variable: variable.name):
        if variable.kind.name == _ZONE_KIND and zone_of:
            # Of a node group, whose zone has to be one of the network's.
            found[variable.name] = zone_of.get(variable.name, next(iter(zone_of.values())))
        else:
            found[variable.name] = _located(variable, layout.region, numbers)
    return found


def more_example_values(region: str, variables: Iterable[Variable]) -> dict[str, Any]:
    """Values of further variables, whose layout is not at hand: none of them is one that `example_values` gives."""
    numbers = iter(range(16**7, 16**8))
    ordered = sorted(variables, key=lambda variable: variable.name)
    return {variable.name: _located(variable, region, numbers) for variable in ordered}


def _located(variable: Variable, region: str, numbers: Iterator[int]) -> str | list[str]:
    """The example of a variable's kind, in a region."""
    partition = Account(region=region).partition

    def located(example: str) -> str:
        if _EXAMPLE_ID.search(example):
            return f"{example[:-8]}{next(numbers):08x}"
        if example.endswith(_EXAMPLE_NAME):
            example = f"{example.removesuffix(_EXAMPLE_NAME)}/{variable.name}"
        return example.replace(_EXAMPLE_REGION, region).replace("arn:aws:", f"arn:{partition}:")

    example = variable.kind.example
    return located(example) if isinstance(example, str) else [located(one) for one in example]


def _example_zones(layout: Layout) -> dict[str, str]:
    """The zones of a network that names them, each another one, by the variable or the name that stands for it."""
    named = layout.network.availability_zones or ()
    known = [zone for zone in named if is_known(zone)]
    of_region = zones(layout.region, known).items()
    free = (zone for zone, id in of_region if id not in IDS_WITHOUT_EKS and zone not in known)
    found: dict[str, str] = {}
    for one in named:
        name = one.name if isinstance(one, Var) else one
        zone = found.get(name) or (next(free, None) if isinstance(one, Var) else one)
        if zone is not None:
            found[name] = zone
    return found


def parsed(variable: Variable, text: str) -> Any:
    """A variable's value from the text of `--var` or of the environment, as Terraform reads it.

    Raises:
        VariableValueError: a list is wanted, and the text is none.
    """
    if not variable.kind.many:
        return text
    try:
        value = json.loads(text)
    except ValueError:
        value = None
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        example = json.dumps(list(variable.kind.example))
        raise VariableValueError(
            f"{variable.name}: {text!r} is no list of strings. Write it as JSON: {example}"
        )
    return value


def assumed_account(layout: Layout, values: Mapping[str, Any]) -> Account:
    """An empty account in the layout's region, with the zones and the network that the layout says exist.

    A subnet lies in the zone of the node group that names it, and that of a file system with its node group; the others are spread over the region's zones, those first
    that no node group names. Security groups lie in the VPC, and an AMI is of the architecture of its group.

    Args:
        values: the variables' values.
    """
    network = layout.network
    named_zones = set(_all(network.availability_zones, values))
    named_zones.update(_all(layout.zones, values))
    of_region = zones(layout.region, named_zones)
    images = {
        one: Image(group.type.architecture)
        for group in layout.node_groups.values()
        for one in _all(group.ami_id, values)
    }
    if network.vpc_id is None:
        return Account(
            region=layout.region, zones=of_region, images=images, assumed_version=layout.kubernetes_version
        )
    placed: dict[str, str] = {}
    for group in layout.node_groups.values():
        if group.availability_zone is not None:
            zone = next(_resolved(group.availability_zone, values))
            placed.update(dict.fromkeys(_all(group.subnet_ids, values), zone))
    systems = [one for one in layout.storage.file_systems.values() if one.subnet_id is not None]
    for system in systems:
        # With its node group, or wherever that comes to lie.
        beside = layout.node_groups.get(system.node_group or "")
        subnet = next(iter(_all(beside.subnet_ids, values)), "") if beside is not None else ""
        if subnet in placed:
            placed.update(dict.fromkeys(_all(system.subnet_id, values), placed[subnet]))
    # With a single zone left, the others have to follow: a control plane needs subnets in two.
    spread = cycle(
        sorted(
            (zone for zone, id in of_region.items() if id not in IDS_WITHOUT_EKS),
            key=lambda zone: zone in placed.values(),
        )
    )
    named = [network.private_subnet_ids, network.public_subnet_ids]
    named += [group.subnet_ids for group in layout.node_groups.values()]
    named += [(one.subnet_id,) for one in systems if one.subnet_id is not None]
    for subnets in named:
        for subnet in _all(subnets, values):
            if subnet not in placed:
                placed[subnet] = next(spread)
    vpc_id = next(_resolved(network.vpc_id, values))
    account = Account.with_network(layout.region, vpc_id, placed)
    groups = [
        layout.cluster.security_group_ids,
        *(group.security_group_ids for group in layout.node_groups.values()),
    ]
    account.security_groups = {one: vpc_id for given in groups for one in _all(given, values)}
    account.zones, account.local_zones = of_region, local_zones(layout.region, named_zones)
    account.images, account.assumed_version = images, layout.kubernetes_version
    return account


def _all(given: Any, values: Mapping[str, Any]) -> list[str]:
    if given is None:
        return []
    many = [given] if isinstance(given, str) else given
    return [one for each in many for one in _resolved(each, values)]


def _resolved(given: str, values: Mapping[str, Any]) -> Iterator[str]:
    """What a literal or a variable stands for."""
    value = values[given.name] if isinstance(given, Var) else given
    yield from [value] if isinstance(value, str) else value
