"""Rules about servers: that their pods find a node with what they ask for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ... import catalog
from ..faults import KeyPath, Level
from ..models import NodeGroup, ServingDeployment
from ..pods import GPU, KEPT_CPU, KEPT_MEMORY_MIB, NEURON, pods_per_node
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


def _rooms(context: Context, server: Server) -> tuple[int, int] | None:
    """How many pods fit: on the nodes that come by themselves, and on all that there may be.

    None where that cannot be told, or another rule speaks: of a group that there is not, of too small a node.
    """
    named = server.serving.node_groups
    all_groups = named or groups_of(server.serving, context.layout.node_groups)
    wanted = needs(server.serving, server.groups.values())
    if not server.groups or set(all_groups) != set(server.groups) or (wanted.devices and not named):
        return None
    # Without named groups, pods run on Karpenter's nodes too.
    if not named and context.layout.has_release("karpenter"):
        return None
    each = {name: pods_per_node(group, wanted.share) for name, group in server.groups.items()}
    if not any(each.values()) or (named and not all(each.values())):
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
    """Pods that find no node with room wait for ever, and the apply waits for them.

    Whatever else runs on the nodes leaves room for fewer still.
    """

    id = "serving-too-many-pods"
    level: Level = "error"

    def check(self, context: Context) -> Iterator[Finding]:
        """The groups at their largest hold all pods of a server with accelerators, and the fewest of another."""
        for server in servers(context):
            rooms, pods = _rooms(context, server), _surely(server)
            if rooms is not None and pods > rooms[1]:
                problem = (
                    f"{pods} pods, and {listed(server.groups)} at their largest have room for {rooms[1]}"
                )
                remedy = (
                    f"Write {rooms[1]} or fewer, raise size.max of a group, or let each pod ask for less."
                )
                yield Finding((*server.path, *_key(server, pods)), problem, remedy, _why(server))


def _surely(server: Server) -> int:
    """The pods for which there has to be room: an autoscaler may be told more than CPUs and memory are enough for."""
    resources = server.serving.resources
    return server.serving.most if resources.gpus or resources.neuron_devices else server.serving.least


def _key(server: Server, pods: int) -> KeyPath:
    """The key that says the number of pods."""
    if server.serving.autoscaling is None:
        return ("replicas",)
    return "autoscaling", "min" if pods == server.serving.least else "max"


class ServingMoreThanDesired:
    """Without an autoscaler a group has the nodes that are desired: pods that find none wait, and an apply with them."""

    id = "serving-more-than-desired"
    level: Level = "warning"

    def check(self, context: Context) -> Iterator[Finding]:
        """All pods of a server fit on nodes that come without anybody changing the layout, or the autoscaler brings some."""
        for server in servers(context):
            rooms, least = _rooms(context, server), server.serving.least
            if rooms is None or _surely(server) > rooms[1]:
                continue
            pods = least if rooms[0] < least else server.serving.most
            fixed = any(group.scaling_owner != "autoscaler" for group in server.groups.values())
            if fixed and rooms[0] < pods:
                problem = f"{pods} pods, and the nodes that {listed(server.groups)} will have are enough for {rooms[0]}"
                remedy = "Raise size.desired of a group, or write scaling_owner: autoscaler there."
                yield Finding((*server.path, *_key(server, pods)), problem, remedy, _why(server))


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


class ServingArchitectures:
    """An image for one kind of CPU does not start on the other: the pods that come there fail, and the others do not.

    https://docs.aws.amazon.com/AmazonECR/latest/userguide/docker-push-multi-architecture-image.html
    """

    id = "serving-architectures"
    level: Level = "warning"

    def check(self, context: Context) -> Iterator[Finding]:
        """The node groups of a server have one architecture."""
        for server in servers(context):
            found = {group.type.architecture: name for name, group in server.groups.items()}
            if len(found) > 1:
                nodes_of = " and ".join(f"{kind} ({name})" for kind, name in sorted(found.items()))
                problem = f"its nodes are {nodes_of}, and the image has to be for both"
                remedy = "Write node_groups with those of one architecture, unless the image is for several."
                yield Finding((*server.path, "node_groups"), problem, remedy, _why(server))
