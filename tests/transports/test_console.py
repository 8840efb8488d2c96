"""Mail for the eyes of a developer."""

import pytest

from flask_mailwright import Message
from tests.apps import hello, make_mail


def test_a_mail_is_shown_decoded(capsys: pytest.CaptureFixture[str]) -> None:
    """What a reader would see, with the envelope, and files by name and size."""
    _, mail = make_mail(MAIL_URL="console:")
    message = Message("Grüße", [("Änn", "ann@example.com")], "Schön, dass du da bist.")
    message.bcc = ["eve@example.com"]
    message.attach("plan.pdf", "application/pdf", b"%PDF")
    assert len(mail.send(message).relayed) == 2
    shown = capsys.readouterr().err
    assert "Envelope: flasky@example.com -> ann@example.com, eve@example.com\n" in shown
    assert "To: Änn <ann@example.com>\nSubject: Grüße\n" in shown
    assert "\n\nSchön, dass du da bist.\n" in shown
    assert "[attachment: plan.pdf, application/pdf, 4 bytes]" in shown


def test_html_is_shown_when_there_is_no_text(capsys: pytest.CaptureFixture[str]) -> None:
    """Something is always shown."""
    _, mail = make_mail(MAIL_URL="console:")
    mail.send(Message("Hi", ["ann@example.com"], "", html="<p>Hello</p>"))
    assert "<p>Hello</p>" in capsys.readouterr().err


def test_a_terminal_gets_no_orders(capsys: pytest.CaptureFixture[str]) -> None:
    """An escape sequence in a body is shown, not acted upon."""
    _, mail = make_mail(MAIL_URL="console:")
    message = hello()
    message.body = "a\x1b[2Jb\tc"
    mail.send(message)
    assert "a\ufffd[2Jb\tc" in capsys.readouterr().err


def test_a_mail_to_nobody_who_may_answer(capsys: pytest.CaptureFixture[str]) -> None:
    """The null reverse-path is shown as servers write it."""
    _, mail = make_mail(MAIL_URL="console:")
    message = hello()
    message.envelope_from = ""
    mail.send(message)
    assert "Envelope: <> -> ann@example.com" in capsys.readouterr().err
