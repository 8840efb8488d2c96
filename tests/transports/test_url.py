"""A relay as one line."""

from typing import Any

import pytest

from flask_mailwright import ConfigError, Receipt, Reply, SealedMail
from flask_mailwright.secret import Secret
from flask_mailwright.smtp.rate import Rate
from flask_mailwright.smtp.relay import Relay
from flask_mailwright.timing import Timing
from flask_mailwright.transports.relay_url import relay_from_url
from flask_mailwright.transports.url import SCHEMES, transport_from_url
from flask_mailwright.world import World
from tests.apps import hello, make_mail

BASE = Relay("unused", max_mails=7)


class Pigeon:
    """A transport that owes nothing but `name` and `deliver`."""

    name = "pigeon"

    def deliver(self, mail: SealedMail) -> Receipt:
        """Everybody lives near."""
        people = mail.envelope.recipients
        return Receipt(mail.message_id, tuple(Reply(to.address, "relayed") for to in people))


def broken_factory() -> Any:
    """It cannot be built."""
    raise KeyError("hunter2")


def no_transport() -> object:
    """Something without `deliver`."""
    return object()


def nameless() -> object:
    """A transport that logs cannot call by a name."""

    class Nameless:
        def deliver(self, mail: SealedMail) -> None:
            """To nobody."""

    return Nameless()


def relay(url: str) -> Relay:
    """The relay that the URL names."""
    return relay_from_url(url, BASE)


def faults(url: str) -> tuple[str, ...]:
    """What is said about the URL."""
    with pytest.raises(ConfigError) as caught:
        transport_from_url(url, BASE, World())
    return caught.value.faults


@pytest.mark.parametrize(
    ("url", "port", "tls"),
    [
        ("smtp://mail.example.com", 25, "starttls"),
        ("smtp://u:p@mail.example.com", 587, "starttls"),
        ("SMTP://mail.example.com:2525/", 2525, "starttls"),
        ("smtp://mail.example.com?tls=none", 25, "none"),
        ("smtps://mail.example.com", 465, "implicit"),
        ("smtps://127.0.0.1:2465", 2465, "implicit"),
        ("smtp://localhost", 25, "none"),
        ("smtp://127.0.0.1:1025", 1025, "none"),
        ("smtp://[::1]:1025", 1025, "none"),
        ("smtp://localhost?tls=starttls", 25, "starttls"),
    ],
)
def test_tls_is_required_beyond_loopback(url: str, port: int, tls: str) -> None:
    """`smtp://` is STARTTLS, `smtps://` TLS from the start; only loopback or tls=none is plain."""
    found = relay(url)
    assert (found.port, found.tls, found.max_mails) == (port, tls, 7)


@pytest.mark.parametrize(
    ("login", "user", "password"),
    [
        ("ann:secret", "ann", "secret"),
        ("ann%40example.com:p%3A%2F%3F%23%40%25", "ann@example.com", "p:/?#@%"),
        ("ann@example.com:a@b", "ann@example.com", "a@b"),
        ("j%C3%BCrgen:%F0%9F%94%91", "jürgen", "🔑"),
        ("ann:a+b", "ann", "a+b"),
        ("ann:100%", "ann", "100%"),
    ],
)
def test_user_and_password_are_percent_decoded(login: str, user: str, password: str) -> None:
    """As the standard library's `quote` writes them; a plus is a plus."""
    found = relay(f"smtps://{login}@h")
    assert (found.username, found.password) == (user, Secret(password))
    assert password not in repr(found)


@pytest.mark.parametrize(
    ("host", "found"),
    [("[2001:db8::7]", "2001:db8::7"), ("[fe80::1%25eth0]", "fe80::1%25eth0"), ("bücher.example",
     "xn--bcher-kva.example"), ("Mail_1.Example", "mail_1.example"), ("10.0.0.1", "10.0.0.1")],
)  # fmt: skip
def test_hosts(host: str, found: str) -> None:
    """Names, in any script, and addresses of both families."""
    assert relay(f"smtp://{host}:25").host == found


def test_options() -> None:
    """A relay's own time-out, pool size, rate, and leave to log in without TLS."""
    found = relay("smtp://u:p@h?pool=2&timeout=1.5&rate=50/s&tls=none&auth=plaintext")
    assert (found.connections, found.timing) == (2, Timing().all(1.5))
    assert found.rate == Rate(50, 1.0)
    assert (found.tls, found.plaintext_auth, found.private) == ("none", True, True)


FORM = (
    "MAIL_URL must read smtp://user:password@host:port; write special characters in the user or"
    " password as %XX (urllib.parse.quote does it)"
)
PORT = "MAIL_URL: the port must be a number from 1 to 65535"
HOST = "MAIL_URL: there is no valid host name in it"
BOTH = "MAIL_URL: a login needs both, smtp://user:password@host"
DECODED = "MAIL_URL: the user or password holds a control character or is not UTF-8"
OPTION = "MAIL_URL: an option is unknown (known are tls, auth, timeout, pool, rate); in a"
PLAIN = "MAIL_URL: the password would cross the network unencrypted; leave tls=none out, or"
POOL = "MAIL_URL: the option pool must be a number of connections from 1 to 1000"
RATE = (
    "MAIL_URL: the option rate must be a number of mails from 1 to 1000000 per s, m or h, as 50/s"
    " or 3000/h"
)
TIMEOUT = "MAIL_URL: the option timeout must be a number of seconds above 0"


