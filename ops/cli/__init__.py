"""The commands. Exit status: 0 fine, 1 findings, 2 bad input or usage, 3 an account or a cluster could not be asked.

`review` has statuses of its own.
"""

from . import layouts, plans, reviews, pictures, clusters, ci  # noqa: I001  # in the order of the help
from .app import app

__all__ = ["app", "ci", "clusters", "layouts", "pictures", "plans", "reviews"]
