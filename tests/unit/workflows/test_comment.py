"""One comment, kept up to date, from data that somebody else's run has left: real requests to a server of our own."""

from __future__ import annotations

import io
import time
import zipfile
from collections.abc import Iterator, Mapping

import pytest

from ci import comment
from ci.neutral import neutral
from ops.review.reports.escaping import html_code, words
from tests.forge_server import BOT, PERSON, ForgeServer, Refusal

SHA = "a" * 40
MARKER = "<!-- cdktf-eks-training: offline -->"


@pytest.fixture
def server() -> Iterator[ForgeServer]:
    with ForgeServer() as started:
        yield started
        assert started.forge.errors == []


def _zip(**members: str | bytes) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as zipped:
        for name, text in members.items():
            zipped.writestr(name.replace("_", "."), text)
    return data.getvalue()


def _run(server: ForgeServer, **more: str) -> int:
    environment = {
        **server.github,
        "RUN_ID": "5",
        "RUN_URL": "https://github.example/run/5",
        "HEAD_SHA": SHA,
        "HEAD_REPOSITORY_ID": "1",
        **more,
    }
    return comment.main(["--kind", "offline", "--artifact", "review"], environment)


def _left(server: ForgeServer, text: str = "All is well.", number: str = "3\n") -> None:
    server.forge.pull(3, SHA)
    server.forge.artifact("review", _zip(review_md=text, number=number))


def test_the_comment_is_made_once_and_then_written_anew(server: ForgeServer) -> None:
    _left(server, "first")
    assert _run(server) == 0
    server.forge.artifacts.clear()
    _left(server, "second")
    assert _run(server) == 0
    [one] = server.forge.comments
    assert one["body"].startswith(MARKER)
    assert "second" in one["body"]
    assert "first" not in one["body"]
    assert "[this run](https://github.example/run/5)" in one["body"]


def test_it_is_found_behind_others_and_nobody_elses_is_touched(server: ForgeServer) -> None:
    """On a third page; neither a person's with the same marker nor the bot's of another kind."""
    server.add_comment(3, f"{MARKER}\nmine!", PERSON)
    server.add_comment(3, "<!-- cdktf-eks-training: plan of x -->\nplan")
    server.add_comment(3, f"> {MARKER}\nquoted")
    server.add_comment(3, "looks good", PERSON)
    server.add_comment(3, f"{MARKER}\nold")
    _left(server, "new")
    assert _run(server) == 0
    assert [one["body"].splitlines()[-1] for one in server.forge.comments] == [
        "mine!",
        "plan",
        "quoted",
        "looks good",
        "new",
    ]


@pytest.mark.parametrize(
    ("pull", "number"),
    [
        ({"number": 3, "sha": SHA, "repository": 99}, "3"),
        ({"number": 4, "sha": SHA}, "3"),
        ({"number": 3, "sha": SHA}, "0"),
        ({"number": 3, "sha": SHA}, "3/../../issues/1"),
        ({"number": 3, "sha": SHA}, "3\n4"),
        ({"number": 3, "sha": SHA}, ""),
    ],
    ids=["another repository", "no such pull request", "zero", "a path", "two", "empty"],
)
def test_a_number_that_is_not_the_runs_posts_nothing(
    server: ForgeServer, pull: Mapping[str, int | str], number: str
) -> None:
    server.forge.pull(**pull)  # type: ignore[arg-type]  # numbers and texts, by name
    server.forge.artifact("review", _zip(review_md="x", number=number))
    assert _run(server) == 1
    assert not [request for request in server.forge.requests if not request.startswith("GET")]


@pytest.mark.parametrize(
    "change", [{"sha": "b" * 40}, {"sha": SHA, "state": "closed"}], ids=["newer push", "closed"]
)
def test_a_pull_request_that_has_gone_on_is_left_alone(server: ForgeServer, change: dict[str, str]) -> None:
    server.forge.artifact("review", _zip(review_md="x", number="3"))
    server.forge.pull(3, **change)  # type: ignore[arg-type]  # texts, by name
    assert _run(server) == 0
    assert server.forge.comments == []


