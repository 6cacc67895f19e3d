"""CDKTF's own `Testing.to_be_valid_terraform`: `terraform init` and `terraform validate` of whole synthesized folders."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from modules.layout import load, preset_names
from ops.offline.account import Account
from ops.offline.engine import Engine
from ops.offline.server import StandIns
from tests.checkout import ROOT
from tests.engine.valid_terraform import BROKEN, FAULTS
from tests.terraform_json import Synth

pytestmark = pytest.mark.engine


@pytest.fixture(scope="module")
def judged(engine: Engine, synth: Synth, tmp_path_factory: pytest.TempPathFactory) -> dict[str, bool]:
    """What CDKTF says of each stack; nothing of it is kept."""
    folder = tmp_path_factory.mktemp("valid")
    (folder / "terraform.rc").write_text("", encoding="utf-8")
    (folder / "temporary").mkdir()
    with StandIns(Account(region="us-west-2")) as stand_ins:
        for preset in preset_names():
            for stack in synth(f"extends: {preset}\nname: {preset}\n"):
                stand_ins.serve(stack.json)
        done = subprocess.run(
            [sys.executable, "-m", "tests.engine.valid_terraform"],
            cwd=ROOT,
            env={
                **{name: value for name, value in os.environ.items() if not name.startswith("TF_")},
                **stand_ins.environment,
                "TERRAFORM_BINARY_NAME": engine.path,
                "TF_CLI_CONFIG_FILE": str(folder / "terraform.rc"),
                "CHECKPOINT_DISABLE": "1",
                "TMPDIR": str(folder / "temporary"),
            },
            capture_output=True,
            text=True,
            timeout=180,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        assert stand_ins.defects == []
    found: dict[str, bool] = json.loads(done.stdout)
    return found


def test_cdktf_finds_every_stack_of_every_preset_valid(judged: dict[str, bool]) -> None:
    stacks = {stack: True for preset in preset_names() for stack in load(preset).layout.stacks}
    assert {name: valid for name, valid in judged.items() if name not in FAULTS} == stacks


@pytest.mark.parametrize("fault", FAULTS)
def test_cdktf_finds_a_stack_with_a_fault_invalid(judged: dict[str, bool], fault: str) -> None:
    assert judged[BROKEN] is True, "it is the fault that is not valid"
    assert judged[fault] is False
