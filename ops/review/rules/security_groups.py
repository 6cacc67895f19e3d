"""Security groups: what may reach nodes, file systems and load balancers, and what no longer may."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from ..plan import Change
from ..rule import Finding, Level
from ..subject import Subject
from ..values import at, known, shown
from .efa import efa_users, security_groups
from .network import VPC
from .parts import blocks, ends_or_anew, gone, is_world, listed, texts

_ONE_RULE = ("aws_vpc_security_group_ingress_rule", "aws_security_group_rule")
_OUT_RULE = ("aws_vpc_security_group_egress_rule", "aws_security_group_rule")
_ITSELF = "the group itself"
_INLINE = ("aws_security_group", "aws_default_security_group")
# Lustre's: https://docs.aws.amazon.com/fsx/latest/LustreGuide/limit-access-security-groups.html
_LUSTRE = (988, 1018)
# What a web server answers on.
_WEB = (80, 443)


@dataclass(frozen=True, slots=True, order=True)
class Opening:
    """One source that may reach some ports. `first` is None where all ports are meant, or they are not known."""

    source: str
    protocol: str
    first: int | None
    last: int | None

    @property
    def is_web(self) -> bool:
        """Whether these are the ports of HTTP and HTTPS only."""
        return self.protocol == "tcp" and self.first == self.last and self.first in _WEB

    def __str__(self) -> str:
        if self.first is None or self.protocol == "-1":
            return f"all ports from {self.source}"
        ports = str(self.first) if self.first == self.last else f"{self.first}-{self.last}"
        return f"{self.protocol}/{ports} from {self.source}"


def _of_rule(side: dict[str, Any]) -> frozenset[Opening]:
    if not side or side.get("type") == "egress":
        return frozenset()
    return _ends(side)


def _ends(side: dict[str, Any]) -> frozenset[Opening]:
    """What a rule lets in, or out."""
    protocol = side.get("ip_protocol", side.get("protocol"))
    own = side.get("security_group_id") if protocol in ("-1", "all") else None
    peers = {*texts(side.get("source_security_group_id")), *texts(side.get("referenced_security_group_id"))}
    itself = side.get("self") is True or (known(own) and own in {one.rpartition("/")[2] for one in peers})
    sources = {
        *([_ITSELF] if itself else ()),
        *texts(side.get("cidr_ipv4")), *texts(side.get("cidr_ipv6")),
        *texts(side.get("cidr_blocks")), *texts(side.get("ipv6_cidr_blocks")),
        *texts(side.get("prefix_list_id")), *texts(side.get("prefix_list_ids")),
        *(one for one in peers if one.rpartition("/")[2] != own),
    }  # fmt: skip
    return _openings(sources, protocol, side)


def _openings(sources: set[str], protocol: Any, side: dict[str, Any]) -> frozenset[Opening]:
    first, last = side.get("from_port"), side.get("to_port")
    every = protocol in ("-1", "all")
    return frozenset(
        Opening(
            source,
            "-1" if every else shown(protocol),
            first if not every and isinstance(first, int) else None,
            last if not every and isinstance(last, int) else None,
        )
        for source in sources
    )


def _of_group(side: dict[str, Any], way: str = "ingress") -> frozenset[Opening]:
    found: set[Opening] = set()
    for block in blocks(side.get(way)):
        sources = {
            *([_ITSELF] if block.get("self") is True else ()),
            *texts(block.get("cidr_blocks")), *texts(block.get("ipv6_cidr_blocks")),
            *texts(block.get("prefix_list_ids")), *texts(block.get("security_groups")),
        }  # fmt: skip
        found |= _openings(sources, block.get("protocol"), block)
    return frozenset(found)


def _sides(change: Change) -> tuple[frozenset[Opening], frozenset[Opening]]:
    read = _of_group if change.type in _INLINE else _of_rule
    return read(change.before), read(change.after)


class GroupOpened:
    """A security group that lets more in: the world (stop; a warning where it is a web server's port), or other groups and ranges."""

    id = "security-group-opened"
    level: Level = "stop"

    def look(self, subject: Subject) -> Iterator[Finding]:
        """Sources that are new; of groups that are new too, only the world."""
        for one in subject.of(*_ONE_RULE, *_INLINE):
            if one.verb not in ("create", "update", "replace"):
                continue
            before, after = _sides(one)
            new = {opening for opening in after - before if opening.source != _ITSELF}
            world = {opening for opening in new if is_world(opening.source)}
            # A group that the plan makes is in use by nobody yet; a rule alone may be of a group that is.
            is_new = one.verb == "create" and (one.type in _INLINE or not known(one.after.get("security_group_id")))  # fmt: skip
            if world:
                only_web = all(opening.is_web for opening in world)
                level: Level = "stop" if not only_web else "note" if is_new else "warn"
                yield Finding(
                    one,
                    "Everybody on the internet may reach what has this group, if it has a public address."
                    if only_web
                    else "Everybody on the internet may reach these ports of what has this group, nodes and file systems perhaps.",
                    "Be sure that it is a load balancer's group."
                    if only_web
                    else "Name the ranges or the group that need it.",
                    listed(map(str, before)),
                    listed(map(str, after)),
                    level=level,
                )
            elif new and not is_new and one.verb != "create":
                yield Finding(
                    one,
                    f"What has this group can also be reached on {listed(map(str, new))}.",
                    "Be sure who that is.",
                    listed(map(str, before)),
                    listed(map(str, after)),
                    level="note",
                )


class GroupClosed:
    """Traffic that a security group no longer lets in or out: connections over it break, of file systems and of pods too."""

    id = "security-group-closed"
    level: Level = "warn"

    def look(self, subject: Subject) -> Iterator[Finding]:
        """Sources that go; stop where it is Lustre's, since training then hangs in its next read, and where nodes lose their way out."""
        yield from self._in(subject)
        yield from self._out(subject)

    def _out(self, subject: Subject) -> Iterator[Finding]:
        groups = {str(one.was("id")) for one in gone(subject.of("aws_security_group"))}
        lost_network = subject.losing(VPC)
        nodes = {
            id
            for group in subject.node_groups
            if group.template is not None
            for id in security_groups(group.template.before)
        }
        stays = _ways_out(subject)
        for one in subject.of(*_OUT_RULE, *_INLINE):
            own = _own(one)
            if one.verb not in ("delete", "update", "replace") or one.is_deposed or one.stack in lost_network:
                continue
            if (one.type in _INLINE and one.goes) or own in groups or not _is_told(one, "egress"):
                continue
            before, after = (_leaving(side, one.type in _INLINE) for side in (one.before, one.after))
            # One kind of rule may take the place of another.
            lost = {
                opening
                for opening in before - after
                if not any(_still(opening, stays.get((own, to), ())) for to in (opening.source, "0.0.0.0/0"))
            }
            # All to itself is EFA's, of which a rule about nodes tells.
            lost -= {opening for opening in lost if opening.source == _ITSELF and opening.protocol == "-1"}
            if not lost:
                continue
            world = any(is_world(opening.source) for opening in lost) and (own, "0.0.0.0/0") not in stays
            yield Finding(
                one,
                f"What has this group may no longer reach {listed(str(opening).replace(' from ', ' to ') for opening in lost)}."
                + (" Nodes with it alone pull no image, and reach neither the control plane nor S3." if world else ""),
                "Keep the way out." if world else "Be sure that nothing uses it.",
                listed(str(opening).replace(" from ", " to ") for opening in before),
                listed(str(opening).replace(" from ", " to ") for opening in after) or "none",
                level="stop" if world and own in nodes else None,
            )  # fmt: skip

    def _in(self, subject: Subject) -> Iterator[Finding]:
        efa = efa_users(subject)
        groups = {str(one.was("id")) for one in gone(subject.of("aws_security_group"))}
        lost_network = subject.losing(VPC)
        for one in subject.of(*_ONE_RULE, *_INLINE):
            if one.verb not in ("delete", "update", "replace") or one.is_deposed:
                continue
            if one.stack in lost_network or str(one.was("security_group_id")) in groups or (one.goes and one.type in _INLINE):  # fmt: skip
                continue
            if not _is_told(one):
                continue
            before, after = _sides(one)
            lost = {opening for opening in before - after if not _still(opening, after)}
            # All from itself is EFA's where nodes have it, and a rule about nodes tells of it.
            if _own(one) in efa:
                lost -= {opening for opening in lost if opening.source == _ITSELF and opening.protocol == "-1"}  # fmt: skip
            if not lost:
                continue
            lustre = [
                opening
                for opening in lost
                if opening.first is not None and opening.first <= _LUSTRE[1] and (opening.last or 0) >= _LUSTRE[0]
            ]  # fmt: skip
            yield Finding(
                one,
                f"What has this group can no longer be reached on {listed(map(str, lost))}."
                + (
                    " These are Lustre's ports: reads and writes of FSx hang, and with them every job that has it."
                    if lustre
                    else ""
                ),
                "Keep it as long as jobs run." if lustre else "Be sure that nothing uses it.",
                listed(map(str, before)),
                listed(map(str, after)) or "none",
                level="stop" if lustre else None,
            )


def _leaving(side: dict[str, Any], inline: bool) -> frozenset[Opening]:
    """What a group, or a rule, lets out."""
    if inline:
        return _of_group(side, "egress")
    return frozenset() if not side or side.get("type") == "ingress" else _ends(side)


def _own(change: Change) -> str:
    """The group that a change is about."""
    return str(change.was("id" if change.type in _INLINE else "security_group_id"))


def _ways_out(subject: Subject) -> dict[tuple[str, str], set[Opening]]:
    """What each group lets out afterwards, by all its rules together: by the group, and where it leads."""
    found: dict[tuple[str, str], set[Opening]] = {}
    for one in subject.of(*_OUT_RULE, *_INLINE):
        own = str(one.becomes("id" if one.type in _INLINE else "security_group_id"))
        for opening in _leaving(one.after, one.type in _INLINE):
            found.setdefault((own, opening.source), set()).add(opening)
    return found


def _is_told(change: Change, way: str = "ingress") -> bool:
    """Whether all sources afterwards are known: else one that is not told may be the same."""
    if change.type in _INLINE:
        ingress = change.becomes(way)
        parts = ("cidr_blocks", "ipv6_cidr_blocks", "security_groups", "prefix_list_ids")
        told = ingress is None or isinstance(ingress, list)
        return told and all(
            _plain(at(block, part)) for block in blocks(ingress) for part in parts
        ) and (ingress is None or len(blocks(ingress)) == len(ingress))  # fmt: skip
    return all(
        _plain(value)
        for name, value in change.after.items()
        if name.startswith(("cidr", "ipv6_cidr", "prefix_list", "source_sec", "referenced"))
    )


def _plain(value: Any) -> bool:
    if isinstance(value, list):
        return all(isinstance(one, str) for one in value)
    return value is None or isinstance(value, str)


def _still(opening: Opening, after: Iterable[Opening]) -> bool:
    """Whether what goes is let in by what stays."""
    return any(
        other.source in (opening.source, "0.0.0.0/0")
        and (
            other.protocol == "-1"
            or (
                other.protocol == opening.protocol
                and other.first is not None
                and opening.first is not None
                and other.first <= opening.first
                and (other.last or 0) >= (opening.last or 0)
            )
        )
        for other in after
    )


class GroupReplaced:
    """A security group that goes: what has it has to let it go first, and who names it as a source is no longer let in by it."""

    id = "security-group-replaced"
    level: Level = "warn"

    def look(self, subject: Subject) -> Iterator[Finding]:
        """Groups that are replaced, or destroyed, in a VPC that stays."""
        lost = subject.losing(VPC)
        # A file system that goes takes its own group with it, and the finding about it says more.
        with_files = subject.losing("aws_fsx_lustre_file_system")
        for one in gone(subject.of("aws_security_group")):
            if one.stack in lost or (one.verb == "delete" and one.stack in with_files):
                continue
            yield Finding(
                one,
                f"The group is {ends_or_anew(one)}. AWS refuses to delete it as long as a node, a file system or a load balancer has it: "
                "the apply waits, and fails after minutes.",
                "Change its rules in place; its name and description force a replacement."
                if one.verb == "replace"
                else "Take it from everything first.",
                shown(one.was("id")),
                "another one" if one.verb == "replace" else "gone",
            )


RULES = (GroupOpened(), GroupClosed(), GroupReplaced())
