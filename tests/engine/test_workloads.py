"""What runs on the cluster: which change of a layout starts a job anew, and what others write into it."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from modules.app import synthesize
from ops.offline.changes import Change, changes
from ops.offline.engine import Engine
from ops.order import Comparison, addresses, deploy_findings
from ops.states import state_in
from tests.engine.reviews import Plans, Reviewed
from tests.engine.test_changes import Edit, instead
from tests.offline import Offline, destroyed, planned, succeeded
from tests.terraform_json import Stacks, Synth

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
storage:
  buckets: {data: {}}
  file_systems:
    scratch: {type: scratch_2, capacity_gib: 2400, node_group: gpu, retain: false}
workloads:
  training:
    plain:
      kind: indexed_job
      image: example.com/plain:1
      node_group: gpu
      nodes: 2
      script: {name: train.py, text: "print(1)"}
      buckets: {data: read}
      volumes: {/fsx: {file_system: scratch}}
    torch:
      kind: train_job
      image: var.image
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
        PLAIN | {"update kubernetes_config_map_v1.training_plain__configmap (data)"},
    ),
    "other rights of a job": (
        instead("{data: read}", "{data: read_write}"),
        {"update aws_iam_role_policy.workloads_plain_role_policy_buckets (policy)"},
    ),
    "another environment of a train job": (
        instead("max_restarts: 1", "max_restarts: 1\n      environment: {A: b}"),
        RUNTIME | TORCH,
    ),
    "other restarts of a train job": (
        instead("max_restarts: 1", "max_restarts: 2"),
        RUNTIME | TORCH,
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
    "a taint": (
        instead(
            "subnet_ids: [subnet-0123456789abcdef0]",
            "subnet_ids: [subnet-0123456789abcdef0]\n    taints: [{key: nvidia.com/gpu}, {key: team}]",
        ),
        {
            "update aws_eks_node_group.nodes_gpu (taint)",
            "update helm_release.releases_aws_efa_k8s_device_plugin (id, metadata, values)",
            "update helm_release.releases_gpu_operator (id, metadata, values)",
        },
    ),
    "no queues any more": (
        instead("helm_releases: {kueue: {}}", "tags: {}"),
        {
            "delete helm_release.releases_kueue",
            "delete kubernetes_manifest.training_flavor_gpu",
            "delete kubernetes_manifest.training_queue_gpu",
            "delete kubernetes_manifest.training_queue_gpu__training",
        },
    ),
    "a larger file system": (
        instead("capacity_gib: 2400", "capacity_gib: 4800"),
        {
            "update aws_fsx_lustre_file_system.file_systems_scratch (storage_capacity)",
            "update kubernetes_persistent_volume_v1.claims_training__fsx_scratch__volume (spec)",
        },
    ),
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
            "delete kubernetes_service_account_v1.service_accounts_torch",
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


@pytest.fixture(scope="module")
def plans(deployed: Offline, synth: Synth) -> Plans:
    return Plans(deployed, synth)


def _said(offline: Offline, *options: str) -> set[str]:
    """What all stacks would do; of what is replaced only that."""
    return {_shown(change) for workspace in offline.stacks for change in planned(workspace, *options)}


def _shown(change: Change) -> str:
    return str(change).partition(" (")[0] if change.verb == "replace" else str(change)


@pytest.mark.parametrize("name", CHANGES)
def test_a_change_plans_what_it_must_and_no_more(plans: Plans, reviewed: Reviewed, name: str) -> None:
    edit, expected = CHANGES[name]
    made = plans.of(edit(BASE))
    assert {_shown(change) for data in made.values() for change in changes(data)} == expected
    reviewed(f"workloads: {name}", made)


def test_another_value_of_a_variable_is_another_job(deployed: Offline, synth: Synth) -> None:
    deployed.configure(synth(BASE))
    before = deployed.workloads.variables
    try:
        deployed.workloads.variables = {**before, "image": "example.com/torch:2"}
        assert _said(deployed, "-refresh=false") == TORCH | RUNTIME
    finally:
        deployed.workloads.variables = before


def test_another_file_system_takes_volume_claim_and_pods_with_it(
    deployed: Offline,
    plans: Plans,
    reviewed: Reviewed,
    synth: Synth,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    changed = BASE.replace("type: scratch_2", "type: persistent_2")
    reviewed("workloads: another type of file system", plans.of(changed))
    with deployed.copy(tmp_path_factory.mktemp("lustre")) as offline:
        offline.configure(synth(changed))
        offline.deploy()
        assert _said(offline) == set()


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


def _compared(offline: Offline, stacks: Stacks) -> Comparison:
    """What `ops order` sees, with the states where these tests keep them."""
    named = {stack.name: stack for stack in stacks}
    states = {
        name: state_in(workspace.folder / "terraform.tfstate")
        for name, workspace in zip(named, offline.stacks, strict=True)
    }
    configured = {name: addresses(stack.json) for name, stack in named.items()}
    return Comparison("training.yaml", stacks.loaded.layout, states, configured)


def test_kueue_is_not_taken_away_before_its_queues(
    deployed: Offline, synth: Synth, tmp_path_factory: pytest.TempPathFactory
) -> None:
    with deployed.copy(tmp_path_factory.mktemp("order")) as offline:
        stacks = synth(BASE)
        offline.configure(stacks)
        assert deploy_findings(_compared(offline, stacks)) == []
        stacks = synth(BASE.replace("helm_releases: {kueue: {}}\n", ""))
        offline.configure(stacks)
        [found] = deploy_findings(_compared(offline, stacks))
        assert "helm_release.releases_kueue" in found.problem
        assert "kubernetes_manifest.training_queue_gpu" in found.problem
        succeeded(offline.workloads.apply())
        assert deploy_findings(_compared(offline, stacks)) == []


def test_workloads_that_the_layout_has_no_longer_are_destroyed_by_an_empty_stack(
    deployed: Offline, synth: Synth, tmp_path_factory: pytest.TempPathFactory
) -> None:
    with deployed.copy(tmp_path_factory.mktemp("emptied")) as offline:
        loaded = synth(BASE.partition("workloads:")[0]).loaded
        folder = synthesize([loaded], str(tmp_path_factory.mktemp("out")), named=["training-workloads"])
        document = (folder / "stacks" / "training-workloads" / "cdk.tf.json").read_text(encoding="utf-8")
        workloads = offline.workloads.configure(json.loads(document))
        assert workloads.state
        destroyed(workloads)
