"""The launch template of a managed node group: EFA interfaces, capacity, volumes, metadata service."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

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

from .catalog import InstanceType
from .layout.models import Capacity, NodeGroup
from .user_data import user_data


@dataclass(frozen=True, slots=True)
class Interface:
    """A network interface of an EFA node: its network card, its device index, and what it carries."""

    card: int
    device: int
    type: Literal["interface", "efa", "efa-only"]


def efa_interfaces(instance_type: InstanceType) -> tuple[Interface, ...]:
    """The interfaces of an instance type that give it all of its EFA bandwidth.

    One card: one `efa` interface, which carries both IP and EFA. More cards: an ENA interface on card 0 with the
    node's address, and `efa-only` on each card that has EFA. `efa-only` takes no IP address, where `efa` on all 32
    cards of a p5 takes 32 and more.

    Source: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/efa-acc-inst-types.html and
    https://docs.aws.amazon.com/eks/latest/userguide/device-management-efa.html

    Raises:
        ValueError: the type has no EFA.
    """
    cards = instance_type.efa_cards
    if not cards:
        raise ValueError(f"{instance_type.name} has no EFA")
    if len(instance_type.network_cards) == 1:
        return (Interface(0, 0, "efa"),)
    return (
        Interface(0, 0, "interface"),
        *(Interface(card, 1 if card == 0 else 0, "efa-only") for card in cards),
    )


def launch_template(
    scope: Construct,
    id: str,
    *,
    name: str,
    group: NodeGroup,
    tags: dict[str, str],
    efa_security_groups: Sequence[str],
    placement_group: str | None,
) -> LaunchTemplate:
    """A launch template that EKS takes for a managed node group: no instance profile, no subnet, no AMI.

    Args:
        name: of the template, and of its instances.
        tags: of the instances, volumes and interfaces; EKS passes no others on.
        efa_security_groups: groups of every interface of an EFA node. They replace the one that EKS adds.
        placement_group: name of the placement group, if any.
    """
    block = group.capacity.type == "capacity_block"
    everywhere = {"Name": name, **tags}
    return LaunchTemplate(
        scope,
        id,
        name=name,
        description=f"Nodes of {name}",
        update_default_version=True,
        # A capacity block wants the type here and not in the node group:
        # https://docs.aws.amazon.com/eks/latest/userguide/capacity-blocks-mng.html
        instance_type=group.instance_type if block else None,
        instance_market_options=LaunchTemplateInstanceMarketOptions(market_type="capacity-block")
        if block
        else None,
        capacity_reservation_specification=_reservation(group.capacity),
        network_interfaces=[_interface(one, efa_security_groups) for one in efa_interfaces(group.type)]
        if group.efa
        else None,
        placement=LaunchTemplatePlacement(group_name=placement_group) if placement_group else None,
        block_device_mappings=_volumes(group),
        metadata_options=LaunchTemplateMetadataOptions(
            http_endpoint="enabled", http_tokens="required", http_put_response_hop_limit=group.imds_hop_limit
        ),
        user_data=user_data(group),
        tag_specifications=[
            LaunchTemplateTagSpecifications(resource_type=kind, tags=everywhere)
            for kind in ("instance", "volume", "network-interface")
        ],
        tags={"Name": name},
    )


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
        return None
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
            device_name="/dev/xvdb" if group.is_bottlerocket else "/dev/xvda",
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