def test_a_run_without_a_review_posts_nothing(server: ForgeServer) -> None:
    server.forge.pull(3, SHA)
    assert _run(server) == 0
    server.forge.artifact("review", _zip(number="3"))
    assert _run(server) == 0
    assert server.forge.comments == []


@pytest.mark.parametrize(
    "archive",
    [
        b"not a zip",
        _zip(review_md="ab" * 40).replace(b"KLJ", b"\xff\xff\xff"),
        _zip(review_md=b"\xff\xfe", number="3"),
        _zip(review_md="x" * 5_000_000, number="3"),
    ],
    ids=["no zip", "no deflate", "no text", "a bomb"],
)
def test_an_artifact_that_is_none_is_refused(
    server: ForgeServer, archive: bytes, capsys: pytest.CaptureFixture[str]
) -> None:
    server.forge.pull(3, SHA)
    server.forge.artifact("review", archive)
    assert _run(server) == 1
    assert "::error::" in capsys.readouterr().out
    assert server.forge.comments == []


def test_an_artifact_that_is_too_large_is_not_even_fetched(server: ForgeServer) -> None:
    server.forge.pull(3, SHA)
    server.forge.artifact("review", b"", size=10**9)
    assert _run(server) == 1
    assert not [request for request in server.forge.requests if "/zip" in request]


def test_a_pull_request_that_changes_the_reviewer_is_called_out(server: ForgeServer) -> None:
    server.forge.files = ["layouts/a.yaml", "docs/b.md", "ops/review/rule.py"]
    _left(server)
    assert _run(server) == 0
    body = server.forge.comments[0]["body"]
    assert "changes what may make the review (`ops/review/rule.py`)" in body
    assert body.index("CAUTION") < body.index("All is well.")

    server.forge.files = ["layouts/a.yaml"]
    assert _run(server) == 0
    assert "CAUTION" not in server.forge.comments[0]["body"]


@pytest.mark.parametrize(
    "name",
    [
        "GNUmakefile",
        "makefile",
        "yaml.pyc",
        ".tools/bin/python",
        "ops",
        "layouts/x.py",
        "cdktf.json",
        "a.zip",
        "docs",
    ],
)
def test_whatever_may_run_is_called_out(name: str) -> None:
    assert "CAUTION" in comment.foreword(["layouts/a.yaml", name], SHA, "")


def test_layouts_values_and_docs_are_only_read() -> None:
    names = [
        "layouts/a.yaml",
        "layouts/sub/b-1.yml",
        "presets/eks-g4dn.yaml",
        "helm-values/kueue.yaml",
        "docs/x.md",
        "README.md",
    ]
    assert "CAUTION" not in comment.foreword(names, SHA, "")


def test_what_a_fork_writes_only_reads() -> None:
    text = (
        "<details><summary>more</summary>\n\n@everyone #1 GH-2 https://evil.example www.evil.example [a](b) ![x](y)\n<script>1</script> "
        "<img src=x> <details open onclick=x>\n[r]: z\n<!-- cdktf-eks-training: plan of x -->\n`<unknown>`\n</details>\n\u202eevil\x1b[31m\n"
        "/approve\nmailto:a@b.example\n_http://evil.example _www.evil.example WWW.evil.example &commat;everyone &#64;everyone "
        "&#x40;everyone &num;1 Gh-2"
    )
    shown = neutral(text)
    assert shown.startswith("<details><summary>more</summary>")
    assert shown.count("</details>") == 1
    for acting in ("@e", "#1", "GH-2", "://", "www.", "](", "]:", "<script", "<img", "<details open", "<!--", "\n/", "\u202e", "\x1b", "mailto:a", "a@b", "WWW.", "&commat", "&#64", "#64", "&#x40", "&num", "Gh-2"):  # fmt: skip
        assert acting not in shown.replace("<details><summary>", "")
    # To a reader it is the same.
    assert shown.replace("\u2060", "") == text.replace("\u202e", "").replace("\x1b", "")
    assert neutral(shown).replace("\u2060", "") == shown.replace("\u2060", "")


