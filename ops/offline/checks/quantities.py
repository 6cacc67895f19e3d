"""Quantities of Kubernetes: https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/ ."""

from __future__ import annotations

import re
from fractions import Fraction
from typing import Final

from .problem import quoted

_QUANTITY = re.compile(r"([+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+))([EPTGMk]i?|Ki|[num]|[eE][+-]?[0-9]+)?")
_DECIMAL: Final = ("n", "u", "m", "", "k", "M", "G", "T", "P", "E")
_BINARY: Final = ("Ki", "Mi", "Gi", "Ti", "Pi", "Ei")
_FACTORS: Final = {
    **{suffix: Fraction(1000) ** (power - 3) for power, suffix in enumerate(_DECIMAL)},
    **{suffix: Fraction(1024) ** power for power, suffix in enumerate(_BINARY, 1)},
}


class QuantityError(ValueError):
    """A text is no quantity."""


def quantity(value: str | int | float) -> Fraction:
    """The number that a quantity stands for.

    Raises:
        QuantityError: it is none.
    """
    found = _QUANTITY.fullmatch(str(value))
    if found is None or found[2] == "ki":
        raise QuantityError(
            f"{quoted(value)} is no quantity: one is a number, with m, k, M, G, T, Ki, Mi, Gi or Ti behind it."
        )
    number, suffix = Fraction(found[1]), found[2] or ""
    if suffix[:1] in ("e", "E") and len(suffix) > 1 and suffix != "Ei":
        return number * Fraction(10) ** int(suffix[1:])
    return number * _FACTORS[suffix]


def canonical(value: str) -> str:
    """A quantity as Kubernetes writes it: of one form, the shortest number with a suffix that keeps it whole.

    Raises:
        QuantityError: it is none.
    """
    amount = quantity(value)
    found = _QUANTITY.fullmatch(value)
    suffix = (found and found[2]) or ""
    if suffix in _BINARY and amount.denominator == 1:
        for one in reversed(_BINARY):
            if amount and (amount / _FACTORS[one]).denominator == 1:
                return f"{amount / _FACTORS[one]}{one}"
        return str(amount)
    for one in reversed(_DECIMAL):
        if amount and (amount / _FACTORS[one]).denominator == 1:
            return f"{amount / _FACTORS[one]}{one}"
    return "0"
