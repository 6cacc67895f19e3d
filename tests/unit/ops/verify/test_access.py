"""How the cluster is reached: by the kubeconfig that the user has, or by a token that is made here."""

from __future__ import annotations

import base64
import hashlib
import hmac
import ipaddress
import json
import ssl
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

import boto3
import pytest

from modules.layout import Layout
from ops.aws.account import Account
from ops.checking.check import UnaskedError
from ops.errors import UsageError
from ops.verify.access import ByKubeconfig, ByToken, token, way_to
from ops.verify.cluster import Cluster, UnreachedError
from tests.account.server import AccountServer
from tests.kubernetes_api.right import right
from tests.kubernetes_api.server import TOKEN, Api, serving, token_is_signed
from tests.terraform_json import Load
from tests.unit.ops.verify.deployed import deployed

ARN = "arn:aws:eks:us-west-2:123456789012:cluster/demo"
OTHER = "arn:aws:eks:us-east-1:123456789012:cluster/other"


@pytest.fixture
def demo(layout: Load) -> Layout:
    return layout("tags: {}").layout


@pytest.fixture
def api(demo: Layout) -> Iterator[Api]:
    with serving(Api(right(demo))) as served:
        yield served


class Kubeconfig:
    """A kubeconfig whose users run a program that prints a token, as that of `aws eks update-kubeconfig` does."""

    def __init__(self, folder: Path, url: str) -> None:
        self.file = folder / "config"
        self.program = folder / "aws"
        self.url = url
        credential = {
            "apiVersion": "client.authentication.k8s.io/v1beta1",
            "kind": "ExecCredential",
            "status": {"token": TOKEN},
        }
        self.program.write_text(f"#!/bin/sh\necho '{json.dumps(credential)}'\n", encoding="utf-8")
        self.program.chmod(0o755)

    def write(self, *clusters: str, current: str = "", profile: str | None = None, names: str = "{}") -> None:
        """With a context of the name of each cluster."""
        runs = {
            "apiVersion": "client.authentication.k8s.io/v1beta1",
            "command": str(self.program),
            "env": [{"name": "AWS_PROFILE", "value": profile}] if profile else None,
        }

        def arguments(cluster: str) -> list[str]:
            _, _, _, region, _, name = cluster.split(":")
            return ["--region", region, "eks", "get-token", "--cluster-name", name.partition("/")[2]]

        config = {
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": current,
            "clusters": [{"name": names.format(one), "cluster": {"server": self.url}} for one in clusters],
            "users": [{"name": one, "user": {"exec": {**runs, "args": arguments(one)}}} for one in clusters],
            "contexts": [
                {"name": one, "context": {"cluster": names.format(one), "user": one}} for one in clusters
            ],
        }
        self.file.write_text(json.dumps(config), encoding="utf-8")


@pytest.fixture
def kubeconfig(tmp_path: Path, api: Api, monkeypatch: pytest.MonkeyPatch) -> Kubeconfig:
    made = Kubeconfig(tmp_path, api.url)
    monkeypatch.setenv("KUBECONFIG", str(made.file))
    return made


@pytest.mark.parametrize("names", ["{}", "eksctl-{}"])
@pytest.mark.parametrize("current", [ARN, OTHER, ""])
def test_context_that_leads_to_the_cluster_is_taken(
    names: str, current: str, demo: Layout, api: Api, kubeconfig: Kubeconfig
) -> None:
    kubeconfig.write(OTHER, ARN, current=current, names=names)
    way = way_to(demo)
    assert way == ByKubeconfig(str(kubeconfig.file), ARN)
    assert len(Cluster(way).nodes()) == len(api.world.nodes) > 0


def test_current_context_is_the_first(demo: Layout, kubeconfig: Kubeconfig) -> None:
    again = ARN.replace("123456789012", "210987654321")
    kubeconfig.write(ARN, again, current=again)
    assert way_to(demo) == ByKubeconfig(str(kubeconfig.file), again)


def test_named_context_that_leads_elsewhere_is_taken_and_told(
    demo: Layout, api: Api, kubeconfig: Kubeconfig, capsys: pytest.CaptureFixture[str]
) -> None:
    kubeconfig.write(ARN, OTHER, current=ARN)
    way = way_to(demo, context=OTHER)
    assert len(Cluster(way).nodes()) == len(api.world.nodes) > 0
    assert capsys.readouterr().err == (
        f"kubectl's context {OTHER} leads to the cluster other in us-east-1, and the layout's is demo in us-west-2\n"
    )


def test_named_context_that_leads_there_is_not_told(
    demo: Layout, kubeconfig: Kubeconfig, capsys: pytest.CaptureFixture[str]
) -> None:
    kubeconfig.write(ARN, OTHER, current=OTHER)
    assert way_to(demo, context=ARN) == ByKubeconfig(str(kubeconfig.file), ARN)
    assert capsys.readouterr().err == ""


