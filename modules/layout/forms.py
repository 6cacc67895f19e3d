"""Texts of a fixed form, and the error for those that have another."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticCustomError
from pydantic_core.core_schema import no_info_after_validator_function


def wrong(problem: str, remedy: str) -> PydanticCustomError:
    """An error that carries its remedy to `Fault`."""
    return PydanticCustomError("layout_value", "{problem}", {"problem": problem, "remedy": remedy})


@dataclass(frozen=True, slots=True)
class Form:
    """An annotation of text: the check of its form, and what editors check it by.

    The pattern is for the whole text. It may take a little more than the check, and nothing less. `hint` says what to
    write instead.
    """

    check: Callable[[str], str]
    pattern: str
    hint: str = ""

    def __call__(self, value: str) -> str:
        """The value, if it has the form."""
        return self.check(value)

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """The check comes after pydantic's own."""
        return no_info_after_validator_function(self.check, handler(source))

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        """The pattern, anchored: that of JSON Schema may match anywhere."""
        return handler(schema) | self.json_schema()

    def json_schema(self, variable: str = "") -> JsonSchemaValue:
        """Pattern and hint; with the pattern of variables, for a value that may be one."""
        pattern, hint = f"^(?:{self.pattern})$", self.hint
        if variable:
            # What begins like a variable is one, or nothing.
            pattern, hint = rf"^(?!var\.|\$\{{)(?:{self.pattern})$|{variable}", f"{hint} Or var.NAME."
        # What the editors of the YAML language server say: without it, they show the pattern.
        return {"pattern": pattern} | ({"patternErrorMessage": hint.strip()} if hint else {})


def form(pattern: str, problem: str, remedy: str, editors: str | None = None) -> Form:
    """A check that the whole text matches; `editors` is the pattern for the schema where it is another one."""
    compiled = re.compile(f"(?:{pattern})\\Z")

    def check(value: str) -> str:
        if not compiled.match(value):
            shown = value if len(value) <= 100 else value[:97] + "..."
            raise wrong(f"{shown!r} {problem}", remedy)
        return value

    return Form(check, editors or pattern, remedy)


def matching(pattern: str, problem: str, remedy: str, editors: str | None = None) -> Any:
    """An annotation: the whole text has to match."""
    return form(pattern, problem, remedy, editors)


