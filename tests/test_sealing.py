import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from enum import Enum
from pathlib import Path
from typing import Any

import pytest
from markupsafe import Markup

from flask_mailwright.address import Address
from flask_mailwright.attachment import Attachment
from flask_mailwright.compose.mime import Parsed, read
from flask_mailwright.envelope import SealedMail
from flask_mailwright.errors import MessageError
from flask_mailwright.message import Message
from flask_mailwright.sealing import Origin
from flask_mailwright.world import World
from tests.test_guard import FORBIDDEN

ORIGIN = Origin("app", "Flasky Admin <flasky@example.com>", world=World(now=lambda: 0.0))


def message(**attributes: Any) -> Message:
    """A good one, and then as the test wants it."""
    made = Message("Hello", ["ann@example.org"], "Hi Ann", "<p>Hi Ann</p>")
    for name, value in attributes.items():
        assert hasattr(made, name)
        setattr(made, name, value)
    return made


def seal(**attributes: Any) -> SealedMail:
    """The message, sealed."""
    return message(**attributes).seal(ORIGIN)


def sent(**attributes: Any) -> Parsed:
    """The message as its reader sees it."""
    return read(seal(**attributes).content)


def faults(**attributes: Any) -> tuple[str, ...]:
    """Everything that is wrong with it."""
    with pytest.raises(MessageError) as caught:
        seal(**attributes)
    assert caught.value.kind == "invalid"
    return caught.value.faults


def fault(**attributes: Any) -> str:
    """The one thing that is wrong with it."""
    (only,) = faults(**attributes)
    return only


def names(mail: Parsed) -> list[str]:
    """Those of its header fields, in order."""
    return [name for name, _ in mail.fields]


def test_what_a_plain_mail_holds() -> None:
    """Each field once, in this order; both texts as they were written."""
    mail = sent()
    assert names(mail)[:6] == ["From", "To", "Subject", "Date", "Message-ID", "MIME-Version"]
    assert mail.get("from") == "Flasky Admin <flasky@example.com>"
    assert (mail.get("to"), mail.get("subject")) == ("ann@example.org", "Hello")
    assert (mail.text, mail.html) == ("Hi Ann", "<p>Hi Ann</p>")
    assert [part.content_type for part in mail.parts] == ["text/plain", "text/html"]


def test_bcc_is_in_the_envelope_only() -> None:
    """Nothing in the content tells of it."""
    mail = seal(cc=["carl@example.org"], bcc=[("Bob Secret", "bob@example.org")])
    wires = [recipient.address for recipient in mail.envelope.recipients]
    assert wires == ["ann@example.org", "carl@example.org", "bob@example.org"]
    assert not re.search(rb"\b(bob|bcc|secret)\b", mail.content, re.IGNORECASE)


def test_recipient_stands_once_in_the_envelope() -> None:
    """Named in To and Cc he gets one copy."""
    mail = seal(recipients=["ann@example.org", ("Ann", "ann@example.org")], cc=["ann@example.org"])
    assert [recipient.address for recipient in mail.envelope.recipients] == ["ann@example.org"]
    assert read(mail.content).get("to") == "ann@example.org, Ann <ann@example.org>"


@pytest.mark.parametrize(
    ("reply_to", "shown"),
    [
        ("ann@example.org", "ann@example.org"),
        (("Ann", "ann@example.org"), "Ann <ann@example.org>"),
        (Address("Ann", "ann@example.org"), "Ann <ann@example.org>"),
        (["ann@example.org", ("Bob", "bob@example.org")], "ann@example.org, Bob <bob@example.org>"),
        ([], ""),
        (None, ""),
    ],
)
def test_reply_to_is_one_or_several(reply_to: object, shown: str) -> None:
    """A string, a pair, an address or a list of them."""
    assert sent(reply_to=reply_to).get("reply-to") == shown


