"""What Flask-Mail's users write: 300 messages, the same ones in each run."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any

Letter = dict[str, Any]
"""The arguments of a Message; the attachments are arguments of `attach`."""

WORDS = "order invoice Grüße спасибо 請求書 welcome naïve 50% «ok» \U0001f600 a=b c, d; e".split()
NAMES = ["Ann Example", "Jürgen Müller", "山田太郎", 'O"Hara', "Ann (Sales)", "J. Doe", "Χρύσα"]
FILES = [
    "invoice.pdf",
    "notes.txt",
    "Größe 1.csv",
    "請求書.xlsx",
    "a b.png",
    "naïve résumé.doc",
    None,
]
CHARSETS = [None, None, None, "utf-8", "iso-8859-1", "us-ascii"]
JAPANESE = ["shift_jis", "euc-jp", "iso-2022-jp"]


def letters(number: int, seed: int = 5) -> list[Letter]:
    """So many messages of every kind."""
    chance = Random(seed)
    return [_japanese(chance) if n % 20 == 19 else _letter(chance, n) for n in range(number)]


def _letter(chance: Random, number: int) -> Letter:
    charset = chance.choice(CHARSETS)
    words = WORDS if charset in (None, "utf-8") else ["order", "50%", "welcome", "a=b"]
    made: Letter = {
        "subject": _some(chance, words, 0, 14),
        "recipients": [_person(chance, number, n) for n in range(chance.randint(1, 4))],
        "body": _text(chance, words),
        "charset": charset,
    }
    maybe: dict[str, Callable[[], Any]] = {
        "html": lambda: f"<p>{_text(chance, words)}</p>",
        "cc": lambda: [_person(chance, number, 10)],
        "bcc": lambda: [_person(chance, number, 20)],
        "sender": lambda: ("Shop", "shop@example.com"),
        "reply_to": lambda: "Help <help@example.com>",
        "date": lambda: float(chance.randint(10**9, 2 * 10**9)),
        "extra_headers": lambda: {"X-Campaign": "spring", "X-Number": str(number)},
        "attachments": lambda: [_file(chance) for _ in range(chance.randint(1, 3))],
        "alts": lambda: {"calendar": "BEGIN:VCALENDAR\nEND:VCALENDAR\n"},
    }
    made |= {key: make() for key, make in maybe.items() if chance.random() < 0.4}
    return made


def _japanese(chance: Random) -> Letter:
    return {
        "subject": "ご注文の確認" * chance.randint(1, 6),
        "recipients": [("山田太郎", "yamada@example.jp")],
        "body": "ありがとうございます。\n" * chance.randint(1, 9),
        "charset": chance.choice(JAPANESE),
    }


def _person(chance: Random, number: int, place: int) -> str | tuple[str, str]:
    address = f"r{number}.{place}@example.com"
    name = chance.choice(NAMES)
    plain = name.replace(" ", "").isalnum()
    forms: list[str | tuple[str, str]] = [address, (name, address)]
    return chance.choice([*forms, f"{name} <{address}>" if plain else address])


def _some(chance: Random, words: list[str], least: int, most: int) -> str:
    return " ".join(chance.choices(words, k=chance.randint(least, most)))


def _text(chance: Random, words: list[str]) -> str:
    lines = [_some(chance, words, 0, 12) for _ in range(chance.randint(1, 12))]
    return "\n".join([*lines, "."])


def _file(chance: Random) -> tuple[Any, ...]:
    name = chance.choice(FILES)
    kind = "text/plain" if name and name.endswith(".txt") else None
    return name, kind, chance.randbytes(chance.choice([0, 7, 900, 5000]))
