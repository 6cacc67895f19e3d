"""What runs on the cluster: which change of a layout starts a job anew, and what others write into it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from ops.offline.engine import Engine
from tests.engine.test_changes import Edit, instead
from tests.offline import Offline, planned, succeeded
from tests.terraform_json import Synth

pytestmark = pytest.mark.engine

BASE = """
name: training
region: us-west-2
network:
  vpc_id: vpc-0123456789abcdef0
  private_subnet_ids: [subnet-0123456789abcdef0, subnet-0123456789abcdef1]
node_groups:
  sys:
    instance_type: c5.2xlarge
    size: {min: 1, desired: 2, max: 3}
  gpu:
    instance_type: g5.8xlarge
    size: {min: 0, desired: 2, max: 4}
    subnet_ids: [subnet-0123456789abcdef0]
helm_releases: {kueue: {}}
storage: {buckets: {data: {}}}
workloads:
  training:
    plain:
      kind: indexed_job
      image: example.com/plain:1
      node_group: gpu
      nodes: 2
      script: {name: train.py, text: "print(1)"}
      buckets: {data: read}
    torch:
      kind: train_job
      image: example.com/torch:1
      node_group: gpu
      nodes: 2
      max_restarts: 1
    workers:
      kind: worker_set
      image: example.com/workers:1
      node_group: sys
      resources: {cpu: 1, memory_gib: 1}
  serving:
    api:
      image: example.com/api:1
      port: 8080
      node_groups: [sys]
      resources: {requests: {cpu: 0.5, memory_gib: 1}}
"""
PLAIN = {
    "update terraform_data.training_plain__spec (input, output)",
    "replace kubernetes_job_v1.training_plain",
}
TORCH = {
    "update terraform_data.training_torch__spec (input, output)",
    "replace kubernetes_manifest.training_torch",
}
RUNTIME = {
    "update terraform_data.training_torch__clustertrainingruntime__spec (input, output)",
    "replace kubernetes_manifest.training_torch__clustertrainingruntime",
}

# What changes, and what the plan says, but for what a replacement is because of.
CHANGES: dict[str, tuple[Edit, set[str]]] = {
    "another image of a job": (instead("plain:1", "plain:2"), PLAIN),
    "another script": (
        instead("print(1)", "print(2)"),
        PLAIN | {"update kubernetes_config_map_v1.training_plain__configmap_script (data)"},
    ),
    "other rights of a job": (
        instead("{data: read}", "{data: read_write}"),
        {"update aws_iam_role_policy.service_accounts_plain_role_policy_buckets (policy)"},
    ),
    "another image of a train job": (instead("torch:1", "torch:2"), TORCH | RUNTIME),
    "other restarts of a train job": (
        instead("max_restarts: 1", "max_restarts: 2"),
        TORCH | RUNTIME,
    ),
    "another image of workers": (
        instead("workers:1", "workers:2"),
        {"update kubernetes_stateful_set_v1.training_workers (spec)"},
    ),
    "another image of a server": (
        instead("api:1", "api:2"),
        {"update kubernetes_deployment_v1.serving_api (spec)"},
    ),
    # Jobs go on where the cluster around them changes.
    "more nodes": (
        instead("desired: 2, max: 4", "desired: 3, max: 4"),
        {
            "update aws_eks_node_group.nodes_gpu (scaling_config)",
            "update kubernetes_manifest.training_queue_gpu (manifest, object)",
        },
    ),
    "one job less": (
        lambda text: text.replace(text[text.index("    torch:") : text.index("    workers:")], ""),
        {
            "delete kubernetes_manifest.training_torch",
            "delete kubernetes_manifest.training_torch__clustertrainingruntime",
            "delete terraform_data.training_torch__clustertrainingruntime__spec",
            "delete kubernetes_service_account_v1.service_accounts_torch_account",
            "delete terraform_data.training_torch__spec",
        },
    ),
}


@pytest.fixture(scope="module")
def deployed(engine: Engine, synth: Synth, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Offline]:
    """BASE, deployed once; nothing here is applied to it."""
    with Offline(engine, tmp_path_factory.mktemp("workloads"), synth(BASE)) as offline:
        offline.deploy()
        yield offline


def _said(offline: Offline, *options: str) -> set[str]:
    """What all stacks would do; of what is replaced only that."""
    found = set()
    for workspace in offline.stacks:
        for change in planned(workspace, *options):
            text = str(change)
            found.add(text.partition(" (")[0] if change.verb == "replace" else text)
    return found


@pytest.mark.parametrize("name", CHANGES)
def test_a_change_plans_what_it_must_and_no_more(deployed: Offline, synth: Synth, name: str) -> None:
    edit, expected = CHANGES[name]
    deployed.configure(synth(edit(BASE)))
    assert _said(deployed, "-refresh=false") == expected


def test_what_kueue_writes_into_a_job_does_not_start_it_anew(
    deployed: Offline, synth: Synth, tmp_path_factory: pytest.TempPathFactory
) -> None:
    with deployed.copy(tmp_path_factory.mktemp("kueue")) as offline:
        offline.configure(synth(BASE))
        found = {key[0]: body for key, body in offline.account.resources.items() if "plain" in str(key[1])}
        running = found["kubernetes_job_v1"]["spec"][0]["template"][0]
        running["spec"][0]["node_selector"] |= {"kueue.example.com/flavor": "gpu"}
        running["metadata"][0]["labels"] |= {"kueue.x-k8s.io/podset": "main"}
        assert _said(offline) == set()
        # And the next change of the layout is still seen.
        offline.configure(synth(BASE.replace("plain:1", "plain:2")))
        assert _said(offline) == PLAIN
        succeeded(offline.workloads.apply())
        [main] = [
            body["spec"][0]["template"][0]["spec"][0]["container"][0]
            for key, body in offline.account.resources.items()
            if key[0] == "kubernetes_job_v1"
        ]
        assert main["image"] == "example.com/plain:2"
        assert _said(offline) == set()
