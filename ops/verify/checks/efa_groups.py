"""The security groups of EFA interfaces: one that lets all traffic through between the nodes."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

from ...checking.check import Finding, Level
from ..subject import Subject, instance_of
from .instances import Instance, all_known, asked_instances
from .telling import OfNode, by_cause, ready_nodes

_EFA = ("efa", "efa-only")
_ALL = "-1"


class EfaSecurityGroups:
    """Looks for a security group that lets all traffic to and from itself: without it EFA is there and carries nothing."""

    id = "efa-security-groups"
    level: Level = "error"
    remedy = "apply the layout, which makes such a group and puts it on every EFA interface: make deploy; then replace the nodes"

    def applies(self, subject: Subject) -> bool:
        """There is an account to ask, and a group with EFA."""
        return subject.account is not None and any(group.efa for _, _, group in subject.groups())

    def look(self, subject: Subject) -> Iterator[Finding]:
        """Each EFA interface of each node is in one.

        https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/efa-start.html#efa-start-security
        """
        known = asked_instances(subject)
        nodes = [node for node, _, group in ready_nodes(subject) if group.efa]
        interfaces = {
            id: list(_groups_of_efa(known[id])) for node in nodes if (id := instance_of(node) or "") in known
        }
        through = _through(subject, {id for those in interfaces.values() for one in those for id in one})
        unknown, found = [], []
        for node in nodes:
            of_node = interfaces.get(instance_of(node) or "")
            if of_node is None:
                unknown.append(node)
                continue
            shut = [groups for groups in of_node if through.isdisjoint(groups)]
            if shut:
                named = ", ".join(sorted({group for groups in shut for group in groups}))
                problem = (
                    f"none of the security groups of {len(shut)} of its {len(of_node)} EFA interfaces ({named}) lets all "
                    "traffic to and from itself"
                )
                found.append(OfNode(node, problem))
        yield from by_cause(found)
        all_known(unknown)


def _through(subject: Subject, ids: Collection[str]) -> set[str]:
    """Those security groups that let all traffic through to and from themselves."""
    if not ids or subject.account is None:
        return set()
    found = subject.account.pages("ec2", "describe_security_groups", "SecurityGroups", GroupIds=sorted(ids))
    return {str(one["GroupId"]) for one in found if _lets_itself_through(one)}


def _groups_of_efa(instance: Instance) -> Iterator[list[str]]:
    """The security groups of each EFA interface of an instance."""
    for one in instance.get("NetworkInterfaces") or ():
        groups = [str(group["GroupId"]) for group in one.get("Groups") or ()]
        if one.get("InterfaceType") in _EFA and groups:
            yield groups


def _lets_itself_through(group: Mapping[str, Any]) -> bool:
    """Whether all protocols come in from the group and go out to it; a rule for 0.0.0.0/0 lets no EFA traffic out."""
    return all(
        _allowed(group.get(way) or (), group["GroupId"]) for way in ("IpPermissions", "IpPermissionsEgress")
    )


def _allowed(permissions: Iterable[Mapping[str, Any]], id: str) -> bool:
    return any(
        one.get("IpProtocol") == _ALL
        and any(pair.get("GroupId") == id for pair in one.get("UserIdGroupPairs") or ())
        for one in permissions
    )
