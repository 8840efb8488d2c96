"""The file behind the mailbox: SQLite in WAL mode, for this user alone, replaced when it breaks."""

from __future__ import annotations

import logging
import os
import sqlite3
import weakref
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

from ..engines.outbox.turns import Turns
from ..errors import MailError
from ..process import in_forked_child
from ..world import World
from .tables import SCHEMA, TABLES

logger = logging.getLogger("flask_mailwright")

T = TypeVar("T")
BUSY = 5.0
"""Seconds that other processes are waited for: somebody who sends mail waits as well."""

_BROKEN = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
_ABANDONED: list[sqlite3.Connection] = []
"""Connections of a parent process: to close them here could harm what it does with the file."""


class MailboxFile:
    """Made when it is first used; any thread and any forked child may use it.

    A file that is broken, or that another version of this package made, is put aside and a new one
    begun: nothing in it is worth a page that does not open. One that somebody deletes or replaces
    is noticed with the next step.
    """

    def __init__(self, path: Path, busy: float = BUSY) -> None:
        self.path = path
        self._busy = busy
        self._begin()
        in_forked_child(self._begin_anew)

    def _begin(self) -> None:
        self._turns = Turns(self._busy, World().monotonic)
        self._open: list[sqlite3.Connection] = []
        self._opened: tuple[int, int] | None = None
        self._closes = weakref.finalize(self, _close_all, self._open)
        self._closes.atexit = False

    def _begin_anew(self) -> None:
        self._closes.detach()
        _ABANDONED.extend(self._open)
        self._begin()

    def read(self, step: Callable[[sqlite3.Connection], T]) -> T:
        """What the step gives; MailError with what to do when the file does not let it."""
        return self._run(lambda connection, until: step(connection))

    def write(self, step: Callable[[sqlite3.Connection], T]) -> T:
        """The same in a transaction, which is undone when the step raises."""
        return self._run(lambda connection, until: _committed(connection, self._turns, until, step))

    def close(self) -> None:
        """Close what is open; the next step opens it again."""
        with self._turns.lock:
            _close_all(self._open)

    def _run(self, step: Callable[[sqlite3.Connection, float], T]) -> T:
        try:
            with self._turns.take() as until:
                try:
                    return step(self._connection(until), until)
                except sqlite3.DatabaseError as error:
                    if not _is_broken(error):
                        raise
                    self._put_aside(error)
                    return step(self._connection(until), until)
        except (sqlite3.Error, OSError) as error:
            raise MailError(_told(error, self.path), kind="temporary", stage="mailbox") from error

    def _connection(self, until: float) -> sqlite3.Connection:
        if self._open and self._opened != _identity(self.path):
            _close_all(self._open)
        if not self._open:
            self._open.append(self._connect(until))
            self._opened = _identity(self.path)
        return self._open[0]

    def _connect(self, until: float) -> sqlite3.Connection:
        self._make_file()
        connection = sqlite3.connect(
            self.path, timeout=self._busy, isolation_level=None, check_same_thread=False
        )
        try:
            self._set_up(connection, until)
        except BaseException:
            connection.close()
            raise
        return connection

    def _make_file(self) -> None:
        """SQLite gives -wal and -shm the mode of the file, and drops what an older one left."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with suppress(FileExistsError):
            os.close(os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))

    def _set_up(self, connection: sqlite3.Connection, until: float) -> None:
        connection.execute("PRAGMA auto_vacuum = FULL")  # of a new file: deleting makes it smaller
        self._turns.ask(connection, "PRAGMA journal_mode = WAL", until)
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.execute("PRAGMA secure_delete = ON")
        if _version(connection) != SCHEMA:
            _committed(connection, self._turns, until, _make_tables)

    def _put_aside(self, error: sqlite3.DatabaseError) -> None:
        """With what SQLite keeps beside it, which other processes may still be using."""
        _close_all(self._open)
        aside = self.path.with_name(f"{self.path.stem}.broken{self.path.suffix}")
        for end in ("", "-wal", "-shm"):
            with suppress(FileNotFoundError):
                Path(f"{self.path}{end}").replace(f"{aside}{end}")
        logger.warning("the mailbox began a new file, the old one is %s: %s", aside, error)


def _committed(
    connection: sqlite3.Connection,
    turns: Turns,
    until: float,
    step: Callable[[sqlite3.Connection], T],
) -> T:
    turns.ask(connection, "BEGIN IMMEDIATE", until)
    try:
        given = step(connection)
        turns.ask(connection, "COMMIT", until)
    except BaseException:
        with suppress(sqlite3.Error):  # it may have rolled back by itself
            connection.execute("ROLLBACK")
        raise
    return given


def _make_tables(connection: sqlite3.Connection) -> None:
    """Unless another process was faster; what is there already is not ours to read."""
    if _version(connection) == SCHEMA:
        return
    if connection.execute("SELECT 1 FROM sqlite_master").fetchone():
        raise _Foreign("another version of this package, or another program, has made it")
    for statement in TABLES:
        connection.execute(statement)
    connection.execute(f"PRAGMA user_version = {SCHEMA}")


class _Foreign(sqlite3.DatabaseError):
    """The file holds something else."""


def _version(connection: sqlite3.Connection) -> int:
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def _is_broken(error: sqlite3.DatabaseError) -> bool:
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    return isinstance(error, _Foreign) or code in _BROKEN


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        found = path.stat()
    except FileNotFoundError:
        return None
    return found.st_dev, found.st_ino


def _close_all(connections: list[sqlite3.Connection]) -> None:
    while connections:
        connections.pop().close()


def _told(error: Exception, path: Path) -> str:
    return (
        f"the mailbox file {path} cannot be used: {error}; see that this user may write it and its"
        " folder and that there is room, or delete it"
    )
