"""Flask-Mailwright: e-mail for Flask, from one call in a view to a proven delivery."""

from .address import Address
from .attachment import Attachment
from .engines import Ticket
from .envelope import Envelope, Receipt, Reply, SealedMail
from .errors import (
    ConfigError,
    DeliveryError,
    MailError,
    MailTimeout,
    MessageError,
    Refused,
)
from .extension import Mail
from .held_connection import Connection
from .message import Message
from .signals import (
    before_send,
    email_delayed,
    email_dispatched,
    email_failed,
    email_in_doubt,
    email_queued,
    email_relayed,
)

__all__ = [
    "Address",
    "Attachment",
    "ConfigError",
    "Connection",
    "DeliveryError",
    "Envelope",
    "Mail",
    "MailError",
    "MailTimeout",
    "Message",
    "MessageError",
    "Receipt",
    "Refused",
    "Reply",
    "SealedMail",
    "Ticket",
    "before_send",
    "email_delayed",
    "email_dispatched",
    "email_failed",
    "email_in_doubt",
    "email_queued",
    "email_relayed",
]
