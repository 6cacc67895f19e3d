"""What an account has beside moto's, and the operations that tell of it: those that moto 5.2.5 does not know.

A test changes `Extras`; it holds answers in the form of the API. What cannot be an answer fails where it is sent: wire.py.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import Any

from moto.eks.models import eks_backends

from .wire import Answer, AwsError, Call

ACCOUNT_ID = "123456789012"  # moto's own


@dataclass
class Addon:
    """An EKS add-on.

    Args:
        versions: the Kubernetes versions that each of its own is for, newest first.
        default: its own version that is the default, by Kubernetes version; the last of those for it without one.
    """

    versions: dict[str, list[str]]
    default: dict[str, str] = field(default_factory=dict)

    def default_for(self, kubernetes: str) -> str | None:
        """The version that EKS installs where none is asked for."""
        offered = [own for own, those in self.versions.items() if kubernetes in those]
        return self.default.get(kubernetes, offered[-1] if offered else None)


@dataclass
class Extras:
    """The account's things that moto has no place for.

    Args:
        reservations: as DescribeCapacityReservations tells them.
        reservation_groups: ids of reservations by the ARN of their resource group.
        placement_groups: as DescribePlacementGroups tells them.
        capacity_blocks: as DescribeCapacityBlocks tells them.
        cluster_versions: as DescribeClusterVersions tells them.
        addons: EKS add-ons by name.
        quotas: applied values by the service's code and the quota's.
        offerings: the zones that have an instance type; moto's own where it is empty.
        default_quotas: those which only GetAWSDefaultServiceQuota knows.
        pull_through_cache_rules: as ECR's DescribePullThroughCacheRules tells them.
    """

    reservations: list[Answer] = field(default_factory=list)
    reservation_groups: dict[str, list[str]] = field(default_factory=dict)
    placement_groups: list[Answer] = field(default_factory=list)
    capacity_blocks: list[Answer] = field(default_factory=list)
    cluster_versions: list[Answer] = field(default_factory=list)
    addons: dict[str, Addon] = field(default_factory=dict)
    offerings: dict[str, list[str]] = field(default_factory=dict)
    quotas: dict[tuple[str, str], float] = field(default_factory=dict)
    default_quotas: dict[tuple[str, str], float] = field(default_factory=dict)
    pull_through_cache_rules: list[Answer] = field(default_factory=list)

    def add_reservation(self, zone: str, instance_type: str, count: int, **more: Any) -> Answer:
        """An active on-demand reservation with all of its instances free; `more` says it otherwise."""
        id = f"cr-{len(self.reservations) + 1:017x}"
        made: Answer = {
            "CapacityReservationId": id,
            "CapacityReservationArn": f"arn:aws:ec2:{zone[:-1]}:{ACCOUNT_ID}:capacity-reservation/{id}",
            "OwnerId": ACCOUNT_ID,
            "AvailabilityZone": zone,
            "InstanceType": instance_type,
            "InstancePlatform": "Linux/UNIX",
            "Tenancy": "default",
            "TotalInstanceCount": count,
            "AvailableInstanceCount": count,
            "EbsOptimized": False,
            "EphemeralStorage": False,
            "State": "active",
            "EndDateType": "unlimited",
            "InstanceMatchCriteria": "targeted",
            "ReservationType": "default",
            "StartDate": datetime.now(tz=timezone.utc) - timedelta(days=1),
            "CreateDate": datetime.now(tz=timezone.utc) - timedelta(days=1),
            "Tags": [],
            "CapacityAllocations": [],
        }
        made |= more
        self.reservations.append(made)
        return made

    def add_placement_group(self, region: str, name: str, strategy: str = "cluster") -> Answer:
        """A placement group that is available."""
        made: Answer = {
            "GroupName": name,
            "State": "available",
            "Strategy": strategy,
            "GroupId": f"pg-{len(self.placement_groups) + 1:017x}",
            "GroupArn": f"arn:aws:ec2:{region}:{ACCOUNT_ID}:placement-group/{name}",
            "Tags": [],
        }
        self.placement_groups.append(made)
        return made


def describe_capacity_reservations(extras: Extras, call: Call) -> Answer:
    found = _by_ids(
        extras.reservations,
        "CapacityReservationId",
        call.parameters.get("CapacityReservationIds"),
        "InvalidCapacityReservationId.NotFound",
        "The capacity reservation ID '{}' does not exist",
    )
    names = {
        "instance-type": "InstanceType",
        "owner-id": "OwnerId",
        "state": "State",
        "availability-zone": "AvailabilityZone",
        "availability-zone-id": "AvailabilityZoneId",
        "tenancy": "Tenancy",
        "instance-platform": "InstancePlatform",
        "instance-match-criteria": "InstanceMatchCriteria",
        "placement-group-arn": "PlacementGroupArn",
    }
    return {"CapacityReservations": _filtered(found, call, names)}


def groups_for_capacity_reservation(extras: Extras, call: Call) -> Answer:
    id = call.parameters["CapacityReservationId"]
    arns = [arn for arn, ids in extras.reservation_groups.items() if id in ids]
    groups = [{"GroupArn": arn, "OwnerId": ACCOUNT_ID} for arn in arns]
    return {"CapacityReservationGroups": groups}


def list_group_resources(extras: Extras, call: Call) -> Answer:
    group = str(call.parameters.get("Group") or call.parameters.get("GroupName"))
    for arn, ids in extras.reservation_groups.items():
        if group in (arn, arn.rpartition("/")[2]):
            identifiers = [
                {
                    "ResourceArn": f"arn:aws:ec2:{call.region}:{ACCOUNT_ID}:capacity-reservation/{id}",
                    "ResourceType": "AWS::EC2::CapacityReservation",
                }
                for id in ids
            ]
            return {
                "ResourceIdentifiers": identifiers,
                "Resources": [{"Identifier": one} for one in identifiers],
            }
    raise AwsError("NotFoundException", f"Cannot find group: {group}")


def describe_capacity_blocks(extras: Extras, call: Call) -> Answer:
    found = _by_ids(
        extras.capacity_blocks,
        "CapacityBlockId",
        call.parameters.get("CapacityBlockIds"),
        "InvalidCapacityBlockId.NotFound",
        "The capacity block ID '{}' does not exist",
    )
    return {"CapacityBlocks": found}


def describe_placement_groups(extras: Extras, call: Call) -> Answer:
    found = _by_ids(
        extras.placement_groups,
        "GroupName",
        call.parameters.get("GroupNames"),
        "InvalidPlacementGroup.Unknown",
        "The Placement Group '{}' is unknown.",
    )
    found = _by_ids(
        found,
        "GroupId",
        call.parameters.get("GroupIds"),
        "InvalidPlacementGroupId.Unknown",
        "The Placement Group '{}' is unknown.",
    )
    names = {
        "group-name": "GroupName",
        "group-arn": "GroupArn",
        "state": "State",
        "strategy": "Strategy",
    }
    return {"PlacementGroups": _filtered(found, call, names)}


def describe_instance_type_offerings(extras: Extras, call: Call) -> Answer | None:
    """By zone; moto tells the rest."""
    location = call.parameters.get("LocationType")
    if not extras.offerings or location != "availability-zone":
        return None
    there = [
        {"InstanceType": kind, "LocationType": location, "Location": zone}
        for kind, zones in extras.offerings.items()
        for zone in zones
    ]
    names = {"instance-type": "InstanceType", "location": "Location"}
    return {"InstanceTypeOfferings": _filtered(there, call, names)}


def describe_cluster_versions(extras: Extras, call: Call) -> Answer:
    wanted = call.parameters.get("clusterVersions")
    return {
        "clusterVersions": [
            one for one in extras.cluster_versions if not wanted or one["clusterVersion"] in wanted
        ]
    }


def describe_addon_versions(extras: Extras, call: Call) -> Answer:
    version, wanted = call.parameters.get("kubernetesVersion"), call.parameters.get("addonName")
    if wanted and wanted not in extras.addons:
        raise AwsError("ResourceNotFoundException", f"No add-on with the name {wanted} was found")
    known = [str(one["clusterVersion"]) for one in extras.cluster_versions]
    if version and version not in known:
        raise AwsError("InvalidParameterException", f"Invalid kubernetesVersion: {version}")
    return {
        "addons": [
            {
                "addonName": name,
                "type": "",
                "publisher": "eks",
                "owner": "aws",
                "addonVersions": versions,
            }
            for name, addon in extras.addons.items()
            if not wanted or name == wanted
            if (versions := _addon_versions(addon, [version] if version else known))
        ]
    }


def _addon_versions(addon: Addon, kubernetes: Sequence[str]) -> list[Answer]:
    return [
        {
            "addonVersion": own,
            "architecture": ["amd64", "arm64"],
            "compatibilities": [
                {
                    "clusterVersion": one,
                    "platformVersions": ["*"],
                    "defaultVersion": addon.default_for(one) == own,
                }
                for one in those
                if one in kubernetes
            ],
            "requiresConfiguration": False,
        }
        for own, those in addon.versions.items()
        if set(those) & set(kubernetes)
    ]


def get_service_quota(extras: Extras, call: Call) -> Answer:
    return _quota(extras.quotas, call)


def get_default_service_quota(extras: Extras, call: Call) -> Answer:
    return _quota(extras.default_quotas, call)


def list_service_quotas(extras: Extras, call: Call) -> Answer:
    return _quotas(extras.quotas, call)


def list_default_service_quotas(extras: Extras, call: Call) -> Answer:
    return _quotas(extras.default_quotas, call)


def _quota(quotas: Mapping[tuple[str, str], float], call: Call) -> Answer:
    service, code = call.parameters["ServiceCode"], call.parameters["QuotaCode"]
    if (service, code) not in quotas:
        raise AwsError("NoSuchResourceException", "The specified quota does not exist.")
    return {"Quota": _described(service, code, quotas[service, code], call)}


def _quotas(quotas: Mapping[tuple[str, str], float], call: Call) -> Answer:
    wanted = call.parameters["ServiceCode"]
    return {
        "Quotas": [
            _described(service, code, value, call)
            for (service, code), value in quotas.items()
            if service == wanted
        ]
    }


def _described(service: str, code: str, value: float, call: Call) -> Answer:
    return {
        "ServiceCode": service,
        "ServiceName": service,
        "QuotaArn": f"arn:aws:servicequotas:{call.region}:{ACCOUNT_ID}:{service}/{code}",
        "QuotaCode": code,
        "QuotaName": f"quota {code}",
        "Value": value,
        "Unit": "None",
        "Adjustable": True,
        "GlobalQuota": False,
    }


def describe_pull_through_cache_rules(extras: Extras, call: Call) -> Answer:
    return {"pullThroughCacheRules": extras.pull_through_cache_rules}


def list_node_groups(extras: Extras, call: Call) -> Answer | None:
    """moto's own, but for a cluster that is not there, which it does not expect."""
    name = call.parameters["clusterName"]
    if name not in eks_backends[ACCOUNT_ID][call.region].clusters:
        raise AwsError("ResourceNotFoundException", f"No cluster found for name: {name}.")
    return None


