"""KMS keys, certificates and AMIs that a layout names."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from ops.checking.runner import run
from ops.preflight.checks.amis import OwnAmis
from ops.preflight.checks.certificates import Certificates
from ops.preflight.checks.keys import KmsKeys, NodeVolumeKey
from tests.account.server import AccountServer
from tests.account.wire import Call, denial
from tests.terraform_json import Load
from tests.unit.ops.preflight.looking import NOW, Found, look, subject_of
from tests.unit.ops.preflight.subjects import client_of

ACCOUNT = "123456789012"
SCALING = (
    f"arn:aws:iam::{ACCOUNT}:role/aws-service-role/autoscaling.amazonaws.com/AWSServiceRoleForAutoScaling"
)
DOCUMENTED = ["kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:DescribeKey"]


def client(service: str) -> Any:
    return client_of(service)


@pytest.fixture
def kms(aws: AccountServer) -> Any:
    assert aws.url
    return client("kms")


def secrets(layout: Load, arn: str) -> list[Found]:
    text = f"cluster: {{secrets_encryption: {{kms_key_arn: '{arn}'}}}}"
    return look([KmsKeys(), NodeVolumeKey()], subject_of(layout(text)))


def volumes(layout: Load, arn: str) -> list[Found]:
    text = f"node_groups: {{sys: {{root_volume: {{kms_key_arn: '{arn}'}}}}}}"
    return look([KmsKeys(), NodeVolumeKey()], subject_of(layout(text)))


def made(kms: Any, *statements: dict[str, Any], **more: Any) -> str:
    """A key with the policy that a key has by itself, and more statements."""
    root = {
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"},
        "Action": "kms:*",
        "Resource": "*",
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [root, *statements]})
    arn: str = kms.create_key(Policy=policy, **more)["KeyMetadata"]["Arn"]
    return arn


def allow(actions: Any, **principal: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Principal": principal or {"AWS": SCALING}, "Action": actions, "Resource": "*"}


def test_a_key_that_is_enabled_and_symmetric_is_fine(kms: Any, layout: Load) -> None:
    assert secrets(layout, made(kms)) == []


@pytest.mark.usefixtures("aws")
def test_a_key_that_does_not_exist_is_one_finding(layout: Load) -> None:
    arn = f"arn:aws:kms:us-west-2:{ACCOUNT}:key/11111111-2222-3333-4444-555555555555"
    [one] = volumes(layout, arn)
    assert one[:3] == ("kms-keys", "error", "node_groups.sys.root_volume.kms_key_arn")
    assert f"there is no KMS key {arn}" in one[3]


def test_a_disabled_key_is_enabled_by_a_command(kms: Any, layout: Load) -> None:
    arn = made(kms)
    kms.disable_key(KeyId=arn.rpartition("/")[2])
    [one] = secrets(layout, arn)
    assert one[:3] == ("kms-keys", "error", "cluster.secrets_encryption.kms_key_arn")
    assert f"is disabled. aws kms enable-key --region us-west-2 --key-id {arn}" in one[3]


def test_a_key_that_is_about_to_go_is_one_finding(kms: Any, layout: Load) -> None:
    arn = made(kms)
    kms.schedule_key_deletion(KeyId=arn.rpartition("/")[2])
    [one] = secrets(layout, arn)
    assert one[:2] == ("kms-keys", "error")
    assert "is to be deleted on 20" in one[3]
    assert "aws kms cancel-key-deletion" in one[3]


def test_a_key_that_may_not_be_looked_at_does_not_hide_the_next(
    aws: AccountServer, kms: Any, layout: Load
) -> None:
    closed = f"arn:aws:kms:us-west-2:999999999999:key/{'1' * 8}-2222-3333-4444-{'5' * 12}"
    arn = made(kms)
    kms.disable_key(KeyId=arn.rpartition("/")[2])

    def answer(call: Call) -> Any:
        if call.parameters["KeyId"] == closed:
            raise denial(call)
        return None

    aws.answer("kms:DescribeKey", answer)
    text = f"""
    backend: {{type: s3, bucket: our-states, kms_key_arn: '{closed}'}}
    cluster: {{secrets_encryption: {{kms_key_arn: '{arn}'}}}}
    """
    [outcome] = run([KmsKeys()], subject_of(layout(text)))
    assert outcome.unasked is not None
    assert outcome.unasked.action == "kms:DescribeKey"
    assert [one.where for one in outcome.findings] == ["cluster.secrets_encryption.kms_key_arn"]


def test_a_key_for_signatures_is_one_finding(kms: Any, layout: Load) -> None:
    [one] = secrets(layout, made(kms, KeySpec="RSA_2048", KeyUsage="SIGN_VERIFY"))
    assert one[:2] == ("kms-keys", "error")
    assert "RSA_2048 for SIGN_VERIFY" in one[3]


def test_a_key_that_several_name_is_one_finding(kms: Any, layout: Load) -> None:
    arn = made(kms, allow("kms:*"))
    kms.disable_key(KeyId=arn.rpartition("/")[2])
    text = f"""
    cluster: {{secrets_encryption: {{kms_key_arn: '{arn}'}}}}
    node_groups: {{sys: {{root_volume: {{kms_key_arn: '{arn}'}}}}}}
    """
    [one] = look([KmsKeys()], subject_of(layout(text)))
    assert one[2] == "node_groups.sys.root_volume.kms_key_arn, cluster.secrets_encryption.kms_key_arn"


def test_a_policy_for_the_account_alone_does_not_let_auto_scaling_start_nodes(kms: Any, layout: Load) -> None:
    arn = made(kms)
    [one] = volumes(layout, arn)
    assert one[:3] == ("node-volume-key", "warning", "node_groups.sys.root_volume.kms_key_arn")
    assert "kms:CreateGrant, kms:Decrypt, kms:GenerateDataKeyWithoutPlaintext" in one[3]
    assert "Client.InternalError" in one[3]
    assert f"aws kms create-grant --region us-west-2 --key-id {arn} --grantee-principal {SCALING}" in one[3]


@pytest.mark.parametrize(
    "statements",
    [
        [allow(DOCUMENTED), allow("kms:CreateGrant")],
        [allow("kms:*")],
        [{**allow("kms:*", AWS="*"), "Condition": {"StringEquals": {"kms:CallerAccount": ACCOUNT}}}],
    ],
)
def test_a_policy_may_let_auto_scaling_use_the_key(
    kms: Any, layout: Load, statements: list[dict[str, Any]]
) -> None:
    assert volumes(layout, made(kms, *statements)) == []


def test_use_without_grants_is_not_enough(kms: Any, layout: Load) -> None:
    [one] = volumes(layout, made(kms, allow(DOCUMENTED)))
    assert "lets Auto Scaling's role do kms:CreateGrant: nodes" in one[3]


def test_a_grant_is_as_good_as_a_policy(kms: Any, layout: Load) -> None:
    arn = made(kms)
    operations = ["CreateGrant", "Decrypt", "GenerateDataKeyWithoutPlaintext", "DescribeKey"]
    kms.create_grant(KeyId=arn, GranteePrincipal=SCALING, Operations=operations)
    assert volumes(layout, arn) == []


def test_a_grant_for_somebody_else_is_none(kms: Any, layout: Load) -> None:
    arn = made(kms)
    somebody = f"arn:aws:iam::{ACCOUNT}:role/somebody"
    kms.create_grant(KeyId=arn, GranteePrincipal=somebody, Operations=["CreateGrant", "Decrypt"])
    assert [one[0] for one in volumes(layout, arn)] == ["node-volume-key"]


# Certificates

SERVER = """
helm_releases: {{aws-load-balancer-controller: {{}}}}
workloads:
  serving:
    api:
      image: registry.example.com/server:1.0
      port: 8080
      health: {{path: /healthz}}
      load_balancer: {{type: alb, certificate_arn: '{arn}', host: {host}}}
