"""`install()` on the real bindings: what it sets, when it refuses, and that the JSON is the one that stock makes."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import pytest

from modules.bindings.flavor import CDKTF, CDKTN, Flavor
from modules.bindings.lazy_import import split_eager_imports
from modules.bindings.node import PRELOAD, wheel_node, with_preload
from modules.layout import load

Run = Callable[..., subprocess.CompletedProcess[str]]

INSTALL = "from modules.bindings import install; install()\n"

STATE = """
import json, os, sys
print(json.dumps({
    "node": os.environ.get("JSII_NODE"),
    "options": os.environ.get("NODE_OPTIONS"),
    "hooks": [type(finder).__name__ for finder in sys.meta_path].count("LazyProviderFinder"),
}))
"""


def _state(run_python: Run, program: str, **env: str) -> dict[str, object]:
    state: dict[str, object] = json.loads(run_python(program + STATE, **env).stdout)
    return state


def test_install_sets_the_node_the_preload_and_the_hook(run_python: Run) -> None:
    expected = {"node": str(wheel_node()), "options": with_preload("", PRELOAD), "hooks": 1}
    assert _state(run_python, INSTALL) == expected


def test_a_second_install_changes_nothing(run_python: Run) -> None:
    assert _state(run_python, INSTALL + INSTALL) == _state(run_python, INSTALL)
    assert _state(run_python, f"{INSTALL}import cdktf\n{INSTALL}")["hooks"] == 1, "even after the imports"


def test_settings_of_the_user_stay(run_python: Run) -> None:
    state = _state(run_python, INSTALL, JSII_NODE="/opt/node", NODE_OPTIONS="--title=x")
    assert state["node"] == "/opt/node"
    assert state["options"] == with_preload("--title=x", PRELOAD)


def test_a_child_that_installs_too_has_the_preload_once(run_python: Run) -> None:
    program = f"{INSTALL}import subprocess, sys; subprocess.run([sys.executable, '-c', {INSTALL + STATE!r}])"
    child: dict[str, object] = json.loads(run_python(program).stdout)
    assert child["options"] == with_preload("", PRELOAD)


def test_a_checkout_may_lie_below_any_folder(run_python: Run, tmp_path: Path) -> None:
    checkout = tmp_path / 'my "check out'
    shutil.copytree(PRELOAD.parent, checkout / "modules" / "bindings")
    program = f"{INSTALL}from cdktf_cdktf_provider_helm import release; print(os.environ['NODE_OPTIONS'])"
    options = run_python(f"import os\n{program}", PYTHONPATH=str(checkout)).stdout.strip()
    assert options == with_preload("", checkout / "modules" / "bindings" / PRELOAD.name)


def test_the_switch_leaves_everything_as_it_is(run_python: Run) -> None:
    untouched = {"node": None, "options": None, "hooks": 0}
    assert _state(run_python, INSTALL, CDKTF_STOCK_BINDINGS="1") == untouched
    assert _state(run_python, "import cdktf\n" + INSTALL, CDKTF_STOCK_BINDINGS="1") == untouched
    assert _state(run_python, INSTALL, CDKTF_STOCK_BINDINGS="0")["hooks"] == 1


@pytest.mark.parametrize("module", ["jsii", "cdktf_cdktf_provider_fake"])
def test_an_install_that_comes_too_late_says_what_to_do(run_python: Run, site: Path, module: str) -> None:
    failed = run_python(f"import {module}\n{INSTALL}", site=site, check=False)
    assert failed.returncode == 1
    assert f"LateInstallError: {module}: imported before" in failed.stderr
    assert "Call install() above every import of cdktf" in failed.stderr


def test_the_package_imports_nothing_but_the_standard_library(run_python: Run) -> None:
    program = """
