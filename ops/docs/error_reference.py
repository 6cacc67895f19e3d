"""docs/errors.md: every fault that a layout can have, with an example that shows it."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator

from modules.layout.rules import RULES, Rule

from .error_examples import EKSCTL, TODAY, example_of
from .words import link, row

# Faults of the text and of the form of values, which no rule class finds. All are errors.
FORM = (
    "file",
    "yaml",
    "duplicate-key",
    "extends",
    "null",
    "unknown-key",
    "missing-key",
    "type",
    "value",
    "duplicate-name",
    "eksctl-manifest",
)
_FORM_TITLE = "The file and the form of values"
# By the module of modules/layout/rules that the rule is in.
TITLES = {
    "instances": "Instance types",
    "fallbacks": "Instance types",
    "capacity": "Capacity and placement groups",
    "placement": "Zones, subnets, and the groups that a cluster needs",
    "nodes": "Node groups",
    "node_config": "Node groups",
    "network": "Network",
    "addresses": "Addresses",
    "cluster": "Control plane",
    "access": "Control plane",
    "pod_identity": "Pod identity",
    "service_accounts": "Pod identity",
    "provider": "What needs a newer provider",
    "project": "Tags and state",
    "kubernetes": "Kubernetes",
    "releases": "Add-ons and releases",
    "efa_driver": "Add-ons and releases",
    "karpenter": "Add-ons and releases",
    "serving": "Serving",
    "serving_scaling": "Serving",
    "load_balancers": "Serving",
    "file_systems": "Storage",
    "stores": "Storage",
    "training": "Training",
    "training_nodes": "Training",
    "training_network": "Training",
    "training_room": "Training",
    "workloads": "Workloads",
    "mounts": "Workloads",
    "workload_accounts": "Workloads",
    "workload_places": "Workloads",
    "variables": "Variables",
    "review": "Review of a change",
    "overrides": "Overrides",
}

_HEAD = f"""# Errors and warnings of a layout

Written by `make docs` from the rules in `modules/layout/rules/` and the layouts in [examples/errors](examples/errors); a test checks
that it is current.

A layout is checked before anything is made of it, in milliseconds and without an AWS account. All that is wrong with it
is reported at once, and nothing is written.

## How to read one

```
layout.yaml:12: node_groups.p5.capacity.reservation_id: odcr names no reservation
    Write reservation_id: cr-..., or reservation_id: var.capacity_reservation_id. [reservation-missing]
```

1. File and line. Where the layout extends another one, it is the file that says the value.
2. The path of the key: `node_groups`, in it `p5`, in it `capacity`. `taints[0]` is the first taint.
   The path may name a key that is missing; the line is then that of what is around it.
3. The problem, with the values as they are.
4. What to write instead, and in brackets the id of the rule, which has a section below.

A line with `warning:` does not stop the run. Any other does: the exit status is 2, and no output is written.
Mistakes that follow from another one are not reported beside it, so that a second run may find a few more.

A value that is a Terraform variable (`var.name`) passes the rules, since it is known only at plan time; its type and form
are checked by the variable's own validation in Terraform.

How large a layout and its names may be: [limits.md](limits.md).

Each example below is a whole layout, and what is said of it on {TODAY:%Y-%m-%d}.
"""


_MADE = """## When the stacks are made

Two kinds of fault can only be told then, by `make synth`, `ops plan` and all that needs the stacks; nothing is written. Both are
described in [overrides.md](overrides.md).

| id | level | means |
|---|---|---|
| `override` | error | An override is for an address that no stack of the layout has, or for a place that is not there. |
| `extension` | error | The program that the layout names under `extension` fails; the fault names its line. |
"""


def error_reference() -> str:
    """docs/errors.md: a list of all ids, then each with its reason, an example and its output."""
    sections = [(_FORM_TITLE, [*FORM]), *_by_module(), ("Manifests of eksctl", [*EKSCTL])]
    rules = {rule.id: rule for rule in RULES}
    parts = [_HEAD]
    for title, ids in sections:
        parts.append(f"## {title}\n")
        parts.append("| id | level | means |\n|---|---|---|")
        for id in ids:
            level = rules[id].level if id in rules else "error"
            parts.append(row(f"[`{id}`](#{id})", level, example_of(id).means))
        parts.append("")
        parts += [_section(id, rules.get(id)) for id in ids]
    return "\n".join([*parts, _MADE]).rstrip() + "\n"


def _by_module() -> list[tuple[str, list[str]]]:
    """Ids of the rules below the titles, in the order in which the rules are registered."""
    found: dict[str, list[str]] = {}
    for rule in RULES:
        title = TITLES[type(rule).__module__.rpartition(".")[2]]
        found.setdefault(title, []).append(rule.id)
    return [*found.items()]


def _section(id: str, rule: Rule | None) -> str:
    example = example_of(id)
    level = (rule.level if rule else "error").capitalize()
    parts = [f"### `{id}`\n", " ".join([f"**{level}**:", example.means, *_reason(rule)]) + "\n"]
    for name, text in example.files.items():
        title = f"`{name}`:\n\n" if len(example.files) > 1 else ""
        parts.append(f"{title}```yaml\n{_shortened(text).strip()}\n```\n")
    parts.append(f"```text\n{example.output()}\n```\n")
    if example.today != TODAY:
        parts.append(f"(On {example.today:%Y-%m-%d}.)\n")
    if example.remedy:
        parts.append(f"What to do: {_lower(example.remedy)}\n")
    return "\n".join(parts)


def _reason(rule: Rule | None) -> Iterator[str]:
    """Why a rule exists, from its docstring, addresses as links."""
    for line in filter(None, (inspect.getdoc(type(rule)) or "").splitlines()) if rule else ():
        yield re.sub(r"https?://[^\s;,]*[^\s;,.]", lambda found: link(found[0]), line)


def _shortened(text: str) -> str:
    """A long list of the same, cut."""
    lines = text.splitlines()
    return (
        "\n".join([*lines[:8], f"{_indent(lines[8])}# and so on, to line {len(lines)}"])
        if len(lines) > 14
        else text
    )


def _indent(line: str) -> str:
    return line[: len(line) - len(line.lstrip())]


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:] if text[1:2].islower() else text
