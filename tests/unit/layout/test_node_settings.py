"""Node groups in full: types, AMI and configuration of nodes that the layout chooses itself."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from modules import catalog
from modules.layout import Fault, Loaded, dotted
from modules.layout.checks import MAX_FAULTS
from modules.layout.defaults import group_defaults
from modules.layout.rules import fallbacks
from tests.unit.layout.cases import new

FaultsOf = Callable[[str], tuple[Fault, ...]]
LoadText = Callable[[str], Loaded]
Write = Callable[[str, str], Path]


def gpu(*lines: str, type: str = "g5.8xlarge") -> str:
    """A layout with a group `gpu` of these lines."""
    below = "".join(f"  {line}\n" for line in lines)
    return new(f"gpu:\n  instance_type: {type}\n  size: {{min: 0, desired: 1, max: 2}}\n{below}")


@pytest.mark.parametrize(
    "config, path, problem, remedy",
    [
        (
            "{cluster: {name: mine}}",
            "cluster",
            "the nodes are told their cluster already",
            "Remove it.",
        ),
        ("{kublet: {}}", "kublet", "there is no such key", "Did you mean 'kubelet'?"),
        ("{kubelet: {flag: []}}", "kubelet.flag", "there is no such key", "Did you mean 'flags'?"),
        (
            "{instance: {localstorage: {}}}",
            "instance.localstorage",
            "there is no such key",
            "Did you mean 'localStorage'?",
        ),
        (
            "{instance: {localStorage: {strategy: raid0}}}",
            "instance.localStorage.strategy",
            "'raid0' is not known here",
            "Did you mean RAID0?",
        ),
        ("{featureGates: {FastImagePull: 1}}", "featureGates.FastImagePull", "is a number", "true or false"),
        ("{kubelet: {flags: [v=2]}}", "kubelet.flags[0]", "'v=2' is no flag", "--node-status-update"),
        ("{kubelet: {flags: '--v=2'}}", "kubelet.flags", "is text, not a list", "[--v=2]"),
    ],
)
def test_a_key_that_nodeadm_does_not_have_is_found(
    faults_of: FaultsOf, config: str, path: str, problem: str, remedy: str
) -> None:
    (fault,) = faults_of(gpu(f"node_config: {config}"))
    assert dotted(fault.path) == f"node_groups.gpu.node_config.{path}"
    assert problem in fault.problem
    assert remedy in fault.remedy


@pytest.mark.parametrize(
    "line, path, problem",
    [
        ("ami_id: ami-123", "ami_id", "'ami-123' is no AMI id"),
        ("ami_id: '${var.ami}'", "ami_id", "is no value of a layout"),
        ("security_group_ids: [web]", "security_group_ids[0]", "'web' is no security group id"),
        ("security_group_ids: var.groups", "security_group_ids", "is text, not a list"),
        ("fallback_instance_types: g5.16xlarge", "fallback_instance_types", "is text, not a list"),
        (
            f"fallback_instance_types: [{', '.join(['g5.16xlarge'] * 20)}]",
            "fallback_instance_types",
            "has 20 entries, more than 19",
        ),
        (
            "capacity: {reservation_preference: closed}",
            "capacity.reservation_preference",
            "'closed' is not known here",
        ),
    ],
)
def test_the_form_of_the_values_is_checked(faults_of: FaultsOf, line: str, path: str, problem: str) -> None:
    (fault,) = faults_of(gpu(line))
    assert dotted(fault.path) == f"node_groups.gpu.{path}"
    assert problem in fault.problem


def test_drives_that_node_config_uses_otherwise_are_not_joined(load_text: LoadText) -> None:
    """What the user says of them counts, and local_storage need not be said too."""
    strategy = "node_config: {{instance: {{localStorage: {{strategy: {}}}}}}}"
    used = {
        name: load_text(gpu(strategy.format(name), type="p4d.24xlarge")).layout.node_groups["gpu"]
        for name in ("RAID0", "RAID10", "Mount")
    }
    assert {name: group.local_storage for name, group in used.items()} == {
        "RAID0": "raid0",
        "RAID10": "none",
        "Mount": "none",
    }


@pytest.mark.parametrize(
    "first, fallbacks, expected",
    [
        ("m5d.large", "m5ad.large", "raid0"),
        ("m5d.large", "m5.large", "none"),
        ("m5.large", "m5d.large", "none"),
        ("m5d.large", "", "raid0"),
    ],
)
def test_drives_are_joined_where_every_type_has_some(
    load_text: LoadText, first: str, fallbacks: str, expected: str
) -> None:
    group = load_text(gpu(f"fallback_instance_types: [{fallbacks}]", type=first)).layout.node_groups["gpu"]
    assert group.local_storage == expected


@pytest.mark.parametrize(
    "fallbacks, expected",
    [("g5.2xlarge", "a10g"), ("g6.xlarge", "nvidia"), ("m5.nano", "a10g"), ("", "a10g")],
)
def test_the_accelerator_label_names_what_all_nodes_have(fallbacks: str, expected: str) -> None:
    """The autoscaler needs the label, whatever its value."""
    first = catalog.find("g5.xlarge")
    assert first is not None
    names = [fallbacks] if fallbacks else []
    labels = group_defaults(first, {"fallback_instance_types": names})["labels"]
    assert labels["k8s.amazonaws.com/accelerator"] == expected


def test_node_config_merges_with_that_of_what_is_extended(write: Write, load_text: LoadText) -> None:
    """Maps merge, lists replace, null removes."""
    first = "node_config: {kubelet: {flags: [--v=2], config: {maxPods: 20, podPidsLimit: 9}}}"
    write(gpu(first), "below.yaml")
    text = (
        "extends: ./below.yaml\nnode_groups: {gpu: {node_config: "
        "{kubelet: {flags: [--v=4], config: {maxPods: null, eventBurst: 7}}}}}\n"
    )
    config = load_text(text).layout.node_groups["gpu"].node_config
    assert config is not None
    assert config.spec() == {"kubelet": {"flags": ("--v=4",), "config": {"podPidsLimit": 9, "eventBurst": 7}}}


def test_a_fallback_that_the_ami_does_not_drive_is_refused(load_text: LoadText) -> None:
    """g7 has no Bottlerocket AMI."""
    first = catalog.find("g5.8xlarge")
    assert first is not None
    other = replace(first, name="g7.8xlarge")
    for ami_type, expected in (
        ("AL2023_x86_64_NVIDIA", None),
        ("BOTTLEROCKET_x86_64_NVIDIA", "BOTTLEROCKET_x86_64_NVIDIA does not fit g7.8xlarge"),
    ):
        group = load_text(gpu(f"ami_type: {ami_type}")).layout.node_groups["gpu"]
        assert fallbacks.Needs.of(group, first).lacking(other) == expected


def test_a_first_type_that_does_not_fit_is_not_said_of_its_fallbacks_too(faults_of: FaultsOf) -> None:
    faults = faults_of(gpu("ami_type: AL2023_ARM_64_NVIDIA", "fallback_instance_types: [g5.16xlarge]"))
    assert [fault.rule for fault in faults] == ["ami-type-does-not-fit"]


def test_the_subnet_has_room_for_the_type_that_takes_most_addresses(faults_of: FaultsOf) -> None:
    """m5.large holds 3 interfaces of 10 addresses, m5.4xlarge 8 of 30."""

    def sized(types: str) -> list[str]:
        groups = f"more:\n  instance_type: m5.large\n  fallback_instance_types: [{types}]\n  size: {{desired: 50}}\n"
        return [fault.problem for fault in faults_of(new(groups, "network: {cidr: 10.0.0.0/19}\n"))]

    assert sized("m5a.large") == []
    (problem,) = sized("m5a.large, m5.4xlarge")
    assert "more 25 x 60" in problem


def test_labels_are_user_data_where_the_ami_is_ones_own(faults_of: FaultsOf) -> None:
    labels = ", ".join(f"l{index}: {'x' * 60}" for index in range(250))
    assert faults_of(gpu(f"labels: {{{labels}}}")) == ()
    (fault,) = faults_of(gpu(f"labels: {{{labels}}}", "ami_id: var.ami_id"))
    assert (fault.rule, dotted(fault.path)) == ("user-data-too-large", "node_groups.gpu.labels")


def test_of_thousands_of_unknown_types_the_first_hundred_are_told_what_they_may_mean(
    faults_of: FaultsOf,
) -> None:
    names = (f"g5.{index}xlage" for index in range(5000))
    groups = (
        f"g{number}: {{instance_type: {next(names)}, size: {{desired: 0}}, fallback_instance_types: "
        f"[{', '.join(next(names) for _ in range(4))}]}}\n"
        for number in range(1000)
    )
    text = new("".join(groups))
    faults = [fault for fault in faults_of(text) if fault.rule == "unknown-instance-type"]
    assert len(faults) >= MAX_FAULTS
    assert sum("Did you mean" in fault.remedy for fault in faults) == 100
