import pytest

from flask_mailwright.attachment import Attachment
from flask_mailwright.compose.mime import read
from flask_mailwright.errors import MessageError
from flask_mailwright.message import Message
from tests.test_sealing import message, names


def test_constructor_is_flask_mails() -> None:
    """Name, order and default of each argument."""
    date, files = 1.5, [Attachment("a", data=b"")]
    made = Message(
        "subject", ["to@x"], "body", "html", {"calendar": "ics"}, "from@x", ["cc@x"], ["bcc@x"],
        files, "reply@x", date, "utf-8", {"X-A": "b"}, ["SIZE=1"], ["NOTIFY=NEVER"],
)  # fmt: skip
    assert made.alts == {"calendar": "ics", "html": "html"}
    assert (made.body, made.html, made.sender, made.reply_to) == (
        "body",
        "html",
        "from@x",
        "reply@x",
    )
    assert made.send_to == {"to@x", "cc@x", "bcc@x"}
    assert (made.attachments, made.date, made.charset) == (files, date, "utf-8")
    assert (made.mail_options, made.rcpt_options) == (["SIZE=1"], ["NOTIFY=NEVER"])
    assert (made.extra_headers, made.msgId) == ({"X-A": "b"}, None)


def test_html_is_one_of_the_alternatives() -> None:
    """Set or unset here, it is there."""
    made = Message(html="a")
    made.html = "b"
    assert made.alts == {"html": "b"}
    made.html = None
    made.html = None
    assert made.alts == {}


def test_recipients_can_be_added() -> None:
    """To a list of the message's own."""
    first, second = Message(), Message()
    first.add_recipient("ann@example.org")
    assert (first.recipients, second.recipients) == (["ann@example.org"], [])


def test_copy_is_independent() -> None:
    """What is changed in one stays out of the other."""
    first = message(tags=["a"], metadata={"a": 1}, extra_headers={"X-A": "b"})
    second = first.copy()
    second.attach("a", data=b"")
    second.recipients.append("bob@example.org")
    second.html, second.metadata["b"] = None, 2
    assert (first.attachments, first.recipients, first.metadata) == (
        [],
        ["ann@example.org"],
        {"a": 1},
    )
    assert first.html == "<p>Hi Ann</p>"


def test_message_shows_itself_before_it_is_complete() -> None:
    """Without sender and recipients; a fault is told as at sealing."""
    made = Message("Grüße", body="hi")
    made.msgId = "<1@example.com>"
    made.date = 0
    assert len(str(made)) == len(made.as_string()) == len(bytes(made))
    assert read(bytes(made)).get("subject") == "Grüße"
    assert names(read(made.as_bytes()))[0] == "Subject"
    assert repr(made) == "<Message 'Grüße'>"
    with pytest.raises(MessageError, match="subject holds a line feed"):
        str(Message("a\nb"))


def test_a_copy_has_attachments_of_its_own() -> None:
    """Who changes a file of a copy, in `before_send` say, leaves the caller's file as it was."""
    message = Message()
    message.attach("a.txt", "text/plain", "Hello")
    message.copy().attachments[0].filename = "b.txt"
    assert message.attachments[0].filename == "a.txt"


def test_a_message_is_no_subject() -> None:
    """Other extensions' `send_message` takes one; ours says what to call."""
    with pytest.raises(MessageError, match=r"use mail\.send\(message\)"):
        Message(Message("Hi"))  # type: ignore[arg-type]
