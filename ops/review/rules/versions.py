"""Versions: of Kubernetes, and of the add-ons of EKS."""

from __future__ import annotations

import re
from collections.abc import Iterator

from modules.catalog.kubernetes import kubernetes_version

from ..nodes import counted
from ..plan import Change
from ..rule import Finding, Level
from ..subject import Subject
from ..values import known, shown
from .cluster import CLUSTER
from .components import component
from .parts import Step, ends_or_anew, gone, keys, listed, parsed, step

ADDON = "aws_eks_addon"
_MINOR = re.compile(r"1\.(\d+)")
DIRECTIONS: dict[Step, str] = {
    "downgrade": "back to an older version",
    "major": "up by a major version",
    "minor": "up by a minor version",
    "patch": "up by a patch",
}


class KubernetesVersion:
    """Another version of Kubernetes: EKS goes up by one minor version at a time, and back only for a week."""

    # https://docs.aws.amazon.com/eks/latest/userguide/update-cluster.html
    # https://docs.aws.amazon.com/eks/latest/userguide/rollback-cluster.html
    id = "kubernetes-version"
    level: Level = "warn"

    def look(self, subject: Subject) -> Iterator[Finding]:
        """Jumps and ways back (stop), and single steps (warn)."""
        for one in subject.of(CLUSTER):
            was, becomes = one.was("version"), one.becomes("version")
            minors = [_MINOR.fullmatch(text) for text in (was, becomes) if isinstance(text, str)]
            if one.verb != "update" or was == becomes or len(minors) != 2:
                continue
            old, new = (int(match[1]) if match else 0 for match in minors)
            if not old or not new:
                continue
            if new - old > 1:
                yield Finding(
                    one,
                    f"EKS upgrades by one minor version at a time and refuses {new - old}: the apply fails, after it may have changed other things.",
                    f"Go to 1.{old + 1} first, with the nodes, and then on, one version after the other.",
                    was,
                    becomes,
                    level="stop",
                )
            elif new < old:
                yield Finding(
                    one,
                    "EKS goes back one minor version only, only within 7 days of the upgrade, and only while no node is newer than "
                    "the control plane will be: else the apply fails, after it may have changed other things."
                    if old - new == 1
                    else "EKS does not go back by more than one minor version: the apply fails, after it may have changed other things.",
                    f"Keep {was}; an old branch may have brought this. If the upgrade was a mistake, roll the node groups back first, and the cluster "
                    "with `aws eks update-cluster-version` after the readiness checks of the user guide."
                    if old - new == 1
                    else f"Keep {was}.",
                    was,
                    becomes,
                    level="stop",
                )
            else:
                yield Finding(one, _up(one, subject), _before_up(was), was, becomes)


def _up(cluster: Change, subject: Subject) -> str:
    groups = [
        group
        for group in subject.node_groups
        if group.change.stack == cluster.stack and "version" in group.rolled_by
    ]
    nodes = sum(group.nodes.desired or 0 for group in groups)
    rolls = (
        f" The nodes of {counted(len(groups), 'group')} ({counted(nodes, 'node')}) follow in the same apply and are replaced: jobs on them restart "
        "from their last checkpoint."
        if groups
        else " No node group follows in this plan; nodes may be older than the control plane, but not for long."
    )
    if groups and not nodes and all(group.nodes.desired == 0 for group in groups):
        rolls = f" The {counted(len(groups), 'group')} that follow in the same apply have no node now."
    return f"The control plane is upgraded; pods go on, and its API may fail for seconds.{rolls} After a week there is no way back."


def _before_up(was: str) -> str:
    return (
        f"Look at `aws eks list-insights` for APIs that the next version no longer has, check that charts and add-ons support it, let jobs write "
        f"a checkpoint, and choose a time between runs. Within 7 days, EKS can take the control plane back to {was}."
    )


