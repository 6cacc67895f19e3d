"""The refresh command, run against moto's EC2 and against an EKS that answers over HTTP from this process."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from importlib import import_module
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from moto import mock_aws

from modules.catalog import ec2
from modules.catalog.datafile import DIRECTORY, INSTANCE_TYPES, KUBERNETES_VERSIONS, Record, read, write
from modules.catalog.refresh import main

ROOT = Path(__file__).resolve().parents[3]
CREDENTIALS = {"AWS_ACCESS_KEY_ID": "testing", "AWS_SECRET_ACCESS_KEY": "testing"}


@pytest.fixture
def files(tmp_path: Path) -> Path:
    for name in (INSTANCE_TYPES, KUBERNETES_VERSIONS):
        shutil.copy(DIRECTORY / name, tmp_path)
    return tmp_path


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name, value in CREDENTIALS.items():
        monkeypatch.setenv(name, value)
    with mock_aws():
        yield


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let moto's EC2 offer a few types only: to describe all of them takes it many seconds."""
    backend = import_module("moto.ec2.models.instance_types").InstanceTypeBackend
    offered = ("p5.48xlarge", "trn2.48xlarge", "g4dn.metal", "c5.large", "p6-b300.48xlarge")
    monkeypatch.setattr(
        backend,
        "instance_types",
        [kind for kind in backend.instance_types if kind["InstanceType"] in offered],
    )


def instance_types(files: Path, *arguments: str) -> int:
    return main(["--instance-types", "--directory", str(files), *arguments])


def snapshot(files: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in files.iterdir()}


def change(files: Path, name: str, **fields: Any) -> None:
    records = read(INSTANCE_TYPES, files)
    records[name].update(fields)
    write(INSTANCE_TYPES, records, files)


def test_the_shipped_file_is_what_ec2_answers(
    files: Path, aws: None, capsys: pytest.CaptureFixture[str]
) -> None:
    assert instance_types(files, "--check") == 0
    output = capsys.readouterr()
    assert "entries, up to date" in output.out
    assert "kept 5 not offered in us-west-2: g4ad.16xlarge, g4ad.2xlarge" in output.out
    assert output.err == "asking EC2 in us-west-2\n"


def test_check_names_each_difference_and_writes_nothing(
    files: Path, aws: None, few: None, capsys: pytest.CaptureFixture[str]
) -> None:
    change(files, "p5.48xlarge", efa_interfaces=4, efa_capable_cards=[0, 1, 2, 3])
    records = read(INSTANCE_TYPES, files)
    del records["g4dn.metal"]
    write(INSTANCE_TYPES, records, files)
    before = snapshot(files)

    assert instance_types(files, "--check") == 1
    lines = capsys.readouterr().out.splitlines()
    assert f"{INSTANCE_TYPES}: p5.48xlarge: efa_interfaces is 4, EC2 says 32" in lines
    assert f"{INSTANCE_TYPES}: g4dn.metal: EC2 has it, the catalogue does not" in lines
    assert lines[-1].endswith("2 differ from AWS")
    assert snapshot(files) == before


def test_a_refresh_restores_the_shipped_file_byte_by_byte(files: Path, aws: None, few: None) -> None:
    before = snapshot(files)
    change(files, "p5.48xlarge", efa_interfaces=4)
    change(files, "trn2.48xlarge", accelerator=None)
    assert snapshot(files) != before

    assert instance_types(files) == 0
    assert snapshot(files) == before


def test_a_type_that_the_region_lacks_is_kept(
    files: Path, aws: None, few: None, capsys: pytest.CaptureFixture[str]
) -> None:
    records = read(INSTANCE_TYPES, files)
    records["p9.48xlarge"] = records["p5.48xlarge"]
    del records["c5.large"]
    write(INSTANCE_TYPES, records, files)

    assert instance_types(files, "--region", "eu-west-1", "--region", "us-east-1") == 0
    assert read(INSTANCE_TYPES, files)["p9.48xlarge"] == records["p5.48xlarge"]
    assert "c5.large" in read(INSTANCE_TYPES, files)
    output = capsys.readouterr()
    assert "not offered in eu-west-1, us-east-1" in output.out
    assert "p9.48xlarge" in output.out
    assert output.err.splitlines() == ["asking EC2 in eu-west-1", "asking EC2 in us-east-1"]


