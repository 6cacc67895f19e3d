"""Cases of the rules about file systems, buckets, image repositories and volumes."""

from __future__ import annotations

from . import Case, existing, here, new

KEY = "arn:aws:kms:us-west-2:123456789012:key/11111111-2222-3333-4444-555555555555"
# A group with EFA in one zone, and one over all of them.
GROUPS = """
gpu:
  instance_type: p5.48xlarge
  availability_zone: us-west-2a
  ami_id: ami-0123456789abcdef0
  size: {desired: 1}
"""
OLD = GROUPS.replace("p5.48xlarge", "p4d.24xlarge")
SUBNET = "subnet-0123456789abcdef0"


def systems(text: str, groups: str = GROUPS) -> str:
    """A new VPC with a file system `fs` of these keys, one a line."""
    lines = "\n".join(f"      {line}" for line in text.split("\n"))
    return new(groups) + f"storage:\n  file_systems:\n    fs:\n{lines}\n"


def placed(text: str, group: str = "") -> str:
    """The same in an existing VPC."""
    gpu = f"gpu:\n  instance_type: g5.2xlarge\n  size: {{desired: 1}}\n{group}"
    return existing(gpu) + f"storage:\n  file_systems:\n    fs: {{capacity_gib: 1200, {text}}}\n"


def linked(*links: str, bucket: str = "{}") -> str:
    """A file system with data repositories, one a line, and a bucket `data`."""
    lines = "".join(f"      - {link}\n" for link in links)
    above = f"storage:\n  buckets: {{data: {bucket}}}\n  file_systems:\n    fs:\n"
    return (
        new(GROUPS)
        + above
        + f"      {{FIRST}}\n      data_repositories:\n{lines}".replace(
            "{FIRST}", "capacity_gib: 1200\n      node_group: gpu"
        )
    )


def stored(text: str) -> str:
    return new() + f"storage:\n  {text}\n"


