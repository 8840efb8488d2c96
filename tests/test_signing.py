"""Signatures as an application has them: whatever leaves has one, by every road, and once."""

import logging
import os
import threading
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import current_app

from flask_mailwright import DeliveryError, Mail, Message, Receipt
from flask_mailwright.flask_mail import Mail as FlaskMail
from flask_mailwright.testing import ReceivedMail, SMTPServer
from tests.apps import ANN, BOB, SENDER, hello, kept, make_app, make_mail, parsed
from tests.engines.jobs import desk
from tests.engines.outbox.apps import app_on
from tests.signed import key, keys_of, pem, verdicts
from tests.testing.raw_client import eventually

DOMAIN = "example.com"
TRIPLES = [(DOMAIN, "s1", pem()), (DOMAIN, "s2", pem("ed25519"))]
SIGNS: dict[str, Any] = {"MAIL_DKIM": TRIPLES}
DNS = {f"s1._domainkey.{DOMAIN}": key().record, f"s2._domainkey.{DOMAIN}": key("ed25519").record}
SENDS = ("send", "send_later", "send_many", "send_many_later", "connect")


@pytest.fixture
def server() -> Iterator[SMTPServer]:
    """The relay."""
    with SMTPServer() as found:
        yield found


@pytest.fixture
def outbox(tmp_path: Path) -> str:
    """A URL for MAIL_OUTBOX_URL."""
    return f"sqlite:///{tmp_path}/outbox.sqlite"


def send(mail: Mail, call: str, *messages: Message) -> list[Receipt]:
    """By this call."""
    if call == "send":
        return [mail.send(message) for message in messages]
    if call == "send_later":
        return [mail.send_later(message).wait(10) for message in messages]
    if call == "send_many":
        return list(mail.send_many(messages))
    if call == "send_many_later":
        return [ticket.wait(10) for ticket in mail.send_many_later(messages)]
    with mail.connect() as connection:
        return [connection.send(message) for message in messages]


def signed(mails: list[ReceivedMail], dns: dict[str, str] = DNS) -> list[list[bool]]:
    """Whether each signature verifies."""
    return [verdicts(mail.content, dns) for mail in mails]


@pytest.mark.parametrize("engine", ["threads", "inline", "outbox"])
@pytest.mark.parametrize("call", SENDS)
def test_every_call_signs(call: str, engine: str, server: SMTPServer, outbox: str) -> None:
    """With each key, once."""
    keys: dict[str, Any] = {
        **SIGNS,
        "MAIL_URL": server.url,
        "MAIL_ENGINE": engine,
        "MAIL_OUTBOX_URL": outbox,
    }
    _, mail = make_mail(**keys)
    receipts = send(mail, call, *[hello(subject=f"{n}") for n in range(12)])
    mail.close()
    assert [receipt.error for receipt in receipts] == [None] * 12
    assert signed(server.mails) == [[True, True]] * 12
    assert Counter(parsed(each)["Subject"] for each in server.mails) == {
        f"{n}": 1 for n in range(12)
    }


@pytest.mark.parametrize("call", SENDS)
def test_the_face_of_flask_mail_signs(call: str, server: SMTPServer) -> None:
    """Over the relay of its settings, changed or not."""
    app = make_app(MAIL_PORT=server.port, **SIGNS)
    mail = FlaskMail(app)
    with app.app_context():
        send(mail, call, hello())
        app.extensions["mail"].max_emails = 3
        send(mail, call, hello())
    mail.close()
    assert signed(server.mails) == [[True, True]] * 2


@pytest.mark.parametrize("way", ["failover", "roundrobin"])
@pytest.mark.parametrize("call", SENDS)
def test_the_next_relay_gets_the_same(call: str, way: str, server: SMTPServer, outbox: str) -> None:
    """Signed once, wherever it goes in the end."""
    with SMTPServer() as broken:
        broken.drop("rcpt", times=None)
        keys: dict[str, Any] = {
            "MAIL_URL": f"{way}({broken.url} {server.url})",
            "MAIL_OUTBOX_URL": outbox,
        }
        _, mail = make_mail(**SIGNS, **keys, MAIL_ENGINE="outbox")
        receipts = send(mail, call, *[hello(subject=f"{n}") for n in range(6)])
        mail.close()
    assert [receipt.error for receipt in receipts] == [None] * 6
    assert signed(server.mails) == [[True, True]] * 6


