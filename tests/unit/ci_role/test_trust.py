"""Whose jobs get which role: the trust policies, evaluated on the claims that GitHub and GitLab put into tokens."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from modules.ci_trust import trust
from ops.ci_role import Request, read
from tests.ci_role_stack import ASKED
from tests.iam_evaluation import lets_in

GITHUB = "token.actions.githubusercontent.com"
AUD = "sts.amazonaws.com"


def _gets(asked: Request, host: str, **claims: str) -> str:
    """The roles that a token gets."""
    made = read(asked)
    got = []
    for role in ("plan", "deploy"):
        providers = [
            (
                f"arn:aws:iam::123456789012:oidc-provider/{one.url.removeprefix('https://')}",
                getattr(one, role),
            )
            for one in made.issuers
        ]
        if lets_in(trust(providers), {"aud": AUD, **claims}, host):
            got.append(role)
    return " ".join(got)


def _job(sub: str, ref: str = "refs/heads/main", **more: str) -> dict[str, str]:
    return {"sub": sub, "ref": ref, **more}


@pytest.mark.parametrize(
    ("claims", "roles"),
    [
        (_job("repo:acme/clusters:pull_request", "refs/pull/7/merge"), "plan"),
        (_job("repo:acme/clusters:ref:refs/heads/main"), "plan"),
        (_job("repo:acme/clusters:environment:production"), "deploy"),
        # A branch on which somebody has written a workflow with the environment: also from its pull request.
        (_job("repo:acme/clusters:environment:production", "refs/heads/feature"), ""),
        (_job("repo:acme/clusters:environment:production", "refs/pull/7/merge"), ""),
        (_job("repo:acme/clusters:environment:production", "refs/tags/main"), ""),
        (_job("repo:acme/clusters:environment:staging"), ""),
        (_job("repo:acme/clusters:environment:production-eu"), ""),
        (_job("repo:acme/clusters:ref:refs/heads/feature", "refs/heads/feature"), ""),
        (_job("repo:acme/clusters:ref:refs/heads/main-2", "refs/heads/main-2"), ""),
        (_job("repo:acme/clusters:ref:refs/tags/main", "refs/tags/main"), ""),
        # The pull request in a fork of itself, and names that end or begin alike.
        (_job("repo:mallory/clusters:pull_request"), ""),
        (_job("repo:mallory/clusters:environment:production"), ""),
        (_job("repo:not-acme/clusters:environment:production"), ""),
        (_job("repo:acme/clusters-2:environment:production"), ""),
        (_job("repo:acme/clusters:environment:production:environment:production"), ""),
        (_job("repo:ACME/clusters:environment:production"), ""),
        # Another repository that has the name now, with its ids.
        (_job("repo:acme@9/clusters@9:environment:production"), ""),
        # A token that was made for somebody else.
        (_job("repo:acme/clusters:environment:production", aud="https://github.com/acme"), ""),
        (_job("repo:acme/clusters:pull_request", aud="https://github.com/acme"), ""),
    ],
)
def test_a_job_of_github_gets_its_role_and_no_other(claims: dict[str, str], roles: str) -> None:
    assert _gets(ASKED, GITHUB, **claims) == roles


@pytest.mark.parametrize("missing", ["sub", "ref", "aud"])
def test_a_token_that_lacks_a_claim_deploys_nothing(missing: str) -> None:
    claims = _job("repo:acme/clusters:environment:production")
    claims["aud"] = AUD
    del claims[missing]
    deploy = [("arn:aws:iam::123456789012:oidc-provider/" + GITHUB, read(ASKED).issuers[0].deploy)]
    assert not lets_in(trust(deploy), claims, GITHUB)


@pytest.mark.parametrize(
    ("sub", "roles"),
    [
        ("repo:acme@123/clusters@456:environment:production", "deploy"),
        ("repo:acme@123/clusters@456:pull_request", "plan"),
        # The name was taken by somebody else after the repository was renamed.
        ("repo:acme/clusters:environment:production", ""),
        ("repo:acme@124/clusters@456:environment:production", ""),
        ("repo:acme@123/clusters@457:pull_request", ""),
    ],
)
def test_a_repository_with_immutable_subjects_is_known_by_its_ids(sub: str, roles: str) -> None:
    asked = replace(ASKED, repository="acme@123/clusters@456")
    assert _gets(asked, GITHUB, **_job(sub)) == roles


def test_environment_and_branch_are_those_that_are_named() -> None:
    asked = replace(ASKED, environment="gpu prod", branch="release/2026")
    ref = "refs/heads/release/2026"
    assert _gets(asked, GITHUB, **_job("repo:acme/clusters:environment:gpu prod", ref)) == "deploy"
    assert _gets(asked, GITHUB, **_job(f"repo:acme/clusters:ref:{ref}", ref)) == "plan"
    assert _gets(asked, GITHUB, **_job("repo:acme/clusters:environment:production")) == ""


def test_outside_commercial_regions_nothing_is_asked_that_aws_does_not_know_there() -> None:
    asked = replace(ASKED, region=("cn-north-1",), state_kms_key_arn=None)
    [issuer] = read(asked).issuers
    assert set(issuer.deploy["StringEquals"]) == {f"{GITHUB}:aud", f"{GITHUB}:sub"}


GITLAB = replace(ASKED, repository=None, gitlab="acme/ml/clusters")


@pytest.mark.parametrize(
    ("sub", "roles"),
    [
        # What drift and deploy have in common: GitLab's subject does not know environments.
        ("project_path:acme/ml/clusters:ref_type:branch:ref:main", "plan deploy"),
        ("project_path:acme/ml/clusters:ref_type:branch:ref:feature", "plan"),
        ("project_path:acme/ml/clusters:ref_type:branch:ref:main-2", "plan"),
        ("project_path:acme/ml/clusters:ref_type:tag:ref:main", ""),
        ("project_path:acme/ml/clusters-2:ref_type:branch:ref:main", ""),
        ("project_path:mallory/clusters:ref_type:branch:ref:main", ""),
        ("project_path:mallory/acme/ml/clusters:ref_type:branch:ref:main", ""),
    ],
)
def test_a_job_of_gitlab_gets_its_roles_and_no_other(sub: str, roles: str) -> None:
    assert _gets(GITLAB, "gitlab.com", sub=sub) == roles
    assert _gets(GITLAB, "gitlab.com", sub=sub, aud="https://gitlab.com") == ""


def test_an_issuer_vouches_for_its_own_jobs_only() -> None:
    """The roles trust both at once; a GitLab of somebody's own cannot speak for gitlab.com."""
    both = replace(ASKED, gitlab="acme/clusters", gitlab_url="https://gitlab.example.com")
    sub = "project_path:acme/clusters:ref_type:branch:ref:main"
    assert _gets(both, "gitlab.example.com", sub=sub) == "plan deploy"
    assert _gets(both, "gitlab.com", sub=sub) == ""
    assert _gets(both, GITHUB, sub=sub, ref="refs/heads/main") == ""
    assert _gets(both, GITHUB, **_job("repo:acme/clusters:environment:production")) == "deploy"


def test_no_subject_of_github_has_a_wildcard() -> None:
    [issuer] = read(ASKED).issuers
    conditions: list[Any] = [issuer.plan, issuer.deploy]
    assert [set(one) for one in conditions] == [{"StringEquals"}, {"StringEquals"}]
    assert not {"*", "?"} & set(str(conditions))
