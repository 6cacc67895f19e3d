"""What AWS refuses to make, for what is in the account already or is not there yet."""

from __future__ import annotations

from collections.abc import Mapping

from ..account import Account
from . import creation_ec2, creation_eks
from .common import Rule, State, exists, missing, unreachable


def _alias(values: State, account: Account) -> str | None:
    name, target = values.get("name"), values.get("target_key_id")
    if isinstance(name, str) and account.get("aws_kms_alias", name):
        return f"AlreadyExistsException: An alias with the name {account.arn('kms', name)} already exists"
    if isinstance(target, str) and not account.get("aws_kms_key", target.rpartition("/")[2]):
        return f"NotFoundException: Key '{account.arn('kms', 'key/' + target.rpartition('/')[2])}' does not exist"
    return None


def _role_policy(values: State, account: Account) -> str | None:
    return missing(
        account, "aws_iam_role", values.get("role"), "NoSuchEntity: The role with name {id} cannot be found."
    )


def _openid_connect_provider(values: State, account: Account) -> str | None:
    url = values.get("url")
    if isinstance(url, str) and any(
        str(other["url"]).removeprefix("https://") == url.removeprefix("https://")
        for other in account.all("aws_iam_openid_connect_provider")
    ):
        return f"EntityAlreadyExists: Provider with url {url} already exists."
    return None


def _release(values: State, account: Account) -> str | None:
    for other in account.all("helm_release"):
        if (other["name"], other["namespace"]) == (values.get("name"), values.get("namespace")):
            return "cannot re-use a name that is still in use"
    return unreachable("helm_release", account)


CREATE: Mapping[str, Rule] = {
    **creation_ec2.CREATE,
    **creation_eks.CREATE,
    "aws_cloudwatch_log_group": exists(
        "aws_cloudwatch_log_group",
        "name",
        "ResourceAlreadyExistsException: The specified log group already exists",
    ),
    "aws_iam_openid_connect_provider": _openid_connect_provider,
    "aws_iam_role": exists(
        "aws_iam_role", "name", "EntityAlreadyExists: Role with name {name} already exists."
    ),
    "aws_iam_role_policy": _role_policy,
    "aws_iam_role_policy_attachment": _role_policy,
    "aws_kms_alias": _alias,
    "helm_release": _release,
}
