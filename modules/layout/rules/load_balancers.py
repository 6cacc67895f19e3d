"""Rules about the load balancers of servers: who makes them, who reaches them, and that they see healthy pods."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import IPv4Network

from ...catalog.regions import partition
from ..faults import KeyPath, Level
from ..models.serving import LoadBalancer
from ..values import is_known
from .base import Context, Finding

CONTROLLER = "aws-load-balancer-controller"


def balancers(context: Context) -> Iterator[tuple[KeyPath, LoadBalancer]]:
    """Every load balancer with its path."""
    for name, serving in context.layout.workloads.serving.items():
        if serving.load_balancer is not None:
            yield ("workloads", "serving", name, "load_balancer"), serving.load_balancer


class ServingControllerOff:
    """A load balancer is made by the controller: without it, an apply waits for its host name until it gives up.

    https://docs.aws.amazon.com/eks/latest/userguide/aws-load-balancer-controller.html
    """

    id = "serving-controller-off"
    level: Level = "error"

    def check(self, context: Context) -> Iterator[Finding]:
        """Load balancers go with the release aws-load-balancer-controller."""
        found = [path for path, _ in balancers(context)]
        if found and not context.layout.has_release(CONTROLLER):
            names = ", ".join(str(path[2]) for path in found)
            problem = f"is off, and makes the load balancer of {names}: there would be none"
            remedy = "Remove what turns it off, or the load balancers."
            yield Finding(("helm_releases", CONTROLLER), problem, remedy, tuple(found))


class ServingPublicWithoutCidrs:
    """The controller opens a load balancer without CIDRs to the whole internet.

    https://kubernetes-sigs.github.io/aws-load-balancer-controller/latest/guide/service/annotations/#lb-source-ranges
    """

    id = "serving-public-without-cidrs"
    level: Level = "error"

    def check(self, context: Context) -> Iterator[Finding]:
        """`scheme: internet-facing` says from where."""
        for path, balancer in balancers(context):
            if balancer.is_public and not balancer.cidrs:
                problem = "the server would be open to the whole internet"
                remedy = 'Write cidrs: ["203.0.113.0/24"] with your own, or var.load_balancer_cidrs; 0.0.0.0/0 for everybody.'
                yield Finding((*path, "cidrs"), problem, remedy, ((*path, "scheme"),))


class ServingOpenToAll:
    """Accelerators that answer everybody are found, and used, by everybody."""

    id = "serving-open-to-all"
    level: Level = "warning"

    def check(self, context: Context) -> Iterator[Finding]:
        """No CIDR of an internet-facing load balancer is the whole internet."""
        for path, balancer in balancers(context):
            cidrs = balancer.cidrs if balancer.is_public and is_known(balancer.cidrs) else ()
            for index, cidr in enumerate(cidrs):
                if IPv4Network(cidr).prefixlen < 4:
                    problem = f"{cidr} opens the server to the internet"
                    remedy = "Write the CIDRs of those who use it, unless everybody is meant to."
                    yield Finding((*path, "cidrs", index), problem, remedy)


class ServingPublicInPrivate:
    """An internet-facing load balancer stands in public subnets, which a fully private VPC has none of.

    https://docs.aws.amazon.com/eks/latest/userguide/network-load-balancing.html
    """

    id = "serving-public-in-private"
    level: Level = "error"

    def check(self, context: Context) -> Iterator[Finding]:
        """`internet-facing` goes with a VPC that has public subnets."""
        network = context.layout.network
        if not (network.is_new and network.fully_private):
            return
        for path, balancer in balancers(context):
            if balancer.is_public:
                problem = "the VPC is fully private, and has no public subnets for it"
                because = (("network", "fully_private"),)
                yield Finding(
                    (*path, "scheme"), problem, "Write scheme: internal, or remove fully_private.", because
                )


class ServingKeyOfAlb:
    """An NLB forwards connections, and sees neither the host nor the end of a request."""

    id = "serving-key-of-alb"
    level: Level = "error"

    def check(self, context: Context) -> Iterator[Finding]:
        """`host` and `idle_timeout_seconds` go with `type: alb`."""
        for path, balancer in balancers(context):
            for key in ("host", "idle_timeout_seconds"):
                if balancer.type == "nlb" and getattr(balancer, key) is not None:
                    because = ((*path, "type"),)
                    yield Finding((*path, key), "an NLB has none", "Write type: alb, or remove it.", because)


class ServingAlbHealth:
    """An ALB asks for a path of every pod; where that gives no answer of success, no rollout ever ends.

    https://docs.aws.amazon.com/elasticloadbalancing/latest/application/target-group-health-checks.html
    """

    id = "serving-alb-health"
    level: Level = "error"

    def check(self, context: Context) -> Iterator[Finding]:
        """A server behind an ALB has a path that tells its health."""
        for path, balancer in balancers(context):
            serving = context.layout.workloads.serving[str(path[2])]
            if balancer.type == "alb" and serving.health.path is None:
                problem = "an ALB needs a path that answers once the server is ready"
                remedy = "Write health: {path: /healthz}, with a path of your server, or type: nlb."
                yield Finding((*path[:-1], "health", "path"), problem, remedy, ((*path, "type"),))


class ServingPlainText:
    """Keys, prompts and answers go over the internet as anybody between can read them."""

    id = "serving-plain-text"
    level: Level = "warning"

    def check(self, context: Context) -> Iterator[Finding]:
        """Internet-facing goes with a certificate; behind an NLB on another port than 80 the server may have its own."""
        for path, balancer in balancers(context):
            plain = balancer.type == "alb" or balancer.listener == 80
            if balancer.is_public and balancer.certificate_arn is None and plain:
                problem = "internet-facing without a certificate: requests and answers are in plain text"
                remedy = "Write certificate_arn: with an ACM certificate, or var.certificate_arn."
                yield Finding((*path, "certificate_arn"), problem, remedy, ((*path, "scheme"),))


class ServingCertificateRegion:
    """A load balancer takes certificates of its own region alone.

    https://docs.aws.amazon.com/acm/latest/userguide/acm-regions.html
    """

    id = "serving-certificate-region"
    level: Level = "error"

    def check(self, context: Context) -> Iterator[Finding]:
        """Partition and region in the certificate's ARN are the layout's."""
        region = context.layout.region
        for path, balancer in balancers(context):
            arn = balancer.certificate_arn
            if not arn or not is_known(arn):
                continue
            _, its, _, where, *_ = arn.split(":")
            remedy = f"Write the ARN of a certificate in {region}."
            problem = ""
            if where != region:
                problem = f"the certificate is in {where}, and the load balancer in {region}"
            elif its != partition(region):
                problem = f"the certificate is of the partition {its}, and {region} is of {partition(region)}"
            if problem:
                yield Finding((*path, "certificate_arn"), problem, remedy, (("region",),))


class ServingRedirectPort:
    """An ALB with a certificate redirects port 80: TLS there would leave two listeners for one port.

    https://kubernetes-sigs.github.io/aws-load-balancer-controller/latest/guide/ingress/annotations/#ssl-redirect
    """

    id = "serving-redirect-port"
    level: Level = "error"

    def check(self, context: Context) -> Iterator[Finding]:
        """An ALB with a certificate listens on another port than 80."""
        for path, balancer in balancers(context):
            if balancer.type == "alb" and balancer.certificate_arn is not None and balancer.port == 80:
                problem = "port 80 is redirected to the one with TLS, and cannot be it"
                because = ((*path, "certificate_arn"), (*path, "type"))
                yield Finding((*path, "port"), problem, "Remove it for 443, or certificate_arn.", because)
