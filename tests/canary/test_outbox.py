"""The outbox: no secret is ever in it, and no content of a mail that was relayed."""

from __future__ import annotations

from pathlib import Path

from flask import Flask

from flask_mailwright import Mail
from flask_mailwright.testing import SMTPServer
from tests.canary.noise import Noise
from tests.canary.planted import IN_URL, PLANTED, SECRETS
from tests.canary.relays import answer, config_for, message
from tests.testing.raw_client import eventually


def make_shop(folder: Path, server: SMTPServer) -> tuple[Flask, Mail]:
    """With an outbox in that folder."""
    app = Flask("flasky", instance_path=str(folder))
    app.config.update(config_for(server, MAIL_ENGINE="outbox"))
    return app, Mail(app)


def octets(folder: Path) -> list[str]:
    """Of each file there, as they are."""
    return [file.read_bytes().decode("latin-1") for file in sorted(folder.iterdir())]


def test_mail_that_fails(tmp_path: Path) -> None:
    """Its reply is kept, and shown to who asks, without the login that the relay repeats."""
    with SMTPServer(users={"nobody": "x"}) as server, Noise(SECRETS) as noise:
        server.fault("auth", answer(IN_URL, 535), times=None)
        app, mail = make_shop(tmp_path, server)
        ticket = mail.send_later(message())
        runner = app.test_cli_runner()
        show = ["mail", "outbox", "show", ticket.id, "--json"]
        assert eventually(lambda: "535" in runner.invoke(args=show).output)
        for line in (show, show[:-1], ["mail", "outbox", "list", "--json"]):
            noise.show(runner.invoke(args=line).output)
        noise.show(*octets(tmp_path))
        mail.close()
        noise.show(*octets(tmp_path))
    assert noise.betrayals() == []


def test_mail_that_was_relayed(tmp_path: Path) -> None:
    """Its content is in no octet of the file, nor of SQLite's WAL once that was wiped."""
    with SMTPServer(users={"nobody": "x"}) as server, Noise(PLANTED) as noise:
        server.fault("auth", "235 2.7.0 welcome", times=None)
        app, mail = make_shop(tmp_path, server)
        tickets = [mail.send_later(message(number=number)) for number in range(5)]
        assert {ticket.wait(10).relayed[0].action for ticket in tickets} == {"relayed"}
        assert eventually(lambda: wal_after_prune(app, tmp_path) == 0)
        noise.show(*octets(tmp_path))
        mail.close()
        noise.show(*octets(tmp_path))
    assert noise.betrayals() == []


def wal_after_prune(app: Flask, folder: Path) -> int:
    """Octets of it, behind what a process that delivers does each hour by itself."""
    app.test_cli_runner().invoke(args=["mail", "outbox", "prune"])
    return (folder / "mailwright-outbox.sqlite-wal").stat().st_size
