"""A cluster: each kind of object is listed once, as the API writes it, and nothing is written."""

from __future__ import annotations

import json
import re
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from typing import Any, Protocol, TypeAlias

from ..checking.check import UnaskedError

# An object of the API, with its keys in camel case.
Object: TypeAlias = "dict[str, Any]"

# As kubectl: https://kubernetes.io/docs/reference/using-api/api-concepts/#retrieving-large-results-sets-in-chunks
_PAGE = 500
# The client gives these a request, the latter for each of its reads.
_CONNECT_SECONDS, _READ_SECONDS = 5, 30
# A token of EKS is good for 15 minutes, and those of `aws eks get-token` say 14:
# https://github.com/aws/aws-cli/blob/develop/awscli/customizations/eks/get_token.py
_RENEW_SECONDS = 10 * 60


class UnreachedError(UnaskedError):
    """The cluster does not answer now, and may do so later: a control plane that comes up, a network that is not there."""


class Way(Protocol):
    """How a cluster is reached."""

    @property
    def refused(self) -> str:
        """What to say where the cluster does not take the credentials."""
        ...

    def client(self) -> Any:
        """An `ApiClient` of the kubernetes client, with credentials that hold for some minutes.

        Raises:
            UnaskedError: there are no credentials, or there is no such cluster.
        """
        ...


