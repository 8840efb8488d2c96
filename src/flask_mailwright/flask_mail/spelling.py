"""The content of a mail as Flask-Mail spells it: for `as_string`, which tests look into."""

from __future__ import annotations

import re

_BOUNDARY = r'boundary="=_[abc]([0-9a-f]+)"'
_FOLD = r"\r\n(?=[ \t])"
_CHARSET = r"; charset=([\w.-]+)"
_PIECES = r"filename(?:\*0)?\*=utf-8''([^;\s]*)((?:; filename\*\d+\*=[^;\s]*)*)"
_NUMBER = r"; filename\*\d+\*="


def respelled(content: str, subject: str) -> str:
    """The header of each part unfolded; `subject` as it was written, if that was in lines."""
    found = re.search(_BOUNDARY, content)
    begins = rf"(?:\A|(?<=\r\n)--=_[abc]{found[1]}\r\n)" if found else r"\A"
    told = re.sub(rf"(?s){begins}.*?\r\n\r\n", lambda head: _respelled(head[0]), content)
    if "\r\n" in subject and subject.isascii():
        return re.sub(r"(?m)^Subject: .*\r\n", lambda _: f"Subject: {subject}\r\n", told, count=1)
    return told


def _respelled(head: str) -> str:
    unfolded = re.sub(_FOLD, "", head)
    quoted = re.sub(_CHARSET, r'; charset="\1"', unfolded)
    return re.sub(_PIECES, _filename, quoted)


def _filename(found: re.Match[str]) -> str:
    return f"filename*=UTF8''{found[1]}{re.sub(_NUMBER, '', found[2])}"
