"""What the tests of checks share: the problems of a configuration that is written in short."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import pytest

from ops.offline import checks
from ops.offline.checks import Problem
from ops.offline.schema import BindingPackage
from ops.offline.values import UNKNOWN, Dynamic, conform

Check = Callable[[str, "dict[str, Any]"], "list[Problem]"]
package = cache(BindingPackage)


@pytest.fixture(scope="session")
def check() -> Check:
    """The problems of a type's configuration; what it does not name is null."""

    def problems(type_name: str, config: dict[str, Any]) -> list[Problem]:
        body = package(type_name.partition("_")[0]).body("resource", type_name)
        known = {name: value for name, value in config.items() if value is not UNKNOWN}
        for name in known.keys() & body.attributes.keys():
            if body.attributes[name].type == "dynamic":
                known[name] = Dynamic("dynamic", known[name])
        unknown = dict.fromkeys(config.keys() - known.keys(), UNKNOWN)
        return checks.problems(type_name, body, {**conform(body, known), **unknown})

    return problems
