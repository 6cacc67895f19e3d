"""Names and ids of availability zones."""

from __future__ import annotations

import pytest

from ops.offline.account.zones import IDS_WITHOUT_EKS, local_zones, region_code, zones


@pytest.mark.parametrize(
    ("region", "code"),
    [
        ("us-west-2", "usw2"),
        ("us-east-1", "use1"),
        ("ap-northeast-1", "apne1"),
        ("ap-southeast-3", "apse3"),
        ("ap-south-1", "aps1"),
        ("ca-central-1", "cac1"),
        ("eu-central-1", "euc1"),
        ("eu-south-2", "eus2"),
        ("il-central-1", "ilc1"),
        ("me-central-1", "mec1"),
        ("us-gov-west-1", "usgw1"),
        ("cn-northwest-1", "cnnw1"),
    ],
)
def test_a_region_is_shortened_as_in_its_zone_ids(region: str, code: str) -> None:
    assert region_code(region) == code


def test_a_region_with_three_zones_has_a_b_and_c() -> None:
    assert zones("eu-west-1") == {
        "eu-west-1a": "euw1-az1",
        "eu-west-1b": "euw1-az2",
        "eu-west-1c": "euw1-az3",
    }


def test_tokyo_shows_three_of_its_letters() -> None:
    assert list(zones("ap-northeast-1")) == ["ap-northeast-1a", "ap-northeast-1c", "ap-northeast-1d"]


def test_us_east_1_has_the_zone_that_takes_no_control_plane() -> None:
    assert len(zones("us-east-1")) == 6
    assert zones("us-east-1")["us-east-1c"] == "use1-az3"


def test_central_canada_has_no_third_zone() -> None:
    assert zones("ca-central-1")["ca-central-1d"] == "cac1-az4"
    assert "cac1-az3" not in zones("ca-central-1").values()


def test_an_unknown_region_gets_three_zones() -> None:
    assert zones("xx-southwest-9") == {
        "xx-southwest-9a": "xxsw9-az1",
        "xx-southwest-9b": "xxsw9-az2",
        "xx-southwest-9c": "xxsw9-az3",
    }


@pytest.mark.parametrize("zone", ["us-west-1b", "ap-northeast-1b", "ca-central-1c"])
def test_a_zone_that_only_some_accounts_have_is_there_when_it_is_named(zone: str) -> None:
    region = zone[:-1]
    assert zone not in zones(region)
    found = zones(region, [zone])
    assert found.keys() == {*zones(region), zone}
    assert len(set(found.values())) == len(found)


def test_a_zone_that_no_account_has_is_not_there_when_it_is_named() -> None:
    assert zones("us-west-2", ["us-west-2f", "us-east-1b", "us-west-2-lax-1a"]) == zones("us-west-2")


@pytest.mark.parametrize(
    "named", [["us-east-1a", "us-east-1b", "us-east-1c"], ["us-west-1a", "us-west-1b"], ["us-west-1b"]]
)
def test_the_zone_without_control_planes_is_another_one_than_those_that_are_named(named: list[str]) -> None:
    found = zones(named[0][:-1], named)
    assert not {found[zone] for zone in named} & {*IDS_WITHOUT_EKS}
    assert len(set(found.values())) == len(found)
    assert list(found) == sorted(found)


def test_with_every_zone_named_one_of_them_takes_no_control_plane() -> None:
    assert zones("us-east-1", zones("us-east-1")) == zones("us-east-1")


def test_the_letters_of_central_canada_are_not_drawn_by_lot() -> None:
    assert zones("ca-central-1", ["ca-central-1c"])["ca-central-1c"] == "cac1-az3"


def test_local_zones_are_told_from_the_others() -> None:
    assert local_zones(
        "us-west-2", ["us-west-2a", "us-west-2-lax-1b", "us-east-1-bos-1a", "us-west-2-x"]
    ) == {"us-west-2-lax-1b": "usw2-lax1-az2"}
