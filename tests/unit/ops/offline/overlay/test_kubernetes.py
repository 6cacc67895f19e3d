"""What replaces what runs on the cluster, and what is planned in place."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest

from ops.offline import overlay
from ops.offline.values import UNKNOWN
from tests.unit.ops.offline.overlay.test_overlay import body, values

Values = dict[str, Any]
JOB, DEPLOYMENT, STATEFUL = "kubernetes_job_v1", "kubernetes_deployment_v1", "kubernetes_stateful_set_v1"
_IN_POD = "spec.0.template.0.spec.0"


def workload(**spec: Any) -> Values:
    containers = [
        {
            "name": "main",
            "image": "a:1",
            "env": [{"name": "A", "value": "1"}],
            "resources": [{"limits": {"nvidia.com/gpu": "8"}}],
            "volume_mount": [{"name": "v", "mount_path": "/a"}],
        },
        {"name": "beside", "image": "b:1"},
    ]
    pod = {"container": containers, "node_selector": {"a": "b"}, "toleration": [{"key": "a"}]}
    return {
        "metadata": [{"name": "a", "namespace": "training"}],
        "spec": [
            {
                "selector": [{"match_labels": {"app": "a"}}],
                "template": [{"metadata": [{"labels": {"app": "a"}}], "spec": [pod]}],
                **spec,
            }
        ],
    }


def changed(given: Values, path: str, value: Any) -> Values:
    result = deepcopy(given)
    found: Any = result
    *above, last = path.split(".")
    for step in above:
        found = found[int(step)] if isinstance(found, list) else found[step]
    found[int(last) if isinstance(found, list) else last] = value
    return result


def replaced(type_name: str, given: Values, path: str, value: Any) -> list[str]:
    prior, planned = values(type_name, given), values(type_name, changed(given, path, value))
    return overlay.replaced_by(type_name, prior, planned)


@pytest.mark.parametrize(
    ("path", "value", "because"),
    [
        ("metadata.0.name", "b", "metadata.0.name"),
        ("spec.0.completions", 3, "spec.0.completions"),
        (f"{_IN_POD}.container.0.image", "a:2", f"{_IN_POD}.container.0.image"),
        (f"{_IN_POD}.container.1.image", "a:2", f"{_IN_POD}.container.1.image"),
        (f"{_IN_POD}.container.0.env.0.value", "2", f"{_IN_POD}.container.0.env.0.value"),
        (f"{_IN_POD}.container.0.env.0.value", UNKNOWN, f"{_IN_POD}.container.0.env.0.value"),
        (f"{_IN_POD}.node_selector", {"a": "c"}, f"{_IN_POD}.node_selector"),
        (f"{_IN_POD}.toleration", [{"key": "b"}], f"{_IN_POD}.toleration.0.key"),
        (f"{_IN_POD}.container.0.volume_mount", [], f"{_IN_POD}.container.0.volume_mount"),
    ],
)
def test_a_job_is_replaced_by(path: str, value: Any, because: str) -> None:
    assert because in replaced(JOB, workload(), path, value)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("spec.0.parallelism", 3),
        ("spec.0.backoff_limit", 0),
        ("spec.0.ttl_seconds_after_finished", "60"),
        ("spec.0.template.0.metadata.0.labels", {"app": "b"}),
        (f"{_IN_POD}.container.0.resources", [{"limits": {"nvidia.com/gpu": "4"}}]),
        (f"{_IN_POD}.container.0.volume_mount", [{"name": "v", "mount_path": "/b"}]),
        (f"{_IN_POD}.volume", [{"name": "v", "empty_dir": [{}]}]),
    ],
)
def test_a_job_is_planned_in_place_for(path: str, value: Any) -> None:
    assert replaced(JOB, workload(), path, value) == []


@pytest.mark.parametrize("type_name", [DEPLOYMENT, STATEFUL])
def test_what_runs_on_gets_other_pods_in_place_and_other_selectors_by_replacement(type_name: str) -> None:
    assert replaced(type_name, workload(), f"{_IN_POD}.container.0.image", "a:2") == []
    assert replaced(type_name, workload(), "spec.0.replicas", "3") == []
    selector = "spec.0.selector.0.match_labels"
    assert replaced(type_name, workload(), selector, {"app": "b"}) == [selector]


def claim(size: str = "100Gi", **spec: Any) -> Values:
    return {
        "metadata": [{"name": "a", "namespace": "training"}],
        "spec": [{"access_modes": ["ReadWriteOnce"], "resources": [{"requests": {"storage": size}}], **spec}],
    }


@pytest.mark.parametrize(
    ("before", "after", "because"),
    [
        ("100Gi", "200Gi", []),
        ("1Ti", "1024Gi", []),
        ("1Ti", "1000Gi", ["spec.0.resources.0.requests"]),
        ("100Gi", "what", []),
    ],
)
def test_a_claim_grows_in_place_and_shrinks_by_replacement(
    before: str, after: str, because: list[str]
) -> None:
    kind = "kubernetes_persistent_volume_claim_v1"
    prior, planned = values(kind, claim(before)), values(kind, claim(after))
    assert overlay.replaced_by(kind, prior, planned) == because


def test_a_claim_of_another_class_is_another() -> None:
    kind = "kubernetes_persistent_volume_claim_v1"
    prior, planned = values(kind, claim()), values(kind, claim(storage_class_name="gp3"))
    assert overlay.replaced_by(kind, prior, planned) == ["spec.0.storage_class_name"]


def test_a_volume_of_another_source_is_another() -> None:
    def volume(handle: str) -> Values:
        source = {"csi": [{"driver": "fsx.csi.aws.com", "volume_handle": handle}]}
        return values(
            "kubernetes_persistent_volume_v1",
            {"metadata": [{"name": "a"}], "spec": [{"persistent_volume_source": [source]}]},
        )

    found = overlay.replaced_by("kubernetes_persistent_volume_v1", volume("fs-1"), volume("fs-2"))
    assert found == ["spec.0.persistent_volume_source"]
    assert overlay.replaced_by("kubernetes_persistent_volume_v1", volume("fs-1"), volume("fs-1")) == []


def test_pods_get_the_defaults_of_the_provider() -> None:
    for type_name, policy in ((JOB, "Never"), (DEPLOYMENT, "Always"), (STATEFUL, "Always")):
        given = values(type_name, workload())
        made = overlay.with_defaults(type_name, body(type_name), given, given, None)
        pod = made["spec"][0]["template"][0]["spec"][0]
        assert (pod["restart_policy"], pod["dns_policy"]) == (policy, "ClusterFirst")
        assert pod["toleration"][0]["operator"] == "Equal"
        first, second = pod["container"]
        assert first["volume_mount"][0]["mount_propagation"] == "None"
        # What Kubernetes fills in itself is known after the apply.
        assert second["resources"] is UNKNOWN


@pytest.mark.parametrize(
    ("type_name", "given", "says"),
    [
        (JOB, changed(workload(), f"{_IN_POD}.toleration.0.effect", "Never"), "has to be one of NoSchedule"),
        (JOB, workload(completion_mode="Parallel"), "has to be one of Indexed"),
        (JOB, workload(ttl_seconds_after_finished="1h"), "whole number"),
        (STATEFUL, workload(pod_management_policy="All"), "OrderedReady"),
        ("kubernetes_service_v1", {"spec": [{"type": "Headless"}]}, "LoadBalancer"),
        ("kubernetes_service_v1", {"spec": [{"port": [{"port": 70000}]}]}, "at most 65535"),
        ("kubernetes_persistent_volume_claim_v1", claim(volume_mode="Disk"), "Filesystem"),
        ("kubernetes_pod_disruption_budget_v1", {"spec": [{"max_unavailable": "half"}]}, "percentage"),
    ],
)
def test_a_value_that_the_provider_refuses_is_told(type_name: str, given: Values, says: str) -> None:
    ((_, told),) = overlay.violations(type_name, values(type_name, given))
    assert says in told
