"""The writer: a checked letter becomes the octets that travel."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from io import BytesIO
from typing import NamedTuple

from .letter import Letter, Part, TextPart
from .parameters import content_type_tokens, parameter, parse_content_type
from .transfer import base64_lines, encode_text
from .words import VERBATIM, address_field, fold, text_field, verbatim_field


class _Leaf(NamedTuple):
    head: bytes
    body: Iterable[bytes]


class _Multi(NamedTuple):
    subtype: str
    children: list[_Node]


_Node = _Leaf | _Multi


def write(letter: Letter, token: Callable[[], str]) -> bytes:
    """The content of the mail, ending in CRLF; `token` gives chance for the boundaries.

    text and HTML stand in `alternative`, the HTML with its images in `related`, the files beside
    them in `mixed`; each level only where there is something to hold together.
    """
    texts = [(part, *encode_text(part.text, part.charset)) for part in letter.texts]
    boundary = _fresh([body for _, encoding, body in texts if encoding == "7bit"], letter, token)
    out = BytesIO()
    out.write("".join([_field(field, letter.charset) for field in letter.fields]).encode())
    out.write(b"MIME-Version: 1.0\r\n")
    _emit(out, _mixed(letter, texts), boundary, "abc")
    if bytes(out.getbuffer()[-2:]) != b"\r\n":
        out.write(b"\r\n")
    return out.getvalue()


def _field(field: tuple[str, object], charset: str = "utf-8") -> str:
    name, value = field
    if isinstance(value, tuple):
        return address_field(name, value, charset)
    if name.lower().startswith(VERBATIM):
        return verbatim_field(name, str(value))
    return text_field(name, str(value), charset)


def _mixed(letter: Letter, texts: list[tuple[TextPart, str, bytes]]) -> _Node:
    children: list[_Node] = []
    if texts:
        children.append(_alternative([_shown(letter, *text) for text in texts]))
    children += map(_file, letter.attachments)
    return children[0] if len(children) == 1 and texts else _Multi("mixed", children)


def _alternative(children: list[_Node]) -> _Node:
    return children[0] if len(children) == 1 else _Multi("alternative", children)


def _shown(letter: Letter, part: TextPart, encoding: str, body: bytes) -> _Node:
    leaf = _Leaf(_text_head(part.content_type, part.charset, encoding), (body,))
    if letter.inline and part.content_type == "text/html":
        return _Multi('related; type="text/html"', [leaf, *map(_file, letter.inline)])
    return leaf


@lru_cache(maxsize=64)
def _text_head(content_type: str, charset: str, encoding: str) -> bytes:
    kind, parameters = parse_content_type("content_type", content_type)
    line = fold("Content-Type", content_type_tokens(kind, parameters | {"charset": charset}))
    return f"{line}Content-Transfer-Encoding: {encoding}\r\n\r\n".encode()


def _file(part: Part) -> _Leaf:
    nested = part.content_type.startswith("message/")
    head = [
        fold("Content-Type", _named_type(part)),
        f"Content-Transfer-Encoding: {'7bit' if nested else 'base64'}\r\n",
        fold("Content-Disposition", _disposition(part)),
    ]
    if part.cid:
        head.append(f"Content-ID: <{part.cid}>\r\n")
    head += map(_field, part.headers)
    body = (part.data,) if nested else _base64(part.data)
    return _Leaf(("".join(head) + "\r\n").encode(), body)


def _base64(data: bytes) -> Iterator[bytes]:
    previous = b""
    for piece in base64_lines(data):
        yield previous
        previous = piece
    yield previous[:-2]


def _named_type(part: Part) -> list[str]:
    kind, parameters = parse_content_type("content_type", part.content_type)
    if not part.filename.isascii():
        parameters.setdefault("name", _ascii_name(part.filename))
    return content_type_tokens(kind, parameters)


def _ascii_name(filename: str) -> str:
    _, dot, suffix = filename.rpartition(".")
    plain = unicodedata.normalize("NFKD", filename).encode("ascii", "ignore").decode("ascii")
    name = plain.replace('"', "").replace("\\", "")
    if name.rpartition(".")[0 if dot else 2].strip() and len(name) <= 60:
        return name
    return f"attachment.{suffix}" if dot and suffix.isalnum() and suffix.isascii() else "file"


def _disposition(part: Part) -> list[str]:
    if not part.filename:
        return [part.disposition]
    return [f"{part.disposition};", *parameter("filename", part.filename)]


def _fresh(bodies: list[bytes], letter: Letter, token: Callable[[], str]) -> str:
    for file in (*letter.inline, *letter.attachments):
        if file.content_type.startswith("message/"):
            bodies.append(file.data)
    while True:
        boundary = token()
        octets = boundary.encode()
        if not [body for body in bodies if octets in body]:
            return boundary


def _emit(out: BytesIO, node: _Node, boundary: str, levels: str) -> None:
    if isinstance(node, _Leaf):
        out.write(node.head)
        out.writelines(node.body)
        return
    line = f"=_{levels[0]}{boundary}"
    delimiter = f"\r\n--{line}".encode()
    out.write(f'Content-Type: multipart/{node.subtype};\r\n boundary="{line}"\r\n'.encode())
    for child in node.children:
        out.write(delimiter + b"\r\n")
        _emit(out, child, boundary, levels[1:])
    out.write(delimiter + b"--\r\n")
