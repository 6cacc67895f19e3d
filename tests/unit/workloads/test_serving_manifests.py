"""The manifests of a server: what its pods ask for, where they run, how they come and go, and what stands in front."""

from __future__ import annotations

import json
from collections.abc import Callable
from textwrap import dedent, indent
from typing import Any

import pytest

from modules.workloads.pod import Manifest, Names
from modules.workloads.server import Server
from modules.workloads.service_manifests import READINESS_GATE, ingress, namespace_labels, service
from modules.workloads.serving_manifests import autoscaler, deployment, disruption_budget
from tests.kubernetes_objects import check_object
from tests.terraform_json import Load

NAMES = Names({"models": "demo-models"}, {"api": "123456789012.dkr.ecr.us-west-2.amazonaws.com/demo/api"})
GROUPS = """
node_groups:
  gpu: {instance_type: g5.12xlarge, efa: false, size: {desired: 2, max: 4}}
  grown: {instance_type: g5.12xlarge, size: {desired: 0, max: 4}, scaling_owner: autoscaler}
  spot: {instance_type: m5.large, size: {desired: 2}, capacity: {type: spot}}
  inf: {instance_type: inf2.8xlarge, size: {desired: 2}}
"""
NLB = "service.beta.kubernetes.io/aws-load-balancer-"
ALB = "alb.ingress.kubernetes.io/"
CERTIFICATE = "arn:aws:acm:us-west-2:123456789012:certificate/11111111-2222-3333-4444-555555555555"

Serve = Callable[..., Server]


@pytest.fixture
def serve(layout: Load) -> Serve:
    """A server of the layout language, over four node groups."""

    def server(*keys: str, image: str = "registry.example.com/api:1.0") -> Server:
        body = "\n".join([f"image: {image}", "port: 8080", *(dedent(key) for key in keys)])
        found = layout(f"{GROUPS}workloads:\n  serving:\n    api:\n{indent(body, '      ')}\n").layout
        return Server.of("api", found.workloads.serving["api"], found.node_groups)

    return server


def pod(server: Server) -> Manifest:
    """The spec of the server's pods."""
    found: Manifest = deployment(server, NAMES)["spec"]["template"]["spec"]
    return found


def container(server: Server) -> Manifest:
    """Its one container."""
    [found] = pod(server)["containers"]
    assert isinstance(found, dict)
    return found


def notes_of(manifest: Manifest | None) -> dict[str, str]:
    assert manifest is not None
    return dict(manifest["metadata"]["annotations"])


def test_requests_and_limits_are_those_of_the_layout(serve: Serve) -> None:
    one = serve("resources: {requests: {cpu: 1, memory_gib: 2}, limits: {cpu: 2, memory_gib: 4}}")
    assert container(one)["resources"] == {
        "requests": {"cpu": "1", "memory": "2Gi"},
        "limits": {"cpu": "2", "memory": "4Gi"},
    }


@pytest.mark.parametrize(
    ("resources", "requests"),
    [
        ("{}", {"cpu": "1", "memory": "2Gi"}),
        ("{limits: {cpu: 0.5, memory_gib: 0.5}}", {"cpu": "500m", "memory": "512Mi"}),
        ("{requests: {cpu: 0.25}}", {"cpu": "250m", "memory": "2Gi"}),
    ],
)
def test_what_is_asked_for_follows_from_the_limits_or_is_a_little(
    serve: Serve, resources: str, requests: dict[str, str]
) -> None:
    assert container(serve(f"resources: {resources}"))["resources"]["requests"] == requests


def test_a_pod_with_accelerators_asks_for_its_share_of_the_node(serve: Serve) -> None:
    # Of 48 vCPUs and 192 GiB with 4 GPUs, one GPU's share is 12 and 48; three quarters of that are surely free.
    resources = container(serve("node_groups: [gpu]", "resources: {gpus: 1}"))["resources"]
    assert resources["requests"] == {"cpu": "9", "memory": "36Gi", "nvidia.com/gpu": "1"}
    assert resources["limits"] == {"nvidia.com/gpu": "1"}
    neuron = container(serve("node_groups: [inf]", "resources: {neuron_devices: 1}"))["resources"]
    assert neuron["limits"] == {"aws.amazon.com/neuron": "1"}


