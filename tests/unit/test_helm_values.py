"""Every key of `helm-values/` is a key of its chart: Helm ignores an unknown one without a word.

The charts' metadata is not part of this repository. It is read from `$CHARTS_DATA`, by default
`../shared/charts` beside the checkout: one folder a chart with its `Chart.yaml` and `values.yaml`.
`unknown_keys` is meant for values that code computes as well.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from modules.helm import Surroundings, computed_values, references
from modules.layout.efa_drivers import DEVICE_ATTRIBUTE, DEVICE_CLASS, EFA_DEVICE, QUOTA
from modules.layout.models import Taint
from modules.merge import merged
from tests.missing import missing

ROOT = Path(__file__).resolve().parents[2]
VALUES = ROOT / "helm-values"

#: Chart of each values file; the file is named after the release, or release and overlay.
CHART_OF = {
    "aws-load-balancer-controller": "aws-load-balancer-controller",
    "aws-dranet": "aws-dranet",
    "aws-efa-k8s-device-plugin": "aws-efa-k8s-device-plugin",
    "cluster-autoscaler": "cluster-autoscaler",
    "gpu-operator": "gpu-operator",
    "gpu-operator-bottlerocket": "gpu-operator",
    "karpenter": "karpenter",
    "kube-prometheus-stack": "kube-prometheus-stack",
    "kueue": "kueue",
    "kueue-dra": "kueue",
    "training-operator": "kubeflow-trainer",
}

#: Maps that a chart hands on as they are: any key below one of these is allowed.
OPEN_MAPS: dict[str, frozenset[str]] = {
    "aws-dranet": frozenset({"nodeSelector", "podAnnotations", "podLabels", "updateStrategy.rollingUpdate"}),
    "aws-efa-k8s-device-plugin": frozenset({"nodeSelector", "updateStrategy.rollingUpdate"}),
    "aws-load-balancer-controller": frozenset(
        {"defaultTags", "nodeSelector", "podDisruptionBudget", "resources"}
    ),
    "cluster-autoscaler": frozenset({"extraArgs", "nodeSelector", "podAnnotations", "resources"}),
    "gpu-operator": frozenset(
        f"{part}.nodeSelector"
        for part in ("operator", *(f"node-feature-discovery.{pod}" for pod in ("gc", "master", "worker")))
    ),
    "jobset": frozenset({"controller.nodeSelector"}),
    "karpenter": frozenset({"nodeSelector", "controller.resources"}),
    "kubeflow-trainer": frozenset({"manager.nodeSelector", "manager.resources"}),
    "kueue": frozenset({"controllerManager.nodeSelector"}),
    "lws": frozenset({"nodeSelector"}),
    "metrics-server": frozenset({"nodeSelector"}),
    "neuron-helm-chart": frozenset({"devicePlugin.nodeSelector", "devicePlugin.resources"}),
}

#: The Neuron chart is not among the chart data. These are keys that its README documents, as far as this
#: project may need them: github.com/aws-neuron/neuron-helm-charts, charts/neuron-helm-chart/README.md.
NEURON_KEYS = (
    "neuronInstances",
    "devicePlugin.enabled",
    "devicePlugin.image.repository",
    "devicePlugin.image.tag",
    "devicePlugin.nodeSelector",
    "devicePlugin.resources",
    "devicePlugin.tolerations",
    "scheduler.enabled",
    "scheduler.tolerations",
    "npd.enabled",
    "npd.nodeRecovery.enabled",
    "npd.tolerations",
    "draDriver.enabled",
)

#: Keys that code computes from the layout, so no file may hold them at any depth.
COMPUTED = {
    "autoDiscovery",
    "awsRegion",
    "clusterName",
    "defaultTags",
    "nodeSelector",
    "region",
    "replicaCount",
    "serviceAccount",
    "tolerations",
    "vpcId",
}


@pytest.fixture(autouse=True)
def _chart_data_or_say_so() -> None:
    """CI has the data; a checkout by itself has not, and says what was not checked."""
    try:
        charts_data()
    except FileNotFoundError as error:
        missing("charts", f"helm-values/ was NOT checked against the charts. {error}")


def charts_data() -> Path:
    """The folder with the charts' metadata.

    Raises FileNotFoundError where there is none: a check that cannot see the charts must not pass.
    """
    folder = Path(os.environ.get("CHARTS_DATA") or ROOT.parent / "shared" / "charts")
    if not any(folder.glob("*/values.yaml")):
        raise FileNotFoundError(
            f"No chart data in {folder}: set CHARTS_DATA to a folder that holds, for each chart, "
            "a folder with its Chart.yaml and values.yaml."
        )
    return folder


@cache
def load(path: Path) -> Mapping[str, Any]:
    """A YAML or JSON file as plain maps, not to be changed; an empty file is an empty map."""
    text = path.read_text(encoding="utf-8")
    return (json.loads(text) if path.suffix == ".json" else YAML(typ="safe").load(text)) or {}


def chart_defaults(chart: str) -> dict[str, Any]:
    """The values that the chart knows, those of its subcharts under alias or name."""
    if chart == "neuron-helm-chart":
        known: dict[str, Any] = {}
        for dotted in NEURON_KEYS:
            leaf: Any = None
            for part in reversed(dotted.split(".")):
                leaf = {part: leaf}
            known = merged(known, leaf)
        return known
    folder = charts_data() / chart
    if not (folder / "values.yaml").is_file():
        raise FileNotFoundError(f"No chart data for {chart}: {folder / 'values.yaml'} is missing.")
    defaults = dict(load(folder / "values.yaml"))
    for dependency in load(folder / "Chart.yaml").get("dependencies", []):
        homes = (folder / "charts" / dependency["name"], charts_data() / dependency["name"])
        home = next((home for home in homes if (home / "values.yaml").is_file()), None)
        if home is not None:
            alias = dependency.get("alias", dependency["name"])
            defaults[alias] = merged(load(home / "values.yaml"), defaults.get(alias) or {})
    return defaults


def unknown_keys(values: Mapping[str, Any], chart: str) -> list[str]:
    """Dotted keys of `values` that the chart does not know, and those that are a map on one side only.

    `chart` is the name of the chart's folder in the chart data (`kubeflow-trainer`, not `training-operator`).
    """
    open_maps = OPEN_MAPS.get(chart, frozenset())

    def walk(given: Mapping[str, Any], known: Mapping[str, Any], above: str) -> Iterator[str]:
        for key, value in given.items():
            path = f"{above}{key}"
            if path in open_maps:
                continue
            if key not in known:
                yield path
            elif isinstance(value, Mapping):
                below = known[key]
                yield from walk(value, below, f"{path}.") if isinstance(below, Mapping) else [path]
            elif isinstance(known[key], Mapping) and value is not None:
                yield path

    return sorted(walk(values, chart_defaults(chart), ""))


TYPES: dict[str, tuple[type, ...]] = {
    "object": (Mapping,),
    "array": (list,),
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "null": (type(None),),
}


def schema_faults(
    values: Any, schema: Mapping[str, Any], root: Mapping[str, Any], path: str = ""
) -> list[str]:
    """What a values.schema.json says against `values`: types, enumerations and keys that it rules out."""
    reference = str(schema.get("$ref", ""))
    if reference.startswith("#/"):
        target: Any = root
        for part in reference[2:].split("/"):
            target = target[part]
        return schema_faults(values, target, root, path)
    wanted = schema.get("type")
    kinds = [wanted] if isinstance(wanted, str) else list(wanted or [])
    allowed = tuple(python for kind in kinds for python in TYPES[kind])
    a_bool_for_a_number = isinstance(values, bool) and "boolean" not in kinds
    if kinds and (a_bool_for_a_number or not isinstance(values, allowed)):
        return [f"{path}: must be {' or '.join(kinds)}"]
    faults = []
    if "enum" in schema and values not in schema["enum"]:
        faults.append(f"{path}: must be one of {schema['enum']}")
    if isinstance(values, Mapping):
        properties = schema.get("properties", {})
        for key, value in values.items():
            below = f"{path}.{key}" if path else str(key)
            if key in properties:
                faults += schema_faults(value, properties[key], root, below)
            elif schema.get("additionalProperties") is False:
                faults.append(f"{below}: is not a key of the chart")
    if isinstance(values, list) and isinstance(schema.get("items"), Mapping):
        for index, item in enumerate(values):
            faults += schema_faults(item, schema["items"], root, f"{path}[{index}]")
    return faults


def schemas(chart: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Each schema of the chart (under "") and of its subcharts (under their names)."""
    folder = charts_data() / chart
    for home in (folder, *sorted(folder.glob("charts/*"))):
        if (home / "values.schema.json").is_file():
            yield "" if home == folder else home.name, load(home / "values.schema.json")


