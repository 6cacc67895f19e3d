"""The verdict on a log, and the causes that it names."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from modules import catalog
from ops.nccl_test.causes import causes
from ops.nccl_test.log import Log, LogError, Provider, Result, Row, parse
from ops.nccl_test.report import report_json
from ops.nccl_test.verdict import Measured, Setting, judge, size_text

LOGS = Path(__file__).parent / "logs"


def setting(name: str, nodes: int | None = 2, *, efa: int | None = None) -> Setting:
    found = catalog.find(name)
    assert found is not None
    return Setting(found, nodes, found.efa_interfaces if efa is None else efa)


def read(name: str) -> Log:
    return parse((LOGS / f"{name}.log").read_text(encoding="utf-8"))


P5 = read("p5")
TCP = read("p5-tcp")


def judged(log: Log, instance_type: str = "p5.48xlarge", nodes: int | None = 2) -> tuple[Measured, list[str]]:
    measured = judge(log, setting(instance_type, nodes))
    return measured, [cause.id for cause in causes(measured)]


def scaled(log: Log, factor: float) -> Log:
    """The log of a network with so many times the bandwidth, for large messages."""

    def one(result: Result) -> Result:
        return replace(
            result, time=result.time / factor, algbw=result.algbw * factor, busbw=result.busbw * factor
        )

    def row(of: Row) -> Row:
        if of.size < 2**20 or of.out_of_place is None:
            return of
        return replace(of, out_of_place=one(of.out_of_place), in_place=one(of.in_place))

    return replace(log, rows=tuple(row(of) for of in log.rows))


def test_a_good_log_passes_and_has_no_causes() -> None:
    measured, found = judged(P5)
    assert (measured.status, measured.passed, found) == ("passed", True, [])
    assert measured.best is not None
    assert (measured.best.busbw, measured.best.size) == (481.77, 2**34)


@pytest.mark.parametrize("factor, status", [(365.4 / 481.77, "passed"), (365.2 / 481.77, "under")])
def test_the_bar_is_where_it_is(factor: float, status: str) -> None:
    assert judged(scaled(P5, factor))[0].status == status


def test_tcp_for_want_of_the_plugin() -> None:
    measured, found = judged(TCP)
    assert (measured.status, found) == ("under", ["no-plugin"])


def test_tcp_although_the_plugin_is_there() -> None:
    assert judged(replace(TCP, plugin="1.21.1", no_plugin=False))[1] == ["no-devices"]


def test_tcp_because_the_layout_has_it_so() -> None:
    measured = judge(TCP, setting("p5.48xlarge", efa=0))
    assert [cause.id for cause in causes(measured)] == ["efa-off"]


def test_tcp_is_no_good_result_even_where_the_bar_is_low() -> None:
    """A g5.8xlarge may reach its bar over TCP."""
    log = replace(scaled(TCP, 0.3), ranks=TCP.ranks[:1] + TCP.ranks[8:9])
    measured, found = judged(log, "g5.8xlarge")
    assert measured.bar is not None
    assert measured.best is not None
    assert measured.best.busbw > measured.bar.busbw
    assert (measured.status, measured.passed, found) == ("no_efa", False, ["no-plugin"])
    assert judge(log, setting("g5.8xlarge", efa=0)).status == "passed", "where the layout has it so"


def test_a_type_without_efa_is_not_blamed_for_tcp() -> None:
    log = scaled(TCP, 0.01)
    assert judged(log, "g5.xlarge")[1] == ["unexplained"]


@pytest.mark.parametrize("provider", ["tcp", "sockets", "tcp;ofi_rxm", "verbs"])
def test_another_provider_than_efa(provider: str) -> None:
    log = replace(scaled(P5, 0.02), providers=frozenset({Provider(provider, None, 1)}))
    measured, found = judged(log)
    assert (measured.status, found) == ("under", ["wrong-provider"])
    assert provider in causes(measured)[0].evidence


def test_one_card_of_four() -> None:
    measured, found = judged(read("p4d-one-card"), "p4d.24xlarge")
    assert (measured.status, found) == ("under", ["few-cards"])
    assert "found 1 network card, and a p4d.24xlarge has 4" in causes(measured)[0].evidence
    assert "vpc.amazonaws.com/efa: 4" in causes(measured)[0].remedy


def test_fewer_cards_are_no_cause_where_the_bandwidth_is_not_less_by_as_much() -> None:
    """Old plugins count the four cards of a p5's GPU alone."""
    four = frozenset({Provider("efa", "efa", 4)})
    assert judged(replace(scaled(P5, 0.7), providers=four))[1] == ["unexplained"]
    assert judged(replace(scaled(P5, 0.1), providers=four))[1] == ["few-cards"]


def test_fewer_cards_are_no_cause_where_the_result_is_good() -> None:
    assert judged(replace(P5, providers=frozenset({Provider("efa", "efa", 4)})))[1] == []


def test_efa_without_gpudirect() -> None:
    assert judged(replace(scaled(P5, 0.3), rdma=False))[1] == ["no-rdma"]


def test_types_without_gpudirect_are_not_blamed_for_it() -> None:
    log = replace(scaled(P5, 0.001), rdma=False, ranks=())
    assert "no-rdma" not in judged(log, "g5.48xlarge")[1]


