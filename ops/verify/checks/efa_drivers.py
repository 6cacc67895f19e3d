"""The driver of EFA devices: that it is the only one on a node, and that claims find its device class."""

from __future__ import annotations

from collections.abc import Iterator

from modules.layout.efa_drivers import DEVICE_CLASS
from modules.layout.pods import EFA

from ...checking.check import Finding, Level
from ..cluster import Object
from ..subject import Subject, name_of
from .pods import owned, pods_by_node
from .releases import is_missing
from .shortages import DRA_DRIVER, PLUGINS, plugin_of
from .telling import OfNode, by_cause


class EfaDrivers:
    """The device plugin and the DRA driver on one node give the same EFA interfaces to two pods, and say nothing."""

    id = "efa-driver"
    level: Level = "error"
    remedy = "uninstall the driver that the layout does not name in cluster.efa_driver: helm -n kube-system list; helm uninstall"

    def applies(self, subject: Subject) -> bool:
        """Some group has EFA."""
        return subject.layout.has_efa

    def look(self, subject: Subject) -> Iterator[Finding]:
        """One driver on each node, and the device class that jobs claim devices of."""
        sets = {
            plugin.release: [one for one in subject.cluster.daemon_sets() if plugin.makes(one)]
            for plugin in (PLUGINS[EFA], DRA_DRIVER)
        }
        if all(sets.values()):
            yield from by_cause(self._both(subject, sets))
        classes = (
            {name_of(one) for one in subject.cluster.device_classes()} if subject.layout.claims_efa else ()
        )
        driver = plugin_of(subject, EFA)
        if (
            subject.layout.claims_efa
            and DEVICE_CLASS not in classes
            and not is_missing(subject, driver.release)
        ):
            yield Finding(
                f"helm_releases.{driver.release}",
                f"the cluster has no DeviceClass {DEVICE_CLASS}: every pod that claims EFA devices stays pending",
                "let the chart make it: take deviceClass out of the release's values, and apply: make deploy",
            )

    def _both(self, subject: Subject, sets: dict[str, list[Object]]) -> Iterator[OfNode]:
        pods = pods_by_node(subject)
        for node, _, _ in subject.known_nodes():
            here = pods.get(name_of(node), [])
            if all(any(owned(here, one, "DaemonSet") for one in found) for found in sets.values()):
                yield OfNode(node, f"{' and '.join(sets)} both hand out its EFA devices")
