"""Mistakes in how the JSON is built: Terraform's core finds them, but for keys that it drops without a word."""

from __future__ import annotations

from typing import Any

from . import Edit, Layer, Mistake, both, drop, put

CLUSTER = "aws_eks_cluster.cluster"
SYS = "aws_eks_node_group.nodes_sys"
GPU = "aws_eks_node_group.nodes_gpu"
ROLE = "aws_iam_role.cluster_role"
VPC = "aws_vpc.network_vpc"
SUBNET = "aws_subnet.network_private"
LOGS = "aws_flow_log.network_flow_logs"
RELEASE = "helm_release.releases_gpu_operator"


def core(name: str, where: str, path: str, value: Any, says: str, layer: Layer = Layer.CORE) -> Mistake:
    return Mistake(name, layer, where, says, put(where, path, value))


def first(name: str, where: str, path: str, value: Any, says: str) -> Mistake:
    """What core finds before it looks at any resource by itself."""
    return Mistake(name, Layer.CORE, where, says, put(where, path, value), ends_all=True)


def late(name: str, where: str, path: str, value: Any, says: str) -> Mistake:
    return core(name, where, path, value, says, Layer.CORE_LATE)


def dropped(name: str, edit: Edit, where: str, says: str) -> Mistake:
    return Mistake(name, Layer.KEYS, where, says, edit, stack="platform")


STRUCTURE = (
    # What an argument or a block may be
    core("an argument that there is not", CLUSTER, "versoin", "1.35", 'block type is named "versoin"'),
    core("an argument in the wrong block", GPU, "scaling_config.desired", 2, 'type is named "desired"'),
    Mistake(
        "a required argument that is missing",
        Layer.CORE,
        CLUSTER,
        'The argument "role_arn" is required',
        drop(CLUSTER, "role_arn"),
    ),
    Mistake(
        "a required argument that is missing in a block",
        Layer.CORE,
        SYS,
        'The argument "max_size" is required',
        drop(SYS, "scaling_config.max_size"),
    ),
    Mistake(
        "a block that is missing",
        Layer.CORE,
        CLUSTER,
        'At least 1 "vpc_config" blocks are required',
        drop(CLUSTER, "vpc_config"),
    ),
    core(
        "two blocks where one may be",
        SYS,
        "update_config",
        [{"max_unavailable": 1}, {"max_unavailable": 2}],
        'No more than 1 "update_config" blocks are allowed',
    ),
    core("words for a number", SYS, "scaling_config.desired_size", "two", "a number is required"),
    core("words for yes or no", VPC, "enable_dns_support", "on", "a bool is required"),
    core("a list for a text", CLUSTER, "name", ["training"], "string required"),
    core("a text for a list", GPU, "instance_types", "g4dn.8xlarge", "list of string required"),
    core("a list for a map", SYS, "labels", ["team"], "map of string required"),
    # References
    core(
        "a resource that is not there",
        ROLE,
        "description",
        "${aws_vpc.mine.id}",
        '"aws_vpc" "mine" has not been',
    ),
    core(
        "a data source that is not there",
        ROLE,
        "description",
        "${data.aws_region.here.name}",
        "has not been declared",
    ),
    core("a variable that is not there", ROLE, "description", "${var.name}", 'variable with the name "name"'),
    core(
        "a local value that is not there",
        ROLE,
        "description",
        "${local.name}",
        'name "name" has not been declared',
    ),
    core("an attribute that is not there", ROLE, "description", "${aws_vpc.network_vpc.vpc_id}", '"vpc_id"'),
    core("one of many, without saying which", ROLE, "description", f"${{{SUBNET}.id}}", '"for_each" set'),
    core("each.key of nothing", ROLE, "description", "${each.key}", '"for_each"'),
    first("resources that wait for each other", ROLE, "depends_on", [CLUSTER], "Cycle:"),
    first(
        "waiting for a type",
        ROLE,
        "depends_on",
        ["aws_vpc"],
        "must be followed by at least one attribute access",
    ),
    # Expressions and meta-arguments
    core("a function that there is not", ROLE, "description", '${uper("a")}', 'no function named "uper"'),
    core("a function with too little", ROLE, "description", '${cidrsubnet("10.0.0.0/16", 3)}', "netnum"),
    core("a template that does not end", ROLE, "description", "${var", "Unclosed template"),
    first("both count and for_each", SUBNET, "count", 2, 'Invalid combination of "count" and "for_each"'),
    first("a lifecycle that there is not", VPC, "lifecycle.prevent_destory", True, 'named "prevent_destory"'),
    first(
        "a provider's other configuration", VPC, "provider", "aws.east", "Provider configuration not present"
    ),
    Mistake(
        "an output of nothing",
        Layer.CORE,
        "output.vpc_id",
        '"value" is required',
        drop("output.vpc_id", "value"),
    ),
    # What only a plan can know
    late(
        "a resource that refers to itself", LOGS, "traffic_type", f"${{{LOGS}.id}}", "may not refer to itself"
    ),
    late(
        "as many as nobody knows yet",
        LOGS,
        "for_each",
        f"${{toset([{VPC}.id])}}",
        "Invalid for_each argument",
    ),
    late("a number that nobody knows yet", LOGS, "count", f"${{length({VPC}.id)}}", "Invalid count argument"),
    late(
        "a zone that has no subnet",
        SYS,
        "subnet_ids",
        [f'${{{SUBNET}["us-west-2z"].id}}'],
        "The given key does not identify an element",
    ),
    Mistake(
        "more zones than there are",
        Layer.CORE_LATE,
        "network_cluster_zones",
        "end index must not be greater than the length",
        put(
            "locals",
            "network_cluster_zones",
            "${slice(sort(data.aws_availability_zones.network_zones.names), 0, 9)}",
        ),
    ),
    late(
        "a subnet beyond the VPC's range",
        SUBNET,
        "cidr_block",
        '${cidrsubnet("10.0.0.0/16", 3, length(each.key))}',
        "does not accommodate a subnet numbered 10",
    ),
    Mistake(
        "two of the same key",
        Layer.CORE_LATE,
        "network_cluster_zones",
        "Duplicate object key",
        put(
            "locals",
            "network_cluster_zones",
            '${keys({for zone in data.aws_availability_zones.network_zones.names : "zone" => zone})}',
        ),
    ),
    Mistake(
        "destroying what must not be",
        Layer.CORE_LATE,
        VPC,
        "lifecycle.prevent_destroy set",
        both(put(VPC, "lifecycle.prevent_destroy", True), put(VPC, "cidr_block", "10.1.0.0/16")),
        deployed=True,
    ),
    # What core drops
    dropped(
        "a key of `set` that is misspelt",
        put(RELEASE, "set", [{"name": "toolkit.enabled", "value": "true", "tpye": "string"}]),
        RELEASE,
        'set.0.tpye: "tpye" is not allowed',
    ),
    dropped(
        "a key of `set_list` that is of `set`",
        put(RELEASE, "set_list", [{"name": "args", "value": ["a"], "type": "string"}]),
        RELEASE,
        'set_list.0.type: "type" is not allowed',
    ),
    dropped(
        "a misspelt key of how Helm gets its token",
        put("provider.helm", "kubernetes.exec.argv", []),
        "provider.helm",
        'Did you mean "args"?',
    ),
    dropped(
        "a misspelt key of how Helm reaches the cluster",
        put("provider.helm", "kubernetes.hosts", "https://example.com"),
        "provider.helm",
        'Did you mean "host"?',
    ),
)
