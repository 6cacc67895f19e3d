"""Training jobs: their kinds and settings, and the nodes that hold them."""

from __future__ import annotations

from textwrap import dedent, indent

from tests.unit.layout.cases import Case, here, new

GPU = """
gpu:
  instance_type: g4dn.metal
  size: {desired: 2}
"""
SMALL = """
cpu:
  instance_type: m5.large
  size: {desired: 2}
"""


def training(*keys: str, groups: str = GPU, top: str = "", name: str = "llama") -> str:
    """A layout with a job: `keys` beside its image; an Indexed Job on the group `gpu` unless they say otherwise."""
    lines = ["image: registry.example.com/trainer:1.0", *(dedent(key).strip("\n") for key in keys)]
    for key, value in (("kind", "indexed_job"), ("node_group", "gpu")):
        if not any(line.startswith(f"{key}:") for line in lines):
            lines.append(f"{key}: {value}")
    job = indent("\n".join(lines), "      ")
    section = f"workloads:\n  training:\n    {name}:\n{job}\n"
    return new(f"{groups}\n", f"{dedent(top).strip()}\n{section}")


def two_jobs(
    nodes: str, top: str = "", groups: str = GPU, kinds: tuple[str, str] = ("indexed_job", "indexed_job")
) -> str:
    """Two jobs on one group of two nodes: the second one as said."""
    job = "{image: registry.example.com/x:1, kind: %s, node_group: gpu, nodes: %s}"
    one, two = job % (kinds[0], 2), job % (kinds[1], nodes)
    return new(
        f"{groups}\n",
        f"{dedent(top).strip()}\nworkloads:\n  training:\n    one: {one}\n    two: {two}\n",
    )


_SERVER = """\
  serving:
    api: {image: 'registry.example.com/x:1', port: 80, node_groups: [gpu], replicas: 1, resources: {gpus: 1}}
"""
P5 = """
gpu:
  instance_type: p5.48xlarge
  size: {desired: 2}
"""
_MPI = "helm_releases: {mpi-operator: {repository: 'oci://x.example.com/y', chart: z, version: 0.1.0, namespace: mpi}}"


