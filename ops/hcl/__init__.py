"""Terraform's own language for what a stack's JSON says: `ops export`."""

from .document import hcl

__all__ = ["hcl"]
