"""What the catalogue says of instance types, against EC2's own answer and against numbers typed by hand."""

import dataclasses
import gzip
import json
import subprocess
import sys
from collections.abc import Callable
from importlib import import_module, resources
from pathlib import Path
from typing import Any

import pytest

from modules.catalog import Accelerator, InstanceType, find, names, near
from modules.catalog.datafile import DIRECTORY, INSTANCE_TYPES, read, render

ROOT = Path(__file__).resolve().parents[3]

G_AND_VT = ("L-DB2E81BA", "L-3819A6DF")
P4_AND_OLDER = ("L-417A185B", "L-7212CCBC")
P5 = ("L-417A185B", "L-C4BD4855")
P6 = ("L-417A185B", None)
TRN = ("L-2C3B7624", "L-6B0D517C")

# type: vCPU, accelerators, name, EFA interfaces, network cards, NVMe GB, capacity block, quota codes
ACCELERATED = [
    ("g4dn.8xlarge", 32, 1, "T4", 1, 1, 900, False, G_AND_VT),
    ("g4dn.metal", 96, 8, "T4", 1, 1, 1800, False, G_AND_VT),
    ("g5.8xlarge", 32, 1, "A10G", 1, 1, 900, False, G_AND_VT),
    ("g5.48xlarge", 192, 8, "A10G", 1, 1, 7600, False, G_AND_VT),
    ("g6.48xlarge", 192, 8, "L4", 1, 1, 7520, False, G_AND_VT),
    ("g6e.48xlarge", 192, 8, "L40S", 4, 4, 7600, False, G_AND_VT),
    ("p3dn.24xlarge", 96, 8, "V100", 1, 1, 1800, False, P4_AND_OLDER),
    ("p4d.24xlarge", 96, 8, "A100", 4, 4, 8000, True, P4_AND_OLDER),
    ("p4de.24xlarge", 96, 8, "A100", 4, 4, 8000, True, P4_AND_OLDER),
    ("p5.4xlarge", 16, 1, "H100", 1, 1, 3800, True, P5),
    ("p5.48xlarge", 192, 8, "H100", 32, 32, 30400, True, P5),
    ("p5e.48xlarge", 192, 8, "H200", 32, 32, 30400, True, P5),
    ("p5en.48xlarge", 192, 8, "H200", 16, 16, 30400, True, P5),
    ("p6-b200.48xlarge", 192, 8, "B200", 8, 8, 30400, True, P6),
    ("p6-b300.48xlarge", 192, 8, "B300", 16, 17, 30400, True, P6),
    ("trn1.32xlarge", 128, 16, "Trainium", 8, 8, 7600, True, TRN),
    ("trn1n.32xlarge", 128, 16, "Trainium", 16, 16, 7600, False, TRN),
    ("trn2.48xlarge", 192, 16, "Trainium2", 16, 16, 7600, True, TRN),
]

# fmt: off
FAMILIES = {
    "g4ad", "g4dn", "g5", "g5g", "g6", "g6e", "g6f", "g7", "g7e", "gr6", "gr6f",
    "p3dn", "p4d", "p4de", "p5", "p5e", "p5en", "p6-b200", "p6-b300", "trn1", "trn1n", "trn2", "inf1", "inf2",
    "t3", "t3a", "m5", "m5n", "m6i", "m6a", "m6g", "m7i", "m7a", "m7g", "m8a", "m8g", "m8i",
    "c5", "c5n", "c6i", "c6a", "c6g", "c7i", "c7a", "c7g", "c8a", "c8g", "c8i", "r5", "r6i", "r7i", "r7g",
    "hpc6a", "hpc6id", "hpc7a", "hpc7g", "hpc8a",
}
# fmt: on


def get(name: str) -> InstanceType:
    found = find(name)
    assert found is not None, f"{name} is not in the catalogue"
    return found


@pytest.fixture(scope="module")
def ec2_answer() -> dict[str, Any]:
    packed = resources.files("moto.ec2.resources").joinpath("instance_types.json.gz").read_bytes()
    answer: dict[str, Any] = json.loads(gzip.decompress(packed))
    return answer


