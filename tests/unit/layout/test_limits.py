"""The limits that docs/limits.md states, and what keeps them: work that grows with the layout and no faster."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

from modules.layout import LayoutError, load, load_all
from modules.layout.checks import MAX_FAULTS
from modules.layout.document import MAX_BYTES, MAX_DEPTH, MAX_NODES
from tests.deadline import deadline
from tests.unit.layout.cases import EXISTING, NEW
from tests.unit.layout.conftest import TODAY, FaultsOf, LoadText

# Many times what the largest file takes, a few seconds.
HANG = 120.0
DOCS = Path(__file__).resolve().parents[3] / "docs" / "limits.md"


def groups(count: int, entry: str = "{instance_type: m5.large, size: {desired: 1}}", base: str = NEW) -> str:
    """A layout with so many more node groups; in their entry, NUMBER is another one in each."""
    return base + "".join(f"  g{n}: {entry.replace('NUMBER', str(n))}\n" for n in range(count))


def padded(size: int) -> str:
    """A layout of so many bytes."""
    return NEW + "#" * (size - len(NEW.encode()) - 1) + "\n"


def test_a_file_of_1_mib_loads(load_text: LoadText) -> None:
    assert load_text(padded(MAX_BYTES)).layout.name == "demo"


def test_a_file_of_one_byte_more_is_refused(faults_of: FaultsOf) -> None:
    (fault,) = faults_of(padded(MAX_BYTES + 1))
    assert fault.rule == "file"
    assert "1,048,577 bytes, more than 1,048,576" in fault.problem


def test_1000_node_groups_load(load_text: LoadText) -> None:
    with deadline(HANG):
        # In a VPC of one's own: a new one has not the addresses for so many nodes.
        assert len(load_text(groups(1000, base=EXISTING)).layout.node_groups) == 1001


def test_200_layouts_load_in_one_run(tmp_path: Path) -> None:
    for number in range(200):
        (tmp_path / f"{number}.yaml").write_text(f"extends: eks-p5-odcr-vpc\nname: demo-{number}\n")
    with deadline(HANG):
        loaded = load_all([str(tmp_path / f"{number}.yaml") for number in range(200)], today=TODAY)
    assert [one.layout.name for one in loaded] == [f"demo-{number}" for number in range(200)]


def calls(text: str, file: Path) -> int:
    """How many functions run while a layout is loaded: a measure of the work that is the same on every machine."""
    file.write_text(text)
    count = 0

    def counted(frame: FrameType, event: str, argument: Any) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    before = sys.getprofile()
    sys.setprofile(counted)
    try:
        load(str(file), today=TODAY)
    except LayoutError:
        pass
    finally:
        sys.setprofile(before)
    return count


def releases(count: int) -> str:
    return NEW + "helm_releases:\n" + "".join(f"  r{n}: {{}}\n" for n in range(count))


def unknown_keys(count: int) -> str:
    return NEW + "".join(f"k{n}: 1\n" for n in range(count))


def twice(count: int) -> str:
    return groups(count, "{instance_type: m5.large, size: {desired: 1}, efa: false, efa: false}")


def endpoints(count: int) -> str:
    return NEW + f"network: {{interface_endpoints: [{', '.join(f's{n // 2}' for n in range(count))}]}}\n"


def entries(count: int) -> str:
    role = "arn:aws:iam::123456789012:role/same"
    return NEW + "cluster: {access_entries: {" + ", ".join(
        f"e{n}: {{principal_arn: '{role}', policies: [AmazonEKSViewPolicy]}}" for n in range(count)
    ) + "}}\n"  # fmt: skip


SHAPES: dict[str, Callable[[int], str]] = {
    "good": groups,
    "good with EFA": lambda n: groups(n, "{instance_type: p5.48xlarge, size: {desired: 1}}"),
    "variables": lambda n: groups(
        n, "{instance_type: m5.large, size: {desired: 1}, availability_zone: var.zone_NUMBER}"
    ),
    "unknown key": lambda n: groups(n, "{instance_type: m5.large, size: {desired: 1}, colour: blue}"),
    "missing key": lambda n: groups(n, "{size: {desired: 1}}"),
    "wrong value": lambda n: groups(n, "{instance_type: m5.large, size: {desired: 1}, role_arn: mine}"),
    "unknown type": lambda n: groups(n, "{instance_type: m5.huge, size: {desired: 1}}"),
    "broken rule": lambda n: groups(n, "{instance_type: m5.large, size: {desired: 5, max: 2}}"),
    "null": lambda n: groups(n, "").replace(": \n", ":\n"),
    "releases": releases,
    "keys at the top": unknown_keys,
    "key twice": twice,
    "endpoints": endpoints,
    "access entries": entries,
}


@pytest.mark.parametrize("shape", SHAPES)
def test_four_times_the_layout_is_four_times_the_work(shape: str, tmp_path: Path) -> None:
    make, file = SHAPES[shape], tmp_path / "layout.yaml"
    calls(make(10), file)  # what is done once, like reading the catalogue
    once, small, large = (calls(make(count), file) for count in (0, 40, 160))
    assert large - once < 4.5 * (small - once)


BOMBS = {
    "brackets": "a: " + "[" * 1_000_000,
    "braces": "{a: " * 250_000,
    "indents": "".join(f"{' ' * depth}a:\n" for depth in range(1000)),
    "dashes": "- " * 500_000,
    "aliases": "a0: &a0 [x, x]\n" + "".join(f"a{n + 1}: &a{n + 1} [*a{n}, *a{n}]\n" for n in range(40)),
    "values": "a: [" + "x, " * MAX_NODES + "]\n",
    "an alias in itself": "a: &a [*a]\n",
}


@pytest.mark.parametrize("bomb", BOMBS)
def test_a_bomb_is_refused_before_it_goes_off(bomb: str, faults_of: FaultsOf) -> None:
    with deadline(HANG):
        (fault,) = faults_of(BOMBS[bomb])
    assert fault.rule == "yaml"
    assert fault.origin.line > 0
    assert any(word in fault.problem for word in ("nested deeper", "after its aliases", "contains itself"))


def test_32_levels_are_read_and_33_are_not(faults_of: FaultsOf) -> None:
    def nested(levels: int) -> str:
        values = "{a: " * (levels - 3) + "1" + "}" * (levels - 3)  # below the top, the release and its values
        return NEW + f"helm_releases: {{gpu-operator: {{values: {values}}}}}\n"

    assert [fault.rule for fault in faults_of(nested(MAX_DEPTH))] != ["yaml"]
    (fault,) = faults_of(nested(MAX_DEPTH + 1))
    assert "nested deeper than 32 levels" in fault.problem


def test_a_thousand_mistakes_of_form_are_told_and_the_rest_counted(faults_of: FaultsOf) -> None:
    faults = faults_of(unknown_keys(MAX_FAULTS + 234))
    assert len(faults) == MAX_FAULTS + 1
    assert sum(fault.problem == "has 234 more mistakes of this kind" for fault in faults) == 1


def test_a_thousand_mistakes_of_one_rule_are_told(faults_of: FaultsOf) -> None:
    faults = faults_of(endpoints(2 * MAX_FAULTS + 2))
    told = [fault for fault in faults if fault.rule == "duplicate-endpoint"]
    assert len(told) == MAX_FAULTS + 1
    assert sum(fault.problem == "has more mistakes of this kind" for fault in told) == 1


def test_windows_line_ends_and_a_byte_order_mark_change_nothing(load_text: LoadText) -> None:
    plain = load_text(NEW).layout
    assert load_text(NEW.replace("\n", "\r\n")).layout == plain
    assert load_text("\ufeff" + NEW.replace("\n", "\r\n")).layout == plain
    assert load_text(NEW.replace("\n", "\r")).layout == plain


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_lines_are_counted_by_any_line_end(end: str, faults_of: FaultsOf) -> None:
    (fault,) = faults_of((NEW + "colour: blue\n").replace("\n", end))
    assert (fault.rule, fault.origin.line) == ("unknown-key", 7)
    (fault,) = faults_of((NEW + "colour: [\n").replace("\n", end))
    assert (fault.rule, fault.origin.line) == ("yaml", 8)


@pytest.mark.parametrize("character", ["\x85", "\u2028", "\u2029"])
def test_a_line_break_for_some_readers_only_is_refused(character: str, faults_of: FaultsOf) -> None:
    (fault,) = faults_of(f"{NEW}tags: {{team: a{character}b}}\n")
    assert (fault.rule, fault.origin.line) == ("yaml", 7)
    assert f"U+{ord(character):04X}" in fault.problem


def test_a_tab_for_indentation_is_told_so(faults_of: FaultsOf) -> None:
    (fault,) = faults_of(NEW + "tags:\n\tteam: a\n")
    assert (fault.rule, fault.origin.line) == ("yaml", 8)
    assert "spaces" in fault.remedy


def test_the_docs_state_the_limits() -> None:
    text = DOCS.read_text(encoding="utf-8")
    for limit in ("1 MiB", f"{MAX_DEPTH} levels", f"{MAX_NODES:,} values", f"{MAX_FAULTS:,} mistakes"):
        assert limit in text
