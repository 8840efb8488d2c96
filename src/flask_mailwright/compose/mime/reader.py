"""The reader: octets back into what a person sees, for any mail, well formed or not."""

from __future__ import annotations

import binascii
import re
from collections.abc import Iterator
from typing import NamedTuple
from urllib.parse import unquote_to_bytes

from .charsets import decode

DEPTH = 20
"""How deep parts may nest before the rest is taken as one piece."""
PARTS = 1_000
"""How many parts stand beside one another before the rest is taken as one piece."""

_FIELD_END = rb"\r?\n(?![ \t])"
_WORD = r"=\?([^?*\s]+)(?:\*[^?\s]*)?\?([bBqQ])\?([^?\s]*)\?="
_WORDS = rf"{_WORD}(?:[ \t]+{_WORD})*"
_PARAMETER = r';\s*([^\s=;"]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^;]*))'
_SECTION = r"([^*]+)(?:\*([0-9]{1,4}))?(\*)?"
_BASE64 = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
_NOT_BASE64 = bytes(set(range(256)) - set(_BASE64))


class ParsedPart(NamedTuple):
    """One part that holds no others: `data` is decoded; `text` too when it is a text."""

    content_type: str
    parameters: dict[str, str]
    disposition: str
    filename: str
    cid: str
    data: bytes

    def __repr__(self) -> str:
        name = f" {self.filename!r}" if self.filename else ""
        return f"<ParsedPart {self.content_type}{name}, {len(self.data)} octets>"

    @property
    def text(self) -> str:
        r"""The data as text, line ends as `\n`; octets that the charset lacks become U+FFFD."""
        return decode(self.data, self.parameters.get("charset", "utf-8")).replace("\r\n", "\n")


class Branch(NamedTuple):
    """A part in the tree of a mail, `depth` multiparts down; `part` is None when it holds others.

    Its fields are decoded; `octets` counts the body as it is written, before any decoding.
    """

    depth: int
    content_type: str
    fields: tuple[tuple[str, str], ...]
    octets: int
    part: ParsedPart | None


class Parsed(NamedTuple):
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
    r"""Decode a mail; what is broken is shown as it stands, nothing is raised.

    >>> read(b"Subject: =?utf-8?q?Caf=C3=A9?=\r\n\r\nHello\r\n").get("subject")
    'Café'
    """
    branches = list(walk(content))
    parts = tuple([branch.part for branch in branches if branch.part is not None])
    return Parsed(branches[0].fields, parts)


def walk(content: bytes) -> Iterator[Branch]:
    r"""Every part of a mail, each before those it holds; nothing is raised.

    >>> [branch.content_type for branch in walk(b"Subject: Hi\r\n\r\nHello\r\n")]
    ['text/plain']
    """
    yield from _branches(*_split(content), 0)


def decode_words(value: str) -> str:
    """Encoded-words as the text they stand for (RFC 2047 §6.2)."""
    if "=?" not in value:
        return value
    return re.sub(_WORDS, _words, value)


def _words(found: re.Match[str]) -> str:
    return "".join([_word(*word.groups()) for word in re.finditer(_WORD, found[0])])


def _word(charset: str, encoding: str, payload: str) -> str:
    octets = payload.encode("ascii", "replace")
    if encoding in "bB":
        return decode(_base64(octets), charset)
    return decode(binascii.a2b_qp(octets, header=True), charset)


def _split(content: bytes) -> tuple[list[tuple[str, str]], bytes]:
    if content.startswith((b"\r\n", b"\n")):
        return [], content.partition(b"\n")[2]
    head, body = _head_and_body(content)
    fields = []
    for line in re.split(_FIELD_END, head):
        name, colon, value = line.decode("utf-8", "replace").partition(":")
        if colon:
            fields.append((name.strip(), re.sub(r"\r?\n", "", value).strip(" \t")))
    return fields, body


def _head_and_body(content: bytes) -> tuple[bytes, bytes]:
    end = re.search(rb"\r?\n\r?\n", content)
    return (content, b"") if end is None else (content[: end.start()], content[end.end() :])


