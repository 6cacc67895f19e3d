"""Log groups, which AWS makes anew, without tags, where something still writes when they are deleted."""

from __future__ import annotations

from datetime import datetime, timezone

from ...aws.account import Answer
from ..change import change
from ..leaving import Around, Leaving

# The control plane's: https://docs.aws.amazon.com/eks/latest/userguide/control-plane-logs.html
# Container Insights': https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Container-Insights-reference.html
# Flow logs': modules/flow_logs.py. A slash behind the name, or `train` would take those of `train-2`.
_PREFIXES = ("/aws/eks/{}/", "/aws/containerinsights/{}/", "/aws/vpc/{}/")


class LogGroups:
    """Log groups by the names that AWS and layouts give them."""

    id = "log-group"
    actions = ("logs:DescribeLogGroups", "logs:ListTagsForResource")
    deleting = ("logs:DeleteLogGroup",)
    by_hand = ""
    while_cluster = False

    def find(self, around: Around) -> list[Leaving]:
        """Those of the cluster's names; a list has no tags, so each is asked for."""
        return [
            self._leaving(around, one)
            for prefix in _PREFIXES
            for one in around.account.pages(
                "logs", "describe_log_groups", "logGroups", logGroupNamePrefix=prefix.format(around.cluster)
            )
        ]

    def again(self, around: Around, leaving: Leaving) -> Leaving | None:
        """The same by its name."""
        found = around.account.pages(
            "logs", "describe_log_groups", "logGroups", logGroupNamePrefix=leaving.id
        )
        return next((self._leaving(around, one) for one in found if one["logGroupName"] == leaving.id), None)

    def delete(self, around: Around, leaving: Leaving) -> None:
        """Deletes it with what is in it."""
        change(around.account, "logs", "delete_log_group", logGroupName=leaving.id)

    def _leaving(self, around: Around, one: Answer) -> Leaving:
        name = str(one["logGroupName"])
        # Tags are asked for by the ARN without the `:*` behind it:
        # https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_ListTagsForResource.html
        arn = str(one["arn"]).removesuffix(":*")
        answer = around.account.find(
            "logs", "list_tags_for_resource", ("ResourceNotFoundException",), resourceArn=arn
        )
        created = one.get("creationTime")
        stored = int(one.get("storedBytes") or 0) / 2**30
        forever = "" if one.get("retentionInDays") else ", which is never deleted by itself"
        return Leaving(
            self.id,
            name,
            dict((answer or {}).get("tags") or {}),
            f"{stored:.1f} GiB{forever}: is charged for by the GiB and month; a new cluster of this name cannot make it",
            arn=arn,
            by_name=True,
            created=datetime.fromtimestamp(created / 1000, tz=timezone.utc) if created else None,
            command=f"aws logs delete-log-group --region {around.account.region} --log-group-name {name}",
        )
