"""User data of nodes, as far as EKS looks at it, and what a node needs of it."""

from __future__ import annotations

import base64
import binascii
import re
from typing import Any

# A table, or a key with its value: https://toml.io/en/v1.0.0#keyvalue-pair
_TOML_LINE = re.compile(r"\[|([A-Za-z0-9_.\- ]|\"[^\"]*\"|'[^']*')+=")
# What a node of one's own AMI has to be told, by what its user data is:
# https://docs.aws.amazon.com/eks/latest/userguide/launch-templates.html#launch-template-user-data
_JOINING = {
    b"node.eks.aws/": (b"apiServerEndpoint", b"certificateAuthority", b"cidr"),
    b"[settings": (b"api-server", b"cluster-certificate", b"cluster-name"),
}


def decoded(text: Any) -> bytes | None:
    """User data in clear; None where there is none, and where it is not base64, which is another mistake."""
    if not isinstance(text, str) or not text:
        return None
    try:
        return base64.b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError):
        return None


def like_toml(data: bytes) -> bool:
    """Whether text begins as TOML does; Python has no parser for it before 3.11."""
    text = data.decode(errors="replace").lstrip("\ufeff")
    if text.startswith(("#!", "#cloud-config")):
        return False
    lines = (line.strip() for line in text.splitlines())
    first = next((line for line in lines if line and not line.startswith("#")), None)
    return first is None or _TOML_LINE.match(first) is not None


def unsaid(data: bytes) -> list[str]:
    """What a NodeConfig or Bottlerocket's settings do not say of the cluster; nothing of any other user data."""
    needed = next((needed for form, needed in _JOINING.items() if form in data), ())
    return [one.decode() for one in needed if one not in data]
