"""The default StorageClass of the cluster."""

from __future__ import annotations

from cdktf_cdktf_provider_kubernetes.storage_class_v1 import StorageClassV1, StorageClassV1Metadata
from constructs import Construct


class DefaultStorageClass(Construct):
    """Encrypted gp3 volumes by the EBS CSI driver, in the zone of the pod that first uses them."""

    def __init__(self, scope: Construct, id: str) -> None:
        super().__init__(scope, id)
        self.resource = StorageClassV1(
            self,
            "gp3",
            metadata=StorageClassV1Metadata(
                name="gp3", annotations={"storageclass.kubernetes.io/is-default-class": "true"}
            ),
            storage_provisioner="ebs.csi.aws.com",
            parameters={"type": "gp3", "encrypted": "true"},
            volume_binding_mode="WaitForFirstConsumer",
            allow_volume_expansion=True,
        )
