"""Perl's Email::MIME as the reader of our mail."""

import base64
import json
import shutil
import struct
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

PROGRAM = Path(__file__).with_name("parse.pl")


@dataclass(frozen=True, slots=True)
class ParsedPart:
    """A part that holds no others: `text` of text/*, `data` (bytes) of all else."""

    content_type: str
    charset: str | None
    text: str | None
    data: bytes | None
    filename: str | None
    content_id: str | None


@dataclass(frozen=True, slots=True)
class ParsedMail:
    """What the reader shows; names of header fields are in lower case.

    `headers` has subject, from, to, cc and reply-to, decoded, None when absent;
    `addresses` has the last four as pairs of display name ("" when absent) and addr-spec.
    """

    headers: Mapping[str, str | None]
    addresses: Mapping[str, tuple[tuple[str, str], ...]]
    parts: tuple[ParsedPart, ...]


class PerlParser:
    """One Perl process that reads any number of mails, one at a time."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            ["perl", PROGRAM], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )

    @staticmethod
    def missing() -> str | None:
        """Why the parser cannot run here, or None."""
        if shutil.which("perl") is None:
            return "perl is not installed"
        found = subprocess.run(["perl", "-MEmail::MIME", "-e1"], capture_output=True, check=False)
        return "not installed (apt install libemail-mime-perl)" if found.returncode else None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._process.communicate(timeout=10)

    def parse(self, content: bytes) -> ParsedMail:
        """Read one mail; ValueError with Perl's words when it cannot."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(struct.pack(">I", len(content)) + content)
        self._process.stdin.flush()
        answer = json.loads(self._process.stdout.readline())
        if "error" in answer:
            raise ValueError(answer["error"])
        return ParsedMail(
            headers=answer["headers"],
            addresses={
                name: tuple((phrase, address) for phrase, address in pairs)
                for name, pairs in answer["addresses"].items()
            },
            parts=tuple(parsed_part(part) for part in answer["parts"]),
        )


def parsed_part(part: dict[str, Any]) -> ParsedPart:
    """A part as Perl tells it."""
    data = part.pop("data")
    return ParsedPart(data=None if data is None else base64.b64decode(data), **part)
