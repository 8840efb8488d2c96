"""`flask mail send-test` and `flask mail catch`: over real sockets, in real processes."""

import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

from click.testing import Result
from flask import Flask

from flask_mailwright import Mail
from flask_mailwright.cli.catch import lines_of
from flask_mailwright.testing import ReceivedMail, SMTPServer
from tests.apps import ANN, BOB, SENDER, parsed, text_of
from tests.testing.raw_client import eventually


def send_test(*arguments: str, **config: Any) -> Result:
    """What it says in an app with these keys."""
    app = Flask("shop")
    app.config.update({"MAIL_DEFAULT_SENDER": SENDER, **config})
    Mail(app)
    return app.test_cli_runner().invoke(args=["mail", "send-test", *arguments])


def test_a_test_mail_arrives_and_the_relay_is_quoted() -> None:
    """Text and HTML in several scripts; exit code 0."""
    with SMTPServer() as server:
        result = send_test(ANN, MAIL_URL=server.url)
        (mail,) = server.mails
    assert result.exit_code == 0
    assert result.stdout == f"{ANN}: relayed 250 2.0.0 ok: queued as 1\n"
    assert parsed(mail)["subject"] == "Test mail from shop"
    assert "спасибо" in text_of(mail)
    assert "спасибо" in text_of(mail, "html")


def test_who_was_not_reached_is_told() -> None:
    """Exit code 1, each recipient's reply, and the error."""
    with SMTPServer() as server:
        server.refuse("rcpt", 550, address=BOB)
        result = send_test(ANN, BOB, MAIL_URL=server.url)
        server.stop()
        down = send_test(ANN, MAIL_URL=server.url)
    assert result.exit_code == down.exit_code == 1
    assert f"{BOB}: failed 550 5.0.0 refused on demand" in result.stdout
    assert f"{ANN}: relayed" in result.stdout
    assert "refused the connection" in down.stdout


def test_over_a_route_and_over_several_relays() -> None:
    """As all mail goes; what was tried before is told; a route that is not there is an error."""
    with SMTPServer() as first, SMTPServer() as second:
        first.drop("banner", times=None)
        routes = {"news": f"failover({first.url} {second.url})"}
        result = send_test(ANN, "--route", "news", MAIL_URL="memory:", MAIL_ROUTES=routes)
        assert second.count == 1
    assert "tried before: smtp://127.0.0.1" in result.stdout
    assert send_test(ANN, "--route", "no", MAIL_URL="memory:").exit_code == 1


def test_catch_prints_and_keeps(tmp_path: Path) -> None:
    """Until Ctrl-C."""
    (tmp_path / "app.py").write_text(
        "from flask import Flask\nfrom flask_mailwright import Mail\n"
        "app = Flask(__name__)\napp.config['MAIL_URL'] = 'memory:'\nMail(app)\n"
    )
    command = [sys.executable, "-m", "flask", "--app", "app", "mail", "catch", "--port", "0"]
    with subprocess.Popen(
        [*command, "--folder", "mails"], cwd=tmp_path, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        url = process.stdout.readline().split("MAIL_URL=")[1].split()[0]
        send_test(ANN, MAIL_URL=url)
        eventually(lambda: any((tmp_path / "mails").glob("*.eml")))
        process.send_signal(signal.SIGINT)
        told = process.communicate(timeout=20)[0]
    (file,) = (tmp_path / "mails").glob("*.eml")
    assert told.startswith(f"{SENDER} -> {ANN}  (written to {file.name})\nFrom: {SENDER}\n")
    assert "Subject: Test mail from shop\n\nThis is a test of shop" in told
    assert told.endswith("caught: 1\n")
    assert f"X-Envelope-To: {ANN}" in file.read_text()


def test_catch_shows_no_control_characters() -> None:
    """Whatever a hostile mail is called."""
    name = b"filename*=utf-8''%1b%5b2J%0aFAKE"
    content = b"Subject: =?utf-8?q?=1b[2J?=\r\nContent-Disposition: attachment; " + name
    mail = ReceivedMail(
        "a\x1b@x", (ANN,), content + b"\r\n\r\nx\x1b[2J", (), ((),), None, False, "", 1
    )
    lines = lines_of(mail, "written to x")
    assert all(line.isprintable() for line in lines)


def test_a_folder_that_cannot_be_written_to(tmp_path: Path) -> None:
    """Told at once."""
    (tmp_path / "file").write_text("")
    app = Flask("shop")
    app.config["MAIL_URL"] = "memory:"
    Mail(app)
    folder = str(tmp_path / "file" / "mails")
    result = app.test_cli_runner().invoke(args=["mail", "catch", "--port", "0", "--folder", folder])
    assert result.exit_code == 1
    assert "choose a --folder" in result.output
