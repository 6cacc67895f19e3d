"""The control plane, its endpoint, its versions, add-ons and releases."""

from __future__ import annotations

from typing import Any

from tests.plans import Json, change, edited, p5

from . import Case, note, stop, warn

AT = "aws_eks_cluster.cluster"
KEY = "arn:aws:kms:us-west-2:123456789012:key/1"
CONTROL: Json = {
    "name": "training",
    "version": "1.35",
    "deletion_protection": True,
    "enabled_cluster_log_types": ["api", "audit"],
    "access_config": [{"authentication_mode": "API_AND_CONFIG_MAP"}],
    "encryption_config": [{"provider": [{"key_arn": KEY}], "resources": ["secrets"]}],
    "upgrade_policy": [{"support_type": "EXTENDED"}],
    "vpc_config": [
        {
            "endpoint_private_access": True,
            "endpoint_public_access": True,
            "public_access_cidrs": ["203.0.113.0/24"],
            "subnet_ids": ["subnet-1", "subnet-2"],
            "security_group_ids": [],
        }
    ],
}
_SECRET = "hunter2"


def cluster(after: Json | None = None, **paths: Any) -> Json:
    """The cluster, updated to other values."""
    return change(AT, CONTROL, edited(CONTROL, **paths) if after is None else after)


def cidrs(*ranges: str) -> Json:
    """The same with other ranges that reach its endpoint."""
    return cluster(vpc_config__0__public_access_cidrs=list(ranges))


def addon(name: str, before: str, after: str | None, **more: Any) -> Json:
    """An add-on, updated to a version or removed."""
    sides = [
        None if version is None else {"addon_name": name, "addon_version": version, **more}
        for version in (before, after)
    ]
    return change(f"aws_eks_addon.{name.replace('-', '_')}", *sides)


def release(name: str, before: Json, after: Json | None, **more: Any) -> Json:
    """A Helm release."""
    sides = [None if side is None else {"name": name, "chart": name, **side} for side in (before, after)]
    return change(f"helm_release.{name.replace('-', '_')}", *sides, **more)


def _values(before: str, after: str) -> tuple[Json, ...]:
    return (release("gpu-operator", {"version": "v26.3.1", "values": [before]}, {"version": "v26.3.1", "values": [after]}),)  # fmt: skip


