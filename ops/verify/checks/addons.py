"""The add-ons, as EKS sees them."""

from __future__ import annotations

from collections.abc import Iterator

from modules.layout import is_known

from ...checking.check import Finding, Level
from ..subject import Subject
from .known import addon

# https://docs.aws.amazon.com/eks/latest/APIReference/API_Addon.html
_UNDER_WAY = ("CREATING", "UPDATING")
# What the pods themselves tell better: https://docs.aws.amazon.com/eks/latest/APIReference/API_AddonIssue.html
_OF_PODS = ("InsufficientNumberOfReplicas",)


class Addons:
    """EKS has to have every add-on, and call it active: one that it could not change is not what the layout says."""

    id = "addons"
    level: Level = "error"
    remedy = "apply the layout: make deploy"

    def applies(self, subject: Subject) -> bool:
        """There is an account to ask, and an add-on."""
        return subject.account is not None and any(one.enabled for one in subject.layout.addons.values())

    def look(self, subject: Subject) -> Iterator[Finding]:
        """Each is installed and active, at the version that the layout names."""
        for name, section in subject.layout.addons.items():
            if not section.enabled:
                continue
            where, found = f"addons.{name}", addon(subject, name)
            if found is None:
                yield Finding(where, "EKS has not installed it")
                continue
            status, version = str(found.get("status")), str(found.get("addonVersion"))
            issues = (found.get("health") or {}).get("issues") or []
            if status in _UNDER_WAY:
                yield Finding(where, f"EKS is at it: {status}", "wait: ops verify --wait 15", "warning")
            elif status != "ACTIVE":
                if issues and all(one.get("code") in _OF_PODS for one in issues):
                    continue
                told = "; ".join(
                    f"{one.get('code')}: {' '.join(str(one.get('message')).split())}" for one in issues
                )
                ask = (
                    f"aws eks describe-addon --region {subject.layout.region} --cluster-name {subject.layout.name} "
                    f"--addon-name {name}"
                )
                yield Finding(where, f"EKS says {status}{f': {told}' if told else ''}".rstrip("."), ask)
            elif section.version is not None and is_known(section.version) and version != section.version:
                yield Finding(where, f"is at {version}, and the layout says {section.version}")
