"""What the AWS load balancer controller needs in AWS: a role for its pods. Its Helm release is in the platform stack."""

from __future__ import annotations

from cdktf_cdktf_provider_aws.eks_pod_identity_association import EksPodIdentityAssociation
from constructs import Construct

from .expressions import policy
from .iam import pod_role
from .layout.releases import RELEASE_SERVICE_ACCOUNTS
from .load_balancer_policy import Scope, discovery, load_balancers, protection, security_groups


class LoadBalancerController(Construct):
    """A role for the controller's pods that can change the load balancers of this cluster only.

    `role` is it, `resource` its association with them.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        cluster_reference: str,
        allowed: Scope,
        namespace: str,
        isolated: bool = False,
    ) -> None:
        """Make it.

        Args:
            allowed: what the role is kept to.
            namespace: that of the Helm release.
            isolated: whether the VPC has no way to the internet, and so to WAF and Shield.
        """
        super().__init__(scope, id)
        inline = {
            "discovery": policy(*discovery(allowed)),
            "security-groups": policy(*security_groups(allowed)),
            "load-balancers": policy(*load_balancers(allowed)),
        }
        if not isolated:
            inline["protection"] = policy(*protection(allowed))
        role = self.role = pod_role(
            self, "role", cluster_name=allowed.cluster, pods="load-balancers", inline=inline
        )
        self.resource = EksPodIdentityAssociation(
            self,
            "identity",
            cluster_name=cluster_reference,
            namespace=namespace,
            service_account=RELEASE_SERVICE_ACCOUNTS["aws-load-balancer-controller"],
            role_arn=role.arn,
            depends_on=role.policies,
        )
