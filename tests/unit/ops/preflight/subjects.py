"""Layouts in their right accounts, as the checks are given them: what is synthesized once is used again."""

from __future__ import annotations

import json
import os
import tempfile
import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from modules.app import synthesize
from modules.layout import Loaded, load
from modules.layout.extends import preset_names
from modules.layout.substitution import with_values
from ops.aws.account import Account
from ops.preflight.subject import Document, Subject
from ops.states import Deployed
from tests.account.right import Right, client, right_account
from tests.account.server import AccountServer


class SharedAccount(Account):
    """An account whose clients are those of all tests: boto3 takes a while to make one.

    Args:
        url: where it is.
    """

    def __init__(self, url: str, region: str) -> None:
        super().__init__(region)
        self._url = url

    def client(self, service: str, region: str | None = None) -> Any:
        return client(self._url, service, region or self.region)


def client_of(service: str, region: str = "us-west-2") -> Any:
    """A client for the account that boto3 is led to, shared as those of `SharedAccount` are."""
    return client(os.environ["AWS_ENDPOINT_URL"], service, region)


@dataclass
class Layouts:
    """Layouts by name: presets, and those that tests write into `folder`; each is loaded and synthesized once."""

    folder: Path
    loaded: dict[str, Loaded] = field(default_factory=dict)
    stacks: dict[str, Mapping[str, Document]] = field(default_factory=dict)

    def write(self, name: str, text: str) -> None:
        """A layout of a test."""
        (self.folder / f"{name}.yaml").write_text(textwrap.dedent(text), encoding="utf-8")

    def load(self, name: str) -> Loaded:
        """A layout with its variables."""
        if name not in self.loaded:
            found = name if name in preset_names() else str(self.folder / f"{name}.yaml")
            self.loaded[name] = load(found)
        return self.loaded[name]

    def subject(self, server: AccountServer, name: str, right: Right) -> Subject:
        """What the checks look at, in an account that has just been made right, or wrong in one thing."""
        values = {variable: (value, "a test") for variable, value in right.values.items()}
        loaded = with_values(self.load(name), values)
        if name not in self.stacks:
            self.stacks[name] = synthesized(loaded)
        layout = loaded.layout
        states: dict[str, Sequence[Deployed]] = {
            stack: right.states.get(stack, ()) for stack in layout.stacks
        }
        return Subject(layout, SharedAccount(server.url, layout.region), self.stacks[name], states)

    def right(self, server: AccountServer, name: str) -> Right:
        """The account that is right for a layout."""
        server.reset()
        right = right_account(server, self.load(name))
        server.calls.clear()
        return right


def synthesized(loaded: Loaded) -> dict[str, Document]:
    """The stacks of a layout as Terraform JSON."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = synthesize([loaded], str(Path(scratch) / "out"))
        files = {stack: Path(folder) / "stacks" / stack / "cdk.tf.json" for stack in loaded.layout.stacks}
        return {stack: json.loads(file.read_text(encoding="utf-8")) for stack, file in files.items()}