def test_every_type_is_what_ec2_answers(ec2_answer: dict[str, Any]) -> None:
    compared = [name for name in names() if name in ec2_answer]
    for name in compared:
        ours, theirs = get(name), ec2_answer[name]
        network, storage = theirs["NetworkInfo"], theirs.get("InstanceStorageInfo", {})
        cards = sorted(network["NetworkCards"], key=lambda card: int(card["NetworkCardIndex"]))
        efa_cards = {card["NetworkCardIndex"] for card in cards if "efa" in card["InterfaceTypes"]}
        assert ours.vcpus == theirs["VCpuInfo"]["DefaultVCpus"], name
        assert ours.memory_mib == theirs["MemoryInfo"]["SizeInMiB"], name
        assert theirs["ProcessorInfo"]["SupportedArchitectures"] == [ours.architecture], name
        assert ours.bare_metal == theirs["BareMetal"], name
        assert ours.efa_interfaces == network.get("EfaInfo", {}).get("MaximumEfaInterfaces", 0), name
        assert set(ours.efa_capable_cards) == efa_cards, name
        assert ours.network_cards == tuple(card["MaximumNetworkInterfaces"] for card in cards), name
        assert ours.max_network_interfaces == network["MaximumNetworkInterfaces"], name
        assert ours.ipv4_per_interface == network["Ipv4AddressesPerInterface"], name
        assert ours.nvme_gb == storage.get("TotalSizeInGB", 0), name
        assert ours.nvme_disks == sum(disk["Count"] for disk in storage.get("Disks", [])), name
        assert ours.usage_classes == set(theirs["SupportedUsageClasses"]), name
        assert set(ours.placement_strategies) == set(theirs["PlacementGroupInfo"]["SupportedStrategies"]), (
            name
        )
        assert theirs.get("Hypervisor") == "nitro" or theirs["BareMetal"], name
    assert len(compared) > 1100


def test_every_accelerator_is_what_ec2_answers(ec2_answer: dict[str, Any]) -> None:
    seen = 0
    for name in names():
        if name not in ec2_answer:
            continue
        ours, theirs = get(name), ec2_answer[name]
        gpus = theirs.get("GpuInfo", {}).get("Gpus", [])
        neurons = theirs.get("NeuronInfo", {}).get("NeuronDevices", [])
        assert ours.gpus == sum(gpu["LogicalGpuCount"] for gpu in gpus), name
        assert ours.neuron_devices == sum(device["Count"] for device in neurons), name
        for device in gpus + neurons:
            seen += 1
            assert ours.accelerator is not None
            assert ours.accelerator.name == device["Name"], name
            # EC2 answers 512 GiB for a Trainium2, which has 96.
            memory = 98_304 if device["Name"] == "Trainium2" else device["MemoryInfo"]["SizeInMiB"]
            assert ours.accelerator.memory_mib == memory, name
    assert seen > 75


def test_no_nvidia_or_neuron_type_of_ec2_is_missing(ec2_answer: dict[str, Any]) -> None:
    accelerated = {
        name
        for name, info in ec2_answer.items()
        if info.get("NeuronInfo")
        or any(gpu["Manufacturer"] == "NVIDIA" for gpu in info.get("GpuInfo", {}).get("Gpus", []))
    }
    assert accelerated - set(names()) == set()
    assert "trn2u.48xlarge" not in names(), "EC2 does not describe its accelerators"


def test_every_promised_family_is_there() -> None:
    assert FAMILIES - {name.partition(".")[0] for name in names()} == set()


@pytest.mark.parametrize("row", ACCELERATED, ids=lambda row: row[0])
def test_the_accelerated_types_number_by_number(row: tuple[Any, ...]) -> None:
    name, vcpus, count, accelerator, efa, cards, nvme_gb, block, quota_codes = row
    found = get(name)
    assert found.accelerator is not None
    assert (found.vcpus, found.accelerator.count, found.accelerator.name) == (vcpus, count, accelerator)
    assert (found.efa_interfaces, len(found.network_cards)) == (efa, cards)
    assert found.supports_efa
    assert (found.nvme_gb, found.supports_capacity_block) == (nvme_gb, block)
    assert (found.on_demand_quota_code, found.spot_quota_code) == quota_codes
    assert found.gpus + found.neuron_devices == count


@pytest.mark.parametrize(
    "name, cards",
    [
        ("g4dn.metal", (0,)),
        ("p4d.24xlarge", (0, 1, 2, 3)),
        ("p5.48xlarge", tuple(range(32))),
        ("p5.4xlarge", (0,)),
        ("p6-b200.48xlarge", tuple(range(8))),
        ("p6-b300.48xlarge", tuple(range(1, 17))),
        ("trn2.48xlarge", tuple(range(16))),
        ("g7.48xlarge", (0, 1)),
        ("i7ie.48xlarge", (0,)),
        ("m5.large", ()),
    ],
)
def test_efa_goes_on_the_cards_that_carry_it(name: str, cards: tuple[int, ...]) -> None:
    assert get(name).efa_cards == cards


