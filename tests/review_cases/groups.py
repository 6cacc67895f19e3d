"""Groups that are replaced, destroyed, rolled, scaled."""

from __future__ import annotations

from tests.plans import GROUP, P5, P5_TEMPLATE, TEMPLATE, change, edited, p5

from . import CLUSTER, JOB, JOB_TOLD, SYS, SYS_GROUP, Case, note, same, stop, warn

_ODCR = "cr-0123456789abcdef0"
_EMPTY = edited(P5, scaling_config__0__desired_size=0)
_ROOT = edited(P5_TEMPLATE, block_device_mappings__0__ebs__0__volume_size=600)
_DEFAULT = edited(P5, update_config=[{"max_unavailable": 1, "update_strategy": None}])
_EIGHT = edited(P5, scaling_config__0__desired_size=8, update_config=[{"max_unavailable_percentage": 100}])
_MINIMAL = edited(P5, update_config=[{"max_unavailable": 2, "update_strategy": "MINIMAL"}])
_ON_DEMAND = edited(P5_TEMPLATE, capacity_reservation_specification=[])
_NEW_VERSION = {"launch_template": [{"version": True}]}
_PX = {**P5, "id": None, "node_group_name": "px", "arn": None}
_BLOCK = edited(
    P5_TEMPLATE, instance_type="p5.48xlarge", instance_market_options=[{"market_type": "capacity-block"}]
)
_TAG = [{"key": "k8s.io/cluster-autoscaler/node-template/resources/vpc.amazonaws.com/efa", "value": "32"}]
_ASG_TAG = {"autoscaling_group_name": "eks-p5-1", "tag": _TAG}
_SCALED = {**P5, "resources": [{"autoscaling_groups": [{"name": "eks-p5-1"}]}]}
_AUTOSCALER = {"chart": "cluster-autoscaler", "name": "cluster-autoscaler"}
_ANEW = change(GROUP, P5, P5, because=[["node_role_arn"]])
_NEWER = edited(P5, instance_types=["p9.48xlarge"])


def scaled(desired: int, **more: object) -> dict[str, object]:
    """The group of p5 nodes with the name of its Auto Scaling group and another size."""
    return edited(_SCALED, scaling_config__0__desired_size=desired, **more)