def test_a_description_that_makes_no_sense_is_refused_and_nothing_is_written(
    files: Path,
    aws: None,
    few: None,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    honest = ec2.record

    def record(info: dict[str, Any]) -> Record:
        wrong = {"efa_interfaces": 99} if info["InstanceType"] == "p5.48xlarge" else {}
        return {**honest(info), **wrong}

    monkeypatch.setattr(ec2, "record", record)
    before = snapshot(files)
    assert instance_types(files) == 1
    assert "'p5.48xlarge': efa_interfaces is 99, but 32 cards can carry one" in capsys.readouterr().err
    assert snapshot(files) == before


EC2_TYPE: dict[str, Any] = {
    "InstanceType": "p7.48xlarge",
    "BareMetal": False,
    "Hypervisor": "nitro",
    "ProcessorInfo": {"SupportedArchitectures": ["x86_64"]},
    "VCpuInfo": {"DefaultVCpus": 192},
    "MemoryInfo": {"SizeInMiB": 2097152},
    "GpuInfo": {
        "Gpus": [{"Manufacturer": "NVIDIA", "Name": "R1", "Count": 8, "MemoryInfo": {"SizeInMiB": 9}}]
    },
    "NetworkInfo": {
        "EfaSupported": True,
        "EfaInfo": {"MaximumEfaInterfaces": 2},
        "MaximumNetworkInterfaces": 6,
        "Ipv4AddressesPerInterface": 50,
        "NetworkCards": [
            {"NetworkCardIndex": 2, "MaximumNetworkInterfaces": 1, "InterfaceTypes": ["interface", "efa"]},
            {"NetworkCardIndex": 0, "MaximumNetworkInterfaces": 3, "InterfaceTypes": ["interface"]},
            {"NetworkCardIndex": 1, "MaximumNetworkInterfaces": 2, "InterfaceTypes": ["interface", "efa"]},
        ],
    },
    "InstanceStorageInfo": {
        "NvmeSupport": "unsupported",
        "TotalSizeInGB": 900,
        "Disks": [{"Count": 1, "SizeInGB": 900}],
    },
    "SupportedUsageClasses": ["spot", "on-demand"],
    "PlacementGroupInfo": {"SupportedStrategies": ["spread", "cluster"]},
}


def test_cards_are_put_in_order_and_only_nvme_counts_as_instance_store() -> None:
    made = ec2.record(EC2_TYPE)
    assert (made["network_cards"], made["efa_capable_cards"]) == ([3, 2, 1], [1, 2])
    assert (made["nvme_gb"], made["nvme_disks"]) == (0, 0)
    assert made["usage_classes"] == ["on-demand", "spot"]


def test_cards_without_interface_types_are_never_guessed() -> None:
    cards = [
        {key: value for key, value in card.items() if key != "InterfaceTypes"}
        for card in EC2_TYPE["NetworkInfo"]["NetworkCards"]
    ]
    silent = {**EC2_TYPE, "NetworkInfo": {**EC2_TYPE["NetworkInfo"], "NetworkCards": cards}}
    with pytest.raises(ValueError, match=r"p7\.48xlarge: EC2 does not say which network cards"):
        ec2.record(silent)
    silent["NetworkInfo"]["EfaInfo"] = {"MaximumEfaInterfaces": 3}
    assert ec2.record(silent)["efa_capable_cards"] == [0, 1, 2]


def test_accelerators_of_two_kinds_are_refused() -> None:
    gpu = EC2_TYPE["GpuInfo"]["Gpus"][0]
    with pytest.raises(ValueError, match="more than one kind"):
        ec2.record({**EC2_TYPE, "GpuInfo": {"Gpus": [gpu, gpu]}})


@pytest.mark.parametrize(
    "changed, wanted",
    [
        ({}, True),
        ({"Hypervisor": "xen"}, False),
        ({"Hypervisor": None, "BareMetal": True}, True),
        ({"GpuInfo": {"Gpus": [{"Manufacturer": "Habana"}]}}, False),
        ({"GpuInfo": {}}, False),
        ({"InstanceType": "x9.48xlarge", "GpuInfo": {}}, True),
        ({"InstanceType": "x9.48xlarge", "GpuInfo": {}, "NetworkInfo": {"EfaSupported": False}}, False),
        ({"InstanceType": "m5.large", "GpuInfo": {}, "NetworkInfo": {"EfaSupported": False}}, True),
        ({"InstanceType": "t2.micro", "GpuInfo": {}, "NetworkInfo": {"EfaSupported": False}}, False),
        ({"InstanceType": "f2.48xlarge", "GpuInfo": {}, "FpgaInfo": {"Fpgas": [{}]}}, False),
        ({"InstanceType": "dl2q.24xlarge", "GpuInfo": {}, "InferenceAcceleratorInfo": {"x": 1}}, False),
        ({"ProcessorInfo": {"SupportedArchitectures": ["arm64_mac"]}}, False),
    ],
)
def test_which_types_belong_in_the_catalogue(changed: dict[str, Any], wanted: bool) -> None:
    assert ec2.wanted({**EC2_TYPE, **changed}) is wanted


def test_regions_are_united_and_contradictions_named() -> None:
    here: Record = {"vcpus": 8, "usage_classes": ["on-demand"], "placement_strategies": ["spread"]}
    there: Record = {"vcpus": 9, "usage_classes": ["capacity-block"], "placement_strategies": ["spread"]}
    merged, contradictions = ec2.merge("p5.48xlarge", [("us-west-2", here), ("us-east-1", there)])
    assert merged == {
        "vcpus": 8,
        "usage_classes": ["capacity-block", "on-demand"],
        "placement_strategies": ["spread"],
    }
    assert contradictions == ["p5.48xlarge: vcpus is 8 in us-west-2 (kept) and 9 in us-east-1"]


# --- as a command of its own, with an EKS that answers over HTTP -------------------------------------------


@pytest.fixture
def eks() -> Iterator[dict[str, Any]]:
    """An EKS endpoint: `url` is where it listens, `versions` what it answers, `asked` the paths of requests."""
    state: dict[str, Any] = {"versions": [], "asked": []}

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            state["asked"].append(self.path)
            # Two pages, so that a client that reads only the first shows.
            half = len(state["versions"]) // 2
            second = "nextToken" in self.path
            page = state["versions"][half:] if second else state["versions"][:half]
            body = json.dumps({"clusterVersions": page, **({} if second else {"nextToken": "more"})}).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args: Any) -> None:
            """Say nothing: the output of a test is for its failure."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    state["url"] = f"http://127.0.0.1:{server.server_port}"
    thread = Thread(target=server.serve_forever)
    thread.start()
    yield state
    server.shutdown()
    thread.join()
    server.server_close()


def run(files: Path, *arguments: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    clean = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    clean |= {"HOME": str(files), "AWS_EC2_METADATA_DISABLED": "true", "AWS_MAX_ATTEMPTS": "1"}
    return subprocess.run(
        [sys.executable, "-m", "modules.catalog.refresh", "--directory", str(files), *arguments],
        cwd=ROOT,
        env=clean | environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def eks_version(version: str, *days: str) -> dict[str, Any]:
    names = ("releaseDate", "endOfStandardSupportDate", "endOfExtendedSupportDate")
    return {"clusterVersion": version, "clusterType": "eks", **dict(zip(names, days, strict=True))}


def test_versions_are_refreshed_from_every_page_in_utc_days(files: Path, eks: dict[str, Any]) -> None:
    eks["versions"] = [
        # The day in UTC is the one after the day written here.
        eks_version(
            "1.38", "2027-01-31T17:00:00-08:00", "2028-03-31T17:00:00-07:00", "2029-03-31T17:00:00-07:00"
        ),
        eks_version("1.37", "2026-10-01T00:00:00Z", "2027-12-01T00:00:00Z", "2028-12-02T00:00:00Z"),
        eks_version("1.36", "2026-06-02T00:00:00Z", "2027-08-02T00:00:00Z", "2028-08-02T00:00:00Z"),
        {"clusterVersion": "1.39", "clusterType": "eks", "releaseDate": "2027-06-01T00:00:00Z"},
    ]
    before = read(KUBERNETES_VERSIONS, files)
    environment = {**CREDENTIALS, "AWS_ENDPOINT_URL_EKS": eks["url"]}

    checked = run(files, "--kubernetes-versions", "--check", **environment)
    assert checked.returncode == 1, checked.stderr
    assert read(KUBERNETES_VERSIONS, files) == before
    assert checked.stdout.splitlines() == [
        f"{KUBERNETES_VERSIONS}: 1.37: end_of_extended_support is 2028-12-01, EKS says 2028-12-02",
        f"{KUBERNETES_VERSIONS}: 1.38: EKS has it, the catalogue does not",
        f"{KUBERNETES_VERSIONS}: 10 entries, 2 differ from AWS",
    ]
    assert "EKS gives no endOfStandardSupportDate, endOfExtendedSupportDate for 1.39" in checked.stderr
    assert "includeAll=true" in eks["asked"][0]

    assert run(files, "--kubernetes-versions", **environment).returncode == 0
    after = read(KUBERNETES_VERSIONS, files)
    assert after["1.38"] == {
        "released": "2027-02-01",
        "end_of_standard_support": "2028-04-01",
        "end_of_extended_support": "2029-04-01",
        "source": "EKS DescribeClusterVersions",
    }
    assert after["1.37"]["source"] == "EKS DescribeClusterVersions"
    assert {version: after[version] for version in before if version != "1.37"} == {
        version: before[version] for version in before if version != "1.37"
    }
    assert run(files, "--kubernetes-versions", "--check", **environment).returncode == 0


def test_versions_with_dates_out_of_order_are_refused_and_nothing_is_written(
    files: Path, eks: dict[str, Any]
) -> None:
    eks["versions"] = [
        eks_version("1.38", "2027-02-01T00:00:00Z", "2026-04-01T00:00:00Z", "2029-04-01T00:00:00Z"),
        eks_version("1.37", "2026-10-01T00:00:00Z", "2027-12-01T00:00:00Z", "2028-12-02T00:00:00Z"),
    ]
    before = snapshot(files)
    done = run(files, "--kubernetes-versions", **CREDENTIALS, AWS_ENDPOINT_URL_EKS=eks["url"])
    assert done.returncode == 1
    assert "Kubernetes 1.38: the dates of its support are out of order" in done.stderr
    assert snapshot(files) == before


def test_without_credentials_the_status_is_3_and_the_remedy_is_named(files: Path) -> None:
    before = snapshot(files)
    done = run(files)
    assert done.returncode == 3
    assert done.stderr.splitlines()[-1] == "No AWS credentials were found: log in, or set AWS_PROFILE."
    assert "Traceback" not in done.stderr
    assert snapshot(files) == before


def test_without_network_the_status_is_3_and_the_endpoint_is_named(files: Path) -> None:
    done = run(files, **CREDENTIALS, AWS_ENDPOINT_URL_EC2="http://127.0.0.1:9")
    assert done.returncode == 3
    assert done.stderr.splitlines()[-1].startswith("EC2 in us-west-2 could not be asked: Could not connect")
    assert "Traceback" not in done.stderr


def test_without_boto3_the_status_is_3_and_the_remedy_is_named(files: Path) -> None:
    absent = files / "absent"
    absent.mkdir()
    (absent / "boto3.py").write_text("raise ImportError('not here')\n", encoding="utf-8")
    done = run(files, PYTHONPATH=str(absent))
    assert (done.returncode, done.stderr) == (3, "boto3 is not installed: run `pipenv install --dev`.\n")


def test_wrong_usage_has_status_2(files: Path) -> None:
    assert run(files, "--regoin", "us-west-2").returncode == 2
