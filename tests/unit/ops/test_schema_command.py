"""The JSON Schema of the layout language: what it takes is what the loader takes, as far as a schema can say it."""

from __future__ import annotations

import re
import subprocess
import tempfile
from collections.abc import Iterator
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator, ValidationError
from jsonschema.protocols import Validator
from jsonschema.validators import extend
from typer.testing import CliRunner

from modules.bindings.node import wheel_node
from modules.layout import PRESETS, Fault, LayoutError, load, preset_names
from modules.layout.document import read
from ops.cli import app
from ops.docs.error_examples import EKSCTL, EXAMPLES, example_of
from ops.schema import SCHEMA, editor_line, layout_schema, schema_text
from tests import mutations
from tests.unit.layout.test_any_input import TREES
from tests.unit.layout.test_rules import CASES
from tests.vocabulary import vocabulary

TODAY = date(2026, 11, 22)
ROOT = Path(__file__).resolve().parents[3]
# Faults of the form of values, which a schema may know too. Instance types and regions are those of the catalogue.
FORM = {"unknown-key", "missing-key", "type", "value", "unknown-instance-type", "unknown-region"}
TEXTS = [*TREES, *((PRESETS / f"{name}.yaml").read_text(encoding="utf-8") for name in preset_names())]


def _pattern(
    validator: Validator, pattern: str, instance: object, schema: object
) -> Iterator[ValidationError]:
    """`pattern` as editors have it: for them `$` is the end, where Python allows a line end behind it."""
    if isinstance(instance, str) and not re.search(re.sub(r"\$(?=[|)]|\Z)", r"\\Z", pattern), instance):
        yield ValidationError(f"{instance!r} is not {pattern}")


@cache
def checker() -> Any:
    kind: Any = extend(Draft202012Validator, {"pattern": _pattern})  # type: ignore[no-untyped-call]  # jsonschema's
    return kind(layout_schema())


def complaints(tree: object) -> list[ValidationError]:
    return list(checker().iter_errors(tree))


def tree_of(file: Path) -> Any:
    return read(file).tree.plain()


def faults_of(file: Path) -> tuple[Fault, ...]:
    try:
        return load(str(file), today=TODAY).warnings
    except LayoutError as error:
        return error.faults


def test_the_schema_is_a_schema() -> None:
    Draft202012Validator.check_schema(layout_schema())


def test_the_committed_schema_is_current() -> None:
    assert SCHEMA.read_text(encoding="utf-8") == schema_text(), "run `make docs`"


def test_the_command_prints_it_or_writes_it(tmp_path: Path) -> None:
    printed = CliRunner().invoke(app, ["schema"])
    written = CliRunner().invoke(app, ["schema", "-o", str(tmp_path / "out.json")])
    assert (printed.exit_code, printed.stdout) == (0, schema_text())
    assert (written.exit_code, written.stdout) == (0, "")
    assert (tmp_path / "out.json").read_text(encoding="utf-8") == schema_text()


def test_a_place_that_cannot_be_written_is_said_without_a_traceback(tmp_path: Path) -> None:
    refused = CliRunner().invoke(app, ["schema", "-o", str(tmp_path / "no" / "out.json")])
    assert refused.exit_code == 2
    assert "cannot be written: No such file or directory" in refused.stderr


def test_every_pattern_is_one_for_editors_too() -> None:
    """JSON Schema's patterns are those of ECMAScript."""
    script = """
      let patterns = [];
      JSON.parse(require("fs").readFileSync(process.argv[1]), (key, value) => {
        if (key === "pattern" && typeof value === "string") patterns.push(new RegExp(value, "u"));
        return value;
      });
      console.log(patterns.length);
    """
    done = subprocess.run(
        [str(wheel_node()), "-e", script, str(SCHEMA)],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) > 30


def test_examples_and_defaults_are_valid() -> None:
    schema = layout_schema()
    sections = [schema, *schema["$defs"].values()]
    keys = [(name, key) for section in sections for name, key in section["properties"].items()]
    for name, key in keys:
        given = [*key.get("examples", ()), *([key["default"]] if "default" in key else [])]
        checked = checker().evolve(schema={**key, "$defs": schema["$defs"]})
        assert [(name, value) for value in given if not checked.is_valid(value)] == []
    assert sum("examples" in key for _, key in keys) == len(keys)


@pytest.mark.parametrize("name", preset_names())
def test_a_preset_is_valid_and_names_the_schema_from_where_it_lies(name: str) -> None:
    file = PRESETS / f"{name}.yaml"
    assert complaints(tree_of(file)) == []
    first = file.read_text(encoding="utf-8").splitlines()[0]
    assert first == editor_line(PRESETS)
    assert (PRESETS / first.partition("$schema=")[2]).resolve() == SCHEMA


@pytest.mark.parametrize("below", [".", "a/b"])
def test_the_line_leads_from_any_folder_to_the_schema(tmp_path: Path, below: str) -> None:
    folder = tmp_path / below
    line = editor_line(folder)
    assert line.startswith("# yaml-language-server: $schema=")
    assert (folder / line.partition("$schema=")[2]).resolve() == SCHEMA


def test_the_line_has_no_blank_in_its_path(monkeypatch: pytest.MonkeyPatch) -> None:
    """The editor reads the path up to the first blank."""
    monkeypatch.setattr("ops.schema.SCHEMA", Path("/my work/schema/layout.schema.json"))
    assert editor_line(Path("/elsewhere")).endswith("$schema=file:///my%20work/schema/layout.schema.json")


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.rule}-{CASES.index(case)}")
def test_a_layout_that_loads_is_valid(case: Any, tmp_path: Path) -> None:
    file = tmp_path / "layout.yaml"
    file.write_text(case.fine, encoding="utf-8")
    assert complaints(tree_of(file)) == []


