"""Names and texts that Kubernetes, Helm, EKS or AWS bound: of clusters, groups, labels, taints, tags."""

from __future__ import annotations

import re
from typing import Annotated, Any

from pydantic import BeforeValidator

from .forms import Form, matching, wrong
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
# Ours is this short since a bucket's name and those of Kubernetes objects are made from it.
StoreName = Annotated[
    str,
    matching(
        r"[a-z](?!.*--)([a-z0-9-]{0,30}[a-z0-9])?",
        "is no name of a store",
        "Write at most 32 lower-case letters, digits and single hyphens, a letter first, no hyphen last.",
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
# https://docs.aws.amazon.com/eks/latest/userguide/access-policies.html: dev-* is every namespace that starts with dev-
NamespacePattern = Annotated[
    str,
    matching(
        r"[a-z0-9*]([a-z0-9*-]{0,61}[a-z0-9*])?",
        "is neither a Kubernetes namespace nor a pattern of them",
        "Write at most 63 lower-case letters, digits and hyphens, no hyphen first or last; * stands for any of them.",
    ),
]
# https://kubernetes.io/docs/concepts/overview/working-with-objects/names/#dns-subdomain-names
ServiceAccountName = Annotated[
    str,
    matching(
        r"(?=.{1,253}\Z)[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*",
        "is no name of a service account",
        "Write lower-case letters, digits, hyphens and dots, a letter or digit first and last.",
        editors=r"[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*",
    ),
]
UserName = Annotated[
    str,
    matching(
        r"[^\x00-\x1f\x7f]+", "is no user name", "Write a text of one line and of at least one character."
    ),
]
# Of what a workload's name becomes part of, the names of a JobSet's pods are the longest, at 63 characters in all:
# https://github.com/kubernetes-sigs/jobset/blob/main/pkg/webhooks/jobset_webhook.go
WorkloadName = Annotated[
    str,
    matching(
        r"[a-z](?!.*--)([a-z0-9-]{0,38}[a-z0-9])?",
        "is no name of a workload",
        "Write at most 40 lower-case letters, digits and single hyphens, a letter first, no hyphen last.",
    ),
]
ObjectName = Annotated[
    str,
    matching(
        r"(?=.{1,253}\Z)[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*",
        "is no name of a Kubernetes object",
        "Write lower-case letters, digits, hyphens and dots, a letter or digit first and last.",
        editors=r"[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*",
    ),
]
# Narrower than Kubernetes, which since 1.32 takes nearly all of ASCII: shells and Python read no others.
EnvironmentName = Annotated[
    str,
    matching(
        r"[A-Za-z_][A-Za-z0-9_]{0,254}",
        "is no name of an environment variable",
        "Write letters, digits and underscores, no digit first.",
    ),
]
# https://kubernetes.io/docs/concepts/configuration/secret/#restriction-names-data
SecretKey = Annotated[
    str,
    matching(
        r"[A-Za-z0-9._-]{1,253}",
        "is no key of a Secret or ConfigMap",
        "Write letters, digits, '-', '_' or '.'.",
    ),
]
ScriptName = Annotated[
    str,
    matching(
        r"[A-Za-z0-9_][A-Za-z0-9._-]{0,252}",
        "is no name for a script",
        "Write letters, digits, '-', '_' or '.', and no '-' or '.' first.",
    ),
]
# A mount path has no colon: https://kubernetes.io/docs/reference/generated/kubernetes-api/v1.35/#volumemount-v1-core
AbsolutePath = Annotated[
    str,
    matching(
        r"(?=.{2,1024}\Z)(/(?!\.{1,2}(/|\Z))[^/:\x00-\x1f\x7f]+)+",
        "is no absolute path",
        "Write a path like /data, without a slash last, '..' or ':'.",
        editors=r"(/[^/:\x00-\x1f]+)+",
    ),
]
RelativePath = Annotated[
    str,
    matching(
        r"(?=.{1,1024}\Z)(?!\.{1,2}(/|\Z))[^/\x00-\x1f\x7f]+(/(?!\.{1,2}(/|\Z))[^/\x00-\x1f\x7f]+)*",
        "is no relative path",
        "Write a path like a/b, without a slash first or last, or '..'.",
        editors=r"[^/\x00-\x1f]+(/[^/\x00-\x1f]+)*",
    ),
]
# https://docs.docker.com/reference/cli/docker/image/tag/
ImageTag = Annotated[
    str,
    matching(
        r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}",
        "is no tag of an image",
        "Write at most 128 letters, digits, '_', '.' or '-', and no '.' or '-' first.",
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
_NAME = r"[A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?"
_DNS_LABEL = r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"
_DNS_NAME = rf"{_DNS_LABEL}(\.{_DNS_LABEL})*"
_NAME_HINT = "Write at most 63 letters, digits, '-', '_' or '.', a letter or digit first and last."
_NAME_PART = re.compile(rf"{_NAME}\Z")
_DNS_PREFIX = re.compile(rf"{_DNS_NAME}\Z")


def _label_key(key: str) -> str:
    prefix, slash, name = key.rpartition("/")
    if slash and (len(prefix) > 253 or not _DNS_PREFIX.match(prefix)):
        raise wrong(f"the prefix of {key!r} is no DNS name", "Write example.com/name, in lower case.")
    if not _NAME_PART.match(name):
        raise wrong(
            f"{key!r} is no label or taint key",
            _NAME_HINT,
        )
    return key


def _label_value(value: str) -> str:
    if value and not _NAME_PART.match(value):
        raise wrong(
            f"{value!r} is no label or taint value",
            _NAME_HINT,
        )
    return value


LabelKey = Annotated[str, Form(_label_key, rf"((?=[^/]{{1,253}}/){_DNS_NAME}/)?{_NAME}", _NAME_HINT)]
LabelValue = Annotated[str, Form(_label_value, rf"({_NAME})?", _NAME_HINT)]
# https://kubernetes.io/docs/concepts/configuration/manage-resources-containers/#extended-resources
ResourceName = Annotated[
    str,
    matching(
        rf"(?=.{{1,253}}\Z)({_DNS_NAME}/)?{_NAME}",
        "is no name of a resource",
        "Write cpu, memory, or a device's name like nvidia.com/gpu.",
        editors=rf"({_DNS_NAME}/)?{_NAME}",
    ),
]

# https://docs.aws.amazon.com/general/latest/gr/aws_tagging.html: what every service takes
_TAG = r"[\w .:/=+@-]"
# To an editor \w means ASCII, so this names what ASCII has besides. Which other characters are letters, the loader says.
_TAG_IN_EDITORS = r"[^\x00-\x1f!-*,;<>?\[-^`{-\x7f]"
# AWS's own, and those by which the project knows what it has made (stores.py).
_NOT_OURS = "(?!aws:|cdktf-eks-training/)"
TagKey = Annotated[
    str,
    matching(
        rf"{_NOT_OURS}{_TAG}{{1,128}}",
        "is no tag key",
        "Write 1 to 128 letters, digits, spaces or _ . : / = + - @, not starting with aws: or cdktf-eks-training/.",
        editors=rf"{_NOT_OURS}{_TAG_IN_EDITORS}{{1,128}}",
    ),
]
TagValue = Annotated[
    str,
    matching(
        rf"{_TAG}{{0,256}}",
        "is no tag value",
        "Write at most 256 letters, digits, spaces or _ . : / = + - @.",
        editors=rf"{_TAG_IN_EDITORS}{{0,256}}",
    ),
]
Tags = dict[TagKey, TagValue]
