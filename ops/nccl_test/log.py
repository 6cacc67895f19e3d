"""What a log of nccl-tests says: the table of a collective, its ranks, and what NCCL told of the network.

NCCL's lines come with NCCL_DEBUG=INFO, those of NET/OFI from aws-ofi-nccl:
https://github.com/aws/aws-ofi-nccl/blob/master/src/nccl_ofi_net.cpp.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from .table import LogError as LogError
from .table import Result as Result
from .table import Row as Row
from .table import Table

# What stands in front of a line: a colour, the pod (kubectl --prefix), the time (kubectl --timestamps), the rank
# (mpirun --tag-output, with the time where --timestamp-output is on), the task (srun --label).
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
_PREFIXES = (
    re.compile(r"^\[pod/\S+\]\s"),
    re.compile(r"^\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d+)?(?:Z|[+-]\d\d:?\d\d)?\s"),
    re.compile(r"^[^<>#]{0,80}?\[[^\[\]\s]*\d+,\d+\]<std(?:out|err|diag)>:\s?"),
    re.compile(r"^\d+:\s"),
)
# HOST:PID:TID [GPU] NCCL INFO ..., sometimes in the middle of a line of the table, which another process prints.
_NCCL = re.compile(r":\d+:\d+ \[\d+\] NCCL ")
_RANK = re.compile(
    r"^#\s+Rank\s+(\d{1,9})\s+(?:Group\s+\d+\s+)?Pid\s+\d+ on\s+(\S+) device\s+(\d{1,9}) \[[^\]]*\]\s+(.+)$"
)
_MARK = re.compile(r"^# nccl-test((?: [a-z_]+=\S+)+)$")
_OUT_OF_BOUNDS = re.compile(r"Out of bounds values\s*:\s*(\d{1,18})")
_AVERAGE = re.compile(r"Avg bus bandwidth\s*:\s*(-?nan|\d+(?:\.\d*)?(?:e[+-]?\d+)?)")
_TEST = re.compile(r"Collective test starting: (\w+)")
_PROVIDER = re.compile(r"Selected [Pp]rovider is ([^\s,]+)(?:, fabric is (\S+))? \(found (\d{1,9}) nics\)")
_NETWORK = re.compile(r"Using network (\S.*?)\s*$")
_PLUGIN = re.compile(r"NET/OFI (?:Initializing|Using) aws-ofi-nccl (\S+)")
_NO_PLUGIN = re.compile(r"NET/Plugin: ?(?:No plugin found|Could not find:? ?\S*libnccl-net)")
_NCCL_VERSION = re.compile(r"NCCL version (\d\S*)")
_PLATFORM = re.compile(r"Running on ([a-z0-9-]+\.[a-z0-9]+) platform")
_RDMA = re.compile(r"GPU Direct RDMA (Enabled|Disabled)|via NET/\S+?/GDRDMA")
_FAILURES = (
    "NCCL WARN ",
    "Test NCCL failure",
    "Test CUDA failure",
    "ORTE was unable",
    "unable to launch",
    "Could not resolve hostname",
    "Permission denied (",
    "RLIMIT_MEMLOCK",
    "Unreachable remote",
    "CUDA driver version is insufficient",
    "no kernel image is available",
    "mpirun noticed that process",
    "job terminated",
)
_MOST_FAILURES = 20


@dataclass(frozen=True, slots=True)
class Rank:
    """A process of the test, with its host and GPU."""

    rank: int
    host: str
    device: int
    gpu: str


@dataclass(frozen=True, slots=True)
class Provider:
    """What aws-ofi-nccl chose in a process: libfabric's provider and fabric, and how many network cards it saw."""

    name: str
    fabric: str | None
    nics: int


@dataclass(frozen=True)
class Log:
    """All that a log says."""

    rows: tuple[Row, ...] = ()
    ranks: tuple[Rank, ...] = ()
    test: str | None = None
    """Name of the program, as `all_reduce_perf`."""
    average_busbw: float | None = None
    out_of_bounds: int | None = None
    networks: frozenset[str] = frozenset()
    """What NCCL uses between nodes: `Socket`, `IB`, `AWS Libfabric`, `Libfabric`."""
    providers: frozenset[Provider] = frozenset()
    plugin: str | None = None
    """Version of aws-ofi-nccl."""
    no_plugin: bool = False
    """Whether NCCL said that it found no network plugin."""
    nccl: str | None = None
    platform: str | None = None
    """The instance type, as the plugin sees it."""
    rdma: bool | None = None
    """Whether the network cards read the GPUs' memory by themselves; None where nothing was said."""
    marks: dict[str, str] = field(default_factory=dict)
    """What the job of `ops nccl-test` says of itself."""
    failures: tuple[str, ...] = ()
    """Lines that tell of a fault."""

    @property
    def hosts(self) -> dict[str, int]:
        """GPUs in the test, by host."""
        found: dict[str, int] = {}
        for rank in self.ranks:
            found[rank.host] = found.get(rank.host, 0) + 1
        return found

    @property
    def finished(self) -> bool:
        """Whether the test came to its end."""
        return self.average_busbw is not None

    @property
    def wrong(self) -> int | None:
        """Values that came out wrong; None where nobody checked."""
        counts = [row.wrong for row in self.rows if row.wrong is not None]
        if self.out_of_bounds is not None and counts:
            return max(self.out_of_bounds, sum(counts))
        return sum(counts) if counts else None


