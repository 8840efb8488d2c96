"""The whole road: a newsletter is queued, one of its readers clicks, then it is delivered."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from flask_mailwright import Message
from flask_mailwright.testing import SMTPServer
from tests.unsubscribe.lists import clicked, make_list, news

READERS = 10_000
LEAVES = "reader4711@example.com"


def letters() -> Iterator[Message]:
    """One for each."""
    return (news(f"reader{number}@example.com") for number in range(READERS))


def test_who_clicked_gets_none_of_it(tmp_path: Path) -> None:
    """All others get one copy; an answer to a single person reaches who has left the list."""
    copies: Counter[str] = Counter()
    with SMTPServer(keep=False, on_mail=lambda mail: copies.update(mail.recipients)) as server:
        app, mail = make_list(
            tmp_path, MAIL_URL=server.url, MAIL_WORKER="external", MAIL_ENGINE="outbox"
        )
        tickets = [ticket.id for ticket in mail.send_many_later(letters())]
        assert clicked(app, mail.unsubscribe_url(LEAVES, "news")).status_code == 200
        assert mail.flush(60)
        (reply,) = mail.ticket(tickets[4711]).wait(1).replies
        mail.send(Message("Your order", [LEAVES], "It is under way"))
        mail.close()
    assert reply.action == "suppressed"
    assert len(copies) == copies.total() == READERS
    assert copies[LEAVES] == 1
