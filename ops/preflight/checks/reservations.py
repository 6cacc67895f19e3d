"""Whether reservations are there, and what the node groups take them for."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from modules.layout.models import ExistingPlacementGroup

from ...checking.check import Finding, Level
from ..capacity import RESERVATION_ACTIONS, Reservation, Reserved, has_reserved, reserved
from ..subject import Subject
from ..times import moment, span

_SHOW = "aws ec2 describe-capacity-reservations --region {} --capacity-reservation-ids {}"
# What EKS's own AMIs run on: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ec2-capacity-reservations.html, "Supported
# platforms"
_LINUX = "Linux/UNIX"
# Time enough to extend a reservation or to make another one.
_SOON = timedelta(days=7)
# CapacityReservation: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CapacityReservation.html
_NOT_YET = ("assessing", "delayed", "payment-pending", "pending", "scheduled")


class _OfReserved:
    """What the checks of reserved capacity have in common."""

    level: Level = "error"
    actions: tuple[str, ...] = RESERVATION_ACTIONS

    def applies(self, subject: Subject) -> bool:
        """Where capacity is reserved."""
        return has_reserved(subject)


class _OnDemand(_OfReserved):
    """And of those that capacity blocks have no part in."""

    def applies(self, subject: Subject) -> bool:
        """Where it is reserved on demand."""
        return any(group.capacity.type == "odcr" for _, group in subject.groups())


class ReservationExists(_OfReserved):
    """Asks EC2 for each reservation: nodes of a group whose reservation is not there never start."""

    id = "reservation-exists"
    remedy = "Write the id of a reservation of this account and region, or have its owner share it with this account."

    def look(self, subject: Subject) -> Iterator[Finding]:
        """Each id, and each resource group has one at least."""
        region = subject.layout.region
        for one in reserved(subject):
            for id in one.missing:
                yield Finding(
                    one.where,
                    f"there is no capacity reservation {id} in {region}, neither of this account nor shared with it",
                    f"{self.remedy} Those that there are: aws ec2 describe-capacity-reservations --region {region} "
                    f"--filters Name=instance-type,Values={one.group.instance_type}",
                    "warning" if one.reservations else None,  # of a resource group, the others are used
                )
            if one.names_several and not one.reservations and not one.missing:
                yield Finding(
                    one.where,
                    f"the resource group {one.named} has no capacity reservation in it, or there is no such group",
                    f"aws resource-groups group-resources --region {region} --group {one.named} --resource-arns ARN",
                )


class ReservationState(_OfReserved):
    """Looks at the state of each reservation: EC2 launches into one that is active, and into no other."""

    id = "reservation-state"
    remedy = "Write the id of another reservation."

    def look(self, subject: Subject) -> Iterator[Finding]:
        """Active, or for a capacity block scheduled."""
        for one in reserved(subject):
            for found in one.reservations:
                if found.state == "active" or found.lies_ahead:
                    continue
                problem = f"the {found.kind} {found.id} is {found.state}, and not active"
                remedy = self.remedy
                if found.state in _NOT_YET:
                    starts = f", which is to be {moment(found.start)}" if found.start else ""
                    show = _SHOW.format(subject.layout.region, found.id)
                    remedy = f"Deploy once it is active{starts}, or with size.desired: 0 until then: {show}"
                yield Finding(one.where, problem, remedy, _level(self.level, one, found, subject))


class ReservationKind(_OfReserved):
    """Compares `capacity.type` with what the reservation is: a capacity block takes a market option of its own."""

    id = "reservation-kind"
    remedy = "Write the `capacity.type` of what was bought."

    def look(self, subject: Subject) -> Iterator[Finding]:
        """As bought: odcr for an on-demand reservation, capacity_block for a block."""
        for one in reserved(subject):
            for found in one.reservations:
                right = "capacity_block" if found.is_block else "odcr"
                if one.group.capacity.type != right:
                    yield Finding(
                        f"{one.path}.capacity.type",
                        f"{found.id} is a {found.kind}"
                        if found.is_block
                        else f"{found.id} is an {found.kind}",
                        f"Write type: {right} in place of {one.group.capacity.type}, or the id of another reservation.",
                        _level(self.level, one, found, subject),
                    )


class ReservationType(_OfReserved):
    """Compares the reserved instance type with the group's: an instance of another type cannot use it."""

    id = "reservation-type"
    remedy = "Write the reserved instance_type, or the id of another reservation."

    def look(self, subject: Subject) -> Iterator[Finding]:
        """Equal."""
        for one in reserved(subject):
            for found in one.reservations:
                if found.type != one.group.instance_type:
                    yield Finding(
                        f"{one.path}.instance_type",
                        f"{found.id} reserves {found.type}, and the nodes are {one.group.instance_type}",
                        f"Write instance_type: {found.type}, or the id of a reservation of {one.group.instance_type}.",
                        _level(self.level, one, found, subject),
                    )


