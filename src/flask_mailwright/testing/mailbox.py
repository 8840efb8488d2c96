"""What a test has sent, to be asked for in sentences."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from datetime import timedelta
from types import TracebackType
from typing import Any, Self, overload

from flask import Flask, got_request_exception

from ..appcontext import itself
from ..envelope import SealedMail
from ..onlooking import Held, looking, onlookers
from .asking import check, fits, told
from .objections import Objections
from .sent import SentMail
from .waiting import Waiting


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
        self._waiting = Waiting()
        self._objections = Objections()
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
        if error is None:
            self._objections.insist()

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
        self._waiting.holds = True

    def deliver(self) -> int:
        """What is held and due is delivered, and what comes of it; how many these were."""
        return self._waiting.deliver()

    def move(self, **span: float) -> None:
        """Move the clock on: `mailbox.move(hours=25)`. What is due by then is delivered."""
        self._waiting.move(timedelta(**span).total_seconds())

    @property
    def held(self) -> list[SentMail]:
        """What waits: for `deliver`, or for the time that `at=` says."""
        return [SentMail(each.mail) for each in self._waiting.held]

    def allow(self, *rules: str) -> None:
        """Let pass what `flask mail lint` calls so, such as "local-link"."""
        self._objections.allowed.update(rules)

    def show(self, mail: SealedMail) -> None:
        """It was sent. AssertionError when no reader could make sense of it."""
        sent = SentMail(mail)
        self._sent.append(sent)
        self._objections.see(sent)

    def take(self, held: Held) -> None:
        """An engine would have it now."""
        self._waiting.take(held)

    def _overhear(self, app: Flask, *, exception: Exception, **_more: Any) -> None:
        if self in onlookers(app):
            self._objections.overhear(app, exception)

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
