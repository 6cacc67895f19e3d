"""docs/verify.md shows what `ops verify` prints."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from modules.layout import load
from ops.cli import app
from tests.account.server import AccountServer
from tests.kubernetes_api.right import right
from tests.kubernetes_api.server import Api, serving, token_is_signed
from tests.unit.ops.verify.deployed import deployed

PAGE = Path(__file__).parents[3] / "docs" / "verify.md"
NAME = "eks-p5-odcr"
EFA = "vpc.amazonaws.com/efa"


def test_the_node_without_efa_is_found_as_the_page_shows(
    aws: AccountServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, update_goldens: bool
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "none"))
    layout = load(NAME).layout
    with serving(Api(takes=token_is_signed)) as api:
        api.world = right(layout, {})
        account = deployed(aws, layout, api)
        node = api.world.node("p5", 1)
        for place in ("capacity", "allocatable"):
            node["status"][place][EFA] = "0"
        # As launched by hand, or by a launch template that somebody has made without EFA.
        account.instances[node["spec"]["providerID"].rpartition("/")[2]]["NetworkInterfaces"][:] = [
            {"InterfaceType": "interface"}
        ]
        done = CliRunner().invoke(app, ["verify", NAME], env={"COLUMNS": "118"})
    assert done.exit_code == 1, done.output
    shown = "\n".join(line.rstrip() for line in done.stdout.strip("\n").splitlines()).strip("\n") + "\n"
    text = PAGE.read_text(encoding="utf-8")
    if update_goldens:
        text = re.sub(r"```text\n.*?```", lambda _: f"```text\n{shown}```", text, flags=re.S)
        PAGE.write_text(text, encoding="utf-8")
    [block] = re.findall(r"```text\n(.*?)```", text, re.S)
    assert block == shown
    assert re.search(r"^ ip-\S+ +p5 .* 0 of 32 .* efa$", block, re.M)


def test_every_option_is_explained() -> None:
    explained = set(re.findall(r"^\| `(--[\w-]+)", PAGE.read_text(encoding="utf-8"), re.M))
    shown = CliRunner().invoke(app, ["verify", "--help"], env={"COLUMNS": "160"}).stdout
    assert set(re.findall(r"^│ (--[a-z]+)", shown, re.M)) == explained | {"--help"}
