"""Perl's Mail::DKIM as the verifier of our signatures; Debian's knows RSA alone."""

import json
import shutil
import struct
import subprocess
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

PROGRAM = Path(__file__).with_name("verify.pl")


class MailDkim:
    """One Perl process that verifies any number of mails; `records` is all that DNS has."""

    def __init__(self, records: Mapping[str, str]) -> None:
        self._process = subprocess.Popen(
            ["perl", PROGRAM], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        self._hand_over(json.dumps(dict(records)).encode())

    @staticmethod
    def missing() -> str | None:
        """Why it cannot run here, or None."""
        if shutil.which("perl") is None:
            return "perl is not installed"
        found = subprocess.run(["perl", "-MMail::DKIM", "-e1"], capture_output=True, check=False)
        return "not installed (apt install libmail-dkim-perl)" if found.returncode else None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._process.communicate(timeout=10)

    def verdicts(self, content: bytes) -> list[tuple[str, str]]:
        """Of each signature its algorithm, and `pass` or what is wrong."""
        assert self._process.stdout is not None
        self._hand_over(content)
        answer = json.loads(self._process.stdout.readline())
        return [(algorithm, verdict) for algorithm, verdict in answer]

    def _hand_over(self, octets: bytes) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(struct.pack(">I", len(octets)) + octets)
        self._process.stdin.flush()
