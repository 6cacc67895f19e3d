"""Which jobs of GitHub and GitLab may assume which role: the trust policies of `ci-role`.

GitHub's subjects: https://docs.github.com/en/actions/reference/security/oidc#example-subject-claims
GitLab's: https://docs.gitlab.com/ci/secrets/id_token_authentication/#token-payload
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

GITHUB = "https://token.actions.githubusercontent.com"
GITLAB = "https://gitlab.com"
# What aws-actions/configure-aws-credentials asks for, and what .gitlab-ci.yml names in `id_tokens`.
AUDIENCE = "sts.amazonaws.com"

Condition = Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Issuer:
    """Who signs the tokens of jobs, and what a token has to say for each role.

    Attributes:
        name: becomes part of resource addresses.
        url: the `iss` of the tokens.
        plan: conditions of the role that reads.
        deploy: those of the role that writes.
    """

    name: str
    url: str
    plan: Condition
    deploy: Condition


def github(repository: str, *, environment: str, branch: str, partition: str = "aws") -> Issuer:
    """GitHub Actions of one repository.

    Args:
        repository: as the subject of its tokens has it: `OWNER/NAME`, or `OWNER@ID/NAME@ID` of one with immutable subjects.
        environment: of the jobs that deploy.
        branch: of the jobs that deploy, and of those that plan without a pull request.
    """
    host = _host(GITHUB)
    ref = f"refs/heads/{branch}"
    # A pull request from a fork has the same subject, but GitHub gives its jobs no token:
    # https://docs.github.com/en/actions/reference/workflows-and-actions/events-that-trigger-workflows#pull-request-events-for-forked-repositories
    plan = {f"{host}:sub": [f"repo:{repository}:pull_request", f"repo:{repository}:ref:{ref}"]}
    deploy = {f"{host}:sub": f"repo:{repository}:environment:{environment}"}
    if partition == "aws":
        # The subject of a job with an environment does not say its branch, and an environment is open to every branch
        # until somebody says otherwise. In commercial regions AWS knows the claim too:
        # https://aws.amazon.com/about-aws/whats-new/2026/01/aws-sts-supports-validation-identity-provider-claims/
        deploy[f"{host}:ref"] = ref
    audience = {f"{host}:aud": AUDIENCE}
    return Issuer(
        "github", GITHUB, {"StringEquals": {**audience, **plan}}, {"StringEquals": {**audience, **deploy}}
    )


def gitlab(project: str, *, branch: str, url: str = GITLAB) -> Issuer:
    """GitLab CI of one project.

    A pipeline of a merge request has the source branch in its subject, which can be any: the one wildcard there is. The
    environment is in no claim that AWS looks at, so that a job that deploys is known by its branch alone.

    Args:
        project: with its groups.
        branch: the protected one that is deployed.
        url: of the GitLab, without a slash last.
    """
    host = _host(url)
    audience = {f"{host}:aud": AUDIENCE}
    branches = f"project_path:{project}:ref_type:branch:ref:"
    return Issuer(
        "gitlab",
        url,
        {"StringEquals": audience, "StringLike": {f"{host}:sub": f"{branches}*"}},
        {"StringEquals": {**audience, f"{host}:sub": f"{branches}{branch}"}},
    )


def trust(providers: Sequence[tuple[str, Condition]]) -> list[dict[str, Any]]:
    """Statements that let in what each OIDC provider says of a job.

    Args:
        providers: ARN of each in IAM, and the conditions.
    """
    return [
        {
            "Effect": "Allow",
            "Principal": {"Federated": arn},
            "Action": "sts:AssumeRoleWithWebIdentity",
            "Condition": condition,
        }
        for arn, condition in providers
    ]


def _host(url: str) -> str:
    """How IAM names a provider in condition keys."""
    return url.removeprefix("https://")
