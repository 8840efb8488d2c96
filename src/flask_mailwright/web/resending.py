"""A mail that is sealed already goes out, for the first time or once more."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..engines import Order
from ..envelope import SealedMail
from ..transports import deliver

if TYPE_CHECKING:
    from ..appstate import AppState


def renewed(state: AppState, mail: SealedMail) -> SealedMail:
    """The same content in a mail of its own.

    Who may get it is asked anew: the redirect may be another since, and somebody may have left.
    """
    envelope = state.origin.note(mail.envelope, mail.list)
    return mail._replace(id=state.world.token(), app=state.app.name, envelope=envelope)


def submit(state: AppState, mail: SealedMail) -> None:
    """As `send_later` does with a mail that is sealed; MailError when the engine cannot take it."""
    if state.suppressed:
        state.record(mail, deliver(state.transport_of(mail.route), mail))
    else:
        state.engine.submit(mail, Order())
