"""States over HTTP, each kept in its stack's folder.

Terraform writes a local state anew after every resource. Through this backend it writes it in the end, and every 20
seconds where something takes that long: a deploy on stand-ins takes a quarter less of the processor, a destroy half.
https://developer.hashicorp.com/terraform/language/backend/http
"""

from __future__ import annotations

import secrets
import threading
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

STATE_FILE = "terraform.tfstate"


class StateServer:
    """Serves the states of some folders to the programs of this machine that know their addresses."""

    def __init__(self) -> None:
        self._folders: dict[str, Path] = {}
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self._folders))
        self._server.daemon_threads = True
        # The default looks twice a second whether it shall end.
        threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True
        ).start()

    def address(self, folder: Path) -> str:
        """Where the state of a folder is, which cannot be guessed."""
        path = next((path for path, known in self._folders.items() if known == folder), None)
        if path is None:
            path = f"/{secrets.token_urlsafe()}"
            self._folders[path] = folder
        return f"http://127.0.0.1:{self._server.server_port}{path}"

    def close(self) -> None:
        """Ends it; the states stay."""
        self._server.shutdown()
        self._server.server_close()


def _handler(folders: dict[str, Path]) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        """Answers for the states of the folders."""

        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            """A state, or that there is none."""
            file = self._file()
            if file is None or not file.is_file():
                self._answer(HTTPStatus.NOT_FOUND)
            else:
                self._answer(HTTPStatus.OK, file.read_bytes())

        def do_POST(self) -> None:
            """Takes another state."""
            content = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            file = self._file()
            if file is None:
                self._answer(HTTPStatus.NOT_FOUND)
                return
            # Whole or not at all: a process that is killed leaves the one before.
            part = file.with_name(f"{file.name}.part")
            part.write_bytes(content)
            part.replace(file)
            self._answer(HTTPStatus.OK)

        def log_message(self, format: str, *arguments: object) -> None:
            """Says nothing: the terminal is the command's."""

        def _file(self) -> Path | None:
            folder = folders.get(urlsplit(self.path).path)
            return None if folder is None else folder / STATE_FILE

        def _answer(self, status: HTTPStatus, content: bytes = b"") -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

    return Handler
