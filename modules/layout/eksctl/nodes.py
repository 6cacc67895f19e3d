"""Node groups of a ClusterConfig, managed and self-managed, as managed node groups of a layout."""

from __future__ import annotations

import re
from collections.abc import Collection

from ... import catalog
from ..values import KmsKeyArn, PolicyArn, RoleArn
from .addon_policies import addon_policies
from .capacity import capacity
from .draft import Draft, layout_name
from .group import Group
from .images import image
from .instance_types import EKSCTL_DEFAULT, instance_types
from .manifest import Part
from .network import Subnets
from .node_config import node_config
from .options import Options
from .placement import efa, place

# What every node role made here has already; eksctl users list them where they name any policy at all.
# https://docs.aws.amazon.com/eks/latest/userguide/create-node-role.html
_OWN_POLICIES = {
    "AmazonEKSWorkerNodePolicy",
    "AmazonEKS_CNI_Policy",
    "AmazonEC2ContainerRegistryReadOnly",
    "AmazonEC2ContainerRegistryPullOnly",
    "AmazonSSMManagedInstanceCore",
}
_IO_IOPS = 100  # eksctl: pkg/apis/eksctl.io/v1alpha5/defaults.go
_MOST_NODES = 1000  # as the language has it
_SMALLEST_VOLUME = 20  # GiB, as the language has it: the AMI needs them
_HARMLESS = {
    "instanceName": "the instances are named CLUSTER-GROUP",
    "instancePrefix": "the instances are named CLUSTER-GROUP",
    "volumeName": "the root volume's device follows from the AMI",
    "ebsOptimized": "all types of today are",
    "propagateASGTags": "the autoscaler reads labels and taints from EKS",
}


def node_groups(manifest: Part, draft: Draft, options: Options, subnets: Subnets) -> None:
    """Writes `node_groups`, and what of the cluster follows from them."""
    draft.tree["node_groups"] = {}
    keys = ("managedNodeGroups", "nodeGroups")
    exact = [given.text("name") for key in keys for given in manifest.parts(key)]
    for key in ("managedNodeGroups", "nodeGroups"):
        for given in manifest.parts(key):
            name = _name(given, draft, exact)
            group = Group(given, name, draft, options, self_managed=key == "nodeGroups")
            if key == "nodeGroups":
                given.changed(
                    "", "self-managed: becomes a managed node group, whose updates and repair EKS does"
                )
                draft.note(group.path, "Self-managed in the manifest.")
            if _is_foreign(group):
                continue
            draft.tree["node_groups"][name] = {}
            draft.origins["node_groups", name] = given.node.origin
            if not _convert(group, subnets):
                del draft.tree["node_groups"][name]


def _name(given: Part, draft: Draft, exact: Collection[str]) -> str:
    """A group's name; one that has to be changed makes way for the group that has it in the manifest."""
    text = given.text("name") or "nodes"
    name = base = layout_name(text) or "nodes"
    number = 2
    while name in draft.tree["node_groups"] or (name != text and name in exact):
        name, number = f"{base[:58]}-{number}", number + 1
    if name != text:
        given.changed("name", f"here {name}: lower-case letters, digits and hyphens, each name once")
    return name


def _is_foreign(group: Group) -> bool:
    given = group.given
    if given.text("amiFamily").startswith("Windows"):
        given.dropped("", "Windows nodes have no counterpart: the group is left out")
        return True
    for key, what in (("outpostARN", "Outposts"), ("localZones", "local zones")):
        if given.value(key):
            given.dropped("", f"{what} have no counterpart: the group is left out")
            return True
    if "launchTemplate" in given and not any(key in given for key in ("instanceType", "instanceTypes")):
        given.dropped("", "the instance type stands in a launch template of yours: the group is left out")
        return True
    return False


