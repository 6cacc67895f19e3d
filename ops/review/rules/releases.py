"""Helm releases: the operators, device plugins and controllers that jobs need."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import yaml

from ..plan import Change
from ..rule import Finding, Level
from ..subject import Subject
from ..values import known, shown
from .components import Component, component
from .parts import gone, keys, listed, step, why
from .versions import DIRECTIONS

RELEASE = "helm_release"


def _about(release: Change) -> Component:
    return component(release.was("chart"), release.was("name"))


def _chart(side: dict[str, Any]) -> str:
    return f"{shown(side.get('chart'))} {shown(side.get('version'))}"


class ReleaseRemoved:
    """A Helm release that is uninstalled: what it does for jobs ends, and what its chart defines goes with it."""

    # Definitions in a chart's `crds` folder stay, and so do the objects of them; those among its templates go with all their objects:
    # https://helm.sh/docs/chart_best_practices/custom_resource_definitions/
    id = "release-removed"
    level: Level = "warn"

    def look(self, subject: Subject) -> Iterator[Finding]:
        """Releases that go, or go and are installed anew."""
        for one in gone(subject.of(RELEASE)):
            about = _about(one)
            anew = one.verb == "replace"
            forced = f" {why(one)}" if why(one) else ""
            yield Finding(
                one,
                f"{one.label} is {'uninstalled and installed anew' if anew else 'uninstalled'}{forced}. {about.gone}"
                + (
                    " Objects whose definition is among the chart's templates are deleted in between."
                    if anew
                    else ""
                ),
                "Change it in place, with the same name and namespace."
                if anew
                else "Let the jobs that need it end first; delete their objects while it still runs.",
                _chart(one.before),
                _chart(one.after) if anew else "gone",
                level=about.loss,
            )


class ReleaseVersion:
    """Another version of a chart: its controllers and the pods that it has on every node restart."""

    id = "release-version"
    level: Level = "warn"

    def look(self, subject: Subject) -> Iterator[Finding]:
        """Releases of another version or chart: a note where it is a patch that does no harm."""
        for one in subject.of(RELEASE):
            if one.verb != "update":
                continue
            was, becomes = one.was("version"), one.becomes("version")
            other_chart = one.differs("chart") or one.differs("repository")
            if not other_chart and (was == becomes or not known(was)):
                continue
            about = _about(one)
            distance = step(was, becomes)
            direction = f" ({DIRECTIONS[distance]})" if distance else ""
            quiet = not other_chart and distance in ("patch", "minor") and not (
                about.risky and distance == "minor"
            )  # fmt: skip
            source = " It comes from another chart or repository." if other_chart else ""
            remedy = (
                "Nothing, if no job starts just then."
                if quiet
                else "Read its upgrade notes: Helm does not update what a chart has in its crds folder. Apply it between runs."
            )
            if distance == "downgrade":
                remedy = "Be sure that the older version can read the objects of the newer one; an old branch may have brought this."
            yield Finding(
                one,
                f"{one.label} is upgraded in place{direction}.{source} {about.update}".replace(
                    "is upgraded", "is taken back" if distance == "downgrade" else "is upgraded"
                ),
                remedy,
                _where(one.before, other_chart),
                _where(one.after, other_chart),
                level="note" if quiet else None,
            )


def _where(side: dict[str, Any], whole: bool) -> str:
    if not whole:
        return shown(side.get("version"))
    repository = side.get("repository")
    return f"{_chart(side)} of {shown(repository)}" if known(repository) else _chart(side)


class ReleaseValues:
    """Other values of a chart: its pods restart where they show up in them."""

    id = "release-values"
    level: Level = "note"

    def look(self, subject: Subject) -> Iterator[Finding]:
        """Values that differ, by their keys; what they are is not told, since some are secret."""
        for one in subject.of(RELEASE):
            if one.verb != "update":
                continue
            different = _different(one)
            if not different:
                continue
            # The one value by which the GPU operator takes the driver in its hands.
            driver = any(key == "driver" or key.startswith("driver.") for key in different)
            evicts = "gpu-operator" in (one.was("chart"), one.was("name")) and driver
            yield Finding(
                one,
                f"{one.label} gets other values. {_about(one).update}",
                "Apply it between runs: other settings of the driver may evict every pod with a GPU."
                if evicts
                else "Nothing, if no job starts just then.",
                "",
                f"changed: {listed(different, 8)}",
                level="warn" if evicts else None,
            )


def _different(release: Change) -> tuple[str, ...]:
    found: set[str] = set()
    if release.differs("values"):
        old, new = (_values(side.get("values")) for side in (release.before, release.after))
        found.update(("values",) if old is None or new is None else keys(old, new))
    for part in ("set", "set_list", "set_sensitive", "set_wo"):
        before, after = release.was(part) or [], release.becomes(part) or []
        if before != after:
            if isinstance(before, list) and isinstance(after, list):
                old, new = (_settings(side) for side in (before, after))
                named = {name for name in {*old, *new} if old.get(name) != new.get(name)}
                found.update(named or {part})
            else:
                found.add(part)
    return tuple(sorted(found))


def _values(value: Any) -> Any:
    """The values of a release put together as Helm does it, at the top level; None where they cannot be read."""
    if value is None:
        return {}
    if not isinstance(value, list):
        return None
    merged: dict[str, Any] = {}
    for text in value:
        if not isinstance(text, str):
            return None
        try:
            document = yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)) or {}
        except yaml.YAMLError:
            return None
        if not isinstance(document, dict):
            return None
        merged = _merged(merged, document)
    return merged


def _merged(first: dict[Any, Any], second: dict[Any, Any]) -> dict[Any, Any]:
    result = {**first}
    for name, value in second.items():
        old = result.get(name)
        result[name] = _merged(old, value) if isinstance(old, dict) and isinstance(value, dict) else value
    return result


def _settings(items: list[Any]) -> dict[str, Any]:
    return {
        str(one["name"]): one.get("value")
        for one in items
        if isinstance(one, dict) and isinstance(one.get("name"), str)
    }


RULES = (ReleaseRemoved(), ReleaseVersion(), ReleaseValues())