class KubernetesSupport:
    """A version of Kubernetes out of standard support: it costs more, and past the end EKS upgrades it by itself."""

    # https://docs.aws.amazon.com/eks/latest/userguide/kubernetes-versions.html
    id = "kubernetes-support"
    level: Level = "note"

    def look(self, subject: Subject) -> Iterator[Finding]:
        """Clusters that are made with such a version, or brought to one."""
        for one in subject.of(CLUSTER):
            version = one.becomes("version")
            if one.verb not in ("create", "update", "replace") or not isinstance(version, str):
                continue
            about = kubernetes_version(version)
            if about is None or one.was("version") == version or step(one.was("version"), version) == "downgrade":  # fmt: skip
                continue
            support = about.support(subject.today)
            was = shown(one.was("version")) if one.before else ""
            if support == "extended":
                yield Finding(
                    one,
                    f"Standard support of {version} ended on {about.end_of_standard_support}: each hour of the cluster costs extra until {about.end_of_extended_support}, and "
                    "then EKS upgrades it by itself.",
                    "Go on to a version in standard support soon.",
                    was,
                    version,
                )
            elif support == "ended":
                yield Finding(
                    one,
                    f"All support of {version} ended on {about.end_of_extended_support}: EKS makes no cluster of it any more, and upgrades those that there are.",
                    "Choose a version that EKS supports.",
                    was,
                    version,
                    level="stop",
                )


class AddonVersion:
    """Another version of an add-on: its pods restart on the nodes, some of them on every one that trains."""

    id = "addon-version"
    level: Level = "warn"

    def look(self, subject: Subject) -> Iterator[Finding]:
        """Add-ons that are updated: a note where it is a patch of one that does no harm."""
        for one in subject.of(ADDON):
            was, becomes = one.was("addon_version"), one.becomes("addon_version")
            if one.verb != "update" or was == becomes or not known(was):
                continue
            name = one.was("addon_name")
            about = component(name)
            distance = step(was, becomes)
            direction = f" ({DIRECTIONS[distance]})" if distance else ""
            quiet = distance in ("minor", "patch") and not (about.risky and distance == "minor")
            yield Finding(
                one,
                f"{shown(name)} changes in place{direction}. {about.update}",
                "Be sure that the older version knows all that the newer one has set up."
                if distance == "downgrade"
                else "Apply it while no job starts, and look at its release notes first."
                if not quiet
                else "Nothing, if no job starts just then.",
                shown(was),
                shown(becomes),
                level="note" if quiet else None,
            )


class AddonRemoved:
    """An add-on that is removed, or removed and made again: what it does for the pods of all nodes is missing meanwhile, or for good."""

    # https://docs.aws.amazon.com/eks/latest/userguide/removing-an-add-on.html
    id = "addon-removed"
    level: Level = "warn"

    def look(self, subject: Subject) -> Iterator[Finding]:
        """Add-ons that go from a cluster that stays."""
        lost = subject.losing(CLUSTER)
        for one in gone(subject.of(ADDON)):
            if one.stack in lost:
                continue
            name = shown(one.was("addon_name"))
            about = component(name)
            if one.was("preserve") is True:
                yield Finding(
                    one,
                    f"{name} keeps running (preserve), but EKS no longer manages it: nobody upgrades it with the cluster.",
                    "Be sure that something else manages it from now on.",
                    shown(one.was("addon_version")),
                    "unmanaged",
                    level="note",
                )
            else:
                yield Finding(
                    one,
                    f"{name} is {ends_or_anew(one)}. {about.gone}",
                    "Keep it, or have what takes its place run first; `preserve = true` leaves its pods where they are.",
                    shown(one.was("addon_version")),
                    "gone" if one.verb == "delete" else "made anew",
                    level=about.loss,
                )


class AddonConfiguration:
    """Other settings of an add-on: its pods restart with them on every node."""

    id = "addon-configuration"
    level: Level = "note"

    def look(self, subject: Subject) -> Iterator[Finding]:
        """Configuration values that differ, by their keys; what they are is not told."""
        for one in subject.of(ADDON):
            was, becomes = one.was("configuration_values"), one.becomes("configuration_values")
            if one.verb != "update" or was == becomes:
                continue
            name = one.was("addon_name")
            different = keys(parsed(was), parsed(becomes)) if known(becomes) or becomes is None else ()
            yield Finding(
                one,
                f"{shown(name)} gets other settings. {component(name).update}",
                "Try them on another cluster first."
                if component(name).risky
                else "Nothing, if no job starts just then.",
                "",
                listed(different) or "settings that cannot be told",
                level="warn" if component(name).risky else None,
            )


RULES = (KubernetesVersion(), AddonRemoved(), AddonVersion(), KubernetesSupport(), AddonConfiguration())
