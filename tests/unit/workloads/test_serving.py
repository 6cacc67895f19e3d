"""Servers as Terraform: in which order they come and go, how long an apply waits, and what it tells."""

from __future__ import annotations

import json
from typing import Any

import cdktf

from modules.layout import Loaded
from modules.workloads.pod import Names
from modules.workloads.serving import Serving
from tests.kubernetes_objects import check_stack
from tests.terraform_json import Load, Stack

SERVERS = """
node_groups:
  gpu: {instance_type: g5.12xlarge, size: {desired: 2}}
workloads:
  serving:
    api:
      image: registry.example.com/api:1.0
      port: 8080
      autoscaling: {max: 4}
      load_balancer: {type: nlb, scheme: internet-facing, cidrs: var.load_balancer_cidrs, port: 443}
    chat-web:
      image: registry.example.com/web:1.0
      port: 3000
      health: {path: /healthz}
      wait: false
      environment: {TEMPLATE: "${not_terraform}"}
      load_balancer: {type: alb, cidrs: var.load_balancer_cidrs, host: chat.example.com}
    inner:
      image: registry.example.com/inner:1.0
      port: 9000
      node_groups: [gpu]
      resources: {gpus: 4}
"""


def synthesized(loaded: Loaded) -> Stack:
    """The servers of a layout alone in a stack."""
    stack = cdktf.TerraformStack(cdktf.Testing.app(), "serving")
    made = Serving(
        stack,
        "serving",
        serving=loaded.layout.workloads.serving,
        node_groups=loaded.layout.node_groups,
        names=Names({}, {}),
        service_accounts={"api": "api"},
        depends_on={},
        replaced_with={},
    )
    for name, (value, description) in made.outputs.items():
        cdktf.TerraformOutput(stack, name, value=value, description=description)
    return Stack("serving", json.loads(cdktf.Testing.synth(stack)))


def one(stack: Stack, of_type: str, name: str) -> tuple[str, dict[str, Any]]:
    """Address and arguments of the object of a name."""
    [found] = [
        (f"{of_type}.{key}", body)
        for key, body in stack.resources(of_type).items()
        if body["metadata"]["name"] == name
    ]
    return found


def test_pods_come_after_their_load_balancer_and_go_before_it(layout: Load) -> None:
    stack = synthesized(layout(SERVERS))
    of_api, api = one(stack, "kubernetes_service_v1", "api")
    pods, _ = one(stack, "kubernetes_deployment_v1", "api")
    assert api["spec"]["load_balancer_class"] == "service.k8s.aws/nlb"
    assert of_api in stack.needs(pods)
    scaler, _ = one(stack, "kubernetes_horizontal_pod_autoscaler_v2", "api")
    assert pods in stack.needs(scaler)
    of_web, web = one(stack, "kubernetes_ingress_v1", "chat-web")
    inside, _ = one(stack, "kubernetes_service_v1", "chat-web")
    web_pods, _ = one(stack, "kubernetes_deployment_v1", "chat-web")
    assert web["wait_for_load_balancer"] is True
    assert inside in stack.needs(of_web)
    assert {of_web, inside} <= stack.needs(web_pods)


def test_the_outputs_are_host_names_of_load_balancers_and_addresses_in_the_cluster(layout: Load) -> None:
    stack = synthesized(layout(SERVERS))
    of_api, _ = one(stack, "kubernetes_service_v1", "api")
    of_web, _ = one(stack, "kubernetes_ingress_v1", "chat-web")
    values = {name: output["value"] for name, output in stack.outputs.items()}
    host = "status[0].load_balancer[0].ingress[0].hostname"
    assert values == {
        "api_service": "api.serving.svc.cluster.local:443",
        "api_host": f"${{{of_api}.{host}}}",
        "chat_web_service": "chat-web.serving.svc.cluster.local:80",
        "chat_web_host": f"${{{of_web}.{host}}}",
        "inner_service": "inner.serving.svc.cluster.local:80",
    }


def test_an_apply_waits_for_the_pods_as_long_as_they_may_take_unless_told_not_to(layout: Load) -> None:
    stack = synthesized(layout(SERVERS))
    _, inner = one(stack, "kubernetes_deployment_v1", "inner")
    # 15 minutes for nodes and images, then two pods, each after one that has to go.
    assert inner["timeouts"] == {"create": "27m", "update": "27m"}
    assert inner["wait_for_rollout"] is True
    assert one(stack, "kubernetes_deployment_v1", "chat-web")[1]["wait_for_rollout"] is False


def test_the_number_of_pods_is_left_to_the_autoscaler(layout: Load) -> None:
    stack = synthesized(layout(SERVERS))
    assert "replicas" not in one(stack, "kubernetes_deployment_v1", "api")[1]["spec"]
    assert one(stack, "kubernetes_deployment_v1", "inner")[1]["spec"]["replicas"] == "2"


def test_variables_are_references_and_the_users_text_is_none(layout: Load) -> None:
    stack = synthesized(layout(SERVERS))
    _, api = one(stack, "kubernetes_service_v1", "api")
    assert api["spec"]["load_balancer_source_ranges"] == "${var.load_balancer_cidrs}"
    _, web = one(stack, "kubernetes_ingress_v1", "chat-web")
    cidrs = web["metadata"]["annotations"]["alb.ingress.kubernetes.io/inbound-cidrs"]
    assert cidrs == '${join(",", var.load_balancer_cidrs)}'
    _, pods = one(stack, "kubernetes_deployment_v1", "chat-web")
    [container] = pods["spec"]["template"]["spec"]["container"]
    assert container["env"] == [{"name": "TEMPLATE", "value": "$${not_terraform}"}]


def test_a_server_has_its_service_account(layout: Load) -> None:
    stack = synthesized(layout(SERVERS))
    spec = one(stack, "kubernetes_deployment_v1", "api")[1]["spec"]["template"]["spec"]
    assert spec["service_account_name"] == "api"


def test_kubernetes_takes_what_the_provider_makes_of_them(layout: Load) -> None:
    loaded = layout(SERVERS)
    # Three of each but the autoscaler and the Ingress.
    assert check_stack(synthesized(loaded), loaded.layout.kubernetes_version) == 3 * 3 + 2
