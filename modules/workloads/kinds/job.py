"""A training job and the parts that its kinds share. Pure: a job and its node group in, manifests out."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from ...layout.models import NodeGroup, TrainingJob
from ...layout.models.workloads import RepositoryImage
from ...layout.pods import (
    GROUP_LABEL,
    SCRIPT_FOLDER,
    Share,
    network_environment,
    processes,
    share,
    tolerations,
)
from ..claims import claim_template, pod_claims, resources, template_name
from ..pod import Manifest, Names, container, environment, mounts

CONTAINER = "train"
# https://kueue.sigs.k8s.io/docs/tasks/run/jobs/
QUEUE_LABEL = "kueue.x-k8s.io/queue-name"
# https://kubernetes.io/docs/concepts/overview/working-with-objects/common-labels/
NAME_LABEL, ROLE_LABEL = "app.kubernetes.io/name", "app.kubernetes.io/component"

# torchrun waits so many seconds for its peers, and 15 minutes by itself: a node that comes late, with an image of 20 GB to
# pull, takes longer. https://docs.pytorch.org/docs/stable/elastic/run.html
PATIENCE = {"PET_RDZV_CONF": "timeout=3600"}


@dataclass(frozen=True, slots=True)
class Job:
    """A training job with all that its manifests follow from.

    `group` is its node group, called `job.node_group`; `server_group` that of its parameter servers. `queued` says that
    kueue admits it, `dra` that EFA devices are claimed.
    """

    name: str
    job: TrainingJob
    group: NodeGroup
    names: Names
    queued: bool = False
    server_group: NodeGroup | None = None
    dra: bool = False

    @property
    def share(self) -> Share:
        """What a pod takes of its node."""
        return share(self.group, self.job.resources)

    @property
    def processes(self) -> int:
        """Processes in each pod."""
        return self.job.processes_per_node or processes(self.group, self.share)

    @property
    def script_name(self) -> str | None:
        """The ConfigMap of the script."""
        return f"{self.name}-script" if self.job.script else None

    @property
    def identity(self) -> str:
        """What makes it this job, as text: with another one it has to start anew.

        That is what the layout says of it, its script, what others call its image and buckets, and what its nodes are. Not
        in it is what only places the job (taints, a queue), what it may do in AWS, and what a new version of this project
        computes otherwise: none of that should end a training.
        """
        own = self.job.model_dump(exclude_defaults=True, exclude={"buckets", "policy_arns"})
        image = self.job.image
        about = {
            "job": own,
            "buckets": {name: self.names.buckets[name] for name in sorted(self.job.buckets)},
            "registry": self.names.repositories[image.repository]
            if isinstance(image, RepositoryImage)
            else "",
            "nodes": [self.group.instance_types, self.group.efa],
        }
        if self.claims_efa:
            about["efa_driver"] = "dra"
        return json.dumps(about, sort_keys=True)

    @property
    def claims_efa(self) -> bool:
        """Whether its pods claim EFA devices."""
        return self.dra and self.share.efa > 0

    @property
    def service_account(self) -> str:
        """The service account of the pods."""
        return self.job.service_account or self.name


def script_map(job: Job) -> Manifest:
    """The ConfigMap of the job's script."""
    assert job.job.script is not None
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": metadata(job, job.script_name),
        "data": {job.job.script.name: job.job.script.text},
    }


def pod_spec(job: Job, found: Mapping[str, str | Manifest]) -> Manifest:
    """A pod that trains: on the job's nodes, with all of their devices that are its share; `found` is more environment."""
    taken = job.share
    network = network_environment(job.group, taken, pods=job.job.nodes)
    spec = _pod(job, {**network, **found}, shared_memory_mib=taken.shared_memory_mib)
    main = spec["containers"][0]
    main["resources"] = resources(taken, claimed=job.claims_efa)
    if taken.efa:
        # EFA registers memory that may not be swapped out: https://docs.aws.amazon.com/eks/latest/userguide/node-efa.html
        main["securityContext"]["capabilities"]["add"] = ["IPC_LOCK"]
    if job.claims_efa:
        spec |= pod_claims(template_name(job.name, taken.efa))
    return spec | _placement(job.job.node_group, job.group)


