"""Mail through Celery's workers, over Redis and RabbitMQ, with and without a shared outbox."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any, cast

import pytest
import redis
from kombu.connection import Connection

from flask_mailwright import Mail, MailError
from flask_mailwright.testing import ReceivedMail, SMTPServer
from tests.apps import ANN, hello
from tests.engines.jobs.brokers import OWN, OwnBroker, fresh_queue, own_broker, reached
from tests.engines.jobs.brokers import broker as broker
from tests.engines.jobs.mails import numbered, told
from tests.engines.jobs.shop import make_shop
from tests.engines.jobs.workers import Worker, celery_worker
from tests.testing.raw_client import eventually

pytestmark = pytest.mark.timeout(120)
MODES = ["shared", "posted"]
Configure = Callable[..., dict[str, Any]]


@pytest.fixture
def configure(tmp_path: Path) -> Configure:
    """The configuration of a shop, for its own process and its workers."""

    def config(broker: str, relay: str, mode: str, **more: Any) -> dict[str, Any]:
        celery = {"broker_url": broker, "task_default_queue": fresh_queue()}
        found = {"CELERY": celery, "MAIL_URL": relay, **more}
        if mode == "shared":
            found["MAIL_OUTBOX_URL"] = f"sqlite:///{tmp_path}/outbox.sqlite"
        return found

    return config


@pytest.fixture
def shops() -> Iterator[Callable[[dict[str, Any]], Mail]]:
    """Makes them, and closes them behind the test."""
    made: list[Mail] = []

    def make(config: dict[str, Any]) -> Mail:
        made.append(make_shop(config)[1])
        return made[-1]

    yield make
    for mail in made:
        mail.close()


@pytest.mark.parametrize("mode", MODES)
def test_workers_deliver(
    broker: str, mode: str, configure: Configure, shops: Any, tmp_path: Path
) -> None:
    """Each mail once; a worker that is asked to end under load ends what it has in hand."""
    with SMTPServer(on_mail=lambda _: threading.Event().wait(0.05)) as server:
        config = configure(broker, server.url, mode)
        mail = shops(config)
        with celery_worker(config, tmp_path) as first:
            tickets = [mail.send_later(message) for message in numbered(100)]
            assert eventually(lambda: server.count > 10, within=20), first.log
            assert first.end() == 0, first.log
        with celery_worker(config, tmp_path) as second:
            assert eventually(lambda: server.count >= 100, within=30), second.log
            if mode == "shared":
                assert all(ticket.wait(20).relayed for ticket in tickets)
        assert set(told(server).values()) == {1}
        assert "Traceback" not in first.log + second.log
        assert "r7@example.com" not in first.log


def test_a_worker_that_ends_before_its_children_are_heard(
    broker: str, configure: Configure, shops: Any, tmp_path: Path
) -> None:
    """What they were given is theirs, though none has told yet that he has it: it comes once."""
    with SMTPServer(on_mail=lambda _: threading.Event().wait(0.05)) as server:
        config = configure(broker, server.url, "posted")
        mail = shops(config)
        late = ("-I", "tests.engines.jobs.late_acks")
        with celery_worker(config, tmp_path, *late) as first:
            for message in numbered(20):
                mail.send_later(message)
            assert eventually(lambda: server.count > 5, within=20), first.log
            assert first.end() == 0, first.log
        with celery_worker(config, tmp_path) as second:
            assert eventually(lambda: len(told(server)) == 20, within=30), second.log
        assert set(told(server).values()) == {1}


def test_a_worker_that_ends_while_a_child_is_sent_a_large_job(
    broker: str, configure: Configure, shops: Any, tmp_path: Path
) -> None:
    """The child is sent the rest, and waited for: it comes once."""
    before, large, behind = numbered(3)
    large.attach("large.bin", "application/octet-stream", os.urandom(2**20))
    with SMTPServer() as server:
        config = configure(broker, server.url, "posted")
        mail = shops(config)
        with celery_worker(config, tmp_path, children=1) as first:
            (child,) = first.children
            mail.send_later(before)
            assert eventually(lambda: "succeeded" in first.log, within=20), first.log
            time.sleep(0.5)  # the worker knows
            os.kill(child, signal.SIGSTOP)
            mail.send_later(large)
            assert eventually(lambda: first.log.count("received") == 2, within=20), first.log
            time.sleep(0.5)  # it is being sent
            first.process.terminate()
            assert first.says("Warm shutdown")
            time.sleep(0.5)
            os.kill(child, signal.SIGCONT)
            assert first.process.wait(30) == 0, first.log
        with celery_worker(config, tmp_path) as second:
            mail.send_later(behind)
            assert eventually(lambda: len(told(server)) == 3, within=30), second.log
            assert second.end() == 0, second.log
        assert second.log.count("received") == 1, second.log
        assert list(told(server).values()) == [1] * 3


def test_a_mail_that_kills_its_child(
    broker: str, configure: Configure, shops: Any, tmp_path: Path
) -> None:
    """Once more it comes at once, then as one in doubt: here its time is over by then."""
    deaths: list[ReceivedMail] = []

    def kill(received: ReceivedMail) -> None:
        if received.recipients == ("poison@example.com",):
            deaths.append(received)
            for child in worker.children:
                os.kill(child, signal.SIGKILL)

    with SMTPServer(on_mail=kill) as server:
        timing = {"retry_first": 2.0, "retry_for": 1.0}
        config = configure(broker, server.url, "posted", MAIL_TIMING=timing)
        mail = shops(config)
        with celery_worker(config, tmp_path, children=1) as worker:
            for message in (hello("poison@example.com"), *numbered(5)):
                mail.send_later(message)
            assert worker.says("in_doubt at stage queue"), worker.log
            mail.send_later(hello("last@example.com"))
            assert eventually(lambda: ("last@example.com",) in told(server), within=20), worker.log
            assert worker.end() == 0, worker.log
        others = told(server)
        others.pop(("poison@example.com",), None)
        assert list(others.values()) == [1] * 6, worker.log
        assert len(deaths) == 2


def test_a_retry_is_ours(broker: str, configure: Configure, shops: Any, tmp_path: Path) -> None:
    """Who is told later gets it later, the others at once; by the figures of MAIL_TIMING."""
    for mode in MODES:
        with SMTPServer() as server:
            server.refuse("rcpt", 450, address="r1@example.com", times=2)
            timing = {"retry_first": 0.3, "retry_factor": 1.0}
            config = configure(broker, server.url, mode, MAIL_TIMING=timing)
            mail = shops(config)
            with celery_worker(config, tmp_path) as worker:
                message = hello("r0@example.com")
                message.recipients.append("r1@example.com")
                mail.send_later(message)
                assert eventually(lambda: server.count == 2, within=20), worker.log
            assert [each.recipients for each in server.mails] == [
                ("r0@example.com",),
                ("r1@example.com",),
            ]


@pytest.fixture(params=OWN)
def own(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[OwnBroker]:
    """A broker of each kind, that may be away."""
    with own_broker(request.param, tmp_path / "broker") as server:
        yield server


@pytest.mark.parametrize("harm", ["kill", "stall"])
def test_a_broker_that_is_down(
    harm: str, own: OwnBroker, configure: Configure, shops: Any, tmp_path: Path
) -> None:
    """With a shared outbox nobody sees it; else the caller is told in time, and can try again."""
    with SMTPServer() as server:
        timing = {"connect": 1.0, "reply": 1.0}
        shared = shops(configure(own.url, server.url, "shared", MAIL_TIMING=timing))
        posting = shops(configure(own.url, server.url, "posted", MAIL_TIMING=timing))
        getattr(own, harm)()
        ticket = shared.send_later(hello())
        assert ticket.status() == "queued"
        began = time.monotonic()
        with pytest.raises(MailError, match="Celery's broker takes no job") as caught:
            posting.send_later(hello())
        assert (caught.value.kind, caught.value.stage) == ("temporary", "queue")
        assert time.monotonic() - began < 15


def test_what_a_broker_loses_is_no_loss(
    own: OwnBroker, configure: Configure, shops: Any, tmp_path: Path
) -> None:
    """Its jobs are forgotten, it is killed and comes back, and each mail of the outbox comes."""
    with SMTPServer() as server:
        config = configure(own.url, server.url, "shared", MAIL_TIMING={"sweep": 1.0})
        mail = shops(config)
        tickets = [mail.send_later(message) for message in numbered(20)]
        time.sleep(0.3)
        queue = config["CELERY"]["task_default_queue"]
        own.forget(queue)
        with celery_worker(config, tmp_path) as worker:
            assert eventually(lambda: server.count == 20, within=20), worker.log
            own.kill()
            tickets += [mail.send_later(message) for message in numbered(40)[20:]]
            own.start()
            own.forget(queue)
            assert eventually(lambda: server.count == 40, within=30), worker.log
            assert all(ticket.wait(20).relayed for ticket in tickets)
        assert set(told(server).values()) == {1}


def test_what_a_broker_keeps_is_delivered(
    own: OwnBroker, configure: Configure, shops: Any, tmp_path: Path
) -> None:
    """The mail as the job: a Redis that keeps its jobs on disk loses none by a crash."""
    with SMTPServer() as server:
        config = configure(own.url, server.url, "posted")
        mail = shops(config)
        for message in numbered(40):
            mail.send_later(message)
        own.kill()
        own.start()
        with celery_worker(config, tmp_path) as worker:
            assert eventually(lambda: server.count == 40, within=30), worker.log
            mail.send_later(hello())  # over a connection that the crash has cut
            assert eventually(lambda: server.count == 41, within=30), worker.log


@pytest.mark.parametrize("mode", MODES)
def test_two_apps_with_two_brokers(
    mode: str, configure: Configure, shops: Any, tmp_path: Path
) -> None:
    """In one process: of 500 mails none goes the other's way."""
    brokers = [reached("redis"), reached("rabbitmq")]
    with SMTPServer() as one, SMTPServer() as two:
        servers = [one, two]
        folders = [tmp_path / "one", tmp_path / "two"]
        configs = []
        for number in range(2):
            folders[number].mkdir()
            configs.append(configure(brokers[number], servers[number].url, mode))
            configs[number]["NAME"] = f"shop{number}"
            if mode == "shared":
                configs[number]["MAIL_OUTBOX_URL"] = f"sqlite:///{folders[number]}/o.sqlite"
        mails = [shops(config) for config in configs]
        with (
            celery_worker(configs[0], folders[0]) as first,
            celery_worker(configs[1], folders[1]) as second,
        ):
            for number in range(500):
                mails[number % 2].send_later(hello(f"r{number}@example.com"))
            assert eventually(lambda: one.count == two.count == 250, within=40), (
                first.log + second.log
            )
        for number in range(2):
            expected = {(f"r{each}@example.com",) for each in range(number, 500, 2)}
            assert told(servers[number]).keys() == expected


