"""The stack of what outlives a cluster: buckets and image repositories."""

from __future__ import annotations

from cdktf import TerraformOutput
from cdktf_cdktf_provider_aws.data_aws_caller_identity import DataAwsCallerIdentity
from cdktf_cdktf_provider_aws.data_aws_partition import DataAwsPartition
from constructs import Construct

from .addressed_stack import AddressedStack
from .buckets import Bucket
from .layout import Layout
from .layout.stores import bucket_name, repository_name
from .repositories import Repository


class DataStack(AddressedStack):
    """`NAME-data`: the first stack to be deployed and the last to be destroyed.

    So a destroy of everything takes the costly cluster away before it stops at data that is to stay. `buckets` and `repositories`
    have what is in it by the names of the layout; `account` and `partition` are what AWS says of itself.
    """

    def __init__(self, scope: Construct, layout: Layout) -> None:
        super().__init__(scope, layout.data_stack, layout=layout)
        storage = layout.storage
        self.account: DataAwsCallerIdentity | None = None
        self.partition: DataAwsPartition | None = None
        self.buckets: dict[str, Bucket] = {}
        self.repositories: dict[str, Repository] = {}
        retained: list[str] = []
        if storage.buckets:
            self.account = DataAwsCallerIdentity(self, "account")
            self.partition = DataAwsPartition(self, "partition")
            account, partition = str(self.account.account_id), str(self.partition.partition)
            above = Construct(self, "bucket")
            for name, bucket in storage.buckets.items():
                full = bucket_name(layout.name, layout.region, name, bucket, account)
                self.buckets[name] = Bucket(above, name, name=full, bucket=bucket, partition=partition)
                if bucket.retain:
                    retained.append(f"S3 bucket {full}")
        above = Construct(self, "repository")
        for name, repository in storage.repositories.items():
            full = repository_name(layout.name, name, repository)
            self.repositories[name] = Repository(above, name, name=full, repository=repository)
            if repository.retain:
                retained.append(f"ECR repository {full}")
        outputs: dict[str, tuple[object, str]] = {
            "buckets": (
                {name: str(one.resource.bucket) for name, one in self.buckets.items()},
                "S3 names of the buckets, by their names in the layout",
            ),
            "repositories": (
                {name: str(one.resource.repository_url) for name, one in self.repositories.items()},
                "Addresses to push images to, by the repositories' names in the layout",
            ),
            "retained_data": (retained, "What a destroy refuses to delete: retain is true"),
        }
        for key, (value, description) in outputs.items():
            if value:
                TerraformOutput(self, key, value=value, description=description)
