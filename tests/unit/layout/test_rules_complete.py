"""No rule is forgotten: registered, explained, covered by a case, and in the docs."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import re
from datetime import date
from pathlib import Path

import pytest

from modules.layout import LayoutError, load, rules
from modules.layout.rules import RULES
from tests.unit.layout.cases import cluster_and_network, new, nodes_and_capacity

CASES = (*nodes_and_capacity.CASES, *cluster_and_network.CASES)
# No version of the catalogue that EKS takes is old enough any more: see the test of its own below.
WITHOUT_CASE = {"trainer-needs-newer"}
DOCS = Path(__file__).resolve().parents[3] / "docs" / "errors.md"
# Faults of the text and of the form of values, which no rule class finds.
OTHERS = {
    "file",
    "yaml",
    "duplicate-key",
    "extends",
    "unknown-key",
    "missing-key",
    "type",
    "value",
    "null",
    "duplicate-name",
}


def rule_classes() -> set[type]:
    """Every class of the package that looks like a rule."""
    found = set()
    for module in pkgutil.iter_modules(rules.__path__):
        members = vars(importlib.import_module(f"{rules.__name__}.{module.name}")).values()
        found |= {member for member in members if inspect.isclass(member) and "id" in vars(member)}
    return found


def test_every_rule_class_is_registered_once() -> None:
    assert {type(rule) for rule in RULES} == rule_classes()
    assert len({rule.id for rule in RULES}) == len(RULES)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_a_rule_has_a_kebab_case_id_a_level_and_a_reason(rule: rules.Rule) -> None:
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", rule.id)
    assert rule.level in ("error", "warning")
    assert len(inspect.getdoc(type(rule)) or "") > 40
    assert inspect.getdoc(rule.check)


def test_every_rule_has_a_case() -> None:
    assert {case.rule for case in CASES} | WITHOUT_CASE == {rule.id for rule in RULES}


def test_the_docs_list_every_rule_with_its_level_and_no_other() -> None:
    rows = dict(re.findall(r"^\| `([a-z0-9-]+)` \| (error|warning) \|", DOCS.read_text(), re.MULTILINE))
    assert rows == {rule.id: rule.level for rule in RULES} | dict.fromkeys(OTHERS, "error")


def test_the_trainer_is_refused_on_a_kubernetes_before_1_31(tmp_path: Path) -> None:
    file = tmp_path / "layout.yaml"
    file.write_text(
        new("gpu: {instance_type: g5.xlarge, size: {desired: 1}}\n", 'kubernetes_version: "1.30"\n')
    )
    with pytest.raises(LayoutError) as caught:
        load(str(file), today=date(2026, 7, 1))
    (fault,) = caught.value.errors
    assert (fault.rule, fault.origin.line) == ("trainer-needs-newer", 8)
    assert "helm_releases.training-operator.enabled: false" in fault.remedy
