"""The examples of docs/errors.md: for each rule a layout that breaks it, kept in docs/examples/errors/RULE.yaml.

Such a file begins with comments that say what the fault means and, where the fault's own remedy is not all, what to
do about it; the layout follows. More files follow behind a line `# --- NAME`. For the ids of `EKSCTL` it is eksctl's
manifest in place of a layout.
"""

from __future__ import annotations

import re
import tempfile
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from modules.layout import Fault, LayoutError, load, load_all
from modules.layout.eksctl import convert, read_manifests

EXAMPLES = Path(__file__).resolve().parents[2] / "docs" / "examples" / "errors"
MAIN = "layout.yaml"
MANIFEST = "cluster.yaml"
# What an import says of a manifest of which no layout can be made. All are errors.
EKSCTL = ("eksctl-kind", "eksctl-type", "eksctl-groups")
# The day of all examples, so that the page is the same on any day. An example may name one of its own.
TODAY = date(2026, 11, 22)

_KEY = re.compile(r"# (means|do|today|layouts): (.*)")
_FILE = re.compile(r"^# --- (\S+)\n", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class ErrorExample:
    """A layout that breaks one rule.

    `files` are the texts by name, the layout itself first; `remedy` may be empty; `layouts` are the names that are given to one run.
    """

    rule: str
    means: str
    remedy: str
    files: dict[str, str]
    layouts: tuple[str, ...] = (MAIN,)
    today: date = TODAY

    def faults(self, folder: Path) -> tuple[Fault, ...]:
        """What the loader says of the example, written to an empty folder."""
        for name, text in self.files.items():
            (folder / name).write_text(text, encoding="utf-8")
        names = [str(folder / name) for name in self.layouts]
        try:
            if MANIFEST in self.files:
                for manifest in read_manifests(folder / MANIFEST):
                    convert(manifest, today=self.today)
                return ()
            if len(names) > 1:
                return tuple(fault for one in load_all(names, today=self.today) for fault in one.warnings)
            return load(names[0], today=self.today).warnings
        except LayoutError as error:
            return error.faults

    def output(self) -> str:
        """The same as a person reads it, with files named as on the page."""
        with tempfile.TemporaryDirectory() as made:
            folder = Path(made).resolve()
            text = "\n".join(str(fault) for fault in self.faults(folder))
            return text.replace(f"{folder}/", "").replace(f"{EXAMPLES.parents[2]}/", "")


def example_of(rule: str) -> ErrorExample:
    """The example of a rule.

    Raises:
        FileNotFoundError: there is none yet.
    """
    return parse_example(rule, (EXAMPLES / f"{rule}.yaml").read_text(encoding="utf-8"))


def parse_example(rule: str, text: str) -> ErrorExample:
    """Reads the text of an example's file."""
    head, _, body = text.partition("\n\n")
    keys: dict[str, str] = {}
    last = ""
    for line in head.splitlines():
        found = _KEY.fullmatch(line)
        if found:
            last, keys[found[1]] = found[1], found[2]
        else:
            keys[last] += f" {line.removeprefix('#').strip()}"
    first, *others = _FILE.split(body)
    files = {MANIFEST if rule in EKSCTL else MAIN: first} | dict(zip(others[::2], others[1::2], strict=True))
    return ErrorExample(
        rule,
        keys["means"],
        keys.get("do", ""),
        files,
        tuple(keys["layouts"].split()) if "layouts" in keys else (MAIN,),
        date.fromisoformat(keys["today"]) if "today" in keys else TODAY,
    )
