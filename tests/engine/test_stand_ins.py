"""The stand-ins themselves, by the real engine: their schemas, what else Terraform can do with them, and their defects."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bench import mirror
from ops.offline import overlay
from ops.offline.account import Account
from ops.offline.assumptions import example_values
from ops.offline.engine import Engine, Workspace
from ops.offline.schema import Attribute, BindingPackage, Body, NestedBlock
from ops.offline.server import PROVIDERS, StandIns
from tests.engine.conftest import Start
from tests.offline import Offline, one_line, planned, refused, succeeded
from tests.terraform_json import Load, Synth

pytestmark = pytest.mark.engine

# Every address of every preset.
ADDRESSES = Path(__file__).parents[1] / "unit" / "goldens" / "addresses"
VPC = "aws_vpc.x"
GROUP = "aws_cloudwatch_log_group.x"
SMALL: dict[str, Any] = {
    "provider": {"aws": [{"region": "us-west-2"}]},
    "resource": {
        "aws_vpc": {"x": {"cidr_block": "10.0.0.0/16"}},
        "aws_subnet": {"x": {"cidr_block": "10.0.0.0/20", "vpc_id": f"${{{VPC}.id}}"}},
        "aws_cloudwatch_log_group": {"x": {"name": "x", "retention_in_days": 7}},
    },
}


@pytest.fixture
def stand_ins() -> Iterator[StandIns]:
    with StandIns(Account()) as running:
        yield running
        assert running.defects == []


@pytest.fixture
def small(engine: Engine, stand_ins: StandIns, tmp_path: Path) -> Workspace:
    """SMALL, deployed."""
    workspace = Workspace(engine, tmp_path / "small", stand_ins).configure(SMALL)
    succeeded(workspace.init())
    succeeded(workspace.apply())
    return workspace


def workspace(engine: Engine, folder: Path, stand_ins: StandIns, document: Mapping[str, Any]) -> Workspace:
    made = Workspace(engine, folder, stand_ins).configure(document)
    succeeded(made.init())
    return made


def without(document: Mapping[str, Any], type_name: str) -> dict[str, Any]:
    rest = copy.deepcopy(dict(document))
    del rest["resource"][type_name]
    return rest


# Schemas


def as_core_prints_it(body: Body, secrets: frozenset[str], path: str = "") -> dict[str, Any]:
    """A schema in the form of `terraform providers schema -json`: what is false, 0 or empty is left out.

    https://developer.hashicorp.com/terraform/cli/commands/providers/schema
    """
    attributes = {name: _attribute(one, secrets, path) for name, one in body.attributes.items()}
    blocks = {
        name: _said(
            nesting_mode=block.nesting,
            block=as_core_prints_it(block.body, secrets, f"{path}{name}.0."),
            min_items=block.min_items,
            max_items=block.max_items,
        )
        for name, block in body.blocks.items()
    }
    return _said(attributes=attributes, block_types=blocks)


def _attribute(one: Attribute, secrets: frozenset[str], path: str) -> dict[str, Any]:
    nested = one.nested and {
        "nesting_mode": one.nested.nesting,
        "attributes": {
            name: _attribute(inner, secrets, f"{path}{one.name}.0.")
            for name, inner in one.nested.attributes.items()
        },
    }
    return _said(
        type=one.type,
        nested_type=nested,
        required=one.required,
        optional=one.optional,
        computed=one.computed,
        sensitive=f"{path}{one.name}" in secrets,
    )


def _said(**members: Any) -> dict[str, Any]:
    # A block without members is an empty object.
    return {name: value for name, value in members.items() if value or name == "block"}


def _without_descriptions(value: Any) -> Any:
    if isinstance(value, dict):
        return {
            key: _without_descriptions(child)
            for key, child in value.items()
            if not (key == "description_kind" and isinstance(child, str))
        }
    return value


def assert_core_understands(engine: Engine, folder: Path, types: Mapping[str, list[str]]) -> int:
    """That core takes the schemas of these types, and prints them as we have read them; returns how many."""
    with StandIns(Account()) as stand_ins:
        document: dict[str, Any] = {"provider": {name: [{}] for name in PROVIDERS}}
        made = workspace(engine, folder, stand_ins, document)
        stand_ins.serve({kind: dict.fromkeys(names) for kind, names in types.items()})
        step = succeeded(made.run("providers", "schema", "-json"))
        printed = json.loads(step.stdout)["provider_schemas"]
        assert stand_ins.defects == []
        compared = 0
        for address, provider in printed.items():
            name = address.rpartition("/")[2]
            settings = stand_ins.body("provider", name)
            assert settings is not None
            assert _without_descriptions(provider["provider"]["block"]) == as_core_prints_it(
                settings, frozenset()
            )
            for kind, key in (("resource", "resource_schemas"), ("data", "data_source_schemas")):
                for type_name, schema in provider.get(key, {}).items():
                    body = stand_ins.body(kind, type_name)
                    assert body is not None
                    secrets = (
                        overlay.of(type_name).sensitive
                        if kind == "resource"
                        else overlay.SENSITIVE_DATA.get(type_name, frozenset())
                    )
                    found = _without_descriptions(schema["block"])
                    assert found == as_core_prints_it(body, secrets), f"{kind} {type_name}"
                    compared += 1
        assert len(printed) == len(PROVIDERS)
    return compared


def test_core_reads_the_schema_of_every_type_of_a_preset_as_we_do(engine: Engine, tmp_path: Path) -> None:
    lines = {line for file in ADDRESSES.glob("*.txt") for line in file.read_text(encoding="utf-8").split()}
    types: dict[str, set[str]] = {"resource": set(), "data": set()}
    for line in lines:
        of_type = line.removeprefix("data.").partition(".")[0]
        if of_type.partition("_")[0] in PROVIDERS:
            types["data" if line.startswith("data.") else "resource"].add(of_type)
    assert len(types["resource"]) > 25
    assert len(types["data"]) > 4
    compared = assert_core_understands(engine, tmp_path, {kind: sorted(ns) for kind, ns in types.items()})
    assert compared == sum(map(len, types.values()))


def test_core_takes_the_schema_of_every_type_that_there_is(engine: Engine, tmp_path: Path) -> None:
    packages = [BindingPackage(name) for name in PROVIDERS]
    types = {
        "resource": [one for package in packages for one in package.types("resource")],
        "data": [one for package in packages for one in package.types("data")],
    }
    compared = assert_core_understands(engine, tmp_path, types)
    assert compared == sum(map(len, types.values()))
    assert compared > 2300


def _attribute_of(body: Body, name: str, **changed: Any) -> None:
    body.attributes[name] = replace(body.attributes[name], **changed)


def _block_of(body: Body, name: str, **changed: Any) -> None:
    body.blocks[name] = replace(body.blocks[name], **changed)


def _as_attribute(body: Body, name: str) -> None:
    members = {one.name: one.type for one in body.blocks.pop(name).body.attributes.values()}
    body.attributes[name] = Attribute(name, ["list", ["object", members]], optional=True)


def _as_block(body: Body, name: str) -> None:
    del body.attributes[name]
    body.blocks[name] = NestedBlock(name, "list", Body())


@pytest.mark.parametrize(
    ("type_name", "alter", "message"),
    [
        ("aws_eks_cluster", lambda body: body.attributes.pop("role_arn"), 'is named "role_arn"'),
        ("aws_eks_cluster", lambda body: body.blocks.pop("vpc_config"), 'is named "vpc_config"'),
        (
            "aws_vpc",
            lambda body: _attribute_of(body, "ipv4_ipam_pool_id", optional=False, required=True),
            '"ipv4_ipam_pool_id" is required',
        ),
        (
            "aws_vpc",
            lambda body: _attribute_of(body, "enable_dns_support", optional=False, computed=True),
            "enable_dns_support",
        ),
        ("aws_vpc", lambda body: _attribute_of(body, "cidr_block", type="number"), "a number is required"),
        ("aws_eks_cluster", lambda body: _as_attribute(body, "vpc_config"), "list of object required"),
        ("aws_vpc", lambda body: _as_block(body, "tags"), 'is named "Name"'),
        (
            "aws_launch_template",
            lambda body: _block_of(body, "network_interfaces", max_items=1),
            'No more than 1 "network_interfaces" blocks',
        ),
        (
            "aws_eks_cluster",
            lambda body: _block_of(body, "timeouts", nesting="list", min_items=1),
            'At least 1 "timeouts" blocks',
        ),
    ],
    ids=[
        "an argument less",
        "a block less",
        "an argument that has to be set",
        "an argument that cannot be set",
        "another type",
        "a block as an argument",
        "an argument as a block",
        "fewer blocks",
        "more blocks",
    ],
)
def test_a_schema_that_is_not_the_providers_fails_a_preset(
    start: Start, type_name: str, alter: Callable[[Body], object], message: str
) -> None:
    with start("extends: eks-p5-odcr\nname: eks-p5-odcr\n") as offline:
        body = offline.stand_ins.body("resource", type_name)
        assert body is not None
        alter(body)
        step = offline.cluster.validate()
        assert step.status == 1
        assert message in one_line(step.stderr)


# What else Terraform can do


def test_what_is_there_can_be_imported_by_command(
    small: Workspace, engine: Engine, stand_ins: StandIns, tmp_path: Path
) -> None:
    other = workspace(engine, tmp_path / "other", stand_ins, SMALL)
    for address, values in small.state.items():
        succeeded(other.run("import", "-no-color", "-input=false", address, values["id"]))
    assert other.state == small.state
    assert other.plan().empty


def test_what_is_there_can_be_imported_by_a_block(
    small: Workspace, engine: Engine, stand_ins: StandIns, tmp_path: Path
) -> None:
    blocks = [{"to": address, "id": values["id"]} for address, values in small.state.items()]
    other = workspace(engine, tmp_path / "other", stand_ins, {**SMALL, "import": blocks})
    made = other.plan()
    assert "Plan: 3 to import, 0 to add, 0 to change, 0 to destroy." in made.step.stdout
    succeeded(other.apply("plan"))
    assert other.state == small.state
    assert other.plan().empty


def test_what_is_not_there_cannot_be_imported(engine: Engine, stand_ins: StandIns, tmp_path: Path) -> None:
    made = workspace(engine, tmp_path / "stack", stand_ins, SMALL)
    step = made.run("import", "-no-color", "-input=false", GROUP, "none")
    assert step.status == 1
    assert "has no aws_cloudwatch_log_group of id none" in one_line(step.stderr)


def test_a_resource_that_is_moved_is_not_made_anew(small: Workspace) -> None:
    before = small.state
    moved = copy.deepcopy(SMALL)
    moved["resource"]["aws_cloudwatch_log_group"]["y"] = moved["resource"]["aws_cloudwatch_log_group"].pop(
        "x"
    )
    renamed = GROUP.replace(".x", ".y")
    small.configure(moved)
    assert {str(change) for change in planned(small)} == {f"delete {GROUP}", f"create {renamed}"}
    small.configure({**moved, "moved": [{"from": GROUP, "to": renamed}]})
    assert planned(small) == []
    succeeded(small.apply())
    assert small.state[renamed] == before[GROUP]
    assert GROUP not in small.state


def test_a_resource_that_is_removed_from_the_state_stays_in_the_account(small: Workspace) -> None:
    document = without(SMALL, "aws_cloudwatch_log_group")
    small.configure({**document, "removed": [{"from": GROUP, "lifecycle": {"destroy": False}}]})
    assert [str(change) for change in planned(small)] == [f"forget {GROUP}"]
    succeeded(small.apply())
    assert GROUP not in small.state
    assert ("aws_cloudwatch_log_group", "x") in small.stand_ins.account.resources


def test_the_graph_has_what_depends_on_what(small: Workspace) -> None:
    graph = succeeded(small.run("graph")).stdout
    assert f'"aws_subnet.x" -> "{VPC}"' in graph
    assert f'"{VPC}" -> "aws_subnet.x"' not in graph


def test_a_replacement_that_is_asked_for_replaces_what_depends_on_it(small: Workspace) -> None:
    before = small.state
    step = small.plan(f"-replace={VPC}")
    assert "Plan: 2 to add, 0 to change, 2 to destroy." in step.step.stdout
    succeeded(small.apply("plan"))
    assert small.state[VPC]["id"] != before[VPC]["id"]
    assert small.state["aws_subnet.x"]["vpc_id"] == small.state[VPC]["id"]
    assert small.state[GROUP] == before[GROUP]
    assert small.plan().empty


def test_what_is_tainted_is_replaced(small: Workspace) -> None:
    succeeded(small.run("taint", GROUP))
    assert [str(change) for change in planned(small)] == [f"replace {GROUP}"]
    succeeded(small.apply())
    assert small.plan().empty


def test_what_was_deleted_outside_terraform_is_made_again(small: Workspace) -> None:
    small.stand_ins.account.deleted("aws_subnet", small.state["aws_subnet.x"]["id"])
    assert [str(change) for change in planned(small)] == ["create aws_subnet.x"]
    succeeded(small.apply())
    assert small.plan().empty
    assert len(small.stand_ins.account.resources) == 3


def test_what_was_changed_outside_terraform_is_put_right(small: Workspace) -> None:
    small.stand_ins.account.resources["aws_cloudwatch_log_group", "x"]["retention_in_days"] = 1
    assert [str(change) for change in planned(small)] == [f"update {GROUP} (retention_in_days)"]
    succeeded(small.apply("-refresh-only"))
    assert small.state[GROUP]["retention_in_days"] == 1
    succeeded(small.apply())
    assert small.state[GROUP]["retention_in_days"] == 7


# Defects


def broken(*_arguments: object, **_named: object) -> Any:
    raise ZeroDivisionError("broken on purpose")


@pytest.mark.parametrize(
    ("target", "command"),
    [
        ("ops.offline.provider._schema", "validate"),
        ("ops.offline.checks.problems", "validate"),
        ("ops.offline.provider.planned", "plan"),
        ("ops.offline.account.Account.read", "plan"),
        ("ops.offline.account.fakes.filled", "apply"),
    ],
)
def test_a_defect_of_a_stand_in_is_an_error_of_terraform_with_its_traceback(
    engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, target: str, command: str
) -> None:
    document = {**SMALL, "data": {"aws_availability_zones": {"x": {}}}}
    with StandIns(Account()) as stand_ins:
        made = workspace(engine, tmp_path / "stack", stand_ins, document)
        monkeypatch.setattr(target, broken)
        options = () if command == "validate" else ("-input=false",)
        step = made.apply() if command == "apply" else made.run(command, "-no-color", *options)
        assert step.status == 1
        assert step.seconds < 30
        told = one_line(step.stderr)
        assert "The stand-in provider has a defect" in told
        assert "ZeroDivisionError: broken on purpose" in told
        assert stand_ins.defects
        assert all("broken on purpose" in defect for defect in stand_ins.defects)
        # It goes on answering: with the defect gone, the same process serves the same stack.
        monkeypatch.undo()
        succeeded(made.apply())


# Several at a time, and again


def test_stacks_are_made_at_the_same_time_in_one_account(
    engine: Engine, stand_ins: StandIns, tmp_path: Path
) -> None:
    names = ("first", "second", "third")
    documents = []
    for name in names:
        document = copy.deepcopy(SMALL)
        document["resource"]["aws_cloudwatch_log_group"]["x"]["name"] = name
        documents.append(document)
    made = [
        workspace(engine, tmp_path / name, stand_ins, document)
        for name, document in zip(names, documents, strict=True)
    ]
    with ThreadPoolExecutor(max_workers=len(made)) as pool:
        for step in pool.map(Workspace.apply, made):
            succeeded(step)
        assert all(plan.empty for plan in pool.map(Workspace.plan, made))
        assert len({one.state[VPC]["id"] for one in made}) == len(made)
        assert len(stand_ins.account.resources) == 3 * len(made)
        for step in pool.map(Workspace.destroy, made):
            succeeded(step)
    assert stand_ins.account.resources == {}


def test_the_same_layout_gives_the_same_plan_and_the_same_state(
    engine: Engine, synth: Synth, tmp_path: Path
) -> None:
    plans, states = [], []
    for name in ("first", "second"):
        with Offline(engine, tmp_path / name, synth("extends: eks-p5-odcr\nname: eks-p5-odcr\n")) as offline:
            for stack in offline.stacks:
                made = stack.plan()
                succeeded(made.step)
                plan = made.json()
                assert plan.pop("timestamp")
                # Terraform lists these in an order that changes from run to run.
                plan.get("relevant_attributes", []).sort(key=json.dumps)
                plans.append(plan)
                succeeded(stack.apply("plan"))
                states.append(stack.state)
    assert plans[:2] == plans[2:]
    assert states[:2] == states[2:]


# What an offline plan assumes


@pytest.mark.parametrize("region", ["us-west-2", "eu-central-1", "us-gov-west-1", "cn-north-1"])
def test_values_that_are_made_up_pass_the_checks_of_their_variables(
    engine: Engine, layout: Load, tmp_path: Path, region: str
) -> None:
    loaded = layout(
        f"""
        region: {region}
        network: {{vpc_id: var.vpc, private_subnet_ids: var.private, public_subnet_ids: [var.public]}}
        cluster:
          role_arn: var.role
          secrets_encryption: {{kms_key_arn: var.key}}
          access_entries: {{alice: {{principal_arn: var.alice}}}}
        node_groups:
          p5:
            instance_type: p5.48xlarge
            size: {{min: 0, desired: 1, max: 1}}
            availability_zone: var.zone
            subnet_ids: [var.subnet]
            capacity: {{type: odcr, reservation_group_arn: var.group}}
        """
    )
    assert len(loaded.variables) == 9
    values = example_values(loaded.layout, loaded.variables)
    document = {
        "variable": {
            one.name: {
                "type": one.kind.terraform_type,
                "validation": {"condition": f"${{{one.condition}}}", "error_message": "No."},
            }
            for one in loaded.variables
        }
    }
    with StandIns(Account(region=region)) as stand_ins:
        made = Workspace(engine, tmp_path / "stack", stand_ins, values).configure(document)
        succeeded(made.init())
        succeeded(made.plan().step)
        # Each is really looked at.
        for one in loaded.variables:
            made.variables = {**values, one.name: ["nonsense"] if one.kind.many else "nonsense"}
            assert f"var.{one.name}" in refused(made.plan())


# As programs in a mirror, which `python -m bench` compares with


def test_stand_ins_can_be_programs_that_terraform_starts_from_a_mirror(
    engine: Engine, stand_ins: StandIns, tmp_path: Path
) -> None:
    pinned = {**SMALL, "terraform": {"required_providers": {"aws": {"source": "aws", "version": "6.25.0"}}}}
    made = Workspace(engine, tmp_path / "stack", stand_ins).configure(pinned)
    environment = mirror.install(made, tmp_path / "mirror")
    assert "TF_REATTACH_PROVIDERS" not in environment
    succeeded(engine.run(made.folder, "init", "-no-color", environment=environment))
    assert "6.25.0" in (made.folder / ".terraform.lock.hcl").read_text()
    step = succeeded(engine.run(made.folder, "plan", "-no-color", environment=environment))
    assert "Plan: 3 to add, 0 to change, 0 to destroy." in step.stdout
    # A version constraint counts, which stand-ins inside this process do not have.
    pinned["terraform"]["required_providers"]["aws"]["version"] = "> 6.25.0"
    made.configure(pinned)
    step = engine.run(made.folder, "init", "-no-color", "-upgrade", environment=environment)
    assert step.status == 1
    assert "no available releases match" in one_line(step.stderr)


def test_types_without_an_id_and_values_of_any_type_live_like_others(engine: Engine, tmp_path: Path) -> None:
    def document(text: str) -> dict[str, Any]:
        config_map = {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": {"name": "a", "namespace": "default"},
            "data": {"text": text},
        }
        association = {"security_group_id": "sg-0123456789abcdef0", "vpc_id": "vpc-0123456789abcdef0"}
        return {
            "provider": {"kubernetes": [{}], "aws": [{"region": "us-west-2"}]},
            "resource": {
                "kubernetes_manifest": {"any": {"manifest": config_map}},
                "aws_vpc_security_group_vpc_association": {"none": association},
            },
        }

    account = Account()
    account.assume_cluster("demo")
    with StandIns(account) as stand_ins:
        workspace = Workspace(engine, tmp_path, stand_ins).configure(document("one"))
        succeeded(workspace.init())
        succeeded(workspace.apply())
        assert len(account.resources) == 2
        assert planned(workspace) == []
        workspace.configure(document("two"))
        assert [str(change) for change in planned(workspace)] == [
            "update kubernetes_manifest.any (manifest, object)"
        ]
        succeeded(workspace.apply())
        assert planned(workspace) == []
        succeeded(workspace.destroy())
        assert account.resources == {}
        assert stand_ins.defects == []
