"""The forms of a review: what they say, how long they may be, and what never gets into them."""

from __future__ import annotations

import html
import json
import re
from html.parser import HTMLParser
from pathlib import Path

import jsonschema
import pytest
from markdown_it import MarkdownIt
from rich.console import Console

from ops.review.command import Form, shown
from ops.review.differences import Difference, differences
from ops.review.plan import parse_plan
from ops.review.reports.json_schema import SCHEMA
from ops.review.reports.markdown import LIMIT, markdown
from ops.review.review import Review
from ops.review.rule import Finding, Level
from ops.review.subject import Subject
from tests.plans import P5, change, p5, plan, plan_text
from tests.reviews import ACCEPTED, SECRET, everything, many, reviewed

GOLDENS = Path(__file__).parent / "goldens"
FORMS: dict[Form, str] = {"md": "md", "text": "txt", "json": "json", "html": "html"}
VOID = {"br", "hr", "input", "meta", "link", "img"}


def form(review: Review, form: Form, width: int = 80) -> str:
    return shown(review, form, Console(width=width, force_terminal=False))


@pytest.fixture(scope="module")
def whole() -> Review:
    return reviewed(everything(), accepted=ACCEPTED)


@pytest.fixture(scope="module")
def large() -> Review:
    return reviewed([plan(*many(10_000))])


