"""Rules about all workloads: their images, their environment, and the names of what is made for them."""

from __future__ import annotations

from collections.abc import Iterator

from ..claims import workloads
from ..faults import KeyPath, Level
from ..models.workloads import RepositoryImage
from ..pods import SCRIPT_FOLDER
from ..values import is_known
from ..words import nearest
from .base import Context, Finding
from .training import jobs


class ImageNotPinned:
    """`latest` is another image tomorrow: pods of one job, or its second run, may not run the same program.

    https://kubernetes.io/docs/concepts/containers/images/#image-names
    """

    id = "image-not-pinned"
    level: Level = "warning"

    def check(self, context: Context) -> Iterator[Finding]:
        """An image has a digest, or a tag other than `latest`."""
        for path, workload in workloads(context.layout):
            image = workload.image
            if isinstance(image, RepositoryImage):
                if image.tag == "latest":
                    yield self._of_repository(context, path, image)
                continue
            if not is_known(image) or "@" in image:
                continue
            tag = image.rpartition("/")[2].partition(":")[2]
            if tag in ("", "latest"):
                problem = (
                    "the tag latest is moved to each new image" if tag else "has no tag, which means latest"
                )
                remedy = "Write the tag of a version, or a digest: NAME@sha256:..."
                yield Finding((*path, "image"), problem, remedy)

    def _of_repository(self, context: Context, path: KeyPath, image: RepositoryImage) -> Finding:
        repository = context.layout.storage.repositories.get(image.repository)
        problem = "the tag latest says of no image which one it is"
        if repository is not None and not repository.immutable_tags:
            problem = f"the tag latest is moved to each new image, and {image.repository} has immutable_tags: false: a pod that starts anew may run another program"
        because = (("storage", "repositories", image.repository),)
        return Finding((*path, "image", "tag"), problem, "Write the tag of a version.", because)


class RepositoryUnknown:
    """The address of a repository that nobody makes cannot be known."""

    id = "repository-unknown"
    level: Level = "error"

    def check(self, context: Context) -> Iterator[Finding]:
        """The repository of an image is one of `storage.repositories`."""
        repositories = context.layout.storage.repositories
        for path, workload in workloads(context.layout):
            image = workload.image
            if isinstance(image, RepositoryImage) and image.repository not in repositories:
                near = nearest(image.repository, repositories)
                remedy = (
                    f"Did you mean {near}?"
                    if near
                    else f"Add storage.repositories.{image.repository}: {{}}, or write the image's whole name."
                )
                problem = f"there is no repository {image.repository!r} under storage.repositories"
                because = (("storage", "repositories"),)
                yield Finding((*path, "image", "repository"), problem, remedy, because)


class VariableTwice:
    """A container's variable has one value: the other one is lost."""

    id = "variable-twice"
    level: Level = "error"

    def check(self, context: Context) -> Iterator[Finding]:
        """No variable is under both `environment` and `secrets`."""
        for path, workload in workloads(context.layout):
            for name in workload.environment:
                if name in workload.secrets:
                    problem = f"{name} has a value from a Secret too, under secrets"
                    because = ((*path, "secrets", name),)
                    yield Finding((*path, "environment", name), problem, "Keep one of them.", because)


# What torchrun and torch read to find the other pods: https://docs.pytorch.org/docs/stable/elastic/run.html
_RENDEZVOUS = ("MASTER_ADDR", "MASTER_PORT", "RANK", "WORLD_SIZE", "LOCAL_RANK", "LOCAL_WORLD_SIZE")


class ComputedVariable:
    """By these variables the pods of a job find each other: with other values, they wait for pods that there are not.

    https://docs.pytorch.org/docs/stable/elastic/run.html
    """

    id = "computed-variable"
    level: Level = "warning"

    def check(self, context: Context) -> Iterator[Finding]:
        """Jobs leave the variables of torchrun to what is computed."""
        for path, _, job in jobs(context):
            for key, names in (("environment", job.environment), ("secrets", job.secrets)):
                for name in names:
                    if name in _RENDEZVOUS or name.startswith("PET_"):
                        problem = f"{name} follows from the job, and another value may keep its pods from finding each other"
                        remedy = "Remove it: nodes, processes_per_node and port say it."
                        yield Finding((*path, key, name), problem, remedy)


# The kernel's file systems, and what Kubernetes and EKS Pod Identity put into a pod:
# https://docs.aws.amazon.com/eks/latest/userguide/pod-id-how-it-works.html
_OF_SYSTEM = (
    "/proc",
    "/sys",
    "/dev",
    "/dev/pts",
    "/var/run/secrets",
    "/run/secrets",
    "/var/run/secrets/kubernetes.io/serviceaccount",
    "/run/secrets/kubernetes.io/serviceaccount",
    "/var/run/secrets/pods.eks.amazonaws.com/serviceaccount",
)


class MountPathTaken:
    """A path of a container has one thing mounted: Kubernetes refuses a second, and needs some for itself."""

    id = "mount-path-taken"
    level: Level = "error"

    def check(self, context: Context) -> Iterator[Finding]:
        """Nothing is mounted where the script is, or over what the kernel and Kubernetes put there."""
        for above, workload in workloads(context.layout):
            for where in workload.volumes:
                if where in _OF_SYSTEM or where.startswith(("/proc/", "/sys/", "/dev/pts/")):
                    problem = f"{where} belongs to the container's system: a pod with something else there does not start, or has no rights"
                    yield Finding((*above, "volumes", where), problem, "Mount it at another path.")
        for path, _, job in jobs(context):
            if job.script is not None and SCRIPT_FOLDER in job.volumes:
                problem = f"the job's script is in {SCRIPT_FOLDER}"
                because = ((*path, "script"),)
                yield Finding(
                    (*path, "volumes", SCRIPT_FOLDER), problem, "Mount it at another path.", because
                )


class WorkloadNameTaken:
    """A namespace has one Service of a name: the second apply fails, or takes over the first one's pods.

    Parameter servers have a Service of their own, and `kubernetes` in `default` is that of the cluster.
    """

    id = "workload-name-taken"
    level: Level = "error"

    def check(self, context: Context) -> Iterator[Finding]:
        """No job has the name of another's parameter servers, or of the cluster's own Service."""
        layout = context.layout
        taken: dict[tuple[str, str], tuple[KeyPath, str]] = {
            (job.namespace, f"{name}-ps"): ((*path, "parameter_servers"), f"the parameter servers of {name}")
            for path, name, job in jobs(context)
            if job.parameter_servers is not None
        }
        for path, workload in workloads(layout):
            name = path[-1]
            below, whose = taken.get((workload.namespace, name), ((), ""))
            if (
                not whose
                and path[1] == "training"
                and (workload.namespace, name) == ("default", "kubernetes")
            ):
                whose = "the cluster"
            if whose:
                problem = f"the Service {name} in the namespace {workload.namespace} is that of {whose}"
                because = (
                    ((*path, "namespace"), (*below[:3], "namespace")) if below else ((*path, "namespace"),)
                )
                yield Finding(path, problem, "Give it another name or namespace.", because)