import sys
before = set(sys.modules)
import modules.bindings
loaded = {name.partition(".")[0] for name in set(sys.modules) - before}
print(*sorted(loaded - set(sys.stdlib_module_names)))
"""
    assert run_python(program).stdout.split() == ["modules"]


REAL_PROGRAM = (Path(__file__).parent / "every_kind_of_resource.py").read_text()
PRESET = "eks-p5-odcr"
# The most of what stock costs is Python compiling and importing 2,300 modules one like the other. One in so many does: the
# code that is executed is the same, and `make bench` compares with all of them (bench/sections.py).
ONE_IN = 20


@pytest.fixture(scope="module")
def fewer_imports(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """CDKTF's provider packages with one in ONE_IN of the imports at their end, and the rest of them as it is installed."""
    folder = tmp_path_factory.mktemp("fewer")
    for provider in ("aws", "helm", "kubernetes"):
        name = CDKTF.provider_package(provider)
        spec = find_spec(name)
        assert spec is not None
        assert spec.origin is not None
        head, submodules = split_eager_imports(Path(spec.origin).read_text(encoding="utf-8"))
        assert "extend_path" in head, "else Python would not find the submodules"
        kept = "".join(f"from . import {submodule}\n" for submodule in submodules[::ONE_IN])
        (folder / name).mkdir()
        (folder / name / "__init__.py").write_text(head + kept, encoding="utf-8")
    return folder


@pytest.mark.parametrize(("flavor", "more"), [(CDKTF, 100), (CDKTN, -1)], ids=str)
def test_the_json_is_the_one_that_stock_makes_to_the_byte(
    flavor: Flavor, more: int, run_python: Run, tmp_path: Path, fewer_imports: Path
) -> None:
    """In Node, all resources of a provider are loaded by stock. Python's half of CDK Terrain is lazy by itself."""
    loaded, outputs = {}, {}
    for name, switch in {"fast": "0", "stock": "1"}.items():
        outdir = tmp_path / name
        outdir.mkdir()
        done = run_python(
            REAL_PROGRAM,
            site=fewer_imports,
            CDK_FLAVOR=str(flavor),
            OUTDIR=str(outdir),
            CDKTF_OUTDIR=str(outdir / PRESET),
            CDKTF_STOCK_BINDINGS=switch,
            JSII_NODE=str(wheel_node()),
        )
        loaded[name] = int(done.stdout)
        outputs[name] = {
            str(file.relative_to(outdir)): file.read_bytes() for file in outdir.rglob("*") if file.is_file()
        }
    assert outputs["fast"] == outputs["stock"]
    synthesized = json.loads(outputs["fast"]["stacks/training/cdk.tf.json"])
    assert len(synthesized["resource"]) + len(synthesized["data"]) >= 20
    sources = [one["source"] for one in synthesized["terraform"]["required_providers"].values()]
    assert ("hashicorp/aws" in sources) is (flavor is CDKTN)
    assert loaded["fast"] < 60
    assert loaded["stock"] - loaded["fast"] > more
    stacks = [f"{PRESET}/stacks/{stack}/cdk.tf.json" for stack in load(PRESET).layout.stacks]
    assert sorted(file for file in outputs["fast"] if file.startswith(PRESET)) == sorted(
        [f"{PRESET}/manifest.json", *stacks]
    )


def test_jsii_can_hand_out_a_type_that_python_has_not_imported(run_python: Run) -> None:
    run_python(
        INSTALL
        + """
import sys
import cdktf_cdktf_provider_aws as aws
from jsii import _reference_map
from jsii._kernel.types import ObjRef
assert "cdktf_cdktf_provider_aws.data_aws_s3_bucket" not in sys.modules
if hasattr(_reference_map, "_submodule_fqn_map"):
    found = _reference_map.resolve_reference(None, ObjRef("@cdktf/provider-aws.dataAwsS3Bucket.DataAwsS3Bucket@1"))
    assert type(found) is aws.data_aws_s3_bucket.DataAwsS3Bucket
"""
    )


def test_a_type_error_is_still_reported_by_python(run_python: Run) -> None:
    failed = run_python(
        INSTALL
        + """
from cdktf import App, TerraformStack
from cdktf_cdktf_provider_aws.vpc import Vpc
Vpc(TerraformStack(App(), "s"), "v", cidr_block=5)
""",
        check=False,
    )
    assert (
        "TypeError: type of argument cidr_block must be one of (str, NoneType); got int instead"
        in failed.stderr
    )


def test_a_synth_is_silent(run_python: Run, tmp_path: Path) -> None:
    """Node 24 warns of a function that cdktf calls for outputs."""
    assert run_python(REAL_PROGRAM, OUTDIR=str(tmp_path / "out")).stderr == ""
