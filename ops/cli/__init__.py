"""The commands. Exit status: 0 fine, 1 findings, 2 bad input or usage, 3 an account or a cluster could not be asked."""

from . import layouts, plans, clusters  # noqa: I001  # in the order of the help
from .app import app

__all__ = ["app", "clusters", "layouts", "plans"]