def leaves(values: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, Any]]:
    """Every setting as dotted key and value; a list is one setting."""
    for key, value in values.items():
        if isinstance(value, Mapping) and value:
            yield from leaves(value, f"{above}{key}.")
        else:
            yield f"{above}{key}", value


def at(values: Mapping[str, Any], dotted: str) -> Any:
    """The value at a dotted key, or None."""
    found: Any = values
    for part in dotted.split("."):
        found = found.get(part) if isinstance(found, Mapping) else None
    return found


every_file = pytest.mark.parametrize("name", sorted(CHART_OF))


def test_each_values_file_is_checked_against_a_chart() -> None:
    assert {path.stem for path in VALUES.iterdir()} == set(CHART_OF)
    assert {path.suffix for path in VALUES.iterdir()} == {".yaml"}


@every_file
def test_the_chart_knows_every_key_of_the_file(name: str) -> None:
    assert unknown_keys(load(VALUES / f"{name}.yaml"), CHART_OF[name]) == []


@every_file
def test_the_file_satisfies_the_schemas_of_its_chart(name: str) -> None:
    values = load(VALUES / f"{name}.yaml")
    for below, schema in schemas(CHART_OF[name]):
        part = values.get(below) if below else values
        assert part is None or schema_faults(part, schema, schema) == []


