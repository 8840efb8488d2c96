"""A file that goes with a message: its data in memory, or a path that is read when it is sealed."""

from __future__ import annotations

import os
import re
import unicodedata
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Protocol, runtime_checkable

from .compose import checks
from .compose.mime import Part
from .compose.mime.parameters import parse_content_type
from .compose.mime.transfer import is_seven_bit
from .errors import MessageError

_CID = r"[!-;=?-~]{1,900}"


@runtime_checkable
class Readable(Protocol):
    """An open file."""

    def read(self) -> str | bytes:
        """All that is left in it."""


Data = str | bytes | bytearray | memoryview


class Attachment:
    """One file: bytes, text or an open file (read now), or a `path` (read at sealing).

    Without `content_type` the name decides, else it is text/plain for text and
    application/octet-stream for bytes. `headers` are fields of its own part.

    >>> Attachment("notes.txt", data="Hello").content_type
    'text/plain'
    """

    def __init__(
        self,
        filename: str | None = None,
        content_type: str | None = None,
        data: Data | Readable | None = None,
        disposition: str | None = None,
        headers: Mapping[str, str] | Iterable[tuple[str, str]] | None = None,
        *,
        path: str | os.PathLike[str] | None = None,
    ) -> None:
        if (data is None) == (path is None):
            raise ValueError("The 'data' argument is required, or 'path' in its place.")
        self.filename = filename if filename is not None else _name_of(path, data)
        self.data: Data | None = data.read() if isinstance(data, Readable) else data
        self.path = path
        self.content_type = content_type or _guess(self.filename, self.data)
        self.disposition = disposition or "attachment"
        self.headers: dict[str, str] = dict(headers or {})

    def __repr__(self) -> str:
        return f"<Attachment {self.filename or 'unnamed'} ({self.content_type})>"

    def part(self, *, ascii_name: bool = False) -> Part:
        """The file as it will be written, its path read now; MessageError names all faults."""
        field, check = f"attachment {self.filename!r}", checks.Check()
        data = check(b"", self._octets, field)
        kind = check("text/plain", self._checked_type, field, data)
        name = check("", checks.line, f"{field}: its name", self.filename or "")
        cid, headers = check(("", ()), self._headers, field)
        if self.disposition not in {"attachment", "inline"}:
            check.faults.append(f"{field}: disposition must be attachment or inline")
        check.finish()
        if kind.startswith("message/"):
            data = _with_crlf(data)
        return Part(
            kind, data, _transliterate(name) if ascii_name else name, self.disposition, cid, headers
        )

    def _octets(self, field: str) -> bytes:
        if self.path is not None:
            return _read(self.path, field)
        if isinstance(self.data, str):
            label = self._parameters(field).get("charset", "utf-8")
            charset = checks.charset(label, f"{field}: charset")
            return checks.text(field, self.data, charset).encode(charset)
        if isinstance(self.data, bytes | bytearray | memoryview):
            return bytes(self.data)
        raise MessageError([f"{field}: data is {type(self.data).__name__}, not bytes or text"])

    def _parameters(self, field: str) -> dict[str, str]:
        return parse_content_type(f"{field}: content_type", self.content_type)[1]

    def _checked_type(self, field: str, data: bytes) -> str:
        kind, parameters = parse_content_type(f"{field}: content_type", self.content_type)
        whole = kind + self.content_type.strip()[len(kind) :]
        if kind.startswith("message/") and not is_seven_bit(_with_crlf(data)):
            raise MessageError(
                [f"{field} is a {kind} with 8-bit octets or lines over 998, which no mail may carry"
                 " (RFC 2046 §5.2.1); attach it as application/octet-stream"]
            )  # fmt: skip
        if kind.startswith("multipart/"):
            raise MessageError([f"{field}: a file cannot be {kind}"])
        if isinstance(self.data, str) and kind.startswith("text/") and "charset" not in parameters:
            return f"{whole}; charset=utf-8"
        return whole

    def _headers(self, field: str) -> tuple[str, tuple[tuple[str, str], ...]]:
        found = checks.file_fields(self.headers, field)
        named = [name for name in found if name.lower() == "content-id"]
        cid = found.pop(named[0]).strip("<>") if named else ""
        if named and not re.fullmatch(_CID, cid):
            raise MessageError([f"{field}: Content-ID must read <left@right>, ASCII, no spaces"])
        return cid, tuple(found.items())


def _name_of(path: object, data: object) -> str | None:
    source = path if path is not None else getattr(data, "name", None)
    return Path(source).name or None if isinstance(source, str | os.PathLike) else None


def _guess(filename: str | None, data: Data | None) -> str:
    from mimetypes import guess_type

    # Behind "./" no name can look like a URL, which guess_type would take apart.
    kind, encoding = guess_type(f"./{filename}") if filename else (None, None)
    if encoding:
        return "application/gzip" if encoding == "gzip" else "application/octet-stream"
    return kind or ("text/plain" if isinstance(data, str) else "application/octet-stream")


def _read(path: str | os.PathLike[str], field: str) -> bytes:
    try:
        return Path(path).read_bytes()
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise MessageError([f"{field}: {os.fspath(path)!r} cannot be read: {reason}"]) from error


def _with_crlf(data: bytes) -> bytes:
    return data.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")


def _transliterate(name: str) -> str:
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode("ascii")
    return " ".join(plain.split())
