"""Rules about room: that all pods of a job fit on its group, and those of all that run there at once."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from ..faults import KeyPath, Level
from ..models import NodeGroup
from ..pods import Share, node_amounts, pods_per_node, room_for
from ..serving import needs, nodes
from .base import Context, Finding, listed
from .serving import servers
from .training_nodes import Pods, parameter_servers, workers

# How many pods of each kind.
Wanted = Counter[Share]
# More kinds than people write by hand: then only the sums are compared, which takes no time.
_MOST_KINDS = 32


def fit(group: NodeGroup, count: int, wanted: Wanted) -> bool:
    """Whether pods fit on so many nodes of a group together: the largest first, each on the first node with room."""
    if len(wanted) > _MOST_KINDS:
        return _fit_in_sum(group, count, wanted)
    free: list[tuple[tuple[int, ...], int]] = [(node_amounts(group), count)]
    for taken, pods in sorted(wanted.items(), key=lambda one: pods_per_node(group, one[0])):
        left: list[tuple[tuple[int, ...], int]] = []
        for room, alike in free:
            each = room_for(taken, room)
            full = min(alike, pods // each) if each else 0
            pods -= full * each
            rest = pods if each and full < alike else 0
            pods -= rest
            for number, on_each in ((full, each), (1 if rest else 0, rest)):
                if number:
                    left.append((_without(room, taken, on_each), number))
            others = alike - full - (1 if rest else 0)
            if others:
                left.append((room, others))
        if pods:
            return False
        free = left
    return True


def _fit_in_sum(group: NodeGroup, count: int, wanted: Wanted) -> bool:
    taken = [0] * len(node_amounts(group))
    for share, pods in wanted.items():
        taken = [sum_ + pods * one for sum_, one in zip(taken, share.amounts, strict=True)]
    return all(has * count >= one for has, one in zip(node_amounts(group), taken, strict=True))


def _without(room: tuple[int, ...], taken: Share, pods: int) -> tuple[int, ...]:
    return tuple(has - pods * takes for has, takes in zip(room, taken.amounts, strict=True))


def _on_one_group(context: Context) -> Iterator[tuple[Pods, Pods]]:
    """The workers and the parameter servers of jobs that have both on one group."""
    helpers = {pods.path: pods for pods in parameter_servers(context)}
    for pods in workers(context):
        servers_of = helpers.get(pods.path)
        if servers_of is not None and servers_of.group_name == pods.group_name:
            yield pods, servers_of


def _fit_alone(several: Iterable[Pods], count: int) -> bool:
    return all(pods_per_node(pods.group, pods.share) * count >= pods.count for pods in several)


def _wanted(several: Iterable[Pods]) -> Wanted:
    found: Wanted = Counter()
    for pods in several:
        found[pods.share] += pods.count
    return found


class JobLargerThanGroup:
    """Pods beyond what a group holds at its largest never start, and the others wait for them.

    Nobody starts more nodes than `size.max`, neither the autoscaler nor Terraform.
    """

    id = "job-larger-than-group"
    level: Level = "error"

    def check(self, context: Context) -> Iterator[Finding]:
        """All pods of a job fit on `size.max` nodes."""
        for pods in (*workers(context), *parameter_servers(context)):
            each, most = pods_per_node(pods.group, pods.share), pods.group.size.max
            # Where a node has no room for one pod, another rule says so.
            if each and pods.count > each * most:
                problem = f"{pods.count} pods, and {pods.group_name} holds {each * most}: {_on(each, most)}"
                size = f"node_groups.{pods.group_name}.size.max: {math.ceil(pods.count / each)}"
                remedy = f"Write {each * most} or fewer, or {size}." if most else f"Write {size}."
                yield Finding((*pods.path, *pods.count_key), problem, remedy, pods.because)
        for both in _on_one_group(context):
            pods, helpers = both
            name, most = pods.group_name, pods.group.size.max
            if _fit_alone(both, most) and not fit(pods.group, most, _wanted(both)):
                problem = f"{_together(pods, helpers)} on {name}, which has {most} nodes at most"
                remedy = (
                    f"Write fewer, a higher node_groups.{name}.size.max, or parameter_servers.node_group."
                )
                yield Finding((*pods.path, "nodes"), problem, remedy, (*pods.because, *helpers.because))


def _on(each: int, most: int) -> str:
    return f"{each} on each of {most} nodes at most" if most != 1 else f"{each} on its one node"


def _counted(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def _together(pods: Pods, helpers: Pods) -> str:
    return f"{_counted(pods.count, 'worker')} and {_counted(helpers.count, 'parameter server')} do not fit together"


class JobLargerThanDesired:
    """Without an autoscaler a group has the nodes that are desired: pods for which there are none wait for a person."""

    id = "job-larger-than-desired"
    level: Level = "warning"

    def check(self, context: Context) -> Iterator[Finding]:
        """All pods of a job fit on the nodes that are desired, or the autoscaler brings more."""
        for pods in (*workers(context), *parameter_servers(context)):
            each, size = pods_per_node(pods.group, pods.share), pods.group.size
            if pods.group.scaling_owner == "autoscaler" or not each:
                continue
            if each * size.desired < pods.count <= each * size.max:
                name = pods.group_name
                problem = f"{pods.count} pods, and the {size.desired} nodes that {name} has hold {each * size.desired}: nobody brings more"
                needed = math.ceil(pods.count / each)
                remedy = f"Write node_groups.{name}.size.desired: {needed}, or scaling_owner: autoscaler."
                yield Finding((*pods.path, *pods.count_key), problem, remedy, pods.because)
        for both in _on_one_group(context):
            pods, helpers = both
            name, size = pods.group_name, pods.group.size
            if pods.group.scaling_owner == "autoscaler" or not _fit_alone(both, size.desired):
                continue
            wanted = _wanted(both)
            if fit(pods.group, size.max, wanted) and not fit(pods.group, size.desired, wanted):
                problem = f"{_together(pods, helpers)} on the {_counted(size.desired, 'node')} that {name} has: nobody brings more"
                remedy = f"Write a higher node_groups.{name}.size.desired, or scaling_owner: autoscaler."
                yield Finding((*pods.path, "nodes"), problem, remedy, (*pods.because, *helpers.because))


@dataclass(frozen=True, slots=True)
class Runs:
    """What a workload has on one group: its pods, and whether they stay there for good."""

    path: KeyPath
    name: str
    group: NodeGroup
    wanted: Wanted
    stays: bool
    because: tuple[KeyPath, ...]

    @property
    def pods(self) -> int:
        """How many pods, of all kinds."""
        return sum(self.wanted.values())


def _runs(context: Context) -> Iterator[tuple[str, Runs]]:
    """What runs on each group: all of jobs, and the servers that have no other group to go to."""
    of_jobs: dict[tuple[str, KeyPath], list[Pods]] = defaultdict(list)
    for pods in (*workers(context), *parameter_servers(context)):
        of_jobs[pods.group_name, pods.path].append(pods)
    for (name, path), several in of_jobs.items():
        first = several[0]
        because = tuple(above for pods in several for above in pods.because)
        stays = first.job.kind == "worker_set"
        where = (*path, *first.count_key)
        yield name, Runs(where, str(path[-1]), first.group, _wanted(several), stays, because)
    for server in servers(context):
        if len(server.serving.node_groups) != 1 or not server.groups:
            continue
        ((name, group),) = server.groups.items()
        key: KeyPath = ("replicas",) if server.serving.autoscaling is None else ("autoscaling", "min")
        share = needs(server.serving, (group,)).share
        because = ((*server.path, "node_groups"), (*server.path, "resources"), ("node_groups", name))
        wanted = Counter({share: server.serving.least})
        yield name, Runs((*server.path, *key), server.name, group, wanted, True, because)


class JobsHoldEachOther:
    """Pods start one by one: of two jobs that do not fit together each gets some nodes, and waits for the other's.

    kueue starts a job when all of its pods fit; of worker sets and servers, which stay, it knows nothing.
    https://kueue.sigs.k8s.io/docs/overview/
    """

    id = "jobs-hold-each-other"
    level: Level = "warning"

    def check(self, context: Context) -> Iterator[Finding]:
        """What stays on a group and the jobs of several pods fit on its nodes together, or kueue admits the jobs."""
        by_group: dict[str, list[Runs]] = defaultdict(list)
        for name, runs in _runs(context):
            # Of what does not fit by itself, other rules speak.
            if fit(runs.group, nodes(runs.group), runs.wanted):
                by_group[name].append(runs)
        for name, several in by_group.items():
            yield from self._on_group(name, several, queued=context.layout.has_release("kueue"))

    def _on_group(self, name: str, several: list[Runs], *, queued: bool) -> Iterator[Finding]:
        group = several[0].group
        count = nodes(group)
        size = "max" if group.scaling_owner == "autoscaler" else "desired"
        more = f"more nodes (node_groups.{name}.size.{size}), or another node group"
        there = [one for one in several if one.stays]
        last = _first_too_many(group, count, there)
        if last is not None:
            others, one = there[:last], there[last]
            problem = f"together with {_names(others)} it takes more than the {_counted(count, 'node')} of {name}: some of the pods wait for ever"
            yield Finding(one.path, problem, f"Write fewer pods, {more}.", _because((*others, one)))
            return
        jobs = [one for one in several if not one.stays]
        always = _sum(there)
        blocked = [one for one in jobs if there and not fit(group, count, always + one.wanted)]
        for one in blocked:
            problem = f"{_names(there)} {'stays' if len(there) == 1 else 'stay'} on {name}, and its {_counted(count, 'node')} cannot hold {_counted(one.pods, 'pod')} besides: the job never starts whole"
            yield Finding(one.path, problem, f"Write fewer pods, {more}.", _because((*there, one)))
        if blocked:
            return
        jobs = [runs for runs in jobs if runs.pods > 1]
        if len(jobs) > 1 and not queued and not fit(group, count, _sum((*there, *jobs))):
            problem = f"together with {_names(jobs[:-1])} it takes more than the {_counted(count, 'node')} of {name}: each may start in part, and wait for the other for ever"
            remedy = "Write helm_releases: {kueue: {}}, which starts a job when all of its pods fit."
            yield Finding(jobs[-1].path, problem, remedy, _because((*there, *jobs)))


def _first_too_many(group: NodeGroup, count: int, several: Sequence[Runs]) -> int | None:
    """The index of the first one that does not fit beside those before it; None where all fit."""
    if fit(group, count, _sum(several)):
        return None
    fitting, too_many = 0, len(several)
    while too_many - fitting > 1:
        middle = (fitting + too_many) // 2
        if fit(group, count, _sum(several[:middle])):
            fitting = middle
        else:
            too_many = middle
    return too_many - 1


def _sum(several: Iterable[Runs]) -> Wanted:
    found: Wanted = Counter()
    for runs in several:
        found.update(runs.wanted)
    return found


def _names(several: Iterable[Runs]) -> str:
    return listed(runs.name for runs in several)


def _because(several: Iterable[Runs]) -> tuple[KeyPath, ...]:
    return tuple(path for runs in several for path in runs.because)
