"""From a preset's name or a file to a checked layout."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timezone
from pathlib import Path
from typing import Any

from ..bindings.flavor import Flavor
from .checks import check
from .document import Document, read
from .extends import compose, find_layout, missing
from .extension_file import find_extension
from .faults import PRESETS, Fault, LayoutError, Origin
from .models import Layout, Section
from .python_tree import calling_line, document
from .scripts import read_scripts
from .tree import Node, merge
from .variables import Variable, variables_of


@dataclass(frozen=True, slots=True)
class Loaded:
    """A layout that can be used, with what else was learnt on the way.

    `name` is what the user gave, `tree` the merged document with the origin of every value, and `written` the same
    before defaults, with the nulls that removed something.
    """

    name: str
    file: Path
    layout: Layout
    variables: tuple[Variable, ...]
    warnings: tuple[Fault, ...]
    tree: Node
    written: Node


def load(
    name: str | Path,
    *,
    folder: Path | None = None,
    presets: Path = PRESETS,
    today: date | None = None,
    flavor: Flavor | None = None,
) -> Loaded:
    """Loads one layout.

    Args:
        name: a preset's name, or a path.
        folder: where a relative path starts; the working directory without it.
        presets: the folder of the presets.
        today: the day for support dates; the current day (UTC) without it.
        flavor: whose packages will write it; what is active in this process without it.

    Raises:
        LayoutError: with every fault that was found, each with file, line, path, problem and remedy.
    """
    name = str(name)
    folder = folder or Path.cwd()
    file = find_layout(name, folder, presets)
    if file is None:
        problem, remedy = missing(name, folder, presets)
        raise LayoutError([Fault(Origin("LAYOUT"), (), problem, remedy, "file")])
    return _loaded(name, file, compose(file, presets=presets), today, flavor)


def load_text(
    text: str,
    file: Path,
    *,
    presets: Path = PRESETS,
    today: date | None = None,
    flavor: Flavor | None = None,
) -> Loaded:
    """Loads a layout that is not written yet.

    Args:
        text: what the file will hold.
        file: where it will stand: relative paths in it start there.
        presets: the folder of the presets.
        today: the day for support dates; the current day (UTC) without it.
        flavor: as of `load`.

    Raises:
        LayoutError: as `load`.
    """
    return _loaded(str(file), file, compose(file, presets=presets, text=text), today, flavor)


def load_dict(
    layout: Mapping[str, Any] | Section,
    *,
    presets: Path = PRESETS,
    today: date | None = None,
    flavor: Flavor | None = None,
) -> Loaded:
    """Makes a layout of Python's own data, with the defaults and the rules of a file.

    Args:
        layout: what a file would hold: mappings, lists, texts, numbers, and models of sections in their place. `extends` and
            other relative paths start in the folder of the program that calls.
        presets: the folder of the presets.
        today: the day for support dates; the current day (UTC) without it.
        flavor: as of `load`.

    Raises:
        LayoutError: with every fault that was found, each with the line of the call, path, problem and remedy.
    """
    origin = calling_line()
    written = document(layout, origin)
    if written.faults:
        raise LayoutError(written.faults)
    file = Path(origin.source)
    composed = compose(file, presets=presets, first=written)
    return _loaded(str(origin), file, composed, today, flavor)


def _loaded(name: str, file: Path, document: Document, today: date | None, flavor: Flavor | None) -> Loaded:
    faults = [*document.faults, *_values_files(document.tree), *read_scripts(document.tree)]
    faults += find_extension(document.tree)
    day = today or datetime.now(tz=timezone.utc).date()
    checked = check(document.tree, faults, day, flavor)
    if checked.layout is None or any(fault.level == "error" for fault in checked.faults):
        raise LayoutError(checked.faults)
    warnings = LayoutError(checked.faults).faults
    return Loaded(
        name, file, checked.layout, variables_of(checked.layout), warnings, checked.tree, document.tree
    )


def load_all(
    names: Iterable[str | Path],
    *,
    folder: Path | None = None,
    presets: Path = PRESETS,
    today: date | None = None,
    flavor: Flavor | None = None,
) -> tuple[Loaded, ...]:
    """Loads several layouts for one run; the faults of all are reported together.

    Raises:
        LayoutError: as `load`, or where two layouts would make stacks of the same name.
    """
    loaded: list[Loaded] = []
    faults: list[Fault] = []
    for name in names:
        try:
            loaded.append(load(name, folder=folder, presets=presets, today=today, flavor=flavor))
        except LayoutError as error:
            faults += error.faults
    faults += _same_stacks(loaded)
    if faults:
        raise LayoutError(faults)
    return tuple(loaded)


def _same_stacks(loaded: Iterable[Loaded]) -> Iterator[Fault]:
    taken: dict[str, Loaded] = {}
    for one in loaded:
        layout = one.layout
        # Those too that it has not yet: a first bucket must not bring a stack of another layout.
        stacks = dict.fromkeys((*layout.stacks, layout.data_stack, layout.workloads_stack))
        again = next((stack for stack in stacks if stack in taken), None)
        if again is not None:
            problem = f"{layout.name!r} takes the name of a stack, {again!r}, and so does {taken[again].name}"
            remedy = "Give each layout of a run its own `name`."
            yield Fault(one.tree.locate(("name",)), ("name",), problem, remedy, "duplicate-name")
        taken |= {stack: one for stack in stacks if stack not in taken}


def _values_files(tree: Node) -> Iterator[Fault]:
    """Puts the content of each release's `values_file` in its place, below `values`: constructs read no files."""
    releases = tree.child("helm_releases")
    for name, release in releases.value.items() if releases and isinstance(releases.value, dict) else ():
        given = release.child("values_file")
        if given is None or not isinstance(given.value, str) or not isinstance(release.value, dict):
            continue
        path = ("helm_releases", name, "values_file")
        try:
            # From the folder of the file that names it, which may be a layout below this one.
            content = read(Path(given.origin.source).parent / Path(given.value).expanduser())
        except (LayoutError, RuntimeError) as error:  # RuntimeError: the home folder of nobody
            inner = error.faults if isinstance(error, LayoutError) else ()
            problem = "; ".join(f"{fault.origin}: {fault.problem}" for fault in inner) or str(error)
            yield Fault(
                given.origin, path, problem, "Write a YAML file's path, from this file's folder.", "file"
            )
            continue
        yield from (replace(fault, path=path) for fault in content.faults)
        # What is in the file is in the tree from here on: a layout that is shown in full needs no file beside it.
        del release.value["values_file"]
        own = release.value.get("values")
        release.value["values"] = merge(content.tree, own) if own is not None else content.tree