@pytest.mark.parametrize("call", SENDS)
def test_staging_signs_what_leaves(call: str, server: SMTPServer, outbox: str) -> None:
    """The mail of the allowed, and the copy for the redirect with its own field on top."""
    keys: dict[str, Any] = {"MAIL_REDIRECT_TO": "qa@example.org", "MAIL_ALLOWED_RECIPIENTS": ANN}
    _, mail = make_mail(
        **SIGNS, **keys, MAIL_URL=server.url, MAIL_ENGINE="outbox", MAIL_OUTBOX_URL=outbox
    )
    send(mail, call, Message("Hi", [ANN, BOB], "Hello"), Message("Ho", [BOB], "Hello"))
    mail.close()
    assert signed(server.mails) == [[True, True]] * 3
    redirected = [parsed(each)["X-Mailwright-Redirected"] for each in server.mails]
    assert sorted(map(str, redirected)) == ["None", BOB, BOB]


def test_routes_sign(server: SMTPServer) -> None:
    """Each of them."""
    with SMTPServer() as other:
        _, mail = make_mail(**SIGNS, MAIL_URL=server.url, MAIL_ROUTES={"news": other.url})
        for route in ("", "news"):
            message = hello()
            message.route = route
            mail.send(message)
        mail.close()
        assert signed([*server.mails, *other.mails]) == [[True, True]] * 2


def test_an_envelope_beyond_ascii(server: SMTPServer) -> None:
    """Raw UTF-8 in the fields (RFC 8616), the domain of From as its A-label."""
    triple = ("bücher.example", "s1", pem())
    _, mail = make_mail(MAIL_DKIM=[triple], MAIL_URL=server.url)
    message = Message("Grüße", [("Jörg", "jörg@example.com")], "Hallo")
    message.sender = ("Zoë", "zoë@bücher.example")
    mail.send(message)
    mail.close()
    (came,) = server.mails
    assert "zoë@xn--bcher-kva.example".encode() in came.content
    dns = {"s1._domainkey.xn--bcher-kva.example": key().record}
    assert signed([came], dns) == [[True]]


def test_what_stays_here(tmp_path: Path) -> None:
    """A file has the mail as it would leave, and memory too; what is suppressed needs no key."""
    _, mail = make_mail(**SIGNS, MAIL_URL=tmp_path.as_uri())
    mail.send(hello())
    (file,) = tmp_path.glob("*.eml")
    assert verdicts(file.read_bytes(), DNS) == [True, True]
    app, mail = make_mail(**SIGNS)
    mail.send(hello())
    assert [verdicts(each.content, DNS) for each in kept(app)] == [[True, True]]
    _, mail = make_mail(**{**keys_of(DOMAIN), "MAIL_DKIM_KEY": _never}, MAIL_SUPPRESS_SEND=True)
    assert mail.send(hello()).is_suppressed


def _never() -> str:
    raise AssertionError


def test_what_is_kept_is_unsigned(server: SMTPServer, outbox: str) -> None:
    """The key may change while mail waits: that of the process that delivers signs it."""
    with app_on(outbox, server.url, **keys_of(DOMAIN), MAIL_WORKER="external") as mail:
        ids = [mail.send_later(hello(subject=f"{n}")).id for n in range(3)]
        engine: Any = mail._state().engine
        with engine.store.database.reading() as run:
            rows = run("SELECT content FROM mailwright_content", {}).rows
    assert len(rows) == 3
    assert not any(b"dkim" in bytes(content).lower() for (content,) in rows)
    with app_on(outbox, server.url, MAIL_DKIM=TRIPLES[1:]) as mail:
        assert mail.flush(20)
        assert [mail.ticket(each).status() for each in ids] == ["done"] * 3
    assert signed(server.mails, {f"s2._domainkey.{DOMAIN}": key("ed25519").record}) == [[True]] * 3


