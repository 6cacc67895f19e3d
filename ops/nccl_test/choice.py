"""What a test runs on: the layout's node group, how many of its nodes, and the operator that starts it."""

from __future__ import annotations

import re

from modules.layout.models import Layout, NodeGroup
from modules.layout.values import IMAGE as IMAGE_FORM

from ..errors import UsageError
from .job import DOCKERFILE, IMAGE, UNSUPPORTED_GPUS, Job, Operator

# https://kubernetes.io/docs/concepts/overview/working-with-objects/names/#dns-label-names
_NAMESPACE = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")


def make_job(
    layout: Layout, *, group: str | None, nodes: int | None, image: str | None, namespace: str
) -> Job:
    """The test of a layout's node group; None is the default.

    Raises:
        UsageError: it cannot be run as it was asked for.
    """
    name, found = choose(layout, group)
    accelerator = found.type.accelerator
    if image is None and accelerator and accelerator.name in UNSUPPORTED_GPUS:
        raise UsageError(
            f"node_groups.{name}: the default image has no code for the {accelerator.name} of {found.instance_type}. Build one "
            f"that has (NVCC_GENCODE in {DOCKERFILE}), and give it with --image"
        )
    count = _nodes(name, found, nodes)
    _check_names(image, namespace)
    queue = _queue(layout, name, namespace)
    return Job(name, found, count, _operator(layout), image or IMAGE, namespace, queue, dra=layout.claims_efa)


def _check_names(image: str | None, namespace: str) -> None:
    if not _NAMESPACE.fullmatch(namespace):
        raise UsageError(
            f"--namespace {namespace!r} is no Kubernetes namespace: write at most 63 lower-case letters, digits and hyphens, no "
            "hyphen first or last"
        )
    if image is not None and not re.fullmatch(IMAGE_FORM, image):
        raise UsageError(f"--image {image!r} is no container image: write REGISTRY/REPOSITORY:TAG")


def choose(layout: Layout, wanted: str | None) -> tuple[str, NodeGroup]:
    """The node group that was named, or the only one with GPUs.

    Raises:
        UsageError: there is none, there are several, or the one that was named has no GPUs.
    """
    groups = {name: group for name, group in layout.node_groups.items() if group.type.gpus}
    if wanted is None:
        if len(groups) == 1:
            return next(iter(groups.items()))
        if groups:
            raise UsageError(
                f"there are several node groups with GPUs: name one by --group: {', '.join(groups)}"
            )
        neuron = [name for name, group in layout.node_groups.items() if group.type.neuron_devices]
        if neuron:
            raise UsageError(_neuron(neuron[0], layout.node_groups[neuron[0]]))
        raise UsageError("no node group of the layout has GPUs: there is nothing that NCCL could connect")
    group = layout.node_groups.get(wanted)
    if group is None:
        raise UsageError(
            f"there is no node group {wanted!r} in the layout: it has {', '.join(layout.node_groups)}"
        )
    if group.type.neuron_devices:
        raise UsageError(_neuron(wanted, group))
    if not group.type.gpus:
        others = f"; these have: {', '.join(groups)}" if groups else ""
        raise UsageError(f"node_groups.{wanted}: {group.instance_type} has no GPUs{others}")
    return wanted, group


def _neuron(name: str, group: NodeGroup) -> str:
    return (
        f"node_groups.{name}: {group.instance_type} has Neuron devices, which NCCL does not know. Their own test is "
        "nccom-test, of the Neuron tools: "
        "https://awsdocs-neuron.readthedocs-hosted.com/en/latest/tools/neuron-sys-tools/nccom-test.html"
    )


def _nodes(name: str, group: NodeGroup, asked: int | None) -> int:
    size = group.size
    if asked is None:
        if size.max < 2:
            raise UsageError(
                f"node_groups.{name}.size.max is {size.max}, and the network is what lies between two nodes: raise it, or give "
                "--nodes 1 for a test within one"
            )
        return max(size.desired, 2)
    if asked < 1:
        raise UsageError(f"--nodes {asked}: it takes one node at least")
    if asked > size.max:
        raise UsageError(f"--nodes {asked}: node_groups.{name}.size.max is {size.max}")
    return asked


def _operator(layout: Layout) -> Operator:
    if layout.has_release("training-operator"):
        return "trainer"
    if layout.has_release("mpi-operator"):
        return "mpi"
    raise UsageError(
        "the layout has neither of the releases that run MPI jobs: `training-operator`, which comes by default with GPUs, or "
        "`mpi-operator`. Take `enabled: false` away from one"
    )


def _queue(layout: Layout, group: str, namespace: str) -> str | None:
    """The LocalQueue of the node group: there is one in every namespace that has jobs of the layout on the group."""
    if not layout.has_release("kueue"):
        return None
    jobs = layout.workloads.training.values()
    there = any(job.namespace == namespace and job.node_group == group for job in jobs)
    return group if there else None
