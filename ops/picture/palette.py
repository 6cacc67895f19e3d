"""Colours, in light and in dark: enough contrast to read (WCAG 2, 4.5 to 1), and no meaning by colour alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Paint:
    """The fill and the border of a kind of box; `dashes` as in SVG."""

    fill: str
    stroke: str
    dashes: str = ""
    thick: float = 1.0


@dataclass(frozen=True, slots=True)
class Theme:
    """All colours of a picture."""

    background: str
    text: str
    muted: str
    link: str
    kinds: Mapping[str, Paint]
    changes: Mapping[str, Paint]


# Changes are in colours that stay different for the colour-blind (after Okabe and Ito, https://jfly.uni-koeln.de/color/):
# green leans to blue, red to orange.
LIGHT = Theme(
    "#ffffff",
    "#1b2733",
    "#4a5866",
    "#5b6b7b",
    {
        "box": Paint("#ffffff", "#8494a4"),
        "heading": Paint("none", "none"),
        "region": Paint("#f6f8fa", "#8494a4", "6 4"),
        "stack": Paint("#ffffff", "#44566b", thick=1.5),
        "vpc": Paint("#f5f0fb", "#7d55b5", thick=1.5),
        "zone": Paint("#fbf9fe", "#7b8794", "4 3"),
        "public": Paint("#eaf6ec", "#4d8f5b"),
        "private": Paint("#e9f1fb", "#4878b0"),
        "band": Paint("#e9f1fb", "#4878b0", "4 3"),
        "control-plane": Paint("#fff4e5", "#c77a14"),
        "addons": Paint("#fffaf2", "#d9b07a"),
        "addon": Paint("#fff4e5", "#d9b07a"),
        "accelerated": Paint("#fdf3c9", "#a98600", thick=1.5),
        "node": Paint("#ffffff", "#a98600"),
        "bus": Paint("#f6dd74", "#a98600"),
        "file-system": Paint("#e3f4f2", "#2d857b"),
        "store": Paint("#e3f4f2", "#2d857b"),
        "namespace": Paint("#f3f6f9", "#8494a4"),
        "workload": Paint("#e8ecfb", "#5566b8"),
        "balancer": Paint("#f5f0fb", "#7d55b5"),
        "gone": Paint("#fdf5f3", "#b3321b", "6 4"),
    },
    {
        "create": Paint("#d6f2e3", "#00734f", thick=2.5),
        "update": Paint("#ffe9b8", "#8a5a00", thick=2.5),
        "replace": Paint("#ffdcd2", "#b3321b", thick=3),
        "delete": Paint("#ffdcd2", "#b3321b", "7 4", thick=3),
        "forget": Paint("#e7e9ec", "#56616c", "2 3", thick=2.5),
    },
)
DARK = Theme(
    "#0f151b",
    "#e8edf2",
    "#b3bfca",
    "#8fa0b0",
    {
        "box": Paint("#1a232c", "#6d7f90"),
        "heading": Paint("none", "none"),
        "region": Paint("#131b22", "#6d7f90", "6 4"),
        "stack": Paint("#172028", "#93a5b6", thick=1.5),
        "vpc": Paint("#201a2b", "#a98add", thick=1.5),
        "zone": Paint("#1d1e2b", "#8794a2", "4 3"),
        "public": Paint("#17291c", "#63aa72"),
        "private": Paint("#16243a", "#6d9bd2"),
        "band": Paint("#16243a", "#6d9bd2", "4 3"),
        "control-plane": Paint("#33230c", "#d9943c"),
        "addons": Paint("#231c12", "#8f7245"),
        "addon": Paint("#33230c", "#8f7245"),
        "accelerated": Paint("#342c0a", "#cfae2f", thick=1.5),
        "node": Paint("#1a1806", "#cfae2f"),
        "bus": Paint("#5c4c08", "#cfae2f"),
        "file-system": Paint("#10292a", "#4fb0a5"),
        "store": Paint("#10292a", "#4fb0a5"),
        "namespace": Paint("#1c2630", "#6d7f90"),
        "workload": Paint("#1e2547", "#8a9bea"),
        "balancer": Paint("#201a2b", "#a98add"),
        "gone": Paint("#26140f", "#f08a70", "6 4"),
    },
    {
        "create": Paint("#0c3626", "#4fd39a", thick=2.5),
        "update": Paint("#40300a", "#f0b83c", thick=2.5),
        "replace": Paint("#4a1a10", "#f08a70", thick=3),
        "delete": Paint("#4a1a10", "#f08a70", "7 4", thick=3),
        "forget": Paint("#2b323a", "#a7b3bf", "2 3", thick=2.5),
    },
)
# Kinds whose boxes are full of others.
HOLDING = ("region", "stack", "vpc", "zone", "public", "private", "band", "namespace", "addons", "gone")
