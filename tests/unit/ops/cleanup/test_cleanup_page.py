"""docs/cleanup.md shows what `ops cleanup` prints, and the permissions that it needs."""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from moto.moto_api._internal import mock_random
from typer.testing import CliRunner

from ops.cleanup import command
from ops.cleanup.finding import CLUSTER_ACTION
from ops.cleanup.kinds import KINDS
from ops.cli import app
from tests.account.cluster_leavings import Place

ROOT = Path(__file__).parents[4]
PAGE = (ROOT / "docs" / "cleanup.md").read_text(encoding="utf-8")
NOW = datetime.now(tz=timezone.utc) + timedelta(days=2, hours=1)


@pytest.fixture
def seeded() -> None:
    """The ids of moto are the same each time."""
    mock_random.seed(6)


def _numbered(text: str) -> str:
    """The text with its ids by the order in which they come, and as long as before: moto's are not always the same."""
    ids = dict.fromkeys(re.findall(r"\b(?:[0-9a-f]{17}|[0-9a-f]{16})\b", text.replace("\n" + " " * 59, "")))
    for number, id in enumerate(ids):
        text = text.replace(id, f"{number:0{len(id)}}")
    return text


@pytest.mark.usefixtures("seeded")
def test_the_page_shows_what_is_listed(
    seeded: None, place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(command, "now", lambda: NOW)
    Path("my-training.yaml").write_text("extends: eks-g4dn\nname: my-training\n", encoding="utf-8")
    Path("terraform.my-training.tfstate").write_text('{"version": 4, "resources": []}', encoding="utf-8")
    cluster = "my-training"
    controller = {"elbv2.k8s.aws/cluster": cluster, "service.k8s.aws/stack": "serving/web"}
    nodes = place.security_group(f"eks-cluster-sg-{cluster}-1234567890", {"aws:eks:cluster-name": cluster})
    web = place.security_group("k8s-serving-web-0a1b2c3d4e", controller)
    place.allow(nodes, web)
    balancer = place.load_balancer("k8s-serving-web-5f6a7b8c9d", controller, [web])
    place.target_group("k8s-serving-web-1e2f3a4b5c", controller, balancer)
    made = (NOW - timedelta(days=3)).strftime("%Y-%m-%dT%H:%M:%SZ")
    cni = {"cluster.k8s.amazonaws.com/name": cluster, "node.k8s.amazonaws.com/createdAt": made}
    place.interface(cni, [nodes], "aws-K8S-i-0b86bd1d36a4864dd")
    place.client("logs").create_log_group(logGroupName=f"/aws/eks/{cluster}/cluster")
    result = CliRunner().invoke(app, ["cleanup", "my-training.yaml"], env={"COLUMNS": "118"})
    assert result.exit_code == 1
    printed = "".join(f"{line.rstrip()}\n" for line in result.stdout.splitlines()).lstrip("\n")
    [shown] = re.findall(r"^```text\n(.*?)^```$", PAGE, re.M | re.S)
    assert _numbered(printed) == _numbered(shown)


def test_the_page_names_the_permissions() -> None:
    listing = {CLUSTER_ACTION, "sts:GetCallerIdentity", *(one for kind in KINDS for one in kind.actions)}
    deleting = {one for kind in KINDS for one in kind.deleting}
    section = PAGE.partition("## The permissions that it needs")[2]
    first, _, second = section.partition("To delete, besides:")
    assert re.findall(r"`(\w+:\w+)`", first) == sorted(listing)
    assert re.findall(r"`(\w+:\w+)`", second) == sorted(deleting)
