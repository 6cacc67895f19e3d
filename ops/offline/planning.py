"""What a provider plans: the proposed state, with what only an apply can tell marked as unknown.

Core proposes a state in which a computed attribute without configuration keeps what it has. A provider then says which
of them are unknown: all of them on creation, and those that a change makes anew. Source:
https://developer.hashicorp.com/terraform/plugin/terraform-plugin-protocol and docs/resource-instance-change-lifecycle.md of
hashicorp/terraform.
"""

from __future__ import annotations

from typing import Any

from .overlay.compare import same
from .schema import Attribute, Body, Nested, NestedBlock
from .values import UNKNOWN


def planned(
    body: Body,
    config: dict[str, Any],
    prior: dict[str, Any] | None,
    proposed: dict[str, Any],
    *,
    legacy: bool = True,
) -> dict[str, Any]:
    """The planned state of a resource or of a block in it.

    Args:
        config: what is configured; null where nothing is.
        prior: what there is; None on creation.
        proposed: core's merge of the two.
        legacy: whether the type is of the SDK, to which null is the same as an empty text or list, 0 and false.
    """
    result = dict(proposed)
    for name, attribute in body.attributes.items():
        before = None if prior is None else prior.get(name)
        made = _attribute(attribute, config.get(name), before, proposed.get(name), creating=prior is None)
        result[name] = before if legacy and made is None and not before else made
    for name, block in body.blocks.items():
        before = None if prior is None else prior.get(name)
        result[name] = _block(block, config.get(name), before, proposed.get(name), legacy=legacy)
    return result


def _attribute(attribute: Attribute, config: Any, prior: Any, proposed: Any, *, creating: bool) -> Any:
    if attribute.computed and config is None:
        never_told = proposed is None and prior is None and not attribute.optional
        return UNKNOWN if creating or never_told else proposed
    nested = attribute.nested
    if nested is None or proposed is None or proposed is UNKNOWN:
        return proposed
    if nested.nesting == "single":
        return _members(nested, config, prior, proposed, creating=creating)
    if isinstance(proposed, list) and isinstance(config, list):
        known = prior if isinstance(prior, list) else []
        return [
            _members(
                nested,
                given,
                known[index] if index < len(known) else None,
                item,
                creating=index >= len(known),
            )
            for index, (given, item) in enumerate(zip(config, proposed, strict=True))
        ]
    return proposed


def _members(nested: Nested, config: Any, prior: Any, proposed: Any, *, creating: bool) -> Any:
    if not isinstance(proposed, dict) or not isinstance(config, dict):
        return proposed
    before = prior if isinstance(prior, dict) else {}
    return {
        name: _attribute(one, config.get(name), before.get(name), proposed.get(name), creating=creating)
        for name, one in nested.attributes.items()
    }


def _block(block: NestedBlock, config: Any, prior: Any, proposed: Any, *, legacy: bool) -> Any:
    if proposed is None or proposed is UNKNOWN or config is None or config is UNKNOWN:
        return proposed
    if block.nesting == "single":
        return planned(block.body, config, prior, proposed, legacy=legacy)
    if not isinstance(proposed, list):
        return proposed
    items: list[Any] = []
    for index, item in enumerate(proposed):
        if item is UNKNOWN:
            items.append(item)
        elif block.nesting == "set":
            # Members of a set are not in the order of the configuration; one that is there already is unchanged.
            known = [one for one in prior or () if one == item or (legacy and same(one, item))]
            items.append(known[0] if known else planned(block.body, item, None, item, legacy=legacy))
        else:
            given = config[index]
            before = prior[index] if prior and index < len(prior) else None
            items.append(
                item if given is UNKNOWN else planned(block.body, given, before, item, legacy=legacy)
            )
    return items
