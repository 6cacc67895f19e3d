"""A cluster that was not made here, and node groups for it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from cdktf import (
    Annotations,
    ITerraformDependable,
    Postcondition,
    TerraformResourceLifecycle,
    TerraformStack,
    TerraformVariable,
    Token,
)
from cdktf_cdktf_provider_aws.data_aws_eks_cluster import DataAwsEksCluster
from cdktf_cdktf_provider_aws.data_aws_subnet import DataAwsSubnet
from cdktf_cdktf_provider_aws.eks_cluster import EksCluster
from constructs import Construct

from .addressed_stack import declare
from .efa import EfaSecurityGroup
from .expressions import reference
from .iam import partition_of
from .layout import Variable
from .layout.lone_group import lone_group
from .layout.models import NodeGroup as NodeGroupSection
from .network import Place
from .node_group import NodeGroup


class ExistingCluster(Construct):
    """A cluster of another program, module or team, to which node groups are added.

    Nothing of the cluster is changed. It is looked up by its name, or taken from its resource where that is in the same
    stack: then a plan needs no cluster that is there already.

    Attributes:
        cluster_name: its name, as text.
        found: the data source, or the resource that was given.
        security_group_id: a reference to the security group that EKS has made for it.
        vpc_id: a reference to its VPC.
        efa: the security group of all EFA groups added here; None before the first of them.
        node_groups: those that were added, by name.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        name: str,
        region: str,
        kubernetes_version: str,
        resource: EksCluster | None = None,
        cni_policy: bool = True,
    ) -> None:
        """Find the cluster.

        Args:
            name: its name, as text: names of roles and launch templates are made of it.
            region: where it is, which the AWS provider of the stack has to say too.
            kubernetes_version: minor version of the nodes that are added, like `1.35`: at most the control plane's. Another
                one rolls the nodes, so that it is not simply the control plane's.
            resource: the cluster, where the same stack makes it.
            cni_policy: whether the role of the nodes also has the rights of the VPC CNI. In clusters of elsewhere the CNI
                often has them from there, and without them no node becomes ready. False where it has a role of its own.
                https://docs.aws.amazon.com/eks/latest/userguide/cni-iam-role.html

        Raises:
            ValueError: the name is a reference, or one that no cluster has; the version is not written as one, or newer than
                that of `resource`.
        """
        _refuse_no_name(name)
        _refuse_no_version(kubernetes_version)
        if resource is not None:
            _refuse_older(resource, kubernetes_version)
        super().__init__(scope, id)
        self.cluster_name = name
        self._region, self._version, self._cni_policy = region, kubernetes_version, cni_policy
        self.found: EksCluster | DataAwsEksCluster = resource or self._look_up(kubernetes_version)
        config = f"{self.found.fqn}.vpc_config[0]"
        self.vpc_id = f"${{{config}.vpc_id}}"
        self.security_group_id = f"${{{config}.cluster_security_group_id}}"
        self._partition: str | None = None
        self.efa: EfaSecurityGroup | None = None
        self.node_groups: dict[str, NodeGroup] = {}

    def add_node_group(
        self,
        name: str,
        settings: Mapping[str, Any] | NodeGroupSection,
        *,
        subnet_ids: Sequence[str] | None = None,
        tags: Mapping[str, str] | None = None,
        depends_on: Sequence[ITerraformDependable] = (),
    ) -> NodeGroup:
        """Adds a managed node group.

        With EFA it gets all interfaces of its type, and a security group that lets EFA through, which all EFA groups added
        here share. What a layout's platform stack would bring, EFA's device plugin and the GPU operator, is not added here:
        a `PlatformStack` or `HelmReleases` does that, or what the cluster has already.

        Args:
            name: of the group; at most 63 characters.
            settings: as below `node_groups.NAME` of a layout (docs/layout.md), with the same defaults by instance type and the
                same rules; a dict, or a model. A Terraform variable (`var.capacity_reservation_id`) is declared in the stack
                unless it has one of that name.
            subnet_ids: subnets of the nodes, as texts or references, in place of the section's `subnet_ids`. Each is checked
                to lie in the cluster's VPC, and in the section's `availability_zone`. One for EFA or reserved capacity.
            tags: of all that is made, beside the section's and the provider's.
            depends_on: what has to be there before any node, like the VPC CNI.

        Raises:
            LayoutError: with every fault of the settings, and the line of this call.
            ValueError: there is such a group already; there are no subnets, one of them is none, or how many there are only
                shows at an apply.
        """
        if name in self.node_groups:
            raise ValueError(f"{name}: the cluster {self.cluster_name} has a group of this name already.")
        if subnet_ids is not None:
            _refuse_no_subnets(name, subnet_ids)
        group = lone_group(
            name,
            settings,
            region=self._region,
            kubernetes_version=self._version,
            subnets=None if subnet_ids is None else len(subnet_ids),
        )
        section = group.section
        self._declare(group.variables)
        place = self._place(name, section, section.subnet_ids if subnet_ids is None else subnet_ids)
        if section.efa and self.efa is None:
            self.efa = EfaSecurityGroup(self, "efa", name=self.cluster_name, vpc_id=self.vpc_id)
        if self._partition is None:
            self._partition = partition_of(self)
        made = self.node_groups[name] = NodeGroup(
            self,
            f"nodes-{name}",
            name=name,
            group=section,
            cluster_name=self.cluster_name,
            kubernetes_version=self._version,
            subnet_ids=place.subnet_ids,
            # Not known before the cluster is: where it is replaced, so is what is in it.
            cluster_reference=f"${{{self.found.fqn}.id}}",
            cluster_address=self.found.fqn,
            cluster_security_group_id=self.security_group_id,
            efa_security_group=self.efa if section.efa else None,
            security_groups=section.security_group_ids,
            partition=self._partition,
            zone=place.zone,
            cni_policy=self._cni_policy,
            tags=dict(tags or {}),
            depends_on=depends_on,
        )
        for warning in group.warnings:
            Annotations.of(made).add_warning(str(warning))
        if section.efa:
            # Nobody here knows what runs in the cluster, and without it NCCL takes TCP in silence.
            Annotations.of(made).add_info(
                f"{name}: its pods see EFA by aws-efa-k8s-device-plugin or aws-dranet, which is not added here."
            )
        return made

    def _look_up(self, version: str) -> DataAwsEksCluster:
        # https://docs.aws.amazon.com/eks/latest/userguide/kubernetes-versions.html
        newer = Postcondition(
            condition=f'${{tonumber(split(".", self.version)[1]) >= {_minor(version)}}}',
            error_message=f"kubernetes_version: the control plane of {self.cluster_name} has ${{self.version}}, and nodes are "
            f"never newer: {version} is.",
        )
        return DataAwsEksCluster(
            self,
            "cluster",
            name=self.cluster_name,
            lifecycle=TerraformResourceLifecycle(postcondition=[newer]),
        )

    def _declare(self, variables: Sequence[Variable]) -> None:
        stack = TerraformStack.of(self)
        known = {
            one.friendly_unique_id for one in stack.node.find_all() if isinstance(one, TerraformVariable)
        }
        for variable in variables:
            if variable.name not in known:
                declare(stack, variable)

    def _place(self, name: str, section: NodeGroupSection, subnet_ids: Sequence[str] | None) -> Place:
        if not subnet_ids:
            raise ValueError(f"{name}: nodes need subnets. Give `subnet_ids`, here or in the section.")
        subnets = [
            self._subnet(f"{name}-subnet-{index}", name, section, one) for index, one in enumerate(subnet_ids)
        ]
        zone = f"${{{subnets[0].fqn}.availability_zone}}" if len(subnets) == 1 else None
        return Place([str(one.id) for one in subnets], zone)

    def _subnet(self, id: str, name: str, section: NodeGroupSection, subnet: str) -> DataAwsSubnet:
        vpc = self.vpc_id.removeprefix("${").removesuffix("}")
        checks = [
            Postcondition(
                condition=f"${{self.vpc_id == {vpc}}}",
                error_message=f"{name}: the subnet ${{self.id}} is not in the VPC of the cluster {self.cluster_name}.",
            )
        ]
        if section.availability_zone is not None:
            checks.append(
                Postcondition(
                    condition=f"${{self.availability_zone == {reference(section.availability_zone)}}}",
                    error_message=f"{name}: the subnet ${{self.id}} lies in ${{self.availability_zone}}, and the group's zone is "
                    f"{section.availability_zone}.",
                )
            )
        lifecycle = TerraformResourceLifecycle(postcondition=checks)
        return DataAwsSubnet(self, id, id=subnet, lifecycle=lifecycle)


