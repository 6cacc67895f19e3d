"""`python -m ops synth`: what it writes, what it says, and how it refuses a layout."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from ops.cli import app

ROOT = Path(__file__).resolve().parents[3]

Synthesize = Callable[..., Result]

LAYOUT = """\
name: mine
region: us-west-2
node_groups:
  sys: {instance_type: c5.2xlarge, size: {min: 1, desired: 1, max: 3}}
  trn:
    instance_type: trn2.48xlarge
    size: {min: 0, desired: 4, max: 8}
    availability_zone: us-west-2d
    capacity: {type: capacity_block, reservation_id: cr-0123456789abcdef0}
"""
BROKEN = """\
name: mine
region: us-west-2
colour: blue
node_groups:
  sys: {instance_type: c5.2xlarge, size: {min: 1, desired: 1, max: 3}}
  gpu:
    instance_type: p5.48xlarg
    size: {min: 4, desired: 2, max: 10}
"""


@pytest.fixture
def output(tmp_path: Path) -> Path:
    return tmp_path / "out"


@pytest.fixture
def run(output: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Synthesize:
    """Runs the command in an empty folder, with none of the caller's layout and variables."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("LAYOUT", raising=False)
    for name in [name for name in os.environ if name.startswith("TF_VAR_")]:
        monkeypatch.delenv(name)

    def invoke(*layouts: str, **environment: str) -> Result:
        return CliRunner().invoke(app, ["synth", *layouts, "--output", str(output)], env=environment)

    return invoke


def _line(text: str, *words: str) -> str:
    """The one line that starts with these words, as columns."""
    found = [line for line in text.splitlines() if line.split()[: len(words)] == list(words)]
    assert len(found) == 1, f"{found} start with {words} in:\n{text}"
    return found[0]


def test_the_json_of_both_stacks_is_written(run: Synthesize, output: Path) -> None:
    result = run("eks-g4dn")
    assert result.exit_code == 0, result.output
    for name in ("eks-g4dn", "eks-g4dn-platform"):
        json.loads((output / "stacks" / name / "cdk.tf.json").read_text())


def test_the_stacks_are_listed_with_their_size_and_where_they_are(run: Synthesize, output: Path) -> None:
    text = run("eks-g4dn").stdout
    for name in ("eks-g4dn", "eks-g4dn-platform"):
        file = output / "stacks" / name / "cdk.tf.json"
        resources = json.loads(file.read_text())["resource"]
        count = sum(len(of_type) for of_type in resources.values())
        assert _line(text, name, str(count)).split()[2] == str(file.relative_to(output.parent))


def test_node_groups_are_listed_with_type_size_devices_capacity_and_zone(
    run: Synthesize, tmp_path: Path
) -> None:
    (tmp_path / "mine.yaml").write_text(LAYOUT)
    text = run("mine.yaml").stdout
    system = _line(text, "mine", "sys").split()
    assert system == ["mine", "sys", "c5.2xlarge", "1/1/3", "-", "-", "on", "demand", "all"]
    trainium = _line(text, "mine", "trn").split()
    assert trainium[2:6] == ["trn2.48xlarge", "0/4/8", "16", "16"]
    assert trainium[6:] == ["capacity", "block", "cr-0123456789abcdef0", "us-west-2d"]


def test_values_of_the_account_are_shown_as_variables(run: Synthesize) -> None:
    text = run("eks-p5-odcr").stdout
    group = _line(text, "eks-p5-odcr", "p5").split()
    assert group[2:] == [
        "p5.48xlarge", "0/2/10", "8", "32", "odcr", "var.capacity_reservation_id", "var.availability_zone",
    ]  # fmt: skip


def test_a_group_in_an_existing_vpc_is_shown_with_its_subnet_or_zone(run: Synthesize) -> None:
    text = run("eks-g4dn-vpc").stdout
    assert _line(text, "eks-g4dn-vpc", "gpu").split()[-2:] == ["of", "var.gpu_subnet_id"]


def test_variables_to_give_are_explained_with_a_line_to_paste(run: Synthesize) -> None:
    lines = [line.strip() for line in run("eks-p5-odcr").stdout.splitlines()]
    for name, example in {
        "availability_zone": "us-west-2a",
        "capacity_reservation_id": "cr-0123456789abcdef0",
        "public_access_cidrs": '["203.0.113.0/24"]',
    }.items():
        index = lines.index(f"export TF_VAR_{name}='{example}'")
        assert lines[index - 1].startswith("# ")


def test_a_variable_that_is_set_already_is_not_asked_for(run: Synthesize) -> None:
    text = run("eks-p5-odcr", TF_VAR_availability_zone="us-west-2b").stdout
    assert "TF_VAR_availability_zone" not in text
    assert "TF_VAR_capacity_reservation_id" in text


