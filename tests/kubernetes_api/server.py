"""A server that speaks as much of the Kubernetes API as `ops verify` hears: lists, with selectors and pages."""

from __future__ import annotations

import base64
import json
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar
from urllib.parse import parse_qs, urlsplit

from typing_extensions import override

from ops.verify.access import client_of
from ops.verify.cluster import Cluster
from tests.kubernetes_api.world import Object, World

TOKEN = "a-token"  # the one that the server takes where no test asks for another
USER = "arn:aws:iam::123456789012:role/reader"
# What a list of each kind is called.
KINDS = {
    "nodes": "Node",
    "pods": "Pod",
    "secrets": "Secret",
    "events": "Event",
    "serviceaccounts": "ServiceAccount",
    "persistentvolumeclaims": "PersistentVolumeClaim",
    "daemonsets": "DaemonSet",
    "deployments": "Deployment",
    "storageclasses": "StorageClass",
    "endpointslices": "EndpointSlice",
    "deviceclasses": "DeviceClass",
    "resourceslices": "ResourceSlice",
}

# By what fields things can be selected; a real server refuses all others:
# https://kubernetes.io/docs/concepts/overview/working-with-objects/field-selectors/#list-of-supported-fields
_FIELDS = ("metadata.name", "metadata.namespace")
FIELDS = {
    "pods": ("spec.nodeName", "spec.serviceAccountName", "status.phase"),
    "events": ("involvedObject.name", "involvedObject.uid", "reason", "type"),
    "secrets": ("type",),
    "nodes": ("spec.unschedulable",),
    # https://kubernetes.io/docs/reference/kubernetes-api/resource/resource-slice-v1/
    "resourceslices": ("spec.driver", "spec.nodeName"),
}


@dataclass
class Api:
    """What is served, and how.

    `takes` says whether a bearer token is good; `refused` has the status of each plural that is not answered, as 403 or
    503; `asked` gets the path and query of each request, and `page` is what comes in place of any answer.
    """

    world: World = field(default_factory=World)
    takes: Callable[[str], bool] = lambda token: token == TOKEN
    refused: dict[str, int] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    page: str = ""
    url: str = ""


@dataclass
class ByUrl:
    """The way to a server of the tests."""

    url: str
    token: str = TOKEN
    refused: str = "the cluster does not know somebody (401)"

    def client(self) -> Any:
        return client_of(self.url, self.token)


def token_is_signed(token: str) -> bool:
    """Whether it has the form of a token of EKS: https://github.com/kubernetes-sigs/aws-iam-authenticator, pkg/token/token.go."""
    prefix, _, text = token.partition(".")
    if prefix != "k8s-aws-v1" or "=" in text:
        return False
    url = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode()
    query = {key: values[0] for key, values in parse_qs(urlsplit(url).query).items()}
    return (
        query.get("Action") == "GetCallerIdentity"
        and int(query.get("X-Amz-Expires", 0)) == 60
        and "x-k8s-aws-id" in query.get("X-Amz-SignedHeaders", "").split(";")
    )


def cluster_of(api: Api, token: str = TOKEN) -> Cluster:
    """What is served, as `ops verify` asks it."""
    return Cluster(ByUrl(api.url, token))


