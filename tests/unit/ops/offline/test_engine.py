"""Finding Terraform, and running it in a folder of a stack's own: with a program that only says how it was called."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ops.offline.account import Account
from ops.offline.engine import Engine, EngineMissingError, Workspace, find_engine
from ops.offline.server import StandIns

# Writes its arguments and its environment; its exit status and what else it says come from the environment.
FAKE = f"""#!{sys.executable}
import json, os, sys
print(json.dumps({{"arguments": sys.argv[1:], "environment": dict(os.environ), "folder": os.getcwd()}}))
sys.stderr.write(os.environ.get("FAKE_STDERR", ""))
sys.exit(int(os.environ.get("FAKE_STATUS", "0")))
"""


def program(path: Path, text: str = FAKE) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    path.chmod(0o755)
    return str(path)


# Finding it


def test_terraform_comes_before_tofu(tmp_path: Path) -> None:
    tofu = program(tmp_path / "b" / "tofu")
    path = {"PATH": f"{tmp_path / 'a'}:{tmp_path / 'b'}"}
    assert find_engine(path) == Engine(tofu)
    terraform = program(tmp_path / "b" / "terraform")
    assert find_engine(path) == Engine(terraform)
    first = program(tmp_path / "a" / "terraform")
    assert find_engine(path) == Engine(first)


def test_what_is_named_comes_before_both(tmp_path: Path) -> None:
    program(tmp_path / "bin" / "terraform")
    tofu = program(tmp_path / "bin" / "tofu")
    other = program(tmp_path / "elsewhere" / "terraform-1.12")
    path = str(tmp_path / "bin")
    assert find_engine({"PATH": path, "TERRAFORM_BINARY_NAME": "tofu"}) == Engine(tofu)
    assert find_engine({"PATH": path, "TERRAFORM_BINARY_NAME": other}) == Engine(other)
    assert find_engine({"PATH": path, "TERRAFORM_BINARY_NAME": ""}).path.endswith("terraform")


def test_a_path_is_absolute_since_terraform_runs_in_the_folder_of_a_stack(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine = program(tmp_path / "bin" / "terraform")
    monkeypatch.chdir(tmp_path)
    assert find_engine({"PATH": "/nowhere", "TERRAFORM_BINARY_NAME": "bin/terraform"}) == Engine(mine)
    assert find_engine({"PATH": "bin"}) == Engine(mine)


def test_a_name_that_is_no_program_is_not_passed_over(tmp_path: Path) -> None:
    program(tmp_path / "terraform")
    (tmp_path / "readme").write_text("not a program")
    for name in ("terafrom", "readme"):
        with pytest.raises(EngineMissingError, match=f"TERRAFORM_BINARY_NAME is {name}"):
            find_engine({"PATH": str(tmp_path), "TERRAFORM_BINARY_NAME": name})


def test_without_any_the_message_says_what_to_install(tmp_path: Path) -> None:
    with pytest.raises(EngineMissingError, match=r"terraform/install.*opentofu.*TERRAFORM_BINARY_NAME"):
        find_engine({"PATH": str(tmp_path)})


def test_the_environment_of_the_process_counts_where_none_is_given(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine = program(tmp_path / "mine")
    monkeypatch.setenv("TERRAFORM_BINARY_NAME", mine)
    assert find_engine() == Engine(mine)


# Running it


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Workspace]:
    engine = Engine(program(tmp_path / "bin" / "terraform"))
    with StandIns(Account()) as stand_ins:
        yield Workspace(engine, tmp_path / "stack", stand_ins, {"name": "n", "ids": ["a", "b"], "other": "o"})


DOCUMENT: dict[str, Any] = {
    "variable": {"name": {}, "ids": {}},
    "terraform": {"backend": {"s3": {"bucket": "theirs"}}},
    "resource": {"aws_vpc": {"x": {"cidr_block": "10.0.0.0/16"}}},
}


def called(workspace: Workspace) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(workspace.steps[-1].stdout.splitlines()[0])
    return found


def test_a_step_says_how_it_went(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FAKE_STATUS", "3")
    monkeypatch.setenv("FAKE_STDERR", "no é")
    step = workspace.configure(DOCUMENT).run("graph", "-plan=x")
    assert step.arguments == ("graph", "-plan=x")
    assert (step.status, step.stderr) == (3, "no é")
    assert step.text == step.stdout + "no é"
    assert 0 < step.seconds < 60
    assert workspace.steps == [step]
    assert called(workspace)["folder"] == str(workspace.folder)


def test_the_state_stays_in_the_folder_whatever_backend_is_configured(workspace: Workspace) -> None:
    workspace.configure(DOCUMENT)
    files = {path.name: path.read_text() for path in workspace.folder.iterdir()}
    assert json.loads(files["cdk.tf.json"]) == DOCUMENT
    override = json.loads(files["backend_override.tf.json"])
    assert override == {"terraform": {"backend": {"http": {}}}}


def test_another_version_of_the_stack_takes_the_place_of_the_first(workspace: Workspace) -> None:
    workspace.configure(DOCUMENT)
    (workspace.folder / "terraform.tfstate").write_text("{}")
    workspace.configure({"resource": {"aws_kms_key": {"x": {}}}})
    assert json.loads((workspace.folder / "cdk.tf.json").read_text()) == {
        "resource": {"aws_kms_key": {"x": {}}}
    }
    assert (workspace.folder / "terraform.tfstate").read_text() == "{}"
    assert workspace.stand_ins.body("resource", "aws_kms_key") is not None


def test_variables_go_in_as_terraform_reads_them_and_only_those_of_the_stack(workspace: Workspace) -> None:
    environment = workspace.configure(DOCUMENT).environment
    assert environment["TF_VAR_name"] == "n"
    assert json.loads(environment["TF_VAR_ids"]) == ["a", "b"]
    assert "TF_VAR_other" not in environment


@pytest.mark.parametrize(
    "name",
    [
        "TF_CLI_ARGS",
        "TF_CLI_ARGS_plan",
        "TF_DATA_DIR",
        "TF_WORKSPACE",
        "TF_PLUGIN_CACHE_DIR",
        "TF_INPUT",
        "TF_ENCRYPTION",
        "TF_VAR_more",
    ],
)
def test_what_of_the_users_would_lead_elsewhere_is_left_out(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv(name, "theirs")
    assert name not in workspace.configure(DOCUMENT).environment


def test_the_rest_of_the_users_environment_is_kept(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TF_LOG", "debug")
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example:3128")
    monkeypatch.setenv("TF_VAR_name", "theirs")
    environment = workspace.configure(DOCUMENT).environment
    assert environment["TF_LOG"] == "debug"
    assert environment["HTTPS_PROXY"] == "http://proxy.example:3128"
    assert environment["PATH"] == os.environ["PATH"]
    assert environment["TF_VAR_name"] == "n"


def test_the_stand_ins_and_our_settings_go_over_the_users(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TF_REATTACH_PROVIDERS", "{}")
    monkeypatch.setenv("TF_CLI_CONFIG_FILE", "/home/me/.terraformrc")
    monkeypatch.setenv("CHECKPOINT_DISABLE", "")
    environment = workspace.configure(DOCUMENT).environment
    assert list(json.loads(environment["TF_REATTACH_PROVIDERS"])) == ["hashicorp/aws"]
    settings = Path(environment["TF_CLI_CONFIG_FILE"])
    assert settings.parent == workspace.folder
    assert settings.read_text() == ""
    assert environment["CHECKPOINT_DISABLE"] == "1"


def test_the_users_own_garbage_collection_is_respected(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("GOGC", raising=False)
    assert workspace.configure(DOCUMENT).environment["GOGC"] == "400"
    monkeypatch.setenv("GOGC", "50")
    assert workspace.environment["GOGC"] == "50"


def test_commands_ask_nothing_and_keep_their_plan(workspace: Workspace) -> None:
    workspace.configure(DOCUMENT)
    workspace.init()
    assert called(workspace)["arguments"] == ["init", "-no-color", "-input=false"]
    workspace.validate()
    assert called(workspace)["arguments"] == ["validate", "-no-color"]
    workspace.plan("-destroy")
    assert called(workspace)["arguments"] == [
        "plan", "-no-color", "-input=false", "-detailed-exitcode", "-out=plan", "-destroy",
    ]  # fmt: skip
    workspace.plan(color=True, file="other")
    assert called(workspace)["arguments"] == ["plan", "-input=false", "-detailed-exitcode", "-out=other"]
    workspace.destroy("-refresh=false")
    assert called(workspace)["arguments"] == [
        "destroy", "-no-color", "-input=false", "-auto-approve", "-refresh=false",
    ]  # fmt: skip


def test_a_plan_that_is_kept_needs_no_approval(workspace: Workspace) -> None:
    workspace.configure(DOCUMENT)
    workspace.apply("-refresh=false")
    assert "-auto-approve" in called(workspace)["arguments"]
    workspace.apply("-refresh=false", "plan")
    assert "-auto-approve" not in called(workspace)["arguments"]


@pytest.mark.parametrize(
    ("status", "failed", "empty"), [("0", False, True), ("1", True, False), ("2", False, False)]
)
def test_a_plan_knows_whether_it_failed_and_whether_it_does_anything(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch, status: str, failed: bool, empty: bool
) -> None:
    monkeypatch.setenv("FAKE_STATUS", status)
    made = workspace.configure(DOCUMENT).plan()
    assert (made.failed, made.empty) == (failed, empty)


def test_a_plan_is_shown_as_json_or_says_why_not(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = workspace.configure(DOCUMENT).plan(file="kept")
    assert made.json()["arguments"] == ["show", "-json", "-no-color", "kept"]
    monkeypatch.setenv("FAKE_STATUS", "1")
    monkeypatch.setenv("FAKE_STDERR", "no such plan")
    with pytest.raises(RuntimeError, match="no such plan"):
        made.json()


def test_keys_that_terraform_would_drop_are_named(workspace: Workspace) -> None:
    release = {"name": "r", "chart": "c", "set": [{"name": "a", "value": "b", "tpye": "string"}]}
    workspace.configure({"resource": {"helm_release": {"x": release}}})
    (told,) = workspace.unknown_keys()
    assert told.startswith("helm_release.x: set.0.tpye: ")
    assert workspace.configure(DOCUMENT).unknown_keys() == []


def test_the_state_is_read_by_address(workspace: Workspace) -> None:
    workspace.configure(DOCUMENT)
    assert workspace.state == {}

    def resource(name: str, mode: str, *instances: dict[str, Any]) -> dict[str, Any]:
        return {"mode": mode, "type": "aws_vpc", "name": name, "instances": [*instances]}

    kept = {
        "resources": [
            resource("x", "managed", {"attributes": {"id": "1"}}),
            resource(
                "y",
                "managed",
                {"index_key": "us-west-2a", "attributes": {"id": "2"}},
                {"index_key": "us-west-2b", "attributes": {"id": "3"}},
            ),
            resource("z", "managed", {"index_key": 0, "attributes": {"id": "4"}}),
            resource("x", "data", {"attributes": {"id": "5"}}),
        ]
    }
    (workspace.folder / "terraform.tfstate").write_text(json.dumps(kept))
    assert workspace.state == {
        "aws_vpc.x": {"id": "1"},
        'aws_vpc.y["us-west-2a"]': {"id": "2"},
        'aws_vpc.y["us-west-2b"]': {"id": "3"},
        "aws_vpc.z[0]": {"id": "4"},
    }
    (workspace.folder / "terraform.tfstate").write_text('{"version": 4}')
    assert workspace.state == {}
