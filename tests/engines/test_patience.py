"""How long a relay may take to answer a content: longer where nobody waits for it."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from flask_mailwright import DeliveryError
from flask_mailwright.testing import ReceivedMail, SMTPServer
from tests.apps import hello, make_mail

TIMING = {"final_dot": 0.3, "final_dot_worker": 20, "lease": 0.5, "renew": 0.1, "office": 0.3}


def think(mail: ReceivedMail) -> None:
    """As a relay that scans for viruses first."""
    time.sleep(1.2)


@pytest.fixture
def server() -> Iterator[SMTPServer]:
    """Answers a content after more than a second."""
    with SMTPServer(on_mail=think) as slow:
        yield slow


@pytest.mark.parametrize("engine", ["threads", "outbox"])
def test_an_engine_waits_for_a_slow_relay(engine: str, server: SMTPServer, tmp_path: Path) -> None:
    """`final_dot_worker`; a mail in hand outlives its first lease, and goes out once."""
    url = f"sqlite:///{tmp_path}/outbox.sqlite"
    config: dict[str, Any] = {"MAIL_ENGINE": engine, "MAIL_OUTBOX_URL": url, "MAIL_TIMING": TIMING}
    _, mail = make_mail(MAIL_URL=server.url, **config)
    receipt = mail.send_later(hello()).wait(10)
    mail.close()
    assert (receipt.error, len(server.mails)) == (None, 1)


@pytest.mark.parametrize("config", [{"MAIL_TIMING": TIMING}, {"MAIL_TIMEOUT": "0.3"}])
def test_a_caller_does_not(config: dict[str, Any], server: SMTPServer) -> None:
    """`final_dot`, in `send`, `send_many` and an engine that delivers in the caller."""
    _, mail = make_mail(MAIL_URL=server.url, MAIL_ENGINE="inline", **config)
    with pytest.raises(DeliveryError) as caught:
        mail.send(hello())
    (receipt,) = mail.send_many([hello()])
    later = mail.send_later(hello()).wait(0)
    for error in (caught.value, receipt.error, later.error):
        assert error is not None
        assert (error.kind, error.stage) == ("in_doubt", "final_dot")
    mail.close()


def test_one_time_out_replaces_both(server: SMTPServer) -> None:
    """`MAIL_TIMEOUT` is an engine's too."""
    _, mail = make_mail(MAIL_URL=server.url, MAIL_TIMEOUT="0.3")
    receipt = mail.send_later(hello()).wait(5)
    assert receipt.error is not None
    assert receipt.error.kind == "in_doubt"
    mail.close()


def test_a_connection_serves_both(server: SMTPServer) -> None:
    """How long it is waited on is asked for each mail, not for each connection."""
    server.refuse("rcpt", 550, address="no@example.com")
    _, mail = make_mail(MAIL_URL=f"{server.url}?pool=1", MAIL_TIMING=TIMING)
    with pytest.raises(DeliveryError):
        mail.send(hello("no@example.com"))
    assert mail.send_later(hello()).wait(5).error is None
    with pytest.raises(DeliveryError) as caught:
        mail.send(hello())
    assert caught.value.kind == "in_doubt"
    mail.close()
    assert server.connections == 1