def test_a_layout_without_variables_asks_for_none(run: Synthesize, tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text(LAYOUT)
    text = run("mine.yaml").stdout
    assert "TF_VAR_" not in text
    assert "export" not in text


def test_the_next_command_is_a_deploy_and_waits_for_the_variables(run: Synthesize, tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text(LAYOUT)
    ready = next(line for line in run("mine.yaml").stdout.splitlines() if line.startswith("Next: "))
    assert "deploy" in ready
    assert "variables" not in ready
    waiting = next(line for line in run("eks-g4dn").stdout.splitlines() if line.startswith("Next: "))
    assert "deploy" in waiting
    assert "set the variables" in waiting


@pytest.mark.parametrize("given", [("eks-g4dn", "eks-p5-odcr"), ("eks-g4dn,eks-p5-odcr",)])
def test_several_layouts_make_one_table(run: Synthesize, output: Path, given: tuple[str, ...]) -> None:
    result = run(*given)
    assert result.exit_code == 0, result.output
    assert sorted(file.name for file in (output / "stacks").iterdir()) == [
        "eks-g4dn", "eks-g4dn-platform", "eks-p5-odcr", "eks-p5-odcr-platform",
    ]  # fmt: skip
    _line(result.stdout, "eks-g4dn", "gpu")
    _line(result.stdout, "eks-p5-odcr", "p5")
    assert result.stdout.count("export TF_VAR_public_access_cidrs=") == 1


def test_layout_in_the_environment_names_the_layout(run: Synthesize, output: Path) -> None:
    assert run(LAYOUT="eks-p4de-odcr").exit_code == 0
    assert (output / "stacks" / "eks-p4de-odcr").is_dir()


def test_an_argument_goes_over_the_environment(run: Synthesize, output: Path) -> None:
    assert run("eks-g4dn", LAYOUT="eks-p4de-odcr").exit_code == 0
    assert not (output / "stacks" / "eks-p4de-odcr").exists()


def test_the_context_of_cdktf_json_names_the_default(run: Synthesize, output: Path, tmp_path: Path) -> None:
    (tmp_path / "cdktf.json").write_text('{"context": {"layout": "eks-g5-node-autorepair"}}')
    assert run().exit_code == 0
    assert (output / "stacks" / "eks-g5-node-autorepair").is_dir()


def test_a_misspelt_preset_is_refused_with_the_nearest_one(run: Synthesize, output: Path) -> None:
    result = run("eks-p5-ocdr")
    assert result.exit_code == 2
    assert "there is no preset 'eks-p5-ocdr'" in result.stderr
    assert "Did you mean eks-p5-odcr" in result.stderr
    assert not result.stdout
    assert not output.exists()


def test_a_file_that_does_not_exist_is_refused(run: Synthesize, output: Path) -> None:
    result = run("none.yaml")
    assert result.exit_code == 2
    assert "there is no file 'none.yaml'" in result.stderr
    assert not output.exists()


def test_every_fault_is_reported_with_its_line_and_nothing_is_written(
    run: Synthesize, output: Path, tmp_path: Path
) -> None:
    (tmp_path / "mine.yaml").write_text(BROKEN)
    result = run("mine.yaml")
    assert result.exit_code == 2
    assert "mine.yaml:3: colour: " in result.stderr
    assert "mine.yaml:7: node_groups.gpu.instance_type: " in result.stderr
    assert "p5.48xlarge" in result.stderr
    assert "mine.yaml:8: node_groups.gpu.size" in result.stderr
    assert "3 errors; nothing was written" in result.stderr
    assert not result.stdout
    assert not output.exists()


def test_faults_of_all_layouts_are_reported_and_a_good_one_is_not_written(
    run: Synthesize, output: Path, tmp_path: Path
) -> None:
    (tmp_path / "mine.yaml").write_text(BROKEN)
    result = run("eks-g4dn", "mine.yaml", "eks-p5")
    assert result.exit_code == 2
    assert "mine.yaml:3: colour: " in result.stderr
    assert "there is no preset 'eks-p5'" in result.stderr
    assert not output.exists()


def test_a_warning_is_printed_once_and_stops_nothing(run: Synthesize, output: Path, tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text(LAYOUT.replace("region:", 'kubernetes_version: "1.33"\nregion:'))
    result = run("mine.yaml")
    assert result.exit_code == 0, result.output
    [line] = [line for line in result.stderr.splitlines() if "warning" in line]
    assert line.count("warning") == 1
    assert "mine.yaml:2: kubernetes_version" in line
    assert (output / "stacks" / "mine").is_dir()


def test_the_output_folder_is_made_with_those_above_it(tmp_path: Path, run: Synthesize) -> None:
    folder = tmp_path / "not" / "there yet"
    result = CliRunner().invoke(app, ["synth", "eks-g4dn", "--output", str(folder)])
    assert result.exit_code == 0, result.exception
    assert (folder / "stacks" / "eks-g4dn" / "cdk.tf.json").is_file()


def test_an_output_that_is_a_file_is_refused_in_one_sentence(run: Synthesize, output: Path) -> None:
    output.write_text("")
    result = run("eks-g4dn")
    assert result.exit_code == 2
    assert str(output) in result.stderr
    assert result.exception is None or isinstance(result.exception, SystemExit)


def _process(folder: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    known = {name: value for name, value in os.environ.items() if name not in ("LAYOUT", "NODE_OPTIONS")}
    return subprocess.run(
        [sys.executable, "-m", "ops", *arguments],
        cwd=folder,
        env={**known, "PYTHONPATH": str(ROOT), **environment},
        capture_output=True,
        check=False,
        text=True,
        timeout=120,
    )


def test_the_command_as_a_person_types_it_writes_to_cdktf_out_and_has_nothing_to_complain(
    tmp_path: Path,
) -> None:
    done = _process(tmp_path, "synth")
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "cdktf.out" / "stacks" / "eks-g4dn" / "cdk.tf.json").is_file()
    assert "cdktf.out/stacks/eks-g4dn/cdk.tf.json" in done.stdout
    assert done.stderr == ""


def test_a_synth_needs_no_terraform_and_no_other_program(tmp_path: Path) -> None:
    done = _process(tmp_path, "synth", "eks-p5-training", PATH=str(tmp_path))
    assert (done.returncode, done.stderr) == (0, "")


def test_the_command_as_a_person_types_it_ends_a_refusal_without_a_traceback(tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text(BROKEN)
    done = _process(tmp_path, "synth", LAYOUT="mine.yaml")
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert "mine.yaml:7: " in done.stderr
    assert [file.name for file in tmp_path.iterdir()] == ["mine.yaml"]
