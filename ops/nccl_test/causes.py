"""The likely causes of a bad result, each from what stands in the log. docs/nccl-test.md lists them by their ids."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from modules import catalog

from .verdict import Measured

# A small message takes 50 to 170 microseconds between two nodes of one zone
# (https://github.com/awslabs/awsome-distributed-ai/blob/main/micro-benchmarks/nccl-tests/README.md), and each doubling of
# the nodes adds a step. A way to another zone and back alone takes about as long as this.
_SMALL = 1024  # bytes
_SLOW_SMALL = 1000.0  # microseconds
# Cards that were not used take their share of the bandwidth with them; half as much again is still explained by it.
_ABOUT = 1.5
_LONGEST_LINE = 160


@dataclass(frozen=True, slots=True)
class Cause:
    """Why a result may be bad: what the log shows, and what to do."""

    id: str
    title: str
    evidence: str
    remedy: str


def causes(measured: Measured) -> tuple[Cause, ...]:
    """What explains the result, the most certain first; empty where there is nothing to explain."""
    if measured.passed:
        return ()
    found = tuple(cause for check in _CHECKS for cause in check(measured))
    if found or measured.status == "incomplete":
        return found
    return (_unknown(measured),)


def _corrupted(measured: Measured) -> Iterable[Cause]:
    wrong = measured.log.wrong
    if wrong:
        sizes = [row for row in measured.log.rows if row.wrong]
        where = f", first at {sizes[0].size} bytes" if sizes else ""
        yield Cause(
            "data-corrupted",
            "data arrive changed",
            f"{wrong} values came out wrong{where}",
            "Trust no result of these nodes. Run the test on pairs of nodes to find the one that does it, replace it, and "
            "look for Xid errors in its kernel log.",
        )


# What a line of the log means, by what stands in it: id, title, form, remedy.
_LINES: tuple[tuple[str, str, re.Pattern[str], str], ...] = (
    (
        "security-group",
        "the security group stops EFA",
        re.compile(r"Unreachable remote|never received a response"),
        "The nodes' EFA security group has to allow all traffic from itself and to itself: a rule for addresses does not "
        "cover EFA. And the nodes have to be in one subnet.",
    ),
    (
        "uneven-cards",
        "the pods have different network cards",
        re.compile(r"Unexpected number of remote rails"),
        "Every pod has to ask for all EFA devices of its node. With fewer, each gets others.",
    ),
    (
        "old-driver",
        "the driver is older than the image's CUDA",
        re.compile(r"CUDA driver version is insufficient|forward compatibility was attempted"),
        "Take a newer AMI, or with --image one of the same repository with an older CUDA: CUDA 13 needs driver 580.",
    ),
    (
        "no-kernel",
        "the image has no code for this GPU",
        re.compile(r"no kernel image is available"),
        "Give with --image one that was built for the GPU's compute capability.",
    ),
    (
        "locked-memory",
        "the pod may not lock its memory, or has no huge pages",
        re.compile(r"RLIMIT_MEMLOCK|memlock|ibv_reg_mr|[Cc]annot allocate memory"),
        "The container needs the capability IPC_LOCK and, with EFA, hugepages-2Mi.",
    ),
    (
        "no-workers",
        "mpirun cannot start processes on the workers",
        re.compile(
            r"ORTE was unable|unable to launch|Could not resolve hostname|Permission denied \(|Connection refused"
        ),
        "Are all worker pods running? `kubectl describe pod` says what one waits for. With --image: it needs sshd.",
    ),
)


def _lines(measured: Measured) -> Iterable[Cause]:
    for id, title, form, remedy in _LINES:
        line = next((line for line in measured.log.failures if form.search(line)), None)
        if line is not None:
            yield Cause(id, title, _short(line), remedy)


def _fewer(measured: Measured) -> Iterable[Cause]:
    setting, hosts = measured.setting, measured.log.hosts
    if measured.best is not None and measured.nodes < 2:
        yield Cause(
            "one-node",
            "one node only",
            "all ranks are on one host: nothing went over the network",
            "Run it on two nodes or more, with one pod on each.",
        )
    elif setting.nodes is not None and hosts and len(hosts) < setting.nodes:
        yield Cause(
            "nodes-missing",
            "fewer nodes than asked for",
            f"the ranks are on {len(hosts)} hosts, and {setting.nodes} were asked for",
            "Look at -np and the host file of mpirun, and whether all worker pods were running.",
        )
    gpus = setting.instance_type.gpus
    few = {host: count for host, count in hosts.items() if count < gpus}
    if few:
        host, count = next(iter(few.items()))
        yield Cause(
            "gpus-missing",
            "fewer GPUs than the nodes have",
            f"{count} ranks on {host}, and a {setting.instance_type.name} has {gpus} GPUs",
            "Each GPU reaches its own network cards: without all of them some cards idle. Start one rank for each.",
        )


def _network(measured: Measured) -> Iterable[Cause]:
    """No EFA at all: TCP, or libfabric over something else."""
    log, name = measured.log, measured.setting.instance_type.name
    if not measured.setting.instance_type.supports_efa:
        return
    other = sorted({one.name for one in log.providers if not one.name.startswith("efa")})
    if other:
        yield Cause(
            "wrong-provider",
            "libfabric uses another provider than EFA",
            f"selected provider: {', '.join(other)}",
            "Set FI_PROVIDER=efa, and have each pod ask for vpc.amazonaws.com/efa: without the devices, EFA is not there "
            "to be selected.",
        )
    elif "Socket" in log.networks:
        if measured.setting.efa == 0:
            yield Cause(
                "efa-off",
                "the node group has no EFA",
                f"NCCL uses network Socket, which is TCP; {name} could have "
                f"{_count(measured.setting.instance_type.efa_interfaces, 'EFA interface')}",
                "Set `efa: true` in the layout's node group, which replaces its nodes.",
            )
        elif log.plugin is None:
            said = "; NCCL found no libnccl-net.so" if log.no_plugin else ""
            yield Cause(
                "no-plugin",
                "the image has no aws-ofi-nccl, or NCCL does not find it",
                f"NCCL uses network Socket, which is TCP; no line of NET/OFI{said}",
                "Use an image with aws-ofi-nccl in LD_LIBRARY_PATH (the default one has it), and NCCL_NET_PLUGIN=ofi.",
            )
        else:
            yield Cause(
                "no-devices",
                "aws-ofi-nccl is there, but finds no EFA",
                f"aws-ofi-nccl {log.plugin} started, and NCCL uses network Socket, which is TCP",
                "Do the pods ask for vpc.amazonaws.com/efa, and does the EFA device plugin run on the nodes? "
                "`kubectl get nodes -o yaml` shows how many they offer. With `efa_driver: dra`, pods claim them: "
                "`kubectl get resourceclaims,resourceslices` shows both.",
            )


def _cards(measured: Measured) -> Iterable[Cause]:
    log, expected = measured.log, measured.setting.instance_type.efa_interfaces
    seen = min((one.nics for one in log.providers if one.name.startswith("efa")), default=None)
    if seen is None or seen >= expected or measured.best is None or measured.bar is None:
        return
    # Old versions of the plugin count the cards of one GPU as one: the bandwidth has to tell the same.
    if measured.best.busbw <= _ABOUT * measured.bar.reference * seen / expected:
        yield Cause(
            "few-cards",
            "one network card only" if seen == 1 else "some network cards only",
            f"found {_count(seen, 'network card')}, and a {measured.setting.instance_type.name} has {expected}; "
            f"{measured.best.busbw:.1f} GB/s are about {seen}/{expected} of what it reaches",
            f"Each pod has to ask for vpc.amazonaws.com/efa: {expected}, and the launch template to have an EFA interface "
            "on each card.",
        )


def _rdma(measured: Measured) -> Iterable[Cause]:
    efa = any(one.name.startswith("efa") for one in measured.log.providers)
    if efa and measured.log.rdma is False and catalog.efa_rdma(measured.setting.instance_type):
        yield Cause(
            "no-rdma",
            "EFA goes through the host's memory",
            "NCCL says: GPU Direct RDMA Disabled",
            "Set FI_EFA_USE_DEVICE_RDMA=1 with libfabric before 1.18, and look at the EFA driver's version on the nodes.",
        )


def _latency(measured: Measured) -> Iterable[Cause]:
    small = sorted(row.time for row in measured.log.rows if 0 < row.size <= _SMALL)
    if not small or measured.nodes < 2:
        return
    median = small[len(small) // 2]
    if median > _SLOW_SMALL * max(1.0, math.log2(measured.nodes)):
        yield Cause(
            "far-apart",
            "the nodes are far from each other",
            f"a message of 1 KiB or less takes {median:.0f} microseconds",
            "Are all nodes in one zone? `kubectl get nodes -L topology.kubernetes.io/zone` says so. A node group over "
            "several zones needs `availability_zone` in the layout.",
        )


_CHECKS: tuple[Callable[[Measured], Iterable[Cause]], ...] = (
    _corrupted,
    _lines,
    _fewer,
    _network,
    _cards,
    _rdma,
    _latency,
)


def _unknown(measured: Measured) -> Cause:
    if measured.status == "failed":
        last = measured.log.failures[-1] if measured.log.failures else "the table ends early"
        return Cause(
            "broke-off",
            "the test broke off",
            _short(last),
            "The lines of the log before this one say more, those of the worker pods too.",
        )
    return Cause(
        "unexplained",
        "nothing in the log explains it",
        "the network is the right one, as far as the log tells",
        "Do other pods use these nodes? Run the test on pairs of nodes: one slow node slows all. NCCL_DEBUG=INFO in the "
        "environment, if it was not, says more.",
    )


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


def _short(line: str) -> str:
    """The line without who said it, and not all of a long one."""
    said = line.rpartition("NCCL WARN ")[2].strip()
    return said if len(said) <= _LONGEST_LINE else f"{said[: _LONGEST_LINE - 3]}..."
