"""What templates gave becomes what mail programs can read: CSS inlined, a text part for all."""

from __future__ import annotations

from collections.abc import Callable

from markupsafe import escape

from .css import inlined
from .plaintext import plaintext
from .render import Rendered

_NO_TITLE = "<title></title>"


def dressed(rendered: Rendered, stylesheet: Callable[[str], str | None]) -> Rendered:
    """The same, with CSS where it is used, and with a text if there is only HTML.

    `stylesheet` gives the CSS that a `<link>` leads to, if it is the application's own.
    """
    if rendered.html is None:
        return rendered
    html = inlined(rendered.html, stylesheet)
    if rendered.subject:
        html = html.replace(_NO_TITLE, f"<title>{escape(rendered.subject)}</title>", 1)
    text = plaintext(html) if rendered.text is None else rendered.text
    return rendered._replace(text=text, html=html)
