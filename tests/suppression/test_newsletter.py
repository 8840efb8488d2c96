"""A newsletter that waits in the outbox does not reach who has left since."""

from collections import Counter
from contextlib import closing
from pathlib import Path

import pytest

from flask_mailwright import Mail, Message, SealedMail
from flask_mailwright.engines import Order
from flask_mailwright.engines.outbox import overview
from flask_mailwright.envelope import Recipient
from flask_mailwright.testing import ReceivedMail, SMTPServer
from tests.apps import make_mail
from tests.engines.outbox.databases import outbox_url

BULK = Order(priority="bulk")


def reader(number: int) -> str:
    """His address."""
    return f"reader{number}@example.com"


def one_of(news: SealedMail, number: int) -> SealedMail:
    """The mail of this reader."""
    envelope = news.envelope._replace(recipients=(Recipient(reader(number)),))
    return news._replace(id=f"{number:032}", envelope=envelope, list="news")


def at(url: str, relay: str) -> Mail:
    """An app that delivers from this outbox when it is told to."""
    _, mail = make_mail(
        MAIL_URL=relay, MAIL_OUTBOX_URL=url, MAIL_ENGINE="outbox", MAIL_WORKER="external"
    )
    return mail


def queue(mail: Mail, readers: int) -> None:
    """A mail of the list for each."""
    state = mail._state()
    news = state.prepare(Message("News", [reader(0)], "Hello")).mail
    for start in range(0, readers, 500):
        numbers = range(start, min(start + 500, readers))
        state.engine.submit_many([(one_of(news, number), BULK) for number in numbers])  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("database", "readers"), [("sqlite", 10_000), ("postgresql", 400), ("mariadb", 400)]
)
def test_who_left_after_it_was_queued(database: str, readers: int, tmp_path: Path) -> None:
    """While it is under way too; every other reader gets one copy."""
    copies: Counter[str] = Counter()
    left, leaves, other = reader(readers - 300), reader(readers - 1), reader(7)

    def came(mail: ReceivedMail) -> None:
        copies.update(mail.recipients)
        if copies.total() == readers // 5:
            mails.suppress(leaves, "clicked", "news")

    with (
        outbox_url(database, tmp_path) as url,
        SMTPServer(keep=False, on_mail=came) as server,
        closing(at(url, server.url)) as mails,
    ):
        queue(mails, readers)
        assert mails.suppress(left, "clicked", "news")
        assert mails.suppress(other, "clicked", "offers")
        assert mails.flush(60)
        counts = overview.count(mails._state().engine.store)  # type: ignore[attr-defined]
        answer = mails.ticket(f"{readers - 300:032}").wait(1).suppressed[0].text
    assert copies == Counter(map(reader, range(readers))) - Counter([left, leaves])
    assert counts == {"done": readers}
    assert answer == "on the suppression list of 'news'"