def test_a_large_mail_arrives(
    broker: str, configure: Configure, shops: Any, tmp_path: Path
) -> None:
    """Of 20 MB, as the job."""
    with SMTPServer() as server:
        config = configure(broker, server.url, "posted")
        mail = shops(config)
        message = hello()
        message.attach("film.bin", "application/octet-stream", bytes(20 * 2**20))
        mail.send_later(message)
        with celery_worker(config, tmp_path, children=1) as worker:
            assert eventually(lambda: server.count == 1, within=60), worker.log
        assert len(server.mails[0].content) > 20 * 2**20


def test_priorities_have_queues(
    broker: str, configure: Configure, shops: Any, tmp_path: Path
) -> None:
    """Those that Celery's own `task_routes` gives them."""
    with SMTPServer() as server:
        config = configure(broker, server.url, "posted")
        bulk = fresh_queue()
        config["CELERY"]["task_routes"] = {"mailwright.bulk": {"queue": bulk}}
        mail = shops(config)
        with celery_worker(config, tmp_path, "-Q", bulk, children=1) as worker:
            mail.send_later(hello("normal@example.com"))
            mail.send_later(hello("bulk@example.com"), priority="bulk")
            assert eventually(lambda: server.count == 1, within=20), worker.log
        assert told(server) == {("bulk@example.com",): 1}
        with celery_worker(config, tmp_path, children=1) as worker:
            assert eventually(lambda: server.count == 2, within=20), worker.log


