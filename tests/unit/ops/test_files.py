"""Files are written whole, or stay as they were."""

from __future__ import annotations

from pathlib import Path

import pytest
import typer

from modules.layout import Fault, LayoutError, Origin
from ops.errors import UsageError, refusing
from ops.files import WriteError, write_whole, writing


def test_a_file_is_replaced_with_its_mode(tmp_path: Path) -> None:
    file = tmp_path / "a.txt"
    file.write_text("old")
    file.chmod(0o640)
    write_whole(file, "new")
    assert (file.read_text(), file.stat().st_mode & 0o777) == ("new", 0o640)
    assert list(tmp_path.iterdir()) == [file]


def test_a_link_is_followed(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real/a.txt")
    write_whole(tmp_path / "link", "new")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "real" / "a.txt").read_text() == "new"


def test_a_check_that_refuses_leaves_the_file_as_it_was(tmp_path: Path) -> None:
    def check() -> None:
        raise UsageError("taken")

    (tmp_path / "a.txt").write_text("old")
    with pytest.raises(UsageError, match="taken"):
        write_whole(tmp_path / "a.txt", "new", check)
    assert [file.read_text() for file in tmp_path.iterdir()] == ["old"]


def test_a_failure_names_the_file_and_not_what_lay_beside_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(self: Path, target: Path) -> Path:
        raise OSError(28, "No space left on device", str(self))

    monkeypatch.setattr(Path, "replace", full)
    file = tmp_path / "a.txt"
    with pytest.raises(WriteError) as caught:
        write_whole(file, "new")
    assert (caught.value.filename, caught.value.strerror) == (str(file), "No space left on device")
    assert list(tmp_path.iterdir()) == []


def test_a_place_that_is_a_folder_or_in_none_is_refused(tmp_path: Path) -> None:
    for file in (tmp_path, tmp_path / "no" / "a.txt"):
        with pytest.raises(WriteError):
            write_whole(file, "new")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "error, said",
    [
        (WriteError(13, "Permission denied", "a.json"), "a.json: cannot be written: Permission denied\n"),
        (
            FileNotFoundError(2, "No such file or directory", "a.json"),
            "a.json: cannot be used: No such file or directory\n",
        ),
        (OSError(28, "No space left on device"), "the output cannot be written: No space left on device\n"),
    ],
)
def test_what_is_read_is_told_from_what_is_written(
    error: OSError, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(typer.Exit) as caught, refusing():
        raise error
    assert caught.value.exit_code == 2
    assert capsys.readouterr().err == said


def test_what_writes_by_itself_has_its_errors_named_so() -> None:
    with pytest.raises(WriteError, match="Permission denied"), writing():
        raise PermissionError(13, "Permission denied", "out")
    with pytest.raises(BrokenPipeError), writing():
        raise BrokenPipeError(32, "Broken pipe")


@pytest.mark.parametrize(
    "writes, said", [(True, "1 error; nothing was written. "), (False, "1 error. What each means")]
)
def test_only_what_writes_says_that_nothing_was_written(
    writes: bool, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    fault = Fault(Origin("a.yaml", 1), ("name",), "problem", "remedy", "value")
    with pytest.raises(typer.Exit), refusing(writes=writes):
        raise LayoutError([fault])
    assert said in capsys.readouterr().err
