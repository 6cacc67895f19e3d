"""`python -m ops order`: what an edit takes away too early, or should not take away at all."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws
from typer.testing import CliRunner, Result

from modules.layout import load
from modules.layout.stores import RETAIN_TAG
from ops.cli import app
from ops.order import Comparison, Finding, deploy_findings, destroy_findings
from ops.states import StateError, deployed, state_in

Order = Callable[..., Result]

# What is left of the layout: a server without a load balancer.
NOW = """\
name: mine
region: us-west-2
node_groups:
  sys: {instance_type: c5.2xlarge, size: {min: 1, desired: 1, max: 3}}
workloads:
  serving:
    api:
      image: example.com/api:1
      port: 8080
      node_groups: [sys]
      resources: {requests: {cpu: 0.5, memory_gib: 1}}
"""
NO_WORKLOADS = NOW.partition("workloads:")[0]
S3 = "backend: {type: s3, bucket: states, key_prefix: clusters, region: us-east-1}\n"
CREDENTIALS = {"AWS_ACCESS_KEY_ID": "testing", "AWS_SECRET_ACCESS_KEY": "testing"}

Resource = tuple[str, dict[str, Any]]


def release(name: str) -> Resource:
    return f"helm_release.releases_{name.replace('-', '_')}", {"id": name, "name": name, "chart": name}


def addon(name: str) -> Resource:
    return f"aws_eks_addon.addons_{name.replace('-', '_')}", {"id": f"mine:{name}", "addon_name": name}


def manifest(name: str, version: str, kind: str) -> Resource:
    body = {"apiVersion": version, "kind": kind, "metadata": {"name": name}}
    # An argument that takes anything has its type beside it in a state.
    typed = {"type": ["object", {"apiVersion": "string", "kind": "string"}], "value": body}
    return f"kubernetes_manifest.{name}", {"manifest": typed, "object": typed, "wait": []}


def volume(driver: str, handle: str, **attributes: str) -> Resource:
    csi = {"driver": driver, "volume_handle": handle, "volume_attributes": attributes}
    spec = {"persistent_volume_source": [{"csi": [csi], "nfs": []}], "storage_class_name": "x"}
    return "kubernetes_persistent_volume_v1.claims_x", {"id": "x", "metadata": [{}], "spec": [spec]}


def service(kind: str) -> Resource:
    return "kubernetes_service_v1.serving_web", {"id": "serving/web", "spec": [{"type": kind}]}


CONTROLLER = release("aws-load-balancer-controller")
CONTROLLER_IDENTITY: Resource = (
    "aws_eks_pod_identity_association.load_balancers_identity",
    {"id": "a-1", "service_account": "aws-load-balancer-controller", "namespace": "kube-system"},
)
INGRESS: Resource = ("kubernetes_ingress_v1.serving_web", {"spec": [{"ingress_class_name": "alb"}]})
FILE_SYSTEM: Resource = ("aws_fsx_lustre_file_system.file_systems_fs", {"id": "fs-1", "tags": {"Name": "fs"}})
BUCKET: Resource = ("aws_s3_bucket.bucket_data", {"id": "mine-data", "bucket": "mine-data", "tags": None})
POLICY: Resource = ("aws_s3_bucket_policy.bucket_data_policy", {"id": "mine-data", "bucket": "mine-data"})
OTHER_BUCKET: Resource = ("aws_s3_bucket.bucket_logs", {"id": "mine-logs", "bucket": "mine-logs"})
CLAIM: Resource = (
    "kubernetes_persistent_volume_claim_v1.claims_training__ckpt",
    {"id": "training/ckpt", "spec": [{"storage_class_name": "gp3-retain", "volume_name": "pvc-1"}]},
)
SCRATCH: Resource = (
    "kubernetes_job_v1.training_scratch",
    {"spec": [{"template": [{"volume": [{"ephemeral": [{"spec": [{"storage_class_name": "gp3"}]}]}]}]}]},
)
KUEUE = manifest("training_queue_gpu", "kueue.x-k8s.io/v1beta2", "ClusterQueue")
TRAIN_JOB = manifest("training_llama", "trainer.kubeflow.org/v1alpha1", "TrainJob")
MPI_JOB = manifest("training_bert", "kubeflow.org/v2beta1", "MPIJob")

EFA_JOB: Resource = (
    "kubernetes_job_v1.training_llama",
    {
        "spec": [
            {
                "template": [
                    {"spec": [{"container": [{"resources": [{"limits": {"vpc.amazonaws.com/efa": "32"}}]}]}]}
                ]
            }
        ]
    },
)


def _as_manifest(body: dict[str, Any]) -> Resource:
    return "kubernetes_manifest.training_llama", {"manifest": {"type": "dynamic", "value": body}}


EFA_RUNTIME = _as_manifest(
    {"spec": {"containers": [{"resources": {"limits": {"vpc.amazonaws.com/efa": "32"}}}]}}
)
EFA_CLAIMS = _as_manifest(
    {
        "spec": {
            "spec": {"devices": {"requests": [{"exactly": {"deviceClassName": "efa.networking.k8s.aws"}}]}}
        }
    }
)

# What goes from which stack, and what needs it.
NEEDED: dict[str, tuple[str, Resource, Resource]] = {
    "controller of an NLB": ("mine-platform", CONTROLLER, service("LoadBalancer")),
    "controller of an ALB": ("mine-platform", CONTROLLER, INGRESS),
    "rights of the controller": ("mine", CONTROLLER_IDENTITY, INGRESS),
    "kueue": ("mine-platform", release("kueue"), KUEUE),
    "training operator": ("mine-platform", release("training-operator"), TRAIN_JOB),
    "MPI operator": ("mine-platform", release("mpi-operator"), MPI_JOB),
    "EFA device plugin": ("mine-platform", release("aws-efa-k8s-device-plugin"), EFA_JOB),
    "EFA device plugin of a manifest": ("mine-platform", release("aws-efa-k8s-device-plugin"), EFA_RUNTIME),
    "EFA DRA driver": ("mine-platform", release("aws-dranet"), EFA_CLAIMS),
    "FSx driver": ("mine", addon("aws-fsx-csi-driver"), volume("fsx.csi.aws.com", "fs-2")),
    "S3 driver": ("mine", addon("aws-mountpoint-s3-csi-driver"), volume("s3.csi.aws.com", "x")),
    "EBS driver of a claim": ("mine", addon("aws-ebs-csi-driver"), CLAIM),
    "EBS driver of a job's own volume": ("mine", addon("aws-ebs-csi-driver"), SCRATCH),
    "file system": ("mine", FILE_SYSTEM, volume("fsx.csi.aws.com", "fs-1")),
    "bucket": ("mine-data", BUCKET, volume("s3.csi.aws.com", "x", bucketName="mine-data")),
}
# The same goes, and what is left does not need it.
UNNEEDED: dict[str, tuple[str, Resource, Resource]] = {
    "a Service of the cluster": ("mine-platform", CONTROLLER, service("ClusterIP")),
    "jobs without EFA": ("mine-platform", release("aws-efa-k8s-device-plugin"), TRAIN_JOB),
    "claims of another driver": ("mine-platform", release("aws-efa-k8s-device-plugin"), EFA_CLAIMS),
    "another identity": (
        "mine",
        ("aws_eks_pod_identity_association.pods_x", {"service_account": "x"}),
        INGRESS,
    ),
    "another release": ("mine-platform", release("gpu-operator"), KUEUE),
    "jobs of another operator": ("mine-platform", release("mpi-operator"), TRAIN_JOB),
    "jobs of no queue": ("mine-platform", release("kueue"), MPI_JOB),
    "metrics": (
        "mine",
        addon("metrics-server"),
        ("kubernetes_horizontal_pod_autoscaler_v2.serving_web", {"spec": []}),
    ),
    "volumes of another driver": (
        "mine",
        addon("aws-fsx-csi-driver"),
        volume("s3.csi.aws.com", "x"),
    ),
    "a claim of no EBS volume": (
        "mine",
        addon("aws-ebs-csi-driver"),
        ("kubernetes_persistent_volume_claim_v1.claims_fs", {"spec": [{"storage_class_name": "fs-fs"}]}),
    ),
    "another file system": ("mine", FILE_SYSTEM, volume("fsx.csi.aws.com", "fs-2")),
    "another bucket": ("mine-data", BUCKET, volume("s3.csi.aws.com", "x", bucketName="other")),
}


def state(*resources: Resource) -> str:
    """A state as Terraform writes it, with a data source, which nobody deletes."""
    written = [("data", "aws_s3_bucket.looked_up", {"id": "elsewhere", "tags": {RETAIN_TAG: "true"}})]
    written += [("managed", address, attributes) for address, attributes in resources]
    return json.dumps(
        {
            "version": 4,
            "terraform_version": "1.11.4",
            "serial": 7,
            "lineage": "7c1a3b0e-5d7f-4b8e-9a57-0b1f2f1d6c11",
            "outputs": {},
            "resources": [
                {
                    "mode": mode,
                    "type": address.partition(".")[0],
                    "name": address.partition(".")[2],
                    "provider": 'provider["registry.terraform.io/hashicorp/aws"]',
                    "instances": [{"schema_version": 0, "attributes": body, "sensitive_attributes": []}],
                }
                for mode, address, body in written
            ],
            "check_results": None,
        }
    )


def edit(
    folder: Path, states: dict[str, tuple[Resource, ...]], chosen: tuple[str, ...] | None = None, *gone: str
) -> Comparison:
    """An edit after which nothing of the states is configured any more; `gone` are stacks that are none either."""
    file = folder / "mine.yaml"
    file.write_text(NOW, encoding="utf-8")
    found = {stack: deployed(state(*resources).encode(), stack) for stack, resources in states.items()}
    configured = {
        stack: frozenset({"aws_vpc.network"})
        for stack in ("mine-data", "mine", "mine-platform", "mine-workloads")
        if stack not in gone
    }
    return Comparison("mine.yaml", load(str(file)).layout, found, configured, chosen)


def commands(finding: Finding) -> list[str]:
    return [line.strip() for line in finding.remedy if line.startswith("  ")]


@pytest.mark.parametrize("name", NEEDED)
def test_what_workloads_need_goes_after_them(tmp_path: Path, name: str) -> None:
    stack, gone, workload = NEEDED[name]
    [found] = deploy_findings(edit(tmp_path, {stack: (gone,), "mine-workloads": (workload,)}))
    assert found.id == "needed-by-workloads"
    assert gone[0] in found.problem
    assert workload[0] in found.problem
    assert commands(found) == [
        "make deploy LAYOUT=mine.yaml STACKS=mine-workloads",
        "make deploy LAYOUT=mine.yaml",
    ]


@pytest.mark.parametrize("name", UNNEEDED)
def test_what_nothing_needs_may_go(tmp_path: Path, name: str) -> None:
    stack, gone, workload = UNNEEDED[name]
    assert deploy_findings(edit(tmp_path, {stack: (gone,), "mine-workloads": (workload,)})) == []


@pytest.mark.parametrize("name", NEEDED)
def test_what_is_still_in_the_layout_does_not_go(tmp_path: Path, name: str) -> None:
    stack, kept, workload = NEEDED[name]
    now = edit(tmp_path, {stack: (kept,), "mine-workloads": (workload,)})
    same = Comparison(
        now.name, now.layout, now.states, {**now.configured, stack: frozenset({kept[0]})}, now.chosen
    )
    assert deploy_findings(same) == []


def test_the_stacks_that_are_named_are_looked_at_and_no_other(tmp_path: Path) -> None:
    states: dict[str, tuple[Resource, ...]] = {
        "mine": (CONTROLLER_IDENTITY, addon("aws-ebs-csi-driver")),
        "mine-platform": (CONTROLLER,),
        "mine-workloads": (INGRESS, CLAIM),
    }
    assert deploy_findings(edit(tmp_path, states, ("mine-workloads",))) == []
    [found] = deploy_findings(edit(tmp_path, states, ("*-platform",)))
    assert CONTROLLER[0] in found.problem
    assert CONTROLLER_IDENTITY[0] not in found.problem
    assert len(deploy_findings(edit(tmp_path, states))) == 2


def test_the_last_workload_is_destroyed_while_its_stack_is_still_known(tmp_path: Path) -> None:
    states: dict[str, tuple[Resource, ...]] = {"mine-platform": (CONTROLLER,), "mine-workloads": (INGRESS,)}
    lost = edit(tmp_path, states, None, "mine-workloads")
    destroy = "make destroy LAYOUT=mine.yaml STACKS=mine-workloads"
    for findings, then in (
        (deploy_findings(lost), "make deploy LAYOUT=mine.yaml"),
        (destroy_findings(lost), "make destroy LAYOUT=mine.yaml"),
    ):
        [found] = findings
        assert found.id == "stack-gone"
        assert INGRESS[0] in found.problem
        assert commands(found) == [destroy, then]
    # Somebody who deploys the platform alone is told the same.
    [found] = deploy_findings(edit(tmp_path, states, ("mine-platform",), "mine-workloads"))
    assert commands(found)[0] == destroy
    # And the destruction of the stack itself goes ahead; so does everything after it.
    assert destroy_findings(edit(tmp_path, states, ("mine-workloads",), "mine-workloads")) == []
    states["mine-workloads"] = ()
    assert deploy_findings(edit(tmp_path, states, None, "mine-workloads")) == []


def test_the_last_bucket_is_taken_back_until_it_is_deleted_or_forgotten(tmp_path: Path) -> None:
    lost = edit(tmp_path, {"mine-data": (BUCKET, POLICY)}, None, "mine-data")
    [found] = deploy_findings(lost)
    assert found.id == "stack-gone"
    assert "make destroy LAYOUT=mine.yaml STACKS=mine-data ARGS=--ignore-missing-stack-dependencies" in (
        commands(found)
    )
    assert f"terraform -chdir=cdktf.out/stacks/mine-data state rm {BUCKET[0]} {POLICY[0]}" in commands(found)
    assert destroy_findings(lost) == [], "what stays in S3 is in the way of nobody who destroys the cluster"


@pytest.mark.parametrize(
    ("stack", "data"),
    [
        ("mine-data", BUCKET),
        ("mine-data", ("aws_ecr_repository.repository_img", {"id": "mine/img", "name": "mine/img"})),
        ("mine", FILE_SYSTEM),
    ],
)
def test_data_that_was_to_stay_is_not_deleted_by_taking_it_out(
    tmp_path: Path, stack: str, data: Resource
) -> None:
    retained = (data[0], {**data[1], "tags": {"Name": "x", RETAIN_TAG: "true"}})
    [found] = deploy_findings(edit(tmp_path, {stack: (retained,)}))
    assert found.id == "data-removed"
    assert data[0] in found.problem
    assert "`retain: false`" in str(found)
    assert f"make deploy LAYOUT=mine.yaml STACKS={stack}" in commands(found)
    assert ("state rm" in str(found)) == (data is not FILE_SYSTEM), "its VPC could not be deleted"
    assert deploy_findings(edit(tmp_path, {stack: (data,)})) == []


def test_a_bucket_is_forgotten_with_its_settings_and_without_its_neighbours(tmp_path: Path) -> None:
    retained = (BUCKET[0], {**BUCKET[1], "tags": {RETAIN_TAG: "true"}})
    [found] = deploy_findings(edit(tmp_path, {"mine-data": (retained, POLICY, OTHER_BUCKET)}))
    assert commands(found)[-1].endswith(f"state rm {BUCKET[0]} {POLICY[0]}")


@pytest.fixture
def order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Order:
    """Runs the command on mine.yaml in a folder of its own."""
    monkeypatch.chdir(tmp_path)
    for name in ("LAYOUT", "CDKTF_OUTDIR", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)

    def run(text: str, *arguments: str, **states: str) -> Result:
        (tmp_path / "mine.yaml").write_text(text, encoding="utf-8")
        for role, content in states.items():
            name = f"terraform.mine{'' if role == 'cluster' else f'-{role}'}.tfstate"
            (tmp_path / name).write_text(content, encoding="utf-8")
        return CliRunner().invoke(app, ["order", "mine.yaml", *arguments])

    return run


def test_the_command_compares_the_states_beside_the_output_with_the_layout(order: Order) -> None:
    kept: Resource = ("kubernetes_service_account_v1.serving_api", {"id": "serving/api"})
    done = order(NOW, platform=state(CONTROLLER), workloads=state(INGRESS, kept))
    assert done.exit_code == 1, done.output
    assert "needed-by-workloads" in done.stdout
    assert "\n    make deploy LAYOUT=mine.yaml STACKS=mine-workloads\n" in done.stdout
    assert (order(NOW, "--stack", "mine-workloads").exit_code, order(NOW, "--destroy").exit_code) == (0, 0)
    done = order(NO_WORKLOADS, "--destroy")
    assert (done.exit_code, "stack-gone" in done.stdout) == (1, True)
    done = order(NO_WORKLOADS, "--destroy", "--stack", "mine-workloads")
    assert (done.exit_code, done.stdout) == (0, "")
    balanced = NOW + "      load_balancer: {type: nlb}\n"
    done = order(balanced)
    assert (done.exit_code, done.stdout) == (0, ""), "the controller is in the layout again"


def test_where_nothing_is_deployed_nothing_is_taken_away(order: Order) -> None:
    done = order(NOW, cluster="", workloads=state())
    assert (done.exit_code, done.output) == (0, "")


def test_a_stack_that_is_of_no_layout_is_refused(order: Order) -> None:
    done = order(NOW, "--stack", "yours-workloads")
    assert done.exit_code == 2
    assert "yours-workloads: there is no such stack; there are mine-data, mine" in done.stderr


@pytest.mark.parametrize(
    "text",
    ["garbage", "[]", "{}", '{"version": 4}', '{"version": 4, "resources": [1]}', '{"version": 3}', "\xff"],
)
def test_a_file_that_is_no_state_is_named(order: Order, text: str) -> None:
    done = order(NOW, cluster=text)
    assert done.exit_code == 2
    assert "terraform.mine.tfstate" in done.stderr
    assert "Traceback" not in done.output


def test_what_only_opentofu_can_read_is_told_and_does_not_stop_a_deploy(order: Order) -> None:
    done = order(NOW, cluster='{"serial": 1, "lineage": "x", "meta": {}, "encrypted_data": "aGk="}')
    assert (done.exit_code, done.stdout) == (0, "")
    assert "not checked" in done.stderr
    assert "encrypted" in done.stderr


def test_a_file_that_may_not_be_read_is_told(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="Is a directory"):
        state_in(tmp_path)
    with pytest.raises(StateError, match="version 3"):
        deployed(b'{"version": 3}', "x")


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """S3 with the bucket of the states."""
    for name, value in CREDENTIALS.items():
        monkeypatch.setenv(name, value)
    with mock_aws():
        client = boto3.client("s3", region_name="us-east-1")
        client.create_bucket(Bucket="states")
        yield client


def test_states_in_s3_are_read_and_a_missing_one_is_an_empty_one(order: Order, bucket: Any) -> None:
    assert order(S3 + NOW).output == ""
    for stack, content in (("mine-platform", state(CONTROLLER)), ("mine-workloads", state(INGRESS))):
        bucket.put_object(Bucket="states", Key=f"clusters/{stack}.tfstate", Body=content.encode())
    done = order(S3 + NOW)
    assert done.exit_code == 1
    assert INGRESS[0] in done.stdout


@pytest.mark.usefixtures("bucket")
def test_a_bucket_that_is_not_there_is_told_and_does_not_stop_a_deploy(order: Order) -> None:
    done = order(S3.replace("states", "nowhere") + NOW)
    assert (done.exit_code, done.stdout) == (0, "")
    assert "s3://nowhere/clusters/mine-data.tfstate" in done.stderr
    assert "not checked" in done.stderr


def test_without_access_it_is_told_and_does_not_stop_a_deploy(
    order: Order, monkeypatch: pytest.MonkeyPatch
) -> None:
    denied = ClientError({"Error": {"Code": "AccessDenied", "Message": "no"}}, "GetObject")

    class Client:
        def get_object(self, **_: str) -> None:
            raise denied

    monkeypatch.setattr(boto3.Session, "client", lambda *_, **__: Client())
    done = order(S3 + NOW)
    assert (done.exit_code, "AccessDenied" in done.stderr) == (0, True)


def test_without_credentials_it_is_told_and_does_not_stop_a_deploy(
    order: Order, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in (*CREDENTIALS, "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    for name in ("AWS_SHARED_CREDENTIALS_FILE", "AWS_CONFIG_FILE"):
        monkeypatch.setenv(name, "/nonexistent")
    done = order(S3 + NOW)
    assert (done.exit_code, done.stdout) == (0, "")
    assert "credentials" in done.stderr
