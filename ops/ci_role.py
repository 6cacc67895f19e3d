"""`ops ci-role`: writes the stack with the roles that workflows assume, from options alone."""

from __future__ import annotations

import json
import os
import re
import shlex
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING, get_args

from pydantic_core import PydanticCustomError

from modules.app import publish_app
from modules.catalog.regions import partition, regions
from modules.layout.forms import BucketName, Form, form
from modules.layout.values import KMS_KEY_ARN, POLICY_ARN

from .errors import UsageError, instead

if TYPE_CHECKING:
    from cdktf import App

    from modules.ci_role import CiRole

# In every form here, what stands for more than itself is refused: a trust policy must not let in more than was meant.

# https://docs.github.com/en/actions/reference/security/oidc#immutable-subject-claims: the ids are part of the subject of
# repositories that were made, renamed or moved after July 15, 2026.
_REPOSITORY = form(
    r"[A-Za-z0-9][A-Za-z0-9_-]{0,38}/(?!\.{1,2}\Z)[A-Za-z0-9._-]{1,100}"
    r"|[A-Za-z0-9][A-Za-z0-9_-]{0,38}@[0-9]+/(?!\.{1,2}@)[A-Za-z0-9._-]{1,100}@[0-9]+",
    "is no repository of GitHub",
    "Write OWNER/NAME; of a repository made or renamed after July 15, 2026, OWNER@ID/NAME@ID. No wildcard.",
)
# https://docs.gitlab.com/user/reserved_names/#rules-for-usernames-project-and-group-names-and-slugs
_SLUG = r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,254}"
_PROJECT = form(
    rf"{_SLUG}(/{_SLUG}){{1,20}}",
    "is no project of GitLab",
    "Write it with its groups, as its address has it: GROUP/SUBGROUP/PROJECT. No wildcard.",
)
# IAM takes no port and no query: https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateOpenIDConnectProvider.html
_URL = form(
    r"https://([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])?(/[A-Za-z0-9._-]+)*",
    "is no address of a GitLab",
    "Write https:// and its name, with no port and no slash last: https://gitlab.example.com.",
)
# Git takes more; what it takes besides would need care in a subject: https://git-scm.com/docs/git-check-ref-format
_BRANCH = form(
    r"(?!.*(\.\.|//|/\.|\.lock(/|\Z)))[A-Za-z0-9_][A-Za-z0-9_./+-]{0,243}(?<![./])",
    "is no branch that can be trusted",
    "Write one branch, without refs/heads/ and without wildcards, as letters, digits and _ . / + -.",
)
_ENVIRONMENT = form(
    r"[A-Za-z0-9_][A-Za-z0-9_./ -]{0,253}(?<! )",
    "is no environment that can be trusted",
    "Write one name as it stands in the workflow: letters, digits, blanks and _ . / -.",
)
_CLUSTER = form(
    r"[a-z](?!.*--)([a-z0-9-]{0,61}[a-z0-9]|[a-z0-9-]{1,61}\*)",
    "is no name of a cluster",
    "Write the name of a layout, or how the names of several begin with a * last: team-a-*.",
)
# Narrower than a layout's backend.key_prefix: in the ARNs of a policy, * would stand for other folders too.
_PREFIX = form(
    r"(?!/)[A-Za-z0-9!_.'()/-]{1,200}(?<!/)",
    "is no folder of a bucket",
    "Write at most 200 letters, digits and ! _ . ' ( ) / -, no slash first or last.",
)
# IAM takes 64 characters, of which `-deploy` is the end: https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateRole.html
_NAME_PREFIX = form(
    r"[A-Za-z0-9][A-Za-z0-9_-]{0,56}",
    "is no start of a role's name",
    "Write at most 57 letters, digits, '-' and '_'.",
)
_BOUNDARY = form(POLICY_ARN, "is no IAM policy ARN", "Write arn:aws:iam::123456789012:policy/NAME.")
_KEY = form(KMS_KEY_ARN, "is no ARN of a KMS key", "Write arn:aws:kms:REGION:ACCOUNT:key/ID, no alias.")
# Of a managed policy, without white space:
# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html#reference_iam-quotas-entity-length
MOST = 6144
# Of who may assume a role, unless AWS has raised it, by the same page.
MOST_OF_TRUST = 2048


