"""The launch template of a managed node group: EFA interfaces, capacity, volumes, metadata service."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from cdktf_cdktf_provider_aws.launch_template import (
    LaunchTemplate,
    LaunchTemplateBlockDeviceMappings,
    LaunchTemplateBlockDeviceMappingsEbs,
    LaunchTemplateCapacityReservationSpecification,
    LaunchTemplateCapacityReservationSpecificationCapacityReservationTarget,
    LaunchTemplateInstanceMarketOptions,
    LaunchTemplateMetadataOptions,
    LaunchTemplateNetworkInterfaces,
    LaunchTemplatePlacement,
    LaunchTemplateTagSpecifications,
)
from constructs import Construct

from .catalog import Interface, efa_interfaces
from .layout.models import Capacity, NodeGroup
from .user_data import ClusterAddress, user_data

# Of the 128 that EC2 takes: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateLaunchTemplate.html
# https://github.com/hashicorp/terraform-provider-aws/blob/main/internal/service/ec2/ec2_launch_template.go
_MAX_NAME = 125
# Of Amazon Linux 2023: https://github.com/awslabs/amazon-eks-ami/blob/main/templates/al2023/template.json
ROOT_DEVICE = "/dev/xvda"


def launch_template(
    scope: Construct,
    id: str,
    *,
    name: str,
    group: NodeGroup,
    tags: dict[str, str],
    security_groups: Sequence[str],
    cluster: ClusterAddress,
    placement_group: str | None,
) -> LaunchTemplate:
    """A launch template that EKS takes for a managed node group: no instance profile, no subnet, no AMI but one's own.

    Args:
        name: of the template, and of its instances.
        tags: of the instances, volumes and interfaces; EKS passes no others on.
        security_groups: groups of every interface, in place of the one that EKS adds; none leaves it to EKS.
        cluster: what a node of one's own AMI joins.
        placement_group: name of the placement group, if any.
    """
    block = group.capacity.type == "capacity_block"
    everywhere = {"Name": name, **tags}
    return LaunchTemplate(
        scope,
        id,
        name=_short(name),
        description=f"Nodes of {name}",
        update_default_version=True,
        image_id=group.ami_id,
        # A capacity block wants the type here and not in the node group:
        # https://docs.aws.amazon.com/eks/latest/userguide/capacity-blocks-mng.html
        instance_type=group.instance_type if block else None,
        instance_market_options=LaunchTemplateInstanceMarketOptions(market_type="capacity-block")
        if block
        else None,
        capacity_reservation_specification=_reservation(group.capacity),
        network_interfaces=[_interface(one, security_groups) for one in efa_interfaces(group.type)]
        if group.efa
        else None,
        # EC2 takes them here or on the interfaces, never on both.
        vpc_security_group_ids=None if group.efa else list(security_groups) or None,
        placement=LaunchTemplatePlacement(group_name=placement_group) if placement_group else None,
        block_device_mappings=_volumes(group),
        metadata_options=LaunchTemplateMetadataOptions(
            http_endpoint="enabled", http_tokens="required", http_put_response_hop_limit=group.imds_hop_limit
        ),
        user_data=user_data(group, cluster),
        tag_specifications=[
            LaunchTemplateTagSpecifications(resource_type=kind, tags=everywhere)
            for kind in ("instance", "volume", "network-interface")
        ],
        tags={"Name": name},
    )


def _short(name: str) -> str:
    """A name that is no longer than the provider takes of a launch template; the end of a longer one is its hash."""
    if len(name) <= _MAX_NAME:
        return name
    return f"{name[: _MAX_NAME - 9]}-{hashlib.sha256(name.encode()).hexdigest()[:8]}"


def _interface(interface: Interface, security_groups: Sequence[str]) -> LaunchTemplateNetworkInterfaces:
    return LaunchTemplateNetworkInterfaces(
        network_card_index=interface.card,
        device_index=interface.device,
        interface_type=interface.type,
        associate_public_ip_address="false",
        delete_on_termination="true",
        security_groups=list(security_groups),
    )


def _reservation(capacity: Capacity) -> LaunchTemplateCapacityReservationSpecification | None:
    if not capacity.is_reserved:
        wanted = capacity.reservation_preference
        return (
            LaunchTemplateCapacityReservationSpecification(capacity_reservation_preference=wanted)
            if wanted
            else None
        )
    return LaunchTemplateCapacityReservationSpecification(
        capacity_reservation_target=LaunchTemplateCapacityReservationSpecificationCapacityReservationTarget(
            capacity_reservation_id=capacity.reservation_id,
            capacity_reservation_resource_group_arn=capacity.reservation_group_arn,
        )
    )


def _volumes(group: NodeGroup) -> list[LaunchTemplateBlockDeviceMappings]:
    """The root volume; Bottlerocket keeps containers and logs on a second one, its own disk being read-only."""
    volume = group.root_volume
    return [
        LaunchTemplateBlockDeviceMappings(
            device_name="/dev/xvdb" if group.is_bottlerocket else ROOT_DEVICE,
            ebs=LaunchTemplateBlockDeviceMappingsEbs(
                volume_size=volume.size_gib,
                volume_type=volume.type,
                iops=volume.iops,
                throughput=volume.throughput,
                encrypted="true",
                kms_key_id=volume.kms_key_arn,
                delete_on_termination="true",
            ),
        )
    ]
