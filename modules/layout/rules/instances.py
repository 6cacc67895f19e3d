"""Rules about instance types: whether they exist, and whether AMI, EFA and drives go with them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import get_args

from ... import catalog
from ..faults import KeyPath, Level
from ..models.node_group import AmiType
from .base import Context, Finding
from .provider import writes

# Names that nearer ones are looked for, at 2 ms each. A layout with more is no list of mistyped names.
_SUGGESTED = 100
_KNOWN_AMI_TYPES = frozenset(get_args(AmiType))


def family(name: str) -> str:
    """The family of an instance type: `p5` of `p5.48xlarge`."""
    return name.partition(".")[0]


def of_family(name: str, having: str) -> str:
    """Types of the same family that have a property of the catalogue, for a remedy; or none."""
    found = (catalog.find(other) for other in catalog.names() if family(other) == family(name))
    return ", ".join(one.name for one in found if one is not None and getattr(one, having))


class UnknownInstanceType:
    """The catalogue has to know the type: EFA interfaces, AMI and addresses are computed from it.

    EC2's own answer to a mistyped name comes minutes into an apply.
    """

    id = "unknown-instance-type"
    level: Level = "error"

    def check(self, context: Context) -> Iterator[Finding]:
        """Every name is looked up, and the nearest ones are offered."""
        unknown: set[str] = set()
        for path, group in context.groups():
            paths: list[KeyPath] = [(*path, "instance_type")]
            paths += [
                (*path, "fallback_instance_types", index)
                for index in range(len(group.fallback_instance_types))
            ]
            for where, name in zip(paths, group.instance_types, strict=True):
                if catalog.find(name) is None:
                    unknown.add(name)
                    yield _unknown(where, name, suggest=len(unknown) <= _SUGGESTED)


def _unknown(where: KeyPath, name: str, *, suggest: bool) -> Finding:
    near = catalog.near(name[:100]) if suggest else ()
    remedy = f"Did you mean {' or '.join(near)}?" if near else "Write an EC2 instance type like p5.48xlarge."
    if name.startswith("var."):
        remedy = "No variable can stand here: EFA interfaces and AMI depend on the type. Write its name."
    return Finding(where, f"there is no instance type {name[:100]!r}", remedy)


class AcceleratorWithoutAmi:
    """EKS has no AMI with drivers for AMD GPUs (g4ad), so their nodes would show no GPU.

    https://docs.aws.amazon.com/eks/latest/userguide/ml-eks-optimized-ami.html
    """

    id = "accelerator-without-ami"
    level: Level = "error"

    def check(self, context: Context) -> Iterator[Finding]:
        """Types for which the catalogue has no AMI type."""
        for path, group, found in context.typed_groups():
            if not found.ami_types:
                what = found.accelerator.name if found.accelerator else found.architecture
                problem = f"EKS has no AMI for {group.instance_type} ({what})"
                yield Finding((*path, "instance_type"), problem, "Write a type with NVIDIA GPUs or Trainium.")


class AmiTypeDoesNotFit:
    """The AMI has to be built for the type's architecture and bring the driver of its accelerator.

    A node with the wrong driver joins, and no pod ever sees a device.
    https://docs.aws.amazon.com/eks/latest/userguide/ml-eks-optimized-ami.html
    """

    id = "ami-type-does-not-fit"
    level: Level = "error"

    def check(self, context: Context) -> Iterator[Finding]:
        """The AMI type is among those that the catalogue names for the type."""
        for path, group, found in context.typed_groups():
            fitting = [ami for ami in found.ami_types if ami in _KNOWN_AMI_TYPES]
            if not fitting or group.ami_type in fitting:
                continue
            fitting = [ami for ami in fitting if writes(context.flavor, ami)]
            needs = f"an {found.architecture} AMI"
            if found.accelerator is not None and found.accelerator.kind != "amd":
                needs += f" with the driver for {found.accelerator.name}"
            problem = f"{group.ami_type} does not fit {group.instance_type}, which needs {needs}"
            remedy = f"Leave it out, or write {' or '.join(fitting)}."
            yield Finding((*path, "ami_type"), problem, remedy, ((*path, "instance_type"),))


class FipsAmiOutOfReach:
    """A Bottlerocket AMI with FIPS pulls its first images through ECR's FIPS endpoint; where there is no way to one, no node joins.

    https://docs.aws.amazon.com/eks/latest/userguide/bottlerocket-fips-amis.html
    """

    id = "fips-ami-out-of-reach"
    level: Level = "error"

    def check(self, context: Context) -> Iterator[Finding]:
        """A region of the United States, and in a new VPC NAT or the endpoints of ECR with FIPS."""
        layout = context.layout
        network = layout.network
        # The one gives tokens, the other images.
        registry = [name for name in network.interface_endpoints or () if "ecr" in name and "fips" in name]
        closed = network.is_new and not network.has_nat
        for path, group in context.groups():
            if not group.ami_type.endswith("_FIPS"):
                continue
            where, plain = (*path, "ami_type"), group.ami_type.removesuffix("_FIPS")
            if not layout.region.startswith("us-"):
                problem = f"{group.ami_type} starts by ECR's FIPS endpoint, and {layout.region} has none"
                yield Finding(where, problem, f"Write {plain}, or a region of the US.", (("region",),))
            elif closed and not all(any(part in name for name in registry) for part in ("api", "dkr")):
                problem = (
                    f"{group.ami_type} starts by ECR's FIPS endpoint, which nodes without NAT do not reach"
                )
                remedy = (
                    f"Write {plain}, or give the VPC a NAT gateway, or both of ECR's FIPS endpoints: ecr-fips.api and "
                    "ecr-fips.dkr among interface_endpoints."
                )
                yield Finding(where, problem, remedy, (("network",),))


class EfaNotSupported:
    """EC2 refuses an EFA interface on a type that has none, late: when the first instance is launched.

    https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/efa.html#efa-instance-types
    """

    id = "efa-not-supported"
    level: Level = "error"

    def check(self, context: Context) -> Iterator[Finding]:
        """`efa: true` needs a type with EFA interfaces."""
        for path, group, found in context.typed_groups():
            if group.efa and not found.supports_efa:
                near = of_family(group.instance_type, "supports_efa")
                remedy = f"Write a type that has it ({near}), or leave out efa." if near else "Leave out efa."
                problem = f"{group.instance_type} has no EFA interface"
                yield Finding((*path, "efa"), problem, remedy, ((*path, "instance_type"),))


class EfaOff:
    """Without EFA, NCCL between nodes goes over TCP: it works, an order of magnitude slower, and nothing says so."""

    id = "efa-off"
    level: Level = "warning"

    def check(self, context: Context) -> Iterator[Finding]:
        """Accelerated types with EFA, for more than one node, where the layout turns it off."""
        for path, group, found in context.typed_groups():
            if found.accelerator and found.supports_efa and not group.efa and group.size.max > 1:
                problem = (
                    f"{group.instance_type} has {found.efa_interfaces} EFA interface(s) and the group up to "
                    f"{group.size.max} nodes, but efa is off: traffic between them falls back to TCP"
                )
                remedy = "Leave out efa, unless no job spans two nodes."
                yield Finding((*path, "efa"), problem, remedy, ((*path, "instance_type"), (*path, "size")))


class Raid0WithoutNvme:
    """RAID0 is made of the instance's own NVMe drives; without one the node configuration has nothing to do.

    https://awslabs.github.io/amazon-eks-ami/nodeadm/doc/api/#localstorageoptions
    """

    id = "raid0-without-nvme"
    level: Level = "error"

    def check(self, context: Context) -> Iterator[Finding]:
        """`local_storage: raid0` needs a type with NVMe drives."""
        for path, group, found in context.typed_groups():
            if group.local_storage == "raid0" and not found.nvme_gb:
                problem = f"{group.instance_type} has no NVMe drives for raid0"
                remedy = "Leave out local_storage; root_volume.size_gib gives containers more room."
                yield Finding((*path, "local_storage"), problem, remedy, ((*path, "instance_type"),))
