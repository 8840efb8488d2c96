"""The outbox's tables as part of the app's own, so that its migrations make and keep them."""

from __future__ import annotations

from typing import Any

from .alchemy import sqlalchemy
from .schema import TABLES, Column, Table


def join(metadata: Any) -> None:
    """Add the tables to SQLAlchemy's MetaData, unless they are there."""
    for table in TABLES:
        if table.name not in metadata.tables:
            _add(table, metadata)


def _add(table: Table, metadata: Any) -> None:
    alchemy = sqlalchemy()
    columns = [_column(each, primary_key=each.name in table.key) for each in table.columns]
    indexes = [alchemy.Index(table.index_name, *table.indexed)] if table.indexed else []
    schema = alchemy.BLANK_SCHEMA  # our statements name no schema, so they find the default one
    options = {**_INNODB, "sqlite_with_rowid": not table.clustered}
    alchemy.Table(table.name, metadata, *columns, *indexes, schema=schema, **options)


def _column(column: Column, *, primary_key: bool) -> Any:
    return sqlalchemy().Column(
        column.name,
        _type(column.type),
        nullable=column.nullable,
        primary_key=primary_key,
        autoincrement=False,
    )


def _type(name: str) -> Any:
    alchemy = sqlalchemy()
    from_mysql = alchemy.dialects.mysql
    kinds = {
        "INTEGER": alchemy.Integer,
        # As SQLite calls it when asked, or each migration would find a difference.
        "DOUBLE PRECISION": lambda: alchemy.DOUBLE_PRECISION().with_variant(
            alchemy.REAL(), "sqlite"
        ),
        "TEXT": lambda: alchemy.Text().with_variant(from_mysql.LONGTEXT(), *_MYSQL),
        "OCTETS": lambda: alchemy.LargeBinary().with_variant(from_mysql.LONGBLOB(), *_MYSQL),
    }
    if name in kinds:
        return kinds[name]()
    return alchemy.String(int(name.removeprefix("VARCHAR(").removesuffix(")")))


_MYSQL = ("mysql", "mariadb")
_INNODB = {
    f"{dialect}_{option}": value
    for dialect in _MYSQL
    for option, value in (
        ("engine", "InnoDB"),
        ("charset", "utf8mb4"),
        ("collate", "utf8mb4_bin"),
    )
}
