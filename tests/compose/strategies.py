"""Mails that are hard to write: Hypothesis draws them for every property of the road."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

from flask_mailwright.address import Address
from flask_mailwright.attachment import Attachment
from flask_mailwright.message import Message
from flask_mailwright.sealing import Origin

ORIGIN = Origin("app", Address("Flasky Admin", "flasky@example.com"))

LOOK_ALIKES = (
    "=?utf-8?q?x?=",
    "=?UTF-8?Q?a?= =?UTF-8?Q?b?=",
    "=?utf-8?b?eHg=?=",
    "=?utf-8?b?eHg?=",
    "=?iso-8859-1*en?q?=E9?=",
    "=?utf-8?q?x",
    "=?utf-8?x?y?=",
    "=?",
    "?=",
    "=?=?=",
)
SCRIPTS = (
    "plain",
    "words of English",
    "Grüße",
    "naïve café",
    "日本語のメール",
    "한국어",
    "Русский текст",
    "Ελληνικά",
    "العربية",
    "עברית",
    "हिन्दी",
    "ไทย",
    "e\u0301a\u0308",
    "\u202eback\u202c",
    "\u200f\u200b\u200d\ufeff\u00ad",
    "\u00a0\u3000",
    "\U0001f600",
    "\U0001f468\u200d\U0001f469\u200d\U0001f467",
    "\U0001f1e9\U0001f1ea",
    "\U00020000\U0010fffd\ue000",
)
SPECIALS = (
    *"\"\\,;:<>()[]@=?_.-'%~^`|{}!#$&*+/",
    " ",
    "  ",
    "      ",
    "\t",
    '\\"',
    '""',
    "%20",
    "%E4",
    "utf-8''x",
    "'",
    "..",
    "../",
    "C:\\x\\",
    "Re: ",
    "x" * 40,
    "word " * 12,
)
LINES = (
    "",
    ".",
    "..",
    "...",
    " ",
    "\t",
    "From me to you",
    ">From me",
    "trailing  ",
    "trailing\t",
    "=",
    "=20",
    "=\t",
    "equals=",
    "x=3Dy",
    "--",
    "-- ",
    "--=_a",
    "begin 644 x",
    "Subject: not a field",
    "x" * 75,
    "x" * 76,
    "x" * 77,
    "y" * 998,
    "y" * 999,
    "y " * 600,
    "ü" * 76,
    "ü" * 600,
    "\0",
    "a\0b",
    "\x01\x02\x03\x1a\x1b[0m\x7f",
    "\x0b",
    "\x0c",
    "\x1c\x1d\x1e",
    "\x85\u2028\u2029",
    *SCRIPTS,
    *LOOK_ALIKES,
)

any_character = st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp"])
ascii_character = st.characters(min_codepoint=32, max_codepoint=126)


def joined(pieces: SearchStrategy[str], most: int = 8) -> SearchStrategy[str]:
    """Up to so many pieces, one behind the other."""
    return st.lists(pieces, max_size=most).map("".join)


FRAGMENT = st.sampled_from(SCRIPTS + SPECIALS + LOOK_ALIKES)
HEADER_TEXT = st.one_of(
    joined(FRAGMENT),
    st.text(ascii_character, max_size=100),
    st.text(any_character, max_size=30),
    joined(st.sampled_from(SPECIALS)),
    st.builds(str.__mul__, FRAGMENT, st.integers(1, 40)),
)
FILENAME = st.one_of(
    HEADER_TEXT,
    st.sampled_from(("notes.txt", "a b.pdf", "x.tar.gz", "   ", "//[x].png", "data:,x.csv")),
    HEADER_TEXT.map("{}.pdf".format),
)
LINE = st.one_of(
    st.sampled_from(LINES), st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
)
SIZE = st.sampled_from((1, 500, 50_000))
BODY = st.one_of(
    joined(st.builds(str.__add__, LINE, st.sampled_from(("\n", "\n", "\r\n", "\r", "")))),
    st.text(st.characters(max_codepoint=127), max_size=60),
    st.builds(lambda line, size: f"{line}\n" * (1 + size // (len(line) + 50)), LINE, SIZE),
)
ATOM = st.text("abcxyz0123456789!#$%&'*+/=?^_`{|}~-", min_size=1, max_size=8)
LOCAL = st.one_of(
    st.lists(ATOM, min_size=1, max_size=3).map(".".join),
    st.sampled_from(("ann", "o'hara", "x" * 64, '"a b"', '"a\\"@<>,b"')),
)
UTF8_LOCAL = st.sampled_from(("jürgen", "用户", "δοκιμή.x"))
DOMAIN = st.sampled_from(
    (
        "example.com",
        "mail.example.org",
        "bücher.example",
        "例え.テスト",
        "straße.de",
        "localhost",
        "[127.0.0.1]",
        "[IPv6:::1]",
        f"{'d' * 60}.{'e' * 60}.example",
    )
)
SPEC = st.builds("{}@{}".format, st.one_of(*[LOCAL] * 7, UTF8_LOCAL), DOMAIN)
DATA = st.one_of(st.binary(max_size=80), st.builds(bytes, st.sampled_from((57, 58, 70_000))))
KIND = st.sampled_from(
    (
        "application/pdf",
        "image/png",
        'application/x; note="größe"; a="b c"',
    )
)


@st.composite
def lines(draw: DrawFn) -> str:
    """What may stand in a subject, a display name or a file name."""
    return draw(HEADER_TEXT)


@st.composite
def bodies(draw: DrawFn) -> str:
    """A text with every line end, and lines that mail has trouble with."""
    return draw(BODY)


@st.composite
def addresses(draw: DrawFn) -> Address:
    """A mailbox with or without a display name, now and then one for SMTPUTF8."""
    return Address(draw(st.one_of(st.just(""), HEADER_TEXT)), draw(SPEC))


@st.composite
def files(draw: DrawFn) -> Attachment:
    """Octets or a text, attached."""
    if draw(st.integers(0, 4)) == 4:
        return Attachment(draw(FILENAME) or "table.csv", "text/csv", draw(BODY))
    return Attachment(draw(FILENAME), draw(KIND), draw(DATA))


@st.composite
def forwarded(draw: DrawFn) -> Attachment:
    """A mail of our own, as somebody would forward it."""
    inner = Message(draw(HEADER_TEXT), [Address("", "bob@example.com")], draw(BODY))
    inner.attachments = draw(st.lists(files(), max_size=1))
    return Attachment("forwarded.eml", "message/rfc822", inner.seal(ORIGIN).content)


@st.composite
def mails(draw: DrawFn) -> Message:
    """A whole message, with up to five files, images inside the HTML and forwarded mails."""
    few = st.lists(addresses(), max_size=1)
    message = Message(
        draw(st.one_of(st.just(""), HEADER_TEXT)),
        [*draw(st.lists(addresses(), min_size=1, max_size=3))],
        draw(st.none() | BODY),
        draw(st.none() | BODY),
        sender=draw(addresses()),
        cc=[*draw(few)],
        bcc=[*draw(few)],
        reply_to=[*draw(st.lists(addresses(), max_size=2))],
        attachments=draw(st.lists(st.one_of(files(), files(), forwarded()), max_size=3)),
    )
    if draw(st.booleans()):
        message.alts["calendar; method=REQUEST"] = draw(BODY)
    for _ in range(draw(st.integers(0, 2))):
        message.inline(draw(DATA), draw(FILENAME), "image/png")
    return message
