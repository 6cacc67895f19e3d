"""Mistakes in what runs on the cluster, as Kubernetes and its provider find them."""

from __future__ import annotations

from typing import Any

from . import Edit, Layer, Mistake, add, put

WORK = """
name: training
region: us-west-2
kubernetes_version: "1.35"
node_groups:
  sys:
    instance_type: c5.2xlarge
    size: {min: 1, desired: 1, max: 3}
  gpu:
    instance_type: g4dn.8xlarge
    size: {min: 0, desired: 2, max: 4}
    availability_zone: us-west-2b
storage:
  volumes: {checkpoints: {size_gib: 100}}
workloads:
  training:
    plain:
      kind: indexed_job
      image: registry.example.com/trainer:1
      command: [python, train.py]
      nodes: 1
      node_group: gpu
      volumes: {/checkpoints: {volume: checkpoints}}
  serving:
    api:
      image: registry.example.com/server:1
      port: 8080
      node_groups: [sys]
      load_balancer: {type: nlb}
"""
JOB = "kubernetes_job_v1.training_plain"
CONTAINER = "spec.template.spec.container.0"
DEPLOYMENT = "kubernetes_deployment_v1.serving_api"
SERVICE = "kubernetes_service_v1.serving_api_service"
HEADLESS = "kubernetes_service_v1.training_plain__service"
CONTROLLER = ("helm_release", "aws-load-balancer-controller")


def argument(name: str, where: str, path: str, value: Any, says: str) -> Mistake:
    edit = put(where, path, value)
    return Mistake(name, Layer.ARGUMENT, where, says, edit, layout=WORK, stack="workloads")


def deployed(name: str, layer: Layer, where: str, says: str, edit: Edit, **given: Any) -> Mistake:
    return Mistake(name, layer, where, says, edit, layout=WORK, stack="workloads", deployed=True, **given)


WORKLOADS = (
    argument(
        "a mount of no volume",
        JOB,
        f"{CONTAINER}.volume_mount.0.name",
        "data",
        'volumeMounts[0].name: Not found: "data"',
    ),
    argument(
        "a job that starts again for ever",
        JOB,
        "spec.template.spec.restart_policy",
        "Always",
        "a Job takes Never",
    ),
    argument(
        "fewer GPUs requested than the limit",
        JOB,
        f"{CONTAINER}.resources.requests",
        {"cpu": "1", "nvidia.com/gpu": "0"},
        "must be equal to nvidia.com/gpu limit of 1",
    ),
    argument(
        "a selector of other pods",
        DEPLOYMENT,
        "spec.selector.match_labels",
        {"app": "other"},
        "`selector` does not match template `labels`: app=other",
    ),
    argument(
        "a port twice",
        SERVICE,
        "spec.port",
        [{"name": "a", "port": 80}, {"name": "b", "port": 80}],
        "Duplicate value: port 80/TCP",
    ),
    argument(
        "the long name of a port",
        SERVICE,
        "spec.port.0.target_port",
        "metrics-and-health",
        "is no name of a port: at most 15",
    ),
    deployed(
        "a kind whose chart nobody has installed",
        Layer.LOOKUP,
        "kubernetes_manifest.queue",
        'no matches for kind "LocalQueue" in group "kueue.x-k8s.io"',
        add(
            "kubernetes_manifest.queue",
            {
                "manifest": {
                    "apiVersion": "kueue.x-k8s.io/v1beta2",
                    "kind": "LocalQueue",
                    "metadata": {"name": "gpu", "namespace": "training"},
                    "spec": {"clusterQueue": "gpu"},
                }
            },
        ),
    ),
    deployed(
        "a namespace that nobody has made",
        Layer.CREATION,
        HEADLESS,
        'namespaces "nowhere" not found',
        put(HEADLESS, "metadata.namespace", "nowhere"),
        target=HEADLESS,
    ),
    deployed(
        "a load balancer without its controller",
        Layer.CREATION,
        "kubernetes_service_v1.more",
        "to assign IP/hostname for a load balancer",
        add(
            "kubernetes_service_v1.more",
            {
                "metadata": {"name": "more", "namespace": "serving"},
                "spec": {
                    "type": "LoadBalancer",
                    "load_balancer_class": "service.k8s.aws/nlb",
                    "port": [{"port": 80}],
                },
            },
        ),
        account=lambda account: account.deleted(*CONTROLLER),
    ),
)
