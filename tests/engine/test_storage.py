"""File systems, buckets and repositories on the real engine: what is made, what stays, and how it is let go."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ops.offline.changes import changes
from tests.engine.conftest import Start
from tests.engine.reviews import Reviewed
from tests.offline import destroyed, kept, planned, planned_json, refused, succeeded
from tests.terraform_json import Synth

pytestmark = pytest.mark.engine

KEY = "arn:aws:kms:us-west-2:123456789012:key/11111111-2222-3333-4444-555555555555"


def storage(*, systems: str = "true", bucket: str = "true", rest: str = "true") -> str:
    """A layout with everything that keeps data; `retain` of its file systems, of one bucket, and of the rest."""
    return f"""
name: store
region: us-west-2
node_groups:
  sys: {{instance_type: m5.large, size: {{desired: 2}}}}
  gpu: {{instance_type: g6.16xlarge, availability_zone: us-west-2b, size: {{desired: 1}}, ami_id: ami-0123456789abcdef0}}
storage:
  file_systems:
    fast:
      {{retain: {systems}, capacity_gib: 4800, throughput_mbs_per_tib: 1000, efa: true, node_group: gpu,
       backup_retention_days: 7, metadata_iops: 12000, data_compression: lz4, weekly_maintenance: "7:03:00",
       kms_key_arn: "{KEY}"}}
    scratch:
      retain: {systems}
      type: scratch_2
      capacity_gib: 1200
      availability_zone: us-west-2c
      data_repositories:
      - {{bucket: data, path: /data, prefix: train}}
      - {{bucket: data, path: /checkpoints, prefix: checkpoints, auto_import: [], auto_export: [new, changed]}}
      - {{bucket: "s3://elsewhere", path: /data-more, auto_import: []}}
  buckets:
    data: {{retain: {bucket}}}
    logs:
      retain: {rest}
      name: acme-store-logs
      versioned: false
      kms_key_arn: "{KEY}"
      tags: {{team: a}}
      lifecycle:
        noncurrent_days: 0
        rules: [{{prefix: a, expire_days: 90, transition_days: 30, storage_class: glacier_ir}}, {{expire_days: 400}}]
  repositories:
    trainer: {{retain: {rest}, keep_images: 20}}
    base: {{retain: {rest}, name: shared/base, immutable_tags: false, expire_untagged_days: 0, kms_key_arn: "{KEY}"}}
"""


def test_what_is_deployed_plans_nothing_and_data_outlives_its_cluster(
    start: Start, synth: Synth, reviewed: Reviewed
) -> None:
    with start(storage()) as offline:
        # What lies above them knows nothing of retained data.
        for workspace in (offline.data, offline.cluster):
            succeeded(workspace.validate())
            assert {change.verb for change in planned(workspace)} == {"create"}
            succeeded(workspace.apply("plan"))
            again = workspace.plan()
            assert again.empty, again.step.text

        # More is made in place; what would replace a file system is refused while it is to stay.
        offline.configure(synth(storage().replace("capacity_gib: 1200", "capacity_gib: 2400")))
        made = planned_json(offline.cluster)
        (grown,) = changes(made)
        reviewed("storage: a larger file system", {"store": made})
        assert (grown.address, grown.verb) == ("aws_fsx_lustre_file_system.file_systems_scratch", "update")
        offline.configure(synth(storage().replace("us-west-2c", "us-west-2a")))
        assert "prevent_destroy" in refused(offline.cluster.plan())
        offline.configure(synth(storage()))

        # The file systems live in the VPC, which cannot go without them.
        told = kept(offline.cluster)
        assert "aws_fsx_lustre_file_system.file_systems_fast" in told
        assert "prevent_destroy" in told

        # Without them the cluster goes, and all of the data stays.
        offline.configure(synth(storage(systems="false")))
        succeeded(offline.cluster.apply())
        destroyed(offline.cluster)
        stored = sorted(offline.account.resources)
        assert {kind for kind, _ in stored} >= {"aws_s3_bucket", "aws_ecr_repository"}
        told = kept(offline.data)
        assert "aws_s3_bucket.bucket_data" in told
        assert "prevent_destroy" in told

        # One that may go does not take the others with it.
        offline.configure(synth(storage(systems="false", bucket="false")))
        assert "aws_s3_bucket.bucket_logs" in kept(offline.data)
        assert sorted(offline.account.resources) == stored

        offline.configure(synth(storage(systems="false", bucket="false", rest="false")))
        succeeded(offline.data.apply())
        destroyed(offline.data)
        assert offline.account.resources == {}


def test_a_file_system_in_another_zone_or_vpc_than_its_nodes_is_refused_in_the_plan(start: Start) -> None:
    subnet = "subnet-0aaaaaaaaaaaaaaaa"
    text = f"""
extends: eks-p5-odcr-vpc
name: store
storage: {{file_systems: {{fast: {{capacity_gib: 1200, node_group: p5, subnet_id: {subnet}}}}}}}
"""
    with start(text) as offline:
        assert "aws_fsx_lustre_file_system.file_systems_fast" in {
            change.address for change in planned(offline.cluster)
        }
        subnets = offline.account.subnets
        there = subnets[subnet]
        subnets[subnet] = replace(there, zone="us-west-2d")
        assert "EFA does not reach" in refused(offline.cluster.plan())
        subnets[subnet] = replace(there, vpc_id="vpc-0bbbbbbbbbbbbbbbb")
        assert f"storage.file_systems.fast.subnet_id: the subnet {subnet} is not in the VPC" in refused(
            offline.cluster.plan()
        )


def test_a_zone_that_only_a_variable_says_is_compared_in_the_plan(start: Start) -> None:
    text = """
extends: eks-p5-odcr
name: store
storage: {file_systems: {fast: {capacity_gib: 1200, node_group: p5, availability_zone: us-west-2b}}}
"""
    with start(text, {"availability_zone": "us-west-2a"}) as offline:
        told = refused(offline.cluster.plan())
    assert "storage.file_systems.fast.availability_zone: it is us-west-2b, and the nodes of p5" in told
