"""Servers: their nodes, their number, and their load balancers."""

from __future__ import annotations

from textwrap import dedent, indent

from tests.unit.layout.cases import Case, here, new

_GPU = """
gpu:
  instance_type: g5.12xlarge
  size: {desired: 2, max: 4}
"""
_SPOT = """
spot:
  instance_type: m5.large
  size: {desired: 2}
  capacity: {type: spot}
"""
_ARM = """
arm:
  instance_type: m7g.large
  size: {desired: 2}
"""
_CERTIFICATE = "arn:aws:acm:{}:123456789012:certificate/11111111-2222-3333-4444-555555555555"


def serving(*keys: str, groups: str = "", top: str = "", name: str = "api") -> str:
    """A layout with a server: `keys` beside its image and port."""
    server = "\n".join(
        ["image: registry.example.com/api:1.0", "port: 8080", *(dedent(key).strip("\n") for key in keys)]
    )
    section = f"workloads:\n  serving:\n    {name}:\n{indent(server, '      ')}\n"
    return new(f"{groups}\n", f"{dedent(top).strip()}\n{section}")


def balanced(*keys: str, beside: str = "", top: str = "") -> str:
    """A server with a load balancer: `keys` beside its type, and `beside` it."""
    balancer = "\n".join(["type: nlb", *keys])
    return serving(*([beside] if beside else ()), f"load_balancer:\n{indent(balancer, '  ')}", top=top)


def alb(*keys: str, beside: str = "health: {path: /healthz}") -> str:
    """The same with an ALB."""
    return balanced(*keys, beside=beside).replace("type: nlb", "type: alb")


