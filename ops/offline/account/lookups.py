"""The data sources, as the account answers them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from ipaddress import IPv4Network
from typing import Any

from modules import catalog

from . import eks
from .account import Account, NotFoundError, State
from .invented import MOMENT, digest, hex17, letters
from .policy_document import PolicyDocumentError, policy_document

Answer = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Question:
    """A data source's configuration, and the account that it is asked of."""

    account: Account
    config: State


def _filters(config: State) -> dict[str, list[str]]:
    """The `filter` blocks: name to values."""
    return {block["name"]: list(block["values"]) for block in config.get("filter") or ()}


def _matches(facts: Mapping[str, str], filters: Mapping[str, list[str]]) -> bool:
    """Whether something has one of the values of each filter; values may have wildcards."""
    return all(
        any(fnmatchcase(facts.get(name, ""), value) for value in values) for name, values in filters.items()
    )


# Region and account


def _availability_zones(ask: Question) -> Answer:
    region, filters = ask.account.region, _filters(ask.config)
    if ask.config.get("state"):
        filters["state"] = [ask.config["state"]]
    names, ids, groups = [], [], set()
    for name, id in sorted({**ask.account.zones, **ask.account.local_zones}.items()):
        local = name in ask.account.local_zones
        facts = {
            "group-name": name[:-1] if local else f"{region}-zg-1",
            "opt-in-status": "opted-in" if local else "opt-in-not-required",
            "region-name": region,
            "state": "available",
            "zone-id": id,
            "zone-name": name,
            "zone-type": "local-zone" if local else "availability-zone",
        }
        excluded = name in (ask.config.get("exclude_names") or ()) or id in (
            ask.config.get("exclude_zone_ids") or ()
        )
        if excluded or not _matches(facts, filters):
            continue
        names.append(name)
        ids.append(id)
        groups.add(facts["group-name"])
    return {"id": region, "names": names, "zone_ids": ids, "group_names": sorted(groups)}


def _caller_identity(ask: Question) -> Answer:
    return {
        "id": ask.account.id,
        "account_id": ask.account.id,
        "arn": ask.account.arn("iam", "user/offline", regional=False),
        "user_id": f"AIDA{digest('user', ask.account.id)[:17].upper()}",
    }


def _partition(ask: Question) -> Answer:
    suffix = ask.account.dns_suffix
    return {
        "id": ask.account.partition,
        "partition": ask.account.partition,
        "dns_suffix": suffix,
        "reverse_dns_prefix": ".".join(reversed(suffix.split("."))),
    }


def _region(ask: Question) -> Answer:
    return {
        "id": ask.account.region,
        "name": ask.account.region,
        "region": ask.account.region,
        "endpoint": f"ec2.{ask.account.region}.{ask.account.dns_suffix}",
        "description": ask.account.region,
    }


# EKS

_CLUSTER_BLOCKS = (
    "access_config",
    "certificate_authority",
    "compute_config",
    "control_plane_scaling_config",
    "identity",
    "kubernetes_network_config",
    "outpost_config",
    "remote_network_config",
    "storage_config",
    "upgrade_policy",
    "vpc_config",
    "zonal_shift_config",
)
_CLUSTER_VALUES = (
    "arn",
    "cluster_id",
    "created_at",
    "deletion_protection",
    "enabled_cluster_log_types",
    "endpoint",
    "platform_version",
    "role_arn",
    "status",
    "version",
)


def _cluster(ask: Question) -> Answer:
    name = ask.config["name"]
    state = ask.account.get("aws_eks_cluster", name)
    if state is None:
        state = _other_cluster(ask.account, name)
    answer = {member: state.get(member) or [] for member in _CLUSTER_BLOCKS}
    answer.update({member: state.get(member) for member in _CLUSTER_VALUES})
    return {**answer, "id": name, "tags": state.get("tags_all") or state.get("tags") or {}}


