"""What differs between SQLite, PostgreSQL and MariaDB in the statements of the outbox."""

from __future__ import annotations

from typing import NamedTuple


class Dialect(NamedTuple):
    """The words that differ.

    `lock` ends a SELECT whose rows others pass over, `insert` and `unless_there` make an INSERT
    that does nothing when the row is there already, `table` stands behind a table's definition,
    `clustered` in its place where rows are to lie in the order of their key. `handful`: rows that
    one INSERT puts in, for each statement is a journey to a server.
    `nests`: one statement may hold others that change rows, as the parts of a WITH.
    `alone` lets one process after the other make the tables. `clock`: the time, of one clock for
    all processes; `row_lock` ends a SELECT whose row others wait for.
    """

    octets: str
    text: str
    lock: str = ""
    insert: str = "INSERT INTO"
    unless_there: str = " ON CONFLICT DO NOTHING"
    table: str = ""
    clustered: str = ""
    alone: str = "SELECT 1"
    handful: int = 16
    nests: bool = False
    clock: str = ":now"
    row_lock: str = ""


SQLITE = Dialect(octets="BLOB", text="TEXT", clustered=" WITHOUT ROWID", handful=1)
POSTGRESQL = Dialect(
    octets="BYTEA",
    text="TEXT",
    lock=" FOR UPDATE SKIP LOCKED",
    nests=True,
    alone="SELECT pg_advisory_xact_lock(6057173741)",  # IF NOT EXISTS fails when two do it at once
    clock="EXTRACT(EPOCH FROM clock_timestamp())",
    row_lock=" FOR UPDATE",
)
_INNODB = " ENGINE=InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin"
MARIADB = Dialect(
    octets="LONGBLOB",
    text="LONGTEXT",
    lock=" FOR UPDATE SKIP LOCKED",
    insert="INSERT IGNORE INTO",
    unless_there="",
    table=_INNODB,
    clustered=_INNODB,  # all of InnoDB's are
    clock="TIMESTAMPDIFF(MICROSECOND, '1970-01-01', UTC_TIMESTAMP(6)) * 0.000001",
    row_lock=" FOR UPDATE",
)
