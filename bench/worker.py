"""What is measured in a process of its own, from the moment when its modules are imported.

`python -m bench.worker plan LAYOUT` and, with the types as JSON on stdin, `python -m bench.worker schemas`. The last line on
stdout is JSON with the seconds.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from unittest import mock

from modules.bindings import install

install()

from modules import app  # noqa: E402  (the bindings come first)
from modules.layout import Loaded, load  # noqa: E402
from ops.offline.schema import BindingPackage  # noqa: E402
from ops.plan import command  # noqa: E402


def plan(layout: str) -> dict[str, float]:
    """What `ops plan` takes: its synthesis, and all that comes after it."""
    synthesis = 0.0

    def timed(loaded: Sequence[Loaded], output: str | None = None) -> Path:
        nonlocal synthesis
        started = time.perf_counter()
        result = app.synthesize(loaded, output)
        synthesis += time.perf_counter() - started
        return result

    loaded = [load(layout)]
    with mock.patch.object(command, "synthesize", timed):
        started = time.perf_counter()
        if not command.plan(loaded, command.Request()):
            raise SystemExit(f"{layout} cannot be planned")
        seconds = time.perf_counter() - started
    return {"synthesis": synthesis, "seconds": seconds - synthesis}


def schemas(resources: Sequence[str], data: Sequence[str]) -> dict[str, float]:
    """Reading the schemas of these types and of their providers."""
    started = time.perf_counter()
    packages: dict[str, BindingPackage] = {}
    for type_name in (*resources, *data):
        name = type_name.partition("_")[0]
        if name not in packages:
            packages[name] = BindingPackage(name)
            packages[name].body("provider")
    for type_name in resources:
        packages[type_name.partition("_")[0]].body("resource", type_name)
    for type_name in data:
        packages[type_name.partition("_")[0]].body("data", type_name)
    return {"seconds": time.perf_counter() - started}


if __name__ == "__main__":
    if sys.argv[1] == "plan":
        measured = plan(sys.argv[2])
    else:
        types = json.load(sys.stdin)
        measured = schemas(types["resource"], types["data"])
    print(json.dumps(measured))
