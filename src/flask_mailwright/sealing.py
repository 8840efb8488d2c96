"""A message is sealed: everything in it is checked, then it is fixed for good as a SealedMail."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple, Protocol

from .address import Address, AddressLike, parse_all
from .attachment import Attachment
from .compose import checks, lists
from .compose.mime import Letter, Part, TextPart, write
from .compose.mime.charsets import carries
from .compose.plaintext import plaintext
from .envelope import Envelope, Recipient, SealedMail
from .world import World

_Addresses = list[AddressLike]
_Files = list[Attachment]
_Words = list[str]


class Draft(Protocol):
    """A Message, as far as it is sealed."""

    subject: str
    sender: AddressLike | None
    recipients: _Addresses
    cc: _Addresses
    bcc: _Addresses
    reply_to: AddressLike | Sequence[AddressLike] | None
    body: str | None
    alts: dict[str, str]
    charset: str | None
    attachments: _Files
    date: float | datetime | None
    msgId: str | None  # noqa: N815 - as Flask-Mail calls it
    extra_headers: Mapping[str, str] | None
    envelope_from: AddressLike | None
    mail_options: _Words
    rcpt_options: _Words
    route: str
    tags: tuple[str, ...] | _Words
    metadata: dict[str, Any]
    locale: str | None
    list: str | None


def _any_route(route: object) -> str:
    """Nothing is known about routes."""
    return ""


def _as_it_is(envelope: Envelope, of_list: str) -> Envelope:
    """Every recipient gets the mail."""
    return envelope


def _no_way_out(address: str, name: str) -> str:
    """No app, no page on which to leave a list."""
    return ""


class Origin(NamedTuple):
    """What the sealing application adds: who it is, its sender when none is set, its world.

    `route_fault`: why no mail can take a route. `note` tells in the envelope who gets the mail
    instead of whom, and who none, given its list. `unsubscribe_url`: where an address leaves one.
    """

    app: str = ""
    default_sender: AddressLike | None = None
    ascii_attachments: bool = False
    world: World = World()
    route_fault: Callable[[object], str] = _any_route
    note: Callable[[Envelope, str], Envelope] = _as_it_is
    unsubscribe_url: Callable[[str, str], str] = _no_way_out


def seal(draft: Draft, origin: Origin) -> SealedMail:
    """The mail, or MessageError with all that is wrong."""
    sealing = _Sealing(draft, origin)
    letter = sealing.letter()
    sealing.demand()
    envelope = sealing.envelope(letter)
    metadata, tags = sealing.metadata(), sealing.tags()
    sealing.check.finish()
    fields = dict(letter.fields)
    return SealedMail(
        id=sealing.token,
        message_id=str(fields["Message-ID"]),
        subject=str(fields.get("Subject", "")),
        envelope=origin.note(envelope, draft.list or ""),
        content=write(letter, sealing.chance),
        app=origin.app,
        route=draft.route or "",
        tags=tags,
        metadata=metadata,
        canonical=True,
        list=draft.list or "",
    )


def unsealed(draft: Draft, origin: Origin) -> bytes:
    """The content as it would leave now; a sender or recipients not yet set are left out."""
    sealing = _Sealing(draft, origin)
    letter = sealing.letter()
    sealing.check.finish()
    return write(letter, sealing.chance)


class _Sealing:
    """One message while it is sealed; `check` keeps what is wrong with it."""

    def __init__(self, draft: Draft, origin: Origin) -> None:
        self.draft = draft
        self.origin = origin
        self.check = checks.Check()
        self.people = self._people()
        self.readers = list(dict.fromkeys([each.wire for each in self.people.recipients]))
        self.list = self.check("", lists.label, draft.list) if draft.list else ""
        self.token = self._unused = origin.world.token()

    def chance(self) -> str:
        """For a boundary: first what the mail is called by, for nothing in it knows that."""
        token, self._unused = self._unused or self.origin.world.token(), ""
        return token

    def letter(self) -> Letter:
        """What its readers see."""
        files = self._files() if self.draft.attachments else []
        charset = self._charset()
        texts = self._texts(charset, bare=not files)
        letter = Letter(self._fields(), texts, charset=charset)
        if not files:
            return letter
        shows_html = any(text.content_type == "text/html" for text in texts)
        inline = tuple([file for file in files if shows_html and _is_inline(file)])
        attached = tuple([file for file in files if file not in inline])
        return letter._replace(inline=inline, attachments=attached)

    def demand(self) -> None:
        """What must be there, and what there is not yet."""
        draft, faults = self.draft, self.check.faults
        if not (draft.sender or self.origin.default_sender):
            faults.append("there is no sender: set MAIL_DEFAULT_SENDER or message.sender")
        if not (draft.recipients or draft.cc or draft.bcc):
            faults.append("there are no recipients: set recipients, cc or bcc")
        if draft.route and (fault := self.origin.route_fault(draft.route)):
            faults.append(fault)
        if self.list and len(self.readers) > 1:
            faults.append(_NOT_ONE)

    def envelope(self, letter: Letter) -> Envelope:
        """Whom it goes to, seen by its readers or not, and where bounces go."""
        path = self._reverse_path()
        options = self._options("rcpt_options")
        return Envelope(
            reverse_path=path,
            recipients=tuple([Recipient(wire, options) for wire in self.readers]),
            smtputf8=not (path.isascii() and "".join(self.readers).isascii() and letter.is_ascii),
            mail_options=self._options("mail_options"),
        )

    def metadata(self) -> dict[str, Any]:
        """For the app itself, as are its tags."""
        found = self.draft.metadata
        return self.check({}, checks.record, found) if found else {}

    def tags(self) -> tuple[str, ...]:
        """Words for whoever counts it."""
        found = self.draft.tags
        return self.check((), checks.tags, found) if found else ()

    def _people(self) -> _People:
        draft, check = self.draft, self.check
        return _People(
            sender=check((), checks.one, draft.sender or self.origin.default_sender, "sender"),
            to=check((), parse_all, draft.recipients, "recipients"),
            cc=check((), parse_all, draft.cc, "cc") if draft.cc else (),
            bcc=check((), parse_all, draft.bcc, "bcc") if draft.bcc else (),
            reply_to=self._reply_to(),
        )

    def _reply_to(self) -> tuple[Address, ...]:
        found = self.draft.reply_to
        return self.check((), checks.several, found, "reply_to") if found else ()

    def _charset(self) -> str:
        found = self.draft.charset
        return self.check("utf-8", checks.charset, found) if found else "utf-8"

    def _files(self) -> list[Part]:
        found = self.check((), self._attached)
        ascii_name = self.origin.ascii_attachments
        files = [self.check(_NO_FILE, file.part, ascii_name=ascii_name) for file in found]
        cids = [file.cid for file in files if file.cid]
        if len(set(cids)) < len(cids):
            self.check.faults.append("two files have the same Content-ID; make them unique")
        return files

    def _attached(self) -> tuple[Attachment, ...]:
        return checks.listed(self.draft.attachments, "attachments", Attachment)

    def _texts(self, charset: str, *, bare: bool) -> tuple[TextPart, ...]:
        draft = self.draft
        if draft.body and draft.alts.get("plain"):
            self.check.faults.append("body and alts['plain'] are both set; keep body")
        shown = {"plain": draft.body, **draft.alts}
        texts = tuple([self._text(kind, body, charset) for kind, body in shown.items() if body])
        if draft.body is None and not draft.alts.get("plain"):
            pages = [text for text in texts if text.content_type == "text/html"]
            texts = (*(_text_of(pages[0]) if pages else ()), *texts)
        return texts or ((TextPart("text/plain", "", charset),) if bare else ())

    def _text(self, subtype: str, body: object, charset: str) -> TextPart:
        field = "body" if subtype == "plain" else subtype
        kind = checks.SUBTYPES.get(subtype)
        if kind is None:
            kind, charset = self.check(("", charset), checks.alternative, subtype, charset)
        return TextPart(kind, self.check("", checks.text, field, body, charset), charset)

    def _fields(self) -> checks.Fields:
        draft, check, people = self.draft, self.check, self.people
        own: dict[str, checks.FieldValue] = {
            "From": people.sender,
            "To": people.to,
            "Cc": people.cc,
            "Reply-To": people.reply_to,
            "Subject": check("", checks.line, "subject", draft.subject or ""),
            "Date": check("", checks.date, draft.date, self.origin.world.now()),
            "Message-ID": self._message_id(),
            "Content-Language": self._language(),
        }
        extra = check({}, checks.fields, draft.extra_headers or {})
        chosen = {_CANONICAL.get(name.lower(), name): value for name, value in extra.items()}
        leaves = _no_way_out if "List-Unsubscribe" in chosen else self.origin.unsubscribe_url
        own |= {**self._list_fields(leaves), **chosen}
        return tuple([field for field in own.items() if field[1]])

    def _list_fields(self, way_out: Callable[[str, str], str]) -> dict[str, str]:
        """Which list it is of, and how its one reader leaves it."""
        sender = self.people.sender
        if not self.list or not sender or len(self.readers) != 1:
            return {}
        url = self.check("", way_out, self.readers[0], self.list)
        return self.check({}, lists.fields, self.list, sender[0].domain, url)

    def _message_id(self) -> str:
        if self.draft.msgId is not None:
            return self.check("", checks.message_id, self.draft.msgId)
        sender = self.people.sender
        return f"<{self.token}@{sender[0].domain if sender else 'localhost'}>"

    def _language(self) -> str:
        found = self.draft.locale
        return self.check("", checks.language, found) if found else ""

    def _options(self, field: str) -> tuple[str, ...]:
        values = getattr(self.draft, field)
        return self.check((), checks.options, values, field) if values else ()

    def _reverse_path(self) -> str:
        chosen = self.people.sender
        if self.draft.envelope_from is not None:
            chosen = self.check((), checks.one, self.draft.envelope_from, "envelope_from")
        return chosen[0].wire if chosen else ""


class _People(NamedTuple):
    sender: tuple[Address, ...]
    to: tuple[Address, ...]
    cc: tuple[Address, ...]
    bcc: tuple[Address, ...]
    reply_to: tuple[Address, ...]

    @property
    def recipients(self) -> tuple[Address, ...]:
        return self.to + self.cc + self.bcc


def _text_of(page: TextPart) -> tuple[TextPart, ...]:
    """What the HTML says; in utf-8 when an entity in it is not in its charset."""
    text = plaintext(page.text)
    charset = page.charset if carries(page.charset, text) else "utf-8"
    return (TextPart("text/plain", text, charset),) if text else ()


def _is_inline(file: Part) -> bool:
    return bool(file.cid) and file.disposition == "inline"


_NO_FILE = Part("application/octet-stream", b"")
_NOT_ONE = (
    "mail of a list has one recipient, for the link to leave is that reader's own: make a message"
    " for each and pass them to mail.send_many or send_many_later"
)
_NAMES = """From To Cc Reply-To Subject Date Message-ID Content-Language
List-Id List-Unsubscribe List-Unsubscribe-Post"""
_CANONICAL = {name.lower(): name for name in _NAMES.split()}
