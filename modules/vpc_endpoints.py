"""Which interface endpoints a network needs."""

from __future__ import annotations

from .layout import Layout

# https://docs.aws.amazon.com/eks/latest/userguide/private-clusters.html; those of Systems Manager give a shell.
_ALWAYS = ("ec2", "ecr.api", "ecr.dkr", "eks", "eks-auth", "logs", "ssm", "ssmmessages", "sts")
_BY_ADDON = {
    "amazon-cloudwatch-observability": ("monitoring", "xray"),
    "aws-efs-csi-driver": ("elasticfilesystem",),
    "aws-fsx-csi-driver": ("fsx",),
}


def endpoint_services(layout: Layout) -> tuple[str, ...]:
    """Short names of the services: those of the layout, and in a fully private network all that EKS needs."""
    services = set(layout.network.interface_endpoints or ())
    if layout.network.fully_private:
        services.update(_ALWAYS)
        for addon, more in _BY_ADDON.items():
            if addon in layout.addons and layout.addons[addon].enabled:
                services.update(more)
        if layout.has_autoscaler:
            services.add("autoscaling")
    return tuple(sorted(services))
