"""What every preset makes, launch templates, rights and each kind of workload, pinned in files that are reviewed.

A changed address makes Terraform replace the resource: a golden that changes needs a reason. Write them anew with

    .venv/bin/python -m pytest --update-goldens tests/unit/goldens
"""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from modules import catalog
from modules.layout import preset_names
from modules.load_balancer_policy import Scope, discovery, load_balancers, protection, security_groups
from tests.engine import variants
from tests.terraform_json import Body, Synth

HERE = Path(__file__).resolve().parent
ADDRESSES = HERE / "addresses"
TEMPLATES = HERE / "launch_templates"
POLICIES = HERE / "policies"
WORKLOADS = HERE / "workloads"

# What there is of each kind in the layout with all of them (tests/engine/variants.py): the beginnings of its addresses.
KINDS = {
    "indexed_job": ("training_indexed",),
    "train_job": ("training_torch",),
    "mpi_job": ("training_mpi",),
    "worker_set": ("training_workers", "training_crowd"),
    "serving": ("serving_",),
    "queues": ("training_flavor_", "training_queue_"),
    "claims": ("claims_",),
    "identities": ("namespace_", "service_accounts_"),
}

# Types and their EFA layout, from AWS and not from the code under test: network cards with an `efa-only` interface,
# beside ENA on card 0. None stands for one card with one `efa` interface.
# https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/efa-acc-inst-types.html
EFA_ONLY_CARDS: dict[str, range | None] = {
    "g4dn.8xlarge": None,
    "g4dn.metal": None,
    "g5.8xlarge": None,
    "g5.48xlarge": None,
    "g6.48xlarge": None,
    "g6e.48xlarge": range(4),
    "p4d.24xlarge": range(4),
    "p4de.24xlarge": range(4),
    "p5.4xlarge": None,
    "p5.48xlarge": range(32),
    "p5e.48xlarge": range(32),
    "p5en.48xlarge": range(16),
    "p6-b200.48xlarge": range(8),
    "p6-b300.48xlarge": range(1, 17),  # card 0 is ENA only
    "trn1.32xlarge": range(8),
    "trn1n.32xlarge": range(16),
    "trn2.48xlarge": range(16),
}


def _expect(file: Path, content: str, update: bool) -> None:
    """The file holds the content; or, with --update-goldens, it does from now on."""
    if update:
        file.parent.mkdir(exist_ok=True)
        file.write_text(content, encoding="utf-8")
        return
    assert file.is_file(), (
        f"{file.name} is missing: run pytest --update-goldens tests/unit/goldens, and review it"
    )
    assert content == file.read_text(encoding="utf-8"), f"{file.name} differs: see this file's first lines"


def _name(instance_type: str) -> str:
    return instance_type.replace(".", "-")


def _template(synth: Synth, instance_type: str) -> Body:
    """The launch template of a group of that type, in one layout with all of them."""
    groups = [f"  {_name(one)}: {{instance_type: {one}, size: {{desired: 1}}}}" for one in EFA_ONLY_CARDS]
    stack = synth("\n".join(["node_groups:", *groups])).cluster
    return stack[f"aws_launch_template.nodes_{_name(instance_type).replace('-', '_')}_launch_template"]


@pytest.mark.parametrize("preset", preset_names())
def test_the_addresses_of_a_preset_stay_as_they_are(synth: Synth, update_goldens: bool, preset: str) -> None:
    stacks = synth(f"extends: {preset}\nname: {preset}\n")
    lines = [f"{stack.name}: {address}" for stack in stacks for address in stack.addresses]
    _expect(ADDRESSES / f"{preset}.txt", "\n".join(sorted(lines)) + "\n", update_goldens)


@pytest.mark.parametrize("instance_type", EFA_ONLY_CARDS)
def test_the_launch_template_of_a_type_stays_as_it_is(
    synth: Synth, update_goldens: bool, instance_type: str
) -> None:
    template: dict[str, Any] = dict(_template(synth, instance_type))
    template["user_data"] = base64.b64decode(template["user_data"]).decode().splitlines()
    content = json.dumps(template, indent=2, sort_keys=True) + "\n"
    _expect(TEMPLATES / f"{instance_type}.json", content, update_goldens)


def test_the_rights_of_the_load_balancer_controller_stay_as_they_are(update_goldens: bool) -> None:
    scope = Scope("demo", "us-west-2", "aws", "vpc-0123456789abcdef0")
    parts = (discovery, security_groups, load_balancers, protection)
    content = json.dumps({part.__name__: part(scope) for part in parts}, indent=2) + "\n"
    _expect(POLICIES / "aws-load-balancer-controller.json", content, update_goldens)


@pytest.mark.parametrize("kind", KINDS)
def test_what_comes_of_a_workload_stays_as_it_is(synth: Synth, kind: str, update_goldens: bool) -> None:
    stack = synth(variants.WORKLOADS).workloads
    wanted = {
        f"{of_type}.{name}": {key: value for key, value in body.items() if key != "//"}
        for of_type, named in stack.json["resource"].items()
        for name, body in named.items()
        if name.startswith(KINDS[kind])
    }
    content = json.dumps(wanted, indent=1, sort_keys=True) + "\n"
    _expect(WORKLOADS / f"{kind}.json", content, update_goldens)


def test_every_workload_belongs_to_a_golden(synth: Synth) -> None:
    stack = synth(variants.WORKLOADS).workloads
    beginnings = tuple(one for ones in KINDS.values() for one in ones)
    others = [
        name
        for named in stack.json["resource"].values()
        for name in named
        if not name.startswith((*beginnings, "training_notebook"))
    ]
    assert others == []


@pytest.mark.parametrize(("instance_type", "cards"), EFA_ONLY_CARDS.items())
def test_the_interfaces_of_a_type_are_those_that_aws_documents(
    synth: Synth, instance_type: str, cards: range | None
) -> None:
    interfaces = [
        (one["network_card_index"], one["device_index"], one["interface_type"])
        for one in _template(synth, instance_type)["network_interfaces"]
    ]
    if cards is None:
        assert interfaces == [(0, 0, "efa")]
    else:
        assert sorted(interfaces) == sorted(
            [(0, 0, "interface"), *((card, 1 if card == 0 else 0, "efa-only") for card in cards)]
        )
    places = [(card, device) for card, device, _ in interfaces]
    assert len(set(places)) == len(places)
    found = catalog.find(instance_type)
    assert found is not None
    assert sum(kind != "interface" for _, _, kind in interfaces) == found.efa_interfaces


def test_there_is_no_golden_of_what_no_longer_exists() -> None:
    assert {file.stem for file in ADDRESSES.iterdir()} == set(preset_names())
    assert {file.name.removesuffix(".json") for file in TEMPLATES.iterdir()} == set(EFA_ONLY_CARDS)
    assert {file.stem for file in POLICIES.iterdir()} == {"aws-load-balancer-controller"}
    assert {file.stem for file in WORKLOADS.iterdir()} == set(KINDS)
