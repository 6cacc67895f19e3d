"""Load balancers, which Services and Ingresses leave behind where the cluster goes before them, and their target groups."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from ...aws.account import Answer
from ...aws.tags import tags_of
from ..change import change
from ..leaving import Around, Leaving

# At most so many in one call for tags:
# https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_DescribeTags.html
# https://docs.aws.amazon.com/elasticloadbalancing/2012-06-01/APIReference/API_DescribeTags.html
_TAGGED = 20
_KINDS = {"network": "NLB", "application": "ALB", "gateway": "GWLB"}
_HOLDS = "is charged for by the hour; its interfaces hold"


class LoadBalancers:
    """Those of the AWS Load Balancer Controller, and network load balancers of Kubernetes itself."""

    id = "load-balancer"
    actions = ("elasticloadbalancing:DescribeLoadBalancers", "elasticloadbalancing:DescribeTags")
    deleting = ("elasticloadbalancing:DeleteLoadBalancer",)
    by_hand = ""
    while_cluster = False

    def find(self, around: Around) -> list[Leaving]:
        """All of the region: they cannot be asked for by tag."""
        found = around.account.pages("elbv2", "describe_load_balancers", "LoadBalancers")
        return self._leavings(around, found)

    def again(self, around: Around, leaving: Leaving) -> Leaving | None:
        """The same by its ARN."""
        found = around.account.pages(
            "elbv2",
            "describe_load_balancers",
            "LoadBalancers",
            ("LoadBalancerNotFound",),
            LoadBalancerArns=[leaving.arn],
        )
        return next(iter(self._leavings(around, found)), None)

    def delete(self, around: Around, leaving: Leaving) -> None:
        """Deletes it with its listeners; its interfaces follow within minutes."""
        change(around.account, "elbv2", "delete_load_balancer", LoadBalancerArn=leaving.arn)

    def _leavings(self, around: Around, found: Sequence[Answer]) -> list[Leaving]:
        tags = _tags(around, [str(one["LoadBalancerArn"]) for one in found])
        return [self._leaving(one, tags.get(str(one["LoadBalancerArn"]), {})) for one in found]

    def _leaving(self, one: Answer, tags: dict[str, str]) -> Leaving:
        subnets = [str(zone["SubnetId"]) for zone in one.get("AvailabilityZones", ()) if zone.get("SubnetId")]
        arn = str(one["LoadBalancerArn"])
        return Leaving(
            self.id,
            balancer_id(arn),
            tags,
            f"{_KINDS.get(str(one.get('Type')), 'load balancer')}{_of(tags)}: {_HOLDS} {_listed(subnets)}",
            arn=arn,
            created=one.get("CreatedTime"),
        )


class ClassicLoadBalancers:
    """Those that Kubernetes makes of a Service where no controller does."""

    id = "classic-load-balancer"
    actions = LoadBalancers.actions
    deleting = LoadBalancers.deleting
    by_hand = ""
    while_cluster = False

    def find(self, around: Around) -> list[Leaving]:
        """All of the region."""
        found = around.account.pages("elb", "describe_load_balancers", "LoadBalancerDescriptions")
        return self._leavings(around, found)

    def again(self, around: Around, leaving: Leaving) -> Leaving | None:
        """The same by its name."""
        found = around.account.pages(
            "elb",
            "describe_load_balancers",
            "LoadBalancerDescriptions",
            ("LoadBalancerNotFound",),
            LoadBalancerNames=[leaving.id],
        )
        return next(iter(self._leavings(around, found)), None)

    def delete(self, around: Around, leaving: Leaving) -> None:
        """Deletes it."""
        change(around.account, "elb", "delete_load_balancer", LoadBalancerName=leaving.id)

    def _leavings(self, around: Around, found: Sequence[Answer]) -> list[Leaving]:
        names = [str(one["LoadBalancerName"]) for one in found]
        tags: dict[str, dict[str, str]] = {}
        for one in _described(around, "elb", "LoadBalancerNames", names, ("LoadBalancerNotFound",)):
            tags[str(one["LoadBalancerName"])] = tags_of(one.get("Tags"))
        return [self._leaving(one, tags.get(str(one["LoadBalancerName"]), {})) for one in found]

    def _leaving(self, one: Answer, tags: dict[str, str]) -> Leaving:
        return Leaving(
            self.id,
            str(one["LoadBalancerName"]),
            tags,
            f"classic load balancer{_of(tags)}: {_HOLDS} {_listed(one.get('Subnets') or ())}",
            created=one.get("CreatedTime"),
        )


class TargetGroups:
    """Where load balancers send what they get; each keeps its load balancer's security groups in use."""

    id = "target-group"
    actions = (
        "elasticloadbalancing:DescribeTargetGroups",
        "elasticloadbalancing:DescribeLoadBalancers",
        "elasticloadbalancing:DescribeTags",
    )
    deleting = ("elasticloadbalancing:DeleteTargetGroup",)
    by_hand = ""
    while_cluster = False

    def find(self, around: Around) -> list[Leaving]:
        """All of the region."""
        found = around.account.pages("elbv2", "describe_target_groups", "TargetGroups")
        return self._leavings(around, found)

    def again(self, around: Around, leaving: Leaving) -> Leaving | None:
        """The same by its ARN."""
        found = around.account.pages(
            "elbv2",
            "describe_target_groups",
            "TargetGroups",
            ("TargetGroupNotFound",),
            TargetGroupArns=[leaving.arn],
        )
        for one in found:  # it may go on naming a load balancer that has just gone
            named = one.get("LoadBalancerArns") or ()
            one = {**one, "LoadBalancerArns": [arn for arn in named if _is_there(around, arn)]}
            return self._leavings(around, [one])[0]
        return None

    def delete(self, around: Around, leaving: Leaving) -> None:
        """Deletes it."""
        change(around.account, "elbv2", "delete_target_group", TargetGroupArn=leaving.arn)

    def _leavings(self, around: Around, found: Sequence[Answer]) -> list[Leaving]:
        tags = _tags(around, [str(one["TargetGroupArn"]) for one in found])
        return [self._leaving(one, tags.get(str(one["TargetGroupArn"]), {})) for one in found]

    def _leaving(self, one: Answer, tags: dict[str, str]) -> Leaving:
        arn = str(one["TargetGroupArn"])
        balancers = tuple(balancer_id(str(arn)) for arn in one.get("LoadBalancerArns") or ())
        return Leaving(
            self.id,
            arn.partition(":targetgroup/")[2],
            tags,
            f"target group{_of(tags)}: costs nothing; a load balancer of the same name cannot be made anew",
            arn=arn,
            used_by=balancers,
        )


