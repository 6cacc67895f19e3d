"""A worker that finds the others of its set, with nothing but Python: the place of your own program in `worker_set`.

Each worker answers on the port of its set and asks all the others by their names, until every one has answered. Then it
says so, and goes on answering. `--once` ends it there instead, for a test.

The environment is what a worker set gives: WORKER_HOSTS (HOST:PORT of each worker, comma-separated), WORKER_PORT, and
PET_NODE_RANK, this worker's place in the list.
"""

from __future__ import annotations

import argparse
import os
import socket
import socketserver
import threading
import time

PATIENCE_SECONDS = 2.0


class Answer(socketserver.BaseRequestHandler):
    """Tells who asks which worker this is."""

    def handle(self) -> None:
        """Answers one connection."""
        self.request.sendall(f"{os.environ['PET_NODE_RANK']}\n".encode())


class Server(socketserver.ThreadingTCPServer):
    """Answers on every address of the pod."""

    allow_reuse_address = True
    daemon_threads = True


def ask(host: str, port: int) -> int:
    """The rank that answers there.

    Raises:
        OSError: nobody does, or the name is not known yet.
    """
    with socket.create_connection((host, port), timeout=PATIENCE_SECONDS) as connection:
        return int(connection.makefile().readline())


def main() -> None:
    """Answers, and finds the others."""
    parser = argparse.ArgumentParser(description="Finds the other workers of the set.")
    parser.add_argument(
        "--once", action="store_true", help="end when all others are found and have found this one"
    )
    once = parser.parse_args().once
    rank = int(os.environ["PET_NODE_RANK"])
    hosts = os.environ["WORKER_HOSTS"].split(",")
    server = Server(("", int(os.environ["WORKER_PORT"])), Answer)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    for peer, address in enumerate(hosts):
        host, _, port = address.rpartition(":")
        while True:
            try:
                found = ask(host, int(port))
            except (OSError, ValueError) as error:
                print(f"worker {rank}: waiting for {address}: {error}", flush=True)
                time.sleep(PATIENCE_SECONDS)
                continue
            break
        if found != peer:
            raise SystemExit(f"worker {rank}: at {address} answers worker {found}, not {peer}")
        print(f"worker {rank}: worker {peer} answers at {address}", flush=True)
    print(f"worker {rank}: all {len(hosts)} workers are there", flush=True)
    if once:
        time.sleep(PATIENCE_SECONDS * 2)  # for those that are still asking
    else:
        threading.Event().wait()


if __name__ == "__main__":
    main()
