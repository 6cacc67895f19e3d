"""Where charts and images come from: what has to be reachable, what is not, and whether images are there."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from modules.layout.models import HelmRelease, Workload
from modules.layout.models.workloads import RepositoryImage
from modules.layout.rules.releases import IMAGES, foreign_images

from ...checking.check import Finding, Level
from ..existing_network import cut_off, places
from ..subject import Subject
from .endpoints import is_private

# https://docs.docker.com/reference/cli/docker/image/tag/: without a host it is Docker Hub's, and its own images' folder is library
_DOCKER_HUB = "docker.io"
# https://docs.aws.amazon.com/AmazonECR/latest/userguide/Registries.html; the second form has IPv6 too.
_ECR = re.compile(
    r"(?P<account>\d{12})\.dkr[.-]ecr(?:-fips)?\.(?P<region>[a-z0-9-]+)\.(?:amazonaws\.com(?:\.cn)?|amazonaws\.eu|on\.aws)"
)


@dataclass(frozen=True, slots=True)
class Image:
    """A container image by the parts of its name; `tag` and `digest` are empty where it has none."""

    host: str
    path: str
    tag: str = ""
    digest: str = ""


def parsed(name: str) -> Image:
    """An image's name in its parts."""
    rest, _, digest = name.partition("@")
    first, slash, behind = rest.partition("/")
    has_host = bool(slash) and ("." in first or ":" in first or first == "localhost")
    host, path = (first, behind) if has_host else (_DOCKER_HUB, rest)
    path, _, tag = path.partition(":")
    if host == _DOCKER_HUB and "/" not in path:
        path = f"library/{path}"
    return Image(host, path, tag, digest)


def _workloads(subject: Subject) -> dict[str, Workload]:
    """Every workload by its path."""
    given = subject.layout.workloads
    found: dict[str, Workload] = {f"workloads.training.{name}": one for name, one in given.training.items()}
    return found | {f"workloads.serving.{name}": one for name, one in given.serving.items()}


def _images(subject: Subject) -> dict[str, Image]:
    """The images that workloads have from elsewhere than the layout's own repositories, by the workload's path."""
    return {
        path: parsed(one.image)
        for path, one in _workloads(subject).items()
        if not isinstance(one.image, RepositoryImage)
    }


class Registries:
    """Tells which registries Terraform and the nodes pull from, for whoever keeps a firewall or a proxy."""

    id = "registries"
    level: Level = "info"
    remedy = "Let them through the firewall."
    actions: tuple[str, ...] = ()

    def applies(self, subject: Subject) -> bool:
        """Whether anything is pulled from elsewhere than ECR of the region."""
        return bool(_chart_hosts(subject) or _image_hosts(subject))

    def look(self, subject: Subject) -> Iterator[Finding]:
        """Hosts of charts and of images."""
        charts, images = _chart_hosts(subject), _image_hosts(subject)
        if charts:
            problem = f"whoever runs Terraform pulls charts from {', '.join(charts)}"
            yield Finding("helm_releases", problem)
        if images:
            yield Finding("node_groups", f"nodes pull images from {', '.join(images)}")


def _enabled(subject: Subject) -> dict[str, HelmRelease]:
    return {name: one for name, one in subject.layout.helm_releases.items() if one.enabled}


def _chart_hosts(subject: Subject) -> list[str]:
    return sorted({_host(one.repository) for one in _enabled(subject).values()})


def _host(repository: str) -> str:
    return repository.partition("://")[2].partition("/")[0]


def _image_hosts(subject: Subject) -> list[str]:
    hosts = {host for _, found in _release_hosts(subject).items() for host in found}
    hosts |= {one.host for one in _images(subject).values() if not _within_region(one.host, subject)}
    return sorted(hosts)


def _release_hosts(subject: Subject) -> dict[str, list[str]]:
    """The registries of the releases' images that are none of ECR in the region, as far as they are known."""
    found = {name: hosts.split(", ") for name, hosts in foreign_images(subject.layout).items()}
    for name, release in _enabled(subject).items():
        if name in IMAGES:
            continue
        hosts = {parsed(image).host for image in _named_images(release.values)}
        foreign = sorted(host for host in hosts if not _within_region(host, subject))
        if foreign:
            found[name] = foreign
    return found


def _named_images(values: Any) -> Iterator[str]:
    """Images that the values of another chart name, under the keys that charts have for them, with their registries."""
    if isinstance(values, dict):
        registry, repository, image = (values.get(key) for key in ("registry", "repository", "image"))
        if isinstance(repository, str) and isinstance(registry, str) and registry:
            yield f"{registry}/{repository}"
        elif isinstance(repository, str) and "." in repository.partition("/")[0] and "://" not in repository:
            yield repository
        if isinstance(image, str) and "." in image.partition("/")[0] and "/" in image:
            yield image
        for one in values.values():
            yield from _named_images(one)
    elif isinstance(values, list | tuple):
        for one in values:
            yield from _named_images(one)


def _within_region(host: str, subject: Subject) -> bool:
    """Whether an endpoint of ECR in the region leads to a registry."""
    ecr = _ECR.fullmatch(host)
    return ecr is not None and ecr["region"] == subject.layout.region


