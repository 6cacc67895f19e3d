"""How a node starts: NodeConfig documents, the kubelet's settings, local drives."""

from __future__ import annotations

import re
from typing import Any

from ... import catalog
from ...merge import merged
from ..document import parse_all
from ..faults import LayoutError
from .group import Group

API = "node.eks.aws/v1alpha1"


def node_config(group: Group, found: catalog.InstanceType) -> None:
    """Writes `local_storage` and `node_config`; labels and taints among the kubelet's flags become the group's."""
    given, put = group.given, group.put
    spec: dict[str, Any] = {}
    if "overrideBootstrapCommand" in given:
        text = given.text("overrideBootstrapCommand")
        specs, others = _specs(text)
        if others:
            some = "its NodeConfig is kept, but what else it holds is not" if specs else "holds no NodeConfig"
            note = f"{some}: scripts have no counterpart, use an AMI of your own (ami_id)"
            given.dropped("overrideBootstrapCommand", note)
        for one in specs:
            spec = merged(spec, one)
        if specs and spec.pop("cluster", None) is not None:
            given.changed("overrideBootstrapCommand", "without `cluster`: EKS tells the nodes")
    extra = given.value("kubeletExtraConfig", {})
    if not isinstance(extra, dict):
        given.dropped("kubeletExtraConfig", "is no mapping")
        extra = {}
    kubelet: dict[str, Any] = dict(extra)
    if "maxPodsPerNode" in given and group.draft.get((*group.path, "ami_id")):
        kubelet["maxPods"] = given.value("maxPodsPerNode")
    elif "maxPodsPerNode" in given:
        # https://docs.aws.amazon.com/eks/latest/userguide/choosing-instance-type.html#max-pods-precedence
        note = "EKS sets the number of pods itself, by instance type and CNI: only an AMI of your own (ami_id) takes it"
        given.dropped("maxPodsPerNode", note)
    if kubelet:
        spec = merged(spec, {"kubelet": {"config": kubelet}})
    if given.text("amiFamily").startswith("Bottlerocket"):
        for key in ("overrideBootstrapCommand", "kubeletExtraConfig", "maxPodsPerNode"):
            if key in given and spec:
                given.dropped(key, "Bottlerocket takes no NodeConfig")
        return
    _flags(spec, group)
    instance = spec["instance"] if isinstance(spec.get("instance"), dict) else {}
    storage = instance.get("localStorage")
    if isinstance(storage, dict) and storage.get("strategy") == "RAID0" and len(storage) == 1:
        if found.nvme_gb:
            put("local_storage", "raid0")
        else:
            given.dropped(
                "overrideBootstrapCommand", f"{found.name} has no local drives for RAID0", harmless=True
            )
        del instance["localStorage"]
        spec = {key: value for key, value in spec.items() if value != {}}
    elif isinstance(storage, dict):
        put("local_storage", "none")
    if spec:
        put("node_config", spec)


def _specs(text: str) -> tuple[list[dict[str, Any]], bool]:
    """The `spec` of every NodeConfig in user data, MIME or plain YAML, and whether it holds anything else."""
    specs, others = [], False
    for body in _bodies(text):
        try:
            documents = [document.tree.plain() for document in parse_all(body, "overrideBootstrapCommand")]
        except LayoutError:
            documents = []
        found = [
            plain["spec"]
            for plain in documents
            if plain.get("apiVersion") == API and isinstance(plain.get("spec"), dict)
        ]
        others = others or not documents or len(found) < len(documents)
        specs += found
    return specs, others or not specs


def _bodies(text: str) -> list[str]:
    found = re.search(r"boundary=\"?([^\"\s;]+)", text)
    if not text.lstrip().lower().startswith("mime-version") or not found:
        return [text]
    parts = text.split(f"--{found[1]}")[1:]
    # Of a part, what follows the first blank line; the last one is the closing `--`.
    bodies = [
        part.replace("\r\n", "\n").lstrip("\n").partition("\n\n") for part in parts if part.strip() != "--"
    ]
    return [body for _, _, body in bodies if body.strip()]


def _flags(spec: dict[str, Any], group: Group) -> None:
    """Takes labels and taints out of the kubelet's flags: EKS and the autoscaler have to know of them."""
    kubelet = spec.get("kubelet")
    flags = kubelet.get("flags") if isinstance(kubelet, dict) else None
    if not isinstance(kubelet, dict) or not isinstance(flags, list):
        return
    left = []
    labels = dict(group.draft.get((*group.path, "labels")) or {})
    taints = list(group.draft.get((*group.path, "taints")) or [])
    for flag in map(str, flags):
        name, _, text = flag.partition("=")
        if name == "--node-labels":
            labels |= {key: value for key, _, value in (one.partition("=") for one in text.split(",") if one)}
        elif name == "--register-with-taints":
            taints += [_taint(one) for one in text.split(",") if one]
        else:
            left.append(flag)
    if len(left) < len(flags):
        group.given.changed(
            "overrideBootstrapCommand",
            "the kubelet's --node-labels and --register-with-taints: labels and taints",
        )
        group.put("labels", labels)
        group.put("taints", taints)
    kubelet.pop("flags")
    if left:
        kubelet["flags"] = left
    elif not kubelet:
        del spec["kubelet"]


def _taint(text: str) -> dict[str, str]:
    """`key=value:effect` as an entry of `taints`."""
    front, _, effect = text.rpartition(":")
    key, _, value = front.partition("=")
    return {"key": key, **({"value": value} if value else {}), "effect": effect}