@pytest.mark.parametrize("rule", ["unknown-key", "missing-key", "type"])
def test_the_examples_of_faults_of_form_are_refused(rule: str, tmp_path: Path) -> None:
    file = tmp_path / "layout.yaml"
    file.write_text(example_of(rule).files["layout.yaml"], encoding="utf-8")
    assert complaints(tree_of(file))


ONLY_RULES = sorted(
    {file.stem for file in EXAMPLES.glob("*.yaml")} - FORM - {"yaml", "extends", "eksctl-manifest", *EKSCTL}
)


@pytest.mark.parametrize("name", ONLY_RULES)
def test_what_only_a_rule_refuses_is_valid(name: str, tmp_path: Path) -> None:
    layouts = [text for file, text in example_of(name).files.items() if not file.endswith(".py")]
    for number, text in enumerate(layouts):
        file = tmp_path / f"{number}.yaml"
        file.write_text(text, encoding="utf-8")
        assert complaints(tree_of(file)) == []


def valid(text: str, tmp_path: Path) -> bool:
    file = tmp_path / "layout.yaml"
    file.write_text(text, encoding="utf-8")
    return not complaints(tree_of(file))


GROUPS = "node_groups: {sys: {instance_type: c5.2xlarge, size: {desired: 1}}}\n"
WHOLE = f"name: demo\nregion: us-west-2\n{GROUPS}"


@pytest.mark.parametrize(
    "text",
    [
        "extends: eks-g4dn\n",
        "extends: null\n" + WHOLE,
        "extends: eks-g4dn\nnode_groups: {gpu: {size: {max: 4}}}\n",
        "extends: eks-g4dn\nnode_groups: {gpu: null}\nnetwork: null\ntags: {a: null}\naddons: {coredns: null}\n",
        "extends: eks-g4dn\nhelm_releases: {mine: {version: 1.2.3}}\n",
        WHOLE + "kubernetes_version: 1.30\n",
        WHOLE + 'kubernetes_version: "1.30"\n',
        WHOLE + "tags: {Größe: 12 ü, 中: 文}\n",
        WHOLE + "helm_releases: {kueue: {}, gpu-operator: null}\n",
        WHOLE + "network: {vpc_id: var.my_vpc, private_subnet_ids: var.subnets, public_subnet_ids: null}\n",
    ],
)
def test_it_takes(text: str, tmp_path: Path) -> None:
    assert valid(text, tmp_path)


@pytest.mark.parametrize(
    "text",
    [
        "name: demo\n" + GROUPS,
        "extends: null\nname: demo\n" + GROUPS,
        "extends: [eks-g4dn]\n" + WHOLE,
        "name: null\nregion: us-west-2\n" + GROUPS,
        "name: Demo\nregion: us-west-2\n" + GROUPS,
        WHOLE + "kubernetes_version: 2.30\n",
        WHOLE + "tags: {'aws:a': b}\n",
        WHOLE + "tags: {a: 1}\n",
        WHOLE + "helm_releases: {kueu: {}}\n",
        WHOLE + "network: {vpc_id: var.My_Vpc}\n",
        WHOLE + "network: {vpc_id: var.count}\n",
        WHOLE + "network: {vpc_id: '${var.vpc_id}'}\n",
        WHOLE.replace("c5.2xlarge", "c5.2xlrge"),
        WHOLE.replace("desired: 1", "desired: 1001"),
        WHOLE.replace("desired: 1", "min: 1"),
        "extends: eks-g4dn\nnode_groups: {gpu: {taints: [{value: x}]}}\n",
        "extends: eks-g4dn\nnode_groups: {gpu: {taints: [null]}}\n",
        "extends: eks-g4dn\nnode_groups: {gpu: {sise: {max: 4}}}\n",
    ],
)
def test_it_refuses(text: str, tmp_path: Path) -> None:
    assert not valid(text, tmp_path)


# What a schema cannot say; docs/layout.md lists it for its readers.
BEYOND = re.compile(
    r"names an address inside the network"
    r"|is no time"  # a day that no month has
    r"|is no Kubernetes minor version"  # 1.3 is 1.30 to JSON
    r"|is a number, not a whole number"  # 2.0 is 2 to JSON
    r"|is no tag (key|value)"  # characters that are no letters, beyond ASCII
    r"|is no .*ARN"  # letters beyond ASCII
)


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(text=st.sampled_from(TEXTS), seed=st.integers(0, 2**32))
def test_schema_and_loader_agree_on_the_form_of_any_layout(text: str, seed: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "layout.yaml"
        file.write_text(text, encoding="utf-8")
        changed = mutations.tree(tree_of(file), seed, vocabulary())
        file.write_text(mutations.as_yaml(changed), encoding="utf-8")
        try:
            tree = tree_of(file)
        except LayoutError:
            return
        found = faults_of(file)
        assert [fault for fault in found if not (EXAMPLES / f"{fault.rule}.yaml").is_file()] == []
        faults = [fault for fault in found if fault.rule in FORM]
        errors = complaints(tree)
        if not errors:
            below = isinstance(tree.get("extends"), str)
            assert [
                fault
                for fault in faults
                if not BEYOND.search(fault.problem) and not (below and fault.rule == "missing-key")
            ] == []
        else:
            assert faults, [error.message for error in errors]
