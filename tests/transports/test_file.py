"""Mails as .eml files, which mail programs open."""

from __future__ import annotations

import stat
from email import policy
from email.parser import BytesParser
from pathlib import Path

import pytest

from flask_mailwright import DeliveryError, Message
from flask_mailwright.transports import deliver
from flask_mailwright.transports.file import FileTransport
from flask_mailwright.world import World
from tests.apps import ANN, BOB, make_mail
from tests.smtp.script import CONTENT, a_mail


def test_a_mail_is_a_file(tmp_path: Path) -> None:
    """Whole, for its user alone, with the envelope in front: who was in Bcc is to be seen there."""
    folder = tmp_path / "new" / "mails"
    _, mail = make_mail(MAIL_URL=folder.as_uri())
    receipt = mail.send(Message("Grüße", [ANN], "Hello", bcc=[BOB]))
    (file,) = folder.iterdir()
    assert file.suffix == ".eml"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    read = BytesParser(policy=policy.default).parsebytes(file.read_bytes())
    assert (read["subject"], read["to"]) == ("Grüße", ANN)
    assert read["x-envelope-to"] == f"{ANN}, {BOB}"
    assert read["return-path"] == "<flasky@example.com>"
    assert [reply.text for reply in receipt.relayed] == [f"written to {file.name}"] * 2
    assert read.get_content().strip() == "Hello"


def test_files_stand_in_order_of_time(tmp_path: Path) -> None:
    """Each mail has one."""
    now = 1_000_000_000.0
    transport = FileTransport(tmp_path, World(now=lambda: now))
    for _ in range(3):
        transport.deliver(a_mail(ANN)._replace(id=f"{10 - now % 10:.0f}"))
        now += 1
    files = sorted(tmp_path.iterdir())
    assert [file.name[:15] for file in files] == [f"20010909T01464{n}" for n in range(3)]
    assert all(file.read_bytes().endswith(CONTENT) for file in files)


def test_what_cannot_be_written_is_told(tmp_path: Path) -> None:
    """It may pass, and the folder is named."""
    (tmp_path / "file").write_text("no folder")
    receipt = deliver(FileTransport(tmp_path / "file"), a_mail(ANN))
    assert isinstance(receipt.error, DeliveryError)
    assert (receipt.error.kind, receipt.error.stage) == ("temporary", "file")
    assert str(tmp_path) in str(receipt.error)


@pytest.mark.parametrize("url", ["file:mails", "file://host/mails", "file:///a?b=c", "file:///%ff"])
def test_urls_that_name_no_folder(url: str) -> None:
    """It must be absolute, on this machine."""
    with pytest.raises(Exception, match="file:///folder"):
        make_mail(MAIL_URL=url)


def test_what_was_not_finished_is_gone(tmp_path: Path) -> None:
    """Each try would leave one else."""

    class Full(FileTransport):
        def _fill(self, *arguments: object) -> None:
            raise OSError(28, "No space left on device")

    receipt = deliver(Full(tmp_path), a_mail(ANN))
    assert receipt.error is not None
    assert "No space left" in str(receipt.error)
    assert list(tmp_path.iterdir()) == []
