"""`ops import-eksctl`: ClusterConfigs of eksctl as layouts, with an account of every field."""

from __future__ import annotations

import json
import shlex
import sys
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from modules.catalog import regions
from modules.layout import Fault, LayoutError, dotted, load
from modules.layout.eksctl import Converted, Manifest, Options, Row, convert, read_manifests
from modules.layout.scalar_text import visible
from modules.layout.words import nearest
from modules.layout.writing import ordered, to_yaml

from .errors import UsageError
from .schema import editor_line

_MOST_PATHS = 3  # in a row of the table; --json has them all


@dataclass(frozen=True, slots=True)
class Imported:
    """A layout that was made of a ClusterConfig, and its text."""

    manifest: Manifest
    converted: Converted
    text: str

    @property
    def name(self) -> str:
        """The cluster's name, which the file is named after."""
        return self.converted.layout.name


def run(
    files: Sequence[Path],
    options: Options,
    folder: Path | None,
    *,
    force: bool = False,
    as_json: bool = False,
) -> bool:
    """Imports files: layouts to a folder or to stdout, and what became of each field to stdout or stderr.

    Returns:
        Whether something was dropped that changes how a cluster behaves.

    Raises:
        UsageError, LayoutError, OSError: as `import_files` and `write`.
    """
    if options.region is not None and options.region not in regions():
        near = nearest(options.region, regions())
        raise UsageError(
            f"--region {options.region!r} is no AWS region" + (f"; did you mean {near}?" if near else "")
        )
    imported = import_files(files, options, folder or Path.cwd())
    written = [] if folder is None else write(imported, folder, force=force)
    if as_json:
        print(in_json(imported, written))
    else:
        _print(imported, written)
    return any(one.converted.drops for one in imported)


def _print(imported: Sequence[Imported], written: Sequence[Path]) -> None:
    if not written:
        print("---\n".join(one.text for one in imported), end="")
    stream = sys.stdout if written else sys.stderr
    console = Console(file=stream, width=None if stream.isatty() else 160, highlight=False)
    for one in imported:
        summary(one, console)
    warn(imported)
    if written:
        names = ",".join(map(str, written))
        console.print(f"\nNext: make plan LAYOUT={shlex.quote(names)}", markup=False, soft_wrap=True)


def import_files(files: Sequence[Path], options: Options, folder: Path) -> list[Imported]:
    """Makes a layout of every ClusterConfig in the files.

    Args:
        folder: where the layouts will lie.

    Raises:
        LayoutError: with the faults of all files.
    """
    imported: dict[str, Imported] = {}
    faults: list[Fault] = []
    for file in files:
        try:
            manifests = read_manifests(file)
        except LayoutError as error:
            faults += error.faults
            continue
        for manifest in manifests:
            try:
                one = _imported(manifest, options, folder)
            except LayoutError as error:
                faults += error.faults
                continue
            if one.name in imported:
                faults.append(_same_name(one, imported[one.name]))
            imported[one.name] = one
    if faults:
        raise LayoutError(faults)
    return list(imported.values())


def _imported(manifest: Manifest, options: Options, folder: Path) -> Imported:
    converted = convert(manifest, options)
    head = [editor_line(folder), f"Imported from eksctl's ClusterConfig in {manifest.file.name}."]
    if converted.drops:
        head.append("Dropped, since it has no counterpart here:")
        head += [f"- {_where(row)}: {row.note}" for row in converted.drops]
    text = to_yaml(ordered(converted.tree), converted.comments, head="\n".join(head))
    return Imported(manifest, converted, text)


def _same_name(one: Imported, other: Imported) -> Fault:
    origin = one.manifest.tree.locate(("metadata", "name"))
    problem = f"makes the layout {one.name!r}, and so does the ClusterConfig in {other.manifest.file}"
    remedy = (
        f"Give each a `metadata.name` of its own; the other one is on line {other.manifest.tree.origin.line}."
    )
    return Fault(origin, ("metadata", "name"), problem, remedy, "duplicate-name")


