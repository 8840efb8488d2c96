"""`Message` as Flask-Mail's users know it; sealed, it goes the one road of all mail."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping
from email.charset import Charset
from email.utils import formatdate
from typing import TYPE_CHECKING, Any, Self

from ..address import Address
from ..envelope import SealedMail
from ..errors import MessageError
from ..held_connection import Connection
from ..message import Message as _Message
from ..sealing import Origin, seal, unsealed
from ..world import World
from .raised import BadHeaderError, NoRecipientsError, NoSenderError
from .spelling import respelled
from .state import current_state


class Message(_Message):
    """Takes what Flask-Mail's takes; `send` refuses what would harm, and says so in its words.

    The sender is MAIL_DEFAULT_SENDER from the beginning, and `msgId` is there at once. Unlike
    Flask-Mail's it needs no application context.
    """

    if not TYPE_CHECKING:  # its parameters are those of the other face

        def __init__(self, *args: Any, **kwargs: Any) -> None:
            super().__init__(*args, **kwargs)
            self.sender = _in_one_line(self.sender or _default_sender())
            self.msgId = f"<{World().token()}@{_domain(self.sender)}>"

    def as_bytes(self) -> bytes:
        """The mail as it would leave now; line breaks in addresses are left out, not refused."""
        state = current_state()
        return unsealed(self._tolerated(broken=True), state.origin if state else Origin())

    def as_string(self) -> str:
        """The same as Flask-Mail writes it: fields unfolded, file names as `filename*=UTF8''...`.

        It is for people and tests; what is sent is `as_bytes`.
        """
        return respelled(self.as_bytes().decode(), str(self.subject or ""))

    __bytes__ = as_bytes
    __str__ = as_string

    def seal(self, origin: Origin) -> SealedMail:
        """Fixed for good; BadHeaderError, AssertionError or MessageError tell why it cannot be."""
        if not self.send_to:
            raise NoRecipientsError(["No recipients have been added"])
        if not (self.sender or origin.default_sender):
            raise NoSenderError(["there is no sender: set MAIL_DEFAULT_SENDER or message.sender"])
        if broken := list(self._broken_fields()):
            raise BadHeaderError([f"{field} holds a line break; remove it" for field in broken])
        mail = seal(self._tolerated(), origin)
        if type(self).as_bytes is Message.as_bytes:
            return mail
        return mail._replace(content=self.as_bytes(), canonical=False)

    def send(self, connection: Connection) -> None:
        """Send it over this connection."""
        connection.send(self)

    def has_bad_headers(self) -> bool:
        """Whether a line break stands where none may: in a field, except a subject well folded."""
        return any(self._broken_fields())

    def is_bad_headers(self) -> bool:
        """The old name of `has_bad_headers`."""
        warnings.warn("is_bad_headers is has_bad_headers now", DeprecationWarning, stacklevel=2)
        return self.has_bad_headers()

    def _broken_fields(self) -> Iterator[str]:
        if not _is_well_folded(str(self.subject or "")):
            yield "subject"
        for field in ("sender", "recipients", "cc", "bcc", "reply_to", "extra_headers"):
            if any(_is_broken(text) for text in _texts(getattr(self, field))):
                yield field

    def _tolerated(self, *, broken: bool = False) -> Self:
        """A copy in which what Flask-Mail lets pass is as we take it."""
        draft = self.copy()
        tidy = _unbroken if broken else _tidied
        draft.sender, draft.reply_to = tidy(self.sender), tidy(self.reply_to)
        draft.recipients, draft.cc, draft.bcc = map(tidy, (self.recipients, self.cc, self.bcc))
        if isinstance(self.subject, str) and _is_well_folded(self.subject):
            draft.subject = self.subject.replace("\r\n", "")
        if self.charset:
            draft.charset = Charset(self.charset).output_charset
        if (self.alts or self.attachments) and not (self.body or self.alts.get("plain")):
            draft.body = "\n"
        draft.extra_headers = _with_local_date(self.extra_headers, self.date)
        return draft


def _default_sender() -> Any:
    state = current_state()
    return state.attributes.default_sender if state else None


def _in_one_line(sender: Any) -> Any:
    """A pair as Flask-Mail has it, but a name with a comma in it stands in quotes."""
    if not isinstance(sender, tuple | list) or len(sender) != 2:
        return sender
    try:
        return str(Address(*sender))
    except MessageError:
        return f"{sender[0]} <{sender[1]}>"


def _domain(sender: object) -> str:
    try:
        return Address.parse(_tidied(sender)).domain
    except MessageError:
        return "localhost"


def _tidied(value: Any) -> Any:
    """An address, or a list of them, without `>` that stand behind it."""
    if isinstance(value, str):
        stripped = value.rstrip()
        bare = stripped.rstrip("> \t")
        return value if bare == stripped else bare + (">" if "<" in bare else "")
    if isinstance(value, tuple) and len(value) == 2 and isinstance(value[1], str):
        return value[0], value[1].rstrip("> \t")
    return [_tidied(each) for each in value] if isinstance(value, list) else value


def _unbroken(value: Any) -> Any:
    if isinstance(value, str):
        return _tidied(value.replace("\r", "").replace("\n", ""))
    if isinstance(value, list | tuple):
        return type(value)(_unbroken(each) for each in value)
    return value


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
    """The moment in the zone of this machine, unless the user has written a Date himself."""
    if not isinstance(date, float | int) or not isinstance(extra or {}, Mapping):
        return extra
    fields = dict(extra or {})
    if any(str(name).lower() == "date" for name in fields):
        return extra
    try:
        return {"Date": formatdate(date, localtime=True), **fields}
    except (OverflowError, OSError, ValueError):
        return extra
