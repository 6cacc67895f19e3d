"""What EKS refuses in the launch template of a node group, or beside one.

What belongs where: https://docs.aws.amazon.com/eks/latest/userguide/launch-templates.html . The template does not know the
instance type, the node group does: what EC2 refuses for the two together shows here as well.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from email.parser import BytesParser
from typing import Any

from modules import catalog

from ..account import Account
from .common import State, block
from .node_interfaces import misplaced
from .node_user_data import decoded, like_toml, unsaid

_BLOCK = "CAPACITY_BLOCK"
# What EKS takes where neither the group nor the template names one: the same page.
_DEFAULT_TYPE = "t3.medium"
# Of the groups that name none: https://docs.aws.amazon.com/eks/latest/APIReference/API_CreateNodegroup.html (amiType)
_DEFAULT_AMI = "AL2023_x86_64_STANDARD"


@dataclass(frozen=True, slots=True)
class _Request:
    """A node group and the version of the launch template that it names."""

    group: State
    template: State

    @property
    def name(self) -> str:
        return str(self.template.get("name"))

    @property
    def block_reserved(self) -> bool:
        return self.group.get("capacity_type") == _BLOCK

    @property
    def market(self) -> Any:
        return block(self.template, "instance_market_options").get("market_type")

    @property
    def given_types(self) -> list[str]:
        """Instance types of the group itself."""
        given = self.group.get("instance_types")
        return [one for one in given if isinstance(one, str)] if isinstance(given, list) else []

    @property
    def types(self) -> Iterator[catalog.InstanceType]:
        """What the nodes will be, as far as the catalogue knows them."""
        for name in self.given_types or [self.template.get("instance_type") or _DEFAULT_TYPE]:
            found = catalog.find(str(name))
            if found is not None:
                yield found

    @property
    def ami_type(self) -> str | None:
        """The AMI type; None for an AMI of one's own, whose user data and hardware EKS does not look at."""
        if self.own_image:
            return None
        given = self.group.get("ami_type")
        return given if isinstance(given, str) else _DEFAULT_AMI

    @property
    def own_image(self) -> bool:
        """Whether the AMI is one's own."""
        return bool(self.template.get("image_id"))


Rule = Callable[[_Request], "str | None"]


def refused_creation(group: State, account: Account) -> str | None:
    """What CreateNodegroup says of the launch template, or of what the group says beside it."""
    named = block(group, "launch_template")
    if not named:
        if group.get("capacity_type") == _BLOCK:
            return (
                "InvalidParameterException: Capacity Blocks can only be used with a custom launch template."
            )
        return None
    return _beside(group) or _refused(group, account, (_own_image, *_RULES))


def refused_update(group: State, account: Account) -> str | None:
    """What UpdateNodegroupVersion says of the template's other version."""
    return _refused(group, account, _RULES)


def _refused(group: State, account: Account, rules: tuple[Rule, ...]) -> str | None:
    template = _version(block(group, "launch_template"), account)
    if template is None:
        return None
    request = _Request(group, template)
    return next((told for rule in rules if (told := rule(request)) is not None), None)


def _version(named: State, account: Account) -> State | None:
    """The template that a group names; None for one from elsewhere, and for a version that is not the newest."""
    for template in account.all("aws_launch_template"):
        if named.get("id") != template["id"] and named.get("name") != template.get("name"):
            continue
        latest, default = template.get("latest_version"), template.get("default_version")
        newest = {"$Latest", str(latest), *(["$Default"] if default == latest else [])}
        return template if latest is None or str(named.get("version")) in newest else None
    return None


def _beside(group: State) -> str | None:
    """Settings of a group that a launch template takes the place of."""
    size = group.get("disk_size")
    if isinstance(size, (int, float)) and size:
        # https://github.com/crossplane-contrib/provider-upjet-aws/issues/866
        return "InvalidParameterException: Disk size must be specified within the launch template."
    if group.get("remote_access"):
        # https://github.com/terraform-aws-modules/terraform-aws-eks/issues/2219
        return "InvalidParameterException: Remote access configuration cannot be specified with a launch template."
    return None


def _own_image(request: _Request) -> str | None:
    """Of an AMI of one's own EKS knows neither version nor release.

    https://docs.aws.amazon.com/eks/latest/userguide/launch-templates.html#mng-ami-id-conditions
    """
    # The words of the first: https://github.com/pulumi/pulumi-eks/issues/1283 ; those of the other we have not seen.
    for setting, told in (("version", "kubernetes version"), ("release_version", "release version")):
        if request.own_image and isinstance(request.group.get(setting), str):
            return (
                f"InvalidParameterException: You cannot specify a {told} to use when specifying an image id to use within "
                "the launch template."
            )
    return None


