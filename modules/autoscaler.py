"""What the cluster autoscaler may do in AWS; its Helm release is in the platform stack."""

from __future__ import annotations

from cdktf_cdktf_provider_aws.eks_pod_identity_association import EksPodIdentityAssociation
from constructs import Construct

from .expressions import allow, policy
from .iam import pod_role
from .layout.releases import RELEASE_SERVICE_ACCOUNTS

SERVICE_ACCOUNT = RELEASE_SERVICE_ACCOUNTS["cluster-autoscaler"]

# https://github.com/kubernetes/autoscaler/blob/master/cluster-autoscaler/cloudprovider/aws/README.md#iam-policy
_READ = (
    "autoscaling:DescribeAutoScalingGroups",
    "autoscaling:DescribeAutoScalingInstances",
    "autoscaling:DescribeLaunchConfigurations",
    "autoscaling:DescribeScalingActivities",
    "autoscaling:DescribeTags",
    "ec2:DescribeImages",
    "ec2:DescribeInstanceTypes",
    "ec2:DescribeLaunchTemplateVersions",
    "ec2:GetInstanceTypesFromInstanceRequirements",
)
_WRITE = ("autoscaling:SetDesiredCapacity", "autoscaling:TerminateInstanceInAutoScalingGroup")


class AutoscalerIdentity(Construct):
    """A role for the autoscaler's pods that can change the size of this cluster's Auto Scaling groups only.

    `role` is it, `resource` its association with them.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        cluster_name: str,
        cluster_reference: str,
        partition: str,
        namespace: str = "kube-system",
    ) -> None:
        """Make it; `namespace` is that of the Helm release."""
        super().__init__(scope, id)
        # EKS puts this tag on the Auto Scaling group of every managed node group.
        owned = {"StringEquals": {f"aws:ResourceTag/k8s.io/cluster-autoscaler/{cluster_name}": "owned"}}
        groups = f"arn:{partition}:eks:*:*:nodegroup/{cluster_name}/*"
        document = policy(
            allow(_READ), allow(_WRITE, Condition=owned), allow(["eks:DescribeNodegroup"], [groups])
        )
        role = self.role = pod_role(
            self, "role", cluster_name=cluster_name, pods="cluster-autoscaler", inline={"scale": document}
        )
        self.resource = EksPodIdentityAssociation(
            self,
            "identity",
            cluster_name=cluster_reference,
            namespace=namespace,
            service_account=SERVICE_ACCOUNT,
            role_arn=role.arn,
            depends_on=[*role.policies],
        )
