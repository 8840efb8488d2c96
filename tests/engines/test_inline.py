"""Delivery in the thread of the caller."""

import threading

from flask_mailwright import DeliveryError, email_relayed
from flask_mailwright.testing import SMTPServer
from tests.apps import hello, kept, make_mail


def test_it_is_done_when_the_call_returns() -> None:
    """Here and now, with the signals."""
    app, mail = make_mail(MAIL_ENGINE="inline")
    threads: list[int] = []
    with email_relayed.connected_to(lambda app, **_: threads.append(threading.get_ident()), app):
        ticket = mail.send_later(hello())
    assert (ticket.status(), len(kept(app))) == ("done", 1)
    assert ticket.wait(0).relayed
    assert ticket.cancel() is False
    assert threads == [threading.get_ident()]


def test_a_failure_is_in_the_ticket() -> None:
    """`send_later` raises for what is wrong with the message only."""
    with SMTPServer() as server:
        _, mail = make_mail(MAIL_ENGINE="inline", MAIL_URL=server.url)
        server.refuse("mail", 451)
        ticket = mail.send_later(hello())
    assert ticket.status() == "failed"
    error = ticket.wait(0).error
    assert isinstance(error, DeliveryError)
    assert (error.kind, error.stage) == ("temporary", "mail")
