"""Links and images that readers can open, and safely."""

from __future__ import annotations

import re
from collections.abc import Iterator
from ipaddress import ip_address
from urllib.parse import urlsplit

from ..finding import Finding
from ..reading import Reading
from .addresses import Use, addresses
from .placeholders import is_left

ABSOLUTE = "Set MAIL_BASE_URL, and url_for makes links absolute that everybody can open."
DEAD = Finding("dead-link", "warn", "a link leads nowhere",
               mend="Give it the address of a page, or make it no link.")  # fmt: skip
NO_IMAGE = Finding("dead-link", "error", "an image has no address",
                   mend="Give it one, or leave the image out.")  # fmt: skip
NO_PAGE = Finding("dead-link", "error", "no mail client opens such an address",
                  mend="Link to a page.")  # fmt: skip
NO_HOST = NO_PAGE._replace(message="an address names no host: it opens nothing", mend=ABSOLUTE)
NO_SCHEME = Finding("relative-link", "error", "an address without https: opens nothing in a mail",
                    mend="Write https: in front of it.")  # fmt: skip
RELATIVE = Finding("relative-link", "error", "a relative address leads nowhere in a mail",
                   mend=ABSOLUTE)  # fmt: skip
LOCAL = Finding(
    "local-link",
    "error",
    "an address is that of the reader's own machine or network: nobody else can open it",
    mend=ABSOLUTE,
)
INSECURE = Finding(
    "insecure-link",
    "warn",
    "a link is http: anybody on the way can change what it opens, and browsers warn of it",
    mend="Write https; with an https MAIL_BASE_URL, url_for does.",
)
INSECURE_IMAGE = INSECURE._replace(message="an image is http: many clients do not show it")
_SCHEME = re.compile(r"(?!localhost:|[^:/.]*+\.[^:/]*+:\d)([a-z][a-z0-9+.-]*+):", re.IGNORECASE)
"""And not a host with its port."""
_HERE = ("localhost", ".localhost", ".local", ".localdomain")
_NO_PAGES = frozenset("javascript file blob about vbscript".split())


def links(reading: Reading) -> Iterator[Finding]:
    """Every address, wherever it stands."""
    anchors: set[str] | None = None
    for use in addresses(reading):
        if use.link and use.url.startswith("#") and len(use.url) > 1:
            anchors = _anchors(reading) if anchors is None else anchors
            if use.url[1:] not in anchors:
                yield DEAD.at(use.where)
        elif not is_left(use.url):
            yield from _judged(use)


def _judged(use: Use) -> Iterator[Finding]:
    found = _SCHEME.match(use.url)
    scheme = found[1].lower() if found else ""
    if scheme in {"http", "https"}:
        yield from _web(use, scheme)
    elif scheme in _NO_PAGES:
        yield NO_PAGE.at(use.where)
    elif use.url in {"", "#"} or (found and found[0] == use.url):
        yield (DEAD if use.link else NO_IMAGE).at(use.where)
    elif not scheme:
        yield (NO_SCHEME if use.url.startswith("//") else RELATIVE).at(use.where)


def _web(use: Use, scheme: str) -> Iterator[Finding]:
    host = _host(use.url)
    if host == "":
        yield NO_HOST.at(use.where)
    elif host is not None and _is_here(host):
        yield LOCAL.at(use.where)
    elif scheme == "http":
        yield (INSECURE if use.link else INSECURE_IMAGE).at(use.where)


def _host(url: str) -> str | None:
    """None when the address cannot be read."""
    try:
        return (urlsplit(url).hostname or "").rstrip(".")
    except ValueError:
        return None


def _is_here(host: str) -> bool:
    try:
        return ip_address(host).is_loopback or ip_address(host).is_unspecified
    except ValueError:
        return host == _HERE[0] or host.endswith(_HERE[1:])


def _anchors(reading: Reading) -> set[str]:
    named = (each.attributes for each in reading.page.elements)
    return {name for each in named for name in (each.get("id"), each.get("name")) if name} | {"top"}
