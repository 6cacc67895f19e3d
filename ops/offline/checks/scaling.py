"""Sizes that belong together, the hardware of a node group, ports of a rule, a schedule's times."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from modules import catalog

from .documents import DocumentError, read_yaml
from .problem import Path, Problem, quoted
from .walk import each, strings

# https://en.wikipedia.org/wiki/Cron: what EC2 Auto Scaling reads, names of months and days included
_CRON_FIELD = re.compile(
    r"(\*|[0-9A-Za-z]+(-[0-9A-Za-z]+)?)(/[0-9]+)?(,(\*|[0-9A-Za-z]+(-[0-9A-Za-z]+)?)(/[0-9]+)?)*|@\w+"
)


def problems(type_name: str, config: Mapping[str, Any]) -> Iterator[Problem]:
    """What is wrong between arguments of one resource."""
    if type_name == "aws_eks_node_group":
        for path, scaling in each(config.get("scaling_config"), ("scaling_config",)):
            yield from _sizes(scaling, "desired_size", path)
        yield from _hardware(config)
    elif type_name == "aws_autoscaling_schedule":
        yield from _sizes(config, "desired_capacity", ())
        yield from _times(config)
    elif type_name.startswith("aws_vpc_security_group_"):
        yield from _ports(config)
    elif type_name == "aws_eks_addon":
        yield from _configuration(config.get("configuration_values"))
    elif type_name == "aws_placement_group":
        yield from _partitions(config)


def _sizes(sizes: Mapping[str, Any], desired_name: str, path: Path) -> Iterator[Problem]:
    least, most, desired = (_number(sizes.get(name)) for name in ("min_size", "max_size", desired_name))
    # A schedule leaves a size as it is where it says -1.
    # https://github.com/hashicorp/terraform-provider-aws/blob/main/website/docs/r/autoscaling_schedule.html.markdown
    if least is not None and most is not None and least > most >= 0:
        yield Problem((*path, "min_size"), f"min_size {least:g} is more than max_size {most:g}.")
    if desired is None or desired < 0:
        return
    if least is not None and desired < least:
        yield Problem((*path, desired_name), f"{desired_name} {desired:g} is less than min_size {least:g}.")
    if most is not None and desired > most >= 0:
        yield Problem((*path, desired_name), f"{desired_name} {desired:g} is more than max_size {most:g}.")


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else None


def _hardware(config: Mapping[str, Any]) -> Iterator[Problem]:
    ami = config.get("ami_type")
    if not isinstance(ami, str) or ami == "CUSTOM":
        return
    wanted = "arm64" if "ARM_64" in ami.upper() else "x86_64"
    for path, name in strings(config.get("instance_types"), ("instance_types",)):
        found = catalog.find(name)
        if found and found.architecture != wanted:
            fitting = found.default_ami_type
            remedy = f" {fitting} fits." if fitting else ""
            yield Problem(
                path, f"{name} is {found.architecture}, the AMI type {ami} is for {wanted}.{remedy}"
            )


def _ports(config: Mapping[str, Any]) -> Iterator[Problem]:
    protocol, first, last = (config.get(name) for name in ("ip_protocol", "from_port", "to_port"))
    low, high = _number(first), _number(last)
    if protocol == "-1" and (low is not None or high is not None):
        # https://github.com/hashicorp/terraform-provider-aws/blob/main/website/docs/r/vpc_security_group_ingress_rule.html.markdown
        yield Problem(
            ("from_port",), 'ip_protocol "-1" is all traffic on all ports: leave from_port and to_port out.'
        )
    elif protocol in ("tcp", "udp", "6", "17"):
        for name, value in (("from_port", first), ("to_port", last)):
            if value is None:
                yield Problem((name,), f"EC2 needs {name} where the protocol is {protocol}.")
        if low is not None and high is not None and low > high:
            yield Problem(("from_port",), f"from_port {low:g} is more than to_port {high:g}.")


def _times(config: Mapping[str, Any]) -> Iterator[Problem]:
    recurrence = config.get("recurrence")
    if isinstance(recurrence, str):
        fields = recurrence.split()
        named = len(fields) == 1 and fields[0].startswith("@")
        if not (named or len(fields) == 5) or not all(map(_CRON_FIELD.fullmatch, fields)):
            yield Problem(
                ("recurrence",),
                f"{quoted(recurrence)} is no cron expression: EC2 Auto Scaling takes five fields (minute, hour, day, month, weekday).",
            )
    for name in ("start_time", "end_time"):
        value = config.get(name)
        if isinstance(value, str) and not _is_time(value):
            yield Problem((name,), f"{quoted(value)} is no time in UTC, like 2026-11-22T08:00:00Z.")


def _is_time(text: str) -> bool:
    try:
        datetime.strptime(text, "%Y-%m-%dT%H:%M:%S%z")
    except ValueError:
        return False
    return text.endswith("Z")


def _configuration(text: object) -> Iterator[Problem]:
    if not isinstance(text, str) or not text:
        return
    try:
        value = read_yaml(text)
    except DocumentError as error:
        yield Problem(
            ("configuration_values",),
            f"EKS CreateAddon takes JSON or YAML here, and this is neither: {error}.",
        )
        return
    if not isinstance(value, Mapping):
        yield Problem(
            ("configuration_values",), f"EKS CreateAddon takes a map here, not {json.dumps(value)[:40]}."
        )


def _partitions(config: Mapping[str, Any]) -> Iterator[Problem]:
    strategy = config.get("strategy")
    if not isinstance(strategy, str):
        return
    if config.get("partition_count") and strategy != "partition":
        yield Problem(
            ("partition_count",),
            f'EC2 takes partition_count with the strategy "partition" only, not "{strategy}".',
        )
    if config.get("spread_level") and strategy != "spread":
        yield Problem(
            ("spread_level",), f'EC2 takes spread_level with the strategy "spread" only, not "{strategy}".'
        )