def _other_cluster(account: Account, name: str) -> Answer:
    """A cluster that was not made here: one of the account's, or assumed."""
    given = account.clusters.get(name)
    if given is None:
        if not account.clusters_assumed:
            raise NotFoundError(
                f"reading EKS Cluster ({name}): couldn't find resource: ResourceNotFoundException: No cluster found "
                f"for name: {name}."
            )
        account.assume_cluster(name)
    version = account.cluster_version(name)
    subnets = list(given.subnet_ids) if given else sorted(account.subnets)
    vpc_config = {
        "endpoint_private_access": True,
        "endpoint_public_access": True,
        "security_group_ids": [],
        "subnet_ids": subnets,
    }
    facts = eks.cluster_facts({"name": name, "version": version, "vpc_config": [vpc_config]}, account)
    vpc_id = given.vpc_id if given else next(iter(account.vpcs), f"vpc-{hex17('cluster', name)}")
    role = (given.role_arn if given else "") or account.arn("iam", f"role/{name}-cluster", regional=False)
    return {
        **facts,
        "vpc_config": [{**vpc_config, **facts["vpc_config"][0], "vpc_id": vpc_id}],
        "access_config": [
            {"authentication_mode": "API", "bootstrap_cluster_creator_admin_permissions": True}
        ],
        "created_at": MOMENT,
        "deletion_protection": False,
        "enabled_cluster_log_types": [],
        "role_arn": role,
    }


def _cluster_auth(ask: Question) -> Answer:
    name = ask.config["name"]
    return {"id": name, "token": f"k8s-aws-v1.{digest('token', name)}"}


def _addon_version(ask: Question) -> Answer:
    name, kubernetes = ask.config["addon_name"], ask.config["kubernetes_version"]
    version = eks.addon_version(name, kubernetes, most_recent=bool(ask.config.get("most_recent")))
    if version is None or catalog.kubernetes_version(kubernetes) is None:
        raise NotFoundError(f"reading EKS Add-On version info ({name}, {kubernetes}): empty result")
    return {"id": name, "version": version}


# EC2


def _instance_type_offerings(ask: Question) -> Answer:
    by_zone = ask.config.get("location_type") == "availability-zone"
    filters = _filters(ask.config)
    # A thousand types, of which mostly one is asked for.
    of_type = {name: values for name, values in filters.items() if name == "instance-type"}
    found = [
        (kind, place)
        for kind, places in _offered(ask.account, by_zone=by_zone)
        if _matches({"instance-type": kind}, of_type)
        for place in places
        if _matches({"instance-type": kind, "location": place}, filters)
    ]
    return {
        "id": ask.account.region,
        "instance_types": [kind for kind, _ in found],
        "locations": [place for _, place in found],
        "location_types": ["availability-zone" if by_zone else "region"] * len(found),
    }


def _offered(account: Account, *, by_zone: bool) -> Iterator[tuple[str, list[str]]]:
    """Instance types with the places that have them."""
    everywhere = sorted({**account.zones, **account.local_zones})
    offerings = account.offerings
    for kind in catalog.names() if offerings is None else sorted(offerings):
        zones = everywhere if offerings is None else sorted(offerings[kind])
        yield kind, list(zones) if by_zone else [account.region] * bool(zones)


def _image(ask: Question) -> Answer:
    filters = _filters(ask.config)
    found = [id for id in sorted(ask.account.images) if _matches({"image-id": id}, filters)]
    if not found:
        raise NotFoundError(
            "Your query returned no results. Please change your search criteria and try again."
        )
    id = found[0]
    image = ask.account.images[id]
    ebs = {
        "delete_on_termination": "true",
        "encrypted": "false",
        "iops": "0",
        "snapshot_id": f"snap-{hex17('root', id)}",
        "throughput": "0",
        "volume_size": "20",
        "volume_type": "gp3",
    }
    return {
        "id": id,
        "image_id": id,
        "arn": ask.account.arn("ec2", f"image/{id}", owned=False),
        "architecture": image.architecture,
        "block_device_mappings": [
            {"device_name": image.root_device_name, "ebs": ebs, "no_device": "", "virtual_name": ""}
        ],
        "boot_mode": "uefi-preferred",
        "creation_date": MOMENT,
        "deprecation_time": "",
        "description": "",
        "ena_support": True,
        "hypervisor": "xen",
        "image_location": f"{ask.account.id}/{id}",
        "image_owner_alias": "",
        "image_type": "machine",
        "imds_support": "v2.0",
        "kernel_id": "",
        "last_launched_time": "",
        "name": id,
        "owner_id": ask.account.id,
        "platform": "",
        "platform_details": "Linux/UNIX",
        "product_codes": [],
        "public": False,
        "ramdisk_id": "",
        "root_device_name": image.root_device_name,
        "root_device_type": "ebs",
        "root_snapshot_id": ebs["snapshot_id"],
        "sriov_net_support": "simple",
        "state": "available",
        "state_reason": {"code": "UNSET", "message": "UNSET"},
        "tags": {},
        "tpm_support": "",
        "usage_operation": "RunInstances",
        "virtualization_type": "hvm",
    }


