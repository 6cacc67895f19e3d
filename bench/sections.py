"""What is measured: one function a section. A new one goes into SECTIONS and is run by `python -m bench` from then on."""

from __future__ import annotations

import itertools
import json
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from modules.bindings import STOCK_SWITCH
from modules.bindings.flavor import CDKTF, CDKTN, SWITCH, Flavor
from modules.bindings.node import wheel_node
from modules.layout import preset_names
from tests.flavor_differences import unexplained

from . import layouts
from . import offline as terraform
from . import review as reviews
from .measure import ROOT, Sample, alternate, median_mib, median_seconds, progress, synth
from .report import Report

FLOOR_PROGRAM = Path(__file__).with_name("floor.py")

# What one more may cost among the most, against the cost among fewer: 1 is a straight line, and the rest is noise.
GROWTH_BAR = 1.5
WALL_BAR = 10.0
MEMORY_BAR = 4.0
# CDK Terrain's Python is lazy by itself: what is left to gain is Node's half.
TERRAIN_WALL_BAR = 2.0
TERRAIN_MEMORY_BAR = 3.0
FLOOR_AIM = 2.0


@dataclass(frozen=True)
class Settings:
    """What to measure: the program, the layout it gets, the runs to take the median of, and whether to be quick."""

    program: Path = ROOT / "main.py"
    layout: str = "eks-p5-odcr"
    runs: int = 3
    quick: bool = False

    @property
    def node(self) -> Mapping[str, str]:
        """The Node for every program that is compared: what differs shall be the bindings."""
        return {} if wheel_node() is None else {"JSII_NODE": str(wheel_node())}

    def synth(
        self, *, stock: bool = False, layout: str | None = None, flavor: Flavor = CDKTF, **env: str
    ) -> Sample:
        """Run the program once, with fast or with stock bindings."""
        settings = {"LAYOUT": layout or self.layout, STOCK_SWITCH: "1" if stock else "0", SWITCH: flavor.name}
        return synth(self.program, {**self.node, **settings, **env})


def against_stock(settings: Settings, report: Report) -> None:
    """Fast against stock bindings of CDKTF, warm jsii cache: wall time, memory, and the same JSON."""
    _against_stock(settings, report, CDKTF, wall_bar=WALL_BAR, memory_bar=MEMORY_BAR)


def terrain(settings: Settings, report: Report) -> None:
    """The same for CDK Terrain, and whether its JSON is CDKTF's but for what the tests allow."""
    wall_bar, memory_bar = TERRAIN_WALL_BAR, TERRAIN_MEMORY_BAR
    output = _against_stock(settings, report, CDKTN, wall_bar=wall_bar, memory_bar=memory_bar)
    before = settings.synth().output
    stacks = [name for name in before if name.endswith("cdk.tf.json")]
    same = output.keys() == before.keys() and not any(
        unexplained(json.loads(before[name]), json.loads(output[name])) for name in stacks
    )
    report.check("the same resources and arguments on both flavours", same, f"{len(stacks)} stacks")


def _against_stock(
    settings: Settings, report: Report, flavor: Flavor, *, wall_bar: float, memory_bar: float
) -> Mapping[str, bytes]:
    """Compares the two on a flavour; returns what is written."""
    progress("a run of each that does not count: Python compiles modules, jsii fills its cache")
    fast_output = settings.synth(flavor=flavor).output
    same = settings.synth(flavor=flavor, stock=True).output == fast_output
    samples = alternate(
        settings.runs,
        {
            "fast": lambda: settings.synth(flavor=flavor),
            "stock": lambda: settings.synth(flavor=flavor, stock=True),
        },
    )
    same = same and all(sample.output == fast_output for runs in samples.values() for sample in runs)

    report.table(
        f"Synth of {settings.layout} on {flavor.title}, warm ({settings.runs} runs in turn, medians)",
        ("", "fast", "stock"),
        [
            ("wall, s", *(f"{median_seconds(samples[name]):.2f}" for name in ("fast", "stock"))),
            ("peak memory, MiB", *(f"{median_mib(samples[name]):.0f}" for name in ("fast", "stock"))),
        ],
    )
    report.bar(
        f"{flavor}: wall ratio",
        median_seconds(samples["stock"]) / median_seconds(samples["fast"]),
        at_least=wall_bar,
    )
    report.bar(
        f"{flavor}: memory ratio",
        median_mib(samples["stock"]) / median_mib(samples["fast"]),
        at_least=memory_bar,
    )
    report.check(f"{flavor}: output byte-identical", same, f"{len(fast_output)} files")
    return fast_output


