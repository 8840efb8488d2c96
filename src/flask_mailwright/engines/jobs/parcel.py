"""A sealed mail as a job: JSON with a version, which holds its content and how far it has come."""

from __future__ import annotations

import json
from typing import Any, NamedTuple

from ...envelope import SealedMail
from ..order import Order
from ..outbox.rows import Claimed, Outcome

VERSION = 1


class Parcel(NamedTuple):
    """A mail for those whom it has not reached yet.

    `since`: when it was to go first, in seconds since 1970. `due`: when it is to go next.
    `attempts` counts those that were made. `is_local`: nobody was to be reached by it where it was
    submitted. `came_again`: since the last attempt a broker has given the same job twice.

    >>> from flask_mailwright.envelope import Envelope, Recipient
    >>> mail = SealedMail("1", "<1@x>", "Hi", Envelope("a@x", (Recipient("b@x"),)), b"Subject: Hi")
    >>> parcel = Parcel(mail, Order(expires=99.0), since=1.0, due=1.0)
    >>> Parcel.read(parcel.to_json()) == parcel
    True
    """

    mail: SealedMail
    order: Order
    since: float
    due: float
    attempts: int = 0
    is_local: bool = False
    came_again: bool = False

    def to_json(self) -> str:
        """Content is UTF-8 at most: 7-bit, but for the header fields of RFC 6532."""
        order = self.order
        record: dict[str, Any] = {
            "version": VERSION,
            "mail": self.mail.to_json(),
            "content": self.mail.content.decode(),
            "priority": order.priority,
            "on_doubt": order.on_doubt,
            "expires": order.expires,
        }
        return json.dumps(record | {name: getattr(self, name) for name in _PLAIN})

    @classmethod
    def read(cls, text: str) -> Parcel:
        """The parcel again; ValueError when a newer version of this package wrote it."""
        record = json.loads(text)
        if record["version"] != VERSION:
            raise ValueError(f"a job of version {record['version']} is not {VERSION}: upgrade")
        mail = SealedMail.from_json(record["mail"], record["content"].encode())
        order = Order(record["priority"], record["on_doubt"], expires=record["expires"])
        return cls(mail, order, **{name: record[name] for name in _PLAIN if name in record})

    @property
    def claimed(self) -> Claimed:
        """As the outbox's rules look at it."""
        order = self.order
        return Claimed(
            self.mail, self.since, order.expires, order.on_doubt, self.attempts + 1, 0, ()
        )

    def after(self, outcome: Outcome) -> Parcel:
        """The next one, for those who are to be tried again."""
        claimed = self.claimed._replace(replies=outcome.replies)
        attempts = self.attempts + outcome.counted
        return self._replace(
            mail=claimed.narrowed, due=outcome.due, attempts=attempts, came_again=False
        )


_PLAIN = ("since", "due", "attempts", "is_local", "came_again")
