"""Every resource of a preset fails: as it is made, half-way through being made, and as it is destroyed.

As EC2 does with InsufficientInstanceCapacity: whoever runs `apply` or `destroy` again must get there all the same.

Resources that do not depend on each other fail in the same attempts, since Terraform goes on with what is independent of
a failure: a layer of the state's dependencies at a time, and not each resource on its own.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import Any, Literal

import pytest

from ops.offline.engine import Engine, Step, Workspace
from ops.offline.provider import Action, Fault, Operation
from tests.offline import Offline, one_line, succeeded
from tests.terraform_json import Synth

pytestmark = pytest.mark.engine

PRESET = "eks-p5-odcr"
# How deep the dependencies of each stack go; a test says when that is another number.
LAYERS: Mapping[str, int] = {"cluster": 7, "platform": 2}
# Of the types that the preset does not have, those that are made while nodes are.
OTHERS = [("eks-p5-capacity-block", "aws_autoscaling_schedule.nodes_p5_start")]
ADDRESSES = Path(__file__).parents[1] / "unit" / "goldens" / "addresses" / f"{PRESET}.txt"
CAPACITY = "InsufficientInstanceCapacity: We currently do not have sufficient p5.48xlarge capacity"
NOT_MADE, MADE = Fault(CAPACITY), Fault(CAPACITY, made=True)
# What is another one after another attempt: ids, names made of a prefix, and addresses (not ranges).
_ANEW = re.compile(
    r"\b[a-z]+-[0-9a-f]{17}\b|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|/id/[0-9A-F]{32}|\b[0-9a-f]{26}\b|\b[0-9a-f]{40}\b"
    r"|\b[0-9]+(\.[0-9]+){3}\b(?!/)"
)

Key = tuple[str, str]
StackName = Literal["cluster", "platform"]
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
                offline.deploy()
                done[preset] = offline
            return done[preset]

        yield deploy


def resource_of(address: str) -> str:
    """The address of a resource, from that of one of its instances."""
    return address.partition("[")[0]


def dependencies(workspace: Workspace) -> dict[str, set[str]]:
    """What each resource in a state depends on, by any number of steps."""
    state = json.loads((workspace.folder / "terraform.tfstate").read_text(encoding="utf-8"))
    direct: dict[str, set[str]] = {}
    for one in state["resources"]:
        if one["mode"] == "managed":
            named = (set(instance.get("dependencies", [])) for instance in one["instances"])
            direct.setdefault(f"{one['type']}.{one['name']}", set()).update(*named)
    found: dict[str, set[str]] = {}

    def all_of(address: str) -> set[str]:
        if address not in found:
            near = direct[address] & direct.keys()
            found[address] = near.union(*map(all_of, near))
        return found[address]

    return {address: all_of(address) for address in sorted(direct)}


def turned(needs: Mapping[str, set[str]]) -> dict[str, set[str]]:
    """What depends on each resource, from what each depends on."""
    return {address: {other for other in needs if address in needs[other]} for address in needs}


def layers(needs: Mapping[str, set[str]]) -> list[list[str]]:
    """Resources by the length of the longest way to one that depends on nothing: in a layer, none depends on another."""
    depths: dict[str, int] = {}
    for address in sorted(needs, key=lambda one: len(needs[one])):
        depths[address] = 1 + max((depths[other] for other in needs[address]), default=-1)
    return [[one for one in needs if depths[one] == depth] for depth in range(1 + max(depths.values()))]


@dataclass
class Failing:
    """Faults: each target fails with each answer, one attempt after the other, and then no more."""

    action: Action
    targets: set[Key]
    answers: list[Fault]
    given: dict[Key, list[Fault]] = field(default_factory=dict)

    def __call__(self, operation: Operation) -> Fault | None:
        """The answer to an operation; None where it may succeed."""
        key = operation.type_name, operation.id
        given = self.given.setdefault(key, [])
        if operation.action != self.action or key not in self.targets or len(given) == len(self.answers):
            return None
        given.append(self.answers[len(given)])
        return given[-1]

    def attempts(self) -> dict[Key, list[Fault]]:
        """The answers that each target has got."""
        return {key: self.given.get(key, []) for key in self.targets}


def instances(state: Mapping[str, Mapping[str, Any]], addresses: Iterable[str]) -> set[Key]:
    """Type and id of resources, or of each of their instances."""
    wanted = set(addresses)
    return {
        (address.partition(".")[0], values["id"])
        for address, values in state.items()
        if resource_of(address) in wanted
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


def failed(step: Step, times: int) -> None:
    """A command that must have failed by as many faults, and by nothing else."""
    assert step.status == 1, step.text
    assert step.stderr.count("Error: ") == step.stderr.count(CAPACITY.partition(":")[0]) == times, step.stderr


def fail_to_make(undisturbed: Offline, stack: StackName, addresses: Iterable[str], folder: Path) -> int:
    """Lets resources fail at the same time as they are made; returns how many faults that was."""
    in_cluster = stack == "cluster"
    model: Workspace = getattr(undisturbed, stack)
    needs = dependencies(model)
    batch = set(addresses)
    of_batch = {address for address in model.state if resource_of(address) in batch}
    # What waits for the batch.
    above = {address for address in model.state if needs[resource_of(address)] & batch}
    with undisturbed.empty(folder) if in_cluster else undisturbed.copy(folder) as offline:
        workspace: Workspace = getattr(offline, stack)
        if not in_cluster:  # it needs its cluster
            succeeded(workspace.destroy("-refresh=false"))
            offline.account.made.clear()
        creation = Failing("create", instances(model.state, batch), [NOT_MADE, MADE])
        offline.stand_ins.faults = creation
        failed(workspace.apply("-refresh=false"), len(of_batch))
        assert workspace.state.keys() == model.state.keys() - above - of_batch
        failed(workspace.apply("-refresh=false"), len(of_batch))
        assert workspace.state.keys() == model.state.keys() - above
        succeeded(workspace.apply("-refresh=false"))
        assert configured(workspace) == configured(model)
        assert set(map(tuple, creation.attempts().values())) == {(NOT_MADE, MADE)}
        # No half-made one is left over that Terraform does not know of.
        assert len(offline.account.resources) == sum(len(one.state) for one in offline.stacks if one.state)
    return sum(map(len, creation.attempts().values()))


def fail_to_destroy(
    undisturbed: Offline, stack: StackName, batches: Iterable[Iterable[str]], folder: Path
) -> int:
    """Lets one batch of resources after the other fail as all is destroyed; returns how many faults that was.

    The attempt that a batch fails in is the one that destroys the batch before it.
    """
    count = 0
    with undisturbed.copy(folder) as offline:
        workspace: Workspace = getattr(offline, stack)
        if stack == "cluster":
            succeeded(offline.platform.destroy("-refresh=false"))
        needs = dependencies(workspace)
        for addresses in batches:
            batch = set(addresses)
            of_batch = {address for address in workspace.state if resource_of(address) in batch}
            # What the batch waits for.
            below = {
                one for one in workspace.state if any(resource_of(one) in needs[other] for other in batch)
            }
            deletion = Failing("delete", instances(workspace.state, batch), [NOT_MADE])
            offline.stand_ins.faults = deletion
            failed(workspace.destroy("-refresh=false"), len(of_batch))
            assert workspace.state.keys() == of_batch | below
            assert set(map(tuple, deletion.attempts().values())) == {(NOT_MADE,)}
            count += len(deletion.attempts())
        succeeded(workspace.destroy("-refresh=false"))
        assert workspace.state == {}
        if stack == "cluster":
            assert offline.account.resources == {}
    return count


@pytest.mark.parametrize(
    ("stack", "number"), [(stack, number) for stack, count in LAYERS.items() for number in range(count)]
)
def test_resources_that_fail_to_be_made_are_made_by_the_next_attempt(
    deployed: Deployed,
    tmp_path: Path,
    stack: StackName,
    number: int,
    record_property: Callable[[str, object], None],
) -> None:
    undisturbed = deployed(PRESET)
    batch = layers(dependencies(getattr(undisturbed, stack)))[number]
    record_property("faults", fail_to_make(undisturbed, stack, batch, tmp_path))


@pytest.mark.parametrize("stack", LAYERS)
def test_resources_that_fail_to_be_destroyed_are_destroyed_by_the_next_attempt(
    deployed: Deployed, tmp_path: Path, stack: StackName, record_property: Callable[[str, object], None]
) -> None:
    undisturbed = deployed(PRESET)
    # From what nothing depends on, down.
    batches = layers(turned(dependencies(getattr(undisturbed, stack))))
    record_property("faults", fail_to_destroy(undisturbed, stack, batches, tmp_path))


@pytest.mark.parametrize(("preset", "address"), OTHERS)
def test_a_resource_of_another_preset_is_made_and_destroyed_by_the_next_attempt(
    deployed: Deployed,
    tmp_path: Path,
    preset: str,
    address: str,
    record_property: Callable[[str, object], None],
) -> None:
    faults = fail_to_make(deployed(preset), "cluster", [address], tmp_path / "made")
    faults += fail_to_destroy(deployed(preset), "cluster", [[address]], tmp_path / "destroyed")
    record_property("faults", faults)


def test_no_resource_of_the_preset_is_left_out(deployed: Deployed) -> None:
    offline = deployed(PRESET)
    failing = {stack: layers(dependencies(getattr(offline, stack))) for stack in LAYERS}
    # If this fails, the number in LAYERS is what has to change.
    assert {stack: len(found) for stack, found in failing.items()} == LAYERS
    lines = ADDRESSES.read_text(encoding="utf-8").split()
    listed = [line for line in lines if re.match(r"(aws|helm|kubernetes)_", line)]
    assert sorted(chain.from_iterable(chain.from_iterable(failing.values()))) == sorted(listed)
    destroyed = [layers(turned(dependencies(getattr(offline, stack)))) for stack in LAYERS]
    assert sorted(chain.from_iterable(chain.from_iterable(destroyed))) == sorted(listed)


def test_in_a_layer_no_resource_depends_on_another(deployed: Deployed) -> None:
    needs = dependencies(deployed(PRESET).cluster)
    assert {"aws_vpc.network_vpc", "aws_eks_cluster.cluster"} <= needs["aws_eks_node_group.nodes_p5"]
    for layer in layers(needs):
        assert not {other for address in layer for other in needs[address]} & set(layer)


def test_a_placement_group_that_was_made_and_reported_as_failed_is_kept_by_untaint(
    deployed: Deployed, tmp_path: Path
) -> None:
    address = "aws_placement_group.nodes_gpu_placement_group"
    with deployed("eks-g4dn").empty(tmp_path) as offline:
        made = instances(deployed("eks-g4dn").cluster.state, [address])
        offline.stand_ins.faults = Failing("create", made, [Fault("ExpiredToken", made=True)])
        assert offline.cluster.apply().status == 1
        # It goes after the nodes have left it, so that its successor would come first, and has its name.
        assert "InvalidPlacementGroup.Duplicate" in one_line(offline.cluster.apply().text)
        succeeded(offline.cluster.run("untaint", address))
        succeeded(offline.cluster.apply())
        assert offline.cluster.plan().empty
