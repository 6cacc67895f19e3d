"""docs/review.md shows what `ops review` prints, and docs/review-rules.md what its rules are."""

from __future__ import annotations

import re
import shlex
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner

from modules.layout import load
from ops.cli import app
from ops.docs import review_reference
from ops.review.reports.json_schema import SCHEMA
from ops.review.rule import LEVELS, Rule, about
from ops.review.rules import RULES
from tests.plans import P5_TEMPLATE, change, edited, p5, plan_text

DOCS = Path(__file__).parents[3] / "docs"
PAGE = DOCS / "review.md"
CLUSTER: dict[str, Any] = {
    "name": "llm-training",
    "version": "1.35",
    "vpc_config": [
        {
            "endpoint_private_access": True,
            "endpoint_public_access": True,
            "public_access_cidrs": ["203.0.113.0/24"],
        }
    ],
}


@pytest.fixture
def plans(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The command that the page shows, with the plans and the layout that it names."""
    monkeypatch.chdir(tmp_path)
    target = "capacity_reservation_specification__0__capacity_reservation_target__0__capacity_reservation_id"
    template = edited(P5_TEMPLATE, **{target: "cr-0fedcba9876543210"})
    opened = edited(CLUSTER, vpc_config__0__public_access_cidrs=["0.0.0.0/0"])
    for stack, changes in {
        "llm-training": [*p5(template=template), change("aws_eks_cluster.control_plane", CLUSTER, opened)],
        "llm-training-platform": [],
    }.items():
        Path(f"plan.{stack}.json").write_text(plan_text(*changes), encoding="utf-8")
    layout = re.search(
        r"^```yaml\n# my-cluster.yaml\n(.*?)^```$", (DOCS.parent / "README.md").read_text(), re.M | re.S
    )
    assert layout
    Path("my-cluster.yaml").write_text(layout[1], encoding="utf-8")
    command = re.search(r"^\.venv/bin/python -m ops (review plan.*)$", PAGE.read_text(encoding="utf-8"), re.M)
    assert command
    return shlex.split(command[1])


def test_the_page_shows_what_the_command_prints(plans: list[str], update_goldens: bool) -> None:
    done = CliRunner().invoke(app, plans, env={"COLUMNS": "118"})
    assert done.exit_code == 2, done.stderr
    text = PAGE.read_text(encoding="utf-8")
    if update_goldens:
        PAGE.write_text(
            re.sub(r"```text\n.*?```", lambda _: f"```text\n{done.stdout}```", text, flags=re.S),
            encoding="utf-8",
        )
    [block] = re.findall(r"```text\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.S)
    assert block == done.stdout
    assert block.startswith("Stop: ")


def test_every_option_is_explained() -> None:
    explained = set(re.findall(r"^\| `(--[\w-]+)", PAGE.read_text(encoding="utf-8"), re.M))
    shown = CliRunner().invoke(app, ["review", "--help"], env={"COLUMNS": "160"}).stdout
    assert set(re.findall(r"^│ +(?:-\w +)?(--[a-z-]+)", shown, re.M)) == explained | {"--help"}


def test_every_key_of_the_json_is_explained() -> None:
    table = PAGE.read_text(encoding="utf-8").partition("## For programs")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| (`.*?) \|", table, re.M)
    assert {key for cell in rows for key in re.findall(r"`(\w+)`", cell)} == set(SCHEMA["properties"])


def test_what_the_page_accepts_can_be_accepted(tmp_path: Path) -> None:
    [text] = re.findall(r"```yaml\n(review:.*?)```", PAGE.read_text(encoding="utf-8"), re.S)
    file = tmp_path / "layout.yaml"
    file.write_text(f"extends: eks-p5-odcr\n{text}", encoding="utf-8")
    [entry] = load(str(file)).layout.review.accept
    assert entry.reason == yaml.safe_load(text)["review"]["accept"][0]["reason"]


def test_the_page_of_the_rules_is_current() -> None:
    assert (DOCS / "review-rules.md").read_text(encoding="utf-8") == review_reference(), "run `make docs`"


def test_no_two_rules_have_one_id() -> None:
    assert [id for id, number in Counter(rule.id for rule in RULES).items() if number > 1] == []


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_a_rule_says_what_it_finds_and_why(rule: Rule) -> None:
    assert re.fullmatch(r"[a-z][a-z0-9]*(-[a-z0-9]+)*", rule.id)
    assert rule.level in LEVELS
    assert re.fullmatch(r"[A-Z].*\.", about(rule))
    assert len(about(rule).split()) >= 7
