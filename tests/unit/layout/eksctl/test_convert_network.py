"""`vpc`, `availabilityZones` and `privateCluster`."""

from __future__ import annotations

import pytest

from tests.unit.layout.eksctl.imports import Importer

SUBNETS = ("subnet-0aaaaaaaaaaaaaaa1", "subnet-0aaaaaaaaaaaaaaa2", "subnet-0aaaaaaaaaaaaaaa3")
EXISTING = f"""
vpc:
  id: vpc-0123456789abcdef0
  subnets:
    private:
      us-west-2a: {{id: {SUBNETS[0]}}}
      us-west-2b: {{id: {SUBNETS[1]}}}
      train: {{id: {SUBNETS[2]}, az: us-west-2b}}
"""
GROUPS = """
managedNodeGroups:
  - {name: sys, instanceType: m6i.large, desiredCapacity: 2, privateNetworking: true}
  - name: gpu
    instanceType: p4d.24xlarge
    efaEnabled: true
    desiredCapacity: 2
    privateNetworking: true
"""


def test_a_new_vpc_has_the_range_zones_and_nat_gateways_of_the_manifest(imported: Importer) -> None:
    made = imported("""
        availabilityZones: [us-west-2a, us-west-2c]
        vpc:
          cidr: 10.40.0.0/16
          nat: {gateway: HighlyAvailable}
        """)
    network = made.layout.network
    assert (network.vpc_id, network.cidr, network.nat_gateway) == (None, "10.40.0.0/16", "per_zone")
    assert network.availability_zones == ("us-west-2a", "us-west-2c")
    assert made.fate("availabilityZones[0]") == made.fate("vpc.nat.gateway") == "kept"


@pytest.mark.parametrize(
    ("gateway", "here"),
    [("HighlyAvailable", "per_zone"), ("highlyAvailable", "per_zone"), ("Single", "single")],
)
def test_there_is_a_nat_gateway_in_each_zone_or_as_by_default_one(
    imported: Importer, gateway: str, here: str
) -> None:
    assert imported(f"vpc: {{nat: {{gateway: {gateway}}}}}").layout.network.nat_gateway == here


def test_no_nat_gateway_is_kept_where_the_cluster_is_private(imported: Importer) -> None:
    made = imported("privateCluster: {enabled: true}\nvpc: {nat: {gateway: Disable}}")
    assert made.layout.network.fully_private
    assert made.layout.network.nat_gateway in (None, "none")


def test_an_existing_vpc_gives_its_id_and_private_subnets(imported: Importer) -> None:
    made = imported(EXISTING)
    assert made.layout.network.vpc_id == "vpc-0123456789abcdef0"
    assert made.layout.network.private_subnet_ids == SUBNETS
    assert made.fate("vpc.subnets.private.us-west-2a.id") == "kept"


def test_the_vpc_s_id_is_a_variable_where_only_subnets_are_named(imported: Importer) -> None:
    made = imported(EXISTING.replace("id: vpc-0123456789abcdef0", "cidr: 10.8.0.0/16"))
    assert made.layout.network.vpc_id == "${var.vpc_id}"
    assert made.layout.network.private_subnet_ids == SUBNETS


def test_public_subnets_of_an_existing_vpc_are_kept(imported: Importer) -> None:
    public = ("subnet-0bbbbbbbbbbbbbbb1", "subnet-0bbbbbbbbbbbbbbb2")
    text = f"    public: {{a: {{id: {public[0]}}}, b: {{id: {public[1]}}}}}\n"
    assert imported(EXISTING + text).layout.network.public_subnet_ids == public


def test_a_group_names_a_subnet_by_its_key_its_zone_or_its_id(imported: Importer) -> None:
    for named, wanted in (("train", SUBNETS[2]), ("us-west-2a", SUBNETS[0]), (SUBNETS[1], SUBNETS[1])):
        made = imported(EXISTING + GROUPS + f"    subnets: [{named}]\n")
        assert made.layout.node_groups["gpu"].subnet_ids == (wanted,)
        assert made.layout.node_groups["sys"].subnet_ids is None


def test_a_group_s_zone_in_an_existing_vpc_is_a_subnet_in_it(imported: Importer) -> None:
    made = imported(EXISTING + GROUPS + "    availabilityZones: [us-west-2a]\n")
    assert made.layout.node_groups["gpu"].subnet_ids == (SUBNETS[0],)


def test_a_group_with_efa_and_without_a_subnet_gets_a_variable_for_one(imported: Importer) -> None:
    made = imported(EXISTING + GROUPS)
    assert made.layout.node_groups["gpu"].subnet_ids == ("${var.gpu_subnet_id}",)
    assert "EFA stays in a zone" in made.text


def test_a_group_with_efa_in_several_subnets_stays_in_the_first(imported: Importer) -> None:
    made = imported(EXISTING + GROUPS + "    subnets: [train, us-west-2a]\n")
    assert made.layout.node_groups["gpu"].subnet_ids == (SUBNETS[2],)
    assert made.fate("managedNodeGroups[1].subnets") == "changed"


