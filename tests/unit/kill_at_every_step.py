"""Kills a run that publishes an output, before each thing that it does to a file, and looks at what is there.

`python kill_at_every_step.py FOLDER MODE AFTERWARDS` prints a line of JSON for each kill. AFTERWARDS is what is done between it
and the next run: nothing, or a program that has worked in the output all the time writes a file (worked), or the user removes
the output (deleted). Without threads, so that it can fork; in each child an audit hook counts what is done to files
(https://docs.python.org/3/library/audit_events.html).
"""

from __future__ import annotations

import errno
import json
import os
import shutil
import signal
import sys
from pathlib import Path
from unittest import mock

from modules import output
from modules.folders import exchange

FILE_EVENTS = ("os.", "shutil.", "open", "fcntl.flock")
OLD = {"manifest.json": "old", "stacks/a/cdk.tf.json": "old a", "stacks/gone/cdk.tf.json": "old gone"}
THEIRS = {
    "notes/mine.txt": "mine",
    "stacks/a/.terraform.lock.hcl": "lock",
    "stacks/a/.terraform/providers/binary": "binary",
    "stacks/gone/terraform.tfstate": "state",
}
NEW = {"manifest.json": "new", "stacks/a/cdk.tf.json": "new a", "stacks/b/cdk.tf.json": "new b"}
NEWER = {"manifest.json": "newer", "stacks/a/cdk.tf.json": "newer a", "stacks/b/cdk.tf.json": "newer b"}
CAME = {"stacks/a/errored.tfstate": "state of a long run"}


def write(folder: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")


def read(folder: Path) -> dict[str, str] | None:
    """The files of a folder; None where there is none. What we hide in it is ours to hide."""
    if not folder.exists():
        return None
    files = (path for path in folder.rglob("*") if path.is_file())
    found = {str(path.relative_to(folder)): path.read_text(encoding="utf-8") for path in files}
    return {name: text for name, text in found.items() if ".staged-" not in name}


def run(target: Path, files: dict[str, str]) -> None:
    with output.staged(target) as folder:
        write(folder, files)
        output.publish(folder, target, keep_stale=False)


def without_exchange(one: Path, other: Path) -> None:
    with mock.patch("ctypes.CDLL", return_value=mock.Mock(spec=[])):
        EXCHANGE(one, other)


def in_a_mount(one: Path, other: Path) -> None:
    if other.name == "out":
        raise OSError(errno.EBUSY, os.strerror(errno.EBUSY), str(other))
    EXCHANGE(one, other)


def file_by_file(_one: Path, other: Path) -> None:
    raise OSError(errno.EXDEV, os.strerror(errno.EXDEV), str(other))


EXCHANGE = exchange
MODES = {"renames": without_exchange, "mount": in_a_mount, "files": file_by_file}


def killed(target: Path, step: int) -> bool:
    """Runs in a child that is killed before what it does to a file for that time; returns whether it came to that."""
    child = os.fork()
    if child == 0:
        steps = iter(range(step))

        def hook(event: str, _arguments: tuple[object, ...]) -> None:
            if event != "os.kill" and event.startswith(FILE_EVENTS) and next(steps, None) is None:
                os.kill(os.getpid(), signal.SIGKILL)

        sys.addaudithook(hook)
        run(target, NEW)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        return True
    if status != 0:
        raise SystemExit(f"the run has failed at step {step}")
    return False


def write_as_a_program_in(folder: int, files: dict[str, str]) -> None:
    """Wherever that folder is now: it is the working directory of the program."""
    for name, text in files.items():
        with os.fdopen(os.open(name, os.O_WRONLY | os.O_CREAT, dir_fd=folder), "w") as file:
            file.write(text)


def main(folder: Path, mode: str, afterwards: str) -> None:
    target = folder / "out"
    with mock.patch.object(output, "exchange", MODES.get(mode, EXCHANGE)):
        step, more = 0, True
        while more:
            if mode != "first":
                write(target, {**OLD, **THEIRS})
            before = target.stat().st_ino if target.exists() else None
            program = os.open(target / "stacks" / "a", os.O_RDONLY) if afterwards == "worked" else None
            more = killed(target, step)
            after = read(target)
            if program is not None:
                write_as_a_program_in(program, {Path(name).name: text for name, text in CAME.items()})
                os.close(program)
            if afterwards == "deleted":
                shutil.rmtree(target, ignore_errors=True)
            run(target, NEWER)
            told = {
                "killed": more,
                "after": after,
                "next": read(target),
                "same_folder": before in (None, target.stat().st_ino),
                "beside": sorted(path.name for path in (*folder.iterdir(), *target.iterdir())),
            }
            print(json.dumps(told))
            shutil.rmtree(folder)
            folder.mkdir()
            step += 1


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], sys.argv[3])