@pytest.mark.parametrize(
    ("name", "value", "shown"),
    [
        ("From", "Eve <eve@example.net>", "Eve <eve@example.net>"),
        ("Subject", "Other", "Other"),
        ("Date", "Fri, 02 Jan 1970 00:00:00 +0100", "Fri, 02 Jan 1970 00:00:00 +0100"),
        ("Message-ID", "<my@id>", "<my@id>"),
        ("To", "undisclosed-recipients:;", "undisclosed-recipients:;"),
        ("Cc", ["a@example.net", ("B", "b@example.net")], "a@example.net, B <b@example.net>"),
        ("Reply-To", Address("", "no@example.net"), "no@example.net"),
        ("X-Mailer", "ours", "ours"),
        ("Sender", "s@example.net", "s@example.net"),
    ],
)
@pytest.mark.parametrize("case", [str, str.lower, str.upper])
def test_extra_header_replaces(
    name: str, value: object, shown: str, case: Callable[[str], str]
) -> None:
    """In any case of letters: it stands there once, with the value that was given."""
    mail = seal(
        extra_headers={case(name): value}, cc=["carl@example.org"], reply_to="r@example.org"
    )
    parsed = read(mail.content)
    assert [key.lower() for key in names(parsed)].count(name.lower()) == 1
    assert parsed.get(name) == shown
    assert [r.address for r in mail.envelope.recipients] == ["ann@example.org", "carl@example.org"]
    assert mail.envelope.reverse_path == "flasky@example.com"


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("Bcc", "eve@example.org", "use message.bcc"),
        ("resent-bcc", "eve@example.org", "use message.bcc"),
        ("Return-Path", "<eve@example.org>", "use message.envelope_from"),
        ("MIME-Version", "1.0", "it is written for you"),
        ("content-type", "text/html", "use body, html, alts and attach"),
        ("Content-Transfer-Encoding", "8bit", "it is chosen for you"),
        ("CONTENT-DISPOSITION", "inline", "use attach"),
        ("X-A", "", "is empty"),
        ("Subject", "  ", "is empty"),
        ("Date", "yesterday", "must read like Thu, 01 Jan 1970 00:00:00 +0000"),
        ("Message-ID", "my@id", "must read <left@right>"),
        ("Message-ID", "<a b@c>", "must read <left@right>"),
        ("To", [], "has no address"),
        ("From", None, "has no address"),
        ("From", "nobody:;", "is not an address"),
        ("Sender", ["a@example.org", "b@example.org"], "must be one address"),
        ("To", "a@example.org, b@example.org", "more than one address"),
        ("X-A", b"bytes", "is bytes, not text"),
        ("X-A", None, "is NoneType, not text"),
        ("X-A", "b\r\nBcc: eve@example.org", "holds a carriage return"),
        ("X A", "b", "a field name is printable ASCII"),
        ("X-A:", "b", "a field name is printable ASCII"),
        ("X-A\r\nBcc", "b", "a field name is printable ASCII"),
        ("Ü", "b", "a field name is printable ASCII"),
        ("", "b", "a field name is printable ASCII"),
        (7, "b", "a field name is printable ASCII"),
        ("List-Unsubscribe", "<https://example.org/ü>", "is never encoded and must be ASCII"),
        ("List-Unsubscribe", "a\tb", "is never encoded and must be ASCII"),
        ("List-Help", f"<https://example.org/{'x' * 999}>", "shorten the URL"),
        ("List-Help", f"<a>{' ' * 999}<b>", "shorten the URL"),
        ("References", "<é@x>", "is never encoded"),
    ],
)
def test_extra_header_that_is_refused(name: str, value: object, told: str) -> None:
    """The fault names the field and says where its place is."""
    only = fault(extra_headers={name: value})
    assert only.startswith(f"extra_headers[{name!r}]")
    assert told in only


def test_extra_header_twice_is_refused() -> None:
    """Two spellings of one field."""
    assert "stands there twice" in fault(extra_headers={"X-A": "1", "x-a": "2"})


def test_list_fields_stand_as_written() -> None:
    """However long, folded at spaces only; never an encoded-word (RFC 8058)."""
    url = f"<https://example.org/u?{'x' * 900}=?utf-8?q?y?=>"
    value = f"<mailto:off@example.org>, {url}"
    content = seal(extra_headers={"List-Unsubscribe": value}).content
    assert f"\r\nList-Unsubscribe: <mailto:off@example.org>,\r\n {url}\r\n".encode() in content