# https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
BucketName = Annotated[
    str,
    matching(
        r"(?!xn--|sthree-|.*\.\.)[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]",
        "is no S3 bucket name",
        "Write 3 to 63 lower-case letters, digits, dots and hyphens, a letter or digit first and last.",
    ),
]
# Without dots: they break TLS with S3's wildcard certificate, and FSx takes none. The prefixes and suffixes are S3's own.
StoreBucketName = Annotated[
    str,
    matching(
        r"(?!xn--|sthree-|amzn-s3-demo-)[a-z0-9][a-z0-9-]{1,61}[a-z0-9](?<!-s3alias)(?<!--ol-s3)(?<!--x-s3)(?<!--table-s3)",
        "is no name for a bucket",
        "Write 3 to 63 lower-case letters, digits and hyphens, a letter or digit first and last, and no dots.",
    ),
]
# The name of one of the layout's (names.StoreName), or of any as a URL.
BucketReference = Annotated[
    str,
    matching(
        r"[a-z](?!.*--)([a-z0-9-]{0,30}[a-z0-9])?|s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]",
        "is neither a name under storage.buckets nor s3://NAME",
        "Write the bucket's name under storage.buckets, or s3://NAME for another; a folder of it goes under prefix.",
    ),
]
BucketFolder = Annotated[
    str,
    matching(
        r"(?!/)[A-Za-z0-9!_.*'()=+@:,/-]{1,500}(?<!/)",
        "is no folder of a bucket",
        "Write at most 500 letters, digits and ! _ . * ' ( ) = + @ : , / -, no slash first or last.",
    ),
]
# https://docs.aws.amazon.com/fsx/latest/APIReference/API_CreateDataRepositoryAssociation.html
LustrePath = Annotated[
    str,
    matching(
        r"/|(/(?!\.{1,2}(/|\Z))[A-Za-z0-9_.-]{1,255}){1,15}",
        "is no folder of a file system",
        "Write it from the file system's root, like /data or /data/train, with no slash at the end.",
        editors=r"/|(/[A-Za-z0-9_.-]{1,255}){1,15}",
    ),
]
# https://docs.aws.amazon.com/fsx/latest/APIReference/API_CreateFileSystemLustreConfiguration.html
MaintenanceTime = Annotated[
    str,
    matching(
        r"[1-7]:([01][0-9]|2[0-3]):[0-5][0-9]",
        "is no maintenance time",
        'Write the day of the week (1 is Monday) and the time in UTC, in quotes: "7:03:00".',
    ),
]
# https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_CreateRepository.html
RepositoryName = Annotated[
    str,
    matching(
        r"(?=.{2,256}\Z)([a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*/)*[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*",
        "is no name of an ECR repository",
        "Write 2 to 256 lower-case letters and digits, with single . _ - or / between them.",
        editors=r"([a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*/)*[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*",
    ),
]
# https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateTargetGroup.html (HealthCheckPath)
HttpPath = Annotated[
    str,
    matching(
        r"/[A-Za-z0-9!$&'()*+,;=:@._~%/?-]{0,1023}",
        "is no path of a URL",
        "Write the path alone, with a slash first: /healthz.",
    ),
]
# https://kubernetes.io/docs/concepts/services-networking/ingress/#hostname-wildcards
HostName = Annotated[
    str,
    matching(
        r"(?=.{1,253}\Z)(\*\.)?([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])?",
        "is no host name",
        "Write a DNS name in lower case, without https:// or a port: api.example.com. *. before it stands for one label.",
        editors=r"(\*\.)?([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])?",
    ),
]
KeyPrefix = Annotated[
    str,
    matching(
        r"(?!/)[A-Za-z0-9!_.*'()/-]{1,200}(?<!/)",
        "is no folder of a bucket",
        "Write at most 200 letters, digits and ! _ . * ' ( ) / -, no slash first or last.",
    ),
]
AmiReleaseVersion = Annotated[
    str,
    matching(
        r"[0-9A-Za-z.+-]{3,64}", "is no AMI release", 'Write a release as EKS lists it: "1.35.0-20260120".'
    ),
]
AddonVersion = Annotated[
    str,
    matching(
        r"v[0-9]+\.[0-9]+\.[0-9]+-eksbuild\.[0-9]+",
        "is no version of an EKS add-on",
        "Write it as EKS lists it, like v1.21.1-eksbuild.1, or leave it out for the default of the Kubernetes version.",
    ),
]
EndpointService = Annotated[
    str,
    matching(
        r"[a-z0-9.-]{2,60}",
        "is no short name of a service",
        "Write the end of the service's name: ec2, ecr.api, sts.",
    ),
]
ChartRepository = Annotated[
    str,
    matching(
        r"(https|oci)://[^\s${}]+",
        "is no chart repository",
        "Write the address, with https:// or oci:// before it.",
    ),
]
ChartName = Annotated[
    str,
    matching(r"[A-Za-z0-9._-]+", "is no chart name", "Write the chart's name alone, without its repository."),
]
ChartVersion = Annotated[
    str,
    matching(
        r"v?[0-9]+\.[0-9]+\.[0-9]+[0-9A-Za-z.+-]*",
        "is no exact chart version",
        "Write one version, like 1.2.3: the same layout has to give the same cluster tomorrow.",
    ),
]
RuleId = Annotated[
    str,
    matching(
        r"[a-z0-9]+(-[a-z0-9]+)*",
        "is no id of a rule",
        "Write the id of a rule as the review names it, like nodes-roll; `python -m ops review --rules` lists them.",
    ),
]
# What a `for_each` has as keys may hold brackets, quotes and spaces.
AddressGlob = Annotated[
    str,
    matching(
        r"(?! )[ -~]{1,300}(?<! )",
        "is no address of a resource",
        "Write an address as the review shows it, like aws_eks_node_group.nodes_p5, or a part of it and *.",
        editors=r"[ -~]{1,300}",
    ),
]
Reason = Annotated[
    str,
    matching(
        r"(?=.{1,500}\Z)[^\x00-\x1f\x7f]*[^\x00-\x20\x7f][^\x00-\x1f\x7f]*",
        "is no reason",
        "Write in one line, of at most 500 characters, why this may pass.",
        editors=r"[^\x00-\x1f\x7f]{1,500}",
    ),
]


def _day(value: str) -> str:
    try:
        day = date.fromisoformat(value) if re.match(r"[0-9]{4}-[0-9]{2}-[0-9]{2}\Z", value) else None
    except ValueError:
        day = None
    if day is None:
        shown = value if len(value) <= 100 else value[:97] + "..."
        raise wrong(f"{shown!r} is no day", "Write year, month and day: 2026-12-31.")
    return value


# Only the shape: that the day exists is said by the loader.
Day = Annotated[
    str,
    Form(
        _day, r"[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])", "Write year, month and day: 2026-12-31."
    ),
]
