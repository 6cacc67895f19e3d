"""PersistentVolumes and claims of what a layout stores: file systems, buckets, EBS volumes."""

from __future__ import annotations

from collections.abc import Mapping

from cdktf import ITerraformDependable, TerraformResource, TerraformResourceLifecycle
from cdktf_cdktf_provider_aws.data_aws_ssm_parameter import DataAwsSsmParameter
from constructs import Construct

from ..layout import Layout
from ..layout.claims import Claim, claim_of, claims, workloads
from ..layout.models import Workload
from ..layout.stores import file_system_parameter, storage_class
from .objects import Objects, add_object
from .pod import Expression, Manifest, Names

# Mountpoint has no capacity; Kubernetes wants one: https://github.com/awslabs/mountpoint-s3-csi-driver/blob/main/docs/CONFIGURATION.md
_NO_CAPACITY = "1Ti"
# What a claim of a volume that is there asks for. Always the same: Kubernetes lets no such claim grow with its volume.
# https://kubernetes.io/docs/concepts/storage/persistent-volumes/#expanding-persistent-volumes-claims
_ASKED = "1Gi"


class Claims(Objects):
    """The claims that the workloads need, their volumes, and the parameters that say where file systems are."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        layout: Layout,
        names: Names,
        namespaces: Mapping[str, ITerraformDependable],
    ) -> None:
        """Make them.

        Args:
            names: what buckets are called in S3.
            namespaces: those that are made here, by name.
        """
        super().__init__(scope, id)
        self._layout, self._names = layout, names
        self._found: dict[str, str] = {}
        self._made: dict[tuple[str, str], TerraformResource] = {}
        self._static: set[tuple[str, str]] = set()
        for claim in claims(layout):
            after: list[ITerraformDependable] = []
            # No name has two hyphens in a row, so that two underscores are the border in an address.
            id_ = f"{claim.namespace}__{claim.claim}"
            if claim.namespace in namespaces:
                after.append(namespaces[claim.namespace])
            lifecycle = None
            if claim.kind != "volume":
                volume = add_object(self, f"{id_}__volume", self._volume(claim))
                after.append(volume)
                # Another file system is another volume, which the claim holds fast.
                lifecycle = TerraformResourceLifecycle(replace_triggered_by=[_id_of(volume)])
                self._static.add((claim.namespace, claim.claim))
            made = add_object(
                self,
                id_,
                _claim(claim, layout),
                depends_on=after,
                lifecycle=lifecycle,
                # The first pod decides in which zone an EBS volume is made; the provider would wait for that in vain.
                wait_until_bound=claim.kind != "volume",
            )
            self._made[claim.namespace, claim.claim] = made

    def of(self, workload: Workload) -> list[ITerraformDependable]:
        """Those that a workload mounts."""
        return [self._made[key] for key in self._keys(workload)]

    def replacing(self, workload: Workload) -> list[str]:
        """What a workload has to be replaced with, as `TYPE.NAME.ATTRIBUTE`: a claim stays as long as a pod mounts it."""
        return [_id_of(self._made[key]) for key in self._keys(workload) if key in self._static]

    def _keys(self, workload: Workload) -> list[tuple[str, str]]:
        wanted = (claim_of(mount) for mount in workload.volumes.values())
        return [(workload.namespace, claim) for claim in dict.fromkeys(wanted) if claim is not None]

    def _volume(self, claim: Claim) -> Manifest:
        return {
            "apiVersion": "v1",
            "kind": "PersistentVolume",
            "metadata": {"name": claim.volume},
            "spec": {
                **(self._bucket(claim) if claim.kind == "bucket" else self._file_system(claim)),
                "accessModes": ["ReadWriteMany"],
                "persistentVolumeReclaimPolicy": "Retain",
                # A class that does not exist: without a name, a claim gets a new volume of the default class.
                "storageClassName": claim.claim,
                "claimRef": {"namespace": claim.namespace, "name": claim.claim},
            },
        }

    def _file_system(self, claim: Claim) -> Manifest:
        """https://github.com/kubernetes-sigs/aws-fsx-csi-driver/tree/master/examples/kubernetes/static_provisioning."""
        if claim.name not in self._found:
            found = DataAwsSsmParameter(
                self, f"file-system_{claim.name}", name=file_system_parameter(self._layout.name, claim.name)
            )
            # Its address is no secret, unlike other parameters' values.
            self._found[claim.name] = f"jsondecode({found.fqn}.insecure_value)"
        address = self._found[claim.name]
        attributes = {
            "dnsname": Expression(f"${{{address}.dns_name}}"),
            "mountname": Expression(f"${{{address}.mount_name}}"),
        }
        size = self._layout.storage.file_systems[claim.name].capacity_gib
        return {
            "capacity": {"storage": f"{size}Gi"},
            "mountOptions": ["flock"],
            "csi": {
                "driver": "fsx.csi.aws.com",
                "volumeHandle": Expression(f"${{{address}.id}}"),
                "volumeAttributes": attributes,
            },
        }

    def _bucket(self, claim: Claim) -> Manifest:
        """https://github.com/awslabs/mountpoint-s3-csi-driver/blob/main/docs/CONFIGURATION.md."""
        options = [f"region {self._layout.region}", "allow-other"]
        if self._is_written(claim):
            options += ["allow-delete", "allow-overwrite"]
        return {
            "capacity": {"storage": _NO_CAPACITY},
            "mountOptions": options,
            "csi": {
                "driver": "s3.csi.aws.com",
                "volumeHandle": claim.volume,
                "volumeAttributes": {
                    "bucketName": Expression(self._names.buckets[claim.name]),
                    # Each pod may do what its own service account may.
                    "authenticationSource": "pod",
                },
            },
        }

    def _is_written(self, claim: Claim) -> bool:
        return any(
            one.namespace == claim.namespace and one.buckets.get(claim.name, "read") != "read"
            for _, one in workloads(self._layout)
        )


def _claim(claim: Claim, layout: Layout) -> Manifest:
    spec: Manifest = {"accessModes": ["ReadWriteMany"], "storageClassName": claim.claim}
    if claim.kind == "volume":
        volume = layout.storage.volumes[claim.name]
        spec = {"accessModes": ["ReadWriteOnce"], "storageClassName": storage_class(volume)}
        size = f"{volume.size_gib}Gi"
    else:
        spec["volumeName"] = claim.volume
        size = _ASKED
    spec["resources"] = {"requests": {"storage": size}}
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {"name": claim.claim, "namespace": claim.namespace},
        "spec": spec,
    }


def _id_of(resource: TerraformResource) -> str:
    return f"{resource.terraform_resource_type}.{resource.friendly_unique_id}.id"