def _convert(group: Group, subnets: Subnets) -> bool:
    given = group.given
    types = instance_types(given)
    if not types:
        return False
    found = catalog.find(types[0])
    if found is None:
        near = ", ".join(catalog.near(types[0]))
        given.dropped(
            "", f"the catalogue does not know {types[0]}{f' (near: {near})' if near else ''}: left out"
        )
        return False
    if types[0] == EKSCTL_DEFAULT and "instanceType" not in given and "instanceTypes" not in given:
        given.changed("", f"names no instance type: {EKSCTL_DEFAULT}, eksctl's default")
    group.put("instance_type", types[0])
    group.put("fallback_instance_types", types[1:])
    image(group.given, found, group.put, lambda key, form: group.known(given, key, form))
    _size(group)
    capacity(group)
    place(group, subnets, efa(group, found))
    _volume(group)
    _kubernetes(group, found)
    node_config(group, found)
    _iam(group)
    _updates(group)
    _ssh(given)
    for key, why in _HARMLESS.items():
        if key in given:
            given.dropped(key, why, harmless=True)
    _metadata(group)
    _nothing_lost(given)
    return True


def _size(group: Group) -> None:
    """Sizes as eksctl completes them: what is not said follows from the others, 2 where nothing is.

    https://github.com/eksctl-io/eksctl/blob/main/pkg/apis/eksctl.io/v1alpha5/validation.go
    """
    low, now, high = (group.given.value(key) for key in ("minSize", "desiredCapacity", "maxSize"))
    if now is None:
        now = low if low is not None else 2 if high is None else min(2, high)
        if low is None and high is not None:
            low = now
    low = now if low is None else low
    high = max(now, low) if high is None else high
    sizes = {"min": low, "desired": max(now, low), "max": max(high, now, low, 1)}
    bounded = {key: min(max(value, 0), _MOST_NODES) for key, value in sizes.items()}
    fields = {"min": ("minSize", low), "desired": ("desiredCapacity", now), "max": ("maxSize", max(high, 1))}
    for key, (field, value) in fields.items():
        if bounded[key] != value:
            note = f"{key} {bounded[key]}: minSize, desiredCapacity and maxSize in this order, {_MOST_NODES} at most"
            group.given.changed(field if field in group.given else "", note)
    group.put("size", bounded)


def _volume(group: Group) -> None:
    given = group.given
    size, kind = given.value("volumeSize"), given.text("volumeType")
    if size is not None and size < _SMALLEST_VOLUME:
        given.changed("volumeSize", f"{_SMALLEST_VOLUME} GiB, the least here")
    group.put("root_volume.size_gib", max(size, _SMALLEST_VOLUME) if size is not None else None)
    if kind in ("io1", "io2"):
        group.put("root_volume.type", "io2")
    if kind and kind not in ("gp3", "io2"):
        given.changed("volumeType", f"{'io2' if kind == 'io1' else 'gp3'} in place of {kind}")
    iops, throughput = given.value("volumeIOPS"), given.value("volumeThroughput")
    if kind in ("io1", "io2") and iops is None:
        iops = _IO_IOPS
        given.changed("volumeType", f"io2 with {_IO_IOPS} IOPS, eksctl's default")
    group.put("root_volume.iops", iops)
    if throughput is not None and kind in ("", "gp3"):
        group.put("root_volume.throughput", throughput)
    elif throughput is not None:
        given.dropped("volumeThroughput", "only gp3 has a throughput of its own", harmless=True)
    if "volumeEncrypted" in given and not given.value("volumeEncrypted"):
        given.changed("volumeEncrypted", "volumes are encrypted here, always")
    group.put("root_volume.kms_key_arn", group.known(given, "volumeKmsKeyID", KmsKeyArn, "kms_key_arn"))


def _kubernetes(group: Group, found: catalog.InstanceType) -> None:
    given = group.given
    group.put("labels", given.pairs("labels"))
    taints = []
    for one in given.parts("taints"):
        taint = {key: one.text(key) for key in ("key", "value", "effect") if one.text(key)}
        taints.append(
            {key: value for key, value in taint.items() if (key, value) != ("effect", "NoSchedule")}
        )
    group.put("taints", taints)
    if not taints and found.accelerator is not None:
        kind = "nvidia.com/gpu" if found.gpus else "aws.amazon.com/neuron"
        given.changed(
            "", f"the nodes get the taint {kind}: pods for them need its toleration, or write `taints: []`"
        )
    group.put("tags", given.pairs("tags"))


