import re
import subprocess
import sys
from collections.abc import Iterator
from email import message_from_bytes
from email.policy import default
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from examples.flasky.flasky import create_app, people
from examples.flasky.flasky.mails import mail
from flask_mailwright.testing import Mailbox, SMTPServer

DEMO = Path(__file__).parents[2] / "examples/flasky/demo.py"
ANN = {"name": "Ann", "email": "ann@example.com", "password": "correct horse"}


def make_app(folder: Path, **config: object) -> Flask:
    """Flasky with its people in `folder`."""
    return create_app(
        {
            "SECRET_KEY": "test",
            "FLASKY_DATABASE": folder / "flasky.sqlite",
            "MAIL_BASE_URL": "https://flasky.example",
            **config,
        }
    )


@pytest.fixture
def app(tmp_path: Path) -> Iterator[Flask]:
    """Flasky, and the test is inside its context."""
    app = make_app(tmp_path, TESTING=True)
    with app.app_context():
        yield app


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A browser."""
    return app.test_client()


def post(client: FlaskClient, path: str, **fields: str) -> TestResponse:
    """Load the form, send it back filled in, and follow where that leads."""
    found = re.search(r'name="csrf" value="([^"]+)"', client.get(path).text)
    token = found[1] if found else ""
    return client.post(path, data={"csrf": token, **fields}, follow_redirects=True)


def add_person(app: Flask, email: str, *, reader: bool = False) -> None:
    """Somebody with a confirmed account."""
    with app.app_context():
        person = people.add(email.split("@")[0].title(), email, ANN["password"], reader=reader)
        assert person is not None
        people.confirm(person)


def sign_in(client: FlaskClient, email: str, password: str = ANN["password"]) -> TestResponse:
    """The page after signing in."""
    return post(client, "/sign-in", email=email, password=password)


class TestNameForm:
    def test_a_new_name_is_mailed_to_the_admin(self, client: FlaskClient, mailbox: Mailbox) -> None:
        """One call in the view: text and HTML, with the prefix."""
        page = post(client, "/", name="Ann <3")
        assert "Hello, Ann &lt;3!" in page.text
        message = mailbox.one(to="flasky@example.com", subject="[Flasky] New user")
        assert "Ann <3 has just said hello" in message.text
        assert "<strong>Ann &lt;3</strong>" in message.html
        message.lint(fail_on="note")

    def test_a_known_name_is_greeted_again_without_a_mail(
        self, client: FlaskClient, mailbox: Mailbox
    ) -> None:
        post(client, "/", name="Ann")
        assert "Happy to see you again" in post(client, "/", name="Ann").text
        assert len(mailbox) == 1

    @pytest.mark.parametrize("name", ["", "  ", "x" * 61, "Ann\r\nBcc: eve@example.com", "\x00"])
    def test_a_name_that_cannot_be_one_is_told_at_the_form(
        self, client: FlaskClient, mailbox: Mailbox, name: str
    ) -> None:
        page = post(client, "/", name=name)
        assert page.status_code == 422
        assert 'id="name-fault"' in page.text
        mailbox.none()

    def test_a_forged_form_is_refused(self, client: FlaskClient, mailbox: Mailbox) -> None:
        client.get("/")
        for token in ({}, {"csrf": ""}, {"csrf": "guess"}):
            assert client.post("/", data={"name": "Ann", **token}).status_code == 400
        mailbox.none()


class TestRegistration:
    def test_the_link_in_the_mail_opens_the_account(
        self, client: FlaskClient, mailbox: Mailbox
    ) -> None:
        """Before it is followed, the right password is not enough."""
        assert "Look into your inbox" in post(client, "/register", **ANN).text
        message = mailbox.one(subject="[Flasky] Ann, please confirm your address")
        assert sign_in(client, "ann@example.com").status_code == 422
        page = message.follow(client, "Confirm my address", follow_redirects=True)
        assert "your address is confirmed" in page.text
        assert "Sign out" in sign_in(client, "ann@example.com").text

    def test_who_follows_the_link_twice_is_welcomed_once(
        self, client: FlaskClient, mailbox: Mailbox
    ) -> None:
        """Programs that look into mails follow links too."""
        post(client, "/register", **ANN)
        for _ in range(2):
            mailbox[0].follow(client, "Confirm my address")
        assert [message.subject for message in mailbox[1:]] == ["[Flasky] Welcome to Flasky, Ann"]

    def test_an_address_that_is_none_is_told_at_the_form(
        self, client: FlaskClient, mailbox: Mailbox
    ) -> None:
        """Nothing is stored and nothing sent; what was typed stays, but for the password."""
        page = post(client, "/register", **{**ANN, "email": "ann@exa mple.com"})
        assert page.status_code == 422
        assert "is not a valid domain" in page.text
        assert 'value="ann@exa mple.com"' in page.text
        assert ANN["password"] not in page.text
        assert people.by_email("ann@exa mple.com") is None
        mailbox.none()

    def test_a_short_password_is_told_at_the_form(self, client: FlaskClient) -> None:
        page = post(client, "/register", **{**ANN, "password": "short"})
        assert page.status_code == 422
        assert 'id="password-fault"' in page.text

    def test_who_is_registered_already_gets_the_way_back(
        self, app: Flask, client: FlaskClient, mailbox: Mailbox
    ) -> None:
        """The page is the same, so that a stranger learns nothing."""
        add_person(app, "ann@example.com")
        page = post(client, "/register", **{**ANN, "email": "Ann@Example.com"})
        assert "Look into your inbox" in page.text
        mailbox.one(subject="[Flasky] Choose a new password")

    def test_links_do_not_follow_the_host_header(
        self, client: FlaskClient, mailbox: Mailbox
    ) -> None:
        client.get("/", headers={"Host": "evil.example"})
        post(client, "/register", **ANN)
        assert "evil.example" not in mailbox.one().html

    def test_a_link_that_was_tampered_with_is_not_found(self, client: FlaskClient) -> None:
        page = client.get("/confirm/forged")
        assert page.status_code == 404
        assert "not valid any more" in page.text


class TestPasswordReset:
    def test_the_link_works_once(self, app: Flask, client: FlaskClient, mailbox: Mailbox) -> None:
        add_person(app, "ann@example.com")
        post(client, "/forgotten", email="ann@example.com")
        link = mailbox.one(to="ann@example.com").link("Choose a new password")
        assert "new password is set" in post(client, link, password="battery staple").text
        assert "Sign out" in sign_in(client, "ann@example.com", "battery staple").text
        assert client.get(link).status_code == 404

    def test_an_unknown_address_gets_nothing_and_no_other_page(
        self, client: FlaskClient, mailbox: Mailbox
    ) -> None:
        page = post(client, "/forgotten", email="nobody@example.com")
        assert "Look into your inbox" in page.text
        mailbox.none()


class TestNewsletter:
    def test_it_is_for_the_admin_only(self, app: Flask, client: FlaskClient) -> None:
        assert client.get("/newsletter/").status_code == 302
        add_person(app, "ann@example.com")
        sign_in(client, "ann@example.com")
        assert client.get("/newsletter/").status_code == 403

    def test_every_reader_gets_a_copy_and_every_copy_an_answer(
        self, tmp_path: Path, smtp_server: SMTPServer
    ) -> None:
        """One refused reader is told as such and stops nobody else."""
        smtp_server.refuse("rcpt", 550, times=None, address="bob@example.com")
        app = make_app(tmp_path, MAIL_URL=smtp_server.url)
        for name in ("ann", "bob", "eve"):
            add_person(app, f"{name}@example.com", reader=True)
        client = signed_in_admin(app)
        page = post(client, "/newsletter/", subject="Spring", text="One\n\nTwo")
        smtp_server.wait(2)
        with app.app_context():
            assert mail.flush(10)
            page = client.get(page.request.path)
            mail.close()
        assert page.text.count('"status done"') == 2
        assert "550 5.0.0 refused on demand" in page.text
        assert {mail.recipients for mail in smtp_server.mails} == {
            ("ann@example.com",),
            ("eve@example.com",),
        }

    def test_a_reader_leaves_with_one_click(
        self, app: Flask, client: FlaskClient, mailbox: Mailbox
    ) -> None:
        """A program that opens the link changes nothing; its POST needs no session (RFC 8058)."""
        add_person(app, "ann@example.com", reader=True)
        post(signed_in_admin(app), "/newsletter/", subject="Spring", text="Hello")
        path = mailbox.one().header("List-Unsubscribe").strip("<>")
        client.get(path)
        assert len(people.readers()) == 1
        page = client.post(path, data={"List-Unsubscribe": "One-Click"})
        assert "the last letter" in page.text
        assert not people.readers()

    def test_a_subject_that_no_mail_can_bear_is_told_at_the_form(
        self, app: Flask, mailbox: Mailbox
    ) -> None:
        add_person(app, "ann@example.com", reader=True)
        page = post(signed_in_admin(app), "/newsletter/", subject="a\x00b", text="Hello")
        assert page.status_code == 422
        assert 'id="subject-fault"' in page.text
        mailbox.none()


def signed_in_admin(app: Flask) -> FlaskClient:
    """The admin's browser."""
    add_person(app, "flasky@example.com")
    client = app.test_client()
    sign_in(client, "flasky@example.com")
    return client


