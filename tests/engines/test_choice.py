"""Engines of one's own, by import path."""

import pytest

from flask_mailwright import ConfigError, Mail, SealedMail, Ticket
from flask_mailwright.engines import Delivery, Order
from flask_mailwright.engines.inline import InlineEngine
from flask_mailwright.engines.job import Job
from tests.apps import hello, kept, make_app, make_mail


class Evening:
    """Keeps mails until somebody says that it is evening."""

    def __init__(self, delivery: Delivery) -> None:
        self.inline = InlineEngine(delivery)
        self.mails: list[tuple[SealedMail, Order]] = []
        self.tickets: dict[str, Ticket] = {}

    def submit(self, mail: SealedMail, order: Order) -> Ticket:
        """Keep it."""
        self.mails.append((mail, order))
        return self.tickets.setdefault(mail.id, Job(mail.id, 0.0).ticket)

    def ticket(self, id: str) -> Ticket | None:  # noqa: A002
        """Find it again."""
        return self.tickets.get(id)

    def flush(self, timeout: float | None) -> bool:
        """It is evening."""
        for mail, order in self.mails:
            self.inline.submit(mail, order)
        return timeout is None


def no_engine(delivery: Delivery) -> object:
    """Something without `submit`."""
    return object()


def broken(delivery: Delivery) -> object:
    """It cannot be built."""
    raise KeyError("hunter2")


def test_an_engine_of_ones_own() -> None:
    """It is handed how to deliver, and gets each mail with its order."""
    app, mail = make_mail(MAIL_ENGINE=f"{__name__}:Evening")
    ticket = mail.send_later(hello(), priority="high", on_doubt="hold")
    engine = app.extensions["mailwright"].engine
    assert [order for _, order in engine.mails] == [Order("high", "hold")]
    assert mail.ticket(ticket.id) is ticket
    assert kept(app) == []
    assert mail.flush() is True
    assert len(kept(app)) == 1
    mail.close()


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("no_engine", "its factory gave no engine: it has no submit(mail, order)"),
        ("broken", "its factory raised KeyError"),
    ],
)
def test_a_factory_that_gives_no_engine(name: str, sentence: str) -> None:
    """It is found out when the application starts."""
    with pytest.raises(ConfigError) as caught:
        make_mail(MAIL_ENGINE=f"{__name__}:{name}")
    assert caught.value.faults == (f"MAIL_ENGINE: {sentence}",)


def test_a_failed_start_may_be_mended() -> None:
    """Nothing was registered, so `init_app` may be called again."""
    app = make_app(MAIL_ENGINE=f"{__name__}:broken", MAIL_URL="memory:")
    mail = Mail()
    with pytest.raises(ConfigError):
        mail.init_app(app)
    app.config["MAIL_ENGINE"] = "inline"
    mail.init_app(app)
    assert mail.send_later(hello()).status() == "done"
