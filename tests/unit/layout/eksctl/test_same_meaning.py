"""What would quietly become another cluster: wider rights, other zones, fewer nodes, another network."""

from __future__ import annotations

from pathlib import Path

import pytest

from modules.layout import LayoutError
from modules.layout.eksctl import Options
from modules.layout.models.access import AccessPolicy
from tests.unit.layout.eksctl.imports import Importer, group_of, manifest_of, manifests

NODE_ROLE = "arn:aws:iam::111122223333:role/nodes"


@pytest.mark.parametrize("scope", ["{type: namespace}", "{type: everything}"])
def test_a_policy_whose_scope_names_no_namespaces_is_not_given_for_the_whole_cluster(
    imported: Importer, scope: str
) -> None:
    policy = "arn:aws:eks::aws:cluster-access-policy/AmazonEKSAdminPolicy"
    made = imported(
        "accessConfig:\n  accessEntries:\n"
        "    - principalARN: arn:aws:iam::111122223333:role/team\n      kubernetesGroups: [team]\n"
        f"      accessPolicies: [{{policyARN: '{policy}', accessScope: {scope}}}]\n"
    )
    (entry,) = made.layout.cluster.access_entries.values()
    assert entry.scoped_policies == ()
    assert made.fate("accessConfig.accessEntries[0].accessPolicies[0]") == "DROPPED"


def test_a_policy_of_some_namespaces_stays_one(imported: Importer) -> None:
    policy = "arn:aws:eks::aws:cluster-access-policy/AmazonEKSEditPolicy"
    made = imported(
        "accessConfig:\n  accessEntries:\n    - principalARN: arn:aws:iam::111122223333:role/team\n"
        f"      accessPolicies: [{{policyARN: '{policy}', accessScope: {{type: namespace, namespaces: [a]}}}}]\n"
    )
    (entry,) = made.layout.cluster.access_entries.values()
    assert entry.scoped_policies == (AccessPolicy(name="AmazonEKSEditPolicy", namespaces=("a",)),)


@pytest.mark.parametrize(
    "text",
    [
        "vpc: {subnets: {public: {us-west-2a: {id: subnet-0aaaaaaaaaaaaaaa1}}}}",
        "vpc: {controlPlaneSubnetIDs: [subnet-0aaaaaaaaaaaaaaa1, subnet-0aaaaaaaaaaaaaaa2]}",
        "managedNodeGroups: [{name: a, instanceType: m5.large, subnets: [subnet-0aaaaaaaaaaaaaaa1]}]",
    ],
)
def test_subnets_that_exist_are_in_a_vpc_that_exists(imported: Importer, text: str) -> None:
    assert imported(text).layout.network.vpc_id == "${var.vpc_id}"


def test_a_role_of_identity_center_is_asked_for_since_its_path_is_missing(imported: Importer) -> None:
    arn = "arn:aws:iam::111122223333:role/AWSReservedSSO_AdministratorAccess_0123456789abcdef"
    made = imported(f"iamIdentityMappings: [{{arn: '{arn}', groups: ['system:masters']}}]")
    (entry,) = made.layout.cluster.access_entries.values()
    assert entry.principal_arn == "${var.principal_arn}"
    assert "with its path" in made.notes("iamIdentityMappings[0].arn")


@pytest.mark.parametrize(("role", "fate"), [(NODE_ROLE, "dropped"), (NODE_ROLE + "-of-karpenter", "DROPPED")])
def test_the_entry_of_nodes_is_left_out_in_silence_for_the_groups_own_role_alone(
    imported: Importer, role: str, fate: str
) -> None:
    made = imported(
        f"iamIdentityMappings: [{{arn: '{role}', groups: ['system:bootstrappers', 'system:nodes']}}]\n"
        "managedNodeGroups:\n"
        f"  - {{name: a, instanceType: m5.large, iam: {{instanceRoleARN: '{NODE_ROLE}'}}}}\n"
    )
    assert made.fate("iamIdentityMappings[0]") == fate
    assert made.layout.cluster.access_entries == {}


@pytest.mark.parametrize(
    "fields",
    [
        "iam: {attachPolicyARNs: ['arn:aws:iam::aws:policy/AmazonS3FullAccess']}",
        "iam: {withAddonPolicies: {imageBuilder: true}}",
        f"iam: {{instanceRoleARN: '{NODE_ROLE}'}}",
    ],
)
def test_pods_go_on_to_use_the_rights_of_a_node_role(imported: Importer, fields: str) -> None:
    assert group_of(imported, fields).group.imds_hop_limit == 2
    assert group_of(imported, f"{fields}\ndisablePodIMDS: true").group.imds_hop_limit == 1


