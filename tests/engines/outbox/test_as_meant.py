"""A mail goes only the way that was meant: no shell takes it, and no other app."""

from datetime import timedelta
from pathlib import Path
from threading import Event
from typing import Any

import pytest

from flask_mailwright import Mail
from flask_mailwright.engines.outbox.engine import OutboxEngine
from flask_mailwright.engines.outbox.keeper import POLL
from flask_mailwright.testing import SMTPServer
from tests.apps import hello
from tests.engines.outbox.apps import QUICK, app_on, copies
from tests.engines.outbox.databases import outbox_url

NOBODY = "smtp://127.0.0.1:1"
LOCAL: list[dict[str, Any]] = [
    {"relay": "console:"},
    {"relay": "memory:"},
    {"relay": NOBODY, "MAIL_SUPPRESS_SEND": True},
    {"relay": NOBODY, "TESTING": True},
]


def engine_of(mail: Mail) -> OutboxEngine:
    """Its engine."""
    engine = mail._state().engine
    assert isinstance(engine, OutboxEngine)
    return engine


@pytest.mark.parametrize("local", LOCAL, ids=lambda local: " ".join(map(str, local.values())))
def test_a_process_whose_mail_reaches_nobody_takes_nobodys(
    local: dict[str, Any], tmp_path: Path
) -> None:
    """It delivers its own, and what another has left waits for one who can."""
    with SMTPServer() as server, outbox_url("sqlite", tmp_path) as url:
        with app_on(url, NOBODY) as mail:
            left = mail.send_later(hello(subject="left"), at=timedelta(seconds=0.3)).id
        with app_on(url, **local) as shell:
            engine_of(shell).begin()
            assert shell.send_later(hello(subject="shown")).wait(10).error is None
            Event().wait(1.2 * POLL)
            assert shell.flush(5)
            assert shell.ticket(left).status() == "queued"
        with app_on(url, server.url) as worker:
            assert worker.ticket(left).status() == "queued"
            engine_of(worker).begin()
            assert worker.ticket(left).wait(10).error is None
        assert copies(server) == {"left": 1}


def test_a_shell_keeps_no_worker_from_its_work(tmp_path: Path) -> None:
    """It holds no office, also if it was in office before it began to suppress."""
    with (
        SMTPServer() as server,
        outbox_url("sqlite", tmp_path) as url,
        app_on(url, server.url) as shell,
        app_on(url, server.url) as worker,
    ):
        shell.send_later(hello(subject="before")).wait(10)
        shell._state().app.config["MAIL_SUPPRESS_SEND"] = True
        Event().wait(QUICK["office"])
        assert worker.send_later(hello(subject="behind")).wait(10).relayed
        assert shell.send_later(hello(subject="shown")).wait(10).suppressed
        assert copies(server) == {"before": 1, "behind": 1}


def test_two_apps_with_one_outbox_keep_to_their_own(tmp_path: Path) -> None:
    """Each by its own relay, and neither sees the other's tickets."""
    with (
        SMTPServer() as one,
        SMTPServer() as other,
        outbox_url("sqlite", tmp_path) as url,
        app_on(url, one.url) as flasky,
        app_on(url, other.url, name="blog") as blog,
    ):
        tickets = [flasky.send_later(hello(subject=f"flasky {n}")) for n in range(5)]
        others = [blog.send_later(hello(subject=f"blog {n}")) for n in range(5)]
        assert all(ticket.wait(10).error is None for ticket in (*tickets, *others))
        assert set(copies(one)) == {f"flasky {n}" for n in range(5)}
        assert set(copies(other)) == {f"blog {n}" for n in range(5)}
        assert engine_of(flasky).ticket(others[0].id) is None