def test_a_broker_that_takes_no_retry(configure: Configure, shops: Any, tmp_path: Path) -> None:
    """But lets go of what it has, as a Redis does whose memory is full: the mail stays there."""
    with SMTPServer() as server, own_broker("redis", tmp_path / "broker") as own:
        server.refuse("rcpt", 450, times=1)
        config = configure(own.url, server.url, "posted")
        config["CELERY"]["broker_transport_options"] = {"visibility_timeout": 5}
        shops(config).send_later(hello())
        with redis.Redis.from_url(own.url) as client:
            client.acl_setuser("default", enabled=True, commands=["-lpush", "-rpush"])
            with celery_worker(config, tmp_path, children=1) as worker:
                assert eventually(lambda: "takes no job" in worker.log, within=20), worker.log
                time.sleep(1)
                client.acl_setuser("default", enabled=True, commands=["+lpush", "+rpush"])
                assert eventually(lambda: server.count == 1, within=60), worker.log


def test_a_queue_that_is_gone(configure: Configure, shops: Any, tmp_path: Path) -> None:
    """RabbitMQ confirms what it has thrown away, unless it is asked to give that back."""
    url = reached("rabbitmq")
    config = configure(url, "smtp://127.0.0.1:1", "posted")
    mail = shops(config)
    mail.send_later(hello())
    queue, connect = config["CELERY"]["task_default_queue"], cast("Any", Connection)
    with connect(url) as connection:
        connection.default_channel.queue_delete(queue)
    with pytest.raises(MailError, match="NO_ROUTE") as caught:
        mail.send_later(hello())
    assert (caught.value.kind, caught.value.stage) == ("temporary", "queue")
    mail.send_later(hello())
    with connect(url) as connection:
        made = connection.default_channel.queue_declare(queue, passive=True)
    assert made.message_count == 1


