"""The links of an app with which its readers leave its lists, written and read."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from ipaddress import ip_address
from urllib.parse import urlsplit

from flask import Flask

from ..address import Address
from ..compose.lists import label
from ..errors import MessageError
from ..links import root_url
from .path import PREFIX
from .token import DAY, LASTS, Purpose, Wish, read, written


class Exits:
    """Of one app; `base_url` is what links in its mail begin with, "" where that is not said."""

    def __init__(self, app: Flask, base_url: str, now: Callable[[], float]) -> None:
        self._app = app
        self._base = base_url
        self._now = now

    def url(self, address: object, name: str) -> str:
        """Where this address leaves that list, for a year; MessageError when there is no such page.

        On the same day it is the same.
        """
        wire = Address.parse(address).wire
        if faults := list(self.faults()):
            raise MessageError(faults)
        expires = int((self._now() + LASTS) // DAY)
        wish = Wish(wire, label(name), expires)
        token = written(wish, next(self._secrets()), Purpose(self._app.name))
        return f"{root_url(self._app, self._base)}{PREFIX}{token}"

    def faults(self) -> Iterator[str]:
        """Why no such link can be made here and now."""
        if "mailwright_unsubscribe" not in self._app.blueprints:
            yield _TOO_LATE
        if not self._app.config.get("SECRET_KEY"):
            yield _NO_SECRET
        root = root_url(self._app, self._base)
        if not root:
            yield _NOWHERE
        elif not _is_safe(root):
            yield _NOT_HTTPS

    def wish(self, token: str) -> Wish | None:
        """What the bearer of a token may do; None when this app has not written it."""
        return read(token, self._secrets(), Purpose(self._app.name))

    def is_over(self, wish: Wish) -> bool:
        """Whether its year has passed."""
        return wish.expires < self._now() // DAY

    def _secrets(self) -> Iterator[bytes]:
        """The one that writes, then those that were used before it and still read."""
        config = self._app.config
        former = config.get("SECRET_KEY_FALLBACKS") or ()
        several = (former,) if isinstance(former, str | bytes) else former
        for secret in (config.get("SECRET_KEY"), *several):
            if secret:
                yield secret if isinstance(secret, bytes) else str(secret).encode()


def _is_safe(root: str) -> bool:
    """RFC 8058 §3.1 demands https; on a developer's own machine there is nobody to listen."""
    url = urlsplit(root)
    return url.scheme == "https" or _is_loopback(url.hostname or "")


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


_TOO_LATE = (
    "nobody can leave a list here, for this Mail met its app after the first request: call"
    " mail.init_app(app) while the app is set up"
)
_NO_SECRET = (
    "the link to leave a list is signed, and there is no SECRET_KEY: set it, the same one for all"
    " processes of the app"
)
_NOWHERE = (
    "nobody knows what the link to leave a list begins with here: set MAIL_BASE_URL=https://..."
)
_NOT_HTTPS = (
    "the link to leave a list must be https, as mail programs demand (RFC 8058): set"
    " MAIL_BASE_URL=https://...; http is taken on the reader's own machine only, for development"
)