class ReservationPlatform(_OfReserved):
    """Compares the reserved platform with that of the AMI: where they differ, EC2 refuses each launch."""

    id = "reservation-platform"
    remedy = "Make a reservation of the AMI's platform; that of one that exists cannot be changed."
    actions: tuple[str, ...] = (*RESERVATION_ACTIONS, "ec2:DescribeImages")

    def look(self, subject: Subject) -> Iterator[Finding]:
        """Linux/UNIX, or what an AMI of one's own says."""
        for one in reserved(subject):
            wanted = _platform(one, subject)
            for found in one.reservations:
                if wanted is not None and found.platform != wanted:
                    what = (
                        f"the AMI {one.group.ami_id}" if one.group.ami_id else f"an {one.group.ami_type} node"
                    )
                    yield Finding(
                        one.where,
                        f"{found.id} is for the platform {found.platform}, and {what} runs {wanted}",
                        level=_level(self.level, one, found, subject),
                    )


class ReservationTenancy(_OfReserved):
    """Looks at the reserved tenancy: nodes run on shared hardware, and cannot use what is reserved as dedicated."""

    id = "reservation-tenancy"
    remedy = "Make a reservation of tenancy default; that of one that exists cannot be changed."

    def look(self, subject: Subject) -> Iterator[Finding]:
        """`default`, the tenancy of nodes."""
        for one in reserved(subject):
            for found in one.reservations:
                if found.tenancy != "default":
                    problem = (
                        f"{found.id} is of tenancy {found.tenancy}, and the nodes are of tenancy default"
                    )
                    yield Finding(one.where, problem, level=_level(self.level, one, found, subject))


class ReservationZone(_OfReserved):
    """Compares the reservation's zone with that of the nodes: in any other they wait for capacity that never comes."""

    id = "reservation-zone"
    remedy = "Put the nodes into the reservation's zone."
    actions: tuple[str, ...] = (*RESERVATION_ACTIONS, "ec2:DescribeSubnets", "ec2:DescribeAvailabilityZones")

    def look(self, subject: Subject) -> Iterator[Finding]:
        """All nodes come up in the reservation's zone."""
        for one in reserved(subject):
            zones = subject.zones_of(one.group)
            for found in one.reservations:
                # Where the layout names the right zone and the subnet is in another one, group-zone says so.
                right = found.zone in ("", one.group.availability_zone)
                if zones and zones != [found.zone] and not right:
                    yield self._finding(subject, one, found, zones)

    def _finding(self, subject: Subject, one: Reserved, found: Reservation, zones: list[str]) -> Finding:
        network = subject.layout.network
        said = f"the {found.kind} {found.id} is in {found.zone}, and the nodes come up in {', '.join(zones)}"
        level = _level(self.level, one, found, subject)
        if network.is_new:
            remedy = f"Write availability_zone: {found.zone}."
            return Finding(f"{one.path}.availability_zone", said, remedy, level)
        where, subnets = f"{one.path}.subnet_ids", subject.subnets_of(one.group)
        others = [
            id
            for id in network.private_subnet_ids or ()
            if (subnet := subject.subnet(id)) is not None and subnet["AvailabilityZone"] == found.zone
        ]
        if others:
            remedy = (
                f"Write subnet_ids: [{others[0]}], the subnet of network.private_subnet_ids in {found.zone}."
            )
        else:
            remedy = (
                f"Write subnet_ids with a private subnet in {found.zone}: aws ec2 describe-subnets "
                f"--region {subject.layout.region} --filters Name=vpc-id,Values={network.vpc_id} "
                f"Name=availability-zone,Values={found.zone}"
            )
        if one.group.availability_zone is not None:
            remedy = remedy.replace("Write ", f"Write availability_zone: {found.zone} and ", 1)
        return Finding(where, f"{said} ({', '.join(subnets)})", remedy, level)


