"""Every resource of a preset fails: as it is made, half-way through being made, and as it is destroyed.

As EC2 does with InsufficientInstanceCapacity: whoever runs `apply` or `destroy` again must get there all the same.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from ops.offline.engine import Engine, Workspace
from ops.offline.provider import Action, Fault, Faults, Operation
from tests.offline import Offline, one_line, succeeded
from tests.terraform_json import Synth

pytestmark = pytest.mark.engine

PRESET = "eks-p5-odcr"
# Of the types that it does not have, those that are made while nodes are.
OTHERS = [("eks-p5-capacity-block", "aws_autoscaling_schedule.nodes_p5_start")]
ADDRESSES = Path(__file__).parents[1] / "unit" / "goldens" / "addresses" / f"{PRESET}.txt"
CAPACITY = "InsufficientInstanceCapacity: We currently do not have sufficient p5.48xlarge capacity"
# What is another one after another attempt: ids, names made of a prefix, and addresses (not ranges).
_ANEW = re.compile(
    r"\b[a-z]+-[0-9a-f]{17}\b|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|/id/[0-9A-F]{32}|\b[0-9a-f]{26}\b|\b[0-9a-f]{40}\b"
    r"|\b[0-9]+(\.[0-9]+){3}\b(?!/)"
)


def _resources() -> list[str]:
    lines = ADDRESSES.read_text(encoding="utf-8").split()
    return [line for line in lines if re.match(r"(aws|helm|kubernetes)_", line)]


Deployed = Callable[[str], Offline]


@pytest.fixture(scope="module")
def deployed(engine: Engine, synth: Synth, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployed]:
    """A preset, deployed without a fault."""
    done: dict[str, Offline] = {}
    with ExitStack() as stack:

        def deploy(preset: str) -> Offline:
            if preset not in done:
                stacks = synth(f"extends: {preset}\nname: {preset}\n")
                offline = stack.enter_context(Offline(engine, tmp_path_factory.mktemp(preset), stacks))
                for workspace in (offline.cluster, offline.platform):
                    succeeded(workspace.apply())
                done[preset] = offline
            return done[preset]

        yield deploy


def failing(action: Action, targets: set[tuple[str, str]], answers: list[Fault]) -> Faults:
    """Each target fails with each answer, one attempt after the other, and then no more."""
    attempts: Counter[tuple[str, str]] = Counter()

    def faults(operation: Operation) -> Fault | None:
        key = operation.type_name, operation.id
        if operation.action != action or key not in targets or attempts[key] == len(answers):
            return None
        attempts[key] += 1
        return answers[attempts[key] - 1]

    return faults


def instances(state: Mapping[str, Mapping[str, Any]], address: str) -> set[tuple[str, str]]:
    """Type and id of a resource, or of each of its instances."""
    return {
        (address.partition(".")[0], values["id"])
        for key, values in state.items()
        if key.partition("[")[0] == address
    }


def configured(workspace: Workspace) -> dict[str, str]:
    """What of a state somebody has configured, so that two runs can be compared: AWS makes up the rest anew."""
    found = {}
    for address, values in workspace.state.items():
        body = workspace.stand_ins.body("resource", address.partition(".")[0])
        assert body is not None
        names = {
            name for name, one in body.attributes.items() if one.required or one.optional
        } | body.blocks.keys()
        kept = {name: value for name, value in values.items() if name in names - {"id"}}
        found[address] = _ANEW.sub("#", json.dumps(kept, sort_keys=True))
    return found


@pytest.mark.parametrize(("preset", "address"), [*((PRESET, address) for address in _resources()), *OTHERS])
def test_a_resource_that_fails_is_made_and_destroyed_by_the_next_attempt(
    deployed: Deployed,
    tmp_path: Path,
    preset: str,
    address: str,
    record_property: Callable[[str, object], None],
) -> None:
    undisturbed = deployed(preset)
    in_cluster = address in {key.partition("[")[0] for key in undisturbed.cluster.state}
    with undisturbed.empty(tmp_path) if in_cluster else undisturbed.copy(tmp_path) as offline:
        workspace, model = (
            (offline.cluster, undisturbed.cluster) if in_cluster else (offline.platform, undisturbed.platform)
        )
        wanted = model.state
        if not in_cluster:  # it needs its cluster
            succeeded(workspace.destroy("-refresh=false"))
            offline.account.made.clear()
        targets = instances(wanted, address)
        assert targets
        record_property("faults", 3 * len(targets))

        offline.stand_ins.faults = failing("create", targets, [Fault(CAPACITY), Fault(CAPACITY, made=True)])
        for _ in range(2):
            refused = workspace.apply("-refresh=false")
            assert refused.status == 1
            assert "InsufficientInstanceCapacity" in refused.text
        succeeded(workspace.apply("-refresh=false"))
        assert configured(workspace) == configured(model)

        offline.stand_ins.faults = failing("delete", instances(workspace.state, address), [Fault(CAPACITY)])
        refused = workspace.destroy("-refresh=false")
        assert refused.status == 1
        assert "InsufficientInstanceCapacity" in refused.text
        succeeded(workspace.destroy("-refresh=false"))
        assert workspace.state == {}
        if in_cluster:
            assert offline.account.resources == {}


def test_no_resource_of_the_preset_is_left_out(deployed: Deployed) -> None:
    offline = deployed(PRESET)
    there = {
        address.partition("[")[0] for stack in (offline.cluster, offline.platform) for address in stack.state
    }
    assert there == set(_resources())


def test_a_placement_group_that_was_made_and_reported_as_failed_is_kept_by_untaint(
    deployed: Deployed, tmp_path: Path
) -> None:
    address = "aws_placement_group.nodes_gpu_placement_group"
    with deployed("eks-g4dn").empty(tmp_path) as offline:
        made = instances(deployed("eks-g4dn").cluster.state, address)
        offline.stand_ins.faults = failing("create", made, [Fault("ExpiredToken", made=True)])
        assert offline.cluster.apply().status == 1
        # It goes after the nodes have left it, so that its successor would come first, and has its name.
        assert "InvalidPlacementGroup.Duplicate" in one_line(offline.cluster.apply().text)
        succeeded(offline.cluster.run("untaint", address))
        succeeded(offline.cluster.apply())
        assert offline.cluster.plan().empty
