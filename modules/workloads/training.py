"""Training jobs of a layout, with the queues that they wait in."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial

from cdktf import ITerraformDependable, TerraformResource, TerraformResourceLifecycle
from constructs import Construct

from ..layout import Layout
from ..layout.models import TrainingJob
from ..layout.standing import standing
from ..layout.variables import uses
from .kinds import Job, manifests
from .objects import Objects, add_immutable, add_object
from .pod import Manifest, Names
from .queues import cluster_queue, local_queue


class Training(Objects):
    """Every training job; `jobs` has the last object of each by name."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        layout: Layout,
        names: Names,
        ready: Callable[[str, TrainingJob], Sequence[ITerraformDependable]],
        replaced_with: Callable[[TrainingJob], Sequence[str]],
        namespaces: Mapping[str, ITerraformDependable],
    ) -> None:
        """Make them.

        Args:
            names: what buckets and repositories are called.
            ready: what a job has to wait for: its namespace, claims and service account.
            replaced_with: attributes of claims, with which their pods have to go.
            namespaces: those that are made here, by name.
        """
        super().__init__(scope, id)
        jobs = layout.workloads.training
        queues = self._queues(layout, namespaces) if layout.has_release("kueue") else {}
        self.jobs: dict[str, TerraformResource] = {}
        for name, job in jobs.items():
            queue = queues.get((job.node_group, job.namespace))
            described = _described(name, job, layout, names, queued=queue is not None)
            after = [*ready(name, job), *([queue] if queue else [])]
            self.jobs[name] = self._job(name, described, after, replaced_with(job))

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
            flavor, queue = cluster_queue(
                group, layout.node_groups[group], standing(layout, group), claimed=layout.claims_efa
            )
            made = add_object(self, f"flavor_{group}", flavor)
            found[group] = add_object(self, f"queue_{group}", queue, depends_on=[made])
        made_here = {}
        for group, namespace in sorted(wanted):
            after = [found[group], *([namespaces[namespace]] if namespace in namespaces else [])]
            made_here[group, namespace] = add_object(
                self, f"queue_{group}__{namespace}", local_queue(group, namespace), depends_on=after
            )
        return made_here

    def _job(
        self,
        name: str,
        job: Job,
        after: Sequence[ITerraformDependable],
        replaced_with: Sequence[str],
    ) -> TerraformResource:
        *before, last = manifests(job)
        if job.job.kind == "worker_set":
            lifecycle = (
                TerraformResourceLifecycle(replace_triggered_by=list(replaced_with))
                if replaced_with
                else None
            )
            made = [
                add_object(self, _id(name, one), one, depends_on=after, lifecycle=lifecycle) for one in before
            ]
            return add_object(self, name, last, depends_on=[*after, *made], lifecycle=lifecycle)
        fixed = partial(
            add_immutable,
            self,
            identity=job.identity,
            references=sorted({variable for _, variable in uses(job.job)}),
        )
        made = [
            # A job holds its runtime and its claims fast, so all are replaced together.
            fixed(_id(name, one), one, depends_on=after)
            if one["kind"] in ("ClusterTrainingRuntime", "ResourceClaimTemplate")
            else add_object(self, _id(name, one), one, depends_on=after)
            for one in before
        ]
        return fixed(name, last, replaced_with=replaced_with, depends_on=[*after, *made])


def _id(name: str, manifest: Manifest) -> str:
    # No name has two hyphens in a row, so that two underscores end it in an address.
    role = "_ps" if manifest["metadata"]["name"] == f"{name}-ps" else ""
    return f"{name}__{manifest['kind'].lower()}{role}"


def _described(name: str, job: TrainingJob, layout: Layout, names: Names, *, queued: bool) -> Job:
    servers = job.parameter_servers
    return Job(
        name=name,
        job=job,
        group=layout.node_groups[job.node_group],
        names=names,
        queued=queued,
        server_group=layout.node_groups[servers.node_group or job.node_group] if servers else None,
        dra=layout.claims_efa,
    )
