"""A managed node group: role, placement group, launch template, capacity."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timezone
from typing import cast

from cdktf import ITerraformDependable, TerraformResourceLifecycle, TerraformStack, Token
from cdktf_cdktf_provider_aws.autoscaling_group_tag import AutoscalingGroupTagA, AutoscalingGroupTagTag
from cdktf_cdktf_provider_aws.autoscaling_schedule import AutoscalingSchedule
from cdktf_cdktf_provider_aws.eks_node_group import (
    EksNodeGroup,
    EksNodeGroupLaunchTemplate,
    EksNodeGroupNodeRepairConfig,
    EksNodeGroupScalingConfig,
    EksNodeGroupTaint,
    EksNodeGroupUpdateConfig,
)
from cdktf_cdktf_provider_aws.placement_group import PlacementGroup
from cdktf_cdktf_provider_aws.security_group import SecurityGroup
from cdktf_cdktf_provider_aws.vpc_security_group_egress_rule import VpcSecurityGroupEgressRule
from cdktf_cdktf_provider_aws.vpc_security_group_ingress_rule import VpcSecurityGroupIngressRule
from constructs import Construct

from .expressions import RESOURCE, reference, text
from .iam import ServiceRole
from .launch_template import launch_template
from .layout.models import ExistingPlacementGroup, Update
from .layout.models import NodeGroup as NodeGroupSection
from .layout.values import Var

_EFFECTS = {"NoSchedule": "NO_SCHEDULE", "NoExecute": "NO_EXECUTE", "PreferNoSchedule": "PREFER_NO_SCHEDULE"}
_CAPACITY_TYPES = {
    "on_demand": "ON_DEMAND",
    "spot": "SPOT",
    "odcr": "ON_DEMAND",
    "capacity_block": "CAPACITY_BLOCK",
}


class EfaSecurityGroup(Construct):
    """Lets EFA nodes talk to each other: all traffic to and from the group itself, which EFA insists on.

    `group_id` is a reference to its id, `rules` are what EFA nodes have to wait for.

    https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/efa-start.html#efa-start-security
    """

    def __init__(self, scope: Construct, id: str, *, name: str, vpc_id: str) -> None:
        super().__init__(scope, id)
        self.resource = SecurityGroup(
            self,
            RESOURCE,
            name_prefix=f"{name}-efa-",
            description="EFA traffic between nodes",
            vpc_id=vpc_id,
            tags={"Name": f"{name}-efa"},
            # The old one goes when the nodes have left it.
            lifecycle=TerraformResourceLifecycle(create_before_destroy=True),
        )
        self.group_id = self.resource.id
        come = VpcSecurityGroupIngressRule(
            self,
            "from-itself",
            description="EFA from the group itself",
            security_group_id=self.group_id,
            referenced_security_group_id=self.group_id,
            ip_protocol="-1",
        )
        go = VpcSecurityGroupEgressRule(
            self,
            "to-itself",
            description="EFA to the group itself",
            security_group_id=self.group_id,
            referenced_security_group_id=self.group_id,
            ip_protocol="-1",
        )
        self.rules: list[ITerraformDependable] = [come, go]


class NodeGroup(Construct):
    """One managed node group.

    `resource` is the node group, `autoscaling_group` a reference to the name of its Auto Scaling group.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        name: str,
        group: NodeGroupSection,
        cluster_name: str,
        cluster_reference: str,
        kubernetes_version: str,
        partition: str,
        subnet_ids: Sequence[str],
        efa_security_groups: Sequence[str] = (),
        tags: dict[str, str] | None = None,
        depends_on: Sequence[ITerraformDependable] = (),
    ) -> None:
        """Make the group.

        Args:
            cluster_name: the cluster's name as text, for names of other resources.
            cluster_reference: the cluster's name as a reference, so that the cluster comes first.
            subnet_ids: one subnet for an EFA group.
            efa_security_groups: the cluster's security group and that of EFA.
            tags: of the layout; the group's own are added.
            depends_on: what has to be there before any node, like the VPC CNI.
        """
        super().__init__(scope, id)
        full_name = f"{cluster_name}-{name}"
        role_arn, policies = self._role(full_name, group, partition)
        self.launch_template = launch_template(
            self,
            "launch-template",
            name=full_name,
            group=group,
            tags={**(tags or {}), **group.tags},
            efa_security_groups=efa_security_groups,
            placement_group=self._placement_group(full_name, group),
        )
        owned_elsewhere = group.scaling_owner == "autoscaler" or group.starts_later
        self.resource = EksNodeGroup(
            self,
            RESOURCE,
            cluster_name=cluster_reference,
            node_group_name=name,
            node_role_arn=role_arn,
            subnet_ids=list(subnet_ids),
            version=kubernetes_version,
            release_version=group.release_version,
            ami_type=group.ami_type,
            capacity_type=_CAPACITY_TYPES[group.capacity.type],
            instance_types=None if group.capacity.type == "capacity_block" else [group.instance_type],
            launch_template=EksNodeGroupLaunchTemplate(
                id=self.launch_template.id, version=Token.as_string(self.launch_template.latest_version)
            ),
            scaling_config=EksNodeGroupScalingConfig(
                min_size=_until_start(group, group.size.min),
                max_size=group.size.max,
                desired_size=_until_start(group, group.size.desired),
            ),
            labels=group.labels or None,
            taint=[
                EksNodeGroupTaint(key=taint.key, value=taint.value or None, effect=_EFFECTS[taint.effect])
                for taint in group.taints
            ]
            or None,
            update_config=_update(group.update),
            node_repair_config=EksNodeGroupNodeRepairConfig(enabled=group.node_repair),
            tags=group.tags or None,
            depends_on=[*policies, *depends_on],
            lifecycle=TerraformResourceLifecycle(ignore_changes=["scaling_config[0].desired_size"])
            if owned_elsewhere
            else None,
        )
        self.autoscaling_group = self.resource.resources.get(0).autoscaling_groups.get(0).name
        if group.starts_later:
            self._scale_up_at_start(cluster_name, name, group)
        if group.scaling_owner == "autoscaler":
            self._tell_autoscaler(group)

    def _role(
        self, full_name: str, group: NodeGroupSection, partition: str
    ) -> tuple[str, list[ITerraformDependable]]:
        """The node role. The CNI has its own by pod identity; SSM gives a shell without SSH keys.

        https://docs.aws.amazon.com/eks/latest/userguide/create-node-role.html
        """
        if group.role_arn is not None:
            return group.role_arn, []
        names = {
            "worker": "AmazonEKSWorkerNodePolicy",
            "registry": "AmazonEC2ContainerRegistryPullOnly",
            "ssm": "AmazonSSMManagedInstanceCore",
        }
        arns = {short: f"arn:{partition}:iam::aws:policy/{policy}" for short, policy in names.items()}
        arns |= {f"extra-{_policy_name(arn)}": arn for arn in group.policy_arns}
        role = ServiceRole(
            self,
            "role",
            name=full_name,
            service="ec2.amazonaws.com",
            description=f"Nodes of {full_name}",
            policy_arns=arns,
        )
        return role.arn, list(role.policies)

    def _placement_group(self, full_name: str, group: NodeGroupSection) -> str | None:
        if isinstance(group.placement_group, ExistingPlacementGroup):
            return text(group.placement_group.name)
        if group.placement_group == "none":
            return None
        # Destroyed, where it is no longer wanted, when the nodes have left it and not before.
        last = TerraformResourceLifecycle(create_before_destroy=True)
        made = PlacementGroup(self, "placement-group", name=full_name, strategy="cluster", lifecycle=last)
        return str(made.name)

    def _scale_up_at_start(self, cluster_name: str, name: str, group: NodeGroupSection) -> None:
        """EKS never scales a group up when its capacity block begins: a scheduled action does.

        Auto Scaling forgets a one-time action once it has run and refuses one in the past, so it exists only
        while the start lies ahead: a plan after the start would otherwise try to make it again, and fail.
        """
        action = AutoscalingSchedule(
            self,
            "start",
            scheduled_action_name="capacity-block-start",
            autoscaling_group_name=self.autoscaling_group,
            start_time=_utc(group.capacity.start or ""),
            min_size=group.size.min,
            max_size=group.size.max,
            desired_capacity=group.size.desired,
        )
        action.add_override("count", f"${{{_lies_ahead(group)} ? 1 : 0}}")
        # Where the start passed in the middle of an apply, there is no action and, the size being ignored, no change
        # either: say so, rather than leave a block that is paid for empty.
        path = f"check.{self.node.id.replace('-', '_')}_started.assert"
        TerraformStack.of(self).add_override(
            path,
            [
                {
                    "condition": f"${{{_lies_ahead(group)} || "
                    f"{self.resource.fqn}.scaling_config[0].desired_size > 0}}",
                    "error_message": f"The capacity block of the node group {name} has started, and the group is "
                    "empty. Scale it up: aws eks "
                    f"update-nodegroup-config --cluster-name {cluster_name} --nodegroup-name {name} "
                    f"--scaling-config desiredSize={group.size.desired}",
                }
            ],
        )

    def _tell_autoscaler(self, group: NodeGroupSection) -> None:
        """Tags by which the cluster autoscaler knows, while a group is empty, what a node of it would offer.

        It reads labels and taints from EKS and GPUs from the instance type, but nothing tells it of EFA.
        https://github.com/kubernetes/autoscaler/blob/master/cluster-autoscaler/cloudprovider/aws/README.md
        """
        offers: dict[str, str | int] = {}
        if group.efa:
            offers["vpc.amazonaws.com/efa"] = group.type.efa_interfaces
            offers["hugepages-2Mi"] = f"{_huge_pages(group) * 2}Mi"
        if group.type.neuron_devices:
            offers["aws.amazon.com/neuron"] = group.type.neuron_devices
        for resource, count in offers.items():
            AutoscalingGroupTagA(
                self,
                f"offers-{resource.rpartition('/')[2]}",
                autoscaling_group_name=self.autoscaling_group,
                tag=AutoscalingGroupTagTag(
                    key=f"k8s.io/cluster-autoscaler/node-template/resources/{resource}",
                    value=str(count),
                    propagate_at_launch=False,
                ),
            )


