"""A managed node group: role, placement group, launch template, capacity."""

from __future__ import annotations

from collections.abc import Sequence

from cdktf import ITerraformDependable, Postcondition, TerraformResourceLifecycle, Token
from cdktf_cdktf_provider_aws.autoscaling_group_tag import AutoscalingGroupTagA, AutoscalingGroupTagTag
from cdktf_cdktf_provider_aws.autoscaling_schedule import AutoscalingSchedule
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
from .efa import EfaSecurityGroup
from .expressions import RESOURCE, text
from .iam import NODE_POLICIES, ServiceRole, by_label, managed_policy, partition_of
from .launch_template import ROOT_DEVICE, launch_template
from .layout.models import ExistingPlacementGroup, Update
from .layout.models import NodeGroup as NodeGroupSection
from .provider_versions import write_newer
from .user_data import ClusterAddress

_EFFECTS = {"NoSchedule": "NO_SCHEDULE", "NoExecute": "NO_EXECUTE", "PreferNoSchedule": "PREFER_NO_SCHEDULE"}
_CAPACITY_TYPES = {
    "on_demand": "ON_DEMAND",
    "spot": "SPOT",
    "odcr": "ON_DEMAND",
    "capacity_block": "CAPACITY_BLOCK",
}


# What the VPC CNI needs, which has it from the nodes' role where it has no role of its own.
# https://docs.aws.amazon.com/eks/latest/userguide/cni-iam-role.html
_CNI_POLICY = "AmazonEKS_CNI_Policy"


