"""A layout in full loads to the same layout, and every value knows where it comes from."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from modules.layout import PRESETS, LayoutError, Loaded, load, preset_names
from modules.layout.full import in_full, origin_text
from modules.layout.tree import Node
from modules.layout.writing import to_yaml
from tests.unit.layout.cases import cluster_and_network, new, nodes_and_capacity
from tests.unit.layout.conftest import TODAY, LoadText, Write

LAYOUTS = sorted(
    {
        text
        for case in (*nodes_and_capacity.CASES, *cluster_and_network.CASES)
        for text in (case.broken, case.fine)
    }
)
# What a layout takes out of its defaults comes back unless the layout in full says so.
REMOVALS = {
    "an add-on": "addons: {aws-ebs-csi-driver: null}\n",
    "a release": "helm_releases: {training-operator: null}\n",
    "a release's values": "helm_releases: {gpu-operator: {values: null}}\n",
    "a value of a chart": "helm_releases: {gpu-operator: {values: {driver: null}}}\n",
}


def again(loaded: Loaded, folder: Path) -> Loaded:
    file = folder / "full" / "again.yaml"
    file.parent.mkdir(exist_ok=True)
    file.write_text(to_yaml(in_full(loaded).plain()), encoding="utf-8")
    return load(str(file), today=TODAY)


@pytest.mark.parametrize("name", preset_names())
def test_a_preset_in_full_loads_to_the_same_layout(name: str, tmp_path: Path) -> None:
    loaded = load(name, today=TODAY)
    back = again(loaded, tmp_path)
    assert back.layout == loaded.layout
    assert back.variables == loaded.variables
    assert in_full(back).plain() == in_full(loaded).plain()


def test_every_case_that_loads_loads_to_the_same_layout_in_full(load_text: LoadText, tmp_path: Path) -> None:
    tried = 0
    for text in LAYOUTS:
        try:
            loaded = load_text(text)
        except LayoutError:
            continue
        assert again(loaded, tmp_path).layout == loaded.layout, text
        tried += 1
    assert tried > len(LAYOUTS) / 4


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    preset=st.sampled_from(preset_names()),
    tops=st.lists(
        st.sampled_from(
            [
                "kubernetes_version: 1.34",
                "tags: {on: 'yes', a: '1.30', b: ''}",
                "storage: {default_storage_class: none}",
                "backend: {type: s3, bucket: my-bucket}",
                "addons: {kube-proxy: {version: v1.35.0-eksbuild.1}, vpc-cni: {configuration: {a: {b: [1.50, null]}}}}",
                "addons: {aws-ebs-csi-driver: null, aws-fsx-csi-driver: null}\nstorage: {default_storage_class: none}",
                "helm_releases: {training-operator: null, kueue: {values: {x: null, y: |\n  a\n\n   b\n}}}".replace(
                    "|\n  a\n\n   b\n", '"a\\n\\n b\\n"'
                ),
                "helm_releases: {gpu-operator: {values: null, set: {a.b: true, c: 3, d: '3'}, enabled: false}}",
                "cluster: {logs: {types: []}, access_entries: {me: {principal_arn: var.me}}}",
            ]
        ),
        max_size=4,
        unique_by=lambda text: text.partition(":")[0],
    ),
)
def test_changes_of_a_preset_load_to_the_same_layout_in_full(
    preset: str, tops: list[str], tmp_path: Path
) -> None:
    file = tmp_path / "layout.yaml"
    file.write_text("\n".join([f"extends: {preset}", "name: demo", *tops]) + "\n", encoding="utf-8")
    try:
        loaded = load(str(file), today=TODAY)
    except LayoutError:
        return  # two of them do not go together, like a storage class without its add-on
    assert again(loaded, tmp_path).layout == loaded.layout


@pytest.mark.parametrize("top", REMOVALS.values(), ids=REMOVALS)
def test_what_was_removed_stays_removed(top: str, write: Write, tmp_path: Path) -> None:
    top = top if "ebs" not in top else f"{top}storage: {{default_storage_class: none}}\n"
    loaded = load(str(write(f"extends: eks-g4dn\nname: demo\n{top}")), today=TODAY)
    assert again(loaded, tmp_path).layout == loaded.layout


def test_a_removal_knows_the_line_of_its_null(write: Write) -> None:
    text = "extends: eks-g4dn\nname: demo\nhelm_releases:\n  training-operator: null\n"
    node = in_full(load(str(write(text)), today=TODAY)).get(("helm_releases", "training-operator"))
    assert node is not None
    assert node.value is None
    assert node.origin.line == 4


def test_a_values_file_is_written_out_with_its_own_lines(write: Write, tmp_path: Path) -> None:
    file = write("a: {b: 1,\n  c: 2}\nscript: |\n  one\n  two\n", "values/kueue.yaml")
    loaded = load(
        str(
            write(
                new(
                    top="helm_releases: {kueue: {values_file: values/kueue.yaml, values: {a: {b: 3}, on: x}}}\n"
                )
            )
        ),
        today=TODAY,
    )
    tree = in_full(loaded)
    release = tree.get(("helm_releases", "kueue"))
    assert release is not None
    assert release.child("values_file") is None
    values = release.child("values")
    assert values is not None
    plain = values.plain()
    assert (plain["a"], plain["script"], plain["on"]) == ({"b": 3, "c": 2}, "one\ntwo\n", "x")
    found = values.get(("a", "c"))
    assert found is not None
    assert (found.origin.source, found.origin.line) == (str(file), 2)
    assert again(loaded, tmp_path).layout == loaded.layout


def _origin(tree: Node, *path: str | int) -> str:
    node = tree.get(path)
    assert node is not None
    return origin_text(node.origin)


def test_an_origin_is_a_preset_a_file_the_catalogue_or_a_default(
    write: Write, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    write("extends: eks-p5-odcr\nname: demo\nregion: us-east-2\n", "base.yaml")
    file = write("extends: ../base.yaml\nnode_groups:\n  p5:\n    size: {max: 16}\n", "mine/layout.yaml")
    monkeypatch.chdir(tmp_path)
    tree = in_full(load(str(file.relative_to(tmp_path)), today=TODAY))
    assert _origin(tree, "node_groups", "p5", "size", "max") == "mine/layout.yaml:4"
    assert _origin(tree, "region") == "base.yaml:3"
    lines = (PRESETS / "eks-p5-odcr.yaml").read_text(encoding="utf-8").splitlines()
    line = lines.index("    size: {min: 0, desired: 2, max: 10}") + 1
    assert _origin(tree, "node_groups", "p5", "size", "desired") == f"preset eks-p5-odcr:{line}"
    assert _origin(tree, "node_groups", "p5", "ami_type") == "catalogue"
    assert _origin(tree, "node_groups", "p5", "taints", 0, "key") == "catalogue"
    assert _origin(tree, "node_groups", "p5", "root_volume", "type") == "default"
    assert _origin(tree, "kubernetes_version") == "default"
    assert _origin(tree, "helm_releases", "gpu-operator", "values", "driver", "enabled").startswith(
        "helm-values/gpu-operator.yaml:"
    )


def test_defaults_of_the_models_are_there_and_what_is_not_set_is_not(load_text: LoadText) -> None:
    tree = in_full(load_text(new()))
    plain = tree.plain()
    group = plain["node_groups"]["sys"]
    assert group["root_volume"] == {"size_gib": 100, "type": "gp3"}
    assert group["capacity"] == {"type": "on_demand"}
    assert plain["cluster"]["endpoint"]["private"] is True
    assert "vpc_id" not in plain["network"]
    assert "role_arn" not in group
    assert _origin(tree, "network", "flow_logs", "retention_days") == "default"


@pytest.mark.parametrize(
    "network, defaults",
    [
        ("{}", {"cidr": "10.0.0.0/16", "zone_count": 2, "nat_gateway": "single"}),
        ("{availability_zones: [us-west-2a, us-west-2b]}", {"cidr": "10.0.0.0/16", "nat_gateway": "single"}),
        ("{fully_private: true}", {"cidr": "10.0.0.0/16", "zone_count": 2, "nat_gateway": "none"}),
        ("{vpc_id: null, cidr: null, zone_count: 3}", {"cidr": "10.0.0.0/16", "nat_gateway": "single"}),
        ("{vpc_id: vpc-0123456789abcdef0, private_subnet_ids: var.private_subnet_ids}", {}),
    ],
)
def test_a_new_vpc_has_its_defaults_and_one_that_exists_none(
    network: str, defaults: dict[str, object], load_text: LoadText, tmp_path: Path
) -> None:
    loaded = load_text(new(top=f"network: {network}\n"))
    shown = in_full(loaded).child("network")
    assert shown is not None
    keys = ("cidr", "zone_count", "nat_gateway")
    nodes = {key: shown.child(key) for key in keys}
    assert {key: node.plain() for key, node in nodes.items() if node and not node.origin.line} == defaults
    assert again(loaded, tmp_path).layout == loaded.layout


@pytest.mark.parametrize(
    "update, shown",
    [
        ("{}", {"max_unavailable": 1}),
        ("{max_unavailable_percentage: 10}", {"max_unavailable_percentage": 10}),
    ],
)
def test_an_update_takes_one_node_where_no_percentage_is_given(
    update: str, shown: dict[str, int], load_text: LoadText
) -> None:
    text = new(f"more: {{instance_type: c5.2xlarge, size: {{desired: 1}}, update: {update}}}\n")
    assert in_full(load_text(text)).plain()["node_groups"]["more"]["update"] == shown


def test_a_variable_is_shown_as_it_is_written() -> None:
    assert in_full(load("eks-p5-odcr", today=TODAY)).plain()["node_groups"]["p5"]["capacity"] == {
        "type": "odcr",
        "reservation_id": "var.capacity_reservation_id",
    }