def test_a_policy_of_the_customer_is_kept_whatever_its_name(imported: Importer) -> None:
    arn = "arn:aws:iam::123456789012:policy/AmazonEKS_CNI_Policy"
    assert group_of(imported, f"iam: {{attachPolicyARNs: ['{arn}']}}").group.policy_arns == (arn,)


def test_rights_of_external_dns_go_with_the_add_on_that_uses_them(imported: Importer) -> None:
    made = group_of(imported, "iam: {withAddonPolicies: {externalDNS: true}}")
    assert "external-dns" in made.layout.addons
    association = made.layout.cluster.pod_identity_associations["external-dns"]
    assert (association.namespace, association.service_account) == ("external-dns", "external-dns")
    assert "route53:ChangeResourceRecordSets" in str(association.policy)


def test_an_autoscaler_of_the_user_keeps_its_rights_and_only_in_its_own_cluster(imported: Importer) -> None:
    made = imported(
        "iam: {serviceAccounts: [{metadata: {name: ca, namespace: kube-system}, wellKnownPolicies: {autoScaler: true}}]}"
    )
    policy = str(made.layout.cluster.pod_identity_associations["ca"].policy)
    assert "autoscaling:SetDesiredCapacity" in policy
    assert "k8s.io/cluster-autoscaler/demo" in policy


def test_a_policy_of_the_customer_on_an_add_on_is_not_lost(imported: Importer) -> None:
    arn = "arn:aws:iam::111122223333:policy/keys"
    made = imported(f"addons: [{{name: aws-ebs-csi-driver, attachPolicyARNs: ['{arn}']}}]")
    assert made.fate("addons[0].attachPolicyARNs") == "DROPPED"
    assert arn in made.notes("addons[0].attachPolicyARNs")


def test_some_zones_of_the_cluster_do_not_become_all_of_them_in_silence(imported: Importer) -> None:
    zones = "availabilityZones: [us-west-2a, us-west-2b, us-west-2c]\n"
    groups = "managedNodeGroups: [{name: a, instanceType: m5.large, availabilityZones: [%s]}]"
    some = imported(zones + groups % "us-west-2b, us-west-2c")
    assert some.fate("managedNodeGroups[0].availabilityZones") == "DROPPED"
    every = imported(zones + groups % "us-west-2a, us-west-2b, us-west-2c")
    assert not every.converted.drops


def test_a_subnet_s_name_in_a_new_vpc_is_its_zone(imported: Importer) -> None:
    made = imported(
        "vpc: {subnets: {private: {gpu-b: {az: us-west-2b}, gpu-c: {az: us-west-2c}}}}\n"
        "managedNodeGroups: [{name: a, instanceType: m5.large, subnets: [gpu-b]}]"
    )
    assert made.layout.node_groups["a"].availability_zone == "us-west-2b"


def test_a_region_that_is_none_is_written_even_if_a_preset_has_it(imported: Importer) -> None:
    group = "{name: gpu, instanceType: g4dn.metal, efaEnabled: true, desiredCapacity: 2, minSize: 0, maxSize: 10, volumeSize: 500}"
    made = imported(f"metadata: {{name: eks-g4dn, region: <REGION>}}\nmanagedNodeGroups: [{group}]")
    assert "region: us-west-2" in made.text
    assert made.fate("metadata.region") == "DROPPED"
    assert (
        imported("metadata: {name: a, region: <R>}", Options(region="eu-west-1")).layout.region == "eu-west-1"
    )


def test_a_volume_of_io1_keeps_its_size(imported: Importer) -> None:
    volume = group_of(
        imported, "{volumeType: io1, volumeSize: 1000}".strip("{}").replace(", ", "\n")
    ).group.root_volume
    assert (volume.type, volume.size_gib, volume.iops) == ("io2", 1000, 100)


def test_sizes_that_eksctl_refuses_are_said_at_their_fields(imported: Importer) -> None:
    made = group_of(imported, "desiredCapacity: 9\nmaxSize: 2")
    assert (made.group.size.desired, made.group.size.max) == (9, 9)
    assert made.fate("managedNodeGroups[0].maxSize") == "changed"
    assert made.fate("managedNodeGroups[0].desiredCapacity") == "kept"


def test_a_large_group_with_efa_gets_a_cni_that_holds_fewer_addresses(imported: Importer) -> None:
    made = group_of(imported, "desiredCapacity: 256\nefaEnabled: true", "instanceType: p5.48xlarge")
    assert made.group.size.desired == 256
    assert made.layout.addons["vpc-cni"].configuration["env"] == {
        "WARM_IP_TARGET": "4",
        "MINIMUM_IP_TARGET": "16",
    }
    assert "Not in the manifest: nodes keep 4 addresses" in made.text


