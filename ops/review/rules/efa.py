"""EFA: the interfaces of the nodes, and the security group that lets their traffic through."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from modules.layout.efa_drivers import DRA_RELEASE, PLUGIN_RELEASE

from ..nodes import NodeGroup, counted
from ..plan import Change
from ..rule import Finding, Level
from ..subject import Subject
from ..told import jobs_there
from ..values import UNKNOWN, at, known

# Their charts are called as the releases are.
_DRIVERS = (PLUGIN_RELEASE, DRA_RELEASE)


class EfaLost:
    """Nodes get fewer EFA interfaces than before, or none: NCCL goes on without a word, over less or over TCP, many times slower."""

    id = "efa-lost"
    level: Level = "stop"

    def look(self, subject: Subject) -> Iterator[Finding]:
        """Yields what it finds."""
        for group in subject.node_groups:
            before, after = group.before, group.after
            if before is None or after is None or not before.efa or after.efa is None:
                continue
            if after.efa >= before.efa or _masked(group):
                continue
            kind = after.instance_type
            most = None if kind is None else kind.efa_interfaces
            # Another instance type with all of its own is not a loss of interfaces: `instance-type-changed` compares them.
            if most is not None and before.instance_types != after.instance_types and after.efa >= most:
                continue
            told = f"{counted(after.efa, 'EFA interface')} a node" if after.efa else "none"
            if most is not None and most > after.efa:
                told += f", of {most} that {kind.name if kind else ''} has"
            if after.efa:
                effect = f"New nodes have {after.efa / before.efa:.0%} of the network between nodes; a job waits for its slowest rank."
            else:
                effect = "New nodes have no EFA: a pod that asks for vpc.amazonaws.com/efa never starts, and NCCL without it falls back to TCP."
            effect += jobs_there(subject.jobs_on(group))
            remedy = (
                "Keep one EFA interface on every network card that takes one: `efa: true` in the layout does."
            )
            yield Finding(
                group.change, effect, remedy, f"{counted(before.efa, 'EFA interface')} a node", told
            )


class EfaDriverChanged:
    """Another driver hands out the EFA interfaces: it knows nothing of those that running pods have, and gives them away again."""

    # https://docs.aws.amazon.com/eks/latest/userguide/device-management-efa.html#efa-dra-driver
    id = "efa-driver-changed"
    level: Level = "stop"

    def look(self, subject: Subject) -> Iterator[Finding]:
        """Yields what it finds: one of the two drivers that goes while the other comes."""
        releases = subject.of("helm_release")
        for one in releases:
            mine = one.was("chart")
            if mine not in _DRIVERS or not one.goes:
                continue
            other = next(
                (name for new in releases if (name := new.becomes("chart")) in _DRIVERS and name != mine),
                None,
            )
            if other is not None:
                yield Finding(
                    one,
                    f"{other} takes over from {mine}. Pods that run keep their interfaces, and {other} gives the same ones to "
                    "others, which nothing tells. Pods that ask in the old way, and start anew, wait for ever.",
                    "Have all jobs with EFA end, and take them out of the layout; change the driver; put them back: docs/efa.md.",
                    str(mine),
                    str(other),
                )


class EfaSecurityGroup:
    """The security group of EFA nodes, or its rule that lets all traffic to and from itself, goes: without it EFA sends nothing."""

    id = "efa-security-group"
    level: Level = "stop"

    def look(self, subject: Subject) -> Iterator[Finding]:
        """Yields what it finds."""
        users = efa_users(subject)
        if not users:
            return
        gone: set[str] = set()
        for change in subject.of("aws_security_group"):
            groups = users.get(str(change.was("id")), [])
            if change.goes:
                gone.add(str(change.was("id")))
                # Nodes that all go as well come back in the new one.
                groups = [one for one in groups if one.fate in ("stays", "rolls")]
            if not groups or not change.happens:
                continue
            if change.goes:
                # https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/efa-start.html#efa-start-security
                effect = f"The nodes of {_names(groups)} are in it."
                if change.verb == "replace":
                    effect += " Nodes in the old one and in the new one do not reach each other over EFA: no job can run on both."
                else:
                    effect += (
                        " EFA between them stops, or EC2 refuses to delete it and the apply stops there."
                    )
                remedy = "Keep it; a new one has to come first, with all nodes rolled into it before the old one goes."
                yield Finding(
                    change,
                    effect,
                    remedy,
                    change.label,
                    "replaced" if change.verb == "replace" else "destroyed",
                )
            else:
                for way in ("ingress", "egress"):
                    if _to_itself(change.was(way)) and not _to_itself(change.becomes(way), unknown=True):
                        yield self._closed(change, groups, way)
        for change in subject.of(
            "aws_vpc_security_group_ingress_rule",
            "aws_vpc_security_group_egress_rule",
            "aws_security_group_rule",
        ):
            own = str(change.was("security_group_id"))
            groups = [] if own in gone else users.get(own, [])
            if groups and change.happens and change.verb != "forget" and _rule_to_itself(change.before):
                way = str(change.was("type") or ("egress" if "egress" in change.type else "ingress"))
                if change.verb == "delete" or not _rule_to_itself(change.after, unknown=True):
                    yield self._closed(change, groups, way)
                elif change.verb == "replace" and not change.makes_first:
                    effect = f"For the moment between the old rule and the new one, EFA between nodes of {_names(groups)} is closed: a job may end."
                    remedy = "Deploy while no job runs over several nodes."
                    yield Finding(change, effect, remedy, "all to itself", "replaced", "warn")

    def _closed(self, change: Change, groups: list[NodeGroup], way: str) -> Finding:
        effect = (
            f"EFA between the nodes of {_names(groups)} needs all {way} to and from the group itself: jobs over several nodes "
            "that run now hang, and later ones do not start."
        )
        remedy = "Keep the rule: all protocols, from and to the security group itself."
        return Finding(change, effect, remedy, f"{way}: all, itself", "gone")


def _masked(group: NodeGroup) -> bool:
    """Whether the interfaces of the template are not all told."""
    if group.template is None:
        return False
    interfaces = group.template.becomes("network_interfaces")
    if not isinstance(interfaces, list):
        return interfaces is not None
    kinds = [at(one, "interface_type") for one in interfaces]
    return any(kind is not None and not known(kind) for kind in kinds)


def efa_users(subject: Subject) -> dict[str, list[NodeGroup]]:
    """The node groups with EFA, now and afterwards, by the ids of the security groups of their nodes."""
    found: dict[str, list[NodeGroup]] = {}
    for group in subject.node_groups:
        if group.before is None or group.after is None or not group.before.efa or group.after.efa == 0:
            continue
        if group.template is not None:
            for id in dict.fromkeys(security_groups(group.template.before)):
                found.setdefault(id, []).append(group)
    return found


def security_groups(template: dict[str, Any]) -> Iterator[str]:
    """The ids of the security groups that a launch template gives its nodes."""
    lists = [template.get("vpc_security_group_ids")]
    interfaces = template.get("network_interfaces")
    if isinstance(interfaces, list):
        lists += [at(one, "security_groups") for one in interfaces]
    for one in lists:
        if isinstance(one, list):
            yield from (id for id in one if isinstance(id, str))


def _to_itself(rules: Any, *, unknown: bool = False) -> bool:
    """Whether rules inside a security group let all to itself; `unknown` is what to say of rules that are not told."""
    if not isinstance(rules, list):
        return unknown and rules is not None
    return any(
        (unknown and not isinstance(one, dict))
        or (at(one, "self") is True and str(at(one, "protocol")) in ("-1", "all"))
        for one in rules
    )


def _rule_to_itself(rule: dict[str, Any], *, unknown: bool = False) -> bool:
    """The same of a rule that is a resource of its own."""
    protocol = rule.get("ip_protocol", rule.get("protocol"))
    own = rule.get("security_group_id")
    peers = [rule.get("referenced_security_group_id"), rule.get("source_security_group_id")]
    if unknown and (own is UNKNOWN or UNKNOWN in peers or protocol is UNKNOWN):
        return True
    itself = rule.get("self") is True or (known(own) and own in peers)
    return itself and str(protocol) in ("-1", "all")


def _names(groups: Iterable[NodeGroup]) -> str:
    names = [one.name for one in groups]
    return ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")
