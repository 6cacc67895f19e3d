"""docs/nccl-test.md shows what `ops nccl-test` prints, the bars as they are, and every cause."""

from __future__ import annotations

import re
import shlex
import shutil
import stat
from pathlib import Path

import pytest
from typer.testing import CliRunner

from modules import catalog
from ops.cli import app
from ops.nccl_test import kubectl
from ops.nccl_test.bars import bar, known_types

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs" / "nccl-test.md").read_text(encoding="utf-8")
LOGS = ROOT / "tests" / "unit" / "ops" / "nccl_test" / "logs"
GOOD, BAD = re.findall(r"^```text\n(.*?)^```$", PAGE, re.M | re.S)
COMMANDS = re.findall(r"^\.venv/bin/python -m ops (nccl-test .*)$", PAGE, re.M)


def run(command: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, shlex.split(command), env={"COLUMNS": "100"})
    return result.exit_code, "".join(f"{line.rstrip()}\n" for line in result.stdout.splitlines())


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_good_result_is_what_the_shown_command_prints(folder: Path) -> None:
    shutil.copy(LOGS / "p5.log", folder / "nccl-test-p5.log")
    [command] = [command for command in COMMANDS if "--parse" in command]
    assert run(command) == (0, GOOD)


def test_the_bad_result_is_what_is_printed() -> None:
    assert run(f"nccl-test --parse {LOGS / 'p4d-one-card.log'}") == (1, BAD)


def test_the_first_command_ends_with_the_good_result(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake = folder / "bin" / "kubectl"
    fake.parent.mkdir()
    over = '{"status": {"conditions": [{"type": "Complete", "status": "True"}]}}'
    config = '{"clusters": [{"name": "arn:aws:eks:us-west-2:111122223333:cluster/eks-p5-odcr"}]}'
    fake.write_text(
        f"#!/bin/sh\ncase $1 in config) echo '{config}' ;; get) echo '{over}' ;; logs) cat '{LOGS / 'p5.log'}' ;; *) cat > /dev/null ;; esac\n",
        encoding="utf-8",
    )
    fake.chmod(fake.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", str(fake.parent), prepend=":")
    monkeypatch.setattr(kubectl, "EVERY", 0.0)
    [command] = [command for command in COMMANDS if "--apply" in command]
    assert run(command) == (0, GOOD)
    assert (folder / "nccl-test-p5.log").is_file()


def test_the_bars_are_those_of_the_data() -> None:
    rows = re.findall(r"^\| (\S+\.\S+) \| ([\d.]+) \| ([\d.]+) \| (.*) \|$", PAGE, re.M)
    measured = set()
    for name, two, more, source in rows:
        found = catalog.find(name)
        assert found is not None
        first, second = bar(found, 2), bar(found, 3)
        assert first is not None
        assert second is not None
        assert (float(two), float(more)) == (first.busbw, second.busbw), name
        if first.measured:
            measured.add(name)
            assert source == f"measured: [{first.reference:g} GB/s]({first.source})"
        else:
            assert source == f"derived: {first.how}"
    known = {name: catalog.find(name) for name in known_types()}
    assert measured == {
        name for name, found in known.items() if found and (its := bar(found, 2)) and its.measured
    }


def test_every_cause_is_explained_and_no_other() -> None:
    source = (ROOT / "ops" / "nccl_test" / "causes.py").read_text(encoding="utf-8")
    ids = re.findall(r'^ +"([a-z]+-[a-z]+|unexplained)",$', source, re.M)
    assert len(ids) == len(set(ids)) > 15
    assert re.findall(r"^\| `([a-z]+-?[a-z]+)` \|", PAGE, re.M) == sorted(ids, key=_place)


def _place(id: str) -> int:
    return PAGE.find(f"| `{id}` |")


def test_every_flag_is_explained() -> None:
    explained = set(re.findall(r"^\| `(--[\w-]+)`", PAGE, re.M))
    shown = CliRunner().invoke(app, ["nccl-test", "--help"], env={"COLUMNS": "160"}).stdout
    assert set(re.findall(r"^│ (?:-\w, )?(--[a-z-]+)", shown, re.M)) | {"--output"} == explained | {"--help"}
