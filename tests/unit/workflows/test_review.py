"""Which layouts, what is said where a plan cannot be made or compared, and what a job hands on."""

from __future__ import annotations

import hashlib
import io
import json
import subprocess
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from ci import layouts, preflight, review, terraform, verdict
from ci.job import give, tell
from ci.review import Result
from tests.forge_server import ForgeServer

NOTHING: dict[str, Any] = {"resource_changes": []}
NEW: dict[str, Any] = {
    "resource_changes": [{"address": "aws_eks_cluster.this", "change": {"actions": ["create"]}}]
}
Answer = tuple[int, str]
TOLD = "Judged.\nLayouts: `layouts/llm.yaml`\n"


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_layouts_are_the_variables_else_the_folders_else_the_preset(place: Path) -> None:
    assert layouts.chosen("", place) == ["eks-g4dn"]
    (place / "layouts").mkdir()
    for name in ("b.yaml", "a.yaml", "values.yml"):
        (place / "layouts" / name).touch()
    assert layouts.chosen(" ", place) == ["layouts/a.yaml", "layouts/b.yaml"]
    assert layouts.chosen('["eks-p5-odcr", "layouts/a.yaml", "eks-p5-odcr"]', place) == [
        "eks-p5-odcr",
        "layouts/a.yaml",
    ]


@pytest.mark.parametrize(
    "given",
    [
        "layouts/a.yaml",
        "[]",
        '"a"',
        "{}",
        "[1]",
        '["-o"]',
        '["../a.yaml"]',
        '["a b"]',
        '["/etc/passwd"]',
        '["a\\nb"]',
        '["$(id)"]',
    ],
)
def test_what_names_no_layouts_is_refused(given: str, place: Path) -> None:
    with pytest.raises(layouts.LayoutsError, match="LAYOUTS"):
        layouts.chosen(given, place)
    assert layouts.main({"LAYOUTS": given}) == 2


@pytest.mark.parametrize(("one", "other"), [("eks-g4dn", "layouts/eks-g4dn.yaml"), ("a/b.yaml", "a_b")])
def test_two_layouts_with_one_name_for_what_comes_of_them_are_refused(
    one: str, other: str, place: Path
) -> None:
    with pytest.raises(layouts.LayoutsError, match=f"{one} and {other} would both be called"):
        layouts.chosen(json.dumps([one, other]), place)


def test_files_of_layouts_are_called_what_can_be_passed_on(place: Path) -> None:
    (place / "layouts").mkdir()
    (place / "layouts" / "two\nlines.yaml").touch()
    with pytest.raises(layouts.LayoutsError, match="neither"):
        layouts.chosen("", place)


def test_slugs_of_layouts_are_names_of_files() -> None:
    names = ["layouts/a.yaml", "eks-g4dn", "other/a.yaml", "layouts/sub/a.yaml"]
    assert [layouts.slug(name) for name in names] == ["a", "eks-g4dn", "other_a", "sub_a"]


def test_an_output_cannot_bring_others(tmp_path: Path) -> None:
    file = tmp_path / "output"
    give({"GITHUB_OUTPUT": str(file)}, one="1", two="2")
    assert file.read_text(encoding="utf-8") == "one=1\ntwo=2\n"
    with pytest.raises(ValueError, match="more than one line"):
        give({"GITHUB_OUTPUT": str(file)}, one="1\nrole=admin")


def test_what_is_told_is_one_command(capsys: pytest.CaptureFixture[str]) -> None:
    tell({"GITHUB_ACTIONS": "true"}, "notice", "100%\n::error::x")
    assert capsys.readouterr().out == "::notice::100%25%0A::error::x\n"


