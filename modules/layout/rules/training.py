"""Rules about training jobs: that somebody runs them, and that each has the settings of its kind."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ..faults import KeyPath, Level
from ..models import TrainingJob
from ..models.training import Kind
from ..pods import SCRIPT_FOLDER
from ..words import nearest
from .base import Context, Finding, listed


def jobs(context: Context) -> Iterator[tuple[KeyPath, str, TrainingJob]]:
    """Every job with its path and name."""
    for name, job in context.layout.workloads.training.items():
        yield ("workloads", "training", name), name, job


class JobGroupUnknown:
    """Pods that only nodes of a group may run on wait for ever where there is no such group."""

    id = "job-group-unknown"
    level: Level = "error"

    def check(self, context: Context) -> Iterator[Finding]:
        """The node groups of a job and of its parameter servers are the layout's."""
        groups = context.layout.node_groups
        for path, _, job in jobs(context):
            named: list[tuple[KeyPath, str | None]] = [(("node_group",), job.node_group)]
            if job.parameter_servers is not None:
                named.append((("parameter_servers", "node_group"), job.parameter_servers.node_group))
            for key, name in named:
                if name is not None and name not in groups:
                    near = nearest(name, groups)
                    remedy = f"Did you mean {near}?" if near else f"Write one of: {listed(groups)}."
                    problem = f"there is no node group {name!r}"
                    yield Finding((*path, *key), problem, remedy, (("node_groups",),))


class TrainJobWithoutOperator:
    """A TrainJob is run by Kubeflow Trainer; without it, the API server does not know the kind.

    https://www.kubeflow.org/docs/components/trainer/operator-guides/installation/
    """

    id = "train-job-without-operator"
    level: Level = "error"

    def check(self, context: Context) -> Iterator[Finding]:
        """`kind: train_job` goes with the release training-operator."""
        if not context.layout.has_release("training-operator"):
            for path, _, job in jobs(context):
                if job.kind == "train_job":
                    problem = "the release training-operator, which runs it, is off"
                    remedy = "Remove what turns it off, or write kind: indexed_job, which needs no operator."
                    yield Finding((*path, "kind"), problem, remedy, (("helm_releases", "training-operator"),))


class MpiJobWithoutOperator:
    """An MPIJob is run by the MPI operator, which publishes no chart; without it, the API server does not know the kind.

    https://github.com/kubeflow/mpi-operator/issues/11
    """

    id = "mpi-job-without-operator"
    level: Level = "error"

    def check(self, context: Context) -> Iterator[Finding]:
        """`kind: mpi_job` goes with the release mpi-operator."""
        if not context.layout.has_release("mpi-operator"):
            for path, _, job in jobs(context):
                if job.kind == "mpi_job":
                    problem = "there is no release mpi-operator, which would run it"
                    remedy = "Write helm_releases.mpi-operator with a chart of yours (docs/releases.md), or kind: indexed_job."
                    yield Finding((*path, "kind"), problem, remedy, (("helm_releases", "mpi-operator"),))


# The kinds that a setting is for, where it is not for all.
_FOR: Mapping[str, tuple[Kind, ...]] = {
    "port": ("indexed_job", "worker_set"),
    "max_restarts": ("train_job", "indexed_job", "mpi_job"),
    "deadline_minutes": ("train_job", "indexed_job", "mpi_job"),
    "ttl_minutes": ("indexed_job", "mpi_job"),
    "controller": ("worker_set",),
    "parameter_servers": ("worker_set",),
}


class JobSettingUnused:
    """A setting that does nothing promises what nobody keeps, such as an end of the job after a day."""

    id = "job-setting-unused"
    level: Level = "error"

    def check(self, context: Context) -> Iterator[Finding]:
        """A job has the settings of its kind alone."""
        for path, _, job in jobs(context):
            for key, kinds in _FOR.items():
                if job.kind not in kinds and context.wrote(*path, key):
                    problem = f"is for {' and '.join(kinds)}, and does nothing for kind: {job.kind}"
                    yield Finding((*path, key), problem, "Remove it.", ((*path, "kind"),))


class ScriptWithoutCommand:
    """A script is started by torchrun where nothing else is said, and torchrun is no launcher of MPI."""

    id = "script-without-command"
    level: Level = "error"

    def check(self, context: Context) -> Iterator[Finding]:
        """The script of an MPI job has a command that starts it."""
        for path, _, job in jobs(context):
            if job.kind == "mpi_job" and job.script is not None and not job.command:
                problem = "nothing starts it: an mpi_job has no torchrun"
                remedy = f"Write command: [mpirun, python, {SCRIPT_FOLDER}/{job.script.name}]."
                yield Finding((*path, "script"), problem, remedy, ((*path, "kind"), (*path, "command")))


class JobRunsAgain:
    """Kubernetes deletes the finished job, Terraform finds it gone, and the next deploy runs it from the start.

    https://kubernetes.io/docs/concepts/workloads/controllers/ttlafterfinished/
    """

    id = "job-runs-again"
    level: Level = "warning"

    def check(self, context: Context) -> Iterator[Finding]:
        """A finished job stays."""
        for path, _, job in jobs(context):
            if job.ttl_minutes is not None and job.kind in _FOR["ttl_minutes"]:
                problem = f"the job is deleted {job.ttl_minutes} minutes after its end, and the next deploy runs it again"
                remedy = "Remove it: a finished job holds no nodes."
                yield Finding((*path, "ttl_minutes"), problem, remedy, ((*path, "kind"),))


class ServersOfDeployment:
    """Parameter servers know the workers by name, and the pods of a Deployment have other names each time.

    https://kubernetes.io/docs/concepts/workloads/controllers/statefulset/#stable-network-id
    """

    id = "servers-of-deployment"
    level: Level = "error"

    def check(self, context: Context) -> Iterator[Finding]:
        """Parameter servers go with `controller: stateful_set`."""
        for path, _, job in jobs(context):
            # Of another kind it is said that these settings do nothing.
            if (
                job.kind == "worker_set"
                and job.controller == "deployment"
                and job.parameter_servers is not None
            ):
                problem = "the workers of a Deployment have no names that stay, by which parameter servers find them"
                remedy = "Remove controller for a StatefulSet, or parameter_servers."
                yield Finding((*path, "controller"), problem, remedy, ((*path, "parameter_servers"),))


class MpiEnvironmentLost:
    """mpirun hands variables on as one list with `;` between them: a value with `=` or `;` is left out of it.

    Processes on the first node have it, and those on the others do not. https://docs.open-mpi.org/en/main/mca.html
    """

    id = "mpi-environment-lost"
    level: Level = "warning"

    def check(self, context: Context) -> Iterator[Finding]:
        """No value of an MPI job over several nodes has a `=` or `;`."""
        for path, _, job in jobs(context):
            for name, value in job.environment.items() if job.kind == "mpi_job" and job.nodes > 1 else ():
                signs = [sign for sign in "=;" if sign in value]
                if signs:
                    problem = f"its value has {' and '.join(signs)}, and mpirun does not hand it on to the other nodes"
                    remedy = "Set it in a wrapper script in the image that mpirun starts, or in a file that all pods mount."
                    because = ((*path, "kind"), (*path, "nodes"))
                    yield Finding((*path, "environment", name), problem, remedy, because)
