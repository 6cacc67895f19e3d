"""Arguments of helm_release: names, versions, addresses and values."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from .documents import DocumentError, read_yaml
from .problem import Problem, one_of, quoted
from .walk import Given, strings

# https://github.com/helm/helm/blob/main/pkg/chart/v2/util/validate_name.go: 53, so that a chart can add to it
_NAME = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")
_NAME_MOST: Final = 53
# https://semver.org, with the v that many charts write before it. A range would let the chart move between two plans.
_VERSION = re.compile(
    r"v?(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)(-[0-9A-Za-z.-]+)?(\+[0-9A-Za-z.-]+)?"
)
_REPOSITORY = re.compile(r"(https?|oci)://[^\s/]+\S*")
# https://github.com/hashicorp/terraform-provider-helm/blob/main/docs/resources/release.md
_SET_TYPES: Final = ("auto", "string", "literal")
_SET_LIST: Final = ("set", "set_list", "set_sensitive", "set_wo")


def problems(given: Given) -> Iterator[Problem]:
    """What Helm would refuse in one argument."""
    if given.argument == "values":
        for path, text in strings(given.value, given.path):
            if message := _values(text):
                yield Problem(path, message)
    elif given.argument in ("timeout", "max_history"):
        least = 1 if given.argument == "timeout" else 0
        if isinstance(given.value, (int, float)) and given.value < least:
            yield Problem(given.path, f"{given.value} is too little: {given.argument} is {least} or more.")
    elif isinstance(given.value, str) and (message := _text(given)):
        yield Problem(given.path, message)


def _text(given: Given) -> str | None:
    text = given.value
    if given.argument == "name" and not (len(text) <= _NAME_MOST and _NAME.fullmatch(text)):
        return f"{quoted(text)} is no name of a release: Helm takes at most {_NAME_MOST} of a-z, 0-9, - and ., a letter or digit first and last."
    if given.argument == "version" and not _VERSION.fullmatch(text):
        return f"{quoted(text)} is no exact chart version: one reads like 1.2.3 or v1.2.3-rc.1."
    if given.argument == "repository" and not _REPOSITORY.fullmatch(text):
        return f"{quoted(text)} is no address of a chart repository: one begins with https:// or oci://."
    if given.argument == "chart" and (not text or text != text.strip()):
        return f"{quoted(text)} is no name of a chart."
    group, _, name = given.argument.partition(".")
    if group in _SET_LIST and name == "type" and text not in _SET_TYPES:
        return one_of(text, _SET_TYPES, f"helm_release {given.argument}")
    if group in _SET_LIST and name == "name" and not text.strip():
        return "The name is empty: it is the path to a value of the chart, like image.tag."
    return None


def _values(text: str) -> str | None:
    try:
        value: Any = read_yaml(text)
    except DocumentError as error:
        return f"The values are not YAML: {error}."
    if value is None or isinstance(value, Mapping):
        return None
    return f"The values are no YAML map of the chart's values, but {quoted(str(value), 40)}."
