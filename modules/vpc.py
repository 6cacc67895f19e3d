"""A VPC for a training cluster: subnets, routes, NAT, endpoints and flow logs.

What there is one of in each zone is one resource with `for_each` over the zones' names: `aws_subnet.network_private
["us-west-2a"]`. So a zone that a node group adds or leaves, or that AWS adds, touches no other zone's subnet, and with
it no other node group.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from cdktf import (
    ITerraformDependable,
    Postcondition,
    Precondition,
    TerraformLocal,
    TerraformResource,
    TerraformResourceLifecycle,
    Token,
)
from cdktf_cdktf_provider_aws.data_aws_availability_zones import (
    DataAwsAvailabilityZones,
    DataAwsAvailabilityZonesFilter,
)
from cdktf_cdktf_provider_aws.default_security_group import DefaultSecurityGroup
from cdktf_cdktf_provider_aws.eip import Eip
from cdktf_cdktf_provider_aws.internet_gateway import InternetGateway
from cdktf_cdktf_provider_aws.nat_gateway import NatGateway
from cdktf_cdktf_provider_aws.route import Route
from cdktf_cdktf_provider_aws.route_table import RouteTable
from cdktf_cdktf_provider_aws.route_table_association import RouteTableAssociation
from cdktf_cdktf_provider_aws.subnet import Subnet
from cdktf_cdktf_provider_aws.vpc import Vpc
from cdktf_cdktf_provider_aws.vpc_endpoint import VpcEndpoint
from constructs import Construct

from .catalog.regions import ZONE_IDS_WITHOUT_EKS
from .expressions import reference, reference_list
from .flow_logs import VpcFlowLogs, flow_logs
from .layout.models import Network
from .layout.subnets import LETTERS, PRIVATE_BITS, PUBLIC_BITS
from .layout.values import is_known
from .vpc_endpoints import interface_endpoints

ANYWHERE = "0.0.0.0/0"


class NewVpc:
    """The resources of a new VPC, made in the scope of the network.

    Attributes:
        vpc: the VPC.
        cluster_subnets: private subnets in the cluster's own zones. EKS keeps a control plane to the zones that it was
            made in, so zones that only a node group asks for are not among them.
        public_subnets: public subnets, in all zones.
        ready: what nodes need to reach anything; last to go in a destroy.
        zones: what AWS says of the region's zones, where the layout names none.
        default_security_group: the VPC's default group, without a rule.
        subnets, route_tables, associations: by `private` and `public`; those with `for_each` are one resource for all zones.
        routes: by the same.
        internet_gateway, nat_addresses, nat_gateways: the way out, where there is one.
        s3_endpoint: the gateway endpoint of S3.
        endpoints: the interface endpoints with their security group, where there are any.
        flow_logs: with their log group and role.
    """

    def __init__(
        self,
        scope: Construct,
        *,
        name: str,
        region: str,
        network: Network,
        zones: Sequence[str],
        endpoint_services: Sequence[str],
        private_tags: Mapping[str, str],
    ) -> None:
        self._scope, self._name, self._region, self._network = scope, name, region, network
        self.ready: list[ITerraformDependable] = []
        self.zones: DataAwsAvailabilityZones | None = None
        self.subnets: dict[str, Subnet] = {}
        self.route_tables: dict[str, RouteTable] = {}
        self.associations: dict[str, RouteTableAssociation] = {}
        self.routes: dict[str, Route] = {}
        self.internet_gateway: InternetGateway | None = None
        self.nat_addresses: Eip | None = None
        self.nat_gateways: NatGateway | None = None
        self.s3_endpoint: VpcEndpoint | None = None
        self.flow_logs: VpcFlowLogs | None = None
        self._choose_zones(list(dict.fromkeys(zones)))
        self.vpc = Vpc(
            scope,
            "vpc",
            cidr_block=network.vpc_cidr,
            enable_dns_support=True,
            enable_dns_hostnames=True,
            tags={"Name": name},
            lifecycle=TerraformResourceLifecycle(precondition=self._checks) if self._checks else None,
        )
        # Whoever forgets to name a security group gets one that allows nothing.
        self.default_security_group = DefaultSecurityGroup(
            scope, "default-security-group", vpc_id=self.vpc.id, tags={"Name": f"{name}-default"}
        )
        self._private = self._subnets("private", private_tags)
        self._private_routes = self._route_table("private", each=True)
        self._associate("private", self._private, f"{self._private_routes.fqn}[each.key].id")
        self.cluster_subnets = Token.as_list(
            f"${{[for zone in {self._base} : {self._private.fqn}[zone].id]}}"
        )
        self.public_subnets: list[str] = []
        if not network.fully_private:
            public = self._subnets("public", {})
            self.public_subnets = Token.as_list(f"${{values({public.fqn})[*].id}}")
            self._way_out(public)
        self.s3_endpoint = self._s3_endpoint() if network.s3_gateway_endpoint else None
        self.endpoints = interface_endpoints(
            scope,
            name=name,
            region=region,
            vpc=self.vpc,
            subnet_ids=self.cluster_subnets,
            services=endpoint_services,
            s3_gateway=self.s3_endpoint,
        )
        if self.endpoints is not None:
            self.ready += [self.endpoints.rule, *self.endpoints.endpoints.values()]
        if network.flow_logs.enabled:
            self.flow_logs = flow_logs(scope, name=name, vpc=self.vpc, logs=network.flow_logs)

    def subnet_in(self, zone: str) -> str:
        """Reference to the private subnet in a zone, which may be a variable."""
        return f"${{{self._private.fqn}[{reference(zone)}].id}}"

    @property
    def first_zone(self) -> str:
        """Reference to the first of the cluster's zones."""
        return f"${{{self._first}}}"

    @property
    def first_subnet(self) -> str:
        """Reference to the private subnet in the first of the cluster's zones."""
        return f"${{{self._private.fqn}[{self._first}].id}}"

    @property
    def _first(self) -> str:
        return f"{self._base}[0]"

    def _choose_zones(self, asked: list[str]) -> None:
        """The cluster's own zones (`_base`) and all zones (`_all`), as expressions.

        The own zones are those of the layout, or the first of the region in alphabetical order: which ones does not
        depend on the node groups.
        """
        given = self._network.availability_zones
        if given is not None:
            self._base = reference_list(given)
            self._all = self._base
            self._checks = [
                Precondition(
                    condition=f"${{contains({self._base}, {reference(zone)})}}",
                    error_message=f"The availability zone {zone} of a node group or a file system is not in "
                    f'network.availability_zones: ${{join(", ", {self._base})}}.',
                )
                for zone in asked
                if not (is_known(zone) and all(is_known(one) for one in given))
            ]
            return
        count = self._network.zones_wanted
        usable = "[for index, zone in self.names : zone if !contains({}, self.zone_ids[index])]"
        excluded = reference_list(ZONE_IDS_WITHOUT_EKS)
        offered = self.zones = DataAwsAvailabilityZones(
            self._scope,
            "zones",
            # Local and Wavelength zones have to be opted into, and take no control plane. Nothing is said of the
            # zones' state: one that is impaired today must not drop out of the list.
            filter=[DataAwsAvailabilityZonesFilter(name="opt-in-status", values=["opt-in-not-required"])],
            lifecycle=TerraformResourceLifecycle(
                postcondition=[
                    Postcondition(
                        condition=f"${{length({usable.format(excluded)}) >= {count}}}",
                        error_message=f"network.zone_count: {self._region} has fewer than {count} zones for a "
                        'control plane: ${join(", ", self.names)}.',
                    )
                ]
            ),
        )
        zones = usable.format(excluded).replace("self.", f"{offered.fqn}.")
        base = TerraformLocal(self._scope, "cluster-zones", f"${{slice(sort({zones}), 0, {count})}}")
        self._base = f"local.{base.friendly_unique_id}"
        wanted = ", ".join(reference(zone) for zone in asked)
        self._all = f"distinct(concat({self._base}, [{wanted}]))" if asked else self._base
        self._checks = [
            Precondition(
                condition=f"${{contains({offered.fqn}.names, {reference(zone)})}}",
                error_message=f"{self._region} has no availability zone {zone}, which a node group or a file system names: "
                f'${{join(", ", {offered.fqn}.names)}}.',
            )
            for zone in asked
        ]

    def _for_each(self, resource: TerraformResource, zones: str | None = None) -> None:
        resource.add_override("for_each", f"${{toset({zones or self._all})}}")

    def _subnets(self, kind: str, tags: Mapping[str, str]) -> Subnet:
        """One subnet in each zone, its place in the VPC by the zone's letter."""
        role, bits = ("internal-elb", PRIVATE_BITS) if kind == "private" else ("elb", PUBLIC_BITS)
        letter = f'index(split("", "{LETTERS}"), substr(each.key, -1, 1))'
        # The public ones share the last part, behind those of all letters.
        number = (
            letter if kind == "private" else f"{len(LETTERS) * 2 ** (PUBLIC_BITS - PRIVATE_BITS)} + {letter}"
        )
        subnets = self.subnets[kind] = Subnet(
            self._scope,
            kind,
            vpc_id=self.vpc.id,
            cidr_block=f'${{cidrsubnet("{self._network.vpc_cidr}", {bits}, {number})}}',
            availability_zone="${each.key}",
            map_public_ip_on_launch=False,
            tags={"Name": f"{self._name}-{kind}-${{each.key}}", f"kubernetes.io/role/{role}": "1", **tags},
        )
        self._for_each(subnets)
        return subnets

    def _route_table(self, kind: str, *, each: bool) -> RouteTable:
        name = f"{self._name}-{kind}" + ("-${each.key}" if each else "")
        table = self.route_tables[kind] = RouteTable(
            self._scope, f"{kind}-routes", vpc_id=self.vpc.id, tags={"Name": name}
        )
        if each:
            self._for_each(table)
        return table

    def _associate(self, kind: str, subnets: Subnet, table: str) -> None:
        association = self.associations[kind] = RouteTableAssociation(
            self._scope,
            f"{kind}-association",
            route_table_id=f"${{{table}}}",
            subnet_id=f"${{{subnets.fqn}[each.key].id}}",
        )
        self._for_each(association)
        self.ready.append(association)

    def _way_out(self, public: Subnet) -> None:
        gateway = self.internet_gateway = InternetGateway(
            self._scope, "internet-gateway", vpc_id=self.vpc.id, tags={"Name": self._name}
        )
        table = self._route_table("public", each=False)
        self._associate("public", public, f"{table.fqn}.id")
        out = self.routes["public"] = Route(
            self._scope,
            "public-route",
            route_table_id=table.id,
            destination_cidr_block=ANYWHERE,
            gateway_id=gateway.id,
        )
        how = self._network.nat_gateway
        if how == "none":
            return
        zones, nat_zone = (f"[{self._first}]", self._first) if how == "single" else (self._all, "each.key")
        tags = {"Name": f"{self._name}-nat-${{each.key}}"}
        address = self.nat_addresses = Eip(
            self._scope, "nat-address", domain="vpc", tags=tags, depends_on=[gateway]
        )
        nat = self.nat_gateways = NatGateway(
            self._scope,
            "nat",
            allocation_id=f"${{{address.fqn}[each.key].id}}",
            subnet_id=f"${{{public.fqn}[each.key].id}}",
            tags=tags,
            depends_on=[out],
        )
        self._for_each(address, zones)
        self._for_each(nat, zones)
        route = self.routes["private"] = Route(
            self._scope,
            "private-route",
            route_table_id=f"${{{self._private_routes.fqn}[each.key].id}}",
            destination_cidr_block=ANYWHERE,
            nat_gateway_id=f"${{{nat.fqn}[{nat_zone}].id}}",
        )
        self._for_each(route)
        self.ready.append(route)

    def _s3_endpoint(self) -> VpcEndpoint:
        s3 = VpcEndpoint(
            self._scope,
            "s3-endpoint",
            vpc_id=self.vpc.id,
            service_name=f"com.amazonaws.{self._region}.s3",
            vpc_endpoint_type="Gateway",
            route_table_ids=Token.as_list(f"${{values({self._private_routes.fqn})[*].id}}"),
            tags={"Name": f"{self._name}-s3"},
        )
        self.ready.append(s3)
        return s3
