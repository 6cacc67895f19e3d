"""The schema reader: what it says of the installed packages, against facts and against the Python bindings."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from ops.offline.schema import (
    Attribute,
    BindingPackage,
    Body,
    CtyType,
    Kind,
    Nested,
    SchemaError,
    read_body,
)

PROVIDERS = ("aws", "helm", "kubernetes")
RESOURCES = [
    "aws_autoscaling_schedule",
    "aws_cloudwatch_log_group",
    "aws_default_security_group",
    "aws_eip",
    "aws_eks_addon",
    "aws_eks_cluster",
    "aws_eks_node_group",
    "aws_eks_pod_identity_association",
    "aws_flow_log",
    "aws_iam_openid_connect_provider",
    "aws_iam_role",
    "aws_iam_role_policy",
    "aws_iam_role_policy_attachment",
    "aws_internet_gateway",
    "aws_kms_alias",
    "aws_kms_key",
    "aws_launch_template",
    "aws_nat_gateway",
    "aws_placement_group",
    "aws_route",
    "aws_route_table",
    "aws_route_table_association",
    "aws_security_group",
    "aws_subnet",
    "aws_vpc",
    "aws_vpc_endpoint",
    "aws_vpc_security_group_egress_rule",
    "aws_vpc_security_group_ingress_rule",
    "helm_release",
    "kubernetes_storage_class_v1",
]
DATA = [
    "aws_availability_zones",
    "aws_ec2_instance_type_offerings",
    "aws_eks_addon_version",
    "aws_eks_cluster",
    "aws_partition",
    "aws_subnet",
    "aws_vpc",
]
# Of forms that the presets do not have: files of their own for types, a block that is a map, lists of maps ...
UNUSUAL = [
    "aws_accessanalyzer_analyzer",
    "aws_customerprofiles_domain",
    "aws_datazone_environment_blueprint_configuration",
    "aws_emr_cluster",
    "aws_fsx_lustre_file_system",
    "aws_lexv2models_bot_version",
    "aws_quicksight_template",
    "aws_s3tables_table",
    "aws_wafv2_web_acl_association",
    "kubernetes_deployment_v1",
    "kubernetes_manifest",
]
TYPES: list[tuple[Kind, str]] = [
    *(("provider", name) for name in PROVIDERS),
    *(("resource", name) for name in RESOURCES + UNUSUAL),
    *(("data", name) for name in DATA),
]


@cache
def package(name: str) -> BindingPackage:
    return BindingPackage(name)


def body(kind: Kind, type_name: str) -> Body:
    provider = type_name.partition("_")[0]
    return package(provider).body(kind, "" if kind == "provider" else type_name)


def flags(attribute: Attribute) -> str:
    return " ".join(name for name in ("required", "optional", "computed") if getattr(attribute, name))


# --- facts, from the providers' documentation and source (aws 6.25.0, helm 3.1.1, kubernetes 2.38.0)


@pytest.mark.parametrize(
    ("kind", "type_name", "name", "type_", "expected"),
    [
        ("resource", "aws_eks_cluster", "name", "string", "required"),
        ("resource", "aws_eks_cluster", "role_arn", "string", "required"),
        ("resource", "aws_eks_cluster", "arn", "string", "computed"),
        ("resource", "aws_eks_cluster", "version", "string", "optional computed"),
        ("resource", "aws_eks_cluster", "bootstrap_self_managed_addons", "bool", "optional"),
        ("resource", "aws_eks_cluster", "enabled_cluster_log_types", ["set", "string"], "optional"),
        ("resource", "aws_eks_cluster", "tags", ["map", "string"], "optional"),
        ("resource", "aws_eks_cluster", "tags_all", ["map", "string"], "optional computed"),
        (
            "resource",
            "aws_eks_cluster",
            "certificate_authority",
            ["list", ["object", {"data": "string"}]],
            "computed",
        ),
        (
            "resource",
            "aws_eks_cluster",
            "identity",
            ["list", ["object", {"oidc": ["list", ["object", {"issuer": "string"}]]}]],
            "computed",
        ),
        ("resource", "aws_eks_node_group", "subnet_ids", ["set", "string"], "required"),
        ("resource", "aws_eks_node_group", "instance_types", ["list", "string"], "optional computed"),
        ("resource", "aws_eks_node_group", "disk_size", "number", "optional computed"),
        ("resource", "aws_eks_node_group", "labels", ["map", "string"], "optional"),
        ("resource", "aws_eks_node_group", "cluster_name", "string", "required"),
        ("resource", "aws_eks_node_group", "status", "string", "computed"),
        ("resource", "aws_launch_template", "latest_version", "number", "computed"),
        ("resource", "aws_launch_template", "security_group_names", ["set", "string"], "optional"),
        ("resource", "aws_launch_template", "user_data", "string", "optional"),
        ("resource", "aws_subnet", "vpc_id", "string", "required"),
        ("resource", "aws_subnet", "availability_zone", "string", "optional computed"),
        ("resource", "aws_subnet", "map_public_ip_on_launch", "bool", "optional"),
        ("resource", "aws_iam_role", "managed_policy_arns", ["set", "string"], "optional computed"),
        ("resource", "helm_release", "chart", "string", "required"),
        ("resource", "helm_release", "version", "string", "optional computed"),
        ("resource", "helm_release", "values", ["list", "string"], "optional"),
        ("resource", "kubernetes_storage_class_v1", "storage_provisioner", "string", "required"),
        ("resource", "kubernetes_storage_class_v1", "mount_options", ["set", "string"], "optional"),
        ("resource", "kubernetes_storage_class_v1", "parameters", ["map", "string"], "optional"),
        ("resource", "kubernetes_manifest", "manifest", "dynamic", "required"),
        ("resource", "kubernetes_manifest", "object", "dynamic", "optional computed"),
        (
            "resource",
            "aws_datazone_environment_blueprint_configuration",
            "regional_parameters",
            ["map", ["map", "string"]],
            "optional",
        ),
        (
            "resource",
            "aws_lexv2models_bot_version",
            "locale_specification",
            ["map", ["object", {"source_bot_version": "string"}]],
            "required",
        ),
        ("data", "aws_eks_cluster", "name", "string", "required"),
        ("data", "aws_eks_cluster", "endpoint", "string", "computed"),
        ("data", "aws_availability_zones", "names", ["list", "string"], "computed"),
        ("data", "aws_availability_zones", "group_names", ["set", "string"], "computed"),
        ("data", "aws_availability_zones", "exclude_names", ["set", "string"], "optional"),
        ("provider", "aws", "region", "string", "optional"),
        ("provider", "aws", "allowed_account_ids", ["set", "string"], "optional"),
        ("provider", "aws", "max_retries", "number", "optional"),
        ("provider", "kubernetes", "config_paths", ["list", "string"], "optional"),
        ("provider", "helm", "burst_limit", "number", "optional"),
    ],
)
def test_an_attribute_has_the_type_and_the_flags_of_the_provider(
    kind: Kind, type_name: str, name: str, type_: CtyType, expected: str
) -> None:
    attribute = body(kind, type_name).attributes[name]
    assert (attribute.name, attribute.type, flags(attribute), attribute.nested) == (
        name,
        type_,
        expected,
        None,
    )


@pytest.mark.parametrize(
    ("kind", "type_name", "path", "nesting", "limits", "some"),
    [
        ("resource", "aws_eks_cluster", "vpc_config", "list", (1, 1), {"subnet_ids": "required"}),
        ("resource", "aws_eks_cluster", "vpc_config", "list", (1, 1), {"vpc_id": "computed"}),
        (
            "resource",
            "aws_eks_cluster",
            "access_config",
            "list",
            (0, 1),
            {"authentication_mode": "optional computed"},
        ),
        ("resource", "aws_eks_cluster", "timeouts", "single", (0, 0), {"create": "optional"}),
        ("resource", "aws_eks_cluster", "encryption_config.provider", "list", (1, 1), {"key_arn": "required"}),
        ("resource", "aws_eks_node_group", "scaling_config", "list", (1, 1), {"desired_size": "required"}),
        ("resource", "aws_eks_node_group", "taint", "set", (0, 0), {"key": "required", "value": "optional"}),
        ("resource", "aws_eks_node_group", "launch_template", "list", (0, 1), {"version": "required"}),
        ("resource", "aws_launch_template", "network_interfaces", "list", (0, 0), {"interface_type": "optional"}),
        ("resource", "aws_launch_template", "block_device_mappings.ebs", "list", (0, 1), {"iops": "optional computed"}),
        ("resource", "aws_launch_template", "metadata_options", "list", (0, 1), {"http_tokens": "optional computed"}),
        (
            "resource",
            "aws_launch_template",
            "capacity_reservation_specification.capacity_reservation_target",
            "list",
            (0, 1),
            {"capacity_reservation_id": "optional"},
        ),
        ("resource", "kubernetes_storage_class_v1", "metadata", "list", (1, 1), {"uid": "computed"}),
        (
            "resource",
            "kubernetes_storage_class_v1",
            "allowed_topologies.match_label_expressions",
            "list",
            (0, 0),
            {"values": "optional"},
        ),
        ("resource", "kubernetes_deployment_v1", "spec.template.spec.container", "list", (0, 0), {"name": "required"}),
        ("data", "aws_availability_zones", "filter", "set", (0, 0), {"name": "required", "values": "required"}),
        ("data", "aws_availability_zones", "timeouts", "single", (0, 0), {"read": "optional"}),
        ("provider", "aws", "default_tags", "list", (0, 0), {"tags": "optional"}),
        ("provider", "aws", "endpoints", "set", (0, 0), {"eks": "optional"}),
        ("provider", "kubernetes", "exec", "list", (0, 0), {"command": "required", "args": "optional"}),
    ],
)  # fmt: skip
def test_a_block_has_the_nesting_the_limits_and_the_members_of_the_provider(
    kind: Kind, type_name: str, path: str, nesting: str, limits: tuple[int, int], some: dict[str, str]
) -> None:
    here = body(kind, type_name)
    *parents, last = path.split(".")
    for name in parents:
        here = here.blocks[name].body
    block = here.blocks[last]
    assert (block.nesting, (block.min_items, block.max_items)) == (nesting, limits)
    assert {name: flags(block.body.attributes[name]) for name in some} == some
    assert last not in here.attributes


def nested(attribute: Attribute) -> Nested:
    assert attribute.nested is not None
    assert attribute.type is None
    return attribute.nested


def test_an_object_of_helm_is_a_nested_attribute_with_flags_of_its_own() -> None:
    release = body("resource", "helm_release")
    set_ = nested(release.attributes["set"])
    assert set_.nesting == "list"
    assert {name: flags(one) for name, one in set_.attributes.items()} == {
        "name": "required",
        "type": "optional computed",
        "value": "optional",
    }
    assert nested(release.attributes["set_wo"]).nesting == "list"
    assert nested(release.attributes["set_sensitive"]).nesting == "list"
    assert nested(release.attributes["postrender"]).nesting == "single"
    assert flags(release.attributes["metadata"]) == "computed"
    assert nested(release.attributes["metadata"]).attributes["revision"].type == "number"
    assert nested(release.attributes["timeouts"]).nesting == "single"
    assert release.blocks == {}

    kubernetes = nested(body("provider", "helm").attributes["kubernetes"])
    assert kubernetes.nesting == "single"
    assert flags(nested(kubernetes.attributes["exec"]).attributes["command"]) == "required"


def test_blocks_that_a_provider_takes_as_attributes_are_sets_of_objects() -> None:
    group = body("resource", "aws_security_group")
    ingress = group.attributes["ingress"]
    assert flags(ingress) == "optional computed"
    assert isinstance(ingress.type, list)
    wrapper, (kind, members) = ingress.type
    assert (wrapper, kind) == ("set", "object")
    assert members["cidr_blocks"] == ["list", "string"]
    assert members["security_groups"] == ["set", "string"]
    assert (members["self"], members["from_port"]) == ("bool", "number")
    assert "ingress" not in group.blocks


@pytest.mark.parametrize("provider", PROVIDERS)
def test_the_alias_of_a_provider_is_no_part_of_its_schema(provider: str) -> None:
    assert "alias" not in body("provider", provider).attributes


def test_what_the_generator_left_out_is_dynamic_but_not_in_a_set() -> None:
    assert body("resource", "aws_quicksight_template").attributes["definition"].type == "dynamic"
    rule = body("resource", "aws_wafv2_web_acl").blocks["rule"]
    assert rule.nesting == "set"
    assert "statement" not in rule.body.attributes
    assert "priority" in rule.body.attributes


# --- all there is


def test_the_types_of_a_package_are_listed_in_order() -> None:
    resources, data = package("aws").types("resource"), package("aws").types("data")
    assert {one for one in RESOURCES if one.startswith("aws_")} <= set(resources)
    assert set(DATA) <= set(data)
    assert "aws_availability_zones" not in resources
    assert list(resources) == sorted(resources)
    assert list(data) == sorted(data)
    assert package("helm").types("resource") == ("helm_release",)
    assert package("helm").types("data") == ("helm_template",)


def refused_by_core(here: Body | Nested, path: str = "") -> Iterator[str]:
    """Core's own rules for a schema.

    https://github.com/hashicorp/terraform/blob/v1.11.4/internal/configs/configschema/internal_validate.go
    """
    blocks = here.blocks if isinstance(here, Body) else {}
    for name, one in here.attributes.items():
        if flags(one) not in ("required", "optional", "optional computed", "computed"):
            yield f"{path}{name}: {flags(one)!r}"
        if (one.type is None) == (one.nested is None):
            yield f"{path}{name}: not one type"
        if one.nested:
            yield from refused_by_core(one.nested, f"{path}{name}.")
            if one.nested.nesting == "set" and "'dynamic'" in repr(one.nested):
                yield f"{path}{name}: dynamic in a set"
    for name, block in blocks.items():
        limited = block.nesting in ("list", "set")
        if name in here.attributes or not re.fullmatch("[a-z0-9_]+", name):
            yield f"{path}{name}: name"
        if not limited and (block.min_items, block.max_items) != (0, 0):
            yield f"{path}{name}: limits"
        if block.nesting == "set" and "'dynamic'" in repr(block.body):
            yield f"{path}{name}: dynamic in a set"
        yield from refused_by_core(block.body, f"{path}{name}.")


@pytest.mark.parametrize("provider", PROVIDERS)
def test_every_type_of_a_package_is_read_and_fit_for_core(provider: str) -> None:
    mine = package(provider)
    everything: list[tuple[Kind, str]] = [("provider", "")]
    everything += [("resource", name) for name in mine.types("resource")]
    everything += [("data", name) for name in mine.types("data")]
    refused = [f"{key}: {one}" for key in everything for one in refused_by_core(mine.body(*key))]
    assert refused == []
    assert len(everything) == len(mine.sources.modules)


def test_the_name_of_a_module_tells_its_type() -> None:
    stated = set()
    for provider in PROVIDERS:
        for module in package(provider).sources.modules - {"provider"}:
            text = package(provider).sources.typescript(module)
            found = re.search(r'tfResourceType = "(\w+)"', text)
            assert found, module
            stated.add(("data" if "extends cdktf.TerraformDataSource" in text else "resource", found[1]))
    kinds: tuple[Any, ...] = ("resource", "data")
    assert stated == {(kind, one) for p in PROVIDERS for kind in kinds for one in package(p).types(kind)}


# --- against the Python bindings, which jsii made of the same TypeScript by another way

META = {"connection", "count", "depends_on", "for_each", "lifecycle", "provider", "provisioners"}


@dataclass(frozen=True)
class Argument:
    required: bool
    shape: str  # like "[string]", or "[*]" for a list of objects
    struct: str  # its class, if it is of objects


class PythonBinding:
    """The keyword arguments of each class of a generated Python module."""

    def __init__(self, provider: str, module: str) -> None:
        # jsii splits some names in another way: lexv2models-bot-version is in lexv2_models_bot_version.
        folder = _folders(provider)[plain(module)]
        text = (folder / "__init__.py").read_text(encoding="utf-8")
        signatures = re.finditer(
            r"^class (\w+)[^:]*:\n(?:    \'\'\'.*?\'\'\'\n\n)?    def __init__\((.*?)\) -> None:",
            text,
            re.M | re.S,
        )
        self.classes = {found[1]: self._arguments(found[2]) for found in signatures}
        main = re.search(r"^class (\w+)\(\s+\w+\.Terraform(?:Resource|DataSource|Provider),\n", text, re.M)
        assert main, folder
        self.main = main[1]

    def _arguments(self, signature: str) -> dict[str, Argument]:
        (function,) = ast.parse(f"def f({signature}): ...").body
        assert isinstance(function, ast.FunctionDef)
        arguments = zip(function.args.kwonlyargs, function.args.kw_defaults, strict=True)
        return {
            one.arg: Argument(default is None, shape(annotation), struct(annotation))
            for one, default in arguments
            if one.annotation and (annotation := ast.unparse(one.annotation))
        }


@cache
def _folders(provider: str) -> dict[str, Path]:
    return {plain(folder.name): folder for folder in package(provider).sources.archive.parents[1].iterdir()}


def struct(annotation: str) -> str:
    found = re.search(r"(\w+)'?, typing\.Dict\[builtins\.str, typing\.Any\]", annotation)
    return found[1] if found else ""


def shape(annotation: str) -> str:
    wrapped = re.search(r"typing\.(Sequence|Mapping)\[(.*)", annotation)
    if wrapped:
        inner = shape(wrapped[2].removeprefix("builtins.str, ") if wrapped[1] == "Mapping" else wrapped[2])
        return {"Sequence": f"[{inner}]", "Mapping": f"{{{inner}}}"}[wrapped[1]].replace("{any}", "any")
    if struct(annotation):
        return "*"
    names = {"builtins.str": "string", "builtins.bool": "bool", "jsii.Number": "number", "typing.Any": "any"}
    return next((mine for theirs, mine in names.items() if theirs in annotation), annotation)


def wrapped(nesting: str, inner: str) -> str:
    return {"list": f"[{inner}]", "set": f"[{inner}]", "map": f"{{{inner}}}"}.get(nesting, inner)


def shape_of_type(type_: Any) -> tuple[str, Mapping[str, Any] | None]:
    """Shape of a cty type, and the members of the objects in it."""
    if isinstance(type_, str):
        return {"dynamic": "any"}.get(type_, type_), None
    if type_[0] == "object":
        return "*", type_[1]
    inner, members = shape_of_type(type_[1])
    return wrapped(type_[0], inner), members


Member = tuple[bool | None, str, "Body | Nested | Mapping[str, Any] | None"]


def settable(here: Body | Nested | Mapping[str, Any]) -> Iterator[tuple[str, Member]]:
    """Each argument: whether it is required (None: not known), its shape, and what has its members."""
    if isinstance(here, Mapping):
        for name, type_ in here.items():
            yield name, (None, *shape_of_type(type_))
        return
    for name, one in here.attributes.items():
        if one.required or one.optional:
            if one.nested:
                yield name, (one.required, wrapped(one.nested.nesting, "*"), one.nested)
            else:
                yield name, (one.required, *shape_of_type(one.type))
    for name, block in here.blocks.items() if isinstance(here, Body) else ():
        many = block.nesting == "map" or (block.nesting != "single" and block.max_items == 0)
        needed = None if block.nesting in ("single", "map") else block.min_items == 1
        yield name, (needed, wrapped(block.nesting, "*") if many else "*", block.body)


def plain(name: str) -> str:
    # The generator gives another name to the few that the target languages do not take.
    return {"self": "selfattribute"}.get(name, name.replace("_", "").replace("-", "").lower())


def differences(
    here: Body | Nested | Mapping[str, Any], python: PythonBinding, cls: str, path: str = ""
) -> Iterator[str]:
    """Where a schema and a class of the Python binding do not agree."""
    theirs = {plain(name): one for name, one in python.classes[cls].items() if name not in META or path}
    ours = {plain(name): (name, one) for name, one in settable(here)}
    for key in sorted(theirs.keys() - ours.keys() - {"alias"}):
        yield f"{path}{key}: only in Python"
    for key, (name, (required, mine, members)) in ours.items():
        other = theirs.get(key)
        if other is None:
            yield f"{path}{name}: only in the schema"
        elif mine != other.shape:
            yield f"{path}{name}: {mine}, in Python {other.shape}"
        else:
            if required not in (None, other.required):
                yield f"{path}{name}: required {required}, in Python {other.required}"
            if members is not None:
                yield from differences(members, python, other.struct, f"{path}{name}.")


def module_of(kind: Kind, type_name: str) -> tuple[str, str]:
    provider, _, rest = type_name.partition("_")
    short = rest.replace("_", "-")
    return provider, {"provider": "provider", "data": f"data-{provider}-{short}", "resource": short}[kind]


@pytest.mark.parametrize(("kind", "type_name"), TYPES, ids=str)
def test_the_schema_has_the_arguments_of_the_python_binding(kind: Kind, type_name: str) -> None:
    python = PythonBinding(*module_of(kind, type_name))
    assert list(differences(body(kind, type_name), python, python.main)) == []


@pytest.mark.parametrize(
    ("before", "after", "noticed"),
    [
        (
            "// role_arn - computed: false, optional: false, required: true",
            "// role_arn - computed: false, optional: true, required: false",
            "role_arn: required False, in Python True",
        ),
        (
            "// force_update_version - computed: false, optional: true, required: false",
            "// force_update_version - computed: false, optional: false, required: true",
            "force_update_version: required True, in Python False",
        ),
        (
            'type: "set",\n        storageClassType: "stringList"',
            'type: "simple",\n        storageClassType: "string"',
            "enabled_cluster_log_types: string, in Python [string]",
        ),
        (
            "value: eksClusterVpcConfigToHclTerraform(this._vpcConfig.internalValue)",
            "value: cdktf.listMapperHcl(eksClusterVpcConfigToHclTerraform, true)(this._vpcConfig.internalValue)",
            "vpc_config: [*], in Python *",
        ),
        (
            "// subnet_ids - computed: false, optional: false, required: true",
            "// subnet_ids - computed: false, optional: true, required: false",
            "vpc_config.subnet_ids: required False, in Python True",
        ),
        ("deletion_protection", "deletion_guard", "deletion_guard: only in the schema"),
    ],
)
def test_a_schema_that_differs_from_the_python_binding_is_noticed(
    before: str, after: str, noticed: str
) -> None:
    text = package("aws").sources.typescript("eks-cluster")
    assert before in text
    python = PythonBinding("aws", "eks-cluster")
    assert noticed in list(differences(read_body(text.replace(before, after)), python, python.main))


# --- modules written by hand

WIDGET = """\
export interface WidgetConfig extends cdktf.TerraformMetaArguments {
  /**
  * Docs at Terraform Registry: {@link https://example.com/1.0.0/docs/resources/widget#name Widget#name}
  */
  readonly name: string;
  /**
  * part block
  *
  * Docs at Terraform Registry: {@link https://example.com/1.0.0/docs/resources/widget#part Widget#part}
  */
  readonly part?: WidgetPart[] | cdktf.IResolvable;
}
export interface WidgetPart {
  /**
  * Docs at Terraform Registry: {@link https://example.com/1.0.0/docs/resources/widget#size Widget#size}
  */
  readonly size?: number;
}

