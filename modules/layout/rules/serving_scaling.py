"""Rules about the number of a server's pods: that it scales, and that a drain neither stops nor takes all of them."""

from __future__ import annotations

from collections.abc import Iterator

from ..faults import KeyPath, Level
from ..models.serving import SPOT_NOTICE_SECONDS
from ..serving import drain_seconds
from .base import Context, Finding
from .serving import servers


class ServingScalingOrder:
    """Kubernetes refuses an autoscaler whose fewest pods are more than its most."""

    id = "serving-scaling-order"
    level: Level = "error"

    def check(self, context: Context) -> Iterator[Finding]:
        """`min` is at most `max`."""
        for server in servers(context):
            scaling = server.serving.autoscaling
            if scaling is not None and scaling.min > scaling.max:
                path = (*server.path, "autoscaling")
                where = context.own((*path, "min"), (*path, "max"))
                problem = f"min {scaling.min} is more than max {scaling.max}"
                remedy = f"Write {{min: {scaling.max}, max: {scaling.min}}}, or other numbers in this order."
                yield Finding(where, problem, remedy, ((*path, "min"), (*path, "max")))


class ServingReplicasAndScaling:
    """Each apply would set the number back that the autoscaler has chosen under load."""

    id = "serving-replicas-and-scaling"
    level: Level = "error"

    def check(self, context: Context) -> Iterator[Finding]:
        """`replicas` and `autoscaling` exclude each other."""
        for server in servers(context):
            if server.serving.replicas is not None and server.serving.autoscaling is not None:
                problem = "the pods are scaled by autoscaling, and replicas says how many there are"
                remedy = "Remove replicas, or autoscaling; autoscaling.min is the fewest."
                because = ((*server.path, "autoscaling"),)
                yield Finding((*server.path, "replicas"), problem, remedy, because)


class ServingMetricsServerOff:
    """The HorizontalPodAutoscaler reads what pods use from metrics-server: without it, nothing ever scales.

    https://kubernetes.io/docs/tasks/run-application/horizontal-pod-autoscale/#support-for-metrics-apis
    """

    id = "serving-metrics-server-off"
    level: Level = "error"

    def check(self, context: Context) -> Iterator[Finding]:
        """Autoscaling goes with metrics-server, the add-on or the release."""
        layout = context.layout
        if layout.has_addon("metrics-server") or layout.has_release("metrics-server"):
            return
        scaled = [server for server in servers(context) if server.serving.autoscaling is not None]
        if scaled:
            names = ", ".join(server.name for server in scaled)
            problem = f"is off, and the autoscaling of {names} reads its numbers: nothing would scale"
            because = tuple((*server.path, "autoscaling") for server in scaled)
            yield Finding(
                ("addons", "metrics-server"), problem, "Remove what turns it off, or autoscaling.", because
            )


class ServingBudgetTwice:
    """Kubernetes takes one of the two.

    https://kubernetes.io/docs/tasks/run-application/configure-pdb/
    """

    id = "serving-budget-twice"
    level: Level = "error"

    def check(self, context: Context) -> Iterator[Finding]:
        """`max_unavailable` and `min_available` exclude each other."""
        for server in servers(context):
            budget = server.serving.disruption_budget
            if budget.max_unavailable is not None and budget.min_available is not None:
                path = (*server.path, "disruption_budget", "min_available")
                yield Finding(
                    path, "max_unavailable is given too, and Kubernetes takes one", "Keep one of them."
                )


class ServingBudgetBlocksDrains:
    """A budget that lets no pod go stops every drain: EKS gives up a node update after 15 minutes, and old nodes stay.

    https://docs.aws.amazon.com/eks/latest/userguide/managed-node-update-behavior.html
    """

    id = "serving-budget-blocks-drains"
    level: Level = "error"

    def check(self, context: Context) -> Iterator[Finding]:
        """One pod at least may be away."""
        for server in servers(context):
            budget, least = server.serving.disruption_budget, server.serving.least
            path = (*server.path, "disruption_budget")
            counts: tuple[KeyPath, ...] = ((*server.path, "replicas"), (*server.path, "autoscaling"))
            if budget.min_available is not None and budget.max_unavailable is not None:
                continue
            if budget.max_unavailable == 0:
                problem = "no pod may ever be away: no node of theirs could be drained"
                yield Finding((*path, "max_unavailable"), problem, "Write 1 or more.")
            elif budget.min_available is not None and 0 < least <= budget.min_available:
                problem = f"{budget.min_available} pods have to stay, of {least}: no node of theirs could be drained"
                remedy = (
                    f"Write max_unavailable: 1 in its place, or have more than {budget.min_available} pods."
                )
                yield Finding((*path, "min_available"), problem, remedy, counts)


class ServingBudgetTakesAll:
    """A budget that lets all pods go at once protects none: a node update may leave nobody to answer."""

    id = "serving-budget-takes-all"
    level: Level = "warning"

    def check(self, context: Context) -> Iterator[Finding]:
        """Of several pods, fewer than all may be away."""
        for server in servers(context):
            most, least = server.serving.disruption_budget.max_unavailable, server.serving.least
            if most is not None and most >= least > 1:
                problem = f"{most} of {least} pods may be away at once: nobody would answer"
                because = ((*server.path, "replicas"), (*server.path, "autoscaling"))
                path = (*server.path, "disruption_budget", "max_unavailable")
                yield Finding(path, problem, f"Write {least - 1} or fewer.", because)


class ServingSinglePod:
    """While its one pod moves to another node, a server answers nobody."""

    id = "serving-single-pod"
    level: Level = "warning"

    def check(self, context: Context) -> Iterator[Finding]:
        """Behind a load balancer there are two pods or more."""
        for server in servers(context):
            if server.serving.load_balancer is not None and server.serving.least == 1:
                key: KeyPath = ("replicas",) if server.serving.autoscaling is None else ("autoscaling", "min")
                problem = "one pod behind a load balancer: no answers while its node is replaced"
                yield Finding((*server.path, *key), problem, "Write 2 or more.")


class ServingLongerThanNotice:
    """A spot node is gone two minutes after the notice, with all that its pods had not finished.

    https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/spot-instance-termination-notices.html
    """

    id = "serving-longer-than-notice"
    level: Level = "warning"

    def check(self, context: Context) -> Iterator[Finding]:
        """On spot nodes, pods drain and stop within the notice."""
        for server in servers(context):
            spot = [name for name, group in server.groups.items() if group.capacity.type == "spot"]
            drain, stop = (
                drain_seconds(server.serving, server.groups.values()),
                server.serving.shutdown_seconds,
            )
            if spot and drain + stop > SPOT_NOTICE_SECONDS:
                key = "drain_seconds" if server.serving.drain_seconds is not None else "shutdown_seconds"
                problem = f"a pod takes up to {drain} s to drain and {stop} s to stop, and a node of {', '.join(spot)} (spot) goes after {SPOT_NOTICE_SECONDS} s"
                remedy = f"Write less, {SPOT_NOTICE_SECONDS - 10} s in all, or run it on demand."
                yield Finding((*server.path, key), problem, remedy, ((*server.path, "node_groups"),))
