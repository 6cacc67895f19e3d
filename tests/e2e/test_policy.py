"""checkov over every preset: nothing fails but what policy/accepted.yaml names, and what is wrong is found."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

import ops.policy
from modules.layout import preset_names
from ops.cli import app
from ops.policy import ACCEPTED, PYTHON, Finding, Scan, policy, read_accepted, scan
from tests.checkout import ROOT, environment
from tests.terraform_json import Stacks, Synth

pytestmark = pytest.mark.e2e

# What no preset has: its policies, groups and templates have to pass too.
EVERYTHING = """
name: closed
region: us-west-2
network: {fully_private: true}
cluster: {oidc_provider: true}
addons:
  aws-efs-csi-driver: {}
  aws-mountpoint-s3-csi-driver: {}
  amazon-cloudwatch-observability: {}
helm_releases:
  mpi-operator: {repository: "oci://registry.example.com/charts", chart: mpi, version: 0.1.0, namespace: mpi}
node_groups:
  sys: {instance_type: c5.2xlarge, size: {min: 1, desired: 1, max: 3}}
  bottlerocket:
    instance_type: g5.8xlarge
    ami_type: BOTTLEROCKET_x86_64_NVIDIA
    size: {min: 0, desired: 0, max: 8}
    scaling_owner: autoscaler
  spot: {instance_type: g5.8xlarge, size: {min: 0, desired: 2, max: 8}, capacity: {type: spot}}
  trainium:
    instance_type: trn2.48xlarge
    size: {min: 0, desired: 4, max: 8}
    availability_zone: us-west-2d
    capacity: {type: capacity_block, reservation_id: cr-0123456789abcdef0}
workloads:
  training:
    mpi: {kind: mpi_job, node_group: trainium, nodes: 2, image: "registry.example.com/train:1.0", command: [mpirun, /app/train]}
    workers:
      kind: worker_set
      node_group: sys
      nodes: 1
      image: "registry.example.com/train:1.0"
      command: [/app/work]
      resources: {cpu: 1, memory_gib: 2}
      parameter_servers: {count: 2, cpu: 1, memory_gib: 2}
"""

# What the layout language allows and a security reviewer would want to know.
WEAK = """
name: weak
region: us-west-2
cluster:
  endpoint: {public: true, public_access_cidrs: [0.0.0.0/0]}
  logs: {types: [audit]}
  secrets_encryption: {enabled: false}
node_groups:
  sys: {instance_type: c5.2xlarge, size: {min: 1, desired: 1, max: 3}, imds_hop_limit: 2}
"""

ANYONE = "0.0.0.0/0"

NOTE = """
import sys

def note(line):
    with open({file!r}, "a") as file:
        print(line, file=file)

def hook(event, arguments):
    if event in ("socket.connect", "socket.getaddrinfo", "socket.gethostbyname", "socket.sendto"):
        note(f"{{event}} {{arguments}}")

