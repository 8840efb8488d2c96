"""An application on a loopback port, served by threads, and what it was asked for."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple

from flask import Flask
from werkzeug.serving import WSGIRequestHandler, make_server

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIEnvironment


class Served(NamedTuple):
    """Where it is, without a last slash, the application, and "GET /path" of every request."""

    url: str
    port: int
    app: Flask
    asked: list[str]


class _Quiet(WSGIRequestHandler):
    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """`Served.asked` knows."""


@contextmanager
def served(make_app: Callable[[str], Flask]) -> Iterator[Served]:
    """`make_app` is told the URL at which its application will be found."""
    with make_server("127.0.0.1", 0, _nobody, threaded=True, request_handler=_Quiet) as server:
        url = f"http://127.0.0.1:{server.port}"
        site = Served(url, server.port, make_app(url), [])
        server.app = _Noting(site)
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield site
        finally:
            server.shutdown()
            thread.join()


class _Noting:
    """The application, with a list of what it is asked."""

    def __init__(self, site: Served) -> None:
        self._site = site

    def __call__(self, environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        self._site.asked.append(f"{environ['REQUEST_METHOD']} {environ['PATH_INFO']}")
        return self._site.app(environ, start)


def _nobody(_environ: object, _start: object) -> list[bytes]:
    """Nothing is asked before there is an application."""
    raise AssertionError
