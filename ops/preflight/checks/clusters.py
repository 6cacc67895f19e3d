"""The cluster that has the layout's name already, and whose it is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from modules.layout.stores import CLUSTER_TAG

from ...aws.account import Answer
from ..subject import Subject


def named_cluster(subject: Subject) -> Answer | None:
    """The cluster of the layout's name as EKS describes it, or None.

    Raises:
        UnaskedError: as `Account.find`.
    """
    found = subject.account.find(
        "eks", "describe_cluster", ("ResourceNotFoundException",), name=subject.layout.name
    )
    return None if found is None else dict(found["cluster"])


def is_ours(subject: Subject, cluster: Mapping[str, Any]) -> bool:
    """Whether a cluster of the layout's name is the layout's: its state has it, or it carries our tag."""
    name = subject.layout.name
    return in_state(subject) or (cluster.get("tags") or {}).get(CLUSTER_TAG) == name


def in_state(subject: Subject) -> bool:
    """Whether the states have the cluster under the layout's name; after a change of name they have another."""
    return any(
        one.attributes.get("name") == subject.layout.name for one in subject.deployed("aws_eks_cluster")
    )