CASES = (
    Case(
        "file-system-capacity",
        systems("node_group: gpu\ncapacity_gib: 3600 # here"),
        "storage.file_systems.fs.capacity_gib",
        "3600 GiB are not 1200, or a multiple of 2400",
        "Write 2400 or 4800.",
        systems("node_group: gpu\ncapacity_gib: 4800"),
    ),
    Case(
        "file-system-capacity",
        systems("node_group: gpu\nefa: true\nthroughput_mbs_per_tib: 250\ncapacity_gib: 9600 # here"),
        "storage.file_systems.fs.capacity_gib",
        "a multiple of 19200 with efa and 250 MB/s for each TiB",
        "Write 19200, or a higher throughput_mbs_per_tib: the steps are 9600 with 500, 4800 with 1000.",
        systems("node_group: gpu\nefa: true\nthroughput_mbs_per_tib: 500\ncapacity_gib: 9600"),
    ),
    Case(
        "file-system-capacity",
        systems("node_group: gpu\nefa: true\nthroughput_mbs_per_tib: 1000\ncapacity_gib: 1200 # here"),
        "storage.file_systems.fs.capacity_gib",
        "a multiple of 4800",
        "Write 4800.",
        systems("node_group: gpu\nthroughput_mbs_per_tib: 1000\ncapacity_gib: 1200"),
    ),
    *(
        Case(
            "scratch-file-system",
            systems(f"node_group: gpu\ncapacity_gib: 38400\ntype: scratch_2\n{line} # here"),
            f"storage.file_systems.fs.{line.partition(':')[0]}",
            "is for type: persistent_2, and this file system is scratch_2",
            f"Remove {line.partition(':')[0]}, or write type: persistent_2.",
            systems(f"node_group: gpu\ncapacity_gib: 38400\n{line}"),
        )
        for line in (
            "throughput_mbs_per_tib: 125",
            "metadata_iops: 12000",
            "efa: true",
            f"kms_key_arn: {KEY}",
            "backup_retention_days: 7",
        )
    ),
    Case(
        "file-system-without-place",
        new(GROUPS) + "storage:\n  file_systems:\n    fs: {capacity_gib: 1200} # here\n",
        "storage.file_systems.fs",
        "nothing says where it is",
        "Write node_group: gpu, or availability_zone.",
        systems("availability_zone: us-west-2b\ncapacity_gib: 1200"),
    ),
    Case(
        "file-system-without-place",
        systems(f"capacity_gib: 1200\nsubnet_id: {SUBNET} # here"),
        "storage.file_systems.fs.subnet_id",
        "says nothing in a new VPC",
        "Write availability_zone, or node_group alone.",
        placed(f"subnet_id: {SUBNET}"),
    ),
    Case(
        "file-system-without-place",
        here(placed("availability_zone: us-west-2a")),
        "storage.file_systems.fs.availability_zone",
        "says nothing in an existing VPC",
        "Write subnet_id",
        placed("subnet_id: var.file_system_subnet_id"),
    ),
    Case(
        "file-system-node-group",
        systems("capacity_gib: 1200\nnode_group: gpus # here"),
        "storage.file_systems.fs.node_group",
        "there is no node group 'gpus'",
        "Did you mean gpu?",
        systems("capacity_gib: 1200\nnode_group: gpu"),
    ),
    Case(
        "file-system-over-zones",
        systems("capacity_gib: 1200\nnode_group: sys # here"),
        "storage.file_systems.fs.node_group",
        "the nodes of sys are in several zones",
        "Write node_groups.sys.availability_zone",
        systems("capacity_gib: 1200\nnode_group: sys\navailability_zone: us-west-2a"),
    ),
    Case(
        "file-system-over-zones",
        here(placed("node_group: gpu")),
        "storage.file_systems.fs.node_group",
        "the nodes of gpu are in several zones",
        "Write node_groups.gpu.subnet_ids: [subnet-...]",
        placed("node_group: gpu", f"  subnet_ids: [{SUBNET}]\n"),
    ),
    Case(
        "file-system-in-other-zone",
        systems("capacity_gib: 1200\nnode_group: gpu\navailability_zone: us-west-2b # here"),
        "storage.file_systems.fs.availability_zone",
        "the file system is in us-west-2b, and the nodes of gpu in us-west-2a",
        "Write availability_zone: us-west-2a",
        systems("capacity_gib: 1200\nnode_group: gpu\navailability_zone: var.zone"),
    ),
    Case(
        "zone-not-in-network",
        new(GROUPS, "network: {availability_zones: [us-west-2a, us-west-2b]}\n")
        + "storage: {file_systems: {fs: {capacity_gib: 1200, availability_zone: us-west-2c}}} # here\n",
        "storage.file_systems.fs.availability_zone",
        "us-west-2c is not among the network's zones",
        "Add us-west-2c",
        new(GROUPS, "network: {availability_zones: [us-west-2a, us-west-2b]}\n")
        + "storage: {file_systems: {fs: {capacity_gib: 1200, availability_zone: us-west-2b}}}\n",
    ),
    Case(
        "file-system-efa",
        systems("capacity_gib: 38400\navailability_zone: us-west-2a\nefa: true # here"),
        "storage.file_systems.fs.efa",
        "none is named",
        "Write node_group: the group with EFA.",
        systems("capacity_gib: 38400\nnode_group: gpu\nefa: true"),
    ),
    Case(
        "file-system-efa",
        systems("capacity_gib: 38400\nnode_group: sys\navailability_zone: us-west-2a\nefa: true # here"),
        "storage.file_systems.fs.efa",
        "the nodes of sys have no EFA",
        "Remove efa, or write a node_group with EFA.",
        systems("capacity_gib: 38400\nnode_group: sys\navailability_zone: us-west-2a"),
    ),
    Case(
        "file-system-efa",
        systems("capacity_gib: 38400\nnode_group: gpu\nefa: true # here", OLD),
        "storage.file_systems.fs.efa",
        "Lustre does not use the EFA of p4d.24xlarge",
        "reach the file system by TCP",
        systems("capacity_gib: 38400\nnode_group: gpu", OLD),
    ),
    Case(
        "file-system-efa-client",
        systems(
            "capacity_gib: 38400\nnode_group: gpu\nefa: true # here",
            GROUPS.replace("  ami_id: ami-0123456789abcdef0\n", ""),
        ),
        "storage.file_systems.fs.efa",
        "the nodes of gpu reach it by TCP",
        "node_groups.gpu.ami_id",
        systems(
            "capacity_gib: 38400\nnode_group: gpu\nefa: true",
            GROUPS.replace(
                "ami_id: ami-0123456789abcdef0", "node_config: {featureGates: {FSxLustreEFAClient: true}}"
            ),
        ),
    ),
    Case(
        "file-system-backups",
        linked("{bucket: data, path: /data}") + "      backup_retention_days: 7 # here\n",
        "storage.file_systems.fs.backup_retention_days",
        "FSx backs up no file system that has data repositories",
        "auto_export",
        linked("{bucket: data, path: /data}") + "      backup_retention_days: 0\n",
    ),
    Case(
        "key-of-other-region",
        here(stored(f"buckets: {{data: {{kms_key_arn: '{KEY.replace('us-west-2', 'us-east-1')}'}}}}")),
        "storage.buckets.data.kms_key_arn",
        "the key is in us-east-1",
        "a key in us-west-2",
        stored(f"buckets: {{data: {{kms_key_arn: '{KEY}'}}}}"),
    ),
    Case(
        "unknown-bucket",
        linked("{path: /data, bucket: dat} # here"),
        "storage.file_systems.fs.data_repositories[0].bucket",
        "there is no bucket 'dat' under storage.buckets",
        "Did you mean data?",
        linked("{path: /data, bucket: s3://dat}"),
    ),
    Case(
        "data-repositories-overlap",
        linked("{bucket: data, path: /data}", "{bucket: s3://other, path: /data/train} # here"),
        "storage.file_systems.fs.data_repositories[1].path",
        "/data/train and /data overlap",
        "none lies in another",
        linked("{bucket: data, path: /data}", "{bucket: s3://other, path: /data-train}"),
    ),
    Case(
        "data-repositories-overlap",
        linked("{bucket: s3://other, path: /data}", "{bucket: data, path: /} # here"),
        "storage.file_systems.fs.data_repositories[1].path",
        "/ and /data overlap",
        "none lies in another",
        linked("{bucket: data, path: /}"),
    ),
    Case(
        "data-repositories-overlap",
        linked("{bucket: data, prefix: a, path: /a}", "{bucket: data, path: /b} # here"),
        "storage.file_systems.fs.data_repositories[1].bucket",
        "it shows a folder of data that /a shows already",
        "Write a prefix for each",
        linked("{bucket: data, prefix: a, path: /a}", "{bucket: data, prefix: ab, path: /b}"),
    ),
    Case(
        "too-many-data-repositories",
        linked(*(f"{{bucket: s3://b{n}b, path: /d{n}}}" for n in range(9))).replace(
            "data_repositories:", "data_repositories: # here"
        ),
        "storage.file_systems.fs.data_repositories",
        "9 data repositories, and FSx takes 8",
        "make a second file system",
        linked(*(f"{{bucket: s3://b{n}b, path: /d{n}}}" for n in range(8))),
    ),
    Case(
        "data-repository-key",
        linked("{bucket: data, path: /data} # here", bucket=f'{{kms_key_arn: "{KEY}"}}'),
        "storage.file_systems.fs.data_repositories[0].bucket",
        "whose policy has to let FSx' role in",
        "AWSServiceRoleForFSxS3Access_*",
        linked("{bucket: data, path: /data}"),
    ),
    Case(
        "bucket-name-too-long",
        here(stored("buckets: {a-rather-long-name-of-30-letters: {}}").replace("demo", "a-cluster-name")),
        "storage.buckets.a-rather-long-name-of-30-letters",
        "of 70 characters; S3 takes 63",
        "storage.buckets.a-rather-long-name-of-30-letters.name",
        stored("buckets: {a-rather-long-name-of-30-letters: {name: short}}").replace(
            "demo", "a-cluster-name"
        ),
    ),
    Case(
        "store-name-twice",
        here(stored("buckets: {one: {name: acme-data}, two: {name: acme-data}}")),
        "storage.buckets.two.name",
        "acme-data is the name of storage.buckets.one already",
        "Write another name",
        stored("buckets: {one: {name: acme-data}, two: {}}"),
    ),
    Case(
        "store-name-twice",
        here(stored("repositories: {one: {}, two: {name: demo/one}}")),
        "storage.repositories.two.name",
        "demo/one is the name of storage.repositories.one already",
        "leave it out",
        stored("buckets: {one: {}}\n  repositories: {one: {}}"),
    ),
    Case(
        "store-name-twice",
        here("backend: {type: s3, bucket: acme-state}\n" + stored("buckets: {one: {name: acme-state}}")),
        "storage.buckets.one.name",
        "acme-state is the name of backend.bucket already",
        "Write another name",
        "backend: {type: s3, bucket: acme-state}\n" + stored("buckets: {one: {name: acme-other}}"),
    ),
    Case(
        "lifecycle-rule",
        here(stored("buckets: {data: {lifecycle: {rules: [{prefix: a}]}}}")),
        "storage.buckets.data.lifecycle.rules[0]",
        "the rule does nothing",
        "Write expire_days",
        stored("buckets: {data: {lifecycle: {rules: [{prefix: a, expire_days: 1}]}}}"),
    ),
    Case(
        "lifecycle-rule",
        here(stored("buckets: {data: {lifecycle: {rules: [{storage_class: glacier}]}}}")),
        "storage.buckets.data.lifecycle.rules[0].storage_class",
        "storage_class needs transition_days beside it",
        "Write transition_days.",
        stored("buckets: {data: {lifecycle: {rules: [{storage_class: glacier, transition_days: 0}]}}}"),
    ),
    Case(
        "lifecycle-rule",
        here(
            stored(
                "buckets: {data: {lifecycle: {rules: [{storage_class: glacier, transition_days: 9, expire_days: 9}]}}}"
            )
        ),
        "storage.buckets.data.lifecycle.rules[0].transition_days",
        "deleted after 9 days, before they move after 9",
        "Write fewer",
        stored(
            "buckets: {data: {lifecycle: {rules: [{storage_class: glacier, transition_days: 8, expire_days: 9}]}}}"
        ),
    ),
    Case(
        "lifecycle-rule",
        here(
            stored(
                "buckets: {data: {lifecycle: {rules: [{storage_class: standard_ia, transition_days: 29}]}}}"
            )
        ),
        "storage.buckets.data.lifecycle.rules[0].transition_days",
        "after 30 days at the earliest",
        "Write 30 or more",
        stored("buckets: {data: {lifecycle: {rules: [{storage_class: standard_ia, transition_days: 30}]}}}"),
    ),
    Case(
        "store-without-driver",
        systems("capacity_gib: 1200\nnode_group: gpu").replace("file_systems:", "file_systems: # here")
        + "addons: {aws-fsx-csi-driver: null}\n",
        "storage.file_systems",
        "the add-on aws-fsx-csi-driver, which mounts them, is off",
        "Leave addons.aws-fsx-csi-driver on",
        systems("capacity_gib: 1200\nnode_group: gpu") + "addons: {aws-fsx-csi-driver: {}}\n",
    ),
    Case(
        "store-without-driver",
        here(
            stored("volumes: {a: {size_gib: 1}}").replace(
                "storage:", "addons: {aws-ebs-csi-driver: null}\nstorage:"
            )
        ),
        "storage.volumes",
        "the add-on aws-ebs-csi-driver, which mounts them, is off",
        "Leave addons.aws-ebs-csi-driver on",
        stored("volumes: {a: {size_gib: 1}}"),
    ),
)
