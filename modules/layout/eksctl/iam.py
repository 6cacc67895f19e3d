"""Who may do what: service accounts, pod identities, access entries, and the older identity mappings."""

from __future__ import annotations

import itertools
from typing import Any

from ..language import choices_of
from ..models.access import AccessPolicyName
from ..values import PolicyArn, PrincipalArn, RoleArn
from .addon_policies import TRUST, well_known
from .draft import Draft, layout_name
from .manifest import Part

_POLICY_PREFIX = "cluster-access-policy/"
_ADMIN = "AmazonEKSClusterAdminPolicy"
_NODES = (
    "entries of nodes are made here for the node groups and for Karpenter alone: nodes of this role cannot join "
    "(Karpenter's role is CLUSTER-karpenter-nodes: name it in your EC2NodeClass)"
)


def iam(manifest: Part, draft: Draft) -> None:
    """Writes what of `iam`, `accessConfig` and `iamIdentityMappings` belongs to the cluster."""
    given = manifest.part("iam")
    if given.value("withOIDC") is False:
        draft.put(("cluster", "oidc_provider"), False)
    role = given.text("serviceRoleARN")
    if role:
        known = draft.known(given, "serviceRoleARN", role, RoleArn, "cluster_role_arn")
        draft.put(("cluster", "role_arn"), known)
    if "vpcResourceControllerPolicy" in given:
        note = "the cluster's role has the rights that EKS needs"
        given.dropped("vpcResourceControllerPolicy", note, harmless=True)
    for one in given.parts("serviceAccounts"):
        _service_account(one, draft)
    for one in given.parts("podIdentityAssociations"):
        _pod_identity(one, draft)
    node_roles = {
        group.part("iam").text("instanceRoleARN")
        for key in ("managedNodeGroups", "nodeGroups")
        for group in manifest.parts(key)
    }
    _access(manifest.part("accessConfig"), draft, node_roles)
    for one in manifest.parts("iamIdentityMappings"):
        _mapping(one, draft, node_roles)


def _service_account(given: Part, draft: Draft) -> None:
    meta = given.part("metadata")
    namespace, name = meta.text("namespace") or "default", meta.text("name")
    create = not given.value("roleOnly", False)
    for key in ("labels", "annotations"):
        if key in meta:
            meta.dropped(key, "the service account has none", harmless=True)
    entry = {"role_arn": "attachRoleARN", "policy_arns": "attachPolicyARNs", "policy": "attachPolicy"}
    if "subjectPattern" in given:
        given.dropped("subjectPattern", "pod identity takes one service account by name")
    if "permissionsBoundary" in given:
        given.dropped("permissionsBoundary", "make the role yourself, and name it in role_arn")
    if _association(given, draft, namespace, name, create, entry):
        given.changed("", "by pod identity, not IRSA: the service account needs no annotation")


def _pod_identity(given: Part, draft: Draft) -> None:
    namespace, name = given.text("namespace"), given.text("serviceAccountName")
    create = bool(given.value("createServiceAccount", False))
    entry = {"role_arn": "roleARN", "policy_arns": "permissionPolicyARNs", "policy": "permissionPolicy"}
    for key, why in (("targetRoleARN", "a second role has no counterpart: the pods get the first one"),
                     ("permissionsBoundaryARN", "make the role yourself, and name it in role_arn"),
                     ("policy", "session policies have no counterpart")):  # fmt: skip
        if key in given:
            given.dropped(key, why)
    if given.value("disableSessionTags"):
        given.dropped("disableSessionTags", "sessions carry tags")
    _association(given, draft, namespace, name, create, entry)


def _association(
    given: Part, draft: Draft, namespace: str, account: str, create: bool, keys: dict[str, str]
) -> bool:
    """One entry of `cluster.pod_identity_associations`; `keys` are the manifest's names of role and policies."""
    if "permissionPolicyName" in given:
        given.dropped("permissionPolicyName", "names of policies are made here", harmless=True)
    if "roleName" in given:
        # Who asks eksctl for the role alone writes its name somewhere else.
        note = "names of roles are made here: what names this one has to be changed"
        given.dropped("roleName", note, harmless=not given.value("roleOnly", False))
    name = _free(draft, ("cluster", "pod_identity_associations"), layout_name(account) or "service-account")
    entry: dict[str, Any] = {"namespace": namespace, "service_account": account}
    role = given.text(keys["role_arn"])
    rights = well_known(given.part("wellKnownPolicies"), account, draft)
    arns = given.texts(keys["policy_arns"])
    own = given.value(keys["policy"])
    if role:
        entry["role_arn"] = draft.known(given, keys["role_arn"], role, RoleArn, "role_arn", name)
        given.changed(keys["role_arn"], TRUST)
    else:
        known = [draft.known(given, keys["policy_arns"], arn, PolicyArn, "policy_arn", name) for arn in arns]
        policy = _joined(own, rights.get("policy"))
        entry |= {key: value for key, value in (
            ("policy_arns", [*known, *rights.get("policy_arns", [])]), ("policy", policy)) if value}  # fmt: skip
    if not any(key in entry for key in ("role_arn", "policy_arns", "policy")):
        if not any(given.report.speaks_of((*given.path, key)) for key in ("wellKnownPolicies",)):
            given.dropped("", "gives no rights", harmless=True)
        return False
    if create:
        entry["create_service_account"] = True
    if "tags" in given:
        entry["tags"] = given.pairs("tags")
    there = draft.get(("cluster", "pod_identity_associations")) or {}
    for other, old in there.items():
        if (old["namespace"], old["service_account"]) == (namespace, account):
            name = other  # of an add-on that node groups call for: the manifest knows better
    draft.put(("cluster", "pod_identity_associations", name), entry)
    if role:
        draft.note(("cluster", "pod_identity_associations", name, "role_arn"), TRUST)
    return True


