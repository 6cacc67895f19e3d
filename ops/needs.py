"""Which resources of the cluster and the platform stack have to outlive what is in the workloads stack, and why."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from modules.layout.efa_drivers import DEVICE_CLASS, DRA_RELEASE, PLUGIN_RELEASE
from modules.layout.pods import EFA
from modules.layout.releases import RELEASE_SERVICE_ACCOUNTS
from modules.layout.stores import RETAINING_STORAGE_CLASS, STORAGE_CLASS

from .states import Deployed

_BALANCERS = "aws-load-balancer-controller"
_VOLUME = "kubernetes_persistent_volume_v1"


@dataclass(frozen=True, slots=True)
class Need:
    """Something that goes, and what has to go before it.

    `is_it` says of a resource whether it is that; `needs`, of a workload, whether it needs the one that goes. `first` is
    what to do before what needs it goes by a deploy of its own, and `last` after the deploy of the rest.
    """

    what: str
    is_it: Callable[[Deployed], bool]
    needs: Callable[[Deployed, Deployed], bool]
    otherwise: str
    first: str = "Let that stack go first:"
    last: tuple[str, ...] = ()


def _release(name: str) -> Callable[[Deployed], bool]:
    return lambda one: one.type == "helm_release" and one.attributes.get("name") == name


def _addon(name: str) -> Callable[[Deployed], bool]:
    return lambda one: one.type == "aws_eks_addon" and one.attributes.get("addon_name") == name


def _balancer_controller(one: Deployed) -> bool:
    """The release, or what gives it its rights."""
    account = RELEASE_SERVICE_ACCOUNTS[_BALANCERS]
    identity = one.type == "aws_eks_pod_identity_association"
    return _release(_BALANCERS)(one) or (identity and one.attributes.get("service_account") == account)


def _balanced(one: Deployed, _: Deployed) -> bool:
    if one.type == "kubernetes_ingress_v1":
        return True
    specs = one.attributes.get("spec") or [{}]
    return one.type == "kubernetes_service_v1" and specs[0].get("type") == "LoadBalancer"


def _kind_of(group: str) -> Callable[[Deployed, Deployed], bool]:
    """Whether a manifest is of an API group."""

    def needs(one: Deployed, _: Deployed) -> bool:
        if one.type != "kubernetes_manifest":
            return False
        manifest = one.attributes.get("manifest") or {}
        # The provider takes any object there, and a state has its type beside it.
        manifest = manifest.get("value", manifest)
        return str(manifest.get("apiVersion")).partition("/")[0] == group

    return needs


def _mounted(driver: str) -> Callable[[Deployed, Deployed], bool]:
    return lambda one, _: one.type == _VOLUME and driver in _found(one.attributes, "driver")


def _on_ebs(one: Deployed, _: Deployed) -> bool:
    """Whether it is a claim of a volume, or has pods that get one each."""
    names = {STORAGE_CLASS, RETAINING_STORAGE_CLASS}
    wanted = {*_found(one.attributes, "storage_class_name"), *_found(one.attributes, "storageClassName")}
    return one.type != _VOLUME and bool(names & wanted)


def _is_on(key: str) -> Callable[[Deployed, Deployed], bool]:
    """Whether a persistent volume names, under a key, the data that goes."""
    return lambda one, gone: one.type == _VOLUME and gone.attributes.get("id") in _found(one.attributes, key)


def _found(value: Any, key: str) -> set[str]:
    """All texts under a key, at any depth."""
    return set(_texts(value, key))


def _texts(value: Any, key: str) -> Iterator[str]:
    if isinstance(value, dict):
        for name, inner in value.items():
            if name == key and isinstance(inner, str):
                yield inner
            yield from _texts(inner, key)
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(inner, key)


def _mentions(text: str) -> Callable[[Deployed, Deployed], bool]:
    """Whether a text is a key or a value somewhere in a workload's attributes."""

    def needs(one: Deployed, _: Deployed) -> bool:
        return one.type.startswith("kubernetes_") and text in set(_all_texts(one.attributes))

    return needs


def _all_texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        yield from value
        for inner in value.values():
            yield from _all_texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _all_texts(inner)


# The other driver knows nothing of what this one has handed out.
# https://docs.aws.amazon.com/eks/latest/userguide/device-management-efa.html#efa-dra-driver
_EFA = "pods that run keep their devices, of which another driver does not know and gives them away again; no other pod gets any"
_WITHOUT_JOBS = "Take what needs it out of the layout, and let that stack go first:"
_BACK = ("and put it back, with another `make deploy`.",)
_DRIVER = "without the driver no node can unmount the volume, and the pod does not end"

NEEDS = (
    Need(
        "the AWS load balancer controller",
        _balancer_controller,
        _balanced,
        "nobody else takes their finalizers off: their deletion hangs, and the load balancers and security groups stay, "
        "and are paid for",
    ),
    # https://github.com/kubernetes-sigs/kueue/issues/1339
    Need(
        "kueue",
        _release("kueue"),
        _kind_of("kueue.x-k8s.io"),
        "its queues have finalizers that nobody else takes off: their deletion hangs",
    ),
    Need(
        "the training operator",
        _release("training-operator"),
        _kind_of("trainer.kubeflow.org"),
        "with it go the kinds of its jobs: running ones are deleted or left to nobody, and Terraform cannot plan the rest",
    ),
    Need(
        "the MPI operator",
        _release("mpi-operator"),
        _kind_of("kubeflow.org"),
        "with it goes the kind of its jobs: running ones are deleted or left to nobody, and Terraform cannot plan the rest",
    ),
    Need("the EFA device plugin", _release(PLUGIN_RELEASE), _mentions(EFA), _EFA, _WITHOUT_JOBS, _BACK),
    Need("the EFA DRA driver", _release(DRA_RELEASE), _mentions(DEVICE_CLASS), _EFA, _WITHOUT_JOBS, _BACK),
    Need("the FSx driver", _addon("aws-fsx-csi-driver"), _mounted("fsx.csi.aws.com"), _DRIVER),
    Need("the S3 driver", _addon("aws-mountpoint-s3-csi-driver"), _mounted("s3.csi.aws.com"), _DRIVER),
    Need("the EBS driver", _addon("aws-ebs-csi-driver"), _on_ebs, _DRIVER),
    Need(
        "a file system",
        lambda one: one.type == "aws_fsx_lustre_file_system",
        _is_on("volume_handle"),
        "pods that have it mounted hang in their next read or write, and do not end",
    ),
    Need(
        "a bucket",
        lambda one: one.type == "aws_s3_bucket",
        _is_on("bucketName"),
        "pods that have it mounted fail in their next read or write",
    ),
)
