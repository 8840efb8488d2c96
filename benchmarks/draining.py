"""A process that delivers what is in an outbox: `python -m benchmarks.draining PORT FOLDER SYNC`.

`SYNC` is NORMAL, as it is, or FULL: then each of its transactions waits for the disk. Told
anything, it delivers all there is and answers with its seconds and megabytes. Linux only.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from benchmarks.drafts import SENDER, text_and_html
from benchmarks.flat import megabytes
from benchmarks.messages import our_message
from benchmarks.sending import say
from benchmarks.shop import outbox_shop
from benchmarks.submitting import NOBODY
from flask_mailwright import Mail
from flask_mailwright.engines import Delivery, Order
from flask_mailwright.engines.outbox.choice import database_of
from flask_mailwright.engines.outbox.database import Database, Run
from flask_mailwright.engines.outbox.engine import OutboxEngine
from flask_mailwright.engines.outbox.rows import Stored
from flask_mailwright.engines.outbox.sqlite import SqliteDatabase
from flask_mailwright.sealing import Origin

TOGETHER = 500
"""Mails that are put into the outbox in one transaction."""
ENGINES = {"NORMAL": "outbox", "FULL": "benchmarks.draining:durable_engine"}


def main() -> None:
    port, folder, sync = sys.argv[1:]
    app = outbox_shop(int(port), Path(folder), MAIL_ENGINE=ENGINES[sync])
    mail = Mail(app)
    say(0)
    for _ in sys.stdin:
        empty, began = megabytes("VmRSS"), time.perf_counter()
        mail.flush()
        seconds = time.perf_counter() - began
        say({"seconds": seconds, "empty": empty, "most": megabytes("VmHWM")})


def fill(folder: Path, numbers: range) -> None:
    """Put mails into the outbox as `submit` does, without a thread that delivers them."""
    app = outbox_shop(NOBODY, folder)
    Mail(app)
    store: Any = app.extensions["mailwright"].engine.store
    for start in range(0, len(numbers), TOGETHER):
        store.intake.put(list(_stored(numbers[start : start + TOGETHER], store.owner)))
    store.close()


def _stored(numbers: range, owner: str) -> Iterator[Stored]:
    origin = Origin("shop", SENDER)
    for number in numbers:
        mail = our_message(text_and_html(number)).seal(origin)
        yield Stored(mail, Order(), time.time(), owner)


class DurableDatabase(SqliteDatabase):
    """Waits for the disk with each transaction, not with those alone that put mail in."""

    @contextmanager
    def transaction(self, *, durable: bool = True) -> Iterator[Run]:
        with super().transaction(durable=True) as run:
            yield run


def durable_engine(delivery: Delivery) -> OutboxEngine:
    return OutboxEngine(delivery, durable_database)


def durable_database(delivery: Delivery) -> Database:
    database = database_of(delivery)
    assert isinstance(database, SqliteDatabase)
    return DurableDatabase(database._path, delivery.timing.busy)


if __name__ == "__main__":
    main()