def test_what_the_review_writes_as_entities_stays_readable() -> None:
    shown = words("2 < 3 & `a|b` [x] *y* ~ $z$ it's")
    assert "&#60;" in shown
    assert neutral(shown + html_code("<'a'>")) == shown + html_code("<'a'>")


def test_a_long_review_is_cut_where_it_still_folds(server: ForgeServer) -> None:
    _left(server, "<details>\n<summary>all</summary>\n\n" + "line\n" * 40_000 + "</details>\n")
    assert _run(server) == 0
    body = server.forge.comments[0]["body"]
    assert len(body) < 65_536
    assert body.count("<details>") == body.count("</details>")
    assert body.rstrip().endswith("has all of it.*")


def test_a_body_that_is_too_long_all_the_same_is_sent_short(server: ForgeServer) -> None:
    _left(server, "line\n" * 10_000)
    server.forge.longest = 20_000
    assert _run(server) == 0
    assert len(server.forge.comments) == 1
    server.forge.longest = 100
    assert _run(server) == 1


def test_a_rate_limit_is_waited_for(server: ForgeServer) -> None:
    _left(server)
    server.forge.refusals = [
        Refusal("GET .*/pulls/3$", 403, {"Retry-After": "0"}),
        Refusal(
            "POST .*comments", 429, {"x-ratelimit-remaining": "0", "x-ratelimit-reset": str(int(time.time()))}
        ),
    ]
    assert _run(server) == 0
    assert len(server.forge.comments) == 1
    assert server.forge.refusals == []


@pytest.mark.parametrize(
    ("refusal", "told"),
    [
        (Refusal("POST", 403, message="Resource not accessible by integration"), "lacks a permission"),
        (Refusal("POST", 403, {"Retry-After": "3600"}, "slow down"), "slow down"),
        (Refusal("GET .*/pulls", 404), "no such thing"),
    ],
    ids=["permission", "an hour", "gone"],
)
def test_a_refusal_fails_and_says_what_to_do(
    server: ForgeServer, refusal: Refusal, told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    _left(server)
    server.forge.refusals = [refusal]
    assert _run(server) == 1
    assert told in capsys.readouterr().out
    assert server.forge.comments == []


def test_a_wrong_token_is_told(server: ForgeServer, capsys: pytest.CaptureFixture[str]) -> None:
    _left(server)
    assert _run(server, GITHUB_TOKEN="other") == 1
    assert "401 Bad credentials; is the token set" in capsys.readouterr().out


def test_the_next_page_of_another_host_is_not_asked(
    server: ForgeServer, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nobody leads the token away."""
    _left(server)
    header = {"Link": '<http://127.0.0.1:9/github/more>; rel="next"'}
    server.forge.refusals = [Refusal("GET .*/comments$", 200, header, body=[])]
    assert _run(server) == 1
    assert "the token goes nowhere else" in capsys.readouterr().out


def test_a_bot_of_another_kind_is_somebody_else(server: ForgeServer) -> None:
    server.add_comment(3, f"{MARKER}\nold", {**BOT, "login": "other[bot]"})
    server.add_comment(3, f"{MARKER}\nof an account that is gone", None)
    _left(server)
    assert _run(server) == 0
    assert len(server.forge.comments) == 3


def test_an_artifact_that_its_store_does_not_give_is_told(
    server: ForgeServer, capsys: pytest.CaptureFixture[str]
) -> None:
    _left(server)
    server.forge.refusals = [Refusal("GET /blobs/", 403)]
    assert _run(server) == 1
    assert "403" in capsys.readouterr().out
