"""A managed node group: role, placement group, launch template, capacity."""

from __future__ import annotations

from collections.abc import Sequence

from cdktf import ITerraformDependable, Postcondition, TerraformResourceLifecycle, Token
from cdktf_cdktf_provider_aws.autoscaling_group_tag import AutoscalingGroupTagA, AutoscalingGroupTagTag
from cdktf_cdktf_provider_aws.data_aws_ami import DataAwsAmi, DataAwsAmiFilter
from cdktf_cdktf_provider_aws.data_aws_ec2_instance_type_offerings import (
    DataAwsEc2InstanceTypeOfferings,
    DataAwsEc2InstanceTypeOfferingsFilter,
)
from cdktf_cdktf_provider_aws.eks_node_group import (
    EksNodeGroup,
    EksNodeGroupLaunchTemplate,
    EksNodeGroupNodeRepairConfig,
    EksNodeGroupScalingConfig,
    EksNodeGroupTaint,
    EksNodeGroupUpdateConfig,
)
from cdktf_cdktf_provider_aws.placement_group import PlacementGroup
from constructs import Construct

from .capacity_block import scale_up_at_start, until_start
from .catalog import huge_pages_mib
from .expressions import RESOURCE, text
from .iam import NODE_POLICIES, ServiceRole, by_label, managed_policy
from .launch_template import ROOT_DEVICE, launch_template
from .layout.models import ExistingPlacementGroup, Update
from .layout.models import NodeGroup as NodeGroupSection
from .user_data import ClusterAddress

