"""Whether a log shows what its instance type should reach, and if not, why."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from modules.catalog import InstanceType

from .bars import LARGE, Bar, bar
from .log import Log, LogError, Row

Status = Literal["passed", "under", "no_efa", "wrong", "incomplete", "failed", "no_bar"]
# A bar is one of all_reduce. These two move the same bytes over the network for a GB of bus bandwidth, without what trees
# add between two nodes; https://github.com/NVIDIA/nccl-tests/blob/master/doc/PERFORMANCE.md
_LIKE_ALL_REDUCE = ("all_gather_perf", "reduce_scatter_perf")
ALL_REDUCE = "all_reduce_perf"


@dataclass(frozen=True, slots=True)
class Setting:
    """What the test ran on. `nodes` is what was asked for, None where nobody says; `efa` the devices of a node in use."""

    instance_type: InstanceType
    nodes: int | None
    efa: int


@dataclass(frozen=True, slots=True)
class Measured:
    """A log, judged.

    `test` is the program, `nodes` the hosts that took part, `best` the row with the highest bus bandwidth among those
    that count; None where the test broke off before one.
    """

    log: Log
    setting: Setting
    test: str | None
    nodes: int
    best: Row | None
    bar: Bar | None
    status: Status

    @property
    def passed(self) -> bool:
        """Whether there is nothing to find fault with."""
        return self.status in ("passed", "no_bar")


def judge(log: Log, setting: Setting) -> Measured:
    """Compares a log with the bar of its instance type.

    Raises:
        LogError: the test came to its end, but without a message of 1 GiB, so that there is nothing to compare.
    """
    test = _test(log)
    nodes = len(log.hosts) or setting.nodes or 1
    large = [row for row in log.rows if row.size >= LARGE]
    best = max(large, key=lambda row: row.busbw, default=None)
    found = _bar(setting.instance_type, test, nodes)
    if log.finished and best is None:
        most = max((row.size for row in log.rows), default=0)
        if not log.rows:
            raise LogError("the test has ended, but no row of its table can be read.")
        if not log.wrong:
            raise LogError(
                f"the largest message is {size_text(most)}, and a bar needs 1 GiB: run the test with `-e 4G`."
            )
    return Measured(log, setting, test, nodes, best, found, _status(log, setting, nodes, best, found))


def _status(log: Log, setting: Setting, nodes: int, best: Row | None, found: Bar | None) -> Status:
    if log.wrong:
        return "wrong"
    if best is None or not log.finished:
        return "failed"
    if nodes < 2 or (setting.nodes is not None and nodes < setting.nodes) or _gpus_missing(log, setting):
        return "incomplete"
    if found is not None and best.busbw < found.busbw:
        return "under"
    # A bar that is low, as those of small types are, may be reached without EFA: the training would notice all the same.
    if setting.efa and not _on_efa(log):
        return "no_efa"
    return "no_bar" if found is None else "passed"


def _on_efa(log: Log) -> bool:
    """False where the log says that another network was used."""
    return "Socket" not in log.networks and all(one.name.startswith("efa") for one in log.providers)


def _gpus_missing(log: Log, setting: Setting) -> bool:
    return any(gpus < setting.instance_type.gpus for gpus in log.hosts.values())


def _bar(instance_type: InstanceType, test: str | None, nodes: int) -> Bar | None:
    if test == ALL_REDUCE:
        return bar(instance_type, nodes)
    # As between three nodes or more: without what trees add.
    return bar(instance_type, max(nodes, 3)) if test in _LIKE_ALL_REDUCE else None


def _test(log: Log) -> str | None:
    """The program, by its own word, or by the ratio of the two bandwidths, which only all_reduce has over 1."""
    if log.test:
        return log.test
    last = log.rows[-1] if log.rows else None
    if last and last.redop not in ("none", "N/A") and last.in_place.busbw >= last.in_place.algbw > 0:
        return ALL_REDUCE
    return None


def size_text(size: int) -> str:
    """A number of bytes as people say it: `8 B`, `1 GiB`, `1.5 MiB`."""
    for unit, bytes_ in (("GiB", 2**30), ("MiB", 2**20), ("KiB", 2**10)):
        if size >= bytes_:
            return f"{size / bytes_:.4g} {unit}"
    return f"{size} B"
