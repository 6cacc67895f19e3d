"""eksctl's ClusterConfig, read and turned into a layout.

`read_manifests` checks a file against eksctl's own field names; `convert` makes a layout of one ClusterConfig and says of
each field what became of it: kept, changed or dropped.
"""

from .convert import Converted, Options, convert
from .manifest import Manifest, read_manifests
from .report import Row

__all__ = ["Converted", "Manifest", "Options", "Row", "convert", "read_manifests"]
