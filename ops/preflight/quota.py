"""Service quotas: what an account's is, and what to say where a layout does not fit into it."""

from __future__ import annotations

import math
from dataclasses import dataclass

from ..aws.account import Account
from ..checking.check import Finding, Level, UnaskedError
from .subject import Subject

QUOTA_ACTIONS = ("servicequotas:GetServiceQuota", "servicequotas:GetAWSDefaultServiceQuota")
_NO_QUOTA = ("NoSuchResourceException",)


@dataclass(frozen=True, slots=True)
class Quota:
    """A quota, by Service Quotas' codes of its service and its own, and what it counts: `vCPUs`."""

    service: str
    code: str
    unit: str


@dataclass(frozen=True, slots=True)
class Applied:
    """A quota's value in an account and region, and its name as Service Quotas has it."""

    name: str
    value: float


def applied(account: Account, quota: Quota) -> Applied:
    """The account's own value, else what AWS gives everybody, since the own one exists only where it was changed once.

    https://docs.aws.amazon.com/servicequotas/2019-06-24/apireference/API_GetServiceQuota.html

    Raises:
        UnaskedError: it cannot be asked, or Service Quotas knows it in no form.
    """
    codes = {"ServiceCode": quota.service, "QuotaCode": quota.code}
    for operation in ("get_service_quota", "get_aws_default_service_quota"):
        answer = account.find("service-quotas", operation, _NO_QUOTA, **codes)
        if answer is not None and "Value" in answer["Quota"]:
            found = answer["Quota"]
            return Applied(str(found.get("QuotaName", quota.code)), float(found["Value"]))
    raise UnaskedError(f"Service Quotas knows no quota {quota.code} of {quota.service} in {account.region}")


def exceeded(
    subject: Subject,
    quota: Quota,
    where: str,
    *,
    used: float,
    needed: float,
    purpose: str = "",
    level: Level | None = None,
) -> Finding | None:
    """What is found where `needed` do not fit beside what is `used`; nothing where they do.

    Args:
        purpose: what needs them, ` for size.desired`.
    """
    found = applied(subject.account, quota)
    if used + needed <= found.value:
        return None
    problem = (
        f"the quota {found.name} ({quota.code}) is {found.value:.0f} {quota.unit}; {used:.0f} in use besides, and the layout "
        f"needs {needed:.0f}{purpose}"
    )
    remedy = (
        f"aws service-quotas request-service-quota-increase --service-code {quota.service} --quota-code {quota.code} "
        f"--desired-value {math.ceil(used + needed)} --region {subject.layout.region}"
    )
    return Finding(where, problem, remedy, level)
