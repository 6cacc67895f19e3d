"""A cluster that is deployed, as AWS tells of it."""

from __future__ import annotations

import base64

from modules.layout import Layout
from tests.account.extra import ACCOUNT_ID
from tests.account.server import AccountServer
from tests.account.wire import Answer, AwsError, Call
from tests.kubernetes_api.server import Api
from tests.unit.ops.verify.checks.aws import Aws
from tests.unit.ops.verify.checks.looking import Case


def deployed(server: AccountServer, layout: Layout, api: Api, authority: bytes = b"") -> Aws:
    """Has the account say what is right of a layout's cluster.

    Args:
        server: the account.
        layout: of the cluster.
        api: the cluster's; its nodes are EC2's instances.
        authority: certificate of the API's, in PEM.
    """

    def cluster(call: Call) -> Answer:
        if call.parameters["name"] != layout.name:
            raise AwsError(
                "ResourceNotFoundException", f"No cluster found for name: {call.parameters['name']}."
            )
        return {
            "cluster": {
                "name": layout.name,
                "arn": f"arn:aws:eks:{layout.region}:{ACCOUNT_ID}:cluster/{layout.name}",
                "endpoint": api.url,
                "certificateAuthority": {"data": base64.b64encode(authority).decode()},
                "status": "ACTIVE",
                "version": layout.kubernetes_version,
            }
        }

    account = Aws(server, Case(api, layout, api.world))
    server.answer("eks:DescribeCluster", cluster)
    return account
