"""The user's kubectl, which brings the way to the cluster and the credentials."""

from __future__ import annotations

import json
import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from typing import Any

from ..kube_contexts import Context, context_of
from .job import Job, Manifest

EVERY = 10.0  # seconds between two looks at the job
# Of the Trainer and of the MPI operator: https://www.kubeflow.org/docs/components/trainer/, and
# https://github.com/kubeflow/mpi-operator/blob/master/pkg/apis/kubeflow/v2beta1/types.go
_SUCCEEDED = ("Complete", "Succeeded")
_FAILED = "Failed"


class KubectlError(RuntimeError):
    """kubectl is missing, or did not do it; the message says what it said."""


class UnfinishedError(RuntimeError):
    """The job is not over in the time that it was given."""


def context(name: str | None = None) -> Context:
    """The context of that name, or the current one.

    Raises:
        KubectlError: kubectl is missing, or has no such context.
    """
    named = () if name is None else ("--context", name)
    found: dict[str, Any] = json.loads(_kubectl(["config", "view", "--minify", "-o", "json", *named]))
    current = str(found.get("current-context") or name)
    return context_of(current, found.get("clusters") or (), found.get("users") or ())


def apply(job: Job, manifests: Sequence[Manifest]) -> None:
    """Applies the job in place of an earlier one of the same name, which would not run again by itself.

    Raises:
        KubectlError: it is missing, or the cluster refuses.
    """
    text = json.dumps({"apiVersion": "v1", "kind": "List", "items": list(manifests)})
    _kubectl(["delete", "-f", "-", "--ignore-not-found", "--wait", *job.where], text)
    _kubectl(["apply", "-f", "-", *job.where], text)


def wait(job: Job, minutes: float, pause: Callable[[float], object] = time.sleep) -> bool:
    """Waits until the job is over; tells on stderr how it stands. Whether it succeeded.

    Raises:
        KubectlError: it is missing, or the job is gone.
        UnfinishedError: the job is not over after so many minutes.
    """
    end = time.monotonic() + minutes * 60
    told = ""
    while True:
        state, detail = _state(job)
        if state in (*_SUCCEEDED, _FAILED):
            return state != _FAILED
        if (said := f"{job.resource}: {state}{detail}") != told:
            print(said, file=sys.stderr, flush=True)
            told = said
        if time.monotonic() >= end:
            where = shlex.join(job.where)
            raise UnfinishedError(
                f"{job.resource} is not over after {minutes:g} minutes. What its pods wait for:\n"
                f"  kubectl describe pods {where} -l app.kubernetes.io/instance={job.name}\n"
                f"It holds the nodes until it is: kubectl delete {job.resource} {where}"
            )
        pause(min(EVERY, max(0.0, end - time.monotonic())))


def logs(job: Job) -> str:
    """The launcher's log.

    Raises:
        KubectlError: it is missing, or there is no log.
    """
    return _kubectl(["logs", job.launcher, *job.where])


def _state(job: Job) -> tuple[str, str]:
    """The last condition of the job that holds, and its message."""
    found: dict[str, Any] = json.loads(_kubectl(["get", job.resource, "-o", "json", *job.where]))
    conditions = [one for one in found.get("status", {}).get("conditions", ()) if one.get("status") == "True"]
    over = [one for one in conditions if one["type"] in (*_SUCCEEDED, _FAILED)]
    for one in over or conditions[-1:]:
        message = one.get("message", "")
        return str(one["type"]), f" ({message})" if message else ""
    return "not over yet", ""


def _kubectl(arguments: Sequence[str], text: str | None = None) -> str:
    program = shutil.which("kubectl")
    if program is None:
        raise KubectlError(
            "kubectl is not on the PATH: install it, or write the manifests with -o FILE and apply them elsewhere."
        )
    done = subprocess.run([program, *arguments], input=text, capture_output=True, text=True, check=False)
    if done.returncode:
        said = (done.stderr or done.stdout).strip()
        raise KubectlError(f"kubectl {arguments[0]} has failed: {said}{_hint(said)}")
    return done.stdout


def _hint(said: str) -> str:
    if "no matches for kind" in said:
        return "\nThe operator's release is not installed: deploy the platform stack first."
    if "current-context must exist" in said:
        return "\n`aws eks update-kubeconfig` gives kubectl a way to the cluster."
    if "namespaces" in said and "not found" in said:
        return "\nGive with --namespace one that is there."
    return ""
