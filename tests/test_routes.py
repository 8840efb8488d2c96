"""`message.route`: the same calls over further relays and accounts."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask, current_app

from flask_mailwright import ConfigError, Mail, Message, MessageError
from flask_mailwright.testing import SMTPServer
from tests.apps import hello, make_app, make_mail, parsed


def routed(route: str, subject: str = "Hi") -> Message:
    """A message that takes this route."""
    message = hello(subject=subject)
    message.route = route
    return message


@pytest.fixture
def servers() -> Iterator[tuple[SMTPServer, SMTPServer]]:
    """The default relay, and the one for newsletters."""
    with SMTPServer() as default, SMTPServer() as news:
        yield default, news


def subjects(server: SMTPServer) -> list[str]:
    """What it took, in order."""
    return [str(parsed(mail)["Subject"]) for mail in server.mails]


def relays(servers: tuple[SMTPServer, SMTPServer], **config: Any) -> tuple[Flask, Mail]:
    """An app whose Mail knows both; one connection each, so that order is seen."""
    default, news = servers
    routes = {"news": f"{news.url}?pool=1"}
    return make_mail(MAIL_URL=f"{default.url}?pool=1", MAIL_ROUTES=routes, **config)


def test_send(servers: tuple[SMTPServer, SMTPServer]) -> None:
    """Each route over its own connections, which `close` ends."""
    _, mail = relays(servers)
    mail.send(hello(subject="a"))
    mail.send(routed("news", "b"))
    mail.close()
    assert [subjects(server) for server in servers] == [["a"], ["b"]]
    assert [server.commands[-1] for server in servers] == ["QUIT", "QUIT"]


def test_send_many(servers: tuple[SMTPServer, SMTPServer]) -> None:
    """Receipts come in the order of the messages, whatever route each takes."""
    _, mail = relays(servers)
    plan = ["", "", "news", "", "nowhere", "news", "news", *([""] * 60), *(["news"] * 60)]
    receipts = list(mail.send_many(routed(route, f"{n}") for n, route in enumerate(plan)))
    ids = {parsed(one)["Message-ID"]: parsed(one)["Subject"] for s in servers for one in s.mails}
    assert [ids.get(receipt.message_id, "4") for receipt in receipts] == [
        f"{n}" for n in range(len(plan))
    ]
    assert isinstance(receipts[4].error, MessageError)
    assert subjects(servers[1]) == [f"{n}" for n, route in enumerate(plan) if route == "news"]
    mail.close()


def test_send_many_that_is_left(servers: tuple[SMTPServer, SMTPServer]) -> None:
    """Nobody begins with the next route for a reader who went."""
    _, mail = relays(servers)
    receipts = mail.send_many(routed("news" if n % 2 else "", f"{n}") for n in range(10))
    next(receipts)
    receipts.close()  # type: ignore[attr-defined]
    mail.close()
    assert [subjects(server) for server in servers] == [["0"], []]


def test_connect(servers: tuple[SMTPServer, SMTPServer]) -> None:
    """One connection of each route is held, in turn or not."""
    _, mail = relays(servers)
    with mail.connect() as connection:
        for n in range(6):
            connection.send(routed("news" if n % 2 else "", f"{n}"))
        assert [server.open_connections for server in servers] == [1, 1]
    assert [subjects(server) for server in servers] == [["0", "2", "4"], ["1", "3", "5"]]
    assert [server.connections for server in servers] == [1, 1]
    mail.close()


@pytest.mark.parametrize("engine", ["threads", "inline", "outbox"])
def test_engines(engine: str, servers: tuple[SMTPServer, SMTPServer], tmp_path: Path) -> None:
    """`send_later` and `send_many_later` too."""
    url = f"sqlite:///{tmp_path}/outbox.sqlite"
    _, mail = relays(servers, MAIL_ENGINE=engine, MAIL_OUTBOX_URL=url)
    tickets = [mail.send_later(routed(route)) for route in ("", "news", "")]
    tickets += mail.send_many_later([routed("news", f"{n}") for n in range(20)])
    assert all(ticket.wait(10).error is None for ticket in tickets)
    mail.close()
    assert [len(server.mails) for server in servers] == [2, 21]


def test_one_relay_is_down() -> None:
    """The other's mail goes meanwhile, in threads of its own."""
    with SMTPServer() as default:
        with SMTPServer() as gone:
            url = gone.url
        _, mail = make_mail(MAIL_URL=default.url, MAIL_ROUTES={"news": url})
        left = [mail.send_later(routed("news", f"{n}")) for n in range(20)]
        assert mail.send_later(hello()).wait(2).error is None
        news = next(iter(mail.send_many([routed("news")])))
    assert news.error is not None
    assert news.error.kind == "temporary"
    for ticket in left:
        ticket.cancel()
    mail.close()


def test_an_unknown_name_is_told_with_all_else() -> None:
    """Before anything is stored or sent, and under TESTING too."""
    app, mail = make_mail(MAIL_ROUTES='{"news": "memory:"}')
    app.testing = True
    message = Message("Hi\n", [], "Hello")
    message.route = "newz"
    with pytest.raises(MessageError) as caught:
        mail.send_later(message)
    assert [fault.partition(" ")[0] for fault in caught.value.faults] == [
        "subject",
        "there",
        "route",
    ]
    assert "which has 'news'" in caught.value.faults[-1]


def test_faults_of_both_keys_at_once() -> None:
    """All URLs are read at `init_app`."""
    app = make_app(MAIL_URL="pigeon:", MAIL_ROUTES={"a": "smtp://u:p@", "b": "gopher:"})
    with pytest.raises(ConfigError) as caught:
        Mail(app)
    keys = [fault.partition(" ")[0].rstrip(":") for fault in caught.value.faults]
    assert keys == ["MAIL_URL", "MAIL_ROUTES['a']", "MAIL_ROUTES['b']"]


def test_a_callable_is_asked_within_the_app(servers: tuple[SMTPServer, SMTPServer]) -> None:
    """In whatever thread the mail is delivered: it may look into the app's database."""

    def url_of(tenant: str) -> str | None:
        return str(current_app.config["TENANTS"].get(tenant))

    _, mail = make_mail(MAIL_ROUTES=url_of, TENANTS={"acme": servers[1].url})
    assert mail.send_later(routed("acme")).wait(5).error is None
    mail.close()
    assert len(servers[1].mails) == 1
