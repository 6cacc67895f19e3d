"""docs/layout.md: the reference of the layout language, written from the models."""

from __future__ import annotations

import types
import typing
from pathlib import Path
from typing import Annotated, Any, Literal, get_args, get_origin

from pydantic.fields import FieldInfo

from modules.layout.language import models_in
from modules.layout.models import Layout, Section
from modules.layout.models.workloads import Script
from modules.layout.var import OrVariable
from modules.layout.writing import one_line

from ..fields import default_in_words, default_value, is_required
from .words import link, row

EXAMPLES = Path(__file__).resolve().parents[2] / "docs" / "examples" / "layout"

_HEAD = """# The layout language

Written by `make docs` from the models in `modules/layout/models/`; a test checks that it is current.

Besides these keys there is `extends`: the name of a preset or the path of a file (from the folder of the layout) whose values lie
below this layout's. Maps merge, lists and single values replace, `null` removes, also a default.

"from the catalogue" means: taken from the facts about the group's instance type unless the layout says otherwise. Where the type
column says *or variable*, `var.NAME` makes a Terraform variable of that name. The example of a key is a value of it; the layouts
below the headings can be used as they are (`make plan LAYOUT=docs/examples/layout/network.yaml`). What each error means:
[errors.md](errors.md).

## In an editor

[schema/layout.schema.json](../schema/layout.schema.json) is the same as JSON Schema (`python -m ops schema` prints it). Editors with
the YAML language server (VS Code with the extension *YAML*, Neovim, Emacs, Helix) complete and check a layout that names it
in its first line, from the layout's own folder:

```yaml
# yaml-language-server: $schema=../schema/layout.schema.json
```

The presets have this line, and `python -m ops new` and `import-eksctl` write it. Instead of it, VS Code can be told by folder, in
`.vscode/settings.json`: `"yaml.schemas": {"./schema/layout.schema.json": "clusters/*.yaml"}`. In a JetBrains IDE add the file under
*Languages & Frameworks, Schemas and DTDs, JSON Schema Mappings*.

The schema knows the form of every value; what makes sense together, only the loader knows. It also takes what the loader does not:
a required key that no layout below has either, a `null` that removes nothing, an address inside a network in the place of the
network's, a day that is in no calendar, `1.3` for `1.30`, `2.0` for `2`, and in tags what is neither letter nor ASCII.
"""


def layout_reference() -> str:
    """docs/layout.md: one table for each mapping of the language."""
    parts = [_HEAD]
    for path, model in sections(Layout, ""):
        doc = " ".join((model.__doc__ or "").split())
        parts.append(f"\n## {f'`{path}`' if path else 'Top level'}\n\n{doc}\n")
        example = example_of(path)
        if example is not None:
            parts.append(f"```yaml\n{example.read_text(encoding='utf-8').strip()}\n```\n")
        parts.append("| key | type | default | meaning | example |\n|---|---|---|---|---|")
        parts += [_row(model, name, field) for name, field in model.model_fields.items()]
        parts.append("")
    return "\n".join(parts).rstrip() + "\n"


def sections(model: type[Section], path: str) -> list[tuple[str, type[Section]]]:
    """Every mapping of the language with its path; entries that the user names are NAME."""
    found = [(path, model)]
    for name, field in model.model_fields.items():
        inner: Any = field.annotation
        below = f"{path}.{name}" if path else name
        if get_origin(inner) is dict:
            inner, below = get_args(inner)[1], f"{below}.NAME"
        elif get_origin(inner) is tuple:
            inner = get_args(inner)[0]
        for child in models_in(inner):
            found += sections(child, below)
    return found


def example_of(path: str) -> Path | None:
    """The layout that shows a mapping in use; None for one that is shown by what is around it."""
    file = EXAMPLES / f"{(path or 'layout').replace('.NAME', '')}.yaml"
    return file if file.is_file() else None


def _row(model: type[Section], name: str, field: FieldInfo) -> str:
    extra = field.json_schema_extra if isinstance(field.json_schema_extra, dict) else {}
    kind = type_name(field.annotation, field.metadata)
    unit, source = extra.get("x-unit"), extra.get("x-source")
    meaning = field.description or ""
    return row(
        f"`{name}`",
        f"{kind}, {unit}" if unit else kind,
        _default(model, name, field),
        f"{meaning} ({link(str(source))})" if source else meaning,
        " or ".join(f"`{one_line(example)}`" for example in field.examples or ()),
    )


def type_name(annotation: Any, metadata: typing.Sequence[Any] = ()) -> str:
    """A type in the words of YAML."""
    origin, arguments = get_origin(annotation), get_args(annotation)
    suffix = _bounds(metadata) + (
        " or variable" if any(isinstance(item, OrVariable) for item in metadata) else ""
    )
    if origin is Annotated:
        return type_name(arguments[0], arguments[1:]) + suffix
    if origin in (typing.Union, types.UnionType):
        named = [type_name(inner) for inner in arguments if inner is not type(None)]
        return " or ".join(dict.fromkeys(named)) + suffix
    if origin is Literal:
        shown = [f"`{value}`" for value in arguments]
        return (
            " ".join(shown) if len(shown) <= 10 else f"{shown[0]} to {shown[-1]}, in CloudWatch's steps"
        ) + suffix
    if origin is tuple:
        return f"list of {type_name(arguments[0]).removesuffix(' or variable')}" + (
            suffix or _inner_variable(arguments)
        )
    if origin is dict:
        inner = type_name(arguments[1])
        return f"mapping of {'mappings' if inner == 'mapping' else inner}"
    if annotation is Script:
        return "path or mapping"
    if isinstance(annotation, type) and issubclass(annotation, Section):
        return "mapping"
    return {str: "text", bool: "`true` `false`", int: "number", float: "number"}.get(
        annotation, "any"
    ) + suffix


def _bounds(metadata: typing.Sequence[Any]) -> str:
    """The bounds of a number, as far as a single value tells."""
    inner = [item for given in metadata for item in getattr(given, "metadata", [given])]
    low = next((item.ge for item in inner if hasattr(item, "ge")), None)
    high = next((item.le for item in inner if hasattr(item, "le")), None)
    return f" {low} to {high}" if low is not None and high is not None else ""


def _inner_variable(arguments: tuple[Any, ...]) -> str:
    return " or variables" if type_name(arguments[0]).endswith(" or variable") else ""


def _default(model: type[Section], name: str, field: FieldInfo) -> str:
    if is_required(model, name, field):
        return "**required**"
    if (words := default_in_words(model, name)) is not None:
        return words
    value = default_value(model, name)
    return "" if value in (None, (), {}) else f"`{one_line(value)}`"
