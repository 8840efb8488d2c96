"""Outboxes for tests: in a folder of the test's own, over a relay that answers as it is told."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from flask_mailwright.engines import Delivery, OutboxSettings, Way
from flask_mailwright.engines.outbox.engine import OutboxEngine
from flask_mailwright.timing import Timing
from flask_mailwright.world import World
from tests.engines.relays import GatedRelay

QUICK = Timing(retry_first=0.2, retry_factor=1.0, lease=2.0, renew=0.5, grace=5.0, busy=5.0)


def delivery(relay: GatedRelay, folder: Path, **others: Any) -> Delivery:
    """What the engine is handed, with short times; `connections` and `local` are every route's."""
    way = Way(others.pop("connections", 4), others.pop("local", False))
    settings = OutboxSettings(folder=str(folder))
    ours: dict[str, Any] = {"app": "flasky", "timing": QUICK, "outbox": settings}
    values = {**ours, "way": lambda route: way, **others}
    return Delivery(relay.deliver_many, relay.record, World())._replace(**values)


@contextmanager
def outbox(relay: GatedRelay, folder: Path, **others: Any) -> Iterator[OutboxEngine]:
    """An engine that is closed behind the block, its relay's gate being open by then."""
    engine = OutboxEngine(delivery(relay, folder, **others), at_exit_seconds=0)
    try:
        yield engine
    finally:
        relay.gate.set()
        engine.close()