@pytest.mark.parametrize("name", ["Message-ID", "In-Reply-To", "References"])
def test_look_alike_in_a_message_id_stands_as_written(name: str) -> None:
    """No reader decodes an encoded-word there."""
    content = seal(extra_headers={name: "<=?utf-8?q?x?=@example.org>"}).content
    assert f"\r\n{name}: <=?utf-8?q?x?=@example.org>\r\n".encode() in content


FIELDS: dict[str, Callable[[str], dict[str, Any]]] = {
    "subject": lambda text: {"subject": text},
    "recipients": lambda text: {"recipients": [("Ann" + text, "ann@example.org")]},
    "recipients: address": lambda text: {"recipients": [f"ann{text}@example.org"]},
    "cc": lambda text: {"cc": [("Ann" + text, "ann@example.org")]},
    "bcc": lambda text: {"bcc": [f"ann@example.org{text}b"]},
    "reply_to": lambda text: {"reply_to": ("Ann" + text, "ann@example.org")},
    "sender": lambda text: {"sender": f"Ann{text}b <ann@example.org>"},
    "envelope_from": lambda text: {"envelope_from": f"ann{text}b@example.org"},
    "msgId": lambda text: {"msgId": f"<a{text}b@example.org>"},
    "extra_headers['X-A']": lambda text: {"extra_headers": {"X-A": text}},
    "extra_headers['From']": lambda text: {"extra_headers": {"From": f"a{text}b@example.org"}},
    "extra_headers['List-Id']": lambda text: {"extra_headers": {"List-Id": f"<a{text}b>"}},
    "mail_options": lambda text: {"mail_options": [f"SIZE={text}1"]},
    "rcpt_options": lambda text: {"rcpt_options": [f"NOTIFY={text}1"]},
    "tags": lambda text: {"tags": ["a", f"b{text}"]},
    "alts": lambda text: {"alts": {f"calendar; a=b{text}c": "text"}},
    "attachment": lambda text: {"attachments": [Attachment(f"a{text}b", data=b"")]},
    "attachment 'a': content_type": lambda text: {
        "attachments": [Attachment("a", f"a/b; c=d{text}e", b"")]
    },
    "attachment 'a': headers['X-A']": lambda text: {
        "attachments": [Attachment("a", data=b"", headers={"X-A": f"b{text}c"})]
    },
}


@pytest.mark.parametrize("character", FORBIDDEN, ids=lambda c: f"U+{ord(c):04X}")
@pytest.mark.parametrize("field", FIELDS)
def test_no_control_character_passes_any_field(field: str, character: str) -> None:
    """The fault names the field and the character; nothing is repaired."""
    only = fault(**FIELDS[field](character))
    assert only.startswith(field.partition(":")[0])
    assert f"(U+{ord(character):04X})" in only


def test_fields_are_in_the_charset_of_the_message() -> None:
    """Who needs his old charset needs it in the subject too; what it lacks is in UTF-8."""
    content = Message(
        "請求書", [("山田", "a@example.org")], "本文", sender=("Σ", "b@x.org"), charset="euc-jp"
    ).as_bytes()
    assert b"Subject: =?euc-jp?b?" in content
    assert b"To: =?euc-jp?b?" in content
    assert read(content).get("subject") == "請求書"
    assert b"From: =?utf-8?" in Message(sender=("é", "b@x.org"), charset="us-ascii").as_bytes()


def test_faults_are_told_together() -> None:
    """One per cause, in one error; a field at fault is not also called missing."""
    told = faults(
        subject=b"bytes",
        sender="nobody",
        recipients=["ann", "bob@"],
        date=datetime(2026, 1, 1),  # noqa: DTZ001 - that is the fault
        charset="x-no",
        attachments=[Attachment("a", "pdf", b"")],
        tags="news",
        metadata={"a": object()},
        msgId="id",
        list="the news",
    )
    starts = "sender recipients recipients list attachment charset subject date msgId metadata tags"
    assert [re.split(r"\W", text, maxsplit=1)[0] for text in told] == starts.split()


