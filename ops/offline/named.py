"""What the JSON of stacks says that there is already: of stacks whose layout is not at hand, as of another branch."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import cycle
from typing import Any

from modules.catalog.instance_types import find
from modules.layout.values import SECURITY_GROUP_ID, SUBNET_ID, VPC_ID, ZONE

from .account import Account, Image
from .account.account import Subnet, Vpc
from .account.zones import IDS_WITHOUT_EKS, local_zones, zones

Document = Mapping[str, Any]

_VARIABLE = re.compile(r"\bvar\.(\w+)")
# Of the network's data sources of subnets, in modules/network.py.
_ZONE_CONDITION = re.compile(r"self\.availability_zone == (?:var\.(\w+)|\"([^\"]+)\")")
_TEMPLATE = re.compile(r"\$\{aws_launch_template\.(\w+)\.")


def add_named(account: Account, documents: Iterable[Document], values: Mapping[str, Any]) -> None:
    """Puts what the stacks name into an account that does not have it: VPCs, subnets, security groups, AMIs, zones.

    Args:
        account: that of another version of the same stacks.
        documents: `cdk.tf.json` of each stack, as data.
        values: the variables' values.
    """
    named = [*documents]
    for document in named:
        texts = {*_texts({key: value for key, value in document.items() if key != "//"}, values)}
        _add_zones(account, texts)
        vpcs = _matching(VPC_ID, texts)
        for vpc in vpcs:
            account.vpcs.setdefault(vpc, Vpc())
        if not account.vpcs:
            continue
        # The one that the stack names; a stack that names none has no network of its own.
        vpc = vpcs[0] if vpcs else next(iter(account.vpcs))
        for group in _matching(SECURITY_GROUP_ID, texts):
            account.security_groups.setdefault(group, vpc)
        placed = dict(_placed(document, values))
        spread = cycle(zone for zone, id in account.zones.items() if id not in IDS_WITHOUT_EKS)
        for subnet in _matching(SUBNET_ID, texts):
            if subnet not in account.subnets:
                zone = placed.get(subnet) or next(spread)
                account.subnets[subnet] = Subnet(vpc, zone, _range(account))
    for document in named:
        for image, architecture in _images(document, values):
            account.images.setdefault(image, Image(architecture))


def _add_zones(account: Account, texts: Iterable[str]) -> None:
    found = _matching(ZONE, texts)
    account.zones = {**zones(account.region, found), **account.zones}
    account.local_zones = {**local_zones(account.region, found), **account.local_zones}


def _placed(document: Document, values: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Subnets whose zone the stack asks for."""
    for body in document.get("data", {}).get("aws_subnet", {}).values():
        conditions = json.dumps(body.get("lifecycle", {})).replace('\\"', '"')
        asked = _ZONE_CONDITION.search(conditions)
        if asked is None:
            continue
        zone = values.get(asked[1]) if asked[1] else asked[2]
        for subnet in _texts(body.get("id"), values):
            if isinstance(zone, str):
                yield subnet, zone


def _images(document: Document, values: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """AMIs with the architecture of the node group that uses them."""
    resources = document.get("resource", {})
    templates = resources.get("aws_launch_template", {})
    for group in resources.get("aws_eks_node_group", {}).values():
        types = group.get("instance_types") or []
        used = _TEMPLATE.search(json.dumps(group.get("launch_template", {})))
        if used is None or not types:
            continue
        for image in _texts(templates.get(used[1], {}).get("image_id"), values):
            known = find(types[0])
            yield image, "x86_64" if known is None else known.architecture


def _range(account: Account) -> str:
    """A range that no other subnet has: nobody asks whether it lies in its VPC, as a made subnet's does."""
    taken = {subnet.cidr for subnet in account.subnets.values()}
    free = (f"10.{second}.{third}.0/20" for second in range(255, 0, -1) for third in range(0, 256, 16))
    return next(one for one in free if one not in taken)


def _matching(pattern: str, texts: Iterable[str]) -> list[str]:
    compiled = re.compile(rf"(?:{pattern})\Z")
    return sorted(text for text in texts if compiled.match(text))


def _texts(value: Any, values: Mapping[str, Any]) -> Iterator[str]:
    """Every text in nested data, and the values of the variables in it."""
    if isinstance(value, str):
        yield value
        for name in _VARIABLE.findall(value) if "${" in value else ():
            yield from _texts(values.get(name), {})
    elif isinstance(value, Mapping):
        for child in value.values():
            yield from _texts(child, values)
    elif isinstance(value, list | tuple):
        for child in value:
            yield from _texts(child, values)
