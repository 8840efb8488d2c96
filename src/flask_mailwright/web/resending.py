"""A mail that was sealed once goes out again, under an id of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from ..engines import Order
from ..envelope import Receipt, SealedMail
from ..record import record
from ..transports import deliver

if TYPE_CHECKING:
    from ..appstate import AppState


class Sent(NamedTuple):
    """The new mail; its receipt only where no engine was asked."""

    mail: SealedMail
    receipt: Receipt | None


def resend(state: AppState, mail: SealedMail) -> Sent:
    """The same content in a mail of its own.

    Who may get it is asked anew: the app may have another redirect since.
    """
    envelope = state.origin.note(mail.envelope)
    again = mail._replace(id=state.world.token(), app=state.app.name, envelope=envelope)
    return submit(state, again)


def submit(state: AppState, mail: SealedMail) -> Sent:
    """As `send_later` does with a mail that is sealed; MailError when the engine cannot take it."""
    if not state.suppressed:
        state.engine.submit(mail, Order())
        return Sent(mail, None)
    receipt = deliver(state.transport_of(mail.route), mail)
    record(state.app, mail, receipt)
    return Sent(mail, receipt)
