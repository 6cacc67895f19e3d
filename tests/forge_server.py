"""GitHub's and GitLab's APIs as far as ci/ asks them, on a port of this machine: real requests, pages, redirects, refusals."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

Json = Any  # what json.loads gives

BOT = {"login": "github-actions[bot]", "type": "Bot"}
PERSON = {"login": "mallory", "type": "User"}
TOKEN = "a-token-of-a-job"
REPOSITORY = "acme/clusters"
PROJECT = "42"
# https://github.com/telia-oss/github-pr-resource/issues/259
LONGEST = 65_536
# Fewer than are asked for, so that everything comes in several pages.
PAGE = 2


@dataclass
class Refusal:
    """What the next request to a path is answered with, instead of its answer."""

    path: str
    status: int
    headers: dict[str, str] = field(default_factory=dict)
    message: str = "no"
    body: Json = None


@dataclass
class Forge:
    """What is on the forge. Requests are kept as `METHOD path`."""

    comments: list[Json] = field(default_factory=list)
    issues: list[Json] = field(default_factory=list)
    pulls: dict[int, Json] = field(default_factory=dict)
    files: list[str] = field(default_factory=list)
    artifacts: list[Json] = field(default_factory=list)
    archives: dict[int, bytes] = field(default_factory=dict)
    main: str = "c" * 40
    refusals: list[Refusal] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    longest: int = LONGEST

    def artifact(self, name: str, archive: bytes, size: int | None = None) -> None:
        """Adds an artifact to every run; `size` is what the API says of it."""
        number = 700 + len(self.artifacts)
        size = len(archive) if size is None else size
        self.artifacts.append({"id": number, "name": name, "size_in_bytes": size, "expired": False})
        self.archives[number] = archive

    def pull(self, number: int, sha: str, repository: int = 1, state: str = "open") -> None:
        """Adds a pull request."""
        head = {"sha": sha, "repo": {"id": repository}}
        self.pulls[number] = {
            "state": state,
            "head": head,
            "base": {"repo": {"full_name": REPOSITORY}},
            "number": number,
        }


class ForgeServer:
    """The server, as a context."""

    def __init__(self) -> None:
        self.forge = Forge()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def log_message(self, *_: object) -> None:
                """Quiet."""

            def _answer(self) -> None:
                length = int(self.headers.get("Content-Length") or 0)
                body = json.loads(self.rfile.read(length)) if length else None
                outer.answer(self, body)

            do_GET = do_POST = do_PATCH = do_PUT = _answer  # noqa: N815  # the names that http.server looks for

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})

    def __enter__(self) -> ForgeServer:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    @property
    def github(self) -> dict[str, str]:
        """The environment of a job on GitHub."""
        return {
            "GITHUB_ACTIONS": "true",
            "GITHUB_API_URL": f"{self.url}/github",
            "GITHUB_REPOSITORY": REPOSITORY,
            "GITHUB_TOKEN": TOKEN,
        }

    @property
    def gitlab(self) -> dict[str, str]:
        """The environment of a job on GitLab."""
        return {
            "GITLAB_CI": "true",
            "CI_API_V4_URL": f"{self.url}/gitlab",
            "CI_PROJECT_ID": PROJECT,
            "REVIEW_TOKEN": TOKEN,
        }

    def answer(self, handler: BaseHTTPRequestHandler, body: Json) -> None:
        """Answers one request."""
        parts = urlsplit(handler.path)
        query = {name: values[-1] for name, values in parse_qs(parts.query).items()}
        self.forge.requests.append(f"{handler.command} {parts.path}")
        authorized = (
            handler.headers.get("Authorization") == f"Bearer {TOKEN}"
            or handler.headers.get("PRIVATE-TOKEN") == TOKEN
        )
        for refusal in self.forge.refusals:
            if re.search(refusal.path, f"{handler.command} {parts.path}"):
                self.forge.refusals.remove(refusal)
                body = {"message": refusal.message} if refusal.body is None else refusal.body
                return self._send(handler, refusal.status, body, refusal.headers)
        if parts.path.startswith("/blobs/"):
            # The store behind the API refuses the token, and should never have been told it.
            if handler.headers.get("Authorization") or handler.headers.get("PRIVATE-TOKEN"):
                self.forge.errors.append("the token was sent to the store")
                return self._send(handler, 400, {"message": "no token here"})
            return self._send(handler, 200, self.forge.archives[int(parts.path.rpartition("/")[2])])
        if not authorized:
            return self._send(handler, 401, {"message": "Bad credentials"})
        for method, pattern, function in self._routes():
            match = re.fullmatch(pattern, parts.path)
            if match and handler.command == method:
                return function(handler, match, body, query)
        return self._send(handler, 404, {"message": "Not Found"})

    def _routes(self) -> list[tuple[str, str, Callable[..., None]]]:
        hub, lab = f"/github/repos/{REPOSITORY}", f"/gitlab/projects/{PROJECT}"
        return [
            ("GET", f"{hub}/issues/(\\d+)/comments", self._list(self._of)),
            ("POST", f"{hub}/issues/(\\d+)/comments", self._add_comment),
            ("PATCH", f"{hub}/issues/comments/(\\d+)", self._edit(lambda: self.forge.comments)),
            (
                "GET",
                f"{hub}/issues",
                self._list(lambda: [one for one in self.forge.issues if one["state"] == "open"]),
            ),
            ("POST", f"{hub}/issues", self._add_issue),
            ("PATCH", f"{hub}/issues/(\\d+)", self._edit(lambda: self.forge.issues)),
            ("GET", f"{hub}/pulls/(\\d+)", self._pull),
            (
                "GET",
                f"{hub}/pulls/(\\d+)/files",
                self._list(lambda _: [{"filename": name} for name in self.forge.files]),
            ),
            (
                "GET",
                f"{hub}/commits/main",
                lambda handler, *_: self._send(handler, 200, {"sha": self.forge.main}),
            ),
            (
                "GET",
                f"{hub}/actions/runs/(\\d+)/artifacts",
                self._list(lambda _: self.forge.artifacts, "artifacts"),
            ),
            ("GET", f"{hub}/actions/artifacts/(\\d+)/zip", self._lead),
            ("GET", "/gitlab/user", lambda handler, *_: self._send(handler, 200, {"id": 7})),
            ("GET", f"{lab}/merge_requests/(\\d+)/notes", self._list(self._of)),
            ("POST", f"{lab}/merge_requests/(\\d+)/notes", self._add_comment),
            ("PUT", f"{lab}/merge_requests/\\d+/notes/(\\d+)", self._edit(lambda: self.forge.comments)),
            (
                "GET",
                f"{lab}/issues",
                self._list(lambda: [one for one in self.forge.issues if one["state"] == "open"]),
            ),
            ("POST", f"{lab}/issues", self._add_issue),
            ("PUT", f"{lab}/issues/(\\d+)", self._edit(lambda: self.forge.issues)),
            (
                "GET",
                f"{lab}/repository/branches/main",
                lambda handler, *_: self._send(handler, 200, {"commit": {"id": self.forge.main}}),
            ),
        ]

    def _of(self, number: str) -> list[Json]:
        return [one for one in self.forge.comments if one["number"] == int(number)]

    def _list(self, entries: Callable[..., list[Json]], inside: str | None = None) -> Callable[..., None]:
        def answer(
            handler: BaseHTTPRequestHandler, match: re.Match[str], _body: Json, query: dict[str, str]
        ) -> None:
            found = entries(*match.groups())
            page, size = int(query.get("page", "1")), min(int(query.get("per_page", "30")), PAGE)
            shown: Json = found[(page - 1) * size : page * size]
            headers = {}
            if page * size < len(found):
                headers["Link"] = (
                    f'<{self.url}{urlsplit(handler.path).path}?page={page + 1}&per_page={size}>; rel="next"'
                )
            self._send(handler, 200, {inside: shown, "total_count": len(found)} if inside else shown, headers)

        return answer

    def _add_comment(
        self, handler: BaseHTTPRequestHandler, match: re.Match[str], body: Json, _: object
    ) -> None:
        if len(body["body"]) > self.forge.longest:
            return self._send(
                handler, 422, {"message": "Validation Failed: body is too long (maximum is 65536 characters)"}
            )
        self.add_comment(int(match[1]), body["body"])
        return self._send(handler, 201, self.forge.comments[-1])

    def add_comment(self, number: int, text: str, user: Json = BOT, author: int = 7) -> None:
        """Adds a comment of somebody."""
        id = 9000 + len(self.forge.comments)
        url = f"{self.url}/github/repos/{REPOSITORY}/issues/comments/{id}"
        one = {"id": id, "url": url, "body": text, "user": user, "author": {"id": author}, "number": number}
        self.forge.comments.append(one)

    def _add_issue(
        self, handler: BaseHTTPRequestHandler, _match: re.Match[str], body: Json, _: object
    ) -> None:
        self.add_issue(body["title"], body.get("body") or body.get("description"))
        self._send(handler, 201, self.forge.issues[-1])

    def add_issue(self, title: str, text: str | None, user: Json = BOT, **more: Json) -> None:
        """Adds an issue of somebody."""
        id = len(self.forge.issues) + 1
        url = f"{self.url}/github/repos/{REPOSITORY}/issues/{id}"
        one = {
            "id": id,
            "iid": id,
            "url": url,
            "title": title,
            "body": text,
            "description": text,
            "user": user,
        }
        self.forge.issues.append({**one, "state": "open", **more})

    def _edit(self, entries: Callable[[], list[Json]]) -> Callable[..., None]:
        def answer(handler: BaseHTTPRequestHandler, match: re.Match[str], body: Json, _: object) -> None:
            [one] = [one for one in entries() if one["id"] == int(match[1])]
            if len(body.get("body") or "") > self.forge.longest:
                return self._send(handler, 422, {"message": "Validation Failed: body is too long"})
            text = body.get("body", body.get("description"))
            one.update({"body": text, "description": text})
            if body.get("state") == "closed" or body.get("state_event") == "close":
                one["state"] = "closed"
            return self._send(handler, 200, one)

        return answer

    def _pull(self, handler: BaseHTTPRequestHandler, match: re.Match[str], *_: object) -> None:
        pull = self.forge.pulls.get(int(match[1]))
        self._send(handler, 200 if pull else 404, pull or {"message": "Not Found"})

    def _lead(self, handler: BaseHTTPRequestHandler, match: re.Match[str], *_: object) -> None:
        self._send(handler, 302, b"", {"Location": f"{self.url}/blobs/{match[1]}"})

    @staticmethod
    def _send(
        handler: BaseHTTPRequestHandler, status: int, data: Json, headers: dict[str, str] | None = None
    ) -> None:
        raw = data if isinstance(data, bytes) else json.dumps(data).encode()
        handler.send_response(status)
        for name, value in (headers or {}).items():
            handler.send_header(name, value)
        handler.send_header("Content-Length", str(len(raw)))
        handler.end_headers()
        handler.wfile.write(raw)
