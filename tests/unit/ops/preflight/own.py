"""Layouts that name what presets leave out: things of the user's own."""

from __future__ import annotations

# In an existing network, with everything that can be named: roles, a key, an AMI, security groups, buckets, images.
OWN = """
extends: eks-g4dn-vpc
name: own
kubernetes_version: "1.35"
backend: {type: s3, bucket: acme-terraform-state}
cluster:
  role_arn: arn:aws:iam::123456789012:role/team/own-cluster
  security_group_ids: var.security_group_ids
  secrets_encryption: {kms_key_arn: var.kms_key_arn}
  access_entries:
    researchers:
      principal_arn: arn:aws:iam::123456789012:role/researcher
      policies: [AmazonEKSEditPolicy]
  pod_identity_associations:
    trainer:
      namespace: training
      service_account: trainer
      policy_arns: ["arn:aws:iam::123456789012:policy/own-data"]
  endpoint: {private: false}
node_groups:
  sys:
    role_arn: arn:aws:iam::123456789012:role/own-nodes
  gpu:
    security_group_ids: [var.gpu_security_group_id]
    root_volume: {kms_key_arn: var.kms_key_arn}
    placement_group: {name: var.placement_group_name}
helm_releases:
  karpenter: {}
  aws-load-balancer-controller: {}
storage:
  file_systems:
    data:
      type: persistent_2
      capacity_gib: 1200
      node_group: gpu
      subnet_id: var.file_system_subnet_id
      data_repositories:
        - {bucket: "s3://acme-datasets", prefix: imagenet, path: /imagenet}
workloads:
  training:
    torch:
      kind: indexed_job
      node_group: gpu
      nodes: 1
      image: 123456789012.dkr.ecr.us-west-2.amazonaws.com/research/trainer:1
      command: [python, train.py]
  serving:
    web:
      image: public.ecr.aws/nginx/nginx-unprivileged:1.29.1-alpine3.22
      port: 8080
      node_groups: [sys]
      health: {path: /}
      load_balancer: {type: alb, scheme: internal}
"""
# Reservations by their resource group.
GROUP_OF_RESERVATIONS = """
extends: eks-p5-odcr
name: pooled
node_groups:
  p5:
    capacity: {type: odcr, reservation_id: null, reservation_group_arn: var.capacity_reservation_group_arn}
"""
# A new VPC whose zones are named.
ZONES = """
extends: eks-g4dn
name: zones
network: {availability_zones: [us-west-2a, us-west-2b]}
"""
# In an existing network, and the only images from elsewhere are those of the workload.
WORKERS = """
extends: training-workers
name: workers
network: {vpc_id: var.vpc_id, private_subnet_ids: var.private_subnet_ids}
"""
OWN_AMI = """
extends: eks-g4dn
name: own-ami
node_groups:
  sys: {ami_id: var.ami_id}
"""
LAYOUTS = {
    "own": OWN,
    "pooled": GROUP_OF_RESERVATIONS,
    "zones": ZONES,
    "workers": WORKERS,
    "own-ami": OWN_AMI,
}
