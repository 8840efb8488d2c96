"""`with mail.connect()`: one connection for a loop, and the place for a host of one's own."""

from __future__ import annotations

import time
from contextlib import suppress
from types import TracebackType
from typing import Any, Self

from ..address import AddressLike
from ..envelope import Receipt
from ..errors import MailError
from ..held_connection import Connection as _Connection
from ..message import Message as _Message
from ..transports import Delivers, Transport
from .attributes import Attributes
from .foreign_host import ForeignHost, Host, smtplib_host
from .message import Message
from .raised import in_their_words
from .state import FlaskMailState, current_state


class Connection(_Connection):
    """Sends message after message; a 421 in between is answered by a new connection.

    `mail` is `app.extensions["mail"]`, or other settings of its kind. `host` is None: mail goes
    our way. A subclass with a `configure_host` of its own has its mail sent by what that returns,
    which needs smtplib's `sendmail` and `quit`.
    """

    def __init__(self, mail: Any, state: FlaskMailState | None = None) -> None:
        state = state or current_state()
        if state is None:
            raise RuntimeError("The current application was not configured with Flask-Mail")
        super().__init__(state)
        self.mail: Attributes = mail if isinstance(mail, Attributes) else state.attributes
        self.host: Host | None = None
        self.num_emails = 0
        self._flask_mail = state
        self._in_hand: _Message | None = None

    def configure_host(self) -> Any:
        """A connection of smtplib's with these settings; only a subclass of your own uses it.

        TLS is verified, and there is a time-out.
        """
        return smtplib_host(self.mail, self._flask_mail.config.timing.reply)

    def __enter__(self) -> Self:
        super().__enter__()
        self.num_emails = 0
        if not self._flask_mail.suppresses(self.mail):
            self.host = self._own_host()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        super().__exit__(kind, error, trace)
        self._part()

    def send(self, message: _Message, envelope_from: AddressLike | None = None) -> Receipt:
        """As `mail.send`, on this connection; `envelope_from` is where bounces go."""
        if isinstance(message, Message) and message.date is None:
            message.date = time.time()
        self._in_hand = message
        try:
            receipt = super().send(message, envelope_from)
        except MailError as error:
            if self.host is not None and isinstance(error.__cause__, Exception):
                raise error.__cause__ from None  # the host's own
            raise in_their_words(error, str(envelope_from or message.sender)) from error.__cause__
        self._count()
        return receipt

    def send_message(self, *args: Any, **kwargs: Any) -> Receipt:
        """`send` a Message made of these arguments."""
        return self.send(Message(*args, **kwargs))

    def _count(self) -> None:
        """A host of one's own gets no more mails than MAIL_MAX_EMAILS, as ours does anyway."""
        self.num_emails += 1
        if self.num_emails == self.mail.max_emails:
            self.num_emails = 0
            if self._part():
                self.host = self._own_host()

    def _own_host(self) -> Host | None:
        """What sends in our place, if a subclass, or a test, has put something there."""
        own = self.configure_host
        return None if getattr(own, "__func__", None) is Connection.configure_host else own()

    def _part(self) -> bool:
        """Say goodbye to a host, if there is one; its mails are out, whatever it answers."""
        if self.host is None:
            return False
        with suppress(OSError):
            self.host.quit()
        return True

    def _transport(self, route: str) -> Transport:
        return self._flask_mail.transport_by(self.mail, route)

    def _carrier(self, route: str) -> Delivers:
        if self.host is None or self._in_hand is None:
            return super()._carrier(route)
        return self._flask_mail.outbound(ForeignHost(self.host, self._in_hand))
