"""The folder into which a mail server of the tests delivers (maildir(5))."""

import threading
import time
from collections.abc import Callable
from pathlib import Path


class Maildir:
    """Takes out what arrives in `folder`; `log` tells why nothing did."""

    def __init__(self, folder: Path, log: Callable[[], str]) -> None:
        self._new = folder / "new"
        self._log = log

    def wait(self, count: int, timeout: float) -> list[bytes]:
        """Take the next `count` mails out, oldest first, or TimeoutError with the log; seconds."""
        deadline, tick = time.monotonic() + timeout, threading.Event()
        while (arrived := len(self)) < count:
            if time.monotonic() > deadline:
                raise TimeoutError(f"{arrived} of {count} mails in {timeout} s\n{self._log()}")
            tick.wait(0.01)
        oldest = sorted(self._new.iterdir(), key=lambda path: path.stat().st_mtime_ns)
        return [take(path) for path in oldest[:count]]

    def __len__(self) -> int:
        return sum(1 for _ in self._new.iterdir()) if self._new.exists() else 0


def take(path: Path) -> bytes:
    """Read a file and remove it."""
    content = path.read_bytes()
    path.unlink()
    return content