def test_a_type_with_fewer_efa_interfaces_than_capable_cards_uses_the_lowest() -> None:
    found = get("i7ie.48xlarge")
    assert (found.efa_capable_cards, found.efa_interfaces, found.network_cards) == ((0, 1), 1, (8, 7))


def test_every_efa_type_has_one_card_for_each_interface() -> None:
    for name in names():
        assert len(get(name).efa_cards) == get(name).efa_interfaces, name


@pytest.mark.parametrize(
    "name, on_demand, spot",
    [
        ("c5.2xlarge", "L-1216C47A", "L-34B43A08"),
        ("m8g.large", "L-1216C47A", "L-34B43A08"),
        ("im4gn.16xlarge", "L-1216C47A", "L-34B43A08"),
        ("gr6.8xlarge", *G_AND_VT),
        ("g5g.metal", *G_AND_VT),
        ("inf2.48xlarge", "L-1945791B", "L-B5D1601B"),
        ("x2idn.32xlarge", "L-7295265B", "L-E3A00192"),
        ("hpc7a.96xlarge", "L-F7808C92", None),
        ("u7i-12tb.224xlarge", "L-43DA4232", None),
    ],
)
def test_a_family_counts_against_its_quota(name: str, on_demand: str, spot: str | None) -> None:
    assert (get(name).on_demand_quota_code, get(name).spot_quota_code) == (on_demand, spot)


def test_every_type_has_an_on_demand_quota() -> None:
    assert [name for name in names() if get(name).on_demand_quota_code is None] == []


def test_only_p6_and_types_without_spot_lack_a_spot_quota() -> None:
    lacking = {name.partition(".")[0] for name in names() if get(name).spot_quota_code is None}
    without_spot = {name.partition(".")[0] for name in names() if "spot" not in get(name).usage_classes}
    assert lacking - without_spot == {"p6-b200", "p6-b300"}


@pytest.mark.parametrize(
    "name, ami_types",
    [
        (
            "p5.48xlarge",
            ("AL2023_x86_64_NVIDIA", "BOTTLEROCKET_x86_64_NVIDIA", "BOTTLEROCKET_x86_64_NVIDIA_FIPS"),
        ),
        (
            "g5g.xlarge",
            ("AL2023_ARM_64_NVIDIA", "BOTTLEROCKET_ARM_64_NVIDIA", "BOTTLEROCKET_ARM_64_NVIDIA_FIPS"),
        ),
        ("g7.48xlarge", ("AL2023_x86_64_NVIDIA",)),
        ("trn2.48xlarge", ("AL2023_x86_64_NEURON", "BOTTLEROCKET_x86_64")),
        ("inf1.xlarge", ("AL2023_x86_64_NEURON", "BOTTLEROCKET_x86_64")),
        ("c5.2xlarge", ("AL2023_x86_64_STANDARD", "BOTTLEROCKET_x86_64", "BOTTLEROCKET_x86_64_FIPS")),
        ("m7g.large", ("AL2023_ARM_64_STANDARD", "BOTTLEROCKET_ARM_64", "BOTTLEROCKET_ARM_64_FIPS")),
        ("g4ad.xlarge", ()),
    ],
)
def test_the_ami_types_drive_the_hardware(name: str, ami_types: tuple[str, ...]) -> None:
    assert get(name).ami_types == ami_types
    assert get(name).default_ami_type == (ami_types[0] if ami_types else None)


def test_an_arm_gpu_type_other_than_g5g_has_amazon_linux_alone() -> None:
    gb200 = dataclasses.replace(get("g5g.xlarge"), name="p6e-gb200.36xlarge")
    assert gb200.ami_types == ("AL2023_ARM_64_NVIDIA",)


def test_no_ami_is_offered_for_a_neuron_device_on_arm() -> None:
    assert dataclasses.replace(get("trn2.48xlarge"), architecture="arm64").default_ami_type is None


def test_every_ami_type_is_one_that_the_eks_api_knows() -> None:
    session = import_module("botocore.session").get_session()
    known = set(session.get_service_model("eks").shape_for("AMITypes").enum)
    offered = {ami_type for name in names() for ami_type in get(name).ami_types}
    assert offered - known == set()
    assert len(offered) == 13


def test_an_amd_gpu_is_known_and_counts_as_no_gpu() -> None:
    found = get("g4ad.16xlarge")
    assert found.accelerator == Accelerator("amd", "Radeon Pro V520", 4, 8192)
    assert (found.gpus, found.neuron_devices) == (0, 0)


def test_a_slice_of_a_gpu_counts_as_one() -> None:
    assert get("g6f.large").accelerator == Accelerator("nvidia", "L4", 1, 2861)
    assert get("g6f.large").gpus == 1


