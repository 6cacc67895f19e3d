"""FSx for Lustre file systems: in the VPC of the cluster, in one zone, reached by its nodes."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Sequence

from cdktf import ITerraformDependable, Precondition, TerraformResourceLifecycle
from cdktf_cdktf_provider_aws.fsx_data_repository_association import (
    FsxDataRepositoryAssociation,
    FsxDataRepositoryAssociationS3,
    FsxDataRepositoryAssociationS3AutoExportPolicy,
    FsxDataRepositoryAssociationS3AutoImportPolicy,
)
from cdktf_cdktf_provider_aws.fsx_lustre_file_system import (
    FsxLustreFileSystem,
    FsxLustreFileSystemMetadataConfiguration,
    FsxLustreFileSystemTimeouts,
)
from cdktf_cdktf_provider_aws.security_group import SecurityGroup
from cdktf_cdktf_provider_aws.ssm_parameter import SsmParameter
from cdktf_cdktf_provider_aws.vpc_security_group_egress_rule import VpcSecurityGroupEgressRule
from cdktf_cdktf_provider_aws.vpc_security_group_ingress_rule import VpcSecurityGroupIngressRule
from constructs import Construct

from .expressions import RESOURCE, text
from .layout.models import FileSystem as FileSystemSection
from .layout.models.storage import DataRepository
from .layout.stores import data_tags

# https://docs.aws.amazon.com/fsx/latest/LustreGuide/limit-access-security-groups.html
LUSTRE_PORTS = ((988, 988), (1018, 1023))
# Data repository associations need 2.12, metadata configurations 2.15:
# https://docs.aws.amazon.com/fsx/latest/APIReference/API_CreateFileSystem.html
LUSTRE_VERSION = "2.15"


class LustreSecurityGroup(Construct):
    """Lets Lustre through between the file systems, their servers and the nodes of the cluster.

    `group_id` is a reference to its id, `rules` are what a file system has to wait for: FSx tries the ports before it
    makes one. https://docs.aws.amazon.com/fsx/latest/LustreGuide/cannot-create-fs.html
    """

    def __init__(self, scope: Construct, id: str, *, name: str, vpc_id: str, nodes: str) -> None:
        """Make it; `nodes` is the security group that every node has."""
        super().__init__(scope, id)
        self.resource = SecurityGroup(
            self,
            RESOURCE,
            name_prefix=f"{name}-lustre-",
            description="FSx for Lustre and its clients",
            vpc_id=vpc_id,
            tags={"Name": f"{name}-lustre"},
            lifecycle=TerraformResourceLifecycle(create_before_destroy=True),
        )
        self.group_id: str = self.resource.id
        # Servers talk to each other, and both servers and nodes open connections.
        self.rules: list[ITerraformDependable] = [
            rule
            for label, group, other in (
                ("itself", self.group_id, self.group_id),
                ("nodes", self.group_id, nodes),
                ("at-nodes", nodes, self.group_id),
            )
            for rule in self._come(label, group, other)
        ]
        for label, other in (("itself", self.group_id), ("nodes", nodes)):
            self.rules += self._go(label, other)

    def _come(self, label: str, group: str, other: str) -> Iterable[ITerraformDependable]:
        for first, last in LUSTRE_PORTS:
            yield VpcSecurityGroupIngressRule(
                self,
                f"from-{label}-{first}",
                description="Lustre",
                security_group_id=group,
                referenced_security_group_id=other,
                ip_protocol="tcp",
                from_port=first,
                to_port=last,
            )

    def _go(self, label: str, other: str) -> Iterable[ITerraformDependable]:
        for first, last in LUSTRE_PORTS:
            yield VpcSecurityGroupEgressRule(
                self,
                f"to-{label}-{first}",
                description="Lustre",
                security_group_id=self.group_id,
                referenced_security_group_id=other,
                ip_protocol="tcp",
                from_port=first,
                to_port=last,
            )


class FileSystem(Construct):
    """One file system with its data repositories; `resource` is it, `address` what it takes to mount it.

    `parameter` is the SSM parameter that says where it is, `links` are its data repositories by their labels.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        name: str,
        file_system: FileSystemSection,
        subnet_id: str,
        security_groups: Sequence[str],
        parameter: str,
        repositories: Sequence[tuple[DataRepository, str]] = (),
        preconditions: Sequence[Precondition] = (),
        depends_on: Sequence[ITerraformDependable] = (),
    ) -> None:
        """Make it.

        Args:
            name: its name in tags.
            security_groups: those of Lustre, and of EFA where it has that.
            parameter: name of the SSM parameter that says where it is.
            repositories: its data repositories, each with the address of its bucket: s3://NAME.
            preconditions: what Terraform has to check before it makes it.
            depends_on: the rules of the security groups, which FSx checks.
        """
        super().__init__(scope, id)
        persistent = file_system.is_persistent
        iops = file_system.metadata_iops
        self.resource = FsxLustreFileSystem(
            self,
            RESOURCE,
            deployment_type=file_system.type.upper(),
            storage_type="SSD",
            storage_capacity=file_system.capacity_gib,
            per_unit_storage_throughput=file_system.throughput,
            metadata_configuration=FsxLustreFileSystemMetadataConfiguration(
                mode="AUTOMATIC" if iops is None else "USER_PROVISIONED", iops=iops
            )
            if persistent
            else None,
            efa_enabled=True if file_system.efa else None,
            file_system_type_version=LUSTRE_VERSION,
            data_compression_type=file_system.data_compression.upper(),
            kms_key_id=None if file_system.kms_key_arn is None else text(file_system.kms_key_arn),
            subnet_ids=[subnet_id],
            security_group_ids=list(security_groups),
            automatic_backup_retention_days=file_system.backup_retention_days if persistent else None,
            copy_tags_to_backups=True if persistent else None,
            # FSx backs up no file system that is linked to a bucket, and none of type scratch:
            # https://docs.aws.amazon.com/fsx/latest/APIReference/API_CreateBackup.html
            # One that is taken out of the layout is destroyed in spite of `retain` by whoever deploys without `ops order`,
            # but with a backup then.
            skip_final_backup=not (persistent and file_system.retain and not repositories),
            weekly_maintenance_start_time=file_system.weekly_maintenance,
            tags=data_tags({"Name": name, **file_system.tags}, retain=file_system.retain),
            # A large file system, or more of one, takes longer than the provider's 30 minutes.
            timeouts=FsxLustreFileSystemTimeouts(create="60m", update="120m", delete="60m"),
            lifecycle=TerraformResourceLifecycle(
                prevent_destroy=True if file_system.retain else None, precondition=list(preconditions) or None
            )
            if file_system.retain or preconditions
            else None,
            depends_on=list(depends_on),
        )
        at = self.resource.fqn
        self.address = {key: f"${{{at}.{key}}}" for key in ("id", "dns_name", "mount_name")}
        members = ", ".join(f"{key} = {at}.{key}" for key in self.address)
        self.parameter = SsmParameter(
            self,
            "address",
            name=parameter,
            description=f"Where the file system {name} is",
            type="String",
            # Nothing in it is secret, and a plan should show it.
            insecure_value=f"${{jsonencode({{{members}}})}}",
        )
        self.links: dict[str, FsxDataRepositoryAssociation] = {}
        labels = _labels(repository.path for repository, _ in repositories)
        for label, (repository, bucket) in zip(labels, repositories, strict=True):
            self._link(label, repository, bucket)

    def _link(self, label: str, repository: DataRepository, bucket: str) -> None:
        imports, exports = (_events(one) for one in (repository.auto_import, repository.auto_export))
        self.links[label] = FsxDataRepositoryAssociation(
            self,
            label,
            file_system_id=self.resource.id,
            file_system_path=repository.path,
            data_repository_path=f"{bucket}/{repository.prefix}/" if repository.prefix else bucket,
            # What is in the bucket already.
            batch_import_meta_data_on_create=True,
            s3=FsxDataRepositoryAssociationS3(
                auto_import_policy=FsxDataRepositoryAssociationS3AutoImportPolicy(events=imports)
                if imports
                else None,
                auto_export_policy=FsxDataRepositoryAssociationS3AutoExportPolicy(events=exports)
                if exports
                else None,
            )
            if imports or exports
            else None,
        )


def _events(events: Iterable[str]) -> list[str]:
    return [event.upper() for event in events]


def _labels(paths: Iterable[str]) -> list[str]:
    """Parts of addresses for folders: another order of them means nothing, and none is lost where two look alike."""
    plain = [(path, re.sub(r"\W", "-", path.strip("/"), flags=re.ASCII) or "root") for path in paths]
    shared = Counter(label.replace("-", "_") for _, label in plain)
    return [
        f"link-{label}" + (f"-{_hash(path)}" if shared[label.replace("-", "_")] > 1 else "")
        for path, label in plain
    ]


def _hash(path: str) -> str:
    return hashlib.sha256(path.encode()).hexdigest()[:8]