def balancer_id(arn: str) -> str:
    """The end of a load balancer's ARN, as `net/NAME/HASH`: so do its interfaces name it too."""
    return arn.partition(":loadbalancer/")[2]


def _is_there(around: Around, arn: str) -> bool:
    missing = ("LoadBalancerNotFound",)
    found = around.account.pages(
        "elbv2", "describe_load_balancers", "LoadBalancers", missing, LoadBalancerArns=[arn]
    )
    return bool(found)


def _tags(around: Around, arns: Sequence[str]) -> dict[str, dict[str, str]]:
    """The tags of load balancers or target groups, by ARN."""
    tags: dict[str, dict[str, str]] = {}
    missing = ("LoadBalancerNotFound", "TargetGroupNotFound")
    for one in _described(around, "elbv2", "ResourceArns", arns, missing):
        tags[str(one["ResourceArn"])] = tags_of(one.get("Tags"))
    return tags


def _described(
    around: Around, service: str, key: str, ids: Sequence[str], missing: Sequence[str]
) -> Iterator[Answer]:
    for start in range(0, len(ids), _TAGGED):
        some = list(ids[start : start + _TAGGED])
        given: dict[str, Any] = {key: some}
        answer = around.account.find(service, "describe_tags", missing, **given)
        if answer is not None:
            yield from answer.get("TagDescriptions", ())
        elif len(some) > 1:  # one of them has just gone, and the call answers for none then
            for id in some:
                yield from _described(around, service, key, [id], missing)


def _of(tags: dict[str, str]) -> str:
    """The Service or Ingress that it was made for."""
    for key, what in (
        ("service.k8s.aws/stack", "Service"),
        ("ingress.k8s.aws/stack", "Ingress"),
        ("kubernetes.io/service-name", "Service"),
    ):
        if tags.get(key):
            return f" of {what} {tags[key]}"
    return ""


def _listed(ids: Sequence[str]) -> str:
    return ", ".join(ids) or "subnets"