def write(imported: Iterable[Imported], folder: Path, *, force: bool = False) -> list[Path]:
    """Writes every layout as NAME.yaml, all of them or none; each one is loaded first.

    Raises:
        UsageError: a file is there already, and not to be overwritten.
        LayoutError: a layout does not load.
        OSError: the folder cannot be written.
    """
    imported = list(imported)
    files = [folder / f"{one.name}.yaml" for one in imported]
    for one, file in zip(imported, files, strict=True):
        if file.is_dir():
            raise UsageError(f"{file}: is a folder; choose another with --output")
        if any(file.exists() and file.samefile(other.manifest.file) for other in imported):
            raise UsageError(
                f"{file}: is the manifest itself; choose another folder with --output for {one.name}"
            )
    there = [str(file) for file in files if file.exists() or file.is_symlink()]
    if there and not force:
        raise UsageError(f"{', '.join(there)}: there already; --force overwrites")
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".import-", dir=folder) as beside:
        staging = Path(beside)
        for one, file in zip(imported, files, strict=True):
            (staging / file.name).write_text(one.text, encoding="utf-8")
            load(str(staging / file.name))
        for file in files:
            (staging / file.name).replace(file)
    return files


def summary(imported: Imported, console: Console) -> None:
    """Prints what became of a manifest: what was changed, what was dropped, and how much was kept."""
    rows = imported.converted.rows
    title = Text(f"{imported.manifest.file} -> {imported.name}")
    table = Table(box=box.SIMPLE, title=title, title_justify="left")
    for column in ("line", "of the manifest", "", "what became of it"):
        table.add_column(column, overflow="fold", justify="right" if column == "line" else "left")
    for (fate, note, matters), alike in _grouped(rows).items():
        where = ", ".join(_where(row) for row in alike[:_MOST_PATHS])
        if len(alike) > _MOST_PATHS:
            where += f" and {len(alike) - _MOST_PATHS} more"
        word = "DROPPED" if matters else fate
        # As text: in a manifest `[/b]` is no markup.
        cells = (Text(visible(cell)) for cell in (str(alike[0].line), where, word, note))
        table.add_row(*cells, style="bold" if matters else None)
    if table.row_count:
        console.print(table)
    kept = sorted({_generic(row.path) for row in rows if row.fate == "kept"})
    console.print(f"kept: {visible(', '.join(kept))}", markup=False, soft_wrap=True)
    counts = [f"{sum(row.fate == fate for row in rows)} {fate}" for fate in ("kept", "changed", "dropped")]
    drops = len(imported.converted.drops)
    after = f"; {drops} of what was dropped changes how the cluster behaves" if drops else ""
    console.print(f"{', '.join(counts)}{after}", markup=False, soft_wrap=True)


def in_json(imported: Sequence[Imported], files: Sequence[Path]) -> str:
    """The same for programs."""
    found = [
        {
            "manifest": str(one.manifest.file),
            "layout": str(file),
            "name": one.name,
            "rows": [asdict(row) for row in one.converted.rows],
        }
        for one, file in zip(imported, files, strict=True)
    ]
    return json.dumps(found, indent=2)


def warn(imported: Iterable[Imported]) -> None:
    """Prints the warnings that the new layouts get when they are used."""
    for one in imported:
        for warning in one.converted.warnings:
            print(
                f"{one.name}.yaml: {dotted(warning.path)}: warning: {warning.problem} [{warning.rule}]",
                file=sys.stderr,
            )


def _grouped(rows: Iterable[Row]) -> dict[tuple[str, str, bool], list[Row]]:
    """Rows that say the same of several fields; those that matter first."""
    groups: dict[tuple[str, str, bool], list[Row]] = {}
    for row in rows:
        if row.fate != "kept":
            groups.setdefault((row.fate, row.note, row.matters), []).append(row)
    return dict(sorted(groups.items(), key=lambda item: not item[0][2]))


def _where(row: Row) -> str:
    return row.path or "the manifest"


def _generic(path: str) -> str:
    """A path without the places in lists."""
    return "".join("[]" if part.isdigit() else part for part in path.replace("]", "[").split("["))
