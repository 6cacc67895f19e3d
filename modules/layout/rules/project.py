"""Rules about what holds for the whole layout: its tags, and where its state is kept."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ... import catalog
from ..faults import KeyPath, Level
from ..words import nearest
from .base import Context, Finding

# https://docs.aws.amazon.com/tag-editor/latest/userguide/best-practices-and-strats.html: 50 a resource. The project,
# EKS and the autoscaler add up to eight of their own: Name, eks:cluster-name, kubernetes.io/cluster/NAME and others.
MAX_TAGS = 50 - 8


class TooManyTags:
    """AWS takes 50 tags a resource, and EKS and Terraform add their own.

    https://docs.aws.amazon.com/tag-editor/latest/userguide/best-practices-and-strats.html
    """

    id = "too-many-tags"
    level: Level = "error"

    def check(self, context: Context) -> Iterator[Finding]:
        """At most 42, of the layout and of a group, or an association, together."""
        tags = context.layout.tags
        if len(tags) > MAX_TAGS:
            problem = (
                f"{len(tags)} tags, and a resource takes {MAX_TAGS} beside those of EKS and this project"
            )
            yield Finding(("tags",), problem, f"Keep at most {MAX_TAGS}.")
            return
        more = {path: group.tags for path, group in context.groups()}
        for name, association in context.layout.cluster.pod_identity_associations.items():
            more["cluster", "pod_identity_associations", name] = association.tags
        for path, own in more.items():
            count = len({**tags, **own})
            if count > MAX_TAGS:
                problem = f"{count} tags with those of the layout, and a resource takes {MAX_TAGS} beside those of EKS"
                yield Finding((*path, "tags"), problem, f"Keep at most {MAX_TAGS} together.", (("tags",),))


class TagsDifferByCase:
    """IAM does not tell `Team` from `team` in the tags of a role, and refuses the second.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/id_tags.html
    """

    id = "tags-differ-by-case"
    level: Level = "error"

    def check(self, context: Context) -> Iterator[Finding]:
        """Keys differ by more than case, in the layout's tags and in those of the roles of associations."""
        yield from _alike({}, context.layout.tags, ("tags",))
        for name, association in context.layout.cluster.pod_identity_associations.items():
            if association.role_arn is None:
                path = ("cluster", "pod_identity_associations", name, "tags")
                yield from _alike(context.layout.tags, association.tags, path)


def _alike(above: Mapping[str, str], tags: Mapping[str, str], path: KeyPath) -> Iterator[Finding]:
    seen = {key.lower(): key for key in above}
    for key in tags:
        other = seen.setdefault(key.lower(), key)
        if other != key:
            problem = f"{key!r} and {other!r} are one tag to IAM, whose roles get both"
            yield Finding((*path, key), problem, f"Write {other}.", (("tags",),))


class UnknownRegion:
    """The AWS provider refuses a region that is not in botocore's list, before it does anything.

    https://github.com/boto/botocore/blob/develop/botocore/data/partitions.json
    """

    id = "unknown-region"
    level: Level = "error"

    def check(self, context: Context) -> Iterator[Finding]:
        """The regions of the layout and of its state are in the catalogue."""
        layout = context.layout
        for path, region in (("region",), layout.region), (("backend", "region"), layout.backend.region):
            if region is not None and region not in catalog.regions():
                near = nearest(region, sorted(catalog.regions()))
                remedy = f"Did you mean {near}?" if near else "Write a region of AWS, like us-west-2."
                yield Finding(path, f"there is no region {region!r}", remedy)


class BucketMissing:
    """A state in S3 needs its bucket, which has to exist before the first run."""

    id = "bucket-missing"
    level: Level = "error"

    def check(self, context: Context) -> Iterator[Finding]:
        """`type: s3` goes with `bucket`."""
        if context.layout.backend.type == "s3" and not context.layout.backend.bucket:
            problem = "the state goes to S3, and no bucket is named"
            yield Finding(
                ("backend", "bucket"), problem, "Write bucket: the name of a versioned, encrypted bucket."
            )


class BackendKeyUnused:
    """What belongs to S3 does nothing for a state in a file, where somebody may count on it."""

    id = "backend-key-unused"
    level: Level = "error"

    def check(self, context: Context) -> Iterator[Finding]:
        """`bucket`, `key_prefix`, `region` and `kms_key_arn` go with `type: s3`."""
        if context.layout.backend.type == "local":
            given = [
                k for k in ("bucket", "key_prefix", "region", "kms_key_arn") if context.wrote("backend", k)
            ]
            if given:
                others = f" (like {', '.join(given[1:])})" if given[1:] else ""
                problem = f"is for a state in S3{others}, and this one is kept in a local file"
                remedy = "Write type: s3 beside it, or remove it."
                yield Finding(("backend", given[0]), problem, remedy, (("backend", "type"),))
