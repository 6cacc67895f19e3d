"""Which flavour is asked for, and what the plain imports lead to under CDK Terrain."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from modules.bindings.flavor import CDKTF, CDKTN, Flavor, FlavorError, chosen_flavor
from modules.bindings.renamed_import import renamed
from tests.checkout import ROOT

Run = Callable[..., subprocess.CompletedProcess[str]]

INSTALL = "from modules.bindings import install; install()\n"


def _settings(folder: Path, text: str) -> Path:
    (folder / "cdktf.json").write_text(text, encoding="utf-8")
    return folder


@pytest.mark.parametrize(
    ("given", "settings", "flavor"),
    [
        ("", "{}", CDKTF),
        ("cdktn", "{}", CDKTN),
        (" cdktn\n", "{}", CDKTN),
        ("", '{"context": {"flavor": "cdktn"}}', CDKTN),
        ("cdktf", '{"context": {"flavor": "cdktn"}}', CDKTF),
        ("", '{"flavor": "cdktn"}', CDKTF),
        # As an editor on Windows may begin it.
        ("", '\ufeff{"context": {"flavor": "cdktn"}}', CDKTN),
        ("cdktn", "{", CDKTN),
    ],
)
def test_the_environment_chooses_and_then_cdktf_json(
    given: str, settings: str, flavor: Flavor, tmp_path: Path
) -> None:
    assert chosen_flavor({"CDK_FLAVOR": given}, _settings(tmp_path, settings)) is flavor


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ('{"context": {"flavor": "cdktn",}}', "cdktf.json is no JSON: "),
        ('{"context": ["flavor"]}', 'cdktf.json: write an object, with an object as its "context"'),
        ('{"context": null}', "write an object"),
        ("[]", "write an object"),
    ],
)
def test_a_cdktf_json_that_cannot_be_read_is_no_choice_of_cdktf(
    settings: str, told: str, tmp_path: Path
) -> None:
    with pytest.raises(FlavorError, match=told):
        chosen_flavor({}, _settings(tmp_path, settings))


def test_without_cdktf_json_it_is_cdktf(tmp_path: Path) -> None:
    assert chosen_flavor({}, tmp_path) is CDKTF


def test_a_flavour_that_there_is_not_is_named_with_where_it_stands(tmp_path: Path) -> None:
    with pytest.raises(FlavorError, match=r"^CDK_FLAVOR is 'CDKTN'\. Write cdktf or cdktn\.$"):
        chosen_flavor({"CDK_FLAVOR": "CDKTN"})
    folder = _settings(tmp_path, '{"context": {"flavor": "terrain"}}')
    with pytest.raises(
        FlavorError, match=r"cdktf\.json: context\.flavor is 'terrain'\. Write cdktf or cdktn"
    ):
        chosen_flavor({}, folder)


@pytest.mark.parametrize("program", [["main.py"], ["-m", "ops", "presets"]])
def test_a_flavour_that_there_is_not_ends_a_program_with_2_and_one_line(
    program: list[str], environment: dict[str, str]
) -> None:
    done = subprocess.run(
        [sys.executable, *program],
        cwd=ROOT,
        env={**environment, "CDK_FLAVOR": "x"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "CDK_FLAVOR is 'x'. Write cdktf or cdktn.\n"


def test_a_flavour_that_is_not_installed_names_what_installs_it(run_python: Run) -> None:
    absent = "import sys; sys.path = [path for path in sys.path if 'site-packages' not in path]\n"
    failed = run_python(absent + INSTALL, check=False, CDK_FLAVOR="cdktn")
    assert "FlavorError: The packages of CDK Terrain are not installed" in failed.stderr
    assert "Run `make setup-cdktn`" in failed.stderr


@pytest.mark.parametrize(
    ("name", "other"),
    [
        ("cdktf", "cdktn"),
        ("cdktf._jsii", "cdktn._jsii"),
        ("cdktf_cdktf_provider_aws", "cdktn_provider_aws"),
        ("cdktf_cdktf_provider_aws.vpc", "cdktn_provider_aws.vpc"),
        ("cdktf_provider_aws", None),
        ("cdktfx", None),
        ("constructs", None),
        ("cdktn_provider_aws", None),
    ],
)
def test_only_the_names_of_cdktf_are_renamed(name: str, other: str | None) -> None:
    assert renamed(name, CDKTN) == other


def test_both_spellings_are_the_same_modules_and_classes(run_python: Run) -> None:
    """Whichever comes first, and with warnings as errors."""
    run_python(
        f"""
import sys, warnings
warnings.simplefilter("error")
{INSTALL}
from modules.bindings import active_flavor
assert active_flavor().name == "cdktn"
import cdktn_provider_aws.subnet as spelled_first
import cdktf, cdktn, cdktf_cdktf_provider_aws
import cdktf_cdktf_provider_aws.subnet as subnet
from cdktf_cdktf_provider_aws import vpc
from cdktf_cdktf_provider_aws.vpc import Vpc
import cdktn_provider_aws.vpc
import cdktf_cdktf_provider_helm.release, cdktn_provider_helm.release
assert cdktf is cdktn is sys.modules["cdktf"]
assert cdktf_cdktf_provider_aws is cdktn_provider_aws
assert subnet is spelled_first and vpc is cdktn_provider_aws.vpc and Vpc is vpc.Vpc
assert cdktf_cdktf_provider_helm is cdktn_provider_helm and cdktf_cdktf_provider_helm.release is cdktn_provider_helm.release
assert (Vpc.__module__, vpc.__name__) == ("cdktn_provider_aws.vpc", "cdktn_provider_aws.vpc")
loaded = [name for name in sys.modules if name.startswith("cdktn_provider_aws.") and "._" not in name]
assert sorted(loaded) == ["cdktn_provider_aws.subnet", "cdktn_provider_aws.vpc"], loaded

