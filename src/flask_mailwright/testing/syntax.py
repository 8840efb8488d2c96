"""The arguments of MAIL, RCPT and BDAT, parsed strictly (RFC 5321 §4.1.2, RFC 3030)."""

from __future__ import annotations

import re
from collections.abc import Set

_TEXT = "A-Za-z0-9\u00a0-\ud7ff\ue000-\U0010ffff"
_ATOM = f"[{_TEXT}!#$%&'*+/=?^_`{{|}}~-]+"
_LABEL = f"[{_TEXT}](?:[{_TEXT}-]*[{_TEXT}])?"
_DOMAIN = rf"(?:{_LABEL}(?:\.{_LABEL})*|\[[!-Z^-~]+\])"
_LOCAL = rf'(?:{_ATOM}(?:\.{_ATOM})*|"(?:[^"\\\x00-\x1f\x7f]|\\[ -~])*")'
_ROUTE = rf"(?:@{_DOMAIN}(?:,@{_DOMAIN})*:)?"
_MAILBOX = rf"{_ROUTE}({_LOCAL}@{_DOMAIN})"
_OPTIONS = r"((?: [^ ]+)*)"
_MAIL = re.compile(rf"FROM:<(?:{_MAILBOX})?>{_OPTIONS}", re.IGNORECASE)
_RCPT = re.compile(rf"TO:<(?:{_MAILBOX}|(postmaster))>{_OPTIONS}", re.IGNORECASE)
_OPTION = re.compile(r"([A-Za-z0-9][A-Za-z0-9-]*)(?:=[^ =\x00-\x1f\x7f]+)?")
_BDAT = re.compile(r"([0-9]{1,18})( LAST)?", re.IGNORECASE)

_MAIL_OPTIONS = {
    "SIZE": "SIZE",
    "BODY": "8BITMIME",
    "SMTPUTF8": "SMTPUTF8",
    "AUTH": "AUTH",
    "RET": "DSN",
    "ENVID": "DSN",
}
_RCPT_OPTIONS = {"NOTIFY": "DSN", "ORCPT": "DSN"}


class Refusal(Exception):
    """A command that is not carried out; its text is the reply."""


def parse_mail(argument: str, keywords: Set[str]) -> tuple[str, tuple[str, ...]]:
    """Reverse-path ("" for `<>`) and options of `FROM:<...>`; `keywords` were announced."""
    found = _MAIL.fullmatch(argument)
    if found is None:
        raise Refusal("501 5.1.7 syntax: MAIL FROM:<address> [parameters]")
    options = _parse_options(found[2], _MAIL_OPTIONS, keywords)
    path = found[1] or ""
    _refuse_beyond_ascii(path, utf8="SMTPUTF8" in _names(options))
    return path, options


def parse_rcpt(argument: str, keywords: Set[str], *, utf8: bool) -> tuple[str, tuple[str, ...]]:
    """Recipient and options of `TO:<...>`; `utf8` says whether MAIL bore SMTPUTF8."""
    found = _RCPT.fullmatch(argument)
    if found is None:
        raise Refusal("501 5.1.3 syntax: RCPT TO:<address> [parameters]")
    recipient = found[1] or found[2]
    options = _parse_options(found[3], _RCPT_OPTIONS, keywords)
    _refuse_beyond_ascii(recipient, utf8=utf8)
    return recipient, options


def parse_bdat(argument: str) -> tuple[int, bool]:
    """Number of octets, and whether they are the last."""
    found = _BDAT.fullmatch(argument)
    if found is None:
        raise Refusal("501 5.5.4 syntax: BDAT octets [LAST]")
    return int(found[1]), found[2] is not None


def require_no_argument(argument: str) -> None:
    """Refuse words behind a command that takes none."""
    if argument:
        raise Refusal("501 5.5.4 the command takes no argument")


def option_value(options: tuple[str, ...], name: str) -> str | None:
    """The value of an option ("" when it has none), or None when it is not there."""
    for option in options:
        key, _, value = option.partition("=")
        if key.upper() == name:
            return value
    return None


def _parse_options(text: str, known: dict[str, str], keywords: Set[str]) -> tuple[str, ...]:
    """Each option well-formed, announced and there once; 555 is RFC 5321 §4.1.1.11."""
    if not text:
        return ()
    options = tuple(text.split())
    for option in options:
        found = _OPTION.fullmatch(option)
        if found is None:
            raise Refusal(f"501 5.5.4 malformed parameter {option}")
        if known.get(found[1].upper()) not in keywords:
            raise Refusal(f"555 5.5.4 parameter {found[1]} not recognized")
    if len(set(_names(options))) < len(options):
        raise Refusal("501 5.5.4 parameter given twice")
    _check_values(options)
    return options


def _check_values(options: tuple[str, ...]) -> None:
    size, body = option_value(options, "SIZE"), option_value(options, "BODY")
    if size is not None and not (size.isascii() and size.isdecimal() and len(size) <= 20):
        raise Refusal("501 5.5.4 SIZE needs a number")
    if body is not None and body.upper() not in ("7BIT", "8BITMIME"):
        raise Refusal("501 5.5.4 BODY is 7BIT or 8BITMIME")
    if option_value(options, "SMTPUTF8"):
        raise Refusal("501 5.5.4 SMTPUTF8 takes no value")


def _names(options: tuple[str, ...]) -> list[str]:
    return [option.partition("=")[0].upper() for option in options]


def _refuse_beyond_ascii(address: str, *, utf8: bool) -> None:
    """RFC 6531 §3.4: a non-ASCII address needs SMTPUTF8 in the MAIL command."""
    if not utf8 and not address.isascii():
        raise Refusal("553 5.6.7 a non-ASCII address needs SMTPUTF8")
