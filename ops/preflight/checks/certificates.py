"""Certificates of load balancers."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from ...checking.check import Finding, Level
from ..subject import Subject

_SOON = timedelta(days=30)


class Certificates:
    """A load balancer whose certificate is missing or not issued is never made, and the server stays unreachable."""

    id = "certificates"
    level: Level = "error"
    remedy = "Correct certificate_arn; `aws acm list-certificates` has those that there are."
    actions: tuple[str, ...] = ("acm:DescribeCertificate",)

    def applies(self, subject: Subject) -> bool:
        """A load balancer has a certificate."""
        return any(True for _ in _certificates(subject))

    def look(self, subject: Subject) -> Iterator[Finding]:
        """Each certificate is there, issued, not about to end, and for the host."""
        for where, arn, host in _certificates(subject):
            found = subject.account.find(
                "acm",
                "describe_certificate",
                ("ResourceNotFoundException",),
                CertificateArn=arn,
            )
            if found is None:
                yield Finding(where, f"there is no certificate {arn}")
                continue
            certificate = found["Certificate"]
            if certificate["Status"] != "ISSUED":
                yield Finding(
                    where,
                    f"the certificate {arn} is {certificate['Status']}, and not ISSUED",
                    f"aws acm describe-certificate --region {subject.layout.region} --certificate-arn {arn}"
                    " says what it waits for.",
                )
                continue
            covered = [certificate["DomainName"], *certificate.get("SubjectAlternativeNames", ())]
            if host is not None and not any(_matches(one, host) for one in covered):
                yield Finding(
                    where,
                    f"the certificate {arn} is for {', '.join(dict.fromkeys(covered))}, and not for the host {host}",
                    "Clients refuse it: take a certificate of the host.",
                    "warning",
                )
            yield from _ending(subject, where, certificate)


def _ending(subject: Subject, where: str, certificate: dict[str, Any]) -> Iterator[Finding]:
    # ACM renews those that it has made, and that something uses; others are imported anew by hand.
    # https://docs.aws.amazon.com/acm/latest/userguide/managed-renewal.html
    ends = certificate.get("NotAfter")
    if ends is not None and certificate.get("Type") == "IMPORTED" and ends - subject.now <= _SOON:
        yield Finding(
            where,
            f"the imported certificate {certificate['CertificateArn']} ends on {ends.date()}, and ACM does not renew it",
            f"Import a new one: aws acm import-certificate --region {subject.layout.region} --certificate-arn "
            f"{certificate['CertificateArn']} --certificate fileb://cert.pem --private-key fileb://key.pem",
            "warning",
        )


def _matches(name: str, host: str) -> bool:
    """Whether a certificate's name is that of a host; a `*` stands for one label.

    https://docs.aws.amazon.com/acm/latest/userguide/acm-certificate-characteristics.html
    """
    name, host = name.lower(), host.lower()
    return name == host or (name.startswith("*.") and host.partition(".")[2] == name[2:])


def _certificates(subject: Subject) -> Iterator[tuple[str, str, str | None]]:
    for name, server in subject.layout.workloads.serving.items():
        balancer = server.load_balancer
        if balancer is not None and balancer.certificate_arn is not None:
            path = f"workloads.serving.{name}.load_balancer.certificate_arn"
            yield path, str(balancer.certificate_arn), balancer.host
