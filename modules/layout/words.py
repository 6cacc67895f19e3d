"""Words for messages."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The known word that a mistyped one is nearest to; hyphens, underscores and case do not count."""
    plain = {_folded(k): k for k in known}
    matches = difflib.get_close_matches(_folded(word), list(plain), n=1, cutoff=0.6)
    return plain[matches[0]] if matches else None


def _folded(word: str) -> str:
    return word.lower().replace("-", "_")
