"""The pictures of all presets: sound, complete, true, and in the documentation as they are."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

from modules.layout import preset_names
from ops.cli import app
from ops.picture.drawing import Drawing, Shape, draw
from ops.picture.svg import svg
from tests.terraform_json import Body, Synth
from tests.unit.ops.picture.geometry import assert_sound

DOCS = Path(__file__).parents[4] / "docs"
PICTURES = DOCS / "pictures"
EXAMPLES = DOCS / "examples" / "layout"

Draw = Callable[[str], tuple[dict[str, Body], Drawing]]


@pytest.fixture(scope="module")
def preset(synth: Synth) -> Draw:
    """A preset's Terraform JSON, and its picture; each is made once."""
    known: dict[str, tuple[dict[str, Body], Drawing]] = {}

    def drawn(name: str) -> tuple[dict[str, Body], Drawing]:
        if name not in known:
            documents = {stack.name: stack.json for stack in synth(f"extends: {name}\nname: {name}\n")}
            known[name] = documents, draw(documents)
        return known[name]

    return drawn


def _resources(documents: dict[str, Body]) -> set[str]:
    return {
        f"{stack}/{prefix}{kind}.{name}"
        for stack, document in documents.items()
        for section, prefix in (("resource", ""), ("data", "data."))
        for kind, bodies in document.get(section, {}).items()
        for name in bodies
    }


def _box(drawing: Drawing, name: str) -> Shape:
    (found,) = [shape for shape in drawing.shapes if shape.name == name]
    return found


def _texts(shape: Shape) -> list[str]:
    return [line.text for line in shape.lines]


def _around(drawing: Drawing, shape: Shape) -> list[str]:
    """Names of the boxes that a box is in, from the nearest."""
    by_id = {one.id: one for one in drawing.shapes}
    names = []
    while shape.parent is not None:
        shape = by_id[shape.parent]
        names.append(shape.name)
    return names


@pytest.mark.parametrize("name", preset_names())
def test_nothing_overlaps_or_sticks_out(preset: Draw, name: str) -> None:
    assert_sound(preset(name)[1])


@pytest.mark.parametrize("name", preset_names())
def test_every_resource_belongs_to_a_box(preset: Draw, name: str) -> None:
    documents, drawing = preset(name)
    drawn = {address for shape in drawing.shapes for address in shape.addresses}
    assert drawn == _resources(documents)


@pytest.mark.parametrize("name", preset_names())
def test_the_picture_in_the_documentation_is_current(preset: Draw, name: str) -> None:
    file = PICTURES / f"{name}.svg"
    assert file.is_file(), "run `make pictures`, and look at it"
    same = file.read_text(encoding="utf-8") == svg(preset(name)[1])
    assert same, f"{file.name} is not what ops picture draws: run `make pictures`, and look at it"


