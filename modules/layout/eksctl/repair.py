"""A draft that loads: what the language refuses is taken out, and said so."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

from ..checks import Checked, check
from ..defaults import KUBERNETES_VERSION
from ..faults import Fault, KeyPath, LayoutError, Origin, dotted
from ..tree import Node, wrap
from .draft import Draft
from .manifest import Part

# The manifest's field that a key of the layout came from.
_GROUP_FIELDS = {
    "ami_id": "ami",
    "availability_zone": "availabilityZones",
    "capacity": "capacityReservation",
    "efa": "efaEnabled",
    "fallback_instance_types": "instanceTypes",
    "labels": "labels",
    "local_storage": "overrideBootstrapCommand",
    "node_config": "overrideBootstrapCommand",
    "placement_group": "placement",
    "policy_arns": "iam",
    "release_version": "releaseVersion",
    "role_arn": "iam",
    "security_group_ids": "securityGroups",
    "subnet_ids": "subnets",
    "tags": "tags",
    "taints": "taints",
    "update": "updateConfig",
}
_FIELDS: dict[KeyPath, tuple[str, ...]] = {
    ("network", "availability_zones"): ("availabilityZones",),
    ("network", "cidr"): ("vpc", "cidr"),
    ("network", "interface_endpoints"): ("privateCluster", "additionalEndpointServices"),
    ("network", "nat_gateway"): ("vpc", "nat"),
    ("network", "private_subnet_ids"): ("vpc", "subnets"),
    ("network", "public_subnet_ids"): ("vpc", "subnets"),
    ("cluster", "access_entries"): ("accessConfig", "accessEntries"),
    ("cluster", "endpoint"): ("vpc", "publicAccessCIDRs"),
    ("cluster", "logs"): ("cloudWatch", "clusterLogging"),
    ("cluster", "pod_identity_associations"): ("iam", "serviceAccounts"),
    ("cluster", "secrets_encryption"): ("secretsEncryption", "keyARN"),
    ("cluster", "security_group_ids"): ("vpc", "securityGroup"),
    ("cluster", "service_ipv4_cidr"): ("kubernetesNetworkConfig", "serviceIPv4CIDR"),
    ("helm_releases", "karpenter"): ("karpenter", "version"),
    ("tags",): ("metadata", "tags"),
}
# Each round removes what all rules complain of at once; what follows from it, the next one.
_MOST_ROUNDS = 200


def written(tree: dict[str, Any]) -> Node:
    """Plain values as if they stood in a file."""
    return wrap(tree, Origin("the imported layout", 1))


def checked(tree: dict[str, Any] | Node, today: date) -> Checked:
    """A draft as the language sees it."""
    return check(tree if isinstance(tree, Node) else written(tree), (), today)


def repaired(draft: Draft, top: Part, today: date) -> None:
    """Takes out of a draft what the language refuses, each time with a row that says why.

    Raises:
        LayoutError: nothing is left that could be taken out.
    """
    errors: list[Fault] = []
    shrunk: dict[str, Fault] = {}
    for _ in range(_MOST_ROUNDS):
        errors = [fault for fault in checked(draft.tree, today).faults if fault.level == "error"]
        if not errors:
            for name, fault in shrunk.items():
                if name not in draft.tree["node_groups"]:
                    continue
                part, _ = _place(draft, top, ("node_groups", name))
                part.dropped("maxSize", f"{draft.get(('node_groups', name, 'size', 'max'))}: {fault.problem}")
            return
        if _fewer_addresses(draft, top, errors):
            continue
        removed = False
        for fault in errors:
            path = _removable(draft, fault)
            if path is None or draft.get(path) is None:
                continue
            _remove(draft, path)
            removed = True
            _say(draft, top, path, fault)
        smaller = {} if removed else _shrunk(draft, errors)
        if not removed and not smaller:
            raise LayoutError([_of_manifest(draft, top, fault) for fault in errors])
        shrunk |= smaller
    raise LayoutError([_of_manifest(draft, top, fault) for fault in errors])


def _removable(draft: Draft, fault: Fault) -> KeyPath | None:
    """The nearest thing around a fault that a layout can do without."""
    path = next((fault.path[:i] for i, step in enumerate(fault.path) if isinstance(step, int)), fault.path)
    while path and draft.get(path) is None:
        path = path[:-1]
    if path[:1] == ("node_groups",):
        required = len(path) == 3 and path[2] in ("instance_type", "size")
        if required or len(path) == 2 or path[2:] == ("size", "desired"):
            return path[:2] if len(draft.tree["node_groups"]) > 1 else None
        if path[2:3] == ("size",):
            return path if path[3:] else path[:2]
        if path[2:] == ("root_volume",):  # its size goes last
            volume = draft.get(path)
            return next(
                ((*path, key) for key in ("throughput", "iops", "type", "kms_key_arn") if key in volume), path
            )
        return path if len(path) > 2 else None
    if path[:2] == ("cluster", "access_entries") and path[3:] == ("principal_arn",):
        return path[:3]
    if path[:2] == ("cluster", "pod_identity_associations"):
        if path[3:] == ("create_service_account",) or path[3:4] == ("tags",):
            return path
        return path[:3] if len(path) > 2 else None
    return path if path and path[0] not in ("name", "region") else None


def _fewer_addresses(draft: Draft, top: Part, errors: list[Fault]) -> bool:
    """Lets nodes hold fewer addresses where the network has no room for all of them; whether that was new.

    https://github.com/aws/amazon-vpc-cni-k8s/blob/master/docs/eni-and-ip-target.md
    """
    fault = next((fault for fault in errors if fault.rule == "cidr-too-small"), None)
    configuration = ("addons", "vpc-cni", "configuration")
    if fault is None or draft.get(configuration) or draft.get(("addons", "vpc-cni", "enabled")) is False:
        return False
    draft.put((*configuration, "env"), {"WARM_IP_TARGET": "4", "MINIMUM_IP_TARGET": "16"})
    note = f"nodes keep 4 addresses for new pods, 16 at least, and not whole interfaces: {fault.problem}"
    draft.note(("addons", "vpc-cni"), f"Not in the manifest: {note}.")
    top.changed("", note)
    return True


def _shrunk(draft: Draft, errors: list[Fault]) -> dict[str, Fault]:
    """Makes the largest groups smaller where the network has no room for all nodes; which, and why."""
    fault = next((fault for fault in errors if fault.rule == "cidr-too-small"), None)
    sizes = {name: group["size"] for name, group in draft.tree["node_groups"].items()}
    spare = {name: size["max"] - max(size["desired"], 1) for name, size in sizes.items()}
    most = max(spare.values(), default=0)
    if fault is None or most <= 0:
        return {}
    # All that are near to the largest at once: some hundred groups would take as many rounds.
    names = [name for name, nodes in spare.items() if 2 * nodes > most]
    for name in names:
        sizes[name]["max"] = max(sizes[name]["desired"], sizes[name]["max"] // 2, 1)
    return dict.fromkeys(names, fault)


def _remove(draft: Draft, path: KeyPath) -> None:
    inner = draft.get(path[:-1])
    del inner[path[-1]]
    for key in [key for key in draft.comments if key[: len(path)] == path]:
        del draft.comments[key]
    if len(path) > 1 and not inner and path[:-1] not in (("node_groups",),):
        _remove(draft, path[:-1])


def _say(draft: Draft, top: Part, path: KeyPath, fault: Fault) -> None:
    """A row for what was taken out, at the manifest's field that it came from."""
    note = f"{fault.problem}; the layout goes without it"
    if path == ("kubernetes_version",):
        top.part("metadata").changed("version", f"{KUBERNETES_VERSION}: {fault.problem}")
        return
    part, key = _place(draft, top, path)
    if key and key in part:
        part.dropped(key, note)
    else:
        origin = draft.origins.get(path[:2], part.node.origin)
        top.report.add(origin, part.path, "dropped", f"{dotted(path)}: {note}", matters=True)


def _place(draft: Draft, top: Part, path: KeyPath) -> tuple[Part, str]:
    """The manifest's field that a path of the layout came from; no field's name where it came from several."""
    if path[0] == "node_groups" and len(path) > 1:
        groups = [group for key in ("managedNodeGroups", "nodeGroups") for group in top.parts(key)]
        origin = draft.origins.get(path[:2])
        part = next((group for group in groups if group.node.origin is origin), top)
        return part, _GROUP_FIELDS.get(str(path[2]), "") if len(path) > 2 else ""
    for start, fields in _FIELDS.items():
        if path[: len(start)] == start:
            part = top
            for field in fields[:-1]:
                part = part.part(field)
            return part, fields[-1]
    return top, ""


def _of_manifest(draft: Draft, top: Part, fault: Fault) -> Fault:
    """A fault of the layout that was made, at the manifest's line."""
    problem = f"makes a layout that is refused: {fault.problem}"
    origin = draft.origins.get(fault.path[:2], top.node.origin)
    return replace(fault, origin=origin, problem=problem)
