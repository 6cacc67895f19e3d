"""Refresh the data files from AWS: `python -m modules.catalog.refresh [--region us-west-2] [--check]`.

`--region` may repeat: regions offer different types, and what each says is put together.
Needs boto3, and the permissions ec2:DescribeInstanceTypes and eks:DescribeClusterVersions.
Exit status: 0 fine, 1 `--check` found differences or AWS described something impossible (nothing is written),
2 wrong usage, 3 AWS could not be asked.
"""

from __future__ import annotations

import argparse
import importlib
import sys
from collections.abc import Mapping, Sequence
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from . import ec2, instance_types, kubernetes
from .datafile import DIRECTORY, INSTANCE_TYPES, KUBERNETES_VERSIONS, Record, read, version_key, write

DEFAULT_REGION = "us-west-2"
API_SOURCE = "EKS DescribeClusterVersions"

Change = tuple[dict[str, Record], dict[str, list[str]]]
"""All records of a file as they should be, and the sentences that say what differs from the file, by key."""


class CannotAskError(Exception):
    """AWS could not be asked; the message is one sentence that says why and what to do."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; returns its exit status. Results go to stdout, progress and errors to stderr."""
    options = _parse(arguments)
    both = not (options.instance_types or options.kubernetes_versions)
    regions: list[str] = options.region or [DEFAULT_REGION]
    old = {name: read(name, options.directory) for name in (INSTANCE_TYPES, KUBERNETES_VERSIONS)}
    changes: dict[str, Change] = {}
    try:
        if both or options.instance_types:
            changes[INSTANCE_TYPES] = _new_instance_types(regions, old[INSTANCE_TYPES])
        if both or options.kubernetes_versions:
            changes[KUBERNETES_VERSIONS] = _new_versions(regions[0], old[KUBERNETES_VERSIONS])
    except CannotAskError as error:
        print(error, file=sys.stderr)
        return 3
    except ValueError as error:
        print(f"AWS described something that the catalogue refuses: {error}", file=sys.stderr)
        return 1

    differ = False
    for filename, (records, found) in changes.items():
        differ = differ or bool(found)
        for key, sentences in found.items():
            for sentence in sentences:
                print(f"{filename}: {key}: {sentence}")
        if found and not options.check:
            write(filename, records, options.directory)
        verdict = f"{len(found)} differ from AWS" if found else "up to date"
        print(f"{filename}: {len(records)} entries, {verdict}")
    return int(options.check and differ)


def differences(old: Mapping[str, Record], new: Mapping[str, Record], asked: str) -> dict[str, list[str]]:
    """By key, a sentence for an entry that is new or for each field that changed; `asked` is who says so.

    Where a record came from is no difference: a date is as true from the one source as from the other.
    """
    found: dict[str, list[str]] = {}
    for key, record in new.items():
        if key not in old:
            found[key] = [f"{asked} has it, the catalogue does not"]
            continue
        changed = [field for field in record if field != "source" and old[key].get(field) != record[field]]
        if changed:
            found[key] = [
                f"{field} is {old[key].get(field)}, {asked} says {record[field]}" for field in changed
            ]
    return found


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m modules.catalog.refresh",
        description="Rewrite the catalogue's data files from what AWS says: both, or the chosen one.",
    )
    parser.add_argument(
        "--region", action="append", help=f"region to ask; may repeat (default: {DEFAULT_REGION})"
    )
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 if a file is out of date")
    parser.add_argument("--instance-types", action="store_true", help=f"only {INSTANCE_TYPES}")
    parser.add_argument("--kubernetes-versions", action="store_true", help=f"only {KUBERNETES_VERSIONS}")
    parser.add_argument(
        "--directory", type=Path, default=DIRECTORY, help="where the files are (default: the catalogue)"
    )
    return parser.parse_args(arguments)


def _new_instance_types(regions: Sequence[str], old: Mapping[str, Record]) -> Change:
    said: dict[str, list[tuple[str, Record]]] = {}
    for region in regions:
        for info in _pages(region, "ec2", "describe_instance_types", "InstanceTypes"):
            if ec2.wanted(info):
                said.setdefault(info["InstanceType"], []).append((region, ec2.record(info)))
    new: dict[str, Record] = {}
    for name, records in said.items():
        new[name], contradictions = ec2.merge(name, records)
        instance_types.from_record(name, new[name])
        for contradiction in contradictions:
            print(contradiction, file=sys.stderr)
    # No region offers every type, so one that is missing is not gone.
    kept = sorted(set(old) - set(new))
    if kept:
        print(f"{INSTANCE_TYPES}: kept {len(kept)} not offered in {', '.join(regions)}: {', '.join(kept)}")
    found = differences(old, dict(sorted(new.items())), "EC2")
    return {name: new.get(name) or old[name] for name in sorted({*old, *new})}, found


def _new_versions(region: str, old: Mapping[str, Record]) -> Change:
    fields = {
        "released": "releaseDate",
        "end_of_standard_support": "endOfStandardSupportDate",
        "end_of_extended_support": "endOfExtendedSupportDate",
    }
    new: dict[str, Record] = {}
    for info in _pages(
        region, "eks", "describe_cluster_versions", "clusterVersions", clusterType="eks", includeAll=True
    ):
        version = info["clusterVersion"]
        missing = [name for name in fields.values() if name not in info]
        if missing:
            print(
                f"{KUBERNETES_VERSIONS}: EKS gives no {', '.join(missing)} for {version}; left as it is",
                file=sys.stderr,
            )
            continue
        days = {ours: _utc_day(info[theirs]) for ours, theirs in fields.items()}
        new[version] = {**days, "source": API_SOURCE}
        kubernetes.from_record(version, new[version])
    found = differences(old, {version: new[version] for version in sorted(new, key=version_key)}, "EKS")
    # A version that EKS no longer lists has ended, and its dates stay true.
    return {
        version: new[version] if version in found else old[version]
        for version in sorted({*old, *new}, key=version_key)
    }, found


def _utc_day(moment: datetime) -> str:
    # EKS's dates begin at midnight UTC, and boto3 answers in whatever zone the service wrote.
    return moment.astimezone(timezone.utc).date().isoformat()


def _pages(region: str, service: str, operation: str, key: str, **parameters: Any) -> list[dict[str, Any]]:
    """Everything that a paginated operation returns under `key`; raises CannotAskError."""
    try:
        boto3 = importlib.import_module("boto3")
        failures = importlib.import_module("botocore.exceptions")
    except ImportError:
        raise CannotAskError("boto3 is not installed: run `pipenv install --dev`.") from None
    print(f"asking {service.upper()} in {region}", file=sys.stderr)
    try:
        pages = boto3.client(service, region_name=region).get_paginator(operation).paginate(**parameters)
        return [item for page in pages for item in page[key]]
    except (failures.NoCredentialsError, failures.PartialCredentialsError):
        raise CannotAskError("No AWS credentials were found: log in, or set AWS_PROFILE.") from None
    except (failures.BotoCoreError, failures.ClientError) as error:
        reason = str(error).rstrip(".")
        raise CannotAskError(f"{service.upper()} in {region} could not be asked: {reason}.") from None


if __name__ == "__main__":
    sys.exit(main())
