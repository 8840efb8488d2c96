"""For tests of mail: a real SMTP server that keeps what comes and misbehaves on demand."""

from .faults import Fault, Stage
from .ledger import Login, ReceivedMail
from .smtp_server import SMTPServer

__all__ = ["Fault", "Login", "ReceivedMail", "SMTPServer", "Stage"]