class ReservationPlacementGroup(_OnDemand):
    """Compares the reservation's placement group with the nodes': only instances of the same one get all of its capacity."""

    id = "reservation-placement-group"
    remedy = "Use the placement group that the reservation was made in, and no other."

    def look(self, subject: Subject) -> Iterator[Finding]:
        """The same, or none.

        https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/cr-cpg.html; without the reservation's own, some of the reserved
        instances are out of reach: eksctl #7949 and #8220, terraform-aws-eks #3699
        """
        for one in reserved(subject):
            own = one.group.placement_group
            given = own.name if isinstance(own, ExistingPlacementGroup) else None
            for found in one.reservations:
                if found.is_block or found.placement_group == given:
                    continue
                if found.placement_group is None:
                    problem = f"{found.id} was made in no placement group, and the nodes are in {given}"
                    remedy = "Write placement_group: none."
                else:
                    problem = (
                        f"{found.id} was made in the placement group {found.placement_group}, and the nodes are in "
                        f"{given or 'none'}"
                    )
                    remedy = f"Write placement_group: {{name: {found.placement_group}}}."
                level = _level(self.level, one, found, subject)
                yield Finding(f"{one.path}.placement_group", problem, remedy, level)


class ReservationEnd(_OnDemand):
    """Looks at the end of each on-demand reservation: what runs then runs on, and what stops does not come back."""

    id = "reservation-end"
    level: Level = "warning"
    remedy = "Extend it."

    def look(self, subject: Subject) -> Iterator[Finding]:
        """None, or one that is not near; where it has passed, the state says so."""
        for one in reserved(subject):
            for found in one.reservations:
                if found.is_block or found.end is None or found.state not in ("active", *_NOT_YET):
                    continue
                left = found.end - subject.now
                ends = f"{found.id} ends {moment(found.end)}"
                remedy = (
                    f"aws ec2 modify-capacity-reservation --region {subject.layout.region} "
                    f"--capacity-reservation-id {found.id} --end-date-type unlimited"
                )
                if left <= timedelta(0):
                    yield Finding(one.where, f"{ends}, which has passed", remedy, "error")
                elif left <= _SOON:
                    yield Finding(one.where, f"{ends}, in {span(left)}", remedy)
                else:
                    yield Finding(one.where, f"{ends}, in {span(left)}", level="info")


class ReservationMatching(_OnDemand):
    """Looks at who may use the reservation: an open one goes to whatever instance of its type starts first."""

    id = "reservation-matching"
    level: Level = "warning"
    remedy = "Make it targeted."

    def look(self, subject: Subject) -> Iterator[Finding]:
        """Targeted.

        https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ModifyCapacityReservation.html, InstanceMatchCriteria
        """
        for one in reserved(subject):
            for found in one.reservations:
                if found.is_open and not found.is_block:
                    yield Finding(
                        one.where,
                        f"{found.id} is open: any other {found.type} that starts in {found.zone} may take its place in it",
                        "While nothing runs in it: aws ec2 modify-capacity-reservation "
                        f"--region {subject.layout.region} --capacity-reservation-id {found.id} "
                        "--instance-match-criteria targeted",
                    )


def _level(level: Level, one: Reserved, found: Reservation, subject: Subject) -> Level:
    """A reservation that does not fit is one of several perhaps: then the others are used, and this is paid for."""
    others = (other for other in one.reservations if other is not found)
    return "warning" if any(fits(one, other, subject) for other in others) else level


def fits(one: Reserved, found: Reservation, subject: Subject) -> bool:
    """Whether nodes of the group can start in the reservation, if there is room."""
    zones = subject.zones_of(one.group)
    return (
        (found.state == "active" or found.lies_ahead)
        and found.is_block == (one.group.capacity.type == "capacity_block")
        and found.type == one.group.instance_type
        and found.platform in (_platform(one, subject), None)
        and found.tenancy == "default"
        and (not zones or found.zone in ("", *zones))
    )


def _platform(one: Reserved, subject: Subject) -> str | None:
    """The platform of the nodes' AMI; None where there is no such AMI, which is another finding."""
    if one.group.ami_id is None:
        return _LINUX
    found = subject.account.pages(
        "ec2",
        "describe_images",
        "Images",
        ("InvalidAMIID.NotFound", "InvalidAMIID.Malformed", "InvalidAMIID.Unavailable"),
        ImageIds=[one.group.ami_id],
        IncludeDeprecated=True,
    )
    return found[0].get("PlatformDetails") if found else None
