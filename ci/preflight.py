"""`python -m ci.preflight LAYOUT`: asks the account before anybody is asked to approve."""

from __future__ import annotations

import os
import sys

from .job import tell
from .review import ops

# Of `ops preflight`: some of it could not be asked, mostly for lack of a permission of the role that plans.
_NOT_ASKED = 3


def main(layout: str) -> int:
    """Fails where the account does not have what the layout needs; what could not be asked is only said."""
    status = ops("preflight", layout).returncode
    if status == _NOT_ASKED:
        tell(
            os.environ,
            "warning",
            f"{layout}: some of ops preflight could not be asked; see the log for what is missing.",
        )
        return 0
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
