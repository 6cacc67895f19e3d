"""What ends or holds up jobs without a resource of theirs being destroyed: edits in place, suspension, policies."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ..jobs import jobs_of
from ..plan import Change
from ..rule import Finding, Level
from ..subject import Subject
from ..values import at, shown
from .parts import keys, listed, name_of, turned
from .workloads import MANIFESTS, QUEUES, RUNS, kind_of

_JOBS = ("kubernetes_job_v1", "kubernetes_job")
_POLICIES = ("kubernetes_network_policy_v1", "kubernetes_network_policy")
# Where kinds of jobs keep the switch: Kubernetes' own, JobSet and TrainJob; Kubeflow's runPolicy; the provider's blocks.
_SUSPEND: tuple[tuple[str | int, ...], ...] = (
    ("manifest", "spec", "suspend"),
    ("manifest", "spec", "runPolicy", "suspend"),
    ("spec", 0, "suspend"),
)


class JobChanged:
    """A training job that is suspended or edited in place: suspension ends its pods, and most of what it says cannot be changed while it runs."""

    # https://kubernetes.io/docs/concepts/workloads/controllers/job/#suspending-a-job
    id = "job-changed"
    level: Level = "warn"

    def look(self, subject: Subject) -> Iterator[Finding]:
        """Jobs that are suspended (stop), and jobs with another specification (warn)."""
        told = {(one.change.stack, one.change.address): one for one in jobs_of(subject.changes)}
        for one in subject.of(*MANIFESTS, *_JOBS):
            if one.verb != "update" or kind_of(one) not in RUNS:
                continue
            name = str(told.get((one.stack, one.address)) or f"{kind_of(one)} {name_of(one)}")
            if any(turned(one, *path) == (False, True) for path in _SUSPEND):
                yield Finding(
                    one,
                    f"{name} is suspended: all its pods are terminated, and what it has done since its last checkpoint is lost. A queue may have started it, "
                    "which this plan takes back.",
                    "Leave `suspend` to the queue (computed_fields of the manifest), or wait until the job has ended.",
                    "runs",
                    "suspended",
                    level="stop",
                )
                continue
            before, after = _spec(one.before), _spec(one.after)
            if isinstance(before, dict) and isinstance(after, dict) and before != after:
                yield Finding(
                    one,
                    f"{name} is edited while it may run: Kubernetes refuses most of such changes, and the apply fails; where it takes them, "
                    "pods are added or ended under the run.",
                    "Wait until it has ended, or give the new job another name.",
                    "",
                    f"changed: {listed(keys(before, after), 5)}",
                )


def _spec(side: dict[str, Any]) -> Any:
    return at(side, "manifest", "spec") or at(side, "spec", 0)


class QueueStopped:
    """A queue of kueue that is stopped, or lets jobs be preempted: jobs that it has admitted are evicted while they run."""

    # https://kueue.sigs.k8s.io/docs/concepts/cluster_queue/#stoppolicy
    # https://kueue.sigs.k8s.io/docs/concepts/preemption/
    id = "queue-stopped"
    level: Level = "warn"

    def look(self, subject: Subject) -> Iterator[Finding]:
        """Stop policies (HoldAndDrain is a stop), and rules of preemption that differ."""
        for one in subject.of(*MANIFESTS):
            if one.verb != "update" or kind_of(one) not in QUEUES:
                continue
            was, becomes = (side("manifest", "spec", "stopPolicy") for side in (one.was, one.becomes))
            if becomes in ("Hold", "HoldAndDrain") and was != becomes:
                drains = becomes == "HoldAndDrain"
                yield Finding(
                    one,
                    f"The {kind_of(one)} {name_of(one)} admits no job any more"
                    + (", and those that run are evicted: they lose what they have done since their last checkpoint." if drains else "; those that run go on."),
                    "Use Hold, and let the jobs end first." if drains else "Be sure that no job is to start.",
                    shown(was or "None"),
                    str(becomes),
                    level="stop" if drains else None,
                )  # fmt: skip
            before, after = (side("manifest", "spec", "preemption") for side in (one.was, one.becomes))
            if isinstance(after, dict) and before != after:
                rules = {key: value for key, value in after.items() if value not in (None, "Never", at(before, key))}  # fmt: skip
                if rules:
                    yield Finding(
                        one,
                        f"Jobs that wait may take the place of jobs that run in {name_of(one)}: these are evicted, and start anew from their last checkpoint.",
                        "Be sure that the jobs that run there checkpoint often, and have the priority that they need.",
                        shown(before or "none"),
                        shown(after),
                    )


class NetworkPolicyMade:
    """A network policy that is new or another one: pods that it selects are cut off from whatever it does not name, in the middle of a run."""

    # https://kubernetes.io/docs/concepts/services-networking/network-policies/#the-two-sorts-of-pod-isolation
    id = "network-policy"
    level: Level = "warn"

    def look(self, subject: Subject) -> Iterator[Finding]:
        """Policies in a cluster that there is already: made or changed."""
        for one in subject.of(*_POLICIES, *MANIFESTS):
            if one.type in MANIFESTS and kind_of(one) != "NetworkPolicy":
                continue
            if one.verb not in ("create", "update") or not _lives(one, subject):
                continue
            if one.verb == "update" and _spec(one.before) == _spec(one.after):
                continue
            yield Finding(
                one,
                f"Pods that {name_of(one)} selects speak only to what it names, where the cluster enforces policies: ranks of a job, its rendezvous, DNS and S3 "
                "have to be among it.",
                "Allow traffic between the pods of a job, and to kube-dns; apply it between runs.",
                "" if one.verb == "create" else "another policy",
                "new policy" if one.verb == "create" else f"changed: {listed(keys(_spec(one.before), _spec(one.after)), 5)}",
            )  # fmt: skip


def _lives(change: Change, subject: Subject) -> bool:
    """Whether anything in the plans' clusters is there already: in a new one nothing runs yet."""
    return change.verb == "update" or any(one.before for one in subject.changes)


RULES = (JobChanged(), QueueStopped(), NetworkPolicyMade())
