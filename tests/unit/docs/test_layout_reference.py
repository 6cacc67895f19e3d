"""docs/layout.md: every key is described, with an example that the loader takes; every number has its unit."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal, get_args, get_origin

import pytest
from pydantic import TypeAdapter
from typer.testing import CliRunner

from modules.layout import load
from modules.layout.models import Layout, Section
from ops.cli import app
from ops.docs import layout_reference, sections
from ops.docs.layout_reference import EXAMPLES, example_of
from ops.fields import default_in_words, is_required

ROOT = Path(__file__).parents[3]
MODELS = dict.fromkeys(model for _, model in sections(Layout, ""))
FIELDS = [(model, name) for model in MODELS for name in model.model_fields]
IDS = [f"{model.__name__}.{name}" for model, name in FIELDS]
SHOWN = sorted(EXAMPLES.glob("*.yaml"))


def extra(model: type[Section], name: str) -> dict[str, Any]:
    found = model.model_fields[name].json_schema_extra
    return dict(found) if isinstance(found, dict) else {}


def is_number(annotation: Any) -> bool:
    """Whether a value of the type is a number that counts something."""
    if get_origin(annotation) is Literal:
        return all(type(choice) is int for choice in get_args(annotation))
    return annotation is int or (
        get_origin(annotation) not in (dict, tuple)
        and any(is_number(inner) for inner in get_args(annotation))
    )


def test_the_page_is_current() -> None:
    written = (ROOT / "docs" / "layout.md").read_text(encoding="utf-8")
    assert written == layout_reference(), "run `make docs`"


def test_the_command_writes_both_pages_and_the_schema(tmp_path: Path) -> None:
    assert CliRunner().invoke(app, ["docs", "--folder", str(tmp_path)]).exit_code == 0
    for name in ("docs/layout.md", "docs/errors.md", "schema/layout.schema.json"):
        assert (tmp_path / name).read_bytes() == (ROOT / name).read_bytes()


@pytest.mark.parametrize("model, name", FIELDS, ids=IDS)
def test_a_key_has_a_description_and_an_example(model: type[Section], name: str) -> None:
    field = model.model_fields[name]
    assert (field.description or "").endswith(".")
    assert field.examples


@pytest.mark.parametrize("model, name", FIELDS, ids=IDS)
def test_the_examples_of_a_key_are_values_of_it(model: type[Section], name: str) -> None:
    field = model.model_fields[name]
    kind: Any = Annotated[field.annotation, field]  # with the checks that the field keeps beside its type
    adapter: TypeAdapter[Any] = TypeAdapter(kind)
    for example in field.examples or ():
        adapter.validate_python(_filled(example, name))


def _filled(example: Any, name: str) -> Any:
    """An example of whole sections, with what the loader puts below them."""
    if name == "node_groups" and isinstance(example, dict):
        return {key: _group_defaults() | group for key, group in example.items()}
    if name == "script":
        return {"name": example, "text": "print(1)\n"}
    if name == "helm_releases":
        return {key: _release_defaults() | release for key, release in example.items()}
    return example


def _group_defaults() -> dict[str, Any]:
    return {
        "ami_type": "AL2023_x86_64_STANDARD",
        "efa": False,
        "placement_group": "none",
        "local_storage": "none",
        "labels": {},
        "taints": [],
    }


def _release_defaults() -> dict[str, Any]:
    return {"repository": "https://example.com", "chart": "x", "version": "1.2.3", "namespace": "x"}


@pytest.mark.parametrize(
    "model, name", [pair for pair in FIELDS if is_number(pair[0].model_fields[pair[1]].annotation)]
)
def test_a_number_has_a_unit(model: type[Section], name: str) -> None:
    assert extra(model, name).get("x-unit")


def test_numbers_are_found() -> None:
    numbers = {name for model, name in FIELDS if is_number(model.model_fields[name].annotation)}
    assert {"size_gib", "iops", "retention_days", "desired", "timeout_minutes"} <= numbers
    assert not {"name", "set", "image", "taints", "type"} & numbers


@pytest.mark.parametrize("model, name", FIELDS, ids=IDS)
def test_a_source_is_a_page(model: type[Section], name: str) -> None:
    source = extra(model, name).get("x-source")
    assert source is None or str(source).startswith("https://")


@pytest.mark.parametrize("file", SHOWN, ids=lambda file: file.stem)
def test_a_shown_layout_loads_without_a_warning(file: Path) -> None:
    assert load(str(file), today=date(2026, 11, 22)).warnings == ()


@pytest.mark.parametrize("file", SHOWN, ids=lambda file: file.stem)
def test_a_shown_layout_uses_the_section_that_it_is_shown_for(file: Path) -> None:
    shown_for = [path for path, _ in sections(Layout, "") if example_of(path) == file]
    assert len(shown_for) == 1
    path = [step for step in shown_for[0].split(".") if step]
    assert any(node_has(load(str(file), today=date(2026, 11, 22)).tree, path, str(file)))


def node_has(node: Any, path: list[str], source: str) -> Iterator[bool]:
    """Whether the file itself says something at a path, where NAME is any name."""
    if not path:
        yield node.origin.source == source
        return
    below = node.value.items() if isinstance(node.value, dict) else ()
    for key, child in below:
        if path[0] in ("NAME", key):
            yield from node_has(child, path[1:], source)


def test_each_section_at_the_top_is_shown_in_use() -> None:
    paths = [path for path, _ in sections(Layout, "")]
    top = [path for path in paths if path.removesuffix(".NAME").count(".") == 0]
    assert [path for path in top if example_of(path) is None] == []


def test_what_the_loader_fills_in_is_not_required() -> None:
    required = {
        f"{model.__name__}.{name}"
        for model, name in FIELDS
        if is_required(model, name, model.model_fields[name])
    }
    assert {
        "Layout.name",
        "Layout.region",
        "Layout.node_groups",
        "NodeGroup.instance_type",
        "Size.desired",
    } <= required
    assert not {"Layout.kubernetes_version", "NodeGroup.ami_type", "NodeGroup.labels", "Size.max"} & required


def test_the_catalogue_gives_what_the_page_says_it_gives(tmp_path: Path) -> None:
    file = tmp_path / "layout.yaml"
    group = "{instance_type: c5.2xlarge, size: {desired: 1}}"
    file.write_text(f"name: demo\nregion: us-west-2\nnode_groups: {{sys: {group}}}\n", encoding="utf-8")
    tree = load(str(file), today=date(2026, 11, 22)).tree
    written = tree.get(("node_groups", "sys"))
    assert written is not None
    assert isinstance(written.value, dict)
    filled = {key for key, node in written.value.items() if node.origin.source == "catalogue"}
    model = next(model for path, model in sections(Layout, "") if path == "node_groups.NAME")
    assert filled == {
        name for name in model.model_fields if default_in_words(model, name) == "from the catalogue"
    }
