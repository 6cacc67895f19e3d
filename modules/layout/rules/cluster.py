"""Rules about the control plane: who reaches it, who may use it, which keys encrypt it."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import IPv4Network

from ..faults import KeyPath, Level
from ..values import is_known
from .addresses import PRIVATE, SHARED
from .base import Context, Finding, shown

_ENDPOINT: KeyPath = ("cluster", "endpoint")
# https://docs.aws.amazon.com/eks/latest/userguide/service-quotas.html: public endpoint access CIDR ranges per cluster
MAX_PUBLIC_CIDRS = 40


class EndpointClosed:
    """EKS refuses a cluster whose API nobody reaches.

    https://docs.aws.amazon.com/eks/latest/userguide/cluster-endpoint.html
    """

    id = "endpoint-closed"
    level: Level = "error"

    def check(self, context: Context) -> Iterator[Finding]:
        """The endpoint is private, public, or both."""
        endpoint = context.layout.cluster.endpoint
        if not endpoint.private and not endpoint.public:
            problem = "the API would be reachable from nowhere: neither private nor public"
            remedy = (
                "Remove private: false (the nodes use it), or write public: true with public_access_cidrs."
            )
            yield Finding((*_ENDPOINT, "private"), problem, remedy, ((*_ENDPOINT, "public"),))


class NodesCutOff:
    """Without the private endpoint the nodes reach the API through the internet, from the NAT gateway's address.

    That address does not exist before the VPC does, so no list of CIDRs can hold it.
    https://docs.aws.amazon.com/eks/latest/userguide/cluster-endpoint.html
    """

    id = "nodes-cut-off"
    level: Level = "error"

    def check(self, context: Context) -> Iterator[Finding]:
        """In a new VPC the endpoint is private, or public to all and reached by NAT."""
        network, endpoint = context.layout.network, context.layout.cluster.endpoint
        if endpoint.private or not endpoint.public or not network.is_new:
            return
        way_out = not network.fully_private and network.nat_gateway != "none"
        if not (way_out and "0.0.0.0/0" in endpoint.public_access_cidrs):
            problem = "the nodes could not reach the API: the endpoint is not private, and the public one is closed to them"
            remedy = "Remove private: false; clients on the internet keep the public endpoint."
            because: tuple[KeyPath, ...] = (("network",), (*_ENDPOINT, "public_access_cidrs"))
            yield Finding((*_ENDPOINT, "private"), problem, remedy, because)


class PublicWithoutCidrs:
    """EKS opens a public endpoint without CIDRs to the whole internet.

    https://docs.aws.amazon.com/eks/latest/userguide/cluster-endpoint.html
    """

    id = "public-without-cidrs"
    level: Level = "error"

    def check(self, context: Context) -> Iterator[Finding]:
        """`public: true` says from where."""
        endpoint = context.layout.cluster.endpoint
        if endpoint.public and not endpoint.public_access_cidrs:
            problem = "the API would be public to the whole internet"
            remedy = (
                'Write public_access_cidrs: ["203.0.113.0/24"] with your own, or var.public_access_cidrs.'
            )
            yield Finding((*_ENDPOINT, "public_access_cidrs"), problem, remedy)


class PublicToAll:
    """Anybody may try credentials and unpatched flaws on an API that is open to the internet."""

    id = "public-to-all"
    level: Level = "warning"

    def check(self, context: Context) -> Iterator[Finding]:
        """No CIDR of the public endpoint is the whole internet."""
        endpoint = context.layout.cluster.endpoint
        if endpoint.public and is_known(endpoint.public_access_cidrs):
            for index, cidr in enumerate(endpoint.public_access_cidrs):
                if IPv4Network(cidr).prefixlen < 4:
                    problem = f"{cidr} opens the Kubernetes API to the internet"
                    where = (*_ENDPOINT, "public_access_cidrs", index)
                    yield Finding(where, problem, "Write the CIDRs of your offices and pipelines.")


class CidrsWithoutPublic:
    """Without a public endpoint EKS ignores the CIDRs, and whoever wrote them cannot get in.

    pulumi/pulumi-eks #1452
    """

    id = "cidrs-without-public"
    level: Level = "error"

    def check(self, context: Context) -> Iterator[Finding]:
        """`public_access_cidrs` goes with `public: true`."""
        endpoint = context.layout.cluster.endpoint
        if endpoint.public_access_cidrs and not endpoint.public:
            problem = "the endpoint is not public, so that these CIDRs open nothing"
            remedy = "Write public: true beside it, or remove it."
            yield Finding((*_ENDPOINT, "public_access_cidrs"), problem, remedy, ((*_ENDPOINT, "public"),))


class PublicCidrNotPublic:
    """Whoever comes over the internet has a public address; EKS refuses private ranges here.

    https://docs.aws.amazon.com/eks/latest/userguide/cluster-endpoint.html
    """

    id = "public-cidr-not-public"
    level: Level = "error"

    def check(self, context: Context) -> Iterator[Finding]:
        """Public ranges, 40 at most."""
        endpoint = context.layout.cluster.endpoint
        cidrs = endpoint.public_access_cidrs if endpoint.public else ()
        if not is_known(cidrs):
            return
        path = (*_ENDPOINT, "public_access_cidrs")
        for index, cidr in enumerate(cidrs):
            if any(IPv4Network(cidr).subnet_of(inner) for inner in (*PRIVATE, SHARED)):
                problem = f"{cidr} is a private range: nobody comes from there over the internet, and EKS refuses it"
                remedy = "Write the public addresses of your network; the private endpoint needs no CIDRs."
                yield Finding((*path, index), problem, remedy)
        if len(cidrs) > MAX_PUBLIC_CIDRS:
            yield Finding(
                path, f"{len(cidrs)} CIDRs, and EKS takes {MAX_PUBLIC_CIDRS}", "Join neighbouring ones."
            )


class KeyWithoutEncryption:
    """A KMS key that encrypts nothing was meant to."""

    id = "key-without-encryption"
    level: Level = "error"

    def check(self, context: Context) -> Iterator[Finding]:
        """`kms_key_arn` goes with encryption that is on."""
        encryption = context.layout.cluster.secrets_encryption
        if encryption.kms_key_arn and not encryption.enabled:
            path = ("cluster", "secrets_encryption", "enabled")
            yield Finding(path, "encryption is off, and a key is named", "Remove enabled: false, or the key.")


class KeyOfOtherRegion:
    """A KMS key encrypts in its own region only.

    https://docs.aws.amazon.com/kms/latest/developerguide/concepts.html#key-id-key-ARN
    """

    id = "key-of-other-region"
    level: Level = "error"

    def check(self, context: Context) -> Iterator[Finding]:
        """The region in each key's ARN is that of what it encrypts."""
        layout = context.layout
        keys: list[tuple[KeyPath, str | None, str]] = [
            (
                ("cluster", "secrets_encryption", "kms_key_arn"),
                layout.cluster.secrets_encryption.kms_key_arn,
                layout.region,
            ),
            (("backend", "kms_key_arn"), layout.backend.kms_key_arn, layout.backend.region or layout.region),
        ]
        keys += [
            ((*path, "root_volume", "kms_key_arn"), group.root_volume.kms_key_arn, layout.region)
            for path, group in context.groups()
        ]
        for path, arn, region in keys:
            if arn and is_known(arn) and arn.split(":")[3] != region:
                problem = f"the key is in {arn.split(':')[3]}, and what it encrypts in {region}"
                remedy = f"Write the ARN of a key in {region}."
                yield Finding(path, problem, remedy, (("region",), ("backend", "region")))


