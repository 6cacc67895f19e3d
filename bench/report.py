"""Results on stdout: tables, and bars that are met or missed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field


@dataclass
class Report:
    """Prints results as they come and remembers what was missed."""

    missed: list[str] = field(default_factory=list)

    def note(self, text: str) -> None:
        """A line."""
        print(text, flush=True)

    def table(self, title: str, header: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
        """A Markdown table; the first column to the left, numbers to the right."""
        lines = [tuple(header), *map(tuple, rows)]
        widths = [max(len(line[column]) for line in lines) for column in range(len(header))]
        rule = ["-" * widths[0], *("-" * (width - 1) + ":" for width in widths[1:])]
        self.note(f"\n{title}\n")
        for line in (lines[0], rule, *lines[1:]):
            cells = [
                line[0].ljust(widths[0]),
                *(cell.rjust(width) for cell, width in zip(line[1:], widths[1:], strict=False)),
            ]
            self.note(f"| {' | '.join(cells)} |")
        self.note("")

    def bar(self, name: str, value: float, *, at_least: float) -> None:
        """A ratio and the bar that it has to reach."""
        self.check(f"{name} {value:.1f} x", value >= at_least, f"bar: {at_least:g}")

    def at_most(self, name: str, value: float, *, bar: float) -> None:
        """A ratio and the bar that it may not pass."""
        self.check(f"{name}: {value:.1f} x", value <= bar, f"bar: {bar:g}")

    def check(self, name: str, met: bool, detail: str) -> None:
        """Something that holds or does not."""
        self.note(f"{name} ({detail})" if met else f"MISSED: {name} ({detail})")
        if not met:
            self.missed.append(name)
