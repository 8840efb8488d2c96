"""What a reader of mail sees, told alike for each reader, to be compared with what was composed."""

from __future__ import annotations

import email
import email.policy
import re
from collections.abc import Mapping
from dataclasses import dataclass
from email._parseaddr import AddressList  # type: ignore[import-not-found]
from email.header import decode_header, make_header
from email.message import Message as StandardMessage
from email.message import MIMEPart
from typing import NamedTuple

from flask_mailwright.address import Address
from flask_mailwright.attachment import Attachment
from flask_mailwright.compose.mime import ParsedPart, read
from flask_mailwright.compose.plaintext import plaintext
from flask_mailwright.message import Message
from tests.judges.perl_parser import ParsedPart as PerlPart
from tests.judges.perl_parser import PerlParser

Mailbox = tuple[str, str]
NONCHARACTERS = {
    *map(chr, range(0xFDD0, 0xFDF0)),
    *(chr(plane << 16 | low) for plane in range(17) for low in (0xFFFE, 0xFFFF)),
}
FIELDS = ("from", "to", "cc", "reply-to")
AS_IT_STANDS = email.policy.SMTP.clone(refold_source="none")


class Text(NamedTuple):
    """A way to show the message; its lines end in LF."""

    content_type: str
    text: str


class File(NamedTuple):
    """A file; `cid` is "" for one that is not shown in the HTML."""

    content_type: str
    name: str
    cid: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Reading:
    """Subject, addresses by field, texts and files."""

    subject: str
    addresses: Mapping[str, tuple[Mailbox, ...]]
    texts: tuple[Text, ...]
    files: tuple[File, ...]


def composed(message: Message) -> Reading:
    """What was put in, and so what must come out."""
    files = [_file(attachment) for attachment in message.attachments]
    shown = {"plain": message.body, **message.alts}
    if message.body is None and message.html and not message.alts.get("plain"):
        shown["plain"] = plaintext(str(message.html))
    texts = [Text(f"text/{kind.partition(';')[0]}", _lf(t)) for kind, t in shown.items() if t]
    inline = [file for file in files if file.cid and message.html]
    if not texts and not files:
        texts = [Text("text/plain", "")]
    single = len(texts) == 1 and not files
    return Reading(
        str(message.subject),
        {
            "from": _boxes([message.sender]),
            "to": _boxes(message.recipients),
            "cc": _boxes(message.cc),
            "reply-to": _boxes(message.reply_to or []),
        },
        tuple(_ended(text) if single else text for text in texts),
        (*inline, *(file for file in files if file not in inline)),
    )


def by_standard_library(content: bytes) -> Reading:
    """Python's email package with its own default policy."""
    if content.isascii():
        mail = email.message_from_bytes(content, policy=email.policy.default)
    else:  # Of bytes it makes surrogates where RFC 6532 has UTF-8.
        mail = email.message_from_string(content.decode(), policy=email.policy.default)
    assert isinstance(mail, MIMEPart)
    parts = leaves(mail)
    assert not [*mail.defects, *(defect for part in parts for defect in part.defects)]
    texts = [_standard_text(part) for part in parts if _is_text(part)]
    return Reading(
        str(mail["Subject"] or ""),
        {name: _standard_boxes(mail, name) for name in FIELDS},
        tuple(map(_ended, texts) if parts == [mail] else texts),
        tuple(_standard_file(part) for part in parts if not _is_text(part)),
    )


def leaves(mail: MIMEPart) -> list[MIMEPart]:
    """The parts that hold no others; a forwarded mail is one."""
    if mail.get_content_maintype() != "multipart":
        return [mail]
    return [leaf for part in mail.iter_parts() for leaf in leaves(part)]


def by_our_reader(content: bytes) -> Reading:
    """`compose.mime.read`; it shows fields with addresses as text, so they stand in one box."""
    mail = read(content)
    texts = [part for part in mail.parts if not part.disposition]
    shown = [Text(part.content_type, part.text) for part in texts]
    return Reading(
        mail.get("subject"),
        {name: (("", _unquoted(mail.get(name))),) for name in FIELDS},
        tuple(map(_ended, shown) if len(mail.parts) == 1 else shown),
        tuple(_our_file(part) for part in mail.parts if part.disposition),
    )


