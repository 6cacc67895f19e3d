"""Makes the prebuilt CDKTF provider bindings load only what a program uses.

Stock, `import cdktf_cdktf_provider_aws.vpc` runs all 2,212 modules of the AWS provider, once in Python and once more in
the Node process behind jsii: 20 seconds and 1 GiB before the first resource exists. `install()` makes both sides lazy;
the JSON that comes out is the same to the byte. See docs/speed.md.

    from modules.bindings import install

    install()  # before anything imports cdktf

    from cdktf_cdktf_provider_aws.vpc import Vpc

`CDKTF_STOCK_BINDINGS=1` in the environment makes `install()` do nothing at all.
"""

from __future__ import annotations

import os
import sys

from .lazy_import import LazyProviderFinder, is_provider_package
from .node import NodeNotFoundError, node_environment

__all__ = ["STOCK_SWITCH", "LateInstallError", "NodeNotFoundError", "install", "stock_bindings_wanted"]

STOCK_SWITCH = "CDKTF_STOCK_BINDINGS"


class LateInstallError(RuntimeError):
    """`install()` was called after the modules that it is there to speed up."""


def stock_bindings_wanted() -> bool:
    """Whether the environment asks for the bindings as they are published."""
    return os.environ.get(STOCK_SWITCH, "") not in ("", "0")


def install() -> None:
    """Make provider packages lazy in this process and in the Node process that jsii will start.

    Calling it again does nothing. It changes `sys.meta_path` and the environment variables `NODE_OPTIONS` and, unless
    it is set, `JSII_NODE`.

    Raises:
        LateInstallError: jsii or a provider package is imported already.
        NodeNotFoundError: there is no Node to run jsii with.
    """
    if stock_bindings_wanted() or any(isinstance(finder, LazyProviderFinder) for finder in sys.meta_path):
        return
    too_early = sorted(name for name in sys.modules if name == "jsii" or is_provider_package(name))
    if too_early:
        raise LateInstallError(
            f"{', '.join(too_early)}: imported before modules.bindings.install(), too late to load lazily. "
            "Call install() above every import of cdktf, constructs and the provider packages, "
            f"or set {STOCK_SWITCH}=1 to go without it."
        )
    os.environ.update(node_environment(os.environ))
    sys.meta_path.insert(0, LazyProviderFinder())
