"""`flask mail catch`: a mail server for development, which shows and keeps what it gets."""

from __future__ import annotations

import os
import threading
from functools import partial
from pathlib import Path

import click
from flask import current_app
from flask.cli import with_appcontext

from ..compose.mime import read
from ..envelope import Envelope, Recipient, SealedMail
from ..testing import ReceivedMail, SMTPServer
from ..transports.file import FileTransport
from ..web.capture import Capture
from ..web.path import PREFIX
from ..world import World
from .app import app_state
from .terminal import say, shown


@click.command("catch")
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", type=click.IntRange(0, 65535), default=2525, show_default=True)
@click.option("--folder", type=click.Path(file_okay=False, path_type=Path), default=None,
    help="Where the .eml files go; mails in the instance folder, if not given.")  # fmt: skip
@with_appcontext
def command(host: str, port: int, folder: Path | None) -> None:
    """Take every mail, print it and keep it as an .eml file, until Ctrl-C.

    Nothing is sent on. Send to it with MAIL_URL=smtp://127.0.0.1:2525. The app's development
    mailbox shows it too, unless MAIL_MAILBOX is false.
    """
    folder = (folder or Path(current_app.instance_path) / "mails").absolute()
    _make(folder)
    capture: Capture = app_state().capture
    keep = partial(_keep, FileTransport(folder), capture)
    server = SMTPServer(host=host, port=port, on_mail=keep, keep=False)
    try:
        server.start()
    except OSError as error:
        raise click.ClickException(
            f"cannot listen at {host}, port {port}: {error.strerror}"
        ) from error
    shows = "" if capture.chosen is False else f", and the app's {PREFIX} shows them"
    say(f"catching mail: set MAIL_URL={server.url} in your app; files go to {folder}{shows}")
    try:
        threading.Event().wait()
    except KeyboardInterrupt:
        server.stop()
        say(f"caught: {server.count:,}")


def _make(folder: Path) -> None:
    """Rather now than with the first mail."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if not os.access(folder, os.W_OK):
            raise PermissionError
    except OSError as error:
        raise click.ClickException(f"{folder} cannot be written to: choose a --folder") from error


def _keep(files: FileTransport, capture: Capture, mail: ReceivedMail) -> None:
    parsed = read(mail.content)
    recipients = tuple([Recipient(address) for address in mail.recipients])
    envelope = Envelope(mail.reverse_path, recipients)
    sealed = SealedMail(
        World().token(), parsed.get("message-id"), parsed.get("subject"), envelope, mail.content
    )
    written = files.deliver(sealed).replies[0].text
    capture.caught(sealed)
    for line in lines_of(mail, written):
        say(line)


def lines_of(mail: ReceivedMail, written: str) -> list[str]:
    """As people read it."""
    parsed = read(mail.content)
    body = (parsed.text or parsed.html or "").rstrip()
    return [
        shown(f"{mail.reverse_path or '<>'} -> {', '.join(mail.recipients)}  ({written})"),
        *(f"{name}: {shown(parsed.get(name))}" for name in ("From", "To", "Subject")),
        *(shown(f"[{part.filename}, {part.content_type}]") for part in parsed.attachments),
        "",
        *map(shown, body.split("\n")),
        "-" * 72,
    ]
