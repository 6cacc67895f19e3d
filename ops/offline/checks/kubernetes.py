"""Names, labels, annotations and taints as Kubernetes takes them.

https://kubernetes.io/docs/concepts/overview/working-with-objects/names/ and .../labels/
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from .problem import Path, Problem, one_of, quoted
from .walk import Given, strings

_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?")
_SUBDOMAIN = re.compile(rf"{_LABEL.pattern}(\.{_LABEL.pattern})*")
_QUALIFIED = re.compile(r"[A-Za-z0-9]([A-Za-z0-9_.-]*[A-Za-z0-9])?")
_NAME, _SUBDOMAIN_MOST = 63, 253
# What a kubelet may set on its own node; with any other label of these domains it does not start.
# https://github.com/kubernetes/kubernetes/blob/master/staging/src/k8s.io/kubelet/pkg/apis/well_known_labels.go
_OWN_DOMAINS: Final = ("kubernetes.io", "k8s.io")
_KUBELET_PREFIXES: Final = ("kubelet.kubernetes.io", "node.kubernetes.io")
_KUBELET_LABELS: Final = frozenset(
    {
        "beta.kubernetes.io/arch",
        "beta.kubernetes.io/instance-type",
        "beta.kubernetes.io/os",
        "failure-domain.beta.kubernetes.io/region",
        "failure-domain.beta.kubernetes.io/zone",
        "kubernetes.io/arch",
        "kubernetes.io/hostname",
        "kubernetes.io/os",
        "node.kubernetes.io/instance-type",
        "topology.kubernetes.io/region",
        "topology.kubernetes.io/zone",
    }
)
# https://github.com/aws/containers-roadmap/issues/1451
_EKS_DOMAIN: Final = "eks.amazonaws.com"
# https://kubernetes.io/docs/reference/kubernetes-api/config-and-storage-resources/storage-class-v1/
_ENUMS: Final = {
    "reclaim_policy": ("Delete", "Retain"),
    "volume_binding_mode": ("Immediate", "WaitForFirstConsumer"),
}
# https://kubernetes.io/docs/concepts/overview/working-with-objects/annotations/: 256 KiB all together
_ANNOTATIONS: Final = 256 * 1024


def label_fault(text: str) -> str | None:
    """Why a text is no DNS-1123 label, which namespaces have to be; None if it is one."""
    if len(text) <= _NAME and _LABEL.fullmatch(text):
        return None
    return f"{quoted(text)} is no name for Kubernetes: at most {_NAME} of a-z, 0-9 and -, a letter or digit first and last."


def subdomain_fault(text: str) -> str | None:
    """Why a text is no DNS-1123 subdomain, which most names have to be; None if it is one."""
    if len(text) <= _SUBDOMAIN_MOST and _SUBDOMAIN.fullmatch(text):
        return None
    return (
        f"{quoted(text)} is no name for Kubernetes: at most {_SUBDOMAIN_MOST} of a-z, 0-9, - and ., "
        "each part with a letter or digit first and last."
    )


def key_fault(text: str) -> str | None:
    """Why a text is no key of a label, annotation or taint; None if it is one."""
    prefix, slash, name = text.rpartition("/")
    if slash and (fault := subdomain_fault(prefix)):
        return f"{quoted(text)}: before the / stands a domain. {fault}"
    if len(name) <= _NAME and _QUALIFIED.fullmatch(name):
        return None
    return (
        f"{quoted(text)} is no key for Kubernetes: DOMAIN/NAME or NAME, the name with at most {_NAME} of "
        "A-Z, a-z, 0-9, -, _ and ., a letter or digit first and last."
    )


def value_fault(text: str) -> str | None:
    """Why a text is no value of a label or taint; None if it is one."""
    if not text or (len(text) <= _NAME and _QUALIFIED.fullmatch(text)):
        return None
    return (
        f"{quoted(text)} is no value of a label: at most {_NAME} of A-Z, a-z, 0-9, -, _ and ., "
        "a letter or digit first and last."
    )


def node_label_fault(key: str) -> str | None:
    """Why a node group may not set a label; None if it may."""
    if fault := key_fault(key):
        return fault
    domain = key.rpartition("/")[0]
    if _within(domain, _EKS_DOMAIN):
        return f"{quoted(key)}: EKS keeps labels of {_EKS_DOMAIN} for itself. Use a domain of your own."
    own = any(_within(domain, one) for one in _OWN_DOMAINS)
    if own and key not in _KUBELET_LABELS and not any(_within(domain, one) for one in _KUBELET_PREFIXES):
        return (
            f"{quoted(key)}: a node with this label does not join, as the kubelet refuses it. Use a domain of your own, "
            f"or {_KUBELET_PREFIXES[1]}/..."
        )
    return None


def _within(domain: str, parent: str) -> bool:
    return domain == parent or domain.endswith(f".{parent}")


Fault = Callable[[str], "str | None"]
_TEXTS: Final[dict[str, Fault]] = {
    "aws_eks_access_policy_association access_scope.namespaces": lambda text: label_fault(
        text.replace("*", "x")
    ),
    "aws_eks_addon pod_identity_association.service_account": subdomain_fault,
    "aws_eks_node_group taint.key": key_fault,
    "aws_eks_node_group taint.value": value_fault,
    "aws_eks_pod_identity_association namespace": label_fault,
    "aws_eks_pod_identity_association service_account": subdomain_fault,
    "helm_release namespace": label_fault,
}


def problems(type_name: str, given: Given) -> Iterator[Problem]:
    """What Kubernetes would refuse in one argument."""
    fault = _TEXTS.get(f"{type_name} {given.argument}")
    if fault:
        yield from _each(fault, given.value, given.path)
    elif type_name == "aws_eks_node_group" and given.argument == "labels":
        yield from _labels(given, node_label_fault)
    elif type_name.startswith("kubernetes_"):
        yield from _of_object(type_name, given)


def _of_object(type_name: str, given: Given) -> Iterator[Problem]:
    if given.argument == "metadata.name":
        of_label = "_namespace" in type_name or type_name.startswith("kubernetes_service")
        account = "service_account" in type_name
        yield from _each(
            label_fault if of_label and not account else subdomain_fault, given.value, given.path
        )
    elif given.argument == "metadata.namespace":
        yield from _each(label_fault, given.value, given.path)
    elif given.argument == "metadata.labels":
        yield from _labels(given, key_fault)
    elif given.argument == "metadata.annotations":
        yield from _annotations(given.value, given.path)
    elif given.argument == "storage_provisioner":
        # https://github.com/kubernetes/kubernetes/blob/master/pkg/apis/storage/validation/validation.go
        yield from _each(key_fault, given.value.lower(), given.path)
    elif (
        given.argument in _ENUMS
        and "storage_class" in type_name
        and given.value not in _ENUMS[given.argument]
    ):
        yield Problem(
            given.path, one_of(str(given.value), _ENUMS[given.argument], f"StorageClass {given.argument}")
        )


def _labels(given: Given, of_key: Fault) -> Iterator[Problem]:
    if isinstance(given.value, Mapping):
        for key in given.value:
            yield from _each(of_key, key, (*given.path, key))
        yield from _each(value_fault, given.value, given.path)


def _annotations(annotations: Mapping[str, Any], path: Path) -> Iterator[Problem]:
    for key in annotations:
        yield from _each(key_fault, key.lower(), (*path, key))
    size = sum(len(text.encode()) for _, text in strings(annotations, ())) + sum(
        len(key.encode()) for key in annotations
    )
    if size > _ANNOTATIONS:
        yield Problem(path, f"The annotations have {size} bytes: Kubernetes takes {_ANNOTATIONS}.")


def _each(fault: Fault, value: Any, path: Path) -> Iterator[Problem]:
    for where, text in strings(value, path):
        if message := fault(text):
            yield Problem(where, message)
