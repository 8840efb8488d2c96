"""For tests: a mailbox to ask, and a real SMTP server that misbehaves on demand."""

from .faults import Fault, Stage
from .ledger import Login, ReceivedMail
from .mailbox import Mailbox
from .sent import SentMail
from .smtp_server import SMTPServer

__all__ = ["Fault", "Login", "Mailbox", "ReceivedMail", "SMTPServer", "SentMail", "Stage"]
