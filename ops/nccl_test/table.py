"""The table of nccl-tests: a row for each message size, with two measurements.

https://github.com/NVIDIA/nccl-tests/blob/master/src/util.cu
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

_NUMBER = re.compile(r"^(?:\d+(?:\.\d*)?(?:e[+-]?\d+)?|N/A)$", re.I)
_KINDS = re.compile(r"^[a-z]\w*$")

_RESULT = ["time", "algbw", "busbw", "#wrong"]
_COLUMNS = ["size", "count", "type", "redop", "root", *_RESULT, *_RESULT]
# Before nccl-tests 2.12: no root, and the largest error in place of the number of wrong values.
_OLD_RESULT = ["time", "algbw", "busbw", "error"]
_OLD_COLUMNS = ["size", "count", "type", "redop", *_OLD_RESULT, *_OLD_RESULT]


class LogError(ValueError):
    """The text is no log of nccl-tests from which something follows; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Result:
    """One of the two measurements of a size. `time` in microseconds, the bandwidths in GB/s (10^9 bytes).

    `wrong` is the number of wrong values; None where they were not counted.
    """

    time: float
    algbw: float
    busbw: float
    wrong: int | None


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the table: a message size in bytes, out of place and in place."""

    size: int
    count: int
    type: str
    redop: str
    out_of_place: Result | None
    in_place: Result

    @property
    def busbw(self) -> float:
        """The better of the two, in GB/s: each is the same network."""
        return max(result.busbw for result in (self.out_of_place, self.in_place) if result)

    @property
    def time(self) -> float:
        """The shorter of the two, in microseconds."""
        return min(result.time for result in (self.out_of_place, self.in_place) if result)

    @property
    def wrong(self) -> int | None:
        """Wrong values of both; None where neither counted them."""
        counts = [
            one.wrong
            for one in (self.out_of_place, self.in_place)
            if one is not None and one.wrong is not None
        ]
        return sum(counts) if counts else None


class Table:
    """The rows, as its header names their columns."""

    def __init__(self) -> None:
        self.rows: list[Row] = []
        self._columns: list[str] | None = None
        self._begun: list[str] = []

    def take(self, line: str) -> None:
        """Reads a line, or the part of one in front of what another process printed."""
        words = line.split()
        if words[:3] == ["#", "size", "count"]:
            if self.rows:
                raise LogError("the log holds more than one test. Give the log of one run.")
            self._columns = words[1:]
        elif self._begun and len(words) >= 4 and all(map(_NUMBER.match, words)):
            self._add(self._begun + words)
        elif len(words) >= 4 and words[0].isdigit() and words[1].isdigit() and _KINDS.match(words[2]):
            self._add(words)

    def _add(self, words: list[str]) -> None:
        columns = self._columns or (_OLD_COLUMNS if len(words) == len(_OLD_COLUMNS) else _COLUMNS)
        if self._begun and len(words) == len(columns) - 1 and "root" in columns:
            # The root was glued to what the other process printed.
            words = [*words[: columns.index("root")], "-1", *words[columns.index("root") :]]
        if len(words) < len(columns):
            self._begun = words
            return
        self._begun = []
        row = _row(columns, words)
        if row is not None:
            self.rows.append(row)


def _row(columns: list[str], words: list[str]) -> Row | None:
    starts = [index for index, name in enumerate(columns) if name.endswith("time")]
    named = dict(zip(columns, words, strict=False))
    try:
        results = [_result(words[start : start + 4], columns[start + 3]) for start in starts]
        return Row(
            size=int(named["size"]),
            count=int(named["count"]),
            type=named["type"],
            redop=named.get("redop", "none"),
            out_of_place=results[0] if len(results) > 1 else None,
            in_place=results[-1],
        )
    except (ValueError, IndexError, KeyError, OverflowError):
        return None


def _result(words: list[str], last: str) -> Result:
    time, algbw, busbw = (float(word) for word in words[:3])
    if not all(map(math.isfinite, (time, algbw, busbw))):
        raise ValueError("a measurement is no number")
    # The error of old versions is a rounding error, not a number of values.
    wrong = None if last != "#wrong" or words[3] == "N/A" else int(float(words[3]))
    return Result(time, algbw, busbw, wrong)
