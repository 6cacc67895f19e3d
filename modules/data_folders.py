"""Where the files lie that ship with the code: presets and values of charts.

In a checkout they are folders of their own beside the package; in an installed package they are inside it (pyproject.toml,
`[tool.setuptools.package-dir]`). This is the one place that knows both.
"""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent


def _folder(in_checkout: str, in_package: str) -> Path:
    installed = _PACKAGE / in_package
    return installed if installed.is_dir() else _PACKAGE.parent / in_checkout


PRESETS = _folder("presets", "presets")
HELM_VALUES = _folder("helm-values", "helm_values")