class ImagesWithinReach:
    """Nodes without a way to the internet pull from ECR of their region alone: what has other images never starts.

    Of the releases in a new VPC, the layout's rule `images-out-of-reach` says it.
    https://docs.aws.amazon.com/eks/latest/userguide/private-clusters.html
    """

    id = "images-within-reach"
    level: Level = "error"
    remedy = (
        "Mirror the images in ECR of the region (a pull-through cache rule does it by itself) and name them "
        "there, or give the nodes a way to the internet."
    )
    actions: tuple[str, ...] = (
        "ec2:DescribeVpcs",
        "ec2:DescribeSubnets",
        "ec2:DescribeRouteTables",
        "ec2:DescribeVpcEndpoints",
    )

    def applies(self, subject: Subject) -> bool:
        """Whether the nodes may be cut off, and images come from elsewhere."""
        network = subject.layout.network
        return bool(_image_hosts(subject)) and (network.is_isolated or not network.is_new)

    def look(self, subject: Subject) -> Iterator[Finding]:
        """Images of releases and workloads that come from other registries."""
        who = "the new VPC has no way to the internet"
        level: Level = "error"
        if not subject.layout.network.is_new:
            cut = cut_off(subject)
            # That a way out is missing is said by the check of endpoints.
            if not cut or not is_private(subject):
                return
            who = f"{', '.join(cut)} ({places(subject, cut)}) has no route to the internet"
            # A proxy or a mirror may be in another network.
            level = "warning" if any(way.beyond for way in cut.values()) else "error"
            for name, hosts in _release_hosts(subject).items():
                problem = f"its images come from {', '.join(hosts)}, and {who}"
                yield Finding(f"helm_releases.{name}", problem, level=level)
        for path, image in _images(subject).items():
            if not _within_region(image.host, subject):
                yield Finding(f"{path}.image", f"it comes from {image.host}, and {who}", level=level)


class ImagesExist:
    """Images in ECR of this account are there, by repository and tag: otherwise pods wait on nodes that cost money."""

    id = "images"
    level: Level = "error"
    remedy = "Push the image, or write the tag of one that is there."
    actions: tuple[str, ...] = (
        "sts:GetCallerIdentity",
        "ecr:DescribeRepositories",
        "ecr:DescribeImages",
        "ecr:DescribePullThroughCacheRules",
    )

    def applies(self, subject: Subject) -> bool:
        """Whether workloads name images in ECR that are none of the layout's own repositories."""
        return bool(self._named(subject))

    def look(self, subject: Subject) -> Iterator[Finding]:
        """Repository, then tag or digest; a pull-through cache makes both when they are first pulled."""
        for path, (image, region) in self._named(subject).items():
            account = _account(image.host)
            if account != subject.account.id:
                continue
            problem, remedy = _missing(subject, image, region)
            if problem and not _is_cached(subject, image, region):
                # A first deploy may come before the image: the workload says that nobody waits for it.
                waits = getattr(_workloads(subject)[path], "wait", True)
                yield Finding(f"{path}.image", problem, remedy, None if waits else "warning")

    def _named(self, subject: Subject) -> dict[str, tuple[Image, str]]:
        own = {
            one.name or f"{subject.layout.name}/{name}"
            for name, one in subject.layout.storage.repositories.items()
        }
        found = {}
        for path, image in _images(subject).items():
            ecr = _ECR.fullmatch(image.host)
            if ecr is not None and image.path not in own:
                found[path] = image, ecr["region"]
        return found


def _account(host: str) -> str:
    return host.partition(".")[0]


def _missing(subject: Subject, image: Image, region: str) -> tuple[str, str]:
    """What is wrong with an image in ECR, and what to do; nothing, where it is there."""
    found = subject.account.find(
        "ecr",
        "describe_repositories",
        ("RepositoryNotFoundException",),
        region=region,
        repositoryNames=[image.path],
    )
    if found is None:
        return (
            f"there is no repository {image.path} in ECR of {region}",
            f"aws ecr create-repository --region {region} --repository-name {image.path}, and push the image",
        )
    id = {"imageDigest": image.digest} if image.digest else {"imageTag": image.tag or "latest"}
    named = image.digest or f"tag {image.tag or 'latest'}"
    there = subject.account.find(
        "ecr",
        "describe_images",
        ("ImageNotFoundException",),
        region=region,
        repositoryName=image.path,
        imageIds=[id],
    )
    if there is None:
        return (
            f"the repository {image.path} in {region} has no image with the {named}",
            f"Push it, or name one of `aws ecr list-images --region {region} --repository-name {image.path}`.",
        )
    return "", ""


def _is_cached(subject: Subject, image: Image, region: str) -> bool:
    """Whether ECR fetches it from another registry when it is pulled.

    https://docs.aws.amazon.com/AmazonECR/latest/userguide/pull-through-cache.html
    """
    rules = subject.account.pages(
        "ecr", "describe_pull_through_cache_rules", "pullThroughCacheRules", region=region
    )
    prefixes = [str(rule["ecrRepositoryPrefix"]) for rule in rules]
    # ROOT stands for all repositories.
    return any(prefix == "ROOT" or image.path.startswith(f"{prefix}/") for prefix in prefixes)
