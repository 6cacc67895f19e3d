"""Layouts that break one rule each, beside layouts that come near and do not.

A table and no tests: `test_rules.py` runs it, `test_rules_complete.py` checks that no rule is missing from it.
"""

from __future__ import annotations

from dataclasses import dataclass
from textwrap import dedent, indent

from modules.bindings.flavor import Flavor

NEW = """\
name: demo
region: us-west-2
node_groups:
  sys:
    instance_type: c5.2xlarge
    size: {min: 1, desired: 1, max: 3}
"""
EXISTING = """\
name: demo
region: us-west-2
network:
  vpc_id: vpc-0123456789abcdef0
  private_subnet_ids: [subnet-0123456789abcdef0, subnet-0123456789abcdef1]
node_groups:
  sys:
    instance_type: c5.2xlarge
    size: {min: 1, desired: 1, max: 3}
"""


@dataclass(frozen=True)
class Case:
    """A layout that breaks a rule on the line with the comment `# here`, and one that does not.

    `problem` and `remedy` are parts of the message. `flavor` is whose packages would write the second one; what is active
    without it.
    """

    rule: str
    broken: str
    path: str
    problem: str
    remedy: str
    fine: str
    flavor: Flavor | None = None

    @property
    def line(self) -> int:
        """The line that the fault has to name."""
        return next(n for n, text in enumerate(self.broken.splitlines(), start=1) if "# here" in text)


def new(groups: str = "", top: str = "") -> str:
    """A layout with a new VPC: more node groups, and more keys at the top."""
    return NEW + indent(dedent(groups).lstrip("\n"), "  ") + dedent(top).lstrip("\n")


def existing(groups: str = "", top: str = "") -> str:
    """The same in an existing VPC."""
    return EXISTING + indent(dedent(groups).lstrip("\n"), "  ") + dedent(top).lstrip("\n")


def here(text: str) -> str:
    """Marks the last line as the one at fault."""
    return text.rstrip("\n") + " # here\n"
