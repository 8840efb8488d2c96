"""What the test server saw: mails, command lines and logins, safe to read from any thread."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ReceivedMail:
    """One mail the server accepted.

    Args:
        reverse_path: the address of MAIL FROM; "" for the null reverse-path `<>`.
        recipients: the addresses of the accepted RCPT TO, in order.
        content: the octets as the client meant them: dot-stuffing undone, chunks joined.
        mail_options: ESMTP parameters of MAIL as they came, such as `"SIZE=120"`.
        rcpt_options: ESMTP parameters of RCPT, one tuple per recipient.
        username: who had logged in, or None.
        tls: whether the mail came over TLS.
        helo: the name the client gave in HELO or EHLO.
        connection: which connection of the server it came over, counted from 1.
    """

    reverse_path: str
    recipients: tuple[str, ...]
    content: bytes
    mail_options: tuple[str, ...]
    rcpt_options: tuple[tuple[str, ...], ...]
    username: str | None
    tls: bool
    helo: str
    connection: int


@dataclass(frozen=True, slots=True)
class Login:
    """One finished AUTH exchange: who, how, over TLS or not, and whether it was accepted."""

    username: str
    mechanism: str
    tls: bool
    accepted: bool


class Ledger:
    """Everything one server saw. With `keep=False` mails are counted, nothing else is stored."""

    def __init__(self, *, keep: bool, on_mail: Callable[[ReceivedMail], object] | None) -> None:
        self._keep = keep
        self._on_mail = on_mail
        self._changed = threading.Condition()
        self._mails: list[ReceivedMail] = []
        self._commands: list[str] = []
        self._logins: list[Login] = []
        self._count = 0

    @property
    def mails(self) -> list[ReceivedMail]:
        """The mails, in the order of acceptance."""
        with self._changed:
            return list(self._mails)

    @property
    def count(self) -> int:
        """How many mails were accepted."""
        return self._count

    @property
    def commands(self) -> list[str]:
        """The command lines, in the order they came."""
        return list(self._commands)

    @property
    def logins(self) -> list[Login]:
        """The finished AUTH exchanges."""
        return list(self._logins)

    def hear(self, line: str) -> None:
        """Note a command line."""
        if self._keep:
            self._commands.append(line)

    def admit(self, login: Login) -> None:
        """Note the outcome of an AUTH exchange."""
        if self._keep:
            self._logins.append(login)

    def accept(self, mail: ReceivedMail) -> int:
        """Store or count a mail, tell who asked to be told; returns its number."""
        with self._changed:
            self._count += 1
            number = self._count
            if self._keep:
                self._mails.append(mail)
            self._changed.notify_all()
        if self._on_mail is not None:
            self._on_mail(mail)
        return number

    def wait(self, n: int, timeout: float) -> list[ReceivedMail]:
        """The mails, as soon as there are `n` of them; AssertionError after `timeout` seconds."""
        with self._changed:
            if not self._changed.wait_for(lambda: self._count >= n, timeout):
                raise AssertionError(f"{self._count} of {n} mails came within {timeout} s")
            return list(self._mails)
