"""Which packages the plain `cdktf` imports lead to, and how they load only what a program uses.

`install()` chooses the flavour, CDKTF or CDK Terrain (`CDK_FLAVOR`, or `flavor` in the context of cdktf.json), and makes
the bindings of its providers lazy. Stock, `import cdktf_cdktf_provider_aws.vpc` runs all 2,212 modules of the AWS
provider, once in Python and once more in the Node process behind jsii: 20 seconds and 1 GiB before the first resource
exists. The JSON that comes out is the same to the byte. See docs/speed.md.

    from modules.bindings import install

    install()  # before anything imports cdktf

    from cdktf_cdktf_provider_aws.vpc import Vpc

`CDKTF_STOCK_BINDINGS=1` in the environment leaves the packages of either flavour as they are published.
"""

from __future__ import annotations

import os
import sys

from .flavor import CDKTF, FLAVORS, Flavor, FlavorError, chosen_flavor
from .lazy_import import LazyProviderFinder, is_provider_package
from .node import NodeNotFoundError, node_environment
from .renamed_import import RenamedFinder, renamed

__all__ = [
    "STOCK_SWITCH",
    "FlavorError",
    "LateInstallError",
    "NodeNotFoundError",
    "active_flavor",
    "install",
    "stock_bindings_wanted",
]

STOCK_SWITCH = "CDKTF_STOCK_BINDINGS"


class LateInstallError(RuntimeError):
    """`install()` was called after the modules that it is there for."""


def stock_bindings_wanted() -> bool:
    """Whether the environment asks for the bindings as they are published."""
    return os.environ.get(STOCK_SWITCH, "") not in ("", "0")


def active_flavor() -> Flavor:
    """The flavour that `cdktf` leads to in this process."""
    return next((one.flavor for one in sys.meta_path if isinstance(one, RenamedFinder)), CDKTF)


def install(flavor: Flavor | None = None) -> None:
    """Choose the flavour, and make its providers lazy in this process and in the Node process that jsii will start.

    Calling it again does nothing. It changes `sys.meta_path` and the environment variables `NODE_OPTIONS` and, unless
    it is set, `JSII_NODE`.

    Args:
        flavor: what `CDK_FLAVOR` or cdktf.json chooses without it.

    Raises:
        FlavorError: there is no such flavour, it is not installed, or another one is active already.
        LateInstallError: jsii, cdktf or a provider package is imported already.
        NodeNotFoundError: there is no Node to run jsii with.
    """
    wanted = flavor or chosen_flavor()
    if any(isinstance(finder, LazyProviderFinder | RenamedFinder) for finder in sys.meta_path):
        if flavor is not None and flavor is not active_flavor():
            raise FlavorError(f"{flavor} is asked for, and {active_flavor()} is active in this process.")
        return
    if wanted is not CDKTF and not wanted.is_installed:
        raise FlavorError(
            f"The packages of {wanted.title} are not installed, and CDK_FLAVOR or the context of cdktf.json asks for "
            f"{wanted}. Run `{wanted.install}`, or choose another flavour: {', '.join(FLAVORS)}."
        )
    _refuse_late(wanted)
    if wanted is not CDKTF:
        sys.meta_path.insert(0, RenamedFinder(wanted))
    if not stock_bindings_wanted():
        os.environ.update(node_environment(os.environ))
        sys.meta_path.insert(0, LazyProviderFinder())


def _refuse_late(wanted: Flavor) -> None:
    """Stops where something is imported that can no longer be replaced, or loaded lazily."""
    renames = [] if wanted is CDKTF else [name for name in sys.modules if renamed(name, wanted) is not None]
    eager = [name for name in sys.modules if name == "jsii" or is_provider_package(name)]
    too_early = sorted({*renames, *(() if stock_bindings_wanted() else eager)})
    if too_early:
        raise LateInstallError(
            f"{', '.join(too_early)}: imported before modules.bindings.install(), too late to load lazily"
            f"{'' if wanted is CDKTF else f' or to be those of {wanted.title}'}. "
            "Call install() above every import of cdktf, constructs and the provider packages"
            + (f", or set {STOCK_SWITCH}=1 to go without it." if not renames else ".")
        )
