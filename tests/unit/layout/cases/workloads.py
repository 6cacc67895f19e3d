"""What all workloads share: images, environment, mounts, service accounts."""

from __future__ import annotations

from textwrap import dedent, indent

from tests.unit.layout.cases import Case, new
from tests.unit.layout.cases.serving import serving
from tests.unit.layout.cases.training import training

_STORES = """
storage:
  buckets: {data: {}}
  repositories: {trainer: {}}
  volumes: {notes: {size_gib: 10}}
  file_systems: {scratch: {type: scratch_2, capacity_gib: 1200, node_group: gpu}}
"""


def job(*keys: str, top: str = _STORES, name: str = "llama") -> str:
    """A job of one pod beside something of everything that `storage` has."""
    return training(*keys, top=top, name=name)


def mounted(mount: str, *keys: str, top: str = _STORES) -> str:
    """A job that mounts something at /data, on a line of its own."""
    return job(f"volumes:\n  /data: {mount}", *keys, top=top)


def several(*workloads: str, top: str = "") -> str:
    """A layout with these lines below `workloads`."""
    lines = indent("\n".join(workloads), "  ")
    return new("", f"{dedent(top).strip()}\nworkloads:\n{lines}\n")


_JOB = "{kind: indexed_job, image: 'registry.example.com/x:1', node_group: sys, resources: {cpu: 1}"
_SERVER = "{image: 'registry.example.com/x:1', port: 8080"
_VOLUME = "volumes: {/notes: {volume: notes}}"
_RIGHTS = "buckets: {data: read}"
_BUCKET = "storage: {buckets: {data: {}}}"


def across(place: str, zone: str = "us-west-2a") -> str:
    """A job on GPUs in a zone that mounts a file system at a place."""
    groups = f"""
    far: {{instance_type: m5.large, size: {{desired: 1}}, availability_zone: us-west-2b}}
    gpu: {{instance_type: g4dn.metal, size: {{desired: 2}}, availability_zone: {zone}}}
    """
    top = f"storage: {{file_systems: {{scratch: {{type: scratch_2, capacity_gib: 1200, {place}}}}}}}"
    return training("volumes:\n  /fsx: {file_system: scratch} # here", groups=groups, top=top)