CASES = (
    Case(
        "job-group-unknown",
        training("node_group: gpus # here"),
        "workloads.training.llama.node_group",
        "there is no node group 'gpus'",
        "Did you mean gpu?",
        training("node_group: gpu"),
    ),
    Case(
        "job-group-unknown",
        training("kind: worker_set", "parameter_servers: {node_group: x} # here"),
        "workloads.training.llama.parameter_servers.node_group",
        "there is no node group 'x'",
        "Write one of: sys, gpu.",
        training("kind: worker_set", "parameter_servers: {node_group: sys}"),
    ),
    Case(
        "train-job-without-operator",
        training("kind: train_job # here", top="helm_releases: {training-operator: {enabled: false}}"),
        "workloads.training.llama.kind",
        "the release training-operator, which runs it, is off",
        "kind: indexed_job",
        # The job brings the release, on nodes without accelerators too.
        training("kind: train_job", "node_group: cpu", groups=SMALL),
    ),
    Case(
        "mpi-job-without-operator",
        training("kind: mpi_job # here"),
        "workloads.training.llama.kind",
        "there is no release mpi-operator",
        "Write helm_releases",
        training(
            "kind: mpi_job",
            top="""
            helm_releases:
              mpi-operator: {repository: "oci://registry.example.com/charts", chart: mpi, version: 0.1.0, namespace: mpi}
            """,
        ),
    ),
    Case(
        "job-setting-unused",
        training("kind: worker_set", "deadline_minutes: 60 # here"),
        "workloads.training.llama.deadline_minutes",
        "is for train_job and indexed_job and mpi_job, and does nothing for kind: worker_set",
        "Remove it.",
        training("deadline_minutes: 60", "port: 29400", "max_restarts: 1"),
    ),
    Case(
        "job-setting-unused",
        training("kind: train_job", "ttl_minutes: 60 # here"),
        "workloads.training.llama.ttl_minutes",
        "is for indexed_job and mpi_job, and does nothing for kind: train_job",
        "Remove it.",
        training("kind: train_job", "deadline_minutes: 60", "max_restarts: 1", "processes_per_node: 2"),
    ),
    Case(
        "job-setting-unused",
        training("kind: train_job", "port: 29400 # here"),
        "workloads.training.llama.port",
        "is for indexed_job and worker_set, and does nothing",
        "Remove it.",
        training("kind: worker_set", "controller: deployment", "port: 29400"),
    ),
    Case(
        "job-setting-unused",
        training("controller: stateful_set # here"),
        "workloads.training.llama.controller",
        "is for worker_set, and does nothing for kind: indexed_job",
        "Remove it.",
        training("kind: worker_set", "controller: stateful_set", "parameter_servers: {count: 2}"),
    ),
    Case(
        "script-without-command",
        training(
            "kind: mpi_job",
            "script: {name: train.py, text: print()} # here",
            top="helm_releases: {mpi-operator: {repository: 'oci://x.example.com/y', chart: z, version: 0.1.0, namespace: mpi}}",
        ),
        "workloads.training.llama.script",
        "nothing starts it: an mpi_job has no torchrun",
        "command: [mpirun, python, /etc/job/train.py]",
        training("script: {name: train.py, text: print()}"),
    ),
    Case(
        "job-runs-again",
        training("ttl_minutes: 1440 # here"),
        "workloads.training.llama.ttl_minutes",
        "is deleted 1440 minutes after its end, and the next deploy runs it again",
        "Remove it",
        training("deadline_minutes: 1440"),
    ),
    Case(
        "job-larger-than-node",
        training("resources: {gpus: 9} # here"),
        "workloads.training.llama.resources.gpus",
        "a pod asks for 9 GPUs, and a node of gpu (g4dn.metal) has 8",
        "Ask for 8 or less",
        training("resources: {gpus: 8}"),
    ),
    Case(
        "job-larger-than-node",
        training("resources: {neuron_devices: 1} # here"),
        "workloads.training.llama.resources.neuron_devices",
        "a node of gpu (g4dn.metal) has 0",
        "Remove it, or write a node_group whose nodes have some.",
        training("resources: {neuron_devices: 0}"),
    ),
    Case(
        "job-larger-than-node",
        training(
            "resources: {efa: 1} # here",
            groups=GPU.replace("size: {desired: 2}", "size: {desired: 2}\n  efa: false"),
        ),
        "workloads.training.llama.resources.efa",
        "a pod asks for 1 EFA interfaces, and a node of gpu (g4dn.metal) has 0",
        "Remove it, or write node_groups.gpu.efa: true.",
        training("resources: {efa: 1}"),
    ),
    Case(
        "job-larger-than-node",
        training(
            "resources: {hugepages_mib: 5120, efa: 0} # here",
            groups=GPU.replace("size: {desired: 2}", "size: {desired: 2}\n  efa: false"),
        ),
        "workloads.training.llama.resources.hugepages_mib",
        "a pod asks for 5120 MiB in huge pages",
        "Remove it",
        training("resources: {hugepages_mib: 5120}"),
    ),
    Case(
        "job-larger-than-node",
        training("node_group: cpu", "resources: {cpu: 2} # here", groups=SMALL),
        "workloads.training.llama.resources.cpu",
        "a pod asks for 2 vCPUs, and of a node of cpu (m5.large) pods get 1.94 at most",
        "Ask for 1.94 or less",
        training("node_group: cpu", "resources: {cpu: 1.9}", groups=SMALL),
    ),
    Case(
        "job-larger-than-node",
        training("node_group: cpu", "resources: {memory_gib: 8} # here", groups=SMALL),
        "workloads.training.llama.resources.memory_gib",
        "a pod asks for 8 GiB, and of a node of cpu (m5.large) pods get 7.6 at most",
        "Ask for 7.6 or less",
        training("node_group: cpu", "resources: {memory_gib: 7.6}", groups=SMALL),
    ),
    Case(
        "job-larger-than-node",
        training(
            "kind: worker_set",
            "parameter_servers: {node_group: cpu, memory_gib: 16} # here",
            groups=GPU + SMALL,
        ),
        "workloads.training.llama.parameter_servers.memory_gib",
        "a pod asks for 16 GiB, and of a node of cpu (m5.large)",
        "Ask for 7.6 or less",
        training(
            "kind: worker_set", "parameter_servers: {node_group: gpu, memory_gib: 16}", groups=GPU + SMALL
        ),
    ),
    Case(
        "job-larger-than-group",
        training("nodes: 3 # here"),
        "workloads.training.llama.nodes",
        "3 pods, and gpu holds 2: 1 on each of 2 nodes at most",
        "Write 2 or fewer, or node_groups.gpu.size.max: 3.",
        training("nodes: 2"),
    ),
    Case(
        "job-larger-than-group",
        training("nodes: 5 # here", "resources: {gpus: 4}"),
        "workloads.training.llama.nodes",
        "5 pods, and gpu holds 4: 2 on each of 2 nodes at most",
        "node_groups.gpu.size.max: 3.",
        training("nodes: 4", "resources: {gpus: 4}"),
    ),
    Case(
        "job-larger-than-group",
        training(
            "kind: worker_set",
            "parameter_servers: {count: 3, cpu: 1.5, node_group: cpu} # here",
            groups=GPU + SMALL,
        ),
        "workloads.training.llama.parameter_servers.count",
        "3 pods, and cpu holds 2",
        "Write 2 or fewer",
        training(
            "kind: worker_set", "parameter_servers: {count: 2, cpu: 1.5, node_group: cpu}", groups=GPU + SMALL
        ),
    ),
    Case(
        "job-larger-than-desired",
        training("nodes: 3 # here", groups=GPU.replace("desired: 2", "desired: 2, max: 4")),
        "workloads.training.llama.nodes",
        "3 pods, and the 2 nodes that gpu has hold 2: nobody brings more",
        "Write node_groups.gpu.size.desired: 3, or scaling_owner: autoscaler.",
        training(
            "nodes: 3",
            groups=GPU.replace(
                "size: {desired: 2}", "size: {desired: 0, max: 4}\n  scaling_owner: autoscaler"
            ),
        ),
    ),
    Case(
        "jobs-hold-each-other",
        here(two_jobs("2")),
        "workloads.training.two.nodes",
        "together with one it takes more than the 2 nodes of gpu: each may start in part",
        "helm_releases: {kueue: {}}",
        two_jobs("2", "helm_releases: {kueue: {}}"),
    ),
    Case(
        "job-without-efa",
        training("nodes: 2", "resources: {efa: 0} # here"),
        "workloads.training.llama.resources.efa",
        "the pods take none of the 1 EFA interfaces of their nodes",
        "Leave out efa.",
        training("nodes: 2"),
    ),
    Case(
        "job-without-efa",
        training("nodes: 2", "resources: {gpus: 4} # here"),
        "workloads.training.llama.resources.gpus",
        "traffic between them goes over TCP",
        "Take all accelerators of a node",
        training("nodes: 1", "resources: {gpus: 4}"),
    ),
    Case(
        "rdma-not-there",
        training("environment: {FI_EFA_USE_DEVICE_RDMA: '1'} # here"),
        "workloads.training.llama.environment.FI_EFA_USE_DEVICE_RDMA",
        "has no RDMA, and libfabric aborts a program that asks for it",
        "Remove it",
        training("environment: {FI_EFA_USE_DEVICE_RDMA: '0'}"),
    ),
    # Nobody brings the third and fourth node.
    Case(
        "jobs-hold-each-other",
        here(two_jobs("2", groups=GPU.replace("desired: 2", "desired: 2, max: 4"))),
        "workloads.training.two.nodes",
        "more than the 2 nodes of gpu",
        "helm_releases: {kueue: {}}",
        two_jobs(
            "2",
            groups=GPU.replace(
                "size: {desired: 2}", "size: {desired: 0, max: 4}\n  scaling_owner: autoscaler"
            ),
        ),
    ),
    Case(
        "jobs-hold-each-other",
        here(two_jobs("2", kinds=("worker_set", "worker_set"))),
        "workloads.training.two.nodes",
        "together with one it takes more than the 2 nodes of gpu: some of the pods wait for ever",
        "Write fewer pods, more nodes (node_groups.gpu.size.desired), or another node group.",
        two_jobs("2, resources: {gpus: 0}", kinds=("worker_set", "worker_set")),
    ),
    # kueue does not know what else is on the nodes.
    Case(
        "jobs-hold-each-other",
        here(two_jobs("1", "helm_releases: {kueue: {}}", kinds=("worker_set", "indexed_job"))),
        "workloads.training.two.nodes",
        "one stays on gpu, and its 2 nodes cannot hold 1 pod besides: the job never starts whole",
        "Write fewer pods",
        # A job that ends leaves its nodes to the next one.
        two_jobs("1", "helm_releases: {kueue: {}}", kinds=("indexed_job", "indexed_job")),
    ),
    Case(
        "jobs-hold-each-other",
        training("nodes: 2 # here") + _SERVER,
        "workloads.training.llama.nodes",
        "api stays on gpu, and its 2 nodes cannot hold 2 pods besides",
        "another node group",
        training("nodes: 2", "resources: {gpus: 7}") + _SERVER,
    ),
    Case(
        "job-larger-than-group",
        training(
            "kind: worker_set",
            "node_group: cpu",
            "nodes: 2 # here",
            "resources: {cpu: 1.5, memory_gib: 4}",
            "parameter_servers: {count: 2}",
            groups=SMALL,
        ),
        "workloads.training.llama.nodes",
        "2 workers and 2 parameter servers do not fit together on cpu, which has 2 nodes at most",
        "parameter_servers.node_group",
        training(
            "kind: worker_set",
            "node_group: cpu",
            "nodes: 2",
            "resources: {cpu: 0.9, memory_gib: 4}",
            "parameter_servers: {count: 2}",
            groups=SMALL,
        ),
    ),
    Case(
        "job-larger-than-desired",
        training(
            "kind: worker_set",
            "node_group: cpu",
            "nodes: 2 # here",
            "resources: {cpu: 1.5, memory_gib: 4}",
            "parameter_servers: {count: 1}",
            groups=SMALL.replace("desired: 2", "desired: 2, max: 3"),
        ),
        "workloads.training.llama.nodes",
        "2 workers and 1 parameter server do not fit together on the 2 nodes that cpu has",
        "scaling_owner: autoscaler",
        training(
            "kind: worker_set",
            "node_group: cpu",
            "nodes: 2",
            "resources: {cpu: 1.5, memory_gib: 4}",
            "parameter_servers: {count: 1}",
            groups=SMALL.replace("desired: 2", "desired: 3"),
        ),
    ),
    Case(
        "job-without-efa",
        training("nodes: 2", "resources: {efa: 8} # here", groups=P5),
        "workloads.training.llama.resources.efa",
        "the pods take 8 of the 32 EFA interfaces that go with their accelerators",
        "Leave out efa.",
        training("nodes: 2", "resources: {gpus: 2, efa: 8}", groups=P5),
    ),
    *(
        Case(
            "efa-overridden",
            training("nodes: 2", f"environment: {{{name}: '{wrong}'}} # here"),
            f"workloads.training.llama.environment.{name}",
            f"{name}: {wrong} turns the job away from the EFA",
            "Remove it",
            training("nodes: 2", f"environment: {{{name}: '{right}'}}"),
        )
        for name, wrong, right in (
            ("FI_PROVIDER", "tcp", "efa"),
            ("FI_PROVIDER", "^efa", "^tcp"),
            ("NCCL_NET", "Socket", "AWS Libfabric"),
            ("NCCL_NET_PLUGIN", "none", "ofi"),
        )
    ),
    Case(
        "job-across-zones",
        training("node_group: gpu # here", "nodes: 2", groups=GPU + "  efa: false\n"),
        "workloads.training.llama.node_group",
        "the nodes of gpu may be in several zones: traffic between the 2 pods",
        "Write node_groups.gpu.availability_zone with one zone.",
        training("nodes: 2", groups=GPU + "  efa: false\n  availability_zone: us-west-2a\n"),
    ),
    Case(
        "more-processes-than-devices",
        training("processes_per_node: 9 # here"),
        "workloads.training.llama.processes_per_node",
        "9 processes, and a pod has 8 GPUs: two would share one",
        "Remove it for one process each, or write 8 or fewer.",
        training("processes_per_node: 64", "resources: {gpus: 0}"),
    ),
    Case(
        "spot-ends-job",
        training("node_group: gpu # here", "nodes: 2", groups=GPU + "  capacity: {type: spot}\n"),
        "workloads.training.llama.node_group",
        "the first node of gpu (spot) that EC2 takes back ends the job",
        "Write max_restarts",
        training("nodes: 2", "max_restarts: 3", groups=GPU + "  capacity: {type: spot}\n"),
    ),
    Case(
        "spot-ends-job",
        training("kind: train_job", "node_group: gpu # here", groups=GPU + "  capacity: {type: spot}\n"),
        "workloads.training.llama.node_group",
        "ends the job",
        "Write max_restarts",
        # Its one pod is replaced.
        training("nodes: 1", groups=GPU + "  capacity: {type: spot}\n"),
    ),
    Case(
        "servers-of-deployment",
        training(
            "kind: worker_set",
            "controller: deployment # here",
            "parameter_servers: {cpu: 1}",
            groups=GPU,
        ),
        "workloads.training.llama.controller",
        "have no names that stay, by which parameter servers find them",
        "Remove controller",
        training("kind: worker_set", "controller: deployment"),
    ),
    Case(
        "mpi-environment-lost",
        training("kind: mpi_job", "nodes: 2", "environment: {OPTIONS: 'a=1;b'} # here", top=_MPI),
        "workloads.training.llama.environment.OPTIONS",
        "its value has = and ;, and mpirun does not hand it on to the other nodes",
        "wrapper script",
        training("nodes: 2", "environment: {OPTIONS: 'a=1;b'}", top=_MPI),
    ),
)
