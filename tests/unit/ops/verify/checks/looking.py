"""A cluster that is right for a layout, asked through the real client over HTTP by all checks."""

from __future__ import annotations

import functools
import textwrap
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from modules.layout import Layout, load
from ops.aws.account import Account
from ops.checking.check import Finding, Outcome, UnaskedError
from ops.checking.runner import run
from ops.verify.checks import CHECKS
from ops.verify.cluster import Cluster
from ops.verify.subject import Subject
from tests.kubernetes_api.server import TOKEN, Api
from tests.kubernetes_api.world import Object, World

NOW = datetime(2030, 1, 2, tzinfo=timezone.utc)
P5 = """\
    extends: eks-p5-odcr
    name: llama
    cluster: {endpoint: {public_access_cidrs: [192.0.2.0/24]}}
    node_groups:
      p5:
        availability_zone: us-west-2b
        capacity: {reservation_id: cr-0123456789abcdef0}
    """


@dataclass
class Way:
    """To the server of the tests."""

    api: Api
    refused: str = "refused"

    def client(self) -> Any:
        from kubernetes.client import ApiClient, Configuration

        configuration = Configuration()
        configuration.host = self.api.url
        configuration.api_key = {"BearerToken": TOKEN}
        configuration.api_key_prefix = {"BearerToken": "Bearer"}
        return ApiClient(configuration)


@dataclass
class Case:
    """A cluster that is right for a layout, until a test breaks something in `world`."""

    api: Api
    layout: Layout
    world: World
    account: Callable[[], Account] | None = None
    now: datetime = NOW
    outcomes: list[Outcome[Subject]] = field(default_factory=list)

    def found(self, *unasked: str) -> dict[str, list[Finding]]:
        """What all checks find, by the check's id; nothing but `unasked` may be left unasked."""
        self.api.world = self.world
        account = None if self.account is None else self.account()
        subject = Subject(self.layout, Cluster(Way(self.api)), account, self.now)
        self.outcomes = run(CHECKS, subject)
        told = {one.check.id: one.unasked.reason for one in self.outcomes if one.unasked is not None}
        if {*told} != {*unasked}:
            raise UnaskedError(str(told))
        return {one.check.id: list(one.findings) for one in self.outcomes if one.findings}

    def one(self, id: str, level: str = "error") -> Finding:
        """The only finding, which is that check's and of that level."""
        found = self.found()
        assert [*found] == [id], found
        (finding,) = found[id]
        outcome = next(one for one in self.outcomes if one.check.id == id)
        assert outcome.level_of(finding) == level
        assert outcome.remedy_of(finding), "it says what to do"
        return finding


@functools.cache
def layout_of(text: str, folder: Path) -> Layout:
    file = folder / "layout.yaml"
    file.write_text(textwrap.dedent(text), encoding="utf-8")
    return load(str(file)).layout


def set_condition(thing: Object, type: str, status: str, reason: str = "", message: str = "") -> None:
    """Sets a condition of a node or a pod."""
    conditions = thing["status"].setdefault("conditions", [])
    conditions[:] = [one for one in conditions if one["type"] != type]
    conditions.append({"type": type, "status": status, "reason": reason, "message": message})


def pod_on(world: World, app: str, node: Object) -> Object:
    """The pod of a DaemonSet on a node."""
    return next(
        one
        for one in world.pods
        if one["metadata"]["ownerReferences"][0]["name"] == app
        and one["spec"]["nodeName"] == node["metadata"]["name"]
    )


def stop(pod: Object, reason: str, message: str = "", **more: Any) -> None:
    """Has a pod's container wait; `more` is of its status."""
    set_condition(pod, "Ready", "False", "ContainersNotReady")
    waiting = {"reason": reason, **({"message": message} if message else {})}
    pod["status"]["containerStatuses"][0] |= {"ready": False, "state": {"waiting": waiting}, **more}


def offer(node: Object, resource: str, allocatable: int, capacity: int | None = None) -> None:
    """Sets what a node offers; with a capacity of its own, some devices are unhealthy."""
    node["status"]["allocatable"][resource] = str(allocatable)
    node["status"]["capacity"][resource] = str(allocatable if capacity is None else capacity)
