"""AWS permissions of pods: associations, service accounts, and the credentials that pods were started with."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from modules.layout import Layout
from modules.layout.claims import workloads
from modules.layout.releases import ADDON_IDENTITIES, RELEASE_SERVICE_ACCOUNTS

from ...checking.check import Finding, Level, UnaskedError
from ..cluster import Object
from ..subject import Subject, name_of
from .known import has_cluster

# EKS puts it into the containers of a pod that it makes after the association:
# https://docs.aws.amazon.com/eks/latest/userguide/pod-id-how-it-works.html
_GIVEN = "AWS_CONTAINER_CREDENTIALS_FULL_URI"
# By IAM roles for service accounts, the other way to a role: https://docs.aws.amazon.com/eks/latest/userguide/pod-configuration.html
_BY_TOKEN = "AWS_WEB_IDENTITY_TOKEN_FILE"  # the name of a variable


@dataclass(frozen=True, slots=True)
class Association:
    """The pods of a service account that have a role.

    Args:
        where: the path of the layout that says so.
        namespace: of the service account.
        account: the service account's name.
        made: whether the layout makes the service account; None where a chart, an add-on or a workload brings it.
    """

    where: str
    namespace: str
    account: str
    made: bool | None = None


def associations(layout: Layout) -> Iterator[Association]:
    """All that the layout makes: modules/pod_identity.py, addons.py, workloads/identities.py and those of releases."""
    for name, one in layout.cluster.pod_identity_associations.items():
        path = f"cluster.pod_identity_associations.{name}"
        yield Association(path, one.namespace, one.service_account, one.create_service_account)
    for name, section in layout.addons.items():
        identity = ADDON_IDENTITIES.get(name)
        if section.enabled and identity is not None and (identity.policies or section.role_arn is not None):
            yield Association(f"addons.{name}", identity.namespace, identity.service_account)
    for (_, kind, name), workload in workloads(layout):
        if workload.has_identity:
            account = workload.service_account or name
            yield Association(f"workloads.{kind}.{name}", workload.namespace, account)
    for name, account in RELEASE_SERVICE_ACCOUNTS.items():
        wanted = layout.has_autoscaler if name == "cluster-autoscaler" else layout.has_release(name)
        if wanted:
            yield Association(f"helm_releases.{name}", layout.namespace_of(name), account)


class PodIdentity:
    """Pods with a role have to have its credentials: a pod that is older than its association has none for as long as it lives."""

    id = "pod-identity"
    level: Level = "error"
    remedy = "make the association and the service account, and then start the pods anew"

    def applies(self, subject: Subject) -> bool:
        """Some pods have a role."""
        return any(True for _ in associations(subject.layout))

    def look(self, subject: Subject) -> Iterator[Finding]:
        """EKS has each association, the service account is there, and its pods were given credentials."""
        unasked: UnaskedError | None = None
        try:
            known = self._in_eks(subject)
        except UnaskedError as error:
            known, unasked = None, error
        accounts = {_place(one["metadata"]) for one in subject.cluster.service_accounts()}
        for one in associations(subject.layout):
            full = f"{one.namespace}/{one.account}"
            if known is not None and (one.namespace, one.account) not in known:
                problem = f"EKS has no pod identity association for the service account {full}"
                yield Finding(one.where, problem, "apply the layout: make deploy; then restart its pods")
            elif one.made is not None and (one.namespace, one.account) not in accounts:
                yield self._no_account(one, full)
            else:
                yield from self._without(subject, one, full)
        if unasked is not None:
            raise unasked

    def _no_account(self, one: Association, full: str) -> Finding:
        if one.made:
            remedy = "apply the platform stack: make deploy"
            return Finding(one.where, f"its service account {full} is not in the cluster", remedy)
        problem = f"its service account {full}, which somebody else makes, is not in the cluster yet"
        return Finding(
            one.where, problem, f"kubectl -n {one.namespace} create serviceaccount {one.account}", "warning"
        )

    def _in_eks(self, subject: Subject) -> set[tuple[str, str]] | None:
        if subject.account is None:
            return None
        found = subject.account.pages(
            "eks",
            "list_pod_identity_associations",
            "associations",
            ("ResourceNotFoundException",),
            clusterName=subject.layout.name,
        )
        if not found:
            has_cluster(subject, subject.account)
        return {(str(one.get("namespace")), str(one.get("serviceAccount"))) for one in found}

    def _without(self, subject: Subject, one: Association, full: str) -> Iterator[Finding]:
        pods = [
            pod
            for pod in subject.cluster.pods()
            if pod["metadata"].get("namespace") == one.namespace
            and (pod.get("spec") or {}).get("serviceAccountName") == one.account
            and (pod.get("status") or {}).get("phase") in ("Pending", "Running")
            and not pod["metadata"].get("deletionTimestamp")
            and not _has_credentials(pod)
        ]
        if pods:
            names = ", ".join(name_of(pod) for pod in pods)
            older = f"{names} {'was' if len(pods) == 1 else 'were'} started before the association of {full}"
            yield Finding(
                one.where,
                f"{older}, and {'has' if len(pods) == 1 else 'have'} no AWS credentials",
                _restart(pods),
            )


def _has_credentials(pod: Object) -> bool:
    return any(
        variable.get("name") in (_GIVEN, _BY_TOKEN)
        for container in (pod.get("spec") or {}).get("containers") or ()
        for variable in container.get("env") or ()
    )


def _restart(pods: list[Object]) -> str:
    """The command that starts them anew; a pod that nobody owns does not come back by itself."""
    namespace = pods[0]["metadata"]["namespace"]
    owners = {
        (str(one.get("kind")), str(one.get("name")))
        for pod in pods
        for one in pod["metadata"].get("ownerReferences") or ()
    }
    things = []
    for kind, name in sorted(owners):
        if kind == "ReplicaSet":
            things.append(f"deployment/{name.rpartition('-')[0]}")
        elif kind in ("DaemonSet", "StatefulSet"):
            things.append(f"{kind.lower()}/{name}")
    if things:
        return f"kubectl -n {namespace} rollout restart {' '.join(things)}"
    return f"kubectl -n {namespace} delete pod {' '.join(name_of(pod) for pod in pods)}"


def _place(metadata: Object) -> tuple[str, str]:
    return str(metadata.get("namespace")), str(metadata.get("name"))
