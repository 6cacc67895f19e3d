"""What has changed outside Terraform, and whether the plan takes it back."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ..plan import Change
from ..rule import Finding, Level
from ..subject import Subject
from ..values import UNKNOWN, Path, at, leaves, shown
from .parts import dotted, listed

# What AWS writes by itself all the time; nobody has changed anything.
_ITS_OWN = frozenset(
    ("tags_all", "status", "latest_version", "platform_version", "modified_at", "updated_at", "last_modified", "arn", "id", "instance_count")
)  # fmt: skip
# What autoscalers change all day.
_SCALED: dict[str, set[Path]] = {
    "aws_eks_node_group": {("scaling_config", 0, "desired_size")},
    "aws_autoscaling_group": {("desired_capacity",)},
}


class Drift:
    """What somebody has changed outside Terraform: this plan may take it back, in the middle of a run."""

    id = "drift"
    level: Level = "warn"

    def look(self, subject: Subject) -> Iterator[Finding]:
        """Differences that this plan takes back (warn), and those that it leaves (note)."""
        planned = {(one.stack, one.address): one for one in subject.changes}
        for one in subject.drift:
            change = planned.get((one.stack, one.address))
            if one.verb == "delete":
                again = change is not None and change.verb in ("create", "replace")
                yield Finding(
                    one,
                    "It was deleted outside Terraform"
                    + (", and this plan makes it again, empty." if again else "."),
                    "Ask who has deleted it, and why.",
                    one.label,
                    "made again" if again else "gone",
                )
                continue
            by_hand = dict(_differences(one))
            if not by_hand:
                continue
            back = {path: pair for path, pair in by_hand.items() if _goes_back(change, path, pair)}
            # An autoscaler's daily work, where the configuration leaves it the size.
            if not back and set(by_hand) <= _SCALED.get(one.type, set()):
                continue
            told = back or by_hand
            yield Finding(
                one,
                f"Changed outside Terraform: {listed(map(dotted, by_hand))}. "
                + (
                    f"This plan takes back {listed(map(dotted, back))}."
                    if back
                    else "This plan leaves it as it is now."
                ),
                "Ask who has changed it before you apply; what shall stay belongs into the configuration."
                if back
                else "Write it into the configuration, or take it back by hand.",
                _shortly({path: pair[1] for path, pair in told.items()}),
                _shortly({path: pair[0] for path, pair in told.items()}) if back else "stays so",
                level=None if back else "note",
            )  # fmt: skip


def _differences(drifted: Change) -> Iterator[tuple[Path, tuple[Any, Any]]]:
    for name in drifted.arguments:
        if name in _ITS_OWN or name.endswith(("_arn", "_id")):
            continue
        old, new = (
            {path: value for path, value in leaves(side.get(name), (name,)) if not _nothing(value)}
            for side in (drifted.before, drifted.after)
        )
        for path in {**old, **new}:
            if old.get(path) != new.get(path):
                yield path, (old.get(path), new.get(path))


def _nothing(value: Any) -> bool:
    """Providers do not agree about null, empty text and empty lists."""
    return value is None or value is UNKNOWN or (isinstance(value, str | list | dict) and not value)


def _goes_back(change: Change | None, path: Path, pair: tuple[Any, Any]) -> bool:
    """Whether the plan gives an argument back the value from before somebody changed it, or yet another one."""
    if change is None or not change.happens:
        return False
    becomes = at(change.after, *path)
    if becomes is None and not _nothing(pair[1]):
        return change.verb in ("update", "replace")
    return bool(becomes is not UNKNOWN and becomes != pair[1])


def _shortly(values: dict[Path, Any]) -> str:
    told = sorted(f"{dotted(path)} = {shown(value, 40)}" for path, value in values.items())
    return ", ".join(told[:3]) + (f" and {len(told) - 3} more" if len(told) > 3 else "")


RULES = (Drift(),)