def test_pods_run_on_the_named_groups_and_tolerate_their_taints(serve: Serve) -> None:
    spec = pod(serve("node_groups: [gpu, spot]", "resources: {requests: {cpu: 1}}"))
    [term] = spec["affinity"]["nodeAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"][
        "nodeSelectorTerms"
    ]
    assert term == {
        "matchExpressions": [
            {"key": "eks.amazonaws.com/nodegroup", "operator": "In", "values": ["gpu", "spot"]}
        ]
    }
    assert [one["key"] for one in spec["tolerations"]] == ["nvidia.com/gpu"]


def test_without_named_groups_pods_go_where_any_pod_may(serve: Serve) -> None:
    spec = pod(serve())
    assert "affinity" not in spec
    assert "tolerations" not in spec


@pytest.mark.parametrize(
    ("keys", "strategy"),
    [
        ([], {"maxSurge": "25%", "maxUnavailable": 0}),
        # Two nodes of four GPUs: full with two pods, so that a third would wait for ever.
        (["node_groups: [gpu]", "resources: {gpus: 4}"], {"maxSurge": 0, "maxUnavailable": "25%"}),
        (["node_groups: [gpu]", "resources: {gpus: 2}"], {"maxSurge": "25%", "maxUnavailable": 0}),
        # The autoscaler brings two more nodes.
        (["node_groups: [grown]", "resources: {gpus: 4}"], {"maxSurge": "25%", "maxUnavailable": 0}),
        (
            ["node_groups: [grown]", "resources: {gpus: 4}", "autoscaling: {max: 4}"],
            {"maxSurge": 0, "maxUnavailable": "25%"},
        ),
        (["rollout: replace"], {"maxSurge": 0, "maxUnavailable": "25%"}),
    ],
)
def test_a_rollout_starts_new_pods_first_where_they_have_room(
    serve: Serve, keys: list[str], strategy: dict[str, Any]
) -> None:
    spec = deployment(serve(*keys), NAMES)["spec"]
    assert spec["strategy"] == {"type": "RollingUpdate", "rollingUpdate": strategy}


def test_an_http_path_gives_three_probes_and_startup_lasts_as_long_as_a_model_takes(serve: Serve) -> None:
    found = container(serve("health: {path: /healthz, port: 8081, startup_seconds: 1200}"))
    get = {"path": "/healthz", "port": 8081}
    assert all(found[f"{name}Probe"]["httpGet"] == get for name in ("startup", "readiness", "liveness"))
    startup = found["startupProbe"]
    assert startup["periodSeconds"] * startup["failureThreshold"] == 1200
    assert "livenessProbe" not in container(serve("health: {path: /healthz, restart: false}"))


def test_without_a_path_an_open_port_is_enough_and_nothing_restarts_the_server(serve: Serve) -> None:
    found = container(serve())
    assert found["readinessProbe"]["tcpSocket"] == found["startupProbe"]["tcpSocket"] == {"port": 8080}
    assert "livenessProbe" not in found


@pytest.mark.parametrize(
    ("keys", "drain", "all_in_all"),
    [
        ([], 5, 35),
        (["load_balancer: {type: nlb}", "node_groups: [sys]"], 130, 160),
        (["load_balancer: {type: alb}", "health: {path: /}"], 20, 50),
        # All within the notice of two minutes, and a little before.
        (["load_balancer: {type: nlb}", "node_groups: [sys, spot]"], 80, 110),
        (["load_balancer: {type: nlb}", "drain_seconds: 60", "shutdown_seconds: 300"], 60, 360),
    ],
)
def test_a_pod_answers_until_the_load_balancer_has_forgotten_it(
    serve: Serve, keys: list[str], drain: int, all_in_all: int
) -> None:
    one = serve(*keys)
    assert container(one)["lifecycle"]["preStop"]["exec"]["command"] == ["sleep", str(drain)]
    assert pod(one)["terminationGracePeriodSeconds"] == all_in_all


