"""The commands of make that messages say to type."""

from __future__ import annotations

import os
import shlex

from modules.bindings.flavor import SWITCH, FlavorError, chosen_flavor


def make_command(target: str, layout: str, *more: str) -> str:
    """`make TARGET LAYOUT=...`, after the flavour where the environment alone has chosen it.

    Typed without, it would go on with the other flavour: a deploy with older providers than those of its state.
    """
    flavor = _only_of_the_environment()
    given = [f"{SWITCH}={flavor}"] if flavor else []
    return " ".join([*given, "make", target, f"LAYOUT={shlex.quote(layout)}", *more])


def _only_of_the_environment() -> str:
    """The flavour that the environment has chosen; empty where it would be the same without."""
    given = os.environ.get(SWITCH, "").strip()
    try:
        return "" if given == chosen_flavor({}).name else given
    except FlavorError:
        return given
