"""Stores for tests over each database: mails in them, and how an attempt ends."""

import uuid
from collections.abc import Callable

from flask_mailwright.engines.order import Order
from flask_mailwright.engines.outbox.rows import Claimed, Finished, Outcome, Stored
from flask_mailwright.engines.outbox.standing import find
from flask_mailwright.engines.outbox.store import Store
from flask_mailwright.envelope import Envelope, Receipt, Recipient, SealedMail
from flask_mailwright.errors import DeliveryError, Kind
from flask_mailwright.reply import Reply

Open = Callable[[str], Store]
NOW = 1_000_000.0
LATER = NOW + 31
"""When a lease of NOW has lapsed."""
CONTENT = b"secret\0\xff"
DONE = Reply("a@x", "relayed", 250)
REFUSED = Reply("b@x", "failed", 550, text="unknown")
DOUBTED = Reply("a@x", "in_doubt", text="no answer came")


def put(
    store: Store,
    to: str = "a@x",
    order: Order | None = None,
    created: float = NOW,
    *,
    subject: str = "Hi",
    route: str = "",
) -> str:
    """Put one mail; its id."""
    mail_id = uuid.uuid4().hex
    envelope = Envelope("s@x", tuple(Recipient(address) for address in to.split()))
    mail = SealedMail(mail_id, f"<{mail_id}@x>", subject, envelope, CONTENT, app=store.app)
    mail = mail._replace(route=route)
    store.intake.put([Stored(mail, order or Order(), created, store.owner)])
    return mail_id


def outcome(status: str = "done", *replies: Reply) -> Outcome:
    """How an attempt ended."""
    answers = replies or (DONE,)
    return Outcome(status, NOW, answers, Receipt("<1@x>", answers))  # type: ignore[arg-type]


def start(store: Store, claimed: Claimed, now: float = NOW) -> bool:
    """Whether its content may leave."""
    (started,) = store.claims.store([store.claims.start(claimed, now)])
    return started.next_may_go


def finish(
    store: Store,
    claimed: Claimed,
    outcome: Outcome,
    now: float = NOW,
    following: Claimed | None = None,
) -> Finished:
    """End one attempt, and start the next."""
    (finished,) = store.claims.store([store.claims.finish(claimed, outcome, NOW, now, following)])
    store.claims.let_go(claimed)
    return finished


def begun(store: Store, now: float = NOW) -> Claimed:
    """The next mail, claimed and started."""
    (claimed,) = store.claims.claim(now, 1)
    assert start(store, claimed, now)
    return claimed


def end(store: Store, status: str, *replies: Reply, now: float = NOW) -> Claimed:
    """One attempt at the next mail, and what became of it."""
    claimed = begun(store, now)
    missed = any(reply.action != "relayed" for reply in replies)
    doubt = any(reply.action == "in_doubt" for reply in replies)
    kind: Kind = "in_doubt" if doubt else "permanent"
    error = DeliveryError("not to all", kind=kind, stage="rcpt") if missed else None
    receipt = Receipt("<1@x>", replies, error)
    known = tuple(_delayed(each) if status == "queued" else each for each in replies)
    outcome = Outcome(status, now, known, receipt)  # type: ignore[arg-type]
    finish(store, claimed, outcome, now + 1)
    return claimed


def _delayed(reply: Reply) -> Reply:
    return reply._replace(action="delayed") if reply.action == "in_doubt" else reply


def status(store: Store, mail_id: str) -> str:
    """Where it stands."""
    standing = find(store, mail_id)
    assert standing is not None
    return standing.status