_EFFECTS = {"NoSchedule": "NO_SCHEDULE", "NoExecute": "NO_EXECUTE", "PreferNoSchedule": "PREFER_NO_SCHEDULE"}
_CAPACITY_TYPES = {
    "on_demand": "ON_DEMAND",
    "spot": "SPOT",
    "odcr": "ON_DEMAND",
    "capacity_block": "CAPACITY_BLOCK",
}


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
        cluster_address: str,
        kubernetes_version: str,
        partition: str,
        subnet_ids: Sequence[str],
        zone: str | None = None,
        security_groups: Sequence[str] = (),
        tags: dict[str, str] | None = None,
        depends_on: Sequence[ITerraformDependable] = (),
    ) -> None:
        """Make the group.

        Args:
            cluster_name: the cluster's name as text, for names of other resources.
            cluster_reference: the cluster's name as a reference, so that the cluster comes first.
            cluster_address: of the cluster's resource, for what a node of one's own AMI has to know of it.
            subnet_ids: one subnet for an EFA group.
            zone: their zone, where it is one; the plan stops where EC2 offers no instance type of the group there.
            security_groups: all of the nodes', the cluster's own too; none leaves it to EKS.
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
            security_groups=security_groups,
            cluster=ClusterAddress(cluster_address),
            placement_group=self._placement_group(full_name, group),
        )
        if zone is not None:
            self._offered_in(zone, name, group)
        own_ami = group.ami_id is not None
        if group.ami_id is not None:
            self._ami_fits(group.ami_id, name, group)
        owned_elsewhere = group.scaling_owner == "autoscaler" or group.starts_later
        self.resource = EksNodeGroup(
            self,
            RESOURCE,
            cluster_name=cluster_reference,
            node_group_name=name,
            node_role_arn=role_arn,
            subnet_ids=list(subnet_ids),
            # EKS knows neither type nor version of another AMI, and refuses a node group that says them; a change to or
            # from CUSTOM replaces the group, as EKS asks.
            # https://docs.aws.amazon.com/eks/latest/userguide/launch-templates.html#mng-ami-id-conditions
            version=None if own_ami else kubernetes_version,
            release_version=None if own_ami else group.release_version,
            ami_type="CUSTOM" if own_ami else group.ami_type,
            capacity_type=_CAPACITY_TYPES[group.capacity.type],
            instance_types=None if group.capacity.type == "capacity_block" else list(group.instance_types),
            launch_template=EksNodeGroupLaunchTemplate(
                id=self.launch_template.id, version=Token.as_string(self.launch_template.latest_version)
            ),
            scaling_config=EksNodeGroupScalingConfig(
                min_size=until_start(group, group.size.min),
                max_size=group.size.max,
                desired_size=until_start(group, group.size.desired),
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
        # As text: to go there by way of the bindings takes five calls of Node.
        self.autoscaling_group = f"${{{self.resource.fqn}.resources[0].autoscaling_groups[0].name}}"
        if group.starts_later:
            scale_up_at_start(
                self,
                cluster_name=cluster_name,
                name=name,
                group=group,
                node_group=self.resource,
                autoscaling_group=self.autoscaling_group,
            )
        if group.scaling_owner == "autoscaler":
            self._tell_autoscaler(group)

    def _offered_in(self, zone: str, name: str, group: NodeGroupSection) -> None:
        """A type that its zone does not have shows late otherwise, as a capacity error in the middle of an apply.

        One of several is enough: Auto Scaling goes on to the next where it cannot launch one.
        """
        kinds = list(group.instance_types)
        DataAwsEc2InstanceTypeOfferings(
            self,
            "offered",
            location_type="availability-zone",
            filter=[
                DataAwsEc2InstanceTypeOfferingsFilter(name="instance-type", values=kinds),
                DataAwsEc2InstanceTypeOfferingsFilter(name="location", values=[zone]),
            ],
            lifecycle=TerraformResourceLifecycle(
                postcondition=[
                    Postcondition(
                        condition="${length(self.instance_types) > 0}",
                        error_message=f"node_groups.{name}: EC2 has no {' or '.join(kinds)} in {zone}. Name a zone that has it, for "
                        "reserved capacity that of the reservation: aws ec2 describe-instance-type-offerings "
                        f"--location-type availability-zone --filters Name=instance-type,Values={','.join(kinds)}",
                    )
                ]
            ),
        )

    def _ami_fits(self, ami_id: str, name: str, group: NodeGroupSection) -> None:
        """An AMI that EKS did not choose fails late otherwise, when the first node does not start or has a full disk."""
        wanted = group.type.architecture
        checks = [
            Postcondition(
                condition=f'${{self.architecture == "{wanted}"}}',
                error_message=f"node_groups.{name}.ami_id: the AMI ${{self.id}} is built for ${{self.architecture}}, and "
                f"{group.instance_type} is {wanted}. Name an AMI for {wanted}.",
            )
        ]
        if not group.is_bottlerocket:
            checks.append(
                Postcondition(
                    condition=f'${{self.root_device_name == "{ROOT_DEVICE}"}}',
                    error_message=f"node_groups.{name}.ami_id: the root volume of the AMI ${{self.id}} is "
                    f"${{self.root_device_name}}, and that of Amazon Linux 2023 is {ROOT_DEVICE}: root_volume would be "
                    "a second volume that nothing uses. Name an AMI made from one of Amazon Linux 2023.",
                )
            )
        DataAwsAmi(
            self,
            "ami",
            # EC2 launches a deprecated AMI too, but does not list another account's unless asked.
            # https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ami-deprecate.html
            include_deprecated=True,
            filter=[DataAwsAmiFilter(name="image-id", values=[ami_id])],
            lifecycle=TerraformResourceLifecycle(postcondition=checks),
        )

    def _role(
        self, full_name: str, group: NodeGroupSection, partition: str
    ) -> tuple[str, list[ITerraformDependable]]:
        if group.role_arn is not None:
            return group.role_arn, []
        arns = {short: managed_policy(partition, policy) for short, policy in NODE_POLICIES.items()}
        arns |= by_label(group.policy_arns, "extra-")
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

    def _tell_autoscaler(self, group: NodeGroupSection) -> None:
        """Tags by which the cluster autoscaler knows, while a group is empty, what a node of it would offer.

        It reads labels and taints from EKS and GPUs from the instance type, but nothing tells it of EFA.
        https://github.com/kubernetes/autoscaler/blob/master/cluster-autoscaler/cloudprovider/aws/README.md
        """
        offers: dict[str, str | int] = {}
        if group.efa:
            offers["vpc.amazonaws.com/efa"] = group.type.efa_interfaces
            offers["hugepages-2Mi"] = f"{huge_pages_mib(group.type)}Mi"
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


def _update(update: Update) -> EksNodeGroupUpdateConfig:
    if update.max_unavailable_percentage is not None:
        return EksNodeGroupUpdateConfig(max_unavailable_percentage=update.max_unavailable_percentage)
    return EksNodeGroupUpdateConfig(max_unavailable=update.max_unavailable)
