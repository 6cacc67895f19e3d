"""What Kubernetes and its controllers say of an object after it was made."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from ipaddress import IPv4Network
from typing import Any

from .. import eks
from ..in_cluster import has_host
from ..invented import digest, letters, uuid_of
from .common import Facts, Made, State

# https://kubernetes.io/docs/concepts/services-networking/service/#type-nodeport
_NODE_PORTS = range(30000, 32768)
_WITH_NODE_PORTS = ("LoadBalancer", "NodePort")


def common(type_name: str, state: State) -> Facts:
    """What is in every object's metadata."""
    seed = type_name, state.get("id")
    id = str(state.get("id", ""))
    return {
        "metadata": [
            {
                "name": id.rpartition("/")[2],
                "namespace": id.rpartition("/")[0] or "default",
                "uid": uuid_of(seed),
                "resource_version": str(1000 + int(digest(seed)[:6], 16)),
                "generation": 0 if type_name.startswith("kubernetes_storage_class") else 1,
            }
        ]
    }


def _first(state: Any, *path: str) -> Any:
    """What lies in the first of some blocks in each other."""
    found = state
    for step in path:
        if isinstance(found, list):
            found = found[0] if found else None
        found = found.get(step) if isinstance(found, Mapping) else None
    return found


def _pods(spec: Any) -> list[Facts]:
    """What Kubernetes sets in the template of pods: https://github.com/kubernetes/kubernetes/blob/master/pkg/apis/core/v1/defaults.go ."""
    pod = _first(spec, "template", "spec")
    pod = pod[0] if isinstance(pod, list) and pod else {}
    containers: dict[str, list[Facts]] = {
        kind: [
            {
                "image_pull_policy": "Always"
                if str(one.get("image")).endswith(":latest")
                else "IfNotPresent",
                "termination_message_policy": "File",
                "resources": [],
            }
            for one in pod.get(kind) or ()
            if isinstance(one, Mapping)
        ]
        for kind in ("container", "init_container")
    }
    return [
        {
            "metadata": [{"generation": 0}],
            "spec": [{"scheduler_name": "default-scheduler", **containers}],
        }
    ]


def _job(made: Made) -> Facts:
    spec = made.state.get("spec")
    return {"spec": [{"completion_mode": "NonIndexed", "selector": [], "template": _pods(spec)}]}


def _deployment(made: Made) -> Facts:
    rolling = [{"max_surge": "25%", "max_unavailable": "25%"}]
    return {
        "spec": [
            {
                "replicas": "1",
                "strategy": [{"type": "RollingUpdate", "rolling_update": rolling}],
                "template": _pods(made.state.get("spec")),
            }
        ]
    }


def _stateful_set(made: Made) -> Facts:
    retained = [{"when_deleted": "Retain", "when_scaled": "Retain"}]
    return {
        "spec": [
            {
                "persistent_volume_claim_retention_policy": retained,
                "pod_management_policy": "OrderedReady",
                "replicas": "1",
                "revision_history_limit": 10,
                "template": _pods(made.state.get("spec")),
            }
        ]
    }


def _service(made: Made) -> Facts:
    id, spec = str(made.state["id"]), _first(made.state, "spec")
    spec = spec[0] if isinstance(spec, list) and spec else {}
    kind = spec.get("type")
    given = spec.get("cluster_ip")
    address = given if isinstance(given, str) and given else _cluster_ip(id)
    ports = [one for one in spec.get("port") or () if isinstance(one, Mapping)]
    open_to_nodes = kind in _WITH_NODE_PORTS and not (
        kind == "LoadBalancer" and spec.get("allocate_load_balancer_node_ports") is False
    )
    return {
        "spec": [
            {
                "cluster_ip": address,
                "cluster_ips": [address],
                "external_traffic_policy": "Cluster" if kind in _WITH_NODE_PORTS else "",
                "health_check_node_port": 0,
                "internal_traffic_policy": "Cluster",
                "ip_families": ["IPv4"],
                "ip_family_policy": "SingleStack",
                "port": [
                    {
                        "node_port": _node_port(id, index) if open_to_nodes else 0,
                        "target_port": str(port.get("port")),
                    }
                    for index, port in enumerate(ports)
                ],
                "session_affinity_config": [],
            }
        ],
        "status": _status(made, "nlb") if kind == "LoadBalancer" else [{"load_balancer": [{"ingress": []}]}],
    }


def _cluster_ip(id: str) -> str:
    network = IPv4Network(eks.service_cidr(None))
    return str(network[10 + int(digest("service", id)[:8], 16) % (network.num_addresses - 20)])


def _node_port(id: str, index: int) -> int:
    return _NODE_PORTS[int(digest("node port", id, index)[:8], 16) % len(_NODE_PORTS)]


def _ingress(made: Made) -> Facts:
    return {"spec": [{"ingress_class_name": ""}], "status": _status(made, "alb")}


def _status(made: Made, kind: str) -> list[Facts]:
    """The address of a load balancer, where there is a controller that makes it.

    https://docs.aws.amazon.com/elasticloadbalancing/latest/network/network-load-balancers.html#dns-name
    """
    if not has_host(made.state, made.account):
        return [{"load_balancer": [{"ingress": []}]}]
    namespace, _, name = str(made.state["id"]).rpartition("/")
    own = f"k8s-{namespace[:8]}-{name[:8]}-{letters(10, 'load balancer', made.state['id'])}"
    region, suffix = made.account.region, made.account.dns_suffix
    host = (
        f"{own}-{letters(16, 'nlb', made.state['id'])}.elb.{region}.{suffix}"
        if kind == "nlb"
        else f"{own}-{int(digest('alb', made.state['id'])[:8], 16) % 10**10}.{region}.elb.{suffix}"
    )
    return [{"load_balancer": [{"ingress": [{"hostname": host, "ip": ""}]}]}]


def _claim(made: Made) -> Facts:
    """Its class is the default one where it names none; its volume comes with the first pod."""
    default = [
        one
        for one in made.account.all("kubernetes_storage_class_v1")
        if (_first(one, "metadata", "annotations") or {}).get("storageclass.kubernetes.io/is-default-class")
        == "true"
    ]
    name = _first(default[0], "metadata", "name") if default else ""
    return {"spec": [{"storage_class_name": name, "volume_mode": "Filesystem", "volume_name": ""}]}


def _volume(_made: Made) -> Facts:
    return {"spec": [{"claim_ref": [], "node_affinity": []}]}


def _role_binding(made: Made) -> Facts:
    subjects = made.state.get("subject")
    groups = {"ServiceAccount": ""}
    return {
        "subject": [
            {"api_group": groups.get(str(one.get("kind")), "rbac.authorization.k8s.io")}
            for one in (subjects if isinstance(subjects, list) else ())
            if isinstance(one, Mapping)
        ]
    }


BY_TYPE: Mapping[str, Callable[[Made], Facts]] = {
    "kubernetes_deployment_v1": _deployment,
    "kubernetes_ingress_v1": _ingress,
    "kubernetes_job_v1": _job,
    "kubernetes_persistent_volume_claim_v1": _claim,
    "kubernetes_persistent_volume_v1": _volume,
    "kubernetes_role_binding_v1": _role_binding,
    "kubernetes_service_v1": _service,
    "kubernetes_stateful_set_v1": _stateful_set,
}