# A stack of one spelling, a resource of the other.
from cdktf import Testing, TerraformStack
from cdktn import App
stack = TerraformStack(Testing.stub_version(App(stack_traces=False)), "s")
cdktn_provider_aws.vpc.Vpc(stack, "a", cidr_block="10.0.0.0/16")
assert cdktf.TerraformStack.is_stack(stack) and isinstance(stack, cdktn.TerraformStack)
assert Testing.to_have_resource(Testing.synth(stack), Vpc.TF_RESOURCE_TYPE)
""",
        CDK_FLAVOR="cdktn",
    )


def test_what_cdk_terrain_has_not_is_said_under_both_names(run_python: Run) -> None:
    run_python(
        f"""
{INSTALL}
def said(module):
    try:
        __import__(module)
    except ModuleNotFoundError as error:
        return str(error), error.name
package = said("cdktf_cdktf_provider_google")
assert package == ("No module named 'cdktn_provider_google', which 'cdktf_cdktf_provider_google' stands for under CDK Terrain",
                   "cdktn_provider_google"), package
assert said("cdktf_cdktf_provider_helm.nothing") == ("No module named 'cdktf_cdktf_provider_helm.nothing'",
                                                     "cdktf_cdktf_provider_helm.nothing")
import importlib.util
assert importlib.util.find_spec("cdktf_cdktf_provider_aws.vpc") and not importlib.util.find_spec("cdktf.nothing")
""",
        CDK_FLAVOR="cdktn",
    )


def test_an_error_inside_a_renamed_module_is_its_own(run_python: Run, tmp_path: Path) -> None:
    package = tmp_path / "site" / "cdktn_provider_fake"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("import nowhere_to_be_found\n", encoding="utf-8")
    failed = run_python(
        f"{INSTALL}import cdktf_cdktf_provider_fake", site=package.parent, check=False, CDK_FLAVOR="cdktn"
    )
    assert failed.stderr.endswith("ModuleNotFoundError: No module named 'nowhere_to_be_found'\n")


@pytest.mark.parametrize(
    ("imported", "switch", "named"),
    [
        ("cdktf_cdktf_provider_fake", "0", "cdktf_cdktf_provider_fake"),
        ("jsii", "0", "jsii"),
        # Stock bindings are not lazy, and yet others: only what would be of the wrong flavour is too early.
        ("cdktf_cdktf_provider_fake, jsii", "1", "cdktf_cdktf_provider_fake"),
    ],
)
def test_an_install_that_comes_too_late_to_rename_says_so(
    run_python: Run, site: Path, imported: str, switch: str, named: str
) -> None:
    failed = run_python(
        f"import {imported}\n{INSTALL}",
        site=site,
        check=False,
        CDK_FLAVOR="cdktn",
        CDKTF_STOCK_BINDINGS=switch,
    )
    assert f"LateInstallError: {named}: imported before modules.bindings.install()" in failed.stderr
    assert "or to be those of CDK Terrain" in failed.stderr


def test_stock_bindings_of_cdk_terrain_may_follow_jsii(run_python: Run) -> None:
    program = f"import jsii\n{INSTALL}import cdktf; print(cdktf.__name__)"
    assert run_python(program, CDK_FLAVOR="cdktn", CDKTF_STOCK_BINDINGS="1").stdout == "cdktn\n"


@pytest.mark.parametrize("switch", ["0", "1"])
def test_a_process_has_one_flavour(run_python: Run, switch: str) -> None:
    program = """
from modules.bindings import FlavorError, active_flavor, install
from modules.bindings.flavor import CDKTF, CDKTN
install(CDKTN); install(CDKTN); install()
assert active_flavor() is CDKTN
try:
    install(CDKTF)
except FlavorError as error:
    print(error)
"""
    said = run_python(program, CDKTF_STOCK_BINDINGS=switch).stdout
    assert said == "cdktf is asked for, and cdktn is active in this process.\n"


@pytest.mark.parametrize("begin", ["install(CDKTF)", "del os.environ['CDK_FLAVOR']; ensure()"])
def test_cdktf_as_it_is_published_stays_whatever_is_asked_for_later(run_python: Run, begin: str) -> None:
    program = f"""
import os
from modules.bindings import FlavorError, active_flavor, ensure, install
from modules.bindings.flavor import CDKTF, CDKTN
{begin}
os.environ["CDK_FLAVOR"] = "cdktn"
print(active_flavor())
install()
try:
    install(CDKTN)
except FlavorError as error:
    print(error)
"""
    said = run_python(program, CDK_FLAVOR="cdktn", CDKTF_STOCK_BINDINGS="1").stdout
    assert said == "cdktf\ncdktn is asked for, and cdktf is active in this process.\n"


def test_a_child_without_the_setting_has_the_flavour_of_cdktf_json(run_python: Run, tmp_path: Path) -> None:
    _settings(tmp_path, json.dumps({"context": {"flavor": "cdktn"}}))
    program = f"{INSTALL}from modules.bindings import active_flavor; print(active_flavor())"
    assert run_python(program).stdout == "cdktn\n"
    assert run_python(program, CDK_FLAVOR="cdktf").stdout == "cdktf\n"
