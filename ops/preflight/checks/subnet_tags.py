"""Tags of existing subnets, by which controllers find them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from modules.layout.releases import DISCOVERY_TAG

from ...checking.check import Finding, Level
from ..existing_network import Subnet, all_subnets, ways
from ..existing_network import vpc_of as existing_vpc
from ..subject import Subject
from .addresses import BALANCER_ADDRESSES

# https://kubernetes-sigs.github.io/aws-load-balancer-controller/latest/deploy/subnet_discovery/
_ROLES = {False: "kubernetes.io/role/internal-elb", True: "kubernetes.io/role/elb"}
_ROLE_VALUES = ("", "1")


class BalancerSubnets:
    """The load balancer controller finds subnets by their tags; without enough of them there is no load balancer.

    It takes those with the tag of the scheme, else those whose routes fit; never one that is tagged for other clusters alone,
    or that has fewer than eight free addresses; and it needs two zones for an application load balancer.
    https://kubernetes-sigs.github.io/aws-load-balancer-controller/latest/deploy/subnet_discovery/
    """

    id = "balancer-subnets"
    level: Level = "error"
    remedy = "Tag two subnets or more, in zones of the cluster."
    actions: tuple[str, ...] = ("ec2:DescribeVpcs", "ec2:DescribeSubnets", "ec2:DescribeRouteTables")

    def applies(self, subject: Subject) -> bool:
        """Whether servers of an existing VPC have load balancers."""
        return not subject.layout.network.is_new and bool(_zones_wanted(subject))

    def look(self, subject: Subject) -> Iterator[Finding]:
        """What the controller would find for each scheme."""
        if existing_vpc(subject) is None:
            return
        subnets = all_subnets(subject)
        for public, zones in _zones_wanted(subject).items():
            yield from self._scheme(subject, subnets, public, zones)

    def _scheme(
        self, subject: Subject, subnets: Sequence[Subnet], public: bool, zones: int
    ) -> Iterator[Finding]:
        role, scheme = _ROLES[public], "internet-facing" if public else "internal"
        where = "network.public_subnet_ids" if public else "network.private_subnet_ids"
        tagged = [one for one in subnets if one.tags.get(role) in _ROLE_VALUES]
        candidates = tagged or _by_routes(subject, subnets, public)
        cluster = subject.layout.name
        taken = [one for one in candidates if one.belongs_to_others(cluster)]
        rest = [one for one in candidates if one not in taken]
        full = [one for one in rest if one.free < BALANCER_ADDRESSES and not subject.is_deployed]
        usable = [one for one in rest if one not in full]
        named = (
            subject.layout.network.public_subnet_ids if public else subject.layout.network.private_subnet_ids
        )
        tag = (
            f"aws ec2 create-tags --region {subject.layout.region} --resources {' '.join(named or ['SUBNET'])} "
            f"--tags Key={role},Value=1"
        )
        if len({one.zone for one in usable}) >= zones:
            if not tagged:
                ids = ", ".join(one.id for one in usable)
                problem = f"no subnet has the tag {role}: {scheme} load balancers go where routes fit, one of {ids} in each zone"
                yield Finding(where, problem, tag, "warning")
            return
        why = [f"{one.id} is tagged for other clusters" for one in taken]
        why += [f"{one.id} has {one.free} free addresses of {BALANCER_ADDRESSES}" for one in full]
        found = (
            f"{len(usable)} usable of {len(tagged)} with the tag {role}"
            if tagged
            else f"none has the tag {role}"
        )
        wanted = f"subnets in {zones} zones" if zones > 1 else "a subnet"
        problem = f"{scheme} load balancers need {wanted}, and of the VPC's {found}{''.join(f'; {one}' for one in why)}"
        if taken:
            ids = " ".join(one.id for one in taken)
            tag = (
                f"aws ec2 create-tags --region {subject.layout.region} --resources {ids} --tags "
                f"Key=kubernetes.io/cluster/{cluster},Value=shared"
            )
        yield Finding(where, problem, tag)


def _zones_wanted(subject: Subject) -> dict[bool, int]:
    """How many zones load balancers need, by whether they are public."""
    wanted: dict[bool, int] = {}
    for serving in subject.layout.workloads.serving.values():
        balancer = serving.load_balancer
        if balancer is not None:
            zones = 2 if balancer.type == "alb" else 1
            wanted[balancer.is_public] = max(zones, wanted.get(balancer.is_public, 0))
    return wanted


def _by_routes(subject: Subject, subnets: Sequence[Subnet], public: bool) -> list[Subnet]:
    found = ways(subject, [one.id for one in subnets])
    return [one for one in subnets if one.id in found and (found[one.id].kind == "internet") == public]


class KarpenterSubnets:
    """Karpenter's node classes find subnets by their tags, and the layout tags those of a new VPC alone.

    https://karpenter.sh/v1.14/concepts/nodeclasses/
    """

    id = "karpenter-subnets"
    level: Level = "warning"
    remedy = "Tag the subnets that nodes are to start in."
    actions: tuple[str, ...] = ("ec2:DescribeVpcs", "ec2:DescribeSubnets")

    def applies(self, subject: Subject) -> bool:
        """Whether Karpenter comes into an existing VPC."""
        return not subject.layout.network.is_new and subject.layout.has_release("karpenter")

    def look(self, subject: Subject) -> Iterator[Finding]:
        """Any subnet of the VPC has the cluster's tag."""
        if existing_vpc(subject) is None:
            return
        name = subject.layout.name
        if not any(one.tags.get(DISCOVERY_TAG) == name for one in all_subnets(subject)):
            ids = " ".join(subject.layout.network.private_subnet_ids or ())
            remedy = (
                f"aws ec2 create-tags --region {subject.layout.region} --resources {ids} --tags Key={DISCOVERY_TAG},Value={name}, "
                "or name subnets by their ids in your EC2NodeClass."
            )
            problem = f"no subnet has the tag {DISCOVERY_TAG}: {name}, by which node classes find subnets"
            yield Finding("network.private_subnet_ids", problem, remedy)
