"""From EC2's description of an instance type to a record of the catalogue."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from .datafile import Record

# The families for system groups, of generations that run on Nitro: c5 and later, m5, r5, t3, and hpc.
_GENERAL_PURPOSE = re.compile(r"(?:[cmr](?:[5-9]|\d\d)|t(?:[3-9]|\d\d)|hpc\d)[a-z0-9-]*\.")
_ACCELERATED = re.compile(r"(?:p|g|gr|inf|trn)\d")

_KINDS = {"NVIDIA": "nvidia", "AMD": "amd"}

# EC2 answers 524,288 MiB for each Trainium2, more than the 96 GiB of HBM that the chip has
# (https://awsdocs-neuron.readthedocs-hosted.com/en/latest/nki/arch/trainium2_arch.html).
_MEMORY_MIB = {"Trainium2": 96 * 1024}


def wanted(info: dict[str, Any]) -> bool:
    """Whether the catalogue lists the type that EC2 describes.

    It lists accelerated types, general purpose families, and whatever else supports EFA, as long as the type
    is Nitro or bare metal. Left out are types with an accelerator of a kind that this catalogue does not have
    (Gaudi, FPGA, media, Qualcomm), and accelerated types whose accelerator EC2 does not describe (trn2u):
    they would pass for a machine without one.
    """
    name = info["InstanceType"]
    if info.get("Hypervisor") != "nitro" and not info["BareMetal"]:
        return False
    if _architecture(info) is None or info.get("FpgaInfo") or info.get("MediaAcceleratorInfo"):
        return False
    if _gpus(info) or _neuron_devices(info):
        return all(gpu["Manufacturer"] in _KINDS for gpu in _gpus(info))
    if _ACCELERATED.match(name) or info.get("InferenceAcceleratorInfo"):
        return False
    return bool(_GENERAL_PURPOSE.match(name)) or bool(info["NetworkInfo"].get("EfaSupported"))


def record(info: dict[str, Any]) -> Record:
    """The record of a type that EC2 describes; raises ValueError where the description is not enough."""
    network = info["NetworkInfo"]
    cards = sorted(network["NetworkCards"], key=lambda card: int(card["NetworkCardIndex"]))
    efa = int(network.get("EfaInfo", {}).get("MaximumEfaInterfaces", 0)) if network.get("EfaSupported") else 0
    storage = info.get("InstanceStorageInfo", {})
    has_nvme = storage.get("NvmeSupport") in ("required", "supported")
    return {
        "vcpus": info["VCpuInfo"]["DefaultVCpus"],
        "memory_mib": info["MemoryInfo"]["SizeInMiB"],
        "architecture": _architecture(info),
        "bare_metal": info["BareMetal"],
        "accelerator": _accelerator(info),
        "efa_interfaces": efa,
        "efa_capable_cards": _efa_capable(info["InstanceType"], cards, efa) if efa else [],
        "network_cards": [card["MaximumNetworkInterfaces"] for card in cards],
        "max_network_interfaces": network["MaximumNetworkInterfaces"],
        "ipv4_per_interface": network["Ipv4AddressesPerInterface"],
        "nvme_gb": storage["TotalSizeInGB"] if has_nvme else 0,
        "nvme_disks": sum(disk["Count"] for disk in storage["Disks"]) if has_nvme else 0,
        "usage_classes": sorted(info["SupportedUsageClasses"]),
        "placement_strategies": sorted(info["PlacementGroupInfo"]["SupportedStrategies"]),
    }


def merge(name: str, records: Iterable[tuple[str, Record]]) -> tuple[Record, list[str]]:
    """One record from what several regions say of a type, and a sentence for each contradiction.

    Usage classes and placement strategies differ by region and are united; in the rest the first region wins.
    """
    pairs = list(records)
    first_region, first = pairs[0]
    merged = dict(first)
    contradictions = []
    for region, other in pairs[1:]:
        for field, value in other.items():
            if field in ("usage_classes", "placement_strategies"):
                merged[field] = sorted({*merged[field], *value})
            elif value != first[field]:
                contradictions.append(
                    f"{name}: {field} is {first[field]} in {first_region} (kept) and {value} in {region}"
                )
    return merged, contradictions


def _architecture(info: dict[str, Any]) -> str | None:
    # An older x86 type lists i386 too, and a Mac lists x86_64_mac or arm64_mac alone.
    supported = info["ProcessorInfo"]["SupportedArchitectures"]
    return next((name for name in ("x86_64", "arm64") if name in supported), None)


def _gpus(info: dict[str, Any]) -> list[dict[str, Any]]:
    return list(info.get("GpuInfo", {}).get("Gpus", []))


def _neuron_devices(info: dict[str, Any]) -> list[dict[str, Any]]:
    return list(info.get("NeuronInfo", {}).get("NeuronDevices", []))


def _accelerator(info: dict[str, Any]) -> Record | None:
    devices = _gpus(info) + _neuron_devices(info)
    if not devices:
        return None
    if len(devices) > 1:
        raise ValueError(f"{info['InstanceType']}: EC2 describes accelerators of more than one kind")
    device = devices[0]
    return {
        "kind": _KINDS[device["Manufacturer"]] if "Manufacturer" in device else "neuron",
        "name": device["Name"],
        # A type with a slice of a GPU has 0 whole ones.
        "count": device["Count"] or device.get("LogicalGpuCount", 0),
        "memory_mib": _MEMORY_MIB.get(device["Name"], device["MemoryInfo"]["SizeInMiB"]),
    }


def _efa_capable(name: str, cards: list[dict[str, Any]], efa: int) -> list[int]:
    if any("InterfaceTypes" in card for card in cards):
        return [card["NetworkCardIndex"] for card in cards if "efa" in card.get("InterfaceTypes", [])]
    # botocore drops what its model does not know. Where every card must carry one, nothing is lost.
    if efa == len(cards):
        return [card["NetworkCardIndex"] for card in cards]
    raise ValueError(f"{name}: EC2 does not say which network cards can carry EFA; is boto3 older than 1.44?")
