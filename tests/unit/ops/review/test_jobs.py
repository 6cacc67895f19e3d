from __future__ import annotations

from ops.review.subject import Subject
from tests.plans import GROUP, P5, Json, change, plan
from tests.review_cases import JOB, JOB_TOLD, same


def told(subject: Subject, group: int = 0) -> list[str]:
    return [str(one) for one in subject.jobs_on(subject.node_groups[group])]


def pods(**spec: object) -> Json:
    return {"template": [{"spec": [spec]}]}


def test_a_job_of_the_workloads_stack_is_on_its_group() -> None:
    cluster, workloads = plan(same(GROUP, P5)), plan(*JOB, stack="training-workloads")
    assert told(Subject([cluster, workloads])) == [JOB_TOLD]


def test_a_job_of_another_layout_is_not_on_a_group_of_the_same_name() -> None:
    plans = [
        plan(same(GROUP, P5)),
        plan(same(GROUP, P5), stack="other"),
        plan(*JOB, stack="other-workloads"),
    ]
    subject = Subject(plans)
    assert [told(subject, group) for group in (0, 1)] == [[], [JOB_TOLD]]


def test_a_server_is_on_each_of_the_groups_that_it_names() -> None:
    terms = [
        {
            "match_expressions": [
                {"key": "eks.amazonaws.com/nodegroup", "operator": "In", "values": ["p5", "p6"]}
            ]
        }
    ]
    affinity = [
        {
            "node_affinity": [
                {"required_during_scheduling_ignored_during_execution": [{"node_selector_term": terms}]}
            ]
        }
    ]
    container = [{"resources": [{"limits": {"nvidia.com/gpu": "4"}}]}]
    values = {
        "metadata": [{"name": "llm", "namespace": "serving"}],
        "spec": [{"replicas": "3", **pods(affinity=affinity, container=container)}],
    }
    subject = Subject([plan(same(GROUP, P5), same("kubernetes_deployment_v1.llm", values))])
    assert told(subject) == ["Deployment serving/llm (3 pods, 12 GPUs)"]
    assert not subject.jobs_on(subject.node_groups[0])[0].trains


def test_a_job_with_another_selector_or_with_none_is_not_there() -> None:
    def job(name: str, selector: Json | None) -> Json:
        spec = pods(node_selector=selector, container=[{}])
        return same(
            f"kubernetes_job_v1.{name}", {"metadata": [{"name": name}], "spec": [{"parallelism": 2, **spec}]}
        )

    jobs = [
        job("elsewhere", {"eks.amazonaws.com/nodegroup": "p4"}),
        job("anywhere", None),
        job("both", {"eks.amazonaws.com/nodegroup": "p5", "team": "x"}),
        job("labelled", {"nvidia.com/gpu.present": "true"}),
    ]
    assert told(Subject([plan(same(GROUP, P5), *jobs)])) == ["Job default/labelled (2 pods)"]


def test_a_job_that_is_only_made_does_not_run_yet() -> None:
    made = [change(one["address"], None, one["change"]["before"]) for one in JOB]
    assert told(Subject([plan(same(GROUP, P5), *made)])) == []
