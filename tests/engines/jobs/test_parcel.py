"""A mail as a job: what is read is what was written, and what goes again is what is left."""

import json

import pytest

from flask_mailwright import Message, Reply, SealedMail
from flask_mailwright.engines import Order
from flask_mailwright.engines.jobs.parcel import Parcel
from flask_mailwright.engines.outbox.judgement import judge
from flask_mailwright.envelope import Receipt
from flask_mailwright.sealing import Origin
from flask_mailwright.timing import Timing


def sealed(*to: str, subject: str = "Hi") -> SealedMail:
    """With all that a mail may have."""
    message = Message(subject, list(to), "Zoë\nsays", html="<p>Zoë says", sender="Zoë <z@e.com>")
    message.attach("ü.bin", "application/octet-stream", bytes(range(256)) * 20)
    message.tags, message.metadata, message.route = ["a"], {"order": 1}, "news"
    return message.seal(Origin(app="shop"))._replace(route="news")


@pytest.mark.parametrize("to", ["ann@example.com", "jörg@bücher.example"])
def test_it_is_read_as_it_was_written(to: str) -> None:
    """Every octet, also of header fields beyond ASCII (RFC 6532)."""
    order = Order("bulk", "hold", expires=2e9)
    parcel = Parcel(sealed(to), order, 1e9, 1.5e9, attempts=3, is_local=True)
    assert Parcel.read(parcel.to_json()) == parcel


def test_another_version_is_refused() -> None:
    """By its number, so that a newer worker may take it."""
    record = json.loads(Parcel(sealed("ann@example.com"), Order(), 1.0, 1.0).to_json())
    with pytest.raises(ValueError, match="a job of version 2 is not 1: upgrade"):
        Parcel.read(json.dumps(record | {"version": 2}))


def test_the_next_one_is_for_those_who_are_left() -> None:
    """In the order of the envelope, and counted."""
    mail = sealed("a@e.com", "b@e.com", "c@e.com")
    parcel = Parcel(mail, Order(), 1e9, 1e9)
    replies = (
        Reply("a@e.com", "relayed", 250),
        Reply("b@e.com", "failed", 450, transient=True),
        Reply("c@e.com", "failed", 550),
    )
    outcome = judge(parcel.claimed, Receipt("<1@x>", replies), 1e9, 0.5, Timing())
    again = parcel.after(outcome)
    assert [each.address for each in again.mail.envelope.recipients] == ["b@e.com"]
    assert (again.attempts, again.due, again.since) == (1, 1e9 + 10.0, 1e9)
    assert again.after(outcome._replace(replies=(replies[1],))).due == 1e9 + 10.0
    assert again.mail.content == mail.content
