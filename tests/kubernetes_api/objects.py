"""Kubernetes objects as a real API server lists them, with what `ops verify` reads and what the API asks for."""

from __future__ import annotations

import base64
import gzip
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from modules.catalog import huge_pages_mib, neuron_cores
from modules.layout.models import NodeGroup
from tests.kubernetes_api.world import Object

MADE = "2026-11-20T08:00:00Z"
ACCOUNT = "123456789012"
# https://docs.aws.amazon.com/eks/latest/userguide/pod-id-how-it-works.html
POD_IDENTITY = {
    "AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://169.254.170.23/v1/credentials",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": "/var/run/secrets/pods.eks.amazonaws.com/serviceaccount/eks-pod-identity-token",
}
# https://docs.aws.amazon.com/eks/latest/APIReference/API_Nodegroup.html: capacityType, which is the label's value too.
_CAPACITY = {
    "on_demand": "ON_DEMAND",
    "spot": "SPOT",
    "odcr": "ON_DEMAND",
    "capacity_block": "CAPACITY_BLOCK",
}
Labels = Mapping[str, str]


def metadata(name: str, namespace: str | None = None, labels: Labels | None = None) -> Object:
    """An object's metadata."""
    place = {} if namespace is None else {"namespace": namespace}
    return {
        "name": name,
        **place,
        "uid": f"uid-{namespace or 'cluster'}-{name}",
        "resourceVersion": "42",
        "creationTimestamp": MADE,
        "labels": dict(labels or {}),
        "annotations": {},
    }


def node(
    region: str,
    name: str,
    group: NodeGroup,
    number: int,
    zone: str,
    *,
    resources: Labels,
    labels: Labels,
    kubernetes_version: str,
    monitored: bool,
) -> Object:
    """A node of a group.

    Args:
        number: of the node in the cluster; its address and its instance follow from it.
        resources: what device plugins offer.
        labels: beside those of EKS, the cloud provider and the layout.
        monitored: whether EKS's node monitoring agent sets its conditions.
    """
    address = f"10.0.{number // 250}.{number % 250 + 4}"
    host = f"ip-{address.replace('.', '-')}.{region}.compute.internal"
    instance = group.type
    ready = [("Ready", "True", "KubeletReady")]
    pressure = [
        (f"{kind}Pressure", "False", f"KubeletHasSufficient{kind}") for kind in ("Memory", "Disk", "PID")
    ]
    # https://docs.aws.amazon.com/eks/latest/userguide/node-health-nma.html
    health = ["KernelReady", "NetworkingReady", "StorageReady", "ContainerRuntimeReady"]
    if instance.accelerator:
        health.append("AcceleratedHardwareReady")
    agents = [(kind, "True", f"{kind.removesuffix('Ready')}IsReady") for kind in health if monitored]
    huge = huge_pages_mib(instance) if group.efa else 0
    offered = {
        "cpu": str(instance.vcpus),
        "ephemeral-storage": "104779756Ki",
        "hugepages-1Gi": "0",
        "hugepages-2Mi": f"{huge}Mi" if huge else "0",
        "memory": f"{instance.memory_mib * 1024}Ki",
        "pods": "110",
        **resources,
    }
    id = f"i-{number:017x}"
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": metadata(
            host,
            labels={
                "beta.kubernetes.io/arch": "amd64",
                "beta.kubernetes.io/os": "linux",
                "eks.amazonaws.com/capacityType": _CAPACITY[group.capacity.type],
                "eks.amazonaws.com/nodegroup": name,
                "eks.amazonaws.com/nodegroup-image": "ami-0123456789abcdef0",
                "kubernetes.io/arch": "amd64" if instance.architecture == "x86_64" else "arm64",
                "kubernetes.io/hostname": host,
                "kubernetes.io/os": "linux",
                "node.kubernetes.io/instance-type": instance.name,
                "topology.kubernetes.io/region": region,
                "topology.kubernetes.io/zone": zone,
                **labels,
                **{key: str(value) for key, value in group.labels.items()},
            },
        ),
        "spec": {
            "providerID": f"aws:///{zone}/{id}",
            **(
                {"taints": [_taint(one.key, one.value, one.effect) for one in group.taints]}
                if group.taints
                else {}
            ),
        },
        "status": {
            "addresses": [{"type": "InternalIP", "address": address}, {"type": "Hostname", "address": host}],
            "capacity": dict(offered),
            # What the kubelet and the system keep is less than this; no check may ask for all of it.
            "allocatable": {
                **offered,
                "cpu": f"{instance.vcpus * 1000 - 310}m",
                "memory": f"{int((instance.memory_mib - 1024 - huge) * 1024 * 0.98)}Ki",
            },
            "conditions": [
                {
                    "type": kind,
                    "status": status,
                    "reason": reason,
                    "message": f"{reason} is posted",
                    "lastHeartbeatTime": MADE,
                    "lastTransitionTime": MADE,
                }
                for kind, status, reason in (*ready, *pressure, *agents)
            ],
            "nodeInfo": {
                "architecture": "amd64" if instance.architecture == "x86_64" else "arm64",
                "bootID": "2f1a0ba6-0000-4000-8000-000000000000",
                "containerRuntimeVersion": "containerd://2.1.4",
                "kernelVersion": "6.12.46-66.121.amzn2023.x86_64",
                "kubeProxyVersion": "",
                "kubeletVersion": f"v{kubernetes_version}.2-eks-0123456",
                "machineID": f"ec2{number:029x}",
                "operatingSystem": "linux",
                "osImage": _system(group, kubernetes_version),
                "systemUUID": f"ec2{number:029x}",
            },
        },
    }