def _by_ids(
    there: list[Answer], key: str, ids: Iterable[str] | None, code: str, message: str
) -> list[Answer]:
    """Those of some ids; all of them without ids."""
    if not ids:
        return there
    known = {str(one[key]): one for one in there}
    for id in ids:
        if id not in known:
            raise AwsError(code, message.format(id))
    return [known[id] for id in ids]


def _filtered(there: list[Answer], call: Call, names: Mapping[str, str]) -> list[Answer]:
    """Those that all filters let through; `names` has the key that each filter is about."""
    found = there
    for each in call.parameters.get("Filters") or ():
        if each["Name"] not in names:
            raise AwsError("InvalidParameterValue", f"The filter '{each['Name']}' is invalid")
        found = [one for one in found if one.get(names[each["Name"]]) in each["Values"]]
    return found


# None asks moto.
OPERATIONS: dict[str, Callable[[Extras, Call], Answer | None]] = {
    "ec2:DescribeCapacityReservations": describe_capacity_reservations,
    "ec2:GetGroupsForCapacityReservation": groups_for_capacity_reservation,
    "ec2:DescribeCapacityBlocks": describe_capacity_blocks,
    "ec2:DescribeInstanceTypeOfferings": describe_instance_type_offerings,
    "ec2:DescribePlacementGroups": describe_placement_groups,
    "ecr:DescribePullThroughCacheRules": describe_pull_through_cache_rules,
    "eks:DescribeClusterVersions": describe_cluster_versions,
    "eks:DescribeAddonVersions": describe_addon_versions,
    "eks:ListNodegroups": list_node_groups,
    "resource-groups:ListGroupResources": list_group_resources,
    "service-quotas:GetServiceQuota": get_service_quota,
    "service-quotas:ListServiceQuotas": list_service_quotas,
    "service-quotas:GetAWSDefaultServiceQuota": get_default_service_quota,
    "service-quotas:ListAWSDefaultServiceQuotas": list_default_service_quotas,
}
