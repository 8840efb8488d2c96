"""A mail's HTML as a browser may show it: nothing in it runs, nothing is fetched unless asked for.

What keeps it so are the headers, not the rewriting: the text is foreign and stays foreign. What is
changed are `cid:` images, where links open, which `prefers-color-scheme` is true, and tags by which
a browser connects ahead.
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Iterable, Iterator
from html import unescape
from typing import NamedTuple
from urllib.parse import unquote

from ..compose.mime import ParsedPart

MOST = 32 * 2**20
"""Characters of images that a body may grow by: one image can be named a thousand times."""

IMAGES = {"on": "data:", "none": "'none'", "remote": "http: https: data:"}
"""What a body may show: what the mail brings along, nothing, or what it would fetch as well."""
SCHEMES = ("light", "dark")


class Look(NamedTuple):
    """How a body is wanted."""

    images: str = "on"
    scheme: str = "light"


def headers(look: Look) -> dict[str, str]:
    """Opened in a frame or by itself: an origin of its own, no script, no form, no request.

    The policy for DNS and that of the opener close what a content policy does not cover.
    """
    return {
        "Content-Security-Policy": _CSP.format(IMAGES[look.images]),
        "Referrer-Policy": "no-referrer",
        "X-DNS-Prefetch-Control": "off",
    }


_CSP = (
    "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none';"
    " style-src 'unsafe-inline'; img-src {}; form-action 'none'; base-uri 'none';"
    " frame-ancestors 'self'"
)


def body(html: str, parts: Iterable[ParsedPart], look: Look) -> str:
    """The HTML with its own images in it, links that open a window, in the wanted scheme."""
    html = _in_scheme(_without_frames_and_hints(html), look.scheme)
    if look.images != "none":
        html = _with_images(html, parts)
    return _with_target(html)


def _without_frames_and_hints(html: str) -> str:
    """No mail program shows frames, and a policy does not keep a browser from connecting ahead.

    Measured: Chromium opens a connection for an `iframe` before it asks the policy, which then
    forbids the request; `<link rel=preconnect>` is under no policy at all. As `<!iframe` each is a
    comment up to the next `>`, whatever its attributes are (HTML §13.2.5.42).
    """
    return _CONNECTING.sub(r"<!\1", html)


_CONNECTING = re.compile(r"<(link|iframe|frame|object|embed)(?=[\s/>])", re.IGNORECASE)


def _with_images(html: str, parts: Iterable[ParsedPart]) -> str:
    by_cid = {part.cid: part for part in parts if part.cid and part.content_type in _SHOWN}
    left = MOST

    def image(found: re.Match[str]) -> str:
        nonlocal left
        part = by_cid.get(unquote(unescape(found[1])))
        if part is None or len(part.data) * 4 // 3 > left:
            return found[0]
        left -= len(part.data) * 4 // 3
        return f"data:{part.content_type};base64,{b64encode(part.data).decode()}"

    return _CID.sub(image, html) if by_cid else html


_SHOWN = frozenset(
    f"image/{kind}" for kind in "png gif jpeg jpg webp avif bmp svg+xml x-icon".split()
)
"""A script in an SVG does not run in an image."""
_CID = re.compile(
    r"(?:(?<=[\"'(,;\s])|(?<=\bsrc=)|(?<=\bbackground=))"
    r"cid:((?:(?!&(?:quot|apos|#3[49]);)[^\s\"'<>(),\\]){1,300})",
    re.IGNORECASE,
)
"""In `src`, `srcset`, `background` and `url(...)`, quoted or not; `;` ends a quote written as
&quot;."""


def _with_target(html: str) -> str:
    """Behind the doctype, so that the page keeps its mode; the first `base` decides.

    Only its `href` is what `base-uri 'none'` forbids. `target=_blank` implies `noopener`.
    """
    found = _DOCTYPE.match(html)
    place = found.end() if found else 0
    return f'{html[:place]}<base target="_blank">{html[place:]}'


_DOCTYPE = re.compile(
    r"\ufeff?\s*(?:<!--(?:(?!-->)[\s\S]){0,5000}-->\s*)*<!doctype[^>]*>", re.IGNORECASE
)


def _in_scheme(html: str, scheme: str) -> str:
    """For browsers whose frames take their scheme from the system, not from the page around."""
    return "".join(
        _SCHEME.sub(lambda found: _ALWAYS if found[1].lower() == scheme else _NEVER, piece)
        if is_css
        else piece
        for piece, is_css in _styled(html)
    )


_SCHEME = re.compile(r"\(\s*prefers-color-scheme\s*:\s*(dark|light)\s*\)", re.IGNORECASE)
_ALWAYS, _NEVER = "(min-width: 0px)", "(max-width: 0px)"
_STYLE = re.compile(r"<style(?=[\s/>])|\bmedia\s{0,9}=\s{0,9}[\"']", re.IGNORECASE)


def _styled(html: str) -> Iterator[tuple[str, bool]]:
    """Style elements and media attributes, and what is between."""
    end = 0
    while found := _STYLE.search(html, end):
        yield html[end : found.end()], False
        last = _STYLE_END if found[0].startswith("<") else _QUOTES[found[0][-1]]
        closing = last.search(html, found.end())
        end = closing.start() if closing else len(html)
        yield html[found.end() : end], True
    yield html[end:], False


_STYLE_END = re.compile("</style", re.IGNORECASE)
_QUOTES = {quote: re.compile(quote) for quote in "\"'"}
