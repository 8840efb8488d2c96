"""MAIL and RCPT as the relay's offer allows them, or the reason why it cannot take this mail."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from ..envelope import Envelope, SealedMail
from ..errors import MessageError
from ..guard import guard
from .capabilities import Capabilities
from .content import has_bare_line_ends
from .failure import Failure


class Commands(NamedTuple):
    """The command lines of a mail's transaction, made and checked before the first is sent."""

    mail: bytes
    rcpt: tuple[bytes, ...]

    @classmethod
    def of(cls, mail: SealedMail, offer: Capabilities) -> Commands:
        """`Failure` when this relay cannot take the mail, `MessageError` when none may get it."""
        if not mail.canonical and has_bare_line_ends(mail.content):
            raise MessageError([_BARE])
        options = _ours(mail, offer)
        envelope = mail.envelope
        return cls(
            _line("MAIL FROM", envelope.reverse_path, _joined(options, envelope.mail_options)),
            tuple([_line("RCPT TO", each.address, each.options) for each in envelope.recipients]),
        )


def _ours(mail: SealedMail, offer: Capabilities) -> list[str]:
    """The parameters of MAIL that we answer for."""
    options = []
    if "SIZE" in offer:
        options.append(_size(len(mail.content), offer))
    if not mail.content.isascii():
        options.append(_offered("8BITMIME", "BODY=8BITMIME", offer, _EIGHT_BIT))
    if _international(mail.envelope):
        options.append(_offered("SMTPUTF8", "SMTPUTF8", offer, _UTF8))
    return options


def _size(octets: int, offer: Capabilities) -> str:
    if offer.size is not None and octets > offer.size:
        reason = f"takes {offer.size} octets at most, and this mail has {octets}"
        raise Failure(reason, "mail", "permanent", _TOO_LARGE)
    return f"SIZE={octets}"


def _offered(keyword: str, parameter: str, offer: Capabilities, advice: str) -> str:
    if keyword not in offer:
        raise Failure(f"does not offer {keyword}", "mail", "permanent", advice)
    return parameter


def _international(envelope: Envelope) -> bool:
    addresses = [envelope.reverse_path, *[each.address for each in envelope.recipients]]
    return envelope.smtputf8 or not "".join(addresses).isascii()


def _joined(ours: Sequence[str], theirs: Sequence[str]) -> Sequence[str]:
    """Each keyword once: a parameter given twice is refused (RFC 5321 §4.1.1.11)."""
    if not theirs:
        return ours
    options: dict[str, str] = {}
    for option in (*ours, *theirs):
        options.setdefault(option.partition("=")[0].upper(), option)
    return tuple(options.values())


def _line(command: str, path: str, options: Iterable[str]) -> bytes:
    line = " ".join((f"{command}:<{path}>", *options))
    return (guard(command, line) + "\r\n").encode("utf-8")


_BARE = "its content holds a CR or LF that stands alone; a line ends with CRLF (RFC 5321 §2.3.8)"
_EIGHT_BIT = "This mail's content has 8-bit octets: seal it in 7 bits, or use another relay."
_UTF8 = (
    "An address of this mail holds characters beyond ASCII, which needs SMTPUTF8 (RFC 6531):\n"
    "use another address or another relay."
)
_TOO_LARGE = "Attach less, or send a link instead."
