"""The `addons` and `helm_releases` sections."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from ..forms import AddonVersion, ChartName, ChartRepository, ChartVersion
from ..values import Bool, Int, Namespace, RoleArn
from .base import Section


class Addon(Section):
    """An EKS add-on. Its version is the default of the cluster's Kubernetes version, asked of EKS at plan time."""

    enabled: Bool = Field(default=True, description="Whether the add-on is installed.")
    version: AddonVersion | None = Field(
        default=None, description="A version to pin, like v1.21.1-eksbuild.1."
    )
    most_recent: Bool = Field(default=False, description="The newest version in place of the default one.")
    configuration: dict[str, Any] = Field(
        default_factory=dict, description="Configuration values, by the add-on's own schema."
    )
    role_arn: RoleArn | None = Field(
        default=None, description="Your role for the add-on's pods. Without it, one is made."
    )


class HelmRelease(Section):
    """A Helm release in the platform stack."""

    enabled: Bool = Field(default=True, description="Whether the release is installed.")
    repository: ChartRepository = Field(description="Chart repository.")
    chart: ChartName = Field(description="Name of the chart.")
    version: ChartVersion = Field(description="Exact version of the chart.")
    namespace: Namespace = Field(description="Namespace, made where it does not exist.")
    values_file: str | None = Field(
        default=None, description="A values file, from the folder of the file that names it."
    )
    values: dict[str, Any] = Field(default_factory=dict, description="Values, over those of the file.")
    set: dict[str, str | Bool | Int] = Field(
        default_factory=dict,
        description="Single values by dotted key, over all others. As with `helm --set`, a comma splits a value.",
    )
    timeout_minutes: Annotated[Int, Field(ge=1, le=120)] = Field(
        default=15, description="Minutes until Helm gives up."
    )
    wait: Bool = Field(default=True, description="Whether an apply waits until the release's pods are ready.")
