"""Manifests of what stands before a server: its Service, which an NLB may be, and the Ingress of an ALB."""

from __future__ import annotations

import json

from ..layout.models import ServingDeployment
from ..layout.models.serving import LoadBalancer
from ..layout.values import Var
from .pod import Expression, Manifest
from .server import PORT_NAME, Server, manifest

# In a namespace with this label, the controller holds a new pod unready until the load balancer has found it healthy.
# https://kubernetes-sigs.github.io/aws-load-balancer-controller/latest/deploy/pod_readiness_gate/
READINESS_GATE = {"elbv2.k8s.aws/pod-readiness-gate-inject": "enabled"}
# https://docs.aws.amazon.com/elasticloadbalancing/latest/network/describe-ssl-policies.html
TLS_POLICY = "ELBSecurityPolicy-TLS13-1-2-2021-06"
# https://kubernetes-sigs.github.io/aws-load-balancer-controller/latest/guide/service/nlb/
NLB_CLASS = "service.k8s.aws/nlb"
_NLB = "service.beta.kubernetes.io/aws-load-balancer-"
_ALB = "alb.ingress.kubernetes.io/"
# https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_TargetGroupAttribute.html
_LONGEST_DEREGISTRATION = 3600


def namespace_labels(serving: ServingDeployment) -> dict[str, str]:
    """Labels that the namespace of a server has to have."""
    return dict(READINESS_GATE) if serving.load_balancer is not None else {}


def service(server: Server) -> Manifest:
    """The Service: of the cluster, or with an NLB in front of the pods themselves."""
    serving, balancer = server.serving, server.serving.load_balancer
    spec: Manifest = {
        "type": "ClusterIP",
        "selector": server.labels,
        "ports": [
            {"name": PORT_NAME, "port": serving.service_port, "targetPort": serving.port, "protocol": "TCP"}
        ],
    }
    if balancer is None or balancer.type != "nlb":
        return manifest("v1", "Service", server, spec)
    # Targets are pods, so that no node needs a port.
    spec |= {"type": "LoadBalancer", "loadBalancerClass": NLB_CLASS, "allocateLoadBalancerNodePorts": False}
    if balancer.cidrs:
        spec["loadBalancerSourceRanges"] = _ranges(balancer.cidrs)
    return manifest("v1", "Service", server, spec, _nlb_annotations(server, balancer))


def _ranges(cidrs: tuple[str, ...] | Var) -> list[str] | Var:
    return cidrs if isinstance(cidrs, Var) else list(cidrs)


def _nlb_annotations(server: Server, balancer: LoadBalancer) -> dict[str, str]:
    """https://kubernetes-sigs.github.io/aws-load-balancer-controller/latest/guide/service/annotations/."""
    interval, timeout = _check_times(server)
    found = {
        f"{_NLB}scheme": balancer.scheme,
        f"{_NLB}nlb-target-type": "ip",
        # Without it, a zone's address reaches the pods of that zone alone.
        f"{_NLB}attributes": "load_balancing.cross_zone.enabled=true",
        f"{_NLB}target-group-attributes": _deregistration(server),
        f"{_NLB}healthcheck-interval": str(interval),
        f"{_NLB}healthcheck-timeout": str(timeout),
        f"{_NLB}healthcheck-healthy-threshold": "2",
        f"{_NLB}healthcheck-unhealthy-threshold": "2",
    }
    health = server.serving.health
    if health.path is not None:
        found |= {
            f"{_NLB}healthcheck-protocol": "http",
            f"{_NLB}healthcheck-path": health.path,
        }
    if health.port is not None:
        found[f"{_NLB}healthcheck-port"] = str(health.port)
    if balancer.certificate_arn is not None:
        found |= {
            f"{_NLB}ssl-cert": balancer.certificate_arn,
            f"{_NLB}ssl-ports": str(balancer.listener),
            f"{_NLB}ssl-negotiation-policy": TLS_POLICY,
        }
    return found


def _check_times(server: Server) -> tuple[int, int]:
    """Interval and timeout of the load balancer's own checks, in seconds; the least timeout is 2.

    https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateTargetGroup.html
    """
    timeout = max(2, server.serving.health.timeout_seconds)
    return max(10, timeout + 5), timeout


def _deregistration(server: Server) -> str:
    seconds = min(_LONGEST_DEREGISTRATION, server.termination_seconds)
    return f"deregistration_delay.timeout_seconds={seconds}"


def ingress(server: Server) -> Manifest | None:
    """The Ingress of an ALB, if there is to be one."""
    balancer = server.serving.load_balancer
    if balancer is None or balancer.type != "alb":
        return None
    backend = {"service": {"name": server.name, "port": {"number": server.serving.service_port}}}
    rule: Manifest = {"http": {"paths": [{"path": "/", "pathType": "Prefix", "backend": backend}]}}
    if balancer.host is not None:
        rule["host"] = balancer.host
    spec = {"ingressClassName": "alb", "rules": [rule]}
    return manifest("networking.k8s.io/v1", "Ingress", server, spec, _alb_annotations(server, balancer))


def _alb_annotations(server: Server, balancer: LoadBalancer) -> dict[str, str]:
    """https://kubernetes-sigs.github.io/aws-load-balancer-controller/latest/guide/ingress/annotations/."""
    interval, timeout = _check_times(server)
    health = server.serving.health
    found = {
        f"{_ALB}scheme": balancer.scheme,
        f"{_ALB}target-type": "ip",
        # Answers of a model take different times: the next request goes where the fewest wait.
        f"{_ALB}target-group-attributes": f"{_deregistration(server)},load_balancing.algorithm.type=least_outstanding_requests",
        f"{_ALB}healthcheck-path": health.path or "/",
        f"{_ALB}healthcheck-interval-seconds": str(interval),
        f"{_ALB}healthcheck-timeout-seconds": str(timeout),
        # What Kubernetes takes for success.
        f"{_ALB}success-codes": "200-399",
    }
    if health.port is not None:
        found[f"{_ALB}healthcheck-port"] = str(health.port)
    if balancer.cidrs:
        found[f"{_ALB}inbound-cidrs"] = _joined(balancer.cidrs)
    if balancer.idle_timeout_seconds is not None:
        found[f"{_ALB}load-balancer-attributes"] = (
            f"idle_timeout.timeout_seconds={balancer.idle_timeout_seconds}"
        )
    listener = balancer.listener
    if balancer.certificate_arn is None:
        found[f"{_ALB}listen-ports"] = json.dumps([{"HTTP": listener}])
        return found
    found |= {f"{_ALB}certificate-arn": balancer.certificate_arn, f"{_ALB}ssl-policy": TLS_POLICY}
    if listener == 80:
        found[f"{_ALB}listen-ports"] = json.dumps([{"HTTPS": listener}])
    else:
        found[f"{_ALB}listen-ports"] = json.dumps([{"HTTP": 80}, {"HTTPS": listener}])
        found[f"{_ALB}ssl-redirect"] = str(listener)
    return found


def _joined(cidrs: tuple[str, ...] | Var) -> str:
    return Expression(f'${{join(",", {cidrs.reference})}}') if isinstance(cidrs, Var) else ",".join(cidrs)
