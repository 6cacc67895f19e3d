"""EKS add-ons: in which order, in which version, with which role and configuration."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.terraform_json import Stack, Synth

DEFAULT = "tags: {}"
GPU = """
node_groups:
  gpu: {instance_type: g5.8xlarge, size: {min: 0, desired: 2, max: 4}}
"""
ALL = """
addons:
  aws-efs-csi-driver: {}
  aws-fsx-csi-driver: {}
  aws-mountpoint-s3-csi-driver: {}
  amazon-cloudwatch-observability: {}
  eks-node-monitoring-agent: {}
  snapshot-controller: {}
"""
BEFORE_NODES = ("eks-pod-identity-agent", "vpc-cni", "kube-proxy")
ROLE = "arn:aws:iam::123456789012:role/ours"
POLICY = "{Version: 2012-10-17, Statement: [{Effect: Allow, Action: 's3:GetObject', Resource: '*'}]}"


def _address(addon: str) -> str:
    return f"aws_eks_addon.addons_{addon.replace('-', '_')}"


def _configuration(stack: Stack, addon: str) -> Any:
    values = stack[_address(addon)].get("configuration_values")
    return None if values is None else json.loads(values)


def test_a_cluster_has_the_addons_that_every_node_and_volume_needs(synth: Synth) -> None:
    addons = synth(DEFAULT).cluster.resources("aws_eks_addon").values()
    assert {addon["addon_name"] for addon in addons} == {*BEFORE_NODES, "coredns", "aws-ebs-csi-driver"}
    assert {addon["cluster_name"] for addon in addons} == {"${aws_eks_cluster.cluster.id}"}


def test_the_pod_identity_agent_comes_before_the_cni_and_kube_proxy(synth: Synth) -> None:
    """The CNI finds no credentials without it (amazon-vpc-cni-k8s #3840)."""
    stack = synth(DEFAULT).cluster
    agent = _address("eks-pod-identity-agent")
    assert agent in stack.needs(_address("vpc-cni"))
    assert agent in stack.needs(_address("kube-proxy"))
    assert not {_address(addon) for addon in BEFORE_NODES} & stack.needs(agent)


def test_the_cni_and_kube_proxy_do_not_wait_for_each_other(synth: Synth) -> None:
    stack = synth(DEFAULT).cluster
    assert _address("vpc-cni") not in stack.needs(_address("kube-proxy"))
    assert _address("kube-proxy") not in stack.needs(_address("vpc-cni"))


def test_every_node_group_waits_for_the_three_addons_and_the_cnis_role(synth: Synth) -> None:
    stack = synth(GPU).cluster
    first = {_address(addon) for addon in BEFORE_NODES}
    for group in stack.resources("aws_eks_node_group"):
        needs = stack.needs(f"aws_eks_node_group.{group}")
        assert first <= needs
        assert "aws_eks_pod_identity_association.addons_vpc_cni_identity" in needs
        assert "aws_iam_role_policy_attachment.addons_vpc_cni_role_policy_AmazonEKS_CNI_Policy" in needs


def test_the_other_addons_wait_for_nodes_that_can_run_them(synth: Synth) -> None:
    stack = synth(ALL + GPU).cluster
    rest = set(stack.resources("aws_eks_addon")) - {
        _address(addon).removeprefix("aws_eks_addon.") for addon in BEFORE_NODES
    }
    assert len(rest) == 8
    for addon in rest:
        assert "aws_eks_node_group.nodes_sys" in stack.needs(f"aws_eks_addon.{addon}")


def test_no_node_group_waits_for_an_addon_that_needs_nodes(synth: Synth) -> None:
    stack = synth(ALL + GPU).cluster
    for group in stack.resources("aws_eks_node_group"):
        waits = {
            one for one in stack.needs(f"aws_eks_node_group.{group}") if one.startswith("aws_eks_addon.")
        }
        assert waits == {_address(addon) for addon in BEFORE_NODES}


def test_the_other_addons_do_not_wait_for_nodes_that_cannot_run_them(synth: Synth) -> None:
    """A group whose capacity has not come yet must not keep DNS and volumes from the rest of the cluster."""
    stack = synth(ALL + GPU).cluster
    for addon in ("coredns", "aws-ebs-csi-driver"):
        assert "aws_eks_node_group.nodes_gpu" not in stack.needs(_address(addon))


def test_the_other_addons_wait_for_a_gpu_group_that_everything_may_run_on(synth: Synth) -> None:
    stack = synth("""
        node_groups:
          sys: null
          gpu: {instance_type: g5.8xlarge, size: {min: 1, desired: 2, max: 4}, taints: []}
    """).cluster
    assert "aws_eks_node_group.nodes_gpu" in stack.needs(_address("coredns"))


def test_a_version_is_the_default_one_of_the_clusters_kubernetes_version(synth: Synth) -> None:
    stack = synth('kubernetes_version: "1.34"').cluster
    assert stack["data.aws_eks_addon_version.addons_vpc_cni_version"] == {
        "addon_name": "vpc-cni",
        "kubernetes_version": "1.34",
        "most_recent": False,
    }
    assert stack[_address("vpc-cni")]["addon_version"] == (
        "${data.aws_eks_addon_version.addons_vpc_cni_version.version}"
    )


def test_a_version_may_be_the_newest(synth: Synth) -> None:
    stack = synth("addons: {vpc-cni: {most_recent: true}}").cluster
    assert stack["data.aws_eks_addon_version.addons_vpc_cni_version"]["most_recent"] is True
    assert stack["data.aws_eks_addon_version.addons_coredns_version"]["most_recent"] is False


def test_a_pinned_version_asks_eks_for_nothing(synth: Synth) -> None:
    stack = synth("addons: {vpc-cni: {version: v1.21.1-eksbuild.1}}").cluster
    assert stack[_address("vpc-cni")]["addon_version"] == "v1.21.1-eksbuild.1"
    assert "data.aws_eks_addon_version.addons_vpc_cni_version" not in stack


def test_an_addon_can_be_added_and_one_of_the_default_ones_switched_off(synth: Synth) -> None:
    stack = synth("addons: {snapshot-controller: {}, aws-ebs-csi-driver: {enabled: false}}").cluster
    assert _address("snapshot-controller") in stack
    assert not [address for address in stack.addresses if "ebs_csi" in address]


def test_settings_of_the_layout_win_over_those_made_by_hand_in_the_cluster(synth: Synth) -> None:
    for addon in synth(ALL).cluster.resources("aws_eks_addon").values():
        assert addon["resolve_conflicts_on_create"] == addon["resolve_conflicts_on_update"] == "OVERWRITE"


@pytest.mark.parametrize(
    ("addon", "namespace", "service_account", "policies"),
    [
        ("vpc-cni", "kube-system", "aws-node", ["AmazonEKS_CNI_Policy"]),
        (
            "aws-ebs-csi-driver",
            "kube-system",
            "ebs-csi-controller-sa",
            ["service-role/AmazonEBSCSIDriverPolicy"],
        ),
        (
            "aws-efs-csi-driver",
            "kube-system",
            "efs-csi-controller-sa",
            ["service-role/AmazonEFSCSIDriverPolicy"],
        ),
        ("aws-fsx-csi-driver", "kube-system", "fsx-csi-controller-sa", ["AmazonFSxFullAccess"]),
        (
            "amazon-cloudwatch-observability",
            "amazon-cloudwatch",
            "cloudwatch-agent",
            ["CloudWatchAgentServerPolicy", "AWSXrayWriteOnlyAccess"],
        ),
    ],
)
def test_an_addon_that_calls_aws_has_a_pod_identity_role_before_its_pods_start(
    synth: Synth, addon: str, namespace: str, service_account: str, policies: list[str]
) -> None:
    stack = synth(ALL).cluster
    name = f"addons_{addon.replace('-', '_')}"
    association = stack[f"aws_eks_pod_identity_association.{name}_identity"]
    assert association == {
        "cluster_name": "${aws_eks_cluster.cluster.id}",
        "namespace": namespace,
        "service_account": service_account,
        "role_arn": f"${{aws_iam_role.{name}_role.arn}}",
    }
    [trust] = json.loads(stack[f"aws_iam_role.{name}_role"]["assume_role_policy"])["Statement"]
    assert trust["Principal"] == {"Service": "pods.eks.amazonaws.com"}
    assert set(trust["Action"]) == {"sts:AssumeRole", "sts:TagSession"}
    attached = [
        f"aws_iam_role_policy_attachment.{name}_role_policy_{policy.rpartition('/')[2]}"
        for policy in policies
    ]
    assert [stack[one]["policy_arn"].partition(":policy/")[2] for one in attached] == policies
    assert {*attached, f"aws_eks_pod_identity_association.{name}_identity"} <= stack.needs(_address(addon))


@pytest.mark.parametrize(
    "addon", ["kube-proxy", "coredns", "eks-pod-identity-agent", "eks-node-monitoring-agent"]
)
def test_an_addon_that_does_not_call_aws_has_no_role(synth: Synth, addon: str) -> None:
    stack = synth(ALL).cluster
    assert not [
        address for address in stack.addresses if f"addons_{addon.replace('-', '_')}_" in address
        and not address.startswith("data.")
    ]  # fmt: skip


@pytest.mark.parametrize(
    "addon",
    [
        "vpc-cni",
        "aws-ebs-csi-driver",
        "aws-mountpoint-s3-csi-driver",
        "external-dns",
        "fluent-bit",
        "cert-manager",
    ],
)
def test_a_role_of_the_users_takes_the_place_of_ours(synth: Synth, addon: str) -> None:
    stack = synth(f"addons: {{{addon}: {{role_arn: '{ROLE}'}}}}").cluster
    name = f"addons_{addon.replace('-', '_')}"
    assert stack[f"aws_eks_pod_identity_association.{name}_identity"]["role_arn"] == ROLE
    assert f"aws_iam_role.{name}_role" not in stack
    assert f"aws_eks_pod_identity_association.{name}_identity" in stack.needs(_address(addon))


def test_an_addon_waits_for_the_associations_of_its_namespace(synth: Synth) -> None:
    """A pod that starts before its association gets no credentials."""
    stack = synth(f"""
        addons: {{external-dns: {{}}, aws-mountpoint-s3-csi-driver: {{}}, adot: {{}}}}
        cluster:
          pod_identity_associations:
            dns: {{namespace: external-dns, service_account: external-dns, role_arn: '{ROLE}'}}
            s3: {{namespace: kube-system, service_account: s3-csi-driver-sa, policy: {POLICY}}}
    """).cluster
    dns, s3 = (f"aws_eks_pod_identity_association.pod_identity_{name}" for name in ("dns", "s3"))
    external_dns = stack.needs(_address("external-dns"))
    mountpoint = stack.needs(_address("aws-mountpoint-s3-csi-driver"))
    assert (dns in external_dns, s3 in external_dns) == (True, False)
    assert (dns in mountpoint, s3 in mountpoint) == (False, True)
    assert "aws_iam_role_policy.pod_identity_s3_role_policy_own" in mountpoint
    # Where the pods of one that is not known here are, nobody knows.
    assert {dns, s3} <= stack.needs(_address("adot"))


@pytest.mark.parametrize(
    "addon", ["aws-mountpoint-s3-csi-driver", "external-dns", "fluent-bit", "cert-manager"]
)
def test_an_addon_without_policies_of_ours_has_no_role_of_its_own(synth: Synth, addon: str) -> None:
    stack = synth(f"addons: {{{addon}: {{}}}}").cluster
    name = addon.replace("-", "_")
    assert f"aws_iam_role.addons_{name}_role" not in stack
    assert f"aws_eks_pod_identity_association.addons_{name}_identity" not in stack


def test_mountpoint_gets_no_access_to_buckets_that_nobody_named(synth: Synth) -> None:
    stack = synth(ALL).cluster
    assert "aws_eks_pod_identity_association.addons_aws_mountpoint_s3_csi_driver_identity" not in stack


def test_mountpoint_runs_on_tainted_nodes(synth: Synth) -> None:
    assert _configuration(synth(ALL).cluster, "aws-mountpoint-s3-csi-driver") == {
        "node": {"tolerateAllTaints": True}
    }


def test_the_node_monitoring_agent_tolerates_every_taint_of_the_gpu_groups(synth: Synth) -> None:
    """Its DCGM part tolerates none by default, and node repair then replaces nodes that are well."""
    stack = synth("""
        addons: {eks-node-monitoring-agent: {}}
        node_groups:
          gpu:
            instance_type: g5.8xlarge
            size: {desired: 2}
            taints: [{key: nvidia.com/gpu, value: "true"}, {key: team, value: a, effect: NoExecute}]
          other:
            instance_type: g6.8xlarge
            size: {desired: 2}
          cpu:
            instance_type: c5.4xlarge
            size: {desired: 2}
            taints: [{key: cpu-only}]
    """).cluster
    assert _configuration(stack, "eks-node-monitoring-agent") == {
        "dcgmAgent": {
            "tolerations": [
                {"key": "nvidia.com/gpu", "operator": "Exists", "effect": "NoSchedule"},
                {"key": "team", "operator": "Exists", "effect": "NoExecute"},
            ]
        }
    }


def test_the_node_monitoring_agent_of_a_cpu_cluster_is_left_as_it_is(synth: Synth) -> None:
    assert _configuration(synth(ALL).cluster, "eks-node-monitoring-agent") is None


def test_gpu_metrics_have_one_exporter(synth: Synth) -> None:
    addon = "amazon-cloudwatch-observability"
    beside_operator = synth(ALL + GPU).cluster
    assert _configuration(beside_operator, addon)["dcgmExporter"] == {"enabled": False}
    without_operator = synth(f"{ALL}\nhelm_releases: {{gpu-operator: {{enabled: false}}}}\n{GPU}").cluster
    assert "dcgmExporter" not in (_configuration(without_operator, addon) or {})
    assert "dcgmExporter" not in (_configuration(synth(ALL).cluster, addon) or {})


def test_the_layouts_configuration_goes_over_what_is_computed(synth: Synth) -> None:
    stack = synth(
        """
        addons:
          vpc-cni:
            configuration: {env: {ENABLE_PREFIX_DELEGATION: "true"}}
          amazon-cloudwatch-observability:
            configuration: {dcgmExporter: {enabled: true}, containerLogs: {enabled: false}}
          aws-mountpoint-s3-csi-driver:
            configuration: {node: {logLevel: 5}}
        """
        + GPU.replace("\n", "\n        ")
    ).cluster
    assert _configuration(stack, "vpc-cni") == {"env": {"ENABLE_PREFIX_DELEGATION": "true"}}
    assert _configuration(stack, "amazon-cloudwatch-observability") == {
        "dcgmExporter": {"enabled": True},
        "containerLogs": {"enabled": False},
    }
    assert _configuration(stack, "aws-mountpoint-s3-csi-driver") == {
        "node": {"tolerateAllTaints": True, "logLevel": 5}
    }


def test_an_addon_without_configuration_has_no_such_argument(synth: Synth) -> None:
    assert "configuration_values" not in synth(DEFAULT).cluster[_address("coredns")]


def test_configuration_is_text_and_never_a_template(synth: Synth) -> None:
    stack = synth(
        "addons: {coredns: {configuration: {corefile: 'a ${path.cwd} %{if true}b%{endif}'}}}"
    ).cluster
    values = stack[_address("coredns")]["configuration_values"]
    assert json.loads(values) == {"corefile": "a $${path.cwd} %%{if true}b%%{endif}"}
