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
from ops.offline.provider import Fault, Operation
from tests.offline import Offline, one_line, succeeded
from tests.terraform_json import Synth

pytestmark = pytest.mark.engine

PRESET = "eks-p5-odcr"
STACKS = "cluster", "platform"
# Of the types that the preset does not have, those that are made while nodes are.
OTHERS = [("eks-p5-capacity-block", "aws_autoscaling_schedule.nodes_p5_start")]
ADDRESSES = Path(__file__).parents[1] / "unit" / "goldens" / "addresses" / f"{PRESET}.txt"
CAPACITY = "InsufficientInstanceCapacity: We currently do not have sufficient p5.48xlarge capacity"
ANSWERS = NOT_MADE, MADE = Fault(CAPACITY), Fault(CAPACITY, made=True)
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
class FailingTwice:
    """Faults: whatever is to be made fails in the attempt that first gets to it, and half-way in the next one."""

    types: set[str]
    attempt: int = 0
    given: list[Fault] = field(default_factory=list)
    _first: dict[tuple[str, str], int] = field(default_factory=dict)

    def __call__(self, operation: Operation) -> Fault | None:
        """The answer to an operation; None where it may succeed."""
        if operation.action != "create" or operation.type_name not in self.types:
            return None
        # Its id may be another one after each attempt: what it is to be made of is not.
        key = operation.type_name, repr(operation.values)
        since = self.attempt - self._first.setdefault(key, self.attempt)
        if since >= len(ANSWERS):
            return None
        self.given.append(ANSWERS[since])
        return ANSWERS[since]


@dataclass
class NotDeleted:
    """Faults: each target fails once to be deleted."""

    targets: set[Key]
    given: list[Key] = field(default_factory=list)

    def __call__(self, operation: Operation) -> Fault | None:
        """The answer to an operation; None where it may succeed."""
        key = operation.type_name, operation.id
        if operation.action != "delete" or key not in self.targets or key in self.given:
            return None
        self.given.append(key)
        return NOT_MADE


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


def fail_to_make(
    undisturbed: Offline, stack: StackName, batches: Iterable[Iterable[str]], folder: Path
) -> int:
    """Lets one batch of resources after the other fail twice as all is made; returns how many faults that was.

    The attempt that makes a batch in the end is the one in which the batch after it fails first.
    """
    in_cluster = stack == "cluster"
    model: Workspace = getattr(undisturbed, stack)
    needs = dependencies(model)
    count = 0
    with undisturbed.empty(folder) if in_cluster else undisturbed.copy(folder) as offline:
        workspace: Workspace = getattr(offline, stack)
        if not in_cluster:  # it needs its cluster
            succeeded(workspace.destroy("-refresh=false"))
            offline.account.made.clear()
        wanted = list(map(set, batches))
        creation = FailingTwice({address.partition(".")[0] for batch in wanted for address in batch})
        offline.stand_ins.faults = creation
        for batch in wanted:
            of_batch = {address for address in model.state if resource_of(address) in batch}
            # What waits for the batch.
            above = {address for address in model.state if needs[resource_of(address)] & batch}
            for fault, absent in ((NOT_MADE, above | of_batch), (MADE, above)):
                creation.given.clear()
                failed(workspace.apply("-refresh=false"), len(of_batch))
                assert creation.given == [fault] * len(of_batch)
                assert workspace.state.keys() == model.state.keys() - absent
                creation.attempt += 1
                count += len(of_batch)
        succeeded(workspace.apply("-refresh=false"))
        assert configured(workspace) == configured(model)
        # No half-made one is left over that Terraform does not know of.
        assert len(offline.account.resources) == sum(len(one.state) for one in offline.stacks if one.state)
    return count


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
            deletion = NotDeleted(instances(workspace.state, batch))
            offline.stand_ins.faults = deletion
            failed(workspace.destroy("-refresh=false"), len(of_batch))
            assert workspace.state.keys() == of_batch | below
            assert set(deletion.given) == deletion.targets
            count += len(deletion.given)
        succeeded(workspace.destroy("-refresh=false"))
        assert workspace.state == {}
        if stack == "cluster":
            assert offline.account.resources == {}
    return count


@pytest.mark.parametrize("stack", STACKS)
def test_resources_that_fail_to_be_made_are_made_by_the_next_attempt(
    deployed: Deployed, tmp_path: Path, stack: StackName, record_property: Callable[[str, object], None]
) -> None:
    undisturbed = deployed(PRESET)
    # From what depends on nothing, up.
    batches = layers(dependencies(getattr(undisturbed, stack)))
    record_property("faults", fail_to_make(undisturbed, stack, batches, tmp_path))


@pytest.mark.parametrize("stack", STACKS)
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
    faults = fail_to_make(deployed(preset), "cluster", [[address]], tmp_path / "made")
    faults += fail_to_destroy(deployed(preset), "cluster", [[address]], tmp_path / "destroyed")
    record_property("faults", faults)


def test_no_resource_of_the_preset_is_left_out(deployed: Deployed) -> None:
    offline = deployed(PRESET)
    failing = [layers(dependencies(getattr(offline, stack))) for stack in STACKS]
    lines = ADDRESSES.read_text(encoding="utf-8").split()
    listed = [line for line in lines if re.match(r"(aws|helm|kubernetes)_", line)]
    assert sorted(chain.from_iterable(chain.from_iterable(failing))) == sorted(listed)
    destroyed = [layers(turned(dependencies(getattr(offline, stack)))) for stack in STACKS]
    assert sorted(chain.from_iterable(chain.from_iterable(destroyed))) == sorted(listed)


def test_in_a_layer_no_resource_depends_on_another(deployed: Deployed) -> None:
    needs = dependencies(deployed(PRESET).cluster)
    assert {"aws_vpc.network_vpc", "aws_eks_cluster.cluster"} <= needs["aws_eks_node_group.nodes_p5"]
    for layer in layers(needs):
        assert not {other for address in layer for other in needs[address]} & set(layer)


def test_a_placement_group_that_was_made_and_reported_as_failed_is_kept_by_untaint(
    engine: Engine, synth: Synth, tmp_path: Path
) -> None:
    address = "aws_placement_group.nodes_gpu_placement_group"
    with Offline(engine, tmp_path, synth("extends: eks-g4dn\nname: eks-g4dn\n")) as offline:
        once = iter([Fault("ExpiredToken", made=True)])
        offline.stand_ins.faults = lambda operation: (
            next(once, None) if operation.type_name == "aws_placement_group" else None
        )
        assert "ExpiredToken" in offline.cluster.apply(f"-target={address}").text
        # It goes after the nodes have left it, so that its successor would come first, and has its name.
        assert "InvalidPlacementGroup.Duplicate" in one_line(offline.cluster.apply(f"-target={address}").text)
        succeeded(offline.cluster.run("untaint", address))
        succeeded(offline.cluster.apply())
        assert offline.cluster.plan().empty
