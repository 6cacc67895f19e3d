"""GitHub's and GitLab's APIs, as far as comments, issues and artifacts go."""

from __future__ import annotations

import json
import re
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from http.client import HTTPMessage, HTTPResponse
from typing import Any, Protocol

Json = Any  # what json.loads gives

# Waiting longer than this costs more than running the job again.
_LONGEST_WAIT = 60
_TRIES = 4
_PAGES = 50
_TIMEOUT = 30
# Of an answer that is JSON, more than this is no answer of these APIs.
_ANSWER = 32 * 1024 * 1024


class ForgeError(Exception):
    """The forge refuses; the message says what to do. `status` is that of HTTP, 0 where there was no answer."""

    def __init__(self, told: str, status: int = 0) -> None:
        super().__init__(told)
        self.status = status


@dataclass(frozen=True)
class Note:
    """A comment or an issue that the pipeline has written itself: where it is, and what it says."""

    url: str
    body: str
    title: str = ""


class Forge(Protocol):
    """What a pipeline asks of a forge."""

    def comments(self, number: int) -> Iterator[Note]:
        """The comments on a pull or merge request that this pipeline has written."""

    def comment(self, number: int, body: str) -> None:
        """Adds one."""

    def issues(self) -> Iterator[Note]:
        """The open issues that this pipeline has written."""

    def open_issue(self, title: str, body: str) -> None:
        """Opens one."""

    def edit(self, note: Note, body: str) -> None:
        """Writes a comment or an issue anew."""

    def close(self, issue: Note, body: str) -> None:
        """Closes an issue, with a last text."""

    def newest(self, branch: str) -> str:
        """The commit that a branch is at."""


class _Stay(urllib.request.HTTPRedirectHandler):
    """A redirect is an answer: following it would hand the token to another host."""

    def redirect_request(self, *_: Any, **__: Any) -> None:
        return None


@dataclass
class Http:
    """Asks one API, with its token, and again where the answer says that it may do later."""

    api: str
    headers: Mapping[str, str]

    def ask(self, method: str, url: str, body: Json = None) -> tuple[Json, HTTPMessage]:
        """Sends a request to a path of the API, or to an address that it gave; returns the JSON and the headers.

        Raises:
            ForgeError: it was refused.
        """
        with self._open(method, url, None if body is None else json.dumps(body).encode()) as answer:
            raw = answer.read(_ANSWER)
        return (json.loads(raw) if raw else None), answer.headers

    def pages(self, path: str, inside: str | None = None) -> Iterator[Json]:
        """The entries of a list that comes in pages.

        Raises:
            ForgeError: it was refused.
        """
        url = f"{path}{'&' if '?' in path else '?'}per_page=100"
        for _ in range(_PAGES):
            data, headers = self.ask("GET", url)
            yield from data[inside] if inside else data
            following = re.search(r'<([^>]+)>;\s*rel="next"', headers.get("Link", ""))
            if not following:
                return
            url = following[1]

    def bytes_of(self, path: str, limit: int) -> bytes:
        """A file that the API leads to by a redirect.

        Raises:
            ForgeError: it was refused, or is longer than the limit.
        """
        with self._open("GET", path, None) as answer:
            where = answer.headers.get("Location")
            if where is None:
                data = answer.read(limit + 1)
            else:
                # Without the token: the address itself is the permission.
                try:
                    with urllib.request.urlopen(where, timeout=_TIMEOUT) as file:
                        data = file.read(limit + 1)
                except OSError as error:
                    raise ForgeError(f"{path}: {error}") from None
        if len(data) > limit:
            raise ForgeError(f"{path} has more than {limit} bytes")
        return data

    def _open(self, method: str, url: str, body: bytes | None) -> HTTPResponse:
        full = url if url.startswith(("http://", "https://")) else f"{self.api}{url}"
        if not full.startswith(f"{self.api}/"):
            raise ForgeError(f"{full} is not at {self.api}: the token goes nowhere else")
        request = urllib.request.Request(
            full, body, {**self.headers, "Content-Type": "application/json"}, method=method
        )
        for left in reversed(range(_TRIES)):
            try:
                opened: HTTPResponse = urllib.request.build_opener(_Stay).open(request, timeout=_TIMEOUT)
                return opened
            except urllib.error.HTTPError as error:
                if error.code in (301, 302, 303, 307, 308):
                    return error  # type: ignore[return-value]  # an answer with headers and a body all the same
                wait = _wait(error)
                if wait is None or not left:
                    raise ForgeError(_told(method, full, error), error.code) from None
            except (urllib.error.URLError, TimeoutError) as error:
                # What was sent may have arrived: a comment should not be there twice.
                if method != "GET" or not left:
                    raise ForgeError(f"{method} {full}: {error}") from None
                wait = 1
            time.sleep(wait)
        raise AssertionError("the last try returns or raises")


