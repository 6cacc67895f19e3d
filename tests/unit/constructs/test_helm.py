"""Helm releases: which ones a layout needs, their order, and the values that follow from it."""

from __future__ import annotations

from typing import Any

import pytest
from ruamel.yaml import YAML

from tests.terraform_json import Stack, Synth

CPU = "tags: {}"
GPU = "node_groups: {gpu: {instance_type: g5.2xlarge, size: {desired: 2}}}"
EFA = "node_groups: {gpu: {instance_type: g5.8xlarge, size: {desired: 2}}}"
DRA = "cluster: {efa_driver: dra}\n"
NEURON = "node_groups: {trn: {instance_type: trn1.32xlarge, size: {desired: 2}}}"
NEURON_WITHOUT_EFA = "node_groups: {inf: {instance_type: inf2.xlarge, size: {desired: 2}}}"
AUTOSCALED = "node_groups: {sys: {scaling_owner: autoscaler}}"
TAINTED = """
node_groups:
  gpu:
    instance_type: g5.8xlarge
    size: {desired: 2}
    taints:
      - {key: nvidia.com/gpu, value: "true"}
      - {key: team, value: research, effect: NoExecute}
  more:
    instance_type: p4d.24xlarge
    size: {desired: 2}
    taints: [{key: reserved, effect: PreferNoSchedule}]
  trn:
    instance_type: trn1.32xlarge
    size: {desired: 2}
    taints: [{key: chips}]
  cpu:
    instance_type: c5.4xlarge
    size: {desired: 2}
    taints: [{key: cpu-only}]
"""


def _release(stack: Stack, name: str) -> dict[str, Any]:
    return stack[f"helm_release.releases_{name.replace('-', '_')}"]


def _values(stack: Stack, name: str) -> Any:
    texts = _release(stack, name).get("values", [])
    assert len(texts) <= 1
    return YAML(typ="safe").load(texts[0]) if texts else {}


def _names(stack: Stack) -> set[str]:
    return {release["name"] for release in stack.resources("helm_release").values()}


def _tolerated(tolerations: list[dict[str, str]]) -> set[tuple[str, str]]:
    assert all(one["operator"] == "Exists" for one in tolerations if "value" not in one)
    return {(one["key"], one["effect"]) for one in tolerations}


@pytest.mark.parametrize(
    ("text", "names"),
    [
        (CPU, set()),
        (GPU, {"gpu-operator", "training-operator"}),
        (EFA, {"gpu-operator", "training-operator", "aws-efa-k8s-device-plugin"}),
        (f"{DRA}{EFA}", {"gpu-operator", "training-operator", "aws-dranet"}),
        (NEURON, {"neuron", "training-operator", "aws-efa-k8s-device-plugin"}),
        (NEURON_WITHOUT_EFA, {"neuron", "training-operator"}),
        (AUTOSCALED, {"cluster-autoscaler"}),
        (
            "node_groups: {gpu: {instance_type: g5.8xlarge, efa: false, size: {desired: 2}}}",
            {"gpu-operator", "training-operator"},
        ),
    ],
)
def test_a_layout_has_the_releases_that_its_node_groups_need(
    synth: Synth, text: str, names: set[str]
) -> None:
    assert _names(synth(text).platform) == names


def test_a_release_can_be_switched_off_and_another_one_added(synth: Synth) -> None:
    text = f"{GPU}\nhelm_releases: {{training-operator: {{enabled: false}}, kueue: {{}}}}"
    assert _names(synth(text).platform) == {"gpu-operator", "kueue"}


def test_every_release_is_of_an_exact_chart_version(synth: Synth) -> None:
    for text in (EFA, NEURON, AUTOSCALED):
        for release in synth(text).platform.resources("helm_release").values():
            assert release["version"].removeprefix("v")[0].isdigit()
            assert release["repository"].startswith(("https://", "oci://"))
            assert release["chart"]


