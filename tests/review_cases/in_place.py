"""What ends a run though nothing is destroyed: edits in place of jobs, queues, ways in and out, and rights."""

from __future__ import annotations

import json
from typing import Any

from tests.plans import GROUP, P5, P5_TEMPLATE, Json, change, edited, p5

from . import JOB_TOLD, RUNTIME, TRAIN_JOB, Case, manifest, note, stop, warn

_TORCH: Json = TRAIN_JOB["change"]["before"]["manifest"]
_SUSPENDED = {**_TORCH, "spec": {**_TORCH["spec"], "suspend": True}}
_MPI: Json = {"kind": "MPIJob", "metadata": {"name": "mpi"}, "spec": {"runPolicy": {"suspend": False}}}
_QUEUE: Json = {"kind": "ClusterQueue", "metadata": {"name": "gpu"}, "spec": {"stopPolicy": "None"}}
_POLICY: Json = {
    "metadata": [{"name": "deny", "namespace": "training"}],
    "spec": [{"policy_types": ["Ingress"]}],
}
_SERVER: Json = {
    "kind": "Deployment",
    "metadata": {"name": "api", "namespace": "serving"},
    "spec": {"replicas": 2},
}
_CLUSTER = {"name": "training", "compute_config": [{"enabled": True, "node_pools": ["general-purpose", "system"]}]}  # fmt: skip
_NODES, _CI = "arn:aws:iam::1:role/nodes", "arn:aws:iam::1:role/ci"
_GROUP: Json = {"id": "sg-1", "ingress": [], "egress": [{"cidr_blocks": ["0.0.0.0/0"], "protocol": "-1", "from_port": 0, "to_port": 0, "self": False}]}  # fmt: skip
_ITSELF: Json = {"self": True, "protocol": "-1", "from_port": 0, "to_port": 0}
_OUT: Json = {"security_group_id": "sg-1", "ip_protocol": "-1", "cidr_ipv4": "0.0.0.0/0"}
_TABLE: Json = {"id": "rtb-1", "route": [{"cidr_block": "0.0.0.0/0", "nat_gateway_id": "nat-1"}]}
_GRANT: Json = {
    "principal_arn": _CI,
    "policy_arn": "arn:aws:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy",
    "access_scope": [{"type": "cluster"}],
}
_VIEW = "arn:aws:eks::aws:cluster-access-policy/AmazonEKSViewPolicy"
_ADDON: Json = {"addon_name": "aws-ebs-csi-driver", "addon_version": "v1.50.0-eksbuild.1", "service_account_role_arn": _NODES}  # fmt: skip
_ACCOUNT: Json = {"metadata": [{"name": "job", "namespace": "training", "annotations": {"eks.amazonaws.com/role-arn": _CI}}]}  # fmt: skip
_EXPIRES: Json = {"bucket": "data", "rule": [{"id": "all", "status": "Enabled", "expiration": [{"days": 2}]}]}
_NODE_GROUPS = [{**one, "security_groups": ["sg-1"]} for one in P5_TEMPLATE["network_interfaces"]]
_ATTACHED = "aws_iam_role_policy_attachment.a"
_WORKER = {"role": "nodes", "policy_arn": "arn:aws:iam::aws:policy/AmazonEKSWorkerNodePolicy"}
_IMAGES = json.dumps({"rules": [{"rulePriority": 1, "selection": {"countNumber": 1}}]})
_THERE = change("aws_s3_bucket.b", {"bucket": "data"}, {"bucket": "data"})


def _policy(*denied: str, **more: Any) -> str:
    allow = {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}
    deny = {"Effect": "Deny", "Principal": "*", "Action": [*denied], "Resource": "*", **more}
    return json.dumps({"Statement": [allow, *([deny] if denied else ())]})


def _link(*events: str) -> Json:
    return {"file_system_id": "fs-1", "s3": [{"auto_export_policy": [{"events": [*events]}]}]}


def _auth(*roles: str) -> Json:
    named = "".join(f"- rolearn: {role}\n  groups: [a]\n" for role in roles)
    return {"metadata": [{"name": "aws-auth", "namespace": "kube-system"}], "data": {"mapRoles": named}}