def test_a_group_s_zone_in_a_new_vpc_is_its_zone(imported: Importer) -> None:
    made = imported(
        "availabilityZones: [us-west-2a, us-west-2b]\n" + GROUPS + "    availabilityZones: [us-west-2b]\n"
    )
    assert made.layout.node_groups["gpu"].availability_zone == "us-west-2b"


def test_public_nodes_become_private_and_said_so(imported: Importer) -> None:
    made = imported("managedNodeGroups: [{name: a, instanceType: m6i.large, privateNetworking: false}]")
    assert made.fate("managedNodeGroups[0].privateNetworking") == "changed"
    made = imported("managedNodeGroups: [{name: a, instanceType: m6i.large}]")
    assert "private subnets" in made.notes("managedNodeGroups[0]")


def test_the_endpoint_is_public_to_those_whom_the_manifest_names(imported: Importer) -> None:
    made = imported("""
        vpc:
          clusterEndpoints: {publicAccess: true, privateAccess: true}
          publicAccessCIDRs: [203.0.113.0/24, 198.51.100.17/32]
        """)
    endpoint = made.layout.cluster.endpoint
    assert (endpoint.public, endpoint.private) == (True, True)
    assert endpoint.public_access_cidrs == ("203.0.113.0/24", "198.51.100.17/32")


def test_an_endpoint_that_is_open_to_all_asks_for_ranges(imported: Importer) -> None:
    made = imported("")
    assert str(made.layout.cluster.endpoint.public_access_cidrs) == "${var.public_access_cidrs}"
    assert any("0.0.0.0/0" in row.note for row in made.converted.rows)


def test_an_endpoint_that_is_not_public_stays_so(imported: Importer) -> None:
    made = imported("vpc: {clusterEndpoints: {publicAccess: false, privateAccess: true}}")
    assert not made.layout.cluster.endpoint.public


def test_an_endpoint_without_private_access_has_it_here(imported: Importer) -> None:
    made = imported("vpc: {clusterEndpoints: {publicAccess: true, privateAccess: false}}")
    assert made.layout.cluster.endpoint.private
    assert made.fate("vpc.clusterEndpoints.privateAccess") == "changed"


def test_the_control_plane_s_security_groups_are_kept(imported: Importer) -> None:
    own = "  securityGroup: sg-0123456789abcdef0\n  controlPlaneSecurityGroupIDs: [sg-0a1b2c3d4e5f60718]\n"
    made = imported(EXISTING + own)
    assert made.layout.cluster.security_group_ids == ("sg-0123456789abcdef0", "sg-0a1b2c3d4e5f60718")


def test_a_security_group_without_its_vpc_is_dropped(imported: Importer) -> None:
    made = imported("vpc: {cidr: 10.0.0.0/16, securityGroup: sg-0123456789abcdef0}")
    assert made.fate("vpc.securityGroup") == "DROPPED"


def test_the_nodes_shared_security_group_is_that_of_self_managed_groups(imported: Importer) -> None:
    groups = """
nodeGroups:
  - {name: old, instanceType: m6i.large, privateNetworking: true}
managedNodeGroups:
  - {name: new, instanceType: m6i.large, privateNetworking: true}
"""
    made = imported(EXISTING + "  sharedNodeSecurityGroup: sg-0123456789abcdef0\n" + groups)
    assert made.layout.node_groups["old"].security_group_ids == ("sg-0123456789abcdef0",)
    assert made.layout.node_groups["new"].security_group_ids == ()


def test_a_private_cluster_has_no_way_out_and_its_endpoints(imported: Importer) -> None:
    made = imported("privateCluster: {enabled: true, additionalEndpointServices: [autoscaling, logs]}")
    assert made.layout.network.fully_private
    assert not made.layout.cluster.endpoint.public
    assert {"autoscaling", "logs"} <= set(made.layout.network.interface_endpoints or ())


def test_a_private_cluster_in_a_vpc_that_exists_leaves_the_vpc_alone(imported: Importer) -> None:
    made = imported(EXISTING + "privateCluster: {enabled: true}\n")
    assert not made.layout.network.fully_private
    assert not made.layout.cluster.endpoint.public
    assert made.fate("privateCluster.enabled") == "changed"


@pytest.mark.parametrize(
    "field",
    [
        "autoAllocateIPv6: true",
        "ipv6Cidr: 2001:db8::/56",
        "ipv6Pool: pool",
        "extraCIDRs: [10.9.0.0/16]",
        "hostnameType: resource-name",
        "controlPlaneOnPrivateSubnets: true",
    ],
)
def test_a_setting_of_the_vpc_without_counterpart_is_dropped(imported: Importer, field: str) -> None:
    made = imported(f"vpc:\n  cidr: 10.0.0.0/16\n  {field}\n")
    assert made.fate(f"vpc.{field.partition(':')[0]}") == "DROPPED"
