"""`ops export`, and Terraform's language for JSON; tests/engine/test_lifecycle.py has Terraform plan it for every layout."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from ops.cli import app
from ops.hcl import hcl
from ops.hcl.document import UnknownBlockError
from ops.hcl.expressions import TemplateError, expression
from ops.offline.schema import Attribute, Body, NestedBlock

LAYOUT = """\
name: small
region: us-west-2
node_groups:
  sys: {instance_type: c5.2xlarge, size: {min: 1, desired: 1, max: 3}}
"""


@pytest.mark.parametrize(
    "value, written",
    [
        ("plain", '"plain"'),
        (3, "3"),
        (0.9, "0.9"),
        (True, "true"),
        (None, "null"),
        ([], "[]"),
        ({}, "{}"),
        ('quotes " and \\ and\ttabs', '"quotes \\" and \\\\ and\\ttabs"'),
        ("two\nlines", '"two\\nlines"'),
        ("${var.image}", "var.image"),
        ("a-${var.name}", '"a-${var.name}"'),
        ('${join("\\"}", ["a"])}', 'join("\\"}", ["a"])'),
        ('"${upper("${var.a}\\n")}" said', '"\\"${upper("${var.a}\\n")}\\" said"'),
        ("${var.a}${var.b}", '"${var.a}${var.b}"'),
        ("$${HOME} %%{if}", '"$${HOME} %%{if}"'),
        ("%{ if var.a }x%{ endif }", '"%{ if var.a }x%{ endif }"'),
        ('${{for one in var.all : one => "}"}}', '{for one in var.all : one => "}"}'),
        ({"a-b": 1, "c/d": ["e"]}, '{\na-b = 1\n"c/d" = [\n"e",\n]\n}'),
        ({"${var.key}": 1}, '{\n"${var.key}" = 1\n}'),
        ("one\n  two ${var.a}\n", "<<EOT\none\n  two ${var.a}\nEOT"),
        ("EOT\nEOT\n", "<<EOT_\nEOT\nEOT\nEOT_"),
        (["one\ntwo\n"], '[\n"one\\ntwo\\n",\n]'),
        # A `for` expression, the blanks beside an interpolation, and lines that would end the expression.
        ({"for": "5m"}, '{\n"for" = "5m"\n}'),
        ('${~ upper("a") ~}', 'upper("a")'),
        ("${var.a ?\n 1 :\n 2}", "(var.a ?\n 1 :\n 2)"),
    ],
)
def test_a_value_means_the_same_in_terraforms_language(value: Any, written: str) -> None:
    assert expression(value) == written


@pytest.mark.parametrize("value", ["${var.a", '${"a}'])
def test_an_interpolation_without_an_end_is_refused(value: str) -> None:
    with pytest.raises(TemplateError, match="has no end"):
        expression(value)


def _body(kind: str, _type_name: str) -> Body:
    inner = Body({"name": Attribute("name", "string")})
    blocks = {"metadata": NestedBlock("metadata", "list", inner)} if kind == "resource" else {}
    return Body({"labels": Attribute("labels", ["map", "string"])}, blocks)


def test_the_schema_says_what_is_a_block() -> None:
    stack = {
        "//": {"metadata": {}},
        "resource": {
            "kubernetes_thing": {
                "a": {
                    "//": {},
                    "metadata": {"name": "a"},
                    "labels": {"b": "c"},
                    "count": "${var.count}",
                    "depends_on": ["aws_vpc.vpc"],
                    "provider": "kubernetes.other",
                    "lifecycle": {
                        "ignore_changes": ["labels"],
                        "precondition": [{"condition": "${var.a}", "error_message": "No a."}],
                    },
                }
            }
        },
    }
    assert hcl(stack, _body) == (
        """\
resource "kubernetes_thing" "a" {
  count = var.count
  provider = kubernetes.other
  labels = {
    b = "c"
  }
  metadata {
    name = "a"
  }
  depends_on = [aws_vpc.vpc]
  lifecycle {
    ignore_changes = [labels]
    precondition {
      condition = var.a
      error_message = "No a."
    }
  }
}
"""
    )


def test_what_an_extension_may_add_is_written() -> None:
    stack = {
        "resource": {
            "kubernetes_thing": {
                "a": {
                    "connection": {"host": "h"},
                    "provisioner": [{"local-exec": {"command": "echo", "when": "destroy"}}],
                    "dynamic": {
                        "metadata": {
                            "for_each": "${var.a}",
                            "iterator": "one",
                            "content": {"name": "${one.key}"},
                        }
                    },
                }
            }
        },
        "import": [{"to": "kubernetes_thing.a", "id": "x"}],
        "moved": [{"from": "kubernetes_thing.b", "to": "kubernetes_thing.a"}],
        "removed": [{"from": "kubernetes_thing.c", "lifecycle": {"destroy": False}}],
    }
    assert hcl(stack, _body) == (
        """\
