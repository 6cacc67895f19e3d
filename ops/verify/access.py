"""The way to a cluster: by the user's kubeconfig, or by a fresh token of the user's AWS credentials."""

from __future__ import annotations

import base64
import logging
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from modules.layout import Layout

from ..aws.account import Account
from ..checking.check import UnaskedError
from ..errors import UsageError
from ..kube_contexts import Context, contexts_of
from .cluster import UnreachedError, Way

# How `aws eks get-token` and aws-iam-authenticator make a token: a URL that asks STS who the caller is, signed together with
# the cluster's name. https://github.com/kubernetes-sigs/aws-iam-authenticator#api-authorization-from-outside-a-cluster,
# https://github.com/aws/aws-cli/blob/develop/awscli/customizations/eks/get_token.py. A token is good for 15 minutes.
_PREFIX = "k8s-aws-v1."
_HEADER = "x-k8s-aws-id"
_SIGNED_SECONDS = 60
_KUBECONFIG = "~/.kube/config"
_CONNECTIONS = 16  # as many as there are threads that ask


@dataclass(frozen=True)
class ByKubeconfig:
    """By a context of the user's kubeconfig, with its credentials."""

    files: str
    context: str
    # That the context's program takes, so that AWS is asked about the same account.
    profile: str | None = None

    @property
    def refused(self) -> str:
        """What to say where the cluster does not take the credentials."""
        return (
            f"the cluster does not know who the kubeconfig's context {self.context} says it is (401): log in again; or give "
            "the IAM identity an entry in `cluster.access_entries`"
        )

    def client(self) -> Any:
        """A client of the cluster.

        Raises:
            UnaskedError: the context's program gives no credentials.
        """
        from kubernetes.client import Configuration
        from kubernetes.config import ConfigException, load_kube_config

        configuration = Configuration()
        with _errors_told() as told:
            try:
                load_kube_config(self.files, self.context, configuration, persist_config=False)
            except ConfigException as error:
                raise UsageError(f"the kubeconfig's context {self.context} cannot be used: {error}") from None
        # The client tells of a program that fails in its log, and goes on without credentials.
        if told:
            raise UnaskedError(
                f"the kubeconfig's context {self.context} gives no credentials: {told[-1].rstrip('.')}. It runs a program, as a "
                "rule the AWS CLI, that has to be on the PATH and logged in; --profile NAME does without it"
            )
        return _client(configuration)


class ByToken:
    """By the endpoint that EKS tells, with a fresh token."""

    def __init__(self, cluster: str, region: str, profile: str | None = None) -> None:
        self._cluster, self._region, self._profile = cluster, region, profile
        self._identity = "this identity"

    @property
    def refused(self) -> str:
        """What to say where the cluster does not take the token."""
        return (
            f"the cluster {self._cluster} does not know {self._identity} (401): give its role or user an entry in "
            "`cluster.access_entries` with AmazonEKSAdminViewPolicy, or come as the one that made the cluster"
        )

    def client(self) -> Any:
        """A client of the cluster.

        Raises:
            UnaskedError: there are no credentials, or there is no such cluster.
        """
        account = Account(self._region, self._profile)
        found = account.find("eks", "describe_cluster", ("ResourceNotFoundException",), name=self._cluster)
        if found is None:
            raise UnaskedError(
                f"the account {account.id} has no EKS cluster {self._cluster} in {self._region}: deploy the layout first, or "
                "come with the credentials of the cluster's account"
            )
        described = found["cluster"]
        if not described.get("endpoint"):
            raise UnreachedError(
                f"the cluster {self._cluster} has no endpoint yet: EKS says that it is {described.get('status')}"
            )
        self._identity = str(account.ask("sts", "get_caller_identity")["Arn"])
        authority = str(described["certificateAuthority"]["data"])
        return client_of(str(described["endpoint"]), token(account, self._cluster), authority)


