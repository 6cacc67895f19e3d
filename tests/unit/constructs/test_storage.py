"""The default StorageClass."""

from __future__ import annotations

import pytest

from modules.layout.stores import RETAIN_TAG
from tests.terraform_json import Synth


def test_volumes_are_encrypted_gp3_in_the_zone_of_their_pod(synth: Synth) -> None:
    storage_class = synth("tags: {}").platform.only("kubernetes_storage_class_v1")
    assert storage_class["metadata"]["name"] == "gp3"
    assert storage_class["metadata"]["annotations"] == {"storageclass.kubernetes.io/is-default-class": "true"}
    assert storage_class["storage_provisioner"] == "ebs.csi.aws.com"
    assert storage_class["parameters"] == {"type": "gp3", "encrypted": "true"}
    assert storage_class["volume_binding_mode"] == "WaitForFirstConsumer"
    assert storage_class["allow_volume_expansion"] is True


@pytest.mark.parametrize(
    "text",
    [
        "storage: {default_storage_class: none}",
        # A class whose driver is not there keeps every claim pending.
        "storage: {default_storage_class: none}\naddons: {aws-ebs-csi-driver: {enabled: false}}",
    ],
)
def test_there_is_none_where_the_layout_wants_none(synth: Synth, text: str) -> None:
    assert not synth(text).platform.resources("kubernetes_storage_class_v1")


def test_volumes_bring_the_classes_that_they_name(synth: Synth) -> None:
    text = "storage: {volumes: {kept: {size_gib: 1}, gone: {size_gib: 1, retain: false}}}"
    classes = synth(text).platform.resources("kubernetes_storage_class_v1")
    assert {one["metadata"]["name"]: one.get("reclaim_policy") for one in classes.values()} == {
        "gp3": None,
        "gp3-retain": "Retain",
    }
    tags = {one["metadata"]["name"]: one["parameters"].get("tagSpecification_1") for one in classes.values()}
    assert tags == {"gp3": None, "gp3-retain": f"{RETAIN_TAG}=true"}, "by which `ops cleanup` leaves a volume"
    default = {
        name for name, one in classes.items() if one["metadata"].get("annotations")
    }  # only one may be the default
    assert default == {"storage_gp3"}
    none = synth("storage: {default_storage_class: none, volumes: {gone: {size_gib: 1, retain: false}}}")
    made = none.platform.only("kubernetes_storage_class_v1")
    assert made["metadata"] == {"name": "gp3"}
