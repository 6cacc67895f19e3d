"""Names and texts that Kubernetes, Helm, EKS or AWS bound: of clusters, groups, labels, taints, tags."""

from __future__ import annotations

import re
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator

from .forms import matching, wrong
from .tree import RawFloat


def _version(value: Any) -> Any:
    return value.text if isinstance(value, RawFloat) else value


# EKS: ^[0-9A-Za-z][A-Za-z0-9\-_]*, 1 to 100 characters (CreateCluster). Ours is narrower since the name also becomes
# part of stack names, role names (name_prefix, at most 38) and Kubernetes labels.
ClusterName = Annotated[
    str,
    matching(
        r"[a-z](?!.*--)[a-z0-9-]{0,61}[a-z0-9]",
        "is no cluster name",
        "Write 2 to 63 lower-case letters, digits and single hyphens, a letter first, no hyphen last.",
    ),
]
# EKS takes node group names of up to 63 characters (CreateNodegroup); ours are also parts of resource addresses.
GroupName = Annotated[
    str,
    matching(
        r"[a-z](?!.*--)([a-z0-9-]{0,61}[a-z0-9])?",
        "is no node group name",
        "Write 1 to 63 lower-case letters, digits and single hyphens, a letter first, no hyphen last.",
    ),
]
# Helm: https://helm.sh/docs/chart_template_guide/function_list/ (DNS label, at most 53 characters)
ReleaseName = Annotated[
    str,
    matching(
        r"[a-z0-9](?!.*--)([a-z0-9-]{0,51}[a-z0-9])?",
        "is no Helm release name",
        "Write at most 53 lower-case letters, digits and single hyphens, no hyphen first or last.",
    ),
]
EntryName = Annotated[
    str,
    matching(
        r"[a-z](?!.*--)([a-z0-9-]{0,61}[a-z0-9])?",
        "is no name",
        "Write lower-case letters, digits and single hyphens, a letter first, no hyphen last.",
    ),
]
Namespace = Annotated[
    str,
    matching(
        r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?",
        "is no Kubernetes namespace",
        "Write at most 63 lower-case letters, digits and hyphens, no hyphen first or last.",
    ),
]
KubernetesVersion = Annotated[
    str,
    matching(r"1\.[0-9]{2}", "is no Kubernetes minor version", 'Write a minor version in quotes: "1.35".'),
    BeforeValidator(_version),
]
Region = Annotated[
    str,
    matching(r"[a-z]{2,3}(-[a-z]+){1,3}-[0-9]", "is no AWS region", "Write a region name like us-west-2."),
]

# https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#syntax-and-character-set
_NAME_PART = re.compile(r"[A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?\Z")
_DNS_PREFIX = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*\Z")


def _label_key(key: str) -> str:
    prefix, slash, name = key.rpartition("/")
    if slash and (len(prefix) > 253 or not _DNS_PREFIX.match(prefix)):
        raise wrong(f"the prefix of {key!r} is no DNS name", "Write example.com/name, in lower case.")
    if not _NAME_PART.match(name):
        raise wrong(
            f"{key!r} is no label or taint key",
            "Write at most 63 letters, digits, '-', '_' or '.', a letter or digit first and last.",
        )
    return key


def _label_value(value: str) -> str:
    if value and not _NAME_PART.match(value):
        raise wrong(
            f"{value!r} is no label or taint value",
            "Write at most 63 letters, digits, '-', '_' or '.', a letter or digit first and last.",
        )
    return value


LabelKey = Annotated[str, AfterValidator(_label_key)]
LabelValue = Annotated[str, AfterValidator(_label_value)]

# https://docs.aws.amazon.com/general/latest/gr/aws_tagging.html: what every service takes
_TAG = r"[\w .:/=+@-]"
TagKey = Annotated[
    str,
    matching(
        rf"(?!aws:){_TAG}{{1,128}}",
        "is no tag key",
        "Write 1 to 128 letters, digits, spaces or _ . : / = + - @, not starting with aws:.",
    ),
]
TagValue = Annotated[
    str,
    matching(
        rf"{_TAG}{{0,256}}",
        "is no tag value",
        "Write at most 256 letters, digits, spaces or _ . : / = + - @.",
    ),
]
Tags = dict[TagKey, TagValue]
