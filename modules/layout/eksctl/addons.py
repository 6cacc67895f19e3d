"""`addons` and `karpenter` of a ClusterConfig."""

from __future__ import annotations

from typing import Any

from ..document import parse
from ..faults import LayoutError
from ..forms import AddonVersion, ChartVersion
from ..releases import ADDON_IDENTITIES, CHARTS
from ..values import RoleArn
from .addon_policies import TRUST
from .draft import Draft, fits
from .manifest import Part

_HARMLESS = {
    "resolveConflicts": "add-ons overwrite what others have changed",
    "useDefaultPodIdentityAssociations": "add-ons have roles by pod identity anyway",
    "publishers": "only a filter",
    "types": "only a filter",
    "owners": "only a filter",
}


def addons(manifest: Part, draft: Draft) -> None:
    """Writes `addons`, and the release of Karpenter."""
    for given in manifest.parts("addons"):
        name = given.text("name").lower()
        if name:
            _addon(given, name, draft)
    config = manifest.part("addonsConfig")
    config.value("autoApplyPodIdentityAssociations")
    if config.value("disableDefaultAddons"):
        listed = set(draft.get(("addons",)) or {})
        for name in ("vpc-cni", "kube-proxy", "coredns"):
            if name not in listed:
                draft.put(("addons", name), {"enabled": False})
    _karpenter(manifest, draft)


def _addon(given: Part, name: str, draft: Draft) -> None:
    entry: dict[str, Any] = {}
    version = given.text("version")
    if version == "latest":
        entry["most_recent"] = True
    elif fits(version, AddonVersion):
        entry["version"] = version
    elif version and version != "default":
        given.changed("version", f"{version!r} is no full version: the default of the Kubernetes version")
    values = _configuration(given)
    if values:
        entry["configuration"] = values
    _identity(given, name, entry, draft)
    for key in ("attachPolicy", "permissionsBoundary"):
        if key in given:
            given.dropped(key, "make the role yourself, and name it in role_arn")
    if "tags" in given:
        given.dropped("tags", "only top-level tags reach add-ons", harmless=True)
    if "namespaceConfig" in given:
        given.dropped("namespaceConfig", "the add-on goes into its own default namespace")
    for key, why in _HARMLESS.items():
        if key in given:
            given.dropped(key, why, harmless=True)
    draft.put(("addons", name), entry)


def _identity(given: Part, name: str, entry: dict[str, Any], draft: Draft) -> None:
    """The role of the add-on's pods: the manifest's, or the one that is made here for add-ons that call AWS."""
    own = "the add-on's own role has the rights that AWS's documentation names"
    none = "no role is made for this add-on: write a cluster.pod_identity_associations entry for its service account"
    known = name in ADDON_IDENTITIES
    made = known and bool(ADDON_IDENTITIES[name].policies)
    arn = given.text("serviceAccountRoleARN")
    if arn and known:
        entry["role_arn"] = draft.known(given, "serviceAccountRoleARN", arn, RoleArn, "role_arn", name)
        given.changed("serviceAccountRoleARN", TRUST)
        draft.note(("addons", name, "role_arn"), TRUST)
    elif arn:
        given.dropped("serviceAccountRoleARN", none)
    for one in given.parts("podIdentityAssociations"):
        role = one.text("roleARN")
        if role and known and "role_arn" not in entry:
            entry["role_arn"] = draft.known(one, "roleARN", role, RoleArn, "role_arn", name)
    for key in ("podIdentityAssociations", "attachPolicyARNs", "wellKnownPolicies"):
        foreign = (
            [arn for arn in given.texts(key) if ":iam::aws:policy/" not in arn]
            if key.endswith("ARNs")
            else []
        )
        if foreign and made and "role_arn" not in entry:
            note = f"{', '.join(foreign)}: the role made here has AWS's own policies alone; name yours in role_arn"
            given.dropped(key, note)
        elif key == "podIdentityAssociations" and len({one.text("roleARN") for one in given.parts(key)}) > 1:
            given.dropped(key, "an add-on has one role here")
        elif key in given and (made or "role_arn" in entry):
            given.changed(key, "the role is role_arn" if "role_arn" in entry else own)
        elif key in given:
            given.dropped(key, none)


def _configuration(given: Part) -> dict[str, Any]:
    text = given.text("configurationValues")
    if not text.strip():
        return {}
    try:
        return dict(parse(text, "configurationValues").tree.plain())
    except LayoutError:
        given.dropped("configurationValues", "is neither JSON nor YAML of keys and values")
        return {}


def _karpenter(manifest: Part, draft: Draft) -> None:
    given = manifest.part("karpenter")
    if "karpenter" not in manifest:
        return
    version = given.text("version").removeprefix("v")
    entry: dict[str, Any] = {}
    if fits(version, ChartVersion) and int(version.partition(".")[0]) >= 1:
        entry["version"] = version
    elif version:
        given.changed(
            "version",
            f"{CHARTS['karpenter'].version}, since {version!r} is older than its API v1 or no version",
        )
    draft.put(("helm_releases", "karpenter"), entry)
    given.value("withSpotInterruptionQueue")
    if given.value("createServiceAccount") is False:
        given.changed("createServiceAccount", "the chart makes the service account")
    if "defaultInstanceProfile" in given:
        given.dropped("defaultInstanceProfile", "name it in your EC2NodeClass", harmless=True)
