"""The ECR registries that EKS pulls its own images from, by region.

Source: https://docs.aws.amazon.com/eks/latest/userguide/add-ons-images.html, read 2026-11-22.
"""

from __future__ import annotations

_COMMON = "602401143452"
_COMMON_REGIONS = (
    "us-east-1", "us-east-2", "us-west-1", "us-west-2", "ca-central-1", "sa-east-1", "eu-central-1", "eu-west-1",
    "eu-west-2", "eu-west-3", "eu-north-1", "ap-south-1", "ap-northeast-1", "ap-northeast-2", "ap-northeast-3",
    "ap-southeast-1", "ap-southeast-2",
)  # fmt: skip
_OWN = {
    "af-south-1": "877085696533",
    "ap-east-1": "800184023465",
    "ap-east-2": "533267051163",
    "ap-south-2": "900889452093",
    "ap-southeast-3": "296578399912",
    "ap-southeast-4": "491585149902",
    "ap-southeast-5": "151610086707",
    "ap-southeast-6": "333609536671",
    "ap-southeast-7": "121268973566",
    "ca-west-1": "761377655185",
    "cn-north-1": "918309763551",
    "cn-northwest-1": "961992271922",
    "eu-central-2": "900612956339",
    "eu-south-1": "590381155156",
    "eu-south-2": "455263428931",
    "eusc-de-east-1": "877088126301",
    "il-central-1": "066635153087",
    "me-central-1": "759879836304",
    "me-south-1": "558608220178",
    "mx-central-1": "730335286997",
    "us-gov-east-1": "151742754352",
    "us-gov-west-1": "013241004608",
}
_SUFFIXES = {"cn": "amazonaws.com.cn", "eusc": "amazonaws.eu"}


def eks_registry(region: str) -> str | None:
    """Host of the region's registry, or None where it is not known.

    Nodes of a private VPC reach only the registry of their own region (the ECR endpoint serves no other).
    """
    account = _COMMON if region in _COMMON_REGIONS else _OWN.get(region)
    if account is None:
        return None
    suffix = _SUFFIXES.get(region.partition("-")[0], "amazonaws.com")
    return f"{account}.dkr.ecr.{region}.{suffix}"