CASES = (
    Case(
        "the cluster is replaced, with its nodes",
        (
            change(AT, CONTROL, edited(CONTROL, name="other"), because=[["name"]]),
            *p5(group_options={"because": [["cluster_name"]]})[:2],
            change(
                "aws_eks_addon.cni",
                {"addon_name": "vpc-cni", "addon_version": "v1"},
                {"addon_name": "vpc-cni"},
                because=[["cluster_name"]],
            ),
            change(
                "aws_eks_access_entry.a",
                {"principal_arn": "r"},
                {"principal_arn": "r"},
                because=[["cluster_name"]],
            ),
            change("aws_iam_openid_connect_provider.o", {"url": "u"}, {"url": "v"}, because=[["url"]]),
        ),
        {
            "cluster-replaced": stop(
                "because of name", "1 node group, 2 nodes, 16 GPUs", "OIDC issuer", "under another name"
            )
        },
    ),
    Case(
        "the cluster is destroyed",
        (change(AT, CONTROL, None),),
        {"cluster-replaced": stop("training, Kubernetes 1.35 → gone", "Every pod ends")},
    ),
    Case(
        "encryption of secrets is taken away",
        (change(AT, CONTROL, edited(CONTROL, encryption_config=[]), because=[["encryption_config"]]),),
        {
            "cluster-replaced": stop("because of encryption_config"),
            "secrets-encryption-changed": stop(f"{KEY} → no key", "cannot take"),
        },
    ),
    Case(
        "another key of secrets",
        (cluster(encryption_config__0__provider__0__key_arn=f"{KEY}2"),),
        {"secrets-encryption-changed": stop("cannot give")},
    ),
    Case(
        "encryption of secrets is new",
        (change(AT, edited(CONTROL, encryption_config=[]), CONTROL),),
        {"secrets-encryption-changed": note("cannot be taken back")},
    ),
    Case(
        "a key that only the apply tells",
        (
            change(
                AT,
                CONTROL,
                edited(CONTROL, encryption_config__0__provider__0__key_arn=None),
                unknown={"encryption_config": [{"provider": [{"key_arn": True}]}]},
            ),
        ),
    ),
    Case(
        "protection off",
        (cluster(deletion_protection=False),),
        {"deletion-protection-off": warn("on → off")},
    ),
    Case(
        "audit log off",
        (cluster(enabled_cluster_log_types=["api"]),),
        {"control-plane-logs-off": warn("api, audit → api", "who deleted a job")},
    ),
    Case("more logs", (cluster(enabled_cluster_log_types=["audit", "api", "scheduler"]),)),
    Case(
        "access by entries only",
        (cluster(access_config__0__authentication_mode="API"),),
        {"access-mode-changed": warn("API_AND_CONFIG_MAP → API", "aws-auth", "NotReady")},
    ),
    Case(
        "standard support",
        (cluster(upgrade_policy__0__support_type="STANDARD"),),
        {"support-type-changed": warn("by itself")},
    ),
    Case(
        "other subnets of the control plane",
        (cluster(vpc_config__0__subnet_ids=["subnet-1", "subnet-3"]),),
        {"cluster-subnets-changed": warn("subnet-1, subnet-2 → subnet-1, subnet-3", "zones")},
    ),
    Case("the same subnets in another order", (cluster(vpc_config__0__subnet_ids=["subnet-2", "subnet-1"]),)),
    Case(
        "the OIDC provider goes alone",
        (
            change(AT, CONTROL, CONTROL),
            change("aws_iam_openid_connect_provider.o", {"url": "oidc.eks"}, None),
        ),
        {"oidc-provider-lost": warn("IRSA", "checkpoints")},
    ),
    # The endpoint.
    Case(
        "opened to the world",
        (cidrs("203.0.113.0/24", "0.0.0.0/0"),),
        {"endpoint-opened": stop("203.0.113.0/24 → 0.0.0.0/0, 203.0.113.0/24")},
    ),
    Case(
        "opened to the world by IPv6", (cidrs("203.0.113.0/24", "::/0"),), {"endpoint-opened": stop("::/0")}
    ),
    Case(
        "opened to the world in halves",
        (cidrs("0.0.0.0/1", "128.0.0.0/1"),),
        {"endpoint-opened": stop()},
    ),
    Case(
        "made public without a word of who may come",
        (
            change(
                AT,
                edited(
                    CONTROL,
                    vpc_config__0__endpoint_public_access=False,
                    vpc_config__0__public_access_cidrs=[],
                ),
                edited(CONTROL, vpc_config__0__public_access_cidrs=[]),
            ),
        ),
        {"endpoint-opened": stop("private only → 0.0.0.0/0")},
    ),
    Case(
        "a new cluster that is open to the world",
        (change(AT, None, edited(CONTROL, vpc_config__0__public_access_cidrs=["0.0.0.0/0"])),),
        {"endpoint-opened": stop()},
    ),
    Case("a new cluster", (change(AT, None, CONTROL),)),
    Case(
        "wider ranges",
        (cidrs("203.0.113.0/24", "198.51.100.0/24"),),
        {"endpoint-widened": warn("From 198.51.100.0/24")},
    ),
    Case("a range inside of one that there is", (cidrs("203.0.113.0/24", "203.0.113.7/32"),)),
    Case(
        "ranges that only the apply tells",
        (
            change(
                AT,
                CONTROL,
                edited(CONTROL, vpc_config__0__public_access_cidrs=None),
                unknown={"vpc_config": [{"public_access_cidrs": True}]},
            ),
        ),
        {"endpoint-widened": warn("(known after apply)")},
    ),
    Case(
        "a private endpoint",
        (cluster(vpc_config__0__endpoint_public_access=False, vpc_config__0__public_access_cidrs=[]),),
        {"endpoint-narrowed": warn("203.0.113.0/24 → private only", "pipeline")},
    ),
    Case(
        "a range less",
        (
            change(
                AT,
                edited(CONTROL, vpc_config__0__public_access_cidrs=["203.0.113.0/24", "198.51.100.0/24"]),
                CONTROL,
            ),
        ),
        {"endpoint-narrowed": note("From 198.51.100.0/24")},
    ),
    Case(
        "no private access",
        (cluster(vpc_config__0__endpoint_private_access=False),),
        {"private-endpoint-off": stop("NotReady")},
    ),
    # Versions.
    Case(
        "two minor versions at once",
        (cluster(version="1.37"),),
        {"kubernetes-version": stop("1.35 → 1.37", "refuses 2", "1.36 first")},
    ),
    Case("a version back", (cluster(version="1.34"),), {"kubernetes-version": stop("7 days", "Keep 1.35")}),
    Case("two versions back", (cluster(version="1.33"),), {"kubernetes-version": stop("more than one")}),
    Case(
        "a version up without nodes",
        (cluster(version="1.36"),),
        {"kubernetes-version": warn("1.35 → 1.36", "No node group follows", "7 days")},
    ),
    Case(
        "a version up with nodes",
        (cluster(version="1.36"), *p5(edited(p5()[0]["change"]["before"], version="1.36"))),
        {"kubernetes-version": warn("1 group (2 nodes)", "last checkpoint")},
    ),
    Case(
        "a version that only the apply tells",
        (change(AT, CONTROL, edited(CONTROL, version=None), unknown={"version": True}),),
    ),
    Case(
        "a new cluster of an ended version",
        (change(AT, None, edited(CONTROL, version="1.29")),),
        {"kubernetes-support": stop("2026-03-23", "makes no cluster")},
    ),
    Case(
        "a new cluster in extended support",
        (change(AT, None, edited(CONTROL, version="1.33")),),
        {"kubernetes-support": note("2027-07-29", "costs extra")},
    ),
    Case(
        "a minor version of the CNI",
        (addon("vpc-cni", "v1.20.4-eksbuild.1", "v1.21.0-eksbuild.1"),),
        {"addon-version": warn("up by a minor version", "aws-node restarts")},
    ),
    Case(
        "another build of an add-on",
        (addon("coredns", "v1.12.4-eksbuild.9", "v1.12.4-eksbuild.1"),),
        {"addon-version": note("up by a patch")},
    ),
    Case(
        "an older add-on",
        (addon("coredns", "v1.12.4-eksbuild.9", "v1.11.0-eksbuild.1"),),
        {"addon-version": warn("back to an older version")},
    ),
    Case(
        "the CNI is removed",
        (addon("vpc-cni", "v1", None),),
        {"addon-removed": stop("No pod gets an address")},
    ),
    Case(
        "a driver is removed", (addon("aws-ebs-csi-driver", "v1", None),), {"addon-removed": warn("volumes")}
    ),
    Case(
        "the CNI is let go and stays",
        (addon("vpc-cni", "v1", None, preserve=True),),
        {"addon-removed": note("unmanaged")},
    ),
    Case(
        "settings of an add-on",
        (
            change(
                "aws_eks_addon.coredns",
                {"addon_name": "coredns", "configuration_values": '{"replicaCount": 2, "token": "a"}'},
                {
                    "addon_name": "coredns",
                    "configuration_values": f'{{"replicaCount": 2, "token": "{_SECRET}"}}',
                },
            ),
        ),
        {"addon-configuration": note("token")},
    ),
    # Releases.
    Case(
        "a newer GPU operator",
        (release("gpu-operator", {"version": "v26.3.1"}, {"version": "v26.7.0"}),),
        {"release-version": warn("up by a minor version", "driver.enabled", "between runs")},
    ),
    Case(
        "an older kueue",
        (release("kueue", {"version": "0.19.2"}, {"version": "0.18.0"}),),
        {"release-version": warn("taken back", "older version")},
    ),
    Case(
        "a patch of the device plugin",
        (release("aws-efa-k8s-device-plugin", {"version": "v0.5.13"}, {"version": "v0.5.14"}),),
        {"release-version": note("EFA interfaces")},
    ),
    Case(
        "a new version of the driver of claimed EFA devices",
        (release("aws-dranet", {"version": "1.0.0"}, {"version": "1.0.1"}),),
        {"release-version": note("pods with claims wait")},
    ),
    Case(
        "the same chart from elsewhere",
        (
            release(
                "kueue",
                {"version": "1.0.0", "repository": "oci://a"},
                {"version": "1.0.0", "repository": "oci://b"},
            ),
        ),
        {"release-version": warn("oci://a → kueue 1.0.0 of oci://b", "another chart or repository")},
    ),
    Case(
        "the trainer is uninstalled",
        (release("kubeflow-trainer", {"version": "2.1.0"}, None),),
        {"release-removed": stop("kubeflow-trainer 2.1.0 → gone", "restarts or finishes")},
    ),
    Case(
        "a release is installed anew",
        (
            release(
                "kueue",
                {"version": "1.0.0", "namespace": "a"},
                {"version": "1.0.0", "namespace": "b"},
                because=[["namespace"]],
            ),
        ),
        {"release-removed": stop("because of namespace", "every queue", "same name and namespace")},
    ),
    Case(
        "a chart that nobody knows is uninstalled",
        (release("own", {"version": "1.0.0"}, None),),
        {"release-removed": warn("own is uninstalled")},
    ),
    Case(
        "values of a chart",
        _values("toolkit: {enabled: true}", f"toolkit: {{enabled: true, password: {_SECRET}}}"),
        {"release-values": note("toolkit.password")},
    ),
    Case(
        "the driver of the GPU operator",
        _values("driver: {enabled: false}", "driver: {enabled: true}"),
        {"release-values": warn("driver.enabled", "evict every pod")},
    ),
    Case("values in another form", _values("toolkit: {enabled: true}", '{"toolkit": {"enabled": true}}')),
    Case("values that are no YAML", _values("a: [", "b: ["), {"release-values": note("values")}),
    Case(
        "secret values",
        (release("own", {"values": ["a: 1"]}, {"values": [f"a: {_SECRET}"]}, sensitive={"values": True}),),
        {"release-values": note("values")},
    ),
    Case(
        "what only the apply tells of a release",
        (
            change(
                "helm_release.own",
                {"name": "own", "metadata": [{}]},
                {"name": "own"},
                unknown={"metadata": True},
            ),
        ),
    ),
)
