"""Rules about service accounts that have a role: whose they are, and that pods run under the name which has the role."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ..faults import KeyPath, Level
from ..models import Layout
from ..releases import (
    ADDON_IDENTITIES,
    ADDON_PODS,
    ADDONS_KNOWN,
    RELEASE_SERVICE_ACCOUNTS,
    karpenter_queue,
)
from .base import Context, Finding


class AddonRoleUnused:
    """A role reaches pods by their service account, which for some add-ons is not known here, or does not call AWS.

    https://docs.aws.amazon.com/eks/latest/userguide/community-addons.html
    """

    id = "addon-role-unused"
    level: Level = "error"

    def check(self, context: Context) -> Iterator[Finding]:
        """`role_arn` goes with an add-on whose service account is known."""
        for name, addon in context.layout.addons.items():
            if not addon.enabled or addon.role_arn is None or name in ADDON_IDENTITIES:
                continue
            path = ("addons", name, "role_arn")
            if name in ADDONS_KNOWN:
                problem, remedy = (
                    f"the pods of {name} do not call AWS: nobody would use the role",
                    "Remove it.",
                )
            else:
                problem = f"which service account the pods of {name} have is not known here: they would not get the role"
                remedy = (
                    "Remove it, and write an entry of cluster.pod_identity_associations with the add-on's namespace and "
                    "service account, and this role_arn."
                )
            yield Finding(path, problem, remedy)


class ServiceAccountExists:
    """Two cannot make one account: the second is told that it already exists.

    https://kubernetes.io/docs/concepts/security/service-accounts/#default-service-accounts
    """

    id = "service-account-exists"
    level: Level = "error"

    def check(self, context: Context) -> Iterator[Finding]:
        """`create_service_account` is for an account that neither Kubernetes nor an add-on makes."""
        makers = {
            (pods.namespace, account): f"the add-on {name}"
            for name, pods in ADDON_PODS.items()
            if context.layout.has_addon(name)
            for account in pods.accounts
        }
        for name, association in context.layout.cluster.pod_identity_associations.items():
            if association.create_service_account:
                account = association.namespace, association.service_account
                maker = "Kubernetes" if association.service_account == "default" else makers.get(account)
                if maker is not None:
                    path = ("cluster", "pod_identity_associations", name)
                    problem = f"{account[0]}/{account[1]} is made by {maker}"
                    remedy = "Remove create_service_account, or name an account of your own."
                    because = ((*path, "service_account"), (*path, "namespace"))
                    yield Finding((*path, "create_service_account"), problem, remedy, because)


@dataclass(frozen=True, slots=True)
class _Tied:
    """A value of a chart that what is made in AWS depends on; `optional` where an empty one means no use of it."""

    keys: tuple[str, ...]
    value: str
    what: str
    optional: bool = False


class ReleaseIdentity:
    """A role is made for one service account, its rights for one cluster and queue: others get none.

    https://karpenter.sh/v1.14/reference/settings/
    """

    id = "release-identity"
    level: Level = "error"

    def check(self, context: Context) -> Iterator[Finding]:
        """Values leave the service account, cluster and queue of a release that has a role as they are."""
        for name, ties in _tied(context.layout).items():
            release = context.layout.helm_releases[name]
            for tied in ties:
                dotted = ".".join(tied.keys)
                given: list[tuple[KeyPath, Any]] = [(("values", *tied.keys), _at(release.values, tied))]
                if dotted in release.set:
                    given.append((("set", dotted), release.set[dotted]))
                for below, value in given:
                    if value != tied.value and not (tied.optional and value in (None, "")):
                        problem = f"{tied.what} that is made for {name} is {tied.value}"
                        yield Finding(("helm_releases", name, *below), problem, "Remove it.")


def _tied(layout: Layout) -> dict[str, tuple[_Tied, ...]]:
    """What the releases that have a role are tied to."""
    found: dict[str, tuple[_Tied, ...]] = {}
    if layout.has_release("karpenter"):
        account = RELEASE_SERVICE_ACCOUNTS["karpenter"]
        found["karpenter"] = (
            _Tied(("serviceAccount", "name"), account, "the service account of the role"),
            _Tied(("settings", "clusterName"), layout.name, "the cluster of the role"),
            _Tied(
                ("settings", "interruptionQueue"),
                karpenter_queue(layout.name),
                "the queue",
                optional=True,
            ),
        )
    if layout.has_release("aws-load-balancer-controller"):
        account = RELEASE_SERVICE_ACCOUNTS["aws-load-balancer-controller"]
        found["aws-load-balancer-controller"] = (
            _Tied(("serviceAccount", "name"), account, "the service account of the role"),
            _Tied(("clusterName",), layout.name, "the cluster of the role"),
            _Tied(("region",), layout.region, "the region of the role"),
        )
    if layout.has_autoscaler and layout.has_release("cluster-autoscaler"):
        account = RELEASE_SERVICE_ACCOUNTS["cluster-autoscaler"]
        found["cluster-autoscaler"] = (
            _Tied(("rbac", "serviceAccount", "name"), account, "the service account of the role"),
            _Tied(("autoDiscovery", "clusterName"), layout.name, "the cluster of the role"),
        )
    return found


def _at(values: Mapping[str, Any], tied: _Tied) -> Any:
    """What values say in a tie's place; its own value where they say nothing. A null takes away what is below it."""
    found: Any = values
    for key in tied.keys:
        if not isinstance(found, Mapping):
            return found
        if key not in found:
            return tied.value
        found = found[key]
    return found