CASES = (
    Case(
        "image-not-pinned",
        serving().replace("api:1.0", "api:latest # here"),
        "workloads.serving.api.image",
        "the tag latest is moved",
        "Write the tag of a version, or a digest",
        serving().replace("api:1.0", f"api:latest@sha256:{'0' * 64}"),
    ),
    Case(
        "image-not-pinned",
        training().replace("registry.example.com/trainer:1.0", "registry.example.com:5000/trainer # here"),
        "workloads.training.llama.image",
        "has no tag, which means latest",
        "Write the tag of a version",
        training().replace("registry.example.com/trainer:1.0", "var.image"),
    ),
    Case(
        "repository-unknown",
        job().replace("registry.example.com/trainer:1.0", "{repository: train, tag: '1'} # here"),
        "workloads.training.llama.image.repository",
        "there is no repository 'train' under storage.repositories",
        "Did you mean trainer?",
        job().replace("registry.example.com/trainer:1.0", "{repository: trainer, tag: '1'}"),
    ),
    Case(
        "variable-twice",
        job("environment: {TOKEN: x} # here", "secrets: {TOKEN: {name: hub, key: token}}"),
        "workloads.training.llama.environment.TOKEN",
        "TOKEN has a value from a Secret too",
        "Keep one of them.",
        job("environment: {NAME: x}", "secrets: {TOKEN: {name: hub, key: token}}"),
    ),
    Case(
        "computed-variable",
        job("environment: {MASTER_ADDR: localhost} # here"),
        "workloads.training.llama.environment.MASTER_ADDR",
        "MASTER_ADDR follows from the job",
        "Remove it",
        job("environment: {NCCL_DEBUG: WARN}"),
    ),
    Case(
        "computed-variable",
        job("secrets: {PET_NNODES: {name: x, key: y}} # here"),
        "workloads.training.llama.secrets.PET_NNODES",
        "PET_NNODES follows from the job",
        "Remove it",
        # What serves finds nobody.
        serving("environment: {WORLD_SIZE: '1'}"),
    ),
    Case(
        "mount-path-taken",
        job("script: {name: a.py, text: print()}", "volumes: {/etc/job: {volume: notes}} # here"),
        "workloads.training.llama.volumes./etc/job",
        "the job's script is in /etc/job",
        "Mount it at another path.",
        job("volumes: {/etc/job: {volume: notes}}"),
    ),
    Case(
        "workload-name-taken",
        several(
            "training:",
            f"  a: {_JOB.replace('indexed_job', 'worker_set')}, parameter_servers: {{}}}}",
            f"  a-ps: {_JOB}}} # here",
        ),
        "workloads.training.a-ps",
        "the Service a-ps in the namespace training is that of the parameter servers of a",
        "Give it another name or namespace.",
        several(
            "training:",
            f"  a: {_JOB.replace('indexed_job', 'worker_set')}, parameter_servers: {{}}}}",
            f"  a-ps: {_JOB}, namespace: other}}",
        ),
    ),
    Case(
        "workload-name-taken",
        several("training:", f"  kubernetes: {_JOB}, namespace: default}} # here"),
        "workloads.training.kubernetes",
        "is that of the cluster",
        "Give it another name",
        several("training:", f"  kubernetes: {_JOB}}}"),
    ),
    Case(
        "mount-source",
        mounted("{read_only: true} # here"),
        "workloads.training.llama.volumes./data",
        "names nothing to mount",
        "Write one of file_system, bucket, volume, claim, ephemeral_gib, host_path.",
        mounted("{claim: mine, read_only: true}"),
    ),
    Case(
        "mount-source",
        mounted("{volume: notes, host_path: /mnt} # here"),
        "workloads.training.llama.volumes./data",
        "names volume and host_path",
        "Write one of",
        mounted("{host_path: /mnt}"),
    ),
    Case(
        "storage-unknown",
        mounted("{file_system: scratchy} # here"),
        "workloads.training.llama.volumes./data.file_system",
        "there is no file system 'scratchy' under storage.file_systems",
        "Did you mean scratch?",
        mounted("{file_system: scratch}"),
    ),
    Case(
        "storage-unknown",
        mounted("{volume: x} # here"),
        "workloads.training.llama.volumes./data.volume",
        "there is no volume 'x' under storage.volumes",
        "Add it under storage.volumes, or write claim:",
        mounted("{claim: x}"),
    ),
    Case(
        "storage-unknown",
        serving("buckets: {models: read} # here", top=_BUCKET),
        "workloads.serving.api.buckets.models",
        "there is no bucket 'models' under storage.buckets",
        "Add it under storage.buckets.",
        serving("buckets: {data: read}", top=_BUCKET),
    ),
    Case(
        "bucket-mount-without-access",
        mounted("{bucket: data, read_only: true} # here"),
        "workloads.training.llama.volumes./data.bucket",
        "buckets does not say that the pods may read data",
        "Write buckets: {data: read} in the workload.",
        mounted("{bucket: data, read_only: true}", "buckets: {data: read}"),
    ),
    Case(
        "bucket-mount-without-access",
        mounted("{bucket: data} # here", "buckets: {data: write}"),
        "workloads.training.llama.volumes./data.bucket",
        "a mount lists it before it writes",
        "Write buckets: {data: read_write} in the workload.",
        # What an account of the user's may do is not known here.
        mounted("{bucket: data}", "service_account: mine"),
    ),
    Case(
        "bucket-mount-writes",
        mounted("{bucket: data} # here", "buckets: {data: read}"),
        "workloads.training.llama.volumes./data",
        "the pods may only read data",
        "Write read_only: true, or buckets: {data: read_write}",
        mounted("{bucket: data}", "buckets: {data: read_write}"),
    ),
    Case(
        "volume-shared",
        mounted("{volume: notes} # here", "nodes: 2"),
        "workloads.training.llama.volumes./data.volume",
        "2 pods mount it, and it is on one node at a time",
        "Use a file_system",
        mounted("{volume: notes}", "nodes: 1"),
    ),
    Case(
        "volume-shared",
        mounted("{volume: notes} # here", "kind: worker_set", "parameter_servers: {node_group: sys}"),
        "workloads.training.llama.volumes./data.volume",
        "the parameter servers mount it too",
        "Use a file_system",
        mounted("{volume: notes}", "kind: worker_set"),
    ),
    Case(
        "volume-shared",
        serving(
            "namespace: training",
            "volumes:\n  /notes: {volume: notes} # here",
            top="storage: {volumes: {notes: {size_gib: 10}}}",
        ),
        "workloads.serving.api.volumes./notes.volume",
        "2 pods mount it",
        "Use a file_system",
        serving(
            "namespace: training",
            _VOLUME,
            "replicas: 1",
            "rollout: replace",
            top="storage: {volumes: {notes: {size_gib: 10}}}",
        ),
    ),
    Case(
        "volume-shared",
        serving(
            "namespace: training",
            "replicas: 1",
            "volumes:\n  /notes: {volume: notes} # here",
            top="storage: {volumes: {notes: {size_gib: 10}}}",
        ),
        "workloads.serving.api.volumes./notes.volume",
        "a new version's pod mounts it while the old one still does",
        "Write rollout: replace",
        serving(
            "namespace: training",
            "replicas: 1",
            "rollout: replace",
            _VOLUME,
            top="storage: {volumes: {notes: {size_gib: 10}}}",
        ),
    ),
    Case(
        "volume-shared",
        several(
            f"training:\n  a: {_JOB}, {_VOLUME}}}\n  b: {_JOB}, {_VOLUME}}} # here",
            top="storage: {volumes: {notes: {size_gib: 10}}}",
        ),
        "workloads.training.b.volumes./notes.volume",
        "workloads.training.a mounts the volume notes already",
        "Use a file_system",
        several(
            f"training:\n  a: {_JOB}, {_VOLUME}}}\n  b: {_JOB}, volumes: {{/notes: {{ephemeral_gib: 10}}}}}}",
            top="storage: {volumes: {notes: {size_gib: 10}}}",
        ),
    ),
    Case(
        "volume-of-other-namespace",
        mounted("{volume: notes} # here", "namespace: research"),
        "workloads.training.llama.volumes./data.volume",
        "is claimed in the namespace training, and the pods are in research",
        "Write storage.volumes.notes.namespace: research.",
        mounted("{volume: notes}", "namespace: training"),
    ),
    Case(
        "mount-across-zones",
        across("availability_zone: us-west-2b"),
        "workloads.training.llama.volumes./fsx.file_system",
        "the file system scratch is in us-west-2b, and the nodes of gpu in us-west-2a",
        "Write storage.file_systems.scratch.node_group: gpu, or node_groups.gpu.availability_zone: us-west-2b.",
        across("availability_zone: us-west-2a"),
    ),
    Case(
        "mount-across-zones",
        across("node_group: far"),
        "workloads.training.llama.volumes./fsx.file_system",
        "the file system scratch is in us-west-2b",
        "node_group: gpu",
        across("node_group: far", zone="us-west-2b"),
    ),
    Case(
        "mount-without-driver",
        mounted(
            "{bucket: data} # here",
            "buckets: {data: read_write}",
            top=f"{_BUCKET}\naddons: {{aws-mountpoint-s3-csi-driver: {{enabled: false}}}}",
        ),
        "workloads.training.llama.volumes./data.bucket",
        "the add-on aws-mountpoint-s3-csi-driver, which mounts it, is off",
        "Remove what turns addons.aws-mountpoint-s3-csi-driver off, or this mount.",
        # The mount brings the add-on.
        mounted("{bucket: data}", "buckets: {data: read_write}", top=_BUCKET),
    ),
    Case(
        "mount-without-driver",
        mounted(
            "{ephemeral_gib: 100} # here",
            top="storage: {default_storage_class: none}\naddons: {aws-ebs-csi-driver: {enabled: false}}",
        ),
        "workloads.training.llama.volumes./data.ephemeral_gib",
        "the add-on aws-ebs-csi-driver, which mounts it, is off",
        "Remove what turns addons.aws-ebs-csi-driver off",
        mounted("{ephemeral_gib: 100}", top="storage: {default_storage_class: none}"),
    ),
    Case(
        "workload-account-exists",
        several(f"training:\n  default: {_JOB}}} # here"),
        "workloads.training.default",
        "the service account training/default would be made twice: Kubernetes makes it",
        "Write service_account: default to use that one, or give the workload another name.",
        several(f"training:\n  default: {_JOB}, service_account: default}}"),
    ),
    Case(
        "workload-account-exists",
        several(f"serving:\n  aws-node: {_SERVER}, namespace: kube-system}} # here"),
        "workloads.serving.aws-node",
        "the add-on vpc-cni makes it",
        "give the workload another name",
        several(f"serving:\n  aws-node: {_SERVER}}}"),
    ),
    Case(
        "workload-account-exists",
        several(
            f"training:\n  llama: {_JOB}}} # here",
            top="""
            cluster:
              pod_identity_associations:
                x: {namespace: training, service_account: llama, create_service_account: true, role_arn: var.role_arn}
            """,
        ),
        "workloads.training.llama",
        "the pod identity association x makes it",
        "Write service_account: llama",
        several(
            f"training:\n  llama: {_JOB}}}",
            top="""
            cluster:
              pod_identity_associations:
                x: {namespace: training, service_account: llama, role_arn: var.role_arn}
            """,
        ),
    ),
    Case(
        "workload-role-twice",
        several(
            f"training:\n  llama: {_JOB}, {_RIGHTS}}} # here",
            top=f"""
            {_BUCKET}
            cluster:
              pod_identity_associations:
                x: {{namespace: training, service_account: llama, role_arn: var.role_arn}}
            """,
        ),
        "workloads.training.llama.buckets",
        "training/llama has a role already, by cluster.pod_identity_associations.x",
        "Give the workload another name, or let that role have what buckets allows.",
        several(
            f"training:\n  llama: {_JOB}, {_RIGHTS}}}",
            top=f"""
            {_BUCKET}
            cluster:
              pod_identity_associations:
                x: {{namespace: other, service_account: llama, role_arn: var.role_arn}}
            """,
        ),
    ),
    Case(
        "workload-role-twice",
        several(
            f"training:\n  a: {_JOB}, service_account: mine, {_RIGHTS}}}",
            f"serving:\n  b: {_SERVER}, service_account: mine, namespace: training, {_RIGHTS}}} # here",
            top=_BUCKET,
        ),
        "workloads.serving.b.buckets",
        "training/mine has a role already, by workloads.training.a",
        "Leave out service_account for one of its own",
        several(
            f"training:\n  a: {_JOB}, service_account: mine, {_RIGHTS}}}",
            f"serving:\n  b: {_SERVER}, service_account: mine, namespace: training}}",
            top=_BUCKET,
        ),
    ),
    Case(
        "pod-identity-without-agent",
        several(
            f"training:\n  a: {_JOB}, {_RIGHTS}}} # here",
            top=f"addons: {{eks-pod-identity-agent: {{enabled: false}}}}\n{_BUCKET}",
        ),
        "workloads.training.a.buckets",
        "the add-on eks-pod-identity-agent is off",
        "Remove what turns it off",
        several(
            f"training:\n  a: {_JOB}}}",
            top=f"addons: {{eks-pod-identity-agent: {{enabled: false}}}}\n{_BUCKET}",
        ),
    ),
    Case(
        "image-not-pinned",
        job().replace(
            "image: registry.example.com/trainer:1.0", "image: {repository: trainer, tag: latest} # here"
        ),
        "workloads.training.llama.image.tag",
        "the tag latest says of no image which one it is",
        "Write the tag of a version.",
        job().replace("image: registry.example.com/trainer:1.0", "image: {repository: trainer, tag: '1'}"),
    ),
    Case(
        "image-not-pinned",
        job(top=_STORES.replace("trainer: {}", "trainer: {immutable_tags: false}")).replace(
            "image: registry.example.com/trainer:1.0", "image: {repository: trainer, tag: latest} # here"
        ),
        "workloads.training.llama.image.tag",
        "trainer has immutable_tags: false",
        "Write the tag of a version.",
        job(),
    ),
    *(
        Case(
            "mount-path-taken",
            job(f"volumes:\n  {where}: {{bucket: data}} # here", _RIGHTS),
            f"workloads.training.llama.volumes.{where}",
            "belongs to the container's system",
            "Mount it at another path.",
            job("volumes:\n  /dev/shm: {ephemeral_gib: 10}", _RIGHTS),
        )
        for where in ("/proc", "/sys/fs", "/dev", "/var/run/secrets/kubernetes.io/serviceaccount")
    ),
    Case(
        "job-in-exempt-namespace",
        job("namespace: kueue-system # here", top="helm_releases: {kueue: {}}"),
        "workloads.training.llama.namespace",
        "kueue leaves jobs in kueue-system alone",
        "Leave out namespace",
        job("namespace: kueue-system", top=""),
    ),
    Case(
        "job-in-exempt-namespace",
        job("namespace: kube-system # here", top="helm_releases: {kueue: {}}"),
        "workloads.training.llama.namespace",
        "kueue leaves jobs in kube-system alone",
        "Leave out namespace",
        # A worker set is no job to kueue.
        job("kind: worker_set", "namespace: kube-system", top="helm_releases: {kueue: {}}"),
    ),
)
