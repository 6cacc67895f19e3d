"""The AWS account that the stand-ins pretend to work in.

`account` is what is there, `lookups` what data sources find in it, `fakes` what is made up when something is made (its id by
`identities`, its computed values by `facts`), and `refusals` what AWS would not do.
"""

from .account import Account, Cluster, Image, NotFoundError, RefusedError, Subnet, Vpc

__all__ = ["Account", "Cluster", "Image", "NotFoundError", "RefusedError", "Subnet", "Vpc"]
