"""`vpc`, `availabilityZones` and `privateCluster` of a ClusterConfig, and where its node groups go."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ..values import AvailabilityZone, Cidr, Cidrs, SecurityGroupId, SubnetId, SubnetIds, VpcId
from .draft import Draft, fits
from .manifest import Part

_NAT = {"HighlyAvailable": "per_zone", "Single": None}
_OPEN = "0.0.0.0/0"


@dataclass(frozen=True, slots=True)
class Subnet:
    """A subnet of the manifest: its name there, its id as it was written, and its zone where that is known."""

    name: str
    id: str
    zone: str = ""


@dataclass(frozen=True, slots=True)
class Chosen:
    """Subnets of a node group, with what is to be said of them, and their zone where it is one and known."""

    ids: tuple[str, ...]
    comment: str = ""
    zone: str = ""


@dataclass(frozen=True, slots=True)
class Subnets:
    """Where node groups can go. `own_control_plane` tells that the control plane has other subnets than the nodes."""

    draft: Draft
    is_new: bool
    private: tuple[Subnet, ...] = ()
    public: tuple[Subnet, ...] = ()
    own_control_plane: bool = False
    shared_security_groups: tuple[str, ...] = ()

    def of_group(self, given: Part, group: str, zones: Sequence[str], one: bool) -> Chosen | None:
        """Subnets of a group in a VPC that exists; None where it has those of the cluster.

        Args:
            given: the group.
            zones: the zones that it names.
            one: whether it has to be one subnet.
        """
        named = given.texts("subnets")
        key = "subnets" if named else "availabilityZones"
        found = self._named(given, named, group, one) if named else self._in_zones(zones)
        if len(found) < len(named or zones) and not one:
            given.dropped(key, "the group has the cluster's subnets: the manifest has no private ones there")
            return None
        if one and len(found) > 1:
            given.changed(key, f"{found[0]} only: the nodes of one job belong into one subnet")
        if found:
            ids = tuple(found[:1] if one else dict.fromkeys(found))
            in_zones = {subnet.zone for subnet in self.private if subnet.id in ids}
            return Chosen(ids, zone=in_zones.pop() if len(in_zones) == 1 else "")
        if one:
            variable = self.draft.variable(SubnetId, "gpu_subnet_id", group)
            return Chosen((variable,), _why_one(given, group, variable))
        if self.own_control_plane:
            return Chosen(tuple(one.id for one in self.private))
        return None

    def _named(self, given: Part, names: Sequence[str], group: str, one: bool) -> list[str]:
        """Ids of the subnets that a group names; those that are public are left out."""
        hint = "gpu_subnet_id" if one else "subnet_id"
        found = []
        for name in names:
            private = next((subnet for subnet in self.private if name in (subnet.name, subnet.id)), None)
            if private is not None and not private.id:
                found += self._in_zones([private.zone]) or [self.draft.variable(SubnetId, hint, group, name)]
            elif private is None and any(name in (subnet.name, subnet.id) for subnet in self.public):
                given.changed("subnets", f"{name} is public: nodes are in private subnets here")
            else:
                text = private.id if private else name
                found.append(self.draft.known(given, "subnets", text, SubnetId, hint, group))
        return found

    def _in_zones(self, zones: Sequence[str]) -> list[str]:
        """Ids of the private subnets in zones, as far as the manifest tells."""
        return [
            subnet.id
            for zone in zones
            for subnet in self.private
            if subnet.zone == zone and fits(subnet.id, SubnetId)
        ]


def _why_one(given: Part, group: str, variable: str) -> str:
    where = (
        "is one in the reservation's zone"
        if "capacityReservation" in given
        else "is one, since EFA stays in a zone"
    )
    return f"The manifest names no subnet for {group}: {variable} {where}."


def network(manifest: Part, draft: Draft) -> Subnets:
    """Writes `network`, the endpoint's access and the control plane's security groups."""
    vpc = manifest.part("vpc")
    private = _subnets(vpc.part("subnets"), "private")
    exists = "id" in vpc or _names_subnets(manifest, vpc)
    closed = bool(manifest.part("privateCluster").value("enabled"))
    if exists:
        subnets = _existing(manifest, vpc, private, draft)
    else:
        _new(manifest, vpc, draft, closed)
        listed = vpc.part("subnets")
        subnets = Subnets(draft, True, _subnets(listed, "private"), _subnets(listed, "public"))
    _private_cluster(manifest.part("privateCluster"), draft, exists, closed)
    _endpoint(vpc, draft, closed)
    return subnets


def _names_subnets(manifest: Part, vpc: Part) -> bool:
    """Whether there are subnets already: eksctl finds the VPC by them (https://docs.aws.amazon.com/eks/latest/eksctl/vpc-configuration.html)."""
    ids = [one.id for kind in ("private", "public") for one in _subnets(vpc.part("subnets"), kind)]
    ids += vpc.texts("controlPlaneSubnetIDs")
    for key in ("managedNodeGroups", "nodeGroups"):
        ids += [
            text for group in manifest.parts(key) for text in group.texts("subnets") if fits(text, SubnetId)
        ]
    return any(ids)


def _subnets(given: Part, kind: str) -> tuple[Subnet, ...]:
    found = []
    for name, one in given.named(kind).items():
        zone = one.text("az") or (name if fits(name, AvailabilityZone) else "")
        found.append(Subnet(name, one.text("id"), zone))
    return tuple(found)


def _existing(manifest: Part, vpc: Part, private: tuple[Subnet, ...], draft: Draft) -> Subnets:
    id = vpc.text("id")
    draft.put(("network", "vpc_id"), draft.known(vpc, "id", id, VpcId) if id else draft.variable(VpcId))
    for key in ("cidr", "subnets"):
        vpc.value(key)
    nodes = [one.id for one in private if one.id]
    control_plane = vpc.texts("controlPlaneSubnetIDs")
    chosen = control_plane or nodes
    path = ("network", "private_subnet_ids")
    good = [text for text in chosen if fits(text, SubnetId)]
    if len(good) == len(chosen) >= 2:
        draft.put(path, chosen)
    else:
        variable = draft.variable(SubnetIds, "private_subnet_ids")
        said = f"of them, {', '.join(good)} stand in the manifest" if good else "the manifest names none"
        draft.put(
            path,
            variable,
            f"Two or more private subnets in different zones; {said}." if good or not chosen else "",
        )
        vpc.changed("subnets" if "subnets" in vpc else "", f"the private subnets: {variable}")
    public = [one.id for one in _subnets(vpc.part("subnets"), "public") if one.id]
    if public and all(fits(text, SubnetId) for text in public):
        draft.put(("network", "public_subnet_ids"), public)
    elif public:
        vpc.part("subnets").dropped("public", "only an output would name them", harmless=True)
    groups = [
        text for text in (vpc.text("securityGroup"), *vpc.texts("controlPlaneSecurityGroupIDs")) if text
    ]
    ids = [draft.known(vpc, "securityGroup", text, SecurityGroupId) for text in dict.fromkeys(groups)]
    draft.put(("cluster", "security_group_ids"), ids)
    shared = vpc.text("sharedNodeSecurityGroup")
    of_nodes: tuple[str, ...] = ()
    if shared:
        of_nodes = (
            draft.known(vpc, "sharedNodeSecurityGroup", shared, SecurityGroupId, "node_security_group_id"),
        )
    if vpc.value("manageSharedNodeSecurityGroupRules"):
        vpc.dropped(
            "manageSharedNodeSecurityGroupRules",
            "EKS keeps the rules of the cluster's own group",
            harmless=True,
        )
    if manifest.texts("availabilityZones"):
        manifest.changed("availabilityZones", "the zones are those of the subnets")
    vpc.part("nat").value("gateway")
    own = bool(control_plane) and set(control_plane) != set(nodes) and len(nodes) > 0
    own = own and all(fits(text, SubnetId) for text in nodes)
    return Subnets(draft, False, private, _subnets(vpc.part("subnets"), "public"), own, of_nodes)


def _new(manifest: Part, vpc: Part, draft: Draft, closed: bool) -> None:
    cidr = vpc.text("cidr")
    if cidr and fits(cidr, Cidr):
        draft.put(("network", "cidr"), cidr)
    elif cidr:
        vpc.dropped("cidr", f"{cidr!r} is no range: the new VPC has 10.0.0.0/16")
    else:
        manifest.changed("vpc" if "vpc" in manifest and not vpc.node.value else "",
                         "no VPC is named: a new one of 10.0.0.0/16, where eksctl takes 192.168.0.0/16")  # fmt: skip
    zones = manifest.texts("availabilityZones")
    listed = vpc.part("subnets")
    for kind in ("private", "public"):
        subnets = _subnets(listed, kind)
        if subnets:
            zones = zones or [one.zone for one in subnets if one.zone]
            listed.changed(
                kind, "ranges of the subnets are made here: an eighth of the VPC for each zone's private one"
            )
    zones = list(dict.fromkeys(zones))
    real = [zone for zone in zones if fits(zone, AvailabilityZone)]
    if len(real) == len(zones):
        draft.put(("network", "availability_zones"), zones)
    elif not real:
        manifest.changed("availabilityZones", "no zones yet: the first two of the region")
    else:
        every = [draft.known(manifest, "availabilityZones", zone, AvailabilityZone) for zone in zones]
        draft.put(("network", "availability_zones"), every)
    gateway = vpc.part("nat").text("gateway")
    if gateway == "Disable" and not closed:
        vpc.part("nat").dropped("gateway", "one NAT gateway is made: nodes in private subnets need a way out")
    elif gateway and not closed:
        draft.put(("network", "nat_gateway"), _NAT.get(gateway))
    for key in (
        "securityGroup",
        "sharedNodeSecurityGroup",
        "controlPlaneSecurityGroupIDs",
        "controlPlaneSubnetIDs",
    ):
        if vpc.value(key):
            vpc.dropped(key, "belongs to another VPC than the new one")


def _private_cluster(given: Part, draft: Draft, exists: bool, closed: bool) -> None:
    if not closed:
        return
    services = given.texts("additionalEndpointServices")
    if exists:
        note = "the VPC is yours: it needs endpoints for what EKS nodes call"
        given.changed("enabled", f"the Kubernetes API is private; {note}")
        if services:
            given.changed("additionalEndpointServices", note)
        given.value("skipEndpointCreation")
        return
    if given.value("skipEndpointCreation"):
        given.dropped(
            "skipEndpointCreation", "a new VPC without a way out always has the endpoints that EKS nodes need"
        )
    draft.put(("network", "fully_private"), True)
    draft.put(("network", "interface_endpoints"), services)


def _endpoint(vpc: Part, draft: Draft, closed: bool) -> None:
    access = vpc.part("clusterEndpoints")
    # https://eksctl.io/usage/vpc-cluster-access/: public and not private, where nothing is said
    public = bool(access.value("publicAccess", True)) and not closed
    if "privateAccess" in access and not access.value("privateAccess") and not closed:
        access.changed("privateAccess", "on: the nodes reach the API within the VPC")
    cidrs = vpc.texts("publicAccessCIDRs")
    if not public:
        if cidrs:
            vpc.dropped("publicAccessCIDRs", "the endpoint is not public", harmless=True)
        return
    draft.put(("cluster", "endpoint", "public"), True)
    path = ("cluster", "endpoint", "public_access_cidrs")
    if cidrs and all(fits(cidr, Cidr) for cidr in cidrs):
        draft.put(path, cidrs)
        return
    variable = draft.variable(Cidrs, "public_access_cidrs")
    draft.put(path, variable)
    if cidrs:
        vpc.changed("publicAccessCIDRs", f"not all are ranges: {variable} takes their place")
    else:
        vpc.changed("", f"eksctl opens the Kubernetes API to {_OPEN}: here {variable} says who may reach it")
