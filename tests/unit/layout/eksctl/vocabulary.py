"""What eksctl's language has to say, for tests that change manifests at random: see `tests.mutations.tree`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from modules.layout.eksctl.fields import ROOT, Kind

_ROLE = "arn:aws:iam::111122223333:role/x"
# Good values and bad ones, as they may stand at any field of a kind.
_VALUES: dict[str, tuple[Any, ...]] = {
    "string": (
        *("", "x", "a b\nc", "x" * 300, "[", "${var.x}", "var.x", "PLACEHOLDER_X", '{"a": {"b": 1}}'),
        *("us-west-2", "us-west-2a", "us-west-2b", "10.0.0.0/16", "0.0.0.0/0", "1.34", "latest", "32GiB"),
        *("p5.48xlarge", "trn1.32xlarge", "m6g.large", "capacity-block", "spot", "open", "none", "auto"),
        *(
            "subnet-0123456789abcdef0",
            "vpc-0123456789abcdef0",
            "sg-0123456789abcdef0",
            "cr-0123456789abcdef0",
        ),
        *("ami-0123456789abcdef0", _ROLE, "arn:aws:iam::aws:policy/X", "NoSchedule", "system:masters"),
    ),
    "integer": (-1, 0, 1, 2, 3, 7, 100, 10**12, -(10**30)),
    "number": (0.5, -1, 0),
    "boolean": (True, False),
    "any": (
        {"Version": "2012-10-17", "Statement": []},
        {"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}},
        *({"maxPods": -1}, {"": 1}, {"${a}": "%{b}"}, [], "x", 3),
    ),
}


def _fields(
    kind: Kind, path: tuple[str, ...], around: tuple[str, ...]
) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Every field below a path with values for it; a definition inside itself is not entered again."""
    if kind.fields is None:
        values: tuple[Any, ...] = kind.choices or _VALUES[kind.name]
        if kind.shape == "list":
            values = (*([value] for value in values), list(values), [])
        elif kind.shape == "map":
            values = (*({"a": value} for value in values), *({str(value): "b"} for value in values))
        yield path, values
        return
    if path:
        yield path, ([{}] if kind.shape == "list" else {}, None)
    if kind.name not in around:
        inside = path if kind.shape == "one" else (*path, "*")
        for name, field in kind.fields.items():
            yield from _fields(field, (*inside, name), (*around, kind.name))


VOCABULARY = dict(_fields(Kind(ROOT), (), ()))
