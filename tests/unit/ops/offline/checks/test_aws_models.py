"""What AWS's service models say, and that no argument is left unchecked by oversight."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ops.offline.checks import Problem, aws_models, refresh
from ops.offline.checks.limits import LIMITS
from ops.offline.checks.sources import SOURCES, Source
from ops.offline.schema import BindingPackage
from ops.offline.values import UNKNOWN

Check = Callable[[str, "dict[str, Any]"], "list[Problem]"]
MODULES = Path(__file__).resolve().parents[5] / "modules"


@pytest.fixture(scope="module")
def mapped() -> refresh.Mapped:
    return refresh.mapped()


def test_the_file_is_what_the_installed_models_say(mapped: refresh.Mapped) -> None:
    hint = "run `python -m ops.offline.checks.refresh` and read the difference"
    assert aws_models.ARGUMENTS.read_text(encoding="utf-8") == refresh.render(mapped.records), hint


def test_every_argument_has_a_member_or_a_reason_why_not(mapped: refresh.Mapped) -> None:
    assert mapped.unexplained == set()


def test_no_entry_of_the_table_is_idle(mapped: refresh.Mapped) -> None:
    assert mapped.needless == set()


def test_python_reads_every_pattern(mapped: refresh.Mapped) -> None:
    assert mapped.unreadable == set()


def test_every_aws_type_that_the_constructs_use_is_covered() -> None:
    imports = re.compile(r"from cdktf_cdktf_provider_aws\.(?!provider\b|data_)(\w+) import")
    used = {
        f"aws_{module}"
        for file in MODULES.rglob("*.py")
        if "bindings" not in file.parts
        for module in imports.findall(file.read_text(encoding="utf-8"))
    }
    assert "aws_eks_node_group" in used
    assert used <= set(SOURCES)


def test_every_limit_is_of_an_argument_that_exists(mapped: refresh.Mapped) -> None:
    assert set(LIMITS) <= set(mapped.records) | mapped.free


@pytest.mark.parametrize(
    "type_name, config, path, message",
    [
        (
            "aws_eks_node_group",
            {"ami_type": "AL2023_X86_64_NVIDA"},
            ("ami_type",),
            r'none of the \d+ values that EKS CreateNodegroup amiType allows\. Did you mean "AL2023_x86_64_NVIDIA"\?',
        ),
        (
            "aws_eks_node_group",
            {"taint": [{"key": "a", "effect": "NoSchedule"}]},
            ("taint", 0, "effect"),
            "takes NO_SCHEDULE, NO_EXECUTE or PREFER_NO_SCHEDULE",
        ),
        (
            "aws_eks_node_group",
            {"scaling_config": [{"max_size": 0}]},
            ("scaling_config", 0, "max_size"),
            "0 is out of range: EKS CreateNodegroup scalingConfig.maxSize takes 1 or more",
        ),
        ("aws_eks_node_group", {"ami_type": "ubuntu"}, ("ami_type",), "takes AL2_x86_64, .*CUSTOM, .* or "),
        ("aws_eks_node_group", {"disk_size": 20.5}, ("disk_size",), "not a whole number"),
        (
            "aws_eks_node_group",
            {"instance_types": ["p5.48xlarge"] * 21},
            ("instance_types",),
            "21 are given: .* at most 20",
        ),
        (
            "aws_security_group",
            {"ingress": [{"from_port": 70000, "protocol": "tcp"}]},
            ("ingress", 0, "from_port"),
            "70000 is out of range: EC2 IpPermission takes -1 to 65535",
        ),
        (
            "aws_eks_node_group",
            {"labels": {"a.b/" + "c" * 60: "x"}},
            ("labels", "a.b/" + "c" * 60),
            "has 64 characters: .* 1 to 63",
        ),
        ("aws_eks_node_group", {"labels": {"a": ""}}, ("labels", "a"), "0 characters: .* takes 1 or more"),
        ("aws_eks_cluster", {"name": "-a"}, ("name",), "is not of the form"),
        ("aws_eks_cluster", {"name": "my cluster"}, ("name",), 'holds " "'),
        ("aws_eks_cluster", {"version": "1.35.2"}, ("version",), "like 1.35"),
        (
            "aws_eks_cluster",
            {"enabled_cluster_log_types": ["api", "audits"]},
            ("enabled_cluster_log_types", 1),
            'Did you mean "audit"',
        ),
        (
            "aws_iam_role",
            {"name": "a" * 65},
            ("name",),
            "65 characters: IAM CreateRole RoleName takes 1 to 64",
        ),
        ("aws_iam_role", {"name": "röle"}, ("name",), 'holds "ö"'),
        ("aws_iam_role", {"name_prefix": "a" * 39}, ("name_prefix",), "at most 38"),
        ("aws_iam_role", {"max_session_duration": 60}, ("max_session_duration",), "3600 to 43200"),
        (
            "aws_launch_template",
            {"metadata_options": [{"http_tokens": "requird"}]},
            ("metadata_options", 0, "http_tokens"),
            "optional or required",
        ),
        (
            "aws_launch_template",
            {"block_device_mappings": [{"ebs": [{"encrypted": "yes"}]}]},
            ("block_device_mappings", 0, "ebs", 0, "encrypted"),
            "true or false",
        ),
        (
            "aws_launch_template",
            {"network_interfaces": [{"interface_type": "efa_only"}]},
            ("network_interfaces", 0, "interface_type"),
            'Did you mean "efa-only"',
        ),
        (
            "aws_launch_template",
            {"tag_specifications": [{"resource_type": "vpc"}]},
            ("tag_specifications", 0, "resource_type"),
            "takes instance, volume, network-interface or spot-instances-request",
        ),
        ("aws_kms_key", {"deletion_window_in_days": 5}, ("deletion_window_in_days",), "7 to 30"),
        ("aws_kms_alias", {"name": "eks/mine"}, ("name",), "alias/"),
        (
            "aws_cloudwatch_log_group",
            {"retention_in_days": 31},
            ("retention_in_days",),
            "31 is not allowed: .* takes 0, 1, 3, 5, .* or 3653",
        ),
        ("aws_placement_group", {"strategy": "clustered"}, ("strategy",), 'Did you mean "cluster"'),
        ("aws_flow_log", {"max_aggregation_interval": 300}, ("max_aggregation_interval",), "60 or 600"),
        ("aws_security_group", {"name": "sg-nodes"}, ("name",), "not sg-"),
        ("aws_vpc", {"instance_tenancy": "host"}, ("instance_tenancy",), "default or dedicated"),
        (
            "aws_vpc_security_group_ingress_rule",
            {"ip_protocol": "tpc", "cidr_ipv4": "10.0.0.0/8"},
            ("ip_protocol",),
            "a name, a number, or -1",
        ),
        ("aws_autoscaling_group_tag", {"tag": [{"key": "", "value": "x"}]}, ("tag", 0, "key"), "1 to 128"),
        ("aws_eks_access_entry", {"type": "EC2_LINUS"}, ("type",), 'Did you mean "EC2_LINUX"'),
    ],
)
def test_a_value_that_aws_refuses_is_named_with_what_it_takes(
    check: Check, type_name: str, config: dict[str, Any], path: tuple[str | int, ...], message: str
) -> None:
    messages = [problem.message for problem in check(type_name, config) if problem.path == path]
    assert len(messages) == 1, check(type_name, config)
    assert re.search(message, messages[0])


@pytest.mark.parametrize(
    "type_name, config",
    [
        ("aws_eks_cluster", {"name": "eks-1_a", "version": "1.35"}),
        ("aws_iam_role", {"name": "a" * 64, "path": "/nodes/"}),
        ("aws_iam_role", {"name_prefix": "a" * 38}),
        ("aws_cloudwatch_log_group", {"name": "/aws/eks/x", "retention_in_days": 0}),
        ("aws_kms_alias", {"name": "alias/eks/x"}),
        ("aws_launch_template", {"block_device_mappings": [{"ebs": [{"encrypted": "true"}]}]}),
    ],
)
def test_what_aws_takes_is_no_problem(check: Check, type_name: str, config: dict[str, Any]) -> None:
    assert check(type_name, config) == []


def test_what_is_not_known_yet_is_left_alone(check: Check) -> None:
    config = {
        "ami_type": UNKNOWN,
        "labels": {"team": UNKNOWN},
        "instance_types": ["p5.48xlarge", UNKNOWN],
        "scaling_config": [{"min_size": 3, "desired_size": UNKNOWN, "max_size": 4}],
        "taint": UNKNOWN,
        "subnet_ids": UNKNOWN,
        "launch_template": [{"id": UNKNOWN, "version": UNKNOWN}],
    }
    assert check("aws_eks_node_group", config) == []


def test_an_argument_that_only_aws_tells_is_refused(check: Check) -> None:
    (problem,) = check(
        "aws_vpc", {"cidr_block": "10.0.0.0/16", "arn": "arn:aws:ec2:us-west-2:123456789012:vpc/x"}
    )
    assert problem == Problem(("arn",), "arn is read-only: aws_vpc tells it, nobody sets it.")


@pytest.mark.parametrize(
    "java, fits, fails",
    [
        (r"^[0-9A-Za-z][A-Za-z0-9\-_]*", "a-1", "a b"),
        (r"[\w+=,.@-]+", "a_1@b", "ö"),
        (r"\d{2}", "12", "١٢"),
        (r"(\u002F)|(\u002F[\u0021-\u007E]+\u002F)", "/a/", "/a"),
        (r"[\u0020-\uD7FF\uD800\uDC00-\uDBFF\uDFFF]*", "a😀", "\t"),
        (r"[a-z]+\$", "a$", "a"),
    ],
)
def test_a_pattern_of_the_models_means_the_whole_value(java: str, fits: str, fails: str) -> None:
    pattern = refresh.python_pattern(java)
    assert pattern is not None
    assert re.fullmatch(pattern, fits)
    assert not re.fullmatch(pattern, fails)


def test_a_pattern_that_python_cannot_read_is_left_out() -> None:
    assert refresh.python_pattern(r"[\p{L}]+(?<x>") is None


def test_refresh_writes_the_file(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, mapped: refresh.Mapped
) -> None:
    monkeypatch.setattr(refresh, "ARGUMENTS", tmp_path / "arguments.json")
    refresh.main()
    assert (tmp_path / "arguments.json").read_text(encoding="utf-8") == refresh.render(mapped.records)


def test_refresh_reports_what_the_table_has_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    wrong = Source(
        ("kms.CreateAlias",), aliases={"alias": "AliasName"}, without={"target_key_id": "no member"}
    )
    monkeypatch.setattr(refresh, "SOURCES", {"aws_kms_alias": wrong})
    monkeypatch.setattr(refresh, "python_pattern", lambda pattern: None)
    found = refresh.mapped()
    assert found.unexplained == {"aws_kms_alias name", "aws_kms_alias name_prefix"}
    assert found.needless == {"aws_kms_alias alias", "aws_kms_alias target_key_id"}

    monkeypatch.setattr(
        refresh, "SOURCES", {"aws_kms_alias": Source(("kms.CreateAlias",), aliases={"name": "AliasName"})}
    )
    assert refresh.mapped().unreadable == {"^[a-zA-Z0-9:/_-]+$"}

    monkeypatch.setattr(refresh, "SOURCES", {"aws_kms_alias": Source(("kms.CreateAlias/Nothing",))})
    with pytest.raises(ValueError, match="has no member Nothing"):
        refresh.mapped()


def test_a_record_is_of_the_kind_that_terraform_sends(mapped: refresh.Mapped) -> None:
    package = BindingPackage("aws")
    kinds = {
        "string": {"string", "boolean"},
        "number": {"number", "integer"},
        "list": {"list"},
        "set": {"list"},
        "map": {"map"},
    }
    for type_name in SOURCES:
        for argument, of_type in refresh.settable(package.body("resource", type_name)):
            record = mapped.records.get(f"{type_name} {argument}")
            name = of_type[0] if isinstance(of_type, list) else str(of_type)
            assert record is None or record["kind"] in kinds[name], f"{type_name} {argument}"
