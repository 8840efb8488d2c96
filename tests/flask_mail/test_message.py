"""Every behaviour of `Message` that Flask-Mail's own tests pin, in our words."""

from __future__ import annotations

import email
import re
import time
from collections.abc import Callable
from email.utils import formatdate
from inspect import signature
from typing import Any, NamedTuple

import pytest
from flask import Flask
from werkzeug.local import LocalProxy

from flask_mailwright import MessageError
from flask_mailwright.flask_mail import BadHeaderError, Mail, Message
from flask_mailwright.testing import SMTPServer

ANN, BOB = "ann@example.com", "bob@example.com"


class Lazy:
    """What translations are until somebody reads them."""

    def __str__(self) -> str:
        return "sübject"


def written(**arguments: Any) -> str:
    """`as_string` of a message to Ann."""
    return Message(**{"recipients": [ANN], "sender": BOB, **arguments}).as_string()


def with_file(name: str) -> str:
    """`as_string` of a message with this file."""
    message = Message("Hi", [ANN], "hello")
    message.attach(name, "text/plain", b"this is a test")
    return message.as_string()


SPELLINGS: dict[str, tuple[Callable[[], str], str]] = {
    "reply-to": (
        lambda: written(reply_to="Somebody <s@example.com>"),
        "\r\nReply-To: Somebody <s@example.com>\r\n",
    ),
    "cc": (lambda: written(cc=[BOB]), f"\r\nCc: {BOB}\r\n"),
    "unfolded": (
        lambda: written(recipients=[f"somebody{n}@example.com" for n in range(20)]),
        ", ".join(f"somebody{n}@example.com" for n in range(20)),
    ),
    "folded subject": (
        lambda: written(subject="testing\r\n testing\r\n testing \r\n \ttesting"),
        "Subject: testing\r\n testing\r\n testing \r\n \ttesting\r\n",
    ),
    "line break in sender": (lambda: written(sender=f"{BOB}\r\n"), f"From: {BOB}\r\n"),
    "line break in reply_to": (lambda: written(reply_to=f"{BOB}\r"), f"Reply-To: {BOB}\r\n"),
    "line break in recipient": (lambda: written(recipients=["ann\r\n@example.com"]), f"To: {ANN}"),
    "plain": (lambda: written(body="Hello"), 'Content-Type: text/plain; charset="utf-8"'),
    "us-ascii": (
        lambda: written(body="Hello", charset="us-ascii"),
        'Content-Type: text/plain; charset="us-ascii"',
    ),
    "us-ascii html": (
        lambda: written(html="<p>Hello</p>", charset="us-ascii"),
        'Content-Type: text/html; charset="us-ascii"',
    ),
    "html only": (lambda: written(html="<p>"), "Content-Type: multipart/alternative"),
    "html has a text": (lambda: written(html="ünï"), 'Content-Type: text/plain; charset="utf-8"'),
    "json": (lambda: written(alts={"json": "{}"}), "Content-Type: multipart/alternative"),
    "file": (lambda: with_file("a.txt"), "Content-Type: multipart/mixed"),
    "file name": (
        lambda: with_file("test doc.txt"),
        'Content-Disposition: attachment; filename="test doc.txt"',
    ),
    "file name in any script": (
        lambda: with_file("ünicöde ←→ ✓.txt"),
        "filename*=UTF8''%C3%BCnic%C3%B6de%20%E2%86%90%E2%86%92%20%E2%9C%93.txt\r\n",
    ),
    "sender in any script": (
        lambda: written(sender="ÄÜÖ → ✓ <from@example.com>"),
        "From: =?utf-8?b?w4TDnMOWIOKGkiDinJM=?= <from@example.com>",
    ),
    "stray bracket": (
        lambda: written(sender="ÄÜÖ → ✓ <from@example.com>>"),
        "From: =?utf-8?b?w4TDnMOWIOKGkiDinJM=?= <from@example.com>\r\n",
    ),
    "stray bracket in a pair": (
        lambda: written(sender=("ÄÜÖ → ✓", "from@example.com>")),
        "From: =?utf-8?b?w4TDnMOWIOKGkiDinJM=?= <from@example.com>\r\n",
    ),
    "lazy subject": (lambda: written(subject=Lazy()), "=?utf-8?q?s=C3=BCbject?="),
    "extra field": (lambda: written(extra_headers={"X-Extra": "Yes"}), "\r\nX-Extra: Yes\r\n"),
    "japanese sender": (
        lambda: written(sender=("送信者", BOB), charset="shift_jis"),
        "From: =?iso-2022-jp?",
    ),
    "japanese subject": (
        lambda: written(subject="表題", charset="shift_jis"),
        "Subject: =?iso-2022-jp?",
    ),
    "japanese reply-to": (
        lambda: written(reply_to="返信先 <s@example.com>", charset="shift_jis"),
        "Reply-To: =?iso-2022-jp?",
    ),
    "japanese body": (
        lambda: written(body="内容", charset="shift_jis"),
        'Content-Type: text/plain; charset="iso-2022-jp"',
    ),
}


