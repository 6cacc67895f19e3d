"""`extends`: how layouts are found and merged."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from modules.layout import Fault, LayoutError, Origin, dotted, load
from modules.layout.extends import MAX_CHAIN, compose, find_layout, missing
from tests.unit.layout.cases import NEW, new

Write = Callable[..., Path]


def composed(file: Path) -> object:
    return compose(file, presets=file.parent / "presets").tree.plain()


def test_maps_merge_lists_and_scalars_replace(write: Write) -> None:
    write("a: 1\nb: {c: 1, d: 2}\ne: [1, 2]\n", "base.yaml")
    file = write("extends: ./base.yaml\na: 2\nb: {d: 3, f: 4}\ne: [3]\n")
    assert composed(file) == {"a": 2, "b": {"c": 1, "d": 3, "f": 4}, "e": [3]}


def test_a_merged_value_keeps_its_own_file_and_line(write: Write) -> None:
    base = write("a: 1\nb: {c: 1}\n", "base.yaml")
    file = write("extends: ./base.yaml\n\nb:\n  d: 3\n")
    tree = compose(file).tree
    assert tree.locate(("b", "c")) == Origin(str(base), 2)
    assert tree.locate(("b", "d")) == Origin(str(file), 4)


def test_a_name_extends_a_preset(write: Write) -> None:
    write("a: 1\n", "presets/some.yaml")
    assert composed(write("extends: some\nb: 2\n")) == {"a": 1, "b": 2}


def test_a_path_is_taken_from_the_folder_of_the_file_that_names_it(write: Write) -> None:
    write("a: 1\n", "lower/base.yaml")
    write("extends: ./base.yaml\nb: 2\n", "lower/middle.yaml")
    assert composed(write("extends: lower/middle.yaml\nc: 3\n")) == {"a": 1, "b": 2, "c": 3}


def test_null_removes_an_entry_of_the_layout_below(write: Write) -> None:
    write(new("gpu: {instance_type: g5.xlarge, size: {desired: 1}}\n"), "base.yaml")
    loaded = load(str(write("extends: ./base.yaml\nnode_groups: {gpu: null}\n")))
    assert list(loaded.layout.node_groups) == ["sys"]
    assert loaded.layout.helm_releases == {}


def test_null_removes_a_default_add_on_and_a_default_label(write: Write) -> None:
    text = new(
        "gpu: {instance_type: g5.xlarge, size: {desired: 1}, labels: {nvidia.com/gpu.present: null}}\n",
        "addons: {aws-ebs-csi-driver: null}\nstorage: {default_storage_class: none}\n",
    )
    layout = load(str(write(text))).layout
    assert "aws-ebs-csi-driver" not in layout.addons
    assert "nvidia.com/gpu.present" not in layout.node_groups["gpu"].labels


def test_null_in_place_of_a_setting_gives_its_default_back(write: Write) -> None:
    write(new("gpu: {instance_type: g5.48xlarge, size: {desired: 2}, efa: false, taints: []}\n"), "base.yaml")
    text = "extends: ./base.yaml\nnode_groups: {gpu: {efa: null, taints: null}}\n"
    group = load(str(write(text))).layout.node_groups["gpu"]
    assert group.efa
    assert [taint.key for taint in group.taints] == ["nvidia.com/gpu"]


def test_an_empty_section_is_as_good_as_none(write: Write) -> None:
    layout = load(str(write(new(top="helm_releases:\naddons:\nnetwork:\n")))).layout
    assert "vpc-cni" in layout.addons


@pytest.mark.parametrize(
    "text, path, remedy",
    [
        (
            new(top="addons:\n  aws-fsx-csi-driver:\n"),
            ("addons", "aws-fsx-csi-driver"),
            "Write {} to add it.",
        ),
        (new("gpu:\n"), ("node_groups", "gpu"), "Write {} to add it."),
        (new(top="tags:\n  team:\n"), ("tags", "team"), 'Write "" for an empty value.'),
        (new(top="storage:\n  buckets:\n    data:\n"), ("storage", "buckets", "data"), "Write {} to add it."),
        (
            new(top="workloads:\n  serving:\n    api:\n"),
            ("workloads", "serving", "api"),
            "Give it a value.",
        ),
    ],
)
def test_a_null_that_removes_nothing_is_a_fault(
    text: str, path: tuple[str, ...], remedy: str, write: Write
) -> None:
    with pytest.raises(LayoutError) as caught:
        load(str(write(text)))
    (fault,) = caught.value.faults
    assert (fault.path, fault.remedy, fault.rule) == (path, remedy, "null")


def test_a_null_that_removes_a_key_that_there_is_not_is_a_fault(
    faults_of: Callable[[str], tuple[Fault, ...]],
) -> None:
    faults = faults_of("extends: eks-p5-odcr\nnetwrk: null\nnode_groups: {p5: {capcity: null}}\n")
    assert [(fault.rule, dotted(fault.path), fault.origin.line) for fault in faults] == [
        ("unknown-key", "netwrk", 2),
        ("unknown-key", "node_groups.p5.capcity", 3),
    ]


def test_helm_values_keep_their_nulls_which_mean_something_to_helm(write: Write) -> None:
    text = new(top="helm_releases: {kueue: {values: {a: {b: null}}}}\n")
    assert load(str(write(text))).layout.helm_releases["kueue"].values["a"] == {"b": None}


@pytest.mark.parametrize("names", [("one",), ("one", "two"), ("one", "two", "three")])
def test_a_cycle_is_refused_with_its_way(names: tuple[str, ...], write: Write) -> None:
    for index, name in enumerate(names):
        write(f"extends: ./{names[(index + 1) % len(names)]}.yaml\n", f"{name}.yaml")
    with pytest.raises(LayoutError) as caught:
        compose(write("extends: ./one.yaml\n"))
    (fault,) = caught.value.faults
    assert "layout -> one" in fault.problem
    assert fault.problem.endswith("-> one")
    assert fault.origin.line == 1


def test_a_chain_that_is_too_long_is_refused(write: Write) -> None:
    for index in range(MAX_CHAIN + 1):
        write(f"extends: ./l{index + 1}.yaml\n", f"l{index}.yaml")
    write("a: 1\n", f"l{MAX_CHAIN + 1}.yaml")
    with pytest.raises(LayoutError, match="goes too deep"):
        compose(write("extends: ./l0.yaml\n"))


@pytest.mark.parametrize("value", ["[a]", "5", '""', "{a: b}"])
def test_extends_takes_one_name(value: str, write: Write) -> None:
    with pytest.raises(LayoutError, match="takes one name"):
        compose(write(f"extends: {value}\n"))


@pytest.mark.parametrize(
    "name, problem, remedy",
    [
        ("eks-g5dn", "no preset 'eks-g5dn'", "Did you mean eks-g4dn"),
        ("./nope.yaml", "no file './nope.yaml'", "eks-g4dn"),
        ("a" * 5000 + ".yaml", "no file 'aaa", "eks-g4dn"),
        ("layout", "no preset 'layout'", "Write layout.yaml"),
        ("zzz", "no preset 'zzz'", "one of eks-g4dn"),
    ],
)
def test_an_unknown_name_is_answered_with_the_nearest(
    name: str, problem: str, remedy: str, write: Write
) -> None:
    folder = write(NEW).parent
    assert find_layout(name, folder) is None
    said = missing(name, folder)
    assert problem in said[0]
    assert remedy in said[1]


def test_the_faults_of_the_upper_file_are_not_lost_when_the_lower_one_is_no_yaml(write: Write) -> None:
    write("a: [\n", "base.yaml")
    with pytest.raises(LayoutError) as caught:
        compose(write("extends: ./base.yaml\nb: 1\nb: 2\n"))
    assert {fault.rule for fault in caught.value.faults} == {"yaml", "duplicate-key"}


def test_a_fault_of_two_files_names_the_layouts_own(write: Write) -> None:
    write(NEW.replace("desired: 1, max: 3", "desired: 2, max: 3"), "base.yaml")
    file = write("extends: ./base.yaml\nnode_groups: {sys: {size: {max: 1, min: 0}}}\n")
    with pytest.raises(LayoutError) as caught:
        load(str(file))
    (fault,) = caught.value.faults
    assert (fault.origin.source, fault.path[-1]) == (str(file), "max")
