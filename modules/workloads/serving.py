"""Servers: what answers requests, and the load balancers in front of it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from cdktf import ITerraformDependable, TerraformResource, TerraformResourceLifecycle
from constructs import Construct

from ..layout.models import NodeGroup, ServingDeployment
from .objects import Objects, add_object
from .pod import Names
from .server import Server
from .service_manifests import ingress, service
from .serving_manifests import autoscaler, deployment, disruption_budget


class Serving(Objects):
    """The servers of a layout. `outputs` has value and description of each output, by name."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        serving: Mapping[str, ServingDeployment],
        node_groups: Mapping[str, NodeGroup],
        names: Names,
        service_accounts: Mapping[str, str],
        depends_on: Mapping[str, Sequence[ITerraformDependable]],
        replaced_with: Mapping[str, Sequence[str]],
    ) -> None:
        """Make them.

        Args:
            node_groups: all of the layout.
            service_accounts: name of each server's service account, by the server's.
            depends_on: what the pods of each server need to be there: namespace, service account, claims.
            replaced_with: attributes of claims, with which the pods of each server have to go.
        """
        super().__init__(scope, id)
        self.outputs: dict[str, tuple[object, str]] = {}
        for name, one in serving.items():
            self._add(
                Server.of(name, one, node_groups),
                names,
                service_accounts.get(name),
                depends_on.get(name, ()),
                replaced_with.get(name, ()),
            )

    def _add(
        self,
        server: Server,
        names: Names,
        service_account: str | None,
        before: Sequence[ITerraformDependable],
        replaced_with: Sequence[str],
    ) -> None:
        name, serving = server.name, server.serving
        front = add_object(self, f"{name}_service", service(server), depends_on=before)
        fronts = [front]
        of_alb = ingress(server)
        if of_alb is not None:
            fronts.append(
                add_object(self, f"{name}_ingress", of_alb, wait_for_load_balancer=True, depends_on=[front])
            )
        add_object(self, f"{name}_budget", disruption_budget(server), depends_on=before)
        minutes = f"{math.ceil(server.rollout_seconds / 60)}m"
        pods = add_object(
            self,
            name,
            deployment(server, names, service_account=service_account),
            wait_for_rollout=serving.wait,
            timeouts={"create": minutes, "update": minutes},
            lifecycle=TerraformResourceLifecycle(replace_triggered_by=list(replaced_with))
            if replaced_with
            else None,
            # Only pods that come after the load balancer wait until it finds them healthy; and a destroy takes them
            # away before it, so that no target is left.
            depends_on=[*before, *fronts],
        )
        scaling = autoscaler(server)
        if scaling is not None:
            add_object(self, f"{name}_autoscaler", scaling, depends_on=[pods])
        self._add_outputs(server, fronts[-1])

    def _add_outputs(self, server: Server, front: TerraformResource) -> None:
        prefix, serving = server.name.replace("-", "_"), server.serving
        within = f"{server.name}.{serving.namespace}.svc.cluster.local:{serving.service_port}"
        self.outputs[f"{prefix}_service"] = (within, f"Where {server.name} answers inside the cluster")
        if serving.load_balancer is not None:
            host = f"${{{front.fqn}.status[0].load_balancer[0].ingress[0].hostname}}"
            self.outputs[f"{prefix}_host"] = (host, f"Host name of the load balancer of {server.name}")
