"""What a user writes: a message that may be changed until it is sealed."""

from __future__ import annotations

import copy
import os
import secrets
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple, Self

from .address import Address, AddressLike, parse_all
from .attachment import Attachment, Data, Readable
from .compose import checks
from .compose.mime import Letter, Part, TextPart, write
from .envelope import Envelope, Recipient, SealedMail
from .world import World


def _any_route(route: object) -> str:
    """Nothing is known about routes."""
    return ""


class Origin(NamedTuple):
    """What the sealing application adds: who it is, its sender when none is set, its world.

    `route_fault` tells why no mail can take a route.
    """

    app: str = ""
    default_sender: AddressLike | None = None
    ascii_attachments: bool = False
    world: World = World()
    route_fault: Callable[[object], str] = _any_route


class Message:
    """One mail, addressed to all its recipients together.

    `recipients`, `cc`, `bcc`: lists of addresses, each a string, `(name, address)`, an `Address`
    or an object with `.email`. `body` is the plain text, `html` the HTML, `alts` further ways to
    show it by subtype (`{"calendar": ics}`). `extra_headers` replace what would be written.
    `date`: seconds since 1970 or an aware datetime. It needs no application context.

    >>> message = Message("Hi", ["ann@example.com"], "Hello", sender="bob@example.com")
    >>> print(str(message).splitlines()[1])
    To: ann@example.com
    """

    def __init__(  # noqa: PLR0917 - the constructor is Flask-Mail's
        self,
        subject: str = "",
        recipients: Sequence[AddressLike] | None = None,
        body: str | None = None,
        html: str | None = None,
        alts: Mapping[str, str] | Iterable[tuple[str, str]] | None = None,
        sender: AddressLike | None = None,
        cc: Sequence[AddressLike] | None = None,
        bcc: Sequence[AddressLike] | None = None,
        attachments: list[Attachment] | None = None,
        reply_to: AddressLike | Sequence[AddressLike] | None = None,
        date: float | datetime | None = None,
        charset: str | None = None,
        extra_headers: Mapping[str, str] | None = None,
        mail_options: list[str] | None = None,
        rcpt_options: list[str] | None = None,
    ) -> None:
        self.subject = subject
        self.recipients = _own(recipients)
        self.body = body
        self.alts: dict[str, str] = dict(alts or {})
        if html is not None:
            self.alts["html"] = html
        self.sender = sender
        self.cc = _own(cc)
        self.bcc = _own(bcc)
        self.attachments = attachments if attachments is not None else []
        self.reply_to = reply_to
        self.date = date
        self.charset = charset
        self.extra_headers = extra_headers
        self.mail_options = mail_options if mail_options is not None else []
        self.rcpt_options = rcpt_options if rcpt_options is not None else []
        self.msgId: str | None = None
        """The Message-ID, if it must be this one; else each sending gets a fresh one."""
        self.envelope_from: AddressLike | None = None
        """Where bounces go; "" for nowhere, None for the sender."""
        self.route: str = ""
        """The relay to use, by its name in MAIL_ROUTES; "" for MAIL_URL or MAIL_SERVER."""
        self.tags: tuple[str, ...] | list[str] = ()
        self.metadata: dict[str, Any] = {}
        self.locale: str | None = None
        """The language to write in, such as "de"."""
        self.list: str | None = None
        """The mailing list it belongs to, whose readers may leave it."""

    @property
    def html(self) -> str | None:
        """The HTML part; the same as `alts["html"]`."""
        return self.alts.get("html")

    @html.setter
    def html(self, value: str | None) -> None:
        if value is None:
            self.alts.pop("html", None)
        else:
            self.alts["html"] = value

    @property
    def send_to(self) -> set[AddressLike]:
        """Every recipient, visible or not."""
        return {*self.recipients, *self.cc, *self.bcc}

    def add_recipient(self, recipient: AddressLike) -> None:
        """Add one more to `recipients`."""
        self.recipients.append(recipient)

    def attach(
        self,
        filename: str | None = None,
        content_type: str | None = None,
        data: Data | Readable | None = None,
        disposition: str | None = None,
        headers: Mapping[str, str] | Iterable[tuple[str, str]] | None = None,
        *,
        path: str | os.PathLike[str] | None = None,
    ) -> None:
        """Add a file: `data` is bytes, text or an open file; or `path`, read when it is sealed.

        >>> message = Message()
        >>> message.attach("a.txt", "text/plain", "Hello")
        >>> message.attachments
        [<Attachment a.txt (text/plain)>]
        """
        self.attachments.append(
            Attachment(filename, content_type, data, disposition, headers, path=path)
        )

    def inline(
        self,
        source: str | os.PathLike[str] | bytes,
        filename: str | None = None,
        content_type: str | None = None,
    ) -> str:
        """Put an image (its path or its bytes) into the mail; returns the URL for `<img src>`.

        >>> Message().inline(b"GIF89a", "dot.gif").startswith("cid:")
        True
        """
        cid = f"{secrets.token_hex(8)}@inline"
        data, path = (source, None) if isinstance(source, bytes) else (None, source)
        self.attach(filename, content_type, data, "inline", {"Content-ID": f"<{cid}>"}, path=path)
        return f"cid:{cid}"

    def copy(self) -> Self:
        """Another message with the same content; changing one leaves the other."""
        twin = copy.copy(self)
        for name, value in vars(self).items():
            if isinstance(value, list | dict):
                setattr(twin, name, value.copy())
        twin.attachments = [copy.copy(file) for file in self.attachments]
        return twin

    def as_bytes(self) -> bytes:
        """The mail as it would leave now; a sender or recipients not yet set are left out."""
        check, origin = checks.Check(), Origin()
        letter = self._letter(check, self._people(check, None), origin, origin.world.token())
        check.finish()
        return write(letter, origin.world.token)

    def as_string(self) -> str:
        """`as_bytes` as text."""
        return self.as_bytes().decode()

    __bytes__ = as_bytes
    __str__ = as_string

    def __repr__(self) -> str:
        return f"<Message {self.subject!r}>"

    def seal(self, origin: Origin) -> SealedMail:
        """Check everything and fix the mail for good, or raise MessageError with all faults."""
        check = checks.Check()
        people = self._people(check, origin.default_sender)
        token = origin.world.token()
        letter = self._letter(check, people, origin, token)
        self._demand(check, origin)
        envelope = self._envelope(check, people, letter)
        metadata = check({}, checks.record, self.metadata) if self.metadata else {}
        tags = check((), checks.tags, self.tags) if self.tags else ()
        check.finish()
        fields = dict(letter.fields)
        return SealedMail(
            id=token,
            message_id=str(fields["Message-ID"]),
            subject=str(fields.get("Subject", "")),
            envelope=envelope,
            content=write(letter, origin.world.token),
            app=origin.app,
            route=self.route or "",
            tags=tags,
            metadata=metadata,
            canonical=True,
        )

    def _people(self, check: checks.Check, default: AddressLike | None) -> _People:
        return _People(
            sender=check((), checks.one, self.sender or default, "sender"),
            to=check((), parse_all, self.recipients, "recipients"),
            cc=check((), parse_all, self.cc, "cc") if self.cc else (),
            bcc=check((), parse_all, self.bcc, "bcc") if self.bcc else (),
            reply_to=check((), checks.several, self.reply_to, "reply_to") if self.reply_to else (),
        )

    def _letter(self, check: checks.Check, people: _People, origin: Origin, token: str) -> Letter:
        files = self._files(check, origin) if self.attachments else []
        texts = self._texts(check, bare=not files)
        fields = self._fields(check, people, origin, token)
        if not files:
            return Letter(fields, texts)
        shows_html = any(text.content_type == "text/html" for text in texts)
        inline = tuple([file for file in files if shows_html and _is_inline(file)])
        return Letter(fields, texts, inline, tuple([file for file in files if file not in inline]))

    def _files(self, check: checks.Check, origin: Origin) -> list[Part]:
        files = [
            check(_NO_FILE, file.part, ascii_name=origin.ascii_attachments)
            for file in check((), self._attached)
        ]
        cids = [file.cid for file in files if file.cid]
        if len(set(cids)) < len(cids):
            check.faults.append("two files have the same Content-ID; make them unique")
        return files

    def _attached(self) -> tuple[Attachment, ...]:
        return checks.listed(self.attachments, "attachments", Attachment)

    def _texts(self, check: checks.Check, *, bare: bool) -> tuple[TextPart, ...]:
        if self.body and self.alts.get("plain"):
            check.faults.append("body and alts['plain'] are both set; keep body")
        charset = check("utf-8", checks.charset, self.charset) if self.charset else "utf-8"
        shown = {"plain": self.body, **self.alts}
        texts = tuple(
            [self._text(check, kind, body, charset) for kind, body in shown.items() if body]
        )
        return texts or ((TextPart("text/plain", "", charset),) if bare else ())

    def _text(self, check: checks.Check, subtype: str, body: object, charset: str) -> TextPart:
        field = "body" if subtype == "plain" else subtype
        kind = checks.SUBTYPES.get(subtype)
        if kind is None:
            kind, charset = check(("", charset), checks.alternative, subtype, charset)
        return TextPart(kind, check("", checks.text, field, body, charset), charset)

    def _fields(
        self, check: checks.Check, people: _People, origin: Origin, token: str
    ) -> checks.Fields:
        own: dict[str, checks.FieldValue] = {
            "From": people.sender,
            "To": people.to,
            "Cc": people.cc,
            "Reply-To": people.reply_to,
            "Subject": check("", checks.line, "subject", self.subject or ""),
            "Date": check("", checks.date, self.date, origin.world.now()),
            "Message-ID": self._message_id(check, people, token),
        }
        for name, value in check({}, checks.fields, self.extra_headers or {}).items():
            own[_CANONICAL.get(name.lower(), name)] = value
        return tuple([field for field in own.items() if field[1]])

    def _message_id(self, check: checks.Check, people: _People, token: str) -> str:
        if self.msgId is not None:
            return check("", checks.message_id, self.msgId)
        domain = people.sender[0].domain if people.sender else "localhost"
        return f"<{token}@{domain}>"

    def _demand(self, check: checks.Check, origin: Origin) -> None:
        if not (self.sender or origin.default_sender):
            check.faults.append("there is no sender: set MAIL_DEFAULT_SENDER or message.sender")
        if not (self.recipients or self.cc or self.bcc):
            check.faults.append("there are no recipients: set recipients, cc or bcc")
        if self.route and (fault := origin.route_fault(self.route)):
            check.faults.append(fault)
        if self.list is not None:
            check.faults.append(
                "list needs the unsubscribe support that is not there yet; until then set"
                " List-Unsubscribe and List-Unsubscribe-Post in extra_headers"
            )

    def _envelope(self, check: checks.Check, people: _People, letter: Letter) -> Envelope:
        path = self._reverse_path(check, people)
        wires = list(dict.fromkeys([address.wire for address in people.recipients]))
        options = self._options(check, "rcpt_options")
        return Envelope(
            reverse_path=path,
            recipients=tuple([Recipient(wire, options) for wire in wires]),
            smtputf8=not (path.isascii() and "".join(wires).isascii() and letter.is_ascii),
            mail_options=self._options(check, "mail_options"),
        )

    def _options(self, check: checks.Check, field: str) -> tuple[str, ...]:
        values = getattr(self, field)
        return check((), checks.options, values, field) if values else ()

    def _reverse_path(self, check: checks.Check, people: _People) -> str:
        chosen = people.sender
        if self.envelope_from is not None:
            chosen = check((), checks.one, self.envelope_from, "envelope_from")
        return chosen[0].wire if chosen else ""


def _own(addresses: Sequence[AddressLike] | None) -> list[AddressLike]:
    """A list that others do not change; what is none is kept, to be refused at sealing."""
    if addresses is None:
        return []
    listed = isinstance(addresses, list | tuple | set | frozenset)
    return list(addresses) if listed else addresses  # type: ignore[return-value]


class _People(NamedTuple):
    sender: tuple[Address, ...]
    to: tuple[Address, ...]
    cc: tuple[Address, ...]
    bcc: tuple[Address, ...]
    reply_to: tuple[Address, ...]

    @property
    def recipients(self) -> tuple[Address, ...]:
        return self.to + self.cc + self.bcc


def _is_inline(file: Part) -> bool:
    return bool(file.cid) and file.disposition == "inline"


_NO_FILE = Part("application/octet-stream", b"")
_CANONICAL = {
    name.lower(): name for name in ("From", "To", "Cc", "Reply-To", "Subject", "Date", "Message-ID")
}
