"""What a layout leaves out: filled in below it, from the catalogue and from the project's own choices.

Filling happens on the tree, before the models, so that every value of the finished layout has an origin: a file
and line, or one of the three sources named here.
"""

from __future__ import annotations

from typing import Any

from .. import catalog
from .chart_values import chart_values
from .efa_drivers import DRA_RELEASE, PLUGIN_RELEASE
from .faults import Origin
from .node_spec import DRIVE_STRATEGY
from .releases import ADDONS_DEFAULT, CHARTS
from .tree import Node, merge, wrap

CATALOGUE = Origin("catalogue")
DEFAULT = Origin("default")

# The newest version whose charts and add-ons the project was checked against.
KUBERNETES_VERSION = "1.35"


def with_defaults(layout: Node) -> Node:
    """The layout over its defaults. What is of the wrong kind stays as it is: the models say so.

    A null in place of an entry (an add-on, a release, a label) removes the entry's default; a null in place of a
    section or a setting is as good as nothing written there.
    """
    base: dict[str, Any] = {
        "kubernetes_version": KUBERNETES_VERSION,
        "addons": {name: {} for name in ADDONS_DEFAULT},
    }
    merged = merge(wrap(base, DEFAULT), _written(layout))
    assert isinstance(merged.value, dict)
    groups = merged.value.get("node_groups")
    if groups is not None and isinstance(groups.value, dict):
        filled = {name: _group(node) for name, node in groups.value.items()}
        merged.value["node_groups"] = Node(filled, groups.origin)
    merged.value["helm_releases"] = _releases(merged.value)
    _metrics_server(merged.value)
    _file_system_driver(merged.value)
    _bucket_driver(merged.value)
    return merged


def _written(section: Node) -> Node:
    """A section without the settings that are null."""
    assert isinstance(section.value, dict)
    return Node({key: node for key, node in section.value.items() if node.value is not None}, section.origin)


def _group(node: Node) -> Node:
    if not isinstance(node.value, dict):
        return node
    node = _written(node)
    plain = node.plain()
    found = catalog.find(plain["instance_type"]) if isinstance(plain.get("instance_type"), str) else None
    if found is None:
        # Harmless values, so that the rest of the group is checked; the unknown type is a fault of its own.
        base: dict[str, Any] = {"ami_type": "AL2023_x86_64_STANDARD", "efa": False, "placement_group": "none"}
        return merge(wrap(base | {"local_storage": "none", "labels": {}, "taints": []}, CATALOGUE), node)
    base = {"ami_type": "AL2023_x86_64_STANDARD"} | group_defaults(found, plain)
    return merge(wrap(base, CATALOGUE), node)


def group_defaults(instance_type: catalog.InstanceType, group: dict[str, Any]) -> dict[str, Any]:
    """Defaults of a node group by its instance type; `group` is what the layout says of it.

    EFA is on for every accelerated type that has it: a training node without it is ten times slower and says nothing.
    """
    efa = group.get("efa")
    if not isinstance(efa, bool):
        efa = instance_type.accelerator is not None and instance_type.supports_efa
    defaults: dict[str, Any] = {
        "efa": efa,
        "placement_group": _placement_group(instance_type, group, efa),
        "local_storage": _local_storage(instance_type, group),
        "labels": _labels(instance_type, group, efa),
        "taints": _taints(instance_type),
    }
    if instance_type.default_ami_type:
        defaults["ami_type"] = instance_type.default_ami_type
    return defaults


def _local_storage(instance_type: catalog.InstanceType, group: dict[str, Any]) -> str:
    """RAID0 over drives that every node has: with a type that has none, some pods would find room that others do not.

    A strategy in `node_config` says more than we could.
    """
    strategy: Any = group
    for key in DRIVE_STRATEGY:
        strategy = strategy.get(key) if isinstance(strategy, dict) else None
    if strategy is not None:
        return "raid0" if strategy == "RAID0" and instance_type.nvme_gb else "none"
    types = [instance_type, *_fallbacks(group)]
    return "raid0" if all(one.nvme_gb for one in types) else "none"


def _fallbacks(group: dict[str, Any]) -> list[catalog.InstanceType]:
    """The fallbacks that the catalogue knows; what is wrong with the others is said elsewhere."""
    names = group.get("fallback_instance_types")
    found = (catalog.find(name) for name in names if isinstance(name, str)) if isinstance(names, list) else ()
    return [one for one in found if one is not None]