def test_the_command_draws_what_the_documentation_has(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ops.docs.pictures.preset_names", lambda: ("ml-cluster",))
    assert CliRunner().invoke(app, ["docs", "--pictures", "--folder", str(tmp_path)]).exit_code == 0
    (written,) = (tmp_path / "docs" / "pictures").iterdir()
    assert written.read_bytes() == (PICTURES / "ml-cluster.svg").read_bytes()


def test_there_is_no_picture_of_what_is_no_preset() -> None:
    assert sorted(file.stem for file in PICTURES.iterdir()) == sorted(preset_names())


def test_a_training_cluster_has_its_reservation_its_gpus_and_its_efa_in_one_zone(preset: Draw) -> None:
    drawing = preset("eks-p5-training")[1]
    group = next(one for one in drawing.shapes if one.kind == "group accelerated")
    assert _texts(group) == [
        "Node group p5",
        "p5.48xlarge",
        "2 nodes (min 0, max 10)",
        "8 H100 GPUs per node, 16 in all",
        "reservation var.capacity_reservation_id",
        "AL2023_x86_64_NVIDIA",
    ]
    assert _around(drawing, group)[:3] == [
        "private subnet var.availability_zone",
        "var.availability_zone",
        "eks-p5-training",
    ]
    nodes = [shape for shape in drawing.shapes if shape.kind == "node"]
    assert [_texts(node) for node in nodes] == [["node 1", "8x H100"], ["node 2", "8x H100"]]
    bus = _box(drawing, "EFA of p5")
    assert _texts(bus) == ["EFA 32x per node, 64 in all"]
    assert {(link.start, link.end) for link in drawing.links} == {(node.id, bus.id) for node in nodes}
    system = _box(drawing, "eks-p5-training-scratch")
    assert _around(drawing, system)[0] == "private subnet var.availability_zone"
    assert _texts(system)[1:] == [
        "4800 GiB, SCRATCH_2",
        "/data linked to s3://eks-p5-training-data-ACCOUNT-us-west-2",
    ]


def test_a_zone_that_may_be_one_of_the_others_says_so(preset: Draw) -> None:
    drawing = preset("eks-p5-training")[1]
    assert _texts(_box(drawing, "var.availability_zone")) == [
        "Zone var.availability_zone",
        "may be the same as Zone 1 or Zone 2",
    ]
    assert _texts(_box(drawing, "Zone 2")) == ["Zone 2", "the region's second by name"]


def test_nodes_in_any_of_several_zones_are_below_these(preset: Draw) -> None:
    drawing = preset("eks-g4dn")[1]
    band = _box(drawing, "Across Zone 1 and Zone 2")
    assert _around(drawing, _box(drawing, "sys"))[0] == band.name
    one, two = _box(drawing, "Zone 1"), _box(drawing, "Zone 2")
    assert (band.x, band.x + band.width) == (one.x, two.x + two.width)


def test_an_existing_network_is_named_as_the_layout_names_it(preset: Draw) -> None:
    drawing = preset("eks-p5-capacity-block")[1]
    assert _texts(_box(drawing, "var.vpc_id")) == ["Existing VPC var.vpc_id"]
    assert _texts(_box(drawing, "private subnet var.gpu_subnet_id")) == [
        "Existing private subnet var.gpu_subnet_id",
        "in zone var.availability_zone",
        "may be one of var.private_subnet_ids",
    ]
    group = next(one for one in drawing.shapes if one.kind == "group accelerated")
    assert "0 nodes until var.capacity_block_start" in _texts(group)
    assert "Capacity Block var.capacity_reservation_id" in _texts(group)


def test_a_load_balancer_leads_to_its_server(preset: Draw) -> None:
    drawing = preset("ml-load-balanced")[1]
    balancer, server = _box(drawing, "Network Load Balancer"), _box(drawing, "server")
    assert [(link.start, link.end) for link in drawing.links] == [(balancer.id, server.id)]
    assert _texts(balancer)[1:] == [
        "internet-facing, port 443",
        "TLS by var.certificate_arn",
        "from var.load_balancer_cidrs",
    ]
    assert _texts(server)[1:] == ["Deployment, 2 pods", "on node group spot"]


def test_what_belongs_to_a_node_group_is_found_there(preset: Draw) -> None:
    drawing = preset("eks-p5-training")[1]
    group = next(one for one in drawing.shapes if one.kind == "group accelerated")
    there = {address.partition("/")[2] for address in group.addresses}
    assert {
        "aws_eks_node_group.nodes_p5",
        "aws_launch_template.nodes_p5_launch_template",
        "aws_iam_role.nodes_p5_role",
        "aws_security_group.efa",
    } <= there
    assert not any("nodes_sys" in address for address in there)


def test_what_only_an_example_has_is_true_too(synth: Synth) -> None:
    text = (EXAMPLES / "workloads.serving.yaml").read_text(encoding="utf-8")
    drawing = draw({stack.name: stack.json for stack in synth(text)})
    balancer = _box(drawing, "Application Load Balancer")
    assert _texts(balancer)[1:] == [
        "internet-facing, port 80, 443",
        "TLS by var.certificate_arn",
        "from var.load_balancer_cidrs",
        "for api.example.com",
    ]
    assert [(link.start, link.end) for link in drawing.links if link.kind == "traffic"] == [
        (balancer.id, _box(drawing, "api").id)
    ]
    assert "each pod: 1 GPU" in _texts(_box(drawing, "model"))
