"""The app's own files that mail may show: from its static and template folders, and no others."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple
from urllib.parse import SplitResult, unquote, urlsplit

from flask import Flask
from flask.sansio.scaffold import Scaffold
from werkzeug.security import safe_join

from .errors import MessageError


class Static(NamedTuple):
    """A static folder, and the path that its URLs begin with."""

    folder: str
    endpoint: str
    prefix: str


class Assets:
    """Finds files by name, in the app's folders first and then in those of its blueprints."""

    def __init__(self, app: Flask, url_for: Callable[..., str]) -> None:
        """`url_for`: what templates write their links with."""
        self._app = app
        self._url_for = url_for

    def find(self, name: str) -> Path | None:
        """The file of this name in a static or template folder."""
        found = (_file(folder, name) for folder in self._folders())
        return next((path for path in found if path), None)

    def stylesheet(self, href: str) -> str | None:
        """The CSS that a link leads to, by the name or the URL of a file; nothing is fetched."""
        path = self._linked(href)
        if path is None or path.suffix != ".css":
            return None
        try:
            return path.read_text("utf-8-sig")
        except UnicodeDecodeError as error:
            raise MessageError([f"stylesheet {path.name} is not in UTF-8; save it so"]) from error

    def _linked(self, href: str) -> Path | None:
        try:
            url = urlsplit(href)
        except ValueError:
            return None
        served = (self._served(url, static) for static in self._statics())
        path = next((path for path in served if path), None)
        by_url_only = url.netloc or url.scheme or path
        return path if by_url_only else self.find(unquote(url.path).lstrip("/"))

    def _served(self, url: SplitResult, static: Static) -> Path | None:
        """The file that the app answers with at this URL."""
        before, _, name = url.path.partition(static.prefix)
        path = _file(static.folder, unquote(name))
        if path is None or not (before or url.netloc):
            return path
        try:
            own = urlsplit(self._url_for(static.endpoint, filename=unquote(name)))
        except MessageError:  # nobody knows what links begin with
            return None
        is_own = url.netloc in {"", own.netloc} and unquote(url.path) == unquote(own.path)
        return path if is_own else None

    def _statics(self) -> Iterator[Static]:
        for rule in self._app.url_map.iter_rules():
            owner, _, view = rule.endpoint.rpartition(".")
            scaffold = self._app.blueprints.get(owner) if owner else self._app
            if view == "static" and scaffold and scaffold.static_folder:
                yield Static(scaffold.static_folder, rule.endpoint, rule.rule.partition("<")[0])

    def _folders(self) -> Iterator[str]:
        for scaffold in (self._app, *self._app.iter_blueprints()):
            yield from _static(scaffold)
        for scaffold in (self._app, *self._app.iter_blueprints()):
            yield from getattr(scaffold.jinja_loader, "searchpath", ())


def _file(folder: str, name: str) -> Path | None:
    path = safe_join(folder, name)
    # Unlike Path.is_file it takes a name that can be none.
    return Path(path) if path is not None and os.path.isfile(path) else None  # noqa: PTH113


def _static(scaffold: Scaffold) -> Iterator[str]:
    if scaffold.static_folder:
        yield scaffold.static_folder