def test_no_rate_is_no_limit() -> None:
    """A slash may be written as %2F; without the option mails go as fast as they can."""
    assert relay("smtp://h?rate=600%2Fm").rate == Rate(600, 60.0)
    assert relay("smtp://h").rate is None


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("", "MAIL_URL must begin with"),
        ("http://h", "MAIL_URL must begin with"),
        ("console:/x", "MAIL_URL must begin with"),
        ("smtp:h", FORM),
        ("smtp://", HOST),
        ("smtp://:25", HOST),
        ("smtp://a..%20b", HOST),
        ("smtp://h/path", FORM),
        ("smtp://h#x", FORM),
        ("smtp://u:p w@h", FORM),
        ("smtp://u:p\tw@h", FORM),
        ("smtp://[::1", FORM),
        ("smtp://h:0", PORT),
        ("smtp://h:99999", PORT),
        ("smtp://h:smtp", PORT),
        ("smtp://u@h", BOTH),
        ("smtp://u:@h", BOTH),
        ("smtp://:p@h", BOTH),
        ("smtp://u:%00@h", DECODED),
        ("smtp://u%0a:p@h", DECODED),
        ("smtp://u:%ff@h", DECODED),
        ("smtp://h?retry=1", OPTION),
        ("smtp://u:p@h?tls=none", PLAIN),
        ("smtp://h?tls=maybe", "MAIL_URL: the option tls must be none or starttls"),
        ("smtp://h?auth=cram", "MAIL_URL: the option auth must be plaintext"),
        ("smtp://h?pool=0", POOL),
        ("smtp://h?pool=9999999999", POOL),
        ("smtp://h?pool=1.5", POOL),
        ("smtp://h?rate=", RATE),
        ("smtp://h?rate=50", RATE),
        ("smtp://h?rate=50+/s", RATE),
        ("smtp://h?timeout=", TIMEOUT),
        ("smtp://h?timeout=nan", TIMEOUT),
        ("smtps://h?tls=none", "MAIL_URL: smtps:// is TLS from the start; leave tls out"),
    ],
)
def test_a_wrong_url_gets_a_sentence(url: str, sentence: str) -> None:
    """It says what is wrong and what to write."""
    (fault,) = faults(url)
    assert fault.startswith(sentence)


def test_all_options_are_told_at_once() -> None:
    """Two wrong options are two sentences."""
    assert len(faults("smtp://h?pool=x&timeout=x")) == 2
    assert faults("x:") == (f"MAIL_URL must begin with {SCHEMES}",)


def test_a_transport_of_ones_own() -> None:
    """`python:module:factory`; it needs no more than `name` and `deliver`."""
    app, mail = make_mail(MAIL_URL=f"python:{__name__}:Pigeon")
    assert mail.send(hello()).relayed[0].address == "ann@example.com"
    with mail.connect() as connection:
        assert connection.send(hello()).relayed
    assert [receipt.error for receipt in mail.send_many([hello(), hello()])] == [None, None]
    assert mail.send_later(hello()).wait(5).relayed
    mail.close()
    assert app.extensions["mailwright"].config.routes.over("").name == "pigeon"


@pytest.mark.parametrize(
    ("path", "sentence"),
    [
        (f"{__name__}:no_transport", "its factory gave no transport: it has no deliver(mail)"),
        (f"{__name__}:broken_factory", "its factory raised KeyError"),
    ],
)
def test_a_factory_that_gives_no_transport(path: str, sentence: str) -> None:
    """It is found out when the application starts."""
    assert faults(f"python:{path}") == (f"MAIL_URL: {sentence}",)


def test_a_path_that_leads_nowhere() -> None:
    """Neither module nor name is quoted."""
    assert faults("python:tests.nowhere:x") == (
        "MAIL_URL cannot be imported (ModuleNotFoundError); it must read package.module:name",
    )
    assert faults(f"python:{__name__}:nothing") == (
        "MAIL_URL cannot be imported (AttributeError); it must read package.module:name",
    )
    assert faults("python:nothing") == ("MAIL_URL must read package.module:name",)


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("failover(memory: console:)", "failover(memory: console:)"),
        ("RoundRobin( smtp://a.example  smtps://u:p@b.example )",
         "roundrobin(smtp://a.example:25 smtps://b.example:465)"),
        ("failover(roundrobin(memory: memory:) failover(memory: console:))",
         "failover(roundrobin(memory: memory:) failover(memory: console:))"),
        ("file:///var/my%20mails", "file:///var/my%20mails"),
    ],
)  # fmt: skip
def test_transports_of_transports(url: str, name: str) -> None:
    """Blanks stand between them; a group may hold groups."""
    assert transport_from_url(url, BASE, World()).name == name


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("failover()", "failover(...) holds several URLs"),
        ("failover(memory:)", "failover(...) holds several URLs"),
        ("failover(memory: console:", "must begin with smtp://"),
        ("roundrobin(memory: smtp://u:hunter2@)", "no valid host name in it (number 2 in roundr"),
        ("failover(memory: roundrobin(memory: ftp://x))", "(number 2 in roundrobin) (number 2 in"),
    ],
)
def test_faults_within_a_group(url: str, told: str) -> None:
    """Each says where it is, and none quotes the URL."""
    (fault,) = faults(url)
    assert told in fault
    assert "hunter2" not in fault


def test_a_transport_has_a_name() -> None:
    """Logs and receipts need it."""
    assert "without a name" in faults("python:tests.transports.test_url:nameless")[0]
