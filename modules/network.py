"""The network of a cluster: a new VPC, or one that exists."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from cdktf import ITerraformDependable, Postcondition, Precondition, TerraformResourceLifecycle, Token
from cdktf_cdktf_provider_aws.data_aws_security_group import DataAwsSecurityGroup
from cdktf_cdktf_provider_aws.data_aws_subnet import DataAwsSubnet
from cdktf_cdktf_provider_aws.data_aws_vpc import DataAwsVpc
from constructs import Construct

from .expressions import reference, reference_list
from .layout.models import FileSystem, NodeGroup
from .layout.models import Network as NetworkSection
from .layout.values import is_known
from .vpc import NewVpc

_FAR = ", and the nodes of {} in another zone, from where every byte costs twice and EFA does not reach."


@dataclass(frozen=True, slots=True)
class Place:
    """Subnets of a node group, as references, and their zone where it is one, as text or reference."""

    subnet_ids: list[str]
    zone: str | None = None


class Network(Construct):
    """Where the control plane and the nodes live.

    `vpc_id`, `private_subnet_ids` and `public_subnet_ids` are references; `preconditions` are what Terraform has to
    check of the network before it makes the cluster, `ready` what nodes need to reach anything, `replaces_cluster` what
    means another cluster if it changes. `place` tells a node group its subnets, `security_groups` its security groups.
    """

    vpc_id: str
    private_subnet_ids: list[str]
    public_subnet_ids: list[str]
    preconditions: list[Precondition]
    ready: list[ITerraformDependable]
    replaces_cluster: list[str]

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        name: str,
        region: str,
        network: NetworkSection | None = None,
        zones: Sequence[str] = (),
        endpoint_services: Sequence[str] = (),
        private_tags: Mapping[str, str] | None = None,
    ) -> None:
        """Make the VPC, or look it up.

        Args:
            name: name of the cluster, for names and tags.
            region: where it is; a zone that is not named here is one of this region.
            network: the section; a new VPC of its defaults without it.
            zones: zones that node groups ask for; a new VPC has subnets there besides its own zones.
            endpoint_services: services (by short name) that get an interface endpoint in a new VPC.
            private_tags: more tags of the private subnets of a new VPC.
        """
        super().__init__(scope, id)
        network = network or NetworkSection()
        self.new: NewVpc | None = None
        self.existing_vpc: DataAwsVpc | None = None
        self.found_subnets: dict[str, DataAwsSubnet] = {}
        self.found_security_groups: dict[str, DataAwsSecurityGroup] = {}
        if network.vpc_id is None:
            self._make(name, region, network, zones, endpoint_services, private_tags or {})
        else:
            self._look_up(network.vpc_id, network)

    def _make(
        self,
        name: str,
        region: str,
        network: NetworkSection,
        zones: Sequence[str],
        services: Sequence[str],
        private_tags: Mapping[str, str],
    ) -> None:
        self.new = NewVpc(
            self,
            name=name,
            region=region,
            network=network,
            zones=zones,
            endpoint_services=services,
            private_tags=private_tags,
        )
        self.vpc_id = self.new.vpc.id
        self.private_subnet_ids = self.new.cluster_subnets
        self.public_subnet_ids = self.new.public_subnets
        self.ready = self.new.ready
        # EKS cannot move a cluster to another VPC: without this, the plan would promise an update that fails half-way.
        self.replaces_cluster = [f"aws_vpc.{self.new.vpc.friendly_unique_id}.id"]
        self.preconditions = []

    def _look_up(self, vpc_id: str, network: NetworkSection) -> None:
        vpc = self.existing_vpc = DataAwsVpc(
            self,
            "vpc",
            id=vpc_id,
            lifecycle=TerraformResourceLifecycle(
                postcondition=[
                    # https://docs.aws.amazon.com/eks/latest/userguide/network-reqs.html
                    Postcondition(
                        condition="${self.enable_dns_support && self.enable_dns_hostnames}",
                        error_message="network.vpc_id: nodes find a private endpoint by DNS; turn on DNS support and "
                        "DNS host names of the VPC ${self.id}.",
                    )
                ]
            ),
        )
        self.vpc_id = vpc.id
        self._vpc_expression = f"{vpc.fqn}.id"
        self.ready, self.replaces_cluster = [], []
        private = self._existing("private", network.private_subnet_ids or ())
        self.private_subnet_ids = Token.as_list(f"${{values({private.fqn})[*].id}}")
        self.public_subnet_ids = []
        if network.public_subnet_ids:
            public = self._existing("public", network.public_subnet_ids)
            self.public_subnet_ids = Token.as_list(f"${{values({public.fqn})[*].id}}")
        zones = f"distinct(values({private.fqn})[*].availability_zone)"
        self.preconditions = [
            Precondition(
                condition=f"${{length({zones}) >= 2}}",
                error_message="network.private_subnet_ids: EKS needs subnets in two or more availability zones, and "
                f'these lie in ${{join(", ", {zones})}}.',
            )
        ]

    def _existing(self, kind: str, ids: Sequence[str]) -> DataAwsSubnet:
        """The subnets of one kind, each checked to lie in the VPC."""
        found = self.found_subnets[kind] = DataAwsSubnet(
            self,
            f"{kind}-subnets",
            id="${each.value}",
            lifecycle=TerraformResourceLifecycle(postcondition=[self._in_vpc(f"network.{kind}_subnet_ids")]),
        )
        found.add_override("for_each", f"${{toset({reference_list(ids)})}}")
        return found

    def _in_vpc(self, path: str, what: str = "subnet") -> Postcondition:
        return Postcondition(
            condition=f"${{self.vpc_id == {self._vpc_expression}}}",
            error_message=f"{path}: the {what} ${{self.id}} is not in the VPC ${{{self._vpc_expression}}}.",
        )

    def place(self, name: str, group: NodeGroup) -> Place:
        """Where the nodes of a group go.

        In a new VPC: the subnet of the group's zone; the first one for an EFA group that names no zone, since its nodes
        have to be in one; else all of the cluster's. In an existing VPC: the group's own subnets, checked to lie in the
        VPC and in the group's zone, else all private ones.
        """
        if self.new is not None:
            if group.availability_zone is not None:
                return Place([self.new.subnet_in(group.availability_zone)], group.availability_zone)
            if group.efa:
                return Place([self.new.first_subnet], self.new.first_zone)
        if group.subnet_ids is None:
            return Place(self.private_subnet_ids)
        subnets = [
            self._own_subnet(name, group, index, subnet) for index, subnet in enumerate(group.subnet_ids)
        ]
        zone = f"${{{subnets[0].fqn}.availability_zone}}" if len(subnets) == 1 else None
        return Place([subnet.id for subnet in subnets], zone)

    def subnet_of_file_system(self, name: str, file_system: FileSystem, places: Mapping[str, Place]) -> str:
        """Where a file system goes: its own zone or subnet, else that of its node group, which is in one."""
        group = places[file_system.node_group] if file_system.node_group is not None else None
        if self.new is not None and file_system.availability_zone is not None:
            return self.new.subnet_in(file_system.availability_zone)
        if self.new is None and file_system.subnet_id is not None:
            path = f"storage.file_systems.{name}.subnet_id"
            checks = [self._in_vpc(path)]
            if group is not None and group.zone is not None:
                where = f"{path}: the subnet ${{self.id}} lies in ${{self.availability_zone}}"
                checks.append(
                    Postcondition(
                        condition=f"${{self.availability_zone == {_inside(group.zone)}}}",
                        error_message=f"{where}{_FAR.format(file_system.node_group)}",
                    )
                )
            lifecycle = TerraformResourceLifecycle(postcondition=checks)
            label = f"file-system_{name}"
            found = DataAwsSubnet(self, label, id=file_system.subnet_id, lifecycle=lifecycle)
            self.found_subnets[label] = found
            return found.id
        assert group is not None, "the rules ask for a place"
        return group.subnet_ids[0]

    def checks_of_file_system(
        self, name: str, file_system: FileSystem, places: Mapping[str, Place]
    ) -> list[Precondition]:
        """That a file system and its node group are in one zone, where a variable or the region says which."""
        zone, group = file_system.availability_zone, file_system.node_group
        its = places[group].zone if group is not None else None
        if self.new is None or zone is None or its is None or ("${" not in its and is_known(zone)):
            return []
        return [
            Precondition(
                condition=f"${{{reference(zone)} == {_inside(its)}}}",
                error_message=f"storage.file_systems.{name}.availability_zone: it is {zone}{_FAR.format(group)}",
            )
        ]

    def security_groups(self, name: str, group: NodeGroup) -> list[str]:
        """The security groups that the layout names for a node group, in an existing VPC checked to lie in it."""
        if self.new is not None:
            return list(group.security_group_ids)
        ids = []
        for index, one in enumerate(group.security_group_ids):
            path = f"node_groups.{name}.security_group_ids[{index}]"
            lifecycle = TerraformResourceLifecycle(postcondition=[self._in_vpc(path, "security group")])
            label = f"{name}-security-group-{index}"
            found = DataAwsSecurityGroup(self, label, id=one, lifecycle=lifecycle)
            self.found_security_groups[label] = found
            ids.append(found.id)
        return ids

    def cluster_security_groups(self, ids: Sequence[str]) -> list[str]:
        """The control plane's security groups that the layout names, each checked to lie in the existing VPC."""
        if not ids:
            return []
        found = self.found_security_groups["cluster-security-groups"] = DataAwsSecurityGroup(
            self,
            "cluster-security-groups",
            id="${each.value}",
            lifecycle=TerraformResourceLifecycle(
                postcondition=[self._in_vpc("cluster.security_group_ids", "security group")]
            ),
        )
        found.add_override("for_each", f"${{toset({reference_list(ids)})}}")
        return Token.as_list(f"${{values({found.fqn})[*].id}}")

    def _own_subnet(self, name: str, group: NodeGroup, index: int, subnet: str) -> DataAwsSubnet:
        path = f"node_groups.{name}.subnet_ids"
        checks = [self._in_vpc(path)]
        if group.availability_zone is not None:
            checks.append(
                Postcondition(
                    condition=f"${{self.availability_zone == {reference(group.availability_zone)}}}",
                    error_message=f"{path}: the subnet ${{self.id}} lies in ${{self.availability_zone}}, and the "
                    f"group's zone{', where its reserved capacity is,' if group.capacity.is_reserved else ''} is "
                    f"{group.availability_zone}.",
                )
            )
        lifecycle = TerraformResourceLifecycle(postcondition=checks)
        label = f"{name}-subnet-{index}"
        self.found_subnets[label] = DataAwsSubnet(self, label, id=subnet, lifecycle=lifecycle)
        return self.found_subnets[label]


def _inside(zone: str) -> str:
    """A zone inside an expression; that of a place may be a reference."""
    return zone.removeprefix("${").removesuffix("}") if zone.startswith("${") else reference(zone)
