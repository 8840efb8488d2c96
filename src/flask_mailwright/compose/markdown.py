"""Markdown to HTML: that of a template, whose values are shown as they are, and that of a value."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import lru_cache
from html import unescape
from typing import Any

from markupsafe import Markup

from ..errors import ConfigError, MessageError


class Values:
    """What a Markdown template prints, set aside, so that none of it is read as Markdown.

    A word takes its place that no value can know. HTML (what is marked safe and begins with a tag)
    is set aside too; other text that is marked safe is Markdown, as the blocks and macros of a
    template are.
    """

    def __init__(self) -> None:
        self._stem = f"v{secrets.token_hex(8)}x"
        self._kept: list[str] = []
        self._word = re.compile(rf"{self._stem}(\d+)z")
        self._alone = re.compile(rf"<p>({self._word.pattern})</p>")

    def keep(self, value: object) -> Markup:
        """What stands in the Markdown for the value."""
        if isinstance(value, Markup) and not _begins_with_tag(value):
            return value
        return self.keep_html(value) if isinstance(value, Markup) else self._put(str(value))

    def keep_html(self, value: Markup) -> Markup:
        """The same for what is HTML, whatever it begins with."""
        return self._put(Markup(self.html(value)))

    def linked(self, markdown: str) -> str:
        """`<url>` is a link in Markdown, also where the URL is a value; but not in code."""
        return re.sub(rf"<({self._stem}\d+)z>", r"\1a", markdown)

    def whole(self, text: str) -> str:
        """The text, if no part of a word that stands for a value is left in it."""
        if self._stem[:9] in text.lower():
            raise MessageError([_REWRITTEN])
        return text

    def html(self, page: str) -> str:
        """The page with the values in their places, escaped; HTML that is a paragraph is none."""
        page = re.sub(rf"({self._stem}\d+)a", r"&lt;\1z&gt;", page)
        page = self._alone.sub(lambda found: self._block(found[1], int(found[2])), page)
        return self._word.sub(lambda found: str(Markup.escape(self._kept[int(found[1])])), page)

    def plain(self, text: str) -> str:
        """The text with the values in their places, as they are."""
        return self._word.sub(lambda found: _unmarked(self._kept[int(found[1])]), text)

    def _put(self, value: str) -> Markup:
        self._kept.append(value)
        return Markup(f"{self._stem}{len(self._kept) - 1}z")

    def _block(self, word: str, number: int) -> str:
        kept = self._kept[number]
        is_html = isinstance(kept, Markup) and _begins_with_tag(kept)
        return word if is_html else f"<p>{word}</p>"


def _unmarked(kept: str) -> str:
    return unescape(kept) if isinstance(kept, Markup) else kept


def _begins_with_tag(text: str) -> bool:
    return text.lstrip().startswith("<")


_VALUES: ContextVar[Values] = ContextVar("values")


@contextmanager
def values_apart() -> Iterator[Values]:
    """What is `set_apart` in the block is in the Values."""
    token = _VALUES.set(Values())
    try:
        yield _VALUES.get()
    finally:
        _VALUES.reset(token)


def set_apart(value: object) -> Markup:
    """What a template prints within `values_apart`."""
    return _VALUES.get().keep(value)


def set_apart_html(value: Markup) -> Markup:
    """The same for what is HTML, whatever it begins with."""
    return _VALUES.get().keep_html(value)


def in_place(value: object) -> object:
    """What was marked safe, with the values in it that were `set_apart`."""
    return Markup(_VALUES.get().html(value)) if isinstance(value, Markup) else value


def page_of(markdown: str, values: Values) -> Markup:
    """The HTML of a rendered template. What is HTML in it was written by its author."""
    page = values.html(_parser(escape=False)(values.linked(markdown)))
    return Markup(values.whole(page))


def markdown(text: object) -> Markup:
    r"""The filter for a value that holds Markdown; HTML in it is shown, not obeyed.

    >>> markdown("*Hi* <script>")
    Markup('<p><em>Hi</em> &lt;script&gt;</p>\n')
    """
    return Markup(_parser(escape=True)(str(text)))


@lru_cache(maxsize=2)
def _parser(*, escape: bool) -> Callable[[str], str]:
    try:
        import mistune
    except ImportError as error:
        raise ConfigError([_NO_MISTUNE]) from error

    class Renderer(mistune.HTMLRenderer):
        """Asks whether a link is harmful when it is whole."""

        def sanitize_url(self, url: str) -> str:
            return super().sanitize_url(_whole(url))

        def safe_url(self, url: str) -> str:
            return super().safe_url(_whole(url))

    def parse_linked(inline: Any, found: re.Match[str], state: Any) -> int:
        word = f"{found[0][:-1]}z"
        url = f"mailto:{word}" if _ADDRESS.fullmatch(_whole(word)) else word
        text = {"type": "text", "raw": word}
        state.append_token({"type": "link", "children": [text], "attrs": {"url": url}})
        return found.end()

    renderer = Renderer(escape=escape, allow_harmful_protocols=("cid:",))
    parser = mistune.create_markdown(
        escape=escape, renderer=renderer, plugins=["table", "strikethrough", "url"]
    )
    parser.inline.register("linked", _LINKED, parse_linked, before="link")
    return lambda text: str(parser(text))


def _whole(url: str) -> str:
    values = _VALUES.get(None)
    return url if values is None else values.plain(url)


_LINKED = r"v[0-9a-f]{16}x\d+a"
"""What `Values.linked` makes."""
_ADDRESS = re.compile(r"[^\s:/?#<>@]+@[^\s:/?#<>@]+")
_NO_MISTUNE = "mail in Markdown needs mistune: pip install 'flask-mailwright[markdown]'"
_REWRITTEN = (
    "a filter, or {% filter %}, changed text with values in it; use it on the values themselves,"
    " or write the template as .html"
)
