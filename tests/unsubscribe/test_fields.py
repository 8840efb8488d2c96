"""The fields of a list's mail, and that they leave as they were made (RFC 2919, 2369, 8058)."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from flask_mailwright import MessageError
from flask_mailwright import flask_mail as drop_in
from flask_mailwright.testing import SMTPServer
from tests.apps import ANN, BOB, kept, parsed
from tests.signed import RSA, keys_of, verdicts
from tests.unsubscribe.lists import BASE, make_list, news


def refused(folder: Path, **attributes: Any) -> str:
    """Why a mail of a list does not go."""
    _, mail = make_list(folder)
    message = news()
    for name, value in attributes.items():
        setattr(message, name, value)
    with pytest.raises(MessageError) as caught:
        mail.send(message)
    return str(caught.value)


def test_a_mail_of_a_list_says_so(tmp_path: Path) -> None:
    """Which list, and the two fields of one click, with the reader's own link."""
    app, mail = make_list(tmp_path)
    mail.send(news())
    (sent,) = kept(app)
    assert sent.list == "news"
    assert parsed(sent)["List-Id"] == "<news.example.com>"
    assert parsed(sent)["List-Unsubscribe"] == f"<{mail.unsubscribe_url(ANN, 'news')}>"
    assert parsed(sent)["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"


def test_other_mail_says_nothing_of_lists(tmp_path: Path) -> None:
    """And needs no SECRET_KEY."""
    app, mail = make_list(tmp_path, SECRET_KEY=None)
    message = news()
    message.list = None
    mail.send(message)
    assert b"List-" not in kept(app)[0].content


def test_a_long_link_is_never_folded(tmp_path: Path) -> None:
    """Nor encoded, for mail programs would not find it."""
    app, mail = make_list(tmp_path, MAIL_BASE_URL=f"{BASE}/{'p' * 300}")
    longest = f"{'ann' * 21}@{'d' * 60}.{'e' * 60}.{'f' * 50}.example"
    mail.send(news(longest))
    url = mail.unsubscribe_url(longest, "news")
    assert len(url) > 600
    assert f"\r\nList-Unsubscribe: <{url}>\r\n".encode() in kept(app)[0].content


def test_a_link_that_no_line_can_hold_is_refused(tmp_path: Path) -> None:
    """Rather than broken."""
    _, mail = make_list(tmp_path, MAIL_BASE_URL=f"{BASE}/{'p' * 990}")
    with pytest.raises(MessageError, match="link to leave the list .* shorten the URL"):
        mail.send(news())


def test_one_reader_has_one_link(tmp_path: Path) -> None:
    """To, Cc and Bcc together; the same address twice is one reader."""
    for others in ({"recipients": [ANN, BOB]}, {"cc": [BOB]}, {"bcc": [BOB]}):
        assert "has one recipient" in refused(tmp_path, **others)
    assert "mail.send_many or send_many_later" in refused(tmp_path, cc=[BOB])
    app, mail = make_list(tmp_path)
    message = news()
    message.bcc = [ANN]
    mail.send(message)
    assert b"List-Unsubscribe: " in kept(app)[0].content


@pytest.mark.parametrize(
    "name", ["the news", "news.", ".news", "a..b", "n\u00e9ws", "a\nb", "<a>", "a@b", "x" * 128, 7]
)
def test_what_is_no_name_of_a_list(tmp_path: Path, name: Any) -> None:
    """RFC 2919 §2; the fault says what is one."""
    assert re.search(r"is no name of a list: write .* such as news", refused(tmp_path, list=name))


def test_a_sender_without_a_domain_has_no_list(tmp_path: Path) -> None:
    """An address literal names no list for good."""
    assert "make no List-Id" in refused(tmp_path, sender="a@[127.0.0.1]")


@pytest.mark.parametrize("name", ["List-Id", "List-Unsubscribe", "list-unsubscribe-post"])
def test_the_users_own_field_wins(tmp_path: Path, name: str) -> None:
    """And stands once, however it is spelled."""
    app, mail = make_list(tmp_path)
    message = news()
    message.extra_headers = {name: "<https://own.example/>"}
    mail.send(message)
    assert parsed(kept(app)[0]).get_all(name) == ["<https://own.example/>"]


def test_a_way_out_of_the_users_own_promises_no_click(tmp_path: Path) -> None:
    """What it takes is theirs to say; our page, and a SECRET_KEY, are not needed."""
    app, mail = make_list(tmp_path, SECRET_KEY=None, MAIL_BASE_URL=None)
    message = news()
    message.extra_headers = {"List-Unsubscribe": "<mailto:stop@example.com>"}
    mail.send(message)
    assert parsed(kept(app)[0])["List-Id"] == "<news.example.com>"
    assert parsed(kept(app)[0])["List-Unsubscribe-Post"] is None


def test_both_fields_are_signed(tmp_path: Path) -> None:
    """As mail programs demand (RFC 8058 §4); dkimpy notes a change, and one that is added."""
    with SMTPServer() as server:
        config = {"MAIL_DEFAULT_SENDER": f"news@{RSA}", **keys_of(RSA, "rsa", "rsa")}
        _, mail = make_list(tmp_path, MAIL_URL=server.url, **config)
        mail.send(news())
        content = server.mails[0].content
    (names,) = re.findall(rb";\s*h=([^;]*);", content)
    for name in (b"List-Unsubscribe", b"List-Unsubscribe-Post"):
        assert re.split(rb":\s*", names).count(name) == 2
        assert verdicts(content) == [True]
        assert verdicts(content.replace(b"\r\n%b: " % name, b"\r\n%b: x" % name)) == [False]
        added = b"%b: <https://evil.example>\r\n" % name
        end = content.index(b"\r\n\r\n") + 2
        assert verdicts(content[:end] + added + content[end:]) == [False]


def test_under_the_drop_in_face(tmp_path: Path) -> None:
    """Flask-Mail's Message has a list too, and its text shows the fields."""
    app, _ = make_list(tmp_path / "other")
    del app.extensions["mailwright"], app.extensions["mail"]
    app.config["MAIL_OUTBOX_URL"] = f"sqlite:///{tmp_path}/outbox.sqlite"
    mail = drop_in.Mail(app)
    message = drop_in.Message("News", [ANN], "Hello", sender="a@example.com")
    message.list = "news"
    mail.send(message)
    assert parsed(kept(app)[0])["List-Id"] == "<news.example.com>"
    with app.app_context():
        assert f"List-Unsubscribe: <{mail.unsubscribe_url(ANN, 'news')}>" in message.as_string()