@pytest.mark.parametrize("case", SPELLINGS)
def test_as_string_is_spelled_as_flask_mail_does(mail: Mail, case: str) -> None:
    """Users' tests look for such pieces."""
    write, expected = SPELLINGS[case]
    assert expected in write()


def test_what_is_not_there_is_not_written(mail: Mail) -> None:
    """Bcc never, a Subject only if there is one; ASCII is neither base64 nor quoted-printable."""
    text = written(body="Hello Joe,\nHow are you?", bcc=["secret@example.com"])
    assert "secret@example.com" not in text
    assert "Subject" not in text
    assert "\r\n\r\nHello Joe,\r\nHow are you?\r\n" in text
    assert str(Message("Hi", [ANN])).count("\n") == str(Message("Hi", [ANN])).count("\r\n")


def test_ascii_file_names(app: Flask, mail: Mail) -> None:
    """On demand, also when the demand comes late."""
    app.extensions["mail"].ascii_attachments = True
    assert 'filename="unicode . .txt"' in with_file("ünicödeß ←.→ ✓.txt")


def test_files_beside_the_ways_to_show_the_text(mail: Mail) -> None:
    """Two parts: the alternatives with text and HTML as they were, and the file."""
    message = Message("Hi", [ANN], "Hello World", "<p>Hello World</p>")
    message.attach(data=b"this is a test", content_type="text/plain")
    mail_that_is_read: Any = email.message_from_string(message.as_string())
    shown, file = mail_that_is_read.get_payload()
    texts = [part.get_payload() for part in shown.get_payload()]
    assert texts == ["Hello World", "<p>Hello World</p>"]
    assert file.get_payload(decode=True) == b"this is a test"
    (attached,) = message.attachments
    assert (attached.filename, attached.disposition) == (None, "attachment")


def test_a_message_begins_with_its_sender(app: Flask, mail: Mail) -> None:
    """The default one as it is now; a pair becomes one text, in quotes if it must."""
    assert Message().sender == "support@example.com"
    assert Message(sender=("tester", BOB)).sender == f"tester <{BOB}>"
    assert Message(sender=("Acme, Inc.", BOB)).sender == f'"Acme, Inc." <{BOB}>'
    app.extensions["mail"].default_sender = ("tester", BOB)
    assert Message().sender == f"tester <{BOB}>"


def test_a_message_needs_no_context() -> None:
    """Flask-Mail's raises outside of one; ours takes its sender when it is sealed."""
    assert Message("Hi").sender is None


def test_a_message_is_what_was_put_in(mail: Mail) -> None:
    """Lists are there from the beginning; each recipient counts once."""
    message = Message("Hi")
    assert (message.recipients, message.mail_options, message.rcpt_options) == ([], [], [])
    message.add_recipient(ANN)
    assert message.recipients == [ANN]
    message = Message("Hi", [ANN], cc=["c@example.com"], bcc=["b@example.com"])
    message.add_recipient("c@example.com")
    assert len(message.send_to) == 3
    assert Message(mail_options=["BODY=8BITMIME"]).mail_options == ["BODY=8BITMIME"]
    assert Message(rcpt_options=["NOTIFY=SUCCESS"]).rcpt_options == ["NOTIFY=SUCCESS"]


def test_lists_may_be_none(mail: Mail) -> None:
    """Set so later, as Flask-Mail bears it."""
    message = Message("Hi", [ANN], "Hello")
    message.cc = message.bcc = message.attachments = None  # type: ignore[assignment]
    assert message.send_to == {ANN}
    assert mail.send(message).is_suppressed


def test_date_and_message_id(mail: Mail) -> None:
    """The moment in the zone of this machine; one Message-ID from the beginning on."""
    now = time.time()
    message = Message("Hi", [ANN], date=now)
    assert f"\r\nDate: {formatdate(now, localtime=True)}\r\n" in message.as_string()
    assert re.fullmatch(r"<\S+@example\.com>", message.msgId or "")
    assert f"\r\nMessage-ID: {message.msgId}\r\n" in message.as_string()
    assert Message().msgId != message.msgId


def test_a_date_of_the_users_own_stays(mail: Mail) -> None:
    """Whatever its name's case."""
    date = "Thu, 01 Jan 1970 00:00:00 +0000"
    text = written(date=time.time(), extra_headers={"date": date})
    assert text.count("Date: ") == 1
    assert f"\r\nDate: {date}\r\n" in text


