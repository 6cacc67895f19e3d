"""docs/errors.md: every fault has an example, which shows that fault and no other."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from modules.layout.rules import RULES
from ops.docs.error_examples import EKSCTL, EXAMPLES, TODAY, example_of, parse_example
from ops.docs.error_reference import FORM, error_reference

ROOT = Path(__file__).parents[3]
LEVELS = {rule.id: rule.level for rule in RULES} | dict.fromkeys((*FORM, *EKSCTL), "error")
# What is said besides, since the example cannot do without it.
BESIDES = {
    "extended-version-standard-support": {"extended-support"},
    "trainer-needs-newer": {"extended-support"},
    "pod-identity-without-agent": {"essential-addon-off"},
}


def test_the_page_is_current() -> None:
    written = (ROOT / "docs" / "errors.md").read_text(encoding="utf-8")
    assert written == error_reference(), "run `make docs`"


def test_every_rule_and_no_other_has_an_example() -> None:
    assert {file.stem for file in EXAMPLES.glob("*.yaml")} == set(LEVELS)


def test_every_id_that_the_code_gives_a_fault_has_an_example() -> None:
    given = {
        argument.value
        for file in (ROOT / "modules" / "layout").rglob("*.py")
        for call in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(call, ast.Call)
        and isinstance(call.func, ast.Name)
        and call.func.id in ("Fault", "_stop")
        for argument in call.args[4:5]
        if isinstance(argument, ast.Constant)
    }
    assert {"file", "null", "duplicate-name"} <= given
    assert given <= set(LEVELS)


@pytest.mark.parametrize("rule", LEVELS)
def test_an_example_shows_its_fault_and_no_other(rule: str, tmp_path: Path) -> None:
    faults = example_of(rule).faults(tmp_path)
    assert {fault.rule for fault in faults} == {rule} | BESIDES.get(rule, set())
    assert {fault.level for fault in faults if fault.rule == rule} == {LEVELS[rule]}


@pytest.mark.parametrize("rule", LEVELS)
def test_an_example_says_what_the_fault_means_and_what_to_do(rule: str) -> None:
    example = example_of(rule)
    for text in filter(None, (example.means, example.remedy)):
        assert text.endswith(".")
        assert text[0].isupper() or text[0] == "`"
    assert example.means != example.remedy


@pytest.mark.parametrize("rule", LEVELS)
def test_what_to_do_is_more_than_the_remedy_in_fewer_words(rule: str) -> None:
    assert not 0 < len(example_of(rule).remedy.split()) < 7


def test_without_more_to_do_the_page_leaves_it_at_the_output() -> None:
    page = error_reference()
    assert example_of("duplicate-taint").remedy == ""
    [section] = [part for part in page.split("\n### ") if part.startswith("`duplicate-taint`")]
    assert "What to do" not in section
    assert "What to do: " in page


@pytest.mark.parametrize("rule", LEVELS)
def test_the_output_is_that_of_the_layout_as_the_page_shows_it(rule: str) -> None:
    output = example_of(rule).output()
    assert f"[{rule}]" in output
    assert str(ROOT) not in output
    assert "/tmp" not in output
    name, text = next(iter(example_of(rule).files.items()))
    numbers = [
        int(line.split(":")[1])
        for line in output.splitlines()
        if line.startswith(f"{name}:") and line.split(":")[1].isdigit()
    ]
    assert all(1 <= number <= len(text.splitlines()) for number in numbers)


def test_an_example_may_have_more_files_a_day_of_its_own_and_several_layouts() -> None:
    example = parse_example(
        "x",
        "# means: One thing,\n#   and another.\n# do: Nothing.\n# today: 2026-01-02\n# layouts: layout.yaml b.yaml\n\n"
        "name: a\n# a comment\n# --- b.yaml\nname: b\n",
    )
    assert example.means == "One thing, and another."
    assert example.files == {"layout.yaml": "name: a\n# a comment\n", "b.yaml": "name: b\n"}
    assert example.layouts == ("layout.yaml", "b.yaml")
    assert example.today.isoformat() == "2026-01-02"
    assert parse_example("y", "# means: A.\n# do: B.\n\nname: a\n").today == TODAY
