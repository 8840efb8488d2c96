"""Who may see the mailbox: a browser on this machine, on a page of ours; nobody else."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from ipaddress import ip_address
from secrets import compare_digest

from werkzeug.sansio.utils import host_is_trusted
from werkzeug.wrappers import Request

_FORWARDED_FOR = re.compile(r'for="?([^",;]*)', re.IGNORECASE)
_HOST = re.compile(r"(\[[0-9a-f:.]+\]|[^:\[\]]+)(?::[0-9]+)?", re.IGNORECASE)


def why_not(request: Request, trusted: Iterable[str] | None) -> str:
    """Why this request gets nothing to see; "" when it may."""
    if not all(map(is_loopback, _senders(request))):
        return _NOT_HERE
    if not all(_is_ours(host, trusted) for host in _hosts(request)):
        return _NOT_THIS_HOST
    return ""


def is_from_elsewhere(request: Request) -> bool:
    """Whether a browser says that another site's page has made this request."""
    site = request.headers.get("Sec-Fetch-Site", "same-origin")
    origin = request.headers.get("Origin")
    ours = f"{request.scheme}://{request.environ.get('HTTP_HOST', '')}".lower()
    return site not in ("same-origin", "none") or (origin is not None and origin.lower() != ours)


def is_proven(shown: str, secret: str) -> bool:
    """Whether a form came from a page of ours, which a browser without such headers cannot say."""
    return compare_digest(shown.encode(), secret.encode())


def is_loopback(address: str) -> bool:
    """An IP address of this machine itself.

    >>> is_loopback("127.0.0.53"), is_loopback("::ffff:127.0.0.1"), is_loopback("127.evil.example")
    (True, True, False)
    """
    try:
        found = ip_address(address.strip().strip("[]").partition("%")[0])
    except ValueError:
        return False
    return (getattr(found, "ipv4_mapped", None) or found).is_loopback


def _senders(request: Request) -> Iterator[str]:
    """All that anybody says they are: what a proxy tells can only take away trust, never give it.

    Behind ProxyFix the connection's own address is in `werkzeug.proxy_fix.orig`.
    """
    yield request.environ.get("REMOTE_ADDR") or ""
    yield from _before_proxy_fix(request, "REMOTE_ADDR")
    for name in ("X-Forwarded-For", "X-Real-IP"):
        for line in request.headers.getlist(name):
            yield from map(_without_port, line.split(","))
    for line in request.headers.getlist("Forwarded"):
        yield from map(_without_port, _FORWARDED_FOR.findall(line))


def _hosts(request: Request) -> Iterator[str]:
    yield request.environ.get("HTTP_HOST") or ""
    yield from _before_proxy_fix(request, "HTTP_HOST")


def _before_proxy_fix(request: Request, key: str) -> Iterator[str]:
    orig = request.environ.get("werkzeug.proxy_fix.orig")
    if orig is not None:
        yield orig.get(key) or ""


def _without_port(address: str) -> str:
    address = address.strip()
    found = re.fullmatch(r"\[(.+)\](?::[0-9]+)?|([0-9.]+):[0-9]+", address)
    return (found[1] or found[2]) if found else address


def _is_ours(host: str, trusted: Iterable[str] | None) -> bool:
    """A page of another name may be anybody's, whose DNS points here (rebinding)."""
    found = _HOST.fullmatch(host)
    if found is None:
        return False
    name = found[1].lower()
    if name == "localhost" or name.endswith(".localhost") or is_loopback(name):
        return True
    named = [trusted] if isinstance(trusted, str) else list(trusted or ())
    return bool(named) and host_is_trusted(host, named)


_NOT_HERE = (
    "The development mailbox is shown on the machine that runs the app and nowhere else: open it"
    " there, at localhost or 127.0.0.1, without a proxy between."
)
_NOT_THIS_HOST = (
    "The development mailbox answers to localhost and 127.0.0.1 only: open it there, or name this"
    " host in the app's TRUSTED_HOSTS."
)