def test_two_apps_sign_with_their_own(server: SMTPServer, outbox: str) -> None:
    """In one process, over one outbox."""
    dns = {
        f"{selector}._domainkey.{DOMAIN}": key(which=which).record
        for selector, which in (("one", 0), ("two", 1))
    }
    one: dict[str, Any] = {"MAIL_DKIM": [(DOMAIN, "one", pem())], "name": "one"}
    two: dict[str, Any] = {"MAIL_DKIM": [(DOMAIN, "two", pem(which=1))], "name": "two"}
    with app_on(outbox, server.url, **one) as first, app_on(outbox, server.url, **two) as second:
        for mail in (first, second, first, second):
            mail.send_later(hello(subject=mail._state().app.name)).wait(10)
    assert signed(server.mails, dns) == [[True]] * 4
    for came in server.mails:
        assert f" s={parsed(came)['Subject']};".encode() in came.content


def test_a_job_is_signed_where_it_is_done(server: SMTPServer) -> None:
    """What a broker holds is unsigned, as what an outbox holds."""
    _, mail = make_mail(**SIGNS, MAIL_URL=server.url, MAIL_ENGINE=desk.ENGINE)
    mail.send_later(hello())
    (job,) = desk.desk_of(mail).jobs
    assert "dkim" not in job.parcel.lower()
    desk.do_next(mail)
    mail.close()
    assert signed(server.mails) == [[True, True]]


class Vault:
    """A callable that gives a key once it is open; it needs the app, and takes its time."""

    def __init__(self, seconds: float = 0.0) -> None:
        self.open = threading.Event()
        self.asked = 0
        self._seconds = seconds

    def __call__(self) -> str:
        self.asked += 1
        assert current_app.name == "flasky"
        threading.Event().wait(self._seconds)
        if not self.open.is_set():
            raise ConnectionError("-----BEGIN PRIVATE KEY----- hunter2")
        return pem()


ONE_KEY = {f"s1._domainkey.{DOMAIN}": key().record}


@pytest.mark.parametrize("call", SENDS)
def test_a_key_that_cannot_be_had(call: str, server: SMTPServer, caplog: Any) -> None:
    """The mail has failed with a sentence, and no relay was asked; nothing leaves unsigned."""
    vault = Vault()
    _, mail = make_mail(**{**keys_of(DOMAIN), "MAIL_DKIM_KEY": vault}, MAIL_URL=server.url)
    try:
        (receipt,) = send(mail, call, hello())
        error = receipt.error
    except DeliveryError as raised:
        error = raised
    mail.close()
    assert error is not None
    assert (error.kind, error.stage, server.count) == ("configuration", "sign", 0)
    assert "MAIL_DKIM_KEY: its callable raised ConnectionError (test_signing.py, line" in str(error)
    assert error.replies[0].address == ANN
    assert "hunter2" not in caplog.text


