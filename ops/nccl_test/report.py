"""A judged log for people and for programs."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from .bars import LARGE
from .causes import Cause, causes
from .log import Log, Result, Row
from .verdict import Measured, size_text

# Of the sizes below 1 GiB, each so many-th power of two is shown: they tell of latency, and nothing else is read there.
_EVERY = 2**5
_WIDE = 80  # columns that the whole table takes


def print_report(measured: Measured, console: Console) -> None:
    """What ran, the table with the rows that matter, the verdict, and what may be behind it."""
    console.print(_about(measured), soft_wrap=True, markup=False)
    if measured.log.rows:
        console.print(_table(measured.log) if console.width >= _WIDE else _narrow_table(measured.log))
    console.print(_verdict(measured), soft_wrap=True)
    if measured.bar is not None and measured.status in ("passed", "under"):
        console.print(f"The bar: {measured.bar.how}.\n{measured.bar.source}", soft_wrap=True, markup=False)
    found = causes(measured)
    if found:
        console.print("\nLikely causes:" if len(found) > 1 else "\nLikely cause:")
        for cause in found:
            _print_cause(cause, console)


def report_json(measured: Measured) -> str:
    """The same for a program."""
    log, setting = measured.log, measured.setting
    document: dict[str, Any] = {
        "status": measured.status,
        "passed": measured.passed,
        "test": measured.test,
        "instance_type": setting.instance_type.name,
        "nodes": measured.nodes,
        "gpus": len(log.ranks) or None,
        "busbw_gbytes": measured.best.busbw if measured.best else None,
        "at_bytes": measured.best.size if measured.best else None,
        "bar": asdict(measured.bar) if measured.bar else None,
        "average_busbw_gbytes": log.average_busbw,
        "wrong": log.wrong,
        "networks": sorted(log.networks),
        "providers": [asdict(one) for one in sorted(log.providers, key=lambda one: (one.name, one.nics))],
        "aws_ofi_nccl": log.plugin,
        "nccl": log.nccl,
        "rdma": log.rdma,
        "causes": [asdict(cause) for cause in causes(measured)],
        "rows": [asdict(row) for row in log.rows],
    }
    return json.dumps(document, indent=2) + "\n"


def _about(measured: Measured) -> str:
    log, setting = measured.log, measured.setting
    nodes = f"{measured.nodes} x {setting.instance_type.name}"
    gpus = f", {len(log.ranks)} GPUs" if log.ranks else ""
    network = ", ".join(sorted({_network(log)} - {""})) or "network unknown (NCCL_DEBUG=INFO would tell)"
    versions = [f"NCCL {log.nccl}" if log.nccl else "", f"aws-ofi-nccl {log.plugin}" if log.plugin else ""]
    said = "".join(f", {version}" for version in versions if version)
    return f"{measured.test or 'nccl-tests'} on {nodes}{gpus}: {network}{said}"


def _network(log: Log) -> str:
    if log.providers:
        one = min(log.providers, key=lambda provider: provider.nics)
        cards = f"{one.nics} network card{'' if one.nics == 1 else 's'}"
        return f"libfabric's {one.fabric or one.name} with {cards}"
    names = ("TCP" if name == "Socket" else name for name in log.networks)
    return ", ".join(sorted(names))


def _table(log: Log) -> Table:
    table = _columns("message", "time", "algbw", "busbw", "in place: time", "algbw", "busbw", "wrong")
    for row in _shown(log.rows):
        _add(table, row, *_cells(row.out_of_place), *_cells(row.in_place))
    return table


def _narrow_table(log: Log) -> Table:
    """The better of the two measurements alone."""
    table = _columns("message", "time", "busbw", "wrong")
    for row in _shown(log.rows):
        _add(table, row, _time(row.time), f"{row.busbw:.2f}")
    return table


def _columns(*names: str) -> Table:
    table = Table(box=box.SIMPLE, pad_edge=False, padding=(0, 1, 0, 0))
    for name in names:
        table.add_column(name, justify="right", no_wrap=True)
    return table


def _add(table: Table, row: Row, *cells: str) -> None:
    wrong = "-" if row.wrong is None else str(row.wrong)
    table.add_row(size_text(row.size), *cells, wrong, style="red" if row.wrong else None)


def _shown(rows: Sequence[Row]) -> list[Row]:
    """All rows that a bar looks at, all with wrong values, and some of the rest."""
    shown = []
    next_size = 0
    for row in rows:
        if row.size >= LARGE or row.wrong or row is rows[-1] or row.size >= next_size:
            shown.append(row)
            next_size = row.size * _EVERY
    return shown


def _cells(result: Result | None) -> tuple[str, str, str]:
    if result is None:
        return "", "", ""
    return _time(result.time), f"{result.algbw:.2f}", f"{result.busbw:.2f}"


def _time(microseconds: float) -> str:
    if microseconds < 1000:
        return f"{microseconds:.1f} µs"
    milliseconds = microseconds / 1000
    return f"{milliseconds:.2f} ms" if milliseconds < 1000 else f"{milliseconds / 1000:.2f} s"


def _verdict(measured: Measured) -> Text:
    best = measured.best
    if measured.status == "failed" or best is None:
        return _line("FAILED", "red", "the test broke off before a result that counts")
    at = f"{best.busbw:.1f} GB/s at {size_text(best.size)}"
    name, bar = measured.setting.instance_type.name, measured.bar
    if measured.status == "wrong":
        return _line("WRONG", "red", f"{measured.log.wrong} values came out wrong; {at}")
    if measured.status == "incomplete":
        return _line("NOT MEASURED", "yellow", f"{at}, but not of the network between whole nodes")
    if measured.status == "no_efa":
        return _line("NO EFA", "red", f"{at}, but not over EFA, which the nodes have")
    if bar is None:
        return _line(
            "NO BAR", "yellow", f"{at}; of {measured.test or 'this test'} there is no bar for {name}"
        )
    over = f"{at}, the bar of {measured.nodes} x {name} is {bar.busbw:.1f} GB/s"
    if measured.status == "passed":
        return _line("PASSED", "green", over)
    return _line("UNDER THE BAR", "red", f"{over} ({best.busbw / bar.busbw:.0%} of it)")


def _line(word: str, style: str, rest: str) -> Text:
    return Text.assemble((word, f"bold {style}"), f": {rest}")


def _print_cause(cause: Cause, console: Console) -> None:
    title = Text.assemble("  ", (cause.id, "bold"), f": {cause.title}")
    console.print(title, soft_wrap=True)
    for word, text in (("seen", cause.evidence), ("do", cause.remedy)):
        console.print(_wrapped(f"{word}: {text}", console.width), soft_wrap=True, markup=False)


def _wrapped(text: str, width: int) -> str:
    """As many lines as it takes, below the cause; a command or a path is not taken apart."""
    indent = "    "
    return textwrap.fill(
        text,
        max(width, 40),
        initial_indent=indent,
        subsequent_indent=2 * indent,
        break_long_words=False,
        break_on_hyphens=False,
    )
