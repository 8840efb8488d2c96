"""Mails that have broken mail servers and readers, for judges that are not ours."""

from __future__ import annotations

import os
from collections.abc import Callable

from flask_mailwright import Address, Message, SealedMail
from flask_mailwright.sealing import Origin

ORIGIN = Origin("judged", Address("Flasky Admin", "flasky@example.com"))


def corpus(origin: Origin = ORIGIN) -> dict[str, SealedMail]:
    """Every mail by what is odd about it, sealed."""
    return {name: make().seal(origin) for name, make in _MAKERS.items()}


def _plain(body: str) -> Message:
    return Message("Plain", ["ann@example.com"], body)


def _both() -> Message:
    return Message("Both", ["ann@example.com"], "Hello Ann", "<p>Hello <b>Ann</b></p>")


def _scripts() -> Message:
    subject = "Zoë, 你好, здравствуйте, مرحبا, 🎉 " * 4
    return Message(subject, [("Zoë 你好", "zoe@bücher.example")], subject * 9, f"<p>{subject}</p>")


def _lookalike() -> Message:
    return Message("=?utf-8?q?not_this?=", [("=?utf-8?b?eA==?=", "ann@example.com")], "Hello")


def _files() -> Message:
    message = _both()
    message.attach("rechnung für März.pdf", "application/pdf", os.urandom(70_000))
    message.attach('a "quoted"; name%.txt', "text/plain", "Grüße\n")
    message.attach("長い名前" * 30 + ".bin", None, b"\0\r\n.\r\n" * 50)
    return message


def _image() -> Message:
    message = _both()
    url = message.inline(b"GIF89a" + os.urandom(500), "logo.gif")
    message.html = f'<p><img src="{url}" alt="Logo"></p>'
    return message


def _nested() -> Message:
    message = _both()
    message.attach("bounce.eml", "message/rfc822", bytes(_plain("Inner\n.\n..\n")))
    return message


def _invitation() -> Message:
    calendar = "BEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\nEND:VCALENDAR\r\n"
    message = _both()
    message.alts["text/calendar; method=REQUEST"] = calendar
    return message


def _many_people() -> Message:
    people = [(f"Number {n}, of many", f"person{n}@example.com") for n in range(60)]
    message = Message("Everybody", people, "Hello all")
    message.cc, message.bcc = ["carl@example.com"], ["blind@example.com"]
    return message


def _headers() -> Message:
    url = "https://example.com/unsubscribe/" + "x" * 300
    message = _plain("Hello")
    message.extra_headers = {
        "List-Unsubscribe": f"<mailto:out@example.com>, <{url}>",
        "X-Report": "Größe " * 40,
        "References": " ".join(f"<{n}@example.com>" for n in range(40)),
    }
    return message


def _bounce() -> Message:
    message = _plain("Nobody must answer this")
    message.envelope_from = ""
    return message


_MAKERS: dict[str, Callable[[], Message]] = {
    "plain": lambda: _plain("Hello\n"),
    "empty": lambda: _plain(""),
    "dots": lambda: _plain(".\n..\n.leading\n\n.\n"),
    "long line": lambda: _plain("word " * 5_000),
    "trailing spaces and tabs": lambda: _plain("a \nb\t\n  \nFrom here\n-- \nc"),
    "control characters": lambda: _plain("a\0b\x0bc\x1bd\x7fe"),
    "large": lambda: _plain("0123456789abcdef 0123456789abcdef\n" * 40_000),
    "text and html": _both,
    "scripts": _scripts,
    "look-alikes": _lookalike,
    "files": _files,
    "inline image": _image,
    "nested mail": _nested,
    "invitation": _invitation,
    "many people": _many_people,
    "odd headers": _headers,
    "null reverse-path": _bounce,
    "local part beyond ASCII": lambda: Message("Hi", [("Jörg", "jörg@example.com")], "Hallo"),
}