def _refuse_no_name(name: object) -> None:
    if "${" in str(name):
        raise ValueError(
            f"name: {name} is a reference. Give the cluster's name as text; names are cut from it."
        )
    # EKS takes more than a layout does: https://docs.aws.amazon.com/eks/latest/APIReference/API_CreateCluster.html
    if not isinstance(name, str) or not re.fullmatch(r"[0-9A-Za-z][0-9A-Za-z_-]{0,99}", name):
        raise ValueError(
            f"name: {name!r} is no name of a cluster: 1 to 100 letters, digits, hyphens and underscores, no hyphen first."
        )


def _refuse_no_version(version: object) -> None:
    if not isinstance(version, str) or not re.fullmatch(r"1\.[0-9]+", version):
        raise ValueError(
            f'kubernetes_version: {version!r} is no minor version. Write it as text, like "1.35".'
        )


def _refuse_no_subnets(name: str, subnet_ids: Sequence[object]) -> None:
    if not isinstance(subnet_ids, list | tuple) or Token.is_unresolved(list(subnet_ids)):
        raise ValueError(
            f"{name}: subnet_ids is not a list of single subnets. How many are behind one reference only shows at an apply: "
            'give a list of references: [Fn.element(ids, 0)], or ["${data.aws_subnets.NAME.ids[0]}"].'
        )
    for one in subnet_ids:
        if not isinstance(one, str) or not (Token.is_unresolved(one) or re.match(r"subnet-|\$\{", one)):
            raise ValueError(
                f"{name}: subnet_ids: {one!r} is no subnet. Give its id, subnet-..., or a reference; a variable is ${{var.NAME}}."
            )


def _refuse_older(cluster: EksCluster, kubernetes_version: str) -> None:
    """Of a data source Terraform asks the same; a resource may be on its way to another version."""
    control_plane = cluster.version_input
    if control_plane and "${" not in control_plane and _minor(control_plane) < _minor(kubernetes_version):
        raise ValueError(
            f"kubernetes_version: the control plane has {control_plane}, and nodes are never newer: {kubernetes_version} is."
        )


def _minor(version: str) -> int:
    minor = version.partition(".")[2]
    return int(minor) if minor.isdecimal() else 0
