"""`python -m ops new`: a starting layout by flags in a script, by questions on a terminal."""

from __future__ import annotations

import os
import select
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from modules.layout import LayoutError, load, preset_names
from ops.cli import app
from ops.errors import UsageError
from ops.new import Request, new, terminal

ROOT = Path(__file__).resolve().parents[3]
New = Callable[..., Result]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> New:
    """Runs the command in an empty folder, as a script does."""
    monkeypatch.chdir(tmp_path)
    return lambda *arguments: CliRunner().invoke(app, ["new", *arguments])


def answers(*given: str) -> tuple[Callable[[str], str], list[str]]:
    """A person who gives these answers in turn, and the prompts that were shown."""
    left, prompts = list(given), []

    def ask(prompt: str) -> str:
        prompts.append(prompt)
        return left.pop(0)

    return ask, prompts


def nothing_written(folder: Path) -> bool:
    return not list(folder.iterdir())


@pytest.mark.parametrize("preset", preset_names())
def test_a_layout_over_any_preset_is_the_preset_with_another_name(run: New, preset: str) -> None:
    result = run("mine", "--from", preset)
    assert result.exit_code == 0, result.output
    layout, base = load("mine.yaml").layout, load(preset).layout
    assert layout == base.model_copy(update={"name": "mine"})


def test_the_file_starts_with_the_editors_line_and_says_what_comes_next(run: New, tmp_path: Path) -> None:
    result = run("mine", "--from", "eks-p5-odcr", "--set", "node_groups.p5.size.max=16")
    text = (tmp_path / "mine.yaml").read_text(encoding="utf-8")
    lines = text.splitlines()
    assert lines[0].startswith("# yaml-language-server: $schema=")
    schema = lines[0].partition("=")[2]
    assert (tmp_path / schema).resolve() == ROOT / "schema" / "layout.schema.json"
    assert "#   node_groups.p5.root_volume: {size_gib: 500, type: gp3}" in lines
    assert "node_groups.p5.size:" not in text, "what is said already is not offered"
    assert "c5.2xlarge" not in text
    assert "# Left to Terraform, as variables: availability_zone" in text
    assert result.stdout.splitlines()[-1] == "Next: make plan LAYOUT=mine.yaml"
    assert list(tmp_path.iterdir()) == [tmp_path / "mine.yaml"]


def test_values_of_variables_stand_at_every_path_of_the_variable(run: New) -> None:
    result = run(
        "mine", "--from", "eks-p5-odcr-vpc", "--region", "us-east-2",
        "--var", "availability_zone=us-east-2b", "--var", "capacity_reservation_id=cr-0123456789abcdef0",
        "--var", "public_access_cidrs=203.0.113.0/24, 198.51.100.0/24",
        "--var", 'private_subnet_ids=["subnet-0123456789abcdef0", "subnet-0123456789abcdef1"]',
        "--var", "vpc_id=vpc-0123456789abcdef0", "--var", "gpu_subnet_id=subnet-0123456789abcdef1",
    )  # fmt: skip
    assert result.exit_code == 0, result.output
    assert result.stderr == ""
    loaded = load("mine.yaml")
    assert loaded.variables == ()
    assert loaded.layout.region == "us-east-2"
    group = loaded.layout.node_groups["p5"]
    assert (group.availability_zone, group.capacity.reservation_id) == ("us-east-2b", "cr-0123456789abcdef0")
    assert group.subnet_ids == ("subnet-0123456789abcdef1",)
    assert loaded.layout.cluster.endpoint.public_access_cidrs == ("203.0.113.0/24", "198.51.100.0/24")
    assert loaded.layout.network.private_subnet_ids == (
        "subnet-0123456789abcdef0",
        "subnet-0123456789abcdef1",
    )


def test_what_is_not_given_stays_a_variable_and_is_named(run: New) -> None:
    result = run("mine", "--from", "eks-p5-odcr", "--var", "availability_zone=us-west-2b")
    assert [variable.name for variable in load("mine.yaml").variables] == [
        "capacity_reservation_id",
        "public_access_cidrs",
    ]
    assert "capacity_reservation_id: Id of the capacity reservation" in result.stderr
    assert "public_access_cidrs: CIDRs" in result.stderr
    assert '["203.0.113.0/24"]' in result.stderr
    assert "availability_zone:" not in result.stderr
    assert "Left to Terraform" not in result.stdout


