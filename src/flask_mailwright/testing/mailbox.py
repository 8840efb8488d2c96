"""What a test has sent, to be asked for in sentences."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from datetime import timedelta
from types import TracebackType
from typing import Any, Self, overload

from flask import Flask, got_request_exception

from ..appcontext import itself
from ..compose.mime import read
from ..engines import Ticket
from ..envelope import SealedMail
from ..errors import MessageError
from ..lint import Finding
from ..lint.reading import Reading
from ..lint.rules.cids import cids
from ..lint.rules.links import links
from ..lint.rules.placeholders import placeholders
from ..onlooking import Held, looking, onlookers
from .asking import check, fits, told
from .sent import SentMail, cut

_ALWAYS = (cids, links, placeholders)
"""What no mail of a test may have, whether the test looks for it or not."""


class Mailbox(Sequence[SentMail]):
    """Sees the mail of any app, or of `app`, while it is open, and lets none out.

    Mail of this context and of threads that began since. MAIL_SUPPRESS_SEND=False lets mail out
    all the same; it is seen too.

    >>> from flask_mailwright import Mail, Message
    >>> app = Flask("shop")
    >>> app.config["MAIL_DEFAULT_SENDER"] = "shop@example.com"
    >>> mail = Mail(app)
    >>> with Mailbox() as mailbox:
    ...     receipt = mail.send(Message("Hi", ["ann@example.com"], "Hello"))
    >>> mailbox.one(to="ann@example.com").text
    'Hello'
    """

    def __init__(self, app: Flask | None = None) -> None:
        self.app = itself(app) if app is not None else None
        self._sent: list[SentMail] = []
        self._held: list[Held] = []
        self._holds = False
        self._moved = 0.0
        self._allowed: set[str] = set()
        self._keys: dict[tuple[str, str], Ticket] = {}
        self._lock = threading.Lock()
        self._broken: list[tuple[SentMail, list[Finding]]] = []
        self._unsent: list[MessageError] = []
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        self._stack.enter_context(looking(self))
        self._stack.enter_context(got_request_exception.connected_to(self._overhear))
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stack.close()
        if error is None:  # the app may have caught it
            for sent, found in self._broken:
                self._judge(sent, found)
            for unsent in self._unsent:
                raise unsent

    def one(self, **wanted: Any) -> SentMail:
        """The one mail that is so; AssertionError, with what was sent, unless there is just one.

        `to`, `cc`, `bcc`, `recipients`, `reply_to` and `tags` hold what is wanted, `text` and
        `html` contain it, `subject`, `sender`, `route` and `app` are it. A pattern is searched for.
        """
        found = self.all(**wanted)
        if len(found) != 1:
            self._fail("one mail", wanted, len(found))
        return found[0]

    def none(self, **wanted: Any) -> None:
        """No mail is so."""
        if found := self.all(**wanted):
            self._fail("no mail", wanted, len(found))

    def all(self, **wanted: Any) -> list[SentMail]:
        """Every mail that is so, the first one first."""
        check(wanted)
        return [mail for mail in self._sent if fits(mail, wanted)]

    def clear(self) -> None:
        """Forget what was sent."""
        self._sent.clear()

    def hold(self) -> None:
        """From here on queued mail waits for `deliver`, as it does for a worker."""
        self._holds = True

    def deliver(self) -> int:
        """What is held and due is delivered, and what comes of it; how many these were."""
        return self._go_on()

    def move(self, **span: float) -> None:
        """Move the clock on: `mailbox.move(hours=25)`. What is due by then is delivered."""
        self._moved += timedelta(**span).total_seconds()
        if not self._holds:
            self._go_on()

    @property
    def held(self) -> list[SentMail]:
        """What waits: for `deliver`, or for the time that `at=` says."""
        return [SentMail(each.mail) for each in self._held if each.ticket.status() == "queued"]

    def allow(self, *rules: str) -> None:
        """Let pass what `flask mail lint` calls so, such as "local-link"."""
        self._allowed.update(rules)

    def show(self, mail: SealedMail) -> None:
        """It was sent. AssertionError when no reader could make sense of it."""
        sent, reading = SentMail(mail), Reading(read(mail.content))
        self._sent.append(sent)
        found = [finding for rule in _ALWAYS for finding in rule(reading)]
        self._broken.append((sent, [each for each in found if each.level == "error"]))
        self._judge(*self._broken[-1])

    def _overhear(self, app: Flask, *, exception: Exception, **_more: Any) -> None:
        """A page failed over a mail; without TESTING its answer is a 500 that says nothing."""
        is_hidden = not (app.testing or app.config["PROPAGATE_EXCEPTIONS"])
        if is_hidden and isinstance(exception, MessageError) and self in onlookers(app):
            self._unsent.append(exception)

    def _judge(self, sent: SentMail, found: list[Finding]) -> None:
        bad = [each for each in found if each.rule not in self._allowed]
        if bad:
            lines = [f"  {each.message} at {each.where}. {each.mend}" for each in bad]
            hint = f'  (or, if that is meant here: mailbox.allow("{bad[0].rule}"))'
            raise AssertionError("\n".join([cut([f"{sent!r} is broken:", *lines]), hint]))

    def take(self, held: Held) -> None:
        """An engine would have it now; a second one of the same key is the first."""
        if (first := self._first_of_key(held)) is not held.ticket:
            held.repeat(first)
            return
        self._held.append(held)
        if not self._holds:
            self._go_on()

    def _first_of_key(self, held: Held) -> Ticket:
        if held.order.key is None:
            return held.ticket
        with self._lock:
            return self._keys.setdefault((held.mail.app, held.order.key), held.ticket)

    def _go_on(self) -> int:
        count = 0
        while (held := self._next_due()) is not None:
            count += 1
            if self._is_late(held):
                held.ticket.cancel()
            else:
                held.deliver()
        return count

    def _next_due(self) -> Held | None:
        """Out of the list at once: a receiver or another thread may be here too."""
        with self._lock:
            due = next((each for each in self._held if self._is_due(each)), None)
            if due is not None:
                self._held.remove(due)
            return due

    def _is_due(self, held: Held) -> bool:
        return held.order.at is None or held.order.at <= self._now

    def _is_late(self, held: Held) -> bool:
        return held.order.expires is not None and held.order.expires <= self._now

    @property
    def _now(self) -> float:
        return time.time() + self._moved

    def _fail(self, count: str, wanted: dict[str, Any], found: int) -> None:
        raise AssertionError(told(count, wanted, found, self._sent, len(self.held)))

    def __len__(self) -> int:
        return len(self._sent)

    def __bool__(self) -> bool:
        return bool(self._sent)

    def __iter__(self) -> Iterator[SentMail]:
        return iter(self._sent)

    @overload
    def __getitem__(self, place: int) -> SentMail: ...
    @overload
    def __getitem__(self, place: slice) -> list[SentMail]: ...
    def __getitem__(self, place: int | slice) -> SentMail | list[SentMail]:
        return self._sent[place]

    def __repr__(self) -> str:
        return f"<Mailbox: {len(self)} sent, {len(self.held)} held>"
