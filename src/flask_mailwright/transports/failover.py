"""Several relays as one transport: `failover(a b)` and `roundrobin(a b)`.

A talk that breaks, or never begins, moves on to the next relay; who was refused has his answer,
and a mail in doubt stays where it is. Which relay rests is for its breaker to say: asked, it
refuses at once.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import count
from threading import Event
from types import TracebackType
from typing import Self

from ..envelope import Receipt, SealedMail
from ..smtp.breaker import FAILURES, FIRST, MOST
from ..smtp.ledger import Ledger
from ..smtp.pipeline import Ahead
from ..smtp.probe import Probe
from ..smtp.waiting import Waiting, run
from ..world import World
from . import Transport
from .calling import carrier_of
from .carrier import Carries
from .moving import Moves
from .parallel import Lend, Parallel

logger = logging.getLogger("flask_mailwright")

Turns = Callable[[], int]
"""Where a mail begins."""


def probes(transport: Transport) -> list[Probe]:
    """Of the relays behind a transport; what cannot be asked is told by its name."""
    probe: Callable[[], list[Probe]] | None = getattr(transport, "probe", None)
    if probe is not None:
        return probe()
    return [Probe(transport.name, asked=False, local=bool(getattr(transport, "local", False)))]


class Rest:
    """Of a relay whose talks break behind the login, where its own breaker does not look."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._failures = 0
        self._until = 0.0

    @property
    def resting(self) -> bool:
        """Whether others come first."""
        return self._failures >= FAILURES and self._monotonic() < self._until

    def note(self, receipt: Receipt) -> None:
        """Twice as long with each failure behind the third; what works ends it."""
        error = receipt.error
        if not receipt.unheard or error is None:
            self._failures = 0
        elif error.retry_in is None:
            self._failures += 1
            doubled = min(max(self._failures - FAILURES, 0), 10)
            self._until = self._monotonic() + min(FIRST * 2**doubled, MOST)


class Failover:
    """The first relay, and those behind it when it cannot be talked to.

    >>> from flask_mailwright.transports.memory import MemoryTransport
    >>> Failover([MemoryTransport(), MemoryTransport()], World()).name
    'failover(memory: memory:)'
    """

    kind = "failover"

    def __init__(
        self, relays: Sequence[Transport], world: World, rests: Sequence[Rest] | None = None
    ) -> None:
        self._relays = tuple(relays)
        self._world = world
        self._rests = rests or [Rest(world.monotonic) for _ in relays]

    @property
    def name(self) -> str:
        """Those of its relays."""
        return f"{self.kind}({' '.join(relay.name for relay in self._relays)})"

    @property
    def connections(self) -> int:
        """As many as the best of its relays bears, for one of them may have to bear it all."""
        return max(self._connections)

    @property
    def local(self) -> bool:
        """Whether none of them reaches anybody."""
        return all(getattr(relay, "local", False) for relay in self._relays)

    @property
    def patient(self) -> Self:
        """The same over each of them, for threads in which nobody waits."""
        return self._over([getattr(relay, "patient", relay) for relay in self._relays])

    def deliver(self, mail: SealedMail) -> Receipt:
        """Hand one mail over; the failure is in `receipt.error`, and who failed in `tried`."""
        with self.connect() as held:
            return held.deliver(mail)

    def deliver_many(self, mails: Iterable[SealedMail]) -> Iterator[Receipt]:
        """One receipt per mail, in order."""
        with self.connect() as held:
            for mail in mails:
                yield run(held.carry_next(Ledger(mail), _nobody))

    def deliver_in_parallel(
        self, mails: Iterator[SealedMail], stopped: Callable[[], bool]
    ) -> Iterator[Receipt]:
        """The same over as many connections as there is work for."""
        return self.parallel(self.carrier).receipts(mails, stopped)

    def parallel(self, lend: Lend) -> Parallel:
        """The same over what `lend` lends."""
        return Parallel(lend, self.connections, self._world)

    def carrier(self, hurry: Event | None) -> Held:
        """For a thread that attends to many connections, or without `hurry` waits for this one."""
        return Held(self._relays, self._rests, self._turn, hurry, rides=self._rides)

    def connect(self) -> Held:
        """A context manager with `deliver(mail)`: one connection of each relay that is needed."""
        return self.carrier(None)

    def probe(self) -> list[Probe]:
        """What those of its relays show that can be asked."""
        return [each for relay in self._relays for each in probes(relay)]

    def hang_up(self) -> None:
        """Break off the talks in use."""
        self._each("hang_up")

    def close(self) -> None:
        """End the connections."""
        self._each("close")

    _rides = True
    """Whether the next mail goes the way of the last."""

    def _turn(self) -> int:
        return 0

    @property
    def _connections(self) -> list[int]:
        return [int(getattr(relay, "connections", 1)) for relay in self._relays]

    def _over(self, relays: Sequence[Transport]) -> Self:
        return type(self)(relays, self._world, self._rests)

    def _each(self, name: str) -> None:
        for relay in self._relays:
            step: Callable[[], None] | None = getattr(relay, name, None)
            if step is not None:
                step()


