"""The folder into which a mail server of the tests delivers (maildir(5)), and what lies in it."""

import shutil
import tempfile
import threading
import time
from collections.abc import Callable, Iterable
from pathlib import Path

from flask_mailwright import SealedMail

MEMORY = Path("/dev/shm")
ROOM = 1_000_000_000  # octets


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


def make_folder(server: str) -> Path:
    """A new folder for all files of a server that writes each mail to disk several times.

    Not pytest's folder: these servers leave root, and that one is root's alone.
    """
    memory = MEMORY.exists() and shutil.disk_usage(MEMORY).free > ROOM
    folder = Path(tempfile.mkdtemp(prefix=f"mailwright-{server}-", dir=MEMORY if memory else None))
    folder.chmod(0o755)
    return folder


def delivered(mail: bytes) -> tuple[str, bytes]:
    """To whom Postfix or Exim delivered, and what stands behind the header fields it added."""
    fields = dict(line.split(b": ", 1) for line in mail.split(b"\n")[:2])
    recipient = fields.get(b"X-Original-To") or fields[b"Envelope-to"]
    return recipient.decode(), mail[mail.index(b"\nFrom: ") + 1 :]


def copies(mails: Iterable[SealedMail]) -> list[tuple[str, bytes]]:
    """What must be delivered: each content once to each of its recipients."""
    return [
        (recipient.address, mail.content.replace(b"\r\n", b"\n"))
        for mail in mails
        for recipient in mail.envelope.recipients
    ]
