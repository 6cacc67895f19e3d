"""What a job hands on: outputs, the summary, and the lines that a forge shows beside a run."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

# GitHub's limit of one step's summary:
# https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands#step-isolation-and-limits
SUMMARY = 1024 * 1024


def give(environment: Mapping[str, str], **outputs: str) -> None:
    """Writes outputs of a step, where the forge has such.

    Raises:
        ValueError: a value has more than one line, and could so pass for other outputs.
    """
    for name, value in outputs.items():
        if "\n" in value or "\r" in value:
            raise ValueError(f"the output {name} has more than one line")
    if file := environment.get("GITHUB_OUTPUT"):
        with Path(file).open("a", encoding="utf-8") as out:
            out.writelines(f"{name}={value}\n" for name, value in outputs.items())


def summarize(environment: Mapping[str, str], text: str) -> None:
    """Shows Markdown on the page of the run; where the forge has no such page, in the log."""
    if file := environment.get("GITHUB_STEP_SUMMARY"):
        with Path(file).open("a", encoding="utf-8") as out:
            out.write(text.encode()[:SUMMARY].decode(errors="ignore") + "\n")
    else:
        print(text)


def tell(environment: Mapping[str, str], level: str, text: str) -> None:
    """A line that stands out: a notice, a warning or an error."""
    if environment.get("GITHUB_ACTIONS"):
        # https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands: % and line ends are escaped.
        told = text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
        print(f"::{level}::{told}", flush=True)
    else:
        print(f"{level}: {text}", flush=True)
