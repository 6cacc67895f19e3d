"""The `workloads.serving` section: servers that answer requests, behind a load balancer or inside the cluster."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from ..forms import HostName, HttpPath
from ..values import Bool, CertificateArn, GroupName, Int, LoadBalancerCidrs, Namespace
from .amounts import Cpus, Gib, SharedGib
from .base import Section, about
from .workloads import Workload

_RESOURCES = "https://kubernetes.io/docs/concepts/configuration/manage-resources-containers/"
_PROBES = "https://kubernetes.io/docs/concepts/configuration/liveness-readiness-startup-probes/"
_SCALING = "https://kubernetes.io/docs/tasks/run-application/horizontal-pod-autoscale/"
_BUDGET = "https://kubernetes.io/docs/tasks/run-application/configure-pdb/"
_SPREAD = "https://kubernetes.io/docs/concepts/scheduling-eviction/topology-spread-constraints/"
_ROLLOUT = "https://kubernetes.io/docs/concepts/workloads/controllers/deployment/#rolling-update-deployment"
_TERMINATION = "https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#pod-termination"
_NLB = "https://kubernetes-sigs.github.io/aws-load-balancer-controller/latest/guide/service/annotations/"
_ALB = "https://kubernetes-sigs.github.io/aws-load-balancer-controller/latest/guide/ingress/annotations/"

# https://kubernetes.io/docs/reference/networking/service-protocols/
Port = Annotated[Int, Field(ge=1, le=65535)]
Replicas = Annotated[Int, Field(ge=0, le=1000)]
DEFAULT_REPLICAS = 2

# A target of an NLB gets new connections for about two minutes after it was deregistered; one of an ALB for seconds.
# https://github.com/kubernetes-sigs/aws-load-balancer-controller/issues/2366
NLB_DRAIN_SECONDS = 130
ALB_DRAIN_SECONDS = 20
# Until kube-proxy on every node has dropped the pod.
LOCAL_DRAIN_SECONDS = 5
# https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/spot-instance-termination-notices.html
SPOT_NOTICE_SECONDS = 120


class Amount(Section):
    """CPUs and memory."""

    cpu: Cpus | None = Field(
        default=None,
        description="CPUs.",
        examples=[1, 0.5],
        json_schema_extra=about(unit="vCPUs", source=_RESOURCES),
    )
    memory_gib: Gib | None = Field(
        default=None,
        description="Memory.",
        examples=[2, 0.5],
        json_schema_extra=about(unit="GiB", source=_RESOURCES),
    )


class ServingResources(Section):
    """What each pod asks for, and the most that it gets."""

    requests: Amount = Field(
        default_factory=Amount,
        description="What is kept free for the pod. Default: the limits; otherwise 1 CPU and 2 GiB, or with accelerators three quarters of their share of the node.",
        examples=[{"cpu": 1, "memory_gib": 2}],
        json_schema_extra=about(source=_RESOURCES),
    )
    limits: Amount = Field(
        default_factory=Amount,
        description="The most that the pod gets: over it, CPU is throttled, and a pod that takes more memory is killed. Default: none.",
        examples=[{"cpu": 2, "memory_gib": 4}],
        json_schema_extra=about(source=_RESOURCES),
    )
    gpus: Annotated[Int, Field(ge=0, le=64)] = Field(
        default=0,
        description="NVIDIA GPUs, for this pod alone.",
        examples=[1],
        json_schema_extra=about(
            unit="GPUs", source="https://kubernetes.io/docs/tasks/manage-gpus/scheduling-gpus/"
        ),
    )
    neuron_devices: Annotated[Int, Field(ge=0, le=64)] = Field(
        default=0,
        description="Inferentia or Trainium devices, for this pod alone.",
        examples=[1],
        json_schema_extra=about(
            unit="devices",
            source="https://awsdocs-neuron.readthedocs-hosted.com/en/latest/containers/kubernetes-getting-started.html",
        ),
    )
    shared_memory_gib: SharedGib | None = Field(
        default=None,
        description="Most that /dev/shm may hold, in memory: a server that spreads one model over several GPUs needs some. Default: 64 MiB, the container runtime's own.",
        examples=[16],
        json_schema_extra=about(
            unit="GiB",
            source="https://docs.nvidia.com/deeplearning/nccl/user-guide/docs/troubleshooting.html#shared-memory",
        ),
    )


class Autoscaling(Section):
    """A HorizontalPodAutoscaler: pods come and go with the load. Nodes do with `scaling_owner: autoscaler`."""

    min: Annotated[Int, Field(ge=1, le=1000)] = Field(
        default=DEFAULT_REPLICAS,
        description="Fewest pods.",
        examples=[2],
        json_schema_extra=about(unit="pods", source=_SCALING),
    )
    max: Annotated[Int, Field(ge=1, le=1000)] = Field(
        description="Most pods.", examples=[10], json_schema_extra=about(unit="pods", source=_SCALING)
    )
    cpu_percent: Annotated[Int, Field(ge=1, le=1000)] | None = Field(
        default=None,
        description="CPU that the pods should use on average. Default: 70, unless memory_percent is given.",
        examples=[70],
        json_schema_extra=about(unit="% of the request", source=_SCALING),
    )
    memory_percent: Annotated[Int, Field(ge=1, le=1000)] | None = Field(
        default=None,
        description="Memory that the pods should use on average.",
        examples=[80],
        json_schema_extra=about(unit="% of the request", source=_SCALING),
    )
    scale_down_stabilization_seconds: Annotated[Int, Field(ge=0, le=3600)] = Field(
        default=300,
        description="How long the load has to be lower before pods go. Longer where a pod takes long to start.",
        examples=[900],
        json_schema_extra=about(unit="seconds", source=f"{_SCALING}#stabilization-window"),
    )

    @model_validator(mode="before")
    @classmethod
    def _by_cpu(cls, data: Any) -> Any:
        if isinstance(data, dict) and data.get("cpu_percent") is None and data.get("memory_percent") is None:
            return {**data, "cpu_percent": 70}
        return data


class Health(Section):
    """How Kubernetes and the load balancer know that a pod can answer."""

    path: HttpPath | None = Field(
        default=None,
        description="Path that answers with a status below 400 once the model is loaded. Without it, a port that takes connections is enough, and a server that hangs is never started again.",
        examples=["/healthz"],
        json_schema_extra=about(source=_PROBES),
    )
    port: Port | None = Field(
        default=None,
        description="Port of the path. Default: the server's.",
        examples=[8081],
        json_schema_extra=about(unit="port number", source=_PROBES),
    )
    startup_seconds: Annotated[Int, Field(ge=10, le=7200)] = Field(
        default=300,
        description="How long a pod may take until it answers, its image being there: loading a model takes minutes. After that it is started again.",
        examples=[1200],
        json_schema_extra=about(unit="seconds", source=f"{_PROBES}#startup-probe"),
    )
    timeout_seconds: Annotated[Int, Field(ge=1, le=60)] = Field(
        default=5,
        description="How long an answer may take.",
        examples=[10],
        json_schema_extra=about(unit="seconds", source=_PROBES),
    )
    restart: Bool = Field(
        default=True,
        description="Whether a pod is started again when the path has not answered for a minute. Write false where a busy server answers late.",
        examples=[False],
        json_schema_extra=about(source=f"{_PROBES}#liveness-probe"),
    )


class DisruptionBudget(Section):
    """How many pods a drain of nodes may take away at once: a node update, the autoscaler, a spot interruption."""

    max_unavailable: Annotated[Int, Field(ge=0, le=1000)] | None = Field(
        default=None,
        description="Most pods that may be away. Default: 1, unless min_available is given.",
        examples=[1],
        json_schema_extra=about(unit="pods", source=_BUDGET),
    )
    min_available: Annotated[Int, Field(ge=0, le=1000)] | None = Field(
        default=None,
        description="Fewest pods that have to stay, in place of max_unavailable.",
        examples=[3],
        json_schema_extra=about(unit="pods", source=_BUDGET),
    )

    @model_validator(mode="before")
    @classmethod
    def _one_at_once(cls, data: Any) -> Any:
        given = ("max_unavailable", "min_available")
        if isinstance(data, dict) and all(data.get(key) is None for key in given):
            return {**data, "max_unavailable": 1}
        return data


class Spread(Section):
    """How the pods are spread, so that one failure does not take all of them."""

    zones: Literal["prefer", "require"] = Field(
        default="prefer",
        description="Evenly over the zones of the nodes where there is room (prefer), or a pod waits until it is even (require).",
        examples=["require"],
        json_schema_extra=about(source=_SPREAD),
    )
    nodes: Literal["prefer", "require"] = Field(
        default="prefer",
        description="The same over nodes.",
        examples=["require"],
        json_schema_extra=about(source=_SPREAD),
    )


class LoadBalancer(Section):
    """A load balancer, made by the AWS load balancer controller, whose release comes with it."""

    type: Literal["nlb", "alb"] = Field(
        description="nlb: connections, TLS if there is a certificate. alb: HTTP requests, by host.",
        examples=["nlb"],
        json_schema_extra=about(
            source="https://docs.aws.amazon.com/eks/latest/best-practices/load-balancing.html"
        ),
    )
    scheme: Literal["internal", "internet-facing"] = Field(
        default="internal",
        description="internal: addresses of the VPC alone. internet-facing: public addresses, for `cidrs`.",
        examples=["internet-facing"],
        json_schema_extra=about(source=f"{_NLB}#lb-scheme"),
    )
    cidrs: LoadBalancerCidrs = Field(
        default=(),
        description="Who may connect. An internet-facing one needs them; an internal one without them takes whoever reaches the VPC.",
        examples=[["203.0.113.0/24"], "var.load_balancer_cidrs"],
        json_schema_extra=about(source=f"{_NLB}#lb-source-ranges"),
    )
    port: Port | None = Field(
        default=None,
        description="Port where it listens. Default: 443 with a certificate, otherwise 80.",
        examples=[8443],
        json_schema_extra=about(unit="port number", source=f"{_ALB}#listen-ports"),
    )
    certificate_arn: CertificateArn | None = Field(
        default=None,
        description="ACM certificate of the layout's region: clients speak TLS to the load balancer. An ALB then redirects port 80.",
        examples=[
            "arn:aws:acm:us-west-2:123456789012:certificate/11111111-2222-3333-4444-555555555555",
            "var.certificate_arn",
        ],
        json_schema_extra=about(source=f"{_NLB}#ssl-cert"),
    )
    host: HostName | None = Field(
        default=None,
        description="Host name of the requests that are answered (alb only). Its DNS record is yours to make.",
        examples=["api.example.com"],
        json_schema_extra=about(
            source="https://kubernetes.io/docs/concepts/services-networking/ingress/#ingress-rules"
        ),
    )
    idle_timeout_seconds: Annotated[Int, Field(ge=1, le=4000)] | None = Field(
        default=None,
        description="How long a connection may be silent (alb only), as while a long answer is computed. Default: 60.",
        examples=[600],
        json_schema_extra=about(
            unit="seconds",
            source="https://docs.aws.amazon.com/elasticloadbalancing/latest/application/edit-load-balancer-attributes.html",
        ),
    )

    @property
    def listener(self) -> int:
        """The port where clients connect."""
        if self.port is not None:
            return self.port
        return 443 if self.certificate_arn else 80

    @property
    def is_public(self) -> bool:
        """Whether it has public addresses."""
        return self.scheme == "internet-facing"


class ServingDeployment(Workload):
    """Servers of one image: a Deployment with a Service, and what keeps it answering."""

    namespace: Namespace = Field(
        default="serving",
        description="Namespace of the servers, made unless it is there.",
        examples=["inference"],
        json_schema_extra=about(
            source="https://kubernetes.io/docs/concepts/overview/working-with-objects/namespaces/"
        ),
    )
    port: Port = Field(
        description="Port where the server listens in its container.",
        examples=[8080],
        json_schema_extra=about(
            unit="port number",
            source="https://kubernetes.io/docs/concepts/services-networking/service/#defining-a-service",
        ),
    )
    node_groups: tuple[GroupName, ...] = Field(
        default=(),
        description="Node groups that the pods run on; spot is allowed. Default: every group without taints.",
        examples=[["cpu"], ["gpu", "gpu-spot"]],
        json_schema_extra=about(
            source="https://kubernetes.io/docs/concepts/scheduling-eviction/assign-pod-node/"
        ),
    )
    replicas: Replicas | None = Field(
        default=None,
        description=f"Number of pods, where nothing scales them. Default: {DEFAULT_REPLICAS}.",
        examples=[3],
        json_schema_extra=about(
            unit="pods", source="https://kubernetes.io/docs/concepts/workloads/controllers/deployment/"
        ),
    )
    autoscaling: Autoscaling | None = Field(
        default=None,
        description="Scales the pods, in place of replicas. The add-on metrics-server comes with it.",
        examples=[{"min": 2, "max": 10, "cpu_percent": 70}],
        json_schema_extra=about(source=_SCALING),
    )
    resources: ServingResources = Field(
        default_factory=ServingResources,
        description="What each pod asks for, and the most that it gets.",
        examples=[
            {"requests": {"cpu": 1, "memory_gib": 2}, "limits": {"cpu": 2, "memory_gib": 4}},
            {"gpus": 1},
        ],
        json_schema_extra=about(source=_RESOURCES),
    )
    health: Health = Field(
        default_factory=Health,
        description="How Kubernetes and the load balancer know that a pod can answer.",
        examples=[{"path": "/healthz"}],
        json_schema_extra=about(source=_PROBES),
    )
    disruption_budget: DisruptionBudget = Field(
        default_factory=lambda: DisruptionBudget(max_unavailable=1),
        description="How many pods a drain of nodes may take away at once.",
        examples=[{"max_unavailable": 2}],
        json_schema_extra=about(source=_BUDGET),
    )
    spread: Spread = Field(
        default_factory=Spread,
        description="How the pods are spread over zones and nodes.",
        examples=[{"zones": "require"}],
        json_schema_extra=about(source=_SPREAD),
    )
    rollout: Literal["surge", "replace"] | None = Field(
        default=None,
        description="A new version starts a pod first and then stops an old one (surge), or the other way round (replace). Default: surge, but replace where the node groups have no accelerators to spare.",
        examples=["replace"],
        json_schema_extra=about(source=_ROLLOUT),
    )
    drain_seconds: Annotated[Int, Field(ge=0, le=3600)] | None = Field(
        default=None,
        description=f"How long a pod that has to go still answers, until nobody sends it requests. Its image needs `sleep` for that. Default: {NLB_DRAIN_SECONDS} behind an NLB, {ALB_DRAIN_SECONDS} behind an ALB, otherwise {LOCAL_DRAIN_SECONDS}; on spot nodes less, so that all fits in the notice.",
        examples=[60],
        json_schema_extra=about(unit="seconds", source=_TERMINATION),
    )
    shutdown_seconds: Annotated[Int, Field(ge=1, le=3600)] = Field(
        default=30,
        description="How long the server may take after that to finish what it has begun, before it is killed.",
        examples=[90],
        json_schema_extra=about(unit="seconds", source=_TERMINATION),
    )
    restricted: Bool = Field(
        default=False,
        description="Runs the server as Kubernetes' restricted standard has it: not as root, and without any capability. The image has to name its user by number.",
        examples=[True],
        json_schema_extra=about(
            source="https://kubernetes.io/docs/concepts/security/pod-security-standards/#restricted"
        ),
    )
    wait: Bool = Field(
        default=True,
        description="Whether an apply waits until the pods are ready. Write false for a first deploy whose image is yet to be pushed.",
        examples=[False],
    )
    load_balancer: LoadBalancer | None = Field(
        default=None,
        description="A load balancer in front. Without it, the Service is for the cluster alone.",
        examples=[{"type": "nlb"}],
        json_schema_extra=about(
            source="https://docs.aws.amazon.com/eks/latest/best-practices/load-balancing.html"
        ),
    )

    @property
    def least(self) -> int:
        """The fewest pods that run."""
        if self.autoscaling is not None:
            return self.autoscaling.min
        return DEFAULT_REPLICAS if self.replicas is None else self.replicas

    @property
    def most(self) -> int:
        """The most pods that run, outside a rollout."""
        return self.least if self.autoscaling is None else self.autoscaling.max

    @property
    def service_port(self) -> int:
        """The Service's port: an NLB listens on it."""
        balancer = self.load_balancer
        return balancer.listener if balancer is not None and balancer.type == "nlb" else 80