def test_a_namespace_is_made_unless_the_cluster_has_it(synth: Synth) -> None:
    stack = synth(EFA).platform
    assert _release(stack, "gpu-operator")["create_namespace"] is True
    assert _release(stack, "aws-efa-k8s-device-plugin")["namespace"] == "kube-system"
    assert _release(stack, "aws-efa-k8s-device-plugin")["create_namespace"] is False


def test_a_failed_release_is_cleaned_up_but_a_slow_one_is_not_removed(synth: Synth) -> None:
    for release in synth(EFA).platform.resources("helm_release").values():
        assert release["atomic"] is False
        assert release["cleanup_on_fail"] is True
        assert release["wait"] is True
        assert release["timeout"] == 15 * 60


OTHER = """
helm_releases:
  mine:
    repository: https://charts.example.com
    chart: my-chart
    version: 1.2.3
    namespace: my-namespace
    timeout_minutes: 3
    wait: false
"""


def test_any_other_chart_is_installed_as_the_layout_says(synth: Synth) -> None:
    release = _release(synth(OTHER).platform, "mine")
    assert release["name"] == "mine"
    assert release["repository"] == "https://charts.example.com"
    assert (release["chart"], release["version"]) == ("my-chart", "1.2.3")
    assert (release["namespace"], release["create_namespace"]) == ("my-namespace", True)
    assert (release["timeout"], release["wait"]) == (180, False)
    assert not {"values", "set", "depends_on"} & set(release)


def test_drivers_and_container_toolkit_are_those_of_the_ami(synth: Synth) -> None:
    values = _values(synth(GPU).platform, "gpu-operator")
    assert values["driver"]["enabled"] is False
    assert values["toolkit"]["enabled"] is False
    # AL2023 brings no device plugin: without the operator's the node would offer no GPU.
    assert values.get("devicePlugin", {}).get("enabled", True) is True


def test_the_device_plugin_of_bottlerocket_is_its_own(synth: Synth) -> None:
    text = GPU.replace("size:", "ami_type: BOTTLEROCKET_x86_64_NVIDIA, size:")
    values = _values(synth(text).platform, "gpu-operator")
    assert values["driver"]["enabled"] is False
    assert values["devicePlugin"]["enabled"] is False
    assert values["migManager"]["enabled"] is False


def test_a_cluster_with_both_kinds_of_ami_keeps_the_operators_device_plugin(synth: Synth) -> None:
    text = """
    node_groups:
      one: {instance_type: g5.2xlarge, size: {desired: 2}}
      other: {instance_type: g5.2xlarge, ami_type: BOTTLEROCKET_x86_64_NVIDIA, size: {desired: 2}}
    """
    values = _values(synth(text).platform, "gpu-operator")
    assert values.get("devicePlugin", {}).get("enabled", True) is True


def test_the_gpu_operators_pods_tolerate_every_taint_of_the_gpu_groups(synth: Synth) -> None:
    values = _values(synth(TAINTED).platform, "gpu-operator")
    wanted = {("nvidia.com/gpu", "NoSchedule"), ("team", "NoExecute"), ("reserved", "PreferNoSchedule")}
    assert _tolerated(values["daemonsets"]["tolerations"]) == wanted
    # Node feature discovery finds the GPUs: where it does not run, nothing else of the operator does.
    discovery = _tolerated(values["node-feature-discovery"]["worker"]["tolerations"])
    assert discovery == wanted | {("node-role.kubernetes.io/control-plane", "NoSchedule")}


def test_the_efa_plugins_pods_tolerate_every_taint_of_the_efa_groups(synth: Synth) -> None:
    """Without it a tainted node offers no EFA, and NCCL falls back to TCP without a word (eks-charts #1348)."""
    tolerated = _tolerated(_values(synth(TAINTED).platform, "aws-efa-k8s-device-plugin")["tolerations"])
    assert {
        ("nvidia.com/gpu", "NoSchedule"),
        ("team", "NoExecute"),
        ("reserved", "PreferNoSchedule"),
        ("chips", "NoSchedule"),
    } <= tolerated
    assert ("cpu-only", "NoSchedule") not in tolerated


