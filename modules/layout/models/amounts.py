"""Amounts of CPU and memory: numbers, where Kubernetes' own manifests have quantities with a unit."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from ..forms import wrong

# https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/
_QUANTITY = re.compile(r"([0-9]+(?:\.[0-9]+)?)\s*(m|[KMGTP]i?B?|k)?\Z")
_OF_CPU = {"": 1.0, "m": 0.001}
# In GiB.
_OF_MEMORY = {
    "": 1.0,
    "Ki": 2.0**-20,
    "Mi": 2.0**-10,
    "Gi": 1.0,
    "Ti": 2.0**10,
    "k": 1e3 / 2**30,
    "M": 1e6 / 2**30,
    "G": 1e9 / 2**30,
    "T": 1e12 / 2**30,
}


def _number(units: dict[str, float], what: str) -> Callable[[Any], Any]:
    def check(value: Any) -> Any:
        """Text and truth values are no numbers, whatever pydantic makes of them."""
        if isinstance(value, bool):
            raise wrong(f"is {str(value).lower()}, not a number", f"Write {what} as a number.")
        if not isinstance(value, str):
            return value
        found = _QUANTITY.match(value)
        unit = (found[2] or "").removesuffix("B") if found else ""
        if found and unit in units:
            amount = f"{float(found[1]) * units[unit]:.4g}"
            raise wrong(
                f"{value!r} is text, not a number", f"Write {amount}: {what}, without unit or quotes."
            )
        shown = value if len(value) <= 60 else f"{value[:57]}..."
        raise wrong(f"{shown!r} is text, not a number", f"Write {what} as a number, without unit or quotes.")

    return check


# The smallest that Kubernetes has is a thousandth of a CPU: its page on quantities, above.
Cpus = Annotated[
    float,
    Field(ge=0.001, le=1000, allow_inf_nan=False),
    BeforeValidator(_number(_OF_CPU, "CPUs")),
]
Gib = Annotated[
    float,
    Field(ge=0.001, le=32768, allow_inf_nan=False),
    BeforeValidator(_number(_OF_MEMORY, "GiB")),
]
SharedGib = Annotated[
    float,
    Field(ge=0.001, le=16384, allow_inf_nan=False),
    BeforeValidator(_number(_OF_MEMORY, "GiB")),
]
