"""`ops policy`: the stacks of layouts, judged by checkov's rules, without network or account.

checkov lives in an environment of its own, `.checkov/`, which make sets up from `policy/Pipfile.lock`. Of what it finds,
`policy/accepted.yaml` says what may stay, and why.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from itertools import groupby
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from modules.app import synthesize
from modules.layout import load_all

ROOT = Path(__file__).parents[1]
PYTHON = ROOT / ".checkov" / "bin" / "python"
ACCEPTED = ROOT / "policy" / "accepted.yaml"
CHECKS = ROOT / "policy" / "checks"

_IDENTITY_POLICIES = ("aws_iam_policy", "aws_iam_role_policy")
_POD = "kubernetes_pod_v1"
# Parts the name of a resource from the number of a pod template in it; CDKTF's own names have no hyphen twice.
_OF_TEMPLATE = "--pod-"
# A template has its namespace from what it belongs to, which checkov judges by itself.
_NAMESPACE = "of-its-owner"


class PolicyError(Exception):
    """There is no verdict: checkov is missing or has not read everything, or a file of exceptions is at fault."""


class Accepted(BaseModel):
    """A check that may fail on some resources, and why."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    check: str = Field(min_length=1)
    resources: list[str] = Field(min_length=1)
    reason: str = Field(min_length=1)

    def unused(self, findings: Iterable[Finding]) -> list[str]:
        """Those of the resources that the check does not fail on."""
        failed = [finding.address for finding in findings if finding.check == self.check]
        return [pattern for pattern in self.resources if not any(fnmatchcase(one, pattern) for one in failed)]


@dataclass(frozen=True, order=True)
class Finding:
    """A check that fails on a resource, whose address is Terraform's."""

    check: str
    title: str
    stack: str
    address: str

    def accepted_by(self, accepted: Iterable[Accepted]) -> bool:
        """Whether an exception names the check and the resource."""
        return any(
            one.check == self.check and any(fnmatchcase(self.address, pattern) for pattern in one.resources)
            for one in accepted
        )


@dataclass(frozen=True)
class Scan:
    """What checkov says of stacks: the checks that fail, and how many pass in each stack."""

    findings: tuple[Finding, ...]
    passed: Mapping[str, int]


def policy(names: Sequence[str], accept: Sequence[Path] = ()) -> bool:
    """Prints what checkov finds in the stacks of layouts; returns whether nothing is left that was not accepted.

    Args:
        names: preset names or paths of layouts.
        accept: files like `policy/accepted.yaml`, for exceptions beside those.

    Raises:
        LayoutError: a layout is at fault.
        PolicyError: there is no verdict.
    """
    accepted = [one for file in (ACCEPTED, *accept) for one in read_accepted(file)]
    loaded = load_all(names)
    with tempfile.TemporaryDirectory() as folder:
        files = sorted((synthesize(loaded, f"{folder}/out") / "stacks").glob("*/cdk.tf.json"))
        stacks = {file.parent.name: json.loads(file.read_text(encoding="utf-8")) for file in files}
    print(f"checkov reads {', '.join(stacks)}", file=sys.stderr)
    found = scan(stacks)
    left = [finding for finding in found.findings if not finding.accepted_by(accepted)]
    for (check, title), failed in groupby(left, lambda finding: (finding.check, finding.title)):
        print(f"{check}: {title}")
        for finding in failed:
            print(f"  {finding.stack}: {finding.address}")
    print(
        f"{len(left)} failed, {len(found.findings) - len(left)} accepted, {sum(found.passed.values())} passed. "
        f"What is accepted, and why: {os.path.relpath(ACCEPTED)}"
    )
    return not left


def read_accepted(file: Path) -> list[Accepted]:
    """The exceptions of a file.

    Raises:
        PolicyError: the file cannot be read, or is not of the form of `policy/accepted.yaml`.
    """
    try:
        content = YAML(typ="safe", pure=True).load(file.read_text(encoding="utf-8"))
        return TypeAdapter(list[Accepted]).validate_python(content)
    except OSError as error:
        raise PolicyError(f"{file}: cannot be read: {error.strerror}") from error
    except (YAMLError, UnicodeDecodeError, ValidationError) as error:
        raise PolicyError(
            f"{file}: is not a list of check, resources and reason, like policy/accepted.yaml: {error}"
        ) from error


def scan(stacks: Mapping[str, dict[str, Any]]) -> Scan:
    """Runs checkov over stacks, given by name as Terraform JSON.

    Raises:
        PolicyError: checkov is missing, fails, or has not read a stack.
    """
    if not PYTHON.exists():
        raise PolicyError("checkov is not set up: run `make policy`, which installs it in .checkov/.")
    with tempfile.TemporaryDirectory() as home:
        folder = Path(home, "stacks")
        for name, stack in stacks.items():
            file = folder / name / "cdk.tf.json"
            file.parent.mkdir(parents=True)
            file.write_text(json.dumps(readable(stack), indent=2), encoding="utf-8")
        results = _run(folder, Path(home))
    findings = {
        Finding(
            one["check_id"],
            one["check_name"],
            _stack(one),
            terraform_address(stacks[_stack(one)], one["resource"]),
        )
        for one in results["failed_checks"]
    }
    passed = Counter(_stack(one) for one in results["passed_checks"])
    if unread := [*results["parsing_errors"], *(stack for stack in stacks if not passed[stack])]:
        raise PolicyError(f"checkov has read nothing of {', '.join(unread)}.")
    return Scan(tuple(sorted(findings)), {stack: passed[stack] for stack in stacks})


