"""Rules about the network between the pods of a job: what makes it slow, and says nothing."""

from __future__ import annotations

from collections.abc import Iterator

from ... import catalog
from ..faults import KeyPath, Level
from ..models import NodeGroup
from ..pods import Share, pods_per_node, share
from .base import Context, Finding
from .training_nodes import Pods, workers


def _has_accelerators(taken: Share) -> bool:
    return bool(taken.gpus or taken.neuron_devices)


class JobWithoutEfa:
    """Pods without an EFA interface talk over TCP, an order of magnitude slower, and only a line in the log says so.

    https://docs.aws.amazon.com/eks/latest/userguide/node-efa.html
    """

    id = "job-without-efa"
    level: Level = "warning"

    def check(self, context: Context) -> Iterator[Finding]:
        """Jobs over several nodes with EFA take the EFA interfaces that go with their accelerators."""
        for pods in workers(context):
            taken = pods.share
            if pods.count < 2 or not pods.group.efa or not _has_accelerators(taken):
                continue
            path = (*pods.path, "resources")
            there = len(pods.group.type.efa_cards)
            theirs = share(pods.group, pods.job.resources.model_copy(update={"efa": None})).efa
            if taken.efa >= max(1, theirs):
                continue
            if taken.efa:
                problem = f"the pods take {taken.efa} of the {theirs} EFA interfaces that go with their accelerators: traffic between them is slower by as much"
            else:
                problem = f"the pods take none of the {there} EFA interfaces of their nodes: traffic between them goes over TCP"
            if pods.job.resources.efa is None:
                remedy = "Take all accelerators of a node: its EFA interfaces cannot be shared out to so many pods."
                key = "gpus" if pods.group.type.gpus else "neuron_devices"
            else:
                remedy, key = "Leave out efa.", "efa"
            yield Finding((*path, key), problem, remedy, ((*path, "efa"), *pods.because))


class RdmaNotThere:
    """On an EFA without RDMA, libfabric ends the program that asks for it. Where there is RDMA it is asked for anyway.

    https://ofiwg.github.io/libfabric/main/man/fi_efa.7.html
    """

    id = "rdma-not-there"
    level: Level = "error"

    def check(self, context: Context) -> Iterator[Finding]:
        """No environment asks for RDMA on a type whose EFA has none."""
        for pods in workers(context):
            name = "FI_EFA_USE_DEVICE_RDMA"
            asked = pods.job.environment.get(name, "0")
            if pods.share.efa and asked != "0" and not catalog.efa_rdma(pods.group.type):
                problem = f"the EFA of {pods.group.instance_type} has no RDMA, and libfabric aborts a program that asks for it"
                remedy = "Remove it: jobs on types with RDMA get it by themselves."
                yield Finding((*pods.path, "environment", name), problem, remedy, pods.because)


class EfaOverridden:
    """By these variables NCCL and libfabric choose another network than EFA, and the job runs on, slower.

    https://docs.nvidia.com/deeplearning/nccl/user-guide/docs/env.html
    """

    id = "efa-overridden"
    level: Level = "warning"

    def check(self, context: Context) -> Iterator[Finding]:
        """Jobs with EFA leave the choice of the network to what is computed."""
        for pods in workers(context):
            if pods.count < 2 or not pods.share.efa:
                continue
            for name, value in pods.job.environment.items():
                if _overrides(name, value, pods):
                    problem = (
                        f"{name}: {value or repr(value)} turns the job away from the EFA that its pods have"
                    )
                    remedy = "Remove it: what EFA needs is set already."
                    yield Finding((*pods.path, "environment", name), problem, remedy, pods.because)


def _overrides(name: str, value: str, pods: Pods) -> bool:
    if name == "FI_PROVIDER":
        # A list of providers, or of those that are left out: ^tcp.
        return ("efa" in value) == value.startswith("^")
    # To NCCL EFA is a plugin, `AWS Libfabric`; Socket and IB are its own.
    nccl = (name == "NCCL_NET" and value.lower() in ("socket", "ib")) or (
        name == "NCCL_NET_PLUGIN" and value.lower() == "none"
    )
    return nccl and pods.share.gpus > 0


class JobAcrossZones:
    """Pods of one job in several zones wait for each other longer, and each byte between zones is paid for.

    https://aws.amazon.com/ec2/pricing/on-demand/ (data transfer). Nodes with EFA share a subnet anyway.
    """

    id = "job-across-zones"
    level: Level = "warning"

    def check(self, context: Context) -> Iterator[Finding]:
        """The nodes of a job over several nodes with accelerators are in one zone."""
        network = context.layout.network
        for pods in workers(context):
            group, name = pods.group, pods.group_name
            each = pods_per_node(group, pods.share)
            if not _has_accelerators(pods.share) or not each or pods.count <= each or _in_one_zone(group):
                continue
            problem = f"the nodes of {name} may be in several zones: traffic between the {pods.count} pods is slower there, and paid for"
            remedy = (
                f"Write node_groups.{name}.availability_zone with one zone."
                if network.is_new
                else f"Write node_groups.{name}.subnet_ids with one subnet."
            )
            below: tuple[KeyPath, ...] = (("network",), *pods.because)
            yield Finding((*pods.path, "node_group"), problem, remedy, below)


def _in_one_zone(group: NodeGroup) -> bool:
    one_subnet = group.subnet_ids is not None and len(group.subnet_ids) == 1
    placed = group.availability_zone is not None or group.placement_group != "none"
    return group.efa or group.capacity.is_reserved or placed or one_subnet
