"""Runs a synth in a process of its own and measures its wall time and peak memory."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]

MEMORY_METHOD = (
    "peak resident memory of Python and its Node processes: each process's VmHWM from /proc, summed"
    if sys.platform == "linux"
    else "peak resident memory of the largest process: this system has no /proc to sum them"
)

_SAMPLE_SECONDS = 0.02
_MIB = 1024 * 1024


class SynthFailedError(RuntimeError):
    """The program under measurement ended with an error."""


@dataclass(frozen=True)
class Sample:
    """One run: seconds of wall time, MiB of peak memory, and every file that it wrote."""

    seconds: float
    mib: float
    output: Mapping[str, bytes]


def progress(text: str) -> None:
    """Say on stderr what goes on."""
    print(f"bench: {text}", file=sys.stderr, flush=True)


def synth(program: Path, env: Mapping[str, str | None], arguments: Sequence[str] = ()) -> Sample:
    """Run `program` with Python, with `env` on top of the environment (None unsets), and its output in a temporary folder.

    Raises:
        SynthFailedError: it ended with an error; the message ends with what it wrote on stderr.
    """
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        # Compiled modules are kept, as they are for anybody who runs the program twice.
        settings = {**os.environ, "CDKTF_OUTDIR": folder, "PYTHONDONTWRITEBYTECODE": None, **env}
        errors = Path(folder, "stderr")
        with errors.open("wb") as stderr:
            started = time.perf_counter()
            process = subprocess.Popen(
                [sys.executable, str(program), *arguments],
                env={name: value for name, value in settings.items() if value is not None},
                cwd=ROOT,
                stdout=subprocess.DEVNULL,
                stderr=stderr,
            )
            peak = _watch(process)
            seconds = time.perf_counter() - started
        told = errors.read_text(errors="replace")
        errors.unlink()
        if process.returncode != 0:
            raise SynthFailedError(f"{program} ended with status {process.returncode}:\n{told[-2000:]}")
        files = sorted(path for path in Path(folder).rglob("*") if path.is_file())
        return Sample(seconds, peak, {str(path.relative_to(folder)): path.read_bytes() for path in files})


def alternate(runs: int, commands: Mapping[str, Callable[[], Sample]]) -> dict[str, list[Sample]]:
    """Run each command `runs` times, in turn, so that a busy machine slows all of them alike."""
    samples: dict[str, list[Sample]] = {name: [] for name in commands}
    for number in range(1, runs + 1):
        for name, command in commands.items():
            samples[name].append(command())
            progress(f"{name}, run {number} of {runs}: {samples[name][-1].seconds:.2f} s")
    return samples


def median_seconds(samples: Iterable[Sample]) -> float:
    """The median wall time, in seconds."""
    return statistics.median(sample.seconds for sample in samples)


def median_mib(samples: Iterable[Sample]) -> float:
    """The median peak memory, in MiB."""
    return statistics.median(sample.mib for sample in samples)


def _watch(process: subprocess.Popen[bytes]) -> float:
    """Wait for the end of a process; return the peak memory of it and its descendants, in MiB."""
    if sys.platform != "linux":
        import resource

        process.wait()
        # A maximum over all children so far: good enough where each run needs more than the one before.
        return resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / (
            _MIB if sys.platform == "darwin" else 1024
        )
    peaks: dict[int, int] = {}
    while True:
        for pid in _tree(process.pid):
            peaks[pid] = max(peaks.get(pid, 0), _peak_kib(pid))
        try:
            process.wait(timeout=_SAMPLE_SECONDS)
        except subprocess.TimeoutExpired:
            continue
        return sum(peaks.values()) / 1024


def _tree(pid: int) -> Iterable[int]:
    yield pid
    for children in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            pids = children.read_text().split()
        except OSError:  # the process has ended
            continue
        for child in pids:
            yield from _tree(int(child))


def _peak_kib(pid: int) -> int:
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:  # the process has ended
        return 0
    return next((int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM:")), 0)
