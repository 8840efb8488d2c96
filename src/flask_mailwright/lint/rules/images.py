"""Images: a text in their place, a format that is shown, and a size that Outlook obeys."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import unquote, urlsplit

from ..finding import Finding
from ..page import Element
from ..reading import Reading
from ..support import OUTLOOK, without
from .elements import concerned

_FORMATS = {
    "avif": "image-avif",
    "bmp": "image-bmp",
    "heic": "image-heif",
    "heif": "image-heif",
    "mp4": "image-mp4",
    "svg": "image-svg",
    "svg+xml": "image-svg",
    "tif": "image-tiff",
    "tiff": "image-tiff",
    "webp": "image-webp",
}
"""By the end of an address, or by a part's content type."""
_PIXELS = re.compile(r"\d+(?:\.\d+)?px")


def images(reading: Reading) -> Iterator[Finding]:
    """Every image that is not for Outlook on Windows alone."""
    for image in reading.page.seen:
        if image.tag == "img":
            yield from _text(image, reading)
            yield from _format(image, reading)
            yield from _size(image, reading)


def _text(image: Element, reading: Reading) -> Iterator[Finding]:
    own = image.attributes
    if "alt" in own or own.get("role") in {"presentation", "none"} or "aria-hidden" in own:
        return
    yield Finding(
        "missing-alt",
        "warn",
        "an image has no alt text: screen readers spell its file name, and without images it is"
        " nothing",
        reading.at(image),
        mend='Say in alt what it shows, or write alt="" when it is only decoration.',
    )


def _format(image: Element, reading: Reading) -> Iterator[Finding]:
    source = image.attributes.get("src", "").strip()
    if source[:5].lower() == "data:":
        yield Finding(
            "data-image",
            "warn",
            "an image is written into the HTML as data:",
            reading.at(image),
            without("image-base64", "na"),
            "Let it travel as a part, with inline_image() or Message.inline(), or link to it.",
        )
        return
    kind = _kind(source, reading)
    clients = concerned(image, _FORMATS[kind]) if kind in _FORMATS else ()
    if clients:
        yield Finding(
            "image-format",
            "warn",
            f"an image is {kind.removesuffix('+xml').upper()}, which is not shown everywhere",
            reading.at(image),
            clients,
            "Make it a PNG or a JPEG.",
        )


def _kind(source: str, reading: Reading) -> str:
    if source[:4].lower() == "cid:":
        part = reading.inline.get(unquote(source[4:]).casefold())
        return "" if part is None else part.content_type.partition("/")[2]
    try:
        path = urlsplit(source).path
    except ValueError:
        return ""
    return path.rpartition(".")[2].lower()


def _size(image: Element, reading: Reading) -> Iterator[Finding]:
    """Outlook on Windows takes an image's width from the attribute only."""
    wide = image.value("width") or image.value("max-width")
    if "width" in image.attributes or image.audience == "others" or not _PIXELS.fullmatch(wide):
        return
    yield Finding(
        "image-width",
        "warn",
        "an image has its width in CSS only, and may be shown far too large",
        reading.at(image),
        (OUTLOOK,),
        "Write a width attribute, too: the same number without px.",
    )