BAD_SUBJECTS = [
    "a\r\n",
    "a\r\n b\r\n ",
    "a\r\n b\r\n\t",
    "a\r\n b\r\n\n",
    "a\n\r",
    "a\nb",
    "a\r\nb",
]


@pytest.mark.parametrize("subject", BAD_SUBJECTS)
def test_a_subject_with_a_line_break(mail: Mail, subject: str) -> None:
    """Refused when it is sent, also under TESTING, as what Flask-Mail raises and as ours."""
    message = Message(subject, [ANN], "testing")
    assert message.has_bad_headers()
    with pytest.raises(BadHeaderError, match="subject holds a line break") as caught:
        mail.send(message)
    assert isinstance(caught.value, MessageError)
    assert caught.value.kind == "invalid"


@pytest.mark.parametrize(
    "arguments",
    [
        {"sender": f"{BOB}\n"},
        {"recipients": [f"Ann\r\nBcc: eve@example.com <{ANN}>"]},
        {"recipients": [("Ann\n", ANN)]},
        {"reply_to": f"{BOB}\r"},
        {"cc": [f"{BOB}\n"]},
        {"bcc": [f"{BOB}\n"]},
        {"extra_headers": {"X-Id": "1\r\nBcc: eve@example.com"}},
        {"extra_headers": {"X-Id\r\nBcc: eve@example.com\r\nX": "1"}},
    ],
    ids=str,
)
def test_a_line_break_in_a_field(mail: Mail, arguments: dict[str, Any]) -> None:
    """Refused too where Flask-Mail lets it pass: in cc, bcc and extra_headers."""
    message = Message(**{"subject": "Hi", "recipients": [ANN], **arguments})
    with pytest.raises(BadHeaderError):
        mail.send(message)
    with pytest.deprecated_call():
        assert message.is_bad_headers()


@pytest.mark.parametrize(
    "arguments",
    [
        {"recipients": ANN},
        {"cc": ANN},
        {"recipients": ["Doe, Jane <jane@example.com>"]},
        {"recipients": ["ann@example,com"]},
        {"recipients": [f"{ANN}, {BOB}"]},
        {"extra_headers": {"Bcc": "eve@example.com"}},
        {"extra_headers": {"Content-Type": "text/html"}},
        {"msgId": "<a\r\nBcc: eve@example.com>"},
        {"alts": {"plain\r\nX: y": "x"}},
    ],
    ids=str,
)
def test_what_flask_mail_would_send_somewhere_else(mail: Mail, arguments: dict[str, Any]) -> None:
    """To single letters, to `Doe`, into the header: refused, also under TESTING."""
    fixed = arguments.pop("msgId", None)
    message = Message(**{"subject": "Hi", "recipients": [ANN], "body": "x", **arguments})
    message.msgId = fixed or message.msgId
    with pytest.raises(MessageError):
        mail.send(message)


@pytest.mark.parametrize("name", ["a\r\nX: y.txt", "a\nb"])
def test_a_line_break_in_the_name_of_a_file(mail: Mail, name: str) -> None:
    """No header of a part takes one."""
    message = Message("Hi", [ANN], "x")
    message.attach(name, "text/plain", b"x")
    with pytest.raises(MessageError):
        mail.send(message)


def test_a_subject_that_is_well_folded_is_sent(mail: Mail) -> None:
    """As the one line that it is."""
    with mail.record_messages() as outbox:
        mail.send(Message("testing\r\n testing \r\n \ttesting", [ANN]))
    assert len(outbox) == 1
    content = outbox[0].as_bytes()
    assert b"testing\r\n testing" not in content


def test_without_sender_or_recipients(app: Flask, mail: Mail) -> None:
    """An AssertionError, even where nothing is sent."""
    with pytest.raises(AssertionError, match="No recipients have been added"):
        mail.send(Message("Hi", body="testing"))
    app.extensions["mail"].default_sender = None
    with pytest.raises(AssertionError, match="MAIL_DEFAULT_SENDER") as caught:
        mail.send(Message("Hi", [ANN]))
    assert isinstance(caught.value, MessageError)


