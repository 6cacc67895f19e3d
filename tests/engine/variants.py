"""Layouts with what the language can say and no preset does."""

from __future__ import annotations

NODES = """\
name: nodes
region: us-west-2
network:
  vpc_id: vpc-0123456789abcdef0
  private_subnet_ids: [subnet-0123456789abcdef0, subnet-0123456789abcdef1]
node_groups:
  sys:
    instance_type: c5.2xlarge
    fallback_instance_types: [c5a.2xlarge, c6i.2xlarge]
    size: {min: 1, desired: 1, max: 3}
    capacity: {reservation_preference: none}
    node_config:
      kubelet:
        config: {shutdownGracePeriod: 30s, memoryThrottlingFactor: 0.9}
        flags: ["--node-status-update-frequency=5s"]
      containerd: {config: "# ${HOME} %{if}\\n"}
  gpu:
    instance_type: g5.8xlarge
    fallback_instance_types: [g5.16xlarge]
    capacity: {type: spot}
    size: {min: 0, desired: 1, max: 4}
    scaling_owner: autoscaler
    subnet_ids: [subnet-0123456789abcdef0]
    ami_id: var.ami_id
    security_group_ids: [sg-0123456789abcdef0, var.security_group_id]
    node_config:
      kubelet: {flags: ["--v=2"], config: {clusterDomain: '${a} %{b} " \\ é'}}
  rocket:
    instance_type: m5d.large
    ami_type: BOTTLEROCKET_x86_64
    ami_id: ami-0123456789abcdef0
    size: {min: 0, desired: 0, max: 1}
    labels: {team: b}
    taints: [{key: a, value: b}, {key: a, effect: NoExecute}, {key: c}]
    security_group_ids: [sg-0123456789abcdef0]
"""

PODS = """\
name: pods
region: us-west-2
network:
  vpc_id: vpc-0123456789abcdef0
  private_subnet_ids: [subnet-0123456789abcdef0, subnet-0123456789abcdef1]
cluster:
  zonal_shift: true
  security_group_ids: var.security_group_ids
  access_entries:
    dev:
      principal_arn: arn:aws:iam::123456789012:role/dev
      user_name: "dev-${a}:{{SessionName}}"
      policies: [AmazonEKSViewPolicy, {name: AmazonEKSEditPolicy, namespaces: [team-a, dev-*]}]
      namespaces: [team-b]
  pod_identity_associations:
    trainer:
      namespace: team-a
      service_account: trainer
      policy_arns: ["arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess", var.policy_arn]
      policy:
        Version: 2012-10-17
        Statement:
          - Effect: Allow
            Action: ["s3:PutObject"]
            Resource: "arn:aws:s3:::data/${aws:PrincipalTag/kubernetes-namespace}/*"
      create_service_account: true
      tags: {team: a}
    reader:
      namespace: team-a
      service_account: reader
      role_arn: var.role_arn
      create_service_account: true
    queues:
      namespace: kueue-system
      service_account: queues
      policy_arns: ["arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"]
      create_service_account: true
node_groups:
  sys:
    instance_type: c5.2xlarge
    size: {min: 1, desired: 2, max: 3}
helm_releases:
  karpenter: {}
  kueue: {}
"""

VARIANTS = {"nodes": NODES, "pods": PODS}
