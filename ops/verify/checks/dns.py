"""DNS in the cluster."""

from __future__ import annotations

from collections.abc import Iterator

from ...checking.check import Finding, Level
from ..subject import Subject, labels_of, name_of
from .base import OfNodes
from .deployments import unavailable
from .known import is_missing_in_eks

# https://kubernetes.io/docs/tasks/administer-cluster/dns-debugging-resolution/: the service has this name with CoreDNS too
_SERVICE, _NAMESPACE, _DEPLOYMENT = "kube-dns", "kube-system", "coredns"
_SERVICE_LABEL = "kubernetes.io/service-name"


class Dns(OfNodes):
    """CoreDNS has to answer: workers find each other, and everything finds AWS, by name."""

    id = "dns"
    level: Level = "error"
    remedy = f"kubectl -n {_NAMESPACE} describe deployment {_DEPLOYMENT}"

    def look(self, subject: Subject) -> Iterator[Finding]:
        """CoreDNS is available, and its service has addresses."""
        if subject.layout.has_addon("coredns"):
            there = [
                one
                for one in subject.cluster.deployments()
                if name_of(one) == _DEPLOYMENT and one["metadata"].get("namespace") == _NAMESPACE
            ]
            if not there:
                if not is_missing_in_eks(subject, "coredns"):
                    problem = (
                        f"its Deployment {_NAMESPACE}/{_DEPLOYMENT} is not in the cluster: no name is found"
                    )
                    yield Finding("addons.coredns", problem, "apply the layout: make deploy")
                return
            why = unavailable(subject, there[0])
            if why is not None:
                none = not (there[0].get("status") or {}).get("availableReplicas")
                where = f"{_NAMESPACE}/{_DEPLOYMENT}"
                yield Finding(where, why, level="error" if none else "warning")
                return
        slices = [
            one
            for one in subject.cluster.endpoint_slices(_NAMESPACE)
            if labels_of(one).get(_SERVICE_LABEL) == _SERVICE
        ]
        # Unknown means ready: https://kubernetes.io/docs/concepts/services-networking/endpoint-slices/#ready
        ready = [
            address
            for one in slices
            for endpoint in one.get("endpoints") or ()
            if (endpoint.get("conditions") or {}).get("ready") is not False
            for address in endpoint.get("addresses") or ()
        ]
        if not ready:
            ask = f"kubectl -n {_NAMESPACE} get service {_SERVICE} -o yaml"
            problem = "the service has no ready address, so that no name is found"
            remedy = f"see whether the service and its selector are there: {ask}"
            yield Finding(f"{_NAMESPACE}/{_SERVICE}", problem, remedy)