def test_context_that_is_not_there_is_refused(demo: Layout, kubeconfig: Kubeconfig) -> None:
    kubeconfig.write(ARN)
    with pytest.raises(UsageError, match=f"--context demo: .* there are {ARN}$"):
        way_to(demo, context="demo")


@pytest.mark.parametrize("text", ["a: [b", "- a", "", "contexts: [{context: {cluster: a}}]"])
def test_kubeconfig_that_is_none_is_refused(text: str, demo: Layout, kubeconfig: Kubeconfig) -> None:
    kubeconfig.file.write_text(text, encoding="utf-8")
    with pytest.raises(UsageError, match="config is no kubeconfig"):
        way_to(demo)


def test_account_is_asked_by_the_profile_of_the_context(demo: Layout, kubeconfig: Kubeconfig) -> None:
    kubeconfig.write(ARN, profile="prod")
    way = way_to(demo)
    assert isinstance(way, ByKubeconfig)
    assert way.profile == "prod"


def test_program_that_is_not_there_is_named(demo: Layout, kubeconfig: Kubeconfig) -> None:
    kubeconfig.write(ARN)
    kubeconfig.program.unlink()
    with pytest.raises(
        UnaskedError, match=f"{ARN} gives no credentials: .*No such file.*{kubeconfig.program}"
    ):
        Cluster(way_to(demo)).nodes()


def test_what_a_program_that_fails_says_is_told_and_nothing_else_printed(
    demo: Layout, api: Api, kubeconfig: Kubeconfig, capfd: pytest.CaptureFixture[str]
) -> None:
    kubeconfig.write(ARN)
    kubeconfig.program.write_text(
        "#!/bin/sh\necho 'The SSO session has expired' >&2\nexit 255\n", encoding="utf-8"
    )
    with pytest.raises(
        UnaskedError, match=r"gives no credentials: .*The SSO session has expired\. It runs a program"
    ):
        Cluster(way_to(demo)).nodes()
    assert api.asked == [], "nobody is asked without credentials"
    assert capfd.readouterr() == ("", "")


def test_token_that_the_cluster_does_not_take_names_the_context(
    demo: Layout, api: Api, kubeconfig: Kubeconfig
) -> None:
    kubeconfig.write(ARN)
    api.takes = lambda _: False
    with pytest.raises(UnaskedError, match=f"context {ARN} .*401.*cluster.access_entries"):
        Cluster(way_to(demo)).version()


@pytest.mark.parametrize("profile", [None, "prod"])
def test_token_is_made_where_no_context_leads_there_or_a_profile_is_named(
    profile: str | None, demo: Layout, kubeconfig: Kubeconfig
) -> None:
    kubeconfig.write(*([OTHER] if profile is None else [ARN]), current=OTHER)
    assert isinstance(way_to(demo, profile=profile), ByToken)


def test_token_is_made_where_there_is_no_kubeconfig(demo: Layout, kubeconfig: Kubeconfig) -> None:
    assert not kubeconfig.file.exists()
    assert isinstance(way_to(demo), ByToken)


# The token.


@pytest.mark.usefixtures("aws", "fast_clients")
def test_token_is_a_url_that_sts_would_answer_with_the_caller() -> None:
    text = token(Account("us-west-2"), "demo")
    assert token_is_signed(text)
    url = base64.urlsafe_b64decode(text.removeprefix("k8s-aws-v1.") + "==").decode()
    query = dict(parse_qsl(urlsplit(url).query))
    assert query["Action"] == "GetCallerIdentity"
    assert query["X-Amz-Expires"] == "60"
    assert query["X-Amz-SignedHeaders"] == "host;x-k8s-aws-id"
    # As the one does it who gets the URL: EKS, with the name of its own cluster.
    assert query["X-Amz-Signature"] == _signature(url, "demo")
    assert query["X-Amz-Signature"] != _signature(url, "other")


