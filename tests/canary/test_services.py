"""Databases and brokers that are away, or refuse the password, are told of without it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
import redis
import sqlalchemy  # noqa: F401 - it sets the level of its loggers
from celery import Celery
from flask import Flask

from flask_mailwright import Mail, MailError
from tests.apps import SENDER, kept, parsed
from tests.canary.forms import canary
from tests.canary.noise import Noise
from tests.canary.planted import BROKER, DATABASE, FILE, PLANTED
from tests.canary.relays import message
from tests.engines.jobs.brokers import reached
from tests.engines.outbox.databases import outbox_url
from tests.shop import NAMES, shop

PASSWORD = quote(DATABASE.text, safe="")
AT_BROKER = quote(BROKER.text, safe="")
PLAIN = canary("a password that is written as it is", "Wy6Cn3Rb8Kd5Qz2Mf7Ls")
SEEN = (*PLANTED, PLAIN)
DATABASES = {
    "PostgreSQL, away": f"postgresql+psycopg://ann:{PASSWORD}@127.0.0.1:1/shop",
    "PostgreSQL, refuses": f"postgresql+psycopg://nobody:{PASSWORD}@127.0.0.1/shop",
    "MariaDB, away": f"mariadb+pymysql://ann:{PASSWORD}@127.0.0.1:1/shop",
    "MariaDB, refuses": f"mariadb+pymysql://root:{PASSWORD}@127.0.0.1/shop",
    "no driver": f"postgresql+pg8000://ann:{PASSWORD}@127.0.0.1/shop",
    "no such driver": f"postgresql+{PLAIN.text}://ann:{PASSWORD}@127.0.0.1/shop",
    "an @ in the password": f"postgresql+psycopg://ann:p@{PLAIN.text}@127.0.0.1/shop",
    "a / in the password": f"postgresql+psycopg://ann:1/{PLAIN.text}@127.0.0.1",
    "a port that is none": f"postgresql+psycopg://ann:{PASSWORD}@127.0.0.1:{PLAIN.text}/shop",
    "an option": f"postgresql+psycopg://ann@127.0.0.1:1/shop?password={PLAIN.text}",
    "an option that is none": f"postgresql+psycopg://ann@127.0.0.1/shop?passwort={PLAIN.text}",
    "options of MariaDB": f"mariadb+pymysql://root@127.0.0.1/shop?password={PLAIN.text}",
}


@contextmanager
def an_app(folder: Path, **config: Any) -> Iterator[tuple[Flask, Mail]]:
    """With an engine that needs a service."""
    app = Flask("flasky", instance_path=str(folder))
    app.config.update(MAIL_URL="memory:", MAIL_DEFAULT_SENDER=SENDER, MAIL_ENGINE="outbox")
    app.config.update(MAIL_TIMING={"busy": 1, "connect": 1, "reply": 1}, **config)
    mail = Mail(app)
    try:
        yield app, mail
    finally:
        with suppress(MailError):
            mail.close()


def tried(noise: Noise, app: Flask, mail: Mail) -> None:
    """All that asks the service, in Python, from the command line and in a request."""
    try:
        noise.show_things(mail.send_later(message()))
    except MailError as error:
        noise.show_things(error)
    noise.show_things(app.extensions["mailwright"])
    with suppress(MailError):
        noise.show_things(*mail.send_many_later([message()]))
    for line in (
        ["check"],
        ["outbox", "list", "--json"],
        ["outbox", "show", "1"],
        ["outbox", "init"],
    ):
        result = app.test_cli_runner().invoke(args=["mail", *line])
        noise.show(result.output, result.stderr)
    app.test_client().get("/")


@pytest.mark.parametrize("which", DATABASES)
def test_a_database_that_takes_nothing(which: str, tmp_path: Path) -> None:
    """Whatever its driver says."""
    with Noise(SEEN) as noise:
        try:
            with an_app(tmp_path, MAIL_OUTBOX_URL=DATABASES[which]) as (app, mail):
                tried(noise, app, mail)
        except MailError as error:
            noise.show_error(error)
    assert noise.betrayals() == []


@pytest.mark.parametrize("name", ["postgresql", "mariadb"])
def test_a_database_that_takes_mail(name: str, tmp_path: Path) -> None:
    """SQLAlchemy and the drivers log no content, and what was relayed is not kept."""
    with (
        outbox_url(name, tmp_path) as url,
        Noise(PLANTED) as noise,
        an_app(tmp_path, MAIL_OUTBOX_URL=url) as (_, mail),
    ):
        ticket = mail.send_later(message())
        noise.show_things(ticket, ticket.wait(10), mail.ticket(ticket.id))
        assert any(logger.startswith("sqlalchemy") for logger in noise.loggers)
    assert noise.betrayals() == []


BROKERS = {
    "Redis, refuses": f"redis://:{AT_BROKER}@127.0.0.1:6379/7",
    "Redis, refuses a user": f"redis://ann:{AT_BROKER}@127.0.0.1:6379/7",
    "Redis, away": f"redis://:{AT_BROKER}@127.0.0.1:1/7",
    "RabbitMQ, refuses": f"amqp://ann:{AT_BROKER}@127.0.0.1:5672//",
    "RabbitMQ, away": f"amqp://ann:{AT_BROKER}@127.0.0.1:1//",
    "an @ in the password": f"amqp://ann:p@{PLAIN.text}@127.0.0.1:1//",
    "a / in the password": f"amqp://ann:1/{PLAIN.text}@127.0.0.1:1//",
    "a # in the password": f"amqp://ann:{PLAIN.text}#{PLAIN.text}@127.0.0.1:1//",
    "a / in a password of Redis": f"redis://:1/{PLAIN.text}@127.0.0.1:1/7",
    "a ? in a password of Redis": f"redis://:1?{PLAIN.text}@127.0.0.1:1/7",
    "a port that is none": f"redis://:{AT_BROKER}@127.0.0.1:{PLAIN.text}/7",
    "a scheme that is none": f"{PLAIN.text}://ann:{AT_BROKER}@127.0.0.1:1//",
    "no scheme": f"ann:{PLAIN.text}@127.0.0.1:1",
    "another library": f"sqs://ann:{AT_BROKER}@",
    "several": f"amqp://ann:{AT_BROKER}@127.0.0.1:1//;amqp://ann:p@{PLAIN.text}@127.0.0.1:1//",
    "Sentinel": f"sentinel://:{AT_BROKER}@127.0.0.1:1",
    "TLS": f"rediss://:{AT_BROKER}@127.0.0.1:6379/7?ssl_cert_reqs={PLAIN.text}",
    "a database that is none": f"redis://:{AT_BROKER}@127.0.0.1:6379/{PLAIN.text}",
}


@pytest.mark.parametrize("which", BROKERS)
def test_a_broker_of_celery_that_takes_nothing(which: str, tmp_path: Path) -> None:
    """Whatever Kombu and the clients say."""
    reached("redis")
    reached("rabbitmq")
    with (
        Noise(SEEN) as noise,
        an_app(tmp_path, MAIL_ENGINE="celery") as (app, mail),
    ):
        app.extensions["celery"] = Celery("shop", broker=BROKERS[which], set_as_current=False)
        tried(noise, app, mail)
    assert noise.betrayals() == []


@pytest.mark.parametrize("which", [name for name in BROKERS if "edis" in name])
def test_a_broker_of_rq_that_takes_nothing(which: str, tmp_path: Path) -> None:
    """Whatever its client says."""
    reached("redis")
    try:
        connection = redis.Redis.from_url(BROKERS[which])
    except ValueError:
        pytest.skip("the client refuses it, before we see it")
    with (
        Noise(SEEN) as noise,
        connection,
        an_app(tmp_path, MAIL_ENGINE="rq") as (app, mail),
    ):
        app.extensions["rq"] = connection
        tried(noise, app, mail)
    assert noise.betrayals() == []


@pytest.mark.parametrize("name", NAMES)
def test_a_mail_in_a_transaction_of_the_app(name: str, tmp_path: Path) -> None:
    """Where the app lets SQLAlchemy log its statements with their parameters."""
    config = {"MAIL_URL": "memory:", "SQLALCHEMY_ECHO": True}
    with Noise(PLANTED) as noise, shop(name, tmp_path, **config) as opened:
        with opened.app.app_context():
            opened.add("a book")
            ticket = opened.mail.send_later(message())
            opened.db.session.commit()
        assert ticket.wait(10).relayed
        (mail,) = kept(opened.app)
        assert [part.get_content() for part in parsed(mail).iter_attachments()] == [FILE.text]
    assert any(ticket.id in text for text in noise.seen)
    assert noise.betrayals() == []
