"""Which services of AWS the nodes and pods of a layout call, and so need an endpoint of where there is no way out."""

from __future__ import annotations

from .models import Layout
from .releases import RELEASE_ENDPOINTS

# Without these no node joins and no image is pulled, and the agents get no credentials; S3 holds the layers of ECR.
# https://docs.aws.amazon.com/eks/latest/userguide/private-clusters.html
NEEDED_ENDPOINTS = ("ec2", "ecr.api", "ecr.dkr", "eks-auth", "sts")
# What that page has besides; the endpoints of Systems Manager give a shell.
_ALWAYS = (*NEEDED_ENDPOINTS, "eks", "logs", "ssm", "ssmmessages")
_BY_ADDON = {
    "amazon-cloudwatch-observability": ("monitoring", "xray"),
    "aws-efs-csi-driver": ("elasticfilesystem",),
    "aws-fsx-csi-driver": ("fsx",),
}


def endpoint_services(layout: Layout) -> tuple[str, ...]:
    """Short names of the services that get an endpoint: those of the layout, and in a fully private network all."""
    services = set(layout.network.interface_endpoints or ())
    if layout.network.fully_private:
        services.update(private_services(layout))
    return tuple(sorted(services))


def private_services(layout: Layout) -> tuple[str, ...]:
    """Short names of the services that are called, besides S3, by nodes, add-ons and releases."""
    services = set(_ALWAYS)
    for addon, more in _BY_ADDON.items():
        if layout.has_addon(addon):
            services.update(more)
    services.update(service for name, service in RELEASE_ENDPOINTS.items() if layout.has_release(name))
    if layout.has_autoscaler:
        services.add(RELEASE_ENDPOINTS["cluster-autoscaler"])
    return tuple(sorted(services))