resource "kubernetes_thing" "a" {
  dynamic "metadata" {
    for_each = var.a
    iterator = one
    content {
      name = one.key
    }
  }
  connection {
    host = "h"
  }
  provisioner "local-exec" {
    command = "echo"
    when = destroy
  }
}

import {
  to = kubernetes_thing.a
  id = "x"
}

moved {
  from = kubernetes_thing.b
  to = kubernetes_thing.a
}

removed {
  from = kubernetes_thing.c
  lifecycle {
    destroy = false
  }
}
"""
    )


@pytest.mark.parametrize(
    "stack, told",
    [
        ({"module": {"a": {"source": "./a"}}}, "no way to write module"),
        ({"terraform": {"cloud": {"organization": "a"}}}, "no way to write cloud of terraform"),
        (
            {"resource": {"kubernetes_thing": {"a": {"dynamic": {"other": {}}}}}},
            "no way to write a dynamic other",
        ),
    ],
)
def test_what_is_not_known_to_be_written_right_is_refused(stack: dict[str, Any], told: str) -> None:
    with pytest.raises(UnknownBlockError, match=told):
        hcl(stack, _body)


def test_the_command_takes_the_files_of_an_extension_along_and_names_what_it_cannot_write(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("small.yaml").write_text(LAYOUT + "extension: ./stack.py\n", encoding="utf-8")
    Path("stack.py").write_text(
        """\
from cdktf import AssetType, TerraformAsset, TerraformResource

def extend(stack, layout):
    if stack.node.id == "small":
        file = TerraformAsset(stack, "file", path=__file__, type=AssetType.FILE)
        TerraformResource(stack, "a", terraform_resource_type="terraform_data").add_override("input", file.path)
    else:
        stack.add_override("locals.a", "${var.a")
""",
        encoding="utf-8",
    )
    done = CliRunner().invoke(app, ["export", "small.yaml", "--output", "plain"])
    assert (done.exit_code, Path("plain").exists()) == (2, False)
    assert "small-platform: an interpolation has no end: ${var.a; nothing was written" in done.stderr
    Path("stack.py").write_text(Path("stack.py").read_text().replace("${var.a", "a"), encoding="utf-8")
    done = CliRunner().invoke(app, ["export", "small.yaml", "--output", "plain"])
    assert done.exit_code == 0, done.output
    [file] = re.findall(r'input = "(.*)"', Path("plain/small/main.tf").read_text(encoding="utf-8"))
    assert (Path("plain/small") / file).read_text() == Path("stack.py").read_text()


def test_the_command_writes_a_folder_for_each_stack_and_never_over_an_edited_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("small.yaml").write_text(LAYOUT, encoding="utf-8")
    done = CliRunner().invoke(app, ["export", "small.yaml", "--output", "plain"])
    assert done.exit_code == 0, done.output
    assert done.stdout.splitlines() == ["wrote plain/small/main.tf", "wrote plain/small-platform/main.tf"]
    text = Path("plain/small/main.tf").read_text(encoding="utf-8")
    assert 'resource "aws_eks_cluster" "cluster" {' in text
    # The state that cdktf has written, beside cdktf.out.
    assert 'path = "../../terraform.small.tfstate"' in text
    Path("plain/small/main.tf").write_text("# mine\n", encoding="utf-8")
    again = CliRunner().invoke(app, ["export", "small.yaml", "--output", "plain"])
    assert again.exit_code == 2
    assert "plain/small/main.tf, plain/small-platform/main.tf: there already" in again.output
    assert Path("plain/small/main.tf").read_text(encoding="utf-8") == "# mine\n"
    assert CliRunner().invoke(app, ["export", "small.yaml", "-o", "plain", "--force"]).exit_code == 0
    assert Path("plain/small/main.tf").read_text(encoding="utf-8") == text
