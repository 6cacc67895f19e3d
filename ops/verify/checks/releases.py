"""The Helm releases, by what Helm keeps of them in the cluster."""

from __future__ import annotations

import base64
import binascii
import gzip
import json
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from modules.layout.models import HelmRelease

from ...checking.check import Finding, Level, UnaskedError
from ..cluster import Object
from ..subject import Subject, labels_of

# https://github.com/helm/helm/blob/main/pkg/release/v1/status.go
_UNDER_WAY = ("pending-install", "pending-upgrade", "pending-rollback", "uninstalling")
_GONE = ("uninstalled",)


@dataclass(frozen=True, slots=True)
class Revision:
    """The newest revision of a release.

    Args:
        secret: that Helm keeps it in.
        number: of the revision.
        status: of the revision, `deployed` where all is well.
    """

    secret: Object
    number: int
    status: str

    @property
    def namespace(self) -> str:
        """Where the release is."""
        return str(self.secret["metadata"].get("namespace"))

    def content(self) -> dict[str, Any] | None:
        """What Helm says of it, or None where that cannot be read.

        JSON in gzip in base64, and that once more in base64, as all secrets are:
        https://github.com/helm/helm/blob/main/pkg/storage/driver/util.go
        """
        try:
            packed = base64.b64decode(base64.b64decode(self.secret["data"]["release"]))
            found = json.loads(gzip.decompress(packed) if packed[:2] == b"\x1f\x8b" else packed)
        except (KeyError, TypeError, ValueError, binascii.Error, EOFError, OSError, zlib.error):
            return None
        return found if isinstance(found, dict) else None


def newest(subject: Subject) -> dict[str, list[Revision]]:
    """The newest revision of each release in each namespace, by the release's name.

    Raises:
        UnaskedError: secrets may not be listed.
    """
    found: dict[tuple[str, str], Revision] = {}
    for secret in subject.cluster.helm_secrets():
        labels = labels_of(secret)
        name, version = labels.get("name", ""), labels.get("version", "")
        number = int(version) if version.isdigit() else 0
        one = Revision(secret, number, str(labels.get("status")))
        key = (name, one.namespace)
        if key not in found or found[key].number < number:
            found[key] = one
    by_name: dict[str, list[Revision]] = {}
    for (name, _), one in sorted(found.items(), key=lambda item: item[0]):
        if one.status not in _GONE:
            by_name.setdefault(name, []).append(one)
    return by_name


def is_missing(subject: Subject, name: str) -> bool:
    """Whether a release of the layout is not in the cluster, which the check of releases tells."""
    try:
        return subject.layout.has_release(name) and name not in newest(subject)
    except UnaskedError:
        return False


class Releases:
    """Every Helm release has to be deployed, at the layout's version: values are made for one version of a chart."""

    id = "helm-releases"
    level: Level = "error"
    remedy = "apply the platform stack: make deploy"

    def applies(self, subject: Subject) -> bool:
        """There are releases."""
        return any(release.enabled for release in subject.layout.helm_releases.values())

    def look(self, subject: Subject) -> Iterator[Finding]:
        """The newest revision of each is deployed, of the layout's chart and version, in its namespace."""
        revisions = newest(subject)
        for name, release in subject.layout.helm_releases.items():
            if not release.enabled:
                continue
            where = f"helm_releases.{name}"
            found = revisions.get(name, [])
            here = [one for one in found if one.namespace == release.namespace]
            if here:
                yield from self._of_revision(where, name, release, here[0])
            elif found:
                places = ", ".join(one.namespace for one in found)
                yield Finding(where, f"is in the namespace {places}, and the layout says {release.namespace}")
            else:
                stack = subject.layout.platform_stack
                yield Finding(
                    where,
                    f"is not in the cluster: the stack {stack} has not been applied, or somebody removed it",
                )

    def _of_revision(self, where: str, name: str, release: HelmRelease, found: Revision) -> Iterator[Finding]:
        content = found.content()
        if content is None:
            secret = found.secret["metadata"]["name"]
            yield Finding(
                where,
                f"what Helm keeps of it cannot be read: secret {found.namespace}/{secret}",
                level="warning",
            )
            return
        said = str((content.get("info") or {}).get("description") or "").rstrip(".")
        told = f": {' '.join(said.split())}" if said else ""
        if found.status != "deployed":
            back = (
                f"helm -n {found.namespace} rollback {name}"
                if found.number > 1
                else f"helm -n {found.namespace} uninstall {name}"
            )
            cut = "was cut off, or is under way" if found.status in _UNDER_WAY else "did not come to its end"
            remedy = f"where nobody is at it, {back}; then apply: make deploy"
            yield Finding(
                where,
                f"is {found.status} (revision {found.number}): the last run of Helm {cut}{told}",
                remedy,
            )
            return
        metadata = (content.get("chart") or {}).get("metadata") or {}
        chart, version = str(metadata.get("name")), str(metadata.get("version"))
        if chart != release.chart:
            yield Finding(where, f"is the chart {chart}, and the layout says {release.chart}")
        elif version.removeprefix("v") != release.version.removeprefix("v"):
            yield Finding(where, f"is deployed at {chart} {version}, and the layout says {release.version}")
