"""MAIL_DEBUG is seen by whoever sets it, and nobody sees a secret."""

import base64
import subprocess
import sys

from flask_mailwright.testing import SMTPServer

SCRIPT = """
import sys
from flask import Flask
from flask_mailwright import Mail, Message
app = Flask("x")
app.config.update(MAIL_URL=sys.argv[1], MAIL_DEBUG=True, MAIL_DEFAULT_SENDER="a@example.com")
Mail(app).send(Message("Hi", ["b@example.com"], "a private word"))
"""


def test_the_dialogue_is_on_standard_error_without_password_and_body() -> None:
    """An application that has not set up logging sees the talk all the same, and no secret."""
    with SMTPServer(users={"ann": "hunter2"}) as server:
        url = f"smtp://ann:hunter2@127.0.0.1:{server.port}"
        command = [sys.executable, "-W", "error", "-c", SCRIPT, url]
        shown = subprocess.run(command, capture_output=True, text=True, check=True).stderr
    assert "C: AUTH PLAIN ***" in shown
    assert "S: 250" in shown
    coded = base64.b64encode(b"\0ann\0hunter2").decode()
    assert not [secret for secret in ("hunter2", coded, "private") if secret in shown]
