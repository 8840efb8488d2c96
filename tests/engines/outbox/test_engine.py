"""The outbox engine: stored before `submit` returns, delivered, and no ticket lies."""

import os
import sqlite3
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread, Timer, active_count

import pytest

from flask_mailwright import MailError, MailTimeout, Receipt, Reply, SealedMail
from flask_mailwright.engines import Order, OutboxSettings
from flask_mailwright.engines.outbox.database import Run
from flask_mailwright.engines.outbox.engine import OutboxEngine
from flask_mailwright.engines.outbox.sqlite import SqliteDatabase
from flask_mailwright.engines.outbox.store import Store
from flask_mailwright.errors import DeliveryError
from tests.apps import ANN
from tests.engines.outbox.boxes import QUICK, delivery, outbox
from tests.engines.relays import GatedRelay, answer, sealed
from tests.testing.raw_client import eventually


class FickleRelay(GatedRelay):
    """Puts each mail off as often as it is told, then takes it."""

    def __init__(self, refusals: int) -> None:
        super().__init__()
        self.refusals = refusals

    def deliver_many(self, mails: Iterable[SealedMail]) -> Iterator[Receipt]:
        """452 as long as there are refusals left."""
        for mail in mails:
            self.taken.append(mail.subject)
            self.refusals -= 1
            yield put_off(mail) if self.refusals >= 0 else answer(mail)


def put_off(mail: SealedMail) -> Receipt:
    """452 for Ann."""
    replies = (Reply(ANN, "failed", 452, transient=True),)
    return Receipt(mail.message_id, replies, DeliveryError.from_replies(replies, "rcpt"))


def test_a_ticket_follows_its_mail(tmp_path: Path) -> None:
    """queued, sending, done, and `wait` returns the receipt."""
    relay = GatedRelay(is_open=False)
    with outbox(relay, tmp_path, connections=1) as engine:
        first = engine.submit(sealed("first"), Order())
        relay.busy.acquire()
        second = engine.submit(sealed("second"), Order())
        assert (first.status(), second.status()) == ("sending", "queued")
        relay.gate.set()
        assert second.wait(5).relayed[0].code == 250
        assert (first.status(), second.status()) == ("done", "done")
        assert relay.recorded == ["first", "second"]


def test_what_one_engine_stored_another_delivers(tmp_path: Path) -> None:
    """The process that comes next does, without any new mail."""
    with outbox(GatedRelay(), tmp_path) as engine:
        engine.store.put([])
        mail = sealed("left behind")
        stored = engine.submit(mail, Order(at=time.time() + 0.5)).id
    relay = GatedRelay()
    with outbox(relay, tmp_path) as engine:
        engine.begin()
        ticket = engine.ticket(stored)
        assert ticket is not None
        assert ticket.wait(5).message_id == mail.message_id
    assert relay.taken == ["left behind"]


def test_a_mail_that_is_put_off_is_tried_again(tmp_path: Path) -> None:
    """Each attempt is told; the ticket waits for the last one."""
    relay = FickleRelay(2)
    with outbox(relay, tmp_path) as engine:
        assert engine.submit(sealed("patience"), Order()).wait(10).error is None
        assert relay.recorded == ["patience"] * 3


def test_a_refused_mail_has_failed(tmp_path: Path) -> None:
    """5yz is never tried again."""
    relay = GatedRelay()
    with outbox(relay, tmp_path) as engine:
        ticket = engine.submit(sealed("no"), Order())
        assert ticket.wait(5).failed[0].code == 550
        assert (ticket.status(), relay.taken) == ("failed", ["no"])


def test_a_receiver_that_exits_stops_no_delivery(tmp_path: Path) -> None:
    """There may be more of them than lanes; the mails that come behind go out, and each once."""
    relay = GatedRelay()
    with outbox(relay, tmp_path, connections=1) as engine:
        tickets = [engine.submit(sealed(subject), Order()) for subject in ("fatal", "fatal", "a")]
        assert [ticket.wait(10).error for ticket in tickets] == [None] * 3
    assert sorted(relay.taken) == ["a", "fatal", "fatal"]


