"""Which flavour has written a stack."""

from __future__ import annotations

import pytest

from modules.bindings.flavor import CDKTF, CDKTN, Flavor
from ops.offline.deployment import written_by


@pytest.mark.parametrize(
    ("sources", "flavor"),
    [
        ({"aws": "aws", "helm": "helm"}, CDKTF),
        ({"aws": "hashicorp/aws", "helm": "helm"}, CDKTN),
        ({"kubernetes": "hashicorp/kubernetes"}, CDKTN),
        # Of an extension.
        ({"aws": "aws", "github": "integrations/github"}, CDKTF),
        ({}, CDKTF),
    ],
)
def test_a_stack_says_who_has_written_it(sources: dict[str, str], flavor: Flavor) -> None:
    required = {name: {"source": source, "version": "1.0.0"} for name, source in sources.items()}
    assert written_by({"terraform": {"required_providers": required}}) is flavor
