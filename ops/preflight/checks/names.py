"""Names that the layout's stacks are about to take, and that something has already."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from modules.app import DEFAULT_OUTPUT
from modules.layout.stores import CLUSTER_TAG

from ...aws.account import Account
from ...checking.check import Finding, Level, UnaskedError
from ..subject import Subject
from .clusters import in_state, named_cluster

_ACCOUNT_ID = re.compile(r"\$\{data\.aws_caller_identity\.[\w-]+\.account_id\}")


@dataclass(frozen=True, slots=True)
class _Kind:
    """A type of resource whose name is taken once in an account and region, or in the world.

    Args:
        called: what a person calls it.
        argument: the argument that has the name.
        taken: which of several names are taken, each with what `terraform import` calls it.
        delete: the command that deletes one, without the region; `{name}` stands for its name.
    """

    called: str
    argument: str
    taken: Callable[[Account, Sequence[str]], Mapping[str, str]]
    delete: str


@dataclass(frozen=True, slots=True)
class _Name:
    """A name that a stack is about to take; `address` is the resource's in Terraform."""

    stack: str
    address: str
    name: str


class ClusterName:
    """A cluster of the layout's name that Terraform's state does not have stops an apply: EKS takes a name once."""

    id = "cluster-name"
    level: Level = "error"
    remedy = "Give the layout another name."
    actions: tuple[str, ...] = ("eks:DescribeCluster",)

    def applies(self, subject: Subject) -> bool:
        """A state that has the cluster says whose it is."""
        return not in_state(subject)

    def look(self, subject: Subject) -> Iterator[Finding]:
        """There is no cluster of the name."""
        cluster = named_cluster(subject)
        if cluster is None:
            return
        name, region = subject.layout.name, subject.layout.region
        tagged = (cluster.get("tags") or {}).get(CLUSTER_TAG) == name
        if name not in subject.states:
            if not tagged:
                yield Finding(
                    "name",
                    f"there is a cluster {name} in {region}, without the tag {CLUSTER_TAG}; the state of {name} cannot be "
                    "read, so that it is not known whether it is this layout's",
                    "Look into the state where Terraform runs, before a deploy.",
                    "warning",
                )
        elif tagged:
            yield Finding(
                "name",
                f"there is a cluster {name} in {region} with this layout's tag, and the state of {name} does not have it",
                f"It was deployed with another state ({_state(subject, name)} is the one that was read): bring that state back, "
                "or deploy from where it is. A name that is taken stops an apply.",
            )
        else:
            yield Finding(
                "name",
                f"there is a cluster {name} in {region} that is none of this layout's",
                f"Give the layout another name; or, if nobody needs the cluster: aws eks delete-cluster --region {region} "
                f"--name {name}",
            )


class NamesTaken:
    """What an earlier cluster has left behind keeps its name, and an apply stops at it half way."""

    id = "names-taken"
    level: Level = "error"
    remedy = "Delete it, import it into the state, or change the name."
    actions: tuple[str, ...] = (
        "ec2:DescribeLaunchTemplates",
        "ec2:DescribePlacementGroups",
        "ecr:DescribeRepositories",
        "eks:DescribeCluster",
        "kms:ListAliases",
        "logs:DescribeLogGroups",
        "s3:ListBucket",
        "sqs:GetQueueUrl",
        "ssm:DescribeParameters",
        "sts:GetCallerIdentity",
    )

    def applies(self, _subject: Subject) -> bool:
        """Every layout makes something with a name."""
        return True

    def look(self, subject: Subject) -> Iterator[Finding]:
        """No name is taken by something that the state does not have."""
        # With a cluster of the name that the state does not have, all that belongs to it is there too.
        foreign = not in_state(subject) and named_cluster(subject) is not None
        unasked: UnaskedError | None = None
        for name, kind in KINDS.items():
            wanted = [
                one
                for one in _wanted(subject, name, kind)
                if not foreign or one.stack == subject.layout.data_stack
            ]
            if not wanted:
                continue
            try:
                taken = kind.taken(subject.account, [one.name for one in wanted])
            except UnaskedError as error:
                unasked = unasked or error
                continue
            for one in wanted:
                if one.name in taken:
                    yield _finding(subject, kind, one, taken[one.name])
        if unasked is not None:
            raise unasked


def _wanted(subject: Subject, resource: str, kind: _Kind) -> Iterator[_Name]:
    """The names that are known before an apply, and that the stack's state does not have."""
    for stack, document in subject.stacks.items():
        ours = {
            one.attributes.get(kind.argument) for one in subject.states.get(stack, ()) if one.type == resource
        }
        for logical, arguments in document.get("resource", {}).get(resource, {}).items():
            name = arguments.get(kind.argument)
            if not isinstance(name, str):
                continue
            if _ACCOUNT_ID.search(name):
                name = _ACCOUNT_ID.sub(subject.account.id, name)
            if "${" not in name and name not in ours:
                yield _Name(stack, f"{resource}.{logical}", name)