def test_not_before_its_time(tmp_path: Path) -> None:
    """`at` is kept, and until then the mail can be taken back."""
    relay = GatedRelay()
    with outbox(relay, tmp_path) as engine:
        later = engine.submit(sealed("later"), Order(at=time.time() + 3600))
        assert engine.flush(5)
        with pytest.raises(MailTimeout):
            later.wait(0.2)
        assert (later.status(), later.cancel(), later.status()) == ("queued", True, "cancelled")
        with pytest.raises(MailError, match="was cancelled"):
            later.wait(1)
    assert relay.taken == []


def test_not_behind_its_time(tmp_path: Path) -> None:
    """A mail that no relay took in time is told as expired, and nobody gets it."""
    relay = GatedRelay(is_open=False)
    with outbox(relay, tmp_path, connections=1) as engine:
        engine.submit(sealed("first"), Order())
        relay.busy.acquire()
        ticket = engine.submit(sealed("old news"), Order(expires=time.time() + 0.2))
        time.sleep(0.3)
        relay.gate.set()
        assert "expired" in ticket.wait(5).failed[0].text
        assert (ticket.status(), relay.taken) == ("expired", ["first"])


def test_one_that_is_under_way_is_not_cancelled(tmp_path: Path) -> None:
    """False: it is already going."""
    relay = GatedRelay(is_open=False)
    with outbox(relay, tmp_path) as engine:
        ticket = engine.submit(sealed("gone"), Order())
        relay.busy.acquire()
        assert not ticket.cancel()
        relay.gate.set()
        assert ticket.wait(5).error is None
        assert not ticket.cancel()


def test_the_same_key_is_the_same_mail(tmp_path: Path) -> None:
    """What the second one contains is ignored."""
    relay = GatedRelay()
    with outbox(relay, tmp_path) as engine:
        tickets = [engine.submit(sealed(subject), Order(key="invoice:1")) for subject in "ab"]
        assert tickets[0].id == tickets[1].id
        assert engine.flush(5)
    assert relay.taken == ["a"]


def test_several_are_stored_together(tmp_path: Path) -> None:
    """Each has its ticket, and each goes once."""
    relay = GatedRelay()
    with outbox(relay, tmp_path) as engine:
        tickets = engine.submit_many([(sealed(f"{n}"), Order("bulk")) for n in range(100)])
        assert engine.flush(20)
        assert {ticket.status() for ticket in tickets} == {"done"}
    assert sorted(map(int, relay.taken)) == list(range(100))


def test_high_goes_before_normal_before_bulk(tmp_path: Path) -> None:
    """Whatever was submitted first."""
    relay = GatedRelay(is_open=False)
    with outbox(relay, tmp_path, connections=1) as engine:
        engine.submit(sealed("first"), Order())
        relay.busy.acquire()
        orders = (Order("bulk"), Order("normal"), Order("high"))
        tickets = [engine.submit(sealed(order.priority), order) for order in orders]
        relay.gate.set()
        for ticket in tickets:
            ticket.wait(5)
    assert relay.taken == ["first", "high", "normal", "bulk"]


def test_an_unknown_mail(tmp_path: Path) -> None:
    """No ticket is made up."""
    with outbox(GatedRelay(), tmp_path) as engine:
        assert engine.ticket("nobody") is None


def test_only_what_it_submitted_itself(tmp_path: Path) -> None:
    """A process whose mail reaches nobody leaves others' mail alone."""
    with outbox(GatedRelay(), tmp_path) as engine:
        left = engine.submit(sealed("of production"), Order(at=time.time() + 0.3)).id
    relay = GatedRelay()
    with outbox(relay, tmp_path, local=True) as engine:
        assert engine.submit(sealed("of the shell"), Order()).wait(5)
        time.sleep(1.0)
        standing = engine.store.find(left)
        assert standing is not None
        assert standing.status == "queued"
        engine.store.cancel(left, time.time())
    assert relay.taken == ["of the shell"]


