"""What runs on the cluster: releases, jobs, servers and the load balancers before them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from modules.layout.efa_drivers import DEVICE_CLASS, QUOTA
from modules.layout.pods import EFA

from .expressions import plain
from .scene import Item, Thing, Workload

_NODE_GROUP = "eks.amazonaws.com/nodegroup"
_NLB = "service.beta.kubernetes.io/aws-load-balancer-"
_ALB = "alb.ingress.kubernetes.io/"
_JOIN = re.compile(r'join\(",", (.+)\)')
_DEVICES = {
    "nvidia.com/gpu": "GPU",
    "aws.amazon.com/neuron": "Neuron device",
    EFA: "EFA",
    QUOTA: "EFA",
}
_JOBS = {
    "kubernetes_job_v1": "Job",
    "kubernetes_stateful_set_v1": "StatefulSet",
    "kubernetes_deployment_v1": "Deployment",
}
# Those with a type of the provider's are manifests where their pods claim devices.
_RUNNING = (
    *("TrainJob", "MPIJob", "LeaderWorkerSet", "JobSet", "RayCluster", "PyTorchJob"),
    *_JOBS.values(),
)
_NOTABLE = ("ClusterQueue", "NodePool", "EC2NodeClass")


def releases(items: Iterable[Item]) -> tuple[Thing, ...]:
    """Helm releases."""
    return tuple(
        Thing(
            item.key,
            plain(item.body.get("name", item.name)),
            (_chart(item.body),),
            plain(item.body.get("namespace", "default")),
        )
        for item in items
    )


def _chart(body: Mapping[str, Any]) -> str:
    chart, version = plain(body.get("chart", "")), plain(body.get("version", "no version"))
    return version if chart == body.get("name") else f"{chart.rpartition('/')[2]} {version}"


def namespaces(items: Iterable[Item]) -> tuple[Thing, ...]:
    """Namespaces that a stack makes itself."""
    return tuple(Thing(item.key, plain(item.body["metadata"].get("name", item.name))) for item in items)


def objects(items: Sequence[Item]) -> tuple[Thing, ...]:
    """Storage classes, claims, queues and node pools."""
    found = []
    for item in items:
        metadata = item.body.get("metadata") or {}
        name = plain(metadata.get("name", item.name))
        if item.type == "kubernetes_storage_class_v1":
            detail = plain(item.body.get("storage_provisioner", ""))
            found.append(Thing(item.key, name, (f"StorageClass, {detail}",)))
        elif item.type == "kubernetes_persistent_volume_claim_v1":
            found.append(
                Thing(item.key, name, (_claim(item.body),), plain(metadata.get("namespace", "default")))
            )
        elif item.type == "kubernetes_manifest" and item.body["manifest"].get("kind") in _NOTABLE:
            found.append(_notable(item))
    return tuple(found)


def _claim(body: Mapping[str, Any]) -> str:
    spec = body.get("spec") or {}
    return f"PersistentVolumeClaim of {plain(spec.get('storage_class_name', 'the default class'))}"


def _notable(item: Item) -> Thing:
    manifest = item.body["manifest"]
    metadata, kind = manifest["metadata"], manifest["kind"]
    details = [kind]
    for group in (manifest.get("spec") or {}).get("resourceGroups") or ():
        for flavor in group.get("flavors") or ():
            details += [
                f"{one['nominalQuota']} {one['name']}"
                for one in flavor.get("resources") or ()
                if one["name"] in _DEVICES
            ]
    return Thing(item.key, plain(metadata["name"]), tuple(details), plain(metadata.get("namespace", "")))


def workloads(items: Sequence[Item]) -> tuple[Workload, ...]:
    """Jobs and servers, each with the load balancer that leads to it."""
    found = []
    for item in items:
        if item.type in _JOBS:
            found.append(_own(item, items))
        elif item.type == "kubernetes_manifest" and item.body["manifest"].get("kind") in _RUNNING:
            found.append(_custom(item, items))
    return tuple(found)


def _own(item: Item, items: Sequence[Item]) -> Workload:
    spec = item.body.get("spec") or {}
    pods = (spec.get("template") or {}).get("spec") or {}
    count = spec.get("completions") or spec.get("replicas")
    scaled = _autoscaler(item, items)
    size = (
        scaled or (f"{plain(count)} pods" if str(count) != "1" else "1 pod") if count or scaled else "1 pod"
    )
    details = [f"{_JOBS[item.type]}, {size}", *_needs(pods.get("container"), "each pod"), *_groups(pods)]
    labels = ((spec.get("template") or {}).get("metadata") or {}).get("labels") or {}
    metadata = item.body["metadata"]
    namespace = plain(metadata.get("namespace", "default"))
    return Workload(
        item.key,
        plain(metadata.get("name", item.name)),
        namespace,
        tuple(details),
        _balancer(items, namespace, labels),
    )


def _custom(item: Item, items: Sequence[Item]) -> Workload:
    """A job of a custom resource: its pods' places stand in it, or in the runtime beside it."""
    manifest = item.body["manifest"]
    beside = [
        other.body["manifest"]
        for other in items
        if other.name.startswith(f"{item.name}_") and other.type == item.type
    ]
    spec = manifest.get("spec") or {}
    trainer = spec.get("trainer") or {}
    details = [manifest["kind"]]
    claimed = sum(_claimed(one) for one in beside)
    if "numNodes" in trainer:
        details[0] += f", {trainer['numNodes']} nodes of {trainer.get('numProcPerNode', '?')} processes"
        each = trainer.get("resourcesPerNode") or _resources(beside)
        details += _needs([{"resources": each}], "each node", claimed)
    elif manifest["kind"] in _JOBS.values():
        count = spec.get("completions") or spec.get("replicas") or 1
        details[0] += f", {count} pod{'' if count == 1 else 's'}"
        details += _needs([{"resources": _resources(spec)}], "each pod", claimed)
    queue = (manifest["metadata"].get("labels") or {}).get("kueue.x-k8s.io/queue-name")
    if queue:
        details.append(f"queue {plain(queue)}")
    details += _groups({"here": spec, "beside": beside})
    return Workload(
        item.key,
        plain(manifest["metadata"]["name"]),
        plain(manifest["metadata"].get("namespace", "default")),
        tuple(details),
    )


