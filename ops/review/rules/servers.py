"""What serves in the cluster, and the storage classes of what comes later."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ..jobs import jobs_of
from ..plan import Change
from ..rule import Finding, Level
from ..subject import Subject
from ..values import Sensitive, at, shown
from .parts import ends_or_anew, gone, is_world, keys, listed, name_of, texts, why
from .workloads import MANIFESTS, SERVERS, kind_of, lost_namespaces, namespace_of

SERVICES = ("kubernetes_service_v1", "kubernetes_service")
CLASSES = ("kubernetes_storage_class_v1", "kubernetes_storage_class")
_SCHEME = "service.beta.kubernetes.io/aws-load-balancer-scheme"


class ServerRemoved:
    """A server, Service or Ingress that goes: requests fail, or come to another address."""

    id = "server-removed"
    level: Level = "warn"

    def look(self, subject: Subject) -> Iterator[Finding]:
        """Deployments, sets and Services that go; of a load balancer, the address is another one afterwards."""
        namespaces = lost_namespaces(subject)
        for one in gone(
            subject.of(*SERVERS, *SERVICES, "kubernetes_ingress_v1", "aws_lb", "aws_alb", "aws_elb")
        ):
            if namespace_of(one) in namespaces and namespaces:
                continue
            balanced = one.type not in SERVERS and (
                one.type not in SERVICES or one.was("spec", 0, "type") == "LoadBalancer"
            )
            word = SERVERS.get(one.type) or (
                "Service" if one.type in SERVICES else "Ingress" if "ingress" in one.type else "load balancer"
            )
            address = " Its load balancer goes, and a new one has another DNS name." if balanced else ""
            pods = (
                " Its pods end at once, all together." + _trains(one)
                if one.type in SERVERS
                else " Pods that name it no longer find it."
            )
            yield Finding(
                one,
                f"The {word} {name_of(one)} is {ends_or_anew(one)}"
                + (f" {why(one)}." if why(one) else ".")
                + (address or pods),
                "Change it in place, or make the new one beside it and move the traffic."
                if one.verb == "replace"
                else "Be sure that nobody uses it.",
                shown(one.was("status", 0, "load_balancer", 0, "ingress", 0, "hostname")) if balanced else "",
                "another one" if one.verb == "replace" else "gone",
            )


def _trains(change: Change) -> str:
    return " Those of a training job lose what they have done since their last checkpoint." if _devices(change) else ""  # fmt: skip


def _devices(change: Change) -> int:
    """GPUs or Neuron devices of the pods that there are."""
    return sum(one.devices for one in jobs_of([change]))


class PodsRolled:
    """Another specification of pods: Kubernetes replaces those that run, one after the other."""

    id = "pods-rolled"
    level: Level = "note"

    def look(self, subject: Subject) -> Iterator[Finding]:
        """Updates of pod templates: a warning for sets with GPUs, whose pods may train, and where no pod is left."""
        for one in subject.of(*MANIFESTS):
            was, becomes = (side("manifest", "spec", "replicas") for side in (one.was, one.becomes))
            if (
                one.verb == "update"
                and kind_of(one) in SERVERS.values()
                and _count(was)
                and _count(becomes) == 0
            ):
                yield Finding(
                    one,
                    f"All pods of {kind_of(one)} {name_of(one)} end." + _trains(one),
                    "Be sure that nobody uses it.",
                    f"{was} replicas",
                    "0 replicas",
                    level="warn",
                )
            if one.verb == "update" and kind_of(one) in SERVERS.values():
                sides = (side("manifest", "spec", "template") for side in (one.was, one.becomes))
                yield from _rolled(one, kind_of(one), *sides)
        for kind, word in SERVERS.items():
            for one in subject.of(kind):
                if one.verb != "update":
                    continue
                was, becomes = one.was("spec", 0, "replicas"), one.becomes("spec", 0, "replicas")
                if _count(was) and _count(becomes) == 0:
                    yield Finding(
                        one,
                        f"All pods of {word} {name_of(one)} end." + _trains(one),
                        "Be sure that nobody uses it.",
                        f"{was} replicas",
                        "0 replicas",
                        level="warn",
                    )
                yield from _rolled(
                    one, word, one.was("spec", 0, "template"), one.becomes("spec", 0, "template")
                )


def _rolled(one: Change, word: str, before: Any, after: Any) -> Iterator[Finding]:
    """Pods of another template, where the plan tells it."""
    if before == after or isinstance(before, Sensitive):
        return
    trains = word == "StatefulSet" and _devices(one) > 0
    yield Finding(
        one,
        f"The pods of {word} {name_of(one)} are replaced one after the other."
        + (" They have GPUs: a training job loses a worker each time." if trains else ""),
        "Wait until the run has ended or written a checkpoint."
        if trains
        else "Nothing, if there is more than one replica.",
        "",
        listed(keys(before, after), 5),
        level="warn" if trains else None,
    )


def _count(value: Any) -> int | None:
    """A number of replicas, which the provider has as text."""
    return int(value) if isinstance(value, int | str) and str(value).isdigit() else None


class BalancerOpened:
    """A load balancer that lets in the internet, or more of it: its pods answer to everybody."""

    id = "load-balancer-opened"
    level: Level = "warn"

    def look(self, subject: Subject) -> Iterator[Finding]:
        """Services with a public load balancer: a note where it is made, a warning where one that there is gets more open."""
        for one in subject.of(*SERVICES):
            if (
                one.verb not in ("create", "update", "replace")
                or one.becomes("spec", 0, "type") != "LoadBalancer"
            ):
                continue
            before, after = _public(one.before), _public(one.after)
            new = after - before
            if any(is_world(cidr) for cidr in new):
                yield Finding(
                    one,
                    f"Everybody on the internet can reach {name_of(one)}.",
                    "Name load_balancer_source_ranges, or an internal scheme, if that is not meant.",
                    "" if one.verb == "create" else listed(before) or "internal",
                    listed(after),
                    level="note" if one.verb == "create" else None,
                )


def _public(side: dict[str, Any]) -> frozenset[str]:
    """The ranges that reach a public load balancer; none of one inside the VPC, which is what its controller makes without a word."""
    if at(side, "spec", 0, "type") != "LoadBalancer":
        return frozenset()
    if at(side, "metadata", 0, "annotations", _SCHEME) != "internet-facing":
        return frozenset()
    ranges = at(side, "spec", 0, "load_balancer_source_ranges")
    if ranges is not None and not isinstance(ranges, list):
        return frozenset()
    return texts(ranges) or frozenset(["0.0.0.0/0"])


class StorageClassReplaced:
    """A storage class that goes: volumes that there are stay, and claims that are made later wait for ever."""

    id = "storage-class-replaced"
    level: Level = "warn"

    def look(self, subject: Subject) -> Iterator[Finding]:
        """Classes that are replaced (a note: what is new follows it) or destroyed."""
        for one in gone(subject.of(*CLASSES)):
            anew = one.verb == "replace"
            yield Finding(
                one,
                f"The storage class {name_of(one)} is {ends_or_anew(one)}. Volumes that there are stay as they are"
                + (
                    "; new ones follow the new class."
                    if anew
                    else "; claims that name it later wait for ever."
                ),
                "Nothing, if no job starts just then." if anew else "Be sure that nobody names it.",
                shown(one.was("storage_provisioner")),
                f"made anew {why(one)}".strip() if anew else "gone",
                level="note" if anew else None,
            )


RULES = (ServerRemoved(), StorageClassReplaced(), BalancerOpened(), PodsRolled())
