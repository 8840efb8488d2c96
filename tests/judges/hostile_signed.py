"""Mails whose canonical form is easy to get wrong, and what may change in one and what must not."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator

from flask_mailwright.address import Address
from flask_mailwright.compose.dkim.signature import SIGNED
from flask_mailwright.envelope import Envelope, Recipient, SealedMail
from flask_mailwright.sealing import Origin
from tests.judges.corpus import corpus

_WORDS = "Dear Ann  thanks\tfor . .. ,; = your-order =3D :: <b>it</b> \t  goes 5 ".split(" ")
_NAMES = ("Ann", '"Doe, Jane"', "=?utf-8?q?Zo=C3=AB?=", "a  b", '"tab\tin it"')
_UTF8 = ("Jörg", "日本語", "Ünïcödé  zwei", "мир")


def mails(domain: str, number: int) -> list[SealedMail]:
    """So many different ones, from this domain."""
    origin = Origin("judged", Address("Flasky Admin", f"flasky@{domain}"))
    composed = [mail for mail in corpus(origin).values() if len(mail.content) < 300_000]
    return composed + [_raw(domain, seed) for seed in range(number - len(composed))]


def _raw(domain: str, seed: int) -> SealedMail:
    """Written by hand, as no writer of MIME would."""
    chance = random.Random(seed)
    utf8 = seed % 4 == 0
    head = "".join(_fields(chance, domain, utf8=utf8))
    content = f"{head}\r\n{_body(chance)}".encode()
    to = "jörg@example.com" if utf8 else "ann@example.com"
    envelope = Envelope(f"flasky@{domain}", (Recipient(to),), smtputf8=utf8)
    return SealedMail(f"{seed}", f"<{seed}@{domain}>", f"Mail {seed}", envelope, content)


def _fields(chance: random.Random, domain: str, *, utf8: bool) -> Iterator[str]:
    name = chance.choice(_UTF8) if utf8 else chance.choice(_NAMES)
    people = [f"{chance.choice(_NAMES)} <to{n}@example.com>" for n in range(chance.choice((1, 40)))]
    fields = {
        "From": f"{name}{_gap(chance)}<flasky@{domain}>",
        "To": f",{_gap(chance)}".join(people),
        "Subject": _gap(chance).join(chance.choices(_UTF8 if utf8 else _WORDS, k=9)),
        "Date": "Mon, 30 Nov 2026 04:00:00 +0000",
        "Message-ID": f"<{chance.random()}@{domain}>",
        "MIME-Version": "1.0",
        "Content-Type": f"text/plain;{_gap(chance)}charset=us-ascii",
        "X-Other": "x" * chance.choice((1, 900)),
        "X-Again": "1",
    }
    if chance.random() < 0.5:
        fields["List-Unsubscribe"] = f"<https://{domain}/{'x' * 300}>"
        fields["list-UNSUBSCRIBE-post"] = "List-Unsubscribe=One-Click"
        fields["Cc"] = "carl@example.com"
        fields["reply-to"] = "carl@example.com"
    names = list(fields)
    chance.shuffle(names)
    for each in names:
        yield f"{each}:{_gap(chance)}{fields[each]}{chance.choice(('', ' ', chr(9)))}\r\n"


def _gap(chance: random.Random) -> str:
    return chance.choice((" ", " ", "  ", "\t", "\r\n ", " \r\n\t", "\r\n  "))


def _body(chance: random.Random) -> str:
    lines = [_line(chance) for _ in range(chance.choice((0, 1, 2, 30)))]
    end = chance.choice(
        ("", "\r\n", "\r\n\r\n\r\n", " \t", "\r\n \r\n\t\r\n", "\r\n.", "\r\n..\r\n")
    )
    return "\r\n".join(lines) + end


def _line(chance: random.Random) -> str:
    blank = chance.choice(("", " ", "   \t "))
    start = chance.choice(("", ".", "..", " ", "\t", "From "))
    return start + " ".join(chance.choices(_WORDS, k=chance.choice((0, 3, 12)))) + blank


def changed(content: bytes, chance: random.Random) -> bytes:
    """With one octet of a covered field, or of the body, as another that a reader can see."""
    place = chance.choice(_places(content))
    other = chance.choice([each for each in b"!#$%&*+-xyzXYZ0189~" if each != content[place]])
    return content[:place] + bytes([other]) + content[place + 1 :]


def _places(content: bytes) -> list[int]:
    """Of visible ASCII: white space counts for nothing, and neither does a name's case."""
    end = content.index(b"\r\n\r\n") + 2
    names = "|".join(SIGNED)
    values = re.compile(rf"(?im)^(?:{names}):((?:.|\r\n[ \t])*)\r\n".encode())
    spans = [found.span(1) for found in values.finditer(content[:end])]
    octets = [range(*span) for span in (*spans, (end, len(content)))]
    return [at for span in octets for at in span if 0x21 <= content[at] <= 0x7E]


def relayed_on(content: bytes) -> bytes:
    """As a relay may leave it: a trace on top, white space and the case of names its own."""
    head, _, body = content.partition(b"\r\n\r\n")
    own, _, others = head.partition(b"\r\nFrom:")
    others = re.sub(rb"(?<=[^\s]) (?=[^\s])", b"\r\n\t", others)
    trace = b"Received: from a by b;\r\n\tMon, 30 Nov 2026 04:00:00 +0000\r\n"
    body = body.replace(b" ", b"  ").rstrip(b"\r\n")
    return trace + own + b"\r\nfrom:  " + others + b"\r\n\r\n" + body + b" \r\n\r\n\r\n"