class Tags(HTMLParser):
    """The elements of a page, which have to be closed in order."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.all: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.all.append(tag)
        self.attributes += attrs
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open, f"</{tag}> closes nothing"
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def tags(page: str) -> Tags:
    found = Tags()
    found.feed(page)
    found.close()
    assert found.open == []
    return found


def rendered(comment: str) -> Tags:
    """A comment as GitHub's Markdown is read."""
    return tags(MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"]).render(comment))


@pytest.mark.parametrize("name", FORMS)
@pytest.mark.parametrize("kind", ["everything", "nothing"])
def test_a_report_is_as_it_was(name: Form, kind: str, whole: Review, update_goldens: bool) -> None:
    nothing = reviewed([plan(change("a_b.c", {"x": 1}, {"x": 1}))])
    text = form(whole if kind == "everything" else nothing, name)
    file = GOLDENS / f"{kind}.{FORMS[name]}"
    if update_goldens:
        file.write_text(text, encoding="utf-8")
    assert file.read_text(encoding="utf-8") == text
    assert text.endswith("\n")


def test_the_first_line_is_the_verdict(whole: Review) -> None:
    first = form(whole, "md").splitlines()[0]
    assert first.startswith("🛑 **Stop**: node group p5 (2 × p5.48xlarge (16 GPUs), reservation")
    assert "is replaced (`group-replaced`); 2 warnings, 3 notes, 1 accepted" in first
    assert form(whole, "text").startswith("Stop: node group p5 (2 ×")
    assert json.loads(form(whole, "json"))["verdict"].startswith("Stop: node group p5 (2 ×")


def test_what_matters_stands_before_what_does_not(whole: Review) -> None:
    comment = form(whole, "md")
    order = [
        "### 🛑 Stop", "### ⚠️ Look twice", "### Capacity", "3 notes</summary>", "1 finding accepted",
        "changed outside Terraform</summary>", "moved or imported</summary>", "All changes of <code>training<",
    ]  # fmt: skip
    places = [comment.index(one) for one in order]
    assert places == sorted(places)
    page = form(whole, "html")
    order = [
        'class="finding stop"', 'class="finding warn"', 'class="finding note"', "accepts nothing that was found", ">Capacity<",
        "Accepted in a layout", "Changed outside Terraform", "All changes",
    ]  # fmt: skip
    places = [page.index(one) for one in order]
    assert places == sorted(places)


def test_gravest_changes_come_first_and_what_does_not_change_is_left_out(whole: Review) -> None:
    comment = form(whole, "md").partition("All changes of")[2]
    verbs = re.findall(r"^- \*\*(\w+)\*\*", comment, re.M)
    assert verbs == ["replaced", *["deleted"] * 3, "forgotten", "created", *["updated"] * 3, "updated"]
    assert "nodes_sys" not in comment


def test_accepted_findings_are_shown_and_those_that_have_ended_count_again(whole: Review) -> None:
    assert [one.judged.finding.address for one in whole.accepted] == ["aws_s3_bucket.old"]
    for name in FORMS:
        text = html.unescape(" ".join(form(whole, name).split()))
        assert "2026-12-31" in text
        assert "Nobody reads it." in text
    comment = form(whole, "md")
    assert "*was accepted until 2026-11-21 by llm.yaml, and counts again: Was to be copied.*" in comment
    assert "accepts nothing that was found, and has ended on 2026-11-01" in comment
    assert "group-replaced of aws_eks_node_group.other accepts nothing that was found**" in comment


def test_a_finding_about_a_whole_plan_names_the_stack() -> None:
    found = reviewed([plan(errored=True)])
    assert form(found, "md").startswith("🛑 **Stop**: the plan of training (`not-whole`)")
    for name in FORMS:
        assert "Terraform ended with an error." in form(found, name)


def test_nothing_changes_is_said_in_so_many_words() -> None:
    found = reviewed([plan(*p5(), stack="a"), plan(stack="b")])
    assert form(found, "md").splitlines()[0] == "✅ **No objection**: nothing changes"
    assert "nothing changes in 2 stacks: a, b" in form(found, "text")
    assert "Capacity is unchanged: 2 nodes with 16 GPUs and 64 EFA interfaces" in form(found, "md")


def test_policies_are_compared_statement_by_statement_and_not_as_text(whole: Review) -> None:
    [policy] = [one for one in whole.subject.changes if one.type == "aws_iam_role_policy"]
    assert list(differences(policy)) == [
        Difference("policy.Statement.0.Action", '["s3:GetObject"]', '["s3:GetObject", "s3:DeleteObject"]')
    ]


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ({"x": "a"}, {"x": "b"}, [("x", "a", "b")]),
        ({"x": {"y": 1, "z": 2}}, {"x": {"y": 1, "z": 3}}, [("x.z", "2", "3")]),
        ({"x": [{"y": 1}]}, {"x": [{"y": 1}, {"y": 2}]}, [("x", None, '{"y": 2}')]),
        ({"x": ["b", "a"]}, {"x": ["a", "b"]}, [("x", '["b", "a"]', '["a", "b"]')]),
        ({"x": list("abcdefgh")}, {"x": list("abcdefgi")}, [("x", '["h"]', '["i"]')]),
        ({"x": None}, {"x": [{"y": 1, "z": None}]}, [("x", None, '[{"y": 1, "z": null}]')]),
        ({"x": "a" * 300 + "b"}, {"x": "a" * 300 + "c"}, [("x", "…" + "a" * 40 + "b", "…" + "a" * 40 + "c")]),
        ({"x\n": "a\x1b[31m"}, {"x\n": "\u202eb"}, [("x", "a\\u001b[31m", "\\u202eb")]),
        ({"x": '{"a": 1}'}, {"x": "{no"}, [("x", '{"a": 1}', "{no")]),
    ],
)  # fmt: skip
def test_what_differs_is_told_as_short_as_it_can_be(
    before: dict[str, object], after: dict[str, object], expected: list[tuple[str, str | None, str | None]]
) -> None:
    [one] = plan(change("a_b.c", before, after)).changes
    assert [(each.argument, each.before, each.after) for each in differences(one)] == expected


def test_a_sensitive_value_that_changes_is_told_to_change(whole: Review) -> None:
    [release] = [one for one in whole.subject.changes if one.type == "helm_release"]
    told = {one.argument: (one.before, one.after) for one in differences(release)}
    assert told["set_sensitive.0.value"] == ("(sensitive value)", "(sensitive value), another one")


