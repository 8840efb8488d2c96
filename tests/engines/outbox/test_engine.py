"""The outbox engine: stored before `submit` returns, delivered, and no ticket lies."""

import sqlite3
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from flask_mailwright import MailError, MailTimeout, Receipt, Reply, SealedMail
from flask_mailwright.engines import Order
from flask_mailwright.engines.outbox.cancel import cancel
from flask_mailwright.engines.outbox.standing import find
from flask_mailwright.errors import DeliveryError
from tests.apps import ANN
from tests.engines.outbox.boxes import QUICK, outbox
from tests.engines.relays import GatedRelay, answer, sealed


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
        engine.store.intake.put([])
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
        standing = find(engine.store, left)
        assert standing is not None
        assert standing.status == "queued"
        cancel(engine.store, left, time.time())
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