def _placement_group(instance_type: catalog.InstanceType, group: dict[str, Any], efa: bool) -> str:
    """A cluster placement group of our own, but never over reserved capacity.

    It starves the reservation (eksctl #7949, #8220; terraform-aws-eks #3730, #3672, #3699).
    """
    capacity = group.get("capacity")
    kind = capacity.get("type", "on_demand") if isinstance(capacity, dict) else "on_demand"
    own = efa and kind in ("on_demand", "spot") and "cluster" in instance_type.placement_strategies
    return "create" if own else "none"


def _labels(instance_type: catalog.InstanceType, group: dict[str, Any], efa: bool) -> dict[str, str]:
    labels: dict[str, str] = {}
    if instance_type.gpus and instance_type.accelerator:
        labels["nvidia.com/gpu.present"] = "true"
        # By this label the cluster autoscaler knows that a new node will have GPUs before they are ready; without it
        # one pending pod brings up several nodes.
        # https://github.com/kubernetes/autoscaler/blob/master/cluster-autoscaler/cloudprovider/aws/README.md
        # Its value is read by people: where the types differ, it names what they have in common.
        # https://github.com/kubernetes/autoscaler/blob/master/cluster-autoscaler/processors/customresources/gpu_processor.go
        names = {one.accelerator.name for one in (instance_type, *_fallbacks(group)) if one.accelerator}
        name = instance_type.accelerator.name if len(names) == 1 else instance_type.accelerator.kind
        labels["k8s.amazonaws.com/accelerator"] = name.lower().replace(" ", "-")
        if str(group.get("ami_type")).startswith("BOTTLEROCKET"):
            # Bottlerocket brings both; the GPU operator leaves a node alone that says so.
            labels["nvidia.com/gpu.deploy.device-plugin"] = "false"
            labels["nvidia.com/gpu.deploy.mig-manager"] = "false"
    if instance_type.neuron_devices:
        labels["aws.amazon.com/neuron.present"] = "true"
    if efa:
        labels["vpc.amazonaws.com/efa.present"] = "true"
    return labels


def _taints(instance_type: catalog.InstanceType) -> list[dict[str, str]]:
    """Keeps pods that ask for no accelerator off nodes that cost dollars an hour."""
    if instance_type.gpus:
        return [{"key": "nvidia.com/gpu", "value": "true", "effect": "NoSchedule"}]
    if instance_type.neuron_devices:
        return [{"key": "aws.amazon.com/neuron", "value": "true", "effect": "NoSchedule"}]
    return []


def needed_releases(groups: dict[str, Any], *, dra: bool = False) -> tuple[str, ...]:
    """Releases that node groups (as plain values, with their defaults) call for, in order of installation.

    `dra` says that EFA devices are claimed.
    """
    typed = _typed(groups)
    efa = any(group.get("efa") is True for _, group in typed)
    needed = {
        "gpu-operator": any(found.gpus for found, _ in typed),
        "neuron": any(found.neuron_devices for found, _ in typed),
        PLUGIN_RELEASE: efa and not dra,
        DRA_RELEASE: efa and dra,
        "cluster-autoscaler": any(group.get("scaling_owner") == "autoscaler" for _, group in typed),
        "training-operator": any(found.accelerator for found, _ in typed),
    }
    return tuple(name for name, wanted in needed.items() if wanted)


def _typed(groups: dict[str, Any]) -> list[tuple[catalog.InstanceType, dict[str, Any]]]:
    """The node groups whose instance type the catalogue knows, with its entry."""
    typed = []
    for group in groups.values():
        name = group.get("instance_type") if isinstance(group, dict) else None
        found = catalog.find(name) if isinstance(name, str) else None
        if found is not None:
            typed.append((found, group))
    return typed


def _any_served_with(layout: dict[str, Node], key: str) -> bool:
    """Whether something that the layout serves has a section of this name."""
    workloads = layout.get("workloads")
    serving = workloads.child("serving") if workloads is not None else None
    served = serving.value.values() if serving is not None and isinstance(serving.value, dict) else ()
    return any(
        section is not None and isinstance(section.value, dict)
        for section in (one.child(key) for one in served)
    )


