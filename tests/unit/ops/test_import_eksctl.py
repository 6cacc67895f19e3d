"""`python -m ops import-eksctl`: what it writes, prints and answers, and that it never writes half of it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from modules.layout import load
from modules.layout.document import parse
from ops.cli import app

HEAD = "apiVersion: eksctl.io/v1alpha5\nkind: ClusterConfig\n"
FIXTURES = Path(__file__).parents[1] / "layout" / "eksctl"


def manifest(name: str, more: str = "") -> str:
    return (
        f'{HEAD}metadata: {{name: {name}, region: us-west-2, version: "1.35"}}\n{more}'
        "managedNodeGroups:\n  - {name: workers, instanceType: m6i.large, desiredCapacity: 2, privateNetworking: true}\n"
    )


PLAIN = manifest("plain")
LOSSY = manifest("lossy", "fargateProfiles: [{name: batch}]\n")
REFUSED = manifest("refused", "availabilityZones: us-west-2a\n")


@pytest.fixture(autouse=True)
def _there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(app, ["import-eksctl", *map(str, arguments)])


def file(text: str, name: str = "cluster.yaml") -> Path:
    path = Path(name)
    path.write_text(text, encoding="utf-8")
    return path


def under(folder: str | Path) -> list[str]:
    return sorted(path.name for path in Path(folder).iterdir()) if Path(folder).exists() else []


def test_a_layout_is_written_under_the_cluster_s_name_and_loads() -> None:
    done = run(file(PLAIN), "-o", "layouts")
    assert done.exit_code == 0
    assert under("layouts") == ["plain.yaml"]
    assert load("layouts/plain.yaml").layout.node_groups["workers"].instance_type == "m6i.large"
    assert "make plan LAYOUT=layouts/plain.yaml" in done.stdout


def test_without_a_folder_the_layout_is_printed_and_what_is_said_of_it_goes_to_stderr() -> None:
    done = run(file(PLAIN))
    assert done.exit_code == 0
    assert parse(done.stdout, "stdout").tree.plain()["name"] == "plain"
    assert "what became of it" in done.stderr
    assert under(".") == ["cluster.yaml"]


def test_the_summary_names_what_was_kept_changed_and_dropped() -> None:
    done = run(file(LOSSY), "-o", "layouts")
    assert "kept: managedNodeGroups[].desiredCapacity" in done.stdout
    (row,) = [line for line in done.stdout.splitlines() if "fargateProfiles" in line]
    assert "DROPPED" in row
    assert row.split()[0] == "4"
    assert "1 of what was dropped changes how the cluster behaves" in done.stdout


def test_what_was_dropped_stands_in_the_layout_s_head() -> None:
    run(file(LOSSY), "-o", "layouts")
    head = [
        line
        for line in Path("layouts/lossy.yaml").read_text(encoding="utf-8").splitlines()
        if line.startswith("#")
    ]
    assert any("Dropped" in line for line in head)
    assert any("fargateProfiles" in line for line in head)


def test_something_dropped_that_matters_is_status_1_and_the_layout_is_written_all_the_same() -> None:
    assert run(file(LOSSY), "-o", "layouts").exit_code == 1
    assert under("layouts") == ["lossy.yaml"]


def test_what_was_dropped_can_be_allowed() -> None:
    assert run(file(LOSSY), "-o", "layouts", "--allow-dropped").exit_code == 0


def test_several_files_and_documents_give_a_layout_each() -> None:
    second = file(f"---\n{manifest('two')}---\nkind: ConfigMap\n---\n{manifest('three')}---\n", "more.yaml")
    done = run(file(PLAIN), second, "-o", "layouts")
    assert done.exit_code == 0
    assert under("layouts") == ["plain.yaml", "three.yaml", "two.yaml"]
    printed = run(second).stdout.split("---\n")
    assert [parse(text, "stdout").tree.plain()["name"] for text in printed] == ["two", "three"]


def test_json_has_every_row_of_every_layout() -> None:
    done = run(file(LOSSY), file(PLAIN, "plain-cluster.yaml"), "-o", "layouts", "--json")
    lossy, plain = json.loads(done.stdout)
    assert done.exit_code == 1
    assert (lossy["name"], plain["name"]) == ("lossy", "plain")
    assert lossy["manifest"] == "cluster.yaml"
    assert Path(lossy["layout"]) == Path("layouts/lossy.yaml")
    (row,) = [row for row in lossy["rows"] if row["path"] == "fargateProfiles"]
    assert (row["line"], row["fate"], row["matters"]) == (4, "dropped", True)
    assert {row["fate"] for row in plain["rows"]} == {"kept", "changed"}


def test_json_without_a_folder_is_refused() -> None:
    done = run(file(PLAIN), "--json")
    assert done.exit_code == 2
    assert "--output" in done.stderr


def test_a_layout_that_is_there_is_overwritten_only_by_force() -> None:
    Path("layouts").mkdir()
    Path("layouts/plain.yaml").write_text("mine", encoding="utf-8")
    refused = run(file(PLAIN), file(LOSSY, "lossy-cluster.yaml"), "-o", "layouts")
    assert refused.exit_code == 2
    assert "--force" in refused.stderr
    assert Path("layouts/plain.yaml").read_text(encoding="utf-8") == "mine"
    assert under("layouts") == ["plain.yaml"]
    assert run(file(PLAIN), "-o", "layouts", "--force").exit_code == 0
    assert load("layouts/plain.yaml").layout.name == "plain"


def test_nothing_is_written_where_one_of_the_files_is_refused() -> None:
    done = run(file(PLAIN), file(REFUSED, "refused.yaml"), "-o", "layouts")
    assert done.exit_code == 2
    assert "refused.yaml:4: availabilityZones" in done.stderr
    assert under("layouts") == []


def test_two_clusters_of_one_name_are_refused() -> None:
    done = run(file(PLAIN), file(PLAIN, "again.yaml"), "-o", "layouts")
    assert done.exit_code == 2
    assert "again.yaml:3" in done.stderr
    assert "cluster.yaml" in done.stderr
    assert under("layouts") == []


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "cannot be read"),
        (b"", "holds no ClusterConfig"),
        (b"\x00\x01\xff\xfe\x80", "is not UTF-8"),
        (b"a: [\n", "is not YAML"),
        (b"kind: Deployment\n", "holds no ClusterConfig"),
        (b"just text", "not keys and values"),
    ],
)
def test_a_file_that_is_no_manifest_is_refused_by_name(content: bytes | None, said: str) -> None:
    if content is not None:
        Path("file.yaml").write_bytes(content)
    done = run("file.yaml", "-o", "layouts")
    assert done.exit_code == 2
    assert isinstance(done.exception, SystemExit)
    assert "file.yaml" in done.stderr
    assert said in done.stderr
    assert under("layouts") == []


def test_a_folder_in_place_of_a_file_is_refused() -> None:
    Path("folder").mkdir()
    done = run("folder")
    assert done.exit_code == 2
    assert "folder" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_file_in_place_of_the_output_folder_is_refused() -> None:
    done = run(file(PLAIN), "-o", file("mine", "layouts"))
    assert done.exit_code == 2
    assert "layouts" in done.stderr
    assert Path("layouts").read_text(encoding="utf-8") == "mine"


def test_a_region_that_is_none_is_refused() -> None:
    done = run(file(PLAIN), "--region", "Mars")
    assert done.exit_code == 2
    assert "Mars" in done.stderr


def test_a_layout_that_extends_a_preset_loads_from_any_folder() -> None:
    run(FIXTURES / "presets" / "eks-p5-odcr-vpc.yaml", "-o", "a/b/c")
    text = Path("a/b/c/eks-p5-odcr-vpc.yaml").read_text(encoding="utf-8")
    assert "extends: eks-p5-odcr-vpc\n" in text
    assert load("a/b/c/eks-p5-odcr-vpc.yaml").layout == load("eks-p5-odcr-vpc").layout


def test_windows_line_ends_and_a_byte_order_mark_change_nothing() -> None:
    run(file(LOSSY), "-o", "unix")
    file("", "cluster.yaml").write_bytes(b"\xef\xbb\xbf" + LOSSY.replace("\n", "\r\n").encode())
    assert run("cluster.yaml", "-o", "windows").exit_code == 1
    assert Path("unix/lossy.yaml").read_bytes() == Path("windows/lossy.yaml").read_bytes()


def test_keys_and_values_that_look_like_markup_are_printed_as_they_are() -> None:
    done = run(file(manifest("odd", '"[/red]": 1\n"[bold]x": "[/b]"\n"\\e[31m": 2\n')), "-o", "layouts")
    assert done.exit_code == 1
    assert "[/red], [bold]x" in done.stdout
    assert "\x1b" not in done.stdout
    assert load("layouts/odd.yaml").layout.name == "odd"


def test_the_autoscaler_is_installed_only_where_it_is_asked_for() -> None:
    text = manifest("scaled").replace(
        "privateNetworking: true", "iam: {withAddonPolicies: {autoScaler: true}}"
    )
    run(file(text), "-o", "without")
    run(file(text), "-o", "with", "--autoscaler")
    owners = [
        load(f"{folder}/scaled.yaml").layout.node_groups["workers"].scaling_owner
        for folder in ("without", "with")
    ]
    assert owners == ["terraform", "autoscaler"]


def test_warnings_about_the_new_layout_are_printed() -> None:
    ends = manifest("late").replace("1.35", "1.33")
    done = run(file(ends), "-o", "layouts")
    assert "late.yaml: kubernetes_version: warning" in done.stderr


def test_the_manifest_itself_is_never_overwritten() -> None:
    given = file(PLAIN, "plain.yaml")
    done = run(given, "-o", ".", "--force")
    assert done.exit_code == 2
    assert "is the manifest itself" in done.stderr
    assert given.read_text(encoding="utf-8") == PLAIN


def test_a_folder_in_the_place_of_a_layout_leaves_the_others_as_they_were() -> None:
    Path("layouts/zeta.yaml").mkdir(parents=True)
    Path("layouts/plain.yaml").write_text("old", encoding="utf-8")
    done = run(file(PLAIN, "a.yaml"), file(manifest("zeta"), "b.yaml"), "-o", "layouts", "--force")
    assert done.exit_code == 2
    assert "layouts/zeta.yaml: is a folder" in done.stderr
    assert Path("layouts/plain.yaml").read_text(encoding="utf-8") == "old"


def test_a_region_that_there_is_not_is_the_option_s_fault() -> None:
    done = run(file(PLAIN), "--region", "us-west-22")
    assert done.exit_code == 2
    assert "--region 'us-west-22' is no AWS region; did you mean us-west-2?" in done.stderr