def _lies_ahead(group: NodeGroupSection) -> str:
    """Whether the capacity block starts after the plan is made, as an expression."""
    return f"timecmp({reference(group.capacity.start or '')}, plantimestamp()) > 0"


def _policy_name(arn: str) -> str:
    """A policy's part of an address: not its place in the list, so that another order means nothing."""
    if isinstance(arn, Var):
        return arn.name
    account, name = arn.split(":", 5)[4:]
    return (
        name.removeprefix("policy/").replace("/", "-")
        if account == "aws"
        else f"{account}-{name}".replace("/", "-")
    )


def _huge_pages(group: NodeGroupSection) -> int:
    """Pages of 2 MiB that an EFA node surely has, whichever EFA installer its AMI was made with.

    Older ones set aside 5,128, newer ones 110 for each core (bottlerocket-core-kit #141, libfabric-ci-scripts #122).
    """
    return min(5128, 110 * group.type.vcpus // 2)


def _utc(time: str) -> str:
    """A time as Auto Scaling takes it, YYYY-MM-DDThh:mm:ssZ; the validation of a variable asks for that form."""
    if isinstance(time, Var):
        return time
    return (
        datetime.fromisoformat(time.replace("Z", "+00:00"))
        .astimezone(timezone.utc)
        .strftime("%Y-%m-%dT%H:%M:%SZ")
    )


def _until_start(group: NodeGroupSection, size: int) -> int:
    """A size that is 0 until the capacity block starts: before, there is nothing to launch."""
    if not group.starts_later or size == 0:
        return size
    return cast(int, Token.as_number(f"${{{_lies_ahead(group)} ? 0 : {size}}}"))


def _update(update: Update) -> EksNodeGroupUpdateConfig:
    if update.max_unavailable_percentage is not None:
        return EksNodeGroupUpdateConfig(max_unavailable_percentage=update.max_unavailable_percentage)
    return EksNodeGroupUpdateConfig(max_unavailable=update.max_unavailable or 1)
