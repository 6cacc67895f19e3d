"""What a layout names by itself: literally, as roles and buckets, or by a variable."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING

from moto.acm.models import acm_backends
from moto.ec2.models import ec2_backends
from moto.iam.models import AWSManagedPolicy, iam_backends

from .extra import ACCOUNT_ID
from .wire import Answer

if TYPE_CHECKING:
    from .right import Right

# Who assumes a role of each part of a layout, and the policies that AWS asks for.
_CLUSTER_POLICIES = ("AmazonEKSClusterPolicy",)
_NODE_POLICIES = ("AmazonEKSWorkerNodePolicy", "AmazonEC2ContainerRegistryPullOnly")


def make_named(right: Right) -> None:
    """The roles, principals, policies, buckets and images that the layout names literally."""
    layout = right.layout
    if layout.cluster.role_arn is not None:
        make_role(right, *_parted(layout.cluster.role_arn, "eks"), policies=_CLUSTER_POLICIES)
    for arn in {group.role_arn for group in layout.node_groups.values() if group.role_arn is not None}:
        make_role(right, *_parted(arn, "ec2"), policies=_NODE_POLICIES)
    for addon in layout.addons.values():
        if addon.role_arn is not None:
            make_role(right, *_parted(addon.role_arn, "pods.eks"))
    for entry in layout.cluster.access_entries.values():
        make_role(right, *_parted(entry.principal_arn, "ec2"))
    for one in layout.cluster.pod_identity_associations.values():
        for arn in one.policy_arns:
            name = arn.rpartition("/")[2]
            right.client("iam").create_policy(PolicyName=name, PolicyDocument=json.dumps(_policy("s3:*")))
    if layout.backend.bucket is not None:
        make_state_bucket(right, layout.backend.bucket)
    for file_system in layout.storage.file_systems.values():
        for repository in file_system.data_repositories:
            if repository.of_layout is None:
                bucket = repository.bucket.removeprefix("s3://")
                make_bucket(right, bucket)
                right.client("s3").put_object(Bucket=bucket, Key=f"{repository.prefix}/part-0", Body=b"data")
    for job in layout.workloads.training.values():
        image = str(job.image)
        if f"{ACCOUNT_ID}.dkr.ecr" in image:
            make_image_of_pods(right, *image.partition("/")[2].split(":"))


def _parted(arn: str, service: str) -> tuple[str, str, str]:
    """Name, service and path of a role."""
    path, _, name = arn.partition(":role")[2].rpartition("/")
    return name, service, f"{path}/"


def _policy(action: str) -> Answer:
    statement = {"Effect": "Allow", "Action": action, "Resource": "*"}
    return {"Version": "2012-10-17", "Statement": [statement]}


def make_role(right: Right, name: str, service: str, path: str = "/", policies: Sequence[str] = ()) -> None:
    """A role that a service may assume, with managed policies of AWS's."""
    iam = right.client("iam")
    trust = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Service": f"{service}.amazonaws.com"},
                "Action": ["sts:AssumeRole", "sts:TagSession"],
            }
        ],
    }
    # Not over HTTP: every account has seven of them.
    backend = iam_backends[ACCOUNT_ID]["aws"]
    backend.create_role(name, json.dumps(trust), path, None, "", [], "3600")
    for policy in policies:
        data = {
            "DefaultVersionId": "v1",
            "Path": "/",
            "Document": _policy("eks:*"),
            "CreateDate": "2017-05-27T21:06:14",
            "UpdateDate": "2017-05-27T21:06:14",
        }
        made = AWSManagedPolicy.from_data(policy, ACCOUNT_ID, "aws", data)
        backend.managed_policies[made.arn] = made
        iam.attach_role_policy(RoleName=name, PolicyArn=f"arn:aws:iam::aws:policy/{policy}")


def make_key(right: Right) -> str:
    """A KMS key that Auto Scaling's role may use."""
    role = f"arn:aws:iam::{ACCOUNT_ID}:role/aws-service-role/autoscaling.amazonaws.com/AWSServiceRoleForAutoScaling"
    policy = _policy("kms:*")
    policy["Statement"][0]["Principal"] = {"AWS": [f"arn:aws:iam::{ACCOUNT_ID}:root", role]}
    made = right.client("kms").create_key(Policy=json.dumps(policy), KeyUsage="ENCRYPT_DECRYPT")
    right.key_arn = str(made["KeyMetadata"]["Arn"])
    return right.key_arn


def make_image(right: Right) -> str:
    """An AMI of the account's own, as EKS's are."""
    right.image_id = right.client("ec2").register_image(Name="own", VirtualizationType="hvm")["ImageId"]
    image = ec2_backends[ACCOUNT_ID][right.region].amis[right.image_id]
    # moto does not take these from the request.
    image.architecture, image.root_device_name = "x86_64", "/dev/xvda"
    return right.image_id


def make_certificate(right: Right) -> str:
    """A certificate that is issued."""
    acm = right.client("acm")
    arn: str = acm.request_certificate(DomainName="models.example.com", ValidationMethod="DNS")[
        "CertificateArn"
    ]
    # moto lets it wait for a minute.
    acm_backends[ACCOUNT_ID][right.region]._certificates[arn].status = "ISSUED"
    return arn


def make_bucket(right: Right, name: str) -> None:
    """A bucket in the layout's region."""
    right.client("s3").create_bucket(
        Bucket=name, CreateBucketConfiguration={"LocationConstraint": right.region}
    )


def make_state_bucket(right: Right, name: str) -> None:
    """A bucket as the state of Terraform wants it: versioned, encrypted, private."""
    make_bucket(right, name)
    s3 = right.client("s3")
    s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
    rule = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}
    s3.put_bucket_encryption(Bucket=name, ServerSideEncryptionConfiguration={"Rules": [rule]})
    blocks = ("BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets")
    s3.put_public_access_block(Bucket=name, PublicAccessBlockConfiguration=dict.fromkeys(blocks, True))


def make_image_of_pods(right: Right, repository: str, tag: str) -> None:
    """A container image in ECR."""
    ecr = right.client("ecr")
    ecr.create_repository(repositoryName=repository)
    ecr.put_image(repositoryName=repository, imageTag=tag, imageManifest=json.dumps(_MANIFEST))


_MANIFEST = {
    "schemaVersion": 2,
    "mediaType": "application/vnd.docker.distribution.manifest.v2+json",
    "config": {
        "mediaType": "application/vnd.docker.container.image.v1+json",
        "size": 1,
        "digest": "sha256:00",
    },
    "layers": [],
}
