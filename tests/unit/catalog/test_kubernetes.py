"""Kubernetes versions of EKS and the days on which their support changes."""

from datetime import date

import pytest

from modules.catalog import KubernetesVersion, kubernetes_version, kubernetes_versions
from modules.catalog.datafile import KUBERNETES_VERSIONS, read

# version: release on EKS, end of standard support, end of extended support
CALENDAR = {
    "1.29": ("2024-01-23", "2025-03-23", "2026-03-23"),
    "1.30": ("2024-05-23", "2025-07-23", "2026-07-23"),
    "1.31": ("2024-09-26", "2025-11-26", "2026-11-26"),
    "1.32": ("2025-01-23", "2026-03-23", "2027-03-23"),
    "1.33": ("2025-05-29", "2026-07-29", "2027-07-29"),
    "1.34": ("2025-10-02", "2026-12-02", "2027-12-02"),
    "1.35": ("2026-01-27", "2027-03-27", "2028-03-27"),
    "1.36": ("2026-06-02", "2027-08-02", "2028-08-02"),
    "1.37": ("2026-10-01", "2027-12-01", "2028-12-01"),
}


def test_the_calendar_date_by_date() -> None:
    found = {
        known.version: tuple(
            day.isoformat()
            for day in (known.released, known.end_of_standard_support, known.end_of_extended_support)
        )
        for known in kubernetes_versions()
    }
    assert found == CALENDAR


def test_the_versions_are_in_order_and_found_by_name() -> None:
    assert [known.version for known in kubernetes_versions()] == list(CALENDAR)
    for known in kubernetes_versions():
        assert kubernetes_version(known.version) is known


@pytest.mark.parametrize("version", ["1.28", "1.3", "v1.34", "1.34.1", ""])
def test_a_version_that_eks_does_not_have_is_not_found(version: str) -> None:
    assert kubernetes_version(version) is None


def test_every_version_names_its_source() -> None:
    assert all(record["source"].startswith("https://") for record in read(KUBERNETES_VERSIONS).values())


@pytest.mark.parametrize(
    "version, today, support",
    [
        ("1.34", date(2025, 10, 1), "unreleased"),
        ("1.34", date(2025, 10, 2), "standard"),
        ("1.34", date(2026, 11, 22), "standard"),
        ("1.34", date(2026, 12, 1), "standard"),
        ("1.34", date(2026, 12, 2), "extended"),
        ("1.34", date(2027, 12, 1), "extended"),
        ("1.34", date(2027, 12, 2), "ended"),
        ("1.31", date(2026, 11, 22), "extended"),
        ("1.31", date(2026, 11, 26), "ended"),
        ("1.30", date(2026, 11, 22), "ended"),
        ("1.36", date(2026, 11, 22), "standard"),
    ],
)
def test_support_changes_on_the_end_date_itself(version: str, today: date, support: str) -> None:
    found = kubernetes_version(version)
    assert found is not None
    assert found.support(today) == support


def test_dates_out_of_order_are_refused() -> None:
    with pytest.raises(ValueError, match=r"Kubernetes 1\.99"):
        KubernetesVersion("1.99", date(2030, 1, 1), date(2029, 1, 1), date(2031, 1, 1))
    with pytest.raises(ValueError, match="out of order"):
        KubernetesVersion("1.99", date(2030, 1, 1), date(2031, 1, 1), date(2031, 1, 1))
