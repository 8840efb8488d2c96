"""The keys of an app that came from another mail extension: which count here, which do not."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Mapping
from difflib import get_close_matches
from typing import Any, Literal, NamedTuple

from .values import FALSE, TRUE

logger = logging.getLogger("flask_mailwright")

Verdict = Literal["obeyed", "unnecessary", "foreign", "renamed", "deprecated", "unknown"]

OBEYED = (
    *(
        "MAIL_ALLOWED_RECIPIENTS",
        "MAIL_ASCII_ATTACHMENTS",
        "MAIL_BASE_URL",
        "MAIL_DEBUG",
        "MAIL_DEFAULT_SENDER",
    ),
    *("MAIL_DKIM", "MAIL_DKIM_DOMAIN", "MAIL_DKIM_KEY", "MAIL_DKIM_SELECTOR"),
    *("MAIL_SUPPRESSIONS", "MAIL_SUPPRESS_UNKNOWN"),
    *(
        "MAIL_ENGINE",
        "MAIL_MAILBOX",
        "MAIL_MAX_EMAILS",
        "MAIL_OAUTH2_TOKEN",
        "MAIL_OUTBOX_KEEP",
        "MAIL_OUTBOX_URL",
        "MAIL_PASSWORD",
    ),
    *("MAIL_PORT", "MAIL_REDIRECT_TO", "MAIL_ROUTES", "MAIL_SERVER", "MAIL_SUBJECT_PREFIX"),
    *("MAIL_SUPPRESS_SEND", "MAIL_TIMEOUT", "MAIL_TIMING", "MAIL_TLS_CA_FILE", "MAIL_URL"),
    *("MAIL_USERNAME", "MAIL_USE_SSL", "MAIL_USE_TLS", "MAIL_WORKER"),
)
"""All keys that are read."""
NOT_OBEYED: tuple[Verdict, ...] = ("renamed", "deprecated", "unknown")
"""Whoever has such a key waits for something that does not happen."""


class Finding(NamedTuple):
    """What is to be said of one key; never its value."""

    key: str
    verdict: Verdict
    advice: str = ""


def review(config: Mapping[str, Any]) -> list[Finding]:
    """A finding for each key that is about mail, by name.

    >>> review({"MAIL_SEVER": "mail.example.com"})[0].advice
    'nothing reads it; is MAIL_SERVER meant?'
    """
    found = [_judged(key, config) for key in sorted(config) if _is_about_mail(key)]
    return [finding for finding in found if finding is not None]


def warn_of_stops(config: Mapping[str, Any]) -> None:
    """Where another extension would keep mail in, and we send it, nobody may believe the first."""
    stops = {
        "MAIL_BACKEND": str(config.get("MAIL_BACKEND") or "smtp").rpartition(".")[2] != "smtp",
        "SUPPRESS_SEND": str(config.get("SUPPRESS_SEND") or "0") not in ("0", "False", "false"),
    }
    if named := [key for key, stops_mail in stops.items() if stops_mail]:
        logger.warning(
            "%s is no key of Flask-Mailwright, and does not keep mail in: `flask mail check"
            " --migrate` tells what to set",
            " and ".join(named),
        )


def _judged(key: str, config: Mapping[str, Any]) -> Finding | None:
    if config[key] is None:
        return None
    if key in OBEYED:
        told = _UNNECESSARY[key](config) if key in _UNNECESSARY else ""
        return Finding(key, "unnecessary", told) if told else Finding(key, "obeyed")
    if key in _FOREIGN:
        return Finding(key, *_FOREIGN[key])
    if tutorial := re.fullmatch(_TUTORIAL, key):
        return Finding(key, "renamed", _OF_THE_TUTORIAL[tutorial[1]])
    return _guess(key)


def _is_about_mail(key: str) -> bool:
    return key.startswith("MAIL_") or key in _FOREIGN or bool(re.fullmatch(_TUTORIAL, key))


def _guess(key: str) -> Finding:
    """Another key's misspelling waits for something; what is like none may be the app's own."""
    close = get_close_matches(key, OBEYED, n=1, cutoff=0.8)
    if not close:
        return Finding(key, "foreign", _NOT_OURS)
    return Finding(key, "unknown", f"nothing reads it; is {close[0]} meant?")


def _suppression(config: Mapping[str, Any]) -> str:
    chosen, testing = config["MAIL_SUPPRESS_SEND"], bool(config.get("TESTING"))
    word = chosen.strip().lower() if isinstance(chosen, str) else chosen
    if word in (TRUE if testing else FALSE):
        return "it follows TESTING by itself, asked at each mail; delete it"
    return ""


def _file_names(config: Mapping[str, Any]) -> str:
    if config["MAIL_ASCII_ATTACHMENTS"] in FALSE:
        return "that is the default; delete it"
    return "names of every script are read everywhere; delete it"


def _connections(config: Mapping[str, Any]) -> str:
    return "connections are renewed when the relay ends them; keep it only if the relay demands it"


_NOT_OURS = "Flask-Mailwright does not read it; keep it if the app or another extension does"
_UNNECESSARY: dict[str, Callable[[Mapping[str, Any]], str]] = {
    "MAIL_SUPPRESS_SEND": _suppression,
    "MAIL_ASCII_ATTACHMENTS": _file_names,
    "MAIL_MAX_EMAILS": _connections,
}
_TUTORIAL = r"FLASKY_MAIL_(SUBJECT_PREFIX|SENDER)"
_OF_THE_TUTORIAL = {
    "SUBJECT_PREFIX": "write MAIL_SUBJECT_PREFIX: send_email and compose put it before the subject,"
    " so do not put it there yourself",
    "SENDER": "write MAIL_DEFAULT_SENDER: every message without a sender has it",
}
_FOREIGN: dict[str, tuple[Verdict, str]] = {
    "MAIL_SENDER": ("renamed", "write MAIL_DEFAULT_SENDER, unless the app reads it itself"),
    "DEFAULT_MAIL_SENDER": ("renamed", "write MAIL_DEFAULT_SENDER"),
    "DEFAULT_MAX_EMAILS": ("renamed", "write MAIL_MAX_EMAILS"),
    "MAIL_FAIL_SILENTLY": ("deprecated", "failures are told; send_email does not wait for them"),
    "MAIL_BACKEND": (
        "renamed",
        'for smtp delete it, for console write MAIL_URL="console:", for dummy'
        ' MAIL_SUPPRESS_SEND=True, for file MAIL_URL="file:///folder", for locmem nothing under'
        " TESTING; until then mail is sent",
    ),
    "MAIL_FILE_PATH": ("renamed", 'write MAIL_URL="file:///folder"'),
    "MAIL_SSL_CERTFILE": ("deprecated", "certificates of clients are not supported yet; delete it"),
    "MAIL_SSL_KEYFILE": ("deprecated", "certificates of clients are not supported yet; delete it"),
    "MAIL_USE_LOCALTIME": ("deprecated", "Date is in UTC; delete it"),
    "MAIL_DEFAULT_CHARSET": ("deprecated", "it is utf-8, or message.charset; delete it"),
    "MAIL_SEND_OPTIONS": ("deprecated", "SMTPUTF8 is said when it is needed; delete it"),
    "MAIL_FROM": ("renamed", "write MAIL_DEFAULT_SENDER"),
    "MAIL_FROM_NAME": ("renamed", "write MAIL_DEFAULT_SENDER = (name, address)"),
    "MAIL_TLS": ("renamed", "write MAIL_USE_TLS"),
    "MAIL_STARTTLS": ("renamed", "write MAIL_USE_TLS"),
    "MAIL_SSL": ("renamed", "write MAIL_USE_SSL"),
    "MAIL_SSL_TLS": ("renamed", "write MAIL_USE_SSL"),
    "MAIL_TEMPLATE_FOLDER": ("deprecated", "put the templates into the app's own, as mail/NAME"),
    "SUPPRESS_SEND": ("renamed", "write MAIL_SUPPRESS_SEND; until then mail is sent"),
    "USE_CREDENTIALS": ("deprecated", "leave user and password out; delete it"),
    "VALIDATE_CERTS": ("deprecated", "they always are; MAIL_TLS_CA_FILE names your authority"),
}
"""Of Flask-Mail before 0.9, of Flask-Mailman and of Flask-Mailing."""