def test_other_values_are_yaml(run: New) -> None:
    result = run(
        "mine", "--from", "eks-g4dn", "--set", "tags={team: research, cost: '12'}", "--set", "addons.aws-fsx-csi-driver=null",
        "--set", 'node_groups.gpu.labels."example.com/pool"=big', "--set", "cluster.logs.types=[api, audit]",
        "--set", "node_groups.gpu.size.max=20",
    )  # fmt: skip
    assert result.exit_code == 0, result.output
    layout = load("mine.yaml").layout
    assert layout.tags == {"team": "research", "cost": "12"}
    assert "aws-fsx-csi-driver" not in layout.addons
    assert layout.node_groups["gpu"].labels["example.com/pool"] == "big"
    assert layout.cluster.logs.types == ("api", "audit")
    assert layout.node_groups["gpu"].size.max == 20


@pytest.mark.parametrize(
    "given",
    [
        "size",
        "=1",
        "a..b=1",
        ".a=1",
        "a.=1",
        'a"b"c=1',
        "extends=eks-g4dn",
        "name=x",
        "tags={a",
        "tags=a\nb: c",
    ],
)
def test_a_setting_of_another_form_is_refused(run: New, tmp_path: Path, given: str) -> None:
    result = run("mine", "--from", "eks-g4dn", "--set", given)
    assert result.exit_code == 2
    assert f"--set {given}: " in result.stderr
    assert nothing_written(tmp_path)


@pytest.mark.parametrize(
    "arguments, path, words",
    [
        (("Mine", "--from", "eks-g4dn"), "name", "lower-case letters"),
        (("../mine", "--from", "eks-g4dn"), "name", "lower-case letters"),
        (("m" * 5000, "--from", "eks-g4dn"), "name", "2 to 63"),
        (("mine", "--from", "eks-g4dn", "--region", "usw2"), "region", "us-west-2"),
        (("mine", "--from", "eks-g4dn", "--set", "colour=blue"), "colour", "no such key"),
        (("mine", "--from", "eks-g4dn", "--set", "node_groups.gpu.size.max=1"), "node_groups.gpu.size", "more than max"),
        (("mine", "--from", "eks-p5-odcr", "--var", "capacity_reservation_id=cr-1"), "node_groups.p5.capacity.reservation_id", "17 hexadecimal digits"),
        (("mine", "--from", "eks-p5-odcr", "--region", "us-east-2", "--var", "availability_zone=us-west-2a"), "node_groups.p5.availability_zone", "no zone of us-east-2"),
        (("mine", "--from", "eks-g4dn", "--var", "public_access_cidrs=10.0.0.1/8"), "cluster.endpoint.public_access_cidrs", "10.0.0.0/8"),
    ],
)  # fmt: skip
def test_a_value_at_fault_is_refused_with_its_path_and_nothing_is_written(
    run: New, tmp_path: Path, arguments: tuple[str, ...], path: str, words: str
) -> None:
    result = run(*arguments)
    assert result.exit_code == 2
    assert f"ops new: {path}" in result.stderr
    assert words in result.stderr
    assert "nothing was written" in result.stderr
    assert result.exception is None or isinstance(result.exception, SystemExit)
    assert nothing_written(tmp_path)


@pytest.mark.parametrize(
    "arguments, words",
    [
        (("mine",), ("--from PRESET is missing", *preset_names())),
        (("mine", "--from", "eks-p5"), ("there is no preset 'eks-p5'", *preset_names())),
        (
            ("mine", "--from", "eks-g4dn", "--var", "vpc_id=vpc-01234567"),
            ("--var vpc_id", "public_access_cidrs"),
        ),
        (("mine", "--from", "eks-g4dn", "--var", "public_access_cidrs"), ("NAME=VALUE",)),
        (
            ("mine", "--from", "eks-g4dn", "--var", "public_access_cidrs=[1"),
            ("--var public_access_cidrs: [1: is not YAML", 'write a list like ["a", "b"]'),
        ),
        (
            ("mine", "--from", "eks-g4dn", "--region", "us-east-2", "--set", "region=us-east-1"),
            ("--set region=us-east-1: region is given by --region already",),
        ),
        (
            ("mine", "--from", "eks-g4dn", "--set", "tags.a=b", "--set", 'tags."a"=c'),
            ('--set tags."a"=c: tags.a is given by --set already',),
        ),
        (
            ("mine", "--from", "eks-p5-odcr", *("--var", "availability_zone=us-west-2a") * 2),
            ("availability_zone is given by --var already",),
        ),
        (("mine", "--from", "eks-g4dn", "-o", "mine.txt"), ("mine.txt", ".yaml")),
        (("mine", "--from", "eks-g4dn", "-o", "there/mine.yaml"), ("there: is no folder",)),
    ],
)
def test_wrong_usage_is_refused_in_words(
    run: New, tmp_path: Path, arguments: tuple[str, ...], words: Iterable[str]
) -> None:
    result = run(*arguments)
    assert result.exit_code == 2
    assert all(word in result.stderr for word in words), result.stderr
    assert nothing_written(tmp_path)


