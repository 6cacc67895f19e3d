"""What `ops review` says of the plans that these tests make, beside what it said when somebody has last read it."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from rich.console import Console

from ops.review.plan import parse_plan
from ops.review.reports.text import text
from ops.review.review import review
from ops.review.rules import RULES
from tests.conftest import TODAY
from tests.offline import Offline, planned_json
from tests.terraform_json import Synth

GOLDENS = Path(__file__).parent / "goldens"

Json = dict[str, Any]
# A name, and the plans of one review by their stacks.
Reviewed = Callable[[str, Mapping[str, Json]], None]


class Plans:
    """Plans of versions of a layout over what is deployed; a stack that is the same in several is planned once."""

    def __init__(self, deployed: Offline, synth: Synth) -> None:
        self._deployed = deployed
        self._synth = synth
        self._known: dict[str, Json] = {}

    def of(self, layout: str) -> dict[str, Json]:
        """What all stacks of a layout would do, as `terraform show -json` tells it, by stack."""
        stacks = self._synth(layout)
        self._deployed.configure(stacks)
        return {
            stack.name: self._plan(index, json.dumps(stack.json, sort_keys=True))
            for index, stack in enumerate(stacks)
        }

    def _plan(self, index: int, document: str) -> Json:
        if document not in self._known:
            # Nobody has changed the account.
            self._known[document] = planned_json(self._deployed.stacks[index], "-refresh=false")
        return self._known[document]


def compare(name: str, plans: Mapping[str, Json], *, update: bool) -> None:
    """Compares the review of some plans with the golden of this name, or writes it anew."""
    read = [parse_plan(json.dumps(data).encode(), Path(stack), stack) for stack, data in plans.items()]
    done = review(read, RULES, (), TODAY)
    shown = f"exit status {done.status('warn')}\n{text(done, Console(file=io.StringIO(), width=120))}"
    golden = GOLDENS / f"{re.sub(r'[^a-z0-9]+', '-', name.lower())}.txt"
    if update:
        golden.parent.mkdir(exist_ok=True)
        golden.write_text(shown, encoding="utf-8")
    assert golden.is_file(), f"{golden} is missing: --update-goldens writes it, and then read it"
    assert shown == golden.read_text(encoding="utf-8")
