"""Cases of the rules about overrides."""

from __future__ import annotations

from . import Case, new

_GROUP = "aws_eks_node_group.nodes_sys"


def over(*lines: str, address: str = _GROUP) -> str:
    """A layout with overrides of one resource."""
    return new(top=f"overrides:\n  {address}:\n" + "".join(f"    {line}\n" for line in lines))


CASES = (
    Case(
        "override-of-meta",
        over("for_each: [a] # here"),
        f"overrides.{_GROUP}.for_each",
        "for_each cannot be overridden",
        "an `extension` makes resources of your own",
        over("timeouts.create: 90m", "lifecycle.action_trigger: []"),
    ),
    Case(
        "override-of-meta",
        over("alias: other # here", address="platform/provider.aws"),
        "overrides.platform/provider.aws.alias",
        "resources name the provider by it",
        "Leave it",
        over("count: 2", address="provider.aws"),
    ),
    Case(
        "override-twice",
        over("taint[0].effect: NO_EXECUTE", "taint.0.effect: PREFER_NO_SCHEDULE # here"),
        f"overrides.{_GROUP}.taint.0.effect",
        "is the same argument as taint[0].effect",
        "Keep one",
        over("taint[0].effect: NO_EXECUTE", "taint.1.effect: NO_EXECUTE"),
    ),
    Case(
        "override-as-variable",
        over("tags: {a: [b, var.owner]} # here"),
        f"overrides.{_GROUP}.tags.a[1]",
        "var.owner is a text here",
        'Write "${var.owner}"',
        over("tags: {a: '${var.owner}', b: variant.7}"),
    ),
    Case(
        "override-number",
        over("version: 1.30 # here"),
        f"overrides.{_GROUP}.version",
        "1.30 is the number 1.3",
        'Write "1.30"',
        over('version: "1.30"', "force_update_version: true", "scaling_config.max_size: 10"),
    ),
    Case(
        "override-undoes",
        over("subnet_ids: [] # here"),
        f"overrides.{_GROUP}.subnet_ids",
        "replaces the node group",
        "ops review",
        over("timeouts.create: 90m"),
    ),
    Case(
        "override-undoes",
        over("launch_template[0].version: '1' # here"),
        f"overrides.{_GROUP}.launch_template[0].version",
        "nodes stay at that version",
        "Read the plan",
        over("version: '1.34'"),
    ),
    Case(
        "override-undoes",
        over("region: us-east-1 # here"),
        f"overrides.{_GROUP}.region",
        "in a region where the rest of the cluster is not",
        "Read the plan",
        over("region: us-east-1", address="data.aws_ami.nodes_sys_ami"),
    ),
    Case(
        "override-undoes",
        over("network_interfaces[0].interface_type: efa-only # here", address="aws_launch_template.x"),
        "overrides.aws_launch_template.x.network_interfaces[0].interface_type",
        "fall back to TCP",
        "Read the plan",
        over("ebs_optimized: 'true'", address="aws_launch_template.x"),
    ),
    Case(
        "override-undoes",
        over("lifecycle[0].prevent_destroy: false # here", address="data/aws_s3_bucket.bucket_corpus"),
        "overrides.data/aws_s3_bucket.bucket_corpus.lifecycle[0].prevent_destroy",
        "keeps data from a destroy",
        "Read the plan",
        over("force_destroy: false", address="data/aws_s3_bucket.bucket_corpus"),
    ),
    Case(
        "override-secret",
        over("exec: {env: {TOKEN: abc}} # here", address="platform/provider.kubernetes"),
        "overrides.platform/provider.kubernetes.exec.env.TOKEN",
        "looks like a secret",
        "secretsmanager",
        over("token: '${var.token}'", "secret_arn: x", address="platform/provider.kubernetes"),
    ),
)
