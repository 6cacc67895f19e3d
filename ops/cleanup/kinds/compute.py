"""Instances, and what they are launched from."""

from __future__ import annotations

from ...aws.account import Answer
from ...aws.tags import tags_of
from ..change import RefusedError, change
from ..leaving import Around, Leaving
from ..ownership import REGION_TAG
from .ec2 import Ec2Kind


class Instances(Ec2Kind):
    """Nodes that Karpenter or a half-made node group left behind: they cost most."""

    id = "instance"
    describe, key, id_key, ids = "describe_instances", "Reservations", "InstanceId", "InstanceIds"
    missing = ("InvalidInstanceID.NotFound", "InvalidInstanceID.Malformed")
    destroy = "terminate_instances"
    gone_states = ("terminated",)

    def there(self, found: list[Answer]) -> list[Answer]:
        """Reservations of EC2 are launches here: each holds instances."""
        return super().there([one for launch in found for one in launch["Instances"]])

    def state(self, one: Answer) -> str:
        """`running`, `stopped`."""
        return str(one["State"]["Name"])

    def leaving(self, around: Around, one: Answer) -> Leaving:
        """What there is to say of one."""
        tags = tags_of(one.get("Tags"))
        group = tags.get("aws:autoscaling:groupName")
        state = self.state(one)
        charged = "is charged for by the second" if state == "running" else f"is {state}; its volumes cost"
        return Leaving(
            self.id,
            str(one["InstanceId"]),
            tags,
            f"{one['InstanceType']}: {charged}. Holds {one.get('SubnetId', 'its subnet')} and its security groups",
            name=tags.get("Name", ""),
            created=one.get("LaunchTime"),
            going=state == "shutting-down",
            blocked=f"the Auto Scaling group {group} would start another one" if group else "",
            command=f"aws autoscaling delete-auto-scaling-group --region {around.account.region} "
            f"--auto-scaling-group-name {group} --force-delete"
            if group
            else "",
        )

    def delete(self, around: Around, leaving: Leaving) -> None:
        """Terminates it; EC2 goes on for some minutes."""
        change(around.account, "ec2", self.destroy, InstanceIds=[leaving.id])


class LaunchTemplates(Ec2Kind):
    """Karpenter makes one for each kind of node, and EKS a copy for each node group."""

    id = "launch-template"
    describe, key, id_key = "describe_launch_templates", "LaunchTemplates", "LaunchTemplateId"
    ids = "LaunchTemplateIds"
    missing = ("InvalidLaunchTemplateId.NotFound", "InvalidLaunchTemplateId.NotFoundException")
    destroy = "delete_launch_template"

    def leaving(self, _around: Around, one: Answer) -> Leaving:
        """What there is to say of one."""
        return Leaving(
            self.id,
            str(one["LaunchTemplateId"]),
            tags_of(one.get("Tags")),
            "costs nothing; counts against the quota of launch templates",
            name=str(one["LaunchTemplateName"]),
            created=one.get("CreateTime"),
        )


class InstanceProfiles:
    """Karpenter makes one for each node class; as long as it is there, the nodes' role cannot be deleted."""

    id = "instance-profile"
    actions = ("iam:ListInstanceProfiles", "iam:GetInstanceProfile")
    deleting = ("iam:RemoveRoleFromInstanceProfile", "iam:DeleteInstanceProfile")
    by_hand = ""
    while_cluster = False

    def find(self, around: Around) -> list[Leaving]:
        """Those that are named as Karpenter names them: a list has no tags, so each of these is asked for.

        https://github.com/aws/karpenter-provider-aws/blob/main/pkg/apis/v1/ec2nodeclass.go
        """
        found = around.account.pages("iam", "list_instance_profiles", "InstanceProfiles")
        names = [str(one["InstanceProfileName"]) for one in found]
        profiles = (self._profile(around, name) for name in names if name.startswith(f"{around.cluster}_"))
        return [one for one in profiles if one is not None]

    def again(self, around: Around, leaving: Leaving) -> Leaving | None:
        """The same by its name."""
        return self._profile(around, leaving.id)

    def delete(self, around: Around, leaving: Leaving) -> None:
        """Takes the role out of it and deletes it."""
        given = {"InstanceProfileName": leaving.id}
        answer = around.account.find("iam", "get_instance_profile", ("NoSuchEntity",), **given)
        if answer is None:
            raise RefusedError(f"{leaving.id} is gone", "NoSuchEntity")
        for role in answer["InstanceProfile"]["Roles"]:
            change(
                around.account,
                "iam",
                "remove_role_from_instance_profile",
                RoleName=role["RoleName"],
                **given,
            )
        change(around.account, "iam", "delete_instance_profile", **given)

    def _profile(self, around: Around, name: str) -> Leaving | None:
        answer = around.account.find(
            "iam", "get_instance_profile", ("NoSuchEntity",), InstanceProfileName=name
        )
        if answer is None:
            return None
        one = answer["InstanceProfile"]
        tags = tags_of(one.get("Tags"))
        region = tags.get(REGION_TAG)
        if region not in (None, around.account.region):
            return None
        roles = ", ".join(str(role["RoleName"]) for role in one["Roles"])
        stops = f"holds the role {roles}, which cannot be deleted" if roles else "costs nothing"
        return Leaving(
            self.id,
            name,
            tags,
            stops,
            arn=str(one.get("Arn", "")),
            created=one.get("CreateDate"),
            blocked=""
            if region
            else f"has no tag {REGION_TAG}: it may be of a cluster of this name in another region",
            command=f"aws iam delete-instance-profile --instance-profile-name {name}",
        )
