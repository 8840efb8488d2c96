"""An outbox in a file: SQLite through the standard library, in WAL mode."""

from __future__ import annotations

import os
import sqlite3
import threading
import weakref
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from ...errors import ConfigError, MailError
from ...process import in_forked_child
from ...world import World
from .database import Done, Found, NoTable, Run
from .dialect import SQLITE, Dialect
from .turns import Turns

_WORLD = World()
CHECKPOINT = 8000
"""Pages of 4 KB in the WAL from which on whoever writes carries over what nobody else has."""
CARRIED = 32
"""Transactions that are worth carrying over beside those who write."""
_SYNCHRONOUS = {"durable": "FULL", "writing": "NORMAL", "carrying": "NORMAL", "reading": "OFF"}
_ASKING = ("durable", "writing")
"""Who asks himself, as `Turns` does."""
_ABANDONED: list[object] = []
"""Connections of a parent process: to close them here could harm what it does with the file."""

_Open = dict[str, sqlite3.Connection]


class SqliteDatabase:
    """The file is made when it is first used, for this user alone.

    Who must be durable waits for the disk (`synchronous=FULL`), who need not be does not (`NORMAL`:
    a killed process loses nothing, a power cut the last moments). In one process all writers take
    turns, so that none has to ask again and again whether the others are done.
    """

    def __init__(
        self,
        path: Path,
        busy: float = 30.0,
        monotonic: Callable[[], float] = _WORLD.monotonic,
        *,
        ours: bool = True,
    ) -> None:
        """`ours`: it holds nothing else; the app's own is used as it is where it must be."""
        self._path = path
        self._ours = ours
        self._busy = busy
        self._monotonic = monotonic
        self._begin()
        in_forked_child(self._begin_anew)

    def _begin(self) -> None:
        self._open: _Open = {}
        self._closes = weakref.finalize(self, _close_all, self._open)
        self._closes.atexit = False
        self._written = 0
        self._turns = Turns(self._busy, self._monotonic)
        self._looking, self._carrying = threading.Lock(), threading.Lock()

    def _begin_anew(self) -> None:
        self._closes.detach()
        _ABANDONED.append(self._open)
        self._begin()

    @property
    def dialect(self) -> Dialect:
        """SQLite's."""
        return SQLITE

    @contextmanager
    def transaction(self, *, durable: bool = False) -> Iterator[Run]:
        """To write; whoever does so here or elsewhere is waited for `busy` seconds in all."""
        with self._told(), self._turns.take() as until:
            connection = self._connection("durable" if durable else "writing")
            self._turns.ask(connection, "BEGIN IMMEDIATE", until)
            try:
                yield _Running(connection)
                self._turns.ask(connection, "COMMIT", until)
                self._written += 1
            except BaseException:
                with suppress(sqlite3.Error):  # it may have rolled back by itself
                    connection.execute("ROLLBACK")
                raise

    @contextmanager
    def reading(self) -> Iterator[Run]:
        """To read, beside whoever writes."""
        with self._looking, self._told():
            yield _Running(self._connection("reading"))

    def news(self) -> object:
        """SQLite's own count of what other connections have committed."""
        with self._looking, self._told():
            return self._connection("reading").execute("PRAGMA data_version").fetchone()

    def carry_over(self) -> None:
        """From the WAL into the file, beside those who write; else one of them has to."""
        if self._written >= CARRIED:
            self._written = 0
            with self._carrying, self._told():
                self._connection("carrying").execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()

    def wipe(self) -> None:
        """The WAL still has what secure_delete has erased from the file; not while it is read."""
        with self._told(), self._turns.take():
            self._connection("writing").execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()

    def close(self) -> None:
        """Wait for who writes, and close."""
        with self._turns.lock, self._looking, self._carrying:
            _close_all(self._open)

    def _connection(self, purpose: str) -> sqlite3.Connection:
        connection = self._open.get(purpose)
        if connection is None:
            connection = self._open[purpose] = self._connect(_SYNCHRONOUS[purpose])
            if purpose in _ASKING:
                connection.execute("PRAGMA busy_timeout = 0")
        return connection

    def _connect(self, synchronous: str) -> sqlite3.Connection:
        self._make_file()
        connection = sqlite3.connect(
            self._path, timeout=self._busy, isolation_level=None, check_same_thread=False
        )
        try:
            self._set_up(connection, synchronous)
        except BaseException:
            connection.close()
            raise
        return connection

    def _set_up(self, connection: sqlite3.Connection, synchronous: str) -> None:
        if self._ours:
            self._demand_wal(connection)
        else:
            self._prefer_wal(connection)
        connection.execute(f"PRAGMA synchronous = {synchronous}")
        connection.execute("PRAGMA secure_delete = ON")
        connection.execute(f"PRAGMA wal_autocheckpoint = {CHECKPOINT}")

    def _prefer_wal(self, connection: sqlite3.Connection) -> None:
        """At once or not now: without it a view that is reading keeps all others from writing."""
        connection.execute("PRAGMA busy_timeout = 0")
        with suppress(sqlite3.OperationalError):
            connection.execute("PRAGMA journal_mode = WAL")
        connection.execute(f"PRAGMA busy_timeout = {int(self._busy * 1000)}")

    def _demand_wal(self, connection: sqlite3.Connection) -> None:
        """SQLite itself does not wait when several want that of a new file at once."""
        self._turns.ask(connection, "PRAGMA journal_mode = WAL", self._monotonic() + self._busy)
        (mode,) = connection.execute("PRAGMA journal_mode").fetchone()
        if mode != "wal":
            raise ConfigError([f"MAIL_OUTBOX_URL: {self._path} {_NO_WAL}"])

    def _make_file(self) -> None:
        """One that is there is not even opened: to close it would end our locks on it (POSIX)."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with suppress(FileExistsError):
            os.close(os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))

    @contextmanager
    def _told(self) -> Iterator[None]:
        """Everything that SQLite and the file system raise, in our words."""
        try:
            yield
        except (sqlite3.Error, OSError) as error:
            trouble = NoTable if "no such table" in str(error) else MailError
            raise trouble(_told(error, self._path), kind=_kind(error), stage="store") from error


class _Running:
    """A connection that runs statements."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def __call__(self, statement: str, values: Mapping[str, Any] = {}, /) -> Found:
        cursor = self._connection.execute(statement, values)
        return Done(cursor.fetchall(), cursor.rowcount)


