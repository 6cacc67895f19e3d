"""The picture as one HTML file that needs no network: each resource's arguments on a click, found by name, a plan's changes."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from html import unescape
from pathlib import Path
from typing import Any

from ..review.plan import Plan
from .details import details

_FOLDER = Path(__file__).parent
_STYLE = re.compile(r"<style[^>]*>(.*?)</style>", re.S)


def page(
    title: str,
    pictures: Mapping[str, str],
    documents: Mapping[str, Mapping[str, Any]],
    plans: Sequence[Plan] = (),
    theme: str = "auto",
) -> str:
    """The HTML of a picture.

    Args:
        title: the layout's name.
        pictures: the picture as SVG, `light` and `dark`, which differ in their `<style>`; boxes are `g.box`
            with `data-addresses`.
        documents: Terraform JSON by stack.
        plans: what would be done to them.
        theme: light, dark, or auto, which is what the reader's system has; a button changes it.
    """
    import jinja2

    script = _text("page.js")
    style = f"{_text('page.css')}\n{_themes(pictures['light'], pictures['dark'])}"
    # Nothing is fetched, and no script runs but ours, whatever a name in a layout holds.
    rules = {
        "default-src": "'none'",
        "script-src": _hashed(script),
        "style-src": _hashed(style),
        "base-uri": "'none'",
        "form-action": "'none'",
    }
    environment = jinja2.Environment(
        autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    return environment.from_string(_text("page.html.j2")).render(
        title=title,
        theme=theme,
        policy="; ".join(f"{name} {value}" for name, value in rules.items()),
        # These three are not escaped: two files of ours, and the drawing, whose texts are escaped as XML.
        style=style,
        script=script,
        picture=_STYLE.sub("", pictures["light"]),
        data={
            "planned": bool(plans),
            "resources": [asdict(one) for one in details(documents, plans)],
        },
    )


def _text(name: str) -> str:
    return (_FOLDER / name).read_text(encoding="utf-8")


def _themes(light: str, dark: str) -> str:
    """The pictures' own styles, of which the page chooses one: by the reader's system, or by the button."""
    if _STYLE.sub("", light) != _STYLE.sub("", dark):
        raise ValueError("the light picture is another than the dark one")
    bright, dim = ("\n".join(map(unescape, _STYLE.findall(one))) for one in (light, dark))
    system = f'@media (prefers-color-scheme: dark) {{ :root[data-theme="auto"] {{{dim}}} }}'
    return f'{bright}\n{system}\n:root[data-theme="dark"] {{{dim}}}\n'


def _hashed(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