def _mpi(suspend: bool) -> Json:
    return edited(_MPI, spec__runPolicy__suspend=suspend)


CASES = (
    # Jobs and their queues.
    Case("a job is suspended", (manifest("torch", _TORCH, _SUSPENDED), RUNTIME), {"job-changed": stop(JOB_TOLD, "all its pods are terminated", "runs → suspended")}),
    Case("a job of Kubeflow is suspended", (manifest("mpi", _mpi(False), _mpi(True)),), {"job-changed": stop("MPIJob")}),
    Case("a job that is kept as text goes", (change("kubectl_manifest.j", {"kind": "PyTorchJob", "name": "torch", "yaml_body_parsed": ""}, None),), {"job-ended": warn("PyTorchJob torch is deleted")}),
    Case("a job is resumed", (manifest("mpi", _mpi(True), _mpi(False)),), {"job-changed": warn("runPolicy.suspend")}),
    Case("a job gets fewer nodes in place", (manifest("torch", _TORCH, edited(_TORCH, spec__trainer__numNodes=1)),), {"job-changed": warn("trainer.numNodes")}),
    Case("a job gets a label", (manifest("torch", _TORCH, edited(_TORCH, metadata__labels={"a": "b"})),)),
    Case("a queue is drained", (manifest("q", _QUEUE, edited(_QUEUE, spec__stopPolicy="HoldAndDrain")),), {"queue-stopped": stop("evicted", "None → HoldAndDrain")}),
    Case("a queue is held", (manifest("q", _QUEUE, edited(_QUEUE, spec__stopPolicy="Hold")),), {"queue-stopped": warn("those that run go on")}),
    Case("a queue preempts", (manifest("q", _QUEUE, edited(_QUEUE, spec__preemption={"withinClusterQueue": "LowerPriority"})),), {"queue-stopped": warn("evicted")}),
    Case("a queue never preempts", (manifest("q", _QUEUE, edited(_QUEUE, spec__preemption={"withinClusterQueue": "Never"})),)),
    Case("a network policy in a cluster that runs", (change("kubernetes_network_policy_v1.n", None, _POLICY), RUNTIME), {"network-policy": warn("training/deny", "rendezvous")}),
    Case("a network policy in a new cluster", (change("kubernetes_network_policy_v1.n", None, _POLICY),)),
    Case("a server of a manifest is scaled to nothing", (manifest("s", _SERVER, edited(_SERVER, spec__replicas=0)),), {"pods-rolled": warn("2 replicas → 0 replicas")}),
    # Who is in the cluster.
    Case("no Auto Mode", (change("aws_eks_cluster.c", _CLUSTER, edited(_CLUSTER, compute_config__0__enabled=False)),), {"auto-mode-off": stop("all nodes of Auto Mode")}),
    Case("a pool of Auto Mode less", (change("aws_eks_cluster.c", _CLUSTER, edited(_CLUSTER, compute_config__0__node_pools=["system"])),), {"auto-mode-off": stop("general-purpose")}),
    Case("a role leaves aws-auth", (change("kubernetes_config_map_v1_data.a", _auth(_NODES, _CI), _auth(_CI)),), {"aws-auth-changed": stop(_NODES, "NotReady")}),
    Case(
        "a role with an access entry leaves aws-auth",
        (change("kubernetes_config_map_v1_data.a", _auth(_CI), _auth()), change("aws_eks_access_entry.c", None, {"principal_arn": _CI, "type": "STANDARD"})),
        {"aws-auth-changed": warn(_CI)},
    ),
    Case("one more in aws-auth", (change("kubernetes_config_map_v1_data.a", _auth(_NODES), _auth(_NODES, _CI)),)),
    Case(
        "an access entry of another role",
        (change("aws_eks_access_entry.c", {"principal_arn": _CI, "type": "STANDARD"}, {"principal_arn": _NODES, "type": "STANDARD"}, because=[["principal_arn"]]),),
        {"access-removed": warn(f"{_CI} can no longer log in", f"of {_NODES}")},
    ),
    Case("an administrator may only look", (change("aws_eks_access_policy_association.a", _GRANT, {**_GRANT, "policy_arn": _VIEW}, because=[["policy_arn"]]),), {"access-removed": warn("may do less", "AmazonEKSViewPolicy")}),
    Case("the same grant anew", (change("aws_eks_access_policy_association.a", _GRANT, _GRANT, because=[["cluster_name"]]),)),
    Case("a group less", (change("aws_eks_access_entry.c", {"principal_arn": _CI, "kubernetes_groups": ["ml", "x"]}, {"principal_arn": _CI, "kubernetes_groups": ["x"]}),), {"access-removed": warn("no longer in ml")}),
    Case("an add-on without its role", (change("aws_eks_addon.a", _ADDON, {**_ADDON, "service_account_role_arn": None}),), {"pod-identity-changed": warn("aws-ebs-csi-driver lose their role")}),
    Case(
        "an add-on's role by a pod identity",
        (change("aws_eks_addon.a", _ADDON, {**_ADDON, "service_account_role_arn": None, "pod_identity_association": [{"role_arn": _NODES}]}),),
    ),
    Case("a service account without its role", (change("kubernetes_service_account_v1.s", _ACCOUNT, edited(_ACCOUNT, metadata__0__annotations={})),), {"pod-identity-changed": warn("training/job", _CI)}),
    # Rights and data.
    Case("a role is forbidden to write", (change("aws_iam_role_policy.p", {"role": "job", "policy": _policy()}, {"role": "job", "policy": _policy("s3:PutObject")}),), {"iam-narrowed": warn("forbids from now on: s3:PutObject")}),
    Case("a new bucket policy forbids", (_THERE, change("aws_s3_bucket_policy.p", None, {"bucket": "data", "policy": _policy("s3:*")})), {"iam-narrowed": warn("s3:*")}),
    Case("the policy of a new bucket forbids", (change("aws_s3_bucket.b", None, {"bucket": "data"}), change("aws_s3_bucket_policy.p", None, {"bucket": "data", "policy": _policy("s3:*")}))),
    Case("a role gets a boundary", (change("aws_iam_role.r", {"name": "job", "permissions_boundary": None}, {"name": "job", "permissions_boundary": "arn:b"}),), {"iam-narrowed": warn("none → arn:b")}),
    Case("another managed policy in the place of one that nodes need", (change(_ATTACHED, _WORKER, {**_WORKER, "policy_arn": "arn:aws:iam::aws:policy/ReadOnlyAccess"}, because=[["policy_arn"]]),), {"iam-widened": warn("ReadOnlyAccess"), "iam-narrowed": stop("New nodes do not join", "AmazonEKSWorkerNodePolicy → ReadOnlyAccess")}),
    Case("a managed policy for another role", (change(_ATTACHED, _WORKER, {**_WORKER, "role": "x"}, because=[["role"]]),), {"iam-narrowed": stop("nodes loses", "another role's")}),
    Case("the same managed policy attached anew", (change(_ATTACHED, _WORKER, _WORKER, because=[["role"]]),)),
    Case("a role's own list of managed policies gets shorter", (change("aws_iam_role.r", {"name": "r", "managed_policy_arns": [_WORKER["policy_arn"], "a/b"]}, {"name": "r", "managed_policy_arns": ["a/b"]}),), {"iam-narrowed": stop("AmazonEKSWorkerNodePolicy → b")}),
    Case("a policy for another role", (change("aws_iam_role_policy.p", {"role": "a", "policy": _policy()}, {"role": "b", "policy": _policy()}, because=[["role"]]),), {"iam-narrowed": warn("a loses a policy")}),
    Case("images of a repository that is there expire", (change("aws_ecr_lifecycle_policy.l", None, {"repository": "r", "policy": _IMAGES}),), {"retention-shortened": warn("all → 1")}),
    Case("images of a new repository expire", (change("aws_ecr_repository.r", None, {"name": "r"}), change("aws_ecr_lifecycle_policy.l", None, {"repository": "r", "policy": _IMAGES}))),
    Case("a link exports less", (change("aws_fsx_data_repository_association.l", _link("NEW", "CHANGED"), _link("NEW")),), {"data-link-lost": warn("that are changed are no longer exported", "CHANGED, NEW → NEW")}),
    Case("a link exports more", (change("aws_fsx_data_repository_association.l", _link("NEW"), _link("NEW", "CHANGED")),)),
    Case("old objects of a bucket that is there expire", (_THERE, change("aws_s3_bucket_lifecycle_configuration.l", None, _EXPIRES)), {"retention-shortened": warn("for ever → 2 days")}),
    Case("old objects of a new bucket expire", (change("aws_s3_bucket.b", None, {"bucket": "data"}), change("aws_s3_bucket_lifecycle_configuration.l", None, _EXPIRES))),
    Case(
        "a volume is no longer retained",
        (change("kubernetes_persistent_volume_v1.v", *({"metadata": [{"name": "v"}], "spec": [{"persistent_volume_reclaim_policy": policy}]} for policy in ("Retain", "Delete"))),),
        {"volume-lost": warn("reclaim policy Retain → Delete")},
    ),
    # The network.
    Case("no way out of a group", (change("aws_security_group.g", _GROUP, {**_GROUP, "egress": []}),), {"security-group-closed": warn("all ports to 0.0.0.0/0", "pull no image")}),
    Case("no way out of the nodes' group", (*p5(None, None)[2:], *p5(template=edited(P5_TEMPLATE, network_interfaces=_NODE_GROUPS))[:1],
         change("aws_launch_template.nodes_p5_launch_template", {**P5_TEMPLATE, "network_interfaces": _NODE_GROUPS}, {**P5_TEMPLATE, "network_interfaces": _NODE_GROUPS}),
         change("aws_security_group_rule.e", {"type": "egress", "security_group_id": "sg-1", "cidr_blocks": ["0.0.0.0/0"], "protocol": "-1"}, None)),
         {"security-group-closed": stop("all ports to 0.0.0.0/0 → none")}),
    Case("only HTTPS out of a group", (change("aws_vpc_security_group_egress_rule.e", _OUT, {**_OUT, "ip_protocol": "tcp", "from_port": 443, "to_port": 443}),), {"security-group-closed": warn("all ports to 0.0.0.0/0 → tcp/443", "Be sure that nothing uses it")}),
    Case("the same way out by another kind of rule", (change("aws_security_group_rule.e", {"type": "egress", "security_group_id": "sg-1", "cidr_blocks": ["0.0.0.0/0"], "protocol": "-1"}, None), change("aws_vpc_security_group_egress_rule.e", None, _OUT))),
    Case("a way out that another one has too", (change("aws_security_group.g", {**_GROUP, "egress": [*_GROUP["egress"], {**_GROUP["egress"][0], "cidr_blocks": ["10.0.0.0/8"]}]}, _GROUP),)),
    Case("members of a group no longer reach each other", (change("aws_security_group.g", {**_GROUP, "ingress": [_ITSELF]}, _GROUP),), {"security-group-closed": warn("from the group itself")}),
    Case("the same by a rule", (change("aws_vpc_security_group_ingress_rule.g", {"security_group_id": "sg-1", "referenced_security_group_id": "sg-1", "ip_protocol": "-1"}, None),), {"security-group-closed": warn("from the group itself")}),
    Case("a group's members may reach each other", (change("aws_security_group.g", _GROUP, {**_GROUP, "ingress": [_ITSELF]}),)),
    Case("a default route in its table goes", (change("aws_route_table.t", _TABLE, {**_TABLE, "route": []}),), {"route-changed": stop("0.0.0.0/0 is destroyed", "nat-1 → gone")}),
    Case("a default route in its table gets another target", (change("aws_route_table.t", _TABLE, edited(_TABLE, route__0__nat_gateway_id="nat-2")),), {"route-changed": warn("nat-1 → nat-2")}),
    Case("one more route in a table", (change("aws_route_table.t", _TABLE, {**_TABLE, "route": [*_TABLE["route"], {"cidr_block": "10.1.0.0/16", "transit_gateway_id": "tgw-1"}]}),)),
    Case("no DNS in the VPC", (change("aws_vpc.v", {"enable_dns_support": True}, {"enable_dns_support": False}),), {"network-settings": stop("enable_dns_support on → off")}),
    Case("another network ACL", (change("aws_network_acl.a", {"ingress": [{"action": "allow"}]}, {"ingress": []}),), {"network-settings": warn("ingress → changed")}),
    Case("a network ACL with a tag", (change("aws_network_acl.a", {"ingress": [], "tags": None}, {"ingress": [], "tags": {"a": "b"}}),)),
    # Beside the changes.
    Case("an action is invoked", (RUNTIME,), {"actions-invoked": warn("action.aws_ec2_stop_instance.x")}, {"action_invocations": [{"address": "action.aws_ec2_stop_instance.x", "config_values": {"x": "hunter2"}}]}),
)  # fmt: skip
# About nodes.
_SCALED: Json = {**P5, "resources": [{"autoscaling_groups": [{"name": "eks-p5-1"}]}]}
_SCHEDULE = "aws_autoscaling_schedule.s"
_AT = {"autoscaling_group_name": "eks-p5-1", "recurrence": "0 22 * * *"}
_ASG: Json = {
    "name": "p5", "desired_capacity": 4, "max_size": 4, "min_size": 0, "launch_template": [{"id": "lt-9", "version": "1"}], "instance_refresh": [{"strategy": "Rolling"}],
}  # fmt: skip
_LAUNCH = change("aws_launch_template.t", *[{"id": "lt-9", "instance_type": "p5.48xlarge"}] * 2)
_BLOCK = "aws_ec2_capacity_block_reservation.b"
_BOUGHT = {"instance_count": 16, "instance_type": "p5.48xlarge"}
NODE_CASES = (
    Case("a schedule takes nodes", (change(GROUP, _SCALED, _SCALED), change(_SCHEDULE, None, {**_AT, "desired_capacity": 0})), {"nodes-taken": warn("At 0 22 * * *: 2 nodes (16 GPUs) less", "0 nodes at 0 22 * * *")}),
    Case("a schedule adds nodes", (change(GROUP, _SCALED, _SCALED), change(_SCHEDULE, None, {**_AT, "desired_capacity": 4}))),
    Case("a schedule leaves the size", (change(GROUP, _SCALED, _SCALED), change(_SCHEDULE, None, {**_AT, "desired_capacity": -1}))),
    Case(
        "a node pool that is kept as text goes",
        (change("kubectl_manifest.p", {"kind": "NodePool", "api_version": "karpenter.sh/v1", "name": "gpu", "yaml_body_parsed": ""}, None),),
        {"karpenter-nodes": stop("drains and terminates")},
    ),
    Case("taints that only the apply tells", tuple(p5({**P5, "taint": None}, group_options={"unknown": {"taint": True}})), {"node-taints-changed": warn("NO_EXECUTE")}),
    Case("an AMI of one's own for the first time", tuple(p5(template={**P5_TEMPLATE, "image_id": "ami-1"})), {"nodes-roll": stop("a time: AMI")}),
    Case("an Auto Scaling group refreshes its instances", (_LAUNCH, change("aws_autoscaling_group.g", _ASG, edited(_ASG, launch_template__0__version="2"))), {"gpu-instance-lost": stop("32 GPUs", "instance refresh")}),
    Case("an Auto Scaling group without a refresh", (_LAUNCH, change("aws_autoscaling_group.g", {**_ASG, "instance_refresh": []}, edited(_ASG, launch_template__0__version="2", instance_refresh=[])))),
    Case("an Auto Scaling group gets a smaller maximum", (_LAUNCH, change("aws_autoscaling_group.g", _ASG, {**_ASG, "max_size": 2})), {"gpu-instance-lost": warn("2 nodes (p5.48xlarge, 16 GPUs) less")}),
    Case("a capacity block is bought", (change(_BLOCK, None, _BOUGHT),), {"capacity-bought": warn("16 × p5.48xlarge", "in advance")}),
    Case("a reservation is made", (change("aws_ec2_capacity_reservation.r", None, _BOUGHT),), {"capacity-bought": note("from the apply on")}),
    Case("a capacity block is let go", (change(_BLOCK, _BOUGHT, None),), {"reservation-cancelled": warn("AWS takes none back")}),
    Case("a capacity block is replaced", (change(_BLOCK, _BOUGHT, _BOUGHT, because=[["capacity_block_offering_id"]]),), {"reservation-cancelled": stop("Another one is bought")}),
)  # fmt: skip
