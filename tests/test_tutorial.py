"""The snippets of the tutorial that everybody begins with, unchanged but for the import line.

A real SMTP server on localhost, with STARTTLS and a login, takes the place of Gmail's.
"""

from collections.abc import Iterator
from email.message import EmailMessage
from types import SimpleNamespace
from typing import Any

import flask
import pytest

from flask_mailwright.testing import ReceivedMail, SMTPServer
from tests.apps import make_app, parsed
from tests.certificates import Certificates

CONFIGURATION = """
import os
from flask_mailwright import Mail

app.config['MAIL_SERVER'] = 'localhost'
app.config['MAIL_PORT'] = port
app.config['MAIL_USE_TLS'] = True
app.config['MAIL_USERNAME'] = os.environ.get('MAIL_USERNAME')
app.config['MAIL_PASSWORD'] = os.environ.get('MAIL_PASSWORD')

mail = Mail(app)
"""

SHELL_SESSION = """
from flask_mailwright import Message

msg = Message('test email', sender='you@example.com', recipients=['you@example.com'])
msg.body = 'This is the plain text body'
msg.html = 'This is the <b>HTML</b> body'
with app.app_context():
    mail.send(msg)
"""

SEND_EMAIL = """
from flask import render_template
from flask_mailwright import Message

app.config['FLASKY_MAIL_SUBJECT_PREFIX'] = '[Flasky]'
app.config['FLASKY_MAIL_SENDER'] = 'Flasky Admin <flasky@example.com>'
app.config['FLASKY_ADMIN'] = os.environ.get('FLASKY_ADMIN')

def send_email(to, subject, template, **kwargs):
    msg = Message(app.config['FLASKY_MAIL_SUBJECT_PREFIX'] + ' ' + subject,
                  sender=app.config['FLASKY_MAIL_SENDER'], recipients=[to])
    msg.body = render_template(template + '.txt', **kwargs)
    msg.html = render_template(template + '.html', **kwargs)
    mail.send(msg)
"""

ASYNCHRONOUS = """
from threading import Thread

def send_async_email(app, msg):
    with app.app_context():
        mail.send(msg)

def send_email(to, subject, template, **kwargs):
    msg = Message(app.config['FLASKY_MAIL_SUBJECT_PREFIX'] + ' ' + subject,
                  sender=app.config['FLASKY_MAIL_SENDER'], recipients=[to])
    msg.body = render_template(template + '.txt', **kwargs)
    msg.html = render_template(template + '.html', **kwargs)
    thr = Thread(target=send_async_email, args=[app, msg])
    thr.start()
    return thr
"""

ONE_LINE = """
send_email = mail.send_email
"""

VIEW = """
@app.route('/', methods=['GET', 'POST'])
def index():
    form = NameForm()
    if form.validate_on_submit():
        user = User.query.filter_by(username=form.name.data).first()
        if user is None:
            user = User(username=form.name.data)
            db.session.add(user)
            session['known'] = False
            if app.config['FLASKY_ADMIN']:
                send_email(app.config['FLASKY_ADMIN'], 'New User',
                           'mail/new_user', user=user)
        else:
            session['known'] = True
        session['name'] = form.name.data
        form.name.data = ''
        return redirect(url_for('index'))
    return render_template('index.html', form=form, name=session.get('name'),
                           known=session.get('known', False))
"""

TEMPLATES = {
    "mail/new_user.txt": "User {{ user.username }} has joined.\n",
    "mail/new_user.html": "User <b>{{ user.username }}</b> has joined.\n",
    "index.html": "Hello, {% if name %}{{ name }}{% else %}Stranger{% endif %}!",
}


ADMIN = "admin@example.com"
ENVIRONMENT = {
    "MAIL_USERNAME": "flasky@example.com",
    "MAIL_PASSWORD": "correct horse",
    "FLASKY_ADMIN": ADMIN,
}


class User:
    """The tutorial's model, as far as the view needs it; a list is its database."""

    rows: list["User"] = []  # noqa: RUF012

    class query:  # noqa: N801
        """`User.query.filter_by(username=...).first()`."""

        @staticmethod
        def filter_by(username: str) -> SimpleNamespace:
            """Those of that name."""
            found = [user for user in User.rows if user.username == username]
            return SimpleNamespace(first=lambda: found[0] if found else None)

    def __init__(self, username: str) -> None:
        self.username = username


class NameForm:
    """The tutorial's form without its package."""

    def __init__(self) -> None:
        self.name = SimpleNamespace(data=flask.request.form.get("name", ""))

    def validate_on_submit(self) -> bool:
        """Whether a name was sent."""
        return flask.request.method == "POST" and bool(self.name.data)


