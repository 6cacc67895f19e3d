"""EFA, instance types, images, versions."""

from __future__ import annotations

from tests.plans import GROUP, P5, P5_TEMPLATE, TEMPLATE, Json, change, edited, p5

from . import CLUSTER, JOB, JOB_TOLD, SYS, SYS_GROUP, Case, note, same, stop, warn

_EMPTY = edited(P5, scaling_config__0__desired_size=0)
_ENA = [{"device_index": 0, "interface_type": "interface", "network_card_index": card} for card in range(32)]
_HALF = [*P5_TEMPLATE["network_interfaces"][:17], *_ENA[16:]]
_IN = [{**one, "security_groups": ["sg-efa", "sg-cluster"]} for one in P5_TEMPLATE["network_interfaces"]]
_SECURED = {**P5_TEMPLATE, "network_interfaces": _IN}
_EFA_NODES = (same(GROUP, P5), same(TEMPLATE, _SECURED))
_RULE = {"security_group_id": "sg-efa", "referenced_security_group_id": "sg-efa", "ip_protocol": "-1"}
_GROUP = {"id": "sg-efa", "name": "training-efa", "ingress": [{"self": True, "protocol": "-1"}], "egress": []}
_IN_RULE, _OUT_RULE = "aws_vpc_security_group_ingress_rule.efa", "aws_vpc_security_group_egress_rule.efa"


def template(after: Json) -> tuple[Json, ...]:
    """An empty group of p5 nodes whose launch template changes."""
    return same(GROUP, _EMPTY), change(TEMPLATE, P5_TEMPLATE, after)


def replaced(argument: str, value: object) -> tuple[Json, ...]:
    """An empty group of p5 nodes, made anew for another value of an argument."""
    return (
        change(GROUP, _EMPTY, {**_EMPTY, argument: value}, because=[[argument]]),
        same(TEMPLATE, P5_TEMPLATE),
    )


