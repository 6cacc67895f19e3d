"""What differs between the Terraform JSON of CDKTF and that of CDK Terrain, and is meant to: here alone, and all of it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

# Of CDKTF's packages and of CDK Terrain's, as Pipfile pins them: versions of the tool, and of the providers that theirs are for.
TOOLS = ("0.21.0", "0.24.0")
PROVIDERS = {
    "aws": ("6.25.0", "6.69.1"),
    "helm": ("3.1.1", "3.3.0"),
    "kubernetes": ("2.38.0", "3.4.0"),
}
# Terraform takes `aws` for `hashicorp/aws`: https://developer.hashicorp.com/terraform/language/providers/requirements#source-addresses
# CDK Terrain's bindings of helm have the short one as well.
SOURCES = {name: (name, f"hashicorp/{name}") for name in ("aws", "kubernetes")}

_PROVIDER = r"terraform\.required_providers\.(\w+)"


@dataclass(frozen=True)
class Difference:
    """One value of a stack that is another one on the other flavour; None where it is not there."""

    path: str
    cdktf: Any
    cdktn: Any

    @property
    def values(self) -> tuple[Any, Any]:
        return self.cdktf, self.cdktn


@dataclass(frozen=True)
class Allowed:
    """A difference that is meant: where it may be, and what the two values have to be there."""

    path: str
    expected: Callable[[Difference, re.Match[str]], bool]

    def covers(self, found: Difference) -> bool:
        match = re.fullmatch(self.path, found.path)
        return match is not None and self.expected(found, match)


ALLOWED: Mapping[str, Allowed] = {
    "version of the tool": Allowed(r"//\.metadata\.version", lambda found, _: found.values == TOOLS),
    "version of a provider": Allowed(
        rf"{_PROVIDER}\.version", lambda found, match: found.values == PROVIDERS.get(match[1])
    ),
    "spelling of a provider's source": Allowed(
        rf"{_PROVIDER}\.source", lambda found, match: found.values == SOURCES.get(match[1])
    ),
    # modules/provider_versions.py
    "a namespace's metadata as a list": Allowed(
        r"resource\.kubernetes_namespace_v1\.\w+\.metadata", lambda found, _: [found.cdktf] == found.cdktn
    ),
}


def differences(cdktf: Any, cdktn: Any, path: str = "") -> Iterator[Difference]:
    """The smallest values that differ; those of lists too, where both are of one length."""
    if isinstance(cdktf, dict) and isinstance(cdktn, dict):
        for key in sorted({*cdktf, *cdktn}):
            yield from differences(cdktf.get(key), cdktn.get(key), f"{path}.{key}".lstrip("."))
    elif isinstance(cdktf, list) and isinstance(cdktn, list) and len(cdktf) == len(cdktn):
        for index, (one, other) in enumerate(zip(cdktf, cdktn, strict=True)):
            yield from differences(one, other, f"{path}[{index}]")
    elif cdktf != cdktn:
        yield Difference(path, cdktf, cdktn)


def unexplained(cdktf: Any, cdktn: Any) -> list[Difference]:
    """What differs and is not meant to: the JSON of one stack from both flavours."""
    return [
        one
        for one in differences(cdktf, cdktn)
        if sum(allowed.covers(one) for allowed in ALLOWED.values()) != 1
    ]
