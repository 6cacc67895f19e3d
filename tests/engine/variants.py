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
  aws-load-balancer-controller: {}
  karpenter: {}
  kueue: {}
"""

WORKLOADS = """\
name: workloads
region: us-west-2
network:
  vpc_id: vpc-0123456789abcdef0
  private_subnet_ids: [subnet-0123456789abcdef0, subnet-0123456789abcdef1]
node_groups:
  sys:
    instance_type: c5.2xlarge
    size: {min: 1, desired: 2, max: 3}
  gpu:
    instance_type: p5.48xlarge
    size: {min: 0, desired: 2, max: 4}
    subnet_ids: [subnet-0123456789abcdef0]
helm_releases:
  kueue: {}
  mpi-operator: {repository: "https://charts.example.com", chart: mpi-operator, version: 0.8.2, namespace: mpi-operator}
storage:
  file_systems:
    scratch: {type: scratch_2, capacity_gib: 1200, node_group: gpu, namespaces: [team-a]}
  volumes:
    notes: {size_gib: 100, namespace: research}
  buckets:
    data: {}
  repositories:
    trainer: {}
workloads:
  training:
    indexed:
      kind: indexed_job
      image: {repository: trainer, tag: "1.0"}
      node_group: gpu
      nodes: 2
      script: {name: train.py, text: "print('${HOME} %{if}')"}
      volumes:
        /fsx: {file_system: scratch}
        /fsx/checkpoints: {file_system: scratch, sub_path: checkpoints}
        /data: {bucket: data}
        /tmp/cache: {ephemeral_gib: 100}
        /nvme: {host_path: /mnt/k8s-disks/0, read_only: true}
        /own: {claim: theirs}
      buckets: {data: read_write}
      policy_arns: ["arn:aws:iam::aws:policy/CloudWatchReadOnlyAccess"]
      environment: {A: "${B} %{c} é \\" \\\\"}
      secrets: {HF_TOKEN: {name: hugging-face, key: token}}
      max_restarts: 2
      deadline_minutes: 600
      priority_class: high
    torch:
      kind: train_job
      image: var.image
      node_group: gpu
      nodes: 2
      resources: {gpus: 4}
      command: [torchrun, /app/train.py]
      volumes: {/fsx: {file_system: scratch}}
      max_restarts: 3
      deadline_minutes: 600
    mpi:
      kind: mpi_job
      image: example.com/mpi@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
      node_group: gpu
      nodes: 2
      command: [mpirun, /app/train]
      environment: {MINE: "1"}
      deadline_minutes: 600
    workers:
      kind: worker_set
      namespace: research
      image: example.com/worker:1
      node_group: sys
      nodes: 3
      resources: {cpu: 0.5, memory_gib: 1}
      parameter_servers: {count: 2, cpu: 1, memory_gib: 2}
      service_account: theirs
    crowd:
      kind: worker_set
      namespace: default
      controller: deployment
      image: example.com/worker:1
      node_group: sys
      nodes: 2
      resources: {cpu: 0.5, memory_gib: 1}
    notebook:
      kind: indexed_job
      namespace: research
      image: example.com/notebook:1
      node_group: sys
      resources: {cpu: 1, memory_gib: 2}
      volumes: {/notes: {volume: notes}}
  serving:
    api:
      image: example.com/api:1
      port: 8080
      node_groups: [sys]
      resources: {requests: {cpu: 0.5, memory_gib: 1}, limits: {cpu: 1, memory_gib: 2}}
      autoscaling: {min: 2, max: 4}
      load_balancer: {type: nlb}
    web:
      image: example.com/web:1
      port: 8080
      node_groups: [sys]
      replicas: 2
      resources: {requests: {cpu: 0.5, memory_gib: 1}}
      health: {path: /health}
      buckets: {data: read}
      volumes: {/data: {bucket: data, read_only: true}}
      load_balancer: {type: alb, host: web.example.com, certificate_arn: var.certificate_arn}
"""

CLAIMED = """\
name: claimed
region: us-west-2
network:
  vpc_id: vpc-0123456789abcdef0
  private_subnet_ids: [subnet-0123456789abcdef0, subnet-0123456789abcdef1]
cluster: {efa_driver: dra}
node_groups:
  sys:
    instance_type: c5.2xlarge
    size: {min: 1, desired: 2, max: 3}
  gpu:
    instance_type: p5.48xlarge
    size: {min: 0, desired: 2, max: 4}
    subnet_ids: [subnet-0123456789abcdef0]
helm_releases:
  kueue: {}
  mpi-operator: {repository: "https://charts.example.com", chart: mpi-operator, version: 0.8.2, namespace: mpi-operator}
workloads:
  training:
    indexed:
      kind: indexed_job
      image: example.com/train:1
      node_group: gpu
      nodes: 2
      script: {name: train.py, text: "print(1)"}
    torch:
      kind: train_job
      image: var.image
      node_group: gpu
      nodes: 2
      command: [torchrun, /app/train.py]
    mpi:
      kind: mpi_job
      image: example.com/mpi:1
      node_group: gpu
      nodes: 2
      command: [mpirun, /app/train]
    workers:
      kind: worker_set
      image: example.com/worker:1
      node_group: gpu
      nodes: 2
      resources: {gpus: 1}
      parameter_servers: {count: 1, cpu: 1, memory_gib: 2, node_group: sys}
    crowd:
      kind: worker_set
      controller: deployment
      image: example.com/worker:1
      node_group: gpu
      nodes: 2
      resources: {gpus: 1}
    notebook:
      kind: indexed_job
      image: example.com/notebook:1
      node_group: sys
      resources: {cpu: 1, memory_gib: 2}
"""

VARIANTS = {"nodes": NODES, "pods": PODS, "workloads": WORKLOADS, "claimed": CLAIMED}
