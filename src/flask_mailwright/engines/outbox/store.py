"""The outbox as a place: whose mails it has, in which database, and who looks at them."""

from __future__ import annotations

from ...timing import Timing
from .claims import Claims
from .database import Database
from .intake import Intake


class Store:
    """One app's mails in one database, seen by one process, whose name is `owner`."""

    def __init__(self, database: Database, app: str, owner: str, timing: Timing) -> None:
        self.database = database
        self.app = app
        self.owner = owner
        self.timing = timing
        self.intake = Intake(database, app, timing.busy)
        self.claims = Claims(database, app, owner, timing)

    def close(self) -> None:
        """Close what is open."""
        self.database.close()
