"""A token endpoint on loopback: counts what it is asked, and answers what it is told to."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import parse_qsl


class TokenServer:
    """Gives the `tokens` one after another; `refusal` is a status and an answer in their place."""

    def __init__(self, *tokens: str, expires_in: Any = 3600) -> None:
        self.tokens = list(tokens)
        self.expires_in = expires_in
        self.refusal: tuple[int, Any] | None = None
        self.more: dict[str, Any] = {}
        self.forms: list[dict[str, str]] = []
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())

    @property
    def url(self) -> str:
        """Of the endpoint."""
        return f"http://127.0.0.1:{self._server.server_port}/token"

    def answer(self, form: dict[str, str]) -> tuple[int, Any]:
        """Status and JSON."""
        self.forms.append(form)
        if self.refusal is not None:
            return self.refusal
        token = self.tokens.pop(0) if len(self.tokens) > 1 else self.tokens[0]
        return 200, {"access_token": token, "expires_in": self.expires_in, **self.more}

    def __enter__(self) -> Self:
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
        self._thread.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        told = self.answer

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                """One request."""
                body = self.rfile.read(int(self.headers["Content-Length"]))
                status, answer = told(dict(parse_qsl(body.decode())))
                octets = json.dumps(answer).encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(octets)))
                self.end_headers()
                self.wfile.write(octets)

            def log_message(self, *args: object) -> None:
                """Nothing."""

        return Handler
