import re
from importlib.resources import files

import pytest
from ruamel.yaml import YAML

FIELDS: dict[str, dict[str, str]] = YAML(typ="safe").load(
    (files("modules.layout") / "eksctl" / "fields.yaml").read_text(encoding="utf-8")
)
PLAIN = {"string", "integer", "number", "boolean", "any"}


def _definition(kind: str) -> str | None:
    """The definition that a kind names, below its `list of` and `map of`; None for a plain kind."""
    innermost = re.sub(r"^(?:(?:list|map) of )+", "", kind)
    return None if innermost in PLAIN or innermost.startswith("one of ") else innermost


def _referenced(name: str) -> set[str]:
    return {found for kind in FIELDS[name].values() if (found := _definition(kind))}


def test_every_definition_that_a_field_names_is_in_the_file() -> None:
    assert {found for name in FIELDS for found in _referenced(name)} <= FIELDS.keys()


def test_every_definition_is_reached_from_the_cluster_config() -> None:
    reached, waiting = {"ClusterConfig"}, ["ClusterConfig"]
    while waiting:
        found = _referenced(waiting.pop()) - reached
        reached |= found
        waiting += sorted(found)
    assert reached == FIELDS.keys()


def test_every_enum_has_distinct_words_without_spaces() -> None:
    enums = [kind for fields in FIELDS.values() for kind in fields.values() if "one of " in kind]
    assert len(enums) == 13
    for kind in enums:
        words = kind.partition("one of ")[2].split(" | ")
        assert len(set(words)) == len(words)
        assert all(re.fullmatch(r"[\w./*]+", word) for word in words)


def test_field_names_have_no_space_and_begin_with_a_small_letter() -> None:
    for fields in FIELDS.values():
        assert all(re.fullmatch(r"[a-z]\w*", name) for name in fields)


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("managedNodeGroups", "list of ManagedNodeGroup"),
        ("metadata.tags", "map of string"),
        ("cloudWatch.clusterLogging.logRetentionInDays", "integer"),
        ("vpc.nat.gateway", "one of HighlyAvailable | Single | Disable"),
        ("vpc.subnets.private.cidr", "string"),
        ("vpc.ipv6Cidr", "string"),
        ("privateCluster.skipEndpointCreation", "boolean"),
        ("accessConfig.accessEntries.accessPolicies.accessScope.namespaces", "list of string"),
        ("accessConfig.accessEntries.principalARN", "string"),
        ("iam.serviceAccounts.attachPolicy", "any"),
        ("addons.configurationValues", "string"),
        ("addons.podIdentityAssociations.permissionPolicyARNs", "list of string"),
        ("managedNodeGroups.capacityReservation", "CapacityReservation"),
        ("managedNodeGroups.capacityReservation.capacityReservationTarget.capacityReservationID", "string"),
        (
            "managedNodeGroups.capacityReservation.capacityReservationTarget.capacityReservationResourceGroupARN",
            "string",
        ),
        ("managedNodeGroups.instanceMarketOptions.marketType", "string"),
        ("managedNodeGroups.nodeRepairConfig.enabled", "boolean"),
        ("managedNodeGroups.instanceSelector.neuron_devices", "integer"),
        ("managedNodeGroups.iam.withAddonPolicies.externalDNS", "boolean"),
        ("managedNodeGroups.ssh.sourceSecurityGroupIds", "list of string"),
        ("managedNodeGroups.additionalVolumes.volumeType", "one of gp2 | gp3 | io1 | io2 | sc1 | st1"),
        ("nodeGroups.instancesDistribution.maxPrice", "number"),
        ("nodeGroups.kubeletExtraConfig", "any"),
        ("capabilities.configuration.argocd.awsIdc.idcInstanceArn", "string"),
    ],
)
def test_a_field_has_the_kind_that_the_schema_gives(path: str, kind: str) -> None:
    name = "ClusterConfig"
    *parents, last = path.split(".")
    for parent in parents:
        found = _definition(FIELDS[name][parent])
        assert found
        name = found
    assert FIELDS[name][last] == kind


@pytest.mark.parametrize(
    ("definition", "name"),
    [
        ("CapacityReservationTarget", "capacityReservationId"),
        ("ClusterVPC", "publicAccessCidrs"),
        ("ManagedNodeGroup", "desiredSize"),
        ("ManagedNodeGroup", "instancesDistribution"),
        ("ManagedNodeGroup", "kubeletExtraConfig"),
        ("NodeGroup", "nodeRepairConfig"),
        ("NodeGroup", "instanceTypes"),
        ("NodeGroup", "spot"),
        ("WellKnownPolicies", "ebs"),
    ],
)
def test_a_field_that_eksctl_does_not_have_is_not_there(definition: str, name: str) -> None:
    assert name not in FIELDS[definition]
