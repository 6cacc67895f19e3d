"""IAM roles, users and policies that the layout names: there, trusting the right service, with what they need."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from modules.layout.releases import ADDON_IDENTITIES

from ...aws.account import Answer
from ...checking.check import Finding, Level
from ..subject import Subject
from .policies import covers, names, statements

_NO_ENTITY = ("NoSuchEntity",)
_ADMINISTRATOR = "AdministratorAccess"


@dataclass(frozen=True, slots=True)
class _Service:
    """Who assumes a role, and what for.

    Args:
        principal: the first part of the service's name, like `ec2`.
        actions: what its trust policy has to allow.
        policies: sets of managed policies of which the role needs one each.
        source: where AWS says so.
    """

    principal: str
    actions: tuple[str, ...]
    policies: tuple[tuple[str, ...], ...]
    source: str


_CLUSTER = _Service(
    "eks",
    ("sts:AssumeRole",),
    (("AmazonEKSClusterPolicy",),),
    "https://docs.aws.amazon.com/eks/latest/userguide/cluster-iam-role.html",
)
_NODE = _Service(
    "ec2",
    ("sts:AssumeRole",),
    (
        ("AmazonEKSWorkerNodePolicy", "AmazonEKSWorkerNodeMinimalPolicy"),
        (
            "AmazonEC2ContainerRegistryPullOnly",
            "AmazonEC2ContainerRegistryReadOnly",
            "AmazonEC2ContainerRegistryPowerUser",
            "AmazonEC2ContainerRegistryFullAccess",
        ),
    ),
    "https://docs.aws.amazon.com/eks/latest/userguide/create-node-role.html",
)
_PODS = _Service(
    "pods.eks",
    ("sts:AssumeRole", "sts:TagSession"),
    (),
    "https://docs.aws.amazon.com/eks/latest/userguide/pod-id-role.html",
)


class RoleTrust:
    """EKS refuses a role that does not exist, and one that its service may not assume leaves nodes or pods without rights."""

    id = "role-arns"
    level: Level = "error"
    remedy = "Correct the ARN, or leave it out to have the role made."
    actions: tuple[str, ...] = ("iam:GetRole", "sts:GetCallerIdentity")

    def applies(self, subject: Subject) -> bool:
        """The layout names a role."""
        return bool(_roles(subject))

    def look(self, subject: Subject) -> Iterator[Finding]:
        """Each role is in this account and trusts who is to assume it."""
        for (arn, service), paths in _roles(subject).items():
            where = ", ".join(paths)
            if _account(arn) != subject.account.id:
                yield Finding(
                    where,
                    f"the role {arn} is of the account {_account(arn)}, and these credentials are of {subject.account.id}: "
                    "a role is passed to a service in its own account only",
                    "Name a role of the account, or check AWS_PROFILE.",
                )
                continue
            role = _role(subject, arn)
            if role is None:
                yield Finding(
                    where, f"there is no role {_name(arn)} in the account {subject.account.id}", self.remedy
                )
            elif role["Arn"] != arn:
                yield Finding(
                    where,
                    f"there is no role {arn}; that of its name is {role['Arn']}",
                    f"Write {role['Arn']}.",
                )
            else:
                yield from _untrusted(where, arn, role, service)


def _untrusted(where: str, arn: str, role: Answer, service: _Service) -> Iterator[Finding]:
    # In China EC2 has a principal of its own, and the usual one works too.
    principals = {f"{service.principal}.amazonaws.com", f"{service.principal}.amazonaws.com.cn"}
    allowing = [
        one
        for one in statements(role["AssumeRolePolicyDocument"], "Allow")
        if names(one, "Service", principals)
    ]
    missing = [action for action in service.actions if not any(covers(one, action) for one in allowing)]
    if missing:
        yield Finding(
            where,
            f"the role {_name(arn)} does not let {service.principal}.amazonaws.com do {' and '.join(missing)}",
            f"Let its trust policy allow {', '.join(service.actions)} to the service {service.principal}.amazonaws.com: "
            f"aws iam update-assume-role-policy --role-name {_name(arn)} --policy-document file://trust.json ; see {service.source}",
        )


class RolePolicies:
    """A node whose role lacks EKS's policies never joins, and one that cannot pull from ECR starts no pod."""

    id = "role-policies"
    level: Level = "warning"
    remedy = "Attach the policies."
    actions: tuple[str, ...] = (
        "iam:GetRole",
        "iam:ListAttachedRolePolicies",
        "iam:ListRolePolicies",
        "sts:GetCallerIdentity",
    )

    def applies(self, subject: Subject) -> bool:
        """The layout names a role of the cluster or of nodes."""
        return any(service.policies for _, service in _roles(subject))

    def look(self, subject: Subject) -> Iterator[Finding]:
        """Each role has the managed policies that AWS asks for."""
        for (arn, service), paths in _roles(subject).items():
            if not service.policies or _account(arn) != subject.account.id or _role(subject, arn) is None:
                continue
            attached = subject.account.pages(
                "iam", "list_attached_role_policies", "AttachedPolicies", _NO_ENTITY, RoleName=_name(arn)
            )
            known = {
                one["PolicyArn"].rpartition("/")[2] for one in attached if _account(one["PolicyArn"]) == "aws"
            }
            missing = [one for one in service.policies if not known.intersection(one)]
            if not missing or _ADMINISTRATOR in known:
                continue
            own = [one["PolicyName"] for one in attached if _account(one["PolicyArn"]) != "aws"] or (
                subject.account.pages(
                    "iam", "list_role_policies", "PolicyNames", _NO_ENTITY, RoleName=_name(arn)
                )
            )
            wanted = " and ".join(" or ".join(one[:2]) for one in missing)
            partition = arn.split(":")[1]
            commands = " && ".join(
                f"aws iam attach-role-policy --role-name {_name(arn)} --policy-arn arn:{partition}:iam::aws:policy/{one[0]}"
                for one in missing
            )
            problem = f"the role {_name(arn)} has not {wanted}"
            if own:
                yield Finding(
                    ", ".join(paths),
                    f"{problem}; its own policies have to allow the same",
                    f"See {service.source}; or: {commands}",
                    "info",
                )
            else:
                yield Finding(", ".join(paths), problem, commands)


