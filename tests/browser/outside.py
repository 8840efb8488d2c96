"""A server that is every other site: it knows who came, and its pages attack whoever opens them."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import PurePosixPath
from types import TracebackType
from typing import NamedTuple, Self

from .payload import script

PIXEL = b"GIF89a\1\0\1\0\0\0\0!\xf9\4\1\0\0\0\0,\0\0\0\0\1\0\1\0\0\2\0;"
TYPES = {
    ".js": "text/javascript",
    ".html": "text/html",
    ".svg": "image/svg+xml",
    ".css": "text/css",
    ".gif": "image/gif",
}
PAGE = """<!doctype html><title>Outside</title><script>{script};
if (opener) {{
  new Image().src = "/opener/{name}";
  opener.location = "/opener/{name}.html";
}}</script>"""
SVG = '<svg xmlns="http://www.w3.org/2000/svg"><script>{script}</script></svg>'
CSS = "body {{ background: url(/track/{name}.gif) }}"
TEXTS = {".js": "{script}", ".html": PAGE, ".svg": SVG, ".css": CSS}


class Hit(NamedTuple):
    """A request that came in."""

    method: str
    path: str
    headers: Mapping[str, str]


class Outside:
    """Serves `/anything/NAME.html`, `.js`, `.svg` and `.css` that leave the mark of NAME.

    `pages` are further pages, as HTML by their path; every other path is an image of one pixel.
    `connections` were made, with a request or without.
    """

    def __init__(self) -> None:
        self.hits: list[Hit] = []
        self.pages: dict[str, str] = {}
        self.connections = 0
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))

    @property
    def port(self) -> int:
        """On 127.0.0.1."""
        return self._server.server_port

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def forget(self) -> None:
        """Who came so far."""
        self.hits.clear()
        self.connections = 0

    def answer(self, path: str) -> tuple[str, bytes]:
        """The type and content of a path."""
        if path in self.pages:
            return "text/html", self.pages[path].encode()
        name, suffix = PurePosixPath(path).stem, PurePosixPath(path).suffix
        if suffix not in TEXTS:
            return "image/gif", PIXEL
        return TYPES[suffix], TEXTS[suffix].format(name=name, script=script(name)).encode()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        outside = self

        class Handler(BaseHTTPRequestHandler):
            timeout = 30

            def setup(self) -> None:
                outside.connections += 1
                super().setup()

            def do_GET(self) -> None:
                outside.hits.append(Hit(self.command, self.path, dict(self.headers)))
                self.rfile.read(int(self.headers.get("Content-Length", 0)))
                kind, content = outside.answer(self.path.partition("?")[0])
                self.send_response(200)
                self.send_header("Content-Type", kind)
                self.send_header("Access-Control-Allow-Origin", "*")
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            do_POST = do_GET  # noqa: N815 - as above

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name there
                """Nothing is printed."""

        return Handler
