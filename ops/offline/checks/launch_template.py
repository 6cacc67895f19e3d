"""Rules of a launch template that concern more than one argument, and its user data."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator, Mapping
from email.parser import BytesParser
from email.policy import default as mail
from typing import Any, Final

from ..values import UNKNOWN
from .documents import DocumentError, read_yaml
from .problem import Path, Problem, one_of, quoted
from .walk import each

# https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/user-data.html: 16 KB before encoding
USER_DATA_BYTES: Final = 16 * 1024
# https://awslabs.github.io/amazon-eks-ami/nodeadm/doc/api/
_NODE_CONFIG_TYPE, _NODE_CONFIG_VERSION = "application/node.eks.aws", "node.eks.aws/v1alpha1"
# https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_LaunchTemplateEbsBlockDeviceRequest.html
_IOPS: Final = {"gp3": (3000, 80000), "io1": (100, 64000), "io2": (100, 256000)}
# https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/work-with-tags-in-IMDS.html
_METADATA_TAG = re.compile(r"[0-9a-zA-Z\-_+=,.@:]{1,255}")
_RESERVED_TAGS: Final = (".", "..", "_index")
_ADDRESSES: Final = (
    "ipv4_address_count",
    "ipv4_addresses",
    "ipv4_prefix_count",
    "ipv4_prefixes",
    "ipv6_address_count",
    "ipv6_addresses",
    "ipv6_prefix_count",
    "ipv6_prefixes",
    "private_ip_address",
)


def problems(config: Mapping[str, Any]) -> Iterator[Problem]:
    """What is wrong with the template as a whole."""
    yield from _interfaces(config)
    yield from _volumes(config)
    yield from _metadata_tags(config)
    data = config.get("user_data")
    if isinstance(data, str) and data:
        yield from _user_data(data)


def _interfaces(config: Mapping[str, Any]) -> Iterator[Problem]:
    seen: dict[tuple[int, int], Path] = {}
    interfaces = list(each(config.get("network_interfaces"), ("network_interfaces",)))
    places = [
        (path, one, one.get("network_card_index") or 0, one.get("device_index") or 0)
        for path, one in interfaces
    ]
    for path, one, card, device in places:
        if UNKNOWN in (card, device):
            return
        if (card, device) in seen:
            yield Problem(
                path,
                f"Two interfaces have the network card {card} and the device index {device}: each needs a place of its own.",
            )
        seen.setdefault((card, device), path)
        if one.get("interface_type") == "efa-only":
            for name in _ADDRESSES:
                if one.get(name) and one[name] is not UNKNOWN:
                    yield Problem((*path, name), "An efa-only interface has no IP address: EC2 refuses one.")
            if (card, device) == (0, 0):
                yield Problem(
                    (*path, "interface_type"),
                    "The primary interface (card 0, device 0) carries IP: write interface or efa, and efa-only for others.",
                )
    if places and (0, 0) not in seen:
        yield Problem(
            ("network_interfaces",),
            "No interface has the network card 0 and the device index 0: that is the primary one, which EC2 needs.",
        )


def _volumes(config: Mapping[str, Any]) -> Iterator[Problem]:
    for path, mapping in each(config.get("block_device_mappings"), ("block_device_mappings",)):
        for where, volume in each(mapping.get("ebs"), (*path, "ebs")):
            kind = volume.get("volume_type")
            if not isinstance(kind, str):
                continue
            iops, throughput = volume.get("iops"), volume.get("throughput")
            if throughput and kind != "gp3":
                yield Problem(
                    (*where, "throughput"), f"A {kind} volume has no throughput to set: only gp3 has."
                )
            if isinstance(iops, (int, float)) and iops:
                if kind not in _IOPS:
                    yield Problem(
                        (*where, "iops"), f"A {kind} volume has no IOPS to set: only {', '.join(_IOPS)} have."
                    )
                elif not _IOPS[kind][0] <= iops <= _IOPS[kind][1]:
                    least, most = _IOPS[kind]
                    yield Problem(
                        (*where, "iops"),
                        f"{iops} IOPS are out of range: a {kind} volume takes {least} to {most}.",
                    )


def _metadata_tags(config: Mapping[str, Any]) -> Iterator[Problem]:
    options = [one for _, one in each(config.get("metadata_options"), ())]
    if not any(one.get("instance_metadata_tags") == "enabled" for one in options):
        return
    for path, one in each(config.get("tag_specifications"), ("tag_specifications",)):
        tags = one.get("tags")
        if one.get("resource_type") == "instance" and isinstance(tags, Mapping):
            for key in tags:
                if key in _RESERVED_TAGS or not _METADATA_TAG.fullmatch(key):
                    yield Problem(
                        (*path, "tags", key),
                        f"With instance_metadata_tags the tag key {quoted(key)} is not allowed: letters, digits and -_+=,.@: are.",
                    )


def _user_data(text: str) -> Iterator[Problem]:
    path = ("user_data",)
    try:
        data = base64.b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError):
        yield Problem(path, f"{quoted(text, 30)} is not base64, which EC2 takes for user data.")
        return
    if len(data) > USER_DATA_BYTES:
        yield Problem(path, f"The user data has {len(data)} bytes: EC2 takes {USER_DATA_BYTES}.")
    if data.lstrip()[:13].lower() == b"mime-version:" or data[:13].lower() == b"content-type:":
        yield from _mime(data, path)


def _mime(data: bytes, path: Path) -> Iterator[Problem]:
    message = BytesParser(policy=mail).parsebytes(data.lstrip())
    if not message.is_multipart() or message.defects:
        yield Problem(
            path,
            "The user data begins as MIME but is no multipart message with a boundary: no part would run.",
        )
        return
    for part in message.walk():
        if part.get_content_type() != _NODE_CONFIG_TYPE:
            continue
        try:
            config = read_yaml(bytes(part.get_payload(decode=True)).decode())
        except DocumentError as error:
            yield Problem(path, f"The NodeConfig in the user data is not YAML: {error}.")
            continue
        if not isinstance(config, Mapping):
            yield Problem(
                path, "The NodeConfig in the user data is no map: nodeadm reads apiVersion, kind and spec."
            )
        elif config.get("apiVersion") != _NODE_CONFIG_VERSION:
            yield Problem(
                path, one_of(str(config.get("apiVersion")), [_NODE_CONFIG_VERSION], "nodeadm (apiVersion)")
            )
        elif config.get("kind") != "NodeConfig":
            yield Problem(path, one_of(str(config.get("kind")), ["NodeConfig"], "nodeadm (kind)"))