def _claimed(manifest: Mapping[str, Any]) -> int:
    """The EFA devices that each pod claims by a template."""
    spec = (manifest.get("spec") or {}).get("spec") or {}
    requests = (spec.get("devices") or {}).get("requests") or ()
    exact = [one.get("exactly") or {} for one in requests]
    return sum(one.get("count", 1) for one in exact if one.get("deviceClassName") == DEVICE_CLASS)


def _resources(value: Any) -> Mapping[str, Any]:
    """The resources of the first container, however deep it lies; nothing where there is none."""
    if isinstance(value, Mapping):
        containers = value.get("containers")
        if isinstance(containers, list) and containers:
            return containers[0].get("resources") or {}
        value = list(value.values())
    found = map(_resources, value) if isinstance(value, list) else ()
    return next(filter(None, found), {})


def _autoscaler(item: Item, items: Sequence[Item]) -> str:
    name = item.body["metadata"].get("name")
    for other in items:
        if other.type == "kubernetes_horizontal_pod_autoscaler_v2":
            spec = other.body["spec"]
            if (spec.get("scale_target_ref") or {}).get("name") == name:
                return f"{plain(spec.get('min_replicas', 1))} to {plain(spec['max_replicas'])} pods"
    return ""


def _needs(containers: Any, whose: str, claimed: int = 0) -> Iterator[str]:
    wanted: dict[str, str] = {}
    for container in containers if isinstance(containers, list) else [containers] if containers else []:
        limits = (container.get("resources") or {}).get("limits") or {}
        wanted |= {name: plain(limits[name]) for name in _DEVICES if name in limits}
    if claimed:
        wanted[EFA] = str(claimed)
    if wanted:
        told = (_counted(count, _DEVICES[name]) for name, count in wanted.items())
        yield f"{whose}: " + ", ".join(told)


def _counted(count: str, noun: str) -> str:
    return f"{count} {noun}" + ("" if count == "1" or noun == "EFA" else "s")