def test_the_mail_of_the_name_form_comes_in_over_smtp(
    tmp_path: Path, smtp_server: SMTPServer
) -> None:
    """The whole road: view, templates, thread, socket; read back by the standard library."""
    app = make_app(tmp_path, MAIL_URL=smtp_server.url)
    post(app.test_client(), "/", name="Zoë")
    (received,) = smtp_server.wait(1)
    with app.app_context():
        mail.close()
    parsed = message_from_bytes(received.content, policy=default)
    assert parsed["From"] == "Flasky Admin <flasky@example.com>"
    assert parsed["Subject"] == "[Flasky] New user"
    text, html = (parsed.get_body((kind,)) for kind in ("plain", "html"))
    assert text is not None
    assert html is not None
    assert text.get_content().startswith("Zoë has just said hello to Flasky.")
    assert "<strong>Zoë</strong>" in html.get_content()


def test_the_demo_drives_itself() -> None:
    """`demo.py --once` ends well and tells who got what."""
    run = subprocess.run(
        [sys.executable, DEMO, "--once"], capture_output=True, text=True, timeout=90, check=False
    )
    assert run.returncode == 0, run.stderr
    assert run.stdout.count("POST /") == 3
    assert "[Flasky] Ann, please confirm your address  ann@example.com" in run.stdout
