"""`ops plan`: Terraform's own plan of layouts, without an account or with one."""

from .command import Request, plan
from .summary import OFFLINE_NOTE

__all__ = ["OFFLINE_NOTE", "Request", "plan"]