def _groups(value: Any) -> Iterator[str]:
    found = sorted({*_named_groups(value)})
    if found:
        yield f"on node group{'s' if len(found) > 1 else ''} {', '.join(found)}"


def _named_groups(value: Any) -> Iterator[str]:
    """Node groups that node selectors and affinities name, wherever they stand."""
    if isinstance(value, Mapping):
        chosen = value.get(_NODE_GROUP)
        if isinstance(chosen, str):
            yield chosen
        if value.get("key") == _NODE_GROUP and value.get("operator", "In") == "In":
            yield from (str(one) for one in value.get("values") or ())
        for child in value.values():
            yield from _named_groups(child)
    elif isinstance(value, list):
        for child in value:
            yield from _named_groups(child)


def _balancer(items: Sequence[Item], namespace: str, labels: Mapping[str, str]) -> Thing | None:
    """The load balancer before pods of these labels: their Service, or an Ingress before that one."""
    for service in items:
        if service.type != "kubernetes_service_v1" or not _selects(service.body, namespace, labels):
            continue
        if (service.body.get("spec") or {}).get("type") == "LoadBalancer":
            return _network_balancer(service, namespace)
        name = plain(service.body["metadata"].get("name", service.name))
        for ingress in items:
            if ingress.type == "kubernetes_ingress_v1" and _leads_to(ingress.body, namespace, name):
                return _application_balancer(ingress, namespace)
    return None


def _selects(service: Mapping[str, Any], namespace: str, labels: Mapping[str, str]) -> bool:
    selector = (service.get("spec") or {}).get("selector") or {}
    return (
        service["metadata"].get("namespace", "default") == namespace
        and bool(selector)
        and all(labels.get(name) == value for name, value in selector.items())
    )


def _leads_to(ingress: Mapping[str, Any], namespace: str, service: str) -> bool:
    return ingress["metadata"].get("namespace", "default") == namespace and any(
        ((path.get("backend") or {}).get("service") or {}).get("name") == service
        for rule in (ingress.get("spec") or {}).get("rule") or ()
        for path in (rule.get("http") or {}).get("path") or ()
    )


def _network_balancer(item: Item, namespace: str) -> Thing:
    spec, annotations = item.body["spec"], item.body["metadata"].get("annotations") or {}
    ports = ", ".join(plain(one.get("port")) for one in spec.get("port") or ())
    details = _facing(
        annotations.get(f"{_NLB}scheme"),
        ports,
        annotations.get(f"{_NLB}ssl-cert"),
        spec.get("load_balancer_source_ranges"),
    )
    return Thing(item.key, "Network Load Balancer", details, namespace)


def _application_balancer(item: Item, namespace: str) -> Thing:
    annotations = item.body["metadata"].get("annotations") or {}
    hosts = [plain(rule["host"]) for rule in item.body["spec"].get("rule") or () if rule.get("host")]
    details = _facing(
        annotations.get(f"{_ALB}scheme"),
        ", ".join(_listeners(str(annotations.get(f"{_ALB}listen-ports", "")))),
        annotations.get(f"{_ALB}certificate-arn"),
        annotations.get(f"{_ALB}inbound-cidrs"),
    )
    told = (f"for {', '.join(hosts)}",) if hosts else ()
    return Thing(item.key, "Application Load Balancer", (*details, *told), namespace)


def _listeners(text: str) -> list[str]:
    """The ports of `[{"HTTP": 80}, {"HTTPS": 443}]`."""
    try:
        return [str(port) for one in json.loads(text) for port in one.values()]
    except (ValueError, AttributeError, TypeError):
        return [plain(text)] if text else []


def _facing(scheme: Any, ports: str, certificate: Any, sources: Any) -> tuple[str, ...]:
    """Who reaches a load balancer, and where."""
    found = [plain(scheme or "internal") + (f", port {ports}" if ports else "")]
    if certificate:
        found.append(f"TLS by {plain(certificate)}")
    if sources:
        found.append(f"from {_joined_list(plain(sources))}")
    return tuple(found)


def _joined_list(text: str) -> str:
    """The list of `join(",", var.x)`, which is how one is written in an annotation."""
    found = _JOIN.fullmatch(text)
    return found[1] if found else text