def _vpc(ask: Question) -> Answer:
    return _one(
        ask.config, _vpcs(ask.account), "EC2 VPC", {"vpc-id": "id", "cidr": "cidr_block", "state": "state"}
    )


def _vpcs(account: Account) -> Iterator[Answer]:
    for id, vpc in sorted(account.vpcs.items()):
        yield _vpc_answer(
            account,
            id,
            {
                "cidr_block": vpc.cidr,
                "enable_dns_support": vpc.dns_support,
                "enable_dns_hostnames": vpc.dns_hostnames,
            },
        )
    for state in account.all("aws_vpc"):
        yield _vpc_answer(account, state["id"], state)


def _vpc_answer(account: Account, id: str, state: State) -> Answer:
    return {
        "id": id,
        "arn": account.arn("ec2", f"vpc/{id}"),
        "cidr_block": state["cidr_block"],
        "cidr_block_associations": [
            {
                "association_id": f"vpc-cidr-assoc-{hex17('cidr', id)}",
                "cidr_block": state["cidr_block"],
                "state": "associated",
            }
        ],
        "default": False,
        "dhcp_options_id": f"dopt-{hex17('default', account.id, account.region)}",
        "enable_dns_hostnames": bool(state.get("enable_dns_hostnames")),
        "enable_dns_support": bool(state.get("enable_dns_support")),
        "enable_network_address_usage_metrics": bool(state.get("enable_network_address_usage_metrics")),
        "instance_tenancy": state.get("instance_tenancy") or "default",
        "ipv6_association_id": state.get("ipv6_association_id") or "",
        "ipv6_cidr_block": state.get("ipv6_cidr_block") or "",
        "main_route_table_id": state.get("main_route_table_id") or f"rtb-{hex17('main', id)}",
        "owner_id": account.id,
        "state": "available",
        "tags": state.get("tags_all") or {},
    }


_SUBNET_FILTERS = {
    "availability-zone": "availability_zone",
    "availability-zone-id": "availability_zone_id",
    "cidr-block": "cidr_block",
    "state": "state",
    "subnet-id": "id",
    "vpc-id": "vpc_id",
}


def _subnet(ask: Question) -> Answer:
    return _one(ask.config, _all_subnets(ask.account), "EC2 Subnet", _SUBNET_FILTERS)


def _subnets(ask: Question) -> Answer:
    found = _found(ask.config, _all_subnets(ask.account), _SUBNET_FILTERS)
    return {
        "id": ask.account.region,
        "ids": [one["id"] for one in found],
        "tags": dict(ask.config.get("tags") or {}),
    }


def _all_subnets(account: Account) -> Iterator[Answer]:
    for id in account.subnet_ids():
        subnet = account.subnet(id)
        assert subnet is not None
        state = account.get("aws_subnet", id) or {}
        yield {
            "id": id,
            "arn": account.arn("ec2", f"subnet/{id}"),
            "assign_ipv6_address_on_creation": bool(state.get("assign_ipv6_address_on_creation")),
            "availability_zone": subnet.zone,
            "availability_zone_id": {**account.zones, **account.local_zones}.get(subnet.zone, ""),
            "available_ip_address_count": IPv4Network(subnet.cidr).num_addresses - 5,
            "cidr_block": subnet.cidr,
            "customer_owned_ipv4_pool": "",
            "default_for_az": False,
            "enable_dns64": bool(state.get("enable_dns64")),
            "enable_lni_at_device_index": 0,
            "enable_resource_name_dns_a_record_on_launch": False,
            "enable_resource_name_dns_aaaa_record_on_launch": False,
            "ipv6_cidr_block": state.get("ipv6_cidr_block") or "",
            "ipv6_cidr_block_association_id": state.get("ipv6_cidr_block_association_id") or "",
            "ipv6_native": False,
            "map_customer_owned_ip_on_launch": False,
            "map_public_ip_on_launch": bool(state.get("map_public_ip_on_launch")),
            "outpost_arn": "",
            "owner_id": account.id,
            "private_dns_hostname_type_on_launch": "ip-name",
            "state": "available",
            "tags": state.get("tags_all") or {},
            "vpc_id": subnet.vpc_id,
        }


