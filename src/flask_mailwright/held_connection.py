"""`mail.connect()`: one connection of each route, held for several messages."""

from __future__ import annotations

from contextlib import ExitStack
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from .address import AddressLike
from .envelope import Receipt, SealedMail
from .message import Message
from .transports import Delivers, Transport, deliver

if TYPE_CHECKING:
    from .appstate import AppState


class Connection:
    """Sends message after message over one connection; made with the first, ended by the block.

    A message of another route goes over a connection of that route, held in the same way.
    """

    def __init__(self, state: AppState) -> None:
        self._state = state
        self._stack = ExitStack()
        self._carriers: dict[str, Delivers] = {}
        self._holds = False

    def __enter__(self) -> Self:
        self._holds = True
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._holds = False
        self._carriers.clear()
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
        self._state.show(outgoing)
        self._state.announce_dispatched(outgoing.message)
        return receipt

    def send_message(self, *args: Any, **kwargs: Any) -> Receipt:
        """`send` a Message made of these arguments."""
        return self.send(Message(*args, **kwargs))

    def _deliver(self, mail: SealedMail) -> Receipt:
        receipt = deliver(self._carrier(mail.route), mail)
        self._state.record(mail, receipt)
        return receipt

    def _carrier(self, route: str) -> Delivers:
        transport = self._transport(route)
        connect = getattr(transport, "connect", None)
        if connect is None or not self._holds:
            return transport
        if route not in self._carriers:
            self._carriers[route] = self._stack.enter_context(connect())
        return self._carriers[route]

    def _transport(self, route: str) -> Transport:
        return self._state.transport_of(route)
