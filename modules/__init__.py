"""EKS clusters for distributed training: a layout in, CDKTF stacks out.

What stands in `__all__` is the public API, and what it is made of may change at any time: docs/library.md. Names are imported
on first use, so that loading a layout takes no cdktf and no Node. The first construct chooses the flavour (CDKTF, or CDK
Terrain where `CDK_FLAVOR` or cdktf.json says so) and makes the bindings lazy, as far as cdktf is not imported yet;
`install()` does so at once:

    import eks_training

    eks_training.install()  # above every import of cdktf: a synth takes 3 s in place of 10

    from cdktf import App

    app = App()
    eks_training.add_stacks(app, eks_training.load("cluster.yaml").layout)
    app.synth()
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from . import models
    from .addons import Addons
    from .app import synthesize
    from .bindings import LateInstallError, NodeNotFoundError, active_flavor, install
    from .bindings.flavor import CDKTF, CDKTN, Flavor, FlavorError
    from .cluster import Cluster
    from .data_stack import DataStack
    from .efa import EfaSecurityGroup
    from .existing_cluster import ExistingCluster
    from .helm import HelmReleases, Surroundings
    from .layout import (
        Fault,
        Layout,
        LayoutError,
        Loaded,
        Origin,
        Variable,
        load,
        load_all,
        load_dict,
        load_text,
        preset_names,
    )
    from .network import Network, Place
    from .node_group import NodeGroup
    from .stacks import ClusterStack, PlatformStack, add_stacks, surroundings_of
    from .workloads_stack import WorkloadsStack

__version__ = "0.2.0.dev0"

__all__ = [
    "CDKTF",
    "CDKTN",
    "Addons",
    "Cluster",
    "ClusterStack",
    "DataStack",
    "EfaSecurityGroup",
    "ExistingCluster",
    "Fault",
    "Flavor",
    "FlavorError",
    "HelmReleases",
    "LateInstallError",
    "Layout",
    "LayoutError",
    "Loaded",
    "Network",
    "NodeGroup",
    "NodeNotFoundError",
    "Origin",
    "Place",
    "PlatformStack",
    "Surroundings",
    "Variable",
    "WorkloadsStack",
    "__version__",
    "active_flavor",
    "add_stacks",
    "install",
    "load",
    "load_all",
    "load_dict",
    "load_text",
    "models",
    "preset_names",
    "surroundings_of",
    "synthesize",
]

# Where each name comes from, without cdktf ...
_LIGHT = {
    ".app": ("synthesize",),
    ".bindings": ("LateInstallError", "NodeNotFoundError", "active_flavor", "install"),
    ".bindings.flavor": ("CDKTF", "CDKTN", "Flavor", "FlavorError"),
    ".layout": (
        "Fault",
        "Layout",
        "LayoutError",
        "Loaded",
        "Origin",
        "Variable",
        "load",
        "load_all",
        "load_dict",
        "load_text",
        "preset_names",
    ),
}
# ... and with it.
_CONSTRUCTS = {
    ".addons": ("Addons",),
    ".cluster": ("Cluster",),
    ".data_stack": ("DataStack",),
    ".efa": ("EfaSecurityGroup",),
    ".existing_cluster": ("ExistingCluster",),
    ".helm": ("HelmReleases", "Surroundings"),
    ".network": ("Network", "Place"),
    ".node_group": ("NodeGroup",),
    ".stacks": ("ClusterStack", "PlatformStack", "add_stacks", "surroundings_of"),
    ".workloads_stack": ("WorkloadsStack",),
}
_HOMES = {
    name: module for found in (_LIGHT, _CONSTRUCTS) for module, names in found.items() for name in names
}


if not TYPE_CHECKING:  # or a type checker takes every name for one that is there

    def __getattr__(name: str) -> Any:
        if name == "models":
            return importlib.import_module(".models", __name__)
        home = _HOMES.get(name)
        if home is None:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        if home in _CONSTRUCTS:
            from .bindings import ensure

            ensure()
        found = globals()[name] = getattr(importlib.import_module(home, __name__), name)
        return found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
