"""What becomes of queued mails when a process ends or forks: scripts in processes of their own."""

import subprocess
import sys

from flask_mailwright.testing import SMTPServer
from tests.apps import parsed

PREAMBLE = """
import os, sys, time
from flask import Flask
from flask_mailwright import Mail, Message
from flask_mailwright.engines.threads import ThreadsEngine

def impatient(delivery):
    return ThreadsEngine(delivery, patience=0.2)

app = Flask("script")
app.config.update(MAIL_URL=sys.argv[1], MAIL_DEFAULT_SENDER="a@example.com")
app.config.from_prefixed_env()
mail = Mail(app)

def later(subject):
    return mail.send_later(Message(subject, ["b@example.com"], "Hello"))
"""


def run(server: SMTPServer, script: str, **environment: str) -> str:
    """What the script wrote to standard error; it must end well within 20 seconds."""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", PREAMBLE + script, server.url],
        capture_output=True,
        text=True,
        timeout=20,
        env={"PYTHONPATH": ":".join(sys.path), **environment},
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stderr


def subjects(server: SMTPServer) -> list[str]:
    """What arrived, in no order."""
    return sorted(parsed(mail)["Subject"] for mail in server.mails)


def test_a_graceful_exit_drains() -> None:
    """A script may end right after its last `send_later`."""
    with SMTPServer(latency=0.02) as server:
        assert run(server, "for n in range(12): later(f'{n:02}')") == ""
        assert subjects(server) == [f"{n:02}" for n in range(12)]


def test_an_exit_after_close() -> None:
    """There is nothing left to do."""
    with SMTPServer() as server:
        assert run(server, "later('a'); mail.close(); later('b')") == ""
        assert subjects(server) == ["a", "b"]


def test_an_exit_gives_up_when_nothing_moves() -> None:
    """One line says how many mails are lost; a relay that is silent does not hold the process."""
    with SMTPServer() as server:
        server.stall("banner", times=None)
        said = run(server, "for n in range(6): later('x')", FLASK_MAIL_ENGINE="__main__:impatient")
        assert said == "6 mails were not sent before the process ended\n"
        assert server.count == 0


def test_a_forked_child_sends_its_own_mails_only() -> None:
    """Its parent's stay its parent's: nothing is sent twice, and nothing is lost."""
    script = """
for n in range(8): later(f"parent {n}")
child = os.fork()
if child == 0:
    ticket = later("child")
    assert ticket.wait(10).relayed, ticket.wait(0)
    assert mail.flush(10)  # the parent may still have some in hand
    sys.exit(0)
assert os.waitpid(child, 0)[1] == 0
mail.close()
"""
    with SMTPServer(latency=0.05) as server:
        assert run(server, script) == ""
        assert subjects(server) == ["child", *(f"parent {n}" for n in range(8))]


def test_a_child_that_is_forked_before_the_first_mail() -> None:
    """As with a server that loads the app and then forks its workers."""
    script = """
children = []
for n in range(3):
    children.append(os.fork())
    if children[-1] == 0:
        later(f"child {n}")
        sys.exit(0)
assert [os.waitpid(child, 0)[1] for child in children] == [0, 0, 0]
"""
    with SMTPServer() as server:
        assert run(server, script) == ""
        assert subjects(server) == ["child 0", "child 1", "child 2"]
