"""No rule is forgotten: registered, explained and covered by a case. Its example for the docs: tests/unit/docs."""

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
from tests.unit.layout.cases import (
    access_and_pods,
    cluster_and_network,
    new,
    node_settings,
    nodes_and_capacity,
    overriding,
    provider,
    serving,
    storage,
    training,
    workloads,
)

CASES = (
    *nodes_and_capacity.CASES,
    *node_settings.CASES,
    *cluster_and_network.CASES,
    *access_and_pods.CASES,
    *serving.CASES,
    *training.CASES,
    *workloads.CASES,
    *storage.CASES,
    *overriding.CASES,
    *provider.CASES,
)
# No version of the catalogue that EKS takes is old enough any more: see the test of its own below.
WITHOUT_CASE = {"trainer-needs-newer"}


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
