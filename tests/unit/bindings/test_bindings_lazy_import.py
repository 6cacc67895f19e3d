"""Provider packages load lazily and otherwise behave as they do stock."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from modules.bindings.lazy_import import is_provider_package, split_eager_imports

Run = Callable[..., subprocess.CompletedProcess[str]]

LAZY = """
import sys
from modules.bindings.lazy_import import LazyProviderFinder
sys.meta_path.insert(0, LazyProviderFinder())
"""

NAME = "cdktf_cdktf_provider_fake"


def _loaded(run_python: Run, site: Path, program: str, *, lazy: bool = True) -> list[str]:
    report = "\nimport sys\nprint(*getattr(sys, 'loaded', []))"
    loaded = run_python((LAZY if lazy else "") + program + report, site=site).stdout.split()
    return [name.removeprefix(f"{NAME}.") for name in loaded]


@pytest.mark.parametrize(
    ("program", "expected"),
    [
        (f"import {NAME}", []),
        (f"import {NAME} as p; p.VERSION", []),
        (f"import {NAME} as p; p.alpha.Thing", ["alpha"]),
        (f"import {NAME}.beta", ["beta"]),
        (f"from {NAME} import beta", ["beta"]),
        (f"from {NAME}.alpha import Thing", ["alpha"]),
        (f"from {NAME} import *; alpha, beta, VERSION", ["alpha", "beta"]),
    ],
)
def test_only_the_submodules_that_are_used_are_loaded(
    run_python: Run, site: Path, program: str, expected: list[str]
) -> None:
    assert _loaded(run_python, site, program) == expected


def test_the_same_package_loads_everything_without_the_hook(run_python: Run, site: Path) -> None:
    assert _loaded(run_python, site, f"import {NAME}", lazy=False) == ["alpha", "beta"]


def test_a_package_shows_the_same_names_as_stock(run_python: Run, site: Path) -> None:
    show = f"import {NAME} as p; print(dir(p), p.__all__, p.__path__, p.__file__, p.__doc__, p.__package__)"
    assert run_python(LAZY + show, site=site).stdout == run_python(show, site=site).stdout


def test_a_name_that_does_not_exist_is_an_attribute_or_import_error(run_python: Run, site: Path) -> None:
    run_python(
        LAZY
        + f"""
import {NAME} as p
try:
    p.gamma
except AttributeError as error:
    assert str(error) == "module '{NAME}' has no attribute 'gamma'"
else:
    raise AssertionError
try:
    from {NAME} import gamma
except ImportError:
    pass
else:
    raise AssertionError
assert not hasattr(p, "publication"), "publish() keeps the package's own imports private"
assert p._private.publication and p._private.alpha is p.alpha
""",
        site=site,
    )


def test_an_error_inside_a_submodule_reaches_the_one_who_imports_it(run_python: Run, site: Path) -> None:
    (site / NAME / "alpha" / "__init__.py").write_text("raise RuntimeError('faulty')")
    failed = run_python(LAZY + f"import {NAME} as p; p.beta; p.alpha", site=site, check=False)
    assert "RuntimeError: faulty" in failed.stderr


def test_annotations_that_name_a_sibling_resolve(run_python: Run, site: Path) -> None:
    run_python(
        LAZY
        + f"""
import typing
from {NAME}.alpha import Thing
hints = typing.get_type_hints(Thing.sibling)
import {NAME}.beta
assert hints == {{"return": {NAME}.beta.Thing}}
""",
        site=site,
    )


def test_objects_survive_pickling(run_python: Run, site: Path) -> None:
    run_python(
        LAZY
        + f"""
import pickle, subprocess, sys
from {NAME}.alpha import Thing
pickled = pickle.dumps(Thing(7))
assert pickle.loads(pickled) == Thing(7)
for name in [name for name in sys.modules if name.startswith("{NAME}")]:
    del sys.modules[name]
assert pickle.loads(pickled).size == 7, "a process that has not imported the package yet"
""",
        site=site,
    )


def test_a_reload_keeps_the_package_lazy_and_its_submodules_in_place(run_python: Run, site: Path) -> None:
    program = f"""