@pytest.mark.parametrize(
    ("attributes", "told"),
    [
        ({"recipients": []}, "there are no recipients"),
        ({"recipients": "ann@example.org"}, "recipients must be a list of addresses"),
        ({"cc": "ann@example.org"}, "cc must be a list of addresses"),
        ({"bcc": Address("", "ann@example.org")}, "bcc must be a list of addresses"),
        ({"recipients": [("a@example.org", "b@example.org")]}, "the name in the tuple holds an @"),
        ({"reply_to": b"ann@example.org"}, "reply_to: bytes is no address"),
        ({"attachments": Attachment("a", data=b"")}, "attachments must be a list of Attachment"),
        ({"attachments": ["a.pdf"]}, "attachments must be a list of Attachment"),
        ({"tags": "news"}, "tags must be a list of str"),
        ({"tags": [7]}, "tags must be a list of str"),
        ({"mail_options": "SIZE"}, "mail_options must be a list of str"),
        ({"rcpt_options": "NOTIFY"}, "rcpt_options must be a list of str"),
        ({"mail_options": ["SIZE=1 BODY=8BITMIME"]}, "must read KEYWORD or KEYWORD=value"),
        ({"rcpt_options": ["ORCPT=rfc822;ü"]}, "must read KEYWORD or KEYWORD=value"),
        ({"extra_headers": "X-A: b"}, "extra_headers must be a mapping"),
        ({"subject": b"bytes"}, "subject is bytes, not text"),
        ({"body": b"bytes"}, "body is bytes, not text"),
        ({"html": bytearray(b"bytes")}, "html is bytearray, not text"),
        ({"body": "a\ud800"}, "body holds U+D800 at position 1, which utf-8 cannot"),
        ({"html": "\udc80"}, "html holds U+DC80 at position 0"),
        ({"charset": "x-no"}, "charset 'x-no' is none that every reader knows"),
        ({"charset": "hex"}, "charset 'hex' is none that every reader knows"),
        ({"charset": "idna"}, "charset 'idna' is none that every reader knows"),
        ({"charset": "utf-16"}, "charset 'utf-16' is none that every reader knows"),
        ({"charset": 7}, "charset 7 is none that every reader knows"),
        ({"charset": "latin-1", "body": "ab€"}, "body holds U+20AC at position 2, which iso-"),
        ({"charset": "shift_jis", "body": "a¥"}, "body holds U+00A5 at position 1, which shift"),
        ({"charset": "us-ascii", "html": "é"}, "html holds U+00E9 at position 0, which us-ascii"),
        ({"alts": {"image/png": "x"}}, "alts['image/png'] must be a text"),
        ({"alts": {"a b": "x"}}, "is no content type"),
        ({"alts": {"calendar; charset=x-no": "x"}}, "charset=x-no'] 'x-no' is none that"),
        ({"alts": {"plain": "x"}}, "body and alts['plain'] are both set"),
        ({"date": datetime(2026, 1, 1)}, "date has no time zone"),  # noqa: DTZ001
        ({"date": "2026-01-01"}, "must be seconds since 1970 or an aware datetime"),
        ({"date": float("nan")}, "must be seconds since 1970 or an aware datetime"),
        ({"date": 1e300}, "must be seconds since 1970 or an aware datetime"),
        ({"metadata": {"a": object()}}, "metadata must be JSON"),
        ({"metadata": {"a": float("nan")}}, "metadata must be JSON"),
        ({"metadata": {(1, 2): "a"}}, "metadata must be JSON"),
        ({"metadata": ["a"]}, "metadata must be a dict"),
        ({"msgId": "id@example.org"}, "msgId 'id@example.org' must read <left@right>"),
        ({"msgId": f"<{'x' * 999}@y>"}, "must read <left@right>"),
        ({"envelope_from": "<>"}, "envelope_from: '' is not an address"),
    ],
)
def test_what_is_refused(attributes: dict[str, Any], told: str) -> None:
    """One cause, one fault, and what to do."""
    assert told in fault(**attributes)


def test_deep_metadata_is_a_fault() -> None:
    """Not a RecursionError."""
    deep: dict[str, Any] = {}
    for _ in range(100_000):
        deep = {"a": deep}
    assert "metadata must be JSON" in fault(metadata=deep)


