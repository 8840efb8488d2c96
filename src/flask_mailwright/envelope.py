"""What travels once a message is sealed: the mail with its envelope, and what became of it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple

from .errors import MailError
from .reply import Action, Reply

__all__ = ["Envelope", "Receipt", "Recipient", "Reply", "SealedMail", "Tried"]

VERSION = 1


class Recipient(NamedTuple):
    """A forward-path and its ESMTP options, such as `NOTIFY=FAILURE` (RFC 3461).

    `instead`: who gets the mail in this recipient's place, as staging says; nobody when it is
    empty, the recipient himself when it is None. `suppressed`: why he gets no mail, if he is on the
    suppression list.
    """

    address: str
    options: tuple[str, ...] = ()
    instead: tuple[str, ...] | None = None
    suppressed: str = ""


class Envelope(NamedTuple):
    """Who the relay is told the mail is from and for; header fields are not the envelope.

    `reverse_path` is "" for a mail that must never be answered by a bounce (RFC 5321 §4.5.5).
    `smtputf8`: an address needs RFC 6531. `mail_options`: ESMTP options for MAIL FROM.
    """

    reverse_path: str
    recipients: tuple[Recipient, ...]
    smtputf8: bool = False
    mail_options: tuple[str, ...] = ()

    @property
    def is_ascii(self) -> bool:
        """Whether no address needs RFC 6531."""
        addresses = [self.reverse_path, *[to.address for to in self.recipients]]
        return "".join(addresses).isascii()

    @property
    def is_suppressed(self) -> bool:
        """Whether it is noted that all are on the suppression list."""
        return all(to.suppressed for to in self.recipients)


class SealedMail(NamedTuple):
    """A mail that nothing changes any more: its content is fixed, its Bcc is in the envelope only.

    It is written as JSON (`to_json`) with the content beside it.

    >>> mail = SealedMail("1", "<1@x>", "Hi", Envelope("a@x", (Recipient("b@x"),)), b"Subject: Hi")
    >>> SealedMail.from_json(mail.to_json(), mail.content) == mail
    True
    """

    id: str
    message_id: str
    subject: str
    envelope: Envelope
    content: bytes
    app: str = ""
    route: str = ""
    tags: tuple[str, ...] = ()
    metadata: Mapping[str, Any] = MappingProxyType({})
    canonical: bool = False
    """Every line of the content is known to end with CRLF, so that nobody need look again."""
    list: str = ""
    """The mailing list whose mail it is, for those may leave it who do not want it any more."""

    def __repr__(self) -> str:
        return f"<SealedMail {self.message_id}, {len(self.content)} octets>"

    def narrowed(self, recipients: Sequence[Recipient]) -> SealedMail:
        """For these alone; what needed RFC 6531 may be gone."""
        envelope = self.envelope._replace(recipients=tuple(recipients))
        needed = not envelope.is_ascii or (envelope.smtputf8 and not self.content.isascii())
        return self._replace(envelope=envelope._replace(smtputf8=needed))

    def to_json(self) -> str:
        """Everything but the content, with the version of the record."""
        record = self._asdict() | {"version": VERSION, "metadata": dict(self.metadata)}
        del record["content"]
        if not self.list:
            del record["list"]
        recipients = [_recipient_record(recipient) for recipient in self.envelope.recipients]
        record["envelope"] = self.envelope._asdict() | {"recipients": recipients}
        return json.dumps(record)

    @classmethod
    def from_json(cls, text: str, content: bytes) -> SealedMail:
        """The mail again; ValueError when a newer version of this package wrote it."""
        record = json.loads(text)
        if record["version"] != VERSION:
            raise ValueError(f"record version {record['version']} is not {VERSION}: upgrade")
        named = {name: record[name] for name in _PLAIN}
        return cls(
            **named,
            envelope=_envelope(record["envelope"]),
            content=content,
            tags=tuple(record["tags"]),
            canonical=record.get("canonical", False),
            list=record.get("list", ""),
        )


_PLAIN = ("id", "message_id", "subject", "app", "route", "metadata")


def _recipient_record(recipient: Recipient) -> dict[str, Any]:
    """`instead` and `suppressed` only where there is a word about them, which is hardly ever."""
    record = recipient._asdict()
    if recipient.instead is None:
        del record["instead"]
    if not recipient.suppressed:
        del record["suppressed"]
    return record


def _envelope(record: dict[str, Any]) -> Envelope:
    recipients = tuple([_recipient(each) for each in record["recipients"]])
    options = tuple(record["mail_options"])
    return Envelope(record["reverse_path"], recipients, record["smtputf8"], options)


def _recipient(record: dict[str, Any]) -> Recipient:
    """Of what nothing is noted the record says nothing."""
    instead = record.get("instead")
    return Recipient(
        record["address"],
        tuple(record["options"]),
        None if instead is None else tuple(instead),
        record.get("suppressed", ""),
    )


class Tried(NamedTuple):
    """A relay of several that did not take a mail for everybody, and why."""

    relay: str
    reason: str


class Receipt(NamedTuple):
    """What became of one mail: one `Reply` per recipient, in the order of the envelope.

    `error` sums up the recipients that were not reached; it is None when there are none. `tried`
    are the relays of `failover(...)` and `roundrobin(...)` at which something went wrong.
    `unheard`: the failed recipients of whom the relay has said nothing, for the talk broke or never
    began; another one may have their mail.
    """

    message_id: str
    replies: tuple[Reply, ...]
    error: MailError | None = None
    tried: tuple[Tried, ...] = ()
    unheard: tuple[str, ...] = ()

    @property
    def relayed(self) -> tuple[Reply, ...]:
        """The recipients whose mail the relay took with its 250."""
        return self._with("relayed")

    @property
    def delayed(self) -> tuple[Reply, ...]:
        """The recipients that the engine will try again."""
        return self._with("delayed")

    @property
    def failed(self) -> tuple[Reply, ...]:
        """The recipients that were refused or could not be tried; see `Reply.transient`."""
        return self._with("failed")

    @property
    def in_doubt(self) -> tuple[Reply, ...]:
        """The recipients whose content was handed over whole and never answered (RFC 1047)."""
        return self._with("in_doubt")

    @property
    def suppressed(self) -> tuple[Reply, ...]:
        """The recipients that were left out on purpose."""
        return self._with("suppressed")

    @property
    def is_suppressed(self) -> bool:
        """Whether all of them were, so that no relay was asked."""
        return 0 < len(self.replies) == len(self.suppressed)

    def raise_for_failure(self) -> None:
        """Raise `error` when even one recipient was not reached."""
        if self.error is not None:
            raise self.error

    def _with(self, action: Action) -> tuple[Reply, ...]:
        return tuple([reply for reply in self.replies if reply.action == action])
