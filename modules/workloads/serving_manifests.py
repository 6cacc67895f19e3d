"""Manifests of a server's pods: the Deployment, what scales it, and what bounds the drains of its nodes."""

from __future__ import annotations

import math

from ..layout.models import ServingDeployment
from ..layout.pods import GROUP_LABEL, cpu_quantity, memory_quantity, tolerations
from ..layout.serving import ROLLOUT_PART, Needs
from .pod import Manifest, Names, container, environment, mounts
from .server import NODE_SECONDS, PORT_NAME, Server, manifest

_STARTUP_PERIOD_SECONDS = 10


def deployment(server: Server, names: Names, *, service_account: str | None = None) -> Manifest:
    """The Deployment. Without `replicas` where an autoscaler has the number."""
    serving = server.serving
    part = f"{100 // ROLLOUT_PART}%"
    spec: Manifest = {
        "selector": {"matchLabels": server.labels},
        "strategy": {
            "type": "RollingUpdate",
            # Of one pod, a quarter to start is one, and a quarter to stop is one too where none may start before.
            "rollingUpdate": {
                "maxSurge": part if server.surges else 0,
                "maxUnavailable": 0 if server.surges else part,
            },
        },
        "progressDeadlineSeconds": NODE_SECONDS + serving.health.startup_seconds + server.termination_seconds,
        "template": {
            "metadata": {"labels": server.labels, **_pod_annotations(serving)},
            "spec": _pod(server, names, service_account),
        },
    }
    if serving.autoscaling is None:
        spec["replicas"] = serving.least
    return manifest("apps/v1", "Deployment", server, spec)


def _pod_annotations(serving: ServingDeployment) -> Manifest:
    if serving.resources.shared_memory_gib is None:
        return {}
    # /dev/shm counts as local storage, for which the cluster autoscaler keeps a node that it could do without.
    # https://github.com/kubernetes/autoscaler/blob/master/cluster-autoscaler/FAQ.md
    return {"annotations": {"cluster-autoscaler.kubernetes.io/safe-to-evict-local-volumes": "shared-memory"}}


