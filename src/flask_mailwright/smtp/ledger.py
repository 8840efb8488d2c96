"""What is known about each recipient of one mail: nobody forgotten, nobody answered twice."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ..envelope import Receipt, SealedMail
from ..errors import DeliveryError, MailError
from ..reply import Action, Reply
from .failure import Failure
from .replies import RelayReply


class Ledger:
    """Recipients are named by their place in the envelope; the first answer to each is kept."""

    def __init__(self, mail: SealedMail) -> None:
        self.mail = mail
        self._replies: dict[int, Reply] = {}
        self._stage = ""
        self._unheard: set[int] = set()

    @property
    def open(self) -> list[int]:
        """The recipients without an answer, in order."""
        places = range(len(self.mail.envelope.recipients))
        if len(self._replies) in (0, len(places)):
            return [] if self._replies else list(places)
        return [place for place in places if place not in self._replies]

    @property
    def is_open(self) -> bool:
        """Whether any recipient has no answer."""
        return len(self._replies) < len(self.mail.envelope.recipients)

    def relay(self, places: Iterable[int], reply: RelayReply) -> None:
        """The relay took the mail for these."""
        for place in places:
            self._note(place, self._reply(place, "relayed", reply))

    def refuse(
        self,
        places: Iterable[int],
        reply: RelayReply,
        stage: str,
        *,
        transient: bool | None = None,
    ) -> None:
        """The relay does not take the mail for these; 4yz is transient unless said otherwise."""
        self._stage = self._stage or stage
        if reply.code == 421:  # the relay leaves, and has not taken it (RFC 5321 §3.8)
            self._unheard.update(places := list(places))
        lasting = reply.category != 4 if transient is None else not transient
        for place in places:
            self._note(place, self._reply(place, "failed", reply, transient=not lasting))

    def doubt(self, places: Iterable[int], failure: Failure) -> None:
        """These may have got it."""
        for place in places:
            self._note(place, Reply(self._address(place), "in_doubt", text=_of_the_relay(failure)))

    def receipt(self) -> Receipt:
        """When every recipient has the relay's answer."""
        replies = self._in_order()
        missed = [reply for reply in replies if reply.action != "relayed"]
        error = DeliveryError.from_replies(replies, self._stage) if missed else None
        return self._receipt(replies, error)

    def broken_off(self, failure: Failure, relay: str) -> Receipt:
        """When `failure` is the answer to all who have none yet."""
        if not self.open and failure.kind != "in_doubt":
            return self.receipt()
        transient = failure.kind in ("temporary", "in_doubt")
        if failure.unheard:
            self._unheard.update(self.open)
        for place in self.open:
            self._note(place, self._failed(place, failure, transient))
        replies = self._in_order()
        return self._receipt(replies, failure.error(relay, replies))

    def invalid(self, error: MailError) -> Receipt:
        """When no relay was asked, because the mail itself is wrong."""
        for place in self.open:
            self._note(place, Reply(self._address(place), "failed", text=str(error)))
        error.replies = self._in_order()
        return self._receipt(error.replies, error)

    def _note(self, place: int, reply: Reply) -> None:
        self._replies.setdefault(place, reply)

    def _address(self, place: int) -> str:
        return self.mail.envelope.recipients[place].address

    def _reply(
        self, place: int, action: Action, reply: RelayReply, *, transient: bool = False
    ) -> Reply:
        address = self._address(place)
        return Reply(address, action, reply.code, *reply.told, transient)

    def _failed(self, place: int, failure: Failure, transient: bool) -> Reply:
        if failure.reply is not None:
            return self._reply(place, "failed", failure.reply, transient=transient)
        text = _of_the_relay(failure)
        return Reply(self._address(place), "failed", text=text, transient=transient)

    def _in_order(self) -> tuple[Reply, ...]:
        return tuple([reply for _, reply in sorted(self._replies.items())])

    def _receipt(self, replies: Sequence[Reply], error: MailError | None) -> Receipt:
        receipt = Receipt(self.mail.message_id, tuple(replies), error)
        if not self._unheard:
            return receipt
        return receipt._replace(unheard=tuple(map(self._address, sorted(self._unheard))))


def _of_the_relay(failure: Failure) -> str:
    return f"the relay {failure.reason}"