export function widgetPartToHclTerraform(struct?: WidgetPart | cdktf.IResolvable): any {
  const attrs = {
    size: {
      value: cdktf.numberToHclTerraform(struct!.size),
      isBlock: false,
      type: "simple",
      storageClassType: "number",
    },
  };
}

export class WidgetPartOutputReference extends cdktf.ComplexObject {

  // size - computed: false, optional: true, required: false
  private _size?: number;
  public get size() {
    return this.getNumberAttribute('size');
  }
}
export class Widget extends cdktf.TerraformResource {

  public constructor(scope: Construct, id: string, config: WidgetConfig) {
  }

  // id - computed: true, optional: false, required: false
  public get id() {
    return this.getStringAttribute('id');
  }

  // name - computed: false, optional: false, required: true
  private _name?: string;
  public get name() {
    return this.getStringAttribute('name');
  }

  // part - computed: false, optional: true, required: false
  private _part = new WidgetPartList(this, "part", true);
  public get part() {
    return this._part;
  }

  protected synthesizeHclAttributes(): { [name: string]: any } {
    const attrs = {
      name: {
        value: cdktf.stringToHclTerraform(this._name),
        isBlock: false,
        type: "simple",
        storageClassType: "string",
      },
      part: {
        value: cdktf.listMapperHcl(widgetPartToHclTerraform, true)(this._part.internalValue),
        isBlock: true,
        type: "set",
        storageClassType: "WidgetPartList",
      },
    };
  }
}
"""


def test_a_small_module_is_read_in_full() -> None:
    widget = read_body(WIDGET)
    assert {name: (one.type, flags(one)) for name, one in widget.attributes.items()} == {
        "id": ("string", "computed"),
        "name": ("string", "required"),
    }
    part = widget.blocks["part"]
    assert (part.nesting, part.min_items, part.max_items) == ("set", 0, 0)
    assert part.body == Body({"size": Attribute("size", "number", optional=True)})


# As in a provider: nothing refers to its blocks.
UNREFERRED = re.sub(r"export class WidgetPartOutputReference .*?\n}\n", "", WIDGET, flags=re.S)


def test_a_block_that_nothing_refers_to_is_read_from_its_interface() -> None:
    assert UNREFERRED != WIDGET
    assert read_body(UNREFERRED) == read_body(WIDGET)


@pytest.mark.parametrize(
    ("before", "after", "message"),
    [
        ("#size Widget#size}", "#length Widget#length}", "no argument is known for the documentation"),
        ("readonly size?: number;", "", "size: written, but not declared"),
    ],
)
def test_an_interface_that_does_not_fit_what_is_written_is_refused(
    before: str, after: str, message: str
) -> None:
    assert before in UNREFERRED
    with pytest.raises(SchemaError, match=message):
        read_body(UNREFERRED.replace(before, after))


def test_a_set_of_nested_attributes_has_none_that_is_dynamic() -> None:
    text = WIDGET.replace("  * part block\n", "").replace("ToHclTerraform, true)", "ToHclTerraform, false)")
    part = nested(read_body(text, nested_attributes=True).attributes["part"])
    assert (part.nesting, list(part.attributes)) == ("set", ["size"])
    text = text.replace('storageClassType: "number"', 'storageClassType: "any"')
    assert nested(read_body(text, nested_attributes=True).attributes["part"]).attributes == {}
    assert read_body(text).attributes["part"].type == ["set", ["object", {}]]


@pytest.mark.parametrize(
    ("before", "after", "message"),
    [
        (
            "extends cdktf.TerraformResource",
            "extends cdktf.Thing",
            "no class of a resource, data source or provider",
        ),
        ("export interface WidgetConfig", "export interface Other", "no interface WidgetConfig"),
        ("export interface WidgetPart ", "export interface Other ", "no interface WidgetPartList"),
        ("function widgetPartToHcl", "function otherToHcl", "no HCL writer widgetPart"),
        (
            "// name - computed: false, optional: false, required: true",
            "//",
            "name: written, but of no class",
        ),
        (
            "      name: {\n        value",
            "      x\n        value",
            "name is an argument, but is never written",
        ),
        (
            "// name - computed: false, optional: false",
            "// name - computed: true, optional: false",
            "name is both computed and required",
        ),
        (
            "// part - computed: false, optional: true",
            "// part - computed: true, optional: false",
            "part is written, but not either",
        ),
        (
            "  * part block\n",
            "  * A part.\n",
            "part is a block in one place and an attribute in another",
        ),
        (
            "widgetPartToHclTerraform, true",
            "widgetPartToHclTerraform, false",
            "part is a block in one place and an attribute in another",
        ),
        ('type: "set"', 'type: "bag"', "part is of the unknown kind bag"),
        ("getStringAttribute('id')", "lookUp('id')", "id has no getter that is known"),
        (
            "this.getNumberAttribute('size');\n  }\n",
            "this.getNumberAttribute('size');\n  }\n\n  // core - computed: true, optional: false, required: false\n"
            '  private _core = new WidgetPartList(this, "core", false);\n',
            "WidgetPart > WidgetPart contains itself",
        ),
    ],
)
def test_code_that_is_not_as_the_generator_writes_it_is_refused(
    before: str, after: str, message: str
) -> None:
    assert before in WIDGET
    with pytest.raises(SchemaError, match=re.escape(message)):
        read_body(WIDGET.replace(before, after))


# --- errors


def test_a_package_that_is_not_installed_is_named() -> None:
    with pytest.raises(SchemaError, match=r"cdktf-cdktf-provider-google is not installed.*Install it"):
        BindingPackage("google")


@pytest.mark.parametrize(
    ("kind", "type_name", "message"),
    [
        ("resource", "aws_eks_clustr", r"has no resource aws_eks_clustr\. Near to it: aws_eks_cluster"),
        ("data", "aws_availability_zone_", r"has no data source .*aws_availability_zone"),
        ("resource", "aws_zzzzzzzzzzzzzzzz", r"has no resource aws_zzzzzzzzzzzzzzzz\.$"),
        ("resource", "google_project", r"provider-aws \d+\.\d+\.\d+ has no resource google_project"),
        ("resource", "aws_provider", r"has no resource aws_provider\."),
        ("data", "aws_launch_templates", r"has no data source .*aws_launch_template"),
    ],
)
def test_a_type_that_does_not_exist_is_refused_with_those_that_are_near(
    kind: Kind, type_name: str, message: str
) -> None:
    with pytest.raises(SchemaError, match=message):
        package("aws").body(kind, type_name)


def test_a_module_that_cannot_be_read_is_named_with_its_package_and_version(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    mine = BindingPackage("helm")
    monkeypatch.setattr(type(mine.sources), "typescript", lambda sources, module: "export const a = 1;")
    with pytest.raises(
        SchemaError, match=r"^@cdktf/provider-helm \d+\.\d+\.\d+, module release: there is no class"
    ):
        mine.body("resource", "helm_release")


def test_a_body_is_read_once() -> None:
    mine = BindingPackage("helm")
    assert mine.body("provider") is mine.body("provider")
    assert mine.body("resource", "helm_release") is not mine.body("data", "helm_template")


def test_nothing_is_written_beside_the_package() -> None:
    folder: Path = package("aws").sources.archive.parent
    assert {path.name for path in folder.iterdir()} <= {
        package("aws").sources.archive.name,
        "__init__.py",
        "__pycache__",
    }
