"""`Message` as Flask-Mail's users know it; sealed, it goes the one road of all mail."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping
from email import message_from_bytes, policy
from email.charset import Charset
from email.message import Message as Parsed
from email.utils import formatdate, getaddresses
from functools import wraps
from typing import TYPE_CHECKING, Any, Self

from ..address import Address
from ..compose.plaintext import plaintext
from ..envelope import Recipient, SealedMail
from ..errors import MessageError
from ..held_connection import Connection
from ..message import Message as _Message
from ..sealing import Origin, seal, unsealed
from ..world import World
from .raised import BadHeaderError, NoRecipientsError, NoSenderError
from .spelling import respelled
from .state import current_state
from .tolerance import sender_of, tolerated, unbroken


class Message(_Message):
    """Takes what Flask-Mail's takes; `send` refuses what would harm, and says so in its words.

    The sender is MAIL_DEFAULT_SENDER from the beginning, and `msgId` is there at once. Unlike
    Flask-Mail's it needs no application context. A subclass, or a test, that has its own `send`,
    `send_to`, `has_bad_headers`, `as_bytes` or `_message` is obeyed.
    """

    if not TYPE_CHECKING:  # its parameters are those of the other face

        @wraps(_Message.__init__)
        def __init__(self, *args: Any, **kwargs: Any) -> None:
            super().__init__(*args, **kwargs)
            self.sender = _in_one_line(self.sender or _default_sender())
            self.msgId = f"<{World().token()}@{_domain(self.sender)}>"

    def as_bytes(self) -> bytes:
        """The mail as it would leave now; line breaks in addresses are left out, not refused."""
        return self._message().as_bytes() if self._has_own("_message") else self._written()

    def as_string(self) -> str:
        """The same as Flask-Mail writes it: fields unfolded, file names as `filename*=UTF8''...`.

        It is for people and tests; what is sent is `as_bytes`.
        """
        return respelled(self.as_bytes().decode(), str(self.subject or ""))

    __bytes__ = as_bytes
    __str__ = as_string

    def seal(self, origin: Origin) -> SealedMail:
        """Fixed for good; BadHeaderError, AssertionError or MessageError tell why it cannot be."""
        if not (self.recipients or self.cc or self.bcc):
            raise NoRecipientsError(["No recipients have been added"])
        if not (self.sender or origin.default_sender):
            raise NoSenderError(["there is no sender: set MAIL_DEFAULT_SENDER or message.sender"])
        if self.has_bad_headers():
            broken = list(self._broken_fields()) or ["the message"]
            raise BadHeaderError([f"{field} holds a line break; remove it" for field in broken])
        mail = seal(self._tolerated(), origin)
        if self._has_own("send_to"):
            mail = mail._replace(envelope=origin.note(self._readdressed(mail), mail.list))
        if self._has_own("as_bytes") or self._has_own("_message"):
            mail = mail._replace(content=self.as_bytes(), canonical=False)
        return mail

    def send(self, connection: Connection) -> Any:
        """Send it over this connection."""
        return connection.send(self)

    def has_bad_headers(self) -> bool:
        """Whether a line break stands where none may: in a field, except a subject well folded."""
        return any(self._broken_fields())

    def is_bad_headers(self) -> bool:
        """The old name of `has_bad_headers`."""
        warnings.warn("is_bad_headers is has_bad_headers now", DeprecationWarning, stacklevel=2)
        return self.has_bad_headers()

    def _message(self) -> Parsed:
        """For those who change it before it goes, such as to sign it."""
        return message_from_bytes(self._written(), policy=policy.SMTP)

    def _written(self) -> bytes:
        state = current_state()
        return unsealed(self._tolerated(broken=True), state.origin if state else Origin())

    def _has_own(self, name: str) -> bool:
        """Whether a subclass, the object itself or a test has put something else there."""
        return name in vars(self) or getattr(type(self), name) is not _OWN[name]

    def _readdressed(self, mail: SealedMail) -> Any:
        options = mail.envelope.recipients[0].options
        people = [Address.parse(tolerated(each), "send_to") for each in self.send_to]
        wires = dict.fromkeys(person.wire for person in people)
        recipients = tuple([Recipient(wire, options) for wire in wires])
        return mail.envelope._replace(recipients=recipients)

    def _broken_fields(self) -> Iterator[str]:
        if not _is_well_folded(str(self.subject or "")):
            yield "subject"
        for field in ("sender", "recipients", "cc", "bcc", "reply_to", "extra_headers"):
            if any(_is_broken(text) for text in _texts(getattr(self, field))):
                yield field

    def _tolerated(self, *, broken: bool = False) -> Self:
        """A copy in which what Flask-Mail lets pass is as we take it."""
        draft = self.copy()
        whole = unbroken if broken else _as_it_is
        draft.sender = sender_of(whole(self.sender))
        draft.reply_to = sender_of(whole(self.reply_to))
        draft.recipients = tolerated(whole(self.recipients))
        draft.cc, draft.bcc = tolerated(whole(self.cc)), tolerated(whole(self.bcc))
        if isinstance(self.subject, str) and _is_well_folded(self.subject):
            draft.subject = self.subject.replace("\r\n", "")
        if self.charset:
            draft.charset = Charset(self.charset).output_charset
        draft.alts = dict(self.alts or {})
        if (draft.alts or self.attachments) and not self._has_text(draft):
            draft.body = "\n"
        draft.extra_headers = _with_local_date(self.extra_headers, self.date)
        return draft

    def _has_text(self, draft: Self) -> bool:
        """Of its own, or one that sealing makes from its HTML; Flask-Mail's mails always have."""
        own = self.body or draft.alts.get("plain")
        return bool(own or (self.body is None and plaintext(str(draft.html or ""))))


