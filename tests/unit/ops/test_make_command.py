"""The commands that messages say to type do what the one that was typed has done."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ops.make_command import make_command


@pytest.mark.parametrize(
    ("given", "context", "expected"),
    [
        ("", {}, "make deploy LAYOUT=a"),
        ("cdktf", {}, "make deploy LAYOUT=a"),
        ("cdktn", {}, "CDK_FLAVOR=cdktn make deploy LAYOUT=a"),
        ("cdktn", {"flavor": "cdktn"}, "make deploy LAYOUT=a"),
        ("cdktf", {"flavor": "cdktn"}, "CDK_FLAVOR=cdktf make deploy LAYOUT=a"),
        ("cdktf", {"flavor": "x"}, "CDK_FLAVOR=cdktf make deploy LAYOUT=a"),
    ],
)
def test_a_flavour_that_only_the_environment_has_chosen_is_typed_again(
    given: str, context: dict[str, str], expected: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "cdktf.json").write_text(json.dumps({"context": context}), encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CDK_FLAVOR", given)
    assert make_command("deploy", "a") == expected


def test_a_layout_of_any_name_and_more_variables_are_typed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CDK_FLAVOR")
    typed = make_command("destroy", "my layouts/a.yaml", "STACKS=a-workloads")
    assert typed == "make destroy LAYOUT='my layouts/a.yaml' STACKS=a-workloads"