import importlib
import {NAME} as p
thing = p.alpha.Thing
again = importlib.reload(p)
assert sys.modules["{NAME}"] is again and again.alpha.Thing is thing
print(again.VERSION)
"""
    assert _loaded(run_python, site, program)[1:] == ["alpha"]


def test_resources_source_and_runpy_work_as_with_any_package(run_python: Run, site: Path) -> None:
    (site / NAME / "tool.py").write_text("from .alpha import Thing\n")
    run_python(
        LAZY
        + f"""
import importlib.resources, importlib.util, inspect, runpy
import {NAME} as p
assert importlib.resources.files("{NAME}").joinpath("notes.txt").read_text() == "notes"
assert "publication.publish()" in inspect.getsource(p)
assert p.__spec__.origin == p.__file__ and importlib.util.find_spec("{NAME}.alpha")
assert runpy.run_module("{NAME}.tool", run_name="__main__")["Thing"]
""",
        site=site,
    )


def test_threads_that_meet_at_a_package_get_the_same_classes(run_python: Run, site: Path) -> None:
    program = f"""
import threading
start, found = threading.Barrier(16), []
def use(name):
    start.wait()
    import {NAME} as p
    found.append((name, getattr(p, name).Thing))
threads = [threading.Thread(target=use, args=(name,)) for name in ["alpha", "beta"] * 8]
[thread.start() for thread in threads]
[thread.join() for thread in threads]
assert len(found) == 16 and len(set(found)) == 2
"""
    assert sorted(_loaded(run_python, site, program)) == ["alpha", "beta"]


@pytest.mark.parametrize("name", ["cdktf_cdktf_other", "my_cdktf_cdktf_provider_fake", "cdktf_provider_fake"])
def test_packages_of_other_names_are_left_alone(run_python: Run, site: Path, name: str) -> None:
    assert not is_provider_package(name)
    (site / NAME).rename(site / name)
    (site / NAME).mkdir()
    assert _loaded(run_python, site, f"import {name}") == [f"{name}.alpha", f"{name}.beta"]


def test_packages_below_a_provider_are_left_alone(run_python: Run, site: Path) -> None:
    inner = site / NAME / "alpha"
    (inner / "deep").mkdir()
    (inner / "deep" / "__init__.py").write_text("import sys; sys.loaded = ['deep']")
    (inner / "__init__.py").write_text("from . import deep\n")
    assert _loaded(run_python, site, f"import {NAME}.alpha") == ["deep"]


def test_a_package_that_was_written_by_hand_runs_as_it_is(run_python: Run, site: Path) -> None:
    init = site / NAME / "__init__.py"
    init.write_text("from . import alpha\nfrom . import beta\nREADY = True\n")
    assert _loaded(run_python, site, f"import {NAME} as p; assert p.READY") == ["alpha", "beta"]


def test_a_package_in_a_zip_archive_is_left_alone(run_python: Run, site: Path, tmp_path: Path) -> None:
    archive = Path(shutil.make_archive(str(tmp_path / "packed"), "zip", site))
    assert _loaded(run_python, archive, f"import {NAME}") == ["alpha", "beta"]


def test_a_provider_that_is_not_installed_is_a_plain_import_error(run_python: Run, site: Path) -> None:
    failed = run_python(LAZY + "import cdktf_cdktf_provider_absent", site=site, check=False)
    assert "ModuleNotFoundError: No module named 'cdktf_cdktf_provider_absent'" in failed.stderr


@pytest.mark.parametrize(
    ("source", "submodules"),
    [
        ("x = 1\nfrom . import a\nfrom . import b\n", ["a", "b"]),
        ("x = 1\nfrom . import a\n\n\n", ["a"]),
        ("from . import a\nx = 1\n", []),
        ("from . import a as b\n", []),
        ("from . import a, b\n", []),
        ("from .. import a\n", []),
        ("if x:\n    from . import a\n", []),
        ("from . import a  # why\n", []),
        ("", []),
    ],
)
def test_only_a_block_of_plain_imports_at_the_end_is_taken_off(source: str, submodules: list[str]) -> None:
    head, found = split_eager_imports(source)
    assert found == submodules
    assert (head + "".join(f"from . import {name}\n" for name in found)).rstrip() == source.rstrip()
