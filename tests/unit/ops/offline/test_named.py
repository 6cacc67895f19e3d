"""What the stacks of another checkout say that there is already, put into the account."""

from __future__ import annotations

from typing import Any

from ops.offline.account import Account
from ops.offline.named import add_named

VPC, GROUP = "vpc-0aaaaaaaaaaaaaaaa", "sg-0aaaaaaaaaaaaaaaa"
SUBNETS = [f"subnet-0aaaaaaaaaaaaaaa{letter}" for letter in "abc"]
STACK: dict[str, Any] = {
    "data": {
        "aws_vpc": {"vpc": {"id": "${var.vpc}"}},
        "aws_subnet": {
            "private": {"for_each": "${toset(var.private)}", "id": "${each.value}"},
            "gpu": {
                "id": SUBNETS[2],
                "lifecycle": {"postcondition": [{"condition": '${self.availability_zone == "us-west-2d"}'}]},
            },
        },
    },
    "resource": {
        "aws_eks_node_group": {
            "arm": {
                "instance_types": ["c6g.2xlarge"],
                "launch_template": {"id": "${aws_launch_template.arm.id}"},
            }
        },
        "aws_launch_template": {
            "arm": {"image_id": "ami-0aaaaaaaaaaaaaaaa", "vpc_security_group_ids": [GROUP]}
        },
    },
}


def test_networks_and_images_are_there_where_the_stack_wants_them() -> None:
    account = Account()
    add_named(account, [STACK], {"vpc": VPC, "private": SUBNETS[:2]})
    assert list(account.vpcs) == [VPC]
    assert account.security_groups == {GROUP: VPC}
    assert {subnet: found.vpc_id for subnet, found in account.subnets.items()} == dict.fromkeys(SUBNETS, VPC)
    zones = [account.subnets[subnet].zone for subnet in SUBNETS]
    assert zones[2] == "us-west-2d"
    assert zones[0] != zones[1], "a control plane needs two"
    assert len({found.cidr for found in account.subnets.values()}) == 3
    assert account.images["ami-0aaaaaaaaaaaaaaaa"].architecture == "arm64"


def test_what_the_account_has_already_stays_as_it_is() -> None:
    account = Account.with_network("us-west-2", VPC, {SUBNETS[2]: "us-west-2a"})
    before = account.subnets[SUBNETS[2]]
    add_named(account, [STACK], {"vpc": VPC, "private": SUBNETS[:1]})
    assert account.subnets[SUBNETS[2]] is before
    assert set(account.subnets) == {SUBNETS[0], SUBNETS[2]}


def test_a_stack_that_names_nothing_adds_nothing() -> None:
    account = Account()
    add_named(account, [{"resource": {"aws_vpc": {"vpc": {"cidr_block": "10.0.0.0/16"}}}}], {})
    assert account == Account()
