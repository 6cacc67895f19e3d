"""Labels, taints, repair, access, roles; nodes that are no managed node group."""

from __future__ import annotations

from tests.plans import GROUP, P5, Json, change, edited, p5

from . import JOB, JOB_TOLD, Case, manifest, note, same, stop, warn

_TEAM = edited(P5, labels={"nvidia.com/gpu.present": "true", "team": "vision"})
_DEPLOYMENT = same(
    "kubernetes_deployment_v1.web",
    {
        "metadata": [{"name": "web", "namespace": "serving"}],
        "spec": [{"replicas": "2", "template": [{"spec": [{"node_selector": {"team": "vision"}, "container": [{}]}]}]}],
    },
)  # fmt: skip
_QUEUED = (
    manifest("mpi", {
        "kind": "MPIJob", "metadata": {"name": "bert", "namespace": "lab", "labels": {"kueue.x-k8s.io/queue-name": "q"}},
        "spec": {"mpiReplicaSpecs": {"Launcher": {"replicas": 1}, "Worker": {"replicas": 3}}},
    }),
    manifest("local", {"kind": "LocalQueue", "metadata": {"name": "q", "namespace": "lab"}, "spec": {"clusterQueue": "c"}}),
    manifest("queue", {"kind": "ClusterQueue", "metadata": {"name": "c"}, "spec": {"resourceGroups": [{"flavors": [{"name": "f"}]}]}}),
    manifest("flavor", {"kind": "ResourceFlavor", "metadata": {"name": "f"}, "spec": {"nodeLabels": {"eks.amazonaws.com/nodegroup": "p5"}}}),
)  # fmt: skip
_ROLE = {"arn": P5["node_role_arn"], "name": "training-p5"}
_WORKER = {"role": "training-p5", "policy_arn": "arn:aws:iam::aws:policy/AmazonEKSWorkerNodePolicy"}
_READ_ONLY = {
    "role": "training-p5",
    "policy_arn": "arn:aws:iam::aws:policy/AmazonEC2ContainerRegistryReadOnly",
}
_PULL_ONLY = {
    "role": "training-p5",
    "policy_arn": "arn:aws:iam::aws:policy/AmazonEC2ContainerRegistryPullOnly",
}
_POOL: Json = {
    "apiVersion": "karpenter.sh/v1", "kind": "NodePool", "metadata": {"name": "gpu"},
    "spec": {"limits": {"cpu": 1000}, "template": {"spec": {"expireAfter": "720h"}}},
}  # fmt: skip
_ASG: Json = {"desired_capacity": 2, "launch_template": [{"id": "lt-9"}]}
_ASG_TEMPLATE = same("aws_launch_template.self", {"id": "lt-9", "instance_type": "p5.48xlarge"})
_INSTANCE = {"instance_type": "p4d.24xlarge", "ami": "ami-1"}


def tainted(effect: str, key: str = "team") -> tuple[Json, ...]:
    """The group of p5 nodes with one taint more."""
    return tuple(p5({**P5, "taint": [*P5["taint"], {"key": key, "value": "vision", "effect": effect}]}))