CASES = (
    Case("nothing", (*p5(), *JOB, same(SYS_GROUP, SYS))),
    Case("a higher maximum", tuple(p5(edited(P5, scaling_config__0__max_size=12)))),
    Case("a new group", (change(GROUP, None, P5), change("aws_launch_template.x", None, P5_TEMPLATE))),
    Case(
        "replaced",
        (*p5(edited(P5, node_role_arn="arn:aws:iam::1:role/x"), group_options={"because": [["node_role_arn"]]}), *JOB),
        {"gpu-group-replaced": stop(f"2 × p5.48xlarge (16 GPUs), reservation {_ODCR}", "because of node_role_arn (",
         "2 nodes (16 GPUs) all together", "free only when the last old node is gone", JOB_TOLD, "Take back")},
    ),
    Case(
        "replaced, the new one first",
        (*p5()[1:], {**_ANEW, "change": {**_ANEW["change"], "actions": ["create", "delete"]}}),
        {"gpu-group-replaced": stop("EKS refuses while one of the same name", "A full reservation has no instance")},
    ),
    Case(
        "replaced while empty",
        (change(GROUP, _EMPTY, _EMPTY, because=[["disk_size"]]),),
        {"gpu-group-replaced": note("No node runs")},
    ),
    Case(
        "a type that the catalogue does not know is one with GPUs by its name",
        (change(GROUP, _NEWER, None),),
        {"gpu-group-destroyed": stop("2 × p9.48xlarge", "2 nodes all together")},
    ),
    Case(
        "destroyed",
        (*p5(None, None), *JOB),
        {"gpu-group-destroyed": stop("16 GPUs", f"The reservation {_ODCR} is paid for", JOB_TOLD, "Cancel the reservation")},
    ),
    Case("destroyed while empty", (change(GROUP, _EMPTY, None),), {"gpu-group-destroyed": note("no job is hurt")}),
    Case(
        "another name of a group",
        (*p5(None, None), change("aws_eks_node_group.nodes_px", None, _PX),
         change("aws_launch_template.px", None, {**P5_TEMPLATE, "id": None})),
        {"gpu-group-destroyed": stop("px is made instead", "px gets no instance until those of p5 are gone", "Keep the name p5")},
    ),
    Case("forgotten", (change(GROUP, P5, None, verb="forget"),), {"node-group-forgotten": warn("2 nodes (16 GPUs)")}),
    Case(
        "the last group without a taint goes",
        (*p5(), change(SYS_GROUP, SYS, None)),
        {"node-group-lost": stop("1 × c5.2xlarge", "CoreDNS and the operators have no node")},
    ),
    Case(
        "one of two groups without a taint is replaced",
        (same("aws_eks_node_group.more", {**SYS, "node_group_name": "more"}), change(SYS_GROUP, SYS, SYS, because=[["disk_size"]])),
        {"node-group-lost": warn("replaced because of disk_size", "need room elsewhere")},
    ),
    Case(
        "a group of tainted CPU nodes goes",
        (change(SYS_GROUP, {**SYS, "taint": [{"key": "a", "value": "b", "effect": "NO_SCHEDULE"}]}, None),),
        {"node-group-lost": warn("their pods need room elsewhere")},
    ),
    Case(
        "a new launch template on a reservation",
        tuple(p5(template=_ROOT)),
        {"nodes-roll": stop("rolled, 1 node at a time: root volume, GiB 500 → 600", "2 nodes (16 GPUs), 1 node at a time",
         "a full reservation has none", "up to 2 more", "--nodegroup-name p5 --update-config maxUnavailable=1,updateStrategy=MINIMAL")},
    ),
    Case(
        "a new launch template on a reservation, drained first",
        tuple(p5(_MINIMAL, _ROOT, before=_MINIMAL)),
        {"nodes-roll": warn("2 nodes at a time", "Every job on them ends, once", "have checkpointed, so that no work is lost")},
    ),
    Case(
        "as many new nodes first as may be away, where that is more than two a zone",
        tuple(p5(_EIGHT, _ROOT, before=_EIGHT)),
        {"nodes-roll": stop("100 % at a time", "Every job on them ends, once", "up to 8 more than there are")},
    ),
    Case(
        "a strategy with the update that needs it",
        tuple(p5(edited(P5, update_config=[{"max_unavailable": 2, "update_strategy": "MINIMAL"}]), _ROOT, before=_DEFAULT)),
        {"nodes-roll": stop("1 node at a time", "a full reservation has none", "counts from the next one",
         "update: {strategy: minimal} in the layout, in a deploy of its own before this one"),
         "more-nodes-at-once": note("2 of 2 nodes")},
    ),
    Case("a strategy by itself", tuple(p5(_MINIMAL, before=edited(_MINIMAL, update_config__0__update_strategy=None)))),
    Case(
        "a strategy that the layout does not have",
        tuple(p5(edited(_MINIMAL, update_config__0__update_strategy=None), before=_MINIMAL)),
        {"update-strategy-lost": warn("strategy MINIMAL", "nothing", "no room", "each plan shows", "strategy: minimal")},
    ),
    Case(
        "the default strategy on a reservation",
        tuple(p5(edited(_MINIMAL, update_config__0__update_strategy="DEFAULT"), before=_MINIMAL)),
        {"update-strategy-lost": warn("strategy DEFAULT", "no room")},
    ),
    Case(
        "a strategy that somebody has set in the console",
        tuple(p5(edited(_MINIMAL, update_config__0__update_strategy=None), before=edited(_MINIMAL, update_config__0__update_strategy="DEFAULT"))),
        {"update-strategy-lost": note("each plan shows", "strategy: default", "or the other one")},
    ),
    Case(
        "another strategy on demand",
        (change(GROUP, _MINIMAL, edited(_MINIMAL, update_config__0__update_strategy="DEFAULT")), same("aws_launch_template.x", _ON_DEMAND)),
    ),
    Case(
        "a new launch template on demand",
        (change(GROUP, P5, P5, verb="update", unknown=_NEW_VERSION),
         change("aws_launch_template.x", _ON_DEMAND, {**_ON_DEMAND, "user_data": "x"}, unknown={"latest_version": True})),
        {"nodes-roll": warn("user data", "goes back to its last checkpoint", "once and not once per node")},
    ),
    Case(
        "a new launch template on demand under a job",
        (change(GROUP, P5, P5, verb="update", unknown=_NEW_VERSION),
         change("aws_launch_template.x", _ON_DEMAND, {**_ON_DEMAND, "tag_specifications": [{"resource_type": "volume"}]},
                unknown={"latest_version": True}), *JOB),
        {"nodes-roll": stop("Only tags differ: leave them", JOB_TOLD)},
    ),
    Case(
        "a new launch template of an empty group",
        (change(GROUP, _EMPTY, _EMPTY, verb="update", unknown=_NEW_VERSION),),
        {"nodes-roll": note("another version of the launch template", "No node runs")},
    ),
    Case(
        "a capacity block rolls",
        (change(GROUP, {**P5, "capacity_type": "CAPACITY_BLOCK"}, {**P5, "capacity_type": "CAPACITY_BLOCK"}, verb="update", unknown=_NEW_VERSION),
         change("aws_launch_template.x", _BLOCK, edited(_BLOCK, image_id="ami-2"), unknown={"latest_version": True})),
        {"nodes-roll": stop("a capacity block has none", "scale the group to 0 before this deploy", "desiredSize=0")},
    ),
    Case(
        "Kubernetes 1.36 for nodes and control plane",
        (change("aws_eks_cluster.c", CLUSTER, {**CLUSTER, "version": "1.36"}),
         change(SYS_GROUP, SYS, {**SYS, "version": "1.36"}, unknown={"release_version": True})),
        {"nodes-roll": note("Kubernetes 1.35 → 1.36", "pods move")},
    ),
    Case("a launch template that no group takes", (change("aws_launch_template.x", P5_TEMPLATE, _ROOT),)),
    Case("a release that only the apply tells", tuple(p5(group_options={"verb": "update", "unknown": {"release_version": True}}))),
    Case(
        "fewer nodes under a job",
        (*p5(edited(P5, scaling_config__0__desired_size=1)), *JOB),
        {"nodes-taken": stop("1 node (8 GPUs) less", "chooses which of the 2", "paid for all the same", JOB_TOLD)},
    ),
    Case(
        "to no node",
        tuple(p5(_EMPTY)),
        {"nodes-taken": warn("2 nodes (16 GPUs) less", "All go")},
    ),
    Case(
        "fewer CPU nodes",
        (change(SYS_GROUP, edited(SYS, scaling_config__0__desired_size=3), SYS),),
        {"nodes-taken": note("2 nodes less")},
    ),
    Case(
        "more nodes",
        (*p5(edited(P5, scaling_config__0__desired_size=4)), *JOB),
        {"nodes-added": note("2 nodes, 16 GPUs more", f"{_ODCR} has to have room for 4", "make preflight")},
    ),
    Case(
        "a new group beside another",
        (same(SYS_GROUP, SYS), change(GROUP, None, P5), change(TEMPLATE, None, P5_TEMPLATE)),
        {"nodes-added": note("A new group of 2 nodes (16 GPUs)", f"{_ODCR} has to be active", "make preflight")},
    ),
    Case("more CPU nodes", (change(SYS_GROUP, SYS, edited(SYS, scaling_config__0__desired_size=2)),)),
    Case("a size that only the apply tells", tuple(p5(
        edited(P5, scaling_config=[{"max_size": 10, "min_size": 0}]), group_options={"unknown": {"scaling_config": [{"desired_size": True}]}}
    )), {"nodes-taken": warn("does not tell", "2 × p5.48xlarge (16 GPUs)")}),
    Case(
        "a maximum below what runs",
        tuple(p5(edited(P5, scaling_config__0__max_size=1))),
        {"size-refused": warn("Max 1 is less than the 2 nodes", "EKS refuses")},
    ),
    Case(
        "a minimum above what is desired",
        tuple(p5(edited(P5, scaling_config__0__min_size=3))),
        {"size-refused": warn("Min 3 is more than the 2 nodes")},
    ),
    Case(
        "Terraform takes what the autoscaler has started",
        (change(GROUP, scaled(4), scaled(2)), same("aws_autoscaling_group_tag.efa", _ASG_TAG), *JOB),
        {"size-against-owner": stop("4 nodes running", "2 nodes (16 GPUs) less", "scaling_owner: autoscaler", JOB_TOLD)},
    ),
    Case(
        "Terraform starts what the autoscaler has not",
        (change(GROUP, scaled(2), scaled(3)), same("helm_release.ca", _AUTOSCALER)),
        {"size-against-owner": warn("finds every managed node group", "2 desired → 3 desired")},
    ),
    Case(
        "another group is the autoscaler's",
        (change(GROUP, scaled(2), scaled(3)), same("helm_release.ca", _AUTOSCALER), same(SYS_GROUP, SYS),
         same("aws_autoscaling_group_tag.sys", {"autoscaling_group_name": "eks-sys-1", "tag": _TAG})),
        {"nodes-added": note("1 node, 8 GPUs more")},
    ),
    Case(
        "to the autoscaler",
        (same(GROUP, _SCALED), change("aws_autoscaling_group_tag.efa", None, _ASG_TAG), change("helm_release.ca", None, _AUTOSCALER)),
        {"size-owner-switched": note("idle for ten minutes, down to min 0", "Terraform → the cluster autoscaler")},
    ),
    Case(
        "back from the autoscaler",
        (same(GROUP, _SCALED), change("aws_autoscaling_group_tag.efa", _ASG_TAG, None)),
        {"size-owner-switched": warn("the layout's desired size, 2")},
    ),
    Case(
        "the autoscaler goes",
        (same(GROUP, _SCALED), change("helm_release.ca", _AUTOSCALER, None)),
        {"size-owner-switched": warn("Nobody scales p5 any more")},
    ),
    Case(
        "a forced update",
        tuple(p5(edited(P5, force_update_version=True))),
        {"forced-update": warn("deletes pods that do not drain")},
    ),
    Case(
        "a share of the nodes at once",
        tuple(p5(edited(P5, update_config=[{"max_unavailable": None, "max_unavailable_percentage": 100}]))),
        {"more-nodes-at-once": note("2 of 2 nodes", "1 → 2")},
    ),
    Case("fewer at once", (change(GROUP, edited(P5, update_config__0__max_unavailable=2), P5),)),
)  # fmt: skip
