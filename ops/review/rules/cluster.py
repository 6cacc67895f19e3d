"""The control plane: what would take it away, and what would take something from it."""

from __future__ import annotations

from collections.abc import Iterator

from ..nodes import counted
from ..plan import Change
from ..rule import Finding, Level
from ..subject import Subject
from ..values import known, shown
from .parts import ends_or_anew, gone, listed, texts, turned_off, why

CLUSTER = "aws_eks_cluster"


def _updated(subject: Subject) -> Iterator[Change]:
    return (one for one in subject.of(CLUSTER) if one.verb == "update")


class ClusterReplaced:
    """A cluster that is destroyed or replaced: all that runs in it ends, and what was in it does not come back by itself."""

    id = "cluster-replaced"
    level: Level = "stop"

    def look(self, subject: Subject) -> Iterator[Finding]:
        """Clusters that go, with the nodes that go with them."""
        for one in gone(subject.of(CLUSTER)):
            groups = [g for g in subject.node_groups if g.change.stack == one.stack and g.before is not None]
            nodes = sum(g.nodes.desired or 0 for g in groups)
            devices: dict[str, int] = {}
            for group in groups:
                if group.nodes.accelerators:
                    word = group.nodes.accelerator
                    devices[word] = devices.get(word, 0) + group.nodes.accelerators
            lost = [
                counted(len(groups), "node group"),
                counted(nodes, "node"),
                *(counted(number, word) for word, number in sorted(devices.items())),
            ]
            with_it = f" With it go {', '.join(lost)}." if groups else ""
            version = one.was("version")
            forced = f", {why(one)}" if why(one) else ""
            yield Finding(
                one,
                f"The cluster is {ends_or_anew(one)}{forced}.{with_it} Every pod ends, and every object in it is lost: jobs, queues, secrets, "
                "releases, and which claim has which volume. Its API address, certificate and OIDC issuer are never the same again, so that "
                "kubeconfigs and IAM roles that trust the issuer stop working.",
                "Take back what forces it. If another cluster is wanted, make it beside this one under another name, move what runs, "
                "and destroy this one last."
                if one.verb == "replace"
                else "Keep it in the configuration, or stop what runs first, and see that volumes and checkpoints are kept elsewhere.",
                f"{one.label}, Kubernetes {version}" if known(version) else one.label,
                "a new, empty cluster" if one.verb == "replace" else "gone",
            )


class SecretsEncryptionOff:
    """Secrets that are no longer encrypted with the own key, or with another one: EKS can do neither in place."""

    # https://docs.aws.amazon.com/eks/latest/userguide/enable-kms.html
    id = "secrets-encryption-changed"
    level: Level = "stop"

    def look(self, subject: Subject) -> Iterator[Finding]:
        """Encryption that is taken away or given another key, and encryption that is new, which stays for good."""
        for one in subject.of(CLUSTER):
            forced = one.verb == "replace" and any(
                path.startswith("encryption_config") for path in one.because
            )
            if one.verb != "update" and not forced:
                continue
            was, becomes = (
                side("encryption_config", 0, "provider", 0, "key_arn") for side in (one.was, one.becomes)
            )
            if known(was) and becomes is None:
                yield Finding(
                    one,
                    "EKS cannot take the encryption of secrets away from a cluster that has it: this replaces the cluster, or the apply fails.",
                    "Leave encryption_config as it is.",
                    shown(was),
                    "no key",
                )
            elif known(was) and known(becomes) and was != becomes:
                yield Finding(
                    one,
                    "EKS cannot give the secrets of a cluster another key: this replaces the cluster, or the apply fails.",
                    "Keep the key; its rotation needs no new one.",
                    shown(was),
                    shown(becomes),
                )
            elif was is None and known(becomes) and one.verb == "update":
                yield Finding(
                    one,
                    "All secrets are encrypted anew with this key, and that cannot be taken back. Who loses the key loses the cluster.",
                    "Make sure that nobody deletes the key as long as the cluster lives.",
                    "no key of one's own",
                    shown(becomes),
                    level="note",
                )


class DeletionProtectionOff:
    """A cluster's protection against being deleted that is switched off: the next plan may take it away unhindered."""

    id = "deletion-protection-off"
    level: Level = "warn"

    def look(self, subject: Subject) -> Iterator[Finding]:
        """Protection that is on, and off afterwards."""
        for one in subject.of(CLUSTER):
            if one.verb == "update" and turned_off(one, "deletion_protection"):
                yield Finding(
                    one,
                    "Nothing happens now; from then on EKS lets anybody with the permission delete the cluster and all that runs in it.",
                    "Keep it on until the day on which the cluster is to go.",
                    "on",
                    "off",
                )