def _planted() -> str:
    """A secret wherever a plan may hold one."""
    secret = {"a": SECRET, "b": [SECRET, {"c": SECRET}]}
    marks = {"a": True, "b": [True, {"c": True}]}
    other = {"a": f"{SECRET}2", "b": [f"{SECRET}2", {"c": f"{SECRET}2"}]}
    changes = [
        change("a_b.update", secret, other, sensitive=marks),
        change("a_b.replace", secret, other, sensitive=marks, because=[["a"]]),
        change("a_b.create", None, secret, sensitive=marks),
        change("a_b.delete", secret, None, sensitive=marks),
        change("a_b.all", secret, other, sensitive=True),
        change("a_b.list", {"b": [SECRET]}, {"b": [SECRET, "x"]}, sensitive={"b": True}),
        change("a_b.one_side", secret, {**other, "a": SECRET}, sensitive=marks),
        change("aws_s3_bucket.data", {"bucket": SECRET}, None, sensitive={"bucket": True}),
        change("data.a_b.read", secret, other, sensitive=marks, mode="data"),
    ]
    changes[6]["change"]["after_sensitive"] = {"b": marks["b"]}
    return plan_text(
        *changes,
        drift=[change("a_b.drift", secret, other, sensitive=marks)],
        variables={"token": {"value": SECRET}},
        planned_values={"outputs": {"o": {"sensitive": True, "value": SECRET}}},
        prior_state={"values": {"outputs": {"o": {"sensitive": True, "value": SECRET}}}},
        output_changes={"o": {"actions": ["create"], "before": SECRET, "after": SECRET}},
        configuration={
            "root_module": {"variables": {"token": {"default": SECRET}}},
            "provider_config": {"x": {"expressions": {"token": {"constant_value": SECRET}}}},
        },
        relevant_attributes=[{"resource": "a_b.c", "attribute": [SECRET]}],
    )


def test_a_secret_is_in_no_report() -> None:
    text = _planted()
    assert text.count(SECRET) > 40
    review = reviewed([parse_plan(text.encode(), Path("plan.json"))])
    assert sum(review.counts.values()) == 8
    for name in FORMS:
        assert "hunter2" not in form(review, name)


HOSTILE = [
    "`code`", "```", "a|b", "</details>", "<script>alert(1)</script>", "<img src=x onerror=alert(1)>",
    "@everyone", "#1 org/repo#2", "a\n\n# head\n", "**bold** _x_ ~~y~~", "[link](javascript:alert(1))",
    "https://example.com", "<!-- ", "\\`", "&lt;b&gt;", "- item", "1. item", "\x1b[31mred", "\u202eback", "{{ x }}", "$x$",
]  # fmt: skip


class Echo:
    """It says what stands in a name, as rules do."""

    id = "echo"
    level: Level = "warn"

    def look(self, subject: Subject) -> object:
        for one in subject.happening:
            name = one.was("name")
            yield Finding(one, f"{name} is changed.", f"Keep `{name}` and {name}.", str(name), str(name))


def _hostile() -> Review:
    changes = [
        change(
            f'a_b.c["{name}"]',
            {"name": name, name: "x"},
            {"name": f"{name}{name}", name: name},
            previous_address=f'a_b.d["{name}"]',
            because=[[name]] if index % 2 else None,
            importing={"id": name},
        )
        for index, name in enumerate(HOSTILE)
    ]
    return reviewed([plan(*changes, stack="</summary><b>@team", drift=changes)], [Echo()])  # type: ignore[list-item]  # a generator


def test_whatever_a_name_contains_is_shown_and_does_nothing_in_markdown() -> None:
    comment = form(_hostile(), "md")
    page = rendered(comment)
    assert set(page.all) <= {
        "p", "strong", "em", "code", "pre", "ul", "li", "br", "h3", "details", "summary",
    }  # fmt: skip
    assert page.all.count("details") == 3
    assert {name for name, _ in page.attributes} <= {"class"}
    for name in HOSTILE[:15]:
        assert " ".join(name.split()) in page.text
    # A mention or a reference outside of code is one.
    plain = re.sub(r"<(code|pre)\b.*?</\1>", "", MarkdownIt("commonmark").render(comment), flags=re.S)
    assert not re.search(r"@\w|(?<!&)#\d|https?://", html.unescape(plain))
    assert "\x1b" not in comment
    assert "\u202e" not in comment


def test_whatever_a_name_contains_is_text_on_the_page_and_on_the_terminal() -> None:
    review = _hostile()
    page = tags(form(review, "html"))
    assert page.all.count("script") == 1
    assert not {"img", "a"} & {*page.all}
    assert not any(name.startswith("on") or name in ("src", "href") for name, _ in page.attributes)
    assert "<script>alert(1)</script>" in page.text
    terminal = form(review, "text")
    assert "\x1b" not in terminal
    assert "\u202e" not in terminal