class Principals:
    """EKS makes no access entry for a principal that does not exist."""

    id = "access-principals"
    level: Level = "error"
    remedy = "Correct principal_arn, or remove the entry."
    actions: tuple[str, ...] = ("iam:GetRole", "iam:GetUser", "sts:GetCallerIdentity")

    def applies(self, subject: Subject) -> bool:
        """The layout has access entries."""
        return bool(subject.layout.cluster.access_entries)

    def look(self, subject: Subject) -> Iterator[Finding]:
        """Each role or user of this account is there."""
        for name, entry in subject.layout.cluster.access_entries.items():
            arn, where = str(entry.principal_arn), f"cluster.access_entries.{name}.principal_arn"
            if _account(arn) != subject.account.id:
                yield Finding(
                    where, f"{arn} is of another account, and cannot be looked at from here", level="info"
                )
                continue
            found = _role(subject, arn) if ":role/" in arn else _user(subject, arn)
            if found is None:
                yield Finding(
                    where, f"there is no {_kind(arn)} {_name(arn)} in the account {subject.account.id}"
                )
            elif found["Arn"] != arn:
                yield Finding(
                    where,
                    f"there is no {_kind(arn)} {arn}; that of its name is {found['Arn']}",
                    f"Write {found['Arn']}.",
                )


class PolicyArns:
    """A policy that does not exist stops an apply after the role is made."""

    id = "policy-arns"
    level: Level = "error"
    remedy = "Correct the ARN; `aws iam list-policies --query 'Policies[].Arn'` has those that there are."
    actions: tuple[str, ...] = ("iam:GetPolicy", "sts:GetCallerIdentity")

    def applies(self, subject: Subject) -> bool:
        """The layout names a policy."""
        return bool(_policies(subject))

    def look(self, subject: Subject) -> Iterator[Finding]:
        """Each policy is AWS's or of this account, and is there."""
        for arn, paths in _policies(subject).items():
            where = ", ".join(paths)
            if _account(arn) not in ("aws", subject.account.id):
                yield Finding(
                    where,
                    f"the policy {arn} is of the account {_account(arn)}, and these credentials are of {subject.account.id}: "
                    "a role takes policies of its own account and AWS's",
                )
            elif subject.account.find("iam", "get_policy", _NO_ENTITY, PolicyArn=arn) is None:
                yield Finding(where, f"there is no policy {arn}")


def _roles(subject: Subject) -> dict[tuple[str, _Service], list[str]]:
    """The paths that name each role, by its ARN and who is to assume it."""
    layout = subject.layout
    given: list[tuple[str, str | None, _Service]] = [("cluster.role_arn", layout.cluster.role_arn, _CLUSTER)]
    given += [(f"{path}.role_arn", group.role_arn, _NODE) for path, group in subject.groups()]
    given += [
        (f"addons.{name}.role_arn", addon.role_arn, _PODS)
        for name, addon in layout.addons.items()
        if addon.enabled and name in ADDON_IDENTITIES
    ]
    given += [
        (f"cluster.pod_identity_associations.{name}.role_arn", one.role_arn, _PODS)
        for name, one in layout.cluster.pod_identity_associations.items()
    ]
    found: dict[tuple[str, _Service], list[str]] = {}
    for path, arn, service in given:
        if arn is not None:
            found.setdefault((str(arn), service), []).append(path)
    return found


def _policies(subject: Subject) -> dict[str, list[str]]:
    layout = subject.layout
    given: list[tuple[str, Sequence[str]]] = [
        (f"{path}.policy_arns", group.policy_arns) for path, group in subject.groups()
    ]
    given += [
        (f"cluster.pod_identity_associations.{name}.policy_arns", one.policy_arns)
        for name, one in layout.cluster.pod_identity_associations.items()
    ]
    given += [
        (f"workloads.training.{name}.policy_arns", one.policy_arns)
        for name, one in layout.workloads.training.items()
    ]
    given += [
        (f"workloads.serving.{name}.policy_arns", one.policy_arns)
        for name, one in layout.workloads.serving.items()
    ]
    found: dict[str, list[str]] = {}
    for path, arns in given:
        for arn in arns:
            found.setdefault(str(arn), []).append(path)
    return found


def _role(subject: Subject, arn: str) -> Answer | None:
    found = subject.account.find("iam", "get_role", _NO_ENTITY, RoleName=_name(arn))
    return None if found is None else dict(found["Role"])


def _user(subject: Subject, arn: str) -> Answer | None:
    found = subject.account.find("iam", "get_user", _NO_ENTITY, UserName=_name(arn))
    return None if found is None else dict(found["User"])


def _account(arn: str) -> str:
    return arn.split(":")[4]


def _name(arn: str) -> str:
    """The name at the end of an ARN, without the path before it."""
    return arn.rpartition("/")[2]


def _kind(arn: str) -> str:
    return "role" if ":role/" in arn else "user"
