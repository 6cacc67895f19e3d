"""Terraform's own language for what a stack's JSON says: `ops export`."""

from .document import UnknownBlockError, hcl
from .expressions import TemplateError

__all__ = ["TemplateError", "UnknownBlockError", "hcl"]