def as_our_reader_shows(reading: Reading) -> Reading:
    """The same with addresses as `by_our_reader` tells them."""
    shown = {
        name: (("", _unquoted(", ".join(_as_field(*box) for box in boxes))),)
        for name, boxes in reading.addresses.items()
    }
    return Reading(reading.subject, shown, reading.texts, reading.files)


def perl_can_tell(reading: Reading) -> bool:
    """Whether Perl can: "0" is false in it, and its strict UTF-8 has no noncharacters."""
    names = [name for boxes in reading.addresses.values() for name, _ in boxes]
    texts = [text for _, text in reading.texts]
    tables = [file.data.decode() for file in reading.files if file.content_type == "text/csv"]
    file_names = [file.name for file in reading.files]
    shown = "".join([reading.subject, *names, *texts, *tables, *file_names])
    return "0" not in file_names and not NONCHARACTERS & set(shown)


def by_perl(parser: PerlParser, content: bytes) -> Reading:
    """Perl's Email::MIME."""
    mail = parser.parse(content)
    texts = [Text(part.content_type, _lf(part.text)) for part in mail.parts if _is_shown(part)]
    return Reading(
        mail.headers["subject"] or "",
        {name: mail.addresses[name] for name in FIELDS},
        tuple(map(_ended, texts) if len(mail.parts) == 1 else texts),
        tuple(_perl_file(part) for part in mail.parts if not _is_shown(part)),
    )


def _boxes(addresses: object) -> tuple[Mailbox, ...]:
    assert isinstance(addresses, list)
    return tuple((Address.parse(one).name, Address.parse(one).wire) for one in addresses)


def _lf(text: str | None) -> str:
    return re.sub(r"\r\n?", "\n", text or "")


def _ended(text: Text) -> Text:
    """A mail of one part may gain a last line end."""
    return (
        text if text.text.endswith("\n") or not text.text else text._replace(text=text.text + "\n")
    )


def _file(attachment: Attachment) -> File:
    part = attachment.part()
    kind = part.content_type.partition(";")[0]
    return File(kind, part.filename, part.cid, part.data)


def _standard_boxes(mail: MIMEPart, name: str) -> tuple[Mailbox, ...]:
    if name not in mail:
        return ()
    boxes = tuple((box.display_name, box.addr_spec) for box in mail[name].addresses)
    # Not getaddresses(), which since 3.13 gives up on a domain literal such as [127.0.0.1].
    older = tuple(_decoded(*box) for box in AddressList(_raw(mail, name)).addresslist)
    # The default policy puts a space between two encoded-words of a phrase, and takes any white
    # space in them for one (python/cpython#128110): it is not asked about white space.
    assert [_without_space(box) for box in boxes] == [_without_space(box) for box in older]
    return older


def _raw(mail: MIMEPart, name: str) -> str:
    raw = next(value for key, value in mail.raw_items() if key.lower() == name)
    return re.sub(r"\r?\n", "", str(raw))


def _decoded(name: str, spec: str) -> Mailbox:
    return str(make_header(decode_header(name))), spec


def _without_space(box: Mailbox) -> Mailbox:
    return "".join(box[0].split()), box[1]


def _is_text(part: MIMEPart) -> bool:
    return "Content-Disposition" not in part


def _standard_text(part: MIMEPart) -> Text:
    return Text(part.get_content_type(), _lf(part.get_content()))


def _standard_file(part: MIMEPart) -> File:
    if part.get_content_maintype() == "message":
        enclosed = part.get_payload(0)
        assert isinstance(enclosed, StandardMessage)
        data: object = enclosed.as_bytes(policy=AS_IT_STANDS)
    else:
        data = part.get_payload(decode=True)
    assert isinstance(data, bytes)
    cid = str(part["Content-ID"] or "").strip("<>")
    # Not get_filename(), which strips what is put around a name.
    name = part["Content-Disposition"].params.get("filename", "")
    return File(part.get_content_type(), name, cid, data)


def _our_file(part: ParsedPart) -> File:
    return File(part.content_type, part.filename, part.cid, part.data)


def _as_field(name: str, wire: str) -> str:
    return f"{name} <{wire}>" if name else wire


def _unquoted(text: str) -> str:
    return text.replace('"', "").replace("\\", "")


def _is_shown(part: PerlPart) -> bool:
    return part.text is not None and part.filename is None


def _perl_file(part: PerlPart) -> File:
    data = part.data if part.text is None else part.text.encode()
    return File(
        part.content_type, part.filename or "", (part.content_id or "").strip("<>"), data or b""
    )