def _finding(subject: Subject, kind: _Kind, one: _Name, import_id: str) -> Finding:
    name = shlex.quote(one.name)
    delete = f"{kind.delete.format(name=name)} --region {subject.layout.region}"
    folder = f"{DEFAULT_OUTPUT}/stacks/{one.stack}"
    known = one.stack in subject.states
    state = f"the state of {one.stack} {'does not have it' if known else 'cannot be read'}"
    return Finding(
        one.address,
        f"there is {kind.called} {one.name} already, and {state}",
        f"If nobody needs it: {delete}. If it is this layout's and its state was lost, after a synth: cd {folder} && "
        f"terraform init && terraform import {one.address} {shlex.quote(import_id)}",
        None if known else "warning",
    )


def _state(subject: Subject, stack: str) -> str:
    backend = subject.layout.backend
    if backend.type == "s3":
        return f"s3://{backend.bucket}/{backend.key_prefix}/{stack}.tfstate"
    return f"terraform.{stack}.tfstate beside the output folder"


# How each type is asked


def _log_groups(account: Account, names: Sequence[str]) -> dict[str, str]:
    return {
        name: name
        for name in names
        if any(
            one["logGroupName"] == name
            for one in account.pages("logs", "describe_log_groups", "logGroups", logGroupNamePrefix=name)
        )
    }


def _aliases(account: Account, names: Sequence[str]) -> dict[str, str]:
    there = {one["AliasName"] for one in account.pages("kms", "list_aliases", "Aliases")}
    return {name: name for name in names if name in there}


def _placement_groups(account: Account, names: Sequence[str]) -> dict[str, str]:
    there = account.pages("ec2", "describe_placement_groups", "PlacementGroups")
    living = {one["GroupName"] for one in there if one.get("State") != "deleted"}
    return {name: name for name in names if name in living}


def _launch_templates(account: Account, names: Sequence[str]) -> dict[str, str]:
    there = account.pages(
        "ec2",
        "describe_launch_templates",
        "LaunchTemplates",
        Filters=[{"Name": "launch-template-name", "Values": list(names)}],
    )
    return {one["LaunchTemplateName"]: one["LaunchTemplateId"] for one in there}


def _parameters(account: Account, names: Sequence[str]) -> dict[str, str]:
    there = account.pages(
        "ssm",
        "describe_parameters",
        "Parameters",
        ParameterFilters=[{"Key": "Name", "Option": "Equals", "Values": list(names)}],
    )
    return {one["Name"]: one["Name"] for one in there}


def _repositories(account: Account, names: Sequence[str]) -> dict[str, str]:
    missing = ("RepositoryNotFoundException",)
    return {
        name: name
        for name in names
        if account.find("ecr", "describe_repositories", missing, repositoryNames=[name]) is not None
    }


def _queues(account: Account, names: Sequence[str]) -> dict[str, str]:
    # The code of the query protocol, and that of JSON.
    missing = ("AWS.SimpleQueueService.NonExistentQueue", "QueueDoesNotExist")
    found = {name: account.find("sqs", "get_queue_url", missing, QueueName=name) for name in names}
    return {name: str(one["QueueUrl"]) for name, one in found.items() if one is not None}


def _buckets(account: Account, names: Sequence[str]) -> dict[str, str]:
    """A bucket that answers 403 is there as well: another account's, or one that must not be looked at."""
    taken = {}
    for name in names:
        try:
            if account.find("s3", "head_bucket", ("404", "NoSuchBucket"), Bucket=name) is None:
                continue
        except UnaskedError as error:
            if error.action is None:
                raise
        taken[name] = name
    return taken


KINDS: Mapping[str, _Kind] = {
    "aws_cloudwatch_log_group": _Kind(
        "a log group", "name", _log_groups, "aws logs delete-log-group --log-group-name {name}"
    ),
    "aws_ecr_repository": _Kind(
        "a repository", "name", _repositories, "aws ecr delete-repository --repository-name {name}"
    ),
    "aws_kms_alias": _Kind("a KMS alias", "name", _aliases, "aws kms delete-alias --alias-name {name}"),
    "aws_launch_template": _Kind(
        "a launch template",
        "name",
        _launch_templates,
        "aws ec2 delete-launch-template --launch-template-name {name}",
    ),
    "aws_placement_group": _Kind(
        "a placement group", "name", _placement_groups, "aws ec2 delete-placement-group --group-name {name}"
    ),
    "aws_s3_bucket": _Kind("a bucket", "bucket", _buckets, "aws s3api delete-bucket --bucket {name}"),
    "aws_sqs_queue": _Kind(
        "a queue",
        "name",
        _queues,
        'aws sqs delete-queue --queue-url "$(aws sqs get-queue-url --queue-name {name} --query QueueUrl --output text)"',
    ),
    "aws_ssm_parameter": _Kind("a parameter", "name", _parameters, "aws ssm delete-parameter --name {name}"),
}
