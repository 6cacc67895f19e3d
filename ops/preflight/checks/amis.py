"""AMIs of the user's own."""

from __future__ import annotations

from collections.abc import Iterator

from modules.layout.models import NodeGroup

from ...aws.account import Answer
from ...checking.check import Finding, Level
from ..subject import Subject

# As modules/launch_template.py has them, which is not imported here: it brings all of CDKTF.
_ROOT_DEVICE, _BOTTLEROCKET_DATA = "/dev/xvda", "/dev/xvdb"
_NO_AMI = ("InvalidAMIID.NotFound", "InvalidAMIID.Unavailable", "InvalidAMIID.Malformed")


class OwnAmis:
    """An AMI of another region or architecture stops a node group, and a larger one than its volume all instances."""

    id = "own-amis"
    level: Level = "error"
    remedy = "Correct ami_id; AMIs are of one region, and copied by `aws ec2 copy-image`."
    actions: tuple[str, ...] = ("ec2:DescribeImages",)

    def applies(self, subject: Subject) -> bool:
        """A group has an AMI of the user's own."""
        return any(group.ami_id for _, group in subject.groups())

    def look(self, subject: Subject) -> Iterator[Finding]:
        """Each AMI is there and available, of the group's architecture, and fits into its volume."""
        for path, group in subject.groups():
            if group.ami_id is None:
                continue
            where = f"{path}.ami_id"
            found = subject.account.pages(
                "ec2",
                "describe_images",
                "Images",
                _NO_AMI,
                ImageIds=[str(group.ami_id)],
                IncludeDeprecated=True,
            )
            if not found:
                yield Finding(
                    where,
                    f"there is no AMI {group.ami_id} in {subject.layout.region}, or this account may not use it",
                )
                continue
            yield from _judged(subject, path, group, found[0])


def _judged(subject: Subject, path: str, group: NodeGroup, image: Answer) -> Iterator[Finding]:
    where, name = f"{path}.ami_id", str(group.ami_id)
    if image.get("State") != "available":
        yield Finding(where, f"the AMI {name} is {image.get('State')}, and not available")
        return
    if image.get("Architecture") != group.type.architecture:
        yield Finding(
            where,
            f"the AMI {name} is for {image.get('Architecture')}, and {group.instance_type} is {group.type.architecture}",
        )
    ends = image.get("DeprecationTime")
    if ends is not None and str(ends) <= subject.now.isoformat():
        yield Finding(
            where, f"the AMI {name} is deprecated since {str(ends)[:10]}", "Build a newer one.", "warning"
        )
    device = _BOTTLEROCKET_DATA if group.is_bottlerocket else _ROOT_DEVICE
    disks = {one.get("DeviceName"): one.get("Ebs", {}) for one in image.get("BlockDeviceMappings", ())}
    if not group.is_bottlerocket and image.get("RootDeviceName") not in (None, device):
        yield Finding(
            where,
            f"the root device of the AMI {name} is {image['RootDeviceName']}, and root_volume is for {device}: a plan "
            "refuses it, since the root would stay as the AMI has it",
            "Build the AMI from one of EKS's own, and keep its root device.",
        )
    needed = disks.get(device, {}).get("VolumeSize")
    if needed is not None and group.root_volume.size_gib < int(needed):
        yield Finding(
            f"{path}.root_volume.size_gib",
            f"{group.root_volume.size_gib} GiB, and the snapshot of the AMI {name} for {device} has {needed}: EC2 starts no "
            "instance",
            f"Write size_gib: {needed} or more.",
        )
