"""A layout's own stack.py: what it is given and may do, and how its faults are told."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from modules import app
from modules.app import synthesize
from modules.extension import refused_synthesis
from modules.layout import Fault, LayoutError, Loaded
from tests.terraform_json import Load

EXTEND = "def extend(stack, layout):\n    "
Write = Callable[..., Loaded]


@pytest.fixture
def extended(layout: Load, tmp_path: Path) -> Write:
    """A layout with a stack.py of this text."""

    def load(program: str, more: str = "") -> Loaded:
        (tmp_path / "stack.py").write_text(program)
        return layout(f"extension: ./stack.py\n{more}")

    return load


@pytest.fixture
def fault_of(extended: Write, tmp_path: Path) -> Callable[[str], Fault]:
    """The one fault of a program."""

    def fault(program: str) -> Fault:
        with pytest.raises(LayoutError) as caught:
            synthesize([extended(program)], str(tmp_path / "out"))
        assert not (tmp_path / "out").exists()
        (found,) = caught.value.faults
        assert (found.path, found.rule, found.level) == (("extension",), "extension", "error")
        assert found.origin.source == str(tmp_path / "stack.py")
        return found

    return fault


def made(folder: Path, stack: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / "stacks" / stack / "cdk.tf.json").read_text())
    return found


PROGRAM = """
from cdktf import TerraformVariable
from cdktf_cdktf_provider_aws.cloudwatch_metric_alarm import CloudwatchMetricAlarm
from cdktf_cdktf_provider_aws.provider import AwsProvider
from cdktf_cdktf_provider_aws.sns_topic import SnsTopic
from constructs import Construct
from beside import TOPIC
from eks_training import ClusterStack


class Alarms(Construct):
    def __init__(self, scope, id, *, cluster, **more):
        super().__init__(scope, id)
        topic = SnsTopic(self, "topic", name=TOPIC, **more)
        CloudwatchMetricAlarm(
            self, "failed", alarm_name=f"{cluster}-failed", comparison_operator="GreaterThanThreshold",
            evaluation_periods=1, metric_name="cluster_failed_node_count", namespace="ContainerInsights",
            alarm_actions=[topic.arn],
        )


def extend(stack, layout):
    if isinstance(stack, ClusterStack):
        east = AwsProvider(stack, "east", alias="east", region="us-east-1")
        TerraformVariable(stack, "owner", type="string")
        Alarms(stack, "alarms", cluster=layout.name, provider=east)
        stack.node_groups["sys"].launch_template.add_override("metadata_options.http_tokens", "optional")
        stack.node_groups["sys"].resource.add_override("version", "1.33")
