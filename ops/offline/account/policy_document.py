"""The JSON of the data source `aws_iam_policy_document`, as the provider writes it.

Source of the rules: internal/service/iam/policy_model.go and policy_document_data_source.go of
https://github.com/hashicorp/terraform-provider-aws
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

_OLD, _CURRENT = "2008-10-17", "2012-10-17"
_KEYS = (
    "Sid",
    "Effect",
    "Action",
    "NotAction",
    "Resource",
    "NotResource",
    "Principal",
    "NotPrincipal",
    "Condition",
)


class PolicyDocumentError(Exception):
    """The provider refuses the document."""


@dataclass(slots=True)
class _Document:
    version: str = ""
    id: str = ""
    statements: list[dict[str, Any]] = field(default_factory=list)

    def merge(self, other: _Document) -> None:
        """Takes over another document: a statement with a Sid that is there already replaces that one."""
        self.id = other.id or self.id
        self.version = max(self.version, other.version)
        for statement in other.statements:
            sids = [known.get("Sid") for known in self.statements]
            if statement.get("Sid") and statement["Sid"] in sids:
                self.statements[sids.index(statement["Sid"])] = statement
            else:
                self.statements.append(statement)

    def rendered(self) -> dict[str, Any]:
        whole = {"Version": self.version, "Id": self.id, "Statement": self.statements}
        return {key: value for key, value in whole.items() if value}


def policy_document(config: Mapping[str, Any]) -> dict[str, str]:
    """`id`, `json` and `minified_json` of a configuration of the data source.

    Where two blocks of one statement have the same type of principal, or the same test and variable, the provider joins
    them in the order of a hash; here it is that of the alphabet.

    Raises:
        PolicyDocumentError: a Sid is there twice, a document is not JSON, or `&{` stands in a document of 2008.
    """
    merged = _Document()
    seen: set[str] = set()
    for index, text in enumerate(config.get("source_policy_documents") or ()):
        source = _parsed(text, f"source document {index}")
        for position, statement in enumerate(source.statements):
            sid = statement.get("Sid", "")
            if sid and sid in seen:
                raise PolicyDocumentError(
                    f"writing IAM Policy Document: merging source document {index}: duplicate Sid ({sid}) in "
                    f"source_policy_documents (statement {position}). Remove the Sid or ensure Sids are unique."
                )
            seen.add(sid)
        merged.merge(source)
    merged.merge(_own(config))
    for index, text in enumerate(config.get("override_policy_documents") or ()):
        merged.merge(_parsed(text, f"override document {index}"))
    document = merged.rendered()
    pretty = _json(document, indent=2)
    return {"id": str(zlib.crc32(pretty.encode())), "json": pretty, "minified_json": _json(document)}


def _json(value: object, indent: int | None = None) -> str:
    """JSON as Go writes it, which escapes what HTML would read."""
    separators = (",", ": ") if indent else (",", ":")
    text = json.dumps(value, indent=indent, separators=separators, ensure_ascii=False)
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text


# From the configuration


def _own(config: Mapping[str, Any]) -> _Document:
    version = config.get("version") or _CURRENT
    document = _Document(version, config.get("policy_id") or "")
    sids: set[str] = set()
    for block in config.get("statement") or ():
        sid = block.get("sid") or ""
        if sid in sids:
            raise PolicyDocumentError(
                f"writing IAM Policy Document: duplicate Sid ({sid}). Remove the Sid or ensure the Sid is unique."
            )
        if sid:
            sids.add(sid)
        document.statements.append(_statement(block, sid, version))
    return document


def _statement(block: Mapping[str, Any], sid: str, version: str) -> dict[str, Any]:
    values = {
        "Sid": sid,
        "Effect": block.get("effect") or "Allow",
        "Action": _strings(block.get("actions")),
        "NotAction": _strings(block.get("not_actions")),
        "Resource": _variables(_strings(block.get("resources")), version, "resources"),
        "NotResource": _variables(_strings(block.get("not_resources")), version, "not_resources"),
        "Principal": _principals(_pairs(block.get("principals"), version, "principals")),
        "NotPrincipal": _principals(_pairs(block.get("not_principals"), version, "not_principals")),
        "Condition": _conditions(block.get("condition"), version),
    }
    return {key: value for key, value in values.items() if value}


def _strings(values: Iterable[str] | None) -> str | list[str]:
    """One string, or more in reverse order, as the provider sorts a set."""
    found = sorted(values or (), reverse=True)
    return found[0] if len(found) == 1 else found


def _variables(values: str | list[str], version: str, where: str) -> str | list[str]:
    """Policy variables are written `&{...}` in Terraform, where `${...}` is an interpolation."""
    if isinstance(values, list):
        return [str(_variables(value, version, where)) for value in values]
    if version == _OLD and "&{" in values:
        raise PolicyDocumentError(
            f"reading {where}: found &{{ sequence in ({values}), which is not supported in document version {_OLD}"
        )
    return values.replace("&{", "${")


_Principals = Sequence[tuple[str, "str | list[str]"]]


def _pairs(blocks: Iterable[Mapping[str, Any]] | None, version: str, where: str) -> _Principals:
    found = [
        (str(block["type"]), _variables(_strings(block["identifiers"]), version, where))
        for block in blocks or ()
    ]
    return sorted(found, key=lambda pair: (pair[0], str(pair[1])))


def _principals(pairs: _Principals) -> str | dict[str, str | list[str]]:
    if len(pairs) == 1 and pairs[0][0] == "*" and pairs[0][1] in ("*", ["*"]):
        return "*"
    result: dict[str, str | list[str]] = {}
    for kind, identifiers in pairs:
        if isinstance(identifiers, str) and kind not in result:
            result[kind] = identifiers
        else:
            before = result.get(kind, [])
            more = [identifiers] if isinstance(identifiers, str) else sorted(identifiers, reverse=True)
            result[kind] = [*([before] if isinstance(before, str) else before), *more]
    return dict(sorted(result.items()))


def _conditions(blocks: Iterable[Mapping[str, Any]] | None, version: str) -> dict[str, Any]:
    result: dict[str, dict[str, Any]] = {}
    ordered = sorted(
        blocks or (), key=lambda block: (block["test"], block["variable"], list(block["values"]))
    )
    for block in ordered:
        values = [str(_variables(value or "", version, "condition")) for value in block["values"]]
        result.setdefault(block["test"], {}).setdefault(block["variable"], []).extend(values)
    return _flat(result)


def _flat(conditions: Mapping[str, Mapping[str, list[str]]]) -> dict[str, Any]:
    return {
        test: {
            name: values[0] if len(values) == 1 else values
            for name, values in sorted(conditions[test].items())
        }
        for test in sorted(conditions)
    }


# From other documents


def _parsed(text: str | None, what: str) -> _Document:
    try:
        data = json.loads(text or "{}")
    except ValueError as error:
        raise PolicyDocumentError(f"writing IAM Policy Document: merging {what}: {error}") from error
    statements = data.get("Statement", []) if isinstance(data, dict) else None
    if not isinstance(statements, list):
        raise PolicyDocumentError(
            f"writing IAM Policy Document: merging {what}: json: Statement is not a list of statements"
        )
    return _Document(data.get("Version", ""), data.get("Id", ""), [_normal(one) for one in statements])


def _normal(statement: Mapping[str, Any]) -> dict[str, Any]:
    """A statement of another document, its members in the provider's order."""
    values = dict(statement)
    for key in ("Principal", "NotPrincipal"):
        if key in values:
            given = {"*": "*"} if isinstance(values[key], str) else values[key]
            values[key] = _principals(sorted(given.items()))
    if "Condition" in values:
        values["Condition"] = _flat(
            {
                test: {name: _listed(value) for name, value in variables.items()}
                for test, variables in values["Condition"].items()
            }
        )
    return {key: values[key] for key in _KEYS if values.get(key)}


def _listed(value: Any) -> list[str]:
    if isinstance(value, bool):
        return [str(value).lower()]
    return [value] if isinstance(value, str) else list(value)
