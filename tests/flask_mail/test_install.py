"""`import flask_mail` answered by us, for a whole process: so each case has one of its own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent


def run(program: str) -> str:
    """What a Python process prints, or the last line of its error."""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", program],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return done.stdout.strip() or done.stderr.strip().splitlines()[-1]


def test_install_answers_the_import() -> None:
    """From then on it is the same module, also when it is done twice."""
    assert "True 0.10.0" in run("""
from flask_mailwright import flask_mail as ours
ours.install()
ours.install()
import flask_mail
from flask_mail import Mail, Message, Connection, Attachment, BadHeaderError
print(flask_mail is ours and Mail is ours.Mail, flask_mail.__version__)
""")


def test_install_behind_the_real_one_is_an_error() -> None:
    """Two of them would know nothing of each other."""
    assert "RuntimeError: flask_mail is imported already, from" in run("""
import flask_mail
from flask_mailwright.flask_mail import install
install()
""")


def test_every_public_name_of_flask_mail_is_there() -> None:
    """All that its module defines itself."""
    assert run("""
import flask_mail as theirs
from flask_mailwright import flask_mail as ours
own = {name for name, value in vars(theirs).items()
       if getattr(value, "__module__", "flask_mail") == "flask_mail" and name[:2] != "__"}
own |= {"signals", "email_dispatched"}
print(sorted(own - set(dir(ours)) - {"__getattr__", "_has_newline"}), len(own) > 12)
""").endswith("True")


def test_every_public_attribute_of_its_classes_is_there() -> None:
    """Methods and properties of Message, Connection, Attachment, Mail and its state."""
    assert (
        run("""
import flask_mail as theirs
from flask_mailwright import flask_mail as ours
for name in "Message Connection Attachment Mail _Mail _MailMixin".split():
    public = {each for each in dir(getattr(theirs, name)) if not each.startswith("_")}
    missing = public - set(dir(getattr(ours, name)))
    assert not missing, (name, missing)
print("all")
""")
        == "all"
    )


def test_flask_security_sends_its_mail_with_us() -> None:
    """Registration, confirmation and reset over a real server: the mails, and the links in them."""
    assert run((HERE / "flask_security_app.py").read_text()).split("\n") == [
        "Welcome",
        "Password reset instructions",
        "Your password has been reset",
    ]