def readable(stack: dict[str, Any]) -> dict[str, Any]:
    """A stack as checkov can read it, with a data source for each of its IAM policies and a pod for each template of one.

    checkov gives up a whole file for the text `required_version`, analyses no actions of a policy that is JSON text
    (`s3:*` on everything would pass), and of what makes pods it looks into Deployments alone.
    """
    settings = {key: value for key, value in stack.get("terraform", {}).items() if key != "required_version"}
    data, resources = stack.get("data", {}), stack.get("resource", {})
    documents = {**data.get("aws_iam_policy_document", {}), **_documents(stack)}
    return {
        **stack,
        "terraform": settings,
        "data": {**data, "aws_iam_policy_document": documents},
        "resource": {**resources, **({_POD: pods} if (pods := _pods(resources)) else {})},
    }


def terraform_address(stack: dict[str, Any], resource: str) -> str:
    """The address of what checkov calls `resource.NAME`, `data.NAME` or `TYPE.NAME`.

    Names are unique in a stack, as CDKTF makes them. A policy's data source or a pod that `readable` has added is the
    resource that it stands for.
    """
    head, _, name = resource.rpartition(".")
    if _OF_TEMPLATE in name:
        return terraform_address(stack, f"resource.{name.partition(_OF_TEMPLATE)[0]}")
    for block, prefix in (("data", "data."), ("resource", "")):
        types = [of_type for of_type, bodies in stack.get(block, {}).items() if name in bodies]
        if head in types:
            return f"{prefix}{head}.{name}"
        if head == block and types:
            return f"{prefix}{types[0]}.{name}"
    if head in ("data", "aws_iam_policy_document"):
        return terraform_address(stack, f"resource.{name}")
    return resource


def _documents(stack: dict[str, Any]) -> dict[str, Any]:
    """The IAM policies of a stack, as data sources with the names of the resources."""
    texts = {
        name: body["policy"]
        for of_type in _IDENTITY_POLICIES
        for name, body in stack.get("resource", {}).get(of_type, {}).items()
        # One that is a reference has its statements elsewhere.
        if body["policy"].startswith("{")
    }
    return {
        name: {"statement": [_statement(one) for one in json.loads(text)["Statement"]]}
        for name, text in texts.items()
    }


def _pods(resources: dict[str, Any]) -> dict[str, Any]:
    """The pods that a stack's resources make, each as a resource of its own."""
    return {
        f"{name}{_OF_TEMPLATE}{number}": pod
        for of_type, bodies in resources.items()
        if of_type.startswith("kubernetes_") and not of_type.startswith("kubernetes_deployment")
        for name, body in bodies.items()
        for number, pod in enumerate(_templates(body))
    }


def _templates(body: Any) -> Iterator[dict[str, Any]]:
    """The pod templates anywhere in a resource: typed ones have `container`, manifests `containers`."""
    # Brings cdktf, which takes a second, and which no other command needs for its help.
    from modules.workloads.provider_form import arguments

    if isinstance(body, list):
        for one in body:
            yield from _templates(one)
    elif isinstance(body, dict):
        spec = body.get("spec")
        if isinstance(spec, dict) and "containers" in spec:
            yield arguments({"kind": "Pod", "metadata": {"namespace": _NAMESPACE}, "spec": spec})
        elif isinstance(spec, dict) and "container" in spec:
            yield {"metadata": {"namespace": _NAMESPACE}, "spec": spec}
        else:
            for one in body.values():
                yield from _templates(one)


def _statement(statement: dict[str, Any]) -> dict[str, Any]:
    """A statement of a JSON policy, as a block of `aws_iam_policy_document`."""
    names = {
        "Action": "actions",
        "NotAction": "not_actions",
        "Resource": "resources",
        "NotResource": "not_resources",
    }
    conditions = [
        {"test": test, "variable": variable, "values": _list(values)}
        for test, keys in statement.get("Condition", {}).items()
        for variable, values in keys.items()
    ]
    return {
        "effect": statement["Effect"],
        **{names[key]: _list(value) for key, value in statement.items() if key in names},
        **({"condition": conditions} if conditions else {}),
    }


def _list(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value


def _run(folder: Path, home: Path) -> dict[str, Any]:
    """The results of checkov for a folder, with no settings but ours and nothing that is sent or fetched.

    checkov would read settings from the caller's home, send the stacks to its platform where the environment holds a key
    for that, and ask the package index for a newer version of itself.
    """
    command = [
        *(str(PYTHON), "-m", "checkov.main"),
        *("--directory", str(folder), "--framework", "terraform_json", "--external-checks-dir", str(CHECKS)),
        *("--output", "json", "--compact", "--soft-fail", "--skip-download"),
    ]
    environment = {
        "PATH": os.environ.get("PATH", os.defpath),
        "HOME": str(home),
        "TMPDIR": str(home),
        "LOG_LEVEL": "ERROR",
        "CKV_SKIP_PACKAGE_UPDATE_CHECK": "true",
        # GitPython, which checkov imports, otherwise refuses a machine without git.
        "GIT_PYTHON_REFRESH": "quiet",
    }
    done = subprocess.run(command, cwd=home, env=environment, capture_output=True, text=True, check=False)
    try:
        output = json.loads(done.stdout)
    except ValueError as error:
        raise PolicyError(f"checkov has failed: {(done.stderr or done.stdout).strip()}") from error
    nothing: dict[str, Any] = {"failed_checks": [], "passed_checks": [], "parsing_errors": []}
    return {**nothing, **output.get("results", {})}


def _stack(result: dict[str, Any]) -> str:
    """The stack of one of checkov's results, from a path like `/eks-g4dn/cdk.tf.json`."""
    return str(result["file_path"]).strip("/").partition("/")[0]
