"""VPC endpoints: by which isolated nodes reach AWS at all."""

from __future__ import annotations

from collections.abc import Iterator

from ..plan import Change
from ..rule import Finding, Level
from ..subject import Subject
from ..values import known, shown
from .network import NAT, VPC
from .parts import ends_or_anew, listed, texts, turned_off


class EndpointRemoved:
    """A VPC endpoint that goes: without a way out, pods no longer reach that service of AWS at all."""

    id = "vpc-endpoint-removed"
    level: Level = "warn"

    def look(self, subject: Subject) -> Iterator[Finding]:
        """Endpoints that go, or lose what they serve: stop where the plan shows no NAT gateway that stays."""
        lost = subject.losing(VPC)
        with_nat = {one.stack for one in subject.of(NAT) if one.verb != "delete"}
        with_subnets = {one.stack for one in subject.of("aws_subnet")}
        for one in subject.of("aws_vpc_endpoint"):
            service = str(one.was("service_name") or "a service").rpartition(".")[2]
            tables = texts(one.was("route_table_ids")) - texts(one.becomes("route_table_ids"))
            if one.goes and not one.is_deposed and one.stack not in lost:
                isolated = one.stack in with_subnets and one.stack not in with_nat
                what = (
                    f"There is no NAT gateway in this plan: without the endpoint, pods and nodes do not reach {service} any more. {_needed(service)}"
                    if isolated
                    else f"Traffic to {service} goes through NAT from then on, and costs by the gigabyte; where there is no NAT, {service} is not reached any more."
                )
                yield Finding(
                    one,
                    f"The VPC endpoint of {service} is {ends_or_anew(one)}. {what} Connections through it break.",
                    "Keep it." if isolated else "Keep it, or do it between runs.",
                    shown(one.was("service_name")),
                    "another one" if one.verb == "replace" else "gone",
                    level="stop" if isolated else None,
                )
            elif one.verb == "update" and turned_off(one, "private_dns_enabled"):
                yield Finding(
                    one,
                    f"The name of {service} leads to its public addresses again: without NAT, pods and nodes do not reach it. {_needed(service)}",
                    "Keep private DNS on.",
                    "private DNS on",
                    "off",
                )
            elif one.verb == "update" and tables and isinstance(one.becomes("route_table_ids"), list) and not _unknown(one):  # fmt: skip
                yield Finding(
                    one,
                    f"{len(tables)} route tables lose the way to {service} through the endpoint: their subnets go through NAT, or do not reach it.",
                    "Keep the route tables of all subnets with nodes.",
                    listed(tables),
                    "gone",
                )


def _unknown(endpoint: Change) -> bool:
    return any(not known(one) for one in endpoint.becomes("route_table_ids"))


def _needed(service: str) -> str:
    return {
        "s3": "Images' layers, data and checkpoints are there.",
        "dkr": "No image is pulled from ECR.",
        "api": "No image is pulled from ECR.",
        "sts": "Pods with IAM roles get no credentials.",
        "ec2": "Nodes get no addresses for pods.",
        "eks": "New nodes do not join.",
        "eks-auth": "Pod identities get no credentials.",
    }.get(service, "What needs it fails.")


RULES = (EndpointRemoved(),)
