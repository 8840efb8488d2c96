"""Each mail with made-up values, for the development mailbox: nobody need register to see one."""

from __future__ import annotations

from pathlib import Path

from flask_mailwright import Message

from .mails import letter, mail
from .people import Person

ADA = Person(1, "Ada", "ada@example.com", "", confirmed=True, reader=True)
GRACE = Person(2, "Grace", "grace@example.com", "", confirmed=True, reader=True)
TOKEN = "WzEsIjdiMmYiXQ.aSuTfw.kB0d1Zp3xW9qVnE6sLrYhT2mUcA"

LETTER = """\
The frost has come to Retort Lane, and with it the season of slow crystals.

## Grown at the window

Copper sulphate, a jam jar and patience are all it takes. **Twelve of you** sent
photographs; the bluest one is on the wall now.

- Use warm water, and stop stirring when nothing more dissolves.
- Hang the thread so that it touches no glass.
- Leave it alone. Looking is allowed.

## One evening in December

> The best experiments are those in which I am wrong in an interesting way.

Grace said so in October, and she is going to be wrong again on the 11th: this time
with milk, dish soap and a drop of every colour that we have.

Keep warm,\\
Judith
"""


@mail.preview("welcome", locales=["en", "de"])
def welcome() -> Message:
    """After the address is confirmed."""
    return mail.compose(ADA, None, "mail/welcome", user=ADA)


@mail.preview("confirm")
def confirm() -> Message:
    """After registering."""
    return mail.compose(ADA, None, "mail/confirm", user=ADA, token=TOKEN)


@mail.preview("reset")
def reset() -> Message:
    """When a password is lost."""
    return mail.compose(ADA, None, "mail/reset", user=ADA, token=TOKEN)


@mail.preview("receipt")
def receipt() -> Message:
    """After an order, with a table of what it holds."""
    order = {
        "number": "F-20871",
        "placed": "27 November 2026",
        "leaves": "1 December 2026",
        "paid_with": "the card ending in 4242",
        "lines": [
            ["Conical flask, 250 ml", 2, "€17.80"],
            ["Beaker with spout, tall form, 400 ml", 1, "€11.20"],
            ["Litmus paper, red and blue", 3, "€8.70"],
            ["Straw, postage and a kind hand", "", "€6.90"],
        ],
        "total": "€44.60",
        "tax": "€7.12",
        "address": ["Ada Lovelace", "12 St. James’s Square", "Exampleton"],
    }
    return mail.compose(ADA, None, "mail/receipt", user=ADA, order=order)


@mail.preview("digest")
def digest() -> Message:
    """Once a week, written in Markdown."""
    answers = [
        {
            "author": "Grace",
            "topic": "Why is my crystal green?",
            "anchor": "note-311",
            "text": "There is iron in your water. Try the distilled one, by the door.",
        },
        {
            "author": "李小龙",
            "topic": "Pouring without a drop on the bench",
            "anchor": "note-298",
            "text": "Hold a glass rod against the spout: the water would rather follow it.",
        },
    ]
    return mail.compose(
        *(ADA, None, "mail/digest"),
        user=ADA,
        since="Monday, 23 November",
        answers=answers,
        most_read=[
            ("A rainbow from red cabbage", "1,204"),
            ("How loud is dry ice?", 873),
            ("Salt | sugar | sand: which dissolves first?", 96),
        ],
        calendar=[
            ("Thursday, 3 December", "the stockroom is open until eight"),
            ("Friday, 11 December", "milk, soap and colour, with Grace"),
        ],
    )


@mail.preview("invitation")
def invitation() -> Message:
    """To somebody who has no account, from somebody who has."""
    evening = {
        "title": "Milk, soap and colour",
        "day": "Friday, 11 December 2026",
        "time": "19:00",
        "place": "Retort Lane, second floor",
        "code": "MILK-2741",
    }
    note = "You once asked what soap does to fat. Come and see it run away."
    guest = ("Zoë Ångström", "zoë@bücher.example")
    return mail.compose(guest, None, "mail/invitation", host=GRACE, evening=evening, note=note)


@mail.preview("alert")
def alert() -> Message:
    """When somebody signs in from a new device."""
    visit = {
        "at": "28 November 2026, 21:14 UTC",
        "device": "Firefox 145 on Linux",
        "near": "Lisbon, Portugal",
        "ip": "203.0.113.71",
    }
    return mail.compose(ADA, None, "mail/alert", user=ADA, visit=visit)


@mail.preview("invoice")
def invoice() -> Message:
    """Once a month, with the invoice attached."""
    bill = {
        "number": "2026-1042",
        "month": "November 2026",
        "lines": [["Bench 7, by the window", "€48.00"], ["Gas and distilled water", "€6.40"]],
        "total": "€54.40",
        "due": "14 December 2026",
        "iban": "DE02 1203 0000 0000 2020 51",
    }
    message = mail.compose(ADA, None, "mail/invoice", user=ADA, invoice=bill)
    paper = Path(__file__).with_name("sample-invoice.pdf")
    message.attach("invoice-2026-1042.pdf", "application/pdf", path=paper)
    return message


@mail.preview("newsletter")
def newsletter() -> Message:
    """To each reader, with a link to leave."""
    return letter(ADA, "Slow crystals", LETTER)


@mail.preview("plain")
def plain() -> Message:
    """From a person to a person: text only."""
    return mail.compose(ADA, None, "mail/plain", user=ADA, improvements=14)


@mail.preview("new_user")
def new_user() -> Message:
    """To the admin, when somebody says hello."""
    return mail.compose("flasky@example.com", "New user", "mail/new_user", user="Zoë")
