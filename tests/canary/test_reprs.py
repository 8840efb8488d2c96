"""Whatever hangs on an app's mail can be shown: by a repr, by str, and as a pickled error."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from flask import Flask

import flask_mailwright.flask_mail
from flask_mailwright import ConfigError, Mail, MailError
from flask_mailwright.engines.outbox.choice import place
from flask_mailwright.secret import Secret
from flask_mailwright.testing import SMTPServer
from tests.canary.forms import canary, of_pem
from tests.canary.noise import Noise, reachable
from tests.canary.planted import BROKER, CLIENT, DATABASE, PLANTED, REFRESH
from tests.canary.relays import by_keys, config_for, message, opened
from tests.signed import keys_of, pem


def at_database(name: str) -> str:
    """The URL of one that is not there."""
    return f"{name}://ann:{quote(DATABASE.text, safe='')}@127.0.0.1:1/shop"


KEY = of_pem("MAIL_DKIM_KEY", pem())
POSTMARK = canary("token that is the user too", "Wd5Lc9Rk2Vz7Gx4Hn8Tb3Jq6")
ACCOUNT = {
    "token_url": "http://127.0.0.1:1/token",
    "client_id": "shop",
    "client_secret": CLIENT.text,
    "refresh_token": REFRESH.text,
}
CONFIGS: dict[str, dict[str, Any]] = {
    "account": {"MAIL_OAUTH2_TOKEN": ACCOUNT},
    "postmark": {"MAIL_URL": f"postmark+smtp://{POSTMARK.text}@"},
    "postgresql": {"MAIL_OUTBOX_URL": at_database("postgresql")},
    "threads": {"MAIL_ENGINE": "threads"},
    "outbox": {"MAIL_ENGINE": "outbox"},
    "celery": {"MAIL_ENGINE": "celery"},
    "rq": {"MAIL_ENGINE": "rq"},
    "staged": {"MAIL_REDIRECT_TO": "dev@example.com"},
    "signed": keys_of("example.com"),
}


@pytest.mark.parametrize("which", CONFIGS)
@pytest.mark.parametrize("made", [Mail, flask_mailwright.flask_mail.Mail])
def test_all_that_hangs_on_an_app(which: str, made: type[Any], tmp_path: Path) -> None:
    """Its Mail, state, configuration, routes, relays, pools and engine."""
    with SMTPServer() as server, Noise([*PLANTED, *KEY, POSTMARK]) as noise:
        app = Flask("flasky", instance_path=str(tmp_path))
        app.config.update(config_for(server, **CONFIGS[which]))
        mail = made(app)
        state = app.extensions["mailwright"]
        noise.show_things(mail, state, state.engine, state.config, state.config.outbox)
        noise.show(place(state.config.outbox))
        assert sum(isinstance(each, Secret) for each in reachable(state)) >= 3
        mail.close()
    assert noise.betrayals() == []


def test_errors_as_other_processes_get_them() -> None:
    """Pickled, with all that was set on them."""
    with (
        SMTPServer(users={"nobody": "x"}) as server,
        Noise(PLANTED) as noise,
        opened(config_for(server, **by_keys(server))) as (_, mail),
    ):
        for route in ("", "group"):
            with pytest.raises(MailError) as caught:
                mail.send(message(route))
            noise.show(pickle.dumps(caught.value).decode("latin-1"))
            noise.show_things(pickle.loads(pickle.dumps(caught.value)))
    assert noise.betrayals() == []


ROUTES: dict[str, Callable[[str], object]] = {
    "a URL that is none": lambda name: f"smtp//ann:{BROKER.text}@host",
    "two faults": lambda name: f"smtp://ann:{quote(BROKER.text)}@host:port?x=1",
    "no text": lambda name: BROKER,
    "a module": lambda name: "python:Nb9Sz2Gw6Lp1Xk8:Vd3Hq5Mt",
}


@pytest.mark.parametrize("which", ROUTES)
def test_a_callable_that_gives_a_wrong_url(which: str) -> None:
    """It is asked when mail is sent, and then there is a traceback through all that read it."""
    extra = canary("path", "Nb9Sz2Gw6Lp1Xk8:Vd3Hq5Mt")
    with (
        SMTPServer() as server,
        Noise([*PLANTED, extra]) as noise,
        opened(config_for(server, MAIL_ROUTES=ROUTES[which])) as (_, mail),
    ):
        with pytest.raises(ConfigError) as caught:
            mail.send(message("wrong"))
        noise.show_error(caught.value)
        noise.show_things(*mail.send_many([message("wrong")]))
    assert noise.betrayals() == []
