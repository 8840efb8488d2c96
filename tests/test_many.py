"""`send_many`: any number of messages, an answer for each."""

import gc
import logging
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import closing

import pytest

from flask_mailwright import Message, MessageError, Refused, SealedMail, before_send, email_relayed
from flask_mailwright.testing import SMTPServer
from flask_mailwright.transports.parallel import AHEAD
from tests.apps import ANN, BOB, hello, kept, make_mail, parsed


def bad() -> Message:
    """A message without recipients."""
    return Message("bad", [], "Hello")


def pulled(messages: Iterable[Message], noted: list[str]) -> Iterator[Message]:
    """The same, noting each as it is taken."""
    for message in messages:
        noted.append(message.subject)
        yield message


def test_receipts_come_in_order() -> None:
    """One for each message, also when they went over several connections."""
    with SMTPServer(latency=0.01) as server:
        _, mail = make_mail(MAIL_URL=server.url)
        receipts = list(mail.send_many(hello(subject=f"{n}") for n in range(50)))
        ids = {parsed(one)["Subject"]: parsed(one)["Message-ID"] for one in server.mails}
        assert [ids[f"{n}"] for n in range(50)] == [receipt.message_id for receipt in receipts]
        assert all(receipt.relayed and receipt.error is None for receipt in receipts)
        assert server.connections == 4


def test_one_connection_goes_in_order() -> None:
    """With `?pool=1` mails arrive as they were given."""
    with SMTPServer() as server:
        _, mail = make_mail(MAIL_URL=f"{server.url}?pool=1")
        assert all(r.relayed for r in mail.send_many(hello(subject=f"{n}") for n in range(50)))
        assert [parsed(one)["Subject"] for one in server.mails] == [f"{n}" for n in range(50)]
        assert server.connections == 1


def test_nothing_is_taken_before_its_turn() -> None:
    """A newsletter of a million readers needs the memory of a few messages."""
    noted: list[str] = []
    with SMTPServer() as server:
        _, mail = make_mail(MAIL_URL=f"{server.url}?pool=2")
        receipts = mail.send_many(pulled((hello(subject=f"{n}") for n in range(100)), noted))
        assert (noted, server.connections) == ([], 0)
        for answered in range(20):
            next(receipts)
            assert len(noted) <= answered + 2 * AHEAD
        assert len(list(receipts)) == 80


@pytest.mark.parametrize("kinds", ["bgg", "gbg", "ggb", "bbg", "gbb", "bbb", "bgbbgb", ""], ids=str)
def test_a_bad_message_has_a_receipt_too(kinds: str) -> None:
    """In its place, with the error; the others are sent."""
    app, mail = make_mail()
    receipts = list(mail.send_many(bad() if kind == "b" else hello() for kind in kinds))
    assert ["b" if receipt.error else "g" for receipt in receipts] == list(kinds)
    assert len(kept(app)) == kinds.count("g")
    assert all(isinstance(r.error, MessageError) and not r.replies for r in receipts if r.error)


def test_refusals_stop_nothing() -> None:
    """Neither the relay's nor those of `before_send`."""
    with SMTPServer() as server:
        app, mail = make_mail(MAIL_URL=server.url)
        server.refuse("rcpt", 550, address=BOB)

        def refuse(app: object, message: Message) -> None:
            if message.subject == "spam":
                raise Refused("no spam")

        messages = [hello(), hello(BOB), hello(subject="spam"), hello()]
        with before_send.connected_to(refuse, app):
            kinds = [r.error.kind if r.error else "" for r in mail.send_many(messages)]
    assert kinds == ["", "permanent", "invalid", ""]


def test_one_that_nobody_reads_is_told(caplog: pytest.LogCaptureFixture) -> None:
    """Nothing was sent, and the log says how it is written."""
    _, mail = make_mail()
    mail.send_many([hello()])
    gc.collect()
    told = [(name, text) for name, level, text in caplog.record_tuples if level == logging.ERROR]
    assert told == [
        (
            "flask_mailwright",
            "send_many was called and never read, so nothing went:"
            " write `for ... in mail.send_many(...)`",
        )
    ]


def test_a_reader_who_stops_early() -> None:
    """What was begun is sent and recorded, and no more is begun."""
    noted: list[str] = []
    heard: list[SealedMail] = []
    with SMTPServer() as server:
        app, mail = make_mail(MAIL_URL=server.url)
        with email_relayed.connected_to(lambda app, mail, reply: heard.append(mail), app):
            for _ in mail.send_many(pulled([hello(subject=f"{n}") for n in range(500)], noted)):
                break
        assert len(noted) < 100
        assert [mail.subject for mail in heard] == noted[: len(heard)]
        assert {parsed(one)["Subject"] for one in server.mails} == {one.subject for one in heard}
        assert server.count == len(heard)


def test_closed() -> None:
    """The same as leaving the loop, for those who hold the iterator."""
    with SMTPServer() as server:
        _, mail = make_mail(MAIL_URL=server.url)
        with closing(mail.send_many(hello() for _ in range(500))) as receipts:  # type: ignore[type-var]
            assert next(receipts).relayed
        assert 1 <= server.count < 100
        assert list(receipts) == []


def test_what_was_relayed_is_recorded_before_anybody_can_stop() -> None:
    """A reader who ends at the bad message's receipt does not hide the good one behind it."""
    app, mail = make_mail()
    heard: list[str] = []
    with email_relayed.connected_to(lambda app, mail, reply: heard.append(reply.address), app):
        for receipt in mail.send_many([bad(), hello()]):
            assert receipt.error
            break
    assert len(kept(app)) == len(heard) == 1


def test_the_users_iterable_may_raise() -> None:
    """After the receipts of all that came before; the connection is free again."""

    def messages() -> Iterator[Message]:
        yield hello(subject="a")
        yield bad()
        raise KeyError("the database is away")

    with SMTPServer() as server:
        _, mail = make_mail(MAIL_URL=server.url)
        receipts = mail.send_many(messages())
        assert next(receipts).relayed
        assert next(receipts).error
        with pytest.raises(KeyError, match="the database is away"):
            next(receipts)
        assert server.count == 1
        mail.send(hello())
        assert server.connections == 1


def test_a_limit_of_mails_per_connection() -> None:
    """MAIL_MAX_EMAILS begins a new connection in time."""
    with SMTPServer() as server:
        _, mail = make_mail(MAIL_SERVER=server.host, MAIL_PORT=server.port, MAIL_MAX_EMAILS="2")
        assert not any(r.error for r in mail.send_many(hello() for _ in range(5)))
        carried = Counter(one.connection for one in server.mails)
        assert max(carried.values()) <= 2


def test_a_421_amid_many_is_not_seen() -> None:
    """A relay that ends the talk costs a new connection and no mail."""
    with SMTPServer(close_after_mails=2) as server:
        _, mail = make_mail(MAIL_URL=server.url)
        assert not any(r.error for r in mail.send_many(hello() for _ in range(5)))
        assert (server.count, server.connections) == (5, 3)


def test_a_dead_relay_answers_for_each() -> None:
    """Every message has its own temporary failure."""
    _, mail = make_mail(MAIL_URL="smtp://127.0.0.1:1")
    receipts = list(mail.send_many([hello(), hello()]))
    assert [receipt.error.kind for receipt in receipts if receipt.error] == ["temporary"] * 2
    assert [receipt.failed[0].address for receipt in receipts] == [ANN, ANN]
