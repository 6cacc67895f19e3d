"""Every rule, on a layout that breaks it and on one that comes near."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from modules.layout import Fault, dotted
from modules.layout.rules import RULES
from tests.unit.layout.cases import (
    Case,
    access_and_pods,
    cluster_and_network,
    node_settings,
    nodes_and_capacity,
    overriding,
    provider,
    serving,
    storage,
    training,
    workloads,
)

FaultsOf = Callable[..., tuple[Fault, ...]]
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
LEVELS = {rule.id: rule.level for rule in RULES}


def named(case: Case) -> str:
    return f"{case.rule}-{CASES.index(case)}"


@pytest.mark.parametrize("case", CASES, ids=named)
def test_a_broken_layout_has_one_fault_with_line_path_problem_and_remedy(
    case: Case, faults_of: FaultsOf
) -> None:
    faults = faults_of(case.broken)
    found = [fault for fault in faults if fault.rule == case.rule]
    assert len(found) == 1, faults
    fault = found[0]
    assert dotted(fault.path) == case.path
    assert fault.origin.line == case.line
    assert case.problem in fault.problem
    assert case.remedy in fault.remedy
    assert fault.level == LEVELS[case.rule]
    # Nothing else is said at the same level about the same mistake.
    assert [other for other in faults if other.level == "error" and other != fault] == []


@pytest.mark.parametrize("case", CASES, ids=named)
def test_a_near_miss_passes(case: Case, faults_of: FaultsOf) -> None:
    faults = faults_of(case.fine, case.flavor)
    assert [fault for fault in faults if fault.rule == case.rule or fault.level == "error"] == []
