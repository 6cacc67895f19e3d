"""What AWS refuses to delete, because something still needs it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ..account import Account
from . import kubernetes
from .common import Rule, State, block


def _users(values: State, account: Account, *uses: tuple[str, str]) -> bool:
    """Whether a resource of one of the types has this one's id in the attribute beside the type."""
    id = values["id"]
    return any(
        id == found or (isinstance(found, list) and id in found)
        for type_name, member in uses
        for other in account.all(type_name)
        for found in [other.get(member)]
    )


def _delete_vpc(values: State, account: Account) -> str | None:
    id = values["id"]
    if _users(
        values,
        account,
        ("aws_subnet", "vpc_id"),
        ("aws_security_group", "vpc_id"),
        ("aws_internet_gateway", "vpc_id"),
        ("aws_vpc_endpoint", "vpc_id"),
        ("aws_route_table", "vpc_id"),
    ):
        return f"DependencyViolation: The vpc '{id}' has dependencies and cannot be deleted."
    return None


def _delete_subnet(values: State, account: Account) -> str | None:
    """Interfaces lie in it: of nodes, NAT gateways, endpoints and control planes."""
    id = values["id"]
    in_cluster = any(
        id in (block(cluster, "vpc_config").get("subnet_ids") or ())
        for cluster in account.all("aws_eks_cluster")
    )
    if in_cluster or _users(
        values,
        account,
        ("aws_eks_node_group", "subnet_ids"),
        ("aws_fsx_lustre_file_system", "subnet_ids"),
        ("aws_nat_gateway", "subnet_id"),
        ("aws_vpc_endpoint", "subnet_ids"),
    ):
        return f"DependencyViolation: The subnet '{id}' has dependencies and cannot be deleted."
    return None


def _delete_security_group(values: State, account: Account) -> str | None:
    id = values["id"]
    used = id in _groups_of_nodes(account)
    used = used or _users(
        values,
        account,
        ("aws_vpc_endpoint", "security_group_ids"),
        ("aws_fsx_lustre_file_system", "security_group_ids"),
    )
    used = used or any(
        id in (block(cluster, "vpc_config").get("security_group_ids") or ())
        for cluster in account.all("aws_eks_cluster")
    )
    # A rule of another group that names this one; its own go with it.
    used = used or any(
        rule.get("referenced_security_group_id") == id and rule.get("security_group_id") != id
        for direction in ("ingress", "egress")
        for rule in account.all(f"aws_vpc_security_group_{direction}_rule")
    )
    return f"DependencyViolation: resource {id} has a dependent object" if used else None


def _templates_in_use(account: Account) -> Iterator[State]:
    """Launch templates of node groups that live."""
    for group in account.all("aws_eks_node_group"):
        template = account.get("aws_launch_template", str(block(group, "launch_template").get("id")))
        if template is not None:
            yield template


def _groups_of_nodes(account: Account) -> set[str]:
    found: set[str] = set()
    for template in _templates_in_use(account):
        found.update(template.get("vpc_security_group_ids") or ())
        for interface in template.get("network_interfaces") or ():
            found.update(interface.get("security_groups") or ())
    return found


def _delete_placement_group(values: State, account: Account) -> str | None:
    name = values["name"]
    if any(block(template, "placement").get("group_name") == name for template in _templates_in_use(account)):
        return f"InvalidPlacementGroup.InUse: The placement group '{name}' is in use and may not be deleted."
    return None


def _delete_internet_gateway(values: State, account: Account) -> str | None:
    """Public addresses in the VPC go through it; the provider detaches the gateway before it deletes it."""
    vpc_id = values.get("vpc_id")
    for nat in account.all("aws_nat_gateway"):
        subnet = account.subnet(str(nat.get("subnet_id")))
        if nat.get("allocation_id") and subnet and subnet.vpc_id == vpc_id:
            return (
                f"DependencyViolation: Network {vpc_id} has some mapped public address(es). Please unmap those "
                "public address(es) before detaching the gateway."
            )
    return None


def _delete_route_table(values: State, account: Account) -> str | None:
    if _users(values, account, ("aws_route_table_association", "route_table_id")):
        return f"DependencyViolation: The routeTable '{values['id']}' has dependencies and cannot be deleted."
    return None


def _delete_eip(values: State, account: Account) -> str | None:
    if _users(values, account, ("aws_nat_gateway", "allocation_id")):
        return f"InvalidIPAddress.InUse: Address {values.get('public_ip')} is in use."
    return None


def _delete_cluster(values: State, account: Account) -> str | None:
    name = values["name"]
    if values.get("deletion_protection") is True:
        return "InvalidRequestException: Cluster has deletion protection enabled"
    if any(group["cluster_name"] == name for group in account.all("aws_eks_node_group")):
        return "ResourceInUseException: Cluster has nodegroups attached"
    return None


def _delete_event_rule(values: State, account: Account) -> str | None:
    if any(one["rule"] == values["name"] for one in account.all("aws_cloudwatch_event_target")):
        return "ValidationException: Rule can't be deleted since it has targets."
    return None


def _delete_role(values: State, account: Account) -> str | None:
    name = values["name"]
    if values.get("force_detach_policies") is True:
        return None
    if any(one["role"] == name for one in account.all("aws_iam_role_policy_attachment")):
        return "DeleteConflict: Cannot delete entity, must detach all policies first."
    if any(one["role"] == name for one in account.all("aws_iam_role_policy")):
        return "DeleteConflict: Cannot delete entity, must delete policies first."
    return None


DELETE: Mapping[str, Rule] = {
    **kubernetes.DELETE,
    "aws_cloudwatch_event_rule": _delete_event_rule,
    "aws_eip": _delete_eip,
    "aws_eks_cluster": _delete_cluster,
    "aws_iam_role": _delete_role,
    "aws_internet_gateway": _delete_internet_gateway,
    "aws_placement_group": _delete_placement_group,
    "aws_route_table": _delete_route_table,
    "aws_security_group": _delete_security_group,
    "aws_subnet": _delete_subnet,
    "aws_vpc": _delete_vpc,
}
