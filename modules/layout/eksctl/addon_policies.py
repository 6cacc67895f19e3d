"""IAM rights that eksctl gives to nodes or service accounts by a word, as what needs them here.

What each word stands for: https://github.com/eksctl-io/eksctl/blob/main/pkg/cfn/builder/iam_helper.go
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..faults import KeyPath
from ..releases import CHARTS, RELEASE_SERVICE_ACCOUNTS
from .draft import Draft
from .manifest import Part
from .options import Options

# An add-on that brings a role of its own.
_ADDONS = {
    "ebs": "aws-ebs-csi-driver",
    "efs": "aws-efs-csi-driver",
    "fsx": "aws-fsx-csi-driver",
    "externalDNS": "external-dns",
    "certManager": "cert-manager",
    "ebsCSIController": "aws-ebs-csi-driver",
    "efsCSIController": "aws-efs-csi-driver",
}
TRUST = "By pod identity: the role has to trust pods.eks.amazonaws.com for sts:AssumeRole and sts:TagSession."
# Rights that whatever runs on the nodes makes use of.
_POLICIES = {
    "imageBuilder": "AmazonEC2ContainerRegistryPowerUser",
    "xRay": "AWSXRayDaemonWriteAccess",
}
_BY_DEFAULT = {"aws-ebs-csi-driver"}
# The second is the older name of the first.
_LOAD_BALANCERS = ("awsLoadBalancerController", "albIngress")
# Their pods have no rights of their own: namespace and service account are of the name of the add-on.
_NEED_RIGHTS = {"external-dns", "cert-manager"}


def addon_policies(given: Part, draft: Draft, group: KeyPath, options: Options) -> list[str]:
    """`withAddonPolicies` of a node group: add-ons are written into the draft, the ARNs of policies are returned."""
    arns = []
    wanted = [key for key in given if given.value(key)]
    for key in wanted:
        if key in _ADDONS:
            addon(given, key, draft)
        elif key in _POLICIES:
            arns.append(_managed(_POLICIES[key], draft))
            given.changed(key, f"the node role gets {_POLICIES[key]}")
        elif key == "autoScaler":
            _autoscaler(given, draft, group, options)
        elif key in _LOAD_BALANCERS:
            _load_balancers(given, key, draft)
        elif key == "cloudWatch":
            note = "the nodes do not get this right; the add-on amazon-cloudwatch-observability has a role of its own"
            if "amazon-cloudwatch-observability" not in (draft.get(("addons",)) or {}):
                note += ": add it to `addons` for Container Insights"
            given.changed(key, note)
        else:
            given.dropped(key, f"{key} has no counterpart: the nodes get no rights for it")
    return arns


def addon(given: Part, key: str, draft: Draft) -> None:
    """An add-on in place of a right: it has a role of its own, by pod identity."""
    name = _ADDONS[key]
    if name not in _BY_DEFAULT and draft.get(("addons", name)) is None:
        draft.put(("addons", name), {})
    note = f"the add-on {name} has a role of its own"
    if name in _NEED_RIGHTS:
        policy = {"Version": "2012-10-17", "Statement": _STATEMENTS[key](draft)}
        entry = {"namespace": name, "service_account": name, "policy": policy}
        draft.put(("cluster", "pod_identity_associations", name), entry)
        note = f"the add-on {name} is installed, with these rights; another one of yours needs an association of its own"
    given.changed(key, note)


def _load_balancers(given: Part, key: str, draft: Draft) -> None:
    """The release in place of the right: eksctl leaves its installation to the user."""
    name = "aws-load-balancer-controller"
    if draft.get(("helm_releases", name)) is None:
        draft.put(("helm_releases", name), {})
    account = f"{CHARTS[name].namespace}/{RELEASE_SERVICE_ACCOUNTS[name]}"
    note = f"the release {name} is installed, with these rights for {account}: install it no second time; another account " \
           "of yours needs an association of its own"  # fmt: skip
    given.changed(key, note)


def _autoscaler(given: Part, draft: Draft, group: KeyPath, options: Options) -> None:
    if options.autoscaler:
        draft.put((*group, "scaling_owner"), "autoscaler")
        given.changed("autoScaler", "the cluster autoscaler is installed, and owns the group's size")
        return
    note = "the nodes do not get this right, which installs nothing by itself: --autoscaler, or `scaling_owner: " \
           "autoscaler` in the group, installs the cluster autoscaler with a role of its own"  # fmt: skip
    given.changed("autoScaler", note)


def well_known(given: Part, name: str, draft: Draft) -> dict[str, Any]:
    """`wellKnownPolicies` of a service account: what its association gets, as `policy_arns` and `policy`."""
    arns: list[str] = []
    statements: list[dict[str, Any]] = []
    for key in [key for key in given if given.value(key)]:
        if key in ("ebsCSIController", "efsCSIController"):
            addon(given, key, draft)
        elif key in _LOAD_BALANCERS:
            _load_balancers(given, key, draft)
        elif key == "imageBuilder":
            arns.append(_managed(_POLICIES[key], draft))
        elif key in _STATEMENTS:
            statements += _STATEMENTS[key](draft)
        else:
            given.dropped(key, f"{name} gets no rights for it: write them as `policy`")
    unique = [one for index, one in enumerate(statements) if one not in statements[:index]]
    policy = {"Version": "2012-10-17", "Statement": unique} if unique else None
    return {key: value for key, value in (("policy_arns", arns), ("policy", policy)) if value}


def _external_dns(draft: Draft) -> list[dict[str, Any]]:
    listing = ["route53:ListHostedZones", "route53:ListTagsForResource", "route53:ListTagsForResources"]
    return [_hosted_zones(draft), {"Effect": "Allow", "Action": listing, "Resource": "*"}]


def _cert_manager(draft: Draft) -> list[dict[str, Any]]:
    changes = f"arn:{_partition(draft)}:route53:::change/*"
    return [
        {"Effect": "Allow", "Action": "route53:GetChange", "Resource": changes},
        _hosted_zones(draft),
        {"Effect": "Allow", "Action": "route53:ListHostedZonesByName", "Resource": "*"},
    ]


def _cluster_autoscaler(draft: Draft) -> list[dict[str, Any]]:
    """As for our own release: what changes a group is kept to groups of this cluster, by the tag that EKS gives them.

    https://github.com/kubernetes/autoscaler/blob/master/cluster-autoscaler/cloudprovider/aws/README.md
    """
    groups = (
        "AutoScalingGroups",
        "AutoScalingInstances",
        "LaunchConfigurations",
        "ScalingActivities",
        "Tags",
    )
    reading = [f"autoscaling:Describe{what}" for what in groups]
    reading += [f"ec2:Describe{what}" for what in ("Images", "InstanceTypes", "LaunchTemplateVersions")]
    reading += ["ec2:GetInstanceTypesFromInstanceRequirements", "eks:DescribeNodegroup"]
    tag = f"aws:ResourceTag/k8s.io/cluster-autoscaler/{draft.get(('name',))}"
    writing = ["autoscaling:SetDesiredCapacity", "autoscaling:TerminateInstanceInAutoScalingGroup"]
    owned = {"StringEquals": {tag: "owned"}}
    return [
        {"Effect": "Allow", "Action": reading, "Resource": "*"},
        {"Effect": "Allow", "Action": writing, "Resource": "*", "Condition": owned},
    ]


_STATEMENTS: dict[str, Callable[[Draft], list[dict[str, Any]]]] = {
    "autoScaler": _cluster_autoscaler,
    "externalDNS": _external_dns,
    "certManager": _cert_manager,
}


def _hosted_zones(draft: Draft) -> dict[str, Any]:
    return {
        "Effect": "Allow",
        "Action": ["route53:ChangeResourceRecordSets", "route53:ListResourceRecordSets"],
        "Resource": f"arn:{_partition(draft)}:route53:::hostedzone/*",
    }


def _managed(policy: str, draft: Draft) -> str:
    return f"arn:{_partition(draft)}:iam::aws:policy/{policy}"


def _partition(draft: Draft) -> str:
    """The part of an ARN: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html."""
    region = str(draft.get(("region",)))
    return {"cn": "aws-cn", "us-gov": "aws-us-gov"}.get(region.rsplit("-", 2)[0], "aws")
