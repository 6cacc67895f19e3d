"""The `storage` section: where data lives."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from ..forms import (
    BucketFolder,
    BucketReference,
    LustrePath,
    MaintenanceTime,
    RepositoryName,
    StoreBucketName,
)
from ..values import (
    AvailabilityZone,
    Bool,
    GroupName,
    Int,
    KmsKeyArn,
    LiteralKmsKeyArn,
    Namespace,
    StoreName,
    SubnetId,
    Tags,
)
from .base import Section, about

TRAINING_NAMESPACE = "training"
# MB/s for each TiB of a PERSISTENT_2 file system on SSD:
# https://docs.aws.amazon.com/fsx/latest/APIReference/API_CreateFileSystemLustreConfiguration.html
Throughput = Literal[125, 250, 500, 1000]
MetadataIops = Literal[
    1500,
    3000,
    6000,
    12000,
    24000,
    36000,
    48000,
    60000,
    72000,
    84000,
    96000,
    108000,
    120000,
    132000,
    144000,
    156000,
    168000,
    180000,
    192000,
]
FileEvent = Literal["new", "changed", "deleted"]
LUSTRE_CONFIGURATION = (
    "https://docs.aws.amazon.com/fsx/latest/APIReference/API_CreateFileSystemLustreConfiguration.html"
)
ASSOCIATION = "https://docs.aws.amazon.com/fsx/latest/APIReference/API_CreateDataRepositoryAssociation.html"
LIFECYCLE = "https://docs.aws.amazon.com/AmazonS3/latest/userguide/intro-lifecycle-rules.html"


class DataRepository(Section):
    """A folder of an FSx file system that shows what is in a bucket."""

    bucket: BucketReference = Field(
        description="A bucket of `storage.buckets`, by its name there, or another one of the same region as `s3://NAME`.",
        examples=["data", "s3://my-datasets"],
        json_schema_extra=about(source=ASSOCIATION),
    )
    prefix: BucketFolder | None = Field(
        default=None,
        description="Folder in the bucket. Without it, all of the bucket.",
        examples=["imagenet/train"],
        json_schema_extra=about(source=ASSOCIATION),
    )
    path: LustrePath = Field(
        description="Folder of the file system, as seen from its root. `/` is for a file system with one data repository.",
        examples=["/imagenet"],
        json_schema_extra=about(source=ASSOCIATION),
    )
    auto_import: Annotated[tuple[FileEvent, ...], Field(max_length=3)] = Field(
        default=("new", "changed", "deleted"),
        description="What of the bucket's later changes the file system follows by itself.",
        examples=[["new", "changed"], []],
        json_schema_extra=about(
            source="https://docs.aws.amazon.com/fsx/latest/LustreGuide/autoimport-data-repo-dra.html"
        ),
    )
    auto_export: Annotated[tuple[FileEvent, ...], Field(max_length=3)] = Field(
        default=(),
        description="What of the file system's changes goes to the bucket by itself: nothing unless it is said here.",
        examples=[["new", "changed"]],
        json_schema_extra=about(
            source="https://docs.aws.amazon.com/fsx/latest/LustreGuide/autoexport-data-repo-dra.html"
        ),
    )

    @property
    def of_layout(self) -> str | None:
        """Name under `storage.buckets`; None for a bucket from elsewhere."""
        return None if self.bucket.startswith("s3://") else self.bucket


class FileSystem(Section):
    """An FSx for Lustre file system in the VPC of the cluster, in one zone: that of the nodes that use it."""

    type: Literal["scratch_2", "persistent_2"] = Field(
        default="persistent_2",
        description="persistent_2 keeps each file on replicated storage. scratch_2 has one copy only, and loses files where a server fails.",
        examples=["scratch_2"],
        json_schema_extra=about(
            source="https://docs.aws.amazon.com/fsx/latest/LustreGuide/using-fsx-lustre.html"
        ),
    )
    capacity_gib: Annotated[Int, Field(ge=1200)] = Field(
        description="Size: 1200, 2400 or a multiple of 2400; with `efa`, a multiple of 4800 to 38400 by throughput. It can grow later, and never shrink.",
        examples=[4800],
        json_schema_extra=about(
            unit="GiB",
            source="https://docs.aws.amazon.com/fsx/latest/APIReference/API_CreateFileSystem.html",
        ),
    )
    throughput_mbs_per_tib: Throughput | None = Field(
        default=None,
        description="Throughput for each TiB, persistent_2 only: 125 where nothing is said. scratch_2 always has 200.",
        examples=[250],
        json_schema_extra=about(unit="MB/s for each TiB", source=LUSTRE_CONFIGURATION),
    )
    metadata_iops: MetadataIops | None = Field(
        default=None,
        description="Creations, lookups and deletions of files a second, persistent_2 only. Without it, FSx follows the capacity. It can grow later.",
        examples=[12000],
        json_schema_extra=about(
            unit="IOPS",
            source="https://docs.aws.amazon.com/fsx/latest/LustreGuide/managing-metadata-performance.html",
        ),
    )
    efa: Bool = Field(
        default=False,
        description="Whether clients may come over EFA, persistent_2 only. A change replaces the file system. Nodes use it once their Lustre client is set up for EFA, and TCP until then.",
        examples=[True],
        json_schema_extra=about(
            source="https://docs.aws.amazon.com/fsx/latest/LustreGuide/efa-file-systems.html"
        ),
    )
    data_compression: Literal["none", "lz4"] = Field(
        default="none",
        description="Whether FSx compresses files as they are written.",
        examples=["lz4"],
        json_schema_extra=about(
            source="https://docs.aws.amazon.com/fsx/latest/LustreGuide/data-compression.html"
        ),
    )
    node_group: GroupName | None = Field(
        default=None,
        description="The node group whose zone and subnet the file system is in.",
        examples=["p5"],
    )
    availability_zone: AvailabilityZone | None = Field(
        default=None,
        description="Its zone in a new VPC, in place of a node group's.",
        examples=["us-west-2a"],
    )
    subnet_id: SubnetId | None = Field(
        default=None,
        description="Its subnet in an existing VPC, in place of a node group's.",
        examples=["subnet-0123456789abcdef0", "var.file_system_subnet_id"],
    )
    data_repositories: tuple[DataRepository, ...] = Field(
        default=(),
        description="Buckets that are seen as folders: at most 8.",
        examples=[[{"bucket": "data", "path": "/data"}]],
        json_schema_extra=about(source=ASSOCIATION),
    )
    kms_key_arn: KmsKeyArn | None = Field(
        default=None,
        description="Your KMS key, in place of aws/fsx, persistent_2 only. A change replaces the file system.",
        examples=[
            "arn:aws:kms:us-west-2:123456789012:key/11111111-2222-3333-4444-555555555555",
            "var.kms_key_arn",
        ],
        json_schema_extra=about(
            source="https://docs.aws.amazon.com/fsx/latest/LustreGuide/encryption-at-rest.html"
        ),
    )
    backup_retention_days: Annotated[Int, Field(ge=0, le=90)] = Field(
        default=0,
        description="How long daily backups are kept, persistent_2 without data repositories only; 0 makes none.",
        examples=[7],
        json_schema_extra=about(
            unit="days",
            source="https://docs.aws.amazon.com/fsx/latest/LustreGuide/using-backups-fsx.html",
        ),
    )
    weekly_maintenance: MaintenanceTime | None = Field(
        default=None,
        description="When FSx may patch it, in UTC: day of the week (1 is Monday) and time. Files cannot be reached for some minutes then.",
        examples=["7:03:00"],
        json_schema_extra=about(
            unit="d:HH:MM",
            source="https://docs.aws.amazon.com/fsx/latest/LustreGuide/maintenance-windows.html",
        ),
    )
    namespaces: tuple[Namespace, ...] = Field(
        default=(),
        description="Namespaces that get a claim of it, beside those of the workloads that mount it.",
        examples=[["research"]],
    )
    retain: Bool = Field(
        default=True,
        description="Whether Terraform refuses to destroy or replace it. With false, it goes with the cluster.",
        examples=[False],
        json_schema_extra=about(
            source="https://developer.hashicorp.com/terraform/language/meta-arguments/lifecycle#prevent_destroy"
        ),
    )
    tags: Tags = Field(
        default_factory=dict, description="More tags of the file system.", examples=[{"project": "llama"}]
    )

    @property
    def is_persistent(self) -> bool:
        """Whether its data outlives the failure of a server."""
        return self.type == "persistent_2"

    @property
    def throughput(self) -> int | None:
        """MB/s for each TiB that are asked for; None for scratch, which asks for none."""
        return (self.throughput_mbs_per_tib or 125) if self.is_persistent else None


class Volume(Section):
    """A gp3 volume of EBS for pods of one node, claimed by a PersistentVolumeClaim."""

    size_gib: Annotated[Int, Field(ge=1, le=65536)] = Field(
        description="Size. It can grow later, and never shrink.",
        examples=[500],
        json_schema_extra=about(
            unit="GiB",
            source="https://docs.aws.amazon.com/ebs/latest/userguide/ebs-volume-types.html",
        ),
    )
    namespace: Namespace = Field(
        default=TRAINING_NAMESPACE,
        description="Namespace of the claim.",
        examples=["research"],
    )
    retain: Bool = Field(
        default=True,
        description="Whether the volume stays in EC2 when its claim is deleted.",
        examples=[False],
        json_schema_extra=about(
            source="https://kubernetes.io/docs/concepts/storage/persistent-volumes/#reclaiming"
        ),
    )


class LifecycleRule(Section):
    """What becomes of the objects under a prefix of a bucket with time."""

    prefix: BucketFolder | None = Field(
        default=None,
        description="Folder of the bucket. Without it, all of the bucket.",
        examples=["checkpoints"],
        json_schema_extra=about(source=LIFECYCLE),
    )
    expire_days: Annotated[Int, Field(ge=1)] | None = Field(
        default=None,
        description="Age at which objects are deleted.",
        examples=[90],
        json_schema_extra=about(unit="days", source=LIFECYCLE),
    )
    transition_days: Annotated[Int, Field(ge=0)] | None = Field(
        default=None,
        description="Age at which objects go to `storage_class`.",
        examples=[30],
        json_schema_extra=about(unit="days", source=LIFECYCLE),
    )
    storage_class: (
        Literal["intelligent_tiering", "standard_ia", "glacier_ir", "glacier", "deep_archive"] | None
    ) = Field(
        default=None,
        description="Storage class that objects go to. What is in glacier or deep_archive has to be restored before it is read.",
        examples=["intelligent_tiering"],
        json_schema_extra=about(
            source="https://docs.aws.amazon.com/AmazonS3/latest/userguide/lifecycle-transition-general-considerations.html"
        ),
    )


class BucketLifecycle(Section):
    """What S3 deletes or moves by itself."""

    noncurrent_days: Annotated[Int, Field(ge=0)] = Field(
        default=90,
        description="How long versions stay that were overwritten or deleted; 0 keeps them for ever.",
        examples=[30],
        json_schema_extra=about(unit="days", source=LIFECYCLE),
    )
    abort_multipart_days: Annotated[Int, Field(ge=1)] = Field(
        default=7,
        description="Age at which the parts of an upload that was never finished are deleted.",
        examples=[1],
        json_schema_extra=about(
            unit="days",
            source="https://docs.aws.amazon.com/AmazonS3/latest/userguide/mpu-abort-incomplete-mpu-lifecycle-config.html",
        ),
    )
    rules: tuple[LifecycleRule, ...] = Field(
        default=(),
        description="What becomes of objects with time.",
        examples=[[{"prefix": "checkpoints", "expire_days": 90}]],
        json_schema_extra=about(source=LIFECYCLE),
    )


class Bucket(Section):
    """An S3 bucket: private, encrypted, reached by TLS only, its objects owned by the account."""

    name: StoreBucketName | None = Field(
        default=None,
        description="Its name, unique among all accounts. Default: CLUSTER-NAME-ACCOUNT-REGION. A change makes another bucket.",
        examples=["acme-llama-checkpoints"],
        json_schema_extra=about(
            source="https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html"
        ),
    )
    versioned: Bool = Field(
        default=True,
        description="Whether what is overwritten or deleted stays as an older version.",
        examples=[False],
        json_schema_extra=about(
            source="https://docs.aws.amazon.com/AmazonS3/latest/userguide/Versioning.html"
        ),
    )
    lifecycle: BucketLifecycle = Field(
        default_factory=BucketLifecycle,
        description="What S3 deletes or moves by itself.",
        examples=[{"noncurrent_days": 30}],
        json_schema_extra=about(source=LIFECYCLE),
    )
    kms_key_arn: LiteralKmsKeyArn | None = Field(
        default=None,
        description="Your KMS key, in place of S3's own keys. Its policy has to let the account's IAM policies decide.",
        examples=["arn:aws:kms:us-west-2:123456789012:key/11111111-2222-3333-4444-555555555555"],
        json_schema_extra=about(
            source="https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingKMSEncryption.html"
        ),
    )
    retain: Bool = Field(
        default=True,
        description="Whether Terraform refuses to destroy it. With false, it goes with all that is in it.",
        examples=[False],
        json_schema_extra=about(
            source="https://developer.hashicorp.com/terraform/language/meta-arguments/lifecycle#prevent_destroy"
        ),
    )
    tags: Tags = Field(
        default_factory=dict, description="More tags of the bucket.", examples=[{"project": "llama"}]
    )


class Repository(Section):
    """A repository of container images in ECR."""

    name: RepositoryName | None = Field(
        default=None,
        description="Its name. Default: CLUSTER/NAME. A change makes another repository.",
        examples=["research/trainer"],
        json_schema_extra=about(
            source="https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_CreateRepository.html"
        ),
    )
    immutable_tags: Bool = Field(
        default=True,
        description="Whether a tag stays with its image, so that a job that starts again runs what it ran before.",
        examples=[False],
        json_schema_extra=about(
            source="https://docs.aws.amazon.com/AmazonECR/latest/userguide/image-tag-mutability.html"
        ),
    )
    scan_on_push: Bool = Field(
        default=True,
        description="Whether ECR looks for known vulnerabilities in what is pushed.",
        examples=[False],
        json_schema_extra=about(
            source="https://docs.aws.amazon.com/AmazonECR/latest/userguide/image-scanning-basic.html"
        ),
    )
    expire_untagged_days: Annotated[Int, Field(ge=0)] = Field(
        default=14,
        description="Days after its push at which an image without a tag is deleted; with 0, never.",
        examples=[30],
        json_schema_extra=about(
            unit="days",
            source="https://docs.aws.amazon.com/AmazonECR/latest/userguide/lifecycle_policy_parameters.html",
        ),
    )
    keep_images: Annotated[Int, Field(ge=1)] | None = Field(
        default=None,
        description="How many images are kept, the newest; the others are deleted. Without it, all.",
        examples=[100],
        json_schema_extra=about(
            unit="images",
            source="https://docs.aws.amazon.com/AmazonECR/latest/userguide/lifecycle_policy_parameters.html",
        ),
    )
    kms_key_arn: LiteralKmsKeyArn | None = Field(
        default=None,
        description="Your KMS key, in place of S3's own keys. A change makes another repository.",
        examples=["arn:aws:kms:us-west-2:123456789012:key/11111111-2222-3333-4444-555555555555"],
        json_schema_extra=about(
            source="https://docs.aws.amazon.com/AmazonECR/latest/userguide/encryption-at-rest.html"
        ),
    )
    retain: Bool = Field(
        default=True,
        description="Whether Terraform refuses to destroy it. With false, it goes with all its images.",
        examples=[False],
        json_schema_extra=about(
            source="https://developer.hashicorp.com/terraform/language/meta-arguments/lifecycle#prevent_destroy"
        ),
    )
    tags: Tags = Field(
        default_factory=dict, description="More tags of the repository.", examples=[{"project": "llama"}]
    )


class Storage(Section):
    """Where data lives: file systems and volumes for pods, buckets and image repositories."""

    default_storage_class: Literal["gp3", "none"] = Field(
        default="gp3",
        description="The default StorageClass: encrypted gp3 volumes of the EBS CSI driver, or none.",
        examples=["none"],
        json_schema_extra=about(
            source="https://kubernetes.io/docs/concepts/storage/storage-classes/#default-storageclass"
        ),
    )
    file_systems: dict[StoreName, FileSystem] = Field(
        default_factory=dict,
        description="FSx for Lustre file systems, by name. They bring the add-on aws-fsx-csi-driver.",
        examples=[{"scratch": {"type": "scratch_2", "capacity_gib": 4800, "node_group": "p5"}}],
        json_schema_extra=about(source="https://docs.aws.amazon.com/fsx/latest/LustreGuide/what-is.html"),
    )
    volumes: dict[StoreName, Volume] = Field(
        default_factory=dict,
        description="Claims of EBS volumes, by name, each for pods of one node.",
        examples=[{"checkpoints": {"size_gib": 500}}],
        json_schema_extra=about(source="https://docs.aws.amazon.com/eks/latest/userguide/ebs-csi.html"),
    )
    buckets: dict[StoreName, Bucket] = Field(
        default_factory=dict,
        description="S3 buckets of the stack NAME-data, by name.",
        examples=[{"data": {}}],
        json_schema_extra=about(
            source="https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingBucket.html"
        ),
    )
    repositories: dict[StoreName, Repository] = Field(
        default_factory=dict,
        description="ECR repositories of the stack NAME-data, by name.",
        examples=[{"trainer": {}}],
        json_schema_extra=about(
            source="https://docs.aws.amazon.com/AmazonECR/latest/userguide/Repositories.html"
        ),
    )
