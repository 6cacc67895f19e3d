"""From synthesized Terraform JSON to what a picture shows. Never from the layout: what is drawn is what is deployed."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from .expressions import Locals, plain
from .kubernetes_facts import namespaces, objects, releases, workloads
from .network_facts import network
from .node_facts import file_system, node_group
from .owners import owners
from .scene import (
    Cluster,
    Document,
    Documents,
    FileSystem,
    Item,
    NodeGroup,
    Scene,
    StackScene,
    Thing,
    Workload,
)

_LOOKED_UP = re.compile(r"data\.\w+\.\w+")
_ENCRYPTED = "secrets encrypted by a KMS key"


def read(documents: Documents) -> Scene:
    """What the stacks make, by name of the stack the content of its `cdk.tf.json`."""
    stacks: list[StackScene] = []
    owned: dict[str, tuple[str, ...]] = {}
    for name, document in documents.items():
        stack, of_stack = _stack(name, document)
        stacks.append(stack)
        owned.update(of_stack)
    regions = {
        plain(one["region"])
        for document in documents.values()
        for one in _listed(document.get("provider", {}).get("aws"))
        if "region" in one
    }
    clusters = [stack.cluster.name for stack in stacks if stack.cluster]
    title = ", ".join(clusters) or next(iter(documents), "nothing")
    return Scene(title, tuple(sorted(regions)), tuple(stacks), owned)


def items_of(stack: str, document: Document) -> list[Item]:
    """Every resource and data source of a stack."""
    return [
        Item(stack, f"{prefix}{kind}.{name}", kind, name, body, data=bool(prefix))
        for section, prefix in (("resource", ""), ("data", "data."))
        for kind, bodies in document.get(section, {}).items()
        for name, body in bodies.items()
    ]


def _stack(name: str, document: Document) -> tuple[StackScene, Mapping[str, tuple[str, ...]]]:
    known: Locals = document.get("locals", {})
    items = items_of(name, document)
    net = network(items, known)
    by_type: dict[str, list[Item]] = {}
    for item in items:
        if not item.data:
            by_type.setdefault(item.type, []).append(item)
    [*controls] = by_type.get("aws_eks_cluster", [])
    scene = StackScene(
        name,
        network=net,
        cluster=_cluster(controls[0]) if controls else None,
        groups=tuple(
            node_group(item, items, net, known) for item in _sorted(by_type.get("aws_eks_node_group"))
        ),
        file_systems=tuple(
            file_system(item, items, net, known) for item in by_type.get("aws_fsx_lustre_file_system", ())
        ),
        addons=tuple(_addon(item, items) for item in by_type.get("aws_eks_addon", ())),
        others=tuple(_other(item) for item in by_type.get("aws_sqs_queue", ())),
        stores=(
            *(_bucket(item, items) for item in by_type.get("aws_s3_bucket", ())),
            *(_repository(item) for item in by_type.get("aws_ecr_repository", ())),
        ),
        releases=releases(by_type.get("helm_release", ())),
        objects=objects(items),
        namespaces=namespaces(by_type.get("kubernetes_namespace_v1", ())),
        workloads=workloads(items),
    )
    keys = set(_keys(scene))
    things = [item for item in items if item.key in keys]
    hubs = [item for item in things if item.type in ("aws_vpc", "aws_eks_cluster")]
    return scene, owners(items, things, hubs, known)


def _keys(scene: StackScene) -> Iterable[str]:
    net = scene.network
    if net:
        yield net.key
        yield from (key for zone in net.zones for subnet in zone.subnets for key in subnet.keys)
        yield from (key for subnet in net.loose for key in subnet.keys)
        yield from (thing.key for thing in (*net.gateways, *net.nats.values()))
    if scene.cluster:
        yield scene.cluster.key
    things: tuple[NodeGroup | FileSystem | Thing | Workload, ...] = (
        *scene.groups,
        *scene.file_systems,
        *scene.addons,
        *scene.others,
        *scene.stores,
        *scene.releases,
        *scene.objects,
        *scene.namespaces,
        *scene.workloads,
    )
    yield from (thing.key for thing in things)
    yield from (one.balancer.key for one in scene.workloads if one.balancer)


def _sorted(groups: Sequence[Item] | None) -> list[Item]:
    """Node groups by name, which is how people look for them."""
    return sorted(groups or (), key=lambda item: str(item.body.get("node_group_name", item.name)))


def _cluster(item: Item) -> Cluster:
    body = item.body
    vpc: Mapping[str, Any] = body.get("vpc_config") or {}
    details = [f"Kubernetes {plain(body['version'])}" if "version" in body else "Kubernetes, EKS's default"]
    details.append(_endpoint(vpc))
    if body.get("encryption_config"):
        details.append(_ENCRYPTED)
    logs = body.get("enabled_cluster_log_types")
    details.append(f"logs: {', '.join(logs)}" if logs else "no control plane logs")
    if body.get("deletion_protection"):
        details.append("deletion protection")
    return Cluster(item.key, plain(body.get("name", item.name)), tuple(details))


def _endpoint(vpc: Mapping[str, Any]) -> str:
    private, public = vpc.get("endpoint_private_access"), vpc.get("endpoint_public_access", True)
    said = []
    if public:
        cidrs = vpc.get("public_access_cidrs")
        said.append(f"public to {plain(cidrs) if cidrs else '0.0.0.0/0'}")
    if private:
        said.append("private")
    return f"endpoint: {' and '.join(said) or 'none'}" + ("" if public else " only")


def _addon(item: Item, items: Sequence[Item]) -> Thing:
    version = plain(item.body.get("addon_version", "EKS's default version"))
    looked_up = _LOOKED_UP.match(version)
    if looked_up:
        newest = any(
            other.address == looked_up[0] and other.body.get("most_recent") is True for other in items
        )
        version = "newest version" if newest else "EKS's default version"
    return Thing(item.key, plain(item.body["addon_name"]), (version,))


def _other(item: Item) -> Thing:
    return Thing(item.key, plain(item.body.get("name", item.name)), ("SQS: interruptions of nodes",))


def _bucket(item: Item, items: Sequence[Item]) -> Thing:
    versioned = any(
        other.type == "aws_s3_bucket_versioning"
        and other.name.startswith(f"{item.name}_")
        and (other.body.get("versioning_configuration") or {}).get("status") == "Enabled"
        for other in items
    )
    details = ["S3 bucket" + (", versioned" if versioned else "")]
    return Thing(item.key, plain(item.body.get("bucket", item.name)), (*details, *_kept(item)))


def _repository(item: Item) -> Thing:
    mutable = item.body.get("image_tag_mutability", "MUTABLE")
    details = ["ECR repository" + (", immutable tags" if mutable == "IMMUTABLE" else "")]
    return Thing(item.key, plain(item.body.get("name", item.name)), (*details, *_kept(item)))


def _kept(item: Item) -> tuple[str, ...]:
    kept = (item.body.get("lifecycle") or {}).get("prevent_destroy")
    return ("a destroy refuses to delete it",) if kept else ()


def _listed(value: Any) -> list[Mapping[str, Any]]:
    return value if isinstance(value, list) else [value] if value else []
