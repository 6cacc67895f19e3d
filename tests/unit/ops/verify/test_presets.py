"""Every preset, as its cluster is when all went well: nothing is found, and everything could be asked."""

from __future__ import annotations

import json

import pytest
from rich.console import Console

from modules.layout import load, preset_names
from ops.verify.command import CHECKS, Request, verify
from tests.account.server import AccountServer
from tests.kubernetes_api.right import right
from tests.kubernetes_api.server import Api, serving, token_is_signed
from tests.kubernetes_objects import check_object
from tests.unit.ops.verify.deployed import deployed

QUIET = Console(quiet=True)


@pytest.mark.usefixtures("fast_clients")
@pytest.mark.parametrize("name", preset_names())
def test_right_cluster_of_preset_has_no_finding(
    name: str, aws: AccountServer, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("KUBECONFIG", "/nowhere")
    loaded = load(name)
    world = right(loaded.layout)
    with serving(Api(world, takes=token_is_signed)) as api:
        deployed(aws, loaded.layout, api)
        status = verify(Request(name, as_json=True), QUIET)
    told = json.loads(capsys.readouterr().out)
    assert [one for one in told["checks"] if one["status"] != "passed"] == []
    assert [one["findings"] for one in told["checks"] if one["findings"]] == []
    assert status == 0
    assert {one["id"] for one in told["checks"]} <= {check.id for check in CHECKS}
    assert len(told["nodes"]) == sum(group.size.desired for group in loaded.layout.node_groups.values())
    for node in told["nodes"]:
        assert (node["devices"], node["efa"]) == (node["wanted_devices"], node["wanted_efa"])
        assert node["ready"]
        assert node["fails"] == []


def test_objects_of_test_server_are_objects_of_kubernetes() -> None:
    layouts = [load(name).layout for name in ("eks-p5-training", "eks-g5-node-autorepair", "ml-serving")]
    # Of all those that say the same kinds of things, one.
    each = {
        (kind, *sorted(_paths(one))): (one, layout.kubernetes_version)
        for layout in layouts
        for kind, objects in right(layout).kinds.items()
        for one in objects
    }
    assert {"v1/nodes", "v1/pods", "v1/secrets", "apps/v1/daemonsets"} <= {key[0] for key in each}
    for one, version in each.values():
        check_object(one, version)


def _paths(value: object, at: str = "") -> set[str]:
    if isinstance(value, dict):
        free = at.endswith(("labels", "annotations", "matchLabels", "capacity", "allocatable", "data"))
        return {
            path for key, one in value.items() for path in _paths(one, at if free else f"{at}.{key}")
        } or {at}
    if isinstance(value, list):
        return {path for one in value for path in _paths(one, f"{at}[]")} or {at}
    return {at}