ANEW = note("No node runs")
CASES = (
    Case(
        "another driver of EFA devices",
        (
            change("helm_release.a", {"name": "efa", "chart": "aws-efa-k8s-device-plugin"}, None),
            change("helm_release.b", None, {"name": "aws-dranet", "chart": "aws-dranet"}),
        ),
        {"efa-driver-changed": stop("aws-efa-k8s-device-plugin → aws-dranet", "the same ones to others")},
    ),
    Case(
        "a driver of EFA devices beside one that stays",
        (
            same("helm_release.a", {"name": "efa", "chart": "aws-efa-k8s-device-plugin"}),
            change("helm_release.b", None, {"name": "aws-dranet", "chart": "aws-dranet"}),
        ),
    ),
    Case(
        "no EFA any more",
        (*template(edited(P5_TEMPLATE, network_interfaces=[])), *JOB),
        {"efa-lost": stop("32 EFA interfaces a node → none, of 32", "vpc.amazonaws.com/efa never starts", JOB_TOLD)},
    ),
    Case(
        "half of the EFA interfaces",
        template(edited(P5_TEMPLATE, network_interfaces=_HALF)),
        {"efa-lost": stop("→ 16 EFA interfaces a node, of 32", "50%")},
    ),
    Case(
        "no launch template any more",
        (change(GROUP, _EMPTY, {**_EMPTY, "launch_template": []}), same(TEMPLATE, P5_TEMPLATE)),
        {
            "efa-lost": stop("32 EFA interfaces a node → none, of 32"),
            "reservation-changed": stop("no reservation"),
            "nodes-roll": note("No node runs"),
        },
    ),
    Case("efa instead of efa-only", template(edited(P5_TEMPLATE, network_interfaces=[
        {**one, "interface_type": "efa" if one["interface_type"] == "efa-only" else "interface"} for one in P5_TEMPLATE["network_interfaces"]
    ]))),
    Case("interfaces that only the apply tells", (same(GROUP, _EMPTY), change(
        TEMPLATE, P5_TEMPLATE, {**P5_TEMPLATE, "network_interfaces": None}, unknown={"network_interfaces": True}))),
    Case("a launch template that is sensitive as a whole", (same(GROUP, _EMPTY), change(
        TEMPLATE, P5_TEMPLATE, {**P5_TEMPLATE, "network_interfaces": []}, sensitive={
            "network_interfaces": True, "placement": True, "capacity_reservation_specification": True}))),
    Case("a launch template of which nothing is told", (same(GROUP, _EMPTY), {**change(TEMPLATE, P5_TEMPLATE, P5_TEMPLATE, verb="update"),
        "change": {"actions": ["update"], "before": P5_TEMPLATE, "after": None, "after_unknown": True}})),
    Case(
        "the rule to itself goes",
        (*_EFA_NODES, change(_IN_RULE, _RULE, None)),
        {"efa-security-group": stop("EFA between the nodes of p5", "needs all ingress", "hang")},
    ),
    Case(
        "the rule is for TCP only",
        (*_EFA_NODES, change(_OUT_RULE, _RULE, {**_RULE, "ip_protocol": "tcp"})),
        {"efa-security-group": stop("needs all egress")},
    ),
    Case(
        "the rule is made anew",
        (*_EFA_NODES, change(_IN_RULE, _RULE, _RULE, because=[["x"]])),
        {"efa-security-group": warn("For the moment between")},
    ),
    Case(
        "the rule inside the group goes",
        (*_EFA_NODES, change("aws_security_group.efa", _GROUP, {**_GROUP, "ingress": []})),
        {"efa-security-group": stop("needs all ingress")},
    ),
    Case(
        "the security group is made anew, and its rules with it",
        (*_EFA_NODES, change("aws_security_group.efa", _GROUP, {**_GROUP, "id": None}, because=[["vpc_id"]], unknown={"id": True}),
         change(_IN_RULE, _RULE, {"ip_protocol": "-1"}, because=[["security_group_id"]],
                unknown={"security_group_id": True, "referenced_security_group_id": True})),
        {"efa-security-group": stop("→ replaced", "do not reach each other")},
    ),
    Case("a rule of another group", (*_EFA_NODES, change(_IN_RULE, {**_RULE, "security_group_id": "sg-x", "referenced_security_group_id": "sg-x"}, None))),
    Case("another description of the rule", (*_EFA_NODES, change(_IN_RULE, _RULE, {**_RULE, "description": "x"}))),
    Case("a rule to somebody else", (*_EFA_NODES, change(_IN_RULE, {**_RULE, "referenced_security_group_id": "sg-y"}, None))),
    Case(
        "the nodes go with their security group",
        (change(GROUP, _EMPTY, None), change(TEMPLATE, _SECURED, None), change("aws_security_group.efa", _GROUP, None), change(_IN_RULE, _RULE, None)),
        {"gpu-group-destroyed": note()},
    ),
    Case(
        "another instance type on the same reservation",
        (*replaced("instance_types", ["p4d.24xlarge"]),),
        {"gpu-group-replaced": ANEW, "instance-type-changed": stop("p5.48xlarge → p4d.24xlarge", "8 × H100 of 80 GiB → 8 × A100 of 40 GiB",
         "EFA interfaces 32 → 4", "is of one type")},
    ),
    Case(
        "another instance type on demand",
        (change(GROUP, {**_EMPTY, "launch_template": []}, {**_EMPTY, "launch_template": [], "instance_types": ["p5.4xlarge"]},
                because=[["instance_types"]]),),
        {"gpu-group-replaced": ANEW, "instance-type-changed": warn("8 × H100 of 80 GiB → 1 × H100 of 80 GiB")},
    ),
    Case(
        "another instance type, too small for its job",
        (change(GROUP, {**_EMPTY, "launch_template": []}, {**_EMPTY, "launch_template": [], "instance_types": ["p5.4xlarge"]},
                because=[["instance_types"]]), *JOB),
        {"gpu-group-replaced": ANEW, "instance-type-changed": stop("asks for more devices a pod than a node has")},
    ),
    Case(
        "an AMI without drivers",
        replaced("ami_type", "AL2023_x86_64_STANDARD"),
        {"gpu-group-replaced": ANEW, "ami-type-changed": stop("no driver", "Use one of AL2023_x86_64_NVIDIA")},
    ),
    Case(
        "another operating system",
        replaced("ami_type", "BOTTLEROCKET_x86_64_NVIDIA"),
        {"gpu-group-replaced": ANEW, "ami-type-changed": warn("AL2023_x86_64_NVIDIA → BOTTLEROCKET_x86_64_NVIDIA")},
    ),
    Case(
        "an AMI of one's own",
        replaced("ami_type", "CUSTOM"),
        {"gpu-group-replaced": ANEW, "ami-type-changed": warn("AMI of your own")},
    ),
    Case(
        "another AMI of one's own",
        (same(GROUP, _EMPTY), change(TEMPLATE, {**P5_TEMPLATE, "image_id": "ami-1"}, {**P5_TEMPLATE, "image_id": "ami-2"})),
        {"ami-changed": warn("ami-1 → ami-2", "fi_info -p efa")},
    ),
    Case(
        "a newer release",
        tuple(p5(edited(P5, release_version="1.35.1-20261001"))),
        {"nodes-roll": stop("AMI release 1.35.0-20260901 → 1.35.1-20261001"), "ami-changed": note("drivers and the kernel")},
    ),
    Case(
        "an older release",
        tuple(p5(edited(P5, release_version="1.35.0-20260801"))),
        {"nodes-roll": stop(), "ami-changed": warn("older drivers and kernel")},
    ),
    Case(
        "nodes ahead of their control plane",
        (same("aws_eks_cluster.c", CLUSTER), change(SYS_GROUP, SYS, {**SYS, "version": "1.36"})),
        {"nodes-roll": note(), "node-version": stop("nodes 1.36, control plane 1.35", "control plane first")},
    ),
    Case(
        "nodes four versions behind",
        (change("aws_eks_cluster.c", {**CLUSTER, "version": "1.38"}, {**CLUSTER, "version": "1.39"}), same(SYS_GROUP, SYS)),
        {"node-version": stop("Upgrade the nodes first")},
    ),
    Case(
        "nodes three versions behind",
        (change("aws_eks_cluster.c", {**CLUSTER, "version": "1.37"}, {**CLUSTER, "version": "1.38"}), same(SYS_GROUP, SYS)),
        {"node-version": note("The next upgrade")},
    ),
    Case("nodes one version behind", (change("aws_eks_cluster.c", CLUSTER, {**CLUSTER, "version": "1.36"}), same(SYS_GROUP, SYS))),
    Case(
        "nodes back to an older version",
        (change(SYS_GROUP, {**SYS, "version": "1.35"}, {**SYS, "version": "1.34"}),),
        {"nodes-roll": note(), "node-version": stop("does not take a node group back")},
    ),
)  # fmt: skip
