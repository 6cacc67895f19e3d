"""The file systems of a layout, each in the zone of the nodes that use it."""

from __future__ import annotations

from collections.abc import Mapping

from cdktf_cdktf_provider_aws.data_aws_caller_identity import DataAwsCallerIdentity
from constructs import Construct

from .efa import EfaSecurityGroup
from .layout import Layout
from .layout.models.storage import DataRepository
from .layout.stores import bucket_name, file_system_parameter
from .lustre import FileSystem, LustreSecurityGroup
from .network import Network, Place


class FileSystems(Construct):
    """FSx for Lustre file systems with their `security_group`; `made` has them by name, and `account` says whose buckets they link."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        layout: Layout,
        network: Network,
        places: Mapping[str, Place],
        nodes: str,
        efa: EfaSecurityGroup | None,
    ) -> None:
        """Make them.

        Args:
            places: where node groups are, by name.
            nodes: the security group that every node has.
            efa: the security group of the EFA nodes. It is the file system's too, where that has EFA: FSx asks for one
                that lets all traffic through to itself and to the clients.
                https://docs.aws.amazon.com/fsx/latest/LustreGuide/limit-access-security-groups.html
        """
        super().__init__(scope, id)
        self._layout = layout
        self.account: DataAwsCallerIdentity | None = None
        # By an id that no file system can have.
        lustre = self.security_group = LustreSecurityGroup(
            self, "security_group", name=layout.name, vpc_id=network.vpc_id, nodes=nodes
        )
        self.made: dict[str, FileSystem] = {}
        for name, file_system in layout.storage.file_systems.items():
            fast = [efa] if efa is not None and file_system.efa else []
            self.made[name] = FileSystem(
                self,
                name,
                name=f"{layout.name}-{name}",
                file_system=file_system,
                subnet_id=network.subnet_of_file_system(name, file_system, places),
                security_groups=[lustre.group_id, *(group.group_id for group in fast)],
                parameter=file_system_parameter(layout.name, name),
                repositories=[(one, self._bucket(one)) for one in file_system.data_repositories],
                preconditions=network.checks_of_file_system(name, file_system, places),
                depends_on=[*lustre.rules, *(rule for group in fast for rule in group.rules)],
            )

    def _bucket(self, repository: DataRepository) -> str:
        """Address of a bucket, which the data stack made under a name that follows from the layout."""
        name = repository.of_layout
        if name is None:
            return repository.bucket
        bucket, layout = self._layout.storage.buckets[name], self._layout
        if bucket.name is not None:
            return f"s3://{bucket.name}"
        if self.account is None:
            self.account = DataAwsCallerIdentity(self, "account_id")
        return f"s3://{bucket_name(layout.name, layout.region, name, bucket, self.account.account_id)}"
