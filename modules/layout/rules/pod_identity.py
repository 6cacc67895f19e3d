"""Rules about pod identity associations: one role for each service account, with permissions that IAM takes."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Mapping
from typing import Any

from ..claims import workloads
from ..faults import KeyPath, Level
from ..models import Layout, PodIdentityAssociation
from ..releases import ADDON_IDENTITIES, RELEASE_SERVICE_ACCOUNTS
from ..words import nearest
from .base import Context, Finding

AGENT = "eks-pod-identity-agent"
# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html: managed policies of a role (can be raised),
# and characters of a role's inline policies without white space
MAX_POLICIES = 10
MAX_INLINE = 10_240
# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
# and, for the characters, .../reference_iam-quotas.html#reference_iam-quotas-names
_CHARACTERS = re.compile(r"[\t\n\r\x20-\xff]*")
_TOP = ("Version", "Id", "Statement")
_VERSION = "2012-10-17"
_ELEMENTS = ("Sid", "Effect", "Action", "NotAction", "Resource", "NotResource", "Condition")


def _associations(context: Context) -> Iterator[tuple[KeyPath, PodIdentityAssociation]]:
    for name, association in context.layout.cluster.pod_identity_associations.items():
        yield ("cluster", "pod_identity_associations", name), association


class PodIdentityWithoutPermissions:
    """An association with a role that allows nothing gives credentials that nobody can use."""

    id = "pod-identity-without-permissions"
    level: Level = "error"

    def check(self, context: Context) -> Iterator[Finding]:
        """Each association has a role, or policies for one."""
        for path, association in _associations(context):
            if association.role_arn is None and not association.policy_arns and association.policy is None:
                problem = "has neither role_arn nor policy_arns nor policy: its pods may do nothing"
                remedy = "Write policy_arns: [arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess] or another, or role_arn."
                because = tuple((*path, key) for key in ("policy_arns", "policy"))
                yield Finding((*path, "role_arn"), problem, remedy, because)


class PodIdentityRoleAndPolicies:
    """Nothing is attached to a role that exists: the policies would be ignored."""

    id = "pod-identity-role-and-policies"
    level: Level = "error"

    def check(self, context: Context) -> Iterator[Finding]:
        """`policy_arns` and `policy` are for the role that is made here."""
        for path, association in _associations(context):
            for key in ("policy_arns", "policy"):
                if association.role_arn is not None and getattr(association, key):
                    problem = "is for a role made here, and role_arn names one that exists"
                    remedy = "Attach it to that role yourself, or remove role_arn."
                    yield Finding((*path, key), problem, remedy, ((*path, "role_arn"),))
                    break


class DuplicatePodIdentity:
    """A service account has one association in a cluster.

    https://docs.aws.amazon.com/eks/latest/APIReference/API_CreatePodIdentityAssociation.html
    """

    id = "duplicate-pod-identity"
    level: Level = "error"

    def check(self, context: Context) -> Iterator[Finding]:
        """No service account stands twice, nor is it one that an add-on or a release has a role for."""
        taken = dict(own_roles(context.layout))
        for path, association in _associations(context):
            account = association.namespace, association.service_account
            if account in taken:
                whose, remedy = taken[account]
                problem = f"{account[0]}/{account[1]} has a role already, by {whose}"
                yield Finding((*path, "service_account"), problem, remedy, ((*path, "namespace"),))
            else:
                taken[account] = (
                    f"the association {path[2]!r}",
                    "Put the policies of both into one association.",
                )


def own_roles(layout: Layout) -> Iterator[tuple[tuple[str, str], tuple[str, str]]]:
    """Service accounts that the layout gives roles to by itself: by what, and what to do instead."""
    for name, identity in ADDON_IDENTITIES.items():
        if layout.has_addon(name) and (identity.policies or layout.addons[name].role_arn is not None):
            remedy = f"Remove this, or give the add-on your role: addons.{name}.role_arn."
            yield (identity.namespace, identity.service_account), (f"the add-on {name}", remedy)
    for name, service_account in RELEASE_SERVICE_ACCOUNTS.items():
        installed = layout.has_autoscaler if name == "cluster-autoscaler" else layout.has_release(name)
        if installed:
            yield (layout.namespace_of(name), service_account), (f"the release {name}", "Remove this.")


class PolicyDocument:
    """IAM refuses a document of another form when the role exists already, in the middle of an apply.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
    """

    id = "policy-document"
    level: Level = "error"

    def check(self, context: Context) -> Iterator[Finding]:
        """`policy` has a version, and statements with effect, actions and resources."""
        for path, association in _associations(context):
            if association.policy is not None:
                for below, problem, remedy in _problems(association.policy):
                    yield Finding((*path, "policy", *below), problem, remedy)


_Problem = tuple[KeyPath, str, str]


def _problems(document: Mapping[str, Any]) -> Iterator[_Problem]:
    strange = next((one for one in _leaves(document) if not _is_plain(one)), None)
    if strange is not None:
        yield (), f"IAM takes no {str(strange)[:40]!r} in a policy", "Write letters of Latin-1, and numbers."
    unknown = [key for key in document if key not in _TOP]
    for key in unknown:
        yield (key,), f"there is no {key!r} in a policy", _meant(key, _TOP)
    # A key that was mistyped is missing under its right name, which is no second fault.
    mistyped = {nearest(key, _TOP) for key in unknown}
    version = document.get("Version")
    if version is None and "Version" not in mistyped:
        yield ("Version",), "the policy has no Version", f'Write Version: "{_VERSION}".'
    elif version is not None and version != _VERSION:
        # 2008-10-17 is one too, in which ${aws:PrincipalTag/team} is plain text.
        yield (
            ("Version",),
            f"{str(version)[:40]!r} is not the version of today's policies",
            f'Write "{_VERSION}".',
        )
    given = document.get("Statement")
    statements = given if isinstance(given, list) else [given]
    if not given:
        if "Statement" not in mistyped:
            yield ("Statement",), "the policy has no Statement", "Write Statement: with a list of statements."
        return
    for index, statement in enumerate(statements):
        path: KeyPath = ("Statement", index) if isinstance(given, list) else ("Statement",)
        if isinstance(statement, Mapping):
            yield from _statement(statement, path)
        else:
            yield path, "a statement is a mapping", "Write Effect, Action and Resource below it."


def _statement(statement: Mapping[str, Any], path: KeyPath) -> Iterator[_Problem]:
    unknown = [key for key in statement if key not in _ELEMENTS]
    for key in unknown:
        if key in ("Principal", "NotPrincipal"):
            yield (*path, key), "the role that has the policy is the principal", "Remove it."
        else:
            yield (*path, key), f"there is no {key!r} in a statement", _meant(key, _ELEMENTS)
    mistyped = {nearest(key, _ELEMENTS) for key in unknown}
    if statement.get("Effect") not in ("Allow", "Deny") and "Effect" not in mistyped:
        yield (*path, "Effect"), "a statement allows or denies", "Write Effect: Allow, or Deny."
    for key, opposite, example in (
        ("Action", "NotAction", "s3:GetObject"),
        ("Resource", "NotResource", "arn:aws:s3:::my-bucket/*"),
    ):
        present = [one for one in (key, opposite) if one in statement]
        if len(present) != 1 and not (mistyped & {key, opposite}):
            problem = f"{key} and {opposite} exclude each other" if present else f"the statement has no {key}"
            yield (*path, key), problem, f'Write {key}: "{example}" or another, alone or in a list.'
        for one in present:
            if not _texts(statement[one]):
                yield (*path, one), "is neither a text nor a list of texts", f'Write "{example}" or another.'
    condition = statement.get("Condition")
    if "Condition" in statement and not (
        isinstance(condition, Mapping)
        and all(
            isinstance(keys, Mapping) and all(_is_condition(value) for value in keys.values())
            for keys in condition.values()
        )
    ):
        example = "StringEquals: {aws:PrincipalTag/team: a}"
        problem = "conditions are a mapping of operators to keys, and of these to values"
        yield (*path, "Condition"), problem, f"Write {example}."


def _texts(value: Any) -> bool:
    texts = value if isinstance(value, list) else [value]
    return bool(texts) and all(isinstance(one, str) and one for one in texts)


def _is_condition(value: Any) -> bool:
    values = value if isinstance(value, list) else [value]
    return bool(values) and all(isinstance(one, str | int | float) for one in values)


def _leaves(value: Any) -> Iterator[Any]:
    """Every key and every single value."""
    if isinstance(value, Mapping):
        for key, child in value.items():
            yield key
            yield from _leaves(child)
    elif isinstance(value, list):
        for child in value:
            yield from _leaves(child)
    else:
        yield value


def _is_plain(value: Any) -> bool:
    """Whether a value is in JSON, and in the characters of IAM; an infinite number is not."""
    if isinstance(value, str):
        return _CHARACTERS.fullmatch(value) is not None
    return not isinstance(value, float) or math.isfinite(value)


def _meant(key: str, known: tuple[str, ...]) -> str:
    near = nearest(key, known)
    return f"Did you mean {near}?" if near else f"Known here: {', '.join(known)}."


class PolicyDocumentSize:
    """IAM counts the characters of a role's inline policies, white space left out.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
    """

    id = "policy-document-size"
    level: Level = "error"

    def check(self, context: Context) -> Iterator[Finding]:
        """A `policy` has at most 10,240 characters as JSON."""
        for path, association in _associations(context):
            size = len("".join(json.dumps(association.policy).split()))
            if association.policy is not None and size > MAX_INLINE:
                problem = f"has {size:,} characters, and IAM takes {MAX_INLINE:,} in a role"
                remedy = "Make managed policies of it, and name them in policy_arns."
                yield Finding((*path, "policy"), problem, remedy)


class TooManyPolicies:
    """A role takes 10 managed policies, or up to 25 after a request to AWS.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
    """

    id = "too-many-policies"
    level: Level = "warning"

    def check(self, context: Context) -> Iterator[Finding]:
        """At most 10 `policy_arns`."""
        for path, association in _associations(context):
            count = len(set(association.policy_arns))
            if count > MAX_POLICIES:
                problem = (
                    f"{count} policies, and IAM attaches {MAX_POLICIES} to a role unless the quota was raised"
                )
                remedy = "Join some in one policy of your own, or in `policy`."
                yield Finding((*path, "policy_arns"), problem, remedy)


class PodIdentityWithoutAgent:
    """Pods get the credentials of their association from an agent on each node.

    https://docs.aws.amazon.com/eks/latest/userguide/pod-id-agent-setup.html
    """

    id = "pod-identity-without-agent"
    level: Level = "error"

    def check(self, context: Context) -> Iterator[Finding]:
        """Associations, those of releases and workloads too, go with the add-on eks-pod-identity-agent, or a release of its chart."""
        layout = context.layout
        by_chart = any(
            release.enabled and release.chart == AGENT for release in layout.helm_releases.values()
        )
        if layout.has_addon(AGENT) or by_chart:
            return
        needed: list[KeyPath] = []
        if layout.cluster.pod_identity_associations:
            needed.append(("cluster", "pod_identity_associations"))
        needed += [("helm_releases", name) for name in RELEASE_SERVICE_ACCOUNTS if _has_role(layout, name)]
        needed += [
            (*path, "buckets" if workload.buckets else "policy_arns")
            for path, workload in workloads(layout)
            if workload.has_identity
        ]
        for path in needed:
            problem = f"the add-on {AGENT} is off: no pod would get the credentials"
            remedy = f"Remove what turns it off: `enabled: false`, or `{AGENT}:` without a value."
            yield Finding(path, problem, remedy, (("addons", AGENT),))


def _has_role(layout: Layout, release: str) -> bool:
    """Whether a release that is installed here gets a role."""
    return layout.has_release(release) and (release != "cluster-autoscaler" or layout.has_autoscaler)
