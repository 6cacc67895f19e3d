"""The AMI of a node group."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ... import catalog
from ..values import AmiId
from .manifest import Part

_KNOWN = ("AmazonLinux2023", "")


def image(
    given: Part,
    found: catalog.InstanceType,
    put: Callable[[str, Any], None],
    known: Callable[[str, Any], str | None],
) -> None:
    """Writes `ami_type`, `ami_id` and `release_version`."""
    family = given.text("amiFamily")
    if family.startswith("Bottlerocket"):
        if found.neuron_devices:
            given.changed("amiFamily", "Bottlerocket has no Neuron driver: Amazon Linux 2023")
        else:
            suffix = ("_NVIDIA" if found.gpus else "") + ("_FIPS" if family == "BottlerocketFips" else "")
            put("ami_type", f"BOTTLEROCKET_{'ARM_64' if found.architecture == 'arm64' else 'x86_64'}{suffix}")
    elif family == "AmazonLinux2":
        given.changed("amiFamily", "Amazon Linux 2023: EKS makes no images of Amazon Linux 2 any more")
    elif family not in _KNOWN:
        given.dropped("amiFamily", f"{family} has no counterpart: Amazon Linux 2023")
    ami = given.text("ami")
    if ami == "static" or ami.startswith(("auto", "resolve:ssm")):
        given.changed("ami", "EKS's own image of the Kubernetes version")
    elif ami and family not in ("", "AmazonLinux2023", "Bottlerocket", "BottlerocketFips"):
        given.dropped(
            "ami", f"an image of {family} joins in another way than Amazon Linux 2023 and Bottlerocket"
        )
    elif ami:
        put("ami_id", known("ami", AmiId))
    if "releaseVersion" in given and (family == "AmazonLinux2" or ami):
        given.dropped("releaseVersion", "belongs to another image", harmless=True)
    elif "releaseVersion" in given:
        put("release_version", given.text("releaseVersion"))
    if "bottlerocket" in given:
        given.dropped("bottlerocket", "settings of Bottlerocket have no counterpart")
