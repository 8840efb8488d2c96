"""A transport over smtplib's `sendmail`, for a Connection whose `host` is the user's own."""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from ..address import Address
from ..envelope import Receipt, Reply, SealedMail
from ..errors import DeliveryError, MessageError
from ..message import Message
from .attributes import Attributes
from .sanitizing import parsed, sanitize_address


class Host(Protocol):
    """What of smtplib.SMTP is used."""

    def sendmail(
        self,
        from_addr: str,
        to_addrs: Sequence[str],
        msg: bytes,
        mail_options: Sequence[str],
        rcpt_options: Sequence[str],
        /,
    ) -> Any:
        """Answers with the recipients that were refused: address -> (code, text)."""

    def quit(self) -> object:
        """End the connection."""


def smtplib_host(mail: Attributes, seconds: float) -> smtplib.SMTP:
    """Connected, secured and logged in, as Flask-Mail does it, but verified."""
    context, place = ssl.create_default_context(), (mail.server, int(mail.port or 0))
    host: smtplib.SMTP
    if mail.use_ssl:
        host = smtplib.SMTP_SSL(*place, timeout=seconds, context=context)
    else:
        host = smtplib.SMTP(*place, timeout=seconds)
    if mail.use_tls:
        host.starttls(context=context)
    if mail.username and mail.password:
        host.login(mail.username, mail.password)
    return host


class ForeignHost:
    """Calls `sendmail` as Flask-Mail does, and hears whom it refused."""

    name = "host"

    def __init__(self, host: Host, message: Message) -> None:
        self._host = host
        self._shown = dict(_shown([message.sender, *message.send_to]))

    def deliver(self, mail: SealedMail) -> Receipt:
        """Hand one mail over."""
        try:
            refused = self._host.sendmail(*self._arguments(mail))
        except smtplib.SMTPRecipientsRefused as error:
            return _receipt(mail, error.recipients)
        except (smtplib.SMTPSenderRefused, smtplib.SMTPDataError) as error:
            said = (error.smtp_code, error.smtp_error)
            everybody = {recipient.address: said for recipient in mail.envelope.recipients}
            stage = "mail" if isinstance(error, smtplib.SMTPSenderRefused) else "data"
            return _receipt(mail, everybody, stage)
        return _receipt(mail, refused if isinstance(refused, Mapping) else {})

    def _arguments(self, mail: SealedMail) -> tuple[str, list[str], bytes, list[str], list[str]]:
        envelope = mail.envelope
        return (
            self._shown.get(envelope.reverse_path, envelope.reverse_path),
            [self._shown.get(each.address, each.address) for each in envelope.recipients],
            mail.content,
            list(envelope.mail_options),
            list(envelope.recipients[0].options),
        )


def _shown(addresses: Sequence[Any]) -> list[tuple[str, str]]:
    """Each mailbox with its name, by its addr-spec."""
    shown = []
    for address in addresses:
        try:
            found = Address.parse(address)
        except MessageError:
            continue
        shown.append((found.wire, sanitize_address((found.name, found.wire))))
    return shown


def _receipt(mail: SealedMail, refused: Mapping[str, Any], stage: str = "rcpt") -> Receipt:
    answers = {parsed(address)[1]: said for address, said in refused.items()}
    replies = [_reply(each.address, answers.get(each.address)) for each in mail.envelope.recipients]
    if not answers:
        return Receipt(mail.message_id, tuple(replies))
    return Receipt(mail.message_id, tuple(replies), DeliveryError.from_replies(replies, stage))


def _reply(address: str, said: Any) -> Reply:
    if said is None:
        return Reply(address, "relayed", 250)
    code, text = said
    words = text.decode("utf-8", "replace") if isinstance(text, bytes) else str(text)
    return Reply(address, "failed", code, text=words, transient=400 <= code < 500)