def test_an_eager_celery_does_nothing_later(configure: Configure, shops: Any) -> None:
    """What goes at once it carries; what is to wait would go round for ever, in the caller."""
    with SMTPServer() as server:
        config = configure("redis://127.0.0.1:1/0", server.url, "posted")
        config["CELERY"]["task_always_eager"] = True
        mail = shops(config)
        mail.send_later(hello())
        assert server.count == 1
        with pytest.raises(MailError, match="task_always_eager"):
            mail.send_later(hello(), at=timedelta(minutes=1))
        server.refuse("rcpt", 450)
        mail.send_later(hello())
        assert len(server.commands) < 20


def test_a_celery_without_json(configure: Configure, shops: Any) -> None:
    """Its workers would throw the mail away."""
    config = configure("memory://", "smtp://127.0.0.1:1", "posted")
    config["CELERY"] |= {"accept_content": ["pickle"], "task_serializer": "pickle"}
    with pytest.raises(MailError, match="accept_content") as caught:
        shops(config).send_later(hello())
    assert caught.value.kind == "configuration"


def test_a_broker_url_that_cannot_be_read(configure: Configure, shops: Any) -> None:
    """No part of its password is told."""
    mail = shops(configure("redis://:se/cret@127.0.0.1:6379/0", "smtp://127.0.0.1:1", "posted"))
    with pytest.raises(MailError, match="broker_url") as caught:
        mail.send_later(hello())
    assert caught.value.kind == "configuration"
    assert "'se'" not in "".join(traceback.format_exception(caught.value))


def test_without_a_celery_the_error_says_what_to_do(configure: Configure, shops: Any) -> None:
    """At the first mail, for it may be made behind the Mail."""
    mail = shops(configure("memory://", "smtp://127.0.0.1:1", "posted"))
    del mail._state().app.extensions["celery"]
    with pytest.raises(MailError, match=r'set app\.extensions\["celery"\]') as caught:
        mail.send_later(hello(ANN))
    assert caught.value.kind == "configuration"


@pytest.mark.parametrize("engine", ["celery", "rq"])
def test_without_the_package_the_error_says_what_to_install(engine: str) -> None:
    """At `init_app`."""
    script = (
        f"import sys; sys.modules[{engine!r}] = None\n"
        "from flask import Flask; from flask_mailwright import Mail\n"
        f"app = Flask('x'); app.config['MAIL_ENGINE'] = {engine!r}\nMail(app)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False
    )
    assert f"pip install 'flask-mailwright[{engine}]'" in done.stderr


def test_a_child_for_each_job(configure: Configure, shops: Any, tmp_path: Path) -> None:
    """Mails come once, and none begins another for ever."""
    with SMTPServer() as server:
        config = configure(reached("redis"), server.url, "shared")
        mail = shops(config)
        with celery_worker(config, tmp_path, "--max-tasks-per-child", "1") as worker:
            for message in numbered(20):
                mail.send_later(message)
            assert eventually(lambda: server.count == 20, within=30), worker.log
            assert mail.send_later(hello()).wait(30).relayed
            assert eventually(lambda: _is_quiet(worker), within=20), worker.log[-2000:]
        assert set(told(server).values()) == {1}


def test_every_child_delivers(
    broker: str, configure: Configure, shops: Any, tmp_path: Path
) -> None:
    """Without a job: each has connections of its own to a relay that takes its time."""
    with SMTPServer(on_mail=lambda _: time.sleep(0.5)) as server:
        config = configure(broker, f"{server.url}?pool=2", "shared")
        mail = shops(config)
        list(mail.send_many_later(numbered(24), priority="normal"))
        with celery_worker(config, tmp_path, children=3) as worker:
            assert eventually(lambda: server.count == 24, within=30), worker.log
        assert len({each.connection for each in server.mails}) > 4  # two of each


