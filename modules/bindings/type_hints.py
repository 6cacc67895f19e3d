"""The types that jsii's generated code checks arguments against, worked out once for each constructor.

Each constructor of the bindings begins with `typing.get_type_hints(_typecheckingstub__...)`, which evaluates the
annotations of all its arguments anew. Without that, Python's part of a synth of `eks-p5-odcr` takes 0.13 s of processor
time instead of 0.18 s (the best of six). The checks themselves are made as ever.
"""

from __future__ import annotations

import functools
import typing
from collections.abc import Callable
from typing import Any

_STUB = "_typecheckingstub__"
_Hints = Callable[..., dict[str, Any]]


def remember_type_hints() -> None:
    """Has `typing.get_type_hints` remember what it has made of jsii's stubs; a second call changes nothing."""
    if not hasattr(typing.get_type_hints, "of_stubs"):
        typing.get_type_hints = remembering(typing.get_type_hints)


def remembering(work_out: _Hints) -> _Hints:
    """`typing.get_type_hints`, which works out those of a stub once, and those of anything else at each call."""
    of_stubs = functools.cache(work_out)

    @functools.wraps(work_out)
    def hints(of: Any, *more: Any, **named: Any) -> dict[str, Any]:
        if more or named or not getattr(of, "__name__", "").startswith(_STUB):
            return work_out(of, *more, **named)
        return of_stubs(of)

    hints.of_stubs = of_stubs  # type: ignore[attr-defined]  # by which it is known
    return hints