"""


def test_it_adds_resources_and_providers_and_overrides_come_after_it(extended: Write, tmp_path: Path) -> None:
    (tmp_path / "beside.py").write_text("TOPIC = 'nodes'\n")
    loaded = extended(
        PROGRAM,
        "overrides:\n"
        "  aws_sns_topic.alarms_topic: {display_name: '${var.owner}'}\n"
        "  aws_eks_node_group.nodes_sys: {version: '1.34'}\n"
        "  provider.aws.east: {profile: other}\n",
    )
    path = list(sys.path)
    folder = synthesize([loaded], str(tmp_path / "out"))
    assert sys.path == path
    assert not list(tmp_path.glob("**/__pycache__/stack*"))
    stack = made(folder, "demo")
    assert stack["provider"]["aws"][1] == {"alias": "east", "profile": "other", "region": "us-east-1"}
    topic = stack["resource"]["aws_sns_topic"]["alarms_topic"]
    assert (topic["name"], topic["provider"], topic["display_name"]) == ("nodes", "aws.east", "${var.owner}")
    alarm = stack["resource"]["aws_cloudwatch_metric_alarm"]["alarms_failed"]
    assert alarm["alarm_actions"] == ["${aws_sns_topic.alarms_topic.arn}"]
    template = stack["resource"]["aws_launch_template"]["nodes_sys_launch_template"]
    assert template["metadata_options"]["http_tokens"] == "optional"
    assert stack["resource"]["aws_eks_node_group"]["nodes_sys"]["version"] == "1.34"
    assert "aws_sns_topic" not in made(folder, "demo-platform")["resource"]


def test_it_is_called_for_each_stack_in_the_order_of_a_deploy_and_runs_anew_each_time(
    extended: Write, tmp_path: Path
) -> None:
    loaded = extended(
        "import modules, pathlib, eks_training\nassert modules is eks_training\nseen = []\n"
        "def extend(stack, layout):\n"
        "    seen.append(stack.kind)\n"
        f"    pathlib.Path({str(tmp_path / 'seen')!r}).write_text(' '.join(seen))\n",
        "storage: {buckets: {corpus: {}}}\n",
    )
    for _ in range(2):
        app.build([loaded], tmp_path)
        assert (tmp_path / "seen").read_text() == "data cluster platform"


def test_modules_of_one_name_beside_two_extensions_are_two(layout: Load, tmp_path: Path) -> None:
    """As of a layout and of its base, which one command makes both."""
    program = (
        "import helping.words, helper\ndef extend(stack, layout):\n"
        "    stack.aws.add_override('profile', helping.words.TEXT + helper.TEXT)\n"
    )
    for name in ("one", "two"):
        (tmp_path / name / "helping").mkdir(parents=True)
        (tmp_path / name / "helping" / "words.py").write_text(f"TEXT = '{name}-'\n")
        (tmp_path / name / "helper.py").write_text(f"TEXT = {name!r}\n")
        (tmp_path / name / "stack.py").write_text(program)
        folder = synthesize([layout(f"extension: {name}/stack.py\n")], str(tmp_path / f"out-{name}"))
        assert made(folder, "demo")["provider"]["aws"][0]["profile"] == f"{name}-{name}"
    assert not {"helper", "helping", "helping.words"} & set(sys.modules)


@pytest.mark.parametrize(
    ("program", "line", "problem", "remedy"),
    [
        ("x = (\n", 1, "is no Python that this version", "Correct this line: x = ("),
        ("\nimport nowhere_at_all\n", 2, "No module named 'nowhere_at_all'", "stack.py:2, in <module>: import nowhere"),
        ("EXTEND = 1\n", 0, "it has no function extend", "Write `def extend(stack, layout):` in it."),
        ("\ndef extend(stack): ...\n", 2, "cannot be called with a stack and a layout", "def extend(stack, layout)"),
        ("async def extend(stack, layout):\n    ...\n", 1, "a call of it runs nothing", "without async"),
        ("\ndef extend(stack, layout):\n    yield stack\n", 2, "a call of it runs nothing", "and yield"),
        (
            "def help(stack):\n    return stack.node_groups['p5']\n\n" + EXTEND + "help(stack)\n",
            2,
            "extend fails for the stack demo: KeyError: 'p5'",
            "stack.py:5, in extend: help(stack)\n    stack.py:2, in help: return stack",
        ),
        (EXTEND + "raise SystemExit('enough')\n", 2, "SystemExit: enough", "stack.py:2"),
        (
            "from cdktf import TerraformStack\n" + EXTEND + "TerraformStack(stack.node.root, 'mine-' + stack.kind)\n",
            0,
            "makes a stack of its own, mine-cluster, mine-platform",
            "docs/library.md",
        ),
        (
            "from cdktf import TerraformOutput\n" + EXTEND + "for _ in range(2):\n        TerraformOutput(stack, 'a', value='b')\n",
            4,
            "There is already a Construct with name 'a' in ",
            "TerraformOutput(stack, 'a'",
        ),
        # Told only as the stacks are written: two addresses that are one.
        (
            "from constructs import Construct\nfrom cdktf import TerraformResource\n"
            + EXTEND
            + "for above, id in (('a', 'b_c'), ('a_b', 'c')):\n"
            "        TerraformResource(Construct(stack, above), id, terraform_resource_type='terraform_data')\n",
            0,
            "have the same resource address a_b_c",
            "after the extension has ended",
        ),
    ],
)  # fmt: skip
def test_its_faults_are_told_with_its_lines_and_nothing_is_written(
    fault_of: Callable[[str], Fault], program: str, line: int, problem: str, remedy: str
) -> None:
    fault = fault_of(program)
    assert problem in fault.problem
    assert remedy in fault.remedy
    assert fault.origin.line == line


def test_a_file_that_has_gone_since_the_layout_was_read_is_a_fault(extended: Write, tmp_path: Path) -> None:
    loaded = extended(EXTEND + "...\n")
    (tmp_path / "stack.py").unlink()
    with pytest.raises(LayoutError, match="it cannot be read: No such file"):
        app.build([loaded], tmp_path)


def test_of_several_extensions_any_can_be_what_is_refused_as_stacks_are_written() -> None:
    (fault,) = refused_synthesis(
        ["/a/one.py", "/b/two.py"], RuntimeError("no such address\n at node.js")
    ).faults
    assert fault.origin.source == "/a/one.py"
    assert fault.problem == "CDKTF refuses what it makes, or what /b/two.py makes: no such address"