class DuplicatePrincipal:
    """EKS takes one access entry a principal.

    https://docs.aws.amazon.com/eks/latest/APIReference/API_CreateAccessEntry.html
    """

    id = "duplicate-principal"
    level: Level = "error"

    def check(self, context: Context) -> Iterator[Finding]:
        """Each `principal_arn` stands in one entry."""
        seen: dict[str, str] = {}
        for name, entry in context.layout.cluster.access_entries.items():
            first = seen.setdefault(entry.principal_arn, name)
            if first != name:
                problem = f"{shown(entry.principal_arn)} has the access entry {first!r} already"
                where = ("cluster", "access_entries", name, "principal_arn")
                yield Finding(where, problem, "Put the policies and groups of both into one entry.")


class EmptyAccessEntry:
    """An access entry without policies and groups lets its principal in, to do nothing."""

    id = "empty-access-entry"
    level: Level = "warning"

    def check(self, context: Context) -> Iterator[Finding]:
        """Each entry has policies or groups, and policies where it has namespaces."""
        for name, entry in context.layout.cluster.access_entries.items():
            path = ("cluster", "access_entries", name)
            if not entry.policies and not entry.kubernetes_groups:
                problem = "has neither policies nor kubernetes_groups: it allows nothing"
                yield Finding(
                    (*path, "policies"), problem, "Write policies: [AmazonEKSAdminViewPolicy] or another."
                )
            elif entry.namespaces and not entry.policies:
                problem = "namespaces limit policies, and there are none"
                yield Finding((*path, "namespaces"), problem, "Write policies, or remove namespaces.")


class SystemGroup:
    """EKS refuses groups that begin with `system:`, system:masters above all.

    https://docs.aws.amazon.com/eks/latest/userguide/creating-access-entries.html
    """

    id = "system-group"
    level: Level = "error"

    def check(self, context: Context) -> Iterator[Finding]:
        """`kubernetes_groups` are groups of one's own."""
        for name, entry in context.layout.cluster.access_entries.items():
            for index, group in enumerate(entry.kubernetes_groups):
                if group.startswith("system:"):
                    where = ("cluster", "access_entries", name, "kubernetes_groups", index)
                    problem = f"EKS takes no group that begins with system: ({group[:60]})"
                    remedy = "Write policies: [AmazonEKSClusterAdminPolicy] for administrators."
                    yield Finding(where, problem, remedy)


class NobodyAdministers:
    """The platform stack is installed by whoever runs Terraform, who needs to administer the cluster."""

    id = "nobody-administers"
    level: Level = "warning"

    def check(self, context: Context) -> Iterator[Finding]:
        """The creator, or an access entry, has AmazonEKSClusterAdminPolicy for the whole cluster."""
        cluster = context.layout.cluster
        admins = [
            name
            for name, entry in cluster.access_entries.items()
            if "AmazonEKSClusterAdminPolicy" in entry.policies and not entry.namespaces
        ]
        if not cluster.creator_admin and not admins:
            problem = "nobody administers the cluster, so that the platform stack cannot be installed"
            remedy = (
                "Give an access entry the policy AmazonEKSClusterAdminPolicy, or remove creator_admin: false."
            )
            yield Finding(("cluster", "creator_admin"), problem, remedy, (("cluster", "access_entries"),))
