"""An account with an existing network for small layouts, and what the checks of networks find in it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from modules.layout import Loaded
from modules.layout.substitution import with_values
from ops.checking.check import Outcome
from ops.checking.runner import run
from ops.preflight.checks import (
    CHECKS,
    addresses,
    endpoints,
    networks,
    registries,
    routes,
    subnet_tags,
)
from ops.preflight.subject import Subject
from ops.states import Deployed
from tests.account.right import Right, right_account
from tests.account.server import AccountServer
from tests.account.wire import Answer, Call
from tests.unit.ops.preflight.subjects import SharedAccount

REGION, ZONE, OTHER_ZONE, THIRD_ZONE = "us-west-2", "us-west-2a", "us-west-2b", "us-west-2c"

_MODULES = (addresses, endpoints, networks, registries, routes, subnet_tags)
MINE = [one for one in CHECKS if type(one).__module__ in {module.__name__ for module in _MODULES}]

EXISTING = """
network: {vpc_id: var.vpc_id, private_subnet_ids: var.private_subnet_ids}
"""


@dataclass
class Found:
    """A finding, with what the check says where the finding does not."""

    id: str
    level: str
    where: str
    problem: str
    remedy: str


@dataclass
class Network:
    """The account, and the layout that is checked in it."""

    server: AccountServer
    loaded: Loaded
    right: Right
    states: dict[str, Sequence[Deployed]] = field(default_factory=dict)

    @property
    def ec2(self) -> Any:
        """A client of EC2."""
        return self.right.client("ec2")

    def subnet(self, zone: str = ZONE) -> str:
        """The private subnet in a zone."""
        return self.right.subnets[zone]

    def deploy(self, type: str, **attributes: Any) -> None:
        """Puts a resource into the state of the cluster's stack."""
        name = self.loaded.layout.name
        self.states[name] = [*self.states.get(name, ()), Deployed(type, "one", attributes)]

    def outcomes(self) -> list[Outcome[Subject]]:
        """What the checks that apply find; they ask no more than they tell."""
        values = {name: (value, f"TF_VAR_{name}") for name, value in self.right.values.items()}
        layout = with_values(self.loaded, values).layout if self.loaded.variables else self.loaded.layout
        subject = Subject(layout, SharedAccount(self.server.url, REGION), {}, self.states)
        outcomes = run(MINE, subject)
        assert [one.unasked.reason for one in outcomes if one.unasked] == []
        told = {action for check in MINE if check.applies(subject) for action in check.actions}
        assert subject.account.asked <= told
        return outcomes

    def found(self, *levels: str) -> list[Found]:
        """The findings of some levels; of errors and warnings without."""
        return [
            Found(one.check.id, one.level_of(each), each.where, each.problem, one.remedy_of(each))
            for one in self.outcomes()
            for each in one.findings
            if one.level_of(each) in (levels or ("error", "warning"))
        ]

    def findings(self) -> list[tuple[str, str, str]]:
        """The check, the level and the place of each error and warning."""
        return [(one.id, one.level, one.where) for one in self.found()]

    def only(self) -> Found:
        """The one error or warning."""
        (found,) = self.found()
        return found

    def route(self, table: str, cidr: str = "0.0.0.0/0", **target: str) -> None:
        """Leads a range elsewhere than now, or nowhere without a target."""
        existing = self.ec2.describe_route_tables(RouteTableIds=[table])["RouteTables"][0]["Routes"]
        if any(one.get("DestinationCidrBlock") == cidr for one in existing):
            self.ec2.delete_route(RouteTableId=table, DestinationCidrBlock=cidr)
        if target:
            self.ec2.create_route(RouteTableId=table, DestinationCidrBlock=cidr, **target)

    def tag(self, subnet: str, **tags: str) -> None:
        """Sets tags of a subnet."""
        given = [{"Key": key, "Value": value} for key, value in tags.items()]
        self.ec2.create_tags(Resources=[subnet], Tags=given)

    def say(self, subnet: str, **facts: Any) -> None:
        """Has EC2 say something else of a subnet, like how many addresses are free."""
        subnets = self.ec2.describe_subnets()["Subnets"]
        for one in subnets:
            if one["SubnetId"] == subnet:
                one.update(facts)

        def answer(call: Call) -> Answer:
            ids = call.parameters.get("SubnetIds")
            vpcs = [id for one in call.parameters.get("Filters", ()) for id in one["Values"]]
            return {"Subnets": [one for one in subnets if one["SubnetId"] in ids]
                    if ids else [one for one in subnets if one["VpcId"] in vpcs]}  # fmt: skip

        self.server.answer("ec2:DescribeSubnets", answer)


def network(server: AccountServer, loaded: Loaded) -> Network:
    """A right account for a layout."""
    return Network(server, loaded, right_account(server, loaded))
