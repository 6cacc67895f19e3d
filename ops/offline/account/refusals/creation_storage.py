"""What FSx, S3, ECR and Systems Manager refuse to make."""

from __future__ import annotations

from collections.abc import Mapping

from modules.layout.rules.file_systems import EFA_STEPS_GIB, SMALLEST_GIB, STEP_GIB

from ..account import Account
from .common import Rule, State, exists, missing, no_subnet


def _file_system(values: State, account: Account) -> str | None:
    """https://docs.aws.amazon.com/fsx/latest/LustreGuide/cannot-create-fs.html ."""
    subnet = next(iter(_texts(values.get("subnet_ids"))), None)
    if no_subnet(subnet, account):
        return f"InvalidNetworkSettings: The subnet ID '{subnet}' does not exist"
    place = account.subnet(subnet) if subnet is not None else None
    groups = _texts(values.get("security_group_ids"))
    for id in groups:
        group = account.get("aws_security_group", id)
        if group is not None and place is not None and group["vpc_id"] != place.vpc_id:
            return f"InvalidNetworkSettings: The security group {id} is not in the VPC {place.vpc_id}"
    if not any(_lets_in(account, id, 988) for id in groups):
        return (
            "InvalidNetworkSettings: The file system cannot be created because the default security group in the subnet "
            "provided or the provided security groups do not permit Lustre LNET network traffic on port 988"
        )
    if values.get("efa_enabled") is True and not any(_lets_in(account, id, None) for id in groups):
        return (
            "InvalidNetworkSettings: Insufficient security group permissions to create an EFA-enabled file system. Update "
            "security group to allow all internal inbound and outbound traffic."
        )
    return _capacity(values)


def _capacity(values: State) -> str | None:
    """Of SSDs; https://docs.aws.amazon.com/fsx/latest/APIReference/API_CreateFileSystem.html ."""
    size, kind = values.get("storage_capacity"), values.get("deployment_type")
    if not isinstance(size, int) or kind not in ("SCRATCH_2", "PERSISTENT_2"):
        return None
    throughput = values.get("per_unit_storage_throughput")
    step = STEP_GIB
    if values.get("efa_enabled") is True and isinstance(throughput, int):
        step = EFA_STEPS_GIB.get(throughput, STEP_GIB)
    if size % step == 0 or (size == SMALLEST_GIB and step == STEP_GIB):
        return None
    return f"BadRequest: Invalid storage capacity {size} GiB for deployment type {kind}"


def _lets_in(account: Account, group: str, port: int | None) -> bool:
    """Whether a group lets itself in at a port, or at all; one from elsewhere is taken to."""
    if account.get("aws_security_group", group) is None:
        return True
    return any(
        rule.get("security_group_id") == group
        and rule.get("referenced_security_group_id") == group
        and (rule.get("ip_protocol") == "-1" or (port is not None and _spans(rule, port)))
        for rule in account.all("aws_vpc_security_group_ingress_rule")
    )


def _spans(rule: State, port: int) -> bool:
    first, last = rule.get("from_port"), rule.get("to_port")
    return isinstance(first, int) and isinstance(last, int) and first <= port <= last


def _data_repository(values: State, account: Account) -> str | None:
    bucket = str(values.get("data_repository_path")).removeprefix("s3://").partition("/")[0]
    gone = missing(account, "aws_s3_bucket", bucket, "BadRequest: Cannot access the S3 bucket {id}")
    if gone is not None:
        return gone
    path = f"{str(values.get('file_system_path')).rstrip('/')}/"
    for other in account.all("aws_fsx_data_repository_association"):
        its = f"{other['file_system_path'].rstrip('/')}/"
        if other["file_system_id"] == values.get("file_system_id") and (
            path.startswith(its) or its.startswith(path)
        ):
            return f"BadRequest: The file system path {path} overlaps with {its} of {other['id']}"
    return None


def _texts(value: object) -> list[str]:
    return [one for one in value if isinstance(one, str)] if isinstance(value, list) else []


CREATE: Mapping[str, Rule] = {
    "aws_ecr_repository": exists(
        "aws_ecr_repository",
        "name",
        "RepositoryAlreadyExistsException: The repository with name '{name}' already exists",
    ),
    "aws_fsx_data_repository_association": _data_repository,
    "aws_fsx_lustre_file_system": _file_system,
    "aws_s3_bucket": exists(
        "aws_s3_bucket",
        "bucket",
        "BucketAlreadyOwnedByYou: Your previous request to create the named bucket {name} succeeded",
    ),
    "aws_ssm_parameter": exists(
        "aws_ssm_parameter",
        "name",
        "ParameterAlreadyExists: The parameter already exists. To overwrite this value, set the overwrite option",
    ),
}
