"""An AWS account behind HTTP: moto's server, with what moto lacks, faults, and a record of what was asked.

Lead boto3 there by `AWS_ENDPOINT_URL`; `AccountServer.environment` has all that it needs.
"""

from __future__ import annotations

import io
import logging
import os
import sys
import threading
from collections.abc import Callable, Iterable
from functools import cache
from typing import Any, ClassVar
from urllib.parse import unquote, urlsplit

# Before moto is imported: the images that it knows take seconds to read, and nobody asks for them here.
os.environ.setdefault("MOTO_EC2_LOAD_DEFAULT_AMIS", "false")

import moto.core.responses
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.compat import HTTPHeaders
from cryptography.hazmat.primitives.asymmetric import rsa
from moto.core.botocore_stubber import MockRawResponse
from moto.core.utils import method_names_from_class
from moto.moto_api._internal.models import moto_api_backend
from moto.moto_server.werkzeug_app import (
    DomainDispatcherApplication,
    MotoRequestHandler,
    create_backend_app,
)
from werkzeug.serving import make_server

from .extra import ACCOUNT_ID as ACCOUNT_ID
from .extra import OPERATIONS, Extras
from .wire import Answer, AwsError, Call, Environ, denial, read_call, written

# moto looks up anew for each call what never changes, which takes half of its time: which services and methods there are.
moto.core.responses.method_names_from_class = cache(method_names_from_class)  # type: ignore[attr-defined]
# The key of a certificate takes longer than all other calls of a test, and nobody looks at it.
rsa.generate_private_key = cache(rsa.generate_private_key)


class _Services(DomainDispatcherApplication):
    def __init__(self) -> None:
        super().__init__(create_backend_app)
        self._backend_of = cache(super().get_backend_for_host)

    def get_backend_for_host(self, host: str | None) -> Any:
        return self._backend_of(host)


class AccountServer:
    """Serves until `stop`; `reset` makes the account empty again.

    `extras` is what the account has beside moto's, `calls` are those since the last reset in the order in which they came,
    and `failures` what could not be answered, or not as AWS does: none in a test that is right.
    """

    running: ClassVar[dict[str, AccountServer]] = {}
    """Those of this process, by their URLs."""

    def __init__(self) -> None:
        self.extras = Extras()
        self.calls: list[Call] = []
        self.failures: list[str] = []
        self._denied: set[str] = set()
        self._expired = False
        self._answers: dict[str, Callable[[Call], Answer | None]] = {}
        self._moto = _Services()
        # One call after the other: moto's backends are no more thread-safe than it takes for this.
        self._lock = threading.Lock()
        logging.getLogger("werkzeug").setLevel(logging.ERROR)
        self._server = make_server(
            "127.0.0.1", 0, self._answer, threaded=True, request_handler=MotoRequestHandler
        )
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()
        self.running[self.url] = self

    @property
    def url(self) -> str:
        """Where it is."""
        return f"http://127.0.0.1:{self._server.server_port}"

    @property
    def environment(self) -> dict[str, str]:
        """Variables that lead boto3 here, and away from the configuration of whoever runs the tests."""
        return {
            "AWS_ENDPOINT_URL": self.url,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_SESSION_TOKEN": "",
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "AWS_EC2_METADATA_DISABLED": "true",
        }

    def stop(self) -> None:
        """Serves no more."""
        del self.running[self.url]
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def reset(self) -> None:
        """An empty account, which denies nothing and was asked nothing."""
        with self._lock:
            moto_api_backend.reset()
            self.extras = Extras()
            self.calls = []
            self.failures = []
            self._denied = set()
            self._expired = False
            self._answers = {}

    def deny(self, *calls: str) -> None:
        """Denies operations like `ec2:DescribeSubnets`, by boto3's name of the service and the API's of the operation."""
        self._denied.update(calls)

    def expire(self) -> None:
        """Takes the credentials for expired."""
        self._expired = True

    def answer(self, call: str, answer: Callable[[Call], Answer | None]) -> None:
        """Answers an operation like `ec2:DescribeInstanceTypes` with something else; it may raise AwsError, and None asks moto."""
        self._answers[call] = answer

    def answered(self, request: AWSPreparedRequest, **_event: object) -> AWSResponse:
        """The answer to a request of a client in this process, as botocore's event `before-send` takes it.

        Nothing goes over HTTP, which takes more time than the answer.
        """
        status: list[Any] = []
        body = b"".join(self._answer(_environ(request), lambda *line: status.extend(line)))
        code, headers = status[:2]
        return AWSResponse(
            request.url, int(code.partition(" ")[0]), HTTPHeaders.from_pairs(headers), MockRawResponse(body)
        )

    def _answer(self, environ: Environ, start_response: Any) -> Iterable[bytes]:
        call = read_call(environ)
        try:
            if call is not None:
                self.calls.append(call)
                ours = self._ours(call)
                if ours is not None:
                    status, headers, body = written(call, ours)
                    start_response(status, headers)
                    return [body]
            with self._lock:
                answered: Iterable[bytes] = self._moto(environ, start_response)
        except Exception as error:  # noqa: BLE001  # of any kind
            # Flask would print a traceback, and boto3 try again: a test is to fail, and say by what.
            self.failures.append(f"{call}: {error!r}")
            start_response("400 BAD REQUEST", [("Content-Type", "text/plain")])
            return [repr(error).encode()]
        return answered

    def _ours(self, call: Call) -> Answer | AwsError | None:
        """The answer to what moto is not asked; None for what it is."""
        if self._expired:
            code = "RequestExpired" if call.service == "ec2" else "ExpiredToken"
            if call.protocol in ("json", "rest-json"):
                code = "ExpiredTokenException"
            return AwsError(code, "The security token included in the request is expired")
        if str(call) in self._denied:
            return denial(call)
        try:
            if str(call) in self._answers:
                return self._answers[str(call)](call)
            if str(call) in OPERATIONS:
                return OPERATIONS[str(call)](self.extras, call)
        except AwsError as error:
            return error
        return None


def _environ(request: AWSPreparedRequest) -> Environ:
    """A request as werkzeug's server hands it on: https://peps.python.org/pep-3333/#environ-variables."""
    url = urlsplit(request.url)
    given: Any = request.body or b""
    if hasattr(given, "read"):  # what is put into a bucket
        given.seek(0)
        given = given.read()
    body = given.encode() if isinstance(given, str) else bytes(given)
    environ: Environ = {
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": url.scheme,
        "wsgi.input": io.BytesIO(body),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
        "REQUEST_METHOD": request.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote(url.path).encode().decode("latin-1"),
        "QUERY_STRING": url.query,
        "RAW_URI": f"{url.path}?{url.query}" if url.query else url.path,
        "REMOTE_ADDR": "127.0.0.1",
        "SERVER_NAME": url.hostname,
        "SERVER_PORT": str(url.port),
        "SERVER_PROTOCOL": "HTTP/1.1",
        "HTTP_HOST": url.netloc,
    }
    headers: Any = request.headers
    for name, value in headers.items():
        key = name.upper().replace("-", "_")
        text = value.decode("latin-1") if isinstance(value, bytes) else value
        environ[key if key in ("CONTENT_TYPE", "CONTENT_LENGTH") else f"HTTP_{key}"] = text
    environ["CONTENT_LENGTH"] = str(len(body))
    return environ
