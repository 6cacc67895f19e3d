"""Stand-ins as servers inside this process, which Terraform finds through TF_REATTACH_PROVIDERS."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterable, Mapping
from concurrent import futures
from contextlib import ExitStack
from importlib.machinery import PathFinder
from pathlib import Path
from types import TracebackType
from typing import Any

import grpc

from modules.bindings import active_flavor
from modules.bindings.flavor import Flavor

from .account import Account
from .protocol import VERSION, service
from .provider import Faults, Provider, no_faults
from .schema import Body
from .state_server import StateServer

PROVIDERS = ("aws", "helm", "kubernetes")
_MESSAGE_LIMIT = 256 * 1024 * 1024
# Of a Unix socket's path, in bytes: 104 with the final zero on macOS, 108 on Linux (`man 4 unix`, `man 7 unix`).
_PATH_LIMIT = 103


class UnknownProviderError(ValueError):
    """A stack uses a provider that has no stand-in."""


class StandIns:
    """Stand-ins for the providers of some stacks, running while the context is open.

    Args:
        account: the account that all of them share.
        faults: failures to inject.
        flavor: whose providers; the one that is active in this process without it.
    """

    def __init__(self, account: Account, faults: Faults = no_faults, flavor: Flavor | None = None) -> None:
        self.account = account
        self.flavor = flavor or active_flavor()
        self._faults = faults
        self._providers: dict[str, Provider] = {}
        self._entries: dict[str, Any] = {}
        self._states: StateServer | None = None
        self._exit = ExitStack()

    def __enter__(self) -> StandIns:
        self._folder = Path(self._exit.enter_context(tempfile.TemporaryDirectory(prefix="stand-ins-")))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._exit.close()

    @property
    def faults(self) -> Faults:
        """The failures that are injected from now on."""
        return self._faults

    @faults.setter
    def faults(self, faults: Faults) -> None:
        self._faults = faults
        for provider in self._providers.values():
            provider.faults = faults

    @property
    def defects(self) -> list[str]:
        """Tracebacks of the stand-ins themselves."""
        return [told for provider in self._providers.values() for told in provider.defects]

    def serve(self, document: Mapping[str, Any]) -> None:
        """Makes the providers and types that a stack's JSON uses available, beside those that are so already.

        Raises:
            UnknownProviderError: it uses a provider whose bindings are not installed, so that nothing is known of it.
            SchemaError: a binding package has no type of that name.
        """
        resources, data = document.get("resource", {}), document.get("data", {})
        used = {kind.partition("_")[0] for kind in (*resources, *data)} | set(document.get("provider", {}))
        for name in sorted(used - {"terraform"}):
            if name not in PROVIDERS and PathFinder.find_spec(self.flavor.provider_package(name)) is None:
                raise UnknownProviderError(
                    f"provider {name!r} has no offline stand-in: there are those of {', '.join(PROVIDERS)}, and of every provider "
                    f"whose bindings are installed, {self.flavor.provider_distribution(name)} for this one. "
                    "`python -m ops plan --real` plans with the real providers"
                )
            provider = self.provider(name, _source(document, name))
            provider.serve_types(_of(name, resources), _of(name, data))
            provider.serve_configurations(document.get("provider", {}).get(name, ()))

    def provider(self, name: str, source: str = "") -> Provider:
        """The stand-in of a provider, started where it is not yet; `source` is where a stack says that it comes from."""
        if name not in self._providers:
            provider = Provider(name, self.account, self._faults, self.flavor)
            self._entries[source or f"hashicorp/{name}"] = self._started(provider)
            self._providers[name] = provider
        return self._providers[name]

    def body(self, kind: str, type_name: str) -> Body | None:
        """The schema of a resource, data source or provider that is served."""
        name = type_name if kind == "provider" else type_name.partition("_")[0]
        return self._providers[name].body(kind, type_name) if name in self._providers else None

    @property
    def environment(self) -> dict[str, str]:
        """What Terraform has to have in its environment to use them."""
        return {"TF_REATTACH_PROVIDERS": json.dumps(self._entries)}

    def state_address(self, folder: Path) -> str:
        """Where Terraform finds and keeps the state of a stack, which lies in its folder."""
        if self._states is None:
            self._states = StateServer()
            self._exit.callback(self._states.close)
        return self._states.address(folder)

    def _started(self, provider: Provider) -> dict[str, Any]:
        socket = self._folder / f"{provider.name}.sock"
        server = grpc.server(
            futures.ThreadPoolExecutor(max_workers=16),
            options=[
                ("grpc.max_send_message_length", _MESSAGE_LIMIT),
                ("grpc.max_receive_message_length", _MESSAGE_LIMIT),
            ],
        )
        server.add_generic_rpc_handlers((service(provider.methods),))
        network, address = "unix", str(socket)
        if len(os.fsencode(socket)) <= _PATH_LIMIT:
            server.add_insecure_port(f"unix://{socket}")
        else:
            # Temporary files may lie deep, as those of a batch job do.
            network, address = "tcp", f"127.0.0.1:{server.add_insecure_port('127.0.0.1:0')}"
        server.start()
        self._exit.callback(lambda: server.stop(None).wait())
        return {
            "Protocol": "grpc",
            "ProtocolVersion": VERSION,
            "Pid": os.getpid(),
            "Test": True,
            "Addr": {"Network": network, "String": address},
        }


def _source(document: Mapping[str, Any], name: str) -> str:
    """A provider's address, as TF_REATTACH_PROVIDERS has it: with its namespace, and with its host where that is another."""
    required = document.get("terraform", {}).get("required_providers", {}).get(name, {})
    source = str(required.get("source", name)).removeprefix("registry.terraform.io/")
    return source if "/" in source else f"hashicorp/{source}"


def _of(name: str, kinds: Iterable[str]) -> list[str]:
    return [kind for kind in kinds if kind.partition("_")[0] == name]
