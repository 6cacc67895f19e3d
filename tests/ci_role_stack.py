"""The stack `ci-role` as `ops ci-role` makes it, for the tests about it."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from ops.ci_role import Request, read
from tests.terraform_json import Stack

ASKED = Request(
    region=("us-west-2",),
    cluster=("demo", "team-a-*"),
    repository="acme/clusters",
    state_bucket="acme-state",
    state_kms_key_arn="arn:aws:kms:us-west-2:123456789012:key/11111111-2222-3333-4444-555555555555",
    bucket=("acme-tokens",),
)


def synthesized(**changed: Any) -> Stack:
    """The stack of ASKED, with some options changed."""
    from cdktf import Testing

    from modules.ci_role import CiRoleStack

    stack = CiRoleStack(Testing.app(), read(replace(ASKED, **changed)))
    return Stack(stack.node.id, json.loads(Testing.synth(stack, True)))
