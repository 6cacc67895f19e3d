"""Plans for tests, in the form of `terraform show -json`: as small as a rule needs them."""

from __future__ import annotations

import copy
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ops.review.plan import Plan, parse_plan
from ops.review.subject import Subject

ACTIONS = {
    "create": ["create"],
    "update": ["update"],
    "replace": ["delete", "create"],
    "delete": ["delete"],
    "forget": ["forget"],
    "no-op": ["no-op"],
}
Json = dict[str, Any]


def change(
    address: str,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
    *,
    verb: str | None = None,
    unknown: Mapping[str, Any] | None = None,
    because: list[list[str | int]] | None = None,
    sensitive: Mapping[str, Any] | bool = False,
    mode: str = "managed",
    **more: Any,
) -> Json:
    """A resource change; its verb follows from the two sides if none is given.

    Args:
        because: `replace_paths`; makes it a replacement.
        sensitive: `before_sensitive` and `after_sensitive`.
        more: further keys of the entry, such as `previous_address`; `importing` belongs to the change itself.
    """
    if verb is None:
        verb = "create" if before is None else "delete" if after is None else "update"
        if because:
            verb = "replace"
        elif before == after and not unknown:
            verb = "no-op"
    words = address.rpartition("].")[2].partition("[")[0].split(".")
    inner: Json = {
        "actions": ACTIONS[verb],
        "before": before,
        "after": after,
        "after_unknown": unknown or {},
        "before_sensitive": sensitive,
        "after_sensitive": sensitive,
    }
    if because:
        inner["replace_paths"] = because
    if "importing" in more:
        inner["importing"] = more.pop("importing")
    return {"address": address, "mode": mode, "type": words[-2], "name": words[-1], "change": inner, **more}


def plan(*changes: Json, stack: str = "training", drift: list[Json] | None = None, **more: Any) -> Plan:
    """A plan of these changes, read as the command reads it; `more` are further keys of the plan."""
    return parse_plan(plan_text(*changes, drift=drift, **more).encode(), Path("plan.json"), stack)


def plan_text(*changes: Json, drift: list[Json] | None = None, **more: Any) -> str:
    """The same as the text of a file."""
    data = {
        "format_version": "1.2",
        "terraform_version": "1.14.0",
        "planned_values": {},
        "resource_changes": list(changes),
        "resource_drift": drift or [],
        **more,
    }
    return json.dumps(data)


def subject(*changes: Json, **more: Any) -> Subject:
    """One plan as the rules see it."""
    return Subject([plan(*changes, **more)])


def edited(values: Mapping[str, Any], **paths: Any) -> Json:
    """A copy with other values: `scaling_config__0__desired_size=3`; None takes a top-level key to null."""
    result: Json = copy.deepcopy(dict(values))
    for path, value in paths.items():
        *steps, last = [int(step) if step.isdigit() else step for step in path.split("__")]
        place: Any = result
        for step in steps:
            place = place[step]
        place[last] = value
    return result


# A group of p5 nodes as it is deployed: two on a reservation, all 32 network cards with EFA.
P5: Json = {
    "arn": "arn:aws:eks:us-west-2:123456789012:nodegroup/training/p5/0",
    "ami_type": "AL2023_x86_64_NVIDIA",
    "capacity_type": "ON_DEMAND",
    "cluster_name": "training",
    "id": "training:p5",
    "instance_types": ["p5.48xlarge"],
    "labels": {"nvidia.com/gpu.present": "true"},
    "launch_template": [{"id": "lt-0123456789abcdef0", "name": "training-p5", "version": "1"}],
    "node_group_name": "p5",
    "node_role_arn": "arn:aws:iam::123456789012:role/training-p5",
    "release_version": "1.35.0-20260901",
    "scaling_config": [{"desired_size": 2, "max_size": 10, "min_size": 0}],
    "subnet_ids": ["subnet-0123456789abcdef0"],
    "tags": None,
    "tags_all": {"cdktf-eks-training/cluster": "training"},
    "taint": [{"effect": "NO_SCHEDULE", "key": "nvidia.com/gpu", "value": "true"}],
    "update_config": [{"max_unavailable": 1, "max_unavailable_percentage": None}],
    "version": "1.35",
}
P5_TEMPLATE: Json = {
    "block_device_mappings": [
        {"device_name": "/dev/xvda", "ebs": [{"volume_size": 500, "encrypted": "true", "kms_key_id": None}]}
    ],
    "capacity_reservation_specification": [
        {
            "capacity_reservation_preference": None,
            "capacity_reservation_target": [
                {
                    "capacity_reservation_id": "cr-0123456789abcdef0",
                    "capacity_reservation_resource_group_arn": None,
                }
            ],
        }
    ],
    "id": "lt-0123456789abcdef0",
    "image_id": None,
    "instance_market_options": [],
    "instance_type": None,
    "latest_version": 1,
    "name": "training-p5",
    "network_interfaces": [
        {"device_index": 0, "interface_type": "interface", "network_card_index": 0},
        *(
            {"device_index": 0 if card else 1, "interface_type": "efa-only", "network_card_index": card}
            for card in range(32)
        ),
    ],
    "placement": [],
    "tag_specifications": [],
    "user_data": None,
}
SUBNET: Json = {"id": "subnet-0123456789abcdef0", "availability_zone": "us-west-2b"}
GROUP, TEMPLATE = "aws_eks_node_group.nodes_p5", "aws_launch_template.nodes_p5_launch_template"


def p5(
    group: Mapping[str, Any] | None = P5,
    template: Mapping[str, Any] | None = P5_TEMPLATE,
    *,
    before: Mapping[str, Any] = P5,
    group_options: Mapping[str, Any] | None = None,
    template_options: Mapping[str, Any] | None = None,
) -> list[Json]:
    """The group of p5 nodes with its template and subnet, as it becomes; None where it goes.

    `before` is the group as it is. A template that differs gets a new version, which the group takes, as Terraform plans it.
    """
    group_more, template_more = dict(group_options or {}), dict(template_options or {})
    unknown: Json = {}
    if template is not None and template != P5_TEMPLATE:
        template_more.setdefault("unknown", {"latest_version": True, "default_version": True})
        if group is not None:
            group = edited(group, launch_template=[{"id": P5_TEMPLATE["id"], "name": "training-p5"}])
            unknown = {"launch_template": [{"version": True}]}
    if unknown:
        group_more["unknown"] = {**unknown, **group_more.get("unknown", {})}
    return [
        change(GROUP, before, group, **group_more),
        change(TEMPLATE, P5_TEMPLATE, template, **template_more),
        change('aws_subnet.network_private["us-west-2b"]', SUBNET, SUBNET),
    ]