def test_a_worker_for_other_queues_delivers_none(
    configure: Configure, shops: Any, tmp_path: Path
) -> None:
    """Whoever keeps mail apart by `task_routes` does so for the outbox too."""
    with SMTPServer() as server:
        config = configure(reached("redis"), server.url, "shared")
        ours = fresh_queue()
        config["CELERY"]["task_routes"] = {"mailwright.*": {"queue": ours}}
        mail = shops(config)
        mail.send_later(hello())
        with celery_worker(config, tmp_path) as worker:
            assert not eventually(lambda: server.count > 0, within=2), worker.log
        with celery_worker(config, tmp_path, "-Q", ours) as worker:
            assert eventually(lambda: server.count == 1, within=20), worker.log


def test_a_worker_delivers_for_its_own_app(
    configure: Configure, shops: Any, tmp_path: Path
) -> None:
    """And not for another one of its process, which has a Celery of its own."""
    with SMTPServer() as server, SMTPServer() as other:
        beside = configure(reached("rabbitmq"), other.url, "shared", NAME="beside")
        beside["MAIL_OUTBOX_URL"] = f"sqlite:///{tmp_path}/beside.sqlite"
        config = configure(reached("redis"), server.url, "shared", BESIDE=beside)
        shops(beside).send_later(hello())
        shops(config).send_later(hello())
        with celery_worker(config, tmp_path) as worker:
            assert eventually(lambda: server.count == 1, within=20), worker.log
            assert not eventually(lambda: other.count > 0, within=2), worker.log


def _is_quiet(worker: Worker) -> bool:
    before = worker.log.count("received")
    time.sleep(1.5)
    return worker.log.count("received") == before


@pytest.mark.parametrize("mode", MODES)
def test_a_slow_relay_is_waited_for(
    mode: str, configure: Configure, shops: Any, tmp_path: Path
) -> None:
    """When the worker is asked to end: the mail in hand has its answer, and comes once."""
    with SMTPServer(on_mail=lambda _: time.sleep(4)) as server:
        config = configure(reached("redis"), server.url, mode)
        mail = shops(config)
        with celery_worker(config, tmp_path, children=1) as first:
            mail.send_later(hello())
            assert eventually(lambda: server.count == 1, within=20), first.log
            assert first.end() == 0
        with celery_worker(config, tmp_path, children=1) as second:
            mail.send_later(hello("next@example.com"))
            assert eventually(lambda: server.count >= 2, within=20), second.log
        assert set(told(server).values()) == {1}


def test_time_limits_are_for_other_tasks(configure: Configure, shops: Any, tmp_path: Path) -> None:
    """A child that Celery kills for its time would leave a mail in doubt, or lose it."""
    with SMTPServer(on_mail=lambda _: time.sleep(3)) as server:
        config = configure(reached("redis"), server.url, "posted")
        config["CELERY"] |= {"task_time_limit": 1, "task_soft_time_limit": 1}
        mail = shops(config)
        with celery_worker(config, tmp_path, children=1) as worker:
            mail.send_later(hello())
            mail.send_later(hello("next@example.com"))
            assert eventually(lambda: server.count == 2, within=20), worker.log
            assert worker.end() == 0
        assert set(told(server).values()) == {1}
        assert "imeLimitExceeded" not in worker.log


def test_a_mail_that_is_too_large_for_the_broker(
    configure: Configure, shops: Any, tmp_path: Path
) -> None:
    """RabbitMQ has a limit, and says its name; nothing is dropped in silence."""
    with own_broker("rabbitmq", tmp_path / "broker", "max_message_size = 1000000\n") as own:
        mail = shops(configure(own.url, "smtp://127.0.0.1:1", "posted"))
        message = hello()
        message.attach("film.bin", "application/octet-stream", bytes(2 * 2**20))
        with pytest.raises(MailError, match="larger than configured max size 1000000"):
            mail.send_later(message)
        mail.send_later(hello())


@pytest.mark.parametrize("mode", MODES)
def test_connections_are_kept_from_job_to_job(
    broker: str, mode: str, configure: Configure, shops: Any, tmp_path: Path
) -> None:
    """As many as a process may have, not one for each mail."""
    with SMTPServer() as server:
        config = configure(broker, server.url, mode)
        mail = shops(config)
        with celery_worker(config, tmp_path, children=1) as worker:
            for message in numbered(30):
                mail.send_later(message)
            assert eventually(lambda: server.count == 30, within=20), worker.log
        assert len({each.connection for each in server.mails}) <= (4 if mode == "shared" else 1)