@dataclass(frozen=True, slots=True)
class Request:
    """The options of the command."""

    region: tuple[str, ...]
    cluster: tuple[str, ...]
    repository: str | None = None
    gitlab: str | None = None
    gitlab_url: str | None = None
    environment: str = "production"
    branch: str = "main"
    state_bucket: str | None = None
    state_prefix: str | None = None
    state_kms_key_arn: str | None = None
    bucket: tuple[str, ...] = ()
    existing_provider: bool = False
    permissions_boundary: str | None = None
    name_prefix: str = "ci-role"


def ci_role(request: Request, output: Path | None) -> None:
    """Writes the stack and prints what to do with it.

    Args:
        output: the folder; what cdktf-cli asks for, or `cdktf.out`, without it.

    Raises:
        UsageError: an option is wrong, alone or beside the others.
        OSError: the folder cannot be written.
    """
    asked = read(request)
    _check_sizes(asked)

    def app(folder: Path) -> App:
        from cdktf import App

        from modules.ci_role import CiRoleStack

        made = App(outdir=str(folder))
        CiRoleStack(made, asked)
        return made

    folder = publish_app(app, None if output is None else str(output)) / "stacks" / "ci-role"
    print(_next(asked, request.repository, folder))


def read(request: Request) -> CiRole:
    """What is asked for, checked.

    Raises:
        UsageError: an option is wrong, alone or beside the others.
    """
    from modules.ci_reach import Reach, start
    from modules.ci_role import NAME, CiRole
    from modules.ci_trust import GITLAB, github, gitlab
    from modules.readable_stack import StateBucket

    _check_forms(request)
    _check_together(request)
    part = partition(request.region[0])
    issuers = []
    if request.repository is not None:
        issuers.append(
            github(request.repository, environment=request.environment, branch=request.branch, partition=part)
        )
    if request.gitlab is not None:
        issuers.append(gitlab(request.gitlab, branch=request.branch, url=request.gitlab_url or GITLAB))
    state = None
    if request.state_bucket is not None:
        state = StateBucket(
            request.state_bucket,
            request.state_prefix or "cdktf-eks-training",
            request.region[0],
            request.state_kms_key_arn,
        )
    reach = Reach(request.cluster, request.region, part, request.bucket, state)
    asked = CiRole(
        tuple(issuers), reach, request.name_prefix, request.existing_provider, request.permissions_boundary
    )
    # Else the role that deploys could change itself, or write the state of this stack.
    own = (NAME, *asked.role_names)
    for pattern in request.cluster:
        for name in own:
            if any(fnmatchcase(name, one) for one in (pattern, f"{pattern}-*", start(pattern))):
                raise UsageError(
                    f"--cluster {pattern}: {name} of this stack would be among what the roles may change; "
                    "narrow it, or choose another --name-prefix"
                )
    return asked


def _check_forms(request: Request) -> None:
    bucket = _of(BucketName)
    given: Mapping[str, tuple[Form, Iterable[str | None]]] = {
        "--repository": (_REPOSITORY, [request.repository]),
        "--gitlab": (_PROJECT, [request.gitlab]),
        "--gitlab-url": (_URL, [request.gitlab_url]),
        "--environment": (_ENVIRONMENT, [request.environment]),
        "--branch": (_BRANCH, [request.branch]),
        "--cluster": (_CLUSTER, request.cluster),
        "--state-bucket": (bucket, [request.state_bucket]),
        "--state-prefix": (_PREFIX, [request.state_prefix]),
        "--state-kms-key-arn": (_KEY, [request.state_kms_key_arn]),
        "--bucket": (bucket, request.bucket),
        "--permissions-boundary": (_BOUNDARY, [request.permissions_boundary]),
        "--name-prefix": (_NAME_PREFIX, [request.name_prefix]),
    }
    for option, (shape, values) in given.items():
        for value in values:
            _check(option, value, shape)
    for region in request.region:
        if region not in regions():
            raise UsageError(f"--region {region}: there is no such region; {_near(region)}")


def _check(option: str, value: str | None, shape: Form) -> None:
    if value is None:
        return
    try:
        shape(value)
    except PydanticCustomError as error:
        told = error.context or {}
        raise UsageError(f"{option}: {told['problem']}. {told['remedy']}") from None