CASES = (
    Case(
        "serving-unknown-group",
        serving("node_groups: [cpus] # here", groups=_SPOT),
        "workloads.serving.api.node_groups[0]",
        "there is no node group 'cpus'",
        "Write one of: sys, spot.",
        serving("node_groups: [spot]", groups=_SPOT),
    ),
    Case(
        "serving-without-devices",
        serving("resources: {gpus: 1} # here", groups=_GPU),
        "workloads.serving.api.resources.gpus",
        "asks for 1 GPUs, and no node group is named",
        "Write node_groups: [gpu]",
        serving("resources: {gpus: 1}", "node_groups: [gpu]", groups=_GPU),
    ),
    Case(
        "serving-without-devices",
        serving("resources: {gpus: 8} # here", "node_groups: [gpu]", "replicas: 1", groups=_GPU),
        "workloads.serving.api.resources.gpus",
        "a node of gpu (g5.12xlarge) has 4",
        "Ask for 4 or fewer",
        serving("resources: {gpus: 4}", "node_groups: [gpu]", groups=_GPU),
    ),
    Case(
        "serving-without-devices",
        serving("resources: {neuron_devices: 1} # here", "node_groups: [gpu]", groups=_GPU),
        "workloads.serving.api.resources.neuron_devices",
        "asks for 1 Neuron devices, and a node of gpu (g5.12xlarge) has 0",
        "Name another group.",
        serving(
            "resources: {neuron_devices: 1}",
            "node_groups: [inf]",
            groups="inf: {instance_type: inf2.8xlarge, size: {desired: 2}}",
        ),
    ),
    Case(
        "serving-does-not-fit",
        # A node of c5.2xlarge has 8 vCPUs.
        serving("resources: {requests: {cpu: 8}} # here"),
        "workloads.serving.api.resources.requests.cpu",
        "a pod asks for 8 vCPUs, and of a node of sys (c5.2xlarge) pods get less than 7.94",
        "less than that",
        serving("resources: {requests: {cpu: 7.9}}"),
    ),
    Case(
        "serving-does-not-fit",
        # Without requests, the limits are asked for; a node of m5.large has 8 GiB.
        serving("resources: {limits: {memory_gib: 8}} # here", "node_groups: [sys, spot]", groups=_SPOT),
        "workloads.serving.api.resources.limits.memory_gib",
        "a pod asks for 8 GiB, and of a node of spot (m5.large) pods get less than 7.65",
        "larger nodes",
        # Where no group is named, one that fits is enough.
        serving("resources: {limits: {memory_gib: 8}}", groups=_SPOT),
    ),
    Case(
        "serving-limits-below-requests",
        serving("resources: {requests: {cpu: 2, memory_gib: 4}, limits: {cpu: 1, memory_gib: 4}} # here"),
        "workloads.serving.api.resources.limits.cpu",
        "1 is less than the 2",
        "Write 2 or more",
        serving("resources: {requests: {cpu: 1, memory_gib: 2}, limits: {cpu: 2, memory_gib: 4}}"),
    ),
    Case(
        "serving-too-many-pods",
        serving("replicas: 9 # here", "resources: {gpus: 2}", "node_groups: [gpu]", groups=_GPU),
        "workloads.serving.api.replicas",
        "9 pods, and gpu at their largest have room for 8",
        "Write 8 or fewer",
        serving("replicas: 8", "resources: {gpus: 2}", "node_groups: [gpu]", groups=_GPU),
    ),
    Case(
        "serving-too-many-pods",
        serving("autoscaling: {max: 5} # here", "resources: {gpus: 4}", "node_groups: [gpu]", groups=_GPU),
        "workloads.serving.api.autoscaling.max",
        "5 pods",
        "size.max",
        serving("autoscaling: {max: 4}", "resources: {gpus: 4}", "node_groups: [gpu]", groups=_GPU),
    ),
    Case(
        "serving-more-than-desired",
        serving("replicas: 3 # here", "resources: {gpus: 4}", "node_groups: [gpu]", groups=_GPU),
        "workloads.serving.api.replicas",
        "3 pods, and the nodes that gpu will have are enough for 2",
        "scaling_owner: autoscaler",
        # The autoscaler brings two more.
        serving(
            "replicas: 3",
            "resources: {gpus: 4}",
            "node_groups: [gpu]",
            groups=f"{_GPU}  scaling_owner: autoscaler\n",
        ),
    ),
    Case(
        "serving-name-taken",
        serving("namespace: default", name="kubernetes").replace("    kubernetes:", "    kubernetes: # here"),
        "workloads.serving.kubernetes",
        "the Service kubernetes in the namespace default is that of the cluster",
        "another name or namespace",
        serving(name="kubernetes"),
    ),
    Case(
        "serving-name-taken",
        serving("namespace: work").replace("    api:", "    api: # here")
        + "  training:\n    api: {kind: worker_set, namespace: work, image: registry.example.com/w:1, node_group: sys, command: [serve]}\n",
        "workloads.serving.api",
        "that of workloads.training.api",
        "another name or namespace",
        serving()
        + "  training:\n    api: {kind: worker_set, image: registry.example.com/w:1, node_group: sys, command: [serve]}\n",
    ),
    Case(
        "serving-scaling-order",
        serving("autoscaling: {min: 4, max: 3} # here"),
        "workloads.serving.api.autoscaling.min",
        "min 4 is more than max 3",
        "Write {min: 3, max: 4}",
        serving("autoscaling: {min: 3, max: 3}"),
    ),
    Case(
        "serving-replicas-and-scaling",
        serving("autoscaling: {max: 4}", here("replicas: 2")),
        "workloads.serving.api.replicas",
        "scaled by autoscaling",
        "Remove replicas",
        serving("autoscaling: {max: 4}"),
    ),
    Case(
        "serving-metrics-server-off",
        serving("autoscaling: {max: 4}", top="addons: {metrics-server: {enabled: false}} # here"),
        "addons.metrics-server",
        "the autoscaling of api reads its numbers",
        "Remove what turns it off",
        serving("autoscaling: {max: 4}", top="helm_releases: {metrics-server: {}}"),
    ),
    Case(
        "serving-budget-twice",
        serving("disruption_budget: {max_unavailable: 1, min_available: 1} # here"),
        "workloads.serving.api.disruption_budget.min_available",
        "Kubernetes takes one",
        "Keep one",
        serving("disruption_budget: {min_available: 1}"),
    ),
    Case(
        "serving-budget-blocks-drains",
        serving("disruption_budget: {min_available: 2} # here"),
        "workloads.serving.api.disruption_budget.min_available",
        "2 pods have to stay, of 2",
        "max_unavailable: 1",
        serving("disruption_budget: {min_available: 2}", "autoscaling: {min: 3, max: 4}"),
    ),
    Case(
        "serving-budget-blocks-drains",
        serving("disruption_budget: {max_unavailable: 0} # here"),
        "workloads.serving.api.disruption_budget.max_unavailable",
        "no pod may ever be away",
        "Write 1 or more",
        # No pods, no drain that waits for them.
        serving("disruption_budget: {min_available: 1}", "replicas: 0"),
    ),
    Case(
        "serving-single-pod",
        balanced(beside="replicas: 1 # here"),
        "workloads.serving.api.replicas",
        "no answers while its node is replaced",
        "2 or more",
        serving("replicas: 1"),
    ),
    Case(
        "serving-longer-than-notice",
        serving("node_groups: [spot]", "drain_seconds: 100 # here", groups=_SPOT),
        "workloads.serving.api.drain_seconds",
        "100 s to drain and 30 s to stop, and a node of spot (spot) goes after 120 s",
        "110 s in all",
        serving("node_groups: [spot]", "drain_seconds: 90", groups=_SPOT),
    ),
    Case(
        "serving-longer-than-notice",
        serving("node_groups: [spot]", "shutdown_seconds: 120 # here", groups=_SPOT),
        "workloads.serving.api.shutdown_seconds",
        "5 s to drain and 120 s to stop",
        "on demand",
        # What is left of the notice is for draining.
        serving("node_groups: [spot]", "shutdown_seconds: 100", "load_balancer: {type: nlb}", groups=_SPOT),
    ),
    Case(
        "serving-controller-off",
        balanced(top="helm_releases: {aws-load-balancer-controller: {enabled: false}} # here"),
        "helm_releases.aws-load-balancer-controller",
        "makes the load balancer of api",
        "Remove what turns it off",
        serving(top="helm_releases: {aws-load-balancer-controller: {enabled: false}}"),
    ),
    Case(
        "serving-public-without-cidrs",
        serving("load_balancer: {type: nlb, scheme: internet-facing} # here"),
        "workloads.serving.api.load_balancer.cidrs",
        "open to the whole internet",
        "var.load_balancer_cidrs",
        serving("load_balancer: {type: nlb, scheme: internet-facing, cidrs: var.load_balancer_cidrs}"),
    ),
    Case(
        "serving-open-to-all",
        balanced("scheme: internet-facing", "cidrs: [203.0.113.0/24, 0.0.0.0/0] # here"),
        "workloads.serving.api.load_balancer.cidrs[1]",
        "0.0.0.0/0 opens the server to the internet",
        "those who use it",
        balanced("cidrs: [0.0.0.0/0]"),
    ),
    Case(
        "serving-public-in-private",
        balanced(
            "scheme: internet-facing # here", "cidrs: [203.0.113.0/24]", top="network: {fully_private: true}"
        ),
        "workloads.serving.api.load_balancer.scheme",
        "has no public subnets",
        "Write scheme: internal",
        balanced(top="network: {fully_private: true}"),
    ),
    Case(
        "serving-key-of-alb",
        balanced("host: api.example.com # here"),
        "workloads.serving.api.load_balancer.host",
        "an NLB has none",
        "Write type: alb",
        alb("host: api.example.com", "idle_timeout_seconds: 600"),
    ),
    Case(
        "serving-alb-health",
        serving("health: {startup_seconds: 60} # here", "load_balancer: {type: alb}"),
        "workloads.serving.api.health.path",
        "an ALB needs a path",
        "health: {path: /healthz}",
        serving("load_balancer: {type: nlb}"),
    ),
    Case(
        "serving-plain-text",
        serving("load_balancer: {type: nlb, scheme: internet-facing, cidrs: [203.0.113.0/24]} # here"),
        "workloads.serving.api.load_balancer.certificate_arn",
        "in plain text",
        "var.certificate_arn",
        # The server may speak TLS itself there.
        balanced("scheme: internet-facing", "cidrs: [203.0.113.0/24]", "port: 443"),
    ),
    Case(
        "serving-certificate-region",
        balanced(here(f"certificate_arn: {_CERTIFICATE.format('us-east-1')}")),
        "workloads.serving.api.load_balancer.certificate_arn",
        "the certificate is in us-east-1, and the load balancer in us-west-2",
        "a certificate in us-west-2",
        balanced(f"certificate_arn: {_CERTIFICATE.format('us-west-2')}"),
    ),
    Case(
        "serving-too-many-pods",
        serving("replicas: 7 # here", "resources: {requests: {cpu: 3}}"),
        "workloads.serving.api.replicas",
        "7 pods, and sys at their largest have room for 6",
        "let each pod ask for less",
        serving("autoscaling: {max: 7}", "resources: {requests: {cpu: 3}}"),
    ),
    Case(
        "serving-more-than-desired",
        serving("autoscaling: {min: 1, max: 5} # here", "resources: {requests: {cpu: 3}}"),
        "workloads.serving.api.autoscaling.max",
        "5 pods, and the nodes that sys will have are enough for 2",
        "scaling_owner: autoscaler",
        # On nodes that nobody here counts.
        serving(
            "autoscaling: {min: 1, max: 5}",
            "resources: {requests: {cpu: 3}}",
            top="helm_releases: {karpenter: {}}",
        ),
    ),
    Case(
        "serving-architectures",
        serving("node_groups: [sys, arm] # here", groups=_ARM),
        "workloads.serving.api.node_groups",
        "its nodes are arm64 (arm) and x86_64 (sys), and the image has to be for both",
        "Write node_groups",
        serving("node_groups: [arm]", groups=_ARM),
    ),
    Case(
        "serving-budget-takes-all",
        serving("replicas: 2", "disruption_budget: {max_unavailable: 2} # here"),
        "workloads.serving.api.disruption_budget.max_unavailable",
        "2 of 2 pods may be away at once",
        "Write 1 or fewer.",
        serving("replicas: 1", "disruption_budget: {max_unavailable: 1}"),
    ),
    Case(
        "serving-redirect-port",
        alb("port: 80 # here", f"certificate_arn: {_CERTIFICATE.format('us-west-2')}"),
        "workloads.serving.api.load_balancer.port",
        "port 80 is redirected to the one with TLS",
        "Remove it for 443",
        alb("port: 80"),
    ),
    Case(
        "serving-certificate-region",
        balanced(
            f"certificate_arn: {_CERTIFICATE.format('us-west-2').replace('arn:aws:', 'arn:aws-cn:')} # here"
        ),
        "workloads.serving.api.load_balancer.certificate_arn",
        "the certificate is of the partition aws-cn, and us-west-2 is of aws",
        "Write the ARN of a certificate in us-west-2.",
        balanced(f"certificate_arn: {_CERTIFICATE.format('us-west-2')}"),
    ),
    Case(
        "readiness-gate-missing",
        balanced(beside="namespace: default # here"),
        "workloads.serving.api.namespace",
        "the namespace default is not made here, and without a label there rollouts drop requests",
        "kubectl label namespace default elbv2.k8s.aws/pod-readiness-gate-inject=enabled",
        serving("namespace: default"),
    ),
    Case(
        "workload-in-kube-system",
        serving("namespace: kube-system # here"),
        "workloads.serving.api.namespace",
        "kube-system is for the pods of the cluster itself",
        "Leave out namespace",
        serving("namespace: default"),
    ),
)
