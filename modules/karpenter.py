"""What Karpenter needs in AWS: a role for its nodes and one for itself, and word of interruptions.

Its Helm release is in the platform stack. Node pools and node classes are objects of CRDs that come with it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

from cdktf_cdktf_provider_aws.cloudwatch_event_rule import CloudwatchEventRule
from cdktf_cdktf_provider_aws.cloudwatch_event_target import CloudwatchEventTarget
from cdktf_cdktf_provider_aws.ec2_tag import Ec2Tag
from cdktf_cdktf_provider_aws.eks_access_entry import EksAccessEntry
from cdktf_cdktf_provider_aws.eks_pod_identity_association import EksPodIdentityAssociation
from cdktf_cdktf_provider_aws.iam_instance_profile import IamInstanceProfile
from cdktf_cdktf_provider_aws.sqs_queue import SqsQueue
from cdktf_cdktf_provider_aws.sqs_queue_policy import SqsQueuePolicy
from constructs import Construct

from .expressions import allow, policy
from .iam import NODE_POLICIES, ServiceRole, managed_policy, name_prefix, pod_role
from .karpenter_policy import Scope, discovery, instance_profiles, nodes
from .layout.releases import DISCOVERY_TAG, RELEASE_SERVICE_ACCOUNTS, karpenter_queue

SERVICE_ACCOUNT = RELEASE_SERVICE_ACCOUNTS["karpenter"]
# What may happen to a node, by source and kind of the event, as in the reference of Karpenter 1.14:
# https://github.com/aws/karpenter-provider-aws/blob/main/website/content/en/v1.14/reference/cloudformation.md
_EVENTS: Mapping[str, tuple[str, str]] = {
    "health": ("aws.health", "AWS Health Event"),
    "spot-interruption": ("aws.ec2", "EC2 Spot Instance Interruption Warning"),
    "rebalance": ("aws.ec2", "EC2 Instance Rebalance Recommendation"),
    "state-change": ("aws.ec2", "EC2 Instance State-change Notification"),
    "reservation-interruption": ("aws.ec2", "EC2 Capacity Reservation Instance Interruption Warning"),
}
# An interruption comes two minutes ahead at most: older news is worth nothing. Seconds, as in the reference.
_RETENTION = 300


def discovery_tags(cluster_name: str) -> dict[str, str]:
    """The tags of what belongs to the nodes of a cluster."""
    return {DISCOVERY_TAG: cluster_name}


class Karpenter(Construct):
    """Roles, access entry, queue and event rules of a cluster's Karpenter.

    `node_role` is a reference to the name of its nodes' role; `instance_profile` one to that role's profile, only where
    Karpenter cannot make profiles itself.

    Attributes:
        nodes: the role of its nodes, with `access_entry` and, where it is made here, `profile`.
        role: Karpenter's own, with `association`.
        discovery_tag: on the cluster's security group.
        queue: of interruptions, with `queue_policy`, and by the kind of event `rules` and `targets`.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        cluster_name: str,
        cluster_reference: str,
        cluster_arn: str,
        security_group_id: str,
        region: str,
        partition: str,
        namespace: str,
        zonal_shift: bool = False,
        isolated: bool = False,
    ) -> None:
        """Make them.

        Args:
            security_group_id: the cluster's security group, which the nodes get.
            namespace: that of the Helm release.
            zonal_shift: whether Karpenter asks for zonal shifts of the cluster.
            isolated: whether the VPC has no way to the internet, and so to IAM.
        """
        super().__init__(scope, id)
        self._cluster_name = cluster_name
        node_role = self.nodes = ServiceRole(
            self,
            "node-role",
            name=f"{cluster_name}-karpenter-nodes",
            service="ec2.amazonaws.com",
            description=f"Nodes that Karpenter makes for EKS cluster {cluster_name}",
            policy_arns={short: managed_policy(partition, name) for short, name in NODE_POLICIES.items()},
        )
        self.node_role = node_role.role.name
        # EKS makes an entry for the role of a managed node group by itself; of these nodes it knows nothing.
        self.access_entry = EksAccessEntry(
            self, "nodes", cluster_name=cluster_reference, principal_arn=node_role.arn, type="EC2_LINUX"
        )
        # IAM has no VPC endpoint: https://karpenter.sh/v1.14/getting-started/getting-started-with-karpenter/#private-clusters
        self.instance_profile: str | None = None
        self.profile: IamInstanceProfile | None = None
        if isolated:
            prefix = name_prefix(f"{cluster_name}-karpenter-nodes")
            profile = self.profile = IamInstanceProfile(
                self,
                "instance-profile",
                name_prefix=prefix,
                role=self.node_role,
                depends_on=node_role.policies,
            )
            self.instance_profile = profile.name
        self.discovery_tag = Ec2Tag(
            self, "discovery", resource_id=security_group_id, key=DISCOVERY_TAG, value=cluster_name
        )
        queue = self._interruption_queue()
        scoped = Scope(cluster_name, region, partition)
        role = self.role = pod_role(
            self,
            "role",
            cluster_name=cluster_name,
            pods="karpenter",
            inline={
                "nodes": policy(*nodes(scoped)),
                "instance-profiles": policy(*instance_profiles(scoped, node_role.arn)),
                "discovery": policy(*discovery(scoped, cluster_arn, zonal_shift)),
                "interruption": policy(
                    allow(["sqs:DeleteMessage", "sqs:GetQueueUrl", "sqs:ReceiveMessage"], [queue.arn])
                ),
            },
        )
        self.association = EksPodIdentityAssociation(
            self,
            "identity",
            cluster_name=cluster_reference,
            namespace=namespace,
            service_account=SERVICE_ACCOUNT,
            role_arn=role.arn,
            depends_on=role.policies,
        )

    def _interruption_queue(self) -> SqsQueue:
        queue = self.queue = SqsQueue(
            self,
            "queue",
            name=karpenter_queue(self._cluster_name),
            message_retention_seconds=_RETENTION,
            sqs_managed_sse_enabled=True,
        )
        rules = self.rules = {
            name: CloudwatchEventRule(
                self,
                name,
                name_prefix=name_prefix(f"{self._cluster_name}-{name}"),
                description=f"For Karpenter of EKS cluster {self._cluster_name}: {kind}",
                event_pattern=json.dumps({"source": [source], "detail-type": [kind]}),
            )
            for name, (source, kind) in _EVENTS.items()
        }
        send = {
            "Sid": "EventsOfTheseRules",
            "Effect": "Allow",
            "Principal": {"Service": "events.amazonaws.com"},
            "Action": "sqs:SendMessage",
            "Resource": queue.arn,
            "Condition": {"ArnEquals": {"aws:SourceArn": [rule.arn for rule in rules.values()]}},
        }
        encrypted = {
            "Sid": "OnlyEncrypted",
            "Effect": "Deny",
            "Principal": "*",
            "Action": "sqs:*",
            "Resource": queue.arn,
            "Condition": {"Bool": {"aws:SecureTransport": "false"}},
        }
        access = SqsQueuePolicy(self, "queue-policy", queue_url=queue.url, policy=policy(send, encrypted))
        self.queue_policy = access
        self.targets: dict[str, CloudwatchEventTarget] = {}
        for name, rule in rules.items():
            # After the policy: an event that comes before it is lost.
            self.targets[name] = CloudwatchEventTarget(
                self, f"{name}-target", rule=rule.name, target_id="queue", arn=queue.arn, depends_on=[access]
            )
        return queue
