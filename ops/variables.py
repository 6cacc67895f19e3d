"""Values that the user gives to the Terraform variables of layouts: `--var`, else the environment, as Terraform has it."""

from __future__ import annotations

import json
import os
import shlex
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from modules.layout import Loaded, Variable
from modules.layout.substitution import with_values

from .errors import UsageError, instead
from .offline.assumptions import VariableValueError, parsed


def assigned(
    loaded: Sequence[Loaded], assignments: Sequence[str], more: Iterable[Variable] = ()
) -> dict[str, str]:
    """The texts of `--var`, by variable; `more` are variables beside those of the layouts.

    Raises:
        UsageError: one is no NAME=VALUE, or none of the layouts has the variable.
    """
    own = (variable for one in loaded for variable in one.variables)
    known = sorted({variable.name for variable in (*own, *more)})
    texts = {}
    for assignment in assignments:
        name, equals, text = assignment.partition("=")
        if not equals:
            raise UsageError(f"--var {assignment}: write --var NAME=VALUE")
        if name not in known:
            meant = instead(name, known) if known else "the layout leaves none open"
            raise UsageError(f"--var {name}: there is no such variable; {meant}")
        texts[name] = text
    return texts


def given(variables: Iterable[Variable], texts: Mapping[str, str]) -> dict[str, tuple[Any, str]]:
    """The values that somebody gives, and where each comes from; `texts` are those of `--var`.

    Raises:
        UsageError: a value is not of the variable's type.
    """
    values = {}
    for variable in variables:
        exported = f"TF_VAR_{variable.name}"
        text = texts.get(variable.name, os.environ.get(exported))
        if text is None:
            continue
        source = f"--var {variable.name}" if variable.name in texts else f"{exported} in the environment"
        try:
            values[variable.name] = parsed(variable, text), source
        except VariableValueError as error:
            raise UsageError(
                f"{source.partition(' ')[0] if variable.name in texts else source}: {error}"
            ) from None
    return values


def with_given(one: Loaded, assignments: Sequence[str], *, all_of_them: bool) -> Loaded:
    """A layout with the values that the user gives in the places of its variables.

    Args:
        all_of_them: whether there must be a value for each.

    Raises:
        LayoutError: a value breaks a rule of the language.
        UsageError: a value is missing, or is none.
    """
    values = given(one.variables, assigned([one], assignments))
    missing = [variable for variable in one.variables if variable.name not in values]
    if missing and all_of_them:
        lines = [
            f"  export TF_VAR_{variable.name}={shlex.quote(_example(variable.kind.example))}  # {variable.kind.description}"
            for variable in missing
        ]
        raise UsageError(
            f"{one.name} leaves open what only your account knows. Give the values as for a deploy, or by --var "
            "NAME=VALUE; these are examples:\n" + "\n".join(lines)
        )
    return with_values(one, values) if values else one


def _example(example: str | tuple[str, ...]) -> str:
    return example if isinstance(example, str) else json.dumps(list(example))
