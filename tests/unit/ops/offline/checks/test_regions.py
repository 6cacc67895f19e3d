from __future__ import annotations

import subprocess
import sys

import pytest

from ops.offline.checks import region_problem


@pytest.mark.parametrize("region", ["us-west-2", "eu-central-1", "cn-north-1", "us-gov-west-1"])
def test_a_region_of_any_partition_is_one(region: str) -> None:
    assert region_problem(region) is None


@pytest.mark.parametrize(
    ("region", "told"),
    [
        ("us-west-22", "Invalid AWS Region: us-west-22. Did you mean us-west-2?"),
        ("us-west-2a", "Invalid AWS Region: us-west-2a. Did you mean us-west-2?"),
        ("aws-global", "Invalid AWS Region: aws-global"),
        ("nowhere", "Invalid AWS Region: nowhere"),
    ],
)
def test_anything_else_is_told_with_the_nearest(region: str, told: str) -> None:
    assert region_problem(region) == told


def test_botocore_is_not_imported_for_it() -> None:
    program = (
        "import sys; from ops.offline.checks import region_problem; region_problem('x');"
        "sys.exit('botocore' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
