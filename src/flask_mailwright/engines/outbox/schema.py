"""The tables of the outbox, described once: as SQL, and for the migrations of the app.

A mail is one small row that changes with each step, and one large one that is written once and
erased when all its recipients were reached; what was tried is a row for each attempt.
"""

from __future__ import annotations

from typing import NamedTuple

from .dialect import Dialect


class Column(NamedTuple):
    """`type`: VARCHAR(n), INTEGER, DOUBLE PRECISION, or TEXT and OCTETS, which have no length."""

    name: str
    type: str
    nullable: bool = False


class Table(NamedTuple):
    """`key` is its primary key, `indexed` the columns of its index, if it has one.

    `clustered`: its rows, which are small, lie in the order of their key, where a database can
    choose.
    """

    name: str
    columns: tuple[Column, ...]
    key: tuple[str, ...] = ("id",)
    indexed: tuple[str, ...] = ()
    clustered: bool = False

    @property
    def index_name(self) -> str:
        """By the one use that it has."""
        return f"{self.name}_claim"


TABLES = (
    Table(
        "mailwright_mail",
        (
            Column("id", "VARCHAR(36)"),
            Column("app", "VARCHAR(200)"),
            Column("route", "VARCHAR(200)"),
            Column("submitter", "VARCHAR(36)"),
            Column("status", "VARCHAR(12)"),
            Column("precedence", "INTEGER"),
            Column("due", "DOUBLE PRECISION"),
            Column("not_before", "DOUBLE PRECISION", nullable=True),
            Column("expires", "DOUBLE PRECISION", nullable=True),
            Column("created", "DOUBLE PRECISION"),
            Column("ended", "DOUBLE PRECISION", nullable=True),
            Column("on_doubt", "VARCHAR(8)"),
            Column("attempts", "INTEGER"),
            Column("crashes", "INTEGER"),
            Column("owner", "VARCHAR(36)"),
            Column("lease", "DOUBLE PRECISION"),
            Column("message_id", "TEXT"),
            Column("subject", "TEXT"),
            Column("replies", "TEXT", nullable=True),
            Column("reason", "TEXT"),
        ),
        indexed=("app", "status", "owner", "route", "precedence", "due"),
    ),
    Table(
        "mailwright_content",
        (Column("id", "VARCHAR(36)"), Column("record", "TEXT"), Column("content", "OCTETS")),
    ),
    Table(
        "mailwright_attempt",
        (
            Column("mail", "VARCHAR(36)"),
            Column("number", "INTEGER"),
            Column("began", "DOUBLE PRECISION"),
            Column("ended", "DOUBLE PRECISION"),
            Column("kind", "VARCHAR(16)"),
            Column("stage", "VARCHAR(16)"),
            Column("text", "TEXT"),
        ),
        key=("mail", "number"),
        clustered=True,
    ),
    Table(
        "mailwright_deliverer",
        (
            Column("id", "VARCHAR(200)"),
            Column("owner", "VARCHAR(36)"),
            Column("lease", "DOUBLE PRECISION"),
        ),
    ),
    Table(
        "mailwright_rate",
        (
            Column("id", "VARCHAR(200)"),
            Column("next_at", "DOUBLE PRECISION"),
            Column("seen", "DOUBLE PRECISION"),
        ),
    ),
    Table(
        "mailwright_suppression",
        (
            Column("app", "VARCHAR(200)"),
            Column("address", "VARCHAR(320)"),
            Column("list", "VARCHAR(200)"),
            Column("since", "DOUBLE PRECISION"),
            Column("reason", "TEXT"),
        ),
        key=("app", "address", "list"),
    ),
)


def statements(dialect: Dialect) -> list[str]:
    """What makes the tables that are not there, one process after the other."""
    tables = [_table(each, dialect) for each in TABLES]
    return [dialect.alone, *tables, *(_index(each) for each in TABLES if each.indexed)]


def _table(table: Table, dialect: Dialect) -> str:
    lines = [*(_column(each, dialect) for each in table.columns)]
    lines.append(f"PRIMARY KEY ({', '.join(table.key)})")
    options = dialect.clustered if table.clustered else dialect.table
    return f"CREATE TABLE IF NOT EXISTS {table.name} ({', '.join(lines)}){options}"


def _column(column: Column, dialect: Dialect) -> str:
    written = {"TEXT": dialect.text, "OCTETS": dialect.octets}.get(column.type, column.type)
    return f"{column.name} {written}{'' if column.nullable else ' NOT NULL'}"


def _index(table: Table) -> str:
    columns = ", ".join(table.indexed)
    return f"CREATE INDEX IF NOT EXISTS {table.index_name} ON {table.name} ({columns})"
