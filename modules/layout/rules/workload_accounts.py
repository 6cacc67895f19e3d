"""Rules about the service accounts of workloads: made once, with one role each."""

from __future__ import annotations

from collections.abc import Iterator

from ..claims import workloads
from ..faults import KeyPath, Level
from ..models import Layout
from ..releases import ADDON_PODS, RELEASE_SERVICE_ACCOUNTS
from .base import Context, Finding
from .pod_identity import own_roles


class WorkloadAccountExists:
    """Two cannot make one account: the second is told that it already exists.

    https://kubernetes.io/docs/concepts/security/service-accounts/#default-service-accounts
    """

    id = "workload-account-exists"
    level: Level = "error"

    def check(self, context: Context) -> Iterator[Finding]:
        """A workload without `service_account` has a name that nobody gives to an account in its namespace."""
        makers = dict(_makers(context.layout))
        for path, workload in workloads(context.layout):
            if workload.service_account is not None:
                continue
            name = path[-1]
            maker = "Kubernetes" if name == "default" else makers.get((workload.namespace, name))
            if maker is not None:
                problem = (
                    f"the service account {workload.namespace}/{name} would be made twice: {maker} makes it"
                )
                remedy = f"Write service_account: {name} to use that one, or give the workload another name."
                because = ((*path, "namespace"), (*path, "service_account"))
                yield Finding(path, problem, remedy, because)


def _makers(layout: Layout) -> Iterator[tuple[tuple[str, str], str]]:
    """The service accounts that others make, and who they are."""
    for addon, pods in ADDON_PODS.items():
        if layout.has_addon(addon):
            for account in pods.accounts:
                yield (pods.namespace, account), f"the add-on {addon}"
    for release, account in RELEASE_SERVICE_ACCOUNTS.items():
        if layout.has_release(release):
            yield (layout.namespace_of(release), account), f"the release {release}"
    for name, one in layout.cluster.pod_identity_associations.items():
        if one.create_service_account:
            yield (one.namespace, one.service_account), f"the pod identity association {name}"


class WorkloadRoleTwice:
    """A service account has one role in a cluster, by one association: EKS refuses the second.

    https://docs.aws.amazon.com/eks/latest/APIReference/API_CreatePodIdentityAssociation.html
    """

    id = "workload-role-twice"
    level: Level = "error"

    def check(self, context: Context) -> Iterator[Finding]:
        """Workloads with `buckets` or `policy_arns` have service accounts that nobody else gives a role."""
        layout = context.layout
        taken: dict[tuple[str, str], str] = {account: whose for account, (whose, _) in own_roles(layout)}
        for name, one in layout.cluster.pod_identity_associations.items():
            taken[one.namespace, one.service_account] = f"cluster.pod_identity_associations.{name}"
        names: set[tuple[str, str]] = set()
        for path, workload in workloads(layout):
            if not workload.has_identity:
                continue
            account = workload.namespace, workload.service_account or path[-1]
            # Of two workloads of one name other rules speak.
            if account in taken and (workload.namespace, path[-1]) not in names:
                key = "buckets" if workload.buckets else "policy_arns"
                problem = f"{account[0]}/{account[1]} has a role already, by {taken[account]}"
                remedy = (
                    "Leave out service_account for one of its own"
                    if workload.service_account
                    else "Give the workload another name"
                )
                remedy += f", or let that role have what {key} allows."
                because: tuple[KeyPath, ...] = ((*path, "service_account"), (*path, "namespace"))
                yield Finding((*path, key), problem, remedy, because)
            names.add((workload.namespace, path[-1]))
            taken.setdefault(account, ".".join(path))
