"""A process beside the client's, so that its CPU time is not taken for the client's.

It says its port on standard output, and answers each line on its standard input with one of JSON.
It ends with its standard input.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

ROOT = Path(__file__).resolve().parents[1]
LEAVE = 30
"""Seconds in which it must have ended."""


class Beside:
    """Runs the module until the block ends; it listens on 127.0.0.1:`port`."""

    def __init__(
        self, module: str, *arguments: str, environ: Mapping[str, str] | None = None
    ) -> None:
        command = [sys.executable, "-m", module, *arguments]
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=ROOT, env=environ
        )
        self.port = int(self._answer())

    def ask(self, question: str) -> Any:
        stdin = self._process.stdin
        assert stdin is not None
        stdin.write(f"{question}\n".encode())
        stdin.flush()
        return self._answer()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._leave()

    def _leave(self) -> None:
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin is not None
        assert stdout is not None
        stdin.close()
        stdout.close()
        self._process.wait(timeout=LEAVE)

    def _answer(self) -> Any:
        stdout = self._process.stdout
        assert stdout is not None
        line = stdout.readline()
        if not line:
            self._leave()
            raise RuntimeError(f"{self._process.args!r} has ended")
        return json.loads(line)
