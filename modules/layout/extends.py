"""`extends`: a layout over another one. Maps merge, lists and scalars replace, `null` removes."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from pathlib import Path

from .document import Document, parse, read
from .faults import PRESETS, Fault, LayoutError
from .tree import Node, merge

MAX_CHAIN = 16


def preset_names(presets: Path = PRESETS) -> tuple[str, ...]:
    """Names of the presets that ship."""
    return tuple(sorted(file.stem for file in presets.glob("*.yaml")))


def find_layout(name: str, folder: Path, presets: Path = PRESETS) -> Path | None:
    """The file of a preset's name, or of a path from `folder`; None where there is none."""
    if not _is_path(name):
        return presets / f"{name}.yaml" if name in preset_names(presets) else None
    try:
        file = folder / Path(name).expanduser()
        return file if file.is_file() else None
    except (OSError, RuntimeError, ValueError):  # a name too long, ~nobody, a null character
        return None


def _is_path(name: str) -> bool:
    return name.endswith((".yaml", ".yml")) or "/" in name or "\\" in name


def missing(name: str, folder: Path, presets: Path = PRESETS) -> tuple[str, str]:
    """Problem and remedy for a name that `find_layout` did not find."""
    known = preset_names(presets)
    shown = name if len(name) <= 100 else name[:97] + "..."
    if _is_path(name):
        return (
            f"there is no file {shown!r}",
            f"Give the path of a layout file, or a preset: {', '.join(known)}.",
        )
    if name and name.isprintable() and "/" not in name and find_layout(f"{name}.yaml", folder, presets):
        return f"there is no preset {shown!r}", f"Write {name}.yaml for the file in {folder}."
    near = difflib.get_close_matches(name, known, n=3, cutoff=0.4)
    remedy = f"Did you mean {' or '.join(near)}?" if near else f"Write a path, or one of {', '.join(known)}."
    return f"there is no preset {shown!r}", remedy


def compose(
    file: Path,
    source: str | None = None,
    presets: Path = PRESETS,
    text: str | None = None,
    first: Document | None = None,
) -> Document:
    """Reads a layout file and all that it extends, and merges them; `extends` itself is gone from the result.

    With `text`, the file is not read: it will hold that. With `first` it is a program, and that what it says.

    Raises:
        LayoutError: a file cannot be read, a preset does not exist, or the chain of `extends` closes a cycle.
    """
    chain: list[Node] = []
    seen: list[Path] = []
    faults: list[Fault] = []
    current: Path | None = file
    while current is not None:
        own = not seen
        document = (first if own else None) or _read(
            current, source if own else None, text if own else None, faults
        )
        if _is_manifest(document.tree):
            raise LayoutError([_manifest(document.tree, current)])
        faults += document.faults
        seen.append(current.resolve())
        chain.append(document.tree)
        current = _base(document.tree, current, seen, faults, presets)
    merged = chain.pop()
    while chain:
        merged = merge(merged, chain.pop())
    return Document(merged, tuple(faults))


def _is_manifest(tree: Node) -> bool:
    version = tree.child("apiVersion")
    return version is not None and str(version.value).startswith("eksctl.io/")


def _manifest(tree: Node, file: Path) -> Fault:
    """What somebody who comes from eksctl tries first: one fault, and not one for each of its fields."""
    problem = "is a ClusterConfig of eksctl, and no layout"
    remedy = f"Make a layout of it: make import-eksctl FILE={file.name}"
    return Fault(tree.locate(("apiVersion",)), ("apiVersion",), problem, remedy, "eksctl-manifest")


def _read(file: Path, source: str | None, text: str | None, faults: Iterable[Fault]) -> Document:
    try:
        return read(file, source) if text is None else parse(text, source or str(file))
    except LayoutError as error:
        raise LayoutError([*faults, *error.faults]) from error


def _base(tree: Node, file: Path, seen: list[Path], faults: list[Fault], presets: Path) -> Path | None:
    """The file that a layout extends; takes `extends` out of it."""
    assert isinstance(tree.value, dict)
    extends = tree.value.pop("extends", None)
    if extends is None or extends.value is None:
        return None
    if not isinstance(extends.value, str) or not extends.value:
        problem, remedy = "takes one name of a preset or one path", "Write `extends: eks-g4dn`."
    else:
        base = find_layout(extends.value, file.parent, presets)
        if base is not None and base.resolve() not in seen and len(seen) < MAX_CHAIN:
            return base
        if base is None:
            problem, remedy = missing(extends.value, file.parent, presets)
        else:
            way = " -> ".join(path.stem for path in [*seen, base])
            problem = f"closes a cycle: {way}" if base.resolve() in seen else f"goes too deep: {way}"
            remedy = "Extend a preset, or a layout that does not lead back here."
    raise LayoutError([*faults, Fault(extends.origin, ("extends",), problem, remedy, "extends")])
