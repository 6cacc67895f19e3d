"""Where a context of a kubeconfig leads, by the names in it: nothing is asked, and no program is run."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

# What `aws eks update-kubeconfig` calls a cluster: https://docs.aws.amazon.com/cli/latest/reference/eks/update-kubeconfig.html
_ARN = re.compile(r"arn:aws[a-z-]*:eks:([a-z0-9-]+):[0-9]{12}:cluster/(.+)")


@dataclass(frozen=True, slots=True)
class Context:
    """A context; name and region of the EKS cluster that it leads to, None where it does not say so.

    `profile` is that of the AWS configuration whose credentials it takes, None for the user's default.
    """

    name: str
    cluster: str | None
    region: str | None
    profile: str | None = None

    def leads_to(self, cluster: str, region: str) -> bool:
        """Whether it leads to this cluster."""
        return (self.cluster, self.region) == (cluster, region)

    def elsewhere(self, cluster: str, region: str) -> str:
        """What to say where it does not lead to this cluster, for sure."""
        leads = "does not say to which EKS cluster it leads"
        if self.cluster is not None:
            leads = f"leads to the cluster {self.cluster} in {self.region}"
        return f"kubectl's context {self.name} {leads}, and the layout's is {cluster} in {region}"


def context_of(
    name: str, clusters: Sequence[Mapping[str, Any]], users: Sequence[Mapping[str, Any]]
) -> Context:
    """A context, by the entries of the kubeconfig that it names.

    Args:
        name: the context's.
        clusters: the entry of its cluster.
        users: the entry of its user.
    """
    run = ((users[0].get("user") or {}).get("exec") or {}) if users else {}
    arguments = run.get("args") or []
    variables = {one["name"]: one["value"] for one in run.get("env") or ()}
    profile = _flag(arguments, "--profile") or variables.get("AWS_PROFILE")
    for one in clusters:
        if match := _ARN.fullmatch(one["name"]):
            return Context(name, match[2], match[1], profile)
    # Under other names: eksctl's, and that of the kubeconfig in the outputs of the cluster's stack.
    return Context(name, _flag(arguments, "--cluster-name"), _flag(arguments, "--region"), profile)


def contexts_of(config: Mapping[str, Any]) -> list[Context]:
    """All contexts of a kubeconfig, the current one first."""
    current = config.get("current-context")
    found = []
    for one in config.get("contexts") or ():
        names = one.get("context") or {}
        clusters = [it for it in config.get("clusters") or () if it["name"] == names.get("cluster")]
        users = [it for it in config.get("users") or () if it["name"] == names.get("user")]
        found.append(context_of(str(one["name"]), clusters, users))
    return sorted(found, key=lambda one: one.name != current)


def _flag(arguments: Sequence[str], name: str) -> str | None:
    return next((value for flag, value in pairwise(arguments) if flag == name), None)
