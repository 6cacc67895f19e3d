"""Settings of a network that stays: names, and lists of what may pass."""

from __future__ import annotations

from collections.abc import Iterator

from ..rule import Finding, Level
from ..subject import Subject
from .network import VPC
from .parts import listed, turned_off


class NetworkSettings:
    """DNS of a VPC that is switched off, or a network ACL that lets other traffic through: nodes and pods may reach nothing any more."""

    # https://docs.aws.amazon.com/eks/latest/userguide/network-reqs.html
    id = "network-settings"
    level: Level = "warn"

    def look(self, subject: Subject) -> Iterator[Finding]:
        """DNS that goes off (stop), and lists that differ (warn)."""
        for one in subject.of(VPC):
            off = [part for part in ("enable_dns_support", "enable_dns_hostnames") if one.verb == "update" and turned_off(one, part)]  # fmt: skip
            if off:
                yield Finding(
                    one,
                    "EKS needs both: without them names are not resolved in the VPC, nodes do not find the control plane or VPC endpoints, and file systems are "
                    "not found by their names.",
                    "Keep both on.",
                    f"{listed(off)} on",
                    "off",
                    level="stop",
                )
        for one in subject.of("aws_network_acl", "aws_default_network_acl", "aws_network_acl_rule"):
            parts = [part for part in one.arguments if part in ("ingress", "egress", "cidr_block", "ipv6_cidr_block", "rule_action", "protocol", "from_port", "to_port", "subnet_ids")]  # fmt: skip
            denies = one.verb == "create" and one.becomes("rule_action") == "deny"
            if (one.verb == "update" and parts) or denies:
                yield Finding(
                    one,
                    "A network ACL holds for all of a subnet at once, and for answers too: what it does not let through breaks, connections of running jobs "
                    "among them.",
                    "Allow all inside the VPC and the ephemeral ports of answers; use security groups for the rest.",
                    "" if denies else listed(parts),
                    "denies" if denies else "changed",
                )


RULES = (NetworkSettings(),)
