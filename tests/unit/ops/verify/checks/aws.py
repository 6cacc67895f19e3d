"""What AWS has of a right cluster: instances, node groups, add-ons and associations, answered over HTTP."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from modules.catalog import efa_interfaces
from modules.layout import is_known
from ops.aws.account import Account
from ops.verify.checks.pod_identity import associations
from ops.verify.subject import group_of, instance_of
from tests.account.server import AccountServer
from tests.account.wire import Answer, AwsError, Call
from tests.unit.ops.verify.checks.looking import Case

CLUSTER_GROUP, EFA_GROUP = "sg-0123456789abcdef0", "sg-0123456789abcdef1"
_MISSING = "ResourceNotFoundException"


@dataclass
class Aws:
    """The account of a case; a test changes what is in it."""

    server: AccountServer
    case: Case
    instances: dict[str, Answer] = field(default_factory=dict)
    addons: dict[str, Answer] = field(default_factory=dict)
    associations: list[Answer] = field(default_factory=list)
    node_groups: dict[str, Answer] = field(default_factory=dict)
    launched: dict[str, list[str]] = field(default_factory=dict)
    activities: list[Answer] = field(default_factory=list)
    subnets: list[Answer] = field(default_factory=list)
    security_groups: dict[str, Answer] = field(default_factory=dict)
    clusters: dict[str, Answer] = field(default_factory=dict)

    def __post_init__(self) -> None:
        layout = self.case.layout
        self.case.account = partial(Account, layout.region)
        for node in self.case.world.nodes:
            name = str(group_of(node))
            self.instances[str(instance_of(node))] = self._instance(name, str(instance_of(node)))
        self.addons = {
            name: {
                "addonName": name,
                "clusterName": layout.name,
                "status": "ACTIVE",
                "addonVersion": "v1.0.0-eksbuild.1",
            }
            for name in layout.addons
        }
        self.clusters = {layout.name: {"name": layout.name, "status": "ACTIVE"}}
        self.associations = [
            {"clusterName": layout.name, "namespace": one.namespace, "serviceAccount": one.account}
            for one in associations(layout)
        ]
        for name, group in layout.node_groups.items():
            self.node_groups[name] = {
                "nodegroupName": name,
                "status": "ACTIVE",
                "scalingConfig": {"desiredSize": group.size.desired},
                "health": {"issues": []},
                "resources": {"autoScalingGroups": [{"name": f"eks-{name}"}]},
            }
            ids = [id for id, one in self.instances.items() if one["Tags"][1]["Value"] == name]
            self.launched[f"eks-{name}"] = ids
        anybody = [{"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}]
        itself = [{"IpProtocol": "-1", "UserIdGroupPairs": [{"GroupId": EFA_GROUP}]}]
        nodes = [{"IpProtocol": "-1", "UserIdGroupPairs": [{"GroupId": CLUSTER_GROUP}]}]
        # As EKS made the cluster's before it let EFA out of it: https://docs.aws.amazon.com/eks/latest/userguide/sec-group-reqs.html
        self.security_groups = {
            CLUSTER_GROUP: {"GroupId": CLUSTER_GROUP, "IpPermissions": nodes, "IpPermissionsEgress": anybody},
            EFA_GROUP: {"GroupId": EFA_GROUP, "IpPermissions": itself, "IpPermissionsEgress": itself},
        }
        answers: dict[str, Callable[[Call], Answer | None]] = {
            "ec2:DescribeInstances": lambda _: {
                "Reservations": [{"Instances": list(self.instances.values())}]
            },
            "ec2:DescribeSecurityGroups": lambda call: {
                "SecurityGroups": [self.security_groups[id] for id in call.parameters["GroupIds"]]
            },
            "ec2:DescribeSubnets": lambda _: {"Subnets": self.subnets},
            "eks:DescribeCluster": lambda call: {"cluster": self._one(self.clusters, call, "name")},
            "eks:DescribeAddon": lambda call: {"addon": self._one(self.addons, call, "addonName")},
            "eks:ListPodIdentityAssociations": lambda _: {"associations": self.associations},
            "eks:DescribeNodegroup": lambda call: {
                "nodegroup": self._one(self.node_groups, call, "nodegroupName")
            },
            "autoscaling:DescribeAutoScalingGroups": self._auto_scaling,
            "autoscaling:DescribeScalingActivities": lambda _: {"Activities": self.activities},
        }
        for call, answer in answers.items():
            self.server.answer(call, answer)

    def instance_of(self, node: dict[str, Any]) -> Answer:
        """The instance of a node."""
        return self.instances[str(instance_of(node))]

    def _instance(self, name: str, id: str) -> Answer:
        layout = self.case.layout
        group = layout.node_groups[name]
        interfaces = [one.type for one in efa_interfaces(group.type)] if group.efa else ["interface"]
        placement = {"GroupName": f"{layout.name}-{name}"} if group.placement_group == "create" else {}
        reservation = group.capacity.reservation_id
        known = reservation if reservation is not None and is_known(reservation) else "cr-0fedcba9876543210"
        return {
            "InstanceId": id,
            "State": {"Code": 16, "Name": "running"},
            "Tags": [
                {"Key": "eks:cluster-name", "Value": layout.name},
                {"Key": "eks:nodegroup-name", "Value": name},
            ],
            "NetworkInterfaces": [
                {"InterfaceType": one, "Groups": [{"GroupId": CLUSTER_GROUP}, {"GroupId": EFA_GROUP}]}
                for one in interfaces
            ],
            "Placement": placement,
            **({"CapacityReservationId": known} if group.capacity.is_reserved else {}),
        }

    def _one(self, there: dict[str, Answer], call: Call, key: str) -> Answer:
        if call.parameters[key] not in there:
            raise AwsError(_MISSING, f"No {key} found for name: {call.parameters[key]}.")
        return there[call.parameters[key]]

    def _auto_scaling(self, call: Call) -> Answer:
        names = call.parameters["AutoScalingGroupNames"]
        return {"AutoScalingGroups": [self._group(name) for name in names]}

    def _group(self, name: str) -> Answer:
        instances = [
            {
                "InstanceId": id,
                "AvailabilityZone": "us-west-2b",
                "LifecycleState": "InService",
                "HealthStatus": "Healthy",
                "ProtectedFromScaleIn": False,
            }
            for id in self.launched[name]
        ]
        return {
            "AutoScalingGroupName": name,
            "MinSize": 0,
            "MaxSize": 10,
            "DesiredCapacity": len(instances),
            "DefaultCooldown": 300,
            "AvailabilityZones": ["us-west-2b"],
            "HealthCheckType": "EC2",
            "CreatedTime": self.case.now,
            "Instances": instances,
        }
