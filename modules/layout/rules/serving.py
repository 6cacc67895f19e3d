"""Rules about servers: that their pods find a node with what they ask for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ... import catalog
from ..faults import KeyPath, Level
from ..models import NodeGroup, ServingDeployment
from ..pods import GPU, KEPT_CPU, KEPT_MEMORY_MIB, NEURON
from ..serving import groups_of, needs, nodes
from ..words import nearest
from .base import Context, Finding, listed

_DEVICES = {GPU: ("gpus", "GPUs"), NEURON: ("neuron_devices", "Neuron devices")}


@dataclass(frozen=True, slots=True)
class Server:
    """A server of the layout, where it stands, and the node groups that its pods may run on."""

    path: KeyPath
    name: str
    serving: ServingDeployment
    groups: dict[str, NodeGroup]


def servers(context: Context) -> Iterator[Server]:
    """Every server, with those of its node groups whose instance type the catalogue knows."""
    for name, serving in context.layout.workloads.serving.items():
        groups = groups_of(serving, context.layout.node_groups)
        known = {key: group for key, group in groups.items() if catalog.find(group.instance_type)}
        yield Server(("workloads", "serving", name), name, serving, known)


class ServingUnknownGroup:
    """Pods that only nodes of a group may run on wait for ever where there is no such group."""

    id = "serving-unknown-group"
    level: Level = "error"

    def check(self, context: Context) -> Iterator[Finding]:
        """Each name under `node_groups` is that of a node group."""
        groups = context.layout.node_groups
        for server in servers(context):
            for index, name in enumerate(server.serving.node_groups):
                if name not in groups:
                    near = nearest(name, groups)
                    remedy = f"Did you mean {near}?" if near else f"Write one of: {listed(groups)}."
                    path = (*server.path, "node_groups", index)
                    yield Finding(path, f"there is no node group {name!r}", remedy, (("node_groups",),))


class ServingWithoutDevices:
    """A pod that asks for more accelerators than any of its nodes has waits for ever."""

    id = "serving-without-devices"
    level: Level = "error"

    def check(self, context: Context) -> Iterator[Finding]:
        """A server with accelerators names groups whose nodes have as many."""
        for server in servers(context):
            wanted = needs(server.serving, ())
            for device, count in wanted.devices.items():
                key, words = _DEVICES[device]
                path, because = (*server.path, "resources", key), ((*server.path, "node_groups"),)
                if not server.serving.node_groups:
                    having = [name for _, name, has in _devices(context, key) if has >= count]
                    problem = f"asks for {count} {words}, and no node group is named"
                    remedy = f"Write node_groups: [{', '.join(having) or 'NAME'}]: groups with accelerators are never taken by themselves."
                    yield Finding(path, problem, remedy, because)
                for name, group in server.groups.items():
                    has = getattr(group.type, key)
                    if server.serving.node_groups and has < count:
                        problem = f"asks for {count} {words}, and a node of {name} ({group.instance_type}) has {has}"
                        remedy = (
                            f"Ask for {has} or fewer, or name another group."
                            if has
                            else "Name another group."
                        )
                        yield Finding(
                            path, problem, remedy, (*because, ("node_groups", name, "instance_type"))
                        )


def _devices(context: Context, key: str) -> Iterator[tuple[KeyPath, str, int]]:
    for path, _, found in context.typed_groups():
        yield path, str(path[1]), getattr(found, key)


class ServingDoesNotFit:
    """The kubelet and the system keep a part of every node: a pod that asks for all of it never starts.

    https://docs.aws.amazon.com/eks/latest/userguide/choosing-instance-type.html
    """

    id = "serving-does-not-fit"
    level: Level = "error"

    def check(self, context: Context) -> Iterator[Finding]:
        """CPU and memory that are asked for are less than a node has: of every group that is named, or of one without taints."""
        for server in servers(context):
            wanted, groups = needs(server.serving, server.groups.values()), server.groups
            amounts = (
                (
                    "cpu",
                    wanted.cpu,
                    {name: one.type.vcpus - KEPT_CPU for name, one in groups.items()},
                    "vCPUs",
                ),
                (
                    "memory_gib",
                    wanted.memory_mib / 1024,
                    {name: (one.type.memory_mib - KEPT_MEMORY_MIB) / 1024 for name, one in groups.items()},
                    "GiB",
                ),
            )
            for key, asked, rooms, unit in amounts:
                small = [name for name, room in rooms.items() if asked > room]
                if not small or (not server.serving.node_groups and len(small) < len(rooms)):
                    continue
                name, room = small[0], rooms[small[0]]
                path = context.own(
                    (*server.path, "resources", "requests", key), (*server.path, "resources", "limits", key)
                )
                problem = f"a pod asks for {asked:g} {unit}, and of a node of {name} ({groups[name].instance_type}) pods get less than {room:.2f}"
                remedy = f"Write resources.requests.{key}: less than that, or name a group of larger nodes."
                because: tuple[KeyPath, ...] = (
                    (*server.path, "node_groups"),
                    (*server.path, "resources", "limits", key),
                    ("node_groups", name, "instance_type"),
                )
                yield Finding(path, problem, remedy, because)


class ServingLimitsBelowRequests:
    """Kubernetes refuses a pod that asks for more than it may have.

    https://kubernetes.io/docs/concepts/configuration/manage-resources-containers/
    """

    id = "serving-limits-below-requests"
    level: Level = "error"

    def check(self, context: Context) -> Iterator[Finding]:
        """Each limit is at least the request."""
        for server in servers(context):
            resources = server.serving.resources
            for key in ("cpu", "memory_gib"):
                asked, most = getattr(resources.requests, key), getattr(resources.limits, key)
                if asked is not None and most is not None and most < asked:
                    path = (*server.path, "resources", "limits", key)
                    problem = f"{most:g} is less than the {asked:g} that the pod asks for"
                    because = ((*server.path, "resources", "requests", key),)
                    yield Finding(path, problem, f"Write {asked:g} or more, or ask for less.", because)


def _rooms(server: Server) -> tuple[int, int] | None:
    """Pods that the accelerators are enough for: of the nodes that come by themselves, and of all that there may be.

    None where no accelerators are asked for, or another rule speaks: of a group that there is not, of too small a node.
    """
    wanted = needs(server.serving, server.groups.values()).devices
    if not wanted or set(server.serving.node_groups) != set(server.groups):
        return None
    each = {
        name: min(getattr(group.type, _DEVICES[device][0]) // n for device, n in wanted.items())
        for name, group in server.groups.items()
    }
    if not all(each.values()):
        return None
    return (
        sum(each[name] * nodes(group) for name, group in server.groups.items()),
        sum(each[name] * group.size.max for name, group in server.groups.items()),
    )


def _why(server: Server) -> tuple[KeyPath, ...]:
    return (
        (*server.path, "resources"),
        (*server.path, "node_groups"),
        *(("node_groups", name) for name in server.groups),
    )


class ServingTooManyPods:
    """Pods that ask for accelerators which no node of theirs has free wait, and the apply waits for them.

    Accelerators are counted, since each is for one pod alone.
    """

    id = "serving-too-many-pods"
    level: Level = "error"

    def check(self, context: Context) -> Iterator[Finding]:
        """The groups at their largest hold all pods of a server with accelerators."""
        for server in servers(context):
            rooms, most = _rooms(server), server.serving.most
            if rooms is not None and most > rooms[1]:
                key: KeyPath = ("replicas",) if server.serving.autoscaling is None else ("autoscaling", "max")
                problem = f"{most} pods, and {', '.join(server.groups)} at their largest have accelerators for {rooms[1]}"
                remedy = f"Write {rooms[1]} or fewer, or raise size.max of a group."
                yield Finding((*server.path, *key), problem, remedy, _why(server))


class ServingMoreThanDesired:
    """Without an autoscaler a group has the nodes that are desired: an apply waits for pods that find none, and fails."""

    id = "serving-more-than-desired"
    level: Level = "warning"

    def check(self, context: Context) -> Iterator[Finding]:
        """The fewest pods of a server with accelerators fit on nodes that come without anybody changing the layout."""
        for server in servers(context):
            rooms, least = _rooms(server), server.serving.least
            if rooms is not None and rooms[0] < least and server.serving.most <= rooms[1]:
                key: KeyPath = ("replicas",) if server.serving.autoscaling is None else ("autoscaling", "min")
                problem = f"{least} pods, and the nodes that {', '.join(server.groups)} will have are enough for {rooms[0]}"
                remedy = "Raise size.desired of a group, or write scaling_owner: autoscaler there."
                yield Finding((*server.path, *key), problem, remedy, _why(server))


class ServingNameTaken:
    """A namespace has one Service of a name: the second apply fails, or takes the first one's pods.

    The Service `kubernetes` in `default` is the cluster's own.
    """

    id = "serving-name-taken"
    level: Level = "error"

    def check(self, context: Context) -> Iterator[Finding]:
        """No server has the name and namespace of a training job, or of the cluster's own Service."""
        training = context.layout.workloads.training
        for server in servers(context):
            job = training.get(server.name)
            namespace = server.serving.namespace
            if job is not None and job.namespace == namespace:
                whose = f"workloads.training.{server.name}"
            elif (server.name, namespace) == ("kubernetes", "default"):
                whose = "the cluster"
            else:
                continue
            problem = f"the Service {server.name} in the namespace {namespace} is that of {whose}"
            because = (("workloads", "training", server.name, "namespace"), (*server.path, "namespace"))
            yield Finding(server.path, problem, "Give it another name or namespace.", because)
