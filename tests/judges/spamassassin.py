"""Debian's SpamAssassin, by its local rules, as the judge of how our mail looks to a filter."""

import json
import shutil
import struct
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import formatdate
from pathlib import Path
from types import TracebackType
from typing import Self

PROGRAM = Path(__file__).with_name("score.pl")
RECEIVED = """\
Received: from relay.flasky.example (relay.flasky.example [93.184.215.14])\r
\tby mx.example.net (Postfix) with ESMTPS id 4F2aB91c for <reader@example.net>; {date}\r
Received: from app.flasky.example (app.flasky.example [10.0.0.7])\r
\tby relay.flasky.example (Postfix) with ESMTPSA id 7D1cE02a; {date}\r
"""
"""What the reader's server and the relay write on top: without it many rules have no say."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """The points, and the rules that gave them; from 5 on it is spam."""

    score: float
    rules: Mapping[str, float]


class SpamAssassin:
    """One Perl process that judges any number of mails, one at a time."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            ["perl", "-T", PROGRAM], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )

    @staticmethod
    def missing() -> str | None:
        """Why it cannot run here, or None."""
        if shutil.which("perl") is None:
            return "perl is not installed"
        command = ["perl", "-MMail::SpamAssassin", "-e1"]
        found = subprocess.run(command, capture_output=True, check=False)
        return "not installed (apt install spamassassin)" if found.returncode else None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._process.communicate(timeout=10)

    def judge(self, content: bytes) -> Verdict:
        """Judge one mail as it comes in from another host."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        mail = RECEIVED.format(date=formatdate()).encode() + content
        self._process.stdin.write(struct.pack(">I", len(mail)) + mail)
        self._process.stdin.flush()
        return Verdict(**json.loads(self._process.stdout.readline()))