def test_nobody_sends_nothing() -> None:
    """Without sender and recipients the error says what to set."""
    with pytest.raises(MessageError) as caught:
        Message("Hi").seal(Origin())
    assert [text.partition(":")[0] for text in caught.value.faults] == [
        "there is no sender",
        "there are no recipients",
    ]


@pytest.mark.parametrize(
    "attributes",
    [
        {"recipients": ["jürgen@example.org"]},
        {"cc": ["用户@example.org"]},
        {"bcc": ["jürgen@example.org"]},
        {"reply_to": "jürgen@example.org"},
        {"sender": "jürgen@example.org"},
        {"envelope_from": "jürgen@example.org"},
        {"extra_headers": {"Sender": "jürgen@example.org"}},
    ],
)
def test_local_part_outside_ascii_needs_smtputf8(attributes: dict[str, Any]) -> None:
    """In any address that is shown or in the envelope."""
    mail = seal(**attributes)
    assert mail.envelope.smtputf8
    assert mail.content.decode().partition("\r\n\r\n")[2].isascii()


@pytest.mark.parametrize(
    "attributes",
    [
        {"recipients": [("Jürgen", "j@bücher.example")], "subject": "Grüße", "body": "é" * 600},
        {
            "extra_headers": {"X-A": "é", "From": ("é", "e@example.org")},
            "sender": "ü <u@example.org>",
        },
        {"attachments": [Attachment("größe.pdf", data=b"\xff")]},
    ],
)
def test_everything_else_does_not(attributes: dict[str, Any]) -> None:
    """Names, subjects, domains, bodies and files are 7-bit."""
    mail = seal(**attributes)
    assert not mail.envelope.smtputf8
    assert mail.content.isascii()


@pytest.mark.parametrize(
    ("envelope_from", "path"),
    [
        (None, "flasky@example.com"),
        ("", ""),
        ("bounce+7@example.net", "bounce+7@example.net"),
        (("Bounces", "bounce@bücher.example"), "bounce@xn--bcher-kva.example"),
    ],
)
def test_bounces_go_where_envelope_from_says(envelope_from: object, path: str) -> None:
    """Else to the sender; "" is the null reverse-path. From stays as it is."""
    mail = seal(envelope_from=envelope_from)
    assert mail.envelope.reverse_path == path
    assert read(mail.content).get("from") == "Flasky Admin <flasky@example.com>"


def test_own_sender_wins() -> None:
    """Over the default, in From, envelope and Message-ID."""
    mail = seal(sender=("Ann", "ann@straße.de"))
    assert read(mail.content).get("from") == "Ann <ann@xn--strae-oqa.de>"
    assert mail.envelope.reverse_path == "ann@xn--strae-oqa.de"
    assert mail.message_id.endswith("@xn--strae-oqa.de>")


def test_message_id_is_fresh_each_time() -> None:
    """And bears the sender's domain, and the mail's own id."""
    made = message()
    first, second = made.seal(ORIGIN), made.seal(ORIGIN)
    assert first.message_id != second.message_id
    for mail in (first, second):
        assert mail.message_id == f"<{mail.id}@example.com>" == read(mail.content).get("message-id")


@pytest.mark.parametrize("name", ["msgId", "extra_headers"])
def test_message_id_of_ones_own_stays(name: str) -> None:
    """Sent twice it is the same."""
    made = message(**{name: "<1@x.org>" if name == "msgId" else {"message-id": "<1@x.org>"}})
    assert made.seal(ORIGIN).message_id == made.seal(ORIGIN).message_id == "<1@x.org>"
    assert read(made.seal(ORIGIN).content).get("message-id") == "<1@x.org>"


@pytest.mark.parametrize(
    ("date", "shown"),
    [
        (None, "Thu, 01 Jan 1970 00:00:00 +0000"),
        (1_700_000_000.9, "Tue, 14 Nov 2023 22:13:20 +0000"),
        (datetime(2024, 2, 29, 23, 59, 59, tzinfo=UTC), "Thu, 29 Feb 2024 23:59:59 +0000"),
        (
            datetime(2026, 1, 1, tzinfo=timezone(timedelta(hours=5, minutes=30))),
            "Wed, 31 Dec 2025 18:30:00 +0000",
        ),
    ],
)
def test_date_is_in_utc(date: float | datetime | None, shown: str) -> None:
    """Seconds, an aware datetime, or the time of sealing."""
    assert sent(date=date).get("date") == shown