def test_without_a_drain_nothing_runs_before_a_stop(serve: Serve) -> None:
    assert "lifecycle" not in container(serve("drain_seconds: 0"))


def test_pods_are_spread_over_zones_and_nodes_not_counting_the_old_ones(serve: Serve) -> None:
    zones, nodes = pod(serve("spread: {zones: require}"))["topologySpreadConstraints"]
    assert (zones["topologyKey"], zones["whenUnsatisfiable"]) == (
        "topology.kubernetes.io/zone",
        "DoNotSchedule",
    )
    assert (nodes["topologyKey"], nodes["whenUnsatisfiable"]) == ("kubernetes.io/hostname", "ScheduleAnyway")
    assert zones["matchLabelKeys"] == ["pod-template-hash"]


def test_shared_memory_is_mounted_and_does_not_keep_its_node(serve: Serve) -> None:
    one = serve("node_groups: [gpu]", "resources: {gpus: 4, shared_memory_gib: 16}")
    [volume] = pod(one)["volumes"]
    assert volume["emptyDir"] == {"medium": "Memory", "sizeLimit": "16Gi"}
    told = deployment(one, NAMES)["spec"]["template"]["metadata"]["annotations"]
    assert told == {"cluster-autoscaler.kubernetes.io/safe-to-evict-local-volumes": volume["name"]}


def test_the_environment_has_what_the_layout_says_and_secrets_by_reference(serve: Serve) -> None:
    found = container(serve("environment: {MODE: fast}", "secrets: {TOKEN: {name: hub, key: token}}"))
    assert found["env"] == [
        {"name": "MODE", "value": "fast"},
        {"name": "TOKEN", "valueFrom": {"secretKeyRef": {"name": "hub", "key": "token"}}},
    ]


def test_a_server_gains_no_rights_and_a_restricted_one_has_none(serve: Serve) -> None:
    by_default, restricted = serve(), serve("restricted: true")
    assert container(by_default)["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "capabilities": {"drop": ["NET_RAW"]},
    }
    assert "runAsNonRoot" not in pod(by_default)["securityContext"]
    assert container(restricted)["securityContext"]["capabilities"] == {"drop": ["ALL"]}
    assert pod(restricted)["securityContext"] == {
        "seccompProfile": {"type": "RuntimeDefault"},
        "runAsNonRoot": True,
    }


def test_only_a_service_account_of_the_users_gives_pods_a_token_of_the_cluster(serve: Serve) -> None:
    assert pod(serve())["automountServiceAccountToken"] is False
    assert pod(serve("service_account: reader"))["automountServiceAccountToken"] is True
    given = deployment(serve(), NAMES, service_account="api")["spec"]["template"]["spec"]
    assert given["serviceAccountName"] == "api"


def test_the_deployment_and_the_service_choose_the_pods_by_the_same_labels(serve: Serve) -> None:
    one = serve()
    made = deployment(one, NAMES)["spec"]
    labels = made["template"]["metadata"]["labels"]
    assert made["selector"]["matchLabels"] == labels == service(one)["spec"]["selector"]
    assert disruption_budget(one)["spec"]["selector"]["matchLabels"] == labels


def test_without_a_load_balancer_the_service_is_for_the_cluster(serve: Serve) -> None:
    spec = service(serve())["spec"]
    assert spec["type"] == "ClusterIP"
    assert spec["ports"] == [{"name": "http", "port": 80, "targetPort": 8080, "protocol": "TCP"}]
    assert ingress(serve()) is None
    assert namespace_labels(serve().serving) == {}