class Ops:
    """In the place of `python -m ops`: plans that are given, and answers by command."""

    def __init__(self, plans: Mapping[str, Any], **answers: Answer) -> None:
        self.plans = plans
        self.answers = answers
        self.asked: list[tuple[str, ...]] = []
        self.backend = "s3"

    def __call__(self, *words: str, folder: Path | None = None) -> subprocess.CompletedProcess[str]:
        self.asked.append(words)
        status, said = self.answers.get(words[0], (0, ""))
        given = {word: words[place + 1] for place, word in enumerate(words[:-1]) if word.startswith("-")}
        if words[0] == "plan":
            stacks = [given["--stack"]] if "--stack" in given else self.plans
            for stack in stacks:
                name = "plan.json" if "--stack" in given else f"plan.{stack}.json"
                Path(given["--json"]).with_name(name).write_text(
                    json.dumps(self.plans[stack]), encoding="utf-8"
                )
                document = Path("cdktf.out/stacks", stack, "cdk.tf.json")
                document.parent.mkdir(parents=True, exist_ok=True)
                document.write_text(
                    json.dumps({"terraform": {"backend": {self.backend: {}}}}), encoding="utf-8"
                )
        if words[0] == "review" and status in (0, 1, 2):
            Path(given["--output"]).write_text("Judged.", encoding="utf-8")
        if words[0] == "synth" and status == 0:
            for stack in ("llm", "llm-platform"):
                (Path(given["--output"]) / "stacks" / stack).mkdir(parents=True, exist_ok=True)
                (Path(given["--output"]) / "stacks" / stack / "cdk.tf.json").touch()
        return subprocess.CompletedProcess(words, status, said, "" if status == 0 else f"{said} is at fault")


Reviewed = Callable[..., tuple[Result, str]]


@pytest.fixture
def reviewed(monkeypatch: pytest.MonkeyPatch, place: Path) -> Reviewed:
    """The result of a review of `layouts/llm.yaml`, and its text."""

    def run(
        ops: Ops, *, base: Path | None = None, real: bool = False, stacks: tuple[str, ...] = ()
    ) -> tuple[Result, str]:
        monkeypatch.setattr(review, "ops", ops)
        (place / "layouts").mkdir(exist_ok=True)
        (place / "layouts/llm.yaml").touch()
        out = place / "out"
        review.review(["layouts/llm.yaml"], out, base=base, real=real, stacks=stacks)
        return Result.read(out), (out / "review.md").read_text(encoding="utf-8")

    return run


@pytest.mark.parametrize(("judged", "status"), [(0, 0), (1, 0), (2, 2)])
def test_the_verdict_is_the_reviews(judged: int, status: int, reviewed: Reviewed, place: Path) -> None:
    result, text = reviewed(Ops({"llm": NOTHING}, review=(judged, "")))
    assert (result.status, text) == (judged, TOLD)
    assert verdict.main(str(place / "out")) == status


@pytest.mark.parametrize("broken", [64, 70])
def test_a_review_that_fails_is_no_review(broken: int, reviewed: Reviewed) -> None:
    result, text = reviewed(Ops({"llm": NOTHING}, review=(broken, "a rule")))
    assert result.status == 2
    assert "could not be reviewed" in text
    assert "a rule is at fault" in text


def test_a_layout_at_fault_stops_and_says_why(reviewed: Reviewed) -> None:
    result, text = reviewed(Ops({}, plan=(2, "````x\nlayouts/llm.yaml:7")))
    assert (result.status, result.stacks) == (2, [])
    assert "`layouts/llm.yaml` cannot be planned" in text
    assert "\n`````text\n" in text  # longer than what is in it


def test_a_stack_that_waits_for_the_cluster_is_named_and_no_stop(reviewed: Reviewed) -> None:
    refused = "Terraform refused to plan llm-platform: no cluster\n"
    result, text = reviewed(Ops({"llm": NEW}, plan=(1, refused)), real=True)
    assert (result.status, result.waiting, result.changes) == (1, ["llm-platform"], True)
    assert result.planned
    assert "`llm-platform` could not be planned" in text


def test_a_stack_that_cannot_be_planned_with_nothing_to_wait_for_stops(reviewed: Reviewed) -> None:
    """The cluster is there: the runner does not reach it, or the stack is at fault."""
    refused = "Terraform refused to plan llm-platform: dial tcp: i/o timeout\n"
    result, text = reviewed(Ops({"llm": NOTHING}, plan=(1, refused)), real=True)
    assert (result.status, result.waiting, result.changes, result.planned) == (2, [], False, False)
    assert "i/o timeout" in text


@pytest.mark.parametrize(
    ("refused", "real"),
    [("llm", True), ("llm-data", True), ("llm-platform", False)],
    ids=["cluster", "data", "offline"],
)
def test_a_stack_that_need_not_wait_stops(refused: str, real: bool, reviewed: Reviewed) -> None:
    ops = Ops(
        {"other": NEW},
        plan=(1, f"Terraform refused to plan {refused}: x\nTerraform refused to plan llm-platform: y\n"),
    )
    result, text = reviewed(ops, real=real)
    assert (result.status, result.waiting) == (2, [])
    assert "cannot be planned" in text


