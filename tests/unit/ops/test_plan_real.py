"""When `ops plan --real` has Terraform take other providers than its lock file holds."""

from __future__ import annotations

from pathlib import Path

import pytest

from ops.plan.real import other_versions

LOCK = """\
# This file is maintained automatically by "terraform init".

provider "registry.terraform.io/hashicorp/aws" {
  version     = "6.25.0"
  constraints = "6.25.0"
  hashes = ["h1:aaaa"]
}

provider "registry.opentofu.org/hashicorp/helm" {
  version = "3.1.1"
}
"""


@pytest.mark.parametrize(
    "required, wanted",
    [
        ({"aws": "6.25.0"}, False),
        ({"aws": "6.25.0", "helm": "3.1.1"}, False),
        ({"aws": "6.69.1"}, True),
        ({"aws": "6.25.0", "helm": "3.3.0"}, True),
        ({"kubernetes": "3.4.0"}, False),
        # Of an extension: the version that is locked stays.
        ({"aws": "6.25.0", "helm": "~> 3.0"}, False),
        ({"aws": "6.69.1", "helm": "~> 3.0"}, True),
    ],
)
def test_another_flavours_versions_are_taken(tmp_path: Path, required: dict[str, str], wanted: bool) -> None:
    (tmp_path / ".terraform.lock.hcl").write_text(LOCK, encoding="utf-8")
    providers = {name: {"source": f"hashicorp/{name}", "version": one} for name, one in required.items()}
    assert bool(other_versions(tmp_path, {"terraform": {"required_providers": providers}})) is wanted


def test_it_is_told_which_they_are(tmp_path: Path) -> None:
    (tmp_path / ".terraform.lock.hcl").write_text(LOCK, encoding="utf-8")
    stack = {"terraform": {"required_providers": {"aws": {"source": "hashicorp/aws", "version": "6.69.1"}}}}
    assert other_versions(tmp_path, stack) == ["aws 6.25.0, not 6.69.1"]


def test_a_stack_that_was_never_initialized_has_nothing_to_upgrade(tmp_path: Path) -> None:
    stack = {"terraform": {"required_providers": {"aws": {"source": "aws", "version": "6.25.0"}}}}
    assert not other_versions(tmp_path, stack)
