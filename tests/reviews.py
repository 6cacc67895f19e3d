"""A review with one of everything, by three rules of its own: what the forms of a report are tried with."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date

from ops.review.acceptance import Acceptance
from ops.review.plan import Plan
from ops.review.review import Review, review
from ops.review.rule import Finding, Level, Rule
from ops.review.subject import Subject
from tests.plans import P5, P5_TEMPLATE, SUBNET, Json, change, edited, plan

TODAY = date(2026, 11, 22)
SECRET = "hunter2-correct-horse"


class GroupReplaced:
    """A node group that is replaced takes all of its nodes at once."""

    id = "group-replaced"
    level: Level = "stop"

    def look(self, subject: Subject) -> Iterator[Finding]:
        for group in subject.node_groups:
            if group.fate == "replaced":
                effect = f"{group.nodes.accelerators} GPUs go at once, and the job with them."
                remedy = "Make a second group beside it, and move the job at a checkpoint with `kubectl`."
                yield Finding(group.change, effect, remedy, str(group.before), "replaced because of ami_type")


class BucketDeleted:
    """A bucket that is destroyed takes the checkpoints with it."""

    id = "bucket-deleted"
    level: Level = "warn"

    def look(self, subject: Subject) -> Iterator[Finding]:
        for one in subject.of("aws_s3_bucket"):
            if one.goes:
                yield Finding(
                    one, "Its checkpoints are gone.", "Keep it: `retain: true`.", one.label, "destroyed"
                )


class Drifted:
    """What has changed outside Terraform is changed back."""

    id = "drifted"
    level: Level = "note"

    def look(self, subject: Subject) -> Iterator[Finding]:
        for one in subject.drift:
            yield Finding(one, f"The next apply changes {', '.join(one.arguments)} back.", "Ask who did it.")


class NotWhole:
    """A plan that is not whole says too little."""

    id = "not-whole"
    level: Level = "stop"

    def look(self, subject: Subject) -> Iterator[Finding]:
        for one in subject.plans:
            if one.errored:
                yield Finding(None, "Terraform ended with an error.", "Plan again.", plan=one.stack)


RULES: tuple[Rule, ...] = (GroupReplaced(), NotWhole(), BucketDeleted(), Drifted())
ACCEPTED = (
    Acceptance("bucket-deleted", "Nobody reads it.", date(2026, 12, 31), "llm.yaml", ("aws_s3_bucket.old*",)),
    Acceptance("bucket-deleted", "Was to be copied.", date(2026, 11, 21), "llm.yaml", ("aws_s3_bucket.data",)),
    Acceptance("drifted", "By hand.", date(2026, 11, 1), "llm.yaml", ("aws_vpc.*",)),
    Acceptance("group-replaced", "In a hurry.", date(2026, 12, 31), "llm.yaml", ("aws_eks_node_group.other",)),
)  # fmt: skip


def everything() -> list[Plan]:
    """Two stacks: replaced, deleted, created, updated, forgotten, moved, imported, sensitive, unknown, drift."""
    bottlerocket = edited(P5, ami_type="BOTTLEROCKET_x86_64_NVIDIA", scaling_config__0__desired_size=4)
    spot = {
        **P5,
        "id": "training:spot",
        "node_group_name": "spot",
        "capacity_type": "SPOT",
        "instance_types": ["g5.8xlarge"],
        "launch_template": [],
        "scaling_config": [{"desired_size": 3, "max_size": 6, "min_size": 0}],
    }
    system = {
        **spot,
        "node_group_name": "sys",
        "capacity_type": "ON_DEMAND",
        "instance_types": ["c5.2xlarge"],
    }
    policy = '{"Statement": [{"Action": ["s3:GetObject"], "Effect": "Allow", "Resource": "*"}]}'
    wider = policy.replace('"s3:GetObject"', '"s3:GetObject", "s3:DeleteObject"')
    first = plan(
        change("aws_eks_node_group.nodes_p5", P5, bottlerocket, because=[["ami_type"]]),
        change("aws_launch_template.nodes_p5_launch_template", P5_TEMPLATE, P5_TEMPLATE),
        change("aws_eks_node_group.nodes_spot", None, spot),
        change("aws_eks_node_group.nodes_sys", system, system),
        change('aws_subnet.network_private["us-west-2b"]', SUBNET, SUBNET),
        change(
            "aws_s3_bucket.data",
            {"bucket": "acme-data"},
            None,
            action_reason="delete_because_no_resource_config",
        ),
        change("aws_s3_bucket.old", {"bucket": "acme-old"}, None),
        change("aws_s3_bucket.scratch", {"bucket": "acme-scratch"}, None),
        change("aws_iam_role_policy.nodes", {"policy": policy}, {"policy": wider}),
        change("aws_eks_addon.cni", {"version": "v1"}, {}, unknown={"version": True}),
        change(
            "aws_iam_role.new",
            {"name": "r"},
            {"name": "r", "max": 7200},
            previous_address="aws_iam_role.before",
        ),
        change(
            "aws_vpc.network",
            {"id": "vpc-1"},
            {"id": "vpc-1"},
            importing={"id": "vpc-0123456789abcdef0"},
        ),
        change("aws_kms_key.kept", {"id": "k"}, None, verb="forget"),
        drift=[change("aws_security_group.nodes", {"ingress": []}, {"ingress": [{"cidr": "10.0.0.0/8"}]})],
    )
    release = {"set_sensitive": [{"value": SECRET}], "version": "1.0"}
    second = plan(
        change(
            "helm_release.gpu_operator",
            release,
            {"set_sensitive": [{"value": f"{SECRET}!"}], "version": "1.1"},
            sensitive={"set_sensitive": [{"value": True}]},
        ),
        stack="training-platform",
    )
    return [first, second]


def reviewed(
    plans: Sequence[Plan], rules: Sequence[Rule] = RULES, accepted: Sequence[Acceptance] = ()
) -> Review:
    """The review on a fixed day."""
    return review(plans, rules, accepted, TODAY)


def many(number: int) -> list[Json]:
    """So many changes, some two kilobytes each, as a large platform has: mostly objects of Kubernetes and IAM."""
    return [_one(index) for index in range(number)]


def _one(index: int) -> Json:
    labels = {f"app.kubernetes.io/label-{key}": f"value-{key:04}-{index:06}" for key in range(8)}
    before: Json = {"id": f"id-{index:06}", "name": f"name-{index}", "labels": labels, "text": "x" * 250}
    after = edited(before, labels={**labels, "app.kubernetes.io/label-3": "another"})
    kinds = ("kubernetes_manifest", "aws_iam_role", "helm_release", "aws_subnet", "kubernetes_deployment")
    address = f'{kinds[index % 5]}.object["{index:06}"]'
    if index % 50 == 0:
        name = {**P5, "node_group_name": f"g{index}", "id": f"training:g{index}"}
        return change(f"aws_eks_node_group.g{index}", name, edited(name, scaling_config__0__desired_size=3))
    if index % 10 == 1:
        return change(address, None, after, unknown={"id": True})
    if index % 10 == 2:
        return change(address, before, None)
    return change(
        address,
        before,
        after,
        because=[["labels"]] if index % 10 == 3 else None,
        sensitive={"text": index % 10 == 4},
    )
