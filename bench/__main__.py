"""`python -m bench`: measure synthesis and hold it against its bars.

Progress goes to stderr, results to stdout. Exit status: 0 every bar met, 1 a bar missed, 2 nothing measured.
"""

from __future__ import annotations

import argparse
import os
import platform
import sys
from pathlib import Path

from .measure import MEMORY_METHOD, SynthFailedError
from .report import Report
from .sections import SECTIONS, Settings


def _arguments() -> argparse.Namespace:
    defaults = Settings()
    parser = argparse.ArgumentParser(prog="python -m bench", description="Measure synthesis.")
    parser.add_argument(
        "sections", nargs="*", metavar="SECTION", help=f"of: {', '.join(SECTIONS)} (default: all)"
    )
    parser.add_argument("--runs", type=int, help=f"runs to take the median of (default: {defaults.runs})")
    parser.add_argument("--quick", action="store_true", help="one run, short growth series, no cold cache")
    parser.add_argument(
        "--layout", default=defaults.layout, help="layout to synthesize (default: %(default)s)"
    )
    parser.add_argument(
        "--program", type=Path, default=defaults.program, help="program to run (default: main.py)"
    )
    arguments = parser.parse_args()
    unknown = sorted(set(arguments.sections) - set(SECTIONS))
    if unknown:
        parser.error(f"no section {', '.join(unknown)}; there are {', '.join(SECTIONS)}")
    if arguments.runs is not None and arguments.runs < 1:
        parser.error("--runs must be 1 or more")
    return arguments


def main() -> int:
    """Run the sections that were asked for."""
    arguments = _arguments()
    settings = Settings(
        program=arguments.program.resolve(),
        layout=arguments.layout,
        runs=arguments.runs or (1 if arguments.quick else Settings.runs),
        quick=arguments.quick,
    )
    report = Report()
    report.note(
        f"Python {platform.python_version()}, {platform.system()} {platform.machine()}, {os.cpu_count()} CPUs"
    )
    report.note(f"Memory: {MEMORY_METHOD}.")
    sections = arguments.sections or [name for name in SECTIONS if not (settings.quick and name == "cold")]
    try:
        for name in sections:
            SECTIONS[name](settings, report)
    except SynthFailedError as error:
        print(f"bench: {error}", file=sys.stderr)
        return 2
    if report.missed:
        report.note(f"\nMissed: {'; '.join(report.missed)}")
    return 1 if report.missed else 0


if __name__ == "__main__":
    sys.exit(main())
