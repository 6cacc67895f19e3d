"""Whole objects, typed and as manifests, as Kubernetes' API server checks them."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest

from ops.offline.checks import workloads
from ops.offline.checks.quantities import QuantityError, canonical, quantity
from ops.offline.values import UNKNOWN
from tests.unit.ops.offline.checks.conftest import Check

LABELS = {"app": "a"}


def container(**values: Any) -> dict[str, Any]:
    return {"name": "main", "image": "a:1", **values}


def template(*containers: dict[str, Any], **spec: Any) -> dict[str, Any]:
    return {"metadata": {"labels": LABELS}, "spec": {"containers": [*(containers or [container()])], **spec}}


def job(*containers: dict[str, Any], job_spec: dict[str, Any] | None = None, **spec: Any) -> dict[str, Any]:
    return {
        "kind": "Job",
        "metadata": {"name": "a"},
        "spec": {**(job_spec or {}), "template": template(*containers, **spec)},
    }


def deployment(kind: str = "Deployment", **spec: Any) -> dict[str, Any]:
    given = {"selector": {"matchLabels": LABELS}, "template": template()}
    return {"kind": kind, "metadata": {"name": "a"}, "spec": {**given, **spec}}


def service(name: str = "a", **spec: Any) -> dict[str, Any]:
    return {"kind": "Service", "metadata": {"name": name}, "spec": {"ports": [{"port": 80}], **spec}}


def resources(limits: dict[str, Any], requests: dict[str, Any] | None = None) -> dict[str, Any]:
    return container(resources={"limits": limits, "requests": limits if requests is None else requests})


GPU = {"nvidia.com/gpu": "8"}
GOOD: dict[str, dict[str, Any]] = {
    "a job": job(restartPolicy="Never"),
    "every kind of resource": job(
        resources({**GPU, "cpu": "90", "hugepages-2Mi": "5120Mi", "memory": "1Gi"}), restartPolicy="OnFailure"
    ),
    "less requested than the limit": job(resources({"cpu": "1"}, {"cpu": "500m"})),
    "the same quantity otherwise": job(
        resources({"hugepages-2Mi": "5Gi", "cpu": 1}, {"hugepages-2Mi": "5120Mi"})
    ),
    "a claim of devices": job(
        container(resources={"claims": [{"name": "efa"}]}),
        resourceClaims=[{"name": "efa", "resourceClaimTemplateName": "a"}],
    ),
    "volumes of both kinds of container": job(
        container(volumeMounts=[{"name": "v", "mountPath": "/a"}, {"name": "v", "mountPath": "/b"}]),
        initContainers=[container(name="first", volumeMounts=[{"name": "v", "mountPath": "/a"}])],
        volumes=[{"name": "v", "emptyDir": {"medium": "Memory", "sizeLimit": "64Gi"}}],
    ),
    "a deployment": deployment(),
    "more labels than the selector has": deployment(selector={"matchLabels": {}, "matchExpressions": []}),
    "a service": service(),
    "a headless service without ports": service(clusterIP="None", ports=[]),
    "ports of two protocols": service(
        ports=[{"name": "a", "port": 53}, {"name": "b", "port": 53, "protocol": "UDP"}]
    ),
    "what is not known yet": job(
        container(volumeMounts=[{"name": UNKNOWN, "mountPath": UNKNOWN}], resources=UNKNOWN, env=UNKNOWN),
        volumes=UNKNOWN,
    ),
    "labels that are not known yet": deployment(
        template={"metadata": {"labels": {"app": UNKNOWN}}, "spec": {"containers": [container()]}}
    ),
    "an expression": service(name="${local.name}"),
    "a claim": {"kind": "PersistentVolumeClaim", "spec": {"resources": {"requests": {"storage": "1Ti"}}}},
}


@pytest.mark.parametrize("name", GOOD)
def test_a_good_object_has_no_fault(name: str) -> None:
    assert workloads.faults(GOOD[name]) == []


C = "spec.template.spec.containers[0]"
BAD: list[tuple[dict[str, Any], str, str]] = [
    (job(container(volumeMounts=[{"name": "v", "mountPath": "/a"}])), f"{C}.volumeMounts[0].name", "Not found"),
    (
        job(
            container(volumeMounts=[{"name": "v", "mountPath": "/a"}, {"name": "w", "mountPath": "/a"}]),
            volumes=[{"name": "v"}, {"name": "w"}],
        ),
        f"{C}.volumeMounts",
        "must be unique",
    ),
    (
        job(container(volumeMounts=[{"name": "v", "mountPath": "a:b"}]), volumes=[{"name": "v"}]),
        f"{C}.volumeMounts[0].mountPath",
        "must not contain ':'",
    ),
    (job(volumes=[{"name": "v"}, {"name": "v"}]), "spec.template.spec.volumes", "Duplicate value"),
    (job(volumes=[{"name": "/fsx"}]), "spec.template.spec.volumes.name", "is no name for Kubernetes"),
    (job(container(), container()), "spec.template.spec.containers", "the name of two containers"),
    (job(container(name="Main")), "spec.template.spec.containers.name", "is no name for Kubernetes"),
    (
        job(container(ports=[{"containerPort": 1, "name": "rendezvous-master"}])),
        f"{C}.ports[0].name",
        "at most 15",
    ),
    (job(container(ports=[{"containerPort": 1, "name": "80"}])), f"{C}.ports[0].name", "with a letter"),
    (job(container(ports=[{"containerPort": 0}])), f"{C}.ports[0].containerPort", "1 to 65535"),
    (
        job(container(ports=[{"containerPort": 1, "name": "a"}, {"containerPort": 2, "name": "a"}])),
        "spec.template.spec.containers",
        "the name of two ports",
    ),
    (
        job(container(resources={"claims": [{"name": "efa"}]}), resourceClaims=[{"name": "gpu"}]),
        f"{C}.resources.claims",
        "must be one of the names in resourceClaims",
    ),
    (job(container(env=[{"name": "A=B"}])), f"{C}.env[0].name", "is no name of a variable"),
    (job(resources(GPU, {"nvidia.com/gpu": "4"})), f"{C}.resources.requests[nvidia.com/gpu]", "must be equal"),
    (job(resources({"nvidia.com/gpu": "0.5"}, {})), f"{C}.resources.limits[nvidia.com/gpu]", "must be an integer"),
    (job(resources({}, GPU)), f"{C}.resources.requests[nvidia.com/gpu]", "Limit must be set"),
    (job(resources({"cpu": "1"}, {"cpu": "2"})), f"{C}.resources.requests[cpu]", "less than or equal"),
    (job(resources({"cpu": "1x"}, {})), f"{C}.resources.limits[cpu]", "is no quantity"),
    (job(resources({"hugepages-2Mi": "1Gi"})), f"{C}.resources", "HugePages require cpu or memory"),
    (
        job(resources({"cpu": "1", "hugepages-2Mi": "2Gi"}, {"cpu": "1", "hugepages-2Mi": "1Gi"})),
        f"{C}.resources.requests[hugepages-2Mi]",
        "must be equal",
    ),
    (
        job(volumes=[{"name": "shm", "emptyDir": {"sizeLimit": "64GB"}}]),
        "spec.template.spec.volumes[0].emptyDir.sizeLimit",
        "is no quantity",
    ),
    (
        job(tolerations=[{"key": "a", "operator": "Exists", "value": "b"}]),
        "spec.template.spec.tolerations[0].operator",
        "must be empty",
    ),
    (job(subdomain="a.b"), "spec.template.spec.subdomain", "is no name for Kubernetes"),
    (job(restartPolicy="Always"), "spec.template.spec.restartPolicy", "Never or OnFailure"),
    (
        {**job(job_spec={"completionMode": "Indexed", "completions": 11}), "metadata": {"name": "a" * 61}},
        "metadata.name",
        "host name of a pod",
    ),
    (deployment(selector={}), "spec.selector", "Required value"),
    (
        deployment(selector={"matchLabels": {"app": "b"}}),
        "spec.template.metadata.labels",
        "`selector` does not match template `labels`: app=b",
    ),
    (
        deployment("StatefulSet", template=template(restartPolicy="Never")),
        "spec.template.spec.restartPolicy",
        "a StatefulSet takes Always",
    ),
    (
        {**deployment("StatefulSet"), "metadata": {"name": "a" * 53}},
        "metadata.name",
        "is too long",
    ),
    (service(name="1a"), "metadata.name", "a letter first"),
    (service(ports=[]), "spec.ports", "Required value"),
    (service(ports=[{"name": "a", "port": 1}, {"port": 2}]), "spec.ports", "has a name"),
    (service(ports=[{"name": "a", "port": 1}, {"name": "b", "port": 1}]), "spec.ports", "port 1/TCP"),
    (service(ports=[{"name": "a", "port": 1}, {"name": "a", "port": 2}]), "spec.ports", "the name of two ports"),
    (service(ports=[{"port": 1, "targetPort": "Http"}]), "spec.ports[0].targetPort", "no name of a port"),
    (service(type="LoadBalancer", clusterIP="None"), "spec.clusterIP", "may not be set to 'None'"),
    (service(loadBalancerClass="service.k8s.aws/nlb"), "spec.loadBalancerClass", "only be used"),
    (
        {"kind": "HorizontalPodAutoscaler", "spec": {"minReplicas": 3, "maxReplicas": 2}},
        "spec.maxReplicas",
        "must be greater than or equal",
    ),
    (
        {"kind": "PodDisruptionBudget", "spec": {"minAvailable": 1, "maxUnavailable": 1}},
        "spec",
        "cannot be both set",
    ),
    (
        {"kind": "PersistentVolumeClaim", "spec": {"resources": {"requests": {"storage": "0"}}}},
        "spec.resources[storage]",
        "greater than zero",
    ),
    (
        {"kind": "JobSet", "spec": {"replicatedJobs": [{"template": {"spec": {"template": template(container(name="A"))}}}]}},
        "spec.replicatedJobs[0].template.spec.template.spec.containers.name",
        "is no name for Kubernetes",
    ),
]  # fmt: skip


@pytest.mark.parametrize(
    ("manifest", "where", "says"), BAD, ids=[f"{one['kind']} {says}" for one, _, says in BAD]
)
def test_a_fault_is_told_with_where_it_is(manifest: dict[str, Any], where: str, says: str) -> None:
    ((path, told),) = workloads.faults(deepcopy(manifest))
    assert path == where
    assert says in told


def test_a_typed_resource_and_a_manifest_are_checked_alike(check: Check) -> None:
    pod = {"container": [{"name": "main", "volume_mount": [{"name": "no", "mount_path": "/a"}]}]}
    typed = {"metadata": [{"name": "a"}], "spec": [{"template": [{"metadata": [{}], "spec": [pod]}]}]}
    (of_typed,) = check("kubernetes_job_v1", typed)
    manifest = {
        "kind": "Job",
        "metadata": {"name": "a"},
        "spec": {
            "template": {
                "spec": {
                    "containers": [{"name": "main", "volumeMounts": [{"name": "no", "mountPath": "/a"}]}]
                }
            }
        },
    }
    (of_manifest,) = check("kubernetes_manifest", {"manifest": manifest})
    assert of_typed.message == of_manifest.message
    assert f"Job: {C}.volumeMounts[0].name: Not found" in of_typed.message
    assert (of_typed.path, of_manifest.path) == (("spec",), ("manifest",))


@pytest.mark.parametrize(
    ("text", "amount", "shortest"),
    [
        ("5120Mi", 5120 * 2**20, "5Gi"),
        ("1.5Gi", 3 * 2**29, "1536Mi"),
        ("1000m", 1, "1"),
        ("0.5", 0.5, "500m"),
        ("1000", 1000, "1k"),
        ("1e3", 1000, "1k"),
        ("64Gi", 2**36, "64Gi"),
        ("0", 0, "0"),
    ],
)
def test_quantities(text: str, amount: float, shortest: str) -> None:
    assert quantity(text) == amount
    assert canonical(text) == shortest
    assert canonical(shortest) == shortest


@pytest.mark.parametrize("text", ["", "1 Gi", "1GB", "1ki", "Gi", "1.2.3", "a"])
def test_what_is_no_quantity(text: str) -> None:
    with pytest.raises(QuantityError, match="is no quantity"):
        quantity(text)
