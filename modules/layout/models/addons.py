"""The `addons` and `helm_releases` sections."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from ..forms import AddonVersion, ChartName, ChartRepository, ChartVersion
from ..values import Bool, Int, Namespace, RoleArn
from .base import Section, about


class Addon(Section):
    """An EKS add-on. Its version is the default of the cluster's Kubernetes version, asked of EKS at plan time."""

    enabled: Bool = Field(default=True, description="Whether the add-on is installed.", examples=[False])
    version: AddonVersion | None = Field(
        default=None,
        description="A version to pin, like v1.21.1-eksbuild.1.",
        examples=["v1.21.1-eksbuild.1"],
        json_schema_extra=about(
            source="https://docs.aws.amazon.com/eks/latest/APIReference/API_CreateAddon.html"
        ),
    )
    most_recent: Bool = Field(
        default=False, description="The newest version in place of the default one.", examples=[True]
    )
    configuration: dict[str, Any] = Field(
        default_factory=dict,
        description="Configuration values, by the add-on's own schema.",
        examples=[{"env": {"WARM_IP_TARGET": "4"}}],
        json_schema_extra=about(
            source="https://docs.aws.amazon.com/eks/latest/APIReference/API_CreateAddon.html"
        ),
    )
    role_arn: RoleArn | None = Field(
        default=None,
        description="Your role for the add-on's pods. Without it, one is made for the CNI, CloudWatch and the EBS, EFS and FSx "
        "drivers.",
        examples=["arn:aws:iam::123456789012:role/ebs-csi", "var.ebs_csi_role_arn"],
        json_schema_extra=about(source="https://docs.aws.amazon.com/eks/latest/userguide/add-ons-iam.html"),
    )


class HelmRelease(Section):
    """A Helm release in the platform stack."""

    enabled: Bool = Field(default=True, description="Whether the release is installed.", examples=[False])
    repository: ChartRepository = Field(
        description="Chart repository.",
        examples=["https://helm.ngc.nvidia.com/nvidia", "oci://registry.example.com/charts"],
        json_schema_extra=about(source="https://helm.sh/docs/topics/registries/"),
    )
    chart: ChartName = Field(description="Name of the chart.", examples=["gpu-operator"])
    version: ChartVersion = Field(description="Exact version of the chart.", examples=["v26.7.0"])
    namespace: Namespace = Field(
        description="Namespace, made where it does not exist.",
        examples=["gpu-operator"],
        json_schema_extra=about(
            source="https://kubernetes.io/docs/concepts/overview/working-with-objects/namespaces/"
        ),
    )
    values_file: str | None = Field(
        default=None,
        description="A values file, from the folder of the file that names it.",
        examples=["values/gpu-operator.yaml"],
        json_schema_extra=about(source="https://helm.sh/docs/chart_template_guide/values_files/"),
    )
    values: dict[str, Any] = Field(
        default_factory=dict,
        description="Values, over those of the file.",
        examples=[{"driver": {"enabled": False}}],
        json_schema_extra=about(source="https://helm.sh/docs/chart_template_guide/values_files/"),
    )
    set: dict[str, str | Bool | Int] = Field(
        default_factory=dict,
        description="Single values by dotted key, over all others. As with `helm --set`, a comma splits a value.",
        examples=[{"driver.enabled": False}],
        json_schema_extra=about(source="https://helm.sh/docs/helm/helm_install/"),
    )
    timeout_minutes: Annotated[Int, Field(ge=1, le=120)] = Field(
        default=15,
        description="Minutes until Helm gives up.",
        examples=[30],
        json_schema_extra=about(unit="minutes", source="https://helm.sh/docs/helm/helm_install/"),
    )
    wait: Bool = Field(
        default=True,
        description="Whether an apply waits until the release's pods are ready.",
        examples=[False],
        json_schema_extra=about(source="https://helm.sh/docs/helm/helm_install/"),
    )
