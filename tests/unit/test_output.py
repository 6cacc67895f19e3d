"""The output folder is written whole or not at all, and what others keep in it stays."""

from __future__ import annotations

import ctypes
import errno
import fcntl
import importlib
import json
import multiprocessing
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from modules import folders, leftovers, output
from modules.folders import exchange, link
from tests.checkout import ROOT
from tests.unit.kill_at_every_step import (
    CAME,
    NEW,
    NEWER,
    OLD,
    THEIRS,
    read,
    run,
    write,
    write_as_a_program_in,
)

PROGRAM = Path(__file__).with_name("kill_at_every_step.py")


@pytest.fixture
def target(tmp_path: Path) -> Path:
    folder = tmp_path / "out"
    write(folder, {**OLD, **THEIRS})
    return folder


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def hidden(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.rglob("*") if ".staged-" in path.name)


def full_disk(*_arguments: object, **_options: object) -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


@pytest.fixture
def scratch(tmp_path: Path) -> Iterator[Path]:
    """A folder in memory where there is one: a disk takes its time for so many renames."""
    memory = Path("/dev/shm")
    if not os.access(memory, os.W_OK):
        yield tmp_path
    else:
        with tempfile.TemporaryDirectory(dir=memory) as folder:
            yield Path(folder)


def kills(folder: Path, mode: str, afterwards: str = "nothing") -> list[dict[str, Any]]:
    done = subprocess.run(
        [sys.executable, str(PROGRAM), str(folder), mode, afterwards],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(found) > 15
    assert not [name for kill in found for name in kill["beside"] if ".staged-" in name]
    return found


@pytest.mark.parametrize("mode", ["exchange", "renames", "mount", "first"])
def test_after_a_kill_at_any_step_there_is_the_old_output_or_the_new_and_the_next_run_works(
    scratch: Path, mode: str
) -> None:
    found = kills(scratch, mode)
    theirs = {} if mode == "first" else THEIRS
    old = None if mode == "first" else {**OLD, **THEIRS}
    new = {**NEW, **theirs}
    assert [kill["after"] for kill in found if kill["after"] not in (old, new)] == {
        "exchange": [],
        "first": [],
        # Between two of the three renames, each time that folders are exchanged.
        "renames": [None, None],
        # Between the exchange of its stacks and the replacement of the manifest.
        "mount": [{**new, "manifest.json": "old"}],
    }[mode]
    outcomes = [kill["after"] == new for kill in found]
    assert outcomes[0] is False
    assert outcomes[-1] is True
    assert [kill["next"] for kill in found if kill["next"] != {**NEWER, **theirs}] == []


def test_after_a_kill_while_files_are_replaced_each_is_whole_and_the_manifest_the_last(scratch: Path) -> None:
    found = kills(scratch, "files")
    for kill in found:
        after = kill["after"]
        assert THEIRS.items() <= after.items()
        assert all(text in (OLD.get(name), NEW.get(name), THEIRS.get(name)) for name, text in after.items())
        assert after["manifest.json"] == "old" or NEW.items() <= after.items()
        assert kill["next"] == {**NEWER, **THEIRS}
        assert kill["same_folder"]


@pytest.mark.parametrize("mode", ["exchange", "renames", "mount", "files"])
def test_what_a_program_writes_after_a_kill_in_the_folder_it_works_in_is_in_the_next_output(
    scratch: Path, mode: str
) -> None:
    found = kills(scratch, mode, "worked")
    assert [kill["next"] for kill in found if kill["next"] != {**NEWER, **THEIRS, **CAME}] == []


@pytest.mark.parametrize("mode", ["exchange", "renames"])
def test_what_the_user_deletes_after_a_kill_does_not_come_back(scratch: Path, mode: str) -> None:
    found = kills(scratch, mode, "deleted")
    # Where the kill has left no output, there was nothing to delete.
    gone = [kill for kill in found if kill["after"] is not None]
    assert [kill["next"] for kill in gone if kill["next"] != NEWER] == []
    assert len(found) - len(gone) == (2 if mode == "renames" else 0)


def test_the_folder_stays_the_same_one_with_all_that_is_not_of_a_synthesis(target: Path) -> None:
    (target / "stacks" / "a" / "link").symlink_to(".terraform")
    (target / "empty").mkdir()
    target.chmod(0o750)
    folders = [target, target / "stacks", target / "stacks" / "a"]
    before = [folder.stat().st_ino for folder in folders]
    run(target, NEW)
    assert read(target) == {**NEW, **THEIRS}
    assert [folder.stat().st_ino for folder in folders] == before
    assert (target / "stacks" / "a" / "link").readlink() == Path(".terraform")
    assert (target / "empty").is_dir()
    assert target.stat().st_mode & 0o777 == 0o750
    assert names(target.parent) == ["out"]


def test_a_stack_that_is_not_asked_for_goes_unless_it_has_files_of_others(target: Path) -> None:
    write(target, {"stacks/over/cdk.tf.json": "over", "stacks/over/.terraform/environment": "default"})
    write(target, {"stacks/gone/.terraform.lock.hcl": "lock", "stacks/modules-of-mine/main.tf": ""})
    run(target, NEW)
    assert read(target) == {**NEW, **THEIRS, "stacks/modules-of-mine/main.tf": ""}
    assert not (target / "stacks" / "over").exists()


def test_cdktf_cli_finds_the_stacks_that_it_will_remove(target: Path) -> None:
    with output.staged(target) as folder:
        write(folder, NEW)
        output.publish(folder, target, keep_stale=True)
    assert read(target) == {**OLD, **NEW, **THEIRS}


def test_a_link_to_a_folder_stays_one(target: Path, tmp_path: Path) -> None:
    link = tmp_path / "elsewhere" / "link"
    link.parent.mkdir()
    link.symlink_to(target)
    run(link, NEW)
    assert link.readlink() == target
    assert read(target) == {**NEW, **THEIRS}
    assert names(link.parent) == ["link"]
    assert hidden(tmp_path) == []


@pytest.mark.parametrize("why", ["mount", "working directory", "parent"])
def test_a_folder_that_cannot_be_exchanged_gets_its_new_content_all_the_same(
    target: Path, monkeypatch: pytest.MonkeyPatch, why: str
) -> None:
    if why == "mount":
        monkeypatch.setattr(os.path, "ismount", lambda path: path == target)
    elif why == "parent":
        monkeypatch.setattr(os, "access", lambda path, _mode: path != target.parent)
    else:
        monkeypatch.chdir(target)
    beside = target.parent.stat().st_mtime_ns
    run(target, NEW)
    assert read(target) == {**NEW, **THEIRS}
    assert target.parent.stat().st_mtime_ns == beside, "something was made beside it"
    assert hidden(target) == []


def test_what_comes_while_the_folder_is_exchanged_is_kept(
    target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By a program that works in the old folder, and by one that has looked the new one up."""
    exchanges = []

    def interrupted(one: Path, other: Path) -> None:
        exchanges.append(other)
        write(other, {f"stacks/a/errored-{len(exchanges)}.tfstate": "state"})
        exchange(one, other)

    monkeypatch.setattr(output, "exchange", interrupted)
    run(target, NEW)
    came = {f"stacks/a/errored-{number}.tfstate": "state" for number in (1, 2)}
    assert read(target) == {**NEW, **THEIRS, **came}
    assert len(exchanges) == 2


def test_a_file_that_goes_while_the_folder_is_exchanged_does_not_come_back(
    target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:

    def interrupted(one: Path, other: Path) -> None:
        (other / "stacks" / "a" / ".terraform.lock.hcl").unlink()
        monkeypatch.setattr(output, "exchange", exchange)
        exchange(one, other)

    monkeypatch.setattr(output, "exchange", interrupted)
    run(target, NEW)
    assert "stacks/a/.terraform.lock.hcl" not in (read(target) or {})


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EIO])
def test_a_full_disk_leaves_the_old_output(
    target: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    def full(*_arguments: object, **_options: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "link", full)
    with pytest.raises(OSError, match=os.strerror(number)):
        run(target, NEW)
    assert read(target) == {**OLD, **THEIRS}
    assert names(target.parent) == ["out"]


@pytest.mark.parametrize("error", [OSError(errno.ENOSPC, "full"), KeyboardInterrupt()])
@pytest.mark.parametrize("step", ["update", "exchange"])
def test_an_error_once_the_output_is_new_loses_nothing_and_leaves_the_old_folder_to_the_next_run(
    target: Path, monkeypatch: pytest.MonkeyPatch, step: str, error: BaseException
) -> None:
    stack = os.open(target / "stacks" / "a", os.O_RDONLY)
    calls: list[object] = []

    def failing(*arguments: Path) -> None:
        calls.append(arguments)
        if step == "exchange" and len(calls) == 1:
            exchange(*arguments)
            return
        write_as_a_program_in(stack, {"first.tfstate": "state"})
        raise error

    with monkeypatch.context() as patched:
        patched.setattr(output, "exchange" if step == "exchange" else "_update", failing)
        if isinstance(error, OSError):
            run(target, NEW)
        else:
            with pytest.raises(KeyboardInterrupt):
                run(target, NEW)
    first, second = ({f"stacks/a/{name}.tfstate": "state"} for name in ("first", "second"))
    rescued = first if isinstance(error, OSError) else {}
    assert read(target) == {**NEW, **THEIRS, **rescued}
    write_as_a_program_in(stack, {"second.tfstate": "state"})
    run(target, NEWER)
    assert read(target) == {**NEWER, **THEIRS, **first, **second}
    assert names(target.parent) == ["out"]
    os.close(stack)


def test_a_file_that_cannot_be_rescued_stays_where_it_is(
    target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    left = target.with_name(".out.staged-dead")
    write(left, {"stacks/a/errored.tfstate": "state"})
    left.with_name(f"{left.name}.known").write_bytes(b"")
    with monkeypatch.context() as patched:
        patched.setattr(Path, "rename", full_disk)
        leftovers.clean(target)
    assert (left / "stacks" / "a" / "errored.tfstate").exists()
    run(target, NEW)
    assert read(target) == {**NEW, **THEIRS, "stacks/a/errored.tfstate": "state"}
    assert names(target.parent) == ["out"]


@pytest.mark.parametrize("name", ["stacks", "stacks/a"])
def test_a_folder_in_the_output_that_is_a_link_stays_one(target: Path, tmp_path: Path, name: str) -> None:
    elsewhere = tmp_path / "disk" / "elsewhere"
    elsewhere.parent.mkdir()
    (target / name).rename(elsewhere)
    (target / name).symlink_to(elsewhere)
    run(target, NEW)
    assert (target / name).readlink() == elsewhere
    files = [file for file in (*NEW, *THEIRS) if file != "stacks/gone/cdk.tf.json"]
    assert {file: (target / file).read_text() for file in files} == {**NEW, **THEIRS}
    assert not (target / "stacks" / "gone" / "cdk.tf.json").exists()
    assert hidden(tmp_path) == []


def test_where_only_files_can_be_replaced_an_error_before_leaves_the_old_output(
    target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As in the lower layer of an overlay file system."""

    def refused(*arguments: object) -> None:
        raise OSError(errno.EXDEV, os.strerror(errno.EXDEV), str(arguments[1]))

    monkeypatch.setattr(output, "exchange", refused)
    with monkeypatch.context() as patched:
        patched.setattr(output, "_swap_stacks", refused)
        ready: list[Path] = []

        def filling(old: Path, new: Path) -> None:
            if new.name.endswith(".staged-"):
                ready.append(new)
                if len(ready) == len(NEW):
                    full_disk()
            link(old, new)

        patched.setattr(output, "link", filling)
        with pytest.raises(OSError, match="No space"):
            run(target, NEW)
    assert read(target) == {**OLD, **THEIRS}
    assert hidden(target) == []
    run(target, NEW)
    assert read(target) == {**NEW, **THEIRS}
    assert names(target.parent) == ["out"]


def test_a_system_without_these_calls_writes_too(target: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No fcntl, no C library that has a name, no links: the module is read anew, as by a process there."""

    def without(*_arguments: object, **_options: object) -> None:
        raise TypeError

    def unknown(*_arguments: object, **_options: object) -> None:
        raise NotImplementedError

    monkeypatch.setitem(sys.modules, "fcntl", None)
    monkeypatch.setattr(os, "link", unknown)
    monkeypatch.setattr(ctypes, "CDLL", without)
    importlib.reload(folders)
    run(target, NEW)
    assert read(target) == {**NEW, **THEIRS}
    assert names(target.parent) == ["out"]


def test_where_links_are_not_possible_files_are_copied(target: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_arguments: object, **_options: object) -> None:
        raise OSError(errno.EPERM, os.strerror(errno.EPERM))

    monkeypatch.setattr(os, "link", refused)
    run(target, NEW)
    assert read(target) == {**NEW, **THEIRS}


def test_a_file_in_the_way_is_refused_before_anything_is_made(tmp_path: Path) -> None:
    target = tmp_path / "out"
    target.write_text("mine")
    with pytest.raises(NotADirectoryError) as raised, output.staged(target):
        raise AssertionError("there is no folder to write into")
    assert raised.value.filename == str(target)
    assert names(tmp_path) == ["out"]


def test_an_error_while_writing_leaves_the_old_output_and_nothing_beside_it(target: Path) -> None:
    def interrupted() -> None:
        with output.staged(target) as folder:
            write(folder, {"manifest.json": "half"})
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert read(target) == {**OLD, **THEIRS}
    assert names(target.parent) == ["out"]


def test_only_the_folders_of_runs_that_are_gone_are_removed(target: Path) -> None:
    dead = target.parent / ".out.staged-dead"
    other = target.parent / ".other.staged-dead"
    for folder in (dead, other):
        write(folder, {"manifest.json": "half", "stacks/a/.terraform/providers/other": "never in the output"})
    with output.staged(target) as living:
        run(target, NEW)
        assert living.is_dir()
    assert names(target.parent) == [other.name, "out"]
    assert read(target) == {**NEW, **THEIRS}


def test_what_was_put_aside_is_kept_also_where_somebody_has_made_a_new_folder(target: Path) -> None:
    """As after a kill between two renames, and a `mkdir`."""
    write(target.with_name(".out.staged-dead"), {"stacks/a/.terraform.lock.hcl": "lock"})
    target.rename(target.with_name(".out.staged-dead.was"))
    target.with_name(".out.staged-dead.known").write_bytes(b"stacks/a/.terraform.lock.hcl")
    target.mkdir()
    run(target, NEW)
    assert read(target) == {**NEW, **THEIRS}
    assert names(target.parent) == ["out"]


def test_what_a_run_in_the_folder_has_left_does_not_stay_in_it(
    target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where the next run is not in it."""
    left = target / ".stacks.staged-dead"
    write(left, {"a/cdk.tf.json": "half"})
    left.with_name(f"{left.name}.known").write_bytes(b"a/cdk.tf.json")
    monkeypatch.chdir(target.parent)
    run(target, NEW)
    assert read(target) == {**NEW, **THEIRS}
    assert hidden(target) == []


def test_a_run_waits_for_one_that_is_exchanging(target: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(output, "PATIENCE_SECONDS", 0.1)
    descriptor = os.open(target, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        with pytest.raises(BlockingIOError) as raised:
            run(target, NEW)
    finally:
        os.close(descriptor)
    assert (raised.value.filename, raised.value.strerror) == (str(target), "another run is writing it")
    run(target, NEW)
    assert read(target) == {**NEW, **THEIRS}


def _publish_often(target: Path, name: str) -> None:
    for number in range(25):
        text = f"{name} {number}"
        run(
            target,
            {"manifest.json": text, f"stacks/{name}/cdk.tf.json": text, "stacks/both/cdk.tf.json": text},
        )


@pytest.fixture
def processes() -> Iterator[list[multiprocessing.process.BaseProcess]]:
    started: list[multiprocessing.process.BaseProcess] = []
    yield started
    for process in started:
        process.kill()


@pytest.mark.parametrize("there", [True, False])
def test_of_several_runs_at_once_one_leaves_all_of_its_output(
    target: Path, processes: list[multiprocessing.process.BaseProcess], there: bool
) -> None:
    if not there:
        shutil.rmtree(target)
    # A fresh interpreter: this one has threads.
    context = multiprocessing.get_context("spawn")
    for name in ("one", "two", "three"):
        processes.append(context.Process(target=_publish_often, args=(target, name)))
        processes[-1].start()
    for process in processes:
        process.join(timeout=120)
        assert process.exitcode == 0
    left = read(target) or {}
    text = left["manifest.json"]
    name = text.partition(" ")[0]
    # The stack `a` is of no run: nothing of it stays that `terraform init` can make again.
    theirs = {file: kept for file, kept in THEIRS.items() if there and not file.startswith("stacks/a/")}
    assert left == {
        "manifest.json": text,
        f"stacks/{name}/cdk.tf.json": text,
        "stacks/both/cdk.tf.json": text,
        **theirs,
    }
    assert names(target.parent) == ["out"]
