"""Servers that end the talk when it suits them: no mail is lost, sent twice or reported wrongly."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import pytest

from flask_mailwright import Mail, Message, Receipt
from flask_mailwright.testing import SMTPServer
from tests.apps import hello, make_mail, parsed
from tests.certificates import Certificates
from tests.transports.fault_table import OFFERS, extensions
from tests.transports.gate import WAYS, Gate, Leave

IDLE, PAUSE = 0.8, 1.1  # seconds: the server's patience, and a sender who exceeds it

Road = Callable[[Mail, Iterable[Message]], list[Receipt]]


def send(mail: Mail, messages: Iterable[Message]) -> list[Receipt]:
    """One by one, as requests do."""
    return [mail.send(message) for message in messages]


def send_many(mail: Mail, messages: Iterable[Message]) -> list[Receipt]:
    """As a newsletter does."""
    return list(mail.send_many(messages))


def connect(mail: Mail, messages: Iterable[Message]) -> list[Receipt]:
    """As code written for Flask-Mail does."""
    with mail.connect() as connection:
        return [connection.send(message) for message in messages]


def send_later(mail: Mail, messages: Iterable[Message]) -> list[Receipt]:
    """Through the threads of the engine."""
    tickets = [mail.send_later(message) for message in messages]
    return [ticket.wait(20) for ticket in tickets]


ROADS: tuple[Road, ...] = (send, send_many, connect, send_later)


def by_name(function: Callable[..., object]) -> str:
    """How a test's parameter is shown."""
    return function.__name__


every_road = pytest.mark.parametrize("road", ROADS, ids=by_name)
every_offer = pytest.mark.parametrize("offer", OFFERS)
every_way = pytest.mark.parametrize("way", WAYS, ids=by_name)


def numbered(count: int, between: Callable[[], object] = lambda: None) -> Iterator[Message]:
    """So many mails, with something done before each but the first."""
    for number in range(count):
        if number:
            between()
        yield hello(subject=str(number))


def check(server: SMTPServer, road: Road, messages: Iterable[Message], **config: Any) -> None:
    """Send along a road: every receipt is without error, and every mail has arrived once."""
    _, mail = make_mail(**config)
    receipts = road(mail, messages)
    mail.close()
    assert [str(receipt.error) for receipt in receipts if receipt.error] == []
    arrived = sorted(int(parsed(one)["Subject"]) for one in server.mails)
    assert arrived == list(range(len(receipts)))


def at_once(checked: Callable[[Road], None]) -> None:
    """Check all roads beside one another, as their time is spent waiting; each failure is told."""
    with ThreadPoolExecutor(len(ROADS)) as threads:
        outcomes = {road.__name__: threads.submit(checked, road) for road in ROADS}
    failures = {name: outcome.exception() for name, outcome in outcomes.items()}
    assert {name: str(failure) for name, failure in failures.items() if failure} == {}


def over_tls(server: SMTPServer, certificates: Certificates) -> dict[str, Any]:
    """The configuration for STARTTLS."""
    return {
        "MAIL_SERVER": "localhost",
        "MAIL_PORT": server.port,
        "MAIL_USE_TLS": True,
        "MAIL_TLS_CA_FILE": str(certificates.ca_file),
    }


def pause(seconds: float) -> None:
    """Have nothing to send for a while."""
    threading.Event().wait(seconds)


@every_road
@every_offer
@pytest.mark.parametrize("most", [1, 3])
def test_after_so_many_mails(road: Road, offer: str, most: int) -> None:
    """A 421 to the next MAIL costs a connection and nothing else."""
    with SMTPServer(close_after_mails=most, extensions=extensions(offer)) as server:
        check(server, road, numbered(10), MAIL_URL=server.url)


@every_road
@pytest.mark.parametrize("most", [1, 3])
def test_after_so_many_mails_over_tls(road: Road, most: int, certificates: Certificates) -> None:
    """Neither does it behind TLS, which says goodbye in its own way too."""
    with SMTPServer(close_after_mails=most, tls=certificates.good.context) as server:
        check(server, road, numbered(7), **over_tls(server, certificates))


def test_after_so_many_mails_of_many_threads() -> None:
    """Nor when the requests of eight threads share what connections there are."""
    with SMTPServer(close_after_mails=3) as server:
        _, mail = make_mail(MAIL_URL=server.url)
        with ThreadPoolExecutor(8) as threads:
            receipts = list(threads.map(mail.send, numbered(200)))
        mail.close()
        assert all(receipt.relayed for receipt in receipts)
        assert sorted(int(parsed(one)["Subject"]) for one in server.mails) == list(range(200))


@every_offer
@pytest.mark.parametrize("pool", [1, 4])
def test_when_idle(offer: str, pool: int) -> None:
    """A sender who pauses for longer than the relay has patience does not notice its 421."""

    def checked(road: Road) -> None:
        with SMTPServer(idle_timeout=IDLE, extensions=extensions(offer)) as server:
            url = f"{server.url}?pool={pool}"
            check(server, road, numbered(3, partial(pause, PAUSE)), MAIL_URL=url)

    at_once(checked)


def test_when_idle_over_tls(certificates: Certificates) -> None:
    """Nor behind TLS."""

    def checked(road: Road) -> None:
        with SMTPServer(idle_timeout=IDLE, tls=certificates.good.context) as server:
            config = over_tls(server, certificates)
            check(server, road, numbered(3, partial(pause, PAUSE)), **config)

    at_once(checked)


def test_when_idle_for_three_seconds() -> None:
    """The patience of some providers."""

    def checked(road: Road) -> None:
        with SMTPServer(idle_timeout=3) as server:
            check(server, road, numbered(2, partial(pause, 3.5)), MAIL_URL=server.url)

    at_once(checked)


@every_way
def test_when_idle_without_a_word(way: Leave) -> None:
    """Firewalls and relays that crash have no manners."""

    def checked(road: Road) -> None:
        with SMTPServer() as server, Gate(server, way, idle=IDLE) as gate:
            check(server, road, numbered(3, partial(pause, PAUSE)), MAIL_URL=gate.url)

    at_once(checked)


@every_road
@every_offer
@pytest.mark.parametrize("most", [1, 3])
@every_way
def test_behind_a_reply(road: Road, offer: str, most: int, way: Leave) -> None:
    """Whatever comes behind a 250 takes nothing back, and the next mail goes elsewhere."""
    with SMTPServer(extensions=extensions(offer)) as server, Gate(server, way, mails=most) as gate:
        check(server, road, numbered(7), MAIL_URL=gate.url)


@pytest.mark.parametrize("road", [send, send_many, connect], ids=by_name)
@every_offer
@pytest.mark.parametrize("way", ["421 4.3.2 going down", "drop", "reset"])
def test_while_the_next_mail_comes(road: Road, offer: str, way: str) -> None:
    """A MAIL that meets the end of a kept talk was not refused: it goes again."""
    with SMTPServer(extensions=extensions(offer)) as server:
        server.fault("mail", way, after=1)
        check(server, road, numbered(3), MAIL_URL=f"{server.url}?pool=1")


@pytest.mark.parametrize("road", [send, connect], ids=by_name)
@every_offer
def test_a_restart(road: Road, offer: str) -> None:
    """A relay that was started anew between two mails is a relay."""
    with SMTPServer(extensions=extensions(offer)) as server:

        def restart() -> None:
            server.stop()
            server.start()

        check(server, road, numbered(4, restart), MAIL_URL=server.url)