class Cluster:
    """What a cluster has, asked once for each kind of object, from several threads.

    Args:
        way: how it is reached.
        private: whether its endpoint is in the VPC only, which is why it may not be reached from here.
        clock: seconds, by which credentials grow old.
    """

    def __init__(
        self, way: Way, *, private: bool = False, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._way = way
        self._private = private
        self._clock = clock
        self._lock = threading.Lock()
        self._client: Any = None
        self._since = 0.0
        self._answers: dict[tuple[str, str], Future[Any]] = {}

    def refresh(self) -> None:
        """Forgets all answers, and credentials that end soon."""
        with self._lock:
            self._answers = {}
            if self._clock() - self._since >= _RENEW_SECONDS:
                self._client = None

    def version(self) -> Object:
        """The API server's version, with `gitVersion` like `v1.35.2-eks-abc`."""
        found: Object = self._once("/version", "", lambda: self._get("/version", {}))
        return found

    def nodes(self) -> list[Object]:
        """All nodes."""
        return self.objects("", "v1", "nodes")

    def pods(self) -> list[Object]:
        """The pods of all namespaces."""
        return self.objects("", "v1", "pods")

    def daemon_sets(self) -> list[Object]:
        """The DaemonSets of all namespaces."""
        return self.objects("apps", "v1", "daemonsets")

    def deployments(self) -> list[Object]:
        """The Deployments of all namespaces."""
        return self.objects("apps", "v1", "deployments")

    def storage_classes(self) -> list[Object]:
        """All StorageClasses."""
        return self.objects("storage.k8s.io", "v1", "storageclasses")

    def service_accounts(self) -> list[Object]:
        """The service accounts of all namespaces."""
        return self.objects("", "v1", "serviceaccounts")

    def claims(self) -> list[Object]:
        """The PersistentVolumeClaims of all namespaces."""
        return self.objects("", "v1", "persistentvolumeclaims")

    def endpoint_slices(self, namespace: str) -> list[Object]:
        """The EndpointSlices of a namespace; the label `kubernetes.io/service-name` tells whose."""
        return self.objects("discovery.k8s.io", "v1", "endpointslices", namespace)

    def resource_slices(self, driver: str) -> list[Object]:
        """What a driver of dynamic resource allocation publishes of all nodes."""
        return self.objects("resource.k8s.io", "v1", "resourceslices", fields=f"spec.driver={driver}")

    def device_classes(self) -> list[Object]:
        """All DeviceClasses."""
        return self.objects("resource.k8s.io", "v1", "deviceclasses")

    def helm_secrets(self) -> list[Object]:
        """What Helm keeps of its releases, a secret for each revision that no newer one has taken the place of.

        Terraform keeps all of them, each up to a megabyte: https://helm.sh/docs/topics/advanced/#storage-backends
        """
        labels = "owner=helm,status!=superseded"
        return self.objects("", "v1", "secrets", labels=labels, fields="type=helm.sh/release.v1")

    def objects(
        self,
        group: str,
        version: str,
        plural: str,
        namespace: str | None = None,
        *,
        labels: str | None = None,
        fields: str | None = None,
    ) -> list[Object]:
        """All objects of a kind, of a custom one too; none where the cluster does not know the kind.

        Args:
            group: `apps`, or nothing for pods, nodes and others of the core.
            version: `v1`.
            plural: as the API's path has it, `daemonsets`.
            namespace: of all namespaces without it.
            labels: a label selector.
            fields: a field selector.

        Raises:
            UnaskedError: it may not be listed, or the cluster does not answer.
        """
        root = f"/apis/{group}/{version}" if group else f"/api/{version}"
        path = f"{root}/namespaces/{namespace}/{plural}" if namespace else f"{root}/{plural}"
        selected = {"labelSelector": labels, "fieldSelector": fields}
        query = {key: value for key, value in selected.items() if value is not None}
        kind = f"{plural}.{group}" if group else plural
        found: list[Object] = self._once(
            path, json.dumps(query, sort_keys=True), lambda: self._list(path, kind, query)
        )
        return found

    def _once(self, path: str, query: str, ask: Callable[[], Any]) -> Any:
        with self._lock:
            known = self._answers.get((path, query))
            mine: Future[Any] | None = None
            if known is None:
                known = mine = self._answers[path, query] = Future()
        if mine is not None:
            try:
                mine.set_result(ask())
            except BaseException as error:  # noqa: BLE001  # it is raised below, in this thread and in all that wait
                mine.set_exception(error)
        return known.result()

    def _list(self, path: str, kind: str, query: Mapping[str, str]) -> list[Object]:
        items: list[Object] = []
        page = ""
        while True:
            more = {"limit": str(_PAGE), **({"continue": page} if page else {})}
            found = self._get(path, {**query, **more}, kind)
            if found is None:
                return []
            for one in found.get("items") or ():
                # Who has set which field: a third of it all, and nobody's question. 50,000 pods are held in memory.
                (one.get("metadata") or {}).pop("managedFields", None)
                items.append(one)
            page = (found.get("metadata") or {}).get("continue") or ""
            if not page:
                return items

    def _get(self, path: str, query: Mapping[str, str], kind: str = "") -> Any:
        """The answer, or None where the cluster does not have the kind of object."""
        import urllib3.exceptions
        from kubernetes.client.exceptions import ApiException

        try:
            found = self._connected().call_api(
                path,
                "GET",
                query_params=list(query.items()),
                header_params={"Accept": "application/json"},
                auth_settings=["BearerToken"],
                response_types_map={200: "object"},
                _return_http_data_only=True,
                _request_timeout=(_CONNECT_SECONDS, _READ_SECONDS),
            )
        except ApiException as error:
            if error.status == 404 and kind:
                return None
            raise self._unasked(error.status, str(error.reason), _message(error.body), kind or path) from None
        except urllib3.exceptions.HTTPError as error:
            raise self._unreached(_cause(error)) from None
        if not isinstance(found, dict):
            raise self._unreached("what answers is no Kubernetes API, perhaps a proxy")
        return found

    def _unasked(self, status: int, reason: str, message: str, kind: str) -> UnaskedError:
        if status == 401:
            return UnaskedError(self._way.refused)
        if status == 403:
            return UnaskedError(
                f"listing {kind} is not allowed: {message}. AmazonEKSAdminViewPolicy, in `cluster.access_entries`, allows it"
            )
        said = f"{status} {message or reason}".strip()
        if status == 0:
            return self._unreached(" ".join(reason.split()))
        if status == 429 or status >= 500:
            return UnreachedError(f"the cluster's API answers {kind} with {said}")
        return UnaskedError(f"the cluster's API answers {kind} with {said}")

    def _unreached(self, cause: str) -> UnreachedError:
        hint = ""
        if self._private:
            hint = ". Its endpoint is in the VPC only: come from there, or by VPN, or set cluster.endpoint.public"
        return UnreachedError(f"the cluster's API cannot be reached: {cause}{hint}")

    def _connected(self) -> Any:
        with self._lock:
            if self._client is None:
                self._client = self._way.client()
                self._since = self._clock()
            return self._client


def _message(body: object) -> str:
    """What a Status object says."""
    try:
        found = json.loads(str(body))
    except ValueError:
        return ""
    return str(found.get("message") or "").rstrip(".") if isinstance(found, dict) else ""


def _cause(error: BaseException) -> str:
    """What urllib3 says of the last attempt, without the names of its own objects."""
    reason = getattr(error, "reason", None) or error
    text = re.sub(r"^HTTPS?Connection(Pool)?\(.*?\): ", "", " ".join(str(reason).split()))
    return text.removeprefix("Failed to establish a new connection: ").rstrip(".") or type(reason).__name__