class RoundRobin(Failover):
    """Each mail begins at the next relay, so that all have the same number of them."""

    kind = "roundrobin"
    _rides = False

    def __init__(
        self,
        relays: Sequence[Transport],
        world: World,
        rests: Sequence[Rest] | None = None,
        turns: Turns | None = None,
    ) -> None:
        super().__init__(relays, world, rests)
        self._turns = turns or count().__next__

    @property
    def connections(self) -> int:
        """Those of all of them."""
        return sum(self._connections)

    def _turn(self) -> int:
        return self._turns() % len(self._relays)

    def _over(self, relays: Sequence[Transport]) -> Self:
        return type(self)(relays, self._world, self._rests, self._turns)


class Held:
    """A carrier of each relay, borrowed from when a mail comes that way."""

    def __init__(
        self,
        relays: Sequence[Transport],
        rests: Sequence[Rest],
        turn: Turns,
        hurry: Event | None,
        *,
        rides: bool,
    ) -> None:
        self._relays = relays
        self._rests = rests
        self._carriers: list[Carries] = [carrier_of(relay, hurry) for relay in relays]
        self._turn = turn
        self._rides = rides

    def deliver(self, mail: SealedMail) -> Receipt:
        """Hand one mail over."""
        return run(self.carry(Ledger(mail), _nobody))

    def carry(self, ledger: Ledger, ahead: Ahead) -> Waiting[Receipt]:
        """One mail."""
        return (yield from self._carry(ledger, ahead, "carry"))

    def carry_next(self, ledger: Ledger, ahead: Ahead) -> Waiting[Receipt]:
        """One of many mails; an envelope rides only to the relay that its mail begins at."""
        return (yield from self._carry(ledger, ahead if self._rides else _nobody, "carry_next"))

    def _carry(self, ledger: Ledger, ahead: Ahead, step: str) -> Waiting[Receipt]:
        """From relay to relay; only the first keeps its connection, for the next mail."""
        moves = Moves(ledger.mail)
        for place in self._in_turn():
            carrier = self._carriers[place]
            receipt = yield from getattr(carrier, step)(ledger, _nobody if place else ahead)
            moves.note(self._relays[place].name, receipt)
            self._rests[place].note(receipt)
            if place or not self._rides or moves.waiting:
                carrier.give_back()
            if not moves.waiting:
                break
            _tell(ledger.mail, receipt)
            ledger = Ledger(moves.rest)
        return moves.receipt()

    @property
    def keeps(self) -> bool:
        """Whether to give back takes no time."""
        return all(carrier.keeps for carrier in self._carriers)

    def give_back(self) -> None:
        """Others may have the connections."""
        for carrier in self._carriers:
            carrier.give_back()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.give_back()

    def _in_turn(self) -> list[int]:
        """Those that rest come last: when nobody else is left, they are asked all the same."""
        first, places = self._turn(), range(len(self._relays))
        in_turn = (*places[first:], *places[:first])
        return sorted(in_turn, key=lambda place: self._rests[place].resting)


def _nobody() -> None:
    """No mail comes behind."""


def _tell(mail: SealedMail, receipt: Receipt) -> None:
    """A relay that rests was told of when it began to."""
    error = receipt.error
    rests = error is not None and error.retry_in is not None
    level = logging.DEBUG if rests else logging.WARNING
    reason = str(error).partition("\n")[0]
    logger.log(level, "%s goes to another relay: %s", mail.message_id, reason)
