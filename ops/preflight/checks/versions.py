"""Kubernetes versions and add-ons: what EKS offers, and what the step from a running cluster is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta, timezone
from typing import Any

from modules import catalog
from modules.layout.models import Addon

from ...aws.account import Answer
from ...checking.check import Finding, Level, UnaskedError
from ..subject import Subject
from .clusters import is_ours, named_cluster

_VERSIONS = "eks:DescribeClusterVersions"
_PATH = "kubernetes_version"
_SOON = timedelta(days=60)
# 0.60 USD an hour and not 0.10; 730 hours a month: https://aws.amazon.com/eks/pricing/
_EXTENDED = "the control plane costs 0.60 USD an hour and not 0.10, 365 USD more a month"


def offered_versions(subject: Subject) -> dict[str, Answer]:
    """What EKS says of each version that it offers or offered in the region, the oldest first.

    Raises:
        UnaskedError: as `Account.ask`.
    """
    answer = subject.account.pages(
        "eks", "describe_cluster_versions", "clusterVersions", clusterType="eks", includeAll=True
    )
    return {one["clusterVersion"]: one for one in sorted(answer, key=lambda one: _key(one["clusterVersion"]))}


class SupportedVersion:
    """EKS makes clusters of versions in support alone, and asks six times the price in extended support."""

    id = "kubernetes-version"
    level: Level = "error"
    remedy = "Write another kubernetes_version."
    actions: tuple[str, ...] = (_VERSIONS, "eks:DescribeCluster")

    def applies(self, _subject: Subject) -> bool:
        """Every layout has a version."""
        return True

    def look(self, subject: Subject) -> Iterator[Finding]:
        """The version is offered, and standard support has more than 60 days."""
        versions = offered_versions(subject)
        version = subject.layout.kubernetes_version
        today = _day(subject.now)
        supported = [name for name, one in versions.items() if _status(one, today) == "standard"]
        take = f"Write one of {', '.join(supported)}." if supported else self.remedy
        found = versions.get(version)
        if found is None:
            offered = ", ".join(name for name, one in versions.items() if _status(one, today) != "ended")
            yield Finding(
                _PATH, f"EKS in {subject.layout.region} does not offer {version}; it offers {offered}", take
            )
            return
        yield from _support(subject, found, today, take)
        yield from _dates(version, found)


def _support(subject: Subject, found: Answer, today: date, take: str) -> Iterator[Finding]:
    version, status = subject.layout.kubernetes_version, _status(found, today)
    standard, extended = _end(found, "Standard"), _end(found, "Extended")
    if status == "ended":
        problem = f"support of Kubernetes {version} has ended{_since(extended)}"
        running = named_cluster(subject)
        if running is not None and running.get("version") == version and is_ours(subject, running):
            yield Finding(
                _PATH, f"{problem}: EKS upgrades the cluster by itself, any day", _next(version), "warning"
            )
        else:
            yield Finding(_PATH, f"{problem}: EKS makes no cluster of it", take)
    elif status == "extended":
        until = f", until {extended}" if extended else ""
        problem = f"Kubernetes {version} is in extended support{_since(standard)}{until}: {_EXTENDED}"
        if extended is not None and extended - today <= _SOON:
            problem += "; then EKS upgrades the cluster by itself"
        yield Finding(_PATH, problem, take, "warning")
    elif standard is not None and standard - today <= _SOON:
        then = (
            "EKS upgrades the control plane by itself then"
            if subject.layout.cluster.support_type == "STANDARD"
            else f"from then on {_EXTENDED}"
        )
        yield Finding(
            _PATH,
            f"standard support of Kubernetes {version} ends on {standard}, in {(standard - today).days} days: {then}",
            "Write a newer one, or plan the upgrade.",
            "warning",
        )


def _dates(version: str, found: Answer) -> Iterator[Finding]:
    known = catalog.kubernetes_version(version)
    told = _end(found, "Standard"), _end(found, "Extended")
    if known is None or None in told:
        return
    ours = known.end_of_standard_support, known.end_of_extended_support
    if ours != told:
        yield Finding(
            _PATH,
            f"EKS says that standard support ends on {told[0]} and extended support on {told[1]}, the catalogue {ours[0]} "
            f"and {ours[1]}",
            "Bring the catalogue up to date: python -m modules.catalog.refresh",
            "info",
        )


class AddonVersions:
    """An add-on that EKS does not offer for the version stops an apply after the control plane is there and paid for."""

    id = "addon-versions"
    level: Level = "error"
    remedy = "See `aws eks describe-addon-versions --kubernetes-version VERSION --addon-name NAME`."
    actions: tuple[str, ...] = (_VERSIONS, "eks:DescribeAddonVersions")

    def applies(self, subject: Subject) -> bool:
        """There is an add-on."""
        return bool(_enabled(subject))

    def look(self, subject: Subject) -> Iterator[Finding]:
        """Each add-on is offered for the version, in the version that is pinned or a default one."""
        version = subject.layout.kubernetes_version
        try:
            found = offered_versions(subject).get(version)
            if found is None or _status(found, _day(subject.now)) == "ended":
                return  # That is the version's fault, which another check tells.
        except UnaskedError:
            pass
        for name, addon in _enabled(subject).items():
            entries = subject.account.pages(
                "eks",
                "describe_addon_versions",
                "addons",
                ("ResourceNotFoundException", "InvalidParameterException"),
                addonName=name,
                kubernetesVersion=version,
            )
            offered = _for_version([one for entry in entries for one in entry["addonVersions"]], version)
            yield from self._judged(f"addons.{name}", name, addon, version, offered)

    def _judged(
        self, where: str, name: str, addon: Addon, version: str, offered: Mapping[str, bool]
    ) -> Iterator[Finding]:
        command = f"aws eks describe-addon-versions --kubernetes-version {version}"
        if not offered:
            yield Finding(
                where,
                f"EKS has no add-on {name} for Kubernetes {version}",
                f"Correct the name, or write enabled: false. Those that there are: {command} "
                "--query 'addons[].addonName'",
            )
        elif addon.version is not None and addon.version not in offered:
            default = next((one for one, is_default in offered.items() if is_default), next(iter(offered)))
            yield Finding(
                f"{where}.version",
                f"EKS does not offer {addon.version} of {name} for Kubernetes {version}",
                f"Write {default}, or leave version: out to have the default.",
            )
        elif addon.version is None and not addon.most_recent and not any(offered.values()):
            yield Finding(
                where,
                f"no version of {name} is EKS's default for Kubernetes {version}",
                f"Write most_recent: true, or pin a version: {next(iter(offered))}.",
            )


class RunningCluster:
    """EKS takes a control plane up by one minor version at a time, and changes none that is busy."""

    id = "running-cluster"
    level: Level = "error"
    remedy = "Go one minor version at a time."
    actions: tuple[str, ...] = ("eks:DescribeCluster",)

    def applies(self, _subject: Subject) -> bool:
        """Every layout may be deployed already."""
        return True

    def look(self, subject: Subject) -> Iterator[Finding]:
        """The version is the running cluster's or the next, and the cluster is active."""
        cluster = named_cluster(subject)
        if cluster is None or not is_ours(subject, cluster):
            return
        name = subject.layout.name
        if cluster.get("status") not in ("ACTIVE", None):
            yield Finding(
                "name",
                f"the cluster {name} is {cluster['status']}, and EKS refuses changes until it is ACTIVE",
                f"See `aws eks describe-cluster --region {subject.layout.region} --name {name} --query cluster.status`.",
                "warning",
            )
        wanted, running = subject.layout.kubernetes_version, str(cluster["version"])
        step = _key(wanted)[-1] - _key(running)[-1]
        if step > 1:
            yield Finding(
                _PATH,
                f"the cluster runs Kubernetes {running}, and EKS goes to {wanted} by single minor versions",
                f"Write {_plus_one(running)}, deploy it, and go on from there.",
            )
        elif step == -1:
            # https://docs.aws.amazon.com/eks/latest/userguide/rollback-cluster.html
            yield Finding(
                _PATH,
                f"the cluster runs Kubernetes {running}: EKS goes back to {wanted} only within 7 days of the upgrade, and "
                "only if no node is newer",
                f'Write "{running}", if the cluster is not to go back.',
                "warning",
            )
        elif step < -1:
            yield Finding(
                _PATH,
                f"the cluster runs Kubernetes {running}, and EKS does not go back to {wanted}",
                f'Write "{running}".',
            )


