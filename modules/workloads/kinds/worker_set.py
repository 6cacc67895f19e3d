"""`worker_set`: workers that stay and find each other, with parameter servers if the layout asks for them."""

from __future__ import annotations

import json

from ...layout.pods import plain_share
from ..pod import Manifest
from .job import Job, headless_service, helper_spec, metadata, pod_spec, rendezvous, selector

# https://kubernetes.io/docs/concepts/workloads/controllers/statefulset/#pod-index-label
_POD_INDEX = "metadata.labels['apps.kubernetes.io/pod-index']"


def worker_set(job: Job) -> list[Manifest]:
    """Workers behind a headless Service; with a StatefulSet each has a name and an index that stay."""
    made = [headless_service(job, job.name, selector(job, "worker"))]
    servers = job.job.parameter_servers
    if servers is not None:
        made.append(headless_service(job, _servers_name(job), selector(job, "parameter-server")))
        made.append(_servers(job))
    stable = job.job.controller == "stateful_set"
    found: dict[str, str | Manifest] = {}
    found |= rendezvous(job, _POD_INDEX) if stable else {"WORKER_COUNT": str(job.job.nodes)}
    found |= {"WORKER_SERVICE": f"{job.name}.{job.job.namespace}.svc", "WORKER_PORT": str(job.job.port)}
    if stable:
        found |= _peers(job, "worker", _POD_INDEX)
    spec = pod_spec(job, found)
    return [*made, _set(job, job.name, "worker", job.job.nodes, spec)]


def _servers(job: Job) -> Manifest:
    servers = job.job.parameter_servers
    assert servers is not None
    assert job.server_group is not None
    asked = plain_share(servers.cpu, servers.memory_gib).requests
    on = (servers.node_group or job.job.node_group, job.server_group)
    spec = helper_spec(job, _peers(job, "ps", _POD_INDEX), asked, on)
    main = spec["containers"][0]
    if servers.command:
        main["command"] = list(servers.command)
        main.pop("args", None)
    if servers.args:
        main["args"] = list(servers.args)
    return _set(job, _servers_name(job), "parameter-server", servers.count, spec)


def _servers_name(job: Job) -> str:
    return f"{job.name}-ps"


def _peers(job: Job, role: str, index: str) -> dict[str, str | Manifest]:
    """Who is there, as lists of HOST:PORT and as TensorFlow's TF_CONFIG.

    https://www.tensorflow.org/api_docs/python/tf/distribute/cluster_resolver/TFConfigClusterResolver
    """
    port, servers = job.job.port, job.job.parameter_servers
    hosts = [f"{job.name}-{number}.{job.name}:{port}" for number in range(job.job.nodes)]
    found: dict[str, str | Manifest] = {"WORKER_HOSTS": ",".join(hosts)}
    if servers is None:
        return found
    name = _servers_name(job)
    others = [f"{name}-{number}.{name}:{port}" for number in range(servers.count)]
    cluster = json.dumps({"worker": hosts, "ps": others}, separators=(",", ":"))
    found["PS_HOSTS"] = ",".join(others)
    # Kubernetes puts the index in, which has to come first: .../define-interdependent-environment-variables/
    found["POD_INDEX"] = {"fieldRef": {"fieldPath": index}}
    found["TF_CONFIG"] = f'{{"cluster":{cluster},"task":{{"type":"{role}","index":$(POD_INDEX)}}}}'
    return found


def _set(job: Job, name: str, role: str, count: int, spec: Manifest) -> Manifest:
    pods = selector(job, role)
    body: Manifest = {
        "replicas": count,
        "selector": {"matchLabels": pods},
        "template": {"metadata": {"labels": pods}, "spec": spec},
    }
    if job.job.controller == "deployment" and role == "worker":
        # The nodes have no room for a pod more than they hold.
        body["strategy"] = {"type": "Recreate"}
        kind = "Deployment"
    else:
        # All at once: they wait for each other, and one after the other never gets ready.
        body |= {
            "serviceName": name,
            "podManagementPolicy": "Parallel",
            # Said although it is the default: the provider would plan to take away what Kubernetes fills in.
            "updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"partition": 0}},
        }
        kind = "StatefulSet"
    return {"apiVersion": "apps/v1", "kind": kind, "metadata": metadata(job, name), "spec": body}
