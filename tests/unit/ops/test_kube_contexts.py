"""Where a context leads, by what the tools write that make kubeconfigs."""

from __future__ import annotations

import pytest

from ops.kube_contexts import Context, context_of, contexts_of

ARN = "arn:aws-cn:eks:cn-north-1:123456789012:cluster/llama"


def _user(*arguments: str, **variables: str) -> dict[str, object]:
    env = [{"name": name, "value": value} for name, value in variables.items()]
    return {"name": "me", "user": {"exec": {"command": "aws", "args": [*arguments], "env": env or None}}}


FLAGS = ("--region", "us-west-2", "eks", "get-token", "--cluster-name", "llama")


@pytest.mark.parametrize(
    ("clusters", "users", "expected"),
    [
        pytest.param([{"name": ARN}], [], Context("c", "llama", "cn-north-1"), id="arn"),
        pytest.param(
            [{"name": ARN}],
            [_user(AWS_PROFILE="p")],
            Context("c", "llama", "cn-north-1", "p"),
            id="arn, profile",
        ),
        pytest.param([{"name": "x"}], [_user(*FLAGS)], Context("c", "llama", "us-west-2"), id="arguments"),
        pytest.param(
            [{"name": "x"}],
            [_user(*FLAGS, "--profile", "p", AWS_PROFILE="q")],
            Context("c", "llama", "us-west-2", "p"),
            id="arguments, profile",
        ),
        pytest.param([{"name": "kind"}], [{"name": "me", "user": {}}], Context("c", None, None), id="no EKS"),
        pytest.param([], [{"name": "me"}], Context("c", None, None), id="nothing"),
    ],
)
def test_context_says_where_it_leads(
    clusters: list[dict[str, object]], users: list[dict[str, object]], expected: Context
) -> None:
    assert context_of("c", clusters, users) == expected


def test_contexts_are_those_of_their_own_clusters_and_users_the_current_first() -> None:
    config = {
        "current-context": "b",
        "clusters": [{"name": "other"}, {"name": ARN}],
        "users": [{"name": "nobody"}, _user(*FLAGS)],
        "contexts": [
            {"name": "a", "context": {"cluster": ARN, "user": "nobody"}},
            {"name": "b", "context": {"cluster": "other", "user": "me"}},
            {"name": "c", "context": {"cluster": "gone", "user": "gone"}},
        ],
    }
    assert contexts_of(config) == [
        Context("b", "llama", "us-west-2"),
        Context("a", "llama", "cn-north-1"),
        Context("c", None, None),
    ]
    assert contexts_of({}) == []


def test_context_that_leads_elsewhere_says_so() -> None:
    assert Context("c", "llama", "us-west-2").leads_to("llama", "us-west-2")
    assert not Context("c", "llama", "us-east-1").leads_to("llama", "us-west-2")
    assert Context("c", None, None).elsewhere("llama", "us-west-2") == (
        "kubectl's context c does not say to which EKS cluster it leads, and the layout's is llama in us-west-2"
    )
