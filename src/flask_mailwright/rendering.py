"""An app's templates as its mail has them: its links, its files, and the reader's language."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from flask import Flask

from .appcontext import context_of
from .assets import Assets
from .compose.dress import dressed
from .compose.images import image_inliner
from .compose.markdown import markdown
from .compose.render import Rendered, Templates
from .languages import is_right_to_left, localtime, reader_of, speaking
from .links import url_maker
from .unsubscribe.reader import url_of_reader, written_to


class Rendering:
    """Of one app; `base_url` is what links in its mail begin with, "" where that is not said.

    `way_out`: the link at which an address leaves a list.
    """

    def __init__(self, app: Flask, base_url: str, way_out: Callable[[object, str], str]) -> None:
        url_for = url_maker(app, base_url)
        self._app = app
        self._assets = Assets(app, url_for)
        own: dict[str, Callable[..., str]] = {
            "url_for": url_for,
            "inline_image": image_inliner(self._assets.find),
            "unsubscribe_url": url_of_reader(way_out),
        }
        filters = {"markdown": markdown, "localtime": localtime}
        self._templates = Templates(app.jinja_env, own, filters)

    def render(
        self, template: str, context: Mapping[str, Any], *, subject: str | None, to: list[Any]
    ) -> tuple[Rendered, str | None]:
        """With the app's context processors and globals; and the language that it is in."""
        with (
            context_of(self._app),
            written_to(to),
            speaking(self._app, reader_of(to)) as locale,
        ):
            values = {"mail_locale": locale, "mail_subject": subject or "", **context}
            values.setdefault("mail_dir", "rtl" if is_right_to_left(locale) else "ltr")
            self._app.update_template_context(values)
            rendered = self._templates.render(
                template, values, subject=subject is None, locale=locale
            )
            return dressed(rendered, self._assets.stylesheet), locale