def against_floor(settings: Settings, report: Report) -> None:
    """Against a CDKTF program that writes the same resources without provider bindings: the least that CDKTF costs."""
    synthesized = settings.synth().output
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        for name, content in synthesized.items():
            Path(folder, name).parent.mkdir(parents=True, exist_ok=True)
            Path(folder, name).write_bytes(content)

        def floor() -> Sample:
            return synth(FLOOR_PROGRAM, settings.node, [folder])

        floor()
        samples = alternate(max(settings.runs, 3), {"fast": settings.synth, "floor": floor})
    report.table(
        "Against the floor: the same resources, no provider bindings",
        ("", "fast", "floor"),
        [
            ("wall, s", *(f"{median_seconds(samples[name]):.2f}" for name in ("fast", "floor"))),
            ("peak memory, MiB", *(f"{median_mib(samples[name]):.0f}" for name in ("fast", "floor"))),
        ],
    )
    ratio = median_seconds(samples["fast"]) / median_seconds(samples["floor"])
    report.note(f"floor ratio {ratio:.1f} x (aim: under {FLOOR_AIM:g})")


def cold_cache(settings: Settings, report: Report) -> None:
    """The first run on a machine, when jsii unpacks the packages, and the second, which shall find all in place."""
    rows = []
    for flavor, stock in itertools.product((CDKTF, CDKTN), (False, True)):
        name = f"{flavor.title}, {'stock' if stock else 'fast'}"
        with tempfile.TemporaryDirectory(prefix="bench-") as cache:
            first, second = (
                settings.synth(flavor=flavor, stock=stock, JSII_RUNTIME_PACKAGE_CACHE_ROOT=cache)
                for _ in range(2)
            )
        progress(f"{name}, empty jsii cache: {first.seconds:.2f} s, then {second.seconds:.2f} s")
        rows.append(
            (name, f"{first.seconds:.1f}", f"{first.mib:.0f}", f"{second.seconds:.1f}", f"{second.mib:.0f}")
        )
    report.table("Empty jsii cache (one run)", ("", "first run, s", "MiB", "second run, s", "MiB"), rows)


def growth(settings: Settings, report: Report) -> None:
    """How time and memory grow with the node groups of a layout, and with the layouts of a run."""
    group_counts = (1, 10, 40) if settings.quick else (1, 10, 100, 300, 1000)
    layout_counts = (1, 5, 10) if settings.quick else (1, 10, 50, 100, 200)
    settings.synth()  # does not count: Python compiles modules, jsii fills its cache
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        series: Mapping[str, Mapping[int, str]] = {
            "node group": {count: layouts.with_node_groups(Path(folder), count) for count in group_counts},
            "layout": {count: layouts.several(Path(folder), count) for count in layout_counts},
        }
        for name, points in series.items():
            samples: dict[int, Sample] = {}
            for count, layout in points.items():
                samples[count] = settings.synth(layout=layout)
                progress(f"{count} of {name}: {samples[count].seconds:.2f} s")
            _tell_growth(report, name, samples, judged=not settings.quick)


def _tell_growth(report: Report, name: str, samples: Mapping[int, Sample], *, judged: bool) -> None:
    """A table with what one more costs between two points, and whether it costs no more among many than among few."""
    counts = list(samples)
    rows = []
    for before, count in zip([None, *counts], counts, strict=False):
        sample = samples[count]
        more = (
            ("", "") if before is None else [f"{cost:.0f}" for cost in _cost_of_one(samples, before, count)]
        )
        resources = layouts.count_resources(sample.output)
        rows.append(
            (f"{count:,}", f"{resources:,}", f"{sample.seconds:.1f}", more[0], f"{sample.mib:.0f}", more[1])
        )
    header = (f"{name}s", "resources", "wall, s", f"ms a {name}", "MiB", f"KiB a {name}")
    report.table(f"Growth with {name}s (one run; each step from the row above)", header, rows)
    if judged:
        first, *_, earlier, last = counts
        few, many = _cost_of_one(samples, first, earlier), _cost_of_one(samples, earlier, last)
        for what, among_few, among_many in zip(("time", "memory"), few, many, strict=True):
            told = f"{what} a {name} from {earlier:,} to {last:,}, against that up to {earlier:,}"
            report.at_most(told, among_many / among_few, bar=GROWTH_BAR)


def _cost_of_one(samples: Mapping[int, Sample], few: int, many: int) -> tuple[float, float]:
    """What one more costs between two points: milliseconds, and KiB of peak memory."""
    count = many - few
    milliseconds = 1000 * (samples[many].seconds - samples[few].seconds) / count
    return milliseconds, 1024 * (samples[many].mib - samples[few].mib) / count


def offline(settings: Settings, report: Report) -> None:
    """Terraform on stand-ins, without network and account."""
    output = settings.synth(layout=",".join(preset_names())).output
    terraform.measure(report, layout=settings.layout, runs=settings.runs, env=settings.node, output=output)


def review(settings: Settings, report: Report) -> None:
    """`ops review` of plans with up to 10,000 changes."""
    reviews.measure(report, runs=settings.runs)


SECTIONS: Mapping[str, Callable[[Settings, Report], None]] = {
    "stock": against_stock,
    "terrain": terrain,
    "floor": against_floor,
    "cold": cold_cache,
    "growth": growth,
    "offline": offline,
    "review": review,
}