def test_wrong_values_are_worse_than_any_bandwidth() -> None:
    measured, found = judged(read("p4de-wrong"), "p4de.24xlarge")
    assert (measured.status, measured.passed, found) == ("wrong", False, ["data-corrupted"])
    assert "first at 268435456 bytes" in causes(measured)[0].evidence


def test_wrong_values_are_found_in_the_last_line_too() -> None:
    assert judged(replace(P5, out_of_bounds=4))[0].status == "wrong"


def test_one_node_measures_no_network() -> None:
    log = replace(P5, ranks=P5.ranks[:8])
    assert judged(log, nodes=None)[1] == ["one-node"]
    measured, found = judged(log)
    assert (measured.status, measured.passed, found) == ("incomplete", False, ["one-node"])


def test_fewer_nodes_than_asked_for() -> None:
    measured, found = judged(P5, nodes=4)
    assert (measured.status, found) == ("incomplete", ["nodes-missing"])


def test_fewer_gpus_than_a_node_has() -> None:
    log = replace(P5, ranks=(*P5.ranks[:4], *P5.ranks[8:12]))
    measured, found = judged(log)
    assert (measured.status, found) == ("incomplete", ["gpus-missing"])
    assert "4 ranks on nccl-test-p5-node-0-0" in causes(measured)[0].evidence


def test_small_messages_that_take_a_millisecond_come_from_afar() -> None:
    def slow(row: Row) -> Row:
        assert row.out_of_place is not None
        late = [replace(result, time=result.time + 1500) for result in (row.out_of_place, row.in_place)]
        return replace(row, out_of_place=late[0], in_place=late[1])

    log = scaled(P5, 0.5)
    assert judged(replace(log, rows=tuple(map(slow, log.rows))))[1] == ["far-apart"]
    assert judged(replace(P5, rows=tuple(map(slow, P5.rows))))[1] == [], (
        "where the bar is reached nothing is asked"
    )


@pytest.mark.parametrize(
    "line, id",
    [
        (
            "NCCL WARN NET/OFI Unexpected number of remote rails for dev 4. Expected 1 but got 2",
            "uneven-cards",
        ),
        (
            "x: Test CUDA failure common.cu:892 'CUDA driver version is insufficient for CUDA runtime version'",
            "old-driver",
        ),
        (
            "x: Test CUDA failure common.cu:1 'no kernel image is available for execution on the device'",
            "no-kernel",
        ),
        ("NCCL WARN NET/OFI Error: ibv_reg_mr failed: Cannot allocate memory", "locked-memory"),
        ("ORTE was unable to reliably start one or more daemons.", "no-workers"),
        ("ssh: Could not resolve hostname nccl-test-p5-node-0-1.nccl-test-p5", "no-workers"),
        ("NCCL WARN something that nobody knows", "broke-off"),
    ],
)
def test_a_test_that_broke_off_says_why(line: str, id: str) -> None:
    log = parse(f"# nccl-test test=all_reduce_perf instance_type=p5.48xlarge nodes=2\n{line}\n")
    measured, found = judged(log)
    assert (measured.status, measured.passed, found) == ("failed", False, [id])


def test_the_security_group() -> None:
    measured, found = judged(read("p5-security-group"))
    assert (measured.status, found) == ("failed", ["security-group"])


def test_a_log_without_large_messages_cannot_be_judged() -> None:
    small = replace(P5, rows=tuple(row for row in P5.rows if row.size < 2**30))
    with pytest.raises(LogError, match=r"largest message is 512 MiB.*-e 4G"):
        judge(small, setting("p5.48xlarge"))


def test_of_a_test_without_a_bar_the_values_count() -> None:
    log = replace(P5, test="alltoall_perf")
    assert judged(log)[0].status == "no_bar"
    assert judged(replace(log, out_of_bounds=1))[0].status == "wrong"


def test_all_gather_has_no_more_than_the_network_even_between_two_nodes() -> None:
    measured, _ = judged(replace(P5, test="all_gather_perf"))
    assert measured.bar is not None
    assert measured.bar.busbw == 300.0


def test_a_log_that_does_not_say_its_test_is_known_by_its_ratio() -> None:
    assert judged(read("p4d-old-format"), "p4d.24xlarge")[0].test == "all_reduce_perf"


def test_the_json_has_all_that_is_printed() -> None:
    document = json.loads(report_json(judge(TCP, setting("p5.48xlarge"))))
    assert (document["status"], document["passed"], document["instance_type"]) == (
        "under",
        False,
        "p5.48xlarge",
    )
    assert document["busbw_gbytes"] < document["bar"]["busbw"] == 365.3
    assert [cause["id"] for cause in document["causes"]] == ["no-plugin"]
    assert len(document["rows"]) == len(TCP.rows)
    assert document["rows"][-1]["in_place"]["busbw"] == TCP.rows[-1].in_place.busbw


@pytest.mark.parametrize(
    "size, text",
    [
        (8, "8 B"),
        (1024, "1 KiB"),
        (2**20, "1 MiB"),
        (2**30, "1 GiB"),
        (3 * 2**29, "1.5 GiB"),
        (2**34, "16 GiB"),
    ],
)
def test_sizes_read_well(size: int, text: str) -> None:
    assert size_text(size) == text
