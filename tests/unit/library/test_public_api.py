"""What strangers import: complete, light to load, and never changed without a word."""

from __future__ import annotations

import ast
import inspect
import json
import re
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from dataclasses import is_dataclass
from typing import get_args

import pytest

import modules
from modules import models
from modules.layout.language import models_in
from tests.checkout import ROOT

LISTING = ROOT / "docs" / "public-api.txt"
# The same of the newest version in CHANGELOG.md that is no longer `Unreleased`.
RELEASED = LISTING.parents[1] / "tests" / "unit" / "library" / "released-api.txt"
CHANGELOG = ROOT / "CHANGELOG.md"


def _shown(name: str, found: object) -> Iterator[str]:
    if inspect.isclass(found):
        own = found.__init__ if "__init__" in vars(found) else None
        if issubclass(found, models.Section):
            yield f"class {name}"
            yield from (f"{name}.{field}{_form(found, field)}" for field in sorted(found.model_fields))
        else:
            yield f"class {name}{_signature(own) if own else '(...)'}"
        members = {
            key: value for key, value in vars(found).items() if not key.startswith("_") and _is_told(value)
        }
        fields = set(getattr(found, "model_fields", ()))
        for key, value in sorted(members.items()):
            if key not in fields:
                yield f"{name}.{key}{_signature(value)}"
        # A model's and a dataclass's are told already: as fields, and as arguments.
        if not issubclass(found, models.Section) and not is_dataclass(found):
            yield from (f"{name}.{key}" for key in sorted(_attributes(found) - members.keys()))
    elif inspect.isfunction(found):
        yield f"{name}{_signature(found)}"
    else:
        yield f"{name}: {type(found).__name__}"


def _form(model: type[models.Section], field: str) -> str:
    """What a field takes, as the model's code says it, and what it is where nothing is given."""
    written = next(vars(one)["__annotations__"] for one in model.mro() if field in one.__annotations__)
    told = model.model_fields[field]
    if told.is_required():
        return f": {written[field]}"
    factory = told.default_factory
    return f": {written[field]} = {told.default if factory is None else f'{factory.__name__}()'}"


def _attributes(found: type) -> set[str]:
    """What an object of a class has, as far as its docstring names it."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(textwrap.dedent(inspect.getsource(found)))):
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            names.add(node.target.id)
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            names.add(node.attr)
    told = inspect.getdoc(found) or ""
    return {one for one in names if not one.startswith("_") and re.search(rf"\b{one}\b", told)}


def _is_told(member: object) -> bool:
    return inspect.isfunction(member) or isinstance(member, property | classmethod)


def _signature(found: object) -> str:
    if isinstance(found, classmethod):
        found = found.__func__
    if not inspect.isfunction(found):
        return ""
    signature = re.sub(r"'([^']*)'", r"\1", str(inspect.signature(found)))
    # A default that is a path is that of this checkout.
    return re.sub(r"PosixPath\([^)]*\)", "...", signature).replace("self, ", "").replace("(self)", "()")


def listing() -> str:
    lines = [
        line
        for name in sorted(
            set(modules.__all__) - {"Layout", "models", "__version__"}
        )  # Layout: with the models
        for line in _shown(name, getattr(modules, name))
    ]
    lines += [line for name in models.__all__ for line in _shown(f"models.{name}", getattr(models, name))]
    return "\n".join(lines) + "\n"


def test_the_listing_is_that_of_the_code(update_goldens: bool) -> None:
    found = listing()
    if update_goldens:
        LISTING.write_text(found, encoding="utf-8")
    assert found == LISTING.read_text(encoding="utf-8"), (
        "the public API has changed. Tell of it in CHANGELOG.md, below [Unreleased], by the names that changed; then "
        'make test ARGS="tests/unit/library --update-goldens". docs/library.md says what may change'
    )


def test_each_change_since_the_last_version_is_announced() -> None:
    """A name or a field that came, went or takes something else stands in the changelog, in backticks."""
    before, now = (set(file.read_text(encoding="utf-8").splitlines()) for file in (RELEASED, LISTING))
    text = CHANGELOG.read_text(encoding="utf-8")
    unreleased = re.split(r"^## \[", text, flags=re.M)[1]
    told = set(re.findall(r"[A-Za-z_]\w*", " ".join(re.findall(r"`([^`\n]+)`", unreleased))))
    changed = {line: _path(line) for line in before ^ now}
    # With a class that came or went, its members did.
    whole = {
        path
        for line, path in changed.items()
        if line.startswith("class ") and not _is_in_both(path, before, now)
    }
    unannounced = sorted(
        line
        for line, path in changed.items()
        if path[-1] not in told and not (path[:-1] in whole and path[-2] in told)
    )
    assert unannounced == [], "not in CHANGELOG.md below [Unreleased]"


def _path(line: str) -> tuple[str, ...]:
    return tuple(re.split(r"[(:]", line.removeprefix("class "))[0].strip().split("."))


def _is_in_both(path: tuple[str, ...], *listings: set[str]) -> bool:
    return all(any(line.startswith("class ") and _path(line) == path for line in one) for one in listings)


def test_what_is_listed_is_there_and_says_what_it_is() -> None:
    for name in set(modules.__all__) - {"__version__", "CDKTF", "CDKTN"}:
        assert inspect.getdoc(getattr(modules, name)), f"{name} has no docstring"
    assert {*modules.__all__} <= {*dir(modules)}
    assert {
        name for names in (modules._LIGHT, modules._CONSTRUCTS) for one in names.values() for name in one
    } == ({*modules.__all__} - {"__version__", "models"})
    with pytest.raises(AttributeError, match="no attribute 'lod'"):
        getattr(modules, "lod")  # noqa: B009


def test_every_argument_and_error_of_a_construct_is_told() -> None:
    for name in ("Cluster", "ExistingCluster", "Network", "NodeGroup", "HelmReleases", "Addons"):
        made = getattr(modules, name).__init__
        told = inspect.getdoc(made) or ""
        asked = [*inspect.signature(made).parameters][3:]
        assert [one for one in asked if not re.search(rf"^ +{one}: ", told, re.M)] == [], name


def test_a_layout_is_loaded_without_cdktf_and_node() -> None:
    program = """
import json, sys
import modules
first = sorted(name for name in sys.modules if name.startswith("modules."))
modules.load("eks-g4dn"), modules.models.Size(desired=1), modules.active_flavor()
print(json.dumps([first, [name for name in ("cdktf", "cdktn", "constructs", "jsii", "boto3") if name in sys.modules]]))
"""
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert json.loads(done.stdout) == [[], []]


def test_every_section_that_a_layout_can_have_is_a_public_model() -> None:
    found: set[str] = set()

    def look(annotation: object) -> None:
        for model in models_in(annotation):
            if model.__name__ not in found:
                found.add(model.__name__)
                for field in model.model_fields.values():
                    look(field.annotation)
        for inner in get_args(annotation):
            look(inner)

    look(modules.Layout)
    assert found <= {*models.__all__}