def _branches(fields: list[tuple[str, str]], body: bytes, depth: int) -> Iterator[Branch]:
    named = {name.lower(): value for name, value in reversed(fields)}
    kind, parameters = _parameters(named.get("content-type", "text/plain"))
    boundary = parameters.get("boundary", "").encode()
    decoded = tuple([(name, decode_words(value)) for name, value in fields])
    branch = Branch(depth, kind, decoded, len(body), None)
    holds_others = kind.startswith("multipart/") and boundary and depth < DEPTH
    pieces = _pieces(body, boundary) if holds_others else []
    if pieces:
        yield branch
        for piece in pieces:
            yield from _branches(*_split(piece), depth + 1)
    else:
        yield branch._replace(part=_leaf(named, kind, parameters, body))


def _leaf(named: dict[str, str], kind: str, parameters: dict[str, str], body: bytes) -> ParsedPart:
    disposition, more = _parameters(named.get("content-disposition", ""))
    return ParsedPart(
        content_type=kind,
        parameters=parameters,
        disposition=disposition,
        filename=more.get("filename") or parameters.get("name", ""),
        cid=named.get("content-id", "").strip("<> "),
        data=_transferred(named.get("content-transfer-encoding", ""), body),
    )


def _pieces(body: bytes, boundary: bytes) -> list[bytes]:
    pieces: list[bytes] = []
    begin = -1
    for start, end, closing in _delimiters(body, b"--" + boundary):
        if begin >= 0:
            line_end = start - 2 if body[start - 2 : start] == b"\r\n" else start - 1
            pieces.append(body[begin:line_end])
        if closing:
            return pieces
        begin = end
        if len(pieces) == PARTS:
            break
    return [*pieces, body[begin:]] if begin >= 0 else pieces


def _delimiters(body: bytes, delimiter: bytes) -> Iterator[tuple[int, int, bool]]:
    """Where such lines start and end, and whether it is the closing one (RFC 2046 §5.1.1)."""
    start = body.find(delimiter)
    while start >= 0:
        end = body.find(b"\n", start) + 1 or len(body)
        rest = body[start + len(delimiter) : end].rstrip(b" \t\r\n")
        if rest in {b"", b"--"} and (start == 0 or body[start - 1] == 10):
            yield start, end, rest == b"--"
        start = body.find(delimiter, end)


def _transferred(encoding: str, body: bytes) -> bytes:
    encoding = encoding.lower()
    if encoding == "base64":
        return _base64(body)
    return binascii.a2b_qp(body) if encoding == "quoted-printable" else body


def _base64(octets: bytes) -> bytes:
    clean = octets.partition(b"=")[0].translate(None, _NOT_BASE64)
    usable = len(clean) - (len(clean) % 4 == 1)
    return binascii.a2b_base64(clean[:usable] + b"=" * (-usable % 4))


def _parameters(value: str) -> tuple[str, dict[str, str]]:
    kind = value.partition(";")[0].strip().lower()
    sections: dict[str, list[tuple[int, str, bool]]] = {}
    for name, quoted, token in re.findall(_PARAMETER, value):
        if found := re.fullmatch(_SECTION, name):
            text = re.sub(r"\\(.)", r"\1", quoted) or token.strip()
            section = (int(found[2] or 0), text, bool(found[3]))
            sections.setdefault(found[1].lower(), []).append(section)
    return kind, {name: _meant(name, sorted(pieces)) for name, pieces in sections.items()}


def _meant(name: str, pieces: list[tuple[int, str, bool]]) -> str:
    """Encoded-words have no place in a parameter, but other writers put file names so."""
    is_plain = name in {"filename", "name"} and not any(extended for *_, extended in pieces)
    return decode_words(_joined(pieces)) if is_plain else _joined(pieces)


def _joined(pieces: list[tuple[int, str, bool]]) -> str:
    charset, octets = "utf-8", list[bytes]()
    for index, (_, text, extended) in enumerate(pieces):
        if extended and index == 0 and text.count("'") >= 2:
            charset, _, text = text.split("'", 2)
        octets.append(unquote_to_bytes(text) if extended else text.encode())
    return decode(b"".join(octets), charset or "utf-8")
