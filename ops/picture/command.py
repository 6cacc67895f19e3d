"""`ops picture`: a layout's synthesized Terraform JSON as a picture."""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from modules.app import synthesize
from modules.layout import Loaded

from ..errors import UsageError
from ..files import write_whole
from ..review.plan import Plan
from .planned import read_plans, verbs

SUFFIXES = (".svg", ".png", ".html")
Theme = Literal["auto", "light", "dark"]


@dataclass(frozen=True, slots=True)
class Request:
    """What to draw: the options of the command. Without `output`, NAME.svg in the working directory."""

    output: Path | None = None
    plans: Sequence[Path] = ()
    theme: Theme = "auto"


def picture(loaded: Loaded, request: Request) -> Path:
    """Draws a layout, writes the picture and says where.

    Raises:
        UsageError: an option does not fit the layout.
        PngError: it cannot be a PNG.
        WriteError: the file cannot be written.
    """
    output = request.output or Path(f"{loaded.layout.name}.svg")
    if output.suffix not in SUFFIXES:
        raise UsageError(
            f"-o {output}: name a file that ends in {', '.join(SUFFIXES[:-1])} or {SUFFIXES[-1]}"
        )
    if not output.parent.is_dir():
        raise UsageError(f"-o {output}: there is no folder {output.parent}")
    for warning in loaded.warnings:
        print(warning, file=sys.stderr)
    documents = synthesized(loaded)
    plans = read_plans(request.plans, documents)
    for plan in plans:
        if plan.errored:
            print(f"the plan of {plan.stack} failed: it is not all that would be done", file=sys.stderr)
    write_whole(output, drawn(loaded.layout.name, output.suffix, documents, plans, request.theme))
    print(f"wrote {output}", file=sys.stderr)
    return output


def synthesized(loaded: Loaded) -> dict[str, dict[str, Any]]:
    """The Terraform JSON of a layout's stacks, in their order."""
    with tempfile.TemporaryDirectory(prefix="picture-") as scratch:
        folder = synthesize([loaded], str(Path(scratch, "out"))) / "stacks"
        return {
            stack: json.loads((folder / stack / "cdk.tf.json").read_text(encoding="utf-8"))
            for stack in loaded.layout.stacks
        }


def drawn(
    name: str,
    suffix: str,
    documents: Mapping[str, dict[str, Any]],
    plans: Sequence[Plan] = (),
    theme: Theme = "auto",
) -> str | bytes:
    """The picture as a file of that suffix holds it. A PNG cannot follow the reader's system: it is light, or dark."""
    from .drawing import draw
    from .svg import svg

    drawing = draw(documents, verbs(plans) if plans else None)
    if suffix == ".png":
        from .png import png

        return png(svg(drawing, theme="light" if theme == "auto" else theme))
    if suffix == ".html":
        from .page import page

        pictures = {one: svg(drawing, theme=one, scripted=True) for one in ("light", "dark")}
        return page(name, pictures, documents, plans, theme)
    return svg(drawing, theme=theme)