def _iam(group: Group) -> None:
    iam = group.given.part("iam")
    role = group.known(iam, "instanceRoleARN", RoleArn, "role_arn")
    group.put("role_arn", role)
    if "instanceProfileARN" in iam:
        note = "EKS makes the instance profile from the role"
        iam.dropped("instanceProfileARN", note, harmless=role is not None)
    arns = [
        group.draft.known(iam, "attachPolicyARNs", arn, PolicyArn, "policy_arn", group.name)
        for arn in iam.texts("attachPolicyARNs")
        if arn.rpartition(":iam::aws:policy/")[2] not in _OWN_POLICIES
    ]
    arns += addon_policies(iam.part("withAddonPolicies"), group.draft, group.path, group.options)
    if role is None:
        group.put("policy_arns", list(dict.fromkeys(arns)))
    elif arns:
        iam.dropped("attachPolicyARNs" if "attachPolicyARNs" in iam else "withAddonPolicies",
                    "the role is yours: attach them to it")  # fmt: skip
    if "instanceRoleName" in iam:
        iam.changed("instanceRoleName", "the role's name is made of the cluster's and the group's")
    if "attachPolicy" in iam:
        iam.dropped("attachPolicy", "write it as a policy of your own, and its ARN in policy_arns")
    if "instanceRolePermissionsBoundary" in iam:
        iam.dropped("instanceRolePermissionsBoundary", "make the role yourself, and name it in role_arn")


def _updates(group: Group) -> None:
    update = group.given.part("updateConfig")
    group.put("update.max_unavailable", update.value("maxUnavailable"))
    group.put("update.max_unavailable_percentage", update.value("maxUnavailablePercentage"))
    repair = group.given.part("nodeRepairConfig")
    if repair.value("enabled"):
        group.put("node_repair", True)
    for key in repair:
        if key != "enabled":
            repair.dropped(key, "EKS repairs by its own thresholds here")


def _ssh(given: Part) -> None:
    ssh = given.part("ssh")
    if ssh.value("allow") or any(key.startswith("publicKey") for key in ssh):
        note = "no SSH: `aws ssm start-session --target INSTANCE` gives a shell, without keys or open ports"
        given.changed("ssh", note)
    elif "ssh" in given:
        given.value("ssh")


def _metadata(group: Group) -> None:
    """Pods reach the metadata service, and with it the node role's rights, where eksctl's user counts on that."""
    given = group.given
    closed = given.value("disablePodIMDS")
    rights = any(group.draft.get((*group.path, key)) for key in ("role_arn", "policy_arns"))
    if closed is False or (rights and not closed):
        group.put("imds_hop_limit", 2)
    elif closed is None:
        note = "pods do not reach the metadata service (hop limit 1, eksctl has 2); `imds_hop_limit: 2` lets them"
        given.changed("", note)


def _nothing_lost(given: Part) -> None:
    """Fields whose value is what the layout does anyway."""
    for key, value in (
        ("disableIMDSv1", True),
        ("enableDetailedMonitoring", False),
    ):
        child = given.node.child(key)
        if child is not None and child.value is value:
            given.value(key)
    if given.value("disableIMDSv1") is False:
        given.changed("disableIMDSv1", "only IMDSv2 is on")
    commands = given.texts("preBootstrapCommands")
    if commands and all(re.search("nr_hugepages", command) for command in commands):
        given.dropped("preBootstrapCommands", "the AMI allocates EFA's huge pages itself", harmless=True)
    elif commands:
        note = "commands before a node joins have no counterpart: use a DaemonSet, or an AMI of your own (ami_id)"
        given.dropped("preBootstrapCommands", note)
