"""Queues, event rules, and what else Karpenter needs: SQS, EventBridge, single tags and instance profiles.

The files named here are those of hashicorp/terraform-provider-aws.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from .model import Overlay, Validation
from .validations import ARN, name

# internal/service/events/validate.go
_RULE_NAME = r"[0-9A-Za-z._-]+"

EVENTS: Final[Mapping[str, Overlay]] = {
    # internal/service/events/rule.go: that a rule needs a pattern or a schedule is EventBridge's to say
    "aws_cloudwatch_event_rule": Overlay(
        force_new=("event_bus_name", "name", "name_prefix"),
        defaults={"event_bus_name": "default", "force_destroy": False},
        at_most_one=(("is_enabled", "state"), ("name", "name_prefix")),
        validations={
            "description": name(512),
            "name": name(64, shortest=1, pattern=_RULE_NAME),
            "name_prefix": name(64, prefix=True, shortest=1, pattern=_RULE_NAME),
            "role_arn": ARN,
            "schedule_expression": name(256),
        },
    ),
    # internal/service/events/target.go
    "aws_cloudwatch_event_target": Overlay(
        force_new=("event_bus_name", "rule", "target_id"),
        defaults={"event_bus_name": "default", "force_destroy": False},
        at_most_one=(("input", "input_path", "input_transformer"),),
        validations={
            "arn": ARN,
            "role_arn": ARN,
            "rule": name(64, shortest=1, pattern=_RULE_NAME),
            "target_id": name(64, shortest=1, pattern=_RULE_NAME),
        },
    ),
    # internal/service/ec2/tag_gen.go
    "aws_ec2_tag": Overlay(force_new=("key", "resource_id")),
    # internal/service/iam/instance_profile.go: the role changes in place
    "aws_iam_instance_profile": Overlay(
        force_new=("name", "name_prefix", "path"),
        defaults={"path": "/"},
        at_most_one=(("name", "name_prefix"),),
        validations={
            "name": name(128, shortest=1, pattern=r"[\w+=,.@-]*"),
            "name_prefix": name(128, prefix=True, shortest=1, pattern=r"[\w+=,.@-]*"),
        },
    ),
    # internal/service/sqs/queue.go; the defaults are in internal/service/sqs/consts.go
    "aws_sqs_queue": Overlay(
        force_new=("fifo_queue", "name", "name_prefix"),
        defaults={
            "content_based_deduplication": False,
            "delay_seconds": 0,
            "fifo_queue": False,
            "max_message_size": 262_144,
            "message_retention_seconds": 345_600,
            "receive_wait_time_seconds": 0,
            "visibility_timeout_seconds": 30,
        },
        at_most_one=(("kms_master_key_id", "sqs_managed_sse_enabled"), ("name", "name_prefix")),
        validations={
            "deduplication_scope": Validation(one_of=("messageGroup", "queue")),
            "delay_seconds": Validation(at_least=0, at_most=900),
            "fifo_throughput_limit": Validation(one_of=("perQueue", "perMessageGroupId")),
            "kms_data_key_reuse_period_seconds": Validation(at_least=60, at_most=86_400),
            "max_message_size": Validation(at_least=1024, at_most=1_048_576),
            "message_retention_seconds": Validation(at_least=60, at_most=1_209_600),
            "name": name(80, shortest=1, pattern=r"[0-9A-Za-z_-]+(\.fifo)?"),
            "visibility_timeout_seconds": Validation(at_least=0, at_most=43_200),
        },
    ),
    # internal/service/sqs/queue_policy.go
    "aws_sqs_queue_policy": Overlay(force_new=("queue_url",)),
}