@pytest.fixture
def gmail(certificates: Certificates, monkeypatch: pytest.MonkeyPatch) -> Iterator[SMTPServer]:
    """The server and the environment that the tutorial assumes."""
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    User.rows.clear()
    login = {ENVIRONMENT["MAIL_USERNAME"]: ENVIRONMENT["MAIL_PASSWORD"]}
    with SMTPServer(tls=certificates.good.context, users=login, require_auth=True) as server:
        yield server


@pytest.fixture
def flasky(gmail: SMTPServer, certificates: Certificates) -> dict[str, Any]:
    """The names of the tutorial's module after its configuration block.

    The two keys that the one line needs are set too; the hand-written versions know them not.
    """
    app = make_app(
        TEMPLATES,
        SECRET_KEY="hard to guess",
        MAIL_TLS_CA_FILE=str(certificates.ca_file),
        MAIL_DEFAULT_SENDER="Flasky Admin <flasky@example.com>",
        MAIL_SUBJECT_PREFIX="[Flasky] ",
    )
    session = SimpleNamespace(add=User.rows.append)
    names: dict[str, Any] = {
        **{
            name: getattr(flask, name)
            for name in "session redirect render_template url_for".split()
        },
        "app": app,
        "port": gmail.port,
        "User": User,
        "NameForm": NameForm,
        "db": SimpleNamespace(session=session),
    }
    run(CONFIGURATION, names)
    return names


def run(snippet: str, names: dict[str, Any]) -> None:
    """As if it stood in the module."""
    exec(snippet, names)


def shown(mail: ReceivedMail) -> dict[str, object]:
    """All that a reader sees, without what differs from mail to mail."""
    message = parsed(mail)
    fields = {name: value for name, value in message.items() if name not in ("Message-ID", "Date")}
    return (
        fields
        | {
            part.get_content_type(): part.get_content()
            for part in message.iter_parts()
            if isinstance(part, EmailMessage)
        }
        | {
            "Content-Type": message.get_content_type(),
            "envelope": (mail.reverse_path, mail.recipients),
        }
    )


def test_the_shell_session(flasky: dict[str, Any], gmail: SMTPServer) -> None:
    """A first mail from a shell, over STARTTLS, after the login."""
    run(SHELL_SESSION, flasky)
    (mail,) = gmail.mails
    assert (mail.tls, mail.username) == (True, "flasky@example.com")
    assert shown(mail) == {
        "From": "you@example.com",
        "To": "you@example.com",
        "Subject": "test email",
        "MIME-Version": "1.0",
        "Content-Type": "multipart/alternative",
        "text/plain": "This is the plain text body",
        "text/html": "This is the <b>HTML</b> body",
        "envelope": ("you@example.com", ("you@example.com",)),
    }


@pytest.mark.parametrize(
    "snippets",
    [[SEND_EMAIL], [SEND_EMAIL, ASYNCHRONOUS], [SEND_EMAIL, ONE_LINE]],
    ids=("by hand", "in a thread", "in one line"),
)
def test_the_view_mails_the_admin(
    flasky: dict[str, Any], gmail: SMTPServer, snippets: list[str]
) -> None:
    """About a new user, and not about one who is known."""
    for snippet in [*snippets, VIEW]:
        run(snippet, flasky)
    client = flasky["app"].test_client()
    for name in ("ann", "ann", "bob"):
        page = client.post("/", data={"name": name}, follow_redirects=True)
        assert page.text == f"Hello, {name}!"
    gmail.wait(2)
    mails = sorted((shown(mail) for mail in gmail.mails), key=lambda mail: str(mail["text/plain"]))
    assert [mail["text/plain"] for mail in mails] == [
        "User ann has joined.",
        "User bob has joined.",
    ]
    assert mails[0] == {
        "From": "Flasky Admin <flasky@example.com>",
        "To": ADMIN,
        "Subject": "[Flasky] New User",
        "MIME-Version": "1.0",
        "Content-Type": "multipart/alternative",
        "text/plain": "User ann has joined.",
        "text/html": "User <b>ann</b> has joined.",
        "envelope": ("flasky@example.com", (ADMIN,)),
    }
    flasky["mail"].close()


def test_a_thread_to_join(flasky: dict[str, Any], gmail: SMTPServer) -> None:
    """What `send_email` returns in the tutorial's last version is joined; so is a ticket."""
    run(SEND_EMAIL, flasky)
    for snippet in (ASYNCHRONOUS, ONE_LINE):
        run(snippet, flasky)
        with flasky["app"].test_request_context():
            thr = flasky["send_email"](ADMIN, "New User", "mail/new_user", user=User("ann"))
        assert thr.join() is None
    first, second = gmail.mails
    assert shown(first) == shown(second)
    flasky["mail"].close()
