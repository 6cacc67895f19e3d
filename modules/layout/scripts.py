"""Scripts that go along with a training job: a path in the layout becomes what is in the file."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from .faults import Fault, KeyPath
from .models.workloads import SCRIPT_BYTES
from .tree import Node, wrap

_REMEDY = "Write the path of a text file, from this file's folder."
# Characters of a path that a message can hold.
_LONGEST = 400
# Stands for what could not be read, so that nothing else is said of it: the fault stops the layout.
_UNREAD = {"name": "unread", "text": "unread"}


def read_scripts(tree: Node) -> Iterator[Fault]:
    """Puts name and text of each job's `script` in the place of its path: constructs read no files.

    A script that is a mapping already stays: that is how a layout in full has it, which needs no file beside it.
    """
    jobs = tree.get(("workloads", "training"))
    for name, job in jobs.value.items() if jobs and isinstance(jobs.value, dict) else ():
        given = job.child("script")
        if given is None or given.value is None or isinstance(given.value, dict):
            continue
        if not isinstance(job.value, dict):
            continue
        path: KeyPath = ("workloads", "training", name, "script")
        script = _UNREAD
        try:
            script = _read(given)
        except _UnreadableError as error:
            yield Fault(given.origin, path, str(error), error.remedy, "file")
        job.value["script"] = wrap(script, given.origin)


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:60]}..."


class _UnreadableError(Exception):
    def __init__(self, problem: str, remedy: str = _REMEDY) -> None:
        super().__init__(problem)
        self.remedy = remedy


def _read(given: Node) -> dict[str, str]:
    if given.value == "":
        raise _UnreadableError("is empty")
    # The script itself in its place, for one.
    if not isinstance(given.value, str) or not given.value.isprintable() or len(given.value) > _LONGEST:
        raise _UnreadableError(f"{_shown(given.plain())} is no path of a file")
    try:
        # From the folder of the file that names it, which may be a layout below this one.
        file = Path(given.origin.source).parent / Path(given.value).expanduser()
        with file.open("rb") as stream:
            content = stream.read(SCRIPT_BYTES + 1)
    except (OSError, RuntimeError) as error:  # RuntimeError: the home folder of nobody
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise _UnreadableError(f"{given.value} cannot be read: {reason}") from error
    if len(content) > SCRIPT_BYTES:
        raise _UnreadableError(
            f"{given.value} has more than {SCRIPT_BYTES:,} bytes, the most that a ConfigMap takes along",
            "Put the program in the image, and let a small script start it.",
        )
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        problem = f"{given.value} is no UTF-8 text: byte {error.start + 1} is {content[error.start]:#04x}"
        raise _UnreadableError(problem) from error
    if not text.strip():
        raise _UnreadableError(f"{given.value} is empty")
    if unfit := next(
        (character for character in text if ord(character) < 32 and character not in "\t\n\r"), ""
    ):
        raise _UnreadableError(f"{given.value} is no text: it has the control character {unfit!r}")
    return {"name": file.name, "text": text}
