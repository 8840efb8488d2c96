"""What the buttons of the mailbox do: resend and delete."""

from pathlib import Path

import pytest

from flask_mailwright import Message
from flask_mailwright.testing import SMTPServer
from tests.apps import ANN, kept
from tests.web.mailbox import Box, mail_of, make_box, sealed


def test_resend_goes_the_way_of_all_mail(box: Box) -> None:
    """The same content under an id of its own, with replies of its own."""
    number = box.send("Hi")
    answer = box.post(f"/{number}/resend")
    assert answer.headers["Location"] == f"/_mail/{number + 1}?said=resent"
    first, second = kept(box.app)
    assert first.content == second.content
    assert first.id != second.id
    assert [row.status for row in box.store.newest()] == ["relayed", "relayed"]
    assert "sent again" in box.page(f"/{number + 1}?said=resent")


def test_resend_is_suppressed_where_all_mail_is(box: Box) -> None:
    """And the page says so."""
    number = box.send("Hi")
    box.app.config["MAIL_SUPPRESS_SEND"] = True
    answer = box.post(f"/{number}/resend")
    assert answer.headers["Location"].endswith("said=suppressed")
    assert "MAIL_SUPPRESS_SEND" in box.page(f"/{number + 1}?said=suppressed")
    assert box.store.newest()[0].status == "suppressed"
    assert len(kept(box.app)) == 1


def test_a_caught_mail_is_asked_about_first(box: Box) -> None:
    """For nobody knows whether its recipients are meant to get it."""
    box.capture.caught(sealed(mail_of({"Subject": "From elsewhere"})))
    assert 'href="/_mail/1/resend"' in box.page("/1")
    assert ANN in box.page("/1/resend")
    box.post("/1/resend")
    assert [mail.envelope.recipients[0].address for mail in kept(box.app)] == [ANN]
    assert [row.source for row in box.store.newest()] == ["app", "catch"]


def test_a_refused_mail_is_shown_as_failed(tmp_path: Path) -> None:
    """With the server's words."""
    with SMTPServer() as server:
        box = make_box(tmp_path, MAIL_URL=server.url)
        number = box.send("Hi")
        server.refuse("rcpt", 550)
        box.post(f"/{number}/resend")
        (again, first) = box.store.newest()
        assert (again.status, first.status) == ("failed", "relayed")
        assert again.replies[0].code == 550
        box.store.close()
        box.mail.close()


def test_redirects_are_asked_anew(tmp_path: Path) -> None:
    """A mail that was caught goes where this app's mail may go."""
    box = make_box(tmp_path, MAIL_REDIRECT_TO="qa@example.org")
    box.capture.caught(sealed(mail_of({"Subject": "From elsewhere"})))
    box.post("/1/resend")
    again = box.store.find(2)
    assert again is not None
    assert again.mail is not None
    assert again.mail.envelope.recipients[0].instead == ("qa@example.org",)
    assert "redirected to qa@example.org" in box.page("/2?view=delivery")
    box.store.close()


def test_delete_shows_the_next(box: Box) -> None:
    """The older one, then the newer one, then the list."""
    for number in range(3):
        box.keep(mail_of({}), number)
    locations = [box.post(f"/{number}/delete").headers["Location"] for number in (2, 1, 3)]
    assert locations == ["/_mail/1", "/_mail/3", "/_mail/"]
    assert box.get("/1").status_code == 404


def test_delete_all_is_asked_about(box: Box) -> None:
    """And empties the list."""
    box.send("Hi")
    assert "1 mail" in box.page("/delete-all")
    assert box.post("/delete-all").headers["Location"] == "/_mail/"
    assert "No mail yet" in box.page("/")


def test_a_mail_is_kept_though_nobody_looks(tmp_path: Path) -> None:
    """Whatever its relay; and never where the mailbox is off."""
    for debug in (True, False):
        box = make_box(tmp_path / str(debug), debug=debug)
        box.mail.send(Message("Hi", [ANN], "Hello"))
        assert box.capture.path.exists() is debug
        box.store.close()


def test_trouble_with_the_copy_is_not_the_mails(box: Box, caplog: pytest.LogCaptureFixture) -> None:
    """It goes out, and warnings say why there is no copy."""
    box.capture.path.parent.parent.mkdir(exist_ok=True)
    box.capture.path.parent.write_text("in the way")
    box.mail.send(Message("Hi", [ANN], "Hello"))
    assert len(kept(box.app)) == 1
    assert any("mailbox has no copy" in message for message in caplog.messages)
