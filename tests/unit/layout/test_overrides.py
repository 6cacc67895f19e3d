"""Addresses and paths of overrides, and how layouts merge them."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic_core import PydanticCustomError

from modules.layout import LayoutError, load
from modules.layout.full import in_full
from modules.layout.overrides import Address, steps_of
from modules.layout.writing import to_yaml
from tests.unit.layout.cases import new

GROUP = "aws_eks_node_group.nodes_sys"


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("aws_eks_node_group.nodes_p5", Address("resource", "aws_eks_node_group", "nodes_p5")),
        ("terraform_data.a-b", Address("resource", "terraform_data", "a-b")),
        (
            "platform/data.aws_eks_cluster.cluster",
            Address("data", "aws_eks_cluster", "cluster", "platform"),
        ),
        ("data/aws_s3_bucket.bucket_x", Address("resource", "aws_s3_bucket", "bucket_x", "data")),
        ("provider.aws", Address("provider", "aws", "")),
        ("cluster/provider.aws.dns", Address("provider", "aws", "dns", "cluster")),
    ],
)
def test_an_address_is_that_of_a_plan(text: str, address: Address) -> None:
    assert Address.of(text) == address
    assert str(address) == text.rpartition("/")[2]


@pytest.mark.parametrize(
    ("text", "remedy"),
    [
        ('aws_subnet.network_private["us-west-2a"]', "Write aws_subnet.network_private: all instances"),
        ("module.a.aws_vpc.b", "as in plans"),
        ("aws_vpc", "as in plans"),
        ("network/aws_vpc.b", "or workloads/ before it"),
        ("aws_vpc.b ", "as in plans"),
        ("aws_vpc.b\n", "as in plans"),
        ("vpc.b", "as in plans"),
    ],
)
def test_another_text_is_no_address(text: str, remedy: str) -> None:
    with pytest.raises(PydanticCustomError) as caught:
        Address.of(text)
    assert caught.value.context is not None
    assert remedy in caught.value.context["remedy"]


@pytest.mark.parametrize(
    ("path", "steps"),
    [
        ("version", ("version",)),
        ("update_config.max_unavailable", ("update_config", "max_unavailable")),
        ("block[0].ebs.1.iops", ("block", 0, "ebs", 1, "iops")),
        ('tags["example.com/team"]', ("tags", "example.com/team")),
        ('tags["0"].x', ("tags", "0", "x")),
    ],
)
def test_a_path_is_that_of_terraform(path: str, steps: tuple[str | int, ...]) -> None:
    assert steps_of(path) == steps


@pytest.mark.parametrize(
    "path", ["", ".a", "a..b", "a.", "a[b]", "[0].a", '["a"]', "a[0]b", "a b", "a['b']", "a\n"]
)
def test_another_text_is_no_path(path: str) -> None:
    with pytest.raises(PydanticCustomError):
        steps_of(path)


def test_overrides_merge_path_by_path_and_null_takes_one_back(tmp_path: Path) -> None:
    base = tmp_path / "base.yaml"
    base.write_text(new(top=f"overrides:\n  {GROUP}: {{a: 1, b: 2}}\n  aws_vpc.network_vpc: {{a: 1}}\n"))
    mine = tmp_path / "mine.yaml"
    mine.write_text(
        f"extends: ./base.yaml\nname: mine\noverrides:\n  {GROUP}: {{a: null, c: '${{null}}'}}\n  aws_vpc.network_vpc: null\n"
    )
    assert load(str(mine)).layout.overrides == {GROUP: {"b": 2, "c": "${null}"}}


@pytest.mark.parametrize("value", ["{a: null}", "{a: {b: null}}", "null"])
def test_a_null_that_takes_nothing_back_is_told_what_takes_an_argument_out(
    tmp_path: Path, value: str
) -> None:
    file = tmp_path / "layout.yaml"
    file.write_text(new(top=f"overrides:\n  {GROUP}: {value}\n"))
    with pytest.raises(LayoutError) as caught:
        load(str(file))
    (fault,) = caught.value.errors
    assert fault.rule == "null"
    assert '"${null}"' in fault.remedy


def test_a_layout_in_full_has_them_and_loads_to_the_same(tmp_path: Path) -> None:
    file = tmp_path / "layout.yaml"
    text = f"overrides:\n  {GROUP}:\n    'tags[\"a.b/c\"]': '${{upper(\"x\")}}'\n    timeouts: {{create: 90m, more: [1, 2.5, true]}}\n"
    file.write_text(new(top=text + "extension: ./mine.py\n"))
    (tmp_path / "mine.py").write_text("def extend(stack, layout): ...\n")
    loaded = load(str(file))
    assert loaded.layout.extension == str(tmp_path / "mine.py")
    again = tmp_path / "elsewhere" / "full.yaml"
    again.parent.mkdir()
    again.write_text(to_yaml(in_full(loaded).plain()))
    assert load(str(again)).layout == loaded.layout


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ("./gone.py", "cannot be read: No such file"),
        (".", "is no Python file"),
        ("./folder.py", "cannot be read: Is a directory"),
        ("'a\\0.py'", "cannot be read"),
        ("[a.py]", "is a list, not text"),
        ("./stack.yaml", "is no Python file"),
    ],
)
def test_an_extension_that_is_not_there_is_one_fault_with_its_line(
    tmp_path: Path, given: str, problem: str
) -> None:
    (tmp_path / "folder.py").mkdir()
    file = tmp_path / "layout.yaml"
    file.write_text(new(top=f"extension: {given}\n".replace("'a\\0.py'", '"a\\0.py"')))
    with pytest.raises(LayoutError) as caught:
        load(str(file))
    (fault,) = caught.value.errors
    assert problem in fault.problem
    assert (fault.path, fault.origin.line) == (("extension",), len(file.read_text().splitlines()))


def test_an_extension_lies_beside_the_layout_that_names_it_and_is_not_run_by_a_check(tmp_path: Path) -> None:
    (tmp_path / "below").mkdir()
    (tmp_path / "below" / "stack.py").write_text("raise SystemExit('run')\n")
    (tmp_path / "below" / "base.yaml").write_text(new(top="extension: stack.py\n"))
    (tmp_path / "mine.yaml").write_text("extends: ./below/base.yaml\nname: mine\n")
    assert load(str(tmp_path / "mine.yaml")).layout.extension == str(tmp_path / "below" / "stack.py")