def test_inline_image_is_related_to_the_html(tmp_path: Path) -> None:
    """Bytes or a path; the URL for img is returned, and each is another."""
    made = message()
    (tmp_path / "logo.png").write_bytes(b"\x89PNG")
    urls = [made.inline(b"GIF89a", "dot.gif"), made.inline(tmp_path / "logo.png")]
    made.html = "".join(f'<img src="{url}">' for url in urls)
    content = made.seal(ORIGIN).content
    parts = read(content).parts
    assert [f"cid:{part.cid}" for part in parts[2:]] == urls
    assert [part.content_type for part in parts[1:]] == ["text/html", "image/gif", "image/png"]
    assert [part.data for part in parts[2:]] == [b"GIF89a", b"\x89PNG"]
    assert content.index(b"multipart/alternative") < content.index(b"multipart/related")


def test_content_id_may_be_ones_own() -> None:
    """As Flask-Mail's users give it; beside other files it stays in the HTML."""
    made = message()
    made.attach("a.png", "image/png", b"1", "inline", [("content-id", "<logo>")])
    made.attach("b.pdf", "application/pdf", b"2")
    content = made.seal(ORIGIN).content
    assert content.index(b"multipart/mixed") < content.index(b"multipart/related")
    assert [(part.cid, part.disposition) for part in read(content).parts[2:]] == [
        ("logo", "inline"),
        ("", "attachment"),
    ]


def test_image_without_html_is_a_file() -> None:
    """There is nothing that could show it."""
    made = message(html=None)
    made.inline(b"x", "a.gif")
    content = made.seal(ORIGIN).content
    assert b"multipart/related" not in content
    assert len(read(content).attachments) == 1


def test_two_files_with_one_content_id_are_refused() -> None:
    """The HTML could not tell them apart."""
    files = [Attachment("a", data=b"", headers={"Content-ID": "<x@y>"}) for _ in range(2)]
    assert "two files have the same Content-ID" in fault(attachments=files)


def test_same_file_twice_arrives_twice() -> None:
    """Equal is not the same."""
    files = [Attachment("a", data=b"x"), Attachment("a", data=b"x")]
    assert len(sent(attachments=files).attachments) == 2


def test_missing_file_is_told_at_sealing() -> None:
    """With its path."""
    made = message()
    made.attach(path="/nowhere/invoice.pdf")
    with pytest.raises(MessageError, match="'/nowhere/invoice.pdf' cannot be read: No such file"):
        made.seal(ORIGIN)


def test_alternatives_come_poorest_first() -> None:
    """Plain, then in the order they were given, with their own parameters and charset."""
    alts = {
        "calendar; method=REQUEST": "ics",
        "text/x-amp-html; charset=ISO-8859-1": "é",
        "html": "h",
    }
    parts = sent(alts=alts).parts
    kinds = ["text/plain", "text/calendar", "text/x-amp-html", "text/html"]
    assert [part.content_type for part in parts] == kinds
    assert parts[1].parameters == {"method": "REQUEST", "charset": "utf-8"}
    assert parts[2].parameters == {"charset": "iso-8859-1"}
    assert [part.text for part in parts] == ["Hi Ann", "ics", "é", "h"]


def test_html_has_a_text_beside_other_alternatives_too() -> None:
    """An invitation, say: not every mail program shows calendars."""
    alts = {"calendar": "BEGIN:VCALENDAR", "html": "<p>Come!</p>"}
    parts = sent(body=None, alts=alts).parts
    assert [part.content_type for part in parts] == ["text/plain", "text/calendar", "text/html"]
    assert parts[0].text == "Come!\n"
    kinds = ["text/calendar", "text/html"]
    assert [part.content_type for part in sent(body="", alts=alts).parts] == kinds


