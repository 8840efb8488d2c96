"""Mail through RQ's workers: Flask-RQ's, or over a connection of the app's own."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import redis

from flask_mailwright import Mail, MailError
from flask_mailwright.testing import SMTPServer
from tests.apps import hello
from tests.engines.jobs.brokers import OwnBroker, own_broker, own_sentinel
from tests.engines.jobs.mails import numbered, told
from tests.engines.jobs.rq_shop import make_rq_shop
from tests.engines.jobs.workers import rq_worker
from tests.testing.raw_client import eventually

pytestmark = pytest.mark.timeout(120)
Configure = Callable[..., dict[str, Any]]


@pytest.fixture
def own(tmp_path: Path) -> Iterator[OwnBroker]:
    """A Redis that may be away."""
    with own_broker("redis", tmp_path / "broker") as server:
        yield server


@pytest.fixture
def configure(tmp_path: Path, own: OwnBroker) -> Configure:
    """The configuration of a shop, for its own process and its workers."""

    def config(relay: str, mode: str, **more: Any) -> dict[str, Any]:
        found = {"MAIL_URL": relay, "RQ_CONNECTION": own.url, **more}
        if mode == "shared":
            found["MAIL_OUTBOX_URL"] = f"sqlite:///{tmp_path}/outbox.sqlite"
        return found

    return config


@pytest.fixture
def shops() -> Iterator[Callable[[dict[str, Any]], Mail]]:
    """Makes them, and closes them behind the test."""
    made: list[Mail] = []

    def make(config: dict[str, Any]) -> Mail:
        made.append(make_rq_shop(config)[1])
        return made[-1]

    yield make
    for mail in made:
        mail.close()


@pytest.mark.parametrize("mode", ["shared", "posted"])
@pytest.mark.parametrize("kind", ["flask-rq", "own"])
def test_workers_deliver(
    kind: str, mode: str, own: OwnBroker, configure: Configure, shops: Any, tmp_path: Path
) -> None:
    """Each mail once, and a worker that is asked to end loses none."""
    count = 12 if (kind, mode) == ("flask-rq", "posted") else 40  # each starts a process there
    with SMTPServer() as server:
        config = configure(
            server.url, mode, **({"OWN": [own.url, "mail"]} if kind == "own" else {})
        )
        mail = shops(config)
        with rq_worker(config, tmp_path) as first:
            for message in numbered(count // 2):
                mail.send_later(message)
            assert eventually(lambda: server.count > 1, within=30), first.log
            assert first.end() == 0, first.log
        with rq_worker(config, tmp_path) as second:
            for message in numbered(count)[count // 2 :]:
                mail.send_later(message)
            assert eventually(lambda: server.count >= count, within=60), second.log
        assert set(told(server).values()) == {1}
        assert "r1@example.com" not in first.log
        with redis.Redis.from_url(own.url) as client:
            descriptions = [client.hget(key, "description") for key in client.keys("rq:job:*")]
            assert set(descriptions) <= {b"mail", None}


@pytest.mark.parametrize("mode", ["shared", "posted"])
def test_a_retry_is_ours(
    mode: str, own: OwnBroker, configure: Configure, shops: Any, tmp_path: Path
) -> None:
    """RQ's scheduler keeps it until it is due, as often as it must, whatever the app's name."""
    with SMTPServer() as server:
        server.refuse("rcpt", 450, times=2)
        timing = {"retry_first": 5.0, "retry_factor": 1.0}  # longer than a job lingers
        more = {"MAIL_TIMING": timing, "OWN": [own.url, "mail"], "NAME": "my.shop"}
        config = configure(server.url, mode, **more)
        mail = shops(config)
        with rq_worker(config, tmp_path) as worker:
            mail.send_later(hello())
            assert eventually(lambda: server.count == 1, within=40), worker.log
        assert "Traceback" not in worker.log


def test_a_worker_that_may_not_deliver_begins_no_job_behind_the_other(
    own: OwnBroker, configure: Configure, shops: Any, tmp_path: Path
) -> None:
    """Where mail reaches nobody that of others stays due."""
    config = configure("smtp://127.0.0.1:1", "shared", OWN=[own.url, "mail"])
    with rq_worker(config | {"MAIL_URL": "memory:"}, tmp_path) as worker:
        shops(config).send_later(hello())
        assert eventually(lambda: "Job OK" in worker.log, within=30), worker.log
        assert not eventually(lambda: worker.log.count("Job OK") > 1, within=8), worker.log


def test_a_job_that_redis_did_not_take_is_owed(
    own: OwnBroker, configure: Configure, shops: Any
) -> None:
    """All others rely on it, so the next try is one."""
    config = configure("smtp://127.0.0.1:1", "shared")
    mail = shops(config)
    with redis.Redis.from_url(own.url) as client:
        client.acl_setuser("default", enabled=True, commands=["-rpush"])
        mail.send_later(hello())
        assert eventually(lambda: client.exists("mailwright:shop:waits"), within=5)
        time.sleep(0.5)
        client.acl_setuser("default", enabled=True, commands=["+rpush"])
        assert eventually(lambda: client.llen("rq:queue:default") == 1, within=8)


def test_a_database_that_is_away(
    own: OwnBroker, configure: Configure, shops: Any, tmp_path: Path
) -> None:
    """It is asked again in a minute, by another job and not by all of RQ's tries at once."""
    config = configure("smtp://127.0.0.1:1", "shared", OWN=[own.url, "mail"])
    shops(config).send_later(hello())
    away = {"MAIL_OUTBOX_URL": "postgresql+psycopg://nobody@127.0.0.1:1/none"}
    with rq_worker(config | away, tmp_path) as worker:
        assert eventually(lambda: "Job OK" in worker.log, within=30), worker.log
    assert "a worker does not deliver yet" in worker.log
    with redis.Redis.from_url(own.url) as client:
        ((_, due),) = client.zrange("rq:scheduled:mail", 0, -1, withscores=True)
    assert 30 < due - time.time() < 90