class Person(NamedTuple):
    """Somebody of the app's own."""

    name: str
    email: str


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ((ANN, ANN), f'"{ANN}" <{ANN}>'),
        (f"{ANN} <{ANN}>", f'"{ANN}" <{ANN}>'),
        (f"Ann (Sales) <{ANN}>", f'"Ann (Sales)" <{ANN}>'),
        (f"{ANN} (Ann)", f"Ann <{ANN}>"),
        (f'Ann "Boss" O <{ANN}>', f'"Ann \\"Boss\\" O" <{ANN}>'),
        (f"{ANN},", ANN),
        (f" {ANN}; ", ANN),
        (f"Ann <{ANN}", f"Ann <{ANN}>"),
        (f"Ann <{ANN}>>", f"Ann <{ANN}>"),
        (("Ann", f" {ANN} "), f"Ann <{ANN}>"),
        ((None, ANN), ANN),
        (f'"Doe, Ann" <{ANN}>', f'"Doe, Ann" <{ANN}>'),
        (Person("Ann", ANN), f"Ann <{ANN}>"),
    ],
)
def test_addresses_that_flask_mail_mails_to_the_right_person(
    mail: Mail, address: Any, shown: str
) -> None:
    """So do we, and with the name as it was written; also as a sender."""
    with mail.record_messages() as outbox:
        mail.send(Message("Hi", [address], "Hello", cc=[address], sender=address))
    text = outbox[0].as_string()
    assert f"\r\nTo: {shown}\r\nCc: {shown}\r\n" in text
    assert text.startswith(f"From: {shown}\r\n")


def test_lazy_values_and_proxies(mail: Mail) -> None:
    """Whatever stands for a text."""
    proxy: Any = LocalProxy(lambda: "a text")
    lazy: Any = Lazy()
    message = Message(lazy, [ANN], proxy, sender=(lazy, BOB), extra_headers={"X-A": proxy})
    assert mail.send(message).is_suppressed
    assert message.sender == f"sübject <{BOB}>"
    assert "a text" in message.as_string()


def test_fields_of_the_users_own(mail: Mail) -> None:
    """Several to reply to, in Flask-Mail's only way; an empty field is none."""
    fields = {"Reply-To": f"{ANN}, Bob <{BOB}>", "X-A": ""}
    text = written(extra_headers=fields)
    assert f"\r\nReply-To: {ANN}, Bob <{BOB}>\r\n" in text
    assert "X-A" not in text


def test_its_signature_is_flask_mails() -> None:
    """For tools and for people."""
    assert list(signature(Message).parameters)[:3] == ["subject", "recipients", "body"]


def test_overrides_are_obeyed(mail: Mail) -> None:
    """Of a subclass, of the object, and of a test."""

    class Redirected(Message):
        @property
        def send_to(self) -> Any:
            return {f"Staging <{BOB}>"}

    class Signed(Message):
        def _message(self) -> Any:
            message = super()._message()
            message["X-Signed"] = "yes"
            return message

    class Unwanted(Message):
        def send(self, connection: Any) -> None:
            """To nobody."""

    class Bad(Message):
        def has_bad_headers(self) -> bool:
            return True

    with SMTPServer() as server:
        app = Flask("own")
        app.config.update(MAIL_SERVER=server.host, MAIL_PORT=server.port, MAIL_DEFAULT_SENDER=BOB)
        with app.app_context():
            own = Mail(app)
            own.send(Redirected("Hi", [ANN], "Hello"))
            own.send(Signed("Hi", [ANN], "Hello"))
            own.send(Unwanted("Hi", [ANN], "Hello"))
            changed = Message("Hi", [ANN], "Hello")
            changed.as_bytes = lambda: b"Subject: own\r\n\r\n"  # type: ignore[method-assign]
            own.send(changed)
            with pytest.raises(BadHeaderError):
                own.send(Bad("Hi", [ANN], "Hello"))
        redirected, signed, third = server.mails
    assert redirected.recipients == (BOB,)
    assert b"\r\nX-Signed: yes\r\n" in signed.content
    assert third.content.startswith(b"Subject: own\r\n")


def test_who_overrides_as_bytes_has_the_last_word(mail: Mail) -> None:
    """As those do who sign their mail themselves."""

    class Signed(Message):
        def as_bytes(self) -> bytes:
            return b"X-Signed: yes\r\n" + super().as_bytes()

    with SMTPServer() as server:
        app = Flask("signed")
        app.config.update(MAIL_SERVER=server.host, MAIL_PORT=server.port, MAIL_DEFAULT_SENDER=BOB)
        with app.app_context():
            Mail(app).send(Signed("Hi", [ANN], "Hello"))
        assert server.mails[0].content.startswith(b"X-Signed: yes\r\nFrom: ")


@pytest.mark.parametrize(
    ("html", "text"), [("<p>Hello <b>Ann</b></p>", "Hello Ann"), ("<p></p>", "")]
)
def test_html_alone_has_a_text_that_says_the_same(html: str, text: str) -> None:
    """Flask-Mail's is empty; where nothing can be read in the HTML, so is this one."""
    parts = list(email.message_from_string(written(html=html)).walk())
    assert [part.get_content_type() for part in parts[1:]] == ["text/plain", "text/html"]
    assert str(parts[1].get_payload()).strip() == text
