"""The two families of packages that can write a layout's Terraform JSON, and which of them is asked for.

CDKTF was archived in December 2025; CDK Terrain (https://cdktn.io) carries it on under other names. Code here and in
layouts' extensions says `cdktf`, whichever of them runs: see `renamed_import`.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.machinery import PathFinder
from pathlib import Path

SWITCH = "CDK_FLAVOR"


class FlavorError(ValueError):
    """The flavour that is asked for is none, its packages are not installed, or cdktf.json cannot be read for it."""


@dataclass(frozen=True, slots=True)
class Flavor:
    """One family of packages.

    Attributes:
        name: as `CDK_FLAVOR` has it.
        title: as its makers write it.
        library: the import package of the library, which stands for `cdktf`.
        provider_prefix: of the import package of a provider's bindings, before the provider's name.
        npm_scope: of the npm package that those bindings are made from.
        command: of its command line.
        install: what installs its packages in a checkout.
    """

    name: str
    title: str
    library: str
    provider_prefix: str
    npm_scope: str
    command: str
    install: str

    def provider_package(self, provider: str) -> str:
        """The import package of a provider's bindings: `cdktf_cdktf_provider_aws`."""
        return f"{self.provider_prefix}{provider}"

    def provider_distribution(self, provider: str) -> str:
        """What pip installs for it: `cdktf-cdktf-provider-aws`."""
        return self.provider_package(provider).replace("_", "-")

    @property
    def is_installed(self) -> bool:
        """Whether the library itself is there, whatever its name leads to in this process; it is not imported."""
        return PathFinder.find_spec(self.library) is not None

    def __str__(self) -> str:
        return self.name


CDKTF = Flavor(
    "cdktf",
    "CDKTF",
    library="cdktf",
    provider_prefix="cdktf_cdktf_provider_",
    npm_scope="@cdktf",
    command="cdktf",
    install="pipenv sync",
)
CDKTN = Flavor(
    "cdktn",
    "CDK Terrain",
    library="cdktn",
    provider_prefix="cdktn_provider_",
    npm_scope="@cdktn",
    command="cdktn",
    install="make setup-cdktn",
)
FLAVORS: Mapping[str, Flavor] = {one.name: one for one in (CDKTF, CDKTN)}


def chosen_flavor(environment: Mapping[str, str] | None = None, folder: Path | None = None) -> Flavor:
    """The flavour that is asked for: `CDK_FLAVOR`, or `flavor` in the context of cdktf.json; CDKTF without either.

    Args:
        environment: the process's own without it.
        folder: where cdktf.json lies; the working directory without it.

    Raises:
        FlavorError: there is no flavour of that name, or cdktf.json cannot be read.
    """
    return asked_flavor(environment, folder) or CDKTF


def asked_flavor(environment: Mapping[str, str] | None = None, folder: Path | None = None) -> Flavor | None:
    """As `chosen_flavor`; None where nobody has said anything.

    Raises:
        FlavorError: there is no flavour of that name, or cdktf.json cannot be read.
    """
    given = (os.environ if environment is None else environment).get(SWITCH, "").strip()
    origin = SWITCH
    if not given:
        file = (folder or Path.cwd()) / "cdktf.json"
        context = cdktf_context(file)
        if "flavor" not in context:
            return None
        given, origin = str(context["flavor"]), f"{file}: context.flavor"
    if given not in FLAVORS:
        raise FlavorError(f"{origin} is {given!r}. Write {' or '.join(FLAVORS)}.")
    return FLAVORS[given]


def cdktf_context(file: Path) -> Mapping[str, object]:
    """The context of a cdktf.json; empty where there is no such file, or nothing of that in it.

    Raises:
        FlavorError: it cannot be read. What it chooses is not known then, and the default would plan a cluster of CDK
            Terrain with the older providers.
    """
    try:
        settings = json.loads(file.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise FlavorError(f"{file}: cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise FlavorError(f"{file} is no JSON: {error}") from error
    context = settings.get("context", {}) if isinstance(settings, dict) else None
    if not isinstance(context, dict):
        raise FlavorError(f'{file}: write an object, with an object as its "context"')
    return context
