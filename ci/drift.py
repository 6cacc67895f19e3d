"""`python -m ci.drift DIR`: one open issue for each layout that is not as it is deployed, and none for the others.

Below the folder is what `ci.review --real` has left of each. The issue is found by a hidden marker and by its author; it is written anew
each night, and closed when what is deployed is what the layout says again. What could not be planned opens an issue too, and
never closes one: nobody knows then.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path

from .comment import LIMIT, marker
from .forge import Forge, ForgeError, forge
from .job import tell
from .neutral import within
from .review import Result


def keep_issue(where: Forge, layout: str, differs: bool, text: str) -> str:
    """Opens, writes anew or closes the issue of a layout; returns which.

    Raises:
        ForgeError: the forge refuses.
    """
    mark = marker(f"drift of {layout}")
    mine = next((one for one in where.issues() if one.body.startswith(mark)), None)
    if not differs:
        if mine is None:
            return "none"
        where.close(mine, f"{mark}\nWhat is deployed is what `{layout}` says again.")
        return "closed"
    body = f"{mark}\n{within(text, LIMIT, '*The rest is cut off: the run has all of it.*')}"
    if mine is None:
        where.open_issue(f"Drift: {layout} is not as it is deployed", body)
        return "opened"
    where.edit(mine, body)
    return "updated"


def differs(result: Result) -> bool:
    """Whether a plan of the main branch would change something, or could not be made."""
    return result.changes or not result.planned or not result.stacks


def main(found: str, environment: Mapping[str, str] = os.environ) -> int:
    """Keeps the issues; 1 where the forge refuses."""
    run = environment.get("RUN_URL", "")
    where = forge(environment)
    try:
        for folder in sorted(file.parent for file in Path(found).rglob("result.json")):
            result = Result.read(folder)
            [layout] = result.layouts
            text = (
                f"A plan of `{layout}` as the main branch has it would change what is deployed: somebody changed it by hand, a "
                f"deploy is missing, or it failed half-way ([run]({run})). Deploy it, or write what is wanted into the layout.\n\n"
            )
            done = keep_issue(
                where, layout, differs(result), text + (folder / "review.md").read_text(encoding="utf-8")
            )
            tell(
                environment,
                "notice",
                f"{layout}: issue {done}" if done != "none" else f"{layout}: as deployed",
            )
    except ForgeError as error:
        tell(environment, "error", str(error))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
