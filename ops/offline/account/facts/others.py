"""What IAM, KMS, SQS, Auto Scaling and Helm say of what they made."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from ..invented import MOMENT, digest, uuid_of
from .common import Facts, Made


def _role(made: Made) -> Facts:
    path = made.state.get("path")
    times = made.account.made["aws_iam_role", str(made.state["id"])]
    return {
        "arn": made.account.arn(
            "iam", f"role{path if isinstance(path, str) else '/'}{made.state['name']}", regional=False
        ),
        "create_date": MOMENT,
        "unique_id": f"AROA{digest('role', made.state['name'], times)[:17].upper()}",
    }


def _openid_connect_provider(made: Made) -> Facts:
    return {"arn": made.state["id"], "thumbprint_list": [digest("thumbprint", made.state["url"])[:40]]}


def _key(made: Made) -> Facts:
    root = made.account.arn("iam", "root", regional=False)
    return {
        "key_id": made.state["id"],
        "multi_region": False,
        "rotation_period_in_days": 365 if made.state.get("enable_key_rotation") is True else 0,
        "policy": '{"Id":"key-default-1","Statement":[{"Action":"kms:*","Effect":"Allow","Principal":{"AWS":"'
        f'{root}"}},"Resource":"*","Sid":"Enable IAM User Permissions"}}],"Version":"2012-10-17"}}',
    }


def _alias(made: Made) -> Facts:
    target = str(made.state.get("target_key_id"))
    return {
        "target_key_arn": target if target.startswith("arn:") else made.account.arn("kms", f"key/{target}")
    }


def _schedule(made: Made) -> Facts:
    group, name = made.state["autoscaling_group_name"], made.state["scheduled_action_name"]
    return {
        "arn": made.account.arn(
            "autoscaling",
            f"scheduledUpdateGroupAction:{uuid_of('schedule', group, name)}:autoScalingGroupName/{group}:"
            f"scheduledActionName/{name}",
        )
    }


def _instance_profile(made: Made) -> Facts:
    name = str(made.state["name"])
    return {"create_date": MOMENT, "unique_id": f"AIPA{digest('instance profile', name)[:17].upper()}"}


def _queue(made: Made) -> Facts:
    # What SQS takes for a data key by itself: internal/service/sqs/consts.go of the AWS provider.
    return {"url": made.state["id"], "kms_data_key_reuse_period_seconds": 300}


def _release(made: Made) -> Facts:
    revision = 1
    if made.prior is not None and isinstance(made.prior.get("metadata"), dict):
        revision = int(made.prior["metadata"]["revision"]) + 1
    chart, version = str(made.state.get("chart")), made.state.get("version")
    version = version if isinstance(version, str) else "1.0.0"
    return {
        "status": "deployed",
        "namespace": "default",
        "version": version,
        "manifest": "",
        "metadata": {
            "app_version": version,
            "chart": chart.rpartition("/")[2],
            "first_deployed": 1767225600,  # MOMENT, in seconds
            "last_deployed": 1767225600 + revision - 1,
            "name": made.state.get("name"),
            "namespace": made.state["namespace"]
            if isinstance(made.state.get("namespace"), str)
            else "default",
            "notes": "",
            "revision": revision,
            "values": "{}",
            "version": version,
        },
    }


BY_TYPE: Mapping[str, Callable[[Made], Facts]] = {
    "aws_autoscaling_schedule": _schedule,
    "aws_iam_instance_profile": _instance_profile,
    "aws_iam_openid_connect_provider": _openid_connect_provider,
    "aws_iam_role": _role,
    "aws_kms_alias": _alias,
    "aws_kms_key": _key,
    "aws_sqs_queue": _queue,
    "helm_release": _release,
}