@every_file
def test_the_file_changes_something_and_only_what_differs_from_the_chart(name: str) -> None:
    defaults = chart_defaults(CHART_OF[name])
    settings = list(leaves(load(VALUES / f"{name}.yaml")))
    assert settings
    assert [key for key, value in settings if at(defaults, key) == value] == []


@every_file
def test_the_file_says_why_above_each_setting(name: str) -> None:
    text = (VALUES / f"{name}.yaml").read_text(encoding="utf-8")
    for block in text.split("\n\n"):
        assert block.startswith("#"), block


@every_file
def test_the_file_holds_nothing_that_depends_on_a_layout(name: str) -> None:
    parts = {part for key, _ in leaves(load(VALUES / f"{name}.yaml")) for part in key.split(".")}
    assert parts & COMPUTED == set()


def test_the_bottlerocket_overlay_leaves_driver_and_toolkit_to_the_file_below_it() -> None:
    base, overlay = load(VALUES / "gpu-operator.yaml"), load(VALUES / "gpu-operator-bottlerocket.yaml")
    assert not set(base) & set(overlay)
    off = {key for key, value in leaves(merged(base, overlay)) if value is False}
    assert off == {"driver.enabled", "toolkit.enabled", "devicePlugin.enabled", "migManager.enabled"}


def test_kueue_differs_from_its_chart_only_in_the_frameworks_it_manages() -> None:
    def configuration(values: Mapping[str, Any]) -> dict[str, Any]:
        text = values["managerConfig"]["controllerManagerConfigYaml"]
        return dict(YAML(typ="safe").load(text))

    ours, theirs = configuration(load(VALUES / "kueue.yaml")), configuration(chart_defaults("kueue"))
    managed, offered = (config.pop("integrations")["frameworks"] for config in (ours, theirs))
    assert ours == theirs
    assert set(offered) - set(managed) == {
        "pod",
        "deployment",
        "statefulset",
        "leaderworkerset.x-k8s.io/leaderworkerset",
    }
    assert set(managed) <= set(offered)


@pytest.mark.parametrize(
    ("chart", "values", "unknown"),
    [
        ("gpu-operator", {"operator": {"defaultRuntime": "containerd"}}, ["operator.defaultRuntime"]),
        ("gpu-operator", {"cdi": {"default": True}}, ["cdi.default"]),
        ("gpu-operator", {"driver": {"useOpenKernelModules": True}}, ["driver.useOpenKernelModules"]),
        ("gpu-operator", {"driver": False}, ["driver"]),
        ("gpu-operator", {"mig": {"strategy": {"name": "single"}}}, ["mig.strategy"]),
        ("gpu-operator", {"node-feature-discovery": {"taints": []}}, ["node-feature-discovery.taints"]),
        ("cluster-autoscaler", {"autoDiscovery": {"cluster": "a"}}, ["autoDiscovery.cluster"]),
        ("kubeflow-trainer", {"jobset": {"instal": True}}, ["jobset.instal"]),
        ("kubeflow-trainer", {"manager": {"resource": {}}}, ["manager.resource"]),
        ("neuron-helm-chart", {"devicePlugin": {"toleration": []}}, ["devicePlugin.toleration"]),
    ],
)
def test_a_key_that_the_chart_does_not_know_is_reported(
    chart: str, values: dict[str, Any], unknown: list[str]
) -> None:
    assert unknown_keys(values, chart) == unknown


