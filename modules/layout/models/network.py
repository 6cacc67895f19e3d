"""The `network` section: a new VPC, or one that exists."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from ..forms import EndpointService
from ..values import AvailabilityZone, Bool, Cidr, Int, RetentionDays, SubnetIds, VpcId
from .base import Section, about

NatGateway = Literal["single", "per_zone", "none"]
DEFAULT_CIDR = "10.0.0.0/16"
# The fewest that EKS takes: https://docs.aws.amazon.com/eks/latest/userguide/network-reqs.html
DEFAULT_ZONES = 2


class FlowLogs(Section):
    """VPC flow logs to CloudWatch Logs."""

    enabled: Bool = Field(
        default=True,
        description="Whether the VPC's flow logs are kept.",
        examples=[False],
        json_schema_extra=about(source="https://docs.aws.amazon.com/vpc/latest/userguide/flow-logs.html"),
    )
    traffic_type: Literal["ACCEPT", "REJECT", "ALL"] = Field(
        default="REJECT",
        description="Which traffic is logged. EFA traffic bypasses the kernel and never shows.",
        examples=["ALL"],
        json_schema_extra=about(source="https://docs.aws.amazon.com/vpc/latest/userguide/flow-logs.html"),
    )
    retention_days: RetentionDays = Field(
        default=30,
        description="Days to keep the log.",
        examples=[365],
        json_schema_extra=about(
            unit="days",
            source="https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html",
        ),
    )


class Network(Section):
    """A new VPC from `cidr`, or an existing one from `vpc_id` and its subnets.

    New: a private and a public subnet in each zone; the control plane and the nodes use the private ones.
    """

    vpc_id: VpcId | None = Field(
        default=None,
        description="An existing VPC. With it, no network resource is made.",
        examples=["vpc-0123456789abcdef0", "var.vpc_id"],
        json_schema_extra=about(source="https://docs.aws.amazon.com/eks/latest/userguide/network-reqs.html"),
    )
    private_subnet_ids: SubnetIds | None = Field(
        default=None,
        description="Existing private subnets in two or more zones: the control plane's, fixed at creation, and the nodes'. A change replaces the node groups that name none of their own.",
        examples=[["subnet-0123456789abcdef0", "subnet-0123456789abcdef1"], "var.private_subnet_ids"],
        json_schema_extra=about(source="https://docs.aws.amazon.com/eks/latest/userguide/network-reqs.html"),
    )
    public_subnet_ids: SubnetIds | None = Field(
        default=None,
        description="Existing public subnets, for the output of that name. Load balancer controllers find subnets by the tags kubernetes.io/role/elb and kubernetes.io/role/internal-elb, which are yours to set.",
        examples=[["subnet-0123456789abcdef2", "subnet-0123456789abcdef3"], "var.public_subnet_ids"],
        json_schema_extra=about(source="https://docs.aws.amazon.com/eks/latest/userguide/network-reqs.html"),
    )
    cidr: Cidr | None = Field(
        default=None,
        description="IPv4 range of the new VPC, /16 to /22. Each zone gets an eighth.",
        examples=["10.1.0.0/16"],
        json_schema_extra=about(
            source="https://docs.aws.amazon.com/vpc/latest/userguide/vpc-cidr-blocks.html"
        ),
    )
    availability_zones: tuple[AvailabilityZone, ...] | None = Field(
        default=None,
        description="All zones of the new VPC: the control plane's and the nodes'. Without it, the control plane has the "
        "first `zone_count` zones of the region, and a zone that a node group names gets subnets besides. EKS keeps a "
        "control plane to the zones that it was made in; a change replaces the node groups without a zone.",
        examples=[["us-west-2a", "us-west-2b"]],
        json_schema_extra=about(source="https://docs.aws.amazon.com/eks/latest/userguide/network-reqs.html"),
    )
    zone_count: Annotated[Int, Field(ge=2, le=6)] | None = Field(
        default=None,
        description="Number of the control plane's zones where `availability_zones` does not name them. Fixed at creation.",
        examples=[3],
        json_schema_extra=about(
            unit="zones", source="https://docs.aws.amazon.com/eks/latest/userguide/network-reqs.html"
        ),
    )
    nat_gateway: NatGateway | None = Field(
        default=None,
        description="NAT gateways of the new VPC: one, one in each zone, or none. A fully private one has none.",
        examples=["per_zone"],
        json_schema_extra=about(
            source="https://docs.aws.amazon.com/vpc/latest/userguide/vpc-nat-gateway.html"
        ),
    )
    fully_private: Bool = Field(
        default=False,
        description="No internet gateway, NAT or public subnet; interface endpoints for all that EKS nodes need. "
        "Images and charts must come from registries that the VPC can reach.",
        examples=[True],
        json_schema_extra=about(
            source="https://docs.aws.amazon.com/eks/latest/userguide/private-clusters.html"
        ),
    )
    s3_gateway_endpoint: Bool = Field(
        default=True,
        description="Free gateway endpoint for S3: ECR layers and data.",
        examples=[False],
        json_schema_extra=about(
            source="https://docs.aws.amazon.com/vpc/latest/privatelink/vpc-endpoints-s3.html"
        ),
    )
    interface_endpoints: tuple[EndpointService, ...] | None = Field(
        default=None,
        description="Interface endpoints by the service's short name: ec2, ecr.api, sts. A fully private network "
        "has those that EKS needs by itself.",
        examples=[["ec2", "ecr.api", "sts"]],
        json_schema_extra=about(
            source="https://docs.aws.amazon.com/vpc/latest/privatelink/aws-services-privatelink-support.html"
        ),
    )
    flow_logs: FlowLogs = Field(
        default_factory=FlowLogs,
        description="Flow logs of the new VPC.",
        examples=[{"enabled": False}],
        json_schema_extra=about(source="https://docs.aws.amazon.com/vpc/latest/userguide/flow-logs.html"),
    )

    @model_validator(mode="before")
    @classmethod
    def _new_vpc(cls, data: Any) -> Any:
        """Defaults of a new VPC; they mean nothing in one that exists."""
        if not isinstance(data, dict) or data.get("vpc_id") is not None:
            return data
        nat: NatGateway = "none" if data.get("fully_private") is True else "single"
        defaults: dict[str, Any] = {"cidr": DEFAULT_CIDR, "nat_gateway": nat}
        if data.get("availability_zones") is None:
            defaults["zone_count"] = DEFAULT_ZONES
        return defaults | {key: value for key, value in data.items() if value is not None}

    @property
    def is_new(self) -> bool:
        """Whether the VPC is made here."""
        return self.vpc_id is None

    @property
    def has_nat(self) -> bool:
        """Whether the nodes surely reach the internet: of an existing VPC that is not known."""
        return self.is_new and not self.fully_private and self.nat_gateway != "none"

    @property
    def is_isolated(self) -> bool:
        """Whether the nodes surely do not reach the internet."""
        return self.is_new and not self.has_nat

    @property
    def zones_wanted(self) -> int:
        """Zones of the new VPC."""
        return len(self.availability_zones) if self.availability_zones else self.zone_count or DEFAULT_ZONES

    @property
    def vpc_cidr(self) -> str:
        """IPv4 range of the new VPC."""
        return self.cidr or DEFAULT_CIDR
