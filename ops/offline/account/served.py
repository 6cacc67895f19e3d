"""What a provider reads back of what it has made, where that is not what was planned.

The provider's SDK may differ from its plan without an error; the next plan then shows a change, and the one after it again.
So a second plan tells what a configuration should have said.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from copy import deepcopy
from typing import Any, Final

from ..checks.quantities import QuantityError, canonical
from ..values import UNKNOWN, Dynamic

State = dict[str, Any]

# What patchJobV1Spec sends: kubernetes/structure_job.go of hashicorp/terraform-provider-kubernetes
_SENT_OF_JOBS: Final = (
    "active_deadline_seconds",
    "backoff_limit",
    "manual_selector",
    "parallelism",
    "pod_failure_policy",
)
_QUANTITIES: Final = ("capacity", "limits", "requests")
_QUANTITY: Final = ("borrowingLimit", "lendingLimit", "nominalQuota", "sizeLimit")


def served(type_name: str, state: State, prior: Mapping[str, Any] | None) -> State:
    """The state as it is read after an apply.

    Args:
        state: as it was planned, with all that an apply tells.
        prior: the state before; None on creation.
    """
    rule = _RULES.get(type_name)
    return rule(deepcopy(state), prior) if rule else state


def _blocks(state: Any, *path: str) -> Iterator[dict[str, Any]]:
    """All blocks at a path."""
    blocks = [one for one in state if isinstance(one, dict)] if isinstance(state, list) else [state]
    if not path:
        yield from blocks
        return
    for one in blocks:
        if isinstance(one.get(path[0]), list):
            yield from _blocks(one[path[0]], *path[1:])


def _requests(state: State, _prior: Mapping[str, Any] | None) -> State:
    """Requests that are missing are taken from the limits, once any is given.

    https://github.com/kubernetes/kubernetes/blob/master/pkg/apis/core/v1/defaults.go, SetDefaults_Pod
    """
    for kind in ("container", "init_container"):
        for resources in _blocks(state, "spec", "template", "spec", kind, "resources"):
            limits, requests = resources.get("limits") or {}, resources.get("requests")
            if requests and limits:
                resources["requests"] = {**limits, **requests}
    return state


def _job(state: State, prior: Mapping[str, Any] | None) -> State:
    """Of a changed job, the provider sends little: the rest goes on as it was."""
    if prior is not None:
        (before,), (after,) = _blocks(dict(prior), "spec"), _blocks(state, "spec")
        state["spec"] = [{**before, **{name: after[name] for name in _SENT_OF_JOBS}}]
    return _requests(state, prior)


def _stateful_set(state: State, prior: Mapping[str, Any] | None) -> State:
    """How it is updated, which the schema does not call computed: a configuration has to say it."""
    for spec in _blocks(state, "spec"):
        spec["update_strategy"] = spec.get("update_strategy") or [
            {"type": "RollingUpdate", "rolling_update": [{"partition": 0}]}
        ]
    return _requests(state, prior)


def _manifest(state: State, _prior: Mapping[str, Any] | None) -> State:
    """The manifest, less what the provider takes out again: status, uid and the like.

    Webhooks that know the type write it anew, and quantities with it in their shortest form.
    """
    manifest = state.get("manifest")
    if isinstance(manifest, Dynamic):
        state["object"] = Dynamic(manifest.type, _respelled(manifest.value))
    return state


def _respelled(value: Any) -> Any:
    if isinstance(value, Dynamic):
        return Dynamic(value.type, _respelled(value.value))
    if isinstance(value, list):
        return [_respelled(one) for one in value]
    if not isinstance(value, dict):
        return value
    return {
        key: _all_shortest(child)
        if key in _QUANTITIES and isinstance(child, dict)
        else _shortest(child)
        if key in _QUANTITY
        else _respelled(child)
        for key, child in value.items()
    }


def _all_shortest(quantities: dict[str, Any]) -> dict[str, Any]:
    return {name: _shortest(one) for name, one in quantities.items()}


def _shortest(value: Any) -> Any:
    try:
        return canonical(value) if isinstance(value, str) and value is not UNKNOWN else value
    except QuantityError:
        return value


_RULES: Final[Mapping[str, Callable[[State, Mapping[str, Any] | None], State]]] = {
    "kubernetes_deployment_v1": _requests,
    "kubernetes_job_v1": _job,
    "kubernetes_manifest": _manifest,
    "kubernetes_stateful_set_v1": _stateful_set,
}
