"""docs/overrides.md: its examples are files that tests plan, and its messages are those of the program."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from modules.bindings.flavor import CDKTF
from modules.layout import LayoutError, load
from modules.layout.overrides import Address, steps_of
from modules.stacks import add_stacks
from ops.offline.schema import BindingPackage
from ops.plan.overrides import override_faults
from tests.checkout import ROOT

PAGE = (ROOT / "docs" / "overrides.md").read_text(encoding="utf-8")
FILES = ROOT / "docs" / "examples" / "hatches"


def _shown(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", PAGE, re.S)


def test_the_examples_are_the_files() -> None:
    """tests/engine/test_hatches.py plans them."""
    assert _shown("yaml") == [(FILES / "cluster.yaml").read_text(encoding="utf-8")]
    assert _shown("python") == [(FILES / "stack.py").read_text(encoding="utf-8")]


def test_every_path_of_the_table_is_one_and_every_address_too() -> None:
    rows = re.findall(r"^\| [^|]+ \| `([^`]+): [^`]+` \|$", PAGE, re.M)
    assert len(rows) == 6
    assert all(steps_of(path) for path in rows)
    for address in re.findall(r"`((?:data\.)?(?:aws_\w+|provider)\.[a-z_0-9.]+)`", PAGE):
        assert str(Address.of(address)) == address


def test_the_refusal_of_an_argument_is_as_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("layout.yaml").write_text(
        "extends: eks-g4dn\nname: mine\n\noverrides:\n  aws_eks_node_group.nodes_gpu:\n    update_config.max_unavailble: 3\n"
    )
    loaded = load("./layout.yaml")
    document = {
        "terraform": {"required_providers": {"aws": {"source": "aws", "version": "6.25.0"}}},
        "resource": {"aws_eks_node_group": {"nodes_gpu": {}}},
    }
    package = BindingPackage("aws")
    (fault,) = override_faults(loaded, "mine", document, package.body, CDKTF)  # type: ignore[arg-type]
    assert _shown("text")[0] == f"{fault}\n"


def test_the_error_of_a_program_is_as_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from cdktf import App

    monkeypatch.chdir(tmp_path)
    Path("layout.yaml").write_text("extends: eks-g4dn\nname: mine\nextension: ./stack.py\n")
    line = '    group = stack.node_groups["p6"]\n'
    Path("stack.py").write_text("\n" * 12 + "def extend(stack, layout):\n" + line)
    loaded = load("./layout.yaml")
    with pytest.raises(LayoutError) as caught:
        add_stacks(App(outdir="unused"), loaded.layout, loaded.variables)
    assert _shown("text")[1] == f"{caught.value}\n"