def _system(group: NodeGroup, kubernetes_version: str) -> str:
    """As the kubelet reads it of /etc/os-release."""
    if not group.is_bottlerocket:
        return "Amazon Linux 2023.9.20251105"
    variant = "".join(f"-{one}" for one in ("nvidia", "fips") if one.upper() in group.ami_type)
    return f"Bottlerocket OS 1.52.0 (aws-k8s-{kubernetes_version}{variant})"


def devices(group: NodeGroup, plugins: Sequence[str]) -> dict[str, str]:
    """What the device plugins of a layout offer on a node; `plugins` among `nvidia`, `efa` and `neuron`."""
    instance = group.type
    found = {}
    kind = instance.accelerator.kind if instance.accelerator else None
    if kind == "nvidia" and instance.accelerator and "nvidia" in plugins:
        found["nvidia.com/gpu"] = str(instance.accelerator.count)
    if kind == "neuron" and "neuron" in plugins:
        found["aws.amazon.com/neuron"] = str(instance.neuron_devices)
        found["aws.amazon.com/neuroncore"] = str(neuron_cores(instance))
    if group.efa and "efa" in plugins:
        found["vpc.amazonaws.com/efa"] = str(instance.efa_interfaces)
    return found


def device_class() -> Object:
    """What the chart aws-dranet makes: https://dranet.dev/docs/user/ , and the name of its values file."""
    expression = 'device.driver == "dra.net" && device.attributes["dra.net"].pciDevice == "Elastic Fabric Adapter (EFA)"'
    return {
        "apiVersion": "resource.k8s.io/v1",
        "kind": "DeviceClass",
        "metadata": metadata("efa.networking.k8s.aws"),
        "spec": {"selectors": [{"cel": {"expression": expression}}]},
    }


def efa_slice(on: Object, group: NodeGroup) -> Object:
    """What DRANET publishes of a node, as on a live one.

    https://github.com/kubernetes-sigs/dranet/tree/main/examples/aws_eks_examples
    """
    name = on["metadata"]["name"]
    found = [f"pci-0000-{number:02x}-1b-0" for number in range(len(group.type.efa_cards))]
    return {
        "apiVersion": "resource.k8s.io/v1",
        "kind": "ResourceSlice",
        "metadata": metadata(f"{name}-dra.net-x7k2p"),
        "spec": {
            "driver": "dra.net",
            "nodeName": name,
            "pool": {"name": name, "generation": 1, "resourceSliceCount": 1},
            "devices": [
                {
                    "name": one,
                    "attributes": {
                        "dra.net/pciDevice": {"string": "Elastic Fabric Adapter (EFA)"},
                        "dra.net/pciVendor": {"string": "Amazon.com, Inc."},
                        "dra.net/rdma": {"bool": True},
                        "resource.kubernetes.io/pcieRoot": {"string": "pci0000:10"},
                    },
                }
                for one in found
            ],
        },
    }


def _taint(key: str, value: str, effect: str) -> dict[str, str]:
    return {"key": key, **({"value": value} if value else {}), "effect": effect}


