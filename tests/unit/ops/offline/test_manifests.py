"""What is planned of a custom resource: what has to come back as it was written, and what may not."""

from __future__ import annotations

from typing import Any

from ops.offline.account.served import served
from ops.offline.manifests import planned_object
from ops.offline.values import UNKNOWN, Dynamic

ALL = ["metadata.labels", "metadata.annotations", "spec"]


def typed(value: Any) -> Any:
    """The type of a value, as Terraform writes it."""
    if isinstance(value, dict):
        return ["object", {key: typed(child) for key, child in value.items()}]
    return "number" if isinstance(value, int) else "string"


def manifest(memory: str = "1Gi", **metadata: Any) -> Dynamic:
    value = {
        "kind": "TrainJob",
        "metadata": {"name": "a", **metadata},
        "spec": {"limits": {"memory": memory}},
    }
    return Dynamic(typed(value), value)


def state(given: Dynamic, computed: list[str] | None = None, made: Any = None) -> dict[str, Any]:
    return {"manifest": given, "computed_fields": computed, "object": made}


def test_what_the_manifest_says_has_to_come_back() -> None:
    planned = planned_object(state(manifest()), None)
    assert planned == manifest()


def test_labels_may_come_back_otherwise_where_no_field_is_named() -> None:
    planned = planned_object(state(manifest(labels={"a": "b"})), None)
    assert planned.value["metadata"] == {"name": "a", "labels": UNKNOWN}
    assert planned.type[1]["metadata"] == ["object", {"name": "string", "labels": "dynamic"}]


def test_a_computed_field_may_come_back_as_it_likes_and_the_labels_then_not() -> None:
    planned = planned_object(state(manifest(labels={"a": "b"}), ["spec"]), None)
    assert planned.value["spec"] is UNKNOWN
    assert planned.value["metadata"]["labels"] == {"a": "b"}


def test_a_computed_field_keeps_what_came_back_while_the_manifest_says_the_same() -> None:
    made = manifest("2Gi")
    prior = state(manifest(), ALL, made)
    assert planned_object(state(manifest(), ALL), prior) == made
    assert planned_object(state(manifest("3Gi"), ALL), prior).value["spec"] is UNKNOWN


def test_another_value_that_came_back_is_a_change_where_the_field_is_not_computed() -> None:
    assert planned_object(state(manifest()), state(manifest(), None, manifest("2Gi"))) == manifest()


def test_a_manifest_that_is_not_known_is_an_object_that_is_not() -> None:
    assert planned_object({"manifest": UNKNOWN}, None) is UNKNOWN


def test_quantities_come_back_in_their_shortest_form() -> None:
    assert served("kubernetes_manifest", state(manifest("1024Mi")), None)["object"] == manifest("1Gi")


# Typed resources


def pods(limits: dict[str, str], requests: dict[str, str] | None) -> dict[str, Any]:
    container = {"name": "main", "resources": [{"limits": limits, "requests": requests}]}
    return {"spec": [{"parallelism": 1, "template": [{"spec": [{"container": [container]}]}]}]}


def requests_of(values: dict[str, Any]) -> Any:
    return values["spec"][0]["template"][0]["spec"][0]["container"][0]["resources"][0]["requests"]


def test_missing_requests_are_taken_from_the_limits_once_there_are_any() -> None:
    limits = {"cpu": "2", "nvidia.com/gpu": "8"}
    for type_name in ("kubernetes_deployment_v1", "kubernetes_job_v1", "kubernetes_stateful_set_v1"):
        made = served(type_name, pods(limits, {"cpu": "1"}), None)
        assert requests_of(made) == {"cpu": "1", "nvidia.com/gpu": "8"}
        assert requests_of(served(type_name, pods(limits, None), None)) is None


def test_of_a_changed_job_the_provider_sends_little() -> None:
    before, after = pods({"cpu": "1"}, {"cpu": "1"}), pods({"cpu": "2"}, {"cpu": "2"})
    after["spec"][0] |= dict.fromkeys(
        ("active_deadline_seconds", "backoff_limit", "manual_selector", "parallelism", "pod_failure_policy"),
        3,
    )
    made = served("kubernetes_job_v1", after, before)
    assert requests_of(made) == {"cpu": "1"}
    assert made["spec"][0]["parallelism"] == 3
    assert before["spec"][0]["parallelism"] == 1


def test_how_a_stateful_set_is_updated_comes_back_though_nobody_said_it() -> None:
    made = served("kubernetes_stateful_set_v1", {**pods({}, None)}, None)
    assert made["spec"][0]["update_strategy"] == [
        {"type": "RollingUpdate", "rolling_update": [{"partition": 0}]}
    ]


def test_other_types_come_back_as_they_were_planned() -> None:
    planned = {"spec": [{"replicas": 1}]}
    assert served("aws_vpc", planned, None) is planned