sys.addaudithook(hook)
note("started")
"""


def _volume(**ebs: str) -> dict[str, Any]:
    return {"device_name": "/dev/xvda", "ebs": {"volume_size": 100, **ebs}}


def _policy(*actions: str) -> str:
    statement = {"Effect": "Allow", "Action": list(actions), "Resource": "*"}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


# Faults that no layout can express.
BAD = {
    "terraform": {"required_version": ">= 1.10"},
    "resource": {
        "aws_vpc_security_group_ingress_rule": {
            "ssh_rule": {"description": "SSH", "from_port": 22, "to_port": 22, "ip_protocol": "tcp", "cidr_ipv4": ANYONE}
        },
        "aws_security_group": {
            "ssh": {
                "description": "SSH",
                "ingress": [
                    {"description": "SSH", "from_port": 22, "to_port": 22, "protocol": "tcp", "cidr_blocks": [ANYONE]}
                ],
            }
        },
        "aws_launch_template": {
            "encrypted": {"block_device_mappings": [_volume(encrypted="true")]},
            "plain": {"block_device_mappings": [_volume(encrypted="false")]},
            "unsaid": {"block_device_mappings": [_volume()]},
            "second": {"block_device_mappings": [_volume(encrypted="true"), _volume(encrypted="false")]},
            "metadata": {"metadata_options": {"http_tokens": "optional"}},
        },
        "aws_iam_role_policy": {
            "admin": {"policy": _policy("*")},
            "writer": {"policy": _policy("s3:PutObject")},
        },
        "kubernetes_job_v1": {"node_network": {"spec": {"template": {"spec": {"container": [{}], "host_network": True}}}}},
        "kubernetes_manifest": {
            "privileged": {
                "manifest": {
                    "kind": "MPIJob",
                    "spec": {
                        "mpiReplicaSpecs": {
                            "Launcher": {"template": {"spec": {"containers": [{"name": "plain"}]}}},
                            "Worker": {
                                "template": {
                                    "spec": {"containers": [{"name": "mpi", "securityContext": {"privileged": True}}]}
                                }
                            },
                        }
                    },
                }
            }
        },
    },
}  # fmt: skip


@pytest.fixture(scope="module")
def checkov() -> None:
    """The environment that make sets up: required in CI, and said aloud where it is missing."""
    if not PYTHON.exists():
        missing = "checkov is not set up (make setup): the security rules were NOT checked"
        if os.environ.get("CI"):
            pytest.fail(missing)
        pytest.skip(missing)


@pytest.fixture(scope="module")
def presets(synth: Synth) -> dict[str, Stacks]:
    return {name: synth(f"extends: {name}\nname: {name}\n") for name in preset_names()}


@pytest.fixture(scope="module")
def calls(checkov: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A file in which checkov's interpreter notes its start and every use of the network."""
    folder = tmp_path_factory.mktemp("interpreter")
    noted, python = folder / "noted", folder / "python"
    (folder / "sitecustomize.py").write_text(NOTE.format(file=str(noted)), encoding="utf-8")
    python.write_text(f"#!/bin/sh\nPYTHONPATH='{folder}' exec '{PYTHON}' \"$@\"\n", encoding="utf-8")
    python.chmod(0o755)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ops.policy, "PYTHON", python)
        yield noted


@pytest.fixture(scope="module")
def scanned(calls: Path, presets: Mapping[str, Stacks], synth: Synth) -> Scan:
    """One run of checkov, whose start takes longer than all of its checks."""
    made = [*presets.values(), synth(EVERYTHING), synth(WEAK)]
    stacks = {stack.name: stack.json for one in made for stack in one}
    return scan({**stacks, "bad": BAD})


def of(scanned: Scan, *stacks: str) -> list[Finding]:
    return [finding for finding in scanned.findings if finding.stack in stacks]


def of_layouts(scanned: Scan, layouts: Iterable[Stacks]) -> list[Finding]:
    return of(scanned, *(stack.name for one in layouts for stack in one))


def test_no_preset_fails_a_check_that_is_not_accepted(scanned: Scan, presets: Mapping[str, Stacks]) -> None:
    accepted = read_accepted(ACCEPTED)
    assert [one for one in of_layouts(scanned, presets.values()) if not one.accepted_by(accepted)] == []


def test_a_layout_with_what_no_preset_has_fails_no_other_check(scanned: Scan, synth: Synth) -> None:
    closed = synth(EVERYTHING)
    accepted = read_accepted(ACCEPTED)
    assert [one for one in of_layouts(scanned, [closed]) if not one.accepted_by(accepted)] == []


def test_every_accepted_check_still_fails_on_every_resource_that_it_names(
    scanned: Scan, presets: Mapping[str, Stacks]
) -> None:
    findings = of_layouts(scanned, presets.values())
    unused = {one.check: one.unused(findings) for one in read_accepted(ACCEPTED)}
    assert {check: resources for check, resources in unused.items() if resources} == {}


def test_checkov_has_looked_at_every_cluster(scanned: Scan, presets: Mapping[str, Stacks]) -> None:
    # Roles, log groups, key, cluster and launch templates come to more than 70; the VPC adds 20.
    assert all(scanned.passed[one.cluster.name] > 70 for one in presets.values())
    # Of Helm releases checkov knows nothing: only the provider's block is judged.
    assert all(scanned.passed[stack.name] > 0 for one in presets.values() for stack in one)