@dataclass(frozen=True)
class App:
    """A DaemonSet or a Deployment: its pods run on `nodes`, one each.

    `placement` is what its template says of nodes, `environment` what webhooks put into its containers, and `owner` is what
    made it, where an operator did.
    """

    name: str
    namespace: str
    nodes: Sequence[Object]
    account: str
    annotations: Labels = field(default_factory=dict)
    environment: Labels = field(default_factory=dict)
    placement: Object = field(default_factory=dict)
    owner: Object | None = None

    @property
    def labels(self) -> dict[str, str]:
        return {"app": self.name}

    @property
    def template(self) -> Object:
        found = _template(self.name, self.labels, self.account)
        return {**found, "spec": {**found["spec"], **self.placement}}

    @property
    def metadata(self) -> Object:
        owners = {} if self.owner is None else {"ownerReferences": [self.owner]}
        found = metadata(self.name, self.namespace, self.labels)
        return {**found, "annotations": dict(self.annotations), "generation": 1, **owners}


def daemon_set(app: App) -> tuple[Object, list[Object]]:
    """A DaemonSet, and its pods."""
    count = len(app.nodes)
    made = {
        "apiVersion": "apps/v1",
        "kind": "DaemonSet",
        "metadata": app.metadata,
        "spec": {
            "selector": {"matchLabels": app.labels},
            "template": app.template,
            "updateStrategy": {
                "type": "RollingUpdate",
                "rollingUpdate": {"maxUnavailable": 1, "maxSurge": 0},
            },
            "revisionHistoryLimit": 10,
        },
        "status": {
            "currentNumberScheduled": count,
            "desiredNumberScheduled": count,
            "numberAvailable": count,
            "numberMisscheduled": 0,
            "numberReady": count,
            "observedGeneration": 1,
            "updatedNumberScheduled": count,
        },
    }
    return made, _pods(app, made, app.name, app.labels)


def deployment(app: App) -> tuple[Object, list[Object]]:
    """A Deployment, and its pods."""
    count = len(app.nodes)
    conditions = (("Available", "MinimumReplicasAvailable"), ("Progressing", "NewReplicaSetAvailable"))
    made = {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": app.metadata,
        "spec": {
            "replicas": count,
            "selector": {"matchLabels": app.labels},
            "template": app.template,
            "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 1, "maxSurge": 1}},
            "revisionHistoryLimit": 10,
            "progressDeadlineSeconds": 600,
        },
        "status": {
            "availableReplicas": count,
            "observedGeneration": 1,
            "readyReplicas": count,
            "replicas": count,
            "updatedReplicas": count,
            "conditions": [
                {
                    "type": kind,
                    "status": "True",
                    "reason": reason,
                    "message": f"{reason}.",
                    "lastUpdateTime": MADE,
                    "lastTransitionTime": MADE,
                }
                for kind, reason in conditions
            ],
        },
    }
    name = f"{app.name}-5d78c9869d"
    replica_set = {"apiVersion": "apps/v1", "kind": "ReplicaSet", "metadata": metadata(name, app.namespace)}
    return made, _pods(app, replica_set, name, {**app.labels, "pod-template-hash": "5d78c9869d"})


def _pods(app: App, owner: Object, name: str, labels: Labels) -> list[Object]:
    return [
        pod(
            f"{name}-{index:05x}",
            app.namespace,
            one,
            app.template,
            labels,
            owner_reference(owner),
            app.environment,
        )
        for index, one in enumerate(app.nodes)
    ]


def pod(
    name: str,
    namespace: str,
    on: Object,
    template: Object,
    labels: Labels,
    owner: Object,
    environment: Labels,
) -> Object:
    """A pod that runs and is ready; `environment` is what webhooks have put into its containers."""
    address = on["status"]["addresses"][0]["address"]
    containers = [
        {**one, "env": [{"name": key, "value": value} for key, value in environment.items()]}
        for one in template["spec"]["containers"]
    ]
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {**metadata(name, namespace, labels), "ownerReferences": [owner]},
        "spec": {**template["spec"], "containers": containers, "nodeName": on["metadata"]["name"]},
        "status": {
            "phase": "Running",
            "hostIP": address,
            "podIP": address,
            "startTime": MADE,
            "qosClass": "BestEffort",
            "conditions": [
                {"type": kind, "status": "True", "lastTransitionTime": MADE}
                for kind in (
                    "PodReadyToStartContainers",
                    "Initialized",
                    "Ready",
                    "ContainersReady",
                    "PodScheduled",
                )
            ],
            "containerStatuses": [
                {
                    "name": one["name"],
                    "image": one["image"],
                    "imageID": f"{one['image']}@sha256:{'0' * 64}",
                    "containerID": f"containerd://{'1' * 64}",
                    "ready": True,
                    "started": True,
                    "restartCount": 0,
                    "state": {"running": {"startedAt": MADE}},
                    "lastState": {},
                }
                for one in containers
            ],
        },
    }


