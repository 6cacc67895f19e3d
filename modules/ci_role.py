"""The stack `ci-role`: an OIDC provider in IAM, and the roles that the workflows of a repository assume. No layout has it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from cdktf import Postcondition, TerraformOutput, TerraformResourceLifecycle
from cdktf_cdktf_provider_aws.data_aws_iam_openid_connect_provider import DataAwsIamOpenidConnectProvider
from cdktf_cdktf_provider_aws.iam_openid_connect_provider import IamOpenidConnectProvider
from cdktf_cdktf_provider_aws.iam_policy import IamPolicy
from cdktf_cdktf_provider_aws.iam_role import IamRole
from cdktf_cdktf_provider_aws.iam_role_policy_attachment import IamRolePolicyAttachment
from cdktf_cdktf_provider_aws.provider import AwsProvider
from constructs import Construct

from .ci_reach import Reach, Statement, reading, using_state
from .ci_trust import AUDIENCE, Issuer, trust
from .ci_writing import clusters, identities, network, stores
from .expressions import RESOURCE, policy
from .readable_stack import ReadableStack

NAME = "ci-role"
# An update of a group with many GPU nodes takes hours, and Terraform cannot renew what a job was given. IAM takes up to 12
# hours, but a job on GitHub's own runners ends after 6: https://docs.github.com/en/actions/reference/limits
# The roles are assumed by the job's token and not by another role: a chained session would end after one hour.
# https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use.html
DEPLOY_SECONDS = 6 * 3600
PLAN_SECONDS = 3600


@dataclass(frozen=True, slots=True)
class CiRole:
    """What is asked for.

    Attributes:
        issuers: of the tokens of jobs; at least one.
        reach: what the roles are kept to.
        name_prefix: how the names of the two roles begin.
        existing_provider: whether the account has the OIDC providers already: it can have one of each URL.
        permissions_boundary: ARN of a policy, for accounts where a role must have one.
    """

    issuers: tuple[Issuer, ...]
    reach: Reach
    name_prefix: str = NAME
    existing_provider: bool = False
    permissions_boundary: str | None = None

    @property
    def role_names(self) -> tuple[str, str]:
        """Those of the role that plans and of the one that deploys."""
        return f"{self.name_prefix}-plan", f"{self.name_prefix}-deploy"


def policies(reach: Reach) -> dict[str, list[Statement]]:
    """Every policy by its name; PLAN and DEPLOY say whose each is."""
    found = {
        "read": reading(reach),
        "read-state": using_state(reach, writes=False),
        "write-state": using_state(reach, writes=True),
        "network": network(reach),
        "clusters": clusters(reach),
        "identities": identities(reach),
        "stores": stores(reach),
    }
    return {name: statements for name, statements in found.items() if statements}


PLAN = ("read", "read-state")
DEPLOY = ("read", "write-state", "network", "clusters", "identities", "stores")


class CiRoleStack(ReadableStack):
    """Providers, roles and their ARNs as outputs."""

    def __init__(self, scope: Construct, asked: CiRole) -> None:
        # Another repository's roles in the same account have another prefix, and must not be replaced by these.
        super().__init__(scope, NAME, state=asked.reach.state, state_name=asked.name_prefix)
        AwsProvider(self, "aws", region=asked.reach.regions[0])
        providers = [(self._provider(one, asked.existing_provider), one) for one in asked.issuers]
        # Managed ones: inline, all of a role's together have less room than two of these.
        # https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html#reference_iam-quotas-entity-length
        self._policies = {
            name: IamPolicy(
                self,
                f"policy-{name}",
                name=f"{asked.name_prefix}-{name}",
                description="For the roles of CI",
                policy=policy(*statements),
            ).arn
            for name, statements in policies(asked.reach).items()
        }
        plan, deploy = asked.role_names
        self._role(
            "plan",
            plan,
            trust([(arn, one.plan) for arn, one in providers]),
            PLAN,
            PLAN_SECONDS,
            asked.permissions_boundary,
        )
        self._role(
            "deploy",
            deploy,
            trust([(arn, one.deploy) for arn, one in providers]),
            DEPLOY,
            DEPLOY_SECONDS,
            asked.permissions_boundary,
        )

    def _provider(self, issuer: Issuer, exists: bool) -> str:
        if not exists:
            # Without a thumbprint: AWS trusts the root CAs itself.
            # https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_create_oidc_verify-thumbprint.html
            return IamOpenidConnectProvider(self, issuer.name, url=issuer.url, client_id_list=[AUDIENCE]).arn
        found = DataAwsIamOpenidConnectProvider(self, issuer.name, url=issuer.url)
        found.lifecycle = TerraformResourceLifecycle(
            postcondition=[
                Postcondition(
                    condition=f'${{contains(self.client_id_list, "{AUDIENCE}")}}',
                    error_message=f"The provider of {issuer.url} does not take the audience {AUDIENCE}: add it, as in "
                    f"aws iam add-client-id-to-open-id-connect-provider --client-id {AUDIENCE}",
                )
            ]
        )
        return found.arn

    def _role(
        self,
        id: str,
        name: str,
        trusted: Sequence[Statement],
        names: Sequence[str],
        seconds: int,
        boundary: str | None,
    ) -> None:
        above = Construct(self, id)
        role = IamRole(
            above,
            RESOURCE,
            # A fixed name: workflows and access entries of layouts name the ARN.
            name=name,
            description=f"Assumed by the jobs of CI that {id}",
            assume_role_policy=policy(*trusted),
            max_session_duration=seconds,
            permissions_boundary=boundary,
        )
        role_name = role.name
        for short in names:
            if short in self._policies:
                IamRolePolicyAttachment(
                    above, f"policy-{short}", role=role_name, policy_arn=self._policies[short]
                )
        TerraformOutput(
            self, f"{id}_role_arn", value=role.arn, description=f"ARN of the role of jobs that {id}"
        )
