"""What several rules need: sets of what is known, steps between versions, lists as text."""

from __future__ import annotations

import ipaddress
import json
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Literal

from ..plan import Change
from ..values import known, leaves, shown

Step = Literal["downgrade", "major", "minor", "patch"]

_VERSION = re.compile(r"v?(\d+)\.(\d+)(?:\.(\d+))?(?![\d.]).*", re.S)
# A range wider than this is the world, whatever it is written as: 0.0.0.0/0, or 0.0.0.0/1 and 128.0.0.0/1.
_WORLD = 8


def texts(value: Any) -> frozenset[str]:
    """The known texts of a list, or the text itself."""
    if isinstance(value, str):
        return frozenset([value])
    return frozenset(one for one in value if isinstance(one, str)) if isinstance(value, list) else frozenset()


def blocks(value: Any) -> list[dict[str, Any]]:
    """The known blocks of an argument."""
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def listed(items: Iterable[str], limit: int = 6) -> str:
    """`a, b and 3 more`, in a fixed order."""
    ordered = sorted({*items})
    told = ", ".join(ordered[:limit])
    return told if len(ordered) <= limit else f"{told} and {len(ordered) - limit} more"


def turned(change: Change, *path: str | int) -> tuple[bool, bool] | None:
    """A switch before and after, where both are known and differ; what is not said counts as off."""
    was, becomes = change.was(*path), change.becomes(*path)
    if any(value is not None and not isinstance(value, bool) for value in (was, becomes)):
        return None
    return None if bool(was) == bool(becomes) else (bool(was), bool(becomes))


def turned_off(change: Change, *path: str | int) -> bool:
    """Whether a switch is on, and surely off afterwards."""
    return turned(change, *path) == (True, False)


def shrinks(change: Change, *path: str | int) -> bool:
    """Whether a number gets smaller."""
    was, becomes = change.was(*path), change.becomes(*path)
    return is_number(was) and is_number(becomes) and becomes < was


def is_number(value: Any) -> bool:
    """Whether it is a number, and no switch."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def step(before: Any, after: Any) -> Step | None:
    """How far one version is from another; None where one is not known, no version, or the same.

    Another build of the same version is a patch, be it older or newer: EKS has builds of its own for each Kubernetes.
    """
    if not isinstance(before, str) or not isinstance(after, str) or before == after:
        return None
    old, new = _VERSION.fullmatch(before), _VERSION.fullmatch(after)
    if old is None or new is None:
        return None
    was, becomes = _key(old), _key(new)
    if becomes < was:
        return "downgrade"
    if becomes[0] != was[0]:
        return "major"
    return "minor" if becomes[1] != was[1] else "patch"


def _key(match: re.Match[str]) -> tuple[int, int, int]:
    major, minor, patch = match.groups()
    return int(major), int(minor), int(patch or 0)


def is_world(cidr: str) -> bool:
    """Whether a range of addresses is, more or less, all of the internet."""
    try:
        network = ipaddress.ip_network(cidr, strict=False)
    except ValueError:
        return False
    return network.prefixlen < _WORLD


def covered(cidr: str, ranges: Iterable[str]) -> bool:
    """Whether a range of addresses lies inside one of others."""
    try:
        network = ipaddress.ip_network(cidr, strict=False)
        return any(
            network.version == other.version and network.subnet_of(other)  # type: ignore[arg-type]
            for other in (ipaddress.ip_network(one, strict=False) for one in ranges)
        )
    except ValueError:
        return cidr in {*ranges}


def keys(before: Any, after: Any) -> tuple[str, ...]:
    """Where two trees differ, like `driver.enabled`: never the values."""
    old, new = (dict(leaves(tree)) for tree in (before, after))
    # A tree that is empty is a leaf without a path.
    return tuple(
        sorted(
            {
                dotted(path)
                for path in {*old, *new}
                if path and (path not in old or path not in new or old[path] != new[path])
            }
        )
    )


def dotted(path: Sequence[str | int]) -> str:
    """A path as text, like `vpc_config.subnet_ids`: without the numbers of blocks."""
    return ".".join(step for step in path if isinstance(step, str)) or "(all)"


def parsed(text: Any) -> Any:
    """JSON as data; None where it is not known, or no JSON."""
    if not isinstance(text, str):
        return None
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def sides(change: Change, *path: str | int, limit: int = 160) -> tuple[str, str]:
    """A value before and after, as text."""
    return shown(change.was(*path), limit), shown(change.becomes(*path), limit)


def name_of(change: Change) -> str:
    """The name of a Kubernetes object or of anything else; for an object with its namespace."""
    for side in (change.before, change.after):
        for holder in (side.get("manifest"), side):
            metadata = holder.get("metadata") if isinstance(holder, dict) else None
            if isinstance(metadata, list) and metadata:
                metadata = metadata[0]
            if isinstance(metadata, dict) and known(metadata.get("name")):
                namespace = metadata.get("namespace")
                return f"{namespace}/{metadata['name']}" if known(namespace) else str(metadata["name"])
    return change.label


def gone(changes: Iterable[Change]) -> Iterator[Change]:
    """What is destroyed or replaced, and was in use: not what an interrupted replacement has left."""
    return (one for one in changes if one.goes and not one.is_deposed)


def ends_or_anew(change: Change) -> str:
    """What becomes of it, as a word."""
    return "replaced" if change.verb == "replace" else "destroyed"


def why(change: Change) -> str:
    """What forces a replacement, as a piece of a sentence; nothing of what is destroyed."""
    if change.verb != "replace":
        return ""
    if change.because:
        return f"because of {', '.join(change.because)}"
    reasons = {
        "replace_because_tainted": "because an earlier apply has left it half made (tainted)",
        "replace_by_request": "because the plan was asked to (-replace)",
        "replace_by_triggers": "because something that it depends on changes (replace_triggered_by)",
    }
    return reasons.get(change.reason, "")
