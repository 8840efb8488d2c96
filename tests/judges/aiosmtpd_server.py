"""aiosmtpd as the relay: an SMTP server that is not ours."""

import queue
import socket
import ssl
import time
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

USERNAME, PASSWORD = "user", "p\u00e4ss word"


@dataclass(frozen=True, slots=True)
class ReceivedMail:
    """One accepted mail: its envelope as the commands named it, and the content."""

    reverse_path: str
    recipients: tuple[str, ...]
    content: bytes
    mail_options: tuple[str, ...]
    login: str | None
    tls: bool


class AiosmtpdServer:
    """Listens on 127.0.0.1:`port`; offers STARTTLS with `context`, and AUTH behind it."""

    host = "127.0.0.1"

    def __init__(self, context: ssl.SSLContext) -> None:
        self.port = free_port()
        self._collector = Collector()
        self._controller = Controller(
            self._collector,
            hostname=self.host,
            port=self.port,
            tls_context=context,
            enable_SMTPUTF8=True,
            authenticator=authenticate,
        )

    def __enter__(self) -> Self:
        self._controller.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._controller.stop()

    def wait(self, count: int = 1, timeout: float = 10) -> list[ReceivedMail]:
        """The next `count` mails in the order they came, or TimeoutError; seconds."""
        deadline = time.monotonic() + timeout
        mails: list[ReceivedMail] = []
        while len(mails) < count:
            try:
                left = max(0.0, deadline - time.monotonic())
                mails.append(self._collector.mails.get(timeout=left))
            except queue.Empty:
                raise TimeoutError(f"{len(mails)} of {count} mails in {timeout} s") from None
        return mails


class Collector:
    """aiosmtpd's handler: keeps what was accepted."""

    def __init__(self) -> None:
        self.mails: queue.SimpleQueue[ReceivedMail] = queue.SimpleQueue()

    async def handle_DATA(  # noqa: N802 - aiosmtpd's name
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        """Take the mail."""
        assert envelope.mail_from is not None
        assert isinstance(envelope.content, bytes)
        self.mails.put(
            ReceivedMail(
                reverse_path=envelope.mail_from,
                recipients=tuple(envelope.rcpt_tos),
                content=envelope.content,
                mail_options=tuple(envelope.mail_options),
                login=session.auth_data,
                tls=bool(session.ssl),
            )
        )
        return "250 OK"


def authenticate(
    server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: object
) -> AuthResult:
    """Let USERNAME with PASSWORD in."""
    known = LoginPassword(USERNAME.encode(), PASSWORD.encode())
    return AuthResult(success=data == known, handled=False, auth_data=USERNAME)


def free_port() -> int:
    """A loopback port that nobody listens on now."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port