def _metrics_server(layout: dict[str, Node]) -> None:
    """Adds the add-on from which a HorizontalPodAutoscaler knows the load, unless the layout has the release."""
    addons, releases = layout["addons"], layout["helm_releases"]
    release = releases.child("metrics-server")
    enabled = releases.get(("metrics-server", "enabled"))
    by_release = release is not None and isinstance(release.value, dict)
    if by_release and (enabled is None or enabled.value is not False):
        return
    if isinstance(addons.value, dict) and _any_served_with(layout, "autoscaling"):
        added = Node({"metrics-server": Node({}, CATALOGUE)}, CATALOGUE)
        layout["addons"] = Node(merge(added, addons).value, addons.origin)


def _file_system_driver(layout: dict[str, Node]) -> None:
    """Adds the add-on that mounts the layout's file systems."""
    storage, addons = layout.get("storage"), layout["addons"]
    systems = storage.child("file_systems") if storage is not None else None
    wanted = (
        systems is not None
        and isinstance(systems.value, dict)
        and any(one.value is not None for one in systems.value.values())
    )
    if wanted and isinstance(addons.value, dict):
        added = Node({"aws-fsx-csi-driver": Node({}, CATALOGUE)}, CATALOGUE)
        layout["addons"] = Node(merge(added, addons).value, addons.origin)


def _bucket_driver(layout: dict[str, Node]) -> None:
    """Adds the add-on that mounts buckets, where a workload mounts one."""
    workloads, addons = layout.get("workloads"), layout["addons"]
    running = [*_entries(workloads, "training"), *_entries(workloads, "serving")]
    buckets = (mount.child("bucket") for one in running for mount in _entries(one, "volumes"))
    if isinstance(addons.value, dict) and any(one is not None and one.value is not None for one in buckets):
        added = Node({"aws-mountpoint-s3-csi-driver": Node({}, CATALOGUE)}, CATALOGUE)
        layout["addons"] = Node(merge(added, addons).value, addons.origin)


def _entries(above: Node | None, key: str) -> list[Node]:
    """What is in a mapping; nothing where there is none."""
    found = above.child(key) if above is not None else None
    return [*found.value.values()] if found is not None and isinstance(found.value, dict) else []


def _any_train_job(layout: dict[str, Node]) -> bool:
    """Whether Kubeflow Trainer has a job to run."""
    kinds = (job.child("kind") for job in _entries(layout.get("workloads"), "training"))
    return any(kind is not None and kind.value == "train_job" for kind in kinds)


def _claims_efa(layout: dict[str, Node]) -> bool:
    """Whether the layout has EFA devices claimed, rather than offered by the device plugin."""
    cluster = layout.get("cluster")
    driver = cluster.child("efa_driver") if cluster is not None else None
    return driver is not None and driver.value == "dra"


def _releases(layout: dict[str, Node]) -> Node:
    given = layout.get("helm_releases")
    if given is not None and not isinstance(given.value, dict):
        return given
    groups = layout.get("node_groups")
    plain = groups.plain() if groups is not None and isinstance(groups.value, dict) else {}
    entries: dict[str, Node] = (
        dict(given.value) if given is not None and isinstance(given.value, dict) else {}
    )
    dra = _claims_efa(layout)
    needed = [*needed_releases(plain, dra=dra)]
    if "training-operator" not in needed and _any_train_job(layout):
        needed.append("training-operator")
    if _any_served_with(layout, "load_balancer"):
        needed.append("aws-load-balancer-controller")
    for name in needed:
        entries[name] = merge(Node({}, CATALOGUE), entries[name]) if name in entries else Node({}, CATALOGUE)
    gpu_ami_types = [str(group.get("ami_type")) for found, group in _typed(plain) if found.gpus]
    for name, node in entries.items():
        if name in CHARTS and isinstance(node.value, dict):
            chart = CHARTS[name]
            base = {
                "repository": chart.repository,
                "chart": chart.chart,
                "version": chart.version,
                "namespace": chart.namespace,
            }
            filled = wrap(base, DEFAULT)
            values = chart_values(name, gpu_ami_types, dra=dra)
            if values is not None and isinstance(filled.value, dict):
                filled.value["values"] = values
            entries[name] = merge(filled, node)
    return Node(entries, given.origin if given is not None else DEFAULT)