def test_a_state_on_the_jobs_disk_stops(reviewed: Reviewed) -> None:
    ops = Ops({"llm": NOTHING})
    ops.backend = "local"
    result, text = reviewed(ops, real=True)
    assert result.status == 2
    assert "keeps its state in a file" in text
    assert reviewed(ops)[0].status == 0


def test_one_stack_alone_is_called_by_its_name(reviewed: Reviewed) -> None:
    ops = Ops({"llm-platform": NOTHING})
    assert reviewed(ops, real=True, stacks=("llm-platform",))[0].stacks == ["llm-platform"]
    assert any(word.endswith("plan.llm-platform.json") for word in ops.asked[1])


def _base(place: Path, *files: str) -> Path:
    for name in files:
        (place / "base" / "layouts").mkdir(parents=True, exist_ok=True)
        (place / "base" / "layouts" / name).touch()
    return place / "base"


def test_a_plan_is_compared_with_the_base(reviewed: Reviewed, place: Path) -> None:
    ops = Ops({"llm": NOTHING, "llm-platform": NOTHING})
    assert reviewed(ops, base=_base(place, "llm.yaml")) == (Result.read(place / "out"), TOLD)
    [plan] = [words for words in ops.asked if words[0] == "plan"]
    assert plan[-2:] == ("--base", str(place / "base/cdktf.out/llm"))


def test_a_new_layout_and_a_broken_base_are_called_so(reviewed: Reviewed, place: Path) -> None:
    (place / "base").mkdir()
    ops = Ops({"llm": NOTHING})
    assert "`layouts/llm.yaml` is new" in reviewed(ops, base=place / "base")[1]
    assert not any("--base" in words for words in ops.asked)
    assert (
        "cannot be synthesized from the base"
        in reviewed(Ops({"llm": NOTHING}, synth=(2, "")), base=_base(place, "llm.yaml"))[1]
    )


def test_what_a_merge_would_leave_running_is_said(reviewed: Reviewed, place: Path) -> None:
    """Another name of a cluster, and a layout that is taken away."""
    result, text = reviewed(Ops({"new": NOTHING, "new-platform": NOTHING}), base=_base(place, "llm.yaml"))
    assert result.status == 1
    assert "`llm` was made by `layouts/llm.yaml`, and is not any more" in text
    result, text = reviewed(
        Ops({"llm": NOTHING, "llm-platform": NOTHING}), base=_base(place, "llm.yaml", "old.yaml")
    )
    assert result.status == 1
    assert "`layouts/old.yaml` is taken away" in text


def test_variables_of_the_repository_reach_terraform() -> None:
    given = review.variables({"A": "b", "TF_VARS": '{"zone": "us-west-2b", "cidrs": ["10.0.0.0/8"]}'})
    assert {"A": "b", "TF_VAR_zone": "us-west-2b", "TF_VAR_cidrs": '["10.0.0.0/8"]'}.items() <= given.items()
    with pytest.raises(ValueError, match="TF_VARS"):
        review.variables({"TF_VARS": "[]"})


@pytest.mark.parametrize(("status", "ends"), [(0, 0), (1, 1), (2, 2), (3, 0)])
def test_preflight_fails_by_what_is_missing_and_not_by_what_could_not_be_asked(
    status: int, ends: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(preflight, "ops", Ops({}, preflight=(status, "")))
    assert preflight.main("llm") == ends


def test_terraform_is_fetched_and_compared(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as zipped:
        zipped.writestr("terraform", "#!/bin/sh\n")
    monkeypatch.setattr(terraform.platform, "machine", lambda: "x86_64")  # type: ignore[attr-defined]  # the module's own
    monkeypatch.setattr(terraform.shutil, "which", lambda _: None)  # type: ignore[attr-defined]  # the module's own
    with ForgeServer() as server:
        server.forge.archives[int("1")] = data.getvalue()
        monkeypatch.setattr(terraform, "VERSION", "v")
        monkeypatch.setenv("TERRAFORM_MIRROR", f"{server.url}/blobs/1?")
        assert terraform.main("bin") == 1
        assert not (place / "bin").exists()
        sums = {"x86_64": ("amd64", hashlib.sha256(data.getvalue()).hexdigest())}
        monkeypatch.setattr(terraform, "SUMS", sums)
        assert terraform.main("bin") == 0
    assert (place / "bin/terraform").stat().st_mode & 0o111
