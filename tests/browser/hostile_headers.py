"""Mails whose header attacks: what is shown of it in the list and in every view."""

from __future__ import annotations

from base64 import b64encode

from .hostile_mails import EOL, Harm, HostileMail, head
from .payload import script

PLAIN = EOL * 2 + b"Nothing to see here." + EOL


def _tag(name: str) -> str:
    return (
        f"'\"></title></textarea><script>{script(name)}</script><img src=x: onerror={script(name)}>"
    )


def _word(text: str) -> str:
    """As an encoded word (RFC 2047)."""
    return f"=?utf-8?B?{b64encode(text.encode()).decode()}?="


def _raw(name: str, harm: Harm, *fields: str, subject: str = "") -> HostileMail:
    mail = HostileMail(name, harm, head(name, *fields) + PLAIN, subject)
    return mail._replace(views=("headers", "source", "tree", "delivery"))


def _fields(name: str) -> HostileMail:
    """HTML in every field that a page may show, as it is and as an encoded word."""
    tag = _tag(name)
    shown = "Subject From To Cc Reply-To Sender Date Message-ID X-Mailer List-Unsubscribe".split()
    fields = [f"{field}: {tag}" for field in shown]
    fields += [f'From: "{tag}" <eve@evil.example>', f"To: {_word(tag)} <ann@example.com>"]
    fields += [f"X-{tag}: name", f"Comments: {_word(tag)}", f"List-Unsubscribe: <javascript:{tag}>"]
    return _raw(name, "script", *fields, subject=f"{name} {tag}")


def _envelope(name: str) -> HostileMail:
    tag = _tag(name)
    mail = _raw(name, "script", subject=name + tag)
    return mail._replace(sender=f"{tag}@evil.example", recipient=tag)


def _lines(name: str) -> HostileMail:
    """A value that ends its line and begins another field, or a whole reply."""
    more = f"x\r\nSet-Cookie: a=b\r\nLocation: /pwned/{name}\r\n\r\n<script>{script(name)}</script>"
    return _raw(name, "script", f"Subject: {_word(more)}", f"X-A: {_word(more)}", subject=more)


def _thousand(name: str) -> HostileMail:
    fields = [
        f"X-{number}: {_tag(name) if number % 100 == 0 else 'y' * 60}" for number in range(1000)
    ]
    return _raw(name, "script", *fields)


def _charset(name: str, harm: Harm, charset: str, encoded: bytes) -> HostileMail:
    content = head(name, f"Content-Type: text/html; charset={charset}") + EOL * 2 + encoded
    return HostileMail(name, harm, content, views=("text", "source"))


def _charsets() -> list[HostileMail]:
    """Harmless in one charset, a script in another."""
    html = "<p>x<script>{}</script>"
    utf_7 = html.format(script("charset-utf-7")).encode("utf-7").replace(b"<", b"+ADw-")
    escapes = b"\x1b$B\x1b(B\x1b(J" + html.format(script("charset-iso-2022")).encode()
    return [
        _charset("charset-utf-7", "old", "utf-7", utf_7.replace(b">", b"+AD4-")),
        _charset(
            "charset-utf-16",
            "script",
            "utf-16",
            html.format(script("charset-utf-16")).encode("utf-16"),
        ),
        _charset(
            "charset-x-user",
            "script",
            "x-user-defined",
            html.format(script("charset-x-user")).encode(),
        ),
        _charset("charset-iso-2022", "script", "iso-2022-jp", escapes),
        _charset(
            "charset-markup",
            "script",
            "\"'><script>",
            html.format(script("charset-markup")).encode(),
        ),
    ]


def _shapeless() -> list[HostileMail]:
    """What hardly is a mail."""
    return [
        HostileMail("shape-empty", "old", b""),
        HostileMail("shape-no-header", "old", b"\r\n\r\n<script>alert(1)</script>"),
        HostileMail("shape-bytes", "old", bytes(range(256)) * 40),
        HostileMail("shape-colons", "old", b":\r\n: :\r\n<b>:\r\n\r\n"),
    ]


RTL = "invoice\u202e\u2066fdp.exe\u2069 \u200b\u00ad\ufeff\u2028\u2029 \U000e0041"
HEADERS = (
    _fields("header-fields"),
    _envelope("header-envelope"),
    _lines("header-lines"),
    _thousand("header-thousand"),
    _raw("header-direction", "old", f"Subject: {RTL}", f"From: {RTL} <a@x>", subject=RTL),
    _raw("header-long", "old", f"Subject: {'long ' * 20_000}", subject="x" * 100_000),
    _raw(
        "header-nulls", "script", f"Subject: a\0b<script\0>{_tag('header-nulls')}", subject="a\0b"
    ),
    _raw("header-surrogates", "old", "Subject: \udcff\udcfe =?x?y?z?= =?utf-8?Q?=ED=A0=80?="),
    *_charsets(),
    *_shapeless(),
)