def test_the_driver_of_claimed_devices_is_on_all_nodes_with_efa_and_no_others(synth: Synth) -> None:
    """The chart tolerates nothing, and its list of types lacks some, such as g7.48xlarge: neither would say a word."""
    more = TAINTED.replace("g5.8xlarge", "g7.48xlarge")
    values = _values(synth(f"region: ap-east-1\n{DRA}{more}").platform, "aws-dranet")
    plugin = _values(synth(TAINTED).platform, "aws-efa-k8s-device-plugin")
    assert values["tolerations"] == plugin["tolerations"]
    types = ["g7.48xlarge", "p4d.24xlarge", "trn1.32xlarge"]
    assert values["supportedInstanceLabels"] == {"values": types}
    assert values["image"] == {"repository": "800184023465.dkr.ecr.ap-east-1.amazonaws.com/eks/dranet"}
    assert values["updateStrategy"] == {"rollingUpdate": {"maxUnavailable": "10%"}}


def test_values_of_one_s_own_lie_over_those_of_the_driver(synth: Synth) -> None:
    own = "helm_releases: {aws-dranet: {values: {verbosity: 2, image: {tag: x}}}}"
    values = _values(synth(f"{DRA}{EFA}\n{own}").platform, "aws-dranet")
    assert (values["verbosity"], values["image"]["tag"]) == (2, "x")
    assert values["image"]["repository"].endswith("/eks/dranet")
    assert values["tolerations"]


def test_types_of_one_s_own_do_not_take_the_driver_from_the_groups(synth: Synth) -> None:
    """A list replaces another in Helm: nodes of the layout would publish no EFA."""
    own = "helm_releases: {aws-dranet: {values: {supportedInstanceLabels: {values: [g5.8xlarge, p5.48xlarge]}}}}"
    values = _values(synth(f"{DRA}{EFA.replace('g5.8xlarge', 'g6.8xlarge')}\n{own}").platform, "aws-dranet")
    assert values["supportedInstanceLabels"]["values"] == ["g6.8xlarge", "g5.8xlarge", "p5.48xlarge"]


def test_kueue_counts_claimed_devices(synth: Synth) -> None:
    kueue = "helm_releases: {kueue: {}}"
    key = ("managerConfig", "controllerManagerConfigYaml")
    claimed = _values(synth(f"{DRA}{EFA}\n{kueue}").platform, "kueue")[key[0]][key[1]]
    assert "deviceClassMappings" in claimed
    assert claimed.startswith(_values(synth(f"{EFA}\n{kueue}").platform, "kueue")[key[0]][key[1]])


def test_the_neuron_plugins_pods_tolerate_every_taint_of_the_neuron_groups(synth: Synth) -> None:
    tolerations = _values(synth(TAINTED).platform, "neuron")["devicePlugin"]["tolerations"]
    keys = {one["key"] for one in tolerations}
    assert {"chips", "aws.amazon.com/neuron", "CriticalAddonsOnly"} <= keys
    assert not {"team", "reserved", "cpu-only"} & keys


def test_no_toleration_is_written_twice(synth: Synth) -> None:
    for name, path in (("gpu-operator", "daemonsets"), ("neuron", "devicePlugin")):
        tolerations = _values(synth(GPU if name == "gpu-operator" else NEURON).platform, name)[path][
            "tolerations"
        ]
        assert len({tuple(sorted(one.items())) for one in tolerations}) == len(tolerations)


@pytest.mark.parametrize(
    ("region", "repository"),
    [
        ("us-west-2", "602401143452.dkr.ecr.us-west-2.amazonaws.com/eks/aws-efa-k8s-device-plugin"),
        ("eu-north-1", "602401143452.dkr.ecr.eu-north-1.amazonaws.com/eks/aws-efa-k8s-device-plugin"),
        ("ap-east-1", "800184023465.dkr.ecr.ap-east-1.amazonaws.com/eks/aws-efa-k8s-device-plugin"),
    ],
)
def test_the_efa_plugins_image_comes_from_the_regions_own_registry(
    synth: Synth, region: str, repository: str
) -> None:
    values = _values(synth(f"region: {region}\n{EFA}").platform, "aws-efa-k8s-device-plugin")
    assert values["image"]["repository"] == repository


