"""Hands mails to one relay over SMTP, on connections that are kept from mail to mail."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from threading import Event
from typing import TYPE_CHECKING

from ..envelope import Receipt, SealedMail
from ..smtp.pool import Pool
from ..smtp.relay import Relay
from ..world import World
from .carrier import Carrier
from .parallel import Lend, Parallel

if TYPE_CHECKING:
    from ..smtp.probe import Probe

_WORLD = World()


class SmtpTransport:
    """A transport to `relay`; threads may share it, and forked children begin with no connection.

    No more than `relay.connections` are open at once: who comes later waits until none has come
    free for `relay.timing.connect`, and is then told so by a temporary error. A connection that
    nobody needs is kept for `relay.timing.idle`.

    >>> SmtpTransport(Relay("mail.example.com")).name
    'smtp://mail.example.com:25'
    """

    def __init__(self, relay: Relay, world: World = _WORLD, pool: Pool | None = None) -> None:
        self._relay = relay
        self._world = world
        self._pool = pool or Pool(relay, world)

    @property
    def name(self) -> str:
        """Where it leads, without user and password."""
        return self._relay.name

    @property
    def connections(self) -> int:
        """How many mails may be under way at once, each on a connection of its own."""
        return self._relay.connections

    @property
    def patient(self) -> SmtpTransport:
        """The same relay over the same connections, for threads in which nobody waits.

        A relay may scan a mail for minutes before it answers (RFC 5321 §4.5.3.2.6); whoever gives
        up sooner sends it again.
        """
        timing = self._relay.timing
        relay = self._relay._replace(timing=timing._replace(final_dot=timing.final_dot_worker))
        return SmtpTransport(relay, self._world, self._pool)

    def deliver(self, mail: SealedMail) -> Receipt:
        """Hand one mail over; the failure is in `receipt.error`."""
        with self.connect() as carrier:
            return carrier.deliver(mail)

    def deliver_many(self, mails: Iterable[SealedMail]) -> Iterator[Receipt]:
        """One receipt per mail, in order, each as soon as its mail is answered; on one connection.

        Nothing is raised for one mail. The next mail is taken right before the content of the one
        at hand leaves, so that its envelope can go with it: an iterable that waits delays that
        content, and one that raises is heard when the mails before are answered. A connection is
        taken for the first mail and kept until the iterator ends, but between two mails it is left
        to whoever waits for one. When the iterator is closed early, the mail that was taken ahead
        has reached nobody.
        """
        with self.connect() as carrier:
            yield from carrier.deliver_many(mails)

    def deliver_in_parallel(
        self, mails: Iterator[SealedMail], stopped: Callable[[], bool]
    ) -> Iterator[Receipt]:
        """`deliver_many` over as many connections as there is work for; receipts in order.

        Some mails are taken ahead for each connection, and when a receipt is asked for, all
        connections go on. Once it is `stopped`, only mails that were begun have a receipt; the
        others that were taken have reached nobody.
        """
        return self.parallel(self.carrier).receipts(mails, stopped)

    def parallel(self, lend: Lend) -> Parallel:
        """The same over what `lend` lends."""
        return Parallel(lend, self.connections, self._world)

    def carrier(self, hurry: Event | None) -> Carrier:
        """For a thread that attends to many connections, or without `hurry` waits for this one.

        Once it is set no mail waits for the relay's rate.
        """
        return Carrier(self._pool, self._relay, hurry)

    def connect(self) -> Carrier:
        """A context manager with `deliver(mail)`: one connection for all mails of a block."""
        return self.carrier(None)

    def probe(self) -> list[Probe]:
        """What the relay shows who only knocks."""
        from ..smtp.probe import probe

        return [probe(self._relay, self._world)]

    def hang_up(self) -> None:
        """Break off the talks in use: a mail whose content was handed over whole is in doubt."""
        self._pool.hang_up()

    def close(self) -> None:
        """End the connections that are not in use, and the others after their mail."""
        self._pool.close()
