"""The reader: octets back into what a person sees, for any mail, well formed or not."""

from __future__ import annotations

import binascii
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import unquote_to_bytes

DEPTH = 20
"""How deep parts may nest before the rest is taken as one piece."""

_FIELD_END = re.compile(rb"\r?\n(?![ \t])")
_WORD = re.compile(r"=\?([^?*\s]+)(?:\*[^?\s]*)?\?([bBqQ])\?([^?\s]*)\?=")
_BETWEEN = re.compile(r"(\?=)[ \t\r\n]+(?==\?[^?\s]+\?[bBqQ]\?[^?\s]*\?=)")
_PARAMETER = re.compile(r';\s*([^\s=;"]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^;]*))')
_SECTION = re.compile(r"([^*]+)(?:\*(\d+))?(\*)?")


@dataclass(frozen=True, slots=True)
class ParsedPart:
    """One part that holds no others: `data` is decoded; `text` too when it is a text."""

    content_type: str
    parameters: dict[str, str]
    disposition: str
    filename: str
    cid: str
    data: bytes = field(repr=False)

    @property
    def text(self) -> str:
        """The data as text with line ends as `\\n`; octets the charset cannot name become U+FFFD."""
        charset = self.parameters.get("charset", "utf-8")
        return _decoded(self.data, charset).replace("\r\n", "\n")


@dataclass(frozen=True, slots=True)
class Parsed:
    """A mail as its reader sees it: decoded header fields in order, and the parts in order."""

    fields: tuple[tuple[str, str], ...]
    parts: tuple[ParsedPart, ...]

    def get(self, name: str, default: str = "") -> str:
        """The first field of that name, decoded."""
        wanted = name.lower()
        return next((value for key, value in self.fields if key.lower() == wanted), default)

    @property
    def text(self) -> str | None:
        """The plain text part, or None."""
        return self._shown("text/plain")

    @property
    def html(self) -> str | None:
        """The HTML part, or None."""
        return self._shown("text/html")

    @property
    def attachments(self) -> tuple[ParsedPart, ...]:
        """The parts that are files: with a file name or the disposition `attachment`."""
        return tuple(part for part in self.parts if part.filename or part.disposition)

    def _shown(self, kind: str) -> str | None:
        for part in self.parts:
            if part.content_type == kind and not part.disposition and not part.filename:
                return part.text
        return None


def read(content: bytes) -> Parsed:
    """Decode a mail; what is broken is shown as it stands, nothing is raised.

    >>> read(b"Subject: =?utf-8?q?Caf=C3=A9?=\\r\\n\\r\\nHello\\r\\n").get("subject")
    'Café'
    """
    fields, body = _split(content)
    return Parsed(
        tuple((name, decode_words(value)) for name, value in fields),
        tuple(_parts(fields, body, 0)),
    )


def decode_words(value: str) -> str:
    """Encoded-words as the text they stand for (RFC 2047 §6.2)."""
    if "=?" not in value:
        return value
    return _WORD.sub(_word, _BETWEEN.sub(r"\1", value))


def _word(found: re.Match[str]) -> str:
    charset, encoding, payload = found.groups()
    octets = payload.encode("ascii", "replace")
    if encoding in "bB":
        return _decoded(_base64(octets), charset)
    return _decoded(binascii.a2b_qp(octets, header=True), charset)


def _split(content: bytes) -> tuple[list[tuple[str, str]], bytes]:
    if content.startswith((b"\r\n", b"\n")):
        return [], content.partition(b"\n")[2]
    head, body = _head_and_body(content)
    fields = []
    for line in _FIELD_END.split(head):
        name, colon, value = line.decode("utf-8", "replace").partition(":")
        if colon:
            fields.append((name.strip(), re.sub(r"\r?\n", "", value).strip(" \t")))
    return fields, body


def _head_and_body(content: bytes) -> tuple[bytes, bytes]:
    end = re.search(rb"\r?\n\r?\n", content)
    return (content, b"") if end is None else (content[: end.start()], content[end.end() :])


def _parts(fields: list[tuple[str, str]], body: bytes, depth: int) -> Iterator[ParsedPart]:
    named = {name.lower(): value for name, value in reversed(fields)}
    kind, parameters = _parameters(named.get("content-type", "text/plain"))
    boundary = parameters.get("boundary", "")
    if kind.startswith("multipart/") and boundary and depth < DEPTH:
        for piece in _pieces(body, boundary):
            yield from _parts(*_split(piece), depth + 1)
        return
    disposition, more = _parameters(named.get("content-disposition", ""))
    yield ParsedPart(
        content_type=kind,
        parameters=parameters,
        disposition=disposition,
        filename=decode_words(more.get("filename") or parameters.get("name", "")),
        cid=named.get("content-id", "").strip("<> "),
        data=_transferred(named.get("content-transfer-encoding", ""), body),
    )


def _pieces(body: bytes, boundary: str) -> list[bytes]:
    line = rb"(?:^|\r?\n)--" + re.escape(boundary.encode()) + rb"(--)?[ \t]*(?:\r?\n|$)"
    marks = list(re.finditer(line, body))
    closing = next((index for index, mark in enumerate(marks) if mark[1]), len(marks))
    ends = [mark.start() for mark in marks[1:]] + [len(body)]
    return [body[mark.end() : end] for mark, end in zip(marks[:closing], ends, strict=False)]


def _transferred(encoding: str, body: bytes) -> bytes:
    encoding = encoding.lower()
    if encoding == "base64":
        return _base64(body)
    return binascii.a2b_qp(body) if encoding == "quoted-printable" else body


def _base64(octets: bytes) -> bytes:
    clean = re.sub(rb"[^A-Za-z0-9+/]", b"", octets)
    usable = len(clean) - (len(clean) % 4 == 1)
    return binascii.a2b_base64(clean[:usable] + b"=" * (-usable % 4))


def _parameters(value: str) -> tuple[str, dict[str, str]]:
    kind = value.partition(";")[0].strip().lower()
    sections: dict[str, list[tuple[int, str, bool]]] = {}
    for name, quoted, token in _PARAMETER.findall(value):
        if found := _SECTION.fullmatch(name):
            text = re.sub(r"\\(.)", r"\1", quoted) or token.strip()
            section = (int(found[2] or 0), text, bool(found[3]))
            sections.setdefault(found[1].lower(), []).append(section)
    return kind, {name: _joined(sorted(pieces)) for name, pieces in sections.items()}


def _joined(pieces: list[tuple[int, str, bool]]) -> str:
    charset, octets = "utf-8", b""
    for index, (_, text, extended) in enumerate(pieces):
        if extended and index == 0 and text.count("'") >= 2:
            charset, _, text = text.split("'", 2)
        octets += unquote_to_bytes(text) if extended else text.encode()
    return _decoded(octets, charset or "utf-8")


def _decoded(octets: bytes, charset: str) -> str:
    try:
        return octets.decode(charset, "replace")
    except LookupError:
        return octets.decode("utf-8", "replace")