class ControlPlaneLogsOff:
    """Logs of the control plane that are switched off: afterwards nobody can tell who did what in the cluster."""

    id = "control-plane-logs-off"
    level: Level = "warn"

    def look(self, subject: Subject) -> Iterator[Finding]:
        """Types of logs that are no longer written."""
        for one in _updated(subject):
            after = one.becomes("enabled_cluster_log_types")
            if after is not None and not isinstance(after, list):
                continue
            before = texts(one.was("enabled_cluster_log_types"))
            if lost := before - texts(after):
                audit = " `audit` is the only record of who deleted a job." if "audit" in lost else ""
                yield Finding(
                    one,
                    f"Training goes on. The control plane no longer writes {listed(lost)}.{audit}",
                    "Keep at least api, audit and authenticator; a shorter retention of the log group saves more.",
                    listed(before),
                    listed(texts(after)) or "none",
                )


class AccessModeChanged:
    """Another way of letting people in: those who are named in the aws-auth ConfigMap only are locked out for good."""

    # https://docs.aws.amazon.com/eks/latest/userguide/setting-up-access-entries.html
    id = "access-mode-changed"
    level: Level = "warn"

    def look(self, subject: Subject) -> Iterator[Finding]:
        """Authentication modes that differ."""
        for one in _updated(subject):
            was, becomes = (
                side("access_config", 0, "authentication_mode") for side in (one.was, one.becomes)
            )
            if not (known(was) and known(becomes)) or was == becomes:
                continue
            only_entries = becomes == "API"
            yield Finding(
                one,
                "EKS does not go back from this mode."
                + (
                    " Nodes, people and pipelines that only the aws-auth ConfigMap names can no longer reach the cluster: nodes "
                    "become NotReady, and their pods are evicted."
                    if only_entries
                    else ""
                ),
                "Make an access entry for everybody in aws-auth first, that of each node role too."
                if only_entries
                else "Be sure that it shall stay.",
                str(was),
                str(becomes),
            )


class SupportTypeChanged:
    """Another kind of support: without the extended one EKS upgrades the cluster by itself when standard support ends."""

    # https://docs.aws.amazon.com/eks/latest/userguide/view-upgrade-policy.html
    id = "support-type-changed"
    level: Level = "warn"

    def look(self, subject: Subject) -> Iterator[Finding]:
        """Upgrade policies that differ."""
        for one in _updated(subject):
            was, becomes = (side("upgrade_policy", 0, "support_type") for side in (one.was, one.becomes))
            if becomes == "STANDARD" and was == "EXTENDED":
                yield Finding(
                    one,
                    "Nothing happens now. When standard support of its version ends, EKS upgrades the control plane by itself, at a time that you do not choose.",
                    "Plan the upgrade before that day.",
                    "EXTENDED",
                    "STANDARD",
                )
            elif becomes == "EXTENDED" and was == "STANDARD":
                yield Finding(
                    one,
                    "EKS leaves the version alone when its standard support ends, and takes the higher price of extended support from then on.",
                    "Upgrade before that day if it shall not cost more.",
                    "STANDARD",
                    "EXTENDED",
                    level="note",
                )


class ClusterSubnetsChanged:
    """Other subnets or security groups of the control plane: its network interfaces move, and EKS refuses other zones."""

    # https://docs.aws.amazon.com/eks/latest/userguide/network-reqs.html
    id = "cluster-subnets-changed"
    level: Level = "warn"

    def look(self, subject: Subject) -> Iterator[Finding]:
        """Subnets and groups of clusters that stay."""
        for one in _updated(subject):
            for part, word in (("subnet_ids", "subnets"), ("security_group_ids", "security groups")):
                after = one.becomes("vpc_config", 0, part)
                before = texts(one.was("vpc_config", 0, part))
                if not isinstance(after, list) or before == texts(after) or not before:
                    continue
                yield Finding(
                    one,
                    f"The control plane gets other {word}: nodes reach it through new network interfaces, and for some minutes kubectl "
                    "exec, logs and webhooks may fail. Pods that run go on."
                    + (" EKS refuses subnets in other zones." if part == "subnet_ids" else ""),
                    "Do it while no job starts, and keep the zones.",
                    listed(before),
                    listed(texts(after)) or "(known after apply)",
                )


class IssuerLost:
    """The cluster's OIDC provider in IAM that goes: pods that assume roles through it lose their access to AWS."""

    id = "oidc-provider-lost"
    level: Level = "warn"

    def look(self, subject: Subject) -> Iterator[Finding]:
        """Providers that go from under a cluster that stays."""
        lost = subject.losing(CLUSTER)
        for one in gone(subject.of("aws_iam_openid_connect_provider")):
            if one.stack not in lost:
                yield Finding(
                    one,
                    f"The OIDC provider is {ends_or_anew(one)}. Pods with roles for service accounts (IRSA) get no new credentials: within the hour "
                    "they can no longer read data or write checkpoints to S3. Pod identities are not affected.",
                    "Move those roles to pod identities first.",
                    shown(one.was("url")),
                    "gone" if one.verb == "delete" else "another one",
                )


RULES = (
    ClusterReplaced(),
    SecretsEncryptionOff(),
    AccessModeChanged(),
    ClusterSubnetsChanged(),
    IssuerLost(),
    DeletionProtectionOff(),
    ControlPlaneLogsOff(),
    SupportTypeChanged(),
)