@pytest.mark.parametrize("staged", [False, True])
def test_a_queued_mail_waits_for_its_key(
    staged: bool, server: SMTPServer, outbox: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Nothing is lost, none comes twice, and one question does for all."""
    vault = Vault(0.2)
    keys = {**keys_of(DOMAIN), "MAIL_DKIM_KEY": vault}
    if staged:
        keys["MAIL_ALLOWED_RECIPIENTS"] = ANN
    with app_on(outbox, server.url, **keys) as mail:
        tickets = [mail.send_later(hello(subject=f"{n}")) for n in range(20)]
        assert eventually(lambda: len(caplog.records) > 30)  # they were tried again
        assert vault.asked < 10
        assert {ticket.status() for ticket in tickets} <= {"queued", "sending"}
        vault.open.set()
        assert [ticket.wait(20).error for ticket in tickets] == [None] * 20
    assert signed(server.mails, ONE_KEY) == [[True]] * 20
    assert {str(parsed(each)["Subject"]) for each in server.mails} == {f"{n}" for n in range(20)}


@pytest.mark.parametrize("call", ["send_many", "send_many_later"])
def test_a_mail_that_cannot_be_signed_keeps_no_other(call: str, server: SMTPServer) -> None:
    """Receipts come in order, each of its own mail."""
    triples = [(DOMAIN, "s1", pem()), ("broken.test", "s1", Vault())]
    _, mail = make_mail(MAIL_DKIM=triples, MAIL_URL=server.url)
    messages = []
    for number in range(30):
        message = hello(subject=f"{number}", to=f"to{number}@example.com")
        message.sender = "a@broken.test" if number % 3 == 1 else SENDER
        messages.append(message)
    receipts = send(mail, call, *messages)
    mail.close()
    assert [receipt.error is None for receipt in receipts] == [n % 3 != 1 for n in range(30)]
    assert [receipt.replies[0].address for receipt in receipts] == [
        f"to{n}@example.com" for n in range(30)
    ]
    assert signed(server.mails, ONE_KEY) == [[True]] * 20


def test_who_leaves_the_loop_has_his_own_receipts(server: SMTPServer) -> None:
    """Those of mails that could not be signed are not taken for those that were left."""
    triples = [(DOMAIN, "s1", pem()), ("broken.test", "s1", Vault())]
    _, mail = make_mail(MAIL_DKIM=triples, MAIL_URL=server.url)

    def messages() -> Iterator[Message]:
        for number in range(200):
            message = hello(subject=f"{number}", to=f"to{number}@example.com")
            message.sender = "a@broken.test" if number % 7 == 6 else SENDER
            yield message

    for number, receipt in enumerate(mail.send_many(messages())):
        assert receipt.replies[0].address == f"to{number}@example.com"
        if number == 9:
            break
    mail.close()
    assert 8 <= server.count < 200
    assert signed(server.mails, ONE_KEY) == [[True]] * server.count


def test_a_message_that_bears_a_signature(server: SMTPServer) -> None:
    """It keeps it, below ours; `list-unsubscribe` in any case is covered."""
    _, mail = make_mail(**keys_of(DOMAIN), MAIL_URL=server.url)
    message = hello()
    message.extra_headers = {
        "DKIM-Signature": "v=1; a=rsa-sha256; d=else.test; s=x; h=from; bh=eA==; b=eA==",
        "list-unsubscribe": "<https://example.com/out>",
        "LIST-UNSUBSCRIBE-POST": "List-Unsubscribe=One-Click",
    }
    mail.send(message)
    mail.close()
    (came,) = server.mails
    assert signed([came], ONE_KEY) == [[True, False]]
    changed = came.content.replace(b"example.com/out", b"example.net/out")
    assert verdicts(changed, ONE_KEY) == [False, False]


def test_other_senders_are_told_of(server: SMTPServer, caplog: pytest.LogCaptureFixture) -> None:
    """Their mail goes as it is, with one warning for each domain."""
    _, mail = make_mail(**keys_of(DOMAIN), MAIL_URL=server.url)
    for sender in (SENDER, "a@other.test", "b@other.test", "c@sub.example.com"):
        message = hello()
        message.sender = sender
        mail.send(message)
    mail.close()
    assert signed(server.mails, ONE_KEY) == [[True], [], [], [True]]
    warned = [each for each in caplog.records if each.levelno == logging.WARNING]
    assert [each.getMessage().split()[2] for each in warned] == ["other.test"]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_a_forked_child_signs(server: SMTPServer) -> None:
    """With what its parent has read."""
    _, mail = make_mail(**SIGNS, MAIL_URL=server.url, MAIL_ENGINE="inline")
    mail.send(hello())
    child = os.fork()
    if child == 0:
        try:
            mail.send(hello())
        finally:
            os._exit(0)
    os.waitpid(child, 0)
    mail.close()
    assert signed(server.mails) == [[True, True]] * 2