@pytest.mark.parametrize(
    ("attributes", "kinds"),
    [
        ({"body": None, "html": None}, ["text/plain"]),
        ({"body": "", "html": "h"}, ["text/html"]),
        ({"body": "b", "html": ""}, ["text/plain"]),
        (
            {"body": "", "html": "", "attachments": [Attachment("a", data=b"")]},
            ["application/octet-stream"],
        ),
        ({"body": None, "alts": {"plain": "p"}}, ["text/plain"]),
    ],
)
def test_no_empty_text_part(attributes: dict[str, Any], kinds: list[str]) -> None:
    """Unless there is nothing else."""
    assert [part.content_type for part in sent(**attributes).parts] == kinds


@pytest.mark.parametrize(
    ("charset", "name", "body"),
    [
        ("latin-1", "iso-8859-1", "Grüße"),
        ("cp1252", "windows-1252", "“€”"),
        ("ISO-2022-JP", "iso-2022-jp", "日本語\nテキスト"),
        ("gb18030", "gb18030", "中文\U0001f600"),
        ("koi8_r", "koi8-r", "Русский"),
        ("ascii", "us-ascii", "plain"),
    ],
)
def test_charset_is_named_as_mail_names_it(charset: str, name: str, body: str) -> None:
    """Python has other names for some."""
    (part,) = sent(charset=charset, body=body, html=None).parts
    assert part.parameters == {"charset": name}
    assert part.data.decode(name).rstrip("\r\n") == body.replace("\n", "\r\n")


class Word(str, Enum):  # noqa: UP042 - StrEnum prints its value
    """A str that prints as something else."""

    HELLO = 'Héllo "you" & <me>'


@pytest.mark.parametrize("text", [Markup("Hi \"you\" & <me>, \\ 'x'"), Word.HELLO])
def test_subclasses_of_str_are_only_text(text: str) -> None:
    """Marked or enumerated, the characters are what arrives."""
    mail = sent(subject=text, sender=(text, "a@example.org"), body=text, html=text)
    plain = str.__str__(text)
    assert mail.get("subject") == mail.text == mail.html == plain
    assert mail.get("from").replace('\\"', '"').replace("\\\\", "\\").strip('"').startswith(plain)


def test_lazy_text_is_asked_when_it_is_sealed() -> None:
    """A translation that knows its language only then."""

    class Lazy:
        def __str__(self) -> str:
            return "später"

    mail = sent(subject=Lazy(), body=Lazy(), extra_headers={"X-A": Lazy()})
    assert mail.get("subject") == mail.text == mail.get("x-a") == "später"


def test_what_travels_beside_the_content() -> None:
    """Route, tags, metadata, options and the app's name."""
    mail = seal(
        route="bulk",
        tags=["news", "µ"],
        metadata={"user": 7, "deep": [{"a": None}]},
        mail_options=["RET=HDRS"],
        rcpt_options=["NOTIFY=SUCCESS,FAILURE"],
    )
    assert (mail.app, mail.route, mail.tags, mail.subject) == (
        "app",
        "bulk",
        ("news", "µ"),
        "Hello",
    )
    assert mail.metadata == {"user": 7, "deep": [{"a": None}]}
    assert mail.envelope.mail_options == ("RET=HDRS",)
    assert {r.options for r in mail.envelope.recipients} == {("NOTIFY=SUCCESS,FAILURE",)}


def test_metadata_is_copied() -> None:
    """What the message learns later does not reach the sealed mail."""
    metadata = {"a": [1]}
    mail = seal(metadata=metadata)
    metadata["a"].append(2)
    assert mail.metadata == {"a": [1]}


def test_ascii_attachments_are_the_origins_choice() -> None:
    """As MAIL_ASCII_ATTACHMENTS says."""
    made = message(attachments=[Attachment("größe.pdf", data=b"")])
    mail = made.seal(ORIGIN._replace(ascii_attachments=True))
    assert read(mail.content).attachments[0].filename == "groe.pdf"


def test_language_is_told() -> None:
    """Readers that speak, and those that translate, ask for it (RFC 3282)."""
    assert sent(locale="de_at").get("Content-Language") == "de-AT"
    assert "Content-Language" not in names(sent())
    own = sent(locale="de", extra_headers={"content-language": "de, en"})
    assert names(own).count("Content-Language") == 1
    assert own.get("Content-Language") == "de, en"
    assert fault(locale="de/../x") == "locale 'de/../x' must read like de or de_AT"