def test_an_nlb_is_internal_reaches_the_pods_themselves_and_checks_the_path(serve: Serve) -> None:
    one = serve(
        "load_balancer: {type: nlb}",
        "node_groups: [sys]",
        "health: {path: /healthz, port: 8081, timeout_seconds: 8}",
    )
    made = service(one)
    spec, told = made["spec"], notes_of(made)
    assert (spec["type"], spec["loadBalancerClass"]) == ("LoadBalancer", "service.k8s.aws/nlb")
    assert spec["allocateLoadBalancerNodePorts"] is False
    assert "loadBalancerSourceRanges" not in spec
    assert told[f"{NLB}scheme"] == "internal"
    assert told[f"{NLB}nlb-target-type"] == "ip"
    assert told[f"{NLB}healthcheck-protocol"] == "http"
    assert (told[f"{NLB}healthcheck-path"], told[f"{NLB}healthcheck-port"]) == ("/healthz", "8081")
    assert (told[f"{NLB}healthcheck-interval"], told[f"{NLB}healthcheck-timeout"]) == ("13", "8")
    assert told[f"{NLB}target-group-attributes"] == "deregistration_delay.timeout_seconds=160"
    assert f"{NLB}ssl-cert" not in told
    assert ingress(one) is None
    assert namespace_labels(one.serving) == READINESS_GATE


def test_an_internet_facing_nlb_takes_its_cidrs_alone_and_ends_tls(serve: Serve) -> None:
    made = service(
        serve(
            f"""
            load_balancer:
              type: nlb
              scheme: internet-facing
              cidrs: [203.0.113.0/24, 198.51.100.0/24]
              certificate_arn: {CERTIFICATE}
            """
        )
    )
    assert made["spec"]["loadBalancerSourceRanges"] == ["203.0.113.0/24", "198.51.100.0/24"]
    assert made["spec"]["ports"][0]["port"] == 443
    told = notes_of(made)
    assert told[f"{NLB}scheme"] == "internet-facing"
    assert (told[f"{NLB}ssl-cert"], told[f"{NLB}ssl-ports"]) == (CERTIFICATE, "443")
    assert f"{NLB}healthcheck-protocol" not in told  # a connection is enough


def test_an_alb_answers_its_host_by_tls_and_redirects_the_rest(serve: Serve) -> None:
    one = serve(
        f"""
        health: {{path: /healthz}}
        load_balancer:
          type: alb
          host: api.example.com
          certificate_arn: {CERTIFICATE}
          cidrs: [10.0.0.0/8, 172.16.0.0/12]
          idle_timeout_seconds: 600
        """
    )
    made = ingress(one)
    assert made is not None
    assert made["spec"]["ingressClassName"] == "alb"
    [rule] = made["spec"]["rules"]
    assert rule["host"] == "api.example.com"
    [path] = rule["http"]["paths"]
    assert path["backend"] == {"service": {"name": "api", "port": {"number": 80}}}
    assert service(one)["spec"]["type"] == "ClusterIP"
    told = notes_of(made)
    assert json.loads(told[f"{ALB}listen-ports"]) == [{"HTTP": 80}, {"HTTPS": 443}]
    assert (told[f"{ALB}ssl-redirect"], told[f"{ALB}certificate-arn"]) == ("443", CERTIFICATE)
    assert told[f"{ALB}inbound-cidrs"] == "10.0.0.0/8,172.16.0.0/12"
    assert told[f"{ALB}load-balancer-attributes"] == "idle_timeout.timeout_seconds=600"
    assert (told[f"{ALB}healthcheck-path"], told[f"{ALB}success-codes"]) == ("/healthz", "200-399")
    assert told[f"{ALB}target-group-attributes"].startswith("deregistration_delay.timeout_seconds=50,")
    assert (told[f"{ALB}scheme"], told[f"{ALB}target-type"]) == ("internal", "ip")


def test_an_alb_without_a_certificate_has_one_listener(serve: Serve) -> None:
    told = notes_of(ingress(serve("health: {path: /}", "load_balancer: {type: alb, port: 8000}")))
    assert json.loads(told[f"{ALB}listen-ports"]) == [{"HTTP": 8000}]
    assert f"{ALB}ssl-redirect" not in told