def test_a_redis_behind_sentinels(own: OwnBroker, shops: Any, tmp_path: Path) -> None:
    """Or whatever the app's connections are made by."""
    with own_sentinel(own.url, tmp_path) as connection:
        mail = shops({"MAIL_URL": "smtp://127.0.0.1:1", "RQ_CONNECTION": own.url})
        mail._state().app.extensions["rq"] = connection
        mail.send_later(hello())
        assert connection.llen("rq:queue:default") == 1


def test_without_a_scheduler_it_is_said(
    own: OwnBroker, configure: Configure, shops: Any, caplog: pytest.LogCaptureFixture
) -> None:
    """A mail that is to wait would wait for ever."""
    mail = shops(configure("smtp://127.0.0.1:1", "posted"))
    mail.send_later(hello(), at=timedelta(hours=1))
    assert "RQ's scheduler does not run for the queue 'default'" in caplog.text


@pytest.mark.parametrize("harm", ["kill", "stall"])
def test_a_redis_that_is_down(harm: str, own: OwnBroker, configure: Configure, shops: Any) -> None:
    """With a shared outbox nobody sees it; else the caller is told in time."""
    timing = {"connect": 1.0, "reply": 1.0}
    shared = shops(configure("smtp://127.0.0.1:1", "shared", MAIL_TIMING=timing))
    posting = shops(configure("smtp://127.0.0.1:1", "posted", MAIL_TIMING=timing))
    getattr(own, harm)()
    assert shared.send_later(hello()).status() == "queued"
    began = time.monotonic()
    with pytest.raises(MailError, match="RQ's Redis takes no job") as caught:
        posting.send_later(hello())
    assert (caught.value.kind, caught.value.stage) == ("temporary", "queue")
    assert time.monotonic() - began < 15


def test_priorities_have_queues(own: OwnBroker, configure: Configure, shops: Any) -> None:
    """Of their names, as far as the app has them."""
    config = configure("smtp://127.0.0.1:1", "posted", RQ_QUEUES=["high", "default"])
    mail = shops(config)
    for priority in ("high", "normal", "bulk"):
        mail.send_later(hello(), priority=priority)
    with redis.Redis.from_url(own.url) as client:
        assert client.llen("rq:queue:high") == 1
        assert client.llen("rq:queue:default") == 2


def test_a_job_whose_process_was_killed_is_done_again(
    own: OwnBroker, configure: Configure, shops: Any, tmp_path: Path
) -> None:
    """The mail as the job comes again under its Message-ID; one of the outbox by its lease."""
    for mode in ("posted", "shared"):
        hold = threading.Event()
        with SMTPServer(on_mail=lambda _, hold=hold: hold.wait(20)) as server:  # type: ignore[misc]
            config = configure(server.url, mode, OWN=[own.url, "mail"])
            config["MAIL_TIMING"] = {"lease": 2, "renew": 0.5}
            mail = shops(config)
            with rq_worker(config, tmp_path) as worker:
                mail.send_later(hello())
                assert eventually(lambda: server.count == 1, within=30), worker.log
                assert worker.kill_child(-1)
                hold.set()
                assert eventually(lambda: server.count == 2, within=40), worker.log
            assert set(told(server).values()) == {2}


def test_without_queues_the_error_says_what_to_do(configure: Configure, shops: Any) -> None:
    """At the first mail."""
    mail = shops(configure("smtp://127.0.0.1:1", "posted"))
    del mail._state().app.extensions["rq"]
    with pytest.raises(MailError, match="use Flask-RQ") as caught:
        mail.send_later(hello())
    assert caught.value.kind == "configuration"
