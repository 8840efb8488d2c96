"""A file that goes with a message: its data in memory, or a path that is read when it is sealed."""

from __future__ import annotations

import os
import re
import unicodedata
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Protocol

from .compose import checks
from .compose.mime import Part
from .compose.mime.parameters import parse_content_type
from .compose.mime.transfer import is_seven_bit
from .errors import MessageError

_ORDER = "not text: the order is filename, content_type, data"
_CID = r"[!-;=?-~]{1,900}"


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
        if not isinstance(content_type, str | None):
            raise MessageError([f"the content type is {type(content_type).__name__}, {_ORDER}"])
        if (data is None) == (path is None):
            raise ValueError("The 'data' argument is required, or 'path' in its place.")
        self.filename = filename if filename is not None else _name_of(path, data)
        self.data: Data | None = _read_now(data)
        self.path = path
        self.content_type = content_type or _guess(self.filename, self.data)
        self.disposition = disposition or "attachment"
        self.headers: dict[str, str] = dict(headers or {})

    def __repr__(self) -> str:
        return f"<Attachment {self.filename or 'unnamed'} ({self.content_type})>"

    def part(self, *, ascii_name: bool = False) -> Part:
        """The file as it will be written, its path read now; MessageError names all faults."""
        field, check = f"attachment {self.filename!r}", checks.Check()
        kind, parameters = check(
            ("text/plain", {}), parse_content_type, f"{field}: content_type", self.content_type
        )
        data = check(b"", self._octets, field, parameters.get("charset", "utf-8"))
        check(None, self._check_type, field, kind, data)
        name = check("", checks.line, f"{field}: its name", self.filename or "")
        cid, headers = check(("", ()), self._headers, field)
        if self.disposition not in {"attachment", "inline"}:
            check.faults.append(f"{field}: disposition must be attachment or inline")
        check.finish()
        whole = self._whole_type(kind, parameters)
        if kind.startswith("message/"):
            data = _with_crlf(data)
        return Part(
            whole,
            data,
            _transliterate(name) if ascii_name else name,
            self.disposition,
            cid,
            headers,
        )

    def _octets(self, field: str, label: str) -> bytes:
        if self.path is not None:
            return _read(self.path, field)
        if isinstance(self.data, str):
            charset = checks.charset(label, f"{field}: charset")
            return checks.text(field, self.data, charset).encode(charset)
        if isinstance(self.data, bytes | bytearray | memoryview):
            return bytes(self.data)
        raise MessageError([f"{field}: data is {type(self.data).__name__}, not bytes or text"])

    def _check_type(self, field: str, kind: str, data: bytes) -> None:
        if kind.startswith("message/") and not is_seven_bit(_with_crlf(data)):
            raise MessageError(
                [f"{field} is a {kind} with 8-bit octets or lines over 998, which no mail may carry"
                 " (RFC 2046 §5.2.1); attach it as application/octet-stream"]
            )  # fmt: skip
        if kind.startswith("multipart/"):
            raise MessageError([f"{field}: a file cannot be {kind}"])

    def _whole_type(self, kind: str, parameters: Mapping[str, str]) -> str:
        """With its parameters as written, and the charset of a text that was encoded here."""
        whole = kind + self.content_type.strip()[len(kind) :]
        encoded = isinstance(self.data, str) and kind.startswith("text/")
        return f"{whole}; charset=utf-8" if encoded and "charset" not in parameters else whole

    def _headers(self, field: str) -> tuple[str, tuple[tuple[str, str], ...]]:
        found = checks.file_fields(self.headers, field)
        named = [name for name in found if name.lower() == "content-id"]
        cid = found.pop(named[0]).strip("<>") if named else ""
        if named and not re.fullmatch(_CID, cid):
            raise MessageError([f"{field}: Content-ID must read <left@right>, ASCII, no spaces"])
        return cid, tuple(found.items())


def _read_now(data: Any) -> Data | None:
    """An upload and a temporary file have `read` only when they are asked for it."""
    read = getattr(data, "read", None)
    return read() if callable(read) else data  # type: ignore[no-any-return]


def _name_of(path: object, data: object) -> str | None:
    """An upload's own name is `filename`; its `name` is that of the form's field."""
    source = path
    if path is None:
        source = getattr(data, "filename", None) or getattr(data, "name", None)
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
