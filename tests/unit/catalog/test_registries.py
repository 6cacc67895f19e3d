"""Registries of EKS's own images."""

from __future__ import annotations

import re

import pytest

from modules.catalog.registries import eks_registry


@pytest.mark.parametrize(
    ("region", "host"),
    [
        ("us-west-2", "602401143452.dkr.ecr.us-west-2.amazonaws.com"),
        ("eu-south-2", "455263428931.dkr.ecr.eu-south-2.amazonaws.com"),
        ("us-gov-west-1", "013241004608.dkr.ecr.us-gov-west-1.amazonaws.com"),
        ("cn-north-1", "918309763551.dkr.ecr.cn-north-1.amazonaws.com.cn"),
    ],
)
def test_a_region_has_its_own_registry(region: str, host: str) -> None:
    """https://docs.aws.amazon.com/eks/latest/userguide/add-ons-images.html"""
    assert eks_registry(region) == host
    assert re.fullmatch(r"\d{12}\.dkr\.ecr\.[a-z0-9-]+\.amazonaws\.com(\.cn)?", host)


def test_an_unknown_region_has_none_and_the_chart_keeps_its_own() -> None:
    assert eks_registry("xx-nowhere-9") is None