def _joined(one: Any, other: Any) -> Any:
    if not (isinstance(one, dict) and isinstance(other, dict)):
        return one or other
    first = one.get("Statement", [])
    return {**one, "Statement": [*(first if isinstance(first, list) else [first]), *other["Statement"]]}


def _access(given: Part, draft: Draft, node_roles: set[str]) -> None:
    mode = given.text("authenticationMode")
    if mode and mode != "API":
        given.changed("authenticationMode", "API: access entries only, and no aws-auth ConfigMap")
    if given.value("bootstrapClusterCreatorAdminPermissions") is False:
        draft.put(("cluster", "creator_admin"), False)
    for one in given.parts("accessEntries"):
        kind = one.text("type")
        if kind not in ("", "STANDARD"):
            own = kind == "EC2_LINUX" and one.text("principalARN") in node_roles
            note = "EKS gives the nodes of managed groups their entry" if own else _NODES
            one.dropped("", note, harmless=own)
            continue
        arn = draft.known(one, "principalARN", one.text("principalARN"), PrincipalArn, "principal_arn")
        entry: dict[str, Any] = {"principal_arn": arn, "policies": _policies(one)}
        entry |= {
            "kubernetes_groups": one.texts("kubernetesGroups"),
            "user_name": one.text("kubernetesUsername"),
        }
        _entry(one, draft, arn, entry)


def _policies(given: Part) -> list[Any]:
    policies: list[Any] = []
    for one in given.parts("accessPolicies"):
        name = one.text("policyARN").rpartition(_POLICY_PREFIX)[2]
        scope = one.part("accessScope")
        kind, namespaces = scope.text("type"), scope.texts("namespaces")
        if kind not in ("", "cluster", "namespace") or (kind == "namespace" and not namespaces):
            one.dropped("", f"the scope of {name} names no namespaces: the principal does not get it")
        elif name not in choices_of(AccessPolicyName):
            one.dropped("", f"the access policy {name!r} is not known here")
        else:
            policies.append({"name": name, "namespaces": namespaces} if namespaces else name)
    return policies


def _mapping(given: Part, draft: Draft, node_roles: set[str]) -> None:
    for key, what in (("account", "a whole account"), ("serviceName", "a service")):
        if key in given:
            given.dropped("", f"{what} cannot have an access entry: name roles and users")
            return
    text = given.text("arn")
    groups = given.texts("groups")
    if any(group in ("system:nodes", "system:bootstrappers") for group in groups):
        ours = text in node_roles
        note = "EKS gives the nodes of managed groups their entry" if ours else _NODES
        given.dropped("", note, harmless=ours)
        return
    arn = _principal(given, text, draft)
    entry: dict[str, Any] = {"principal_arn": arn}
    if "system:masters" in groups:
        entry["policies"] = [_ADMIN]
    own = [group for group in groups if not group.startswith("system:")]
    entry |= {"kubernetes_groups": own, "user_name": given.text("username")}
    others = [group for group in groups if group.startswith("system:") and group != "system:masters"]
    if others:
        given.dropped("groups", f"{', '.join(others)}: EKS takes no system: groups in an access entry")
    note = f"an access entry{f' with {_ADMIN}' if 'policies' in entry else ''}"
    given.changed("", f"{note}; where the role has a path, write its whole ARN, which aws-auth has not")
    given.value("noDuplicateARNs")
    _entry(given, draft, arn, entry)


def _principal(given: Part, text: str, draft: Draft) -> str:
    """The principal of a mapping. Roles of IAM Identity Center have a path, which aws-auth must not have and EKS wants.

    https://docs.aws.amazon.com/eks/latest/userguide/creating-access-entries.html
    """
    if ":role/AWSReservedSSO_" not in text:
        return draft.known(given, "arn", text, PrincipalArn, "principal_arn")
    variable = draft.variable(PrincipalArn, "principal_arn", "sso", text)
    given.changed(
        "arn", f"{variable}: the role's whole ARN, with its path (role/aws-reserved/sso.amazonaws.com/...)"
    )
    return variable


def _entry(given: Part, draft: Draft, arn: str, entry: dict[str, Any]) -> None:
    """Adds an access entry, unless its principal has one; what EKS refuses of a user name is left to the rules."""
    there = draft.get(("cluster", "access_entries")) or {}
    entry = {key: value for key, value in entry.items() if value}
    same = next((name for name, other in there.items() if other["principal_arn"] == arn), None)
    if same is not None:
        old = there[same]
        for key in ("policies", "kubernetes_groups"):
            old[key] = [
                *old.get(key, []),
                *(item for item in entry.get(key, []) if item not in old.get(key, [])),
            ]
        if entry.get("user_name") not in (None, old.get("user_name")):
            given.dropped(
                "username" if "username" in given else "kubernetesUsername", "a principal has one name"
            )
        there[same] = {key: value for key, value in old.items() if value}
        return
    name = _free(
        draft,
        ("cluster", "access_entries"),
        layout_name(arn.rpartition("/")[2].removeprefix("var.")) or "entry",
    )
    draft.put(("cluster", "access_entries", name), {key: value for key, value in entry.items() if value})


def _free(draft: Draft, path: tuple[str, ...], name: str) -> str:
    taken = draft.get(path) or {}
    more = (f"{name[:58]}-{number}" for number in itertools.count(2))
    return next(free for free in itertools.chain((name,), more) if free not in taken)
