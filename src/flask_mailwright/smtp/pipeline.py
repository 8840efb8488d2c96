"""Mail after mail over one talk, with as few round trips as the relay's offer allows.

With PIPELINING (RFC 2920) an envelope is one group, and the next mail's envelope rides behind a
content: one round trip per mail. With CHUNKING (RFC 3030) the content needs no DATA before it. With
neither each command waits for its reply.

Content leaves only after the replies to its own MAIL and RCPT were read, and its own reply is read
before the next content: a talk that breaks has at most one mail in doubt.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from ..errors import MessageError
from .capabilities import Capabilities
from .commands import Commands
from .content import ChunkedContent, Content, StuffedContent
from .failure import Broken, Failure, closing, out_of_turn
from .ledger import Ledger
from .replies import RelayReply
from .session import part
from .step import Dialogue, Step
from .transaction import Transaction

GROUP = 100
"""Commands that may be unanswered at once: their replies fit into the kernel's buffers, so neither
side ever waits for the other to read (RFC 2920 §3.1)."""

Ahead = Callable[[], Ledger | None]
"""Asked right before a content leaves: the mail whose envelope may ride behind it, if any."""


class Pipeline:
    """What one talk knows between two mails.

    `offer` is what the relay offers, `dirty` whether it still holds a transaction.
    """

    def __init__(self, offer: Capabilities, *, dirty: bool = False) -> None:
        self.dirty = dirty
        self._offer = offer
        self._most = GROUP if "PIPELINING" in offer else 1
        self._riding: Transaction | None = None

    @property
    def riding(self) -> Ledger | None:
        """Whose envelope was sent and is not answered yet: this mail must be the next."""
        return self._riding.ledger if self._riding else None

    def part(self) -> Dialogue[None]:
        """Say goodbye, unless the relay would take that for a content."""
        if self._riding and not self._riding.chunked:
            return
        if self._riding:
            yield Step(b"", self._riding.unanswered, "quit", "quit")
        yield from part()

    def hand_over(self, ledger: Ledger, ahead: Ahead) -> Dialogue[None]:
        """Hand the ledger's mail over to all who are open there, and note each answer.

        It takes as many transactions as the relay's limit on recipients asks for.
        """
        while ledger.is_open:
            transaction, self._riding = self._riding or self._begin(ledger, ledger.open), None
            yield from self._ask(transaction)
            if transaction.content_due:
                yield from self._deliver(transaction, ahead)
            if transaction.failure is not None:
                raise transaction.failure

    def _begin(
        self, ledger: Ledger, places: list[int], commands: Commands | None = None
    ) -> Transaction:
        commands = commands or Commands.of(ledger.mail, self._offer)
        transaction = Transaction(commands, ledger, places, chunked="CHUNKING" in self._offer)
        if self.dirty:
            transaction.reset_first()
        return transaction

    def _ask(self, transaction: Transaction) -> Dialogue[None]:
        """Send what was not sent, and read all replies, those to a group that rode first."""
        group = b"" if transaction.unanswered else transaction.group(self._most)
        while transaction.unanswered:
            stages = transaction.stages
            try:
                replies = yield Step(group, transaction.unanswered, stages[0], stages=stages)
            except Broken as broken:
                if not broken.timed_out:  # else one may be missing, and the others not its own
                    transaction.answer(broken.replies)
                raise
            transaction.answer(replies)
            self.dirty = transaction.open or transaction.restart
            group = transaction.group(self._most)

    def _deliver(self, transaction: Transaction, ahead: Ahead) -> Dialogue[None]:
        """The content, or a lone dot for nobody, and behind it the envelope that comes next."""
        self.dirty = False
        self._riding = self._next(transaction, ahead) if self._most > 1 else None
        group = self._riding.group(self._most) if self._riding else b""
        content = _content(transaction)
        data = _with(content.chunks(), group)
        try:
            (reply,) = yield Step(
                data, 1, "final_dot", "final_dot", lambda: content.shown + group.decode("utf-8")
            )
        except Broken as broken:
            _judge_break(broken, content, transaction)
            raise
        if reply.category == 3:
            raise _in_doubt(out_of_turn(reply, "final_dot"), transaction)
        _note(reply, "final_dot", transaction)
        if reply.code == 421:
            raise closing(reply, "final_dot")
        chunk_refused = transaction.chunked and reply.category != 2  # not all relays end it then
        self.dirty = transaction.restart or (chunk_refused and not self._riding)

    def _next(self, transaction: Transaction, ahead: Ahead) -> Transaction | None:
        """This mail's next transaction, or the next mail's first, unless that cannot be sent."""
        if transaction.restart or transaction.failure:
            return None
        if left := transaction.left:
            return self._begin(transaction.ledger, left, transaction.commands)
        ledger = ahead()
        try:
            return self._begin(ledger, ledger.open) if ledger and ledger.is_open else None
        except (Failure, MessageError):
            return None  # it is told in its turn


def _content(transaction: Transaction) -> Content:
    if not transaction.accepted:
        return StuffedContent(b"")
    content = transaction.ledger.mail.content
    return ChunkedContent(content) if transaction.chunked else StuffedContent(content)


def _with(chunks: Iterator[bytes], group: bytes) -> Iterator[bytes]:
    """The group leaves together with the last chunk."""
    last = next(chunks)
    for chunk in chunks:
        yield last
        last = chunk
    yield last + group


def _judge_break(broken: Broken, content: Content, transaction: Transaction) -> None:
    """What a relay said before it broke off counts, unless it is a yes to half a content."""
    reply, whole = broken.reply, content.whole(broken.handed)
    if broken.unsaid:
        broken.reply = reply if reply and reply.code == 421 else None  # it answers nothing
    elif reply is not None and (whole or reply.category in (4, 5)):
        _note(reply, broken.stage, transaction)
    elif whole:
        _in_doubt(broken, transaction)
    else:
        broken.reply = None


def _in_doubt(broken: Broken, transaction: Transaction) -> Broken:
    if transaction.accepted:
        broken.kind, broken.stage = "in_doubt", "final_dot"
        transaction.ledger.doubt(transaction.accepted, broken)
    return broken


def _note(reply: RelayReply, stage: str, transaction: Transaction) -> None:
    if reply.category == 2:
        transaction.ledger.relay(transaction.accepted, reply)
    elif transaction.accepted:
        transaction.ledger.refuse(transaction.accepted, reply, stage)
