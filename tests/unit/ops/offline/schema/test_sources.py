"""Where the TypeScript of a provider package comes from, and how it is kept."""

from __future__ import annotations

import base64
import io
import json
import subprocess
import sys
import tarfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from ops.offline.schema.sources import BindingSources, SchemaError, cache_folder

ROOT = Path(__file__).resolve().parents[5]


def javascript(typescript: str) -> bytes:
    text = base64.b64encode(json.dumps({"sourcesContent": [typescript]}).encode()).decode()
    return f"var a;\n//# sourceMappingURL=data:application/json;base64,{text}".encode()


def archive(folder: Path, files: dict[str, bytes]) -> Path:
    path = folder / "provider-toy@1.2.3.jsii.tgz"
    with tarfile.open(path, "w:gz") as file:
        for name, content in files.items():
            member = tarfile.TarInfo(f"package/{name}")
            member.size = len(content)
            file.addfile(member, io.BytesIO(content))
    return path


TOY = {
    "package.json": b"{}",
    "lib/index.js": javascript("all"),
    "lib/widget/index.js": javascript("widget"),
    "lib/widget/index-structs/index.js": javascript("index of the structs"),
    "lib/widget/index-structs/structs0.js": javascript("structs 0"),
    "lib/widget/index-structs/structs400.js": javascript("structs 400"),
    "lib/widget/index.d.ts": b"declare",
    "lib/provider/index.js": javascript("provider"),
}


@pytest.fixture
def toy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> BindingSources:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return BindingSources("@cdktf/provider-toy", "1.2.3", archive(tmp_path, TOY))


def again(sources: BindingSources) -> BindingSources:
    return BindingSources(sources.package, sources.version, sources.archive)


def kept() -> list[Path]:
    return sorted(cache_folder().iterdir())


def test_a_module_is_its_index_and_the_files_of_its_types(toy: BindingSources) -> None:
    assert toy.modules == {"widget", "provider"}
    assert toy.typescript("widget") == "widget\nstructs 0\nstructs 400"
    assert toy.typescript("provider") == "provider"


def test_the_archive_is_unpacked_once(toy: BindingSources, monkeypatch: pytest.MonkeyPatch) -> None:
    assert toy.modules
    monkeypatch.setattr(tarfile, "open", lambda *_: pytest.fail("the archive was read again"))
    assert again(toy).typescript("provider") == "provider"


def test_another_archive_of_the_same_version_is_not_mistaken_for_it(toy: BindingSources) -> None:
    assert toy.typescript("provider") == "provider"
    archive(toy.archive.parent, {**TOY, "lib/provider/index.js": javascript("patched")})
    assert again(toy).typescript("provider") == "patched"
    assert len(kept()) == 2


def test_a_file_that_was_cut_short_is_written_anew(toy: BindingSources) -> None:
    assert toy.modules
    (file,) = kept()
    file.write_bytes(file.read_bytes()[:100])
    assert again(toy).modules == {"widget", "provider"}


def test_several_at_a_time_leave_one_whole_file(toy: BindingSources) -> None:
    with ThreadPoolExecutor(4) as pool:
        texts = list(pool.map(lambda _: again(toy).typescript("provider"), range(8)))
    assert texts == ["provider"] * 8
    assert [path.suffix for path in kept()] == [".zip"]


def test_a_module_without_its_typescript_is_named_and_nothing_is_kept(toy: BindingSources) -> None:
    archive(toy.archive.parent, {**TOY, "lib/provider/index.js": b"var a;"})
    with pytest.raises(SchemaError, match=r"@cdktf/provider-toy 1\.2\.3, module provider: no source map"):
        _ = again(toy).modules
    assert kept() == []


def test_a_cache_that_cannot_be_written_is_named_with_the_remedy(
    toy: BindingSources, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    with pytest.raises(SchemaError, match=r"cannot be written .*XDG_CACHE_HOME"):
        _ = toy.modules


def test_without_xdg_cache_home_the_home_folder_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", "")
    assert cache_folder().parents[1] == Path.home() / ".cache"


def test_a_package_without_its_archive_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "cdktf_cdktf_provider_toy" / "_jsii").mkdir(parents=True)
    (tmp_path / "cdktf_cdktf_provider_toy" / "__init__.py").touch()
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(SchemaError, match="holds 0 archives like provider-toy@VERSION"):
        BindingSources.of("toy")


def test_an_installed_package_is_found_without_importing_it() -> None:
    code = (
        "import sys; from ops.offline.schema.sources import BindingSources; print(BindingSources.of('aws'));"
        "assert not [name for name in sys.modules if name.startswith(('cdktf', 'jsii'))]"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.startswith("@cdktf/provider-aws ")
