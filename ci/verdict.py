"""`python -m ci.verdict DIR`: ends with the status of the review in a folder, after what it found has been uploaded."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from .job import give, tell
from .review import STOP, Result


def main(folder: str) -> int:
    """Says what the review found; 2 where there is something to stop, else 0: a warning does not fail a job."""
    result = Result.read(Path(folder))
    give(os.environ, changes=json_bool(result.changes), fingerprint=result.fingerprint)
    if result.status >= STOP:
        tell(os.environ, "error", "The review says stop: see review.md and the summary.")
        return STOP
    if result.status:
        tell(os.environ, "warning", "The review has warnings: see review.md and the summary.")
    return 0


def json_bool(value: bool) -> str:
    """As expressions of a workflow read it."""
    return "true" if value else "false"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
