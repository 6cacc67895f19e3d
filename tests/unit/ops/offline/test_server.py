"""Stand-ins as servers: asked over gRPC, as Terraform does."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import grpc
import pytest

from ops.offline.account import Account
from ops.offline.protocol import MESSAGES, SERVICE, Message, message
from ops.offline.provider import Fault
from ops.offline.schema import SchemaError
from ops.offline.server import StandIns, UnknownProviderError
from ops.offline.values import decode, empty, encode

DOCUMENT = {
    "provider": {"aws": [{"region": "us-west-2"}]},
    "resource": {"aws_vpc": {"x": {}}, "terraform_data": {"x": {}}},
    "data": {"aws_availability_zones": {"x": {}}},
}


@pytest.fixture
def stand_ins() -> Iterator[StandIns]:
    with StandIns(Account()) as running:
        yield running


def entries(stand_ins: StandIns) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(stand_ins.environment["TF_REATTACH_PROVIDERS"])
    return found


def call(entry: dict[str, Any], method: str, **fields: object) -> Message:
    address = entry["Addr"]["String"]
    target = f"unix://{address}" if entry["Addr"]["Network"] == "unix" else address
    # As much as Terraform takes: https://github.com/hashicorp/terraform/blob/v1.11.4/internal/plugin6/grpc_provider.go
    with grpc.insecure_channel(target, options=[("grpc.max_receive_message_length", 64 << 20)]) as channel:
        function: Callable[..., Message] = channel.unary_unary(
            f"/{SERVICE}/{method}",
            request_serializer=lambda request: request.SerializeToString(),
            response_deserializer=MESSAGES[f"{method}Response"].FromString,
        )
        return function(message(f"{method}Request", **fields), timeout=20)


def test_terraform_is_told_where_each_provider_is(stand_ins: StandIns) -> None:
    assert entries(stand_ins) == {}
    stand_ins.serve(DOCUMENT)
    ((name, entry),) = entries(stand_ins).items()
    assert name == "hashicorp/aws"
    assert (entry["Protocol"], entry["ProtocolVersion"], entry["Test"]) == ("grpc", 6, True)
    stand_ins.serve({"resource": {"helm_release": {}}, "provider": {"kubernetes": [{}]}})
    assert sorted(entries(stand_ins)) == ["hashicorp/aws", "hashicorp/helm", "hashicorp/kubernetes"]


def test_a_provider_answers_over_the_wire(stand_ins: StandIns) -> None:
    stand_ins.serve(DOCUMENT)
    entry = entries(stand_ins)["hashicorp/aws"]
    schema = call(entry, "GetProviderSchema")
    assert [one.key for one in schema.resource_schemas] == ["aws_vpc"]
    body = stand_ins.body("data", "aws_availability_zones")
    assert body is not None
    config = message("DynamicValue", msgpack=encode(empty(body)))
    found = call(entry, "ReadDataSource", type_name="aws_availability_zones", config=config)
    assert decode(found.state.msgpack)["names"][0] == "us-west-2a"


def test_a_message_may_be_larger_than_grpc_allows_by_itself(stand_ins: StandIns) -> None:
    stand_ins.serve(DOCUMENT)
    raw = json.dumps({"tags": {"large": "x" * 5_000_000}}).encode()
    entry = entries(stand_ins)["hashicorp/aws"]
    state = message("RawState", json=raw)
    response = call(entry, "UpgradeResourceState", type_name="aws_vpc", raw_state=state)
    assert len(decode(response.upgraded_state.msgpack)["tags"]["large"]) == 5_000_000


def test_a_defect_comes_back_as_a_diagnostic_and_is_kept(
    stand_ins: StandIns, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_arguments: object) -> None:
        raise ZeroDivisionError("broken on purpose")

    stand_ins.serve(DOCUMENT)
    monkeypatch.setattr(stand_ins.account, "read", broken)
    body = stand_ins.body("data", "aws_availability_zones")
    assert body is not None
    config = message("DynamicValue", msgpack=encode(empty(body)))
    entry = entries(stand_ins)["hashicorp/aws"]
    for _ in range(2):  # it goes on answering
        found = call(entry, "ReadDataSource", type_name="aws_availability_zones", config=config)
        assert "broken on purpose" in found.diagnostics[0].detail
    assert len(stand_ins.defects) == 2


def test_many_can_ask_at_the_same_time(stand_ins: StandIns) -> None:
    stand_ins.serve(DOCUMENT)
    entry = entries(stand_ins)["hashicorp/aws"]
    with ThreadPoolExecutor(max_workers=20) as pool:
        found = list(pool.map(lambda _: call(entry, "GetProviderSchema"), range(40)))
    assert len({one.SerializeToString() for one in found}) == 1


def test_types_of_a_second_stack_are_served_beside_those_of_the_first(stand_ins: StandIns) -> None:
    stand_ins.serve(DOCUMENT)
    before = entries(stand_ins)
    stand_ins.serve({"resource": {"aws_kms_key": {}}})
    assert entries(stand_ins) == before
    schema = call(before["hashicorp/aws"], "GetProviderSchema")
    assert {one.key for one in schema.resource_schemas} == {"aws_kms_key", "aws_vpc"}


def test_a_provider_without_a_stand_in_is_refused_with_the_remedy(stand_ins: StandIns) -> None:
    with pytest.raises(
        UnknownProviderError, match=r"'random'.*aws, helm, kubernetes.*cdktf-cdktf-provider-random.*--real"
    ):
        stand_ins.serve({"resource": {"random_id": {}}})
    with pytest.raises(UnknownProviderError, match="'tls'"):
        stand_ins.serve({"provider": {"tls": [{}]}})


def test_a_type_that_there_is_not_is_refused(stand_ins: StandIns) -> None:
    with pytest.raises(SchemaError, match="aws_vpcs"):
        stand_ins.serve({"resource": {"aws_vpcs": {}}})


def test_a_schema_is_found_by_its_type(stand_ins: StandIns) -> None:
    assert stand_ins.body("resource", "aws_vpc") is None
    stand_ins.serve(DOCUMENT)
    for kind, type_name, member in (
        ("resource", "aws_vpc", "cidr_block"),
        ("data", "aws_availability_zones", "names"),
        ("provider", "aws", "region"),
    ):
        body = stand_ins.body(kind, type_name)
        assert body is not None
        assert member in body.attributes
    assert stand_ins.body("resource", "aws_kms_key") is None
    assert stand_ins.body("provider", "helm") is None


def test_all_share_the_account_and_the_faults(stand_ins: StandIns) -> None:
    stand_ins.serve(DOCUMENT)
    fault = Fault("no")
    stand_ins.faults = lambda _operation: fault
    for name in ("aws", "helm"):  # one that runs, and one that starts later
        provider = stand_ins.provider(name)
        assert provider.faults is stand_ins.faults
        assert provider.account is stand_ins.account
    assert stand_ins.provider("aws") is stand_ins.provider("aws")


def test_nothing_is_left_when_the_context_ends() -> None:
    with StandIns(Account()) as running:
        running.serve(DOCUMENT)
        entry = entries(running)["hashicorp/aws"]
        folder = Path(entry["Addr"]["String"]).parent
        assert folder.is_dir()
    assert not folder.exists()
    with pytest.raises(grpc.RpcError):
        call(entry, "StopProvider")


def test_a_folder_too_deep_for_a_socket_is_no_obstacle(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    deep = tmp_path / ("d" * 90)
    deep.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(deep))
    with StandIns(Account()) as running:
        running.serve(DOCUMENT)
        entry = entries(running)["hashicorp/aws"]
        assert call(entry, "GetProviderSchema").resource_schemas
