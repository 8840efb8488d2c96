"""Who is not there gets no mail any more, if the app asks for that; all others go on to."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from flask_mailwright import MailError, Message
from flask_mailwright.testing import SMTPServer
from flask_mailwright.testing.faults import Stage
from tests.apps import ANN, BOB, hello, make_mail
from tests.suppression.stores import AWAY, OwnStore
from tests.suppression.test_calls import CALLS, ENGINES, sent


@pytest.fixture
def server() -> Iterator[SMTPServer]:
    """The relay, which does not know Bob."""
    with SMTPServer() as found:
        found.fault("rcpt", "550 5.1.1 No such user", address=BOB, times=None)
        yield found


@pytest.fixture
def config(tmp_path: Path, server: SMTPServer) -> dict[str, Any]:
    """Asked for."""
    return {
        "MAIL_URL": server.url,
        "MAIL_OUTBOX_URL": f"sqlite:///{tmp_path}/outbox.sqlite",
        "MAIL_SUPPRESS_UNKNOWN": "true",
    }


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("call", CALLS)
def test_an_unknown_mailbox_is_suppressed(call: str, engine: str, config: dict[str, Any]) -> None:
    """From all mail, with the relay's words; the others of that mail have theirs."""
    _, mail = make_mail(**config, MAIL_ENGINE=engine)
    (receipt,) = sent(mail, call, Message("Hi", [ANN, BOB], "Hello"))
    assert [reply.action for reply in receipt.replies] == ["relayed", "failed"]
    mail.close()
    (found,) = mail.suppressions
    assert (found.address, found.list) == (BOB, None)
    assert found.reason == "550 5.1.1 No such user"
    assert mail.send(hello(BOB)).is_suppressed
    mail.close()


def test_nobody_is_who_did_not_ask(config: dict[str, Any]) -> None:
    """It is off if nothing is said."""
    _, mail = make_mail(**config | {"MAIL_SUPPRESS_UNKNOWN": None})
    with pytest.raises(MailError):
        mail.send(hello(BOB))
    assert [*mail.suppressions] == []


@pytest.mark.parametrize(
    ("reply", "is_gone"),
    [
        ("550 5.1.1 No such user", True),
        ("551 5.1.6 He has moved", True),
        ("550 No such user", False),
        ("550 5.7.1 Blocked", False),
        ("552 5.2.2 Full", False),
        ("550 5.1.2 No such domain", False),
        ("556 5.1.10 Null MX", False),
        ("450 4.1.1 Try later", False),
        ("554 5.1.1 Denied", True),
    ],
)
def test_which_replies_say_so(reply: str, is_gone: bool) -> None:
    """A bare 550 may be anything, and what is said of a domain is not said of a mailbox."""
    store = OwnStore()
    with SMTPServer() as server:
        server.fault("rcpt", reply, times=None)
        _, mail = make_mail(
            MAIL_URL=server.url, MAIL_SUPPRESSIONS=store, MAIL_SUPPRESS_UNKNOWN=True
        )
        with pytest.raises(MailError):
            mail.send(hello())
        mail.close()
    assert [each.address for each in store] == ([ANN] if is_gone else [])


@pytest.mark.parametrize("stage", ["mail", "final_dot"])
def test_what_is_answered_to_all_is_said_of_nobody(stage: Stage) -> None:
    """To MAIL it is the sender who is unknown, and to a content one reply stands for several."""
    store = OwnStore()
    with SMTPServer() as server:
        server.fault(stage, "550 5.1.1 Unknown", times=None)
        _, mail = make_mail(
            MAIL_URL=server.url, MAIL_SUPPRESSIONS=store, MAIL_SUPPRESS_UNKNOWN=True
        )
        with pytest.raises(MailError):
            mail.send(hello())
        mail.close()
    assert [*store] == []


def test_a_redirect_that_is_unknown_is_no_customer(config: dict[str, Any]) -> None:
    """Staging answers for those whose mail went there."""
    _, mail = make_mail(**config, MAIL_REDIRECT_TO=BOB)
    with pytest.raises(MailError):
        mail.send(hello())
    assert [*mail.suppressions] == []


@pytest.mark.parametrize("engine", ENGINES)
def test_a_store_that_is_away_costs_a_warning(
    engine: str, config: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    """The record of the mail is what it would have been."""
    store = OwnStore()
    _, mail = make_mail(**config, MAIL_ENGINE=engine, MAIL_SUPPRESSIONS=store)
    store.trouble = AWAY
    receipt = mail.send_later(Message("Hi", [ANN, BOB], "Hello")).wait(10)
    mail.close()
    assert [reply.action for reply in receipt.replies] == ["relayed", "failed"]
    told = [
        r for r in caplog.records if "an unknown mailbox is not on the suppression" in r.message
    ]
    assert [each.levelname for each in told] == ["WARNING"]
