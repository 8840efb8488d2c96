"""Mails in a transaction of the app: put into it, and told how it ended."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ...envelope import Receipt, SealedMail
from ...errors import MailError
from .. import AppDatabase
from ..ticket import Status
from .alchemy import told
from .cancel import cancel_in
from .database import Run
from .joining import End, Root, root_at_work
from .kept import Kept, Outbox
from .rows import Stored
from .sql import Running
from .standing import find, find_in
from .store import Store


class Transaction:
    """The one in which the app is at this moment, with work that it has not committed."""

    def __init__(self, shared: AppDatabase, session: Any, root: Root) -> None:
        self._shared = shared
        self._session = session
        self._root = root

    @classmethod
    def of(cls, shared: AppDatabase | None) -> Transaction | None:
        """None when there is none, so that a mail must not depend on one."""
        session = shared.session() if shared is not None else None
        if shared is None or session is None:
            return None
        root = root_at_work(session)
        return cls(shared, session, root) if root is not None else None

    @property
    def end(self) -> End | None:
        """How it ended; None as long as it is open."""
        return self._root.end

    @property
    def is_here(self) -> bool:
        """Whether it is open, and that of the context one is in: no other may touch it."""
        return self.end is None and self._shared.session() is self._session

    def put(self, store: Store, mails: Sequence[Stored], wake: Callable[[], None]) -> None:
        """They go out if it is committed, and then at once."""
        with told():
            put = store.intake.put_in(self.run, mails)
        committed = lambda end: wake() if end == "committed" else None  # noqa: E731
        for each in mails:
            if each.mail.id in put:
                self.watch(each.mail, committed)

    def cancel(self, store: Store, id: str, now: float) -> bool:  # noqa: A002
        """It goes no more once this is committed, and until then nobody begins it."""
        with told():
            return cancel_in(self.run, store, id, now)

    def watch(self, mail: SealedMail, told: Callable[[End], None]) -> None:
        """Tell how it ended, and say so when it is neither committed nor rolled back."""
        self.tell(told, _ABANDONED.format(mail=mail))

    def tell(self, told: Callable[[End], None], lost: str) -> None:
        """The same; `lost` says what does not hold then."""
        place, abandoned = self._shared.place(), self._shared.abandoned

        def ended(end: End) -> None:
            told(end)
            if end == "abandoned":
                abandoned(f"{lost} within a transaction ({place}) {_LEFT_OPEN}")

        self._root.tell(ended, self._session.get_nested_transaction())

    @property
    def run(self) -> Run:
        """Runs a statement in it."""
        bind = {"bind": self._shared.engine()}
        return Running(self._session.connection(bind_arguments=bind))


class Joined(Kept):
    """A mail that is stored when the transaction is committed, and otherwise was never there."""

    def __init__(self, outbox: Outbox, id: str, transaction: Transaction) -> None:  # noqa: A002
        super().__init__(outbox, id)
        self._transaction = transaction

    def status(self) -> Status:
        """`cancelled` when it was rolled back, with the transaction or a part of it."""
        found = find(self._outbox.store, self._id)
        if found is not None:
            return found.status
        gone = self._transaction.end is not None or not self._is_in_it
        return "cancelled" if gone else "uncommitted"

    def cancel(self) -> bool:
        """In the transaction, as long as that is open."""
        if not self._transaction.is_here or find(self._outbox.store, self._id) is not None:
            return self.status() == "cancelled" or super().cancel()
        with told():
            self._outbox.store.intake.forget_in(self._transaction.run, self._id)
        return True

    def wait(self, timeout: float | None) -> Receipt:
        """Not for what this very thread has to commit first."""
        if self._transaction.is_here and self.status() == "uncommitted":
            raise MailError(_UNCOMMITTED.format(self._id), kind="invalid", stage="queue")
        known = lambda: self.status() != "uncommitted"  # noqa: E731
        self._outbox.wait_for(known, timeout)
        if self.status() == "cancelled":
            raise MailError(f"mail {self._id} was cancelled or rolled back", stage="queue")
        return super().wait(timeout)

    @property
    def _is_in_it(self) -> bool:
        """As far as this thread may look."""
        if not self._transaction.is_here:
            return True
        with told():
            return find_in(self._transaction.run, self._outbox.store, self._id) is not None


_ABANDONED = "mail {mail.id} ({mail.subject!r}) does not go out: it was sent"
_LEFT_OPEN = "whose session ended with neither commit nor rollback; commit behind that call"
_UNCOMMITTED = (
    "mail {} is not committed yet, and to wait for it here would be to wait for ever: commit first"
)