def parse(text: str) -> Log:
    """Reads a log: of the launcher alone or of all pods, with or without prefixes.

    Raises:
        LogError: there is nothing of nccl-tests in it, it ends before the test does, or it holds two tests.
    """
    lines = [_bare(line) for line in text.splitlines()]
    if not any(line.strip() for line in lines):
        raise LogError("the log is empty. Is it the launcher's, and has the test started?")
    table = Table()
    found = _Findings()
    for line in lines:
        nccl = _NCCL.search(line)
        if nccl:
            start = line.rfind(" ", 0, nccl.start()) + 1
            table.take(line[:start])
            found.take(line[start:])
        elif not found.take(line):
            table.take(line)
    log = found.log(tuple(table.rows))
    if not (log.rows or log.ranks or log.failures or log.networks or log.finished):
        raise LogError(
            "there is nothing of nccl-tests in the log: no table, no ranks, no line of NCCL. It has to be the launcher's log."
        )
    if not log.finished and not log.failures:
        last = (
            f"after the row of {log.rows[-1].size} bytes" if log.rows else "before the first row of its table"
        )
        raise LogError(
            f"the log ends {last}, with no average bus bandwidth and no error. Fetch it again when the test is over."
        )
    return log


def _bare(line: str) -> str:
    line = line.rstrip("\r\n")
    if "\x1b" in line:
        line = _COLOUR.sub("", line)
    before = None
    # Logs of large clusters have a hundred thousand lines: what cannot match is not tried.
    while before != line and (line[:1].isdigit() or line[:1] == "[" or "]<std" in line[:200]):
        before = line
        for prefix in _PREFIXES:
            line = prefix.sub("", line, count=1)
    return line


class _Findings:
    """What stands outside of the table."""

    def __init__(self) -> None:
        self._ranks: dict[int, Rank] = {}
        self._providers: set[Provider] = set()
        self._networks: set[str] = set()
        self._values: dict[str, str] = {}
        self._rdma: set[bool] = set()
        self._marks: dict[str, str] = {}
        self._failures: list[str] = []
        self._no_plugin = False

    def take(self, line: str) -> bool:
        """Reads a line; whether it said something."""
        if line.startswith("#"):
            return self._of_the_test(line)
        if "NCCL" in line and self._of_nccl(line):
            return True
        if not any(words in line for words in _FAILURES):
            return False
        if len(self._failures) < _MOST_FAILURES and line.strip() not in self._failures:
            self._failures.append(line.strip())
        return True

    def _of_the_test(self, line: str) -> bool:
        if rank := _RANK.match(line):
            number, host, device, gpu = rank.groups()
            self._ranks[int(number)] = Rank(int(number), host, int(device), gpu.strip())
        elif mark := _MARK.match(line.rstrip()):
            self._marks |= dict(pair.split("=", 1) for pair in mark[1].split())
        else:
            return self._value(line, out_of_bounds=_OUT_OF_BOUNDS, average=_AVERAGE, test=_TEST)
        return True

    def _of_nccl(self, line: str) -> bool:
        if provider := _PROVIDER.search(line):
            self._providers.add(Provider(provider[1], provider[2], int(provider[3])))
        elif network := _NETWORK.search(line):
            self._networks.add(network[1])
        elif rdma := _RDMA.search(line):
            self._rdma.add(rdma[1] != "Disabled")
        elif _NO_PLUGIN.search(line):
            self._no_plugin = True
        else:
            return self._value(line, plugin=_PLUGIN, nccl=_NCCL_VERSION, platform=_PLATFORM)
        return True

    def _value(self, line: str, **forms: re.Pattern[str]) -> bool:
        for name, form in forms.items():
            if match := form.search(line):
                self._values[name] = match[1]
                return True
        return False

    def log(self, rows: tuple[Row, ...]) -> Log:
        """All of it."""
        values = self._values
        average, bounds = values.get("average"), values.get("out_of_bounds")
        return Log(
            rows=rows,
            ranks=tuple(self._ranks[number] for number in sorted(self._ranks)),
            test=values.get("test") or self._marks.get("test"),
            # Without a row the average is `-nan`, and the end all the same.
            average_busbw=float(average) if average and "nan" not in average else 0.0 if average else None,
            out_of_bounds=int(bounds) if bounds else None,
            networks=frozenset(self._networks),
            providers=frozenset(self._providers),
            plugin=values.get("plugin"),
            no_plugin=self._no_plugin,
            nccl=values.get("nccl"),
            platform=values.get("platform"),
            rdma=all(self._rdma) if self._rdma else None,
            marks=self._marks,
            failures=tuple(self._failures),
        )
