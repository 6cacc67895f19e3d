"""How a node starts: NodeConfig documents, the kubelet's settings, local drives."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from ... import catalog
from ..document import parse_all
from ..faults import LayoutError
from .manifest import Part

API = "node.eks.aws/v1alpha1"


def node_config(given: Part, found: catalog.InstanceType, put: Callable[[str, Any], None]) -> None:
    """Writes `local_storage` and `node_config`."""
    spec: dict[str, Any] = {}
    if "overrideBootstrapCommand" in given:
        text = given.text("overrideBootstrapCommand")
        specs, others = _specs(text)
        if others:
            some = "its NodeConfig is kept, but what else it holds is not" if specs else "holds no NodeConfig"
            note = f"{some}: scripts have no counterpart, use an AMI of your own (ami_id)"
            given.dropped("overrideBootstrapCommand", note)
        for one in specs:
            spec = _merged(spec, one)
        if specs and spec.pop("cluster", None) is not None:
            given.changed("overrideBootstrapCommand", "without `cluster`: EKS tells the nodes")
    kubelet: dict[str, Any] = dict(given.value("kubeletExtraConfig", {}) or {})
    if "maxPodsPerNode" in given:
        kubelet["maxPods"] = given.value("maxPodsPerNode")
    if kubelet:
        spec = _merged(spec, {"kubelet": {"config": kubelet}})
    if given.text("amiFamily").startswith("Bottlerocket"):
        for key in ("overrideBootstrapCommand", "kubeletExtraConfig", "maxPodsPerNode"):
            if key in given and spec:
                given.dropped(key, "Bottlerocket takes no NodeConfig")
        return
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


def _merged(below: dict[str, Any], above: dict[str, Any]) -> dict[str, Any]:
    merged = dict(below)
    for key, value in above.items():
        old = merged.get(key)
        both = isinstance(old, dict) and isinstance(value, dict)
        merged[key] = _merged(old, value) if both else value  # type: ignore[arg-type]
    return merged