def _wait(error: urllib.error.HTTPError) -> float | None:
    """Seconds until the same may be asked again; None if never, or too late.

    https://docs.github.com/en/rest/using-the-rest-api/best-practices-for-using-the-rest-api#handle-rate-limit-errors-appropriately
    """
    if error.code in (502, 503, 504):
        return 1
    limited = error.code == 429 or (
        error.code == 403
        and ("Retry-After" in error.headers or error.headers.get("x-ratelimit-remaining") == "0")
    )
    if not limited:
        return None
    if "Retry-After" in error.headers:
        wait = float(error.headers["Retry-After"])
    else:
        wait = float(error.headers.get("x-ratelimit-reset") or time.time() + _LONGEST_WAIT) - time.time()
    return max(wait, 0) if wait <= _LONGEST_WAIT else None


def _told(method: str, url: str, error: urllib.error.HTTPError) -> str:
    raw = error.read(2000)
    try:
        message = str(json.loads(raw).get("message"))
    except (ValueError, AttributeError):
        message = raw.decode(errors="replace")[:200]
    hint = {
        401: "; is the token set, and not expired?",
        403: "; the token lacks a permission: see docs/ci.md for what each workflow needs",
        404: "; there is no such thing, or the token may not see it",
    }
    return f"{method} {urllib.parse.urlsplit(url).path}: {error.code} {message}{hint.get(error.code, '')}"


@dataclass
class GitHub:
    """A repository on GitHub: `GITHUB_API_URL`, `GITHUB_REPOSITORY`, and the job's token."""

    http: Http
    repository: str
    # Who writes with the token of a job.
    author: str = "github-actions[bot]"

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> GitHub:
        """The repository that a job of GitHub Actions runs for."""
        headers = {
            "Authorization": f"Bearer {environment['GITHUB_TOKEN']}",
            "Accept": "application/vnd.github+json",
            "X-GitHub-Api-Version": "2022-11-28",
            "User-Agent": "cdktf-eks-training",
        }
        return cls(Http(environment["GITHUB_API_URL"], headers), environment["GITHUB_REPOSITORY"])

    @property
    def path(self) -> str:
        """Where the repository is in the API."""
        return f"/repos/{self.repository}"

    def comments(self, number: int) -> Iterator[Note]:
        """The comments on a pull request that the Actions bot has written."""
        yield from self._mine(f"{self.path}/issues/{number}/comments")

    def comment(self, number: int, body: str) -> None:
        """Adds one."""
        self.http.ask("POST", f"{self.path}/issues/{number}/comments", {"body": body})

    def issues(self) -> Iterator[Note]:
        """The open issues that the Actions bot has written."""
        yield from self._mine(f"{self.path}/issues?state=open")

    def open_issue(self, title: str, body: str) -> None:
        """Opens one."""
        self.http.ask("POST", f"{self.path}/issues", {"title": title, "body": body})

    def edit(self, note: Note, body: str) -> None:
        """Writes a comment or an issue anew."""
        self.http.ask("PATCH", note.url, {"body": body})

    def close(self, issue: Note, body: str) -> None:
        """Closes an issue, with a last text."""
        self.http.ask("PATCH", issue.url, {"body": body, "state": "closed", "state_reason": "completed"})

    def newest(self, branch: str) -> str:
        """The commit that a branch is at."""
        return str(
            self.http.ask("GET", f"{self.path}/commits/{urllib.parse.quote(branch, safe='')}")[0]["sha"]
        )

    def pull(self, number: int) -> Json:
        """A pull request, as the API tells it."""
        return self.http.ask("GET", f"{self.path}/pulls/{number}")[0]

    def files(self, number: int) -> Iterator[str]:
        """The files that a pull request changes, and what they were called before."""
        for one in self.http.pages(f"{self.path}/pulls/{number}/files"):
            yield one["filename"]
            if "previous_filename" in one:
                yield one["previous_filename"]

    def artifact(self, run: int, name: str, limit: int) -> bytes | None:
        """The newest artifact of a name of a run, as a zip; None if there is none.

        Raises:
            ForgeError: it is longer than the limit, in bytes.
        """
        path = f"{self.path}/actions/runs/{run}/artifacts"
        named = [
            one for one in self.http.pages(path, "artifacts") if one["name"] == name and not one["expired"]
        ]
        if not named:
            return None
        newest = max(named, key=lambda one: int(one["id"]))
        if newest["size_in_bytes"] > limit:
            raise ForgeError(
                f"the artifact {name} has {newest['size_in_bytes']} bytes; {limit} are the limit"
            )
        return self.http.bytes_of(f"{self.path}/actions/artifacts/{int(newest['id'])}/zip", limit)

    def _mine(self, path: str) -> Iterator[Note]:
        for one in self.http.pages(path):
            writer = one["user"] or {}  # null where the account is gone
            if (
                writer.get("login") == self.author
                and writer.get("type") == "Bot"
                and "pull_request" not in one
            ):
                yield Note(one["url"], one["body"] or "", one.get("title", ""))