def way_to(layout: Layout, context: str | None = None, profile: str | None = None) -> Way:
    """How the layout's cluster is reached; a context that leads elsewhere and is named all the same is told on stderr.

    Args:
        layout: whose cluster.
        context: of the kubeconfig, whose credentials are used.
        profile: of the AWS configuration, for a token of its own.

    Raises:
        UsageError: there is no such context, or the kubeconfig cannot be read.
    """
    files = os.environ.get("KUBECONFIG") or _KUBECONFIG
    name, region = layout.name, layout.region
    if context is not None:
        found = next((one for one in _contexts(files) if one.name == context), None)
        if found is None:
            there = ", ".join(one.name for one in _contexts(files)) or "none"
            raise UsageError(f"--context {context}: {files} has no such context; there are {there}")
        if not found.leads_to(name, region):
            print(found.elsewhere(name, region), file=sys.stderr)
        return ByKubeconfig(files, context, found.profile)
    if profile is None:
        for one in _contexts(files):
            if one.leads_to(name, region):
                return ByKubeconfig(files, one.name, one.profile)
    return ByToken(name, region, profile)


def token(account: Account, cluster: str) -> str:
    """A token for the cluster's API."""
    client = account.client("sts")
    # Only what is presigned here carries the cluster's name, and not what else is asked by the same client.
    client.meta.events.register_first(
        "provide-client-params.sts.GetCallerIdentity", _keep, unique_id="eks-keep"
    )
    client.meta.events.register_first("before-sign.sts.GetCallerIdentity", _name, unique_id="eks-name")
    url = client.generate_presigned_url(
        "get_caller_identity", Params={_HEADER: cluster}, ExpiresIn=_SIGNED_SECONDS, HttpMethod="GET"
    )
    return _PREFIX + base64.urlsafe_b64encode(url.encode()).decode().rstrip("=")


def _keep(params: dict[str, Any], context: dict[str, Any], **_: Any) -> None:
    if _HEADER in params:
        context[_HEADER] = params.pop(_HEADER)


def _name(request: Any, **_: Any) -> None:
    if _HEADER in request.context:
        request.headers[_HEADER] = request.context[_HEADER]


def _contexts(files: str) -> list[Context]:
    import yaml
    from kubernetes.config import ConfigException
    from kubernetes.config.kube_config import KubeConfigMerger

    try:
        merged = KubeConfigMerger(files).config
        if merged is None:
            return []
        config = {key: [one.value for one in merged.value[key]] for key in ("clusters", "contexts", "users")}
        return contexts_of({**config, "current-context": merged.value.get("current-context")})
    except (ConfigException, yaml.YAMLError) as error:
        raise UsageError(f"{files} is no kubeconfig: {' '.join(str(error).split())}") from None
    except (TypeError, KeyError, AttributeError):  # what is YAML, and of another shape
        raise UsageError(f"{files} is no kubeconfig: KUBECONFIG names another, or none") from None


def client_of(server: str, token: str, authority: str | None = None) -> Any:
    """A client of the cluster at this address.

    Args:
        server: `https://...`.
        token: of the bearer.
        authority: certificate of the authority that the server's was signed by, in base64.
    """
    from kubernetes.client import Configuration
    from kubernetes.config import load_kube_config_from_dict

    cluster = {"server": server, **({"certificate-authority-data": authority} if authority else {})}
    config = {
        "clusters": [{"name": "it", "cluster": cluster}],
        "users": [{"name": "it", "user": {"token": token}}],
        "contexts": [{"name": "it", "context": {"cluster": "it", "user": "it"}}],
        "current-context": "it",
    }
    configuration = Configuration()
    load_kube_config_from_dict(config, client_configuration=configuration, persist_config=False)
    return _client(configuration)


def _client(configuration: Any) -> Any:
    import urllib3
    from kubernetes.client import ApiClient

    # Who has no way to the cluster learns it at once; what the API server sheds is asked again.
    # https://kubernetes.io/docs/concepts/cluster-administration/flow-control/
    configuration.retries = urllib3.Retry(
        total=2,
        connect=1,
        read=1,
        redirect=0,
        status=1,
        status_forcelist=(429, 503),
        backoff_factor=0.2,
        raise_on_status=False,
    )
    configuration.connection_pool_maxsize = _CONNECTIONS
    return ApiClient(configuration)


@contextmanager
def _errors_told() -> Iterator[list[str]]:
    """What is logged as an error, in place of its being printed."""
    told: list[str] = []
    handler = logging.Handler(logging.ERROR)
    handler.emit = lambda record: told.append(record.getMessage())  # type: ignore[method-assign]
    root = logging.getLogger()
    root.addHandler(handler)
    try:
        yield told
    finally:
        root.removeHandler(handler)
