"""Who is on the suppression list gets no mail, by every call and engine, and all others theirs."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from flask_mailwright import Mail, Message, Receipt
from flask_mailwright.engines.outbox import overview
from flask_mailwright.flask_mail import Mail as FlaskMail
from flask_mailwright.testing import SMTPServer
from tests.apps import ANN, BOB, hello, make_app, make_mail, parsed
from tests.signed import key, pem, verdicts
from tests.suppression.stores import OwnStore

CALLS = ("send", "send_later", "send_many", "send_many_later", "connect")
ENGINES = ("inline", "threads", "outbox")


@pytest.fixture
def server() -> Iterator[SMTPServer]:
    """The relay."""
    with SMTPServer() as found:
        yield found


@pytest.fixture
def config(tmp_path: Path, server: SMTPServer) -> dict[str, Any]:
    """With an outbox, or a place for one."""
    return {
        "MAIL_URL": server.url,
        "MAIL_OUTBOX_URL": f"sqlite:///{tmp_path}/outbox.sqlite",
    }


def sent(mail: Mail, call: str, *messages: Message) -> list[Receipt]:
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


def to_both(subject: str = "Hi") -> Message:
    """Ann, and Bob in Bcc."""
    message = Message(subject, [ANN], "Hello")
    message.bcc = [BOB]
    return message


def answers(receipt: Receipt) -> list[tuple[str, str]]:
    """Each reply."""
    return [(reply.address, reply.action) for reply in receipt.replies]


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("call", CALLS)
def test_the_others_get_theirs(
    call: str, engine: str, config: dict[str, Any], server: SMTPServer
) -> None:
    """Each recipient is told; who is suppressed for which list, and not why."""
    _, mail = make_mail(**config, MAIL_ENGINE=engine)
    assert mail.suppress("ANN@Example.com", "she shouted at us")
    assert not mail.suppress(ANN, "again")
    receipts = sent(mail, call, to_both(), to_both(), Message("Ho", [ANN], "Hello"))
    mail.close()
    both = [(ANN, "suppressed"), (BOB, "relayed")]
    assert [answers(receipt) for receipt in receipts] == [both, both, [(ANN, "suppressed")]]
    assert [receipt.error for receipt in receipts] == [None] * 3
    assert receipts[0].suppressed[0].text == "on the suppression list"
    assert [mail.recipients for mail in server.mails] == [(BOB,)] * 2


@pytest.mark.parametrize("engine", ENGINES)
def test_one_who_is_back_gets_mail_again(engine: str, config: dict[str, Any]) -> None:
    """At once in the process that took him back."""
    _, mail = make_mail(**config, MAIL_ENGINE=engine)
    mail.suppress(ANN, "away")
    assert mail.send(Message("1", [ANN], "Hello")).is_suppressed
    assert mail.unsuppress(ANN)
    assert not mail.unsuppress(ANN)
    assert mail.send(Message("2", [ANN], "Hello")).relayed
    mail.close()


def test_a_mail_for_nobody_is_not_stored(config: dict[str, Any], server: SMTPServer) -> None:
    """Not even until it is due; its ticket knows why."""
    app, mail = make_mail(**config, MAIL_ENGINE="outbox")
    mail.suppress(ANN, "asked")
    tickets = [
        mail.send_later(hello(), at=timedelta(hours=1)),
        *mail.send_many_later([hello(), to_both(), hello()]),
    ]
    assert mail.flush(10)
    receipts = [ticket.wait(5) for ticket in tickets]
    assert [receipt.is_suppressed for receipt in receipts] == [True, True, False, True]
    assert overview.count(app.extensions["mailwright"].engine.store) == {"done": 1}
    mail.close()
    assert server.connections == 1


def test_a_key_names_one_mail_all_the_same(config: dict[str, Any], server: SMTPServer) -> None:
    """Its ticket is that of the first, and any process finds it."""
    _, mail = make_mail(**config, MAIL_ENGINE="outbox", MAIL_WORKER="external")
    first = mail.send_later(hello(), key="one", at=timedelta(hours=1))
    mail.suppress(ANN, "asked")
    assert mail.send_later(hello(), key="one").id == first.id
    (other,) = mail.send_many_later([hello()], key=lambda _: "two")
    assert mail.flush(10)
    assert (first.status(), mail.ticket(other.id).status()) == ("queued", "done")
    assert other.wait(5).is_suppressed
    mail.close()
    assert server.connections == 0


def test_what_waits_does_not_go_to_who_left_meanwhile(
    config: dict[str, Any], server: SMTPServer
) -> None:
    """And goes to who came back, for the moment of delivery counts."""
    _, mail = make_mail(**config, MAIL_ENGINE="outbox", MAIL_WORKER="external")
    mail.suppress(BOB, "away")
    tickets = [mail.send_later(each) for each in (to_both(), hello())]
    mail.unsuppress(BOB)
    mail.suppress(ANN, "asked")
    assert mail.flush(10)
    both, one = [ticket.wait(5) for ticket in tickets]
    assert answers(both) == [(ANN, "suppressed"), (BOB, "relayed")]
    assert answers(one) == [(ANN, "suppressed")]
    mail.close()
    assert [each.recipients for each in server.mails] == [(BOB,)]


@pytest.mark.parametrize("url", ["memory:", None])
def test_without_any_entry_nothing_is_made(url: str | None, tmp_path: Path) -> None:
    """Whoever sends only asks."""
    _app, mail = make_mail(
        MAIL_URL=url or f"file://{tmp_path}/mails",
        MAIL_ENGINE="inline",
        MAIL_OUTBOX_URL=f"sqlite:///{tmp_path}/outbox.sqlite",
    )
    assert mail.send(hello()).relayed
    assert mail.send_later(hello()).wait(5).relayed
    assert not (tmp_path / "outbox.sqlite").exists()


def test_where_nothing_is_sent_nobody_is_asked() -> None:
    """No database is talked to in tests; what a suppressed mail says is as ever."""
    store = OwnStore()
    _app, mail = make_mail(MAIL_SUPPRESSIONS=store, TESTING=True)
    for call in CALLS:
        assert sent(mail, call, hello())[0].suppressed[0].text == "not sent"
    assert store.asked == []


def test_a_store_of_ones_own_is_asked() -> None:
    """At the seal and at delivery, in lower case."""
    store = OwnStore()
    _app, mail = make_mail(MAIL_SUPPRESSIONS=store)
    mail.suppress(ANN, "asked")
    assert mail.send(Message("Hi", ["ANN@example.com", BOB], "Hello")).suppressed
    assert store.asked == [(ANN, BOB)] * 2
    assert [each.address for each in mail.suppressions] == [ANN]


@pytest.mark.parametrize("call", CALLS)
def test_the_face_of_flask_mail(call: str, config: dict[str, Any], server: SMTPServer) -> None:
    """There `mail.suppress` is a setting, so the list itself is asked."""
    app = make_app(**config | {"MAIL_URL": None}, MAIL_PORT=server.port)
    mail = FlaskMail(app)
    assert mail.suppress is False
    with app.app_context():
        assert mail.suppressions.add(ANN, "asked")
        (receipt,) = sent(mail, call, to_both())
        assert mail.unsuppress(ANN)
    mail.close()
    assert answers(receipt) == [(ANN, "suppressed"), (BOB, "relayed")]


def test_staging_and_signatures_come_behind(config: dict[str, Any], server: SMTPServer) -> None:
    """Who left gets no mail in staging either, and no copy of it goes to the redirect."""
    triple = [("example.com", "s1", pem())]
    _, mail = make_mail(
        **config, MAIL_ENGINE="inline", MAIL_REDIRECT_TO="qa@example.org", MAIL_DKIM=triple
    )
    mail.suppress(ANN, "asked")
    assert mail.send(hello()).is_suppressed
    receipt = mail.send(to_both())
    assert answers(receipt) == [(ANN, "suppressed"), (BOB, "relayed")]
    (copy,) = server.mails
    assert copy.recipients == ("qa@example.org",)
    assert parsed(copy)["X-Mailwright-Redirected"] == BOB
    assert verdicts(copy.content, {"s1._domainkey.example.com": key().record}) == [True]


def test_nobody_learns_why(config: dict[str, Any], caplog: pytest.LogCaptureFixture) -> None:
    """The reason is in the store alone."""
    caplog.set_level("DEBUG")
    _, mail = make_mail(**config)
    mail.suppress(ANN, "sued us")
    receipts = [mail.send(to_both()), mail.send(hello())]
    mail.close()
    assert "sued" not in caplog.text + str(receipts)
    assert [each.reason for each in mail.suppressions] == ["sued us"]