def efa_claims(job: Job) -> Manifest:
    """The template of the claims of the pods that train."""
    count = job.share.efa
    return claim_template(metadata(job, template_name(job.name, count)), count)


def helper_spec(
    job: Job, found: Mapping[str, str | Manifest], requests: Mapping[str, str], on: tuple[str, NodeGroup]
) -> Manifest:
    """A pod beside those that train, with the same image and mounts, and with no devices; `on` is its node group."""
    spec = _pod(job, found, shared_memory_mib=0)
    spec["containers"][0]["resources"] = {"requests": dict(requests)}
    return spec | _placement(*on)


def _pod(job: Job, found: Mapping[str, str | Manifest], *, shared_memory_mib: int) -> Manifest:
    volumes, mounted = mounts(job.job, shared_memory_mib=shared_memory_mib, script=job.script_name)
    main = container(job.job, job.names, name=CONTAINER, command=_torchrun(job))
    # No job sends raw packets. More is the image's to say: many run as root, and write where they like.
    main["securityContext"] = {"capabilities": {"drop": ["NET_RAW"]}}
    variables = environment(job.job, job.names, found)
    if variables:
        main["env"] = variables
    if mounted:
        main["volumeMounts"] = mounted
    spec: Manifest = {"serviceAccountName": job.service_account, "containers": [main]}
    if volumes:
        spec["volumes"] = volumes
    if job.job.priority_class is not None:
        spec["priorityClassName"] = job.job.priority_class
    return spec


def _torchrun(job: Job) -> tuple[str, ...]:
    return ("torchrun", f"{SCRIPT_FOLDER}/{job.job.script.name}") if job.job.script else ()


def _placement(name: str, group: NodeGroup) -> Manifest:
    found: Manifest = {"nodeSelector": {GROUP_LABEL: name}}
    if group.taints:
        found["tolerations"] = tolerations(group.taints)
    return found


def headless_service(job: Job, name: str, pods: Mapping[str, str]) -> Manifest:
    """A Service that gives each of the pods a name of its own: `POD.NAME`."""
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": metadata(job, name),
        "spec": {
            "clusterIP": "None",
            # Peers look each other up before any of them is ready.
            "publishNotReadyAddresses": True,
            "selector": dict(pods),
            "ports": [{"name": "rendezvous", "port": job.job.port}],
        },
    }


def metadata(job: Job, name: str | None = None, *, queued: bool = False) -> Manifest:
    """Name, namespace and labels of an object of the job; `queued` for the one that kueue admits."""
    queue = {QUEUE_LABEL: job.job.node_group} if queued and job.queued else {}
    return {"name": name or job.name, "namespace": job.job.namespace, "labels": labels(job) | queue}


def labels(job: Job) -> dict[str, str]:
    """What all objects of the job are labelled with."""
    return {NAME_LABEL: job.name}


def selector(job: Job, role: str) -> dict[str, str]:
    """The labels of the pods of one role: `worker`, `parameter-server`."""
    return labels(job) | {ROLE_LABEL: role}


def rendezvous(job: Job, index: str) -> dict[str, str | Manifest]:
    """What torchrun reads (every argument of it has a variable PET_...), and what others read to find the first pod.

    https://docs.pytorch.org/docs/stable/elastic/run.html
    """
    first = f"{job.name}-0.{job.name}"
    port = str(job.job.port)
    node = {"fieldRef": {"fieldPath": index}}
    found: dict[str, str | Manifest] = {
        "PET_NNODES": str(job.job.nodes),
        "PET_NPROC_PER_NODE": str(job.processes),
        "PET_NODE_RANK": node,
        "PET_MASTER_ADDR": first,
        "PET_MASTER_PORT": port,
        "MASTER_ADDR": first,
        "MASTER_PORT": port,
        **PATIENCE,
    }
    if job.processes == 1:
        # One process a pod needs no torchrun: https://docs.pytorch.org/docs/stable/distributed.html
        found |= {"WORLD_SIZE": str(job.job.nodes), "RANK": node}
    return found
