"""What a ClusterConfig says of the cluster as a whole, and what of it has no counterpart."""

from __future__ import annotations

from ..defaults import KUBERNETES_VERSION
from ..language import choices_of
from ..values import Cidr, ClusterName, KmsKeyArn, KubernetesVersion, LogType, Region, RetentionDays, Tags
from .draft import Draft, fits, layout_name
from .manifest import Part
from .options import Options

# A region that has all the reference types; only where the manifest says none, and said loudly.
_REGION = "us-west-2"
_FOREIGN = {
    "fargateProfiles": "Fargate has no counterpart: its pods need a node group",
    "gitops": "GitOps (Flux) is not installed",
    "outpost": "Outposts have no counterpart: the control plane is in the region",
    "remoteNetworkConfig": "hybrid nodes have no counterpart",
    "identityProviders": "OIDC identity providers have no counterpart: use access entries",
    "capabilities": "EKS capabilities (Argo CD, ACK, kro) are not installed",
    "localZones": "local zones have no counterpart",
    "controlPlaneScalingConfig": "the control plane has EKS's standard tier",
}


def cluster(manifest: Part, draft: Draft, options: Options) -> None:
    """Writes name, region, version, tags and the settings of the control plane."""
    manifest.value("apiVersion")
    manifest.value("kind")
    _metadata(manifest.part("metadata"), draft, options)
    _logs(manifest.part("cloudWatch").part("clusterLogging"), draft)
    _encryption(manifest.part("secretsEncryption"), draft)
    _kubernetes_network(manifest.part("kubernetesNetworkConfig"), draft)
    if manifest.part("zonalShiftConfig").value("enabled"):
        draft.put(("cluster", "zonal_shift"), True)
    policy = manifest.part("upgradePolicy")
    support = policy.text("supportType").upper()
    if support in ("STANDARD", "EXTENDED"):
        draft.put(("cluster", "support_type"), support)
    elif support:
        policy.dropped("supportType", f"{support} is not known")
    _auto_mode(manifest.part("autoModeConfig"))
    for key, why in _FOREIGN.items():
        if manifest.value(key):
            manifest.dropped(key, why)


def _metadata(given: Part, draft: Draft, options: Options) -> None:
    text = given.text("name")
    name = text if fits(text, ClusterName) else layout_name(text)
    if len(name) < 2:
        name = f"cluster-{name}" if name else "cluster"
    if name != text:
        given.changed(
            "name" if text else "", f"{name}: 2 to 63 lower-case letters, digits and single hyphens"
        )
    draft.put(("name",), name)
    region = given.text("region")
    if options.region or fits(region, Region):
        draft.put(("region",), options.region or region)
        if options.region and region != options.region:
            given.changed("region" if region else "", f"{options.region}, as --region says")
    else:
        draft.put(("region",), _REGION, f"The manifest has no region ({region or 'none'}): write yours.")
        draft.pinned.add("region")
        given.dropped(
            "region" if region else "", f"no region: {_REGION} stands in the layout; --region says another"
        )
    version = given.text("version").removeprefix("v")
    if fits(version, KubernetesVersion):
        draft.put(("kubernetes_version",), version)
    elif version:
        given.changed("version", f"{version!r} is no minor version: the default")
    else:
        given.changed("", f"no Kubernetes version: {KUBERNETES_VERSION}, the default")
    tags = given.pairs("tags")
    good = {key: value for key, value in tags.items() if fits({key: value}, Tags)}
    draft.put(("tags",), good)
    for key in tags.keys() - good.keys():
        given.dropped("tags", f"{key}={tags[key]} is no tag that AWS takes")
    for key, why in (("annotations", "nothing reads them"), ("forceUpdateVersion", "only for eksctl upgrade"),
                     ("rollbackConfig", "only for eksctl upgrade")):  # fmt: skip
        if key in given:
            given.dropped(key, why, harmless=True)


def _logs(given: Part, draft: Draft) -> None:
    if "enableTypes" in given:
        wanted = given.texts("enableTypes")
        every = list(choices_of(LogType))
        types = every if {"*", "all"} & set(wanted) else [kind for kind in every if kind in wanted]
        unknown = [kind for kind in wanted if kind not in (*every, "*", "all")]
        if unknown:
            given.dropped("enableTypes", f"{', '.join(unknown)}: no such log")
        draft.tree.setdefault("cluster", {}).setdefault("logs", {})["types"] = types
    days = given.value("logRetentionInDays")
    if days is not None:
        steps = choices_of(RetentionDays)
        step = next((step for step in steps if step >= days), steps[-1])
        if step != days:
            given.changed("logRetentionInDays", f"{step}, in CloudWatch's steps")
        draft.put(("cluster", "logs", "retention_days"), step)


def _encryption(given: Part, draft: Draft) -> None:
    arn = given.text("keyARN")
    if arn:
        key = draft.known(given, "keyARN", arn, KmsKeyArn)
        draft.put(("cluster", "secrets_encryption", "kms_key_arn"), key)


def _kubernetes_network(given: Part, draft: Draft) -> None:
    if given.text("ipFamily") == "IPv6":
        given.dropped("ipFamily", "IPv6 has no counterpart: pods and services have IPv4 addresses")
    elif given.text("ipFamily") not in ("", "IPv4"):
        given.dropped("ipFamily", "is neither IPv4 nor IPv6")
    cidr = given.text("serviceIPv4CIDR")
    if cidr and fits(cidr, Cidr):
        draft.put(("cluster", "service_ipv4_cidr"), cidr)
    elif cidr:
        given.changed("serviceIPv4CIDR", f"{cidr!r} is no range: EKS chooses one")


def _auto_mode(given: Part) -> None:
    if given.value("enabled"):
        given.dropped("", "EKS Auto Mode has no counterpart: the nodes are those of the node groups")
    else:
        for key in given:
            given.value(key)
