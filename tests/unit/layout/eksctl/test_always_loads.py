"""Whatever stands in a manifest: a layout that loads, or faults with their lines; never anything else."""

from __future__ import annotations

from pathlib import Path

import pytest

from modules.layout import Fault, LayoutError
from modules.layout.document import read_all
from modules.layout.eksctl import convert, read_manifests
from tests import mutations
from tests.unit.layout.eksctl.imports import MANIFESTS, PRESETS, TODAY, reread, written
from tests.unit.layout.eksctl.vocabulary import VOCABULARY

FILES = [*MANIFESTS, *PRESETS]
BATCH = 25


def changed(seed: int) -> str:
    """A fixture's text with one to four changes: of its characters, of its data, or of what it says."""
    file = FILES[seed % len(FILES)]
    way = seed // len(FILES) % 3
    if way == 0:
        return mutations.text(file.read_text(encoding="utf-8"), seed)
    vocabulary = VOCABULARY if way == 1 else None
    documents = [document.tree.plain() for document in read_all(file)]
    return "---\n".join(mutations.as_yaml(mutations.tree(one, seed, vocabulary)) for one in documents)


def imported(file: Path, folder: Path) -> list[str]:
    """The texts of a file's layouts, each of which loads as what was converted."""
    texts = []
    for manifest in read_manifests(file):
        converted = convert(manifest, today=TODAY)
        text = written(converted)
        assert reread(text, folder) == converted.layout
        texts.append(text)
    return texts


def assert_located(fault: Fault, file: Path, text: str) -> None:
    assert fault.origin.source == str(file)
    assert fault.problem
    assert fault.remedy
    nothing = all(line.strip() in ("", "---", "...") or line.startswith("#") for line in text.splitlines())
    assert fault.origin.line > 0 or nothing, str(fault)
    assert fault.origin.line <= len(text.splitlines()) + 1


def imports_or_says_why(text: str, folder: Path) -> bool:
    """Whether a text is imported; asserts that it is so properly, or refused at a line of it."""
    file = folder / "manifest.yaml"
    file.write_bytes(text.encode("utf-8", "surrogatepass"))
    try:
        texts = imported(file, folder)
    except LayoutError as error:
        refused = error
    else:
        assert [written(convert(manifest, today=TODAY)) for manifest in read_manifests(file)] == texts
        return True
    assert refused.errors
    for fault in refused.errors:
        assert_located(fault, file, text)
    return False


@pytest.mark.parametrize("first", range(0, 250, BATCH))
def test_a_changed_manifest_is_imported_or_has_located_faults(first: int, tmp_path: Path) -> None:
    made = []
    for seed in range(first, first + BATCH):
        try:
            made.append(imports_or_says_why(changed(seed), tmp_path))
        except Exception as error:
            raise AssertionError(f"seed {seed}") from error
    # Else it would not be the import that is tried.
    assert sum(made) > BATCH // 5
