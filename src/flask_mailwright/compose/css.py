"""Style sheets to `style` attributes, for the mail clients that know nothing else.

css-inline does it (extra `html`). What it must not touch is kept from it: styles for other media
than the screen, remote style sheets, Outlook's conditions, and HTML so deep that it would crash.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from functools import lru_cache
from html import escape
from typing import NamedTuple

from .markup import ATTRIBUTES, attributes_of
from .nesting import nests_deeper

DEEPEST = 100
"""Nested elements. css-inline ends the process at a depth of thousands, of fewer in a thread."""

_LOGGER = logging.getLogger("flask_mailwright")
_STYLED = re.compile(r"<[sSlL][tTiI][yYnN][lLkK][eE\s/>]")
"""`<style` and `<link`, or hardly anything else: of most mail this is all that is asked."""
_PART = re.compile(
    rf"""<!--(?=-?>)-?> | <!--(?:[^-]++|-(?!-!?>))*+(?:--!?>)?+
      | <!\[(?P<condition>if[^\]<>]*+|endif)\]>
      | <link(?=[\s/>])(?P<link>{ATTRIBUTES})>
      | <style(?P<style>(?=[\s/>]){ATTRIBUTES})>(?P<css>(?:[^<]++|<(?!/style[\s/>]))*+)
      | <(?:link|style)(?=[\s/>]).*+""",
    re.IGNORECASE | re.DOTALL | re.VERBOSE,
)
_ASIDE = ' data-css-inline="ignore"'
_EMPTY = re.compile(r"<style[^>]*+>\s*+</style>\n?", re.IGNORECASE)
_DOCUMENT = re.compile(r"<(?:!doctype|html|head|body)[\s/>]", re.IGNORECASE)
_DOCTYPE = re.compile(r"\s*+<!doctype[^>]*+>", re.IGNORECASE)
_SCREEN = re.compile(r"(?:(?:only\s+)?(?:screen|all)\s*(?:,|$))|\s*$", re.IGNORECASE)
_END, _ESCAPED = re.compile(r"</(?=style)", re.IGNORECASE), r"<\\/"
_COMMENT = re.compile(r"/\*.*?(?:\*/|\Z)", re.DOTALL)
_BRACE = re.compile(r"([^{}]*)([{}])")


class _Inliner(NamedTuple):
    document: Callable[[str], str]
    fragment: Callable[[str, str], str]
    refusal: type[Exception]


def inlined(html: str, stylesheet: Callable[[str], str | None]) -> str:
    """`html` with its styles at its elements; what cannot be there stays in a `<style>`.

    `stylesheet` is asked for the text of each linked style sheet by its `href`; one that it
    answers with None stays linked. Nothing is ever fetched. Without css-inline, when the CSS
    cannot be read, and when elements stand too deep in each other, `html` stays as it is, and a
    warning is logged.
    """
    if not _STYLED.search(html):
        return html
    prepared = _PART.sub(lambda part: _prepared(part, stylesheet), html)
    if not _has_work(prepared):
        return prepared.replace(_ASIDE, "")
    done = _inlined(prepared)
    return html if done is None else _EMPTY.sub("", done.replace(_ASIDE, ""))


def _has_work(html: str) -> bool:
    """Whether any `<style>` may be inlined; of the shipped layout's none may."""
    styles = (part["style"] for part in _PART.finditer(html))
    return any(style is not None and _ASIDE.strip() not in style for style in styles)


def _prepared(part: re.Match[str], stylesheet: Callable[[str], str | None]) -> str:
    written = part[0]
    if part["condition"]:
        return _lasting(part["condition"])
    if part["link"] is not None:
        return _linked(written, attributes_of(part["link"]), stylesheet)
    if part["style"] is not None and not _is_for_screen(attributes_of(part["style"])):
        return f"{written[:6]}{_ASIDE}{written[6:]}"
    return written


def _lasting(condition: str) -> str:
    """`<![if !mso]>` and `<![endif]>` in the form that is still a condition when parsed."""
    return f"<!--[{condition}]><!-->" if condition.lower() != "endif" else "<!--<![endif]-->"


def _linked(
    written: str, attributes: dict[str, str], stylesheet: Callable[[str], str | None]
) -> str:
    """A style sheet of the application's own, as a `<style>`."""
    if "stylesheet" not in attributes.get("rel", "").lower().split():
        return written
    css = stylesheet(attributes.get("href", ""))
    if css is None:
        return written
    media = f' media="{escape(attributes["media"])}"' if "media" in attributes else ""
    aside = "" if _is_for_screen(attributes) else _ASIDE
    return f"<style{aside}{media}>{_END.sub(_ESCAPED, css)}</style>"


def _is_for_screen(attributes: dict[str, str]) -> bool:
    return _SCREEN.match(attributes.get("media", "").strip()) is not None


def _inlined(html: str) -> str | None:
    """None when it must not, or cannot, be done."""
    if nests_deeper(html, DEEPEST):
        _LOGGER.warning(
            "the HTML of a mail nests more than %d elements; its CSS was not inlined", DEEPEST
        )
        return None
    try:
        inliner = _inliner()
    except ImportError:
        _warn_of_loss(html)
        return None
    try:
        if not _DOCUMENT.search(html):
            return inliner.fragment(html, "")
        return _as_declared(html, inliner.document(html))
    except inliner.refusal as error:
        _LOGGER.warning("the CSS of a mail was not inlined, mend it: %s", error)
        return None
    except UnicodeEncodeError:
        return None  # a lone surrogate, which the check of the message names


def _as_declared(html: str, done: str) -> str:
    """XHTML 1.0's doctype leaves no gaps below images in cells; `<!DOCTYPE html>` does."""
    declared = _DOCTYPE.match(html)
    return _DOCTYPE.sub(lambda _: declared[0], done, count=1) if declared else done


@lru_cache(maxsize=1)
def _inliner() -> _Inliner:
    """One for the process: threads may share it."""
    from css_inline import CSSInliner, InlineError

    inliner = CSSInliner(
        keep_style_tags=True,
        keep_link_tags=True,
        remove_inlined_selectors=True,
        load_remote_stylesheets=False,
    )
    return _Inliner(inliner.inline, inliner.inline_fragment, InlineError)


def _warn_of_loss(html: str) -> None:
    """Once, when there are rules that only css-inline could put where all clients see them."""
    if any(_has_rules(part["css"]) for part in _PART.finditer(html) if part["css"]):
        _warn_once()


@lru_cache(maxsize=1)
def _warn_once() -> None:
    _LOGGER.warning(
        "a mail has a <style> that many mail clients ignore; to have it inlined:"
        " pip install 'flask-mailwright[html]'"
    )


def _has_rules(css: str) -> bool:
    """Rules of its own, outside of @media and the like."""
    depth = 0
    for prelude, brace in _BRACE.findall(_COMMENT.sub("", css)):
        if brace == "{" and depth == 0 and not prelude.rpartition(";")[2].strip().startswith("@"):
            return True
        depth = depth + 1 if brace == "{" else max(depth - 1, 0)
    return False
