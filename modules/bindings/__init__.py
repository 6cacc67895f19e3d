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

from .flavor import CDKTF, CDKTN, FLAVORS, Flavor, FlavorError, asked_flavor, chosen_flavor
from .lazy_import import LazyProviderFinder, is_provider_package
from .node import NodeNotFoundError, node_environment
from .renamed_import import RenamedFinder, renamed

__all__ = [
    "STOCK_SWITCH",
    "FlavorError",
    "LateInstallError",
    "NodeNotFoundError",
    "active_flavor",
    "ensure",
    "install",
    "stock_bindings_wanted",
]

STOCK_SWITCH = "CDKTF_STOCK_BINDINGS"
# The folder of a checkout is called `modules`, the package that pip installs is not.
_IN_CHECKOUT = __name__.startswith("modules.")
# CDKTF, where it is installed as it is published: no finder says so.
_without_finder: set[Flavor] = set()
_INSTALL = "modules.bindings.install()" if _IN_CHECKOUT else "eks_training.install()"


class LateInstallError(RuntimeError):
    """`install()` was called after the modules that it is there for."""


def stock_bindings_wanted() -> bool:
    """Whether the environment asks for the bindings as they are published."""
    return os.environ.get(STOCK_SWITCH, "") not in ("", "0")


def active_flavor() -> Flavor:
    """The flavour that `cdktf` leads to in this process, or will lead to once something is imported by it.

    Raises:
        FlavorError: nothing is installed yet, and what is asked for is no flavour.
    """
    renaming = next((one.flavor for one in sys.meta_path if isinstance(one, RenamedFinder)), None)
    return renaming or (CDKTF if _is_installed() else _program_flavor())


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
    if _is_installed():
        if flavor is not None and flavor is not active_flavor():
            raise FlavorError(f"{flavor} is asked for, and {active_flavor()} is active in this process.")
        return
    _must_be_there(wanted)
    _refuse_late(wanted)
    _put_in_place(wanted)


def ensure() -> None:
    """What `install` does, as far as it is not too late: for a program that has imported cdktf before it comes here.

    The program works as with `install`. Node, where it runs already, is that of the PATH and loads all resources of a
    provider: 7 seconds and 0.9 GB more (docs/library.md). Without a word of anybody, a program that has imported `cdktn` and not `cdktf` is on
    CDK Terrain.

    Raises:
        FlavorError: there is no such flavour, or it is not installed.
        LateInstallError: CDK Terrain is asked for, and the packages of CDKTF are imported already.
        NodeNotFoundError: there is no Node to run jsii with.
    """
    if _is_installed():
        return
    wanted = _program_flavor()
    _must_be_there(wanted)
    _refuse_late(wanted, lazily=False)
    _put_in_place(wanted)


def _put_in_place(wanted: Flavor) -> None:
    if wanted is not CDKTF:
        sys.meta_path.insert(0, RenamedFinder(wanted))
    if not stock_bindings_wanted():
        if "jsii" not in sys.modules:  # else Node runs already
            os.environ.update(node_environment(os.environ))
        # Of the providers, for those that are not imported yet.
        sys.meta_path.insert(0, LazyProviderFinder())
    elif wanted is CDKTF:
        _without_finder.add(wanted)


def _is_installed() -> bool:
    return bool(_without_finder) or any(
        isinstance(finder, LazyProviderFinder | RenamedFinder) for finder in sys.meta_path
    )


def _program_flavor() -> Flavor:
    asked = asked_flavor()
    if asked is None and CDKTN.library in sys.modules and CDKTF.library not in sys.modules:
        return CDKTN
    return asked or CDKTF


def _must_be_there(wanted: Flavor) -> None:
    """Stops where the packages of a flavour are not installed."""
    if wanted.library in sys.modules or wanted.is_installed:
        return
    others = [str(one) for one in FLAVORS.values() if one is not wanted and one.is_installed]
    extra = "" if wanted is CDKTF else f"[{wanted}]"
    command = wanted.install if _IN_CHECKOUT else f"pip install 'cdktf-eks-training{extra}'"
    reason = f"CDK_FLAVOR or the context of cdktf.json asks for {wanted}"
    if asked_flavor() is None:
        reason = f"nothing asks for another flavour than {wanted}"
    raise FlavorError(
        f"The packages of {wanted.title} are not installed, and {reason}. Run `{command}`, or choose another flavour: "
        + (f"CDK_FLAVOR={others[0]}, which is installed." if others else f"{', '.join(FLAVORS)}.")
    )


def _refuse_late(wanted: Flavor, *, lazily: bool = True) -> None:
    """Stops where something is imported that can no longer be replaced, or loaded lazily."""
    packages = [name for name in sys.modules if "." not in name]
    renames = [] if wanted is CDKTF else [name for name in packages if renamed(name, wanted) is not None]
    eager = [name for name in sys.modules if name == "jsii" or is_provider_package(name)]
    too_early = sorted({*renames, *(eager if lazily and not stock_bindings_wanted() else ())})
    if too_early:
        raise LateInstallError(
            f"{', '.join(too_early)}: imported before {_INSTALL}, too late to load lazily"
            f"{'' if wanted is CDKTF else f' or to be those of {wanted.title}'}. "
            "Call install() above every import of cdktf, constructs and the provider packages"
            + (f", or set {STOCK_SWITCH}=1 to go without it." if not renames else ".")
        )
