"""`python -m ci.comment`: one comment on a pull or merge request, written anew each time in the same place.

The comment is found by a hidden marker at its beginning and by its author, who is the pipeline itself. Its text comes from

- a folder that a job of this pipeline has left: `--from out`;
- an artifact of another run of GitHub Actions, of anybody's code: `--artifact NAME`. It is data: its size is limited, nothing of
  it is executed or written to a disk, the number in it is only believed if the pull request of that number has the run's
  repository and commit, and its Markdown is made to do nothing but read.
"""

from __future__ import annotations

import argparse
import io
import os
import re
import sys
import zipfile
import zlib
from collections.abc import Iterable, Mapping, Sequence
from lzma import LZMAError
from pathlib import Path

from .forge import Forge, ForgeError, GitHub, Note, forge
from .job import tell
from .neutral import neutral, within

# GitHub refuses a body over 65,536 characters: https://github.com/telia-oss/github-pr-resource/issues/259
LIMIT = 64_000
# Where that is too long all the same, this is left of it: under the limit even with four bytes a character.
SHORT = 15_000
# Bytes of an artifact, of the text in it, and of the number in it, that are looked at.
_ARCHIVE = 64 * 1024 * 1024
_TEXT = 4 * 1024 * 1024
_NUMBER = 32
# What nothing runs when the review is made. A pull request that changes anything else may have the review say what it likes: make
# reads a GNUmakefile before the Makefile, Python a .pyc without its source.
_DATA = re.compile(
    r"(?:layouts|presets|helm-values|docs)/[\w./-]+\.(?:ya?ml|md|svg|png)|[\w-]+\.md|LICENSE", re.A
)
# The API tells no more files of a pull request than these: https://docs.github.com/en/rest/pulls/pulls#list-pull-requests-files
_FILES = 3000


def marker(kind: str) -> str:
    """The first line of a comment, which nobody sees."""
    return f"<!-- cdktf-eks-training: {kind} -->"


def post(where: Forge, number: int, kind: str, text: str) -> None:
    """Writes the comment of a kind: anew where it is, else one more.

    Raises:
        ForgeError: the forge refuses.
    """
    more = "*The rest is cut off: the artifact of this run has all of it.*"
    mark = marker(kind)
    body = f"{mark}\n{within(text, LIMIT, more)}"
    mine = next((one for one in where.comments(number) if one.body.startswith(mark)), None)
    try:
        _put(where, number, mine, body)
    except ForgeError as error:
        if error.status not in (413, 422) or len(text) <= SHORT:
            raise
        _put(where, number, mine, f"{mark}\n{within(text, SHORT, more)}")


def _put(where: Forge, number: int, mine: Note | None, body: str) -> None:
    if mine is None:
        where.comment(number, body)
    else:
        where.edit(mine, body)


def member(archive: bytes, name: str, limit: int) -> str | None:
    """A text in a zip, None if it is not there.

    Raises:
        ValueError: it is no zip, or the text is longer than the limit or no UTF-8.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(archive)) as zipped, zipped.open(name) as file:
            raw = file.read(limit + 1)  # and not what the zip says of its length
    except KeyError:
        return None
    except (
        zipfile.BadZipFile,
        NotImplementedError,
        RuntimeError,
        zlib.error,
        LZMAError,
        EOFError,
        OSError,
    ) as error:
        raise ValueError(f"the artifact is no zip that can be read: {error}") from None
    if len(raw) > limit:
        raise ValueError(f"{name} in the artifact has more than {limit} bytes")
    return raw.decode("utf-8")


def pull_of(hub: GitHub, given: str, environment: Mapping[str, str]) -> int | None:
    """The open pull request that a run was for, if the number in its artifact is the true one.

    Raises:
        ForgeError: the API refuses.
        ValueError: that pull request is not the run's.
    """
    if not re.fullmatch(r"[1-9]\d{0,9}", given.strip()):
        raise ValueError("the artifact has no number of a pull request")
    number = int(given)
    pull = hub.pull(number)
    head = pull["head"]
    # The repository of a fork may be gone meanwhile.
    repository = str((head["repo"] or {}).get("id", ""))
    if repository != environment["HEAD_REPOSITORY_ID"] or pull["base"]["repo"]["full_name"] != hub.repository:
        raise ValueError(f"the run was not for pull request {number}")
    if pull["state"] != "open":
        return None
    if head["sha"] != environment["HEAD_SHA"]:
        # Either a newer push, whose own run comments, or a number that is not the run's: nothing is written either way.
        return None
    return number


def foreword(changed: Iterable[str], sha: str, run: str) -> str:
    """What stands above a review that somebody else's run has made."""
    lines = [
        f"Review of {sha[:12]} by [this run]({run}), offline: against the base branch as if it were deployed, with no account.",
    ]
    names = {*changed}
    own = sorted(name for name in names if not _DATA.fullmatch(name))
    if len(names) >= _FILES:
        lines.append(
            "> [!CAUTION]\n> This pull request changes more files than GitHub lists: what makes the review may be among them."
        )
    elif own:
        shown = ", ".join(f"`{neutral(name.replace('`', ''))}`" for name in own[:5])
        rest = f" and {len(own) - 5} more" if len(own) > 5 else ""
        lines.append(
            f"> [!CAUTION]\n> This pull request changes what may make the review ({shown}{rest}): read that before you believe it."
        )
    return "\n\n".join(lines) + "\n\n"


def main(arguments: Sequence[str] | None = None, environment: Mapping[str, str] = os.environ) -> int:
    """Runs the command line."""
    parser = argparse.ArgumentParser(prog="python -m ci.comment")
    parser.add_argument("--kind", required=True, help="what the comment is: one is kept of each kind")
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--from", dest="folder", type=Path, help="folder with review.md")
    source.add_argument(
        "--artifact", metavar="NAME", help="of the run RUN_ID, with review.md and number; not trusted"
    )
    parser.add_argument("--number", type=int, help="with --from: of the pull or merge request")
    given = parser.parse_args(arguments)
    try:
        return _main(given, environment)
    except (ForgeError, ValueError) as error:
        tell(environment, "error", str(error))
        return 1


def _main(given: argparse.Namespace, environment: Mapping[str, str]) -> int:
    where = forge(environment)
    if given.folder is not None:
        post(where, given.number, given.kind, (given.folder / "review.md").read_text(encoding="utf-8"))
        return 0
    if not isinstance(where, GitHub):
        raise ValueError("--artifact is for GitHub: GitLab hands artifacts on itself")
    archive = where.artifact(int(environment["RUN_ID"]), given.artifact, _ARCHIVE)
    text = None if archive is None else member(archive, "review.md", _TEXT)
    if archive is None or text is None:
        tell(
            environment,
            "notice",
            f"The run left no review in an artifact called {given.artifact}: nothing to comment.",
        )
        return 0
    number = pull_of(where, member(archive, "number", _NUMBER) or "", environment)
    if number is None:
        tell(environment, "notice", "The pull request is closed, or has newer commits: nothing to comment.")
        return 0
    above = foreword(where.files(number), environment["HEAD_SHA"], environment["RUN_URL"])
    post(where, number, given.kind, above + neutral(text))
    return 0


if __name__ == "__main__":
    sys.exit(main())
