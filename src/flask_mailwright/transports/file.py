"""Writes each mail into a folder as an .eml file, which mail programs open; nothing is sent."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

from ..envelope import Envelope, Receipt, Reply, SealedMail
from ..errors import DeliveryError
from ..world import World

_WORLD = World()


class FileTransport:
    """Each mail is a file of its own, named by the moment; it is whole as soon as it is there.

    Two fields stand before the mail's own: `Return-Path`, and `X-Envelope-To` with all who were to
    get it, Bcc too. The folder is made when the first mail comes; only its user may read them.
    """

    local = True

    def __init__(self, folder: Path, world: World = _WORLD) -> None:
        self._folder = folder
        self._world = world

    @property
    def name(self) -> str:
        """The folder."""
        return self._folder.as_uri()

    def deliver(self, mail: SealedMail) -> Receipt:
        """Write it."""
        try:
            file = self._written(mail)
        except OSError as error:
            raise DeliveryError(
                f"{self._folder} cannot be written to ({error.strerror}): make room, or let this"
                " user write there",
                kind="temporary",
                stage="file",
            ) from error
        text = f"written to {file.name}"
        replies = [Reply(to.address, "relayed", text=text) for to in mail.envelope.recipients]
        return Receipt(mail.message_id, tuple(replies))

    def _written(self, mail: SealedMail) -> Path:
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        moment = datetime.fromtimestamp(self._world.now(), UTC)
        file = self._folder / f"{moment:%Y%m%dT%H%M%S.%f}-{mail.id}.eml"
        unfinished = file.with_suffix(".part")
        try:
            with os.fdopen(os.open(unfinished, _NEW, 0o600), "wb") as out:
                self._fill(out, mail)
            return unfinished.rename(file)
        except OSError:
            unfinished.unlink(missing_ok=True)
            raise

    def _fill(self, out: BinaryIO, mail: SealedMail) -> None:
        out.write(_fields(mail.envelope))
        out.write(mail.content)


_NEW = os.O_WRONLY | os.O_CREAT | os.O_TRUNC


def _fields(envelope: Envelope) -> bytes:
    people = ",\r\n ".join([recipient.address for recipient in envelope.recipients])
    return f"Return-Path: <{envelope.reverse_path}>\r\nX-Envelope-To: {people}\r\n".encode()