"""


def certificate(aws: AccountServer, layout: Load, host: str = "api.example.com", **more: Any) -> list[Found]:
    arn = f"arn:aws:acm:us-west-2:{ACCOUNT}:certificate/11111111-2222-3333-4444-555555555555"
    told = {
        "CertificateArn": arn,
        "DomainName": "api.example.com",
        "Status": "ISSUED",
        "Type": "AMAZON_ISSUED",
        "NotAfter": NOW + timedelta(days=10),
        **more,
    }
    aws.answer("acm:DescribeCertificate", lambda _: {"Certificate": told})
    return look([Certificates()], subject_of(layout(SERVER.format(arn=arn, host=host))))


CERTIFICATE = "workloads.serving.api.load_balancer.certificate_arn"


def test_a_certificate_that_is_issued_for_the_host_is_fine(aws: AccountServer, layout: Load) -> None:
    assert certificate(aws, layout) == []


@pytest.mark.usefixtures("aws")
def test_a_certificate_that_does_not_exist_is_one_finding(layout: Load) -> None:
    arn = f"arn:aws:acm:us-west-2:{ACCOUNT}:certificate/11111111-2222-3333-4444-555555555555"
    [one] = look([Certificates()], subject_of(layout(SERVER.format(arn=arn, host="api.example.com"))))
    assert one[:3] == ("certificates", "error", CERTIFICATE)


@pytest.mark.parametrize("status", ["PENDING_VALIDATION", "EXPIRED", "REVOKED"])
def test_a_certificate_that_is_not_issued_is_one_finding(
    aws: AccountServer, layout: Load, status: str
) -> None:
    [one] = certificate(aws, layout, Status=status)
    assert one[:3] == ("certificates", "error", CERTIFICATE)
    assert f"is {status}, and not ISSUED" in one[3]


@pytest.mark.parametrize(
    ("names", "host", "count"),
    [
        (["*.example.com"], "www.example.com", 0),
        (["*.example.com"], "a.b.example.com", 1),
        (["other.example.com"], "www.example.com", 1),
    ],
)
def test_a_certificate_is_for_the_host(
    aws: AccountServer, layout: Load, names: list[str], host: str, count: int
) -> None:
    findings = certificate(aws, layout, host, SubjectAlternativeNames=names)
    assert [one[:3] for one in findings] == [("certificates", "warning", CERTIFICATE)] * count


def test_an_imported_certificate_that_ends_soon_is_a_warning(aws: AccountServer, layout: Load) -> None:
    [one] = certificate(aws, layout, Type="IMPORTED")
    assert one[:3] == ("certificates", "warning", CERTIFICATE)
    assert "ends on 2026-12-02" in one[3]


# AMIs

AMI = "ami-0123456789abcdef0"
OWN = f"node_groups: {{sys: {{ami_id: {AMI}, root_volume: {{size_gib: 50}}}}}}"


def image(aws: AccountServer, layout: Load, **more: Any) -> list[Found]:
    told = {
        "ImageId": AMI,
        "State": "available",
        "Architecture": "x86_64",
        "RootDeviceName": "/dev/xvda",
        "BlockDeviceMappings": [{"DeviceName": "/dev/xvda", "Ebs": {"VolumeSize": 20}}],
        **more,
    }
    aws.answer("ec2:DescribeImages", lambda _: {"Images": [told]})
    return look([OwnAmis()], subject_of(layout(OWN)))


def test_an_ami_that_fits_is_fine(aws: AccountServer, layout: Load) -> None:
    assert image(aws, layout) == []


@pytest.mark.usefixtures("aws")
def test_an_ami_of_another_region_is_one_finding(layout: Load) -> None:
    [one] = look([OwnAmis()], subject_of(layout(OWN)))
    assert one[:3] == ("own-amis", "error", "node_groups.sys.ami_id")
    assert f"there is no AMI {AMI} in us-west-2" in one[3]


@pytest.mark.parametrize(
    ("changed", "level", "where", "said"),
    [
        ({"Architecture": "arm64"}, "error", "ami_id", "is for arm64, and c5.2xlarge is x86_64"),
        ({"State": "pending"}, "error", "ami_id", "is pending, and not available"),
        ({"RootDeviceName": "/dev/sda1"}, "error", "ami_id", "root device of the AMI"),
        ({"DeprecationTime": "2026-01-01T00:00:00.000Z"}, "warning", "ami_id", "deprecated since 2026-01-01"),
        (
            {"BlockDeviceMappings": [{"DeviceName": "/dev/xvda", "Ebs": {"VolumeSize": 200}}]},
            "error",
            "root_volume.size_gib",
            "Write size_gib: 200",
        ),
    ],
)
def test_an_ami_that_does_not_fit_is_one_finding(
    aws: AccountServer, layout: Load, changed: dict[str, Any], level: str, where: str, said: str
) -> None:
    [one] = image(aws, layout, **changed)
    assert one[:3] == ("own-amis", level, f"node_groups.sys.{where}")
    assert said in one[3]
