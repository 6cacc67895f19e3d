"""What EKS says of what it made."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from .. import eks
from ..account import Account
from ..invented import uuid_of
from .common import Facts, Made, State


def _cluster(made: Made) -> Facts:
    return eks.cluster_facts(made.state, made.account)


def _addon(made: Made) -> Facts:
    cluster, name = str(made.state["cluster_name"]), str(made.state["addon_name"])
    version = eks.addon_version(name, made.account.cluster_version(cluster), most_recent=False)
    return {
        "arn": made.account.arn("eks", f"addon/{cluster}/{name}/{uuid_of('addon', cluster, name)}"),
        "addon_version": version or "",
    }


def _node_group(made: Made) -> Facts:
    cluster, name = str(made.state["cluster_name"]), str(made.state["node_group_name"])
    times = made.account.made["aws_eks_node_group", str(made.state["id"])]
    uuid = uuid_of("node group", cluster, name, times if made.prior is None else times - 1)
    version = made.state.get("version")
    version = version if isinstance(version, str) else made.account.cluster_version(cluster)
    templated = bool(made.state.get("launch_template"))
    ami_type = made.state.get("ami_type")
    image = _image(made.state, made.account)
    release = eks.release_version(ami_type if isinstance(ami_type, str) else "", version)
    return {
        "arn": made.account.arn("eks", f"nodegroup/{cluster}/{name}/{uuid}"),
        "version": version,
        # Both as EKS says them of one's own AMI:
        # https://docs.aws.amazon.com/eks/latest/APIReference/API_Nodegroup.html
        "release_version": image or release,
        "ami_type": "CUSTOM" if image else "AL2023_x86_64_STANDARD",
        "capacity_type": "ON_DEMAND",
        "disk_size": 0 if templated else 20,
        "instance_types": [] if templated else ["t3.medium"],
        "launch_template": _template(made.state, made.account),
        "update_config": [{"max_unavailable": 1, "max_unavailable_percentage": 0}],
        "resources": [
            {
                "autoscaling_groups": [{"name": f"eks-{name}-{uuid}"}],
                "remote_access_security_group_id": "",
            }
        ],
    }


def _template(state: State, account: Account) -> list[dict[str, Any]]:
    """Name and id of the launch template that a node group names by one of them."""
    template = _named_template(state, account)
    return [{"id": template["id"], "name": template["name"]}] if template else []


def _image(state: State, account: Account) -> str | None:
    """The AMI that the launch template of a node group names."""
    template = _named_template(state, account)
    given = template.get("image_id") if template else None
    return given if isinstance(given, str) and given else None


def _named_template(state: State, account: Account) -> State | None:
    given = state.get("launch_template")
    if not isinstance(given, list) or not given:
        return None
    for template in account.all("aws_launch_template"):
        if given[0].get("id") == template["id"] or given[0].get("name") == template["name"]:
            return template
    return None


def _access_entry(made: Made) -> Facts:
    cluster, principal = str(made.state["cluster_name"]), str(made.state["principal_arn"])
    kind, _, name = principal.rpartition(":")[2].partition("/")
    seed = uuid_of("access", cluster, principal)
    return {
        "access_entry_arn": made.account.arn(
            "eks", f"access-entry/{cluster}/{kind}/{principal.split(':')[4]}/{name}/{seed}"
        ),
        "user_name": _NODES if made.state.get("type") == "EC2_LINUX" else _user_name(principal, kind, name),
    }


# Of every node: https://docs.aws.amazon.com/eks/latest/userguide/creating-access-entries.html
_NODES = "system:node:{{EC2PrivateDNSName}}"


def _user_name(principal: str, kind: str, name: str) -> str:
    """What Kubernetes calls a principal: https://docs.aws.amazon.com/eks/latest/userguide/creating-access-entries.html ."""
    if kind != "role":
        return principal
    partition, account_id = principal.split(":")[1], principal.split(":")[4]
    return f"arn:{partition}:sts::{account_id}:assumed-role/{name.rpartition('/')[2]}/{{{{SessionName}}}}"


def _pod_identity(made: Made) -> Facts:
    cluster = made.state["cluster_name"]
    return {
        "association_id": made.state["id"],
        "association_arn": made.account.arn("eks", f"podidentityassociation/{cluster}/{made.state['id']}"),
    }


BY_TYPE: Mapping[str, Callable[[Made], Facts]] = {
    "aws_eks_access_entry": _access_entry,
    "aws_eks_addon": _addon,
    "aws_eks_cluster": _cluster,
    "aws_eks_node_group": _node_group,
    "aws_eks_pod_identity_association": _pod_identity,
}
