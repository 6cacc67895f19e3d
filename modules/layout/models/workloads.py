"""What training jobs and serving share: image, command, environment, mounts, permissions."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from ..values import (
    AbsolutePath,
    Bool,
    EntryName,
    EnvironmentName,
    Image,
    ImageTag,
    Int,
    Namespace,
    ObjectName,
    PolicyArn,
    RelativePath,
    ScriptName,
    SecretKey,
    ServiceAccountName,
)
from .base import Section, about

_VOLUMES = "https://kubernetes.io/docs/concepts/storage/volumes/"
# https://kubernetes.io/docs/concepts/configuration/configmap/
SCRIPT_BYTES = 1_000_000

Access = Literal["read", "write", "read_write"]


class RepositoryImage(Section):
    """An image in a repository of the layout."""

    repository: EntryName = Field(
        description="The repository, as `storage.repositories` names it.",
        examples=["trainer"],
        json_schema_extra=about(
            source="https://docs.aws.amazon.com/AmazonECR/latest/userguide/Repositories.html"
        ),
    )
    tag: ImageTag = Field(
        description="The image's tag.",
        examples=["1.4.0"],
        json_schema_extra=about(
            source="https://docs.aws.amazon.com/AmazonECR/latest/userguide/image-tag-mutability.html"
        ),
    )


class SecretReference(Section):
    """A value in a Kubernetes Secret that is there already: the layout and its JSON never hold it."""

    name: ObjectName = Field(
        description="Name of the Secret, in the workload's namespace.",
        examples=["hugging-face"],
        json_schema_extra=about(source="https://kubernetes.io/docs/concepts/configuration/secret/"),
    )
    key: SecretKey = Field(description="Key in the Secret.", examples=["token"])


class Script(Section):
    """A text file that goes along with the job, as a ConfigMap. In a layout it is the path of the file."""

    name: ScriptName = Field(description="Name of the file in the pod.", examples=["train.py"])
    text: Annotated[str, Field(min_length=1, max_length=SCRIPT_BYTES)] = Field(
        description="What is in it.", examples=["print('hello')"]
    )


class Mount(Section):
    """What is mounted at a path: one of the keys but `read_only` and `sub_path`."""

    file_system: EntryName | None = Field(
        default=None,
        description="A file system of `storage.file_systems`.",
        examples=["scratch"],
        json_schema_extra=about(source="https://docs.aws.amazon.com/eks/latest/userguide/fsx-csi.html"),
    )
    bucket: EntryName | None = Field(
        default=None,
        description="A bucket of `storage.buckets`, by Mountpoint for S3: reads, and new files written from start to end. The workload's `buckets` says what it may do there.",
        examples=["data"],
        json_schema_extra=about(source="https://docs.aws.amazon.com/eks/latest/userguide/s3-csi.html"),
    )
    volume: EntryName | None = Field(
        default=None,
        description="A volume of `storage.volumes`, for a workload with one pod.",
        examples=["notebooks"],
        json_schema_extra=about(source="https://docs.aws.amazon.com/eks/latest/userguide/ebs-csi.html"),
    )
    claim: ObjectName | None = Field(
        default=None,
        description="A PersistentVolumeClaim of yours, in the workload's namespace.",
        examples=["datasets"],
        json_schema_extra=about(
            source="https://kubernetes.io/docs/concepts/storage/persistent-volumes/#persistentvolumeclaims"
        ),
    )
    ephemeral_gib: Annotated[Int, Field(ge=1, le=65536)] | None = Field(
        default=None,
        description="An EBS volume of its own for every pod, which goes with the pod.",
        examples=[200],
        json_schema_extra=about(
            unit="GiB", source="https://kubernetes.io/docs/concepts/storage/ephemeral-volumes/"
        ),
    )
    host_path: AbsolutePath | None = Field(
        default=None,
        description="A folder of the node, made if it is not there: with `local_storage: raid0`, /mnt/k8s-disks/0 is on the NVMe drives.",
        examples=["/mnt/k8s-disks/0"],
        json_schema_extra=about(source=f"{_VOLUMES}#hostpath"),
    )
    sub_path: RelativePath | None = Field(
        default=None,
        description="A folder in it, instead of its root.",
        examples=["llama/checkpoints"],
        json_schema_extra=about(source=f"{_VOLUMES}#using-subpath"),
    )
    read_only: Bool = Field(default=False, description="Whether the pods may only read.", examples=[True])


class Workload(Section):
    """What every workload has."""

    image: Image | RepositoryImage = Field(
        description="The container image, with a tag or digest; or a repository of the layout with a tag.",
        examples=[
            "public.ecr.aws/docker/library/python:3.13.9-slim",
            {"repository": "trainer", "tag": "1.4.0"},
            "var.image",
        ],
        json_schema_extra=about(source="https://kubernetes.io/docs/concepts/containers/images/"),
    )
    command: tuple[str, ...] = Field(
        default=(),
        description="The command, in place of the image's own entry point. No shell reads it.",
        examples=[["torchrun", "/workspace/train.py"]],
        json_schema_extra=about(
            source="https://kubernetes.io/docs/tasks/inject-data-application/define-command-argument-container/"
        ),
    )
    args: tuple[str, ...] = Field(
        default=(),
        description="Arguments of the command, or of the image's entry point.",
        examples=[["--epochs", "3"]],
        json_schema_extra=about(
            source="https://kubernetes.io/docs/tasks/inject-data-application/define-command-argument-container/"
        ),
    )
    environment: dict[EnvironmentName, str] = Field(
        default_factory=dict,
        description="Environment variables, over those that are set here.",
        examples=[{"NCCL_DEBUG": "INFO"}],
        json_schema_extra=about(
            source="https://kubernetes.io/docs/tasks/inject-data-application/define-environment-variable-container/"
        ),
    )
    secrets: dict[EnvironmentName, SecretReference] = Field(
        default_factory=dict,
        description="Environment variables from Secrets that are in the cluster.",
        examples=[{"HF_TOKEN": {"name": "hugging-face", "key": "token"}}],
        json_schema_extra=about(source="https://kubernetes.io/docs/concepts/configuration/secret/"),
    )
    volumes: dict[AbsolutePath, Mount] = Field(
        default_factory=dict,
        description="What is mounted, by absolute path.",
        examples=[{"/fsx": {"file_system": "scratch"}}],
        json_schema_extra=about(source=_VOLUMES),
    )
    buckets: dict[EntryName, Access] = Field(
        default_factory=dict,
        description="What the pods may do in buckets of `storage.buckets`, by EKS Pod Identity. The name of each is in the environment: BUCKET_DATA for `data`.",
        examples=[{"data": "read", "checkpoints": "read_write"}],
        json_schema_extra=about(
            source="https://docs.aws.amazon.com/eks/latest/userguide/pod-identities.html"
        ),
    )
    policy_arns: tuple[PolicyArn, ...] = Field(
        default=(),
        description="More managed policies for the pods' role.",
        examples=[["arn:aws:iam::aws:policy/CloudWatchReadOnlyAccess"]],
        json_schema_extra=about(
            source="https://docs.aws.amazon.com/eks/latest/userguide/pod-identities.html"
        ),
    )
    service_account: ServiceAccountName | None = Field(
        default=None,
        description="A service account that is in the namespace. Without it, one of the workload's name is made.",
        examples=["trainer"],
        json_schema_extra=about(
            source="https://kubernetes.io/docs/tasks/configure-pod-container/configure-service-account/"
        ),
    )
    namespace: Namespace = Field(
        default="default",
        description="Namespace of the workload, made unless it is there.",
        examples=["research"],
        json_schema_extra=about(
            source="https://kubernetes.io/docs/concepts/overview/working-with-objects/namespaces/"
        ),
    )

    @property
    def has_identity(self) -> bool:
        """Whether the pods have an IAM role of their own."""
        return bool(self.buckets or self.policy_arns)