def _enabled(subject: Subject) -> dict[str, Addon]:
    return {name: addon for name, addon in subject.layout.addons.items() if addon.enabled}


def _for_version(versions: Sequence[Answer], kubernetes: str) -> dict[str, bool]:
    """The add-on's versions for a Kubernetes version in EKS's order, and whether each is the default."""
    return {
        one["addonVersion"]: bool(compatible.get("defaultVersion"))
        for one in versions
        for compatible in one.get("compatibilities", ())
        if compatible.get("clusterVersion") == kubernetes
    }


def _status(version: Mapping[str, Any], today: date) -> str:
    """The support on a day: by the dates, and where EKS gives none, as it says."""
    standard, extended = _end(version, "Standard"), _end(version, "Extended")
    said = str(version.get("versionStatus") or version.get("status") or "").upper().replace("-", "_")
    if said == "UNSUPPORTED" or (extended is not None and extended <= today):
        return "ended"
    if said == "EXTENDED_SUPPORT" or (standard is not None and standard <= today):
        return "extended"
    return "standard"


def _end(version: Mapping[str, Any], kind: str) -> date | None:
    moment: datetime | None = version.get(f"endOf{kind}SupportDate")
    return None if moment is None else _day(moment)


def _day(moment: datetime) -> date:
    # EKS's dates begin at midnight UTC, and boto3 answers in whatever zone the service wrote.
    return moment.astimezone(timezone.utc).date()


def _since(day: date | None) -> str:
    return f" since {day}" if day else ""


def _next(version: str) -> str:
    return f"Upgrade it yourself at a time of your own: write {_plus_one(version)}."


def _plus_one(version: str) -> str:
    major, minor = _key(version)
    return f'"{major}.{minor + 1}"'


def _key(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))
