"""The address of the Kubernetes API: who reaches it.

https://docs.aws.amazon.com/eks/latest/userguide/cluster-endpoint.html
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ..plan import Change
from ..rule import Finding, Level
from ..subject import Subject
from ..values import UNKNOWN, at
from .cluster import CLUSTER
from .parts import covered, is_world, listed, texts, turned_off

# Where nothing is said.
_EVERYBODY = frozenset(["0.0.0.0/0"])


@dataclass(frozen=True, slots=True)
class _Reach:
    """From where the API can be reached through its public address; None where that is not known."""

    ranges: frozenset[str] | None

    @property
    def world(self) -> bool:
        return any(is_world(one) for one in self.ranges or ())

    def __str__(self) -> str:
        if self.ranges is None:
            return "(known after apply)"
        return listed(self.ranges) or "private only"


def _reach(side: dict[str, Any]) -> _Reach:
    public = at(side, "vpc_config", 0, "endpoint_public_access")
    ranges = at(side, "vpc_config", 0, "public_access_cidrs")
    if not side or public is False:
        return _Reach(frozenset())
    if public is UNKNOWN:
        return _Reach(None)
    # A public endpoint is EKS's default, and so is everybody.
    if ranges is None or ranges == []:
        return _Reach(_EVERYBODY)
    known = texts(ranges)
    return _Reach(known if isinstance(ranges, list) and (len(known) == len({*map(repr, ranges)})) else None)


def _seen(subject: Subject) -> Iterator[tuple[Change, _Reach, _Reach]]:
    for one in subject.of(CLUSTER):
        if one.verb in ("create", "update", "replace"):
            before, after = _reach(one.before), _reach(one.after)
            if before != after:
                yield one, before, after


class EndpointOpened:
    """A Kubernetes API that the whole internet may speak to: a leaked credential or a hole in the API server is enough."""

    id = "endpoint-opened"
    level: Level = "stop"

    def look(self, subject: Subject) -> Iterator[Finding]:
        """Endpoints that are open to the world afterwards, and were not."""
        for one, before, after in _seen(subject):
            if after.world and not before.world:
                yield Finding(
                    one,
                    "Training goes on, but everybody on the internet can try to log in to the Kubernetes API.",
                    "Name the ranges of the office, the VPN and the pipelines, or keep the endpoint private.",
                    "" if one.verb == "create" else str(before),
                    str(after),
                )


class EndpointWidened:
    """More addresses that may speak to the Kubernetes API: each is a place from which a leaked credential works."""

    id = "endpoint-widened"
    level: Level = "warn"

    def look(self, subject: Subject) -> Iterator[Finding]:
        """Ranges that are new, or that only the apply tells."""
        for one, before, after in _seen(subject):
            if one.verb == "create" and after.ranges is not None:
                continue
            if after.ranges is None:
                yield Finding(
                    one,
                    "Which addresses may reach the Kubernetes API is known only after the apply; EKS takes 0.0.0.0/0 where none are given.",
                    "Write public_access_cidrs out, so that it can be reviewed.",
                    "" if one.verb == "create" else str(before),
                    str(after),
                )
            elif before.ranges is not None and not after.world:
                new = {cidr for cidr in after.ranges if not covered(cidr, before.ranges)}
                if new:
                    yield Finding(
                        one,
                        f"From {listed(new)} the Kubernetes API can be reached as well."
                        + ("" if before.ranges else " It could be reached from the VPC only."),
                        "Be sure whose addresses these are.",
                        str(before),
                        str(after),
                    )


class EndpointNarrowed:
    """A Kubernetes API that can no longer be reached from some addresses: whoever deploys from there is locked out, at once."""

    id = "endpoint-narrowed"
    level: Level = "warn"

    def look(self, subject: Subject) -> Iterator[Finding]:
        """Public endpoints that are switched off (warn), and ranges that are taken away (note)."""
        for one, before, after in _seen(subject):
            if one.verb != "update" or not before.ranges or after.ranges is None:
                continue
            lost = {cidr for cidr in before.ranges if not covered(cidr, after.ranges)}
            if lost and not after.ranges:
                yield Finding(
                    one,
                    "Pods and nodes in the VPC go on. Everything outside of it loses the Kubernetes API: people, and the pipeline that "
                    "applies the later stacks of this very plan.",
                    "Have a VPN, a bastion or a runner in the VPC first, and apply from there.",
                    str(before),
                    str(after),
                )
            elif lost:
                yield Finding(
                    one,
                    f"From {listed(lost)} the Kubernetes API can no longer be reached in full.",
                    "Be sure that nobody deploys from there, this pipeline least of all.",
                    str(before),
                    str(after),
                    level="note",
                )


class PrivateEndpointOff:
    """A private endpoint that is switched off: nodes then have to reach the control plane over the internet."""

    id = "private-endpoint-off"
    level: Level = "stop"

    def look(self, subject: Subject) -> Iterator[Finding]:
        """Private access that is on, and off afterwards."""
        for one in subject.of(CLUSTER):
            if one.verb == "update" and turned_off(one, "vpc_config", 0, "endpoint_private_access"):
                yield Finding(
                    one,
                    "Nodes reach the control plane through NAT and the public endpoint only. Where public_access_cidrs does not have the "
                    "addresses of the NAT gateways, or there is no NAT, they become NotReady and their pods are evicted.",
                    "Keep endpoint_private_access on.",
                    "private access on",
                    f"off; public: {_reach(one.after)}",
                )


RULES = (EndpointOpened(), PrivateEndpointOff(), EndpointWidened(), EndpointNarrowed())