def test_variables_stay_references(serve: Serve) -> None:
    keys = "scheme: internet-facing, cidrs: var.load_balancer_cidrs, certificate_arn: var.certificate_arn"
    by_nlb = service(serve(f"load_balancer: {{type: nlb, {keys}}}"))
    assert by_nlb["spec"]["loadBalancerSourceRanges"] == "${var.load_balancer_cidrs}"
    assert notes_of(by_nlb)[f"{NLB}ssl-cert"] == "${var.certificate_arn}"
    by_alb = ingress(serve("health: {path: /}", f"load_balancer: {{type: alb, {keys}}}"))
    assert notes_of(by_alb)[f"{ALB}inbound-cidrs"] == '${join(",", var.load_balancer_cidrs)}'


def test_the_autoscaler_has_the_number_of_pods_and_nobody_else(serve: Serve) -> None:
    one = serve("autoscaling: {min: 3, max: 9, memory_percent: 80, scale_down_stabilization_seconds: 900}")
    made = autoscaler(one)
    assert made is not None
    spec = made["spec"]
    assert (spec["minReplicas"], spec["maxReplicas"]) == (3, 9)
    assert spec["scaleTargetRef"]["name"] == "api"
    assert [metric["resource"]["name"] for metric in spec["metrics"]] == ["memory"]
    assert spec["metrics"][0]["resource"]["target"] == {"type": "Utilization", "averageUtilization": 80}
    assert spec["behavior"]["scaleDown"]["stabilizationWindowSeconds"] == 900
    assert "replicas" not in deployment(one, NAMES)["spec"]
    assert autoscaler(serve()) is None
    assert deployment(serve(), NAMES)["spec"]["replicas"] == 2


@pytest.mark.parametrize(
    ("keys", "bound"),
    [
        ([], {"maxUnavailable": 1}),
        (["replicas: 4", "disruption_budget: {min_available: 3}"], {"minAvailable": 3}),
        (["replicas: 4", "disruption_budget: {max_unavailable: 2}"], {"maxUnavailable": 2}),
    ],
)
def test_a_drain_takes_one_pod_at_once_unless_the_layout_says_more(
    serve: Serve, keys: list[str], bound: dict[str, int]
) -> None:
    spec = dict(disruption_budget(serve(*keys))["spec"])
    del spec["selector"]
    assert spec == bound


def test_a_rollout_is_given_the_time_that_all_its_pods_take(serve: Serve) -> None:
    # Full GPUs: two waves, each with a pod that has to go first and a model to load, after 15 minutes for a node.
    slow = serve("node_groups: [gpu]", "resources: {gpus: 4}", "health: {path: /, startup_seconds: 1200}")
    assert slow.rollout_seconds == 900 + 2 * (1200 + 35)
    assert deployment(slow, NAMES)["spec"]["progressDeadlineSeconds"] == 900 + 1200 + 35
    # One GPU more than the pods take: they start one by one.
    assert serve("replicas: 7", "node_groups: [gpu]", "resources: {gpus: 1}").rollout_seconds == 900 + 7 * 335


@pytest.mark.parametrize(
    "keys",
    [
        [],
        [
            "load_balancer: {type: nlb, scheme: internet-facing, cidrs: [203.0.113.0/24]}",
            "spread: {nodes: require}",
        ],
        [
            "load_balancer: {type: alb, host: '*.example.com'}",
            "health: {path: /healthz}",
            "autoscaling: {max: 4}",
        ],
        [
            "node_groups: [gpu]",
            "resources: {gpus: 4, shared_memory_gib: 0.5}",
            "secrets: {A: {name: a, key: b}}",
        ],
        [
            "volumes: {/a: {ephemeral_gib: 10}, /b: {claim: mine, read_only: true}}",
            "drain_seconds: 0",
            "restricted: true",
        ],
    ],
)
@pytest.mark.parametrize("version", ["1.31", "1.35"])
def test_kubernetes_takes_every_object(serve: Serve, keys: list[str], version: str) -> None:
    one = serve(*keys)
    for made in (deployment(one, NAMES), service(one), ingress(one), autoscaler(one), disruption_budget(one)):
        if made is not None:
            check_object(made, version)