def test_two_apps_with_one_file_keep_to_their_own(tmp_path: Path) -> None:
    """Rows bear the name of their app."""
    one, other = GatedRelay(), GatedRelay()
    with outbox(one, tmp_path) as flasky, outbox(other, tmp_path, app="blog") as blog:
        flasky.submit(sealed("flasky")._replace(app="flasky"), Order())
        ticket = blog.submit(sealed("blog")._replace(app="blog"), Order())
        assert flasky.flush(5)
        assert blog.flush(5)
        assert flasky.ticket(ticket.id) is None
    assert (one.taken, other.taken) == (["flasky"], ["blog"])


def test_a_lock_that_does_not_end_is_told(tmp_path: Path) -> None:
    """`submit` raises a temporary error of stage `store` and leaves nothing behind."""
    relay, impatient = GatedRelay(), QUICK._replace(busy=0.3)
    with outbox(relay, tmp_path, timing=impatient) as engine:
        engine.submit(sealed("before"), Order()).wait(5)
        holder = sqlite3.connect(tmp_path / "mailwright-outbox.sqlite", isolation_level=None)
        holder.execute("BEGIN IMMEDIATE")
        with pytest.raises(MailError) as caught:
            engine.submit(sealed("too many"), Order())
        holder.execute("ROLLBACK")
        holder.close()
        assert (caught.value.kind, caught.value.stage) == ("temporary", "store")
        assert "locked" in str(caught.value)
        assert engine.submit(sealed("behind"), Order()).wait(5).error is None
    assert relay.taken == ["before", "behind"]


class AwayDatabase(SqliteDatabase):
    """Is not there to be read, for a while."""

    away = False

    @contextmanager
    def reading(self) -> Iterator[Run]:
        """As a server that is restarted."""
        if self.away:
            raise MailError("the server is away", kind="temporary", stage="store")
        with super().reading() as run:
            yield run


@pytest.mark.parametrize("comes_back", [True, False])
def test_a_database_that_is_away_is_waited_for(tmp_path: Path, comes_back: bool) -> None:
    """By whoever waits for a mail, for as long as `busy`."""
    relay, database = GatedRelay(is_open=False), AwayDatabase(tmp_path / "box.sqlite")
    handed = delivery(relay, tmp_path, timing=QUICK._replace(busy=0.5))
    engine = OutboxEngine(handed, lambda _: database, at_exit_seconds=0)
    ticket = engine.submit(sealed("patience"), Order())
    database.away = True
    relay.gate.set()
    back = Timer(0.2 if comes_back else 1.5, setattr, (database, "away", False))
    back.start()
    if comes_back:
        assert ticket.wait(10).error is None
    else:
        with pytest.raises(MailError, match="away"):
            ticket.wait(10)
    back.join()
    engine.close()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_a_forked_child_has_its_own(tmp_path: Path) -> None:
    """It submits and delivers under a name of its own; its parent's mails stay its parent's."""
    relay = GatedRelay()
    with outbox(relay, tmp_path) as engine:
        engine.submit(sealed("parent"), Order()).wait(5)
        parent: Store = engine.store
        child = os.fork()
        if child == 0:
            engine.submit(sealed("child"), Order(at=time.time() + 3600))
            os._exit(0 if engine.store.owner != parent.owner else 1)
        assert os.waitpid(child, 0)[1] == 0
        assert eventually(lambda: engine.store.waiting(time.time() + 7200) == 1)


