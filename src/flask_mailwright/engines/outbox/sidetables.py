"""What is said of the tables beside the mails: who delivers, relays' rates, who is suppressed."""

from __future__ import annotations

from functools import cache

from .dialect import Dialect

TAKE_OFFICE = """UPDATE mailwright_deliverer SET owner = :owner, lease = :lease
    WHERE id = :app AND (owner = :owner OR owner = '' OR lease < :now OR lease > :latest)"""


def found_office(dialect: Dialect) -> str:
    """The row of an app, which nobody holds, unless it is there."""
    return f"""{dialect.insert} mailwright_deliverer (id, owner, lease)
        VALUES (:app, '', 0){dialect.unless_there}"""


SELECT_OFFICE = "SELECT owner FROM mailwright_deliverer WHERE id = :app"

LEAVE_OFFICE = """UPDATE mailwright_deliverer SET owner = '', lease = 0
    WHERE id = :app AND owner = :owner"""


def select_rate(dialect: Dialect) -> str:
    """When a relay's next slot is, when that was last seen, and what time it is."""
    return f"""SELECT next_at, seen, {dialect.clock} FROM mailwright_rate
        WHERE id = :id{dialect.row_lock}"""


def found_rate(dialect: Dialect) -> str:
    """The row of a relay that has had no mail yet, unless it is there."""
    return f"""{dialect.insert} mailwright_rate (id, next_at, seen)
        VALUES (:id, 0, 0){dialect.unless_there}"""


MOVE_RATE = "UPDATE mailwright_rate SET next_at = :next_at, seen = :seen WHERE id = :id"

SELECT_NO_RATE = "SELECT id FROM mailwright_rate WHERE id = ''"


def insert_suppression(dialect: Dialect) -> str:
    """Unless it is there. The list '' is all mail."""
    return f"""{dialect.insert} mailwright_suppression (app, address, list, since, reason)
        VALUES (:app, :address, :list, :since, :reason){dialect.unless_there}"""


DELETE_SUPPRESSION = """DELETE FROM mailwright_suppression
    WHERE app = :app AND address = :address AND list = :list"""

SELECT_ANY_SUPPRESSION = "SELECT since FROM mailwright_suppression WHERE app = :app LIMIT 1"


@cache
def select_suppressions(addresses: int) -> str:
    """Those of so many addresses, `numbered`, for a list and for all mail, which comes last."""
    named = ", ".join(f":address{at or ''}" for at in range(addresses))
    return f"""SELECT address, list, since, reason FROM mailwright_suppression
        WHERE app = :app AND address IN ({named}) AND list IN ('', :list) ORDER BY list DESC"""


SELECT_SUPPRESSION_PAGE = """SELECT address, list, since, reason FROM mailwright_suppression
    WHERE app = :app AND (address > :address OR (address = :address AND list > :list))
    ORDER BY address, list LIMIT :most"""