@dataclass
class GitLab:
    """A project on GitLab: `CI_API_V4_URL`, `CI_PROJECT_ID`, and `REVIEW_TOKEN`, a project access token.

    The token of a job cannot comment: https://gitlab.com/gitlab-org/gitlab/-/issues/464591
    """

    http: Http
    project: str

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> GitLab:
        """The project that a job of GitLab CI runs for."""
        headers = {"PRIVATE-TOKEN": environment["REVIEW_TOKEN"], "User-Agent": "cdktf-eks-training"}
        return cls(Http(environment["CI_API_V4_URL"], headers), environment["CI_PROJECT_ID"])

    @property
    def path(self) -> str:
        """Where the project is in the API."""
        return f"/projects/{self.project}"

    def comments(self, number: int) -> Iterator[Note]:
        """The notes on a merge request that the token's user has written."""
        notes = f"{self.path}/merge_requests/{number}/notes"
        me = self._me()
        for one in self.http.pages(notes):
            if one["author"]["id"] == me:
                yield Note(f"{notes}/{one['id']}", one["body"])

    def comment(self, number: int, body: str) -> None:
        """Adds one."""
        self.http.ask("POST", f"{self.path}/merge_requests/{number}/notes", {"body": body})

    def issues(self) -> Iterator[Note]:
        """The open issues that the token's user has written."""
        for one in self.http.pages(f"{self.path}/issues?state=opened&author_id={self._me()}"):
            yield Note(f"{self.path}/issues/{one['iid']}", one["description"] or "", one["title"])

    def open_issue(self, title: str, body: str) -> None:
        """Opens one."""
        self.http.ask("POST", f"{self.path}/issues", {"title": title, "description": body})

    def edit(self, note: Note, body: str) -> None:
        """Writes a note or an issue anew."""
        self.http.ask("PUT", note.url, {"body" if "/notes/" in note.url else "description": body})

    def close(self, issue: Note, body: str) -> None:
        """Closes an issue, with a last text."""
        self.http.ask("PUT", issue.url, {"description": body, "state_event": "close"})

    def newest(self, branch: str) -> str:
        """The commit that a branch is at."""
        quoted = urllib.parse.quote(branch, safe="")
        return str(self.http.ask("GET", f"{self.path}/repository/branches/{quoted}")[0]["commit"]["id"])

    def _me(self) -> int:
        return int(self.http.ask("GET", "/user")[0]["id"])


def forge(environment: Mapping[str, str]) -> GitHub | GitLab:
    """The forge that a job runs on."""
    return GitLab.of(environment) if environment.get("GITLAB_CI") else GitHub.of(environment)
