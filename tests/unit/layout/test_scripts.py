"""`script` of a training job: a path becomes the file's name and text, once, where the layout is loaded."""

from __future__ import annotations

from pathlib import Path

import pytest

from modules.layout import Loaded, load
from modules.layout.full import in_full
from modules.layout.models.workloads import SCRIPT_BYTES, Script
from modules.layout.writing import to_yaml
from tests.unit.layout.conftest import TODAY, FaultsOf, LoadText, Write

LAYOUT = """
name: demo
region: us-west-2
node_groups:
  cpu: {instance_type: m7i.2xlarge, size: {min: 0, desired: 1, max: 3}}
workloads:
  training:
    demo:
      kind: indexed_job
      node_group: cpu
      image: registry.example.com/trainer:1.0.0
"""
SCRIPT_LINE = LAYOUT.count("\n") + 1
# What YAML, Terraform or an editor could take for something else.
STRANGE = "#!/bin/sh\n---\n\techo ${HOME} %{if} $$ 'a' \"b\" \\n   \n\n\r\n  - x: [1\n...\n# é 日本 \U0001f680 \x85\u2028\ufeff\n"


def layout_with(script: str) -> str:
    return f"{LAYOUT}      script: {script}\n"


def script_of(loaded: Loaded) -> Script:
    script = loaded.layout.workloads.training["demo"].script
    assert script is not None
    return script


def again(loaded: Loaded, file: Path) -> Loaded:
    file.parent.mkdir(parents=True)
    file.write_text(to_yaml(in_full(loaded).plain()), encoding="utf-8", newline="")
    return load(str(file), today=TODAY)


def test_a_path_is_read_from_the_folder_of_the_layout(load_text: LoadText, write: Write) -> None:
    write("print('hello')\n", "scripts/train.py")
    script = script_of(load_text(layout_with("scripts/train.py")))
    assert (script.name, script.text) == ("train.py", "print('hello')\n")


def test_a_path_in_a_layout_below_is_read_from_the_folder_of_that_one(
    load_text: LoadText, write: Write
) -> None:
    write("print('base')\n", "below/train.py")
    write(layout_with("train.py"), "below/base.yaml")
    write("print('mine')\n", "train.py")
    extending = "extends: below/base.yaml\nname: other\n"

    assert script_of(load_text(extending)).text == "print('base')\n"
    own = extending + "workloads: {training: {demo: {script: train.py}}}\n"
    assert script_of(load_text(own)).text == "print('mine')\n"


def test_a_script_that_stands_in_the_layout_needs_no_file(load_text: LoadText) -> None:
    script = script_of(load_text(layout_with('{name: train.py, text: "print(1)\\n"}')))
    assert (script.name, script.text) == ("train.py", "print(1)\n")


@pytest.mark.parametrize("text", ["print(1)", "print(1)\n\n\n", "  indented\n", STRANGE])
def test_a_layout_in_full_holds_the_script_to_the_byte(
    text: str, load_text: LoadText, write: Write, tmp_path: Path
) -> None:
    file = write(text, "train.py")
    loaded = load_text(layout_with("train.py"))
    assert script_of(loaded).text == text
    file.unlink()

    assert again(loaded, tmp_path / "elsewhere" / "full.yaml").layout == loaded.layout


def test_each_value_of_the_script_comes_from_the_line_that_names_it(
    load_text: LoadText, write: Write
) -> None:
    write("print(1)\n", "train.py")
    tree = in_full(load_text(layout_with("train.py")))
    node = tree.get(("workloads", "training", "demo", "script", "text"))
    assert node is not None
    assert node.origin.line == SCRIPT_LINE


@pytest.mark.parametrize(
    ("script", "content", "problem", "remedy"),
    [
        ("nope.py", None, "nope.py cannot be read: No such file or directory", "from this file's folder"),
        (".", None, ". cannot be read: Is a directory", "path of a text file"),
        ('"a\\0b"', None, "'a\\x00b' is no path of a file", "path of a text file"),
        ("~nobody-here/train.py", None, "cannot be read", "path of a text file"),
        ("''", None, "is empty", "path of a text file"),
        ("train.py", b"", "train.py is empty", "path of a text file"),
        ("train.py", b" \n\n", "train.py is empty", "path of a text file"),
        ("train.py", b"print(1)\xff\n", "is no UTF-8 text: byte 9 is 0xff", "path of a text file"),
        ("train.py", b"\x7fELF\x02\x01\x00", "has the control character", "path of a text file"),
        ("train.py", b"#" * (SCRIPT_BYTES + 1), "more than 1,000,000 bytes", "Put the program in the image"),
        ("5", None, "5 is no path of a file", "path of a text file"),
        ("[train.py]", None, "['train.py'] is no path of a file", "path of a text file"),
        (
            '"import torch\\nprint()\\n"',
            None,
            "'import torch\\nprint()\\n' is no path",
            "path of a text file",
        ),
        ("x" * 2000, None, f"'{'x' * 59}... is no path of a file", "path of a text file"),
    ],
)
def test_what_is_no_script_is_refused_at_its_line_and_nothing_else_is_said(
    script: str, content: bytes | None, problem: str, remedy: str, faults_of: FaultsOf, write: Write
) -> None:
    if content is not None:
        write(content, "train.py")
    (fault,) = (fault for fault in faults_of(layout_with(script)) if fault.level == "error")
    assert fault.path == ("workloads", "training", "demo", "script")
    assert fault.origin.line == SCRIPT_LINE
    assert fault.rule == "file"
    assert problem in fault.problem
    assert remedy in fault.remedy


def test_the_largest_script_goes_along(load_text: LoadText, write: Write) -> None:
    write(b"#" * SCRIPT_BYTES, "train.py")
    assert len(script_of(load_text(layout_with("train.py"))).text) == SCRIPT_BYTES


def test_a_file_name_that_a_configmap_cannot_have_is_refused(faults_of: FaultsOf, write: Write) -> None:
    write("print(1)\n", "my script.py")
    (fault,) = (fault for fault in faults_of(layout_with("my script.py")) if fault.level == "error")
    assert fault.path == ("workloads", "training", "demo", "script", "name")
    assert fault.origin.line == SCRIPT_LINE
