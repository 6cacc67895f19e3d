"""Logs of nccl-tests are read whichever version, launcher and kubectl they went through."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from modules import catalog
from ops.nccl_test.causes import causes
from ops.nccl_test.log import LogError, Provider, parse
from ops.nccl_test.report import report_json
from ops.nccl_test.verdict import Setting, judge

LOGS = Path(__file__).parent / "logs"
HEADER = "#       size         count      type   redop    root     time   algbw   busbw #wrong     time   algbw   busbw #wrong"
GIB = "  1073741824     268435456     float     sum      -1   4607.6  233.04  436.95      0   4565.6  235.18  440.96      0"
END = "# Out of bounds values : 0 OK\n# Avg bus bandwidth    : 131.66"


def text(name: str) -> str:
    return (LOGS / f"{name}.log").read_text(encoding="utf-8")


def test_a_log_of_the_job_says_all_of_itself() -> None:
    log = parse(text("p5"))
    assert log.test == "all_reduce_perf"
    assert log.marks == {
        "test": "all_reduce_perf",
        "instance_type": "p5.48xlarge",
        "group": "p5",
        "nodes": "2",
        "gpus": "8",
        "efa": "32",
    }
    assert log.hosts == {"nccl-test-p5-node-0-0": 8, "nccl-test-p5-node-0-1": 8}
    assert {rank.gpu for rank in log.ranks} == {"NVIDIA H100 80GB HBM3"}
    assert log.providers == {Provider("efa", "efa-direct", 32)}
    assert (log.networks, log.plugin, log.nccl, log.rdma) == (
        frozenset({"Libfabric"}),
        "1.21.1",
        "2.31.2+cuda13.1",
        True,
    )
    assert (log.wrong, log.out_of_bounds, log.failures) == (0, 0, ())
    assert [row.size for row in log.rows] == [2**power for power in range(3, 35)]
    last = log.rows[-1]
    assert (last.count, last.type, last.redop) == (2**32, "float", "sum")
    assert last.out_of_place is not None
    assert (last.out_of_place.time, last.out_of_place.algbw, last.out_of_place.busbw) == (
        66862,
        256.95,
        481.77,
    )
    assert (last.in_place.time, last.in_place.busbw, last.busbw) == (67111.2, 479.98, 481.77)
    assert log.average_busbw == pytest.approx(
        sum(row.in_place.busbw + row.out_of_place.busbw for row in log.rows if row.out_of_place) / 64,
        rel=1e-3,
    )


@pytest.mark.parametrize(
    "prefix",
    [
        "",
        "[1,0]<stdout>:",
        "[1,0]<stdout>: ",
        "[nccl-test-p5-launcher-0-0:1,0]<stdout>:",
        "Sun Nov 22 10:00:00 2026[1,0]<stdout>:",
        "2026-11-22T10:00:00.123456789Z ",
        "2026-11-22T10:00:00.123456789Z [1,0]<stdout>:",
        "[pod/nccl-test-p5-launcher-0-0-abcde/node] ",
        "[pod/nccl-test-p5-launcher-0-0-abcde/node] 2026-11-22T10:00:00Z [1,0]<stdout>:",
        "0: ",
        "\x1b[32m0: \x1b[0m",
    ],
)
def test_what_stands_in_front_of_the_lines_changes_nothing(prefix: str) -> None:
    bare = text("p4de-wrong")
    prefixed = "".join(f"{prefix}{line}\r\n" for line in bare.splitlines())
    assert parse(prefixed) == parse(bare)


def test_a_row_that_another_process_cuts_in_two_is_put_together() -> None:
    log = parse(text("p4d-one-card"))
    assert [row.size for row in log.rows] == [2**power for power in range(3, 33)]
    assert (log.rows[0].redop, log.rows[0].in_place.time) == ("sum", 162.23)
    assert log.networks == {"Libfabric"}, "what the other process said is not lost either"


def test_the_format_before_version_2_12_has_no_root_and_counts_no_wrong_values() -> None:
    log = parse(text("p4d-old-format"))
    assert [row.size for row in log.rows] == [2**power for power in range(20, 32)]
    assert (log.rows[-1].in_place.busbw, log.rows[-1].wrong, log.wrong) == (53.68, None, None)
    assert log.platform == "p4d.24xlarge"
    assert log.hosts == {"ip-10-1-14-80": 8, "ip-10-1-14-81": 8}
    assert log.providers == {Provider("efa", None, 4)}


def test_values_that_nobody_checked_are_not_called_right() -> None:
    row = GIB.replace("      0 ", "    N/A ").removesuffix("      0") + "    N/A"
    assert parse(f"{HEADER}\n{row}\n{END}").wrong is None


def test_columns_that_a_new_version_adds_at_the_end_are_left_alone() -> None:
    [row] = parse(f"{HEADER}  timestamp\n{GIB}  2026-11-22\n{END}").rows
    assert (row.in_place.busbw, row.in_place.wrong) == (440.96, 0)


def test_columns_that_a_new_version_adds_in_between_do_not_shift_the_others() -> None:
    statistics = "  min  max  p99  cv"
    out, inside = GIB[:78], GIB[78:]
    header = HEADER.replace("#wrong     time", f"#wrong{statistics}     time") + statistics
    [row] = parse(f"{header}\n{out}  1.0  2.0  1.9  0.3{inside}  1.0  2.0  1.9  0.3\n{END}").rows
    assert row.out_of_place is not None
    assert (row.out_of_place.busbw, row.in_place.time, row.in_place.busbw) == (436.95, 4565.6, 440.96)


def test_a_table_without_its_header_is_read_by_its_number_of_columns() -> None:
    [row] = parse(f"{GIB}\n{END}").rows
    assert (row.size, row.in_place.algbw) == (2**30, 235.18)


def test_other_collectives_have_the_same_table() -> None:
    row = "  1073741824      16777216     float    none      -1   4607.6  233.04  218.47      0   4565.6  235.18  220.48      0"
    log = parse(f"# Collective test starting: all_gather_perf\n{HEADER}\n{row}\n{END}")
    assert (log.test, log.rows[0].redop, log.rows[0].in_place.busbw) == ("all_gather_perf", "none", 220.48)


def test_times_in_scientific_notation_are_read() -> None:
    row = GIB.replace("4607.6", "1.2e+07")
    [found] = parse(f"{HEADER}\n{row}\n{END}").rows
    assert found.out_of_place is not None
    assert found.out_of_place.time == 1.2e7


@pytest.mark.parametrize("content", ["", "\n\n  \n", "\x1b[0m\n"])
def test_an_empty_log_is_refused(content: str) -> None:
    with pytest.raises(LogError, match="is empty"):
        parse(content)


@pytest.mark.parametrize(
    "content",
    ["hello\nworld\n", '{"apiVersion": "v1"}', "1 2 three 4\n5 6\n", "\x00\x01\x02", "# size\n# count\n"],
)
def test_what_is_no_log_of_nccl_tests_is_refused(content: str) -> None:
    with pytest.raises(LogError, match="nothing of nccl-tests"):
        parse(content)


@pytest.mark.parametrize("part", [0.1, 0.5, 0.9])
def test_a_log_that_ends_too_early_is_refused(part: float) -> None:
    lines = text("p5").splitlines()
    with pytest.raises(LogError, match="the log ends"):
        parse("\n".join(lines[: max(20, int(len(lines) * part))]))


def test_a_log_cut_in_the_middle_of_a_row_does_not_count_the_row() -> None:
    log = parse(f"{HEADER}\n{GIB}\n{GIB[:90]}\n{END}")
    assert len(log.rows) == 1


def test_two_tests_in_one_log_are_refused() -> None:
    with pytest.raises(LogError, match="more than one test"):
        parse(text("p5") * 2)


def test_a_log_that_ends_with_an_error_is_no_cut_one() -> None:
    log = parse(text("p5-security-group"))
    assert not log.finished
    assert "Unreachable remote" in log.failures[0]


def test_whatever_happens_to_a_log_it_is_judged_or_refused() -> None:
    p5 = catalog.find("p5.48xlarge")
    assert p5 is not None
    chosen = random.Random(5)
    judged = 0
    pieces = [
        "nan",
        "inf",
        "1e999",
        "-1",
        "",
        "N/A",
        "9" * 5000,
        "²",
        "\t",
        "1.2.3",
        "# nccl-test a=b",
        "[1,0]<stdout>:",
        "\x00",
    ]
    for name in ("p5", "p4d-one-card", "p4d-old-format", "p5-security-group"):
        lines = text(name).splitlines()
        for _ in range(30):
            changed = list(lines)
            for _ in range(chosen.randint(1, 12)):
                at = chosen.randrange(len(changed))
                words = changed[at].split(" ")
                words[chosen.randrange(len(words))] = chosen.choice(pieces)
                changed[at] = " ".join(words)
                if chosen.random() < 0.2:
                    del changed[chosen.randrange(len(changed))]
            try:
                measured = judge(parse("\n".join(changed)), Setting(p5, 2, 32))
            except LogError:
                continue
            judged += 1
            causes(measured)
            assert "NaN" not in report_json(measured)
            assert "Infinity" not in report_json(measured)
    assert judged > 50


def test_a_test_that_measured_nothing_has_ended_all_the_same() -> None:
    assert parse(f"{HEADER}\n# Out of bounds values : 0 OK\n# Avg bus bandwidth    : -nan\n# Rank").finished
