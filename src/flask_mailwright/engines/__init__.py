"""When and where delivery runs: an engine takes sealed mails and gives tickets."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from threading import Event
from typing import Any, NamedTuple, Protocol

from ..envelope import Receipt, SealedMail
from ..smtp.waiting import Call, Waiting
from ..timing import Timing
from ..world import World
from .order import Order
from .ticket import Ticket

__all__ = ["Carries", "Delivery", "Engine", "Order", "Ticket", "Way"]


class AppDatabase(NamedTuple):
    """The app's own database, reached through SQLAlchemy.

    `engine` may be asked in any thread, `session` gives that of the context one is in, None outside
    of any. `place` says where in the app that is. `abandoned` takes a sentence about a mail whose
    transaction was left open.
    """

    engine: Callable[[], Any]
    session: Callable[[], Any]
    place: Callable[[], str]
    abandoned: Callable[[str], None]


class OutboxSettings(NamedTuple):
    """Where the outbox is, and for how many seconds it keeps the content of a mail that failed.

    `folder`: where files are whose path is relative. `shared`: the database of the app, in place of
    one of its own. `embedded`: whether any process that uses the outbox delivers too, and not
    `flask mail worker` alone.
    """

    url: str = ""
    folder: str = "."
    keep: float = 7 * 86_400.0
    shared: AppDatabase | None = None
    embedded: bool = True

    def __repr__(self) -> str:
        """The URL may hold a password."""
        shown = self._replace(url=self.url and "***")._asdict()
        return f"OutboxSettings({', '.join(f'{name}={value!r}' for name, value in shown.items())})"


class Way(NamedTuple):
    """What an engine may know of where the mail of a route goes.

    `connections`: in how many threads at once `deliver_many` is worth its while. `local`: nobody is
    reached by it, so mail that other processes have submitted must not go this way.
    """

    connections: int = 4
    local: bool = False


class Carries(Protocol):
    """Hands over the mails of one lane, one behind the other, for a thread that attends to many."""

    def carry(self, mail: SealedMail, ahead: Callable[[], SealedMail | None]) -> Waiting[Receipt]:
        """One mail. `ahead` is asked right before its content leaves for the one that comes next.

        Its envelope may go then; if it may not be the next after all, `part` or `give_back` comes.
        """

    def part(self) -> Waiting[None]:
        """Others may have the connection, once it is left in order."""

    def give_back(self) -> None:
        """The same at once, for who can wait no more."""


class Delivery(NamedTuple):
    """What an engine is handed: how to deliver, and whom to tell what became of a mail.

    `app`: whose mails these are. `way`: asked with the name of a route, at this moment. `carries`:
    the same for a thread that attends to several connections; it is asked with a route and what is
    set when nothing shall be waited for but relays. `listened`: whether `record` may take its time,
    for somebody else is told. `hang_up` breaks off what is in hand. `extension`: what the app has
    of another extension, by its name, None when it has none. `within`:
    the app's context.
    """

    deliver_many: Callable[[Iterable[SealedMail]], Iterator[Receipt]]
    record: Callable[[SealedMail, Receipt], None]
    world: World
    app: str = ""
    timing: Timing = Timing()
    outbox: OutboxSettings = OutboxSettings()
    way: Callable[[str], Way] = lambda route: Way()
    carries: Callable[[str, Event], Carries] | None = None
    listened: Callable[[], bool] = bool
    hang_up: Callable[[], None] = lambda: None
    extension: Callable[[str], Any] = lambda name: None
    within: Callable[[], AbstractContextManager[object]] = nullcontext

    def lane(self, route: str, hurry: Event) -> Carries:
        """What carries the mails of a route at this moment."""
        return self.carries(route, hurry) if self.carries else _OneByOne(self.deliver_many)

    def takes_all(self) -> bool:
        """Whether mail that other processes have submitted may go from here at all."""
        return not self.way("").local


class Engine(Protocol):
    """Takes a mail and sees to its delivery.

    An engine may also have `ticket(id)`, `flush(timeout)` and `close()`; `in_caller`, true when it
    delivers in the thread that submits, where the relay gets less time to answer; and
    `share_rate(wanted)`, which counts a relay's mails over all its processes. One of your own is
    named by its import path in `MAIL_ENGINE`, as a callable that gets a `Delivery`.
    """

    def submit(self, mail: SealedMail, order: Order) -> Ticket:
        """Take the mail, or raise MailError; never wait for the relay."""


class _OneByOne:
    """By a call for each mail."""

    def __init__(self, deliver_many: Callable[[Iterable[SealedMail]], Iterator[Receipt]]) -> None:
        self._deliver_many = deliver_many

    def carry(self, mail: SealedMail, ahead: Callable[[], SealedMail | None]) -> Waiting[Receipt]:
        receipt: Receipt = yield Call(partial(self._delivered, mail))
        return receipt

    def part(self) -> Waiting[None]:
        """Nothing is kept."""
        yield from ()

    def give_back(self) -> None:
        """Nothing is kept."""

    def _delivered(self, mail: SealedMail) -> Receipt:
        (receipt,) = self._deliver_many((mail,))
        return receipt