@pytest.mark.parametrize(
    ("chart", "values"),
    [
        ("gpu-operator", {"daemonsets": {"tolerations": []}, "operator": {"nodeSelector": {"a": "b"}}}),
        ("gpu-operator", {"node-feature-discovery": {"worker": {"tolerations": []}}}),
        ("gpu-operator", {"node-feature-discovery": {"postDeleteCleanup": False}}),
        ("kubeflow-trainer", {"jobset": {"install": False, "controller": {"replicas": 2}}}),
        ("cluster-autoscaler", {"extraArgs": {"max-node-provision-time": "30m"}}),
        ("neuron-helm-chart", {"devicePlugin": {"tolerations": []}}),
    ],
)
def test_keys_of_subcharts_and_of_open_maps_are_known(chart: str, values: dict[str, Any]) -> None:
    assert unknown_keys(values, chart) == []


def test_a_schema_of_a_subchart_reports_a_wrong_type() -> None:
    schema = dict(schemas("gpu-operator"))["node-feature-discovery"]
    assert schema_faults({"postDeleteCleanup": False}, schema, schema) == []
    faults = schema_faults({"postDeleteCleanup": "no"}, schema, schema)
    assert faults == ["postDeleteCleanup: must be boolean"]


def test_without_chart_data_the_check_fails_and_says_what_to_set(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("CHARTS_DATA", str(tmp_path))
    with pytest.raises(FileNotFoundError, match="set CHARTS_DATA to a folder"):
        unknown_keys({}, "gpu-operator")


COMPUTING = {
    "aws-load-balancer-controller": "aws-load-balancer-controller",
    "training-operator": "kubeflow-trainer",
    "gpu-operator": "gpu-operator",
    "aws-dranet": "aws-dranet",
    "aws-efa-k8s-device-plugin": "aws-efa-k8s-device-plugin",
    "neuron": "neuron-helm-chart",
    "cluster-autoscaler": "cluster-autoscaler",
    "karpenter": "karpenter",
}


@pytest.mark.parametrize("release", COMPUTING)
def test_the_chart_knows_every_key_that_is_computed(release: str) -> None:
    taints = (Taint(key="nvidia.com/gpu"), Taint(key="example.com/team", value="a", effect="NoExecute"))
    around = Surroundings(
        "demo",
        "us-west-2",
        "1.35",
        gpu_taints=taints,
        neuron_taints=taints,
        efa_taints=taints,
        efa_types=("p5.48xlarge",),
        isolated=True,
        tags={"team": "a"},
    )
    values = computed_values(release, around) | references(release, around)
    assert values
    assert unknown_keys(values, COMPUTING[release]) == []


@pytest.mark.parametrize("release", sorted(set(COMPUTING) & set(CHART_OF)))
def test_no_file_sets_what_is_computed(release: str) -> None:
    """A file lies over what is computed, so that it would win for ever."""
    values = computed_values(release, Surroundings("demo", "us-west-2", "1.35"))
    computed = {key for key, _ in leaves(values)}
    assert not computed & {key for key, _ in leaves(load(VALUES / f"{release}.yaml"))}


def test_kueue_with_claims_is_kueue_and_what_claims_count_as() -> None:
    """One string cannot be merged, so that it stands in both files."""
    key = ("managerConfig", "controllerManagerConfigYaml")
    plain, claimed = (
        YAML(typ="safe").load(load(VALUES / f"{name}.yaml")[key[0]][key[1]])
        for name in ("kueue", "kueue-dra")
    )
    mapping = {"name": QUOTA, "deviceClassNames": [DEVICE_CLASS]}
    assert claimed == plain | {"resources": {"deviceClassMappings": [mapping]}}


def test_the_device_class_is_the_one_that_the_chart_makes() -> None:
    known = load(charts_data() / "aws-dranet" / "values.yaml")
    assert known["deviceClass"] == {"create": True, "name": DEVICE_CLASS}
    assert DEVICE_ATTRIBUTE in known["filter"]
    assert EFA_DEVICE in known["filter"]
