"""The worker of the preset training-workers, as many as the preset has, on this machine."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

from modules.layout import load
from modules.workloads.kinds import Job, manifests
from modules.workloads.pod import Names
from tests.checkout import ROOT


def _pod() -> dict[str, Any]:
    """The pod of the preset's workers, with the script that goes along."""
    layout = load("training-workers").layout
    [(name, job)] = layout.workloads.training.items()
    found = manifests(Job(name, job, layout.node_groups[job.node_group], Names({}, {})))
    [script] = [one for one in found if one["kind"] == "ConfigMap"]
    spec: dict[str, Any] = found[-1]["spec"]["template"]["spec"]
    return {"script": script["data"], "main": spec["containers"][0], "count": found[-1]["spec"]["replicas"]}


def _free_ports(count: int) -> list[int]:
    sockets = [socket.socket() for _ in range(count)]
    for one in sockets:
        one.bind(("localhost", 0))
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


def test_the_workers_of_the_preset_find_each_other(tmp_path: Path) -> None:
    pod = _pod()
    given = {one["name"]: one.get("value") for one in pod["main"]["env"]}
    names = given["WORKER_HOSTS"].split(",")
    assert len(names) == pod["count"] == 3
    assert [name.rpartition(":")[2] for name in names] == [given["WORKER_PORT"]] * 3
    [(name, text)] = pod["script"].items()
    assert text == (ROOT / "examples" / name).read_text(encoding="utf-8")
    assert pod["main"]["command"] == ["python", f"/etc/job/{name}"]
    # Here all of them have one address, so the names become ports.
    ports = _free_ports(len(names))
    hosts = ",".join(f"localhost:{port}" for port in ports)
    file = tmp_path / name
    file.write_text(text, encoding="utf-8")
    workers = [
        subprocess.Popen(
            [sys.executable, str(file), "--once"],
            env={
                **os.environ,
                "WORKER_HOSTS": hosts,
                "WORKER_PORT": str(port),
                "PET_NODE_RANK": str(rank),
            },
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        for rank, port in enumerate(ports)
    ]
    for rank, worker in enumerate(workers):
        output, _ = worker.communicate(timeout=60)
        assert worker.returncode == 0, output
        for peer, port in enumerate(ports):
            assert f"worker {rank}: worker {peer} answers at localhost:{port}\n" in output
        assert f"worker {rank}: all 3 workers are there\n" in output
