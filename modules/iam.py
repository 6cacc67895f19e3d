"""IAM roles of the cluster, its nodes, and the pods that call AWS."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from cdktf_cdktf_provider_aws.data_aws_partition import DataAwsPartition
from cdktf_cdktf_provider_aws.iam_role import IamRole
from cdktf_cdktf_provider_aws.iam_role_policy import IamRolePolicy
from cdktf_cdktf_provider_aws.iam_role_policy_attachment import IamRolePolicyAttachment
from constructs import Construct

from .expressions import RESOURCE, policy
from .layout.values import Var

# IAM takes 64 characters for a name; Terraform's random suffix takes 26 of them.
_NAME_PREFIX_LENGTH = 38
# What every node needs, by a short name that becomes part of the address. The CNI has a role of its own by pod
# identity; SSM gives a shell without SSH keys. https://docs.aws.amazon.com/eks/latest/userguide/create-node-role.html
NODE_POLICIES: Mapping[str, str] = {
    "worker": "AmazonEKSWorkerNodePolicy",
    "registry": "AmazonEC2ContainerRegistryPullOnly",
    "ssm": "AmazonSSMManagedInstanceCore",
}


def name_prefix(name: str) -> str:
    """A name as the prefix of one that Terraform makes unique: cut to what IAM, and EventBridge too, takes."""
    return f"{name[: _NAME_PREFIX_LENGTH - 1].rstrip('-')}-"


def by_label(arns: Iterable[str], prefix: str = "") -> dict[str, str]:
    """ARNs of policies by their parts of addresses, none lost where two names look alike, as `a/b` and `a-b` do.

    The part is not the policy's place in the list, so that another order means nothing: where names look alike, each has
    a hash.
    """
    distinct = dict.fromkeys(arns)
    shared = Counter(_label(arn) for arn in distinct)
    return {f"{prefix}{_label(arn)}{_hash(arn) if shared[_label(arn)] > 1 else ''}": arn for arn in distinct}


def _hash(arn: str) -> str:
    return f"-{hashlib.sha256(arn.encode()).hexdigest()[:8]}"


def _label(arn: str) -> str:
    if isinstance(arn, Var):
        return arn.name
    account, name = arn.split(":", 5)[4:]
    return (
        name.removeprefix("policy/").replace("/", "-")
        if account == "aws"
        else f"{account}-{name}".replace("/", "-")
    )


def managed_policy(partition: str, name: str) -> str:
    """ARN of a policy that AWS manages; the name with its path, like `service-role/AmazonEBSCSIDriverPolicy`."""
    return f"arn:{partition}:iam::aws:policy/{name}"


def partition_of(scope: Construct) -> str:
    """The ARN partition of the account (`aws`, `aws-cn`, `aws-us-gov`), looked up below a construct."""
    return str(DataAwsPartition(scope, "partition").partition)


class ServiceRole(Construct):
    """A role that an AWS service assumes, with its policies.

    `arn` is known after the policies are attached: what uses the role can be created, and can be destroyed while
    the permissions are still there.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        name: str,
        service: str,
        description: str,
        actions: Sequence[str] = ("sts:AssumeRole",),
        policy_arns: Mapping[str, str] | None = None,
        inline: Mapping[str, str] | None = None,
        tags: Mapping[str, str] | None = None,
    ) -> None:
        """Make the role.

        Args:
            name: start of the role's name; cut to what IAM takes, and made unique by Terraform.
            service: the service principal, e.g. `ec2.amazonaws.com`.
            actions: what the trust policy allows the service to do.
            policy_arns: managed policies, by a short name that becomes part of the resource address.
            inline: inline policy documents, by the same.
        """
        super().__init__(scope, id)
        trust = {"Effect": "Allow", "Principal": {"Service": service}, "Action": list(actions)}
        self.role = IamRole(
            self,
            RESOURCE,
            name_prefix=name_prefix(name),
            description=description,
            assume_role_policy=policy(trust),
            tags=dict(tags) if tags else None,
        )
        self.policies: list[IamRolePolicyAttachment | IamRolePolicy] = []
        role_name = self.role.name  # every reading is a call of Node
        for short, arn in (policy_arns or {}).items():
            self.policies.append(
                IamRolePolicyAttachment(self, f"policy-{short}", role=role_name, policy_arn=arn)
            )
        for short, document in (inline or {}).items():
            self.policies.append(
                IamRolePolicy(self, f"policy-{short}", name=short, role=role_name, policy=document)
            )

    @property
    def arn(self) -> str:
        """ARN of the role, as a reference."""
        return self.role.arn


def pod_role(
    scope: Construct,
    id: str,
    *,
    cluster_name: str,
    pods: str,
    policy_arns: Mapping[str, str] | None = None,
    inline: Mapping[str, str] | None = None,
    tags: Mapping[str, str] | None = None,
) -> ServiceRole:
    """A role for pods by EKS Pod Identity.

    https://docs.aws.amazon.com/eks/latest/userguide/pod-id-role.html
    """
    return ServiceRole(
        scope,
        id,
        name=f"{cluster_name}-{pods}",
        service="pods.eks.amazonaws.com",
        description=f"Pods of {pods} in EKS cluster {cluster_name}",
        actions=("sts:AssumeRole", "sts:TagSession"),
        policy_arns=policy_arns,
        inline=inline,
        tags=tags,
    )