def test_a_file_that_is_there_stays_unless_forced(run: New, tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text("mine\n")
    refused = run("mine", "--from", "eks-g4dn")
    assert refused.exit_code == 2
    assert "mine.yaml: is there already; --force" in refused.stderr
    assert file.read_text() == "mine\n"
    assert run("mine", "--from", "eks-g4dn", "--set", "colour=blue", "--force").exit_code == 2
    assert file.read_text() == "mine\n", "a layout at fault replaces nothing"
    assert run("mine", "--from", "eks-g4dn", "--force").exit_code == 0
    assert load("mine.yaml").layout.name == "mine"


@pytest.mark.parametrize("force", [(), ("--force",)])
def test_a_symbolic_link_is_not_replaced(run: New, tmp_path: Path, force: tuple[str, ...]) -> None:
    (tmp_path / "real").write_text("mine\n")
    (tmp_path / "mine.yaml").symlink_to("real")
    refused = run("mine", "--from", "eks-g4dn", *force)
    assert refused.exit_code == 2
    assert "mine.yaml: is a symbolic link" in refused.stderr
    assert (tmp_path / "mine.yaml").is_symlink()
    assert (tmp_path / "real").read_text() == "mine\n"


def test_the_file_can_have_another_name_and_folder(run: New, tmp_path: Path) -> None:
    (tmp_path / "my layouts").mkdir()
    result = run("mine", "--from", "eks-g4dn", "-o", "my layouts/a.yaml")
    assert result.stdout.endswith("Next: make plan LAYOUT='my layouts/a.yaml'\n")
    assert load("my layouts/a.yaml").layout.name == "mine"


def test_a_write_that_fails_leaves_nothing_behind(
    run: New, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(self: Path, target: Path) -> Path:
        raise OSError(28, "No space left on device", str(self))

    (tmp_path / "mine.yaml").write_text("old\n")
    monkeypatch.setattr(Path, "replace", full)
    result = run("mine", "--from", "eks-g4dn", "--force")
    assert result.exit_code == 2
    assert result.stderr.endswith("mine.yaml: cannot be written: No space left on device\n")
    assert ".ops-" not in result.stderr
    assert [file.name for file in tmp_path.iterdir()] == ["mine.yaml"]
    assert (tmp_path / "mine.yaml").read_text() == "old\n"


def test_questions_are_asked_for_what_was_not_given(run: New, capsys: pytest.CaptureFixture[str]) -> None:
    ask, prompts = answers("us-east-2", "us-east-2b", "", "203.0.113.0/24")
    new(Request("mine", "eks-p5-odcr"), ask)
    assert prompts == [
        "AWS region [us-west-2]: ", "  availability_zone: ", "  capacity_reservation_id: ", "  public_access_cidrs: ",
    ]  # fmt: skip
    said = capsys.readouterr().out
    assert "Availability zone of the nodes: that of the capacity reservation" in said
    assert "(node_groups.p5.availability_zone), like us-west-2a" in said
    loaded = load("mine.yaml")
    assert loaded.layout.region == "us-east-2"
    assert loaded.layout.cluster.endpoint.public_access_cidrs == ("203.0.113.0/24",)
    assert [variable.name for variable in loaded.variables] == ["capacity_reservation_id"]


def test_what_was_given_is_not_asked(run: New) -> None:
    ask, prompts = answers("")
    request = Request("mine", "eks-p5-odcr", region="us-west-2", variables=[
        "availability_zone=us-west-2b", "capacity_reservation_id=cr-0123456789abcdef0",
    ])  # fmt: skip
    new(request, ask)
    assert prompts == ["  public_access_cidrs: "]


def test_a_wrong_answer_is_refused_with_the_fields_fault_and_asked_again(
    run: New, capsys: pytest.CaptureFixture[str]
) -> None:
    ask, prompts = answers(
        "west", "us-west-1", "us-west-2b", "us-west-1a", "cr-1", "", "[1", "203.0.113.1", "203.0.113.0/24"
    )
    new(Request("mine", "eks-p4de-odcr"), ask)
    said = capsys.readouterr().out
    assert "'west' is no AWS region\n    Write a region name like us-west-2.\n" in said
    assert "us-west-2b is no zone of us-west-1\n" in said
    assert "'cr-1' is no capacity reservation id\n    Write cr- and 17 hexadecimal digits.\n" in said
    assert "[1: is not YAML" in said
    assert "Write 203.0.113.1/32 for one address." in said
    assert prompts.count("  public_access_cidrs: ") == 3
    layout = load("mine.yaml").layout
    assert layout.region == "us-west-1"
    assert layout.node_groups["p4de"].availability_zone == "us-west-1a"


def test_the_preset_is_asked_for_by_name_or_number(run: New, capsys: pytest.CaptureFixture[str]) -> None:
    number = str(preset_names().index("eks-g5-node-autorepair") + 1)
    ask, prompts = answers("99", "", number, "", "")
    new(Request("mine"), ask)
    assert prompts[:3] == ["Preset (name or number): "] * 3
    said = capsys.readouterr().out
    assert "g5.8xlarge x 2 (1 A10G each, EFA)" in said
    again = f"write a name of the list, or a number from 1 to {len(preset_names())}\n"
    assert f"    there is no preset '99': {again}" in said
    assert f"    a layout needs one: {again}" in said
    assert "g5" in load("mine.yaml").layout.node_groups


def test_a_place_that_is_taken_is_refused_before_anything_is_asked(run: New, tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text("")
    ask, prompts = answers()
    with pytest.raises(UsageError, match="there already"):
        new(Request("mine", "eks-p5-odcr"), ask)
    with pytest.raises(LayoutError):
        new(Request("Mine", "eks-p5-odcr"), ask)
    assert prompts == []


def test_a_file_that_came_while_questions_were_answered_stays(run: New, tmp_path: Path) -> None:
    def ask(prompt: str) -> str:
        (tmp_path / "mine.yaml").write_text("theirs\n")
        return ""

    with pytest.raises(UsageError, match="there already"):
        new(Request("mine", "eks-g4dn"), ask)
    assert (tmp_path / "mine.yaml").read_text() == "theirs\n"
    assert len(list(tmp_path.iterdir())) == 1


class Terminal:
    """The command on a pseudo-terminal, as a person has it."""

    def __init__(self, folder: Path, *arguments: str) -> None:
        pty = pytest.importorskip("pty", reason="needs pseudo-terminals")
        self.shown = ""
        self.end, inner = pty.openpty()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "ops", "new", *arguments],
            cwd=folder,
            env={**os.environ, "PYTHONPATH": str(ROOT), "TERM": "dumb"},
            stdin=inner,
            stdout=inner,
            stderr=inner,
            start_new_session=True,
        )
        os.close(inner)

    def until(self, text: str) -> None:
        """Reads until a text is shown that was not there before."""
        seen, deadline = len(self.shown), time.monotonic() + 60
        while text not in self.shown[seen:]:
            assert time.monotonic() < deadline, f"{text!r} did not come after:\n{self.shown}"
            if select.select([self.end], [], [], 1)[0]:
                try:
                    self.shown += os.read(self.end, 4096).decode().replace("\r\n", "\n")
                except OSError:  # the other side has closed it
                    assert text in self.shown[seen:], self.shown
                    return

    def type(self, text: str) -> None:
        os.write(self.end, text.encode())

    def finish(self) -> int:
        return self.process.wait(timeout=60)

    def __enter__(self) -> Terminal:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.wait()
        os.close(self.end)


def test_on_a_real_terminal_the_questions_are_asked_and_answered(tmp_path: Path) -> None:
    with Terminal(tmp_path, "mine", "--from", "eks-p5-odcr") as shown:
        shown.until("AWS region [us-west-2]: ")
        shown.type("\n")
        shown.until("  availability_zone: ")
        shown.type("us-west-2\n")
        shown.until("  availability_zone: ")
        assert "'us-west-2' is no availability zone" in shown.shown
        shown.type("us-west-2b\n")
        shown.until("  capacity_reservation_id: ")
        shown.type("cr-0123456789abcdef0\n")
        shown.until("  public_access_cidrs: ")
        shown.type("\n")
        shown.until("Next: make plan LAYOUT=mine.yaml")
        assert shown.finish() == 0
    loaded = load(str(tmp_path / "mine.yaml"))
    assert loaded.layout.node_groups["p5"].availability_zone == "us-west-2b"
    assert [variable.name for variable in loaded.variables] == ["public_access_cidrs"]


def test_whoever_ends_the_input_at_a_question_has_nothing_written(tmp_path: Path) -> None:
    with Terminal(tmp_path, "mine", "--from", "eks-p5-odcr") as shown:
        shown.until("AWS region [us-west-2]: ")
        shown.type("\x04")
        shown.until("nothing was written")
        assert shown.finish() == 2
        assert "Traceback" not in shown.shown
    assert nothing_written(tmp_path)


@pytest.mark.parametrize("stop", [EOFError, KeyboardInterrupt])
def test_an_interrupt_stops_like_the_end_of_the_input(
    stop: type[BaseException], monkeypatch: pytest.MonkeyPatch
) -> None:
    def stopped(prompt: str) -> str:
        raise stop

    monkeypatch.setattr("builtins.input", stopped)
    with pytest.raises(UsageError, match="nothing was written"):
        terminal("AWS region: ")
