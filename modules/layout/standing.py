"""What always runs on a node group, and leaves the rest of it to the jobs that come and go."""

from __future__ import annotations

from collections.abc import Iterator

from .models import Layout
from .pods import Share, plain_share, share
from .serving import needs


def standing(layout: Layout, name: str) -> Iterator[tuple[int, Share]]:
    """The pods of worker sets and servers that have to be on one node group: how many, and what each takes."""
    group = layout.node_groups[name]
    for job in layout.workloads.training.values():
        if job.kind != "worker_set":
            continue
        if job.node_group == name:
            yield job.nodes, share(group, job.resources)
        servers = job.parameter_servers
        if servers is not None and (servers.node_group or job.node_group) == name:
            yield servers.count, plain_share(servers.cpu, servers.memory_gib)
    for server in layout.workloads.serving.values():
        if server.node_groups == (name,):
            yield server.most, needs(server, [group]).share