CASES = (
    Case(
        "a label goes",
        (change(GROUP, _TEAM, P5),),
        {"node-labels-removed": warn("team=vision → removed", "those that run go on")},
    ),
    Case(
        "a label goes that a server selects",
        (change(GROUP, _TEAM, P5), _DEPLOYMENT),
        {"node-labels-removed": stop("Deployment serving/web (2 pods)", "never find a node")},
    ),
    Case("a label more", tuple(p5(_TEAM))),
    Case("labels that only the apply tells", tuple(p5({**P5, "labels": None}, group_options={"unknown": {"labels": True}}))),
    Case("a label that follows from the devices", tuple(p5({**P5, "labels": {}}))),
    Case("a taint that evicts", tainted("NO_EXECUTE"), {"node-taints-changed": stop("throws out", "team=vision:NO_EXECUTE")}),
    Case(
        "a taint that evicts a job",
        (*tainted("NO_EXECUTE"), *JOB),
        {"node-taints-changed": stop(JOB_TOLD)},
    ),
    Case("a taint", tainted("NO_SCHEDULE"), {"node-taints-changed": warn("once it fails never starts again")}),
    Case(
        "a taint that the job tolerates",
        (*tainted("NO_SCHEDULE", "nvidia.com/gpu"), *JOB),
        {"node-taints-changed": note("tolerate it")},
    ),
    Case("a taint that asks", tainted("PREFER_NO_SCHEDULE"), {"node-taints-changed": note("elsewhere")}),
    Case("no taint any more", tuple(p5({**P5, "taint": []})), {"node-taints-changed": warn("Any pod may start")}),
    Case(
        "a job that says only its queue",
        (*p5(edited(P5, scaling_config__0__desired_size=1)), *_QUEUED),
        {"nodes-taken": stop("MPIJob lab/bert (4 pods)")},
    ),
    Case(
        "a job that is only made",
        (*p5(edited(P5, scaling_config__0__desired_size=1)), change("kubernetes_job_v1.x", None, {"metadata": [{"name": "x"}]})),
        {"nodes-taken": warn("1 node (8 GPUs) less")},
    ),
    Case(
        "repair on",
        tuple(p5({**P5, "node_repair_config": [{"enabled": True}]})),
        {"node-repair-switched": warn("off → on", "after ten minutes", "free in the reservation")},
    ),
    Case(
        "repair off",
        (change(GROUP, {**P5, "node_repair_config": [{"enabled": True}]}, {**P5, "node_repair_config": [{"enabled": False}]}),),
        {"node-repair-switched": warn("on → off", "broken GPU stays")},
    ),
    Case("repair said to be off", tuple(p5({**P5, "node_repair_config": [{"enabled": False}]}))),
    Case(
        "SSH for everybody",
        (change(GROUP, edited(P5, scaling_config__0__desired_size=0), edited(
            P5, scaling_config__0__desired_size=0, remote_access=[{"ec2_ssh_key": "me", "source_security_group_ids": []}]),
            because=[["remote_access"]]),),
        {"gpu-group-replaced": note(), "remote-access-changed": stop("0.0.0.0/0", "start-session")},
    ),
    Case(
        "SSH for some",
        tuple(p5({**P5, "remote_access": [{"ec2_ssh_key": "me", "source_security_group_ids": ["sg-1"]}]})),
        {"remote-access-changed": note("security groups named")},
    ),
    Case("the nodes' role goes", (*p5(), change("aws_iam_role.r", _ROLE, None)), {"node-role-lost": stop("Nodes of p5 lose")}),
    Case(
        "the nodes' role loses a policy",
        (*p5(), change("aws_iam_role_policy_attachment.w", _WORKER, None)),
        {"node-role-lost": stop("can no longer join the cluster")},
    ),
    Case(
        "a policy takes the place of another",
        (*p5(), change("aws_iam_role_policy_attachment.r", _READ_ONLY, None), change("aws_iam_role_policy_attachment.p", None, _PULL_ONLY)),
    ),
    Case(
        "the role goes with its nodes",
        (change(GROUP, edited(P5, scaling_config__0__desired_size=0), None), change("aws_iam_role.r", _ROLE, None)),
        {"gpu-group-destroyed": note()},
    ),
    Case(
        "a node pool of Karpenter changes",
        (manifest("pool", _POOL, edited(_POOL, spec__template__spec__expireAfter="1h")),),
        {"karpenter-nodes": warn("NodePool gpu", "changed: template", "drifted")},
    ),
    Case(
        "a node pool's limits change",
        (manifest("pool", _POOL, edited(_POOL, spec__limits={"cpu": 2000})),),
        {"karpenter-nodes": note("changed: limits")},
    ),
    Case(
        "a node pool goes",
        (change("kubernetes_manifest.pool", {"manifest": _POOL}, None),),
        {"karpenter-nodes": stop("terminates all nodes")},
    ),
    Case("somebody else's NodePool", (change("kubernetes_manifest.pool", {"manifest": {**_POOL, "apiVersion": "example.com/v1"}}, None),)),
    Case(
        "an instance with GPUs is replaced",
        (change("aws_instance.i", _INSTANCE, {**_INSTANCE, "ami": "ami-2"}, because=[["ami"]]),),
        {"gpu-instance-lost": stop("p4d.24xlarge, 8 GPUs", "replaced because of ami")},
    ),
    Case("a small instance goes", (change("aws_instance.i", {"instance_type": "t3.micro"}, None),)),
    Case(
        "an Auto Scaling group with GPUs goes",
        (_ASG_TEMPLATE, change("aws_autoscaling_group.a", _ASG, None)),
        {"gpu-instance-lost": stop("2 × p5.48xlarge", "p5.48xlarge, 16 GPUs")},
    ),
    Case(
        "an Auto Scaling group with GPUs gets smaller",
        (_ASG_TEMPLATE, change("aws_autoscaling_group.a", _ASG, {**_ASG, "desired_capacity": 1})),
        {"gpu-instance-lost": warn("1 node (p5.48xlarge, 8 GPUs) less")},
    ),
)  # fmt: skip
