"""Faults of single values: one message each, in the words of whoever wrote the layout."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from modules.layout import Fault, LayoutError, dotted, load_all
from tests.unit.layout.cases import EXISTING, NEW, existing, new
from tests.unit.layout.cases.training import training

FaultsOf = Callable[[str], tuple[Fault, ...]]
Write = Callable[..., Path]

SIZE = "{min: 1, desired: 1, max: 3}"
ONE = [
    # text, path, rule, part of the problem, part of the remedy
    (NEW.replace("demo", "123"), "name", "type", "is a number, not text", '"123"'),
    (NEW.replace("demo", "true"), "name", "type", "is true or false, not text", '"true"'),
    (NEW.replace("demo", "1.50"), "name", "type", "is a number, not text", '"1.50"'),
    (NEW.replace("demo", "My_Cluster"), "name", "value", "is no cluster name", "lower-case"),
    (NEW.replace("demo", "démo"), "name", "value", "is no cluster name", "lower-case"),
    (NEW.replace("demo", ""), "name", "missing-key", "has no value", "`name:`"),
    (NEW.replace("demo", "null"), "name", "missing-key", "has no value", "`name:`"),
    (NEW.replace("name: demo\n", ""), "name", "missing-key", "is missing", "`name:`"),
    (NEW.replace("us-west-2", "us-west-2a"), "region", "value", "is no AWS region", "us-west-2"),
    (new(top="node_group: {}\n"), "node_group", "unknown-key", "no such key", "'node_groups'"),
    (new(top="subnet_ids: []\n"), "subnet_ids", "unknown-key", "no such key", "node_groups.NAME.subnet_ids"),
    (new(top="zzz: 1\n"), "zzz", "unknown-key", "no such key", "Known here: addons"),
    (new(top="5: x\n"), "5", "unknown-key", "no such key", "Known here"),
    (NEW.replace("instance_type", "instanceType"), "node_groups.sys.instanceType", "unknown-key", "", "instance_type"),
    (NEW.replace(f"size: {SIZE}", "desiredCapacity: 2"), "node_groups.sys.desiredCapacity", "unknown-key", "", "size.desired"),
    (NEW.replace("sys:", "Sys_1:"), "node_groups.Sys_1", "value", "is no node group name", "hyphens"),
    (NEW.replace(SIZE, "3"), "node_groups.sys.size", "type", "is a number, not a mapping", "min, desired, max"),
    (NEW.replace(SIZE, "[1]"), "node_groups.sys.size", "type", "is a list, not a mapping", "min, desired, max"),
    (NEW.replace("desired: 1", "desired: '1'"), "node_groups.sys.size.desired", "type", "is text", "without quotes"),
    (NEW.replace("desired: 1", "desired: 1.5"), "node_groups.sys.size.desired", "type", "not a whole number", "whole"),
    (NEW.replace("desired: 1", "desired: true"), "node_groups.sys.size.desired", "type", "is true or false", "whole"),
    (NEW.replace("max: 3", "max: .nan"), "node_groups.sys.size.max", "type", "is text", "whole"),
    (NEW.replace("max: 3", "max: " + "9" * 300), "node_groups.sys.size.max", "type", "is text", "whole"),
    (NEW.replace("max: 3", "max: " + "9" * 39), "node_groups.sys.size.max", "value", "is more than 1000", "1000 or less"),
    (NEW.replace("min: 1", "min: -1"), "node_groups.sys.size.min", "value", "-1 is less than 0", "0 or more"),
    (NEW.replace("c5.2xlarge", "5"), "node_groups.sys.instance_type", "type", "is a number", '"5"'),
    (new(top="network: 5\n"), "network", "type", "not a mapping", "vpc_id"),
    (new(top="network: {cidr: 10.0.0.1/16}\n"), "network.cidr", "value", "inside the network", "10.0.0.0/16"),
    (new(top="network: {cidr: 10.0.0.0/255.255.0.0}\n"), "network.cidr", "value", "no IPv4 CIDR", "prefix"),
    (new(top="network: {cidr: 10.0.0.0}\n"), "network.cidr", "value", "no prefix length", "/32"),
    (new(top="network: {cidr: 'fd00::/8'}\n"), "network.cidr", "value", "no IPv4 CIDR", "10.0.0.0/16"),
    (new(top="network: {zone_count: 7}\n"), "network.zone_count", "value", "7 is more than 6", "6 or less"),
    (new(top="network: {nat_gateway: one}\n"), "network.nat_gateway", "value", "'one' is not known", "none"),
    (EXISTING.replace("[subnet-0123456789abcdef0, subnet-0123456789abcdef1]", "subnet-0123456789abcdef0"), "network.private_subnet_ids", "type", "is text, not a list", "[subnet-0123456789abcdef0]"),
    (existing("a: {instance_type: m5.large, size: {desired: 1}, subnet_ids: []}\n"), "node_groups.a.subnet_ids", "value", "is empty", "at least 1"),
    (new(top="kubernetes_version: 1.3\n"), "kubernetes_version", "value", "'1.3' is no Kubernetes", '"1.35"'),
    (new(top="kubernetes_version: 1.35.1\n"), "kubernetes_version", "value", "no Kubernetes minor", '"1.35"'),
    (new("a: {instance_type: m5.large, size: {desired: 1}, efa: yes}\n"), "node_groups.a.efa", "type", "is text, not true or false", "true or false"),
    (new("a: {instance_type: m5.large, size: {desired: 1}, placement_group: {nme: x}}\n"), "node_groups.a.placement_group.nme", "unknown-key", "", "'name'"),
    (new("a: {instance_type: m5.large, size: {desired: 1}, placement_group: mine}\n"), "node_groups.a.placement_group", "value", "'mine' is not known", "{name: ...}"),
    (new("a: {instance_type: m5.large, size: {desired: 1}, capacity: {type: ODCR}}\n"), "node_groups.a.capacity.type", "value", "'ODCR'", "Did you mean odcr?"),
    (new("a: {instance_type: m5.large, size: {desired: 1}, taints: [{effect: NoExecute}]}\n"), "node_groups.a.taints[0].key", "missing-key", "is missing", "`key:`"),
    (new("a: {instance_type: m5.large, size: {desired: 1}, labels: {a: true}}\n"), "node_groups.a.labels.a", "type", "is true or false", '"true"'),
    (new("a: {instance_type: m5.large, size: {desired: 1}, labels: {A/b: c}}\n"), "node_groups.a.labels.A/b", "value", "no DNS name", "lower case"),
    (new("a: {instance_type: m5.large, size: {desired: 1}, labels: {a: -b}}\n"), "node_groups.a.labels.a", "value", "no label", "first and last"),
    (new("a: {instance_type: p5.48xlarge, size: {desired: 1}, availability_zone: usw2-az1}\n"), "node_groups.a.availability_zone", "value", "no availability zone", "not a zone id"),
    (new("a: {instance_type: p5.48xlarge, size: {desired: 1}, availability_zone: us-west-2a, capacity: {type: capacity_block, reservation_id: var.cr, start: 2026-12-01}}\n"), "node_groups.a.capacity.start", "value", "is no time", "2026-12-01T11:30:00Z"),
    (new(top='tags: {"aws:x": y}\n'), "tags.aws:x", "value", "is no tag key", "not starting with aws:"),
    (
        new(top="tags: {cdktf-eks-training/cluster: y}\n"),
        "tags.cdktf-eks-training/cluster",
        "value",
        "is no tag key",
        "or cdktf-eks-training/",
    ),
    (new(top="tags: {a: 12}\n"), "tags.a", "type", "is a number", '"12"'),
    (new(top="helm_releases: {kueue: {version: latest}}\n"), "helm_releases.kueue.version", "value", "no exact chart version", "1.2.3"),
    (new(top="helm_releases: {gpu-operater: {}}\n"), "helm_releases.gpu-operater", "missing-key", "lacks repository, chart, version, namespace", "Did you mean gpu-operator?"),
    (new(top="helm_releases: {kueue: {set: {a: 1.5}}}\n"), "helm_releases.kueue.set.a", "type", "is a number", '"1.5"'),
    (new(top="helm_releases: {kueue: {values_file: nope.yaml}}\n"), "helm_releases.kueue.values_file", "file", "nope.yaml: cannot be read", "folder"),
    (new(top="addons: {vpc-cni: {version: v1}}\n"), "addons.vpc-cni.version", "value", "no version of an EKS add-on", "eksbuild"),
    (new(top="backend: {type: s3, bucket: My_Bucket}\n"), "backend.bucket", "value", "no S3 bucket name", "lower-case"),
    (new(top="backend: {type: gcs}\n"), "backend.type", "value", "'gcs' is not known", "local, s3"),
    (new(top="cluster: {logs: {retention_days: 31}}\n"), "cluster.logs.retention_days", "value", "'31' is not known", "30"),
    (new(top="cluster: {role_arn: admin}\n"), "cluster.role_arn", "value", "no IAM role ARN", "arn:aws:iam"),
    *(
        (training(f"resources: {{{key}: {value}}}"), f"workloads.training.llama.resources.{key}", "value", problem, remedy)
        for key, value, problem, remedy in (
            ("cpu", "500m", "'500m' is text, not a number", "Write 0.5: CPUs, without unit or quotes."),
            ("cpu", "'4'", "'4' is text, not a number", "Write 4: CPUs"),
            ("cpu", "many", "'many' is text, not a number", "Write CPUs as a number"),
            ("cpu", "true", "is true, not a number", "Write CPUs as a number."),
            ("cpu", "0.0005", "0.0005 is less than 0.001", "0.001 or more"),
            ("memory_gib", "2Gi", "'2Gi' is text, not a number", "Write 2: GiB, without unit or quotes."),
            ("memory_gib", "512Mi", "'512Mi' is text", "Write 0.5: GiB"),
            ("shared_memory_gib", "1Ti", "'1Ti' is text", "Write 1024: GiB"),
            ("hugepages_mib", "5121", "5121 is no multiple of 2", "Write a multiple of 2."),
        )
    ),
    (training("resources: {cpu: [1]}"), "workloads.training.llama.resources.cpu", "type", "is a list, not a number", "Write a number"),
    (training("replicas: 2"), "workloads.training.llama.replicas", "unknown-key", "no such key", "Here it is nodes."),
    (training("gpus: 2"), "workloads.training.llama.gpus", "unknown-key", "no such key", "Here it is resources.gpus."),
    (training("gpu: 2"), "workloads.training.llama.gpu", "unknown-key", "no such key", "Here it is resources.gpus."),
    # What nobody declares is one fault, whatever else would be said of it.
    (training("volumes: {/data: {bucket: data}}"), "workloads.training.llama.volumes./data.bucket", "storage-unknown", "there is no bucket 'data'", "storage.buckets"),
    (training("nodes: 2", "volumes: {/data: {volume: data}}"), "workloads.training.llama.volumes./data.volume", "storage-unknown", "there is no volume 'data'", "storage.volumes"),
    (new(top="name: other\n"), "name", "duplicate-key", "first on line 1", "one of the two"),
]  # fmt: skip


@pytest.mark.parametrize(
    "text, path, rule, problem, remedy", ONE, ids=[f"{one[1]}-{i}" for i, one in enumerate(ONE)]
)
def test_one_mistake_is_one_fault(
    text: str, path: str, rule: str, problem: str, remedy: str, faults_of: FaultsOf
) -> None:
    (fault,) = faults_of(text)
    assert (dotted(fault.path), fault.rule) == (path, rule)
    assert problem in fault.problem
    assert remedy in fault.remedy
    assert fault.origin.line > 0


def test_all_faults_of_a_file_come_together_in_reading_order(faults_of: FaultsOf) -> None:
    text = (
        NEW.replace("demo", "Demo")
        .replace("us-west-2", "us")
        .replace("c5.2", "c5.3")
        .replace("min: 1", "min: 7")
    )
    faults = faults_of(text + "tags: {a: b, a: c}\nzzz: 1\nstorage: {default_storage_class: gp9}\n")
    assert [(fault.origin.line, fault.rule) for fault in faults] == [
        (1, "value"),
        (2, "value"),
        (5, "unknown-instance-type"),
        (6, "size-order"),
        (7, "duplicate-key"),
        (8, "unknown-key"),
        (9, "value"),
    ]


def test_an_unquoted_version_keeps_its_last_digit(faults_of: FaultsOf) -> None:
    (fault,) = faults_of(new(top="kubernetes_version: 1.30\n"))
    assert "1.30" in fault.problem


def test_a_fault_reads_as_file_line_path_problem_and_remedy(
    write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = write(new(top="tags: {team: var.team}\nzzz: 1\n"))
    monkeypatch.chdir(file.parent)
    with pytest.raises(LayoutError) as caught:
        load_all([str(file)])
    lines = str(caught.value).splitlines()
    assert lines[0].startswith("layout.yaml:7: tags.team: warning: 'var.team' is taken as text")
    assert lines[1] == "    Write the value itself. [variable-as-text]"
    assert lines[2] == "layout.yaml:8: zzz: there is no such key"
    assert [fault.rule for fault in caught.value.errors] == ["unknown-key"]


def test_the_faults_of_several_layouts_come_together(write: Write) -> None:
    one, two = write(new(top="zzz: 1\n"), "one.yaml"), write(new(top="yyy: 1\n"), "two.yaml")
    with pytest.raises(LayoutError) as caught:
        load_all([str(one), str(two), "nope"])
    assert sorted((fault.origin.line, fault.rule) for fault in caught.value.faults) == [
        (0, "file"),
        (7, "unknown-key"),
        (7, "unknown-key"),
    ]


def test_of_many_names_a_message_has_the_first_few(faults_of: FaultsOf) -> None:
    job = "{image: registry.example.com/x:1, kind: indexed_job, node_group: gpu, nodes: 2}"
    jobs = "".join(f"    job-{number}: {job}\n" for number in range(90))
    gpu = "gpu: {instance_type: g4dn.metal, size: {desired: 2}}\n"
    (fault,) = faults_of(new(gpu, f"workloads:\n  training:\n{jobs}"))
    assert (
        "together with job-0, job-1, job-2, job-3, job-4 and 84 more it takes more than the 2 nodes"
        in fault.problem
    )


@pytest.mark.parametrize("second", ["demo", "demo-data", "demo-platform", "demo-workloads"])
def test_two_layouts_of_a_run_have_stacks_of_their_own(second: str, write: Write) -> None:
    one, two = write(NEW, "one.yaml"), write(NEW.replace("demo", second), "two.yaml")
    with pytest.raises(LayoutError) as caught:
        load_all([str(one), str(two)])
    (fault,) = caught.value.faults
    assert (fault.rule, fault.path, fault.origin.source) == ("duplicate-name", ("name",), str(two))
    assert load_all([str(one), str(write(NEW.replace("demo", "other"), "two.yaml"))])


def test_values_of_a_file_lie_below_those_of_the_layout(write: Write) -> None:
    write("a: {b: 1, c: 2}\n", "values/mine.yaml")
    file = write(new(top="helm_releases: {kueue: {values_file: values/mine.yaml, values: {a: {c: 3}}}}\n"))
    (loaded,) = load_all([str(file)])
    assert loaded.layout.helm_releases["kueue"].values["a"] == {"b": 1, "c": 3}
