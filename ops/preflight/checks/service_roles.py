"""Service-linked roles: AWS makes them at the first use, for whoever may do that."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ...checking.check import Finding, Level
from ..subject import Subject


@dataclass(frozen=True, slots=True)
class _Linked:
    """A service-linked role; `service` is what it is made for, `use` the use that makes it."""

    name: str
    service: str
    use: str


# What each page says of when it is made:
# https://docs.aws.amazon.com/eks/latest/userguide/using-service-linked-roles-eks.html
_EKS = _Linked("AWSServiceRoleForAmazonEKS", "eks.amazonaws.com", "the first cluster")
# https://docs.aws.amazon.com/eks/latest/userguide/using-service-linked-roles-eks-nodegroups.html
_NODES = _Linked("AWSServiceRoleForAmazonEKSNodegroup", "eks-nodegroup.amazonaws.com", "the first node group")
# https://docs.aws.amazon.com/autoscaling/ec2/userguide/autoscaling-service-linked-role.html
_SCALING = _Linked(
    "AWSServiceRoleForAutoScaling", "autoscaling.amazonaws.com", "the first Auto Scaling group"
)
# https://docs.aws.amazon.com/fsx/latest/LustreGuide/using-service-linked-roles.html
_FSX = _Linked("AWSServiceRoleForAmazonFSx", "fsx.amazonaws.com", "the first file system")
# Whoever asks for spot instances by API has to see to it; Auto Scaling's own role may make it, Karpenter's may not:
# https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/service-linked-roles-spot-instance-requests.html,
# https://docs.aws.amazon.com/aws-managed-policy/latest/reference/AutoScalingServiceRolePolicy.html,
# https://karpenter.sh/docs/troubleshooting/#missing-service-linked-role
_SPOT = _Linked("AWSServiceRoleForEC2Spot", "spot.amazonaws.com", "the first spot instance")


class ServiceLinkedRoles:
    """Without a service-linked role, an apply by somebody who may not make one stops at the first use of the service."""

    id = "service-linked-roles"
    level: Level = "info"
    remedy = "aws iam create-service-linked-role --aws-service-name SERVICE"
    actions: tuple[str, ...] = ("iam:ListRoles",)

    def applies(self, _subject: Subject) -> bool:
        """EKS has one for every cluster."""
        return True

    def look(self, subject: Subject) -> Iterator[Finding]:
        """The roles of the services that the layout uses are there."""
        there = _services(subject)
        for role in _linked(subject):
            if role.service in there:
                continue
            command = f"aws iam create-service-linked-role --aws-service-name {role.service}"
            yield Finding(
                role.name,
                f"the account has no service-linked role {role.name} yet: {role.use} makes it, if whoever deploys may "
                "iam:CreateServiceLinkedRole",
                f"Otherwise have it made before the deploy: {command}",
            )


class KarpenterSpotRole:
    """Karpenter starts no spot instance while the account has no service-linked role for it, and may not make one."""

    id = "karpenter-spot-role"
    level: Level = "warning"
    remedy = f"If its node pools take spot instances: aws iam create-service-linked-role --aws-service-name {_SPOT.service}"
    actions: tuple[str, ...] = ("iam:ListRoles",)

    def applies(self, subject: Subject) -> bool:
        """Karpenter starts nodes; a spot group of EKS makes the role by itself."""
        return subject.layout.has_release("karpenter") and not _has_spot(subject)

    def look(self, subject: Subject) -> Iterator[Finding]:
        """The role is there."""
        if _SPOT.service not in _services(subject):
            yield Finding(
                "helm_releases.karpenter",
                f"the account has no service-linked role {_SPOT.name}, without which Karpenter gets no spot instance",
            )


def _services(subject: Subject) -> set[str]:
    """The services that have a service-linked role: they stand in its path."""
    roles = subject.account.pages("iam", "list_roles", "Roles", PathPrefix="/aws-service-role/")
    return {str(one["Path"]).split("/")[2] for one in roles}


def _linked(subject: Subject) -> Iterator[_Linked]:
    yield _EKS
    if subject.layout.node_groups:
        yield _NODES
        yield _SCALING
    if _has_spot(subject):
        yield _SPOT
    if subject.layout.storage.file_systems:
        yield _FSX


def _has_spot(subject: Subject) -> bool:
    return any(group.capacity.type == "spot" for _, group in subject.groups())
