"""An app with Flask-Security, run by test_install.py: registration, confirmation, reset."""

import re
from urllib.parse import urlsplit

from flask_mailwright import flask_mail

flask_mail.install()

from flask import Flask  # noqa: E402
from flask_mail import Mail  # noqa: E402
from flask_security import Security, SQLAlchemyUserDatastore  # noqa: E402
from flask_security.models import fsqla_v3 as models  # noqa: E402
from flask_sqlalchemy import SQLAlchemy  # noqa: E402

from flask_mailwright.testing import SMTPServer  # noqa: E402

ANN, PASSWORD, CHANGED = "ann@example.com", "battery staple horse", "correct horse battery"


def make_app(server: SMTPServer) -> Flask:
    """As Flask-Security's users have it, with an account that must be confirmed."""
    app = Flask("shop")
    app.config.update(
        SECRET_KEY="not so secret",
        SECURITY_PASSWORD_SALT="salt",
        SECURITY_PASSWORD_HASH="pbkdf2_sha512",
        SECURITY_EMAIL_VALIDATOR_ARGS={"check_deliverability": False},
        SECURITY_REGISTERABLE=True,
        SECURITY_CONFIRMABLE=True,
        SECURITY_RECOVERABLE=True,
        SECURITY_USE_REGISTER_V2=True,
        SQLALCHEMY_DATABASE_URI="sqlite://",
        WTF_CSRF_ENABLED=False,
        MAIL_SERVER=server.host,
        MAIL_PORT=server.port,
        MAIL_DEFAULT_SENDER=("Acme, Inc.", "shop@example.com"),
    )
    db = SQLAlchemy(app)
    models.FsModels.set_db_info(db)  # type: ignore[attr-defined, no-untyped-call]

    class Role(db.Model, models.FsRoleMixin):  # type: ignore[name-defined, misc]
        """What somebody may do."""

    class User(db.Model, models.FsUserMixin):  # type: ignore[name-defined, misc]
        """Somebody."""

    Mail(app)
    Security(app, SQLAlchemyUserDatastore(db, User, Role))
    with app.app_context():
        db.create_all()
    return app


def link_in(server: SMTPServer, number: int) -> str:
    """The way that the newest mail shows, of so many."""
    mail = server.wait(number)[-1]
    assert mail.recipients == (ANN,)
    assert b'From: "Acme, Inc." <shop@example.com>' in mail.content
    found = re.search(rb"http://localhost(/\S+/[\w.-]+)", mail.content.replace(b"=\r\n", b""))
    assert found, mail.content
    return urlsplit(found[1].decode()).path


def main() -> None:
    """Each step needs the mail of the one before."""
    with SMTPServer() as server:
        client = make_app(server).test_client()
        both = {"password": PASSWORD, "password_confirm": PASSWORD}
        assert client.post("/register", data={"email": ANN, **both}).status_code == 302
        confirm = link_in(server, 1)
        assert client.post("/login", data={"email": ANN, "password": PASSWORD}).status_code == 200
        assert client.get(confirm).status_code == 302
        client.post("/logout")
        assert client.post("/reset", data={"email": ANN}).status_code in (200, 302)
        reset = link_in(server, 2)
        both = {"password": CHANGED, "password_confirm": CHANGED}
        assert client.post(reset, data=both).status_code == 302
        assert b"reset" in server.wait(3)[-1].content
        client.post("/logout")
        assert client.post("/login", data={"email": ANN, "password": CHANGED}).status_code == 302
        for mail in server.mails:
            print(re.findall(rb"Subject: (.*)\r", mail.content)[0].decode())


main()
