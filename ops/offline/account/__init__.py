"""The AWS account that the stand-ins pretend to work in.

`account` is what is there, `lookups` what data sources find in it, `fakes` what is made up when something is made (its id by
`identities`, its computed values by `facts`, and by `served` what a provider reads back otherwise than it was planned), and
`refusals` what AWS and Kubernetes would not do; `in_cluster` tells what releases bring.
"""

from .account import Account, Cluster, Image, NotFoundError, RefusedError, Subnet, Vpc

__all__ = ["Account", "Cluster", "Image", "NotFoundError", "RefusedError", "Subnet", "Vpc"]
