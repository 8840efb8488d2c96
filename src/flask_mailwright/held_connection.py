"""`mail.connect()`: one connection held for several messages."""

from __future__ import annotations

from contextlib import ExitStack
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from .address import AddressLike
from .envelope import Receipt, SealedMail
from .message import Message
from .record import record
from .transports import Delivers, deliver

if TYPE_CHECKING:
    from .appstate import AppState


class Connection:
    """Sends message after message over one connection; made with the first, ended by the block."""

    def __init__(self, state: AppState) -> None:
        self._state = state
        self._stack = ExitStack()
        self._carrier: Delivers = state.config.transport

    def __enter__(self) -> Self:
        connect = getattr(self._state.config.transport, "connect", None)
        if connect is not None:
            self._carrier = self._stack.enter_context(connect())
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._carrier = self._state.config.transport
        self._stack.close()

    def send(self, message: Message, envelope_from: AddressLike | None = None) -> Receipt:
        """As `mail.send`, on this connection; `envelope_from` is where bounces go."""
        if envelope_from is not None:
            message = message.copy()
            message.envelope_from = envelope_from
        outgoing = self._state.prepare(message)
        receipt = self._deliver(outgoing.mail)
        if not receipt.relayed:
            receipt.raise_for_failure()
        self._state.announce_dispatched(outgoing.message)
        return receipt

    def send_message(self, *args: Any, **kwargs: Any) -> Receipt:
        """`send` a Message made of these arguments."""
        return self.send(Message(*args, **kwargs))

    def _deliver(self, mail: SealedMail) -> Receipt:
        carrier = self._state.transport if self._state.suppressed else self._carrier
        receipt = deliver(carrier, mail)
        record(self._state.app, mail, receipt)
        return receipt
