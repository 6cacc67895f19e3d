"""`ops review` of large plans: time and memory by the number of changes.

As a program it is `ops` itself: `python review.py review PLAN.json`.
"""

from __future__ import annotations

import runpy
import tempfile
from pathlib import Path

from bench.measure import ROOT, Sample, median_mib, median_seconds, progress, synth
from bench.report import Report

# What 10,000 changes may take.
SECONDS = 3.0
MIB = 300.0
_SIZES = (100, 1_000, 10_000)
_FORMS = ("md", "html")


def measure(report: Report, *, runs: int) -> None:
    """Measures reviews of plans that are made up."""
    # They are what the tests take too.
    from tests.plans import plan_text
    from tests.reviews import many

    samples: dict[tuple[str, int], list[Sample]] = {}
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        megabytes = {}
        for size in _SIZES:
            file = Path(folder, f"plan.{size}.json")
            file.write_text(plan_text(*many(size)), encoding="utf-8")
            megabytes[size] = file.stat().st_size / 1e6
            for form in _FORMS:
                arguments = ["review", str(file), "--format", form, "--fail-on", "never"]
                samples[form, size] = [
                    synth(Path(__file__), {"PYTHONPATH": str(ROOT)}, arguments) for _ in range(runs)
                ]
                progress(f"review, {size:,} changes, {form}: {median_seconds(samples[form, size]):.2f} s")
    report.table(
        f"Review of a plan ({runs} runs, medians)",
        ("changes", "MB", *(f"{form}, {unit}" for form in _FORMS for unit in ("s", "MiB"))),
        [
            (
                f"{size:,}",
                f"{megabytes[size]:.1f}",
                *(
                    cell
                    for form in _FORMS
                    for cell in (
                        f"{median_seconds(samples[form, size]):.2f}",
                        f"{median_mib(samples[form, size]):.0f}",
                    )
                ),
            )
            for size in _SIZES
        ],
    )
    most, least = samples["md", _SIZES[-1]], samples["md", _SIZES[0]]
    seconds, mib = median_seconds(most), median_mib(most)
    report.note(f"{_SIZES[-1]:,} changes against {_SIZES[0]}: {seconds / median_seconds(least):.1f} x the time, "
                f"{mib / median_mib(least):.1f} x the memory")  # fmt: skip
    report.check(f"{_SIZES[-1]:,} changes in {seconds:.1f} s", seconds <= SECONDS, f"bar: {SECONDS:g}")
    report.check(f"{_SIZES[-1]:,} changes in {mib:.0f} MiB", mib <= MIB, f"bar: {MIB:g}")


if __name__ == "__main__":
    runpy.run_module("ops", run_name="__main__", alter_sys=True)
