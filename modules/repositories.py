"""Repositories of container images in ECR."""

from __future__ import annotations

import json
from typing import Any

from cdktf import TerraformResourceLifecycle
from cdktf_cdktf_provider_aws.ecr_lifecycle_policy import EcrLifecyclePolicy
from cdktf_cdktf_provider_aws.ecr_repository import (
    EcrRepository,
    EcrRepositoryEncryptionConfiguration,
    EcrRepositoryImageScanningConfiguration,
)
from constructs import Construct

from .expressions import RESOURCE
from .layout.models import Repository as RepositorySection
from .layout.stores import data_tags


class Repository(Construct):
    """One repository; `resource` is it, `lifecycle` the policy by which images expire."""

    def __init__(self, scope: Construct, id: str, *, name: str, repository: RepositorySection) -> None:
        """Make it; `name` is its name in ECR."""
        super().__init__(scope, id)
        self.resource = EcrRepository(
            self,
            RESOURCE,
            name=name,
            image_tag_mutability="IMMUTABLE" if repository.immutable_tags else "MUTABLE",
            image_scanning_configuration=EcrRepositoryImageScanningConfiguration(
                scan_on_push=repository.scan_on_push
            ),
            encryption_configuration=[
                EcrRepositoryEncryptionConfiguration(
                    encryption_type="AES256" if repository.kms_key_arn is None else "KMS",
                    kms_key=repository.kms_key_arn,
                )
            ],
            # Only a repository that may go is deleted with its images.
            force_delete=not repository.retain,
            tags=data_tags(repository.tags, retain=repository.retain) or None,
            lifecycle=TerraformResourceLifecycle(prevent_destroy=True) if repository.retain else None,
        )
        rules = lifecycle_rules(repository)
        self.lifecycle: EcrLifecyclePolicy | None = None
        if rules:
            self.lifecycle = EcrLifecyclePolicy(
                self, "lifecycle", repository=self.resource.name, policy=json.dumps({"rules": rules})
            )


def lifecycle_rules(repository: RepositorySection) -> list[dict[str, Any]]:
    """The rules of the lifecycle policy, by priority.

    https://docs.aws.amazon.com/AmazonECR/latest/userguide/lifecycle_policy_parameters.html
    """
    selections: list[tuple[str, dict[str, Any]]] = []
    if repository.expire_untagged_days:
        days = {"countType": "sinceImagePushed", "countUnit": "days"}
        untagged = {"tagStatus": "untagged", **days, "countNumber": repository.expire_untagged_days}
        selections.append(("Images that lost their tag", untagged))
    if repository.keep_images is not None:
        # A rule about any image has to be the last: it is the one of the highest number.
        count = {"countType": "imageCountMoreThan", "countNumber": repository.keep_images}
        selections.append(("More than the newest", {"tagStatus": "any", **count}))
    return [
        {"rulePriority": priority, "description": text, "selection": what, "action": {"type": "expire"}}
        for priority, (text, what) in enumerate(selections, 1)
    ]