def _close_all(connections: _Open) -> None:
    while connections:
        connections.popitem()[1].close()


def _kind(error: Exception) -> Any:
    """What is no matter of time is one of how it is set up, or our own mistake."""
    if isinstance(error, PermissionError) or any(sign in str(error) for sign in _SET_UP):
        return "configuration"
    return "temporary" if isinstance(error, OSError | sqlite3.OperationalError) else "permanent"


def _told(error: Exception, path: Path) -> str:
    advice = next((advice for sign, advice in _ADVICE.items() if sign in str(error)), "")
    return f"the outbox {path} did not take it: {error}{advice}"


_WRITABLE = (
    "; its file and folder must be writable for this user: see to that, or name another place in"
    " MAIL_OUTBOX_URL"
)
_ADVICE = {
    "disk is full": "; make room on that disk and try again",
    "locked": "; another program keeps it busy: try again, and look who has it open",
    "no such table": "; make its tables with: flask mail outbox init",
    "readonly": _WRITABLE,
    "Permission denied": _WRITABLE,
    "Read-only file system": _WRITABLE,
}
_SET_UP = ("no such table", "not a database", "malformed", "readonly", "Read-only file system")
_NO_WAL = (
    "is on a file system that cannot do SQLite's WAL, as many network drives; name a file on a"
    " local disk or a database server, or set MAIL_ENGINE=threads"
)
