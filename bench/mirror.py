"""Stand-ins as programs in a filesystem mirror, as real providers are: to compare with those inside the calling process.

A mirror is what https://developer.hashicorp.com/terraform/cli/config/config-file#filesystem_mirror describes, and how
Terraform and a program that it has started find each other: https://github.com/hashicorp/go-plugin/blob/main/docs/internals.md.
"""

from __future__ import annotations

import json
import re
import sys
import tempfile
import threading
from collections.abc import Mapping
from concurrent import futures
from pathlib import Path
from typing import Any

import grpc

from ops.offline.account import Account
from ops.offline.engine import Workspace
from ops.offline.protocol import VERSION, service
from ops.offline.provider import Provider

from .measure import ROOT

_ADDRESS = re.compile(r"provider\[(\S+/(\w+))\]")


def install(workspace: Workspace, mirror: Path) -> dict[str, str]:
    """Puts the providers that a stack uses into a mirror; returns an environment in which Terraform takes them from there."""
    environment = workspace.environment
    del environment["TF_REATTACH_PROVIDERS"]
    required = workspace.document["terraform"]["required_providers"]
    for address, name in sorted(_addresses(workspace, required, environment)):
        version = required[name]["version"]
        program = mirror / address / version / _platform(workspace, environment)
        program.mkdir(parents=True, exist_ok=True)
        program /= f"terraform-provider-{name}_v{version}"
        program.write_text(
            f"#!/bin/sh\nPYTHONPATH='{ROOT}' exec '{sys.executable}' -m bench.mirror {name}\n",
            encoding="utf-8",
        )
        program.chmod(0o755)
    settings = mirror / "terraform.rc"
    settings.write_text(
        f'provider_installation {{\n  filesystem_mirror {{ path = "{mirror}" }}\n}}\n', encoding="utf-8"
    )
    # No TLS between the two, as in the providers' own tests: making certificates is not what is compared.
    # https://github.com/hashicorp/terraform/blob/v1.11.4/internal/command/meta_providers.go
    return {**environment, "TF_CLI_CONFIG_FILE": str(settings), "TF_DISABLE_PLUGIN_TLS": "1"}


def serve(name: str, document: Mapping[str, Any]) -> None:
    """Is a provider for one stack, until Terraform says that it may go."""
    provider = Provider(name, Account(region=document["provider"]["aws"][0]["region"]))
    resources, data = (
        [kind for kind in document.get(block, {}) if kind.startswith(f"{name}_")]
        for block in ("resource", "data")
    )
    provider.serve_types(resources, data)
    done = threading.Event()

    def shut_down(_request: bytes, _context: grpc.ServicerContext) -> bytes:
        done.set()
        return b""

    controller = grpc.method_handlers_generic_handler(
        "plugin.GRPCController", {"Shutdown": grpc.unary_unary_rpc_method_handler(shut_down)}
    )
    server = grpc.server(futures.ThreadPoolExecutor(max_workers=16))
    server.add_generic_rpc_handlers((service(provider.methods), controller))
    with tempfile.TemporaryDirectory(prefix="plugin-") as folder:
        socket = f"{folder}/{name}.sock"
        server.add_insecure_port(f"unix://{socket}")
        server.start()
        print(f"1|{VERSION}|unix|{socket}|grpc|", flush=True)
        done.wait()
        server.stop(grace=1).wait()


def _addresses(
    workspace: Workspace, required: Mapping[str, Any], environment: Mapping[str, str]
) -> set[tuple[str, str]]:
    """Full address and name of each provider: Terraform knows which registry one is of where nobody says it."""
    with tempfile.TemporaryDirectory(prefix="addresses-") as folder:
        only = {"terraform": {"required_providers": required}}
        Path(folder, "main.tf.json").write_text(json.dumps(only), encoding="utf-8")
        listed = workspace.engine.run(Path(folder), "providers", "-no-color", environment=environment)
    return set(_ADDRESS.findall(listed.stdout))


def _platform(workspace: Workspace, environment: Mapping[str, str]) -> str:
    told = workspace.engine.run(workspace.folder, "version", "-json", environment=environment)
    return str(json.loads(told.stdout)["platform"])


if __name__ == "__main__":
    serve(sys.argv[1], json.loads(Path("cdk.tf.json").read_text(encoding="utf-8")))
