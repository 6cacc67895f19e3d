"""Data, workloads, and what Terraform's state tells."""

from __future__ import annotations

import json
from typing import Any

from tests.plans import GROUP, P5, Json, change, edited

from . import JOB_TOLD, RUNTIME, TRAIN_JOB, Case, note, same, stop, warn

_FSX: Json = {
    "id": "fs-1", "storage_capacity": 4800, "per_unit_storage_throughput": 250, "automatic_backup_retention_days": 7,
    "skip_final_backup": False,
}  # fmt: skip
_LINK = {"file_system_id": "fs-1", "file_system_path": "/data", "data_repository_path": "s3://data", "delete_data_in_filesystem": False}  # fmt: skip
_BUCKET = {"bucket": "data", "force_destroy": False}
_FILES = "aws_fsx_lustre_file_system.f"
_LIFECYCLE: Json = {
    "bucket": "data",
    "rule": [{"id": "old", "status": "Enabled", "expiration": [{"days": 400}]}],
}
_IMAGES = json.dumps({"rules": [{"rulePriority": 1, "selection": {"countNumber": 20}}]})
_CLAIM: Json = {"metadata": [{"name": "scratch", "namespace": "training"}], "spec": [{"volume_name": "pv-1"}]}
_VOLUME: Json = {"metadata": [{"name": "pv-1"}], "spec": [{"persistent_volume_reclaim_policy": "Retain"}]}
_TORCH = TRAIN_JOB["change"]["before"]
_SPEC: Json = {"input": {"sha256": "a"}}
_SERVER: Json = {"metadata": [{"name": "api", "namespace": "serving"}], "spec": [{"replicas": "2", "template": [{"spec": [{"container": [{"image": "a"}]}]}]}]}  # fmt: skip
_WORKERS: Json = {
    "metadata": [{"name": "w", "namespace": "training"}],
    "spec": [{"replicas": "2", "template": [{"spec": [{"container": [{"image": "a", "resources": [{"limits": {"nvidia.com/gpu": "8"}}]}]}]}]}],
}  # fmt: skip
_CLAIMING: Json = {"resources": {"limits": {"nvidia.com/gpu": "8"}, "claims": [{"name": "efa"}]}}
_SERVICE: Json = {
    "metadata": [{"name": "api", "namespace": "serving", "annotations": {"service.beta.kubernetes.io/aws-load-balancer-scheme": "internet-facing"}}],
    "spec": [{"type": "LoadBalancer", "load_balancer_source_ranges": ["203.0.113.0/24"]}],
}  # fmt: skip
_TAGS: Json = {"tags": {"a": "b"}, "tags_all": {"a": "b"}}


def _manifest(kind: str, before: Json, after: Json | None, **more: Any) -> Json:
    sides = [None if side is None else {"manifest": {"kind": kind, "metadata": {"name": "x"}, **side}} for side in (before, after)]  # fmt: skip
    return change("kubernetes_manifest.x", *sides, **more)


def _queue(count: str) -> Json:
    return {"spec": {"resourceGroups": [{"flavors": [{"resources": [{"name": "nvidia.com/gpu", "nominalQuota": count}]}]}]}}  # fmt: skip


def _job(**more: Any) -> Json:
    return change("kubernetes_manifest.torch", _TORCH, _TORCH, verb="replace", **more)


def _tagged(count: int) -> tuple[Json, ...]:
    after: Json = {"tags": None, "tags_all": {"a": "c"}}
    return tuple(change(f"aws_thing.t{number}", _TAGS, after) for number in range(count))


