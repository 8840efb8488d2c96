"""The app's own files that mail may show: from its static and template folders, and no others."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote, urlsplit

from flask import Flask
from flask.sansio.scaffold import Scaffold
from werkzeug.security import safe_join


class Assets:
    """Finds files by name, in the app's folders first and then in those of its blueprints."""

    def __init__(self, app: Flask, base_url: str) -> None:
        self._app = app
        self._base = urlsplit(base_url)

    def find(self, name: str) -> Path | None:
        """The file of this name in a static or template folder."""
        places = (safe_join(folder, name) for folder in self._folders())
        found = (Path(place) for place in places if place is not None)
        return next((path for path in found if path.is_file()), None)

    def stylesheet(self, href: str) -> str | None:
        """The CSS that a link leads to, by the name or the URL of a file; nothing is fetched."""
        path = self.find(self._name(href))
        return path.read_text("utf-8") if path and path.suffix == ".css" else None

    def _name(self, href: str) -> str:
        parts = urlsplit(href)
        if parts.netloc and parts.netloc != self._base.netloc:
            return ""
        path = unquote(parts.path).removeprefix(self._base.path)
        static = f"{self._app.static_url_path or ''}/"
        return path.removeprefix(static).lstrip("/")

    def _folders(self) -> Iterator[str]:
        for scaffold in (self._app, *self._app.iter_blueprints()):
            yield from _static(scaffold)
        for scaffold in (self._app, *self._app.iter_blueprints()):
            yield from getattr(scaffold.jinja_loader, "searchpath", ())


def _static(scaffold: Scaffold) -> Iterator[str]:
    if scaffold.static_folder:
        yield scaffold.static_folder