def test_labels_and_taints_of_the_kubelet_s_flags_are_the_group_s(imported: Importer) -> None:
    made = group_of(
        imported,
        """\
        overrideBootstrapCommand: |
          apiVersion: node.eks.aws/v1alpha1
          kind: NodeConfig
          spec: {kubelet: {flags: ["--node-labels=tier=gold,pool=a", "--register-with-taints=x=y:NoExecute", "--v=2"]}}
        """,
    )
    assert {"tier": "gold", "pool": "a"}.items() <= made.group.labels.items()
    assert [(taint.key, taint.value, taint.effect) for taint in made.group.taints] == [
        ("x", "y", "NoExecute")
    ]
    assert made.group.node_config is not None
    assert list(made.group.node_config.spec()["kubelet"]["flags"]) == ["--v=2"]


def test_of_mime_user_data_the_node_config_is_kept_and_the_script_named(imported: Importer) -> None:
    made = group_of(
        imported,
        """\
        overrideBootstrapCommand: |
          MIME-Version: 1.0
          Content-Type: multipart/mixed; boundary="//"

          --//
          Content-Type: text/x-shellscript

          #!/bin/bash
          echo
          --//
          Content-Type: application/node.eks.aws

          apiVersion: node.eks.aws/v1alpha1
          kind: NodeConfig
          spec: {kubelet: {config: {maxPods: 110}}}
          --//--
        """,
    )
    assert made.group.node_config is not None
    assert made.group.node_config.spec()["kubelet"]["config"] == {"maxPods": 110}
    assert made.fate("managedNodeGroups[0].overrideBootstrapCommand") == "DROPPED"


def test_types_that_are_named_go_before_a_selector(imported: Importer) -> None:
    made = group_of(imported, "instanceSelector: {vCPUs: 96}")
    assert made.group.instance_type == "m6i.large"
    assert not made.converted.drops


@pytest.mark.parametrize("value", ["[maxPods]", "text", "5", "true", "{a: [1]}"])
@pytest.mark.parametrize(
    "text",
    [
        "nodeGroups: [{name: a, instanceType: m5.large, kubeletExtraConfig: %s}]",
        "nodeGroups: [{name: a, instanceType: m5.large, iam: {attachPolicy: %s}}]",
        "managedNodeGroups: [{name: a, instanceType: m5.large, bottlerocket: {settings: %s}}]",
        "iam: {serviceAccounts: [{metadata: {name: a}, attachPolicy: %s}]}",
        "iam: {podIdentityAssociations: [{namespace: a, serviceAccountName: b, permissionPolicy: %s}]}",
        "addons: [{name: aws-ebs-csi-driver, attachPolicy: %s}]",
    ],
)
def test_documents_of_any_form_are_taken_or_named(imported: Importer, text: str, value: str) -> None:
    made = imported(text % value)
    assert made.layout.node_groups


@pytest.mark.parametrize(
    ("text", "remedy"),
    [
        ("metadata: {name: a}\n{{ .Values.x }}\n  b", "render it first"),
        ("metadata: {name: ${CLUSTER}}\n", "envsubst"),
        ("managedNodeGroups: [{name: a, desiredCapacity: '3'}]", "without quotes"),
        ("managedNodeGroups: [{name: a, desiredCapacity: '${NODES}'}]", "envsubst"),
    ],
)
def test_a_manifest_that_is_a_template_is_told_to_be_filled_in(
    text: str, remedy: str, tmp_path: Path
) -> None:
    with pytest.raises(LayoutError) as refused:
        manifests(manifest_of(text), tmp_path)
    assert remedy in str(refused.value)


@pytest.mark.parametrize(
    ("name", "here"), [("", "cluster"), ("Кластер", "cluster"), ("7B", "n-7b"), ("A_b", "a-b")]
)
def test_a_name_that_is_none_here_becomes_one(imported: Importer, name: str, here: str) -> None:
    assert imported(f'metadata: {{name: "{name}", region: us-west-2}}').layout.name == here


def test_a_group_s_own_name_is_not_taken_by_another(imported: Importer) -> None:
    made = imported(
        "managedNodeGroups: [{name: GPU_Group, instanceType: m5.large}, {name: gpu-group, instanceType: c5.large}]"
    )
    assert made.layout.node_groups["gpu-group"].instance_type == "c5.large"
