"""What one process has claimed of a route and not begun: not more than it will soon begin."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from math import inf

from ...errors import MailError
from . import statements as sql
from .rows import Claimed

STALE = 1.0
"""Seconds after which what was not begun is given back: others may be free, or more urgent."""
MOST = sql.WIDTH

Claim = Callable[[int], list[Claimed]]
"""Up to so many mails; MailError when the store fails."""


class Feed:
    """Several lanes take from it, all in one thread."""

    def __init__(
        self,
        claim: Claim,
        release: Callable[[Iterable[Claimed]], object],
        monotonic: Callable[[], float],
    ) -> None:
        self.hungry = True
        """There may be more; any thread may say so."""
        self._claim = claim
        self._release = release
        self._monotonic = monotonic
        self._mails: deque[Claimed] = deque()
        self._slow = False
        self._stale_at = inf
        self._room = MOST

    def has_any(self) -> bool:
        """Whether there is a mail to take."""
        if not self._mails and self.hungry:
            self._fill()
        return bool(self._mails)

    def take(self, *, ahead: bool = False) -> Claimed | None:
        """The next one; none to wait `ahead` of its turn behind a mail that may take long."""
        return self._mails.popleft() if not (ahead and self._slow) and self.has_any() else None

    def took(self, seconds: float, lanes: int) -> None:
        """How long a lane had one of them in hand: a slow relay's mails are claimed one by one."""
        self._slow = seconds > STALE
        self._room = min(max(int(lanes * STALE / max(seconds, 0.001)), 1), MOST)

    def give_back(self, *, stale: bool = False) -> None:
        """All that was not begun; `stale`: if that waits behind mails which take long."""
        if not self._mails or (stale and self._monotonic() <= self._stale_at):
            return
        mails = tuple(self._mails)
        self._mails.clear()
        self.hungry = True
        self._release(mails)

    def _fill(self) -> None:
        self.hungry = False  # before we look, for who puts something in then says so again
        room = self._room
        try:
            self._mails.extend(self._claim(room))
        except MailError:
            self.hungry = True
            raise
        self._stale_at = self._monotonic() + STALE
        if len(self._mails) == room:
            self.hungry = True