@pytest.mark.parametrize(
    "change, fault",
    [
        ({"name": ""}, "family.size"),
        ({"name": "p5"}, "family.size"),
        ({"vcpus": 0}, "vcpus is 0"),
        ({"memory_mib": -1}, "memory_mib is -1"),
        ({"architecture": "i386"}, "architecture 'i386'"),
        ({"efa_interfaces": 33}, "efa_interfaces is 33, but 32 cards"),
        ({"efa_interfaces": -1}, "efa_interfaces is -1"),
        ({"efa_interfaces": 0}, "efa_interfaces is 0"),
        ({"efa_capable_cards": (*range(31), 32)}, "cards 0 to 31"),
        ({"efa_capable_cards": (0, 0)}, "efa_capable_cards"),
        ({"network_cards": ()}, "network_cards"),
        ({"network_cards": (2, 0)}, "network_cards"),
        ({"max_network_interfaces": 65}, "max_network_interfaces is 65"),
        ({"max_network_interfaces": 0}, "max_network_interfaces is 0"),
        ({"ipv4_per_interface": 1}, "ipv4_per_interface is 1"),
        ({"nvme_gb": -1}, "nvme_gb is -1"),
        ({"nvme_gb": 0}, "nvme_gb is 0, nvme_disks 8"),
        ({"nvme_disks": 0}, "nvme_disks 0"),
        ({"usage_classes": frozenset()}, "usage_classes is empty"),
    ],
)
def test_an_impossible_type_is_refused(change: dict[str, Any], fault: str) -> None:
    with pytest.raises(ValueError, match=fault):
        dataclasses.replace(get("p5.48xlarge"), **change)


@pytest.mark.parametrize(
    "make",
    [
        lambda: Accelerator("nvidia", "H100", 0, 81920),
        lambda: Accelerator("nvidia", "H100", 8, 0),
        lambda: Accelerator("nvidia", "", 8, 81920),
        lambda: Accelerator("intel", "Gaudi", 8, 98304),  # type: ignore[arg-type]
    ],
)
def test_an_impossible_accelerator_is_refused(make: Callable[[], Accelerator]) -> None:
    with pytest.raises(ValueError, match="accelerator"):
        make()


def test_a_type_cannot_be_changed() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        get("p5.48xlarge").efa_interfaces = 31  # type: ignore[misc]


@pytest.mark.parametrize("name", ["p5.48xl", "P5.48xlarge", "", "p5", "p5.48xlarge "])
def test_only_an_exact_name_is_found(name: str) -> None:
    assert find(name) is None


@pytest.mark.parametrize(
    "typed, meant",
    [
        ("p5.48xl", "p5.48xlarge"),
        ("p5.48xlarge ", "p5.48xlarge"),
        ("P5.48XLARGE", "p5.48xlarge"),
        ("g4dn.mettal", "g4dn.metal"),
        ("p4.24xlarge", "p4d.24xlarge"),
        ("p5-48xlarge", "p5.48xlarge"),
        ("p6b300.48xlarge", "p6-b300.48xlarge"),
        ("trn2u.48xlarge", "trn2.48xlarge"),
        ("g5.48xlrge", "g5.48xlarge"),
    ],
)
def test_a_mistyped_name_finds_what_was_meant(typed: str, meant: str) -> None:
    assert near(typed)[0] == meant


def test_a_wrong_size_finds_its_own_family_first() -> None:
    assert set(near("p5.24xlarge", limit=2)) == {"p5.4xlarge", "p5.48xlarge"}


def test_suggestions_are_limited_and_none_is_made_for_noise() -> None:
    assert len(near("m5.larg")) == 3
    assert len(near("m5.larg", limit=5)) == 5
    assert near("m5.larg", limit=0) == ()
    assert near("kubernetes") == ()
    assert near("") == ()


def test_the_names_are_sorted_and_each_is_found_under_its_own() -> None:
    assert list(names()) == sorted(names())
    assert all(get(name).name == name for name in names())


def test_the_data_file_is_exactly_what_its_writer_writes() -> None:
    text = (DIRECTORY / INSTANCE_TYPES).read_text(encoding="utf-8")
    assert text == render(read(INSTANCE_TYPES))
    assert len(text.splitlines()) == len(names()) + 2


def test_importing_the_catalogue_reads_no_data_and_nothing_but_the_standard_library() -> None:
    code = (
        "import sys; before = set(sys.modules); import modules.catalog as c;"
        "new = {name.partition('.')[0] for name in set(sys.modules) - before};"
        "print(sorted(new - set(sys.stdlib_module_names)));"
        "print('difflib' in sys.modules, c.instance_types._lines.cache_info().currsize)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == ["['modules']", "False 0"]