def helm_secret(
    name: str, namespace: str, chart: str, version: str, *, status: str = "deployed", revision: int = 1
) -> Object:
    """What Helm keeps of a revision of a release: gzip in base64, and once more in base64 as all secrets are."""
    release = {
        "name": name,
        "info": {
            "first_deployed": MADE,
            "last_deployed": MADE,
            "deleted": "",
            "description": "Install complete" if revision == 1 else "Upgrade complete",
            "status": status,
        },
        "chart": {
            "metadata": {"name": chart, "version": version, "apiVersion": "v2"},
            "templates": [],
            "values": {},
        },
        "config": {},
        "manifest": "",
        "version": revision,
        "namespace": namespace,
    }
    packed = base64.b64encode(gzip.compress(json.dumps(release).encode(), mtime=0))
    labels = {
        "modifiedAt": "1763625600",
        "name": name,
        "owner": "helm",
        "status": status,
        "version": str(revision),
    }
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": metadata(f"sh.helm.release.v1.{name}.v{revision}", namespace, labels),
        "type": "helm.sh/release.v1",
        "data": {"release": base64.b64encode(packed).decode()},
    }


def storage_class(name: str, *, default: bool, reclaim: str = "Delete") -> Object:
    """A StorageClass as the platform stack makes it; of `default_storage_class`, one is the default."""
    found = metadata(name)
    if default:
        found["annotations"]["storageclass.kubernetes.io/is-default-class"] = "true"
    return {
        "apiVersion": "storage.k8s.io/v1",
        "kind": "StorageClass",
        "metadata": found,
        "provisioner": "ebs.csi.aws.com",
        "parameters": {"encrypted": "true", "type": "gp3"},
        "reclaimPolicy": reclaim,
        "volumeBindingMode": "WaitForFirstConsumer",
        "allowVolumeExpansion": True,
    }


def endpoint_slice(service: str, namespace: str, pods: Iterable[Object]) -> Object:
    """The EndpointSlice of a service over these pods."""
    found = metadata(
        f"{service}-x7k2p", namespace, {"kubernetes.io/service-name": service, "k8s-app": service}
    )
    return {
        "apiVersion": "discovery.k8s.io/v1",
        "kind": "EndpointSlice",
        "metadata": found,
        "addressType": "IPv4",
        "endpoints": [
            {
                "addresses": [one["status"]["podIP"]],
                "conditions": {"ready": True, "serving": True, "terminating": False},
                "nodeName": one["spec"]["nodeName"],
                "targetRef": {"kind": "Pod", "name": one["metadata"]["name"], "namespace": namespace},
            }
            for one in pods
        ],
        "ports": [
            {"name": "dns", "port": 53, "protocol": "UDP"},
            {"name": "dns-tcp", "port": 53, "protocol": "TCP"},
        ],
    }


def service_account(name: str, namespace: str) -> Object:
    """A service account."""
    return {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": metadata(name, namespace)}


def _template(name: str, labels: Labels, account: str) -> Object:
    container: dict[str, Any] = {
        "name": name,
        "image": f"{ACCOUNT}.dkr.ecr.us-west-2.amazonaws.com/{name}:v1.0.0",
        "imagePullPolicy": "IfNotPresent",
        "resources": {},
        "terminationMessagePath": "/dev/termination-log",
        "terminationMessagePolicy": "File",
    }
    return {
        "metadata": {"labels": dict(labels)},
        "spec": {
            "containers": [container],
            "restartPolicy": "Always",
            "serviceAccountName": account,
            "dnsPolicy": "ClusterFirst",
            "schedulerName": "default-scheduler",
            "securityContext": {},
            "terminationGracePeriodSeconds": 30,
        },
    }


def owner_reference(made: Object) -> Object:
    """How the things of an object name it."""
    return {
        "apiVersion": made["apiVersion"],
        "kind": made["kind"],
        "name": made["metadata"]["name"],
        "uid": made["metadata"]["uid"],
        "controller": True,
        "blockOwnerDeletion": True,
    }
