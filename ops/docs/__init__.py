"""`ops docs`: the pages that are written from the code."""

from __future__ import annotations

from pathlib import Path

from ..files import write_whole
from ..schema import SCHEMA, schema_text
from .check_reference import check_reference
from .error_reference import error_reference
from .layout_reference import layout_reference, sections
from .pictures import write_pictures
from .review_reference import review_reference

__all__ = [
    "check_reference",
    "error_reference",
    "layout_reference",
    "review_reference",
    "sections",
    "write_docs",
    "write_pictures",
]


def write_docs(folder: Path) -> None:
    """Writes every page that comes from the code, and the schema, below a folder."""
    pages = {
        Path("docs/layout.md"): layout_reference(),
        Path("docs/errors.md"): error_reference(),
        Path("docs/checks.md"): check_reference(),
        Path("docs/review-rules.md"): review_reference(),
        Path(SCHEMA.parent.name, SCHEMA.name): schema_text(),
    }
    for name, text in pages.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        write_whole(file, text)
