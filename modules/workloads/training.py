"""Training jobs of a layout, with the queues that they wait in."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from cdktf import ITerraformDependable, TerraformResource
from constructs import Construct

from ..layout import Layout
from ..layout.models import TrainingJob
from .kinds import Job, manifests
from .objects import add_immutable, add_object
from .pod import Manifest, Names
from .queues import cluster_queue, local_queue


class Training(Construct):
    """Every training job; `jobs` has the last object of each by name."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        layout: Layout,
        names: Names,
        ready: Callable[[str, TrainingJob], Sequence[ITerraformDependable]],
        namespaces: Mapping[str, ITerraformDependable],
    ) -> None:
        """Make them.

        Args:
            names: what buckets and repositories are called.
            ready: what a job has to wait for: its namespace, claims and service account.
            namespaces: those that are made here, by name.
        """
        super().__init__(scope, id)
        self._layout = layout
        jobs = layout.workloads.training
        queues = self._queues(layout, namespaces) if layout.has_release("kueue") else {}
        self.jobs: dict[str, TerraformResource] = {}
        for name, job in jobs.items():
            queue = queues.get((job.node_group, job.namespace))
            described = _described(name, job, layout, names, queued=queue is not None)
            after = [*ready(name, job), *([queue] if queue else [])]
            self.jobs[name] = self._job(name, described, after)

    def _queues(
        self, layout: Layout, namespaces: Mapping[str, ITerraformDependable]
    ) -> dict[tuple[str, str], TerraformResource]:
        wanted = {
            (job.node_group, job.namespace)
            for job in layout.workloads.training.values()
            if job.kind != "worker_set"
        }
        found: dict[str, TerraformResource] = {}
        for group in sorted({group for group, _ in wanted}):
            flavor, queue = cluster_queue(group, layout.node_groups[group])
            made = add_object(self, f"flavor_{group}", flavor)
            found[group] = add_object(self, f"queue_{group}", queue, depends_on=[made])
        made_here = {}
        for group, namespace in sorted(wanted):
            after = [found[group], *([namespaces[namespace]] if namespace in namespaces else [])]
            made_here[group, namespace] = add_object(
                self, f"queue_{group}__{namespace}", local_queue(group, namespace), depends_on=after
            )
        return made_here

    def _job(self, name: str, job: Job, after: Sequence[ITerraformDependable]) -> TerraformResource:
        *before, last = manifests(job)
        made = [
            # Its restarts, for one, cannot be changed; the job goes with it, since it holds its runtime fast.
            (add_immutable if one["kind"] == "ClusterTrainingRuntime" else add_object)(
                self, _id(name, one), one, depends_on=after
            )
            for one in before
        ]
        if job.job.kind == "worker_set":
            return add_object(self, name, last, depends_on=[*after, *made])
        return add_immutable(self, name, last, because=before, depends_on=[*after, *made])


def _id(name: str, manifest: Manifest) -> str:
    # No name has two hyphens in a row, so that two underscores end it in an address.
    return f"{name}__{manifest['kind'].lower()}{manifest['metadata']['name'].removeprefix(name)}"


def _described(name: str, job: TrainingJob, layout: Layout, names: Names, *, queued: bool) -> Job:
    servers = job.parameter_servers
    return Job(
        name=name,
        job=job,
        group=layout.node_groups[job.node_group],
        names=names,
        queued=queued,
        server_group=layout.node_groups[servers.node_group or job.node_group] if servers else None,
    )