CASES = (
    Case(
        "other pods of a set that is a manifest, since its pods claim devices",
        (
            _manifest(
                "StatefulSet",
                {"spec": {"replicas": 2, "template": {"spec": {"containers": [_CLAIMING | {"image": "a"}]}}}},
                {"spec": {"replicas": 2, "template": {"spec": {"containers": [_CLAIMING | {"image": "b"}]}}}},
            ),
        ),
        {"pods-rolled": warn("StatefulSet x are replaced", "a training job loses a worker")},
    ),
    Case(
        "a file system is replaced",
        (change(_FILES, _FSX, _FSX, because=[["deployment_type"]]), same("aws_fsx_data_repository_association.a", _LINK)),
        {"store-lost": stop("fs-1, 4800 GiB → an empty one", "because of deployment_type", "linked to S3", "hang", "Export to S3")},
    ),
    Case(
        "a file system goes with its link and group",
        (
            change(_FILES, _FSX, None), change("aws_fsx_data_repository_association.a", _LINK, None),
            change("aws_security_group.g", {"id": "sg-1"}, None), change("aws_ssm_parameter.p", {"name": "x"}, None),
        ),
        {"store-lost": stop("4800 GiB → gone")},
    ),
    Case("a bucket goes", (change("aws_s3_bucket.b", _BUCKET, None), change("aws_s3_bucket_versioning.v", {"bucket": "data"}, None)), {"store-lost": stop("force_destroy is off", "fails half way")}),
    Case("a bucket goes with all in it", (change("aws_s3_bucket.b", {**_BUCKET, "force_destroy": True}, None),), {"store-lost": stop("empties it first")}),
    Case("images go", (change("aws_ecr_repository.r", {"name": "r", "force_delete": True}, None),), {"store-lost": stop("images are lost")}),
    Case("a volume goes", (change("aws_ebs_volume.v", {"id": "vol-1", "size": 100}, None),), {"store-lost": stop("vol-1, 100 GiB")}),
    Case("a claim goes", (change("kubernetes_persistent_volume_claim_v1.c", _CLAIM, None),), {"volume-lost": stop("training/scratch", "reclaim policy")}),
    Case("a claim goes whose volume is kept", (change("kubernetes_persistent_volume_claim_v1.c", _CLAIM, None), same("kubernetes_persistent_volume_v1.v", _VOLUME)), {"volume-lost": warn("with all data is kept")}),
    Case("a volume of pods goes", (change("kubernetes_persistent_volume_v1.v", _VOLUME, _VOLUME, because=[["spec"]]),), {"volume-lost": warn("stays in AWS")}),
    Case("a link goes", (same(_FILES, _FSX), change("aws_fsx_data_repository_association.a", _LINK, None)), {"data-link-lost": warn("/data ↔ s3://data")}),
    Case("a link goes with the files", (change("aws_fsx_data_repository_association.a", {**_LINK, "delete_data_in_filesystem": True}, None),), {"data-link-lost": stop("all files")}),
    Case("a smaller file system", (change(_FILES, _FSX, {**_FSX, "storage_capacity": 2400}),), {"file-system-changed": stop("4800 GiB → 2400 GiB", "refuses")}),
    Case("a larger file system", (change(_FILES, _FSX, {**_FSX, "storage_capacity": 9600}),), {"file-system-changed": warn("stand still")}),
    Case("more throughput", (change(_FILES, _FSX, {**_FSX, "per_unit_storage_throughput": 500}),), {"file-system-changed": warn("file servers", "250 → 500")}),
    Case("no versions", (change("aws_s3_bucket_versioning.v", {"versioning_configuration": [{"status": "Enabled"}]}, {"versioning_configuration": [{"status": "Suspended"}]}),), {"retention-shortened": warn("suspended")}),
    Case("an earlier expiry", (change("aws_s3_bucket_lifecycle_configuration.l", _LIFECYCLE, edited(_LIFECYCLE, rule__0__expiration__0__days=10)),), {"retention-shortened": warn("400 days → 10 days")}),
    Case("a later expiry", (change("aws_s3_bucket_lifecycle_configuration.l", _LIFECYCLE, edited(_LIFECYCLE, rule__0__expiration__0__days=500)),)),
    Case("a rule that is off", (change("aws_s3_bucket_lifecycle_configuration.l", _LIFECYCLE, edited(_LIFECYCLE, rule__0__status="Disabled")),)),
    Case("fewer images", (change("aws_ecr_lifecycle_policy.p", {"policy": _IMAGES}, {"policy": _IMAGES.replace("20", "2")}, because=[["policy"]]),), {"retention-shortened": warn("20 → 2")}),
    Case("no backups", (change(_FILES, _FSX, {**_FSX, "automatic_backup_retention_days": 0}),), {"retention-shortened": warn("no backups any more", "7 days → 0 days")}),
    Case("a bucket may be destroyed", (change("aws_s3_bucket.b", _BUCKET, {**_BUCKET, "force_destroy": True}),), {"store-unprotected": warn("force_destroy off → on")}),
    # Workloads.
    Case("a job is edited", (_job(because=[["manifest"]]), RUNTIME), {"job-ended": warn(JOB_TOLD, "because of manifest", "starts anew", "2 pods, 16 GPUs")}),
    Case("a job is edited, which its description tells", (_job(action_reason="replace_by_triggers"), change("terraform_data.torch__spec", _SPEC, {"input": {"sha256": "b"}})), {"job-ended": warn("described in another way")}),
    Case("a job is taken along", (_job(action_reason="replace_by_triggers"), same("terraform_data.torch__spec", _SPEC)), {"job-ended": stop("replace_triggered_by", "Nobody has edited this job")}),
    Case("a job goes", (change("kubernetes_manifest.torch", _TORCH, None), change("terraform_data.torch__spec", _SPEC, None), change("kubernetes_service_account_v1.s", {"metadata": [{"name": "torch"}]}, None)), {"job-ended": warn("last checkpoint is lost")}),
    Case("a typed job is edited", (change("kubernetes_job_v1.j", {"metadata": [{"name": "j", "namespace": "a"}], "spec": [{"parallelism": 2}]}, {}, because=[["spec"]]),), {"job-ended": warn("Job a/j")}),
    Case("a namespace goes with a job", (change("kubernetes_namespace_v1.n", {"metadata": [{"name": "training"}]}, None), change("kubernetes_manifest.torch", _TORCH, None)), {"namespace-lost": stop("namespace training", "jobs that run")}),
    Case("a label of a namespace", (change("kubernetes_namespace_v1.n", {"metadata": [{"name": "a", "labels": {}}]}, {"metadata": [{"name": "a", "labels": {"b": "c"}}]}),)),
    Case("a definition goes", (_manifest("CustomResourceDefinition", {"spec": {"names": {"kind": "TrainJob"}}}, None),), {"definition-lost": stop("Every TrainJob")}),
    Case("a queue goes", (_manifest("LocalQueue", {}, None),), {"queue-lost": warn("stay suspended")}),
    Case("a smaller queue", (_manifest("ClusterQueue", _queue("16"), _queue("8")),), {"queue-lost": note("nvidia.com/gpu: 16 → nvidia.com/gpu: 8")}),
    Case("a larger queue", (_manifest("ClusterQueue", _queue("16"), _queue("24")),)),
    Case("a server goes", (change("kubernetes_deployment_v1.a", _SERVER, None), change("kubernetes_pod_disruption_budget_v1.b", {"metadata": [{"name": "api"}]}, None)), {"server-removed": warn("Deployment serving/api", "all together")}),
    Case("a load balancer is replaced", (change("kubernetes_service_v1.a", _SERVICE, _SERVICE, because=[["spec"]]),), {"server-removed": warn("another DNS name")}),
    Case("another image of a server", (change("kubernetes_deployment_v1.a", _SERVER, edited(_SERVER, spec__0__template__0__spec__0__container__0__image="b")),), {"pods-rolled": note("spec.container.image")}),
    Case("more servers", (change("kubernetes_deployment_v1.a", _SERVER, edited(_SERVER, spec__0__replicas="3")),)),
    Case("no servers", (change("kubernetes_deployment_v1.a", _SERVER, edited(_SERVER, spec__0__replicas="0")),), {"pods-rolled": warn("2 replicas → 0 replicas")}),
    Case("another image of workers with GPUs", (change("kubernetes_stateful_set_v1.w", _WORKERS, edited(_WORKERS, spec__0__template__0__spec__0__container__0__image="b")),), {"pods-rolled": warn("loses a worker")}),
    Case("a server for everybody", (change("kubernetes_service_v1.a", _SERVICE, edited(_SERVICE, spec__0__load_balancer_source_ranges=[])),), {"load-balancer-opened": warn("203.0.113.0/24 → 0.0.0.0/0")}),
    Case("a new server for everybody", (change("kubernetes_service_v1.a", None, edited(_SERVICE, spec__0__load_balancer_source_ranges=None)),), {"load-balancer-opened": note("serving/api")}),
    Case("a new server in the VPC", (change("kubernetes_service_v1.a", None, {"metadata": [{"name": "a"}], "spec": [{"type": "LoadBalancer"}]}),)),
    Case("a storage class is replaced", (change("kubernetes_storage_class_v1.s", {"metadata": [{"name": "gp3"}]}, {"metadata": [{"name": "gp3"}]}, because=[["parameters"]]),), {"storage-class-replaced": note("new ones follow")}),
    Case("a storage class goes", (change("kubernetes_storage_class_v1.s", {"metadata": [{"name": "gp3"}]}, None),), {"storage-class-replaced": warn("wait for ever")}),
    # What Terraform tells.
    Case("errors", (), {"plan-errored": stop("not all")}, {"errored": True}),
    Case("deferred changes", (), {"plan-deferred": warn("1 change", "a_b.c")}, {"deferred_changes": [{"reason": "x", "resource_change": change("a_b.c", None, {})}]}),
    Case("a check fails", (), {"check-failed": warn("check.a: no")}, {"checks": [{"address": {"to_display": "check.a"}, "instances": [{"status": "fail", "problems": [{"message": "no"}]}]}]}),
    Case(
        "someone has scaled a group, and the plan takes it back",
        (change(GROUP, edited(P5, scaling_config__0__desired_size=4), P5),),
        {"drift": warn("scaling_config.desired_size = 4 → scaling_config.desired_size = 2", "takes back")},
        {"drift": [change(GROUP, P5, edited(P5, scaling_config__0__desired_size=4))]},
    ),
    Case(
        "the autoscaler has scaled a group, and the plan leaves it",
        (same(GROUP, edited(P5, scaling_config__0__desired_size=4)),),
        {},
        {"drift": [change(GROUP, P5, edited(P5, scaling_config__0__desired_size=4))]},
    ),
    Case(
        "someone has widened a group, and the plan leaves it",
        (same(GROUP, edited(P5, scaling_config__0__max_size=40)),),
        {"drift": note("scaling_config.max_size = 40 → stays so")},
        {"drift": [change(GROUP, P5, edited(P5, scaling_config__0__max_size=40))]},
    ),
    Case("what AWS writes by itself", (), {}, {"drift": [change(GROUP, {**P5, "status": "a", "tags": None}, {**P5, "status": "b", "tags": {}})]}),
    Case("someone has deleted something", (change("aws_thing.t", None, {"name": "t"}),), {"drift": warn("makes it again")}, {"drift": [change("aws_thing.t", {"name": "t"}, None)]}),
    Case("moved", (change("a_b.new", {"x": 1}, {"x": 1}, previous_address="a_b.old"),), {"moved": note("a_b.old → a_b.new")}),
    Case("imported", (change("a_b.c", {"x": 1}, {"x": 1}, importing={"id": "i-1"}),), {"imported": note("i-1", "as it is")}),
    Case("imported and changed", (change("a_b.c", {"x": 1}, {"x": 2}, importing={"id": "i-1"}),), {"imported": warn("changed at once: x")}),
    Case("forgotten", (change("aws_thing.t", {"name": "t"}, None, verb="forget"),), {"forgotten": warn("t → unmanaged", "costs")}),
    Case("deposed", (change("aws_subnet.s", {"id": "subnet-1"}, None, deposed="0"),), {"deposed": note("interrupted")}),
    Case("tags of all", _tagged(4), {"tags-changed": note("4 resources", "(a)")}),
    Case("tags of some", _tagged(3)),
    Case(
        "all of a stack goes",
        (change("aws_eks_cluster.c", {"name": "training"}, None), change(GROUP, P5, None), change("aws_s3_bucket.b", _BUCKET, None), *(change(f"aws_thing.t{n}", {"name": "t"}, None) for n in range(4))),
        {"stack-destroyed": stop("All 7 resources", "cluster training", "16 GPUs", "S3 bucket data", "7 resources → nothing")},
    ),
    Case("what nobody knows is replaced", (change("aws_thing.t", {"name": "t"}, {"name": "u"}, because=[["name"]]),), {"resource-lost": warn("aws_thing is replaced because of name")}),
    Case("an object that nobody knows goes", (_manifest("Gateway", {}, None),), {"resource-lost": warn("Gateway x")}),
    Case("a bastion goes", (change("aws_instance.b", {"instance_type": "m5.large"}, None), change("aws_instance.g", {"instance_type": "p5.48xlarge"}, None)), {"resource-lost": warn("aws_instance")}),
    Case("a role goes", (change("aws_iam_role.r", {"name": "r"}, None),), {"resource-lost": warn("aws_iam_role")}),
    Case("what goes with nothing", (change("terraform_data.t", {"input": 1}, None), change("random_id.r", {"hex": "a"}, None))),
)  # fmt: skip
