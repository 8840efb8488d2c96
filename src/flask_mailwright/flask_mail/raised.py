"""Errors that are both ours and what Flask-Mail raised, so that old `except` clauses hold."""

from __future__ import annotations

import smtplib
import socket
import ssl
from collections.abc import Callable
from typing import Any

from ..errors import DeliveryError, MailError, MessageError
from ..reply import Reply


class BadHeaderError(MessageError):
    """A line break stands where none may."""


class NoRecipientsError(MessageError, AssertionError):
    """Flask-Mail asserts that there are any."""


class NoSenderError(MessageError, AssertionError):
    """Flask-Mail asserts that there is one."""


class _Both(DeliveryError):
    """Made of a DeliveryError, never by its constructor: each library's wants other arguments.

    `args` are smtplib's, the sentence is ours.
    """

    sentence: str

    def __str__(self) -> str:
        return self.sentence

    def __reduce__(self) -> tuple[Callable[..., object], tuple[object, ...], dict[str, Any]]:
        return _bare, (type(self), self.args), self.__dict__


class RecipientsRefused(_Both, smtplib.SMTPRecipientsRefused):
    """No recipient was taken; `recipients` has the relay's words for each."""


class SenderRefused(_Both, smtplib.SMTPSenderRefused):
    """The relay did not take the reverse-path."""


class DataRefused(_Both, smtplib.SMTPDataError):
    """The relay did not take the content."""


class AuthenticationRefused(_Both, smtplib.SMTPAuthenticationError):
    """The relay did not take user and password."""


class NotSupported(_Both, smtplib.SMTPNotSupportedError):
    """The relay does not offer what is asked for."""


class NotTaken(_Both, smtplib.SMTPSenderRefused, smtplib.SMTPNotSupportedError):
    """The mail is too large for the relay, or needs what it does not offer."""


class HelloRefused(_Both, smtplib.SMTPHeloError):
    """The relay did not take our greeting."""


class GreetingRefused(_Both, smtplib.SMTPConnectError):
    """The relay did not greet us."""


class AnswerRefused(_Both, smtplib.SMTPResponseException):
    """The relay said no to something else."""


class Disconnected(_Both, smtplib.SMTPServerDisconnected):
    """The connection broke."""


class DisconnectedInTime(_Both, smtplib.SMTPServerDisconnected, TimeoutError):
    """The relay did not answer in time, and we ended the connection."""


class NotConnectedInTime(_Both, TimeoutError):
    """The relay did not take the connection in time."""


class ConnectionRefused(_Both, ConnectionRefusedError):
    """Nobody listens there."""


class UnknownHost(_Both, socket.gaierror):
    """There is no host of that name."""


class BadCertificate(_Both, ssl.SSLCertVerificationError):
    """The relay's certificate is not good."""


class NoTls(_Both, ssl.SSLError):
    """We cannot agree on TLS."""


class NoConnection(_Both, OSError):
    """There is no way to the relay."""


_BY_STAGE: dict[str, type[_Both]] = {
    "banner": GreetingRefused,
    "ehlo": HelloRefused,
    "auth": AuthenticationRefused,
    "mail": SenderRefused,
    "rcpt": RecipientsRefused,
    "data": DataRefused,
    "body": DataRefused,
    "final_dot": DataRefused,
}
_BY_CAUSE: dict[type[OSError], type[_Both]] = {
    socket.gaierror: UnknownHost,
    ConnectionRefusedError: ConnectionRefused,
    ssl.SSLCertVerificationError: BadCertificate,
    ssl.SSLError: NoTls,
    TimeoutError: NotConnectedInTime,
    OSError: NoConnection,
}


def in_their_words(error: MailError, sender: str = "") -> MailError:
    """The same error, of a class that is also Flask-Mail's for such a case.

    >>> error = DeliveryError("the relay is gone", kind="temporary", stage="mail")
    >>> isinstance(in_their_words(error), smtplib.SMTPServerDisconnected)
    True
    """
    if not isinstance(error, DeliveryError):
        return error
    answers = [reply for reply in error.replies if reply.code is not None and _missed(reply)]
    both = _class_of(error, answers)
    theirs = _theirs(both, error, answers, sender)
    told = _bare(both, _args(both, error, theirs))
    told.__dict__.update(error.__dict__, sentence=str(error), **theirs)
    told.__cause__ = error.__cause__
    for name in ("errno", "reason", "library", "verify_code", "verify_message"):
        if hasattr(error.__cause__, name):
            setattr(told, name, getattr(error.__cause__, name))
    return told


def _class_of(error: DeliveryError, answers: list[Reply]) -> type[_Both]:
    if answers:
        return _BY_STAGE.get(error.stage, AnswerRefused)
    if error.kind in ("permanent", "configuration") and error.stage not in ("connect", "tls"):
        return NotTaken if error.stage == "mail" else NotSupported
    if error.stage not in ("connect", "tls"):
        late = isinstance(error.__cause__, TimeoutError)
        return DisconnectedInTime if late else Disconnected
    return next(
        (both for cause, both in _BY_CAUSE.items() if isinstance(error.__cause__, cause)),
        NoConnection,
    )


def _theirs(
    both: type[_Both], error: DeliveryError, answers: list[Reply], sender: str
) -> dict[str, Any]:
    """The attributes that smtplib's exceptions have."""
    if issubclass(both, smtplib.SMTPRecipientsRefused):
        return {"recipients": {each.address: (each.code, _octets(each)) for each in answers}}
    if not issubclass(both, smtplib.SMTPResponseException):
        return {}
    code, text = (answers[0].code, _octets(answers[0])) if answers else (552, str(error).encode())
    return {"smtp_code": code, "smtp_error": text, "sender": sender}


def _args(both: type[_Both], error: DeliveryError, theirs: dict[str, Any]) -> tuple[object, ...]:
    """As smtplib's have them."""
    if issubclass(both, smtplib.SMTPSenderRefused):
        return theirs["smtp_code"], theirs["smtp_error"], theirs["sender"]
    return (*theirs.values(),)[:2] if theirs else error.args


def _octets(reply: Reply) -> bytes:
    return f"{reply.enhanced} {reply.text}".strip().encode()


def _missed(reply: Reply) -> bool:
    return reply.action != "relayed"


def _bare(both: type[_Both], args: tuple[object, ...]) -> _Both:
    error = both.__new__(both)
    error.args = args
    return error
