"""SQLAlchemy itself, and what it and the drivers raise, in our words."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

from ...errors import ConfigError, Kind, MailError
from . import statements as sql
from .database import NoTable, Otherwise


@cache
def sqlalchemy() -> Any:
    """The package, or a ConfigError that says how to install it."""
    try:
        import sqlalchemy
        from sqlalchemy import orm as _orm  # noqa: F401 - loaded with it
        from sqlalchemy.dialects import mysql as _mysql  # noqa: F401
    except ModuleNotFoundError as error:
        raise ConfigError([f"MAIL_OUTBOX_URL: {_NO_SQLALCHEMY}"]) from error
    return sqlalchemy


@contextmanager
def told(*drivers: type[Exception]) -> Iterator[None]:
    """Everything that SQLAlchemy and the drivers raise, in our words."""
    try:
        yield
    except (sqlalchemy().exc.SQLAlchemyError, *drivers) as error:
        kind = _kind(error)
        advice = _ADVICE if kind == "configuration" else ""
        sentence = f"the outbox's database did not take it: {_reason(error)}{advice}"
        trouble = next((_TROUBLES[code] for code in _TROUBLES if code in _codes(error)), MailError)
        raise trouble(sentence, kind=kind, stage="store") from error


def _codes(error: Exception) -> tuple[object, ...]:
    """SQLSTATE as some drivers give it, and MariaDB's number."""
    cause = getattr(error, "orig", None) or error
    return getattr(cause, "sqlstate", None), getattr(cause, "pgcode", None), _code(cause)


def _code(cause: Exception | None) -> object:
    """MariaDB's drivers give it first; pg8000 gives all that PostgreSQL has to say."""
    first = (*getattr(cause, "args", ()), None)[0]
    return first.get("C") if isinstance(first, dict) else first


def _kind(error: Exception) -> Kind:
    """What is no matter of time is one of how it is set up, or of what it was to take."""
    if _code(getattr(error, "orig", None)) in _MARIADB_REFUSES or any(
        sign in _reason(error) for sign in _REFUSED
    ):
        return "configuration"
    kinds = [_KINDS[kind.__name__] for kind in type(error).__mro__ if kind.__name__ in _KINDS]
    return kinds[0] if kinds else "temporary"


def _reason(error: Exception) -> str:
    """One line: those behind it may quote a row."""
    cause = getattr(error, "orig", None) or error
    return (str(cause).splitlines() or [type(cause).__name__])[0]


_KINDS: dict[str, Kind] = {
    "ProgrammingError": "configuration",
    "DataError": "permanent",
    "IntegrityError": "permanent",
}
_TROUBLES = {"42P01": NoTable, 1146: NoTable, sql.OTHERWISE: Otherwise}
_MARIADB_REFUSES = {1044, 1045, 1049, 1054, 1142, 1143, 1146, 1227, 1698}
_REFUSED = ("authentication failed", "does not exist", "pg_hba.conf", "no password supplied")
_ADVICE = (
    "; look whether MAIL_OUTBOX_URL (or the URL of Mail(db=...)) names the right database, user and"
    " password, and make its tables with: flask mail outbox init"
)
_NO_SQLALCHEMY = "a database server needs SQLAlchemy: pip install 'flask-mailwright[sqlalchemy]'"
