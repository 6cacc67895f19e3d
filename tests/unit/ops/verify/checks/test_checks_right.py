"""A cluster that is what its layout says: nothing is found."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from ops.verify.checks import CHECKS
from tests.unit.ops.verify.checks.aws import Aws
from tests.unit.ops.verify.checks.looking import Case

MakeCase = Callable[..., Case]


def test_nothing_is_found_where_the_account_is_right_too(case: MakeCase, aws: Callable[[Case], Aws]) -> None:
    right_case = case()
    aws(right_case)
    assert right_case.found() == {}
    assert len(right_case.outcomes) == len(CHECKS) - 2, "all but those of Neuron and placement groups"


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(
            "{extends: eks-g4dn, node_groups: {gpu: {ami_type: BOTTLEROCKET_x86_64_NVIDIA}}}",
            id="bottlerocket",
        ),
        pytest.param("{extends: eks-trn1, addons: {eks-node-monitoring-agent: {}}}", id="trainium"),
        pytest.param(
            "{extends: eks-g5-node-autorepair, helm_releases: {kueue: {}, karpenter: {}, kube-prometheus-stack: {}}}",
            id="releases",
        ),
    ],
)
def test_nothing_is_found_in_other_right_clusters(
    case: MakeCase, aws: Callable[[Case], Aws], text: str
) -> None:
    other = case(text)
    aws(other)
    assert other.found() == {}


def test_each_check_has_an_id_of_its_own_and_says_what_it_looks_at() -> None:
    assert len({check.id for check in CHECKS}) == len(CHECKS)
    for check in CHECKS:
        assert (type(check).__doc__ or "").endswith("."), check.id
