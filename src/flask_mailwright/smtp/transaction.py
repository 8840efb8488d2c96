"""One mail's transaction: what it asks, and the truth in each reply (RFC 5321 §3.3).

The same commands go one by one or in groups (RFC 2920); each reply is told to its own command.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from typing import NamedTuple

from .commands import Commands
from .failure import Broken, Failure, closing, misfit, out_of_turn, said
from .ledger import Ledger
from .replies import RelayReply
from .step import Stage


class Ask(NamedTuple):
    """A command, and for RCPT the place of its recipient in the envelope."""

    line: bytes
    stage: Stage
    place: int = -1


RSET = Ask(b"RSET\r\n", "rset")
DATA = Ask(b"DATA\r\n", "data")


class Transaction:
    """Asks for `places` of a ledger's mail, and notes there what is answered.

    `accepted`: for whom the content is. `open`: the relay holds a transaction. `permitted`: it said
    354 and waits for a content. `failure`: MAIL met what is no trouble of this mail. `restart`: it
    must be asked again behind a RSET.
    """

    def __init__(
        self, commands: Commands, ledger: Ledger, places: Iterable[int], *, chunked: bool
    ) -> None:
        self.commands = commands
        self.ledger = ledger
        self.chunked = chunked
        self.accepted: list[int] = []
        self.open = self.permitted = self.restart = self._reset = False
        self.failure: Failure | None = None
        self._places = list(places)
        rcpt = [Ask(commands.rcpt[place], "rcpt", place) for place in self._places]
        self._asked: deque[Ask] = deque()
        self._waiting = deque([Ask(commands.mail, "mail"), *rcpt, *([] if chunked else [DATA])])

    @property
    def stages(self) -> tuple[Stage, ...]:
        """Of the commands without a reply, in order."""
        return tuple([ask.stage for ask in self._asked])

    @property
    def unanswered(self) -> int:
        """How many replies are due."""
        return len(self._asked)

    @property
    def content_due(self) -> bool:
        """Whether the relay must be sent a content, if only a lone dot, before anything else."""
        return self.permitted or (self.chunked and bool(self.accepted))

    @property
    def left(self) -> list[int]:
        """Those who will still be open when the content is answered: the relay was full."""
        if len(self.accepted) == len(self._places):
            return []
        accepted = set(self.accepted)
        return [place for place in self.ledger.open if place not in accepted]

    def reset_first(self) -> None:
        """Whatever the relay holds is forgotten before."""
        self._reset = True
        self._waiting.appendleft(RSET)

    def group(self, most: int) -> bytes:
        """The next commands, at most so many; empty when all that makes sense was asked."""
        group = [self._waiting.popleft() for _ in range(min(most, len(self._waiting)))]
        self._asked.extend(group)
        return b"".join([ask.line for ask in group])

    def answer(self, replies: Iterable[RelayReply]) -> None:
        """Note the next replies; `Broken` when one of them ends the talk."""
        for reply in replies:
            ask = self._asked[0]
            if reply.code == 421:
                raise closing(reply, ask.stage)
            if reply.category not in ((3 if ask is DATA else 2), 4, 5):
                raise out_of_turn(reply, ask.stage)
            self._asked.popleft()
            self._note(ask, reply)
        if not self.accepted and not any(ask.place >= 0 for ask in (*self._asked, *self._waiting)):
            self._waiting.clear()  # nobody wants the content

    def _note(self, ask: Ask, reply: RelayReply) -> None:
        if ask.stage == "rset":
            if reply.category != 2:
                raise Broken(said(reply, "rset"), "rset", reply=reply)
        elif ask.stage == "mail":
            self._note_mail(reply)
        elif ask.stage == "rcpt":
            self._note_rcpt(ask.place, reply)
        else:
            self._note_data(reply)

    def _note_mail(self, reply: RelayReply) -> None:
        """530 asks for a login, which is no trouble of this mail (RFC 4954 §6)."""
        self.open = reply.category == 2
        if self.open:
            return
        self._waiting.clear()
        if reply.code == 503 and not self._reset:
            self.restart = True  # it speaks of another transaction, which the relay still holds
        elif reply.code == 530:
            self.failure = misfit(reply, "mail", _LOGIN)
        else:
            self.ledger.refuse(self._places, reply, "mail")

    def _note_rcpt(self, place: int, reply: RelayReply) -> None:
        """Those behind a full relay stay open for the next transaction."""
        if not self.open:
            return  # it was asked with a MAIL that was refused
        if reply.category == 2:
            self.accepted.append(place)
        elif self.accepted and _full(reply):
            self._waiting = deque(ask for ask in self._waiting if ask is DATA)
        else:
            transient = reply.category == 4 or _full(reply)
            self.ledger.refuse([place], reply, "rcpt", transient=transient)

    def _note_data(self, reply: RelayReply) -> None:
        self.permitted = reply.category == 3
        if not self.permitted and self.accepted:
            self.ledger.refuse(self.accepted, reply, "data")
            self.accepted = []


def _full(reply: RelayReply) -> bool:
    """Too many recipients: 452, of old 552 (RFC 5321 §4.5.3.1.10), which now means a mailbox."""
    return reply.code == 452 or (reply.code == 552 and reply.enhanced in ("", "5.5.3"))


_LOGIN = "It wants a login: set MAIL_USERNAME and MAIL_PASSWORD (or user and password in MAIL_URL)."