def _security_group(ask: Question) -> Answer:
    members = ("arn", "description", "id", "name", "vpc_id")
    groups = [
        {**{member: state[member] for member in members}, "tags": state.get("tags_all") or {}}
        for state in ask.account.all("aws_security_group")
    ]
    groups += [
        {
            "arn": ask.account.arn("ec2", f"security-group/{id}"),
            "description": "",
            "id": id,
            "name": id.replace("sg-", "group-"),
            "vpc_id": vpc_id,
            "tags": {},
        }
        for id, vpc_id in sorted(ask.account.security_groups.items())
    ]
    return _one(
        ask.config,
        groups,
        "EC2 Security Group",
        {"group-id": "id", "group-name": "name", "vpc-id": "vpc_id"},
    )


def _found(config: State, candidates: Iterable[Answer], filters: Mapping[str, str]) -> list[Answer]:
    """What has all the values that the configuration names, as arguments, filters or tags."""
    wanted = _filters(config)
    found = []
    for one in candidates:
        tags = one["tags"]
        facts = {name: str(one[member]) for name, member in filters.items()}
        facts |= {f"tag:{key}": value for key, value in tags.items()}
        arguments = all(
            config.get(name) in (None, "", value) for name, value in one.items() if isinstance(value, str)
        )
        tagged = all(tags.get(key) == value for key, value in (config.get("tags") or {}).items())
        if arguments and tagged and _matches(facts, wanted):
            found.append(one)
    return found


def _one(config: State, candidates: Iterable[Answer], what: str, filters: Mapping[str, str]) -> Answer:
    found = _found(config, candidates, filters)
    if not found:
        raise NotFoundError(f"no matching {what} found")
    if len(found) > 1:
        raise NotFoundError(
            f"multiple {what}s matched; use additional constraints to reduce matches to a single {what}"
        )
    return found[0]


# Systems Manager


def _parameter(ask: Question) -> Answer:
    """One that was made here, or assumed like the cluster that it belongs to."""
    name, account = str(ask.config["name"]), ask.account
    made = account.get("aws_ssm_parameter", name)
    if made is None and not account.clusters_assumed:
        raise NotFoundError(f"reading SSM Parameter ({name}): couldn't find resource")
    shown = str(made.get("insecure_value") or "") if made is not None else _file_system_address(name, account)
    value = shown or str(made.get("value") if made is not None else "")
    return {
        "id": name,
        "arn": account.arn("ssm", f"parameter/{name.lstrip('/')}"),
        "insecure_value": value if made is None or made["type"] != "SecureString" else "",
        "type": made["type"] if made is not None else "String",
        "value": value,
        "version": made["version"] if made is not None else 1,
    }


def _file_system_address(name: str, account: Account) -> str:
    """What `modules/lustre.py` writes of a file system."""
    id = f"fs-{hex17('assumed', name)}"
    dns_name = f"{id}.fsx.{account.region}.{account.dns_suffix}"
    return json.dumps({"dns_name": dns_name, "id": id, "mount_name": letters(8, "mount", id)})


# IAM


def _policy_document(ask: Question) -> Answer:
    try:
        return dict(policy_document(ask.config))
    except PolicyDocumentError as error:
        raise NotFoundError(str(error)) from error


def _openid_connect_provider(ask: Question) -> Answer:
    """By its URL, which `url` of the answer has without https:// ."""
    url = str(ask.config["url"])
    for made in ask.account.all("aws_iam_openid_connect_provider"):
        host = str(made["url"]).removeprefix("https://")
        if host == url.removeprefix("https://"):
            told = {name: made.get(name) for name in ("arn", "client_id_list", "thumbprint_list")}
            return {**told, "id": made["arn"], "tags": made.get("tags_all") or {}, "url": host}
    raise NotFoundError(f"reading IAM OIDC Provider ({url}): couldn't find resource")


LOOKUPS: Mapping[str, Callable[[Question], Answer]] = {
    "aws_ami": _image,
    "aws_availability_zones": _availability_zones,
    "aws_caller_identity": _caller_identity,
    "aws_ec2_instance_type_offerings": _instance_type_offerings,
    "aws_eks_addon_version": _addon_version,
    "aws_eks_cluster": _cluster,
    "aws_eks_cluster_auth": _cluster_auth,
    "aws_iam_openid_connect_provider": _openid_connect_provider,
    "aws_iam_policy_document": _policy_document,
    "aws_partition": _partition,
    "aws_region": _region,
    "aws_security_group": _security_group,
    "aws_ssm_parameter": _parameter,
    "aws_subnet": _subnet,
    "aws_subnets": _subnets,
    "aws_vpc": _vpc,
}