class NodeGroup(Construct):
    """One managed node group, with its launch template, its role, and a placement group where the section asks for one.

    In a stack of one's own `ExistingCluster.add_node_group` is easier: it finds out what this has to be told of the cluster,
    and lets the rules of the language look at the section.

    Attributes:
        resource: the node group.
        launch_template: of its nodes.
        placement_group: of its nodes, where the section asks for a new one.
        offerings: what EC2 offers in its zone, where that is one.
        ami: that of the section's `ami_id`.
        start: what scales it up when its capacity block begins, where that lies ahead.
        offers: tags by which the cluster autoscaler knows what a node offers, by name of the resource.
        role: the nodes' role; None where the section names one.
        autoscaling_group: a reference to the name of its Auto Scaling group.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        name: str,
        group: NodeGroupSection,
        cluster_name: str,
        kubernetes_version: str,
        subnet_ids: Sequence[str],
        cluster_reference: str | None = None,
        cluster_address: str | None = None,
        cluster_security_group_id: str | None = None,
        efa_security_group: EfaSecurityGroup | str | None = None,
        security_groups: Sequence[str] = (),
        partition: str | None = None,
        zone: str | None = None,
        cni_policy: bool = False,
        tags: dict[str, str] | None = None,
        depends_on: Sequence[ITerraformDependable] = (),
    ) -> None:
        """Make the group.

        Args:
            name: of the group in EKS; with the cluster's before it, that of its other resources.
            group: the section. Its `subnet_ids`, `availability_zone` and `security_group_ids` say nothing here:
                `subnet_ids`, `zone` and `security_groups` do.
            cluster_name: the cluster's name as text, for names of other resources.
            kubernetes_version: of the nodes, like `1.35`; another one rolls them.
            subnet_ids: one subnet for an EFA group.
            cluster_reference: the cluster's name as a reference, so that the cluster comes first; the name without it.
            cluster_address: of the cluster's resource, `aws_eks_cluster.NAME`, or data source: what nodes of one's own AMI
                have to know is looked up there.
            cluster_security_group_id: the security group that EKS has made for the cluster. With other groups it has to be
                said, since nodes of such do not get it by themselves.
            efa_security_group: lets EFA through between the nodes. The id of a group of your own serves as well; it has to
                allow all traffic from and to itself.
            security_groups: more groups of the nodes.
            partition: the ARN partition; looked up without it.
            zone: of the subnets, where it is one; the plan stops where EC2 offers no instance type of the group there.
            cni_policy: whether the role made here also has what the VPC CNI needs, for a cluster whose CNI has no role of
                its own.
            tags: of the layout; the group's own are added.
            depends_on: what has to be there before any node, like the VPC CNI.

        Raises:
            ValueError: a group with EFA has no security group for it or more than one subnet, reserved capacity no
                reservation, or something else is missing that only shows when nodes do not join.
        """
        _refuse_reference(cluster_name)
        _refuse_wrong_place(name, group, subnet_ids)
        if group.ami_id is not None and cluster_address is None:
            raise ValueError(
                f"{name}: nodes of your own AMI ({group.ami_id}) join by `cluster_address`. Give it."
            )
        all_groups = _security_groups(
            name, group, cluster_security_group_id, efa_security_group, security_groups
        )
        super().__init__(scope, id)
        rules = efa_security_group.rules if isinstance(efa_security_group, EfaSecurityGroup) else ()
        full_name = f"{cluster_name}-{name}"
        self.role: ServiceRole | None = None
        self.placement_group: PlacementGroup | None = None
        self.offerings: DataAwsEc2InstanceTypeOfferings | None = None
        self.ami: DataAwsAmi | None = None
        self.start: AutoscalingSchedule | None = None
        self.offers: dict[str, AutoscalingGroupTagA] = {}
        role_arn, policies = self._role(full_name, group, partition, cni_policy)
        self.launch_template = launch_template(
            self,
            "launch-template",
            name=full_name,
            group=group,
            tags={**(tags or {}), **group.tags},
            security_groups=all_groups,
            cluster=ClusterAddress(cluster_address or ""),
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
            cluster_name=cluster_reference or cluster_name,
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
            depends_on=[*policies, *depends_on, *rules],
            lifecycle=TerraformResourceLifecycle(ignore_changes=["scaling_config[0].desired_size"])
            if owned_elsewhere
            else None,
        )
        if group.update.strategy is not None:
            write_newer(self.resource, "update_config.update_strategy", group.update.strategy.upper())
        # As text: to go there by way of the bindings takes five calls of Node.
        self.autoscaling_group = f"${{{self.resource.fqn}.resources[0].autoscaling_groups[0].name}}"
        if group.starts_later:
            self.start = scale_up_at_start(
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
        self.offerings = DataAwsEc2InstanceTypeOfferings(
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
        self.ami = DataAwsAmi(
            self,
            "ami",
            # EC2 launches a deprecated AMI too, but does not list another account's unless asked.
            # https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ami-deprecate.html
            include_deprecated=True,
            filter=[DataAwsAmiFilter(name="image-id", values=[ami_id])],
            lifecycle=TerraformResourceLifecycle(postcondition=checks),
        )

    def _role(
        self, full_name: str, group: NodeGroupSection, partition: str | None, cni_policy: bool
    ) -> tuple[str, list[ITerraformDependable]]:
        if group.role_arn is not None:
            return group.role_arn, []
        partition = partition or partition_of(self)
        policies = {**NODE_POLICIES, **({"cni": _CNI_POLICY} if cni_policy else {})}
        arns = {short: managed_policy(partition, policy) for short, policy in policies.items()}
        arns |= by_label(group.policy_arns, "extra-")
        role = self.role = ServiceRole(
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
        made = self.placement_group = PlacementGroup(
            self, "placement-group", name=full_name, strategy="cluster", lifecycle=last
        )
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
            self.offers[resource] = AutoscalingGroupTagA(
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


def _refuse_reference(cluster_name: str) -> None:
    if "${" in cluster_name:
        raise ValueError(
            f"cluster_name: {cluster_name} is a reference. Names are cut from it, which takes text: give the name as text, "
            "and the reference as `cluster_reference`."
        )


def _refuse_wrong_place(name: str, group: NodeGroupSection, subnet_ids: Sequence[str]) -> None:
    """What the rules say of a section that was loaded, and nobody of one that was made by hand."""
    if isinstance(subnet_ids, str) or not subnet_ids:
        raise ValueError(
            f"{name}: subnet_ids is no list of subnets: {subnet_ids!r}. Give at least one, in a list."
        )
    if group.efa and len(subnet_ids) > 1:
        raise ValueError(
            f"{name}: {len(subnet_ids)} subnets for nodes with EFA, which have to share one. Give one, or `efa: false`."
        )
    capacity = group.capacity
    if capacity.is_reserved and capacity.reservation_id is None and capacity.reservation_group_arn is None:
        raise ValueError(
            f"{name}: capacity of type {capacity.type} without a reservation: the nodes would be none of it. Give its "
            "`reservation_id`."
        )


def _security_groups(
    name: str,
    group: NodeGroupSection,
    of_cluster: str | None,
    efa: EfaSecurityGroup | str | None,
    more: Sequence[str],
) -> list[str]:
    """All security groups of the nodes: the cluster's first, that of EFA, the others; none where EKS chooses.

    Groups of one's own drop the cluster's, which EKS adds otherwise: nodes without it do not join.
    https://docs.aws.amazon.com/eks/latest/userguide/launch-templates.html#launch-template-security-groups
    """
    if group.efa and efa is None:
        raise ValueError(
            f"{name}: EFA needs a security group that allows all traffic from and to itself, else NCCL falls back to TCP in "
            "silence. Give `efa_security_group=EfaSecurityGroup(...)`, one for all groups of the cluster, or turn EFA off: "
            "`efa: false`."
        )
    if efa is not None and not group.efa:
        raise ValueError(
            f"{name}: `efa_security_group` is given, and the group has no EFA. Take one of the two back."
        )
    if efa is None and not more:
        return []
    if of_cluster is None:
        raise ValueError(
            f"{name}: with security groups of their own the nodes do not get the cluster's by themselves, and without it they "
            "do not join. Give `cluster_security_group_id`: vpc_config[0].cluster_security_group_id of the cluster."
        )
    between = [] if efa is None else [efa.group_id if isinstance(efa, EfaSecurityGroup) else efa]
    return [of_cluster, *between, *more]