def _signature(url: str, cluster: str) -> str:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html."""
    parts = urlsplit(url)
    query = dict(parse_qsl(parts.query))
    asked = {key: one for key, one in query.items() if key != "X-Amz-Signature"}
    lines = ["GET", "/", urlencode(sorted(asked.items()), quote_via=quote, safe="-_.~")]
    lines += [f"host:{parts.netloc}", f"x-k8s-aws-id:{cluster}", "", query["X-Amz-SignedHeaders"]]
    lines += [hashlib.sha256(b"").hexdigest()]
    scope = query["X-Amz-Credential"].partition("/")[2]
    hashed = hashlib.sha256("\n".join(lines).encode()).hexdigest()
    key = b"AWS4test"  # the secret key of AccountServer.environment
    for part in (*scope.split("/"), "\n".join(["AWS4-HMAC-SHA256", query["X-Amz-Date"], scope, hashed])):
        key = hmac.new(key, part.encode(), "sha256").digest()
    return key.hex()


@pytest.mark.usefixtures("aws", "fast_clients")
def test_calls_beside_the_token_do_not_carry_the_name_of_the_cluster(aws: AccountServer) -> None:
    account = Account("us-west-2")
    sent: list[Any] = []
    client = account.client("sts")
    client.meta.events.register(
        "before-send.sts.*", lambda request, **_: sent.append(request), unique_id="sent"
    )
    token(account, "demo")
    assert account.ask("sts", "get_caller_identity")["Account"]
    client.meta.events.unregister("before-send.sts.*", unique_id="sent")
    assert [{"x-k8s-aws-id", "X-K8s-Aws-Id"} & {*one.headers} for one in sent] == [set()]
    assert [str(call) for call in aws.calls] == ["sts:GetCallerIdentity"]


@cache
def _certificate() -> tuple[bytes, bytes]:
    """A certificate of 127.0.0.1 that it signed itself, and its key."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "kubernetes")])
    now = datetime.now(tz=timezone.utc)
    address = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([address]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return made.public_bytes(serialization.Encoding.PEM), private


@pytest.fixture
def secure(demo: Layout, tmp_path: Path) -> Iterator[Api]:
    """The cluster behind TLS, as a real one."""
    certificate, key = _certificate()
    file = tmp_path / "server.pem"
    file.write_bytes(certificate + key)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    with serving(Api(right(demo), takes=token_is_signed), context) as served:
        yield served


@pytest.mark.usefixtures("fast_clients")
def test_cluster_is_reached_by_its_endpoint_authority_and_a_token(
    demo: Layout, secure: Api, aws: AccountServer
) -> None:
    deployed(aws, demo, secure, _certificate()[0])
    cluster = Cluster(ByToken("demo", "us-west-2"))
    assert len(cluster.nodes()) == len(secure.world.nodes) > 0
    assert {str(call) for call in aws.calls} == {"eks:DescribeCluster", "sts:GetCallerIdentity"}


@pytest.mark.usefixtures("fast_clients")
def test_server_with_another_certificate_is_not_given_the_token(
    demo: Layout, secure: Api, aws: AccountServer
) -> None:
    _certificate.cache_clear()
    deployed(aws, demo, secure, _certificate()[0])
    with pytest.raises(UnreachedError, match="certificate verify failed"):
        Cluster(ByToken("demo", "us-west-2")).nodes()
    assert secure.asked == []


@pytest.mark.usefixtures("fast_clients")
def test_identity_that_the_cluster_does_not_know_is_named(demo: Layout, api: Api, aws: AccountServer) -> None:
    deployed(aws, demo, api)
    api.takes = lambda _: False
    identity: Any = boto3.client("sts", region_name="us-west-2", endpoint_url=aws.url).get_caller_identity()
    with pytest.raises(UnaskedError, match="401") as caught:
        Cluster(ByToken("demo", "us-west-2")).version()
    assert f"does not know {identity['Arn']} " in caught.value.reason
    assert "`cluster.access_entries`" in caught.value.reason


@pytest.mark.usefixtures("fast_clients")
def test_cluster_that_does_not_exist_is_named_with_the_account(
    demo: Layout, api: Api, aws: AccountServer
) -> None:
    deployed(aws, demo, api)
    with pytest.raises(
        UnaskedError, match=r"the account \d{12} has no EKS cluster nobody in us-west-2: deploy the layout"
    ):
        Cluster(ByToken("nobody", "us-west-2")).version()


@pytest.mark.usefixtures("fast_clients")
def test_cluster_that_is_being_made_may_be_there_later(demo: Layout, api: Api, aws: AccountServer) -> None:
    aws.answer("eks:DescribeCluster", lambda _: {"cluster": {"name": "demo", "status": "CREATING"}})
    with pytest.raises(UnreachedError, match="has no endpoint yet: EKS says that it is CREATING"):
        Cluster(ByToken("demo", "us-west-2")).version()
    deployed(aws, demo, api)
    api.takes = token_is_signed
    assert Cluster(ByToken("demo", "us-west-2")).version()


@pytest.mark.usefixtures("fast_clients")
def test_permission_that_is_missing_is_named(aws: AccountServer) -> None:
    aws.deny("eks:DescribeCluster")
    with pytest.raises(UnaskedError) as caught:
        Cluster(ByToken("demo", "us-west-2")).version()
    assert caught.value.action == "eks:DescribeCluster"


@pytest.mark.usefixtures("fast_clients")
def test_credentials_that_have_ended_are_told(aws: AccountServer) -> None:
    aws.expire()
    with pytest.raises(UnaskedError, match="log in again"):
        Cluster(ByToken("demo", "us-west-2")).version()


def test_no_credentials_are_told(aws: AccountServer, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name)
    with pytest.raises(UnaskedError, match="no AWS credentials"):
        Cluster(ByToken("demo", "us-west-2")).version()
    assert aws.calls == []