def test_what_was_not_begun_goes_back_at_once(tmp_path: Path) -> None:
    """Another process has it while the first still waits for the answer to the mail in hand."""
    slow, quick = GatedRelay(is_open=False), GatedRelay()
    with outbox(slow, tmp_path, connections=2) as leaving:
        leaving.submit_many([(sealed(f"{n}"), Order()) for n in range(8)])
        slow.busy.acquire()
        ending = Thread(target=leaving._end)
        ending.start()
        with outbox(quick, tmp_path) as staying:
            staying.begin()
            assert eventually(lambda: len(quick.taken) == 7)
            slow.gate.set()
            ending.join(5)
            assert staying.flush(5)
    assert sorted([*slow.taken, *quick.taken]) == list("01234567")


def test_with_a_worker_nothing_is_delivered_here(tmp_path: Path) -> None:
    """No thread is there, no exit waits, and the mail is in the outbox."""
    before = active_count()
    relay = GatedRelay()
    with outbox(relay, tmp_path, outbox=external(tmp_path)) as engine:
        ticket = engine.submit(sealed(), Order())
        time.sleep(0.5)
        assert (ticket.status(), active_count()) == ("queued", before)
        engine.close()
        assert engine.store.waiting(time.time()) == 1
    assert relay.taken == []


def test_a_flush_delivers_beside_the_workers(tmp_path: Path) -> None:
    """For its own time; then nothing is delivered any more."""
    before = active_count()
    relay = GatedRelay()
    with outbox(relay, tmp_path, outbox=external(tmp_path)) as engine:
        tickets = [engine.submit(sealed(f"{n}"), Order()) for n in range(20)]
        assert engine.flush(10)
        assert {ticket.status() for ticket in tickets} == {"done"}
        assert active_count() == before
        engine.submit(sealed("left"), Order())
    assert len(relay.taken) == 20


def test_a_flush_that_is_too_short(tmp_path: Path) -> None:
    """False, also for who comes second; the mail in hand is ended."""
    relay = GatedRelay(is_open=False)
    with outbox(relay, tmp_path, outbox=external(tmp_path), connections=2) as engine:
        tickets = [engine.submit(sealed(f"{n}"), Order()) for n in range(2)]
        first = Thread(target=engine.flush, args=(0.3,))
        first.start()
        relay.busy.acquire()
        assert not engine.flush(0.1)
        time.sleep(0.5)
        relay.gate.set()
        first.join(5)
        assert [ticket.status() for ticket in tickets] == ["done", "queued"]


def test_a_worker_ends_what_it_has_in_hand(tmp_path: Path) -> None:
    """By itself within the grace; else it is broken off, until it has its answer."""
    for grace, breaks in ((5.0, 0), (0.2, 3)):
        relay = GatedRelay(is_open=False)
        broken_off: list[float] = []

        def hang_up(relay: GatedRelay = relay, told: list[float] = broken_off) -> None:
            told.append(time.time())
            if len(told) == 3:
                relay.gate.set()

        with outbox(relay, tmp_path, timing=QUICK._replace(grace=grace), connections=2) as engine:
            engine.begin_work()
            ticket = engine.submit(sealed(), Order())
            relay.busy.acquire()
            if not breaks:
                relay.gate.set()
            assert engine.end_work(hang_up)
            assert (ticket.status(), len(broken_off)) == ("done", breaks)


def test_no_thread_can_be_had(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The error names the ways out."""
    with outbox(GatedRelay(), tmp_path) as engine:
        monkeypatch.setattr(Thread, "start", refuse_to_start)
        with pytest.raises(MailError, match="MAIL_WORKER=external.*MAIL_ENGINE=inline") as caught:
            engine.submit(sealed(), Order())
        monkeypatch.undo()
    assert caught.value.kind == "configuration"


def external(folder: Path) -> OutboxSettings:
    """Only workers deliver."""
    return OutboxSettings(folder=str(folder), embedded=False)


def refuse_to_start(thread: Thread) -> None:
    """As where a process may have no threads."""
    raise RuntimeError("can't start new thread")
