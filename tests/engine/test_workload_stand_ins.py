"""What runs on a cluster, by the real engine: every type has an empty second plan, and jobs change as we rely on it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from ops.offline.account import Account, Cluster
from ops.offline.engine import Engine, Workspace
from ops.offline.server import StandIns
from tests.offline import one_line, planned, succeeded

pytestmark = pytest.mark.engine

Resources = dict[str, dict[str, Any]]
NAMED = {"name": "a", "namespace": "default"}
LABELS = {"app": "a"}
SOME = {"cpu": "1", "nvidia.com/gpu": "8"}
POD = {
    "container": [{"name": "main", "image": "a:1", "resources": {"limits": SOME, "requests": SOME}}],
    "node_selector": {"a": "b"},
    "toleration": [{"key": "a", "operator": "Exists"}],
}
TEMPLATE = {"metadata": {"labels": LABELS}, "spec": POD}
SELECTOR = {"match_labels": LABELS}
TRAIN_JOB = {
    "apiVersion": "trainer.kubeflow.org/v1alpha1",
    "kind": "TrainJob",
    "metadata": NAMED,
    "spec": {"trainer": {"numNodes": 2, "resourcesPerNode": {"limits": {"memory": "1024Mi"}}}},
}
TRIGGER = {"ignore_changes": ["spec"], "replace_triggered_by": ["terraform_data.job"]}
RESOURCES: Resources = {
    "kubernetes_config_map_v1": {"a": {"metadata": NAMED, "data": {"a": "b"}}},
    "kubernetes_deployment_v1": {
        "a": {"metadata": NAMED, "spec": {"selector": SELECTOR, "template": TEMPLATE}}
    },
    "kubernetes_horizontal_pod_autoscaler_v2": {
        "a": {
            "metadata": NAMED,
            "spec": {
                "max_replicas": 3,
                "scale_target_ref": {"api_version": "apps/v1", "kind": "Deployment", "name": "a"},
                "metric": [
                    {
                        "type": "Resource",
                        "resource": {
                            "name": "cpu",
                            "target": {"type": "Utilization", "average_utilization": 70},
                        },
                    }
                ],
            },
        }
    },
    "kubernetes_ingress_v1": {
        "a": {"metadata": NAMED, "wait_for_load_balancer": True, "spec": {"ingress_class_name": "alb"}}
    },
    "kubernetes_job_v1": {
        "job": {
            "metadata": NAMED,
            "wait_for_completion": False,
            "spec": {"completions": 2, "completion_mode": "Indexed", "template": TEMPLATE},
            "lifecycle": TRIGGER,
        },
        "alone": {
            "metadata": {**NAMED, "name": "alone"},
            "wait_for_completion": False,
            "spec": {"template": TEMPLATE},
        },
    },
    "kubernetes_manifest": {
        "a": {"manifest": TRAIN_JOB, "computed_fields": ["metadata.labels", "metadata.annotations", "spec"]}
    },
    "kubernetes_persistent_volume_claim_v1": {
        "a": {
            "metadata": NAMED,
            "spec": {
                "access_modes": ["ReadWriteMany"],
                "storage_class_name": "fsx",
                "volume_name": "${kubernetes_persistent_volume_v1.a.metadata[0].name}",
                "resources": {"requests": {"storage": "1200Gi"}},
            },
        }
    },
    "kubernetes_persistent_volume_v1": {
        "a": {
            "metadata": {"name": "a"},
            "spec": {
                "access_modes": ["ReadWriteMany"],
                "capacity": {"storage": "1200Gi"},
                "storage_class_name": "fsx",
                "persistent_volume_source": {"csi": {"driver": "fsx.csi.aws.com", "volume_handle": "fs-1"}},
            },
        }
    },
    "kubernetes_pod_disruption_budget_v1": {
        "a": {"metadata": NAMED, "spec": {"max_unavailable": "1", "selector": SELECTOR}}
    },
    "kubernetes_priority_class_v1": {"a": {"metadata": {"name": "a"}, "value": 10}},
    "kubernetes_role_v1": {
        "a": {"metadata": NAMED, "rule": [{"api_groups": [""], "resources": ["pods"], "verbs": ["get"]}]}
    },
    "kubernetes_role_binding_v1": {
        "a": {
            "metadata": NAMED,
            "role_ref": {"api_group": "rbac.authorization.k8s.io", "kind": "Role", "name": "a"},
            "subject": [{"kind": "ServiceAccount", "name": "a"}],
        }
    },
    "kubernetes_service_v1": {
        "a": {
            "metadata": NAMED,
            "spec": {
                "type": "LoadBalancer",
                "load_balancer_class": "service.k8s.aws/nlb",
                "selector": LABELS,
                "port": [{"port": 80, "target_port": "8080"}],
            },
        },
        "headless": {
            "metadata": {**NAMED, "name": "headless"},
            "spec": {"cluster_ip": "None", "selector": LABELS, "port": [{"port": 1}]},
        },
    },
    "kubernetes_stateful_set_v1": {
        "a": {
            "metadata": NAMED,
            "spec": {
                "service_name": "headless",
                "selector": SELECTOR,
                "template": TEMPLATE,
                "update_strategy": {"type": "RollingUpdate", "rolling_update": {"partition": 0}},
            },
        }
    },
    "terraform_data": {"job": {"input": "1"}},
}
_INGRESS = "status[0].load_balancer[0].ingress[0].hostname"
DOCUMENT = {
    "terraform": {
        "required_providers": {"kubernetes": {"source": "hashicorp/kubernetes", "version": "2.38.0"}}
    },
    "provider": {"kubernetes": [{"host": "https://example.com"}]},
    "output": {
        "nlb": {"value": f"${{kubernetes_service_v1.a.{_INGRESS}}}"},
        "alb": {"value": f"${{kubernetes_ingress_v1.a.{_INGRESS}}}"},
    },
}
IMAGE = "container.0.image"


def changed(address: str, path: str, value: Any, resources: Resources = RESOURCES) -> Resources:
    """The resources with one argument changed."""
    # Not a deep copy: pods that are one here have to be several there.
    result: Resources = json.loads(json.dumps(resources))
    of_type, name = address.split(".")
    *above, last = path.split(".")
    found: Any = result[of_type][name]
    for step in above:
        found = found[int(step)] if isinstance(found, list) else found[step]
    found[last] = value
    return result


def of_pod(path: str) -> str:
    return f"spec.template.spec.{path}"


@pytest.fixture(scope="module")
def deployed(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    with StandIns(Account(clusters={"demo": Cluster()})) as stand_ins:
        workspace = Workspace(engine, tmp_path_factory.mktemp("workloads"), stand_ins)
        workspace.configure({**DOCUMENT, "resource": RESOURCES})
        succeeded(workspace.init())
        succeeded(workspace.apply())
        yield workspace
        assert stand_ins.defects == []


def plans(workspace: Workspace, resources: Resources) -> set[str]:
    workspace.configure({**DOCUMENT, "resource": resources})
    return {str(change) for change in planned(workspace)}


def test_a_second_plan_is_empty_and_load_balancers_have_addresses(deployed: Workspace) -> None:
    assert plans(deployed, RESOURCES) == set()
    shown = deployed.run("output", "-json").stdout
    assert ".elb.us-west-2.amazonaws.com" in shown
    assert ".us-west-2.elb.amazonaws.com" in shown


@pytest.mark.parametrize(
    ("resources", "expected"),
    [
        # Changed with what triggers it, a job is replaced; changed by somebody else, it is left alone.
        (
            changed(
                "terraform_data.job", "input", "2", changed("kubernetes_job_v1.job", of_pod(IMAGE), "a:2")
            ),
            {"replace kubernetes_job_v1.job", "update terraform_data.job (input, output)"},
        ),
        (changed("kubernetes_job_v1.job", of_pod("node_selector"), {"a": "b", "c": "d"}), set()),
        # Without, it depends on the argument.
        (
            changed("kubernetes_job_v1.alone", of_pod(IMAGE), "a:2"),
            {"replace kubernetes_job_v1.alone because of spec.0.template.0.spec.0.container.0.image"},
        ),
        (
            changed("kubernetes_deployment_v1.a", of_pod(IMAGE), "a:2"),
            {"update kubernetes_deployment_v1.a (spec)"},
        ),
    ],
    ids=["a job by its trigger", "a job by somebody else", "a job without", "a deployment"],
)
def test_a_change_plans(deployed: Workspace, resources: Resources, expected: set[str]) -> None:
    assert plans(deployed, resources) == expected


@pytest.fixture
def room(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    """An empty one, to apply in."""
    with StandIns(Account(clusters={"demo": Cluster()})) as stand_ins:
        yield Workspace(engine, tmp_path_factory.mktemp("room"), stand_ins)


def _applied(room: Workspace, resources: Resources) -> None:
    room.configure(
        {**{key: value for key, value in DOCUMENT.items() if key != "output"}, "resource": resources}
    )
    if not room.steps:
        succeeded(room.init())
    succeeded(room.apply())


def test_what_the_provider_does_not_send_is_planned_again(room: Workspace) -> None:
    alone: Resources = {"kubernetes_job_v1": {"alone": RESOURCES["kubernetes_job_v1"]["alone"]}}
    _applied(room, alone)
    more = changed(
        "kubernetes_job_v1.alone", of_pod("container.0.resources.limits"), {**SOME, "cpu": "2"}, alone
    )
    _applied(room, more)
    assert [str(change) for change in planned(room)] == ["update kubernetes_job_v1.alone (spec)"]


def test_a_manifest_has_to_come_back_as_it_was_written_where_it_is_not_computed(room: Workspace) -> None:
    one: Resources = {"kubernetes_manifest": {"a": {"manifest": TRAIN_JOB}}}
    room.configure({**{key: value for key, value in DOCUMENT.items() if key != "output"}, "resource": one})
    succeeded(room.init())
    told = one_line(room.apply().text)
    assert "Provider produced inconsistent result after apply" in told
    assert 'was cty.StringVal("1024Mi"), but now cty.StringVal("1Gi")' in told
