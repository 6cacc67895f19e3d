"""Rules about the control plane: who reaches it, and which keys encrypt it."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import IPv4Network

from ..faults import KeyPath, Level
from ..values import is_known
from .addresses import PRIVATE, SHARED
from .base import Context, Finding

_ENDPOINT: KeyPath = ("cluster", "endpoint")
# https://docs.aws.amazon.com/eks/latest/userguide/service-quotas.html: public endpoint access CIDR ranges per cluster
MAX_PUBLIC_CIDRS = 40
MAX_SECURITY_GROUPS = 5


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
        storage = layout.storage
        keys += [
            (("storage", kind, name, "kms_key_arn"), one.kms_key_arn, layout.region)
            for kind, stores in (
                ("file_systems", storage.file_systems),
                ("buckets", storage.buckets),
                ("repositories", storage.repositories),
            )
            for name, one in stores.items()
        ]
        for path, arn, region in keys:
            if arn and is_known(arn) and arn.split(":")[3] != region:
                problem = f"the key is in {arn.split(':')[3]}, and what it encrypts in {region}"
                remedy = f"Write the ARN of a key in {region}."
                yield Finding(path, problem, remedy, (("region",), ("backend", "region")))


class ControlPlaneGroupsInNewVpc:
    """A security group belongs to a VPC, and none that exists belongs to one that is not made yet.

    https://docs.aws.amazon.com/eks/latest/userguide/sec-group-reqs.html
    """

    id = "control-plane-groups-in-new-vpc"
    level: Level = "error"

    def check(self, context: Context) -> Iterator[Finding]:
        """`cluster.security_group_ids` goes with `network.vpc_id`."""
        if context.layout.cluster.security_group_ids and context.layout.network.is_new:
            problem = "names existing security groups, and the VPC is a new one, which they are not in"
            remedy = "Write network.vpc_id and its subnets, or remove this: the cluster's own group is always there."
            yield Finding(("cluster", "security_group_ids"), problem, remedy, (("network",),))


class TooManyControlPlaneGroups:
    """EKS takes five beside its own.

    https://docs.aws.amazon.com/eks/latest/APIReference/API_CreateCluster.html (resourcesVpcConfig)
    """

    id = "too-many-control-plane-groups"
    level: Level = "error"

    def check(self, context: Context) -> Iterator[Finding]:
        """At most five security groups of the control plane."""
        groups = context.layout.cluster.security_group_ids
        if is_known(groups) and len(groups) > MAX_SECURITY_GROUPS:
            problem = f"{len(groups)} security groups, and EKS takes {MAX_SECURITY_GROUPS}"
            yield Finding(("cluster", "security_group_ids"), problem, "Join the rules of some in one group.")