def _ami_type(request: _Request) -> str | None:
    """A group has an AMI of EKS or one's own for good: the page above."""
    given = request.group.get("ami_type")
    if not isinstance(given, str) or (given == "CUSTOM") == request.own_image:
        return None
    if request.own_image:
        # https://github.com/rancher/eks-operator/pull/185
        return (
            "InvalidParameterException: You cannot specify an AMI Type other than CUSTOM, when specifying an image id in "
            "your launch template."
        )
    # In words that we have not seen.
    return f"InvalidParameterException: Launch template {request.name} needs an image id for the AMI type CUSTOM."


def _joins(request: _Request) -> str | None:
    """EKS merges nothing into the user data of one's own AMI: a node that is not told its cluster never joins it."""
    data = decoded(request.template.get("user_data"))
    lacking = unsaid(data) if request.own_image and data is not None else []
    if lacking:
        return (
            "NodeCreationFailure: Instances failed to join the kubernetes cluster. The user data does not say "
            f"{', '.join(lacking)}, and EKS adds nothing to it beside an image id."
        )
    return None


def _two_types(request: _Request) -> str | None:
    if request.given_types and request.template.get("instance_type"):
        # https://github.com/terraform-aws-modules/terraform-aws-eks/issues/1386
        return "InvalidRequestException: Cannot specify instance types in launch template and API Request"
    return None


def _prohibited(request: _Request) -> str | None:
    """What EKS sets by itself."""
    template = request.template
    if template.get("iam_instance_profile"):
        return (
            f"InvalidParameterException: Launch template {request.name} should not specify an instance profile. The "
            "noderole in your request will be used to construct an instance profile."
        )
    if any(one.get("subnet_id") for one in template.get("network_interfaces") or ()):
        return (
            "InvalidParameterException: You must not specify a subnet in your launch template. All subnets must be "
            "specified in the API."
        )
    # Refused too, in words that we have not seen: https://github.com/hashicorp/terraform-provider-aws/issues/24192
    for setting in ("instance_initiated_shutdown_behavior", "hibernation_options"):
        if template.get(setting):
            return f"InvalidParameterException: Launch template {request.name} should not specify {setting}."
    return None


def _purchase(request: _Request) -> str | None:
    """Spot is the group's capacity type and not the template's; a capacity block is both.

    https://docs.aws.amazon.com/eks/latest/userguide/capacity-blocks-mng.html (what a create request is rejected without)
    """
    if request.market and (request.market != "capacity-block" or not request.block_reserved):
        # https://github.com/hashicorp/terraform-provider-aws/issues/18025
        return (
            "InvalidParameterException: Instance market options are not supported with the launch template."
            + (f" The capacity type has to be {_BLOCK}." if request.market == "capacity-block" else "")
        )
    if not request.block_reserved:
        return None
    reservation = block(
        block(request.template, "capacity_reservation_specification"), "capacity_reservation_target"
    )
    needed = {
        "instance_market_options.market_type capacity-block": request.market,
        "capacity_reservation_target.capacity_reservation_id": reservation.get("capacity_reservation_id"),
        "instance_type": request.template.get("instance_type"),
    }
    missing = [name for name, value in needed.items() if not value]
    if missing:
        return (
            f"InvalidParameterException: Launch template {request.name} needs {missing[0]} for the capacity type "
            f"{_BLOCK}."
        )
    for kind in request.types:
        if not kind.supports_capacity_block:
            return (
                f"InvalidParameterException: The instance type {kind.name} does not support Capacity Blocks."
            )
    return None


def _architecture(request: _Request) -> str | None:
    """https://github.com/eksctl-io/eksctl/issues/7754 ."""
    ami = request.ami_type
    if ami is None or ami == "CUSTOM":
        return None
    wanted = "arm64" if "ARM_64" in ami else "x86_64"
    for kind in request.types:
        if kind.architecture != wanted:
            return f"InvalidParameterException: [{kind.name}] is not a valid instance type for requested amiType {ami}"
    return None


def _user_data(request: _Request) -> str | None:
    """EKS merges it with its own, in the format of the AMI."""
    ami, data = request.ami_type, decoded(request.template.get("user_data"))
    if ami is None or data is None:
        return None
    if ami.startswith("BOTTLEROCKET") and not like_toml(data):
        return "Ec2LaunchTemplateInvalidConfiguration: User data was not in the TOML format."
    if ami.startswith("AL2") and not BytesParser().parsebytes(data.lstrip()).is_multipart():
        # https://github.com/terraform-aws-modules/terraform-aws-eks/issues/2955
        return "Ec2LaunchTemplateInvalidConfiguration: User data was not in the MIME multipart format."
    return None


def _interfaces(request: _Request) -> str | None:
    """What the instance types do not take."""
    given = request.template.get("network_interfaces") or ()
    told = (misplaced(given, kind) for kind in request.types)
    first = next((one for one in told if one is not None), None)
    return f"Ec2LaunchTemplateInvalidConfiguration: {first}" if first else None


_RULES: tuple[Rule, ...] = (
    _two_types,
    _prohibited,
    _purchase,
    _ami_type,
    _architecture,
    _user_data,
    _joins,
    _interfaces,
)