def _pod(server: Server, names: Names, service_account: str | None) -> Manifest:
    serving = server.serving
    shared = serving.resources.shared_memory_gib
    volumes, mounted = mounts(serving, shared_memory_mib=round((shared or 0) * 1024))
    main = {
        **container(serving, names, name="server"),
        "ports": [{"name": PORT_NAME, "containerPort": serving.port, "protocol": "TCP"}],
        "env": environment(serving, names),
        "resources": _resources(server.needs),
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "capabilities": {"drop": ["ALL" if serving.restricted else "NET_RAW"]},
        },
        "volumeMounts": mounted,
        **_probes(serving),
    }
    if server.drain_seconds:
        # Of the actions that Terraform's provider knows, the one that waits and leaves the server answering.
        main["lifecycle"] = {"preStop": {"exec": {"command": ["sleep", str(server.drain_seconds)]}}}
    spec: Manifest = {
        "containers": [_filled(main)],
        "volumes": volumes,
        "terminationGracePeriodSeconds": server.termination_seconds,
        "topologySpreadConstraints": _spread(server),
        "securityContext": _security(serving),
        # One variable for every Service of the namespace: a Service of a library's name breaks the library.
        "enableServiceLinks": False,
        # AWS credentials come by a token of their own: https://docs.aws.amazon.com/eks/latest/userguide/pod-id-how-it-works.html
        "automountServiceAccountToken": serving.service_account is not None,
    }
    if service_account is not None:
        spec["serviceAccountName"] = service_account
    if serving.node_groups:
        terms = [{"key": GROUP_LABEL, "operator": "In", "values": list(serving.node_groups)}]
        required = {"nodeSelectorTerms": [{"matchExpressions": terms}]}
        spec["affinity"] = {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": required}}
        taints = dict.fromkeys(taint for group in server.groups.values() for taint in group.taints)
        spec["tolerations"] = tolerations(taints)
    return _filled(spec)


def _security(serving: ServingDeployment) -> Manifest:
    found: Manifest = {"seccompProfile": {"type": "RuntimeDefault"}}
    if serving.restricted:
        found["runAsNonRoot"] = True
    return found


def _filled(manifest: Manifest) -> Manifest:
    return {key: value for key, value in manifest.items() if value != []}


def _resources(wanted: Needs) -> Manifest:
    devices = {name: str(count) for name, count in wanted.devices.items()}
    limits = dict(devices)
    if wanted.cpu_limit is not None:
        limits["cpu"] = cpu_quantity(wanted.cpu_limit)
    if wanted.memory_limit_mib is not None:
        limits["memory"] = memory_quantity(wanted.memory_limit_mib)
    requests = {
        "cpu": cpu_quantity(wanted.cpu),
        "memory": memory_quantity(wanted.memory_mib),
        **devices,
    }
    return {"requests": requests, "limits": limits} if limits else {"requests": requests}


def _probes(serving: ServingDeployment) -> Manifest:
    health = serving.health
    probe: Manifest = {"timeoutSeconds": health.timeout_seconds}
    port = health.port or serving.port
    if health.path is not None:
        probe["httpGet"] = {"path": health.path, "port": port}
    else:
        probe["tcpSocket"] = {"port": port}
    startup = math.ceil(health.startup_seconds / _STARTUP_PERIOD_SECONDS)
    probes = {
        # The others wait until this one has succeeded once.
        "startupProbe": {**probe, "periodSeconds": _STARTUP_PERIOD_SECONDS, "failureThreshold": startup},
        "readinessProbe": {**probe, "periodSeconds": 5, "failureThreshold": 3},
    }
    if health.path is not None and health.restart:
        probes["livenessProbe"] = {**probe, "periodSeconds": 10, "failureThreshold": 6}
    return probes


def _spread(server: Server) -> list[Manifest]:
    spread = server.serving.spread
    return [
        {
            "maxSkew": 1,
            "topologyKey": key,
            "whenUnsatisfiable": "DoNotSchedule" if how == "require" else "ScheduleAnyway",
            "labelSelector": {"matchLabels": server.labels},
            # Old pods of a rollout do not count.
            "matchLabelKeys": ["pod-template-hash"],
        }
        for key, how in (
            ("topology.kubernetes.io/zone", spread.zones),
            ("kubernetes.io/hostname", spread.nodes),
        )
    ]


def autoscaler(server: Server) -> Manifest | None:
    """The HorizontalPodAutoscaler, if the layout has one."""
    scaling = server.serving.autoscaling
    if scaling is None:
        return None
    targets = {"cpu": scaling.cpu_percent, "memory": scaling.memory_percent}
    spec: Manifest = {
        "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": server.name},
        "minReplicas": scaling.min,
        "maxReplicas": scaling.max,
        "metrics": [
            {
                "type": "Resource",
                "resource": {"name": name, "target": {"type": "Utilization", "averageUtilization": percent}},
            }
            for name, percent in targets.items()
            if percent is not None
        ],
        "behavior": {
            "scaleDown": {
                "stabilizationWindowSeconds": scaling.scale_down_stabilization_seconds,
                # Kubernetes' own, which the provider wants to be told.
                # https://kubernetes.io/docs/tasks/run-application/horizontal-pod-autoscale/#default-behavior
                "selectPolicy": "Max",
                "policies": [{"type": "Percent", "value": 100, "periodSeconds": 15}],
            }
        },
    }
    return manifest("autoscaling/v2", "HorizontalPodAutoscaler", server, spec)


def disruption_budget(server: Server) -> Manifest:
    """The PodDisruptionBudget."""
    budget = server.serving.disruption_budget
    bound = (
        {"maxUnavailable": budget.max_unavailable}
        if budget.max_unavailable is not None
        else {"minAvailable": budget.min_available}
    )
    spec = {"selector": {"matchLabels": server.labels}, **bound}
    return manifest("policy/v1", "PodDisruptionBudget", server, spec)
