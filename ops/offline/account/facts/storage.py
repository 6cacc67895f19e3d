"""What FSx, S3, ECR and Systems Manager say of what they made."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from ..invented import hex17, letters
from .common import Facts, Made


def _file_system(made: Made) -> Facts:
    """https://docs.aws.amazon.com/fsx/latest/APIReference/API_FileSystem.html and API_LustreFileSystemConfiguration.html ."""
    id, account = str(made.state["id"]), made.account
    subnets = made.state.get("subnet_ids")
    subnet = account.subnet(str(subnets[0])) if isinstance(subnets, list) and subnets else None
    return {
        "dns_name": f"{id}.fsx.{account.region}.{account.dns_suffix}",
        # Of SCRATCH_1 it is always fsx.
        "mount_name": "fsx" if made.state.get("deployment_type") == "SCRATCH_1" else letters(8, "mount", id),
        "network_interface_ids": [f"eni-{hex17('lustre', id)}"],
        "vpc_id": subnet.vpc_id if subnet is not None else "",
        "automatic_backup_retention_days": 0,
        "daily_automatic_backup_start_time": "",
        "weekly_maintenance_start_time": "1:05:00",
        "metadata_configuration": [{"iops": _metadata_iops(made.state.get("storage_capacity"))}],
    }


def _metadata_iops(capacity: object) -> int:
    """What FSx provisions by itself: https://docs.aws.amazon.com/fsx/latest/LustreGuide/managing-metadata-performance.html ."""
    gib = capacity if isinstance(capacity, int) else 1200
    for largest, iops in ((1200, 1500), (2400, 3000), (9600, 6000), (45600, 12000)):
        if gib <= largest:
            return iops
    return gib // 24000 * 12000


def _data_repository(made: Made) -> Facts:
    id = str(made.state["id"])
    arn = made.account.arn("fsx", f"association/{made.state['file_system_id']}/{id}")
    return {"arn": arn, "association_id": id, "imported_file_chunk_size": 1024}


def _bucket(made: Made) -> Facts:
    """https://docs.aws.amazon.com/AmazonS3/latest/userguide/VirtualHosting.html ."""
    name, account = str(made.state["bucket"]), made.account
    return {
        "arn": account.arn("s3", name, regional=False, owned=False),
        "bucket_domain_name": f"{name}.s3.{account.dns_suffix}",
        "bucket_region": account.region,
        "bucket_regional_domain_name": f"{name}.s3.{account.region}.{account.dns_suffix}",
        "request_payer": "BucketOwner",
    }


def _repository(made: Made) -> Facts:
    name, account = str(made.state["name"]), made.account
    return {
        "arn": account.arn("ecr", f"repository/{name}"),
        "registry_id": account.id,
        "repository_url": f"{account.id}.dkr.ecr.{account.region}.{account.dns_suffix}/{name}",
    }


def _parameter(made: Made) -> Facts:
    name = str(made.state["name"])
    version = made.prior.get("version") if made.prior is not None else None
    return {
        "arn": made.account.arn("ssm", f"parameter/{name.lstrip('/')}"),
        "data_type": "text",
        "tier": "Standard",
        "version": version + 1 if isinstance(version, int) else 1,
    }


BY_TYPE: Mapping[str, Callable[[Made], Facts]] = {
    "aws_ecr_lifecycle_policy": lambda made: {"registry_id": made.account.id},
    "aws_ecr_repository": _repository,
    "aws_fsx_data_repository_association": _data_repository,
    "aws_fsx_lustre_file_system": _file_system,
    "aws_s3_bucket": _bucket,
    "aws_ssm_parameter": _parameter,
}