@pytest.mark.parametrize("name", FORMS)
def test_a_stack_and_a_group_are_called_what_they_may_be(name: Form) -> None:
    stack, called = "a\x1b[31m\n# head\u202e\udcff", "g\x1b[31m\n# head\u202e"
    group = change(
        "aws_eks_node_group.g", None, {**P5, "node_group_name": called, "instance_types": ["x9.huge\x1b"]}
    )
    text = form(reviewed([plan(group, stack=stack)]), name)
    assert not {"\x1b", "\u202e", "\udcff"} & {*text}
    assert "\n# head" not in text


def test_ten_thousand_changes_fit_into_a_comment_that_says_what_is_left_out(large: Review) -> None:
    comment = form(large, "md")
    assert LIMIT - 5_000 < len(comment.encode()) <= LIMIT
    left = re.search(r"Left out for their length: ([\d,]+) changes", comment)
    assert left
    shown_changes = len(re.findall(r"^- \*\*(?:replaced|deleted|created|updated)\*\*", comment, re.M))
    assert int(left[1].replace(",", "")) + shown_changes == sum(large.counts.values()) == 10_000
    assert "details" not in rendered(comment).open


@pytest.mark.parametrize("limit", [1_500, 2_500, 4_000, 8_000, 20_000])
def test_a_comment_of_any_length_is_whole(whole: Review, limit: int) -> None:
    comment = markdown(whole, limit)
    assert len(comment.encode()) <= limit
    assert comment.startswith("🛑 **Stop**: node group p5")
    assert rendered(comment).open == []
    if limit > 2_000:
        assert "### 🛑 Stop" in comment, "the worst has room before all the rest"


def test_a_comment_with_more_stops_than_fit_keeps_to_its_length() -> None:
    class Everywhere:
        """All is bad."""

        id = "everywhere"
        level: Level = "stop"

        def look(self, subject: Subject) -> object:
            for one in subject.changes:
                yield Finding(one, "é" * 5_000, "🛑" * 5_000, "x" * 5_000, "y" * 5_000)

    review = reviewed([plan(*many(500))], [Everywhere()])  # type: ignore[list-item]  # a generator
    comment = form(review, "md")
    assert len(comment.encode()) <= LIMIT
    assert re.search(r"Left out for their length: \d+ stops, \d+ changes", comment)
    assert rendered(comment).open == []


@pytest.mark.parametrize("name", FORMS)
def test_the_same_plans_give_the_same_bytes(name: Form, whole: Review) -> None:
    assert form(reviewed(everything(), accepted=ACCEPTED), name) == form(whole, name)


def test_lines_for_a_terminal_are_no_wider_than_it(whole: Review) -> None:
    assert max(map(len, form(whole, "text", 80).splitlines())) <= 80
    assert "\x1b" not in form(whole, "text")


def test_colours_are_for_a_terminal_only(whole: Review) -> None:
    console = Console(width=80, force_terminal=True, color_system="standard")
    assert "\x1b[1;31m" in shown(whole, "text", console)


def test_json_is_of_the_form_that_is_documented(whole: Review) -> None:
    for review in (whole, reviewed([plan(errored=True)]), _hostile()):
        jsonschema.validate(json.loads(form(review, "json")), SCHEMA)
    report = json.loads(form(whole, "json"))
    assert report["counts"] == {
        "stop": 1, "warn": 2, "note": 3, "accepted": 1,
        "changes": {"replace": 1, "delete": 3, "forget": 1, "create": 1, "update": 4},
    }  # fmt: skip
    assert [one["moved_from"] for one in report["renamed"]] == ["aws_iam_role.before", None]


def test_the_page_needs_no_network_and_has_all_changes() -> None:
    page = form(reviewed([plan(*many(400))]), "html")
    assert "default-src 'none'" in page
    assert "http" not in page.replace("http-equiv", "")
    assert page.count('class="change"') == 400


def test_moved_and_imported_resources_are_named_as_such(whole: Review) -> None:
    comment = form(whole, "md")
    assert "`aws_iam_role.new`: moved from aws_iam_role.before" in comment
    assert "`aws_vpc.network`: imported, id vpc-0123456789abcdef0" in comment
