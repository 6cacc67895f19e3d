"""A layout with all that only the newer AWS provider can write."""

from __future__ import annotations

ALL = """\
name: newer
region: us-west-2
network:
  vpc_id: vpc-0123456789abcdef0
  private_subnet_ids: [subnet-0123456789abcdef0, subnet-0123456789abcdef1]
cluster:
  scheduler:
    scoring_strategy: MostAllocated
    resources: {nvidia.com/gpu: 10, cpu: 1}
node_groups:
  sys:
    instance_type: c5.2xlarge
    ami_type: BOTTLEROCKET_x86_64_FIPS
    size: {min: 1, desired: 1, max: 3}
  p5:
    instance_type: p5.48xlarge
    size: {min: 0, desired: 2, max: 2}
    update: {strategy: minimal}
    subnet_ids: [subnet-0123456789abcdef0]
    capacity: {type: odcr, reservation_id: cr-0123456789abcdef0}
  g5:
    instance_type: g5.8xlarge
    ami_type: BOTTLEROCKET_x86_64_NVIDIA_FIPS
    size: {min: 0, desired: 1, max: 2}
    subnet_ids: [subnet-0123456789abcdef0]
    update: {max_unavailable_percentage: 50, strategy: default}
"""
NEWER = {"newer": ALL}
