"""What the outbox asks of a database: transactions, in which statements run."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager
from typing import Any, NamedTuple, Protocol

from ...errors import MailError
from .dialect import Dialect


class Found(Protocol):
    """What a statement gave; a server may be waited for only when that is asked."""

    @property
    def rows(self) -> list[tuple[Any, ...]]:
        """Of a SELECT."""

    @property
    def changed(self) -> int:
        """How many rows any other changed."""


class Done(NamedTuple):
    """What a statement gave that has been run."""

    rows: list[tuple[Any, ...]]
    changed: int


class NoTable(MailError):
    """There is no table of that name."""

    default_kind = "configuration"


class Otherwise(MailError):
    """Not every row is as it was left, so nothing was changed: each is to be looked at."""


class Run(Protocol):
    """Runs one statement with `:named` parameters."""

    def __call__(self, statement: str, values: Mapping[str, Any] = ..., /) -> Found:
        """Any trouble is a MailError of stage `store`, a missing table NoTable.

        It is raised here, or when anybody asks what was found, or at the end of the transaction.
        """


class Database(Protocol):
    """Any thread and any forked child may use it; each opens what it needs."""

    @property
    def dialect(self) -> Dialect:
        """How it speaks SQL."""

    def transaction(self, *, durable: bool = False) -> AbstractContextManager[Run]:
        """To write: committed behind the block, rolled back when it raises.

        `durable`: when the block is left not even a power cut undoes it.
        """

    def reading(self) -> AbstractContextManager[Run]:
        """To read what is committed."""

    def news(self) -> object:
        """Another value than before when somebody may have committed since."""

    def carry_over(self) -> None:
        """Do what else would keep those waiting who write."""

    def wipe(self) -> None:
        """Leave nothing of what was erased, as far as that is ours to do."""

    def close(self) -> None:
        """Close what is open; the next transaction opens it again."""
