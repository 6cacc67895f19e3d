"""Commands that look at plans which are there already."""

from __future__ import annotations

import sys
import traceback
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperCommand

from modules.layout import LayoutError

from ..errors import UsageError, refusing
from ..presets import console
from ..review.command import Form, Request, print_rules, run_review
from ..review.review import Bar
from .app import app

# https://man.freebsd.org/cgi/man.cgi?query=sysexits: EX_USAGE and EX_SOFTWARE. 1 and 2 are results here.
_BAD_INPUT = 64
_BROKEN = 70


class _Command(TyperCommand):
    """Typer's own refusals of a command line end with the status of bad input too."""

    def make_context(self, *arguments: Any, **options: Any) -> Any:
        """Reads the command line."""
        try:
            return super().make_context(*arguments, **options)
        except Exception as error:
            # Typer does not export the class.
            if getattr(error, "exit_code", None) == 2 and not isinstance(error, typer.Exit):
                error.exit_code = _BAD_INPUT  # type: ignore[attr-defined]  # what the line above has found
            raise


@app.command(cls=_Command)
def review(
    plans: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="PLAN.json...",
            help="Plans by `terraform show -json` or `ops plan --json`, each called after its stack; - for standard input.",
        ),
    ] = None,
    format: Annotated[
        Form | None,
        typer.Option(
            help="md is for a comment on a pull request. Default: by the suffix of --output, else text.",
            show_default=False,
        ),
    ] = None,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", metavar="FILE", help="Write it there. Default: print it.")
    ] = None,
    fail_on: Annotated[
        Bar, typer.Option(help="From which level on findings make the exit status other than 0.")
    ] = "warn",
    layout: Annotated[
        list[str] | None,
        typer.Option(
            metavar="LAYOUT",
            help="What its review.accept accepts does not count; may be repeated.",
        ),
    ] = None,
    rules: Annotated[bool, typer.Option("--rules", help="List the rules, and read nothing.")] = False,
) -> None:
    """Say of plans what matters: what would stop training, what needs a second look, and capacity before and after.

    Exit status: 0 nothing at or above --fail-on, 1 warnings (or notes), 2 stops, 64 bad input, 70 the review itself failed.
    """
    status = _BROKEN
    with refusing(status=_BAD_INPUT, writes=output is not None):
        try:
            if rules:
                print_rules(console())
                status = 0
            else:
                status = run_review(Request(plans or (), format, output, fail_on, layout or ()), console())
        except (UsageError, LayoutError, OSError):
            raise
        # Python's own status would be 1, which says that there are warnings.
        except Exception:  # noqa: BLE001  # any fault of a rule
            traceback.print_exc(file=sys.stderr)
    raise typer.Exit(status)
