"""The StorageClasses: how volumes of EBS are made and kept."""

from __future__ import annotations

from collections.abc import Sequence

from cdktf_cdktf_provider_kubernetes.storage_class_v1 import StorageClassV1, StorageClassV1Metadata
from constructs import Construct

from .layout.stores import RETAIN_TAG, RETAINING_STORAGE_CLASS

# Volumes of claims that no layout knows say it themselves: `ops cleanup` never deletes them.
# https://github.com/kubernetes-sigs/aws-ebs-csi-driver/blob/master/docs/tagging.md
_KEPT = {"tagSpecification_1": f"{RETAIN_TAG}=true"}


class StorageClasses(Construct):
    """Encrypted gp3 volumes by the EBS CSI driver, in the zone of the pod that first uses them.

    The one that retains leaves a volume in EC2 when its claim is deleted. `classes` has them by name.
    """

    def __init__(
        self, scope: Construct, id: str, *, names: Sequence[str], default: str | None = None
    ) -> None:
        """Make those of `names`; `default` is the one for claims that name none."""
        super().__init__(scope, id)
        self.classes: dict[str, StorageClassV1] = {}
        for name in names:
            retains = name == RETAINING_STORAGE_CLASS
            annotations = {"storageclass.kubernetes.io/is-default-class": "true"} if name == default else None
            self.classes[name] = StorageClassV1(
                self,
                name,
                metadata=StorageClassV1Metadata(name=name, annotations=annotations),
                storage_provisioner="ebs.csi.aws.com",
                # Without it, Delete: https://kubernetes.io/docs/concepts/storage/storage-classes/#reclaim-policy
                reclaim_policy="Retain" if retains else None,
                parameters={"type": "gp3", "encrypted": "true", **(_KEPT if retains else {})},
                volume_binding_mode="WaitForFirstConsumer",
                allow_volume_expansion=True,
            )