@contextmanager
def serving(api: Api, context: ssl.SSLContext | None = None) -> Iterator[Api]:
    """Serves it on a port of its own, over TLS with a context."""
    handler = type("Handler", (_Handler,), {"api": api})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    if context is not None:
        server.socket = context.wrap_socket(server.socket, server_side=True)
    api.url = f"http{'s' if context else ''}://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield api
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class _Handler(BaseHTTPRequestHandler):
    api: ClassVar[Api]
    protocol_version = "HTTP/1.1"  # connections stay, as with a real API server
    timeout = 5
    disable_nagle_algorithm = True  # else the body waits 40 ms for the client to confirm the headers

    @override
    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: the test reads `asked`."""

    def do_GET(self) -> None:
        self.api.asked.append(self.path)
        status, body = self._answer()
        text = (self.api.page or json.dumps(body)).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def _answer(self) -> tuple[int, Object]:
        scheme, _, token = self.headers.get("Authorization", "").partition(" ")
        if scheme != "Bearer" or not self.api.takes(token):
            return _status(401, "Unauthorized", "Unauthorized")
        found = urlsplit(self.path)
        if found.path == "/version":
            return 200, {"major": "1", "minor": "35", "gitVersion": self.api.world.version}
        query = {key: values[0] for key, values in parse_qs(found.query).items()}
        match found.path.strip("/").split("/"):
            case ["api", version, *rest]:
                return self._listed("", version, rest, query)
            case ["apis", group, version, *rest]:
                return self._listed(group, version, rest, query)
        return _missing()

    def _listed(self, group: str, version: str, rest: list[str], query: dict[str, str]) -> tuple[int, Object]:
        if len(rest) not in (1, 3):
            return _missing()
        plural = rest[-1]
        namespace = rest[1] if len(rest) == 3 else None
        refused = self.api.refused.get(plural)
        if refused == 403:
            where = f'in the namespace "{namespace}"' if namespace else "at the cluster scope"
            message = f'{plural} is forbidden: User "{USER}" cannot list resource "{plural}" in API group "{group}" {where}'
            return _status(403, "Forbidden", message)
        if refused is not None:
            message = "the server is currently unable to handle the request"
            return _status(refused, "ServiceUnavailable", message)
        api_version = f"{group}/{version}" if group else version
        objects = self.api.world.kinds.get(f"{api_version}/{plural}")
        if objects is None:
            return _missing()
        fields = [part.split("=", 1)[0] for part in query.get("fieldSelector", "").split(",") if part]
        unknown = [field for field in fields if field not in (*_FIELDS, *FIELDS.get(plural, ()))]
        if unknown:
            return _status(400, "BadRequest", f"field label not supported: {unknown[0]}")
        items = [
            one
            for one in objects
            if (namespace is None or one["metadata"].get("namespace") == namespace)
            and _selected(
                one,
                query.get("labelSelector", ""),
                lambda one, key: one["metadata"].get("labels", {}).get(key),
            )
            and _selected(one, query.get("fieldSelector", ""), _field)
        ]
        first = int(base64.b64decode(query["continue"])) if "continue" in query else 0
        last = min(first + int(query.get("limit") or len(items)), len(items))
        left = {
            "continue": base64.b64encode(str(last).encode()).decode(),
            "remainingItemCount": len(items) - last,
        }
        kind = KINDS.get(plural) or (str(objects[0]["kind"]) if objects else plural)
        if plural in KINDS:
            # In a list, a real server says of its own kinds no more what the list says already.
            items = [{key: one[key] for key in one if key not in ("kind", "apiVersion")} for one in items]
        items = [{**one, "metadata": _without_empty(one["metadata"])} for one in items]
        return 200, {
            "kind": f"{kind}List",
            "apiVersion": api_version,
            "metadata": {"resourceVersion": "4711", **(left if last < len(items) else {})},
            "items": items[first:last],
        }


def _selected(one: Object, selector: str, value: Callable[[Object, str], Any]) -> bool:
    """Equality and its contrary are all that is asked for; who has no such label has no such value."""
    pairs = (part.split("=", 1) for part in selector.split(",") if part)
    return all((value(one, key.rstrip("!")) == wanted) != key.endswith("!") for key, wanted in pairs)


def _without_empty(metadata: Object) -> Object:
    """A real server leaves out labels and annotations that there are none of, and says who has set which field."""
    fields = [{"manager": "kubelet", "operation": "Update", "fieldsType": "FieldsV1", "fieldsV1": {}}]
    return {key: one for key, one in metadata.items() if one != {}} | {"managedFields": fields}


def _field(one: Object, path: str) -> Any:
    found: Any = one
    for key in path.split("."):
        found = found.get(key, {})
    return found


def _missing() -> tuple[int, Object]:
    return _status(404, "NotFound", "the server could not find the requested resource")


def _status(code: int, reason: str, message: str) -> tuple[int, Object]:
    return code, {
        "kind": "Status",
        "apiVersion": "v1",
        "metadata": {},
        "status": "Failure",
        "message": message,
        "reason": reason,
        "code": code,
    }