@pytest.mark.parametrize("version", ["1.32", "1.33", "1.34", "1.35", "1.36"])
def test_the_autoscaler_is_of_the_clusters_minor_version(synth: Synth, version: str) -> None:
    values = _values(synth(f'kubernetes_version: "{version}"\n{AUTOSCALED}').platform, "cluster-autoscaler")
    assert values["image"]["tag"].startswith(f"v{version}.")


def test_the_autoscaler_of_a_version_that_is_too_new_is_the_newest(synth: Synth) -> None:
    values = _values(synth(f'kubernetes_version: "1.37"\n{AUTOSCALED}').platform, "cluster-autoscaler")
    assert values["image"]["tag"].startswith("v1.36.")


def test_the_autoscaler_finds_the_groups_of_its_cluster(synth: Synth) -> None:
    values = _values(synth(AUTOSCALED).platform, "cluster-autoscaler")
    assert values["autoDiscovery"] == {"clusterName": "demo"}
    assert values["awsRegion"] == "us-west-2"


def test_the_trainer_brings_jobset_unless_the_layout_has_it_as_a_release(synth: Synth) -> None:
    alone = synth(GPU).platform
    assert _values(alone, "training-operator")["jobset"]["install"] is True
    beside = synth(f"{GPU}\nhelm_releases: {{jobset: {{}}}}").platform
    assert _values(beside, "training-operator")["jobset"]["install"] is False
    assert "jobset" in _names(beside)
    switched_off = synth(f"{GPU}\nhelm_releases: {{jobset: {{enabled: false}}}}").platform
    assert _values(switched_off, "training-operator")["jobset"]["install"] is True


def test_neurons_problem_detector_gives_way_to_the_node_monitoring_agent(synth: Synth) -> None:
    assert _values(synth(NEURON).platform, "neuron")["npd"]["enabled"] is True
    monitored = synth(f"{NEURON}\naddons: {{eks-node-monitoring-agent: {{}}}}").platform
    assert _values(monitored, "neuron")["npd"]["enabled"] is False


ALL = f"""
{EFA}
helm_releases:
  kueue: {{}}
  jobset: {{}}
  lws: {{}}
  kube-prometheus-stack: {{}}
  mine: {{repository: "https://charts.example.com", chart: c, version: 1.2.3, namespace: n}}
  training-operator: {{values: {{jobset: {{install: false}}}}}}
"""


def test_releases_are_installed_one_stage_after_the_other(synth: Synth) -> None:
    stack = synth(ALL).platform
    stages = (
        {"kube-prometheus-stack"},
        {"gpu-operator", "aws-efa-k8s-device-plugin"},
        {"jobset"},
        {"lws"},
        {"training-operator", "mine"},
        {"kueue"},
    )
    assert _names(stack) == set().union(*stages)
    for index, stage in enumerate(stages):
        earlier = {f"helm_release.releases_{name.replace('-', '_')}" for name in set().union(*stages[:index])}
        for name in stage:
            needs = stack.needs(f"helm_release.releases_{name.replace('-', '_')}")
            assert {one for one in needs if one.startswith("helm_release.")} == earlier


def test_an_empty_stage_does_not_break_the_order(synth: Synth) -> None:
    stack = synth(f"{GPU}\nhelm_releases: {{kueue: {{}}}}").platform
    assert {"helm_release.releases_gpu_operator", "helm_release.releases_training_operator"} <= stack.needs(
        "helm_release.releases_kueue"
    )


def test_every_release_knows_the_cluster_before_it_is_installed(synth: Synth) -> None:
    """Its provider reads the cluster's endpoint: that is what makes Terraform look it up first."""
    provider = synth(GPU).platform.json["provider"]["helm"]
    assert synth(GPU).platform.references(provider) == {"data.aws_eks_cluster.cluster"}