def _of(annotated: object) -> Form:
    """The form of an annotated text of the layout language."""
    [shape] = [one for one in get_args(annotated) if isinstance(one, Form)]
    return shape


def _near(region: str) -> str:
    told = instead(region, sorted(regions()))
    return told if told.startswith("did") else "write one like us-west-2"


def _check_together(request: Request) -> None:
    if request.repository is None and request.gitlab is None:
        raise UsageError(
            "name whose jobs may assume the roles: --repository OWNER/NAME, or --gitlab GROUP/PROJECT"
        )
    if not request.region:
        raise UsageError("name the region of the clusters: --region us-west-2")
    if not request.cluster:
        raise UsageError("name the clusters that may be deployed: --cluster NAME, or --cluster 'team-a-*'")
    if request.gitlab_url is not None and request.gitlab is None:
        raise UsageError("--gitlab-url goes with --gitlab")
    if request.state_bucket is None:
        for option, value in (
            ("--state-prefix", request.state_prefix),
            ("--state-kms-key-arn", request.state_kms_key_arn),
        ):
            if value is not None:
                raise UsageError(f"{option} goes with --state-bucket")
    parts = {partition(region) for region in request.region}
    if len(parts) > 1:
        raise UsageError("--region: one account has the regions of one partition; run the command for each")
    for option, arn in (
        ("--permissions-boundary", request.permissions_boundary),
        ("--state-kms-key-arn", request.state_kms_key_arn),
    ):
        if arn is not None and arn.split(":")[1] not in parts:
            raise UsageError(f"{option} {arn}: this is not of the partition of {request.region[0]}")


def _check_sizes(asked: CiRole) -> None:
    from modules.ci_role import policies
    from modules.ci_trust import trust

    for name, statements in policies(asked.reach).items():
        size = _size(statements)
        if size > MOST:
            raise UsageError(
                f"the policy {name} would have {size} characters, and IAM takes {MOST}: give clusters a common start "
                "and name that, as in --cluster 'team-a-*'"
            )
    provider = f"arn:{asked.reach.partition}:iam::123456789012:oidc-provider/"
    for conditions in ([one.plan for one in asked.issuers], [one.deploy for one in asked.issuers]):
        hosts = [one.url.removeprefix("https://") for one in asked.issuers]
        arns = [provider + host for host in hosts]
        size = _size(trust(list(zip(arns, conditions, strict=True))))
        if size > MOST_OF_TRUST:
            raise UsageError(
                f"who may assume a role would take {size} characters, and IAM takes {MOST_OF_TRUST}: shorten --branch "
                "or --environment, or make roles for GitHub and for GitLab apart"
            )


def _size(statements: Iterable[Mapping[str, object]]) -> int:
    """Of a policy, as IAM counts."""
    text = json.dumps({"Version": "2012-10-17", "Statement": list(statements)})
    return len(re.sub(r"\s", "", text))


def _next(asked: CiRole, repository: str | None, folder: Path) -> str:
    where = shlex.quote(os.path.relpath(folder))
    plan, deploy = asked.role_names
    lines = [
        f"wrote {folder / 'cdk.tf.json'}: roles {plan} and {deploy}",
        "",
        "Next, with an administrator's credentials:",
        f"  terraform -chdir={where} init",
        f"  terraform -chdir={where} apply",
        f"  terraform -chdir={where} output",
        "Give the two ARNs to the repository's settings, and to cluster.access_entries of each layout: docs/ci-role.md",
    ]
    if repository is not None and "@" not in repository:
        ids = '"\\(.owner.login)@\\(.owner.id)/\\(.name)@\\(.id)"'
        lines += [
            f"If {repository} was made, renamed or moved after July 15, 2026, or opted in to immutable subjects, its jobs "
            "would get no role: before you apply, run this again with",
            f"  --repository \"$(gh api repos/{repository} --jq '{ids}')\"",
        ]
    if asked.reach.state is None:
        lines.append(
            "Without --state-bucket, the roles may reach no Terraform state: jobs can deploy nothing with them. "
            "The state of this stack will be a file here."
        )
    return "\n".join(lines)