def test_checkov_keeps_off_the_network(scanned: Scan, calls: Path) -> None:
    assert set(calls.read_text(encoding="utf-8").splitlines()) == {"started"}


def test_what_a_layout_weakens_is_reported(scanned: Scan) -> None:
    accepted = read_accepted(ACCEPTED)
    left = {(one.check, one.address) for one in of(scanned, "weak") if not one.accepted_by(accepted)}
    assert left == {
        ("CKV_AWS_38", "aws_eks_cluster.cluster"),  # public to all
        ("CKV_AWS_37", "aws_eks_cluster.cluster"),  # logs
        ("CKV_AWS_58", "aws_eks_cluster.cluster"),  # secrets
        ("CKV_AWS_341", "aws_launch_template.nodes_sys_launch_template"),  # hop limit
    }


@pytest.mark.parametrize(
    "check, address",
    [
        ("CKV_AWS_24", "aws_security_group.ssh"),
        ("CKV_AWS_24", "aws_vpc_security_group_ingress_rule.ssh_rule"),
        ("EKS_TRAINING_1", "aws_launch_template.plain"),
        ("EKS_TRAINING_1", "aws_launch_template.unsaid"),
        ("EKS_TRAINING_1", "aws_launch_template.second"),
        ("CKV_AWS_79", "aws_launch_template.metadata"),  # version 1 of the metadata service
        ("CKV_AWS_62", "aws_iam_role_policy.admin"),
        ("CKV_AWS_111", "aws_iam_role_policy.writer"),  # write access to everything
        ("CKV_K8S_19", "kubernetes_job_v1.node_network"),
        ("CKV_K8S_16", "kubernetes_manifest.privileged"),
    ],
)
def test_a_fault_is_found(scanned: Scan, check: str, address: str) -> None:
    assert (check, address) in {(one.check, one.address) for one in of(scanned, "bad")}


def test_an_encrypted_volume_is_no_finding(scanned: Scan) -> None:
    found = {one.address for one in of(scanned, "bad") if one.check == "EKS_TRAINING_1"}
    assert "aws_launch_template.encrypted" not in found


@pytest.fixture
def once(scanned: Scan, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the one run says of the same stacks, for commands."""

    def known(stacks: Mapping[str, object]) -> Scan:
        return Scan(tuple(of(scanned, *stacks)), {stack: scanned.passed[stack] for stack in stacks})

    monkeypatch.setattr(ops.policy, "scan", known)


@pytest.mark.usefixtures("once")
def test_the_command_of_the_pages_passes_the_layout_that_make_hands_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    told = subprocess.run(
        ["make", "--dry-run", "policy", "LAYOUT=eks-p5-odcr"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
        env=environment(),
    ).stdout
    assert told.splitlines()[-1].split() == [".venv/bin/python", "-m", "ops", "policy"]
    monkeypatch.setenv("LAYOUT", "eks-p5-odcr")  # as make does with what stands on its command line
    done = CliRunner().invoke(app, ["policy"])
    assert done.exit_code == 0, done.output
    assert "checkov reads eks-p5-odcr, eks-p5-odcr-platform\n" in done.stderr
    assert done.stdout.startswith("0 failed, ")


@pytest.mark.usefixtures("once")
def test_a_person_sees_each_finding_until_an_exception_with_a_reason_is_given(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    layout, own = tmp_path / "weak.yaml", tmp_path / "own.yaml"
    layout.write_text(WEAK)
    checks = [
        f"- {{check: {check}, resources: ['*'], reason: Agreed upon.}}"
        for check in ("CKV_AWS_37", "CKV_AWS_58")
    ]
    own.write_text("\n".join(checks))

    assert not policy([str(layout)], [own])

    shown = capsys.readouterr().out.splitlines()
    assert shown[:-1] == [
        "CKV_AWS_341: Ensure Launch template should not have a metadata response hop limit greater than 1",
        "  weak: aws_launch_template.nodes_sys_launch_template",
        "CKV_AWS_38: Ensure Amazon EKS public endpoint not accessible to 0.0.0.0/0",
        "  weak: aws_eks_cluster.cluster",
    ]
    assert shown[-1].startswith("2 failed, ")