USERS = f"""
{GPU}
helm_releases:
  gpu-operator:
    values:
      daemonsets: {{tolerations: [{{operator: Exists}}]}}
      driver: {{enabled: true, version: "580"}}
      dcgmExporter: {{enabled: false}}
"""


def test_the_layouts_values_go_over_all_others(synth: Synth) -> None:
    values = _values(synth(USERS).platform, "gpu-operator")
    assert values["daemonsets"]["tolerations"] == [{"operator": "Exists"}]
    assert values["driver"] == {"enabled": True, "version": "580"}
    assert values["dcgmExporter"] == {"enabled": False}
    # What the layout does not name stays as it was.
    assert values["toolkit"] == {"enabled": False}
    assert "worker" in values["node-feature-discovery"]


def test_a_null_in_the_layouts_values_reaches_helm(synth: Synth) -> None:
    text = f"{GPU}\nhelm_releases: {{gpu-operator: {{values: {{operator: {{nodeSelector: null}}}}}}}}"
    values = _values(synth(text).platform, "gpu-operator")
    assert values["operator"] == {"nodeSelector": None}


def test_values_are_text_and_never_a_template(synth: Synth) -> None:
    text = OTHER + "    values: {'${a}': 'b ${path.cwd} %{if true}', list: ['${c}']}"
    values = _values(synth(text).platform, "mine")
    assert values == {"$${a}": "b $${path.cwd} %%{if true}", "list": ["$${c}"]}


def test_values_of_every_kind_survive_the_way_to_helm(synth: Synth) -> None:
    text = (
        OTHER
        + "    values: {text: 'yes', number: 1, zero: 0, float: 1.5, truth: true, none: null, "
        + "empty: {}, list: [], version: '1.10', octal: '0755', lines: \"a\\nb\\n\", umlaut: 'für'}"
    )
    assert _values(synth(text).platform, "mine") == {
        "text": "yes",
        "number": 1,
        "zero": 0,
        "float": 1.5,
        "truth": True,
        "none": None,
        "empty": {},
        "list": [],
        "version": "1.10",
        "octal": "0755",
        "lines": "a\nb\n",
        "umlaut": "für",
    }


def test_single_values_keep_their_type(synth: Synth) -> None:
    text = OTHER + "    set: {image.tag: '1.10', replicas: 2, enabled: true, disabled: false, yes: 'true'}"
    sets = {one["name"]: one for one in _release(synth(text).platform, "mine")["set"]}
    assert sets == {
        "image.tag": {"name": "image.tag", "value": "1.10", "type": "string"},
        "replicas": {"name": "replicas", "value": "2"},
        "enabled": {"name": "enabled", "value": "true"},
        "disabled": {"name": "disabled", "value": "false"},
        "yes": {"name": "yes", "value": "true", "type": "string"},
    }


def test_single_values_are_text_and_never_a_template(synth: Synth) -> None:
    text = OTHER + "    set: {'a.${b}': '${path.cwd}'}"
    [one] = _release(synth(text).platform, "mine")["set"]
    assert one == {"name": "a.$${b}", "value": "$${path.cwd}", "type": "string"}


def test_the_gpu_operators_crds_are_newer_than_the_clusters_idea_of_them(synth: Synth) -> None:
    stack = synth(EFA).platform
    assert _release(stack, "gpu-operator")["disable_openapi_validation"] is True
    assert "disable_openapi_validation" not in _release(stack, "training-operator")


@pytest.mark.parametrize(
    ("network", "installed"),
    [
        ("{}", True),
        ("{nat_gateway: per_zone}", True),
        ("{fully_private: true}", False),
    ],
)
def test_the_torch_runtime_is_installed_where_its_installer_reaches_the_internet(
    synth: Synth, network: str, installed: bool
) -> None:
    values = _values(synth(f"network: {network}\n{GPU}").platform, "training-operator")
    assert values["runtimes"]["torchDistributed"]["enabled"] is installed
