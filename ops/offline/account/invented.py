"""Well-formed values that are made up: the same for the same question, in every run and on every machine."""

from __future__ import annotations

import base64
import hashlib
import json
import uuid
from ipaddress import IPv4Network
from typing import Any

from ..values import UNKNOWN

# A moment for `created_at` and the like: no clock is asked.
MOMENT = "2026-01-01T00:00:00Z"
# Ranges for documentation, which belong to nobody: RFC 5737.
_PUBLIC = (IPv4Network("198.51.100.0/24"), IPv4Network("203.0.113.0/24"))


def digest(*parts: Any) -> str:
    """64 hex digits for some values; what is not known yet in them does not count."""
    text = json.dumps([_known(part) for part in parts], sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()


def _known(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _known(child) for key, child in value.items() if child is not UNKNOWN}
    if isinstance(value, list):
        return [_known(child) for child in value if child is not UNKNOWN]
    return None if value is UNKNOWN else value


def hex17(*parts: Any) -> str:
    """The end of an EC2 id."""
    return "0" + digest(*parts)[:16]


def letters(count: int, *parts: Any) -> str:
    """Lower-case letters and digits, as the ids of some services have them."""
    number, text = int(digest(*parts), 16), ""
    for _ in range(count):
        number, rest = divmod(number, 36)
        text += "0123456789abcdefghijklmnopqrstuvwxyz"[rest]
    return text


def uuid_of(*parts: Any) -> str:
    """A UUID of version 4."""
    return str(uuid.UUID(digest(*parts)[:32], version=4))


def suffix(*parts: Any) -> str:
    """The 26 digits that a provider puts behind a `name_prefix`."""
    return f"{int(digest(*parts), 16) % 10**26:026d}"


def public_ip(*parts: Any) -> str:
    """An address that nobody has."""
    number = int(digest(*parts)[:8], 16)
    network = _PUBLIC[number % 2]
    return str(network[1 + number // 2 % 254])


def certificate(*parts: Any) -> str:
    """The text of a PEM certificate, in base64. It can be taken apart as PEM, but certifies nothing."""
    body = base64.b64encode(b"".join(bytes.fromhex(digest(index, *parts)) for index in range(24))).decode()
    lines = [body[start : start + 64] for start in range(0, len(body), 64)]
    text = "\n".join(["-----BEGIN CERTIFICATE-----", *lines, "-----END CERTIFICATE-----", ""])
    return base64.b64encode(text.encode()).decode()
