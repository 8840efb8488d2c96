"""Flask-Mail's helpers for header fields, for those who call them; our own road does without."""

from __future__ import annotations

from collections.abc import Iterable
from email import utils
from email.header import Header

from ..address import Address
from ..errors import MessageError

Pair = tuple[str, str]


class FlaskMailUnicodeDecodeError(UnicodeDecodeError):
    """Octets that `force_text` cannot decode; `obj` is what was passed."""

    def __init__(self, obj: object, *args: object) -> None:
        self.obj = obj
        super().__init__(*args)  # type: ignore[arg-type]

    def __str__(self) -> str:
        return f"{super().__str__()}. You passed in {self.obj!r} ({type(self.obj)})"


def force_text(s: object, encoding: str = "utf-8", errors: str = "strict") -> str:
    """`s` as a text: octets are decoded, anything else is asked for its own.

    >>> force_text("Grüße".encode())
    'Grüße'
    """
    if not isinstance(s, bytes):
        return s if type(s) is str else str(s)
    try:
        return s.decode(encoding, errors)
    except UnicodeDecodeError as error:
        raise FlaskMailUnicodeDecodeError(s, *error.args) from error


def sanitize_subject(subject: str, encoding: str = "utf-8") -> str:
    """The subject as encoded-words, unless it is ASCII.

    >>> sanitize_subject("sübject")
    '=?utf-8?q?s=C3=BCbject?='
    """
    if subject.isascii():
        return subject
    try:
        return Header(subject, encoding).encode()
    except UnicodeEncodeError:
        return Header(subject, "utf-8").encode()


def sanitize_address(addr: str | Pair, encoding: str = "utf-8") -> str:
    """One mailbox as a header field bears it: name encoded, domain as its A-label (IDNA 2008).

    >>> sanitize_address(("Jürgen", "j@bücher.example"))
    '=?utf-8?q?J=C3=BCrgen?= <j@xn--bcher-kva.example>'
    """
    name, spec = parsed(addr)
    wire = _wire(spec)
    shown = sanitize_subject(name, encoding)
    if wire.isascii():
        return utils.formataddr((shown, wire))
    return f"{shown} <{wire}>" if shown else wire


def sanitize_addresses(addresses: Iterable[str | Pair], encoding: str = "utf-8") -> list[str]:
    """`sanitize_address` for each."""
    return [sanitize_address(address, encoding) for address in addresses]


def parsed(addr: str | Pair) -> Pair:
    """Name and addr-spec as Flask-Mail reads them, on every Python: line breaks vanish."""
    if not isinstance(addr, str):
        name, spec = addr
        return name or "", spec
    if getattr(utils, "supports_strict_parsing", False):
        return utils.parseaddr(addr, strict=False)  # type: ignore[call-arg, unused-ignore]
    return utils.parseaddr(addr)


def _wire(spec: str) -> str:
    if spec.isascii():
        return spec
    try:
        return Address("", spec).wire
    except MessageError:
        return spec