_OWN = {name: getattr(Message, name) for name in ("send_to", "as_bytes", "_message")}


def _as_it_is(value: Any) -> Any:
    return value


def _default_sender() -> Any:
    state = current_state()
    return state.attributes.default_sender if state else None


def _in_one_line(sender: Any) -> Any:
    """A pair as Flask-Mail has it, but a name with a comma in it stands in quotes."""
    if not isinstance(sender, tuple | list) or len(sender) != 2 or hasattr(sender, "email"):
        return sender
    name, spec = str(sender[0] or ""), str(sender[1] or "")
    try:
        return str(Address(name, spec))
    except MessageError:
        return f"{name} <{spec}>"


def _domain(sender: object) -> str:
    try:
        return Address.parse(sender_of(sender)).domain
    except MessageError:
        return "localhost"


def _texts(value: Any) -> Iterator[str]:
    """All text in a field: an address, a pair, a list of both, or headers by name."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        yield from _texts([*value.keys(), *value.values()])
    elif isinstance(value, list | tuple | set | frozenset):
        for each in value:
            yield from _texts(each)


def _is_broken(text: str) -> bool:
    return "\n" in text or "\r" in text


def _is_well_folded(subject: str) -> bool:
    """Each further line begins with white space, and none is blank (RFC 5322 §2.2.3)."""
    if not _is_broken(subject):
        return True
    lines = subject.split("\r\n")
    whole = all(line.strip() and not _is_broken(line) for line in lines)
    return whole and all(line[0] in " \t" for line in lines[1:])


def _with_local_date(extra: Any, date: Any) -> Any:
    """The user's own fields as we take them, and the moment in the zone of this machine."""
    if not isinstance(extra or {}, Mapping):
        return extra
    fields = {name: _several(name, value) for name, value in (extra or {}).items() if value != ""}
    own = any(str(name).lower() == "date" for name in fields)
    if own or not isinstance(date, float | int) or date < 0:
        return fields
    try:
        return {"Date": formatdate(date, localtime=True), **fields}
    except (OverflowError, OSError, ValueError):
        return fields


def _several(name: object, value: Any) -> Any:
    """Flask-Mail's only way to more than one Reply-To is a text with a comma."""
    if str(name).lower() not in ("reply-to", "cc") or not isinstance(value, str):
        return value
    pairs = getaddresses([value])
    return tolerated(pairs) if len(pairs) > 1 and all(spec for _, spec in pairs) else value
