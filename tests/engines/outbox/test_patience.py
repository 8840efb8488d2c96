"""Who waits for a mail bears with a store that fails, for a while."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Timer

import pytest

from flask_mailwright import MailError
from flask_mailwright.engines import Order
from flask_mailwright.engines.outbox.database import Run
from flask_mailwright.engines.outbox.engine import OutboxEngine
from flask_mailwright.engines.outbox.sqlite import SqliteDatabase
from tests.engines.outbox.boxes import QUICK, delivery
from tests.engines.relays import GatedRelay, sealed


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
