"""What AWS refuses to make, for what is in the account already or is not there yet."""

from __future__ import annotations

from collections.abc import Mapping

from ..account import Account
from . import creation_ec2, creation_eks, creation_storage, kubernetes
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


def _event_target(values: State, account: Account) -> str | None:
    rule = values.get("rule")
    if isinstance(rule, str) and not any(
        one["name"] == rule for one in account.all("aws_cloudwatch_event_rule")
    ):
        return f"ResourceNotFoundException: Rule {rule} does not exist on EventBus {values.get('event_bus_name')}."
    return None


def _queue_policy(values: State, account: Account) -> str | None:
    return missing(
        account,
        "aws_sqs_queue",
        values.get("queue_url"),
        "AWS.SimpleQueueService.NonExistentQueue: The specified queue does not exist.",
    )


def _release(values: State, account: Account) -> str | None:
    for other in account.all("helm_release"):
        if (other["name"], other["namespace"]) == (values.get("name"), values.get("namespace")):
            return "cannot re-use a name that is still in use"
    namespace = values.get("namespace")
    known = bool(account.all("aws_eks_cluster")) and values.get("create_namespace") is not True
    if known and isinstance(namespace, str) and namespace not in kubernetes.namespaces(account):
        return f'create: failed to create: namespaces "{namespace}" not found'
    return unreachable("helm_release", account)


CREATE: Mapping[str, Rule] = {
    **creation_ec2.CREATE,
    **creation_eks.CREATE,
    **kubernetes.CREATE,
    **creation_storage.CREATE,
    "aws_cloudwatch_event_target": _event_target,
    "aws_cloudwatch_log_group": exists(
        "aws_cloudwatch_log_group",
        "name",
        "ResourceAlreadyExistsException: The specified log group already exists",
    ),
    "aws_iam_instance_profile": _role_policy,
    "aws_iam_openid_connect_provider": _openid_connect_provider,
    "aws_iam_role": exists(
        "aws_iam_role", "name", "EntityAlreadyExists: Role with name {name} already exists."
    ),
    "aws_iam_role_policy": _role_policy,
    "aws_iam_role_policy_attachment": _role_policy,
    "aws_kms_alias": _alias,
    "aws_sqs_queue": exists(
        "aws_sqs_queue",
        "name",
        "QueueAlreadyExists: A queue already exists with the same name and a different value for an attribute",
    ),
    "aws_sqs_queue_policy": _queue_policy,
    "helm_release": _release,
}
